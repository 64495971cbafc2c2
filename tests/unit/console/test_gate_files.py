# SPDX-License-Identifier: Apache-2.0
"""What compliance takes in and takes out over the network: lists, files of customs, reports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.made_authorities import declared, registered_house
from tests.made_house import PASSPHRASE
from tests.made_lists import FILLER
from tests.made_service import GRANTS, MadeService

from skontro.gate.customs_files import customs_text
from skontro.ops.settings import Settings
from skontro.store.rows import find_all
from skontro.store.schema import journal_entry

RIGHTS = {"M1": ("case.decide", "gate.read", "list.smaller"), "O1": (), "CA": ()}
DECLARED = customs_text([declared("x", "B1", "A1", 100)])
NOBODY = {"O1": "an operator", "CA": "a clerk"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = MadeService(registered_house(tmp_path_factory.mktemp("gate-files") / "house"))
    for who, rights in RIGHTS.items():
        found.admit(who, *rights)
        found.give(who, GRANTS[who])
    return found


def rows(*names: str) -> bytes:
    return ("name,identifier\n" + "".join(f"{one},\n" for one in names)).encode()


def send(made: MadeService, who: str, path: str, content: bytes, key: str = "",
         **asked: str) -> Any:  # fmt: skip
    """Send a file as the body of a request."""
    desk = made.desk(who)
    given = {"source": "a test", "dated": made.house.at} | asked
    return desk.browser.post(path, content=content, params=given, headers=desk.headers | {
        "Content-Type": "application/octet-stream",
        "Idempotency-Key": key or f"k{hash((who, path, content, tuple(given.items())))}",
    })  # fmt: skip


class Window:
    """The pages, in the session of somebody's desk."""

    def __init__(self, made: MadeService, who: str) -> None:
        self.browser = made.desk(who).browser

    def get(self, path: str) -> Any:
        return self.browser.get(f"/console{path}")


def fill_in(window: Window, page: str, file: tuple[str, bytes], **fields: str) -> Any:
    """Send the form of a page as a browser would."""
    text = window.get(page).text
    hidden = {name: re.findall(f'name="{name}" value="([^"]*)"', text)[0] for name in
              ("csrf", "once")}  # fmt: skip
    name, data = file
    return window.browser.post(f"/console{page}", data=hidden | fields, files={name: ("f", data)})


def notes(made: MadeService, kind: str) -> list[dict[str, Any]]:
    with made.house.database.read() as unit:
        found = find_all(unit, journal_entry, order=["number"], kind=kind)
    return [json.loads(one.content) for one in found]


def left(made: MadeService) -> list[Path]:
    return list(made.house.folder.glob("handed-in-*"))


def in_force(made: MadeService, name: str) -> dict[str, Any]:
    return next(one for one in made.house.lists.table() if one["name"] == name)


def test_a_good_list_comes_into_force_and_a_broken_one_does_not(made: MadeService) -> None:
    """Goal: what is good counts from then on, once; what is cut off, or too small, is refused with
    the command line's code, noted in the journal, and the list in force stays. Method: lists with
    a firm of the house, whole, again, without its last bytes, and with one name left.
    """
    whole = rows(*FILLER, "Bakul Mills")
    first = send(made, "M1", "/gate/lists", whole, key="one")
    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["name"], told["is_new"], told["entries"]) == ("un", True, len(FILLER) + 1)
    assert in_force(made, "un")["id"] == told["version"]
    (case,) = made.desk("M1").get("/gate/cases").json()["items"]
    assert case["whom"] == "B1"
    again = send(made, "M1", "/gate/lists", whole, key="one")
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    assert send(made, "M1", "/gate/lists", whole, key="two").json()["is_new"] is False
    before = len(notes(made, "list.refused"))
    for content, code in ((whole[:-4], "ListTruncated"), (rows("One"), "ListFloor"),
                          (b"", "ListEmpty")):  # fmt: skip
        answer = send(made, "M1", "/gate/lists", content)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["next_step"]
    assert [one["code"] for one in notes(made, "list.refused")[before:]] == [
        "ListTruncated", "ListFloor", "ListEmpty",
    ]  # fmt: skip
    assert in_force(made, "un")["id"] == told["version"]
    assert left(made) == []
    done = made.house.audit.entries(caller="M1", outcome="done", most=100)
    assert ("gate.work", "list un") in [(one["what"], one["subject"]) for one in done]


def test_a_smaller_list_takes_two_people(made: MadeService) -> None:
    """It is drafted from the file, signed by who brought it, and in force once another approves."""
    made.house.lists.import_list(_kept(made, rows(*FILLER)), source="a test",
                                 dated=made.house.now, name="watch")  # fmt: skip
    small = rows(*FILLER[:2])
    refused = send(made, "M1", "/gate/lists", small, name="watch")
    assert refused.json()["code"] == "ListSmaller"
    drafted = send(made, "M1", "/gate/lists/smaller", small, name="watch")
    assert drafted.status_code == 201, drafted.text
    act = drafted.json()
    assert (act["kind"], act["state"]) == ("list.smaller", "drafted")
    signature = made.sign("M1", act["to_sign"]["maker"])
    signed = made.desk("M1").post(f"/acts/{act['number']}/signature", {"signature": signature})
    assert signed.json()["state"] == "proposed"
    assert in_force(made, "own:watch")["entries"] == len(FILLER)
    made.made.both(act["number"])
    assert in_force(made, "own:watch")["entries"] == 2


