# SPDX-License-Identifier: Apache-2.0
"""What others left with the sides: agreed, taken out, exchanged."""

from __future__ import annotations

from typing import Any

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.payments import LEAVING, Payments
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.identifiers import make_creditor_reference
from skontro.house.reconciliation import plain_name
from skontro.house.settlement import (
    FUNDS,
    end_to_end_id,
    source_account,
)
from skontro.store.database import Unit
from skontro.store.register import commit_record, current_records
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import border_payment, left_payment, money_line, pay_out, working_balance


def said_payee(name: str, account: str) -> str:
    """Return what the register says of somebody who is no participant and may be paid.

    Example:
        >>> said_payee("Alder Bank", "NL91ABNA0417164300")
        'Alder Bank\\nNL91ABNA0417164300'
    """
    return said_payer(name, account) if account else _on_one_line(name)


def said_payer(name: str, account: str) -> str:
    """Return what the register says of who paid or was paid by the bank's word.

    The name ends where its line does: a line break within it is a mark that cannot be seen, which
    the gate holds, so that no part of a name goes uncompared.

    Example:
        >>> said_payer("Alder Bank", "")
        'Alder Bank\\n'
        >>> said_payer("Alder\\nBank", "NL1")
        'Alder\ufffdBank\\nNL1'
    """
    return f"{_on_one_line(name)}\n{account}"


def _on_one_line(name: str) -> str:
    return name.replace("\n", "\N{REPLACEMENT CHARACTER}")


