# SPDX-License-Identifier: Apache-2.0
"""Which firms a change of the lists can touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from skontro.flow.owners import below
from skontro.flow.screening import SCREENED, InForce, Listed, compared_of
from skontro.gate.entries import ListEntry
from skontro.gate.many import processes_allowed
from skontro.gate.matching import Matcher
from skontro.gate.parties import Compared, entry_digest
from skontro.gate.verdicts import Reason, is_of_everybody, read_reasons_text
from skontro.store.database import Unit
from skontro.store.verdicts import (
    last_verdicts,
    participant_rows,
    record_contents,
    screened_records,
)

if TYPE_CHECKING:
    from skontro.flow.gate import Gate


def touched_by(
    gate: Gate, unit: Unit, before: InForce, lists: Sequence[Listed]
) -> set[int]:
    """Return the firms whose verdict a change of the lists can change."""
    old, new = (_entries_by_content(gate, unit, which) for which in (before.lists, lists))
    firms = dict(participant_rows(unit, None))
    last = last_verdicts(unit, "participant", list(firms))
    touched = set[int]()
    gone = old.keys() - new.keys()
    for number, said in last.items():
        if said.reasons == "[]":
            continue
        reasons = read_reasons_text(said.reasons)
        named = {(one.get("list"), one.get("entry"), one.get("entry_digest"))
                 for one in reasons}  # fmt: skip
        if is_of_everybody(reasons) or named & gone:
            touched.add(number)
    added = dict[int, list[ListEntry]]()
    for key in new.keys() - old.keys():
        list_id, entry = new[key]
        added.setdefault(list_id, []).append(entry)
    if not added or not firms:
        return touched | set(below(gate, unit, touched))
    matcher = Matcher(added)
    owner = list[int]()
    compared = list[Compared]()
    for number, subjects, faults in _compared(gate, unit, firms):
        if faults:
            touched.add(number)
        compared += subjects
        owner += [number] * len(subjects)
    screened = matcher.screen_many(
        [one.subject for one in compared], processes=processes_allowed()
    )
    touched.update(
        number for number, found in zip(owner, screened, strict=True) if found.matches
    )
    return touched | set(below(gate, unit, touched))


def _entries_by_content(
    gate: Gate, unit: Unit, lists: Sequence[Listed]
) -> dict[tuple[str, str, str], tuple[int, ListEntry]]:
    """Return what stands on lists by list, entry and digest."""
    return {
        (one.name, entry.reference, entry_digest(entry)): (one.id, entry)
        for one in lists
        for entry in gate.screening.entries(unit, one)
    }


def _compared(
    gate: Gate, unit: Unit, firms: Mapping[int, str]
) -> list[tuple[int, list[Compared], list[Reason]]]:
    """Return firms as they are compared: number, who is compared, and faults of records."""
    records = screened_records(unit, list(firms.values()), SCREENED)
    wanted = [one.id for firm in firms.values() for one in records.get(firm, ())]
    contents = record_contents(unit, wanted)
    countries = gate.countries(unit, list(firms))
    return [
        (number, *compared_of(records.get(firm, ()), contents, countries.get(number, "")))
        for number, firm in firms.items()
    ]
