# SPDX-License-Identifier: Apache-2.0
"""A house's signed paper, checked by itself, and a notice against the packages of its run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from skontro.verify.amounts import exponents
from skontro.verify.files import is_digest, read_json
from skontro.verify.papers import (
    ACCOUNT_STATEMENT,
    AUTHORITY_REPORT,
    DEFAULT_NOTICE,
    HOUSE_KEYS,
    HOUSE_REPORT,
    PUBLICATION,
    SET_OFF_NOTICE,
    TRADE_REPORT,
    Paper,
    check_signatures,
    check_whose,
    is_signed,
    only,
    parse_paper,
    read_house_keys,
    read_paper,
    whole,
)
from skontro.verify.pdf import (
    ATTACHMENT,
    OpenedPdf,
    check_endorsement,
    check_pdf_signature,
    is_pdf,
    open_pdf,
)
from skontro.verify.publication import check_publication, head_of_run
from skontro.verify.standing import Standing
from skontro.verify.taxes import check_taxes
from skontro.verify.verdict import ClaimFailed, Verdict, require

STAGES = ("final", "settled")
HEAD = {"number", "house", "house_name", "demonstration", "journal"}
OF_A_RUN = {"run", "digests", "value_date", "published_at"}
NOTICE_KEYS = HEAD | OF_A_RUN | {
    "effect", "stage", "participant", "side", "home_currency", "accepts_conversion",
    "legal_basis", "fixing", "grid", "decimals", "obligations", "sums", "counter_obligations",
    "bookings", "payments", "left_out",
}  # fmt: skip
ROW_KEYS = {
    "obligation", "role", "counterparty", "own_reference", "their_reference", "document",
    "document_date", "due_date", "currency", "rate", "before_minor", "set_off_minor",
    "after_minor", "planned_minor", "settled_minor", "residual_minor", "taxes",
}  # fmt: skip
SUMMED = ("before", "set_off", "planned", "settled")
SIDES = (("payables", "debtor"), ("receivables", "creditor"))


def verify_paper(
    path: str | Path,
    *,
    house_keys: Sequence[str] = (),
    package: str | Path | None = None,
    public: str | Path | None = None,
    statement: str | Path | None = None,
) -> Verdict:
    """Check a house's signed paper: its form, its signatures, its own sums.

    Of a PDF the signed paper inside is checked, and the electronic signature over the whole file.

    Args:
        path: The paper, as JSON or as PDF.
        house_keys: Keys that are the house's: 64 hexadecimal digits, or files with one a line.
        package: A participant's package of the same run, for a set-off notice.
        public: The public package of the same run.
        statement: The statement of publication of the same run.

    Example:
        >>> verify_paper("no such file").ok
        False
    """
    verdict = Verdict()
    verdict.standing = Standing(paper="paper")
    read: list[Paper] = []
    opened: list[OpenedPdf] = []
    if not verdict.check("paper.form", lambda: _form(Path(path), read, opened)):
        return verdict
    paper = read[0]
    content = paper.content
    verdict.standing = Standing(
        paper=paper.kind, key=paper.key_id, house=str(content.get("house")),
        demonstration=content.get("demonstration") is True,
    )  # fmt: skip
    if paper.kind == PUBLICATION:
        verdict.claims.clear()
        found = check_publication(verdict, Path(path), house_keys)
        if found is not None:
            verdict.standing.run = content["run"]
        return verdict
    verdict.check("paper.signature", lambda: check_signatures(paper))
    for pdf in opened:
        verdict.check("pdf.signature", partial(check_pdf_signature, pdf))
        verdict.check("pdf.certificate", partial(check_endorsement, pdf, paper))
        verdict.cannot.append(
            "that the pages show what the data inside says: the house's signature covers both; "
            "read the data with a JSON reader, or have the house set it again"
        )
    if paper.kind == HOUSE_KEYS:
        _check_keys(verdict, paper, house_keys)
        return verdict
    check_whose(verdict, "paper.key", paper, house_keys)
    if verdict.check("paper.content", lambda: CHECKS[paper.kind](paper)) and "run" in content:
        verdict.standing.run = content["run"]
    if "run" in content:
        others = (package, public, statement)
        _check_beside(verdict, paper, house_keys, [None if p is None else Path(p) for p in others])
    elif package or public or statement:
        verdict.check("paper.run", lambda: _of_no_run(paper))
    return verdict


def _form(path: Path, read: list[Paper], opened: list[OpenedPdf]) -> str:
    require(path.is_file(), f"there is no file {path}")
    if is_pdf(path):
        opened.append(open_pdf(path))
        read.append(parse_paper(opened[0].paper, ATTACHMENT))
        require(read[0].kind in CHECKS, f"no {read[0].kind} is written as PDF")
    else:
        read.append(read_paper(path))
    return f"{read[0].kind}, number {read[0].content.get('number')}"


def _of_no_run(paper: Paper) -> str:
    raise ClaimFailed(f"an {paper.kind} is not of one run")


def _check_keys(verdict: Verdict, paper: Paper, given: Sequence[str]) -> None:
    """The keys of a house follow one another, and a given one leads to the one that signs."""
    found: list[dict[str, Any]] = []

    def chain() -> str:
        content = only(
            paper.content, {"number", "house", "demonstration", "keys"}, "the list of keys"
        )
        require(isinstance(content["keys"], list) and content["keys"], "there is no key")
        for one in content["keys"]:
            found.append(
                only(one, {"key_id", "public_key", "since", "until", "endorsement"}, "a key")
            )
        last = found[-1]
        require(last["until"] is None, "the last key is not in use")
        require(last["public_key"] == paper.public_key, "another key signs than is in use")
        for before, after in pairwise(found):
            require(before["until"] == after["since"], "the keys leave a gap")
            text = f"skontro.key/1 {content['house']} {after['public_key']}".encode()
            said = after["endorsement"]
            require(
                said is None or is_signed(before["public_key"], text, str(said)),
                f"the endorsement of key {after['key_id']} does not hold",
            )
        return f"{len(found)} keys, the last one signs"

    if not verdict.check("keys.chain", chain):
        return
    if not given:
        check_whose(verdict, "paper.key", paper, given)
        return

    def leads() -> str:
        keys = set(read_house_keys(given).values())
        known = [place for place, one in enumerate(found) if one["public_key"] in keys]
        require(known, "none of them is the key given")
        for one in found[known[-1] + 1 :]:
            require(one["endorsement"], f"key {one['key_id']} is not endorsed: ask the house")
        return f"key {found[known[-1]]['key_id']} leads to key {paper.key_id}"

    verdict.check("paper.key", leads)


# ---- the set-off notice ------------------------------------------------------------------------


def _check_notice(paper: Paper) -> str:
    """Every figure of a notice follows from its rows and the fixing."""
    content = only(paper.content, NOTICE_KEYS, "the notice")
    run = head_of_run(content)
    require(content["effect"] == "set-off", "the effect")
    me, stage = content["participant"], content["stage"]
    require(stage in STAGES, f"no such stage: {stage}")
    number = f"{content['house']}/{run['cycle']}/{me}/set-off/{stage}"
    require(content["number"] == number, f"its number is {number}")
    rows = content["obligations"]
    require(isinstance(content["legal_basis"], list), "the legal basis is no list")
    require(content["legal_basis"] or not rows, "no legal basis")
    for one in content["legal_basis"]:
        only(one, {"agreement", "version", "law", "in_force_from"}, "the legal basis")
    _check_rows(rows, me, stage)
    worth = _worth(content)
    for row in rows:
        rate = None if content["fixing"] is None else content["fixing"]["rates"][row["currency"]]
        require(row["rate"] == rate, f"obligation {row['obligation']}: another rate")
    _same("sums", content["sums"], {name: _sums(rows, f"{name}_minor") for name in SUMMED})
    _same("counter_obligations", content["counter_obligations"], _counter(content, worth))
    _same("bookings", content["bookings"], _bookings(content))
    used = {row["currency"] for row in rows} | (
        {content["grid"]["unit"]} if content["grid"]["unit"] else set()
    )
    _same("decimals", content["decimals"], {code: exponents()[code] for code in used})
    firms = {me, *(row["counterparty"] for row in [*rows, *content["left_out"]])}
    require(set(paper.names) == firms, "the names are not those of the firms in it")
    return f"{len(rows)} obligations: sums, counter-obligations, rounding and bookings follow"


def _check_rows(rows: Any, me: str, stage: str) -> None:
    require(isinstance(rows, list), "obligations are a list")
    last = 0
    for row in rows:
        only(row, ROW_KEYS, "an obligation")
        number = row["obligation"]
        require(type(number) is int and number > last, "the obligations are not in order")
        last = number
        what = f"obligation {number}"
        require(row["role"] in ("debtor", "creditor"), f"{what}: no such role")
        require(row["counterparty"] != me, f"{what} is with itself")
        require(row["currency"] in exponents(), f"{what}: no such currency")
        before, off, after, planned, settled, residual = (
            whole(row[f"{name}_minor"], what)
            for name in ("before", "set_off", "after", "planned", "settled", "residual")
        )
        require(before > 0 and after == before - off >= 0, f"{what}: after = before - set off")
        require(planned <= after, f"{what}: more planned than is left")
        require(residual == after - settled >= 0, f"{what}: residual = after - settled")
        require(stage == "settled" or not settled, f"{what}: settled before the settlement")
        require(isinstance(row["taxes"], list), f"{what}: taxes are a list")
        if row["taxes"]:
            check_taxes(row["taxes"], what, [before, after, after - planned, residual])


def _worth(content: dict[str, Any]) -> dict[str, Fraction]:
    """What a minor unit of each currency is worth in points, as the fixing has it."""
    grid = only(content["grid"], {"unit", "unit_minor_points", "points_per_minor"}, "the grid")
    found = {code: _fraction(text) for code, text in grid["points_per_minor"].items()}
    fixing, places = content["fixing"], exponents()
    if fixing is None:
        require(grid["unit"] is None and set(found.values()) <= {Fraction(1)}, "the grid")
        return found
    only(fixing, {"unit", "rates", "source", "dated"}, "the fixing")
    if grid["unit"] is None and not found:
        return found  # a run without obligations counts in nothing
    require(grid["unit"] == fixing["unit"], "grid and fixing have another unit")
    per_unit = whole(grid["unit_minor_points"], "the grid") * 10 ** places[fixing["unit"]]
    for code, worth in found.items():
        rate = _fraction(fixing["rates"].get(code))
        require(worth == rate * per_unit / 10 ** places[code], f"{code} is worth {worth} points")
    return found


def _fraction(text: Any) -> Fraction:
    above, _, below = str(text).partition("/")
    good = above.isascii() and above.isdigit() and below.isascii() and below.isdigit()
    require(good and int(below) > 0 and int(above) > 0, f"{text!r} is no fraction")
    return Fraction(int(above), int(below))


def _sums(rows: list[Any], name: str) -> list[dict[str, str]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"debtor": 0, "creditor": 0})
    for row in rows:
        found[row["currency"]][row["role"]] += int(row[name])
    return [
        {"currency": code, "payable_minor": str(one["debtor"]),
         "receivable_minor": str(one["creditor"])}
        for code, one in sorted(found.items())
    ]  # fmt: skip


def _counter(content: dict[str, Any], worth: dict[str, Fraction]) -> dict[str, Any]:
    """What was set off against what, in sum, and what rounding moved."""
    found: dict[str, Any] = {}
    total: dict[str, int] = {}
    net: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, role in SIDES:
        minor: dict[str, int] = defaultdict(int)
        points: dict[str, int] = defaultdict(int)
        for row in content["obligations"]:
            if row["role"] == role and row["set_off_minor"] != "0":
                code, amount = row["currency"], int(row["set_off_minor"])
                require(code in worth, f"{code} has no worth in points")
                minor[code] += amount
                points[code] += round(amount * worth[code])
        sign = 1 if role == "debtor" else -1
        for code in minor:
            net[code][0] += sign * minor[code]
            net[code][1] += sign * points[code]
        found[name] = [
            {"currency": code, "set_off_minor": str(minor[code]),
             "value_points": str(points[code])}
            for code in sorted(minor)
        ]  # fmt: skip
        total[name] = sum(points.values())
    found["exchange"] = [
        {"currency": code, "net_minor": str(amount), "value_points": str(points_of)}
        for code, (amount, points_of) in sorted(net.items())
        if amount
    ]
    found["difference_points"] = str(total["payables"] - total["receivables"])
    found["value_minor"] = None
    if content["grid"]["unit"]:
        per = int(content["grid"]["unit_minor_points"])
        found["value_minor"] = str(round(Fraction(total["payables"], per)))
    return found


def _bookings(content: dict[str, Any]) -> list[dict[str, str]]:
    """The bookings proposed: they balance in the booking currency, rounding included."""
    fixing, home = content["fixing"], content["home_currency"]
    if fixing is not None and home not in fixing["rates"]:
        home = fixing["unit"]
    left: dict[str, int] = defaultdict(int)
    found = []
    for name, role in SIDES:
        sums: dict[str, int] = defaultdict(int)
        for row in content["obligations"]:
            if row["role"] == role:
                sums[row["currency"]] += int(row["set_off_minor"])
        for code in sorted(sums):
            if not sums[code]:
                continue
            target = code if fixing is None else home
            value = sums[code] if target == code else _exchanged(fixing, sums[code], code, target)
            left[target] += value if role == "debtor" else -value
            found.append({
                "side": "debit" if role == "debtor" else "credit", "account": name,
                "currency": code, "amount_minor": str(sums[code]), "booked_currency": target,
                "booked_minor": str(value),
            })  # fmt: skip
    for target in sorted(left):
        if left[target]:
            rest = str(abs(left[target]))
            found.append({
                "side": "credit" if left[target] > 0 else "debit",
                "account": "rounding difference", "currency": target, "amount_minor": rest,
                "booked_currency": target, "booked_minor": rest,
            })  # fmt: skip
    return found


def _exchanged(fixing: Any, minor: int, code: str, target: str) -> int:
    """An amount in minor units of another currency, at the fixing, half to even."""
    places = exponents()
    units = _fraction(fixing["rates"][code]) * minor / 10 ** places[code]
    exact: Fraction = units * 10 ** places[target] / _fraction(fixing["rates"][target])
    return round(exact)


def _same(what: str, found: Any, wanted: Any) -> None:
    require(found == wanted and _kinds(found) == _kinds(wanted), f"{what}: {found!r:.300}")


def _kinds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_kinds(inner) for inner in value]
    return type(value)


# ---- other papers ------------------------------------------------------------------------------


def _check_account(paper: Paper) -> str:
    """Opening plus movements is closing, account by account, in the order of the journal."""
    content = only(
        paper.content,
        HEAD | {"cycle", "participant", "side", "home_currency", "period", "accounts", "pay_ins",
                "pay_outs"},
        "the statement",
    )  # fmt: skip
    _check_head(content)
    period = only(content["period"], {"after_entry", "to_entry", "closed"}, "the period")
    require(content["journal"]["entry"] == period["to_entry"], "the period ends with the head")
    moves = 0
    for one in content["accounts"]:
        keys = {"account", "shows", "currency", "opening_minor", "movements", "closing_minor"}
        only(one, keys, "an account")
        what = f"{one['account']} {one['currency']}"
        stands = whole(one["opening_minor"], what, negative=True)
        last = period["after_entry"]
        for move in one["movements"]:
            keys = {"entry", "kind", "cycle", "business_day", "at", "amount_minor"}
            only(move, keys, f"{what}: a movement")
            require(last < move["entry"] <= period["to_entry"], f"{what}: entries out of order")
            last = move["entry"]
            stands += whole(move["amount_minor"], what, negative=True)
            moves += 1
        require(str(stands) == one["closing_minor"], f"{what}: it closes with {stands}")
    for one in content["pay_ins"]:
        due, arrived, covered, used = (whole(one[f"{name}_minor"], "a pay-in") for name in
                                       ("due", "arrived", "covered", "used"))  # fmt: skip
        require(due > 0 and used <= arrived + covered, "a pay-in: more is used than came")
    for one in content["pay_outs"]:
        require(whole(one["amount_minor"], "a pay-out") > 0, "a pay-out of nothing")
    require(set(paper.names) == {content["participant"]}, "the name is another's")
    return f"{len(content['accounts'])} accounts, {moves} movements: opening to closing"


def _check_default(paper: Paper) -> str:
    content = only(
        paper.content,
        HEAD | {"participant", "side", "reason", "opened_at", "known_at", "standing", "follows",
                "act"},
        "the notice",
    )  # fmt: skip
    _check_head(content)
    act = content["act"]
    require(act["maker"] != act["checker"], "maker and checker are one person")
    require(content["opened_at"] <= content["known_at"], "the house knew before it began")
    return f"{content['participant']}: {content['reason']}, known {content['known_at']}"


def _check_report(paper: Paper) -> str:
    """The totals of a report add up, block by block."""
    content = only(
        paper.content,
        HEAD | OF_A_RUN | {"stage", "blocks", "border", "money", "left_out", "settings",
                           "earlier"},
        "the report",
    )  # fmt: skip
    head_of_run(content)
    require(content["stage"] in STAGES, "no such stage")
    for block in content["blocks"]:
        per = whole(block["unit_minor_points"], "points")
        pairs = {
            name: sum(whole(row[f"{name}_points"], name) for row in block["side_pairs"])
            for name in ("gross", "set_off", "planned")
        }
        for name in ("gross", "set_off", "planned"):
            # each firm's figures count what it owes and what it is owed
            for table in ("sides", "sizes"):
                found = sum(whole(row[f"{name}_points"], name) for row in block[table])
                require(found == 2 * pairs[name], f"{table}: {name} is {found} points")
            total = round(Fraction(pairs[name], per))
            require(block[f"{name}_minor"] == str(total), f"{name} is {total}")
        require(
            sum(whole(row["net_points"], "net", negative=True) for row in block["sides"]) == 0,
            "the net positions of the sides do not sum to nought",
        )
    require(not paper.names, "a report names nobody")
    return f"{len(content['blocks'])} blocks: totals, sides and sizes agree"


def _check_head(content: dict[str, Any]) -> None:
    require(type(content["demonstration"]) is bool and content["house"], "whose paper it is")
    journal = only(content["journal"], {"entry", "hash"}, "the journal's head")
    require(type(journal["entry"]) is int and is_digest(journal["hash"]), "the journal's head")


def _check_authority_report(paper: Paper) -> str:
    """What compliance tells the authority of a case, or of what is held: it has all its parts.

    Those of before reports had trade in them are checked for what they had.
    """
    said = paper.content
    has_trade = isinstance(said, dict) and "obligations" in said
    keys = AUTHORITY_REPORT_KEYS | (REPORTED_TRADE_KEYS if has_trade else set())
    content = only(said, keys, "the report")
    case = content["case"]
    if case is None and has_trade:
        require(len(content["obligations"]) == 1, "neither a case nor an obligation")
        (one,) = content["obligations"]
        require({firm["id"] for firm in content["parties"]} == {one["debtor"], one["creditor"]},
                "a party is missing")  # fmt: skip
        require(bool(one["verdicts"]) and one["verdicts"][-1]["outcome"] != "released",
                "nothing holds the obligation")  # fmt: skip
        return f"obligation {one['obligation']}, {one['verdicts'][-1]['outcome']}"
    require(isinstance(case, dict) and isinstance(case.get("evidence"), dict), "there is no case")
    numbers = {one["act"] for one in case["events"] if one["act"] is not None}
    require(numbers == {one["act"] for one in content["decisions"]}, "a decision is missing")
    return f"case {case['case']}, {case['state']}, with {len(numbers)} decisions"


def _check_trade_report(paper: Paper) -> str:
    """What crossed a side's border: no more was set off and paid than entered; sums are sums."""
    content = only(paper.content, TRADE_REPORT_KEYS, "the report")
    _check_head(content)
    require(content["stage"] in STAGES, "the stage")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    names = ("gross_minor", "set_off_minor", "paid_minor")
    for row in content["rows"]:
        gross, off, paid = (whole(row[name], name) for name in names)
        require(off + paid <= gross, f"{row['country']}, {row['chapter']}: more than entered")
        found = sums[row["way"], row["currency"]]
        for place, amount in enumerate((row["obligations"], gross, off, paid)):
            found[place] += amount
    told = {
        (row["way"], row["currency"]): [row["obligations"], *(int(row[name]) for name in names)]
        for row in content["totals"]
    }
    require(told == dict(sums), "the totals are not those of the rows")
    require(not paper.names, "the report names nobody")
    return f"side {content['side']}: {sum(one[0] for one in sums.values())} obligations"


