# SPDX-License-Identifier: Apache-2.0
"""A cycle of the worked example, run wholly in a real browser by people in their roles."""

from __future__ import annotations

import contextlib
import csv
import datetime
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.made_house import ACCOUNTS, FIRMS, OBLIGATIONS, PASSPHRASE, SIDE, MadeHouse, lawful
from tests.made_invoices import admit_invoice_firms
from tests.made_service import PASSWORD, MadeService

from skontro.house.roles import Grant
from skontro.lab.bank import LoopbackBank
from skontro.lab.year import trade_columns

playwright = pytest.importorskip(
    "playwright.sync_api", reason="NO PLAYWRIGHT here: no cycle was run in a browser"
)
uvicorn = pytest.importorskip("uvicorn", reason="NO SERVER here: no cycle was run in a browser")
pytestmark = pytest.mark.browser

NAMES = {each: name for each, name, _, _ in FIRMS}
IBAN = {each: ACCOUNTS["EUR"](number).iban for number, (each, *_) in enumerate(FIRMS)}
ROWS = list(csv.DictReader(OBLIGATIONS.splitlines()))
SEPA = {'profile = "plain"    ': 'profile = "sepa"     '}
WORKING_B = 1_350_000_00
RATES = "EUR = 1\nINR = 1/90\nAED = 1/4"
PEOPLE = {
    "O1": ("operator", "", ["fixing.declare", "run.final"]),
    "O2": ("operator", "", ["fixing.declare", "run.final"]),
    "T1": ("treasurer", "", ["payment.release"]),
    "T2": ("treasurer", "", ["payment.release"]),
    **{f"C{firm}": ("participant_clerk", firm, []) for firm in NAMES},
}
PAY_INS = {"A1": "50000.00", "B3": "1350000.00"}
PAY_OUTS = {"A": {"A2": "20000.00", "A3": "15000.00"},
            "B": {"B1": "1800000.00", "B2": "900000.00"}}  # fmt: skip


class Office:
    """The house behind a server that runs, its bank, and a browser window for each person."""

    def __init__(self, folder: Path, browser: Any) -> None:
        self.folder, self.browser = folder, browser
        made = MadeHouse(folder / "house", changes=SEPA)
        made.import_list()
        admit_invoice_firms(made)
        made.fund_b()
        self.made, self.house = made, made.house
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/console"
        service = MadeService(made, url=f"http://127.0.0.1:{port}", sign_in_minute=1000)
        for who, (role, firm, rights) in PEOPLE.items():
            service.admit(who, *rights)
            service.give(who, [Grant(role, firm)])
            service.keys[who].save(folder / f"{who}.pem", PASSPHRASE)
        self.bank = LoopbackBank(folder / "bank", made.house.rules, made.house.now,
                                 {("B", "INR"): WORKING_B})  # fmt: skip
        self.server = uvicorn.Server(uvicorn.Config(
            service.service, host="127.0.0.1", port=port, log_level="warning",
        ))  # fmt: skip
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.05)
        self.windows = dict[str, Any]()
        self.complaints = list[str]()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.bank.close()
        self.house.close()

    # ---- people in their windows -------------------------------------------------------------

    def at(self, who: str, path: str = "") -> Any:
        """Somebody's window, signed in, at a page."""
        if who not in self.windows:
            page = self.browser.new_context(accept_downloads=True).new_page()
            page.set_default_timeout(60_000)
            page.on("console", lambda line: self.complaints.append(f"{who}: {line.text}"))
            page.on("pageerror", lambda error: self.complaints.append(f"{who}: {error}"))
            self.house.access.set_login(who, PASSWORD)
            page.goto(f"{self.url}/sign-in")
            page.fill("[name=person]", who)
            page.fill("[name=password]", PASSWORD)
            page.fill("[name=code]", self.house.access.code_now(who))
            page.click("main button")
            page.wait_for_url(f"{self.url}/")
            self.windows[who] = page
        page = self.windows[who]
        if path:
            page.goto(f"{self.url}{path}")
        return page

    def press(self, page: Any, says: str) -> None:
        """Press a button, and see that nothing was refused."""
        with page.expect_navigation():
            page.get_by_role("button", name=says, exact=True).first.click()
        refused = page.locator("main .said.bad:visible")
        assert refused.count() == 0, refused.all_inner_texts()

    def sign(self, who: str, number: str, says: str, state: str) -> None:
        """Sign an act with one's key file, in the browser."""
        page = self.at(who, f"/acts/{number}")
        page.set_input_files("[data-file]", self.folder / f"{who}.pem")
        page.fill("[data-pass]", PASSPHRASE)
        with page.expect_navigation():
            page.get_by_role("button", name=says, exact=True).click()
        assert state in page.locator("h1").inner_text()

    def both(self, maker: Any, first: str, second: str) -> str:
        """Two people sign the act that stands before the first; return its number."""
        number = maker.url.partition("/acts/")[2].partition("?")[0]
        self.sign(first, number, "Sign", "proposed")
        self.sign(second, number, "Approve", "done")
        return number

    def upload(self, who: str) -> None:
        """Take in every file of the bank that the house has not taken."""
        files = list(self.bank.waiting())
        place = self.folder / "down"
        place.mkdir(exist_ok=True)
        for name, data in files:
            (place / name).write_bytes(data)
        page = self.at(who, "/bank")
        page.set_input_files("#f-files", [place / name for name, _ in files])
        self.press(page, "Take in")
        assert page.locator("main .said.good").count() == len(files)
        self.bank.taken([name for name, _ in files])

    def until(self, at: datetime.datetime) -> None:
        """Time passes, in the house and at the bank."""
        self.made.until(at)
        self.bank.move(at)


