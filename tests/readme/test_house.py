# SPDX-License-Identifier: Apache-2.0
"""docs/house.md is lived: its files written, its commands typed in order, what they print compared.

A fence named ``csv firms.csv`` is a file of that name. In a ``console`` fence a line that starts
with ``$ `` is typed; the lines below it are what a person then sees, result and remarks, where
``...`` stands for what is different each time: keys, hashes, numbers made of them. Alone on a line
it stands for any lines.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from tests.readme.test_readme import ROOT, blocks_of, commands_of, run_in

from skontro.cli import main
from skontro.cli.app import GROUPS

TOUR = ROOT / "docs" / "house.md"
COMPILING = "compiling for this machine"


class Terminal:
    """A person's terminal, in the folder that is the current one."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        for name in [name for name in os.environ if name.startswith("SKONTRO")]:
            monkeypatch.delenv(name)

    def type(self, line: str) -> str:
        """Type a line and return what is seen.

        A command of ours without pipes runs in this process, which is quicker by far; whatever
        else stands there goes to a shell.
        """
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self._monkeypatch.setenv(name, value)
            return ""
        target = Path(words[-1]) if len(words) > 2 and words[-2] == ">" else None
        words = words if target is None else words[:-2]
        if words[0] != "skontro" or {"|", ">", ">>", "&&", ";"} & set(words):
            return run_in(Path.cwd(), line)
        self._capsys.readouterr()
        main(words[1:])
        seen = self._capsys.readouterr()
        remarks = [one for one in seen.err.splitlines(True) if not one.startswith(COMPILING)]
        if target is not None:
            target.write_text(seen.out, "utf-8")
            return "".join(remarks)
        return seen.out + "".join(remarks)


def is_like(said: str, seen: str) -> bool:
    """Whether what is seen is what the paper says."""
    pattern = ""
    for line in said.splitlines():
        parts = [re.escape(part) for part in line.split("...")]
        pattern += r"(?:[^\n]*\n)*" if line == "..." else "[^\n]*".join(parts) + r"\n"
    lines = "".join(f"{line.rstrip()}\n" for line in seen.splitlines())
    return re.fullmatch(pattern, lines) is not None


def test_the_tour(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: a newcomer who copies docs/house.md line by line sees what it says, to the close."""
    terminal = Terminal(capsys, monkeypatch)
    typed = list[str]()
    for block in blocks_of(TOUR.read_text("utf-8")):
        if block.kind in ("csv", "toml", "text") and block.name:
            (empty_folder / block.name).write_text(block.body, "utf-8")
        for line, said in commands_of(block.body) if block.kind == "console" else ():
            seen = terminal.type(line)
            assert is_like(said, seen), f"$ {line}\n--- the paper says\n{said}--- seen\n{seen}"
            typed.append(line)
    for group in GROUPS:
        assert any(line.startswith(f"skontro {group} ") for line in typed), group
    for command in ("init", "replay", "backup", "restore"):
        assert any(line.startswith(f"skontro {command}") for line in typed), command


def test_the_reader_of_the_tour_sees() -> None:
    """This test's own eyes: a wrong figure, a line too many and one too few are noticed."""
    said = "key  ...\nset off  320.00\n"
    assert is_like(said, "key  5f0c\nset off  320.00\n")
    assert is_like(said, "key  5f0c   \nset off  320.00")
    assert not is_like(said, "key  5f0c\nset off  321.00\n")
    assert not is_like(said, "key  5f0c\nset off  320.00\nmore\n")
    assert not is_like(said, "key  5f0c\n")
    assert not is_like(said, "key  5f0c\nmore\nset off  320.00\n")
    assert is_like("first\n...\nlast\n", "first\nany\nlines\nlast\n")
    assert not is_like("first\n...\nlast\n", "first\nany\nlines\nlast but one\n")
    assert is_like("", "")
    assert not is_like("", "something\n")
