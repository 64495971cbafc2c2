# SPDX-License-Identifier: Apache-2.0
"""What is to leave the sides' accounts: made ready against cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skontro.flow.after_final import unpayable
from skontro.flow.borders import Borders
from skontro.flow.deriving import derive_again
from skontro.flow.doubts import doubted_claims
from skontro.flow.side_accounts import Place
from skontro.gate.verdicts import RELEASED
from skontro.house.settlement import (
    LEFT,
    SideAccount,
    Wish,
    choose_covered,
    end_to_end_id,
    post_payment,
    source_account,
)
from skontro.store.database import Unit, insert_many
from skontro.store.journal import balances
from skontro.store.rows import change, find, find_all, next_numbers
from skontro.store.schema import (
    bank_details,
    cycle,
    default_case,
    left_payment,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    register,
)
from skontro.store.settlement import change_many, cycles_that_wait, pay_out_sums

if TYPE_CHECKING:
    pass

LEAVING = ("ready", "released")
COUNTED = ("ready", "released", "paid")


REVIEW = "house review"
"""What a payment waits for that the gate holds, to whoever asks."""


@dataclass(frozen=True, slots=True)

class Claim:
    """Something a side's account is to pay a participant.

    Attributes:
        participant: Number of the participant.
        firm: Its id.
        side: Whose account pays.
        currency: In which currency.
        open_minor: What no payment serves yet.
        purpose: ``settlement``, or ``return`` of a pay-in not needed.
        waits_for: Why nothing can be done about it now, or empty.
    """

    participant: int
    firm: str
    side: str
    currency: str
    open_minor: int
    purpose: str
    waits_for: str = ""


class Payments(Borders):
    """What leaves."""

    # ---- made ready --------------------------------------------------------------------------

    def make_ready(self, unit: Unit, cycle_id: str) -> dict[str, int]:
        """Make every payment of a cycle ready that cover, gate and people allow; note what waits.

        Pay-outs go against cover, the smallest first; a pay-in that was not needed is the
        participant's own money and needs none.

        Args:
            unit: An exclusive unit of work.
            cycle_id: A cycle that is settled.

        Returns:
            How many became ready, and how many wait.
        """
        claims = [*self._dues(unit, cycle_id), *self._returns(unit, cycle_id)]
        accounts = self._usable_accounts(unit, {one.participant for one in claims})
        held = self._held_by_gate(unit, [one for one in claims if not one.waits_for])
        unpaid = unpayable(self.house, unit, [cycle_id]) if claims else set()
        doubted = doubted_claims(unit)
        found = list[tuple[Claim, str]]()
        wishes = dict[Place, list[Wish]]()
        for number, claim in enumerate(claims):
            why = claim.waits_for
            if not why and (claim.participant, claim.currency) not in accounts:
                why = "account"
            if not why and claim.participant in held:
                why = REVIEW
            if not why and claim.purpose == "settlement" and (
                (cycle_id, claim.participant) in unpaid
            ):  # fmt: skip
                why = REVIEW
            if not why and (claim.side, claim.currency, claim.purpose, cycle_id,
                            claim.participant, None) in doubted:  # fmt: skip
                why = "doubt"
            found.append((claim, why))
            if not why and claim.purpose == "settlement":
                place = (claim.side, claim.currency)
                wishes.setdefault(place, []).append(Wish(number, claim.open_minor))
        uncovered = set(self._uncovered(unit, wishes))
        chosen = [
            claim
            for number, (claim, why) in enumerate(found)
            if not why and number not in uncovered
        ]
        refused = self._insert_ready(unit, cycle_id, chosen, accounts)
        self._note_waiting(unit, cycle_id, [
            (claim, why or ("cover" if number in uncovered else refused.get(claim, "")))
            for number, (claim, why) in enumerate(found)
        ])  # fmt: skip
        ready = len(chosen) - len(refused)
        return {"ready": ready, "waiting": len(claims) - ready}

    def look_again(self, unit: Unit) -> None:
        """Make ready whatever waited in any cycle and need not wait any more."""
        waiting = set(cycles_that_wait(unit))
        settled = {row.id for row in find_all(unit, cycle, state=["settled", "closed"])}
        for (firm, currency), amount in self._free_held(unit).items():
            if amount > 0:
                waiting |= settled & {
                    row.cycle
                    for table in (pay_in, pay_out_due)
                    for row in find_all(unit, table, participant=firm, currency=currency)
                }
        for cycle_id in sorted(waiting):
            self.make_ready(unit, cycle_id)

    def _dues(self, unit: Unit, cycle_id: str) -> list[Claim]:
        """What a settled cycle owes net creditors and no payment serves yet."""
        sums = pay_out_sums(unit, cycle=cycle_id, state=list(COUNTED), purpose="settlement")
        served = dict[tuple[int | None, str], int]()
        for (_, currency, firm, _, _), amount in sums.items():
            served[firm, currency] = served.get((firm, currency), 0) + amount
        open_sums = {
            (row.participant, row.currency): row.amount_minor
            - served.get((row.participant, row.currency), 0)
            for row in find_all(unit, pay_out_due, order=["participant", "currency"],
                                cycle=cycle_id)
        }  # fmt: skip
        return self._claims(unit, open_sums, "settlement")

    def _returns(self, unit: Unit, cycle_id: str) -> list[Claim]:
        """Money held for a settled cycle's participants that nothing needs.

        Of a pay-in, or of a pay-out of which a bank paid less than was let go.
        """
        free = self._free_held(unit)
        mine = {
            (row.participant, row.currency)
            for table in (pay_in, pay_out_due)
            for row in find_all(unit, table, cycle=cycle_id)
        }
        return self._claims(unit, {key: free.get(key, 0) for key in sorted(mine)}, "return")

    def _free_held(self, unit: Unit) -> dict[tuple[int, str], int]:
        """Pay-in money that no cycle under way counts on and no payment returns yet."""
        firms = {row.id: row.number for row in find_all(unit, participant)}
        free = dict[tuple[int, str], int]()
        for code, amount in balances(unit, "held:").items():
            firm, _, currency = code.removeprefix("held:").rpartition(":")
            free[firms[firm], currency] = -amount
        under_way = [row.id for row in find_all(unit, cycle, state=["instructed", "planned"])]
        for row in find_all(unit, pay_in, cycle=under_way):
            key = (row.participant, row.currency)
            free[key] = free.get(key, 0) - row.arrived_minor - row.covered_minor
        for (_, currency, payee, _, _), amount in pay_out_sums(
            unit, purpose="return", state=list(LEAVING)
        ).items():
            if payee is not None:
                free[payee, currency] = free.get((payee, currency), 0) - amount
        return free

    def _claims(
        self, unit: Unit, sums: Mapping[tuple[int, str], int], purpose: str
    ) -> list[Claim]:
        firms = {row.number: row for row in find_all(unit, participant)}
        stopped = {row.participant for row in find_all(unit, default_case, estate_act=None)}
        found = []
        for (number, currency), amount in sums.items():
            firm, why = firms[number], ""
            if firm.state == "suspended":
                why = "suspended"
            if number in stopped:
                why = "default"
            if amount > 0:
                found.append(Claim(number, firm.id, firm.side, currency, amount, purpose, why))
        return found

    def _usable_accounts(self, unit: Unit, firms: set[int]) -> dict[tuple[int, str], int]:
        """Return the register's record of where each participant is paid now, by currency."""
        found = dict[tuple[int, str], int]()
        erased = {row.id for row in find_all(unit, register, what="account", content=None)}
        for row in find_all(unit, bank_details, order=["usable_from", "details_act"]):
            if row.participant in firms and row.usable_from <= self.house.at:
                found[row.participant, row.currency] = row.account
        return {key: record for key, record in found.items() if record not in erased}

    def _held_by_gate(self, unit: Unit, claims: Sequence[Claim]) -> set[int]:
        if not claims:
            return set()
        numbers = sorted({claim.participant for claim in claims})
        derive_again(self.house.gate, unit, numbers)
        judged = self.house.gate.judge_participants(unit, numbers)
        return {number for number in numbers if judged[number][0] != RELEASED}

    def _uncovered(self, unit: Unit, wishes: Mapping[Place, Sequence[Wish]]) -> list[int]:
        """Return the wishes that cover does not reach."""
        if not wishes:
            return []
        accounts, promised = self.accounts(unit), self.promised(unit)
        wait = list[int]()
        for place, asked in wishes.items():
            account = accounts.get(place, SideAccount())
            free = account.cover - account.hard_out - promised.get(place, 0)
            wait += [wish.number for wish in choose_covered(asked, free)[1]]
        return wait

    def promised(self, unit: Unit, states: Sequence[str] = LEAVING) -> dict[Place, int]:
        """Return what pay-outs that have not left yet take of each account's cover."""
        found = dict[Place, int]()
        sums = pay_out_sums(unit, purpose="settlement", state=list(states))
        for (side, currency, _, _, _), amount in sums.items():
            found[side, currency] = found.get((side, currency), 0) + amount
        return found

    def _insert_ready(
        self,
        unit: Unit,
        cycle_id: str,
        claims: Sequence[Claim],
        accounts: Mapping[tuple[int, str], int],
    ) -> dict[Claim, str]:
        """Write ready payments with their verdicts; return those that may not go after all."""
        tried = dict[tuple[int, str, str], int]()
        for row in find_all(unit, pay_out, cycle=cycle_id, state=["released", "paid", "returned"]):
            key = (row.participant, row.currency, row.purpose)
            tried[key] = tried.get(key, 0) + 1
        refused, rows = dict[Claim, str](), list[tuple[Claim, str]]()
        left = {row.end_to_end: row for row in find_all(unit, left_payment)}
        for claim in claims:
            attempt = tried.get((claim.participant, claim.currency, claim.purpose), 0) + 1
            mark = f"{attempt}" if claim.purpose == "settlement" else f"R{attempt}"
            name = end_to_end_id(cycle_id, claim.firm, claim.currency, mark)
            if name not in left:
                rows.append((claim, name))
                continue
            gone = left[name]
            if (gone.side, gone.currency, gone.amount_minor) != (
                claim.side, claim.currency, claim.open_minor
            ):  # fmt: skip
                refused[claim] = "restore"
                continue
            self._insert_left(unit, cycle_id, claim, accounts, gone)
        self._insert_rows(unit, cycle_id, rows, accounts)
        return refused

    def _insert_rows(
        self,
        unit: Unit,
        cycle_id: str,
        rows: Sequence[tuple[Claim, str]],
        accounts: Mapping[tuple[int, str], int],
        **more: Any,
    ) -> list[int]:
        if not rows:
            return []
        numbers = next_numbers(unit, pay_out, len(rows))
        claims = [claim for claim, _ in rows]
        records = [accounts[one.participant, one.currency] for one in claims]
        judged = self.house.gate.judge_pay_outs(unit, [
            (number, one.participant, one.currency, one.open_minor, record)
            for number, one, record in zip(numbers, claims, records, strict=True)
        ])  # fmt: skip
        insert_many(
            unit, pay_out,
            {
                "id": numbers, "cycle": cycle_id, "side": [one.side for one in claims],
                "currency": [one.currency for one in claims],
                "amount_minor": [one.open_minor for one in claims],
                "participant": [one.participant for one in claims], "account": records,
                "purpose": [one.purpose for one in claims],
                "source": [
                    source_account(one.purpose, one.currency, side=one.side, firm=one.firm)
                    for one in claims
                ],
                "end_to_end": [name for _, name in rows],
                "content_digest": [judged[number][2] for number in numbers],
                "verdict_id": [judged[number][1] for number in numbers],
                "verdict_kind": "pay_out", "verdict_outcome": "released",
                "state": "ready", **more,
            },
        )  # fmt: skip
        return list(numbers)

    def _insert_left(
        self, unit: Unit, cycle_id: str, claim: Claim, accounts: Mapping[tuple[int, str], int],
        gone: Any,
    ) -> None:  # fmt: skip
        """Write down a payment that left before the house was restored: it is not paid again."""
        numbers = self._insert_rows(
            unit, cycle_id, [(claim, gone.end_to_end)], accounts, state="paid",
            release_act=gone.resume_act, release_act_kind="house.resume",
        )  # fmt: skip
        self._note_left(unit, numbers[0], gone)

    # ---- what left before a restore ----------------------------------------------------------

    def _as_left(self, left: Any, end_to_end: str) -> dict[str, Any]:
        """Return how a payment begins: ready, or paid where it left before the restore."""
        if left is None:
            return {"state": "ready", "end_to_end": end_to_end}
        return {"state": "paid", "end_to_end": left.end_to_end, "release_act": left.resume_act,
                "release_act_kind": "house.resume"}  # fmt: skip

    def _note_left(self, unit: Unit, number: int, left: Any) -> None:
        """Book a payment that left before the restore: it is not paid again."""
        row = find(unit, pay_out, id=number)
        self.house.note(
            unit, "suspense", {"pay_out": number, "left": left.end_to_end}, cycle=row.cycle,
            act_id=left.resume_act,
            lines=post_payment(LEFT, row.source, row.amount_minor, row.side),
        )  # fmt: skip

    def _note_waiting(
        self, unit: Unit, cycle_id: str, found: Iterable[tuple[Claim, str]]
    ) -> None:
        known = {
            (row.participant, row.currency): row.waits_for
            for row in find_all(unit, pay_out_due, cycle=cycle_id)
        }
        now = dict.fromkeys(known, "")
        for claim, why in found:
            if claim.purpose == "settlement":
                now[claim.participant, claim.currency] = why
        for (firm, currency), why in now.items():
            if known[firm, currency] != why:
                change(unit, pay_out_due,
                       {"cycle": cycle_id, "participant": firm, "currency": currency},
                       waits_for=why)  # fmt: skip
                if REVIEW in (known[firm, currency], why):
                    self.house.note(
                        unit, "gate.payment",
                        {"participant": firm, "currency": currency,
                         "says": "held" if why == REVIEW else "let go"},
                        cycle=cycle_id,
                    )  # fmt: skip

    def stop_uncovered(self, unit: Unit) -> None:
        """Stop ready pay-outs that cover no longer reaches, the largest first."""
        ready = dict[Place, list[Wish]]()
        for row in find_all(unit, pay_out, purpose="settlement", state="ready"):
            ready.setdefault((row.side, row.currency), []).append(Wish(row.id, row.amount_minor))
        if not ready:
            return
        accounts, released = self.accounts(unit), self.promised(unit, ["released"])
        for place, wishes in ready.items():
            account = accounts.get(place, SideAccount())
            free = account.cover - account.hard_out - released.get(place, 0)
            wait = choose_covered(wishes, free)[1]
            change_many(unit, pay_out, "id", [wish.number for wish in wait], state="stopped")
