# SPDX-License-Identifier: Apache-2.0
"""``skontro obligations``: what is owed, said by either party, one by one or by the file."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Shown,
    Signed,
    Step,
    StepKey,
    Who,
    day,
    examples,
    group,
    many,
    minor,
    money,
)

if TYPE_CHECKING:
    from skontro.house.trade import LineSaid, TradeSaid

app = group("What is owed: register, confirm, dispute, credit, take back.")


class Flag(enum.StrEnum):
    """What keeps an obligation out."""

    ATTACHED = "attached"
    FACTORED = "factored"


Number = Annotated[int, typer.Argument(metavar="OBLIGATION", help="Number of the obligation.")]
Numbers = Annotated[
    list[int], typer.Argument(metavar="OBLIGATION...", help="Numbers of the obligations.")
]
Party = Annotated[
    str,
    typer.Option("--by", metavar="PARTICIPANT", help="Whose word it is: a party, or its agent."),
]
Request = Annotated[
    str | None,
    typer.Option(metavar="ID", help="An id of one's own: saying it again under it is harmless."),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept where it can be erased.")]
Evidence = Annotated[
    str, typer.Option(metavar="TEXT", help="What shows it: text, or a document's digest.")
]
Agent = Annotated[
    str, typer.Option(metavar="PARTICIPANT", help="The agent that hands it in, if one does.")
]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook.")]
Rejected = Annotated[
    Path | None,
    typer.Option("--rejections", metavar="FILE", help="Write refused rows to a new CSV file."),
]
Allowed = Annotated[
    bool, typer.Option("--allow-rejections", help="Exit with 0 though rows were refused.")
]
Most = Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")]
After = Annotated[int, typer.Option(min=0, metavar="N", help="From after this number on.")]
BY = "--as P1 --key keys/p1.pem"
SHOWN_REJECTIONS = 5


# ---- registering -------------------------------------------------------------------------------


@app.command(
    "register",
    epilog=examples(
        "skontro obligations register --by B1 --reference o1 --debtor A1 --creditor B1 "
        '--amount 100000.00 --currency EUR --due 2026-01-10 --document "invoice o1"'
    ),
)
def register(
    sender: Party,
    reference: Annotated[
        str, typer.Option(metavar="ID", help="Id the party gives it; a repeat is harmless.")
    ],
    debtor: Annotated[str, typer.Option(metavar="PARTICIPANT", help="Who owes.")],
    creditor: Annotated[str, typer.Option(metavar="PARTICIPANT", help="Who is owed.")],
    amount: Annotated[str, typer.Option(help="Exact, such as 100000.00.")],
    currency: Annotated[str, typer.Option(help="Its currency.")],
    due: Annotated[str, typer.Option(metavar="DAY", help="By when.")] = "",
    document: Annotated[str, typer.Option(metavar="TEXT", help="Number of the invoice.")] = "",
    document_date: Annotated[str, typer.Option(metavar="DAY", help="Its date.")] = "",
    trade: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=TEXT",
            help="What it is for, as a file of registrations says it, such as "
            "kind=domestic_goods, code=300490, tax_invoice=R-7; without it the gate holds it.",
        ),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"NAME=TEXT ..."',
            help="One of several lines, such as 'value=70.00 code=300490 quantity=7 unit=KGM'; "
            "once for each.",
        ),
    ] = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take in what one party says of one obligation; the other confirms it, or says the same."""
    from skontro.flow.obligations import Registration

    said = Registration(
        sender=sender, reference=reference, debtor=debtor, creditor=creditor,
        amount_minor=minor(amount, currency), currency=currency, due_date=due and day(due),
        document=document, document_date=document_date and day(document_date),
        trade=_trade(trade or [], line or [], currency),
    )  # fmt: skip
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        number, state = desk.house.obligations.register(said, person=person)
        _tell_state(desk, number, state)


def _trade(given: list[str], lines: list[str], currency: str) -> TradeSaid:
    """Read what an obligation is for."""
    from dataclasses import fields

    from skontro.house.trade import PAPERS, TradeSaid

    said, papers = dict[str, str](), list[tuple[str, str]]()
    names = {one.name for one in fields(TradeSaid)} - {"papers", "lines"}
    for one in given:
        name, _, text = one.partition("=")
        if name in PAPERS:
            papers.append((name, text))
        elif name in names:
            said[name] = text
        else:
            raise typer.BadParameter(f"{name!r} is none of {', '.join([*sorted(names), *PAPERS])}")
    every = tuple(_line(one, currency) for one in lines)
    return TradeSaid(**said, papers=tuple(papers), lines=every)


