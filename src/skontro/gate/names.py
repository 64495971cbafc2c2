# SPDX-License-Identifier: Apache-2.0
"""Cleaning names and telling their parts apart; what cannot be compared is said."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from anyascii import anyascii
from rapidfuzz.distance import OSA

from .words import known_words

LONGEST_NAME, MOST_WORDS = 400, 48
"""A name with more marks or words than these is not compared: it is a fault."""

NAME, INITIAL, NUMBER, GENERIC, PLACE, FORM, TITLE, PARTICLE = (
    "name", "initial", "number", "generic", "place", "form", "title", "particle",
)  # fmt: skip

APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼʻʿʾ‛′ˈ\"“”„«»"), None)
"""Left out within words. Quotation marks stand at their ends, where a space is as well."""

LOOKALIKES = {
    "latin": dict(zip(
        "асеорхуіјѕԁһӏԛԝвкмнтгпАВСЕНІЈКМОРЅТХҮԚԜ" + "αοιυνρτκεχηωβΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ɡıɑƅ",
        "aceopxyijsdhlqwbkmhtrnABCEHIJKMOPSTXYQW" + "aoiuvptkexnwbABEZHIKMNOPTYX" + "giab",
        strict=True,
    )),
    "cyrillic": dict(zip(
        "aceopxyijskmhtbABCEHIJKMOPSTXY", "асеорхуіјѕкмнтвАВСЕНІЈКМОРЅТХҮ", strict=True
    )),
    "greek": dict(zip(
        "aoiuvptkexnwbABEZHIKMNOPTYX", "αοιυνρτκεχηωβΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", strict=True
    )),
}  # fmt: skip
TWINS = set("асеорхуіјѕԁһԛԝАВСЕНІЈКМОРЅТХҮԚԜοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
"""Letters of other scripts that cannot be told from a Latin one by eye."""
LATIN_TWINS = {LOOKALIKES["latin"][mark] for mark in TWINS}
GREEK_SOUNDS = (
    ("^μπ", "b"), ("μπ", "mb"), ("^ντ", "d"), ("ντ", "nt"), ("γκ", "g"), ("γγ", "ng"), ("τζ", "j"),
    ("χ", "h"), ("ου", "u"), ("ού", "u"), ("αυ(?=[βγδζλμνρ])", "av"), ("ευ(?=[βγδζλμνρ])", "ev"),
)  # fmt: skip

HEARD = {"ו": "w", "י": "y", "ש": "sh", "פ": "p", "ظ": "z", "ة": "a"}
"""Letters of Hebrew and Arabic that are heard otherwise than they are spelled out elsewhere."""
HEARD_AS = str.maketrans(HEARD)

KOREAN_FAMILIES = {"이": "lee", "박": "park", "최": "choi", "노": "roh", "임": "lim", "우": "woo",
                   "유": "yoo", "류": "ryu", "문": "moon", "리": "ri"}  # fmt: skip
"""Family names of Korea that are written by custom, not by how they sound."""

LEET = str.maketrans("0134578$@", "oleastbsa") | {ord("9"): "g"}
"""Digits and signs that stand for letters inside a word of letters."""

ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10,
         "xi": 11, "xii": 12, "xiii": 13, "xiv": 14, "xv": 15, "xx": 20}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One word of a name, or one phrase that counts as one.

    Attributes:
        text: Latin letters or digits, small.
        role: ``name``, ``initial``, ``number``, ``generic``, ``place``, ``form``, ``title`` or
            ``particle``.
        means: What it stands for: the same for every way to write it; else the text itself.
        sound: How it sounds, roughly: the same for many transliterations.
        bones: The consonants of the sound.
        letters: Its letters in order.
        loose: It comes from a script that leaves vowels or sounds out.
        weight: How much it tells, in hundredths of a name nobody else has.
    """

    text: str
    role: str
    means: str
    sound: str
    bones: str
    letters: str
    loose: bool
    weight: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is after cleaning, before anything is known about it.

    Attributes:
        text: Latin letters and digits, small.
        script: ``latin``, ``foreign`` for other alphabets, ``loose`` for scripts that leave vowels
            or sounds out.
    """

    text: str
    script: str = "latin"


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A name told apart, and what is asked of it again and again.

    Attributes:
        parts: Its parts, words that tell who it is once each.
        said: Its parts as often as they stand there.
        letters: All letters run together, and those without legal forms and titles.
        numbers: What its numbers mean, sorted.
        families: Families of its legal forms, but for the one that goes with all.
        loose: Some part comes from a script that leaves vowels or sounds out.
    """

    parts: tuple[Part, ...]
    said: tuple[Part, ...]
    letters: tuple[str, str]
    numbers: tuple[str, ...]
    families: frozenset[str]
    loose: bool


