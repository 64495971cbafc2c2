# SPDX-License-Identifier: Apache-2.0
"""Rule packs: what the law of a side lets pass, as readable, dated files that say why.

A pack allows, denies, or asks for a licence or an end-user statement, by the first digits of HS
codes (the longest rule wins) and by classes of services; it speaks about places (origin, transit,
destination) and end uses beside that. What it does not speak of is held. The packs of the
debtor's and of the creditor's side both apply, and the stricter wins.

No pack can lower what stands here: an allow rule has two digits or more; no pack allows
everything; arms, explosives and nuclear goods never pass without a licence; goods of dual use
never without a licence or a statement; goods for weapons of mass destruction are always held.

The seat calls :func:`read_pack` when two people take a pack into force (and keeps its text, so
that a verdict can be derived again), puts the packs of all sides into one
:class:`PacksInForce`, and hands that to :func:`skontro.gate.goods.judge_goods`.
"""

from __future__ import annotations

import bisect
import datetime
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files

from skontro.core.digest import canonical_json
from skontro.core.errors import InvalidPack, InvalidRules
from skontro.gate.nomenclature import CHAPTERS, SERVICES, about, is_service, is_weapon, prefix_fault
from skontro.gate.trade import END_USES, UNIONS, is_country
from skontro.house.reading import Section, listing, show

VERDICTS = ("allow", "needs_end_user_statement", "needs_licence", "hold", "deny")
"""What a rule can say, from the mildest to the strictest."""

ALLOW, NEEDS_STATEMENT, NEEDS_LICENCE, HOLD, DENY = range(5)
DIRECTIONS = ("import", "export")
PLACES = ("origin", "transit", "destination")

MOST_BYTES = 4 << 20
MOST_RULES = 100_000

_PACK = ("id", "version", "dated", "title", "valid_from", "valid_until", "legal_opinion")
_WHEN = ("direction", "valid_from", "valid_until")
_RULE = ("hs", "service", "verdict", "name", "dual_use", *_WHEN)
_PLACE = ("countries", "on", "hs", "verdict", "name", *_WHEN)
_USE = ("end_use", "hs", "verdict", "name", *_WHEN)
_HEADS = {"rule": "[[rule]]", "place": "[[place]]", "end_use": "[[end_use]]"}


@dataclass(frozen=True)
class Rule:
    """One rule of a pack.

    Attributes:
        line: Where it stands in the file, counted from 1.
        verdict: Place in :data:`VERDICTS`.
        name: What it is about, in the pack's own words.
        codes: First digits of codes; empty for rules on places and end uses that are for all.
        words: Countries of a rule on places; end uses of a rule on these.
        on: Which of :data:`PLACES` a rule on places looks at.
        direction: ``import``, ``export``, or empty for both.
        dual_use: Whether the goods can serve a military end too.
        valid_from: From which day on, if said.
        valid_until: To which day, that day too, if said.
    """

    line: int
    verdict: int
    name: str
    codes: tuple[str, ...]
    words: frozenset[str] = frozenset()
    on: tuple[str, ...] = ()
    direction: str = ""
    dual_use: bool = False
    valid_from: datetime.date | None = None
    valid_until: datetime.date | None = None

    def holds(self, direction: str, day: datetime.date) -> bool:
        """Tell whether the rule is for goods that go this way on a day.

        Args:
            direction: One of :data:`DIRECTIONS`.
            day: The day that counts.
        """
        return self.direction in ("", direction) and _within(self, day)

    def is_for(self, code: str) -> bool:
        """Tell whether a rule on places or end uses may be for a code."""
        if not self.codes:
            return True
        return any(code.startswith(one) or one.startswith(code) for one in self.codes)


