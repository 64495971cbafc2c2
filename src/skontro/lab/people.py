# SPDX-License-Identifier: Apache-2.0
"""Invented people of the demonstration house, one for each role, with logins everybody knows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from skontro.flow.house import DEMO_PASSPHRASE
from skontro.house.roles import Grant
from skontro.ops.keys import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from skontro.lab.year import DemonstrationYear

DEMO_PASSWORD = "known to everybody who looks"
OF_GATE = ("gate.read", "case.decide", "case.release", "order.reverse", "licence.enter",
           "licence.revoke", "list.smaller", "list.retire", "pack.adopt",
           "participant.suspend")  # fmt: skip
"""What compliance signs."""
FIRM = "the firm"
"""Stands for the first firm of the house."""


class Player(NamedTuple):
    """Somebody of the demonstration.

    Attributes:
        id: Of the person.
        name: Invented.
        roles: In which they come in.
        rights: What they may sign; founders sign everything.
        does: What they are, in words.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    rights: tuple[str, ...]
    does: str


_HOUSE = ("operator", "treasurer", "admin")
PLAYERS = (
    Player("P1", "", _HOUSE, (), "operator and treasurer; lets people in"),
    Player("P2", "", _HOUSE, (), "the same; signs as the second"),
    Player("M1", "Mara Maker", ("compliance_maker",), OF_GATE, "compliance, proposes"),
    Player("K1", "Kim Checker", ("compliance_checker",), OF_GATE, "compliance, confirms"),
    Player("C1", "Cleo Clerk", ("participant_clerk",), (), f"clerk of {FIRM}"),
    Player("S1", "Sol Signatory", ("participant_signatory",), (), f"signatory of {FIRM}"),
    Player("X1", "Alex Auditor", ("auditor",), (), "auditor"),
)
"""Who there is."""


class Players:
    """The people of a demonstration house.

    Args:
        year: The house and who founded it.
    """

    def __init__(self, year: DemonstrationYear) -> None:
        self.year = year
        self.firm = year.trade.firms[0].id

    def admit(self) -> None:
        """Admit whoever is not there yet, and say in which roles; give everybody a login.

        A participant's people have roles once their firm is in.
        """
        year, house = self.year, self.year.house
        known = {one["id"] for one in house.people.table()}
        has = house.access.roles()
        with house.database.read() as unit:
            firms = {firm.id for firm in house.participants.table(unit)}
        for one in PLAYERS:
            if one.id not in known:
                year.both("person.admit", partial(self._propose, one))
            grants = self._grants(one)
            is_in = all(not grant.firm or grant.firm in firms for grant in grants)
            if is_in and not has.get(one.id):
                year.both("person.access", partial(
                    house.access.propose_roles, one.id, grants, *year.maker
                ))  # fmt: skip

    def _propose(self, one: Player) -> int:
        return self.year.house.people.propose_person(
            one.id, one.name, f"passport NL {one.id}", self._key(one).public_key, one.rights,
            *self.year.maker,
        )  # fmt: skip

    def open_logins(self) -> None:
        """Set everybody's password to the one that is no secret."""
        for one in PLAYERS:
            self.year.house.access.set_login(one.id, DEMO_PASSWORD)

    def key_path(self, who: str) -> Path:
        """Where a player's key lies; its passphrase is no secret either."""
        return self.year.folder / "keys" / f"{who}.pem"

    def _grants(self, one: Player) -> list[Grant]:
        return [Grant(role, self.firm if role.startswith("participant") else "")
                for role in one.roles]  # fmt: skip

    def _key(self, one: Player) -> SigningKey:
        path = self.key_path(one.id)
        if not path.exists():
            SigningKey.new().save(path, DEMO_PASSPHRASE)
        return SigningKey.load(path, DEMO_PASSPHRASE)
