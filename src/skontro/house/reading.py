# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of a rules file: each value exactly, or refused with the place it stands in."""

from __future__ import annotations

import datetime
import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from skontro.core.errors import InvalidRules, MalformedNumber
from skontro.core.money import exponents, parse_decimal, shorten

MOST_TEXT = 2000
"""No text of the rules is longer."""

_SHARE = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?( ?%)?|([0-9]{1,18})/([0-9]{1,18})", re.A)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.A)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.A)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_SHOWN = 60


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known word that is most like another, or nothing if none is.

    Example:
        >>> nearest("curencies", ["currencies", "calendar"]), nearest("x", ["name"])
        ('currencies', '')
    """
    by_small = {one.lower(): one for one in sorted(known, reverse=True)}
    found = difflib.get_close_matches(word.lower(), sorted(by_small), n=1)
    return by_small[found[0]] if found else ""


def listing(words: Collection[str]) -> str:
    """Return words as a list to read, sorted unless they have an order.

    Example:
        >>> listing(("month", "week", "day"))
        'month, week or day'
    """
    ordered = list(words) if isinstance(words, list | tuple) else sorted(words)
    return " or ".join([", ".join(ordered[:-1]), ordered[-1]] if len(ordered) > 1 else ordered)


def refused(place: str, message: str, *, next_step: str | None = None) -> InvalidRules:
    """Return the refusal of what stands in one place of the rules.

    Example:
        >>> str(refused('side "A": name', "there is none"))
        'side "A": name: there is none'
    """
    return InvalidRules(f"{place}: {message}", next_step=next_step, details={"place": place})


def show(value: object) -> str:
    """Return a value as it is shown in a refusal.

    Example:
        >>> show("EURO"), show(True), show(12)
        ("'EURO'", 'true', '12')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(shorten(value, _SHOWN))
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list | tuple) else shorten(str(value), _SHOWN)


def parse_share(text: str) -> Fraction:
    """Read a share: exact decimals (``0.2``), a fraction (``1/5``) or per cent (``20 %``).

    Raises:
        ValueError: It is none of these; the message says what to write.

    Example:
        >>> parse_share("0.2") == parse_share("1/5") == parse_share("20 %")
        True
    """
    match = _SHARE.fullmatch(text)
    if match is None:
        raise ValueError(f"{show(text)} is not a share")
    whole, decimals, per_cent, above, below = match.groups()
    if below is not None:
        if int(below) == 0:
            raise ValueError(f"{show(text)} divides by nought")
        return Fraction(int(above), int(below))
    scale = 10 ** len(decimals or "") * (100 if per_cent else 1)
    return Fraction(int(whole + (decimals or "")), scale)


