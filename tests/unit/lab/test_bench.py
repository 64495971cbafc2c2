# SPDX-License-Identifier: Apache-2.0
"""The benchmark's own arithmetic: that it would see a wrong answer, and says what was measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bench.__main__ import _check_agreement, _this_round
from bench.contenders import (
    Answer,
    Case,
    fault_of,
    lemon,
    ortools_circulation,
    ortools_net_positions,
)
from bench.page import KEPT, write_page
from bench.plan import NAMES, SOLVE_CASES
from bench.records import Records

from skontro.kernel.circulation import maximum_circulation
from skontro.kernel.pairs import group_pairs
from skontro.lab.shapes import chorded_ring
from skontro.lab.synthetic import network_arrays

CASE = Case(
    np.array([0, 1, 2, 3], np.int32),
    np.array([1, 2, 0, 0], np.int32),
    np.array([100, 80, 60, 20]),
    4,
)


def answer(flow: list[int], level: list[int] | None) -> Answer:
    return Answer(
        sum(flow), 1.0, np.array(flow), None if level is None else np.array(level, np.int32)
    )


def test_a_sound_answer_has_no_fault() -> None:
    pairs = group_pairs(CASE.debtor, CASE.creditor, CASE.amount, 4)
    flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, 4)
    assert fault_of(CASE, answer(flow.tolist(), level.tolist())) == ""
    assert fault_of(CASE, answer([60, 60, 60, 0], None)) == ""


@pytest.mark.parametrize(
    ("flow", "level", "fault"),
    [
        ([60, 60, 60], [0, 0, 0, 0], "not one figure per row"),
        ([-1, -1, -1, 0], None, "beyond a limit"),
        ([61, 61, 61, 0], None, "beyond a limit"),
        ([60, 60, 59, 0], None, "a net position changed"),
        ([0, 0, 0, 0], [0, 0, 0, 0], "a row that must be full is not"),
        ([60, 60, 60, 0], [2, 0, 1, 0], "a row that must be full is not"),
        ([50, 50, 50, 0], [0, 1, 2, 1], "a row that must be full is not"),
        ([60, 60, 60, 0], [1, 3, 4, 0], "a row that must be nought is not"),
        ([60, 60, 60, 0], [2, 3, 4, 0], "levels not the least"),
        ([60, 60, 60, 0], [1, 2, 3, 0], ""),
    ],
)
def test_each_kind_of_wrong_answer_is_seen(
    flow: list[int], level: list[int] | None, fault: str
) -> None:
    assert fault_of(CASE, answer(flow, level)) == fault


def test_levels_that_are_all_too_high_are_seen() -> None:
    pairs = group_pairs(CASE.debtor, CASE.creditor, CASE.amount, 4)
    flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, 4)
    raised = answer(flow.tolist(), (level + 1).tolist())
    assert fault_of(CASE, raised) == "levels not the least"


@pytest.mark.parametrize("contender", [ortools_circulation, ortools_net_positions, lemon])
@pytest.mark.parametrize(
    "case",
    [
        CASE,
        Case(*chorded_ring(100, 300, 12, 3)),
        Case(*network_arrays("community", 200, 2_000, 3), 200),
    ],
    ids=["hand", "chords", "community"],
)
def test_contenders_solve_the_same_problem(contender: Callable[[Case], Answer], case: Case) -> None:
    pairs = group_pairs(case.debtor, case.creditor, case.amount, case.nodes)
    flow, _ = maximum_circulation(pairs.tail, pairs.head, pairs.limit, case.nodes)
    found = contender(case)
    assert found.set_off == int(flow.sum())
    assert fault_of(case, found) == ""


def test_disagreement_and_faults_stop_the_benchmark() -> None:
    sound = {"contender": "a", "set_off": "5", "fault": ""}
    _check_agreement("x", [sound, dict(sound)])
    with pytest.raises(RuntimeError, match="differ"):
        _check_agreement("x", [sound, sound | {"set_off": "6"}])
    with pytest.raises(RuntimeError, match="beyond"):
        _check_agreement("x", [sound | {"fault": "beyond a limit"}])


def test_the_faster_form_goes_on_and_contenders_change_places() -> None:
    names = ("skontro", "ortools-circulation", "ortools-net-positions")
    runs = [
        {"contender": name, "round": 0, "seconds": seconds}
        for name, seconds in zip(names, (1.0, 3.0, 2.0), strict=True)
    ]
    assert tuple(_this_round(names, [], 0)) == names
    assert tuple(_this_round(names, runs, 1)) == ("ortools-net-positions", "skontro")
    assert tuple(_this_round(names, runs, 2)) == ("skontro", "ortools-net-positions")


def test_records_go_on_where_they_were_and_drop_other_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "results.json"
    records = Records(path)
    records.runs("help", 2)
    records.add("help", {"contender": "help", "round": 0, "seconds": 0.2})
    assert len(Records(path).runs("help", 2)) == 1
    assert Records(path).runs("help", 3) == []
    monkeypatch.setattr("bench.records.source_digest", lambda case: f"other {case}")
    again = Records(path)
    assert again.of("help") is not None
    assert again.runs("help", 2) == []


def test_page_says_what_is_met_and_keeps_what_was_written_by_hand(tmp_path: Path) -> None:
    records = Records(tmp_path / "results.json")
    for name, pairs in (("nation-16m", 16_000_000), ("region-1m", 1_000_000)):
        records.runs(name, 1)
        records.facts(name, pairs=pairs, firms=1, rows=pairs)
        for contender, seconds in (
            ("skontro", pairs / 1e6),
            ("ortools-circulation", pairs / 1e5),
            ("ortools-net-positions", pairs / 2e5),
            ("lemon", pairs / 3e4),
        ):
            run = {"contender": contender, "round": 0, "seconds": seconds, "peak_mib": 900}
            records.add(name, run)
    page = tmp_path / "benchmarks.md"
    write_page(page, records, quick=False)
    text = page.read_text("utf-8")
    assert "| 5.0 times; 0.9 GiB | **not met** |" in text
    assert "| 5.0 times, 33.3 times | **not met** |" in text
    assert "| exponent at most 1.15 | 1.00 | met |" in text
    page.write_text(text + "By hand.\n", "utf-8")
    write_page(page, records, quick=False)
    assert page.read_text("utf-8").split(KEPT)[1].strip() == "By hand."


@pytest.mark.parametrize(("load", "warned"), [(0.9, False), (9.0, True)])
def test_page_warns_of_figures_taken_beside_other_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: float, warned: bool
) -> None:
    monkeypatch.setattr("bench.records.os.getloadavg", lambda: (load, load, load))
    records = Records(tmp_path / "results.json")
    records.runs("help", 1)
    records.add("help", {"contender": "help", "round": 0, "seconds": 0.2})
    page = tmp_path / "benchmarks.md"
    write_page(page, records, quick=False)
    assert ("Other work was running" in page.read_text("utf-8")) == warned


def test_every_row_that_must_be_met_has_a_case() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {case.name for case in SOLVE_CASES} >= {
        "nation-16m", "region-1m", "town-100k", "town-300k", "ring-1m", "ring-1m-shuffled",
        "chords-200k", "forest-16m",
    }  # fmt: skip
    for case in SOLVE_CASES:
        assert case.make_quick().debtor.shape[0] > 0
