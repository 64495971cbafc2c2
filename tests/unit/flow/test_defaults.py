# SPDX-License-Identifier: Apache-2.0
"""A firm defaults or becomes insolvent: what is final stays, what is not is recast."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Rejected

EUR = {"EUR": "1"}


def trio(folder: Path, **options: object) -> tuple[MadeSettlement, int, int]:
    """A1 owes A2 100 and A2 owes A3 80, on one side."""
    rules = made_rules({"A": "EUR"}, **options)  # type: ignore[arg-type]
    made = MadeSettlement(folder / "house", rules, ("A1", "A2", "A3"))
    return made, made.owe("A1", "A2", 100_00, "EUR"), made.owe("A2", "A3", 80_00, "EUR")


def default(made: MadeSettlement, firm: str, reason: str = "insolvency") -> dict[str, object]:
    """Declare that a firm is insolvent since an hour ago."""
    opened = made.house.now - datetime.timedelta(hours=1)
    return dict(made.both(made.house.defaults.propose(firm, reason, opened, *made.p1)))


def test_before_the_cut_off_it_stays_out(tmp_path: Path) -> None:
    made, first, second = trio(tmp_path)
    made.open(EUR)
    default(made, "A1")
    made.to_final()
    assert made.call().keys() == {"A2"}
    made.pay("A2")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    assert (made.left(first), made.left(second)) == (100_00, 0)
    with pytest.raises(Conflict, match="in default already"):
        default(made, "A1")
    with pytest.raises(Rejected, match="begins before"):
        made.house.defaults.propose(
            "A2", "default", made.house.now + datetime.timedelta(hours=1), *made.p1
        )


@pytest.mark.parametrize("until", ["entered", "correcting", "irrevocable"])
def test_before_the_final_run_it_leaves_the_set(tmp_path: Path, until: str) -> None:
    """Its obligations leave by the act, what stood when is kept, and the run goes on without."""
    made, first, _ = trio(tmp_path)
    made.open(EUR)
    cycles = made.house.cycles
    made.at("cut_off_at")
    cycles.cut_off(made.cycle)
    if until != "entered":
        cycles.preliminary(made.cycle)
    if until == "irrevocable":
        made.at("window_ends_at")
        cycles.irrevocable(made.cycle)
        old = cycles.propose_final(made.cycle, *made.p1)
    made.until(made.house.now + datetime.timedelta(hours=2))
    assert default(made, "A1")["left"] == {made.cycle: 1}
    assert made.house.obligations.show(first)["state"] == "confirmed"
    standing = made.house.defaults.cases()[0]["standing"]
    reached = "irrevocable" if until == "irrevocable" else "entered"
    (stood,) = standing["known"][reached]
    assert (stood["cycle"], stood["obligations"], stood["owed"], stood["due"]) == (
        made.cycle, 1, {"EUR": 100_00}, {},
    )  # fmt: skip
    assert standing["known"]["final"] == []
    if until == "entered":
        cycles.preliminary(made.cycle)
    if until != "irrevocable":
        made.at("window_ends_at")
        cycles.irrevocable(made.cycle)
    else:
        with pytest.raises(Conflict):
            made.both(old)
    made.both(cycles.propose_final(made.cycle, *made.p1))
    assert made.call().keys() == {"A2"}
    made.check()
    assert made.house.journal.verify().ok


def test_after_the_final_run_its_pay_in_counts_as_missed(tmp_path: Path) -> None:
    """Set-off stays; nobody waits for the deadline; what it is owed waits for its estate."""
    made, first, second = trio(tmp_path)
    third = made.owe("A3", "A1", 30_00, "EUR")
    made.open(EUR)
    assert made.to_final()["set_off_minor"] == 90_00
    made.call()
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {"A1": 70_00}
    made.pay("A1", 20_00)
    assert default(made, "A1", "default")["missed"] == 1
    (case,) = made.house.defaults.cases()
    assert [one["set"] if "set" in one else one["cycle"]
            for one in case["standing"]["known"]["final"]] == [made.cycle]  # fmt: skip
    # What comes now may be its estate's: it waits for two people.
    assert made.pay("A1", 50_00)["state"] == "suspense"
    made.missed()
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    assert (made.left(first), made.left(second), made.left(third)) == (50_00, 30_00, 0)
    assert made.pay_all("A") == {"A3": 20_00}
    made.house.cycles.close(made.cycle)
    made.run(EUR)
    # Its open amounts leave the next cycle: A2's debt to A3 alone is in it.
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {"A2": 30_00}


@pytest.mark.parametrize("released", [False, True])
def test_its_pay_outs_stop_until_its_estate_is_paid(tmp_path: Path, released: bool) -> None:
    """What was let go before is gone; what was not waits, whatever closes meanwhile."""
    made, *_ = trio(tmp_path)
    made.run(EUR)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    content = made.release("A") if released else None
    assert default(made, "A3")["stopped"] == int(not released)
    made.check()
    if content is not None:
        assert made.send(content) == {"A2": 20_00, "A3": 80_00}
        made.check()
        return
    assert made.waits("A") == {"A3": (80_00, "default")}
    assert made.pay_all("A") == {"A2": 20_00}
    made.house.cycles.close(made.cycle)
    made.check()
    with pytest.raises(Conflict, match="nothing is ready"):
        made.release("A")
    made.both(made.house.defaults.propose_estate("A3", *made.p1))
    with pytest.raises(Conflict, match="paid already"):
        made.both(made.house.defaults.propose_estate("A3", *made.p1))
    assert made.pay_all("A") == {"A3": 80_00}
    made.check()
    assert made.books() == {}


def test_between_final_and_calls(tmp_path: Path) -> None:
    """It is called all the same, and counts as missed from the first."""
    made, first, second = trio(tmp_path)
    made.open(EUR)
    made.to_final()
    default(made, "A1")
    made.call()
    board = made.money.board(made.cycle)["sides"][0]["pay_ins"]["rows"]
    assert {row["participant"]: row["state"] for row in board} == {"A1": "missed"}
    assert made.missed()["recast"]["settled_minor"] == 0
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.house.cycles.close(made.cycle)
    made.check()
    assert (made.left(first), made.left(second)) == (100_00, 80_00)


def test_a_pool_covers_a_default(tmp_path: Path) -> None:
    made, first, second = trio(tmp_path, missed=("pool", 0), pools={"A": "500.00"})
    made.fund("A", 500_00, "pool")
    made.run(EUR)
    default(made, "A1")
    assert sum(made.missed()["covered"].values()) == 100_00
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    assert (made.left(first), made.left(second)) == (0, 0)
    assert made.books()["claim:A1:EUR"] == 100_00


def test_suspended_before_the_cut_off_it_is_not_entered(tmp_path: Path) -> None:
    made, first, _ = trio(tmp_path)
    made.open(EUR)
    made.both(made.house.participants.propose_state("A1", "suspended", "a check", *made.p1))
    made.to_final()
    assert made.call().keys() == {"A2"}
    assert made.house.obligations.show(first)["state"] == "confirmed"
