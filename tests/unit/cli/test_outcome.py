# SPDX-License-Identifier: Apache-2.0
"""How a command ends: one sentence, the next step, an exit code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from skontro.cli import main, outcome
from skontro.cli.demo import program_name
from skontro.cli.lab import budget_list, whole_number
from skontro.core.errors import CertificateFailed, Conflict, InvalidFixing


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (InvalidFixing("the rate of INR is zero"), 2, "the rate of INR is zero [InvalidFixing]"),
        (Conflict("there is something", code="TargetTaken"), 2, "[TargetTaken]"),
        (CertificateFailed("it does not check"), 4, "it does not check [CertificateFailed]"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 2, "No space left on device"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), 2, "No such file: a.csv"),
        (PermissionError(errno.EACCES, "Permission denied", "a"), 2, "Permission denied: a"),
        (ZeroDivisionError("division by zero"), 4, "ZeroDivisionError: division by zero"),
    ],
)
def test_an_error_ends_in_a_sentence_and_a_code(
    error: BaseException, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome.end_with_error(error) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert "Traceback" not in printed.err
    if not isinstance(error, KeyboardInterrupt):
        assert "\n  next: " in printed.err


def test_what_stands_in_a_file_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Column names in an error, sides in the summary, a firm's name in its sentences."""
    path = tmp_path / "o.csv"
    path.write_text("id,debtor,creditor,amount,\x1b[2Jcurrency\n", encoding="utf-8")
    assert main(["clear", str(path)]) == 2
    path.write_text("id,debtor,creditor,amount,currency\n1,A\u202eB,C,1,EUR\n", encoding="utf-8")
    people = tmp_path / "p.csv"
    people.write_text(
        "id,name,side\nA\u202eB,\x1b[31mred,\x1b[0mX\nC,D,Y\n", encoding="utf-8"
    )
    folder = str(tmp_path / "result")
    assert main(["clear", str(path), "--participants", str(people), "--out", folder]) == 0
    assert main(["explain", folder, "--participant", "A\u202eB"]) == 0
    printed = capsys.readouterr()
    assert not {"\x1b", "\u202e"} & set(printed.out + printed.err)
    assert "A\\u202eB owes 1.00 EUR" in printed.out


def test_the_codes_are_those_that_are_documented() -> None:
    codes = {name: int(value) for name, value in outcome.ExitCode.__members__.items()}
    assert codes == {
        "OK": 0, "CLAIM_FAILED": 1, "REFUSED": 2, "ROWS_REFUSED": 3, "OURS": 4, "UNAVAILABLE": 5,
        "INTERRUPTED": 130,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 2), (["--help"], 0), (["no-such"], 2), (["clear"], 2), (["clear", "--help"], 0),
     (["clear", "a.csv", "--split", "newest"], 2), (["clear", "a.csv", "--threads", "0"], 2),
     (["package", "r", "--out", "p"], 2), (["package", "r", "--out", "p", "--public",
     "--participant", "A"], 2), (["curve", "o.csv", "--cash", "1%", "--border", "1%"], 2),
     (["curve", "o.csv", "--cash", "much"], 2),
     (["generate", "nation", "x.csv", "--firms", "1e-1"], 2),
     (["explain", "nowhere", "--participant", "A"], 2), (["clear", "nowhere.csv"], 2),
     (["verify", "nowhere"], 2)],
)  # fmt: skip
def test_usage(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    if code:
        assert "Traceback" not in printed.err
        assert not list(empty_folder.iterdir())
    if code and arguments:
        assert printed.out == ""
        assert printed.err.strip()


def test_limits_are_not_passed_over_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["clear", "o.csv", "--cash", "unlimited", "--pay-in-limits", "l.csv"]
    assert main(asked) == 2
    assert "choose one: --cash unlimited, or --pay-in-limits" in capsys.readouterr().err


def test_the_demonstration_says_a_command_that_can_be_copied(
    monkeypatch: pytest.MonkeyPatch, empty_folder: Path
) -> None:
    """After make demo the program is not on the path."""
    monkeypatch.setattr(sys, "argv", [".venv/bin/skontro", "demo"])
    monkeypatch.setenv("PATH", str(empty_folder))
    assert program_name() == ".venv/bin/skontro"
    (empty_folder / "skontro").touch(mode=0o755)
    assert program_name() == "skontro"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_fault(tmp_path: Path, closed: str) -> None:
    """As under some schedulers: the work is done, and the code says so."""
    (tmp_path / "o.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,5,EUR\n")
    command = f"exec {sys.executable} -m skontro clear o.csv --out r {closed}"
    assert subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False).returncode == 0
    assert (tmp_path / "r/manifest.json").is_file()


@pytest.mark.parametrize("command", ["clear", "verify", "package", "explain", "curve", "generate",
                                     "doctor", "demo"])  # fmt: skip
def test_every_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"skontro {command}" in text.split("Examples", 1)[1]


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("skontro ")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1000", 1000), ("1e6", 10**6), ("1.6e7", 16_000_000), ("16_000_000", 16_000_000), (" 7 ", 7)],
)
def test_counts_are_read_exactly(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e-3", "0", "-1", "nan", "3e9", "1e999999"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        whole_number(text)


@pytest.mark.parametrize("text", ["", ",", "x", "1%%", "-1%", "nan%", "inf"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        budget_list(text)


def test_help_loads_nothing_heavy() -> None:
    """Goal: help comes at once. Method: what a fresh interpreter has loaded after it."""
    program = (
        "import sys; from skontro.cli import main; code = main(['--help']); "
        "heavy = {'numba', 'pyarrow', 'altair', 'numpy', 'vl_convert', 'pandas', 'iso4217'}; "
        "loaded = sorted(heavy & set(sys.modules)); "
        "sys.stderr.write(f'{code} {loaded}')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stderr == "0 []"


def test_a_reader_who_goes_away_is_no_error() -> None:
    """Goal: ``skontro --help | head -1`` is quiet and leaves the code alone."""
    program = (
        "import sys, time; from skontro.cli.outcome import write_out; time.sleep(0.3); "
        "[write_out('x' * 100_000) for _ in range(3)]; sys.exit(3)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        if process.stdout is None or process.stderr is None:
            raise RuntimeError("no pipes")
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 3
    assert said == b""


def test_help_may_be_cut_short() -> None:
    """``skontro clear --help | true`` says nothing on stderr."""
    program = "import time; time.sleep(0.3); from skontro.cli import main; main(['clear', '-h'])"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        if process.stdout is None or process.stderr is None:
            raise RuntimeError("no pipes")
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""


def test_a_narrow_alphabet_is_no_error() -> None:
    """On a terminal without UTF-8 a name is shown as far as it goes."""
    program = "from skontro.cli.outcome import write_out; write_out('Bäk\u0905')"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True,
                          env=environment)  # fmt: skip
    assert done.stdout == b"B?k?\n"
