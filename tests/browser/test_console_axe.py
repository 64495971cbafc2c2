# SPDX-License-Identifier: Apache-2.0
"""The console's pages, role by role, held against the rules for screen readers and keyboards."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.made_service import GRANTS, PASSWORD, MadeService
from tests.scenarios.test_house_review import held_house
from tests.scenarios.test_service_review import service_of

playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT here")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="NO AXE here")
pytestmark = pytest.mark.browser

PAGES = {
    "CA": ("/", "/mine", "/mine/preview", "/mine/proofs", "/intake", "/obligations",
           "/obligations/1", "/obligations/new", "/cycles/2026-01", "/webhooks", "/webhooks/1",
           "/documents", "/documents/uploads/1"),
    "M1": ("/gate", "/gate/cases/1", "/gate/lists", "/gate/held", "/gate/licences",
           "/gate/customs", "/gate/reach?firm=B1", "/gate/without", "/acts/1"),
    "XX": ("/", "/journal", "/audit", "/firms/A1", "/cycles/2026-01/settlement",
           "/obligations/1/trail"),
    "O1": ("/", "/intake", "/cycles", "/cycles/2026-01", "/cycles/2026-01/network",
           "/cycles/2026-01/changes", "/cycles/2026-01/papers", "/jobs",
           "/acts", "/acts/new/fixing.declare", "/webhooks", "/webhooks/1"),
    "T1": ("/", "/bank", "/money", "/cycles/2026-01/settlement", "/acts/new/payment.release"),
    "D1": ("/", "/people", "/people/O1", "/audit", "/acts/new/person.admit"),
    "SA": ("/", "/mine", "/mine/proofs", "/login"),
}  # fmt: skip

PHONE = 390
"""Pixels across."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    import uvicorn

    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    made = service_of(held_house(tmp_path_factory.mktemp("axe"), "alerted"))
    address = f"http://127.0.0.1:{port}"
    served_by = MadeService(made.made, url=address)
    served_by.admit("SA")
    served_by.give("SA", GRANTS["SA"])
    hook = made.house.webhooks.make("A1", "http://127.0.0.1:9/hook", ["cycle.final"], "CA")
    made.house.webhooks.send_test(hook["number"])
    _hand_in(served_by)
    service = served_by.service
    server = uvicorn.Server(uvicorn.Config(service, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield made.house, address
    server.should_exit = True
    thread.join(10)


def _hand_in(made: MadeService) -> None:
    """An upload of A1's that was read, with a refusal in it."""
    with made.house.database.unit("test") as unit:
        made.house.uploads.ask_in(unit, "A1", [("a.xml", b"x")], by="CA", person="CA")
    while made.house.jobs.work_next("w"):
        pass


def test_nothing_serious_is_in_the_way(chromium: str, served: tuple[Any, str]) -> None:
    """Goal: axe finds nothing serious on the main pages of every role, light and dark, none is
    wider than a phone, and the first key press leads past the menu to the page.
    """
    house, address = served
    found = list[str]()
    with playwright.sync_playwright() as machinery:
        browser = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        for place, (who, pages) in enumerate(PAGES.items()):
            scheme = "dark" if place % 2 else "light"
            context = browser.new_context(color_scheme=scheme, bypass_csp=True)
            page = context.new_page()
            page.set_default_timeout(60_000)
            house.access.set_login(who, PASSWORD)
            page.goto(f"{address}/console/sign-in")
            for name, value in (("person", who), ("password", PASSWORD),
                                ("code", house.access.code_now(who))):  # fmt: skip
                page.fill(f"[name={name}]", value)
            page.press("[name=code]", "Enter")
            page.wait_for_url(f"{address}/console/")
            for path in pages:
                assert page.goto(f"{address}/console{path}").status == 200, (who, path)
                answer = axe.Axe().run(page).response
                found += [
                    f"{who} {path} {scheme}: {one['id']}: {one['nodes'][0]['html'][:160]}"
                    for one in answer["violations"] if one["impact"] in ("serious", "critical")
                ]  # fmt: skip
                page.set_viewport_size({"width": PHONE, "height": 800})
                wide = page.evaluate("document.documentElement.scrollWidth")
                found += [f"{who} {path}: {wide} pixels wide on a phone"] if wide > PHONE else []
                page.set_viewport_size({"width": 1280, "height": 800})
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.hash") == "#content"
            context.close()
        browser.close()
    assert found == []
