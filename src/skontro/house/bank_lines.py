# SPDX-License-Identifier: Apache-2.0
"""Lines of accounts, put together from all that banks say of them, in whatever order it comes.

The same line is told again and again: as pending, in a notice, in the day's report, in the
statement, in a copy, in an amended version. :func:`merge` joins two tellings of a line; it does
not matter which comes first, how often one comes, or how they are grouped, so what is known of
an account depends only on which files there are.

A bank's ids are unique within an account and a year, and no longer. Where there is none, a line is
known by its day, its amount and its place among lines like it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from skontro.core.digest import canonical_json
from skontro.house.bank import (
    BOOKED,
    CLOSING,
    OPENING,
    PENDING,
    BankEntry,
    BankStatement,
    entry_of_row,
    entry_row,
)

DOUBTS: dict[str, str] = {
    "amount": "the bank says different amounts of it: ask the bank which is right",
    "payments": "the bank tells different payments of it: ask the bank which is right",
    "taken back": "an amended statement does not have it any more: ask the bank whether it stands",
    "sum": "the payments in it do not add up to it: ask the bank for all of them",
    "details": "several payments in one sum: it waits for the notice (camt.054) that tells them",
    "state": "the bank neither says that it is booked nor that it is not: ask the bank",
    "kept open": "it is not booked yet",
}
"""Why a line has no effect yet, and what to do."""


NONE_ALIKE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Line:
    """All that is known of one line of an account.

    Attributes:
        account: Which account.
        key: Which line of it, the same in all tellings.
        entry: The fullest telling.
        booked: Amounts it was booked with by any telling, sorted: one, unless there is doubt.
        payments: What payments tellings name in it, sorted: one, unless there is doubt.
        statements: Digests of the statements that tell of it, sorted.
        taken_back: Digests of amended statements that do not have it any more, sorted.
    """

    account: str
    key: str
    entry: BankEntry
    booked: tuple[int, ...] = ()
    payments: tuple[tuple[tuple[str, int], ...], ...] = ()
    statements: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()

    @property
    def amount_minor(self) -> int:
        """How much, as booked; as told where it is not booked."""
        return self.booked[0] if self.booked else self.entry.amount_minor

    @property
    def doubt(self) -> str:
        """Why it has no effect yet: one of :data:`DOUBTS`; empty if it has."""
        entry = self.entry
        if not self.booked:
            return "kept open" if entry.state == PENDING else "state"
        if len(self.booked) > 1:
            return "amount"
        if self.taken_back:
            return "taken back"
        if len(self.payments) > 1:
            return "payments"
        many = len(entry.details)
        if many == 0 and (entry.batch or entry.payments > 1):
            return "details"
        if many > 1 or entry.payments > many > 0:
            told = sum(one.amount_minor for one in entry.details)
            if told != abs(self.amount_minor) or 0 < entry.payments != many:
                return "sum"
        if many == 1 and entry.details[0].amount_minor not in (0, abs(self.amount_minor)):
            return "sum"
        return ""

    def as_json(self) -> list[Any]:
        """Return it as plain values, in order."""
        return [self.account, self.key, entry_row(self.entry), self.booked, self.payments,
                self.statements, self.taken_back]  # fmt: skip

    @classmethod
    def from_json(cls, said: list[Any]) -> Line:
        """Return a line from what :meth:`as_json` gave."""
        account, key, entry, booked, payments, statements, gone = said
        return cls(
            account, key, entry_of_row(entry), tuple(booked),
            tuple(tuple((name, amount) for name, amount in one) for one in payments),
            tuple(statements), tuple(gone),
        )  # fmt: skip


def merge(one: Line, other: Line) -> Line:
    """Join two tellings of a line.

    Example:
        >>> told = BankEntry(-500, "EUR", "BOOK", "2026-01-05", bank_reference="X1")
        >>> line = Line("NL1", "2026/B/X1", told, (-500,))
        >>> merge(line, line) == line
        True
    """
    return Line(
        one.account, one.key, max(one.entry, other.entry, key=_fullness),
        _union(one.booked, other.booked), _union(one.payments, other.payments),
        _union(one.statements, other.statements), _union(one.taken_back, other.taken_back),
    )  # fmt: skip


def _union(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return one if one == other else tuple(sorted({*one, *other}))


def _fullness(entry: BankEntry) -> tuple[bool, int, int, bytes]:
    """How much a telling says; of two that say as much, always the same one is the fuller."""
    said = sum(
        bool(value)
        for detail in entry.details
        for value in (detail.end_to_end, detail.reference, detail.text, detail.debtor.name,
                      detail.debtor.account, detail.creditor.name, detail.creditor.account,
                      detail.reason.code)
    )  # fmt: skip
    return entry.state == BOOKED, len(entry.details), said, canonical_json(entry_row(entry))


def lines_of(
    statement: BankStatement, digest: str, before: Mapping[str, int] = NONE_ALIKE
) -> Iterator[Line]:
    """Yield the lines of a statement, each under its key.

    Args:
        statement: The statement.
        digest: Its digest.
        before: How many lines without an id its other pages have, by day and amount: see
            :func:`alike`.
    """
    nameless = list[BankEntry]()
    seen = Counter(before)
    for entry in statement.entries:
        if not entry.amount_minor:
            continue  # says something and moves nothing
        name = _name(entry)
        if not name:
            nameless.append(entry)
            continue
        yield _line(statement, digest, entry, f"{_year(statement, entry)}/{name}")
    for entry in sorted(nameless, key=_fullness):
        name = f"{_year(statement, entry)}/C/{entry.day}/{entry.amount_minor}"
        seen[name] += 1
        yield _line(statement, digest, entry, f"{name}/{seen[name]}")


def alike(keys: Iterable[str]) -> Counter[str]:
    """Return how many lines without an id there are among some, by day and amount.

    Example:
        >>> alike(["2026/B/X1", "2026/C/2026-01-05/55/1", "2026/C/2026-01-05/55/2"])
        Counter({'2026/C/2026-01-05/55': 2})
    """
    return Counter(key.rpartition("/")[0] for key in keys if key[4:7] == "/C/")


def _name(entry: BankEntry) -> str:
    if entry.bank_reference:
        return f"B/{entry.bank_reference}"
    if len(entry.details) == 1 and entry.details[0].bank_reference:
        return f"B/{entry.details[0].bank_reference}"
    if entry.entry_reference:  # often a mere number within its statement
        return f"N/{entry.entry_reference}/{entry.day}/{entry.amount_minor}"
    return ""


def _year(statement: BankStatement, entry: BankEntry) -> str:
    return (entry.day or statement.day)[:4]


def _line(statement: BankStatement, digest: str, entry: BankEntry, key: str) -> Line:
    told = tuple(sorted((one.end_to_end or one.reference, one.amount_minor)
                        for one in entry.details))  # fmt: skip
    named = any(name for name, _ in told)
    return Line(
        statement.account, key, entry,
        booked=(entry.amount_minor,) if entry.state == BOOKED else (),
        payments=(told,) if named else (), statements=(digest,),
    )  # fmt: skip


# ---- versions of statements ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a statement as the books need it: what it says of itself, and its lines.

    Attributes:
        account: Which account.
        kind: ``camt.053`` and so on.
        name: Which statement, by id, number and year: the same for all its versions.
        digest: Of what it says.
        created_at: When the bank wrote it.
        day: The day it ends with.
        number: Its number.
        page: Which page.
        is_last: Whether no page follows.
        opening_minor: What stood there before; None if it does not say.
        closing_minor: What stood there after.
        booked_minor: What its booked lines add up to.
        keys: Its booked lines.
    """

    account: str
    kind: str
    name: tuple[str, ...]
    digest: str
    created_at: str
    day: str
    number: str
    page: int
    is_last: bool
    opening_minor: int | None
    closing_minor: int | None
    booked_minor: int
    keys: tuple[str, ...]


