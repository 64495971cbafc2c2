# SPDX-License-Identifier: Apache-2.0
"""A participant's own pages: sums, papers as files, upload with refusals row by row."""

from __future__ import annotations

import datetime
import io
import json
import re
import zipfile

import pytest
from tests.made_house import DATES, PASSPHRASE
from tests.made_service import MadeService, worked_service
from tests.scenarios.test_house_review import held_house
from tests.scenarios.test_service_review import service_of
from tests.unit.console.test_console import Window

HEADS = "sender,reference,debtor,creditor,amount,currency\n"


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("mine") / "house")
    found.admit_all()
    return found


def send_file(window: Window, text: str) -> str:
    page = window.get("/mine/upload").text
    hidden = {name: re.search(f'name="{name}" value="([^"]*)"', page) for name in ("csrf", "once")}
    return window.browser.post(
        "/console/obligations/bulk",
        data={name: found[1] for name, found in hidden.items() if found},
        files={"table": ("rows.csv", text.encode(), "text/csv")},
    ).text  # fmt: skip


def test_a_file_is_taken_in_and_refused_row_by_row(open_house: MadeService) -> None:
    window = Window(open_house, "CB")
    text = send_file(window, HEADS + "B1,u1,A1,B1,17.25,EUR\nB1,u2,A1,B1,seven,EUR\n"
                     "A1,u3,A1,B1,1.00,EUR\n")  # fmt: skip
    figures = re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", text)
    assert (dict(figures)["Taken"], dict(figures)["Refused rows"]) == ("1", "2")
    assert "seven" in text
    page = window.get("/mine").text
    assert "I am owed" in page
    table = window.get("/mine/obligations.csv")
    assert "17.25" in table.text
    assert all("B1" in line for line in table.text.splitlines()[1:]), "own rows alone"


def test_ticked_ones_are_disputed_with_a_reason(open_house: MadeService) -> None:
    creditor, debtor = Window(open_house, "CB"), Window(open_house, "CA")
    send_file(creditor, HEADS + "B1,d1,A1,B1,3.00,EUR\nB1,d2,A1,B1,4.00,EUR\n")
    rows = debtor.get("/mine/obligations.csv").text.splitlines()
    numbers = [row.split(",")[0] for row in rows if ",3.00," in row or ",4.00," in row]
    assert len(numbers) == 2
    refused = debtor.send("/obligations/answers", "/obligations", number=numbers, say="dispute")
    assert "needs a reason" in refused.text
    debtor.send("/obligations/answers", "/obligations", number=numbers, say="dispute",
                reason="short delivery")  # fmt: skip
    for number in numbers:
        assert open_house.house.obligations.show(int(number))["state"] == "disputed"


def test_papers_are_files_of_the_own_firm(tmp_path_factory: pytest.TempPathFactory) -> None:
    served = service_of(held_house(tmp_path_factory.mktemp("papers"), "alerted"))
    served.house.statements.unlock(PASSPHRASE)
    window = Window(served, "CA")
    assert DATES.id in window.get("/mine").text
    for kind in ("set-off-notice", "account-statement"):
        found = window.get(f"/mine/papers/{DATES.id}/{kind}.json")
        assert json.loads(found.text)["content"], kind
        assert "attachment" in found.headers["content-disposition"]
        assert window.get(f"/mine/papers/{DATES.id}/{kind}.csv").status_code == 200
    assert window.get(f"/mine/papers/{DATES.id}/set-off-notice.pdf").content[:5] == b"%PDF-"
    package = window.get(f"/mine/papers/{DATES.id}/package.zip")
    assert zipfile.ZipFile(io.BytesIO(package.content)).namelist()
    assert Window(served, "O1").get("/mine").status_code == 404


def test_a_preview_shows_own_rows_and_when_it_was_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = worked_service(tmp_path_factory.mktemp("preview") / "house")
    made.admit_all()
    window = Window(made, "CA")
    assert "There is no preview yet." in window.get("/mine/preview").text
    made.made.until(DATES.cut_off_at - datetime.timedelta(hours=4))
    made.house.previews.make(DATES.id)
    text = window.get("/mine/preview").text
    assert "As of 2026-01-30 11:00" in text
    assert "The next one is made at 2026-01-30 14:00" in text
    numbers = {int(one) for one in re.findall(r"/console/obligations/(\d+)", text)}
    assert numbers == {made.made.number[name] for name in ("o1", "o5", "o7")}
    path = f"/cycles/{DATES.id}/participants/A1/preview"
    found = made.desk("CA").get(path).json()
    assert {one["number"] for one in found["rows"]} == numbers
    assert found["made_at"] == "2026-01-30T11:00:00.000000Z"
    refused = made.desk("O1").post(f"/cycles/{DATES.id}/previews")
    assert (refused.status_code, refused.json()["code"]) == (409, "TooEarly")
    assert Window(made, "O1").get("/mine/preview").status_code == 404
