# SPDX-License-Identifier: Apache-2.0
"""The worked example's house behind its service, and people of every role to ask it."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from tests.made_house import MadeHouse, worked_house

from skontro.api.app import Service
from skontro.console.app import install
from skontro.flow.house import House
from skontro.house.roles import ROLES, Grant
from skontro.ops.keys import SigningKey
from skontro.ops.settings import Settings

PASSWORD = "for tests and for nothing else"
URL = "http://127.0.0.1:8000"

GRANTS: dict[str, list[Grant]] = {
    "P1": [Grant("operator"), Grant("treasurer"), Grant("admin")],
    "P2": [Grant("operator"), Grant("treasurer"), Grant("admin")],
    "O1": [Grant("operator")],
    "T1": [Grant("treasurer")],
    "M1": [Grant("compliance_maker")],
    "K1": [Grant("compliance_checker")],
    "CA": [Grant("participant_clerk", "A1")],
    "SA": [Grant("participant_signatory", "A1")],
    "CB": [Grant("participant_clerk", "B1")],
    "XA": [Grant("auditor", "", ("A",))],
    "XX": [Grant("auditor")],
    "D1": [Grant("admin")],
    "N1": [],
}
"""Who there is, and in which roles; N1 has none."""


_DESKS = itertools.count(1)
"""Numbers of desks: keys of requests are never those of a desk that is gone."""


class Desk:
    """Somebody who asks the service, in a session of theirs or with a key of a program."""

    def __init__(self, service: Service, *, key: str = "") -> None:
        self.browser = TestClient(service, base_url=URL, raise_server_exceptions=False)
        self.headers: dict[str, str] = {"Authorization": f"Bearer {key}"} if key else {}
        self._numbers = itertools.count(1)
        self._name = f"desk-{next(_DESKS)}"

    def sign_in(self, made: MadeHouse, who: str) -> Desk:
        """Begin a session; anew where the code's half minute ended on the way."""
        for _ in range(3):
            made.house.access.set_login(who, PASSWORD)
            answer = self.browser.post("/session", json={
                "person": who, "password": PASSWORD, "code": made.house.access.code_now(who),
            })  # fmt: skip
            if answer.status_code != 401:
                break
        assert answer.status_code == 200, answer.text
        self.headers = {"X-CSRF-Token": answer.json()["csrf"]}
        return self

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(path, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
        return self.send("POST", path, body, key=key, **headers)

    def send(
        self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str
    ) -> Any:
        chosen = key or f"{self._name}-{next(self._numbers)}"
        return self.browser.request(
            method, path, json=body,
            headers=self.headers | {"Idempotency-Key": chosen} | headers,
        )  # fmt: skip


class MadeService:
    """The service of a made house.

    Attributes:
        made: The house with its two founders' keys.
        service: What answers.
        keys: The key of each person.
    """

    def __init__(self, made: MadeHouse, **settings: Any) -> None:
        self.made = made
        self.house = made.house
        self.service = Service(made.house, Settings(**settings), (install,))
        self.keys: dict[str, SigningKey] = dict(made.keys)
        self._desks: dict[str, Desk] = {}

    def admit(self, who: str, *rights: str) -> None:
        """Admit a person with a key of their own, by P1 and P2."""
        self.keys[who] = SigningKey.new()
        self.made.both(self.house.people.propose_person(
            who, f"Person {who}", f"passport NL {who}", self.keys[who].public_key, rights,
            "P1", self.made.keys["P1"],
        ))  # fmt: skip

    def give(self, who: str, grants: list[Grant]) -> None:
        """Give a person roles, by P1 and P2."""
        self.made.both(self.house.access.propose_roles(who, grants, "P1", self.made.keys["P1"]))

    def admit_all(self) -> None:
        """Admit everybody of :data:`GRANTS`; compliance may sign cases."""
        for who, grants in GRANTS.items():
            if who not in self.keys:
                role = grants[0].role if grants else ""
                rights = ["case.decide", "gate.read"] if role.startswith("compliance") else []
                self.admit(who, *rights, *(["cycle.pause"] if "acts.make" in ROLES.get(role, ())
                                           else []))  # fmt: skip
            if grants:
                self.give(who, grants)

    def desk(self, who: str = "") -> Desk:
        """Somebody's desk, signed in; nobody's if empty."""
        if who not in self._desks:
            made = Desk(self.service)
            self._desks[who] = made.sign_in(self.made, who) if who else made
        return self._desks[who]

    def program(self, role: str, firm: str = "") -> Desk:
        """A program's desk, with a new key."""
        ends = self.house.wall.now() + datetime.timedelta(days=1)
        made = self.house.access.make_key("P1", "a test", role, firm, ends)
        return Desk(self.service, key=made["key"])

    def sign(self, who: str, text: str) -> str:
        """A signature of a person."""
        return self.keys[who].sign(text.encode())


def go_by_rules(house: House, **changed: Any) -> None:
    """Let a house go by other rules than those written down, until these change."""
    version = house.rule_book.versions()[-1]["version"]
    house._rules = version, replace(house.rules, **changed)


def worked_service(folder: Path, *, database: str | None = None, **settings: Any) -> MadeService:
    """The service of the worked example; P1 and P2 have roles."""
    made = MadeService(worked_house(folder, url=database), **settings)
    for who in ("P1", "P2"):
        made.give(who, GRANTS[who])
    return made
