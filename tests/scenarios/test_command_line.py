# SPDX-License-Identifier: Apache-2.0
"""A person at the command line: files in, summary, result folder, check, sentences, packages."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from skontro.cli import main

EFFECT = "effect: calculation, screened: false, nothing has been set off"

OBLIGATIONS = """\
id,debtor,creditor,amount,currency,due_date,document
n1,North,South,100.00,EUR,2026-01-10,INV-1
n2,South,Coast,9000.00,INR,2026-01-12,INV-2
n3,Coast,North,60.00,EUR,2026-01-05,INV-3
n4,South,North,40.00,EUR,,INV-4
"""
PARTICIPANTS = """\
id,name,side,home_currency,accepts_conversion
North,Northern Mills,A,EUR,yes
South,Southern Tea,B,INR,yes
Coast,Coastal Labs,B,INR,yes
"""
FIXING = "currency,unit_of_account,rate\nEUR,EUR,1\nINR,EUR,1/90\n"
LIMITS = "participant,limit,currency\nSouth,4500.00,INR\n"
QUOTAS = "debtor_side,creditor_side,quota,currency\nA,B,10.00,EUR\nB,A,25.00,EUR\n"
ALL = ["clear", "obligations.csv", "--participants", "participants.csv", "--fixing", "fixing.csv"]
CASH = [*ALL, "--pay-in-limits", "limits.csv", "--border-quotas", "quotas.csv"]


@pytest.fixture
def desk(empty_folder: Path) -> Path:
    """A folder with the files of a small cycle between two sides."""
    files = {
        "obligations": OBLIGATIONS, "participants": PARTICIPANTS, "fixing": FIXING,
        "limits": LIMITS, "quotas": QUOTAS,
    }  # fmt: skip
    for name, text in files.items():
        (empty_folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return empty_folder


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Type a command; return its exit code, what it printed and what it remarked."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def remarks(text: str) -> str:
    """What stands on stderr but the notice of a first compilation."""
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("compiling")
    )


def test_a_summary_for_a_person(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """300 of gross; 60 goes round all three, 40 between North and South: 260 in all."""
    code, out, err = typed(capsys, *ALL)
    assert (code, remarks(err)) == (0, "")
    lines = [re.sub(r" {2,}", "  ", line) for line in out.splitlines()]
    assert lines[:5] == [
        "EUR  amount  of gross",
        "gross (before)  300.00  100.00 %",
        "set off  260.00  86.67 %",
        "still owed (after)  40.00  13.33 %",
        "net internal debt  40.00  13.33 %",
    ]
    assert "4 obligations of 3 participants: 3 fully discharged, 1 partly, 0 untouched" in lines
    assert lines[-1] == EFFECT
    assert not (desk / "result").exists()


def test_a_summary_for_a_program(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, *ALL, "--json")
    summary = json.loads(out)
    assert code == 0
    wanted = {
        "effect": "calculation", "screened": False, "notice": "nothing has been set off",
        "unit": "EUR", "gross_minor": 30000, "set_off_minor": 26000, "settled_minor": 0,
        "share": "0.866667", "obligations": 4, "participants": 3, "fully_discharged": 3,
        "partly_discharged": 1, "untouched": 0, "net_internal_debt_minor": 4000,
        "certificate": "checked",
    }  # fmt: skip
    assert {name: summary[name] for name in wanted} == wanted
    assert re.fullmatch("[0-9a-f]{64}", summary["result_digest"])
    assert summary["levels"] >= 1


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_cycle_from_end_to_end(desk: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """Clear with cash into a folder, check it, and have one firm's part told."""
    code, out, err = typed(capsys, *CASH, "--out", "result", "--format", kind)
    assert (code, remarks(err)) == (0, "")
    assert out.splitlines()[-1] == EFFECT
    names = {path.name for path in (desk / "result").iterdir()}
    assert names == {
        "manifest.json", "summary.json", "certificate.json", f"obligations.{kind}",
        f"participants.{kind}", "rejections.csv", "inputs", "report.html", "commitment.json",
        "run.json",
    }  # fmt: skip
    code, out, _ = typed(capsys, "verify", "result")
    assert code == 0, out
    assert "every claim holds" in out
    told = typed(capsys, "verify", "result", "--progress")[2].splitlines()
    assert {"checking inputs ...", "checking EUR.set-off.certificate ..."} <= set(told)
    assert "FAILS" not in out
    assert out.splitlines()[-1] == EFFECT
    code, out, _ = typed(capsys, "explain", "result", "--participant", "South")
    assert code == 0
    assert out.startswith("South (Southern Tea, side B)\n")
    assert "n2, owed to Coast: " in out
    assert "South pays in " in out or "South is paid " in out
    run = json.loads((desk / "result/run.json").read_text("utf-8"))
    assert run["seconds"]
    assert run["libraries"]["numba"]