@pytest.fixture
def office(chromium: str, tmp_path: Path) -> Iterator[Office]:
    with playwright.sync_playwright() as machinery:
        browser = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        with contextlib.closing(Office(tmp_path, browser)) as found:
            yield found
        browser.close()


def plain(text: str) -> str:
    """A text without what keeps thousands apart."""
    return re.sub(r"(?<=\d)\s(?=\d)", "", text.replace(" ", " ")).replace(" ", " ")


def table_rows(page: Any, within: str) -> list[list[str]]:
    """The cells of the rows of a table that is seen."""
    found = page.locator(f"{within} tbody tr").all()
    return [[plain(cell) for cell in row.locator("td, th").all_inner_texts()] for row in found]


def write_claims(path: Path) -> None:
    """The example's obligations as a table of their creditors, and one row that is wrong."""
    trades = [lawful(SIDE[row["debtor"]], SIDE[row["creditor"]], row["id"]) for row in ROWS]
    columns = trade_columns(trades)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = ["debtor", "creditor", "amount", "currency", "due_date"]
        writer.writerow(["sender", "reference", "document", *names, *columns])
        for place, row in enumerate(ROWS):
            writer.writerow([row["creditor"], row["id"], f"invoice {row['id']}",
                             *(row[name] for name in names),
                             *(column[place] for column in columns.values())])  # fmt: skip
        writer.writerow(["B1", "wrong", "invoice", "A1", "B1", "12.345", "EUR", "2026-01-10",
                         *(column[0] for column in columns.values())])  # fmt: skip


def come_in(office: Office) -> None:
    """The operator tries a table dry, sees what is wrong, takes it in; the debtors confirm."""
    table = office.folder / "claims.csv"
    write_claims(table)
    page = office.at("O1", "/intake")
    for dry in (True, False):
        page.set_input_files("#f-table", table)
        page.locator("[name=dry]").set_checked(dry)
        office.press(page, "Take in")
        figures = page.locator("main .figures dd").all_inner_texts()
        assert figures[:2] == ["9", "8"], figures
        refused = table_rows(page, "section[aria-live] .wide >> nth=0 >>")
        assert refused[0][0] == "9"
        assert refused[0][1] == "amount"
        there = page.locator("text=no word from the other party yet").count()
        assert there == (0 if dry else 8)
    for firm in NAMES:
        clerk = office.at(f"C{firm}", "/obligations?state=registered")
        for box in clerk.locator("input[name=number]").all():
            box.check()
        office.press(clerk, "Confirm those ticked")


def to_final(office: Office) -> str:
    """From the open cycle to the published final run; two people for rates and for the run."""
    page = office.at("O1", "/")
    office.press(page, "Open the next cycle")
    cycle = page.url.partition("/cycles/")[2].partition("?")[0]
    assert "The rates are not declared." in office.at("O1", "/").locator("main").inner_text()
    page.get_by_role("link", name="Declare the rates").click()
    page.fill("[name=rates]", RATES)
    page.fill("[name=source]", "the example")
    office.press(page, "Draft")
    office.both(page, "O1", "O2")
    times = office.at("O1", f"/cycles/{cycle}").locator(".figures dd").all_inner_texts()
    cut_off, ends, _ = (
        datetime.datetime.fromisoformat(one).replace(tzinfo=datetime.UTC) for one in times
    )
    office.until(cut_off)
    office.press(office.at("O1", f"/cycles/{cycle}"), "Cut off: freeze the set")
    office.press(page, "Run and report, preliminarily")
    assert "Preliminary: it sets nothing off." in page.locator("main").inner_text()
    office.until(ends)
    office.press(office.at("O1", f"/cycles/{cycle}"), "End the correction window")
    office.press(page, "Publish the final run")
    office.both(page, "O1", "O2")
    return cycle