TRADE_REPORT_KEYS = {
    "number", "house", "house_name", "demonstration", "run", "digests", "side", "jurisdiction",
    "stage", "value_date", "rows", "totals", "journal",
}  # fmt: skip
AUTHORITY_REPORT_KEYS = {
    "number", "house", "house_name", "demonstration", "made_at", "case", "setting", "decisions",
    "party", "verdicts", "exposure",
}  # fmt: skip
REPORTED_TRADE_KEYS = {"parties", "obligations", "obligations_left_out"}
CHECKS: dict[str, Callable[[Paper], str]] = {
    SET_OFF_NOTICE: _check_notice,
    ACCOUNT_STATEMENT: _check_account,
    DEFAULT_NOTICE: _check_default,
    HOUSE_REPORT: _check_report,
    AUTHORITY_REPORT: _check_authority_report,
    TRADE_REPORT: _check_trade_report,
}


# ---- beside other files of the run -------------------------------------------------------------


def _check_beside(
    verdict: Verdict, paper: Paper, house_keys: Sequence[str], others: list[Path | None]
) -> None:
    """Check a paper of a run against packages and the statement of publication of that run."""
    package, public, statement = others
    if public is not None:
        verdict.check("paper.public", lambda: _against_public(paper, public))
    if package is not None:
        verdict.check("paper.package", lambda: _against_package(paper, package))
    if statement is not None:
        found = check_publication(verdict, statement, house_keys)
        if found is not None:
            said = found.paper
            verdict.check("paper.publication", lambda: _against_statement(paper, said))
    if package is None and public is None:
        verdict.cannot.append(
            "that these are the amounts of the run: give its packages with --package and --public"
        )


