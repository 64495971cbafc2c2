# SPDX-License-Identifier: Apache-2.0
"""Papers as PDF: PDF/A-3 set with typst, the signed JSON paper embedded byte for byte.

What a paper says reaches the template as data, so that no name can be markup. A letter that no
font has is shown by its number, never left out.
"""

from __future__ import annotations

import datetime
import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from skontro.core.errors import InvariantViolation
from skontro.core.standing import DEMONSTRATION
from skontro.messages.languages import Language
from skontro.messages.paper_sheets import sheet_of
from skontro.messages.papers import Paper
from skontro.messages.sheets import ERASED, Cell, Lines, Party, Sheet, Table, shown

ATTACHMENT = "paper.json"
"""Name of the signed paper inside the PDF."""
STANDARD = "a-3b"
MOST_SHOWN = 160
"""Characters of one text that are shown; the data has them all."""
MOST_UNBROKEN = 24
MOST_TOGETHER = {True: 32, False: 50}
"""A table of so many lines stays together on a page that lies across, or stands; a longer one goes
on from page to page and carries its sums."""
_NARROW = 20
LANDSCAPE_MM, PORTRAIT_MM = 261, 174
_SIZES = (8.5, 7.5, 6.5, 5.5)  # not money: points of type
_EM = 0.53  # not money: how wide a digit is
_EM_MM = _EM * 0.353  # not money: the same in millimetres at one point
_GUTTER_MM = 3.2  # not money: millimetres between columns
_MOST_TRIES = 12

_NOT_SHOWN = re.compile(r"the text `(\"(?:[^\"\\]|\\.)*\")` could not be displayed")
_RUN = re.compile(rf"\S{{{MOST_UNBROKEN},}}")
_STEERS = frozenset("\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e")
_lacking: set[str] = set()
_own = threading.local()


def paper_pdf(paper: Paper, said: Language) -> bytes:
    """Return a paper as PDF/A-3, not signed yet; the same paper gives the same bytes.

    Args:
        paper: A set-off notice, an account statement, a default notice or a house report.
        said: In which language and number format.

    Raises:
        Rejected: It is another paper.
    """
    sheet = sheet_of(paper)
    pages = _compile(sheet, said, paper.as_bytes().decode(), "pdf")
    return bytes(pages[0])


def paper_pictures(paper: Paper, said: Language, *, ppi: int = 110) -> list[bytes]:
    """Return the pages of a paper as PNG pictures.

    Args:
        paper: The paper.
        said: In which language and number format.
        ppi: Pixels to the inch.
    """
    paper_pdf(paper, said)  # which finds out what no font can show
    return _compile(sheet_of(paper), said, paper.as_bytes().decode(), "png", ppi)


@cache
def _materials() -> tuple[Any, bytes]:
    """Return the fonts, those inside the typst package alone, and the template."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    source = resources.files("skontro.messages").joinpath("paper_files/paper.typ").read_bytes()
    return fonts, source


def _tools() -> tuple[Any, bytes]:
    """Return this thread's compiler and the template; compilers set pages side by side."""
    import typst

    fonts, source = _materials()
    if not hasattr(_own, "compiler"):
        _own.compiler = typst.Compiler(source, font_paths=fonts)
    return _own.compiler, source


def has_set_pages() -> bool:
    """Whether this process has set pages: the page maker keeps threads of its own from then on."""
    return _materials.cache_info().currsize > 0


def _compile(sheet: Sheet, said: Language, paper: str, form: str, ppi: int = 144) -> list[bytes]:
    """Set a sheet; what a font turns out to lack is shown by its number at the next try."""
    import typst

    compiler, source = _tools()
    lacking = set(_lacking)
    for _ in range(_MOST_TRIES):
        inputs = {
            "sheet": json.dumps(_Plain(said, lacking).sheet(sheet), ensure_ascii=False),
            "paper": paper if form == "pdf" else "",
        }
        try:
            made = compiler.compile(
                input=source, format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD],
                timestamp=_instant(sheet.dated),
            ) if form == "pdf" else compiler.compile(
                input=source, format="png", ppi=ppi, sys_inputs=inputs,
            )  # fmt: skip
        except typst.TypstError as error:
            found = {json.loads(one) for one in _NOT_SHOWN.findall(error.diagnostic)}
            if not found or found <= lacking:
                raise InvariantViolation(
                    f"the paper {sheet.number} cannot be set: {str(error.message)[:300]}"
                ) from None
            lacking |= found
            _lacking.update(one for one in found if len(one) == 1)
            continue
        return list(made) if isinstance(made, list) else [made]
    raise InvariantViolation(f"the paper {sheet.number} has letters that no font can show")


def _instant(dated: str) -> int:
    """Return seconds since 1970 of UTC text; of none, the first of January 2000."""
    at = datetime.datetime.fromisoformat(dated or "2000-01-01T00:00:00+00:00")
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.UTC)
    return int(at.timestamp())


