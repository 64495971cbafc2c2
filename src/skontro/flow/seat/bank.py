# SPDX-License-Identifier: Apache-2.0
"""What the banks say, and the files that leave for them, from a seat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skontro.core.errors import Conflict, NoSuchFile
from skontro.flow.seat import Part, picked
from skontro.flow.ways import Ways
from skontro.house.reconciliation import PAY_IN
from skontro.house.roles import Scope

MOST_LINES = 200
"""The most lines of a bank that are shown at once."""
_FILE = ("id", "name", "cycle", "side", "currency", "message", "message_id", "digest", "state",
         "written_at", "release_act")  # fmt: skip


class BankSeat(Part):
    """Bank files in and payment files out, as far as the actor sees sides."""

    # ---- looking -----------------------------------------------------------------------------

    def _sides(self, subject: str) -> Scope:
        scope = self.reading("settlement.read", subject)
        if not scope.everything and not scope.sides:
            raise NoSuchFile("the banks' word is the house's", code="NoSuchPage",
                             next_step="see the money of one's own firm")  # fmt: skip
        return scope

    def show(self, *, most: int = MOST_LINES, outcome: str = "") -> dict[str, Any]:
        """Return how each account stands, and the banks' lines, newest first.

        Args:
            most: How many lines at most; ``more`` says how many there are besides.
            outcome: Lines with this outcome alone.
        """
        scope = self._sides("bank lines")
        found = self.house.reconciliation.show(
            sides=None if scope.everything else scope.sides, outcome=outcome, most=most,
            days=(scope.from_day, scope.until_day),
        )  # fmt: skip
        accounts = [one for one in found["accounts"] if _within(scope, one, "day")]
        return found | {"accounts": accounts}

    def work_list(self) -> dict[str, Any]:
        """Return what somebody must look at, with likely partners: see ``Reconciliation``.

        Each line says under which number its money is in suspense (``money_line``), how much of it
        is open, and in ``ways`` which acts would deal with it: what each says, its kind, and what
        it takes.
        """
        scope = self._sides("bank work list")
        found = self.house.reconciliation.work_list()
        with self.house.database.widened("board"):
            waits = {(one["side"], one["currency"], one["bank_reference"]): one
                     for one in self.house.settlement.suspense()}  # fmt: skip
        seen = []
        with self.house.database.widened("board"), self.house.database.read() as unit:
            ways = Ways(self.house, unit)
            for one in found["lines"]:
                if _within(scope, one, "day"):
                    money = waits.get((one["side"], one["currency"], one["name"]))
                    seen.append(one | {
                        "money_line": None if money is None else money["id"],
                        "open_minor": None if money is None else money["open_minor"],
                        "ways": _ways(ways, one, money),
                    })  # fmt: skip
        return {
            "lines": seen,
            "statuses": found["statuses"] if scope == Scope(everything=True) else [],
            "accounts": [one for one in found["accounts"] if _within(scope, one, "day")],
        }

    def suspense(self) -> list[dict[str, Any]]:
        """Return money that is nobody's yet, as ``BookSeat.suspense`` does, each with its ways."""
        rows = self.seat.books.suspense()
        with self.house.database.widened("board"), self.house.database.read() as unit:
            ways = Ways(self.house, unit)
            return [one | {"ways": _assignments(ways, one["id"])} for one in rows]

    def files(self, cycle: str = "") -> list[dict[str, Any]]:
        """Return the files that two people release, or released, of a cycle or of all."""
        scope = self._sides("payment files")
        return [picked(one, *_FILE) for one in self.house.payment_files.files(cycle or None)
                if _within(scope, one, "written_at")]  # fmt: skip

    def file(self, number: int) -> tuple[str, bytes]:
        """Return the name and the bytes of a file that two people released.

        Raises:
            NoSuchFile: There is none of that number.
            Conflict: It was not released, or was changed since.
        """
        found = [one for one in self.files() if one["id"] == number]
        if not found:
            raise NoSuchFile(f"there is no file {number}", next_step="list them")
        if found[0]["state"] == "written":
            raise Conflict(f"file {number} was not released", code="NotReleased",
                           next_step="two people release it")  # fmt: skip
        return str(found[0]["name"]), self.house.payment_files.read(number)

    # ---- doing -------------------------------------------------------------------------------

    def look_into(self, data: bytes, name: str) -> dict[str, Any]:
        """Say what a file of a bank would bring; nothing becomes true.

        Raises:
            Rejected: It cannot be read, or is of an account that is none of the house's.
        """
        self.reading("settlement.work", f"bank file {name}")
        with self.widened("settlement.work"):
            return self.house.reconciliation.take(data, name, dry_run=True)

    def take(self, data: bytes, name: str) -> dict[str, Any]:
        """Take in one file of a bank, all of it or nothing; its lines have no effect yet.

        Raises:
            Rejected: It cannot be read, or is of an account that is none of the house's.
        """
        with self.doing("settlement.work", f"bank file {name}") as doing:
            told = self.house.reconciliation.take(data, name)
            doing.after = picked(told, "file", "kind", "known", "lines", "new")
        return told

    def work(self) -> dict[str, int]:
        """Let lines have their effect, each in a unit of work of its own, each once.

        Returns:
            How many were matched, wait, are in suspense and were refused.
        """
        self.reading("settlement.work", "bank lines")
        with self.widened("settlement.work"):
            done = self.house.reconciliation.work()
        with self.doing("settlement.work", "bank lines") as doing:
            doing.after = done
        return done

    def sent(self, number: int) -> None:
        """Note that a bank has a file."""
        with self.doing("settlement.work", f"payment file {number}") as doing:
            doing.before = {"state": self._state_of(number)}
            self.house.payment_files.sent(number)
            doing.after = {"state": self._state_of(number)}

    def _state_of(self, number: int) -> str | None:
        return next((one["state"] for one in self.house.payment_files.files()
                     if one["id"] == number), None)  # fmt: skip


def _ways(
    ways: Ways, line: dict[str, Any], money: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Return the acts by which two people may deal with a line; handlers check again."""
    if line["undo_entry"] is not None:
        return [_way("undo what it did", "entry.reverse", entry=line["undo_entry"])]
    if money is None or line["outcome"] != "suspense":
        return []
    likely = [one["number"] for one in line["partners"] if one["kind"] == PAY_IN]
    return _assignments(ways, money["id"], likely)


def _assignments(
    ways: Ways, line: int, likely: Sequence[int] = ()
) -> list[dict[str, Any]]:
    return [_way(way.says, "suspense.assign", **takes) for way, takes in ways.of(line, likely)]


def _way(says: str, kind: str, **takes: Any) -> dict[str, Any]:
    """An act that would deal with something: what it says, its kind, what it takes."""
    return {"says": says, "kind": kind, "takes": takes}


def _within(scope: Scope, row: Any, day: str) -> bool:
    """Whether a row is of a side within reach, and its day within an auditor's period."""
    return (scope.everything or row["side"] in scope.sides) and scope.covers_day(row[day] or "")
