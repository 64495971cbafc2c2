# SPDX-License-Identifier: Apache-2.0
"""What stands beside documents in a table: what e-invoices do not say of themselves.

An e-invoice has no acceptance by the buyer and usually no HS code; both come in here. Rows with the
id of a line in ``line`` say what they say of that line, the others of the whole.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from skontro.core.errors import Rejected
from skontro.house.trade import LINE_COLUMNS, NOTHING, PAPERS, TradeSaid
from skontro.messages.raw import check_columns
from skontro.messages.tables import read_table
from skontro.messages.texts import to_text
from skontro.messages.trade_rows import TRADE_COLUMNS

BESIDE_COLUMNS = ("document", "line", "accepted_by", *TRADE_COLUMNS)
"""Columns of such a table; ``document`` is the number of the invoice, the others may be there."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is said of a document beside it.

    Attributes:
        trade: What it is for, with its papers.
        accepted_by: Id of the buyer, if it stands by it already; empty if not.
        lines: What is said of single lines, by the invoice's id of each: texts under
            ``LINE_COLUMNS``.
    """

    trade: TradeSaid = NOTHING
    accepted_by: str = ""
    lines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_beside(path: str | os.PathLike[str]) -> dict[str, Beside]:
    """Read what is said of documents beside them, by number of the document.

    Args:
        path: A table with the columns of :data:`BESIDE_COLUMNS`.

    Raises:
        Rejected: A row cannot be understood, a column is unknown, or a document stands twice.
    """
    raw = read_table("beside", path)
    raw.whole()
    raw.need("document")
    names = raw.table.column_names
    check_columns("beside", names, ("document",))
    unknown = [name for name in names if name not in BESIDE_COLUMNS]
    if unknown:
        raise Rejected(f"beside: column {unknown[0]!r} is none of {', '.join(BESIDE_COLUMNS)}",
                       code="UnknownColumn", next_step="rename it or leave it out")  # fmt: skip
    columns = {name: to_text(raw.table.column(name)).to_pylist() for name in names}
    found, lines = dict[str, Beside](), dict[str, dict[str, dict[str, str]]]()
    for place, row in enumerate(raw.row.tolist()):
        said = {name: texts[place] or "" for name, texts in columns.items()}
        number, line = said.pop("document"), said.pop("line", "")
        if line:
            _add_line(lines.setdefault(number, {}), line, said, row)
            continue
        accepted_by = said.pop("accepted_by", "")
        papers = tuple((kind, said.pop(kind)) for kind in PAPERS if said.get(kind))
        words: dict[str, Any] = {name: text for name, text in said.items() if name not in PAPERS}
        trade = TradeSaid(**words, papers=papers)
        try:
            trade.check()
        except Rejected as error:
            raise Rejected(f"beside, row {row}: {error.message}", code=error.code,
                           next_step=error.next_step) from None  # fmt: skip
        if number in found:
            raise Rejected(f"beside, row {row}: document {number!r} stands twice",
                           code="DuplicateDocument")  # fmt: skip
        found[number] = Beside(trade, accepted_by)
    unsaid = sorted(set(lines) - set(found))
    if unsaid:
        raise Rejected(
            f"beside: of document {unsaid[0]!r} only lines are said", code="MissingDocument",
            next_step="add a row without a line, with kind, papers and who accepted it",
        )  # fmt: skip
    return {number: replace(one, lines=lines.get(number, {})) for number, one in found.items()}


def _add_line(lines: dict[str, dict[str, str]], line: str, said: dict[str, str], row: int) -> None:
    """Add what a row says of one line."""
    others = [name for name, text in said.items() if text and name not in LINE_COLUMNS]
    if others:
        raise Rejected(f"beside, row {row}: {others[0]!r} is of the whole document, not of a line",
                       code="InvalidLine",
                       next_step="say it in the row of the document that names no line")
    if line in lines:
        raise Rejected(f"beside, row {row}: line {line!r} stands twice", code="DuplicateDocument")
    lines[line] = {name: text for name, text in said.items() if text}
