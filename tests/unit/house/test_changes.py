# SPDX-License-Identifier: Apache-2.0
"""What changed between two runs: it adds up, turned round it is the other way round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skontro.house.changes import FIGURES, FirmFigures, RunFigures, SideFigures, compare_runs

FIRM = st.sampled_from(["A1", "A2", "B1", "B2", "H1"])
AMOUNT = st.integers(0, 10**12)


@st.composite
def runs(draw: st.DrawFn) -> RunFigures:
    firms, sides = list[FirmFigures](), list[SideFigures]()
    for unit, firm in draw(st.sets(st.tuples(st.sampled_from(["EUR", "INR"]), FIRM))):
        entered = draw(AMOUNT)
        off = draw(st.integers(0, entered))
        firms.append(FirmFigures(firm, unit, entered, off, draw(st.integers(0, entered - off))))
    codes = st.sampled_from(["EUR", "AED"])
    for side, code in draw(st.sets(st.tuples(st.sampled_from("AB"), codes))):
        entered = draw(AMOUNT)
        sides.append(SideFigures(side, code, draw(st.integers(1, 99)), entered, 0, entered))
    return RunFigures(firms, sides)


def sums(run: RunFigures, unit: str) -> dict[str, int]:
    return {name: sum(getattr(one, name) for one in run.firms if one.unit == unit)
            for name in FIGURES}  # fmt: skip


@given(runs(), runs())
def test_it_adds_up_and_turns_round(now: RunFigures, then: RunFigures) -> None:
    """Goal: changes are now less then, firm by firm and in sum; the other way round they are the
    same below nought, and who was new is gone."""
    there, back = compare_runs(now, then, 99), compare_runs(then, now, 99)
    for one, other in zip(there["units"], back["units"], strict=True):
        first, second = sums(now, one["unit"]), sums(then, one["unit"])
        assert one["change"] == {name: first[name] - second[name] for name in FIGURES}
        parts = [*one["movers"], *one["new_firms"], *one["gone_firms"]]
        for name in FIGURES:
            assert sum(each["change"][name] for each in parts) == one["change"][name]
            assert one["change"][name] == -other["change"][name]
        assert (one["new"], one["gone"], one["moved"]) == (
            other["gone"], other["new"], other["moved"]
        )  # fmt: skip
        moved = [abs(each["change"]["entered_minor"]) for each in one["movers"]]
        assert moved == sorted(moved, reverse=True)
    for one in there["sides"]:
        assert one["change"]["left_minor"] == (
            (one["now"] or {"left_minor": 0})["left_minor"]
            - (one["then"] or {"left_minor": 0})["left_minor"]
        )  # fmt: skip


@given(runs())
def test_the_same_run_has_not_changed(run: RunFigures) -> None:
    found = compare_runs(run, run, 5)
    assert not any(one["moved"] or one["new"] or one["gone"] for one in found["units"])
    assert all(one["obligations"]["now"] == one["obligations"]["then"] for one in found["sides"])


def test_only_the_largest_are_named_and_all_are_counted() -> None:
    firms = [FirmFigures(f"F{k}", "EUR", 10 * k, 0, 10 * k) for k in range(1, 8)]
    (one,) = compare_runs(RunFigures(firms), RunFigures(), 2)["units"]
    assert (one["new"], [each["participant"] for each in one["new_firms"]]) == (7, ["F7", "F6"])
    assert (one["then"], one["now"]["share"]) == (None, "0.000000")
