# SPDX-License-Identifier: Apache-2.0
"""Checks a journal: chain, balance, seals and signatures, given nothing but its rows.

Whoever owns the database can rewrite everything in it and make every hash anew. So the check takes
heads that were kept elsewhere: number and hash of an entry, as each signed notice carries them.
With one such head nothing up to it can be edited, deleted, put in another order or cut off unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ENTRY_FORMAT = "skontro.entry/1"
ACT_FORMAT = "skontro.act/1"
START_HASH = "0" * 64


class EntryRow(NamedTuple):
    """An entry as it stands in the journal."""

    number: int
    kind: str
    cycle: str | None
    act_id: int | None
    content: str
    business_day: str
    at: str
    postings: int
    postings_digest: str
    previous_hash: str
    hash: str


class PostingRow(NamedTuple):
    """A line of an entry: account code and amount, debit above nought."""

    entry: int
    line: int
    account: str
    amount_minor: int


Line = tuple[int, int, str, int]
"""What a :class:`PostingRow` is; a plain one will do."""


class ActRow(NamedTuple):
    """An approved act with both signatures."""

    id: int
    kind: str
    content: str
    digest: str
    maker: str
    maker_signature: str
    checker: str
    checker_signature: str


class Fault(NamedTuple):
    """What does not hold, and at which entry it shows first."""

    entry: int
    what: str


@dataclass
class JournalVerdict:
    """What a check came to.

    Attributes:
        entries: How many entries were checked.
        postings: How many lines.
        heads: How many heads kept elsewhere were met.
        acts: How many acts had both their signatures checked.
        faults: What does not hold, first entry first.
        head: Number and hash of the last entry.
    """

    entries: int = 0
    postings: int = 0
    heads: int = 0
    acts: int = 0
    faults: list[Fault] = field(default_factory=list)
    head: tuple[int, str] = (0, START_HASH)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    @property
    def first_fault(self) -> Fault | None:
        """The fault at the earliest entry, or None."""
        return min(self.faults) if self.faults else None

    def text(self) -> str:
        """Say what was checked and what does not hold."""
        lines = [f"entry {fault.entry}: {fault.what}" for fault in sorted(self.faults)[:50]]
        if len(self.faults) > len(lines):
            lines.append(f"and {len(self.faults) - len(lines)} more")
        lines.append(
            f"{_many(self.entries, 'entry', 'entries')}, "
            f"{_many(self.postings, 'posting', 'postings')}, {_many(self.acts, 'act', 'acts')}, "
            f"{_many(self.heads, 'head', 'heads')} kept elsewhere: "
            + ("all holds" if self.ok else _many(len(self.faults), "fault", "faults"))
        )
        lines.append(f"head: {self.head[0]} {self.head[1]}")
        if not self.heads:
            lines.append(
                "no head kept elsewhere was given: a journal rewritten whole would pass"
            )
        return "\n".join(lines)


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


MOST_FAULTS = 1000


class _Sums:
    """What was posted to an account so far."""

    __slots__ = ("credit", "currency", "debit")

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.debit = self.credit = 0


class _Check:
    """A check under way."""

    def __init__(
        self, heads: Mapping[int, str], acts: Mapping[int, ActRow], seals: Mapping[int, Seal]
    ) -> None:
        self.verdict = JournalVerdict()
        self.heads = dict(heads)
        self.acts = acts
        self.seals = seals
        self.keys = dict[str, str]()
        self.house = ""
        self.sums = dict[str, _Sums]()

    def fault(self, number: int, what: str) -> None:
        """Note that something does not hold."""
        if len(self.verdict.faults) < MOST_FAULTS:
            self.verdict.faults.append(Fault(number, what))

    def entry(self, row: EntryRow, lines: Sequence[Line]) -> None:
        """Check one entry with its lines."""
        verdict = self.verdict
        expected = verdict.head[0] + 1
        if row.number != expected:
            self.fault(expected, f"the entry is missing: {row.number} follows")
        if row.previous_hash != verdict.head[1]:
            self.fault(row.number, "it does not follow the entry before it")
        if _hash_of(row) != row.hash:
            self.fault(row.number, "its hash is not that of what it says")
        self._lines(row, lines)
        self._act(row)
        kept = self.heads.pop(row.number, None)
        if kept is not None:
            verdict.heads += 1
            if kept != row.hash:
                self.fault(row.number, "it is not the entry whose head was kept elsewhere")
        verdict.entries += 1
        verdict.head = (row.number, row.hash)
        seal = self.seals.get(row.number)
        if (row.kind == "seal") is not (seal is not None):
            self.fault(row.number, "its sealed balances are missing, or it is no seal")
        if seal is not None:
            self._seal(row, seal)

    def _lines(self, row: EntryRow, lines: Sequence[Line]) -> None:
        """Check that an entry's lines are what it says, and balance in each currency."""
        count = len(lines)
        text = "".join([f"{account}\t{amount}\n" for _, _, account, amount in lines])
        if (
            count != row.postings
            or [line[1] for line in lines] != list(range(1, count + 1))
            or hashlib.sha256(text.encode()).hexdigest() != row.postings_digest
        ):
            self.fault(row.number, "its postings are not those it was written with")
        totals, known = dict[str, int](), self.sums
        for _, _, account, amount in lines:
            one = known.get(account)
            if one is None:
                one = known[account] = _Sums(account.rsplit(":", 1)[-1])
            if amount > 0:
                one.debit += amount
            else:
                one.credit -= amount
            currency = one.currency
            totals[currency] = totals.get(currency, 0) + amount
        if any(totals.values()):
            wrong = sorted(currency for currency, total in totals.items() if total)
            self.fault(row.number, f"it does not balance in {', '.join(wrong)}")
        self.verdict.postings += count

    def _act(self, row: EntryRow) -> None:
        """Check the two signatures behind an entry; learn whose keys count from now on."""
        content = _content(row)
        if content is None:
            self.fault(row.number, "its content is not a JSON object")
            return
        if row.number == 1:
            self.house = str(content.get("house", ""))
            people = content.get("people")
            people = people if isinstance(people, dict) else {}
            self.keys = {str(name): str(key) for name, key in people.items()}
        if row.act_id is not None:
            act = self.acts.get(row.act_id)
            why = "is missing" if act is None else self._why_unsigned(act)
            if why:
                self.fault(row.number, f"the act behind it ({row.act_id}) {why}")
            self.verdict.acts += not why
        if row.kind == "person.change":
            admitted = content.get("admitted")
            if isinstance(admitted, dict):
                self.keys[str(admitted.get("id"))] = str(admitted.get("public_key"))

    def _why_unsigned(self, act: ActRow) -> str:
        """Why an act is not one that two people signed; nothing if it is."""
        try:
            content = json.loads(act.content)
        except ValueError:
            return "holds no JSON"
        body = {
            "format": ACT_FORMAT, "house": self.house, "number": act.id, "kind": act.kind,
            "content": content,
        }  # fmt: skip
        if hashlib.sha256(_canonical(body)).hexdigest() != act.digest:
            return "was changed after it was signed"
        if act.maker == act.checker:
            return "was made and checked by one person"
        for role, who, signature in (
            ("maker", act.maker, act.maker_signature),
            ("checker", act.checker, act.checker_signature),
        ):
            if not _is_signed(self.keys.get(who, ""), role, act.digest, signature):
                return f"is not signed by its {role}"
        return ""

    def _seal(self, row: EntryRow, seal: Seal) -> None:
        """Add up again what was sealed."""
        found = {account: (one.debit, one.credit) for account, one in self.sums.items()}
        if found != seal:
            wrong = sorted(
                account
                for account in found.keys() | seal.keys()
                if found.get(account) != seal.get(account)
            )
            self.fault(row.number, f"its sealed balances are wrong on {', '.join(wrong[:5])}")
        said = (_content(row) or {}).get("balances")
        if said != seal_digest(seal):
            self.fault(row.number, "its sealed balances are not those it was written with")


