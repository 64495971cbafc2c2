# SPDX-License-Identifier: Apache-2.0
"""Licences, customs and flags at the command line: one obligation of each kind, from the first word
to the cut-off, as the people at the desk see it."""

from __future__ import annotations

import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from tests.made_authorities import MEDICINE
from tests.made_desk import Desk
from tests.made_house import lawful

from skontro.gate.customs import Declaration, DeclaredLine
from skontro.gate.customs_files import customs_text


def register(desk: Desk, name: str, *, value: str = "100.00", weight: str = "10") -> int:
    """B1 owes A1 for ten kilograms of medicine; both stand by it."""
    one = lawful("B", "A", name)
    said = {"kind": one.kind, "code": one.code, "origin": one.origin,
            "destination": one.destination, "end_use": one.end_use, "quantity": "10",
            "unit": "KGM", "weight": weight, "paper_date": one.paper_date,
            "paper_issuer": one.paper_issuer, "paper_digest": one.paper_digest,
            **dict(one.papers), "licence": "LIC-1"}  # fmt: skip
    trade = [word for key, text in said.items() if text for word in ("--trade", f"{key}={text}")]
    found = desk.ask(
        "obligations", "register", "--by", "A1", "--reference", name, "--debtor", "B1",
        "--creditor", "A1", "--amount", value, "--currency", "EUR", "--due", "2026-01-10",
        "--document", f"invoice {name}", *trade,
    )["obligation"]  # fmt: skip
    desk.ask("obligations", "confirm", found, "--by", "B1")
    return int(found)


def held(desk: Desk) -> dict[int, list[str]]:
    """What compliance sees held, by obligation: the codes of why."""
    found = desk.ask("gate", "customs", "held", *desk.signed("P1"))["held"]
    return {one["obligation"]: [why["code"] for why in one["reasons"]] for one in found}


def declared(name: str, value: int) -> Declaration:
    """What side B's customs know: ten kilograms from A1 to B1."""
    line = (DeclaredLine("300490", value * 100, 10_000, "KGM", 10_000),)
    return Declaration(f"P {name}", "customs", "NL R A1", "IN R B1", "EUR",
                       datetime.date(2026, 1, 2), line)  # fmt: skip


def open_desk(desk: Desk, database_url: str) -> None:
    """A house whose firms have numbers in a register; side A asks a licence for medicine."""
    desk.open(*(["--db", database_url] if database_url.startswith("postgresql") else []))
    desk.import_list()
    heads, *rows = (desk.folder / "firms.csv").read_text("utf-8").splitlines()
    desk.write("firms.csv", "\n".join(
        [f"{heads},registration_number", *(f"{row},R {row[:2]}" for row in rows), ""]
    ))  # fmt: skip
    desk.both("participants", "admit", "firms.csv")
    law = files("skontro.gate").joinpath("data/starter.toml").read_text("utf-8")
    desk.write("a.toml", law.replace(MEDICINE, MEDICINE.replace("allow", "needs_licence")))
    desk.both("gate", "packs", "adopt", "A", "a.toml")
    desk.both("gate", "packs", "adopt", "B", "starter")
    desk.open_cycle()