class _Plain:
    """A sheet as the plain values the template reads."""

    def __init__(self, said: Language, lacking: set[str]) -> None:
        self.said = said
        self.lacking = sorted(lacking, key=lambda one: (-len(one), one))

    def text(self, text: str, most: int = MOST_SHOWN) -> str:
        """Text that can be set: short enough, breakable, and nothing in it unseen."""
        if len(text) > most:
            more = self.said.numbers.whole(len(text) - most)
            text = text[:most] + " … (+" + more + ")"
        for one in self.lacking:
            text = text.replace(one, "".join(f"[U+{ord(letter):04X}]" for letter in one))
        text = "".join(
            letter if (letter.isprintable() and letter not in _STEERS) or letter == "\u00a0"
            else f"[U+{ord(letter):04X}]"
            for letter in text
        )
        return _RUN.sub(_breakable, text)

    def say(self, phrase: str, **values: str) -> str:
        return self.said.say(phrase, **values)

    def cell(self, cell: Cell, nothing: str = "–") -> list[str]:
        """A cell as its lines."""
        match cell:
            case None:
                return [nothing]
            case Party():
                return [self.text(cell.name or self.say(ERASED)), self.text(cell.id)]
            case Lines():
                return [self.text(shown(one, self.said)) for one in cell.cells if one is not None]
            case _:
                return [self.text(shown(cell, self.said))]

    def sheet(self, sheet: Sheet) -> dict[str, Any]:
        """The whole sheet."""
        said, say = self.said, self.say
        before, between, after = (say("Page {page} of {pages}") + " ").replace(
            "{pages}", "{page}").split("{page}")  # fmt: skip
        mark = f"{DEMONSTRATION}" if said.code == "en" else (
            f"{DEMONSTRATION} · {say(DEMONSTRATION)}"
        )
        lead = [self.text(shown(one, said), 600) for one in sheet.lead]
        if sheet.demonstration:
            lead.insert(0, say("Made up: nobody owes or is owed any of this."))
        house = sheet.house
        return {
            "lang": said.code, "dir": said.direction, "wide": sheet.wide,
            "title": say(sheet.title), "number": self.text(sheet.number),
            "author": self.text(house.name or house.id),
            "description": say("Signed data: the attachment {name}", name=ATTACHMENT),
            "dated": self.dated(sheet.dated),
            "attachment": ATTACHMENT, "attachment_words": sheet.title,
            "house": self.text(f"{house.name} ({house.id})" if house.name else house.id),
            "demonstration": mark if sheet.demonstration else None, "mark": DEMONSTRATION,
            "page": [before, between, after.strip()],
            "digits": [said.numbers.whole(number) for number in range(100)],
            "facts": [[say(label), self.cell(one)] for label, one in sheet.facts],
            "lead": lead,
            "box": [self.text(shown(one, said), 600) for one in sheet.box],
            "sections": self.tables(sheet),
            "words": {"carried": say("Carried forward"), "brought": say("Brought forward")},
            "closing": [
                say("This paper carries its data, signed with the house's key, as the attachment "
                    "{name}, and the house's electronic signature over the whole file. Check it "
                    "with: skontro verify", name=ATTACHMENT),
            ],
            "foot": [[say(label), text] for label, text in sheet.foot],
        }  # fmt: skip

    def dated(self, dated: str) -> Mapping[str, int] | None:
        at = datetime.datetime.fromtimestamp(_instant(dated), datetime.UTC)
        return {name: getattr(at, name) for name in
                ("year", "month", "day", "hour", "minute", "second")}  # fmt: skip

    def tables(self, sheet: Sheet) -> list[dict[str, Any]]:
        """The tables; those of one name have columns and type of one size, so that they line up."""
        found = [self.table(one, sheet.wide) for one in sheet.tables if one.rows or one.none]
        width = LANDSCAPE_MM if sheet.wide else PORTRAIT_MM
        for name in {one["name"] for one in found}:
            _fit([one for one in found if one["name"] == name], width)
        return found

    def table(self, table: Table, wide: bool) -> dict[str, Any]:
        said = self.said
        rows = [[self.cell(one, "") for one in row] for row in table.rows]
        carries = any(one.carry for one in table.columns)
        sums = table.carried() if carries else ()
        carried = [[shown(one, said) for one in each] for each in sums]
        return {
            "name": table.name, "moves": sum(map(_lines, rows)) > MOST_TOGETHER[wide],
            "title": self.text(shown(table.title, said), 300),
            "columns": [
                {"head": self.say(one.head) if one.head else "", "kind": one.kind,
                 "carry": bool(one.carry)}
                for one in table.columns
            ],
            "rows": rows, "carried": carried, "last": self.say(table.last),
            "none": self.say(table.none) if table.none else "",
            "note": [self.text(shown(one, said), 600) for one in table.note],
        }  # fmt: skip


def _breakable(found: re.Match[str]) -> str:
    """A long run of letters with places where a line may end."""
    text = found[0]
    return "\u200b".join(text[at : at + 12] for at in range(0, len(text), 12))


def _lines(row: Sequence[Sequence[str]]) -> int:
    """Return how many lines a row takes at most, in columns as narrow as they get."""
    return max(sum(1 + len(line) // _NARROW for line in cell) for cell in row)


def _fit(tables: Sequence[dict[str, Any]], width_mm: int) -> None:
    """Give tables of the same columns one width a column and one size of type.

    A column's width is in ems, nought for as wide as it needs, none for what is left.
    """
    columns = tables[0]["columns"]
    longest = [len(one["head"]) for one in columns]
    for table in tables:
        for row in table["rows"]:
            for place, lines in enumerate(row):
                longest[place] = max(longest[place], *map(len, lines))
        places = [place for place, one in enumerate(columns) if one["carry"]]
        for each in table["carried"]:
            for place, text in zip(places, each, strict=True):
                longest[place] = max(longest[place], len(text))
    flexible = [place for place, one in enumerate(columns) if one["kind"] == "text"] or [0]
    ems = [min(letters, 16) if place in flexible else letters
           for place, letters in enumerate(longest)]  # fmt: skip
    room = [size for size in _SIZES
            if sum(ems) * size * _EM_MM + len(columns) * _GUTTER_MM <= width_mm]  # fmt: skip
    for table in tables:
        table["size"] = room[0] if room else _SIZES[-1]
        for place, one in enumerate(table["columns"]):
            is_number = one["kind"] in ("number", "day")
            one["width"] = None if place in flexible else (
                longest[place] * _EM if is_number else 0
            )
