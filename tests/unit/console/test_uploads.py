# SPDX-License-Identifier: Apache-2.0
"""E-invoices over the network: handed in, read by a worker, told one by one; whose they are."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import MadeHouse
from tests.made_invoices import Made, admit_invoice_firms, make_pdf, make_ubl, party_of
from tests.made_service import GRANTS, MadeService
from tests.security.test_hostile_intake import FILES, bomb
from tests.unit.console.test_console import Window

from skontro.flow import uploads
from skontro.store.rows import find
from skontro.store.schema import upload

OWN = Made(number="R-1", seller=party_of("A1"), buyer=party_of("B1"))
OTHERS = Made(number="R-2", seller=party_of("A2"), buyer=party_of("B1"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    house = MadeHouse(tmp_path_factory.mktemp("uploads") / "house")
    house.import_list()
    admit_invoice_firms(house)
    found = MadeService(house)
    found.give("P1", GRANTS["P1"])
    for who in ("CA", "SA", "CB", "O1", "T1"):
        found.admit(who)
        found.give(who, GRANTS[who])
    return found


def work(made: MadeService) -> None:
    while made.house.jobs.work_next("w"):
        pass


def hand_in(window: Window, files: dict[str, bytes], **fields: str) -> Any:
    """Send the form as a browser would; the page it leads to."""
    text = window.get("/documents").text
    hidden = {name: re.findall(f'name="{name}" value="([^"]*)"', text)[0] for name in
              ("csrf", "once")}  # fmt: skip
    return window.browser.post(
        "/console/documents", data=hidden | fields,
        files=[("document", (name, data)) for name, data in files.items()],
    )  # fmt: skip


def body(files: dict[str, bytes], firm: str = "") -> dict[str, Any]:
    return {"firm": firm, "files": [
        {"name": name, "data": base64.b64encode(data).decode()} for name, data in files.items()
    ]}  # fmt: skip


def test_handed_in_read_and_told_row_by_row(made: MadeService) -> None:
    """Goal: what is good is registered and linked, what is not says why, and the same again has
    no effect. Method: a clerk's form with an invoice, a PDF of another, one that breaks a rule, one
    of others and a file that is none; the worker reads; the bytes are gone; then once more.
    """
    window = Window(made, "CA")
    pdf = make_pdf(Made(number="R-3", seller=party_of("A1"), buyer=party_of("A3")))
    wrong = make_ubl(Made(number="R-4", seller=party_of("A1"), buyer=party_of("B1"))).replace(
        b"</cbc:TaxInclusiveAmount>", b"9</cbc:TaxInclusiveAmount>"
    )
    files = {"good.xml": make_ubl(OWN), "in/../good.pdf": pdf, "wrong.xml": wrong,
             "others.xml": make_ubl(OTHERS), "<b>.xml": b"no invoice"}  # fmt: skip
    answer = hand_in(window, files)
    place = answer.url.path.removeprefix("/console")
    number = int(place.rsplit("/", 1)[1])
    assert ('http-equiv="refresh"' in answer.text, "waiting" in answer.text) == (True, True)
    work(made)
    found = made.house.uploads.show(number)
    assert {one["name"]: one["outcome"] for one in found["report"]} == {
        "good.xml": "taken", "good.pdf": "taken", "wrong.xml": "refused", "others.xml": "refused",
        "_b_.xml": "refused",
    }  # fmt: skip
    page = window.get(place).text
    for one in found["report"]:
        if one["outcome"] == "taken":
            assert f'href="/console/obligations/{one["obligation"]}"' in page
            shown = made.house.obligations.show(one["obligation"])
            assert [said["sender"] for said in shown["registrations"]] == ["A1"]
    told = {one["name"]: one for one in found["report"]}
    assert told["wrong.xml"]["refusal"]["code"] == "InvalidByRules"
    assert told["wrong.xml"]["broken"]
    assert told["others.xml"]["refusal"]["code"] == "NotPermitted"
    assert (told["others.xml"]["seller"], told["others.xml"]["buyer"]) == ("", "")
    assert "/tmp" not in page
    assert 'http-equiv="refresh"' not in page
    assert f'href="/console{place}"' in window.get(f"/jobs/{found['job']}").text
    with made.house.database.read() as unit:
        assert find(unit, upload, number=number).files == ""
    before = len(made.house.documents.listed())
    again = hand_in(window, {"good.xml": make_ubl(OWN)})
    work(made)
    later = made.house.uploads.show(int(again.url.path.rsplit("/", 1)[1]))
    assert (later["repeated"], later["taken"]) == (1, 0)
    assert len(made.house.documents.listed()) == before


def test_whose_it_is_is_never_told_by_a_file(made: MadeService) -> None:
    """A buyer who hands in a seller's invoice says it as the buyer; another firm's are refused;
    the house says for whom; colleagues see it, others do not."""
    ours = Made(number="R-7", seller=party_of("A1"), buyer=party_of("B1"))
    answer = made.desk("CB").post("/documents", body({"a.xml": make_ubl(ours)}))
    assert (answer.status_code, answer.json()["firm"]) == (202, "B1")
    work(made)
    found = made.desk("CB").get(answer.headers["location"]).json()
    (one,) = found["report"]
    shown = made.house.obligations.show(one["obligation"])
    assert [said["sender"] for said in shown["registrations"]] == ["B1"]
    for_others = made.desk("CA").post("/documents", body({"a.xml": b"x"}, "B1"))
    assert for_others.json()["code"] == "BeyondRights"
    assert made.desk("O1").post("/documents", body({"a.xml": b"x"})).json()["code"] == (
        "PartyMissing"
    )
    nobody = made.desk("O1").post("/documents", body({"a.xml": b"x"}, "Z9"))
    assert nobody.json()["code"] == "NoSuchParticipant"
    for_a1 = made.desk("O1").post("/documents", body({"a.xml": make_ubl(ours)}, "A1"))
    assert (for_a1.status_code, for_a1.json()["firm"]) == (202, "A1")
    work(made)
    place = for_a1.headers["location"]
    assert made.desk("SA").get(place).json()["report"][0]["outcome"] == "taken"
    assert made.desk("CB").get(place).json()["code"] == "NoSuchUpload"
    assert {one["firm"] for one in made.desk("CB").get("/documents/uploads").json()["items"]} == {
        "B1"
    }
    assert made.desk("T1").get(place).json()["code"] == "BeyondRights"
    assert Window(made, "CB").get(place).status_code == 404


def test_what_is_hostile_is_refused_as_on_the_command_line(
    made: MadeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: refused by the same codes, each judged by a process that can be stopped, and no more
    than an upload may have. Method: small files of test_hostile_intake.py and its bomb; a zip with
    more documents than are read; a zip that climbs out."""
    monkeypatch.setattr(uploads, "MOST_DOCUMENTS", 12)
    names = ("entities.xml", "depth.xml", "loop.pdf", "zeros.pdf", "parens.pdf")
    files = {name: FILES[name][0]() for name in names}
    bomb(tmp_path / "bomb.zip")
    files["bomb.zip"] = (tmp_path / "bomb.zip").read_bytes()
    many, climbs = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(climbs, "w") as out:
        out.writestr("../../out.xml", b"<a/>")
    files["climbs.zip"] = climbs.getvalue()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as out:
        for place in range(20):
            out.writestr(f"{place}.xml", b"<a/>")
    files["many.zip"] = many.getvalue()
    answer = made.desk("CA").post("/documents", body(files))
    assert answer.status_code == 202, answer.text
    work(made)
    report = made.desk("CA").get(answer.headers["location"]).json()["report"]
    codes = {one["name"]: one["refusal"]["code"] for one in report}
    for name in names:
        assert codes[name] in FILES[name][1], (name, codes[name])
    assert codes["bomb.zip"] == "ZipBomb"
    assert codes["climbs.zip"] == "ZipClimbsOut"
    assert (len(report), report[-1]["refusal"]["code"]) == (13, "TooManyDocuments")
    assert made.house.jobs.show(made.house.jobs.table()[0]["number"])["state"] == "done"


