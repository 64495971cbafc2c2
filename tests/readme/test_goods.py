# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/goods.md and docs/obligations.md run, in order, and say what they say."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from tests.readme.test_readme import ROOT, blocks_of


@pytest.mark.parametrize(("page", "least"), [("goods.md", 30), ("obligations.md", 10)])
def test_examples_run(
    page: str, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / page).read_text("utf-8")
    body = "\n".join(block.body for block in blocks_of(text) if block.kind == "python")
    test = doctest.DocTestParser().get_doctest(body, {}, page, f"docs/{page}", 0)
    assert len(test.examples) >= least
    said = list[str]()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
