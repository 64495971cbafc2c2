# SPDX-License-Identifier: Apache-2.0
"""The sentences of the console's scripts: found in them, handed over with the page that loads them.

A script says a sentence by ``say("...")`` or ``need(..., "...")``, with its values behind it; what
it says is English where the page hands over no other words. Nothing is loaded for it, and no script
stands in a page.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from skontro.console.texts import Texts

STATIC = Path(__file__).parent / "static"
_SAID = re.compile(r'(?:, |say\()"([^"\n]* [^"\n]*)"(?:, \{ [^{}]* \})?\)')


@cache
def sentences_of(script: str) -> tuple[str, ...]:
    """Return every sentence of a script, each once.

    Args:
        script: Name of the file, such as ``proofs.js``.
    """
    lines = (STATIC / script).read_text("utf-8").splitlines()
    found = [said for line in lines if "need(" in line or "say(" in line
             for said in _SAID.findall(line) if said.strip()]  # fmt: skip
    return tuple(dict.fromkeys(found))


def handed_to(script: str, texts: Texts) -> dict[str, str]:
    """Return the sentences of a script that have other words in a language."""
    return {said: texts(said) for said in sentences_of(script) if texts(said) != said}
