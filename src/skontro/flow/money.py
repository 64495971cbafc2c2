# SPDX-License-Identifier: Apache-2.0
"""What the banks say: money that came, went and came back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Rejected
from skontro.core.money import LIMIT_MINOR, exponents
from skontro.flow.funds import said_payee, said_payer
from skontro.flow.releases import Releases
from skontro.house.bank import Party
from skontro.house.reconciliation import is_party
from skontro.house.settlement import (
    BACK,
    PAID_IN,
    Arrival,
    place_arrival,
    post,
    post_left,
    post_payment,
)
from skontro.store.database import Unit
from skontro.store.register import commit_record, records_of
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import (
    border_payment,
    default_case,
    left_payment,
    money_line,
    participant,
    pay_in,
    pay_out,
)

LONGEST_REFERENCE = 256
"""Characters of a bank's id of a line; ISO 20022 has 35."""


class MoneyLines(Releases):
    """Bank lines, each taken in once."""

    # ---- money that came ---------------------------------------------------------------------

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

        By its reference it is matched to a pay-in, provided that the payer is the participant, or
        to hard border money. What is over, late or cannot be matched waits in suspense; nothing
        that came is ever refused.

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
            The number of the line, its state, and how much of it was matched.

        Raises:
            Conflict: The bank said something else under this id before.
        """
        reference, payer, payer_account = map(_as_kept, (reference, payer, payer_account))
        body = _body([side, currency, amount_minor, reference, payer, payer_account])
        self._check_sum(side, currency, amount_minor)
        with self.house.database.unit("money.receive", exclusive=True) as unit:
            known = self._known_line(unit, side, currency, bank_reference, body)
            if known is not None:
                return _told(known.id, known.state, known.matched_minor)
            plain = "".join(reference.split()).upper()
            hard = find(unit, border_payment, reference=plain, creditor_side=side,
                        creditor_currency=currency)  # fmt: skip
            if hard is not None and hard.state in ("released", "arrived"):
                return self._border_came(
                    unit, hard, amount_minor, bank_reference, body, value_day,
                    payer=said_payer(payer, payer_account),
                )  # fmt: skip
            row = self._pay_in_meant(unit, side, currency, plain, payer, payer_account)
            placed = Arrival(0, 0, amount_minor) if row is None else place_of(row, amount_minor)
            number = next_numbers(unit, money_line)[0]
            record = commit_record(
                unit, "money_line", str(number), "payer", said_payer(payer, payer_account),
                purpose="reconciliation", at=self.house.at,
                retain_until=self.house.keep_until("payment", side),
            )  # fmt: skip
            lines = self._fill_pay_in(unit, row, placed, "arrived", "repaid")
            lines += post("unclaimed", placed.over, currency, side=side)
            matched = amount_minor - placed.over
            state = "suspense" if placed.over else "matched"
            self._write_line(
                unit, number, side, currency, bank_reference, amount_minor, body,
                content={"payer": record.as_json(), "matched_minor": matched},
                cycle=None if row is None else row.cycle, lines=lines, payer=record.id,
                reference=reference, state=state, matched_minor=matched, value_day=value_day,
                pay_in=None if row is None else row.id,
            )  # fmt: skip
            if row is None:
                self.house.gate.judge_payer(unit, number, record.id)
            elif placed.repaid:
                self.look_again(unit)
        return _told(number, state, matched)

    def _check_sum(self, side: str, currency: str, amount_minor: int) -> None:
        if amount_minor <= 0:
            raise Rejected(
                "money that came is above nought", code="NonPositiveAmount",
                next_step="what left is noted with: skontro settlement sent",
            )  # fmt: skip
        if amount_minor >= LIMIT_MINOR:
            raise _too_large()
        rules = self.house.rules.side(side)
        known = [self.house.unit] if not side else [] if rules is None else rules.currencies
        if currency not in known or currency not in exponents():
            raise Rejected(f"side {side!r} has no account in {currency!r}", code="UnknownAccount",
                           next_step="see the accounts in the rules of the house")  # fmt: skip

    def _known_line(
        self, unit: Unit, side: str, currency: str, bank_reference: str, body: str
    ) -> Any:
        self.house.check_writable(unit)
        if not bank_reference.strip():
            raise Rejected("a line of the bank has an id", code="InvalidOptions",
                           next_step="give the bank's id of it: saying it again is then "
                           "harmless")  # fmt: skip
        if len(bank_reference) > LONGEST_REFERENCE or not bank_reference.isprintable():
            raise Rejected(
                f"the bank's id of a line has at most {LONGEST_REFERENCE} characters, and no "
                "control characters", code="InvalidOptions",
                next_step="give the id as the bank's statement has it",
            )  # fmt: skip
        known = find(unit, money_line, side=side, currency=currency,
                     bank_reference=bank_reference, reversed_by=0)  # fmt: skip
        if known is not None and known.body_digest != body:
            raise Conflict(
                f"the bank said something else of {bank_reference!r} before",
                code="IdempotencyMismatch",
                next_step="ask the bank which is right; undo the wrong one: "
                "skontro settlement reverse",
            )
        return known

    def _write_line(
        self,
        unit: Unit,
        number: int,
        side: str,
        currency: str,
        bank_reference: str,
        amount_minor: int,
        body: str,
        *,
        content: Mapping[str, Any],
        lines: list[tuple[str, int]],
        cycle: str | None = None,
        **values: Any,
    ) -> None:
        """Book a bank line and write its row."""
        entry = self.house.note(unit, "money", {"line": number, **content}, cycle=cycle,
                                lines=lines)  # fmt: skip
        values["value_day"] = values.get("value_day") or self.house.today
        insert(
            unit, money_line, id=number, side=side, currency=currency,
            bank_reference=bank_reference, amount_minor=amount_minor, body_digest=body,
            noted_at=self.house.at, entry=entry.number, **values,
        )  # fmt: skip

    def _pay_in_meant(
        self, unit: Unit, side: str, currency: str, reference: str, payer: str, account: str
    ) -> Any:
        """Return the pay-in that money is for by its reference, if the participant itself pays."""
        row = find(unit, pay_in, reference=reference, currency=currency)
        if row is None:
            return None
        firm = find(unit, participant, number=row.participant)
        if firm.side != side or not self._is_payer(unit, firm.id, payer, account):
            return None
        if find(unit, default_case, participant=firm.number) is not None:
            return None  # what comes then may be its estate's: two people decide
        return row

    def _is_payer(self, unit: Unit, firm: str, payer: str, account: str) -> bool:
        """Whether money came from the participant itself: by account, else by name."""
        said = records_of(unit, "participant", firm, "account")
        names = records_of(unit, "participant", firm, "name")
        accounts = [text.partition(" ")[0] for _, text in said]
        return is_party([text for _, text in names], accounts, Party(payer, account))

    def _fill_pay_in(
        self, unit: Unit, row: Any, placed: Arrival, held: str, repaid: str
    ) -> list[tuple[str, int]]:
        """Write down what came for a pay-in; return its postings by the two schemes."""
        if row is None or not placed.repaid + placed.held:
            return []
        firm = find(unit, participant, number=row.participant)
        arrived = row.arrived_minor + placed.repaid + placed.held
        state = row.state
        if state != "closed" and arrived == row.due_minor:
            state = "arrived"
        change(unit, pay_in, {"id": row.id}, arrived_minor=arrived, state=state,
               covered_minor=row.covered_minor - placed.repaid)  # fmt: skip
        return [
            *post(held, placed.held, row.currency, side=firm.side, firm=firm.id),
            *post(repaid, placed.repaid, row.currency, side=firm.side, firm=firm.id),
        ]

    def fund(
        self,
        side: str,
        currency: str,
        amount_minor: int,
        *,
        bank_reference: str,
        purpose: str = "working",
        payer: str = "",
        payer_account: str = "",
    ) -> None:
        """Note that a sponsor's working balance came to a side's account, or money of a pool.

        What may be drawn of a working balance is bounded by its agreement as well.

        Args:
            side: On which side's account; empty for the hub's, where the union's capital lies.
            currency: In which currency.
            amount_minor: How much, above nought.
            bank_reference: The bank's id of it; saying the same again is harmless.
            purpose: ``working``, ``pool``, ``revaluation`` or ``charges`` (from whom the rules let
                bear them) or ``capital``.
            payer: Who paid it; it goes back to them.
            payer_account: From which account; without it nothing goes back there.
        """
        if purpose not in PAID_IN or (purpose == "capital") != (side == ""):
            raise Rejected(
                f"{purpose!r} money on side {side!r}", code="InvalidOptions",
                next_step=f"one of {', '.join(PAID_IN)}; capital lies at the hub",
            )  # fmt: skip
        self._check_sum(side, currency, amount_minor)
        body = _body([side, currency, amount_minor, purpose, payer,
                      *([payer_account] if payer_account else [])])  # fmt: skip
        with self.house.database.unit("money.fund", exclusive=True) as unit:
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            number = next_numbers(unit, money_line)[0]
            record = None
            if payer:
                record = commit_record(
                    unit, "money_line", str(number), "payer", said_payee(payer, payer_account),
                    purpose="reconciliation", at=self.house.at,
                    retain_until=self.house.keep_until("sponsor", side),
                )  # fmt: skip
            self._write_line(
                unit, number, side, currency, bank_reference, amount_minor, body,
                content={purpose: side}, reference=purpose, state="matched",
                lines=post(f"{purpose}_in", amount_minor, currency, side=side),
                matched_minor=amount_minor, payer=None if record is None else record.id,
            )  # fmt: skip
            self.look_again(unit)

    # ---- money that went and came back -------------------------------------------------------

    def sent(
        self, side: str, currency: str, pay_out_id: int, *, bank_reference: str,
        amount_minor: int | None = None, value_day: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Note that the bank paid a pay-out.

        What it paid too little is still owed, and is made ready again; what it paid too much is
        missing: the line waits in suspense until that came back (see :meth:`propose_assignment`).

        Args:
            side: From which side's account.
            currency: In which currency.
            pay_out_id: The pay-out.
            bank_reference: The bank's id of the line; saying the same again is harmless.
            amount_minor: What left, by the bank's word, above nought; if not given, what two
                people let go.
            value_day: The bank's value date.

        Returns:
            ``less_minor`` and ``more_minor``: what was paid too little, and too much.

        Raises:
            Conflict: It was not released, or the bank said something else before.
        """
        if amount_minor is not None and amount_minor <= 0:
            raise Rejected("what left is an amount above nought", code="NonPositiveAmount",
                           next_step="what came back is noted with: skontro settlement "
                           "returned")  # fmt: skip
        if amount_minor is not None and amount_minor >= LIMIT_MINOR:
            raise _too_large()
        with self.house.database.unit("money.sent", exclusive=True) as unit:
            row = find(unit, pay_out, id=pay_out_id)
            due = 0 if row is None else int(row.amount_minor)
            left = due if amount_minor is None else amount_minor
            told = {"less_minor": max(0, due - left), "more_minor": max(0, left - due)}
            body = _body([side, currency, pay_out_id, *([left] if left != due else [])])
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return told
            if row is not None and row.release_act_kind == "house.resume":
                known = find(unit, left_payment, end_to_end=row.end_to_end)
                if known.bank_reference == bank_reference:
                    return told
            if row is None or row.state != "released" or (row.side, row.currency) != (
                side, currency
            ):  # fmt: skip
                raise Conflict(
                    f"pay-out {pay_out_id} was not released to leave from there",
                    code="NotReleased",
                    next_step="see which are: skontro settlement board; or ask the bank why",
                )
            number = next_numbers(unit, money_line)[0]
            change(unit, pay_out, {"id": row.id}, state="paid")
            self.house.events.note(unit, "payment.paid", pay_out=row.id)
            matched = min(due, left)
            self._write_line(
                unit, number, side, currency, bank_reference, -left, body,
                content={"pay_out": row.id, "matched_minor": matched}, cycle=row.cycle,
                reference=row.end_to_end, lines=post_left(row.source, due, left, side),
                state="suspense" if left > due else "matched", pay_out=row.id,
                matched_minor=matched, value_day=value_day,
            )  # fmt: skip
            early = self._early(unit, row.id)
            if early is not None and left == due:
                self._give_back(unit, find(unit, pay_out, id=row.id), early)
            elif left != due:
                self._paid_otherwise(unit, row, left)
        return told

    def _early(self, unit: Unit, pay_out_id: int) -> Any:
        """Return the line of a payment that came back before it was said to have left, or None."""
        lines = find_all(unit, money_line, pay_out=pay_out_id, state="suspense", reversed_by=0)
        return next((line for line in lines if line.amount_minor > 0), None)

    def _paid_otherwise(self, unit: Unit, row: Any, left: int) -> None:
        """Let what a bank paid too little be owed on; stop what is not covered any more."""
        if row.line is not None and left < row.amount_minor:
            line = find(unit, money_line, id=row.line)
            change(unit, money_line, {"id": line.id}, state="suspense",
                   matched_minor=line.matched_minor + left)  # fmt: skip
        self.stop_uncovered(unit)
        if row.cycle is not None:
            self.make_ready(unit, row.cycle)

    def returned(
        self, side: str, currency: str, pay_out_id: int, *, bank_reference: str,
        value_day: str | None = None,
    ) -> None:  # fmt: skip
        """Note that a bank gave a pay-out back: it is due again, and may be released anew.

        Where the bank's word that it was paid has not come yet, the money waits in suspense for
        it: the order of the two makes no difference.

        Raises:
            Conflict: It never left, or the bank said something else before.
        """
        body = _body([side, currency, pay_out_id, "returned"])
        with self.house.database.unit("money.returned", exclusive=True) as unit:
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            row = find(unit, pay_out, id=pay_out_id)
            early = self._early(unit, pay_out_id)
            otherwise = [
                line
                for line in find_all(unit, money_line, pay_out=pay_out_id, reversed_by=0)
                if line.amount_minor < 0 and line.amount_minor != -row.amount_minor
            ]
            if otherwise or row is None or row.state not in ("released", "paid") or (
                early is not None or (row.side, row.currency) != (side, currency)
            ):  # fmt: skip
                raise Conflict(
                    f"pay-out {pay_out_id} did not leave from there, or came back already",
                    code="NotReleased",
                    next_step="note as money that came what is no such payment: "
                    "skontro settlement receive",
                )
            number = next_numbers(unit, money_line)[0]
            self._write_line(
                unit, number, side, currency, bank_reference, row.amount_minor, body,
                content={"returned": row.id}, cycle=row.cycle, reference=row.end_to_end,
                lines=post("unclaimed", row.amount_minor, currency, side=side),
                state="suspense", pay_out=row.id, matched_minor=0, value_day=value_day,
            )  # fmt: skip
            if row.state == "paid":
                self._give_back(unit, row, find(unit, money_line, id=number))

    def _give_back(self, unit: Unit, row: Any, line: Any) -> None:
        """Let a pay-out that came back be due again."""
        self.house.note(
            unit, "suspense", {"line": line.id, "returned": row.id}, cycle=row.cycle,
            lines=post_payment(BACK, row.source, row.amount_minor, row.side),
        )  # fmt: skip
        change(unit, money_line, {"id": line.id}, state="matched",
               matched_minor=line.amount_minor)  # fmt: skip
        self._due_again(unit, row)

    def _due_again(self, unit: Unit, row: Any) -> None:
        change(unit, pay_out, {"id": row.id}, state="returned")
        if row.line is not None:
            change(unit, money_line, {"id": row.line}, state="suspense")
        if row.cycle is not None:
            self.make_ready(unit, row.cycle)

    def _border_again(self, unit: Unit, row: Any) -> None:
        """Make a border payment ready once more: see border_returned."""

    # ---- hard border money -------------------------------------------------------------------

    def border_sent(
        self, payment_id: int, *, bank_reference: str, amount_minor: int | None = None,
        currency: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Note that the debtor side's bank paid hard border money, in whole or in part.

        What it paid too little must still leave: the bank was told to pay it, and is asked for the
        rest. What it paid too much is missing, as of :meth:`sent`.

        Args:
            payment_id: The border payment.
            bank_reference: The bank's id of the line; saying the same again is harmless.
            amount_minor: What left, above nought; if not given, all that has not left yet.
            currency: The currency the amount was said in; not looked at if empty.

        Returns:
            ``less_minor`` and ``more_minor``: what has still to leave, and what left too much.

        Raises:
            Conflict: Two people did not release it, or it was paid before.
        """
        if amount_minor is not None and amount_minor <= 0:
            raise Rejected("what left is an amount above nought", code="NonPositiveAmount",
                           next_step="what came is noted with: skontro settlement "
                           "border-arrived")  # fmt: skip
        if amount_minor is not None and amount_minor >= LIMIT_MINOR:
            raise _too_large()
        with self.house.database.unit("money.border_sent", exclusive=True) as unit:
            row = self._border_row(unit, payment_id)
            if currency not in ("", row.debtor_currency):
                raise Rejected(f"border payment {payment_id} leaves in {row.debtor_currency}",
                               code="UnknownAccount",
                               next_step="give the amount in that currency")  # fmt: skip
            side, currency = row.debtor_side, row.debtor_currency
            parts = [] if amount_minor in (None, row.debtor_minor) else [amount_minor]
            body = _body([side, currency, payment_id, "border", *parts])
            rest = row.debtor_minor - row.sent_minor
            told = {"less_minor": rest, "more_minor": 0}
            if row.release_act_kind == "house.resume":
                known = find(unit, left_payment, end_to_end=row.reference)
                if known.bank_reference == bank_reference:
                    return told
            line = self._known_line(unit, side, currency, bank_reference, body)
            if line is not None:
                return told | {"more_minor": -line.amount_minor - line.matched_minor}
            if not rest:
                raise Conflict(f"border payment {payment_id} was paid before", code="AlreadyDone",
                               next_step="ask the bank whether it paid twice")  # fmt: skip
            left = rest if amount_minor is None else amount_minor
            part = min(rest, left)
            number = next_numbers(unit, money_line)[0]
            change(unit, border_payment, {"id": row.id}, sent_minor=row.sent_minor + part)
            self._write_line(
                unit, number, side, currency, bank_reference, -left, body,
                content={"border_payment": row.id, "matched_minor": part}, cycle=row.cycle,
                reference=row.reference, border_payment=row.id, matched_minor=part,
                lines=[*post("border_sent", part, currency, side=side),
                       *post("paid_more", left - part, currency, side=side)],
                state="suspense" if left > part else "matched",
            )  # fmt: skip
            self._border_left(unit, find(unit, border_payment, id=row.id))
            if left > part:
                self.stop_uncovered(unit)
        return {"less_minor": rest - part, "more_minor": left - part}

    def border_arrived(
        self, payment_id: int, amount_minor: int, *, bank_reference: str, payer: str = ""
    ) -> dict[str, Any]:
        """Note that hard border money came to the creditor side's account, in whole or in part.

        Args:
            payment_id: The border payment.
            amount_minor: What came, minor units of the creditor side's currency.
            bank_reference: The bank's id of it.
            payer: Who paid, by the bank's word; what is over goes back to them.

        Raises:
            Conflict: Two people did not release it.
        """
        with self.house.database.unit("money.border_arrived", exclusive=True) as unit:
            row = self._border_row(unit, payment_id)
            side, currency = row.creditor_side, row.creditor_currency
            self._check_sum(side, currency, amount_minor)
            body = _body([side, currency, payment_id, "arrived", amount_minor])
            known = self._known_line(unit, side, currency, bank_reference, body)
            if known is not None:
                return _told(known.id, known.state, known.matched_minor)
            return self._border_came(
                unit, row, amount_minor, bank_reference, body, None, payer=payer
            )

    def _border_left(self, unit: Unit, row: Any) -> None:
        """Look whether border money that just left came back before: see border_returned."""

    def _border_row(self, unit: Unit, payment_id: int) -> Any:
        row = find(unit, border_payment, id=payment_id)
        if row is None or row.state in ("ready", "stopped", "returned"):
            raise Conflict(
                f"border payment {payment_id} was not released", code="NotReleased",
                next_step="two people release it: skontro settlement release",
            )  # fmt: skip
        return row

    def _border_came(
        self, unit: Unit, row: Any, amount_minor: int, bank_reference: str, body: str,
        value_day: str | None, *, payer: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        side, currency = row.creditor_side, row.creditor_currency
        part = min(amount_minor, row.creditor_minor - row.arrived_minor)
        arrived = row.arrived_minor + part
        state = "matched" if part == amount_minor else "suspense"
        change(unit, border_payment, {"id": row.id}, arrived_minor=arrived,
               state="arrived" if arrived == row.creditor_minor else row.state)  # fmt: skip
        number = next_numbers(unit, money_line)[0]
        record = None
        if payer:
            record = commit_record(
                unit, "money_line", str(number), "payer", payer, purpose="reconciliation",
                at=self.house.at, retain_until=self.house.keep_until("payment", side),
            ).id  # fmt: skip
        self._write_line(
            unit, number, side, currency, bank_reference, amount_minor, body, payer=record,
            content={"border_payment": row.id, "matched_minor": part}, cycle=row.cycle,
            lines=[*post("border_arrived", part, currency, side=side),
                   *post("unclaimed", amount_minor - part, currency, side=side)],
            reference=row.reference, state=state, border_payment=row.id, matched_minor=part,
            value_day=value_day,
        )  # fmt: skip
        self.look_again(unit)
        return _told(number, state, part)


def _as_kept(text: str) -> str:
    """What a payer wrote, as databases can keep it: nothing that came is refused for a NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def place_of(row: Any, amount: int) -> Arrival:
    """Return what becomes of money for a pay-in: see :func:`place_arrival`."""
    return place_arrival(
        amount, due=row.due_minor, arrived=row.arrived_minor, covered=row.covered_minor,
        is_open=row.state != "closed",
    )  # fmt: skip


def _too_large() -> Rejected:
    return Rejected("a line of the bank is below 2**62 minor units", code="AmountTooLarge",
                    next_step="look at the bank's statement again")  # fmt: skip


def _told(number: int, state: str, matched: int) -> dict[str, Any]:
    return {"line": number, "state": state, "matched_minor": matched}


def _body(said: list[Any]) -> str:
    return hashlib.sha256(canonical_json(said)).hexdigest()
