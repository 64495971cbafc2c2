# SPDX-License-Identifier: Apache-2.0
"""What the tables say of obligations, held against the parties' own words.

A party's word is kept as a digest of all it said, in the registration it was taken in with. So a
content that was rewritten together with its own digest is still not what anybody said. Most
obligations say just what one of the two parties said. One that was put together within tolerance
takes the lower amount, the later due date and the creditor's paper: each word is then found again
by trying what it may have said apart from that. One that makes good an earlier one is what the
note or the act behind it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.flow.times import day_text
from skontro.house.obligations import SAID_HEADING, SAID_WITH_TRADE, text_digest
from skontro.house.trade import DIFFER
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.obligations import joined_words, opposites_among, words_of
from skontro.store.rows import find, find_all
from skontro.store.schema import obligation, obligation_event
from skontro.store.verdicts import participant_rows

if TYPE_CHECKING:
    from skontro.flow.contents import DigestsWithTrade
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
Digests = NDArray[np.uint8]

_DUE_DAYS = 60
"""How much earlier a word may have been due that was put together with another, at least."""
_PAPER_DAYS = 400
"""How far apart the two parties' dates of one document may be."""


class Word(NamedTuple):
    """What a party said of an obligation: who, under which reference, how much, and its digest."""

    sender: int
    reference: str
    amount_minor: int
    body: bytes


class Content(NamedTuple):
    """What the tables say of an obligation, what it is for aside."""

    number: int
    debtor: int
    creditor: int
    amount_minor: int
    currency: str
    due_day: int | None
    document: str
    document_day: int | None


def not_said(
    house: House, unit: Unit, kept: Mapping[str, Any], trades: Trades, digest: Digests,
    digests_of: DigestsWithTrade,
) -> NDArray[np.bool_]:  # fmt: skip
    """Tell which obligations say what does not come of the parties' words, shape (m,).

    Args:
        house: The house.
        unit: The unit of work.
        kept: Columns of their contents, by number.
        trades: What they are for.
        digest: Digest of the content of each, shape (m, 32).
        digests_of: How contents are digested: ``contents.digests_with_trade``.
    """
    number, words = kept["number"], words_of(unit, kept["number"])
    ids = _ids(unit, np.concatenate([kept["debtor"], kept["creditor"]]))
    place = np.searchsorted(number, words["obligation"])
    is_creditors = words["sender"] == kept["creditor"][place]
    order = np.lexsort((~is_creditors, words["obligation"]))
    starts = np.r_[True, place[order][1:] != place[order][:-1]] if len(order) else order == 0
    turn = np.arange(len(order)) - np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    said = np.zeros(len(number), np.bool_)
    for each in range(int(turn.max(initial=-1)) + 1):
        rows = order[turn == each]
        rows = rows[~said[place[rows]]]
        if not len(rows):
            break
        of, some = place[rows], pa.array(place[rows])
        body = digests_of(
            (SAID_HEADING, SAID_WITH_TRADE), trades.take(of),
            ids.take(pa.array(words["sender"][rows])), words["reference"].take(pa.array(rows)),
            ids.take(pa.array(kept["debtor"][of])), ids.take(pa.array(kept["creditor"][of])),
            pa.array(kept["amount_minor"][of]), kept["currency"].take(some),
            kept["due_day"].take(some).cast(pa.date32()), kept["document"].take(some),
            kept["document_day"].take(some).cast(pa.date32()),
        )  # fmt: skip
        said[of] = (body == words["body_digest"][rows]).all(axis=1)
    left = np.flatnonzero(~said)
    if len(left):
        some = {name: column[left] if isinstance(column, np.ndarray) else
                column.take(pa.array(left)) for name, column in kept.items()}  # fmt: skip
        said[left] = _each(house, unit, some, trades.take(left), digest[left], words)
    return ~said


def _ids(unit: Unit, firms: Int64) -> pa.Array:
    """Return the id of each firm by its number."""
    known = participant_rows(unit, np.unique(firms).tolist())
    ids = [""] * (int(firms.max(initial=0)) + 1)
    for firm, name in known:
        ids[firm] = name
    return pa.array(ids, pa.large_string())


