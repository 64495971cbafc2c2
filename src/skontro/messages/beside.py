# SPDX-License-Identifier: Apache-2.0
"""What stands beside documents in a table: what e-invoices do not say of themselves.

An e-invoice has no acceptance by the buyer and usually no HS code; both come in here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from skontro.core.errors import Rejected
from skontro.house.trade import NOTHING, PAPERS, TradeSaid
from skontro.messages.raw import check_columns
from skontro.messages.tables import read_table
from skontro.messages.texts import to_text
from skontro.messages.trade_rows import TRADE_COLUMNS

BESIDE_COLUMNS = ("document", "accepted_by", *TRADE_COLUMNS)
"""Columns of such a table; ``document`` is the number of the invoice, the others may be there."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is said of a document beside it.

    Attributes:
        trade: What it is for, with its papers.
        accepted_by: Id of the buyer, if it stands by it already; empty if not.
    """

    trade: TradeSaid = NOTHING
    accepted_by: str = ""


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
    found = dict[str, Beside]()
    for place, row in enumerate(raw.row.tolist()):
        said = {name: texts[place] or "" for name, texts in columns.items()}
        number, accepted_by = said.pop("document"), said.pop("accepted_by", "")
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
    return found
