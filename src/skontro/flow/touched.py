# SPDX-License-Identifier: Apache-2.0
"""Which firms a change of the lists can touch.

The records of a million firms are not held all at once: they are read in portions, and several
processes compare these while the next ones are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from skontro.flow.owners import below
from skontro.flow.screening import SCREENED, InForce, Listed, subjects_of
from skontro.gate.entries import ListEntry
from skontro.gate.many import processes_allowed, share_pieces
from skontro.gate.matching import Matcher
from skontro.gate.parties import entry_digest
from skontro.gate.verdicts import is_of_everybody, read_reasons_text
from skontro.store.database import Unit
from skontro.store.register import commitment_of
from skontro.store.verdicts import Held, all_screened, reasoned_verdicts, sides_of_all

if TYPE_CHECKING:
    from skontro.flow.gate import Gate

PORTION = 1 << 14
"""About how many records are compared at a time."""


def touched_by(
    gate: Gate, unit: Unit, before: InForce, lists: Sequence[Listed]
) -> set[int]:
    """Return the firms whose verdict a change of the lists can change."""
    old, new = (_entries_by_content(gate, unit, which) for which in (before.lists, lists))
    touched = set[int]()
    gone = old.keys() - new.keys()
    for number, said in reasoned_verdicts(unit, "participant"):
        reasons = read_reasons_text(said)
        named = {(one.get("list"), one.get("entry"), one.get("entry_digest"))
                 for one in reasons}  # fmt: skip
        if is_of_everybody(reasons) or named & gone:
            touched.add(number)
    added = dict[int, list[ListEntry]]()
    for key in new.keys() - old.keys():
        list_id, entry = new[key]
        added.setdefault(list_id, []).append(entry)
    firms = sides_of_all(unit)
    if added and firms:
        of_side = {side.id: side.jurisdiction for side in gate.house.rules.sides}
        countries = {firm: of_side.get(side, "") for firm, (_, side) in firms.items()}
        found = share_pieces(
            comparing(Matcher(added), countries), all_screened(unit, SCREENED, PORTION),
            processes_allowed(),
        )  # fmt: skip
        touched.update(firms[firm][0] for some in found for firm in some if firm in firms)
    return touched | set(below(gate, unit, touched))


def comparing(
    matcher: Matcher, countries: Mapping[str, str]
) -> Callable[[Sequence[Held]], list[str]]:
    """Return what tells of a portion of records which firms an entry may be, or whose records are
    not what was committed to.

    Args:
        matcher: It has the entries.
        countries: Of each firm's side.
    """

    def compare(records: Sequence[Held]) -> list[str]:
        found = []
        for firm, rows in groupby(records, itemgetter(0)):
            own = list(rows)
            if is_quiet(matcher, own):
                continue
            subjects = subjects_of(own, countries.get(firm, ""))
            if subjects is None or any(matcher.screen_one(one).matches for one in subjects):
                found.append(firm)
        return found

    return compare


NUMBERS = frozenset(("lei", "tax_number", "registration_number"))


def is_quiet(matcher: Matcher, records: Sequence[Held]) -> bool:
    """Tell, with little work, that a firm has one name and numbers, is on no list by either, and
    that its records are what was committed to: most firms are so."""
    names, numbers = [], []
    for _, _, commitment, what, salt, content in records:
        if what == "name":
            names.append(content)
        elif what in NUMBERS:
            numbers.append(content)
        elif what != "founded":
            return False
        if commitment_of(salt, content) != commitment:
            return False
    return len(names) == 1 and matcher.is_quiet(names[0], numbers)


def _entries_by_content(
    gate: Gate, unit: Unit, lists: Sequence[Listed]
) -> dict[tuple[str, str, str], tuple[int, ListEntry]]:
    """Return what stands on lists by list, entry and digest."""
    return {
        (one.name, entry.reference, entry_digest(entry)): (one.id, entry)
        for one in lists
        for entry in gate.screening.entries(unit, one)
    }
