# SPDX-License-Identifier: Apache-2.0
"""What runs came to and what holds a cycle up, for those of the house who see all firms."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from skontro.core.errors import NoSuchFile
from skontro.core.readable import share_text
from skontro.flow.network import Edge, by_side, edges_of_run, largest, minor_of
from skontro.flow.reasons import read_reasons
from skontro.flow.reports import fixing_of
from skontro.flow.results import firm_rows
from skontro.flow.run_figures import run_figures
from skontro.flow.seat import Part
from skontro.house.changes import RunFigures, compare_runs
from skontro.house.report import (
    FirmFigures,
    block_totals,
    by_size,
    currency_rows,
    fairness,
    side_pairs,
)
from skontro.house.roles import Scope
from skontro.store.books import waiting_counts
from skontro.store.cycles import last_run
from skontro.store.database import Unit
from skontro.store.listing import Wanted, seen_numbers
from skontro.store.papers import cycles_before
from skontro.store.rows import count, find_all
from skontro.store.schema import border_leg, obligation, participant, run
from skontro.store.schema import cycle as cycle_table

COUNTED = ("registered", "confirmed", "disputed", "duplicate")
MOST_LOOKED_AT = 400
"""How many confirmed obligations are asked why they are not in the cycle."""
MOST_FIRMS = 200
"""How many firms a report shows, the largest first."""
MOST_NAMED = 20
"""How many firms are named of those that are new, are gone, or moved most."""
MOST_ENDS = 60
"""How many firms a picture of the network shows, the largest first."""
COMPARED = ("obligations", "participants", "gross", "set_off", "share", "planned", "border")
"""What is compared with the last cycle."""


class RunSeat(Part):
    """Runs as the house reads them: whole, in amounts, without levels."""

    # ---- the day -----------------------------------------------------------------------------

    def hold_ups(self, cycle: str) -> dict[str, Any]:
        """Return what is due and what holds a cycle up, counted; of the gate no word but one.

        Returns:
            ``states``: obligations by state; ``why``: sentences why confirmed ones are not in,
            each with how many of the first :data:`MOST_LOOKED_AT`; ``looked_at``; ``acts`` and
            ``lines`` that wait; ``fixing``; ``rates_missing``: currencies without a rate.
        """
        self._check("obligations.read", f"cycle {cycle}", cycle)
        with self.house.database.read() as unit:
            _ = self.house.cycles._row(unit, cycle)
            states = {state: count(unit, obligation, state=state) for state in COUNTED}
            numbers = seen_numbers(unit, Wanted(["confirmed"]), firms=None, sides=(),
                                   days=("", ""), after=0, most=MOST_LOOKED_AT)  # fmt: skip
            why = Counter(said for said in read_reasons(self.house, unit, numbers, cycle).values()
                          if said)  # fmt: skip
            declared = fixing_of(unit, cycle)
            rates = set() if declared is None else set(declared["rates"])
            used = {row.currency for row in find_all(unit, obligation, number=numbers)}
            waiting = waiting_counts(unit)
        return {
            "states": states, "why": why.most_common(), "looked_at": len(numbers),
            "acts": waiting["acts"], "lines": waiting["lines"], "fixing": declared,
            "rates_missing": sorted(used - rates),
        }  # fmt: skip

    # ---- reports -----------------------------------------------------------------------------

    def report(self, cycle: str, kind: str = "") -> dict[str, Any] | None:
        """Return what a run came to, in minor units; None where there is none yet.

        Args:
            cycle: Which.
            kind: ``preliminary``, ``final`` or ``recast``; the last one there is if empty.

        Returns:
            ``run``: kind, number, time, digest; ``kinds``: the kinds there are; ``blocks``: per
            unit totals, currencies, pairs of sides, groups by size, firms; ``compared``: the
            totals beside those of the last cycle that has a final run; ``by_side``: by side of the
            debtors and currency what was entered, set off and would be left.
        """
        scope = self._check("runs.read", f"cycle {cycle}", cycle)
        with self.house.database.read() as unit:
            row = self.house.cycles._row(unit, cycle)
            runs = find_all(unit, run, order=["id"], cycle=cycle)
            names = self.house.participants.names(unit)
            sides = {one.id: one.side for one in find_all(unit, participant)}
            before = self._before(unit, row.number, scope)
        wanted = [one for one in runs if not kind or one.kind == kind]
        if not wanted:
            return None
        found = wanted[-1]
        summary = json.loads(found.summary)
        firms = defaultdict[str, list[dict[str, Any]]](list)
        for one in firm_rows(self.house, found):
            firms[one["unit"]].append(one)
        return {
            "run": {"kind": found.kind, "number": found.number, "ran_at": found.ran_at,
                    "result_digest": found.result_digest},
            "kinds": list(dict.fromkeys(one.kind for one in runs)),
            "blocks": [_block(block, firms[block["unit"]], names, sides)
                       for block in summary["blocks"]],
            "by_side": [
                {"side": one.side, "currency": one.currency, "obligations": one.obligations,
                 "entered_minor": one.entered_minor, "set_off_minor": one.set_off_minor,
                 "left_minor": one.left_minor,
                 "share": share_text(one.set_off_minor, one.entered_minor)}
                for one in run_figures(self.house, found, sides).sides
            ],
            "compared": None if before is None else {
                "cycle": before.cycle, "rows": _compared(summary, json.loads(before.summary)),
            },
        }  # fmt: skip

    def mine(self, cycle: str) -> list[dict[str, Any]]:
        """Return what a cycle's run came to for the firms one sees, in minor units of the unit."""
        rows = self.seat.books.results(cycle)
        if not rows:
            return []
        runs = self.house.cycles.show(cycle)["runs"]
        found = next(one for one in reversed(runs) if one["kind"] == rows[0]["kind"])
        per = {block["unit"]: int(block["unit_minor_points"])
               for block in found["summary"]["blocks"]}  # fmt: skip
        return [{"unit": one["unit"]} | _firm(one, {}, {}, per[one["unit"]]) for one in rows]

    def _before(self, unit: Unit, number: int, scope: Scope) -> Any:
        """Return the final run of the last cycle before that has one; None without one."""
        for one in reversed(cycles_before(unit, number)):
            final = last_run(unit, one.id, ["final"])
            if final is not None and scope.covers_day(one.business_day):
                return final
        return None

    def changes(self, cycle: str, kind: str = "") -> dict[str, Any] | None:
        """Return what a run came to and what changed against the last cycle; None without a run.

        Args:
            cycle: Which.
            kind: ``preliminary`` or ``final``; the last one there is if empty.

        Returns:
            ``kind``, ``number`` and ``ran_at`` of the run; ``against``: the cycle whose final run
            it is held against, None for the first; ``sides`` and ``units`` as
            :func:`skontro.house.changes.compare_runs` gives them, firms with name and side.
        """
        scope = self._check("runs.read", f"cycle {cycle}", cycle)
        with self.house.database.read() as unit:
            row = self.house.cycles._row(unit, cycle)
            found = last_run(unit, cycle, [kind] if kind else ["final", "preliminary"])
            if found is None:
                return None
            names = self.house.participants.names(unit)
            sides = {one.id: one.side for one in find_all(unit, participant)}
            before = self._before(unit, row.number, scope)
        told = compare_runs(
            run_figures(self.house, found, sides),
            RunFigures() if before is None else run_figures(self.house, before, sides), MOST_NAMED,
        )  # fmt: skip
        for each in told["units"]:
            for one in (*each["new_firms"], *each["gone_firms"], *each["movers"]):
                firm = one["participant"]
                one |= {"name": names.get(firm, ""), "side": sides.get(firm, "")}
        return {"cycle": cycle, "kind": found.kind, "number": found.number,
                "ran_at": found.ran_at, "against": None if before is None else before.cycle,
                **told}  # fmt: skip

    def network(self, cycle: str, *, of: str = "firms", chosen: str = "") -> dict[str, Any] | None:
        """Return who owed whom in a cycle's last run, and what is left of it; None without one.

        Args:
            cycle: Which.
            of: ``firms`` or ``sides``.
            chosen: One of them, to be shown with those it owes and is owed by.

        Returns:
            ``unit``; ``ends``: id, name, side, and in minor units what they owe and are owed
            before and after set-off; ``edges``: debtor, creditor, many, gross, left after set-off,
            left after money; ``hidden``: how many ends are left out; ``gross_minor`` and
            ``after_minor``: of all of them.
        """
        self._check("runs.read", f"cycle {cycle}", cycle)
        with self.house.database.read() as unit:
            _ = self.house.cycles._row(unit, cycle)
            found = last_run(unit, cycle, ["final"]) or last_run(unit, cycle, ["preliminary"])
            names = self.house.participants.names(unit)
            sides = {one.id: one.side for one in find_all(unit, participant)}
        if found is None:
            return None
        blocks = json.loads(found.summary)["blocks"]
        if not blocks:
            return None
        block = blocks[0]
        edges = edges_of_run(self.house, found, [one["currency"] for one in block["currencies"]])
        if of == "sides":
            edges, names, sides = by_side(edges, sides), {}, {}
        ends, kept = largest(edges, MOST_ENDS, chosen)
        everybody = {one for edge in edges for one in (edge.debtor, edge.creditor)}
        per = int(block["unit_minor_points"])
        return {
            "kind": found.kind, "unit": block["unit"], "of": of, "chosen": chosen,
            "ends": [_end(end, edges, names, sides, per) for end in ends],
            "edges": [_edge(one, per) for one in kept], "hidden": len(everybody) - len(ends),
            "gross_minor": minor_of(sum(one.gross for one in edges), per),
            "after_minor": minor_of(sum(one.gross - one.set_off for one in edges), per),
        }  # fmt: skip

    # ---- borders through time ----------------------------------------------------------------

    def borders(self) -> list[dict[str, Any]]:
        """Return every border position cycle by cycle, as the side sees it, oldest first."""
        scope = self.reading("settlement.read", "border positions")
        with self.house.database.read() as unit:
            rows = find_all(unit, border_leg, order=["number"])
            days = {one.id: one.business_day for one in find_all(unit, cycle_table)}
        names = ("cycle", "side", "other_side", "before_minor", "flow_minor", "position_minor",
                 "quota_owing_minor", "quota_owed_minor", "state")  # fmt: skip
        return [{name: getattr(one, name) for name in names} for one in rows
                if (scope.everything or one.side in scope.sides)
                and scope.covers_day(days[one.cycle])]  # fmt: skip

    def defaults(self) -> list[dict[str, Any]]:
        """Return every default: firm, reason, times."""
        scope = self._check("settlement.read", "defaults")
        return [
            {"firm": one["id"], "reason": one["reason"], "opened_at": one["opened_at"],
             "known_at": one["known_at"], "act": one["default_act"]}
            for one in self.house.defaults.cases() if scope.covers_day(one["opened_at"])
        ]  # fmt: skip

    def _check(self, permission: str, subject: str, cycle: str = "") -> Scope:
        scope = self.reading(permission, subject)
        if not scope.everything:
            raise NoSuchFile("this is the house's", code="NoSuchPage",
                             next_step="see what is yours")  # fmt: skip
        if cycle:
            self.check_period(scope, cycle)
        return scope


