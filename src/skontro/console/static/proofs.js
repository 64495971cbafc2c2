// SPDX-License-Identifier: Apache-2.0
// A participant's package, checked where it lies: in the browser, by what the verifier's page says
// of it. Nothing is sent. Written from the format alone: no code of the house is asked, amounts are
// BigInt, hashes and signatures are WebCrypto's.
"use strict";
{
class Failed extends Error {}
/** A sentence in the language of the page, with values put in; the page hands the sentences over. */
const say = (sentence, values = {}) => (JSON.parse(form.dataset.texts)[sentence] ?? sentence)
  .replace(/\{([a-z]+)\}/gi, (whole, name) => (name in values ? values[name] : whole));
const need = (holds, why, values) => { if (!holds) throw new Failed(say(why, values)); };
const encode = (text) => new TextEncoder().encode(text);
const bytesOf = (text) => Uint8Array.from(text.match(/../g) || [], (one) => parseInt(one, 16));
const hexOf = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const max = (one, other) => (one > other ? one : other);
const MOST_BYTES = 1 << 28, NO_DAY = 2147483647, NO_LIMIT = 1n << 62n, GREATEST_LEVEL = 1n << 40n;

function joined(...all) {
  const found = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of all) { found.set(one, at); at += one.length; }
  return found;
}

async function sha256(...all) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...all)));
}

async function isSigned(key, text, signature) {
  need(isDigest(key) && /^[0-9a-f]{128}$/.test(signature), "a key or a signature is not of its form");
  const made = await crypto.subtle.importKey("raw", bytesOf(key), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", made, bytesOf(signature), encode(text));
}

// ---- a zip file: its directory stands at its end -------------------------------------------------

async function unzipped(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  need(end >= 0, "this is no zip file, or it is cut off");
  const found = new Map();
  let at = view.getUint32(end + 16, true);
  for (let number = view.getUint16(end + 10, true); number > 0; number -= 1) {
    need(at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50, "the zip file's directory cannot be read");
    const how = view.getUint16(at + 10, true), size = view.getUint32(at + 20, true), whole = view.getUint32(at + 24, true);
    const length = view.getUint16(at + 28, true), more = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const from = view.getUint32(at + 42, true), name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length));
    need(whole <= MOST_BYTES, "{name} is larger than any honest one", { name });
    need(!found.has(name), "{name} stands there twice", { name });
    const start = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
    const raw = bytes.subarray(start, start + size);
    found.set(name, how === 0 ? raw : await inflated(raw, how, whole));
    need(found.get(name).length === whole, "{name} has another size", { name });
    at += 46 + length + more;
  }
  return found;
}

async function inflated(raw, how, whole) {
  need(how === 8, "a file in it is packed in a way that is not read here");
  const reader = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const got = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => { throw new Failed(say("a file in it cannot be unpacked")); });
    if (done) return joined(...got);
    size += value.length;
    need(size <= whole, "a file in it is larger than it says");
    got.push(value);
  }
}

// ---- JSON: whole numbers as BigInt, no key twice, one written form -------------------------------

function parsed(text, name) {
  let at = 0;
  const wrong = () => new Failed(say("{name} is not JSON of the form it must have", { name }));
  const space = () => { while (" \n\t\r".includes(text[at] || "x")) at += 1; };
  const word = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) throw wrong();
    at += found[0].length;
    return found[0];
  };
  const string = () => {
    const raw = word(/"(?:[^"\\\u0000-\u001f]|\\.)*"/sy);
    try { return JSON.parse(raw); } catch { throw wrong(); }
  };
  const many = (close, one) => {
    at += 1;
    space();
    if (text[at] === close) { at += 1; return; }
    for (;;) {
      one();
      space();
      if (text[at] === close) { at += 1; return; }
      if (text[at] !== ",") throw wrong();
      at += 1;
    }
  };
  const value = (depth) => {
    if (depth > 60) throw wrong();
    space();
    if (text[at] === "{") {
      const found = new Map();
      many("}", () => {
        space();
        const key = string();
        need(!found.has(key), "{name} names a key twice", { name });
        space();
        if (text[at] !== ":") throw wrong();
        at += 1;
        found.set(key, value(depth + 1));
      });
      return found;
    }
    if (text[at] === "[") {
      const found = [];
      many("]", () => found.push(value(depth + 1)));
      return found;
    }
    if (text[at] === '"') return string();
    const plain = word(/true|false|null|-?(?:0|[1-9][0-9]*)(?![.eE0-9])/y);
    return { true: true, false: false, null: null }[plain] ?? (plain === "null" ? null : BigInt(plain));
  };
  const found = value(0);
  space();
  if (at !== text.length) throw wrong();
  return found;
}