class Name:
    """A cleaned name: its words, and its parts when it is read as a person's or another's."""

    __slots__ = ("_person", "_plain", "words")

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.words = words
        self._person: Parts | None = None
        self._plain: Parts | None = None

    def parts(self, person: bool) -> Parts:
        """Return its parts; ``person``: trades and places are names there."""
        found = self._person if person else self._plain
        if found is None:
            found = _told_apart(parts_of(self.words, person))
            if person:
                self._person = found
            else:
                self._plain = found
        return found


def _told_apart(parts: tuple[Part, ...]) -> Parts:
    seen = set[tuple[str, str]]()
    kept = list[Part]()
    for part in parts:
        if part.role in (NAME, GENERIC, PLACE) and (part.text, part.role) in seen:
            continue
        seen.add((part.text, part.role))
        kept.append(part)
    every = "".join(part.text.replace(" ", "") for part in parts)
    plain = "".join(p.text.replace(" ", "") for p in parts if p.role not in (FORM, TITLE))
    numbers = tuple(sorted(part.means for part in kept if part.role == NUMBER))
    families = frozenset(part.means for part in kept if part.role == FORM) - {"company"}
    loose = any(part.loose for part in kept)
    return Parts(tuple(kept), parts, (every, plain), numbers, families, loose)


ALSO = re.compile(
    r"(?<!\w)(?:t/a|d/b/a|dba|a/k/a|aka|f/k/a|fka|n/k/a|trading as|doing business as|"
    r"(?:also|formerly|now|previously) known as|formerly|vormals|anciennement|alias)(?!\w)",
    re.IGNORECASE,
)
"""What stands between two names of one party."""


def names_in(text: str) -> tuple[str, ...]:
    """Return a name as it stands, and each of the names in it where it says that there are several.

    Example:
        >>> names_in("Kestrel Foods t/a Old Mill Bakery")[1:]
        ('Kestrel Foods', 'Old Mill Bakery')
        >>> names_in("Old Oak")
        ('Old Oak',)
    """
    if len(text) > LONGEST_NAME or ALSO.search(text) is None:
        return (text,)
    pieces = [piece.strip(" ,;()[]") for piece in ALSO.split(text)]
    told = [piece for piece in pieces if any(map(str.isalnum, piece))]
    return (text, *told)


def faults_of(text: str) -> tuple[str, ...]:
    """Say why a name cannot be compared, or not as it stands; nothing where it can.

    Example:
        >>> faults_of("Old Oak"), faults_of("  "), faults_of("Old\\u200bOak")
        ((), ('a name has nothing to compare',), ('a name has marks that cannot be seen: U+200B',))
    """
    if text.isascii() and text.isprintable() and len(text) <= MOST_WORDS * 2:
        return () if any(map(str.isalnum, text)) else ("a name has nothing to compare",)
    if len(text) > LONGEST_NAME:
        return (f"a name of {len(text)} characters is longer than {LONGEST_NAME}",)
    found = list[str]()
    unseen = sorted({
        mark for mark in text
        if (unicodedata.category(mark)[0] == "C" or mark in "\u2028\u2029\ufffd")
    })  # fmt: skip
    if unseen:
        codes = ", ".join(f"U+{ord(mark):04X}" for mark in unseen[:5])
        found.append(f"a name has marks that cannot be seen: {codes}")
    if re.search(r"[\u0300-\u036f]{4}", unicodedata.normalize("NFD", text)):
        found.append("a name has letters with more than three marks on them")
    words = clean(text)
    if not words:
        found.append("a name has nothing to compare")
    elif len(words) > MOST_WORDS:
        found.append(f"a name of {len(words)} words is longer than {MOST_WORDS}")
    return tuple(found)


