# SPDX-License-Identifier: Apache-2.0
"""The cookbook of requests, asked of a real service; ``python -m tests.cookbook`` writes it anew.

A block ``request`` of docs/cookbook.md has a line ``WHO METHOD PATH`` and, if it brings one, a
body; the block ``answer`` after it has the status and what came back. In both ``$name`` stands for
what an earlier answer had, and ``$sign(WHO, ROLE)`` for a signature over the last act.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.made_service import Desk, MadeService, worked_service

PAGE = Path(__file__).resolve().parents[1] / "docs/cookbook.md"
BLOCK = re.compile(r"```request\n(.*?)```\n\n```answer\n(.*?)```", re.DOTALL)
VARYING = re.compile(
    r"\b[0-9a-f]{12,128}\b|skontro_[0-9a-f]{12}_[\w-]+|AAAAAA[\w=-]+|(?<=\"at\": \")[^\"]+"
)
"""Digests, keys, cursors and times of the machine are other ones each time."""


class Kitchen:
    """The worked example's service, and who asks it.

    Args:
        made: The service.
    """

    def __init__(self, made: MadeService) -> None:
        self.made = made
        self.act: dict[str, Any] = {}
        self.kept: dict[str, str] = {}
        self.desks: dict[str, Desk] = {}

    def ask(self, block: str) -> str:
        """Ask what a block says; return the answer as the page has it."""
        head, _, rest = block.strip().partition("\n")
        who, method, path = head.split(" ", 2)
        body = json.loads(self._filled(rest)) if rest.strip() else None
        desk = self._desk(who)
        answer = desk.send(method, self._filled(path), body)
        found = answer.json()
        if "to_sign" in found:
            self.act = found
        for name in ("number", "digest", "key", "next"):
            if found.get(name):
                self.kept[name] = str(found[name])
        text = json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True)
        return f"{answer.status_code}\n{VARYING.sub('...', text)}\n"

    def _desk(self, who: str) -> Desk:
        if who == "program":
            if who not in self.desks:
                self.desks[who] = Desk(self.made.service, key=self.kept["key"])
            return self.desks[who]
        return self.made.desk("" if who == "nobody" else who)

    def _filled(self, text: str) -> str:
        def signature(found: re.Match[str]) -> str:
            return self.made.sign(found[1], self.act["to_sign"][found[2]])

        text = re.sub(r"\$sign\((\w+), (\w+)\)", signature, text)
        return re.sub(r"\$(\w+)", lambda found: self.kept[found[1]], text)


def cooked(folder: Path) -> tuple[str, str]:
    """Return the page as it is, and as it would be with the answers of today."""
    kitchen = Kitchen(worked_service(folder / "house"))
    page = PAGE.read_text("utf-8")
    made = BLOCK.sub(
        lambda found: f"```request\n{found[1]}```\n\n```answer\n{kitchen.ask(found[1])}```", page
    )
    return page, made


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(cooked(Path(name))[1], "utf-8")
    sys.exit(0)
