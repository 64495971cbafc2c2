# SPDX-License-Identifier: Apache-2.0
"""Long steps are left to a worker and watched: how far, what came of it, tried again."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, PASSPHRASE
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import Window

from skontro.flow import cycles as cycle_flow
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


def proposed(made: MadeService) -> dict[str, Any]:
    """A final run that P1 proposed: the act as its second person sees it."""
    made.made.until(DATES.cut_off_at)
    for step in ("cut_off", "preliminary"):
        getattr(made.house.cycles, step)(DATES.id)
    made.made.until(DATES.window_ends_at)
    made.house.cycles.irrevocable(DATES.id)
    number = made.house.cycles.propose_final(DATES.id, "P1", made.keys["P1"])
    while made.house.jobs.work_next("w"):  # what the house asked for meanwhile
        pass
    return dict(made.desk("P2").get(f"/acts/{number}").json())


def test_an_approval_holds_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the second signature is checked at once, its effect is had by a worker and watched
    while it is had, and why it was refused is said.

    Method: a signature over another text; a good one, whose job is looked at from within its unit
    of work, which nobody else sees; the same act again, whose job finds that it is done.
    """
    made = served(tmp_path)
    act = proposed(made)
    window, page = Window(made, "P2"), f"/acts/{act['number']}"
    asked = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    false = window.send(f"{page}/approval", page,
                        **asked | {"signature": made.sign("P2", "another text")})  # fmt: skip
    assert (false.status_code, "not of this key" in false.text) == (403, True)
    assert made.house.jobs.newest("act.approve", str(act["number"])) is None
    number = number_of(window.send(f"{page}/approval", page, **asked))
    assert f"/console/jobs/{number}" in window.get(page).text
    assert "data-sign" not in window.get(page).text
    seen, write = list[Any](), vars(cycle_flow)["write_discharge"]

    def looked(*said: Any) -> None:
        seen.append(made.house.jobs.show(number))
        write(*said)

    monkeypatch.setattr(cycle_flow, "write_discharge", looked)
    assert made.house.jobs.work_next("w") == number
    assert [(one["state"], one["stage"], one["fraction"]) for one in seen] == [
        ("running", "writing what is set off", "0.450")
    ]
    done = window.get(f"/jobs/{number}").text
    assert (REFRESH in done, f'href="/console/acts/{act["number"]}"' in done) == (False, True)
    assert f'href="/console/cycles/{DATES.id}"' in done
    assert made.house.cycles.show(DATES.id)["state"] == "final"
    assert list((made.house.folder / "jobs").iterdir()) == []
    assert made.house.journal.verify().ok


def test_an_approval_that_is_refused_later_says_why(tmp_path: Path) -> None:
    """What was taken back between the signature and its effect has none, and both pages say so."""
    made = served(tmp_path)
    act = proposed(made)
    window, page = Window(made, "P2"), f"/acts/{act['number']}"
    asked = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    number = number_of(window.send(f"{page}/approval", page, **asked))
    made.house.people.withdraw(act["number"], "P1")
    assert made.house.jobs.work_next("w") == number
    told = window.get(f"/jobs/{number}").text
    assert ("StaleApproval" in told, REFRESH in told) == (True, False)
    assert made.house.cycles.show(DATES.id)["state"] == "irrevocable"


def test_papers_of_all_firms_are_made_and_taken(tmp_path: Path) -> None:
    """Goal: the papers of a cycle are asked for on a page and over HTTP, made by a worker, and
    taken as one file, by those who see all firms alone.

    Method: before the final run; with the house's key locked, which the job says; unlocked; the
    file is of every firm in the run, and each paper is what a firm's own page gives.
    """
    made = served(tmp_path)
    made.admit("CA")
    made.give("CA", [Grant("participant_clerk", "A1")])
    window, place = Window(made, "O1"), f"/cycles/{DATES.id}/papers"
    early = window.send(f"{place}/notices-json", f"/cycles/{DATES.id}")
    assert (early.status_code, "not published" in early.text) == (409, True)
    made.made.run_to_final()
    while made.house.jobs.work_next("w"):
        pass
    number = number_of(window.send(f"{place}/notices-json", place))
    made.house.statements.lock()
    assert made.house.jobs.work_next("w") == number
    assert "KeyLocked" in window.get(f"/jobs/{number}").text
    assert window.get(f"{place}/notices-json.zip").status_code == 404
    made.house.statements.unlock(PASSPHRASE)
    again = made.desk("P2").post(f"/cycles/{DATES.id}/paper-files",
                                 {"kind": "notices", "form": "json"})  # fmt: skip
    assert again.status_code == 202, again.text
    assert made.house.jobs.work_next("w") == again.json()["number"]
    page = window.get(f"/jobs/{again.json()['number']}").text
    assert f'href="/console{place}/notices-json.zip"' in page
    data = window.get(f"{place}/notices-json.zip").content
    assert made.desk("P2").get(f"/cycles/{DATES.id}/paper-files/notices-json").content == data
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = file.namelist()
        first = file.read(names[0])
    assert len(names) == 6
    assert first == made.house.statements.set_off_notice(DATES.id, "A1").as_bytes()
    listed = made.desk("P2").get(f"/cycles/{DATES.id}/paper-files").json()["items"]
    assert [one["name"] for one in listed if one["is_there"]] == ["notices-json"]
    for path in ("", "/notices-json"):
        refused = made.desk("CA").get(f"/cycles/{DATES.id}/paper-files{path}")
        assert refused.json()["code"] == "NoSuchPage"
    assert made.desk("CA").post(f"/cycles/{DATES.id}/paper-files",
                                {"kind": "notices"}).status_code == 403  # fmt: skip
    assert made.desk("P2").get(f"/cycles/{DATES.id}/paper-files/nonsense").status_code == 404
