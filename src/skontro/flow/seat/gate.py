# SPDX-License-Identifier: Apache-2.0
"""The gate, from a seat of compliance; to everybody else there is house review, and no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from skontro.core.errors import Forbidden
from skontro.flow.case_reports import exposure, exposure_of_goods
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

    def cases(
        self, states: Sequence[str] = ("open",), *, after: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return cases in some states, the oldest first, from after a number on."""
        self.reading("gate.read", "cases")
        return self.house.cases.work_list(self._person(), self._key(), states=states, after=after,
                                          most=most)  # fmt: skip

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

    # ---- what it judges by besides, and what an alert reaches --------------------------------

    def licences(self) -> list[dict[str, Any]]:
        """Return the licences with what is reserved, used and left of each."""
        self._check("licences")
        return self.house.licences.table()

    def licence(self, number: str) -> dict[str, Any]:
        """Return a licence with who gave it, its versions, and what was taken of it."""
        self.reading("gate.read", f"licence {number}")
        return self.house.licences.show(number, self._person(), self._key())

    def customs(self) -> list[dict[str, Any]]:
        """Return the files of every side's customs, oldest first."""
        self._check("customs")
        return self.house.customs.table()

    def flags(self, *, after: int = 0, most: int = 50) -> list[dict[str, Any]]:
        """Return the flags that wait for a decision, the oldest first, from after a case on."""
        self.reading("gate.read", "flags")
        return self.house.red_flags.table(self._person(), self._key(), after=after, most=most)

    def held(self, *, after: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """Return what waits and is held for its goods, papers, licences, declaration or a flag, by
        number, from after a number on."""
        self.reading("gate.read", "held")
        return self.house.authorities.held(self._person(), self._key(), after=after, most=most)

    def exposure(self, firm: str) -> dict[str, Any]:
        """Return what a firm's alert reaches: what it owes and is owed, is final and was paid."""
        self.reading("gate.read", f"participant {firm}")
        return exposure(self.house, firm, self._person(), self._key())

    def exposure_of_goods(self, cycle: str) -> dict[str, Any]:
        """Return what the gate no longer releases of what is final in a cycle."""
        self.reading("gate.read", f"cycle {cycle}")
        return exposure_of_goods(self.house, cycle, self._person(), self._key())

    def counterfactual(self, cycle: str, without: str) -> dict[str, Any]:
        """Return a published run beside the one that a party's held obligations would have made."""
        from skontro.flow.counterfactual import counterfactual

        self.reading("gate.read", f"cycle {cycle} without {without}")
        return counterfactual(self.house, cycle, without, self._person(), self._key())

    def _check(self, subject: str) -> None:
        self.reading("gate.read", subject)
        self.house.cases.check_reader(self._person(), self._key())

    def _key(self) -> Draft:
        return Draft(self.actor.public_key)

    def _person(self) -> str:
        if not self.actor.person:
            raise Forbidden("the gate is for people, not for programs", code="BeyondRights")
        return self.actor.person
