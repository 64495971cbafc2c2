# SPDX-License-Identifier: Apache-2.0
"""The cookbook's answers are those of the service as it is."""

from __future__ import annotations

from pathlib import Path

from tests.cookbook import BLOCK, cooked


def test_every_answer_is_a_real_one(tmp_path: Path) -> None:
    page, made = cooked(tmp_path)
    assert len(BLOCK.findall(page)) >= 10
    assert page == made, "write it anew: python -m tests.cookbook"
