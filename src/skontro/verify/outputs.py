# SPDX-License-Identifier: Apache-2.0
"""The tables of a result, column by column against what they must say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from skontro.verify.amounts import exponents
from skontro.verify.lines import read_csv
from skontro.verify.network import Inputs
from skontro.verify.sheets import count_sheets, read_sheet
from skontro.verify.tables import Table, all_text, bits, coded_text, is_text, read_column
from skontro.verify.text import TextIndex, as_array, as_text, first_not_written, parse_integers
from skontro.verify.verdict import ClaimFailed, require

Int64 = NDArray[np.int64]
FORMULA_STARTS = "=+-@\t\r"
OWN = (
    "row", "gross_minor", "set_off_minor", "settled_minor", "residual_minor",
    "gross", "set_off", "settled", "residual",
)  # fmt: skip
OWN_POINTS = ("gross_points", "set_off_points", "settled_points")
AMOUNTS = ("gross", "set_off", "settled", "residual")


class Output:
    """An output table whose columns are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.kind = path.suffix[1:]
        self._path = path
        self._table: pa.Table | None = None
        if self.kind == "parquet":
            file = pq.ParquetFile(path)
            self._metadata = file.metadata
            self.names = list(file.schema_arrow.names)
            self.rows = self._metadata.num_rows
        else:
            if self.kind == "xlsx":
                require(count_sheets(path) == 1, f"{path.name} has another sheet")
            table, _, refused = read_csv(path) if self.kind == "csv" else read_sheet(path, None)
            require(not refused, f"{path.name} has a row that cannot be read")
            self._table = table
            self.names, self.rows = table.column_names, table.num_rows
        self.name = path.name

    def column(self, name: str) -> pa.ChunkedArray:
        """A column as it stands in the file."""
        require(name in self.names, f"{self.name} has no column {name}")
        if self._table is not None:
            return self._table.column(name)
        return read_column(self._path, self._metadata, name)

    def text(self, name: str) -> pa.Array:
        """A column that must be text."""
        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        kind = column.type
        require(pa.types.is_string(kind) or pa.types.is_large_string(kind), f"{name} is no text")
        array = as_array(column)
        array.validate(full=True)
        return array

    def integers(self, name: str) -> Int64:
        """A column that must be 64-bit integers, each written in its one form."""
        if self.kind != "parquet":
            values, wrong = parse_integers(as_text(self.text(name)))
            require(wrong < 0, f"{name}, row {wrong + 1}: not an integer")
            return values
        column = self.column(name)
        require(column.type == pa.int64() and column.null_count == 0, f"{name} is not int64")
        return np.asarray(column.to_numpy(), np.int64)

    def shown(self, text: pa.Array) -> pa.Array:
        """Text as this kind of file shows it: in CSV what may be a formula gets an apostrophe.

        A plain negative number is none; apostrophes that are there already do not count.
        """
        if self.kind != "csv":
            return text
        first = pc.utf8_slice_codeunits(text, 0, 1)
        marks = pa.array(list("'" + FORMULA_STARTS), first.type)
        if not pc.any(pc.is_in(first, marks)).as_py():
            return text
        bare = pc.utf8_slice_codeunits(pc.utf8_ltrim(text, characters="'"), 0, 1)
        risky = pc.is_in(bare, marks)
        number = pc.match_substring_regex(text, r"\A-[0-9]+(\.[0-9]+)?\z")
        risky = pc.and_not(risky, pc.fill_null(number, False))
        mark, nothing = (pa.scalar(each, pa.large_string()) for each in ("'", ""))
        return pc.if_else(risky, pc.binary_join_element_wise(mark, text, nothing), text)

    def check_text(self, name: str, wanted: pa.Array) -> None:
        """A column of text says exactly this."""
        same_text(name, self.text(name), self.shown(as_array(wanted)))

    def check_integers(self, name: str, wanted: Int64) -> None:
        """A column of integers says exactly this."""
        values = self.integers(name)
        require(len(values) == len(wanted), f"{name} has {len(values)} rows, not {len(wanted)}")
        wrong = np.flatnonzero(values != wanted)
        if wrong.size:
            k = int(wrong[0])
            require(False, f"{name}, row {k + 1}: {values[k]}, but it is {wanted[k]}")

    def check_readable(self, name: str, minor: Int64, places: NDArray[np.int8]) -> None:
        """A readable column is its integers with their decimals."""
        array = self.text(name)
        require(len(array) == len(minor), f"{name} has {len(array)} rows, not {len(minor)}")
        wrong = first_not_written(as_text(array), minor, places)
        if wrong >= 0:
            value = array[wrong].as_py()
            require(False, f"{name}, row {wrong + 1}: {value!r} is not {minor[wrong]} minor units")


