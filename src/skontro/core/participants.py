# SPDX-License-Identifier: Apache-2.0
"""The firms of a calculation, numbered in the order of their ids' UTF-8 bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import InvalidParticipants
from skontro.core.money import exponents, shorten

if TYPE_CHECKING:
    import pyarrow as pa

    from skontro.core.fixing import Fixing

PARTICIPANT_COLUMNS = ("id", "name", "side", "home_currency", "accepts_conversion")
MOST_ID_BYTES = 256

ID_REASONS: dict[str, str] = {
    "EmptyId": "the id is empty",
    "IdTooLong": f"an id has at most {MOST_ID_BYTES} bytes",
    "ControlCharacter": "an id holds no control characters and no line breaks",
    "SurroundingSpace": "white space before or after the value",
}
"""Why an id can be refused: code and sentence, in the order in which they are looked for."""

_TRUTH = {
    "": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False,
}  # fmt: skip


def id_fault(text: str) -> str:
    """Return why a text cannot be an id, or nothing if it can.

    Returns:
        A code of :data:`ID_REASONS`, or the empty string.

    Example:
        >>> id_fault("A1"), id_fault(""), id_fault("A1 ")
        ('', 'EmptyId', 'SurroundingSpace')
    """
    if not text:
        return "EmptyId"
    if len(text) > MOST_ID_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_ID_BYTES:
        return "IdTooLong"
    if not text.isprintable() and any(unicodedata.category(mark) == "Cc" for mark in text):
        return "ControlCharacter"
    if text[0].isspace() or text[-1].isspace():
        return "SurroundingSpace"
    return ""


@dataclass(frozen=True)
class Participants:
    """The firms, in the order of their ids' UTF-8 bytes; a firm's place is its number.

    Attributes:
        id: Ids, all different.
        name: Names; empty where none is given.
        side: Side of each; empty where none is given.
        home_currency: Currency each pays and is paid in; empty where none is given.
        accepts: Whether each accepts conversion at the fixing, shape (n,).
    """

    id: list[str]
    name: list[str]
    side: list[str]
    home_currency: list[str]
    accepts: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def plain(cls, ids: Sequence[str]) -> Participants:
        """Return participants of whom only the ids are known; all accept conversion.

        Args:
            ids: Different ids, in the order of their UTF-8 bytes.

        Example:
            >>> len(Participants.plain(["A1", "B1"]))
            2
        """
        count = len(ids)
        empty = [""] * count
        return cls(list(ids), empty, list(empty), list(empty), np.ones(count, np.bool_))

    @classmethod
    def from_table(
        cls, table: pa.Table, *, rows: Sequence[int] | None = None, fixing: Fixing | None = None
    ) -> Participants:
        """Read participants from text columns; only ``id`` is needed.

        Args:
            table: Columns ``id, name, side, home_currency, accepts_conversion``, all text.
            rows: Row numbers to name in errors; 1, 2, ... if not given.
            fixing: If given, a firm that accepts conversion needs a home currency with a rate.

        Raises:
            InvalidParticipants: An id is malformed or stands twice, a home currency is unknown
                or has no rate, or ``accepts_conversion`` is neither yes nor no.

        Example:
            >>> import pyarrow as pa
            >>> Participants.from_table(pa.table({"id": ["B", "A"]})).id
            ['A', 'B']
        """
        numbers = list(rows) if rows is not None else list(range(1, table.num_rows + 1))

        def column(name: str) -> list[str]:
            if name not in table.column_names:
                return [""] * table.num_rows
            return [text or "" for text in table.column(name).to_pylist()]

        ids = column("id")
        _check_ids(ids, numbers)
        currencies = column("home_currency")
        accepts = _each(column("accepts_conversion"), numbers, _truth)
        _check_currencies(currencies, accepts, numbers, fixing)
        order = np.argsort(np.array([text.encode() for text in ids], object), kind="stable")

        def sort(values: list[str]) -> list[str]:
            return [values[place] for place in order]

        return cls(
            sort(ids),
            sort(column("name")),
            sort(column("side")),
            sort(currencies),
            np.array(accepts, np.bool_)[order],
        )


def _check_ids(ids: list[str], numbers: list[int]) -> None:
    seen = dict[str, int]()
    for number, text in zip(numbers, ids, strict=True):
        fault = id_fault(text)
        if fault:
            raise _refused(number, f"id {shorten(text)!r}: {ID_REASONS[fault]}")
        if text in seen:
            raise _refused(number, f"{shorten(text)!r} stands in row {seen[text]} already")
        seen[text] = number


def _check_currencies(
    currencies: list[str], accepts: list[bool], numbers: list[int], fixing: Fixing | None
) -> None:
    for number, code, converts in zip(numbers, currencies, accepts, strict=True):
        if code and code not in exponents():
            raise _refused(number, f"home_currency {shorten(code)!r} is not a currency of ISO 4217")
        if code and converts and fixing is not None and code not in fixing.rates:
            raise _refused(number, f"home_currency {code} has no rate in the fixing")


def _truth(text: str) -> bool:
    truth = _TRUTH.get(text.lower())
    if truth is None:
        raise ValueError(f"accepts_conversion {shorten(text)!r} is neither yes nor no")
    return truth


def _each(values: list[str], numbers: list[int], read: Callable[[str], bool]) -> list[bool]:
    result = list[bool]()
    for number, text in zip(numbers, values, strict=True):
        try:
            result.append(read(text))
        except ValueError as error:
            raise _refused(number, str(error)) from None
    return result


def _refused(number: int, message: str) -> InvalidParticipants:
    return InvalidParticipants(f"participants, row {number}: {message}", details={"row": number})
