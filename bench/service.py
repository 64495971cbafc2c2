# SPDX-License-Identifier: Apache-2.0
"""The service under load, measured: ``python -m bench.service WHAT ...`` prints JSON.

The server runs as a user starts it; clients speak plain HTTP over connections that stay open.
"""

from __future__ import annotations

import datetime
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.house import CLIENTS, DAY, make_house, place_of, write_files

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


def key_of(house: Any) -> str:
    """A key of an operator's program."""
    ends = house.wall.now() + datetime.timedelta(days=1)
    return str(house.access.make_key("P1", "measuring", "operator", "", ends)["key"])


def _client(
    port: int, key: str, firms: int, mine: int, seconds: int, ready: Any, go: Any, done: Any
) -> None:
    """Register for so long, each with a key and an obligation of its own."""
    rng = np.random.default_rng(mine)
    parties = rng.integers(1, firms + 1, (200_000, 2)).tolist()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    to, latencies, count = connection(port), list[float](), 0

    def register(count: int) -> None:
        debtor, creditor = parties[count % len(parties)]
        creditor = creditor if creditor != debtor else debtor % firms + 1
        name = f"{mine}-{count}"
        body = json.dumps({
            "sender": f"F{creditor}", "reference": name, "debtor": f"F{debtor}",
            "creditor": f"F{creditor}", "amount": f"{count + 1}.00", "currency": "EUR",
            "due_date": DAY, "document": name, "document_date": DAY,
            "trade": {"kind": "domestic_goods", "code": "300490", "quantity": "1", "unit": "KGM",
                      "weight": "2", "origin": "NL", "destination": "NL", "end_use": "medical",
                      "papers": {"tax_invoice": name}, "paper_date": "2025-12-01",
                      "paper_issuer": f"F{creditor}", "paper_digest": f"{count:064x}"},
        })  # fmt: skip
        status, answer = ask(to, "POST", "/obligations", body,
                             **headers | {"Idempotency-Key": name})  # fmt: skip
        if status != 201:
            raise RuntimeError(f"{status}: {answer.decode()}")

    register(199_999)
    ready.release()
    go.wait()
    until = time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        register(count)
        latencies.append(time.perf_counter() - now)
        count += 1
    latencies.sort()
    done.put((count, latencies[count // 2], latencies[count * 99 // 100]))


def single(kind: str, firms: str, seconds: str, workers: str) -> dict[str, Any]:
    """Register one by one over HTTP from 8 clients; each idempotent and durable."""
    with place_of(kind) as (folder, url):
        house = make_house(folder, url, int(firms))
        key = key_of(house)
        house.close()
        with serving(folder, int(workers)) as (port, _):
            start = multiprocessing.get_context("spawn")
            ready, go, done = start.Semaphore(0), start.Event(), start.Queue()
            clients = [
                start.Process(target=_client, args=(port, key, int(firms), mine, int(seconds),
                                                    ready, go, done))
                for mine in range(CLIENTS)
            ]  # fmt: skip
            for client in clients:
                client.start()
            for _ in clients:
                if not ready.acquire(timeout=300):
                    raise RuntimeError("a client did not come up")
            begun = time.perf_counter()
            go.set()
            counts = [done.get(timeout=int(seconds) + 300) for _ in clients]
            taken = time.perf_counter() - begun
            for client in clients:
                client.join()
        from skontro.flow.house import House
        from skontro.store.rows import count
        from skontro.store.schema import registration, request_done

        with House.open(folder) as house, house.database.read() as unit:
            written, kept = count(unit, registration), count(unit, request_done)
    total = sum(each for each, _, _ in counts)
    fault = "" if written == kept == total + CLIENTS else "not all is written"
    return {
        "rate": round(total / taken, 1), "seconds": round(taken, 2), "registrations": total,
        "median_ms": round(1000 * max(middle for _, middle, _ in counts), 2),
        "slow_ms": round(1000 * max(slow for _, _, slow in counts), 2), "fault": fault,
    }  # fmt: skip


def bulk(kind: str, firms: str, obligations: str) -> dict[str, Any]:
    """Stream a file of obligations into one request."""
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
        "rate": round(facts["rows"] / taken), "seconds": round(taken, 2), "rows": facts["rows"],
        "fault": "" if is_whole else answer.decode()[:300],
    }  # fmt: skip


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps({"single": single, "bulk": bulk}[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