/** Keys in the order of their code points, as the format has them. */
function ordered(map) {
  const points = (text) => Array.from(text, (one) => one.codePointAt(0));
  return [...map.keys()].sort((a, b) => {
    const [one, other] = [points(a), points(b)];
    for (let i = 0; i < Math.min(one.length, other.length); i += 1) if (one[i] !== other[i]) return one[i] - other[i];
    return one.length - other.length;
  });
}

/** JSON as it is hashed (no step) or as files are written (two spaces a step). */
function written(value, step = "", inside = "") {
  if (value instanceof Map || Array.isArray(value)) {
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    const deeper = inside + step, colon = step ? ": " : ":";
    const items = Array.isArray(value) ? value.map((one) => written(one, step, deeper))
      : ordered(value).map((key) => JSON.stringify(key) + colon + written(value.get(key), step, deeper));
    if (items.length === 0) return open + close;
    return step ? `${open}\n${deeper}${items.join(`,\n${deeper}`)}\n${inside}${close}` : open + items.join(",") + close;
  }
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

const same = (one, other) => written(one) === written(other);
const made = (entries) => new Map(Object.entries(entries));

function read(files, name) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(files.get(name));
  const value = parsed(text, name);
  need(written(value, "  ") + "\n" === text, "{name} is not in its one written form", { name });
  return value;
}

function only(value, keys, name) {
  need(value instanceof Map && ordered(value).join() === [...keys].sort().join(), "{name} has other entries than it must", { name });
  return value;
}

// ---- fractions -----------------------------------------------------------------------------------

function fraction(text) {
  const found = /^([0-9]+)\/([0-9]+)$/.exec(text);
  need(found !== null && BigInt(found[2]) > 0n, "{text} is no fraction", { text });
  return [BigInt(found[1]), BigInt(found[2])];
}

/** The nearest whole number; of two as near the even one. */
function nearest(above, below) {
  const sign = above < 0n ? -1n : 1n, size = above < 0n ? -above : above;
  const whole = size / below, rest = 2n * (size % below);
  return sign * (rest > below || (rest === below && whole % 2n === 1n) ? whole + 1n : whole);
}

/** Whether a whole number is nearer than one to a fraction. */
const isNear = (whole, [above, below]) => { const off = whole * below - above; return off < below && -off < below; };

// ---- the package ---------------------------------------------------------------------------------

const COMMON = ["root", "leaves", "input_digest", "result_digest", "parameters", "fixing"];
const STANDING = ["effect", "screened", "notice", "run"];
const FILES = ["claims.json", "obligations.csv", "participant.json", "publication.json"];
const NOTICE = "it sets off only together with the house's signed statement of publication";
const SUMS = ["owed", "due", "net_position", "set_off", "settled_out", "settled_in", "pay_in", "pay_out", "booked_difference"];

class Package {
  constructor(files, places, key, everyone) {
    Object.assign(this, { files, places, key, everyone });
  }

  // ---- what it is ----

  form() {
    const names = [...this.files.keys()].sort();
    need(names.join() === FILES.join(), "a package holds {files} and nothing else", { files: FILES.join(", ") });
    const content = only(read(this.files, "participant.json"),
      [...COMMON, ...STANDING, "format", "participant", "blocks", "nodes", "counterparties", "house_nodes", "rows"], "participant.json");
    need(content.get("format") === "skontro.participant/1", "participant.json is of another format");
    const run = content.get("run");
    need(run instanceof Map && run.get("kind") === "final", "it is not of a final run");
    need(content.get("effect") === "run" && content.get("screened") === true, "it does not say that it is a run");
    need(content.get("notice") === (run.get("demonstration") ? "DEMONSTRATION: " : "") + NOTICE, "its notice is another");
    for (const name of ["root", "input_digest", "result_digest"]) need(isDigest(content.get(name)), "{name} is no SHA-256", { name });
    this.content = content;
    this.claims = read(this.files, "claims.json");
    this.paper = only(read(this.files, "publication.json"), ["format", "kind", "content", "names", "signatures"], "publication.json");
    const asked = only(content.get("parameters"), ["split", "prefer", "combined", "cash"], "the parameters");
    this.asked = Object.fromEntries(asked);
    this.me = content.get("participant");
    this.rows = content.get("rows").map((row) => this.row(row));
    this.fixing = content.get("fixing");
    this.blocks = new Map(content.get("blocks").map((one) => [one.get("unit"), one]));
    this.own = new Map(content.get("nodes").map((one) => [this.keyOf(one), one]));
    this.others = new Map(content.get("counterparties").map((one) => [this.keyOf(one), one]));
    return "";
  }

