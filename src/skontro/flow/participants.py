# SPDX-License-Identifier: Apache-2.0
"""The firms: admitted, changed, suspended, gone; each act by two people."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.core.money import exponents
from skontro.flow.people import handles
from skontro.flow.times import as_text
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.addresses import address_text, address_words
from skontro.house.firms import (
    Agreement,
    Firm,
    Owner,
    account_text,
    check_endpoint,
    checked_firm,
    owner_text,
    owner_words,
)
from skontro.house.identifiers import BankAccount
from skontro.messages.languages import check_language
from skontro.store.database import Unit
from skontro.store.register import (
    commit_record,
    current_records,
    put_in_force,
    replace_records,
)
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import (
    agency,
    agreement,
    bank_details,
    border_quota,
    participant,
    pay_in_limit,
    register,
    working_balance,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

CHANGES = (
    "name", "address", "owners", "lei", "tax_number", "founded", "registration_number",
    "endpoint",
)  # fmt: skip
"""What of a firm stands in the register and may be given anew."""


class Participants:
    """The firms of the house."""

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- proposals ---------------------------------------------------------------------------

    def propose_admission(self, firms: Sequence[Firm], maker: str, signer: Signer) -> int:
        """Propose to admit firms; their names and accounts go into the register at once.

        Args:
            firms: Who.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act; a second person approves it.

        Raises:
            Rejected: A side, a currency or an identifier is none, or an id is taken.
        """
        house = self.house
        sides = {side.id: side for side in house.rules.sides}
        with house.database.unit("participant.admit.propose", exclusive=True) as unit:
            taken = {row.id for row in find_all(unit, participant)}
            content = []
            for given in firms:
                side = sides.get(given.side)
                if side is None or given.home_currency not in side.currencies:
                    raise Rejected(
                        f"participant {given.id!r}: side {given.side!r} with "
                        f"{given.home_currency!r} is not one of the house's",
                        code="UnknownSide",
                        next_step=f"sides: {', '.join(sides)}",
                    )
                firm = checked_firm(given, country=side.jurisdiction)
                check_language(firm.language or "en", firm.number_format)
                if firm.id in taken:
                    raise Conflict(f"participant {firm.id!r} is admitted already",
                                   code="DuplicateParticipant")  # fmt: skip
                taken.add(firm.id)
                _check_owners(firm.owners, {*taken, *(one.id for one in firms)})
                said = self._recorded(unit, firm)
                content.append(said)
                house.gate.look_ahead(unit, "applicant", said["name"][0], _records_of(said),
                                      firm.side)  # fmt: skip
            return house.people.propose_in(
                unit, "participant.admit", {"firms": content}, maker, signer
            )

    def _record(self, unit: Unit, firm: str, side: str, what: str, text: str) -> list[int | str]:
        """Write one of a firm's records; return how others refer to it."""
        return commit_record(
            unit, "participant", firm, what, text, purpose=PURPOSES[what], at=self.house.at,
            retain_until=self.house.keep_until("participant", side), in_force=False,
        ).as_json()  # fmt: skip

    def _recorded(self, unit: Unit, firm: Firm) -> dict[str, Any]:
        """Write a firm's personal data into the register; return what the act says of it."""

        def record(what: str, text: str) -> list[int | str]:
            return self._record(unit, firm.id, firm.side, what, text)

        said: dict[str, Any] = {
            "id": firm.id, "side": firm.side, "home_currency": firm.home_currency,
            "accepts_conversion": firm.accepts_conversion,
            "name": record("name", firm.name),
            "owners": [record("owner", owner_text(owner)) for owner in firm.owners],
            "accounts": {
                currency: record("account", account_text(account))
                for currency, account in sorted(firm.accounts.items())
            },
            "agreement": self._signed(unit, firm.id, firm.side, firm.agreement),
        }  # fmt: skip
        for what in OF_FIRM:
            if getattr(firm, what):
                text = getattr(firm, what)
                said[what] = record(what, address_text(text) if what == "address" else text)
        return said | {what: getattr(firm, what) for what in OF_PAPERS if getattr(firm, what)}

    def _signed(self, unit: Unit, firm: str, side: str, signed: Agreement) -> dict[str, Any]:
        return {
            "id": signed.id, "version": signed.version, "law": signed.law,
            "opinion": signed.opinion, "from": signed.from_day,
            "signatories": self._record(unit, firm, side, "signatories", signed.signatories),
        }  # fmt: skip

    def propose_change(
        self,
        firm: str,
        maker: str,
        signer: Signer,
        *,
        records: Mapping[str, str | Sequence[str | Owner]] | None = None,
        signed: Agreement | None = None,
        accepts_conversion: bool | None = None,
        home_currency: str | None = None,
        language: str | None = None,
        number_format: str | None = None,
    ) -> int:
        """Propose to change what the house knows of a firm.

        Args:
            firm: Id of the firm.
            maker: Who proposes it.
            signer: Their key.
            records: New ``name``, ``address``, ``owners`` (a list), ``lei``, ``tax_number``,
                ``founded``, ``registration_number`` or ``endpoint``.
            signed: A new set-off agreement; the one before ends the day it begins.
            accepts_conversion: Whether it accepts the fixing from now on.
            home_currency: What it pays and is paid in from now on; one of its side's.
            language: Of its papers from now on.
            number_format: Of its papers; empty for the language's own.
        """
        house = self.house
        with house.database.unit("participant.change.propose", exclusive=True) as unit:
            row = self.row(unit, firm)
            content: dict[str, Any] = {"id": firm, "version": row.version, "records": {}}
            for what, text in sorted((records or {}).items()):
                if what == "endpoint":
                    check_endpoint(str(text))
                if what not in CHANGES:
                    raise Rejected(f"{what!r} is not kept of a firm", code="InvalidOptions",
                                   next_step=f"one of: {', '.join(CHANGES)}")  # fmt: skip
                given = [text] if isinstance(text, str) else list(text)
                _check_owners(given, {one.id for one in self.table(unit)})
                texts = [owner_text(one) for one in given]
                if what == "address":
                    texts = [address_text(text) for text in texts]
                kept = what.removesuffix("s") if what == "owners" else what
                content["records"][kept] = [
                    self._record(unit, firm, row.side, kept, one) for one in texts
                ]
            if signed is not None:
                content["agreement"] = self._signed(unit, firm, row.side, signed)
            if accepts_conversion is not None:
                content["accepts_conversion"] = accepts_conversion
            if home_currency is not None:
                side = house.rules.side(row.side)
                if side is None or home_currency not in side.currencies:
                    raise Rejected(f"side {row.side!r} has no {home_currency!r}",
                                   code="UnknownCurrency")  # fmt: skip
                content["home_currency"] = home_currency
            if language is not None or number_format is not None:
                check_language(language or "en", number_format or "")
            said = {"language": language, "number_format": number_format}
            content |= {what: text for what, text in said.items() if text is not None}
            self._look_ahead(unit, row, content["records"])
            return house.people.propose_in(unit, "participant.change", content, maker, signer)

    def _look_ahead(self, unit: Unit, row: Any, new: Mapping[str, Sequence[Any]]) -> None:
        """Let the gate look at what a change would make of a firm's records."""
        kept = [
            one.id
            for one in find_all(unit, register, subject_kind="participant", subject=row.id,
                                in_force=1, replaced_by=None)
            if one.what not in new
        ]  # fmt: skip
        brought = [number for records in new.values() for number, _ in records]
        self.house.gate.look_ahead(
            unit, "participant", row.number, [*kept, *brought], row.side
        )

    def propose_bank_details(
        self,
        firm: str,
        currency: str,
        account: BankAccount,
        call_back: str,
        maker: str,
        signer: Signer,
    ) -> int:
        """Propose where a firm is paid from now on.

        Args:
            firm: Id of the firm.
            currency: For payments in this currency.
            account: The account.
            call_back: Who was called back on which known number, when, and what they said.
            maker: Who proposes it.
            signer: Their key.

        Raises:
            Rejected: There is no note of a call back.
        """
        if not call_back.strip():
            raise Rejected(
                "new bank details need the note of a call back",
                code="CallBackMissing",
                next_step="call the firm on a number known before, and write down who said what",
            )
        house = self.house
        with house.database.unit("bank_details.propose", exclusive=True) as unit:
            row = self.row(unit, firm)
            content: dict[str, Any] = {
                "id": firm, "currency": currency,
                "account": self._record(unit, firm, row.side, "account", account_text(account)),
                "call_back": self._record(unit, firm, row.side, "call_back", call_back),
            }  # fmt: skip
            kept = find_all(unit, register, subject_kind="participant", subject=firm, in_force=1,
                            replaced_by=None)  # fmt: skip
            house.gate.look_ahead(
                unit, "participant", row.number,
                [*(one.id for one in kept), content["account"][0]], row.side,
            )  # fmt: skip
            return house.people.propose_in(unit, "bank_details.change", content, maker, signer)

    def propose_state(self, firm: str, state: str, reason: str, maker: str, signer: Signer) -> int:
        """Propose to suspend a firm, to end its suspension, or to let it leave.

        Args:
            firm: Id of the firm.
            state: ``suspended``, ``admitted`` or ``left``.
            reason: Why; a sentence without names.
            maker: Who proposes it.
            signer: Their key.
        """
        kinds = {"suspended": "participant.suspend", "admitted": "participant.suspend",
                 "left": "participant.leave"}  # fmt: skip
        if state not in kinds:
            raise Rejected(f"{state!r} is no state to propose", code="InvalidOptions",
                           next_step=f"one of: {', '.join(kinds)}")  # fmt: skip
        with self.house.database.read() as unit:
            version = self.row(unit, firm).version
        content = {"id": firm, "version": version, "state": state, "reason": reason}
        return self.house.people.propose(kinds[state], content, maker, signer)

    def propose_agency(
        self, agent: str, firm: str, maker: str, signer: Signer, *, ends: bool = False
    ) -> int:
        """Propose that an agent may file for a firm, or may no longer."""
        content = {"agent": agent, "participant": firm, "ends": ends}
        return self.house.people.propose("agency.change", content, maker, signer)

    def propose_limits(
        self,
        maker: str,
        signer: Signer,
        *,
        pay_in: Sequence[tuple[str, str, int]] = (),
        quotas: Sequence[tuple[str, str, int]] = (),
    ) -> int:
        """Propose pay-in limits (participant, currency, minor units) and border quotas (debtor
        side, creditor side, minor units of the house's unit)."""
        content = {
            "pay_in": [list(row) for row in pay_in],
            "quotas": [list(row) for row in quotas],
        }
        return self.house.people.propose("limits.change", content, maker, signer)

    # ---- looking -----------------------------------------------------------------------------

    def row(self, unit: Unit, firm: str) -> Any:
        """Return a firm's row.

        Raises:
            Rejected: There is none of that id.
        """
        row = find(unit, participant, id=firm)
        if row is None:
            raise Rejected(f"{firm!r} is not a participant", code="UnknownParticipant",
                           next_step="list them with: skontro participants list")  # fmt: skip
        return row

    def firms(self) -> list[dict[str, Any]]:
        """Return every firm with its name as the register has it, by number."""
        with self.house.database.read() as unit:
            names = self.names(unit)
            rows = self.table(unit)
        return [dict(row._mapping) | {"name": names.get(row.id, "")} for row in rows]

    def table(self, unit: Unit) -> list[Any]:
        """Return every firm, by number."""
        return list(find_all(unit, participant, order=["number"]))

    def names(self, unit: Unit) -> dict[str, str]:
        """Return the name of each firm by its id, as far as it is not erased."""
        records = current_records(unit, "participant", "name")
        return {firm: said[-1][1] for firm, said in records.items()}

    def account_of(self, unit: Unit, number: int, currency: str) -> tuple[int, str] | None:
        """Return where a firm is paid now: the register's record and what it says, or None.

        Details still cooling off do not count; those before them do.
        """
        rows = [
            row
            for row in find_all(unit, bank_details, order=["-usable_from", "-details_act"],
                                participant=number, currency=currency)
            if row.usable_from <= self.house.at
        ]  # fmt: skip
        if not rows:
            return None
        said = self.house.record(unit, rows[0].account)
        return None if said is None else (rows[0].account, said)

    def show(self, firm: str) -> dict[str, Any]:
        """Return what the house knows of a firm, names and accounts included."""
        with self.house.database.read() as unit:
            row = self.row(unit, firm)
            known = {
                what: [
                    {"owner": owner_words, "address": address_words}.get(what, str)(text)
                    for _, text in current_records(unit, "participant", what).get(firm, [])
                ]
                for what in PURPOSES
            }
            signed = find_all(unit, agreement, order=["from_day"], participant=row.number)
            accounts = find_all(unit, bank_details, order=["currency", "usable_from"],
                                participant=row.number)  # fmt: skip
            agents = find_all(unit, agency, participant=row.number, until_day=None)
        return dict(row._mapping) | {
            "register": {what: texts for what, texts in known.items() if texts},
            "agreements": [
                {"id": one.agreement, "version": one.version, "law": one.law,
                 "opinion": one.opinion, "from": one.from_day, "until": one.until_day}
                for one in signed
            ],
            "accounts": [
                {"currency": one.currency, "record": one.account, "usable_from": one.usable_from}
                for one in accounts
            ],
            "agents": [one.agent for one in agents],
        }  # fmt: skip


