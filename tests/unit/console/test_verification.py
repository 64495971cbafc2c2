# SPDX-License-Identifier: Apache-2.0
"""The check of a cycle in the background: asked for by an auditor, watched, kept with its job."""

from __future__ import annotations

import re

import pytest
from tests.made_house import DATES
from tests.made_service import GRANTS, MadeService, worked_service
from tests.unit.console.test_console import Window

from skontro.flow.job_kinds import BESIDE

CYCLE = f"/cycles/{DATES.id}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("verified") / "house")
    for who in ("XA", "XX", "CA"):
        found.admit(who)
        found.give(who, GRANTS[who])
    found.made.run_to_final()
    found.service.api.state.has_worker = True
    while found.house.jobs.work_next("w"):
        pass
    return found


def test_asked_for_watched_and_kept(made: MadeService) -> None:
    """Goal: no request waits for the check; what it found stays, and is the asker's to see.

    Method: an auditor of all sides and one of a side ask from the cycle's page; the worker's thread
    for what nothing waits for takes both, the other one neither; how far it is only grows.
    """
    told = list[int]()
    numbers = dict[str, int]()
    for who in ("XX", "XA"):
        window = Window(made, who)
        where = CYCLE if who == "XX" else "/jobs"
        csrf = re.search(r'name="csrf" value="([^"]*)"', window.get(where).text)
        assert csrf
        answer = window.browser.post(f"/console{CYCLE}/verification",
                                     data={"csrf": csrf[1], "once": f"v-{who}"})  # fmt: skip
        numbers[who] = int(answer.url.path.rsplit("/", 1)[1])
        assert "waiting" in answer.text
        assert window.get(f"/jobs/{numbers[who]}/verification").status_code == 404
    assert made.house.jobs.work_next("w", but=BESIDE) is None
    from skontro.flow.jobs import Attempt

    hear = Attempt._hear

    def heard(self: Attempt, stage: str, permille: int) -> None:
        told.append(permille)
        hear(self, stage, permille)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attempt, "_hear", heard)
        assert made.house.jobs.work_next("w", only=BESIDE) == numbers["XX"]
    assert (len(told) > 20, told == sorted(told), told[-1] < 1000) == (True, True, True)
    assert made.house.jobs.work_next("w", only=BESIDE) == numbers["XA"]
    for who, other in (("XX", "XA"), ("XA", "XX")):
        window = Window(made, who)
        page = window.get(f"/jobs/{numbers[who]}").text
        assert f'href="/console/jobs/{numbers[who]}/verification"' in page
        found = window.get(f"/jobs/{numbers[who]}/verification").text
        assert "Every claim holds" in found
        assert ("rows accepted" in found) == (who == "XX")
        assert window.get(f"/jobs/{numbers[other]}").status_code == 404
        assert re.findall(r'href="/console/jobs/(\d+)"', window.get("/jobs").text) == [
            str(numbers[who])
        ]  # fmt: skip


def test_over_http_and_who_may_not(made: MadeService) -> None:
    answer = made.desk("XX").post(f"{CYCLE}/verification", Prefer="respond-async")
    assert (answer.status_code, answer.json()["kind"]) == (202, "cycle.verify")
    assert made.desk("XX").get(answer.headers["location"]).status_code == 200
    assert made.desk("CA").get(answer.headers["location"]).json()["code"] == "NoSuchJob"
    assert made.desk("CA").get("/jobs").json()["items"] == []
    refused = made.desk("CA").post(f"{CYCLE}/verification", Prefer="respond-async")
    assert refused.json()["code"] == "BeyondRights"
    nowhere = made.desk("XX").post("/cycles/2031-01/verification", Prefer="respond-async")
    assert nowhere.json()["code"] == "NoSuchCycle"
