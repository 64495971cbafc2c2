# SPDX-License-Identifier: Apache-2.0
"""A process is killed at commit points of a cycle, and the PostgreSQL server under load.

Nothing acknowledged is lost, nothing is booked twice, and the cycle goes on where it was.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests import postgres

from skontro.store.database import FAILPOINT

KILLED = 137


def live(folder: Path, url: str | None, failpoint: str | None, root: Path) -> Any:
    """Live the worked example in a process of its own; the end, or None where it was killed."""
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root}"}
    environment.pop(FAILPOINT, None)
    if failpoint is not None:
        environment[FAILPOINT] = failpoint
    words = [sys.executable, "-m", "tests.resumable", str(folder), *([url] if url else [])]
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True)
    if failpoint is not None and done.returncode == KILLED:
        return None
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> dict[str, Any]:
    """The end of a life in which nobody is killed."""
    end: dict[str, Any] = live(tmp_path_factory.mktemp("whole"), None, None, root)
    assert end["state"] == "closed"
    assert end["journal"] is True
    assert set(end["open"]) == {0}
    return end


def test_killed_and_started_again(
    tmp_path: Path, root: Path, undisturbed: dict[str, Any]
) -> None:
    """A life with a kill at a random point, again and again until it ends by itself."""
    _live_with_kills(tmp_path, None, root, undisturbed, random.Random("kills"))


def test_killed_on_postgresql(
    tmp_path: Path, root: Path, undisturbed: dict[str, Any], postgres_url: str
) -> None:
    _live_with_kills(tmp_path, postgres_url, root, undisturbed, random.Random("kills of a server"))


def _live_with_kills(
    folder: Path, url: str | None, root: Path, undisturbed: dict[str, Any], rng: random.Random
) -> None:
    for _ in range(60):
        end = live(folder, url, f"*.{rng.randrange(20, 110)}", root)
        if end is not None:
            break
    else:
        end = live(folder, url, None, root)
    assert end == undisturbed


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("block", range(10))
def test_every_commit_point(
    tmp_path: Path, root: Path, undisturbed: dict[str, Any], kind: str, block: int,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """One kill at each commit point of a cycle in turn, then the rest of the life."""
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None
    for number in range(1 + block, 201, 10):
        folder = tmp_path / str(number)
        name = "" if server is None else postgres.make_house_database(server)
        url = None if server is None else server.url(name, postgres.APPLICATION)
        if live(folder, url, f"*.{number}", root) is None:
            assert live(folder, url, None, root) == undisturbed, number
        if server is not None:
            postgres.drop_database(server, name)
