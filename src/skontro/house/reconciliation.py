# SPDX-License-Identifier: Apache-2.0
"""Which line of a bank is which payment of the house: end-to-end id, reference, amount and party.

    files -> lines, each once (:mod:`skontro.house.bank_lines`) -> matches -> end state

What a line is depends on the line and on what the house called and let go, never on other lines:
so the end state is the same for every order, repetition and splitting of the files. What a line
of doubtful content would do waits; what is sure and nobody's goes to suspense with those it is
likely of.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.house.bank import REJECTED, BankDetail, BankFile, BankStatement, Party
from skontro.house.bank_lines import DOUBTS, Line, Proof, gather, prove

Place = tuple[str, str]
"""A side and a currency: one account. The hub's has an empty side."""

PAY_IN, PAY_OUT, BORDER_IN, BORDER_OUT = "pay-in", "pay-out", "border money in", "border money out"
RETURNED, SUSPENSE, WAITS = "returned", "suspense", "waits"
BORDER_BACK = "border money back"
BY_ID, BY_REFERENCE, BY_PARTY = "end-to-end id", "reference", "amount and party"

_BACK = {RETURNED: PAY_OUT, BORDER_BACK: BORDER_OUT}
MOST_PARTNERS = 3
_MOST_REFERENCE = 25
_WORDS = re.compile(r"[A-Z0-9]+")
_START = re.compile(r"RF[0-9]{2}[A-Z0-9]*")


def plain_name(name: str) -> str:
    """Return a name as it is compared: without case, width of letters and extra spaces.

    Example:
        >>> plain_name("  Alder  PHARMA ")
        'alder pharma'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def plain_account(account: str) -> str:
    """Return the number of an account as it is compared.

    Example:
        >>> plain_account("nl91 abna-0417")
        'NL91ABNA0417'
    """
    return "".join(mark for mark in account.upper() if mark.isalnum())


def is_party(names: Iterable[str], accounts: Iterable[str], party: Party) -> bool:
    """Whether somebody is one of the house's own: by account, and only else by name.

    Args:
        names: What it is called.
        accounts: Its accounts.
        party: Who the bank says it is.

    Example:
        >>> is_party(["Alder"], ["NL1"], Party("Alder", "NL2"))
        False
        >>> is_party(["Alder"], ["NL1"], Party("ALDER"))
        True
    """
    known = {plain_account(one) for one in accounts}
    if party.account and known:
        return plain_account(party.account) in known
    return bool(party.name) and plain_name(party.name) in {plain_name(one) for one in names}


@dataclass(frozen=True, slots=True)
class Expected:
    """A payment the house called, or let go.

    Attributes:
        kind: ``PAY_IN``, ``PAY_OUT``, ``BORDER_IN`` or ``BORDER_OUT``.
        number: Its number in the house.
        place: On which account.
        amount_minor: How much, above nought: all of it, whatever has come or gone.
        name: The id it carries to the bank, or the reference it was called with.
        names: What its other party is called.
        accounts: The other party's accounts.
        is_open: Whether it may be found by amount and party alone.
    """

    kind: str
    number: int
    place: Place
    amount_minor: int
    name: str
    names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    is_open: bool = True


class Part(NamedTuple):
    """How much of a payment is which of the house's: its number, and minor units."""

    number: int
    amount_minor: int


class Partner(NamedTuple):
    """A payment of the house that a line may well be, and what they have in common."""

    kind: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """What one payment of a line is.

    Attributes:
        line: The line.
        place: On which account.
        index: Which payment of it, from 1; nought where the line is one.
        amount_minor: How much; below nought where it went.
        does: A kind of :class:`Expected`, ``RETURNED``, ``BORDER_BACK``, ``SUSPENSE`` or ``WAITS``.
        by: By what it was found; why it waits.
        parts: Of which of the house's payments it is how much.
        partners: What it likely is, where it is nobody's.
    """

    line: Line
    place: Place
    index: int
    amount_minor: int
    does: str
    by: str = ""
    parts: tuple[Part, ...] = ()
    partners: tuple[Partner, ...] = ()

    @property
    def detail(self) -> BankDetail:
        """What the bank says of the payment."""
        details = self.line.entry.details
        return details[max(0, self.index - 1)] if details else BankDetail()

    @property
    def party(self) -> Party:
        """Who is at the other end."""
        return self.detail.debtor if self.amount_minor > 0 else self.detail.creditor

    @property
    def name(self) -> str:
        """The id under which it has its effect: the key of the line, and which payment of it."""
        return f"{self.line.key}#{self.index}" if self.index else self.line.key


