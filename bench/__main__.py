# SPDX-License-Identifier: Apache-2.0
"""``python -m bench``: measure, contenders in turn, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench import plan
from bench.page import write_page
from bench.records import ROOT, Records

FOUR_ROWS = (
    "id,debtor,creditor,amount,currency\n"
    "1,A,B,100.00,EUR\n2,B,C,80.00,EUR\n3,C,A,60.00,EUR\n4,A,C,10.00,EUR\n"
)


def say(text: str) -> None:
    """Tell what is going on, on stderr."""
    print(text, file=sys.stderr, flush=True)


def measured(*words: str, module: str = "bench.measure") -> dict[str, Any]:
    """Run one measurement in a process of its own.

    Raises:
        RuntimeError: The process failed; its last words are in the message.
    """
    answer = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, capture_output=True, text=True
    )
    if answer.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {answer.stderr.strip()[-2000:]}")
    figures: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return figures


def run_solve(case: plan.SolveCase, records: Records, options: argparse.Namespace) -> None:
    """Let the contenders of a case solve it in turn, round by round.

    Both forms for OR-Tools are tried in the first round; the faster goes on.
    """
    runs = records.runs(case.name, options.rounds)
    wanted = {(name, turn) for turn in range(options.rounds) for name in case.contenders}
    if not wanted - {(run["contender"], run["round"]) for run in runs}:
        return
    with tempfile.TemporaryDirectory(prefix="skontro-bench-") as scratch:
        path = Path(scratch) / "case.npz"
        made = case.make_quick() if options.quick else case.make()
        pairs = np.unique(made.debtor.astype(np.int64) * made.nodes + made.creditor).shape[0]
        np.savez(
            path, debtor=made.debtor, creditor=made.creditor, amount=made.amount, nodes=made.nodes
        )
        rows, nodes = made.debtor.shape[0], made.nodes
        del made
        records.facts(case.name, firms=nodes, rows=rows, pairs=pairs)
        for turn in range(options.rounds):
            for name in _this_round(case.contenders, runs, turn):
                if any(run["contender"] == name and run["round"] == turn for run in runs):
                    continue
                figures = measured("solve", str(path), name)
                records.add(case.name, {"contender": name, "round": turn} | figures)
                say(f"{case.name}  {name}  round {turn + 1}: {figures['seconds']} s")
    _check_agreement(case.name, runs)


def _this_round(
    contenders: tuple[str, ...], runs: list[dict[str, Any]], turn: int
) -> Iterator[str]:
    """Yield who runs in a round; contenders change places from round to round."""
    order = contenders if turn % 2 == 0 else contenders[::-1]
    if turn > 0:
        first = {
            run["contender"]: run["seconds"]
            for run in runs
            if run["contender"] in plan.ORTOOLS and run["round"] == 0
        }
        slower = {name for name in first if first[name] > min(first.values())}
        order = tuple(name for name in order if name not in slower)
    yield from order


def _check_agreement(name: str, runs: list[dict[str, Any]]) -> None:
    """Stop if two contenders differ, or if one's answer is not sound."""
    for run in runs:
        if run["fault"]:
            raise RuntimeError(f"{name}: {run['contender']}: {run['fault']}")
    sums = {run["set_off"] for run in runs}
    if len(sums) > 1:
        raise RuntimeError(f"{name}: the contenders differ: {sorted(sums)}")


