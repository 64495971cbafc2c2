# SPDX-License-Identifier: Apache-2.0
"""A firm checks its own package in its browser: honest ones hold, and every lie is found."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.made_house import DATES, PASSPHRASE
from tests.made_service import PASSWORD, MadeService, worked_service

from skontro.verify import verify_package

playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT here")
pytestmark = pytest.mark.browser

Files = dict[str, Any]
"""The files of a package: JSON as values, the table as text."""


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        found = {name: file.read(name).decode() for name in file.namelist()}
    return {
        name: json.loads(text) if name.endswith(".json") else text for name, text in found.items()
    }


def packed(files: Files) -> bytes:
    """The same as a zip file, JSON in its one written form: only the lie is wrong."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in sorted(files.items()):
            text = value if isinstance(value, str) else json.dumps(
                value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"  # fmt: skip
            file.writestr(name, text)
    return kept.getvalue()


def other_digit(text: str) -> str:
    """A text with another last hexadecimal digit."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def amount(files: Files) -> None:
    """An obligation is larger than it was, in the rows and in the table."""
    rows = files["participant.json"]["rows"]
    before = rows[0][5]
    rows[0][5] = str(int(before) + 100)
    files["obligations.csv"] = files["obligations.csv"].replace(before, rows[0][5], 1)


def set_off(files: Files) -> None:
    """More was set off than was, and the points go with it."""
    row = files["participant.json"]["rows"][0]
    row[6], row[8] = str(int(row[6]) + 1), str(int(row[8]) + 180)


def path(files: Files) -> None:
    own = files["participant.json"]["nodes"][0]["path"]
    own[0] = other_digit(own[0])


def order_of_path(files: Files) -> None:
    files["participant.json"]["nodes"][0]["path"].reverse()


def level(files: Files) -> None:
    files["participant.json"]["counterparties"][0]["levels"]["set_off"] += 1


def root(files: Files) -> None:
    files["participant.json"]["root"] = other_digit(files["participant.json"]["root"])


def signature(files: Files) -> None:
    one = files["publication.json"]["signatures"]["content"]
    one["signature"] = other_digit(one["signature"])


def checker(files: Files) -> None:
    """One person signed twice."""
    content = files["publication.json"]["content"]
    content["checker"] = content["maker"]


def statement(files: Files) -> None:
    files["publication.json"]["content"]["value_date"] = "2026-01-29"


def total(files: Files) -> None:
    files["claims.json"]["nodes"][0]["set_off_minor"] += 1


def table(files: Files) -> None:
    files["obligations.csv"] = files["obligations.csv"].replace("2026-01", "2026-02", 1)


def missing(files: Files) -> None:
    """A row is kept from the firm."""
    files["participant.json"]["rows"].pop()


def more(files: Files) -> None:
    files["participant.json"]["note"] = "all is well"


def form(files: Files) -> None:
    """The same words in another order."""
    files["claims.json"] = json.dumps(files["claims.json"])


LIES: dict[Callable[[Files], None], str] = {
    amount: "levelsOwn", set_off: "levelsOwn", path: "levelsOwn", order_of_path: "levelsOwn",
    level: "levelsOthers", root: "levelsOwn", signature: "signature", checker: "people",
    statement: "signature", total: "totals", table: "table", missing: "levelsOwn", more: "form",
    form: "form",
}  # fmt: skip
"""What is done to a package, and one of the claims that must fail."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MadeService, str]]:
    import uvicorn

    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    made = worked_service(tmp_path_factory.mktemp("proofs") / "house", url=address)
    made.admit_all()
    made.made.run_to_final()
    made.house.statements.unlock(PASSPHRASE)
    server = uvicorn.Server(uvicorn.Config(made.service, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield made, address
    server.should_exit = True
    thread.join(10)


class Checker:
    """The page on which a firm checks its package."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.locator("summary", has_text="Check a file").click()

    def check(self, data: bytes, *, key: str = "", everyone: bytes = b"") -> set[str]:
        """Check a package; return the claims that fail, once a verdict stands there."""
        page = self.page
        page.set_input_files("#f-package", {"name": "package.zip", "buffer": data,
                                            "mimeType": "application/zip"})  # fmt: skip
        page.set_input_files("#f-everyone", [] if not everyone else {
            "name": "public.json", "buffer": everyone, "mimeType": "application/json"})  # fmt: skip
        page.fill("#f-key", key)
        page.evaluate("document.querySelector('[data-verdict]').hidden = true")
        page.locator("form[data-proofs] button", has_text="Check this file").click()
        page.locator("[data-verdict]").wait_for(state="visible")
        failed = page.locator("[data-claim]:has(.label.bad)").all()
        found = {str(one.get_attribute("data-claim")) for one in failed}
        is_good = "good" in page.locator("[data-verdict]").get_attribute("class").split()
        assert is_good == (not found)
        return found


def verdict_of(files: Files, folder: Path) -> bool:
    """What the stand-alone verifier says of the same files."""
    folder.mkdir()
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(
            value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    return verify_package(folder).ok


def test_a_package_is_checked_where_it_lies(
    chromium: str, served: tuple[MadeService, str], tmp_path: Path
) -> None:
    """Goal: the browser's verdict on every package is that of the stand-alone verifier, and names
    what is wrong; nothing but the page and its own package is asked for.

    Method: the packages of all six firms, and fourteen lies told consistently, in Chromium.
    """
    made, address = served
    publication = made.house.statements.publication(DATES.id)
    with made.house.database.read() as unit:
        firms = sorted(made.house.participants.names(unit))
    packages = {firm: made.desk("P1").get(f"/cycles/{DATES.id}/participants/{firm}/package").content
                for firm in firms}  # fmt: skip
    made.house.statements.save_packages(DATES.id, tmp_path / "all", ["A1"])
    public = (tmp_path / "all" / "public" / "public.json").read_bytes()
    with playwright.sync_playwright() as machinery:
        browser = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        page = browser.new_page()
        page.set_default_timeout(60_000)
        complaints, asked = list[str](), list[tuple[str, str]]()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        made.house.access.set_login("CA", PASSWORD)
        page.goto(f"{address}/console/sign-in")
        for name, value in (("person", "CA"), ("password", PASSWORD),
                            ("code", made.house.access.code_now("CA"))):  # fmt: skip
            page.fill(f"[name={name}]", value)
        page.press("[name=code]", "Enter")
        page.wait_for_url(f"{address}/console/")
        page.goto(f"{address}/console/mine/proofs", wait_until="networkidle")
        page.on("request", lambda one: asked.append((one.method, one.url)))

        page.get_by_role("button", name=f"Check the package of {DATES.id}").click()
        page.locator("[data-verdict].good").wait_for(state="visible")
        told = page.locator("[data-rows]").inner_text().replace("\u202f", "")
        assert "100000.00" in told
        assert "50000.00" in told
        assert page.locator("code[data-put=key]").inner_text() == publication.signatures[
            "content"]["public_key"]  # fmt: skip
        assert asked == [("GET", f"{address}/console/mine/papers/{DATES.id}/package.zip")]

        asked.clear()
        desk = Checker(page)
        for firm, data in packages.items():
            assert desk.check(data) == set(), firm
        honest = packages["A1"]
        key = publication.signatures["content"]["public_key"]
        assert desk.check(honest, key=key.upper(), everyone=public) == set()
        assert desk.check(honest, key=other_digit(key)) == {"whose"}
        other = json.loads(public) | {"root": "0" * 64}
        assert desk.check(honest, everyone=json.dumps(other).encode()) == {"public"}
        for lie, claim in LIES.items():
            files = unpacked(honest)
            lie(files)
            assert verdict_of(files, tmp_path / lie.__name__) is False, lie.__name__
            assert claim in desk.check(packed(files)), lie.__name__
        assert desk.check(honest[:-30]) == {"form"}
        assert desk.check(b"no zip file") == {"form"}
        assert desk.check(honest) == set()
        assert (asked, complaints) == ([], [])
        browser.close()
