# SPDX-License-Identifier: Apache-2.0
"""A seat in the house: what one actor may see and do, and nothing else.

API and console work through seats alone. A seat asks the table of rights how far its actor
reaches, leaves out the rows beyond that, calls the noun that does the work, and writes into the
audit log what is to be written, in the same unit of work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, SkontroError
from skontro.flow.audit import AUDITED, LOGGED_CONFLICTS
from skontro.house.roles import Actor, Scope
from skontro.store.database import Unit

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.seat.acts import ActSeat
    from skontro.flow.seat.bank import BankSeat
    from skontro.flow.seat.books import BookSeat
    from skontro.flow.seat.cycles import CycleSeat
    from skontro.flow.seat.documents import DocumentSeat
    from skontro.flow.seat.firms import FirmSeat
    from skontro.flow.seat.gate import GateSeat
    from skontro.flow.seat.jobs import JobSeat
    from skontro.flow.seat.money import MoneySeat
    from skontro.flow.seat.obligations import ObligationSeat
    from skontro.flow.seat.office import OfficeSeat
    from skontro.flow.seat.runs import RunSeat
    from skontro.flow.seat.trail import TrailSeat
    from skontro.flow.seat.webhooks import WebhookSeat

WIDENED = {
    "acts.make": "acts", "acts.check": "acts", "cycles.work": "cycles", "gate.work": "lists",
    "obligations.match": "cycles", "settlement.work": "settlement",
}  # fmt: skip
"""What is done with the house's reach once the actor may do it: see store/walls.py."""


class Seat:
    """What an actor may see and do in a house.

    Args:
        house: The house.
        actor: Who sits here.
    """

    def __init__(self, house: House, actor: Actor) -> None:
        self.house = house
        self.actor = actor

    @cached_property
    def firms(self) -> FirmSeat:
        """The participants."""
        from skontro.flow.seat.firms import FirmSeat

        return FirmSeat(self)

    @cached_property
    def obligations(self) -> ObligationSeat:
        """What is owed."""
        from skontro.flow.seat.obligations import ObligationSeat

        return ObligationSeat(self)

    @cached_property
    def cycles(self) -> CycleSeat:
        """The sessions of the house."""
        from skontro.flow.seat.cycles import CycleSeat

        return CycleSeat(self)

    @cached_property
    def acts(self) -> ActSeat:
        """Sensitive acts."""
        from skontro.flow.seat.acts import ActSeat

        return ActSeat(self)

    @cached_property
    def books(self) -> BookSeat:
        """Results, settlement, journal and papers."""
        from skontro.flow.seat.books import BookSeat

        return BookSeat(self)

    @cached_property
    def runs(self) -> RunSeat:
        """What runs came to, for those who see all firms."""
        from skontro.flow.seat.runs import RunSeat

        return RunSeat(self)

    @cached_property
    def documents(self) -> DocumentSeat:
        """Documents as they came in."""
        from skontro.flow.seat.documents import DocumentSeat

        return DocumentSeat(self)

    @cached_property
    def trail(self) -> TrailSeat:
        """One obligation from its document to its postings."""
        from skontro.flow.seat.trail import TrailSeat

        return TrailSeat(self)

    @cached_property
    def bank(self) -> BankSeat:
        """What the banks say, and what leaves for them."""
        from skontro.flow.seat.bank import BankSeat

        return BankSeat(self)

    @cached_property
    def money(self) -> MoneySeat:
        """What others left with the sides, and what leaves."""
        from skontro.flow.seat.money import MoneySeat

        return MoneySeat(self)

    @cached_property
    def gate(self) -> GateSeat:
        """The gate, for compliance."""
        from skontro.flow.seat.gate import GateSeat

        return GateSeat(self)

    @cached_property
    def jobs(self) -> JobSeat:
        """Work in the background."""
        from skontro.flow.seat.jobs import JobSeat

        return JobSeat(self)

    @cached_property
    def webhooks(self) -> WebhookSeat:
        """Where participants are told of what concerns them."""
        from skontro.flow.seat.webhooks import WebhookSeat

        return WebhookSeat(self)

    @cached_property
    def office(self) -> OfficeSeat:
        """The house itself, its people, its keys, its audit log."""
        from skontro.flow.seat.office import OfficeSeat

        return OfficeSeat(self)


@dataclass
class Doing:
    """Something under way from a seat.

    Attributes:
        unit: Its unit of work.
        scope: How far the actor reaches.
        before: Plain values for the audit log: as it was.
        after: As it is now.
    """

    unit: Unit
    scope: Scope
    before: Any = None
    after: Any = None


class Part:
    """What the nouns of a seat have in common."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.house = seat.house
        self.actor = seat.actor

    @property
    def person(self) -> str | None:
        """Who of the house takes something in, if a person does."""
        return self.actor.person or None

    @contextmanager
    def doing(self, permission: str, subject: str, *, is_logged: bool = True) -> Iterator[Doing]:
        """Do something in one unit of work, with its entry in the audit log.

        Args:
            permission: What it takes.
            subject: What it is done to.
            is_logged: Whether it has an entry where it succeeds; a refusal always has one.

        Raises:
            Forbidden: The actor may not.
        """
        audit, actor = self.house.audit, self.actor
        with self.house.database.whole(permission) as unit:
            try:
                doing = Doing(unit, actor.scope(permission))
                with self.widened(permission):
                    yield doing
            except SkontroError as error:
                if isinstance(error, Forbidden) or (
                    isinstance(error, Conflict) and error.code in LOGGED_CONFLICTS
                ):
                    code = error.code
                    unit.otherwise.append(
                        lambda: audit.refused(actor, permission, subject, code)
                    )
                raise
            if is_logged and set(actor.roles) & set(AUDITED):
                audit.note(unit, actor, permission, subject, before=doing.before,
                           after=doing.after)  # fmt: skip

    @contextmanager
    def widened(self, permission: str) -> Iterator[None]:
        """Reach further while something is done that the house does as a whole.

        Args:
            permission: What it takes: see :data:`WIDENED`.
        """
        if permission not in WIDENED:
            yield
            return
        with self.house.database.widened(WIDENED[permission]):
            yield

    def reading(self, permission: str, subject: str = "") -> Scope:
        """Return how far the actor may look; what is refused and what auditors read is logged.

        Raises:
            Forbidden: They may not.
        """
        try:
            scope = self.actor.scope(permission)
        except Forbidden as error:
            self.house.audit.refused(self.actor, permission, subject, error.code)
            raise
        if "auditor" in self.actor.roles:
            self.house.audit.read(self.actor, permission, subject)
        return scope

    def check_period(self, scope: Scope, cycle: str) -> None:
        """Refuse a cycle that is not there, or whose business day is beyond an auditor's period.

        Raises:
            NoSuchFile: There is no such cycle within what one may see.
        """
        with self.house.database.read() as unit:
            row = self.house.cycles._row(unit, cycle)
        if not scope.covers_day(row.business_day):
            raise NoSuchFile(f"there is no cycle {cycle} within your period", code="NoSuchCycle",
                             next_step="ask for one whose business day is within it")  # fmt: skip

    def refuse(self, permission: str, subject: str, message: str) -> Forbidden:
        """Write a refusal into the audit log and return it, to be raised."""
        self.house.audit.refused(self.actor, permission, subject, "BeyondRights")
        return Forbidden(message, code="BeyondRights")


def picked(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return some of a row's values.

    Example:
        >>> picked({"id": "A1", "number": 7}, "id")
        {'id': 'A1'}
    """
    return {name: row[name] for name in names}
