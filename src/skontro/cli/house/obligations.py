# SPDX-License-Identifier: Apache-2.0
"""``skontro obligations``: what is owed, said by either party."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skontro.cli.house.desk import HERE, AsJson, Desk, Folder, day, examples, group, minor, money

app = group("What is owed: register, confirm, dispute, take back.")

Number = Annotated[int, typer.Argument(metavar="OBLIGATION", help="Number of the obligation.")]
Party = Annotated[str, typer.Option("--by", metavar="PARTICIPANT", help="Which party says so.")]
Request = Annotated[
    str | None,
    typer.Option(metavar="ID", help="An id of one's own: saying it again under it is harmless."),
]


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
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take in what one party says of one obligation; the other confirms it, or says the same."""
    from skontro.flow.obligations import Registration

    said = Registration(
        sender=sender, reference=reference, debtor=debtor, creditor=creditor,
        amount_minor=minor(amount, currency), currency=currency, due_date=due and day(due),
        document=document, document_date=document_date and day(document_date),
    )  # fmt: skip
    with Desk(folder, as_json) as desk:
        number, state = desk.house.obligations.register(said)
        _tell_state(desk, number, state)


def _tell_state(desk: Desk, number: int, state: str) -> None:
    from skontro.house.states import OBLIGATION_STATES

    desk.tell(
        {"obligation": number, "state": state},
        f"obligation {number} is {state}: {OBLIGATION_STATES[state]}",
    )


@app.command("confirm", epilog=examples("skontro obligations confirm 1 --by A1"))
def confirm(
    number: Number, by: Party, request: Request = None, folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say yes to what the other party registered."""
    with Desk(folder, as_json) as desk:
        _tell_state(desk, number, desk.house.obligations.confirm(number, by, request=request))


@app.command(
    "dispute", epilog=examples('skontro obligations dispute 1 --by A1 --reason "not delivered"')
)
def dispute(
    number: Number,
    by: Party,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    evidence: Annotated[str, typer.Option(metavar="TEXT", help="What shows it.")] = "",
    request: Request = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say no, with a reason, before the cut-off."""
    with Desk(folder, as_json) as desk:
        state = desk.house.obligations.dispute(
            number, by, reason, evidence=evidence, request=request
        )
        _tell_state(desk, number, state)


@app.command("withdraw", epilog=examples("skontro obligations withdraw 1 --by B1"))
def withdraw(
    number: Number, by: Party, request: Request = None, folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take back before the cut-off: the creditor, or whoever alone registered it."""
    with Desk(folder, as_json) as desk:
        _tell_state(desk, number, desk.house.obligations.withdraw(number, by, request=request))


@app.command("show", epilog=examples("skontro obligations show 1"))
def show(number: Number, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show an obligation as it stands."""
    with Desk(folder, as_json) as desk:
        found = desk.house.obligations.show(number)
        desk.tell({"obligation": found}, lambda: _text(found))


def _text(found: dict[str, Any]) -> str:
    from skontro.cli.house.shown import at, figures
    from skontro.flow.times import day_text

    currency = found["currency"]
    due, dated = found["due_day"], found["document_day"]
    return figures({
        "obligation": found["number"], "state": found["state"], "debtor": found["debtor"],
        "creditor": found["creditor"], "amount": money(found["amount_minor"], currency),
        "open": money(found["open_minor"], currency),
        "due": None if due is None else day_text(due), "document": found["document"],
        "dated": None if dated is None else day_text(dated),
        "registered": at(found["registered_at"]), "confirmed": at(found["confirmed_at"]),
        "content": found["content_digest"],
    })  # fmt: skip
