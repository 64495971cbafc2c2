# SPDX-License-Identifier: Apache-2.0
"""Who may what over the network: the one table of rights.

A role is a set of permissions, each with how far it reaches: the firm one works for (``own``), the
sides one was put over (``sides``), or all of the house (``house``). What does not stand in the
table is refused. Sensitive acts take the person's own right of that name besides, and two people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from skontro.core.errors import Forbidden, Rejected

PERMISSIONS: dict[str, str] = {
    "participants.list": "see which firms there are: id, side, currency, state",
    "participants.read": "see what the house knows of a firm, names and accounts included",
    "obligations.read": "see obligations",
    "obligations.register": "say what is owed",
    "obligations.answer": "confirm, dispute, take back, consent, credit, flag",
    "obligations.match": "match all that waits",
    "cycles.read": "see cycles, their times and steps",
    "cycles.work": "open, cut off, run and close cycles",
    "runs.read": "see what runs came to, firm by firm",
    "documents.read": "read e-invoices and credit notes as they came in",
    "runs.verify": "have the stand-alone verifier check the archive of a cycle",
    "trails.read": "follow an obligation from its document to its postings",
    "previews.read": "see what would clear for a firm, as of the calendar's last time",
    "papers.read": "read notices, statements of account and packages of a firm",
    "papers.make": "have the papers of all firms of a cycle made",
    "reports.read": "read the house's own reports and papers",
    "settlement.read": "see the settlement board, accounts and border positions",
    "settlement.work": "call pay-ins, take money in, place it, settle",
    "journal.read": "read the journal",
    "journal.verify": "check the journal",
    "gate.read": "see what the gate holds, and why; lists, packs, alerts",
    "gate.work": "work on cases, take lists in",
    "acts.read": "see sensitive acts, but those of the gate",
    "acts.make": "draft and sign sensitive acts",
    "acts.check": "approve sensitive acts",
    "people.read": "see who works here, and in which roles",
    "people.work": "let people in: logins and keys of programs",
    "keys.work": "make and end keys of programs for one's own firm",
    "audit.read": "read the audit log",
    "house.read": "see the house, its rules, its calendar",
    "webhooks.read": "see where firms are told of what concerns them, and what was sent",
    "webhooks.work": "register and work on webhooks of one's own firm",
    "jobs.read": "see work in the background, and how far it is",
    "jobs.work": "have work that failed tried again",
    "metrics.read": "read figures of how the service is doing",
}
"""Every permission, and what it lets somebody do."""

OWN, SIDES, HOUSE = "own", "sides", "house"
"""How far a permission reaches; of work in the background ``own`` is what one asked for oneself."""

_OFFICE = {
    "house.read": HOUSE, "participants.list": HOUSE, "participants.read": HOUSE,
    "obligations.read": HOUSE, "cycles.read": HOUSE, "runs.read": HOUSE, "papers.read": HOUSE,
    "documents.read": HOUSE,
    "runs.verify": HOUSE, "trails.read": HOUSE, "previews.read": HOUSE, "reports.read": HOUSE,
    "settlement.read": HOUSE, "journal.read": HOUSE,
    "acts.read": HOUSE, "acts.make": HOUSE, "acts.check": HOUSE, "jobs.read": HOUSE,
}  # fmt: skip
_COMPLIANCE = _OFFICE | {"gate.read": HOUSE}
_CLERK = {
    "house.read": HOUSE, "participants.list": HOUSE, "participants.read": OWN,
    "obligations.read": OWN, "obligations.register": OWN, "obligations.answer": OWN,
    "cycles.read": HOUSE, "runs.read": OWN, "papers.read": OWN, "settlement.read": OWN,
    "previews.read": OWN, "documents.read": OWN, "webhooks.read": OWN, "webhooks.work": OWN,
    "jobs.read": OWN,
}  # fmt: skip

ROLES: dict[str, Mapping[str, str]] = {
    "operator": _OFFICE | {
        "obligations.register": HOUSE, "obligations.answer": HOUSE, "obligations.match": HOUSE,
        "cycles.work": HOUSE, "journal.verify": HOUSE, "metrics.read": HOUSE, "jobs.work": HOUSE,
        "papers.make": HOUSE,
        "webhooks.read": HOUSE,
    },
    "treasurer": _OFFICE | {"settlement.work": HOUSE, "journal.verify": HOUSE,
                            "papers.make": HOUSE},
    "compliance_maker": _COMPLIANCE | {"gate.work": HOUSE},
    "compliance_checker": _COMPLIANCE | {"gate.work": HOUSE},
    "participant_clerk": _CLERK,
    "participant_signatory": _CLERK | {"keys.work": OWN},
    "auditor": {
        "house.read": HOUSE, "participants.list": SIDES, "participants.read": SIDES,
        "obligations.read": SIDES, "cycles.read": HOUSE, "runs.read": SIDES,
        "papers.read": SIDES, "previews.read": SIDES, "settlement.read": SIDES,
        "documents.read": SIDES, "trails.read": SIDES, "runs.verify": HOUSE, "journal.read": SIDES,
        "journal.verify": HOUSE, "reports.read": SIDES, "acts.read": SIDES, "audit.read": SIDES,
        "jobs.read": OWN,
    },
    "admin": {
        "house.read": HOUSE, "participants.list": HOUSE, "people.read": HOUSE,
        "people.work": HOUSE, "audit.read": HOUSE, "acts.read": HOUSE, "acts.make": HOUSE,
        "acts.check": HOUSE, "metrics.read": HOUSE, "jobs.read": HOUSE, "jobs.work": HOUSE,
        "webhooks.read": HOUSE,
    },
}  # fmt: skip
"""The table of rights: what each role may, and how far."""

GATE_ACTS = frozenset({"case.decide", "case.release", "list.smaller", "order.reverse"})
"""Acts that nobody sees but compliance: that there is one says that something is held."""

OF_GATE = ("gate.case", "gate.fault", "gate.payment", "list.refused", "order")
"""Kinds of journal entries that say what the gate holds: for compliance alone."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role somebody has.

    Attributes:
        role: One of :data:`ROLES`.
        firm: Id of the participant they work for; empty for people of the house.
        sides: Of an auditor: the sides they look at; empty: all.
        from_day: Of an auditor: the first day they look at; empty: since ever.
        until_day: And the last; empty: no end.
    """

    role: str
    firm: str = ""
    sides: tuple[str, ...] = ()
    from_day: str = ""
    until_day: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far somebody may see or reach.

    Attributes:
        everything: All of the house.
        firms: Ids of participants.
        sides: Ids of sides.
        from_day: First day; empty: since ever.
        until_day: Last day; empty: no end.
    """

    everything: bool = False
    firms: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()
    from_day: str = ""
    until_day: str = ""

    def reaches(self, firm: str, side: str) -> bool:
        """Whether a firm of a side is within.

        Example:
            >>> Scope(firms=frozenset({"A1"})).reaches("A1", "A")
            True
            >>> Scope(sides=frozenset({"B"})).reaches("A1", "A")
            False
        """
        return self.everything or firm in self.firms or side in self.sides

    def covers_day(self, day: str) -> bool:
        """Whether a day is within.

        Args:
            day: Such as ``2026-01-31``, or a time that begins so.

        Example:
            >>> Scope(everything=True, until_day="2026-01-31").covers_day("2026-01-31T08:00")
            True
        """
        return self.from_day <= day[:10] and (not self.until_day or day[:10] <= self.until_day)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something: a person in a session, or a program with a key.

    Attributes:
        id: Id of the person; of the key, if it is a program.
        grants: The roles they have.
        person: The person behind it; empty for a program.
        public_key: The person's key, hexadecimal.
        is_program: Whether it is a program.
    """

    id: str
    grants: tuple[Grant, ...] = ()
    person: str = ""
    public_key: str = ""
    is_program: bool = field(default=False)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of their roles, in order, each once."""
        return tuple(sorted({one.role for one in self.grants}))

    def may(self, permission: str) -> bool:
        """Whether they may do something at all, however far it reaches."""
        return any(permission in ROLES[one.role] for one in self.grants)

    def scope(self, permission: str) -> Scope:
        """Return how far they may do something.

        Args:
            permission: One of :data:`PERMISSIONS`.

        Raises:
            Forbidden: They may not at all.

        Example:
            >>> clerk = Actor("C1", (Grant("participant_clerk", "A1"),))
            >>> sorted(clerk.scope("obligations.read").firms)
            ['A1']
            >>> clerk.scope("audit.read")
            Traceback (most recent call last):
            skontro.core.errors.Forbidden: C1 may not: read the audit log
        """
        reached = [(one, ROLES[one.role].get(permission)) for one in self.grants]
        within = [(one, reach) for one, reach in reached if reach is not None]
        if not within:
            raise Forbidden(f"{self.id or 'nobody'} may not: {PERMISSIONS[permission]}",
                            code="BeyondRights")  # fmt: skip
        whole = [one for one, reach in within if reach == HOUSE or (reach == SIDES and
                                                                    not one.sides)]  # fmt: skip
        if any(not (one.from_day or one.until_day) for one in whole):
            return Scope(everything=True)
        bounded = whole[0] if whole else within[0][0]
        return Scope(
            everything=bool(whole),
            firms=frozenset(one.firm for one, reach in within if reach == OWN),
            sides=frozenset(side for one, reach in within if reach == SIDES for side in one.sides),
            from_day=bounded.from_day, until_day=bounded.until_day,
        )  # fmt: skip


