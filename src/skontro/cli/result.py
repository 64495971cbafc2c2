# SPDX-License-Identifier: Apache-2.0
"""``skontro verify``, ``package`` and ``explain``: what is done with a result folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VERIFY_EXAMPLES = (
    "Examples:\n\n"
    "skontro verify result/\n\n"
    "skontro verify b3/ --public public/\n\n"
    "skontro verify notice.json --house-key house.key --package b3/ --public public/"
)
PACKAGE_EXAMPLES = (
    "Examples:\n\n"
    "skontro package result/ --participant B3 --out b3/\n\n"
    "skontro package result/ --public --out public/"
)
EXPLAIN_EXAMPLES = "Examples:\n\nskontro explain result/ --participant B3"


def verify(
    folder: Annotated[
        Path,
        typer.Argument(help="A result folder, a participant's package, or a house's paper."),
    ],
    public: Annotated[
        Path | None,
        typer.Option(help="The public package that a package or a notice is checked against."),
    ] = None,
    package: Annotated[
        Path | None,
        typer.Option(help="The participant's package that a set-off notice is checked against."),
    ] = None,
    statement: Annotated[
        Path | None,
        typer.Option(help="The house's statement of publication, if it lies elsewhere."),
    ] = None,
    house_key: Annotated[
        list[str] | None,
        typer.Option(help="A key that is the house's: 64 hexadecimal digits, or a file with it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the claims as JSON.")] = False,
    show_progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Progress on stderr."),
    ] = None,
) -> None:
    """Check a result or a paper claim by claim, with code that shares nothing with the solver.

    Exit 0: every claim holds. Exit 1: one does not, and it is named.
    """
    from skontro import verify as verifier
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import json_text, verdict_text
    from skontro.ops.progress import CompilingNotice, Progress

    keys = house_key or []
    _check_what_is_given(folder, public, package, statement)
    with Progress(shown=show_progress) as progress, CompilingNotice(progress):
        if folder.is_file():
            verdict = verifier.verify_paper(
                folder, house_keys=keys, package=package, public=public, statement=statement
            )
        elif (folder / "manifest.json").is_file() or (
            public is None and not (folder / "public.json").is_file()
        ):
            verdict = verifier.verify_folder(
                folder, progress, statement=statement, house_keys=keys
            )
        else:
            verdict = verifier.verify_package(
                folder, public, statement=statement, house_keys=keys
            )
    write_out(json_text(verdict.as_dict()) if as_json else verdict_text(verdict))
    if not verdict.ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def _check_what_is_given(
    folder: Path, public: Path | None, package: Path | None, statement: Path | None
) -> None:
    """Refuse what cannot be checked, or not this way, with a word on how it can."""
    from skontro.core.errors import NoSuchFile

    for place in (public, package):
        if place is not None and not place.is_dir():
            raise NoSuchFile(f"there is no folder {place}")
    if not folder.exists() or (statement is not None and not statement.is_file()):
        missing = folder if not folder.exists() else statement
        raise NoSuchFile(f"there is no folder or paper {missing}")
    if folder.is_file():
        return
    if package is not None:
        raise typer.BadParameter(f"{folder} is no paper: leave --package out")
    if public is None and (folder / "participant.json").is_file():
        raise typer.BadParameter(
            f"{folder} is one participant's package: give the public one with --public"
        )
    if public is not None and (folder / "manifest.json").is_file():
        raise typer.BadParameter(f"{folder} is a result folder: leave --public out")
    is_public = (folder / "public.json").is_file()
    if is_public and statement is None and not (folder / "publication.json").is_file():
        raise typer.BadParameter(
            f"{folder} is a public package: check a participant's package against it with "
            f"skontro verify PACKAGE --public {folder}"
        )


def package(
    folder: Annotated[Path, typer.Argument(help="A result folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the package to.")],
    participant: Annotated[
        str | None, typer.Option(help="The firm whose own part is cut out.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="What everyone may see, instead of one firm's part.")
    ] = False,
    statement: Annotated[
        Path | None,
        typer.Option(help="Of a house's final run: its statement of publication."),
    ] = None,
) -> None:
    """Cut from a result what one firm, or everyone, may see.

    The levels of a result say who is short of cash, so they are not for everyone: a firm sees its
    own and its counterparties', each opened against one root that is public.
    """
    if public == (participant is not None):
        raise typer.BadParameter("choose one: --participant ID, or --public")
    from skontro.cli.outcome import visible, write_out
    from skontro.messages.package import package_participant, package_public
    from skontro.ops.progress import CompilingNotice, Progress

    with Progress() as progress, CompilingNotice(progress):
        progress("cutting the package")
        if participant is not None:
            package_participant(folder, participant, out, statement=statement)
        else:
            package_public(folder, out, statement=statement)
    what = "public package" if participant is None else f"package of {participant}"
    write_out(visible(f"{what}: {out}"))


def explain(
    folder: Annotated[Path, typer.Argument(help="A result folder.")],
    participant: Annotated[str, typer.Option(help="The firm the sentences are about.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the sentences as JSON.")] = False,
) -> None:
    """Say in sentences what was set off against what, and why the rest could not be."""
    from skontro.cli.outcome import visible, write_out
    from skontro.cli.shown import json_text
    from skontro.core.explanation import explain as explain_participant
    from skontro.messages.result_folder import read_result

    saved = read_result(folder)
    explanation = explain_participant(
        saved.summary, saved.obligations, saved.participants, participant
    )
    if as_json:
        write_out(json_text(explanation.as_dict()))
    else:
        write_out(visible(explanation.as_text()))
