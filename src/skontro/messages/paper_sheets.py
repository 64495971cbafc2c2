# SPDX-License-Identifier: Apache-2.0
"""The house's papers as sheets: what stands where, in no language and no file format yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from skontro.core.errors import Rejected
from skontro.house.journal import ENTRY_KINDS
from skontro.messages.papers import Paper
from skontro.messages.report_sheets import report_sheet
from skontro.messages.sheets import (
    Amount,
    Cell,
    Column,
    Count,
    Day,
    Lines,
    Party,
    Said,
    Sheet,
    Table,
)
from skontro.messages.trade_sheets import trade_sheet

Content = Mapping[str, Any]
NUMBER, TEXT = "number", "text"


def sheet_of(paper: Paper) -> Sheet:
    """Lay a paper out as sections of cells.

    Args:
        paper: A notice, an account statement, a default notice, a house or a trade report.

    Raises:
        Rejected: It is another paper, which is written as JSON alone.
    """
    if paper.kind not in _SHEETS:
        raise Rejected(
            f"a paper of the kind {paper.kind!r} is written as JSON alone", code="NoSuchForm",
            next_step=f"these have other forms: {', '.join(_SHEETS)}",
        )  # fmt: skip
    return _SHEETS[paper.kind](paper)


def _amount(text: str, currency: str) -> Amount:
    return Amount(int(text), currency)


def _house(content: Content) -> Party:
    return Party(content["house"], content.get("house_name"))


def _party(paper: Paper, firm: str) -> Party:
    return Party(firm, paper.names.get(firm))


def foot_of(paper: Paper) -> list[tuple[str, str]]:
    """Return what stands at the end of every paper: digests, journal head, key."""
    content, rows = paper.content, []
    if "digests" in content:
        rows.append(("Result digest", content["digests"]["result"]))
    head = content["journal"]
    rows.append(("Journal head", f"{head['entry']} · {head['hash']}"))
    rows.append(("Key", f"{paper.key_id} · {paper.signatures['content']['public_key']}"))
    return rows


# ---- set-off notice ----------------------------------------------------------------------------


def _set_off_notice(paper: Paper) -> Sheet:
    content, run = paper.content, paper.content["run"]
    is_settled = content["stage"] == "settled"
    facts: list[tuple[str, Cell]] = [
        ("Participant", _party(paper, content["participant"])),
        ("Side", content["side"] or None),
        ("Cycle", Said("{cycle}, final run", (("cycle", run["cycle"]),))),
        ("Value date", Day(content["value_date"])),
        ("Published", Day(content["published_at"])),
        ("Stage", Said("settled: money has settled what it could" if is_settled else
                       "final: set off; money has not moved yet")),
        ("Legal basis", Lines(tuple(
            Said("agreement {agreement}, version {version}, law {law}, in force from {day}", (
                ("agreement", one["agreement"]), ("version", one["version"]), ("law", one["law"]),
                ("day", Day(one["in_force_from"])),
            ))
            for one in content["legal_basis"]
        )) if content["legal_basis"] else None),
    ]  # fmt: skip
    declared = content["fixing"]
    if declared is not None:
        facts.append(("Fixing", Lines((
            *(f"1 {code} = {rate} {declared['unit']}" for code, rate in declared["rates"].items()),
            Lines((declared["source"], Day(declared["dated"]))),
        ))))  # fmt: skip
    tables = [_sums(content)]
    tables += _obligations(paper, "debtor", "What you owe")
    tables += _obligations(paper, "creditor", "What you are owed")
    tables += [*_taxes(paper), *_counter(content), *_bookings(content), *_left_out(paper)]
    return Sheet(
        "Set-off notice", content["number"], _house(content), content["demonstration"], wide=True,
        dated=content["published_at"], facts=facts,
        lead=[Said("The debts below are set off against each other, as far as the column says. "
                   "Set-off is final.")],
        box=list(_payments(content)), tables=tables, foot=foot_of(paper),
    )  # fmt: skip


def _payments(content: Content) -> Iterator[Cell]:
    for one in content["payments"]:
        code = one["currency"]
        for name, words in (
            ("pay_in_minor", "You pay in {amount} {currency}, one net sum."),
            ("pay_out_minor", "You are paid {amount} {currency}, one net sum, against cover."),
        ):
            if int(one[name]):
                yield Said(words, (("amount", _amount(one[name], code)), ("currency", code)))


def _money_column(content: Content) -> tuple[str, str]:
    """Name and heading of what money does at this stage."""
    if content["stage"] == "settled":
        return "settled", "settled"
    return "planned", "to be settled"


def _sums(content: Content) -> Table:
    """What was owed each way in sum, by currency."""
    money, head = _money_column(content)
    sums = {
        name: {one["currency"]: one for one in content["sums"][name]}
        for name in ("before", "set_off", money)
    }
    rows: list[list[Cell]] = []
    for code in sums["before"]:
        for role, words in (("payable", "You owe"), ("receivable", "You are owed")):
            before, off, settled = (
                int(one[code][f"{role}_minor"]) if code in one else 0 for one in sums.values()
            )
            left = before - off - (settled if money == "settled" else 0)
            if before:
                values = (before, off, before - off, settled, left)
                rows.append([Said(words), code, *(Amount(one, code) for one in values)])
    columns = [
        Column("role", ""), Column("currency", "Currency", "code"),
        Column("before", "before", NUMBER), Column("set_off", "set off", NUMBER),
        Column("after", "after", NUMBER), Column(money, head, NUMBER),
        Column("residual", "still owed", NUMBER),
    ]  # fmt: skip
    return Table("sums", Said("In sum"), columns, rows, none="nothing in this cycle")


def _obligations(paper: Paper, role: str, title: str) -> Iterator[Table]:
    """The obligations of one role, a table a currency, so that each column adds up."""
    content = paper.content
    mine = [one for one in content["obligations"] if one["role"] == role]
    money, head = _money_column(content)
    columns = [
        Column("obligation", "No.", "code"), Column("document", "document"),
        Column("counterparty", "other party"), Column("due_date", "due", "day"),
        Column("before", "before", NUMBER, "sum"), Column("set_off", "set off", NUMBER, "sum"),
        Column("after", "after", NUMBER, "sum"), Column(money, head, NUMBER, "sum"),
        Column("residual", "still owed", NUMBER, "sum"),
    ]  # fmt: skip
    names = ("before_minor", "set_off_minor", "after_minor", f"{money}_minor", "residual_minor")
    for code in sorted({one["currency"] for one in mine}):
        rows: list[list[Cell]] = [
            [
                str(one["obligation"]), _document(one), _party(paper, one["counterparty"]),
                Day(one["due_date"]) if one["due_date"] else None,
                *(_amount(one[name], code) for name in names),
            ]
            for one in mine
            if one["currency"] == code
        ]  # fmt: skip
        yield Table(
            "obligations", Said("{title} in {currency}", (("title", Said(title)),
                                                          ("currency", code))),
            columns, rows, constant=(("role", role), ("currency", code)),
        )  # fmt: skip


def _document(one: Content) -> Cell:
    """What an obligation is for: its document, and what both parties call it."""
    references = [
        Said(words, (("reference", one[name]),))
        for words, name in (("yours: {reference}", "own_reference"),
                            ("theirs: {reference}", "their_reference"))
        if one.get(name)
    ]  # fmt: skip
    main = one["document"] or None
    if main is None and references:
        return Lines(tuple(references))
    return Lines((main, *references)) if references else main


def _taxes(paper: Paper) -> Iterator[Table]:
    """How each discharged part is split into net and tax, rate by rate."""
    content = paper.content
    money = "settled" if content["stage"] == "settled" else "planned"
    names = ("set_off", money, "residual")
    heads = {"set_off": "set off", "settled": "settled", "planned": "to be settled",
             "residual": "still owed"}  # fmt: skip
    columns = [
        Column("obligation", "No.", "code"), Column("document", "document"),
        Column("tax_rate", "tax rate", "code"),
        *(
            Column(f"{name}_{part}", f"{heads[name]}: {part}", NUMBER, "sum")
            for name in names for part in ("net", "tax")
        ),
    ]  # fmt: skip
    rows: dict[tuple[str, str], list[list[Cell]]] = {}
    for one in content["obligations"]:
        for tax in one["taxes"]:
            code = one["currency"]
            rows.setdefault((one["role"], code), []).append([
                str(one["obligation"]), one["document"] or one["own_reference"] or None,
                " ".join(filter(None, (tax["rate"] and f"{tax['rate']} %", tax["category"]))),
                *(_amount(tax[f"{name}_{part}_minor"], code) for name in names
                  for part in ("net", "tax")),
            ])  # fmt: skip
    for role, code in sorted(rows, key=lambda one: (one[0] != "debtor", one)):
        words = "Net and tax of what you owe in {currency}" if role == "debtor" else (
            "Net and tax of what you are owed in {currency}"
        )
        yield Table(
            "taxes", Said(words, (("currency", code),)), columns, rows[role, code],
            note=[Said("Each part is split in the proportion of net and tax of the document, "
                       "rate by rate, rounded so that the parts add up.")],
            constant=(("role", role), ("currency", code)),
        )  # fmt: skip


def _counter(content: Content) -> Iterator[Table]:
    counter, grid = content["counter_obligations"], content["grid"]
    unit, per = grid["unit"], int(grid["unit_minor_points"])
    rows: list[list[Cell]] = [
        [Said(words), one["currency"], _amount(one["set_off_minor"], one["currency"]),
         None if unit is None else worth(int(one["value_points"]), per, unit)]
        for words, name in (("what you owed", "payables"), ("what you were owed", "receivables"))
        for one in counter[name]
    ]  # fmt: skip
    rows += [
        [Said("across currencies, at the fixing"), one["currency"],
         _amount(one["net_minor"], one["currency"]), worth(int(one["value_points"]), per, unit)]
        for one in counter["exchange"] if unit is not None
    ]  # fmt: skip
    columns = [
        Column("what", ""), Column("currency", "Currency", "code"),
        Column("set_off", "set off", NUMBER), Column("worth", "worth at the fixing", NUMBER),
    ]  # fmt: skip
    if unit is None:
        note: Cell = Said("Each currency by itself: nothing was converted, nothing was rounded.")
    else:
        note = Said(
            "Rounding difference: {points} points, of {per} to the minor unit of {unit}.",
            (("points", Count(int(counter["difference_points"]))), ("per", Count(per)),
             ("unit", unit)),
        )  # fmt: skip
    if rows:
        yield Table("counter_obligations", Said("What was set off against what, in sum"), columns,
                    rows, note=[note])  # fmt: skip


def worth(points: int, per: int, unit: str) -> Cell:
    """Points in the unit of account, exactly, as far as it has decimals."""
    minor, rest = divmod(abs(points), per)
    amount = Amount(-minor if points < 0 else minor, unit)
    if not rest:
        return amount
    return Lines((amount, f"+ {rest}/{per}"))


def _bookings(content: Content) -> Iterator[Table]:
    rows: list[list[Cell]] = [
        [Said(one["account"]), *(
            _amount(one["booked_minor"], one["booked_currency"]) if one["side"] == side else None
            for side in ("debit", "credit")
        ), one["booked_currency"], _amount(one["amount_minor"], one["currency"]), one["currency"]]
        for one in content["bookings"]
    ]  # fmt: skip
    columns = [
        Column("account", "account"), Column("debit", "debit", NUMBER),
        Column("credit", "credit", NUMBER), Column("booked_currency", "Currency", "code"),
        Column("amount", "amount", NUMBER), Column("currency", "Currency", "code"),
    ]  # fmt: skip
    if rows:
        yield Table(
            "bookings", Said("Proposed bookings"), columns, rows,
            note=[Said("If your books carry an amount at another rate, the difference is an "
                       "exchange gain or loss.")],
        )  # fmt: skip


def _left_out(paper: Paper) -> Iterator[Table]:
    rows: list[list[Cell]] = [
        [str(one["obligation"]), one["document"] or one["own_reference"] or None,
         _party(paper, one["counterparty"]), one["currency"], Said(one["why"])]
        for one in paper.content["left_out"]
    ]  # fmt: skip
    columns = [
        Column("obligation", "No.", "code"), Column("document", "document"),
        Column("counterparty", "other party"), Column("currency", "Currency", "code"),
        Column("why", "why"),
    ]  # fmt: skip
    if rows:
        yield Table("left_out", Said("Not in this cycle"), columns, rows)


# ---- account statement -------------------------------------------------------------------------


def _account_statement(paper: Paper) -> Sheet:
    content, period = paper.content, paper.content["period"]
    until = "after entry {first}, to entry {last}, " + (
        "the close of the cycle" if period["closed"] else "so far"
    )
    numbers = (("first", Count(period["after_entry"])), ("last", Count(period["to_entry"])))
    facts: list[tuple[str, Cell]] = [
        ("Participant", _party(paper, content["participant"])),
        ("Side", content["side"] or None),
        ("Cycle", content["cycle"]),
        ("Period", Said(until, numbers)),
    ]
    moves = [move["at"] for one in content["accounts"] for move in one["movements"]]
    tables = [_account(one) for one in content["accounts"]]
    tables += [*_pay_ins(content), *_pay_outs(content)]
    if not content["accounts"]:
        tables.insert(0, Table("accounts", Said("Accounts"), [Column("account", "account")], [],
                               none="nothing moved, nothing stands"))  # fmt: skip
    return Sheet(
        "Account statement", content["number"], _house(content), content["demonstration"],
        wide=False, dated=max(moves, default=""), facts=facts,
        lead=[Said("Debits and credits as the house's books have them.")],
        tables=tables, foot=foot_of(paper),
    )  # fmt: skip


def _account(one: Content) -> Table:
    code, stands = one["currency"], int(one["opening_minor"])
    rows: list[list[Cell]] = [[None, Said("opening"), None, None, None, None,
                               Amount(stands, code)]]  # fmt: skip
    for move in one["movements"]:
        amount = int(move["amount_minor"])
        stands += amount
        rows.append([
            str(move["entry"]), Said(ENTRY_KINDS.get(move["kind"], move["kind"])),
            move["cycle"], Day(move["business_day"]),
            Amount(amount, code) if amount > 0 else None,
            Amount(-amount, code) if amount < 0 else None, Amount(stands, code),
        ])  # fmt: skip
    columns = [
        Column("entry", "entry", "code"), Column("what", "what"), Column("cycle", "Cycle", "code"),
        Column("day", "day", "day"), Column("debit", "debit", NUMBER),
        Column("credit", "credit", NUMBER), Column("balance", "balance", NUMBER, "last"),
    ]  # fmt: skip
    account = one["account"]
    return Table(
        "movements", Said("{title} in {currency}", (("title", Said(account.capitalize())),
                                                    ("currency", code))),
        columns, rows, constant=(("account", account), ("currency", code)),
        note=[Said(one["shows"])], last="Closing",
    )  # fmt: skip


def _pay_ins(content: Content) -> Iterator[Table]:
    names = ("due", "arrived", "covered", "used")
    rows: list[list[Cell]] = [
        [one["reference"], Said(one["state"]), one["currency"],
         *(_amount(one[f"{name}_minor"], one["currency"]) for name in names)]
        for one in content["pay_ins"]
    ]  # fmt: skip
    columns = [
        Column("reference", "reference"), Column("state", "state"),
        Column("currency", "Currency", "code"), Column("due", "called", NUMBER),
        Column("arrived", "arrived", NUMBER), Column("covered", "from the pool", NUMBER),
        Column("used", "used", NUMBER),
    ]  # fmt: skip
    if rows:
        yield Table("pay_ins", Said("Pay-ins"), columns, rows)


def _pay_outs(content: Content) -> Iterator[Table]:
    rows: list[list[Cell]] = [
        [Said(one["purpose"]), Said(one["state"]), one["currency"],
         _amount(one["amount_minor"], one["currency"])]
        for one in content["pay_outs"]
    ]  # fmt: skip
    columns = [
        Column("purpose", "for"), Column("state", "state"), Column("currency", "Currency", "code"),
        Column("amount", "amount", NUMBER),
    ]  # fmt: skip
    if rows:
        yield Table("pay_outs", Said("Pay-outs"), columns, rows)


# ---- default notice ----------------------------------------------------------------------------


def _default_notice(paper: Paper) -> Sheet:
    content, act = paper.content, paper.content["act"]
    facts: list[tuple[str, Cell]] = [
        ("Participant", _party(paper, content["participant"])),
        ("Side", content["side"] or None),
        ("Reason", Said(content["reason"])),
        ("Began", Day(content["opened_at"])),
        ("House knew", Day(content["known_at"])),
        ("Approved", Said("{at}, act {act}, by {maker} and {checker}", (
            ("at", Day(act["approved_at"])), ("act", str(act["number"])),
            ("maker", act["maker"]), ("checker", act["checker"]),
        ))),
    ]  # fmt: skip
    return Sheet(
        "Default notice", content["number"], _house(content), content["demonstration"],
        wide=False, dated=act["approved_at"], facts=facts,
        box=[Said(one) for one in content["follows"]],
        tables=[_stood(content, when, title) for when, title in (
            ("opened", "What stood when it began"), ("known", "What stood when the house knew"),
        )],
        foot=foot_of(paper),
    )  # fmt: skip


def _stood(content: Content, when: str, title: str) -> Table:
    """What was entered, irrevocable and final at one of the two moments."""
    rows: list[list[Cell]] = []
    for state, cycles in content["standing"][when].items():
        for one in cycles if isinstance(cycles, Sequence) and not isinstance(cycles, str) else ():
            codes = sorted({*one.get("owed", {}), *one.get("due", {})})
            for code in codes or [""]:
                rows.append([
                    Said(state), one["cycle"], code or None,
                    *(_amount(one[name][code], code) if code in one.get(name, {}) else None
                      for name in ("owed", "due")),
                ])  # fmt: skip
    columns = [
        Column("state", "state"), Column("cycle", "Cycle", "code"),
        Column("currency", "Currency", "code"), Column("owed", "owed by it", NUMBER),
        Column("due", "owed to it", NUMBER),
    ]  # fmt: skip
    return Table("standing", Said(title), columns, rows, constant=(("when", when),),
                 none="nothing")  # fmt: skip


def _house_report(paper: Paper) -> Sheet:
    return report_sheet(paper, foot_of(paper))


def _trade_report(paper: Paper) -> Sheet:
    return trade_sheet(paper, foot_of(paper))


_SHEETS: dict[str, Callable[[Paper], Sheet]] = {
    "set-off notice": _set_off_notice,
    "account statement": _account_statement,
    "default notice": _default_notice,
    "house report": _house_report,
    "trade report": _trade_report,
}
KINDS = tuple(_SHEETS)
"""The papers that are written as PDF, Excel and CSV as well."""
