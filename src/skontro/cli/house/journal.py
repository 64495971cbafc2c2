# SPDX-License-Identifier: Apache-2.0
"""``skontro journal``: what happened, what stands on the accounts, and the check of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Reader,
    ReaderKey,
    Shown,
    Signed,
    Who,
    examples,
    group,
    with_left_out,
)

if TYPE_CHECKING:
    from skontro.verify.journal import JournalVerdict

app = group("The journal: entries, balances, head and check.")


@app.command("show", epilog=examples("skontro journal show --cycle 2026-01"))
def show(
    first: Annotated[int, typer.Option(min=1, metavar="N", help="From which entry on.")] = 1,
    cycle: Annotated[str | None, typer.Option(help="Of which cycle alone.")] = None,
    most: Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")] = 100,
    who: Reader = None,
    key: ReaderKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show entries, oldest first.

    What they say of the gate shows to compliance and the authority alone, proved by their key;
    check, head and balances are of all entries.
    """
    from skontro.house.roles import OF_GATE

    with Desk(folder, as_json) as desk:
        sees = desk.sees_gate(who, key, passphrase_file)
        but = () if sees else OF_GATE
        found = desk.house.journal.entries(first=first, cycle=cycle, most=most, but=but)

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [
                (one["number"], at(one["at"]), one["kind"], one["cycle"], one["act_id"],
                 one["postings"], one["hash"][:16])
                for one in found
            ]  # fmt: skip
            heads = ("entry", "at", "kind", "cycle", "act", "postings", "hash")
            shown = table_text(heads, rows, right=("entry", "act", "postings"), none="no entry")
            if len(found) == most:
                shown += f"\nmore: --first {found[-1]['number'] + 1}"
            return with_left_out(shown, sees)

        desk.tell({"entries": found, "shows_gate": sees}, text)


@app.command("balances", epilog=examples("skontro journal balances bank"))
def balances(
    prefix: Annotated[
        str, typer.Argument(help="Accounts whose code begins so, such as bank:A.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Those at nought too.")] = False,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what stands on the accounts; what is on the debit side stands above nought."""
    with Desk(folder, as_json) as desk:
        found = {
            code: amount
            for code, amount in sorted(desk.house.journal.balances(prefix).items())
            if amount or every
        }

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [(code, *_amount(code, amount)) for code, amount in found.items()]
            return table_text(("account", "amount", "in"), rows, right=("amount",),
                              none="nothing stands on any account")  # fmt: skip

        desk.tell({"balances_minor": found}, text)


@app.command("trial", epilog=examples("skontro journal trial"))
def trial(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show the trial balance: debits and credits of each account since the house was opened.

    Exit 1 if they differ in a currency.
    """
    from skontro.cli.outcome import ExitCode

    with Desk(folder, as_json) as desk:
        sums = desk.house.journal.trial_balance()
        totals = dict[str, list[int]]()
        for code, both in sums.items():
            total = totals.setdefault(code.rsplit(":", 1)[-1], [0, 0])
            for column, minor in enumerate(both):
                total[column] += minor

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [(code, *_both(code, sums[code])) for code in sorted(sums)]
            rows += [(f"all in {unit}", *_both(f"all:{unit}", both))
                     for unit, both in sorted(totals.items())]  # fmt: skip
            heads = ("account", "debit", "credit")
            return table_text(heads, rows, right=heads[1:], none="nothing was posted yet")

        value = {
            "accounts": {code: {"debit_minor": both[0], "credit_minor": both[1]}
                         for code, both in sums.items()},
            "balanced": all(debit == credit for debit, credit in totals.values()),
        }  # fmt: skip
        desk.tell(value, text)
    if not value["balanced"]:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def _both(code: str, sums: Sequence[int]) -> tuple[str, str]:
    return _amount(code, sums[0])[0], _amount(code, sums[1])[0]


def _amount(code: str, amount_minor: int) -> tuple[str, str]:
    """Return an amount and what it is counted in: a currency, or points."""
    from skontro.messages.report_text import grouped

    unit = code.rsplit(":", 1)[-1]
    if "/" in unit:
        return f"{amount_minor:,}", f"points, {unit}"
    return grouped(amount_minor, unit), unit


@app.command("head", epilog=examples("skontro journal head >> heads.txt"))
def head(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Print number and hash of the last entry: kept elsewhere, it guards all before it."""
    from skontro.cli.outcome import write_out
    from skontro.cli.shown import json_text

    with Desk(folder, as_json) as desk:
        number, digest = desk.house.journal.head()
        if as_json:
            write_out(json_text({"house": desk.house.id, "number": number, "hash": digest}))
        else:
            write_out(f"{number}:{digest}")


@app.command(
    "verify",
    epilog=examples(
        "skontro journal verify --heads heads.txt",
        "skontro journal verify --head 12:5f0c2a...",
    ),
)
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="N:HASH", help="A head that was kept elsewhere."),
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option("--heads", metavar="FILE", help="A file of them, one on a line."),
    ] = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole journal: chain, balance, seals, and the two signatures behind each act.

    Exit 0: all holds. Exit 1: something does not, and the first entry at fault is named.
    """
    from skontro.cli.outcome import ExitCode

    lines = list(head or [])
    if heads is not None:
        lines += _lines(heads)
    kept = dict(_head(line) for line in lines)
    with Desk(folder, as_json, progress=progress) as desk:
        with desk.working("checking"):
            verdict = desk.house.journal.verify(kept)
        desk.tell(plain_verdict(verdict), verdict.text)
    if not verdict.ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def read_heads(path: Path) -> dict[int, str]:
    """Return the heads of a file: hash by number of the entry."""
    return dict(_head(line) for line in _lines(path))


def _lines(path: Path) -> list[str]:
    from skontro.core.errors import NoSuchFile

    try:
        return [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise NoSuchFile(
            f"{path}: no heads can be read there",
            next_step="write them with: skontro journal head >> FILE",
        ) from None


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.strip().replace(" ", ":", 1).partition(":")
    if not number.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise typer.BadParameter(f"{text!r} is not a head: number, colon, 64 hexadecimal digits")
    return int(number), digest


def plain_verdict(verdict: JournalVerdict) -> dict[str, Any]:
    """Return a verdict on the journal as plain values."""
    number, digest = verdict.head
    return {
        "ok": verdict.ok, "entries": verdict.entries, "postings": verdict.postings,
        "acts": verdict.acts, "heads": verdict.heads, "head": {"number": number, "hash": digest},
        "faults": [{"entry": one.entry, "what": one.what} for one in sorted(verdict.faults)],
    }  # fmt: skip


@app.command(
    "reverse",
    epilog=examples(
        'skontro journal reverse 17 --reason "noted twice" --as P1 --key keys/p1.pem'
    ),
)
def reverse(
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="Number of the entry.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why: a sentence without names.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to undo an entry by a new one, as long as nothing was built on it."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.settlement.propose_reversal(entry, reason, who, signer))