PURPOSES = {
    "name": "notices and screening", "owner": "screening", "lei": "screening and notices",
    "tax_number": "screening and notices", "address": "notices", "account": "payment",
    "founded": "screening", "registration_number": "screening",
    "endpoint": "who documents are from and for",
    "signatories": "agreement", "call_back": "proof of a change of bank details",
}  # fmt: skip
"""What each kind of record of a firm is kept for."""

OF_FIRM = (
    "lei", "tax_number", "address", "founded", "registration_number", "endpoint",
)  # fmt: skip
"""Records of which a firm has one or none."""

OF_PAPERS = ("language", "number_format")
"""How a firm's papers read; nothing of it is personal data."""


def _check_owners(owners: Sequence[str | Owner], firms: Set[str]) -> None:
    """Refuse an owner that is said to be a participant that is none."""
    for owner in owners:
        if isinstance(owner, Owner) and owner.participant and owner.participant not in firms:
            raise Rejected(f"owner: {owner.participant!r} is not a participant",
                           code="UnknownParticipant",
                           next_step="leave it out, or admit it before")  # fmt: skip


# ---- what approved acts do ---------------------------------------------------------------------


@handles("participant.admit")
def _admit(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Admit firms, provided the gate releases every one of them."""
    numbers = next_numbers(unit, participant, len(content["firms"]))
    for number, firm in zip(numbers, content["firms"], strict=True):
        if find(unit, participant, id=firm["id"]) is not None:
            raise Conflict(f"participant {firm['id']!r} is admitted already",
                           code="StaleApproval")  # fmt: skip
        insert(
            unit, participant, number=number, id=firm["id"], side=firm["side"],
            home_currency=firm["home_currency"],
            accepts_conversion=int(firm["accepts_conversion"]),
            language=firm.get("language", "en"), number_format=firm.get("number_format", ""),
            state="admitted", version=1,
            since=house.at, admission_act=act_id, admission_act_kind="participant.admit",
        )  # fmt: skip
        _insert_agreement(unit, number, firm["agreement"], act_id)
        put_in_force(unit, _records_of(firm))
        for currency, (record, _) in firm["accounts"].items():
            insert(
                unit, bank_details, participant=number, currency=currency, account=record,
                usable_from=house.at, details_act=act_id, details_act_kind="participant.admit",
            )  # fmt: skip
    _check_released(house, unit, numbers, "nobody is admitted by this act")
    house.gate.judge_below(unit, numbers)
    house.note(unit, "participant.change", {"admitted": content["firms"]}, act_id=act_id)
    return {"admitted": [firm["id"] for firm in content["firms"]]}


def _records_of(firm: dict[str, Any]) -> list[int]:
    """Return the numbers of the records that an admission brings."""
    records = [firm["name"], *firm["owners"], *firm["accounts"].values()]
    records.append(firm["agreement"]["signatories"])
    records += [firm[what] for what in OF_FIRM if what in firm]
    return [number for number, _ in records]


def _insert_agreement(unit: Unit, number: int, signed: dict[str, Any], act_id: int) -> None:
    insert(
        unit, agreement, participant=number, agreement=signed["id"], version=signed["version"],
        law=signed["law"], opinion=signed["opinion"], signatories=signed["signatories"][0],
        from_day=signed["from"], act_id=act_id,
    )  # fmt: skip


def _check_released(house: House, unit: Unit, numbers: Sequence[int], else_what: str) -> None:
    judged = house.gate.judge_participants(unit, numbers)
    if any(judged[number][0] != RELEASED for number in numbers):
        raise Forbidden(
            f"house review: {else_what}",
            code="ScreeningHold",
            next_step="wait for the house's review; the lists must be fresh",
        )


def _at_version(house: House, unit: Unit, content: dict[str, Any]) -> Any:
    """Return a firm's row, provided it is what it was when the act was proposed."""
    row = house.participants.row(unit, content["id"])
    if row.version != content["version"]:
        raise Conflict(f"{row.id} was changed since: version {row.version}", code="StaleApproval",
                       next_step="look at it again and propose it anew")  # fmt: skip
    return row


@handles("participant.change")
def _change(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Change what the house knows of a firm, provided the gate still releases it."""
    row = _at_version(house, unit, content)
    owned = house.gate.firms_below(unit, [row.number]) if content["records"] else []
    for what, records in content["records"].items():
        replace_records(unit, "participant", row.id, what, [number for number, _ in records])
    values: dict[str, Any] = {"version": row.version + 1}
    if "accepts_conversion" in content:
        values["accepts_conversion"] = int(content["accepts_conversion"])
    if "home_currency" in content:
        values["home_currency"] = content["home_currency"]
    values |= {what: content[what] for what in OF_PAPERS if what in content}
    if "agreement" in content:
        signed = content["agreement"]
        day = datetime.date.fromisoformat(signed["from"]) - datetime.timedelta(days=1)
        change(unit, agreement, {"participant": row.number, "until_day": None},
               until_day=day.isoformat())  # fmt: skip
        put_in_force(unit, [signed["signatories"][0]])
        _insert_agreement(unit, row.number, signed, act_id)
    change(unit, participant, {"number": row.number}, **values)
    _check_released(house, unit, [row.number], "nothing is changed")
    if content["records"]:
        owned = sorted({*owned, *house.gate.firms_below(unit, [row.number])} - {row.number})
        house.gate.judge_participants(unit, owned, anew=True)
    house.note(unit, "participant.change", content, act_id=act_id)
    return {"changed": row.id, "version": row.version + 1}


@handles("participant.suspend")
@handles("participant.leave")
def _set_state(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Suspend a firm, end the suspension, or let it leave."""
    row = _at_version(house, unit, content)
    allowed = {"admitted": ("suspended", "left"), "suspended": ("admitted", "left")}
    if content["state"] not in allowed.get(row.state, ()):
        raise Conflict(f"{row.id} is {row.state}: it cannot become {content['state']}",
                       code="WrongState")  # fmt: skip
    if content["state"] == "admitted":
        _check_released(house, unit, [row.number], "it stays suspended")
    if content["state"] == "left":
        change(unit, agreement, {"participant": row.number, "until_day": None},
               until_day=house.today)  # fmt: skip
    change(unit, participant, {"number": row.number}, state=content["state"],
           version=row.version + 1)  # fmt: skip
    house.note(unit, "participant.change", content, act_id=act_id)
    return {"id": row.id, "state": content["state"]}


@handles("agency.change")
def _agency(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let an agent file for a firm, or end it."""
    agent = house.participants.row(unit, content["agent"])
    firm = house.participants.row(unit, content["participant"])
    if agent.number == firm.number:
        raise Rejected("a firm needs no leave to file for itself", code="InvalidOptions")
    pair = {"agent": agent.number, "participant": firm.number, "until_day": None}
    known = find(unit, agency, **pair)
    if content["ends"] is (known is None):
        said = "files for it already" if known is not None else "does not file for it"
        raise Conflict(f"{agent.id} {said}", code="AlreadyDone")
    if content["ends"]:
        change(unit, agency, pair, until_day=house.today)
    else:
        insert(unit, agency, agent=agent.number, participant=firm.number, from_day=house.today,
               act_id=act_id)  # fmt: skip
    house.note(unit, "participant.change", {"agency": content}, act_id=act_id)
    return content


@handles("bank_details.change")
def _details(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Change where a firm is paid, from the end of the cooling-off on."""
    row = house.participants.row(unit, content["id"])
    wait = datetime.timedelta(hours=house.rules.cooling_off_hours)
    usable = as_text(house.now + wait)
    put_in_force(unit, [content["account"][0], content["call_back"][0]])
    insert(
        unit, bank_details, participant=row.number, currency=content["currency"],
        account=content["account"][0], call_back=content["call_back"][0], usable_from=usable,
        details_act=act_id, details_act_kind="bank_details.change",
    )  # fmt: skip
    _check_released(house, unit, [row.number], "the details stay as they are")
    house.note(unit, "bank_details.change", content | {"usable_from": usable}, act_id=act_id)
    return {"id": row.id, "currency": content["currency"], "usable_from": usable}


@handles("limits.change")
def _limit(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Put limits into force."""
    for firm, currency, minor in content.get("pay_in", []):
        row = house.participants.row(unit, firm)
        if currency not in exponents() or minor < 0:
            raise Rejected(f"limit of {firm!r}: {minor} {currency!r}", code="InvalidOptions")
        insert(
            unit, pay_in_limit, participant=row.number, currency=currency, limit_minor=minor,
            limit_act=act_id, limit_act_kind="limits.change",
        )  # fmt: skip
    sides = {side.id for side in house.rules.sides} | {""}
    for debtor, creditor, minor in content.get("quotas", []):
        if debtor == creditor or not {debtor, creditor} <= sides or minor < 0:
            raise Rejected(f"quota of {debtor!r} owing {creditor!r}: {minor}",
                           code="InvalidOptions")  # fmt: skip
        insert(
            unit, border_quota, debtor_side=debtor, creditor_side=creditor, quota_minor=minor,
            quota_act=act_id, quota_act_kind="limits.change",
        )  # fmt: skip
    for balance in content.get("working", []):
        replace_records(unit, "sponsor", f"{balance['side']}:{balance['currency']}", "name",
                        [balance["sponsor"][0]])  # fmt: skip
        insert(
            unit, working_balance, side=balance["side"], currency=balance["currency"],
            sponsor=balance["sponsor"][0], agreement=balance["agreement"],
            limit_minor=balance["limit_minor"], balance_act=act_id,
            balance_act_kind="limits.change",
        )  # fmt: skip
    house.note(unit, "limits.change", content, act_id=act_id)
    return {"changed": True}
