# SPDX-License-Identifier: Apache-2.0
"""``skontro statement``: the papers of the house, signed with its key, and that key."""

from __future__ import annotations

import enum
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


@app.command("trade", epilog=examples("skontro statement trade 2026-01 A --out trade-A.json"))
def trade(
    cycle: Cycle,
    side: Annotated[str, typer.Argument(metavar="SIDE", help="Of which side.")],
    out: Out = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: Signing = False,
) -> None:
    """Make the report of a side to its authority: all that crossed its border in a cycle.

    Gross, set off and paid, by country and chapter of goods.
    """
    _tell_paper(
        folder, house_passphrase_file, out, as_json,
        lambda desk: desk.house.statements.trade_report(cycle, side),
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


class Kind(enum.StrEnum):
    """A paper that has other forms than JSON."""

    NOTICE = "notice"
    ACCOUNT = "account"
    REPORT = "report"
    DEFAULT = "default"
    TRADE = "trade"


class Form(enum.StrEnum):
    """What a paper is written as."""

    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    CAMT053 = "camt053"


@app.command(
    "write",
    epilog=examples(
        "skontro statement write notice 2026-01 --out papers/",
        "skontro statement write notice 2026-01 --out papers/ --participant A1 --language de",
        "skontro statement write account 2026-01 --form camt053 --out books/",
        "skontro statement write report 2026-01 --form xlsx --out papers/ --dry-run",
        "skontro statement write default --participant B3 --out papers/",
        "skontro statement write trade 2026-01 --side A --form xlsx --out authority/",
    ),
)
def write(
    kind: Annotated[Kind, typer.Argument(help="Which papers.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="A folder; a file for each paper, and "
                     "papers.jsonl with the digest of each."),
    ],
    cycle: Annotated[
        str | None,
        typer.Argument(metavar="CYCLE", help="Id of the cycle; of default notices none."),
    ] = None,
    form: Annotated[
        Form, typer.Option("--form", "--format", help="What they are written as; camt053 is of "
                           "account statements.")
    ] = Form.PDF,
    participant: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTICIPANT", help="Whose; once for each. Else all of the cycle."),
    ] = None,
    side: Annotated[
        list[str] | None,
        typer.Option(metavar="SIDE", help="Of trade reports: of which side; else of all."),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(help="Of set-off notices: final, or settled; else the later one reached."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="en, de, fr, el, ru or ar; else each participant's own."),
    ] = None,
    number_format: Annotated[
        str | None, typer.Option(help="With --language: how numbers are written.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write papers as PDF with the house's electronic signature, as tables, JSON or camt.053.

    Files that lie there already and say the same are left alone, so that a run that was stopped
    goes on where it stopped.
    """
    from skontro.messages.languages import language as language_of

    said = None if language is None else language_of(language, number_format or "")
    with Desk(folder, as_json, progress=progress) as desk:
        desk.unlock(house_passphrase_file)
        with desk.working("writing papers") as say:
            done = desk.house.paper_files.write(
                kind.value, cycle, out, form=form.value, participants=participant or None,
                stage=stage, said=said, dry_run=dry_run, progress=say, sides=side or None,
            )  # fmt: skip
        count = many(len(done["written"]), "paper", "papers")
        kept = f", {len(done['kept'])} there already" if done["kept"] else ""
        desk.tell(done, f"{'would write ' if dry_run else ''}{count}{kept}: {out}")


# ---- the signing certificate of PDFs -----------------------------------------------------------


@app.command(
    "certificate", epilog=examples("skontro statement certificate > house-papers.pem")
)
def certificate(
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Print the certificate with which PDFs are signed, as PEM; it is made when there is none."""
    from skontro.cli.outcome import write_out

    with Desk(folder, as_json) as desk:
        desk.unlock(house_passphrase_file)
        found = desk.house.paper_files.certificate()
        if not as_json:
            write_out(found.pem)
            return
        desk.tell(
            {"fingerprint": found.fingerprint, "subject": found.subject, "pem": found.pem}, ""
        )


@app.command(
    "new-certificate",
    epilog=examples(
        "skontro statement new-certificate --as P1 --key keys/p1.pem",
        "skontro statement new-certificate --pkcs12 seal.p12 --pkcs12-passphrase-file seal.txt "
        "--as P1 --key keys/p1.pem",
    ),
)
def new_certificate(
    who: Who,
    key: Signed,
    pkcs12: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One from an authority: RSA key and certificate."),
    ] = None,
    pkcs12_passphrase_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of that file, if it is locked.")
    ] = None,
    passphrase_file: Locked = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose a new signing certificate for PDFs; what was signed before stays as it is."""
    from skontro.cli.house.desk import PASSPHRASE, passphrase

    with Desk(folder, as_json) as desk:
        secret = "" if pkcs12 is None else passphrase(pkcs12_passphrase_file, PASSPHRASE,
                                                      f"{pkcs12}")  # fmt: skip
        desk.unlock(house_passphrase_file)
        desk.tell_act(desk.house.paper_files.propose_certificate(
            who, desk.signer(key, passphrase_file), brought=pkcs12, passphrase=secret
        ))


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
