# SPDX-License-Identifier: Apache-2.0
"""Asks a screening service elsewhere; no redirect is followed, and nothing is read past a limit."""

from __future__ import annotations

import os
from pathlib import Path

from skontro.core.errors import Rejected
from skontro.ops.asking import Bounds, Unreached
from skontro.ops.asking import ask as ask_once


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


def ask(url: str, body: bytes, *, key: str, timeout_seconds: int, most_bytes: int) -> bytes:
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
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        answer = ask_once(
            "POST", url, Bounds(timeout_seconds, most_bytes), body=body, headers=headers
        )
    except Unreached as error:
        if error.is_late:
            raise Rejected("the answer takes too long", code="RemoteTimeout") from None
        raise Rejected("the service cannot be reached", code="RemoteAway") from None
    except Rejected:
        raise Rejected("the service cannot be reached", code="RemoteAway") from None
    if answer.status != 200:
        raise Rejected(f"the service says {answer.status}", code="RemoteStatus")
    if not answer.is_whole:
        raise Rejected("the answer is too long", code="RemoteTooLong")
    return answer.body
