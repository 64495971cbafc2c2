# SPDX-License-Identifier: Apache-2.0
"""Files of customs declarations, as an authority hands them over; taken whole or not at all.

A file is CSV in UTF-8, a row for each line of a declaration, the rows of one declaration together.
Its last row says how many rows there were: without it, the file was cut off::

    reference,exporter,importer,currency,date,cancelled,code,value,quantity,unit,weight
    26NL0001,IN-B1,NL-A1,EUR,2026-05-20,,100630,900.00,1000,KGM,1000
    END,1,,,,,,,,,
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.money import exponents, parse_decimal
from skontro.gate.customs import Declaration, DeclaredLine

COLUMNS = (
    "reference", "exporter", "importer", "currency", "date", "cancelled", "code", "value",
    "quantity", "unit", "weight",
)  # fmt: skip
END = "END"
MOST_BYTES = 1 << 30
MOST_TEXT = 200
"""Characters of a field."""

MILLI_DECIMALS = 3
_CANCELLED = {"": False, "0": False, "1": True}


class CustomsRefused(Rejected):
    """A customs file is refused as a whole; what was in force stays.

    Its codes: ``CustomsEmpty``, ``CustomsTruncated``, ``CustomsHeader``, ``CustomsEncoding``,
    ``CustomsRow``, ``CustomsTooLarge``, ``CustomsDate``, ``CustomsOtherSide``.
    """

    default_next_step = "ask the authority for the file again; what was in force stays"


def refuse(code: str, message: str) -> CustomsRefused:
    """Return a refusal, to be raised.

    Example:
        >>> refuse("CustomsEmpty", "there is no declaration in it").message
        'customs file: there is no declaration in it'
    """
    return CustomsRefused(f"customs file: {message}", code=code)


@dataclass(frozen=True)
class ReadCustoms:
    """A file that was read.

    Attributes:
        digest: SHA-256 of its bytes, hexadecimal.
        declarations: In its order, each reference once.
    """

    digest: str
    declarations: tuple[Declaration, ...]

    @property
    def lines(self) -> int:
        """How many lines the declarations have."""
        return sum(len(one.lines) for one in self.declarations)

    @property
    def content_digest(self) -> str:
        """SHA-256 of the declarations, in order, hexadecimal."""
        return content_digest([declaration_text(one) for one in self.declarations])


def declaration_text(one: Declaration) -> bytes:
    """Return all a declaration says as canonical JSON."""
    return canonical_json([
        one.reference, one.exporter, one.importer, one.currency, one.date.isoformat(),
        int(one.cancelled), lines_of(one),
    ])  # fmt: skip


def lines_of(one: Declaration) -> list[list[object]]:
    """Return the lines of a declaration as plain values.

    Example:
        >>> day = datetime.date(2026, 5, 20)
        >>> lines_of(Declaration("D", "NL", "x", "y", "EUR", day, (DeclaredLine("100630", 5),)))
        [['100630', 5, 0, '', 0]]
    """
    return [
        [line.code, line.value_minor, line.quantity_milli, line.unit, line.weight_g]
        for line in one.lines
    ]


def content_digest(texts: Iterable[bytes]) -> str:
    """Return the digest of declarations by their texts, in order."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text).digest())
    return whole.hexdigest()


