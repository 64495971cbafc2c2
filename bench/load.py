# SPDX-License-Identifier: Apache-2.0
"""Clients of the service in one light process: ``python -m bench.load PORT KEY FIRMS SECONDS N``.

Each of the N clients has a connection of its own that stays open, and asks again as soon as it is
answered. What they ask is written out before the clock starts, so that what is measured is the
service and not what asks it. With several keys, with commas between them, each client is a firm
of its own, and who is owed is always that firm. Says ``ready``, waits for a line, and prints what
it found as JSON.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from bench.house import DAY

_BEFOREHAND = 1500
"""Requests a second that are written out."""


@dataclass
class Client:
    """A client: its connection, what it will ask, and how long its answers took."""

    sock: socket.socket
    requests: list[bytes]
    answered: int = 0
    asked_at: float = 0.0  # not money: seconds
    answer: bytes = b""
    seconds: list[float] = field(default_factory=list)  # not money: seconds

    def ask(self) -> None:
        """Send the next request."""
        self.answer = b""
        self.asked_at = time.perf_counter()
        self.sock.sendall(self.requests[self.answered])

    def read(self) -> bool:
        """Read what came; return whether it is all of the answer."""
        self.answer += self.sock.recv(65536)
        head, between, body = self.answer.partition(b"\r\n\r\n")
        if not between:
            return False
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return False
        self.seconds.append(time.perf_counter() - self.asked_at)
        self.answered += 1
        if not head.startswith(b"HTTP/1.1 201 "):
            raise RuntimeError(self.answer.decode())
        return True


def request(port: int, key: str, name: str, debtor: int, creditor: int, amount: int) -> bytes:
    """Return a registration as it is sent."""
    body = json.dumps({
        "sender": f"F{creditor}", "reference": name, "debtor": f"F{debtor}",
        "creditor": f"F{creditor}", "amount": f"{amount}.00", "currency": "EUR",
        "due_date": DAY, "document": name, "document_date": DAY,
        "trade": {"kind": "domestic_goods", "code": "300490", "quantity": "1", "unit": "KGM",
                  "weight": "2", "origin": "NL", "destination": "NL", "end_use": "medical",
                  "papers": {"tax_invoice": name}, "paper_date": "2025-12-01",
                  "paper_issuer": f"F{creditor}", "paper_digest": f"{amount:064x}"},
    }).encode()  # fmt: skip
    head = (
        f"POST /obligations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {name}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def made_clients(port: int, key: str, firms: int, many: int, clients: int) -> list[Client]:
    """Open the connections and write out so many requests for each."""
    made, keys = [], key.split(",")
    for place in range(clients):
        drawn = np.random.default_rng(place).integers(0, firms, (many, 2))
        if len(keys) > 1:
            drawn[:, 1] = place
        parties = drawn.tolist()
        mine = keys[place % len(keys)]
        requests = [
            request(port, mine, f"{place}-{count}",
                    (debtor if creditor != debtor else (creditor + 1) % firms) + 1, creditor + 1,
                    count + 1)
            for count, (debtor, creditor) in enumerate(parties)
        ]  # fmt: skip
        sock = socket.create_connection(("127.0.0.1", port), timeout=60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.append(Client(sock, requests))
    return made


def run(clients: list[Client], seconds: float) -> float:
    """Let the clients ask for so long; return how long it took until all were answered."""
    poll = select.epoll()
    by_number = {client.sock.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    begun = time.perf_counter()
    for client in clients:
        client.ask()
    waiting = len(clients)
    while waiting:
        for number, _ in poll.poll(60):
            client = by_number[number]
            if client.read():
                if time.perf_counter() - begun < seconds:
                    client.ask()
                else:
                    waiting -= 1
    return time.perf_counter() - begun


def main() -> None:
    """Do as the module says."""
    port, firms, seconds, many = (int(sys.argv[place]) for place in (1, 3, 4, 5))
    clients = made_clients(port, sys.argv[2], firms, _BEFOREHAND * seconds // many + 500, many)
    run(clients, 0.5)
    for client in clients:
        client.seconds.clear()
    first = sum(client.answered for client in clients)
    print("ready", flush=True)
    sys.stdin.readline()
    taken = run(clients, seconds)
    told = sorted(one for client in clients for one in client.seconds)
    print(json.dumps({
        "seconds": taken, "answered": len(told), "before": first,
        "median_ms": 1000 * told[len(told) // 2], "slow_ms": 1000 * told[len(told) * 99 // 100],
        "slowest_ms": 1000 * told[-1], "cpu_s": time.process_time(),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
