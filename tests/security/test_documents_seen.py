# SPDX-License-Identifier: Apache-2.0
"""Originals of documents: byte for byte to both parties and the house, to nobody else."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.made_house import MadeHouse
from tests.made_invoices import Made, MadeLine, admit_invoice_firms, make_ubl, party_of
from tests.made_service import MadeService
from tests.unit.console.test_console import Window

from skontro.house.roles import Grant

ONE = Made(number="R-1", seller=party_of("A1"), buyer=party_of("B1"),
           lines=[MadeLine(10_000, hs="300490")])  # fmt: skip


def test_an_original_is_for_those_who_see_its_obligation(tmp_path: Path, database_url: str) -> None:
    made = MadeHouse(tmp_path / "house", url=database_url)
    made.import_list()
    admit_invoice_firms(made)
    served = MadeService(made)
    for who, grants in {
        "CA": [Grant("participant_clerk", "A1")], "CB": [Grant("participant_clerk", "B1")],
        "CC": [Grant("participant_clerk", "A2")], "O1": [Grant("operator")],
        "XA": [Grant("auditor", "", ("A",))], "XC": [Grant("auditor", until_day="2025-12-31")],
        "D1": [Grant("admin")],
    }.items():  # fmt: skip
        served.admit(who)
        served.give(who, grants)
    path = tmp_path / "R-1.xml"
    path.write_bytes(make_ubl(ONE))
    report = made.house.documents.read([path])
    (taken,) = report.files
    assert taken.outcome == "taken", taken
    number, document = taken.obligation, taken.document
    for who in ("CA", "CB", "O1", "XA"):
        (told,) = served.desk(who).get(f"/obligations/{number}/documents").json()["items"]
        assert told["original_digest"] == hashlib.sha256(path.read_bytes()).hexdigest()
        found = served.desk(who).get(f"/documents/{document}/original")
        assert (found.status_code, found.content == path.read_bytes()) == (200, True), who
        assert found.headers["content-type"].startswith("application/xml")
        assert "attachment" in found.headers["content-disposition"]
    for who in ("CC", "XC"):
        found = served.desk(who).get(f"/documents/{document}/original")
        assert (found.status_code, found.json()["code"]) == (404, "NoSuchDocument"), who
    assert served.desk("D1").get(f"/documents/{document}/original").status_code == 403
    window = Window(served, "CA")
    assert f"/console/documents/{document}/original" in window.get(f"/obligations/{number}").text
    assert window.get(f"/documents/{document}/original").content == path.read_bytes()
