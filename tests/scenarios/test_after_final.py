# SPDX-License-Identifier: Apache-2.0
"""A declaration is taken back, or a licence revoked, when the final run is published already.

What was set off stays so. No money goes for what is held: not by a recast, not by a pay-out, not by
a release that was proposed before; and it goes when the obligation is released again.
"""

from __future__ import annotations

import json
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
)
from tests.made_house import DATES, FIRMS, PASSPHRASE, MadeHouse
from tests.owner import as_owner

from skontro.cli import main
from skontro.core.errors import Conflict, Forbidden
from skontro.flow.after_final import held_in_recast, unpayable
from skontro.flow.case_reports import exposure_of_goods
from skontro.house.roles import OF_GATE
from skontro.store.rows import find_all
from skontro.store.schema import journal_entry

NAMES = {firm: name for firm, name, _, _ in FIRMS}


def final(made: MadeHouse) -> dict[str, dict[str, object]]:
    """To the final run; the calls for money, by participant."""
    cycles = made.house.cycles
    cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
    return {str(one["participant"]): one for one in made.house.settlement.instruct(DATES.id)}


def pay(made: MadeHouse, call: dict[str, object]) -> None:
    made.house.settlement.receive(
        "A", "EUR", int(str(call["due_minor"])), bank_reference=f"bank {call['reference']}",
        reference=str(call["reference"]), payer=NAMES[str(call["participant"])],
    )  # fmt: skip


def take_back(made: MadeHouse, name: str, *, cancelled: bool = True) -> None:
    take_customs(made, "B", declared(name, "B1", "A1", 100, cancelled=cancelled))


def release(made: MadeHouse) -> int:
    return int(made.house.settlement.propose_release(
        DATES.id, "B", "INR", "P1", made.keys["P1"]
    ))  # fmt: skip


def test_what_is_held_after_the_final_run_is_set_off_and_not_paid(
    tmp_path: Path, database_url: str
) -> None:
    """A1 owes B1 100 and B1 owes A1 60: 60 are set off, 40 are to be paid to B1. Its declaration is
    taken back when a release is proposed already, and given again later."""
    made = registered_house(tmp_path / "house", url=database_url)
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("back", "A1", "B1", 60))
    number = owed(made, "c1", "A1", "B1", 100)
    owed(made, "back", "B1", "A1", 60, quantity="7", weight="7", code="300410")
    take_customs(made, "B", declared("back", "A1", "B1", 60, 7, lines=(
        declared("back", "A1", "B1", 60, 7).lines[0].__class__("300410", 60_00, 7000, "KGM", 7500),
    )))  # fmt: skip
    assert cut_off(made)["entered"] == 2
    money = made.house.settlement
    pay(made, final(made)["A1"])
    money.plan(DATES.id)
    assert money.settle(DATES.id)["ready"] == 1
    proposed = release(made)
    take_back(made, "c1")
    with pytest.raises(Forbidden, match="house review"):
        made.both(proposed)
    with pytest.raises(Conflict, match="nothing is ready"):
        release(made)
    assert said_of(made, "c1") == ("held", ["Cancelled"])
    shown = made.house.obligations.show(number)
    assert shown["open_minor"] == 0
    with made.house.database.unit("look", exclusive=True) as unit:
        assert money.make_ready(unit, DATES.id) == {"ready": 0, "waiting": 1}
    all_replay(made)
    take_back(made, "c1", cancelled=False)
    with made.house.database.unit("look", exclusive=True) as unit:
        assert money.make_ready(unit, DATES.id) == {"ready": 1, "waiting": 0}
    made.both(release(made))
    all_replay(made)


def test_a_recast_places_no_money_on_what_is_held(tmp_path: Path, database_url: str) -> None:
    """A1 owes B1 and B2 100 each and pays; A2 does not pay what it owes B1. c1's declaration is
    taken back before the recast, once more between its two signatures."""
    made = registered_house(tmp_path / "house", url=database_url)
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("c2", "B1", "A2", 100),
                 declared("c3", "B2", "A1", 100))  # fmt: skip
    for name, debtor, creditor in (("c1", "A1", "B1"), ("c2", "A2", "B1"), ("c3", "A1", "B2")):
        owed(made, name, debtor, creditor, 100)
    assert cut_off(made)["entered"] == 3
    house, key = made.house, made.keys["P1"]
    pay(made, final(made)["A1"])
    made.until(DATES.pay_in_deadline)
    proposed = house.settlement.propose_recast(DATES.id, "P1", key)
    take_back(made, "c1")
    with pytest.raises(Conflict, match="says otherwise"):
        made.both(proposed)
    anew = house.settlement.propose_recast(DATES.id, "P1", key)
    assert house.people.find_act(anew)["content"]["held"] == [made.number["c1"]]
    assert made.both(anew)["settled_minor"] == 100_00
    house.settlement.plan(DATES.id)
    assert house.settlement.settle(DATES.id)["ready"] >= 1
    assert made.left() == {"c1": 100, "c2": 100, "c3": 0}
    assert [one["agrees"] for one in house.cycles.replay(DATES.id)] == [True, True, True]
    all_replay(made)