def _each(
    house: House, unit: Unit, kept: Mapping[str, Any], trades: Trades, digest: Digests,
    words: Mapping[str, Any],
) -> list[bool]:  # fmt: skip
    """Tell of obligations that say no single word whole whether they come of several, or make
    good another."""
    numbers = kept["number"]
    own = dict[int, list[Word]]()
    for place in np.flatnonzero(np.isin(words["obligation"], numbers)).tolist():
        own.setdefault(int(words["obligation"][place]), []).append(Word(
            int(words["sender"][place]), str(words["reference"][place].as_py()),
            int(words["amount_minor"][place]), words["body_digest"][place].tobytes(),
        ))  # fmt: skip
    for number, sender, reference, amount_minor, body in joined_words(unit, numbers):
        own.setdefault(number, []).append(Word(sender, reference, amount_minor, body))
    firms = np.unique(np.concatenate([kept["debtor"], kept["creditor"]])).tolist()
    ids, opposites = dict(participant_rows(unit, firms)), opposites_among(unit, numbers)
    days = max(_DUE_DAYS, house.rules.matching.due_days)
    columns = (column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
               for column in (kept[name] for name in Content._fields))  # fmt: skip
    found = list[bool]()
    for place, (content, trade) in enumerate(
        zip(map(Content._make, zip(*columns, strict=True)), trades.all_digested(), strict=True)
    ):
        said = own.get(content.number, [])
        if trade and trade[0] == DIFFER.terms:
            found.append(True)  # no kind of trade: the gate holds it
        elif content.number in opposites:
            of = opposites[content.number]
            found.append(_makes_good(unit, content, of, said, digest[place].tobytes()))
        else:
            found.append(comes_of(content, trade, said, ids, days))
    return found


def comes_of(
    row: Content, trade: Sequence[str | int | None], words: Sequence[Word], ids: Mapping[int, str],
    days: int,
) -> bool:  # fmt: skip
    """Tell whether an obligation is what the parties' words come to, put together.

    Args:
        row: The obligation.
        trade: What it is for, as digests take it.
        words: What the parties said of it.
        ids: Ids of firms by number.
        days: How much earlier one of them may be due.
    """
    if not words or min(word.amount_minor for word in words) != row.amount_minor:
        return False
    dues = [row.due_day]
    if row.due_day is not None:
        dues += [None, *(row.due_day - many for many in range(1, days + 1))]
    trades = [tuple(trade), ()] if trade else [()]
    seen = list[tuple[Any, ...]]()
    for word in words:
        papers = [row.document_day] if row.document_day is None else [row.document_day, None]
        one = _said(row, word, ids, product(papers, dues, trades))
        if one is None and word.sender == row.debtor:
            one = _said(row, word, ids, product(_far(row.document_day), dues, trades))
        if one is None:
            return False
        seen.append(one)
    whole = (row.document_day, row.due_day, tuple(trade))
    return all(any(one[place] == part for one in seen) for place, part in enumerate(whole))


def _far(day: int | None) -> list[int]:
    """Return what the date of a document may be besides in a debtor's word, the nearest first."""
    if day is None:
        return []
    return [day + sign * many for many in range(1, _PAPER_DAYS + 1) for sign in (1, -1)]


def _said(
    row: Content, word: Word, ids: Mapping[int, str], may: Iterable[tuple[Any, ...]]
) -> tuple[Any, ...] | None:
    """Return what a party said of date, due date and trade, among what it may have said."""
    for paper, due, trade in may:
        body = text_digest(
            SAID_WITH_TRADE if trade else SAID_HEADING, ids[word.sender], word.reference,
            ids[row.debtor], ids[row.creditor], word.amount_minor, row.currency,
            None if due is None else day_text(due), row.document,
            None if paper is None else day_text(paper), *trade,
        )  # fmt: skip
        if body == word.body:
            return paper, due, trade
    return None


def _makes_good(
    unit: Unit, row: Content, earlier: int, words: Sequence[Word], digest: bytes
) -> bool:
    """Tell whether an obligation makes good an earlier one as the note or act behind it says."""
    of = find(unit, obligation, number=earlier)
    back = (row.creditor, row.debtor, row.currency)
    if of is None or (of.debtor, of.creditor, of.currency) != back:
        return False
    if any(word.body != digest or word.amount_minor != row.amount_minor for word in words):
        return False
    events = find_all(unit, obligation_event, obligation=of.number, event="oppose")
    mine = [one for one in events if json.loads(one.detail).get("opposite") == row.number]
    return [one.amount_minor for one in mine] == [row.amount_minor]