def _against_public(paper: Paper, place: Path) -> str:
    public = read_json(place / "public.json")
    _same_run(paper, public, "the public package")
    return f"the same result {public['result_digest']} as everyone sees"


def _same_run(paper: Paper, other: dict[str, Any], what: str) -> None:
    digests = paper.content["digests"]
    for name in ("result", "input"):
        require(other[f"{name}_digest"] == digests[name], f"{what} is of another {name}")
    require(other.get("run") == paper.content["run"], f"{what} is of another run")


def _against_package(paper: Paper, place: Path) -> str:
    """The rows of a notice are those of the participant's package, amount by amount."""
    package = read_json(place / "participant.json")
    _same_run(paper, package, "the package")
    require(paper.kind == SET_OFF_NOTICE, f"no {paper.kind} says what a package says")
    content = paper.content
    me = content["participant"]
    require(package["participant"] == me, "the package is another's")
    wanted = {row[0]: row for row in package["rows"]}
    require(
        set(wanted) == {str(row["obligation"]) for row in content["obligations"]},
        "notice and package do not have the same obligations",
    )
    for row in content["obligations"]:
        parties = [me, row["counterparty"]]
        debtor, creditor = parties if row["role"] == "debtor" else parties[::-1]
        found = [str(row["obligation"]), debtor, creditor, row["currency"], row["due_date"],
                 row["before_minor"], row["set_off_minor"], row["planned_minor"]]  # fmt: skip
        same = found == wanted[found[0]][:8]
        require(same, f"obligation {found[0]}: the package has {wanted[found[0]][:8]}")
    claims = read_json(place / "claims.json")
    require(claims["participant"] == me, "the claims are another's")
    money: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for node in claims["nodes"]:
        for side, name in enumerate(("pay_in_minor", "pay_out_minor")):
            money[node["settlement_currency"]][side] += node[name]
    said = {
        one["currency"]: [whole(one["pay_in_minor"], "pay-in"),
                          whole(one["pay_out_minor"], "pay-out")]
        for one in content["payments"]
    }  # fmt: skip
    require(
        {code: sums for code, sums in money.items() if any(sums)} == said,
        "the package has other pay-ins or pay-outs",
    )
    return f"{len(wanted)} obligations, pay-in and pay-out as in the package"


def _against_statement(paper: Paper, statement: Paper) -> str:
    content, said = paper.content, statement.content
    for name in ("house", "demonstration", "run", "digests", "value_date", "published_at"):
        require(content[name] == said[name], f"the statement of publication has another {name}")
    if content.get("stage") == "final":
        require(content["journal"] == said["journal"], "another head of the journal")
    else:
        later = content["journal"]["entry"] > said["journal"]["entry"]
        require(later, "the journal's head is older than the publication")
    return f"of the run published {said['published_at']}"
