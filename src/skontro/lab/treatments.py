# SPDX-License-Identifier: Apache-2.0
"""Ways in which a listed name is written differently, by mistake or on purpose."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from random import Random

from skontro.lab.invented_list import CYRILLIC, GREEK, pick, written_in

Treatment = Callable[[str, str, Random], str]
"""Name, kind of the entry, random numbers: the name written differently, or as it was."""

LOOKS = dict(zip("aceopxyijs", "асеорхуіјѕ", strict=True))
LOOKS |= dict(zip("ABCEHKMOPTX", "АВСЕНКМОРТХ", strict=True))
ACCENTS = dict(zip("aceinosuz", "áçéíñóšüž", strict=True))
PLAIN = {accent: letter for letter, accent in ACCENTS.items()}
VARIANTS = [
    ("kh", "h"), ("ou", "u"), ("sky$", "skiy"), ("ov$", "off"), ("ev$", "eff"), ("ay", "ai"),
    ("iy", "y"), ("ya", "ia"), ("yu", "iu"), ("w", "v"), ("ph", "f"), ("q", "k"), ("sh", "sch"),
    ("mm", "m"), ("ee", "i"), ("oo", "u"), ("j", "dj"), ("ts", "tz"), ("zh", "j"), ("ai", "ay"),
    ("c", "k"), ("ei", "ey"), ("Muhammad", "Mohamed"), ("Husayn", "Hussein"), ("Yusuf", "Youssef"),
    ("Umar", "Omar"), ("Ahmad", "Ahmed"), ("Khalid", "Khaled"), ("al-", "el-"), ("gh", "g"),
    ("Dimitrios", "Dimitris"), ("uri", "ouri"), ("us", "ous"),
]  # fmt: skip
SAME_FORMS = {
    "ltd": "Limited", "limited": "Ltd.", "llc": "L.L.C.", "gmbh": "Gesellschaft mbH", "ooo": "LLC",
    "s.a.": "SA", "ag": "Aktiengesellschaft", "jsc": "Joint Stock Company", "inc.": "Incorporated",
    "pjsc": "Public Joint Stock Company", "s.r.l.": "SRL", "company": "Co.", "fze": "F.Z.E.",
    "co.": "Company", "corp.": "Corporation", "corporation": "Corp.", "incorporated": "Inc.",
    "plc": "Public Limited Company", "co": "Company", "inc": "Incorporated", "corp": "Corporation",
}  # fmt: skip
TITLES = ("Mr.", "Dr.", "Haji", "General", "Prof.")


def _a_word(name: str, random: Random, least: int = 4) -> tuple[int, int] | None:
    spans = [m.span() for m in re.finditer(r"[^\W\d_]+", name) if len(m.group()) >= least]
    return pick(random, spans) if spans else None


def _within(name: str, random: Random, change: Callable[[str, int], str], least: int = 4) -> str:
    span = _a_word(name, random, least)
    if span is None:
        return name
    word = name[span[0] : span[1]]
    at = int(random.random() * len(word))
    return name[: span[0]] + change(word, at) + name[span[1] :]


def typo(name: str, kind: str, random: Random) -> str:
    """One letter left out, put in, replaced, or changed with the next."""
    letters = string.ascii_lowercase if name.isascii() else [m for m in name if m.isalpha()]
    how, letter = random.random(), pick(random, letters)

    def change(word: str, at: int) -> str:
        if how < 0.25:
            return word[:at] + word[at + 1 :]
        if how < 0.5:
            return word[:at] + letter + word[at:]
        if how < 0.75:
            return word[:at] + letter + word[at + 1 :]
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _within(name, random, change)


def order(name: str, kind: str, random: Random) -> str:
    """Words in another order; of people the last name first, with a comma."""
    words = name.split()
    if len(words) < 2:
        return name
    if kind == "person":
        return f"{words[-1]}, {' '.join(words[:-1])}"
    # A legal form of several words stays in one piece.
    words = name.replace(" z o.o.", "\0z\0o.o.").replace("Co. ", "Co.\0").split(" ")
    at = 1 + int(random.random() * (len(words) - 1))
    return " ".join(words[at:] + words[:at]).replace("\0", " ")


def initials(name: str, kind: str, random: Random) -> str:
    """The first given name of a person by its first letter; others unchanged."""
    words = name.split()
    if kind != "person" or len(words) < 2 or not words[0].isascii():
        return name
    if len(words) > 2 and random.random() < 0.5:
        middle = f"{words[1][0]}." if words[1][0].isupper() else words[1]
        return " ".join([words[0], middle, *words[2:]])
    return " ".join([f"{words[0][0]}.", *words[1:]])


def transliteration(name: str, kind: str, random: Random) -> str:
    """Another way to write the same sounds: in Latin letters, Cyrillic or Greek."""
    how = random.random()
    if not name.isascii():
        return name
    if how < 0.25:
        return written_in(name, CYRILLIC)
    if how < 0.4:
        return written_in(name, GREEK)
    for old, new in sorted(VARIANTS, key=lambda _: random.random()):
        if re.search(old, name):
            return re.sub(old, new, name)
    return name


def homoglyph(name: str, kind: str, random: Random) -> str:
    """Some or all letters that have a twin in Cyrillic replaced by it."""
    share = 0.3 if random.random() < 0.5 else 1.0
    if not name.isascii():
        return name
    return "".join(LOOKS[m] if m in LOOKS and random.random() <= share else m for m in name)


def legal_form(name: str, kind: str, random: Random) -> str:
    """A legal form written out, shortened or left out; of people a title put before."""
    if kind == "person":
        return f"{pick(random, TITLES)} {name}"
    if kind == "vessel":
        return f"M/V {name}"
    words = name.split()
    form = SAME_FORMS.get(words[-1].lower())
    if form is None:
        return name + " Ltd" if words[-1].isalpha() and random.random() < 0.5 else name
    if random.random() < 0.3 and len(words) > 2:
        return " ".join(words[:-1]).rstrip(",")
    return " ".join([*words[:-1], form])


def spacing(name: str, kind: str, random: Random) -> str:
    """A space put into a word, or left out between two."""
    if random.random() < 0.5 and " " in name:
        at = pick(random, [i for i, mark in enumerate(name) if mark == " "])
        return name[:at] + name[at + 1 :]

    def change(word: str, at: int) -> str:
        at = min(max(at, 2), len(word) - 2)
        return word[:at] + " " + word[at:]

    return _within(name, random, change, 5)


def concatenation(name: str, kind: str, random: Random) -> str:
    """All words run together."""
    return "".join(name.split()) if random.random() < 0.5 else "".join(name.lower().split())


def dropped(name: str, kind: str, random: Random) -> str:
    """A word left out that is neither the first nor the last of a longer name."""
    words = name.split()
    if len(words) < 4 if kind != "person" else len(words) < 3:
        return name
    at = 1 + int(random.random() * (len(words) - 2))
    return " ".join(words[:at] + words[at + 1 :])


def doubled(name: str, kind: str, random: Random) -> str:
    """A letter doubled, or one of a double left out."""
    double = re.search(r"([^\W\d_])\1", name)
    if double and random.random() < 0.5:
        return name[: double.start()] + name[double.start() + 1 :]
    return _within(name, random, lambda word, at: word[:at] + word[at] + word[at:])


def punctuation(name: str, kind: str, random: Random) -> str:
    """Hyphens, commas, dots, quotation marks and apostrophes put in or left out."""
    how = random.random()
    if how < 0.25:
        return name.replace(" ", "-")
    if how < 0.5:
        return "".join(mark for mark in name if mark not in "-.,'").strip()
    if how < 0.75:
        return f'"{name}"'
    return name.replace(" ", " , ", 1) + "."


def diacritics(name: str, kind: str, random: Random) -> str:
    """Accents put on letters, or taken off."""
    if any(mark in PLAIN for mark in name):
        return "".join(PLAIN.get(mark, mark) for mark in name)
    return "".join(ACCENTS[m] if m in ACCENTS and random.random() < 0.4 else m for m in name)


TREATMENTS: dict[str, Treatment] = {
    "one edit": typo,
    "order": order,
    "initials": initials,
    "transliteration": transliteration,
    "homoglyphs": homoglyph,
    "legal form": legal_form,
    "spacing": spacing,
    "concatenation": concatenation,
    "dropped word": dropped,
    "doubled letter": doubled,
    "punctuation": punctuation,
    "diacritics": diacritics,
}
