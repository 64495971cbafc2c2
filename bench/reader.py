# SPDX-License-Identifier: Apache-2.0
"""Somebody who sums the journal all the time, and somebody who writes into it meanwhile.

``python -m bench.reader FOLDER`` says ``ready`` and goes on until a line comes; then it prints how
often the journal was summed, what it held at the end, and how often it did not balance.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from typing import Any

_PAUSE_S = 0.02
_LINES = 10


def post(house: Any, rng: random.Random) -> None:
    """Append an entry with a few postings, as a stage of a cycle does."""
    from skontro.store.journal import append_entry

    amounts = [rng.randrange(1, 10**7) for _ in range(_LINES - 1)]
    lines = [(f"held:F{rng.randrange(1, 100)}:EUR", amount) for amount in amounts]
    with house.database.unit("bench.post", exclusive=True) as unit:
        append_entry(
            unit, "money", {"line": 1}, at=house.at, business_day=house.today,
            lines=[*lines, ("held:F100:EUR", -sum(amounts))],
        )  # fmt: skip


def main() -> None:
    """Do as the module says."""
    from skontro.flow.figures import unbalanced
    from skontro.flow.house import House

    over = threading.Event()

    def end() -> None:
        sys.stdin.readline()
        over.set()

    def write() -> None:
        rng = random.Random(7)
        with House.open(sys.argv[1]) as house:
            while not over.wait(_PAUSE_S):
                post(house, rng)

    writer = threading.Thread(target=write)
    with House.open(sys.argv[1]) as house:
        threading.Thread(target=end, daemon=True).start()
        writer.start()
        summed = wrong = 0
        print("ready", flush=True)
        while not over.is_set():
            wrong += unbalanced(house) > 0
            summed += 1
            time.sleep(_PAUSE_S)
        writer.join()
        print(json.dumps({
            "summed": summed, "unbalanced": wrong, "entries": house.journal.head()[0],
        }))  # fmt: skip


if __name__ == "__main__":
    main()
