# SPDX-License-Identifier: Apache-2.0
"""``skontro gate cases``: alerts and what becomes of them; for compliance and the authority."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    HouseLocked,
    Locked,
    Signed,
    Who,
    examples,
    group,
    many,
)
from skontro.core.errors import Rejected

app = group("Alerts and what becomes of them: for compliance and the authority alone.")

Case = Annotated[int, typer.Argument(metavar="CASE", help="Number of the case.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the case.")]
BY = "--as P1 --key keys/p1.pem"


class State(enum.StrEnum):
    """How a case stands."""

    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"
    RELEASED = "released"


class Decision(enum.StrEnum):
    """What can be decided on a pair."""

    SAME = "the-same"
    OTHER = "not-the-same"
    EXPLAINED = "explained"
    UPHELD = "upheld"


@app.command("list", epilog=examples(f"skontro gate cases list {BY}"))
def list_cases(
    who: Who,
    key: Signed,
    state: Annotated[list[State] | None, typer.Option(help="In which states; open if not given.")]
    = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the cases that wait, the oldest first, with their age."""
    states = [one.value for one in state or [State.OPEN]]
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        found = desk.house.cases.work_list(who, signer, states=states)
        faults = desk.house.gate.faults()

        def text() -> str:
            from skontro.cli.house.shown import table_text
            from skontro.flow.screening import UNCOMPARED

            rows = [
                (one["case"], one["state"], one["whom"], one["about"], one["list"], one["entry"],
                 f"{one['score'] / 10:.1f} %", f"{one['age_days']} d")
                for one in found
            ]  # fmt: skip
            heads = ("case", "state", "whom", "about", "list", "entry", "alike", "age")
            cases = table_text(heads, rows, right=("case", "alike", "age"), none="no case waits")
            failed = [
                (f"a name cannot be compared, journal entry {one['entry']}: {one['where']}"
                 if one["fault"] == UNCOMPARED else
                 f"the gate itself failed, journal entry {one['entry']}: {one['where']}, "
                 f"{one['fault']}") + "; what it concerned is held"
                for one in faults
            ]  # fmt: skip
            return "\n".join([cases, *failed])

        desk.tell({"cases": found, "faults": faults}, text)


