# SPDX-License-Identifier: Apache-2.0
"""Passphrases, times, amounts and public keys as they are given to commands."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest
import typer
from tests.made_desk import SECRETS, Desk

from skontro.cli.house.desk import day, instant, minor, passphrase, signed_minor
from skontro.cli.house.init import public_key
from skontro.cli.house.shown import figures, table_text, tree
from skontro.core.errors import Forbidden, NoSuchFile, Rejected, SkontroError
from skontro.ops.keys import SigningKey

VARIABLE = "SKONTRO_PASSPHRASE"


def test_a_file_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "from the environment")
    path = tmp_path / "secret"
    path.write_text("of the file \nnot this\n", "utf-8")
    path.chmod(0o644)
    assert passphrase(path, VARIABLE, "a key") == "of the file "
    assert "others can read" in capsys.readouterr().err
    path.chmod(0o600)
    passphrase(path, VARIABLE, "a key")
    assert capsys.readouterr().err == ""
    assert passphrase(None, VARIABLE, "a key") == "from the environment"


def test_without_a_passphrase_the_next_step_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("typed by nobody\n"))
    with pytest.raises(Forbidden) as refused:
        passphrase(None, VARIABLE, "keys/p1.pem")
    assert VARIABLE in refused.value.next_step
    empty = tmp_path / "empty"
    empty.write_text("\n", "utf-8")
    with pytest.raises(Forbidden, match="first line is empty"):
        passphrase(empty, VARIABLE, "a key")
    with pytest.raises(NoSuchFile, match="no passphrase can be read"):
        passphrase(tmp_path / "none", VARIABLE, "a key")


@pytest.mark.parametrize("answers", [("one and the same", "one and the same"), ("one", "two")])
def test_at_a_terminal_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, str]
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = list[str]()

    def answer(question: str) -> str:
        asked.append(question)
        return answers[len(asked) - 1]

    monkeypatch.setattr("getpass.getpass", answer)
    if answers[0] == answers[1]:
        assert passphrase(None, VARIABLE, "k", is_new=True) == answers[0]
    else:
        with pytest.raises(Forbidden, match="not the same twice"):
            passphrase(None, VARIABLE, "k", is_new=True)
    assert len(asked) == 2
    asked.clear()
    assert passphrase(None, VARIABLE, "k") == answers[0]
    assert len(asked) == 1


def test_a_key_is_made_for_its_owner_alone(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(empty_folder, capsys)
    made = desk.type("people", "key", "--out", "keys/p.pem", "--passphrase-file", "P1.secret")
    assert made.err == ""
    key = SigningKey.load(Path("keys/p.pem"), SECRETS["P1"])
    assert made.out == key.public_key + "\n"
    assert stat.S_IMODE(Path("keys/p.pem").stat().st_mode) == 0o600
    assert public_key("keys/p.pem") == public_key("keys/p.pub") == key.public_key
    again = desk.type("people", "key", "--out", "keys/p.pem", "--passphrase-file", "P1.secret")
    assert (again.code, "[TargetTaken]" in again.err) == (2, True)
    desk.write("short", "short\n")
    weak = desk.type("people", "key", "--out", "keys/q.pem", "--passphrase-file", "short")
    assert (weak.code, "[WeakPassphrase]" in weak.err) == (2, True)
    assert not Path("keys/q.pub").exists()


@pytest.mark.parametrize("given", ["none.pem", "none.pub", "0" * 63, "z" * 64])
def test_what_is_no_public_key_is_refused(empty_folder: Path, given: str) -> None:
    with pytest.raises(SkontroError):
        public_key(given)
    Path("text.pub").write_text("a letter to a friend\n", "utf-8")
    with pytest.raises(Rejected, match="64 hexadecimal"):
        public_key("text.pub")


@pytest.mark.parametrize("text", ["yesterday", "2026-01-30T15:00", "2026-13-01", "15:00", ""])
def test_a_time_says_its_zone(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="2026-01-30T15:00Z"):
        instant(text)


@pytest.mark.parametrize("text", ["2026-1-3", "2026-02-30", "30.01.2026", "20260130", ""])
def test_a_day_is_written_one_way(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        day(text)


@pytest.mark.parametrize("text", ["1,000.00", "1e3", "10.001", "--5", "-", " 5", "5 "])
def test_an_amount_is_exact_or_refused(text: str) -> None:
    with pytest.raises(Rejected):
        signed_minor(text, "EUR")
    with pytest.raises(Rejected):
        minor("-5", "EUR")
    assert signed_minor("-5", "EUR") == -500


def test_what_is_shown_cannot_steer_the_terminal() -> None:
    evil = "\x1b[31mred\u202e"
    for text in (
        table_text(("name",), [(evil,)]), figures({"name": evil}), tree({"name": evil}),
        tree([{"says": evil, "record": 1}]),
    ):  # fmt: skip
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
        assert "red" in text
