# SPDX-License-Identifier: Apache-2.0
"""Reading a result folder back: its summary and its two tables, without checking any claim."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchFile, UnreadableFile
from skontro.messages.csv_files import FORMULA_STARTS

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = ("parquet", "csv", "xlsx")
OBLIGATION_NUMBERS = ("row", "gross_minor", "set_off_minor", "settled_minor", "residual_minor",
                      "gross_points", "set_off_points", "settled_points")  # fmt: skip
OBLIGATION_TEXTS = ("id", "debtor", "creditor", "currency")
NODE_TEXTS = ("participant", "currency", "name", "side", "home_currency", "unit",
              "settlement_currency", "net_position", "set_off", "pay_in", "pay_out",
              "booked_difference")  # fmt: skip


@dataclass(frozen=True)
class SavedResult:
    """What stands in a result folder.

    Attributes:
        summary: ``summary.json``.
        obligations: The columns of the obligations that the sentences and charts need.
        participants: The nodes.
    """

    summary: dict[str, Any]
    obligations: pa.Table
    participants: pa.Table


def read_result(folder: str | Path) -> SavedResult:
    """Read the summary and the tables of a result folder.

    Nothing is checked: that is what ``skontro verify`` is for.

    Raises:
        NoSuchFile: There is no such folder, or it is no result folder.
        UnreadableFile: One of its files is damaged.
    """
    place = Path(folder)
    path = place / "summary.json"
    if not path.is_file():
        raise NoSuchFile(
            f"{place} is not a result folder: there is no summary.json in it",
            next_step="make one with: skontro clear obligations.csv --out result/",
        )
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"{path} is damaged: {error}") from error
    if not isinstance(summary, dict) or not isinstance(summary.get("parameters"), dict):
        raise UnreadableFile(f"{path} is damaged: it says nothing of a calculation")
    obligations = _read_table(place, "obligations", OBLIGATION_TEXTS, OBLIGATION_NUMBERS)
    participants = _read_table(place, "participants", NODE_TEXTS, ())
    return SavedResult(summary, obligations, participants)


def _read_table(place: Path, name: str, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    """Read a table of any kind; columns that are not text are whole numbers."""
    import pyarrow as pa

    for kind in KINDS:
        path = place / f"{name}.{kind}"
        if path.is_file():
            try:
                return _READERS[kind](path, texts, numbers)
            except (pa.ArrowInvalid, ValueError, KeyError) as error:
                raise UnreadableFile(f"{path} is damaged: {error}") from error
    raise NoSuchFile(
        f"{place} holds no {name} table", next_step="make the result anew with: skontro clear"
    )


def _read_parquet(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [
        name for name in pq.read_schema(path).names if not numbers or name in (*texts, *numbers)
    ]
    table = pq.read_table(path, columns=wanted)
    for place, name in enumerate(table.column_names):
        # ids given as whole numbers stay so in the file; in sentences they are text
        if name in texts and pa.types.is_integer(table.schema.field(place).type):
            table = table.set_column(place, name, table.column(place).cast(pa.large_string()))
    return table


def _read_csv(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        import csv as plain

        names = next(plain.reader(file))
    wanted = [name for name in names if not numbers or name in (*texts, *numbers)]
    kinds = {
        name: pa.large_string() if name in texts or name == "accepts_conversion" else pa.int64()
        for name in wanted
    }
    table = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=kinds, include_columns=wanted, strings_can_be_null=False
        ),
    )
    return _without_guards(table, texts)


def _read_xlsx(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    names = [str(name) for name in rows[0]]
    columns: dict[str, pa.Array] = {}
    for at, name in enumerate(names):
        if numbers and name not in (*texts, *numbers):
            continue
        cells = [row[at] for row in rows[1:]]
        if name in texts or name == "accepts_conversion":
            columns[name] = pa.array([str(cell) for cell in cells], pa.large_string())
        else:
            columns[name] = pa.array([_whole(str(cell)) for cell in cells], pa.int64())
    return pa.table(columns)


def _whole(cell: str) -> int | None:
    """A whole number of a workbook, which keeps the large ones as text."""
    return int(cell.removesuffix(".0")) if cell else None


def _without_guards(table: pa.Table, texts: Sequence[str]) -> pa.Table:
    """Take away the apostrophe that keeps formula-like text from being one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = "^'('*[" + "".join(f"\\x{ord(letter):02x}" for letter in FORMULA_STARTS) + "])"
    for name in texts:
        if name not in table.column_names:
            continue
        column = table.column(name)
        if pc.any(pc.starts_with(column, "'")).as_py():
            bare = pc.replace_substring_regex(column, pattern, r"\1")
            table = table.set_column(
                table.column_names.index(name), pa.field(name, column.type), bare
            )
    return table


_READERS = {"parquet": _read_parquet, "csv": _read_csv, "xlsx": _read_xlsx}