@app.command("show", epilog=examples(f"skontro gate cases show 3 {BY}"))
def show(
    case: Case,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show a case: who was compared with which entry, point by point, and what happened since."""
    with Desk(folder, as_json) as desk:
        found = desk.house.cases.show(case, who, desk.signer(key, passphrase_file))
        desk.tell({"case": found}, lambda: _case_text(desk, found))


def _case_text(desk: Desk, found: Mapping[str, Any]) -> str:
    from skontro.cli.house.shown import at, figures, table_text

    evidence = found["evidence"] or {"subject": {}, "entry": {}, "points": []}
    subject, entry = evidence["subject"], evidence["entry"]
    names = [one["text"] for one in entry.get("names", ())]
    parts = [figures({
        "case": f"{found['case']}, {found['state']}, {many(found['age_days'], 'day', 'days')} old",
        "whom": f"{found['whom']}, {found['about']}: {', '.join(subject.get('names', ()))}",
        "entry": f"{found['entry']} of list {found['list']}: {', '.join(names)}",
        "listed for": "; ".join([*entry.get("programmes", ()), entry.get("text", "")]).strip("; "),
        "alike": f"{found['score'] / 10:.1f} %",
    })]  # fmt: skip
    points = [(one["points"], one["what"], one["ours"], one["theirs"])
              for one in evidence["points"]]  # fmt: skip
    parts.append(table_text(("points", "what", "ours", "theirs"), points, right=("points",)))
    events = [
        (at(one["at"]), one["event"], one["person"] or (one["act"] and f"act {one['act']}"),
         (one["said"] or {}).get("text") or (one["said"] or {}).get("reason"))
        for one in found["events"]
    ]  # fmt: skip
    parts.append(table_text(("when", "what", "by", "said"), events))
    for one in found["waiting"]:
        decided = one["decided"] or {}
        parts.append(
            f"act {one['act']} waits: {decided.get('decision') or decided.get('order')}, "
            f"{decided.get('reason')}\n"
            f"to sign exactly this, as another person than {one['maker']}:\n"
            f"skontro people approve {one['act']} --as PERSON --key FILE --digest {one['digest']}"
            f"{desk.again()}"
        )
    return "\n\n".join(parts)


@app.command("note", epilog=examples(f'skontro gate cases note 3 --text "asked the bank" {BY}'))
def note(
    case: Case,
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to write down.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write something down on a case."""
    with Desk(folder, as_json) as desk:
        desk.house.cases.note(case, text, who, desk.signer(key, passphrase_file))
        desk.tell({"case": case}, f"noted on case {case}")


@app.command(
    "decide",
    epilog=examples(
        f'skontro gate cases decide 3 not-the-same --reason "another date of birth" {BY}'
    ),
)
def decide(
    case: Case,
    decision: Annotated[Decision, typer.Argument(help="Whether the party is the entry; of a flag, "
                                            "whether it is explained.")],
    reason: Why,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose what to decide; another person confirms exactly that.

    Not the same: this pair does not alert again until either side changes. The same: the party is
    frozen, none of its obligations enters a cycle and nothing is paid to it. A flag on an
    obligation is explained, and does not hold it again until something changes, or upheld.
    """
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        words = decision.value.replace("-", " ")
        desk.tell_act(desk.house.cases.propose_decision(case, words, reason, who, signer))


@app.command(
    "release",
    epilog=examples(f'skontro gate cases release 3 --order "2026/17" --reason "delisted" {BY}'),
)
def release(
    case: Case,
    reason: Why,
    order: Annotated[str, typer.Option(metavar="ID", help="Reference of the authority's word.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let go a party that was confirmed, on an authority's word."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.cases.propose_release(case, reason, order, who, signer))


@app.command(
    "reverse",
    epilog=examples(
        f'skontro gate cases reverse 3 --order "FIU 2026/17" --document order.pdf '
        f'--reason "proceeds to be returned" {BY}',
        f'skontro gate cases reverse 3 --obligation 7=1200.00 --order "FIU 2026/17" '
        f'--document order.pdf --reason "one invoice" {BY}',
    ),
)
def reverse(
    case: Case,
    reason: Why,
    order: Annotated[str, typer.Option(metavar="ID", help="The authority, and its reference.")],
    document: Annotated[
        Path, typer.Option(metavar="FILE", help="The order; its digest is signed and kept.")
    ],
    who: Who,
    key: Signed,
    obligation: Annotated[
        list[str] | None,
        typer.Option(metavar="N=AMOUNT", help="What it reaches; all that is final if not given."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to make good what was final of a confirmed party, on an authority's order.

    Nothing final is unwound: each obligation gets an opposite one, which the gate holds while the
    party is frozen.
    """
    import hashlib

    from skontro.flow import case_orders

    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        reached = case_orders.final_of(desk.house, case, who, signer)
        if obligation:
            reached = dict(_amount_of(desk, text) for text in obligation)
        digest = hashlib.sha256(_read(document)).hexdigest()
        desk.tell_act(case_orders.propose_order(
            desk.house, case, reached, order=order, document=digest, reason=reason, maker=who,
            signer=signer,
        ))  # fmt: skip


def _read(file: Path) -> bytes:
    from skontro.core.errors import NoSuchFile

    try:
        return file.read_bytes()
    except OSError:
        raise NoSuchFile(f"{file}: there is no file that can be read") from None


def _amount_of(desk: Desk, text: str) -> tuple[int, int]:
    """Read an obligation and how much of it is made good: 7=1200.00."""
    from skontro.cli.house.desk import minor
    from skontro.core.errors import Rejected

    number, _, amount = text.partition("=")
    if not number.isdigit() or not amount:
        raise Rejected(f"{text!r} is no obligation and amount", code="InvalidOptions",
                       next_step="write it as 7=1200.00")  # fmt: skip
    return int(number), minor(amount, desk.house.obligations.show(int(number))["currency"])


@app.command("report", epilog=examples(
    f"skontro gate cases report 3 --out case-3.json {BY}",
    f"skontro gate cases report --obligation 7 --out held-7.json {BY}",
))  # fmt: skip
def report(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A new file.")],
    who: Who,
    key: Signed,
    case: Annotated[
        int, typer.Argument(metavar="CASE", help="Number of the case.", show_default=False)
    ] = 0,
    obligation: Annotated[
        int, typer.Option(metavar="N", help="An obligation that the gate holds, instead of a case.")
    ] = 0,
    passphrase_file: Locked = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the report to the authority: one signed file with everything in it.

    Of a case; or with --obligation of what is held for its goods, papers, a licence or its
    customs value, which opens no case.
    """
    from skontro.cli.house.statement import write_new
    from skontro.flow.case_reports import report_case, report_obligation

    if bool(case) == bool(obligation):
        raise Rejected("a case or an obligation", code="InvalidOptions",
                       next_step="give the number of a case, or --obligation")  # fmt: skip
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.unlock(house_passphrase_file)
        make, number = (report_case, case) if case else (report_obligation, obligation)
        paper = make(desk.house, number, who, signer)
        write_new(out, paper.as_bytes())
        of = "case" if case else "obligation"
        desk.tell({of: number, "file": str(out)},
                  f"{of} {number}: {out}\ncheck it with: skontro verify {out}")  # fmt: skip


@app.command("exposure", epilog=examples(
    f"skontro gate cases exposure B1 {BY}",
    f"skontro gate cases exposure --cycle 2026-01 {BY}",
))  # fmt: skip
def exposure(
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
    participant: Annotated[
        str, typer.Argument(metavar="PARTICIPANT", help="Id of the firm.", show_default=False)
    ] = "",
    cycle: Annotated[
        str, typer.Option(help="What is held of what is final in this cycle, instead of a firm.")
    ] = "",
) -> None:
    """Show what a firm's alert reaches: what it owes and is owed, what is final, what was paid.

    With --cycle: what the gate no longer releases of what is final, and who is paid for it.
    """
    from skontro.flow import case_reports

    if bool(participant) == bool(cycle):
        raise Rejected("a firm or a cycle", code="InvalidOptions",
                       next_step="give the id of a firm, or --cycle")  # fmt: skip
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        found = (
            case_reports.exposure_of_goods(desk.house, cycle, who, signer) if cycle
            else case_reports.exposure(desk.house, participant, who, signer)
        )  # fmt: skip

        def text() -> str:
            from skontro.cli.house.shown import tree

            return tree(found)

        desk.tell({"exposure": found}, text)
