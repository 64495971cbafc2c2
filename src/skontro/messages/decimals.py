# SPDX-License-Identifier: Apache-2.0
"""Columns of amounts into integers of minor units, exactly, whatever their type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import InexactColumn
from skontro.core.money import AMOUNT_REASONS, LIMIT_MINOR, amount_fault
from skontro.messages import scanning
from skontro.messages.texts import as_chunks, buffers, is_text

REASONS = ("", *AMOUNT_REASONS)
"""Codes of reasons; a fault is an index into them."""

_FAULT = {code: place for place, code in enumerate(REASONS)}


@dataclass(frozen=True)
class Amounts:
    """Amounts of a column.

    Attributes:
        minor: Amount of each row in minor units, nought where refused, shape (m,).
        fault: Index into :data:`REASONS`, nought where accepted, shape (m,).
    """

    minor: NDArray[np.int64]
    fault: NDArray[np.uint8]


def read_amounts(column: pa.ChunkedArray, decimals: NDArray[np.int8], name: str) -> Amounts:
    """Read a column of amounts: decimal text, whole numbers or exact decimals.

    Whole numbers are of major units where ``decimals`` counts those of the currency, and of
    minor units where it is nought. An exact decimal type may have more places than the currency
    as long as they are noughts.

    Args:
        column: The amounts, m rows.
        decimals: Number of decimals allowed in each row, shape (m,).
        name: Name of the column, for messages.

    Raises:
        InexactColumn: Binary fractions, or a type that holds no numbers.

    Example:
        >>> amounts = read_amounts(pa.chunked_array([["1.5", "1e3"]]), np.array([2, 2]), "amount")
        >>> amounts.minor.tolist(), [REASONS[place] for place in amounts.fault]
        ([150, 0], ['', 'ExponentNotation'])
    """
    read = _reader(column.type, name)
    minor = np.zeros(len(column), np.int64)
    fault = np.zeros(len(column), np.uint8)
    start = 0
    for chunk in column.chunks:
        part = slice(start, start + len(chunk))
        read(chunk, decimals[part], minor[part], fault[part])
        start += len(chunk)
    fault[(fault == 0) & (minor == 0)] = _FAULT["ZeroAmount"]
    return Amounts(minor, fault)


_Reader = Callable[[pa.Array, NDArray[np.int8], NDArray[np.int64], NDArray[np.uint8]], None]


def _reader(kind: pa.DataType, name: str) -> _Reader:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if is_text(value) or pa.types.is_null(value):
        return _read_text
    if pa.types.is_integer(value):
        return _read_integers
    if pa.types.is_decimal(value):
        return _read_decimals
    why = "cannot hold amounts exactly" if pa.types.is_floating(value) else "holds no amounts"
    raise InexactColumn(
        f"column {name!r} is of type {kind}, which {why}",
        next_step="bring amounts as text, as exact decimals, or as whole minor units in "
        "amount_minor",
        details={"column": name, "type": str(kind)},
    )


def _read_text(
    chunk: pa.Array, decimals: NDArray[np.int8], minor: NDArray[np.int64], fault: NDArray[np.uint8]
) -> None:
    (chunk,) = as_chunks(chunk)
    offset, data = buffers(chunk)
    reason = np.zeros(len(chunk), np.uint8)
    scanning.read_amounts(offset, data, decimals, minor, reason)
    if not reason.any():
        return
    fault[reason == scanning.TOO_MANY_DECIMALS] = _FAULT["TooManyDecimals"]
    fault[reason == scanning.TOO_LARGE] = _FAULT["AmountTooLarge"]
    malformed = np.flatnonzero(reason == scanning.MALFORMED_AMOUNT)
    encoded = pc.dictionary_encode(chunk.take(pa.array(malformed)))
    codes = [_FAULT[amount_fault(text, 0)] for text in encoded.dictionary.to_pylist()]
    fault[malformed] = np.array(codes, np.uint8)[encoded.indices.to_numpy()]


def _read_integers(
    chunk: pa.Array, decimals: NDArray[np.int8], minor: NDArray[np.int64], fault: NDArray[np.uint8]
) -> None:
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    missing = chunk.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_uint64(chunk.type):
        chunk = pc.min_element_wise(chunk, pa.scalar(LIMIT_MINOR, pa.uint64()))
    value = chunk.fill_null(0).cast(pa.int64()).to_numpy(zero_copy_only=False)
    negative = value < 0
    scanning.scale_integers(np.where(negative, 0, value), decimals, minor, fault)
    fault[fault > 0] = _FAULT["AmountTooLarge"]
    fault[negative] = _FAULT["NegativeAmount"]
    fault[missing] = _FAULT["EmptyAmount"]


def _read_decimals(
    chunk: pa.Array, decimals: NDArray[np.int8], minor: NDArray[np.int64], fault: NDArray[np.uint8]
) -> None:
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    scale = chunk.type.scale
    for width in sorted(set(decimals.tolist())):
        rows = np.flatnonzero(decimals == width)
        part = chunk.take(pa.array(rows)) if len(rows) < len(chunk) else chunk
        minor[rows], fault[rows] = _scaled(part, scale, width)


def _scaled(chunk: pa.Array, scale: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return exact decimals of one scale as minor units of ``width`` decimals, and faults."""
    fault = np.zeros(len(chunk), np.uint8)
    missing = chunk.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_decimal128(chunk.type):
        words = np.frombuffer(chunk.buffers()[1], np.int64)
        words = words[2 * chunk.offset : 2 * (chunk.offset + len(chunk))].reshape(-1, 2)
        value = np.where(missing, 0, words[:, 0])
        narrow = bool(np.all(missing | (words[:, 1] == words[:, 0] >> 63)))
        if narrow and 0 <= scale - width <= 18:
            minor, excess = np.divmod(value, 10 ** (scale - width))
            fault[minor >= LIMIT_MINOR] = _FAULT["AmountTooLarge"]
            fault[excess != 0] = _FAULT["TooManyDecimals"]
            fault[value < 0] = _FAULT["NegativeAmount"]
            fault[missing] = _FAULT["EmptyAmount"]
            return np.where(fault > 0, 0, minor), fault
    minor = np.zeros(len(chunk), np.int64)
    for place, item in enumerate(chunk.to_pylist()):
        code = "EmptyAmount"
        if item is not None:
            sign, digits, power = item.as_tuple()
            whole = int("".join(map(str, digits)) or "0")
            code = "NegativeAmount" if sign and whole else ""
            shift = int(power) + width
            whole, rest = (whole * 10**shift, 0) if shift >= 0 else divmod(whole, 10**-shift)
            if not code and rest:
                code = "TooManyDecimals"
            if not code and whole >= LIMIT_MINOR:
                code = "AmountTooLarge"
            minor[place] = 0 if code else whole
        fault[place] = _FAULT[code]
    return minor, fault
