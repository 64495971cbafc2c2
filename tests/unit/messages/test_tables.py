# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from skontro.core.errors import (
    AmountOverflow,
    EmptyTable,
    InexactColumn,
    InvalidBorderQuotas,
    InvalidPayInLimits,
    MalformedRow,
    MissingColumns,
    NoGridFits,
    NoSuchFile,
    UnknownFormat,
    UnreadableFile,
)
from skontro.core.intake import Intake
from skontro.core.obligations import NO_DUE_DAY
from skontro.messages.tables import read_intake, write_table

NAMES = ("id", "debtor", "creditor", "amount", "currency", "due_date", "note")
ROWS = [
    ("o1", "A", "B", "10.00", "EUR", "2026-01-10", "x"),
    ("o2", "B", "C", "5.5", "EUR", "", "=1+1"),
    ("o3", "C", "A", "700", "JPY", "1969-12-31", ""),
]
FORMATS = ["csv", "parquet", "xlsx"]


def table(rows: list[tuple[str, ...]], names: tuple[str, ...] = NAMES) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def check_plain(intake: Intake) -> None:
    obligations = intake.obligations
    assert intake.rejections.num_rows == 0
    assert intake.repeated == 0
    assert intake.participants.id == ["A", "B", "C"]
    assert obligations.id.to_pylist() == ["o1", "o2", "o3"]
    assert obligations.row.tolist() == [1, 2, 3]
    assert obligations.debtor.tolist() == [0, 1, 2]
    assert obligations.creditor.tolist() == [1, 2, 0]
    assert obligations.amount_minor.tolist() == [1000, 550, 700]
    assert obligations.currencies == ("EUR", "JPY")
    assert obligations.currency_index.tolist() == [0, 0, 1]
    assert obligations.due_day.tolist() == [20463, NO_DUE_DAY, -1]
    assert obligations.carried.column_names == list(NAMES)
    assert len(obligations) == 3


def check_types(intake: Intake) -> None:
    obligations = intake.obligations
    assert obligations.id.type == pa.large_string()
    assert isinstance(obligations.id, pa.LargeStringArray)
    kinds = {
        "row": np.int64, "debtor": np.int32, "creditor": np.int32, "amount_minor": np.int64,
        "currency_index": np.int16, "due_day": np.int32,
    }  # fmt: skip
    for name, kind in kinds.items():
        assert getattr(obligations, name).dtype == kind, name


def polars_frame(given: pa.Table) -> Any:
    return pytest.importorskip("polars").from_arrow(given)


def polars_categories(given: pa.Table) -> Any:
    polars = pytest.importorskip("polars")
    few = ["debtor", "creditor", "currency", "due_date"]
    return polars.from_arrow(given).with_columns(polars.col(few).cast(polars.Categorical))


def pandas_frame(given: pa.Table) -> Any:
    pytest.importorskip("pandas")
    return given.to_pandas()[::-1].sort_values("id")


def duckdb_relation(given: pa.Table) -> Any:
    return pytest.importorskip("duckdb").from_arrow(given)


def dictionaries(given: pa.Table) -> pa.Table:
    encoded = {name: given.column(name).dictionary_encode() for name in given.column_names}
    return pa.table({**encoded, "id": given.column("id")})


def many_chunks(given: pa.Table) -> pa.Table:
    return pa.concat_tables([given.slice(0, 1), given.slice(1, 0), given.slice(1, 2)])


def wide_text(given: pa.Table) -> pa.Table:
    return given.cast(pa.schema([(name, pa.large_string()) for name in given.column_names]))


def bytes_and_views(given: pa.Table) -> pa.Table:
    kinds = [pa.string_view(), pa.binary(), pa.large_binary(), pa.string_view()] + [pa.binary()] * 3
    return given.cast(pa.schema(list(zip(given.column_names, kinds, strict=True))))


def one_batch(given: pa.Table) -> pa.RecordBatch:
    return given.to_batches()[0]


