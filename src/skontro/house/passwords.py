# SPDX-License-Identifier: Apache-2.0
"""Whether a password is guessed easily: how much is left of it without what everybody tries first.

No rule says which characters it must have. Words that are tried first, words of the house and of
the person, rows and columns of a keyboard, sequences and repetition count for little, however they
are spelt; what is left must be as long as a short password of chance.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache

LEAST, MOST = 12, 256
"""Characters a password has."""
LEAST_LEFT = 8
"""How much must be left of it, in characters."""
_FEWEST_DIFFERENT = 5
_RUN = 4
"""So many keys or letters in a row are a run; it counts for two characters."""
_SPELT = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a",
                        "$": "s", "!": "i", "€": "e"})  # fmt: skip
_ROWS = (("`1234567890-=", 0), ("qwertyuiop[]", 6), ("asdfghjkl;'", 7), ("zxcvbnm,./", 9))
_KEY = 4
"""Rows of keys, and where each begins; a key is so wide."""
_SHIFTED = str.maketrans('!@#$%^&*()_+{}:"<>?~', "1234567890-=[];',./`")

_TRIED_FIRST = """
    passwort password passwd passphrase passcode kennwort geheim secret secure security login logon
    signin admin administrator root user username guest default changeme change temporary temp
    welcome willkommen bienvenue hello hallo letmein letme iloveyou ilove loveyou love lover forever
    always access master monkey dragon shadow sunshine princess football baseball basketball soccer
    hockey superman batman spiderman starwars pokemon naruto trustno whatever freedom unbelievable
    butterfly flower flowers chocolate cookie cheese banana orange apple purple yellow silver golden
    diamond rainbow summer winter spring autumn sommer herbst fruehling january february march april
    june july august september october november december monday tuesday wednesday thursday friday
    saturday sunday internet computer google facebook microsoft windows linux samsung internet
    michael jennifer jessica christopher matthew daniel andrew joshua ashley charlie thomas robert
    jordan hunter george michelle elizabeth alexander alexandra victoria nicole samantha anthony
    william richard patrick stephanie maria anna peter martin stefan andreas thomas christian
    liverpool chelsea arsenal manchester united barcelona madrid juventus bayern london paris berlin
    america england germany france canada australia mustang ferrari porsche mercedes corvette harley
    yamaha jesus christ church angel angels heaven blessed family mother father brother sister baby
    babygirl friends friend honey sweet sweetheart beautiful gorgeous killer ninja samurai warrior
    champion winner number money business company office finance clearing bank banking account
    payment invoice treasury compliance operator treasurer auditor participant test testing tester
    example sample demo please thanks thank nothing everything something qwerty azerty qwertz
    asdf zxcv qaz wsx edc rfv tgb yhn ujm abc abcd abcdef mypassword my the this that your our
"""
COMMON = tuple(sorted(set(_TRIED_FIRST.split()), key=lambda word: (-len(word), word)))
"""Words that are tried first, the longest first; written here."""


def why_weak(password: str, words: Iterable[str] = ()) -> str:
    """Return why a password is not taken; an empty text if it is.

    Args:
        password: As it was given.
        words: Of the house and the person: names, ids.

    Example:
        >>> why_weak("a few words will do")
        ''
        >>> why_weak("Passw0rd1234!"), why_weak("1qaz2wsx3edc")
        ('it is one of those that are tried first', 'it is one of those that are tried first')
        >>> why_weak("alderbakul2026", ["alder-bakul"])
        'it is one of those that are tried first'
        >>> why_weak("short")
        'a password has 12 to 256 characters'
    """
    if not LEAST <= len(password) <= MOST:
        return f"a password has {LEAST} to {MOST} characters"
    if left_of(password, words) < LEAST_LEFT:
        return "it is one of those that are tried first"
    return ""


def left_of(password: str, words: Iterable[str] = ()) -> int:
    """Return how much is left of a password without what is tried first, in characters.

    Example:
        >>> left_of("qwertyuiop"), left_of("aaaaaaaaaaaaaaa"), left_of("abcabcabcabc")
        (3, 1, 1)
    """
    text = unicodedata.normalize("NFKC", password).casefold()
    own = [part for word in words for part in re.findall(r"\w+", word.casefold()) if len(part) > 2]
    joined = ["".join(re.findall(r"\w", word.casefold())) for word in words]
    known = sorted({*own, *(one for one in joined if len(one) > 2)}, key=lambda one: -len(one))
    readings = (text, text.translate(_SPELT), text.translate(_SPELT).replace("l", "i"))
    least = min(_left(one, [*known, *COMMON]) for one in readings)
    return min(least, least if len(set(text)) >= _FEWEST_DIFFERENT else 1)


def _left(text: str, words: Collection[str]) -> int:
    text = re.sub(r"(.+?)\1+", _once, text)
    for word in words:
        text = text.replace(word, "\0")
    text = re.sub(r"(?:19|20)[0-9]{2}", "\0", text)
    total, place = 0, 0
    while place < len(text):
        length = _run_at(text, place)
        total += 2 if length >= _RUN else length
        place += length
    return total


def _once(found: re.Match[str]) -> str:
    """A repeated part counts once, unless it is a doubled letter of a word."""
    whole, part = found[0], found[1]
    return part if len(part) > 1 or len(whole) > 2 else whole


def _run_at(text: str, place: int) -> int:
    """Return how many characters from a place on are neighbours on a keyboard or in order."""
    best = 1
    for follows in (_is_beside, lambda one, two: ord(two) - ord(one) == 1,
                    lambda one, two: ord(one) - ord(two) == 1):  # fmt: skip
        length = 1
        rest = text[place:]
        while length < len(rest) and follows(rest[length - 1], rest[length]):
            length += 1
        best = max(best, length)
    return best if best >= _RUN else 1


def _is_beside(one: str, two: str) -> bool:
    places = _places()
    at, to = places.get(one.translate(_SHIFTED)), places.get(two.translate(_SHIFTED))
    if at is None or to is None:
        return False
    return abs(at[0] - to[0]) <= _KEY and abs(at[1] - to[1]) <= 1


@cache
def _places() -> dict[str, tuple[int, int]]:
    """Where the keys are: in quarters of a key, and the row."""
    return {
        key: (start + _KEY * number, row)
        for row, (keys, start) in enumerate(_ROWS) for number, key in enumerate(keys)
    }  # fmt: skip
