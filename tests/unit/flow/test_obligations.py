# SPDX-License-Identifier: Apache-2.0
"""Single obligations: registered, matched, confirmed, disputed, taken back, flagged, explained."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, OPENED, MadeHouse
from tests.made_obligations import said, states

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.house.states import ATTACHED
from skontro.store.rows import find_all
from skontro.store.schema import obligation, obligation_event, register, verdict


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[MadeHouse]:
    house = MadeHouse(tmp_path / "house", url=database_url)
    house.import_list()
    house.admit_firms()
    yield house
    house.house.close()


def test_registered_by_one_and_confirmed_by_the_other(made: MadeHouse) -> None:
    book = made.house.obligations
    number, state = book.register(said("B1", "1"))
    assert state == "registered"
    with pytest.raises(Forbidden, match="B1 has said it"):
        book.confirm(number, "B1")
    with pytest.raises(Forbidden, match="no party"):
        book.confirm(number, "A2")
    assert book.confirm(number, "A1", request="r1") == "confirmed"
    assert book.confirm(number, "A1", request="r1") == "confirmed"
    with pytest.raises(Conflict, match="cannot confirm"):
        book.confirm(number, "A1", request="r2")
    shown = book.show(number)
    assert (shown["said"], shown["debtor"], shown["creditor"]) == (3, "A1", "B1")
    assert [(one["sender"], one["reference"]) for one in shown["registrations"]] == [("B1", "1")]
    assert [one["event"] for one in shown["events"]] == ["confirm"]


def test_said_by_both_exactly_is_confirmed_at_once(made: MadeHouse) -> None:
    book = made.house.obligations
    first, _ = book.register(said("A1", "a"))
    assert book.register(said("B1", "b")) == (first, "confirmed")
    assert len(book.show(first)["registrations"]) == 2


@pytest.mark.parametrize(
    "change", [{"amount_minor": 9_999}, {"due_date": "2026-01-11"}, {"document": "INV-2"},
               {"document_date": ""}, {"currency": "INR"}],
)  # fmt: skip
def test_said_otherwise_is_not_matched_at_once(made: MadeHouse, change: dict[str, Any]) -> None:
    book = made.house.obligations
    book.register(said("A1", "a"))
    assert book.register(said("B1", "b", **change))[1] == "registered"


def test_one_reference_has_one_effect(made: MadeHouse) -> None:
    book = made.house.obligations
    first = book.register(said("B1", "1"))
    assert book.register(said("B1", "1")) == first
    with pytest.raises(Conflict, match="something else"):
        book.register(said("B1", "1", amount_minor=1))
    with pytest.raises(NoSuchFile):
        book.find("A1", "1")
    assert book.find("B1", "1") == first[0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sender": "A2"}, "NotPermitted"),
        ({"debtor": "X9"}, "UnknownParticipant"),
        ({"creditor": "A1"}, "SelfObligation"),
        ({"amount_minor": 0}, "NonPositiveAmount"),
        ({"amount_minor": 2**62}, "AmountTooLarge"),
        ({"currency": "XAU"}, "UnknownCurrency"),
        ({"due_date": "2026-02-30"}, "InvalidDate"),
        ({"document_date": "20260101"}, "InvalidDate"),
        ({"reference": ""}, "EmptyId"),
        ({"reference": "a\nb"}, "ControlCharacter"),
        ({"document": " INV"}, "SurroundingSpace"),
    ],
)
def test_what_cannot_be_is_refused(made: MadeHouse, change: dict[str, Any], code: str) -> None:
    terms = {"sender": "B1", "reference": "1"} | change
    with pytest.raises((Rejected, Forbidden)) as refused:
        made.house.obligations.register(said(**terms))
    assert refused.value.code == code


def test_an_agent_files_for_a_firm(made: MadeHouse) -> None:
    """An agent speaks for the one party it files for; for both, the party must be named."""
    book, key = made.house.obligations, made.keys["P1"]
    with pytest.raises(Forbidden, match="files for none"):
        book.register(said("A2", "1"))
    made.both(made.house.participants.propose_agency("A2", "B1", "P1", key))
    number, state = book.register(said("A2", "1"))
    assert state == "registered"
    assert book.register(said("B1", "1")) == (number, "registered")
    assert book.show(number)["registrations"][0]["sender"] == "B1"
    with pytest.raises(Forbidden, match="B1 has said it"):
        book.confirm(number, "A2")
    made.both(made.house.participants.propose_agency("A2", "A1", "P1", key))
    with pytest.raises(Forbidden, match="files for both"):
        book.confirm(number, "A2")
    made.both(made.house.participants.propose_agency("A2", "B1", "P1", key, ends=True))
    assert book.confirm(number, "A2") == "confirmed"
    assert book.show(number)["said"] == 3


@pytest.mark.parametrize("said_later", ["A1", "B1"])
@pytest.mark.parametrize("flagged", ["A1", "B1"])
def test_what_keeps_one_of_two_out_keeps_out_what_both_said(
    made: MadeHouse, said_later: str, flagged: str
) -> None:
    """Two words within tolerance are put together: whichever stands bears the flag of either."""
    book, due = made.house.obligations, ("2026-01-10", "2026-01-12")
    number = {
        party: book.register(said(party, "1", due_date=due[party == said_later]))[0]
        for party in ("A1", "B1")
    }
    book.flag(number[flagged], "attached", person="P1")
    assert book.match() == {"matched": 1, "near": 1, "duplicates": 0}
    shown = book.show(number[said_later])
    assert (shown["state"], shown["flags"]) == ("confirmed", ATTACHED)


def test_what_a_credit_note_is_on_matches_nothing_near(made: MadeHouse) -> None:
    """Its whole amount is no longer owed: only the very same word answers it."""
    book = made.house.obligations
    number, _ = book.register(said("B1", "1"))
    book.credit(number, "B1", "note", 1)
    book.register(said("A1", "1", due_date="2026-01-12"))
    assert book.match()["matched"] == 0
    assert book.register(said("A1", "2")) == (number, "confirmed")
    assert book.show(number)["open_minor"] == 9_999


def test_disputed_with_reason_and_evidence_in_the_register(made: MadeHouse) -> None:
    """Only whoever disputed ends the dispute; what was said stands in the register alone."""
    book = made.house.obligations
    number, _ = book.register(said("B1", "1"))
    with pytest.raises(Forbidden, match="B1 alone has said it"):
        book.dispute(number, "B1", "not mine")
    with pytest.raises(Rejected, match="reason"):
        book.dispute(number, "A1", " ")
    assert book.dispute(number, "A1", "goods were broken", evidence="photo 7") == "disputed"
    with pytest.raises(Forbidden, match="did not dispute"):
        book.confirm(number, "B1")
    detail = book.show(number)["events"][0]["detail"]
    assert set(detail) == {"reason", "evidence"}
    with made.house.database.read() as unit:
        rows = {row.id: row for row in find_all(unit, register, subject_kind="obligation")}
    assert rows[detail["reason"][0]].content == "goods were broken"
    assert rows[detail["evidence"][0]].commitment == detail["evidence"][1]
    assert book.confirm(number, "A1") == "confirmed"
    assert book.dispute(number, "B1", "paid by cheque") == "disputed"
    with pytest.raises(Forbidden, match="did not dispute"):
        book.confirm(number, "A1")


def test_taken_back_by_the_creditor_or_whoever_alone_said_it(made: MadeHouse) -> None:
    book = made.house.obligations
    alone, _ = book.register(said("A1", "1"))
    assert book.withdraw(alone, "A1") == "withdrawn"
    theirs, _ = book.register(said("B1", "3", document="INV-3"))
    with pytest.raises(Forbidden, match="the creditor takes it back"):
        book.withdraw(theirs, "A1")
    both, _ = book.register(said("A1", "2"))
    book.confirm(both, "B1")
    with pytest.raises(Forbidden, match="the creditor takes it back"):
        book.withdraw(both, "A1")
    assert book.withdraw(both, "B1", request="w") == "withdrawn"
    assert book.withdraw(both, "B1", request="w") == "withdrawn"


def test_flags_keep_out_and_are_cleared_by_whoever_set_them(made: MadeHouse) -> None:
    book = made.house.obligations
    number, _ = book.register(said("B1", "1"))
    book.confirm(number, "A1")
    assert book.flag(number, "factored", by="B1", reason="sold to a bank") == ["factored"]
    assert book.flag(number, "attached", person="P1") == ["attached", "factored"]
    with pytest.raises(Conflict):
        book.flag(number, "attached", by="A1")
    for who in ({"by": "A1"}, {"by": "B1"}):
        with pytest.raises(Forbidden, match="whoever set it"):
            book.clear_flag(number, "attached", **who)
    with pytest.raises(Forbidden, match="whoever set it"):
        book.clear_flag(number, "factored", person="P1")
    assert book.why_not(number, "A1") == "not in this cycle: it is attached"
    assert book.clear_flag(number, "attached", person="P2") == ["factored"]
    assert book.clear_flag(number, "factored", by="B1") == []
    for nobody in ({}, {"by": "A1", "person": "P1"}):
        with pytest.raises(Rejected):
            book.flag(number, "attached", **nobody)


def test_not_yet_due_only_with_both_parties_consent(made: MadeHouse) -> None:
    book = made.house.obligations
    number, _ = book.register(said("B1", "1", due_date="2026-03-01"))
    book.confirm(number, "A1")
    made.open_cycle()
    assert "due on 2026-03-01" in book.why_not(number, "A1")
    assert book.consent(number, "A1") == []
    assert book.consent(number, "B1") == ["not yet due"]
    assert book.why_not(number, "A1") == ""
    assert book.end_consent(number, "A1") == []
    assert book.consent(number, "B1") == []
    assert book.consent(number, "A1") == ["not yet due"]


def test_a_credit_note_lowers_what_is_open(made: MadeHouse) -> None:
    book = made.house.obligations
    number, _ = book.register(said("B1", "1"))
    with pytest.raises(Forbidden, match="the creditor gives"):
        book.credit(number, "A1", "c1", 1)
    lowered = {"open_minor": 7_000, "state": "registered", "opposite": None}
    assert book.credit(number, "B1", "c1", 3_000) == lowered
    assert book.credit(number, "B1", "c1", 3_000) == lowered
    with pytest.raises(Conflict, match="another credit note"):
        book.credit(number, "B1", "c1", 2_000)
    book.confirm(number, "A1")
    with pytest.raises(Rejected, match="the 7000 that are left"):
        book.credit(number, "B1", "c2", 7_001)
    assert book.credit(number, "B1", "c2", 7_000)["state"] == "credited"
    with pytest.raises(Rejected, match="the 0 that are left"):
        book.credit(number, "B1", "c3", 1)


def test_doubles_are_held_until_two_people_let_them_go_on(made: MadeHouse) -> None:
    """What one party says twice is held, and what both stand by already; two people clear it."""
    book, key = made.house.obligations, made.keys["P1"]
    first, _ = book.register(said("B1", "1"))
    second, state = book.register(said("B1", "2"))
    assert state == "duplicate"
    assert book.show(second)["events"][0]["detail"] == {"like": first}
    assert book.register(said("A1", "1")) == (first, "confirmed")
    assert book.register(said("A1", "2")) == (second, "duplicate")
    assert book.show(second)["said"] == 3
    third, state = book.register(said("B1", "3", due_date="2026-01-20"))
    assert state == "duplicate", "the date of the document is the same"
    other, state = book.register(said("B1", "4", document_date="2025-12-11"))
    assert state == "registered"
    with pytest.raises(Conflict, match="cannot clear"):
        book.propose_clearing([other], "fine", "P1", key)
    act = book.propose_clearing([second, third], "two deliveries", "P1", key)
    with pytest.raises(Forbidden, match="another person"):
        made.house.people.approve(act, "P1", key)
    assert states(made, "B1/2") == ["duplicate"]
    assert made.both(act) == {"cleared": [[second, "confirmed"], [third, "registered"]]}
    with made.house.database.read() as unit:
        acts = {row.act_id for row in find_all(unit, obligation_event, event="clear_confirmed")}
    assert acts == {act}


def test_what_two_people_sign_names_exactly_what_stands(made: MadeHouse) -> None:
    """An act that says an obligation is another than it is does nothing, though two sign it."""
    book, key = made.house.obligations, made.keys["P1"]
    first, _ = book.register(said("B1", "1"))
    second, _ = book.register(said("B1", "2"))
    contents = dict[int, str]()
    with made.house.database.read() as unit:
        for row in find_all(unit, obligation, number=[first, second]):
            contents[row.number] = bytes(row.content_digest).hex()
    assert contents[first] != contents[second]
    act = made.house.people.propose(
        "duplicate.clear", {"obligations": [{"number": second, "content": contents[first]}]},
        "P1", key,
    )  # fmt: skip
    with pytest.raises(Conflict, match="is not what it was"):
        made.both(act)
    assert states(made, "B1/2") == ["duplicate"]
    act = made.house.people.propose(
        "duplicate.clear", {"obligations": [{"number": second, "content": contents[second]}]},
        "P1", key,
    )  # fmt: skip
    made.both(act)
    assert states(made, "B1/2") == ["registered"]


def test_what_stands_twice_once_confirmed_is_held(made: MadeHouse) -> None:
    """Both said it, dates apart; each confirms the other's: the second is a suspected double."""
    book = made.house.obligations
    mine, _ = book.register(said("A1", "1"))
    theirs, state = book.register(said("B1", "1", due_date="2026-01-30"))
    assert state == "registered"
    assert book.confirm(mine, "B1") == "confirmed"
    assert book.confirm(theirs, "A1") == "duplicate"