@dataclass(frozen=True)
class Pack:
    """A rule pack as it was read.

    Attributes:
        id: What it is called.
        version: Which version of it.
        dated: The day it is of.
        title: What it is, in words.
        valid_from: From which day on it holds.
        valid_until: To which day, that day too; None if it has no end.
        legal_opinion: Id of the opinion it rests on, or empty.
        rules: By first digits or class.
        places: On origin, transit, destination.
        end_uses: On end uses.
        digest: SHA-256 of the file, hexadecimal.
    """

    id: str
    version: str
    dated: datetime.date
    title: str
    valid_from: datetime.date
    valid_until: datetime.date | None
    legal_opinion: str
    rules: tuple[Rule, ...]
    places: tuple[Rule, ...]
    end_uses: tuple[Rule, ...]
    digest: str

    @property
    def label(self) -> str:
        """Return id and version, as reasons name it.

        Example:
            >>> starter_pack().label.partition("/")[0]
            'starter'
        """
        return f"{self.id}/{self.version}"

    def in_force(self, day: datetime.date) -> bool:
        """Tell whether the pack holds on a day."""
        return _within(self, day)

    @cached_property
    def _by_code(self) -> dict[str, list[Rule]]:
        found = dict[str, list[Rule]]()
        for rule in self.rules:
            for code in rule.codes:
                found.setdefault(code, []).append(rule)
        return found

    @cached_property
    def _codes(self) -> list[str]:
        return sorted(self._by_code)

    def rule_for(self, code: str, direction: str, day: datetime.date) -> Rule | None:
        """Return the rule with the longest beginning of a code; of several, the strictest.

        Args:
            code: An HS code or a class of services.
            direction: ``import`` or ``export``.
            day: The day that counts.

        Example:
            >>> day = datetime.date(2026, 6, 1)
            >>> rule = starter_pack().rule_for("300215", "import", day)
            >>> VERDICTS[rule.verdict], rule.name
            ('allow', 'vaccines, blood products')
        """
        for length in range(len(code), 1, -1):
            found = self._by_code.get(code[:length], ())
            rules = [one for one in found if one.holds(direction, day)]
            if rules:
                return max(rules, key=lambda one: (one.verdict, -one.line))
        return None

    def finer_rule(
        self, code: str, milder_than: int, direction: str, day: datetime.date
    ) -> Rule | None:
        """Return a rule for more digits than a code has that is stricter than what was found.

        Args:
            code: An HS code or a class of services.
            milder_than: Place in :data:`VERDICTS` of what was found.
            direction: ``import`` or ``export``.
            day: The day that counts.
        """
        start = bisect.bisect_right(self._codes, code)
        for place in range(start, len(self._codes)):
            longer = self._codes[place]
            if not longer.startswith(code):
                return None
            for rule in self._by_code[longer]:
                if rule.verdict > milder_than and rule.holds(direction, day):
                    return rule
        return None


def _within(one: Pack | Rule, day: datetime.date) -> bool:
    after = one.valid_from is None or one.valid_from <= day
    return after and (one.valid_until is None or day <= one.valid_until)


@dataclass(frozen=True)
class SidePacks:
    """What the law of one side is.

    Attributes:
        country: Its jurisdiction, ISO 3166 alpha-2.
        packs: Its packs; each applies, and the stricter wins.
    """

    country: str
    packs: tuple[Pack, ...]


@dataclass(frozen=True)
class PacksInForce:
    """The packs of every side of the house.

    Attributes:
        sides: By id of the side.
        unions: Customs unions, by name: their countries.

    Example:
        >>> packs = PacksInForce({"A": SidePacks("NL", (starter_pack(),))})
        >>> len(packs.digest)
        64
    """

    sides: Mapping[str, SidePacks]
    unions: Mapping[str, frozenset[str]] = field(default_factory=lambda: UNIONS)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of which packs and unions these are, hexadecimal: a verdict names it."""
        content = {
            "sides": {
                side: [one.country, sorted(pack.digest for pack in one.packs)]
                for side, one in self.sides.items()
            },
            "unions": {name: sorted(members) for name, members in self.unions.items()},
        }
        return hashlib.sha256(canonical_json(content)).hexdigest()

    def in_union(self, countries: Sequence[str]) -> bool:
        """Tell whether there is a customs union that all countries are in."""
        return any(set(countries) <= members for members in self.unions.values())


# ---- reading -----------------------------------------------------------------------------------


def starter_pack() -> Pack:
    """Return the pack that comes with the package: food, medicine, medical devices; it holds the
    rest. It is a start, not legal advice.

    Example:
        >>> starter_pack().title
        'Food, medicine and medical devices'
    """
    return read_pack(files("skontro.gate").joinpath("data/starter.toml").read_bytes(), "starter")


def read_pack(content: bytes | str, name: str = "pack") -> Pack:
    """Read a rule pack.

    Args:
        content: The file.
        name: What it is called in refusals.

    Returns:
        The pack; its digest is that of exactly this file.

    Raises:
        InvalidPack: With the line at fault.

    Example:
        >>> read_pack(b'[pack]\\nid = "p"\\n[[rule]]\\nhs = ["3"]\\nverdict = "allow"\\n')
        Traceback (most recent call last):
        skontro.core.errors.InvalidPack: pack, line 4: hs: '3': a rule is for 2 to 10 digits of \
