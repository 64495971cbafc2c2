# SPDX-License-Identifier: Apache-2.0
"""Papers in the cases beside the worked example: house review, erased names, defaults."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import jsonschema
import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse, lawful, worked_house

from skontro.core.errors import NoSuchFile
from skontro.flow.obligations import Registration
from skontro.house.firms import Agreement, Firm
from skontro.verify import verify_folder, verify_package, verify_paper

# What nobody may read about the gate in a participant's paper.
OF_THE_GATE = ("held", "list 1", "list 2", "sanction", "alert", "screening", "row ")


def cut_off_with_list(made: MadeHouse, rows: list[tuple[str, str]]) -> None:
    """To the final run, with a list of the cut-off's day that names somebody."""
    cycles = made.house.cycles
    made.house.set_clock(DATES.cut_off_at)
    made.import_list(rows)
    cycles.cut_off(DATES.id)
    cycles.preliminary(DATES.id)
    made.house.set_clock(DATES.window_ends_at)
    made.import_list(rows)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))


def test_what_the_gate_holds_is_house_review_and_nothing_more(
    tmp_path: Path, database_url: str
) -> None:
    """B3 comes onto a list: all with it stays out, and nobody is told why."""
    made = worked_house(tmp_path / "house", url=database_url)
    cut_off_with_list(made, [("Brahmi Labs", "")])
    made.house.statements.unlock(PASSPHRASE)
    notice = made.house.statements.set_off_notice(DATES.id, "A3")
    left = {one["own_reference"] or one["document"]: one["why"]
            for one in notice.content["left_out"]}  # fmt: skip
    assert left == {
        "o4": "not in this cycle: house review", "invoice o6": "not in this cycle: house review",
    }  # fmt: skip
    assert [row["own_reference"] or row["document"] for row in notice.content["obligations"]] == [
        "invoice o7"
    ]
    notice.save(tmp_path / "notice.json")
    assert verify_paper(tmp_path / "notice.json").ok
    said = notice.as_text()
    told = json.dumps({**notice.content, "run": None})
    for word in OF_THE_GATE:
        assert word not in said.lower()
        assert word not in told.lower()
    b3 = made.house.statements.set_off_notice(DATES.id, "B3")
    assert b3.content["obligations"] == []
    assert len(b3.content["left_out"]) == 3
    report = made.house.statements.house_report(DATES.id)
    assert report.content["left_out"] == {"held at the cut-off": 3}
    made.house.close()


def test_a_held_review_after_the_cut_off_reads_the_same(tmp_path: Path) -> None:
    """The gate takes B3 out in the window: the same sentence as at the cut-off."""
    made = worked_house(tmp_path / "house")
    cycles = made.house.cycles
    made.until(DATES.cut_off_at)
    cycles.cut_off(DATES.id)
    cycles.preliminary(DATES.id)
    made.house.set_clock(DATES.window_ends_at)
    made.import_list([("Brahmi Labs", "")])
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
    made.house.statements.unlock(PASSPHRASE)
    notice = made.house.statements.set_off_notice(DATES.id, "A3")
    assert {one["why"] for one in notice.content["left_out"]} == {
        "not in this cycle: house review"
    }
    assert len(notice.content["left_out"]) == 2
    made.house.close()


