# SPDX-License-Identifier: Apache-2.0
"""Signed papers as bytes and as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skontro.core.errors import NoSuchFile, Rejected
from skontro.messages.papers import Paper, read_paper, sign_paper
from skontro.ops.keys import SigningKey
from skontro.verify.papers import read_house_keys, whole
from skontro.verify.verdict import ClaimFailed

CONTENT: dict[str, Any] = {
    "number": "h/2026-01/A/account/9", "house": "h", "house_name": "Haus", "demonstration": False,
    "cycle": "2026-01", "participant": "A", "side": "", "home_currency": "JPY",
    "period": {"after_entry": 0, "to_entry": 9, "closed": False},
    "accounts": [{
        "account": "difference", "shows": "rounding", "currency": "EUR/180",
        "opening_minor": "0", "closing_minor": "-1234567",
        "movements": [{"entry": 9, "kind": "difference", "cycle": None, "business_day":
                       "2026-01-31", "at": "2026-01-31T00:00:00.000000Z",
                       "amount_minor": "-1234567"}],
    }],
    "pay_ins": [], "pay_outs": [], "journal": {"entry": 9, "hash": "ab" * 32},
}  # fmt: skip


@pytest.fixture
def paper() -> Paper:
    return sign_paper("account statement", CONTENT, {"A": None}, SigningKey.new())


def test_a_paper_is_read_back_as_it_was_written(paper: Paper, tmp_path: Path) -> None:
    paper.save(tmp_path / "paper.json")
    assert read_paper(tmp_path / "paper.json") == paper
    assert read_paper(tmp_path / "paper.json", "account statement") == paper
    with pytest.raises(Rejected, match="no publication"):
        read_paper(tmp_path / "paper.json", "publication")
    with pytest.raises(NoSuchFile):
        read_paper(tmp_path / "another.json")


@pytest.mark.parametrize("change", [
    lambda value: value.update(format="skontro.paper/2"),
    lambda value: value.update(kind="house report"),
    lambda value: value["content"].update(side="B"),
    lambda value: value["names"].update(A="Alder"),
    lambda value: value["signatures"].pop("names"),
    lambda value: value["signatures"]["content"].update(public_key="00" * 32),
    lambda value: value.update(more=1),
    lambda value: value.pop("names"),
    lambda value: value.update(signatures=[]),
])  # fmt: skip
def test_what_was_changed_is_no_paper(paper: Paper, tmp_path: Path, change: Any) -> None:
    value = json.loads(paper.as_bytes())
    change(value)
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    (tmp_path / "paper.json").write_text(text, "utf-8")
    with pytest.raises(Rejected, match="not a signed paper"):
        read_paper(tmp_path / "paper.json")


def test_the_text_of_points_erased_names_and_odd_letters() -> None:
    content = CONTENT | {"house_name": "Haus\x1b[31m\u202e"}
    text = sign_paper("account statement", content, {"A": None}, SigningKey.new()).as_text()
    assert "A (name erased), side -" in text
    assert "-1,234,567 points" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "DEMONSTRATION" not in text
    again = sign_paper("account statement", content, {"A": "Äpfel"}, SigningKey.new()).as_text()
    assert "A (Äpfel), side -" in again


def test_keys_and_numbers_have_one_form(tmp_path: Path) -> None:
    (tmp_path / "two.keys").write_text(f"{'ab' * 32}\n{'cd' * 32}\n")
    assert len(read_house_keys([str(tmp_path / "two.keys"), "ef" * 32])) == 3
    (tmp_path / "none").write_text("\n")
    for given in ("AB" * 32, "ab" * 31, str(tmp_path / "none"), str(tmp_path / "missing")):
        with pytest.raises(ClaimFailed):
            read_house_keys([given])
    for text in ("", "01", "-0", "+1", " 1", "1.0", "1e3", "-1", "٣"):
        with pytest.raises(ClaimFailed):
            whole(text, "an amount")
    assert whole("-1", "an amount", negative=True) == -1
