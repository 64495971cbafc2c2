# SPDX-License-Identifier: Apache-2.0
"""What the house sends to addresses that others chose: never into its own network.

Every address a name has is looked at, and the one that is asked is one of these. A name that
leads into the house's own network reads like one that leads nowhere: else whoever may name one
would learn which names there are inside.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from skontro.core.errors import Rejected
from skontro.ops.asking import Bounds, Unreached, ask

LONGEST_URL = 500
WHOLE_S = 10
"""How long a delivery takes at most, its answer with it, in seconds."""
MOST_READ = 4096
"""How much of an answer is read, in bytes; nothing of it is kept."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_OUTSIDE = [ipaddress.ip_network(one) for one in (
    "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20",
)]  # fmt: skip
"""Networks of protocols and examples that some versions of Python take for the world outside."""


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
        is_own = inner is address and address not in _UNICAST
        is_own |= address.teredo is not None or address.scope_id is not None
    else:
        is_own = False
    if loopback and address.is_loopback:
        return
    is_own |= any(inner in one for one in _NOT_OUTSIDE if one.version == inner.version)
    if (
        is_own or not inner.is_global or inner.is_multicast or inner.is_reserved
        or inner.is_unspecified
    ):  # fmt: skip
        raise _refused(f"{address} is no address outside")


def check_outside(address: str, *, loopback: bool = False) -> None:
    """Refuse an address, as digits, that is not of the world outside.

    Args:
        address: Of four or of eight parts.
        loopback: Whether this machine's own do.

    Raises:
        Rejected: It is not; what it is called stands nowhere in the refusal.

    Example:
        >>> check_outside("1.1.1.1")
        >>> check_outside("::ffff:10.0.0.1")
        Traceback (most recent call last):
        skontro.core.errors.Rejected: the name leads to no address that can be reached
    """
    try:
        _check_address(ipaddress.ip_address(address), loopback=loopback)
    except (Rejected, ValueError):
        raise _refused("the name leads to no address that can be reached") from None


def send(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> Sent:
    """Send something once, and say what came of it.

    Args:
        url: Where; looked at again, and its name looked up anew.
        body: What.
        headers: What stands beside it.
        loopback: As :func:`check_url` has it.
    """
    began = time.monotonic()

    def took() -> int:
        return int((time.monotonic() - began) * 1000)

    def look(address: str) -> None:
        check_outside(address, loopback=loopback)

    try:
        parts = check_url(url, loopback=loopback)
        target = parts._replace(path=parts.path or "/", fragment="").geturl()
        bounds = Bounds(WHOLE_S, MOST_READ)
        status = ask("POST", target, bounds, body=body, headers=headers, check=look).status
    except Rejected as error:
        return Sent(0, error.message, took())
    except Unreached as error:
        if not error.status:
            return Sent(0, f"not reached: {error.why}", took())
        status = error.status  # what else it says does not matter
    why = "" if 200 <= status < 300 else f"answered {status}"
    if 300 <= status < 400:
        why += ": nobody is followed elsewhere"
    return Sent(status, why, took())
