# SPDX-License-Identifier: Apache-2.0
"""What changed against the last cycle, over HTTP and on its page, for those who see all firms."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.made_house import DATES, lawful
from tests.made_service import GRANTS, worked_service
from tests.scenarios.test_worked_house import CURRENCIES, pay
from tests.unit.console.test_console import Window

from skontro.flow.obligations import Registration
from skontro.house.calendar import CycleDates


def test_two_cycles_are_held_against_each_other(tmp_path: Path) -> None:
    """Goal: the preliminary run of the second cycle says what is new and gone against the first.

    Method: the worked example settled; one obligation more in the second cycle. Sums by side are
    held against what the obligations are; the first run is compared with nothing; a firm's people
    and an auditor of one side get none of it.
    """
    made = worked_service(tmp_path / "house")
    house, desk = made.house, made.desk("P1")
    for who in ("CA", "XA"):
        made.admit(who)
        made.give(who, GRANTS[who])
    assert desk.get(f"/cycles/{DATES.id}/changes").json()["code"] == "NotPublished"
    assert Window(made, "P2").get(f"/cycles/{DATES.id}/changes").status_code == 404
    made._desks.clear()
    desk = made.desk("P1")
    made.made.run_to_final()
    first = desk.get(f"/cycles/{DATES.id}/changes").json()
    assert (first["kind"], first["against"]) == ("final", None)
    assert all(one["then"] is None for one in first["sides"])
    entered = sum(Decimal(one["now"]["entered"]) for one in first["sides"]
                  if one["currency"] == "EUR")  # fmt: skip
    rows = [house.obligations.show(number) for number in made.made.number.values()]
    assert entered == sum(Decimal(one["amount_minor"]) / 100 for one in rows
                          if one["currency"] == "EUR")  # fmt: skip
    for call in house.settlement.instruct(DATES.id):
        pay(made.made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    for side in ("A", "B"):
        release = house.settlement.propose_release(
            DATES.id, side, CURRENCIES[side], "P1", made.keys["P1"]
        )
        released = house.people.find_act(release)["content"]["payments"]
        made.made.both(release)
        for one in released:
            house.settlement.sent(side, CURRENCIES[side], one["pay_out"],
                                  bank_reference=f"out {one['pay_out']}")  # fmt: skip
    house.cycles.close(DATES.id)
    dates: CycleDates = house.cycles.next_dates()
    house.cycles.open(dates)
    assert desk.get(f"/cycles/{dates.id}/changes").json()["code"] == "NotPublished"
    made.made.both(house.cycles.propose_fixing(
        dates.id, {"EUR": "1", "INR": "1/90", "AED": "0.25"}, "a bank", "P1", made.keys["P1"]
    ))
    number, _ = house.obligations.register(Registration(
        sender="A2", reference="n1", debtor="A1", creditor="A2", amount_minor=7_000_00,
        currency="EUR", document="invoice n1", trade=lawful("A", "A", "n1"),
    ))  # fmt: skip
    house.obligations.confirm(number, "A1")
    made.made.until(dates.cut_off_at)
    made.made.import_list()
    house.cycles.cut_off(dates.id)
    house.cycles.preliminary(dates.id)
    found = desk.get(f"/cycles/{dates.id}/changes?run=preliminary").json()
    assert (found["kind"], found["against"]) == ("preliminary", DATES.id)
    (unit,) = found["units"]
    assert ({one["participant"] for one in unit["movers"]}, unit["new"]) == ({"A1", "A2"}, 0)
    assert {one["participant"] for one in unit["gone_firms"]} == {"A3", "B1", "B2", "B3"}
    assert unit["movers"][0]["name"]
    assert [(one["now"]["entered"], one["now"]["left"], one["obligations"]["now"])
            for one in found["sides"] if one["now"]] == [("7000.00", "0.00", 1)]  # fmt: skip
    for unit in found["units"]:
        assert Decimal(unit["change"]["entered"]) == sum(
            Decimal(one["change"]["entered"])
            for one in (*unit["movers"], *unit["new_firms"], *unit["gone_firms"])
        )  # fmt: skip
    page = Window(made, "P2").get(f"/cycles/{dates.id}/changes")
    assert page.status_code == 200
    assert f'href="/console/cycles/{DATES.id}"' in page.text
    cycle = Window(made, "P2").get(f"/cycles/{dates.id}").text
    assert f"/console/cycles/{dates.id}/changes?run=preliminary" in cycle
    assert "By side and currency" in cycle
    for who in ("CA", "XA"):
        assert made.desk(who).get(f"/cycles/{dates.id}/changes").json()["code"] == "NoSuchPage"
