# SPDX-License-Identifier: Apache-2.0
"""How far long work is: said by the flow that does it, heard by the job that it is done for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Hears = Callable[[str, int], None]
"""Told a stage, and how far the whole is in thousandths."""

STAGES: dict[str, int] = {
    "reading": 20, "sorting": 60, "clearing": 100, "setting off": 150, "making few partial": 400,
    "preferring": 500, "placing cash": 600, "checking": 700, "hashing": 750, "archiving": 800,
    "booking": 900,
    "judging": 50, "reading the archive": 250, "writing what is set off": 450, "posting": 800,
}  # fmt: skip
"""The stages of a run, and of what two people signed; how far the whole is when each begins."""
WITHIN = ("judging", "reading the archive", "writing what is set off", "posting")
"""Stages within a unit of work: nobody sees what it writes before it ends."""


@dataclass
class _Ear:
    """Somebody who hears, and how far what they heard is."""

    hears: Hears
    block: int = 0
    blocks: int = 1
    highest: int = 0


_ear: ContextVar[_Ear | None] = ContextVar("ear", default=None)


def tell(stage: str, done: int | None = None, total: int | None = None) -> None:
    """Say what is done now; nothing happens where nobody hears it.

    Args:
        stage: One of :data:`STAGES`.
        done: Of ``clearing``: which block of obligations begins, the first being 0.
        total: And how many there are.

    Example:
        >>> with heard(lambda stage, permille: print(stage, permille)):
        ...     tell("clearing", 1, 2)
        ...     tell("checking")
        clearing 425
        checking 725
        >>> tell("checking")
    """
    ear = _ear.get()
    if ear is None:
        return
    if stage == "clearing" and total:
        ear.block, ear.blocks = done or 0, total
    ear.highest = max(ear.highest, permille(stage, ear.block, ear.blocks))
    ear.hears(stage, ear.highest)


def tell_share(stage: str, done: int, total: int) -> None:
    """Say how far work is that has no stages of a run: so many of so many things.

    Args:
        stage: What is done now.
        done: How many are done.
        total: About how many there are.

    Example:
        >>> with heard(lambda stage, permille: print(stage, permille)):
        ...     tell_share("checking the manifest", 1, 4)
        ...     tell_share("checking the rest", 9, 4)
        checking the manifest 250
        checking the rest 990
    """
    ear = _ear.get()
    if ear is not None:
        ear.highest = max(ear.highest, min(990, 1000 * done // max(total, 1)))
        ear.hears(stage, ear.highest)


def permille(stage: str, block: int = 0, blocks: int = 1) -> int:
    """Return how far a run is when a stage of one of its blocks begins, in thousandths."""
    at, begins, ends = STAGES.get(stage, 0), STAGES["clearing"], STAGES["hashing"]
    if not begins <= at < ends:
        return at
    return begins + ((ends - begins) * block + at - begins) // blocks


@contextmanager
def heard(hears: Hears) -> Iterator[None]:
    """Let somebody hear what is said here."""
    token = _ear.set(_Ear(hears))
    try:
        yield
    finally:
        _ear.reset(token)