def _line(given: str, currency: str) -> LineSaid:
    """Read one of several lines."""
    from skontro.messages.several_lines import LINE_KEYS, line_said

    words = shlex.split(given)
    if not all("=" in one for one in words):
        raise typer.BadParameter(f"{given!r} is not NAME=TEXT, with blanks between them")
    said = dict(one.split("=", 1) for one in words)
    if len(said) < len(words):
        raise typer.BadParameter(f"{given!r} says something twice")
    line, wrong = line_said(said, currency)
    if wrong:
        raise typer.BadParameter(f"{wrong}: a line says {', '.join(LINE_KEYS)}")
    return line


def _tell_state(desk: Desk, number: int, state: str) -> None:
    from skontro.house.states import OBLIGATION_STATES

    desk.tell(
        {"obligation": number, "state": state},
        f"obligation {number} is {state}: {OBLIGATION_STATES[state]}",
    )


@app.command(
    "import",
    epilog=examples(
        "skontro obligations import january.csv",
        "skontro obligations import january.parquet --agent A2 --rejections refused.csv",
    ),
)
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, Parquet or XLSX: columns sender, reference, debtor, creditor, amount, "
            "currency; due_date, document and document_date may be there, and what it is for."
        ),
    ],
    agent: Agent = "",
    sheet: Sheet = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; nothing becomes true.")
    ] = False,
    rejections: Rejected = None,
    allow_rejections: Allowed = False,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Take in a file of what parties say, and match at once what both say.

    A row that cannot be taken is refused with row, field and reason, and stops nothing; the same
    file again has no effect. Exit 3 if rows were refused.
    """
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("reading") as say:
            report = desk.house.obligations.import_file(
                file, agent=agent, person=person, sheet=sheet, dry_run=dry_run, progress=say
            )
        found = report.as_json()
        words = (
            f"{many(found['rows'], 'row', 'rows')}: {found['taken']:,} taken, "
            f"{found['repeated']:,} known before, {found['refused']:,} refused\n"
            f"{many(found['opened'], 'obligation is', 'obligations are')} new; both parties stand "
            f"by {found['confirmed']:,}, matched within tolerance: {found['near']:,}\n"
            f"held as suspected doubles: {found['duplicates']:,}; house review: {found['held']:,}"
        ) + ("\na dry run: nothing was written" if dry_run else "")
        tell_filing(desk, found, words, rejections, allowed=allow_rejections)


def tell_filing(
    desk: Desk, found: dict[str, Any], words: str, out: Path | None, *, allowed: bool
) -> None:
    """Print what came of a file, remark on refused rows, and end with 3 if there were any."""
    from skontro.cli.outcome import ExitCode, write_note

    rows = found["rejections"]
    if out is not None:
        _write_rejections(out, rows)
    desk.tell(found, words)
    for row in rows[:SHOWN_REJECTIONS]:
        field = f", {row['field']}" if row["field"] else ""
        write_note(f"row {row['row']}{field}: {row['message']}: {row['value']!r} [{row['code']}]")
    if len(rows) > SHOWN_REJECTIONS:
        write_note(f"and {len(rows) - SHOWN_REJECTIONS:,} more: --rejections FILE has them all")
    if rows and not allowed:
        raise typer.Exit(int(ExitCode.ROWS_REFUSED))


def _write_rejections(path: Path, rows: list[dict[str, Any]]) -> None:
    import csv
    import io

    from skontro.cli.house.statement import write_new

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ("row", "field", "value", "code", "message"),
                            extrasaction="ignore")  # fmt: skip
    writer.writeheader()
    writer.writerows(rows)
    write_new(path, text.getvalue().encode())


@app.command("match", epilog=examples("skontro obligations match"))
def match(folder: Folder = HERE, progress: Shown = None, as_json: AsJson = False) -> None:
    """Match all that waits for the other party's word; the cut-off does it as well."""
    with Desk(folder, as_json, progress=progress) as desk:
        with desk.working("matching"):
            found = desk.house.obligations.match()
        desk.tell(
            found,
            f"{many(found['matched'], 'pair', 'pairs')} matched, {found['near']:,} within "
            f"tolerance; held as suspected doubles: {found['duplicates']:,}",
        )


