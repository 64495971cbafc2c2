# SPDX-License-Identifier: Apache-2.0
"""The participants, from a seat."""

from __future__ import annotations

from typing import Any

from skontro.core.errors import NoSuchFile
from skontro.flow.seat import Part, picked
from skontro.store.rows import find, find_all
from skontro.store.schema import participant


def no_such_firm(firm: str) -> NoSuchFile:
    """Return the refusal of a firm that is none, or beyond what one may see."""
    return NoSuchFile(f"there is no participant {firm!r}", code="NoSuchParticipant",
                      next_step="list them")  # fmt: skip


class FirmSeat(Part):
    """Which firms there are, and what the house knows of them."""

    def table(
        self, *, after: int = 0, most: int = 100, side: str = "", state: str = ""
    ) -> list[dict[str, Any]]:
        """Return firms by number: id, side, currency, consent, state; names where one may.

        Args:
            after: From after this number on.
            most: How many at most.
            side: Only of this side.
            state: Only in this state.
        """
        scope = self.reading("participants.list")
        sees_names = self.actor.may("participants.read")
        names_of = self.actor.scope("participants.read") if sees_names else None
        wanted: dict[str, Any] = {
            name: value for name, value in (("side", side), ("state", state)) if value
        }
        found = list[dict[str, Any]]()
        with self.house.database.read() as unit:
            names = self.house.participants.names(unit)
            for row in find_all(unit, participant, order=["number"], **wanted):
                is_seen = scope.everything or row.side in scope.sides
                if row.number <= after or not is_seen or len(found) == most:
                    continue
                shows = names_of is not None and names_of.reaches(row.id, row.side)
                found.append(_shown(row) | ({"name": names.get(row.id, "")} if shows else {}))
        return found

    def show(self, firm: str) -> dict[str, Any]:
        """Return what the house knows of a firm, names and accounts included.

        Raises:
            NoSuchFile: There is none of that id within what one may see.
        """
        scope = self.reading("participants.read", f"participant {firm}")
        with self.house.database.read() as unit:
            row = find(unit, participant, id=firm)
        if row is None or not scope.reaches(firm, row.side):
            raise no_such_firm(firm)
        known = self.house.participants.show(firm)
        told = picked(known, "agreements", "accounts", "agents")
        return _shown(row) | told | {"records": known["register"]}


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "number": row.number, "side": row.side,
        "home_currency": row.home_currency,
        "accepts_conversion": bool(row.accepts_conversion), "state": row.state,
        "version": row.version, "since": row.since,
    }  # fmt: skip
