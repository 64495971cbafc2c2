# SPDX-License-Identifier: Apache-2.0
"""Whether the laws of both sides let the goods and services of obligations pass.

For the seat: :func:`judge_goods` judges any number of obligations at once. What matters of a line
(both sides, kind, code, origin, transit, destination, end use) takes few different values; each
is judged once, as :func:`judge_case` does, then given to all lines that share it. One obligation is
judged by the same function on columns of length one, so a verdict that is derived again has the
same reasons to the byte::

    packs = PacksInForce({"A": SidePacks("NL", (pack,)), "B": SidePacks("IN", (other,))})
    goods = judge_goods(columns, packs, day)          # columns: skontro.gate.trade.TradeColumns
    papers = judge_papers(columns, rules, day, needs=goods.needs)
    both = all_together(goods.judged, papers)         # outcome (m,), why (m,), reasons
    goods.needs & LICENCE                             # whose licences are still to be looked at

``goods.judged`` does not speak of what rules *need*: ``judge_papers`` holds where an end-user
statement is needed and not there, and the caller looks for a licence
(:mod:`skontro.gate.licences`) for the few obligations that need one.

A verdict is derived again from: columns, texts of the packs, day. Write ``packs.digest`` and
:data:`RULES_VERSION` into it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.gate.nomenclature import about, goods_fault, is_service, is_weapon, service_fault
from skontro.gate.outcome import (
    Interned,
    Judged,
    JudgedMany,
    Reason,
    in_order,
    judged,
    of_lines,
    reason,
)
from skontro.gate.packs import (
    DENY,
    HOLD,
    NEEDS_LICENCE,
    NEEDS_STATEMENT,
    Pack,
    PacksInForce,
    Rule,
)
from skontro.gate.trade import (
    END_USES,
    Int64,
    Line,
    Owed,
    Texts,
    TradeColumns,
    is_country,
)

RULES_VERSION = "goods/1"

LICENCE, STATEMENT = 1, 2
"""What goods can need: a bit each."""

MASS_DESTRUCTION = frozenset({"nuclear", "missile", "chemical_weapons", "biological_weapons"})
MOST_TRANSIT = 16


@dataclass(frozen=True, slots=True)
class Case:
    """What matters of a line of an obligation: lines alike in this are judged alike.

    Attributes:
        debtor_side: Side of who owes: there goods come in.
        creditor_side: Side of who is owed: from there they go out.
        kind: Kind of trade.
        code: HS code or class of services.
        origin: Country.
        transit: Countries, with a blank between two.
        destination: Country.
        end_use: Word.
    """

    debtor_side: str
    creditor_side: str
    kind: str
    code: str
    origin: str
    transit: str
    destination: str
    end_use: str

    @classmethod
    def of(cls, one: Owed, line: Line) -> Case:
        """Return what matters of a line."""
        return cls(
            one.debtor_side, one.creditor_side, one.trade.kind, line.code, line.origin,
            " ".join(line.transit), line.destination, line.end_use,
        )  # fmt: skip


@dataclass(frozen=True)
class JudgedCase:
    """What is said of a case.

    Attributes:
        judged: Outcome and reasons, apart from what is needed.
        needs: Bits of what is needed.
        needed: Why it is: a reason for each rule that asks for something.
    """

    judged: Judged
    needs: int = 0
    needed: tuple[Reason, ...] = ()


_CLEAR = JudgedCase(Judged())


@dataclass(frozen=True)
class JudgedGoods:
    """What is said of the goods of many obligations, shape (m,).

    Attributes:
        judged: Outcome and reasons, apart from what is needed.
        needs: Bits of what is needed: ``LICENCE``, ``STATEMENT``.
        needed: Place in ``rules`` of why, shape (m,).
        rules: Reasons of what is needed; the first are none.
    """

    judged: JudgedMany
    needs: NDArray[np.uint8]
    needed: NDArray[np.int32]
    rules: list[tuple[Reason, ...]]


# ---- one case ----------------------------------------------------------------------------------


class _Opinion:
    """What is gathered while a part of a case is judged."""

    def __init__(self, **about_what: object) -> None:
        self.held, self.refused, self.needed = list[Reason](), list[Reason](), list[Reason]()
        self.needs, self.about = 0, about_what

    def hold(self, code: str, text: str, **about_what: object) -> None:
        self.held.append(reason(code, text, **self.about, **about_what))

    def ask(self, bit: int, code: str, text: str, **about_what: object) -> None:
        self.needs |= bit
        self.needed.append(reason(code, text, **self.about, **about_what))

    def verdict(self, level: int, what: str, side: str, pack: Pack, rule: Rule) -> None:
        """Take in what a rule says about something."""
        where = f"pack {pack.label} of side {side}, line {rule.line} ({rule.name})"
        told = {"side": side, "pack": pack.label, "line": rule.line}
        if level == DENY:
            text = f"{what} is denied by {where}"
            self.refused.append(reason("Denied", text, **self.about, **told))
        elif level == HOLD:
            self.hold("HeldByRule", f"{what} is held by {where}", **told)
        elif level == NEEDS_LICENCE:
            self.ask(LICENCE, "NeedsLicence", f"{what} needs a licence by {where}", **told)
        elif level == NEEDS_STATEMENT:
            text = f"{what} needs an end-user statement by {where}"
            self.ask(STATEMENT, "NeedsStatement", text, **told)

    def done(self) -> JudgedCase:
        return JudgedCase(judged(self.held, self.refused), self.needs, in_order(self.needed))


def judge_case(case: Case, packs: PacksInForce, day: datetime.date) -> JudgedCase:
    """Judge what matters of a line by the packs of both sides; the stricter wins.

    Args:
        case: What matters of it.
        packs: The packs of every side.
        day: The day that counts: a pack or a rule that is not in force on it does not speak.

    Example:
        >>> from skontro.gate.packs import SidePacks, starter_pack
        >>> west, east = SidePacks("NL", (starter_pack(),)), SidePacks("IN", (starter_pack(),))
        >>> case = Case("A", "B", "cross_border_goods", "100630", "IN", "", "NL", "food")
        >>> packs, day = PacksInForce({"A": west, "B": east}), datetime.date(2026, 6, 1)
        >>> judge_case(case, packs, day).judged.outcome
        'released'
        >>> cars = Case("A", "B", "cross_border_goods", "870323", "IN", "", "NL", "")
        >>> [why["code"] for why in judge_case(cars, packs, day).judged.reasons]
        ['NoRule', 'NoRule']
    """
    return _Laws(packs, day).on(case)


class _Laws:
    """The packs in force on a day, as cases are judged by them: code and places apart, so that
    each is judged once however they meet."""

    def __init__(self, packs: PacksInForce, day: datetime.date) -> None:
        self.packs, self.day = packs, day
        self.in_force = {
            side: [pack for pack in one.packs if pack.in_force(day)]
            for side, one in packs.sides.items()
        }
        self._for_some = [
            rule
            for side in sorted(self.in_force)
            for pack in self.in_force[side]
            for rule in (*pack.places, *pack.end_uses)
            if rule.codes
        ]

    def on(self, case: Case) -> JudgedCase:
        """Judge a case."""
        return _joined([self.on_code(case), self.on_places(case)])

    def rules_for(self, code: str) -> tuple[int, ...]:
        """Return which of the rules on places and end uses that are for some goods only are for
        these: codes with the same ones are judged alike there."""
        return tuple(at for at, rule in enumerate(self._for_some) if rule.is_for(code))

    def on_code(self, case: Case) -> JudgedCase:
        """Judge the code; of the end use it matters only whether it is said."""
        said = _Opinion(goods=case.code)
        fault = _code_fault(case)
        if fault:
            said.hold("UnknownCode" if case.code else "NoCode", fault)
        for side, direction in _ways(case):
            if not self.in_force.get(side):
                text = f"side {side} has no rule pack in force on {self.day}"
                said.held.append(reason("NoPack", text, side=side))
            for pack in () if fault else self.in_force.get(side, ()):
                self._ask_code(said, case, pack, (side, direction))
        if is_weapon(case.code):
            text = "arms, explosives and nuclear goods need a licence, whatever packs say"
            said.ask(LICENCE, "NeedsLicence", text)
        return said.done()

    def _ask_code(self, said: _Opinion, case: Case, pack: Pack, way: tuple[str, str]) -> None:
        code, (side, direction) = case.code, way
        words = about(code)
        what = f"{code} ({words})" if words else code
        rule = pack.rule_for(code, direction, self.day)
        told = {"side": side, "pack": pack.label}
        if rule is None:
            text = f"pack {pack.label} of side {side} has no rule for {what}"
            said.hold("NoRule", text, **told)
            return
        said.verdict(rule.verdict, what, side, pack, rule)
        finer = pack.finer_rule(code, rule.verdict, direction, self.day)
        if finer is not None:
            text = f"{what} needs more digits: pack {pack.label} of side {side} tells apart what " \
                   f"begins with it, line {finer.line} ({finer.name})"  # fmt: skip
            said.hold("CodeTooShort", text, line=finer.line, **told)
        if rule.dual_use and not case.end_use:
            text = f"{what} can serve a military end: its end use must be said"
            said.hold("NoEndUse", text, line=rule.line, **told)

    def on_places(self, case: Case) -> JudgedCase:
        """Judge where goods come from and go to, and what for; of the code it matters only which
        rules are for it."""
        said = _Opinion()
        transit = case.transit.split()
        _check_places(said, case, transit)
        _check_kind(said, case, transit, self.packs)
        if case.end_use and case.end_use not in END_USES:
            said.hold("UnknownEndUse", f"{case.end_use!r} is no end use that is known")
        if case.end_use in MASS_DESTRUCTION:
            said.hold("MassDestruction", f"the end use is {case.end_use.replace('_', ' ')}")
        if case.end_use == "military":
            text = "goods for a military end need a licence, whatever packs say"
            said.ask(LICENCE, "NeedsLicence", text)
        for side, direction in _ways(case):
            for pack in self.in_force.get(side, ()):
                self._ask_beside(said, case, pack, (side, direction))
        return said.done()

    def _ask_beside(self, said: _Opinion, case: Case, pack: Pack, way: tuple[str, str]) -> None:
        side, direction = way
        where = {
            "origin": {case.origin}, "transit": set(case.transit.split()),
            "destination": {case.destination},
        }  # fmt: skip
        for rule in pack.places:
            if rule.holds(direction, self.day) and rule.is_for(case.code):
                for on in rule.on:
                    for country in sorted(where[on] & rule.words):
                        said.verdict(rule.verdict, f"{on} {country}", side, pack, rule)
        for rule in pack.end_uses:
            is_for = rule.holds(direction, self.day) and rule.is_for(case.code)
            if is_for and case.end_use in rule.words:
                said.verdict(rule.verdict, f"end use {case.end_use}", side, pack, rule)


def _ways(case: Case) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return where goods go out and where they come in."""
    return (case.creditor_side, "export"), (case.debtor_side, "import")


