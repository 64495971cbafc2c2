# SPDX-License-Identifier: Apache-2.0
"""``skontro statement``: the papers of the house, signed with its key, and that key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    HouseLocked,
    Locked,
    Shown,
    Signed,
    Who,
    examples,
    group,
    many,
)

if TYPE_CHECKING:
    from skontro.messages.papers import Paper

app = group("Signed papers: notices, account statements, reports; the house's key.")

Cycle = Annotated[str, typer.Argument(metavar="CYCLE", help="Id of the cycle, such as 2026-01.")]
Firm = Annotated[str, typer.Argument(metavar="PARTICIPANT", help="Whose.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write the signed paper to a new file."),
]
Signing = Annotated[
    bool,
    typer.Option("--json", help="Print the signed paper itself, instead of its words."),
]


def _tell_paper(
    folder: Path, locked: Path | None, out: Path | None, as_json: bool,
    make: Callable[[Desk], Paper],
) -> None:  # fmt: skip
    """Print or write a paper; as JSON it is the signed paper, byte for byte."""
    from skontro.cli.outcome import visible, write_out

    with Desk(folder, as_json) as desk:
        desk.unlock(locked)
        paper = make(desk)
        if out is not None:
            write_new(out, paper.as_bytes())
            write_out(f"written: {out}\ncheck it with: skontro verify {out}")
        elif as_json:
            write_out(paper.as_bytes().decode())
        else:
            write_out(visible(paper.as_text()))


def write_new(path: Path, data: bytes) -> None:
    """Write a file where nothing lies yet.

    Raises:
        Conflict: Something does.
    """
    from skontro.core.errors import Conflict

    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise Conflict(f"{path} is there already", code="TargetTaken",
                       next_step="give another name") from None  # fmt: skip


@app.command(
    "notice",
    epilog=examples(
        "skontro statement notice 2026-01 A1", "skontro statement notice 2026-01 A1 --out a1.json"
    ),
)
def notice(
    cycle: Cycle,
    firm: Firm,
    stage: Annotated[
        str | None,
        typer.Option(help="final, or settled; else the later one that is reached."),
    ] = None,
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make a participant's set-off notice: what was set off, why, and what that leaves."""
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.set_off_notice(cycle, firm, stage=stage),
    )  # fmt: skip


@app.command("account", epilog=examples("skontro statement account 2026-01 A1"))
def account(
    cycle: Cycle,
    firm: Firm,
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make a participant's account statement, from the close of the cycle before on."""
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.account_statement(cycle, firm),
    )  # fmt: skip


@app.command("report", epilog=examples("skontro statement report 2026-01"))
def report(
    cycle: Cycle,
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make the house's report of a cycle: gross, set off, cash, border, fairness, settings."""
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.house_report(cycle),
    )  # fmt: skip


@app.command(
    "publication",
    epilog=examples(
        "skontro statement publication 2026-01",
        "skontro statement publication 2026-01 --recast 1 --out recast-1.json",
    ),
)
def publication(
    cycle: Cycle,
    recast: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Of a recast, by its number.")
    ] = None,
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make the statement of publication: only together with it the final run sets off.

    With --recast that of a recast, by which money goes.
    """
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.publication(cycle, recast=recast),
    )  # fmt: skip


@app.command("default", epilog=examples("skontro statement default A1"))
def default(
    firm: Firm,
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make the notice of a participant's default or insolvency."""
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.default_notice(firm),
    )  # fmt: skip


@app.command("notices", epilog=examples("skontro statement notices 2026-01 --out notices/"))
def notices(
    cycle: Cycle,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="A folder; NUMBER.json for each.")
    ],
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Make the set-off notice of every participant with obligations in a cycle."""
    with Desk(folder, as_json, progress=progress) as desk:
        desk.unlock(house_passphrase_file)
        firms = desk.house.cycles.firms_of(cycle)
        out.mkdir(parents=True, exist_ok=True)
        with desk.working("writing notices") as say:
            for done, (number, firm) in enumerate(firms):
                say("writing notices", done, len(firms))
                paper = desk.house.statements.set_off_notice(cycle, firm)
                write_new(out / f"{number}.json", paper.as_bytes())
        desk.tell(
            {"cycle": cycle, "notices": len(firms), "folder": str(out)},
            f"{many(len(firms), 'notice', 'notices')}: {out}",
        )


# ---- the house's key ---------------------------------------------------------------------------


@app.command("keys", epilog=examples("skontro statement keys --out keys.json"))
def keys(
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make the list of every key the house ever signed with, each endorsed by the one before."""
    _tell_paper(
        folder, house_passphrase_file, out, as_json, lambda desk: desk.house.statements.keys()
    )


@app.command(
    "new-key",
    epilog=examples("skontro statement new-key --as P1 --key keys/p1.pem"),
)
def new_key(
    who: Who,
    key: Signed,
    reason: Annotated[
        str, typer.Option(help="roll-over, lost or compromised.")
    ] = "roll-over",
    passphrase_file: Locked = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a new key for the house and propose to take it into use.

    It is locked with the house's passphrase. On a roll-over the key in use endorses it.
    """
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        secret = desk.house_passphrase(house_passphrase_file)
        papers = desk.house.statements
        if reason == "roll-over":
            papers.unlock(secret)
        number = papers.propose_key(papers.new_key(secret), who, signer, reason=reason)
        desk.tell_act(number)
