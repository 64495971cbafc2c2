# SPDX-License-Identifier: Apache-2.0
"""The demonstration's year on PostgreSQL, whose runs are done by workers that may be killed.

``python -m tests.killed_year FOLDER DATABASE MONTHS FIRMS`` lives through it; where the database
goes away it begins again from wherever the house is, as its people would.
"""

from __future__ import annotations

import datetime
import json
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skontro.core.errors import NoSuchFile, SkontroError, Unavailable
from skontro.flow.house import DEMO_PASSPHRASE, House
from skontro.house.rules import HouseRules
from skontro.lab.trade import RULES
from skontro.lab.year import DemonstrationYear
from skontro.ops.clock import UTC, SetClock

STILL_S = 300
"""A job at which nothing has changed for so long is stuck, in seconds."""


class KilledYear(DemonstrationYear):
    """A year on a database of its own, whose steps are asked for as jobs."""

    def __init__(self, folder: Path, url: str, *, firms: int) -> None:
        self.url = url
        super().__init__(folder, firms=firms)
        for step in ("cut_off", "preliminary", "irrevocable", "close"):
            setattr(self.house.cycles, step, self._by_job(step))

    def _opened(self) -> House:
        try:
            return House.open(self.folder / "house")
        except NoSuchFile:
            rules = HouseRules.from_mapping(tomllib.loads(RULES))
            public = {name: key.public_key for name, key in self.keys.items()}
            start = datetime.datetime(2025, 12, 15, 9, tzinfo=UTC)
            return House.create(
                self.folder / "house", rules, public, passphrase=DEMO_PASSPHRASE,
                clock=SetClock(start), database_url=self.url,
            )  # fmt: skip

    def _by_job(self, step: str) -> Callable[[str], dict[str, Any]]:
        def ask(cycle: str) -> dict[str, Any]:
            jobs = self.house.jobs
            content = {"cycle": cycle, "step": step, "person": None}
            number = jobs.ask("cycle.step", f"{cycle}: {step}", content, by="P1")
            found, since = dict[str, Any](), time.monotonic()
            while True:
                was, found = found, jobs.show(number)
                if was != found:
                    since = time.monotonic()
                if found["state"] == "done":
                    return found
                if found["state"] == "failed":
                    raise SkontroError(f"{step} of {cycle}: {found['code']} {found['message']}")
                if time.monotonic() > since + STILL_S:
                    raise SkontroError(f"{step} of {cycle} is stuck: {found}")
                time.sleep(0.1)

        return ask


def main() -> int:
    folder, url, months, firms = sys.argv[1:]
    begun = 0
    while True:
        begun += 1
        year = None
        try:
            year = KilledYear(Path(folder), url, firms=int(firms))
            figures = year.live(int(months))
        except Unavailable:
            time.sleep(0.3)
            continue
        finally:
            if year is not None:
                year.house.close()
        sys.stdout.write(json.dumps({"begun": begun, "months": len(figures)}) + "\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
