# SPDX-License-Identifier: Apache-2.0
"""Everything that can be refused or go wrong, by name.

    SkontroError
    |- Rejected                their data; they can mend it
    |  |- NoSuchFile, UnknownFormat, UnreadableFile, WrongEncoding, EmptyTable, SheetTooLong
    |  |- XmlRefused
    |  |- MissingColumns, DuplicateColumns, InexactColumn, MalformedRow
    |  |- MalformedNumber, UnknownCurrency, AmountOverflow
    |  |- InvalidParticipants, InvalidFixing, NoGridFits, InvalidPayInLimits, InvalidBorderQuotas
    |  |- InvalidRules, InvalidIdentifier, NoBusinessDay
    |  |- InvalidTrancheTable, QuotaExceeded, InvalidPack
    |  |- NoSuchParticipant
    |  `- InvalidOptions       a wish that is unknown, or cannot be combined with another
    |- Conflict                what is there already says otherwise
    |- Forbidden               this caller may not
    |- Unavailable             may be tried again
    `- InvariantViolation      ours: nothing is written, somebody must look
       |- Unbalanced, CertificateFailed

A file with many rows does not raise for a row: the row becomes a :class:`Rejection` and the
file goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

NO_DETAILS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was refused, and why.

    Attributes:
        row: Number of the row, 1 being the first row of data.
        field: The column at fault; empty where the whole row is.
        value: What stood there, as text, shortened if very long.
        code: The reason, one word, e.g. ``NegativeAmount``.
        message: The reason as a sentence.
    """

    row: int
    field: str
    value: str
    code: str
    message: str


class SkontroError(Exception):
    """Anything Skontro refuses or fails at.

    Attributes:
        code: One word, stable between releases: the name of the class unless given.
        message: What happened, in one sentence.
        details: The figures and names behind the message.
        next_step: What the reader can do about it.
    """

    default_next_step = "see the message"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        next_step: str | None = None,
        details: Mapping[str, object] = NO_DETAILS,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).__name__
        self.message = message
        self.next_step = next_step or self.default_next_step
        self.details = dict(details)

    def __str__(self) -> str:
        return self.message


class Rejected(SkontroError):
    """Their data is refused as it stands."""

    default_next_step = "correct the input and run the command again"


class NoSuchFile(Rejected):
    """There is no file under that name, or it is a folder."""

    default_next_step = "check the name and the folder"


class UnknownFormat(Rejected):
    """Neither CSV, Parquet nor XLSX."""

    default_next_step = "save it as .csv, .parquet or .xlsx"


class UnreadableFile(Rejected):
    """The file is damaged, or is not what its name says."""

    default_next_step = "save it anew from the program it came from"


class WrongEncoding(Rejected):
    """The text is not UTF-8."""

    default_next_step = "save the file as UTF-8"


class XmlRefused(Rejected):
    """A document in XML cannot be read safely, or is another than was asked for.

    Its message begins with the file and the line; its details name ``file``, ``line``, ``reason``.
    """

    default_next_step = "ask the sender for the file anew"


class EmptyTable(Rejected):
    """Not one row of data."""


class SheetTooLong(Rejected):
    """More rows, columns or text than a sheet of Excel holds, or so many that some may be lost."""

    default_next_step = "use .csv or .parquet"


class MissingColumns(Rejected):
    """A column that is needed is not there."""

    default_next_step = "rename or add the columns"


class DuplicateColumns(Rejected):
    """Two columns with one name."""

    default_next_step = "rename one of them"


class InexactColumn(Rejected):
    """A column whose type cannot hold the values exactly, or cannot hold such values at all."""

    default_next_step = "bring the column as text"


class MalformedRow(Rejected):
    """A row of a small file, all of which must be right, cannot be read."""


class MalformedNumber(Rejected):
    """A number that is not exact decimal text."""


class UnknownCurrency(Rejected):
    """Not a currency of ISO 4217 that has a minor unit."""

    default_next_step = "use the three capital letters of ISO 4217, e.g. EUR"


class AmountOverflow(Rejected):
    """A sum would reach 2**62 and could no longer be counted exactly."""

    default_next_step = "clear in several calculations, or leave out the largest amounts"


class InvalidParticipants(Rejected):
    """The participants file contradicts itself."""


class NoSuchParticipant(Rejected):
    """Nobody of that id is in the result."""

    default_next_step = "use an id as it stands in the participants table"


class InvalidFixing(Rejected):
    """The declared exchange rates cannot be used."""


class NoGridFits(Rejected):
    """No unit of account is fine enough for the currencies and coarse enough for the sums."""

    default_next_step = "use another unit of account, or fewer currencies in one calculation"


class InvalidPayInLimits(Rejected):
    """The pay-in limits cannot be used."""


class InvalidBorderQuotas(Rejected):
    """The border quotas cannot be used."""


class InvalidRules(Rejected):
    """The rules of a house cannot be used; the message begins with the place at fault."""

    default_next_step = "correct that place of house.toml"


class InvalidIdentifier(Rejected):
    """An account, a code or a number does not stand the check of its kind.

    Its details name the ``field``, the ``value`` and the ``reason``.
    """

    default_next_step = "compare it with the document it was taken from"


class NoBusinessDay(Rejected):
    """There is no day on which all sides work, or a calendar does not reach that far."""

    default_next_step = "look at the calendars of the sides in the rules of the house"


class InvalidTrancheTable(Rejected):
    """A tranche table contradicts itself, or lacks the account its differences go to."""


class QuotaExceeded(Rejected):
    """More would be owed across a border than quota, tranche table and working balance allow."""

    default_next_step = "let less flow, or have two people raise the quota or working balance"


class InvalidPack(Rejected):
    """A rule pack, or what goes with it, cannot be used; the message names the line at fault."""

    default_next_step = "correct that line; the pack in force stays"


class InvalidOptions(Rejected):
    """Two wishes that cannot be had together, or one that needs what is not there."""

    default_next_step = "leave one of them out"


class Conflict(SkontroError):
    """What is there already says otherwise."""

    default_next_step = "look at what is there before trying again"


class Forbidden(SkontroError):
    """This caller may not do that."""

    default_next_step = "ask somebody who may"


class Unavailable(SkontroError):
    """Not possible now; may be tried again."""

    default_next_step = "try again later"


class InvariantViolation(SkontroError):
    """Something of ours is wrong; nothing was written."""

    default_next_step = "report this, with the input if you may share it; nothing was written"


class Unbalanced(InvariantViolation):
    """What goes out is not what comes in."""


class CertificateFailed(InvariantViolation):
    """The proof that no more could be set off does not check."""


def invariant(
    condition: bool,
    message: str,
    *,
    error: type[InvariantViolation] = InvariantViolation,
    details: Mapping[str, object] = NO_DETAILS,
) -> None:
    """Stop if what must always hold does not.

    Args:
        condition: What must hold.
        message: What is wrong if it does not, in one sentence.
        error: The kind of violation.
        details: The figures behind it.

    Raises:
        InvariantViolation: The condition does not hold.

    Example:
        >>> invariant(1 + 1 == 2, "sums differ")
    """
    if not condition:
        raise error(message, details=details)
