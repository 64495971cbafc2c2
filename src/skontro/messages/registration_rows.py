# SPDX-License-Identifier: Apache-2.0
"""Rows of a filing: what parties say of obligations, and which obligations they confirm.

Every row is understood or refused by number with field and reason; none stops the file.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.errors import EmptyTable
from skontro.core.money import AMOUNT_REASONS, exponents
from skontro.core.participants import ID_REASONS
from skontro.messages.decimals import REASONS, read_amounts
from skontro.messages.raw import RawTable
from skontro.messages.row_checks import (
    id_faults,
    joined_text,
    read_days,
    refused_rows,
    text_column,
)
from skontro.messages.several_lines import gather_lines
from skontro.messages.texts import TextNumbers, buffers, encode
from skontro.messages.trade_rows import Trades, read_trades

REGISTRATION_COLUMNS = (
    "sender", "reference", "debtor", "creditor", "amount|amount_minor", "currency",
)  # fmt: skip
"""Columns a file of registrations needs; ``due_date, document, document_date`` may be there."""

REFERENCE_COLUMNS = ("sender", "reference")
"""Columns a file of confirmations needs; ``confirmed_by`` may be there."""

OTHER_REASONS: dict[str, str] = {
    "SelfObligation": "debtor and creditor are the same firm",
    "UnknownCurrency": "not a currency of ISO 4217 with a minor unit",
    "AmountsDisagree": "amount and amount_minor are not the same sum",
    "InvalidDate": "not a date written YYYY-MM-DD",
    "UnknownParticipant": "no firm of the house has this id",
    "ParticipantGone": "the firm has left the house or is in default",
    "NotPermitted": "neither debtor nor creditor, nor an agent that files for one of them alone",
    "AgentNotPermitted": "the agent does not file for this firm",
    "IdempotencyMismatch": "this sender used the reference for something else",
    "UnknownReference": "this sender has registered nothing under the reference",
    "OwnRegistration": "the firm registered it itself: the other party confirms",
    "InvalidTrade": "not a number, a date, a digest or a word of what it is for",
    "InvalidLine": "not a line of its own: each of several has a value above nought",
    "WrongState": "an obligation in this state cannot be confirmed",
}
"""Why a row is refused besides ids and amounts: code and sentence."""
_MESSAGES = ID_REASONS | AMOUNT_REASONS | OTHER_REASONS
_AMOUNT_COLUMNS = ("amount", "amount_minor")


class Faults:
    """The first fault of each row.

    Attributes:
        raw: The rows as read.
        fault: Nought for a row without one, shape (m,).
    """

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.fault = np.zeros(raw.table.num_rows, np.uint8)
        self._known: list[tuple[str, str]] = [("", "")]

    def mark(self, where: NDArray[np.bool_], column: str, code: str) -> None:
        """Give rows that have no fault yet this one.

        Args:
            where: Which rows, shape (m,).
            column: The column at fault.
            code: The reason, one word.
        """
        if not where.any():
            return
        if (column, code) not in self._known:
            self._known.append((column, code))
        self.fault[where & (self.fault == 0)] = self._known.index((column, code))

    def mark_ids(self, column: str, faults: NDArray[np.uint8]) -> None:
        """Mark ids that cannot be any; faults as :func:`id_faults` gives them."""
        if faults.any():
            for place, code in enumerate(ID_REASONS, 1):
                self.mark(faults == place, column, code)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which rows have no fault, shape (m,)."""
        return np.asarray(self.fault == 0, np.bool_)

    def rejections(self) -> pa.Table:
        """Return every refused row by number, those that could not be read among them."""
        tables = [self.raw.refused]
        for place in np.unique(self.fault[self.fault > 0]):
            column, code = self._known[place]
            there = column if column in self.raw.table.column_names else ""
            rows = np.flatnonzero(self.fault == place)
            refused = refused_rows(self.raw, there, rows, code, _MESSAGES[code])
            if column.startswith("line "):
                field = pa.repeat(pa.scalar(column), len(rows))
                refused = refused.set_column(1, "field", field)
            tables.append(refused)
        joined = pa.concat_tables(tables)
        return joined.sort_by("row") if joined.num_rows else joined


@dataclass
class RegistrationRows:
    """What parties say, as columns of shape (m,), those of refused rows meaning nothing.

    Attributes:
        faults: Which rows are refused, and why.
        firms: Every id that stands in the file, large_string.
        sender: Place in ``firms`` of who says it.
        debtor: Place of who owes.
        creditor: Place of who is owed.
        reference: Id the sender chose, large_string.
        amount_minor: How much, minor units.
        currency: Place in ``currencies``.
        currencies: Codes.
        due_day: Days since 1970-01-01, or ``NO_DUE_DAY``.
        document: Number of the document, large_string; empty if not given.
        document_day: Its date, as ``due_day``.
        trades: What each is for.
    """

    faults: Faults
    firms: pa.Array
    sender: NDArray[np.int32]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    reference: pa.LargeStringArray
    amount_minor: NDArray[np.int64]
    currency: NDArray[np.int32]
    currencies: list[str]
    due_day: NDArray[np.int32]
    document: pa.LargeStringArray
    document_day: NDArray[np.int32]
    trades: Trades

    def __len__(self) -> int:
        return len(self.sender)


def _texts(raw: RawTable, name: str) -> pa.LargeStringArray:
    """Return a column as text; one that is not there is empty."""
    if name not in raw.table.column_names:
        return pa.array([""] * raw.table.num_rows, pa.large_string())
    return joined_text(text_column(raw, name))


