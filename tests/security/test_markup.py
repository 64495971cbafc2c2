# SPDX-License-Identifier: Apache-2.0
"""Markup in what others say: no page of the console has it as markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests import made_house
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import PAGES, Window

EVIL = "\"'><script>alert(1)</script><svg/onload=alert(2)>"
MORE = (
    "/cycles/2026-01", "/cycles/2026-01/network", "/cycles/2026-01/network?of=sides",
    "/cycles/2026-01/settlement", "/mine", "/mine/proofs", "/intake", "/gate/held", "/gate/lists",
    "/jobs", "/bank", "/house", "/acts/1", "/obligations/1/trail", "/login",
)  # fmt: skip
WITH = (
    "/obligations?party={}", "/obligations?state={}&currency={}", "/intake?firm={}", "/firms/{}",
    "/cycles/2026-01/network?end={}", "/gate/reach?firm={}", "/obligations?done={}",
    "/acts/new/participant.suspend?participant={}", "/acts/new/{}", "/cycles/{}",
    "/audit?caller={}",
    "/bank?outcome={}", "/{}", "/obligations/1/trail?path={}", "/sign-in?done={}",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    """The worked example to its final run; names of firms and people, a reference and a document
    are markup."""
    firms = [replace(one, name=f"{one.name} {EVIL}") for one in made_house.make_firms()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_house, "make_firms", lambda: firms)
        found = worked_service(tmp_path_factory.mktemp("markup") / "house", rate_minute=10**6)
    found.admit_all()
    said = {"sender": "B1", "debtor": "A1", "creditor": "B1", "amount": "3.00", "currency": "EUR",
            "reference": EVIL, "document": EVIL}  # fmt: skip
    answer = found.desk("P1").post("/obligations", said)
    assert answer.status_code == 201, answer.text
    found.made.run_to_final()
    return found


@pytest.mark.parametrize("who", ["P1", "M1", "CA", "XX", "D1"])
def test_what_others_say_is_text_on_every_page(made: MadeService, who: str) -> None:
    """Every page, and every page with markup in its address; it is told, and told as text."""
    from urllib.parse import quote

    window, told = Window(made, who), list[Any]()
    pages = [*PAGES, *MORE, *(page.replace("{}", quote(EVIL, safe="")) for page in WITH)]
    for page in pages:
        answer = window.browser.get(f"/console{page}", follow_redirects=False)
        assert answer.status_code < 500, page
        for raw in ("<script>alert", "<svg/onload", EVIL):
            assert raw not in answer.text, (page, raw)
        if "script&gt;alert" in answer.text:
            told.append(page)
        assert "alert" not in answer.headers.get("location", "")
    assert len(told) >= (1 if who == "D1" else 4), told
