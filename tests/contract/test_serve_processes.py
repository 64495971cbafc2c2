# SPDX-License-Identifier: Apache-2.0
"""``skontro serve --workers``: several processes answer and one works; they live and end together.

Which processes there are is read from /proc.
"""

from __future__ import annotations

import datetime
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest
from tests.made_house import MadeHouse

from skontro.store.rows import find_all
from skontro.store.schema import job, registration

WAIT_S = 120
"""How long something may take on a machine that does much else, in seconds."""
ANSWERING, WORKING = "spawn_main", "-m skontro worker"
"""What stands in the command of a process that answers, and in that of the one that works."""

Found = TypeVar("Found")

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="NO /proc")


def until(found: Callable[[], Found], say: Callable[[], str] = str) -> Found:
    """Return what is found as soon as something is."""
    ends = time.monotonic() + WAIT_S
    while True:
        one = found()
        if one:
            return one
        assert time.monotonic() < ends, say()
        time.sleep(0.05)


def children(parent: int, what: str) -> set[int]:
    """The processes that another one started and that do something."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (place / "stat").read_text().rpartition(")")[2].split()
            command = (place / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if after_name[0] != "Z" and int(after_name[1]) == parent and what in command:
            found.add(int(place.name))
    return found


def is_alive(process: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Served:
    """A house that is served by two processes, and one that works."""

    def __init__(self, folder: Path, url: str, root: Path) -> None:
        made = MadeHouse(folder / "house", url=url)
        made.import_list()
        made.admit_firms()
        self.house = made.house
        ends = self.house.wall.now() + datetime.timedelta(days=1)
        key = self.house.access.make_key("P1", "a test", "participant_clerk", "B1", ends)["key"]
        self.headers, self.acknowledged = {"Authorization": f"Bearer {key}"}, set[str]()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "skontro", "serve", "--house", str(self.house.folder),
                 "--port", str(self.port), "--workers", "2"],
                env=os.environ | {"PYTHONPATH": str(root / "src"), "SKONTRO_SERVICE_LEASE_S": "4"},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        """The end of what it said."""
        return self.log.read_text()[-3000:]

    def answering(self) -> set[int]:
        """The processes that answer, once there are two."""
        until(lambda: len(self.children(ANSWERING)) == 2, self.said)
        return self.children(ANSWERING)

    def working(self, *, but: int = 0) -> int:
        """The process that works; another than one if that is said."""
        (found,) = until(lambda: self.children(WORKING) - {but}, self.said)
        return found

    def children(self, what: str) -> set[int]:
        return children(self.process.pid, what)

    def register(self, number: int) -> None:
        """Register an obligation, over a connection of its own, until it is acknowledged."""
        said = {"sender": "B1", "reference": f"r{number}", "debtor": "A1", "creditor": "B1",
                "amount": f"{number + 1}.00", "currency": "EUR", "document": f"d {number}"}

        def tried() -> bool:
            try:
                answer = httpx2.post(
                    f"http://127.0.0.1:{self.port}/obligations", json=said, timeout=20,
                    headers=self.headers | {"Idempotency-Key": f"r{number}"}, trust_env=False,
                )  # fmt: skip
            except httpx2.HTTPError:
                return False
            assert answer.status_code in (201, 409, 503), answer.text
            return answer.status_code == 201

        until(tried, self.said)
        self.acknowledged.add(f"r{number}")

    def done_by(self, subject: str) -> int:
        """The number of the process that did a job, once it is done."""

        def done() -> str:
            with self.house.database.read() as unit:
                rows = find_all(unit, job, subject=subject)
            return rows[-1].taken_by if rows and rows[-1].state == "done" else ""

        return int(until(done, self.said).partition("-")[0])

    def are_gone(self, processes: set[int]) -> None:
        """See that processes have ended, and that the port is free."""
        until(lambda: not any(map(is_alive, processes)), self.said)
        with socket.socket() as found:
            found.bind(("127.0.0.1", self.port))


@pytest.fixture
def served(tmp_path: Path, postgres_url: str, root: Path) -> Iterator[Served]:
    made = Served(tmp_path, postgres_url, root)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            os.killpg(made.process.pid, signal.SIGKILL)
            made.process.wait()
        made.house.close()


def test_what_dies_is_started_again_and_all_end_with_the_first(served: Served) -> None:
    """Two answer and one works, and the calendar's first cycle is opened by the one that works.
    One that answers is killed, then the one that works: both are there again, and what was
    acknowledged is. Told to end, all of them end in good order, and the port is free."""
    for number in range(8):
        served.register(number)
    answering, working = served.answering(), served.working()
    assert served.done_by("the next: open") == working
    os.kill(min(answering), signal.SIGKILL)
    until(lambda: served.answering() - answering, served.said)
    for number in range(8, 12):
        served.register(number)
    os.kill(working, signal.SIGKILL)
    again = served.working(but=working)
    served.house.jobs.ask("gate.screen", "once more", {})
    assert served.done_by("once more") == again
    with served.house.database.read() as unit:
        assert {row.reference for row in find_all(unit, registration)} == served.acknowledged
    left = {served.process.pid, *served.answering(), again}
    served.process.terminate()
    assert served.process.wait(WAIT_S) == 0
    served.are_gone(left)
    assert "Traceback" not in served.said()


def test_a_server_that_is_killed_leaves_nobody_behind(served: Served) -> None:
    """Its children notice that it is gone, and let go of the port."""
    served.register(0)
    left = {*served.answering(), served.working()}
    served.process.kill()
    served.process.wait()
    served.are_gone(left)
