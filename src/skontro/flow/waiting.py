# SPDX-License-Identifier: Apache-2.0
"""What waits for the other party's word: paired, put together, confirmed, held if it stands twice.

Works on columns, so that a handful and a million go the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.flow.contents import changed_among, digests_with_trade
from skontro.flow.gate import digest_rows
from skontro.house.matching import (
    NO_DAY,
    Pairs,
    Said,
    Terms,
    agreed_terms,
    find_suspects,
    match_exact,
    match_near,
)
from skontro.house.obligations import CONTENT_HEADING, CONTENT_WITH_TRADE
from skontro.house.states import BY_BOTH, NOT_YET_DUE
from skontro.house.trade import DIFFER
from skontro.messages.texts import TextNumbers
from skontro.messages.trade_rows import Trades
from skontro.store.bulk import insert_columns, new_numbers
from skontro.store.database import Unit
from skontro.store.obligations import (
    move_many,
    rewrite_many,
    standing_like,
    terms_of,
    unanswered,
    write_events,
)
from skontro.store.schema import obligation

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.house.rules import Tolerance

Int64 = NDArray[np.int64]
Digests = NDArray[np.uint8]

CONTESTED = ("disputed", "credited")
"""States of what one party said and then a party took back: saying it anew is suspect, whoever
does."""


def days_column(day: NDArray[Any]) -> pa.Array:
    """Return days as Arrow's whole numbers, null where none was given."""
    return pa.array(day.astype(np.int32), mask=day == NO_DAY)


class Numbers:
    """Numbers of documents' texts (0 for an empty one) and of currencies, as they turn up."""

    def __init__(self) -> None:
        self._texts = TextNumbers()
        self._texts.add(pa.array([""], pa.large_string()))
        self._codes = dict[str, int]()

    def documents(self, texts: pa.Array) -> Int64:
        """Return the number of each text."""
        return np.asarray(self._texts.add(texts), np.int64)

    def currencies(self, codes: Sequence[str]) -> Int64:
        """Return the number of each code."""
        known = self._codes
        return np.array([known.setdefault(code, len(known)) for code in codes], np.int64)

    @property
    def codes(self) -> pa.Array:
        """The code of each currency by its number."""
        return pa.array(list(self._codes), pa.large_string())


def ranks_of(body: Digests, kind: int) -> Int64:
    """Return what decides among equals: the kind, then the digest of what was said."""
    first = np.ascontiguousarray(body[:, :8]).view(">u8").ravel() >> np.uint64(4)
    return first.astype(np.int64) + (kind << 60)


@dataclass
class Pool:
    """Obligations that are known, as columns of shape (k,)."""

    number: Int64
    said: Said
    document: pa.Array
    currency: pa.Array
    state: NDArray[np.object_]
    amount_minor: Int64
    open_minor: Int64
    flags: Int64

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[Any, ...]], numbers: Numbers) -> Pool:
        """Return rows of the store as columns; those with a digest are ranked by it."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * 13
        number, debtor, creditor, codes, texts, amount, due, paper, said, states, left, flags = (
            columns[:12]
        )
        document = pa.array(texts, pa.large_string())
        state = np.array(states, object)
        waiting = np.isin(state, ["registered", "duplicate"])
        rank = np.array(number, np.int64)
        if len(columns) > 12 and rows:
            body = digest_rows([bytes(one or bytes(32)) for one in columns[12]])
            late = np.where(state == "duplicate", 2, 0).astype(np.int64) << 60
            rank = np.where(waiting, ranks_of(body, 0) + late, rank)
        terms = Said(
            np.array(debtor, np.int64), np.array(creditor, np.int64), numbers.currencies(codes),
            numbers.documents(document), np.array(amount, np.int64), _with_gaps(due),
            _with_gaps(paper), np.array(said, np.int64), rank,
        )  # fmt: skip
        return cls(
            np.array(number, np.int64), terms, document, pa.array(codes, pa.large_string()),
            state, terms.amount_minor, np.array(left, np.int64), np.array(flags, np.int64),
        )  # fmt: skip

    @property
    def may_match(self) -> NDArray[np.bool_]:
        """Which wait for the other party's word."""
        waits = np.isin(self.state, ["registered", "duplicate"])
        return np.asarray(waits & (self.said.said != BY_BOTH), np.bool_)

    @property
    def may_match_near(self) -> NDArray[np.bool_]:
        """Which may be matched within tolerance: registered, and no credit note on them."""
        whole = self.open_minor == self.amount_minor
        return np.asarray(self.may_match & whole & (self.state == "registered"), np.bool_)

    def take(self, rows: Int64) -> Pool:
        """Return some of the rows."""
        return Pool(
            self.number[rows], self.said.take(rows), self.document.take(pa.array(rows)),
            self.currency.take(pa.array(rows)), self.state[rows], self.amount_minor[rows],
            self.open_minor[rows], self.flags[rows],
        )  # fmt: skip