def read_registrations(raw: RawTable) -> RegistrationRows:
    """Understand what parties say of obligations, row by row.

    Args:
        raw: Columns ``sender, reference, debtor, creditor, currency`` and ``amount`` (decimal
            text) or ``amount_minor``; ``due_date, document, document_date`` and what they are for
            (``TRADE_COLUMNS``) may be there. Of what has lines a row an obligation is left: see
            :mod:`skontro.messages.several_lines`.

    Raises:
        MissingColumns: A needed column is not there.
        EmptyTable: There is no row.
        InexactColumn: A column's type cannot hold what it should.
    """
    raw.need(*REGISTRATION_COLUMNS)
    gather_lines(raw)
    if raw.table.num_rows + raw.refused.num_rows == 0:
        raise EmptyTable(f"{raw.name}: there is no row below the header")
    faults = Faults(raw)
    names = ("sender", "debtor", "creditor", "currency")
    with ThreadPoolExecutor(2) as pool:
        encoding = [pool.submit(encode, text_column(raw, name)) for name in names]
        reading = [pool.submit(_texts, raw, name) for name in ("reference", "document")]
        (sender, debtor, creditor, currency) = [one.result() for one in encoding]
        reference, document = [one.result() for one in reading]
    table = TextNumbers()
    who, owing, owed = (table.add(texts)[index] for index, texts in (sender, debtor, creditor))
    firms = table.texts()
    wrong = id_faults(firms)
    if wrong.any():
        for name, index in (("sender", who), ("debtor", owing), ("creditor", owed)):
            faults.mark_ids(name, wrong[index])
    faults.mark_ids("reference", id_faults(reference))
    faults.mark(owing == owed, "creditor", "SelfObligation")
    codes = currency[1].to_pylist()
    unknown = np.array([code not in exponents() for code in codes], np.bool_)
    if unknown.any():
        faults.mark(unknown[currency[0]], "currency", "UnknownCurrency")
    minor = _read_amounts(faults, currency[0], codes)
    due_day = _read_days(faults, "due_date")
    _check_documents(faults, document)
    document_day = _read_days(faults, "document_date")
    return RegistrationRows(
        faults, firms, who, owing, owed, reference, minor, currency[0], codes, due_day, document,
        document_day, read_trades(raw, faults, lambda row: codes[currency[0][row]]),
    )  # fmt: skip


def _read_amounts(
    faults: Faults, currency: NDArray[np.int32], codes: list[str]
) -> NDArray[np.int64]:
    table, minor = faults.raw.table, np.zeros(0, np.int64)
    for name in _AMOUNT_COLUMNS:
        if name not in table.column_names:
            continue
        width = np.array([exponents().get(code, 0) for code in codes], np.int8)
        if name == "amount_minor":
            width[:] = 0
        amounts = read_amounts(table.column(name), width[currency], name)
        for place, code in enumerate(REASONS):
            if code and amounts.fault.any():
                faults.mark(amounts.fault == place, name, code)
        if len(minor):
            faults.mark(minor != amounts.minor, name, "AmountsDisagree")
        else:
            minor = amounts.minor
    return minor


def _read_days(faults: Faults, name: str) -> NDArray[np.int32]:
    days, bad = read_days(faults.raw, name)
    faults.mark(bad, name, "InvalidDate")
    return days


def _check_documents(faults: Faults, document: pa.LargeStringArray) -> None:
    """Refuse numbers of documents that are no ids; one that is empty is not given."""
    given = np.flatnonzero(np.diff(buffers(document)[0]))
    wrong = np.zeros(len(document), np.uint8)
    wrong[given] = id_faults(document.take(pa.array(given)) if len(given) else document[:0])
    faults.mark_ids("document", wrong)


@dataclass
class ReferenceRows:
    """Which obligations are confirmed, by reference; columns of shape (m,).

    Attributes:
        faults: Which rows are refused, and why.
        firms: Every id that stands in the file, large_string.
        sender: Place in ``firms`` of who registered it.
        reference: Under which reference, large_string.
        confirmed_by: Place of who confirms it; None where the file does not say.
    """

    faults: Faults
    firms: pa.Array
    sender: NDArray[np.int32]
    reference: pa.LargeStringArray
    confirmed_by: NDArray[np.int32] | None


def read_references(raw: RawTable) -> ReferenceRows:
    """Understand which obligations are confirmed, row by row.

    Args:
        raw: Columns ``sender, reference``; ``confirmed_by`` may be there.

    Raises:
        MissingColumns: A needed column is not there.
        EmptyTable: There is no row.
    """
    raw.need(*REFERENCE_COLUMNS)
    if raw.table.num_rows + raw.refused.num_rows == 0:
        raise EmptyTable(f"{raw.name}: there is no row below the header")
    faults, table = Faults(raw), TextNumbers()

    def numbered(name: str) -> NDArray[np.int32]:
        index, texts = encode(text_column(raw, name))
        return np.asarray(table.add(texts)[index], np.int32)

    sender = numbered("sender")
    confirmed_by = numbered("confirmed_by") if "confirmed_by" in raw.table.column_names else None
    firms = table.texts()
    wrong = id_faults(firms)
    faults.mark_ids("sender", wrong[sender])
    if confirmed_by is not None:
        faults.mark_ids("confirmed_by", wrong[confirmed_by])
    reference = _texts(raw, "reference")
    faults.mark_ids("reference", id_faults(reference))
    return ReferenceRows(faults, firms, sender, reference, confirmed_by)
