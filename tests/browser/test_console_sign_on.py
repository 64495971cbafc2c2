# SPDX-License-Identifier: Apache-2.0
"""Signing on at a provider in a real browser: what its rules for cookies let through."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.made_provider import KNOWN_AS, SECRET, Provider
from tests.made_service import GRANTS, PASSWORD, MadeService, go_by_rules, worked_service

from skontro.flow.identity import SECRET_FILE
from skontro.house.sign_on import SignOn

playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT here")
pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[MadeService, Provider, str]]:
    """A house at 127.0.0.1, and its provider at localhost: to a browser another site."""
    import uvicorn

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        made = worked_service(tmp_path / "house", url=address)
        made.admit("O1")
        made.give("O1", GRANTS["O1"])
        provider = Provider(host="localhost")
        said = SignOn("our provider", provider.issuer, KNOWN_AS)
        go_by_rules(made.house, sign_on=said)
        (made.house.folder / SECRET_FILE).write_text(SECRET)
        made.house.access.sign_on.link("O1", "s-1", "P1")
        server = uvicorn.Server(uvicorn.Config(made.service, log_level="warning"))
        running = threading.Thread(target=server.run, args=([listening],), daemon=True)
        running.start()
        while not server.started:
            time.sleep(0.05)
        yield made, provider, address
        server.should_exit = True
        running.join(10)
        provider.close()


def test_there_and_back(chromium: str, served: tuple[MadeService, Provider, str]) -> None:
    """Goal: the button leads to the provider and back into a session, strict cookies and all; where
    it took one factor the page asks for the code. Method: Chromium, provider on another site, no
    fault in the browser's own console."""
    made, provider, address = served
    told: list[Any] = []
    with playwright.sync_playwright() as machinery:
        browser = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        for said in (["pwd", "mfa"], ["pwd"]):
            provider.claims = {"amr": said}
            made.house.access.set_login("O1", PASSWORD)
            page = browser.new_context().new_page()
            page.set_default_timeout(60_000)
            page.on("console", lambda one: told.append(one.text))
            page.goto(f"{address}/console/sign-in")
            page.click("text=our provider")
            if "mfa" not in said:
                page.fill("[name=code]", made.house.access.code_now("O1"))
                page.press("[name=code]", "Enter")
            page.wait_for_url(f"{address}/console/")
            assert page.inner_text(".who").startswith("O1")
            kept = {one["name"]: one for one in page.context.cookies()}
            assert kept["skontro"]["sameSite"] == "Strict"
            assert "skontro-sign-on" not in kept
            page.click("text=Sign out")
            page.wait_for_selector("text=our provider")
            assert page.goto(f"{address}/console/").url.endswith("/console/sign-in")
            page.context.close()
        browser.close()
    assert told == []
