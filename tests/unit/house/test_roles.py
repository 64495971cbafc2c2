# SPDX-License-Identifier: Apache-2.0
"""The table of rights says of every role how far it reaches, and of nothing else."""

from __future__ import annotations

import pytest

from skontro.core.errors import Forbidden, Rejected
from skontro.house.roles import HOUSE, OWN, PERMISSIONS, ROLES, SIDES, Actor, Grant, check_grants


def test_the_table_names_what_there_is() -> None:
    for rights in ROLES.values():
        assert rights.keys() <= PERMISSIONS.keys()
        assert set(rights.values()) <= {OWN, SIDES, HOUSE}
    used = {name for rights in ROLES.values() for name in rights}
    assert used == PERMISSIONS.keys()


def test_what_a_role_must_never_have() -> None:
    writes = {name for name in PERMISSIONS if not name.endswith((".read", ".list", ".verify"))}
    assert not writes & ROLES["auditor"].keys()
    for role, rights in ROLES.items():
        assert ("gate.read" in rights) == role.startswith("compliance"), role
        if role.startswith("participant"):
            reach = {name for name, how in rights.items() if how == HOUSE}
            assert reach <= {"house.read", "participants.list", "cycles.read"}


def test_who_has_no_role_may_nothing() -> None:
    for name in PERMISSIONS:
        with pytest.raises(Forbidden):
            Actor("nobody").scope(name)


def test_an_auditor_sees_sides_and_days() -> None:
    scope = Actor("X", (Grant("auditor", "", ("A",), "2026-01-01", "2026-03-31"),)).scope(
        "obligations.read"
    )
    assert scope.reaches("A1", "A")
    assert not scope.reaches("B1", "B")
    assert scope.covers_day("2026-03-31T23:00:00Z")
    assert not scope.covers_day("2026-04-01")
    assert not scope.covers_day("2025-12-31")


@pytest.mark.parametrize("grants", [
    [Grant("operator"), Grant("auditor")],
    [Grant("participant_clerk", "A1"), Grant("operator")],
    [Grant("participant_clerk", "A1"), Grant("participant_clerk", "A2")],
    [Grant("participant_clerk")],
    [Grant("operator", "A1")],
    [Grant("operator", "", ("A",))],
    [Grant("auditor", "", ("C",))],
    [Grant("janitor")],
])  # fmt: skip
def test_roles_that_nobody_can_have(grants: list[Grant]) -> None:
    with pytest.raises(Rejected):
        check_grants(grants, ["A", "B"])
