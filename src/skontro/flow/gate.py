# SPDX-License-Identifier: Apache-2.0
"""The gate's seat: lists come in, verdicts are written; without a fresh list everything is held."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.core.errors import EmptyTable, Rejected
from skontro.flow.times import as_text, from_text
from skontro.gate.exact import (
    HELD,
    RELEASED,
    RULES_VERSION,
    ListsInForce,
    is_of_lists,
    judge_party,
)
from skontro.messages.tables import read_table
from skontro.store.bulk import new_numbers
from skontro.store.database import Unit, insert_many
from skontro.store.register import commitment_of
from skontro.store.rows import find_all, insert, next_numbers
from skontro.store.schema import list_entry, list_import, verdict
from skontro.store.verdicts import (
    LastVerdict,
    Screened,
    last_verdicts,
    list_rows,
    lists_in_force,
    participant_rows,
    reasons_text,
    record_contents,
    screened_records,
    waiting_obligations,
    write_verdicts,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

SCREENED_NAMES = ("name", "owner")
SCREENED_IDENTIFIERS = ("lei", "tax_number", "account")
SCREENED = (*SCREENED_NAMES, *SCREENED_IDENTIFIERS)

Int64 = NDArray[np.int64]
Judged = tuple[str, int, list[str]]
"""Outcome, number of the verdict, reasons."""


@dataclass(frozen=True)
class JudgedColumns:
    """What the gate says of many obligations, shape (m,).

    Attributes:
        released: Which ones it released.
        verdict: Number of the verdict of each.
    """

    released: NDArray[np.bool_]
    verdict: Int64


class Gate:
    """Lists and verdicts.

    Between units of work it remembers the lists in force and the last verdict of each firm, by
    what they were made from: the lists by number and digest, a verdict by list, rules and the
    records of the register. In each unit it asks which these are now, so that nothing that changed
    is overlooked; only what became true is remembered.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._lists: tuple[object, ListsInForce] | None = None
        self._last = dict[int, LastVerdict]()

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
        """Return every list that was taken into force, oldest first; the last of a name holds."""
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in find_all(unit, list_import, order=["id"])]

    def in_force(self, unit: Unit) -> ListsInForce | None:
        """Return the newest import of each list, or None where there never was one."""
        rows = lists_in_force(unit)
        if not rows:
            return None
        key = [(row.id, row.digest) for row in rows]
        if self._lists is None or self._lists[0] != key:
            entries = {row.id: [tuple(one) for one in list_rows(unit, row.id)] for row in rows}
            self._lists = (key, ListsInForce.from_rows(entries))
        limit = datetime.timedelta(days=self.house.rules.list_limit_days)
        now = self.house.now
        stale = tuple(row.id for row in rows if now - from_text(row.dated) > limit)
        return replace(self._lists[1], stale=stale)

    # ---- firms -------------------------------------------------------------------------------

    def judge_participants(
        self, unit: Unit, numbers: Sequence[int] | None = None
    ) -> dict[int, Judged]:
        """Judge firms by what the register says of them now; write the verdicts that are new.

        Args:
            unit: The unit of work.
            numbers: Which; all if not given.

        Returns:
            Outcome, number of the verdict and reasons of each.
        """
        firms = dict(participant_rows(unit, numbers))
        return self._judge_firms(unit, firms, self.in_force(unit))

    def _judge_firms(
        self, unit: Unit, firms: Mapping[int, str], lists: ListsInForce | None
    ) -> dict[int, Judged]:
        """Judge firms, given by number and id, against lists."""
        records = screened_records(unit, list(firms.values()), SCREENED)
        digests = {
            number: _party_digest(firm, records.get(firm, [])) for number, firm in firms.items()
        }
        blocked = judge_party([], [], lists)[1]
        blocked = blocked if is_of_lists(blocked) else []

        def still_holds(number: int, last: LastVerdict | None) -> bool:
            if last is None or last.content_digest != digests[number]:
                return False
            if last.list_id != (lists and lists.id) or last.rules_version != RULES_VERSION:
                return False
            reasons = json.loads(last.reasons)
            return bool(reasons == blocked if blocked else not is_of_lists(reasons))

        known = {number: self._last[number] for number in firms if number in self._last}
        unsure = [number for number in firms if not still_holds(number, known.get(number))]
        known |= last_verdicts(unit, "participant", unsure) if unsure else {}
        anew = [number for number in unsure if not still_holds(number, known.get(number))]
        known |= self._judge_anew(
            unit, {number: (digests[number], records.get(firms[number], [])) for number in anew},
            lists,
        )  # fmt: skip
        if unsure:
            found = {number: known[number] for number in unsure}
            unit.after.append(lambda: self._last.update(found))
        return {
            number: (known[number].outcome, known[number].id, json.loads(known[number].reasons))
            for number in firms
        }

    def _judge_anew(
        self,
        unit: Unit,
        firms: Mapping[int, tuple[bytes, Sequence[Screened]]],
        lists: ListsInForce | None,
    ) -> dict[int, LastVerdict]:
        """Judge firms by the content of their records, and write the verdicts."""
        if not firms:
            return {}
        wanted = [record.id for _, records in firms.values() for record in records]
        contents = record_contents(unit, wanted)
        outcomes, reasons = list[str](), list[str]()
        for _, records in firms.values():
            names, identifiers, changed = list[str](), list[str](), False
            for record in records:
                salt, text = contents[record.id]
                changed |= commitment_of(salt, text) != record.commitment
                (names if record.what in SCREENED_NAMES else identifiers).append(text)
            outcome, why = judge_party(names, identifiers, lists)
            if changed:
                outcome, why = HELD, [*why, "a record is not what was committed to"]
            outcomes.append(outcome)
            reasons.append(reasons_text(why))
        digests = [digest for digest, _ in firms.values()]
        list_id = None if lists is None else lists.id
        ids = self._write(
            unit, "participant", np.fromiter(firms, np.int64), digests, outcomes, reasons, list_id
        )
        return {
            number: LastVerdict(int(at), digest, list_id, RULES_VERSION, outcome, why)
            for number, at, digest, outcome, why in zip(
                firms, ids, digests, outcomes, reasons, strict=True
            )
        }

    # ---- obligations and pay-outs ------------------------------------------------------------

    def judge_obligations(
        self, unit: Unit, rows: Sequence[Any] | None = None
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge obligations by their parties and content; write the verdicts that are new.

        Args:
            unit: The unit of work.
            rows: Which: number, debtor, creditor, content digest; those that wait if not given.

        Returns:
            Outcome, number of the verdict and digest of what was judged of each.
        """
        rows = waiting_obligations(unit) if rows is None else rows
        if not rows:
            return {}
        numbers, debtors, creditors, digests = zip(*rows, strict=True)
        judged = self.judge_columns(
            unit, np.array(numbers, np.int64), np.array(debtors, np.int64),
            np.array(creditors, np.int64), digest_rows(digests),
        )  # fmt: skip
        outcomes = np.where(judged.released, RELEASED, HELD).tolist()
        found = zip(outcomes, judged.verdict.tolist(), map(bytes, digests), strict=True)
        return dict(zip(numbers, found, strict=True))

    def judge_columns(
        self,
        unit: Unit,
        number: Int64,
        debtor: Int64,
        creditor: Int64,
        digest: NDArray[np.uint8],
        *,
        are_new: bool = False,
    ) -> JudgedColumns:
        """Judge many obligations by their parties and content; write the verdicts that are new.

        Args:
            unit: The unit of work.
            number: Number of each, shape (m,).
            debtor: Number of each debtor, shape (m,).
            creditor: Number of each creditor, shape (m,).
            digest: Digest of what is judged, shape (m, 32).
            are_new: Whether none of them was judged before.
        """
        firms = np.unique(np.concatenate([debtor, creditor])).tolist()
        parties = self.judge_participants(unit, firms)
        held = {firm for firm, (outcome, _, _) in parties.items() if outcome != RELEASED}
        is_held = np.isin(debtor, list(held)) | np.isin(creditor, list(held))
        reasons = ["[]"] * len(number)
        for place in np.flatnonzero(is_held).tolist():
            both = (int(debtor[place]), int(creditor[place]))
            why = [f"party {firm} is held" for firm in both if firm in held]
            reasons[place] = reasons_text(why)
        outcomes = np.where(is_held, HELD, RELEASED).tolist()
        ids = self._say(
            unit, "obligation", number, digest, outcomes, reasons, are_new=are_new
        )
        return JudgedColumns(~is_held, ids)

    def judge_new(
        self, unit: Unit, number: int, firms: Mapping[int, str], digest: bytes
    ) -> dict[str, Any]:
        """Judge one obligation that is new.

        Args:
            unit: The unit of work.
            number: The obligation.
            firms: Debtor and creditor, numbers and ids.
            digest: Of its content.

        Returns:
            The verdict, to be written with the obligation.
        """
        lists = self.in_force(unit)
        parties = self._judge_firms(unit, firms, lists)
        why = [f"party {firm} is held" for firm in firms if parties[firm][0] != RELEASED]
        return {
            "subject_kind": "obligation", "subject": number, "content_digest": digest,
            "list_id": None if lists is None else lists.id, "rules_version": RULES_VERSION,
            "outcome": HELD if why else RELEASED, "reasons": reasons_text(why),
            "judged_at": self.house.at,
        }  # fmt: skip

    def judge_pay_outs(
        self, unit: Unit, rows: Sequence[tuple[int, int, str, int, int]]
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge payments to participants by who is to get them; write the verdicts that are new.

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
        numbers, digests, outcomes, reasons = list[int](), list[bytes](), list[str](), list[str]()
        for number, firm, *what in rows:
            outcome = parties[firm][0]
            content = canonical_json(["pay_out", number, firm, *what])
            numbers.append(number)
            digests.append(hashlib.sha256(content).digest())
            outcomes.append(outcome)
            reasons.append(reasons_text([] if outcome == RELEASED else [f"party {firm} is held"]))
        ids = self._say(
            unit, "pay_out", np.array(numbers, np.int64), digest_rows(digests), outcomes, reasons
        )
        found = zip(outcomes, ids.tolist(), digests, strict=True)
        return dict(zip(numbers, found, strict=True))

    def judge_payee(
        self, unit: Unit, number: int, record: tuple[int, str | None], currency: str, amount: int
    ) -> tuple[str, int, bytes]:
        """Judge a payment to somebody who is no participant; write the verdict if it is new.

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
        name, _, account = (record[1] or "").partition("\n")
        outcome, why = judge_party([name], [account] if account else [], self.in_force(unit))
        content = canonical_json(["pay_out", number, ["record", record[0]], currency, amount])
        digest = hashlib.sha256(content).digest()
        ids = self._say(
            unit, "pay_out", np.array([number], np.int64), digest_rows([digest]), [outcome],
            [reasons_text(why)],
        )  # fmt: skip
        return outcome, int(ids[0]), digest

    def _say(
        self,
        unit: Unit,
        kind: str,
        number: Int64,
        digest: NDArray[np.uint8],
        outcomes: list[str],
        reasons: list[str],
        *,
        are_new: bool = False,
    ) -> Int64:
        """Return the verdicts that say so: the last ones if they do, else new ones."""
        lists = self.in_force(unit)
        list_id = None if lists is None else lists.id
        ids = np.zeros(len(number), np.int64)
        if not are_new:
            ids = _still_valid(unit, kind, number, digest, outcomes, reasons, list_id)
        anew = np.flatnonzero(ids == 0)
        if len(anew) == len(number):
            return self._write(unit, kind, number, digest, outcomes, reasons, list_id)
        if len(anew):
            ids[anew] = self._write(
                unit, kind, number[anew], digest[anew], [outcomes[place] for place in anew],
                [reasons[place] for place in anew], list_id,
            )  # fmt: skip
        return ids

    def _write(
        self,
        unit: Unit,
        kind: str,
        subject: Int64,
        digest: Any,
        outcomes: list[str],
        reasons: list[str],
        list_id: int | None,
    ) -> Int64:
        ids = new_numbers(unit, verdict, len(subject))
        write_verdicts(
            unit, kind,
            {"id": ids, "subject": subject, "content_digest": digest, "outcome": outcomes,
             "reasons": reasons, "list_id": list_id, "rules_version": RULES_VERSION,
             "judged_at": self.house.at},
        )  # fmt: skip
        return ids


def digest_rows(digests: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return digests as an array of 32 bytes a row."""
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


def _party_digest(firm: str, records: Sequence[Screened]) -> bytes:
    """Digest of what is judged of a firm: its id and its records, by what they commit to."""
    content = [firm, [[record.id, record.commitment] for record in records]]
    return hashlib.sha256(canonical_json(content)).digest()


def _still_valid(
    unit: Unit,
    kind: str,
    number: Int64,
    digest: NDArray[np.uint8],
    outcomes: Sequence[str],
    reasons: Sequence[str],
    list_id: int | None,
) -> Int64:
    """Return the last verdicts that say just this, nought where there is none."""
    last = last_verdicts(unit, kind, number.tolist())
    ids = np.zeros(len(number), np.int64)
    body = digest.tobytes()
    for place, subject in enumerate(number.tolist()):
        found = last.get(subject)
        if found is not None and found[1:] == (
            body[32 * place : 32 * place + 32], list_id, RULES_VERSION, outcomes[place],
            reasons[place],
        ):  # fmt: skip
            ids[place] = found.id
    return ids