def test_expiry_by_days_and_by_cut_offs_and_limitation(tmp_path: Path) -> None:
    """By days since it was confirmed, by cut-offs since, and when it is time-barred."""
    days = {"cycles = 12 ": "days = 30 "}
    made = MadeHouse(tmp_path / "days", changes=days)
    made.import_list()
    made.admit_firms()
    book = made.house.obligations
    old, _ = book.register(said("B1", "1"))
    made.house.set_clock(OPENED + datetime.timedelta(days=20))
    book.confirm(old, "A1")
    young, _ = book.register(said("B1", "2", document="INV-2"))
    barred, _ = book.register(said("B1", "3", document="INV-3", due_date="2020-12-31"))
    assert book.expire() == 1
    assert book.show(barred)["state"] == "expired"
    made.house.set_clock(OPENED + datetime.timedelta(days=50))
    assert book.expire() == 0
    made.house.set_clock(OPENED + datetime.timedelta(days=51))
    assert book.expire() == 2
    assert states(made, "B1/1", "B1/2") == ["expired", "expired"]
    assert book.show(young)["events"][-1]["event"] == "expire"
    made.house.close()


def test_expired_after_so_many_cut_offs(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house", changes={"cycles = 12 ": "cycles = 1 "})
    made.import_list()
    made.admit_firms()
    book = made.house.obligations
    book.register(said("B1", "1"))
    made.open_cycle()
    assert book.expire() == 0
    made.until(DATES.cut_off_at)
    made.house.cycles.cut_off(DATES.id)
    book.register(said("B1", "2", document="INV-2"))
    assert book.expire() == 1
    assert states(made, "B1/1", "B1/2") == ["expired", "registered"]
    made.house.close()


def test_one_cut_off_of_two_lets_nothing_expire(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house", changes={"cycles = 12 ": "cycles = 2 "})
    made.import_list()
    made.admit_firms()
    made.house.obligations.register(said("B1", "1"))
    made.open_cycle()
    made.until(DATES.cut_off_at)
    made.house.cycles.cut_off(DATES.id)
    assert made.house.obligations.expire() == 0
    made.house.close()


def test_the_cut_off_lets_leave_what_is_too_old_and_time_barred(tmp_path: Path) -> None:
    """To the day: what was confirmed 20 days ago stays, what fell due on the last day as well."""
    made = MadeHouse(tmp_path / "house", changes={"cycles = 12 ": "days = 20 "})
    made.import_list()
    made.admit_firms()
    book = made.house.obligations
    limitation = datetime.timedelta(days=made.house.rules.expiry.limitation_days)
    last = DATES.cut_off_at.date() - limitation
    numbers = []
    for number, day in enumerate((last, last - datetime.timedelta(days=1))):
        one, _ = book.register(said("B1", f"due {number}", document=f"D{number}",
                                    due_date=day.isoformat()))  # fmt: skip
        numbers.append(one)
    old, _ = book.register(said("B1", "old", document="OLD"))
    book.confirm(old, "A1")
    made.open_cycle()
    made.house.set_clock(DATES.cut_off_at - datetime.timedelta(days=19))
    for one in numbers:
        if book.show(one)["state"] == "registered":
            book.confirm(one, "A1")
    made.until(DATES.cut_off_at)
    made.house.cycles.cut_off(DATES.id)
    after = [book.show(one)["state"] for one in (*numbers, old)]
    assert after == ["entered", "expired", "expired"]
    made.house.close()


def test_a_request_has_one_meaning(made: MadeHouse) -> None:
    book = made.house.obligations
    number, _ = book.register(said("B1", "1"))
    assert book.confirm(number, "A1", request="x") == "confirmed"
    with pytest.raises(Conflict, match="something else"):
        book.dispute(number, "A1", "short delivery", request="x")
    assert book.show(number)["state"] == "confirmed"


def test_why_it_is_not_in_the_cycle(made: MadeHouse) -> None:
    """One sentence a reason; whatever the gate holds is told in the same words."""
    book, key = made.house.obligations, made.keys["P1"]
    number, _ = book.register(said("B1", "1"))
    rupees, _ = book.register(said("B1", "2", currency="AED", document="INV-2"))
    assert book.why_not(number, "A1") == "not in this cycle: A1 has not confirmed it"
    book.confirm(number, "A1")
    book.confirm(rupees, "A1")
    assert book.why_not(number, "A1") == "no cycle is open"
    made.house.cycles.open(DATES)
    assert book.why_not(number, "B1") == ""
    rates = {"EUR": "1", "INR": "1/90"}
    made.both(made.house.cycles.propose_fixing(DATES.id, rates, "a test", "P1", key))
    assert book.why_not(rupees, "A1") == "not in this cycle: the fixing has no rate for AED"
    book.dispute(rupees, "A1", "too much")
    assert book.why_not(rupees, "B1") == "not in this cycle: A1 disputes it"
    with pytest.raises(Forbidden):
        book.why_not(number, "A2")
    made.both(made.house.participants.propose_state("B1", "suspended", "review", "P1", key))
    assert book.why_not(number, "A1") == "not in this cycle: B1 does not take part at present"
    made.both(made.house.participants.propose_state("B1", "admitted", "done", "P1", key))
    made.house.set_clock(made.house.now + datetime.timedelta(days=4))
    assert book.why_not(number, "A1") == "not in this cycle: house review"
    made.import_list([("Bakul Mills", "")])
    made.house.set_clock(DATES.cut_off_at)
    made.import_list([("Bakul Mills", "")])
    made.house.cycles.cut_off(DATES.id)
    assert book.why_not(number, "A1") == "not in this cycle: house review"
    assert [one["why_not"] for one in book.of("A1", states=["confirmed"])] == [
        "not in this cycle: house review"
    ]


def test_one_verdict_for_one_content_list_and_rules(made: MadeHouse) -> None:
    """A verdict is written once. A new list writes another for whom it can touch and nobody else;
    a change of a firm does for that firm, a stale list for everybody."""
    gate, book = made.house.gate, made.house.obligations

    def verdicts(kind: str) -> int:
        with made.house.database.read() as unit:
            return len(find_all(unit, verdict, subject_kind=kind))

    def judge() -> None:
        with made.house.database.unit("judge") as unit:
            gate.judge_obligations(unit)

    firms = verdicts("participant")
    for name in "123":
        book.register(said("B1", name, document=name))
    assert (verdicts("participant"), verdicts("obligation")) == (firms, 3)
    judge()
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms, 3)
    made.import_list()
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms, 3)
    made.import_list([("Bakul Mills", ""), ("Nobody At All", "")])
    assert verdicts("participant") == firms + 1
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms + 1, 6)
    made.import_list()
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms + 2, 9)
    change = made.house.participants.propose_change(
        "A1", "P1", made.keys["P1"], records={"name": "Alder Two"}
    )
    made.both(change)
    assert verdicts("participant") == firms + 3
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms + 3, 9)
    made.house.set_clock(made.house.now + datetime.timedelta(days=3))
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms + 5, 12)
    judge()
    assert (verdicts("participant"), verdicts("obligation")) == (firms + 5, 12)
