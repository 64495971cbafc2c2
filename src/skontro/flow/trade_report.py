# SPDX-License-Identifier: Apache-2.0
"""The authority's report of a side: all obligations of a cycle that crossed its border."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Rejected
from skontro.flow.reports import PAST_SETTLEMENT, head_of_run
from skontro.house.addresses import NOWHERE, read_address
from skontro.house.trade_report import IN, OUT, Crossing, chapter_of, of_lines, summed, totals
from skontro.store.database import Unit
from skontro.store.orders import discharged_obligations, goods_of
from skontro.store.papers import entry_of
from skontro.store.register import current_records
from skontro.store.rows import find_all
from skontro.store.schema import participant

if TYPE_CHECKING:
    from skontro.flow.house import House

TRADE_REPORT = "trade report"


def trade_report_content(
    house: House, unit: Unit, cycle: Any, final: Any, side: str
) -> dict[str, Any]:
    """Return what the report of a side to its authority says of a cycle.

    Args:
        house: The house.
        unit: A reading.
        cycle: The cycle.
        final: Its final run.
        side: Id of the side.

    Raises:
        Rejected: There is no such side.
    """
    known = house.rules.side(side)
    if known is None:
        sides = ", ".join(one.id for one in house.rules.sides)
        raise Rejected(f"the house has no side {side!r}", code="UnknownSide",
                       next_step=f"sides: {sides}")  # fmt: skip
    crossings = _crossings(house, unit, cycle.id, side)
    rows = summed(part for parts in crossings for part in parts)
    many = Counter((parts[0].way, parts[0].currency) for parts in crossings)
    is_settled = cycle.state in PAST_SETTLEMENT
    step = "settle" if is_settled else "final"
    entry = entry_of(unit, cycle.id, "cycle.step", holds=f'"step":"{step}"')
    return {
        "number": f"{house.id}/{cycle.id}/trade/{side}/{step}", **head_of_run(house, final),
        "side": side, "jurisdiction": known.jurisdiction,
        "stage": "settled" if is_settled else "final", "value_date": cycle.business_day,
        "rows": rows, "totals": totals(rows, many),
        "journal": {"entry": entry.number, "hash": entry.hash},
    }  # fmt: skip


def _crossings(house: House, unit: Unit, cycle_id: str, side: str) -> list[list[Crossing]]:
    """Every obligation of a cycle between a side and another, as that side sees it, in parts by
    chapters of its lines."""
    firms = {firm.number: firm for firm in find_all(unit, participant)}
    said = current_records(unit, "participant", "address")
    where = {firm: read_address(texts[-1][1]) for firm, texts in said.items()}

    def country(number: int) -> str:
        firm = firms[number]
        of_side = house.rules.side(firm.side)
        return where.get(firm.id, NOWHERE).country or (
            "" if of_side is None else of_side.jurisdiction
        )

    rows = [
        row
        for row in discharged_obligations(unit, cycle_id)
        if firms[row.debtor].side != firms[row.creditor].side
        and side in (firms[row.debtor].side, firms[row.creditor].side)
    ]
    goods = goods_of(unit, [int(row.number) for row in rows])
    found = []
    for row in rows:
        comes_in = firms[row.debtor].side == side
        terms = goods.get(int(row.number), {})
        crossing = Crossing(
            IN if comes_in else OUT, country(row.creditor if comes_in else row.debtor),
            chapter_of(str(terms.get("code", "")), str(terms.get("kind", ""))), row.currency,
            int(row.before_minor), int(row.set_off_minor), int(row.settled_minor),
        )  # fmt: skip
        lines = [
            (chapter_of(str(line.get("code", "")), str(terms.get("kind", ""))),
             int(line["value_minor"]))
            for line in terms.get("lines", ())
        ]  # fmt: skip
        found.append(of_lines(crossing, lines) if lines else [crossing])
    return found