def _with_gaps(days: Sequence[int | None]) -> Int64:
    return np.array([NO_DAY if day is None else day for day in days], np.int64)


def pair_up(
    said: Said, may: NDArray[np.bool_], may_near: NDArray[np.bool_], tolerance: Tolerance | None
) -> tuple[Pairs, int]:
    """Pair what both parties say; return the pairs, and how many of them, the last, are near."""
    rows = np.flatnonzero(may)
    found = match_exact(said.take(rows))
    exact = Pairs(rows[found.debtor], rows[found.creditor])
    if tolerance is None:
        return exact, 0
    free = may_near.copy()
    free[exact.debtor] = False
    free[exact.creditor] = False
    near = match_near(said, free, tolerance)
    both = Pairs(
        np.concatenate([exact.debtor, near.debtor]), np.concatenate([exact.creditor, near.creditor])
    )
    return both, len(near)


def like_detail(number: int) -> str:
    """Return what is written of a suspected double: which one it looks like."""
    return canonical_json({"like": number}).decode()


def write_obligations(
    house: House,
    unit: Unit,
    number: Int64,
    said: Said,
    texts: tuple[pa.Array, pa.Array],
    state: Any,
    flags: Int64 | int = 0,
    *,
    trades: Trades,
) -> Digests:
    """Write obligations that are new; return the digests of their contents.

    Args:
        house: The house.
        unit: The unit of work.
        number: Number of each, shape (n,).
        said: What is said of each.
        texts: Document and currency of each.
        state: State of each.
        flags: Flags of each.
        trades: What each is for.
    """
    document, currency = texts
    due, paper = days_column(said.due_day), days_column(said.document_day)
    digest = digests_with_trade(
        (CONTENT_HEADING, CONTENT_WITH_TRADE), trades,
        pa.array(number), pa.array(said.debtor), pa.array(said.creditor),
        pa.array(said.amount_minor), currency, due, document, paper,
    )  # fmt: skip
    when = pa.array([house.at, None]).take(pa.array((said.said != BY_BOTH) * 1))
    insert_columns(
        unit, obligation,
        {"number": number, "debtor": said.debtor, "creditor": said.creditor,
         "currency": currency, "amount_minor": said.amount_minor, "open_minor": said.amount_minor,
         "due_day": due, "document": document, "document_day": paper, "state": state,
         "flags": flags, "said": said.said, "content_digest": digest,
         "registered_at": house.at, "confirmed_at": when},
    )  # fmt: skip
    house.goods.write(unit, number, trades)
    return digest


def agreed_trades(ours: Trades, theirs: Trades) -> Trades:
    """Return what two parties say together: one's word if the other says nothing, and what the
    gate holds if they differ."""
    both = Trades.joined([ours, theirs])
    here, there = ours.is_said, theirs.is_said
    rows = np.where(here, np.arange(len(ours)), np.arange(len(ours)) + len(ours))
    differ = here & there & ~ours.same_as(theirs)
    return both.take(rows).with_differing(differ, DIFFER)


def join_to(house: House, unit: Unit, numbers: Int64, winners: Int64) -> None:
    """Let obligations be part of others that stand in their place."""
    if not len(numbers):
        return
    rewrite_many(
        unit,
        {"number": numbers, "joined_to": winners, "state": pa.array(["joined"] * len(numbers))},
        {"number": "bigint", "joined_to": "bigint", "state": "text"},
    )
    detail = [canonical_json({"joined_to": number}).decode() for number in winners.tolist()]
    write_events(unit, numbers, "join", house.at, detail=detail)


def same_terms(said: Said, terms: Terms) -> NDArray[np.bool_]:
    """Tell where what was said is just what holds."""
    same = (
        (said.amount_minor == terms.amount_minor)
        & (said.due_day == terms.due_day)
        & (said.document_day == terms.document_day)
    )
    return np.asarray(same, np.bool_)


