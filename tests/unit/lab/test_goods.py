# SPDX-License-Identifier: Apache-2.0
"""The goods of the invented trade pass the gate, but for what is meant to be caught."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from skontro.gate.customs import reconcile
from skontro.gate.goods import LICENCE, judge_goods
from skontro.gate.licences import plan_reservations, wanted_of
from skontro.gate.outcome import all_together
from skontro.gate.papers import PaperRules, judge_papers
from skontro.gate.red_flags import History, Traffic, judge_flags, usual_goods
from skontro.gate.trade import Texts, TradeColumns, day_number
from skontro.lab.goods import FICTITIOUS_MONTH, InventedGoods, demonstration_packs
from skontro.lab.trade import PER_EURO, InventedTrade, Invoice


@pytest.fixture(scope="module")
def goods() -> InventedGoods:
    return InventedGoods(InventedTrade(90, 7))


def first(month: int) -> datetime.date:
    return datetime.date(2026, month, 1)


def test_everything_passes_but_the_fictitious_invoice(goods: InventedGoods) -> None:
    """Goods and papers of a whole year are in order; what needs a licence has two that suffice;
    customs agree with every invoice but one."""
    packs, licensed, caught = demonstration_packs(), 0, []
    licences = {one.id: one for one in goods.licences(10**15)}
    entries = []
    for month in range(1, 13):
        invoices = goods.trade.month(2026, month)
        columns = TradeColumns.of([goods.owed(one) for one in invoices])
        told = judge_goods(columns, packs, first(month))
        papers = judge_papers(columns, PaperRules(), first(month), needs=told.needs)
        assert all_together(told.judged, papers).released.all(), month
        rows = np.flatnonzero(told.needs & LICENCE).tolist()
        assert rows == [row for row, one in enumerate(invoices) if goods.is_licensed(one)]
        licensed += len(rows)
        wanted = [
            wanted_of(100_000 * month + row, goods.owed(invoices[row]),
                      (invoices[row].debtor, invoices[row].creditor), invoices[row].currency,
                      packs, first(month))
            for row in rows
        ]  # fmt: skip
        plan = plan_reservations(wanted, licences, entries, first(month))
        assert {one.outcome for one in plan.judged.values()} <= {"released"}
        assert len(plan.entries) == 2 * len(rows)
        entries += plan.entries
        declared = {one.reference: one for one in goods.declarations(invoices)}
        claims = [goods.claim(row, one) for row, one in enumerate(invoices)
                  if goods.kind(one) == "cross_border_goods"]  # fmt: skip
        assert {one.reference for one in claims} == set(declared)
        for claim in claims:
            one = reconcile([claim], declared)[claim.obligation, claim.reference]
            if one.judged.outcome != "released":
                caught.append((month, invoices[claim.obligation].document, one.judged.reasons))
    assert licensed >= 6
    assert [(month, document) for month, document, _ in caught] == [
        (FICTITIOUS_MONTH, goods.fictitious)
    ]
    assert [why["code"] for why in caught[0][2]] == ["QuantityAboveDeclared", "ValueAboveDeclared"]


def test_without_a_licence_what_needs_one_is_held(goods: InventedGoods) -> None:
    invoice = next(
        one for month in range(1, 13) for one in goods.trade.month(2026, month)
        if goods.is_licensed(one)
    )  # fmt: skip
    want = wanted_of(1, goods.owed(invoice), (invoice.debtor, invoice.creditor), invoice.currency,
                     demonstration_packs(), first(6))  # fmt: skip
    assert plan_reservations([want], {}, [], first(6)).judged[1].outcome == "held"
    small = {one.id: one for one in goods.licences(invoice.amount_minor - 1)}
    assert plan_reservations([want], small, [], first(6)).judged[1].outcome == "held"
    enough = {one.id: one for one in goods.licences(invoice.amount_minor)}
    assert plan_reservations([want], enough, [], first(6)).judged[1].outcome == "released"


def traffic(goods: InventedGoods, invoices: list[Invoice]) -> Traffic:
    number = {firm.id: place for place, firm in enumerate(goods.trade.firms)}
    return Traffic(
        TradeColumns.of([goods.owed(one) for one in invoices]), np.arange(len(invoices)),
        np.array([number[one.debtor] for one in invoices]),
        np.array([number[one.creditor] for one in invoices]),
        Texts.of(one.currency for one in invoices),
        np.array([one.amount_minor // PER_EURO[one.currency] for one in invoices]),
        np.array([day_number(one.issued.isoformat()) for one in invoices], np.int32),
    )  # fmt: skip


def test_prices_and_weights_raise_no_flag(goods: InventedGoods) -> None:
    """With five months behind it, the sixth is as usual; a price ten times too high is not."""
    before = [one for month in range(1, 6) for one in goods.trade.month(2026, month)]
    prices, weights = usual_goods(traffic(goods, before))
    history = History(prices=prices, weights=weights)
    june = traffic(goods, goods.trade.month(2026, 6))
    assert judge_flags(june, history).released.all()
    wrong = june.trade.lines.value_minor
    wrong[0] *= 10
    told = judge_flags(june, history)
    assert [why["code"] for why in told.at(0).reasons] == ["PriceFarOff"]
    assert told.released[1:].all()


def test_the_same_seed_gives_the_same(goods: InventedGoods) -> None:
    again = InventedGoods(InventedTrade(90, 7))
    for one in goods.trade.month(2026, 3):
        assert goods.trade_of(one) == again.trade_of(one)
    assert goods.fictitious == again.fictitious != ""
