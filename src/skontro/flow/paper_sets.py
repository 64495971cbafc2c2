# SPDX-License-Identifier: Apache-2.0
"""The papers of all firms of a cycle as one file: made by a worker, kept beside the archive.

What is made again writes what changed since, and takes the place of what was there in one step.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchFile, Rejected
from skontro.flow.telling import tell_share

if TYPE_CHECKING:
    from skontro.flow.house import House

FOLDER = "papers"
KINDS = {"notices": "notice", "statements": "account", "report": "report"}
"""Kinds of sets, with what each is of: see ``PaperFiles.write``."""
FORMS = ("pdf", "json", "csv", "xlsx")
NAMES = tuple(f"{kind}-{form}" for kind in KINDS for form in FORMS)
"""Every set there can be of a cycle."""
_SAFE = re.compile(r"[\w.-]+")


def parts_of(name: str) -> tuple[str, str]:
    """Return kind and form of a set.

    Raises:
        Rejected: There is no such set.

    Example:
        >>> parts_of("notices-pdf")
        ('notices', 'pdf')
    """
    if name not in NAMES:
        raise Rejected(f"there are no papers {name!r}", code="NoSuchForm",
                       next_step=f"one of: {', '.join(NAMES)}")  # fmt: skip
    kind, _, form = name.partition("-")
    return kind, form


def set_path(house: House, cycle: str, name: str) -> Path:
    """Return where a set lies, or would lie.

    Raises:
        NoSuchFile: There can be no such cycle.
    """
    parts_of(name)
    if not _SAFE.fullmatch(cycle) or cycle.startswith("."):
        raise NoSuchFile(f"there is no cycle {cycle}", code="NoSuchCycle")
    return Path(house.folder) / FOLDER / cycle / f"{name}.zip"


def make_set(house: House, cycle: str, name: str) -> dict[str, Any]:
    """Write the papers of all firms of a cycle, and all of them into one file.

    Args:
        house: The house, its key unlocked.
        cycle: A cycle whose final run is published.
        name: One of :data:`NAMES`.

    Returns:
        What was written, as ``PaperFiles.write`` says.

    Raises:
        Forbidden: The house's key is locked.
        Conflict: The final run is not published.
    """
    kind, form = parts_of(name)
    path = set_path(house, cycle, name)
    folder = path.with_suffix("")

    def say(stage: str, done: int, total: int) -> None:
        if done % max(1, total // 100) == 0:  # not more often than it can be seen
            tell_share(stage, done, total)

    told = house.paper_files.write(KINDS[kind], cycle, folder, form=form, progress=say)
    tell_share("writing papers", 1, 1)
    aside = path.with_suffix(".part")
    packing = zipfile.ZIP_STORED if form in ("pdf", "xlsx") else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(aside, "w", packing) as file:
        for each in sorted({*told["written"], *told["kept"]}):
            file.write(folder / each, each)
    with aside.open("rb") as written:
        os.fsync(written.fileno())
    aside.replace(path)
    return told