class Book:
    """What the house called and let go, found by name, amount and party.

    Args:
        expected: Each of them.
    """

    def __init__(self, expected: Iterable[Expected]) -> None:
        self._by_name = dict[tuple[Place, str, str], Expected]()
        self._by_amount = dict[tuple[Place, int], list[Expected]]()
        self._by_party = dict[tuple[Place, str], list[Expected]]()
        for one in sorted(expected, key=lambda one: (one.kind, one.number)):
            self._by_name[one.place, one.kind, one.name.upper()] = one
            self._by_amount.setdefault((one.place, one.amount_minor), []).append(one)
            for party in {*map(plain_name, one.names), *map(plain_account, one.accounts)}:
                self._by_party.setdefault((one.place, party), []).append(one)

    def named(self, place: Place, kind: str, name: str) -> Expected | None:
        """Return a payment by the name it carries."""
        return self._by_name.get((place, kind, name.upper())) if name else None

    def referred(self, place: Place, kind: str, text: str) -> list[Expected]:
        """Return the payments whose ISO 11649 references stand in a text, in that order."""
        words = _WORDS.findall(text.upper())
        found = list[Expected]()
        for start, word in enumerate(words):
            if not _START.match(word):
                continue
            said, best = "", None
            for part in words[start:]:
                said += part
                if len(said) > _MOST_REFERENCE:
                    break
                best = self._by_name.get((place, kind, said)) or best
            if best is not None and best not in found:
                found.append(best)
        return found

    def of_party(self, place: Place, kind: str, amount: int, party: Party) -> list[Expected]:
        """Return the payments of exactly an amount with somebody."""
        return [
            one
            for one in self._by_amount.get((place, amount), ())
            if one.kind == kind and one.is_open and is_party(one.names, one.accounts, party)
        ]

    def with_party(self, place: Place, kind: str, party: Party) -> list[Expected]:
        """Return all payments with somebody."""
        found = dict[int, Expected]()
        for name in filter(None, (plain_account(party.account), plain_name(party.name))):
            for one in self._by_party.get((place, name), ()):
                if one.kind == kind and one.is_open and is_party(
                    one.names, one.accounts, party
                ):
                    found[one.number] = one
        return [found[number] for number in sorted(found)]

    def likely(self, place: Place, kinds: Sequence[str], amount: int, party: Party
               ) -> tuple[Partner, ...]:  # fmt: skip
        """Return what a payment may well be."""
        found = list[Partner]()
        for kind in kinds:
            same = self._by_amount.get((place, amount), ())
            found += [Partner(kind, one.number, "the same amount") for one in same[:MOST_PARTNERS]
                      if one.kind == kind]  # fmt: skip
            found += [Partner(kind, one.number, "the same party")
                      for one in self.with_party(place, kind, party)[:MOST_PARTNERS]]  # fmt: skip
        return tuple(sorted(found)[:MOST_PARTNERS])


# ---- matching ------------------------------------------------------------------------------------


def match_line(line: Line, place: Place, book: Book) -> list[Match]:
    """Say what each payment of a line is.

    Args:
        line: The line.
        place: Which account it is on.
        book: What the house called and let go.
    """
    if line.doubt:
        return [Match(line, place, 0, line.amount_minor, WAITS, line.doubt)]
    details = line.entry.details
    if len(details) < 2:
        return [_match(Match(line, place, 0, line.amount_minor, SUSPENSE), book)]
    sign = 1 if line.amount_minor > 0 else -1
    return [
        _match(Match(line, place, index, sign * one.amount_minor, SUSPENSE), book)
        for index, one in enumerate(details, 1)
    ]


def _match(item: Match, book: Book) -> Match:
    return _match_in(item, book) if item.amount_minor > 0 else _match_out(item, book)