def test_what_is_too_much_is_not_kept(made: MadeService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many that wait, too many files, too many bytes, none, and what is no base64."""
    monkeypatch.setattr(uploads, "MOST_WAITING", 1)
    desk = made.desk("CA")
    first = desk.post("/documents", body({"a.xml": b"1"}))
    assert first.status_code == 202
    full = desk.post("/documents", body({"a.xml": b"2"}))
    assert (full.status_code, full.json()["code"]) == (409, "TooManyUploads")
    work(made)
    assert desk.get(first.headers["location"]).json()["state"] == "done"
    assert desk.post("/documents", body({})).json()["code"] == "InvalidRequest"
    odd = {"files": [{"name": "a", "data": "?"}]}
    assert desk.post("/documents", odd).json()["code"] == "InvalidRequest"
    small = MadeService(made.made, upload_bytes=1000)
    large = small.desk("CA").post("/documents", body({"a.xml": b"x" * 2000}))
    assert (large.status_code, large.json()["code"]) == (413, "TooLarge")
    window = Window(made, "CA")
    assert hand_in(window, {}).status_code == 422


def test_after_a_month_it_goes(made: MadeService) -> None:
    program = made.program("participant_clerk", "A1")
    number = program.post("/documents", body({"a.xml": b"3"})).json()["number"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "KEPT", -uploads.KEPT)
        made.house.uploads.tidy()  # what waits stays
        assert made.house.uploads.show(number)["state"] == "waiting"
        work(made)
        assert made.house.uploads.tidy() > 0
    assert program.get(f"/documents/uploads/{number}").json()["code"] == "NoSuchUpload"
