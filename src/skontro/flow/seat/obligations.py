# SPDX-License-Identifier: Apache-2.0
"""What is owed, from a seat: one's own rows, and what one may do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skontro.core.errors import Forbidden, Rejected
from skontro.flow.filings import FilingReport
from skontro.flow.obligation_lists import no_such_obligation
from skontro.flow.reasons import read_reasons
from skontro.flow.seat import Doing, Part, picked
from skontro.flow.times import day_text
from skontro.house.obligations import Registration
from skontro.house.roles import Scope
from skontro.messages.tables import TableLike
from skontro.store.listing import Wanted, open_sums, seen_numbers
from skontro.store.obligations import find_firms, with_firms

ANSWERS = ("confirm", "withdraw", "consent", "end_consent")
"""What a party says of an obligation without more words."""


class ObligationSeat(Part):
    """Obligations as far as the actor reaches."""

    # ---- looking -----------------------------------------------------------------------------

    def page(
        self, wanted: Wanted, *, after: int = 0, most: int = 100, newest_first: bool = False
    ) -> list[dict[str, Any]]:
        """Return obligations by number, each with why it is not in the cycle.

        Args:
            wanted: Which ones.
            after: From after this number on.
            most: How many at most.
            newest_first: In falling order.
        """
        scope = self.reading("obligations.read")
        with self.house.database.read() as unit:
            numbers = seen_numbers(
                unit, wanted, firms=None if scope.everything else scope.firms, sides=scope.sides,
                days=(scope.from_day, scope.until_day), after=after, most=most,
                newest_first=newest_first,
            )  # fmt: skip
            why = read_reasons(self.house, unit, numbers)
            found = {row["number"]: row for row in with_firms(unit, numbers)}
        return [_shown(found[one]) | {"why_not": why[one]} for one in numbers if one in found]

    def show(self, number: int) -> dict[str, Any]:
        """Return an obligation with who said what, what happened, and why it is not in the cycle.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("obligations.read", f"obligation {number}")
        return self._show(number, scope)

    def _show(self, number: int, scope: Scope) -> dict[str, Any]:
        self._check_seen(number, scope)
        found = self.house.obligations.show(number)
        with self.house.database.read() as unit:
            why = read_reasons(self.house, unit, [number])[number]
        names = ("event", "at", "amount_minor")
        return _shown(found) | {
            "why_not": why, "rolled_over": found["rolled_over"],
            "registrations": [
                picked(one, "sender", "reference", "amount_minor")
                for one in found["registrations"]
            ],
            "events": [picked(one, *names) for one in found["events"]],
        }  # fmt: skip

    def _check_seen(self, number: int, scope: Scope) -> dict[str, Any]:
        """Return an obligation's row, provided that it is within the scope."""
        with self.house.database.read() as unit:
            rows = with_firms(unit, [number])
            if not rows:
                raise no_such_obligation(number)
            row = rows[0]
            firms = find_firms(unit, (row["debtor"], row["creditor"]))
        if not scope.covers_day(row["registered_at"]) or not any(
            scope.reaches(one.id, one.side) for one in firms.values()
        ):
            raise no_such_obligation(number)
        return row

    def work_list(self, *, firm: str = "", after: int = 0, most: int = 100) -> list[Any]:
        """Return what waits for an answer, with likely partners and why they differ."""
        scope = self.reading("obligations.read", "work list")
        name = self._one_firm(scope, firm)
        found = self.house.obligations.work_list(name, after=after, most=most)
        return [one | {"will_match": bool(one["will_match"])} for one in found]

    def sums(self, firm: str = "") -> list[dict[str, Any]]:
        """Return what is open between a firm and each other, by currency and state.

        Args:
            firm: Its id; one's own if empty.
        """
        scope = self.reading("obligations.read", "sums")
        name = self._one_firm(scope, firm) or firm
        with self.house.database.read() as unit:
            return [
                {"debtor": row.debtor, "creditor": row.creditor, "currency": row.currency,
                 "state": row.state, "many": int(row.many), "open_minor": int(row.open_minor)}
                for row in open_sums(unit, name)
            ]  # fmt: skip

    def _one_firm(self, scope: Scope, firm: str) -> str:
        """Return the firm that is asked about: any, for the house; else one within the scope."""
        if not firm and not scope.everything and len(scope.firms) == 1:
            return next(iter(scope.firms))
        if firm:
            with self.house.database.read() as unit:
                row = find_firms(unit, [firm]).get(firm)
            if row is not None and scope.reaches(row.id, row.side):
                return firm
        elif scope.everything:
            return ""
        raise self.refuse("obligations.read", f"participant {firm}",
                          "name a firm that is yours to see")  # fmt: skip

    # ---- doing -------------------------------------------------------------------------------

    def register(self, said: Registration) -> dict[str, Any]:
        """Take in what one party says of an obligation.

        Returns:
            ``number`` and ``state``.

        Raises:
            Forbidden: The sender is not who one works for.
        """
        subject, is_person = f"reference {said.reference}", not self.actor.is_program
        with self.doing("obligations.register", subject, is_logged=is_person) as doing:
            self._check_speaks(doing.scope, said.sender)
            number, state = self.house.obligations.register(said, person=self.person)
            doing.after = {"number": number, "state": state}
        return dict(doing.after)

    def import_file(
        self, given: TableLike, *, agent: str = "", dry_run: bool = False
    ) -> FilingReport:
        """Take in a file of what parties say: see ``Obligations.import_file``.

        Rows of firms one does not work for are refused, row by row. A dry run says what would
        happen, and lets nothing of it become true.
        """
        if dry_run:
            scope = self.reading("obligations.register", "a file, dry")
            if not agent and not scope.everything:
                agent = self._own(scope)
            elif agent:
                self._check_speaks(scope, agent)
            return self.house.obligations.import_file(given, agent=agent, dry_run=True)
        with self.doing("obligations.register", "a file") as doing:
            scope = doing.scope
            if not agent and not scope.everything:
                agent = self._own(scope)
            elif agent:
                self._check_speaks(scope, agent)
            report = self.house.obligations.import_file(given, agent=agent, person=self.person)
            doing.after = {"filing": report.as_json().get("filing"), "rows": report.rows}
        return report

    def answer(
        self, number: int, what: str, by: str, *, check: Callable[[Any], None] | None = None
    ) -> dict[str, Any]:
        """Say what a party says of an obligation: one of :data:`ANSWERS`.

        Args:
            number: The obligation.
            what: Which.
            by: The party; one's own firm if empty.
            check: Looks at the obligation as it is now and may refuse.

        Returns:
            The obligation as it is now.
        """
        act = getattr(self.house.obligations, what)
        return self._change(number, by, check, lambda who: act(number, who, person=self.person))

    def dispute(
        self, number: int, by: str, reason: str, evidence: str = "",
        *, check: Callable[[Any], None] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Say no before the cut-off, with a reason."""
        return self._change(number, by, check, lambda who: self.house.obligations.dispute(
            number, who, reason, evidence=evidence, person=self.person,
        ))  # fmt: skip

    def credit(
        self, number: int, by: str, reference: str, amount_minor: int, document: str = "",
        *, check: Callable[[Any], None] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Record the creditor's credit note."""
        return self._change(number, by, check, lambda who: self.house.obligations.credit(
            number, who, reference, amount_minor, document=document, person=self.person,
        ))  # fmt: skip

    def flag(
        self, number: int, which: str, by: str, reason: str, *, is_set: bool,
        check: Callable[[Any], None] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep an obligation out, or let it in again: ``attached`` or ``factored``.

        A party says so, or somebody of the house where nobody is named: the house's word.
        """
        act = self.house.obligations.flag if is_set else self.house.obligations.clear_flag
        return self._change(number, by, check, lambda who: act(
            number, which, by=who, person=None if who else self.person, reason=reason,
        ), or_house=True)  # fmt: skip

    def _change(
        self, number: int, by: str, check: Callable[[Any], None] | None,
        act: Callable[[str], Any], *, or_house: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        with self.doing("obligations.answer", f"obligation {number}") as doing:
            scope = doing.scope
            row = self._check_seen(number, scope)
            who = by
            if not by and not (or_house and scope.everything):
                who = self._party_of(scope, row)
            if who:
                self._check_speaks(scope, who)
            if check is not None:
                check(self._show(number, scope))
            doing.before = picked(row, "state", "open_minor", "flags")
            act(who)
            return self._ended(doing, number)

    def _ended(self, doing: Doing, number: int) -> dict[str, Any]:
        found = self._show(number, doing.scope)
        doing.after = picked(found, "state", "open_minor", "flags")
        return found

    def confirm_all(self, by: str = "", counterparty: str = "") -> dict[str, int]:
        """Say yes to all that waits for a firm's word."""
        with self.doing("obligations.answer", f"all of {by or 'ours'}") as doing:
            who = by or self._own(doing.scope)
            self._check_speaks(doing.scope, who)
            doing.after = self.house.obligations.confirm_all(
                who, counterparty=counterparty, person=self.person
            )
        return dict(doing.after)

    def match(self) -> dict[str, int]:
        """Match all that waits for the other party's word."""
        with self.doing("obligations.match", "all that waits") as doing:
            doing.after = self.house.obligations.match()
        return dict(doing.after)

    # ---- for whom ----------------------------------------------------------------------------

    def _check_speaks(self, scope: Scope, firm: str) -> None:
        if not scope.everything and firm not in scope.firms:
            raise Forbidden(f"{self.actor.id} does not speak for {firm!r}", code="BeyondRights",
                            next_step="say it for the firm you work for")  # fmt: skip

    def _own(self, scope: Scope) -> str:
        if len(scope.firms) != 1:
            raise Rejected("say for which firm", code="PartyMissing", next_step="name it: by")
        return next(iter(scope.firms))

    def _party_of(self, scope: Scope, row: Any) -> str:
        """Return which party of an obligation one works for."""
        mine = [firm for firm in (row["debtor"], row["creditor"]) if firm in scope.firms]
        return mine[0] if len(mine) == 1 else self._own(scope)


def _shown(row: Any) -> dict[str, Any]:
    """Return an obligation as it leaves the house: plain values, days as text."""
    return {
        **picked(row, "number", "debtor", "creditor", "currency", "amount_minor", "open_minor",
                 "document", "state", "flags", "registered_at", "confirmed_at"),
        "due_date": _day(row["due_day"]), "document_date": _day(row["document_day"]),
        "said_by": {1: "debtor", 2: "creditor", 3: "both"}[row["said"]],
    }  # fmt: skip


def _day(number: int | None) -> str:
    return "" if number is None else day_text(number)
