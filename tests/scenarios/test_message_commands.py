# SPDX-License-Identifier: Apache-2.0
"""E-invoices and tables at the command line: judged, shown, taken in, given back."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_desk import COLUMNS, Desk, row_of
from tests.made_invoices import TAX_NUMBERS, Made, invoice_firms, make_ubl, party_of, write_worked


@pytest.fixture
def desk(empty_folder: Path, capsys: pytest.CaptureFixture[str],
         monkeypatch: pytest.MonkeyPatch) -> Desk:  # fmt: skip
    for name in ("SKONTRO_HOUSE", "SKONTRO_PASSPHRASE", "SKONTRO_HOUSE_PASSPHRASE",
                 "SKONTRO_PERSON", "SKONTRO_KEY", "SKONTRO_DB"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return Desk(empty_folder, capsys)


@pytest.fixture
def opened(desk: Desk) -> Desk:
    """A house whose firms are known by the tax numbers on their invoices."""
    rows = [f"{row_of(firm)},{TAX_NUMBERS[firm.id]}" for firm in invoice_firms()]
    desk.write("firms.csv", "\n".join([f"{COLUMNS},tax_number", *rows, ""]))
    desk.open()
    desk.import_list()
    desk.both("participants", "admit", "firms.csv")
    return desk


def test_check_needs_no_house_and_says_which_rule(desk: Desk) -> None:
    good = make_ubl(Made())
    Path("good.xml").write_bytes(good)
    Path("bad.xml").write_bytes(good.replace(b">120.00</cbc:Payable", b">120.01</cbc:Payable"))
    answer = desk.type("messages", "check", "good.xml", "bad.xml")
    assert answer.code == 3
    assert "good.xml: valid: invoice R-1, 120.00 EUR" in answer.out
    assert "bad.xml: NOT valid" in answer.out
    assert "BR-CO-16 fatal" in answer.out
    assert "1 valid, 1 not" in answer.out
    found = desk.type("messages", "check", "bad.xml", "--json").json
    assert found["documents"][0]["broken"] == ["BR-CO-16"]
    assert found["documents"][0]["refusal"]["code"] == "InvalidByRules"
    assert found["rules"].startswith("EN 16931 for UBL 1.")
    assert desk.type("messages", "check", "good.xml").code == 0


def test_a_folder_of_e_invoices_is_taken_in(opened: Desk) -> None:
    """Dry run, then the same; a bad file is refused alone and written down; bytes come back."""
    write_worked(Path("in"))
    Path("in/zz.xml").write_bytes(b"<a/>")
    Path("beside.csv").write_text(
        "document,accepted_by,kind,tax_invoice,quantity,unit,paper_date,paper_issuer,paper_digest\n"
        f"invoice o7,A3,domestic_goods,invoice o7,10,KGM,2025-12-01,Alder,{'ab' * 32}\n"
    )
    dry = opened.type("messages", "read", "in", "--beside", "beside.csv", "--dry-run", "--json",
                      "--house", opened.house)  # fmt: skip
    assert dry.code == 3
    assert dry.json["taken"] == 8
    assert opened.ask("obligations", "work-list")["obligations"] == []
    real = opened.type("messages", "read", "in", "--beside", "beside.csv", "--house", opened.house,
                       "--rejections", "refused.csv", *opened.signed("P1"))  # fmt: skip
    assert real.code == 3
    assert "taken 8, credited 0, known before 0, refused 1" in real.out
    assert "[XmlNamespace]" in real.err
    with Path("refused.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (Path(row["file"]).name, row["code"]) == ("zz.xml", "XmlNamespace")
    again = opened.type("messages", "read", "in", "--beside", "beside.csv", "--allow-rejections",
                        "--json", "--house", opened.house)  # fmt: skip
    assert (again.code, again.json["repeated"], again.json["taken"]) == (0, 8, 0)
    states = {one["number"]: one["state"] for one in again.json["documents"]}
    assert (states["invoice o7"], states["invoice o1"]) == ("confirmed", "registered")
    opened.at("messages", "original", "3", "--out", "back.pdf")
    assert Path("back.pdf").read_bytes() == Path("in/o3.pdf").read_bytes()
    kept = opened.ask("messages", "list", "--after", "6")["documents"]
    assert [(one["id"], one["seller_id"], one["tax_minor"]) for one in kept] == [
        (7, "A1", 333_333), (8, "B3", 27_457_627),
    ]  # fmt: skip
    assert "more: --after 3" in opened.at("messages", "list", "--most", "3").out


def test_another_sender_is_refused_with_what_to_do(opened: Desk) -> None:
    Path("one.xml").write_bytes(make_ubl(replace(Made(), seller=replace(
        party_of("A1"), vat="NL123456782B90"))))  # fmt: skip
    answer = opened.type("messages", "read", "one.xml", "--house", opened.house)
    assert answer.code == 3
    assert "[UnknownParty]; next: admit it, or write its tax number" in answer.err


def test_tables_are_read_as_their_sender_writes_them(opened: Desk) -> None:
    """The form is remembered; the dry run shows rows and outcome; then the table is taken in."""
    shown = opened.ask(
        "messages", "form", "A1", "--column", "amount=Betrag", "--column", "due_date=Fällig",
        "--constant", "currency=EUR", "--delimiter", "semicolon", "--encoding", "windows-1252",
        "--decimal", "comma", "--grouping", "point", "--days", "DD.MM.YYYY",
    )  # fmt: skip
    assert opened.ask("messages", "form", "A1")["form"] == shown["form"]
    assert shown["form"]["encoding"] == "cp1252"
    text = "sender;reference;debtor;creditor;Betrag;Fällig\nA1;1;A2;A1;1.000,50;31.01.2026\n"
    Path("t.csv").write_bytes((text + "A1;2;A2;A1;7.5;31.01.2026\n").encode("cp1252"))
    dry = opened.type("messages", "read", "t.csv", "--sender", "A1", "--dry-run",
                      "--house", opened.house)  # fmt: skip
    assert dry.code == 3
    assert "a dry run: nothing was written" in dry.out
    assert "1,000.50 EUR" in dry.out
    assert "WrongDecimalMark" in dry.err
    real = opened.type("messages", "read", "t.csv", "--sender", "A1", "--json",
                       "--allow-rejections", "--house", opened.house)  # fmt: skip
    assert (real.json["taken"], real.json["refused"]) == (1, 1)
    assert opened.ask("obligations", "show", "1")["obligation"]["amount_minor"] == 100_050
    mixed = opened.type("messages", "read", "t.csv", "in.xml", "--house", opened.house)
    assert mixed.code == 2


def test_a_template_for_every_program(opened: Desk) -> None:
    for name in ("t.csv", "t.xlsx"):
        found = opened.type("messages", "template", name, "--example", "--json").json
        assert {"sender", "reference", "amount", "code"} <= set(found["columns"])
        dry = opened.type("messages", "read", name, "--dry-run", "--json", "--house", opened.house)
        assert dry.json["rows"] == 2
        assert {row["code"] for row in dry.json["rejections"]} == {"UnknownParticipant"}
    assert opened.type("messages", "template", "t.csv").code != 0
    empty = json.loads(opened.type("messages", "template", "e.csv", "--json").out)
    assert Path("e.csv").read_text().strip() == ",".join(empty["columns"])
