# SPDX-License-Identifier: Apache-2.0
"""``skontro participants``: the firms of the house, and what two people change about them."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    instant,
    minor,
)

if TYPE_CHECKING:
    from skontro.house.firms import Agreement

app = group("The firms: admit, change, suspend, let go; their accounts and limits.")

Firm = Annotated[str, typer.Argument(metavar="PARTICIPANT", help="Id of the firm.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why: a sentence without names.")]
BY = "--as P1 --key keys/p1.pem"


@app.command("admit", epilog=examples(f"skontro participants admit firms.csv {BY}"))
def admit(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Firms: TOML with a [[firm]] for each, or CSV, Parquet, XLSX. See: skontro "
            "participants example",
        ),
    ],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to admit firms, all of them by one act."""
    from skontro.messages.house_files import read_firms

    firms = [firm for path in files for firm in read_firms(path)]
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.participants.propose_admission(firms, who, signer))


@app.command("example", epilog=examples("skontro participants example > firms.toml"))
def example() -> None:
    """Print an example of a file of firms."""
    from skontro.cli.outcome import write_out
    from skontro.messages.house_files import EXAMPLE_FIRMS

    write_out(EXAMPLE_FIRMS)


@app.command("list", epilog=examples("skontro participants list"))
def list_firms(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every firm, those that left too."""
    with Desk(folder, as_json) as desk:
        names = ("number", "id", "name", "side", "home_currency", "accepts_conversion", "state",
                 "since")  # fmt: skip
        firms = [{name: one[name] for name in names} for one in desk.house.participants.firms()]

        def text() -> str:
            from skontro.cli.house.shown import table_text

            heads = ("id", "name", "side", "currency", "conversion", "state", "since")
            rows = [
                (one["id"], one["name"], one["side"], one["home_currency"],
                 "accepted" if one["accepts_conversion"] else "refused", one["state"],
                 one["since"][:10])
                for one in firms
            ]  # fmt: skip
            return table_text(heads, rows, none="no firm is admitted yet")

        desk.tell({"participants": firms}, text)


@app.command("show", epilog=examples("skontro participants show A1"))
def show(firm: Firm, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what the house knows of a firm, names and accounts included."""
    with Desk(folder, as_json) as desk:
        found = desk.house.participants.show(firm)

        def text() -> str:
            from skontro.cli.house.shown import tree

            return tree(found)

        desk.tell({"participant": found}, text)


@app.command(
    "change",
    epilog=examples(
        f'skontro participants change A1 --name "Alder Pharma NV" {BY}',
        f"skontro participants change A1 --refuses-conversion {BY}",
        f"skontro participants change A1 --language de --number-format point-comma {BY}",
    ),
)
def change(
    firm: Firm,
    who: Who,
    key: Signed,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    address: Annotated[str | None, typer.Option(help="A new address.")] = None,
    owner: Annotated[
        list[str] | None, typer.Option(help="A new owner, such as 'Ada Alder 60 %'; all of them.")
    ] = None,
    lei: Annotated[str | None, typer.Option(help="A new legal entity identifier.")] = None,
    tax_number: Annotated[str | None, typer.Option(help="A new tax number.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="SCHEME:ID", help="Where it receives e-invoices from now on."),
    ] = None,
    home_currency: Annotated[
        str | None, typer.Option(metavar="CURRENCY", help="What it is paid in from now on.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of its papers from now on: en, de, fr, el, ru or ar.")
    ] = None,
    number_format: Annotated[
        str | None,
        typer.Option(help="Of its papers: comma-point, point-comma, space-comma, "
                     "apostrophe-point, indian or arabic; empty for the language's own."),
    ] = None,
    conversion: Annotated[
        bool | None,
        typer.Option("--accepts-conversion/--refuses-conversion", help="Whether it accepts "
                     "the fixing from now on."),
    ] = None,
    agreement: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A new set-off agreement: TOML with id, version, law, "
                     "opinion, signatories and from."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to change what the house knows of a firm."""
    texts = {"name": name, "address": address, "lei": lei, "tax_number": tax_number,
             "endpoint": endpoint}  # fmt: skip
    records: dict[str, Any] = {what: text for what, text in texts.items() if text is not None}
    if owner:
        from skontro.house.firms import said_owner

        records["owners"] = [said_owner(one) for one in owner]
    others = (agreement, conversion, home_currency, language, number_format)
    if not records and all(one is None for one in others):
        raise typer.BadParameter("say what is to change; see: skontro participants change --help")
    signed = None if agreement is None else _agreement(agreement)
    with Desk(folder, as_json) as desk:
        number = desk.house.participants.propose_change(
            firm, who, desk.signer(key, passphrase_file), records=records, signed=signed,
            accepts_conversion=conversion, home_currency=home_currency, language=language,
            number_format=number_format,
        )  # fmt: skip
        desk.tell_act(number)


def _agreement(path: Path) -> Agreement:
    from skontro.messages.house_files import read_agreement

    return read_agreement(path)


@app.command(
    "suspend", epilog=examples(f'skontro participants suspend A1 --reason "late twice" {BY}')
)
def suspend(
    firm: Firm,
    reason: Why,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to suspend a firm: nothing of it enters a cycle."""
    _propose_state(Desk(folder, as_json), firm, "suspended", reason, who, key, passphrase_file)


@app.command(
    "resume", epilog=examples(f'skontro participants resume A1 --reason "it has paid" {BY}')
)
def resume(
    firm: Firm,
    reason: Why,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to end a firm's suspension; the gate judges it anew."""
    _propose_state(Desk(folder, as_json), firm, "admitted", reason, who, key, passphrase_file)


@app.command("leave", epilog=examples(f'skontro participants leave A1 --reason "its wish" {BY}'))
def leave(
    firm: Firm,
    reason: Why,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let a firm leave."""
    _propose_state(Desk(folder, as_json), firm, "left", reason, who, key, passphrase_file)


def _propose_state(
    desk: Desk, firm: str, state: str, reason: str, who: str, key: Path, locked: Path | None
) -> None:
    with desk:
        signer = desk.signer(key, locked)
        desk.tell_act(desk.house.participants.propose_state(firm, state, reason, who, signer))


@app.command(
    "bank-details",
    epilog=examples(
        "skontro participants bank-details A1 EUR --iban NL91ABNA0417164300 --bic ABNANL2A "
        f'--call-back "rang the number of the agreement, 3 March 10:15, confirmed" {BY}'
    ),
)
def bank_details(
    firm: Firm,
    currency: Annotated[str, typer.Argument(help="For payments in this currency.")],
    call_back: Annotated[
        str,
        typer.Option(help="Who was called back on which known number, when, and what they said."),
    ],
    who: Who,
    key: Signed,
    iban: Annotated[str, typer.Option(help="International account number.")] = "",
    bban: Annotated[str, typer.Option(help="National one, where there is no IBAN.")] = "",
    bic: Annotated[str, typer.Option(help="The bank by ISO 9362.")] = "",
    clearing_code: Annotated[
        str, typer.Option(help="The bank in its national system, e.g. INFSC:HDFC0000123.")
    ] = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose where a firm is paid from now on; used only after a time of cooling off."""
    from skontro.house.identifiers import bank_account

    account = bank_account(iban=iban, bban=bban, bic=bic, clearing_code=clearing_code)
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(
            desk.house.participants.propose_bank_details(
                firm, currency, account, call_back, who, signer
            )
        )


@app.command(
    "agency",
    epilog=examples(
        f"skontro participants agency A2 A1 {BY}",
        f"skontro participants agency A2 A1 --end {BY}",
    ),
)
def agency(
    agent: Annotated[str, typer.Argument(help="The participant that files.")],
    firm: Annotated[str, typer.Argument(help="The participant it files for.")],
    who: Who,
    key: Signed,
    end: Annotated[bool, typer.Option("--end", help="It may no longer.")] = False,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose that an agent may file for a firm, or may no longer."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.participants.propose_agency(agent, firm, who, signer, ends=end))


@app.command(
    "limits",
    epilog=examples(
        f"skontro participants limits --pay-in A1:EUR=50000.00 {BY}",
        f"skontro participants limits --quota A:B=15000.00 {BY}",
        f"skontro participants limits --pay-in-limits limits.csv {BY}",
    ),
)
def limits(
    who: Who,
    key: Signed,
    pay_in: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTICIPANT:CURRENCY=AMOUNT", help="A pay-in limit."),
    ] = None,
    quota: Annotated[
        list[str] | None,
        typer.Option(metavar="DEBTOR:CREDITOR=AMOUNT", help="A border quota, in the house's unit."),
    ] = None,
    pay_in_limits: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Pay-in limits: columns participant, limit, currency."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose pay-in limits of participants and border quotas of sides."""
    firms = [(firm, code, minor(text, code)) for firm, code, text in map(_limit, pay_in or [])]
    if pay_in_limits is not None:
        from skontro.messages.house_files import read_pay_in_limits

        firms += read_pay_in_limits(pay_in_limits)
    if not firms and not quota:
        raise typer.BadParameter("give a limit: --pay-in, --quota or --pay-in-limits")
    with Desk(folder, as_json) as desk:
        unit = desk.house.unit
        borders = [(one, other, minor(text, unit)) for one, other, text in map(_limit, quota or [])]
        number = desk.house.participants.propose_limits(
            who, desk.signer(key, passphrase_file), pay_in=firms, quotas=borders
        )
        desk.tell_act(number)


def _limit(text: str) -> tuple[str, str, str]:
    names, equals, amount = text.rpartition("=")
    first, colon, second = names.rpartition(":")
    if not equals or not colon or not amount:
        raise typer.BadParameter(f"{text!r} is not as A1:EUR=50000.00 or A:B=15000.00")
    return first, second, amount


@app.command("erase", epilog=examples(f"skontro participants erase A1 {BY}"))
def erase(
    firm: Firm,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to erase what the register holds of a firm and need not keep any longer."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.register.propose_erasure("participant", firm, who, signer))


@app.command("records", epilog=examples("skontro participants records A1"))
def records(
    firm: Firm,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show all that the register holds of a firm, with its purpose and how long it is kept."""
    with Desk(folder, as_json) as desk:
        found = desk.house.register.records("participant", firm)

        def text() -> str:
            from skontro.cli.house.shown import records_text

            return records_text(found)

        names = ("id", "what", "content", "purpose", "since", "retain_until", "in_force",
                 "replaced_by")  # fmt: skip
        desk.tell({"records": [{name: one[name] for name in names} for one in found]}, text)


# ---- default -----------------------------------------------------------------------------------


class Reason(enum.StrEnum):
    """Why a firm cannot go on."""

    DEFAULT = "default"
    INSOLVENCY = "insolvency"


@app.command(
    "default",
    epilog=examples(
        "skontro participants default B3 --reason insolvency "
        f"--opened 2026-02-04T10:00+05:30 {BY}"
    ),
)
def default(
    firm: Firm,
    opened: Annotated[
        str, typer.Option(metavar="TIME", help="When it began, as the court or the rules say.")
    ],
    who: Who,
    key: Signed,
    reason: Annotated[Reason, typer.Option(help="Which of the two it is.")] = Reason.DEFAULT,
    known: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the house knew; else now.")
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to declare a default or an insolvency: what is final stays, the rest leaves."""
    opened_at, known_at = instant(opened), None if known is None else instant(known)
    with Desk(folder, as_json) as desk:
        number = desk.house.defaults.propose(
            firm, reason.value, opened_at, who, desk.signer(key, passphrase_file),
            known_at=known_at,
        )  # fmt: skip
        desk.tell_act(number)


@app.command("estate", epilog=examples(f"skontro participants estate B3 {BY}"))
def estate(
    firm: Firm,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose that the estate of a firm in default is paid what is due to the firm."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.defaults.propose_estate(firm, who, signer))


@app.command("defaults", epilog=examples("skontro participants defaults"))
def defaults(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every default and insolvency, with what stood when."""
    with Desk(folder, as_json) as desk:
        found = desk.house.defaults.cases()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [
                (one["id"], one["reason"], at(one["opened_at"]), at(one["known_at"]),
                 "paid to its estate" if one["estate_act"] else "stopped")
                for one in found
            ]  # fmt: skip
            heads = ("participant", "reason", "opened", "known", "what is due to it")
            return table_text(heads, rows, none="no firm is in default")

        desk.tell({"defaults": found}, text)