def may_be_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula; a plain negative number is none.

    Example:
        >>> may_be_formula("-5"), may_be_formula("-5+A1"), may_be_formula("A1")
        (False, True, False)
    """
    first = text.lstrip("'")[:1]
    return first in tuple(FORMULA_STARTS) and not re.fullmatch(r"-[0-9]+(\.[0-9]+)?", text)


def same_text(name: str, found: pa.Array, wanted: pa.Array) -> None:
    """Two columns of text are the same."""
    require(len(found) == len(wanted), f"{name} has {len(found)} rows, not {len(wanted)}")
    if not found.equals(wanted):
        k = pc.index(pc.not_equal(found, wanted), True).as_py()
        require(
            False, f"{name}, row {k + 1}: {found[k].as_py()!r}, but it is {wanted[k].as_py()!r}"
        )


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without dictionaries, its text as large strings, nothing kept as nothing."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_string(column.type):
        return column.cast(pa.large_string())
    if is_text(column.type) and column.type != pa.large_string():
        return column.cast(pa.large_binary()).cast(pa.large_string())
    return column


def run_together(tasks: Sequence[Callable[[], None]]) -> None:
    """Run tasks on two threads; of those that fail, the first in order says why."""
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(task) for task in tasks]
    for task in running:
        task.result()


def carried_names(names: list[str]) -> list[str]:
    """Names under which an input's columns are carried: ours go first."""
    taken = {*OWN, *OWN_POINTS}
    found = []
    everything = {*taken, *names}
    for name in names:
        shown = name
        while shown in taken or (shown != name and shown in everything):
            shown = f"input_{shown}"
        everything.add(shown)
        found.append(shown)
    return found


def check_columns(output: Output, inputs: Inputs) -> str:
    """The columns of the obligations table: the input's, then ours, in their order."""
    own = [*OWN, *(OWN_POINTS if inputs.fixing else ())]
    wanted = output.shown(pa.array([*carried_names(inputs.carried), *own], pa.large_string()))
    require(output.names == wanted.to_pylist(), f"the columns are not {', '.join(own)}")
    require(
        output.rows == len(inputs.id), f"{output.rows} rows, but {len(inputs.id)} were accepted"
    )
    return f"{output.rows} rows, {len(output.names)} columns"


def check_carried(output: Output, inputs: Inputs, table: Table) -> str:
    """Every column of the input is carried as given, row by row in the caller's order."""
    chosen = None
    if table.rows != len(inputs.id):
        chosen = pa.array(np.searchsorted(table.number, inputs.row))

    def check(name: str, carried: str) -> None:
        firm = name in ("debtor", "creditor") and output.kind == "parquet"
        if firm and is_text(output.column(carried).type):
            table.drop(name)
            number = inputs.debtor if name == "debtor" else inputs.creditor
            _check_firms(output, carried, number, inputs.participants.id)
            return
        given = table.column(name)
        table.drop(name)
        if _same_codes(given, output, carried, chosen):
            return
        if chosen is not None:
            given = given.take(chosen)
        given = plain(given)
        if output.kind != "parquet":
            wanted = as_array(given.cast(pa.large_string()))
            same_text(carried, output.text(carried), output.shown(wanted))
            return
        found = plain(output.column(carried))
        if found.type != given.type:
            raise ClaimFailed(f"{carried} is of type {found.type}, not {given.type}")
        if pa.types.is_floating(given.type):  # not money: carried bit by bit, not-a-number too
            found, given = bits(found), bits(given)
        if not found.equals(given):
            for k, (a, b) in enumerate(zip(found, given, strict=True)):
                require(a.equals(b), f"{carried}, row {k + 1}: {a}, but the input has {b}")

    names = output.shown(pa.array(carried_names(inputs.carried), pa.large_string())).to_pylist()
    pairs = list(zip(inputs.carried, names, strict=True))
    run_together([lambda pair=pair: check(*pair) for pair in pairs])  # type: ignore[misc]
    return f"{len(pairs)} columns as given"


