# SPDX-License-Identifier: Apache-2.0
"""Net and tax of partial discharge: exact, never below nought, the same over all cycles."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from skontro.house.tax_split import RatePart, spread, tax_lines
from skontro.verify.taxes import check_taxes

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=8).filter(any)


@given(WEIGHTS, st.lists(st.integers(0, 10**13), min_size=2, max_size=6))
def test_a_spread_adds_up_and_never_shrinks(weights: list[int], totals: list[int]) -> None:
    spreads = [spread(total, weights) for total in sorted(totals)]
    for total, parts in zip(sorted(totals), spreads, strict=True):
        assert sum(parts) == total
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)
    for one, other in pairwise(spreads):
        assert all(a <= b for a, b in zip(one, other, strict=True))
    assert spread(sum(weights), weights) == weights


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5).filter(any))
def test_small_spreads_step_by_step(weights: list[int]) -> None:
    """One unit more is one part more, for every total there is."""
    before = spread(0, weights)
    assert not any(before)
    for total in range(1, 60):
        parts = spread(total, weights)
        assert sorted(a - b for a, b in zip(parts, before, strict=True))[-1] == 1
        assert all(a >= b for a, b in zip(parts, before, strict=True))
        before = parts


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=4)
    .filter(lambda rates: any(map(any, rates))),
    st.tuples(st.integers(1, 10**10), st.integers(0, 10**10), st.integers(0, 10**10),
              st.integers(0, 10**10)),
)  # fmt: skip
def test_parts_of_a_notice_add_up_and_are_verified(
    rates: list[tuple[int, int]], amounts: tuple[int, int, int, int]
) -> None:
    before = amounts[0]
    off = amounts[1] % (before + 1)
    planned, settled = amounts[2] % (before - off + 1), amounts[3] % (before - off + 1)
    lines = tax_lines([RatePart("S", str(k), *one) for k, one in enumerate(rates)],
                      before=before, set_off=off, planned=planned, settled=settled)  # fmt: skip
    for name, total in (("set_off", off), ("planned", planned), ("settled", settled),
                        ("residual", before - off - settled)):  # fmt: skip
        parts = [int(line[f"{name}_{kind}_minor"]) for line in lines for kind in ("net", "tax")]
        assert sum(parts) == total
        assert min(parts) >= 0
    check_taxes(lines, "it", [before, before - off, before - off - planned,
                              before - off - settled])  # fmt: skip


def test_over_all_cycles_net_and_tax_of_the_document_come_out() -> None:
    """Three cycles discharge an invoice of two rates: together exactly its net and its tax."""
    rates = [RatePart("S", "19", 99_99, 19_00), RatePart("S", "7", 50_01, 3_50)]
    left, sums = 172_50, [0, 0, 0, 0]
    for off, settled in ((33_33, 17_01), (0, 1), (50_00, 72_15)):
        lines = tax_lines(rates, before=left, set_off=off, planned=0, settled=settled)
        for place, line in enumerate(lines):
            for name in ("set_off", "settled"):
                sums[2 * place] += int(line[f"{name}_net_minor"])
                sums[2 * place + 1] += int(line[f"{name}_tax_minor"])
        left -= off + settled
    assert left == 0
    assert sums == [99_99, 19_00, 50_01, 3_50]


def test_no_split_where_the_document_is_not_all_above_nought() -> None:
    for rates in ([], [RatePart("S", "19", 100, -1)], [RatePart("E", "0", 0, 0)]):
        assert tax_lines(rates, before=10, set_off=5, planned=0, settled=0) == []