def _put_together(house: House, unit: Unit, pool: Pool, pairs: Pairs) -> int:
    """Let one obligation stand for two that both parties said; return how many are suspect.

    The content of an obligation never changes: where neither of the two says just what holds, a
    third is opened, and both are part of it.
    """
    if not len(pairs):
        return 0
    terms = agreed_terms(pool.said, pairs)
    debtors, creditors = pool.take(pairs.debtor), pool.take(pairs.creditor)
    of_creditor, of_debtor = (
        house.goods.trades_of(unit, one.number) for one in (creditors, debtors)
    )
    trades = agreed_trades(of_creditor, of_debtor)
    by_creditor = same_terms(creditors.said, terms) & trades.same_as(of_creditor)
    by_debtor = same_terms(debtors.said, terms) & trades.same_as(of_debtor) & ~by_creditor
    anew = np.flatnonzero(~by_creditor & ~by_debtor)
    flags = (debtors.flags | creditors.flags) & ~NOT_YET_DUE
    winners = np.where(by_creditor, creditors.number, debtors.number)
    winners[anew] = new_numbers(unit, obligation, len(anew))
    if len(anew):
        source, agreed = creditors.take(anew), terms.take(anew)
        said = replace(
            source.said, amount_minor=agreed.amount_minor, due_day=agreed.due_day,
            document_day=agreed.document_day,
        )  # fmt: skip
        digest = write_obligations(
            house, unit, winners[anew], said, (source.document, source.currency), "registered",
            flags[anew], trades=trades.take(anew),
        )  # fmt: skip
        with house.database.widened("judging", unit):
            house.gate.judge_columns(
                unit, winners[anew], said.debtor, said.creditor, digest, trades=trades.take(anew),
            )  # fmt: skip
    join_to(house, unit, debtors.number[~by_debtor], winners[~by_debtor])
    join_to(house, unit, creditors.number[~by_creditor], winners[~by_creditor])
    standing = by_creditor | by_debtor
    was = np.where(by_creditor, creditors.flags, debtors.flags)
    other = np.flatnonzero(standing & ((was | flags) != was))
    rewrite_many(
        unit, {"number": winners[other], "flags": (was | flags)[other]},
        {"number": "bigint", "flags": "bigint"},
    )  # fmt: skip
    numbers = Numbers()
    mine = Pool.of_rows(terms_of(unit, winners), numbers)
    return confirm_many(house, unit, mine, numbers, np.zeros(len(winners), np.int64))


def confirm_many(
    house: House, unit: Unit, mine: Pool, numbers: Numbers, by: Int64, *,
    person: str | None = None,
) -> int:  # fmt: skip
    """Confirm obligations that one party had said; hold those that then stand twice.

    Args:
        house: The house.
        unit: The unit of work.
        mine: Obligations that are registered, or held as suspected doubles; each once.
        numbers: What their documents and currencies are numbered by.
        by: Who says yes, shape (n,); nought for nobody in particular.
        person: Who of the house took it in, if one did.

    Returns:
        How many became suspected doubles.
    """
    if len(mine.number) == 0:
        return 0
    others = Pool.of_rows(standing_like(unit, mine.number), numbers)
    is_free = mine.state == "registered"
    said = replace(mine.said, said=np.full(len(mine.said), BY_BOTH), rank=mine.number)
    before = replace(others.said, rank=others.number - (1 << 62))
    is_new = np.concatenate([np.zeros(len(before), np.bool_), is_free])
    like = find_suspects(Said.joined([before, said]), is_new)[len(before) :]
    seen = np.concatenate([others.number, mine.number])
    suspects = np.flatnonzero(like >= 0)
    stands: dict[str, Any] = {"said": BY_BOTH, "confirmed_at": house.at}
    move_many(unit, mine.number[is_free & (like < 0)], stands | {"state": "confirmed"})
    move_many(unit, mine.number[~is_free | (like >= 0)], stands | {"state": "duplicate"})
    events = house.events
    events.of_obligations(unit, "obligation.confirmed", mine.number[is_free & (like < 0)])
    order = np.argsort(mine.number)
    write_events(
        unit, mine.number[order], "confirm", house.at, detail="{}",
        by_participant=pa.array(by[order], mask=by[order] == 0), person=person,
    )  # fmt: skip
    write_events(
        unit, mine.number[suspects], "suspect", house.at,
        detail=[like_detail(one) for one in seen[like[suspects]].tolist()],
    )  # fmt: skip
    return len(suspects)


def match_waiting(house: House, unit: Unit, tolerance: Tolerance) -> dict[str, int]:
    """Match all that waits for an answer, exactly and then within tolerance. What the tables do
    not say as it was said goes on waiting.

    Args:
        house: The house.
        unit: The unit of work.
        tolerance: How far two parties' words may differ.

    Returns:
        How many pairs were found, how many of them near, and how many are suspected doubles.
    """
    pool = Pool.of_rows(unanswered(unit), Numbers())
    waiting = pool.state == "registered"
    pairs, near = pair_up(
        pool.said, pool.may_match_near & waiting, pool.may_match_near, tolerance
    )
    is_near = np.arange(len(pairs)) >= len(pairs) - near
    if len(pairs):
        whole = [~changed_among(house, unit, pool.number[one])
                 for one in (pairs.debtor, pairs.creditor)]  # fmt: skip
        pairs, is_near = pairs.take(whole[0] & whole[1]), is_near[whole[0] & whole[1]]
    suspects = _put_together(house, unit, pool, pairs)
    return {"matched": len(pairs), "near": int(is_near.sum()), "duplicates": suspects}
