# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md from the measurements."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.plan import HOUSE_CASES, NAMES, ORTOOLS, SOLVE_CASES
from bench.records import Records, middle

Line = tuple[str, ...]

KEPT = "<!-- below this line: written by hand, kept when the page is made anew -->"
TOWNS = ("town-100k", "town-200k", "town-300k")


def write_page(path: Path, records: Records, *, quick: bool) -> None:
    """Write the page; what stands below the line of the old one stays."""
    kept = ""
    if path.exists():
        _, line, kept = path.read_text("utf-8").partition(KEPT)
        kept = kept if line else ""
    parts = [
        "# Benchmarks",
        "",
        "Made by `make bench`"
        + (" with `--quick`: small networks, one round; no figure here counts." if quick else "."),
        "",
        "Contenders take turns, each in a process of its own; a figure is the median of the"
        " rounds. The clock runs from arrays in memory to the flow as an array. Skontro's time"
        " includes grouping rows into pairs, the least levels and the check of the certificate on"
        " the arrays as given; the others give a flow and no levels. All answers are checked to be"
        " sound and equal in volume. OR-Tools is given the better of two forms of the problem for"
        " each network, found in the first round. Each contender solves a small network before its"
        " clock starts.",
        "",
        *_warning(records),
        *_against(records),
        *_solved(records),
        *_stages(records),
        *_house(records),
        *_where(records),
        KEPT,
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + (kept or "\n"), "utf-8")


def _table(head: Line, lines: list[Line]) -> list[str]:
    if not lines:
        return ["Not measured yet.", ""]
    rule = tuple("---" for _ in head)
    return [*("| " + " | ".join(line) + " |" for line in (head, rule, *lines)), ""]


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _best_ortools(case: dict[str, Any] | None) -> tuple[str, float] | None:
    found = [(name, middle(case, name)) for name in ORTOOLS]
    timed = [(name, seconds) for name, seconds in found if seconds is not None]
    return min(timed, key=lambda one: one[1]) if timed else None


def _times(records: Records, name: str) -> dict[str, float]:
    """Medians of a case: ours, OR-Tools at its better form, LEMON."""
    case = records.of(name)
    times = dict[str, float]()
    best = _best_ortools(case)
    if best is not None:
        times["ortools"] = best[1]
    for contender in ("skontro", "lemon", "forest"):
        seconds = middle(case, contender)
        if seconds is not None:
            times[contender] = seconds
    return times


def _verdict(holds: bool) -> str:
    return "met" if holds else "**not met**"


def _factor(times: dict[str, float], other: str) -> float | None:
    if "skontro" not in times or other not in times:
        return None
    return times[other] / times["skontro"]


def _against(records: Records) -> list[str]:
    """What must be met, what was measured."""
    lines = [*_speed_lines(records), *_shape_lines(records), *_folder_lines(records)]
    return ["## What must be met", "", *_table(("work", "must", "measured", ""), lines)]


def _speed_lines(records: Records) -> Iterator[Line]:
    times = _times(records, "nation-16m")
    peak = middle(records.of("nation-16m"), "skontro", "peak_mib")
    factor = _factor(times, "ortools")
    if factor is not None and peak is not None:
        yield (
            "1,000,000 firms, 16 M pairs",
            "10 times OR-Tools (aim: 20), 6 GiB",
            f"{factor:.1f} times; {peak / 1024:.1f} GiB",
            _verdict(factor >= 10 and peak <= 6 * 1024),
        )
    times = _times(records, "region-1m")
    other, lemon = _factor(times, "ortools"), _factor(times, "lemon")
    if other is not None and lemon is not None:
        yield (
            "100,000 firms, 1 M pairs",
            "6 times OR-Tools, 25 times LEMON",
            f"{other:.1f} times, {lemon:.1f} times",
            _verdict(other >= 6 and lemon >= 25),
        )
    for name in TOWNS:
        times = _times(records, name)
        if {"skontro", "ortools", "lemon"} <= times.keys():
            factor = min(times["ortools"], times["lemon"]) / times["skontro"]
            title = next(case.title for case in SOLVE_CASES if case.name == name)
            yield (
                title,
                "3 times the faster of the two",
                f"{factor:.1f} times",
                _verdict(factor >= 3),
            )
    small, large = records.of("region-1m"), records.of("nation-16m")
    ours = (middle(small, "skontro"), middle(large, "skontro"))
    if small and large and ours[0] and ours[1]:
        growth = large["facts"]["pairs"] / small["facts"]["pairs"]
        exponent = math.log(ours[1] / ours[0]) / math.log(growth)
        yield (
            "growth from 1 M to 16 M pairs",
            "exponent at most 1.15",
            f"{exponent:.2f}",
            _verdict(exponent <= 1.15),
        )


