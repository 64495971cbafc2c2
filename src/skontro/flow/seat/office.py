# SPDX-License-Identifier: Apache-2.0
"""The house itself, its people, keys of programs and the audit log, from a seat."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from skontro.core.errors import Forbidden, NoSuchFile
from skontro.flow.seat import Part, picked
from skontro.house.roles import GATE_ACTS


class OfficeSeat(Part):
    """What is neither an obligation nor money."""

    def house_now(self) -> dict[str, Any]:
        """Return what the house is, and what time it is there."""
        self.reading("house.read")
        house = self.house
        return {
            "id": house.id, "name": house.name, "kind": house.kind,
            "is_demonstration": house.kind == "demo", "unit": house.unit, "now": house.at,
            "business_day": house.today,
            "sides": [
                {"id": side.id, "name": side.name, "jurisdiction": side.jurisdiction,
                 "currencies": list(side.currencies)}
                for side in house.rules.sides
            ],
        }  # fmt: skip

    def check_watches(self) -> None:
        """Refuse whoever may not read the figures of the service."""
        self.reading("metrics.read")

    def me(self) -> dict[str, Any]:
        """Return who sits here, in which roles, and what they may."""
        from skontro.house.roles import PERMISSIONS

        return {
            "id": self.actor.id, "is_program": self.actor.is_program,
            "public_key": self.actor.public_key,
            "roles": [asdict(one) | {"sides": list(one.sides)} for one in self.actor.grants],
            "permissions": [name for name in PERMISSIONS if self.actor.may(name)],
        }

    # ---- people ------------------------------------------------------------------------------

    def people(self) -> list[dict[str, Any]]:
        """Return who works here, with rights and roles."""
        self.reading("people.read")
        roles = self.house.access.roles()
        names = ("id", "name", "state", "public_key", "since", "rights")
        return [
            picked(one, *names) | {
                "roles": [asdict(role) | {"sides": list(role.sides)} for role in
                          roles.get(one["id"], [])],
            }
            for one in self.house.people.table()
        ]  # fmt: skip

    def invite(self, person: str) -> dict[str, str]:
        """Let a person set up their login, once; nobody invites themselves."""
        with self.doing("people.work", f"person {person}") as doing:
            self._check_other(person, "invites")
            invitation = self.house.access.invite(person)
            doing.after = {"invited": person}
        return {"person": person, "invitation": invitation}

    # ---- signing on elsewhere ----------------------------------------------------------------

    def links(self, person: str) -> list[dict[str, Any]]:
        """Return which subjects of a provider a person is."""
        self.reading("people.work", f"person {person}")
        return self.house.access.sign_on.links(person)

    def link(self, person: str, subject: str) -> list[dict[str, Any]]:
        """Say which subject of the house's provider a person is; nobody links themselves."""
        with self.doing("people.work", f"person {person}") as doing:
            self._check_other(person, "links")
            self.house.access.sign_on.link(person, subject, self.actor.person)
            doing.after = {"linked": subject}
        return self.house.access.sign_on.links(person)

    def unlink(self, person: str) -> None:
        """End the links of a person, and their sessions."""
        with self.doing("people.work", f"person {person}") as doing:
            doing.before = {"links": len(self.house.access.sign_on.links(person))}
            self.house.access.sign_on.unlink(person)
            doing.after = {"links": len(self.house.access.sign_on.links(person))}

    def sign_out(self, person: str) -> None:
        """End all sessions of another person; one's own take one's password: see Access.end_own."""
        self._check_other(person, "signs out here")
        with self.doing("people.work", f"person {person}") as doing:
            known = {one["id"] for one in self.house.people.table()}
            if person not in known:
                raise NoSuchFile(f"nobody is called {person}", code="UnknownPerson")
            with self.house.database.unit("session.end_all") as unit:
                self.house.access.end_sessions(unit, person)
            doing.after = {"signed out": person}

    def _check_other(self, person: str, what: str) -> None:
        if person == self.actor.person:
            raise Forbidden(f"nobody {what} themselves", code="NotPermitted",
                            next_step="ask another person")  # fmt: skip

    # ---- keys of programs --------------------------------------------------------------------

    def keys(self) -> list[dict[str, Any]]:
        """Return the keys of programs: all of them, or those of one's own firm."""
        firms = self._firms("keys of programs", reads=True)
        return self.house.access.keys(firms)

    def make_key(
        self, label: str, role: str, firm: str, ends_at: datetime.datetime
    ) -> dict[str, str]:
        """Make a key for a program, shown once: of one's own firm, or of any for who lets in."""
        with self.doing(self._permission(), f"key {label!r} for {role} {firm}") as doing:
            self._check_own(doing.scope.firms, doing.scope.everything, firm)
            made = self.house.access.make_key(self.actor.person, label, role, firm, ends_at)
            doing.after = {"id": made["id"], "role": role, "firm": firm}
        return made

    def end_key(self, key: str) -> None:
        """Take a key back.

        Raises:
            NoSuchFile: There is none of that id within one's reach.
        """
        with self.doing(self._permission(), f"key {key}") as doing:
            firms = None if doing.scope.everything else sorted(doing.scope.firms)
            doing.before = self._key_now(key, firms)
            self.house.access.end_key(key)
            doing.after = self._key_now(key, firms)

    def _key_now(self, key: str, firms: Sequence[str] | None) -> dict[str, Any]:
        """How a key stands, for the audit log.

        Raises:
            NoSuchFile: There is none of that id within one's reach.
        """
        found = [one for one in self.house.access.keys(firms) if one["id"] == key]
        if not found:
            raise NoSuchFile(f"there is no key {key}", code="NoSuchKey")
        return picked(found[0], "id", "role", "firm", "ended_at")

    def _permission(self) -> str:
        return "people.work" if self.actor.may("people.work") else "keys.work"

    def _firms(self, subject: str, *, reads: bool) -> Sequence[str] | None:
        scope = self.reading(self._permission(), subject)
        return None if scope.everything else sorted(scope.firms)

    def _check_own(self, firms: frozenset[str], everything: bool, firm: str) -> None:
        if not everything and firm not in firms:
            raise Forbidden("a key is for the firm one works for", code="BeyondRights")

    # ---- audit log ---------------------------------------------------------------------------

    def audit(
        self, *, after: int = 0, most: int = 100, caller: str = "", outcome: str = ""
    ) -> list[dict[str, Any]]:
        """Return entries of the audit log; who looks at some sides only sees none of it."""
        scope = self.reading("audit.read")
        if scope.sides:
            return []
        sees_gate = self.actor.may("gate.read")
        found = list[dict[str, Any]]()
        while len(found) < most:  # what is left out of a page does not make it the last one
            rows = self.house.audit.entries(
                after=after, most=most, caller=caller, outcome=outcome,
                days=(scope.from_day, scope.until_day),
            )  # fmt: skip
            found += [one for one in rows if sees_gate or not _is_of_gate(one)]
            if len(rows) < most:
                break
            after = rows[-1]["number"]
        return [
            one | {"before": _read(one["before"]), "after": _read(one["after"])}
            for one in found[:most]
        ]


def _is_of_gate(entry: dict[str, Any]) -> bool:
    """Whether an entry says that the gate holds something: for compliance alone."""
    text = f"{entry['subject']} {entry['before']} {entry['after']}"
    return entry["what"].startswith("gate.") or any(
        kind in text for kind in GATE_ACTS
    )


def _read(text: str) -> Any:
    return json.loads(text) if text else None
