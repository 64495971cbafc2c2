# SPDX-License-Identifier: Apache-2.0
"""Bank files in: each taken once, each line effective once, the rest on a work list.

    file -> bank_files reader -> lines put together -> matched -> the doors of flow/money.py

A file is taken whole or not at all. What its lines do happens line by line afterwards, each
through the same door as a line typed by hand; whoever is interrupted goes on with the next file or
with :meth:`Reconciliation.work`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected, SkontroError
from skontro.core.money import shorten
from skontro.flow.bank_book import load_book
from skontro.flow.bank_sheets import alike_elsewhere, mark_taken_back, write_sheet
from skontro.flow.doubts import PAID_WORDS, hold_doubted, in_doubt
from skontro.flow.funds import said_payer
from skontro.house.acts import Signer
from skontro.house.bank import REJECTED, BankFile, BankStatement
from skontro.house.bank_lines import DOUBTS, Line, Proof, lines_of, merge, prove, sheet_of
from skontro.house.reconciliation import (
    BORDER_BACK,
    BORDER_IN,
    BORDER_OUT,
    PAY_IN,
    PAY_OUT,
    RETURNED,
    SUSPENSE,
    Book,
    Match,
    Place,
    match_line,
    plain_account,
    why_not_ours,
)
from skontro.messages.bank_files import read_bank_file
from skontro.messages.bundles import open_sources
from skontro.messages.xml_reading import stream_xml
from skontro.store.database import Unit, insert_many
from skontro.store.listing import newest_lines, told_accounts
from skontro.store.reconciliation import (
    booked_sums,
    change_lines,
    known_lines,
    sheets_of,
    told_lines,
    write_records,
)
from skontro.store.register import commit_record
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import (
    bank_file,
    bank_line,
    bank_sheet,
    bank_status,
    border_payment,
    money_line,
    pay_in,
    pay_out,
    payment_file,
    register,
)
from skontro.store.settlement import chunks

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST_FILE = 128 * 2**20
"""Bytes of one file that is taken in: it is read whole, as its bytes are kept."""

_BOTH = "the bank says that it refused {name!r} and that it paid it: ask which; release nothing " \
    "of it until then"

TOGETHER = 200
"""Lines that have their effect in one unit of work; one that is refused is taken back alone."""

MOST_WRITTEN = 140
"""Characters of what a payer wrote that stand with a line."""


class Reconciliation:
    """What the banks said, and what became of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._proofs: dict[Place, tuple[int, Proof]] = {}

    # ---- files -------------------------------------------------------------------------------

    def take(self, data: bytes, name: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Take in one file of a bank, all of it or nothing; its lines have no effect yet.

        Args:
            data: Its bytes.
            name: What it is called.
            dry_run: Only say what it would bring; nothing is written.

        Returns:
            ``file`` (number; None if dry), ``kind``, ``known`` (whether it was taken before),
            ``lines`` (how many it tells of), ``new`` (how many of them nobody told of before),
            ``statuses`` and ``matches`` (of a dry run).

        Raises:
            Rejected: It cannot be read, or is of an account or in a currency that is none of the
                house's.
        """
        read = read_bank_file(data, name=name)
        places = self.places()
        for statement in read.statements:
            why = why_not_ours(statement, places)
            if why:
                raise Rejected(
                    f"{name}: {statement.kind} {shorten(statement.id, 40)!r}: {why}",
                    code="WrongAccount", details={"file": name},
                    next_step="see the accounts in the rules of the house: skontro house rules; "
                    "nothing of the file was taken",
                )  # fmt: skip
        digest = hashlib.sha256(data).hexdigest()
        try:
            with self.house.database.unit("bank.take", exclusive=True) as unit:
                self.house.check_writable(unit)
                told = self._take_in(unit, read, data, name, digest, places)
                if dry_run:
                    told |= {"file": None, "matches": self._would_do(unit)}
                    raise _Dry
        except _Dry:
            pass
        return told

    def places(self) -> dict[str, Place]:
        """Return the accounts of the house by plain number."""
        return {
            plain_account(one.account.number): (owner, one.currency)
            for owner, one in self.house.rules.accounts()
        }

    def _take_in(
        self, unit: Unit, read: BankFile, data: bytes, name: str, digest: str,
        places: dict[str, Place],
    ) -> dict[str, Any]:  # fmt: skip
        known = find(unit, bank_file, digest=digest)
        told: dict[str, Any] = {"name": name, "kind": read.kind, "known": known is not None,
                                "lines": sum(len(one.entries) for one in read.statements),
                                "new": 0, "statuses": 0}  # fmt: skip
        if known is not None:
            return told | {"file": known.id}
        number = next_numbers(unit, bank_file)[0]
        side = next((places[plain_account(one.account)][0] for one in read.statements), "")
        packed = base64.b64encode(zlib.compress(data, 6)).decode()
        record = commit_record(
            unit, "bank_file", str(number), "original",
            json.dumps({"name": name, "zlib": packed}, ensure_ascii=False),
            purpose="reconciliation", at=self.house.at,
            retain_until=self.house.keep_until("payment", side),
        )  # fmt: skip
        insert(unit, bank_file, id=number, digest=digest, kind=read.kind, original=record.id,
               taken_at=self.house.at)  # fmt: skip
        for statement in read.statements:
            place = places[plain_account(statement.account)]
            told["new"] += self._take_statement(unit, number, statement, place)
        told["statuses"] = self._take_statuses(unit, number, read)
        return told | {"file": number}

    def _take_statement(
        self, unit: Unit, file: int, statement: BankStatement, place: Place
    ) -> int:
        """Write down a statement; return how many of its lines nobody told of before."""
        statement = replace(statement, account=f"{place[0]}/{place[1]}")
        digest = statement.digest()
        known = find(unit, bank_sheet, digest=digest)
        if known is not None:
            if statement.created_at > known.created_at:
                change(unit, bank_sheet, {"id": known.id}, created_at=statement.created_at)
                mark_taken_back(self.house, unit, place, json.loads(known.name))
            return 0
        told = dict[str, Line]()
        for line in lines_of(statement, digest, alike_elsewhere(unit, place, statement)):
            told[line.key] = merge(told[line.key], line) if line.key in told else line
        sheet = sheet_of(statement, digest, told.values())
        before = known_lines(unit, place, list(told))
        was = told_lines(unit, before.values())
        fresh = [line for name, line in told.items() if name not in before]
        changed = list[tuple[int, Line]]()
        for name, row in before.items():
            if row.id in was:
                line = merge(was[row.id], told[name])
                if line != was[row.id]:
                    changed.append((row.id, line))
        numbers = self._write_lines(unit, place, fresh)
        self.rewrite(unit, place, changed)
        numbers |= {name: row.id for name, row in before.items()}
        write_sheet(unit, file, place, sheet, numbers, told)
        mark_taken_back(self.house, unit, place, list(sheet.name))
        return len(fresh)

    def _write_lines(self, unit: Unit, place: Place, lines: Sequence[Line]) -> dict[str, int]:
        """Write new lines of an account; return their numbers by name."""
        if not lines:
            return {}
        numbers = next_numbers(unit, bank_line, len(lines))
        records = self._tell(unit, place, dict(zip(numbers, lines, strict=True)))
        doubts = [line.doubt for line in lines]
        insert_many(
            unit, bank_line,
            {
                "id": numbers, "side": place[0], "currency": place[1],
                "name": [line.key for line in lines],
                "amount_minor": [line.amount_minor for line in lines],
                "day": [line.entry.day for line in lines],
                "telling": [records[number] for number in numbers],
                "digest": [_digest(line) for line in lines],
                "outcome": ["waits" if doubt else "new" for doubt in doubts], "why": doubts,
            },
        )  # fmt: skip
        return dict(zip((line.key for line in lines), numbers, strict=True))

    def _tell(self, unit: Unit, place: Place, lines: dict[int, Line]) -> dict[int, int]:
        said = {str(number): canonical_json(line.as_json()).decode()
                for number, line in lines.items()}  # fmt: skip
        records = write_records(
            unit, "bank_line", "telling", said, at=self.house.at,
            retain_until=self.house.keep_until("payment", place[0]),
        )  # fmt: skip
        return {int(number): record for number, record in records.items()}

    def rewrite(self, unit: Unit, place: Place, changed: Sequence[tuple[int, Line]]) -> None:
        """Write down that more is known of lines; one that was to have an effect may wait now.

        Args:
            unit: An exclusive unit of work.
            place: Which account they are on.
            changed: Number and line.
        """
        if not changed:
            return
        records = self._tell(unit, place, dict(changed))
        before = {
            row.id: row
            for part in chunks([number for number, _ in changed])
            for row in find_all(unit, bank_line, id=list(part))
        }
        rows = []
        for number, line in changed:
            outcome, why = before[number].outcome, before[number].why
            if line.doubt:
                outcome, why = "waits", line.doubt
            elif outcome == "waits":
                outcome, why = "new", ""
            rows.append({
                "number": number, "amount_minor": line.amount_minor, "day": line.entry.day,
                "telling": records[number], "digest": _digest(line), "outcome": outcome,
                "why": why,
            })  # fmt: skip
        change_lines(unit, rows)

    def _take_statuses(self, unit: Unit, file: int, read: BankFile) -> int:
        said = [
            (report.kind, one.end_to_end, one.batch or one.message, one.status,
             one.reasons[0].code if one.reasons else "")
            for report in read.reports for one in report.statuses
        ]  # fmt: skip
        said += [
            ("pacs.004", one.end_to_end, one.message, "RETURNED",
             one.reasons[0].code if one.reasons else "")
            for one in read.returns
        ]  # fmt: skip
        said = list(self._each_of_orders(unit, said))
        before = find_all(unit, bank_status, status=REJECTED, outcome="done") if said else ()
        refused = {row.end_to_end for row in before}
        settled = {row.end_to_end for row in find_all(unit, bank_status, outcome="settled")}
        rows = list[tuple[Any, ...]]()
        for kind, name, batch, status, code in said:
            outcome, why = "new" if status == REJECTED else "noted", ""
            if name and name in settled:
                outcome = "noted"
            elif name and name in refused and status in PAID_WORDS:
                outcome, why = "doubt", _BOTH.format(name=name)
            rows.append((kind, name, batch, status, code, outcome, why))
        if rows:
            names = ("kind", "end_to_end", "batch", "status", "code", "outcome", "why")
            insert_many(unit, bank_status, {
                "id": next_numbers(unit, bank_status, len(rows)), "file": file,
                **dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
            })  # fmt: skip
        hold_doubted(self.house, unit)
        return len(said)

    def _each_of_orders(
        self, unit: Unit, said: Iterable[tuple[str, str, str, str, str]]
    ) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield what is said of payments: of a whole order that was let go, of each in it."""
        for kind, name, batch, status, code in said:
            is_whole = not name and status in (REJECTED, *PAID_WORDS)
            for each in (self._ordered(unit, batch) if is_whole else ()) or [name]:
                yield kind, each, batch, status, code

    def propose_settling(self, status: int, maker: str, signer: Signer, *, paid: bool) -> int:
        """Propose which of two answers of a bank is right: it paid, or it refused.

        Args:
            status: Number of the answer in doubt, as the work list has it.
            maker: Who proposes it.
            signer: Their key.
            paid: What the bank said when it was asked.

        Returns:
            The number of the act.

        Raises:
            Conflict: The answer is not in doubt.
        """
        with self.house.database.read() as unit:
            row = find(unit, bank_status, id=status)
            if row is None or row.outcome != "doubt" or row.end_to_end not in in_doubt(unit):
                raise Conflict(f"answer {status} does not contradict another", code="AlreadyDone",
                               next_step="see which do: skontro reconcile list")  # fmt: skip
        content = {"status": status, "paid": paid}
        return self.house.people.propose("doubt.settle", content, maker, signer)

    # ---- what lines do -----------------------------------------------------------------------

    def work(self) -> dict[str, int]:
        """Let every line that nobody doubts have its effect, once; look at suspense again.

        Returns:
            How many lines were matched, went to suspense, wait, and were refused.
        """
        with self.house.database.read() as unit:
            self.house.check_writable(unit)
            rows = find_all(unit, bank_line, order=["day", "id"], outcome=["new", "suspense",
                                                                           "refused"])  # fmt: skip
            lines = told_lines(unit, rows)
            book = Book(load_book(self.house, unit, lines.values()))
            statuses = find_all(unit, bank_status, order=["id"], outcome="new")
        for part in chunks([row for row in rows if row.id in lines], TOGETHER):
            with self.house.database.whole("bank.lines"):
                for row in part:
                    self._do_line(row, lines[row.id], book)
        for row in statuses:
            self._do_status(row)
        with self.house.database.read() as unit:
            counts = dict.fromkeys(("matched", "suspense", "waits", "refused"), 0)
            for row in find_all(unit, bank_line, outcome=["suspense", "waits", "refused"]):
                counts[row.outcome] += 1
            for part in chunks([row.id for row in rows]):
                counts["matched"] += len(find_all(unit, bank_line, id=list(part),
                                                  outcome="matched"))  # fmt: skip
        return counts

    def _do_line(self, row: Any, line: Line, book: Book) -> None:
        """Let one line have its effect, and write down what became of it."""
        outcome, why = "matched", ""
        for item in match_line(line, (row.side, row.currency), book):
            try:
                state, by = self._do(item)
            except (Conflict, Rejected, Forbidden) as error:
                if error.code == "ReadOnly":
                    raise
                state, by = "refused", f"{error.message}; {error.next_step}"
            why = why or by
            if outcome != "refused":
                outcome = state if state == "refused" or outcome == "matched" else outcome
        if (outcome, why) != (row.outcome, row.why):
            with self.house.database.unit("bank.line", exclusive=True) as unit:
                now = find(unit, bank_line, id=row.id)
                if (now.telling, now.outcome) == (row.telling, row.outcome):
                    # else another file said more of it meanwhile: what that came to stays
                    change(unit, bank_line, {"id": row.id}, outcome=outcome, why=why)

    def _do(self, item: Match) -> tuple[str, str]:
        """Pass one payment of a line through its door; return what became of it, and why."""
        side, currency = item.place
        parts = [(f"{item.name}/{n}" if len(item.parts) > 1 else item.name, part)
                 for n, part in enumerate(item.parts or (None,), 1)]  # fmt: skip
        states = []
        for name, part in parts:
            amount = abs(item.amount_minor) if part is None else part.amount_minor
            with self.house.database.read() as unit:
                known = find(unit, money_line, side=side, currency=currency, bank_reference=name,
                             reversed_by=0) or self._by_hand(unit, item)  # fmt: skip
            if known is None:
                states.append(self._pass_on(item, name, part, amount))
            elif known.state == "suspense" and item.does == PAY_IN and part is not None:
                states.append(self._claim(item, known, part.number))
            else:
                states.append("suspense" if known.state == "suspense" else "matched")
        state = "suspense" if "suspense" in states else "matched"
        return state, item.by

    def _by_hand(self, unit: Unit, item: Match) -> Any:
        """Return the line of money somebody typed before the file came, if there is one."""
        name = item.line.entry.bank_reference
        if not name or item.index:
            return None
        row = find(unit, money_line, side=item.place[0], currency=item.place[1],
                   bank_reference=name, amount_minor=item.amount_minor, reversed_by=0)  # fmt: skip
        year = item.line.entry.day[:4]
        return row if row is not None and row.value_day[:4] == year else None

    def _pass_on(self, item: Match, name: str, part: Any, amount: int) -> str:
        """Pass a payment nobody took in yet through its door."""
        money = self.house.settlement
        side, currency = item.place
        value_day = item.line.entry.value_day or item.line.entry.day or None
        party = item.party
        try:
            if item.does == PAY_IN:
                return str(money.receive(
                    side, currency, amount, bank_reference=name,
                    reference=self._reference(part.number), payer=party.name,
                    payer_account=party.account, value_day=value_day,
                )["state"])  # fmt: skip
            if item.does == BORDER_IN:
                return str(money.border_arrived(
                    part.number, amount, bank_reference=name,
                    payer=said_payer(party.name, party.account),
                )["state"])  # fmt: skip
            if item.does == PAY_OUT:
                money.sent(side, currency, part.number, bank_reference=name, amount_minor=amount,
                           value_day=value_day)  # fmt: skip
                return self._state_of(item.place, name)
            if item.does == RETURNED and self._is_whole(part.number, amount):
                money.returned(side, currency, part.number, bank_reference=name,
                               value_day=value_day)  # fmt: skip
                return self._state_of(item.place, name)
            if item.does == BORDER_BACK and self._is_whole(part.number, amount, border=True):
                money.border_returned(part.number, bank_reference=name, value_day=value_day)
                return self._state_of(item.place, name)
            if item.does == BORDER_OUT:
                money.border_sent(part.number, bank_reference=name, amount_minor=amount)
                return self._state_of(item.place, name)
        except Conflict as error:
            if error.code not in ("NotReleased", "AlreadyDone"):
                raise
        return self._otherwise(item, name, amount, value_day)

    def _otherwise(self, item: Match, name: str, amount: int, value_day: str | None) -> str:
        """Take in what is nobody's: it waits in suspense."""
        money, party = self.house.settlement, item.party
        detail = item.detail
        said = detail.reference or detail.end_to_end or detail.text or item.line.entry.text
        said = shorten(" ".join(said.split()), MOST_WRITTEN)
        if item.amount_minor > 0:
            return str(money.receive(
                *item.place, amount, bank_reference=name, reference=said, payer=party.name,
                payer_account=party.account, value_day=value_day,
            )["state"])  # fmt: skip
        return str(money.went(
            *item.place, amount, bank_reference=name, reference=said,
            payee=said_payer(party.name, party.account), value_day=value_day,
        )["state"])  # fmt: skip

    def _claim(self, item: Match, known: Any, number: int) -> str:
        """Match money in suspense after all, as more is known of it now."""
        party = item.party
        self.house.settlement.claim(known.id, reference=self._reference(number), payer=party.name,
                                    payer_account=party.account)  # fmt: skip
        with self.house.database.read() as unit:
            return str(find(unit, money_line, id=known.id).state)

    def _reference(self, number: int) -> str:
        with self.house.database.read() as unit:
            return str(find(unit, pay_in, id=number).reference)

    def _is_whole(self, number: int, amount: int, *, border: bool = False) -> bool:
        with self.house.database.read() as unit:
            if border:
                return bool(find(unit, border_payment, id=number).debtor_minor == amount)
            return bool(find(unit, pay_out, id=number).amount_minor == amount)

    def _state_of(self, place: Place, name: str) -> str:
        with self.house.database.read() as unit:
            row = find(unit, money_line, side=place[0], currency=place[1], bank_reference=name,
                       reversed_by=0)  # fmt: skip
        return "matched" if row is None else str(row.state)

    def _do_status(self, row: Any) -> None:
        """Let a rejection have its effect, and write down what became of it."""
        outcome, why = "done", ""
        name = row.end_to_end
        if not name:
            outcome, why = "doubt", f"no order {row.batch!r} was let go: ask which it means"
        elif self._was_paid(name):
            outcome, why = "doubt", _BOTH.format(name=name)
        else:
            try:
                if not self.house.settlement.rejected(name, row.code):
                    outcome, why = "doubt", "no payment of that id was let go: ask the bank"
            except Conflict as error:
                if error.code != "BankDiffers":
                    raise
                outcome, why = "doubt", f"{error.message}: {error.next_step}"
        with self.house.database.unit("bank.status", exclusive=True) as unit:
            change(unit, bank_status, {"id": row.id}, outcome=outcome, why=why)

    def _was_paid(self, name: str) -> bool:
        """Whether another answer of the bank says that it paid what this one says it refused."""
        with self.house.database.read() as unit:
            return bool(find_all(unit, bank_status, limit=1, end_to_end=name,
                                 status=list(PAID_WORDS)))  # fmt: skip

    def _ordered(self, unit: Unit, name: str) -> list[str]:
        """Return the ids of the payments in an order, or in a group of one, that was let go."""
        if not name:
            return []
        rows = [row for row in find_all(unit, payment_file, state=["released", "sent"])
                if row.message_id and f"{name}-".startswith(f"{row.message_id}-")]  # fmt: skip
        files = [self.house.payment_files.bytes_of(unit, row) for row in rows
                 if find(unit, register, id=row.record).content is not None]
        is_whole = name in {row.message_id for row in rows}
        return [payment for data in files for group, payment in ordered_in(data)
                if is_whole or group == name]  # fmt: skip

    def _would_do(self, unit: Unit) -> list[dict[str, Any]]:
        """Return what new lines would do, in a unit that is given up afterwards."""
        rows = find_all(unit, bank_line, order=["day", "id"], outcome=["new", "waits"])
        lines = told_lines(unit, rows)
        book = Book(load_book(self.house, unit, lines.values()))
        return [
            _shown(item, row.id)
            for row in rows if row.id in lines
            for item in match_line(lines[row.id], (row.side, row.currency), book)
        ]  # fmt: skip

    # ---- looking -----------------------------------------------------------------------------

    def work_list(self) -> dict[str, Any]:
        """Return what somebody must look at: lines, answers of banks, accounts.

        Returns:
            ``lines``: what waits, is in suspense or was refused, each with why and what it likely
            is; ``statuses``: answers that contradict the books; ``accounts``: what does not
            continue or does not add up.
        """
        with self.house.database.read() as unit:
            rows = find_all(unit, bank_line, order=["day", "id"],
                            outcome=["waits", "suspense", "refused"])  # fmt: skip
            lines = told_lines(unit, rows)
            book = Book(load_book(self.house, unit, lines.values()))
            undo = {one.id: entry for one, entry in self._to_undo(unit)}
            shown = [
                _shown(item, row.id) | {"outcome": row.outcome, "undo_entry": undo.get(row.id),
                                        "why": DOUBTS.get(row.why, row.why) + _undone(undo, row)}
                for row in rows if row.id in lines
                for item in match_line(lines[row.id], (row.side, row.currency), book)
            ]  # fmt: skip
            doubts = [dict(row._mapping) for row in find_all(unit, bank_status, order=["id"],
                                                             outcome="doubt")]  # fmt: skip
            accounts = [one for one in self._accounts(unit) if one["faults"]]
        return {"lines": shown, "statuses": doubts, "accounts": accounts}

    def _to_undo(self, unit: Unit) -> list[tuple[Any, int]]:
        """Return the lines in doubt that had their effect before, each with its entry."""
        found = []
        for row in find_all(unit, bank_line, order=["id"], outcome="waits"):
            line = find(unit, money_line, side=row.side, currency=row.currency,
                        bank_reference=row.name, reversed_by=0)  # fmt: skip
            if line is not None:
                found.append((row, int(line.entry)))
        return found

    def show(
        self, *, sides: Collection[str] | None = None, outcome: str = "", most: int | None = None,
        days: tuple[str, str] = ("", ""),
    ) -> dict[str, Any]:  # fmt: skip
        """Return how each account stands: the bank's word, the journal's, and what lies between.

        Args:
            sides: Of these sides alone; of all if not given.
            outcome: Lines with this outcome alone.
            most: How many lines at most.
            days: Lines of the first to the last of these days; an empty one is no bound.

        Returns:
            ``accounts`` as in the work list, all of them; ``lines``: the lines, newest first,
            matched and unmatched; ``more``: how many there are besides.
        """
        with self.house.database.read() as unit:
            rows, more = newest_lines(unit, sides, outcome, most, days)
            return {
                "accounts": [one for one in self._accounts(unit)
                             if sides is None or one["side"] in sides],
                "files": count(unit, bank_file), "more": more,
                "lines": [
                    {"line": row.id, "side": row.side, "currency": row.currency, "day": row.day,
                     "amount_minor": row.amount_minor, "name": row.name, "outcome": row.outcome,
                     "why": DOUBTS.get(row.why, row.why)}
                    for row in rows
                ],
            }  # fmt: skip

    def _proof(self, unit: Unit, place: Place, file: int) -> Proof:
        """Return how an account's pages continue each other: worked out once a file."""
        known = self._proofs.get(place)
        if known is None or known[0] != file:
            known = (file, prove(f"{place[0]}/{place[1]}", sheets_of(unit, place)))
            if unit.is_reading:
                self._proofs[place] = known
        return known[1]

    def _accounts(self, unit: Unit) -> list[dict[str, Any]]:
        sums = booked_sums(unit)
        books = self.house.settlement.accounts(unit)
        found = []
        places, file = told_accounts(unit)
        for place in places:
            proof = self._proof(unit, place, file)
            done = sum(sums.get((*place, name), 0) for name in ("matched", "suspense"))
            waits = sum(sums.get((*place, name), 0) for name in ("waits", "new", "refused"))
            ours = books[place].bank if place in books else 0
            found.append({
                "side": place[0], "currency": place[1], "day": proof.day,
                "opening_minor": proof.opening_minor, "closing_minor": proof.closing_minor,
                "journal_minor": ours, "booked_minor": done, "waits_minor": waits,
                "difference_minor": proof.closing_minor - ours, "faults": list(proof.faults),
            })  # fmt: skip
        return found

    def original(self, number: int) -> tuple[str, bytes]:
        """Return the name and the bytes of a file that was taken in.

        Raises:
            Conflict: There is no such file, or it was erased.
        """
        with self.house.database.read() as unit:
            row = find(unit, bank_file, id=number)
            record = None if row is None else find(unit, register, id=row.original)
        if record is None or record.content is None:
            raise Conflict(f"the bytes of bank file {number} are not here", code="NoSuchFile",
                           next_step="they were erased when they need not be kept any "
                           "more")  # fmt: skip
        said = json.loads(record.content)
        return str(said["name"]), zlib.decompress(base64.b64decode(said["zlib"]))

    # ---- many files --------------------------------------------------------------------------

    def import_files(
        self, files: Iterable[tuple[str, bytes | SkontroError]], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Take in files and let their lines have their effect; one that fails stops no other.

        Args:
            files: Name and bytes of each, or why it could not be read.
            dry_run: Only say what would happen.

        Returns:
            ``files``: what became of each; ``done``: what became of the lines.
        """
        told = list(self._each(files, dry_run))
        return {"files": told, "done": {} if dry_run else self.work()}

    def import_paths(self, paths: Sequence[Path], *, dry_run: bool = False) -> dict[str, Any]:
        """Take in files, folders and zip files: see :meth:`import_files`.

        Of folders and zip files those that end in ``.xml``.
        """
        return self.import_files(_opened(paths), dry_run=dry_run)

    def _each(
        self, files: Iterable[tuple[str, bytes | SkontroError]], dry_run: bool
    ) -> Iterator[dict[str, Any]]:
        for name, data in files:
            try:
                if isinstance(data, SkontroError):
                    raise data
                yield self.take(data, name, dry_run=dry_run)
            except (Rejected, Conflict) as error:
                yield {"name": name, "refused": error.code, "message": error.message,
                       "next_step": error.next_step}  # fmt: skip

    # ---- the end state -----------------------------------------------------------------------

    def end_state(self) -> dict[str, Any]:
        """Return what the files came to, the same whatever their order: accounts and payments."""
        with self.house.database.read() as unit:
            lines = find_all(unit, bank_line, order=["side", "currency", "name"])
            state: dict[str, Any] = {
                "accounts": self._accounts(unit),
                "lines": [[row.side, row.currency, row.name, row.amount_minor, row.day,
                           row.digest, row.outcome == "waits"] for row in lines],
                "pay_ins": [[row.id, row.arrived_minor, row.covered_minor, row.state]
                            for row in find_all(unit, pay_in, order=["id"])],
                "pay_outs": [[row.end_to_end, row.amount_minor, row.state]
                             for row in find_all(unit, pay_out, order=["end_to_end"])
                             if row.state != "stopped"],
                "border": [[row.reference, row.sent_minor, row.arrived_minor, row.state]
                           for row in find_all(unit, border_payment, order=["reference"])],
                "statuses": sorted([row.end_to_end, row.status, row.code, row.outcome]
                                   for row in find_all(unit, bank_status)),
            }  # fmt: skip
        state["books"] = {code: minor for code, minor in self.house.journal.balances().items()
                          if minor}  # fmt: skip
        return state | {"digest": hashlib.sha256(canonical_json(state)).hexdigest()}


def ordered_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield group and end-to-end id of each payment in an order, however large it is.

    Example:
        >>> list(ordered_in(b"<a><PmtInfId>g</PmtInfId><b><EndToEndId>1</EndToEndId></b></a>"))
        [('g', '1')]
    """
    group = ""
    for one in stream_xml(data, records=["PmtInfId", "EndToEndId", "CdtTrfTxInf"]):
        if one.tag.endswith("PmtInfId"):
            group = one.text or ""
        elif one.tag.endswith("EndToEndId") and one.text:
            yield group, one.text


def _opened(paths: Sequence[Path]) -> Iterator[tuple[str, bytes | SkontroError]]:
    """Yield name and bytes of each file, or why it cannot be read."""
    given = {str(path) for path in paths}
    for source in open_sources(paths, most=MOST_FILE):
        if source.name in given or source.name.lower().endswith((".xml", ".zip")):
            try:
                yield source.name, source.read()
            except SkontroError as error:
                yield source.name, error


def _undone(undo: Mapping[int, int], row: Any) -> str:
    if row.id not in undo:
        return ""
    return (f"; it had its effect before: if it does not stand, two people undo it: skontro "
            f"settlement reverse {undo[row.id]}")  # fmt: skip


class _Dry(Exception):
    """Ends a unit of work of which nothing is to become true."""


def _digest(line: Line) -> str:
    """Digest of what is known of a line, whatever page told it."""
    account, key, entry, booked, payments, _, taken_back = line.as_json()
    said = [account, key, entry, booked, payments, bool(taken_back)]
    return hashlib.sha256(canonical_json(said)).hexdigest()


def _shown(item: Match, number: int) -> dict[str, Any]:
    """One payment of a line as people and programs read it."""
    return {
        "line": number, "side": item.place[0], "currency": item.place[1], "name": item.name,
        "day": item.line.entry.day, "amount_minor": item.amount_minor, "does": item.does,
        "by": DOUBTS.get(item.by, item.by), "party": item.party.name,
        "reference": item.detail.reference or item.detail.end_to_end or item.detail.text,
        "parts": [{"number": one.number, "amount_minor": one.amount_minor} for one in item.parts],
        "partners": [{"kind": one.kind, "number": one.number, "why": one.why}
                     for one in item.partners] if item.does == SUSPENSE else [],
    }  # fmt: skip
