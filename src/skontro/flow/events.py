# SPDX-License-Identifier: Apache-2.0
"""Events: what happened, written in the same unit of work, told later to whoever wants to know.

An event names obligations by number and things by id, no more; what a participant is told of it is
made when its deliveries are written, and is about its own rows alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from skontro.core.digest import canonical_json
from skontro.flow.times import as_text
from skontro.gate.verdicts import RELEASED
from skontro.store.database import Unit
from skontro.store.rows import insert_rows
from skontro.store.schema import outbox

if TYPE_CHECKING:
    from skontro.flow.house import House

EVENTS: dict[str, str] = {
    "obligation.registered": "one party said what is owed",
    "obligation.confirmed": "both parties stand by it",
    "obligation.disputed": "a party disputes it",
    "obligation.withdrawn": "it was taken back",
    "obligation.held": "it is in house review",
    "obligation.cleared": "a final run set it off, wholly or in part",
    "cycle.opened": "a cycle was opened",
    "cycle.cut_off": "what is in a cycle is frozen",
    "cycle.preliminary": "the preliminary run is there, and the correction window open",
    "cycle.irrevocable": "the correction window is closed",
    "cycle.final": "the final run is published",
    "cycle.closed": "a cycle is over",
    "notice.ready": "a set-off notice can be fetched",
    "payment.due": "a pay-in is called",
    "payment.paid": "a payment to the participant left",
}
"""What participants can be told."""

HOUSES_OWN: dict[str, str] = {"act.waiting": "an act waits for a second person"}
"""What happens in the house alone: written down, and told to nobody outside."""

OF_STEPS = {
    "cut_off": "cycle.cut_off", "preliminary": "cycle.preliminary",
    "irrevocable": "cycle.irrevocable", "final": "cycle.final", "instruct": "payment.due",
    "close": "cycle.closed",
}  # fmt: skip
"""What steps of a cycle are as events; ``cycle.final`` is told as what was cleared and which
notices are ready as well."""

OF_OBLIGATIONS = {
    "confirm": "obligation.confirmed", "dispute": "obligation.disputed",
    "withdraw": "obligation.withdrawn",
}  # fmt: skip
"""What happens to single obligations, as events."""

MOST_NAMED = 1000
"""How many obligations one event names."""
Row = tuple[Any, dict[str, Any]]


class Events:
    """What happens in a house."""

    def __init__(self, house: House) -> None:
        self.house = house

    def row(self, kind: str, **content: Any) -> Row:
        """Return an event as a row of the outbox, to be written with others.

        Args:
            kind: One of :data:`EVENTS` or :data:`HOUSES_OWN`.
            content: What it happened to: numbers and ids.
        """
        if kind not in EVENTS and kind not in HOUSES_OWN:
            raise KeyError(kind)
        return outbox, {"kind": kind, "content": canonical_json(content).decode(),
                        "at": as_text(self.house.wall.now())}  # fmt: skip

    def note(self, unit: Unit, kind: str, **content: Any) -> None:
        """Write an event within the unit of work of what happened."""
        insert_rows(unit, self.row(kind, **content))

    def of_new(self, number: int, outcome: str) -> list[Row]:
        """Return the events of a new obligation: that one party said it, and of a hold.

        Args:
            number: The obligation.
            outcome: Of the gate's verdict on it.
        """
        found = [self.row("obligation.registered", obligations=[number])]
        if outcome != RELEASED:
            found.append(self.row("obligation.held", obligations=[number]))
        return found

    def joined(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows of a unit of work with one event of each kind instead of one an obligation.

        Args:
            rows: Rows of any tables, of at most :data:`MOST_NAMED` obligations.
        """
        others, numbers = list[Row](), dict[str, list[int]]()
        for table, values in rows:
            if table is outbox:
                some = json.loads(values["content"])["obligations"]
                numbers.setdefault(values["kind"], []).extend(some)
            else:
                others.append((table, values))
        return others + [self.row(kind, obligations=some) for kind, some in numbers.items()]

    def of_obligations(self, unit: Unit, kind: str, numbers: Iterable[int]) -> None:
        """Write that something happened to obligations, a row for each thousand."""
        many = np.asarray(numbers).tolist()
        for start in range(0, len(many), MOST_NAMED):
            self.note(unit, kind, obligations=many[start : start + MOST_NAMED])