  row(given) {
    need(Array.isArray(given) && given.length === 10, "a row has ten entries");
    need(given.slice(5).every((one) => typeof one === "string" && /^(0|[1-9][0-9]{0,18})$/.test(one)), "a row ends with five numbers");
    const [id, debtor, creditor, currency, due] = given;
    need(due === null || /^\d{4}-\d{2}-\d{2}$/.test(due), "{id}: the due date", { id });
    const [amount, setOff, settled, setOffPoints, settledPoints] = given.slice(5).map(BigInt);
    const day = due === null ? NO_DAY : Date.parse(`${due}T00:00:00Z`) / 86_400_000;
    return { id, debtor, creditor, currency, due, day, amount, setOff, settled, setOffPoints, settledPoints };
  }

  keyOf(node) { return JSON.stringify([node.get("unit"), node.get("participant"), node.get("currency")]); }

  node(row, who) {
    const unit = this.fixing ? this.fixing.get("unit") : row.currency;
    for (const currency of ["", row.currency]) {
      const key = JSON.stringify([unit, who, currency]);
      if (this.own.has(key) || this.others.has(key)) return key;
    }
    throw new Failed(say("{who} has no node in {currency} here", { who, currency: row.currency }));
  }

  rowsOf(key) { return this.rows.filter((row) => this.node(row, this.me) === key); }

  // ---- who published it ----

  async signature() {
    const said = this.paper;
    need(said.get("format") === "skontro.paper/1" && said.get("kind") === "publication", "publication.json is another paper");
    const content = written(made({ format: said.get("format"), kind: said.get("kind"), content: said.get("content") }));
    const digest = hexOf(await sha256(encode(content)));
    const names = written(made({ format: "skontro.names/1", content: digest, names: said.get("names") }));
    const keys = [];
    for (const [part, text] of [["content", content], ["names", names]]) {
      const one = only(only(said.get("signatures"), ["content", "names"], "the signatures").get(part), ["key_id", "public_key", "signature"], "a signature");
      need(await isSigned(one.get("public_key"), text, one.get("signature")), "the signature under the {part} does not hold", { part });
      need(hexOf(await sha256(bytesOf(one.get("public_key")))).slice(0, 16) === one.get("key_id"), "the key id is not the key's");
      keys.push(one.get("public_key"));
    }
    need(keys[0] === keys[1], "content and names are signed with different keys");
    this.signedWith = keys[0];
    return keys[0];
  }

  whose() {
    if (!this.key) return null;
    need(this.key === this.signedWith, "it is signed with another key than the one you gave");
    return "";
  }

  async people() {
    const said = this.paper.get("content"), act = said.get("act");
    const body = made({ format: "skontro.act/1", house: said.get("house"), number: act.get("number"), kind: act.get("kind"), content: act.get("content") });
    const digest = hexOf(await sha256(encode(written(body))));
    need(digest === act.get("digest"), "the act comes to another digest");
    const [maker, checker] = [said.get("maker"), said.get("checker")];
    need(maker.get("person") !== checker.get("person") && maker.get("public_key") !== checker.get("public_key"), "maker and checker are one person, or share a key");
    for (const [role, one] of [["maker", maker], ["checker", checker]]) {
      need(await isSigned(one.get("public_key"), `skontro.act/1 ${role} ${digest}`, one.get("signature")), "the {role}'s signature does not hold", { role });
    }
    return `${maker.get("person")}, ${checker.get("person")}`;
  }

