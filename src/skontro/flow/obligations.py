# SPDX-License-Identifier: Apache-2.0
"""What is owed: registered by either party, matched, confirmed, disputed, taken back, credited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.flow.corrections import give_credit, propose_clearing, propose_opposite
from skontro.flow.events import OF_OBLIGATIONS
from skontro.flow.filings import (
    GONE,
    ConfirmationReport,
    FilingReport,
    Progress,
    confirm_filing,
    import_filing,
)
from skontro.flow.flags import give_consent, set_flag
from skontro.flow.likeness import exact_partner, likes
from skontro.flow.obligation_lists import (
    list_of_firm,
    list_work,
    no_such_obligation,
    show_obligation,
)
from skontro.flow.opening import opened, parted
from skontro.flow.reasons import read_reasons
from skontro.flow.times import day_number, day_text
from skontro.flow.waiting import Numbers, Pool, confirm_many, match_waiting
from skontro.house.matching import dates_agree
from skontro.house.obligations import Registration as Registration
from skontro.house.states import (
    BY_BOTH,
    BY_CREDITOR,
    BY_DEBTOR,
    OBLIGATION_STATES,
    next_obligation_state,
)
from skontro.messages.table_forms import PLAIN, TableForm
from skontro.messages.tables import TableLike
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.obligations import (
    cut_offs,
    document_text,
    expire_where,
    files_for,
    find_firms,
    firms_by_number,
    lock_all,
    lock_and_draw,
    lock_documents,
    registered_before,
    same_document,
    waiting_for,
)
from skontro.store.register import commit_record
from skontro.store.rows import change, find, find_all, insert, insert_rows
from skontro.store.schema import filing, obligation, obligation_event, registration

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.house.acts import Signer
    from skontro.house.rules import Expiry, HouseRules

STANDING = ("confirmed", "entered", "discharged", "duplicate")
"""States in which what both parties stand by makes a second one a suspected double."""


class Obligations:
    """What is owed between the firms of the house.

    ``by`` is always the id of the party whose will it is, or of an agent that files for it; where
    an agent files for both parties, the party itself must be named. ``request`` is an id the
    caller chooses: the same again under it has no further effect.
    """

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- registering -------------------------------------------------------------------------

    def register(self, said: Registration, *, person: str | None = None) -> tuple[int, str]:
        """Take in what one party says of an obligation.

        Where the other party has said exactly the same already, both stand by it: it is
        confirmed. What was said within tolerance is matched later: see :meth:`match`. What the
        same party has said before under another reference, or both stand by already, is held as
        a suspected double.

        Args:
            said: What it says.
            person: Who of the house took it in, if one did.

        Returns:
            The number of the obligation and its state.

        Raises:
            Rejected: A firm is unknown, or the content cannot be an obligation.
            Forbidden: The sender is no party and files for none, or for both.
            Conflict: The reference was used for something else.
        """
        said.check()
        with self.house.database.unit("obligation.register") as unit:
            return self.register_in(unit, said, person=person)

    def register_in(
        self, unit: Unit, said: Registration, *, person: str | None = None, source: str = "hand"
    ) -> tuple[int, str]:
        """Do as :meth:`register`, within a unit of work that does more.

        Args:
            unit: The unit of work.
            said: What it says, checked.
            person: Who of the house took it in, if one did.
            source: Where it came from: see the table ``filing``.
        """
        self.house.check_writable(unit)
        firms = find_firms(unit, (said.debtor, said.creditor, said.sender))
        sender = self._sender(unit, said, firms)
        filed_by, said = firms[said.sender].number, said.said_by(sender.id)
        debtor, creditor = firms[said.debtor].number, firms[said.creditor].number
        entry, number = lock_and_draw(
            unit, f"reference\n{sender.number}\n{said.reference}",
            document_text(debtor, creditor, said.document),
        )  # fmt: skip
        known = self._known(unit, sender.number, said)
        if known is not None:
            return known
        side = BY_DEBTOR if sender.number == debtor else BY_CREDITOR
        alike = self._same_terms(unit, debtor, creditor, said)
        partner = self._partner(unit, alike, said, side)
        rows: list[tuple[Any, dict[str, Any]]] = []
        trade: list[tuple[Any, dict[str, Any]]] = []
        like = list[int]()
        if partner is not None:
            number, state = partner.number, self._confirm(unit, partner, alike, sender)
        else:
            like = likes(alike, said, side)
            state = "duplicate" if like else "registered"
            one = (number, (debtor, creditor), side, said, state)
            rows, trade = parted(self.house, opened(self.house, unit, [one])[0])
        body = said.body_digest
        insert_rows(
            unit,
            (filing, {"id": entry, "sender": filed_by, "person": person, "source": source,
                      "digest": body.hex(), "rows": 1, "refused": 0,
                      "filed_at": self.house.at}),
            *rows,
            (registration, {"sender": sender.number, "reference": said.reference,
                            "obligation": number, "amount_minor": said.amount_minor,
                            "body_digest": body, "filing": entry}),
        )  # fmt: skip
        if trade:
            insert_rows(unit, *trade)
        if like:
            self.note(unit, number, "suspect", detail={"like": like[0]})
        return number, state

    def _sender(self, unit: Unit, said: Registration, firms: Mapping[str, Any]) -> Any:
        """Return the row of the party whose word it is."""
        for name in dict.fromkeys((said.debtor, said.creditor, said.sender)):
            if name not in firms:
                raise Rejected(f"{name!r} is not a participant", code="UnknownParticipant",
                               next_step="list them with: skontro participants list")  # fmt: skip
            if firms[name].state in GONE:
                raise Rejected(f"{name!r} is {firms[name].state}", code="ParticipantGone",
                               next_step="leave it out")  # fmt: skip
        parties = (firms[said.debtor], firms[said.creditor])
        return self.party_for(unit, parties, firms[said.sender])

    def party_for(self, unit: Unit, parties: Sequence[Any], who: Any) -> Any:
        """Return the party somebody speaks for: itself, or the one it files for."""
        for party in parties:
            if party.number == who.number:
                return party
        filed_for = {firm for _, firm in files_for(unit, self.house.today, [who.number])}
        spoken_for = [party for party in parties if party.number in filed_for]
        if len(spoken_for) == 1:
            return spoken_for[0]
        raise Forbidden(
            f"{who.id} is no party to it, and files for {'both' if spoken_for else 'none'} of them",
            code="NotPermitted",
            next_step="name the party itself" if spoken_for else "ask a party to it",
        )

    def _known(self, unit: Unit, sender: int, said: Registration) -> tuple[int, str] | None:
        """Return what came of the same registration before, if it did."""
        earlier = registered_before(unit, sender, said.reference)
        if earlier is None:
            return None
        if bytes(earlier.body_digest) != said.body_digest:
            raise Conflict(
                f"{said.sender!r} used {said.reference!r} for something else",
                code="IdempotencyMismatch",
                next_step="give what is new an id of its own",
            )
        return int(earlier.number), str(earlier.state)

    def _same_terms(self, unit: Unit, debtor: int, creditor: int, said: Any) -> list[Any]:
        """Return what is known between two firms of one document, amount and currency."""
        return [
            row
            for row in same_document(unit, debtor, creditor, said.document)
            if (row.amount_minor, row.currency) == (said.amount_minor, said.currency)
        ]

    def _partner(self, unit: Unit, alike: Sequence[Any], said: Registration, side: int) -> Any:
        """Return what the other party has said exactly so, and of the same trade, or None.

        Where this one says more of what it is for, the two are put together by the next matching.
        """
        partner = exact_partner(alike, said, side)
        if partner is None or not said.trade.is_said:
            return partner
        theirs = self.house.goods.trades_of(unit, [partner.number])
        return partner if Trades.of([said.trade]).same_as(theirs)[0] else None

    def _confirm(
        self, unit: Unit, row: Any, alike: Sequence[Any], by: Any, request: str | None = None,
        person: str | None = None,
    ) -> str:  # fmt: skip
        """Let an obligation stand on both parties' word; hold it if it then stands twice."""
        state = next_obligation_state(row.state, "confirm")
        self.note(unit, row.number, "confirm", by=by, person=person, request=request)
        like = [
            other.number
            for other in alike
            if other.number != row.number
            and other.said == BY_BOTH
            and other.state in STANDING
            and dates_agree(row.document_day, row.due_day, other.document_day, other.due_day)
        ]
        if like and state == "confirmed":
            state = next_obligation_state(state, "suspect")
            self.note(unit, row.number, "suspect", detail={"like": like[0]})
        change(unit, obligation, {"number": row.number}, state=state, said=BY_BOTH,
               confirmed_at=self.house.at)  # fmt: skip
        return state

    def import_file(
        self,
        given: TableLike,
        *,
        agent: str = "",
        person: str | None = None,
        sheet: str | None = None,
        near: bool = True,
        form: TableForm = PLAIN,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> FilingReport:
        """Take in a file of what parties say: all of it in one unit of work.

        What both parties say in it, or one says in it and the other said before, is matched at
        once: exactly, then within the house's tolerance. A row that cannot be taken is refused
        with row, field and reason, and stops nothing. The same file again has no effect; a
        reference that was used for something else is refused.

        Args:
            given: Path of a CSV, Parquet, XLSX or JSON lines file, or an Arrow table.
                Columns ``sender, reference, debtor, creditor, currency`` and ``amount`` (decimal
                text) or ``amount_minor``; ``due_date, document, document_date`` may be there, and
                what they are for: see docs/obligations.md. Without that the gate holds them.
            agent: Id of the agent that hands it in, if one does: rows of firms it does not file
                for are refused.
            person: Who of the house took it in, if one did.
            sheet: Sheet of a workbook; its first visible one if not given.
            near: Whether to match within tolerance now; else that is done by :meth:`match`.
            form: How the table is written; see :class:`skontro.flow.forms.Forms`.
            dry_run: Say what would happen, and let nothing of it become true.
            progress: Told what is done now.

        Raises:
            Rejected: The file cannot be read as a whole.
        """
        return import_filing(
            self.house, given, agent=agent, person=person, sheet=sheet, near=near,
            form=form, dry_run=dry_run, progress=progress,
        )  # fmt: skip

    def match(self) -> dict[str, int]:
        """Match all that waits for the other party's word: exactly, then within tolerance.

        The lower amount and the later due date hold. What came first makes no difference: it is
        the pool as a whole that is matched. The cut-off does it before it freezes anything.

        Returns:
            ``matched`` (pairs in all), ``near`` (of these, within tolerance) and ``duplicates``
            (of these, held as suspected doubles).
        """
        with self.house.database.unit("obligation.match") as unit:
            self.house.check_writable(unit)
            lock_all(unit)
            return match_waiting(self.house, unit, self.house.rules.matching)

    # ---- confirming --------------------------------------------------------------------------

    def confirm(
        self, number: int, by: str, *, request: str | None = None, person: str | None = None
    ) -> str:
        """Say yes to what the other party registered, or end a dispute one has raised.

        Args:
            number: The obligation.
            by: Who says it.
            request: See above.
            person: Who of the house took it in, if one did.

        Returns:
            The state it is in now: ``duplicate`` if it then stands twice.
        """
        with self.house.database.unit("obligation.confirm") as unit:
            return self.confirm_in(unit, number, by, request=request, person=person)

    def confirm_in(
        self, unit: Unit, number: int, by: str, *, request: str | None = None,
        person: str | None = None,
    ) -> str:  # fmt: skip
        """Do as :meth:`confirm`, within a unit of work that does more."""
        row, party, is_done = self.begin(unit, number, by, "confirm", request)
        if is_done:
            return str(row.state)
        next_obligation_state(row.state, "confirm")
        if row.state == "disputed":
            if self.last_by(unit, number, "dispute") != party.number:
                raise Forbidden(f"{party.id} did not dispute it: whoever did ends the dispute",
                                code="NotPermitted")  # fmt: skip
        elif row.said & _side(row, party):
            raise Forbidden(f"{party.id} has said it: the other party confirms",
                            code="NotPermitted")  # fmt: skip
        alike = self._same_terms(unit, row.debtor, row.creditor, row)
        return self._confirm(unit, row, alike, party, request, person)

    def confirm_all(
        self, by: str, *, counterparty: str = "", person: str | None = None
    ) -> dict[str, int]:
        """Say yes to all that waits for one's word.

        Args:
            by: Who says it: a participant.
            counterparty: Only to what this one registered; to all if not given.
            person: Who of the house took it in, if one did.

        Returns:
            ``confirmed``, and ``duplicates`` held as suspected doubles.
        """
        with self.house.database.unit("obligation.confirm_all") as unit:
            self.house.check_writable(unit)
            lock_all(unit)
            wanted = [by, *([counterparty] if counterparty else [])]
            firms = find_firms(unit, wanted)
            for name in wanted:
                if name not in firms:
                    raise Rejected(f"{name!r} is not a participant", code="UnknownParticipant")
            other = firms[counterparty].number if counterparty else None
            numbers = Numbers()
            pool = Pool.of_rows(waiting_for(unit, firms[by].number, other), numbers)
            yes = np.full(len(pool.number), firms[by].number)
            suspects = confirm_many(self.house, unit, pool, numbers, yes, person=person)
            return {"confirmed": len(pool.number) - suspects, "duplicates": suspects}

    def confirm_file(
        self, given: TableLike, *, by: str = "", agent: str = "", sheet: str | None = None,
        person: str | None = None,
    ) -> ConfirmationReport:  # fmt: skip
        """Say yes to what a file names by reference.

        Args:
            given: A table with columns ``sender, reference`` (who registered it, and under which
                reference) and, unless ``by`` is given, ``confirmed_by``.
            by: Who says yes to all of it.
            agent: Id of the agent that hands it in, if one does.
            sheet: Sheet of a workbook; its first visible one if not given.
            person: Who of the house took it in, if one did.

        Raises:
            Rejected: The file cannot be read as a whole.
        """
        return confirm_filing(
            self.house, given, by=by, agent=agent, sheet=sheet, person=person
        )

    # ---- saying no, taking back --------------------------------------------------------------

    def dispute(
        self, number: int, by: str, reason: str, *, evidence: str = "",
        request: str | None = None, person: str | None = None,
    ) -> str:  # fmt: skip
        """Say no before the cut-off, with a reason; both are kept in the register.

        Args:
            number: The obligation.
            by: Who says it.
            reason: Why, in a sentence.
            evidence: What shows it: text, or the digest of a document kept elsewhere.
            request: See above.
            person: Who of the house took it in, if one did.
        """
        with self.house.database.unit("obligation.dispute") as unit:
            row, party, is_done = self.begin(unit, number, by, "dispute", request)
            if is_done:
                return str(row.state)
            state = next_obligation_state(row.state, "dispute")
            if row.said == _side(row, party):
                raise Forbidden(f"{party.id} alone has said it", code="NotPermitted",
                                next_step="take it back: withdraw")  # fmt: skip
            if not reason.strip():
                raise Rejected("a dispute needs a reason", code="NoReason")
            detail = self.record(unit, number, party.side, reason=reason, evidence=evidence)
            self.note(unit, number, "dispute", by=party, person=person, detail=detail,
                      request=request)  # fmt: skip
            change(unit, obligation, {"number": number}, state=state)
            return state

    def withdraw(
        self, number: int, by: str, *, request: str | None = None, person: str | None = None
    ) -> str:
        """Take back before the cut-off: the creditor, or whoever alone registered it."""
        with self.house.database.unit("obligation.withdraw") as unit:
            row, party, is_done = self.begin(unit, number, by, "withdraw", request)
            if is_done:
                return str(row.state)
            state = next_obligation_state(row.state, "withdraw")
            if party.number != row.creditor and row.said != BY_DEBTOR:
                raise Forbidden("the creditor takes it back, or whoever alone registered it",
                                code="NotPermitted")  # fmt: skip
            self.note(unit, number, "withdraw", by=party, person=person, request=request)
            change(unit, obligation, {"number": number}, state=state)
            return state

    # ---- flags and consent -------------------------------------------------------------------

    def flag(
        self,
        number: int,
        which: str,
        *,
        by: str = "",
        person: str | None = None,
        reason: str = "",
        request: str | None = None,
    ) -> list[str]:
        """Keep an obligation out: ``attached`` by a court or authority, or ``factored``.

        Args:
            number: The obligation.
            which: ``attached`` or ``factored``.
            by: Which party says so; nobody if it is the house.
            person: Who of the house says so; or None.
            reason: Why; kept in the register.
            request: See above.

        Returns:
            The flags it bears now.
        """
        return set_flag(self, number, which, True, by, person, reason, request)

    def clear_flag(
        self,
        number: int,
        which: str,
        *,
        by: str = "",
        person: str | None = None,
        reason: str = "",
        request: str | None = None,
    ) -> list[str]:
        """Let an obligation in again: whoever set the flag, party or house, clears it.

        Args are those of :meth:`flag`.
        """
        return set_flag(self, number, which, False, by, person, reason, request)

    def consent(
        self, number: int, by: str, *, request: str | None = None, person: str | None = None
    ) -> list[str]:
        """Agree that it is entered before it is due: it may be once both parties have.

        Returns:
            The flags it bears now.
        """
        return give_consent(self, number, by, "consent", request, person)

    def end_consent(
        self, number: int, by: str, *, request: str | None = None, person: str | None = None
    ) -> list[str]:
        """Take that back before the cut-off."""
        return give_consent(self, number, by, "end_consent", request, person)

    # ---- age ---------------------------------------------------------------------------------

    def expire(self) -> int:
        """Let leave what was unused for too long by the house's rules, or is time-barred.

        Returns:
            How many left.
        """
        with self.house.database.unit("obligation.expire") as unit:
            self.house.check_writable(unit)
            lock_all(unit)
            return self.expire_in(unit, self.house.rules.expiry)

    def expire_in(self, unit: Unit, rules: Expiry) -> int:
        """Do as :meth:`expire`, within a unit of work that does more, by the rules given."""
        before, due_before = None, None
        today = day_number(self.house.today)
        if rules.days:
            before = day_text(today - rules.days)
        elif rules.cycles:
            ended = cut_offs(unit, rules.cycles)
            before = ended[-1] if len(ended) == rules.cycles else None
        if rules.limitation_days:
            due_before = today - rules.limitation_days
        return expire_where(unit, self.house.at, before, due_before)

    def prepare(self, unit: Unit, rules: HouseRules) -> None:
        """Match what waits and let leave what is too old, by the rules of a cycle being cut off."""
        lock_all(unit)
        match_waiting(self.house, unit, rules.matching)
        self.expire_in(unit, rules.expiry)

    # ---- credit notes, fraud, suspected doubles ----------------------------------------------

    def credit(
        self,
        number: int,
        by: str,
        reference: str,
        amount_minor: int,
        *,
        document: str = "",
        person: str | None = None,
    ) -> dict[str, Any]:
        """Record the creditor's credit note: what is open is lowered, never below nought.

        What was entered or is final is not undone: for that part of the note a new, opposite
        obligation is made, which the former debtor confirms like any other.

        Args:
            number: The obligation.
            by: The creditor.
            reference: Id the creditor chose for the note; the same again has no further effect.
            amount_minor: Of the note, minor units of the obligation's currency.
            document: Number of the note, if it has one besides.
            person: Who of the house took it in, if one did.

        Returns:
            ``open_minor`` and ``state`` as they are now, and ``opposite``: the number of the new
            obligation, or None.

        Raises:
            Rejected: It is more than is left of the obligation, or nought.
            Forbidden: Somebody else than the creditor gives it.
            Conflict: The reference was used for another note, or nothing was owed.
        """
        return give_credit(self, number, by, reference, amount_minor, document, person)

    def propose_opposite(
        self,
        number: int,
        amount_minor: int,
        reason: str,
        maker: str,
        signer: Signer,
        *,
        evidence: str = "",
    ) -> int:
        """Propose to make good a fraud after finality by a new, opposite obligation.

        It stands as soon as a second person approves it: nobody waits for whoever is accused.

        Args:
            number: The obligation that was none.
            amount_minor: How much of it is made good, at most what was discharged.
            reason: What was found; kept in the register, as is the evidence.
            maker: Who proposes it.
            signer: Their key.
            evidence: What shows it.

        Returns:
            The number of the act.
        """
        return propose_opposite(self, number, amount_minor, reason, evidence, maker, signer)

    def propose_clearing(
        self, numbers: Sequence[int], reason: str, maker: str, signer: Signer
    ) -> int:
        """Propose to let suspected doubles go on.

        Args:
            numbers: Which obligations.
            reason: Why they are none; kept in the register.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act; nothing goes on before a second person approves it.
        """
        return propose_clearing(self, numbers, reason, maker, signer)

    # ---- looking -----------------------------------------------------------------------------

    def show(self, number: int) -> dict[str, Any]:
        """Return an obligation as it stands: parties' ids, who said what, what happened.

        Raises:
            NoSuchFile: There is none of that number.
        """
        return show_obligation(self.house, number)

    def find(self, sender: str, reference: str) -> int:
        """Return the number of what a firm registered under a reference.

        Raises:
            NoSuchFile: It registered nothing under it.
        """
        with self.house.database.read() as unit:
            firm = find_firms(unit, [sender]).get(sender)
            row = firm and find(unit, registration, sender=firm.number, reference=reference)
        if not row:
            raise NoSuchFile(f"{sender!r} registered nothing under {reference!r}",
                             code="NoSuchObligation")  # fmt: skip
        return int(row.obligation)

    def of(
        self,
        firm: str,
        *,
        states: Sequence[str] = tuple(OBLIGATION_STATES),
        after: int = 0,
        most: int = 100,
    ) -> list[dict[str, Any]]:
        """Return what a firm owes and is owed, by number, with why each is not in the cycle.

        Args:
            firm: Its id.
            states: In which states.
            after: From after this number on.
            most: How many at most.
        """
        return list_of_firm(self.house, firm, states=states, after=after, most=most)

    def why_not(self, number: int, by: str, *, cycle: str = "") -> str:
        """Say to a party why its obligation is not in a cycle, in one sentence.

        Args:
            number: The obligation.
            by: The party, or an agent that files for it.
            cycle: Which cycle; the newest if not given.

        Returns:
            The sentence; an empty text if it is in the cycle, or nothing stands against it.
        """
        with self.house.database.read() as unit:
            row = find(unit, obligation, number=number)
            if row is None:
                raise no_such_obligation(number)
            self._party_of(unit, row, by)
            return read_reasons(self.house, unit, [number], cycle)[number]

    def work_list(
        self, firm: str = "", *, after: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return what waits for an answer, each with the likely partner and why they differ.

        Args:
            firm: Only what this firm is a party to; all if not given.
            after: From after this number on.
            most: How many at most.

        Returns:
            Number, reference and sender of each, ``partner`` (the same of the likely partner, or
            None), ``differences`` and ``will_match``: within tolerance, so the next matching
            pairs them.
        """
        return list_work(self.house, firm, after=after, most=most)

    # ---- within a unit of work ---------------------------------------------------------------

    def begin(
        self, unit: Unit, number: int, by: str, event: str, request: str | None
    ) -> tuple[Any, Any, bool]:
        """Lock an obligation and see who asks, within a unit of work.

        Returns:
            Its row, the party's row (None for the house), and whether the request was done
            before.
        """
        self.house.check_writable(unit)
        seen = find(unit, obligation, number=number)
        if seen is None:
            raise no_such_obligation(number)
        party = self._party_of(unit, seen, by) if by else None
        key = request_key(party, request)
        lock_documents(unit, [seen], *([f"request\n{key}"] if key else []))
        row = find(unit, obligation, lock=True, number=number)
        done = find(unit, obligation_event, request=key) if key else None
        if done is not None and (done.obligation, done.event) != (number, event):
            raise Conflict(f"request {request!r} was something else", code="IdempotencyMismatch",
                           next_step="give what is new an id of its own")  # fmt: skip
        return row, party, done is not None

    def _party_of(self, unit: Unit, row: Any, by: str) -> Any:
        """Return the party of an obligation that somebody speaks for."""
        firms = firms_by_number(unit, [row.debtor, row.creditor], by)
        who = next((one for one in firms if one.id == by), None)
        if who is None:
            raise Forbidden(f"{by!r} is no party to obligation {row.number}", code="NotPermitted",
                            next_step="ask a party to it")  # fmt: skip
        parties = [one for one in firms if one.number in (row.debtor, row.creditor)]
        return self.party_for(unit, parties, who)

    def note(
        self,
        unit: Unit,
        number: int,
        event: str,
        *,
        by: Any = None,
        person: str | None = None,
        act_id: int | None = None,
        amount_minor: int | None = None,
        detail: Mapping[str, Any] | None = None,
        request: str | None = None,
    ) -> None:
        """Write down what happened to an obligation, within a unit of work."""
        if event in OF_OBLIGATIONS:
            self.house.events.note(unit, OF_OBLIGATIONS[event], obligations=[int(number)])
        insert(
            unit, obligation_event, obligation=number, event=event,
            by_participant=None if by is None else by.number, person=person, act_id=act_id,
            amount_minor=amount_minor, detail=canonical_json(dict(detail or {})).decode(),
            request=request_key(by, request),
            at=self.house.at,
        )  # fmt: skip

    def record(self, unit: Unit, number: int, side: str, **texts: str) -> dict[str, Any]:
        """Write what was said of an obligation into the register; return how to refer to it."""
        return {
            what: commit_record(
                unit, "obligation", str(number), what, text, purpose="what a party said of it",
                at=self.house.at, retain_until=self.house.keep_until("obligation", side),
            ).as_json()
            for what, text in texts.items()
            if text.strip()
        }  # fmt: skip

    def last_by(self, unit: Unit, number: int, event: str) -> int | None:
        """Return whose will the last event of a kind was; None for the house."""
        last = find_all(unit, obligation_event, order=["-id"], limit=1, obligation=number,
                        event=event)  # fmt: skip
        return last[0].by_participant if last else None


def _side(row: Any, party: Any) -> int:
    return BY_DEBTOR if party.number == row.debtor else BY_CREDITOR


def request_key(party: Any, request: str | None) -> str | None:
    """Return a caller's id of a request as it is kept: everyone chooses among their own."""
    if request is None:
        return None
    return f"{'house' if party is None else party.number}:{request}"
