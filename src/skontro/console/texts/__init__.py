# SPDX-License-Identifier: Apache-2.0
"""The sentences of the pages in other languages: one file a language, by the English sentence."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages there are, each in its own words."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class Texts:
    """The sentences of a language; what is not translated is said in English.

    Args:
        sentences: By the English one.
    """

    def __init__(self, sentences: dict[str, str]) -> None:
        self.sentences = sentences

    def __call__(self, sentence: str, **values: object) -> str:
        """Return a sentence, with values put where it names them."""
        said = self.sentences.get(sentence, sentence)
        return said.format(**values) if values else said


@cache
def texts_of(language: str) -> Texts:
    """Return the sentences of a language.

    Example:
        >>> texts_of("en")("{many} wait", many=3)
        '3 wait'
    """
    if language == "en":
        return Texts({})
    with (Path(__file__).parent / f"{language}.toml").open("rb") as file:
        return Texts(tomllib.load(file))


def chosen_language(chosen: str, wanted: str) -> str:
    """Return the language of somebody's pages.

    Args:
        chosen: What they chose, if they did.
        wanted: What their browser asks for, as ``Accept-Language`` has it.

    Example:
        >>> chosen_language("", "fr-FR,de;q=0.7,en;q=0.3")
        'de'
    """
    if chosen in LANGUAGES:
        return chosen
    for part in wanted.split(",")[:20]:
        code = part.partition(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return "en"
