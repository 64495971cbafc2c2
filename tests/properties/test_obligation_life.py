# SPDX-License-Identifier: Apache-2.0
"""The life of obligations, driven at random beside a plain model of it."""

from __future__ import annotations

import datetime
import itertools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from tests.conftest import SOAK
from tests.made_house import OPENED, MadeHouse
from tests.made_obligations import filed, said

from skontro.core.errors import SkontroError
from skontro.house.states import OBLIGATION_MOVES
from skontro.store.rows import find_all
from skontro.store.schema import obligation, obligation_event, verdict

AMOUNT = 10_000
LASTS = datetime.timedelta(days=30)
NAMES = itertools.count(1)


@dataclass
class Model:
    """What an obligation between A1 and A2 should be."""

    document: str
    said: set[str]
    state: str = "registered"
    left: int = AMOUNT
    flags: set[str] = field(default_factory=set)
    setter: dict[str, str] = field(default_factory=dict)
    consent: set[str] = field(default_factory=set)
    disputed_by: str = ""
    since: datetime.datetime = OPENED
    number: int = 0

    def may(self, event: str) -> bool:
        return (self.state, event) in OBLIGATION_MOVES

    def go(self, event: str) -> None:
        self.state = OBLIGATION_MOVES[self.state, event]


class ObligationLife(RuleBasedStateMachine):
    """A1 owes A2: each document is registered, twice perhaps, and everything done to it.

    Every rule asks the house and says from the model alone whether it must agree. One house
    serves all sequences, each with documents of its own.
    """

    made: ClassVar[MadeHouse]
    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.all = list[Model]()

    @property
    def book(self) -> Any:
        return self.made.house.obligations

    def asked(self, ask: Callable[[], Any], allowed: bool) -> Any:
        """Ask the house; it must do so exactly if the model says so."""
        if allowed:
            return ask()
        with pytest.raises(SkontroError):
            ask()
        return None

    def standing_twin(self, one: Model) -> bool:
        return any(
            other is not one
            and other.document == one.document
            and len(other.said) == 2
            and other.state in ("confirmed", "duplicate")
            for other in self.all
        )

    def stand(self, one: Model) -> None:
        """Both have said it: confirmed, or held because it stands twice."""
        one.go("confirm")
        one.said = {"A1", "A2"}
        one.since = self.made.house.now
        if one.state == "confirmed" and self.standing_twin(one):
            one.go("suspect")

    # ---- what the parties say ----------------------------------------------------------------

    def say(self, sender: str, document: str, as_file: bool) -> Model:
        """Register, and do in the model what the house must do."""
        waiting = [
            one for one in self.all
            if one.document == document and one.state in ("registered", "duplicate")
            and len(one.said) == 1 and sender not in one.said
        ]  # fmt: skip
        like = any(
            one.document == document
            and one.state not in ("withdrawn", "expired", "joined")
            and (sender in one.said or one.state in ("disputed", "credited"))
            for one in self.all
        )
        name = str(next(NAMES))
        row = said(sender, name, debtor="A1", creditor="A2", document=document)
        if as_file:
            self.book.import_file(filed(row))
            number = self.book.find(sender, name)
        else:
            number, _ = self.book.register(row)
        if waiting:
            one = min(waiting, key=lambda each: (each.state == "duplicate", each.number))
            assert number == one.number
            self.stand(one)
            return one
        one = Model(document, {sender}, since=self.made.house.now, number=number)
        if like:
            one.go("suspect")
        self.all.append(one)
        return one

    @initialize(target=known, sender=st.sampled_from(["A1", "A2"]))
    def begin(self, sender: str) -> Model:
        return self.say(sender, f"document {next(NAMES)}", False)

    @rule(target=known, sender=st.sampled_from(["A1", "A2"]), as_file=st.booleans())
    def register(self, sender: str, as_file: bool) -> Model:
        return self.say(sender, f"document {next(NAMES)}", as_file)

    @rule(one=known, sender=st.sampled_from(["A1", "A2"]), as_file=st.booleans(), target=known)
    def register_again(self, one: Model, sender: str, as_file: bool) -> Model:
        return self.say(sender, one.document, as_file)

    @rule(one=known, by=st.sampled_from(["A1", "A2", "A3"]))
    def confirm(self, one: Model, by: str) -> None:
        in_dispute = one.state == "disputed"
        right = one.disputed_by == by if in_dispute else by not in one.said
        allowed = by != "A3" and one.may("confirm") and right
        self.asked(lambda: self.book.confirm(one.number, by), allowed)
        if allowed:
            self.stand(one)

    @rule(by=st.sampled_from(["A1", "A2"]))
    def confirm_all(self, by: str) -> None:
        waiting = sorted(
            (one for one in self.all if one.state in ("registered", "duplicate")
             and len(one.said) == 1 and by not in one.said),
            key=lambda one: one.number,
        )  # fmt: skip
        self.book.confirm_all(by, counterparty="A2" if by == "A1" else "A1")
        held = [one for one in waiting if one.state == "duplicate"]
        for one in [each for each in waiting if each not in held]:
            one.said = {"A1", "A2"}
            one.since = self.made.house.now
            one.go("confirm")
            if any(
                other is not one and other.document == one.document and len(other.said) == 2
                and other.state in ("confirmed", "duplicate") and other not in held
                for other in self.all
            ):
                one.go("suspect")
        for one in held:
            one.said = {"A1", "A2"}
            one.since = self.made.house.now

    @rule(one=known, by=st.sampled_from(["A1", "A2"]))
    def dispute(self, one: Model, by: str) -> None:
        allowed = one.may("dispute") and one.said != {by}
        self.asked(lambda: self.book.dispute(one.number, by, "no"), allowed)
        if allowed:
            one.go("dispute")
            one.disputed_by = by

    @rule(one=known, by=st.sampled_from(["A1", "A2"]))
    def withdraw(self, one: Model, by: str) -> None:
        allowed = one.may("withdraw") and (by == "A2" or one.said == {"A1"})
        self.asked(lambda: self.book.withdraw(one.number, by), allowed)
        if allowed:
            one.go("withdraw")

    @rule(one=known, by=st.sampled_from(["A1", "A2"]), amount=st.sampled_from([1, 4_000, AMOUNT]))
    def credit(self, one: Model, by: str, amount: int) -> None:
        allowed = by == "A2" and one.may("credit") and amount <= one.left
        name = str(next(NAMES))
        self.asked(lambda: self.book.credit(one.number, by, name, amount), allowed)
        if allowed:
            self.book.credit(one.number, by, name, amount)
            one.left -= amount
            one.go("credit" if one.left else "credit_all")

    @rule(one=known, which=st.sampled_from(["attached", "factored"]),
          who=st.sampled_from(["A1", "A2", "house"]), sets=st.booleans())  # fmt: skip
    def flag(self, one: Model, which: str, who: str, sets: bool) -> None:
        event = {"attached": "attach", "factored": "factor"}[which]
        if not sets:
            event = {"attach": "detach", "factor": "unfactor"}[event]
        allowed = one.may(event) and (which in one.flags) is not sets
        allowed = allowed and (sets or one.setter[which] == who)
        given = {"person": "P1"} if who == "house" else {"by": who}
        ask = self.book.flag if sets else self.book.clear_flag
        self.asked(lambda: ask(one.number, which, **given), allowed)
        if allowed:
            one.flags ^= {which}
            one.setter[which] = who

    @rule(one=known, by=st.sampled_from(["A1", "A2"]), gives=st.booleans())
    def consent(self, one: Model, by: str, gives: bool) -> None:
        event = "consent" if gives else "end_consent"
        ask = self.book.consent if gives else self.book.end_consent
        self.asked(lambda: ask(one.number, by), one.may(event))
        if one.may(event):
            one.consent = one.consent | {by} if gives else one.consent - {by}

    @rule(one=known)
    def clear(self, one: Model) -> None:
        allowed = one.may("clear")

        def ask() -> None:
            key = self.made.keys["P1"]
            self.made.both(self.book.propose_clearing([one.number], "two of them", "P1", key))

        self.asked(ask, allowed)
        if allowed:
            one.go("clear_confirmed" if len(one.said) == 2 else "clear")

    # ---- what the house does -----------------------------------------------------------------

    @rule(days=st.sampled_from([1, 10]))
    def days_pass(self, days: int) -> None:
        self.made.house.set_clock(self.made.house.now + datetime.timedelta(days=days))

    @rule()
    def expire(self) -> None:
        self.book.expire()
        first = (self.made.house.now - LASTS).date()
        for one in self.all:
            if one.may("expire") and one.since.date() < first:
                one.go("expire")

    @rule()
    def match(self) -> None:
        """All that could match exactly has matched: the matching finds what was cleared since."""
        self.book.match()
        documents = {one.document for one in self.all}
        for document in sorted(documents):
            pairs = [
                [one for one in self.all if one.document == document and one.state == "registered"
                 and one.said == {party} and one.left == AMOUNT]
                for party in ("A1", "A2")
            ]  # fmt: skip
            assert not all(pairs), "the model has no way to such a pair"

    # ---- what always holds -------------------------------------------------------------------

    @invariant()
    def the_house_is_as_the_model(self) -> None:
        with self.made.house.database.read() as unit:
            rows = {
                row.number: row
                for row in find_all(unit, obligation, number=[one.number for one in self.all])
            }
        for one in self.all:
            row = rows[one.number]
            assert (row.state, row.open_minor) == (one.state, one.left), one
            assert row.said == sum({"A1": 1, "A2": 2}[party] for party in one.said), one
            flags = {name for name, bit in (("attached", 1), ("factored", 2)) if row.flags & bit}
            assert flags == one.flags, one
            assert bool(row.flags & 4) == (one.consent == {"A1", "A2"}), one

    def teardown(self) -> None:
        """The events written down lead from the first state to the last by the table."""
        with self.made.house.database.read() as unit:
            numbers = [one.number for one in self.all]
            events = find_all(unit, obligation_event, order=["id"], obligation=numbers)
            judged = {
                row.subject
                for row in find_all(unit, verdict, subject_kind="obligation", subject=numbers)
            }
        assert judged == set(numbers)
        for one in self.all:
            state = "registered"
            for event in events:
                if event.obligation == one.number:
                    state = OBLIGATION_MOVES[state, event.event]
            assert state == one.state, one


def test_the_life_of_obligations() -> None:
    """Hypothesis looks for a sequence in which house and model part ways."""
    folder = Path(tempfile.mkdtemp(prefix="skontro-life-"))
    try:
        changes = {
            "cycles = 12 ": f"days = {LASTS.days} ", "due_days = 3": "due_days = 0",
            "list_limit_days = 2 ": "list_limit_days = 31 ",
        }  # fmt: skip
        ObligationLife.made = MadeHouse(folder / "house", changes=changes)
        ObligationLife.made.import_list()
        ObligationLife.made.admit_firms()
        wanted = settings(
            max_examples=2_000 if SOAK else 25, stateful_step_count=60 if SOAK else 25
        )
        from hypothesis.stateful import run_state_machine_as_test

        run_state_machine_as_test(ObligationLife, settings=wanted)
    finally:
        ObligationLife.made.house.close()
        shutil.rmtree(folder)
