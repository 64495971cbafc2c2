# SPDX-License-Identifier: Apache-2.0
"""Webhooks in the console: a firm works on its own, the house sees that it is told and not what."""

from __future__ import annotations

import re

import pytest
from tests.made_service import GRANTS, MadeService, worked_service
from tests.unit.console.test_console import Window

URL = "http://127.0.0.1:9/hook"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("hooks") / "house")
    for who in ("CA", "CB", "O1", "D1", "T1"):
        found.admit(who)
        found.give(who, GRANTS[who])
    return found


def test_a_firms_webhook_from_its_secret_to_its_end(made: MadeService) -> None:
    """Goal: registered, tested, a delivery that failed looked at and sent again, paused, removed.

    Method: the forms of a clerk's pages; the secret stands on one page, once; the teller of the
    worker is run by hand against an address where nobody answers.
    """
    window = Window(made, "CA")
    said = {"url": URL, "event": ["obligation.registered", "cycle.final"], "once": "one form"}
    first = window.send("/webhooks", "/webhooks", firm="A1", **said)
    assert len(SECRET.findall(first.text)) == 1
    again = window.send("/webhooks", "/webhooks", firm="A1", **said)
    assert SECRET.findall(again.text) == []
    (hook,) = made.house.webhooks.table(["A1"])
    place = f"/webhooks/{hook['number']}"
    assert SECRET.findall(window.get("/webhooks").text + window.get(place).text) == []
    answer = window.send(f"{place}/test", place)
    assert "A test is on its way." in answer.text
    window.send(f"{place}/test", place)
    (sent,) = made.house.webhooks.deliveries(hook["number"])
    assert (sent["kind"], sent["body"]["type"]) == ("webhook.test", "skontro.webhook.test")
    while made.house.webhooks.spread():
        pass
    made.house.webhooks.deliver("w")
    page = window.get(place).text
    due = made.house.webhooks.deliveries(hook["number"])[0]["due_at"][:16].replace("T", " ")
    assert (due in page, "Tries: 1" in page, "waiting" in page) == (True, True, True)
    assert "&#34;webhook&#34;: 1" in page or "\"webhook\": 1" in page
    renewed = window.send(f"{place}/secret", place)
    assert SECRET.findall(renewed.text) != SECRET.findall(first.text)
    assert "Paused: what happens waits" in window.send(f"{place}/pause", place).text
    assert "when it is resumed" in window.get(place).text
    assert "It is sent to again." in window.send(f"{place}/resumption", place).text
    assert window.send(f"{place}/nonsense", place).status_code == 404
    assert "Ended: nothing is sent" in window.send(f"{place}/end", place).text
    assert "Send a test" not in window.get(place).text


def test_what_failed_is_sent_again(made: MadeService) -> None:
    from skontro.store.rows import change
    from skontro.store.schema import delivery

    window = Window(made, "CA")
    window.send("/webhooks", "/webhooks", firm="A1", url=URL, event="cycle.final")
    hook = made.house.webhooks.table(["A1"])[-1]["number"]
    which = made.house.webhooks.send_test(hook)
    with made.house.database.unit("test") as unit:
        change(unit, delivery, {"number": which}, state="failed")
    place = f"/webhooks/{hook}"
    assert "1 given up" in window.get(place).text
    window.send(f"{place}/deliveries/{which}/again", place)
    newest = made.house.webhooks.deliveries(hook)[0]
    assert (newest["number"] > which, newest["is_again"]) == (True, True)


def test_what_is_refused_keeps_what_was_written(made: MadeService) -> None:
    window = Window(made, "CA")
    answer = window.send("/webhooks", "/webhooks", firm="A1", url="https://10.0.0.1/x",
                         event="cycle.final")  # fmt: skip
    assert answer.status_code == 422
    assert 'value="https://10.0.0.1/x"' in answer.text
    assert 'value="cycle.final" checked' in answer.text
    other = window.send("/webhooks", "/webhooks", firm="B1", url=URL, event="cycle.final")
    assert "for the firm one works for" in other.text


def test_the_house_sees_that_and_not_what(made: MadeService) -> None:
    """The operator has the backlog and the log of every firm, without bodies and without forms;
    another firm finds nothing there; who has no such permission is told so."""
    hook = made.house.webhooks.make("A1", URL, ["cycle.final"], "CA")["number"]
    made.house.webhooks.send_test(hook)
    place = f"/webhooks/{hook}"
    for who in ("O1", "D1"):
        window = Window(made, who)
        page = window.get("/webhooks").text
        assert "Oldest event that waits" in page
        assert f'href="/console{place}"' in page
        assert "Register</button>" not in page
        log = window.get(place).text
        assert "webhook test" in log
        assert "specversion" not in log
        assert "Send a test" not in log
    assert "specversion" in Window(made, "CA").get(place).text
    other = Window(made, "CB")
    assert other.get(place).status_code == 404
    assert f'href="/console{place}"' not in other.get("/webhooks").text
    assert "Oldest event" not in other.get("/webhooks").text
    assert Window(made, "T1").get("/webhooks").status_code == 403