def _block(
    block: dict[str, Any], rows: list[dict[str, Any]], names: dict[str, str], sides: dict[str, str]
) -> dict[str, Any]:
    """A block of a run in minor units of its unit."""
    per = int(block["unit_minor_points"])
    firms = [_firm(one, names, sides, per) for one in rows]
    figures = [
        FirmFigures(one["participant"], sides.get(one["participant"], ""),
                    one["owed_points"] + one["due_points"], 2 * one["set_off_points"],
                    one["settled_out_points"] + one["settled_in_points"],
                    one["net_position_points"])
        for one in rows
    ]  # fmt: skip
    totals = block_totals(block, 0)
    minor = {name: int(totals[name]) for name in ("gross_minor", "compensable_minor",
             "set_off_minor", "planned_minor")}  # fmt: skip
    firms.sort(key=lambda one: (-one["owed_minor"] - one["due_minor"], one["participant"]))
    return {
        "unit": block["unit"], "obligations": block["obligations"],
        "participants": block["participants"], **minor, "border_minor": _flow(block),
        "left_minor": minor["gross_minor"] - minor["set_off_minor"] - minor["planned_minor"],
        "set_off_share": totals["set_off_share"], "compensable_share": totals["compensable_share"],
        "border": [{"debtor": one["debtor_side"], "creditor": one["creditor_side"],
                    "amount_minor": int(one["amount_minor"])} for one in block["border"]],
        "currencies": [one | {name: int(one[name]) for name in
                              ("gross_minor", "set_off_minor", "planned_minor")}
                       for one in currency_rows(block)],
        "sides": [
            {"debtor": one["debtor_side"], "creditor": one["creditor_side"],
             "obligations": one["obligations"],
             **{f"{name}_minor": minor_of(int(one[f"{name}_points"]), per)
                for name in ("gross", "set_off", "planned")}}
            for one in side_pairs(block)
        ],
        "sizes": [
            {"group": one["group"], "firms": one["firms"], "gaining": one["gaining"],
             "share": one["share"],
             **{f"{name}_minor": minor_of(int(one[f"{name}_points"]), per)
                for name in ("from", "to", "gross", "set_off")}}
            for one in by_size(figures)
        ],
        "fairness": fairness(figures),
        "firms": firms[:MOST_FIRMS], "more": max(0, len(firms) - MOST_FIRMS),
    }  # fmt: skip