  run() {
    const said = this.paper.get("content"), act = said.get("act").get("content"), digests = said.get("digests");
    need(said.get("effect") === "set-off" && said.get("screened") === true && said.get("act").get("kind") === "run.final", "it publishes something else");
    need(same(said.get("run"), this.content.get("run")), "the statement is of another run");
    for (const name of ["set", "input", "result", "manifest"]) need(isDigest(digests.get(name)) && act.get(name) === digests.get(name), "the act is of another {name}", { name });
    need(digests.get("input") === this.content.get("input_digest"), "the statement is of another input");
    need(digests.get("result") === this.content.get("result_digest"), "the statement is of another result");
    need(said.get("root") === this.content.get("root"), "the statement is of another root");
    need(said.get("leaves") === this.content.get("leaves"), "the statement counts other leaves");
    need(same(act.get("parameters"), this.content.get("parameters")), "the statement is of other parameters");
    return `${said.get("run").get("cycle")}, ${said.get("published_at").slice(0, 10)}`;
  }

  public() {
    if (!this.everyone) return null;
    const text = new TextDecoder().decode(this.everyone), shown = parsed(text, "public.json");
    need(shown instanceof Map && shown.get("format") === "skontro.public/1", "the second file is no public.json");
    for (const name of [...COMMON, ...STANDING]) need(same(shown.get(name) ?? null, this.content.get(name)), "everyone was shown another {name}", { name });
    return "";
  }

  // ---- what lies under the root ----

  async opens(entry, name, rows) {
    const levels = entry.get("levels"), path = entry.get("path");
    need(levels instanceof Map && [...levels.values()].every((one) => typeof one === "bigint" && one >= 0n && one <= GREATEST_LEVEL), "levels are whole numbers by stage");
    need(isDigest(entry.get("salt")) && Array.isArray(path) && path.length <= 256 && path.every(isDigest), "a salt or a path is not of its form");
    let found = await sha256(new Uint8Array([0]), bytesOf(entry.get("salt")), encode(written([...name, levels])), rows);
    const place = await sha256(new Uint8Array([2]), encode(written([entry.get("unit"), ...name])));
    for (let step = 0; step < path.length; step += 1) {
      const depth = path.length - 1 - step, beside = bytesOf(path[step]);
      const goesRight = (place[depth >> 3] >> (7 - (depth % 8))) & 1;
      found = await sha256(new Uint8Array([1]), ...(goesRight ? [beside, found] : [found, beside]));
    }
    need(hexOf(found) === this.content.get("root"), "{name} does not open under the root", { name: name.join(" ") });
  }

  async levelsOwn() {
    for (const [key, node] of this.own) {
      need(node.get("participant") === this.me && isDigest(node.get("row_salt")), "a node of another");
      const rows = await sha256(bytesOf(node.get("row_salt")), ...this.rowsOf(key).map(rowBytes));
      await this.opens(node, [node.get("participant"), node.get("currency")], rows);
    }
    return "";
  }

  async levelsOthers() {
    for (const node of this.others.values()) {
      need(isDigest(node.get("rows")), "the digest of rows is no SHA-256");
      await this.opens(node, [node.get("participant"), node.get("currency")], bytesOf(node.get("rows")));
    }
    return "";
  }

  async levelsHouse() {
    const house = this.content.get("house_nodes");
    for (const node of house) await this.opens(node, [node.get("kind"), node.get("side"), node.get("currency")], new Uint8Array(32));
    return "";
  }

  // ---- sums ----

  worth(row) {
    const unit = this.fixing ? this.fixing.get("unit") : row.currency;
    const text = this.blocks.get(unit)?.get("points_per_minor").get(row.currency);
    need(text !== undefined, "{currency} has no worth in points", { currency: row.currency });
    return fraction(text);
  }

  points(row, minor) { const [above, below] = this.worth(row); return nearest(minor * above, below); }

  flow(row, group) { return group === "set-off" ? row.setOffPoints : row.settledPoints; }

  limit(row, group) { return this.points(row, row.amount - (group === "cash" ? row.setOff : 0n)); }

  groups() {
    const { prefer, combined, cash } = this.asked;
    const money = ["pay_in", "border", ...(prefer ? ["settled_prefer"] : [])];
    if (combined) return [["combined", ["combined", ...money]]];
    const found = [["set-off", ["set_off", ...(prefer ? ["prefer"] : [])]]];
    return cash === null ? found : [...found, ["cash", ["settled", ...money]]];
  }

