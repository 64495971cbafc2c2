# SPDX-License-Identifier: Apache-2.0
"""Webhooks over HTTP: a program registers one, sees what was sent, has it sent again."""

from __future__ import annotations

import pytest
from tests.made_service import MadeService, worked_service

WANTED = {"firm": "A1", "url": "http://127.0.0.1:9/hook", "events": ["obligation.registered"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("hooks") / "house")
    found.admit_all()
    return found


def test_a_programs_webhook(made: MadeService) -> None:
    """From its secret, shown once, to a delivery that failed and was sent again."""
    program = made.program("participant_clerk", "A1")
    answer = program.post("/webhooks", WANTED, key="hook")
    assert answer.status_code == 201
    hook = answer.json()
    assert hook["secret"].startswith("whsec_")
    assert program.post("/webhooks", WANTED, key="hook").json()["secret"] == "(shown once)"
    place = f"/webhooks/{hook['number']}"
    (shown,) = program.get("/webhooks").json()["items"]
    assert (shown["firm"], shown["events"]) == ("A1", WANTED["events"])
    assert "secret" not in shown
    said = {"sender": "A1", "reference": "w1", "debtor": "A1", "creditor": "B1",
            "amount": "1.00", "currency": "EUR"}  # fmt: skip
    assert program.post("/obligations", said).status_code == 201
    made.house.webhooks.spread()
    while made.house.webhooks.spread():
        pass
    made.house.webhooks.deliver("w")
    (one,) = program.get(f"{place}/deliveries").json()["items"]
    assert (one["state"], one["attempts"], one["tries"][0]["status"]) == ("waiting", 1, 0)
    assert one["body"]["data"]["obligations"][0]["amount"] == "1.00"
    again = program.post(f"{place}/deliveries/{one['number']}/again")
    assert again.status_code == 201
    newest = program.get(f"{place}/deliveries?limit=1").json()
    assert (newest["items"][0]["number"], newest["items"][0]["is_again"]) == (
        again.json()["number"], True,
    )  # fmt: skip
    assert newest["next"]
    renewed = program.post(f"{place}/secret").json()["secret"]
    assert renewed != hook["secret"]
    assert program.post(f"{place}/pause").json()["paused_at"]
    assert program.post(f"{place}/resumption").json()["paused_at"] == ""
    assert program.send("DELETE", place).json() == {"done": True}
    assert program.post(f"{place}/pause").json()["code"] == "WebhookEnded"


def test_of_others_there_is_none(made: MadeService) -> None:
    """Another firm's is not there; the house sees that it is told, not what."""
    hook = made.desk("CA").post("/webhooks", WANTED).json()["number"]
    place = f"/webhooks/{hook}"
    for method, path in (("GET", f"{place}/deliveries"), ("POST", f"{place}/pause"),
                         ("POST", f"{place}/resumption"), ("POST", f"{place}/secret"),
                         ("DELETE", place),
                         ("POST", f"{place}/deliveries/1/again")):  # fmt: skip
        answer = made.desk("CB").send(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NoSuchWebhook"), path
    assert made.desk("CB").get("/webhooks").json()["items"] == []
    assert made.desk("CB").post("/webhooks", WANTED).json()["code"] == "BeyondRights"
    assert made.desk("O1").post("/webhooks", WANTED).json()["code"] == "BeyondRights"
    seen = made.desk("O1").get("/webhooks").json()["items"]
    assert hook in [one["number"] for one in seen]
    for one in made.desk("O1").get(f"{place}/deliveries").json()["items"]:
        assert one["body"] is None


def test_what_stands_behind_a_question_mark_is_the_firms_alone(made: MadeService) -> None:
    """Programs put words of their own there that let one in."""
    url = f"{WANTED['url']}?token=of-the-firm-alone"
    number = made.desk("CA").post("/webhooks", WANTED | {"url": url}).json()["number"]
    for who, seen in (("CA", url), ("O1", f"{WANTED['url']}?..."), ("D1", f"{WANTED['url']}?...")):
        items = made.desk(who).get("/webhooks").json()["items"]
        assert [one["url"] for one in items if one["number"] == number] == [seen], who
        assert "of-the-firm-alone" not in made.desk("P1").get("/audit?limit=500").text


def test_what_is_no_webhook(made: MadeService) -> None:
    desk = made.desk("CA")
    inside = desk.post("/webhooks", WANTED | {"url": "https://10.0.0.1/x"})
    assert (inside.status_code, inside.json()["code"]) == (422, "BadAddress")
    assert desk.post("/webhooks", WANTED | {"events": ["x"]}).json()["code"] == "InvalidRequest"
    assert desk.post("/webhooks", WANTED | {"events": ["act.waiting"]}).status_code == 422


def test_figures_say_what_waits(made: MadeService) -> None:
    text = made.desk("P1").get("/metrics").text
    for line in ('skontro_jobs{state="failed"} 0.0', 'skontro_deliveries{state="failed"}',
                 "skontro_outbox_age_seconds"):  # fmt: skip
        assert line in text
