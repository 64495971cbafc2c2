# SPDX-License-Identifier: Apache-2.0
"""An invented sanctions list, and firms that only look like it; the same for the same seed.

Nobody on it exists: names are put together from syllables. Persons, organisations and vessels in
the manner of several languages, with aliases in Cyrillic, Greek, Arabic and Chinese writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from anyascii import anyascii

from skontro.gate.entries import Identifier, ListedName, ListEntry, Subject

T = TypeVar("T")

SIZE = 5000
ONSETS = (
    "b", "br", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pl", "r",
    "s", "st", "t", "tr", "v", "z",
)  # fmt: skip
VOWELS = ["a", "e", "i", "o", "u", "a", "e", "o"]
CODAS = ["l", "m", "n", "r", "s", "t", "nd", "rn", "ls", "k"]
SLAVIC_GIVEN = ["Bo", "Vla", "Mi", "Sta", "Dra", "Ra", "Yu", "Ste", "Gri", "Ale", "Ni", "Pa"]
SLAVIC_GIVEN_END = ["rislav", "dimar", "roslav", "gomir", "kolay", "vel", "fan", "nislav", "limir"]
SLAVIC_STEM = ["Kar", "Mel", "Zub", "Tar", "Gol", "Ver", "Sok", "Bor", "Lis", "Dub", "Hol", "Kud",
               "Rom", "Pet", "Shar", "Chern", "Zhil", "Khar", "Tsar"]  # fmt: skip
SLAVIC_MIDDLE = ["an", "ol", "en", "ub", "ich", "ov", "ash", "il", "ur", "yn"]
SLAVIC_END = ["ov", "ev", "enko", "sky", "in", "chuk", "ovich"]
ARABIC_GIVEN = ["Muhammad", "Ahmad", "Husayn", "Khalid", "Yusuf", "Ibrahim", "Mustafa", "Mahmud",
                "Umar", "Tariq", "Samir", "Nadir", "Faysal", "Jamal", "Walid"]  # fmt: skip
ARABIC_STEM = ["Shar", "Khal", "Maj", "Tam", "Zub", "Qar", "Daw", "Ham", "Bar", "Nas", "Ghar",
               "Sal", "Rif", "Jab", "Lut", "Haz", "Mur", "Fak"]  # fmt: skip
ARABIC_END = ["awi", "idi", "ani", "uri", "imi", "ati", "asi", "uni", "ufi", "abi"]
GREEK_STEM = ["Pap", "Kal", "Mav", "Kon", "Stav", "Theod", "Arg", "Laz", "Dim", "Pet", "Vas", "Mel"]
GREEK_MIDDLE = ["an", "ar", "or", "ik", "ol", "id", "in", "ar"]
GREEK_END = ["idis", "akis", "opoulos", "os", "atos", "iou"]
GREEK_GIVEN = ["Nikolaos", "Georgios", "Ioannis", "Dimitrios", "Stavros", "Petros", "Andreas"]
HAN = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
HAN_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红春梅建国文志海云龙"
WORDS = ["Oak", "Falcon", "Cedar", "Comet", "Harbour", "Granite", "Meridian", "Orchid", "Summit",
         "Beacon", "Lantern", "Saffron", "Cobalt", "Juniper", "Sable", "Crescent"]  # fmt: skip
GENERIC = ["Trading", "Shipping", "Industries", "Holding", "Group", "International", "Petroleum",
           "Construction", "Logistics", "Investment", "Technology", "Engineering", "Bank", "Energy",
           "General Trading", "Import Export", "Foundation", "Services", "Marine"]  # fmt: skip
FORMS = ["Ltd", "Limited", "LLC", "GmbH", "Co. Ltd", "OOO", "S.A.", "AG", "JSC", "Inc.", "PJSC",
         "S.R.L.", "FZE", "Company", "Sp. z o.o."]  # fmt: skip
PLACES = ["Dubai", "Moscow", "Tehran", "Damascus", "Minsk", "Singapore", "Cyprus", "Istanbul"]
COUNTRIES = ["RU", "IR", "SY", "BY", "AE", "CY", "CN", "KP", "TR", "GR", "DE"]

CYRILLIC = [
    ("shch", "щ"), ("kh", "х"), ("zh", "ж"), ("ch", "ч"), ("sh", "ш"), ("ts", "ц"), ("yu", "ю"),
    ("dj", "дж"), ("ci", "си"), ("ce", "се"), ("ya", "я"),
    ("sky", "ский"), ("ay", "ай"), ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"),
    ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"),
    ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("v", "в"), ("w", "в"), ("x", "кс"), ("y", "ы"), ("z", "з"),
]  # fmt: skip
GREEK = [
    ("th", "θ"), ("ph", "φ"), ("ch", "χ"), ("ps", "ψ"), ("ou", "ου"), ("a", "α"), ("b", "μπ"),
    ("c", "κ"), ("d", "δ"), ("e", "ε"), ("f", "φ"), ("g", "γ"), ("h", "χ"), ("i", "ι"), ("j", "τζ"),
    ("k", "κ"), ("l", "λ"), ("m", "μ"), ("n", "ν"), ("o", "ο"), ("p", "π"), ("q", "κ"), ("r", "ρ"),
    ("s", "σ"), ("t", "τ"), ("u", "ου"), ("v", "β"), ("w", "ου"), ("x", "ξ"), ("y", "υ"),
    ("z", "ζ"),
]  # fmt: skip
ARABIC = [
    ("abd al-", "عبد ال"), ("al-", "ال"), ("kh", "خ"), ("sh", "ش"), ("th", "ث"), ("dh", "ذ"),
    ("gh", "غ"), ("aw", "او"), ("ay", "اي"), ("a", ""), ("b", "ب"), ("d", "د"), ("e", ""),
    ("f", "ف"), ("g", "ج"), ("h", "ه"), ("i", "ي"), ("j", "ج"), ("k", "ك"), ("l", "ل"), ("m", "م"),
    ("n", "ن"), ("o", "و"), ("p", "ب"), ("q", "ق"), ("r", "ر"), ("s", "س"), ("t", "ت"), ("u", "و"),
    ("v", "ف"), ("w", "و"), ("x", "كس"), ("y", "ي"), ("z", "ز"), ("c", "ك"),
]  # fmt: skip


def written_in(name: str, table: Sequence[tuple[str, str]]) -> str:
    """Write a Latin name in another script, letter by letter.

    Example:
        >>> written_in("Boris Karanov", CYRILLIC)
        'борис каранов'
    """
    text, found = name.lower(), ""
    while text:
        for latin, other in table:
            if text.startswith(latin):
                found += other
                text = text[len(latin) :]
                break
        else:
            found += text[0]
            text = text[1:]
    return found


def pick(random: Random, choices: Sequence[T]) -> T:
    """Choose one: the same on every version of Python for the same random numbers."""
    return choices[int(random.random() * len(choices))]


def _coined(random: Random, least: int = 2, most: int = 3) -> str:
    count = least + int(random.random() * (most - least + 1))
    text = "".join(pick(random, ONSETS) + pick(random, VOWELS) for _ in range(count))
    if random.random() < 0.6:
        text += pick(random, CODAS)
    return text.capitalize()


def _slavic(random: Random) -> str:
    given = pick(random, SLAVIC_GIVEN) + pick(random, SLAVIC_GIVEN_END)
    family = (
        pick(random, SLAVIC_STEM) + pick(random, SLAVIC_MIDDLE) + pick(random, SLAVIC_MIDDLE)
        + pick(random, SLAVIC_END)
    )  # fmt: skip
    if random.random() < 0.5:
        father = pick(random, SLAVIC_GIVEN) + pick(random, SLAVIC_GIVEN_END) + "ovich"
        return f"{given} {father} {family}"
    return f"{given} {family}"


def _arabic(random: Random) -> str:
    first = pick(random, ARABIC_GIVEN)
    family = pick(random, ARABIC_STEM) + pick(random, ARABIC_STEM).lower()
    family += pick(random, ARABIC_END)
    middle = random.random()
    if middle < 0.4:
        return f"{first} {pick(random, ARABIC_GIVEN)} al-{family}"
    if middle < 0.6:
        return f"{first} bin {pick(random, ARABIC_GIVEN)} {family}"
    return f"{first} {family}"


def _greek(random: Random) -> str:
    family = "".join(pick(random, s) for s in (GREEK_STEM, GREEK_MIDDLE, GREEK_MIDDLE, GREEK_END))
    return f"{pick(random, GREEK_GIVEN)} {family}"


def _western(random: Random) -> str:
    names = [_coined(random, 1, 2), _coined(random, 2, 3)]
    if random.random() < 0.3:
        names.insert(1, _coined(random, 1, 2))
    return " ".join(names)


def _person(random: Random) -> tuple[str, ...]:
    kind = random.random()
    if kind < 0.3:
        name = _slavic(random)
        return name, written_in(name, CYRILLIC)
    if kind < 0.55:
        name = _arabic(random)
        return name, written_in(name, ARABIC)
    if kind < 0.65:
        name = _greek(random)
        return name, written_in(name, GREEK)
    if kind < 0.75:
        given = pick(random, HAN_GIVEN) + pick(random, HAN_GIVEN)
        family = pick(random, HAN)
        return f"{anyascii(family)} {anyascii(given).capitalize()}", family + given
    return (_western(random),)


def firm_name(random: Random) -> str:
    """Put the name of a firm together."""
    words = [_coined(random, 2, 3)]
    if random.random() < 0.3:
        words.append(pick(random, WORDS) if random.random() < 0.5 else _coined(random, 1, 2))
    words.append(pick(random, GENERIC))
    if random.random() < 0.3:
        words.append(pick(random, GENERIC))
    if random.random() < 0.2:
        words.append(pick(random, PLACES))
    if random.random() < 0.8:
        words.append(pick(random, FORMS))
    return " ".join(dict.fromkeys(words))


def _vessel(random: Random) -> str:
    words = [_coined(random, 2, 3)]
    if random.random() < 0.5:
        words.insert(0, pick(random, WORDS))
    if random.random() < 0.4:
        words.append(str(1 + int(random.random() * 30)))
    return " ".join(words)


def invented_list(size: int = SIZE, seed: int = 4) -> tuple[ListEntry, ...]:
    """Return a list of entries that nobody is on.

    Example:
        >>> invented_list(10) == invented_list(10), len({e.reference for e in invented_list(10)})
        (True, 10)
    """
    random = Random(seed)
    found = list[ListEntry]()
    for number in range(size):
        kind = random.random()
        if kind < 0.5:
            names, what = _person(random), "person"
        elif kind < 0.9:
            names, what = (firm_name(random),), "organisation"
            if random.random() < 0.3:
                names += (written_in(names[0], CYRILLIC),)
        else:
            names, what = (_vessel(random),), "vessel"
        if len(names) == 1 and random.random() < 0.25 and what != "vessel":
            names += (_western(random) if what == "person" else firm_name(random),)
        year = str(1930 + int(random.random() * 70))
        imo = str(9_000_000 + number)
        found.append(ListEntry(
            reference=f"INV-{number:05}",
            kind=what,
            names=tuple(ListedName(n, "alias" if i else "primary") for i, n in enumerate(names)),
            identifiers=(Identifier("imo", imo),) if what == "vessel" else (),
            dates=(year,) if what == "person" else (),
            countries=(pick(random, COUNTRIES),),
        ))  # fmt: skip
    return tuple(found)


def lookalike_firms(
    entries: Sequence[ListEntry], size: int = 2000, seed: int = 5
) -> tuple[Subject, ...]:
    """Return firms that share words with a list, and are nobody on it.

    Every other one is put together as the firms of the invented list are; the others from words of
    two firms of the list at hand: a word that tells one of them, and the trade of the other.
    """
    random = Random(seed)
    firms = [e.names[0].text.split() for e in entries if e.kind == "organisation"]
    firms = [words for words in firms if len(words) > 2]
    listed = {name.text.casefold() for entry in entries for name in entry.names}
    found = list[Subject]()
    while len(found) < size:
        if len(found) % 2 or not firms:
            name = firm_name(random)
        else:
            first, second = pick(random, firms), pick(random, firms)
            if first == second:
                continue
            name = " ".join([first[0], _coined(random, 2, 3), *second[1:]])
        if name.casefold() not in listed:
            found.append(Subject("organisation", (name,)))
    return tuple(found)
