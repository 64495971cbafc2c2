# SPDX-License-Identifier: Apache-2.0
"""README.md and docs/inputs.md are run: files written, commands typed, what is printed compared.

A fence named ``csv obligations.csv`` is a file of that name. In a ``console`` fence a line that
starts with ``$ `` is typed into a shell and the lines below it are what must be printed, to the
letter. A ``python`` fence is a session, compared as a doctest.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, the name after it, its text."""

    kind: str
    name: str
    body: str


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a paper, in order."""
    blocks = []
    for found in FENCE.finditer(text):
        kind, _, name = found["info"].strip().partition(" ")
        blocks.append(Block(kind, name, found["body"]))
    return blocks


def commands_of(body: str) -> list[tuple[str, str]]:
    """Each command of a console block with what is said to be printed below it."""
    commands: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].strip(), ""))
        else:
            assert commands, f"a console block begins with a command, not with {line!r}"
            command, printed = commands[-1]
            commands[-1] = (command, printed + line)
    return commands


def run_in(folder: Path, command: str) -> str:
    """Type a command into a shell in a folder, and return what is printed."""
    where = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    unwanted = ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "PYTEST_CURRENT_TEST")
    env = {k: v for k, v in os.environ.items() if k not in unwanted}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder, env=env | {"PATH": where}, capture_output=True, text=True, timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def check_console(folder: Path, blocks: list[Block]) -> int:
    """Run the console blocks of a paper in a folder that holds its files; count the commands."""
    count = 0
    for block in blocks:
        if block.kind == "csv" and block.name:
            (folder / block.name).write_text(block.body, "utf-8")
        elif block.kind == "console":
            for command, said in commands_of(block.body):
                lines = run_in(folder, command).splitlines()
                assert "".join(f"{line.rstrip()}\n" for line in lines) == said, command
                count += 1
    return count


def test_console(tmp_path: Path) -> None:
    """What README says is printed, is printed."""
    blocks = blocks_of(README.read_text("utf-8"))
    table = next(b.body for b in blocks if b.kind == "csv")
    assert len(table.splitlines()) == 1 + 4
    assert check_console(tmp_path, blocks) >= 2


def test_the_page_of_input_files(tmp_path: Path) -> None:
    """The five files of docs/inputs.md clear to what the page says."""
    blocks = blocks_of((ROOT / "docs" / "inputs.md").read_text("utf-8"))
    assert sum(block.kind == "csv" for block in blocks) == 5
    assert check_console(tmp_path, blocks) == 3


def test_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python session of README answers as shown."""
    monkeypatch.chdir(tmp_path)
    sessions = 0
    for block in blocks_of(README.read_text("utf-8")):
        if block.kind == "csv" and block.name:
            Path(block.name).write_text(block.body, "utf-8")
        elif block.kind == "python":
            sessions += 1
            test = doctest.DocTestParser().get_doctest(block.body, {}, "README", "README.md", 0)
            assert test.examples
            assert doctest.DocTestRunner().run(test).failed == 0
    assert sessions


def test_make_commands_exist() -> None:
    """Each ``make x`` in README is a target of the Makefile."""
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README.read_text("utf-8"), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_the_reader_of_readme_sees(tmp_path: Path) -> None:
    """This test's own eyes: a wrong answer, a failing command, a missing command are noticed."""
    right = "```csv a.csv\nx\n```\ntext\n```console\n$ cat a.csv\nx\n```\n"
    assert check_console(tmp_path, blocks_of(right)) == 1
    with pytest.raises(AssertionError, match="cat a"):
        check_console(tmp_path, blocks_of(right.replace("$ cat a.csv\nx", "$ cat a.csv\ny")))
    with pytest.raises(AssertionError, match="ended with 3"):
        check_console(tmp_path, blocks_of(right.replace("cat a.csv", "exit 3")))
    with pytest.raises(AssertionError, match="begins with a command"):
        check_console(tmp_path, blocks_of(right.replace("$ cat a.csv\n", "")))
