# SPDX-License-Identifier: Apache-2.0
"""A paper as sections of plain cells, before any language, page or file format.

PDF, Excel and CSV are made from the same sheet, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from skontro.core.money import exponent, exponents
from skontro.messages.languages import Language

ERASED = "name erased"


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency; points where it is none of ISO 4217."""

    minor: int
    currency: str

    @property
    def exact(self) -> str:
        """The amount as an exact decimal with a point, or whole points."""
        places = exponent(self.currency) if self.currency in exponents() else 0
        whole, part = divmod(abs(self.minor), 10**places)
        text = f"{whole}.{part:0{places}d}" if places else str(whole)
        return f"-{text}" if self.minor < 0 else text


@dataclass(frozen=True, slots=True)
class Day:
    """A day such as ``2026-01-30``, or an instant as UTC text."""

    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A share with six decimals."""

    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number of things."""

    number: int


@dataclass(frozen=True, slots=True)
class Party:
    """A participant's id with its name; None where the name was erased."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A fixed phrase, by its English words, with values in it."""

    phrase: str
    values: tuple[tuple[str, Cell], ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Several cells one below the other; the first is the main one."""

    cells: tuple[Cell, ...]


Cell: TypeAlias = str | Amount | Day | Share | Count | Party | Said | Lines | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name in CSV.
        head: Its heading, a phrase.
        kind: ``text``, ``code`` for short text, ``day`` or ``number``.
        carry: ``sum`` to add it up from page to page, ``last`` to carry its last value, or empty.
    """

    name: str
    head: str
    kind: str = "text"
    carry: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Attributes:
        name: Its name in CSV and of its sheet.
        title: A phrase above it.
        columns: Its columns.
        rows: Its rows, a cell a column.
        note: A sentence below it.
        constant: What is the same in every row, for CSV: name and value.
        none: What is said instead of a table without rows; empty: nothing is said.
        last: The word before what the last row carries.
    """

    name: str
    title: Said
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: Sequence[Cell] = ()
    constant: Sequence[tuple[str, str]] = ()
    none: str = ""
    last: str = "Total"

    def carried(self) -> Iterator[list[Cell]]:
        """Yield what each row carries to the next page, a cell a column that carries."""
        sums: dict[int, Amount] = {}
        places = [place for place, one in enumerate(self.columns) if one.carry]
        for row in self.rows:
            for place in places:
                cell, before = row[place], sums.get(place)
                if self.columns[place].carry == "last" or before is None:
                    sums[place] = cell if isinstance(cell, Amount) else (before or Amount(0, "XXX"))
                elif isinstance(cell, Amount):
                    sums[place] = Amount(before.minor + cell.minor, before.currency)
            yield [sums.get(place) for place in places]


@dataclass(frozen=True)
class Sheet:
    """A whole paper.

    Attributes:
        title: What it is, a phrase.
        number: Its number.
        house: Id and name of the house.
        demonstration: Whether the house is a demo.
        wide: Whether its pages lie across.
        dated: The day it is of, for the file's own date.
        facts: Label and cell, above everything.
        lead: Sentences below the facts.
        box: The sentences that count most, in a frame.
        tables: Its tables.
        foot: Label and text, at the end.
    """

    title: str
    number: str
    house: Party
    demonstration: bool
    wide: bool
    dated: str
    facts: Sequence[tuple[str, Cell]]
    lead: Sequence[Cell] = ()
    box: Sequence[Cell] = ()
    tables: Sequence[Table] = ()
    foot: Sequence[tuple[str, str]] = field(default_factory=list)


def shown(cell: Cell, said: Language) -> str:
    """Return a cell as a person reads it, on one line.

    Example:
        >>> from skontro.messages.languages import language
        >>> shown(Amount(123456, "EUR"), language("de"))
        '1.234,56'
    """
    match cell:
        case None:
            return "–"
        case str():
            return cell
        case Amount():
            return said.money(cell.minor, cell.currency)
        case Day():
            return said.moment(cell.text)
        case Share():
            return said.numbers.percent(cell.text)
        case Count():
            return said.numbers.whole(cell.number)
        case Party():
            return f"{cell.id} ({cell.name or said.say(ERASED)})"
        case Said():
            return said.say(cell.phrase, **{name: shown(one, said) for name, one in cell.values})
        case Lines():
            return ", ".join(shown(one, said) for one in cell.cells if one is not None)


def exact(cell: Cell) -> str:
    """Return a cell as a program reads it: exact decimals, days of ISO 8601, ids, English.

    Example:
        >>> exact(Amount(-5, "EUR")), exact(Party("A1", "Alder")), exact(None)
        ('-0.05', 'A1', '')
    """
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Amount():
            return cell.exact
        case Day() | Share():
            return cell.text
        case Count():
            return str(cell.number)
        case Party():
            return cell.id
        case Said():
            text = cell.phrase
            for name, one in cell.values:
                text = text.replace("{" + name + "}", exact(one))
            return text
        case Lines():
            return " · ".join(exact(one) for one in cell.cells if one is not None)
