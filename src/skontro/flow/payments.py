# SPDX-License-Identifier: Apache-2.0
"""What leaves the sides' accounts: made ready against cover, released by two people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.borders import Borders
from skontro.flow.people import handles
from skontro.flow.side_accounts import Place
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.identifiers import make_creditor_reference
from skontro.house.settlement import (
    FUNDS,
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
from skontro.store.register import commit_record, current_records
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import (
    bank_details,
    border_payment,
    cycle,
    default_case,
    left_payment,
    money_line,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    payment_file,
    register,
)
from skontro.store.settlement import change_many, chunks, cycles_that_wait, pay_out_sums

if TYPE_CHECKING:
    from skontro.flow.house import House

LEAVING = ("ready", "released")
COUNTED = ("ready", "released", "paid")


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
        found = list[tuple[Claim, str]]()
        wishes = dict[Place, list[Wish]]()
        for number, claim in enumerate(claims):
            why = claim.waits_for
            if not why and (claim.participant, claim.currency) not in accounts:
                why = "account"
            if not why and claim.participant in held:
                why = "house review"
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
                ins = find_all(unit, pay_in, order=["id"], participant=firm, currency=currency)
                waiting |= {row.cycle for row in ins} & settled
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
        """Pay-in money of a settled cycle's participants that nothing needs."""
        free = self._free_held(unit)
        mine = {(row.participant, row.currency) for row in find_all(unit, pay_in, cycle=cycle_id)}
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
        source = source_account(claim.purpose, claim.currency, side=claim.side, firm=claim.firm)
        lines = post_payment(LEFT, source, gone.amount_minor, gone.side)
        self.house.note(unit, "suspense", {"pay_out": numbers[0], "left": gone.end_to_end},
                        cycle=cycle_id, act_id=gone.resume_act, lines=lines)  # fmt: skip

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

    # ---- funds: agreed, and taken out -------------------------------------------------------

    def propose_working_balance(
        self,
        side: str,
        currency: str,
        limit_minor: int,
        maker: str,
        signer: Signer,
        *,
        sponsor: str,
        agreement: str,
    ) -> int:
        """Propose how much of a working balance may be drawn, under which agreement with whom.

        Args:
            side: The side it is left with.
            currency: In which currency.
            limit_minor: How much of it may be drawn, minor units.
            maker: Who proposes it.
            signer: Their key.
            sponsor: Who leaves it there; goes into the register.
            agreement: Id of the agreement.
        """
        house = self.house
        rules = house.rules.side(side)
        if rules is None or currency not in rules.currencies or limit_minor < 0:
            raise Rejected(f"side {side!r} has no account in {currency!r}", code="UnknownAccount",
                           next_step="see the accounts in the rules of the house")  # fmt: skip
        with house.database.unit("limits.change.propose", exclusive=True) as unit:
            record = commit_record(
                unit, "sponsor", f"{side}:{currency}", "name", sponsor, purpose="agreement",
                at=house.at, retain_until=house.keep_until("sponsor", side), in_force=False,
            )  # fmt: skip
            working = {
                "side": side, "currency": currency, "limit_minor": limit_minor,
                "sponsor": record.as_json(), "agreement": agreement,
            }  # fmt: skip
            return house.people.propose_in(
                unit, "limits.change", {"working": [working]}, maker, signer
            )

    def withdraw(
        self,
        side: str,
        currency: str,
        amount_minor: int,
        *,
        purpose: str = "working",
        firm: str | None = None,
        payee: str = "",
    ) -> int:
        """Make ready that a sponsor, or a contributor of a pool, takes money out.

        What is drawn, and what published runs count on, stays. Of a revaluation only what it
        brought in money is paid, to whom the rules let bear it. Nothing leaves before two people
        release it: see :meth:`propose_release`.

        Args:
            side: From which side's account; empty for the hub's.
            currency: In which currency.
            amount_minor: How much, above nought.
            purpose: ``working``, ``pool``, ``revaluation`` or ``capital``.
            firm: Id of the participant that takes it out of a pool.
            payee: Who bears a revaluation and is paid, by name. What somebody left with a side
                goes back to whom it came from, and to nobody else.

        Returns:
            The number of the payment.

        Raises:
            Conflict: So much is not free.
        """
        if purpose not in FUNDS or amount_minor <= 0 or (purpose == "pool") != bool(firm) or (
            payee and purpose != "revaluation"
        ):  # fmt: skip
            raise Rejected(
                "a withdrawal is of a working balance, a revaluation, capital, or a participant's "
                "of a pool",
                code="InvalidOptions",
                next_step="name a participant with a pool, a payee with a revaluation, and "
                "nobody with the rest: it goes back to whom it came from",
            )
        with self.house.database.unit("money.withdraw", exclusive=True) as unit:
            self.house.check_writable(unit)
            free = self._withdrawable(unit, side, currency, purpose)
            if amount_minor > free:
                raise Conflict(
                    f"{free} minor units of {currency} may be taken out", code="CoverMissing",
                    next_step="the rest is drawn, covers pay-ins, or is counted on by a run",
                )  # fmt: skip
            number = next_numbers(unit, pay_out)[0]
            if firm is not None:
                row = self.house.participants.row(unit, firm)
                account = self._usable_accounts(unit, {row.number}).get((row.number, currency))
                if account is None:
                    raise Conflict(f"{firm} has no account in {currency}", code="NoAccount",
                                   next_step="two people take one in: skontro participants "
                                   "bank-details")  # fmt: skip
                judged = self.house.gate.judge_pay_outs(
                    unit, [(number, row.number, currency, amount_minor, account)]
                )[number]
                to: dict[str, Any] = {"participant": row.number, "account": account}
            else:
                record = self._payee(unit, side, currency, purpose, number, payee)
                said = self.house.record(unit, record)
                judged = self.house.gate.judge_payee(
                    unit, number, (record, said), currency, amount_minor
                )
                to = {"payee": record}
            if judged[0] != RELEASED:
                raise Forbidden("house review: it stays where it is", code="ScreeningHold",
                                next_step="the compliance officer decides what becomes of "
                                "it")  # fmt: skip
            insert(
                unit, pay_out, id=number, side=side, currency=currency, purpose=purpose,
                amount_minor=amount_minor, state="ready",
                source=source_account(purpose, currency, side=side),
                end_to_end=end_to_end_id(purpose, side or "hub", currency, str(number)),
                content_digest=judged[2], verdict_id=judged[1], **to,
            )  # fmt: skip
        return int(number)

    def _withdrawable(self, unit: Unit, side: str, currency: str, purpose: str) -> int:
        account = self.account(unit, side, currency)
        if purpose == "pool":
            rows = find_all(unit, pay_out, purpose="pool", state=list(LEAVING), side=side,
                            currency=currency)  # fmt: skip
            return account.pool - sum(int(row.amount_minor) for row in rows)
        if purpose == "revaluation":
            rows = find_all(unit, pay_out, purpose="revaluation", state=list(LEAVING), side=side,
                            currency=currency)  # fmt: skip
            gain = account.revaluation - sum(int(row.amount_minor) for row in rows)
            return max(0, min(gain, self._free_border(unit, side, currency)))
        needed = account.hard_out - account.border_money
        needed += self.counted_on(unit).get((side, currency), 0)
        return int(account.working - account.leaving - max(0, needed))

    def _free_border(self, unit: Unit, side: str, currency: str) -> int:
        """Border money that may leave an account: neither promised nor counted on by a run."""
        account = self.account(unit, side, currency)
        counted = self.counted_on(unit).get((side, currency), 0)
        kept = account.hard_out + max(0, counted - account.drawable)
        return int(max(0, account.border_money - kept))

    def _payee(
        self, unit: Unit, side: str, currency: str, purpose: str, number: int, payee: str
    ) -> int:
        """Return the register's record of who is paid out of a fund."""
        if purpose != "revaluation":
            return self._sponsor(unit, side, currency, purpose)
        if not payee:
            raise Rejected(
                "what a revaluation brought is paid to whom the rules let bear it",
                code="NoPayee", next_step="name them",
            )  # fmt: skip
        return commit_record(
            unit, "pay_out", str(number), "payee", payee, purpose="payment", at=self.house.at,
            retain_until=self.house.keep_until("payment", side),
        ).id  # fmt: skip

    def exchange(self, side: str, sell: tuple[str, int], buy: tuple[str, int]) -> int:
        """Make ready that a side exchanges border money it keeps in one currency for another.

        A side that keeps several currencies can have too much of one and too little of another.
        Two people release it with the account's other payments; both banks' words are noted as of
        hard border money. What the rate makes of it is booked as revaluation.

        Args:
            side: Which side.
            sell: Currency and minor units that leave.
            buy: Currency and minor units that are to come for it.

        Returns:
            The number of the payment, as border payments have them.

        Raises:
            Conflict: So much is not free.
        """
        rules = self.house.rules.side(side)
        known = () if rules is None else rules.currencies
        if sell[0] == buy[0] or not {sell[0], buy[0]} <= set(known) or min(sell[1], buy[1]) <= 0:
            raise Rejected(
                f"side {side!r} does not exchange {sell[0]!r} for {buy[0]!r}",
                code="InvalidOptions",
                next_step="name two currencies the side keeps, and amounts above nought",
            )
        with self.house.database.unit("money.exchange", exclusive=True) as unit:
            self.house.check_writable(unit)
            free = self._free_border(unit, side, sell[0])
            if sell[1] > free:
                raise Conflict(
                    f"{free} minor units of {sell[0]} may be exchanged", code="CoverMissing",
                    next_step="the rest is not other sides' money, or a run counts on it",
                )  # fmt: skip
            number = next_numbers(unit, border_payment)[0]
            insert(
                unit, border_payment, id=number, debtor_side=side, creditor_side=side,
                amount_minor=sell[1], debtor_currency=sell[0], debtor_minor=sell[1],
                creditor_currency=buy[0], creditor_minor=buy[1], state="ready",
                reference=make_creditor_reference(f"X{number:08d}"),
            )  # fmt: skip
        return int(number)

    def exchanges(self) -> list[dict[str, Any]]:
        """Return the exchanges of the sides, oldest first."""
        with self.house.database.read() as unit:
            rows = find_all(unit, border_payment, order=["id"], cycle=None)
        return [dict(row._mapping) for row in rows]

    def stop(self, number: int, *, exchange: bool = False) -> None:
        """Take back a withdrawal, or an exchange, that two people have not let go.

        Args:
            number: The payment.
            exchange: It is an exchange.

        Raises:
            Conflict: It was let go, or is neither.
        """
        with self.house.database.unit("money.stop", exclusive=True) as unit:
            self.house.check_writable(unit)
            table = border_payment if exchange else pay_out
            row = find(unit, table, id=number)
            is_one = row is not None and (
                row.debtor_side == row.creditor_side if exchange else row.purpose in FUNDS
            )
            if not is_one or row.state != "ready":
                word = "exchange" if exchange else "withdrawal"
                raise Conflict(f"{number} is no {word} that waits for two people",
                               code="NotReady",
                               next_step="what was let go is the bank's to give back")  # fmt: skip
            change(unit, table, {"id": number}, state="stopped")
            self.look_again(unit)

    def _sponsor(self, unit: Unit, side: str, currency: str, purpose: str) -> int:
        """Return the register's record of who left a fund with a side."""
        from skontro.store.schema import working_balance

        if purpose == "working":
            said = find_all(unit, working_balance, order=["-balance_act"], limit=1, side=side,
                            currency=currency)  # fmt: skip
            if said:
                return int(said[0].sponsor)
            known = current_records(unit, "sponsor", "name").get(f"{side}:{currency}", [])
            if known:
                return known[-1][0]
        rows = find_all(unit, money_line, order=["-id"], side=side, currency=currency,
                        reference=purpose)  # fmt: skip
        payers = [row.payer for row in rows if row.payer is not None and row.reversed_by == 0]
        if not payers:
            raise Conflict(f"nobody is known to have left {purpose} money with side {side!r}",
                           code="NoSponsor",
                           next_step="agree with whom it belongs: "
                           "skontro settlement working-balance")  # fmt: skip
        return int(payers[0])

    # ---- released ----------------------------------------------------------------------------

    def propose_release(
        self, cycle_id: str | None, side: str, currency: str, maker: str, signer: Signer
    ) -> int:
        """Propose to let what is ready on a side's account leave, as one file.

        Args:
            cycle_id: Of which cycle; None for whatever is ready.
            side: Whose account pays; empty for the hub's.
            currency: In which currency.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act.

        Raises:
            Conflict: There is nothing to let go.
        """
        with self.house.database.unit("payment.look", exclusive=True) as unit:
            self.house.check_writable(unit)
            self._stop_held(unit, side, currency)
            self.stop_uncovered(unit)
            self.look_again(unit)
        with self.house.database.unit("payment.release.propose", exclusive=True) as unit:
            of_cycle: dict[str, Any] = {} if cycle_id is None else {"cycle": cycle_id}
            payments = self._payments(
                unit,
                find_all(unit, pay_out, order=["id"], side=side, currency=currency, state="ready",
                         **of_cycle),
            )  # fmt: skip
            borders = [
                {"border_payment": row.id, "creditor_side": row.creditor_side,
                 "amount_minor": row.debtor_minor, "reference": row.reference}
                for row in find_all(unit, border_payment, order=["id"], debtor_side=side,
                                    debtor_currency=currency, state="ready", **of_cycle)
            ]  # fmt: skip
            if not payments and not borders:
                raise Conflict(
                    f"nothing is ready on side {side} in {currency}", code="NothingReady",
                    next_step="see what waits, and why: skontro settlement board",
                )  # fmt: skip
            body = {"cycle": cycle_id, "side": side, "currency": currency, "payments": payments,
                    "border": borders}  # fmt: skip
            content = body | {"file": hashlib.sha256(canonical_json(body)).hexdigest()}
            return self.house.people.propose_in(unit, "payment.release", content, maker, signer)

    def _payments(self, unit: Unit, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Payments as an act and a file say them: ids and records, no names."""
        firms = {firm.number: firm.id for firm in find_all(unit, participant)}
        wanted = sorted({one for row in rows for one in (row.payee, row.account) if one})
        commitments = dict[int, str]()
        for part in chunks(wanted):
            commitments |= {one.id: one.commitment
                            for one in find_all(unit, register, id=list(part))}  # fmt: skip
        found = []
        for row in rows:
            said: dict[str, Any] = {
                "pay_out": row.id, "amount_minor": row.amount_minor, "purpose": row.purpose,
                "end_to_end": row.end_to_end,
            }  # fmt: skip
            if row.participant is not None:
                said["participant"] = firms[row.participant]
            for name in ("payee", "account"):
                record = getattr(row, name)
                if record is not None:
                    said[name] = [record, commitments[record]]
            found.append(said)
        return found

    def _stop_held(self, unit: Unit, side: str, currency: str) -> None:
        """Stop ready payments to participants that the gate holds now, or that are in default."""
        rows = [
            row
            for row in find_all(unit, pay_out, side=side, currency=currency, state="ready")
            if row.participant is not None
        ]
        why = self._why_not(unit, [row.participant for row in rows])
        change_many(unit, pay_out, "id", [row.id for row in rows if row.participant in why],
                    state="stopped")  # fmt: skip

    def _why_not(self, unit: Unit, firms: Iterable[int]) -> dict[int, str]:
        """Return which participants may not be paid now, and why."""
        claims = self._claims(unit, {(firm, ""): 1 for firm in sorted(set(firms))}, "settlement")
        why = {one.participant: one.waits_for for one in claims if one.waits_for}
        held = self._held_by_gate(unit, [one for one in claims if not one.waits_for])
        return why | dict.fromkeys(held, "house review")


@handles("payment.release")
def _release(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let payments leave, provided the money is there and the gate still releases them."""
    money = house.settlement
    names = ("cycle", "side", "currency", "payments", "border")
    text = canonical_json({name: content[name] for name in names}).decode()
    side, currency = content["side"], content["currency"]
    outs, borders = content["payments"], content["border"]
    numbers = [one["pay_out"] for one in outs]
    rows = dict[int, Any]()
    for part in chunks(numbers):
        rows |= {row.id: row for row in find_all(unit, pay_out, id=list(part))}
    _check_as_proposed(outs, rows)
    firms = {row.participant for row in rows.values() if row.participant is not None}
    why = money._why_not(unit, firms)
    if why:
        raise Forbidden(
            f"{len(why)} payees may not be paid now: {', '.join(sorted(set(why.values())))}",
            code="ScreeningHold", next_step="propose it anew: what is held stays out",
        )  # fmt: skip
    accounts = money._usable_accounts(unit, firms)
    for row in rows.values():
        if row.payee is not None:
            record = (row.payee, house.record(unit, row.payee))
            judged = house.gate.judge_payee(unit, row.id, record, row.currency, row.amount_minor)
            if judged[0] != RELEASED:
                raise Forbidden(f"house review of pay-out {row.id}", code="ScreeningHold",
                                next_step="propose it anew: what is held stays out")  # fmt: skip
        elif accounts.get((row.participant, row.currency)) != row.account:
            raise Conflict(f"pay-out {row.id}: the account was changed since",
                           code="StaleApproval", next_step="propose it anew")  # fmt: skip
    act = {"release_act": act_id, "release_act_kind": "payment.release"}
    change_many(unit, pay_out, "id", numbers, state="released", **act)
    for one in borders:
        row = find(unit, border_payment, id=one["border_payment"])
        if row.state != "ready" or row.debtor_minor != one["amount_minor"]:
            raise Conflict(f"border payment {row.id} is {row.state}", code="StaleApproval",
                           next_step="propose it anew")  # fmt: skip
        change(unit, border_payment, {"id": row.id}, state="released", **act)
    _check_cover(money, unit, side, currency)
    number = next_numbers(unit, payment_file)[0]
    insert(
        unit, payment_file, id=number, cycle=content["cycle"], side=side, currency=currency,
        digest=content["file"], content=text, state="released", **act,
    )  # fmt: skip
    total = sum(one["amount_minor"] for one in [*outs, *borders])
    house.note(
        unit, "cycle.step", {"step": "release", "file": content["file"], "total_minor": total},
        cycle=content["cycle"], act_id=act_id,
    )  # fmt: skip
    return {"file": number, "payments": len(outs), "border": len(borders), "total_minor": total}


def _check_as_proposed(outs: Sequence[Mapping[str, Any]], rows: Mapping[int, Any]) -> None:
    for one in outs:
        row = rows.get(one["pay_out"])
        said = None if row is None else (row.state, row.amount_minor, row.end_to_end)
        if said != ("ready", one["amount_minor"], one["end_to_end"]):
            state = "gone" if row is None else row.state
            raise Conflict(f"pay-out {one['pay_out']} is {state}", code="StaleApproval",
                           next_step="propose it anew")  # fmt: skip


def _check_cover(money: Payments, unit: Unit, side: str, currency: str) -> None:
    """Refuse what would leave an account with less than belongs to others."""
    place = (side, currency)
    account = money.account(unit, side, currency)
    borders = sum(
        row.debtor_minor - row.sent_minor
        for row in find_all(unit, border_payment, debtor_side=side, debtor_currency=currency,
                            state=["released", "arrived"])
    )  # fmt: skip
    gains = find_all(unit, pay_out, purpose="revaluation", side=side, currency=currency,
                     state="released")  # fmt: skip
    borders += sum(row.amount_minor for row in gains)
    leaving = money.promised(unit, ["released"]).get(place, 0) + borders
    all_leaving = borders + sum(
        amount
        for (its_side, code, _, purpose, _), amount in pay_out_sums(unit, state="released").items()
        if (its_side, code) == place and purpose != "revaluation"
    )
    if leaving > account.cover or all_leaving > account.bank:
        raise Conflict(
            f"side {side} has cover for {min(account.cover, account.bank)} minor units of "
            f"{currency}, and {max(leaving, all_leaving)} would leave",
            code="CoverMissing", next_step="border money or a working balance must come first",
        )  # fmt: skip
