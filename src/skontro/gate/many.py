# SPDX-License-Identifier: Apache-2.0
"""Screening many subjects: a quick look that spares most of them, and several processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import string
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
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
    may_be_generic,
    near_generic,
    run_key,
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
    bare_bones,
    bones_of_sound,
    may_be_known,
    parts_of,
    sound_of,
    words_of,
)  # fmt: skip
from .screened import CLEAR, Screened
from .words import known_words

SPACES = str.maketrans(
    dict.fromkeys(string.punctuation + "\t\n\r\x0b\x0c", " ") | dict.fromkeys("'`\"")
)
"""Marks that part words, and those that are left out within them."""
VAGUE = {FORM, GENERIC, NUMBER, PARTICLE, PLACE}

MOST_REMEMBERED = 1 << 20
PIECE = 2000
"""How many subjects a process takes at a time."""


class Screener(Protocol):
    """What screens one subject."""

    def screen_one(self, subject: Subject) -> Screened:
        """Screen one subject of many."""


@dataclass(slots=True)
class Seen:
    """What a word is to the lists, whatever name it stands in.

    Attributes:
        touched: Some listed name has a word like it.
        vague: Many have it: it does not say who it is.
        form: It is a legal form.
        doubtful: What it is depends on the name it stands in.
        phrase: The second words of phrases that it begins.
        letters: Its letters.
        crude: Its rough consonants.
        first: Its first letter, where it counts in an abbreviation.
        sure: What it weighs if it says who it is.
        wild: What it weighs if it may be meant for a word that many have.
        cost: What it costs, as a word that many have, where it does not meet.
        mask: Which such word it is.
        small: What it weighs as a legal form, a number, an initial or a small word.
        postings: Names with a word like it.
        starts: Words run together that begin with it may be like some of the lists.
    """

    touched: bool
    vague: bool
    form: bool
    doubtful: bool
    phrase: frozenset[str]
    letters: str
    crude: str
    first: str
    sure: int
    wild: int
    cost: int
    mask: int
    small: int
    postings: Postings
    starts: bool = True


MOST_QUIET = 90
BETWEEN_NAMES = frozenset(
    ("as", "dba", "aka", "fka", "known", "formerly", "vormals", "anciennement", "alias")
)
"""Words by which a name may say that it is several: see ``names_in``."""
BEGINNING = 5
"""By so many of its first consonants it is known that no run of words begins with a word."""
NOTHING: Postings = (EMPTY, EMPTY)
NO_PHRASE = frozenset[str]()


class Sieve:
    """Tells most words that nothing is known of, with little work: what they weigh is the letters.

    It says nothing of a word that means something, or that may: that is looked at in full.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._written, self._sounds = index.keys("="), index.keys("s")
        self._bones, self._sorted = index.keys("b"), index.keys("l")
        self._runs, self._told = index.run_keys(), told_words()

    def plain(self, token: str) -> Seen | None:
        """Return what a word is to the lists, if it is a name and nothing more; else None."""
        if not (token.isalpha() and len(token) > 2) or token in self._told:
            return None
        cut = [token[:at] + token[at + 1 :] for at in range(len(token))]
        if len(token) > 6 and may_be_known(token, cut):
            return None
        postings = NOTHING
        if self._may_meet(token, cut):
            postings = self._index.names_with(word_part(token, False))
        weight = min(100, 55 + 9 * len(token))
        near = may_be_generic(token, cut)
        return Seen(
            touched=len(postings[0]) > 0, vague=False, form=False, doubtful=False, phrase=NO_PHRASE,
            letters=token, crude=crude_of(token), first=token[0], sure=0 if near else weight,
            wild=weight if near else 0, cost=0, mask=0, small=0, postings=postings,
        )  # fmt: skip

    def _may_meet(self, token: str, cut: list[str]) -> bool:
        """Tell whether a word shares a key with one of the lists: see ``keys_of``."""
        written = self._written
        if token in written or token[::-1] in written or not written.isdisjoint(cut):
            return True
        sound = sound_of.__wrapped__(token)  # seldom asked for again
        bones = bones_of_sound(sound)
        if sound in self._sounds or bones in self._bones or "".join(sorted(token)) in self._sorted:
            return True
        if ("y" in token or "w" in token or "j" in token) and bare_bones(token) in self._bones:
            return True
        if len(bones) > 4 and not self._bones.isdisjoint(
            [bones[:at] + bones[at + 1 :] for at in range(len(bones))]
        ):
            return True
        return run_key(token) in self._runs or self._index.is_letters(token)


