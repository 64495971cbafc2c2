# SPDX-License-Identifier: Apache-2.0
"""The check of a cycle: the stand-alone verifier, let loose on the archive of its last run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, SkontroError
from skontro.flow.telling import tell_share
from skontro.store.cycles import last_run

if TYPE_CHECKING:
    from skontro.flow.house import House

CLAIMS = 45
"""About how many claims a run of one currency has: by this it is told how far a check is."""


def last_checked(house: House, cycle: str) -> Any:
    """Return the row of the run of a cycle that is checked: the final one, else the preliminary.

    Raises:
        Conflict: It has no run yet.
    """
    with house.database.widened("checking"), house.database.read() as unit:
        found = last_run(unit, cycle, ["final"]) or last_run(unit, cycle, ["preliminary"])
    if found is None:
        raise Conflict(f"cycle {cycle} has no run yet", code="NotPublished",
                       next_step="wait for its run")  # fmt: skip
    return found


def verify_cycle(house: House, cycle: str, *, with_details: bool) -> dict[str, Any]:
    """Have the stand-alone verifier check the archive of a cycle's last run.

    With the house's key unlocked it is checked together with the statement of publication.

    Args:
        house: The house.
        cycle: The cycle.
        with_details: Whether to say what each claim found, which is of all firms.

    Returns:
        ``cycle``, ``run``, ``ok``, ``effect`` (what may be said in one line), ``with_statement``,
        ``checked_at``, ``claims`` and ``cannot``: plain values.

    Raises:
        Conflict: It has no run yet.
    """
    from skontro.verify import verify_folder

    found, done = last_checked(house, cycle), 0

    def told(claim: str) -> None:
        nonlocal done
        done += 1
        tell_share(claim, done, CLAIMS)

    with tempfile.TemporaryDirectory(prefix="skontro-verify-") as name:
        statement = _statement(house, Path(name), cycle, found.kind)
        verdict = verify_folder(house.folder / found.folder, told, statement=statement)
    return {
        "cycle": cycle, "run": found.kind, "ok": verdict.ok, "effect": verdict.effect,
        "with_statement": statement is not None, "checked_at": house.at,
        "claims": [
            {"name": one.name, "ok": one.ok, "detail": one.detail if with_details else ""}
            for one in verdict.claims
        ],
        "cannot": list(verdict.cannot),
    }  # fmt: skip


def _statement(house: House, folder: Path, cycle: str, kind: str) -> Path | None:
    """Write the statement of publication, where there is one and the house can sign it."""
    if kind != "final":
        return None
    try:
        with house.database.widened("checking"):
            paper = house.statements.publication(cycle)
    except SkontroError:
        return None
    path = folder / "publication.json"
    paper.save(path)
    return path
