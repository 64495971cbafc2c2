# SPDX-License-Identifier: Apache-2.0
"""The people of the demonstration: who may what, and how somebody gets in."""

from __future__ import annotations

from pathlib import Path

import pytest

from skontro.cli import main
from skontro.flow.house import House
from skontro.lab.people import DEMO_PASSWORD, PLAYERS, Players
from skontro.lab.year import DemonstrationYear


def test_everybody_gets_in_with_a_code_and_roles_come_with_the_firms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Goal: a login for each role from the first moment, though firms are not in yet. Method: let
    people in before and after the firms, and sign each in with the code the command tells.
    """
    year = DemonstrationYear(tmp_path, firms=30)
    players = Players(year)
    players.admit()
    assert set(year.house.access.roles()) == {"P1", "P2", "M1", "K1", "X1"}
    year.begin()
    players.admit()
    players.admit()
    players.open_logins()
    roles = year.house.access.roles()
    assert {one.id for one in PLAYERS} == set(roles)
    assert {grant.firm for who in ("C1", "S1") for grant in roles[who]} == {players.firm}
    for one in PLAYERS:
        assert main(["people", "code", one.id, "--house", str(tmp_path / "house")]) == 0
        code = capsys.readouterr().out.split()[0]
        token = year.house.access.sign_in(one.id, DEMO_PASSWORD, code)
        actor = year.house.access.of_session(token)
        assert actor is not None
        assert set(actor.roles) == set(one.roles)
    for who in ("M1", "K1"):
        assert year.house.cases.work_list(who, players._key(
            next(one for one in PLAYERS if one.id == who))) == []  # fmt: skip
    year.house.close()


def test_a_served_house_goes_by_the_clock_that_another_process_sets(tmp_path: Path) -> None:
    year = DemonstrationYear(tmp_path, firms=30)
    with House.open(tmp_path / "house") as served:
        before = served.now
        later = before.replace(year=before.year + 1)
        year.house.set_clock(later)
        assert served.now == before
        served.take_clock()
        assert served.now == later
    year.house.close()
