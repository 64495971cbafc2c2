# SPDX-License-Identifier: Apache-2.0
"""What both readers of e-invoices share: texts, days and sums out of elements."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from skontro.core.errors import Rejected
from skontro.messages.invoices.document import PartyId, minor_of

Element = Any
"""An element of lxml."""

_SPACES = re.compile(r"\s+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.A)
_ZONED_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.A)
_PLAIN_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.A)


class Place:
    """An element whose parts are asked for by path.

    Args:
        element: The element; None where there is none, of which everything is empty.
        names: Prefixes of namespaces.
    """

    def __init__(self, element: Element, names: Mapping[str, str]) -> None:
        self.element = element
        self.names = names

    def text(self, path: str) -> str:
        """Return the text of the first element on a path, its blanks put right."""
        found = None if self.element is None else self.element.find(path, self.names)
        return "" if found is None else clean(found.text)

    def texts(self, path: str) -> tuple[str, ...]:
        """Return the texts of all elements on a path that say anything."""
        return tuple(text for one in self.all(path) if (text := clean(one.element.text)))

    def all(self, path: str) -> list[Place]:
        """Return every element on a path."""
        if self.element is None:
            return []
        return [Place(one, self.names) for one in self.element.findall(path, self.names)]

    def part(self, path: str) -> Place:
        """Return the first element on a path; an empty place where there is none."""
        found = None if self.element is None else self.element.find(path, self.names)
        return Place(found, self.names)

    def id(self, path: str, attribute: str = "schemeID") -> PartyId:
        """Return an identifier with its scheme."""
        found = None if self.element is None else self.element.find(path, self.names)
        return PartyId() if found is None else id_of(found, attribute)

    def attribute(self, name: str) -> str:
        """Return an attribute of the element itself."""
        return "" if self.element is None else clean(self.element.get(name))

    def sum(self, path: str, currency: str) -> int:
        """Return a sum in minor units, nought where it is not given."""
        text = self.text(path)
        return minor_of(text, currency, path.rsplit(":", 1)[-1]) if text else 0


def id_of(element: Element, attribute: str = "schemeID") -> PartyId:
    """Return an element's text with its scheme."""
    return PartyId(clean(element.get(attribute)), clean(element.text))


def clean(text: str | None) -> str:
    """Return a text without blanks at its ends, with one blank for many.

    Example:
        >>> clean("  a\\n  b ")
        'a b'
    """
    return _SPACES.sub(" ", text or "").strip()


def day_of(text: str, field: str) -> str:
    """Return a day as ``YYYY-MM-DD``, from that form or from ``YYYYMMDD``.

    A zone behind it says nothing about the day and is left out.

    Raises:
        Rejected: It is no day.

    Example:
        >>> day_of("20260131", "IssueDate"), day_of("2026-01-31Z", "IssueDate"), day_of("", "x")
        ('2026-01-31', '2026-01-31', '')
    """
    if not text:
        return ""
    plain, zoned = _PLAIN_DAY.fullmatch(text), _ZONED_DAY.fullmatch(text)
    written = "-".join(plain.groups()) if plain else zoned[1] if zoned else ""
    try:
        if _DAY.fullmatch(written):
            return datetime.date.fromisoformat(written).isoformat()
    except ValueError:
        pass
    raise Rejected(f"{field}: {text[:40]!r} is not a day", code="InvalidDate")


def one_day(days: list[str], field: str) -> str:
    """Return the one day given, or nothing.

    Raises:
        Rejected: There are several: each would be an obligation of its own.
    """
    found = sorted(set(days) - {""})
    if len(found) > 1:
        raise Rejected(
            f"{field}: several days, {', '.join(found[:3])}", code="SeveralDueDates",
            next_step="register one obligation for each day in a table",
        )  # fmt: skip
    return found[0] if found else ""
