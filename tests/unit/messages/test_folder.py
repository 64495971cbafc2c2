# SPDX-License-Identifier: Apache-2.0
"""The result folder is all there or not there at all."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from skontro.core.clearing import clear_intake
from skontro.core.errors import Conflict, UnknownFormat
from skontro.core.result import ClearingResult
from skontro.messages import folder as folder_module
from skontro.messages.folder import check_target, write_folder
from skontro.messages.tables import read_intake

CSV = "id,debtor,creditor,amount,currency\n1,A,B,5.00,EUR\n2,B,A,3.00,EUR\n3,B,A,x,EUR\n"


@pytest.fixture
def result(tmp_path: Path) -> ClearingResult:
    """A small calculation from a file, one row of it refused."""
    path = tmp_path / "Debts.CSV"
    path.write_text(CSV)
    return clear_intake(read_intake(path))


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_everything_is_there_and_sealed(result: ClearingResult, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "new" / "result"
    write_folder(result, place, kind)
    outputs = {"summary.json", "certificate.json", "commitment.json", "rejections.csv",
               f"participants.{kind}", f"obligations.{kind}", "report.html"}  # fmt: skip
    assert names(place) == outputs | {"manifest.json", "run.json", "inputs/obligations.csv"}
    assert (place / "inputs/obligations.csv").read_text() == CSV
    manifest = json.loads((place / "manifest.json").read_text())
    assert [one["name"] for one in manifest["outputs"]] == sorted(outputs)
    assert [one["role"] for one in manifest["inputs"]] == ["obligations"]
    for one in manifest["outputs"] + manifest["inputs"]:
        data = (place / one["name"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert json.loads((place / "summary.json").read_text()) == result.summary
    assert manifest["result_digest"] == result.result_digest
    text = (place / "manifest.json").read_text()
    assert text == json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    assert os.listdir(place.parent) == ["result"]


def test_a_table_in_memory_is_kept_as_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {"id": ["1"], "debtor": ["A"], "creditor": ["B"], "amount": ["5"], "currency": ["EUR"]}
    )
    result = clear_intake(read_intake(table))
    write_folder(result, tmp_path / "result")
    assert (tmp_path / "result/inputs/obligations.parquet").is_file()


def test_each_result_has_a_secret_of_its_own(result: ClearingResult, tmp_path: Path) -> None:
    salts = set()
    for name in ("one", "two"):
        write_folder(result, tmp_path / name)
        commitment = json.loads((tmp_path / name / "commitment.json").read_text())
        assert len(bytes.fromhex(commitment["salt"])) == 32
        salts.add(commitment["salt"])
    assert len(salts) == 2


def test_an_earlier_result_gives_way_only_if_told(result: ClearingResult, tmp_path: Path) -> None:
    place = tmp_path / "result"
    write_folder(result, place)
    with pytest.raises(Conflict):
        write_folder(result, place)
    (place / "note.txt").write_text("mine")
    with pytest.raises(Conflict):
        write_folder(result, place, force=True)
    assert (place / "note.txt").read_text() == "mine"
    (place / "note.txt").unlink()
    write_folder(result, place, "parquet", force=True)
    assert "obligations.parquet" in names(place)
    assert "obligations.csv" not in names(place)
    assert (place / "commitment.json").stat().st_mode & 0o077 == 0
    assert sorted(os.listdir(tmp_path)) == ["Debts.CSV", "result"]


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_result_is_left_alone(
    result: ClearingResult, tmp_path: Path, force: bool
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged" / "manifest.json").write_text('{"format": "another/1"}')
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    for name in ("full", "forged", "file", "link"):
        with pytest.raises(Conflict):
            check_target(tmp_path / name, force=force)
        with pytest.raises(Conflict):
            write_folder(result, tmp_path / name, force=force)
    assert (tmp_path / "full" / "thesis.txt").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    write_folder(result, tmp_path / "empty", force=force)


@pytest.mark.parametrize("step", ["write_table", "render_report", "_seal", "_copy", "sync"])
def test_a_failure_leaves_nothing_behind(
    result: ClearingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Goal: whatever fails, the earlier result stands and nothing half-written lies about."""
    place = tmp_path / "result"
    write_folder(result, place)
    before = {name: (place / name).read_bytes() for name in names(place)}

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("no space left")

    monkeypatch.setattr(folder_module, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_folder(result, place, force=True)
    assert {name: (place / name).read_bytes() for name in names(place)} == before
    assert sorted(os.listdir(tmp_path)) == ["Debts.CSV", "result"]


def test_a_failed_rename_puts_the_earlier_result_back(
    result: ClearingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where names cannot be exchanged in one step, as on other systems."""
    place = tmp_path / "result"
    write_folder(result, place)
    monkeypatch.setattr(folder_module, "exchange", lambda *_: False)
    rename = os.rename

    def fail(source: Any, target: Any) -> None:
        if str(source).endswith(".part"):
            raise OSError("broken")
        rename(source, target)

    monkeypatch.setattr(folder_module.os, "rename", fail)
    with pytest.raises(OSError, match="broken"):
        write_folder(result, place, force=True)
    assert "manifest.json" in names(place)
    assert sorted(os.listdir(tmp_path)) == ["Debts.CSV", "result"]


def test_an_earlier_result_is_replaced_in_one_step(
    result: ClearingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process killed at any moment leaves the earlier or the new result under the name."""
    place = tmp_path / "result"
    write_folder(result, place)

    def fail(*_: Any) -> None:
        raise AssertionError("the name would be free for a moment")

    monkeypatch.setattr(folder_module.os, "rename", fail)
    write_folder(result, place, "parquet", force=True)
    assert "obligations.parquet" in names(place)
    assert sorted(os.listdir(tmp_path)) == ["Debts.CSV", "result"]


@pytest.mark.parametrize("name", ["result", "re*ult[1]"])
def test_what_a_killed_process_left_is_cleared_away_and_nothing_else(
    result: ClearingResult, tmp_path: Path, name: str
) -> None:
    left = [f".{name}.abcd1234.part", ".other.abcd1234.part", f".{name}.part",
            f".{name}.live1234.part"]  # fmt: skip
    for each in left:
        (tmp_path / each).mkdir()
        (tmp_path / each / "summary.json").write_text("{")
        os.utime(tmp_path / each, (0, 0))
    (tmp_path / f".{name}.link1234.part").symlink_to(tmp_path / ".other.abcd1234.part")
    (tmp_path / f".{name}.just1234.part").mkdir()
    handle = os.open(tmp_path / left[-1], os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    write_folder(result, tmp_path / name)
    os.close(handle)
    found = {path.name for path in tmp_path.iterdir()} - {"Debts.CSV", name}
    assert found == {*left[1:], f".{name}.link1234.part", f".{name}.just1234.part"}
    assert (tmp_path / ".other.abcd1234.part/summary.json").exists()


def test_an_input_that_has_changed_is_noticed(result: ClearingResult, tmp_path: Path) -> None:
    (tmp_path / "Debts.CSV").write_text(CSV + "4,B,A,1.00,EUR\n")
    with pytest.raises(Conflict, match="has changed"):
        write_folder(result, tmp_path / "result")
    assert os.listdir(tmp_path) == ["Debts.CSV"]


def test_an_unknown_format_is_refused(result: ClearingResult, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        write_folder(result, tmp_path / "result", "pdf")