def check_report(office: Office, cycle: str) -> None:
    """Every figure of the example's table: 425,000 owed, 320,000 set off, 105,000 with money."""
    page = office.at("O2", f"/cycles/{cycle}")
    figures = plain(" ".join(page.locator(".card .figures dd").all_inner_texts()))
    for amount in ("425000.00 EUR", "320000.00 EUR", "105000.00 EUR", "15000.00 EUR", "75.29"):
        assert amount in figures, (amount, figures)
    firms = {row[0][:2]: row for row in table_rows(page, "section:has(h2:text('Firm by firm'))")}
    assert set(firms) == set(NAMES)
    assert {firm: row[-1] for firm, row in firms.items()} == {
        "A1": "-50000.00", "A2": "+20000.00", "A3": "+15000.00",
        "B1": "+20000.00", "B2": "+10000.00", "B3": "-15000.00",
    }  # fmt: skip
    with page.expect_navigation():
        page.get_by_role("link", name="The network before and after").click()
    before, after = (plain(one) for one in page.locator("figcaption").all_inner_texts())
    assert ("425000.00" in before, "105000.00" in after) == (True, True)
    assert page.locator("svg a").count() == 12
    with page.expect_navigation():
        page.locator("svg a").first.click()
    assert all("A1" in row[:2] for row in table_rows(page, "section.card"))


def pay_in(office: Office, cycle: str) -> None:
    """Pay-ins are called, paid at the bank under their references, and seen to arrive."""
    board = f"/cycles/{cycle}/settlement"
    page = office.at("T1", f"/cycles/{cycle}")
    office.press(page, "Call the pay-ins")
    called = {
        row[0]: row for side in ("A-EUR", "B-INR")
        for row in table_rows(page, f"#side-{side} .wide >> nth=0 >>")
    }  # fmt: skip
    assert {firm: row[2] for firm, row in called.items()} == PAY_INS
    for firm, row in called.items():
        place = ("A", "EUR") if SIDE[firm] == "A" else ("B", "INR")
        office.bank.pay_in(place, int(row[2].replace(".", "")), key=f"{firm} pays",
                           payer=NAMES[firm], account=IBAN[firm] if place[0] == "A" else "",
                           reference=row[1])  # fmt: skip
    office.upload("T1")
    states = [row[4] for row in table_rows(page, "section:has(h2:text('Lines of the bank'))")]
    assert states == ["matched", "matched"]
    office.press(office.at("T1", board), "Place the money that came")
    office.press(page, "Settle")


def pay_out(office: Office, cycle: str) -> None:
    """Two treasurers let payments leave; what is in the files is shown before they sign."""
    for side, currency in (("A", "EUR"), ("B", "INR")):
        page = office.at("T1", f"/cycles/{cycle}/settlement")
        page.locator(f"#side-{side}-{currency}").get_by_role(
            "link", name="Let what is ready leave").click()  # fmt: skip
        office.press(page, "Draft")
        paid = table_rows(page, "section:has(h2:text('What leaves'))")
        assert {row[0][:2]: row[2].split()[0] for row in paid[:2]} == PAY_OUTS[side]
        office.both(page, "T1", "T2")
        office.at("T1", "/bank")
        with page.expect_download() as arrived:
            page.locator("main a[download]:not([href=''])", has_text="pain.001").first.click()
        path = office.folder / arrived.value.suggested_filename
        arrived.value.save_as(path)
        assert office.bank.drop(path)["status"] == "ACCP"
        office.press(page, "The bank has it")
        office.upload("T1")
        board = office.at("T2", f"/cycles/{cycle}/settlement").locator(f"#side-{side}-{currency}")
        figures = board.locator(".figures >> nth=0").locator("div").all_inner_texts()
        total = sum(float(one) for one in PAY_OUTS[side].values())
        assert f"paid {total:.2f}" in [plain(one.replace("\n", " ")) for one in figures], figures


def test_a_cycle_in_the_browser(office: Office) -> None:
    """Goal: the worked example from a table to the closed cycle, by people, in a real browser.

    Method: an operator takes in a table (dry first; a wrong row is named), six clerks confirm,
    operators open, declare the rates by two signatures made in the browser with key files, cut off,
    run and publish by two; treasurers call, take the bank's files in, settle, and let payments
    leave by two; the bank books what it is given. Every figure of the example is read off pages.
    """
    come_in(office)
    cycle = to_final(office)
    check_report(office, cycle)
    pay_in(office, cycle)
    pay_out(office, cycle)
    office.until(office.house.now + datetime.timedelta(days=1))
    office.upload("T1")
    accounts = table_rows(office.at("T1"), "section:has(h2:text('Accounts'))")
    assert [(row[0], row[2], row[5], row[6]) for row in accounts] == [
        ("A EUR", "15000.00", "0.00", "agrees"), ("B INR", "0.00", "0.00", "agrees"),
    ]  # fmt: skip
    page = office.at("O1", f"/cycles/{cycle}/settlement")
    border = table_rows(page, "section:has(h2:text('Between the sides')) .wide >> nth=0 >>")
    assert border[0][:4] == ["A", "B", "15000.00", "15000.00"]
    office.press(page, "Close the cycle")
    assert "closed" in page.locator(".steps .now").inner_text()
    assert office.house.journal.verify().ok
    assert [one["agrees"] for one in office.house.cycles.replay(cycle)] == [True, True]
    assert office.complaints == []
