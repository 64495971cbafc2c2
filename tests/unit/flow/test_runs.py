# SPDX-License-Identifier: Apache-2.0
"""Runs: what is archived stands the check that everybody can make of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.made_house import DATES, worked_house

from skontro.core.errors import CertificateFailed
from skontro.flow import runs
from skontro.messages.folder import write_folder
from skontro.store.rows import find_all
from skontro.store.schema import act
from skontro.verify import verify_folder


def _wrong_levels(place: Path) -> None:
    path = place / "participants.parquet"
    table = pq.read_table(path)
    levels = pa.array([level + 1 for level in table.column("level").to_pylist()], pa.int64())
    at = table.column_names.index("level")
    pq.write_table(table.set_column(at, table.schema.field(at), levels), path)


def _wrong_total(place: Path) -> None:
    path = place / "summary.json"
    said = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(said | {"obligations": 7}, sort_keys=True, indent=2) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "claim"), [(_wrong_levels, "certificate"), (_wrong_total, "summary")]
)
def test_a_run_that_does_not_verify_goes_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, claim: str
) -> None:
    """Goal: a fault of whatever writes a run never leaves the house.

    Method: the folder is written as ever, then one file is written wrongly and listed in the
    manifest as it is, as a faulty writer would have it. Neither the preliminary nor the final run
    goes on; without the fault both do.
    """
    made = worked_house(tmp_path / "house")
    house, write = made.house, write_folder

    def write_wrongly(result: Any, place: Path, **options: Any) -> None:
        write(result, place, **options)
        spoil(place)
        path = place / "manifest.json"
        manifest = json.loads(path.read_text("utf-8"))
        for output in manifest["outputs"]:
            content = (place / output["name"]).read_bytes()
            output |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        path.write_text(
            json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False) + "\n", "utf-8"
        )

    made.until(DATES.cut_off_at)
    house.cycles.cut_off(DATES.id)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "write_folder", write_wrongly)
        with pytest.raises(CertificateFailed, match=claim):
            house.cycles.preliminary(DATES.id)
    assert house.cycles.show(DATES.id)["state"] == "entered"
    house.cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    house.cycles.irrevocable(DATES.id)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "write_folder", write_wrongly)
        with pytest.raises(CertificateFailed, match=claim):
            house.cycles.propose_final(DATES.id, "P1", made.keys["P1"])
    with house.database.read() as unit:
        assert not find_all(unit, act, state="proposed")
    made.both(house.cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
    ran = house.cycles.show(DATES.id)["runs"]
    assert [one["kind"] for one in ran] == ["preliminary", "final"]
    assert sorted(one.name for one in (house.folder / "archive" / DATES.id).iterdir()) == [
        "final", "preliminary",
    ]  # fmt: skip
    assert all(verify_folder(house.folder / one["folder"]).ok for one in ran)