def test_several_lines_at_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Each ``--line`` is one: the medicine among them needs its licence and is named; what cannot
    be a line is refused, and nothing is taken in."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, capsys)
    open_desk(desk, "sqlite")
    one = lawful("B", "A", "m")
    said = {"kind": one.kind, "origin": one.origin, "destination": one.destination,
            "end_use": one.end_use, "paper_date": one.paper_date,
            "paper_issuer": one.paper_issuer, "paper_digest": one.paper_digest,
            **dict(one.papers)}  # fmt: skip
    head = [
        "obligations", "register", "--by", "A1", "--reference", "m", "--debtor", "B1",
        "--creditor", "A1", "--amount", "100.00", "--currency", "EUR", "--due", "2026-01-10",
        "--document", "invoice m",
        *(word for key, text in said.items() for word in ("--trade", f"{key}={text}")),
    ]  # fmt: skip
    rice = "value=30.00 code=100630 quantity=7 unit=KGM"
    for wrong in ("value=70.00 code", "value=70.00 kode=300490", "value=70,00 code=300490",
                  "value=0.00 code=300490", "value=70.00 value=7.00 code=300490"):
        answer = desk.type(*head, "--line", rice, "--line", wrong, "--house", desk.house)
        assert answer.code != 0, wrong
    number = desk.ask(*head, "--line", rice, "--line", "value=70.00 code=300490 quantity=7 "
                      "unit=KGM weight=7 origin=DE")["obligation"]  # fmt: skip
    desk.ask("obligations", "confirm", number, "--by", "B1")
    assert held(desk) == {number: ["NeedsLicence", "NoLicence"]}
    (found,) = desk.ask("gate", "customs", "held", *desk.signed("P1"))["held"]
    needs = next(why for why in found["reasons"] if why["code"] == "NeedsLicence")
    assert needs["lines"] == [2]


def test_a_licence_a_flag_and_a_declaration_from_the_desk_to_the_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    database_url: str,
) -> None:  # fmt: skip
    """`good` waits until two people enter its licence. `heavy` weighs half more than its quantity:
    two people explain the flag. `false` says 50.00 where customs know 5.00. The cut-off enters the
    first two, the licence is reserved for both, and a party of `false` reads house review."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, capsys)
    open_desk(desk, database_url)
    by = desk.signed("P1")

    good, heavy = register(desk, "good"), register(desk, "heavy", weight="15")
    assert set(held(desk)) == {good, heavy}
    assert held(desk)[good] == ["LicenceNotUsable", "NeedsLicence"]
    assert "what needs one is held" in desk.at("gate", "licences", "list", *by).out
    desk.both(
        "gate", "licences", "enter", "LIC-1", "--side", "A", "--holder", "A1", "--goods", "3004",
        "--countries", "NL IN", "--value", "250.00", "--currency", "EUR", "--from", "2026-01-01",
        "--until", "2026-12-31", "--authority", "licensing office",
    )  # fmt: skip
    assert held(desk) == {}

    found = desk.ask("gate", "flags", "look", "2026-01", *by)["flags"]
    assert (found["looked"], found["raised"], len(found["cases"])) == (2, 1, 1)
    said = desk.at("gate", "flags", "list", *by).out
    assert "WeightOff" in said
    assert "the quantity is 10000 g, the weight 15000 g" in said
    desk.both("gate", "cases", "decide", found["cases"][0], "explained", "--reason", "packing")
    assert "no flag waits" in desk.at("gate", "flags", "list", *by).out

    false = register(desk, "false", value="50.00")
    file = customs_text([declared("good", 100), declared("heavy", 100), declared("false", 5)])
    (tmp_path / "cut.csv").write_bytes(file[:-9])
    (tmp_path / "whole.csv").write_bytes(file)
    of_b = ["--side", "B", "--source", "customs of B", *by]
    refused = desk.type("gate", "customs", "import", "cut.csv", *of_b, "--house", desk.house)
    assert (refused.code, "cut.csv" in refused.err or "customs" in refused.err) == (2, True)
    assert "no declaration is compared" in desk.at("gate", "customs", "list", *by).out
    taken = desk.at("gate", "customs", "import", "whole.csv", *of_b).out
    assert "customs file 1 is in force: 3 declarations" in taken
    assert set(held(desk)) == {false}
    assert "ValueAboveDeclared" in held(desk)[false]

    desk.until("2026-01-30T15:00Z")
    entered = desk.ask("cycle", "cut-off", "2026-01", *by)
    assert (entered["entered"], entered["held"]) == (2, 1)
    shown = desk.ask("gate", "licences", "list", *by)["licences"][0]
    assert (shown["reserved_minor"], shown["left_minor"]) == (200_00, 50_00)
    for word in ("NotDeclared", "AboveDeclared", "customs know"):
        assert word not in desk.at("obligations", "show", false).out
    assert "every one the same to the byte" in desk.at("gate", "replay", *by).out