def run_folder(records: Records, options: argparse.Namespace) -> None:
    """Measure Parquet to result folder, pyarrow alone, and the check of the folder, in turn."""
    rounds = options.rounds
    runs = {name: records.runs(name, rounds) for name in ("folder-16m", "verify-16m")}
    if min(len(runs["folder-16m"]) // 2, len(runs["verify-16m"])) >= rounds:
        return
    from skontro.lab.synthetic import generate

    firms, rows = plan.FOLDER_ROWS_QUICK if options.quick else plan.FOLDER_ROWS
    with tempfile.TemporaryDirectory(prefix="skontro-bench-") as scratch:
        source, target = Path(scratch) / "obligations.parquet", Path(scratch) / "result"
        begun = time.perf_counter()
        generate("nation", firms, rows, 7, source)
        made = round(time.perf_counter() - begun, 2)
        for name in runs:
            runs[name].clear()
            records.facts(name, firms=firms, rows=rows, generate_seconds=made)
        for turn in range(rounds):
            for name, what, words in (
                ("folder-16m", "folder", (str(source), str(target))),
                ("folder-16m", "plain", (str(source), str(target))),
                ("verify-16m", "verify", (str(target),)),
            ):
                figures = measured(what, *words)
                records.add(name, {"contender": what, "round": turn} | figures)
                say(f"{name}  {what}  round {turn + 1}: {figures['seconds']} s")
                if figures.get("fault"):
                    raise RuntimeError(f"{name}: {figures['fault']}")


def run_house(case: plan.HouseCase, records: Records, options: argparse.Namespace) -> None:
    """Measure something a house does."""
    runs = records.runs(case.name, options.rounds)
    module, *words = case.quick if options.quick else case.words
    for turn in range(len(runs), options.rounds):
        figures = measured(*words, module=module)
        if figures["fault"]:
            raise RuntimeError(f"{case.name}: {figures['fault']}")
        records.add(case.name, {"contender": "house", "round": turn} | figures)
        say(f"{case.name}  round {turn + 1}: {case.field} {figures[case.field]}")


def run_first_call(records: Records, options: argparse.Namespace) -> None:
    """Measure a four-row file from the command line, nothing compiled yet, and again."""
    runs = records.runs("first-call", options.rounds)
    for turn in range(len(runs) // 2, options.rounds):
        with tempfile.TemporaryDirectory(prefix="skontro-bench-") as scratch:
            source = Path(scratch) / "four.csv"
            source.write_text(FOUR_ROWS, "utf-8")
            caches = {"NUMBA_CACHE_DIR": str(Path(scratch) / "compiled")}
            for name in ("compiling", "again"):
                words = ("clear", str(source), "--out", str(Path(scratch) / name))
                seconds = _command(words, caches)
                records.add("first-call", {"contender": name, "round": turn, "seconds": seconds})
                say(f"first-call  {name}  round {turn + 1}: {seconds} s")


def run_help(records: Records, options: argparse.Namespace) -> None:
    """Measure ``skontro --help``."""
    runs = records.runs("help", options.rounds)
    for turn in range(len(runs), options.rounds):
        if turn == 0:
            _command(("--help",), {})
        seconds = _command(("--help",), {})
        records.add("help", {"contender": "help", "round": turn, "seconds": seconds})
        say(f"help  round {turn + 1}: {seconds} s")


def _command(words: tuple[str, ...], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "skontro", *words],
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    return round(time.perf_counter() - begun, 3)


def main() -> None:
    """Measure what was asked for and is not measured yet, then write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small networks, one round")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help=f"one of: {', '.join(plan.NAMES)}"
    )
    parser.add_argument("--rounds", type=int, default=None, help="rounds of each (3)")
    parser.add_argument("--results", type=Path, help="where measurements are kept")
    parser.add_argument("--page", type=Path, help="the page that is written")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    names = options.only or list(plan.NAMES)
    unknown = sorted(set(names) - set(plan.NAMES))
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    kind = "quick" if options.quick else "full"
    records = Records(options.results or ROOT / "build" / "bench" / f"{kind}.json")
    for case in plan.SOLVE_CASES:
        if case.name in names:
            run_solve(case, records, options)
    if {"folder-16m", "verify-16m"} & set(names):
        run_folder(records, options)
    if "first-call" in names:
        run_first_call(records, options)
    if "help" in names:
        run_help(records, options)
    for house_case in plan.HOUSE_CASES:
        if house_case.name in names:
            run_house(house_case, records, options)
    page = options.page or (
        ROOT / "build" / "bench" / "quick.md" if options.quick else ROOT / "docs" / "benchmarks.md"
    )
    write_page(page, records, quick=options.quick)
    say(f"written: {page}")


if __name__ == "__main__":
    main()