def test_the_report_lies_in_the_folder(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, *ALL, "--out", "result")
    text = (desk / "result/report.html").read_text("utf-8")
    summary = json.loads((desk / "result/summary.json").read_text("utf-8"))
    held = re.search(r'<script type="application/json" id="summary">(.*?)</script>', text)
    assert held is not None
    assert json.loads(held[1]) == summary
    assert '<data value="26000" data-key="set_off_minor">260.00 EUR</data>' in text
    assert '"curve-0"' in text


def test_a_tampered_folder_is_found_out(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, *ALL, "--out", "result")
    path = desk / "result/obligations.csv"
    path.write_text(path.read_text("utf-8").replace("60.00", "61.00"), encoding="utf-8")
    code, out, _ = typed(capsys, "verify", "result")
    assert code == 1
    assert "FAILS" in out
    code, out, _ = typed(capsys, "verify", "result", "--json")
    assert code == 1
    verdict = json.loads(out)
    assert verdict["ok"] is False
    assert verdict["effect"] == "calculation"


def test_packages(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A firm checks its own part against what is public, and is told what it cannot check."""
    typed(capsys, *CASH, "--out", "result")
    assert typed(capsys, "package", "result", "--participant", "South", "--out", "own")[0] == 0
    assert typed(capsys, "package", "result", "--public", "--out", "public")[0] == 0
    code, out, _ = typed(capsys, "verify", "own", "--public", "public")
    assert code == 0, out
    assert "cannot be checked here" in out
    assert typed(capsys, "verify", "own")[0] == 2
    own = "".join(path.read_text("utf-8") for path in (desk / "own").iterdir())
    assert "n3" not in own
    assert "Coastal Labs" not in own


def test_refused_rows_are_told_and_the_rest_is_cleared(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (desk / "obligations.csv").open("a", encoding="utf-8") as file:
        file.write("n5,North,South,1e3,EUR,,\nn6,North,North,5.00,EUR,,\n")
    code, out, err = typed(capsys, *ALL, "--out", "result")
    assert code == 3
    assert "2 rows were refused; all are in result/rejections.csv:" in err
    assert "row 5, amount '1e3': " in err
    assert "260.00" in out
    with (desk / "result/rejections.csv").open(encoding="utf-8") as file:
        assert [row["row"] for row in csv.DictReader(file)] == ["5", "6"]
    code, again, _ = typed(capsys, *ALL, "--allow-rejections")
    assert code == 0
    assert again.splitlines()[-1] == EFFECT


def test_many_refused_rows_are_counted(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (desk / "obligations.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"m{k},North,South,-1,EUR,,\n" for k in range(1200))
    code, _, err = typed(capsys, *ALL)
    assert code == 3
    assert "1,200 rows were refused:" in err
    assert "and 1,195 more" in err
    assert len(remarks(err).splitlines()) == 7


def test_a_folder_is_not_overwritten(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, *ALL, "--out", "result")[0] == 0
    before = (desk / "result/manifest.json").read_bytes()
    code, out, err = typed(capsys, *CASH, "--out", "result")
    assert (code, out) == (2, "")
    assert "--force" in err
    assert (desk / "result/manifest.json").read_bytes() == before
    assert typed(capsys, *CASH, "--out", "result", "--force")[0] == 0
    assert (desk / "result/manifest.json").read_bytes() != before
    (desk / "letters").mkdir()
    (desk / "letters/dear.txt").write_text("x", encoding="utf-8")
    assert typed(capsys, *ALL, "--out", "letters", "--force")[0] == 2
    assert [path.name for path in (desk / "letters").iterdir()] == ["dear.txt"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"fixing": FIXING.replace("1/90", "0")}, "nought"),
        ({"obligations": OBLIGATIONS.replace("amount", "sum")}, "amount"),
        ({"obligations": OBLIGATIONS.splitlines()[0]}, "no row"),
        ({"limits": LIMITS.replace("South", "Nobody")}, "Nobody"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(
    desk: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], says: str
) -> None:
    for name, text in files.items():
        (desk / f"{name}.csv").write_text(text, encoding="utf-8")
    code, out, err = typed(capsys, *CASH, "--out", "result")
    assert (code, out) == (2, "")
    assert says in err
    assert len(remarks(err).splitlines()) == 2
    assert "next: " in err
    assert not (desk / "result").exists()


def test_without_a_fixing_each_currency_stands_by_itself(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = typed(capsys, "clear", "obligations.csv", "--out", "result")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.endswith("of gross")] == [
        "EUR", "INR"
    ]  # fmt: skip
    summary = json.loads((desk / "result/summary.json").read_text("utf-8"))
    assert summary["unit"] is None
    assert [block["unit"] for block in summary["blocks"]] == ["EUR", "INR"]
    assert typed(capsys, "verify", "result")[0] == 0


def test_wishes(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wish reaches the clearing: the parameters say so and the volume never falls."""
    wishes: list[tuple[list[str], dict[str, Any]]] = [
        (["--split", "pro-rata"], {"split": "pro-rata"}),
        (["--prefer", "oldest"], {"prefer": "oldest"}),
        (["--prefer", "smallest"], {"prefer": "smallest"}),
        (["--cash", "unlimited"], {"cash": "unlimited"}),
    ]
    for more, parameters in wishes:
        code, out, _ = typed(capsys, *ALL, *more, "--json")
        assert code == 0
        summary = json.loads(out)
        assert parameters.items() <= summary["parameters"].items()
        assert summary["set_off_minor"] == 26000
    code, out, _ = typed(capsys, *CASH, "--combined", "--json")
    summary = json.loads(out)
    assert code == 0
    assert summary["set_off_minor"] == 0
    assert summary["settled_minor"] >= 26000
    planned = typed(capsys, *CASH, "--combined")[1].splitlines()
    assert planned[-2:] == ["cash and set-off placed together: a planning figure", EFFECT]
    assert "planning" not in typed(capsys, *CASH)[1]


def test_a_count_of_one_is_one(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_folder / "o.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,5,EUR\n")
    shown = typed(capsys, "clear", "o.csv")[1]
    assert "1 obligation of 2 participants: 0 fully discharged" in shown


def test_limits_and_quotas_reach_the_clearing(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """North owes South 100 across the border; it may pay 70, and A may owe B 10."""
    rows = "id,debtor,creditor,amount,currency\nn1,North,South,100.00,EUR\n"
    (desk / "obligations.csv").write_text(rows, encoding="utf-8")
    (desk / "limits.csv").write_text("participant,limit,currency\nNorth,70.00,EUR\n", "utf-8")
    code, out, _ = typed(capsys, *CASH)
    assert code == 0
    shown = [re.sub(r" {2,}", "  ", line) for line in out.splitlines()]
    assert "settled with cash  10.00  10.00 %" in shown
    assert "A owes B  10.00  10.00 %" in shown
    code, out, _ = typed(capsys, *CASH[:-2], "--json")
    assert json.loads(out)["settled_minor"] == 7000


def test_curve_and_generate(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "curve", *ALL[1:], "--cash", "0,50%,100%")
    assert code == 0
    assert "260.00" in out
    assert out.splitlines()[-1] == EFFECT
    code, out, _ = typed(capsys, "curve", *ALL[1:], "--cash", "0,100%", "--json")
    assert [point["discharged_minor"] for point in json.loads(out)] == [26000, 30000]
    code, out, _ = typed(capsys, "generate", "community", "--firms", "1e2", "--obligations",
                         "5e2", "--seed", "3", "made.csv", "--describe")  # fmt: skip
    assert code == 0
    assert "500 obligations of 100 firms" in out
    words = ["generate", "nation", "--firms", "1e2", "--obligations", "3e5", "many.csv"]
    code, out, err = typed(capsys, *words, "--progress")
    assert (code, out) == (0, "300,000 obligations of 100 firms, synthetic: many.csv\n")
    assert remarks(err).startswith("generating ...\n")
    assert typed(capsys, "clear", "made.csv")[0] == 0


def test_a_curve_tells_what_it_leaves_out(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused rows are said and end in 3, as with ``clear``; never passed over in silence."""
    with Path(ALL[1]).open("a") as file:
        file.writelines(f"x{row},North,South,1e3,EUR,,\n" for row in range(7))
    words = ("curve", *ALL[1:], "--cash", "100%", "--json")
    code, out, err = typed(capsys, *words)
    assert (code, [point["discharged_minor"] for point in json.loads(out)]) == (3, [30000])
    assert "7 rows were refused:" in err
    assert "amount '1e3'" in err
    assert "and 2 more: skontro clear --out FOLDER writes them all" in err
    assert typed(capsys, *words, "--allow-rejections")[0] == 0


def test_a_synthetic_network_replaces_no_file_unasked(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty_folder / "own.csv").write_text("years of work")
    made = ("generate", "community", "own.csv", "--firms", "50", "--obligations", "90")
    code, _, err = typed(capsys, *made)
    assert (code, (empty_folder / "own.csv").read_text()) == (2, "years of work")
    assert "[TargetTaken]" in err
    assert typed(capsys, *made, "--force")[0] == 0
    assert [path.name for path in empty_folder.iterdir()] == ["own.csv"]
    assert (empty_folder / "own.csv").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_the_demonstration(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It clears, checks itself, is labelled throughout, and may be run again."""
    for _ in range(2):
        code, out, _ = typed(capsys, "demo", "--out", "here", "--months", "0")
        assert code == 0
        assert out.startswith("DEMONSTRATION data")
        assert "2   Birch   Alder       90.00    20.00     70.00" in out
        assert out.splitlines()[-1].startswith("try: skontro explain")
        assert EFFECT in out
    page = (empty_folder / "here/result/report.html").read_text("utf-8")
    assert '<p class="banner">DEMONSTRATION data</p>' in page
    wanted = out.splitlines()[-1].split()
    assert typed(capsys, *wanted[2:])[0] == 0


def test_the_demonstration_goes_on_with_a_house(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = typed(capsys, "demo", "--out", "here", "--months", "1", "--firms", "30")
    assert code == 0
    assert "DEMONSTRATION house: 1 months" in out
    assert re.search(r"2026-01 +[0-9,]+ +[0-9,]+ +[0-9,]+ +[0-9]+ % +[0-9,]+\n", out)
    wanted = out.splitlines()[-1].split()
    code, out, _ = typed(capsys, *wanted[wanted.index("skontro") + 1 :])
    assert code == 0
    assert "2026-01" in out


def test_the_worked_example(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["clear", worked / "obligations.csv", "--participants", worked / "participants.csv",
             "--fixing", worked / "fixing.csv"]  # fmt: skip
    code, out, _ = typed(capsys, *files)
    assert code == 0
    assert re.search(r"set off +320,000\.00 +75\.29 %", out)
    cash = ["--pay-in-limits", worked / "pay_in_limits.csv", "--border-quotas",
            worked / "border_quotas.csv"]  # fmt: skip
    code, out, _ = typed(capsys, *files, *cash, "--json")
    summary = json.loads(out)
    assert summary["set_off_minor"] + summary["settled_minor"] == 42_500_000


def test_interrupted(desk: Path) -> None:
    """Ctrl-C in the middle: exit 130, one remark, no folder left half written."""
    program = (
        "import sys, threading, signal, os, time\n"
        # what runs in the background begins with Ctrl-C ignored
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import skontro.core.clearing as clearing\n"
        "def slow(*a, **k):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "clearing.clear_intake = slow\n"
        "from skontro.cli import main\n"
        f"sys.exit(main({[*ALL, '--out', 'result']!r}))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=desk, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        if process.stdout is None:
            raise RuntimeError("no pipe")
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(2)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert remarks(err).startswith("interrupted")
    assert "Traceback" not in err
    assert not (desk / "result").exists()


HEADER = "id,debtor,creditor,amount,currency\n"


def run_here(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "skontro", *words], cwd=folder, capture_output=True, text=True
    )


def test_one_bad_byte_does_not_spoil_an_honest_result(tmp_path: Path) -> None:
    """A NUL byte in a refused row is shown, and the result still verifies."""
    (tmp_path / "o.csv").write_text(
        HEADER + "1,A,B,10.00,EUR\n2,B,A,10.00,EUR\nx\0,A,B,1,EUR\n3,A,B,1\0,EUR\n"
    )
    assert run_here(tmp_path, "clear", "o.csv", "--out", "r").returncode == 3
    assert run_here(tmp_path, "verify", "r").returncode == 0


def test_the_largest_sum_that_fits_is_cleared_and_written(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(HEADER + "1,A,B,46116860184273879.03,EUR\n")
    assert run_here(tmp_path, "clear", "o.csv", "--out", "r").returncode == 0
    assert run_here(tmp_path, "verify", "r").returncode == 0


def test_packages_and_results_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(HEADER + "1,A,B,10.00,EUR\n2,B,A,10.00,EUR\n")
    assert run_here(tmp_path, "clear", "o.csv", "--out", "r").returncode == 0
    assert run_here(tmp_path, "package", "r", "--public", "--out", "r/p").returncode == 2
    assert run_here(tmp_path, "package", "r", "--public", "--out", "p").returncode == 0
    for words in (("p",), ("r", "--public", "p")):
        assert run_here(tmp_path, "verify", *words).returncode == 2
    assert run_here(tmp_path, "verify", "r").returncode == 0
