# SPDX-License-Identifier: Apache-2.0
"""The obligations of a calculation: the rows that were accepted, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import AmountOverflow
from skontro.core.money import LIMIT_MINOR

if TYPE_CHECKING:
    import pyarrow as pa

NO_DUE_DAY = 2**31 - 1
"""Stands for an obligation without a due date; later than every date."""


@dataclass(frozen=True)
class Obligations:
    """Accepted rows, in the caller's order.

    Attributes:
        row: Number of each row in the input, 1 being the first row of data, shape (m,).
        id: Id of each, one contiguous large_string array of length m.
        debtor: Participant number of each debtor, shape (m,).
        creditor: Participant number of each creditor, never the debtor's, shape (m,).
        amount_minor: Amount, above nought and below 2**62, minor units, shape (m,).
        currency_index: Index into ``currencies``, shape (m,).
        currencies: Codes used, sorted.
        due_day: Days from 1970-01-01 to the due date, ``NO_DUE_DAY`` without one, shape (m,).
        carried: All columns of the input as given, m rows.
    """

    row: NDArray[np.int64]
    id: pa.LargeStringArray
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    amount_minor: NDArray[np.int64]
    currency_index: NDArray[np.int16]
    currencies: tuple[str, ...]
    due_day: NDArray[np.int32]
    carried: pa.Table

    def __len__(self) -> int:
        return len(self.row)


def gross_by_currency(
    amount_minor: NDArray[np.int64], currency_index: NDArray[np.int16], count: int
) -> list[int]:
    """Sum amounts by currency, exactly, as Python integers.

    Args:
        amount_minor: Amounts from nought to below 2**62, shape (m,).
        currency_index: Currency of each, below ``count``, shape (m,).
        count: Number of currencies.

    Example:
        >>> gross_by_currency(np.array([2**61] * 8), np.zeros(8, np.int16), 1) == [2**64]
        True
    """
    sums = [0] * count
    for start in range(0, len(amount_minor), 1 << 20):
        part = amount_minor[start : start + (1 << 20)]
        index = currency_index[start : start + (1 << 20)]
        low = np.zeros(count, np.int64)
        high = np.zeros(count, np.int64)
        np.add.at(low, index, part & 0x7FFFFFFF)
        np.add.at(high, index, part >> 31)
        for place in range(count):
            sums[place] += (int(high[place]) << 31) + int(low[place])
    return sums


def guard_sums(gross_minor: list[int], currencies: tuple[str, ...]) -> None:
    """Refuse amounts whose sum in one currency reaches 2**62.

    Raises:
        AmountOverflow: Naming the currency.

    Example:
        >>> guard_sums([5], ("EUR",))
    """
    for code, total in zip(currencies, gross_minor, strict=True):
        if total >= LIMIT_MINOR:
            raise AmountOverflow(
                f"the amounts in {code} sum to 2**62 minor units or more",
                details={"currency": code, "gross_minor": total},
            )
