# SPDX-License-Identifier: Apache-2.0
"""Every pair of state and event, tried on a house: what the table allows, and nothing else."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse
from tests.made_obligations import filed, said

from skontro.core.errors import Conflict, Rejected, SkontroError
from skontro.house.states import EVENTS, OBLIGATION_MOVES, OBLIGATION_STATES
from skontro.store.rows import find, find_all
from skontro.store.schema import obligation, obligation_event

NO_CASH = {'pay_in = "full" ': 'pay_in = "limits" ', "amount_minor = 0  ": "amount_minor = 5  "}


class Lab:
    """A house in which obligations can be brought into any state.

    One cycle is cut off and run to its close, so that there are obligations that were entered,
    discharged by set-off alone, and rolled: no money is asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.made = MadeHouse(folder, changes=NO_CASH)
        self.made.import_list()
        self.made.admit_firms()
        self.book = self.made.house.obligations
        self.names = map(str, itertools.count(1))
        self.entered = [self.confirmed() for _ in range(30)]
        self.discharged = [
            number
            for _ in range(30)
            for number in (self.confirmed(debtor="A3", creditor="A2", amount_minor=500),
                           self.confirmed(debtor="A2", creditor="A3", amount_minor=500))
        ]  # fmt: skip

    def registered(self, sender: str = "", **changes: Any) -> int:
        name = next(self.names)
        terms = {"debtor": "A1", "creditor": "A2", "document": name} | changes
        return self.book.register(said(sender or terms["creditor"], name, **terms))[0]

    def confirmed(self, **changes: Any) -> int:
        number = self.registered(**changes)
        self.book.confirm(number, changes.get("debtor", "A1"))
        return number

    def disputed(self) -> int:
        number = self.confirmed()
        self.book.dispute(number, "A1", "no")
        return number

    def duplicate(self) -> int:
        document = next(self.names)
        self.registered(document=document)
        return self.registered(document=document)

    def duplicate_of_both(self) -> int:
        number = self.duplicate()
        self.book.confirm(number, "A1")
        return number

    def joined(self) -> int:
        document = next(self.names)
        number = self.registered(document=document, amount_minor=10_001)
        self.registered("A1", document=document)
        self.book.match()
        return number

    def withdrawn(self) -> int:
        number = self.registered()
        self.book.withdraw(number, "A2")
        return number

    def credited(self) -> int:
        number = self.registered()
        self.book.credit(number, "A2", next(self.names), 10_000)
        return number

    def expired(self) -> int:
        number = self.registered(due_date="2019-12-31")
        self.book.expire()
        return number

    def cut_off(self) -> None:
        self.made.house.cycles.open(DATES)
        rates = {"EUR": "1", "INR": "1/90"}
        self.made.both(self.made.house.cycles.propose_fixing(
            DATES.id, rates, "a test", "P1", self.made.keys["P1"],
        ))  # fmt: skip
        self.made.until(DATES.cut_off_at)
        self.made.house.cycles.cut_off(DATES.id)

    def close(self) -> None:
        cycles, settlement = self.made.house.cycles, self.made.house.settlement
        cycles.preliminary(DATES.id)
        self.made.until(DATES.window_ends_at)
        cycles.irrevocable(DATES.id)
        self.made.both(cycles.propose_final(DATES.id, "P1", self.made.keys["P1"]))
        settlement.instruct(DATES.id)
        settlement.plan(DATES.id)
        settlement.settle(DATES.id)
        cycles.close(DATES.id)

    def row(self, number: int) -> Any:
        with self.made.house.database.read() as unit:
            return find(unit, obligation, number=number)