  terms() {
    for (const [unit, block] of this.blocks) {
      for (const [code, text] of block.get("points_per_minor")) {
        const [above, below] = fraction(text);
        if (!this.fixing) { need(code === unit && above === below, "a point is a minor unit"); continue; }
        const [rate, per] = fraction(this.fixing.get("rates").get(code) ?? "0/1");
        const scale = block.get("unit_minor_points") * 10n ** BigInt(this.places[unit] ?? 0);
        need(above * per * 10n ** BigInt(this.places[code] ?? 0) === rate * scale * below, "{code} is worth something else by the rates", { code });
      }
    }
  }

  sums() {
    need(new Set(this.rows.map((row) => row.id)).size === this.rows.length, "an id stands twice");
    this.terms();
    for (const row of this.rows) {
      need((row.debtor === this.me) !== (row.creditor === this.me), "{id} is not yours", { id: row.id });
      this.node(row, row.debtor);
      this.node(row, row.creditor);
      const rest = row.amount - row.setOff;
      need(row.amount > 0n && row.setOff >= 0n && rest >= 0n && row.settled <= rest, "{id}: its sums", { id: row.id });
      const gross = this.points(row, row.amount), left = this.asked.combined ? gross : this.points(row, rest);
      need(row.setOffPoints <= gross, "{id}: more set off than owed", { id: row.id });
      need(row.settledPoints <= left, "{id}: more settled than left", { id: row.id });
      if (!this.fixing) need(row.setOffPoints === row.setOff && row.settledPoints === row.settled, "{id}: points", { id: row.id });
      if (this.asked.combined) need(row.setOff === 0n && row.setOffPoints === 0n, "{id}: set off", { id: row.id });
      else if (this.asked.cash === null) need(row.settled === 0n && row.settledPoints === 0n, "{id}: settled", { id: row.id });
    }
    return "";
  }

  table() {
    const found = csv(new TextDecoder("utf-8", { fatal: true }).decode(this.files.get("obligations.csv")));
    const heads = ["id", "debtor", "creditor", "counterparty", "currency", "due_date", "gross_minor", "set_off_minor", "settled_minor", "residual_minor", "set_off_points", "settled_points"];
    const wanted = [heads, ...this.rows.map((row) => [
      ...[row.id, row.debtor, row.creditor, row.debtor === this.me ? row.creditor : row.debtor].map(marked), row.currency, row.due ?? "",
      ...[row.amount, row.setOff, row.settled, row.amount - row.setOff - row.settled, row.setOffPoints, row.settledPoints].map(String),
    ])];
    need(JSON.stringify(found) === JSON.stringify(wanted), "obligations.csv does not say what participant.json says");
    return "";
  }

  claim(key) {
    const found = this.claims.get("nodes").find((one) => this.keyOf(one) === key);
    need(found !== undefined, "claims.json says nothing of a node");
    const whole = (text) => { need(typeof text === "string" && /^[0-9]+$/.test(text), "claims.json: a number"); return BigInt(text); };
    const limit = found.get("pay_in_limit_points");
    return { said: found, payIn: whole(found.get("pay_in_points")), payOut: whole(found.get("pay_out_points")), limit: limit === null ? null : whole(limit) };
  }

  balance() {
    for (const key of this.own.keys()) {
      const { payIn, payOut } = this.claim(key);
      for (const [group] of this.groups()) {
        const cash = group === "set-off" ? 0n : payIn - payOut;
        const net = this.rowsOf(key).reduce((sum, row) => sum + (row.debtor === this.me ? 1n : -1n) * this.flow(row, group), 0n);
        need(net === cash, "{group}: what goes out is not what comes in", { group });
      }
    }
    return "";
  }

  pairs(group) {
    const found = new Map();
    for (const row of this.rows) {
      if (this.limit(row, group) <= 0n) continue;
      const ends = [this.node(row, row.debtor), this.node(row, row.creditor)], key = ends.join();
      if (!found.has(key)) found.set(key, { ends, rows: [] });
      found.get(key).rows.push(row);
    }
    return [...found.values()];
  }

  level(key, stage) {
    const level = (this.own.get(key) ?? this.others.get(key)).get("levels").get(stage);
    need(level !== undefined, "a level of stage {stage} is missing", { stage });
    return level;
  }