def _code_fault(case: Case) -> str:
    if not case.code:
        return "a line has no HS code or class of services"
    if case.kind == "services" or (case.kind == "advance" and is_service(case.code)):
        fault = service_fault(case.code)
    else:
        fault = goods_fault(case.code)
    return f"{case.code!r}: {fault}" if fault else ""


def _check_places(said: _Opinion, case: Case, transit: Sequence[str]) -> None:
    """Hold where a place is missing or is none."""
    named = [("origin", case.origin), ("destination", case.destination)]
    for what, country in [*named, *(("transit", one) for one in transit[:MOST_TRANSIT])]:
        if country and not is_country(country):
            said.hold("UnknownCountry", f"{what}: {country!r} is no country of ISO 3166")
    if len(transit) > MOST_TRANSIT:
        said.hold("TooManyCountries", f"goods pass through more than {MOST_TRANSIT} countries")
    if case.kind in ("cross_border_goods", "union_goods"):
        for what, country in named:
            if not country:
                said.hold(f"No{what.capitalize()}", f"goods over a border need their {what}")


def _check_kind(
    said: _Opinion, case: Case, transit: Sequence[str], packs: PacksInForce
) -> None:
    """Hold where places do not go with the kind of trade."""
    homes = [packs.sides[side].country for side in (case.debtor_side, case.creditor_side)
             if side in packs.sides]  # fmt: skip
    touched = sorted({*homes, *filter(None, [case.destination, *transit])})
    if case.kind == "domestic_goods" and len(touched) > 1:
        said.hold("NotDomestic", f"domestic goods touch {' and '.join(touched)}")
    elif case.kind == "union_goods":
        if not packs.in_union(touched):
            said.hold("NotInUnion", f"no customs union has {' and '.join(touched)} in it")
        elif len(touched) == 1:
            said.hold("NotInUnion", f"goods that stay in {touched[0]} are domestic")


