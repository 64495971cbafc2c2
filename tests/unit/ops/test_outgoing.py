# SPDX-License-Identifier: Apache-2.0
"""Nothing is sent into the house's own network, whatever an address is called or written like."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any

import pytest

from skontro.core.errors import Rejected
from skontro.ops import asking, outgoing
from skontro.ops.outgoing import check_url, send

INSIDE = [
    "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/x", "https://192.168.0.1/",
    "https://172.16.0.1/", "https://169.254.169.254/latest/meta-data/", "https://0.0.0.0/",
    "https://[::ffff:10.0.0.1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/",
    "https://[fd00::1]/", "https://[64:ff9b::10.0.0.1]/", "https://[2002:a00:1::]/",
    "https://100.64.0.1/", "https://224.0.0.1/", "https://[ff02::1]/", "https://[::]/",
    "https://198.18.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    "https://192.0.0.8/", "https://192.88.99.1/", "https://[2001:db8::1]/", "https://[3fff::1]/",
    "https://[::10.0.0.1]/", "https://[fec0::1]/", "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/", "https://[5f00::1]/",
]  # fmt: skip
NONE = [
    "", "x", "ftp://books.example/", "http://books.example/", "https://", "https:///x",
    "https://me@books.example/", "https://books.example\\x/", "data:,x",
    "https://books.example/\r\nHost: x", "https://books.example:99999/", "https://[::1",
    "https://bücher.example/", f"https://books.example/{'x' * 500}", "gopher://books.example/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + NONE)
@pytest.mark.parametrize("loopback", [False, True])
def test_refused_when_registered(url: str, loopback: bool) -> None:
    if loopback and url in ("https://127.0.0.1/", "https://[::1]/"):
        assert check_url(url, loopback=True)
        return
    with pytest.raises(Rejected):
        check_url(url, loopback=loopback)


def test_this_machine_alone_in_a_demonstration() -> None:
    assert check_url("http://127.0.0.1:9000/x", loopback=True).port == 9000
    assert check_url("http://[::1]:9000/x", loopback=True).port == 9000
    for url in ("http://127.0.0.1:9000/x", "http://localhost:9000/"):
        with pytest.raises(Rejected):
            check_url(url, loopback=False)
    with pytest.raises(Rejected):
        check_url("http://localhost.example/", loopback=True)


def _found(*addresses: str) -> Any:
    return lambda *_args, **_named: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses
    ]


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("93.184.216.34", "::1"), (), ("127.0.0.1",)],
)
def test_a_name_with_an_address_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    """What it is called inside, and whether it is, is not told either."""
    connected = list[Any]()
    monkeypatch.setattr(socket, "getaddrinfo", _found(*addresses))
    monkeypatch.setattr(socket, "create_connection", lambda *given, **_: connected.append(given))
    came = send("https://books.example/", b"{}", {}, loopback=False)
    assert came.status == 0
    assert came.why.endswith("no address that can be reached")
    assert not any(one in came.why for one in addresses)
    assert connected == []


def test_what_was_looked_at_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is inside by the time one connects gains nothing: it is not asked again."""
    asked = list[str]()

    def first_outside(host: str, *_args: Any, **_named: Any) -> Any:
        asked.append(host)
        there = "203.0.114.1" if host == "books.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (there, 443))]

    connected = list[Any]()

    def connect(address: Any, *_args: Any, **_named: Any) -> Any:
        connected.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", first_outside)
    monkeypatch.setattr(socket, "create_connection", connect)
    came = send("https://books.example/", b"{}", {}, loopback=False)
    assert came.why == "not reached: ConnectError"
    assert connected == [("203.0.114.1", 443)]
    assert asked.count("books.example") == 1


def _answering(answer: Any) -> tuple[int, threading.Thread]:
    """A server of one answer; returns its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as found:
            found.recv(65536)
            answer(found)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listening.getsockname()[1], thread


def test_little_is_read_of_an_answer_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_S", 1)

    def endless(found: socket.socket) -> None:
        found.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        try:
            while True:
                found.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            return

    port, _ = _answering(endless)
    began = time.monotonic()
    came = send(f"http://127.0.0.1:{port}/", b"{}", {}, loopback=True)
    assert (came.status, came.why) == (200, "")
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "piece",
    [b"H", b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n"],
    ids=["byte", "interim", "header"],
)
def test_who_answers_without_end_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    """Byte by byte, with interim answers or headers that never end: the time is of all together."""
    monkeypatch.setattr(outgoing, "WHOLE_S", 1)

    def endless(found: socket.socket) -> None:
        try:
            found.sendall(piece)
            while True:
                time.sleep(0.1)
                found.sendall(b"X: y\r\n" if piece.endswith(b"y\r\n") else piece)
        except OSError:
            return

    port, _ = _answering(endless)
    came = send(f"http://127.0.0.1:{port}/", b"{}", {}, loopback=True)
    assert (came.status, came.took_ms < 2500) == (0, True)
    assert came.why.startswith("not reached: ")


def test_a_name_that_is_looked_up_for_ever_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "CONNECT_S", 1)
    waits = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: waits.wait(20) or [])
    came = send("https://books.example/", b"{}", {}, loopback=False)
    waits.set()
    assert came.took_ms < 2500
    assert came.why.endswith("no address that can be reached")


def test_the_certificate_is_of_the_name_that_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One connects to an address, and asks for the certificate of the name it was found by."""
    names = list[str | None]()

    def wrap(self: ssl.SSLContext, sock: socket.socket, **named: Any) -> Any:
        names.append(named["server_hostname"])
        assert self.check_hostname
        assert self.verify_mode == ssl.CERT_REQUIRED
        raise ssl.SSLCertVerificationError("not that name")

    port, _ = _answering(lambda found: None)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    ])  # fmt: skip
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    came = send(f"https://books.example:{port}/", b"{}", {}, loopback=True)
    assert came.why == "not reached: ConnectError"
    assert names == ["books.example"]


def test_who_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_S", 1)
    port, _ = _answering(lambda found: time.sleep(3))
    came = send(f"http://127.0.0.1:{port}/", b"{}", {}, loopback=True)
    assert (came.status, came.why) == (0, "not reached: ReadTimeout")
    assert came.took_ms < 2500