def read_customs(content: bytes, authority: str) -> ReadCustoms:
    """Read a file of declarations.

    Args:
        content: Its bytes.
        authority: Who made it.

    Raises:
        CustomsRefused: It is broken, cut off, or says what cannot be.

    Example:
        >>> text = customs_text([Declaration("D", "NL", "x", "y", "EUR",
        ...     datetime.date(2026, 5, 20), (DeclaredLine("100630", 900_00, 1000, "KGM"),))])
        >>> read_customs(text, "NL").declarations[0].lines[0].value_minor
        90000
        >>> read_customs(text[: text.index(b"END")], "NL")
        Traceback (most recent call last):
        skontro.gate.customs_files.CustomsRefused: customs file: its last row is missing: it was \
cut off
    """
    if len(content) > MOST_BYTES:
        raise refuse("CustomsTooLarge", f"it has over {MOST_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("CustomsEncoding", "it is not UTF-8") from None
    if "\0" in text:
        raise refuse("CustomsEncoding", "there are zero bytes in it")
    found = tuple(_declarations(text, authority))
    if not found:
        raise refuse("CustomsEmpty", "there is no declaration in it")
    if len({one.reference for one in found}) < len(found):
        raise refuse("CustomsRow", "a declaration is in it twice, or its rows are apart")
    return ReadCustoms(hashlib.sha256(content).hexdigest(), found)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield numbers and fields of rows, the last one checked and left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise refuse("CustomsHeader", f"its columns are not {','.join(COLUMNS)}")
        count, ended = 0, False
        for row in reader:
            if ended:
                raise refuse("CustomsRow", f"line {reader.line_num}: something comes after its end")
            if row and row[0] == END:
                ended = True
                if row[1:] != [str(count), *[""] * (len(COLUMNS) - 2)]:
                    raise refuse("CustomsTruncated", f"its end does not say {count} rows")
                continue
            if len(row) != len(COLUMNS):
                raise refuse("CustomsRow", f"line {reader.line_num}: {len(row)} fields")
            if any(len(each) > MOST_TEXT or not each.isprintable() for each in row):
                raise refuse("CustomsRow", f"line {reader.line_num}: a field that cannot be meant")
            count += 1
            yield reader.line_num, row
    except csv.Error as fault:
        raise refuse("CustomsRow", f"line {reader.line_num}: {fault}") from None
    if not ended:
        raise refuse("CustomsTruncated", "its last row is missing: it was cut off")


def _declarations(text: str, authority: str) -> Iterator[Declaration]:
    heading: list[str] = []
    lines = list[DeclaredLine]()
    number = 1
    for number, row in _rows(text):
        if row[:6] != heading and heading and row[0] == heading[0]:
            raise refuse("CustomsRow", f"line {number}: {row[0]} has two headings")
        if row[:6] != heading and heading:
            yield _declaration(heading, lines, authority, number)
            lines = []
        heading = row[:6]
        lines.append(_line(row, number))
    if heading:
        yield _declaration(heading, lines, authority, number)


def _line(row: Sequence[str], number: int) -> DeclaredLine:
    currency, (code, value, quantity, unit, weight) = row[3], row[6:]
    try:
        return DeclaredLine(
            code, parse_decimal(value, exponents()[currency]),
            parse_decimal(quantity, MILLI_DECIMALS) if quantity else 0, unit,
            parse_decimal(weight, MILLI_DECIMALS) if weight else 0,
        )  # fmt: skip
    except KeyError:
        raise refuse("CustomsRow", f"line {number}: {currency!r} is no currency") from None
    except (Rejected, ValueError):
        raise refuse("CustomsRow", f"line {number}: an amount that is none") from None


def _declaration(
    heading: Sequence[str], lines: Sequence[DeclaredLine], authority: str, number: int
) -> Declaration:
    reference, exporter, importer, currency, day, cancelled = heading
    try:
        date = datetime.date.fromisoformat(day)
        found = Declaration(
            reference, authority, exporter, importer, currency, date, tuple(lines),
            _CANCELLED[cancelled],
        )  # fmt: skip
        found.check()
    except (ValueError, KeyError):
        raise refuse("CustomsRow", f"before line {number}: {reference}: date or state is "
                     "none") from None  # fmt: skip
    except Rejected as fault:
        raise refuse("CustomsRow", fault.message) from None
    if date.isoformat() != day:
        raise refuse("CustomsRow", f"before line {number}: {reference}: {day!r} is no date")
    return found


def customs_text(declarations: Iterable[Declaration]) -> bytes:
    """Return declarations as a file of the form that is read: for authorities and demonstrations.

    Args:
        declarations: In their order.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in declarations:
        decimals = exponents()[one.currency]
        for line in one.lines:
            count += 1
            writer.writerow([
                one.reference, one.exporter, one.importer, one.currency, one.date.isoformat(),
                "1" if one.cancelled else "", line.code, _decimal(line.value_minor, decimals),
                _decimal(line.quantity_milli, MILLI_DECIMALS), line.unit,
                _decimal(line.weight_g, MILLI_DECIMALS),
            ])  # fmt: skip
    writer.writerow([END, count, *[""] * (len(COLUMNS) - 2)])
    return out.getvalue().encode()


def _decimal(amount: int, decimals: int) -> str:
    if not decimals:
        return str(amount)
    return f"{amount // 10**decimals}.{amount % 10**decimals:0{decimals}d}"
