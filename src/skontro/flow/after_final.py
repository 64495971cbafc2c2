# SPDX-License-Identifier: Apache-2.0
"""What the gate no longer releases of what is final: it stays set off, and no money goes for it.

A licence may be revoked, or a declaration taken back, after the final run. What was set off is
final. A recast places no money on what is held by then; and who is owed by what the plan would
settle with money is not paid while it is held: a net payment cannot be cut along obligations, so it
waits whole, and goes when the obligation is released again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from skontro.gate.verdicts import RELEASED
from skontro.store.authorities import obligations_by_number, paid_creditors
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit

if TYPE_CHECKING:
    from skontro.flow.house import House


def held_after_final(house: House, unit: Unit, cycle_id: str) -> list[int]:
    """Judge what of a cycle rests on a licence or declaration that changed since its cut-off.

    Args:
        house: The house.
        unit: An exclusive unit of work: verdicts are written.
        cycle_id: A cycle whose final run is published.

    Returns:
        What the gate does not release, by number, rising.
    """
    rows = obligations_by_number(unit, house.authorities.changed(unit, cycle_id))
    said = house.gate.judge_obligations(unit, [tuple(row)[:4] for row in rows]) if rows else {}
    return sorted(number for number, found in said.items() if found[0] != RELEASED)


def unpayable(house: House, unit: Unit, cycles: Iterable[str]) -> set[tuple[str, int]]:
    """Return who may not be paid what a cycle's plan owes them, as cycle and participant.

    Args:
        house: The house.
        unit: An exclusive unit of work.
        cycles: Cycles that are settled.
    """
    found = set[tuple[str, int]]()
    for cycle_id in sorted(set(cycles)):
        held = held_after_final(house, unit, cycle_id)
        if held:
            plan = chosen_run(unit, cycle_id)
            found |= {(cycle_id, firm) for firm in paid_creditors(unit, plan.id, held)}
    return found