class Funds(Payments):
    """Working balances, pools, revaluations, capital, and exchanges between accounts of a side."""

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
        account: str = "",
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
            account: Where the sponsor is paid back, as far as known; goes into the register.
        """
        house = self.house
        rules = house.rules.side(side)
        if rules is None or currency not in rules.currencies or limit_minor < 0:
            raise Rejected(f"side {side!r} has no account in {currency!r}", code="UnknownAccount",
                           next_step="see the accounts in the rules of the house")  # fmt: skip
        with house.database.unit("limits.change.propose", exclusive=True) as unit:
            record = commit_record(
                unit, "sponsor", f"{side}:{currency}", "name", said_payee(sponsor, account),
                purpose="agreement", at=house.at,
                retain_until=house.keep_until("sponsor", side), in_force=False,
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
        payee_account: str = "",
        person: str | None = None,
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
            payee_account: On which account they are paid.
            person: Who of the house made it ready, if one did.

        Returns:
            The number of the payment.

        Raises:
            Conflict: So much is not free.
        """
        if purpose not in FUNDS or amount_minor <= 0 or (purpose == "pool") != bool(firm) or (
            (payee or payee_account) and purpose != "revaluation"
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
            left = self._left_before(unit, side, currency, purpose, amount_minor)
            free = self.withdrawable(unit, side, currency, purpose)
            if left is None and amount_minor > free:
                raise Conflict(
                    f"{free} minor units of {currency} may be taken out", code="CoverMissing",
                    next_step="the rest is drawn, covers pay-ins, or is counted on by a run",
                )  # fmt: skip
            number = next_numbers(unit, pay_out)[0]
            if firm is not None:
                row = self.house.participants.row(unit, firm)
                if row.side != side:
                    raise Rejected(
                        f"{firm} is not of side {side!r}", code="InvalidOptions",
                        next_step="a pool is of its side's participants: name one of them",
                    )  # fmt: skip
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
                said_who = said_payee(payee, payee_account)
                record = self._payee(unit, side, currency, purpose, number, said_who)
                said = self.house.record(unit, record)
                judged = self.house.gate.judge_payee(
                    unit, number, (record, said), currency, amount_minor
                )
                to = {"payee": record}
            if left is None and judged[0] != RELEASED:
                raise Forbidden("house review: it stays where it is", code="ScreeningHold",
                                next_step="the compliance officer decides what becomes of "
                                "it")  # fmt: skip
            insert(
                unit, pay_out, id=number, side=side, currency=currency, purpose=purpose,
                amount_minor=amount_minor, source=source_account(purpose, currency, side=side),
                content_digest=judged[2], verdict_id=judged[1], **to,
                **self._as_left(left, end_to_end_id(purpose, side or "hub", currency, str(number))),
            )  # fmt: skip
            self._note_step(unit, "withdraw", person, pay_out=number)
            if left is not None:
                self._note_left(unit, number, left)
        return int(number)

    def _note_step(self, unit: Unit, step: str, person: str | None, **what: int) -> None:
        """Write down who made something ready to leave, or took it back."""
        self.house.note(unit, "money.step", {"step": step, "person": person, **what})

    def _left_before(
        self, unit: Unit, side: str, currency: str, purpose: str, amount_minor: int
    ) -> Any:
        """Return what left before the house was restored and is this very withdrawal, or None."""
        begins = end_to_end_id(purpose, side or "hub", currency, "")
        return next(
            (
                row
                for row in self.unexplained(unit)
                if (row.side, row.currency, row.amount_minor) == (side, currency, amount_minor)
                and row.end_to_end.startswith(begins)
            ),
            None,
        )

    def withdrawable(self, unit: Unit, side: str, currency: str, purpose: str) -> int:
        """Return how much of a fund may be taken out, minor units."""
        account = self.account(unit, side, currency)
        if purpose == "pool":
            rows = find_all(unit, pay_out, purpose="pool", state=list(LEAVING), side=side,
                            currency=currency)  # fmt: skip
            gone = self.gone(unit, "pool").get((side, currency), 0)
            return max(0, account.pool - gone - sum(int(row.amount_minor) for row in rows))
        if purpose == "revaluation":
            rows = find_all(unit, pay_out, purpose="revaluation", state=list(LEAVING), side=side,
                            currency=currency)  # fmt: skip
            gain = account.revaluation - sum(int(row.amount_minor) for row in rows)
            return max(0, min(gain, self._free_border(unit, side, currency)))
        needed = account.hard_out - account.border_money + account.gone
        needed += self.counted_on(unit).get((side, currency), 0)
        return max(0, int(account.working - account.leaving - max(0, needed)))

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

    def exchange(
        self, side: str, sell: tuple[str, int], buy: tuple[str, int], *, person: str | None = None
    ) -> int:
        """Make ready that a side exchanges border money it keeps in one currency for another.

        A side that keeps several currencies can have too much of one and too little of another.
        Two people release it with the account's other payments; both banks' words are noted as of
        hard border money. What the rate makes of it is booked as revaluation.

        Args:
            side: Which side.
            sell: Currency and minor units that leave.
            buy: Currency and minor units that are to come for it.
            person: Who of the house made it ready, if one did.

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
            made = count(unit, border_payment, cycle=None, instead_of=None) + 1
            reference = make_creditor_reference(f"X{made:08d}")
            is_left = find(unit, left_payment, end_to_end=reference) is not None
            free = self._free_border(unit, side, sell[0])
            if not is_left and sell[1] > free:
                raise Conflict(
                    f"{free} minor units of {sell[0]} may be exchanged", code="CoverMissing",
                    next_step="the rest is not other sides' money, or a run counts on it",
                )  # fmt: skip
            number = self.insert_border(
                unit, reference, debtor_side=side, creditor_side=side, amount_minor=sell[1],
                debtor_currency=sell[0], debtor_minor=sell[1], creditor_currency=buy[0],
                creditor_minor=buy[1],
            )  # fmt: skip
            self._note_step(unit, "exchange", person, border_payment=number)
        return number

    def exchanges(self) -> list[dict[str, Any]]:
        """Return the exchanges of the sides, oldest first."""
        with self.house.database.read() as unit:
            rows = find_all(unit, border_payment, order=["id"], cycle=None)
        return [dict(row._mapping) for row in rows]

    def withdrawals(self) -> list[dict[str, Any]]:
        """Return what was taken out of funds, or waits to be, oldest first."""
        with self.house.database.read() as unit:
            rows = find_all(unit, pay_out, order=["id"], purpose=list(FUNDS))
        names = ("id", "side", "currency", "purpose", "amount_minor", "state")
        return [{name: getattr(row, name) for name in names} for row in rows]

    def stop(self, number: int, *, exchange: bool = False, person: str | None = None) -> None:
        """Take back a withdrawal, or an exchange, that two people have not let go.

        Args:
            number: The payment.
            exchange: It is an exchange.
            person: Who of the house took it back, if one did.

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
            self._note_step(unit, "stop", person, **{table.name: number})
            self.look_again(unit)

    def _with_account(self, unit: Unit, agreed: int, payers: list[int]) -> int:
        """Return the record of a sponsor, or of whom its money came from if that has an account."""
        name, _, account = (self.house.record(unit, agreed) or "").partition("\n")
        for payer in payers if not account else ():
            called, _, number = (self.house.record(unit, payer) or "").partition("\n")
            if number and plain_name(called) == plain_name(name):
                return payer
        return agreed

    def _sponsor(self, unit: Unit, side: str, currency: str, purpose: str) -> int:
        """Return the register's record of who left a fund with a side."""
        rows = find_all(unit, money_line, order=["-id"], side=side, currency=currency,
                        reference=purpose, reversed_by=0)  # fmt: skip
        payers = [row.payer for row in rows if row.payer is not None]
        if purpose == "working":
            said = find_all(unit, working_balance, order=["-balance_act"], limit=1, side=side,
                            currency=currency)  # fmt: skip
            known = current_records(unit, "sponsor", "name").get(f"{side}:{currency}", [])
            if said or known:
                agreed = int(said[0].sponsor) if said else known[-1][0]
                return self._with_account(unit, agreed, payers)
        if not payers:
            raise Conflict(f"nobody is known to have left {purpose} money with side {side!r}",
                           code="NoSponsor",
                           next_step="agree with whom it belongs: "
                           "skontro settlement working-balance")  # fmt: skip
        return int(payers[0])
