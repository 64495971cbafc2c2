# SPDX-License-Identifier: Apache-2.0
"""The gate, from a seat of compliance; to everybody else there is house review, and no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from skontro.core.errors import Forbidden
from skontro.flow.seat import Part, picked
from skontro.house.acts import Draft


class GateSeat(Part):
    """Lists, packs and cases.

    Besides the role, a case takes the person's own right to read or decide cases.
    """

    def lists(self) -> list[dict[str, Any]]:
        """Return the lists in force and those that are missing."""
        self.reading("gate.read", "lists")
        return self.house.lists.table()

    def setting(self) -> dict[str, Any]:
        """Return what the gate judges by now."""
        self.reading("gate.read", "setting")
        return picked(self.house.gate.settings(), "setting", "digest", "made_at", "words")

    def packs(self) -> list[dict[str, Any]]:
        """Return the packs of the sides."""
        self.reading("gate.read", "packs")
        return [
            {name: value for name, value in one.items() if name != "content"}
            for one in self.house.goods.packs()
        ]

    def cases(self, states: Sequence[str] = ("open",)) -> list[dict[str, Any]]:
        """Return cases in some states, the oldest first."""
        self.reading("gate.read", "cases")
        return self.house.cases.work_list(self._person(), self._key(), states=states)

    def case(self, number: int) -> dict[str, Any]:
        """Return a case with its evidence, its history and the acts on it that wait."""
        self.reading("gate.read", f"case {number}")
        found = self.house.cases.show(number, self._person(), self._key())
        return dict(json.loads(json.dumps(found, default=str)))

    def note(self, number: int, text: str) -> dict[str, Any]:
        """Write something down on a case."""
        with self.doing("gate.work", f"case {number}") as doing:
            self.house.cases.note(number, text, self._person(), self._key())
            doing.after = {"noted": True}
        return self.case(number)

    def _key(self) -> Draft:
        return Draft(self.actor.public_key)

    def _person(self) -> str:
        if not self.actor.person:
            raise Forbidden("the gate is for people, not for programs", code="BeyondRights")
        return self.actor.person