def sheet_of(statement: BankStatement, digest: str, lines: Iterable[Line]) -> Sheet:
    """Return what the books need of a statement.

    Args:
        statement: The statement.
        digest: Its digest.
        lines: Its lines.
    """
    opening, closing = statement.balance(OPENING), statement.balance(CLOSING)
    booked = [line for line in lines if line.booked]
    return Sheet(
        statement.account, statement.kind, series(statement), digest,
        statement.created_at, statement.day, statement.number, statement.page,
        statement.is_last, None if opening is None else opening.amount_minor,
        None if closing is None else closing.amount_minor,
        sum(line.amount_minor for line in booked), tuple(sorted(line.key for line in booked)),
    )  # fmt: skip


def series(statement: BankStatement) -> tuple[str, ...]:
    """Return which statement a page is of: its id, number and year."""
    return statement.id, statement.number, statement.day[:4]


Page = tuple[str, str, tuple[str, ...], int]


def _page(sheet: Sheet) -> Page:
    return sheet.account, sheet.kind, sheet.name, sheet.page


def newest(sheets: Iterable[Sheet]) -> list[Sheet]:
    """Return the newest version of each page, in a fixed order."""
    found = dict[Page, Sheet]()
    for one in sorted(sheets, key=lambda sheet: (sheet.created_at, sheet.digest)):
        found[_page(one)] = one
    return sorted(found.values(), key=_order)


def _order(sheet: Sheet) -> tuple[Any, ...]:
    number = int(sheet.number) if sheet.number.isdigit() and len(sheet.number) < 19 else 0
    return sheet.account, sheet.day, number, sheet.name, sheet.page, sheet.digest


