# SPDX-License-Identifier: Apache-2.0
"""What messages are read at, measured: ``python -m bench.messages invoices COUNT`` prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measure import peak_mib

LINES = 10


def invoices(count: str) -> dict[str, Any]:
    """Judge so many e-invoices by schema and rules, a third each UBL, CII and PDF; then take them
    in. The clock of each begins before its processes are started and its rules are compiled."""
    from tests.made_house import MadeHouse
    from tests.made_invoices import admit_invoice_firms, make_many

    from skontro.messages.bundles import open_sources
    from skontro.messages.invoices.many import check_many

    with tempfile.TemporaryDirectory(prefix="skontro-bench-messages-") as scratch:
        folder = Path(scratch) / "in"
        folder.mkdir()
        for name, data in make_many(int(count), lines=LINES):
            (folder / name).write_bytes(data)
        rest = peak_mib()
        begun = time.perf_counter()
        valid = sum(one.is_valid for _, one in check_many(open_sources([folder])))
        seconds = time.perf_counter() - begun
        peak = peak_mib()
        made = MadeHouse(Path(scratch) / "house")
        made.import_list()
        admit_invoice_firms(made)
        begun = time.perf_counter()
        report = made.house.documents.read([folder])
        intake = time.perf_counter() - begun
        made.house.close()
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    good = valid == report.count("taken") == int(count)
    return {
        "seconds": round(seconds, 2), "intake_seconds": round(intake, 2), "files": int(count),
        "lines": LINES, "peak_mib": peak, "above_rest_mib": peak - rest,
        "worker_peak_mib": worker, "fault": "" if good else "not all were valid and taken",
    }  # fmt: skip


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {"invoices": invoices}


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
