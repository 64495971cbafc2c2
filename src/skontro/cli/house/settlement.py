# SPDX-License-Identifier: Apache-2.0
"""``skontro settlement``: the money of a cycle."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

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


class Fund(enum.StrEnum):
    """What money is that was left with a side."""

    WORKING = "working"
    POOL = "pool"
    REVALUATION = "revaluation"
    CHARGES = "charges"
    CAPITAL = "capital"


Cycle = Annotated[str, typer.Argument(metavar="CYCLE", help="Id of the cycle, such as 2026-01.")]
Side = Annotated[
    str, typer.Argument(metavar="SIDE", help="Whose account; hub: that of the union.")
]
Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="In which currency.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Exact, such as 50000.00.")]
BankReference = Annotated[
    str,
    typer.Option(metavar="ID", help="The bank's id of it; saying the same again is harmless."),
]
PayOut = Annotated[int, typer.Argument(metavar="PAYMENT", help="Number of the payment.")]
BorderPayment = Annotated[
    int, typer.Argument(metavar="PAYMENT", help="Number of the border payment.")
]
ValueDay = Annotated[str | None, typer.Option(metavar="DAY", help="Value date; else today.")]
Purpose = Annotated[
    Fund,
    typer.Option(
        help="working: a sponsor's balance; pool: of a side; revaluation: what fixings cost or "
        "brought a side; capital: of the hub."
    ),
]
HUB = "hub"
BY = "--as P1 --key keys/p1.pem"


def _side(text: str) -> str:
    """Return a side as the flows have it: that of the hub is empty."""
    return "" if text == HUB else text


def _name(side: str) -> str:
    return side or HUB


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
            _side(side), currency, minor(amount, currency), bank_reference=bank_reference,
            reference=reference, payer=payer, payer_account=payer_account,
            value_day=None if value_day is None else day(value_day),
        )  # fmt: skip
        matched = money(found["matched_minor"], currency)
        over = minor(amount, currency) - found["matched_minor"]
        waits = f"; {money(over, currency)} waits in suspense" if over else ""
        desk.tell(found, f"line {found['line']}, {found['state']}: {matched} matched{waits}")


@app.command("missed", epilog=examples("skontro settlement missed 2026-01"))
def missed(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Do what the rules say about pay-ins that have not come: wait, or let pools cover them.

    It says as well whether two people are to recast the rest. Set-off is untouched by all of it.
    """
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("looking after what is missing"):
            found = desk.house.settlement.missed(cycle, person=person)
        covered = f"pools cover {len(found['covered'])} pay-ins" if found["covered"] else ""
        step = "recast" if found["recast"] else "plan"
        signed = " --as PERSON --key FILE" if found["recast"] else ""
        follows = f"next: skontro settlement {step} {cycle}{signed}{desk.again()}"
        desk.tell({"cycle": cycle} | found, "\n".join(filter(None, (covered, follows))))


