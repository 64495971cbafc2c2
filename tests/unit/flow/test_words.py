# SPDX-License-Identifier: Apache-2.0
"""Whether an obligation is what the words of its parties come to, put together within tolerance."""

from __future__ import annotations

import pytest

from skontro.flow.times import day_text
from skontro.flow.words import Content, Word, comes_of
from skontro.house.obligations import SAID_HEADING, SAID_WITH_TRADE, text_digest

IDS = {1: "A1", 2: "B1", 3: "B2"}
TRADE = ("goods", "3004", "P 1")
DUE, PAPER = 20_463, 20_432
ROW = Content(5, 1, 2, 99_95, "EUR", DUE, "inv 1", PAPER)
DAYS, FAR = 4, 5


@pytest.fixture(autouse=True)
def _few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two dates of one document are at most five days apart: each day more is tried many times."""
    monkeypatch.setattr("skontro.flow.words._PAPER_DAYS", FAR)


def word(
    sender: int, amount: int, *, due: int | None = DUE, paper: int | None = PAPER,
    trade: tuple[str, ...] = (), document: str = "inv 1", currency: str = "EUR",
    parties: tuple[int, int] = (1, 2),
) -> Word:  # fmt: skip
    """What a party said."""
    body = text_digest(
        SAID_WITH_TRADE if trade else SAID_HEADING, IDS[sender], f"ref {sender}", IDS[parties[0]],
        IDS[parties[1]], amount, currency, None if due is None else day_text(due), document,
        None if paper is None else day_text(paper), *trade,
    )  # fmt: skip
    return Word(sender, f"ref {sender}", amount, body)


CREDITOR = word(2, 100_00, trade=TRADE)


def comes(*words: Word, row: Content = ROW, trade: tuple[str, ...] = TRADE) -> bool:
    return comes_of(row, trade, words, IDS, DAYS)


@pytest.mark.parametrize("debtor", [
    word(1, 99_95), word(1, 99_95, trade=TRADE), word(1, 99_95, due=DUE - 3),
    word(1, 99_95, due=DUE - DAYS), word(1, 99_95, due=None), word(1, 99_95, paper=PAPER + 2),
    word(1, 99_95, paper=PAPER - FAR), word(1, 99_95, paper=None),
])  # fmt: skip
def test_words_that_were_put_together(debtor: Word) -> None:
    """The lower amount, the later due date, the creditor's paper and what it is for: whatever the
    debtor said of these otherwise, and whichever word is looked at first."""
    assert comes(CREDITOR, debtor)
    assert comes(debtor, CREDITOR)


@pytest.mark.parametrize("words", [
    pytest.param([], id="nobody said anything"),
    pytest.param([word(1, 99_95)], id="nobody said what it is for"),
    pytest.param([CREDITOR], id="nobody said so little"),
    pytest.param([CREDITOR, word(1, 99_94)], id="somebody said less"),
    pytest.param([CREDITOR, word(1, 99_95, due=DUE - DAYS - 1)], id="due far earlier"),
    pytest.param([CREDITOR, word(1, 99_95, due=DUE + 1)], id="due later"),
    pytest.param([CREDITOR, word(1, 99_95, paper=PAPER - FAR - 1)], id="a paper of another time"),
    pytest.param([CREDITOR, word(1, 99_95, document="inv 2")], id="another document"),
    pytest.param([CREDITOR, word(1, 99_95, currency="INR")], id="another currency"),
    pytest.param([CREDITOR, word(1, 99_95, parties=(1, 3))], id="another creditor"),
    pytest.param([CREDITOR, word(1, 99_95, trade=("services", "x", ""))], id="for something else"),
    pytest.param([CREDITOR, word(1, 99_95), word(3, 200_00, due=DUE + 9)], id="a third word"),
    pytest.param([word(2, 100_00, trade=TRADE, due=DUE - 1), word(1, 99_95, due=DUE - 3)],
                 id="due when nobody said"),
    pytest.param([word(2, 100_00, trade=TRADE, paper=None), word(1, 99_95, paper=PAPER + 2)],
                 id="a paper of a day that nobody said"),
    pytest.param([word(2, 100_00, trade=TRADE, paper=PAPER + 2), word(1, 99_95)],
                 id="the debtor's paper"),
    pytest.param([CREDITOR, word(1, 99_95)._replace(body=bytes(32))], id="a word of other digest"),
    pytest.param([CREDITOR, word(1, 99_95)._replace(reference="ref 9")], id="another reference"),
    pytest.param([word(2, 99_95)._replace(amount_minor=99_95, body=CREDITOR.body), word(1, 100_00)],
                 id="an amount that was written beside the digest"),
])  # fmt: skip
def test_words_that_come_to_something_else(words: list[Word]) -> None:
    assert not comes(*words)
    assert not comes(*words[::-1])


def test_without_dates_or_goods() -> None:
    """What no word has, the obligation has not either."""
    bare = ROW._replace(due_day=None, document_day=None)
    said = [word(2, 100_00, due=None, paper=None), word(1, 99_95, due=None, paper=None)]
    assert comes(*said, row=bare, trade=())
    assert not comes(*said)
    assert not comes(*said, trade=())
    assert not comes(*said, row=bare)
    assert not comes(CREDITOR, word(1, 99_95), row=bare)