def _check_firms(output: Output, name: str, number: NDArray[np.int32], firms: pa.Array) -> None:
    """A column names the firm of each row: text by text, or by the different texts in it."""
    index = TextIndex(as_text(firms))
    column = output.column(name)
    at = 0
    for chunk in column.chunks:
        texts, place = chunk, None
        if pa.types.is_dictionary(chunk.type):
            texts = chunk.dictionary
            require(chunk.null_count == 0, f"{name} is empty somewhere")
            place = chunk.indices.to_numpy(zero_copy_only=False)
        require(texts.null_count == 0 and all_text(texts), f"{name} holds what is no text")
        found = index.find(as_text(texts))
        found = found if place is None else found[place]
        wrong = np.flatnonzero(found != number[at : at + len(chunk)])
        if wrong.size:
            k = int(wrong[0])
            wanted = firms[int(number[at + k])].as_py()
            require(False, f"{name}, row {at + k + 1}: {chunk[k].as_py()!r}, but it is {wanted!r}")
        at += len(chunk)
    require(at == len(number), f"{name} has {at} rows, not {len(number)}")


def _same_codes(
    given: pa.ChunkedArray, output: Output, name: str, chosen: pa.Array | None
) -> bool:
    """Whether two columns of few texts are the same, seen from these; else look at every row."""
    if output.kind != "parquet" or not pa.types.is_dictionary(given.type):
        return False
    found = output.column(name)
    if not pa.types.is_dictionary(found.type) or found.null_count or given.null_count:
        return False
    if chosen is not None:
        given = given.take(chosen)
    (a, texts), (b, others) = coded_text(given), coded_text(found)
    place = {text: k for k, text in enumerate(texts)}
    same = np.array([place.get(text, -1) for text in others], np.int64)
    return len(a) == len(b) and bool(np.array_equal(a, same[b]))


class Discharged:
    """What the obligations table says was discharged of each row, in the caller's order."""

    def __init__(self, output: Output, inputs: Inputs) -> None:
        self.output = output
        self.inputs = inputs
        self.set_off_minor = output.integers("set_off_minor")
        self.settled_minor = output.integers("settled_minor")
        self.set_off_points, self.settled_points = self.set_off_minor, self.settled_minor
        if inputs.fixing:
            self.set_off_points = output.integers("set_off_points")
            self.settled_points = output.integers("settled_points")

    def check(self) -> str:
        """Gross is the amount, residual = gross - set off - settled, none below nought."""
        output, gross = self.output, self.inputs.amount_minor
        for name, value in (("set_off", self.set_off_minor), ("settled", self.settled_minor)):
            wrong = np.flatnonzero((value < 0) | (value > gross))
            require(not wrong.size, f"{name}_minor, row {wrong[:1] + 1}: not within the amount")
        residual = gross - self.set_off_minor - self.settled_minor
        wrong = np.flatnonzero(residual < 0)
        require(not wrong.size, f"row {wrong[:1] + 1}: more is discharged than was owed")
        minor = dict(
            zip(AMOUNTS, (gross, self.set_off_minor, self.settled_minor, residual), strict=True)
        )
        digits = np.array([exponents()[code] for code in self.inputs.currencies], np.int8)
        places = digits[self.inputs.currency_index]
        tasks: list[Callable[[], None]] = [
            lambda: output.check_integers("row", self.inputs.row),
            lambda: output.check_integers("gross_minor", gross),
            lambda: output.check_integers("residual_minor", residual),
        ]
        tasks += [
            lambda name=name: output.check_readable(name, minor[name], places)  # type: ignore[misc]
            for name in AMOUNTS
        ]
        run_together(tasks)
        return f"{len(gross)} rows: residual = gross - set off - settled, as read and as written"