# ---- confirming --------------------------------------------------------------------------------


@app.command(
    "confirm",
    epilog=examples(
        "skontro obligations confirm 1 --by A1",
        "skontro obligations confirm --all --by A1 --counterparty B1",
    ),
)
def confirm(
    by: Party,
    number: Annotated[
        int | None, typer.Argument(metavar="[OBLIGATION]", help="Number of the obligation.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All that waits for the party's word.")
    ] = False,
    counterparty: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="With --all: what this one registered.")
    ] = "",
    request: Request = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say yes to what the other party registered, or end a dispute one has raised."""
    if every == (number is not None):
        raise typer.BadParameter("give the number of an obligation, or --all")
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        if number is not None:
            state = desk.house.obligations.confirm(number, by, request=request, person=person)
            _tell_state(desk, number, state)
            return
        found = desk.house.obligations.confirm_all(
            by, counterparty=counterparty, person=person
        )
        desk.tell(
            found,
            f"{found['confirmed']:,} confirmed by {by}"
            + (f"; held as suspected doubles: {found['duplicates']:,}" if found["duplicates"]
               else ""),
        )


@app.command(
    "confirm-file", epilog=examples("skontro obligations confirm-file yes.csv --by A1")
)
def confirm_file(
    file: Annotated[
        Path,
        typer.Argument(help="Columns sender and reference, and confirmed_by unless --by is given."),
    ],
    by: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="Who says yes to all of it.")
    ] = "",
    agent: Agent = "",
    sheet: Sheet = None,
    rejections: Rejected = None,
    allow_rejections: Allowed = False,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Say yes to what a file names by reference. Exit 3 if rows were refused."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("confirming"):
            report = desk.house.obligations.confirm_file(
                file, by=by, agent=agent, sheet=sheet, person=person
            )
        found = report.as_json()
        words = (
            f"{many(found['rows'], 'row', 'rows')}: {found['confirmed']:,} confirmed, "
            f"{found['repeated']:,} so before, {found['duplicates']:,} held as suspected doubles, "
            f"{found['refused']:,} refused"
        )
        tell_filing(desk, found, words, rejections, allowed=allow_rejections)


# ---- saying no, taking back, keeping out -------------------------------------------------------


@app.command(
    "dispute", epilog=examples('skontro obligations dispute 1 --by A1 --reason "not delivered"')
)
def dispute(
    number: Number,
    by: Party,
    reason: Reason,
    evidence: Evidence = "",
    request: Request = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say no, with a reason, before the cut-off."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        state = desk.house.obligations.dispute(
            number, by, reason, evidence=evidence, request=request, person=person
        )
        _tell_state(desk, number, state)


@app.command("withdraw", epilog=examples("skontro obligations withdraw 1 --by B1"))
def withdraw(
    number: Number,
    by: Party,
    request: Request = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take back before the cut-off: the creditor, or whoever alone registered it."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        state = desk.house.obligations.withdraw(number, by, request=request, person=person)
        _tell_state(desk, number, state)


@app.command(
    "credit",
    epilog=examples(
        "skontro obligations credit 1 500.00 --by B1 --reference c1 --document CN-17"
    ),
)
def credit(
    number: Number,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Of the credit note.")],
    by: Party,
    reference: Annotated[
        str, typer.Option(metavar="ID", help="Id the creditor gives it; a repeat is harmless.")
    ],
    document: Annotated[str, typer.Option(metavar="TEXT", help="Number of the note.")] = "",
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Record the creditor's credit note: what is open is lowered.

    What was entered or is final is not undone: that part becomes a new, opposite obligation.
    """
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        obligations = desk.house.obligations
        code = obligations.show(number)["currency"]
        found = obligations.credit(
            number, by, reference, minor(amount, code), document=document, person=person
        )
        opposite = found["opposite"]
        more = "" if opposite is None else (
            f"\nobligation {opposite} is new, the other way round: the former debtor confirms it"
        )
        desk.tell(
            {"obligation": number} | found,
            f"obligation {number} is {found['state']}, {money(found['open_minor'], code)} "
            f"open{more}",
        )  # fmt: skip


