# SPDX-License-Identifier: Apache-2.0
"""``skontro verify``, ``package`` and ``explain``: what is done with a result folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VERIFY_EXAMPLES = "Examples:\n\nskontro verify result/\n\nskontro verify b3/ --public public/"
PACKAGE_EXAMPLES = (
    "Examples:\n\n"
    "skontro package result/ --participant B3 --out b3/\n\n"
    "skontro package result/ --public --out public/"
)
EXPLAIN_EXAMPLES = "Examples:\n\nskontro explain result/ --participant B3"


def verify(
    folder: Annotated[Path, typer.Argument(help="A result folder, or a participant's package.")],
    public: Annotated[
        Path | None,
        typer.Option(help="The public package that a participant's package is checked against."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the claims as JSON.")] = False,
    show_progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Progress on stderr."),
    ] = None,
) -> None:
    """Check a result claim by claim, with code that shares nothing with the solver.

    Exit 0: every claim holds. Exit 1: one does not, and it is named.
    """
    from skontro import verify as verifier
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import json_text, verdict_text
    from skontro.core.errors import NoSuchFile
    from skontro.ops.progress import CompilingNotice, Progress

    for place in (folder, public):
        if place is not None and not place.is_dir():
            raise NoSuchFile(f"there is no folder {place}")
    if public is None and (folder / "participant.json").is_file():
        raise typer.BadParameter(
            f"{folder} is one participant's package: give the public one with --public"
        )
    if (folder / "public.json").is_file():
        raise typer.BadParameter(
            f"{folder} is a public package: check a participant's package against it with "
            f"skontro verify PACKAGE --public {folder}"
        )
    if public is not None and (folder / "manifest.json").is_file():
        raise typer.BadParameter(f"{folder} is a result folder: leave --public out")
    with Progress(shown=show_progress) as progress, CompilingNotice(progress):
        if public is None:
            verdict = verifier.verify_folder(folder, progress)
        else:
            verdict = verifier.verify_package(folder, public)
    write_out(json_text(verdict.as_dict()) if as_json else verdict_text(verdict))
    if not verdict.ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def package(
    folder: Annotated[Path, typer.Argument(help="A result folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write the package to.")],
    participant: Annotated[
        str | None, typer.Option(help="The firm whose own part is cut out.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="What everyone may see, instead of one firm's part.")
    ] = False,
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
            package_participant(folder, participant, out)
        else:
            package_public(folder, out)
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
