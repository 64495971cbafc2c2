# SPDX-License-Identifier: Apache-2.0
"""Whether an obligation has the papers that trade of its kind goes with.

===================  =============================================================================
kind                 needs
===================  =============================================================================
cross_border_goods   a customs declaration (its reference; the declaration itself comes from the
                     authority, see :mod:`skontro.gate.customs`)
union_goods          a transport document or tax evidence
domestic_goods       a tax invoice
services             a contract and, as the code of each line, a class of services
advance              a contract and a day by which the papers come
anything else        is held
===================  =============================================================================

A paper counts with number, date, issuer and digest of the original, if its date is neither ahead
nor too old. Where a rule pack asks for an end-user statement, one must be there. The lines must
come to the amount, within what taxes and freight explain.

For the seat: :func:`judge_papers` judges any number of obligations at once, as
:func:`skontro.gate.goods.judge_goods` does; a single one is judged as columns of length one
(``TradeColumns.of([Owed(...)])``), with the same reasons to the byte. A verdict is derived again
from: columns, rules, day, and what the goods need.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.gate.goods import STATEMENT, distinct_rows
from skontro.gate.nomenclature import is_service
from skontro.gate.outcome import Judged, JudgedMany, Reason, judged, reason
from skontro.gate.trade import KINDS, NO_DAY, PAPERS, Flags, Int64, TradeColumns
from skontro.house.reading import Section
from skontro.house.tolerances import BOUNDS, read_tolerances

RULES_VERSION = "papers/1"

NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "cross_border_goods": (("customs_declaration",),),
    "union_goods": (("transport_document", "tax_evidence"),),
    "domestic_goods": (("tax_invoice",),),
    "services": (("contract",),),
    "advance": (("contract",),),
}
"""For each kind of trade: one of each group must be there. No setting makes it less."""

FAULTS = ("", "no number", "no date", "a date ahead", "a date too far back", "no issuer",
          "no digest of its original")  # fmt: skip
"""What can be wrong with a paper, the first fault found."""

LINES_MORE, LINES_LESS, OVERFLOW = 1, 2, 4
NO_DUE, DUE_PAST, DUE_FAR = 1, 2, 4


@dataclass(frozen=True)
class PaperRules:
    """What papers may be like; bounded, so that no setting makes it nothing.

    Attributes:
        oldest_days: How old a paper may be when it is judged; 1 to 3650.
        advance_days: How far ahead the papers of an advance may be due; 1 to 1095.
        amount_above: By what share the amount may be above its lines: taxes, freight; up to 1/2.
        amount_below: By what share it may be below; up to 1/10.

    Example:
        >>> PaperRules.from_mapping({"oldest_days": 90}).oldest_days
        90
    """

    oldest_days: int = 730
    advance_days: int = 365
    amount_above: Fraction = Fraction(3, 10)
    amount_below: Fraction = Fraction(1, 100)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> PaperRules:
        """Read the rules; what is left out is as usual.

        Raises:
            InvalidRules: A value is out of bounds.
        """
        section = Section(mapping, "papers", BOUNDS["papers"])
        return replace(cls(), **read_tolerances(section, "papers"))  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int | str]:
        """Return the rules so that :meth:`from_mapping` reads them again."""
        return {key: value if isinstance(value, int) else str(value)
                for key, value in vars(self).items()}  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, hexadecimal: a verdict names it."""
        content = [
            self.oldest_days, self.advance_days, str(self.amount_above), str(self.amount_below),
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class PaperCase:
    """What matters of an obligation's papers: obligations alike in this are judged alike.

    Attributes:
        kind: Kind of trade.
        sound: Bits of the kinds of papers that count.
        faulty: Kinds of papers that do not, and what is wrong: place in ``PAPERS`` times number
            of faults plus place in ``FAULTS``, as bits.
        unknown: Whether a paper is of no kind that is known.
        needs: Bits of what the goods need.
        due: Bits of what is wrong with the day the papers of an advance are due.
        amount: Bits of what is wrong with amount and lines.
        classes: Whether every line has a class of services as its code.
    """

    kind: str
    sound: int = 0
    faulty: int = 0
    unknown: bool = False
    needs: int = 0
    due: int = 0
    amount: int = 0
    classes: bool = True


def judge_papers_case(case: PaperCase, rules: PaperRules) -> Judged:
    """Judge what matters of an obligation's papers.

    Example:
        >>> judge_papers_case(PaperCase("barter"), PaperRules()).reasons[0]["text"]
        "'barter' is no kind of trade that is known"
        >>> judge_papers_case(PaperCase("domestic_goods"), PaperRules()).reasons[0]["text"]
        'domestic goods need a tax invoice'
    """
    held = list[Reason]()
    if case.kind not in KINDS:
        held.append(reason("UnknownKind", f"{case.kind!r} is no kind of trade that is known"))
    for group in NEEDED.get(case.kind, ()):
        held += _need(case, group)
    if case.needs & STATEMENT:
        held += _need(case, ("end_user_statement",), "such goods")
    if case.unknown:
        held.append(reason("UnknownPaper", "there is a paper of no kind that is known"))
    if case.kind == "services" and not case.classes:
        held.append(reason("NoServiceClass", "services need a class of services on every line"))
    if case.kind == "advance":
        held += _due(case.due, rules)
    if case.amount & LINES_MORE:
        text = f"the lines come to more than the amount, by over {_share(rules.amount_below)}"
        held.append(reason("LinesAboveAmount", text))
    if case.amount & LINES_LESS:
        text = f"the amount is above what the lines come to, by over {_share(rules.amount_above)}"
        held.append(reason("AmountAboveLines", text))
    if case.amount & OVERFLOW:
        text = "a line's value, or their sum, is not between nought and 2**62"
        held.append(reason("LineValue", text))
    return judged(held)


def _share(share: Fraction) -> str:
    """Write a share in per cent, exactly.

    Example:
        >>> _share(Fraction(1, 8))
        '25/2 %'
    """
    return f"{share * 100} %"


def _need(case: PaperCase, group: tuple[str, ...], who: str = "") -> list[Reason]:
    """Return why one of a group of papers is missing; empty where it is there."""
    if any(case.sound >> PAPERS.index(kind) & 1 for kind in group):
        return []
    words = " or ".join(_with_article(kind) for kind in group)
    who = who or case.kind.replace("_", " ").replace("cross border", "cross-border")
    verb = "needs" if case.kind == "advance" and who == "advance" else "need"
    text = f"{who} {verb} {words}"
    wrong = [
        f"{kind.replace('_', ' ')} has {fault}"
        for kind in group
        for place, fault in enumerate(FAULTS)
        if place and case.faulty >> (PAPERS.index(kind) * len(FAULTS) + place) & 1
    ]
    if wrong:
        text = f"{text}; the {' and the '.join(wrong)}"
    return [reason("PaperMissing", text, papers=list(group), faults=wrong)]


def _with_article(kind: str) -> str:
    words = kind.replace("_", " ")
    if words == "tax evidence":
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _due(bits: int, rules: PaperRules) -> list[Reason]:
    if bits & NO_DUE:
        return [reason("NoPapersDue", "an advance says by which day its papers come")]
    if bits & DUE_PAST:
        return [reason("PapersOverdue", "the papers of the advance were due and did not come")]
    if bits & DUE_FAR:
        text = f"the papers of the advance are due in more than {rules.advance_days} days"
        return [reason("PapersTooLate", text)]
    return []


# ---- many at once ------------------------------------------------------------------------------


def judge_papers(
    columns: TradeColumns,
    rules: PaperRules,
    day: datetime.date,
    *,
    needs: NDArray[np.uint8] | None = None,
) -> JudgedMany:
    """Judge the papers of many obligations; see the module for how it is used.

    Args:
        columns: The obligations.
        rules: What papers may be like.
        day: The day that counts.
        needs: What their goods need, as ``judge_goods`` says, shape (m,).

    Example:
        >>> from skontro.gate.trade import Line, Owed, Paper, Trade
        >>> bill = Paper("tax_invoice", "R-1", "2026-05-30", "Aster Foods", "0" * 64)
        >>> sale = Trade("domestic_goods", (Line("040120", 100),), (bill,))
        >>> many = TradeColumns.of([Owed("A", "A", 119, sale)])
        >>> judge_papers(many, PaperRules(), datetime.date(2026, 6, 1)).released.tolist()
        [True]
    """
    today = (day - datetime.date(1970, 1, 1)).days
    sound, faulty, unknown = _paper_bits(columns, rules, today)
    amount, classes = _amount_bits(columns, rules), _all_classes(columns)
    due = columns.papers_due
    is_due = (
        np.where(due == NO_DAY, NO_DUE, 0)
        | np.where((due != NO_DAY) & (due < today), DUE_PAST, 0)
        | np.where(due > today + rules.advance_days, DUE_FAR, 0)
    )
    is_advance = columns.kind.told([kind == "advance" for kind in columns.kind.texts])
    is_service_kind = columns.kind.told([kind == "services" for kind in columns.kind.texts])
    wanted = np.zeros(len(columns), np.uint8) if needs is None else needs & STATEMENT
    due_bits, classes = np.where(is_advance, is_due, 0), classes | ~is_service_kind
    fault_number, faults = _numbered(faulty)
    kind = columns.kind.once()
    which, first = distinct_rows(
        [kind.index, sound, fault_number, unknown, wanted, due_bits, amount, classes],
        [len(kind.texts), 1 << len(PAPERS), faults, 2, 4, 8, 8, 2],
    )
    cases = [
        PaperCase(
            kind[place], int(sound[place]), int(faulty[place]), bool(unknown[place]),
            int(wanted[place]), int(due_bits[place]), int(amount[place]), bool(classes[place]),
        )
        for place in first.tolist()
    ]  # fmt: skip
    return JudgedMany.gathered(which, [judge_papers_case(case, rules) for case in cases])


def _numbered(values: Int64) -> tuple[Int64, int]:
    """Number values from nought up; almost always there is one only."""
    if not values.any():
        return np.zeros(len(values), np.int64), 1
    found, which = np.unique(values, return_inverse=True)
    return which, len(found)


def _paper_bits(
    columns: TradeColumns, rules: PaperRules, today: int
) -> tuple[Int64, Int64, Flags]:
    """Return bits of the papers that count, of those that do not, and whether one is unknown."""
    papers, count = columns.papers, len(columns)
    fault = np.zeros(len(papers), np.int64)
    for place, is_wrong in (
        (6, ~papers.original), (5, ~papers.issued), (4, papers.day < today - rules.oldest_days),
        (3, papers.day > today), (2, papers.day == NO_DAY), (1, ~papers.numbered),
    ):  # fmt: skip
        fault[is_wrong] = place
    kinds = [PAPERS.index(kind) if kind in PAPERS else -1 for kind in papers.kind.texts]
    kind = np.array(kinds, np.int64)[papers.kind.index] if kinds else np.zeros(0, np.int64)
    sound, faulty = np.zeros(count, np.int64), np.zeros(count, np.int64)
    unknown = np.zeros(count, np.bool_)
    unknown[papers.owed[kind < 0]] = True
    is_good = fault == 0
    for place in range(len(PAPERS)):
        is_kind = kind == place
        rows = papers.owed[is_kind & is_good]
        sound[rows] |= 1 << place
        bad = is_kind & ~is_good
        for what in np.unique(fault[bad]).tolist():
            faulty[papers.owed[bad & (fault == what)]] |= 1 << (place * len(FAULTS) + what)
    return sound, faulty, unknown


def _amount_bits(columns: TradeColumns, rules: PaperRules) -> Int64:
    """Return bits of what is wrong between amounts and lines."""
    lines, amount = columns.lines, columns.amount_minor
    value = lines.value_minor
    is_wrong = (value <= 0) | (value >= 2**62)
    bits = np.zeros(len(columns), np.int64)
    owed = np.arange(len(columns)) if lines.owed is None else lines.owed
    if is_wrong.any():
        bits[owed[is_wrong]] = OVERFLOW
    sums = _sums(np.where(is_wrong, 0, value), owed, len(columns))
    bits[sums >= 2**62] = OVERFLOW
    known = ~columns.without_lines() & (bits == 0)
    more = _beyond(amount, sums, rules.amount_below)
    less = _beyond(sums, amount, rules.amount_above)
    return bits | np.where(known & more, LINES_MORE, 0) | np.where(known & less, LINES_LESS, 0)


def _sums(value: Int64, owed: Int64, count: int) -> Int64:
    """Return the sum of the lines of each obligation; one past 2**62 stays there."""
    if len(value) == count and (len(owed) == 0 or np.array_equal(owed, np.arange(count))):
        return value
    high, low = value >> 31, value & (2**31 - 1)
    highs, lows = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(highs, owed, high)
    np.add.at(lows, owed, low)
    highs += lows >> 31
    total: Int64 = (highs << 31) | (lows & (2**31 - 1))
    return np.where(highs >= 2**31, 2**62, total)


def _beyond(base: Int64, other: Int64, share: Fraction) -> Flags:
    """Tell where another value is above a base by more than a share of the base."""
    over = other - base
    top, bottom = share.numerator, share.denominator
    allowed = base // bottom * top + base % bottom * top // bottom
    return np.asarray(over > allowed, np.bool_)


def _all_classes(columns: TradeColumns) -> Flags:
    """Tell where every line has a class of services as its code."""
    lines = columns.lines
    is_class = lines.code.told([is_service(code) for code in lines.code.texts])
    if lines.owed is None:
        return is_class
    every = np.ones(len(columns), np.bool_)
    every[lines.owed[~is_class]] = False
    return every
