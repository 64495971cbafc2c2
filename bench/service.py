# SPDX-License-Identifier: Apache-2.0
"""The service under load, measured: ``python -m bench.service WHAT ...`` prints JSON.

The server runs as a user starts it; clients speak plain HTTP over connections that stay open.
"""

from __future__ import annotations

import datetime
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.house import CLIENTS, make_house, place_of, write_files

_START_S, _ANSWER_S = 90, 900


@contextmanager
def serving(folder: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Serve a house; yield the port and the number of the first process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "skontro", "serve", "--house", str(folder), "--port",
               str(port), "--workers", str(workers)]  # fmt: skip
    environment = os.environ | {"SKONTRO_SERVICE_RATE_MINUTE": "100000000"}
    with (folder.parent / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + _START_S
        while True:
            try:
                ask(connection(port), "GET", "/readyz")
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder.parent / "serve.log").read_text()) from None
                time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)


def connection(port: int) -> http.client.HTTPConnection:
    """A connection that stays open, and sends what it has at once."""
    made = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    made.connect()
    made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def ask(
    to: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, bytes]:
    """Ask and return status and answer."""
    to.request(method, path, body, headers)
    answer = to.getresponse()
    return answer.status, answer.read()


@contextmanager
def beside(module: str, *words: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """Start a process of this package that says ``ready``; yield what lets it go on, or end, and
    returns what it found."""
    process = subprocess.Popen([sys.executable, "-m", f"bench.{module}", *words], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def line() -> str:
        return process.stdout.readline() if process.stdout else ""

    def told() -> dict[str, Any]:
        print("go", file=process.stdin, flush=True)
        found: dict[str, Any] = json.loads(line())
        return found

    try:
        if line() != "ready\n":
            raise RuntimeError(f"{module} did not come up")
        yield told
    finally:
        process.terminate()
        process.wait(30)


def key_of(house: Any) -> str:
    """A key of an operator's program."""
    ends = house.wall.now() + datetime.timedelta(days=1)
    return str(house.access.make_key("P1", "measuring", "operator", "", ends)["key"])


def keys_of_firms(house: Any, many: int) -> str:
    """Keys of the programs of so many firms, with commas between them."""
    ends = house.wall.now() + datetime.timedelta(days=1)
    return ",".join(
        str(house.access.make_key("P1", "measuring", "participant_clerk", f"F{one}", ends)["key"])
        for one in range(1, many + 1)
    )


def single(
    kind: str, firms: str, seconds: str, workers: str, whose: str = "house"
) -> dict[str, Any]:
    """Register one by one over HTTP from 8 clients; each idempotent and durable.

    Whose: ``house``, one key of the house's for all of them, or ``firms``, each that of a firm.
    """
    with place_of(kind) as (folder, url):
        house = make_house(folder, url, int(firms))
        key = key_of(house) if whose == "house" else keys_of_firms(house, CLIENTS)
        house.close()
        with serving(folder, int(workers)) as (port, _), beside("reader", str(folder)) as reader:
            with beside("load", str(port), key, firms, seconds, str(CLIENTS)) as load:
                told = load()
            seen = reader()
        from skontro.flow.house import House
        from skontro.store.rows import count
        from skontro.store.schema import registration, request_done

        with House.open(folder) as house, house.database.read() as unit:
            written, kept = count(unit, registration), count(unit, request_done)
    total = told["answered"]
    fault = "" if written == kept == total + told["before"] else "not all is written"
    return {
        "rate": round(total / told["seconds"], 1), "seconds": round(told["seconds"], 2),
        "registrations": total, "fault": fault, "load_cpu_s": round(told["cpu_s"], 2),
        "journal": f"summed {seen['summed']} times over {seen['entries']} entries, "
        f"{seen['unbalanced']} times unbalanced", "unbalanced": seen["unbalanced"],
        **{name: round(told[name], 2) for name in ("median_ms", "slow_ms", "slowest_ms")},
    }  # fmt: skip


def bulk(kind: str, firms: str, obligations: str) -> dict[str, Any]:
    """Stream a file of obligations into one request; half of them are said by both parties.

    ``rate`` counts obligations, not the rows that say them.
    """
    with place_of(kind) as (folder, url):
        house = make_house(folder, url, int(firms))
        key = key_of(house)
        filed, _, facts = write_files(folder, int(firms), int(obligations))
        house.close()
        with serving(folder, 1) as (port, _):
            begun = time.perf_counter()
            with filed.open("rb") as file:
                status, answer = ask(
                    connection(port), "POST", "/obligations/bulk", file,
                    **{"Authorization": f"Bearer {key}", "Content-Type": "text/csv",
                       "Content-Length": str(filed.stat().st_size), "Idempotency-Key": "bulk"},
                )  # fmt: skip
            taken = time.perf_counter() - begun
    told = json.loads(answer)
    is_whole = status == 200 and (told["rows"], told["refused"]) == (facts["rows"], 0)
    return {
        "rate": round(int(obligations) / taken), "seconds": round(taken, 2),
        "rows": facts["rows"], "rows_rate": round(facts["rows"] / taken),
        "fault": "" if is_whole else answer.decode()[:300],
    }  # fmt: skip


def main() -> None:
    """Run the measurement named on the command line."""
    measurements: dict[str, Callable[..., dict[str, Any]]] = {"single": single, "bulk": bulk}
    print(json.dumps(measurements[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
