# SPDX-License-Identifier: Apache-2.0
"""Papers as tables: CSV for programs, an Excel workbook for people.

Neither runs anything: in CSV a text that a spreadsheet would take for a formula gets an apostrophe
before it; in the workbook every text is written as text.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from skontro.core.money import exponent, exponents
from skontro.core.standing import DEMONSTRATION
from skontro.messages.languages import Language
from skontro.messages.paper_sheets import sheet_of
from skontro.messages.papers import Paper
from skontro.messages.sheets import Amount, Cell, Count, Day, Share, Sheet, exact, shown

MOST_DIGITS = 15
"""What a cell of a workbook holds exactly; longer numbers are written as text."""
MOST_CELL = 32_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Example:
        >>> neutral("=HYPERLINK(1)"), neutral("Alder"), neutral(" @x")
        ("'=HYPERLINK(1)", 'Alder', "' @x")
    """
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def paper_csv(paper: Paper) -> bytes:
    """Return a paper as one CSV table: each row says in its first column which table it is of.

    UTF-8, commas, decimal points, days of ISO 8601, ids instead of names: for programs, the same
    in every language.

    Raises:
        Rejected: It is a paper that is written as JSON alone.
    """
    sheet = sheet_of(paper)
    rows = list(_records(sheet))
    heads = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(heads), lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _records(sheet: Sheet) -> Iterator[dict[str, str]]:
    def said(item: str, value: str) -> dict[str, str]:
        return {"table": "head", "item": item, "value": neutral(value)}

    yield said("paper", sheet.title)
    yield said("number", sheet.number)
    yield said("house", sheet.house.id)
    if sheet.demonstration:
        yield said("demonstration", DEMONSTRATION)
    for label, cell in sheet.facts:
        yield said(label.lower(), exact(cell))
    for cell in sheet.box:
        yield said("sentence", exact(cell))
    for table in sheet.tables:
        for row in table.rows:
            yield {
                "table": table.name, **dict(table.constant),
                **{
                    column.name: _plain(cell)
                    for column, cell in zip(table.columns, row, strict=True)
                },
            }  # fmt: skip
    for label, text in sheet.foot:
        yield said(label.lower(), text)


def _plain(cell: Cell) -> str:
    """A cell in CSV: numbers as they are, anything else harmless."""
    text = exact(cell)
    return text if isinstance(cell, Amount | Count | Share | Day) else neutral(text)


def paper_xlsx(paper: Paper, said: Language) -> bytes:
    """Return a paper as a workbook, a sheet a section, in the reader's language.

    Amounts are numbers that show as the currency is written; one of more than 15 digits is text,
    since no cell holds it exactly.

    Raises:
        Rejected: It is a paper that is written as JSON alone.
    """
    import xlsxwriter

    sheet = sheet_of(paper)
    out = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({
            "title": f"{said.say(sheet.title)} {sheet.number}",
            "created": datetime.datetime(2000, 1, 1),
        })  # fmt: skip
        _Workbook(book, said).write(sheet)
    return out.getvalue()


class _Workbook:
    """Writes a sheet of a paper into a workbook."""

    def __init__(self, book: Any, said: Language) -> None:
        self.book = book
        self.said = said
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.text = book.add_format({"valign": "top"})
        self.right = book.add_format({"align": "right"})
        self.alarm = book.add_format({"bold": True, "font_color": "#A4161A"})
        self.numbers: dict[str, Any] = {}

    def write(self, sheet: Sheet) -> None:
        page = self.page("1", sheet)
        say = self.said.say
        page.write_string(1, 0, say(sheet.title), self.title)
        rows: list[tuple[str, Cell]] = [(say("Number"), sheet.number), (say("House"), sheet.house)]
        rows += [(say(label), cell) for label, cell in sheet.facts]
        rows += [("", cell) for cell in (*sheet.lead, *sheet.box)]
        rows += [(say(label), text) for label, text in sheet.foot]
        for place, (label, cell) in enumerate(rows, 3):
            page.write_string(place, 0, label, self.text)
            self.cell(page, place, 1, cell)
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 60)
        for number, table in enumerate(sheet.tables, 2):
            page = self.page(f"{number} {table.name}", sheet)
            page.write_string(1, 0, self.clean(shown(table.title, self.said)), self.title)
            for place, column in enumerate(table.columns):
                page.write_string(3, place, say(column.head) if column.head else "", self.head)
                page.set_column(place, place, 28 if column.kind == "text" else 16)
            for row_number, row in enumerate(table.rows, 4):
                for place, cell in enumerate(row):
                    self.cell(page, row_number, place, cell)
            page.freeze_panes(4, 0)

    def page(self, name: str, sheet: Sheet) -> Any:
        """A new sheet of the workbook; of a demo house it says on top what it is."""
        page = self.book.add_worksheet(name[:31])
        if self.said.direction == "rtl":
            page.right_to_left()
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_footer("&L&8" + sheet.number.replace("&", "&&")[:100] + "&R&8&P / &N")
        if sheet.demonstration:
            page.set_header(f"&C&8{DEMONSTRATION}")
            page.write_string(0, 0, DEMONSTRATION, self.alarm)
        return page

    def cell(self, page: Any, row: int, place: int, cell: Cell) -> None:
        match cell:
            case None:
                return
            case Amount(minor, currency) if currency in exponents():
                if len(str(abs(minor))) <= MOST_DIGITS:
                    exactly = Decimal(minor).scaleb(-exponent(currency))
                    page.write_number(row, place, exactly, self.number(exponent(currency)))
                else:
                    page.write_string(row, place, cell.exact, self.right)
            case Count(number) if len(str(abs(number))) <= MOST_DIGITS:
                page.write_number(row, place, number)
            case Share(text):
                page.write_number(row, place, Decimal(text), self.number(2, "%"))
            case _:
                page.write_string(row, place, self.clean(shown(cell, self.said)), self.text)

    def number(self, places: int, after: str = "") -> Any:
        """How a number shows: groups, and as many decimals as its currency has."""
        written = "#,##0" + ("." + "0" * places if places else "") + after
        if written not in self.numbers:
            self.numbers[written] = self.book.add_format({"num_format": written})
        return self.numbers[written]

    def clean(self, text: str) -> str:
        """A text that a workbook can hold."""
        return _NOT_IN_XML.sub(lambda one: f"[U+{ord(one[0]):04X}]", text)[:MOST_CELL]


