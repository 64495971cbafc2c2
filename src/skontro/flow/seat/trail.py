# SPDX-License-Identifier: Apache-2.0
"""One obligation from its document to its postings, from a seat of the house or an auditor's.

Each part is what the actor reaches: of the other party, where it is of a side beyond that, neither
money nor postings nor papers; of the gate, that it released or is in house review, and never why.
"""

from __future__ import annotations

from typing import Any

from skontro.core.errors import Conflict
from skontro.flow.runs import published_root, read_archived_result
from skontro.flow.seat import Part, picked
from skontro.flow.verification import verify_cycle
from skontro.gate.verdicts import RELEASED
from skontro.house.roles import GATE_ACTS, Scope
from skontro.messages.commitment import HouseResult, Leaf
from skontro.store.books import firms_seen, money_of_firm, postings_of
from skontro.store.cycles import last_run
from skontro.store.database import Unit
from skontro.store.documents import documents_of
from skontro.store.obligations import find_firms, firms_by_number
from skontro.store.rows import find, find_all
from skontro.store.schema import act, approval, run
from skontro.store.trail import (
    border_legs_between,
    discharges_of,
    entries_touching,
    memberships,
    seals_of,
    verdicts_of,
)

_DOCUMENT = ("id", "kind", "number", "syntax", "carrier", "content_digest", "original_digest",
             "original_bytes", "currency", "payable_minor", "filed_at")  # fmt: skip


