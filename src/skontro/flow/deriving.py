# SPDX-License-Identifier: Apache-2.0
"""What a verdict on a party says, derived again before anything rests on it; faults of the gate.

A verdict is reused while it holds. Before anything is entered, published or paid it is not believed
that it says what comes of the records and the lists: whoever owns the tables could have written it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from skontro.flow.screening import SCREENED, UNCOMPARED, Found
from skontro.gate.verdicts import RELEASED, because, reasons_text
from skontro.store.database import Unit
from skontro.store.rows import find_all
from skontro.store.schema import journal_entry
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


def gate_fault(fault: Exception) -> dict[str, Any]:
    """Return why what could not be judged is held: the kind of the fault, none of its text."""
    return because("GateFault", f"the gate could not judge it: {type(fault).__name__}")


_MOST_NOTED = 1000
_LOOKED_AT = 100


def note_changed(house: House, unit: Unit, numbers: Sequence[int]) -> None:
    """Leave a note of obligations of which the tables do not say what was said, once of each.

    Args:
        house: The house.
        unit: An exclusive unit of work.
        numbers: The obligations.
    """
    lately = find_all(unit, journal_entry, order=["-number"], kind="gate.fault", limit=_LOOKED_AT)
    known = {one for row in lately for one in json.loads(row.content).get("obligations", ())}
    new = sorted(set(numbers) - known)
    if new:
        first = ", ".join(map(str, new[:5]))
        more = f" and {len(new) - 5} more" if len(new) > 5 else ""
        where = f"what the tables say of obligation {first}{more} is not what was said"
        content = {"where": where, "fault": "ContentChanged", "obligations": new[:_MOST_NOTED]}
        house.note(unit, "gate.fault", content)


def note_fault(house: House, unit: Unit, where: str, fault: Exception) -> None:
    """Leave a note of a fault of the gate's own: doubt held, and somebody is to know why.

    A fault that broke the unit of work is none of the gate's own: it is raised again.
    """
    unit.outlive(fault)
    house.note(unit, "gate.fault", {"where": where, "fault": type(fault).__name__})


def note_uncompared(house: House, unit: Unit, whom: str, found: Iterable[Found]) -> None:
    """Leave a note of names that cannot be compared: the act that brings them will be held, and
    compliance is to know why. A note says how a name is written, never the name.

    Args:
        house: The house.
        unit: An exclusive unit of work.
        whom: Whose names they are.
        found: What came of comparing them.
    """
    faults = [one["text"] for each in found for one in each.faults if one["code"] == UNCOMPARED]
    if faults:
        first = "; ".join(faults[:5])
        house.note(unit, "gate.fault", {"where": f"{whom}: {first}", "fault": UNCOMPARED})
