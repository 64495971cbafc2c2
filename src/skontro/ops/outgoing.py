# SPDX-License-Identifier: Apache-2.0
"""What the house sends to addresses that others chose: never into its own network.

A name is resolved, every address it has is looked at, and the one that is asked is one of these:
a name that is another one a moment later gains nothing. Redirects are not followed, little is
read, and none of it for long.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from skontro.core.errors import Rejected

LONGEST_URL = 500
CONNECT_S, READ_S, WHOLE_S = 3, 5, 15
MOST_READ = 4096
"""How much of an answer is read, in bytes; nothing of it is kept."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Sent(NamedTuple):
    """What came of sending something.

    Attributes:
        status: What was answered; 0: nothing.
        why: Why it did not arrive; empty: it did.
        took_ms: How long it took, in milliseconds.
    """

    status: int
    why: str
    took_ms: int


def check_url(url: str, *, loopback: bool) -> SplitResult:
    """Return an address in its parts, provided that something may be sent there.

    Args:
        url: The address: https, a name or an outside address, no password.
        loopback: Whether this machine's own addresses do, over http as well: in demonstrations.

    Raises:
        Rejected: It may not.

    Example:
        >>> check_url("https://books.example/hook", loopback=False).hostname
        'books.example'
        >>> check_url("https://10.0.0.1/", loopback=False)
        Traceback (most recent call last):
        skontro.core.errors.Rejected: 10.0.0.1 is no address outside
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not host or not plain or len(url) > LONGEST_URL or parts.username or parts.password:
        raise _refused("it is no address of a program: https://name/path")
    literal = _literal(host)
    is_own = literal is not None and literal.is_loopback
    if literal is not None:
        _check_address(literal, loopback=loopback)
    if parts.scheme != "https" and not (loopback and is_own and parts.scheme == "http"):
        raise _refused("nothing is sent but over https")
    return parts


def _refused(why: str) -> Rejected:
    return Rejected(why, code="BadAddress", next_step="give an https address that the house can "
                    "reach from outside")  # fmt: skip


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check_address(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, loopback: bool
) -> None:
    """Refuse an address that is not of the world outside, however it is written."""
    inner: Any = address
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or address
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None or address.scope_id is not None:
            raise _refused(f"{address} is no address outside")
    if loopback and address.is_loopback:
        return
    if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
        raise _refused(f"{address} is no address outside")


def resolve(host: str, port: int, *, loopback: bool) -> str:
    """Return an address of a name, provided that all it has are of the world outside.

    Raises:
        Rejected: One is not, or there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _refused(f"{host} has no address") from None
    addresses = [ipaddress.ip_address(one[4][0]) for one in found]
    for one in addresses:
        _check_address(one, loopback=loopback)
    if not addresses:
        raise _refused(f"{host} has no address")
    return str(addresses[0])


def send(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> Sent:
    """Send something once, and say what came of it.

    Args:
        url: Where; looked at again, and its name resolved anew.
        body: What.
        headers: What stands beside it.
        loopback: As :func:`check_url` has it.
    """
    import httpx2

    began = time.monotonic()

    def took() -> int:
        return int((time.monotonic() - began) * 1000)

    try:
        parts = check_url(url, loopback=loopback)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = resolve(str(parts.hostname), port, loopback=loopback)
        place = f"[{address}]" if ":" in address else address
        path = parts.path or "/"
        target = f"{parts.scheme}://{place}:{port}{path}{f'?{parts.query}' if parts.query else ''}"
        said = {**headers, "Host": parts.netloc, "User-Agent": "skontro", "Accept-Encoding":
                "identity", "Connection": "close"}  # fmt: skip
        times = httpx2.Timeout(READ_S, connect=CONNECT_S)
        with httpx2.Client(timeout=times, follow_redirects=False, trust_env=False) as program:
            extra = {"sni_hostname": str(parts.hostname)} if parts.scheme == "https" else {}
            with program.stream(
                "POST", target, content=body, headers=said, extensions=extra
            ) as answer:
                _read(answer, began)
        why = "" if 200 <= answer.status_code < 300 else f"answered {answer.status_code}"
        if 300 <= answer.status_code < 400:
            why += ": nobody is followed elsewhere"
        return Sent(answer.status_code, why, took())
    except Rejected as error:
        return Sent(0, error.message, took())
    except httpx2.HTTPError as error:
        return Sent(0, f"not reached: {type(error).__name__}", took())


def _read(answer: Any, began: float) -> None:  # not money: seconds
    """Read a little of an answer, so that whoever sends it is done; never much, or for long."""
    read = 0
    for piece in answer.iter_raw():
        read += len(piece)
        if read > MOST_READ or time.monotonic() - began > WHOLE_S:
            return
