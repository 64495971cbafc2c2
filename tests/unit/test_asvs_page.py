# SPDX-License-Identifier: Apache-2.0
"""The page that holds the service against OWASP's lists: complete, and its tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PAGE = "docs/assurance/asvs.md"
COUNTED = {"V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4, "V6.1": 3, "V6.2": 11, "V6.3": 3,
           "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 3, "V7.1": 3, "V7.2": 4, "V7.3": 2,
           "V7.4": 5, "V7.5": 2, "V7.6": 2, "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1}  # fmt: skip
"""How many lines of levels 1 and 2 each section of ASVS 5.0.0 has."""
OUTCOMES = ("shown", "written", "not ours", "partly", "open")


def rows(root: Path) -> dict[str, list[str]]:
    text = (root / PAGE).read_text("utf-8")
    found = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in text.splitlines() if re.match(r"\| (API|V)\d", line)]  # fmt: skip
    assert len({one[0] for one in found}) == len(found)
    return {one[0]: one for one in found}


def test_every_line_is_there(root: Path) -> None:
    """The ten of the APIs, and of each section as many as it has at levels 1 and 2."""
    found = rows(root)
    assert [one for one in found if one.startswith("API")] == [f"API{n}" for n in range(1, 11)]
    counted = dict.fromkeys(COUNTED, 0)
    for one, cells in found.items():
        if one.startswith("V"):
            counted[one.rpartition(".")[0]] += 1
            assert cells[1] in ("1", "2"), one
    assert counted == COUNTED


def test_every_line_says_how_it_stands(root: Path) -> None:
    """What is shown names a test; what is written names a page that is there."""
    for one, cells in rows(root).items():
        outcome, by = cells[-2], cells[-1]
        assert outcome.startswith(OUTCOMES), one
        assert ("::" in by) == outcome.startswith("shown") or not outcome.startswith("shown"), one
        assert not outcome.startswith("written") or "service.md" in outcome or one == "V6.4.4", one


@pytest.mark.parametrize("where", [PAGE])
def test_every_test_it_names_is_there(root: Path, where: str) -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (root / where).read_text("utf-8")))
    assert len(named) > 35
    for path, name in sorted(named):
        tree = ast.parse((root / path).read_text("utf-8"))
        there = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        assert name in there, f"{path}::{name}"
