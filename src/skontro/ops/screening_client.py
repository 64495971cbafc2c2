# SPDX-License-Identifier: Apache-2.0
"""Asks a screening service elsewhere; no redirect is followed, and nothing is read past a limit."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path

from skontro.core.errors import Rejected


def secret_of(variable: str, file: str | Path) -> str:
    """Return the key for a service: from the environment, or from a file; empty if neither is said.

    Args:
        variable: Name of the variable, or empty.
        file: The file, or empty.

    Raises:
        Rejected: It is said where the key is, and it is not there.
    """
    found = os.environ.get(variable, "") if variable else ""
    if file:
        try:
            found = Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            found = ""
    found = found.strip()
    if (variable or file) and not (found.isascii() and found.isprintable() and found):
        raise Rejected("the screening service's key is not there", code="KeyMissing")
    return found


def ask(url: str, body: bytes, *, key: str, timeout_seconds: float, most_bytes: int) -> bytes:
    """Send a question and return the answer.

    Args:
        url: Where to.
        body: JSON.
        key: For ``Authorization: Bearer``; empty for none.
        timeout_seconds: All of it takes at most so long.
        most_bytes: How long the answer may be.

    Raises:
        Rejected: There is no answer, another status than 200, or too long an answer.
    """
    box = queue.SimpleQueue[bytes | Rejected]()

    def work() -> None:
        try:
            box.put(_ask(url, body, key, timeout_seconds, most_bytes))
        except Rejected as why:
            box.put(why)
        except Exception as fault:
            box.put(Rejected(f"the question failed: {type(fault).__name__}", code="RemoteFailed"))

    # Beside this thread: one that sends its answer byte by byte, headers too, takes no longer.
    threading.Thread(target=work, daemon=True).start()
    try:
        found = box.get(timeout=timeout_seconds)
    except queue.Empty:
        raise Rejected("the answer takes too long", code="RemoteTimeout") from None
    if isinstance(found, Rejected):
        raise found
    return found


def _ask(url: str, body: bytes, key: str, timeout_seconds: float, most_bytes: int) -> bytes:
    import httpx2

    until = time.monotonic() + timeout_seconds
    headers = {"Content-Type": "application/json", "Accept": "application/json",
               "Accept-Encoding": "identity"}  # fmt: skip
    if key:
        headers["Authorization"] = f"Bearer {key}"
    found = bytearray()
    try:
        with (
            httpx2.Client(timeout=timeout_seconds, follow_redirects=False, trust_env=False) as one,
            one.stream("POST", url, content=body, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                raise Rejected(f"the service says {answer.status_code}", code="RemoteStatus")
            for piece in answer.iter_raw():
                found += piece
                if len(found) > most_bytes:
                    raise Rejected("the answer is too long", code="RemoteTooLong")
                if time.monotonic() > until:
                    raise Rejected("the answer takes too long", code="RemoteTimeout")
    except httpx2.TimeoutException:
        raise Rejected("the answer takes too long", code="RemoteTimeout") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        raise Rejected("the service cannot be reached", code="RemoteAway") from None
    return bytes(found)