@pytest.mark.parametrize(
    "turn",
    [pa.Table.slice, one_batch, dictionaries, many_chunks, wide_text, bytes_and_views,
     polars_frame, polars_categories, pandas_frame, duckdb_relation],
)  # fmt: skip
def test_anything_with_the_arrow_interface_will_do(turn: Callable[[pa.Table], Any]) -> None:
    intake = read_intake(turn(table(ROWS)))
    check_plain(intake)
    check_types(intake)
    assert intake.inputs[0].table is not None
    assert intake.obligations.carried.column("note").to_pylist() == ["x", "=1+1", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_that_was_written_is_read_again(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"o.{form}"
    write_table(table(ROWS), path)
    for given in (path, str(path)):
        intake = read_intake(given)
        check_plain(intake)
        check_types(intake)
        source = intake.inputs[0]
        assert (source.name, source.path, source.size) == ("obligations", path, path.stat().st_size)
        assert source.changed_ns == path.stat().st_mtime_ns
    note = "'=1+1" if form == "csv" else "=1+1"
    assert intake.obligations.carried.column("note").to_pylist() == ["x", note, ""]


@pytest.mark.parametrize("form", ["CSV", "txt", "tsv", "pq", "xlsm"])
def test_names_may_end_otherwise(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"o.{form}"
    write_table(table(ROWS), path)
    check_plain(read_intake(path))


def test_parquet_keeps_types(tmp_path: Path) -> None:
    given = pa.table(
        {
            "n": pa.array([1, None], pa.int64()),
            "day": pa.array([datetime.date(2026, 1, 1)] * 2),
            "text": ["=1", "x"],
            "code": pa.array(["a", "a"]).dictionary_encode(),
        }
    )
    write_table(given, tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").equals(given)


def test_typed_columns_are_read_exactly() -> None:
    given = pa.table(
        {
            "id": pa.array([1, 2, 3]),
            "debtor": pa.array([10, 9, 10], pa.uint16()),
            "creditor": ["9", "10", "11"],
            "amount": pa.array(
                [Decimal("1.5000"), Decimal("2"), Decimal("3")], pa.decimal128(9, 4)
            ),
            "currency": pa.array(["EUR"] * 3).dictionary_encode(),
            "due_date": pa.array([datetime.date(2026, 1, 10), None, datetime.date(1970, 1, 2)]),
            "rate": [0.5, None, 1.0],
        }
    )
    intake = read_intake(given)
    assert intake.participants.id == ["10", "11", "9"]
    assert intake.obligations.id.to_pylist() == ["1", "2", "3"]
    assert intake.obligations.amount_minor.tolist() == [150, 200, 300]
    assert intake.obligations.due_day.tolist() == [20463, NO_DUE_DAY, 1]
    assert intake.obligations.carried.schema.field("id").type == pa.int64()
    assert intake.obligations.carried.column("rate").to_pylist() == [0.5, None, 1.0]


def test_amount_minor_is_whole_minor_units_as_text_or_number() -> None:
    base = table(ROWS).drop_columns(["amount"])
    for column in (pa.array([1000, 550, 700]), pa.array(["1000", "550", "700"])):
        intake = read_intake(base.append_column("amount_minor", column))
        assert intake.obligations.amount_minor.tolist() == [1000, 550, 700]
    both = table(ROWS).append_column("amount_minor", pa.array([1000, 551, 700]))
    assert codes(read_intake(both)) == [(2, "amount_minor", "551", "AmountsDisagree")]


@pytest.mark.parametrize(
    ("column", "kind"),
    [("amount", pa.float64()), ("id", pa.float64()), ("debtor", pa.date32()),
     ("currency", pa.bool_()), ("due_date", pa.int64()), ("due_date", pa.timestamp("us", "UTC"))],
)  # fmt: skip
def test_a_column_of_a_type_that_cannot_be_exact_refuses_the_table(
    column: str, kind: pa.DataType
) -> None:
    given = table(ROWS)
    place = given.column_names.index(column)
    with pytest.raises(InexactColumn, match=column):
        read_intake(given.set_column(place, column, pa.nulls(3, kind)))


def test_columns_of_several_parts_refuse_the_table() -> None:
    with pytest.raises(InexactColumn, match="several parts"):
        read_intake(table(ROWS).append_column("parts", pa.array([[1], [2], [3]])))


def test_timestamps_without_zone_count_as_their_day() -> None:
    moment = pa.array([datetime.datetime(2026, 1, 10, 23, 59)] * 3, pa.timestamp("us"))
    before = pa.array([datetime.datetime(1969, 12, 31, 1)] * 3, pa.timestamp("s"))
    for column, day in ((moment, 20463), (before, -1)):
        given = table(ROWS).set_column(5, "due_date", column)
        assert read_intake(given).obligations.due_day.tolist() == [day] * 3


def codes(intake: Intake) -> list[tuple[int, str, str, str]]:
    rows = intake.rejections.to_pylist()
    assert all(row["message"] for row in rows)
    return [(row["row"], row["field"], row["value"], row["code"]) for row in rows]


GOOD = ("good", "A", "B", "1", "EUR", "", "")


@pytest.mark.parametrize("form", [None, *FORMATS])
@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"id": ""}, "id", "EmptyId"),
        ({"id": "x" * 257}, "id", "IdTooLong"),
        ({"id": "a\nb"}, "id", "ControlCharacter"),
        ({"id": "a "}, "id", "SurroundingSpace"),
        ({"debtor": ""}, "debtor", "EmptyId"),
        ({"creditor": "a\tb"}, "creditor", "ControlCharacter"),
        ({"creditor": "A"}, "creditor", "SelfObligation"),
        ({"debtor": "Z"}, "debtor", "UnknownParticipant"),
        ({"creditor": "Z"}, "creditor", "UnknownParticipant"),
        ({"currency": "XAU"}, "currency", "UnknownCurrency"),
        ({"currency": "eur"}, "currency", "UnknownCurrency"),
        ({"currency": ""}, "currency", "UnknownCurrency"),
        ({"currency": "USD"}, "currency", "NoRate"),
        ({"amount": "0.00"}, "amount", "ZeroAmount"),
        ({"amount": "1e3"}, "amount", "ExponentNotation"),
        ({"amount": "1,000"}, "amount", "ThousandsSeparator"),
        ({"amount": "NaN"}, "amount", "NotANumber"),
        ({"amount": "-5"}, "amount", "NegativeAmount"),
        ({"amount": "1.005"}, "amount", "TooManyDecimals"),
        ({"amount": "1.5", "currency": "JPY"}, "amount", "TooManyDecimals"),
        ({"amount": str(2**62)}, "amount", "AmountTooLarge"),
        ({"due_date": "2026-02-30"}, "due_date", "InvalidDueDate"),
        ({"due_date": "10.01.2026"}, "due_date", "InvalidDueDate"),
        ({"due_date": "20260110"}, "due_date", "InvalidDueDate"),
    ],
)
def test_each_fault_refuses_its_row_and_no_other(
    change: dict[str, str], field: str, code: str, form: str | None, tmp_path: Path
) -> None:
    bad = {**dict(zip(NAMES, GOOD, strict=True)), "id": "bad", **change}
    given: Any = table([GOOD, tuple(bad.values()), ("last", *GOOD[1:])])
    if form is not None:
        path = tmp_path / f"o.{form}"
        if form == "csv":
            pcsv.write_csv(given, path)  # ours would put an apostrophe before -5
        else:
            write_table(given, path)
        given = path
    fixing = table([("EUR", "EUR", "1"), ("JPY", "EUR", "1/160")],
                   ("currency", "unit_of_account", "rate"))  # fmt: skip
    firms = table([("A",), ("B",), ("C",)], ("id",))
    intake = read_intake(given, participants=firms, fixing=fixing)
    (found,) = codes(intake)
    assert (found[0], found[1], found[3]) == (2, field, code)
    value = bad[field]
    assert found[2] == (value if len(value) <= 200 else value[:200] + "…")
    assert intake.obligations.id.to_pylist() == ["good", "last"]
    assert intake.obligations.row.tolist() == [1, 3]


