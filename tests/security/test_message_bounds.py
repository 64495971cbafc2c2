# SPDX-License-Identifier: Apache-2.0
"""Where a request ends, over a real connection: no second one is smuggled in behind the first."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from tests.made_service import MadeService, worked_service

from skontro.api import shield

BODY = b'{"person": "P1", "password": "x", "code": "1"}'
HEAD = b"POST /session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
SECOND = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    made: MadeService = worked_service(tmp_path_factory.mktemp("bounds") / "house")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(
            made.service, log_level="critical", http="httptools", proxy_headers=False,
            server_header=False, access_log=False,
        ))  # fmt: skip
        running = threading.Thread(target=server.run, args=([listening],), daemon=True)
        running.start()
        while not server.started:
            time.sleep(0.02)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        running.join(10)


def answers(port: int, sent: bytes) -> bytes:
    """Send bytes, and return all that comes back until there is silence or the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.settimeout(4)
        got = b""
        try:
            while part := connection.recv(65536):
                got += part
                connection.settimeout(0.7)
        except TimeoutError:
            pass
    return got


def test_two_honest_requests_have_two_answers(port: int) -> None:
    """The canary: the connection takes one request after the other."""
    sent = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + SECOND
    assert answers(port, sent).count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 60\r\n",
        b"Content-Length: 4, 60\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: -4\r\n",
        b"Content-Length: 0x4\r\n",
        b"Content-Length : 4\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding:\x0bchunked\r\nContent-Length: 4\r\n",
        b"Transfer_Encoding\x00: chunked\r\n",
    ],
)
def test_no_request_is_smuggled_in(port: int, headers: bytes) -> None:
    """A length and chunks together, two lengths, one that is no number, chunks by another name: it
    is one refusal, and what stands behind it is no request."""
    got = answers(port, HEAD + headers + b"\r\n" + b"0\r\n\r\n" + SECOND)
    assert b"HTTP/1.1 200" not in got
    assert got.count(b"HTTP/1.1 ") <= 1
    assert b'"status":"ok"' not in got


def test_no_header_is_made_up_by_a_caller(port: int) -> None:
    """What a caller sends in an address or a header does not become a header of the answer."""
    for path in (b"/console/sign-in?done=x%0d%0aSet-Cookie:%20a=b", b"/console/%0d%0aX-Made:%20up",
                 b"/problems/x%0d%0aX-Made:%20up"):  # fmt: skip
        got = answers(port, b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      b"Referer: /console/x%0d%0aX-Made: up\r\nConnection: close\r\n\r\n")
        head = got.partition(b"\r\n\r\n")[0].lower()
        assert b"x-made" not in head
        assert b"a=b" not in head
        assert got.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("path", [b"/session", b"/obligations", b"/console/sign-in"])
def test_a_body_that_does_not_come_is_not_waited_for(
    port: int, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a body and then nothing, or a byte now and then: refused, and the connection ends;
    other requests are answered meanwhile."""
    monkeypatch.setattr(shield, "BODY_S", 0.5)
    head = HEAD.replace(b"/session", path) + b"Content-Length: 40\r\n\r\n"
    for step in (b"", b" "):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(head + BODY[:10])
            assert answers(port, SECOND).startswith(b"HTTP/1.1 200")
            got, connection_ended = b"", False
            connection.settimeout(0.1)
            for _ in range(40):
                try:
                    part = connection.recv(65536)
                    connection_ended = not part
                    got += part
                    if connection_ended:
                        break
                    continue
                except TimeoutError:
                    if step:
                        connection.sendall(step)
                except ConnectionError:
                    connection_ended = True
                    break
            assert got.startswith((b"HTTP/1.1 40", b"HTTP/1.1 42")), got
            assert connection_ended
