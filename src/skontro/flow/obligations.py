# SPDX-License-Identifier: Apache-2.0
"""What is owed: registered by either party, matched, confirmed, disputed, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.core.money import exponents
from skontro.flow.times import day_number
from skontro.house.states import BY_BOTH, BY_CREDITOR, BY_DEBTOR, next_obligation_state
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import (
    filing,
    obligation,
    obligation_event,
    participant,
    registration,
)

if TYPE_CHECKING:
    from skontro.flow.house import House


@dataclass(frozen=True)
class Registration:
    """What one party says of one obligation.

    Attributes:
        sender: Id of the party that says it: debtor or creditor.
        reference: Id the sender chose; saying the same again under it is harmless.
        debtor: Who owes.
        creditor: Who is owed.
        amount_minor: How much, minor units.
        currency: In which currency.
        due_date: By when, e.g. ``2026-01-31``; empty if not said.
        document: Number of the invoice; empty if not said.
        document_date: Its date; empty if not said.
    """

    sender: str
    reference: str
    debtor: str
    creditor: str
    amount_minor: int
    currency: str
    due_date: str = ""
    document: str = ""
    document_date: str = ""

    @property
    def body_digest(self) -> bytes:
        """Digest of all the sender says."""
        return hashlib.sha256(
            canonical_json([
                self.sender, self.reference, self.debtor, self.creditor, self.amount_minor,
                self.currency, self.due_date, self.document, self.document_date,
            ])
        ).digest()  # fmt: skip


def content_digest(
    number: int,
    debtor: int,
    creditor: int,
    amount_minor: int,
    currency: str,
    due_day: int | None,
    document: str,
    document_day: int | None,
) -> bytes:
    """Digest of what the gate judges of an obligation: its parties, amount, dates, document."""
    body = [number, debtor, creditor, amount_minor, currency, due_day, document, document_day]
    return hashlib.sha256(b"skontro.obligation/1" + canonical_json(body)).digest()


class Obligations:
    """What is owed between the firms of the house."""

    def __init__(self, house: House) -> None:
        self.house = house

    def register(self, said: Registration) -> tuple[int, str]:
        """Take in what one party says of an obligation.

        Where the other party has said the same already, both stand by it: it is confirmed.

        Returns:
            The number of the obligation and its state.

        Raises:
            Rejected: A firm is unknown, the sender is not a party, or the amount is none.
            Conflict: The reference was used for something else.
        """
        with self.house.database.unit("obligation.register") as unit:
            self.house.check_writable(unit)
            firms = {
                row.id: row
                for row in find_all(unit, participant, id=[said.debtor, said.creditor, said.sender])
            }
            _check_parties(said, firms)
            sender = firms[said.sender].number
            earlier = find(unit, registration, sender=sender, reference=said.reference)
            if earlier is not None:
                if bytes(earlier.body_digest) != said.body_digest:
                    raise Conflict(
                        f"{said.sender!r} used {said.reference!r} for something else",
                        code="IdempotencyMismatch",
                        next_step="give what is new an id of its own",
                    )
                known = find(unit, obligation, number=earlier.obligation)
                return int(known.number), str(known.state)
            entry = self._file(unit, sender, said)
            number = self._match(unit, firms, said)
            state = "confirmed"
            if number is None:
                number, state = self._open(unit, firms, said), "registered"
            insert(
                unit, registration, sender=sender, reference=said.reference, obligation=number,
                amount_minor=said.amount_minor, body_digest=said.body_digest, filing=entry,
            )  # fmt: skip
            row = find(unit, obligation, number=number)
            self.house.gate.judge_obligations(
                unit, [(row.number, row.debtor, row.creditor, row.content_digest)]
            )
            return number, state

    def _file(self, unit: Unit, sender: int, said: Registration) -> int:
        number = next_numbers(unit, filing)[0]
        insert(
            unit, filing, id=number, sender=sender, source="hand",
            digest=said.body_digest.hex(), rows=1, refused=0, filed_at=self.house.at,
        )  # fmt: skip
        return number

    def _match(self, unit: Unit, firms: Mapping[str, Any], said: Registration) -> int | None:
        """Find what the other party registered and this one says again; confirm it."""
        if not said.document:
            return None
        other = said.creditor if said.sender == said.debtor else said.debtor
        for row in find_all(
            unit, obligation, order=["number"], debtor=firms[said.debtor].number,
            creditor=firms[said.creditor].number, document=said.document,
            currency=said.currency, amount_minor=said.amount_minor, state="registered",
        ):  # fmt: skip
            if find(unit, registration, obligation=row.number, sender=firms[other].number):
                self._move(unit, row, "confirm", by=firms[said.sender].number)
                return int(row.number)
        return None

    def _open(self, unit: Unit, firms: Mapping[str, Any], said: Registration) -> int:
        number = next_numbers(unit, obligation)[0]
        debtor, creditor = firms[said.debtor].number, firms[said.creditor].number
        due_day = day_number(said.due_date) if said.due_date else None
        document_day = day_number(said.document_date) if said.document_date else None
        insert(
            unit, obligation, number=number, debtor=debtor, creditor=creditor,
            currency=said.currency, amount_minor=said.amount_minor, open_minor=said.amount_minor,
            due_day=due_day, document=said.document, document_day=document_day,
            state="registered", flags=0, registered_at=self.house.at,
            said=BY_DEBTOR if said.sender == said.debtor else BY_CREDITOR,
            content_digest=content_digest(
                number, debtor, creditor, said.amount_minor, said.currency, due_day,
                said.document, document_day,
            ),
        )  # fmt: skip
        return number

    def confirm(self, number: int, by: str, *, request: str | None = None) -> str:
        """Say yes to what the other party registered.

        Args:
            number: The obligation.
            by: The debtor or the creditor, whoever has not said it yet.
            request: Id the caller chose; saying it again under it is harmless.

        Returns:
            The state it is in now.
        """
        return self._act(number, "confirm", by, request=request)

    def dispute(
        self, number: int, by: str, reason: str, *, evidence: str = "", request: str | None = None
    ) -> str:
        """Say no, with a reason, before the cut-off."""
        return self._act(
            number, "dispute", by, detail={"reason": reason, "evidence": evidence}, request=request
        )

    def withdraw(self, number: int, by: str, *, request: str | None = None) -> str:
        """Take back before the cut-off: the creditor, or whoever alone registered it."""
        return self._act(number, "withdraw", by, request=request)

    def _act(
        self,
        number: int,
        event: str,
        by: str,
        *,
        detail: Mapping[str, Any] | None = None,
        request: str | None = None,
    ) -> str:
        with self.house.database.unit(f"obligation.{event}") as unit:
            self.house.check_writable(unit)
            row = find(unit, obligation, lock=True, number=number)
            if row is None:
                raise NoSuchFile(f"there is no obligation {number}", code="NoSuchObligation")
            if request is not None:
                done = find(unit, obligation_event, request=request)
                if done is not None:
                    if (done.obligation, done.event) != (number, event):
                        raise Conflict(f"request {request!r} was something else",
                                       code="IdempotencyMismatch")  # fmt: skip
                    return str(row.state)
            firm = find(unit, participant, id=by)
            if firm is None or firm.number not in (row.debtor, row.creditor):
                raise Forbidden(f"{by} is no party to obligation {number}", code="NotPermitted")
            said = {
                one.sender for one in find_all(unit, registration, obligation=number)
            }
            if event == "confirm" and row.state == "registered" and firm.number in said:
                raise Forbidden(f"{by} registered it: the other party confirms",
                                code="NotPermitted")  # fmt: skip
            if event == "withdraw" and firm.number != row.creditor and said != {firm.number}:
                raise Forbidden("the creditor takes it back, or whoever alone registered it",
                                code="NotPermitted")  # fmt: skip
            return self._move(
                unit, row, event, by=firm.number, detail=detail or {}, request=request
            )

    def _move(
        self,
        unit: Unit,
        row: Any,
        event: str,
        *,
        by: int | None = None,
        detail: Mapping[str, Any] | None = None,
        request: str | None = None,
    ) -> str:
        """Take an obligation from one state to the next, and write down why."""
        state = next_obligation_state(row.state, event)
        values: dict[str, Any] = {"state": state}
        if state == "confirmed" and row.confirmed_at is None:
            values |= {"confirmed_at": self.house.at, "said": BY_BOTH}
        change(unit, obligation, {"number": row.number}, **values)
        insert(
            unit, obligation_event, obligation=row.number, event=event, by_participant=by,
            detail=canonical_json(dict(detail or {})).decode(), request=request, at=self.house.at,
        )  # fmt: skip
        return state

    def show(self, number: int) -> dict[str, Any]:
        """Return an obligation as it stands, with the ids of its parties.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            row = find(unit, obligation, number=number)
            if row is None:
                raise NoSuchFile(f"there is no obligation {number}", code="NoSuchObligation")
            firms = {
                one.number: one.id
                for one in find_all(unit, participant, number=[row.debtor, row.creditor])
            }
        found = dict(row._mapping)
        found |= {"debtor": firms[row.debtor], "creditor": firms[row.creditor]}
        found["content_digest"] = bytes(row.content_digest).hex()
        return found


def _check_parties(said: Registration, firms: Mapping[str, Any]) -> None:
    for name in (said.debtor, said.creditor):
        if name not in firms:
            raise Rejected(f"{name!r} is not a participant", code="UnknownParticipant")
        if firms[name].state in ("left", "defaulted"):
            raise Rejected(f"{name!r} is {firms[name].state}", code="ParticipantGone")
    if said.sender not in (said.debtor, said.creditor):
        raise Forbidden(f"{said.sender!r} is no party to it", code="NotPermitted")
    if said.debtor == said.creditor:
        raise Rejected("debtor and creditor are the same firm", code="SelfObligation")
    if said.amount_minor <= 0 or said.amount_minor >= 2**62:
        raise Rejected("an amount is above nought and below 2**62", code="NonPositiveAmount")
    if said.currency not in exponents():
        raise Rejected(f"{said.currency!r} is not a currency of ISO 4217", code="UnknownCurrency")
