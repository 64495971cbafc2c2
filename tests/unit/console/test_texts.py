# SPDX-License-Identifier: Apache-2.0
"""The sentences of the pages: every one has its words in every language."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import pytest

import skontro.console
from skontro.console.frame import DONE
from skontro.console.menu import ITEMS
from skontro.console.pages.cycles import NEXT, ORDER
from skontro.console.pages.mine import CANNOT, CLAIMS
from skontro.console.pages.papers import SAYS
from skontro.console.script_texts import handed_to, sentences_of
from skontro.console.texts import LANGUAGES, texts_of
from skontro.flow.telling import STAGES
from skontro.house.suspense_ways import WAYS

HERE = Path(skontro.console.__file__).parent
SAID = re.compile(r"""\bt\(\s*(?:"([^"]*)"|'([^']*)')""")
CHOSEN = re.compile(r"""\bt\(\s*"[^"]*" if [^()]* else "([^"]*)"|else t\(\s*"([^"]*)""")


def sentences() -> dict[str, str]:
    """Every sentence of the templates, the menu and the messages, with where it stands."""
    found = {one.name: "menu" for one in ITEMS}
    found |= dict.fromkeys(DONE.values(), "done") | dict.fromkeys(ORDER, "steps")
    found |= dict.fromkeys(sentences_of("proofs.js"), "proofs.js")
    found |= dict.fromkeys(SAYS.values(), "papers")
    found |= {one.says: "ways" for one in WAYS}
    found |= dict.fromkeys(STAGES, "stages of jobs")
    found |= {step.says: "steps" for step in NEXT.values()}
    found |= dict.fromkeys(CANNOT, "proofs") | {says: "proofs" for _, says in CLAIMS}
    for path in sorted((HERE / "templates").glob("*.html")):
        text = path.read_text("utf-8")
        for pattern in (SAID, CHOSEN):
            for match in pattern.finditer(text):
                sentence = next(one for one in match.groups() if one is not None)
                found.setdefault(sentence, path.name)
    return found


def names_in(sentence: str) -> set[str]:
    """The values that a sentence has put in."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_sentence_has_its_words(language: str) -> None:
    """None is missing; none is empty; each has the same values put in."""
    said = texts_of(language).sentences
    found = sentences()
    assert len(found) > 200
    missing = {one: where for one, where in found.items() if not said.get(one)}
    assert missing == {}
    wrong = {one for one, words in said.items() if names_in(one) != names_in(words)}
    assert wrong == set()


def test_no_sentence_is_said_twice() -> None:
    for path in (HERE / "texts").glob("*.toml"):
        text = path.read_text("utf-8")
        keys = [line.split('" = ')[0] for line in text.splitlines() if '" = ' in line]
        assert len(keys) == len(set(keys)) == len(tomllib.loads(text))


def test_what_a_script_says_is_handed_over() -> None:
    """Every sentence that a script says is found in it, none is put together where it is said, and
    a German page hands over the words of each, with the same values."""
    text = (HERE / "static" / "proofs.js").read_text("utf-8")
    said = sentences_of("proofs.js")
    assert len(said) > 70
    for line in text.splitlines():
        if "new Failed(" in line:
            assert "new Failed(say(" in line, line
        assert not re.search(r"need\([^;]*, `[^`]*`\)+;", line), line
        for call in re.finditer(r'"([^"]*\{[a-z]+\}[^"]*)", \{ ([^{}]*) \}\)', line):
            given = {one.partition(":")[0].strip() for one in re.split(r", (?![^(]*\))", call[2])}
            assert (call[1] in said, names_in(call[1])) == (True, given), line
    assert set(handed_to("proofs.js", texts_of("de"))) == set(said)
    assert handed_to("proofs.js", texts_of("en")) == {}
