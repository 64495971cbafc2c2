# SPDX-License-Identifier: Apache-2.0
"""What a busy, lost, full or refusing database says, in the words callers know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from skontro.core.errors import Conflict, Forbidden, Rejected, SkontroError, Unavailable
from skontro.store.guards import IS_THERE, SETTING_CHANGED

WAIT_S = 120
"""How long a unit waits for another to end before it gives up."""
COLLISION, TAKEN = "StoreCollision", "StoreTaken"
"""Codes: another unit got in the way; a row of that key is there already."""


@contextmanager
def translated(is_ending: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Turn what a busy, lost or refusing database says into what callers know.

    Rows by the million go to the driver past SQLAlchemy; what it says then counts as well.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise Unavailable(
            "every connection of this process is in use", code="StoreBusy",
            next_step="try again: nothing was done",
        ) from error  # fmt: skip
    except Exception as error:
        said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        ours = _in_our_words(said, is_ending=is_ending())
        if ours is None:
            raise
        raise ours from error


def _in_our_words(error: BaseException | None, *, is_ending: bool) -> SkontroError | None:
    """Return what an error of the driver means; None where it is a mistake in the program."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    is_drivers = isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg")
    state = getattr(error, "sqlstate", None)
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, OverflowError) and "SQLite INTEGER" in str(error):
        return Rejected("a number is larger than any the house keeps", code="NumberTooLarge",
                        next_step="look at the numbers that were given")  # fmt: skip
    if isinstance(error, UnicodeEncodeError) and "surrogates" in str(error):
        return Rejected("a text is not Unicode", code="WrongEncoding",
                        next_step="write it in UTF-8")  # fmt: skip
    if error is None or not is_drivers or name == "SQLITE_ERROR":
        return None
    if name.startswith(_DAMAGED) or state in _DAMAGED_STATES:
        return Rejected(
            f"the database is damaged: {_said(error)}", code="StoreDamaged",
            next_step="stop working with it and keep a copy of what is there; then make the house "
            "again from its newest backup: skontro restore BACKUP",
        )  # fmt: skip
    if name == "SQLITE_FULL" or state == _FULL:
        return Unavailable(
            f"there is no room on the database's disk: {_said(error)}", code="StoreFull",
            next_step="make room there and try again: nothing was half done",
        )  # fmt: skip
    if name.startswith("SQLITE_READONLY"):
        return Unavailable(
            f"the database's file or folder may not be written: {_said(error)}",
            code="StoreReadOnly",
            next_step="see who may write there and try again: nothing was done",
        )  # fmt: skip
    if state in _COLLISIONS or ("IntegrityError" in kinds and SETTING_CHANGED in str(error)):
        return Unavailable("another unit of work got in the way of this one", code=COLLISION,
                           next_step="try again: nothing was half done")  # fmt: skip
    if _is_busy(error):
        return Unavailable(
            f"another unit of work has held the house for {WAIT_S} seconds",
            code="StoreBusy", next_step="try again when it is done: nothing was half done",
        )  # fmt: skip
    if kinds & {"OperationalError", "InterfaceError"} and is_ending:
        return Unavailable(
            f"the database went away while it was taking this in: {_said(error)}",
            code="OutcomeUnknown", next_step="look whether it is done before trying again",
        )  # fmt: skip
    if kinds & {"OperationalError", "InterfaceError"}:
        return Unavailable(
            f"the database does not answer: {_said(error)}", code="StoreUnavailable",
            next_step="see that its disk has room, and may be read and written; then try again: "
            "nothing was half done" if name else "see that it runs and try again: nothing was "
            "half done",
        )  # fmt: skip
    if "IntegrityError" in kinds:
        return Conflict(
            f"the database refuses it: {_said(error)}",
            code=TAKEN if _is_taken(error) else "StoreRefuses",
            next_step="nothing was done: look at what is there",
        )  # fmt: skip
    if state == _NO_RIGHT and "row-level security" in str(error):
        return Forbidden(
            "the database keeps this from whoever asks", code="BeyondRights",
            next_step="ask somebody who may",
        )  # fmt: skip
    if state == _NO_RIGHT:
        return Forbidden(
            f"the database does not let the house's role do that: {_said(error)}",
            code="RoleMayNot", next_step="see docs/postgresql.md for what each role may do",
        )  # fmt: skip
    if "DataError" in kinds:
        return Rejected(f"the database cannot keep this: {_said(error)}", code="UnstorableValue")
    return None


_COLLISIONS = ("40001", "40P01")
"""SQL states: the units cannot both be; two wait for each other."""
_NO_RIGHT = "42501"
_FULL = "53100"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_DAMAGED_STATES = ("XX001", "XX002")


def _said(error: BaseException) -> str:
    """What the database said, in one line."""
    return str(error).strip().split("\n", 1)[0]


def _is_busy(error: BaseException) -> bool:
    """Whether a unit waited for another and gave up."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or (
        getattr(error, "sqlstate", None) == "55P03"
    )


def _is_taken(error: BaseException) -> bool:
    """Whether a row of that key is there already."""
    if isinstance(error, sqlite3.IntegrityError):
        kinds = ("_UNIQUE", "_PRIMARYKEY", "_ROWID")
        return error.sqlite_errorname.endswith(kinds) or str(error).endswith(IS_THERE)
    return getattr(error, "sqlstate", None) == "23505"