def test_erased_names_change_no_content(tmp_path: Path) -> None:
    """B1 leaves and is erased years later: A1's notice says so, its content stays signed."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house, key = made.house, made.keys["P1"]
    house.statements.unlock(PASSPHRASE)
    before = house.statements.set_off_notice(DATES.id, "A1", stage="final")
    made.both(house.participants.propose_state("B1", "left", "its wish", "P1", key))
    house.set_clock(datetime.datetime(2046, 1, 2, 9, tzinfo=datetime.UTC))
    made.both(house.register.propose_erasure("participant", "B1", "P1", key))
    after = house.statements.set_off_notice(DATES.id, "A1", stage="final")
    assert before.names["B1"] == "Bakul Mills"
    assert after.names == before.names | {"B1": None}
    assert after.content == before.content
    assert after.signatures["content"] == before.signatures["content"]
    assert "B1 (name erased)" in after.as_text()
    assert "Bakul Mills" not in after.as_bytes().decode()
    for paper in (before, after):
        paper.save(tmp_path / "paper.json")
        assert verify_paper(tmp_path / "paper.json").ok
    house.close()


def test_firms_that_refuse_conversion_and_firms_without_obligations(tmp_path: Path) -> None:
    """C1 refuses conversion, with a circle in rupees and a debt in euros; C2 has nothing."""
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    agreed = Agreement("SOA-1", "1", "NL", "LO-1", "for them", "2026-01-01")
    firms = [
        Firm("C1", "Cedar Works", "B", "INR", agreed, accepts_conversion=False),
        Firm("C2", "Clove Trade", "A", "EUR", agreed),
    ]
    made.both(house.participants.propose_admission(firms, "P1", key))
    number_of = dict[str, int]()
    for name, debtor, creditor, amount, currency in (
        ("c1", "C1", "B1", 90_000_00, "INR"), ("c2", "B1", "C1", 70_000_00, "INR"),
        ("c3", "C1", "A1", 333_33, "EUR"),
    ):  # fmt: skip
        said = Registration(
            sender=debtor, reference=name, debtor=debtor, creditor=creditor,
            amount_minor=amount, currency=currency, due_date="2026-01-20", document="",
            trade=lawful(debtor[0], creditor[0], name),
        )  # fmt: skip
        number, _ = house.obligations.register(said)
        house.obligations.confirm(number, creditor)
        number_of[name] = number
    made.run_to_final()
    house.statements.unlock(PASSPHRASE)
    out = tmp_path / "out"
    house.statements.save_packages(DATES.id, out, ["C1", "C2", "A1"])
    numbers = {"C1": 7, "C2": 8, "A1": 1}
    for firm, number in numbers.items():
        notice = house.statements.set_off_notice(DATES.id, firm)
        notice.save(tmp_path / "notice.json")
        package = out / f"participants/{number}"
        verdict = verify_paper(tmp_path / "notice.json", package=package, public=out / "public")
        assert verdict.ok, verdict.text()
        assert verify_package(package, out / "public").ok
    c1 = house.statements.set_off_notice(DATES.id, "C1").content
    assert c1["counter_obligations"]["exchange"] == []
    assert [(one["currency"], one["pay_in_minor"]) for one in c1["payments"]] == [
        ("INR", "2000000")
    ]
    assert "c3" not in [one["own_reference"] for one in c1["obligations"]]
    why = house.obligations.why_not(number_of["c3"], "C1", cycle=DATES.id)
    assert "C1 refuses conversion, and its side keeps no account in EUR" in why
    c2 = house.statements.set_off_notice(DATES.id, "C2")
    assert c2.content["obligations"] == []
    assert "nothing in this cycle" in c2.as_text()
    house.close()


def test_a_default_notice_says_what_stood_when(tmp_path: Path, root: Path) -> None:
    """B3 is insolvent since the evening before the final run, which the house learns after it."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house = made.house
    house.statements.unlock(PASSPHRASE)
    with pytest.raises(NoSuchFile, match="not in default"):
        house.statements.default_notice("B3")
    began = DATES.window_ends_at - datetime.timedelta(hours=20)
    made.both(house.defaults.propose("B3", "insolvency", began, "P1", made.keys["P1"]))
    paper = house.statements.default_notice("B3")
    stood = paper.content["standing"]
    assert [one["cycle"] for one in stood["opened"]["entered"]] == [DATES.id]
    assert stood["opened"]["final"] == []
    (final,) = stood["known"]["final"]
    assert final["owed"] == {"AED": "30000000"}
    assert paper.content["act"]["maker"] == "P1"
    assert "what is final stays" in paper.as_text()
    schema = json.loads((root / "docs/schemas/default-notice.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(paper.as_json())
    paper.save(tmp_path / "paper.json")
    assert verify_paper(tmp_path / "paper.json").ok
    house.close()


def test_a_name_that_is_only_proposed_stands_on_no_paper(tmp_path: Path) -> None:
    """Goal: papers say what two people approved. Method: a notice before and after approval."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house, key = made.house, made.keys["P1"]
    house.statements.unlock(PASSPHRASE)
    act = house.participants.propose_change("B1", "P1", key, records={"name": "Bakul United"})
    assert house.statements.set_off_notice(DATES.id, "A1").names["B1"] == "Bakul Mills"
    made.both(act)
    assert house.statements.set_off_notice(DATES.id, "A1").names["B1"] == "Bakul United"


def test_a_cycle_without_obligations_is_published_and_checked_too(tmp_path: Path) -> None:
    """A quiet month: statement of publication, packages, a notice of nothing, the report."""
    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.admit_firms()
    made.open_cycle()
    made.run_to_final()
    statements = made.house.statements
    statements.unlock(PASSPHRASE)
    key = statements.key_in_use()["public_key"]
    out = tmp_path / "out"
    statements.save_packages(DATES.id, out)
    whole = statements.save_house_package(DATES.id, tmp_path / "whole")
    assert verify_folder(whole, house_keys=[key]).ok, verify_folder(whole).text()
    assert verify_package(out / "public", house_keys=[key]).ok
    assert not (out / "participants").exists()
    for paper in (
        statements.set_off_notice(DATES.id, "A1"), statements.publication(DATES.id),
        statements.house_report(DATES.id), statements.account_statement(DATES.id, "A1"),
    ):  # fmt: skip
        paper.save(tmp_path / "paper.json")
        verdict = verify_paper(tmp_path / "paper.json", house_keys=[key])
        assert verdict.ok, verdict.text()
        assert paper.as_text()
    made.house.close()
