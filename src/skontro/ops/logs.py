# SPDX-License-Identifier: Apache-2.0
"""The service's log: a line of JSON each, on stderr, without secrets and without names."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

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


log: Any = structlog.wrap_logger(
    structlog.PrintLogger(sys.stderr),
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
        structlog.processors.JSONRenderer(),
    ],
)
"""The log of the service."""
