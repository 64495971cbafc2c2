# SPDX-License-Identifier: Apache-2.0
"""The frozen set of a cycle: what was entered and has not left, hashed, with firms and fixing.

A set is read once and kept for the steps that follow in the same process. Nothing enters a cycle
after its cut-off and what left stays out, by the guards of the database; so a set that is kept is
the one that stands as long as there are as many members, and that is asked each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import invariant
from skontro.house.rules import HouseRules
from skontro.store.cycles import (
    Firms,
    Members,
    count_members,
    firm_columns,
    left_open,
    staying_members,
)
from skontro.store.database import Unit
from skontro.store.rows import find
from skontro.store.schema import fixing

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]

_AT_ONCE = 1 << 17
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@dataclass(frozen=True, eq=False)
class FrozenSet:
    """What a run is made from.

    Attributes:
        digest: Of the members, hexadecimal.
        members: What is in it, by number.
        firms: Every firm, by number.
        rates: The fixing as (unit, rates by currency), or None.
        rules: Those the cycle was opened under: what two people change since is for later ones.
        left_minor: What is open now of each member, in a recast.
    """

    digest: str
    members: Members
    firms: Firms
    rates: tuple[str, dict[str, str]] | None
    rules: HouseRules
    left_minor: Int64 | None = None

    def __len__(self) -> int:
        return len(self.members)

    def without(self, numbers: Sequence[int]) -> FrozenSet:
        """Return the set of a recast that places no money on some members.

        Args:
            numbers: Which, by number.
        """
        invariant(self.left_minor is not None, "members are left out of a recast alone")
        left = np.array(self.left_minor)
        left[np.isin(self.members.number, list(numbers))] = 0
        return replace(self, left_minor=left)

    @cached_property
    def ids(self) -> dict[int, str]:
        """The id of each firm by its number."""
        return dict(zip(self.firms.number.tolist(), self.firms.id.to_pylist(), strict=True))


class FrozenSets:
    """The members of the cycle under way, kept between steps. See the module."""

    def __init__(self) -> None:
        self._kept: tuple[str, Members, str] | None = None

    def members(self, unit: Unit, cycle: str) -> tuple[Members, str]:
        """Return what is in a cycle, and its digest."""
        kept = self._kept
        if kept is not None and kept[0] == cycle:
            _, members, digest = kept
            if count_members(unit, cycle) == len(members):
                return members, digest
        return self.keep(unit, cycle, staying_members(unit, cycle))

    def forget(self) -> None:
        """Keep nothing any more: the cycle is closed."""
        self._kept = None

    def keep(self, unit: Unit, cycle: str, members: Members) -> tuple[Members, str]:
        """Keep what is in a cycle, once it is true, and return it with its digest."""
        found = (cycle, members, members_digest(members))

        def remember() -> None:
            self._kept = found

        if unit.is_reading:
            remember()
        else:
            unit.after.append(remember)
        return found[1:]


def members_digest(members: Members) -> str:
    """Return the digest of a frozen set: number, open amount and content of each member."""
    digest = hashlib.sha256(b"skontro.set/1\n")
    for start in range(0, len(members), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        texts = [
            pc.cast(pa.array(column[part]), pa.large_string())
            for column in (members.number, members.open_minor)
        ]
        lines = pc.binary_join_element_wise(
            *texts, _hexadecimal_lines(members.content_digest[part]),
            pa.scalar("\t", pa.large_string()),
        )
        digest.update(_text_of(lines))
    return digest.hexdigest()


def _hexadecimal_lines(digests: NDArray[np.uint8]) -> pa.Array:
    """Return each digest as hexadecimal digits and the end of a line."""
    count, width = digests.shape
    text = np.empty((count, 2 * width + 1), np.uint8)
    text[:, 0:-1:2], text[:, 1:-1:2], text[:, -1] = _HEX[digests >> 4], _HEX[digests & 15], 10
    offset = np.arange(count + 1, dtype=np.int64) * text.shape[1]
    return pa.Array.from_buffers(
        pa.large_string(), count, [None, pa.py_buffer(offset), pa.py_buffer(text)]
    )


def _text_of(texts: pa.LargeStringArray) -> memoryview:
    """Return texts one after the other."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)
    first, last = ends[texts.offset], ends[texts.offset + len(texts)]
    return memoryview(data)[first:last]


def frozen_set(house: House, unit: Unit, cycle: str, *, for_recast: bool = False) -> FrozenSet:
    """Load what is in a cycle, with its firms and its fixing.

    Args:
        house: The house.
        unit: A unit of work or a reading.
        cycle: The cycle.
        for_recast: Read what is open of the members now, too.
    """
    members, digest = house.cycles.sets.members(unit, cycle)
    declared = find(unit, fixing, cycle=cycle)
    rates = None if declared is None else (declared.unit, json.loads(declared.rates))
    left = left_open(unit, cycle) if for_recast else None
    rules = house.settlement.rules_of(unit, cycle)
    return FrozenSet(digest, members, firm_columns(unit), rates, rules, left)
