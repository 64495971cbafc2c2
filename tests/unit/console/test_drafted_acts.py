# SPDX-License-Identifier: Apache-2.0
"""Licence acts and the retiring of a list, drafted over HTTP and from forms; done by two people."""

from __future__ import annotations

from typing import Any

import pytest
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import Window

LICENCE = {
    "kind": "licence.enter", "number": "BAFA-7", "authority": "BAFA", "side": "A", "holder": "A1",
    "goods": ["300490"], "countries": ["IN"], "value": "1000.00", "currency": "EUR",
    "valid_from": "2026-01-01", "valid_until": "2026-12-31",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    return worked_service(tmp_path_factory.mktemp("drafted") / "house")


def done(made: MadeService, act: dict[str, Any]) -> Any:
    """Let P1 sign what was drafted, and P2 approve it."""
    number = act["number"]
    signed = made.desk("P1").post(f"/acts/{number}/signature", {
        "signature": made.sign("P1", act["to_sign"]["maker"])})  # fmt: skip
    assert signed.status_code == 200, signed.text
    return made.desk("P2").post(f"/acts/{number}/approval", {
        "digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"]),
    })  # fmt: skip


def test_a_licence_is_entered_and_ended_over_http(made: MadeService) -> None:
    """A draft does nothing, two people do it; a licence that is none cannot be ended."""
    desk = made.desk("P1")
    none = desk.post("/acts", {"kind": "licence.revoke", "number": "none"})
    assert none.status_code in (404, 409, 422), none.text
    act = desk.post("/acts", LICENCE)
    assert act.status_code == 201, act.text
    assert act.json()["state"] == "drafted"
    assert done(made, act.json()).json()["state"] == "done"
    ended = desk.post("/acts", {"kind": "licence.revoke", "number": "BAFA-7"})
    assert ended.status_code == 201, ended.text
    assert done(made, ended.json()).json()["state"] == "done"


def test_a_licence_is_drafted_from_its_form(made: MadeService) -> None:
    window, page = Window(made, "P1"), "/acts/new/licence.enter"
    said = {name: value for name, value in LICENCE.items() if isinstance(value, str)}
    answer = window.send(page, page, **said | {"number": "BAFA-8", "goods": "300490",
                                               "countries": "IN"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert "BAFA-8" in answer.text
    assert answer.url.path.startswith("/console/acts/")


def test_no_list_of_others_is_retired(made: MadeService) -> None:
    """Neither over HTTP nor from the form: the refusal is said in words, and nothing is drafted."""
    before = len(made.house.people.acts(["drafted", "proposed"]))
    made._desks.pop("P1", None)  # a window of P1's set the login anew, which ended the session
    answer = made.desk("P1").post("/acts", {"kind": "list.retire", "name": "un"})
    assert answer.status_code in (403, 409, 422), answer.text
    page = "/acts/new/list.retire"
    refused = Window(made, "P1").send(page, page, name="un")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert len(made.house.people.acts(["drafted", "proposed"])) == before
