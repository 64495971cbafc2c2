# SPDX-License-Identifier: Apache-2.0
"""A request that is made again and again has one effect: in turn, and fifty at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from tests.made_service import Desk, worked_service

AT_ONCE = 50


def body(number: int) -> dict[str, Any]:
    return {"sender": "A1", "reference": f"r{number}", "debtor": "A1", "creditor": "B1",
            "amount": f"{number + 1}.00", "currency": "EUR"}  # fmt: skip


def test_replays_have_one_effect_each(database_url: str, tmp_path: Path, soak: bool) -> None:
    """Registrations are sent several times in a random order, with a seed; every answer of one key
    is the same, and there are as many obligations as keys. In the long run 10,000 replays."""
    made = worked_service(tmp_path / "house", database=database_url, rate_minute=10**7)
    program = made.program("participant_clerk", "A1")
    keys, times = (500, 20) if soak else (8, 5)
    order = [number for number in range(keys) for _ in range(times)]
    random.Random(6).shuffle(order)
    before = len(made.house.obligations.of("A1", most=5000))
    answers: dict[int, set[tuple[int, str]]] = {}
    fresh = 0
    for number in order:
        answer = program.post("/obligations", body(number), key=f"k{number}")
        answers.setdefault(number, set()).add((answer.status_code, answer.text))
        fresh += "idempotent-replayed" not in answer.headers
    assert {len(found) for found in answers.values()} == {1}
    assert {status for found in answers.values() for status, _ in found} == {201}
    assert fresh == keys
    assert len(made.house.obligations.of("A1", most=5000)) == before + keys


def test_fifty_at_once_have_one_effect(database_url: str, tmp_path: Path, soak: bool) -> None:
    """The same request from fifty threads: one does it, the others hear that it is under way, or
    get its answer; none anything else."""
    made = worked_service(tmp_path / "house", database=database_url, rate_minute=10**7)
    program = made.program("participant_clerk", "A1")
    key = program.headers["Authorization"].removeprefix("Bearer ")
    before = len(made.house.obligations.of("A1", most=5000))
    rounds = 20 if soak else 2
    for number in range(rounds):
        found: list[tuple[int, str]] = []
        start = threading.Barrier(AT_ONCE)

        def ask(number: int = number, found: list[Any] = found, start: Any = start) -> None:
            desk = Desk(made.service, key=key)
            start.wait()
            answer = desk.post("/obligations", body(number), key=f"at-once-{number}")
            found.append((answer.status_code, answer.json().get("code", answer.text)))

        threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counted = Counter(found)
        assert len(found) == AT_ONCE
        assert {one for one in counted if one[0] != 201} <= {(409, "RequestInFlight")}
        assert len([one for one in counted if one[0] == 201]) == 1
        again = program.post("/obligations", body(number), key=f"at-once-{number}")
        assert again.headers["idempotent-replayed"] == "true"
    assert len(made.house.obligations.of("A1", most=5000)) == before + rounds
