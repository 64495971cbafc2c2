# SPDX-License-Identifier: Apache-2.0
"""Registrations as lines of JSON, an object a line: read into a table of text.

Not with Arrow's reader of JSON: a line that is ``null`` brings that down, and the process with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from skontro.core.errors import UnreadableFile
from skontro.messages.several_lines import LINE_KEYS, LINES
from skontro.messages.trade_rows import TRADE_COLUMNS

COLUMNS = (
    "sender", "reference", "debtor", "creditor", "currency", "amount", "due_date", "document",
    "document_date", *TRADE_COLUMNS,
)  # fmt: skip
"""What an object may name; all of it is text, amounts too. ``lines`` beside these is a list."""

_PART = 1 << 22
_LONGEST = 2 * _PART
_Line: Any = msgspec.defstruct(
    "Line", [(name, str, "") for name in LINE_KEYS], forbid_unknown_fields=True, omit_defaults=True,
)  # fmt: skip
_Row: Any = msgspec.defstruct(
    "Row", [*((name, str, "") for name in COLUMNS), (LINES, tuple[_Line, ...], ())],
    forbid_unknown_fields=True, gc=False,
)  # fmt: skip


def read_lines(path: Path) -> pa.Table:
    """Read a JSON object a line as a table of text; columns that no line names are not there.

    Args:
        path: The file; UTF-8.

    Raises:
        UnreadableFile: A line is no object, names something else, or a value is no text.
    """
    decoder = msgspec.json.Decoder(_Row)
    parts: dict[str, list[pa.Array]] = {name: [] for name in COLUMNS}
    number, several = 0, list[str]()
    for lines in _parts(path):
        try:
            rows = decoder.decode_lines(lines)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UnreadableFile(
                f"a line after line {number} is no object of texts: {str(error)[:200]}",
                next_step="write an object a line, with amounts and ids as text",
            ) from None  # fmt: skip
        number += len(rows)
        several += [msgspec.json.encode(row.lines).decode() if row.lines else "" for row in rows]
        for name in COLUMNS:
            parts[name].append(pa.array([getattr(row, name) for row in rows], pa.string()))
    if any(several):
        parts[LINES] = [pa.array(several, pa.string())]
    columns = {name: pa.chunked_array(chunks, pa.string()) for name, chunks in parts.items()}
    named = {
        name: column for name, column in columns.items()
        if name in COLUMNS[:6] or any(_says(chunk) for chunk in column.chunks)
    }  # fmt: skip
    return pa.table(named)


def _says(chunk: pa.Array) -> bool:
    """Whether any value of a column is more than empty."""
    return bool(pc.any(pc.not_equal(chunk, "")).as_py())


def _parts(path: Path) -> Iterator[bytes]:
    """Yield a file in parts that end with a line."""
    rest = b""
    with path.open("rb") as file:
        while part := file.read(_PART):
            whole, mark, rest_after = part.rpartition(b"\n")
            if not mark:
                rest += part
                if len(rest) > _LONGEST:
                    raise UnreadableFile("a line is longer than an object can be")
                continue
            yield rest + whole + mark
            rest = rest_after
    if rest:
        yield rest
