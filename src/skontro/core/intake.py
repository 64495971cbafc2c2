# SPDX-License-Identifier: Apache-2.0
"""Everything a calculation is made from, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skontro.core.errors import (
    InvalidBorderQuotas,
    InvalidPayInLimits,
    MalformedNumber,
    Rejected,
    Rejection,
)
from skontro.core.fixing import Fixing
from skontro.core.money import exponents, parse_decimal, shorten
from skontro.core.obligations import Obligations
from skontro.core.participants import Participants

if TYPE_CHECKING:
    import pyarrow as pa

PAY_IN_LIMIT_COLUMNS = ("participant", "limit", "currency")
BORDER_QUOTA_COLUMNS = ("debtor_side", "creditor_side", "quota", "currency")

PayInLimit = tuple[str, str, int]
"""Participant, currency, minor units."""

BorderQuota = tuple[str, str, str, int]
"""Debtor side, creditor side, currency, minor units; an empty side is the hub."""


@dataclass(frozen=True)
class InputFile:
    """Where an input came from, so that it can be kept byte for byte.

    Attributes:
        name: ``obligations``, ``participants``, ``fixing``, ``pay_in_limits`` or
            ``border_quotas``.
        path: The file, if it was one.
        table: The table as given, if it was in memory.
        sheet: Name of the sheet read, if it was a workbook.
        size: Bytes of the file when it was read.
        changed_ns: Time of the file's last change when it was read.
    """

    name: str
    path: Path | None = None
    table: pa.Table | None = None
    sheet: str | None = None
    size: int = 0
    changed_ns: int = 0


@dataclass(frozen=True)
class Intake:
    """Everything a calculation is made from.

    Attributes:
        obligations: The accepted rows.
        participants: Every firm of the participants file and of the accepted rows.
        fixing: The declared rates, or None.
        pay_in_limits: (participant, currency, minor) sorted, or None where no file was given.
        border_quotas: (debtor side, creditor side, currency, minor) sorted, or None.
        rejections: Refused rows by row number: row (int64), field, value, code, message.
        repeated: Rows that said again what an earlier row said, and count once.
        inputs: Where each input came from.
    """

    obligations: Obligations
    participants: Participants
    fixing: Fixing | None
    pay_in_limits: list[PayInLimit] | None
    border_quotas: list[BorderQuota] | None
    rejections: pa.Table
    repeated: int
    inputs: list[InputFile]


def rejection_table(rejections: Iterable[Rejection]) -> pa.Table:
    """Return rejections as a table: row (int64), field, value, code, message (text).

    Example:
        >>> rejection_table([Rejection(3, "amount", "-1", "NegativeAmount", "is negative")]).shape
        (1, 5)
    """
    import pyarrow as pa

    items = list(rejections)
    return pa.table(
        {
            "row": pa.array([item.row for item in items], pa.int64()),
            "field": pa.array([item.field for item in items], pa.string()),
            "value": pa.array([item.value for item in items], pa.string()),
            "code": pa.array([item.code for item in items], pa.string()),
            "message": pa.array([item.message for item in items], pa.string()),
        }
    )


def pay_in_limits_from_table(
    table: pa.Table,
    participants: Participants,
    known: Collection[str],
    *,
    fixing: Fixing | None = None,
    rows: Sequence[int] | None = None,
) -> list[PayInLimit]:
    """Read how much each participant may be asked to pay in.

    A participant that accepts conversion at a fixing has one limit, in any currency with a
    rate; else a participant has at most one per currency. Nought is allowed.

    Args:
        table: Text columns ``participant``, ``limit``, ``currency``.
        participants: The firms of the participants file.
        known: Every id that may be named.
        fixing: The declared rates, or None.
        rows: Row numbers to name in errors; 1, 2, ... if not given.

    Returns:
        (participant, currency, minor), sorted.

    Raises:
        InvalidPayInLimits: Naming the row and the reason.
    """
    converts = dict(zip(participants.id, participants.accepts.tolist(), strict=True))
    limits = dict[tuple[str, str], PayInLimit]()
    for number, (participant, limit, currency) in _rows(table, PAY_IN_LIMIT_COLUMNS, rows):
        where = f"pay-in limits, row {number}"
        if participant not in known:
            raise InvalidPayInLimits(f"{where}: {shorten(participant)!r} is not a participant")
        minor = _sum_of(limit, currency, fixing, where, InvalidPayInLimits)
        once = fixing is not None and converts.get(participant, True)
        key = (participant, "" if once else currency)
        if key in limits:
            raise InvalidPayInLimits(f"{where}: {shorten(participant)!r} has a limit already")
        limits[key] = (participant, currency, minor)
    return sorted(limits.values())


def border_quotas_from_table(
    table: pa.Table,
    sides: Collection[str],
    *,
    fixing: Fixing | None = None,
    rows: Sequence[int] | None = None,
) -> list[BorderQuota]:
    """Read how much each side may owe another, or the hub.

    Args:
        table: Text columns ``debtor_side``, ``creditor_side``, ``quota``, ``currency``; one of
            the sides may be empty, which stands for the hub.
        sides: The sides of the participants.
        fixing: The declared rates, or None; with it a pair of sides has one quota.
        rows: Row numbers to name in errors; 1, 2, ... if not given.

    Returns:
        (debtor side, creditor side, currency, minor), sorted.

    Raises:
        InvalidBorderQuotas: Naming the row and the reason.
    """
    quotas = dict[tuple[str, str, str], BorderQuota]()
    for number, (debtor, creditor, quota, currency) in _rows(table, BORDER_QUOTA_COLUMNS, rows):
        where = f"border quotas, row {number}"
        for side in (debtor, creditor):
            if side and side not in sides:
                raise InvalidBorderQuotas(
                    f"{where}: no participant is on side {shorten(side)!r}",
                    next_step="give the participants with the side of each, or correct the side",
                )
        if debtor == creditor:
            raise InvalidBorderQuotas(
                f"{where}: {'a side owes itself nothing' if debtor else 'both sides are empty'}"
            )
        minor = _sum_of(quota, currency, fixing, where, InvalidBorderQuotas)
        key = (debtor, creditor, "" if fixing is not None else currency)
        if key in quotas:
            raise InvalidBorderQuotas(f"{where}: these sides have a quota already")
        quotas[key] = (debtor, creditor, currency, minor)
    return sorted(quotas.values())


def _rows(
    table: pa.Table, names: Sequence[str], rows: Sequence[int] | None
) -> Iterator[tuple[int, tuple[str, ...]]]:
    numbers = rows if rows is not None else range(1, table.num_rows + 1)
    columns = [[text or "" for text in table.column(name).to_pylist()] for name in names]
    return zip(numbers, zip(*columns, strict=True), strict=True)


def _sum_of(
    text: str, currency: str, fixing: Fixing | None, where: str, error: type[Rejected]
) -> int:
    decimals = exponents().get(currency)
    if decimals is None:
        raise error(f"{where}: {shorten(currency)!r} is not a currency of ISO 4217")
    if fixing is not None and currency not in fixing.rates:
        raise error(f"{where}: {currency} has no rate in the fixing")
    try:
        return parse_decimal(text, decimals)
    except MalformedNumber as malformed:
        raise error(f"{where}: {malformed.message}") from None
