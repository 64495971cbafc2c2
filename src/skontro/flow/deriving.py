# SPDX-License-Identifier: Apache-2.0
"""What a verdict on a party says, derived again before anything rests on it; faults of the gate.

A verdict is reused while it holds. Before anything is entered, published or paid it is not believed
that it says what comes of the records and the lists: whoever owns the tables could have written it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skontro.flow.screening import SCREENED
from skontro.gate.verdicts import RELEASED, reasons_text
from skontro.store.database import Unit
from skontro.store.verdicts import last_verdicts, participant_rows, screened_records

if TYPE_CHECKING:
    from skontro.flow.gate import Gate
    from skontro.flow.house import House


def derive_again(gate: Gate, unit: Unit, numbers: Sequence[int]) -> list[int]:
    """Derive what is said of firms from records and lists, and judge anew where it is not so.

    A verdict that releases and is not what comes of the records, though nothing changed since, is
    noted: somebody wrote it.

    Args:
        gate: The gate.
        unit: An exclusive unit of work.
        numbers: The firms.

    Returns:
        The firms of which something else was said, or nothing yet.
    """
    from skontro.flow.gate import party_digest

    now, firms = gate.in_force(unit), dict(participant_rows(unit, numbers))
    if not firms:
        return []
    records = screened_records(unit, list(firms.values()), SCREENED)
    asked = {
        number: (party_digest(firm, records.get(firm, [])), records.get(firm, []))
        for number, firm in firms.items()
    }
    last, said = last_verdicts(unit, "participant", list(firms)), gate.say_of_firms(
        unit, asked, now
    )  # fmt: skip
    other = list[int]()
    for number, (digest, _) in asked.items():
        comes = (said[number][0], reasons_text(said[number][1]))
        before = last.get(number)
        if before is not None and (before.outcome, before.reasons) == comes and (
            before.content_digest == digest
        ):  # fmt: skip
            continue
        other.append(number)
        gate.forget(number)
        if (
            before is not None and before.outcome == RELEASED and not now.blocked
            and before.setting >= now.holds_since and before.content_digest == digest
        ):  # fmt: skip
            where = f"verdict {before.id} is not what comes of records and lists"
            gate.house.note(unit, "gate.fault", {"where": where, "fault": "VerdictChanged"})
    gate.judge_anew(unit, {number: asked[number] for number in other}, now)
    if other and not now.blocked:
        outside = set(gate.firms_below(unit, other)) - asked.keys()
        gate.judge_participants(unit, sorted(outside), anew=True)
    return other


def note_fault(house: House, unit: Unit, where: str, fault: Exception) -> None:
    """Leave a note of a fault of the gate's own: doubt held, and somebody is to know why."""
    house.note(unit, "gate.fault", {"where": where, "fault": type(fault).__name__})
