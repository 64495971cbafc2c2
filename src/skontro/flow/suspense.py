# SPDX-License-Identifier: Apache-2.0
"""Suspense: money that is nobody's yet, or that is missing; and mistakes undone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.charges import CHARGE, DIFFERENCE, Charges
from skontro.flow.doubts import differs, in_doubt
from skontro.flow.money import place_of
from skontro.flow.people import handles
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.settlement import (
    BACK,
    REVERSIBLE,
    end_to_end_id,
    post,
    post_payment,
    source_account,
)
from skontro.house.suspense_ways import way_of
from skontro.store.database import Unit
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import (
    border_payment,
    cycle,
    journal_entry,
    left_payment,
    money_line,
    participant,
    pay_in,
    pay_out,
)
from skontro.store.settlement import entry_content, entry_postings, reversals

if TYPE_CHECKING:
    from skontro.flow.house import House


class Suspense(Charges):
    """What becomes of it: by two people."""

    # ---- suspense ----------------------------------------------------------------------------

    def suspense(self) -> list[dict[str, Any]]:
        """Return the lines in suspense, oldest first: what is nobody's yet, and what is missing.

        ``open_minor`` is below nought where a bank paid more than two people let go.
        """
        with self.house.database.read() as unit:
            rows = find_all(unit, money_line, order=["id"], state="suspense")
            return [
                dict(row._mapping) | {
                    "open_minor": open_of(row),
                    "payer_said": None if row.payer is None
                    else self.house.record(unit, row.payer),
                }
                for row in rows
            ]  # fmt: skip

    def propose_assignment(
        self, line: int, maker: str, signer: Signer, *, to: int | None = None,
        missing: int | None = None, as_what: str = "", back_of: tuple[str, int] | None = None,
    ) -> int:  # fmt: skip
        """Propose whose money in suspense is.

        Args:
            line: The line.
            maker: Who proposes it.
            signer: Their key.
            to: The pay-in it is for; None to return it to whoever paid it.
            missing: The line of a payment of which the bank paid too much: this is what came
                back of it.
            as_what: ``charge`` where the line is what a bank charged, ``difference`` where what is
                open is small enough for the rules to be written off.
            back_of: ``("border_payment", NUMBER)`` or ``("pay_out", NUMBER)`` where it is what came
                back of that payment, with a part missing: the payment is due again, whole, and what
                did not come is missing by the line with which it left.

        Returns:
            The number of the act.
        """
        with self.house.database.read() as unit:
            row = find(unit, money_line, id=line)
        if row is None:
            raise Rejected(f"there is no line {line}", code="NoSuchLine",
                           next_step="list them with: skontro settlement suspense")  # fmt: skip
        content: dict[str, Any] = {"line": line, "pay_in": to, "open_minor": open_of(row)}
        if missing is not None:
            content["missing"] = missing
        if as_what:
            if as_what not in (CHARGE, DIFFERENCE) or to is not None or missing is not None:
                raise Rejected(f"no line is {as_what!r}", code="InvalidOptions",
                               next_step="charge, or difference, and nothing else")  # fmt: skip
            content["as"] = as_what
        if back_of is not None:
            if len(content) > 3 or to is not None or back_of[0] not in ("border_payment",
                                                                        "pay_out"):  # fmt: skip
                raise Rejected("it came back of a border payment or a pay-out, and is nothing else",
                               code="InvalidOptions", next_step="name one of them")  # fmt: skip
            content["back_of"] = {back_of[0]: back_of[1]}
        return self.house.people.propose("suspense.assign", content, maker, signer)

    def _assign(self, unit: Unit, act_id: int, content: Mapping[str, Any]) -> dict[str, Any]:
        line = find(unit, money_line, id=content["line"])
        left, way = open_of(line), way_of(content)
        if left < 0 and way.sign > 0:
            raise Conflict(
                f"{-left} minor units of line {line.id} are missing: it is nobody's money",
                code="NothingThere", next_step="assign what comes back to it: skontro settlement "
                f"assign LINE --missing {line.id}",
            )  # fmt: skip
        if (line.state != "suspense" or left != content["open_minor"]
                or comes_back_later(unit, line)):  # fmt: skip
            raise Conflict(f"line {line.id} is {line.state}, {left} of it open",
                           code="StaleApproval",
                           next_step="see what is open: skontro settlement suspense")  # fmt: skip
        return self.BY_WAY[way.name](self, unit, act_id, line, content)

    def _by_charge(
        self, unit: Unit, act_id: int, line: Any, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Book a charge of the bank, or write a small difference off."""
        self._check_payer(unit, line)
        return self._book_charge(unit, act_id, line, open_of(line), content["as"])

    def _by_back_of(
        self, unit: Unit, act_id: int, line: Any, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Let it be what came back of a payment."""
        said = None if line.payer is None else self.house.record(unit, line.payer)
        if said is None or said.strip():  # a bank that gives back need not name anybody
            self._check_payer(unit, line)
        return self._came_back_short(unit, act_id, line, open_of(line), content["back_of"])

    def _by_return(
        self, unit: Unit, _act_id: int, line: Any, _content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Make ready that it goes back to whoever paid it."""
        return self._return_line(unit, line, open_of(line))

    def _by_missing(
        self, unit: Unit, act_id: int, line: Any, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Let it be what came back of a payment that was too large."""
        self._check_payer(unit, line)
        return self._came_back(unit, act_id, line, content["missing"])

    def _by_pay_in(
        self, unit: Unit, act_id: int, line: Any, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Let it be a pay-in's."""
        left = open_of(line)
        row = find(unit, pay_in, id=content["pay_in"])
        side = "" if row is None else find(unit, participant, number=row.participant).side
        if row is None or (side, row.currency) != (line.side, line.currency):
            raise Conflict(f"pay-in {content['pay_in']} is not on that account", code="WrongPayIn",
                           next_step="name a pay-in of that side and currency, or return "
                           "the money")  # fmt: skip
        self._check_payer(unit, line)
        placed = place_of(row, left)
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

    BY_WAY: ClassVar[dict[str, Callable[..., dict[str, Any]]]] = {
        "to": _by_pay_in, "return": _by_return, "missing": _by_missing, "charge": _by_charge,
        "difference": _by_charge, "back_of_pay_out": _by_back_of, "back_of_border": _by_back_of,
    }  # fmt: skip
    """What does each way of :data:`skontro.house.suspense_ways.WAYS`."""

    def _check_payer(self, unit: Unit, line: Any) -> None:
        """Let money of nobody whom the gate holds become anything."""
        if line.payer is not None and (
            self.house.gate.judge_payer(unit, line.id, line.payer)[0] != RELEASED
        ):
            raise Forbidden(
                f"house review: what came by line {line.id} stays where it is",
                code="ScreeningHold", next_step="the compliance officer decides what becomes of it",
            )  # fmt: skip

    def _came_back(self, unit: Unit, act_id: int, line: Any, missing: int) -> dict[str, Any]:
        """Let money in suspense be what a bank had paid too much."""
        gone = find(unit, money_line, id=missing)
        if gone is None or gone.state != "suspense" or open_of(gone) >= 0 or (
            (gone.side, gone.currency) != (line.side, line.currency)
        ):  # fmt: skip
            raise Conflict(f"nothing is missing by line {missing} on that account",
                           code="NothingMissing",
                           next_step="see what is: skontro settlement suspense")  # fmt: skip
        part = min(open_of(line), -open_of(gone))
        for row in (line, gone):
            rest = abs(open_of(row)) - part
            change(unit, money_line, {"id": row.id}, matched_minor=row.matched_minor + part,
                   state="suspense" if rest else "matched")  # fmt: skip
        self.house.note(
            unit, "suspense", {"line": line.id, "missing": gone.id, "matched_minor": part},
            act_id=act_id, lines=[],
        )  # fmt: skip
        self.look_again(unit)
        return {"line": line.id, "missing": gone.id, "left_minor": open_of(line) - part}

    def _came_back_short(
        self, unit: Unit, act_id: int, line: Any, left: int, back_of: Mapping[str, int]
    ) -> dict[str, Any]:
        """Let money in suspense be what came back of a payment, with a part missing."""
        (what, number), = back_of.items()
        is_border = what == "border_payment"
        row = find(unit, border_payment if is_border else pay_out, id=number)
        if row is None:
            raise _not_back(f"there is no payment {number}")
        due = row.debtor_minor if is_border else row.amount_minor
        place = (row.debtor_side, row.debtor_currency) if is_border else (row.side, row.currency)
        has_left = (row.state == "released" and row.sent_minor == due and not row.arrived_minor
                    if is_border else row.state == "paid")  # fmt: skip
        wanted: dict[str, Any] = {what: number, "reversed_by": 0}
        lines = find_all(unit, money_line, **wanted)
        gone = [one for one in lines if one.amount_minor < 0]
        if place != (line.side, line.currency) or not has_left or len(lines) > len(gone):
            raise _not_back(f"payment {number} did not leave from there, came back, or arrived")
        part = min(left, due)
        short = due - part
        went = next((one for one in gone if one.state == "matched" and one.matched_minor >= short),
                    None)  # fmt: skip
        if went is None or -sum(one.amount_minor for one in gone) != due:
            raise _not_back(f"another amount left of payment {number} than was let go")
        change(unit, money_line, {"id": line.id}, matched_minor=line.matched_minor + part,
               state="suspense" if left > part else "matched")  # fmt: skip
        if short:
            change(unit, money_line, {"id": went.id}, state="suspense",
                   matched_minor=went.matched_minor - short)  # fmt: skip
        said = {"line": line.id, "border_returned" if is_border else "returned": number,
                "matched_minor": part, "left_by": went.id, "short_minor": short}  # fmt: skip
        self.house.note(
            unit, "suspense", said, cycle=row.cycle, act_id=act_id,
            lines=post("border_back", due, line.currency, side=line.side) if is_border
            else post_payment(BACK, row.source, due, row.side),
        )  # fmt: skip
        if is_border:
            self._border_again(unit, row)
        else:
            self._due_again(unit, row)
        self.stop_uncovered(unit)
        self.look_again(unit)
        return {"line": line.id, what: number, "left_minor": left - part, "short_minor": short,
                "missing_line": went.id if short else None}  # fmt: skip

    def _not_short(self, unit: Unit, said: Mapping[str, Any]) -> None:
        """Take back that a part of what came back is missing."""
        short = said.get("short_minor", 0)
        if not short:
            return
        went = find(unit, money_line, id=said["left_by"])
        if -open_of(went) < short:
            raise _built_on(went.id, "what is missing was settled since")
        rest = -open_of(went) - short
        change(unit, money_line, {"id": went.id}, matched_minor=went.matched_minor + short,
               state="suspense" if rest else "matched")  # fmt: skip

    def _return_line(self, unit: Unit, line: Any, left: int) -> dict[str, Any]:
        """Make ready that money in suspense goes back to whoever paid it."""
        if line.payer is None:
            raise Conflict(f"nobody is known to have paid line {line.id}", code="NoPayer",
                           next_step="ask the bank who paid; undo the line and note it again "
                           "with its payer")  # fmt: skip
        names = in_doubt(unit)
        if names and find_all(unit, pay_out, line=line.id, end_to_end=sorted(names)):
            raise differs(f"the bank says that it refused to return line {line.id}, and paid it")
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
            row = find(unit, border_payment, id=line.border_payment)
            change(unit, border_payment, {"id": row.id},
                   sent_minor=row.sent_minor - line.matched_minor)  # fmt: skip
        elif line.pay_out is not None and line.amount_minor < 0:
            row = find(unit, pay_out, id=line.pay_out)
            if row.state != "paid":
                raise _built_on(line.id, "the money came back since")
            self._undo_less(unit, row, -line.amount_minor)
            change(unit, pay_out, {"id": row.id}, state="released")
        elif line.pay_out is not None and line.state == "matched":
            raise _built_on(line.id, "undo the entry that made it due again first")

    def _undo_less(self, unit: Unit, row: Any, left: int) -> None:
        """Take back that a bank paid too little of a payment, unless the rest was let go."""
        rest = row.amount_minor - left
        if rest > 0 and row.source.startswith("due:"):
            key = (row.participant, row.currency)
            rests = find_all(unit, pay_out, participant=row.participant, currency=row.currency,
                             purpose="return", state="ready")  # fmt: skip
            for one in rests:
                change(unit, pay_out, {"id": one.id}, state="stopped")
            if self._free_held(unit).get(key, 0) < rest:
                raise _built_on(row.id, "the rest of it was let go since")
        if rest > 0 and row.line is not None:
            line = find(unit, money_line, id=row.line)
            if line.state != "suspense" or line.matched_minor < left:
                raise _built_on(row.id, "the rest of it was assigned or returned since")
            change(unit, money_line, {"id": line.id}, state="returned",
                   matched_minor=line.matched_minor - left)  # fmt: skip

    def _undo_assignment(
        self, unit: Unit, line: Any, said: Mapping[str, Any], postings: list[tuple[str, int]]
    ) -> None:
        """Take back that money in suspense was said to be somebody's."""
        if CHARGE in said or DIFFERENCE in said:
            matched = line.matched_minor - said["matched_minor"]
            change(unit, money_line, {"id": line.id}, state="suspense", matched_minor=matched)
            return
        if "missing" in said:
            for row in (line, find(unit, money_line, id=said["missing"])):
                change(unit, money_line, {"id": row.id}, state="suspense",
                       matched_minor=row.matched_minor - said["matched_minor"])  # fmt: skip
            return
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
        self._not_short(unit, said)
        change(unit, money_line, {"id": line.id}, state="suspense",
               matched_minor=unassigned(line, said))  # fmt: skip

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


def comes_back_later(unit: Unit, line: Any) -> bool:
    """Whether a line is a payment's money come back, and waits for the bank's word that it left."""
    return (line.pay_out is not None and line.amount_minor > 0) or (
        "border_returned" in entry_content(unit, line.entry)
    )


def open_of(line: Any) -> int:
    """Return what of a bank line is unexplained: below nought what is missing."""
    sign = 1 if line.amount_minor > 0 else -1
    return int(line.amount_minor - sign * line.matched_minor)


def unassigned(line: Any, said: Mapping[str, Any]) -> int:
    """Return what of a line is matched still when what an entry said of it is undone."""
    return int(line.matched_minor - said.get("matched_minor", line.matched_minor))


def _not_back(what: str) -> Conflict:
    return Conflict(what, code="NotReleased", next_step="see what left: skontro settlement board; "
                    "or say whose the money is")  # fmt: skip


def _built_on(number: int, why: str) -> Conflict:
    return Conflict(f"it cannot be undone ({number}): {why}", code="BuiltOn",
                    next_step="undo what came later first, or set it right anew")  # fmt: skip


@handles("suspense.assign")
def _assign(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Say whose money in suspense is, or make ready that it goes back."""
    return house.settlement._assign(unit, act_id, content)


@handles("entry.reverse")
def _reverse(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Undo a journal entry by a new one."""
    return house.settlement._reverse(unit, act_id, content)