def _match_in(item: Match, book: Book) -> Match:
    """Say what money that came is."""
    detail, place, amount = item.detail, item.place, item.amount_minor
    gone = book.named(place, PAY_OUT, detail.end_to_end)
    if gone is not None:
        return _found(item, RETURNED, BY_ID, gone)
    gone = book.named(place, BORDER_OUT, detail.end_to_end)
    if gone is not None:
        return _found(item, BORDER_BACK, BY_ID, gone)
    for text in (detail.reference, detail.end_to_end, detail.text, item.line.entry.text):
        hard = book.referred(place, BORDER_IN, text)
        if hard:
            return _found(item, BORDER_IN, BY_REFERENCE, hard[0])
        back_hard = book.referred(place, BORDER_OUT, text)
        if back_hard:
            return _found(item, BORDER_BACK, BY_REFERENCE, back_hard[0])
        called = book.referred(place, PAY_IN, text)
        if called:
            others = [one for one in called if not is_party(one.names, one.accounts, item.party)]
            if others:
                why = "it carries the reference, but somebody else paid"
                return _nobodys(item, tuple(Partner(PAY_IN, one.number, why) for one in others))
            return _match_of(item, PAY_IN, BY_REFERENCE, _split(amount, called))
    if detail.reason.code:
        back = book.of_party(place, PAY_OUT, amount, detail.creditor)
        back = back or book.of_party(place, PAY_OUT, amount, detail.debtor)
        if len(back) == 1:
            return _found(item, RETURNED, BY_PARTY, back[0])
        kinds: tuple[str, ...] = (PAY_OUT,)
    else:
        same = book.of_party(place, PAY_IN, amount, item.party)
        if len(same) == 1:
            return _found(item, PAY_IN, BY_PARTY, same[0])
        every = [] if same else book.with_party(place, PAY_IN, item.party)
        if len(every) > 1 and sum(one.amount_minor for one in every) == amount:
            return _match_of(item, PAY_IN, BY_PARTY, _split(amount, every))
        kinds = (PAY_IN, BORDER_IN)
    return _nobodys(item, book.likely(place, kinds, amount, item.party))


def _match_out(item: Match, book: Book) -> Match:
    """Say what money that went is."""
    detail, place, amount = item.detail, item.place, -item.amount_minor
    for kind in (PAY_OUT, BORDER_OUT):
        sent = book.named(place, kind, detail.end_to_end)
        if sent is not None:
            return _found(item, kind, BY_ID, sent)
    for text in (detail.reference, detail.end_to_end, detail.text):
        hard = book.referred(place, BORDER_OUT, text)
        if hard:
            return _found(item, BORDER_OUT, BY_REFERENCE, hard[0])
    if not item.line.entry.is_reversal and not detail.end_to_end:
        same = book.of_party(place, PAY_OUT, amount, item.party)
        if len(same) == 1:
            return _found(item, PAY_OUT, BY_PARTY, same[0])
    return _nobodys(item, book.likely(place, (PAY_OUT, BORDER_OUT), amount, item.party))


def _found(item: Match, does: str, by: str, one: Expected) -> Match:
    return _match_of(item, does, by, (Part(one.number, abs(item.amount_minor)),))


def _match_of(item: Match, does: str, by: str, parts: tuple[Part, ...]) -> Match:
    return Match(item.line, item.place, item.index, item.amount_minor, does, by, parts)


_CHARGES = {"CHRG", "FEES", "COMM", "COME", "COMI"}
"""Families of bank transaction codes (ISO 20022) of what banks charge."""


def _nobodys(item: Match, partners: tuple[Partner, ...]) -> Match:
    if item.amount_minor < 0 and _CHARGES & set(item.line.entry.code.split("/")):
        partners = (Partner("charge", 0, "the bank says so"), *partners[: MOST_PARTNERS - 1])
    return Match(item.line, item.place, item.index, item.amount_minor, SUSPENSE, "",
                 partners=partners)  # fmt: skip


def _split(amount: int, called: Sequence[Expected]) -> tuple[Part, ...]:
    """Divide what came over what was called, in order; the last takes what is over."""
    parts = list[Part]()
    for place, one in enumerate(called, 1):
        part = amount if place == len(called) else min(amount, one.amount_minor)
        if part:
            parts.append(Part(one.number, part))
        amount -= part
    return tuple(parts)


# ---- the end state -------------------------------------------------------------------------------


