# SPDX-License-Identifier: Apache-2.0
"""Every command of a house: what its help shows, that its examples can be typed, its answers."""

from __future__ import annotations

import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from skontro.cli.app import GROUPS, app

NO_JSON = {"participants example"}
"""What prints a file to be edited, and nothing about a house."""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of a house by the words that are typed."""
    root = typer.main.get_command(app)
    for name in ("init", "replay", "backup", "restore", "upgrade"):
        yield name, root.commands[name]  # type: ignore[attr-defined]
    for name in GROUPS:
        yield from _within(name, root.load(name))  # type: ignore[attr-defined]


def _within(words: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _within(f"{words} {name}", command)
        else:
            yield f"{words} {name}", command


ALL = dict(commands())


@pytest.mark.parametrize("words", ALL)
def test_help_says_what_it_does_with_an_example(words: str) -> None:
    """The first words of the help, an example at least, and --json and --house on each."""
    command = ALL[words]
    assert command.help
    assert command.help[0].isupper()
    shown = [line for line in command.epilog.splitlines() if line]
    assert shown[0] == "Examples:"
    assert shown[1:]
    options = {name for one in command.params for name in one.opts}
    if words not in NO_JSON:
        assert "--json" in options
    if words not in {*NO_JSON, "people key", "messages check"}:
        assert "--house" in options
    for one in command.params:
        assert one.help, one.name
        assert "passphrase" not in one.name or one.opts[0].endswith("-file")


@pytest.mark.parametrize("words", ALL)
def test_examples_can_be_typed(words: str) -> None:
    """The argument parser takes each example as it stands, up to a pipe or a redirection."""
    command = ALL[words]
    for line in command.epilog.splitlines()[1:]:
        if not line:
            continue
        typed = shlex.split(line.split(" > ")[0].split(" >> ")[0])
        wanted = words.split()
        assert typed[: len(wanted) + 1] == ["skontro", *wanted]
        with command.make_context(words, typed[len(wanted) + 1 :]):
            pass


def test_groups_say_the_same_before_and_after_they_are_loaded() -> None:
    root = typer.main.get_command(app)
    for name, words in GROUPS.items():
        assert root.commands[name].help == words  # type: ignore[attr-defined]
        assert root.load(name).help == words  # type: ignore[attr-defined]


def test_help_is_quick_because_nothing_of_a_house_is_loaded() -> None:
    """Goal: 0.3 s on a machine to itself. Method: what would take the time is not imported."""
    code = (
        "import sys\n"
        "from skontro.cli import main\n"
        "main(['--help'])\n"
        "slow = ('sqlalchemy', 'numpy', 'pyarrow', 'numba', 'cryptography', 'skontro.flow',\n"
        "        'skontro.house', 'skontro.cli.house.cycle')\n"
        "sys.exit(', '.join(name for name in slow if name in sys.modules) or 0)\n"
    )
    taken_s = list[float]()
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert done.stderr == ""
    assert done.returncode == 0
    for name in GROUPS:
        assert f" {name} " in done.stdout
    assert min(taken_s) < 0.6  # of processor time; other tests run on the same cores