def _script(mark: str) -> str:
    code = ord(mark)
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    if 0x370 <= code < 0x400 or 0x1F00 <= code < 0x2000:
        return "greek"
    if 0x400 <= code < 0x530:
        return "cyrillic"
    if 0x530 <= code < 0x590 or 0x10A0 <= code < 0x1100:
        return "alphabet"
    return "loose"


def _one_script(word: str, latin: bool) -> str:
    """Turn letters of other scripts that only look like the word's own into its own."""
    counts = dict[str, int]()
    own = dict[str, int]()
    for mark in word:
        if mark.isalpha():
            script = _script(mark)
            counts[script] = counts.get(script, 0) + 1
    if len(counts) < 2:
        return word
    # Letters that look like no other decide; then the rest of the name; then the more letters.
    for mark in word:
        if mark.isalpha() and mark not in TWINS and mark not in LATIN_TWINS:
            script = _script(mark)
            own[script] = own.get(script, 0) + 1
    order = sorted(
        counts,
        key=lambda s: (-own.get(s, 0), latin != (s == "latin"), -counts[s], s != "latin", s),
    )
    table = LOOKALIKES.get(order[0])
    return word if table is None else "".join(table.get(mark, mark) for mark in word)


@lru_cache(maxsize=1 << 16)
def words_of(token: str, latin: bool) -> tuple[Word, ...]:
    """Turn one run of letters and digits into Latin words, small; ``latin``: so is the rest."""
    if not token.isascii():
        token = _one_script(token, latin)
        if latin and all(mark in TWINS or mark.isdigit() for mark in token):
            token = "".join(LOOKALIKES["latin"].get(mark, mark) for mark in token)
        token = unicodedata.normalize("NFC", token.casefold())
    if token.isascii():
        return _in_pieces(_unleet(token.lower()), "latin")
    scripts = {_script(mark) for mark in token if mark.isalpha()}
    if "loose" in scripts:
        if token.startswith(("ال", "لل")) and len(token) > 3:
            return (Word("al", "loose"), *words_of(token[2:], latin))
        token = _korean(token.translate(HEARD_AS))
        pieces = re.findall(r"[A-Z][a-z']*|[a-z'`0-9]+", anyascii(token))
        texts = ["".join(mark for mark in piece.lower() if mark.isalnum()) for piece in pieces]
        return tuple(w for text in texts if text for w in _in_pieces(_unleet(text), "loose"))
    if "greek" in scripts:
        for old, new in GREEK_SOUNDS:
            token = re.sub(old, new, token)
    text = "".join(mark for mark in anyascii(token).lower() if mark.isalnum())
    return _in_pieces(_unleet(text), "latin" if scripts <= {"latin"} else "foreign")


def _korean(token: str) -> str:
    """Write the family name of a Korean name as it is by custom."""
    if 2 <= len(token) <= 4 and all("가" <= mark <= "힣" for mark in token):
        family = KOREAN_FAMILIES.get(token[0])
        if family is not None:
            return family.capitalize() + token[1:]
    return token


def _in_pieces(text: str, script: str) -> tuple[Word, ...]:
    """Take a number off the end of a word: Falcon7."""
    ended = re.fullmatch(r"([^\W\d_]{3,})(\d+)", text)
    pieces = ended.groups() if ended else (text,)
    return tuple(Word(piece, script) for piece in pieces if piece)