def tried(lab: Lab) -> dict[str, Callable[[int], Any]]:
    """How each event that people bring about is asked for, by somebody who may."""
    book, key = lab.book, lab.made.keys["P1"]

    def confirm(number: int) -> None:
        shown = book.show(number)
        book.confirm(number, shown["creditor"] if shown["said"] == 1 else shown["debtor"])

    def clear(number: int) -> None:
        lab.made.both(book.propose_clearing([number], "two deliveries", "P1", key))

    def credit_all(number: int) -> None:
        book.credit(number, lab.book.show(number)["creditor"], next(lab.names),
                    lab.row(number).open_minor)  # fmt: skip

    def flag(event: str) -> Callable[[int], object]:
        which = "attached" if event.endswith("tach") else "factored"
        if event in ("attach", "factor"):
            return lambda number: book.flag(number, which, person="P1")
        return lambda number: book.clear_flag(number, which, person="P1")

    return {
        "confirm": confirm,
        "dispute": lambda number: book.dispute(number, book.show(number)["debtor"], "no"),
        "withdraw": lambda number: book.withdraw(number, book.show(number)["creditor"]),
        "credit": lambda number: book.credit(number, book.show(number)["creditor"],
                                             next(lab.names), 1),
        "credit_all": credit_all,
        "clear": clear,
        "clear_confirmed": clear,
        "oppose": lambda number: lab.made.both(
            book.propose_opposite(number, 1, "it was a fraud", "P1", key)
        ),
        **{event: flag(event) for event in ("attach", "detach", "factor", "unfactor")},
        "consent": lambda number: book.consent(number, book.show(number)["debtor"]),
        "end_consent": lambda number: book.end_consent(number, book.show(number)["debtor"]),
    }  # fmt: skip


BY_PEOPLE = (
    "confirm", "dispute", "withdraw", "credit", "credit_all", "clear", "clear_confirmed", "oppose",
    "attach", "detach", "factor", "unfactor", "consent", "end_consent",
)  # fmt: skip
BY_THE_HOUSE = {"join", "suspect", "uphold", "expire", "enter", "leave", "roll", "discharge"}


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """Two houses: one with its cycle cut off, one with its cycle closed."""
    cut, closed = (Lab(tmp_path_factory.mktemp(name) / "house") for name in ("cut", "closed"))
    cut.cut_off()
    closed.cut_off()
    closed.close()
    yield {"cut": cut, "closed": closed}
    for lab in (cut, closed):
        lab.made.house.close()


def brought(labs: dict[str, Lab], state: str, event: str) -> tuple[Lab, int]:
    """An obligation in a state, ready for the event if the state allows it."""
    if state == "entered":
        return labs["cut"], labs["cut"].entered.pop()
    lab = labs["closed"]
    if state == "discharged":
        return lab, lab.discharged.pop()
    made = "duplicate_of_both" if (state, event) == ("duplicate", "clear_confirmed") else state
    return lab, getattr(lab, made)()


def test_all_events_are_tried() -> None:
    assert {*BY_PEOPLE, *BY_THE_HOUSE} == set(EVENTS)


@pytest.mark.parametrize("event", BY_PEOPLE)
@pytest.mark.parametrize("state", OBLIGATION_STATES)
def test_what_people_ask_for(labs: dict[str, Lab], state: str, event: str) -> None:
    """What the table allows happens and is written down; all else is refused and changes nothing.

    A credit note on what cannot be lowered any more becomes an opposite obligation, if there is
    something final to make good.
    """
    lab, number = brought(labs, state, event)
    ask, after = tried(lab)[event], OBLIGATION_MOVES.get((state, event))
    sets = {"detach": "attach", "unfactor": "factor"}.get(event)
    if sets and after:
        tried(lab)[sets](number)
    if event in ("credit", "credit_all") and after is None:
        after = OBLIGATION_MOVES.get((state, "oppose"))
        event = "oppose"
    before, refused = lab.row(number), None
    try:
        ask(number)
    except (Conflict, Rejected) as error:
        refused = error
    if refused is not None:
        assert lab.row(number) == before
        nothing_final = ("CreditTooLarge", "NonPositiveAmount")
        assert refused.code in (("WrongState",) if after is None else nothing_final), refused
        assert after is None or event == "oppose"
        return
    assert after is not None, f"{state} let {event} happen"
    row = lab.row(number)
    assert row.state == after
    with lab.made.house.database.read() as unit:
        events = [one.event for one in find_all(unit, obligation_event, order=["id"],
                                                obligation=number)]  # fmt: skip
    assert events[-1] == event