# ---- many at once ------------------------------------------------------------------------------


def judge_goods(columns: TradeColumns, packs: PacksInForce, day: datetime.date) -> JudgedGoods:
    """Judge the goods and services of many obligations; see the module for how it is used.

    Args:
        columns: The obligations; one whose lines are missing is held.
        packs: The packs of every side.
        day: The day that counts.

    Example:
        >>> from skontro.gate.packs import SidePacks, starter_pack
        >>> from skontro.gate.trade import Trade
        >>> home = SidePacks("NL", (starter_pack(),))
        >>> milk = Owed("A", "A", 100, Trade("domestic_goods", (Line("040120", 100),)))
        >>> none = Owed("A", "A", 100, Trade("domestic_goods"))
        >>> told = judge_goods(
        ...     TradeColumns.of([milk, none]), PacksInForce({"A": home}), datetime.date(2026, 6, 1)
        ... )
        >>> told.judged.outcome.tolist(), told.judged.at(1).reasons[0]["code"]
        ([0, 1], 'NoLine')
    """
    which, said = _judge_lines(columns, _Laws(packs, day))
    nothing = JudgedCase(judged([reason("NoLine", "there is no line that says what it is for")]))
    owed = columns.lines.owed
    if owed is None:
        return _gather(which, said)
    missing = columns.without_lines()
    sets, distinct = _per_obligation(which, owed, len(columns), missing, said)
    return _gather(sets, [
        _joined([_of_line(said[one], number) for one, number in places]) if places else nothing
        for places in distinct
    ])  # fmt: skip


