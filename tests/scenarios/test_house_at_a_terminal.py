# SPDX-License-Identifier: Apache-2.0
"""At a real terminal: passphrases are asked for and not shown, acts are shown before signing."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from tests.made_desk import SECRETS, Desk

WAIT_S = 90


class Session:
    """A command at a terminal of 60 columns, and whoever answers its questions."""

    def __init__(self, *arguments: str) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("SKONTRO")}
        env |= {"TERM": "xterm", "NO_COLOR": "1"}
        self.handle, theirs = pty.openpty()
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "skontro", *arguments], env=env, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.seen = self.before = ""

    def _read(self) -> bool:
        ready, _, _ = select.select([self.handle], [], [], 1)
        if not ready:
            return True
        try:
            data = os.read(self.handle, 65536)
        except OSError:
            return False
        self.seen += data.decode().replace("\r\n", "\n")
        return bool(data)

    def answer(self, question: str, words: str) -> None:
        """Wait for a question and answer it."""
        until = time.monotonic() + WAIT_S
        while question not in self.seen:
            assert time.monotonic() < until, self.seen
            assert self._read() or question in self.seen, self.seen
        self.before, self.seen = self.seen, ""
        time.sleep(0.2)  # the terminal stops showing what is typed right after the question
        os.write(self.handle, f"{words}\n".encode())

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was seen since the last answer."""
        while self._read():
            pass
        os.close(self.handle)
        return self.process.wait(WAIT_S), self.seen


def test_a_passphrase_is_asked_for_twice_and_never_shown(empty_folder: Path) -> None:
    session = Session("people", "key", "--out", "p.pem")
    session.answer("passphrase of p.pem:", SECRETS["P1"])
    session.answer("the same again:", SECRETS["P1"])
    code, seen = session.end()
    assert code == 0, seen
    assert re.fullmatch(r"\n?[0-9a-f]{64}\n", seen)
    assert SECRETS["P1"] not in session.before + seen
    differs = Session("people", "key", "--out", "q.pem")
    differs.answer("passphrase of q.pem:", SECRETS["P1"])
    differs.answer("the same again:", SECRETS["P2"])
    code, seen = differs.end()
    assert (code, "[PassphraseDiffers]" in seen) == (2, True)
    assert not Path("q.pem").exists()


def test_an_act_is_shown_before_it_is_signed(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No: nothing is signed. Yes: the act is done. Nothing is cut off on a narrow terminal."""
    desk = Desk(empty_folder, capsys)
    desk.open()
    desk.import_list()
    desk.at("participants", "admit", "firms.csv", *desk.signed("P1"))
    approve = ["people", "approve", "1", "--as", "P2", "--key", "keys/P2.pem", "--house", "h"]
    session = Session(*approve)
    session.answer("sign it? [y/N]:", "n")
    assert "Alder Pharma" in session.before
    digest = desk.ask("people", "show", 1)["act"]["digest"]
    assert digest in session.before
    code, seen = session.end()
    assert (code, "not signed: the act still waits" in seen) == (2, True)
    assert desk.ask("participants", "list")["participants"] == []
    session = Session(*approve)
    session.answer("sign it? [y/N]:", "y")
    session.answer("passphrase of keys/P2.pem:", SECRETS["P2"])
    code, seen = session.end()
    assert (code, "act 1 is done" in seen) == (0, True)
    code, seen = Session("people", "list", "--house", "h").end()
    for text in ("Anna Alder", "Balu Bakul", *(key[:16] for key in desk.public_keys())):
        assert text in re.sub(r"\s+", " ", seen)
