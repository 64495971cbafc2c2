# SPDX-License-Identifier: Apache-2.0
"""A request that is made again and again has one effect: in turn, and fifty at once."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.made_service import Desk, MadeService, worked_service

AT_ONCE = 50
KINDS = ("obligation", "act", "key")


def registration(number: int) -> dict[str, Any]:
    return {"sender": "A1", "reference": f"r{number}", "debtor": "A1", "creditor": "B1",
            "amount": f"{number + 1}.00", "currency": "EUR"}  # fmt: skip


def write_of(number: int) -> tuple[str, str, dict[str, Any]]:
    """Return the kind, the path and the body of a write."""
    kind = KINDS[number % len(KINDS)]
    if kind == "act":
        return kind, "/acts", {"kind": "cycle.pause", "cycle": "2026-01", "reason": f"no {number}"}
    if kind == "key":
        return kind, "/keys", {"label": f"key {number}", "role": "operator",
                               "ends_at": "2027-01-01T00:00:00Z"}  # fmt: skip
    return kind, "/obligations", registration(number)


def effects(made: MadeService) -> Counter[str]:
    """Count what there is of each kind."""
    return Counter({
        "obligation": len(made.house.obligations.of("A1", most=100_000)),
        "act": len(made.house.people.acts(["drafted"])),
        "key": len(made.house.access.keys()),
    })  # fmt: skip


def told(text: str) -> str:
    """An answer without what is shown once."""
    return json.dumps(json.loads(text) | {"key": ""}, sort_keys=True)


def test_replays_have_one_effect_each(database_url: str, tmp_path: Path, soak: bool) -> None:
    """Obligations, drafts of acts and keys of programs are sent several times in a random order,
    with a seed; every answer of one key is the same, and there are as many effects as keys. In the
    long run 10,000 requests."""
    made = worked_service(tmp_path / "house", database=database_url, rate_minute=10**7)
    desk = made.desk("P1")
    keys, times = (500, 20) if soak else (9, 5)
    order = [number for number in range(keys) for _ in range(times)]
    random.Random(6).shuffle(order)
    before = effects(made)
    answers: dict[int, set[tuple[int, str]]] = {}
    fresh = 0
    for number in order:
        _, path, body = write_of(number)
        answer = desk.post(path, body, key=f"k{number}")
        answers.setdefault(number, set()).add((answer.status_code, told(answer.text)))
        fresh += "idempotent-replayed" not in answer.headers
    assert {len(found) for found in answers.values()} == {1}
    assert {status for found in answers.values() for status, _ in found} == {201}
    assert fresh == keys
    wanted = Counter(write_of(number)[0] for number in range(keys))
    assert effects(made) - before == wanted


def test_fifty_at_once_have_one_effect(database_url: str, tmp_path: Path, soak: bool) -> None:
    """The same request from fifty threads: one does it, the others hear that it is under way, or
    get its answer; none anything else. In the long run 10,000 requests on each database."""
    made = worked_service(tmp_path / "house", database=database_url, rate_minute=10**7)
    signed_in = made.desk("P1")
    before = effects(made)
    rounds = 200 if soak else 3
    for number in range(rounds):
        kind, path, body = write_of(number)
        found: list[tuple[int, str, bool]] = []
        start = threading.Barrier(AT_ONCE)

        def ask(number: int = number, found: list[Any] = found, start: Any = start,
                path: str = path, body: Any = body) -> None:  # fmt: skip
            desk = Desk(made.service)
            desk.headers = signed_in.headers
            desk.browser.cookies.update(signed_in.browser.cookies)
            start.wait()
            answer = desk.post(path, body, key=f"at-once-{number}")
            is_fresh = "idempotent-replayed" not in answer.headers
            said = answer.json().get("code") or told(answer.text)
            found.append((answer.status_code, said, answer.status_code == 201 and is_fresh))

        threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counted = Counter((status, said) for status, said, _ in found)
        assert len(found) == AT_ONCE
        assert {one for one in counted if one[0] != 201} <= {(409, "RequestInFlight")}, kind
        assert len([one for one in counted if one[0] == 201]) == 1
        assert sum(is_fresh for _, _, is_fresh in found) == 1
        again = signed_in.post(path, body, key=f"at-once-{number}")
        assert again.headers["idempotent-replayed"] == "true"
    wanted = Counter(write_of(number)[0] for number in range(rounds))
    assert effects(made) - before == wanted