  certificate() {
    for (const [group, stages] of this.groups()) {
      for (const { ends, rows } of this.pairs(group)) {
        for (const stage of stages) {
          const slope = this.level(ends[0], stage) - this.level(ends[1], stage);
          if (stage.endsWith("prefer")) {
            for (const row of rows) obeys(slope + this.gain(row), this.flow(row, group), this.limit(row, group));
            continue;
          }
          const c = slope + (["set_off", "settled", "combined"].includes(stage) ? 1n : 0n);
          obeys(c, rows.reduce((sum, row) => sum + this.flow(row, group), 0n), rows.reduce((sum, row) => sum + this.limit(row, group), 0n));
          if (c !== 0n) break;
        }
      }
      if (group !== "set-off") for (const key of this.own.keys()) this.houseArcs(stages, key);
    }
    return "";
  }

  gain(row) {
    if (this.asked.prefer === "smallest") return 63n - BigInt(this.points(row, row.amount).toString(2).length);
    if (row.due === null) return 0n;
    const unit = this.fixing ? this.fixing.get("unit") : row.currency;
    const days = Date.parse(`${this.blocks.get(unit).get("latest_due_date")}T00:00:00Z`) / 86_400_000 - row.day;
    need(days >= 0, "{id} is due after the latest due date", { id: row.id });
    return BigInt(Math.min(4095, days));
  }

  houseArcs(stages, key) {
    const node = this.own.get(key), unit = node.get("unit"), { payIn, payOut, limit } = this.claim(key);
    const house = this.content.get("house_nodes").filter((one) => one.get("unit") === unit && one.get("currency") === node.get("settlement_currency"));
    need(house.length === 1, "the house's node is missing");
    const room = this.blocks.get(unit).get("pay_ins_unlimited") ? NO_LIMIT : limit ?? 0n;
    need(payIn <= room, "a pay-in is over its limit");
    let [freeIn, freeOut] = [room > 0n, true];
    for (const stage of stages) {
      const slope = house[0].get("levels").get(stage) - this.level(key, stage);
      if (freeIn) {
        const c = slope - (stage === "pay_in" ? 1n : 0n);
        obeys(c, payIn, room);
        freeIn = c === 0n;
      }
      if (freeOut) {
        obeys(-slope, payOut, NO_LIMIT);
        freeOut = slope === 0n;
      }
    }
  }

  split() {
    if (this.asked.prefer) return "";
    for (const [group] of this.groups()) {
      for (const { rows } of this.pairs(group)) {
        const limits = rows.map((row) => this.limit(row, group)), flows = rows.map((row) => this.flow(row, group));
        const wanted = splitOf(this.asked.split, flows.reduce((sum, one) => sum + one, 0n), rows, limits);
        rows.forEach((row, place) => need(wanted[place] === flows[place], "{id}: the split gives {wanted}", { id: row.id, wanted: wanted[place] }));
      }
    }
    return "";
  }

  rounding() {
    for (const [group] of this.groups()) {
      const net = new Map();
      for (const row of this.rows) {
        const minor = group === "set-off" ? row.setOff : row.settled;
        const amount = row.amount - (group === "cash" ? row.setOff : 0n), limit = this.limit(row, group);
        const share = limit ? [amount * this.flow(row, group), limit] : [0n, 1n];
        need(isNear(minor, share), "{id}: {minor} is no rounding of its share", { id: row.id, minor });
        const key = `${this.node(row, this.me)} ${row.currency}`, sign = row.debtor === this.me ? 1n : -1n;
        const sums = net.get(key) ?? { node: this.node(row, this.me), minor: 0n, share: [0n, 1n] };
        sums.minor += sign * minor;
        sums.share = [sums.share[0] * share[1] + sign * share[0] * sums.share[1], sums.share[1] * share[1]];
        net.set(key, sums);
      }
      for (const { node, minor, share } of net.values()) {
        const isExact = group === "set-off" && !this.own.get(node).get("accepts_conversion");
        need(isExact ? minor === 0n : isNear(minor, share), "rounding leaves more than a minor unit");
      }
    }
    return "";
  }

  totals() {
    only(this.claims, ["format", "participant", "nodes"], "claims.json");
    need(this.claims.get("format") === "skontro.claims/1" && this.claims.get("participant") === this.me, "the claims are another's");
    need(this.claims.get("nodes").length === this.own.size, "the claims do not cover the nodes");
    for (const key of this.own.keys()) this.total(key);
    return "";
  }

