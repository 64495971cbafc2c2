# SPDX-License-Identifier: Apache-2.0
"""How far a job is within a unit of work: beside the database, in a small file of the house's.

What a unit of work writes is seen when it ends; on SQLite nobody else can write meanwhile. A file
that stays behind is of an attempt that is over, and says nothing of the next one.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

FOLDER = "jobs"


def write(folder: Path, number: int, attempt: int, stage: str, permille: int) -> None:
    """Say how far an attempt at a job is; where it cannot be written, nobody is told.

    Args:
        folder: The house's.
        number: The job.
        attempt: Which attempt.
        stage: What is done now.
        permille: How far the whole is, in thousandths.
    """
    path = _path(folder, number)
    aside = path.with_suffix(".part")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        aside.write_text(json.dumps([attempt, stage, permille]), "utf-8")
        os.replace(aside, path)


def read(folder: Path, number: int, attempt: int) -> tuple[str, int] | None:
    """Return stage and thousandths of an attempt at a job; None where nothing is said of it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as name:
        ...     write(Path(name), 7, 1, "posting", 800)
        ...     (read(Path(name), 7, 1), read(Path(name), 7, 2))
        (('posting', 800), None)
    """
    try:
        of, stage, permille = json.loads(_path(folder, number).read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    return (str(stage), int(permille)) if of == attempt else None


def forget(folder: Path, number: int) -> None:
    """Take away what was said of a job."""
    with suppress(OSError):
        _path(folder, number).unlink(missing_ok=True)


def _path(folder: Path, number: int) -> Path:
    return folder / FOLDER / f"{number}.json"
