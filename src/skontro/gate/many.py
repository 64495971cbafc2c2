# SPDX-License-Identifier: Apache-2.0
"""Screening many subjects: a quick look that spares most of them, and several processes."""

from __future__ import annotations

import multiprocessing
import re
import string
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from .candidates import LONGEST_RUN, Index, crude_of, word_part
from .entries import Subject
from .names import FORM, GENERIC, NAME, NUMBER, PARTICLE, PLACE, parts_of, words_of
from .screened import CLEAR, Screened

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
        touched: Some listed name has a word like it, or it has to be looked at in its name.
        vague: Many have it: it does not say who it is.
        form: It is a legal form.
        letters: Its letters.
        crude: Its rough consonants.
        first: Its first letter, where it counts in an abbreviation.
    """

    touched: bool
    vague: bool
    form: bool
    letters: str
    crude: str
    first: str


class Touches:
    """What can be said of a name before it is told apart: that nothing on the lists is like it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._tokens = dict[str, Seen]()

    def touches(self, text: str, kind: str) -> bool:
        """Tell whether a name has to be looked at; when in doubt it has."""
        if not text.isascii() or "%" in text or re.search(r"\\.\\w", text):
            return True
        tokens = text.lower().translate(SPACES).split()
        single = vague = 0
        every, plain = list[Seen](), list[Seen]()
        first = ""
        for token in tokens:
            seen = self._tokens.get(token)
            if seen is None:
                seen = self._look_at(token)
            if seen.touched and not (seen.vague and kind == "organisation"):
                return True
            single += len(token) == 1
            vague += seen.vague
            every.append(seen)
            if not seen.form:
                plain.append(seen)
                first += seen.first
        if single > 2 or vague == len(tokens) or kind == "vessel":
            return True
        if len(first) > 2 and self._index.is_written(first):
            return True
        return self._runs(every, plain)

    def _runs(self, every: Sequence[Seen], plain: Sequence[Seen]) -> bool:
        for start in range(len(every)):
            crude, letters = every[start].crude, every[start].letters
            for stop in range(start + 1, min(start + LONGEST_RUN, len(every))):
                crude += every[stop].crude
                letters += every[stop].letters
                if self._index.is_run(crude if len(crude) > 2 else "=" + letters):
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
        touched = any(self._index.is_word(word_part(word.text, False)) for word in words)
        if any(part.role not in VAGUE | {NAME} for part in parts) and len(token) > 1:
            touched = True
        letters = "".join(word.text for word in words)
        seen = Seen(
            touched=touched,
            vague=all(part.role in VAGUE for part in parts),
            form=any(part.role == FORM for part in parts),
            letters=letters,
            crude=crude_of(letters),
            first="".join(part.text[0] for part in parts if part.role not in (FORM, PARTICLE)),
        )
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
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
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