@dataclass
class Standing:
    """How one payment of the house stands by the banks' word.

    Attributes:
        expected: Which.
        moved_minor: What came or went of it.
        over_minor: What came or went beyond it.
        back_minor: What came back.
        times: How many lines had part in it.
        is_rejected: Whether the bank refused to send it.
    """

    expected: Expected
    moved_minor: int = 0
    over_minor: int = 0
    back_minor: int = 0
    times: int = 0
    is_rejected: bool = False

    @property
    def state(self) -> str:
        """One word for it."""
        due, total, back = self.expected.amount_minor, self.moved_minor, self.back_minor
        total += self.over_minor
        if self.is_rejected:
            return "rejected and sent" if total else "rejected"
        if back and total == back:
            return "came back" if total == due else "open"
        if back > total:
            return "came back, and did not go"
        left = total - back
        if left >= due:
            return "done" if left == due else "too much"
        return "in part" if left else "open"

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody must ask the bank."""
        out = self.expected.kind in (PAY_OUT, BORDER_OUT)
        return out and self.state not in ("done", "came back", "rejected", "open")


@dataclass
class EndState:
    """What all bank files together say.

    Attributes:
        matches: Each payment of each line, in a fixed order.
        standings: Each payment of the house.
        proofs: Whether each account's statements continue each other.
        refused: Statements of no account of the house, a sentence each.
        balances: What the booked lines of each account add up to, and what of it has no effect yet.
    """

    matches: list[Match] = field(default_factory=list)
    standings: dict[tuple[str, int], Standing] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    balances: dict[Place, tuple[int, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values: the same for the same end state."""
        return {
            "lines": [
                [*one.place, one.name, one.amount_minor, one.does, one.by,
                 [list(part) for part in one.parts]]
                for one in self.matches
            ],
            "payments": [
                [kind, number, one.moved_minor, one.over_minor, one.back_minor, one.state]
                for (kind, number), one in sorted(self.standings.items())
            ],
            "accounts": [
                [one.account, one.day, one.opening_minor, one.closing_minor, list(one.faults)]
                for one in self.proofs
            ],
            "balances": [[*place, *sums] for place, sums in sorted(self.balances.items())],
            "refused": self.refused,
        }  # fmt: skip

    def digest(self) -> str:
        """Return the digest of the end state."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()


def reconcile(
    files: Iterable[BankFile], accounts: Mapping[str, Place], expected: Iterable[Expected]
) -> EndState:
    """Return the end state of any number of bank files, whatever their order and repetition.

    Args:
        files: What the banks sent.
        accounts: The accounts of the house by number.
        expected: What the house called and let go.
    """
    known = {plain_account(number): place for number, place in accounts.items()}
    every, book = list(files), list(expected)
    state, ours = EndState(), list[BankStatement]()
    refused = set[str]()
    for statement in (one for file in every for one in file.statements):
        why = why_not_ours(statement, known)
        if why:
            refused.add(f"{statement.kind} {statement.id}: {why}")
        else:
            ours.append(statement)
    state.refused = sorted(refused)
    lines, sheets = gather(ours)
    found = Book(book)
    state.standings = {(one.kind, one.number): Standing(one) for one in book}
    for line in lines:
        place = known[plain_account(line.account)]
        state.matches += match_line(line, place, found)
    for one in state.matches:
        _apply(state, one)
    refused_names = set(rejected(every))
    for standing in state.standings.values():
        out = standing.expected.kind in (PAY_OUT, BORDER_OUT)
        standing.is_rejected = out and standing.expected.name in refused_names
    numbers = sorted({sheet.account for sheet in sheets})
    state.proofs = [prove(number, sheets) for number in numbers]
    return state


def why_not_ours(statement: BankStatement, known: Mapping[str, Place]) -> str:
    """Return why a statement is none of the house's accounts; empty if it is.

    Args:
        statement: The statement.
        known: The accounts of the house by plain number.
    """
    place = known.get(plain_account(statement.account))
    if place is None:
        return "it is of an account that is none of the house's"
    if statement.currency and statement.currency != place[1]:
        return f"it is in {statement.currency}, and the account in {place[1]}"
    return ""


def rejected(files: Iterable[BankFile]) -> Iterator[str]:
    """Yield the end-to-end ids of payments that banks refused to send."""
    for report in (one for file in files for one in file.reports):
        for status in report.statuses:
            if status.status == REJECTED and status.end_to_end:
                yield status.end_to_end


def _apply(state: EndState, one: Match) -> None:
    booked, waits = state.balances.get(one.place, (0, 0))
    if one.does == WAITS:
        if one.line.booked:
            state.balances[one.place] = booked, waits + one.amount_minor
        return
    state.balances[one.place] = booked + one.amount_minor, waits
    if one.does == SUSPENSE:
        return
    kind = _BACK.get(one.does, one.does)
    for number, amount in one.parts:
        standing = state.standings[kind, number]
        standing.times += 1
        if one.does in _BACK:
            standing.back_minor += amount
            continue
        part = min(amount, standing.expected.amount_minor - standing.moved_minor)
        standing.moved_minor += part
        standing.over_minor += amount - part


def says(why: str) -> str:
    """Return the sentence of a doubt."""
    return DOUBTS.get(why, why)
