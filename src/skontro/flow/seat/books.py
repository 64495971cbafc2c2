# SPDX-License-Identifier: Apache-2.0
"""Results, settlement, journal and papers, from a seat."""

from __future__ import annotations

import json
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from skontro.core.errors import Conflict, NoSuchFile
from skontro.flow.paper_sets import NAMES, set_path
from skontro.flow.results import firm_rows
from skontro.flow.seat import Part
from skontro.flow.seat.firms import no_such_firm
from skontro.house.roles import OF_GATE, Scope
from skontro.messages.papers import Paper
from skontro.store.books import entries_page, firms_seen, money_of_firm, postings_of
from skontro.store.cycles import last_run
from skontro.store.obligations import find_firms
from skontro.store.rows import find_all
from skontro.store.schema import participant

PAGE_BYTES = 120_000
"""How much a page of the journal says at most, roughly, but for an entry that says more alone."""
_LINE_BYTES = 80

PAPERS = ("set-off notice", "account statement", "default notice")
"""Papers of a firm."""

MONEY_STEPS = ("instruct", "missed", "plan", "settle")
"""Steps of a cycle's money that a person takes; recasts and releases take two."""


class BookSeat(Part):
    """What came of cycles, in money and on paper."""

    # ---- results -----------------------------------------------------------------------------

    def results(self, cycle: str, *, after: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """Return what the final run of a cycle came to, firm by firm, in minor units.

        Before it is published the house alone sees the preliminary one; participants see the
        final one, of their own.

        Args:
            cycle: Which.
            after: From after this row on.
            most: How many at most.

        Returns:
            Rows with their ``row`` number.
        """
        scope = self.reading("runs.read", f"cycle {cycle}")
        self.check_period(scope, cycle)
        kinds = ["final", "preliminary"] if scope.everything else ["final"]
        with self.house.database.read() as unit:
            _ = self.house.cycles._row(unit, cycle)
            mine = firms_seen(unit)
            with self.house.database.widened("papers", unit):
                found = next((one for one in (last_run(unit, cycle, [kind]) for kind in kinds)
                              if one is not None), None)  # fmt: skip
            sides = {row.id: row.side for row in find_all(unit, participant)}
        if found is None:
            raise Conflict(f"cycle {cycle} has no final run yet", code="NotPublished",
                           next_step="wait for the final run")  # fmt: skip
        rows = firm_rows(self.house, found)
        seen = [
            row for row in rows
            if row["participant"] in mine
            and scope.reaches(row["participant"], sides.get(row["participant"], ""))
        ]  # fmt: skip
        numbered = [row | {"row": place, "kind": found.kind} for place, row in enumerate(seen, 1)]
        return [row for row in numbered if row["row"] > after][:most]

    # ---- settlement --------------------------------------------------------------------------

    def board(self, cycle: str) -> dict[str, Any]:
        """Return how the settlement of a cycle stands, side by side, as far as one may see.

        Raises:
            NoSuchFile: One sees no side: ask for the money of one's own firm.
        """
        scope = self.reading("settlement.read", f"cycle {cycle}")
        if not scope.everything and not scope.sides:
            raise NoSuchFile("the board is the house's", code="NoSuchPage",
                             next_step="see the money of one's own firm")  # fmt: skip
        self.check_period(scope, cycle)
        reach = self.house.database.reach
        with self.house.database.widened("board"):
            found = self.house.settlement.board(cycle)
        seen = scope.sides
        if "sides" in reach.words:
            seen = frozenset(reach.sides) if scope.everything else seen & set(reach.sides)
        if not scope.everything or "sides" in reach.words:
            found["sides"] = [one for one in found["sides"] if one["side"] in seen]
            border = found["border"]
            for name in ("positions", "sides"):
                border[name] = [one for one in border[name] if one["side"] in seen]
            border["hard"] = [
                one for one in border["hard"]
                if {one["debtor_side"], one["creditor_side"]} & seen
            ]  # fmt: skip
        return found

    def money_of(self, cycle: str, firm: str) -> dict[str, Any]:
        """Return what a firm pays in and is paid out in a cycle.

        Raises:
            NoSuchFile: There is no such firm within what one may see, or no such cycle.
        """
        scope = self.reading("settlement.read", f"participant {firm}")
        self._check_firm(scope, firm)
        self.check_period(scope, cycle)
        with self.house.database.read() as unit:
            return {"cycle": cycle, "participant": firm} | money_of_firm(unit, firm, cycle)

    def suspense(self) -> list[dict[str, Any]]:
        """Return money that is nobody's yet."""
        scope = self.reading("settlement.read", "suspense")
        return [one for one in self.house.settlement.suspense()
                if (scope.everything or one["side"] in scope.sides)
                and scope.covers_day(one["noted_at"])]  # fmt: skip

    def money_step(self, cycle: str, step: str) -> dict[str, Any]:
        """Take a step of a cycle's money: one of :data:`MONEY_STEPS`; return the board."""
        with self.doing("settlement.work", f"cycle {cycle}: {step}") as doing:
            doing.before = {"state": self.house.cycles.show(cycle)["state"]}
            getattr(self.house.settlement, step)(cycle, person=self.person)
            doing.after = {"state": self.house.cycles.show(cycle)["state"]}
        return self.house.settlement.board(cycle)

    # ---- journal -----------------------------------------------------------------------------

    def journal(
        self, *, after: int = 0, most: int = 100, cycle: str = "", kind: str = "",
        newest_first: bool = False,
    ) -> tuple[list[dict[str, Any]], bool]:  # fmt: skip
        """Return entries by number with their lines, and whether there may be more.

        A page ends where it would grow heavy: a final run has a line for each firm.

        Who looks at some sides sees the lines on accounts of these and of their firms, and not
        what else an entry says.

        Args:
            after: From after this number on.
            most: How many at most.
            cycle: Of this cycle alone.
            kind: Of this kind alone.
            newest_first: In falling order.
        """
        scope = self.reading("journal.read", f"journal from {after}")
        hidden = () if self.actor.may("gate.read") else OF_GATE
        with self.house.database.read() as unit:
            rows = entries_page(
                unit, after=after, most=most, cycle=cycle, kind=kind,
                days=(scope.from_day, scope.until_day), but=hidden,
                newest_first=newest_first,
            )  # fmt: skip
            lines = postings_of(unit, [row.number for row in rows])
            sides = {row.id: row.side for row in find_all(unit, participant)}
        found, size = list[dict[str, Any]](), 0
        for row in rows:
            one = self._entry(row, lines[row.number], scope, sides)
            said = len(row.content) if one["content"] else 0
            size += said + _LINE_BYTES * len(one["postings"])
            if found and size > PAGE_BYTES:
                return found, True
            found.append(one)
        return found, len(rows) == most

    def _entry(self, row: Any, lines: Any, scope: Scope, sides: dict[str, str]) -> dict[str, Any]:
        def is_seen(code: str) -> bool:
            whose = [*code.split(":"), ""][1]
            return scope.everything or whose in scope.sides or sides.get(whose) in scope.sides

        content = json.loads(row.content) if scope.everything or not scope.sides else {}
        return {
            "number": row.number, "kind": row.kind, "cycle": row.cycle, "act": row.act_id,
            "business_day": row.business_day, "at": row.at, "hash": row.hash,
            "content": content,
            "postings": [
                {"account": code, "currency": currency, "amount_minor": amount}
                for code, currency, amount in lines if is_seen(code)
            ],
        }  # fmt: skip

    def check_journal(self) -> dict[str, Any]:
        """Check the whole journal: chain, balances, seals and signatures."""
        self.reading("journal.verify")
        with self.house.database.widened("checking"):
            verdict = self.house.journal.verify()
            number, digest = self.house.journal.head()
        return {"ok": verdict.ok, "entry": number, "hash": digest}

    # ---- papers ------------------------------------------------------------------------------

    def paper(self, kind: str, firm: str, cycle: str) -> Paper:
        """Return a paper of a firm: one of :data:`PAPERS`, signed by the house.

        Raises:
            NoSuchFile: There is no such firm within what one may see.
        """
        scope = self.reading("papers.read", f"{kind} of {firm}")
        self._check_firm(scope, firm)
        said = self.house.statements
        if kind == "default notice":
            self._check_default(scope, firm)
        else:
            self.check_period(scope, cycle)
        of_cycle = {"set-off notice": said.set_off_notice,
                    "account statement": said.account_statement}  # fmt: skip
        with self.house.database.widened("papers"):
            if kind == "default notice":
                return said.default_notice(firm)
            return of_cycle[kind](cycle, firm)

    def paper_file(self, kind: str, firm: str, cycle: str, form: str) -> bytes:
        """Return a paper of a firm as a file, in the firm's own language: pdf, json, csv, xlsx."""
        files, made = self.house.paper_files, self.paper(kind, firm, cycle)
        with self.house.database.widened("papers"):
            return files.as_form(made, form, files.language_of(firm))

    def report(self, kind: str, cycle: str) -> Paper:
        """Return a paper of the house: ``report`` of a cycle, or ``publication`` of its run."""
        scope = self.reading("reports.read", f"{kind} of cycle {cycle}")
        if scope.sides and not scope.everything:
            raise NoSuchFile("the house's papers are of all its sides", code="NoSuchPage")
        self.check_period(scope, cycle)
        said = self.house.statements
        self._check_whole()
        with self.house.database.widened("papers"):
            return said.house_report(cycle) if kind == "report" else said.publication(cycle)

    def package(self, cycle: str, firm: str) -> bytes:
        """Return a firm's package of a published run, as a zip file."""
        scope = self.reading("papers.read", f"package of {firm}")
        self._check_firm(scope, firm)
        self.check_period(scope, cycle)
        with tempfile.TemporaryDirectory(prefix="skontro-package-") as name:
            place = Path(name) / "packages"
            with self.house.database.widened("papers"):
                self.house.statements.save_packages(cycle, place, [firm])
            mine = next((place / "participants").iterdir(), None)
            if mine is None:
                raise NoSuchFile(f"{firm} is not in the run", code="NoSuchParticipant")
            kept = BytesIO()
            with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as file:
                for path in sorted(mine.rglob("*")):
                    if path.is_file():
                        file.write(path, str(path.relative_to(mine)))
        return kept.getvalue()

    def paper_sets(self, cycle: str) -> list[dict[str, Any]]:
        """Return which papers of all firms of a cycle were made as one file, or are being made.

        Raises:
            NoSuchFile: One sees some firms only, or there is no such cycle.
        """
        self._check_all_firms(f"papers of cycle {cycle}", cycle)
        found = []
        for name in NAMES:
            job = self.house.jobs.newest("papers.write", f"{cycle}: {name}")
            found.append({
                "name": name, "is_there": set_path(self.house, cycle, name).is_file(),
                "job": None if job is None else job["number"],
                "state": "" if job is None else job["state"],
                "made_at": "" if job is None else job["ended_at"],
            })  # fmt: skip
        return found

    def paper_set(self, cycle: str, name: str) -> Path:
        """Return the file of all firms' papers of a cycle.

        Raises:
            NoSuchFile: One sees some firms only, or it was not made yet.
        """
        self._check_all_firms(f"{name} of cycle {cycle}", cycle)
        if name.startswith("report"):
            self.reading("reports.read", f"{name} of cycle {cycle}")
        path = set_path(self.house, cycle, name)
        if not path.is_file():
            raise NoSuchFile(f"{name} of cycle {cycle} were not made yet",
                             next_step="have them made")  # fmt: skip
        return path

    def _check_all_firms(self, subject: str, cycle: str) -> None:
        scope = self.reading("papers.read", subject)
        if not scope.everything:
            raise NoSuchFile("these are the papers of all firms", code="NoSuchPage",
                             next_step="see those of one's own firm")  # fmt: skip
        self.check_period(scope, cycle)
        self._check_whole()

    def _check_default(self, scope: Scope, firm: str) -> None:
        """Refuse a default that was opened beyond an auditor's period, like one that is none."""
        opened = [one["opened_at"] for one in self.house.defaults.cases() if one["id"] == firm]
        if opened and not scope.covers_day(opened[-1]):
            raise NoSuchFile(f"{firm} is not in default", code="NoDefault")

    def _check_firm(self, scope: Scope, firm: str) -> None:
        with self.house.database.read() as unit:
            row, mine = find_firms(unit, [firm]).get(firm), firms_seen(unit)
        if row is None or not scope.reaches(row.id, row.side) or firm not in mine:
            raise no_such_firm(firm)

    def _check_whole(self) -> None:
        """Refuse whoever sees some firms only, by the wall."""
        with self.house.database.read() as unit:
            if firms_seen(unit) < {row.id for row in find_all(unit, participant)}:
                raise NoSuchFile("the house's papers are of all its firms", code="NoSuchPage")