def _shape_lines(records: Records) -> Iterator[Line]:
    for name, title in (
        ("ring-1m", "ring of 1,000,000, ids in order"),
        ("ring-1m-shuffled", "ring of 1,000,000, shuffled"),
    ):
        times = _times(records, name)
        if "skontro" in times:
            seconds = times["skontro"]
            yield (title, "exact, 5 s", f"exact, {_seconds(seconds)}", _verdict(seconds <= 5))
    times = _times(records, "chords-200k")
    factor = _factor(times, "ortools")
    if factor is not None:
        yield (
            "ring of 200,000 with 200,000 back-chords of length up to 400",
            "exact, a tenth of OR-Tools' time",
            f"exact, {_seconds(times['skontro'])}: 1/{factor:.1f}",
            _verdict(factor >= 10),
        )
    times = _times(records, "forest-16m")
    if "forest" in times:
        yield ("forest stage on top of the 16 M result", "reported", _seconds(times["forest"]), "")


def _folder_lines(records: Records) -> Iterator[Line]:
    case = records.of("folder-16m")
    ours, plain = middle(case, "folder"), middle(case, "plain")
    if ours is not None and plain is not None:
        yield (
            "16 M rows, Parquet to written result folder, all but the solve",
            "4 times pyarrow's plain read and write",
            f"{_seconds(ours)} against {_seconds(plain)}: {ours / plain:.1f} times",
            _verdict(ours <= 4 * plain),
        )
    seconds = middle(records.of("verify-16m"), "verify")
    reading = middle(records.of("verify-16m"), "verify", "read_seconds")
    if seconds is not None and reading is not None:
        yield (
            "`verify` of that folder",
            "10 s beyond reading it",
            f"{_seconds(seconds)}, of which reading alone takes {_seconds(reading)}",
            _verdict(seconds - reading <= 10),
        )
    case = records.of("first-call")
    first, again = middle(case, "compiling"), middle(case, "again")
    if first is not None:
        yield (
            "first call on a machine, compiling, from the command line",
            "20 s",
            f"{_seconds(first)} (the second: {_seconds(again)})",
            _verdict(first <= 20),
        )
    seconds = middle(records.of("help"), "help")
    if seconds is not None:
        yield ("`skontro --help`", "0.3 s", _seconds(seconds), _verdict(seconds <= 0.3))


def _warning(records: Records) -> list[str]:
    """Say which cases were measured while other work kept the cores busy."""
    busy = [
        f"`{name}`"
        for name in NAMES
        if (case := records.of(name)) is not None
        and any(float(run["load"]) > int(case["machine"]["cores"]) + 0.5 for run in case["runs"])
    ]
    if not busy:
        return []
    return [
        "**Other work was running**, more than the cores could take, while these were measured, so"
        f" their times do not count as evidence either way: {', '.join(busy)}.",
        "",
    ]


def _solved(records: Records) -> list[str]:
    """Every network with all times and peaks."""
    lines = list[Line]()
    for case in SOLVE_CASES:
        known = records.of(case.name)
        if known is None or "skontro" not in case.contenders:
            continue
        best = _best_ortools(known)
        cells = [_cell(known, "skontro"), _cell(known, best[0]) if best else ""]
        form = best[0].removeprefix("ortools-").replace("-", " ") if best else ""
        lines.append(
            (case.title, f"{known['facts'].get('pairs', 0):,}", *cells, form, _cell(known, "lemon"))
        )
    head = ("network", "pairs", "Skontro", "OR-Tools", "its better form", "LEMON")
    return ["## All networks: time and peak memory of the process", "", *_table(head, lines)]