def test_a_licence_revoked_after_the_final_run_blocks_the_payment(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    made.fund_b()
    licensed(made, "A")
    entered_licence(made, licence("A1", 500))
    owed(made, "m1", "A1", "B1", 100, [("licence", "L-1")])
    assert cut_off(made)["entered"] == 1
    pay(made, final(made)["A1"])
    made.both(made.house.licences.propose_revocation("L-1", "P1", made.keys["P1"]))
    made.house.settlement.plan(DATES.id)
    assert made.house.settlement.settle(DATES.id)["ready"] == 0
    assert said_of(made, "m1")[0] == "held"
    with pytest.raises(Conflict, match="nothing is ready"):
        release(made)
    all_replay(made)


@pytest.mark.parametrize("listed", ["B2", "A1"])
def test_a_recast_places_no_money_on_a_listed_party(
    tmp_path: Path, database_url: str, listed: str
) -> None:
    """Goal: a party that is listed after the final run is taken out of a recast, whether it pays or
    is paid. Method: A1 owes B1 and B2 100 each and pays; A2 does not pay what it owes B1. The party
    is listed between the two signatures, so the first recast is refused; in the next one no money
    stands on anything of its own. What is owed stays owed, and what it paid stays held."""
    made = registered_house(tmp_path / "house", url=database_url)
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("c2", "B1", "A2", 100),
                 declared("c3", "B2", "A1", 100))  # fmt: skip
    for name, debtor, creditor in (("c1", "A1", "B1"), ("c2", "A2", "B1"), ("c3", "A1", "B2")):
        owed(made, name, debtor, creditor, 100)
    assert cut_off(made)["entered"] == 3
    house, key = made.house, made.keys["P1"]
    pay(made, final(made)["A1"])
    made.until(DATES.pay_in_deadline)
    proposed = house.settlement.propose_recast(DATES.id, "P1", key)
    made.import_list([(NAMES[listed], "")])
    with pytest.raises(Conflict, match="says otherwise"):
        made.both(proposed)
    anew = house.settlement.propose_recast(DATES.id, "P1", key)
    own = {"A1": ["c1", "c3"], "B2": ["c3"]}[listed]
    held = sorted(made.number[name] for name in own)
    assert house.people.find_act(anew)["content"]["held"] == held
    settled = {"A1": 0, "B2": 100_00}[listed]
    assert made.both(anew)["settled_minor"] == settled
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    assert made.left() == {"c1": 100 - settled // 100, "c2": 100, "c3": 100}
    assert [one["agrees"] for one in house.cycles.replay(DATES.id)] == [True, True, True]
    all_replay(made)


def test_two_held_at_once_and_a_verdict_that_somebody_wrote(tmp_path: Path) -> None:
    """Whoever is owed by any obligation that is held is not paid; and a recast derives again what
    is said of parties: B2 is listed, and whoever owns the tables writes that it is released."""
    made = registered_house(tmp_path / "house")
    made.fund_b()
    house, firms = made.house, {"c1": "B1", "c2": "B2", "c3": "B3"}
    take_customs(made, "B", *(declared(name, firm, "A1", 100) for name, firm in firms.items()))
    for name, firm in firms.items():
        owed(made, name, "A1", firm, 100)
    assert cut_off(made)["entered"] == 3
    final(made)

    def asked() -> tuple[set[str], list[int]]:
        """Who is not paid, and what a recast leaves out."""
        with house.database.unit("look", exclusive=True) as unit:
            number_of = {house.participants.row(unit, firm).number: firm for firm in NAMES}
            unpaid = unpayable(house, unit, [DATES.id])
            assert {cycle for cycle, _ in unpaid} <= {DATES.id}
            held = held_in_recast(house, unit, DATES.id)
            return {number_of[firm] for _, firm in unpaid}, held

    assert asked() == (set(), [])
    for name in ("c1", "c2"):
        take_customs(made, "B", declared(name, firms[name], "A1", 100, cancelled=True))
    assert asked() == ({"B1", "B2"}, [made.number["c1"], made.number["c2"]])
    take_customs(made, "B", declared("c2", "B2", "A1", 100))
    assert asked() == ({"B1"}, [made.number["c1"]])
    made.import_list([(NAMES["B2"], "")])
    with as_owner(house.database) as unit:
        unit.connection.exec_driver_sql(
            "UPDATE verdict SET outcome = 'released', reasons = '[]' "
            "WHERE subject_kind = 'participant'"
        )
    with house.database.unit("look", exclusive=True) as unit:
        number = house.participants.row(unit, "B2").number
        house.gate.forget(number)
        assert house.gate.judge_participants(unit, [number])[number][0] == "released"
    assert asked()[1] == [made.number["c1"], made.number["c2"]]


def test_nothing_is_recast_while_nobody_can_be_judged(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100))
    owed(made, "c1", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 1
    final(made)
    made.house.set_clock(DATES.pay_in_deadline.replace(day=20))
    with pytest.raises(Forbidden, match="house review"):
        made.house.settlement.propose_recast(DATES.id, "P1", made.keys["P1"])
    made.until(made.house.now)
    made.house.settlement.propose_recast(DATES.id, "P1", made.keys["P1"])


def test_what_goods_held_after_the_final_run_reach(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compliance reads what was set off, what is to be paid for it and to whom, at the command line
    too; the journal says when the payment was held and when it was let go, to compliance alone."""
    made = registered_house(tmp_path / "house")
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100))
    number = owed(made, "c1", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 1
    house, key = made.house, made.keys["P1"]
    with pytest.raises(Conflict, match="no run"):
        exposure_of_goods(house, DATES.id, "P1", key)
    pay(made, final(made)["A1"])
    house.settlement.plan(DATES.id)
    assert house.settlement.settle(DATES.id)["ready"] == 1
    assert exposure_of_goods(house, DATES.id, "P1", key)["obligations"] == []
    take_back(made, "c1")
    with pytest.raises(Conflict, match="nothing is ready"):
        release(made)
    found = exposure_of_goods(house, DATES.id, "P1", key)
    (one,) = found["obligations"]
    assert (one["obligation"], one["debtor"], one["creditor"]) == (number, "A1", "B1")
    assert (one["set_off_minor"], one["planned_minor"], one["codes"]) == (0, 100_00, ["Cancelled"])
    assert found["sums"] == {"EUR": {"set_off_minor": 0, "planned_minor": 100_00}}
    folder = made.house.folder
    key.save(folder / "p1.pem", PASSPHRASE)
    (folder / "secret").write_text(PASSPHRASE, "utf-8")
    capsys.readouterr()
    assert main([
        "gate", "cases", "exposure", "--cycle", DATES.id, "--as", "P1", "--key",
        str(folder / "p1.pem"), "--passphrase-file", str(folder / "secret"), "--house", str(folder),
        "--json",
    ]) == 0  # fmt: skip
    assert json.loads(capsys.readouterr().out)["exposure"]["obligations"] == [one]
    with pytest.raises(Forbidden):
        exposure_of_goods(house, DATES.id, "P1", made.keys["P2"])


def test_an_event_when_a_payment_is_held_and_when_it_is_let_go(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("x", "B1", "A1", 1))
    owed(made, "c1", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 1
    house = made.house
    pay(made, final(made)["A1"])
    take_back(made, "c1")
    house.settlement.plan(DATES.id)
    assert house.settlement.settle(DATES.id)["ready"] == 0
    take_back(made, "c1", cancelled=False)
    for _ in range(2):
        with house.database.unit("look", exclusive=True) as unit:
            house.settlement.make_ready(unit, DATES.id)
    made.both(release(made))
    with house.database.read() as unit:
        rows = find_all(unit, journal_entry, order=["number"], kind="gate.payment")
        firm = house.participants.row(unit, "B1").number
    assert [json.loads(row.content) for row in rows] == [
        {"participant": firm, "currency": "INR", "says": says} for says in ("held", "let go")
    ]
    assert {row.cycle for row in rows} == {DATES.id}
    assert "gate.payment" in OF_GATE
    house.journal.verify()