@cache
def seconds_of(word: str) -> frozenset[str]:
    """Return the second words of phrases that a word begins."""
    if word in ("co", "general", "pty"):
        return NO_PHRASE
    return frozenset(pieces[1] for pieces, _, _ in known_words().phrases.get(word, ()))


@cache
def told_words() -> frozenset[str]:
    """Return every word that means something by itself or begins a phrase."""
    known = known_words()
    return frozenset(ROMAN).union(
        known.phrases, known.forms, known.generic, known.places, known.titles, known.ships,
        known.particles, known.numbers, known.given,
    )  # fmt: skip


class Touches:
    """What can be said of a name before it is told apart: that nothing on the lists is like it."""

    def __init__(self, index: Index, losses: Losses) -> None:
        self._index, self._losses = index, losses
        self._tokens = dict[str, Seen]()
        self._quiet = dict[str, str]()
        self._vague, self._starting = set[str](), set[str]()
        self._sieve, self._known_runs = Sieve(index), index.run_keys()
        self._beginnings = frozenset(
            key[:length] for key in self._known_runs for length in range(3, BEGINNING + 1)
        )

    def is_quiet(self, text: str) -> bool:
        """Tell of a firm's name, with very little work, that nothing on the lists is like it.

        Where it does, :meth:`touches` does not touch; where it does not, nothing is said.

        Args:
            text: The name.
        """
        if not (text.isascii() and text.isprintable() and len(text) < MOST_QUIET) or "/" in text:
            return False
        if "%" in text or not text:
            return False
        if "." in text:
            text = DOTTED.sub("", text)
        tokens, quiet = text.lower().translate(SPACES).split(), self._quiet
        try:
            first = "".join([quiet[token] for token in tokens])
        except KeyError:
            for token in tokens:
                if token not in self._tokens:
                    self._look_at(token)
            if not quiet.keys() >= set(tokens):
                return False
            first = "".join([quiet[token] for token in tokens])
        if self._vague.issuperset(tokens):
            return False
        if len(first) > 2 and self._index.is_written(first):
            return False
        if self._starting.isdisjoint(tokens):
            return True
        every = [self._tokens[token] for token in tokens]
        return not self._runs(every, sum(not seen.form for seen in every))

    def touches(self, text: str, kind: str, least: int) -> bool:
        """Tell whether a name has to be looked at to see if it reaches a score.

        When in doubt it has.
        """
        if not text.isascii() or "%" in text or kind == "vessel":
            return True
        if "." in text:
            text = DOTTED.sub("", text)
        tokens, known = text.lower().translate(SPACES).split(), self._tokens
        every = [known.get(token) or self._look_at(token) for token in tokens]
        first, plain, singles = "", 0, 0
        vague, touched, doubtful, telling_touched = True, False, False, False
        for seen in every:
            if len(seen.letters) == 1:
                singles += 1
            if seen.doubtful:
                doubtful = True
            if not seen.form:
                first += seen.first
                plain += 1
            if not seen.vague:
                vague = False
                if seen.touched:
                    telling_touched = touched = True
            elif seen.touched:
                touched = True
        if vague or singles > 2 or (len(first) > 2 and self._index.is_written(first)):
            return True
        if self._runs(every, plain):
            return True
        if doubtful:
            return True
        if kind != "organisation":
            return touched
        if not telling_touched:
            return False
        if any(seen.phrase and after.letters in seen.phrase for seen, after in pairwise(every)):
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

    def _runs(self, every: Sequence[Seen], plain: int) -> bool:
        """Tell whether a run of words, or all, or all but legal forms, is like one of the lists.

        Args:
            every: The words.
            plain: How many of them are no legal form.
        """
        runs, count = self._known_runs, len(every)
        for start, seen in enumerate(every):
            if not seen.starts:
                continue
            crude, letters, vague = seen.crude, seen.letters, seen.vague
            for after in every[start + 1 : start + LONGEST_RUN]:
                crude += after.crude
                letters += after.letters
                vague = vague and after.vague
                if not vague and (crude if len(crude) > 2 else "=" + letters) in runs:
                    return True
        if count <= LONGEST_RUN and not 1 < plain < count:
            return False
        for words in (every, [seen for seen in every if not seen.form]):
            if words and not words[0].starts:
                continue
            if len(words) > LONGEST_RUN or 1 < len(words) < count:
                crude = "".join(seen.crude for seen in words)
                letters = "".join(seen.letters for seen in words)
                if (crude if len(crude) > 2 else "=" + letters) in runs:
                    return True
        return False

    def _look_at(self, token: str) -> Seen:
        seen = self._sieve.plain(token) or self._told(token)
        # What words run together are found by begins as the first of them does.
        seen.starts = len(seen.crude) < 3 or seen.crude[:BEGINNING] in self._beginnings
        if len(self._tokens) > MOST_REMEMBERED:
            self._tokens.clear()
            self._quiet.clear()
        self._tokens[token] = seen
        if seen.vague:
            self._vague.add(token)
        if seen.starts:
            self._starting.add(token)
        is_loud = seen.doubtful or len(seen.letters) < 2 or token in BETWEEN_NAMES
        if not is_loud and (seen.vague or not seen.touched):
            self._quiet[token] = "" if seen.form else seen.first
        return seen

    def _told(self, token: str) -> Seen:
        words = words_of(token, True)
        parts = parts_of(words, False)
        letters = "".join(word.text for word in words)
        named = [part for part in parts if part.role == NAME]
        near = [part for part in named if near_generic(part.text)]
        postings = [self._index.names_with(word_part(word.text, False)) for word in words]
        vague = [part for part in parts if part.role in (GENERIC, PLACE)]
        return Seen(
            touched=any(len(numbers) for numbers, _ in postings),
            vague=not named and all(part.role in VAGUE for part in parts),
            form=any(part.role == FORM for part in parts),
            doubtful=len(parts) != 1 or token in ROMAN
            or any(p.role not in VAGUE | {NAME, INITIAL} for p in parts),
            phrase=seconds_of(letters),
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


MOST_PROCESSES = 8


def processes_allowed() -> int:
    """Return how many processes may screen: one where other threads run beside this one.

    A copy of a process with several threads can wait for ever for what another thread held.
    """
    if threading.active_count() > 1:
        return 1
    return min(os.cpu_count() or 1, MOST_PROCESSES)


# What the processes of one call of `share` or `share_pieces` work on: they are copies of this one.
_work: Callable[[Any], Any] | None = None
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


AHEAD = 3
"""How many pieces wait for each process: what brings them is not far ahead of what works."""


def share_pieces(
    work: Callable[[Any], Any], pieces: Iterable[Any], processes: int
) -> Iterator[Any]:
    """Let several processes work on pieces as they come; yield what came of each, in order.

    Args:
        work: What is done with a piece; the processes are copies of this one and have it.
        pieces: What can be sent to another process.
        processes: How many.
    """
    global _work
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, pieces)
        return
    _work = work
    waiting = deque[Future[Any]]()
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, context, initializer=gc.disable) as pool:
            for piece in pieces:
                waiting.append(pool.submit(_work_piece, piece))
                if len(waiting) > AHEAD * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        _work = None


def _work_piece(piece: Any) -> Any:
    if _work is None:
        raise RuntimeError("a process that is no copy")
    return _work(piece)