def test_a_row_has_one_rejection_the_first_that_applies() -> None:
    rows = [("", "", "A", "x", "?", "?", ""), ("a", "Q ", "Q ", "x", "?", "?", "")]
    intake = read_intake(table(rows))
    assert [item[1:] for item in codes(intake)] == [
        ("id", "", "EmptyId"), ("debtor", "Q ", "SurroundingSpace"),
    ]  # fmt: skip
    assert len(intake.obligations) == 0
    assert intake.participants.id == []
    assert intake.obligations.currencies == ()


def test_an_id_with_one_content_counts_once_and_with_several_not_at_all() -> None:
    rows = [
        ("same", "A", "B", "1.0", "EUR", "", "n"),
        ("differs", "A", "B", "1", "EUR", "", "n"),
        ("same", "A", "B", "1.00", "EUR", "", "n"),
        ("alone", "A", "B", "1", "EUR", "", "n"),
        ("differs", "A", "C", "1", "EUR", "", "n"),
        ("differs", "A", "B", "1", "EUR", "", "n"),
        ("same", "A", "B", "1", "EUR", "", "n"),
        ("note", "A", "B", "1", "EUR", "", "n"),
        ("note", "A", "B", "1", "EUR", "", "m"),
        ("half", "A", "B", "1", "EUR", "", "n"),
        ("half", "A", "B", "?", "EUR", "", "n"),
    ]
    intake = read_intake(table(rows))
    assert intake.obligations.row.tolist() == [1, 4]
    assert intake.repeated == 2
    assert codes(intake) == [
        (2, "id", "differs", "DuplicateObligation"),
        (5, "id", "differs", "DuplicateObligation"),
        (6, "id", "differs", "DuplicateObligation"),
        (8, "id", "note", "DuplicateObligation"),
        (9, "id", "note", "DuplicateObligation"),
        (10, "id", "half", "DuplicateObligation"),
        (11, "amount", "?", "MalformedAmount"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("debtor", "C"), ("creditor", "C"), ("amount", "2"), ("currency", "USD"),
     ("due_date", "2026-01-01"), ("note", "m")],
)  # fmt: skip
def test_every_column_is_content(field: str, value: str) -> None:
    other = {**dict(zip(NAMES, GOOD, strict=True)), field: value}
    intake = read_intake(table([GOOD, tuple(other.values()), ("last", *GOOD[1:])]))
    assert [item[3] for item in codes(intake)] == ["DuplicateObligation"] * 2
    assert intake.repeated == 0


