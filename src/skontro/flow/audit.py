# SPDX-License-Identifier: Apache-2.0
"""The audit log: what people of the house did, what was refused to anybody, what auditors read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.flow.times import as_text
from skontro.house.roles import Actor
from skontro.store.access import audit_rows
from skontro.store.database import Unit
from skontro.store.rows import insert_rows
from skontro.store.schema import audit_entry

if TYPE_CHECKING:
    from skontro.flow.house import House

_LONGEST = 200


class Audit:
    """The audit log of a house; no entry is ever changed."""

    def __init__(self, house: House) -> None:
        self.house = house

    def note(
        self,
        unit: Unit,
        actor: Actor,
        what: str,
        subject: str,
        *,
        outcome: str = "done",
        code: str = "",
        before: Any = None,
        after: Any = None,
    ) -> None:
        """Write an entry within a unit of work.

        Args:
            unit: The unit of work that does it.
            actor: Who.
            what: The permission it took.
            subject: What it was done to.
            outcome: ``done``, ``read`` or ``refused``.
            code: Why it was refused.
            before: Plain values: as it was.
            after: As it is now.
        """
        insert_rows(unit, (audit_entry, {
            "at": as_text(self.house.wall.now()), "caller": actor.id,
            "roles": ",".join(actor.roles), "what": what, "subject": subject[:_LONGEST],
            "outcome": outcome, "code": code, "before": _text(before), "after": _text(after),
        }))  # fmt: skip

    def refused(self, actor: Actor, what: str, subject: str, code: str) -> None:
        """Write down, in a unit of its own, that something was refused."""
        with self.house.database.unit("audit.refused") as unit:
            self.note(unit, actor, what, subject, outcome="refused", code=code)

    def read(self, actor: Actor, what: str, subject: str) -> None:
        """Write down, in a unit of its own, that an auditor looked at something."""
        with self.house.database.unit("audit.read") as unit:
            self.note(unit, actor, what, subject, outcome="read")

    def entries(
        self, *, after: int = 0, most: int = 100, caller: str = "", outcome: str = "",
        days: tuple[str, str] = ("", ""),
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return entries, the oldest first.

        Args:
            after: Those with a higher number.
            most: How many at most.
            caller: Of this person or key alone.
            outcome: With this outcome alone.
            days: First and last day; an empty one is no bound.
        """
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in
                    audit_rows(unit, after, most, caller, outcome, days)]  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else canonical_json(value).decode()


AUDITED: Sequence[str] = (
    "operator", "treasurer", "compliance_maker", "compliance_checker", "admin",
)  # fmt: skip
"""Roles whose every act is written down with before and after."""

LOGGED_CONFLICTS = frozenset({"StaleApproval", "ActChanged", "DuplicatePerson"})
"""Conflicts of the two-person rule that are written down like what is forbidden."""
