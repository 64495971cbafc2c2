# SPDX-License-Identifier: Apache-2.0
"""Screening many subjects: a quick look that spares most of them, and several processes."""

from __future__ import annotations

import gc
import multiprocessing
import string
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from .candidates import (
    EMPTY,
    LONGEST_RUN,
    SMALL,
    Bulk,
    Index,
    Losses,
    Postings,
    crude_of,
    near_generic,
    vague_bit,
    word_part,
)  # fmt: skip
from .entries import Subject
from .names import (
    DOTTED,
    FORM,
    GENERIC,
    INITIAL,
    NAME,
    NUMBER,
    PARTICLE,
    PLACE,
    ROMAN,
    parts_of,
    words_of,
)  # fmt: skip
from .screened import CLEAR, Screened
from .words import known_words

SPACES = str.maketrans(
    dict.fromkeys(string.punctuation + "\t\n\r\x0b\x0c", " ") | dict.fromkeys("'`\"")
)
VAGUE = {FORM, GENERIC, NUMBER, PARTICLE, PLACE}


MOST_REMEMBERED = 1 << 20
PIECE = 2000
"""How many subjects a process takes at a time."""


class Screener(Protocol):
    """What screens one subject."""

    def screen_one(self, subject: Subject) -> Screened:
        """Screen one subject of many."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a word is to the lists, whatever name it stands in.

    Attributes:
        touched: Some listed name has a word like it.
        vague: Many have it: it does not say who it is.
        form: It is a legal form.
        doubtful: What it is depends on the name it stands in.
        phrase: It can begin a phrase.
        letters: Its letters.
        crude: Its rough consonants.
        first: Its first letter, where it counts in an abbreviation.
        sure: What it weighs if it says who it is.
        wild: What it weighs if it may be meant for a word that many have.
        cost: What it costs, as a word that many have, where it does not meet.
        mask: Which such word it is.
        small: What it weighs as a legal form, a number, an initial or a small word.
        postings: Names with a word like it.
    """

    touched: bool
    vague: bool
    form: bool
    doubtful: bool
    phrase: bool
    letters: str
    crude: str
    first: str
    sure: int
    wild: int
    cost: int
    mask: int
    small: int
    postings: Postings


NOTHING: Postings = (EMPTY, EMPTY)


class Touches:
    """What can be said of a name before it is told apart: that nothing on the lists is like it."""

    def __init__(self, index: Index, losses: Losses) -> None:
        self._index, self._losses = index, losses
        self._tokens = dict[str, Seen]()

    def touches(self, text: str, kind: str, least: int) -> bool:
        """Tell whether a name has to be looked at to see if it reaches a score.

        When in doubt it has.
        """
        if not text.isascii() or "%" in text or kind == "vessel":
            return True
        if "." in text:
            text = DOTTED.sub("", text)
        tokens = text.lower().translate(SPACES).split()
        every = [self._tokens.get(token) or self._look_at(token) for token in tokens]
        plain = [seen for seen in every if not seen.form]
        if all(seen.vague for seen in every) or sum(len(token) == 1 for token in tokens) > 2:
            return True
        first = "".join(seen.first for seen in plain)
        if (len(first) > 2 and self._index.is_written(first)) or self._runs(every, plain):
            return True
        if kind != "organisation":
            return any(seen.touched or seen.doubtful for seen in every)
        if not any(seen.touched and not seen.vague for seen in every):
            return any(seen.doubtful for seen in every)
        if any(seen.doubtful or seen.phrase for seen in every):
            return True
        telling = {seen.letters: seen for seen in every if not seen.vague}
        mask = 0
        for seen in every:
            mask |= seen.mask
        ours = Bulk(
            sum(seen.sure for seen in telling.values()),
            sum({seen.letters: seen.cost for seen in every if seen.vague}.values()),
            mask,
            sum(seen.wild for seen in telling.values()),
            sum(seen.small for seen in every),
        )
        postings = [seen.postings for seen in telling.values()]
        return len(self._index.within(postings, ours, False, least, self._losses)) > 0

    def _runs(self, every: Sequence[Seen], plain: Sequence[Seen]) -> bool:
        for start in range(len(every)):
            crude, letters = every[start].crude, every[start].letters
            vague = every[start].vague
            for stop in range(start + 1, min(start + LONGEST_RUN, len(every))):
                crude += every[stop].crude
                letters += every[stop].letters
                vague = vague and every[stop].vague
                if not vague and self._index.is_run(crude if len(crude) > 2 else "=" + letters):
                    return True
        for words in (every, plain):
            if len(words) > LONGEST_RUN or 1 < len(words) < len(every):
                crude = "".join(seen.crude for seen in words)
                letters = "".join(seen.letters for seen in words)
                if self._index.is_run(crude if len(crude) > 2 else "=" + letters):
                    return True
        return False

    def _look_at(self, token: str) -> Seen:
        words = words_of(token, True)
        parts = parts_of(words, False)
        letters = "".join(word.text for word in words)
        named = [part for part in parts if part.role == NAME]
        near = [part for part in named if near_generic(part.text)]
        postings = [self._index.names_with(word_part(word.text, False)) for word in words]
        vague = [part for part in parts if part.role in (GENERIC, PLACE)]
        seen = Seen(
            touched=any(len(numbers) for numbers, _ in postings),
            vague=not named and all(part.role in VAGUE for part in parts),
            form=any(part.role == FORM for part in parts),
            doubtful=len(parts) != 1 or token in ROMAN
            or any(p.role not in VAGUE | {NAME, INITIAL} for p in parts),
            phrase=token in known_words().phrases and token not in ("co", "general", "pty"),
            letters=letters,
            crude=crude_of(letters),
            first="".join(p.text[0] for p in parts if p.role not in (FORM, PARTICLE)),
            sure=sum(part.weight for part in named) - sum(part.weight for part in near),
            wild=sum(part.weight for part in near),
            cost=sum(p.weight // 2 if p.role == PLACE else p.weight for p in vague),
            mask=vague_bit(vague[0].means) if vague else 0,
            small=sum(part.weight for part in parts if part.role in SMALL),
            postings=postings[0] if postings else NOTHING,
        )  # fmt: skip
        if len(self._tokens) > MOST_REMEMBERED:
            self._tokens.clear()
        self._tokens[token] = seen
        return seen


# What the processes of one call of `share` work on: they are copies of this one.
_matcher: Any = None
_whom: Sequence[Subject] = ()


def share(matcher: Screener, whom: Sequence[Subject], processes: int) -> list[Screened]:
    """Let several processes screen; the same as one after the other.

    Where processes cannot be copied (no ``fork``), one does the work.
    """
    global _matcher, _whom
    if "fork" not in multiprocessing.get_all_start_methods():
        return [matcher.screen_one(subject) for subject in whom]
    _matcher, _whom = matcher, whom
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, context, initializer=gc.disable) as pool:
            found: list[Screened] = [CLEAR] * len(whom)
            for piece in pool.map(_screen_piece, range(0, len(whom), PIECE)):
                for at, screened in piece:
                    found[at] = screened
            return found
    finally:
        _matcher, _whom = None, ()


def _screen_piece(start: int) -> list[tuple[int, Screened]]:
    piece = _whom[start : start + PIECE]
    found = [(start + at, _matcher.screen_one(subject)) for at, subject in enumerate(piece)]
    return [(at, screened) for at, screened in found if screened.faults or screened.matches]