@app.command(
    "flag",
    epilog=examples(
        'skontro obligations flag 1 attached --reason "court order 12/2026" '
        f"{BY}",
        "skontro obligations flag 1 factored --by B1",
        "skontro obligations flag 1 factored --clear --by B1",
    ),
)
def flag(
    number: Number,
    which: Annotated[Flag, typer.Argument(metavar="FLAG", help="attached or factored.")],
    by: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="Which party says so; else the house.")
    ] = "",
    clear: Annotated[
        bool, typer.Option("--clear", help="Let it in again: by whoever set the flag.")
    ] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept where it can be "
                                        "erased.")] = "",
    request: Request = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Keep an obligation out, attached by a court or factored, or let it in again."""
    if bool(by) == (who is not None):
        raise typer.BadParameter("choose one: --by PARTICIPANT, or --as PERSON of the house")
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        obligations = desk.house.obligations
        act = obligations.clear_flag if clear else obligations.flag
        flags = act(number, which.value, by=by, person=person, reason=reason, request=request)
        _tell_flags(desk, number, flags)


def _tell_flags(desk: Desk, number: int, flags: list[str]) -> None:
    desk.tell(
        {"obligation": number, "flags": flags},
        f"obligation {number}: {', '.join(flags) or 'no flag'}",
    )


@app.command(
    "consent",
    epilog=examples(
        "skontro obligations consent 1 --by A1", "skontro obligations consent 1 --end --by A1"
    ),
)
def consent(
    number: Number,
    by: Party,
    end: Annotated[bool, typer.Option("--end", help="Take it back before the cut-off.")] = False,
    request: Request = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Agree that it is entered before it is due: it may be once both parties have."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        obligations = desk.house.obligations
        act = obligations.end_consent if end else obligations.consent
        _tell_flags(desk, number, act(number, by, request=request, person=person))


@app.command("expire", epilog=examples("skontro obligations expire"))
def expire(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Let leave what was unused for too long, or is time-barred; the cut-off does it as well."""
    with Desk(folder, as_json) as desk:
        left = desk.house.obligations.expire()
        desk.tell({"expired": left}, f"{many(left, 'obligation', 'obligations')} left by age")


# ---- acts --------------------------------------------------------------------------------------


@app.command(
    "clear-duplicates",
    epilog=examples(
        f'skontro obligations clear-duplicates 4 5 --reason "two deliveries" {BY}'
    ),
)
def clear_duplicates(
    numbers: Numbers,
    reason: Reason,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let suspected doubles go on."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.obligations.propose_clearing(numbers, reason, who, signer))


@app.command(
    "oppose",
    epilog=examples(
        f'skontro obligations oppose 7 20000.00 --reason "no goods, court order 3/2026" {BY}'
    ),
)
def oppose(
    number: Number,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="How much is made good.")],
    reason: Reason,
    who: Who,
    key: Signed,
    evidence: Evidence = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to make good a fraud after finality by a new, opposite obligation."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        obligations = desk.house.obligations
        amount_minor = minor(amount, obligations.show(number)["currency"])
        desk.tell_act(
            obligations.propose_opposite(
                number, amount_minor, reason, who, signer, evidence=evidence
            )
        )


# ---- looking -----------------------------------------------------------------------------------


