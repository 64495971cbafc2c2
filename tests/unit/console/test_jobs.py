# SPDX-License-Identifier: Apache-2.0
"""Long steps are left to a worker and watched: how far, what came of it, tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.made_house import DATES
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import Window

from skontro.house.roles import Grant

REFRESH = 'http-equiv="refresh"'


def served(folder: Path) -> MadeService:
    made = worked_service(folder / "house")
    made.admit("O1", "run.final")
    made.give("O1", [Grant("operator")])
    made.service.api.state.has_worker = True
    while made.house.jobs.work_next("w"):  # what the house asked for when it was made
        pass
    return made


def number_of(answer: Any) -> int:
    assert answer.url.path.startswith("/console/jobs/")
    return int(answer.url.path.rsplit("/", 1)[1])


def test_a_run_is_asked_for_and_watched(tmp_path: Path) -> None:
    """Goal: from the cut-off to the act for two people, each long step a job with a page.

    Method: the forms of the cycle's page; a worker takes each job; the page comes again by itself
    while it waits, and leads on once it is done.
    """
    made = served(tmp_path)
    made.made.until(DATES.cut_off_at)
    window, cycle = Window(made, "O1"), f"/cycles/{DATES.id}"
    for step in ("cut_off", "preliminary"):
        answer = window.send(f"{cycle}/steps/{step}", cycle)
        number = number_of(answer)
        assert (REFRESH in answer.text, "waiting" in answer.text) == (True, True)
        while made.house.jobs.work_next("w") != number:
            pass
        page = window.get(f"/jobs/{number}").text
        assert (REFRESH in page, "100&nbsp;%" in page) == (False, True)
        assert f'href="/console{cycle}"' in page
    made.made.until(DATES.window_ends_at)
    window.send(f"{cycle}/steps/irrevocable", cycle)
    answer = window.send(f"{cycle}/steps/run.final", cycle)
    number = number_of(answer)
    while made.house.jobs.work_next("w") != number:
        pass
    page = window.get(f"/jobs/{number}").text
    (act,) = made.house.people.acts(["drafted"])
    assert f'href="/console/acts/{act["id"]}"' in page
    assert f"/console/jobs/{number}" in window.get("/jobs").text


def test_what_fails_says_why_and_is_tried_again(tmp_path: Path) -> None:
    made = served(tmp_path)
    window, cycle = Window(made, "O1"), f"/cycles/{DATES.id}"
    answer = window.send(f"{cycle}/steps/cut_off", cycle)
    number = number_of(answer)
    while made.house.jobs.work_next("w") != number:
        pass
    page = window.get(f"/jobs/{number}").text
    assert "TooEarly" in page
    assert REFRESH not in page
    again = window.send(f"/jobs/{number}/retry", f"/jobs/{number}")
    assert "waiting" in again.text
    assert Window(made, "P2").get("/jobs/99").status_code == 404