def _cell(case: dict[str, Any], contender: str) -> str:
    seconds, peak = middle(case, contender), middle(case, contender, "peak_mib")
    return "" if seconds is None or peak is None else f"{_seconds(seconds)}, {peak:,.0f} MiB"


def _stages(records: Records) -> list[str]:
    """Where the time between file and folder goes."""
    case = records.of("folder-16m")
    if case is None:
        return []
    runs = sorted(
        (run for run in case["runs"] if run["contender"] == "folder"),
        key=lambda run: run["seconds"],
    )
    if not runs:
        return []
    run = runs[len(runs) // 2]
    lines: list[Line] = [(stage, _seconds(taken)) for stage, taken in run["stages"].items()]
    lines.append(("peak memory of the process", f"{run['peak_mib']:,} MiB"))
    return ["## From Parquet to result folder, stage by stage", "", *_table(("stage", ""), lines)]


def _house(records: Records) -> list[str]:
    """What a house must do, what was measured, and where its time goes."""
    lines, stages = list[Line](), list[Line]()
    for one in HOUSE_CASES:
        case = records.of(one.name)
        figure = middle(case, "house", one.field)
        if case is None or figure is None:
            continue
        peak = middle(case, "house", "peak_mib")
        holds = figure >= one.bound if one.at_least else figure <= one.bound
        if one.name == "house-cycle-sqlite" and peak is not None:
            holds = holds and peak <= 4096
        shown = f"{figure:,.0f} a second" if one.field == "rate" else _seconds(figure)
        shown += "" if peak is None else f", {peak:,.0f} MiB"
        run = case["runs"][-1]
        slow = middle(case, "house", "slow_ms")
        if slow is not None:
            shown += f", 99 % under {slow:.0f} ms"
            holds = holds and slow < 100
        lines.append((one.title, one.must, shown, _verdict(holds)))
        if "journal" in run:
            lines.append(("a reader that sums the journal meanwhile", "never an imbalance",
                          run["journal"], _verdict(run["unbalanced"] == 0)))  # fmt: skip
        if "verify_seconds" in run:
            seconds = middle(case, "house", "verify_seconds")
            lines.append(
                (f"`journal verify`, {run['entries']:,} entries", "60 s for 1,000,000",
                 _seconds(seconds), _verdict(seconds is not None and seconds <= 60))
            )  # fmt: skip
        for stage, taken in run.get("stages", {}).items():
            stages.append((one.name, stage, _seconds(taken)))
        if "solver_seconds" in run:
            stages.append((one.name, "of the final run: the solver", _seconds(
                run["solver_seconds"])))  # fmt: skip
    if not lines:
        return []
    return [
        "## The house", "", *_table(("work", "must", "measured", ""), lines),
        *_table(("case", "stage (last round)", ""), stages),
    ]  # fmt: skip


def _where(records: Records) -> list[str]:
    """Machine, commit, time and load of each case."""
    lines = list[Line]()
    machines = list[dict[str, str]]()
    for name in NAMES:
        case = records.of(name)
        if case is None or not case["runs"]:
            continue
        if case["machine"] not in machines:
            machines.append(case["machine"])
        loads = [run["load"] for run in case["runs"]]
        number = str(machines.index(case["machine"]) + 1)
        lines.append(
            (
                f"`{name}`", case["commit"], number, str(case["rounds"]),
                case["runs"][-1]["when"], f"{min(loads)} to {max(loads)}",
            )
        )  # fmt: skip
    told = [
        f"{number}. " + ", ".join(f"{key} {value}" for key, value in machine.items())
        for number, machine in enumerate(machines, 1)
    ]
    head = ("case", "commit", "machine", "rounds", "last measured (UTC)", "load of the machine")
    return [
        "## Where and when",
        "",
        *told,
        "",
        *_table(head, lines),
        '`make bench BENCH_ARGS="--only NAME"` measures one case again; a commit with a plus'
        " sign had changes on top. A stopped run goes on where it was.",
        "",
    ]