def _firm(
    one: dict[str, Any], names: dict[str, str], sides: dict[str, str], per: int
) -> dict[str, Any]:
    firm = one["participant"]
    figures = {f"{name}_minor": minor_of(one[f"{name}_points"], per) for name in
               ("owed", "due", "net_position", "set_off", "settled_out", "settled_in")}  # fmt: skip
    return {"participant": firm, "name": names.get(firm, ""), "side": sides.get(firm, "")} | figures


def _flow(block: dict[str, Any]) -> int:
    return sum(int(one["amount_minor"]) for one in block["border"])


def _compared(now: dict[str, Any], then: dict[str, Any]) -> list[dict[str, Any]]:
    """The totals of two runs side by side, unit by unit."""
    before = {block["unit"]: block for block in then["blocks"]}

    def figures(block: dict[str, Any] | None) -> dict[str, Any]:
        if block is None:
            return dict.fromkeys(COMPARED, None)
        totals = block_totals(block, 0)
        return {"obligations": block["obligations"], "participants": block["participants"],
                "gross": int(totals["gross_minor"]), "set_off": int(totals["set_off_minor"]),
                "share": totals["set_off_share"], "planned": int(totals["planned_minor"]),
                "border": _flow(block)}  # fmt: skip

    return [{"unit": block["unit"], "now": figures(block),
             "then": figures(before.get(block["unit"]))} for block in now["blocks"]]  # fmt: skip


def _end(
    end: str, edges: list[Edge], names: dict[str, str], sides: dict[str, str], per: int
) -> dict[str, Any]:
    owes = [one for one in edges if one.debtor == end]
    owed = [one for one in edges if one.creditor == end]
    return {
        "id": end, "name": names.get(end, ""), "side": sides.get(end, end),
        "owes_minor": minor_of(sum(one.gross for one in owes), per),
        "owed_minor": minor_of(sum(one.gross for one in owed), per),
        "owes_after_minor": minor_of(sum(one.gross - one.set_off for one in owes), per),
        "owed_after_minor": minor_of(sum(one.gross - one.set_off for one in owed), per),
    }  # fmt: skip


def _edge(one: Edge, per: int) -> dict[str, Any]:
    return {
        "debtor": one.debtor, "creditor": one.creditor, "many": one.many,
        "gross_minor": minor_of(one.gross, per),
        "after_minor": minor_of(one.gross - one.set_off, per),
        "left_minor": minor_of(one.gross - one.set_off - one.settled, per),
    }  # fmt: skip