  total(key) {
    const node = this.own.get(key), { said, payIn, payOut } = this.claim(key), code = node.get("currency");
    const sums = Object.fromEntries(SUMS.map((name) => [name, 0n]));
    let residual = 0n, money = 0n;
    for (const row of this.rowsOf(key)) {
      const out = row.debtor === this.me, sign = out ? 1n : -1n, rest = row.amount - row.setOff;
      sums[out ? "owed" : "due"] += this.points(row, row.amount);
      sums[out ? "settled_out" : "settled_in"] += row.settledPoints;
      if (out) sums.set_off += row.setOffPoints;
      sums.booked_difference += sign * this.points(row, row.setOff);
      residual += sign * this.points(row, rest);
      money += sign * (this.asked.cash === null ? rest : row.settled);
    }
    Object.assign(sums, { net_position: sums.due - sums.owed, pay_in: payIn, pay_out: payOut });
    if (this.asked.cash === null) need(payIn === max(residual, 0n) && payOut === max(-residual, 0n), "pay-in or pay-out");
    if (!this.fixing) sums.booked_difference = 0n;
    const unit = node.get("unit"), settle = node.get("settlement_currency"), block = this.blocks.get(unit);
    need(node.get("accepts_conversion") === (code === ""), "a node converts that has a currency");
    need(said.get("settlement_currency") === settle && settle === (code || said.get("home_currency") || unit), "another settlement currency");
    for (const name of SUMS) {
      need(said.get(`${name}_points`) === String(sums[name]), "{name}: the rows come to {points} points", { name, points: sums[name] });
      if (!said.has(`${name}_minor`)) continue;
      const isCash = name.startsWith("pay_");
      const [above, below] = isCash ? fraction(block.get("points_per_minor").get(settle)) : [block.get("unit_minor_points"), 1n];
      const minor = isCash && code ? max(name === "pay_in" ? money : -money, 0n) : nearest(sums[name] * below, above);
      need(said.get(`${name}_minor`) === minor, "{name}: the rows come to {minor} minor units", { name, minor });
      if (said.has(name)) need(said.get(name) === decimal(minor, this.places[isCash ? settle : unit] ?? 0), "{name} is written otherwise", { name });
    }
  }

  /** What was set off and is left, currency by currency, as decimal text. */
  words() {
    const found = new Map();
    for (const row of this.rows) {
      const one = found.get(row.currency) ?? { owed: 0n, due: 0n, off: 0n, left: 0n, get: 0n };
      const out = row.debtor === this.me, left = row.amount - row.setOff - row.settled;
      one[out ? "owed" : "due"] += row.amount;
      if (out) one.off += row.setOff;
      one[out ? "left" : "get"] += left;
      found.set(row.currency, one);
    }
    return [...found].map(([code, one]) => [code, ...["owed", "due", "off", "left", "get"].map((name) => decimal(one[name], this.places[code] ?? 0))]);
  }
}

function obeys(c, flow, limit) {
  if (c > 0n) need(flow === limit && limit < NO_LIMIT, "more could have been set off over a pair of yours");
  if (c < 0n) need(flow === 0n, "something flows over a pair of yours where nothing may");
}

function splitOf(mode, flow, rows, limits) {
  const order = (a, b) => { const [one, other] = [hexOf(encode(rows[a].id)), hexOf(encode(rows[b].id))]; return one < other ? -1 : one > other ? 1 : 0; };
  const found = rows.map(() => 0n), places = rows.map((_, place) => place);
  if (mode === "oldest") {
    for (const k of places.sort((a, b) => rows[a].day - rows[b].day || order(a, b))) {
      found[k] = flow < limits[k] ? flow : limits[k];
      flow -= found[k];
    }
    return found;
  }
  const total = limits.reduce((sum, one) => sum + one, 0n);
  const rest = places.map((k) => { found[k] = (flow * limits[k]) / total; return (flow * limits[k]) % total; });
  let more = flow - found.reduce((sum, one) => sum + one, 0n);
  for (const k of places.sort((a, b) => (rest[a] === rest[b] ? order(a, b) : rest[a] > rest[b] ? -1 : 1))) {
    if (more <= 0n) break;
    found[k] += 1n;
    more -= 1n;
  }
  return found;
}

/** The bytes of a row as its digest is taken over them. */
function rowBytes(row) {
  const texts = [row.id, row.debtor, row.creditor, row.currency].map(encode).flatMap((raw) => {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, raw.length, true);
    return [size, raw];
  });
  const numbers = new DataView(new ArrayBuffer(44));
  numbers.setInt32(0, row.day, true);
  [row.amount, row.setOff, row.settled, row.setOffPoints, row.settledPoints].forEach((one, place) => numbers.setBigUint64(4 + 8 * place, one, true));
  return joined(...texts, new Uint8Array(numbers.buffer));
}

