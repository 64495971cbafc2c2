# SPDX-License-Identifier: Apache-2.0
"""Cases: an alert is decided by two people, on just this pair, and by nobody else."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse, make_firms, worked_house

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.house.firms import Owner
from skontro.messages.papers import read_paper
from skontro.ops.keys import SigningKey
from skontro.store.rows import find_all
from skontro.store.schema import case_event, gate_case, journal_entry, register, verdict
from skontro.verify import verify_paper

BAKUL = ("Bakul Mills", "")
OTHER = ("Nobody At All", "")


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    made = worked_house(tmp_path / "house")
    made.import_list([BAKUL, OTHER])
    return made


def compliance(made: MadeHouse) -> tuple[str, SigningKey]:
    return "P1", made.keys["P1"]


def outcome(made: MadeHouse, firm: str = "B1") -> str:
    """What the gate says of a firm now."""
    with made.house.database.unit("judge") as unit:
        number = made.house.participants.row(unit, firm).number
        return made.house.gate.judge_participants(unit, [number])[number][0]


def cases(made: MadeHouse, *states: str) -> list[int]:
    found = made.house.cases.work_list(*compliance(made), states=states or ["open"])
    return [one["case"] for one in found]


def decide(made: MadeHouse, case: int, decision: str) -> None:
    made.both(made.house.cases.propose_decision(case, decision, "we looked", *compliance(made)))


def change(made: MadeHouse, **records: str) -> None:
    act = made.house.participants.propose_change("B1", *compliance(made), records=records)
    made.both(act)


def test_an_alert_is_a_case_with_its_evidence(made: MadeHouse) -> None:
    (case,) = cases(made)
    shown = made.house.cases.show(case, *compliance(made))
    assert (shown["whom"], shown["about"], shown["list"], shown["state"]) == (
        "B1", "firm", "un", "open",
    )  # fmt: skip
    evidence = shown["evidence"]
    assert evidence["subject"]["names"] == ["Bakul Mills"]
    assert evidence["entry"]["names"][0]["text"] == "Bakul Mills"
    assert sum(point["points"] for point in evidence["points"]) == shown["score"]
    assert outcome(made) == "held"
    assert cases(made) == [case]


def test_not_the_same_holds_until_either_side_changes(made: MadeHouse) -> None:
    """A cleared pair does not alert again by a later list that has the entry as it was; it does
    when the entry changes, and when the firm's records do."""
    (case,) = cases(made)
    decide(made, case, "not the same")
    assert (outcome(made), cases(made)) == ("released", [])
    made.import_list([BAKUL, OTHER, ("Somebody Else", "")])
    assert (outcome(made), cases(made)) == ("released", [])
    made.import_list([("Bakul Mills", "IN-77"), OTHER])
    assert outcome(made) == "held"
    (again,) = cases(made)
    assert again != case
    decide(made, again, "not the same")
    act = made.house.participants.propose_change("B1", *compliance(made),
                                                 records={"lei": "5493001KJTIIGC8Y1R12"})
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    (third,) = cases(made)
    decide(made, third, "not the same")
    made.both(act)
    assert outcome(made) == "released"


def test_the_same_freezes_and_only_an_order_lets_go(made: MadeHouse) -> None:
    """The party is refused, though the list lets it go; its obligations stay out of the cycle."""
    (case,) = cases(made)
    decide(made, case, "the same")
    assert outcome(made) == "refused"
    made.import_list([OTHER])
    assert outcome(made) == "refused"
    made.until(DATES.cut_off_at)
    assert made.house.cycles.cut_off(DATES.id)["held"] == 2
    with pytest.raises(Rejected, match="authority's word"):
        made.house.cases.propose_release(case, "delisted", " ", *compliance(made))
    made.both(made.house.cases.propose_release(case, "delisted", "order 7", *compliance(made)))
    assert outcome(made) == "released"
    with pytest.raises(Conflict, match="case 1 is released"):
        decide(made, case, "the same")


def test_the_work_list_says_how_old_a_case_is(made: MadeHouse) -> None:
    """The oldest first, in whole days since it was opened; a decided one is on it no more."""
    opened = made.house.now
    made.house.set_clock(opened + datetime.timedelta(days=5, hours=1))
    made.import_list([BAKUL, OTHER, ("Brahmi Labs", "")])

    def ages() -> list[tuple[str, int]]:
        found = made.house.cases.work_list(*compliance(made))
        return [(one["whom"], one["age_days"]) for one in found]

    assert ages() == [("B1", 5), ("B3", 0)]
    made.house.set_clock(opened + datetime.timedelta(days=6))
    assert ages() == [("B1", 6), ("B3", 0)]
    made.house.set_clock(opened + datetime.timedelta(days=6, hours=1))
    assert ages() == [("B1", 6), ("B3", 1)]
    (first, second) = cases(made)
    assert made.house.cases.show(first, *compliance(made))["age_days"] == 6
    decide(made, first, "not the same")
    assert cases(made) == [second]


