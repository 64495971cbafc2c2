# SPDX-License-Identifier: Apache-2.0
"""The worked example with full papers: everything passes, and each thing left out is held."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.made_trades import DAY, claim_of, declaration_of, owed_of, rows, worked_packs

from skontro.gate.customs import reconcile
from skontro.gate.goods import judge_goods
from skontro.gate.outcome import JudgedMany, all_together
from skontro.gate.papers import PaperRules, judge_papers
from skontro.gate.trade import Owed, TradeColumns


def judge(many: list[Owed]) -> JudgedMany:
    columns = TradeColumns.of(many)
    goods = judge_goods(columns, worked_packs(), DAY)
    papers = judge_papers(columns, PaperRules(), DAY, needs=goods.needs)
    assert not goods.needs.any()
    return all_together(goods.judged, papers)


def test_goods_papers_and_customs_of_the_example_are_in_order() -> None:
    assert judge([owed_of(row) for row in rows()]).released.all()
    over_border = [row for row in rows() if row["id"] not in ("o7", "o8")]
    declared = {f"CU-{row['id']}": declaration_of(row) for row in over_border}
    told = reconcile([claim_of(place, row) for place, row in enumerate(over_border)], declared)
    assert len(told) == 6
    assert {one.judged.outcome for one in told.values()} == {"released"}


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("left_out", ["code", "papers", "lines", "kind", "places"])
def test_what_is_left_out_is_held(place: int, left_out: str) -> None:
    """One thing missing in one obligation holds that one, and no other."""
    many = [owed_of(row) for row in rows()]
    trade = many[place].trade
    changed = {
        "code": replace(trade, lines=(replace(trade.lines[0], code=""),)),
        "papers": replace(trade, papers=()),
        "lines": replace(trade, lines=()),
        "kind": replace(trade, kind=""),
        "places": replace(trade, lines=(replace(trade.lines[0], destination="XX"),)),
    }[left_out]
    many[place] = replace(many[place], trade=changed)
    told = judge(many)
    assert [not one for one in told.released.tolist()] == [at == place for at in range(8)]