@app.command(
    "show",
    epilog=examples(
        "skontro obligations show 1", "skontro obligations show --sender B1 --reference o1"
    ),
)
def show(
    number: Annotated[
        int | None, typer.Argument(metavar="[OBLIGATION]", help="Number of the obligation.")
    ] = None,
    sender: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="Who registered it, with --reference.")
    ] = "",
    reference: Annotated[
        str, typer.Option(metavar="ID", help="Under which reference they did.")
    ] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show an obligation as it stands: who said what, what happened, why it is not in the cycle."""
    if (number is None) != bool(sender and reference):
        raise typer.BadParameter("give the number, or --sender and --reference")
    with Desk(folder, as_json) as desk:
        obligations = desk.house.obligations
        found = obligations.show(obligations.find(sender, reference) if number is None else number)
        why = obligations.why_not(found["number"], found["creditor"])
        desk.tell({"obligation": found | {"why_not": why}}, lambda: _text(found, why))


def _text(found: Mapping[str, Any], why: str) -> str:
    from skontro.cli.house.shown import at, figures, table_text
    from skontro.flow.times import day_text

    currency = found["currency"]
    due, dated = found["due_day"], found["document_day"]
    lines = figures({
        "obligation": found["number"], "state": found["state"], "debtor": found["debtor"],
        "creditor": found["creditor"], "amount": money(found["amount_minor"], currency),
        "open": money(found["open_minor"], currency),
        "due": None if due is None else day_text(due), "document": found["document"],
        "dated": None if dated is None else day_text(dated),
        "flags": ", ".join(found["flag_names"]),
        "said by": ", ".join(f"{one['sender']} as {one['reference']}"
                             for one in found["registrations"]),
        "rolled over": found["rolled_over"] or None,
        "registered": at(found["registered_at"]), "confirmed": at(found["confirmed_at"]),
        "content": found["content_digest"], "not in the cycle": why,
    })  # fmt: skip
    rows = [
        (one["event"], at(one["at"]),
         None if one["amount_minor"] is None else money(one["amount_minor"], currency),
         one["act_id"])
        for one in found["events"]
    ]  # fmt: skip
    if not rows:
        return lines
    return f"{lines}\n\n" + table_text(("what happened", "at", "amount", "act"), rows,
                                       right=("amount", "act"))  # fmt: skip


@app.command(
    "list",
    epilog=examples(
        "skontro obligations list A1", "skontro obligations list A1 --state disputed"
    ),
)
def list_obligations(
    participant: Annotated[str, typer.Argument(help="Whose: what it owes and is owed.")],
    state: Annotated[
        list[str] | None, typer.Option(help="In this state alone; may be given again.")
    ] = None,
    after: After = 0,
    most: Most = 100,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what a firm owes and is owed, with why each is not in the cycle."""
    from skontro.house.states import OBLIGATION_STATES

    unknown = sorted(set(state or ()) - set(OBLIGATION_STATES))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is no state: {', '.join(OBLIGATION_STATES)}")
    with Desk(folder, as_json) as desk:
        found = desk.house.obligations.of(
            participant, states=tuple(state or OBLIGATION_STATES), after=after, most=most
        )
        desk.tell(
            {"participant": participant, "obligations": found}, lambda: _list_text(found, most)
        )


def _list_text(found: list[dict[str, Any]], most: int) -> str:
    from skontro.cli.house.shown import table_text
    from skontro.flow.times import day_text

    rows = [
        (one["number"], one["debtor"], one["creditor"],
         money(one["amount_minor"], one["currency"]), money(one["open_minor"], one["currency"]),
         None if one["due_day"] is None else day_text(one["due_day"]), one["document"],
         one["state"], one["why_not"])
        for one in found
    ]  # fmt: skip
    heads = ("no.", "debtor", "creditor", "amount", "open", "due", "document", "state",
             "not in the cycle")  # fmt: skip
    text = table_text(heads, rows, right=("no.", "amount", "open"), none="nothing")
    return text + (f"\nmore: --after {found[-1]['number']}" if len(found) == most else "")


@app.command(
    "work-list",
    epilog=examples("skontro obligations work-list", "skontro obligations work-list A1"),
)
def work_list(
    participant: Annotated[
        str, typer.Argument(metavar="[PARTICIPANT]", help="Only what this firm is a party to.")
    ] = "",
    after: After = 0,
    most: Most = 100,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what waits for an answer, each with the likely partner and how the two differ."""
    with Desk(folder, as_json) as desk:
        found = desk.house.obligations.work_list(participant, after=after, most=most)

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["number"], one["sender"], one["reference"], one["debtor"], one["creditor"],
                 money(one["amount_minor"], one["currency"]), one["document"],
                 one["partner"] and one["partner"]["number"], "; ".join(one["differences"]),
                 "yes" if one["will_match"] else "")
                for one in found
            ]  # fmt: skip
            heads = ("no.", "said by", "as", "debtor", "creditor", "amount", "document", "likely",
                     "differs in", "will match")  # fmt: skip
            shown = table_text(heads, rows, right=("no.", "amount", "likely"),
                               none="nothing waits for an answer")  # fmt: skip
            return shown + (f"\nmore: --after {found[-1]['number']}" if len(found) == most else "")

        desk.tell({"obligations": found}, text)
