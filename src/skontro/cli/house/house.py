# SPDX-License-Identifier: Apache-2.0
"""``skontro house``: the house itself, its rules, and a demo's clock."""

from __future__ import annotations

from pathlib import Path
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
    Who,
    examples,
    group,
    instant,
    many,
    signed_minor,
)

app = group("The house itself: what it is, its rules, a demo's clock.")


@app.command("show", epilog=examples("skontro house show", "skontro house show --json"))
def show(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what the house is, its sides, what time it has, and what waits."""
    with Desk(folder, as_json) as desk:
        house = desk.house
        number, digest = house.journal.head()
        cycles = house.cycles.table()
        value = {
            "name": house.name, "kind": house.kind, "unit": house.unit, "now": house.at,
            "sides": [
                {"id": side.id, "name": side.name, "jurisdiction": side.jurisdiction,
                 "currencies": list(side.currencies)}
                for side in house.rules.sides
            ],
            "rules_version": house.rule_book.versions()[-1]["version"],
            "participants": len(house.participants.firms()),
            "cycle": cycles[-1]["id"] if cycles else None,
            "cycle_state": cycles[-1]["state"] if cycles else None,
            "acts_waiting": len(house.people.waiting()),
            "head": {"number": number, "hash": digest}, "concerns": house.database.concerns(),
        }  # fmt: skip

        def text() -> str:
            from skontro.cli.house.shown import at, figures

            last = f"{value['cycle']}, {value['cycle_state']}" if cycles else "none yet"
            lines = {
                "house": f"{house.id}: {house.name}", "kind": house.kind, "unit": house.unit,
                "now": at(house.at),
                "sides": "; ".join(
                    f"{side.id} {side.name} ({', '.join(side.currencies)})"
                    for side in house.rules.sides
                ),
                "rules": f"version {value['rules_version']}",
                "participants": value["participants"], "last cycle": last,
                "acts waiting": value["acts_waiting"], "journal head": f"{number} {digest}",
            }  # fmt: skip
            return "\n".join([figures(lines), *(f"CAUTION: {one}" for one in value["concerns"])])

        desk.tell(value, text)


@app.command("rules", epilog=examples("skontro house rules", "skontro house rules --versions"))
def rules(
    versions: Annotated[
        bool, typer.Option("--versions", help="Every version, instead of the one in force.")
    ] = False,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the rules in force, or when which version came into force."""
    with Desk(folder, as_json) as desk:
        every = desk.house.rule_book.versions()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text, tree

            if versions:
                rows = [(one["version"], at(one["since"]), one["act_id"], one["digest"])
                        for one in every]  # fmt: skip
                return table_text(("version", "since", "act", "digest"), rows, right=("act",))
            return tree(desk.house.rules.as_json())

        value = {"versions": every} if versions else {
            "version": every[-1]["version"], "rules": desk.house.rules.as_json(),
        }  # fmt: skip
        desk.tell(value, text)


@app.command(
    "change-rules",
    epilog=examples("skontro house change-rules house.toml --as P1 --key keys/p1.pem"),
)
def change_rules(
    file: Annotated[Path, typer.Argument(help="All of the new rules, not the change alone.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose new rules; they hold for the cycles opened after they are approved."""
    from skontro.house.acts import RIGHTS
    from skontro.messages.house_files import read_rules

    said = read_rules(file, RIGHTS)
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.rule_book.propose(said, who, signer))


@app.command(
    "clock", epilog=examples("skontro house clock", "skontro house clock 2026-01-30T15:00Z")
)
def clock(
    to: Annotated[
        str | None, typer.Argument(metavar="[TIME]", help="Set a demo house's clock, never back.")
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what time the house has; in a demo house alone, set it."""
    at = None if to is None else instant(to)
    with Desk(folder, as_json) as desk:
        if at is not None:
            desk.house.set_clock(at)

        def text() -> str:
            from skontro.cli.house.shown import at as shown

            return f"{shown(desk.house.at)}, business day {desk.house.today}"

        desk.tell({"now": desk.house.at, "business_day": desk.house.today}, text)


@app.command("check", epilog=examples("skontro house check --heads heads.txt"))
def check(
    heads: Annotated[
        Path | None,
        typer.Option("--heads", metavar="FILE", help="Journal heads that were kept elsewhere."),
    ] = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Check journal and register, and compute every run again from its archive.

    Exit 0: all holds. Exit 1: something does not, and it is named.
    """
    from skontro.cli.house.journal import plain_verdict, read_heads
    from skontro.cli.outcome import ExitCode

    kept = {} if heads is None else read_heads(heads)
    with Desk(folder, as_json, progress=progress) as desk:
        house = desk.house
        with desk.working("checking the journal") as say:
            verdict = house.journal.verify(kept)
            say("checking the register")
            faults = house.register.faults()
            runs = []
            for one in house.cycles.table():
                say(f"running {one['id']} again")
                runs += [
                    {"cycle": one["id"], "run": ran["kind"], "agrees": ran["agrees"]}
                    for ran in house.cycles.replay(one["id"])
                ]
        differ = [f"run {one['run']} of {one['cycle']} DIFFERS" for one in runs
                  if not one["agrees"]]  # fmt: skip
        ok = verdict.ok and not faults and not differ
        words = "\n".join([
            verdict.text(), *faults, *differ,
            f"register: {'all holds' if not faults else many(len(faults), 'fault', 'faults')}",
            f"runs computed again: {len(runs) - len(differ)} of {len(runs)} agree",
        ])  # fmt: skip
        desk.tell(
            {"ok": ok, "journal": plain_verdict(verdict), "register": faults, "runs": runs}, words
        )
    if not ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


# ---- after a restore ---------------------------------------------------------------------------


@app.command("left", epilog=examples("skontro house left"))
def left(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what may have left a restored house since its backup: what to ask the bank about."""
    from skontro.cli.house.backup import left_text
    from skontro.flow.backup import what_may_have_left

    with Desk(folder, as_json) as desk:
        report = what_may_have_left(desk.house)
        desk.tell(report, lambda: left_text(report))


@app.command(
    "resume",
    epilog=examples(
        "skontro house resume --lines bank.csv --balance A:EUR=15000.00 --balance B:INR=0 "
        "--as P1 --key keys/p1.pem"
    ),
)
def resume(
    balance: Annotated[
        list[str],
        typer.Option(
            metavar="SIDE:CURRENCY=AMOUNT", help="What an account has now, by the bank's word."
        ),
    ],
    who: Who,
    key: Signed,
    lines: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Every line of the bank's statements since the backup: columns side, currency, "
            "amount (below nought: money left), bank_reference, end_to_end.",
        ),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose that a restored house writes again, on what the bank says.

    What left since the backup is never paid again.
    """
    from skontro.flow.backup import BankLine, propose_resume

    found = []
    if lines is not None:
        from skontro.messages.house_files import read_bank_lines

        found = [BankLine(*row) for row in read_bank_lines(lines)]
    balances = dict(map(_balance, balance))
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(propose_resume(desk.house, found, balances, who, signer))


def _balance(text: str) -> tuple[str, int]:
    account, equals, amount = text.rpartition("=")
    side, colon, currency = account.partition(":")
    if not equals or not colon or not side:
        raise typer.BadParameter(f"{text!r} is not as A:EUR=15000.00")
    return account, signed_minor(amount, currency)
