# SPDX-License-Identifier: Apache-2.0
"""One measurement in a process of its own: ``python -m bench.measure WHAT ...`` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from bench.contenders import CONTENDERS, Case, fault_of
from skontro.lab.synthetic import network_arrays


def peak_mib() -> int:
    """The most memory this process has held, in MiB; what its parent held does not count."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise RuntimeError("this system does not say how much memory was held")


def forget_peak() -> None:
    """Let the peak count from now on: what came before is not what is measured."""
    with suppress(OSError):  # not every system allows it; the figure is then the larger one
        Path("/proc/self/clear_refs").write_text("5", "utf-8")


def solve(case_path: str, contender: str) -> dict[str, Any]:
    """Let one contender solve a case, after a small one that is not timed.

    The small one is a network of the common kind, so that all code of the contender is loaded and
    compiled before its clock starts; the first call on a machine is measured apart.
    """
    firms = 500
    CONTENDERS[contender](Case(*network_arrays("nation", firms, 5_000, 1), firms))
    arrays = np.load(case_path)
    case = Case(arrays["debtor"], arrays["creditor"], arrays["amount"], int(arrays["nodes"]))
    answer = CONTENDERS[contender](case)
    peak = peak_mib()
    return {
        "seconds": round(answer.seconds, 4),
        "set_off": str(answer.set_off),
        "peak_mib": peak,
        "fault": fault_of(case, answer),
    }


class Stages:
    """Listens to progress and keeps the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds = dict[str, float]()
        self._stage = ""
        self._begun = time.perf_counter()

    def __call__(self, stage: str, *_: object) -> None:
        """Close the stage before, if this is another."""
        if stage == self._stage:
            return
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._begun
        self._stage, self._begun = stage, now


SOLVING = ("setting off", "making few partial")


def folder(obligations: str, target: str) -> dict[str, Any]:
    """Read a Parquet file, clear it and write the result folder as Parquet."""
    from skontro.core.clearing import clear_intake
    from skontro.messages.folder import write_folder
    from skontro.messages.tables import read_intake

    _warm_up(Path(target).with_name("warm-up"))
    stages = Stages()
    stages("reading")
    intake = read_intake(obligations)
    stages("clearing")
    result = clear_intake(intake, progress=stages)
    stages("writing")
    write_folder(result, Path(target), format="parquet", force=True)
    stages("end")
    total = sum(stages.seconds.values())
    solving = sum(stages.seconds.get(stage, 0.0) for stage in SOLVING)
    return {
        "seconds": round(total - solving, 3),
        "solving_seconds": round(solving, 3),
        "stages": {stage: round(seconds, 3) for stage, seconds in stages.seconds.items()},
        "peak_mib": peak_mib(),
    }


def _warm_up(target: Path) -> None:
    """Compile before the clock starts; the first call is measured apart."""
    import shutil

    import pyarrow as pa

    from skontro.core.clearing import clear_intake
    from skontro.messages.folder import write_folder
    from skontro.messages.tables import read_intake

    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "debtor": ["A", "B", "C"],
            "creditor": ["B", "C", "A"],
            "amount_minor": [5, 3, 4],
            "currency": ["EUR"] * 3,
        }
    )
    write_folder(clear_intake(read_intake(table)), target, format="parquet", force=True)
    shutil.rmtree(target)


def plain(obligations: str, target: str) -> dict[str, Any]:
    """Read the same Parquet file and write the same tables with pyarrow alone."""
    import pyarrow.parquet as pq

    tables = [pq.read_table(path) for path in sorted(Path(target).glob("*.parquet"))]
    aside = Path(target).with_name("plain.parquet")
    begun = time.perf_counter()
    pq.read_table(obligations)
    read = time.perf_counter()
    for table in tables:
        pq.write_table(table, aside)
    written = time.perf_counter()
    aside.unlink()
    return {
        "seconds": round(written - begun, 3),
        "read_seconds": round(read - begun, 3),
        "write_seconds": round(written - read, 3),
    }


def verify(target: str) -> dict[str, Any]:
    """Verify a result folder, and read the same files with pyarrow alone."""
    import pyarrow.parquet as pq

    from skontro.verify import verify_folder

    begun = time.perf_counter()
    for path in sorted(Path(target).rglob("*.parquet")):
        pq.read_table(path)
    read = time.perf_counter()
    verdict = verify_folder(Path(target))
    done = time.perf_counter()
    return {
        "seconds": round(done - read, 3),
        "read_seconds": round(read - begun, 3),
        "fault": "" if all(claim.ok for claim in verdict.claims) else "a claim does not hold",
        "claims": len(verdict.claims),
        "peak_mib": peak_mib(),
    }


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "solve": solve,
    "folder": folder,
    "plain": plain,
    "verify": verify,
}


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
