# SPDX-License-Identifier: Apache-2.0
"""Whatever types the caller's columns have: refused with a reason, or carried and verified."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.security.bases import save

import skontro
from skontro.core.explanation import explain
from skontro.messages.package import package_participant, package_public
from skontro.messages.result_folder import read_result
from skontro.verify import verify_folder, verify_package

PLAIN = {
    "id": ["1", "2", "3"],
    "debtor": ["A", "B", "A"],
    "creditor": ["B", "A", "B"],
    "amount": ["1.00", "2.00", "5.00"],
    "currency": ["EUR", "EUR", "EUR"],
}
NAN = float("nan")

CARRIED: dict[str, pa.Array] = {
    "whole numbers": pa.array([2**62, -5, None], pa.int64()),
    "unsigned": pa.array([2**64 - 1, 0, 1], pa.uint64()),
    "fractions": pa.array([1e300, -1e-5, NAN]),
    "fractions of 32 bits": pa.array([0.1, -0.0, None], pa.float32()),
    "decimals": pa.array([Decimal("-1.50"), Decimal("0.0000000001"), None]),
    "truth values": pa.array([True, None, False]),
    "days": pa.array([datetime.date(2026, 1, 1), None, datetime.date(1, 1, 1)]),
    "days beyond every calendar": pa.array([-(10**6), 2**31 - 1, 0], pa.date32()),
    "moments": pa.array([0, None, 1], pa.timestamp("ns")),
    "moments of whole seconds": pa.array([0, None, 3600], pa.timestamp("s")),
    "moments of a zone": pa.array([0, None, 1], pa.timestamp("us", "Europe/Berlin")),
    "times of the day": pa.array([0, 1, None], pa.time32("s")),
    "durations": pa.array([0, 86_400_000_000, None], pa.duration("us")),
    "nothing": pa.nulls(3),
    "coded numbers": pa.array([5, 6, 5]).dictionary_encode(),
    "formulas": pa.array(["=1", "'=1", "''@x"]),
    "negative": pa.array(["-5", "'-5", "-5+1"]),
    "lines": pa.array(["a\nb", 'c"d', "e,f"]),
}
OWN: dict[str, tuple[str, pa.Array]] = {
    "ids as numbers": ("id", pa.array([-1, 2, 3])),
    "debtors as numbers": ("debtor", pa.array([-1, 2, -1])),
    "ids as bytes": ("id", pa.array([b"1", b"2", b"3"])),
    "amounts as decimals": ("amount", pa.array([Decimal("1.000"), Decimal(2), Decimal(5)])),
    "due moments": ("due_date", pa.array([0, 3600, None], pa.timestamp("s"))),
}


def _tables() -> dict[str, pa.Table]:
    tables = {name: pa.table({**PLAIN, "note": column}) for name, column in CARRIED.items()}
    tables |= {name: pa.table({**PLAIN, own: column}) for name, (own, column) in OWN.items()}
    tables["column names"] = pa.table({**PLAIN, "=cmd": ["1"] * 3, "a\nb": ["x"] * 3})
    return tables


TABLES = _tables()


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("name", TABLES)
def test_what_is_carried_is_verified_packaged_and_explained(
    name: str, kind: str, tmp_path: Path
) -> None:
    """An honest folder must pass its own check, from a table in memory and from a file."""
    table = TABLES[name]
    pq.write_table(table, tmp_path / "o.parquet")
    for number, given in enumerate((table, tmp_path / "o.parquet")):
        folder = tmp_path / f"result-{number}"
        save(skontro.clear(given), folder, kind)
        verdict = verify_folder(folder)
        assert verdict.ok, verdict
    saved = read_result(folder)
    firm = str(saved.participants.column("participant")[0])
    assert explain(saved.summary, saved.obligations, saved.participants, firm).sections
    package_public(folder, tmp_path / "public")
    package_participant(folder, firm, tmp_path / "own")
    verdict = verify_package(tmp_path / "own", tmp_path / "public")
    assert verdict.ok, verdict


@pytest.mark.parametrize(
    "column",
    [
        pa.array([(1, 2, 3), None, None], pa.month_day_nano_interval()),
        pa.array([b"0" * 16] * 3, pa.binary(16)),
        pa.array([Decimal(100), None, None], pa.decimal128(5, -2)),
        pa.array([[1], [2], [3]]),
    ],
    ids=lambda column: str(column.type),
)
def test_what_no_table_holds_refuses_the_table(column: pa.Array) -> None:
    with pytest.raises(skontro.SkontroError, match="note"):
        skontro.clear(pa.table({**PLAIN, "note": column}))


def test_carried_bytes_that_are_no_text_refuse_their_row_and_the_check_agrees(
    tmp_path: Path,
) -> None:
    notes = pa.array([b"\xff", b"a\0b", b"fine"])
    result = skontro.clear(pa.table({**PLAIN, "note": notes}))
    assert result.rejections.column("code").to_pylist() == ["InvalidUtf8", "ControlCharacter"]
    save(result, tmp_path / "result", "csv")
    assert verify_folder(tmp_path / "result").ok


def test_a_due_day_no_calendar_has_refuses_its_row_and_the_check_agrees(tmp_path: Path) -> None:
    """2**31 - 1 is also how the digests write that there is no due date."""
    days = pa.array([-(10**6), 2**31 - 1, 0], pa.date32())
    result = skontro.clear(pa.table({**PLAIN, "due_date": days}))
    assert result.rejections.column("code").to_pylist() == ["InvalidDueDate"] * 2
    save(result, tmp_path / "result", "csv")
    assert verify_folder(tmp_path / "result").ok


def test_the_same_not_a_number_twice_is_the_same_row_twice(tmp_path: Path) -> None:
    once = pa.table({**PLAIN, "note": pa.array([NAN, NAN, 0.0])})
    result = skontro.clear(pa.concat_tables([once, once]))
    assert result.summary["repeated"] == 3
    save(result, tmp_path / "result", "csv")
    assert verify_folder(tmp_path / "result").ok


def test_ids_that_differ_by_an_apostrophe_stay_apart(tmp_path: Path) -> None:
    rows = {**PLAIN, "debtor": ["=A", "'=A", "B"], "creditor": ["'=A", "B", "=A"]}
    skontro.clear(pa.table(rows)).save(tmp_path / "result")
    assert verify_folder(tmp_path / "result").ok
    saved = read_result(tmp_path / "result")
    assert sorted(saved.participants.column("participant").to_pylist()) == ["'=A", "=A", "B"]


def test_a_column_name_of_two_lines_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes(
        b'id,debtor,creditor,amount,currency,"due\r\nat"\r\n1,A,B,1.00,EUR,x\r\n'
    )
    skontro.clear(path).save(tmp_path / "result")
    assert verify_folder(tmp_path / "result").ok


def test_a_header_that_never_closes_is_given_up_soon(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes(b'id,"' + b"x\n" * (1 << 19))
    with pytest.raises(skontro.SkontroError, match="misplaced quote"):
        skontro.clear(path)
