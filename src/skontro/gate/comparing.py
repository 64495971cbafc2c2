# SPDX-License-Identifier: Apache-2.0
"""One party beside one entry of a list: names, dates, countries, kinds, identifiers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from .entries import Identifier, ListEntry, Subject
from .names import FORM, GENERIC, Name, name_of, names_in
from .pairs import Likeness, Point, compare_names
from .screened import Match
from .weights import SCALE, Weights, built_in_weights
from .words import known_words

MATCHER_VERSION = "names/2"
"""Changes whenever a score can."""


def version_of(weights: Weights) -> str:
    """Return everything that a score depends on, but for the parties.

    Example:
        >>> version_of(built_in_weights()).startswith("names/")
        True
    """
    return (
        f"{MATCHER_VERSION} {known_words().version} {weights.version} "
        f"unicode/{unicodedata.unidata_version}"
    )


def is_person(ours: str, theirs: str, names: Iterable[Name]) -> bool:
    """Tell whether names of these kinds are read as those of people.

    Where neither kind is known, a legal form or a word of trades says that it is not a person.
    """
    kinds = {ours, theirs}
    if kinds & {"organisation", "vessel", "aircraft"}:
        return False
    if "person" in kinds:
        return True
    return not any(
        part.role in (FORM, GENERIC) for name in names for part in name.parts(False).parts
    )


def _evidence(subject: Subject, entry: ListEntry, weights: Weights) -> list[Point]:
    """Return what dates, countries and kinds count for and against."""
    sizes = weights.evidence
    points = list[Point]()
    if "unknown" not in (subject.kind, entry.kind) and subject.kind != entry.kind:
        points.append(Point("kinds differ", subject.kind, entry.kind, -sizes["kind_differs"]))
    if subject.dates and entry.dates:
        people = "person" in (subject.kind, entry.kind)
        points.append(_date_point(subject.dates, entry.dates, sizes, people=people))
    if subject.countries and entry.countries:
        ours, theirs = ", ".join(subject.countries), ", ".join(entry.countries)
        if set(subject.countries) & set(entry.countries):
            points.append(Point("a country is the same", ours, theirs, sizes["country_same"]))
        else:
            points.append(Point("countries differ", ours, theirs, -sizes["country_differs"]))
    return points


FAR_APART = 5
"""So many years apart two years of birth are no slip of the pen."""


def _date_point(
    ours: Sequence[str], theirs: Sequence[str], sizes: Mapping[str, int], *, people: bool
) -> Point:
    texts = ", ".join(ours), ", ".join(theirs)
    if any(len(a) == 10 and a == b for a in ours for b in theirs):
        return Point("a date is the same", *texts, sizes["date_same"])
    if any(a[: len(b)] == b[: len(a)] for a in ours for b in theirs):
        return Point("a date agrees", *texts, sizes["year_same"])
    years = [[int(one[:4]) for one in dates if one[:4].isdigit()] for dates in (ours, theirs)]
    if people and all(years) and all(abs(a - b) > FAR_APART for a in years[0] for b in years[1]):
        return Point("years of birth are far apart", *texts, -sizes["years_apart"])
    return Point("dates differ", *texts, -sizes["date_differs"])


def _identifiers(subject: Subject, entry: ListEntry) -> list[Point]:
    for ours in subject.identifiers:
        for theirs in entry.identifiers:
            if same_identifier(ours, theirs):
                return [Point(f"the same {ours.kind}", ours.value, theirs.value, SCALE)]
    return []


def same_identifier(ours: Identifier, theirs: Identifier) -> bool:
    """Tell whether two identifiers are one: of the same kind, the same letters and digits.

    Identifiers of kind ``other`` are compared with every kind, and tax and registration numbers
    with each other. A BIC of eight letters is that of the head office: XXX may follow it. Numbers
    that two countries gave out are two numbers.

    Example:
        >>> same_identifier(Identifier("bic", "DEUTDEFF"), Identifier("bic", "DEUT DE FF XXX"))
        True
        >>> same_identifier(Identifier("imo", "IMO 9074729"), Identifier("imo", "9074729"))
        True
        >>> same_identifier(Identifier("lei", "9074729"), Identifier("imo", "9074729"))
        False
    """
    kinds = {ours.kind, theirs.kind}
    if len(kinds) > 1 and "other" not in kinds and kinds != {"tax_number", "registration_number"}:
        return False
    if ours.country and theirs.country and ours.country != theirs.country and not kinds & WORLDWIDE:
        return False
    first, second = identifier_key(ours), identifier_key(theirs)
    return bool(first) and first == second


WORLDWIDE = {"lei", "bic", "imo", "account"}


def identifier_key(identifier: Identifier) -> str:
    """Return an identifier as it is compared: what of it does not depend on how it is written.

    Example:
        >>> identifier_key(Identifier("bic", "deutdeffxxx"))
        'DEUTDEFF'
    """
    text = plain(identifier.value)
    if identifier.kind in ("imo", "other") and text.startswith("IMO") and text[3:].isdigit():
        text = text[3:]
    if identifier.kind in ("bic", "other") and len(text) == 11 and text.endswith("XXX"):
        text = text[:8]
    return text


def plain(value: str) -> str:
    """Return letters and digits alone, in capitals.

    Example:
        >>> plain("de-12 34")
        'DE1234'
    """
    if value.isascii():
        return value.upper().translate(NO_MARKS)
    text = unicodedata.normalize("NFKC", value).upper()
    return "".join(mark for mark in text if mark.isalnum())


NO_MARKS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())


def _bounded(points: Sequence[Point]) -> tuple[int, tuple[Point, ...]]:
    """Keep a sum between nought and the scale; what is cut is a point as well."""
    total = sum(point.points for point in points)
    kept = list(points)
    if total > SCALE:
        kept.append(Point("no more than the whole scale", "", "", SCALE - total))
    elif total < 0:
        kept.append(Point("no less than nought", "", "", -total))
    return sum(point.points for point in kept), tuple(kept)


def compare_with(
    subject: Subject, entry: ListEntry, likeness: Likeness, list_id: int, position: int
) -> Match:
    """Compare one subject with one entry; words compared before are remembered in ``likeness``."""
    weights = likeness.weights
    same = _identifiers(subject, entry)
    best: tuple[Point, ...] = ()
    best_total = -SCALE
    mine = [name_of(one) for text in subject.names for one in names_in(text)]
    listed = [(one, name_of(text)) for one in entry.names for text in names_in(one.text)]
    for first in mine:
        for theirs, second in listed:
            person = is_person(subject.kind, entry.kind, (first, second))
            found = compare_names(first, second, person, likeness)
            if found and theirs.quality == "weak":
                found += (Point("the list calls the name weak", "", "", -weights.names["weak"]),)
            total = sum(point.points for point in found)
            if total > best_total:
                best, best_total = found, total
    points = [*same] if same else [*best]
    if best or same:
        points += _evidence(subject, entry, weights)
    score, kept = _bounded(points)
    return Match(list_id, position, entry.reference, score, kept)


def compare(
    subject: Subject, entry: ListEntry, weights: Weights | None = None, *,
    list_id: int = 0, position: int = 0,
) -> Match:  # fmt: skip
    """Compare one subject with one entry, whatever the score.

    Example:
        >>> from skontro.gate.entries import ListedName
        >>> entry = ListEntry("7", "organisation", (ListedName("Old Oak Trading Ltd"),))
        >>> compare(Subject("organisation", ("Oak Trading, Old LLC",)), entry).score > 900
        True
    """
    return compare_with(subject, entry, Likeness(weights or built_in_weights()), list_id, position)
