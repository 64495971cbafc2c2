# SPDX-License-Identifier: Apache-2.0
"""Settlement: pay-ins called and matched, money placed, debts discharged, pay-outs let go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow import runs
from skontro.flow.cycles import claim_lines
from skontro.flow.people import handles
from skontro.flow.times import from_text
from skontro.gate.exact import RELEASED
from skontro.house.acts import Signer
from skontro.house.identifiers import make_creditor_reference
from skontro.store.cycles import (
    apply_discharge,
    discharge_sums,
    last_run,
    write_discharge,
    write_plan,
)
from skontro.store.database import Unit
from skontro.store.journal import balances
from skontro.store.register import commit_record, current_records
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import (
    border_leg,
    border_quota,
    money_line,
    participant,
    pay_in,
    pay_in_limit,
    pay_out,
    payment_file,
    plan_line,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

KEPT_UNTIL = "9999-12-31"


class Settlement:
    """The money of a house."""

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- what a run may place ----------------------------------------------------------------

    def cash(
        self, unit: Unit, cycle_id: str, *, arrived: Sequence[tuple[str, str, int]] | None = None
    ) -> runs.Cash:
        """Return what money a run may place: pay-in limits and what the borders still bear.

        Args:
            unit: A reading.
            cycle_id: The cycle.
            arrived: In a recast, what each firm paid in: id, currency, minor units.
        """
        sides = sorted({firm.side for firm in find_all(unit, participant)})
        found: dict[str, Any] = {"cash": None, "border_quotas": self._room(unit, sides)}
        if arrived is not None:
            found["pay_in_limits"] = list(arrived)
        elif self.house.rules.pay_in == "full":
            found["cash"] = "unlimited"
        else:
            ids = {firm.number: firm.id for firm in find_all(unit, participant)}
            last = dict[tuple[str, str], int]()
            for row in find_all(unit, pay_in_limit, order=["limit_act"]):
                last[ids[row.participant], row.currency] = row.limit_minor
            found["pay_in_limits"] = [(*key, minor) for key, minor in sorted(last.items())]
        return found

    def _room(self, unit: Unit, sides: Sequence[str]) -> list[tuple[str, str, str, int]] | None:
        """Return how much may flow over each border this cycle, or None with a single side."""
        if len(sides) < 2:
            return None
        quotas = {
            (row.debtor_side, row.creditor_side): row.quota_minor
            for row in self.house.rules.border_quotas
        }
        for row in find_all(unit, border_quota, order=["quota_act"]):
            quotas[row.debtor_side, row.creditor_side] = row.quota_minor
        owed = self.positions(unit)
        unit_code = self.house.unit
        room = []
        for (debtor, creditor), quota in sorted(quotas.items()):
            if not {debtor, creditor} <= {*sides, ""}:
                continue
            now = owed.get((debtor, creditor), 0) - owed.get((creditor, debtor), 0)
            room.append((debtor, creditor, unit_code, max(quota - now, 0)))
        return room or [(side, "", unit_code, 0) for side in sides]

    def positions(self, unit: Unit) -> dict[tuple[str, str], int]:
        """Return the border positions: debtor side, creditor side, minor units of the unit."""
        found = dict[tuple[str, str], int]()
        for row in find_all(unit, border_leg, order=["cycle"]):
            found[row.debtor_side, row.creditor_side] = row.carried_minor
        return {key: minor for key, minor in found.items() if minor}

    # ---- the steps ---------------------------------------------------------------------------

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
            lines = [
                line
                for line in find_all(unit, plan_line, order=["participant", "currency"],
                                     run=final.id)
                if line.pay_in_minor
            ]  # fmt: skip
            called = []
            for number, line in zip(next_numbers(unit, pay_in, len(lines)), lines, strict=True):
                reference = make_creditor_reference(f"{row.number:05d}{number:08d}")
                insert(
                    unit, pay_in, id=number, cycle=cycle_id, participant=line.participant,
                    currency=line.currency, due_minor=line.pay_in_minor, arrived_minor=0,
                    reference=reference, state="called",
                )  # fmt: skip
                called.append({
                    "pay_in": number, "participant": ids[line.participant],
                    "currency": line.currency, "due_minor": line.pay_in_minor,
                    "reference": reference, "deadline": row.pay_in_deadline,
                })  # fmt: skip
            house.cycles._end(unit, row, "instruct", {"pay_ins": called}, person=person)
        return called

    def receive(
        self,
        side: str,
        currency: str,
        amount_minor: int,
        *,
        bank_reference: str,
        reference: str,
        payer: str,
        payer_account: str = "",
        value_day: str | None = None,
    ) -> dict[str, Any]:
        """Take in money that came to a side's account.

        It is matched by its reference to a pay-in, provided that the payer is the participant;
        what is over, and what cannot be matched, waits in suspense.

        Args:
            side: On which side's account.
            currency: In which currency.
            amount_minor: How much, above nought.
            bank_reference: The bank's id of it; saying the same again is harmless.
            reference: What the payer wrote.
            payer: Who paid, by the bank's word.
            payer_account: From which account.
            value_day: The bank's value date.

        Returns:
            The state of the line, and how much of it was matched.

        Raises:
            Conflict: The bank said something else under this id before.
        """
        if amount_minor <= 0:
            raise Rejected("money that came is above nought", code="NonPositiveAmount")
        body = hashlib.sha256(
            canonical_json([side, currency, amount_minor, reference, payer, payer_account])
        ).hexdigest()
        with self.house.database.unit("money.receive", exclusive=True) as unit:
            known = self._known_line(unit, side, currency, bank_reference, body)
            if known is not None:
                return {"state": known.state, "matched_minor": known.matched_minor}
            matched, owner = self._match_pay_in(
                unit, side, currency, amount_minor, reference, payer, payer_account
            )
            number = next_numbers(unit, money_line)[0]
            record = commit_record(
                unit, "money_line", str(number), "payer", f"{payer}\n{payer_account}",
                purpose="reconciliation", at=self.house.at, retain_until=KEPT_UNTIL,
            )  # fmt: skip
            over = amount_minor - matched
            insert(
                unit, money_line, id=number, side=side, currency=currency,
                bank_reference=bank_reference, amount_minor=amount_minor,
                value_day=value_day or self.house.today, payer=record.id, reference=reference,
                body_digest=body, state="suspense" if over else "matched",
                pay_in=None if owner is None else owner.id, matched_minor=matched,
                noted_at=self.house.at,
            )  # fmt: skip
            lines = [(f"bank:{side}:{currency}", amount_minor)]
            if owner is not None:
                firm = find(unit, participant, number=owner.participant)
                arrived = owner.arrived_minor + matched
                change(
                    unit, pay_in, {"id": owner.id}, arrived_minor=arrived,
                    state="arrived" if arrived == owner.due_minor else owner.state,
                )  # fmt: skip
                lines.append((f"held:{firm.id}:{currency}", -matched))
            if over:
                lines.append((f"suspense:{side}:{currency}", -over))
            self.house.note(
                unit, "money", {"line": number, "payer": record.as_json()},
                cycle=None if owner is None else owner.cycle, lines=lines,
            )  # fmt: skip
        return {"state": "suspense" if over else "matched", "matched_minor": matched}

    def _known_line(
        self, unit: Unit, side: str, currency: str, bank_reference: str, body: str
    ) -> Any:
        known = find(unit, money_line, side=side, currency=currency,
                     bank_reference=bank_reference)  # fmt: skip
        if known is not None and known.body_digest != body:
            raise Conflict(
                f"the bank said something else of {bank_reference!r} before",
                code="IdempotencyMismatch", next_step="ask the bank which is right",
            )  # fmt: skip
        return known

    def _match_pay_in(
        self, unit: Unit, side: str, currency: str, amount: int, reference: str, payer: str,
        account: str,
    ) -> tuple[int, Any]:  # fmt: skip
        """Return how much of money that came belongs to which pay-in."""
        row = find(unit, pay_in, reference="".join(reference.split()).upper(), currency=currency)
        if row is None or row.state not in ("called", "missed"):
            return 0, None
        firm = find(unit, participant, number=row.participant)
        if firm.side != side or not self._is_payer(unit, firm.id, payer, account):
            return 0, None
        return min(amount, row.due_minor - row.arrived_minor), row

    def _is_payer(self, unit: Unit, firm: str, payer: str, account: str) -> bool:
        """Whether money came from the participant itself: by account, else by name."""
        accounts = current_records(unit, "participant", "account").get(firm, [])
        if account:
            return account in [text for _, text in accounts]
        names = current_records(unit, "participant", "name").get(firm, [])
        return " ".join(payer.split()).casefold() in [
            " ".join(text.split()).casefold() for _, text in names
        ]

    def recast(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Run again with the money that came: no call is made or raised, set-off stays.

        Raises:
            Conflict: The deadline has not passed, or nothing is missing.
        """
        house = self.house
        with house.database.read() as unit:
            row, missing = self._missing(unit, cycle_id)
            if not missing:
                raise Conflict(f"every pay-in of {cycle_id} arrived", code="AlreadyDone")
            if from_text(row.pay_in_deadline) > house.now:
                raise Conflict(f"the pay-ins of {cycle_id} may come until {row.pay_in_deadline}",
                               code="TooEarly")  # fmt: skip
            frozen = runs.frozen_set(unit, cycle_id)
            ids = frozen.ids
            arrived = [
                (ids[one.participant], one.currency, one.arrived_minor)
                for one in find_all(unit, pay_in, cycle=cycle_id)
                if one.arrived_minor
            ]
            cash = self.cash(unit, cycle_id, arrived=arrived)
        result = runs.clear_set(house, frozen, cash, recast=True)
        archived = runs.archive(house, cycle_id, "recast-1", result)
        tables = runs.read_archive(house, archived)
        with house.database.unit("cycle.recast", exclusive=True) as unit:
            row, missing = self._missing(unit, cycle_id)
            house.cycles.check_members(unit, cycle_id, len(frozen))
            identity = house.cycles._insert_run(
                unit, cycle_id, "recast", 1, frozen.digest, archived
            )
            write_discharge(unit, identity, tables.obligations)
            numbers = {text: number for number, text in ids.items()}
            write_plan(unit, identity, [
                (numbers[node["participant"]], node["settlement_currency"], node["pay_in_minor"],
                 node["pay_out_minor"])
                for node in tables.nodes
            ])  # fmt: skip
            for one in missing:
                change(unit, pay_in, {"id": one.id}, state="missed")
            detail = {"run": identity, "missing": [one.id for one in missing],
                      "result": archived.result_digest}  # fmt: skip
            house.cycles._end(unit, row, "recast", detail, person=person)
        return archived.summary

    def _missing(self, unit: Unit, cycle_id: str) -> tuple[Any, list[Any]]:
        """Return the cycle's row and the pay-ins that have not wholly arrived."""
        row = self.house.cycles._begin(unit, cycle_id, "plan")
        ins = find_all(unit, pay_in, order=["id"], cycle=cycle_id)
        return row, [one for one in ins if one.arrived_minor < one.due_minor]

    def plan(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Place the money that came: by the final run, or by the recast.

        Raises:
            Conflict: Pay-ins are missing and there was no recast.
        """
        house = self.house
        with house.database.unit("cycle.plan", exclusive=True) as unit:
            row, missing = self._missing(unit, cycle_id)
            chosen = last_run(unit, cycle_id, ["recast", "final"])
            if missing and chosen.kind != "recast":
                raise Conflict(
                    f"{len(missing)} pay-ins of {cycle_id} are missing", code="CoverMissing",
                    next_step="wait for them until the deadline, then: skontro settlement recast",
                )  # fmt: skip
            owed = self.positions(unit)
            border = []
            for leg in _border_of(json.loads(chosen.summary)):
                debtor, creditor = leg["debtor_side"], leg["creditor_side"]
                flow = leg["amount_minor"]
                before = owed.get((debtor, creditor), 0) - owed.get((creditor, debtor), 0)
                insert(
                    unit, border_leg, cycle=cycle_id, debtor_side=debtor, creditor_side=creditor,
                    flow_minor=flow, before_minor=before, revalued_minor=0,
                    carried_minor=before + flow, hard_minor=0, state="carried",
                )  # fmt: skip
                border.append({"debtor": debtor, "creditor": creditor, "flow_minor": flow,
                               "position_minor": before + flow})  # fmt: skip
            detail = {"run": chosen.id, "border": border}
            house.cycles._end(unit, row, "plan", detail, person=person)
        return detail

    def settle(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Discharge what the money that came discharges, and make the pay-outs ready.

        Raises:
            Conflict: There is not enough cover on a side.
        """
        house = self.house
        with house.database.unit("cycle.settle", exclusive=True) as unit:
            row = house.cycles._begin(unit, cycle_id, "settle")
            chosen = last_run(unit, cycle_id, ["recast", "final"])
            firms = {firm.number: firm for firm in find_all(unit, participant)}
            ids = {number: firm.id for number, firm in firms.items()}
            plan = find_all(unit, plan_line, order=["participant", "currency"], run=chosen.id)
            apply_discharge(unit, chosen.id, "planned_minor")
            lines = claim_lines(discharge_sums(unit, chosen.id, "planned_minor"), ids, -1)
            kept = dict[tuple[str, str], int]()
            for line in plan:
                firm = firms[line.participant]
                side = (firm.side, line.currency)
                kept[side] = kept.get(side, 0) + line.pay_in_minor - line.pay_out_minor
                lines.append((f"held:{firm.id}:{line.currency}", line.pay_in_minor))
                lines.append((f"due:{firm.id}:{line.currency}", -line.pay_out_minor))
                if line.pay_in_minor:
                    change(
                        unit, pay_in,
                        {"cycle": cycle_id, "participant": line.participant,
                         "currency": line.currency},
                        used_minor=line.pay_in_minor,
                    )  # fmt: skip
            lines += [
                (f"border:{side}:{currency}", -amount) for (side, currency), amount in kept.items()
            ]
            self._check_cover(unit, kept)
            house.note(unit, "settled", {"run": chosen.id}, cycle=cycle_id, lines=lines)
            waiting = self._make_pay_outs(unit, cycle_id, plan)
            detail = {"run": chosen.id, "waiting": waiting}
            house.cycles._end(unit, row, "settle", detail, person=person)
        return detail

    def _check_cover(self, unit: Unit, kept: Mapping[tuple[str, str], int]) -> None:
        """Refuse where a side's account cannot pay out what it would owe."""
        for (side, currency), amount in kept.items():
            if amount >= 0:
                continue
            here = balances(unit, f"border:{side}:{currency}").get(f"border:{side}:{currency}", 0)
            working = -balances(unit, f"working:{side}:{currency}").get(
                f"working:{side}:{currency}", 0
            )
            if -amount + here > working:
                raise Conflict(
                    f"side {side} is short of {-amount + here} minor units of {currency} and has "
                    f"a working balance of {working}",
                    code="CoverMissing",
                    next_step="a working balance or border money must come first",
                )

    def _make_pay_outs(self, unit: Unit, cycle_id: str, plan: Sequence[Any]) -> int:
        """Make ready what the gate releases; return how many it holds."""
        outs = [line for line in plan if line.pay_out_minor]
        held = 0
        for number, line in zip(next_numbers(unit, pay_out, len(outs)), outs, strict=True):
            outcome, verdict_id, digest = self.house.gate.judge_pay_out(
                unit, number, line.participant, line.currency, line.pay_out_minor
            )
            if outcome != RELEASED:
                held += 1
                continue
            insert(
                unit, pay_out, id=number, cycle=cycle_id, participant=line.participant,
                currency=line.currency, amount_minor=line.pay_out_minor, purpose="settlement",
                state="ready", content_digest=digest, verdict_id=verdict_id,
                verdict_kind="pay_out", verdict_outcome="released",
            )  # fmt: skip
        return held

    def propose_release(
        self, cycle_id: str, side: str, currency: str, maker: str, signer: Signer
    ) -> int:
        """Propose to let the pay-outs of a side and currency leave, as one file.

        Returns:
            The number of the act.

        Raises:
            Conflict: There is nothing to let go.
        """
        with self.house.database.unit("payment.release.propose", exclusive=True) as unit:
            firms = {
                firm.number: firm for firm in find_all(unit, participant) if firm.side == side
            }
            ready = [
                one
                for one in find_all(unit, pay_out, order=["id"], cycle=cycle_id,
                                    currency=currency, state="ready")
                if one.participant in firms
            ]  # fmt: skip
            if not ready:
                raise Conflict(f"nothing is ready on side {side} in {currency}",
                               code="NothingReady")  # fmt: skip
            body = {
                "cycle": cycle_id, "side": side, "currency": currency,
                "payments": [
                    {"pay_out": one.id, "participant": firms[one.participant].id,
                     "amount_minor": one.amount_minor}
                    for one in ready
                ],
            }  # fmt: skip
            content = body | {"file": hashlib.sha256(canonical_json(body)).hexdigest()}
            return self.house.people.propose_in(unit, "payment.release", content, maker, signer)

    def sent(
        self, side: str, currency: str, pay_out_id: int, *, bank_reference: str,
        value_day: str | None = None,
    ) -> None:  # fmt: skip
        """Note that the bank paid a pay-out.

        Raises:
            Conflict: It was not released, or the bank said something else before.
        """
        house = self.house
        with house.database.unit("money.sent", exclusive=True) as unit:
            row = find(unit, pay_out, id=pay_out_id)
            body = hashlib.sha256(canonical_json([side, currency, pay_out_id])).hexdigest()
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            if row is None or row.state != "released":
                raise Conflict(f"pay-out {pay_out_id} was not released", code="NotReleased")
            firm = find(unit, participant, number=row.participant)
            number = next_numbers(unit, money_line)[0]
            insert(
                unit, money_line, id=number, side=side, currency=currency,
                bank_reference=bank_reference, amount_minor=-row.amount_minor,
                value_day=value_day or house.today, reference="", body_digest=body,
                state="matched", pay_out=row.id, matched_minor=row.amount_minor,
                noted_at=house.at,
            )  # fmt: skip
            change(unit, pay_out, {"id": row.id}, state="paid")
            house.note(
                unit, "money", {"line": number, "pay_out": row.id}, cycle=row.cycle,
                lines=[(f"due:{firm.id}:{currency}", row.amount_minor),
                       (f"bank:{side}:{currency}", -row.amount_minor)],
            )  # fmt: skip

    def fund(self, side: str, currency: str, amount_minor: int, *, bank_reference: str) -> None:
        """Note that a sponsor's working balance came to a side's account."""
        house = self.house
        body = hashlib.sha256(canonical_json([side, currency, amount_minor])).hexdigest()
        with house.database.unit("money.fund", exclusive=True) as unit:
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            number = next_numbers(unit, money_line)[0]
            insert(
                unit, money_line, id=number, side=side, currency=currency,
                bank_reference=bank_reference, amount_minor=amount_minor,
                value_day=house.today, reference="", body_digest=body, state="matched",
                matched_minor=amount_minor, noted_at=house.at,
            )  # fmt: skip
            house.note(
                unit, "money", {"line": number, "working": side},
                lines=[(f"bank:{side}:{currency}", amount_minor),
                       (f"working:{side}:{currency}", -amount_minor)],
            )  # fmt: skip

    # ---- for the close -----------------------------------------------------------------------

    def check_closed(self, unit: Unit, cycle_id: str) -> None:
        """Refuse to close a cycle with payments under way.

        Raises:
            Conflict: Saying how many.
        """
        left = count(unit, pay_out, cycle=cycle_id, state=["ready", "released"])
        if left:
            raise Conflict(
                f"{left} pay-outs of {cycle_id} are not paid", code="OutOfOrder",
                next_step="release them by two people and note what the bank paid",
            )  # fmt: skip

    def residual_lines(self, unit: Unit, cycle_id: str, final: int) -> list[tuple[str, int]]:
        """Return postings that take out what is still owed of a cycle."""
        ids = {firm.number: firm.id for firm in find_all(unit, participant)}
        lines = claim_lines(discharge_sums(unit, final, "before_minor"), ids, -1)
        lines += claim_lines(discharge_sums(unit, final, "set_off_minor"), ids, 1)
        chosen = last_run(unit, cycle_id, ["recast", "final"])
        return lines + claim_lines(discharge_sums(unit, chosen.id, "planned_minor"), ids, 1)


def _border_of(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each side came to owe in a run."""
    return [leg for block in summary["blocks"] for leg in block["border"]]


@handles("payment.release")
def _release(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let payments leave, provided the money is there and the gate still releases them."""
    body = {name: content[name] for name in ("cycle", "side", "currency", "payments")}
    text = canonical_json(body).decode()
    side, currency = content["side"], content["currency"]
    total = 0
    for payment in content["payments"]:
        row = find(unit, pay_out, id=payment["pay_out"])
        if row.state != "ready" or row.amount_minor != payment["amount_minor"]:
            raise Conflict(f"pay-out {row.id} is {row.state}", code="StaleApproval")
        outcome, _, _ = house.gate.judge_pay_out(
            unit, row.id, row.participant, row.currency, row.amount_minor
        )
        if outcome != RELEASED:
            raise Forbidden(f"the gate holds pay-out {row.id}", code="ScreeningHold")
        total += row.amount_minor
        change(unit, pay_out, {"id": row.id}, state="released", release_act=act_id,
               release_act_kind="payment.release")  # fmt: skip
    code = f"bank:{side}:{currency}"
    on_the_way = sum(
        row.amount_minor
        for row in find_all(unit, pay_out, currency=currency, state="released")
        if find(unit, participant, number=row.participant).side == side
    )
    if balances(unit, code).get(code, 0) < on_the_way:
        raise Conflict(f"side {side} has less than {on_the_way} minor units of {currency}",
                       code="CoverMissing")  # fmt: skip
    number = next_numbers(unit, payment_file)[0]
    insert(
        unit, payment_file, id=number, cycle=content["cycle"], side=side, currency=currency,
        digest=content["file"], content=text, state="released", release_act=act_id,
        release_act_kind="payment.release",
    )  # fmt: skip
    house.note(
        unit, "cycle.step", {"step": "release", "file": content["file"], "total_minor": total},
        cycle=content["cycle"], act_id=act_id,
    )  # fmt: skip
    return {"file": number, "payments": len(content["payments"]), "total_minor": total}