def _content(row: EntryRow) -> dict[str, Any] | None:
    """What an entry holds; None where that is no JSON object."""
    try:
        content = json.loads(row.content)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


Seal = dict[str, tuple[int, int]]
"""Sum of debits and sum of credits of each account that was ever posted to."""


def seal_digest(seal: Mapping[str, tuple[int, int]]) -> str:
    """Return the digest of sealed balances: account, debits, credits, by account.

    Example:
        >>> seal_digest({}) == hashlib.sha256(b"").hexdigest()
        True
    """
    text = "".join([f"{code}\t{sums[0]}\t{sums[1]}\n" for code, sums in sorted(seal.items())])
    return hashlib.sha256(text.encode()).hexdigest()


def check_journal(
    entries: Iterable[EntryRow],
    postings: Iterable[Line],
    *,
    heads: Mapping[int, str] | None = None,
    acts: Mapping[int, ActRow] | None = None,
    seals: Mapping[int, Seal] | None = None,
) -> JournalVerdict:
    """Check a journal, entry by entry; nothing is held in memory but balances.

    Args:
        entries: By number.
        postings: By entry and line.
        heads: Hash of entries by their number, kept elsewhere.
        acts: Approved acts by number.
        seals: Sealed balances by the number of the sealing entry.

    Returns:
        What was checked, and every fault with the entry where it shows.

    Example:
        >>> check_journal([], []).ok
        True
    """
    check = _Check(heads or {}, acts or {}, seals or {})
    lines = _Lines(postings)
    for row in entries:
        for stray in lines.before(row.number):
            check.fault(stray[0], "a posting without an entry")
        check.entry(row, lines.of(row.number))
    for stray in lines.rest():
        check.fault(stray[0], "a posting without an entry")
    last = check.verdict.head[0]
    for number in sorted(check.heads):
        check.fault(last + 1, f"the journal ends before entry {number}, which was there")
    return check.verdict


class _Lines:
    """Postings in the order of their entries, handed out entry by entry."""

    def __init__(self, postings: Iterable[Line]) -> None:
        self._entries = groupby(postings, itemgetter(0))
        self._next = next(self._entries, None)

    def before(self, number: int) -> Iterator[Line]:
        """Yield those of entries before one: nobody asked for them."""
        while self._next is not None and self._next[0] < number:
            yield from self._next[1]
            self._next = next(self._entries, None)

    def of(self, number: int) -> list[Line]:
        """Return those of one entry."""
        if self._next is None or self._next[0] != number:
            return []
        found = list(self._next[1])
        self._next = next(self._entries, None)
        return found

    def rest(self) -> Iterator[Line]:
        """Yield whatever is left."""
        while self._next is not None:
            yield from self._next[1]
            self._next = next(self._entries, None)


def _hash_of(row: EntryRow) -> str:
    """Return the hash an entry must have."""
    body = [
        ENTRY_FORMAT, row.previous_hash, row.number, row.kind, row.cycle, row.act_id,
        hashlib.sha256(row.content.encode()).hexdigest(), row.business_day, row.at,
        row.postings, row.postings_digest,
    ]  # fmt: skip
    return hashlib.sha256(_canonical(body)).hexdigest()


def _canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, as UTF-8."""
    return _ENCODER.encode(value).encode()


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _is_signed(public_key: str, role: str, digest: str, signature: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), f"{ACT_FORMAT} {role} {digest}".encode())
    except (InvalidSignature, ValueError):
        return False
    return True
