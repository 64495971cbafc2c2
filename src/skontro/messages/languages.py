# SPDX-License-Identifier: Apache-2.0
"""How papers speak: headings and fixed sentences by language, numbers and days by format.

A paper's data is the same in every language; only what is shown changes. The catalogues are data:
``paper_files/LANGUAGE.json``, each phrase under its English words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from skontro.core.errors import Rejected
from skontro.core.money import exponent, exponents

LANGUAGES = {
    "en": "English", "de": "Deutsch", "fr": "français", "el": "ελληνικά", "ru": "русский",
    "ar": "العربية",
}  # fmt: skip
"""Every language a paper can be in, by its code of ISO 639."""

_NO_BREAK = "\u00a0"
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How numbers are written.

    Attributes:
        group: What stands between groups of digits.
        point: What stands before decimals.
        indian: Groups of two above the first three digits: lakh and crore.
        eastern: Digits of Arabic script.
    """

    group: str
    point: str
    indian: bool = False
    eastern: bool = False

    def whole(self, number: int) -> str:
        """Write a whole number.

        Example:
            >>> NUMBER_FORMATS["indian"].whole(123456789)
            '12,34,56,789'
        """
        digits = str(abs(number))
        parts = [digits[-3:]]
        rest, step = digits[:-3], 2 if self.indian else 3
        while rest:
            parts.append(rest[-step:])
            rest = rest[:-step]
        return self._script(("−" if number < 0 else "") + self.group.join(reversed(parts)))

    def amount(self, minor: int, currency: str) -> str:
        """Write an amount of minor units with all its decimals, exactly.

        Example:
            >>> NUMBER_FORMATS["point-comma"].amount(-135000005, "EUR")
            '−1.350.000,05'
            >>> NUMBER_FORMATS["comma-point"].amount(1234567, "JPY")
            '1,234,567'
        """
        places = exponent(currency)
        whole, part = divmod(abs(minor), 10**places)
        text = ("−" if minor < 0 else "") + self.whole(whole)
        return text + self._script(f"{self.point}{part:0{places}d}" if places else "")

    def percent(self, share: str) -> str:
        """Write a share of six decimals in per cent, to the second decimal.

        Example:
            >>> NUMBER_FORMATS["space-comma"].percent("0.123456")
            '12,35\\xa0%'
        """
        millionths = int(share.replace(".", ""))
        whole, part = divmod((millionths + 50) // 100, 100)
        return self._script(f"{whole}{self.point}{part:02d}") + f"{_NO_BREAK}%"

    def _script(self, text: str) -> str:
        return text.translate(_EASTERN) if self.eastern else text


NUMBER_FORMATS = {
    "comma-point": NumberFormat(",", "."),
    "point-comma": NumberFormat(".", ","),
    "space-comma": NumberFormat(_NO_BREAK, ","),
    "apostrophe-point": NumberFormat("’", "."),
    "indian": NumberFormat(",", ".", indian=True),
    "arabic": NumberFormat("٬", "٫", eastern=True),
}
"""Every way numbers can be written: 1,234.50 · 1.234,50 · 1 234,50 · 1’234.50 · 12,34,567.50 ·
١٬٢٣٤٫٥٠"""


@dataclass(frozen=True)
class Language:
    """One language with one way to write numbers.

    Attributes:
        code: One of :data:`LANGUAGES`.
        direction: ``ltr`` or ``rtl``.
        numbers: How numbers are written.
        days: How a day is written: ``{day}``, ``{month}``, ``{name}`` of the month, ``{year}``.
        months: Names of the months.
        words: Phrases by their English words.
    """

    code: str
    direction: str
    numbers: NumberFormat
    days: str
    months: tuple[str, ...]
    words: Mapping[str, str]

    def say(self, phrase: str, **values: str) -> str:
        """Return a phrase in this language; one that is in no catalogue stays as it is.

        Args:
            phrase: In English, with ``{name}`` where a value goes.
            values: The values.

        Example:
            >>> language("de").say("Set-off notice")
            'Aufrechnungsanzeige'
        """
        text = self.words.get(phrase, phrase)
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    def day(self, day: str) -> str:
        """Write a day.

        Args:
            day: Such as ``2026-01-30``; anything else stays as it is.

        Example:
            >>> language("en").day("2026-01-30"), language("de").day("2026-01-30")
            ('30 Jan 2026', '30.01.2026')
        """
        year, _, rest = day.partition("-")
        month, _, number = rest.partition("-")
        if not (len(day) == 10 and year.isdigit() and month.isdigit() and number.isdigit()):
            return day
        text = self.days.format(
            day=number, short=str(int(number)), month=month, year=year,
            name=self.months[int(month) - 1],
        )  # fmt: skip
        return text.translate(_EASTERN) if self.numbers.eastern else text

    def moment(self, at: str) -> str:
        """Write an instant of UTC text to the minute.

        Example:
            >>> language("en").moment("2026-01-30T15:00:00Z")
            '30 Jan 2026, 15:00 UTC'
        """
        day, _, time = at.partition("T")
        if len(time) < 5:
            return self.day(at)
        clock = time[:5].translate(_EASTERN) if self.numbers.eastern else time[:5]
        return f"{self.day(day)}, {clock}{_NO_BREAK}UTC".replace(_NO_BREAK, " ")

    def money(self, minor: int, currency: str) -> str:
        """Write an amount; one in what is no currency of ISO 4217 in points."""
        if currency not in exponents():
            return self.say("{number} points", number=self.numbers.whole(minor))
        return self.numbers.amount(minor, currency)


@cache
def language(code: str = "en", number_format: str = "") -> Language:
    """Return a language.

    Args:
        code: One of :data:`LANGUAGES`.
        number_format: One of :data:`NUMBER_FORMATS`; the language's own if empty.

    Raises:
        Rejected: There is no such language or format.

    Example:
        >>> language("ar").direction, language("fr", "indian").numbers.whole(1234567)
        ('rtl', '12,34,567')
    """
    check_language(code, number_format)
    said: dict[str, Any] = json.loads(
        resources.files("skontro.messages").joinpath(f"paper_files/{code}.json").read_text("utf-8")
    )
    return Language(
        code, said["direction"], NUMBER_FORMATS[number_format or said["numbers"]], said["days"],
        tuple(said["months"]), said["words"],
    )  # fmt: skip


def check_language(code: str, number_format: str = "") -> None:
    """Refuse a language or a number format that there is not.

    Raises:
        Rejected: It is none.

    Example:
        >>> check_language("tlh")
        Traceback (most recent call last):
        skontro.core.errors.Rejected: papers are not written in 'tlh'
    """
    if code not in LANGUAGES:
        raise Rejected(f"papers are not written in {code!r}", code="UnknownLanguage",
                       next_step=f"one of: {', '.join(LANGUAGES)}")  # fmt: skip
    if number_format and number_format not in NUMBER_FORMATS:
        raise Rejected(f"{number_format!r} is no number format", code="UnknownLanguage",
                       next_step=f"one of: {', '.join(NUMBER_FORMATS)}")  # fmt: skip