def test_a_decision_takes_two_who_may(made: MadeHouse) -> None:
    (case,) = cases(made)
    act = made.house.cases.propose_decision(case, "not the same", "x", *compliance(made))
    with pytest.raises(Forbidden, match="another person"):
        made.house.people.approve(act, "P1", made.keys["P1"])
    other = SigningKey.new()
    made.both(made.house.people.propose_person(
        "P3", "Third", "paper 3", other.public_key, ["cycle.pause"], "P1", made.keys["P1"]
    ))  # fmt: skip
    with pytest.raises(Forbidden, match="no right"):
        made.house.people.approve(act, "P3", other)
    assert outcome(made) == "held"
    decide(made, case, "not the same")
    with pytest.raises(Conflict, match="is cleared"):
        made.both(act)


def test_an_applicant_is_decided_on_before_it_is_admitted(tmp_path: Path) -> None:
    """Firm and owner alert; both are cleared; then the admission is done, and no case opens."""
    made = MadeHouse(tmp_path / "house")
    made.import_list([BAKUL, ("Ada Alder", "")])
    firms = make_firms()
    firms[3] = firms[3].__class__(**{
        **{name: getattr(firms[3], name) for name in firms[3].__dataclass_fields__},
        "owners": (Owner("Ada Alder", "60", "person"),),
    })  # fmt: skip
    act = made.house.participants.propose_admission(firms, *compliance(made))
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    first, second = cases(made)
    decide(made, first, "not the same")
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    decide(made, second, "not the same")
    made.both(act)
    assert (outcome(made), cases(made)) == ("released", [])


def test_acts_journal_and_register_do_not_say_whom(made: MadeHouse) -> None:
    """What operators read of a decided case names neither the firm nor the list nor the entry."""
    (case,) = cases(made)
    act = made.house.cases.propose_decision(case, "the same", "it is Bakul", *compliance(made))
    told = made.house.register.told(made.house.people.find_act(act)["content"])
    assert told["decided"]["says"] == "house review"
    made.both(act)
    house = made.house
    with house.database.read() as unit:
        entries = find_all(unit, journal_entry, kind="gate.case")
        said = [dict(one._mapping) for one in find_all(unit, register, subject_kind="case")]
    assert [json.loads(one.content).keys() for one in entries] == [{"case", "decided"}]
    assert house.register.records("case", str(case)) == []
    assert any("Bakul" in one["content"] for one in said)
    shown = json.dumps([house.people.find_act(act), [one.content for one in entries]])
    assert "Bakul" not in shown
    assert "B1" not in shown


def test_nobody_else_sees_cases(made: MadeHouse) -> None:
    key = SigningKey.new()
    made.both(made.house.people.propose_person(
        "P3", "Third", "paper 3", key.public_key, ["cycle.pause"], "P1", made.keys["P1"]
    ))  # fmt: skip
    (case,) = cases(made)
    for look in (
        lambda *who: made.house.cases.work_list(*who),
        lambda *who: made.house.cases.show(case, *who),
    ):
        with pytest.raises(Forbidden, match="compliance and the authority"):
            look("P3", key)
        with pytest.raises(Forbidden, match="not P1's"):
            look("P1", key)
    made.both(made.house.people.propose_rights("P3", ["gate.read"], "P1", made.keys["P1"]))
    assert made.house.cases.show(case, "P3", key)["whom"] == "B1"
    with pytest.raises(Forbidden, match="no right"):
        made.house.cases.propose_decision(case, "not the same", "x", "P3", key)


def test_a_report_has_everything_and_checks(made: MadeHouse, tmp_path: Path) -> None:
    from skontro.flow.case_reports import report_case

    house = made.house
    (case,) = cases(made)
    house.cases.note(case, "asked the bank", *compliance(made))
    decide(made, case, "the same")
    house.statements.unlock(PASSPHRASE)
    paper = report_case(house, case, *compliance(made))
    path = tmp_path / "report.json"
    paper.save(path)
    content = read_paper(path).content
    assert content["party"]["id"] == "B1"
    assert {one["obligation"] for one in content["exposure"]["obligations"]} == {"1", "3"}
    assert [one["event"] for one in content["case"]["events"]] == ["opened", "noted", "confirmed"]
    assert content["decisions"][0]["maker"] == "P1"
    assert "asked the bank" in paper.as_text()
    owed = {one["obligation"]: one for one in content["obligations"]}
    assert (set(owed), content["obligations_left_out"]) == ({"1", "3"}, "0")
    assert owed["1"]["papers"] == [{"kind": "customs_declaration", "number": "P o1"}]
    assert (owed["1"]["trade"]["code"], owed["1"]["amount"]) == ("300490", "100000.00")
    assert [one["outcome"] for one in owed["1"]["verdicts"]] == ["released"]  # when registered
    assert content["verdicts"][-1]["reasons"][0]["code"] == "Confirmed"
    key = house.statements.key_in_use()["public_key"]
    assert verify_paper(path, house_keys=[key]).ok
    with house.database.read() as unit:
        assert [one.event for one in find_all(unit, case_event, order=["id"])][-1] == "reported"


