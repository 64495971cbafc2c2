# SPDX-License-Identifier: Apache-2.0
"""Houses of any shape live through cycles in which money comes as it likes.

After every step the books are the banks', cover is not negative, no account holds other money than
it must, and every entry is booked as a scheme says (:meth:`MadeSettlement.check`). At the end of
each cycle everybody's money is where its debts say, but for what rounding may move.
"""

from __future__ import annotations

import datetime
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.made_settlement import HALF, UNION_1950, MadeSettlement, made_rules

from skontro.core.errors import Conflict
from skontro.core.money import exponent
from skontro.store.rows import find_all
from skontro.store.schema import discharge, obligation, pay_in, pay_out_due

ONE_DAY = datetime.timedelta(days=1)
SOAK = os.environ.get("SKONTRO_SOAK") == "1"
FIRMS = tuple(f"{side}{number}" for side in "ABC" for number in (1, 2, 3))
CODES = ("EUR", "INR", "AED", "JPY", "BHD", "USD")
RATES = {
    "EUR": "1", "INR": "1/90", "AED": "0.24987", "JPY": "0.006173", "BHD": "2.4361", "USD": "7/8",
}  # fmt: skip
LATER = RATES | {"INR": "0.01093", "JPY": "1/171", "BHD": "2.51", "USD": "0.9001"}
THIRD = {"beyond": "refuse", "step": [{"width": "1", "debtor_hard": "1/3", "creditor_hard": "1/3"}]}
AT_HUB = [(side, "", "700.00") for side in "ABC"] + [("", side, "700.00") for side in "ABC"]
PAIRS = [(a, b, "400.00") for a in "ABC" for b in "ABC" if a != b]


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """The rules of a house with three sides: currencies, borders, tables, missed pay-ins."""
    at_hub = draw(st.booleans())
    table = draw(st.sampled_from(("carried", "third", "union") if at_hub else
                                 ("carried", "half", "third", "union")))  # fmt: skip
    rule = draw(st.sampled_from((("recast", 0), ("pool", 0), ("queue", 1))))
    return {
        "sides": {side: draw(st.sampled_from(CODES)) for side in "ABC"},
        "quotas": AT_HUB if at_hub else PAIRS, "table": table, "missed": rule,
        "tables": {"half": HALF, "third": THIRD, "union": UNION_1950},
        "pools": dict.fromkeys("ABC", "1000000") if rule[0] == "pool" else {},
        "working": dict.fromkeys("ABC", "100000000"),
    }  # fmt: skip