def _unleet(word: str) -> str:
    """Read digits inside a word as the letters they look like; not those at its end."""
    letters = sum(mark.isalpha() for mark in word)
    if letters == len(word) or letters * 2 <= len(word) or not word[0].isalpha():
        return word
    if re.fullmatch(r"[^\W\d_]+\d+", word):
        return word
    return word.translate(LEET)


def clean(text: str) -> tuple[Word, ...]:
    """Return the words of a name: Latin letters and digits, small, one script a word.

    Cleaning twice changes nothing more. Marks that cannot be seen are left out, so that a name
    with them is still compared; that it has them is a fault besides.

    Example:
        >>> [word.text for word in clean("  Οld-Oak (Tradіng) L.L.C. ")]
        ['old', 'oak', 'trading', 'llc']
    """
    return name_of(text).words


@lru_cache(maxsize=1 << 14)
def name_of(text: str) -> Name:
    """Return a name, cleaned; remembered for a while."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text[:LONGEST_NAME]).replace("İ", "I")
        text = "".join(
            " " if mark.isspace() else mark
            for mark in text
            if mark.isspace() or unicodedata.category(mark) not in UNSEEN
        )
    text = text[:LONGEST_NAME].translate(APOSTROPHES).replace("%", " percent")
    if "." in text:
        text = DOTTED.sub("", text)
    latin = True
    if not text.isascii():
        letters = [mark for mark in text if mark.isalpha() and mark not in TWINS]
        latin = bool(letters) and all(_script(mark) == "latin" for mark in letters)
    words = list[Word]()
    for token in re.findall(r"(?:[^\W_]|[\u0300-\u036f])+", text):
        words += words_of(token, latin)
    return Name(tuple(_spelled(words)))


DOTTED = re.compile(r"(?<=\w)\.(?=\w\.)|(?<=\.\w)\.")
"""Dots of letters that stand for words: A.B.C."""
UNSEEN = {"Cf", "Cc", "Cs", "Co", "Cn"}


def _spelled(words: list[Word]) -> list[Word]:
    """Run single letters together where three or more follow each other: O l d."""
    if not any(len(word.text) == 1 for word in words):
        return words
    found, run = list[Word](), list[Word]()
    for word in [*words, Word("")]:
        if len(word.text) == 1 and word.text.isalpha():
            run.append(word)
            continue
        if len(run) >= 3:
            found.append(Word("".join(one.text for one in run), run[0].script))
        else:
            found += run
        run = []
        if word.text:
            found.append(word)
    return found


SOUNDS_WRITTEN = """
    tsch>C shch>X sch>X tch>C dzh>J kh>h gh>g ph>f zh>J dj>J sh>X ch>C th>t dh>d ck>k qu>kv q>k x>ks
    ce>se ci>si cy>si c>k j>J w>v ou>u oo>u ee>i ae>e oe>o ue>u iy>i yi>i ey>ei ye>e yu>iu ya>ia
    ts>z tz>z y>i
