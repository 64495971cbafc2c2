# SPDX-License-Identifier: Apache-2.0
"""``skontro demo --serve`` as somebody starts it: what it says is so, and Ctrl-C ends all of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from skontro.flow.house import House
from skontro.lab.people import PLAYERS

WAIT_S = 120
"""How long something may take on a machine that does much else, in seconds."""
SAID = "Ctrl-C ends both"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def started(tmp_path: Path, root: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path, int]]:
    port, log = free_port(), tmp_path / "said"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "skontro", "demo", "--serve", "--months", "1", "--firms", "30",
             "--port", str(port), "--out", str(tmp_path / "demo")],
            env=os.environ | {"PYTHONPATH": str(root / "src")}, cwd=tmp_path,
            stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    try:
        yield process, log, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_demonstration_is_served_and_ends(
    started: tuple[subprocess.Popen[bytes], Path, int], tmp_path: Path
) -> None:
    """Goal: what the command says lets one in, in every role, and Ctrl-C leaves nothing behind.

    Method: 30 firms, its first month going on beside it. Address, password and a code for each
    role are read from what it said; where a code's half minute is over, the next one is asked for
    as the text says. Interrupted, the process ends, with all it started, and the port is free.
    """
    process, log, port = started
    ends = time.monotonic() + WAIT_S

    def until(is_so: object) -> None:
        while not is_so():  # type: ignore[operator]
            assert time.monotonic() < ends, log.read_text()[-3000:]
            assert process.poll() is None, log.read_text()[-3000:]
            time.sleep(0.05)

    until(lambda: SAID in log.read_text())
    text = log.read_text()
    (address,) = re.findall(r"look at it: (http://\S+)/console/", text)
    assert address == f"http://127.0.0.1:{port}"
    (password,) = re.findall(r"password of all: (.+)", text)
    codes = dict(re.findall(r"^([A-Z]\d) .* (\d{6})\s*$", text, re.MULTILINE))
    assert set(codes) == {one.id for one in PLAYERS}

    def answers() -> bool:
        try:
            return httpx2.get(f"{address}/healthz", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    until(answers)
    with httpx2.Client(base_url=address, trust_env=False, follow_redirects=True) as browser:
        first = browser.get("/")
        assert (first.status_code, str(first.url)) == (200, f"{address}/console/sign-in")
    with House.open(tmp_path / "demo/year/house") as house:
        for who, code in codes.items():
            with httpx2.Client(base_url=address, trust_env=False, timeout=30) as browser:
                for one in (code, ""):
                    body = {"person": who, "password": password,
                            "code": one or house.access.code_now(who)}  # fmt: skip
                    answer = browser.post("/session", json=body)
                    if answer.status_code == 200:
                        break
                assert answer.status_code == 200, (who, answer.text)
                page = browser.get("/console/")
                assert (page.status_code, "</html>" in page.text) == (200, True), who
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in (0, 130, -signal.SIGINT)
    assert "Traceback" not in log.read_text()
    with socket.socket() as found:
        found.bind(("127.0.0.1", port))
    ends = time.monotonic() + 20
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < ends, "something of it is left"
        time.sleep(0.05)