@app.command("recast", epilog=examples(f"skontro settlement recast 2026-01 {BY}"))
def recast(
    cycle: Cycle,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Run again with the money that came and propose that money goes by it.

    No call is raised, and set-off stays. The act names the digest of the result: what the second
    person approves is exactly what is settled.
    """
    with Desk(folder, as_json, progress=progress) as desk:
        signer = desk.signer(key, passphrase_file)
        with desk.working("recasting"):
            number = desk.house.settlement.propose_recast(cycle, who, signer)
        desk.tell_act(number)


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
                (_name(one["debtor"]), _name(one["creditor"]),
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
    """Discharge what the money discharges, and make payments ready against cover."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("settling"):
            found = desk.house.settlement.settle(cycle, person=person)
        again = desk.again()
        waits = f"\nwhat waits, and why: skontro settlement board {cycle}{again}"
        desk.tell(
            {"cycle": cycle} | found,
            f"cycle {cycle} is settled: payments ready: {found['ready']:,}, waiting: "
            f"{found['waiting']:,}" + (waits if found["waiting"] else "")
            + f"\nnext, on each side: skontro settlement release SIDE CURRENCY --cycle {cycle} "
            f"--as PERSON --key FILE{again}",
        )  # fmt: skip


@app.command("board", epilog=examples("skontro settlement board 2026-01"))
def board(cycle: Cycle, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show how the settlement of a cycle stands: what came, what leaves, what waits and why."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.board(cycle)
        desk.tell(found, lambda: _board_text(found, desk.house.unit))


def _board_text(found: Mapping[str, Any], unit: str) -> str:
    from skontro.cli.house.shown import at, table_text
    from skontro.messages.report_text import grouped

    heads = ("side", "in", "called", "came", "covered", "missing", "cover", "ready", "released",
             "paid", "waiting")  # fmt: skip
    rows = []
    for one in found["sides"]:
        ins, outs, code = one["pay_ins"], one["pay_outs"], one["currency"]
        amounts = (
            ins["due_minor"], ins["arrived_minor"], ins["covered_minor"], ins["missing_minor"],
            one["account"]["cover_minor"], outs["ready_minor"], outs["released_minor"],
            outs["paid_minor"], outs["waiting_minor"],
        )  # fmt: skip
        rows.append((_name(one["side"]), code, *(grouped(minor, code) for minor in amounts)))
    waiting = [
        (one["participant"], _name(side["side"]),
         money(one["amount_minor"], side["currency"]), one["says"])
        for side in found["sides"] for one in side["pay_outs"]["waiting"]
    ]  # fmt: skip
    hard = [
        (one["id"], _name(one["debtor_side"]), _name(one["creditor_side"]),
         money(one["debtor_minor"], one["debtor_currency"]),
         money(one["creditor_minor"], one["creditor_currency"]), one["state"], one["reference"])
        for one in found["border"]["hard"]
    ]  # fmt: skip
    parts = [f"cycle {found['cycle']} is {found['state']}; pay-ins by {at(found['deadline'])}",
             table_text(heads, rows, right=heads[2:])]  # fmt: skip
    if waiting:
        parts.append(table_text(("waits", "side", "amount", "why"), waiting, right=("amount",)))
    if hard:
        parts.append(table_text(
            ("border payment", "from", "to", "leaves", "arrives", "state", "reference"), hard
        ))
    parts.append(_positions_text(found["border"]["positions"], unit))
    return "\n\n".join(parts)


def _positions_text(positions: Sequence[Mapping[str, Any]], unit: str) -> str:
    from skontro.cli.house.shown import table_text

    rows = []
    for one in positions:
        minor = one["position_minor"]
        pair = (_name(one["side"]), _name(one["other_side"]))
        debtor, creditor = pair if minor >= 0 else pair[::-1]
        quota = one["quota_owing_minor"] if minor >= 0 else one["quota_owed_minor"]
        alarm = "STRUCTURAL" if one["alarm"] else ""
        rows.append((debtor, creditor, money(abs(minor), unit),
                     "no limit" if quota is None else money(quota, unit),
                     "" if one["share"] is None else _percent(one["share"]), alarm))  # fmt: skip
    heads = ("owes", "to", "position", "quota", "of quota", "alarm")
    return table_text(heads, rows, right=heads[2:5], none="no border has a quota")


def _percent(share: str) -> str:
    from fractions import Fraction

    hundredths = round(Fraction(share) * 10000)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


@app.command("border", epilog=examples("skontro settlement border"))
def border(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what the sides owe each other, against quotas, and how one-sided trade has become."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.border()

        def text() -> str:
            share = found["compensable"]
            parts = [_positions_text(found["positions"], desk.house.unit)]
            if share is not None:
                parts.append(f"of the trade between sides, {_percent(share)} could ever be set "
                             "off against other such trade")  # fmt: skip
            return "\n".join(parts)

        desk.tell(found, text)


@app.command("funds", epilog=examples("skontro settlement funds"))
def funds(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show working balances, pools and capital: what came, what is drawn, what may be."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.funds()

        def text() -> str:
            from skontro.cli.house.shown import table_text
            from skontro.messages.report_text import grouped

            names = ("limit", "there", "drawn", "drawable", "pool")
            rows = [
                (_name(one["side"]), one["currency"], one["agreement"],
                 *(grouped(one[f"{name}_minor"] or 0, one["currency"]) for name in names))
                for one in found
            ]  # fmt: skip
            heads = ("side", "in", "agreement", "limit", "there", "drawn", "may be drawn", "pool")
            return table_text(heads, rows, right=heads[3:], none="no money came to any side yet")

        desk.tell({"funds": found}, text)


# ---- what leaves -------------------------------------------------------------------------------


@app.command("release", epilog=examples(f"skontro settlement release A EUR --cycle 2026-01 {BY}"))
def release(
    side: Side,
    currency: Currency,
    who: Who,
    key: Signed,
    cycle: Annotated[
        str | None, typer.Option(help="Of this cycle alone; else whatever is ready.")
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let the payments that are ready on an account leave, as one file."""
    with Desk(folder, as_json) as desk:
        number = desk.house.settlement.propose_release(
            cycle, _side(side), currency, who, desk.signer(key, passphrase_file)
        )
        desk.tell_act(number)


@app.command("sent", epilog=examples("skontro settlement sent A EUR 1 --bank-reference S1-0002"))
def sent(
    side: Side,
    currency: Currency,
    pay_out: PayOut,
    bank_reference: BankReference,
    amount: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="What left, if the bank paid another amount."),
    ] = None,
    value_day: ValueDay = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that the bank paid a payment."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.sent(
            _side(side), currency, pay_out, bank_reference=bank_reference,
            amount_minor=None if amount is None else minor(amount, currency),
            value_day=None if value_day is None else day(value_day),
        )  # fmt: skip
        text = f"payment {pay_out} is paid"
        if found["less_minor"]:
            text += f", {money(found['less_minor'], currency)} too little: that is still owed"
        if found["more_minor"]:
            text += (
                f", {money(found['more_minor'], currency)} too much: that is missing in suspense "
                f"until it comes back\nnext: skontro settlement receive, then: skontro settlement "
                f"assign LINE --missing LINE{desk.again()}"
            )
        desk.tell({"pay_out": pay_out, "state": "paid"} | found, text)


@app.command(
    "returned", epilog=examples("skontro settlement returned A EUR 1 --bank-reference S1-0003")
)
def returned(
    side: Side,
    currency: Currency,
    pay_out: PayOut,
    bank_reference: BankReference,
    value_day: ValueDay = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that a bank gave a payment back: it is due again."""
    with Desk(folder, as_json) as desk:
        desk.house.settlement.returned(
            _side(side), currency, pay_out, bank_reference=bank_reference,
            value_day=None if value_day is None else day(value_day),
        )  # fmt: skip
        desk.tell({"pay_out": pay_out, "state": "returned"},
                  f"payment {pay_out} came back: it is due again")  # fmt: skip


@app.command(
    "border-sent", epilog=examples("skontro settlement border-sent 1 --bank-reference S1-0004")
)
def border_sent(
    payment: BorderPayment,
    bank_reference: BankReference,
    amount: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="What left, if the bank paid another amount."),
    ] = None,
    currency: Annotated[
        str, typer.Option(metavar="CODE", help="Currency of the amount; needed with it.")
    ] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that the debtor side's bank paid hard border money, or money to be exchanged."""
    if (amount is None) is not (currency == ""):
        raise typer.BadParameter("an amount and its currency are given together, or neither")
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.border_sent(
            payment, bank_reference=bank_reference, currency=currency,
            amount_minor=None if amount is None else minor(amount, currency),
        )  # fmt: skip
        text = f"border payment {payment} left"
        if found["less_minor"]:
            text += f", {money(found['less_minor'], currency)} too little: ask the bank for it"
        if found["more_minor"]:
            text += (
                f", {money(found['more_minor'], currency)} too much: that is missing in suspense "
                f"until it comes back\nnext: skontro settlement receive, then: skontro settlement "
                f"assign LINE --missing LINE{desk.again()}"
            )
        desk.tell({"border_payment": payment, "state": "sent"} | found, text)


@app.command(
    "border-arrived",
    epilog=examples(
        "skontro settlement border-arrived 1 1350000.00 INR --bank-reference S2-0002"
    ),
)
def border_arrived(
    payment: BorderPayment,
    amount: Amount,
    currency: Currency,
    bank_reference: BankReference,
    payer: Annotated[
        str, typer.Option(metavar="NAME", help="Who paid; what is over goes back to them.")
    ] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that hard border money, or money exchanged, came to the creditor side's account."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.border_arrived(
            payment, minor(amount, currency), bank_reference=bank_reference, payer=payer
        )
        matched = money(found["matched_minor"], currency)
        desk.tell(found, f"line {found['line']}, {found['state']}: {matched} matched")


@app.command(
    "border-returned",
    epilog=examples("skontro settlement border-returned 1 --bank-reference S1-0007"),
)
def border_returned(
    payment: BorderPayment,
    bank_reference: BankReference,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that a bank gave hard border money back: it is due again, under a new reference."""
    with Desk(folder, as_json) as desk:
        desk.house.settlement.border_returned(payment, bank_reference=bank_reference)
        desk.tell(
            {"border_payment": payment, "state": "returned"},
            f"border payment {payment} came back\nnext: skontro settlement release SIDE CURRENCY "
            f"--as PERSON --key FILE{desk.again()}",
        )


# ---- suspense ----------------------------------------------------------------------------------


@app.command("suspense", epilog=examples("skontro settlement suspense"))
def suspense(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show money that is nobody's yet, oldest first; below nought: what is missing."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.suspense()

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["id"], _name(one["side"]), money(one["open_minor"], one["currency"]),
                 one["reference"], (one["payer_said"] or "").strip().replace("\n", ", "),
                 one["value_day"])
                for one in found
            ]  # fmt: skip
            heads = ("line", "side", "amount", "reference", "payer", "value day")
            return table_text(heads, rows, right=("line", "amount"), none="nothing is in suspense")

        desk.tell({"lines": found}, text)


@app.command(
    "assign",
    epilog=examples(
        f"skontro settlement assign 4 --to 1 {BY}", f"skontro settlement assign 4 --return {BY}",
        f"skontro settlement assign 4 --missing 3 {BY}",
        f"skontro settlement assign 5 --charge {BY}",
        f"skontro settlement assign 6 --back-of-border 2 {BY}",
    ),
)
def assign(
    line: Annotated[int, typer.Argument(metavar="LINE", help="Number of the line.")],
    who: Who,
    key: Signed,
    to: Annotated[
        int | None, typer.Option("--to", metavar="PAY_IN", help="The pay-in it is for.")
    ] = None,
    give_back: Annotated[
        bool, typer.Option("--return", help="It goes back to whoever paid it.")
    ] = False,
    missing: Annotated[
        int | None,
        typer.Option(metavar="LINE", help="It is what came back of a payment too large."),
    ] = None,
    charge: Annotated[
        bool, typer.Option("--charge", help="It is what the bank charged.")
    ] = False,
    difference: Annotated[
        bool, typer.Option("--difference", help="It is written off, as the rules let.")
    ] = False,
    back_of_border: Annotated[
        int | None,
        typer.Option(metavar="PAYMENT", help="It came back of a border payment, a part missing."),
    ] = None,
    back_of_pay_out: Annotated[
        int | None,
        typer.Option(metavar="PAY_OUT", help="It came back of a pay-out, a part missing."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose whose money in suspense is, or that it goes back."""
    backs = {"border_payment": back_of_border, "pay_out": back_of_pay_out}
    back_of = next(((what, number) for what, number in backs.items() if number is not None), None)
    if [give_back, to is not None, missing is not None, charge, difference,
        *(number is not None for number in backs.values())].count(True) != 1:  # fmt: skip
        raise typer.BadParameter("choose one: --to PAY_IN, --return, --missing LINE, --charge, "
                                 "--difference, --back-of-border or --back-of-pay-out")
    as_what = "charge" if charge else "difference" if difference else ""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.settlement.propose_assignment(
            line, who, signer, to=to, missing=missing, as_what=as_what, back_of=back_of
        ))


# ---- what sponsors leave with a side -----------------------------------------------------------


@app.command(
    "fund",
    epilog=examples(
        "skontro settlement fund B INR 1350000.00 --bank-reference S2-0001 "
        '--payer "Banyan Development Bank"'
    ),
)
def fund(
    side: Side,
    currency: Currency,
    amount: Amount,
    bank_reference: BankReference,
    purpose: Purpose = Fund.WORKING,
    payer: Annotated[
        str, typer.Option(metavar="NAME", help="Who paid it; it goes back to them.")
    ] = "",
    payer_account: Annotated[
        str, typer.Option(metavar="ACCOUNT", help="From which account: it goes back there.")
    ] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that a sponsor's working balance came to a side's account, or money of a pool."""
    with Desk(folder, as_json) as desk:
        amount_minor = minor(amount, currency)
        desk.house.settlement.fund(
            _side(side), currency, amount_minor, bank_reference=bank_reference,
            purpose=purpose.value, payer=payer, payer_account=payer_account,
        )  # fmt: skip
        desk.tell(
            {"side": _side(side), "currency": currency, "amount_minor": amount_minor,
             "purpose": purpose.value},
            f"{purpose.value} money of side {side}: {money(amount_minor, currency)} came",
        )  # fmt: skip


@app.command(
    "working-balance",
    epilog=examples(
        "skontro settlement working-balance A EUR 15000.00 --sponsor "
        f'"Alder Bank" --agreement WB-2 {BY}'
    ),
)
def working_balance(
    side: Side,
    currency: Currency,
    amount: Amount,
    sponsor: Annotated[str, typer.Option(metavar="NAME", help="Who leaves it with the side.")],
    agreement: Annotated[str, typer.Option(metavar="ID", help="Under which agreement.")],
    who: Who,
    key: Signed,
    account: Annotated[
        str, typer.Option(metavar="ACCOUNT", help="Where the sponsor is paid back.")
    ] = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose how much of a working balance may be drawn, under which agreement with whom."""
    with Desk(folder, as_json) as desk:
        number = desk.house.settlement.propose_working_balance(
            _side(side), currency, minor(amount, currency), who,
            desk.signer(key, passphrase_file), sponsor=sponsor, agreement=agreement,
            account=account,
        )  # fmt: skip
        desk.tell_act(number)


@app.command(
    "withdraw",
    epilog=examples(
        "skontro settlement withdraw B INR 350000.00",
        'skontro settlement withdraw B INR 900.00 --purpose revaluation --payee "Alder Bank"',
    ),
)
def withdraw(
    side: Side,
    currency: Currency,
    amount: Amount,
    purpose: Purpose = Fund.WORKING,
    participant: Annotated[
        str | None, typer.Option(help="Who takes it out of a pool.")
    ] = None,
    payee: Annotated[
        str, typer.Option(metavar="NAME", help="Who bears a revaluation and is paid.")
    ] = "",
    payee_account: Annotated[
        str, typer.Option(metavar="ACCOUNT", help="On which account they are paid.")
    ] = "",
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Make ready that money left with a side is taken out; two people then release it."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        number = desk.house.settlement.withdraw(
            _side(side), currency, minor(amount, currency), purpose=purpose.value,
            firm=participant, payee=payee, payee_account=payee_account, person=person,
        )  # fmt: skip
        desk.tell(
            {"pay_out": number, "state": "ready"},
            f"payment {number} is ready\nnext: skontro settlement release {side} {currency} "
            f"--as PERSON --key FILE{desk.again()}",
        )


@app.command(
    "exchange", epilog=examples("skontro settlement exchange A EUR 88.00 --for USD 100.00")
)
def exchange(
    side: Side,
    currency: Currency,
    amount: Amount,
    bought: Annotated[
        tuple[str, str],
        typer.Option("--for", metavar="CURRENCY AMOUNT", help="What is to come for it."),
    ],
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Make ready that a side exchanges border money between its accounts."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        number = desk.house.settlement.exchange(
            _side(side), (currency, minor(amount, currency)),
            (bought[0], minor(bought[1], bought[0])), person=person,
        )  # fmt: skip
        desk.tell(
            {"border_payment": number, "state": "ready"},
            f"border payment {number} is ready\nnext: skontro settlement release {side} "
            f"{currency} --as PERSON --key FILE{desk.again()}",
        )


@app.command("exchanges", epilog=examples("skontro settlement exchanges"))
def exchanges(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what sides exchange between their accounts, oldest first."""
    with Desk(folder, as_json) as desk:
        found = desk.house.settlement.exchanges()

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["id"], _name(one["debtor_side"]),
                 money(one["debtor_minor"], one["debtor_currency"]),
                 money(one["creditor_minor"], one["creditor_currency"]),
                 money(one["sent_minor"], one["debtor_currency"]),
                 money(one["arrived_minor"], one["creditor_currency"]), one["state"],
                 one["reference"])
                for one in found
            ]  # fmt: skip
            heads = ("border payment", "side", "leaves", "is to come", "left", "came", "state",
                     "reference")  # fmt: skip
            return table_text(heads, rows, right=heads[2:6], none="no side exchanges anything")

        desk.tell({"exchanges": found}, text)


@app.command(
    "stop",
    epilog=examples("skontro settlement stop 7", "skontro settlement stop 2 --exchange"),
)
def stop(
    payment: PayOut,
    is_exchange: Annotated[bool, typer.Option("--exchange", help="It is an exchange.")] = False,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take back a withdrawal, or an exchange, that two people have not let go."""
    with Desk(folder, as_json) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        desk.house.settlement.stop(payment, exchange=is_exchange, person=person)
        desk.tell({"payment": payment, "exchange": is_exchange, "state": "stopped"},
                  f"payment {payment} is stopped")  # fmt: skip