@pytest.mark.parametrize("state", OBLIGATION_STATES)
def test_the_house_expires_what_the_table_allows(labs: dict[str, Lab], state: str) -> None:
    """Long past its due date, in each state: what may expire does, and nothing else."""
    lab = labs["closed"] if state != "entered" else labs["cut"]
    if state in ("entered", "discharged", "expired"):
        number = brought(labs, state, "expire")[1]
    else:
        number = _old(lab, state)
    before = lab.row(number).state
    assert before == state
    lab.book.expire()
    assert lab.row(number).state == OBLIGATION_MOVES.get((state, "expire"), state)


def _old(lab: Lab, state: str) -> int:
    """An obligation in a state, so old that it is time-barred."""
    plain = lab.registered

    def old(sender: str = "", **changes: Any) -> int:
        return plain(sender, **({"due_date": "2019-12-31"} | changes))

    lab.registered = old  # type: ignore[method-assign]
    try:
        return int(getattr(lab, state)())
    finally:
        del lab.registered


def test_the_cut_off_enters_what_is_confirmed_and_nothing_else(tmp_path: Path) -> None:
    """One in each state; flags and dates keep out, consent lets in; two people take out again."""
    lab = Lab(tmp_path / "house")
    states = [name for name in OBLIGATION_STATES if name not in ("entered", "discharged")]
    numbers = {state: getattr(lab, state)() for state in states}
    kept = {which: lab.confirmed() for which in ("attached", "factored", "early", "agreed")}
    lab.book.flag(kept["attached"], "attached", person="P1")
    lab.book.flag(kept["factored"], "factored", by="A2")
    for which in ("early", "agreed"):
        kept[which] = lab.confirmed(due_date="2026-03-01")
    for party in ("A1", "A2"):
        lab.book.consent(kept["agreed"], party)
    lab.cut_off()
    after = {state: lab.row(number).state for state, number in numbers.items()}
    assert after == {state: state for state in states} | {"confirmed": "entered"}
    assert {name: lab.row(number).state for name, number in kept.items()} == {
        "attached": "confirmed", "factored": "confirmed", "early": "confirmed",
        "agreed": "entered",
    }  # fmt: skip
    cycles, key = lab.made.house.cycles, lab.made.keys["P1"]
    lab.made.both(cycles.propose_correction(DATES.id, kept["agreed"], "consent", "P1", key))
    assert lab.row(kept["agreed"]).state == "confirmed"
    for state, number in (numbers | kept).items():
        if lab.row(number).state == "entered":
            continue
        with pytest.raises(SkontroError):
            lab.made.both(cycles.propose_correction(DATES.id, number, "error", "P1", key))
        assert lab.row(number).state != "entered", state
    lab.made.house.close()


