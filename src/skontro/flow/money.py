# SPDX-License-Identifier: Apache-2.0
"""What the banks say: money that came, went and came back; suspense; mistakes undone."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.core.money import exponents
from skontro.flow.people import handles
from skontro.flow.releases import Releases
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.settlement import (
    BACK,
    FUNDS,
    LEAVES,
    REVERSIBLE,
    Arrival,
    end_to_end_id,
    place_arrival,
    post,
    post_payment,
    source_account,
)
from skontro.store.database import Unit
from skontro.store.register import commit_record, records_of
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import (
    border_payment,
    default_case,
    journal_entry,
    left_payment,
    money_line,
    participant,
    pay_in,
    pay_out,
)
from skontro.store.settlement import entry_postings, reversals

if TYPE_CHECKING:
    from skontro.flow.house import House


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
                    payer=f"{payer}\n{payer_account}",
                )  # fmt: skip
            row = self._pay_in_meant(unit, side, currency, plain, payer, payer_account)
            placed = Arrival(0, 0, amount_minor) if row is None else _placed(row, amount_minor)
            number = next_numbers(unit, money_line)[0]
            record = commit_record(
                unit, "money_line", str(number), "payer", f"{payer}\n{payer_account}",
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
        if account and said:
            known = {_plain_account(text.partition(" ")[0]) for _, text in said}
            return _plain_account(account) in known
        names = records_of(unit, "participant", firm, "name")
        return _plain_name(payer) in [_plain_name(text) for _, text in names]

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
    ) -> None:
        """Note that a sponsor's working balance came to a side's account, or money of a pool.

        What may be drawn of a working balance is bounded by its agreement as well.

        Args:
            side: On which side's account; empty for the hub's, where the union's capital lies.
            currency: In which currency.
            amount_minor: How much, above nought.
            bank_reference: The bank's id of it; saying the same again is harmless.
            purpose: ``working``, ``pool``, ``revaluation`` (from whom the rules let bear it) or
                ``capital``.
            payer: Who paid it; it goes back to them.
        """
        if purpose not in FUNDS or (purpose == "capital") != (side == ""):
            raise Rejected(
                f"{purpose!r} money on side {side!r}", code="InvalidOptions",
                next_step=f"one of {', '.join(FUNDS)}; capital lies at the hub",
            )  # fmt: skip
        self._check_sum(side, currency, amount_minor)
        body = _body([side, currency, amount_minor, purpose, payer])
        with self.house.database.unit("money.fund", exclusive=True) as unit:
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            number = next_numbers(unit, money_line)[0]
            record = None
            if payer:
                record = commit_record(
                    unit, "money_line", str(number), "payer", payer, purpose="reconciliation",
                    at=self.house.at, retain_until=self.house.keep_until("sponsor", side),
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
        value_day: str | None = None,
    ) -> None:  # fmt: skip
        """Note that the bank paid a pay-out.

        Raises:
            Conflict: It was not released, or the bank said something else before.
        """
        body = _body([side, currency, pay_out_id])
        with self.house.database.unit("money.sent", exclusive=True) as unit:
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            row = find(unit, pay_out, id=pay_out_id)
            if row is not None and row.release_act_kind == "house.resume":
                known = find(unit, left_payment, end_to_end=row.end_to_end)
                if known.bank_reference == bank_reference:
                    return
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
            self._write_line(
                unit, number, side, currency, bank_reference, -row.amount_minor, body,
                content={"pay_out": row.id}, cycle=row.cycle, reference=row.end_to_end,
                lines=post_payment(LEAVES, row.source, row.amount_minor, side), state="matched",
                pay_out=row.id, matched_minor=row.amount_minor, value_day=value_day,
            )  # fmt: skip
            early = find(unit, money_line, pay_out=row.id, state="suspense", reversed_by=0)
            if early is not None:
                self._give_back(unit, find(unit, pay_out, id=row.id), early)

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
            early = find(unit, money_line, pay_out=pay_out_id, state="suspense", reversed_by=0)
            if row is None or row.state not in ("released", "paid") or early is not None or (
                (row.side, row.currency) != (side, currency)
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
        change(unit, pay_out, {"id": row.id}, state="returned")
        if row.line is not None:
            change(unit, money_line, {"id": row.line}, state="suspense")
        if row.cycle is not None:
            self.make_ready(unit, row.cycle)

    # ---- hard border money -------------------------------------------------------------------

    def border_sent(self, payment_id: int, *, bank_reference: str) -> None:
        """Note that the debtor side's bank paid hard border money.

        Raises:
            Conflict: Two people did not release it, or it was paid before.
        """
        with self.house.database.unit("money.border_sent", exclusive=True) as unit:
            row = self._border_row(unit, payment_id)
            side, currency = row.debtor_side, row.debtor_currency
            body = _body([side, currency, payment_id, "border"])
            if row.release_act_kind == "house.resume":
                known = find(unit, left_payment, end_to_end=row.reference)
                if known.bank_reference == bank_reference:
                    return
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            if row.sent_minor:
                raise Conflict(f"border payment {payment_id} was paid before", code="AlreadyDone",
                               next_step="ask the bank whether it paid twice")  # fmt: skip
            number = next_numbers(unit, money_line)[0]
            change(unit, border_payment, {"id": row.id}, sent_minor=row.debtor_minor)
            self._write_line(
                unit, number, side, currency, bank_reference, -row.debtor_minor, body,
                content={"border_payment": row.id}, cycle=row.cycle, reference=row.reference,
                lines=post("border_sent", row.debtor_minor, currency, side=side),
                state="matched", border_payment=row.id, matched_minor=row.debtor_minor,
            )  # fmt: skip

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

    def _border_row(self, unit: Unit, payment_id: int) -> Any:
        row = find(unit, border_payment, id=payment_id)
        if row is None or row.state in ("ready", "stopped"):
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

    # ---- suspense ----------------------------------------------------------------------------

    def suspense(self) -> list[dict[str, Any]]:
        """Return the lines in suspense: what is nobody's yet, oldest first."""
        with self.house.database.read() as unit:
            rows = find_all(unit, money_line, order=["id"], state="suspense")
            return [
                dict(row._mapping) | {
                    "open_minor": row.amount_minor - row.matched_minor,
                    "payer_said": None if row.payer is None
                    else self.house.record(unit, row.payer),
                }
                for row in rows
            ]  # fmt: skip

    def propose_assignment(
        self, line: int, maker: str, signer: Signer, *, to: int | None = None
    ) -> int:
        """Propose whose money in suspense is.

        Args:
            line: The line.
            maker: Who proposes it.
            signer: Their key.
            to: The pay-in it is for; None to return it to whoever paid it.

        Returns:
            The number of the act.
        """
        with self.house.database.read() as unit:
            row = find(unit, money_line, id=line)
        if row is None:
            raise Rejected(f"there is no line {line}", code="NoSuchLine",
                           next_step="list them with: skontro settlement suspense")  # fmt: skip
        content = {
            "line": line, "pay_in": to, "open_minor": row.amount_minor - row.matched_minor,
        }  # fmt: skip
        return self.house.people.propose("suspense.assign", content, maker, signer)

    def _assign(self, unit: Unit, act_id: int, content: Mapping[str, Any]) -> dict[str, Any]:
        line = find(unit, money_line, id=content["line"])
        left = line.amount_minor - line.matched_minor
        if line.state != "suspense" or left != content["open_minor"] or line.pay_out is not None:
            raise Conflict(f"line {line.id} is {line.state}, {left} of it open",
                           code="StaleApproval",
                           next_step="see what is open: skontro settlement suspense")  # fmt: skip
        if content["pay_in"] is None:
            return self._return_line(unit, line, left)
        row = find(unit, pay_in, id=content["pay_in"])
        side = "" if row is None else find(unit, participant, number=row.participant).side
        if row is None or (side, row.currency) != (line.side, line.currency):
            raise Conflict(f"pay-in {content['pay_in']} is not on that account", code="WrongPayIn",
                           next_step="name a pay-in of that side and currency, or return "
                           "the money")  # fmt: skip
        if line.payer is not None and (
            self.house.gate.judge_payer(unit, line.id, line.payer)[0] != RELEASED
        ):
            raise Forbidden(
                f"house review: what came by line {line.id} stays where it is",
                code="ScreeningHold", next_step="the compliance officer decides what becomes of it",
            )  # fmt: skip
        placed = _placed(row, left)
        if placed.over == left:
            raise Conflict(f"pay-in {row.id} needs no more money", code="AlreadyDone",
                           next_step="return it, or assign it to another")  # fmt: skip
        lines = self._fill_pay_in(unit, row, placed, "assigned", "assigned_repaid")
        matched = line.matched_minor + left - placed.over
        change(unit, money_line, {"id": line.id}, matched_minor=matched,
               pay_in=line.pay_in or row.id,
               state="suspense" if placed.over else "matched")  # fmt: skip
        self.house.note(
            unit, "suspense", {"line": line.id, "pay_in": row.id, "matched_minor":
                               left - placed.over}, cycle=row.cycle, act_id=act_id, lines=lines,
        )  # fmt: skip
        return {"line": line.id, "pay_in": row.id, "left_minor": placed.over}

    def _return_line(self, unit: Unit, line: Any, left: int) -> dict[str, Any]:
        """Make ready that money in suspense goes back to whoever paid it."""
        if line.payer is None:
            raise Conflict(f"nobody is known to have paid line {line.id}", code="NoPayer",
                           next_step="ask the bank who paid; undo the line and note it again "
                           "with its payer")  # fmt: skip
        tried = count(unit, pay_out, line=line.id, state=["released", "paid", "returned"])
        name = end_to_end_id(f"line{tried + 1 if tried else ''}", line.side, line.currency,
                             line.bank_reference)  # fmt: skip
        gone = find(unit, left_payment, end_to_end=name)
        if gone is not None and (gone.side, gone.currency, gone.amount_minor) != (
            line.side, line.currency, left
        ):  # fmt: skip
            raise Conflict(
                f"{gone.amount_minor} minor units of line {line.id} left before the restore",
                code="BankDiffers", next_step="assign the rest first, or ask the bank",
            )  # fmt: skip
        number = next_numbers(unit, pay_out)[0]
        record = (line.payer, self.house.record(unit, line.payer))
        outcome, verdict, digest = self.house.gate.judge_payee(
            unit, number, record, line.currency, left
        )
        if gone is None and outcome != RELEASED:
            raise Forbidden(
                f"house review: what came by line {line.id} stays where it is",
                code="ScreeningHold", next_step="the compliance officer decides what becomes of it",
            )  # fmt: skip
        insert(
            unit, pay_out, id=number, side=line.side, currency=line.currency, amount_minor=left,
            payee=line.payer, purpose="return", line=line.id,
            source=source_account("return", line.currency, side=line.side),
            content_digest=digest, verdict_id=verdict, **self._as_left(gone, name),
        )  # fmt: skip
        if gone is not None:
            self._note_left(unit, number, gone)
        change(unit, money_line, {"id": line.id}, state="returned")
        return {"line": line.id, "pay_out": number, "left_minor": 0}

    # ---- mistakes undone ---------------------------------------------------------------------

    def propose_reversal(self, entry: int, reason: str, maker: str, signer: Signer) -> int:
        """Propose to undo a journal entry by a new one.

        What the bank is said to have done, and what was assigned, can be undone as long as
        nothing was built on it. Set-off and settlement are final.

        Args:
            entry: Number of the entry.
            reason: Why; a sentence without names.
            maker: Who proposes it.
            signer: Their key.
        """
        content = {"entry": entry, "reason": reason}
        return self.house.people.propose("entry.reverse", content, maker, signer)

    def _reverse(self, unit: Unit, act_id: int, content: Mapping[str, Any]) -> dict[str, Any]:
        row = find(unit, journal_entry, number=content["entry"])
        if row is None or row.kind not in REVERSIBLE:
            raise Forbidden(
                f"entry {content['entry']} is none that can be undone", code="Final",
                next_step="what is final is set right by a new, opposite obligation",
            )  # fmt: skip
        if any(json.loads(text)["entry"] == row.number for text in reversals(unit)):
            raise Conflict(f"entry {row.number} was undone before", code="AlreadyDone",
                           next_step="nothing is left to do: see skontro journal show")  # fmt: skip
        said = json.loads(row.content)
        line = find(unit, money_line, id=said.get("line", 0))
        if line is None:
            raise Forbidden(f"entry {row.number} cannot be undone", code="Final",
                            next_step="undo the entry of the bank's line behind it")  # fmt: skip
        postings = entry_postings(unit, row.number)
        if row.kind == "money":
            if line.entry != row.number:
                raise Conflict("another entry holds that line now", code="StaleApproval",
                               next_step="look it up: skontro journal show")  # fmt: skip
            self._undo_line(unit, line, said, postings)
        else:
            self._undo_assignment(unit, line, said, postings)
        entry = self.house.note(
            unit, "reversal", {"entry": row.number, "reason": content["reason"]}, act_id=act_id,
            cycle=row.cycle, lines=[(code, -amount) for code, amount in postings],
        )  # fmt: skip
        if row.kind == "money":
            change(unit, money_line, {"id": line.id}, state="reversed", reversed_by=entry.number)
        self.stop_uncovered(unit)
        self._check_released_covered(unit)
        self.look_again(unit)
        return {"entry": row.number, "reversal": entry.number}

    def _undo_line(
        self, unit: Unit, line: Any, said: Mapping[str, Any], postings: list[tuple[str, int]]
    ) -> None:
        """Take back what a bank line did to other rows."""
        if line.state == "returned" or line.matched_minor != said.get(
            "matched_minor", line.matched_minor
        ):
            raise _built_on(line.id, "it was assigned or returned since")
        if line.pay_in is not None and line.matched_minor:
            self._unfill(unit, find(unit, pay_in, id=line.pay_in), postings)
        elif line.border_payment is not None and line.amount_minor > 0:
            row = find(unit, border_payment, id=line.border_payment)
            change(unit, border_payment, {"id": row.id}, state="released",
                   arrived_minor=row.arrived_minor - line.matched_minor)  # fmt: skip
        elif line.border_payment is not None:
            change(unit, border_payment, {"id": line.border_payment}, sent_minor=0)
        elif line.pay_out is not None and line.amount_minor < 0:
            row = find(unit, pay_out, id=line.pay_out)
            if row.state != "paid":
                raise _built_on(line.id, "the money came back since")
            change(unit, pay_out, {"id": row.id}, state="released")
        elif line.pay_out is not None and line.state == "matched":
            raise _built_on(line.id, "undo the entry that made it due again first")

    def _undo_assignment(
        self, unit: Unit, line: Any, said: Mapping[str, Any], postings: list[tuple[str, int]]
    ) -> None:
        """Take back that money in suspense was said to be somebody's."""
        if "pay_in" in said:
            self._unfill(unit, find(unit, pay_in, id=said["pay_in"]), postings)
            matched = line.matched_minor - said["matched_minor"]
            change(unit, money_line, {"id": line.id}, state="suspense", matched_minor=matched)
            return
        if "returned" not in said:
            raise Forbidden("that cannot be undone", code="Final",
                            next_step="undo the entry of the bank's line behind it")  # fmt: skip
        row = find(unit, pay_out, id=said["returned"])
        later = [
            one
            for one in find_all(unit, pay_out, cycle=row.cycle, participant=row.participant,
                                currency=row.currency, purpose=row.purpose)
            if one.id > row.id and one.state != "stopped"
        ]  # fmt: skip
        if row.state != "returned" or any(one.state != "ready" for one in later):
            raise _built_on(line.id, "it was released again since")
        for one in later:
            change(unit, pay_out, {"id": one.id}, state="stopped")
        change(unit, pay_out, {"id": row.id}, state="paid")
        change(unit, money_line, {"id": line.id}, state="suspense", matched_minor=0)

    def _unfill(self, unit: Unit, row: Any, postings: list[tuple[str, int]]) -> None:
        """Take back what filled a pay-in, or repaid the pool for it."""
        held = -sum(amount for code, amount in postings if code.startswith("held:"))
        repaid = -sum(amount for code, amount in postings if code.startswith("claim:"))
        if held and row.state == "closed":
            raise _built_on(row.id, "the pay-in has settled")
        state = row.state
        if state == "arrived":
            state = "called" if self._may_still_come(unit, row) else "missed"
        change(
            unit, pay_in, {"id": row.id}, arrived_minor=row.arrived_minor - held - repaid,
            covered_minor=row.covered_minor + repaid, state=state,
        )  # fmt: skip

    def _may_still_come(self, unit: Unit, row: Any) -> bool:
        from skontro.store.schema import cycle

        deadline = str(find(unit, cycle, id=row.cycle).pay_in_deadline)
        return deadline > self.house.at

    def _check_released_covered(self, unit: Unit) -> None:
        """Refuse if what was released has no cover any more."""
        for place, account in self.accounts(unit).items():
            less = account.bank < 0 or account.pool < 0
            try:
                self.check_cover(unit, *place)
            except Conflict:
                less = True
            if less:
                raise Conflict(
                    f"side {place[0]} would have less {place[1]} than has been let go",
                    code="CoverMissing", next_step="money must come in another way first",
                )  # fmt: skip


def _plain_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _plain_account(account: str) -> str:
    return "".join(mark for mark in account.upper() if mark.isalnum())


def _placed(row: Any, amount: int) -> Arrival:
    return place_arrival(
        amount, due=row.due_minor, arrived=row.arrived_minor, covered=row.covered_minor,
        is_open=row.state != "closed",
    )  # fmt: skip


def _built_on(number: int, why: str) -> Conflict:
    return Conflict(f"it cannot be undone ({number}): {why}", code="BuiltOn",
                    next_step="undo what came later first, or set it right anew")  # fmt: skip


def _told(number: int, state: str, matched: int) -> dict[str, Any]:
    return {"line": number, "state": state, "matched_minor": matched}


def _body(said: list[Any]) -> str:
    return hashlib.sha256(canonical_json(said)).hexdigest()


@handles("suspense.assign")
def _assign(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Say whose money in suspense is, or make ready that it goes back."""
    return house.settlement._assign(unit, act_id, content)


@handles("entry.reverse")
def _reverse(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Undo a journal entry by a new one."""
    return house.settlement._reverse(unit, act_id, content)