def _kept(made: MadeService, content: bytes) -> Path:
    path = made.house.folder / "list.csv"
    path.write_bytes(content)
    return path


def test_nobody_but_compliance_takes_anything_in(
    made: MadeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before a byte is on the disk, by route and by form; a program is refused too; what
    is too large is not read; a form is no file; without a key of the request nothing is done."""
    paths = ("/gate/lists", "/gate/lists/smaller", "/gate/customs")
    for who in NOBODY:
        for path in paths:
            answer = send(made, who, path, rows(*FILLER), side="A")
            assert (answer.status_code, answer.json()["code"]) == (403, "BeyondRights"), (who, path)
        assert made.desk(who).get("/gate/cases/1/report").status_code == 403
        window = Window(made, who)
        assert window.get("/gate/lists").status_code == 403
        csrf = re.findall('name="csrf" value="([^"]*)"', window.get("/").text)[0]
        for page, name in (("/gate/lists", "list"), ("/gate/customs", "declarations"),
                           ("/gate/cases/1/report", "x")):  # fmt: skip
            answer = window.browser.post(f"/console{page}", data={"csrf": csrf, "once": "x"},
                                         files={name: ("f", rows(*FILLER))})  # fmt: skip
            assert answer.status_code == 403, (who, page)
    desk = made.desk("M1")
    form = desk.browser.post("/gate/lists", files={"list": ("f", b"x")},
                             headers=desk.headers | {"Idempotency-Key": "form"})  # fmt: skip
    assert (form.status_code, form.json()["code"]) == (415, "UnknownMediaType")
    bare = desk.browser.post("/gate/lists", content=b"x", headers=desk.headers)
    assert bare.json()["code"] == "RequestKeyMissing"
    monkeypatch.setattr(made.service._shield, "settings", Settings(list_bytes=1000))
    assert send(made, "M1", "/gate/lists", b"x" * 2000).json()["code"] == "TooLarge"
    assert left(made) == []


def test_a_file_of_customs(made: MadeService) -> None:
    broken = send(made, "M1", "/gate/customs", DECLARED[:-9], side="A")
    assert (broken.status_code, broken.json()["code"]) == (422, "CustomsTruncated")
    assert [one["code"] for one in notes(made, "customs.refused")] == ["CustomsTruncated"]
    assert made.desk("M1").get("/gate/customs").json()["items"] == []
    good = send(made, "M1", "/gate/customs", DECLARED, side="A")
    assert good.status_code == 200, good.text
    assert (good.json()["is_new"], good.json()["declarations"]) == (True, 1)
    (one,) = made.desk("M1").get("/gate/customs").json()["items"]
    assert (one["side"], one["imported_by"]) == ("A", "M1")
    window = Window(made, "M1")
    page = fill_in(window, "/gate/customs", ("declarations", DECLARED), side="A", source="a test")
    assert (page.status_code, "was in force already" in page.text) == (200, True)
    page = fill_in(window, "/gate/customs", ("declarations", b"x"), side="A", source="a test")
    assert page.status_code == 422
    assert "What to do:" in page.text


def test_the_report_of_a_case_is_for_the_authority_and_noted_on_it(made: MadeService) -> None:
    desk = made.desk("M1")
    case = desk.get("/gate/cases").json()["items"][0]["case"]
    locked = desk.get(f"/gate/cases/{case}/report")
    assert (locked.status_code, locked.json()["code"]) == (403, "KeyLocked")
    made.house.statements.unlock(PASSPHRASE)
    answer = desk.get(f"/gate/cases/{case}/report")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert "Bakul Mills" in answer.text
    window = Window(made, "M1")
    text = window.get(f"/gate/cases/{case}").text
    csrf = re.findall('name="csrf" value="([^"]*)"', text)[0]
    where = f"/console/gate/cases/{case}/report"
    assert where in text
    assert window.browser.post(where, data={"csrf": "0"}).status_code == 403
    assert "Bakul Mills" in window.browser.post(where, data={"csrf": csrf}).text
    events = made.house.cases.show(case, "P1", made.keys["P1"])["events"]
    assert [one["person"] for one in events if one["event"] == "reported"] == ["M1", "M1"]


def test_the_form_takes_a_list_in_or_says_what_to_do(made: MadeService) -> None:
    window, day = Window(made, "M1"), made.house.at[:10]
    told = {"source": "a test", "dated": day, "name": "form"}
    page = fill_in(window, "/gate/lists", ("list", rows(*FILLER)), **told)
    assert (page.status_code, "List own:form is in force" in page.text) == (200, True)
    for file, words in ((rows(*FILLER)[:-4], "is not whole"), (rows("One"), "two people sign it")):
        page = fill_in(window, "/gate/lists", ("list", file), **told)
        assert (page.status_code, words in page.text) == (422, True), page.text
        assert "What to do:" in page.text
    assert in_force(made, "own:form")["entries"] == len(FILLER)
    page = fill_in(window, "/gate/lists", ("list", rows("One")), two="yes", **told)
    assert page.url.path.startswith("/console/acts/")


def test_what_a_page_shows_has_an_address(made: MadeService) -> None:
    for path in ("/gate/held", "/gate/flags", "/gate/licences", "/gate/customs"):
        answer = made.desk("M1").get(path)
        assert answer.status_code == 200, answer.text
        assert made.desk("CA").get(path).status_code == 403
    assert made.desk("M1").get("/gate/licences/none").status_code == 404
