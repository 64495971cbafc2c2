# SPDX-License-Identifier: Apache-2.0
"""How fast a house writes its papers: ``python -m bench.papers notices FIRMS OBLIGATIONS``."""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.house import PASSPHRASE, make_house, place_of, write_files
from bench.house_cycle import _both
from bench.measure import forget_peak, peak_mib

UTC = datetime.UTC


def notices(firms: str, obligations: str) -> dict[str, Any]:
    """Set-off notices of all firms of a cycle, as signed PDF, into an empty folder.

    From the rows of the house to files that are on the disk: content, both signatures of the paper,
    page making, the electronic signature. One notice is checked afterwards; its figures are read
    back. The peak of memory is that of writing, with what stands from the cycle before it, and of
    the processes that help.
    """
    from skontro.house.calendar import CycleDates
    from skontro.verify import verify_paper

    with place_of("sqlite") as (folder, url):
        house, keys = make_house(folder, url, int(firms), with_keys=True)
        filed, confirmed, _ = write_files(folder, int(firms), int(obligations))
        house.obligations.import_file(filed)
        house.obligations.confirm_file(confirmed)
        day = datetime.datetime(2026, 1, 2, 10, tzinfo=UTC)
        dates = CycleDates("2026-01", datetime.date(2026, 1, 31), day, day.replace(hour=11),
                           day.replace(hour=12))  # fmt: skip
        house.cycles.open(dates)
        _both(house, keys, lambda who, key: house.cycles.propose_fixing(
            "2026-01", {"EUR": "1", "INR": "1/90"}, "invented", who, key))  # fmt: skip
        house.set_clock(dates.cut_off_at)
        house.cycles.cut_off("2026-01")
        house.cycles.preliminary("2026-01")
        house.set_clock(dates.window_ends_at)
        house.cycles.irrevocable("2026-01")
        _both(house, keys, lambda who, key: house.cycles.propose_final("2026-01", who, key))
        house.statements.unlock(PASSPHRASE)
        house.paper_files.certificate()
        out = folder / "papers"
        forget_peak()
        resting = peak_mib()
        begun = time.perf_counter()
        done = house.paper_files.write("notice", "2026-01", out)
        taken = time.perf_counter() - begun
        peak = peak_mib()
        begun = time.perf_counter()
        house.paper_files.write("notice", "2026-01", out)
        again = time.perf_counter() - begun
        verdict = verify_paper(out / done["written"][0])
        house.close()
        size = sum(path.stat().st_size for path in Path(out).glob("*.pdf"))
    count = len(done["written"])
    return {
        "seconds": round(taken, 2), "notices": count, "rows": 2 * int(obligations),
        "again_seconds": round(again, 2), "bytes": size, "peak_mib": peak,
        "above_mib": round(peak - resting, 1),
        "fault": "" if verdict.ok and count == int(firms) else verdict.text(),
    }  # fmt: skip


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {"notices": notices}


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
