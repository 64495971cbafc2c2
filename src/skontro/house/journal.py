# SPDX-License-Identifier: Apache-2.0
"""Journal entries: balanced, in order, each chained to the one before.

An amount above nought is a debit, below nought a credit. Account codes say whose and in what
currency: ``payable:A1:EUR``. Accounts that hold claims between participants (``payable``,
``receivable``) show what passes through the house; they are empty between cycles. Accounts that
hold money (``bank``, ``held``, ``due``, ``suspense``, ``border``, ``working``, ``pool``,
``claim``, ``revaluation``, ``capital``) show what is on the sides' accounts and whose it is.
``difference`` accounts count in points of the unit of account: what rounding moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Unbalanced

ENTRY_FORMAT = "skontro.entry/1"
START_HASH = "0" * 64
"""Stands before the first entry."""

ACCOUNTS: dict[str, str] = {
    "payable": "what a participant owes in the cycle under way (credit)",
    "receivable": "what a participant is owed in the cycle under way (debit)",
    "bank": "money on a side's settlement account (debit)",
    "held": "pay-ins that arrived and have not settled anything yet (credit)",
    "due": "what a participant is to be paid out (credit)",
    "suspense": "money nobody has claimed yet (credit)",
    "border": "what a side's account owes the others (credit) or is owed (debit)",
    "working": "a sponsor's working balance with a side (credit)",
    "pool": "a side's pool for missed pay-ins (credit)",
    "claim": "what a participant owes its side's pool for a pay-in the pool covered (debit)",
    "revaluation": "what fixings and rounding brought a side at its border (credit) or cost it",
    "charges": "what banks charged a side and small differences (debit), less what was paid in",
    "capital": "a union's capital where debtors pay hard and creditors receive another share",
    "difference": "what rounding moved a participant's books by, in points",
}

ENTRY_KINDS: dict[str, str] = {
    "house.open": "the house is opened, of its kind for ever",
    "house.resume": "a restored house writes again",
    "house.key": "a new signing key",
    "house.certificate": "a new certificate for signing papers",
    "rules.change": "rules or calendar changed",
    "person.change": "a person came, changed or went",
    "participant.change": "a firm was admitted, changed, suspended, defaulted or left",
    "limits.change": "limits, quotas or working balances changed",
    "bank_details.change": "where a firm is paid changed",
    "register.erase": "personal data were erased",
    "list.import": "a screening list came into force",
    "list.retired": "a list of the house's own holds no more",
    "gate.pack": "a side's rule pack came into force",
    "gate.fault": "the gate failed at something, or a name cannot be compared; it holds",
    "gate.case": "two people decided a case of the gate",
    "gate.payment": "what a cycle owes a participant is held by the gate, or let go again",
    "order": "opposite obligations were made for what was final, on an authority's order",
    "list.refused": "a screening list was refused; the one in force stayed",
    "cycle.open": "a cycle was opened",
    "cycle.step": "a step of a cycle without postings",
    "fixing": "rates were declared",
    "correction": "an obligation left in the correction window",
    "duplicate": "suspected duplicates were let go on",
    "opposite": "an opposite obligation was made for one that was a fraud",
    "entered": "what is owed in a cycle, brought in",
    "set_off": "debts set off against each other",
    "difference": "what rounding moved, booked",
    "money": "money came or went",
    "money.step": "a withdrawal or an exchange was made ready, or taken back",
    "suspense": "money in suspense turned out to be somebody's",
    "pool": "a side's pool covered a pay-in, or what it covered was not needed",
    "settled": "debts discharged with money",
    "border": "border positions moved",
    "revaluation": "border positions at a new fixing",
    "rolled": "what is still owed, taken out again",
    "seal": "the end of a period: balances sealed",
    "reversal": "undoes another entry",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry as it is hashed.

    Attributes:
        number: 1, 2, ... without a gap.
        kind: One of :data:`ENTRY_KINDS`.
        cycle: For which cycle, if any.
        act_id: The act behind it, if any.
        content: What happened, canonical JSON; ids only.
        business_day: The named day it belongs to.
        at: When it was written.
        postings: How many lines it has.
        postings_digest: Of the lines.
    """

    number: int
    kind: str
    cycle: str | None
    act_id: int | None
    content: str
    business_day: str
    at: str
    postings: int
    postings_digest: str

    def hash_after(self, previous: str) -> str:
        """Return the entry's hash, chained to that of the entry before.

        Args:
            previous: Hash of the entry before, hexadecimal.
        """
        body = [
            ENTRY_FORMAT, previous, self.number, self.kind, self.cycle, self.act_id,
            hashlib.sha256(self.content.encode()).hexdigest(), self.business_day, self.at,
            self.postings, self.postings_digest,
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(body)).hexdigest()


def postings_digest(lines: Iterable[tuple[str, int]]) -> str:
    """Return the digest of an entry's lines: account code and amount, in their order.

    Example:
        >>> postings_digest([]) == hashlib.sha256(b"").hexdigest()
        True
    """
    text = "".join([f"{code}\t{amount}\n" for code, amount in lines])
    return hashlib.sha256(text.encode()).hexdigest()


def account_currency(code: str) -> str:
    """Return what an account counts in: the last part of its code.

    Example:
        >>> account_currency("payable:A1:EUR")
        'EUR'
    """
    return code.rsplit(":", 1)[1]


def check_balanced(lines: Sequence[tuple[str, int]]) -> None:
    """Refuse lines that do not balance in each currency.

    Raises:
        Unbalanced: Naming the currency and by how much.

    Example:
        >>> check_balanced([("bank:A:EUR", 5), ("held:A1:EUR", -5)])
    """
    sums = dict[str, int]()
    for code, amount in lines:
        currency = account_currency(code)
        sums[currency] = sums.get(currency, 0) + amount
    wrong = {currency: total for currency, total in sums.items() if total}
    if wrong:
        raise Unbalanced(f"an entry does not balance: {wrong}", details={"sums": wrong})


def netted(lines: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add up lines on the same account and leave out those that come to nought, by account.

    Example:
        >>> netted([("bank:A:EUR", 5), ("held:A1:EUR", -5), ("bank:A:EUR", 2)])
        [('bank:A:EUR', 7), ('held:A1:EUR', -5)]
    """
    sums = dict[str, int]()
    for code, amount in lines:
        sums[code] = sums.get(code, 0) + amount
    return sorted((code, amount) for code, amount in sums.items() if amount)


def content_text(content: Mapping[str, Any]) -> str:
    """Return an entry's content as canonical JSON."""
    return canonical_json(dict(content)).decode()