def taken_back(sheets: Iterable[Sheet]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return which lines a newer version of their statement does not have any more.

    A line that stands in another statement nobody amended stands.

    Returns:
        By account and key, the digests of those versions, sorted.
    """
    every = [one for one in sheets if one.kind == "camt.053"]
    last = {_page(one): one for one in newest(every)}
    found = dict[tuple[str, str], set[str]]()
    for one in every:
        now = last[_page(one)]
        if now.digest != one.digest:
            for key in {*one.keys} - {*now.keys}:
                found.setdefault((one.account, key), set()).add(now.digest)
    if found:
        stand = {(one.account, key) for one in last.values() for key in one.keys}
        found = {place: digests for place, digests in found.items() if place not in stand}
    return {place: tuple(sorted(digests)) for place, digests in found.items()}


# ---- balances ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the statements of an account continue each other and add up.

    Attributes:
        account: Which account.
        day: The day of the last closing balance; empty if there is none.
        opening_minor: What the first statement began with.
        closing_minor: What the last one ended with.
        faults: What does not fit, a sentence each that says what to do.
    """

    account: str
    day: str = ""
    opening_minor: int = 0
    closing_minor: int = 0
    faults: tuple[str, ...] = ()


def prove(account: str, sheets: Iterable[Sheet]) -> Proof:
    """Say whether the statements of an account continue each other and add up.

    Args:
        account: Which account.
        sheets: All that came of it; only statements (camt.053) count, in their newest versions.
    """
    pages = dict[tuple[str, ...], list[Sheet]]()
    for one in newest(sheets):
        if one.kind == "camt.053" and one.account == account:
            pages.setdefault(one.name, []).append(one)
    faults, before, first = list[str](), None, None
    for group in sorted(pages.values(), key=lambda some: _order(some[0])):
        said = f"statement {group[0].name[0]} of {group[-1].day}"
        numbers = [one.page for one in group]
        if numbers != list(range(1, len(group) + 1)) or not group[-1].is_last:
            faults.append(f"{said}: pages are missing (there are {', '.join(map(str, numbers))}); "
                          "fetch the others")  # fmt: skip
            before = None
            continue
        opening, closing = group[0].opening_minor, group[-1].closing_minor
        if opening is None or closing is None:
            faults.append(f"{said} has no opening or no closing balance; ask the bank for it anew")
            before = None
            continue
        booked = sum(one.booked_minor for one in group)
        if opening + booked != closing:
            faults.append(f"{said} does not add up: {closing - opening - booked} minor units are "
                          "missing in its lines; ask the bank for it anew")  # fmt: skip
        if before is not None and before.closing_minor != opening:
            faults.append(f"{said} begins with {opening}, and the one before of {before.day} ended "
                          f"with {before.closing_minor}: a statement is missing; fetch "
                          "it")  # fmt: skip
        before = group[-1]
        first = opening if first is None else first
    if before is None and first is None:
        return Proof(account, faults=tuple(faults))
    last = before or group[-1]
    return Proof(account, last.day, first or 0, last.closing_minor or 0, tuple(faults))


def gather(statements: Iterable[BankStatement]) -> tuple[list[Line], list[Sheet]]:
    """Return the lines and pages of any number of statements: each once, in a fixed order."""
    lines = dict[tuple[str, str], Line]()
    sheets = dict[str, Sheet]()
    pages = dict[tuple[str, ...], dict[int, Counter[str]]]()
    for statement, digest in sorted(
        ((one, one.digest()) for one in statements),
        key=lambda pair: (pair[0].account, pair[0].kind, pair[0].id, pair[0].page, pair[1],
                          pair[0].created_at),
    ):  # fmt: skip
        known = sheets.get(digest)
        if known is not None:
            if statement.created_at > known.created_at:
                sheets[digest] = replace(known, created_at=statement.created_at)
            continue
        group = pages.setdefault((statement.account, statement.kind, *series(statement)), {})
        others = Counter[str]()
        for page, counts in group.items():
            others += counts if page != statement.page else Counter()
        told = list(lines_of(statement, digest, others))
        group[statement.page] = alike(line.key for line in told if line.booked)
        sheets[digest] = sheet_of(statement, digest, told)
        for line in told:
            place = (line.account, line.key)
            lines[place] = merge(lines[place], line) if place in lines else line
    for place, digests in taken_back(sheets.values()).items():
        lines[place] = replace(lines[place], taken_back=digests)
    ordered = sorted(lines.values(), key=line_order)
    return ordered, sorted(sheets.values(), key=_order)


def line_order(line: Line) -> tuple[str, str, str]:
    """Return where a line stands among others: by account, day and key."""
    return line.account, line.entry.day, line.key