def test_a_row_whose_amounts_disagree_contradicts_one_whose_amounts_agree() -> None:
    given = table([GOOD, GOOD]).append_column("amount_minor", pa.array([100, 101]))
    assert [item[3] for item in codes(read_intake(given))] == [
        "DuplicateObligation", "AmountsDisagree",
    ]  # fmt: skip


def test_nulls_in_carried_columns_are_content_too() -> None:
    given = table([GOOD, GOOD, GOOD])
    notes = pa.chunked_array([pa.array([None, None, ""], pa.string())])
    assert len(codes(read_intake(given.set_column(6, "note", notes)))) == 3
    assert read_intake(given.set_column(6, "note", pa.nulls(3))).repeated == 2


def test_firms_of_refused_rows_only_are_no_participants() -> None:
    intake = read_intake(table([GOOD, ("x", "Q", "R", "0", "EUR", "", "")]))
    assert intake.participants.id == ["A", "B"]


def test_text_that_is_not_utf8_or_holds_nul_refuses_the_row(tmp_path: Path) -> None:
    offset = pa.py_buffer(np.array([0, 1, 2, 4], np.int32))
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offset, pa.py_buffer(b"a\xffc\0")])
    given = table(ROWS).set_column(6, "note", broken)
    assert codes(read_intake(given)) == [
        (2, "note", "\ufffd", "InvalidUtf8"),
        (3, "note", "c\ufffd", "ControlCharacter"),
    ]
    pq.write_table(given, tmp_path / "o.parquet")
    assert read_intake(tmp_path / "o.parquet").obligations.row.tolist() == [1]
    coded = given.set_column(6, "note", broken.dictionary_encode())
    assert read_intake(coded).obligations.row.tolist() == [1]


