# SPDX-License-Identifier: Apache-2.0
"""The service's log: a line of JSON each, on stderr, without secrets and without names."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

SECRET = re.compile(
    r"(?i)pass|secret|token|cookie|authori|code_now|invitation|signature|^key$|identity"
)
"""Names whose values never stand in a log."""
_KEYS = re.compile(r"skontro_[0-9a-f]{12}_[\w-]+")


def without_secrets(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take out of an event what must not be read in a log.

    Example:
        >>> without_secrets(None, "", {"event": "x", "password": "p"})
        {'event': 'x', 'password': '(secret)'}
    """
    for name, value in event.items():
        if SECRET.search(name):
            event[name] = "(secret)"
        elif isinstance(value, str):
            event[name] = _KEYS.sub("(key)", value)
    return event


def where_from(error: BaseException) -> list[str]:
    """Return where an error comes from and what it followed, the innermost last.

    Kinds and places in the program alone: what errors say may hold a name, or what was asked.

    Example:
        >>> try:
        ...     int("x")
        ... except ValueError as error:
        ...     found = where_from(error)
        >>> found[0], len(found)
        ('ValueError', 2)
    """
    found, now = list[str](), error
    while True:
        found.append(type(now).__name__)
        found += [f"{one.filename.rpartition('site-packages/')[2]}:{one.lineno} {one.name}"
                  for one in traceback.extract_tb(now.__traceback__)]  # fmt: skip
        before = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
        if before is None:
            return found
        now = before


class _Out:
    """Where lines go: to stderr, or to a file that was chosen."""

    def __init__(self) -> None:
        self.file: TextIO | None = None

    def write(self, text: str) -> int:
        return (self.file or sys.stderr).write(text)

    def flush(self) -> None:
        (self.file or sys.stderr).flush()


_OUT = _Out()


def send_to(path: Path) -> None:
    """Have the log of this process written to the end of a file from now on."""
    _OUT.file = path.open("a", encoding="utf-8")


log: Any = structlog.wrap_logger(
    structlog.PrintLogger(_OUT),  # type: ignore[arg-type]
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
        structlog.processors.JSONRenderer(),
    ],
)
"""The log of the service."""
