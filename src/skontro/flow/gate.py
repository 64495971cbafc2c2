# SPDX-License-Identifier: Apache-2.0
"""The gate's seat: lists come in, verdicts are written; without a fresh list everything is held."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import EmptyTable, Rejected
from skontro.flow.times import as_text, from_text
from skontro.gate.exact import HELD, RELEASED, RULES_VERSION, ListInForce, judge_party
from skontro.messages.tables import read_table
from skontro.store.database import Unit, insert_many
from skontro.store.register import current_records
from skontro.store.rows import find_all, insert, next_numbers
from skontro.store.schema import list_entry, list_import, verdict
from skontro.store.verdicts import obligation_rows, participant_rows, write_verdicts

if TYPE_CHECKING:
    from skontro.flow.house import House

SCREENED_NAMES = ("name", "owner")
SCREENED_IDENTIFIERS = ("lei", "tax_number", "account")


class Gate:
    """Lists and verdicts."""

    def __init__(self, house: House) -> None:
        self.house = house

    def import_list(
        self, path: str | Path, *, source: str, dated: datetime.datetime, name: str = "list"
    ) -> int:
        """Take a list into force: a table with columns ``name`` and ``identifier``.

        Args:
            path: CSV, Parquet or XLSX.
            source: Where it came from.
            dated: The time the list itself is of.
            name: Which list it is.

        Returns:
            The number of the import.

        Raises:
            Rejected: The file cannot be read, is empty, or older than what is in force.
        """
        raw = read_table("list", path)
        raw.need("name", "identifier")
        raw.whole()
        names = [text or "" for text in raw.table.column("name").to_pylist()]
        identifiers = [text or "" for text in raw.table.column("identifier").to_pylist()]
        if not any(names) and not any(identifiers):
            raise EmptyTable("list: nothing stands on it: the list in force stays")
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        with self.house.database.unit("list.import", exclusive=True) as unit:
            self.house.check_writable(unit)
            last = find_all(unit, list_import, order=["-id"], limit=1, name=name)
            if last and from_text(last[0].dated) > dated:
                raise Rejected(
                    f"list: it is of {dated.date()}, older than the one in force",
                    code="ListOlder", next_step="import the newest one",
                )  # fmt: skip
            number = next_numbers(unit, list_import)[0]
            insert(
                unit, list_import, id=number, name=name, source=source, dated=as_text(dated),
                imported_at=self.house.at, digest=digest, entries=len(names),
            )  # fmt: skip
            insert_many(
                unit, list_entry,
                {"list_id": number, "position": list(range(1, len(names) + 1)),
                 "name": names, "identifier": identifiers},
            )  # fmt: skip
            self.house.note(
                unit, "list.import",
                {"list": number, "name": name, "dated": as_text(dated), "digest": digest,
                 "entries": len(names)},
            )  # fmt: skip
        return number

    def lists(self) -> list[dict[str, Any]]:
        """Return every list that was taken into force, oldest first; the last one holds."""
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in find_all(unit, list_import, order=["id"])]

    def in_force(self, unit: Unit) -> ListInForce | None:
        """Return the list in force, or None where there never was one."""
        last = find_all(unit, list_import, order=["-id"], limit=1)
        if not last:
            return None
        age = self.house.now - from_text(last[0].dated)
        rows = find_all(unit, list_entry, list_id=last[0].id)
        return ListInForce.from_rows(
            last[0].id,
            [(row.position, row.name, row.identifier) for row in rows],
            is_stale=age > datetime.timedelta(days=self.house.rules.list_limit_days),
        )

    def judge_participants(
        self, unit: Unit, numbers: Sequence[int] | None = None
    ) -> dict[int, tuple[str, int, list[str]]]:
        """Judge firms by what the register says of them now, and write the verdicts.

        Args:
            unit: The unit of work.
            numbers: Which; all if not given.

        Returns:
            Outcome, number of the verdict and reasons of each.
        """
        listed = self.in_force(unit)
        firms = participant_rows(unit, numbers)
        said = {
            what: current_records(unit, "participant", what)
            for what in (*SCREENED_NAMES, *SCREENED_IDENTIFIERS)
        }
        judged = []
        for number, firm in firms:
            names = [text for what in SCREENED_NAMES for _, text in said[what].get(firm, [])]
            identifiers = [
                text for what in SCREENED_IDENTIFIERS for _, text in said[what].get(firm, [])
            ]
            records = sorted(number for what in said.values() for number, _ in what.get(firm, []))
            content = canonical_json([firm, records])
            outcome, reasons = judge_party(names, identifiers, listed)
            judged.append((number, hashlib.sha256(content).digest(), outcome, reasons))
        ids = self._write(unit, "participant", listed, judged)
        return {
            number: (outcome, at, reasons)
            for (number, _, outcome, reasons), at in zip(judged, ids, strict=True)
        }

    def judge_obligations(
        self, unit: Unit, rows: Sequence[Any] | None = None
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge obligations by their parties and content, and write the verdicts.

        Args:
            unit: The unit of work.
            rows: Which: number, debtor, creditor, content digest; those that wait if not given.

        Returns:
            Outcome, number of the verdict and digest of what was judged of each.
        """
        rows = obligation_rows(unit) if rows is None else rows
        if not rows:
            return {}
        listed = self.in_force(unit)
        firms = sorted({row[1] for row in rows} | {row[2] for row in rows})
        parties = self.judge_participants(unit, firms)
        held = {number for number, found in parties.items() if found[0] != RELEASED}
        judged = []
        for number, debtor, creditor, digest in rows:
            why = [f"party {firm} is held" for firm in (debtor, creditor) if firm in held]
            judged.append((number, bytes(digest), HELD if why else RELEASED, why))
        ids = self._write(unit, "obligation", listed, judged)
        return {
            number: (outcome, at, digest)
            for (number, digest, outcome, _), at in zip(judged, ids, strict=True)
        }

    def judge_pay_outs(
        self, unit: Unit, rows: Sequence[tuple[int, int, str, int, int]]
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge payments to participants by who is to get them, and write the verdicts.

        Args:
            unit: The unit of work.
            rows: Number of the payment, participant, currency, minor units and record of the
                account of each.

        Returns:
            Outcome, number of the verdict and digest of what was judged of each.
        """
        if not rows:
            return {}
        parties = self.judge_participants(unit, sorted({row[1] for row in rows}))
        judged = []
        for number, firm, *what in rows:
            outcome = parties[firm][0]
            content = canonical_json(["pay_out", number, firm, *what])
            why = [] if outcome == RELEASED else [f"party {firm} is held"]
            judged.append((number, hashlib.sha256(content).digest(), outcome, why))
        ids = self._write(unit, "pay_out", self.in_force(unit), judged)
        return {
            number: (outcome, at, digest)
            for (number, digest, outcome, _), at in zip(judged, ids, strict=True)
        }

    def judge_payee(
        self, unit: Unit, number: int, record: tuple[int, str | None], currency: str, amount: int
    ) -> tuple[str, int, bytes]:
        """Judge a payment to somebody who is no participant, and write the verdict.

        Args:
            unit: The unit of work.
            number: The payment.
            record: Their record in the register: its number, and what it says: the name, and the
                account on a second line if it is known.
            currency: In which currency.
            amount: How much, minor units.

        Returns:
            Outcome, number of the verdict and digest of what was judged.
        """
        listed = self.in_force(unit)
        name, _, account = (record[1] or "").partition("\n")
        outcome, reasons = judge_party([name], [account] if account else [], listed)
        content = canonical_json(["pay_out", number, ["record", record[0]], currency, amount])
        digest = hashlib.sha256(content).digest()
        ids = self._write(unit, "pay_out", listed, [(number, digest, outcome, reasons)])
        return outcome, ids[0], digest

    def _write(
        self,
        unit: Unit,
        kind: str,
        listed: ListInForce | None,
        judged: Iterable[tuple[int, bytes, str, list[str]]],
    ) -> list[int]:
        judged = list(judged)
        ids = next_numbers(unit, verdict, len(judged))
        write_verdicts(
            unit, kind, ids, judged, list_id=None if listed is None else listed.id,
            rules_version=RULES_VERSION, at=self.house.at,
        )  # fmt: skip
        return ids