def test_the_close_rolls_and_discharges(tmp_path: Path) -> None:
    """Set off in part: the rest rolls, is counted, and what was final is made good by opposites."""
    lab = Lab(tmp_path / "house")
    lab.entered.clear()
    part = lab.confirmed(debtor="A1", creditor="A3", amount_minor=1_000)
    whole = lab.confirmed(debtor="A3", creditor="A1", amount_minor=600)
    lab.cut_off()
    book, key = lab.book, lab.made.keys["P1"]
    note = book.credit(whole, "A1", "window", 100)
    assert (note["open_minor"], note["state"]) == (600, "entered")
    lab.close()
    shown = book.show(part)
    assert (shown["state"], shown["open_minor"], shown["rolled_over"]) == ("confirmed", 400, 1)
    assert book.show(whole)["state"] == "discharged"
    credit = book.credit(part, "A3", "late", 550)
    assert (credit["open_minor"], credit["state"]) == (0, "credited")
    opposite = book.show(credit["opposite"])
    assert (opposite["debtor"], opposite["creditor"]) == ("A3", "A1")
    assert (opposite["amount_minor"], opposite["state"], opposite["opposite_of"]) == (
        150, "registered", part,
    )  # fmt: skip
    assert book.confirm(credit["opposite"], "A1") == "confirmed"
    with pytest.raises(Rejected, match="the 450 that are left"):
        book.credit(part, "A3", "again", 451)
    with pytest.raises(Rejected, match="500 minor units are final"):
        book.propose_opposite(whole, 501, "never delivered", "P1", key)
    act = book.propose_opposite(whole, 500, "never delivered", "P1", key, evidence="file 3")
    twin = book.propose_opposite(whole, 1, "the same, seen by another", "P1", key)
    assert book.show(whole)["events"][-1]["event"] == "oppose"
    made = lab.made.both(act)["opposite"]
    fraud = book.show(int(str(made)))
    assert (fraud["state"], fraud["said"], fraud["debtor"]) == ("confirmed", 2, "A1")
    assert [one["event"] for one in fraud["events"]] == ["uphold"]
    with pytest.raises(Rejected, match=r"of obligation \d+ 0 minor units are final"):
        lab.made.both(twin)
    with pytest.raises(Rejected, match=r"of obligation \d+ 0 minor units are final"):
        book.propose_opposite(whole, 1, "once more", "P1", key)
    again = book.propose_opposite(part, 1, "as well", "P1", key)
    lab.made.both(again)
    lab.made.house.set_clock(lab.made.house.now + datetime.timedelta(days=1))
    lab.made.house.close()


def test_a_credit_note_on_what_expired_makes_good_what_was_set_off_alone(tmp_path: Path) -> None:
    """Of 1,000 set off for 600 the rest expired: nobody owes it, so nothing of it is made good."""
    lab = Lab(tmp_path / "house")
    part = lab.confirmed(debtor="A1", creditor="A3", amount_minor=1_000)
    lab.confirmed(debtor="A3", creditor="A1", amount_minor=600)
    lab.cut_off()
    lab.close()
    house, book = lab.made.house, lab.book
    house.set_clock(house.now + datetime.timedelta(days=house.rules.expiry.limitation_days + 40))
    book.expire()
    shown = book.show(part)
    assert (shown["state"], shown["open_minor"]) == ("expired", 400)
    with pytest.raises(Rejected, match="the 600 that are left"):
        book.credit(part, "A3", "too much", 601)
    credit = book.credit(part, "A3", "late", 600)
    assert (credit["open_minor"], credit["state"]) == (400, "expired")
    assert book.show(credit["opposite"])["amount_minor"] == 600
    house.close()


def test_files_touch_only_what_waits(labs: dict[str, Lab]) -> None:
    """The other party's word, in a file, on an obligation in each state: only one that waits is
    answered; on any other it is a word of its own, held if it says the same again."""
    lab = labs["closed"]
    states = [name for name in OBLIGATION_STATES if name not in ("entered", "discharged")]
    for state in states:
        number = getattr(lab, state)()
        row = lab.row(number)
        again = said("A1", f"again {state}", debtor="A1", creditor="A2", document=row.document,
                     amount_minor=row.amount_minor)  # fmt: skip
        lab.book.import_file(filed(again), near=False)
        other = lab.book.find("A1", f"again {state}")
        answered = other == number
        assert answered == (state == "registered"), state
        if state == "duplicate":
            assert lab.row(other).state == "confirmed"
            assert lab.row(number).state == "duplicate"
        elif not answered:
            fresh = {"withdrawn", "expired", "joined"}
            held = lab.row(other).state == "duplicate"
            assert held is (state not in fresh), state