def test_a_fault_of_the_matcher_holds(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matcher that raises holds whoever is judged; once it works again they are judged anew."""
    from skontro.gate.matching import Matcher

    decide(made, cases(made)[0], "not the same")

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Matcher, "screen_many", fail)
        patched.setattr(Matcher, "screen_one", fail)
        made.import_list([OTHER, ("Somebody New", "")])
        made.house.gate.screening.__init__(made.house)  # type: ignore[misc]
        assert outcome(made, "A1") == "held"
        with made.house.database.read() as unit:
            last = find_all(unit, verdict, order=["-id"], limit=1)[0]
        assert json.loads(last.reasons)[0]["code"] == "GateFault"
    assert outcome(made, "A1") == "released"
    with made.house.database.read() as unit:
        assert not find_all(unit, gate_case, state="open")


OWNERS = {
    "half": ([Owner("Otto Owner", "50", "person"), Owner("Rest", "50", "person")], "refused"),
    "less": ([Owner("Otto Owner", "49", "person"), Owner("Rest", "51", "person")], "released"),
    "unknown": ([Owner("Otto Owner", "", "person"), Owner("Rest", "30", "person")], "held"),
    "layers": ([Owner("Middle", "60", "organisation"), Owner("Rest", "40", "person"),
                Owner("Otto Owner", "80", "person", owns="Middle")], "refused"),
}  # fmt: skip


@pytest.mark.parametrize("which", OWNERS)
def test_who_is_confirmed_counts_by_the_50_percent_rule(tmp_path: Path, which: str) -> None:
    """An owner on a list: half refuses, less does not, what may be half holds; the path is told."""
    owners, expected = OWNERS[which]
    made = worked_house(tmp_path / "house")
    act = made.house.participants.propose_change("B1", *compliance(made),
                                                 records={"owners": owners})  # fmt: skip
    made.both(act)
    made.import_list([("Otto Owner", ""), OTHER])
    (case,) = cases(made)
    assert outcome(made) == "held"
    decide(made, case, "the same")
    assert outcome(made) == expected
    with made.house.database.read() as unit:
        number = made.house.participants.row(unit, "B1").number
        row = find_all(unit, verdict, order=["-id"], limit=1, subject=number,
                       subject_kind="participant")[0]  # fmt: skip
    reasons = json.loads(row.reasons)
    assert any(one["code"] == "Confirmed" for one in reasons)
    assert any(one.get("path") for one in reasons) is (expected != "released")


def test_a_report_of_a_payer_has_the_bank_line_and_of_an_applicant_its_records(
    made: MadeHouse, tmp_path: Path
) -> None:
    """Somebody on a list pays in what nobody called; somebody else on it asks to be admitted."""
    from skontro.flow.case_reports import report_case

    house = made.house
    made.import_list([("Zzyzx Trading", ""), ("Listed Applicant", ""), OTHER])
    house.settlement.receive("A", "EUR", 7_00, bank_reference="line 7", reference="for nobody",
                             payer="Zzyzx Trading")  # fmt: skip
    firm = replace(make_firms()[0], id="A9", name="Listed Applicant")
    with pytest.raises(Forbidden):
        made.both(house.participants.propose_admission([firm], *compliance(made)))
    house.statements.unlock(PASSPHRASE)
    papers = {}
    for one in house.cases.work_list(*compliance(made)):
        paper = report_case(house, one["case"], *compliance(made))
        paper.save(path := tmp_path / f"{one['case']}.json")
        key = house.statements.key_in_use()["public_key"]
        assert verify_paper(path, house_keys=[key]).ok
        papers[one["subject_kind"]] = paper
    payer, applicant = (papers[kind].content for kind in ("payer", "applicant"))
    (line,) = payer["party"]["bank_lines"]
    assert (line["bank_reference"], line["amount_minor"]) == ("line 7", "700")
    assert line["payer"].startswith("Zzyzx Trading")
    assert payer["verdicts"][-1]["outcome"] == "held"
    assert [one["entry"] for one in payer["party"]["entries"]] == [line["entry"]]
    assert "Zzyzx Trading" in papers["payer"].as_text()
    said = {one["what"]: one["says"] for one in applicant["party"]["records"]}
    assert (applicant["party"]["id"], said["name"]) == ("A9", "Listed Applicant")
