# SPDX-License-Identifier: Apache-2.0
"""Tables are made and brought up to date once, whoever dies or comes at the same instant."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests import postgres
from tests.contract.test_schema import described
from tests.owner import as_owner

from skontro.core.errors import Conflict
from skontro.store.database import FAILPOINT, Database
from skontro.store.migrations import check_version, known_versions, make_tables, upgrade

KNOWN = known_versions()
POINTS = [
    "tables.upgrade.begin",
    *(f"tables.upgrade.{version}" for version in KNOWN),
    "tables.upgrade.commit",
]
UPGRADE = """
import sys
from skontro.store.database import Database
from skontro.store.migrations import upgrade
print(" ".join(upgrade(Database(sys.argv[1]))))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, worked with by its owner."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'house.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = postgres.make_database(server)
    yield server.url(name, postgres.OWNER)
    postgres.drop_database(server, name)


def upgrading(url: str, failpoint: str = "") -> subprocess.Popen[str]:
    """A process that upgrades, and dies where it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", UPGRADE, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | {FAILPOINT: failpoint},
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 137), err
    return process.returncode, out.split()


def test_a_second_time_there_is_nothing_to_do(empty_url: str) -> None:
    database = Database(empty_url)
    assert upgrade(database) == KNOWN
    before = described(database)
    assert upgrade(database) == []
    make_tables(database)
    check_version(database)
    assert described(database) == before


def test_killed_half_way_nothing_is_there(empty_url: str) -> None:
    """Killed at every point of an upgrade, even with its last breath, it leaves no table behind;
    after that it goes through."""
    database = Database(empty_url)
    for point in POINTS:
        assert ended(upgrading(empty_url, point)) == (137, []), point
        assert described(database) == {}, point
        with pytest.raises(Conflict) as refused:
            check_version(database)
        assert refused.value.code == "NoTables"
    assert ended(upgrading(empty_url, "tables.upgrade.committed"))[0] == 137
    check_version(database)
    assert upgrade(database) == []


def test_an_earlier_release_is_brought_up_to_date(empty_url: str) -> None:
    """Tables of step 0002 are refused until the upgrade, which goes on from there; killed
    half-way they stay what they were."""
    database = Database(empty_url)
    upgrade(database, to="0002")
    before = described(database)
    with pytest.raises(Conflict, match="0003, 0004 to come") as refused:
        check_version(database)
    assert refused.value.code == "SchemaOlder"
    assert ended(upgrading(empty_url, "tables.upgrade.0003"))[0] == 137
    assert described(database) == before
    assert upgrade(database) == KNOWN[2:]
    check_version(database)


def test_two_at_once_do_it_once(empty_url: str) -> None:
    """Two processes at the same instant: both end well, the steps are put in by one of them."""
    Database(empty_url).close()
    processes = [upgrading(empty_url), upgrading(empty_url)]
    found = sorted(ended(process) for process in processes)
    assert found == [(0, []), (0, KNOWN)]


def test_a_later_release_is_refused(empty_url: str) -> None:
    """Tables that a later release made are neither worked with nor changed."""
    database = Database(empty_url)
    upgrade(database)
    with as_owner(database) as unit:
        unit.run(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for refusing in (check_version, upgrade, make_tables):
        with pytest.raises(Conflict, match="of a later release: 9999, where this one knows 0001"):
            refusing(database)