class Life:
    """A house that lives as the draws say."""

    def __init__(self, folder: Path, shape: dict[str, Any], draw: Any) -> None:
        self.draw = draw
        self.made = MadeSettlement(folder / "house", made_rules(**shape), FIRMS)
        self.rates = RATES
        for side, code in shape["sides"].items():
            unit = Fraction(10 ** exponent(code)) / Fraction(RATES[code])
            for purpose, most in (("working", 500), ("pool", 200)):
                amount = int(unit * draw(st.integers(0, most)))
                if amount and (purpose == "working" or shape["pools"]):
                    self.made.fund(side, amount, purpose)
        if shape["table"] == "union":
            self.made.fund("", 900_00, "capital")
        self.made.check()

    def cycle(self) -> None:
        """Debts, the runs, money in any parts and order, the settlement, money out, the close."""
        draw, made = self.draw, self.made
        for _ in range(draw(st.integers(3, 12))):
            debtor, creditor = draw(st.sampled_from([
                (a, b) for a in FIRMS for b in FIRMS if a != b
            ]))  # fmt: skip
            code = draw(st.sampled_from(CODES))
            unit = Fraction(10 ** exponent(code)) / Fraction(self.rates[code])
            amount = draw(st.integers(1, int(unit * 300)))
            made.owe(debtor, creditor, amount, code)
        made.run(self.rates)
        made.check()
        self.money_comes()
        made.at("pay_in_deadline")
        if draw(st.booleans()):
            made.until(made.house.now + ONE_DAY)
            self.money_comes()
        self.settle()
        self.money_goes()

    def money_comes(self) -> None:
        """Pay-ins in parts, too much, twice, from strangers, in any order."""
        draw, made = self.draw, self.made
        lines = []
        for firm, call in made.calls.items():
            due = call["due_minor"]
            kind = draw(st.sampled_from(("all", "part", "parts", "over", "none", "stranger")))
            part = draw(st.integers(1, due))
            amounts = {"all": [due], "part": [part], "over": [due + part], "none": [],
                       "stranger": [due],
                       "parts": [part, due - part] if part < due else [due]}[kind]  # fmt: skip
            who = "A Stranger" if kind == "stranger" else f"Firm {firm}"
            lines += [(firm, amount, who) for amount in amounts]
        for firm, amount, who in draw(st.permutations(lines)):
            made.pay(firm, amount, payer=who)
            made.check()
        for row in made.money.suspense():
            if row["pay_in"] is None and made.calls and draw(st.booleans()):
                to = draw(st.sampled_from([call["pay_in"] for call in made.calls.values()]))
                act = made.money.propose_assignment(row["id"], *made.p1, to=to)
                try:
                    made.both(act)
                except Conflict as refused:
                    assert refused.code in ("WrongPayIn", "AlreadyDone"), refused  # noqa: PT017
                made.check()

    def settle(self) -> None:
        made = self.made
        try:
            made.missed()
        except Conflict as refused:
            if refused.code == "TooEarly":
                made.until(made.house.now + 7 * ONE_DAY)
                made.missed()
            elif refused.code != "AlreadyDone":
                raise
        made.check()
        made.money.plan(made.cycle)
        made.money.settle(made.cycle)
        made.check()
        self.check_firms()

    def money_goes(self) -> None:
        """Everything that may leaves; some comes back; hard money arrives, in parts or whole."""
        draw, made = self.draw, self.made
        for again in range(8):
            paid = False
            for side in ("", *made.currency):
                try:
                    content = made.release(side)
                except Conflict as refused:
                    assert refused.code in ("NothingReady", "CoverMissing"), refused  # noqa: PT017
                    continue
                paid = True
                made.check()
                made.send(content)
                made.check()
                for one in content["payments"]:
                    if again < 2 and draw(st.integers(0, 9)) == 9:
                        made.give_back(one["pay_out"])
                        made.check()
            for payment in made.hard():
                left = payment["creditor_minor"] - payment["arrived_minor"]
                if payment["state"] == "released" and left:
                    made.border_comes(payment, draw(st.integers(1, left)))
                    made.border_comes(payment, left)
                    paid = True
                    made.check()
            if not paid:
                break
        assert all(one["state"] == "arrived" for one in made.hard())
        waiting = [made.waits(side) for side in made.currency]
        assert {why for one in waiting for _, why in one.values()} <= {"recast"}
        made.house.cycles.close(made.cycle)
        made.check()

    def check_firms(self) -> None:
        """What a firm paid in less what it is paid is what money discharged for it, at the fixing.

        But for rounding: less than a minor unit of each currency it holds, and two of its own.
        """
        made = self.made
        with made.house.database.read() as unit:
            chosen = made.row.planned_run
            moved = dict[int, Fraction]()
            held = dict[int, set[str]]()
            debts = {row.number: row for row in find_all(unit, obligation)}
            for row in find_all(unit, discharge, run=chosen):
                debt = debts[row.obligation]
                worth = self.worth(row.planned_minor, debt.currency)
                for firm, sign in ((debt.debtor, 1), (debt.creditor, -1)):
                    moved[firm] = moved.get(firm, Fraction(0)) + sign * worth
                    held.setdefault(firm, set()).add(debt.currency)
            ins = find_all(unit, pay_in, cycle=made.cycle)
            outs = find_all(unit, pay_out_due, cycle=made.cycle)
            firms = {firm.number: firm for firm in made.house.participants.table(unit)}
        for row in ins:
            moved[row.participant] -= self.worth(row.used_minor, row.currency)
        for row in outs:
            moved[row.participant] += self.worth(row.amount_minor, row.currency)
        for number, left in moved.items():
            home = firms[number].home_currency
            most = sum((self.worth(1, code) for code in held[number]), Fraction(0))
            assert abs(left) <= most + 2 * self.worth(1, home), firms[number].id

    def worth(self, minor: int, code: str) -> Fraction:
        """What minor units are worth in euro."""
        return Fraction(minor, 10 ** exponent(code)) * Fraction(self.rates[code])


@settings(
    max_examples=150 if SOAK else 10, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(shape=shapes(), data=st.data())
def test_money_is_conserved_and_cover_is_never_negative(
    shape: dict[str, Any], data: st.DataObject
) -> None:
    """Two cycles at different fixings, whatever comes, in whatever order."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), shape, data.draw)
        try:
            life.cycle()
            life.rates = LATER
            life.cycle()
            assert life.made.house.journal.verify().ok
        finally:
            life.made.house.close()
