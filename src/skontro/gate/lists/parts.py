# SPDX-License-Identifier: Apache-2.0
"""What every format needs: names, dates, identifiers and countries made from a list's texts."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from skontro.gate.entries import Identifier, ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.source import MOST_ENTRIES, MOST_FIELD, refuse, too_large

_MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_MOST_YEARS = 10
_MOST_REFERENCE = 200

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T.*)?")
_WORDS = re.compile(r"(?:(\d{1,2})[ -])?(?:([A-Za-z]{3,9})\.?[ -])?(\d{4})")
_SLASHES = re.compile(r"(\d{1,2}|dd)[/.](\d{1,2}|mm)[/.](\d{4})", re.IGNORECASE)
_RANGE = re.compile(r"(\d{4})\s*(?:-|–|to|and|/)\s*(\d{4})")
_CIRCA = re.compile(r"^(?:circa|c\.|ca\.?|approximately|approx\.?|about)\s*", re.IGNORECASE)


def words(text: str | None) -> str:
    """Return a text with single spaces.

    Example:
        >>> words(" Old  Oak\\n")
        'Old Oak'
    """
    return " ".join(text.split()) if text else ""


def dates_of(text: str) -> list[str]:
    """Return what a list says of a date, as precise as it is; nothing where it is no date.

    A span of years gives each year, up to ten; "circa" gives the years beside it too, so that a
    date nobody knows exactly never counts against a match.

    Example:
        >>> dates_of("12 Mar 1970"), dates_of("Mar 1970"), dates_of("circa 1970")
        (['1970-03-12'], ['1970-03'], ['1969', '1970', '1971'])
        >>> dates_of("1965 to 1967"), dates_of("00/00/1957"), dates_of("unknown")
        (['1965', '1966', '1967'], ['1957'], [])
    """
    text = words(text).rstrip(".")
    exact = _CIRCA.sub("", text)
    if exact != text:
        found = dates_of(exact)
        return [year for one in found for year in about(int(one[:4]))]
    span = _RANGE.fullmatch(text)
    if span:
        return years(int(span[1]), int(span[2]))
    if match := _SLASHES.fullmatch(text):
        day, month = (int(one) if one.isdigit() else 0 for one in match.groups()[:2])
        return _date(int(match[3]), month, day)
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    if match := _WORDS.fullmatch(text):
        month = _MONTHS.get((match[2] or "").casefold(), 0)
        return _date(int(match[3]), month, int(match[1] or 0) if month else 0)
    return []


def about(year: int) -> list[str]:
    """Return a year and those beside it."""
    return years(year - 1, year + 1)


def years(first: int, last: int) -> list[str]:
    """Return the years of a span; none if it is too long to say anything."""
    if not 0 <= last - first < _MOST_YEARS or not 1000 <= first <= last <= 9999:
        return []
    return [str(year) for year in range(first, last + 1)]


def _date(year: int, month: int, day: int) -> list[str]:
    if year < 1000:
        return []
    if not 1 <= month <= 12:
        return [f"{year:04}"]
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return [f"{year:04}-{month:02}"]
    return [f"{year:04}-{month:02}-{day:02}"]


def instant_of(text: str, what: str) -> datetime.datetime:
    """Return when a list says it was published, in UTC.

    Raises:
        ListRefused: It says no day.

    Example:
        >>> instant_of("23-Sep-2026", "the list").isoformat()
        '2026-09-23T00:00:00+00:00'
    """
    text = words(text)
    if "T" in text:
        try:
            found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            pass
        else:
            if found.tzinfo is None:
                found = found.replace(tzinfo=datetime.UTC)
            return found.astimezone(datetime.UTC).replace(microsecond=0)
    found_dates = dates_of(text)
    if len(found_dates) != 1 or len(found_dates[0]) != 10:
        raise refuse("ListHeaderChanged", f"{what} says {text[:40]!r} where its date should be")
    day = datetime.date.fromisoformat(found_dates[0])
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def person_name(text: str, quality: str) -> ListedName:
    """Return "FAMILY, Given" in reading order, with its parts.

    Example:
        >>> person_name("OAK, Ada Mae", "primary").text
        'Ada Mae OAK'
    """
    family, comma, given = (piece.strip() for piece in text.partition(","))
    if not comma or not family or not given:
        return ListedName(text, quality)
    return ListedName(f"{given} {family}", quality, (("given", given), ("family", family)))


_KINDS = (
    ("lei", re.compile(r"\blei\b|legal entity identifier", re.IGNORECASE)),
    ("bic", re.compile(r"\bbic\b|\bswift", re.IGNORECASE)),
    ("imo", re.compile(r"\bimo\b|international maritime organi[sz]ation", re.IGNORECASE)),
    ("account", re.compile(
        r"\biban\b|account n|bank account|digital currency|wallet", re.IGNORECASE)),
    ("passport", re.compile(r"passport|passeport|pasaporte|\bpass\b", re.IGNORECASE)),
    ("tax_number", re.compile(
        r"\btax|v\.?a\.?t\.?\b|fiscal|\bnit\b|\br\.?u\.?c\b|\br\.?i\.?f\b|r\.?f\.?c\b|\binn\b"
        r"|us fein|\brtn\b|\btin\b|\bc\.?u\.?i\.?t\b|\bc\.i\.f\b", re.IGNORECASE)),
    ("registration_number", re.compile(
        r"regist|legal entity number|company (?:number|no)|commercial|\bc\.r\. no"
        r"|trade licen[cs]e|matricula|incorpor"
        r"|folio mercantil|enterprise number|business (?:number|no|reg)|chamber of comm|\bogrn\b"
        r"|social credit|organi[sz]ation code|licen[cs]e no|charity", re.IGNORECASE)),
)  # fmt: skip
_NO_REGISTRATION = re.compile(
    r"electoral|vessel regis|aircraft|voter|nationality of|driver|pilot|chinese commercial",
    re.IGNORECASE,
)
_BEFORE_VALUE = re.compile(r"^(?:No\.?|Number|Card|Document)\s+(?=\S*\d)")
_IMO_VALUE = re.compile(r"(?:imo|number|no\.?|[\s#:])*(\d{7})", re.IGNORECASE)


def identifier_kind(label: str) -> str:
    """Return which kind of identifier a list's own word for it means.

    Example:
        >>> identifier_kind("Tax ID No."), identifier_kind("SWIFT/BIC"), identifier_kind("Cedula")
        ('tax_number', 'bic', 'other')
    """
    for kind, pattern in _KINDS:
        if pattern.search(label):
            if kind == "registration_number" and _NO_REGISTRATION.search(label):
                return "other"
            return kind
    return "other"


def identifier(label: str, value: str, country: str = "") -> Identifier | None:
    """Return an identifier as a list writes it: its word for the kind, value, country.

    Example:
        >>> identifier("Vessel Registration Identification", "IMO 9187629")
        Identifier(kind='imo', value='9187629', country='')
    """
    value = words(value).strip(" .;,")
    if not value or value.casefold() in _NOTHING:
        return None
    value = _BEFORE_VALUE.sub("", value)
    imo = _IMO_VALUE.fullmatch(value)
    if imo and ("imo" in value.casefold() or identifier_kind(label) == "imo"):
        return Identifier("imo", imo[1], country)
    return Identifier(identifier_kind(label), value, country)


_NOTHING = frozenset({"-", "n/a", "na", "none", "unknown", "not known", "not available", "-0-"})


@dataclass
class Draft:
    """One entry while it is read; what comes twice is kept once.

    Attributes:
        reference: The list's own id of it.
        kind: What it is.
        names: Its names, in the order they come.
        identifiers: What identifies it.
        dates: Of birth or founding.
        countries: ISO codes.
        programmes: Why it is listed.
        texts: What else is said of it.
    """

    reference: str
    kind: str = "unknown"
    names: dict[str, ListedName] = field(default_factory=dict)
    identifiers: dict[Identifier, None] = field(default_factory=dict)
    dates: dict[str, None] = field(default_factory=dict)
    countries: set[str] = field(default_factory=set)
    programmes: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)

    def name(self, name: ListedName) -> None:
        """Add a name; one that is there stays, at the better of both qualities."""
        text = words(name.text)
        if not text:
            return
        if len(text) > MOST_FIELD:
            raise too_large(f"a name of {self.reference}")
        known = self.names.get(text)
        if known is None or (known.quality == "weak" and name.quality != "weak"):
            self.names[text] = ListedName(text, name.quality, name.parts)

    def identify(self, found: Identifier | None) -> None:
        """Add an identifier, and the country that gave it."""
        if found is not None:
            self.identifiers[found] = None
            self.country(found.country)

    def date(self, found: Iterable[str]) -> None:
        """Add dates."""
        self.dates.update(dict.fromkeys(found))

    def country(self, text: str) -> None:
        """Add a country by name or code; what is none becomes text."""
        text = words(text)
        if not text:
            return
        code = country_code(text)
        if code:
            self.countries.add(code)
        else:
            self.say(text)

    def programme(self, text: str) -> None:
        """Add a programme."""
        if words(text):
            self.programmes[words(text)] = None

    def say(self, text: str | None, what: str = "") -> None:
        """Add text for the reader of a case."""
        said = words(text)
        if said:
            self.texts[f"{what}: {said}" if what else said] = None

    def entry(self) -> ListEntry:
        """Return it as an entry, its primary name first.

        Raises:
            ListRefused: It has no name.
        """
        if not self.names:
            raise refuse("ListHeaderChanged", f"entry {self.reference[:40]!r} has no name")
        names = sorted(self.names.values(), key=lambda name: name.quality != "primary")
        if names[0].quality != "primary":
            names.sort(key=lambda name: name.quality == "weak")
            names[0] = ListedName(names[0].text, "primary", names[0].parts)
        return ListEntry(
            self.reference, self.kind, tuple(names), tuple(self.identifiers), tuple(self.dates),
            tuple(sorted(self.countries)), tuple(self.programmes), "; ".join(self.texts),
        )  # fmt: skip


class Collected:
    """The entries of a list as they are found; references that come again are told apart."""

    def __init__(self) -> None:
        self.entries = list[ListEntry]()
        self._seen = dict[str, int]()

    def add(self, entry: ListEntry) -> None:
        """Take an entry in.

        Raises:
            ListRefused: There are more than any list has, or it is called what nothing can be.
        """
        if len(self.entries) >= MOST_ENTRIES:
            raise too_large(f"over {MOST_ENTRIES} entries")
        if not entry.reference.isprintable() or len(entry.reference) > _MOST_REFERENCE:
            raise refuse("ListUnreadable", f"an entry is called {entry.reference[:40]!a}")
        times = self._seen.get(entry.reference, 0) + 1
        self._seen[entry.reference] = times
        if times > 1:
            entry = ListEntry(
                f"{entry.reference}#{times}", entry.kind, entry.names, entry.identifiers,
                entry.dates, entry.countries, entry.programmes, entry.text,
            )  # fmt: skip
        self.entries.append(entry)
