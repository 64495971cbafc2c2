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
