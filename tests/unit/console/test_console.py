# SPDX-License-Identifier: Apache-2.0
"""The pages of every role: what they show, what a form does, what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.made_service import GRANTS, PASSWORD, URL, MadeService, worked_service

from skontro.console.act_forms import FORMS, fields_of, given_by
from skontro.house.roles import Actor

PAGES = ("/", "/obligations", "/obligations/1", "/obligations/new", "/cycles", "/acts", "/firms",
         "/firms/A1", "/gate", "/journal", "/people", "/audit", "/acts/new/run.final",
         "/acts/new/participant.admit", "/nowhere")  # fmt: skip


class Window:
    """A browser without scripts, signed in."""

    def __init__(self, made: MadeService, who: str) -> None:
        self.browser = TestClient(made.service, base_url=URL, raise_server_exceptions=False)
        made.house.access.set_login(who, PASSWORD)
        answer = self.browser.post(
            "/console/sign-in", follow_redirects=False,
            data={"person": who, "password": PASSWORD, "code": made.house.access.code_now(who)},
        )  # fmt: skip
        assert answer.status_code == 303, answer.text

    def get(self, path: str) -> Any:
        return self.browser.get(f"/console{path}")

    def send(self, path: str, page: str, **fields: Any) -> Any:
        """Send a form of a page, with what is hidden in it."""
        text = self.get(page).text
        for name in ("csrf", "once"):
            found = re.search(f'name="{name}" value="([^"]*)"', text)
            assert found or name in fields, (page, name)
            fields.setdefault(name, found and found[1])
        return self.browser.post(f"/console{path}", data=fields)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("console") / "house")
    found.admit_all()
    return found


@pytest.mark.parametrize("who", [one for one in GRANTS if one != "N1"])
def test_every_page_answers_or_refuses_in_words(made: MadeService, who: str) -> None:
    """No page breaks for anybody; what one may not see is said, in the same frame."""
    window = Window(made, who)
    for page in PAGES:
        answer = window.get(page)
        assert answer.status_code in (200, 403, 404), (page, answer.text)
        assert "</html>" in answer.text
        assert "Traceback" not in answer.text
        if answer.status_code == 200:
            assert len(answer.content) < 200_000


def test_nobody_is_led_to_the_door(made: MadeService) -> None:
    browser = TestClient(made.service, base_url=URL)
    answer = browser.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    answer = browser.get("/console/cycles", follow_redirects=False)
    assert answer.headers["location"] == "/console/sign-in"
    assert browser.get("/console/static/console.css").headers["content-type"].startswith("text/css")
    assert browser.get("/console/static/../frame.py").status_code == 404


def test_a_form_sent_twice_has_one_effect(made: MadeService) -> None:
    """And one from elsewhere, or of an older page, has none."""
    window = Window(made, "CB")
    said = {
        "sender": "B1", "reference": "from the console", "debtor": "A1", "creditor": "B1",
        "amount": "12.50", "currency": "EUR", "once": "the same form",
    }  # fmt: skip
    first = window.send("/obligations/new", "/obligations/new", **said)
    again = window.send("/obligations/new", "/obligations/new", **said)
    assert first.status_code == again.status_code == 200
    assert first.url.path == again.url.path
    assert "12.50" in first.text
    other = window.send("/obligations/new", "/obligations/new", **(said | {"amount": "13.00"}))
    assert "was used for another request" in other.text
    forged = window.send("/obligations/new", "/obligations/new", **(said | {"csrf": "0" * 64}))
    assert forged.status_code == 403


def test_a_refused_form_keeps_what_was_written(made: MadeService) -> None:
    window = Window(made, "CB")
    answer = window.send("/obligations/new", "/obligations/new", sender="B1", reference="r",
                         debtor="nobody", creditor="B1", amount="1.00", currency="EUR")  # fmt: skip
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text
    assert 'role="alert"' in answer.text


def test_what_is_not_said_in_a_form_is_not_changed() -> None:
    """A yes or no that may be left out is not a tick: an empty tick would say no."""
    model = FORMS["participant.change"]
    field = {one.name: one for one in fields_of(model, {})}["accepts_conversion"]
    assert (field.shape, field.choices) == ("choice", ("", "yes", "no"))
    said = {"participant": "A1", "accepts_conversion": ""}
    assert "accepts_conversion" not in given_by(model, "participant.change", said, {})
    said["accepts_conversion"] = "no"
    assert given_by(model, "participant.change", said, {})["accepts_conversion"] is False


def test_every_kind_of_act_has_a_form(made: MadeService) -> None:
    window = Window(made, "P1")
    for kind in FORMS:
        answer = window.get(f"/acts/new/{kind}")
        assert answer.status_code == 200, kind


def test_the_audit_log_is_read_to_its_end(made: MadeService) -> None:
    """Page by page, over what one may not see: every entry once, and none is hidden by a full page
    of the gate's."""
    desk, auditor = made.desk("XX"), Actor("XX", tuple(GRANTS["XX"]), "XX")
    for number in range(400):
        looked = "gate.read" if number % 3 else "cycles.read"
        made.house.audit.read(auditor, looked, f"look {number}")
    seen, path = list[int](), "/audit?limit=20"
    while path:
        page = desk.get(path).json()
        seen += [one["number"] for one in page["items"]]
        path = page["next"] and f"/audit?limit=20&cursor={page['next']}"
        if len(seen) > 4000:
            break
    assert len(seen) == len(set(seen)) > 40
    made._desks.pop("XX")
    window = Window(made, "XX")
    text = window.get("/audit").text
    further = re.search(r'class="more" href="/console(/audit[^"]*)"', text)
    assert further, "more than a page"
    assert window.get(further[1].replace("&amp;", "&")).status_code == 200


def test_a_page_of_the_journal_ends_where_it_grows_heavy(
    made: MadeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: a long journal comes in parts, and nothing is left out. Method: pages of at most 500
    bytes, one after the other by their cursors, against one page; the console goes on likewise."""
    from skontro.flow.seat import books

    window = Window(made, "P1")
    whole = window.browser.get("/journal").json()
    assert whole["next"] is None
    assert len(whole["items"]) > 3
    monkeypatch.setattr(books, "PAGE_BYTES", 500)
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = window.browser.get("/journal", params={"cursor": cursor}).json()
        found, cursor, pages = [*found, *page["items"]], page["next"], pages + 1
    assert found == whole["items"]
    assert 1 < pages <= len(found)
    assert "after=" in window.get("/journal").text


def test_an_entry_shows_differences_in_points() -> None:
    from skontro.api.routes.books import entry_in_text

    line = {"account": "difference:A1:EUR/180", "currency": "EUR/180", "amount_minor": -7}
    assert entry_in_text({"postings": [line]})["postings"][0]["amount"] == "-7"