def _of_line(said: JudgedCase, number: int) -> JudgedCase:
    """Return what is said of a line that is one of several, so that reasons name it."""
    if not number:
        return said
    whys, needed = ([of_lines(why, [number]) for why in some]
                    for some in (said.judged.reasons, said.needed))  # fmt: skip
    return JudgedCase(Judged(said.judged.outcome, in_order(whys)), said.needs, in_order(needed))


def _judge_lines(columns: TradeColumns, laws: _Laws) -> tuple[Int64, list[JudgedCase]]:
    """Return what is said of each line, shape (k,), as a place among all that is said."""
    lines, owed = columns.lines, columns.lines.owed

    def at_lines(texts: Texts) -> Texts:
        texts = texts.once()
        return texts if owed is None else Texts(texts.index[owed], texts.texts)

    code = lines.code.once()
    kinds = dict[tuple[int, ...], int]()
    alike = [kinds.setdefault(laws.rules_for(one), len(kinds)) for one in code.texts]
    rules = np.array(alike, np.int32)[code.index] if alike else code.index
    has_end_use = lines.end_use.told([bool(text) for text in lines.end_use.texts])
    debtor, creditor = at_lines(columns.debtor_side), at_lines(columns.creditor_side)
    kind = at_lines(columns.kind)
    common = [debtor.index, creditor.index, kind.index]
    sizes = [len(texts.texts) for texts in (debtor, creditor, kind)]
    places = [one.once() for one in (lines.origin, lines.transit, lines.destination, lines.end_use)]
    of_code, first_code = distinct_rows(
        [*common, code.index, has_end_use], [*sizes, len(code.texts), 2]
    )
    of_place, first_place = distinct_rows(
        [*common, rules, *(texts.index for texts in places)],
        [*sizes, len(kinds), *(len(texts.texts) for texts in places)],
    )
    parts = [debtor, creditor, kind, code, *places]

    def case(row: int) -> Case:
        return Case(*(part[row] for part in parts))

    codes, on_code = _once([laws.on_code(case(row)) for row in first_code.tolist()])
    wheres, on_places = _once([laws.on_places(case(row)) for row in first_place.tolist()])
    if not len(of_code):
        return of_code, []
    of_code, of_place = codes[of_code], wheres[of_place]
    which, first = distinct_rows([of_code, of_place], [len(on_code), len(on_places)])
    pairs = zip(of_code[first].tolist(), of_place[first].tolist(), strict=True)
    return which, [_joined([on_code[one], on_places[two]]) for one, two in pairs]


