// SPDX-License-Identifier: Apache-2.0
// Two small comforts and one necessity: a page works without the comforts; signing needs this file,
// for a private key never leaves the browser.
"use strict";
document.documentElement.classList.add("scripts");

for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of all.form.elements[all.dataset.all].length === undefined
      ? [all.form.elements[all.dataset.all]] : all.form.elements[all.dataset.all]) {
      box.checked = all.checked;
    }
  });
}

for (const form of document.querySelectorAll("form[method=post]:not([data-sign])")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
  });
}

// ---- signing: a PKCS#8 key locked by PBES2 (PBKDF2, AES in CBC), opened with WebCrypto ----------

/** Read one DER value: its tag, its bytes, and where the next one begins. */
function der(bytes, at) {
  const tag = bytes[at];
  let size = bytes[at + 1], from = at + 2;
  if (size > 127) {
    const many = size & 127;
    if (many > 4) throw new Error("length");
    size = 0;
    for (let i = 0; i < many; i += 1) size = size * 256 + bytes[from + i];
    from += many;
  }
  if (size === undefined || from + size > bytes.length) throw new Error("cut off");
  return { tag, bytes: bytes.subarray(from, from + size), next: from + size };
}

function parts(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const one = der(bytes, at);
    found.push(one);
    at = one.next;
  }
  return found;
}

const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const whole = (bytes) => bytes.reduce((sum, one) => sum * 256 + one, 0);
const PBES2 = "2a864886f70d01050d", PBKDF2 = "2a864886f70d01050c";
const HASHES = { "2a864886f70d0207": "SHA-1", "2a864886f70d0209": "SHA-256", "2a864886f70d020b": "SHA-512" };
const CIPHERS = { "60864801650304012a": 256, "608648016503040116": 192, "608648016503040102": 128 };

/** Open a locked key file with its passphrase; give the plain PKCS#8 bytes. */
async function unlocked(text, passphrase) {
  const found = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text);
  if (found === null) throw new Error("no locked key");
  const raw = Uint8Array.from(atob(found[1].replace(/\s/g, "")), (one) => one.charCodeAt(0));
  const [how, locked] = parts(der(raw, 0).bytes);
  const [scheme, params] = parts(how.bytes);
  if (hex(scheme.bytes) !== PBES2) throw new Error("scheme");
  const [derive, cipher] = parts(params.bytes);
  const [kind, settings] = parts(derive.bytes);
  if (hex(kind.bytes) !== PBKDF2) throw new Error("derivation");
  const fields = parts(settings.bytes);
  const salt = fields[0].bytes, iterations = whole(fields[1].bytes);
  const last = fields[fields.length - 1];
  const hash = last.tag === 0x30 ? HASHES[hex(parts(last.bytes)[0].bytes)] : "SHA-1";
  const [name, start] = parts(cipher.bytes);
  const length = CIPHERS[hex(name.bytes)];
  if (!hash || !length || iterations > 10_000_000) throw new Error("parameters");
  const words = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey({ name: "PBKDF2", salt, iterations, hash }, words, { name: "AES-CBC", length }, false, ["decrypt"]);
  return crypto.subtle.decrypt({ name: "AES-CBC", iv: start.bytes }, key, locked.bytes);
}

/** Sign a text with a locked key file; give the signature in hexadecimal. */
async function signed(file, passphrase, text, expected) {
  let plain;
  try {
    plain = await unlocked(await file.text(), passphrase);
  } catch { throw new Error("wrong"); }
  let key, open;
  try {
    key = await crypto.subtle.importKey("pkcs8", plain, "Ed25519", true, ["sign"]);
    const shown = await crypto.subtle.exportKey("jwk", key);
    open = Uint8Array.from(atob(shown.x.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  } catch { throw new Error("old"); }
  if (hex(open) !== expected) throw new Error("other");
  return hex(new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text))));
}

for (const form of document.querySelectorAll("form[data-sign]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[data-said]"), button = form.querySelector("button");
    const pass = form.querySelector("[data-pass]"), file = form.querySelector("[data-file]");
    said.hidden = true;
    button.disabled = true;
    try {
      form.elements.signature.value = await signed(file.files[0], pass.value, form.dataset.sign, form.dataset.key);
      pass.value = "";
      form.submit();
    } catch (error) {
      said.textContent = form.dataset[error.message] || error.message;
      said.hidden = false;
      button.disabled = false;
    }
  });
}
