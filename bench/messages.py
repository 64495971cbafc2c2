# SPDX-License-Identifier: Apache-2.0
"""What messages are read and written at: ``python -m bench.messages WHAT COUNT`` prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measure import forget_peak, peak_mib

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


def statement(count: str) -> dict[str, Any]:
    """Read a statement of so many entries, half pay-ins by reference and half pay-outs by id, and
    match each with what the house called and let go."""
    from tests.made_bank import Booked, Paid, Sheet

    from skontro.house.reconciliation import PAY_IN, PAY_OUT, Expected, reconcile
    from skontro.messages.bank_files import read_bank_file

    account, place, many = "NL91ABNA0417164300", ("A", "EUR"), int(count)
    with tempfile.TemporaryDirectory(prefix="skontro-bench-messages-") as scratch:
        path = Path(scratch) / "camt.053.xml"
        entries = tuple(
            Booked(5000 + n if n % 2 else -5000 - n, "2026-02-04", f"B{n}", (
                Paid(5000 + n, "" if n % 2 else f"2026-01/P{n}/EUR/1", f"RF18X{n}" if n % 2 else "",
                     name=f"Firm {n}", account=f"NL20INGB{n:010d}"),
            ))
            for n in range(many)
        )  # fmt: skip
        path.write_bytes(Sheet(account, "EUR", "ST1", "2026-02-04", entries, opening=10**12,
                               number=1).bytes())  # fmt: skip
        del entries
        expected = [
            Expected(PAY_IN if n % 2 else PAY_OUT, n, place, 5000 + n,
                     f"RF18X{n}" if n % 2 else f"2026-01/P{n}/EUR/1", (f"Firm {n}",),
                     (f"NL20INGB{n:010d}",))
            for n in range(many)
        ]  # fmt: skip
        size = path.stat().st_size
        forget_peak()
        rest = resident_mib()
        begun = time.perf_counter()
        file = read_bank_file(path)
        read = time.perf_counter() - begun
        state = reconcile([file], {account: place}, expected)
        seconds = time.perf_counter() - begun
        peak = peak_mib()
    done = sum(one.state == "done" for one in state.standings.values())
    good = done == len(state.matches) == many and not state.proofs[0].faults
    return {
        "seconds": round(seconds, 2), "read_seconds": round(read, 2), "entries": many,
        "mib": size >> 20, "peak_mib": peak, "above_rest_mib": peak - rest,
        "fault": "" if good else "not all were matched",
    }  # fmt: skip


def resident_mib() -> int:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * resource.getpagesize() >> 20


def orders(count: str, profile: str) -> dict[str, Any]:
    """Write so many payments as pain.001, checked against the rail and our own schema.

    The payments themselves are made before the clock begins; memory counts from before that.
    """
    from tests.made_orders import order, order_file

    from skontro.messages.orders import Party
    from skontro.messages.pain001 import PAIN001, pain001
    from skontro.messages.schema_check import schema_of

    schema_of(PAIN001)
    pain001(order_file(order("warm")), profile)
    forget_peak()
    rest = resident_mib()
    made = [
        order(f"2026-01/A{number}/EUR/1", 100_00 + number, group="settlement",
              ultimate_debtor=Party(f"Debtor {number}") if number % 3 == 0 else None)
        for number in range(int(count))
    ]  # fmt: skip
    file = order_file(*made)
    begun = time.perf_counter()
    data = pain001(file, profile)
    seconds = time.perf_counter() - begun
    peak = peak_mib()
    good = data.count(b"<CdtTrfTxInf>") == int(count)
    return {
        "seconds": round(seconds, 2), "payments": int(count), "profile": profile,
        "bytes": len(data), "peak_mib": peak, "above_rest_mib": peak - rest,
        "fault": "" if good else "not all were written",
    }  # fmt: skip


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "invoices": invoices, "statement": statement, "orders": orders,
}  # fmt: skip


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