function csv(text) {
  const rows = [];
  let row = [], cell = "", quoted = false;
  const text2 = text.endsWith("\n") ? text : `${text}\n`;
  for (let at = 0; at < text2.length; at += 1) {
    const one = text2[at];
    if (quoted) {
      if (one !== '"') cell += one;
      else if (text2[at + 1] === '"') { cell += one; at += 1; } else quoted = false;
    } else if (one === '"') quoted = true;
    else if (one === ",") { row.push(cell); cell = ""; } else if (one === "\n") {
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else if (one !== "\r") cell += one;
  }
  return rows;
}

const marked = (text) => (/^'*[=+\-@\t\r]/.test(text) && !/^-[0-9]+(\.[0-9]+)?$/.test(text) ? `'${text}` : text);

function decimal(minor, places) {
  const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, "0");
  const text = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return minor < 0n ? `-${text}` : text;
}

/** An amount with its thousands apart, as the pages show them. */
function grouped(text) {
  const [whole, rest] = text.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (rest === undefined ? "" : `.${rest}`);
}

// ---- the page ------------------------------------------------------------------------------------

const form = document.querySelector("form[data-proofs]");
const said = document.querySelector("[data-verdict]");

function show(item, state, detail) {
  const label = item.querySelector(".label");
  label.className = `label ${{ good: "good", bad: "bad", open: "over" }[state]}`;
  label.textContent = form.dataset[state];
  item.querySelector("[data-detail]").textContent = detail;
}

/** Check a package, claim by claim; what follows from a form that is none is not asked. */
async function check(bytes) {
  const items = [...document.querySelectorAll("[data-claim]")];
  for (const item of items) show(item, "open", "");
  for (const one of document.querySelectorAll("[data-result]")) one.hidden = true;
  const counts = { good: 0, bad: 0 };
  let one = null;
  for (const item of items) {
    const name = item.dataset.claim;
    try {
      if (name === "form") {
        const open = new Package(await unzipped(bytes), JSON.parse(form.dataset.places), form.elements.key.value.trim().toLowerCase(),
          form.elements.everyone.files[0] ? new Uint8Array(await form.elements.everyone.files[0].arrayBuffer()) : null);
        open.form();
        one = open;
      }
      if (one === null) continue;
      const detail = name === "form" ? "" : await one[name]();
      if (detail === null) continue;
      show(item, "good", detail);
      counts.good += 1;
    } catch (error) {
      show(item, "bad", error instanceof Failed ? error.message : form.dataset.unreadable);
      counts.bad += 1;
    }
  }
  finish(one, counts);
}

function finish(one, counts) {
  const ok = counts.bad === 0;
  said.className = `said ${ok ? "good" : "bad"}`;
  said.textContent = (ok ? form.dataset.holds : form.dataset.fails).replace("{good}", counts.good).replace("{bad}", counts.bad);
  said.hidden = false;
  if (one === null) return;
  for (const [name, value] of [["who", one.me], ["key", one.signedWith ?? ""], ["cycle", one.content.get("run").get("cycle")]]) {
    for (const where of document.querySelectorAll(`[data-put=${name}]`)) where.textContent = value;
  }
  if (!ok) return;
  const body = document.querySelector("[data-rows]");
  body.replaceChildren(...one.words().map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, place) => {
      const cell = document.createElement("td");
      if (place) cell.className = "number";
      cell.textContent = place ? grouped(text) : text;
      return cell;
    }));
    return row;
  }));
  for (const each of document.querySelectorAll("[data-result]")) each.hidden = false;
}

async function begin(bytesOfIt) {
  const buttons = form.querySelectorAll("button");
  said.hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    await check(await bytesOfIt());
  } catch (error) {
    said.className = "said bad";
    said.textContent = form.dataset.unreadable;
    said.hidden = false;
  }
  for (const button of buttons) button.disabled = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  begin(async () => new Uint8Array(await form.elements.package.files[0].arrayBuffer()));
});
for (const button of form.querySelectorAll("[data-fetch]")) {
  button.addEventListener("click", () => begin(async () => {
    const answer = await fetch(button.dataset.fetch, { credentials: "same-origin" });
    if (!answer.ok) throw new Error("fetch");
    return new Uint8Array(await answer.arrayBuffer());
  }));
}
}
