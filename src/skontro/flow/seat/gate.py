# SPDX-License-Identifier: Apache-2.0
"""The gate, from a seat of compliance; to everybody else there is house review, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Forbidden, Rejected
from skontro.flow.case_reports import exposure, exposure_of_goods, report_case
from skontro.flow.seat import Part, picked
from skontro.flow.times import as_text, read_instant
from skontro.flow.uploads import plain_name
from skontro.house.acts import Draft
from skontro.messages.papers import Paper

if TYPE_CHECKING:
    from skontro.flow.lists import Ready


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

    def report(self, number: int) -> Paper:
        """Return the report of a case to the authority, signed by the house; written down on it."""
        with self.doing("gate.read", f"report of case {number}") as doing:
            paper = report_case(self.house, number, self._person(), self._key())
            doing.after = {"reported": True}
        return paper

    # ---- what compliance takes in ------------------------------------------------------------

    @contextmanager
    def handed_in(self, file: str) -> Iterator[Path]:
        """Yield where a file is put that is handed in; it is there no longer than it is read.

        Args:
            file: What it is called; its ending counts for tables.

        Raises:
            Forbidden: They may not take anything in.
        """
        self.reading("gate.work", "a list or file of customs")
        self._person()
        with TemporaryDirectory(prefix="handed-in-", dir=self.house.folder) as folder:
            yield Path(folder) / plain_name(file)

    def read_list(self, path: Path, *, dated: str = "", name: str = "") -> Ready:
        """Read a list; nothing comes of it yet.

        Args:
            path: The file.
            dated: The day or time it is of, where the file itself does not say it.
            name: Which list, where the file does not say it.

        Raises:
            ListRefused: It is not taken; what was in force stays.
        """
        self.reading("gate.work", "lists")
        with self.widened("gate.work"):
            return self.house.lists.read(path, dated=read_instant(dated), name=name)

    def take_list(self, ready: Ready, source: str) -> dict[str, Any]:
        """Take a list that was read into force.

        Args:
            ready: The list.
            source: Where it came from.

        Returns:
            ``name``, ``version``, ``is_new``, ``dated``, ``invented``, how much is on it, ``notes``
            and ``days``: how old it may become before it holds everything.

        Raises:
            ListRefused: It is not taken; what was in force stays.
        """
        with self.doing("gate.work", f"list {ready.new.name}") as doing:
            done = self.house.lists.take(ready, _source(source))
            doing.after = {"version": done.number, "is_new": done.is_new}
        return {
            "name": done.name, "version": done.number, "is_new": done.is_new,
            "dated": as_text(done.dated), "invented": ready.new.invented, **done.counts,
            "notes": list(done.notes), "days": self.house.rules.list_limit_days,
        }  # fmt: skip

    def draft_smaller(self, ready: Ready, source: str) -> dict[str, Any]:
        """Draft the act by which two people let in a list that lost more than the house's share.

        Args:
            ready: The list.
            source: Where it came from.
        """
        self.reading("gate.work", f"list {ready.new.name}")
        acts = self.seat.acts
        with acts.doing("acts.make", "draft list.smaller") as doing:
            number = self.house.lists.propose_ready(
                ready, self._person(), self._key(), source=_source(source)
            )
            doing.after = {"act": number}
            return acts.show(number)

    def take_customs(
        self, path: Path, side: str, *, source: str, dated: str = ""
    ) -> dict[str, Any]:
        """Take a file of a side's customs into force: see ``Customs.import_file``.

        Args:
            path: The file.
            side: Whose customs made it.
            source: Where it came from.
            dated: The day or time it is of; now if empty.
        """
        with self.doing("gate.work", f"customs of side {side}") as doing:
            found = self.house.customs.import_file(
                path, side, self._person(), self._key(), source=_source(source),
                dated=read_instant(dated),
            )  # fmt: skip
            doing.after = picked(found, "file", "is_new", "declarations")
        return found

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


def _source(text: str) -> str:
    """Return where something came from, which must be said."""
    if not text.strip():
        raise Rejected("it is not said where it comes from", code="InvalidOptions",
                       next_step="name the source, such as the authority's site")  # fmt: skip
    return text.strip()
