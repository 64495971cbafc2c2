# SPDX-License-Identifier: Apache-2.0
"""What is written of an obligation when one party says it first: its row, verdict and goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skontro.flow.asked import Stated
from skontro.flow.likeness import day_or_none
from skontro.house.obligations import Registration, content_digest
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.schema import obligation, obligation_line, obligation_trade, verdict

if TYPE_CHECKING:
    from skontro.flow.house import House

Row = tuple[Any, dict[str, Any]]
Opened = tuple[int, tuple[int, int], int, Registration, str]
"""Number, debtor and creditor, which of them says it, what it says, and the state."""


def opened(
    house: House, unit: Unit, many: Sequence[Opened]
) -> list[list[tuple[Any, dict[str, Any]]]]:
    """Judge obligations that one party each has said; return the rows of each, by table.

    Args:
        house: The house.
        unit: The unit of work they are written in.
        many: The obligations.
    """
    rows, judged, stated = list[dict[str, Any]](), [], list[Stated]()
    for number, firms, side, said, state in many:
        due_day, document_day = day_or_none(said.due_date), day_or_none(said.document_date)
        digest = content_digest(
            number, *firms, said.amount_minor, said.currency, due_day, said.document, document_day,
            said.trade.digested,
        )  # fmt: skip
        rows.append({
            "number": number, "debtor": firms[0], "creditor": firms[1], "currency": said.currency,
            "amount_minor": said.amount_minor, "open_minor": said.amount_minor,
            "due_day": due_day, "document": said.document, "document_day": document_day,
            "state": state, "flags": 0, "said": side, "registered_at": house.at,
            "content_digest": digest,
        })  # fmt: skip
        ids = dict(zip(firms, (said.debtor, said.creditor), strict=True))
        judged.append((number, ids, digest))
        stated.append(Stated(said.amount_minor, said.currency, document_day))
    trades = Trades.of([said.trade for _, _, _, said, _ in many])
    with house.database.widened("judging", unit):
        verdicts = house.gate.judge_all_new(unit, judged, trades, stated)
    return [
        [(obligation, row), (verdict, said), *house.goods.rows(unit, row["number"], trades, place),
         *house.events.of_new(row["number"], said["outcome"])]
        for place, (row, said) in enumerate(zip(rows, verdicts, strict=True))
    ]  # fmt: skip


def parted(house: House, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Part rows into those that are written first, and those that are written after them.

    Behind a firm's wall an obligation must be there before what is said of its trade.
    """
    if "firms" not in house.database.reach.words:
        return list(rows), []
    of_trade = (obligation_trade, obligation_line)
    first = [row for row in rows if row[0] not in of_trade]
    return first, [row for row in rows if row[0] in of_trade]