def check_grants(grants: Iterable[Grant], sides: Iterable[str]) -> None:
    """Refuse roles that nobody can have together, or that name what is not there.

    Who works for a firm works for no other and not for the house; an auditor does nothing else.

    Args:
        grants: All roles of one person.
        sides: The sides of the house.

    Raises:
        Rejected: Naming what cannot be.

    Example:
        >>> check_grants([Grant("operator"), Grant("auditor")], ["A"])
        Traceback (most recent call last):
        skontro.core.errors.Rejected: an auditor has no other role
    """
    given, known = list(grants), set(sides)
    for one in given:
        if one.role not in ROLES:
            raise Rejected(f"there is no role {one.role!r}", code="UnknownRole",
                           next_step=f"roles are: {', '.join(ROLES)}")  # fmt: skip
        if one.role.startswith("participant") != bool(one.firm):
            raise Rejected(f"{one.role}: a firm stands with the roles of participants, and with "
                           "those alone", code="UnknownRole")  # fmt: skip
        if set(one.sides) - known:
            raise Rejected(f"there is no side {min(set(one.sides) - known)!r}", code="UnknownSide")
        if one.role != "auditor" and (one.sides or one.from_day or one.until_day):
            raise Rejected("sides and days bound an auditor alone", code="UnknownRole")
    if len({one.firm for one in given}) > 1:
        raise Rejected("who works for a firm works for no other, and not for the house",
                       code="RolesExclude")  # fmt: skip
    if len(given) > 1 and any(one.role == "auditor" for one in given):
        raise Rejected("an auditor has no other role", code="RolesExclude")