def test_ragged_rows_and_faults_are_reported_together_by_row(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(
        "id,debtor,creditor,amount,currency\no1,A,B,0,EUR\no2,A,B\no3,A,B,1,EUR\n"
        'o4,"A,B,1,EUR\no5,A,A,1,EUR\no6,B,A,1,EUR\n'
    )
    intake = read_intake(path)
    assert [(item[0], item[3]) for item in codes(intake)] == [
        (1, "ZeroAmount"), (2, "RaggedRow"), (4, "MisplacedQuote"), (5, "SelfObligation"),
    ]  # fmt: skip
    assert intake.obligations.row.tolist() == [3, 6]


def test_many_refused_rows_leave_the_others_in_order() -> None:
    """More than the number up to which the kept rows are joined by stretches."""
    rows = [(f"o{n}", "A", "B", "0" if n % 3 else "1", "EUR", "", str(n)) for n in range(9000)]
    intake = read_intake(table(rows))
    assert intake.rejections.num_rows == 6000
    assert intake.rejections.column("row").to_pylist() == [n + 1 for n in range(9000) if n % 3]
    assert intake.obligations.id.to_pylist() == [f"o{n}" for n in range(0, 9000, 3)]
    assert intake.obligations.carried.column("note").to_pylist() == [
        str(n) for n in range(0, 9000, 3)
    ]
    few = read_intake(table(rows[:9]))
    assert few.obligations.carried.column("note").to_pylist() == ["0", "3", "6"]
    assert few.obligations.row.tolist() == [1, 4, 7]


def test_files_that_are_not_there_or_not_what_they_say(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match="not there"):
        read_intake(tmp_path / "no.csv")
    with pytest.raises(NoSuchFile, match="folder"):
        read_intake(tmp_path)
    (tmp_path / "o.json").write_text("{}")
    with pytest.raises(UnknownFormat, match=r"o\.json"):
        read_intake(tmp_path / "o.json")
    (tmp_path / "o.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UnreadableFile, match="Parquet"):
        read_intake(tmp_path / "o.parquet")
    (tmp_path / "e.parquet").write_bytes(b"")
    with pytest.raises(EmptyTable):
        read_intake(tmp_path / "e.parquet")
    (tmp_path / "o.csv").write_text("id,debtor,creditor,amount,currency\n")
    with pytest.raises(EmptyTable, match="no row"):
        read_intake(tmp_path / "o.csv")
    with pytest.raises(UnknownFormat, match="no sheets"):
        read_intake(tmp_path / "o.csv", sheet="S")
    with pytest.raises(UnknownFormat, match="list"):
        read_intake([1, 2])


def test_missing_columns_are_named_with_what_is_there_and_what_was_meant() -> None:
    names = ("ID", "debtor", "creditors", "sum", "currency", "due_date", "note")
    with pytest.raises(MissingColumns) as caught:
        read_intake(table(ROWS, names))
    message = caught.value.message
    assert "no column id, creditor, amount or amount_minor" in message
    assert "found: ID, debtor, creditors, sum" in message
    assert "did you mean ID, creditors?" in message


def test_sums_that_reach_the_limit_refuse_the_file() -> None:
    rows = [(f"o{n}", "A", "B", str(2**60), "JPY", "", "") for n in range(4)]
    with pytest.raises(AmountOverflow, match="JPY"):
        read_intake(table(rows))
    read_intake(table(rows[:3]))
    fixing = table([("JPY", "EUR", "2")], ("currency", "unit_of_account", "rate"))
    with pytest.raises(NoGridFits):
        read_intake(table(rows[:3]), fixing=fixing)


def test_the_worked_example(worked: Path) -> None:
    check_worked(worked)


def test_the_worked_example_of_our_own(tmp_path: Path) -> None:
    """The same network as the worked example's, as workbooks and Parquet."""
    obligations = [
        ("o1", "A1", "B1", "100000.00", "EUR"), ("o2", "A2", "B2", "5400000.00", "INR"),
        ("o3", "B1", "A2", "80000.00", "EUR"), ("o4", "B3", "A3", "300000.00", "AED"),
        ("o5", "B2", "A1", "2700000.00", "INR"), ("o6", "A3", "B3", "40000.00", "EUR"),
        ("o7", "A3", "A1", "20000.00", "EUR"), ("o8", "B2", "B3", "1800000.00", "INR"),
    ]  # fmt: skip
    firms = [(f"{side}{n}", side, money) for side, money in (("A", "EUR"), ("B", "INR"))
             for n in (1, 2, 3)]  # fmt: skip
    tables = {
        "obligations": table(obligations, ("id", "debtor", "creditor", "amount", "currency")),
        "participants": table(firms, ("id", "side", "home_currency")),
        "fixing": table(
            [("EUR", "EUR", "1"), ("INR", "EUR", "1/90"), ("AED", "EUR", "0.25")],
            ("currency", "unit_of_account", "rate"),
        ),
        "pay_in_limits": table(
            [("A1", "50000.00", "EUR"), ("B3", "1350000.00", "INR")],
            ("participant", "limit", "currency"),
        ),
        "border_quotas": table(
            [("A", "B", "15000.00", "EUR")],
            ("debtor_side", "creditor_side", "quota", "currency"),
        ),
    }
    for form in FORMATS:
        (tmp_path / form).mkdir()
        for name, given in tables.items():
            write_table(given, tmp_path / form / f"{name}.{form}")
        check_worked(tmp_path / form, form)


def check_worked(folder: Path, form: str = "csv") -> None:
    names = ("participants", "fixing", "pay_in_limits", "border_quotas")
    said: list[str] = []
    intake = read_intake(
        folder / f"obligations.{form}",
        **{name: folder / f"{name}.{form}" for name in names},
        progress=said.append,
    )
    assert intake.participants.id == ["A1", "A2", "A3", "B1", "B2", "B3"]
    assert intake.participants.side == ["A"] * 3 + ["B"] * 3
    assert intake.participants.home_currency == ["EUR"] * 3 + ["INR"] * 3
    assert intake.participants.accepts.all()
    assert intake.fixing is not None
    assert intake.fixing.unit == "EUR"
    assert intake.fixing.rates == {"AED": Fraction(1, 4), "EUR": 1, "INR": Fraction(1, 90)}
    assert intake.pay_in_limits == [("A1", "EUR", 5_000_000), ("B3", "INR", 135_000_000)]
    assert intake.border_quotas == [("A", "B", "EUR", 1_500_000)]
    assert intake.obligations.amount_minor.tolist() == [
        10_000_000, 540_000_000, 8_000_000, 30_000_000, 270_000_000, 4_000_000, 2_000_000,
        180_000_000,
    ]  # fmt: skip
    assert intake.obligations.debtor.tolist() == [0, 1, 3, 5, 4, 2, 2, 4]
    assert intake.rejections.num_rows == 0
    assert [item.name for item in intake.inputs] == ["obligations", "fixing", *(
        name for name in names if name != "fixing"
    )]  # fmt: skip
    assert said == ["reading participants", "reading obligations", "checking obligations"]


def test_small_tables_must_be_right_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("id,side\nA,N\nB\n")
    with pytest.raises(MalformedRow, match="participants, row 2: not as many fields") as caught:
        read_intake(table(ROWS), participants=path)
    assert caught.value.code == "RaggedRow"
    path.write_text("id\n")
    with pytest.raises(EmptyTable, match="participants"):
        read_intake(table(ROWS), participants=path)
    with pytest.raises(MissingColumns, match="unit_of_account"):
        read_intake(table(ROWS), fixing=table([("EUR", "1")], ("currency", "rate")))
    rates = pa.table({"currency": ["EUR"], "unit_of_account": ["EUR"], "rate": [1.0]})
    with pytest.raises(InexactColumn, match="rate"):
        read_intake(table(ROWS), fixing=rates)


def test_limits_and_quotas_name_firms_and_sides_that_are_there() -> None:
    names = ("participant", "limit", "currency")
    for firm in ("A", "Q"):
        rows = [*ROWS, ("o9", "Q", "A", "0", "EUR", "", "")]
        limits = table([(firm, "1", "EUR")], names)
        assert read_intake(table(rows), pay_in_limits=limits).pay_in_limits == [(firm, "EUR", 100)]
    with pytest.raises(InvalidPayInLimits, match="'R'"):
        read_intake(table(ROWS), pay_in_limits=table([("R", "1", "EUR")], names))
    assert read_intake(table(ROWS), pay_in_limits=table([], names)).pay_in_limits == []
    quota = table([("N", "S", "1", "EUR")], ("debtor_side", "creditor_side", "quota", "currency"))
    with pytest.raises(InvalidBorderQuotas, match="side 'N'"):
        read_intake(table(ROWS), border_quotas=quota)


def test_whole_numbers_will_do_in_small_tables() -> None:
    limits = pa.table({"participant": ["A"], "limit": [5], "currency": ["EUR"]})
    exact = pa.table({"participant": ["A"], "limit": [Decimal("5.00")], "currency": ["EUR"]})
    for given in (limits, exact):
        assert read_intake(table(ROWS), pay_in_limits=given).pay_in_limits == [("A", "EUR", 500)]
