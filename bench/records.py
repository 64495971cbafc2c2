# SPDX-License-Identifier: Apache-2.0
"""What was measured so far, kept in a file so that a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("numpy", "numba", "pyarrow", "ortools", "pylmcf")

HOUSE_ALONE = ("flow/", "gate/", "house/", "store/", "cli/house/", "cli/demo.py")
"""What the engine's cases never run: a change in it leaves their figures standing."""


def _of_house(case: str) -> bool:
    """Whether a case runs the whole package, and not the engine alone."""
    return case == "help" or case.startswith(("house-", "messages-", "money-"))


def source_digest(case: str) -> str:
    """Digest of the sources behind a case: a figure is of one state of the code."""
    package = ROOT / "src" / "skontro"
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package).as_posix()
        if not _of_house(case) and inside.startswith(HOUSE_ALONE):
            continue
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def commit() -> str:
    """The commit that is checked out, with a plus sign if there are changes on top of it."""

    def git(*words: str) -> str:
        answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return answer.stdout.strip() if answer.returncode == 0 else ""

    name = git("rev-parse", "--short=12", "HEAD") or "none"
    return name + ("+" if git("status", "--porcelain", "--", "src", "bench") else "")


def machine() -> dict[str, str]:
    """What the figures depend on, without any name of the machine."""
    model, memory = platform.machine(), ""
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = f"{int(line.split()[1]) / 2**20:.0f} GiB"
    return {
        "processor": model,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": memory,
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


class Records:
    """Measurements by case; those of another state of the sources count as not there.

    Each measurement is kept at once, so that nothing is lost when the run is stopped.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sources: dict[bool, str] = {}
        self._commit = commit()
        self._cases: dict[str, dict[str, Any]] = {}
        if path.exists():
            self._cases = json.loads(path.read_text("utf-8"))

    def of(self, name: str) -> dict[str, Any] | None:
        """Return what is known of a case, whatever the state of the sources then."""
        return self._cases.get(name)

    def runs(self, name: str, rounds: int) -> list[dict[str, Any]]:
        """Return the measurements of a case that still count, to be added to."""
        of_house = _of_house(name)
        if of_house not in self._sources:
            self._sources[of_house] = source_digest(name)
        source = self._sources[of_house]
        case = self._cases.get(name)
        if case is None or case["source"] != source or case["rounds"] != rounds:
            case = {
                "source": source,
                "commit": self._commit,
                "machine": machine(),
                "rounds": rounds,
                "facts": {},
                "runs": [],
            }
            self._cases[name] = case
        runs: list[dict[str, Any]] = case["runs"]
        return runs

    def facts(self, name: str, **facts: Any) -> None:
        """Keep facts about a case."""
        self._cases[name]["facts"] |= facts
        self._save()

    def add(self, name: str, run: dict[str, Any]) -> None:
        """Keep one measurement, with the load of the machine as it stood."""
        load = f"{os.getloadavg()[0]:.1f}"
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        self._cases[name]["runs"].append(run | {"when": when, "load": load})
        self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".part")
        aside.write_text(json.dumps(self._cases, indent=1, sort_keys=True) + "\n", "utf-8")
        aside.replace(self._path)


def middle(case: dict[str, Any] | None, contender: str, field: str = "seconds") -> float | None:
    """Return the median of one contender's measurements in a case."""
    if case is None:
        return None
    values = [
        run[field] for run in case["runs"] if run["contender"] == contender and field in run
    ]
    return median(values) if values else None
