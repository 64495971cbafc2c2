# SPDX-License-Identifier: Apache-2.0
"""Licences and customs in the cycle: what holds, what is taken, what is given back."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_authorities import (
    all_replay,
    cut_off,
    declared,
    entered_licence,
    licence,
    licensed,
    owed,
    registered_house,
    said_of,
    take_customs,
    taken,
)
from tests.made_house import DATES, PASSPHRASE, MadeHouse

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.case_reports import report_obligation
from skontro.gate.customs_files import CustomsRefused, customs_text
from skontro.ops.keys import SigningKey
from skontro.verify import verify_paper


def final(made: MadeHouse) -> None:
    cycles = made.house.cycles
    cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))


LICENCE = [("licence", "L-1")]


def test_what_needs_a_licence_is_held_until_one_covers_it(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    licensed(made, "A")
    owed(made, "m1", "B1", "A1", 100, LICENCE)
    assert said_of(made, "m1") == ("held", ["LicenceNotUsable", "NeedsLicence"])
    entered_licence(made, licence("A1", 150))
    assert said_of(made, "m1") == ("released", [])
    owed(made, "m2", "B1", "A1", 60, LICENCE)
    owed(made, "m3", "B1", "A1", 50, LICENCE)
    assert [said_of(made, name)[0] for name in ("m2", "m3")] == ["released", "released"]
    assert cut_off(made)["entered"] == 2
    assert taken(made) == [("m1", "reserve", 100), ("m3", "reserve", 50)]
    assert said_of(made, "m2") == ("held", ["LicenceNotUsable", "NeedsLicence"])
    (line,) = made.house.licences.table()
    assert (line["reserved_minor"], line["used_minor"], line["left_minor"]) == (150_00, 0, 0)
    all_replay(made)


def test_a_revoked_licence_takes_out_what_counts_on_it_and_nothing_else(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    licensed(made, "A")
    for number, holder in (("L-1", "A1"), ("L-2", "A2")):
        entered_licence(made, licence(holder, 500, number))
    owed(made, "m1", "B1", "A1", 100, LICENCE)
    owed(made, "m2", "B1", "A2", 100, [("licence", "L-2")])
    owed(made, "m3", "A1", "B1", 100, quantity="20", weight="20")
    assert cut_off(made)["entered"] == 2
    assert said_of(made, "m3")[0] == "held"
    house, key = made.house, made.keys["P1"]
    made.both(house.licences.propose_revocation("L-1", "P1", key))
    assert house.cycles.preliminary(DATES.id)["obligations"] == 1
    assert said_of(made, "m1") == ("held", ["LicenceNotUsable", "NeedsLicence"])
    assert taken(made) == [("m1", "reserve", 100), ("m2", "reserve", 100), ("m1", "give_back", 100)]
    all_replay(made)


def test_value_is_used_up_by_what_clears_and_returned_by_a_credit_note(
    tmp_path: Path, database_url: str
) -> None:
    """m1 and m2 set each other off in part; the licence is used by m1, whole; a credit note on what
    was final returns its share; what cleared nothing gives its reservation back at the close."""
    made = registered_house(tmp_path / "house", url=database_url)
    licensed(made, "A")
    entered_licence(made, licence("A1", 1000))
    owed(made, "m1", "B1", "A1", 100, LICENCE)
    owed(made, "m2", "A1", "B1", 100, LICENCE, quantity="20", weight="20")
    owed(made, "m3", "B2", "A1", 40, LICENCE)
    assert cut_off(made)["entered"] == 3
    final(made)
    kinds = [one for one in taken(made) if one[1] != "reserve"]
    assert {("m1", "use", 100), ("m2", "use", 100)} <= set(kinds)
    made.house.obligations.credit(made.number["m1"], "A1", "CN-1", 30_00)
    assert taken(made)[-1] == ("m1", "return", 30)
    all_replay(made)


def test_customs_are_asked_once_a_side_has_their_files(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    for name, value in (("c1", 100), ("c2", 100), ("c3", 100), ("c4", 100)):
        owed(made, name, "A1", "B1", value)
    assert said_of(made, "c1") == ("released", [])
    report = take_customs(
        made, "B", declared("c1", "B1", "A1", 100), declared("c2", "B1", "A1", 10, 1),
        declared("c3", "B2", "A1", 100),
    )  # fmt: skip
    assert (report["declarations"], report["judged"]) == (3, 4)
    assert {name: said_of(made, name) for name in ("c1", "c2", "c3", "c4")} == {
        "c1": ("released", []),
        "c2": ("held", ["QuantityAboveDeclared", "ValueAboveDeclared"]),
        "c3": ("held", ["OtherParty"]), "c4": ("held", ["NotDeclared"]),
    }  # fmt: skip
    assert cut_off(made)["entered"] == 1
    all_replay(made)


def test_a_declaration_is_used_once_and_across_cycles(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    take_customs(made, "B", declared("c1", "B1", "A1", 100))
    owed(made, "c1", "A1", "B1", 100)
    same = [("customs_declaration", "P c1")]
    owed(made, "c2", "A1", "B1", 60, same, quantity="6", weight="6")
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "c2") == ("held", ["QuantityAboveDeclared", "ValueAboveDeclared"])
    all_replay(made)
    act = made.house.cycles.propose_correction(
        DATES.id, made.number["c1"], "error", "P1", made.keys["P1"]
    )
    made.house.cycles.preliminary(DATES.id)
    made.both(act)
    with made.house.database.unit("judge", exclusive=True) as unit:
        made.house.gate.judge_obligations(unit)
    assert said_of(made, "c2") == ("released", [])
    all_replay(made)


def test_a_declaration_that_is_taken_back_takes_out_what_names_it(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("c2", "B1", "A1", 100))
    owed(made, "c1", "A1", "B1", 100)
    owed(made, "c2", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 2
    take_customs(made, "B", declared("c1", "B1", "A1", 100, cancelled=True))
    assert made.house.cycles.preliminary(DATES.id)["obligations"] == 1
    assert said_of(made, "c1") == ("held", ["Cancelled"])
    all_replay(made)


def test_customs_files_come_from_compliance_whole_and_in_their_order(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    good = customs_text([declared("c1", "B1", "A1", 100)])
    for broken in (good[:-20], good.replace(b"300490", b"3004x0"), b"", good + b"x", good[5:]):
        with pytest.raises(CustomsRefused):
            house.customs.import_file(broken, "B", "P1", key, source="them")
    assert house.customs.table() == []
    with pytest.raises(Forbidden):
        house.customs.import_file(good, "B", "A1", key, source="them")
    with pytest.raises(Forbidden):
        house.customs.import_file(good, "B", "P1", made.keys["P2"], source="them")
    assert house.customs.import_file(good, "B", "P1", key, source="them")["is_new"]
    assert not house.customs.import_file(good, "B", "P1", key, source="them")["is_new"]
    with pytest.raises(CustomsRefused, match="another side"):
        house.customs.import_file(good, "A", "P1", key, source="them")


def test_a_licence_takes_two_people_and_keeps_its_holder(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    with pytest.raises(Rejected, match="no participant"):
        house.licences.propose(licence("A1", 5, side="B"), "P1", key)
    act = house.licences.propose(licence("A1", 5), "P1", key)
    with pytest.raises(Forbidden):
        house.people.approve(act, "P1", key)
    made.both(act)
    stale = house.licences.propose(licence("A1", 6), "P1", key)
    made.both(house.licences.propose(licence("A1", 7), "P1", key))
    with pytest.raises(Conflict, match="changed since"):
        made.both(stale)
    with pytest.raises(Rejected, match="keeps"):
        made.both(house.licences.propose(licence("A2", 7), "P1", key))
    shown = house.licences.show("L-1", "P1", key)
    assert (shown["value_minor"], shown["said"]["authority"]) == (700, "licensing office")


def test_what_customs_know_otherwise_is_reported_though_it_opens_no_case(tmp_path: Path) -> None:
    """A fictitious invoice: customs know a tenth of it. The file says both and is checked; what the
    gate releases is not reported so, and nobody but compliance does."""
    made = registered_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    owed(made, "true", "A1", "B1", 100)
    number = owed(made, "false", "A1", "B1", 1000)
    take_customs(made, "B", declared("true", "B1", "A1", 100), declared("false", "B1", "A1", 100))
    house.statements.unlock(PASSPHRASE)
    paper = report_obligation(house, number, "P1", key)
    paper.save(tmp_path / "held.json")
    public = house.statements.key_in_use()["public_key"]
    assert verify_paper(tmp_path / "held.json", house_keys=[public]).ok
    (said,) = paper.content["obligations"]
    assert "ValueAboveDeclared" in [one["code"] for one in said["verdicts"][-1]["reasons"]]
    (known,) = said["declarations"]
    assert (known["reference"], known["lines"][0][1], said["amount"]) == (
        "P false", "10000", "1000.00",
    )  # fmt: skip
    assert [one["id"] for one in paper.content["parties"]] == ["A1", "B1"]
    assert "ValueAboveDeclared" in paper.as_text()
    last = house.journal.entries(first=house.journal.head()[0])[0]
    assert (last["kind"], last["content"]["obligation"], last["content"]["person"]) == (
        "gate.case", number, "P1",
    )  # fmt: skip
    with pytest.raises(Conflict, match="does not hold"):
        report_obligation(house, made.number["true"], "P1", key)
    with pytest.raises(Forbidden, match="compliance and the authority"):
        report_obligation(house, number, "P9", SigningKey.new())