def _once(said: Sequence[JudgedCase]) -> tuple[Int64, list[JudgedCase]]:
    """Keep equal ones once; return the place of each, and those kept."""
    places, kept = dict[bytes, int](), list[JudgedCase]()
    index = np.zeros(len(said), np.int64)
    for at, one in enumerate(said):
        key = b"" if one == _CLEAR else canonical_json(
            [one.judged.outcome, one.judged.reasons, one.needs, one.needed]
        )  # fmt: skip
        if key not in places:
            places[key] = len(kept)
            kept.append(one)
        index[at] = places[key]
    return index, kept


def distinct_rows(
    columns: Sequence[NDArray[Any]], sizes: Sequence[int]
) -> tuple[Int64, Int64]:
    """Number rows of small numbers so that equal rows have one number.

    Args:
        columns: Numbers, each from nought up to its size, shape (k,) each.
        sizes: How many different numbers there are in each column.

    Returns:
        The number of each row, shape (k,), and for each number a row that has it.

    Example:
        >>> one, two = np.array([0, 1, 0], np.int32), np.array([1, 1, 1], np.int32)
        >>> distinct_rows([one, two], [2, 2])[0].tolist()
        [0, 1, 0]
    """
    key, room = np.zeros(len(columns[0]), np.int64), 1
    for column, size in zip(columns, sizes, strict=True):
        if room * max(size, 1) >= 2**62:
            key, room = _renumbered(key)
        key = key * max(size, 1) + column
        room *= max(size, 1)
    key, _ = _renumbered(key, room)
    first = np.zeros(int(key.max()) + 1 if len(key) else 0, np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    return key, first


_ROOM_FOR_A_TABLE, _ROOM_A_KEY = 1 << 22, 16
"""Of how many different keys at most there is a table, in all and for each key: for one obligation
by itself a table of a million takes longer than the judgement."""


def _renumbered(key: Int64, room: int = 2**62) -> tuple[Int64, int]:
    """Number keys from nought up, in their order."""
    if room <= min(_ROOM_FOR_A_TABLE, _ROOM_A_KEY * len(key)):
        seen = np.zeros(room, np.bool_)
        seen[key] = True
        numbers = np.cumsum(seen) - 1
        return numbers[key], int(seen.sum())
    found, which = np.unique(key, return_inverse=True)
    return which.astype(np.int64), max(len(found), 1)


def _per_obligation(
    which: Int64, owed: Int64, count: int, missing: NDArray[np.bool_], said: Sequence[JudgedCase]
) -> tuple[Int64, list[tuple[tuple[int, int], ...]]]:
    """Number obligations by the set of cases their lines fall into.

    Lines that are released and need nothing add nothing, so only the others are looked at one by
    one; the case of an obligation without such a line is the first of its lines'. Beside each case
    stands the number of the line, nought where an obligation has one alone.
    """
    plain = np.array([one.judged.outcome == "released" and not one.needs for one in said], np.bool_)
    sets = np.zeros(count, np.int64)
    distinct: dict[tuple[tuple[int, int], ...], int] = {}
    clear = int(np.flatnonzero(plain)[0]) if plain.any() else -1
    distinct[((clear, 0),) if clear >= 0 else ()] = 0
    if missing.any():
        sets[missing] = distinct.setdefault((), len(distinct))
    rows = np.flatnonzero(~plain[which]) if len(which) else np.zeros(0, np.int64)
    if not len(rows):
        return sets, list(distinct)
    wide, many = len(said), np.bincount(owed, minlength=count)
    number = np.arange(len(owed)) - (np.cumsum(many) - many)[owed] + 1
    number[many[owed] == 1] = 0
    of, case, line = owed[rows], which[rows], number[rows]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    lengths = np.diff(np.r_[starts, len(of)])
    is_single = (lengths == 1) & (line[starts] == 0)
    single, others = starts[is_single], np.flatnonzero(~is_single)
    places = np.full(wide, -1, np.int64)
    for one in np.unique(case[single]).tolist():
        places[one] = distinct.setdefault(((one, 0),), len(distinct))
    sets[of[single]] = places[case[single]]
    cases, lines = case.tolist(), line.tolist()
    for start, length in zip(starts[others].tolist(), lengths[others].tolist(), strict=True):
        part = slice(start, start + length)
        key = tuple(zip(cases[part], lines[part], strict=True))
        sets[of[start]] = distinct.setdefault(key, len(distinct))
    return sets, list(distinct)


def _joined(cases: Sequence[JudgedCase]) -> JudgedCase:
    """Return what is said of an obligation whose lines fall into several cases."""
    cases = [one for one in cases if one != _CLEAR] or list(cases[:1])
    if len(cases) == 1:
        return cases[0]
    refused = any(one.judged.outcome == "refused" for one in cases)
    held = any(one.judged.outcome == "held" for one in cases)
    needs = 0
    for one in cases:
        needs |= one.needs
    return JudgedCase(
        Judged(
            "refused" if refused else "held" if held else "released",
            in_order(why for one in cases for why in one.judged.reasons),
        ),
        needs, in_order(why for one in cases for why in one.needed),
    )  # fmt: skip


def _gather(which: Int64, said: Sequence[JudgedCase]) -> JudgedGoods:
    needed = Interned()
    places = np.array([needed.add(one.needed) for one in said], np.int32)
    needs = np.array([one.needs for one in said], np.uint8)
    if not len(said):
        places, needs = np.zeros(1, np.int32), np.zeros(1, np.uint8)
        which = np.zeros(len(which), np.int64)
    return JudgedGoods(
        JudgedMany.gathered(which, [one.judged for one in said]), needs[which], places[which],
        needed.all,
    )  # fmt: skip


# ---- what a change touches ---------------------------------------------------------------------


def touched_cases(
    cases: Sequence[Case], before: PacksInForce, after: PacksInForce, day: datetime.date
) -> list[Case]:
    """Return the cases that are judged otherwise after a change of packs.

    Args:
        cases: Those that wait.
        before: The packs till now.
        after: The packs from now on.
        day: The day that counts.

    Example:
        >>> touched_cases([], PacksInForce({}), PacksInForce({}), datetime.date(2026, 6, 1))
        []
    """
    old, new = _Laws(before, day), _Laws(after, day)
    return [one for one in cases if old.on(one) != new.on(one)]
