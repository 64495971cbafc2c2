# SPDX-License-Identifier: Apache-2.0
"""What the gate no longer releases of what is final: it stays set off, and no money goes for it.

A licence may be revoked, or a declaration taken back, after the final run. What was set off is
final. A recast places no money on what is held by then, nor on what a party that is held owes or is
owed; and who is owed by what the plan would
settle with money is not paid while it is held: a net payment cannot be cut along obligations, so it
waits whole, and goes when the obligation is released again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from skontro.core.errors import Forbidden
from skontro.flow.deriving import derive_again
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


def held_in_recast(house: House, unit: Unit, cycle_id: str) -> list[int]:
    """Judge what a recast may place money on: parties anew, and what changed of goods.

    Money of a party that is held is not used, and none is meant for it: what it owes and is owed
    stays owed. What was set off stays so.

    Args:
        house: The house.
        unit: An exclusive unit of work: verdicts are written.
        cycle_id: A cycle whose final run is published.

    Returns:
        What is left out, by number, rising.

    Raises:
        Forbidden: The lists hold everybody: nobody can be judged.
    """
    if house.gate.in_force(unit).blocked:
        raise Forbidden("house review: nothing is recast", code="ScreeningHold",
                        next_step="the lists must be fresh")  # fmt: skip
    members, _ = house.cycles.sets.members(unit, cycle_id)
    firms = np.unique(np.concatenate([members.debtor, members.creditor])).tolist()
    derive_again(house.gate, unit, firms)
    judged = house.gate.judge_participants(unit, firms)
    held = [firm for firm in firms if judged[firm][0] != RELEASED]
    of_held = np.isin(members.debtor, held) | np.isin(members.creditor, held)
    found = {*members.number[of_held].tolist(), *held_after_final(house, unit, cycle_id)}
    return sorted(found)


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
