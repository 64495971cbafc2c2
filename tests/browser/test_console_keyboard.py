# SPDX-License-Identifier: Apache-2.0
"""The console by keyboard alone: sign in, say yes to what one owes, sign an act with one's key."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.made_service import PASSWORD, MadeService, worked_service

playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT here")
pytestmark = pytest.mark.browser

PASSPHRASE = "a passphrase for tests alone"
MOST_STEPS = 90


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[MadeService, str]]:
    import uvicorn

    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    made = worked_service(tmp_path / "house", url=address)
    made.admit_all()
    server = uvicorn.Server(uvicorn.Config(made.service, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield made, address
    server.should_exit = True
    thread.join(10)


class Keys:
    """Somebody at a keyboard, without a mouse."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(60_000)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/console{path}")

    def reach(self, says: str) -> None:
        """Press Tab until what has this name, or says this, has the focus, and it is seen to."""
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            found, outline = self.page.evaluate(
                """() => { const one = document.activeElement; const style = getComputedStyle(one);
                return [[one.name, one.id, one.getAttribute("aria-label"), one.textContent.trim()],
                        style.outlineStyle !== "none" || style.boxShadow !== "none"]; }"""
            )
            if says in found:
                assert outline, f"the focus on {says} is not seen"
                return
        raise AssertionError(f"{says} is not reached by Tab on {self.page.url}")

    def write(self, name: str, text: str) -> None:
        self.reach(name)
        self.page.keyboard.type(text)

    def press(self, says: str, key: str = "Enter") -> None:
        self.reach(says)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def sign_in(self, made: MadeService, who: str) -> None:
        made.house.access.set_login(who, PASSWORD)
        self.open("/sign-in")
        self.write("person", who)
        self.write("password", PASSWORD)
        self.reach("code")
        self.page.keyboard.type(made.house.access.code_now(who))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def test_a_day_without_a_mouse(
    chromium: str, served: tuple[MadeService, str], tmp_path: Path
) -> None:
    """Goal: what people do most takes no mouse, and one always sees where one is.

    Method: only Tab, Space, Enter and letters; the key file is the one thing the system's own
    dialogue gives, which a browser that is driven cannot show: its button is reached by Tab.
    """
    made, address = served
    desk = made.desk("CB")
    said = {"sender": "B1", "reference": "by keyboard", "debtor": "A1", "creditor": "B1",
            "amount": "7.25", "currency": "EUR"}  # fmt: skip
    number = desk.post("/obligations", said).json()["number"]
    made.keys["O1"].save(tmp_path / "O1.pem", PASSPHRASE)
    with playwright.sync_playwright() as machinery:
        browser = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        clerk = Keys(browser, address)
        clerk.sign_in(made, "CA")
        clerk.press("Obligations")
        clerk.open("/obligations?state=registered")
        clerk.reach(f"Obligation {number}")
        clerk.page.keyboard.press("Space")
        clerk.press("Confirm those ticked")
        assert made.house.obligations.show(number)["state"] == "confirmed"

        maker = Keys(browser, address)
        maker.sign_in(made, "O1")
        maker.open("/acts/new/cycle.pause")
        maker.write("cycle", "2026-01")
        maker.write("reason", "a look at it")
        maker.press("Draft")
        act = int(maker.page.url.partition("/acts/")[2].partition("?")[0])
        maker.reach("f-file")
        maker.page.set_input_files("#f-file", tmp_path / "O1.pem")
        maker.write("f-pass", PASSPHRASE)
        maker.press("Sign")
        assert made.house.people.find_act(act)["state"] == "proposed"
        browser.close()
