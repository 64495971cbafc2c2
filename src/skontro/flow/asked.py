# SPDX-License-Identifier: Apache-2.0
"""Obligations as they are held against licences and declarations: what they say, line by line."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.core.obligations import NO_DUE_DAY
from skontro.flow.customs_bulk import Claimed, references_of
from skontro.gate.customs import Claim, ClaimedLine
from skontro.gate.licences import Wanted, wanted_of
from skontro.gate.outcome import Reason, of_lines
from skontro.gate.packs import PacksInForce
from skontro.gate.trade import Line, Owed, Paper, Trade
from skontro.house.trade import NUMBERS_BETWEEN
from skontro.messages.trade_rows import Trades

Int64 = NDArray[np.int64]
CUSTOMS_PAPER = "customs_declaration"
EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Stated:
    """What an obligation says that licences and customs ask for.

    Attributes:
        amount_minor: As agreed, minor units.
        currency: ISO 4217.
        day: Date of the document in days since 1970-01-01, or None.
        is_opposite: Whether it makes good an earlier one: no goods move for it.
        credited: By how much credit notes and opposites lowered it, minor units.
    """

    amount_minor: int
    currency: str
    day: int | None
    is_opposite: bool = False
    credited: int = 0


@dataclass(frozen=True)
class Asked:
    """Obligations as they are held against what authorities gave, shape (m,).

    Attributes:
        number: Number of each.
        debtor: Number of each debtor.
        creditor: Number of each creditor.
        trades: What they are for.
        is_free: Which nothing else holds.
        needs: Bits of what their goods need.
        rules: Why, of each.
        packs: The packs of every side.
        day: The day that counts.
        new: Where none of them is in the tables yet: what each says.
    """

    number: Int64
    debtor: Int64
    creditor: Int64
    trades: Trades
    is_free: NDArray[np.bool_]
    needs: NDArray[np.uint8]
    rules: Sequence[tuple[Reason, ...]]
    packs: PacksInForce
    day: datetime.date
    new: Sequence[Stated] | None = None


@dataclass(frozen=True)
class Seen:
    """What there was when a verdict was made.

    Attributes:
        licence: The last version of a licence, by number.
        entry: The last entry about one.
        file: The last customs file.
        use: The last use of a declaration.
    """

    licence: int
    entry: int
    file: int
    use: int


def numbers_of_paper(terms: str, numbers: str, kind: str) -> list[str]:
    """Return the numbers of an obligation's papers of a kind.

    Args:
        terms: What it shares with others, canonical JSON.
        numbers: Those of all its papers.
        kind: One of the kinds of papers.

    Example:
        >>> terms = '{"papers":["customs_declaration","licence"]}'
        >>> numbers_of_paper(terms, "D-1 | L-1, L-2", "licence")
        ['L-1', 'L-2']
    """
    kinds = list(json.loads(terms).get("papers", ())) if terms else []
    each = numbers.split(NUMBERS_BETWEEN)
    if kind not in kinds or len(each) != len(kinds):
        return []
    return [one.strip() for one in each[kinds.index(kind)].split(",") if one.strip()]


class Look:
    """Obligations, while they are held against what authorities gave."""

    def __init__(
        self, asked: Asked, stated: Mapping[int, Stated], needing: NDArray[np.bool_],
        claims: NDArray[np.bool_], seen: Seen, sides: Mapping[int, str],
    ) -> None:  # fmt: skip
        self.asked, self.stated, self.sides = asked, stated, sides
        self.needing, self.claims, self.seen = needing, claims, seen
        self.claims_of = dict[int, Claim]()
        self._wanted = dict[int, Wanted]()
        self._terms = [json.loads(text) if text else {} for text in asked.trades.texts]

    def inputs(self, row: int, entries: int, uses: int) -> str:
        """Return what a verdict rests on: what there was, and what was taken just before it."""
        found: dict[str, Any] = {}
        if self.needing[row]:
            found["licences"] = [self.seen.licence, self.seen.entry + entries]
            if self.stated[row].credited:
                found["credited"] = self.stated[row].credited
        if self.claims[row]:
            found["customs"] = [self.seen.file, self.seen.use + uses]
        return canonical_json(found).decode()

    def _papers(self, row: int, kind: str) -> list[str]:
        trades = self.asked.trades
        text = trades.texts[int(trades.terms[row])]
        return numbers_of_paper(text, str(trades.numbers[row].as_py()), kind)

    def names_of_single(self) -> set[str]:
        """Return the declarations that what is judged one by one names: what needs a licence, has
        several lines, or writes the number so that it is not read together with others."""
        trades = self.asked.trades
        plainly = pc.not_equal(references_of(trades, CUSTOMS_PAPER), "").to_numpy(False)
        alone = self.needing | trades.has_lines | ~plainly
        rows = np.flatnonzero(alone & self.claims).tolist()
        return {name for row in rows for name in self._papers(row, CUSTOMS_PAPER)}

    def claimed(self, rows: Int64) -> Claimed:
        """Return what rows say of declarations, as columns."""
        asked, stated = self.asked, [self.stated[row] for row in rows.tolist()]
        trades = asked.trades.take(rows)
        return Claimed(
            asked.creditor[rows], asked.debtor[rows],
            pa.array([one.currency for one in stated], pa.large_string()),
            np.array([one.day or 0 for one in stated], np.int64),
            np.array([one.amount_minor for one in stated], np.int64), trades,
            references_of(trades, CUSTOMS_PAPER),
        )  # fmt: skip

    def _lines(self, row: int) -> tuple[Line, ...]:
        """Return the lines of an obligation; one alone is worth its amount."""
        trades, lines = self.asked.trades, self.asked.trades.lines
        start, end = np.searchsorted(lines.row, [row, row + 1]).tolist()
        if start == end:
            return (self._line(
                int(trades.terms[row]), self.stated[row].amount_minor,
                int(trades.quantity_milli[row]), int(trades.weight_g[row]),
            ),)  # fmt: skip
        return tuple(
            self._line(*(int(column[place]) for column in (
                lines.terms, lines.value_minor, lines.quantity_milli, lines.weight_g
            )))
            for place in range(start, end)
        )  # fmt: skip

    def _line(self, terms: int, value: int, quantity: int, weight: int) -> Line:
        said = self._terms[terms]
        return Line(
            str(said.get("code", "")), value, quantity, str(said.get("unit", "")), weight,
            str(said.get("origin", "")), tuple(str(said.get("transit", "")).split()),
            str(said.get("destination", "")), str(said.get("end_use", "")),
        )  # fmt: skip

    def name_lines(self, row: int, whys: Iterable[Reason]) -> list[Reason]:
        """Return reasons about goods, where there are several lines with those it is about."""
        codes = [line.code for line in self._lines(row)]
        if len(codes) < 2:
            return list(whys)
        return [of_lines(why, lines_with(codes, str(why.get("goods", "")))) for why in whys]

    def wanted(self, row: int) -> Wanted:
        """Return which licences an obligation needs."""
        if row not in self._wanted:
            asked, stated = self.asked, self.stated[row]
            said = self._terms[int(asked.trades.terms[row])]
            papers = tuple(Paper("licence", number) for number in self._papers(row, "licence"))
            left, whole = stated.amount_minor - stated.credited, max(1, stated.amount_minor)
            lines = tuple(replace(line, value_minor=line.value_minor * left // whole)
                          for line in self._lines(row))  # fmt: skip
            side = self._sides(row)
            owed = Owed(*side, stated.amount_minor, Trade(str(said.get("kind", "")), lines,
                                                          papers))  # fmt: skip
            parties = str(asked.debtor[row]), str(asked.creditor[row])
            self._wanted[row] = wanted_of(
                int(asked.number[row]), owed, parties, stated.currency, asked.packs, asked.day
            )
        return self._wanted[row]

    def _sides(self, row: int) -> tuple[str, str]:
        return self.sides[int(self.asked.debtor[row])], self.sides[int(self.asked.creditor[row])]

    def make_claims(self, rows: Int64, known: Mapping[int, tuple[str, ...]]) -> None:
        """Make what rows say of the declarations they name."""
        asked = self.asked
        for row in rows.tolist():
            named = self._papers(row, CUSTOMS_PAPER)
            if len(named) != 1:
                continue
            stated = self.stated[row]
            day = stated.day
            if day is None:
                paper_day = int(asked.trades.paper_day[row])
                day = 0 if paper_day == NO_DUE_DAY else paper_day
            self.claims_of[row] = Claim(
                int(asked.number[row]), named[0], known.get(int(asked.creditor[row]), ()),
                known.get(int(asked.debtor[row]), ()), stated.currency,
                EPOCH + datetime.timedelta(days=day),
                tuple(ClaimedLine(line.code, line.value_minor, line.quantity_milli, line.unit)
                      for line in self._lines(row)),
            )  # fmt: skip


def lines_with(codes: Sequence[str], goods: str) -> list[int]:
    """Return the numbers of lines with goods; none where none are named.

    Example:
        >>> lines_with(["300490", "902221", "30049011"], "300490")
        [1, 3]
    """
    if not goods:
        return []
    return [place for place, code in enumerate(codes, 1) if code.startswith(goods)]