the HS, or a class of services
    """
    body = content.encode() if isinstance(content, str) else content
    reader = _Reader(body, name)
    pack = reader.pack()
    _check_whole(reader, pack)
    return pack


class _Reader:
    """Reads one file; says in which line what is at fault stands."""

    def __init__(self, body: bytes, name: str) -> None:
        self.name, self.body = name, body
        if len(body) > MOST_BYTES:
            raise self.refused(0, f"a pack has at most {MOST_BYTES >> 20} MiB")
        try:
            text = body.decode("utf-8")
            tables = tomllib.loads(text)
        except UnicodeDecodeError:
            raise self.refused(0, "it is not UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise self.refused(0, f"it is not TOML: {error}") from None
        self.lines = text.split("\n")
        self.starts = {
            key: [at for at, line in enumerate(self.lines, 1) if _head(line) == head]
            for key, head in _HEADS.items()
        }
        try:
            self.top = Section(tables, "", ("pack", *_HEADS))
        except InvalidRules as error:
            raise self.refused(0, error.message, error.next_step) from None

    def refused(self, line: int, message: str, next_step: str | None = None) -> InvalidPack:
        """Return the refusal of a line; 0 where it is about the whole."""
        where = f"{self.name}, line {line}" if line else self.name
        if next_step == InvalidRules.default_next_step:
            next_step = None
        return InvalidPack(f"{where}: {message}", next_step=next_step, details={"line": line})

    def line_of(self, key: str, number: int, entry: str = "") -> int:
        """Return the line where an entry of the table so many of a kind stands."""
        starts = self.starts[key]
        if number > len(starts):
            return 0
        first = starts[number - 1]
        for at in range(first, len(self.lines)):
            line = self.lines[at].strip()
            if line.startswith("["):
                break
            if entry and line.partition("=")[0].strip().strip("\"'") == entry:
                return at + 1
        return first

    def pack(self) -> Pack:
        """Read it all."""
        found: dict[str, list[Rule]] = {key: [] for key in _HEADS}
        makers = {"rule": self._rule, "place": self._place, "end_use": self._end_use}
        keys = {"rule": _RULE, "place": _PLACE, "end_use": _USE}
        for key, make in makers.items():
            tables = self.top.values.get(key, [])
            if not isinstance(tables, list):
                raise self.refused(0, f"begin each {key} with [[{key}]]")
            if len(tables) > MOST_RULES:
                raise self.refused(0, f"a pack has at most {MOST_RULES} rules of a kind")
            for number, values in enumerate(tables, 1):
                try:
                    section = Section(values, "", keys[key])
                    found[key].append(make(section, self.line_of(key, number)))
                except InvalidRules as error:
                    entry = str(error.details.get("place", ""))
                    line = self.line_of(key, number, entry)
                    raise self.refused(line, error.message, error.next_step) from None
        return self._headed(found)

    def _headed(self, found: Mapping[str, Sequence[Rule]]) -> Pack:
        try:
            head = self.top.section("pack", _PACK)
            return Pack(
                head.text("id"), head.text("version"), head.day("dated"), head.text("title"),
                head.day("valid_from"), head.day("valid_until") if "valid_until" in head else None,
                head.text("legal_opinion", "", empty=True), tuple(found["rule"]),
                tuple(found["place"]), tuple(found["end_use"]),
                hashlib.sha256(self.body).hexdigest(),
            )  # fmt: skip
        except InvalidRules as error:
            raise self.refused(0, error.message, error.next_step) from None

    def _codes(self, section: Section, key: str) -> tuple[str, ...]:
        codes = []
        for word in section.words(key):
            code = word.replace(" ", "").replace(".", "")
            fault = prefix_fault(code)
            if not fault and is_service(code) != (key == "service"):
                fault = "goods stand under hs, classes of services under service"
            if fault:
                raise _at(key, f"{show(word)}: {fault}")
            codes.append(code)
        return tuple(codes)

    def _when(self, section: Section) -> tuple[str, datetime.date | None, datetime.date | None]:
        first = section.day("valid_from") if "valid_from" in section else None
        last = section.day("valid_until") if "valid_until" in section else None
        if first and last and last < first:
            raise _at("valid_until", "it ends before it begins")
        return section.choice("direction", DIRECTIONS, ""), first, last

    def _rule(self, section: Section, line: int) -> Rule:
        codes = [code for key in ("hs", "service") if key in section
                 for code in self._codes(section, key)]  # fmt: skip
        if not codes:
            raise _at("hs", "a rule says for which codes it is: hs or service")
        verdict = VERDICTS.index(section.choice("verdict", VERDICTS))
        dual_use = section.values.get("dual_use", False)
        if not isinstance(dual_use, bool):
            raise _at("dual_use", "it is true or false")
        if dual_use and verdict == ALLOW:
            raise _at("verdict", "goods of dual use need a licence or an end-user statement")
        for code in codes:
            if verdict < NEEDS_LICENCE and is_weapon(code):
                raise _at("verdict", f"goods under {code} need a licence at least")
        direction, first, last = self._when(section)
        return Rule(
            line, verdict, section.text("name", about(codes[0])), tuple(codes),
            direction=direction, dual_use=dual_use, valid_from=first, valid_until=last,
        )  # fmt: skip

    def _place(self, section: Section, line: int) -> Rule:
        countries = section.words("countries")
        for country in countries:
            if not is_country(country):
                raise _at("countries", f"{show(country)} is no country of ISO 3166")
        on = section.words("on") if "on" in section else PLACES
        for place in on:
            if place not in PLACES:
                raise _at("on", f"{show(place)} is not known; it is {listing(PLACES)}")
        return self._beside(section, line, frozenset(countries), on)

    def _end_use(self, section: Section, line: int) -> Rule:
        words = section.words("end_use")
        for word in words:
            if word not in END_USES:
                raise _at("end_use", f"{show(word)} is not known; it is {listing(END_USES)}")
        return self._beside(section, line, frozenset(words), ())

    def _beside(
        self, section: Section, line: int, words: frozenset[str], on: tuple[str, ...]
    ) -> Rule:
        """Read what rules on places and end uses have in common: they only make stricter."""
        verdict = VERDICTS.index(section.choice("verdict", VERDICTS))
        if verdict == ALLOW:
            raise _at("verdict", "such a rule only makes stricter: it allows nothing")
        codes = self._codes(section, "hs") if "hs" in section else ()
        direction, first, last = self._when(section)
        return Rule(line, verdict, section.text("name"), codes, words, on, direction,
                    valid_from=first, valid_until=last)  # fmt: skip


def _at(key: str, message: str) -> InvalidRules:
    return InvalidRules(f"{key}: {message}", details={"place": key})


def _head(line: str) -> str:
    return line.partition("#")[0].replace(" ", "").strip()


def _check_whole(reader: _Reader, pack: Pack) -> None:
    """Refuse a pack that allows everything, or ends before it begins."""
    if pack.valid_until is not None and pack.valid_until < pack.valid_from:
        raise reader.refused(0, "it ends before it begins")
    if not pack.rules:
        raise reader.refused(0, "there is no rule in it: it would hold everything")
    allowed = sorted({code for one in pack.rules if one.verdict == ALLOW for code in one.codes})
    barred = {
        code[:2]
        for one in pack.rules
        if one.verdict != ALLOW and one.holds("import", pack.valid_from)
        and one.holds("export", pack.valid_from) and one.valid_until is None
        for code in one.codes
    }  # fmt: skip
    goods = [f"{chapter:02d}" for chapter in CHAPTERS if chapter != 93]
    for kinds, what in ((goods, "chapter"), (list(SERVICES), "class of services")):
        if all(one not in barred and _is_whole(one, allowed) for one in kinds):
            raise reader.refused(
                pack.rules[-1].line, f"the pack allows everything: it bars no {what}"
            )


def _is_whole(start: str, allowed: Sequence[str]) -> bool:
    """Whether rules allow all codes that start so, by one rule or piece by piece."""
    place = bisect.bisect_left(allowed, start)
    if place == len(allowed) or not allowed[place].startswith(start):
        return start[0] != "S" and start[2:4] == "00"
    return allowed[place] == start or all(_is_whole(f"{start}{one}", allowed) for one in range(10))