class Section:
    """One table of the rules, with the place it stands in.

    Opening it refuses keys that are not known, so a slip of the pen is not taken for a value
    that was left out.
    """

    def __init__(self, values: object, place: str, known: Collection[str]) -> None:
        if not isinstance(values, Mapping):
            raise refused(
                place or "the rules", f"{show(values)} is not a table",
                next_step=f"give it the keys {listing(known)}",
            )  # fmt: skip
        self.place = place
        self.values: dict[str, object] = {str(key): value for key, value in values.items()}
        for key in self.values:
            if key not in known:
                close = nearest(key, known)
                what = f"is meant {close!r}?" if close else f"known are {listing(known)}"
                raise refused(
                    place or "the rules", f"unknown key {show(key)}; {what}",
                    next_step=f"write {close} or leave it out" if close else "leave it out",
                )  # fmt: skip

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return f"{self.place}: {key}" if self.place else key

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def value(self, key: str) -> object:
        """Return what stands under a key.

        Raises:
            InvalidRules: There is nothing.
        """
        if key not in self.values:
            raise refused(self.at(key), "it is missing", next_step=f"add {key} there")
        return self.values[key]

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str:
        """Return a text, without white space around it.

        Args:
            key: Where it stands.
            default: What it is where it is left out; None if it must be there.
            empty: Whether it may be empty.

        Raises:
            InvalidRules: It is missing, empty, too long, or no text.
        """
        if key not in self.values and default is not None:
            return default
        value = self.value(key)
        if not isinstance(value, str):
            raise refused(
                self.at(key), f"{show(value)} is not a text", next_step="put it in quotes"
            )
        if len(value) > MOST_TEXT:
            raise refused(self.at(key), f"a text has at most {MOST_TEXT} characters")
        if any(unicodedata.category(mark) in ("Cc", "Zl", "Zp") for mark in value):
            raise refused(self.at(key), "no control characters and no line breaks in a text")
        if not value.strip() and not empty:
            raise refused(self.at(key), "it is empty", next_step="write it, or leave the key out")
        return value.strip()

    def choice(self, key: str, options: Collection[str], default: str | None = None) -> str:
        """Return one of the words that may stand there.

        Raises:
            InvalidRules: Another word does.
        """
        if key not in self.values and default is not None:
            return default
        word = self.text(key)
        if word not in options:
            close = nearest(word, options)
            raise refused(
                self.at(key), f"{show(word)} is not known; it is {listing(options)}",
                next_step=f"write {close}" if close else f"write {listing(options)}",
            )  # fmt: skip
        return word

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number between bounds, both included.

        Raises:
            InvalidRules: It is missing, no whole number, or out of bounds.
        """
        if key not in self.values and default is not None:
            return default
        value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise refused(
                self.at(key), f"{show(value)} is not a whole number from {least} to {most}",
                next_step=f"write a whole number from {least} to {most}",
            )  # fmt: skip
        return value

    def share(
        self, key: str, default: Fraction | None = None, *, most: Fraction = Fraction(1)
    ) -> Fraction:
        """Return a share from nought to one, exactly.

        Args:
            key: Where it stands.
            default: What it is where it is left out; None if it must be there.
            most: The largest it may be, if less than the whole.

        Raises:
            InvalidRules: It is missing, no share, or above the largest.
        """
        if key not in self.values and default is not None:
            return default
        value = self.value(key)
        step = 'write "0.2", "1/5" or "20 %", in quotes, so that no digit is bent'
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise refused(self.at(key), f"{show(value)} is not a share", next_step=step)
        try:
            share = parse_share(text)
        except ValueError as error:
            raise refused(self.at(key), str(error), next_step=step) from None
        if share > 1:
            raise refused(self.at(key), f"{show(value)} is more than the whole", next_step=step)
        if share > most:
            raise refused(
                self.at(key), f"{show(value)} is more than it may be",
                next_step=f"write {most} at most",
            )  # fmt: skip
        return share

    def amount(self, key: str, currency: str) -> int:
        """Return an amount in minor units of a currency.

        Args:
            key: Where decimal text or a whole number of major units stands.
            currency: Three capital letters of ISO 4217.

        Raises:
            InvalidRules: It is missing, or no exact amount of the currency.
        """
        value = self.value(key)
        step = f'write an exact amount of {currency} in quotes, e.g. "15000"'
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            raise refused(self.at(key), f"{show(value)} is not exact", next_step=step)
        try:
            return parse_decimal(text, exponents()[currency])
        except MalformedNumber as error:
            raise refused(self.at(key), error.message, next_step=step) from None

    def currency(self, key: str) -> str:
        """Return a currency of ISO 4217.

        Raises:
            InvalidRules: It is none.
        """
        return known_currency(self.value(key), self.at(key))

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts, in the order given.

        Raises:
            InvalidRules: It is missing, no list, empty, or a text stands there twice.
        """
        value = self.value(key)
        if not isinstance(value, list | tuple) or not value:
            raise refused(
                self.at(key), f"{show(value)} is not a list of one text or more",
                next_step='write it as ["one", "two"]',
            )  # fmt: skip
        for place, one in enumerate(value):
            if not isinstance(one, str) or not one.strip():
                raise refused(self.at(key), f"{show(one)} is not a text")
            if one in value[:place]:
                raise refused(self.at(key), f"{show(one)} stands there twice")
        return tuple(value)

    def time(self, key: str, default: datetime.time | None = None) -> datetime.time:
        """Return a time of day to the minute.

        Raises:
            InvalidRules: It is missing or not one.
        """
        if key not in self.values and default is not None:
            return default
        value = self.value(key)
        text = value.isoformat() if isinstance(value, datetime.time) else value
        match = _TIME.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise refused(
                self.at(key), f"{show(value)} is not a time of day to the minute",
                next_step="write it as 16:00",
            )  # fmt: skip
        return datetime.time(int(match.group(1)), int(match.group(2)))

    def day(self, key: str) -> datetime.date:
        """Return a day.

        Raises:
            InvalidRules: It is missing or not one.
        """
        return known_day(self.value(key), self.at(key))

    def days(self, key: str) -> tuple[datetime.date, ...]:
        """Return a list of days, sorted; empty where the key is left out.

        Raises:
            InvalidRules: One of them is none, or stands there twice.
        """
        value = self.values.get(key, ())
        if not isinstance(value, list | tuple):
            raise refused(self.at(key), f"{show(value)} is not a list of days")
        found = sorted(known_day(one, self.at(key)) for one in value)
        for before, after in pairwise(found):
            if before == after:
                raise refused(self.at(key), f"{after} stands there twice")
        return tuple(found)

    def section(self, key: str, known: Collection[str], *, needed: bool = True) -> Section:
        """Open the table under a key.

        Args:
            key: Where it stands.
            known: The keys it may have.
            needed: Whether it must be there; else it is opened empty.

        Raises:
            InvalidRules: It is missing, no table, or has an unknown key.
        """
        return Section(self.value(key) if needed else self.values.get(key, {}), self.at(key), known)

    def named(self, key: str, known: Collection[str]) -> Iterator[tuple[str, Section]]:
        """Open the tables under a key, each under its own name, in the order of their names.

        Args:
            key: Where they stand; none where it is left out.
            known: The keys each may have.

        Raises:
            InvalidRules: A name is no id, or a table has an unknown key.
        """
        found = self.values.get(key, {})
        if not isinstance(found, Mapping):
            raise refused(self.at(key), f"{show(found)} is not a table of tables")
        for name in sorted(map(str, found), key=lambda one: one.encode()):
            known_name(name, self.at(key))
            yield name, Section(found[name], f'{self.at(key)} "{name}"', known)

    def listed(self, key: str, known: Collection[str]) -> Iterator[Section]:
        """Open the tables of a list, in its order; their places count from 1.

        Args:
            key: Where it stands; an empty list where it is left out.
            known: The keys each may have.

        Raises:
            InvalidRules: It is no list of tables, or one has an unknown key.
        """
        found = self.values.get(key, [])
        if not isinstance(found, list | tuple):
            raise refused(
                self.at(key), f"{show(found)} is not a list of tables",
                next_step=f"begin each with [[{key}]]",
            )  # fmt: skip
        for number, values in enumerate(found, 1):
            yield Section(values, f"{self.at(key)} {number}", known)


def known_name(text: str, place: str) -> str:
    """Return an id that the rules give: short, and at home in file names and account codes.

    Raises:
        InvalidRules: It is none.

    Example:
        >>> known_name("alder-bakul", "house: id")
        'alder-bakul'
    """
    if not _NAME.fullmatch(text):
        raise refused(
            place, f"{show(text)} is no id",
            next_step="use 1 to 32 letters A to Z, digits, - or _, beginning with one of the first",
        )  # fmt: skip
    return text


def known_currency(value: object, place: str) -> str:
    """Return a currency of ISO 4217 that trade is invoiced in.

    Raises:
        InvalidRules: It is none.
    """
    if not isinstance(value, str) or value not in exponents():
        raise refused(
            place, f"{show(value)} is not a currency of ISO 4217",
            next_step="use the three capital letters of ISO 4217, e.g. EUR",
        )  # fmt: skip
    return value


def known_day(value: object, place: str) -> datetime.date:
    """Return a day of the calendar.

    Raises:
        InvalidRules: It is none.
    """
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass
    raise refused(place, f"{show(value)} is not a day", next_step="write it as 2026-01-31")
