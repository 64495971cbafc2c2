# SPDX-License-Identifier: Apache-2.0
"""The setting of a screening service elsewhere, asked beside the house's own matcher."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from skontro.house.reading import Section, refused

KEYS = (
    "name", "url", "key_env", "key_file", "timeout_seconds", "most_bytes", "fresh_minutes",
    "on_fault",
)  # fmt: skip
ON_FAULT = ("hold", "note")
"""What it means that the service does not answer: doubt holds; or it is written down only."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class ScreeningService:
    """A screening service elsewhere.

    Attributes:
        name: What its alerts are called by: on list ``remote:NAME``.
        url: Where it is asked; ``https``, but for loopback.
        key_env: The variable of the environment that holds its key; empty if none.
        key_file: The file that holds its key; empty if none.
        timeout_seconds: How long one question may take in all.
        most_bytes: How long an answer may be.
        fresh_minutes: For how long one answer on the same records is not asked for again.
        on_fault: ``hold`` or ``note``.
    """

    name: str
    url: str
    key_env: str = ""
    key_file: str = ""
    timeout_seconds: int = 10
    most_bytes: int = 4 << 20
    fresh_minutes: int = 60
    on_fault: str = "hold"

    def as_mapping(self) -> dict[str, int | str]:
        """Return it as rules are written."""
        said = {key: getattr(self, key) for key in KEYS}
        return {key: value for key, value in said.items() if value != ""}


def read_service(section: Section) -> ScreeningService:
    """Read ``[screening.remote]``.

    Raises:
        InvalidRules: A value is none.

    Example:
        >>> given = {"name": "watch", "url": "https://watch.example/screen"}
        >>> read_service(Section(given, "screening.remote", KEYS)).on_fault
        'hold'
    """
    name, url = section.text("name"), section.text("url")
    if not _NAME.fullmatch(name):
        raise refused(section.at("name"), "it is of small letters, digits and hyphens")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and not parts.username and not parts.fragment
        usable &= parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        usable &= parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise refused(section.at("url"), "it is no https address without user and password",
                      next_step="write https://HOST/PATH")  # fmt: skip
    variable = section.text("key_env", "")
    if variable and not _VARIABLE.fullmatch(variable):
        raise refused(section.at("key_env"), "it is no name of a variable",
                      next_step="the key itself stands nowhere in the rules")  # fmt: skip
    file = section.text("key_file", "")
    if file and variable:
        raise refused(section.at("key_file"), "there is a key_env already",
                      next_step="leave one of them out")  # fmt: skip
    return ScreeningService(
        name, url, variable, file,
        section.whole("timeout_seconds", 1, 30, 10),
        section.whole("most_bytes", 1 << 10, 1 << 26, 4 << 20),
        section.whole("fresh_minutes", 1, 24 * 60, 60),
        section.choice("on_fault", ON_FAULT, "hold"),
    )  # fmt: skip
