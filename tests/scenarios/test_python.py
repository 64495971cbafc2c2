# SPDX-License-Identifier: Apache-2.0
"""An analyst in Python: a data frame in, Arrow tables out, saved, checked, drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.made_intakes import WORKED_FIRMS, WORKED_RATES, WORKED_ROWS, make_intake, tables_of

import skontro
from skontro.verify import verify_folder

WORKED = tables_of(make_intake(WORKED_ROWS, firms=WORKED_FIRMS, rates=WORKED_RATES))


def as_it_is(table: pa.Table) -> Any:
    return table


def as_reader(table: pa.Table) -> Any:
    return table.to_reader()


def as_polars(table: pa.Table) -> Any:
    return pytest.importorskip("polars").from_arrow(table)


def as_pandas(table: pa.Table) -> Any:
    pytest.importorskip("pandas")
    return table.to_pandas()


def as_duckdb(table: pa.Table) -> Any:
    return pytest.importorskip("duckdb").from_arrow(table)


@pytest.mark.parametrize("turn", [as_it_is, as_reader, as_polars, as_pandas, as_duckdb])
def test_any_table_will_do(turn: Callable[[pa.Table], Any]) -> None:
    """Each kind of table gives the result of the worked example, to the digest."""
    plain = skontro.clear(**WORKED)
    result = skontro.clear(**{role: turn(table) for role, table in WORKED.items()})
    assert result.result_digest == plain.result_digest
    assert result.summary["set_off_minor"] == 320_000_00
    assert isinstance(result.obligations, pa.Table)
    assert isinstance(result.participants, pa.Table)
    assert result.obligations.num_rows == 8
    assert result.participants.column("level").to_pylist() == [0, 2, 1, 1, 3, 0]


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_what_is_saved_is_whole(tmp_path: Path, kind: str) -> None:
    """The folder verifies, its report has every chart, and run.json says how long it took."""
    told: list[str] = []
    result = skontro.clear(**WORKED, progress=lambda stage, *_: told.append(stage))
    assert {"reading obligations", "clearing", "checking"} <= set(told)
    verdict = result.verify()
    assert verdict.ok, verdict.text()  # type: ignore[attr-defined]
    result.save(tmp_path / "result", kind)
    assert verify_folder(tmp_path / "result").ok
    page = (tmp_path / "result/report.html").read_text("utf-8")
    for chart in ("groups", "sides", "amounts", "curve", "levels"):
        assert f'data-chart="{chart}-0"' in page, chart
    run = json.loads((tmp_path / "result/run.json").read_text("utf-8"))
    assert set(told) == set(run["seconds"])
    assert run["peak_memory_bytes"] > 0
    assert run["libraries"]["numba"]
    with pytest.raises(skontro.SkontroError):
        result.save(tmp_path / "result", kind)
    result.save(tmp_path / "result", kind, force=True)


def test_bad_rows_are_told_and_do_not_raise() -> None:
    table = WORKED["obligations"].append_column("note", pa.array(["n"] * 8))
    amounts = table.column("amount").to_pylist()
    amounts[6] = "1e3"
    bad = table.set_column(table.column_names.index("amount"), "amount", pa.array(amounts))
    result = skontro.clear(**WORKED | {"obligations": bad})
    (refused,) = result.rejections.to_pylist()
    assert (refused["row"], refused["field"], refused["value"]) == (7, "amount", "1e3")
    assert result.summary["rejected"] == 1
    assert result.obligations.num_rows == 7


def test_a_curve_warns_of_rows_that_are_not_in_it() -> None:
    table = pa.table({"id": ["1", "2"], "debtor": ["A", "A"], "creditor": ["B", "C"],
                      "amount": ["5.00", "1e3"], "currency": ["EUR", "EUR"]})  # fmt: skip
    with pytest.warns(UserWarning, match="^1 of the rows .* row 2: amount '1e3': .*exponent"):
        points = skontro.curve(table, cash=["100%"])
    assert points["gross_minor"].to_pylist() == [500]


def test_wishes_that_are_none_say_which_there_are() -> None:
    table = WORKED["obligations"]
    for name, known in (("split", "'pro-rata'"), ("prefer", "'smallest'"), ("cash", "'limits'")):
        with pytest.raises(skontro.SkontroError, match=f"{name} cannot be 'much'") as refused:
            skontro.clear(table, **{name: "much"})
        assert known in refused.value.next_step
    limits = pa.table({"participant": ["A1"], "limit": ["1"], "currency": ["EUR"]})
    with pytest.raises(skontro.SkontroError, match="cannot be had at once"):
        skontro.clear(table, pay_in_limits=limits, cash="unlimited")


def test_what_python_shows_is_a_line_and_says_that_nothing_is_set_off(tmp_path: Path) -> None:
    """A result may hold millions of rows; looking at it prints none of them."""
    result = skontro.clear(**WORKED)
    assert repr(result) == (
        "<ClearingResult: EUR: gross 425000.00, set off 320000.00, settled 0.00; 8 obligations of "
        "6 participants, 0 rows refused; effect: calculation, nothing has been set off>"
    )
    verdict = result.verify()
    assert repr(verdict) == (
        f"<Verdict: every claim holds ({len(verdict.claims)}); effect: calculation, screened: "
        "false, nothing has been set off>"
    )
    result.save(tmp_path / "r")
    (tmp_path / "r/summary.json").write_text("{}")
    assert "; FAILS summary: " in repr(verify_folder(tmp_path / "r"))
    assert {"clear", "clear_arrays", "curve", "generate"} <= set(dir(skontro))


def test_curve_and_generate(tmp_path: Path) -> None:
    points = skontro.curve(**WORKED, cash=["0", "100%"])
    assert points.column("discharged_minor").to_pylist() == [320_000_00, 425_000_00]
    (path,) = skontro.generate("community", 100, 500, 7, tmp_path / "made.parquet")
    result = skontro.clear(path, cash="unlimited")
    assert result.summary["obligations"] == pq.read_table(path).num_rows == 500
    assert result.summary["share_discharged"] == "1.000000"


def test_tables_and_arrays_agree() -> None:
    """The same network as numbers: the same volume and the same levels."""
    result = skontro.clear(**WORKED)
    block = result.blocks[0].block
    plain = skontro.clear_arrays(block.tail, block.head, block.limit, block.nodes.count)
    assert plain.volume == int(result.blocks[0].totals()["set_off_points"])
    assert plain.level.tolist() == result.participants.column("level").to_pylist()
