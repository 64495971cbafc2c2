# SPDX-License-Identifier: Apache-2.0
"""Every page and every reading route, measured: ``python -m bench.pages pages FIRMS CYCLES``.

Each person of the demonstration looks at all that their role may see of a house that has lived;
the seconds are the server's own, from the first byte asked to the last byte answered, without the
network. Whatever is refused (404, 403) is what the role may not see, and does not count.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.made_years import make_years

_ROUNDS = 5
_WITHIN_S = 0.150
_MOST_BYTES = 200_000
_URL = "http://127.0.0.1:8000"
_FILES = ("/console/static", "/mine/obligations.csv", "/bank/payment-files/", "/papers/",
          "/bank/files/", "/metrics", "/openapi.json")  # fmt: skip
"""Routes that give a file, not a page."""


def _values(house: Any, firm: str) -> dict[str, list[str]]:
    """What stands in the place of each name in a path."""
    from skontro.store.rows import find_all
    from skontro.store.schema import act, gate_case, job, licence, obligation

    cycles = [one["id"] for one in house.cycles.table()]
    with house.database.read() as unit:
        found = {
            name: [str(getattr(row, column)) for row in find_all(unit, table, limit=1,
                                                                 order=[f"-{column}"])]
            for name, table, column in (
                ("obligation", obligation, "number"), ("act", act, "id"),
                ("licence", licence, "id"),
                ("case", gate_case, "id"), ("job", job, "number"),
            )
        }  # fmt: skip
    return found | {
        "cycle": [cycles[-1], cycles[-2]], "firm": [firm], "code": ["NoSuchObligation"],
        "kind": ["participant.admit"],
    }


def _addresses(service: Any, house: Any, firm: str) -> Iterator[str]:
    """Yield every address of a page or of a reading route, and some with filters."""
    values = _values(house, firm)
    described = service.api.openapi()["paths"]
    paths = {path for path, methods in described.items() if "get" in methods}
    for path in sorted(paths | set(_console(service))):
        if any(mark in path for mark in _FILES) or path.endswith("/{name}"):
            continue
        named = path
        noun = next((one for one in ("obligation", "act", "licence", "case", "job")
                     if f"/{one}s/" in path), "obligation")  # fmt: skip
        for kept in ("cycle", "firm", "code", "kind"):
            if f"{{{kept}}}" in named and kept != "cycle":
                named = named.replace(f"{{{kept}}}", values[kept][0])
        for number in values[noun][:1]:
            named = named.replace("{number}", number)
        if "{" in named.replace("{cycle}", ""):
            continue
        yield from [named.replace("{cycle}", each) for each in values["cycle"]] \
            if "{cycle}" in named else [named]
    last = values["cycle"][1]
    yield from (
        "/console/obligations?state=discharged", f"/console/obligations?party={firm}",
        f"/console/cycles/{last}/network?of=sides", f"/console/cycles/{last}/network?end={firm}",
        "/console/bank?outcome=matched", f"/obligations?party={firm}&limit=500",
        "/obligations?state=registered", "/journal?limit=500", "/audit?limit=500",
    )  # fmt: skip


def _console(service: Any) -> list[str]:
    """Return the paths of the console's pages."""
    from skontro.console.app import MODULES

    return [f"/console{route.path}" for module in MODULES for route in module.routes.routes
            if "GET" in getattr(route, "methods", ())]  # fmt: skip


def pages(firms: str, cycles: str, folder: str = "") -> dict[str, Any]:
    """Look at everything, as everybody, and say how long it took and how much was sent."""
    from fastapi.testclient import TestClient

    from skontro.api.app import Service
    from skontro.console.app import install
    from skontro.lab.people import DEMO_PASSWORD, PLAYERS, Players
    from skontro.ops.settings import Settings
    from skontro.store.rows import count
    from skontro.store.schema import obligation

    with tempfile.TemporaryDirectory(prefix="skontro-bench-pages-") as scratch:
        year = make_years(Path(folder or scratch), int(firms), int(cycles))
        players, house = Players(year), year.house
        players.admit()
        service = Service(house, Settings(rate_minute=10**9, sign_in_minute=10**9), (install,))
        taken = list[float]()
        metrics = service._shield.measure

        def measure(method: str, route: str, status: int, seconds: float) -> None:
            taken.append(seconds)
            if metrics is not None:
                metrics(method, route, status, seconds)

        service._shield.measure = measure
        addresses = list(_addresses(service, house, players.firm))
        seconds = defaultdict[str, list[float]](list)
        large = dict[str, int]()
        faults = list[str]()
        for who in PLAYERS:
            house.access.set_login(who.id, DEMO_PASSWORD)
            browser = TestClient(service, base_url=_URL, raise_server_exceptions=False)
            told = browser.post("/session", json={
                "person": who.id, "password": DEMO_PASSWORD, "code": house.access.code_now(who.id),
            })  # fmt: skip
            if told.status_code != 200:
                raise RuntimeError(told.text)
            for address in addresses:
                name = f"{who.roles[0]} {address}"
                if browser.get(address).status_code in (403, 404):
                    continue
                for _ in range(_ROUNDS):
                    answer = browser.get(address, follow_redirects=False)
                    seconds[name].append(taken[-1])
                if answer.status_code >= 500:
                    faults.append(f"{name}: {answer.status_code}")
                if len(answer.content) > _MOST_BYTES:
                    large[name] = len(answer.content)
        with house.database.read() as unit:
            many = count(unit, obligation)
        house.close()
    every = sorted(one for each in seconds.values() for one in each)
    middles = {name: sorted(each)[len(each) // 2] for name, each in seconds.items()}
    slow = {name: round(1000 * one) for name, one in middles.items() if one > _WITHIN_S}
    if large:
        faults.append(f"over 200 kB: {large}")
    return {
        "seconds": round(every[len(every) * 95 // 100], 4), "obligations": many,
        "pages": len(seconds), "looks": len(every),
        "median_ms": round(1000 * every[len(every) // 2], 1),
        "slowest_ms": round(1000 * every[-1], 1), "slow": dict(
            sorted(slow.items(), key=lambda one: -one[1])), "fault": "; ".join(faults),
    }  # fmt: skip


def main() -> None:
    """Run the measurement named on the command line."""
    measurements: dict[str, Callable[..., dict[str, Any]]] = {"pages": pages}
    print(json.dumps(measurements[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