"""
SOUNDS = tuple((old, new) for old, _, new in (s.partition(">") for s in SOUNDS_WRITTEN.split()))


def single_of(word: str) -> str:
    """Return a word with each letter once where it is doubled.

    Example:
        >>> single_of("hassan"), single_of("aaab")
        ('hasan', 'ab')
    """
    if DOUBLED.search(word) is None:
        return word
    return word[0] + "".join(mark for last, mark in pairwise(word) if mark != last)


@lru_cache(maxsize=1 << 17)
def sound_of(word: str) -> str:
    """Return how a Latin word sounds, roughly.

    Example:
        >>> sound_of("sergey") == sound_of("sergei"), sound_of("petroff") == sound_of("petrov")
        (True, True)
    """
    if not word.isalpha():
        return word
    if word[0] == "x":
        word = "sh" + word[1:]
    if word[-1] == "j":
        word = word[:-1] + "y"
    for old, new in SOUNDS:
        if old in word:
            word = word.replace(old, new)
    if word[0] == "u" and len(word) > 2 and word[1] in "aeio":
        word = "v" + word[1:]
    if word.endswith("ff"):
        word = word[:-2] + "v"
    word = single_of(word)
    if len(word) > 3 and word[-1] == "h":
        word = word[:-1]
    if len(word) > 3 and word.endswith("of"):
        word = word[:-1] + "v"
    if len(word) > 3 and word[-2:] in ("ei", "ii", "ai"):
        word = word[:-2] + "i"
    return word


@lru_cache(maxsize=1 << 17)
def bones_of(word: str) -> str:
    """Return the consonants of how a word sounds, after a mark for a first vowel.

    Example:
        >>> bones_of("muhammad") == bones_of("mohamed") == bones_of("mhmd")
        True
    """
    return bones_of_sound(sound_of(word))


def bones_of_sound(sound: str) -> str:
    """Return the consonants of a sound, each once where it is doubled."""
    return single_of(sound.translate(NO_VOWELS))


VOWELS_WRITTEN = set("eiou")
"""Vowels that a script without vowels has no letters for."""
NO_VOWELS = str.maketrans("", "", "aeiou")
DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 17)
def bare_bones(word: str) -> str:
    """Return the consonants of a word but for those that Arabic writes for vowels as well.

    What one country says as j is g in another.

    Example:
        >>> bare_bones("ywsf") == bare_bones("yusuf")
        True
    """
    return bones_of(word.replace("y", "").replace("w", "").replace("j", "g") or word)


def parts_of(words: tuple[Word, ...], person: bool) -> tuple[Part, ...]:
    """Tell the parts of a name apart.

    Args:
        words: What :func:`clean` returned.
        person: Read it as the name of a person: trades and places are names there.

    Example:
        >>> [(p.text, p.role) for p in parts_of(clean("Old Oak Trading Limited"), False)]
        [('old', 'name'), ('oak', 'name'), ('trading', 'generic'), ('limited', 'form')]
    """
    known = known_words()
    found = list[Part]()
    at = 0
    while at < len(words):
        text = words[at].text
        step = 1
        for pieces, role, means in known.phrases.get(text, ()):
            if tuple(word.text for word in words[at : at + len(pieces)]) == pieces:
                if person and role in (PLACE, GENERIC, "ship"):
                    continue
                step = len(pieces)
                role = TITLE if role == "ship" else role
                found.append(part_with(" ".join(pieces), role, means, False))
                break
        else:
            role, means = _role(words, at, person)
            found.append(part_with(text, role, means, words[at].script == "loose"))
        at += step
    return _merged_numbers(found)


def _role(words: tuple[Word, ...], at: int, person: bool) -> tuple[str, str]:
    known, text = known_words(), words[at].text
    last = at == len(words) - 1
    if text.isdigit():
        return NUMBER, str(int(text)) if len(text) < 12 else text
    if text in known.forms and (last or at == 0 or not person):
        return FORM, known.forms[text]
    if text in known.numbers and not person:
        return NUMBER, str(known.numbers[text])
    if not person and text in ROMAN and (at > 0 or (len(text) > 1 and not last)):
        return NUMBER, str(ROMAN[text])
    if text in known.titles and person and len(words) > 1:
        return TITLE, text
    if text in known.ships and not person and at == 0:
        return TITLE, text
    if text in known.particles and (len(text) > 1 or not person):
        return PARTICLE, known.particles[text]
    if len(text) == 1:
        return INITIAL, text
    if not person and text in known.generic:
        return GENERIC, known.generic[text]
    if not person and text in known.places:
        return PLACE, known.places[text]
    if person and text in known.given:
        return NAME, known.given[text]
    if not person and words[at].script != "latin":
        role, means = _sounds_known(text, words[at].script == "loose")
        if role != NAME:
            return role, means
    if not person and len(text) >= (6 if words[at].script == "foreign" else 7):
        return _nearly_known(text)
    return NAME, text


@lru_cache(maxsize=1 << 15)
def _nearly_known(text: str) -> tuple[str, str]:
    """Know a long legal form or word of a trade again with a letter wrong."""
    known = _known_nearly()
    for key in (text, *(text[:i] + text[i + 1 :] for i in range(1, len(text)))):
        for role, means, word in known.get(key, ()):
            if OSA.distance(word, text, score_cutoff=1) == 1:
                return role, means
    return NAME, text


def may_be_known(text: str, cut: list[str]) -> bool:
    """Tell whether a word may be a long legal form or word of a trade with a letter wrong.

    Args:
        text: The word.
        cut: It without each of its letters.
    """
    known = _known_nearly()
    return text in known or not known.keys().isdisjoint(cut[1:])


@lru_cache(maxsize=1)
def _known_nearly() -> dict[str, list[tuple[str, str, str]]]:
    """Return long legal forms and words of trades by what is left without any one letter."""
    known = known_words()
    found = dict[str, list[tuple[str, str, str]]]()
    for role, words in ((FORM, known.forms), (GENERIC, known.generic)):
        for word, means in words.items():
            if len(word) > 5 and " " not in word:
                for key in (word, *(word[:i] + word[i + 1 :] for i in range(1, len(word)))):
                    found.setdefault(key, []).append((role, means, word))
    return found


@lru_cache(maxsize=1 << 15)
def _sounds_known(text: str, loose: bool) -> tuple[str, str]:
    """Know a legal form or word of a trade again that was written in another alphabet.

    Of a script that leaves vowels out there are only the consonants, three or more of them.
    """
    sound, bones = sound_of(text), bones_of(text)
    if loose:
        is_bare = len(bones) > 2 and not VOWELS_WRITTEN & set(text)
        found = _known_sounds().get(bones, ()) if is_bare else ()
        return found[0][:2] if found else (NAME, text)
    for role, means, other in _known_sounds().get(bones, ()):
        if OSA.distance(sound, other, score_cutoff=2) <= (2 if len(bones) > 3 else 1):
            return role, means
    return NAME, text


@lru_cache(maxsize=1)
def _known_sounds() -> dict[str, list[tuple[str, str, str]]]:
    known = known_words()
    found = dict[str, list[tuple[str, str, str]]]()
    for role, words in ((FORM, known.forms), (GENERIC, known.generic), (PLACE, known.places)):
        for word, means in words.items():
            bones = bones_of(word) if " " not in word else ""
            if len(bones) > 2 or (role == FORM and len(bones) > 1):
                found.setdefault(bones, []).append((role, means, sound_of(word)))
    return found


WEIGHTS = {INITIAL: 30, NUMBER: 60, GENERIC: 45, PLACE: 40, FORM: 12, TITLE: 4, PARTICLE: 6}


@lru_cache(maxsize=1 << 18)
def part_with(text: str, role: str, means: str, loose: bool) -> Part:
    """Return the part of a text and a role; the same object while it is remembered."""
    weight = WEIGHTS.get(role, 0) or min(100, 55 + 9 * len(text))
    letters = "".join(sorted(text))
    return Part(text, role, means, sound_of(text), bones_of(text), letters, loose, weight)


def _merged_numbers(parts: list[Part]) -> tuple[Part, ...]:
    """Make one number of forty and four."""
    found = list[Part]()
    for part in parts:
        before = found[-1] if found else None
        if (
            before is not None and part.role == before.role == NUMBER
            and before.means.isdigit() and part.means.isdigit()
            and 20 <= int(before.means) < 100 and int(before.means) % 10 == 0
            and 0 < int(part.means) < 10 and not before.text.isdigit()
        ):  # fmt: skip
            value = str(int(before.means) + int(part.means))
            found[-1] = part_with(f"{before.text} {part.text}", NUMBER, value, False)
            continue
        found.append(part)
    return tuple(found)
