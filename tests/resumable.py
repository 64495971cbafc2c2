# SPDX-License-Identifier: Apache-2.0
"""The worked example lived through by a process that may be killed anywhere and started again.

``python -m tests.resumable FOLDER [DATABASE]`` goes on from wherever an earlier one died, as the
people of a house would: each looks at what is there and does what is missing. At the end it
prints the state of the house.
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.made_house import (
    DATES,
    FIRMS,
    OBLIGATIONS,
    OPENED,
    PASSPHRASE,
    RATES,
    lawful,
    make_firms,
)

from skontro.core.errors import Conflict, NoSuchFile, SkontroError
from skontro.core.money import exponent, parse_decimal
from skontro.flow.house import House
from skontro.flow.obligations import Registration
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.ops.clock import SetClock
from skontro.ops.keys import SigningKey
from skontro.store.rows import find_all
from skontro.store.schema import obligation, pay_out

NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}
CURRENCIES = {"A": "EUR", "B": "INR"}


class Resumable:
    """A house and its two people, who do what is not done yet."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.keys = {name: self._key(folder / f"{name}.pem") for name in ("P1", "P2")}
        place = folder / "house"
        try:
            self.house = House.open(place)
        except NoSuchFile:
            rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
            public = {name: key.public_key for name, key in self.keys.items()}
            self.house = House.create(place, rules, public, passphrase=PASSPHRASE,
                                      database_url=url, clock=SetClock(OPENED))  # fmt: skip

    def _key(self, path: Path) -> SigningKey:
        if not path.exists():
            SigningKey.new().save(path, PASSPHRASE)
        return SigningKey.load(path, PASSPHRASE)

    def act(self, kind: str, done: bool, propose: Callable[[], int]) -> None:
        """Have an act done by two people, unless it is; go on with one that waits."""
        if done:
            return
        waiting = [one["id"] for one in self.house.people.waiting() if one["kind"] == kind]
        number = waiting[0] if waiting else propose()
        self.house.people.approve(number, "P2", self.keys["P2"])

    def step(self, name: str, take: Callable[[], Any]) -> None:
        """Take a step of the cycle, unless it was taken."""
        try:
            take()
        except Conflict as refused:
            if refused.code != "AlreadyDone":
                raise SkontroError(f"{name}: {refused.message}") from refused

    def until(self, at: Any) -> None:
        """Let time pass, and take the day's list in; both may have been done."""
        if self.house.now < at:
            self.house.set_clock(at)
        path = self.house.folder / "list.csv"
        path.write_text("name,identifier\nNobody At All,\n", "utf-8")
        self.house.gate.import_list(path, source="a test", dated=self.house.now)

    def state(self) -> str:
        """The state of the January cycle, or none."""
        try:
            return str(self.house.cycles.show(DATES.id)["state"])
        except NoSuchFile:
            return ""

    def prepare(self) -> None:
        """Admit the firms, register what they owe, open the cycle and declare its rates."""
        house, key = self.house, self.keys["P1"]
        self.until(OPENED)
        with house.database.read() as unit:
            admitted = bool(house.participants.table(unit))
        for side in ("A", "B"):
            adopted = any(one["side"] == side for one in house.goods.packs())
            self.act(
                "pack.adopt", adopted,
                lambda side=side: house.goods.propose_pack(side, "starter", "P1", key),
            )  # fmt: skip
        self.act(
            "participant.admit", admitted,
            lambda: house.participants.propose_admission(make_firms(), "P1", key),
        )  # fmt: skip
        for row in csv.DictReader(OBLIGATIONS.splitlines()):
            minor = parse_decimal(row["amount"], exponent(row["currency"]))
            said = Registration(
                sender=row["creditor"], reference=row["id"], debtor=row["debtor"],
                creditor=row["creditor"], amount_minor=minor, currency=row["currency"],
                due_date=row["due_date"], document=f"invoice {row['id']}",
                trade=lawful(SIDES[row["debtor"]], SIDES[row["creditor"]], row["id"]),
            )  # fmt: skip
            number, state = house.obligations.register(said)
            if state == "registered":
                house.obligations.confirm(number, row["debtor"], request=f"yes {row['id']}")
        house.settlement.fund("B", "INR", 135_000_000, bank_reference="sponsor 1")
        self.step("open", lambda: house.cycles.open(DATES))
        rated = any(one["kind"] == "fixing" for one in house.journal.entries(most=10_000))
        self.act(
            "fixing.declare", rated,
            lambda: house.cycles.propose_fixing(DATES.id, RATES, "a test", "P1", key),
        )  # fmt: skip

    def run(self) -> None:
        """From the cut-off to the published final run."""
        cycles, key = self.house.cycles, self.keys["P1"]
        self.until(DATES.cut_off_at)
        self.step("cut_off", lambda: cycles.cut_off(DATES.id))
        self.step("preliminary", lambda: cycles.preliminary(DATES.id))
        self.until(DATES.window_ends_at)
        self.step("irrevocable", lambda: cycles.irrevocable(DATES.id))
        self.act("run.final", self.state() != "irrevocable",
                 lambda: cycles.propose_final(DATES.id, "P1", key))  # fmt: skip

    def settle(self) -> None:
        """Pay-ins, the plan, discharge, pay-outs, the close."""
        house, key = self.house, self.keys["P1"]
        money = house.settlement
        self.step("instruct", lambda: money.instruct(DATES.id))
        steps = house.cycles.show(DATES.id)["steps"]
        called = next(one["detail"]["pay_ins"] for one in steps if one["step"] == "instruct")
        if self.state() == "instructed":
            for call in called:
                firm = call["participant"]
                money.receive(
                    SIDES[firm], call["currency"], call["due_minor"],
                    bank_reference=f"in {call['reference']}", reference=call["reference"],
                    payer=NAMES[firm],
                )  # fmt: skip
        self.step("plan", lambda: money.plan(DATES.id))
        self.step("settle", lambda: money.settle(DATES.id))
        for side, currency in CURRENCIES.items():
            self.release(side, currency, key)
        self.step("close", lambda: house.cycles.close(DATES.id))

    def release(self, side: str, currency: str, key: SigningKey) -> None:
        """Let a side's payments go, and note what the bank paid."""
        money = self.house.settlement
        try:
            number = money.propose_release(DATES.id, side, currency, "P1", key)
            self.house.people.approve(number, "P2", self.keys["P2"])
        except Conflict as refused:
            if refused.code != "NothingReady":
                raise
        with self.house.database.read() as unit:
            released = find_all(unit, pay_out, order=["id"], currency=currency, state="released")
        for row in released:
            money.sent(side, currency, row.id, bank_reference=f"out {row.id}")

    def end(self) -> dict[str, Any]:
        """What the house is like at the end."""
        verdict = self.house.journal.verify()
        balances = self.house.journal.balances()
        steps = [one["step"] for one in self.house.cycles.show(DATES.id)["steps"]]
        with self.house.database.read() as unit:
            # Their numbers may have gaps: PostgreSQL gives none twice, whoever was killed.
            rows = find_all(unit, obligation, order=["number"])
        return {
            "state": self.state(), "steps": sorted(steps), "journal": verdict.ok,
            "balances": {code: minor for code, minor in sorted(balances.items()) if minor},
            "open": [row.open_minor for row in rows],
            "replay": [one["agrees"] for one in self.house.cycles.replay(DATES.id)],
        }  # fmt: skip


def main() -> None:
    """Go on from wherever it was, and print the end."""
    folder = Path(sys.argv[1])
    one = Resumable(folder, sys.argv[2] if len(sys.argv) > 2 else None)
    one.prepare()
    one.run()
    one.settle()
    sys.stdout.write(json.dumps(one.end()) + "\n")


if __name__ == "__main__":
    main()
