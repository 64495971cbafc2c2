# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/goods.md run, in order, and say what the page says they do."""

from __future__ import annotations

import doctest

from tests.readme.test_readme import ROOT, blocks_of


def test_examples_run() -> None:
    text = (ROOT / "docs" / "goods.md").read_text("utf-8")
    body = "\n".join(block.body for block in blocks_of(text) if block.kind == "python")
    test = doctest.DocTestParser().get_doctest(body, {}, "goods.md", "docs/goods.md", 0)
    assert len(test.examples) > 25
    said = list[str]()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
