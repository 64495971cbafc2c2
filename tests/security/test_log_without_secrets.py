# SPDX-License-Identifier: Apache-2.0
"""The service's log says what happened, and no secret of anybody."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.made_service import PASSWORD, Desk, worked_service

from skontro.api.app import tell_work
from skontro.flow.worker import Worker
from skontro.ops import logs

CHOSEN = "four words that nobody else chose"
TYPED = "what was typed by mistake"
FALSE_KEY = "skontro_0123456789ab_a-key-that-is-none"


def test_no_secret_stands_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: nothing that lets somebody in stands in the log, whatever happens.

    Method: signing in, well and badly; an invitation and an enrolment; a new password; a key, a
    false one and one that is taken back; a webhook with its secret, told to nobody who listens; a
    fault of a route and one of the worker, both of whose words hold all of these. Then each secret
    is looked for in all that was written, and the lines of the faults are there.
    """
    out = io.StringIO()
    monkeypatch.setattr(logs._OUT, "file", out)
    made = worked_service(tmp_path / "house")
    made.admit("N1")
    access, secrets = made.house.access, {"password": PASSWORD, "chosen": CHOSEN, "typed": TYPED}
    nobody = Desk(made.service)
    nobody.browser.post("/session", json={"person": "P1", "password": TYPED, "code": "000000"})
    desk = made.desk("P1")
    secrets["cookie"] = next(iter(desk.browser.cookies.values()))
    secrets["form mark"] = desk.headers["X-CSRF-Token"]
    secrets["invitation"] = desk.post("/people/N1/invitation").json()["invitation"]
    enrolled = nobody.browser.post(
        "/enrolment", json={"invitation": secrets["invitation"], "password": CHOSEN}
    ).json()
    secrets["code secret"] = enrolled["secret"]
    new = {"person": "N1", "password": CHOSEN, "code": access.code_now("N1")}
    theirs = Desk(made.service)
    secrets["their mark"] = theirs.browser.post("/session", json=new).json()["csrf"]
    secrets["their cookie"] = next(iter(theirs.browser.cookies.values()))
    key = desk.post("/keys", {"label": "books", "role": "participant_clerk", "firm": "A1",
                              "ends_at": "2027-11-01T00:00:00Z"}).json()  # fmt: skip
    program = Desk(made.service, key=key["key"])
    secrets["key"] = key["key"].split("_", 2)[2]
    assert Desk(made.service, key=FALSE_KEY).get("/house").status_code == 401
    secrets["false key"] = FALSE_KEY
    hook = program.post("/webhooks", {
        "firm": "A1", "url": "http://127.0.0.1:9/x?token=of-the-firm",
        "events": ["obligation.registered"],
    }).json()  # fmt: skip
    secrets |= {"webhook": hook["secret"], "bare webhook": hook["secret"].partition("_")[2],
                "of the address": "of-the-firm"}  # fmt: skip
    renewed = program.post(f"/webhooks/{hook['number']}/secret").json()["secret"]
    secrets["renewed"] = renewed.partition("_")[2]
    program.post("/obligations", {"sender": "A1", "reference": "s1", "debtor": "A1",
                                  "creditor": "B1", "amount": "1.00", "currency": "EUR"})
    while made.house.webhooks.spread():
        pass
    assert made.house.webhooks.deliver("w") == 1

    def breaks(*_given: Any) -> Any:
        raise RuntimeError(f"all of it: {secrets}")

    with monkeypatch.context() as broken:
        broken.setattr(access, "invite", breaks)
        assert desk.post("/people/N1/invitation").status_code == 500
    worker = Worker(made.house, tell_work, calendar=False)

    def turn() -> bool:
        worker.end()
        return bool(breaks())

    worker._run(turn)
    assert desk.send("DELETE", f"/keys/{key['id']}").status_code == 200
    assert program.get("/house").status_code == 401
    body = {"password": TYPED, "code": "000000", "new": CHOSEN}
    assert desk.post("/session/password", body).status_code == 401
    assert desk.send("DELETE", "/session").status_code == 200

    text = out.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    faults = [one for one in lines if "RuntimeError" in (one.get("error"), one.get("fault"))]
    assert [one["event"] for one in faults] == ["fault", "worker"]
    assert all(one["where"][0] == "RuntimeError" for one in faults)
    assert len([one for one in lines if one["event"] == "request"]) > 10
    assert all(len(one) > 8 for one in secrets.values())
    assert [name for name, one in secrets.items() if one in text] == []
