# SPDX-License-Identifier: Apache-2.0
"""Firms admitted, changed, suspended and gone; their data in the register alone."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_house import UTC, MadeHouse, worked_house

from skontro.core.errors import Conflict, Forbidden, Rejected, SkontroError
from skontro.house.firms import Agreement, Firm
from skontro.house.identifiers import bank_account
from skontro.store.rows import find_all
from skontro.store.schema import act, journal_entry, register

SIGNED = Agreement("SOA-1", "1", "NL", "LO-1", "for Cedar", "2026-01-01")
CEDAR = Firm(
    "A4", "Cedar Wood", "A", "EUR", SIGNED, {"EUR": bank_account(iban="NL91ABNA0417164300")},
    lei="5493001KJTIIGC8Y1R12", owners=("Old Oak",), address="Somewhere 1",
)  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeHouse]:
    house = MadeHouse(tmp_path / "house")
    house.import_list()
    yield house
    house.house.close()


def admit(made: MadeHouse, firm: Firm = CEDAR) -> None:
    made.both(made.house.participants.propose_admission([firm], "P1", made.keys["P1"]))


def test_a_firm_is_admitted_with_all_that_is_known_of_it(made: MadeHouse) -> None:
    admit(made)
    shown = made.house.participants.show("A4")
    assert shown["register"] == {
        "name": ["Cedar Wood"], "owner": ["Old Oak"], "lei": ["5493001KJTIIGC8Y1R12"],
        "address": ["Somewhere 1"], "account": ["NL91ABNA0417164300"],
        "signatories": ["for Cedar"],
    }  # fmt: skip
    assert shown["agreements"][0]["opinion"] == "LO-1"


def test_personal_data_stand_in_the_register_alone(made: MadeHouse) -> None:
    admit(made)
    with made.house.database.read() as unit:
        said = [row.content for row in find_all(unit, act)]
        said += [row.content for row in find_all(unit, journal_entry)]
    for word in ("Cedar", "Oak", "NL91", "5493", "Somewhere", "Alder", "passport"):
        assert not any(word in text for text in said), word


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"side": "C"}, "not one of the house's"),
        ({"home_currency": "USD"}, "not one of the house's"),
        ({"lei": "5493001KJTIIGC8Y1R13"}, "lei"),
        ({"tax_number": "123"}, "tax"),
        ({"id": "A:4"}, "no colon"),
        ({"id": ""}, "empty"),
        ({"name": " "}, "no name"),
        ({"agreement": replace(SIGNED, opinion="")}, "no opinion"),
    ],
)
def test_a_firm_that_is_not_in_order_is_refused(
    made: MadeHouse, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(Rejected, match=why):
        made.house.participants.propose_admission(
            [replace(CEDAR, **changes)],  # type: ignore[arg-type]
            "P1",
            made.keys["P1"],
        )


@pytest.mark.parametrize(
    "row", [("cedar  WOOD", ""), ("Old Oak", ""), ("", "5493-001kjtiigc8y1r12"),
            ("", "NL91 ABNA 0417 1643 00")],
)  # fmt: skip
def test_a_listed_firm_owner_or_account_is_not_admitted(
    made: MadeHouse, row: tuple[str, str]
) -> None:
    made.import_list([("Nobody", ""), row])
    with pytest.raises(Forbidden, match="nobody is admitted"):
        admit(made)
    with made.house.database.read() as unit:
        assert made.house.participants.table(unit) == []


def test_without_a_fresh_list_nobody_is_admitted(tmp_path: Path, made: MadeHouse) -> None:
    bare = MadeHouse(tmp_path / "bare")
    with pytest.raises(Forbidden, match="house review"):
        admit(bare)
    made.house.set_clock(made.house.now + datetime.timedelta(days=3))
    with pytest.raises(Forbidden, match="house review"):
        admit(made)


def test_a_change_is_screened_and_the_old_record_kept(made: MadeHouse) -> None:
    admit(made)
    key, firms = made.keys["P1"], made.house.participants
    made.both(firms.propose_change("A4", "P1", key, records={"name": "Cedar Timber"}))
    assert firms.show("A4")["register"]["name"] == ["Cedar Timber"]
    with made.house.database.read() as unit:
        names = [row.content for row in find_all(unit, register, subject="A4", what="name")]
    assert names == ["Cedar Wood", "Cedar Timber"]
    made.import_list([("Ivy Creeper", "")])
    with pytest.raises(Forbidden, match="nothing is changed"):
        made.both(firms.propose_change("A4", "P1", key, records={"owners": ["Ivy Creeper"]}))
    assert firms.show("A4")["register"]["owner"] == ["Old Oak"]


def test_two_changes_at_once_have_one_effect(made: MadeHouse) -> None:
    admit(made)
    key, firms = made.keys["P1"], made.house.participants
    first = firms.propose_change("A4", "P1", key, accepts_conversion=False)
    second = firms.propose_change("A4", "P1", key, records={"address": "Elsewhere 2"})
    made.both(first)
    with pytest.raises(Conflict, match="was changed since"):
        made.both(second)
    assert firms.show("A4")["accepts_conversion"] == 0


def test_new_bank_details_cool_off(made: MadeHouse) -> None:
    admit(made)
    key, firms = made.keys["P1"], made.house.participants
    other = bank_account(iban="DE89370400440532013000")
    with pytest.raises(Rejected, match="call back"):
        firms.propose_bank_details("A4", "EUR", other, " ", "P1", key)
    made.both(firms.propose_bank_details("A4", "EUR", other, "called the firm", "P1", key))

    def account() -> str | None:
        with made.house.database.read() as unit:
            found = firms.account_of(unit, 1, "EUR")
        return None if found is None else found[1]

    assert account() == "NL91ABNA0417164300"
    made.house.set_clock(made.house.now + datetime.timedelta(hours=48))
    assert account() == "DE89370400440532013000"


def test_suspended_firms_stay_out_and_come_back(tmp_path: Path) -> None:
    """What a suspended firm owes and is owed is not entered; it rolls."""
    made = worked_house(tmp_path / "house")
    firms, key = made.house.participants, made.keys["P1"]
    made.both(firms.propose_state("B3", "suspended", "under review", "P1", key))
    with pytest.raises(Conflict, match="it cannot become"):
        made.both(firms.propose_state("B3", "suspended", "again", "P1", key))
    made.run_to_final()
    assert made.house.cycles.show("2026-01")["runs"][-1]["summary"]["set_off_minor"] == 12_000_000
    made.both(firms.propose_state("B3", "admitted", "reviewed", "P1", key))
    made.both(firms.propose_state("B3", "left", "by its own wish", "P1", key))
    with pytest.raises(Conflict, match="is left"):
        made.both(firms.propose_state("B3", "admitted", "no", "P1", key))


def test_agents(made: MadeHouse) -> None:
    admit(made)
    admit(made, replace(CEDAR, id="A5", name="Agent Elm", lei="", owners=()))
    firms, key = made.house.participants, made.keys["P1"]
    made.both(firms.propose_agency("A5", "A4", "P1", key))
    assert firms.show("A4")["agents"] == [2]
    with pytest.raises(Conflict, match="files for it already"):
        made.both(firms.propose_agency("A5", "A4", "P1", key))
    made.both(firms.propose_agency("A5", "A4", "P1", key, ends=True))
    assert firms.show("A4")["agents"] == []


def test_erasure_changes_no_digest(made: MadeHouse) -> None:
    """A firm that left is erased once nothing must be kept; every commitment stays."""
    admit(made)
    book, key = made.house.register, made.keys["P1"]
    with pytest.raises(Conflict, match="may be erased"):
        book.propose_erasure("participant", "A4", "P1", key)
    made.both(made.house.participants.propose_state("A4", "left", "its wish", "P1", key))
    before = {row["id"]: row["commitment"] for row in book.records("participant", "A4")}
    made.house.set_clock(datetime.datetime(2036, 1, 1, tzinfo=UTC))
    made.both(book.propose_erasure("participant", "A4", "P1", key))
    after = book.records("participant", "A4")
    assert {row["id"]: row["commitment"] for row in after} == before
    assert all(row["content"] is None and row["salt"] is None for row in after)
    assert book.faults() == []
    with made.house.database.read() as unit:
        content = json.loads(find_all(unit, journal_entry, kind="participant.change")[0].content)
    assert content["admitted"][0]["name"] == [after[0]["id"], before[after[0]["id"]]]


def test_the_data_of_a_firm_at_work_are_not_erased(made: MadeHouse) -> None:
    admit(made)
    made.house.set_clock(datetime.datetime(2036, 1, 1, tzinfo=UTC))
    with pytest.raises(Conflict, match="in use"):
        made.both(made.house.register.propose_erasure("participant", "A4", "P1", made.keys["P1"]))


def test_limits_are_checked(made: MadeHouse) -> None:
    admit(made)
    firms, key = made.house.participants, made.keys["P1"]
    for limits in (
        {"pay_in": [("A9", "EUR", 5)]}, {"pay_in": [("A4", "XXY", 5)]},
        {"pay_in": [("A4", "EUR", -5)]}, {"quotas": [("A", "A", 5)]},
        {"quotas": [("A", "Z", 5)]}, {"quotas": [("A", "B", -1)]},
    ):  # fmt: skip
        with pytest.raises(SkontroError):
            made.both(firms.propose_limits("P1", key, **limits))  # type: ignore[arg-type]
