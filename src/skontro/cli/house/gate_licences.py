# SPDX-License-Identifier: Apache-2.0
"""``skontro gate licences``: what authorities allow, and what is left of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Signed,
    Who,
    examples,
    group,
    money,
)

app = group("Licences that authorities gave, and what is left of them.")
BY = "--as P1 --key keys/p1.pem"
Number = Annotated[str, typer.Argument(metavar="LICENCE", help="Its number at the authority.")]


@app.command(
    "enter",
    epilog=examples(
        "skontro gate licences enter LIC-1 --side A --holder A1 --goods 3004 --countries IN "
        f"--value 250000.00 --currency EUR --from 2026-01-01 --until 2026-12-31 "
        f'--authority "licensing office" {BY}',
    ),
)
def enter(
    number: Number,
    side: Annotated[str, typer.Option(help="On which side it counts.")],
    holder: Annotated[str, typer.Option(metavar="PARTICIPANT", help="To whom it was given.")],
    goods: Annotated[
        str, typer.Option(metavar="CODES", help="First digits of codes, with blanks between.")
    ],
    countries: Annotated[
        str, typer.Option(metavar="CODES", help="Whence or whither, ISO 3166, with blanks between.")
    ],
    value: Annotated[str, typer.Option(metavar="AMOUNT", help="For how much in all.")],
    currency: Annotated[str, typer.Option(metavar="CODE", help="ISO 4217.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day.")],
    valid_until: Annotated[str, typer.Option("--until", metavar="DAY", help="The last day.")],
    authority: Annotated[str, typer.Option(help="Who gave it.")],
    who: Who,
    key: Signed,
    paper: Annotated[str, typer.Option(help="Where its original lies.")] = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to enter a licence, or to change the one of that number."""
    from skontro.core.errors import UnknownCurrency
    from skontro.core.money import exponents, parse_decimal
    from skontro.flow.licences import licence_from

    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        if currency not in exponents():
            raise UnknownCurrency(f"{currency!r} is not a currency of ISO 4217")
        one = licence_from(
            {"id": number, "authority": authority, "side": side, "holder": holder, "goods": goods,
             "countries": countries, "currency": currency, "valid_from": valid_from,
             "valid_until": valid_until}, parse_decimal(value, exponents()[currency]),
        )  # fmt: skip
        desk.tell_act(desk.house.licences.propose(one, who, signer, paper=paper))


@app.command("revoke", epilog=examples(f"skontro gate licences revoke LIC-1 {BY}"))
def revoke(
    number: Number,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to end a licence that its authority took back."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.licences.propose_revocation(number, who, signer))


@app.command("list", epilog=examples(f"skontro gate licences list {BY}"))
def list_licences(
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the licences with what is reserved, used and left of each."""
    with Desk(folder, as_json) as desk:
        desk.house.cases.check_reader(who, desk.signer(key, passphrase_file))
        found = desk.house.licences.table()

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["licence"], one["side"], one["holder"], " ".join(one["goods"]),
                 *(money(one[name], one["currency"])
                   for name in ("value_minor", "reserved_minor", "used_minor", "left_minor")),
                 one["valid_until"], one["state"])
                for one in found
            ]  # fmt: skip
            heads = ("licence", "side", "holder", "goods", "value", "reserved", "used", "left",
                     "until", "state")  # fmt: skip
            return table_text(heads, rows, right=("value", "reserved", "used", "left"),
                              none="no licence: what needs one is held")  # fmt: skip

        desk.tell({"licences": found}, text)


@app.command("show", epilog=examples(f"skontro gate licences show LIC-1 {BY}"))
def show(
    number: Number,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show a licence: who gave it, its versions, and what obligations took of it."""
    with Desk(folder, as_json) as desk:
        found = desk.house.licences.show(number, who, desk.signer(key, passphrase_file))
        desk.tell({"licence": found}, lambda: _text(found))


def _text(found: dict[str, Any]) -> str:
    from skontro.cli.house.shown import at, figures, table_text

    said = found["said"] or {}
    parts = [figures({
        "licence": f"{found['licence']}, {found['state']}",
        "given by": "; ".join(filter(None, [said.get("authority", ""), said.get("paper", "")])),
        "to": f"{found['holder']} of side {found['side']}",
        "for": f"{' '.join(found['goods'])}; {' '.join(found['countries'])}",
        "value": money(found["value_minor"], found["currency"]),
        "left": money(found["left_minor"], found["currency"]),
    })]  # fmt: skip
    rows = [(at(one["at"]), one["obligation"], one["kind"].replace("_", " "),
             money(one["value_minor"], found["currency"]), one["cycle"] or "")
            for one in found["entries"]]  # fmt: skip
    heads = ("when", "obligation", "what", "value", "cycle")
    parts.append(table_text(heads, rows, right=("obligation", "value"),
                            none="nothing was taken of it"))  # fmt: skip
    return "\n\n".join(parts)
