# SPDX-License-Identifier: Apache-2.0
"""What becomes of money in a settlement: pay-ins, cover, pay-outs, and every posting scheme.

Amounts are minor units of one currency. What stands on a side's account belongs to somebody, and
cover is what is left for pay-outs when everybody else's money is taken off:

    cover = pay-ins used + border money received + working balance drawn - what has left

Everything here is a function of figures; nothing is looked up and nothing is written.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import NamedTuple

from skontro.core.errors import AmountOverflow, Unbalanced, invariant
from skontro.core.money import LIMIT_MINOR
from skontro.house.rules import MissedPayIn

# ---- posting schemes ---------------------------------------------------------------------------


class Scheme(NamedTuple):
    """How one thing that happens is booked.

    Attributes:
        happens: What happens, as a sentence.
        entry: Kind of the journal entry.
        debit: Account that is debited; capitals stand for whose it is.
        credit: Account that is credited.
    """

    happens: str
    entry: str
    debit: str
    credit: str


SCHEMES: dict[str, Scheme] = {
    "owed": Scheme(
        "an obligation is in a cycle whose final run is published",
        "entered", "receivable:CREDITOR", "payable:DEBTOR",
    ),
    "set_off": Scheme(
        "it is set off, as far as it is", "set_off", "payable:DEBTOR", "receivable:CREDITOR"
    ),
    "discharged": Scheme(
        "it is discharged with money, as far as it is",
        "settled", "payable:DEBTOR", "receivable:CREDITOR",
    ),
    "rolled": Scheme(
        "what is still owed of it when the cycle closes",
        "rolled", "payable:DEBTOR", "receivable:CREDITOR",
    ),
    "arrived": Scheme("money comes for a pay-in", "money", "bank:SIDE", "held:FIRM"),
    "unclaimed": Scheme(
        "money comes that is over, late, nobody's, or given back by a bank",
        "money", "bank:SIDE", "suspense:SIDE",
    ),
    "repaid": Scheme(
        "money comes for a pay-in the pool has covered", "money", "bank:SIDE", "claim:FIRM"
    ),
    "assigned": Scheme(
        "two people say that money in suspense is a pay-in's",
        "suspense", "suspense:SIDE", "held:FIRM",
    ),
    "assigned_repaid": Scheme(
        "two people say so, and the pool has covered that pay-in",
        "suspense", "suspense:SIDE", "claim:FIRM",
    ),
    "covered": Scheme(
        "a pool covers a pay-in that did not come", "pool", "claim:FIRM", "held:FIRM"
    ),
    "uncovered": Scheme(
        "what a pool covered was not needed", "pool", "held:FIRM", "claim:FIRM"
    ),
    "used": Scheme("a pay-in settles something", "settled", "held:FIRM", "border:SIDE"),
    "due": Scheme("a pay-out comes to be due", "settled", "border:SIDE", "due:FIRM"),
    "left_before": Scheme(
        "a pay-out turns out to have left before the house was restored",
        "suspense", "due:FIRM", "suspense:SIDE",
    ),
    "return_left_before": Scheme(
        "so does a pay-in that was returned", "suspense", "held:FIRM", "suspense:SIDE"
    ),
    "paid": Scheme("a pay-out leaves", "money", "due:FIRM", "bank:SIDE"),
    "paid_less": Scheme(
        "a bank paid less of a pay-out than was let go: the rest is still the participant's",
        "money", "due:FIRM", "held:FIRM",
    ),
    "paid_more": Scheme(
        "a bank paid more than was let go: that is missing until it comes back",
        "money", "suspense:SIDE", "bank:SIDE",
    ),
    "paid_back": Scheme(
        "a bank gave a pay-out back", "suspense", "suspense:SIDE", "due:FIRM"
    ),
    "returned": Scheme("a pay-in not needed is returned", "money", "held:FIRM", "bank:SIDE"),
    "returned_back": Scheme(
        "a bank gave back a pay-in that was returned", "suspense", "suspense:SIDE", "held:FIRM"
    ),
    "suspense_returned": Scheme(
        "money in suspense is returned", "money", "suspense:SIDE", "bank:SIDE"
    ),
    "border_sent": Scheme(
        "hard border money leaves, or money to be exchanged", "money", "border:SIDE", "bank:SIDE"
    ),
    "border_left_before": Scheme(
        "border money turns out to have left before the house was restored",
        "suspense", "border:SIDE", "suspense:SIDE",
    ),
    "working_left_before": Scheme(
        "so does a sponsor's money", "suspense", "working:SIDE", "suspense:SIDE"
    ),
    "pool_left_before": Scheme("so does a pool's", "suspense", "pool:SIDE", "suspense:SIDE"),
    "revaluation_left_before": Scheme(
        "so does what a revaluation brought", "suspense", "revaluation:SIDE", "suspense:SIDE"
    ),
    "capital_left_before": Scheme(
        "so does capital", "suspense", "capital:SIDE", "suspense:SIDE"
    ),
    "border_back": Scheme(
        "a bank gave hard border money back", "suspense", "suspense:SIDE", "border:SIDE"
    ),
    "border_arrived": Scheme(
        "hard border money comes, or money exchanged", "money", "bank:SIDE", "border:SIDE"
    ),
    "loss": Scheme(
        "at a fixing, or by rounding, a side's border position costs it more",
        "revaluation", "revaluation:SIDE", "border:SIDE",
    ),
    "gain": Scheme(
        "at a fixing, or by rounding, a side's border position costs it less",
        "revaluation", "border:SIDE", "revaluation:SIDE",
    ),
    "working_in": Scheme(
        "a sponsor's working balance comes", "money", "bank:SIDE", "working:SIDE"
    ),
    "working_out": Scheme(
        "a sponsor takes some of it out", "money", "working:SIDE", "bank:SIDE"
    ),
    "working_back": Scheme(
        "a bank gave that back", "suspense", "suspense:SIDE", "working:SIDE"
    ),
    "pool_in": Scheme("money comes into a side's pool", "money", "bank:SIDE", "pool:SIDE"),
    "pool_out": Scheme("money is taken out of a pool", "money", "pool:SIDE", "bank:SIDE"),
    "pool_back": Scheme("a bank gave that back", "suspense", "suspense:SIDE", "pool:SIDE"),
    "revaluation_in": Scheme(
        "who bears a revaluation pays what it cost", "money", "bank:SIDE", "revaluation:SIDE"
    ),
    "revaluation_out": Scheme(
        "who bears a revaluation is paid what it brought", "money", "revaluation:SIDE", "bank:SIDE"
    ),
    "revaluation_back": Scheme(
        "a bank gave that back", "suspense", "suspense:SIDE", "revaluation:SIDE"
    ),
    "charged": Scheme(
        "two people say that what is missing is what a bank charged",
        "suspense", "charges:SIDE", "suspense:SIDE",
    ),
    "written_off": Scheme(
        "two people write off a small difference that is missing",
        "suspense", "charges:SIDE", "suspense:SIDE",
    ),
    "written_up": Scheme(
        "two people write off a small difference that is over",
        "suspense", "suspense:SIDE", "charges:SIDE",
    ),
    "charges_in": Scheme(
        "who bears charges pays them in", "money", "bank:SIDE", "charges:SIDE"
    ),
    "capital_in": Scheme(
        "the union's capital comes to the hub's account", "money", "bank:SIDE", "capital:SIDE"
    ),
    "capital_out": Scheme(
        "capital is taken out", "money", "capital:SIDE", "bank:SIDE"
    ),
    "capital_back": Scheme(
        "a bank gave that back", "suspense", "suspense:SIDE", "capital:SIDE"
    ),
}  # fmt: skip
"""Every way in which the house books something; reversals turn one of them round."""

FUNDS = ("working", "pool", "revaluation", "capital")
"""Money others leave with a side, by the account it stands on."""

PAID_IN = (*FUNDS, "charges")
"""The same, and what is paid in for good: nobody takes it out."""

REVERSIBLE = ("money", "suspense")
"""Kinds of entries that a reversal may undo; set-off and settlement are final."""


def post(scheme: str, amount: int, currency: str, **whose: str) -> list[tuple[str, int]]:
    """Return the two postings of something that happened; none if the amount is nought.

    Args:
        scheme: One of :data:`SCHEMES`.
        amount: How much, minor units, not negative.
        currency: In which currency.
        whose: ``side``, ``firm``, ``debtor`` and ``creditor``, as the scheme asks for them.

    Example:
        >>> post("arrived", 5, "EUR", side="A", firm="A1")
        [('bank:A:EUR', 5), ('held:A1:EUR', -5)]
    """
    if amount == 0:
        return []
    invariant(amount > 0, f"a posting of {amount}", error=Unbalanced)
    said = SCHEMES[scheme]
    codes = []
    for account in (said.debit, said.credit):
        kind, _, owner = account.partition(":")
        codes.append(f"{kind}:{whose[owner.lower()]}:{currency}")
    return [(codes[0], amount), (codes[1], -amount)]


def source_account(purpose: str, currency: str, *, side: str, firm: str = "") -> str:
    """Return the journal account a payment is made from.

    Args:
        purpose: ``settlement``, ``return``, or one of :data:`FUNDS`.
        currency: In which currency.
        side: Whose bank account pays.
        firm: Whose money it is; empty for what a side holds for others.

    Example:
        >>> source_account("settlement", "EUR", side="A", firm="A1")
        'due:A1:EUR'
        >>> source_account("return", "EUR", side="A")
        'suspense:A:EUR'
    """
    if purpose == "settlement":
        return f"due:{firm}:{currency}"
    if purpose == "return":
        return f"held:{firm}:{currency}" if firm else f"suspense:{side}:{currency}"
    return f"{purpose}:{side}:{currency}"


LEAVES = {"due": "paid", "held": "returned", "suspense": "suspense_returned",
          "working": "working_out", "pool": "pool_out", "capital": "capital_out",
          "revaluation": "revaluation_out"}  # fmt: skip
BACK = {"due": "paid_back", "held": "returned_back", "working": "working_back",
        "pool": "pool_back", "capital": "capital_back",
        "revaluation": "revaluation_back"}  # fmt: skip
LEFT = {"due": "left_before", "held": "return_left_before",
        **{fund: f"{fund}_left_before" for fund in FUNDS}}  # fmt: skip
"""The scheme of a payment, of what a bank gave back of it (what was in suspense is there again by
itself), and of one that left before a restore; by the kind of account it is made from."""


def post_payment(
    schemes: Mapping[str, str], source: str, amount: int, side: str
) -> list[tuple[str, int]]:
    """Return the postings of a payment by the account it is made from.

    Args:
        schemes: :data:`LEAVES`, :data:`BACK` or :data:`LEFT`.
        source: The account.
        amount: How much, above nought.
        side: Whose bank account pays.

    Example:
        >>> post_payment(LEAVES, "due:A1:EUR", 5, "A")
        [('due:A1:EUR', 5), ('bank:A:EUR', -5)]
        >>> post_payment(BACK, "suspense:A:EUR", 5, "A")
        []
    """
    kind, _, rest = source.partition(":")
    owner, _, currency = rest.rpartition(":")
    if kind not in schemes:
        return []
    return post(schemes[kind], amount, currency, side=side, firm=owner)


def post_left(source: str, amount: int, left: int, side: str) -> list[tuple[str, int]]:
    """Return the postings of a payment of which the bank may have paid another amount.

    What was too little stays with whoever it is owed to; what was too much is missing.

    Args:
        source: The account it is made from.
        amount: What two people let go, above nought.
        left: What left, above nought.
        side: Whose bank account pays.

    Example:
        >>> post_left("due:A1:EUR", 5, 3, "A")
        [('due:A1:EUR', 3), ('bank:A:EUR', -3), ('due:A1:EUR', 2), ('held:A1:EUR', -2)]
        >>> post_left("due:A1:EUR", 5, 6, "A")
        [('due:A1:EUR', 5), ('bank:A:EUR', -5), ('suspense:A:EUR', 1), ('bank:A:EUR', -1)]
    """
    kind, _, rest = source.partition(":")
    owner, _, currency = rest.rpartition(":")
    lines = post_payment(LEAVES, source, min(amount, left), side)
    if kind == "due":
        lines += post("paid_less", max(0, amount - left), currency, firm=owner)
    return lines + post("paid_more", max(0, left - amount), currency, side=side)


WAITS: dict[str, str] = {
    "": "it is ready, released or paid",
    "cover": "the money is not there: border money or a working balance must come first",
    "house review": "not in this payment: house review",
    "account": "there is no account it may be paid to yet",
    "suspended": "the participant is suspended",
    "default": "the participant is in default, and nobody has let its estate be paid",
    "doubt": "the bank says that it refused an earlier payment of it, and that it paid it",
    "restore": "a payment of another amount left before the house was restored",
}
"""Why a pay-out waits."""

END_TO_END_LENGTH = 35
"""How many characters a bank carries from payer to payee (ISO 20022)."""


def end_to_end_id(*parts: str) -> str:
    """Return the id a payment carries to the bank: the same for the same debt.

    Example:
        >>> end_to_end_id("2026-01", "A2", "EUR", "1")
        '2026-01/A2/EUR/1'
        >>> len(end_to_end_id("2026-01", "A" * 40, "EUR", "1"))
        32
    """
    plain = "/".join(parts)
    if len(plain) <= END_TO_END_LENGTH and re.fullmatch(r"[A-Za-z0-9/:().,'+ -]+", plain):
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


# ---- pay-ins -----------------------------------------------------------------------------------


class Arrival(NamedTuple):
    """What becomes of money that came for a pay-in.

    Attributes:
        repaid: Goes to the pool, which had covered so much.
        held: Is the pay-in's.
        over: Is nobody's yet.
    """

    repaid: int
    held: int
    over: int


def place_arrival(
    amount: int, *, due: int, arrived: int, covered: int, is_open: bool
) -> Arrival:
    """Divide money that came for a pay-in.

    The pool is repaid first; then the pay-in is filled as long as its cycle is not planned.

    Args:
        amount: What came, above nought.
        due: What was called.
        arrived: What had arrived of it before.
        covered: What the pool covers of it.
        is_open: Whether its cycle is not planned yet.

    Example:
        >>> place_arrival(70, due=100, arrived=60, covered=0, is_open=True)
        Arrival(repaid=0, held=40, over=30)
        >>> place_arrival(70, due=100, arrived=40, covered=60, is_open=False)
        Arrival(repaid=60, held=0, over=10)
    """
    repaid = min(amount, covered)
    held = min(amount - repaid, due - arrived - covered) if is_open else 0
    return Arrival(repaid, held, amount - repaid - held)


class Use(NamedTuple):
    """What becomes of a pay-in when its cycle is settled.

    Attributes:
        uncovered: Goes back to the pool.
        left: Is returned to the participant.
    """

    uncovered: int
    left: int


def use_pay_in(arrived: int, covered: int, used: int) -> Use:
    """Return what is not needed of a pay-in: the pool's part first, then the participant's.

    Example:
        >>> use_pay_in(40, 60, 70)
        Use(uncovered=30, left=0)
    """
    spare = arrived + covered - used
    invariant(spare >= 0, "more of a pay-in is used than came", error=Unbalanced)
    uncovered = min(covered, spare)
    return Use(uncovered, spare - uncovered)


WAIT, POOL, RECAST = "wait", "pool", "recast"


def after_deadline(
    rule: MissedPayIn,
    now: datetime.datetime,
    deadline: datetime.datetime,
    grace_end: datetime.datetime,
    *,
    only_defaults: bool,
) -> str:
    """Return what the rules do about pay-ins that have not come: ``wait``, ``pool``, ``recast``.

    Args:
        rule: The house's rule.
        now: The time.
        deadline: By when they had to come.
        grace_end: Until when a queue waits.
        only_defaults: Whether all that is missing is that of participants in default, for whom
            nobody waits.

    Example:
        >>> at = [datetime.datetime(2026, 2, day, tzinfo=datetime.UTC) for day in (5, 6, 9)]
        >>> after_deadline(MissedPayIn("queue", 2), at[1], at[0], at[2], only_defaults=False)
        'wait'
    """
    until = grace_end if rule.rule == "queue" else deadline
    if now < until and not only_defaults:
        return WAIT
    return POOL if rule.rule == "pool" else RECAST


def draw_pool(missing: Mapping[int, int], free: int) -> dict[int, int]:
    """Return what a pool covers of which pay-ins: the smallest first, so that most are whole.

    Args:
        missing: What is missing of each pay-in.
        free: What the pool has.

    Example:
        >>> draw_pool({1: 50, 2: 20, 3: 40}, 70)
        {2: 20, 3: 40, 1: 10}
    """
    drawn = dict[int, int]()
    for number, amount in sorted(missing.items(), key=lambda item: (item[1], item[0])):
        part = min(amount, free)
        if part > 0:
            drawn[number] = part
            free -= part
    return drawn


# ---- cover -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SideAccount:
    """One bank account of a side, and whose the money on it is.

    Attributes:
        bank: What stands on it.
        held: Pay-ins that have not settled anything.
        due: Pay-outs owed and not paid.
        suspense: Money nobody has claimed.
        pool: What the pool holds here, claims on participants not counted.
        working: Working balance left here (at the hub: the union's capital).
        border: What the side owes over its borders; below nought it is owed.
        revaluation: What fixings and rounding brought the side; below nought they cost it.
        limit: How much of the working balance may be drawn.
        missing: What left that nobody let go, and has not come back.
        leaving: Working balance that is about to leave.
        hard_out: Border money that must leave and has not.
        charges: Small differences and charges paid in; below nought what charges cost.
    """

    bank: int = 0
    held: int = 0
    due: int = 0
    suspense: int = 0
    pool: int = 0
    working: int = 0
    border: int = 0
    revaluation: int = 0
    limit: int = 0
    missing: int = 0
    leaving: int = 0
    hard_out: int = 0
    charges: int = 0

    @property
    def border_money(self) -> int:
        """Money here that is other sides'; below nought: what is missing here."""
        return self.border + self.revaluation

    @property
    def drawable(self) -> int:
        """How much of the working balance may be drawn."""
        return max(0, min(self.limit, self.working - self.leaving))

    @property
    def drawn(self) -> int:
        """How much of it is drawn, or promised to pay-outs that are due."""
        return min(self.drawable, max(0, -self.border_money))

    @property
    def short(self) -> int:
        """What is missing for what must leave, until border money comes."""
        return max(0, self.hard_out - self.border_money - self.drawable)

    @property
    def gone(self) -> int:
        """What left for nobody: missing, or charged and not paid in by who bears it."""
        return self.missing + max(0, -self.charges)

    @property
    def cover(self) -> int:
        """What may leave of pay-outs due and hard border money; never negative."""
        return max(0, self.due + self.hard_out - self.short - self.gone)

    @property
    def room(self) -> int:
        """How much more money the account can go without; never negative."""
        return max(0, self.border_money - self.hard_out + self.drawable - self.gone)

    def check(self) -> None:
        """Stop if the account holds other money than it must, or more than can be counted.

        Raises:
            Unbalanced: Whose money it is does not add up to what stands there.
            AmountOverflow: A figure comes to 2**62 minor units.
        """
        owned = self.held + self.due + self.suspense - self.missing + self.pool + self.working
        invariant(
            self.bank == owned + self.border_money + self.charges,
            "what stands on an account is not what it must hold",
            error=Unbalanced,
            details={"bank": self.bank, "owned": owned, "border": self.border_money},
        )
        if any(abs(each) >= LIMIT_MINOR for each in astuple(self)):
            raise AmountOverflow(
                "an account comes to 2**62 minor units or more",
                next_step="undo the line of the bank that cannot be: skontro settlement reverse",
            )


class Wish(NamedTuple):
    """A payment that asks for cover: its number and amount."""

    number: int
    amount: int


def choose_covered(wishes: Iterable[Wish], cover: int) -> tuple[list[Wish], list[Wish]]:
    """Divide payments into those that cover lets go and those that wait: the smallest go first.

    A payment goes whole or not at all.

    Example:
        >>> choose_covered([Wish(1, 50), Wish(2, 20), Wish(3, 40)], 65)
        ([Wish(number=2, amount=20), Wish(number=3, amount=40)], [Wish(number=1, amount=50)])
    """
    go, wait = list[Wish](), list[Wish]()
    for wish in sorted(wishes, key=lambda one: (one.amount, one.number)):
        if wish.amount <= cover:
            go.append(wish)
            cover -= wish.amount
        else:
            wait.append(wish)
    return go, wait


def shave(amounts: Mapping[int, int], short: int) -> dict[int, int]:
    """Lower pay-outs by what rounding left an account short of: a minor unit each, largest first.

    Pay-ins and pay-outs are each rounded by themselves, so that together they can miss the exact
    sum. Nobody loses more than a minor unit until everybody has lost one.

    Args:
        amounts: What each would be paid, above nought.
        short: What is missing, no more than they all have together.

    Example:
        >>> shave({1: 50, 2: 20, 3: 40}, 2)
        {1: 49, 2: 20, 3: 39}
    """
    lowered = dict(amounts)
    while short > 0:
        row = sorted((one for one in lowered if lowered[one]), key=lambda one: (-lowered[one], one))
        invariant(bool(row), "more is missing than is to be paid", error=Unbalanced)
        for one in row[:short]:
            lowered[one] -= 1
        short -= min(short, len(row))
    return lowered
