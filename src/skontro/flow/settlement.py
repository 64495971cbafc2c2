# SPDX-License-Identifier: Apache-2.0
"""Settlement: pay-ins called, missing ones dealt with, money placed, debts discharged."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict
from skontro.core.standing import Standing
from skontro.flow import runs
from skontro.flow.after_final import held_in_recast
from skontro.flow.board import Board
from skontro.flow.borders import check_kept
from skontro.flow.cycles import claim_lines
from skontro.flow.frozen import frozen_set
from skontro.flow.people import handles
from skontro.flow.side_accounts import Place, is_replaced, with_money
from skontro.flow.times import as_text, from_text
from skontro.house.acts import Signer
from skontro.house.calendar import add_business_days, instant
from skontro.house.identifiers import make_creditor_reference
from skontro.house.settlement import (
    POOL,
    WAIT,
    SideAccount,
    after_deadline,
    draw_pool,
    post,
    shave,
    use_pay_in,
)
from skontro.store.cycles import (
    apply_discharge,
    discharged_claims,
    last_run,
    write_discharge,
    write_plan,
)
from skontro.store.database import Unit, insert_many
from skontro.store.rows import change, count, find, find_all, next_numbers
from skontro.store.schema import (
    border_payment,
    cycle,
    cycle_step,
    default_case,
    participant,
    pay_in,
    pay_in_limit,
    pay_out,
    pay_out_due,
    plan_line,
    run,
)
from skontro.store.settlement import use_pay_ins

if TYPE_CHECKING:
    from skontro.flow.house import House


class Settlement(Board):
    """The money of a house."""

    # ---- what a run may place ----------------------------------------------------------------

    def cash(
        self, unit: Unit, cycle_id: str, *, arrived: Sequence[tuple[str, str, int]] | None = None
    ) -> runs.Cash:
        """Return what money a run may place: pay-in limits and what the borders still bear.

        Args:
            unit: A reading.
            cycle_id: The cycle.
            arrived: In a recast, what came of each pay-in: id, currency, minor units.
        """
        ids = {firm.number: firm.id for firm in find_all(unit, participant)}
        sides = sorted({firm.side for firm in find_all(unit, participant)})
        found: dict[str, Any] = {
            "cash": None, "border_quotas": self.border_room(unit, cycle_id, sides),
        }  # fmt: skip
        if arrived is not None:
            found["pay_in_limits"] = list(arrived)
        elif self.rules_of(unit, cycle_id).pay_in == "full":
            found["cash"] = "unlimited"
        else:
            last = dict[tuple[str, str], int]()
            for row in find_all(unit, pay_in_limit, order=["limit_act"]):
                last[ids[row.participant], row.currency] = row.limit_minor
            if not last:
                last = {(ids[number], self.house.unit): 0 for number in sorted(ids)[:1]}
            found["pay_in_limits"] = [(*key, minor) for key, minor in sorted(last.items())]
        return found

    # ---- called ------------------------------------------------------------------------------

    def instruct(self, cycle_id: str, *, person: str | None = None) -> list[dict[str, Any]]:
        """Call the pay-ins: one per net debtor, on its own side, in its own currency.

        Returns:
            For each pay-in the participant, currency, amount, reference and deadline.
        """
        house = self.house
        with house.database.unit("cycle.instruct", exclusive=True) as unit:
            row = house.cycles._begin(unit, cycle_id, "instruct")
            final = last_run(unit, cycle_id, ["final"])
            ids = {firm.number: firm.id for firm in find_all(unit, participant)}
            gone = {one.participant for one in find_all(unit, default_case)}
            lines = [
                line
                for line in find_all(unit, plan_line, order=["participant", "currency"],
                                     run=final.id)
                if line.pay_in_minor
            ]  # fmt: skip
            numbers = next_numbers(unit, pay_in, len(lines))
            references = [
                make_creditor_reference(f"{row.number:05d}{number:08d}") for number in numbers
            ]
            if lines:
                insert_many(
                    unit, pay_in,
                    {"id": numbers, "cycle": cycle_id,
                     "participant": [line.participant for line in lines],
                     "currency": [line.currency for line in lines],
                     "due_minor": [line.pay_in_minor for line in lines], "arrived_minor": 0,
                     "reference": references,
                     "state": ["missed" if line.participant in gone else "called"
                               for line in lines]},
                )  # fmt: skip
            called = [
                {"pay_in": number, "participant": ids[line.participant],
                 "currency": line.currency, "due_minor": line.pay_in_minor,
                 "reference": reference, "deadline": row.pay_in_deadline}
                for number, reference, line in zip(numbers, references, lines, strict=True)
            ]  # fmt: skip
            house.cycles._end(unit, row, "instruct", {"pay_ins": called}, person=person)
        return called

    # ---- missing -----------------------------------------------------------------------------

    def missed(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Do what the rules say about pay-ins that have not come, short of a recast.

        A queue waits until its grace is over and is then recast; a pool covers what it can, and
        the rest is recast; or it is recast at once. Set-off is untouched by all of it. Nobody
        waits for a participant in default. Two people recast: see :meth:`propose_recast`.

        Returns:
            ``covered``: what the pools covered, by pay-in; ``recast``: whether the rest is to be
            recast now.

        Raises:
            Conflict: Nothing is missing, or it may still come.
        """
        with self.house.database.read() as unit:
            row, missing = self._missing(unit, cycle_id)
            wanted = self._wanted(unit, row, missing)
        covered = dict[int, int]()
        if wanted == POOL:
            covered = self._cover(cycle_id, person)
            with self.house.database.read() as unit:
                missing = self._missing(unit, cycle_id)[1]
        return {"covered": covered, "recast": bool(missing)}

    def propose_recast(self, cycle_id: str, maker: str, signer: Signer) -> int:
        """Run again with the money that came, and propose its result: set-off stays.

        No call is made or raised. May be done again, and again, where something changed before the
        plan. The act names the result's digest: what the second person approves is exactly what
        money goes by.

        Args:
            cycle_id: The cycle.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act.

        Raises:
            Conflict: The money may still come, nothing is missing, the side's pool comes first,
                or nothing changed since the last recast.
        """
        house = self.house
        with house.database.read() as unit:
            self._check_recast(unit, cycle_id)
            number = self._steps(unit, cycle_id, "recast") + 1
            came = self._came(unit, cycle_id)
            before = self._last_recast(unit, cycle_id)
            if before is not None and before["came"] == _digest(came):
                raise Conflict(f"nothing came since recast {number - 1}", code="AlreadyDone",
                               next_step=f"skontro settlement plan {cycle_id}")  # fmt: skip
            frozen = frozen_set(house, unit, cycle_id, for_recast=True)
            limits = [(frozen.ids[firm], currency, minor) for _, firm, currency, minor in came]
            cash = self.cash(unit, cycle_id, arrived=limits)
        house.gate.ask_ahead()
        with house.database.unit("run.recast.review", exclusive=True) as unit:
            held = held_in_recast(house, unit, cycle_id)
        frozen = frozen.without(held)
        result = runs.clear_set(frozen, cash, recast=True)
        with (
            runs.archived(house, cycle_id, f"recast-{number}", result) as archived,
            house.database.unit("run.recast.propose", exclusive=True) as unit,
        ):
            content = {"number": number, "came": _digest(came), "members": len(frozen)}
            content |= {"held": held} if held else {}
            self._check_came(unit, cycle_id, content)
            archived = runs.put_in_place(house, unit, archived)
            content |= runs.set_content(cycle_id, frozen, archived)
            return house.people.propose_in(unit, "run.recast", content, maker, signer)

    def _check_recast(self, unit: Unit, cycle_id: str) -> tuple[Any, list[Any]]:
        """Return the cycle's row and what is missing, provided that the rules want a recast."""
        row, missing = self._missing(unit, cycle_id)
        if self._wanted(unit, row, missing) == POOL and not self._steps(unit, cycle_id, "pool"):
            raise Conflict(
                "the rules let the pool of a side cover what is missing first",
                code="OutOfOrder", next_step=f"skontro settlement missed {cycle_id}",
            )  # fmt: skip
        return row, missing

    def _check_came(self, unit: Unit, cycle_id: str, content: Mapping[str, Any]) -> None:
        """Refuse a recast of other money than came, and of one that another took the place of."""
        number = self._steps(unit, cycle_id, "recast") + 1
        if (number, _digest(self._came(unit, cycle_id))) != (content["number"], content["came"]):
            raise Conflict("money came since, or it was recast", code="SetChanged",
                           next_step="recast it again")  # fmt: skip

    def _wanted(self, unit: Unit, row: Any, missing: Sequence[Any]) -> str:
        """Return what the rules want done now, or refuse."""
        if not missing:
            raise Conflict(f"every pay-in of {row.id} arrived", code="AlreadyDone",
                           next_step=f"skontro settlement plan {row.id}")  # fmt: skip
        rule = self.rules_of(unit, row.id).missed_pay_in
        deadline = from_text(row.pay_in_deadline)
        until = self._grace_end(unit, row)
        gone = {one.participant for one in find_all(unit, default_case)}
        wanted = after_deadline(
            rule, self.house.now, deadline, until,
            only_defaults=all(one.participant in gone for one in missing),
        )  # fmt: skip
        if wanted == WAIT:
            end = until if rule.rule == "queue" else deadline
            raise Conflict(f"the pay-ins of {row.id} may come until {as_text(end)}",
                           code="TooEarly", next_step="wait for them")  # fmt: skip
        return wanted

    def _grace_end(self, unit: Unit, row: Any) -> datetime.datetime:
        """Return until when a queue waits: business days of all sides after the deadline."""
        rules = self.rules_of(unit, row.id)
        deadline = from_text(row.pay_in_deadline)
        days = rules.missed_pay_in.grace_days
        if days == 0:
            return deadline
        local = deadline.astimezone(ZoneInfo(rules.cycle.time_zone))
        day = add_business_days(local.date(), days, *rules.sides)
        return instant(day, local.time(), rules.cycle.time_zone)

    def _missing(self, unit: Unit, cycle_id: str) -> tuple[Any, list[Any]]:
        """Return the cycle's row and the pay-ins that have not wholly come."""
        row = self.house.cycles._begin(unit, cycle_id, "plan")
        ins = find_all(unit, pay_in, order=["id"], cycle=cycle_id)
        return row, [one for one in ins if one.arrived_minor + one.covered_minor < one.due_minor]

    def _steps(self, unit: Unit, cycle_id: str, step: str) -> int:
        return count(unit, cycle_step, cycle=cycle_id, step=step)

    def _cover(self, cycle_id: str, person: str | None) -> dict[int, int]:
        """Let the sides' pools cover what they can of the missing pay-ins."""
        house = self.house
        with house.database.unit("cycle.pool", exclusive=True) as unit:
            row, missing = self._missing(unit, cycle_id)
            firms = {firm.number: firm for firm in find_all(unit, participant)}
            accounts = self.accounts(unit)
            by_place = dict[Place, dict[int, int]]()
            for one in missing:
                place = (firms[one.participant].side, one.currency)
                by_place.setdefault(place, {})[one.id] = (
                    one.due_minor - one.arrived_minor - one.covered_minor
                )
            drawn = dict[int, int]()
            for place, amounts in by_place.items():
                leaving = sum(
                    out.amount_minor
                    for out in find_all(unit, pay_out, purpose="pool", side=place[0],
                                        currency=place[1], state=["ready", "released"])
                )  # fmt: skip
                leaving += self.gone(unit, "pool").get(place, 0)
                free = accounts.get(place, SideAccount()).pool - leaving
                drawn |= draw_pool(amounts, max(0, free))
            lines = list[tuple[str, int]]()
            for one in missing:
                part = drawn.get(one.id, 0)
                firm = firms[one.participant]
                lines += post("covered", part, one.currency, side=firm.side, firm=firm.id)
                change(unit, pay_in, {"id": one.id}, state="missed",
                       covered_minor=one.covered_minor + part)  # fmt: skip
            if lines:
                house.note(unit, "pool", {"covered": sorted(drawn.items())}, cycle=cycle_id,
                           lines=lines)  # fmt: skip
            detail = {"covered": [list(item) for item in sorted(drawn.items())]}
            number = self._steps(unit, cycle_id, "pool") + 1
            house.cycles._end(unit, row, "pool", detail, person=person, number=number)
        return drawn

    def _came(self, unit: Unit, cycle_id: str) -> list[tuple[int, int, str, int]]:
        """What came of each pay-in, with what pools cover: number, participant, currency, minor."""
        return [
            (one.id, one.participant, one.currency, one.arrived_minor + one.covered_minor)
            for one in find_all(unit, pay_in, order=["id"], cycle=cycle_id)
        ]

    def _last_recast(self, unit: Unit, cycle_id: str) -> dict[str, Any] | None:
        rows = find_all(unit, cycle_step, order=["-number"], limit=1, cycle=cycle_id, step="recast")
        return json.loads(rows[0].detail) if rows else None

    def _publish_recast(
        self, unit: Unit, act_id: int, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Let money go by the recast that two people approved."""
        house, cycle_id = self.house, str(content["cycle"])
        row, missing = self._check_recast(unit, cycle_id)
        self._check_came(unit, cycle_id, content)
        archived = runs.archived_run(house, content)
        of = Standing.from_json(archived.summary).run
        which = None if of is None else (of.house, of.cycle, of.kind, of.number)
        if which != (house.id, cycle_id, "recast", content["number"]):
            raise Conflict("the act names another run than this recast", code="StaleApproval",
                           next_step="recast it again")  # fmt: skip
        house.cycles.check_members(unit, cycle_id, content["members"])
        if held_in_recast(house, unit, cycle_id) != content.get("held", []):
            raise Conflict("the gate says otherwise of the members since", code="SetChanged",
                           next_step="recast it again")  # fmt: skip
        self.check_borders(unit, cycle_id, archived.summary)
        tables = runs.read_archive(house, archived)
        identity = house.cycles._insert_run(
            unit, cycle_id, "recast", content["number"], content["set"], archived, act_id=act_id
        )
        write_discharge(unit, identity, tables.obligations)
        numbers = {firm.id: firm.number for firm in find_all(unit, participant)}
        write_plan(unit, identity, [
            (numbers[node["participant"]], node["settlement_currency"], node["pay_in_minor"],
             node["pay_out_minor"])
            for node in tables.nodes
        ])  # fmt: skip
        for one in missing:
            change(unit, pay_in, {"id": one.id}, state="missed")
        detail = {"run": identity, "missing": [one.id for one in missing],
                  "came": content["came"], "result": archived.result_digest}  # fmt: skip
        house.cycles._end(unit, row, "recast", detail, act_id=act_id, number=content["number"])
        return detail | {"settled_minor": int(archived.summary["settled_minor"] or 0)}

    # ---- placed and settled ------------------------------------------------------------------

    def plan(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Place the money that came: by the final run, or by the last recast.

        Returns:
            The run, and what it does to each border: debtor and creditor side, flow and position.

        Raises:
            Conflict: Pay-ins are missing and there was no recast, or money came since the last.
        """
        house = self.house
        with house.database.unit("cycle.plan", exclusive=True) as unit:
            row, missing = self._missing(unit, cycle_id)
            chosen = last_run(unit, cycle_id, ["final"])
            if missing:
                before = self._last_recast(unit, cycle_id)
                if before is None:
                    raise Conflict(
                        f"{len(missing)} pay-ins of {cycle_id} are missing", code="CoverMissing",
                        next_step="wait until the deadline, then: skontro settlement missed",
                    )  # fmt: skip
                if before["came"] != _digest(self._came(unit, cycle_id)):
                    raise Conflict("money came since the last recast", code="SetChanged",
                                   next_step="recast it again")  # fmt: skip
                chosen = find(unit, run, id=before["run"])
            border = [
                {"debtor": leg.key[leg.flow < 0], "creditor": leg.key[leg.flow >= 0],
                 "flow_minor": abs(leg.flow),
                 "position_minor": leg.position if leg.flow >= 0 else -leg.position}
                for leg in self.plan_borders(unit, cycle_id, chosen)
            ]  # fmt: skip
            change(unit, cycle, {"id": cycle_id}, planned_run=chosen.id)
            change(unit, pay_in, {"cycle": cycle_id}, state="closed", or_none=True)
            detail = {"run": chosen.id, "border": border}
            house.cycles._end(unit, row, "plan", detail, person=person)
        return detail

    def settle(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Discharge what the money that came discharges, and make pay-outs ready against cover.

        Returns:
            The run, how many payments are ready and how many wait.
        """
        house = self.house
        house.gate.ask_ahead()
        with house.database.unit("cycle.settle", exclusive=True) as unit:
            row = house.cycles._begin(unit, cycle_id, "settle")
            chosen = row.planned_run
            firms = {firm.number: firm for firm in find_all(unit, participant)}
            apply_discharge(unit, chosen, "planned_minor")
            ids = {number: firm.id for number, firm in firms.items()}
            lines = claim_lines(discharged_claims(unit, chosen, "planned_minor"), ids, -1)
            self.book_borders(unit, cycle_id)
            plan = find_all(unit, plan_line, order=["participant", "currency"], run=chosen)
            used, uncovered = self._use_pay_ins(unit, cycle_id, plan, firms)
            dues = self._pay_outs_due(unit, cycle_id, plan, firms, used)
            for (number, currency), amount in used.items():
                firm = firms[number]
                lines += post("used", amount, currency, side=firm.side, firm=firm.id)
            for (number, currency), amount in dues.items():
                firm = firms[number]
                lines += post("due", amount, currency, side=firm.side, firm=firm.id)
            house.note(unit, "settled", {"run": chosen}, cycle=cycle_id, lines=lines)
            if uncovered:
                house.note(unit, "pool", {"uncovered": cycle_id}, cycle=cycle_id, lines=uncovered)
            self.revalue(unit, cycle_id)
            house.cycles._end(unit, row, "settle", {"run": chosen}, person=person)
            return {"run": chosen} | self.make_ready(unit, cycle_id)

    def _use_pay_ins(
        self, unit: Unit, cycle_id: str, plan: Sequence[Any], firms: Mapping[int, Any]
    ) -> tuple[dict[tuple[int, str], int], list[tuple[str, int]]]:
        """Use what each pay-in is to settle; return that, and postings of what pools get back."""
        wanted = {(line.participant, line.currency): line.pay_in_minor for line in plan}
        used, lines = dict[tuple[int, str], int](), list[tuple[str, int]]()
        rows = list[tuple[int, int, int]]()
        for one in find_all(unit, pay_in, order=["id"], cycle=cycle_id):
            key = (one.participant, one.currency)
            # Points may be coarser than minor units: never more than came.
            amount = min(wanted.get(key, 0), one.arrived_minor + one.covered_minor)
            spare = use_pay_in(one.arrived_minor, one.covered_minor, amount)
            firm = firms[one.participant]
            lines += post("uncovered", spare.uncovered, one.currency, side=firm.side, firm=firm.id)
            rows.append((one.id, amount, one.covered_minor - spare.uncovered))
            if amount:
                used[key] = amount
        use_pay_ins(unit, rows)
        return used, lines

    def _pay_outs_due(
        self,
        unit: Unit,
        cycle_id: str,
        plan: Sequence[Any],
        firms: Mapping[int, Any],
        used: Mapping[tuple[int, str], int],
    ) -> dict[tuple[int, str], int]:
        """Write down what each net creditor is to be paid, less what rounding left short."""
        dues = {
            (line.participant, line.currency): line.pay_out_minor
            for line in plan if line.pay_out_minor
        }  # fmt: skip
        kept, by_place = dict[Place, int](), dict[Place, list[tuple[int, str]]]()
        missed = dict[Place, int]()
        for line in plan:
            place = (firms[line.participant].side, line.currency)
            less = line.pay_in_minor - used.get((line.participant, line.currency), 0)
            missed[place] = missed.get(place, 0) + less
        for sign, amounts in ((1, used), (-1, dues)):
            for key, amount in amounts.items():
                place = (firms[key[0]].side, key[1])
                kept[place] = kept.get(place, 0) + sign * amount
                if sign < 0:
                    by_place.setdefault(place, []).append(key)
        rates = self.fixing_of(unit, cycle_id)
        legs = self.legs(unit, cycle_id)
        if rates is not None:
            check_kept(legs, kept, rates, self.house.unit, len(plan))
        accounts, (_, hard_come) = self.accounts(unit), self._hard(unit)
        for place, keys in by_place.items():
            account = with_money(accounts.get(place, SideAccount()), border=kept[place])
            short = account.short - hard_come.get(place, 0)
            # So much may come of rounding each pay-in and pay-out, and each position, by itself.
            most = len(plan) + missed.get(place, 0)
            if rates is not None:
                most += ceil((len(legs) + 1) * self.rate(rates, place[1]))
            if 0 < short <= most:
                lowered = shave({number: dues[key] for number, key in enumerate(keys)}, short)
                dues |= {key: lowered[number] for number, key in enumerate(keys)}
        dues = {key: amount for key, amount in dues.items() if amount}
        if dues:
            insert_many(
                unit, pay_out_due,
                {"cycle": cycle_id, "participant": [firm for firm, _ in dues],
                 "currency": [code for _, code in dues], "amount_minor": list(dues.values())},
            )  # fmt: skip
        return dues

    # ---- for the close -----------------------------------------------------------------------

    def check_closed(self, unit: Unit, cycle_id: str) -> None:
        """Refuse to close a cycle with money under way.

        What waits for the gate, an account or the end of a suspension does not keep a cycle
        open: it stays due.

        Raises:
            Conflict: Saying how many.
        """
        left = count(unit, pay_out, cycle=cycle_id, state=["ready", "released"])
        left += count(unit, pay_out_due, cycle=cycle_id, waits_for="cover")
        if left:
            raise Conflict(
                f"{left} pay-outs of {cycle_id} are not paid", code="OutOfOrder",
                next_step="release them by two people and note what the bank paid",
            )  # fmt: skip
        hard = [
            row
            for row in find_all(unit, border_payment, cycle=cycle_id)
            if not is_replaced(row) and row.sent_minor + row.arrived_minor
            < row.debtor_minor + row.creditor_minor
        ]
        if hard:
            raise Conflict(
                f"{len(hard)} border payments of {cycle_id} are under way", code="OutOfOrder",
                next_step="release them by two people and note what the banks say",
            )  # fmt: skip

    def residual_lines(self, unit: Unit, cycle_id: str, final: int) -> list[tuple[str, int]]:
        """Return postings that take out what is still owed of a cycle."""
        ids = {firm.number: firm.id for firm in find_all(unit, participant)}
        lines = claim_lines(discharged_claims(unit, final, "before_minor"), ids, -1)
        lines += claim_lines(discharged_claims(unit, final, "set_off_minor"), ids, 1)
        chosen = find(unit, cycle, id=cycle_id).planned_run
        return lines + claim_lines(discharged_claims(unit, chosen, "planned_minor"), ids, 1)


@handles("run.recast")
def _publish(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Publish a recast: money goes by it, and set-off stays as it is."""
    return house.settlement._publish_recast(unit, act_id, content)


def _digest(came: Sequence[tuple[int, int, str, int]]) -> str:
    return hashlib.sha256(canonical_json([list(one) for one in came])).hexdigest()
