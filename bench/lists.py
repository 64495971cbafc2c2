# SPDX-License-Identifier: Apache-2.0
"""A list that changed, measured: ``python -m bench.lists WHAT ...`` prints JSON.

The house is one that ``bench.house`` makes: firms by the million with names of invented words and
tax numbers, written straight into the tables, each judged by the gate before anything is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from bench.house import make_house, place_of
from bench.measure import peak_mib

STANDING, CHANGED = 10_000, 500
"""Entries of the list in force, and how many its next version has besides."""
PORTION = 50_000


def _rows(firms: list[str]) -> str:
    """The next version of the list: what stood on it, and entries of which some are these firms."""
    from skontro.lab.invented_list import invented_list

    entries = invented_list(CHANGED, seed=77)[: CHANGED - len(firms)]
    names = [entry.names[0].text for entry in entries] + firms
    rows = [f"Listed Person {number},ID{number:08}" for number in range(STANDING)]
    rows += [f'"{name}",NEW{number:08}' for number, name in enumerate(names)]
    return "\n".join(["name,identifier", *rows]) + "\n"


def update(kind: str, firms: str) -> dict[str, Any]:
    """Take a list with 500 entries more into force, at the command line, until all is judged."""
    from skontro.flow.house import House
    from skontro.lab.invented_list import firm_name
    from skontro.store.rows import count
    from skontro.store.schema import gate_case
    from skontro.store.verdicts import last_verdicts

    many, random = int(firms), Random(21)
    names = [firm_name(random) for _ in range(many + 1)]
    on_list = list(range(many // 40, many + 1, many // 20))
    with place_of(kind) as (folder, url):
        begun = time.perf_counter()
        house = make_house(folder, url, many, name_of=names.__getitem__, judged=PORTION)
        day = house.now.isoformat()
        house.close()
        made = time.perf_counter() - begun
        listed = folder / "update.csv"
        listed.write_text(_rows([names[number] for number in on_list]), "utf-8")
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "skontro", "gate", "lists", "import", str(listed), "--source",
             "invented", "--dated", day, "--house", str(folder), "--json"],
            capture_output=True, text=True,
        )  # fmt: skip
        taken = time.perf_counter() - begun
        with House.open(folder) as house, house.database.read() as unit:
            said = last_verdicts(unit, "participant", list(range(1, many + 1)))
            held = {number for number, one in said.items() if one.outcome == "held"}
            cases = count(unit, gate_case)
    fault = done.stderr.strip()[-300:] if done.returncode else ""
    if not fault and (not held.issuperset(on_list) or len(said) != many):
        fault = f"{len(held)} of {len(said)} held, {len(held & set(on_list))} of {len(on_list)}"
    return {"seconds": round(taken, 2), "firms": many, "held": len(held), "cases": cases,
            "on_list": len(on_list), "made_in_seconds": round(made, 1), "peak_mib": peak_mib(),
            "fault": fault}  # fmt: skip


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {"update": update}


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
