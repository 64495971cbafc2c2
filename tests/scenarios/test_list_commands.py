# SPDX-License-Identifier: Apache-2.0
"""Sanctions lists at the command line: taken in, refused, let in by two people, shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import made_lists as made
from tests.made_desk import Desk

NAMES = [f"Wuzzle {number}" for number in range(40)]


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.chdir(tmp_path)
    found = Desk(tmp_path, capsys)
    found.open()
    return found


def own(desk: Desk, names: list[str]) -> None:
    desk.write("list.csv", "name\n" + "".join(f"{name}\n" for name in names))


def take(*more: str, file: str = "list.csv") -> list[str]:
    return ["gate", "lists", "import", file, "--source", "a test", *more, "--house", "h"]


def test_lists_are_shown_with_what_is_missing(desk: Desk) -> None:
    assert "missing: it holds everything" in desk.at("gate", "lists").out
    own(desk, NAMES)
    said = desk.type(*take("--dated", "2026-01-02"))
    assert "list 1 (un, invented for this demonstration) is in force: 40 entries" in said.out
    assert "was in force already" in desk.type(*take("--dated", "2026-01-02")).out
    [row] = desk.ask("gate", "lists")["lists"]
    assert (row["name"], row["state"], row["required"]) == ("un", "in force", ["every house"])
    assert "in force, invented" in desk.at("gate", "lists").out


def test_a_list_is_refused_with_its_code_and_a_next_step(desk: Desk) -> None:
    desk.write("un.xml", made.UN_XML[:-40])
    said = desk.type(*take(file="un.xml"))
    assert (said.code, "[ListTruncated]" in said.err, "next: fetch the file" in said.err) == (
        2, True, True,
    )  # fmt: skip
    own(desk, NAMES)
    said = desk.type(*take())
    assert (said.code, "[ListNotDated]" in said.err) == (2, True)
    assert desk.ask("gate", "lists", "show")["lists"] == []


def test_two_people_let_a_smaller_list_in(desk: Desk) -> None:
    own(desk, NAMES)
    desk.type(*take("--dated", "2026-01-02"))
    own(desk, NAMES[:30])
    said = desk.type(*take("--dated", "2026-01-02"))
    assert (said.code, "skontro gate lists propose" in said.err) == (2, True)
    asked = desk.ask(
        "gate", "lists", "propose", "list.csv", "--source", "a test", "--dated", "2026-01-02",
        *desk.signed("P1"),
    )  # fmt: skip
    assert asked["kind"] == "list.smaller"
    done = desk.ask("people", "approve", str(asked["act"]), *desk.signed("P2"))
    assert done["outcome"] == {"list": "un", "version": 2}
    assert [row["entries"] for row in desk.ask("gate", "lists", "show")["lists"]] == [40, 30]