class TrailSeat(Part):
    """What can be followed: an obligation, the path of a row, the check of a cycle."""

    def show(self, number: int) -> dict[str, Any]:
        """Return everything that was said, judged, run, paid and posted of an obligation.

        Returns:
            ``obligation``, ``documents``, ``registrations``, ``events``, ``verdicts``, ``cycles``,
            ``runs``, ``money``, ``borders``, ``entries``, ``seals`` and ``papers``.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("trails.read", f"obligation {number}")
        shown = self.seat.obligations._show(number, scope)
        full = self.house.obligations.show(number)
        with self.house.database.read() as unit:
            firms = find_firms(unit, (full["debtor"], full["creditor"]))
            reached = {one.id: one for one in firms.values() if scope.reaches(one.id, one.side)}
            entered = [one for one in memberships(unit, number)
                       if scope.covers_day(one.business_day)]  # fmt: skip
            cycles = [one.cycle for one in entered]
            with self.house.database.widened("papers", unit):  # of an obligation that was seen
                held_acts = self._acts_of_gate(unit, full["events"])
                verdicts = verdicts_of(unit, number)
                runs = self._runs(unit, number, cycles, full["currency"])
            documents = documents_of(unit, [number]).get(number, [])
            return {
                "obligation": shown | picked(full, "content_digest"),
                "documents": [picked(one._mapping, *_DOCUMENT) for one in documents],
                "registrations": [
                    picked(one, "sender", "reference", "filing", "amount_minor")
                    | picked(full, "currency")
                    for one in full["registrations"]
                ],
                "events": self._events(unit, full, held_acts),
                "verdicts": [
                    {"number": one.id, "at": one.judged_at,
                     "said": "released" if one.outcome == RELEASED else "house review"}
                    for one in verdicts
                ],
                "cycles": [
                    picked(one._mapping, "cycle", "state", "business_day", "open_minor",
                           "left_why", "verdict_id") | picked(full, "currency")
                    for one in entered
                ],
                "runs": runs,
                "money": [
                    {"cycle": name, "participant": firm} | money_of_firm(unit, firm, name)
                    for name in cycles for firm in sorted(reached)
                ],
                "borders": [
                    dict(one._mapping) | {"currency": self.house.unit}
                    for one in border_legs_between(
                        unit, cycles, sorted({one.side for one in firms.values()}))
                    if scope.everything or one.side in scope.sides
                ],
                "entries": self._entries(unit, full, cycles, reached, scope),
                "seals": [dict(one._mapping) for one in seals_of(unit, cycles)
                          if scope.covers_day(one.business_day)],
                "papers": [
                    {"cycle": one.cycle, "participant": firm, "kind": kind}
                    for one in entered if one.state not in ("open", "entered", "correcting",
                                                            "irrevocable")
                    for firm in sorted(reached)
                    for kind in ("set-off notice", "account statement", "package")
                ],
            }  # fmt: skip

    def _events(
        self, unit: Unit, full: dict[str, Any], held_acts: set[int]
    ) -> list[dict[str, Any]]:
        events = full["events"]
        numbers = {one["by_participant"] for one in events if one["by_participant"] is not None}
        ids = {row.number: row.id for row in firms_by_number(unit, numbers)} if numbers else {}
        return [
            picked(one, "event", "at", "amount_minor") | {
                "currency": full["currency"],
                "by": ids.get(one["by_participant"], ""),
                "person": "" if one["act_id"] in held_acts else one["person"] or "",
                "act": None if one["act_id"] in held_acts else one["act_id"],
            }
            for one in events
        ]

    def _acts_of_gate(self, unit: Unit, events: list[dict[str, Any]]) -> set[int]:
        """Return the acts behind events that nobody sees but compliance."""
        numbers = sorted({one["act_id"] for one in events if one["act_id"] is not None})
        if not numbers or self.actor.may("gate.read"):
            return set()
        return {row.id for row in find_all(unit, act, id=numbers) if row.kind in GATE_ACTS}

    def _runs(
        self, unit: Unit, number: int, cycles: list[str], currency: str
    ) -> list[dict[str, Any]]:
        found = []
        for one in discharges_of(unit, number):
            if one.cycle not in cycles:
                continue
            root = ""
            if one.kind == "final":
                root = published_root(self.house, find(unit, run, id=one.id))[0]
            signed = find(unit, act, id=one.published_act)
            checked = find(unit, approval, act_id=one.published_act)
            found.append(
                picked(one._mapping, "cycle", "kind", "number", "ran_at", "result_digest",
                       "before_minor", "set_off_minor", "planned_minor")
                | {"left_minor": one.before_minor - one.set_off_minor - one.planned_minor,
                   "currency": currency, "root": root, "act": one.published_act,
                   "maker": signed.maker, "checker": checked.checker}
            )  # fmt: skip
        return found

    def _entries(
        self, unit: Unit, full: dict[str, Any], cycles: list[str], reached: dict[str, Any],
        scope: Scope,
    ) -> list[dict[str, Any]]:  # fmt: skip
        if not cycles or not self.actor.may("journal.read"):
            return []
        code = full["currency"]
        codes = [f"{kind}:{firm}:{code}" for kind, firm in
                 (("payable", full["debtor"]), ("receivable", full["creditor"]))
                 if firm in reached]  # fmt: skip
        if not codes:
            return []
        rows = entries_touching(unit, cycles, codes, (scope.from_day, scope.until_day))
        lines = postings_of(unit, [row.number for row in rows])
        return [
            picked(row._mapping, "number", "kind", "cycle", "business_day", "at", "hash")
            | {"act": row.act_id, "postings": [
                {"account": account, "currency": currency, "amount_minor": amount}
                for account, currency, amount in lines[row.number] if account in codes
            ]}
            for row in rows
        ]  # fmt: skip

    # ---- the path to the root ----------------------------------------------------------------

    def path(self, number: int, cycle: str) -> dict[str, Any]:
        """Return where an obligation lies under the published root of a cycle's final run.

        Returns:
            ``root``, ``leaves``, and for each party within reach its ``leaf``: its name, its hash,
            the digest of its rows and the ``path`` of hashes beside the way up, from below. Levels
            and salts are in the party's package.

        Raises:
            Conflict: It was in no final run of that cycle.
        """
        scope = self.reading("trails.read", f"obligation {number}, cycle {cycle}")
        row = self.seat.obligations._check_seen(number, scope)
        self.check_period(scope, cycle)
        with self.house.database.read() as unit:
            mine = firms_seen(unit)
            with self.house.database.widened("papers", unit):
                final = last_run(unit, cycle, ["final"])
                inside = any(one.cycle == cycle and one.kind == "final" for one in
                             discharges_of(unit, number))  # fmt: skip
            firms = find_firms(unit, (row["debtor"], row["creditor"]))
        if final is None or not inside:
            raise Conflict(
                f"obligation {number} was in no final run of cycle {cycle}", code="NotPublished",
                next_step="see which cycles it entered",
            )
        result = read_archived_result(self.house, final)
        wanted = {one.id for one in firms.values()
                  if scope.reaches(one.id, one.side) and one.id in mine}  # fmt: skip
        return {
            "cycle": cycle, "root": result.tree.root.hex(), "leaves": len(result.leaves),
            "paths": [
                _opened(result, leaf) for leaf in result.leaves
                if leaf.name[0] in wanted and len(leaf.name) == 2
                and leaf.name[1] in ("", row["currency"])
            ],
        }  # fmt: skip

    # ---- the check of a cycle ----------------------------------------------------------------

    def verify(self, cycle: str) -> dict[str, Any]:
        """Have the stand-alone verifier check the archive of a cycle's last run.

        With the house's key unlocked it is checked together with the statement of publication.
        What a claim found of the whole house is told to those who see all firms.

        Returns:
            ``run``, ``ok``, ``effect`` (what may be said in one line), ``claims`` and ``cannot``.

        Raises:
            NoSuchFile: There is no such cycle within what one may see.
            Conflict: It has no run yet.
        """
        scope = self.reading("runs.verify", f"cycle {cycle}")
        self.check_period(scope, cycle)
        sees_all = self.actor.scope("runs.read").everything
        return verify_cycle(self.house, cycle, with_details=sees_all)


def _opened(result: HouseResult, leaf: Leaf) -> dict[str, Any]:
    """A leaf and the way up from it; neither its levels nor its salts."""
    return {
        "participant": leaf.name[0], "currency": leaf.name[1], "unit": leaf.unit,
        "leaf": leaf.hash().hex(), "rows": leaf.rows.hex(), "place": leaf.place().hex(),
        "path": [one.hex() for one in result.tree.path(leaf.place())],
    }  # fmt: skip
