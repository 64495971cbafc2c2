# SPDX-License-Identifier: Apache-2.0
"""``skontro settlement``: the money of a cycle."""

from __future__ import annotations

from typing import Annotated

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
    minor,
    money,
)

app = group("The money: call pay-ins, take them in, place them, let pay-outs go.")

Cycle = Annotated[str, typer.Argument(metavar="CYCLE", help="Id of the cycle, such as 2026-01.")]
Side = Annotated[str, typer.Argument(metavar="SIDE", help="Whose account.")]
Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="In which currency.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Exact, such as 50000.00.")]
BankReference = Annotated[
    str,
    typer.Option(metavar="ID", help="The bank's id of it; saying the same again is harmless."),
]
ValueDay = Annotated[str | None, typer.Option(metavar="DAY", help="Value date; else today.")]
BY = "--as P1 --key keys/p1.pem"


@app.command("instruct", epilog=examples("skontro settlement instruct 2026-01"))
def instruct(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Call the pay-ins: one per net debtor, on its own side, in its own currency."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        called = desk.house.settlement.instruct(cycle, person=person)

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            heads = ("pay-in", "participant", "amount", "reference", "by")
            rows = [
                (one["pay_in"], one["participant"], money(one["due_minor"], one["currency"]),
                 one["reference"], at(one["deadline"]))
                for one in called
            ]  # fmt: skip
            return table_text(heads, rows, right=("pay-in", "amount"), none="nothing is to be paid")

        desk.tell({"cycle": cycle, "pay_ins": called}, text)


@app.command(
    "receive",
    epilog=examples(
        "skontro settlement receive A EUR 50000.00 --bank-reference S1-0001 "
        '--reference RF18000010000001 --payer "Alder Pharma"'
    ),
)
def receive(
    side: Side,
    currency: Currency,
    amount: Amount,
    bank_reference: BankReference,
    reference: Annotated[str, typer.Option(metavar="TEXT", help="What the payer wrote.")],
    payer: Annotated[str, typer.Option(metavar="NAME", help="Who paid, by the bank's word.")],
    payer_account: Annotated[
        str, typer.Option(metavar="NUMBER", help="From which account, if the bank says.")
    ] = "",
    value_day: ValueDay = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take in money that came; what cannot be matched to a pay-in waits in suspense."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.receive(
            side, currency, minor(amount, currency), bank_reference=bank_reference,
            reference=reference, payer=payer, payer_account=payer_account,
            value_day=None if value_day is None else day(value_day),
        )  # fmt: skip
        matched = money(found["matched_minor"], currency)
        over = minor(amount, currency) - found["matched_minor"]
        waits = f"; {money(over, currency)} waits in suspense" if over else ""
        desk.tell(found, f"{found['state']}: {matched} matched to a pay-in{waits}")


@app.command("recast", epilog=examples("skontro settlement recast 2026-01"))
def recast(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Run again with the money that came: no call is raised, set-off stays."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("recasting"):
            found = desk.house.settlement.recast(cycle, person=person)
        settled = money(int(found["settled_minor"]), desk.house.unit)
        desk.tell(
            {"cycle": cycle, "summary": found},
            f"cycle {cycle} is recast: {settled} of it is settled with what came",
        )


@app.command("plan", epilog=examples("skontro settlement plan 2026-01"))
def plan(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Place the money that came, and say what each side then owes the others."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        found = desk.house.settlement.plan(cycle, person=person)

        def text() -> str:
            from skontro.cli.house.shown import table_text

            unit = desk.house.unit
            rows = [
                (one["debtor"] or "the others", one["creditor"] or "the others",
                 money(one["flow_minor"], unit), money(one["position_minor"], unit))
                for one in found["border"]
            ]  # fmt: skip
            heads = ("owes", "to", "this cycle", "in all")
            return f"cycle {cycle} is planned\n" + table_text(
                heads, rows, right=heads[2:], none="nothing crosses a border"
            )

        desk.tell({"cycle": cycle} | found, text)


@app.command("settle", epilog=examples("skontro settlement settle 2026-01"))
def settle(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Discharge what the money discharges, and make the pay-outs ready."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("settling"):
            found = desk.house.settlement.settle(cycle, person=person)
        held = f"; the gate holds {found['waiting']} pay-outs" if found["waiting"] else ""
        desk.tell(
            {"cycle": cycle} | found,
            f"cycle {cycle} is settled{held}\n"
            f"next: skontro settlement release {cycle} SIDE CURRENCY --as PERSON --key FILE"
            f"{desk.again()}",
        )


@app.command("release", epilog=examples(f"skontro settlement release 2026-01 A EUR {BY}"))
def release(
    cycle: Cycle,
    side: Side,
    currency: Currency,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let the pay-outs of a side and currency leave, as one file."""
    with Desk(folder, as_json) as desk:
        number = desk.house.settlement.propose_release(
            cycle, side, currency, who, desk.signer(key, passphrase_file)
        )
        desk.tell_act(number)


@app.command(
    "sent", epilog=examples("skontro settlement sent A EUR 1 --bank-reference S1-0002")
)
def sent(
    side: Side,
    currency: Currency,
    pay_out: Annotated[int, typer.Argument(metavar="PAY_OUT", help="Number of the pay-out.")],
    bank_reference: BankReference,
    value_day: ValueDay = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that the bank paid a pay-out."""
    with Desk(folder, as_json) as desk:
        desk.house.settlement.sent(
            side, currency, pay_out, bank_reference=bank_reference,
            value_day=None if value_day is None else day(value_day),
        )  # fmt: skip
        desk.tell({"pay_out": pay_out, "state": "paid"}, f"pay-out {pay_out} is paid")


@app.command(
    "fund",
    epilog=examples("skontro settlement fund B INR 1350000.00 --bank-reference S2-0001"),
)
def fund(
    side: Side,
    currency: Currency,
    amount: Amount,
    bank_reference: BankReference,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that a sponsor's working balance came to a side's account."""
    with Desk(folder, as_json) as desk:
        amount_minor = minor(amount, currency)
        desk.house.settlement.fund(side, currency, amount_minor, bank_reference=bank_reference)
        desk.tell(
            {"side": side, "currency": currency, "amount_minor": amount_minor},
            f"working balance of side {side}: {money(amount_minor, currency)} came",
        )
