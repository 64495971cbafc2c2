# SPDX-License-Identifier: Apache-2.0
"""Runs asked for over HTTP and done by a worker: watched, and the same as when one waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES
from tests.made_service import MadeService, worked_service

ASYNC = {"Prefer": "respond-async"}
CYCLE = "2026-01"


@pytest.fixture
def made(tmp_path: Path) -> MadeService:
    found = worked_service(tmp_path / "house")
    found.admit_all()
    idle(found)
    return found


def idle(made: MadeService) -> None:
    """Let a worker do what there is: the house screens after every list."""
    while made.house.jobs.work_next("idle"):
        pass


def worked(made: MadeService, answer: Any) -> Any:
    """Let a worker do the job of an answer, and return the job as it is then."""
    assert answer.status_code == 202, answer.text
    asked = answer.json()
    assert answer.headers["location"] == f"/jobs/{asked['number']}"
    assert (asked["state"], asked["fraction"]) == ("waiting", "0.000")
    assert made.house.jobs.work_next("w") == asked["number"]
    return made.desk("P1").get(answer.headers["location"]).json()


def test_a_cycle_whose_runs_a_worker_does(made: MadeService) -> None:
    """Cut-off, preliminary and final run as jobs, two people signing where their keys are."""
    maker, checker = made.desk("P1"), made.desk("P2")
    steps = f"/cycles/{CYCLE}/steps"
    made.made.until(DATES.cut_off_at)
    idle(made)
    for step in ("cut_off", "preliminary"):
        answer = maker.post(steps, {"step": step}, key=step, **ASYNC)
        assert answer.headers["preference-applied"] == "respond-async"
        again = maker.post(steps, {"step": step}, key=step, **ASYNC)
        assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
        assert again.json() == answer.json()
        done = worked(made, answer)
        assert (done["state"], done["fraction"], done["stage"]) == ("done", "1.000", "done")
    made.made.until(DATES.window_ends_at)
    idle(made)
    assert maker.post(steps, {"step": "irrevocable"}).status_code == 200
    drafted = worked(made, maker.post("/acts", {"kind": "run.final", "cycle": CYCLE}, **ASYNC))
    act = maker.get(f"/acts/{drafted['result']['act']}").json()
    assert (act["state"], act["kind"]) == ("drafted", "run.final")
    place = f"/acts/{act['number']}"
    assert maker.post(f"{place}/signature", {
        "signature": made.sign("P1", act["to_sign"]["maker"]),
    }).status_code == 200  # fmt: skip
    yes = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    for who, said, code in (
        ("P1", {"signature": made.sign("P1", act["to_sign"]["checker"])}, "SecondApproverRequired"),
        ("P2", {"signature": made.sign("P2", "another text")}, "WrongKey"),
        ("P2", {"digest": "0" * 64}, "StaleApproval"),
    ):
        before = len(maker.get("/jobs").json()["items"])
        refused = made.desk(who).post(f"{place}/approval", yes | said, **ASYNC)
        assert (refused.status_code // 100, refused.json()["code"]) == (4, code)
        logged = made.house.audit.entries(outcome="refused", most=500)[-1]
        assert (logged["caller"], logged["code"]) == (who, code)
        assert len(maker.get("/jobs").json()["items"]) == before
    done = worked(made, checker.post(f"{place}/approval", yes, **ASYNC))
    assert (done["state"], done["result"]) == (
        "done", {"act": act["number"], "cycle": CYCLE}
    )
    assert made.house.cycles.show(CYCLE)["state"] == "final"
    assert made.house.journal.verify().ok


def test_what_fails_is_seen_and_tried_again(made: MadeService) -> None:
    desk = made.desk("P1")
    early = worked(made, desk.post(f"/cycles/{CYCLE}/steps", {"step": "cut_off"}, **ASYNC))
    assert (early["state"], early["code"]) == ("failed", "TooEarly")
    assert [one["number"] for one in desk.get("/jobs?state=failed").json()["items"]] == [
        early["number"]
    ]
    made.made.until(DATES.cut_off_at)
    idle(made)
    place = f"/jobs/{early['number']}"
    assert desk.post(f"{place}/retry").json()["state"] == "waiting"
    made.house.jobs.work_next("w")
    assert desk.get(place).json()["state"] == "done"
    assert desk.post(f"{place}/retry").json()["code"] == "NotFailed"
    assert desk.get("/jobs/99").json()["code"] == "NoSuchJob"


def test_what_is_quick_is_answered_at_once(made: MadeService) -> None:
    """Prefer is a wish: acts without a run are drafted at once."""
    answer = made.desk("P1").post(
        "/acts", {"kind": "cycle.pause", "cycle": CYCLE, "reason": "x"}, **ASYNC
    )
    assert answer.status_code == 201


def test_jobs_of_the_gate_are_compliances(made: MadeService) -> None:
    number = made.house.jobs.ask("gate.screen", "list 1", {"list": 1})
    assert made.desk("P1").get(f"/jobs/{number}").json()["code"] == "NoSuchJob"
    assert made.desk("P1").get("/jobs").json()["items"] == []
    assert {one["kind"] for one in made.desk("M1").get("/jobs").json()["items"]} == {"gate.screen"}
    assert made.desk("M1").get(f"/jobs/{number}").json()["kind"] == "gate.screen"
    assert made.desk("CA").get(f"/jobs/{number}").json()["code"] == "NoSuchJob"
    made.house.jobs.work_next("w")
    done = made.desk("M1").get(f"/jobs/{number}").json()
    assert (done["state"], done["result"]) == ("done", {})
