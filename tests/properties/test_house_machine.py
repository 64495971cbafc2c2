# SPDX-License-Identifier: Apache-2.0
"""A house driven by chance: whatever its people do in whatever order, its invariants hold.

After every step the invariants of the design are looked at from outside, by sums over the rows
and by the stand-alone checks; at the end the cycle under way is brought to its close, and all
that can finish has finished.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.made_house import DATES, FIRMS, RATES, MadeHouse, lawful
from tests.soaking import rounds

from skontro.core.errors import InvariantViolation, SkontroError
from skontro.flow.obligations import Registration
from skontro.store.rows import find_all
from skontro.store.schema import (
    approval,
    cycle_member,
    discharge,
    money_line,
    obligation,
    obligation_event,
    pay_out,
    verdict,
)
from skontro.verify import verify_folder

NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}
IDS = [each for each, *_ in FIRMS]
firms = st.sampled_from(IDS)
BOTH_WAYS = {
    "# [[border_quota]]\n# debtor_side = \"B\"\n# creditor_side = \"A\"\n# quota = \"15000.00\"\n"
    "# tranche_table = \"carried\"\n": "[[border_quota]]\ndebtor_side = \"B\"\n"
    "creditor_side = \"A\"\nquota = \"15000.00\"\ntranche_table = \"carried\"\n"
}
DAY = datetime.timedelta(days=1)
BLOCK = 25  # lives that count together in the long run


class HouseMachine(RuleBasedStateMachine):
    """What the people and the firms of a house may do."""

    make_url: Any = staticmethod(lambda: None)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="skontro-machine-"))
        self.made = MadeHouse(self.folder / "house", url=type(self).make_url(), changes=BOTH_WAYS)
        self.house = self.made.house
        self.heads = dict[int, str]()
        self.registered = list[Registration]()
        self.cycle = 0
        self.called = list[dict[str, Any]]()
        self.paid = 0
        self.checked = set[str]()

    @initialize()
    def opened(self) -> None:
        """A list, six firms, sponsors' money."""
        self.made.import_list()
        self.made.admit_firms()
        for side, currency, minor in (("A", "EUR", 1_500_000), ("B", "INR", 135_000_000)):
            self.house.settlement.fund(side, currency, minor, bank_reference=f"sponsor {side}")

    def teardown(self) -> None:
        """Bring the cycle to its end, look at everything once more, and clear away."""
        try:
            self._finish()
            self.holds()
        finally:
            self.house.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- firms -------------------------------------------------------------------------------

    @rule(
        debtor=firms, creditor=firms, amount=st.integers(1, 2_000_000),
        currency=st.sampled_from(sorted(RATES)), number=st.integers(0, 40), both=st.booleans(),
        due=st.integers(1, 60),
    )  # fmt: skip
    def register(
        self, debtor: str, creditor: str, amount: int, currency: str, number: int, *, both: bool,
        due: int,
    ) -> None:  # fmt: skip
        """One party, or both, say what is owed."""
        if debtor == creditor:
            return
        day = (datetime.date(2026, 1, 1) + due * DAY).isoformat()
        said = Registration(
            sender=creditor, reference=f"{debtor}-{creditor}-{len(self.registered)}",
            debtor=debtor, creditor=creditor, amount_minor=amount, currency=currency,
            due_date=day, document=f"invoice {number}",
            trade=lawful(debtor[0], creditor[0], "1"),
        )  # fmt: skip
        if {debtor, creditor} & self._gone():
            assert not self._try(self.house.obligations.register, said)
            return
        first = self.house.obligations.register(said)
        assert self.house.obligations.register(said)[0] == first[0]
        self.registered.append(said)
        if both:
            self.house.obligations.register(replace(said, sender=debtor))

    def _gone(self) -> set[str]:
        """The firms in default."""
        return {one["id"] for one in self.house.defaults.cases()}

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), amount=st.integers(1, 3_000_000))
    def same_reference_other_content(self, data: st.DataObject, amount: int) -> None:
        """A reference used for something else is refused."""
        said = data.draw(st.sampled_from(self.registered))
        if amount != said.amount_minor:
            with pytest.raises(SkontroError):
                self.house.obligations.register(replace(said, amount_minor=amount))

    def _any(self, data: st.DataObject) -> Any:
        with self.house.database.read() as unit:
            return data.draw(st.sampled_from(list(find_all(unit, obligation, order=["number"]))))

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), by=firms)
    def confirm(self, data: st.DataObject, by: str) -> None:
        """Somebody says yes; whoever may not is refused."""
        self._try(self.house.obligations.confirm, self._any(data).number, by)

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), by=firms)
    def dispute(self, data: st.DataObject, by: str) -> None:
        """Somebody says no."""
        self._try(self.house.obligations.dispute, self._any(data).number, by, "short delivery")

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), by=firms)
    def withdraw(self, data: st.DataObject, by: str) -> None:
        """Somebody takes it back."""
        self._try(self.house.obligations.withdraw, self._any(data).number, by)

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), by=firms, amount=st.integers(1, 2_000_000), note=st.integers(0, 9))
    def credit(self, data: st.DataObject, by: str, amount: int, note: int) -> None:
        """A credit note, before or after finality."""
        self._try(self.house.obligations.credit, self._any(data).number, by, f"CN{note}", amount)

    def _try(self, do: Any, *arguments: Any) -> bool:
        """Do it; a refusal is fine, a broken invariant is not."""
        try:
            do(*arguments)
        except InvariantViolation:
            raise
        except SkontroError:
            return False
        return True

    # ---- people ------------------------------------------------------------------------------

    @rule(quota=st.integers(0, 3_000_000), ways=st.sampled_from([("A", "B"), ("B", "A")]))
    def change_quota(self, quota: int, ways: tuple[str, str]) -> None:
        """Two people change a border quota; one alone cannot."""
        key = self.made.keys["P1"]
        act = self.house.participants.propose_limits("P1", key, quotas=[(*ways, quota)])
        assert not self._try(self.house.people.approve, act, "P1", key)
        self.made.both(act)

    @rule(firm=firms)
    def suspend(self, firm: str) -> None:
        """A firm is suspended, or comes back."""
        with self.house.database.read() as unit:
            state = self.house.participants.row(unit, firm).state
        wanted = {"admitted": "suspended", "suspended": "admitted"}.get(state)
        if wanted is not None:
            people, key = self.house.participants, self.made.keys["P1"]
            self._try(
                lambda: self.made.both(people.propose_state(firm, wanted, "a test", "P1", key))
            )

    @rule(firm=firms, rarely=st.integers(0, 3), reason=st.sampled_from(["default", "insolvency"]))
    def default(self, firm: str, rarely: int, reason: str) -> None:
        """A firm defaults, at any moment of a cycle: two people say so, one alone cannot."""
        if rarely:
            return
        key, acts = self.made.keys["P1"], list[int]()

        def propose() -> None:
            acts.append(self.house.defaults.propose(firm, reason, self.house.now, "P1", key))

        if self._try(propose):
            assert not self._try(self.house.people.approve, acts[0], "P1", key)
            self._try(self.made.both, acts[0])

    @rule(days=st.integers(1, 4))
    def list_grows_old(self, days: int) -> None:
        """Time passes without a new list: after two days everything is held."""
        self.house.set_clock(self.house.now + days * DAY)

    @rule(listed=st.sampled_from([(), ("B3",), ("A1", "B2")]))
    def new_list(self, listed: tuple[str, ...]) -> None:
        """A new list names nobody, or some of the firms."""
        rows = [("Nobody At All", "")] + [(NAMES[each], "") for each in listed]
        self.made.import_list(rows)

    @rule()
    def keep_head(self) -> None:
        """Somebody outside keeps the journal's head."""
        number, last = self.house.journal.head()
        self.heads[number] = last

    # ---- the cycle ---------------------------------------------------------------------------

    def _dates(self) -> Any:
        """The dates of the next cycle: all of them ahead."""
        start = self.house.now + DAY
        return replace(
            DATES, id=f"c{self.cycle:02d}", business_day=start.date(), cut_off_at=start,
            window_ends_at=start + DAY, pay_in_deadline=start + 2 * DAY,
        )  # fmt: skip

    def _state(self) -> str:
        if not self.cycle:
            return "closed"
        return str(self.house.cycles.show(f"c{self.cycle:02d}")["state"])

    @precondition(lambda self: self._state() == "closed")
    @rule()
    def open_cycle(self) -> None:
        """A new cycle, with its fixing."""
        self.cycle += 1
        dates = self._dates()
        self.house.cycles.open(dates)
        propose = self.house.cycles.propose_fixing
        self.made.both(propose(dates.id, RATES, "a test", "P1", self.made.keys["P1"]))
        self.called = []

    @precondition(lambda self: self._state() != "closed")
    @rule()
    def step(self) -> None:
        """The next step of the cycle; out of order or too early it is refused."""
        self._step(wait=False)

    @precondition(lambda self: self._state() not in ("closed", "open"))
    @rule()
    def step_again(self) -> None:
        """A step that was taken is not taken twice."""
        assert not self._try(self.house.cycles.cut_off, f"c{self.cycle:02d}")

    @precondition(lambda self: self.called)
    @rule(
        data=st.data(), part=st.sampled_from([1, 2, 3, 10]),
        right=st.sampled_from([True, True, False]),
    )  # fmt: skip
    def pay(self, data: st.DataObject, part: int, *, right: bool) -> None:
        """A firm pays all, a part, too much or too late; or somebody else pays."""
        call = data.draw(st.sampled_from(self.called))
        amount = call["due_minor"] * 2 if part == 10 else max(1, call["due_minor"] // part)
        firm = call["participant"]
        self.paid += 1
        said = {
            "bank_reference": f"in {self.paid}", "reference": call["reference"],
            "payer": NAMES[firm] if right else "Somebody Else",
        }  # fmt: skip
        receive = self.house.settlement.receive
        first = receive(SIDES[firm], call["currency"], amount, **said)
        assert receive(SIDES[firm], call["currency"], amount, **said)["state"] == first["state"]

    @precondition(lambda self: self._state() in ("entered", "correcting"))
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        """An obligation leaves in the correction window, by two people."""
        with self.house.database.read() as unit:
            inside = find_all(unit, cycle_member, cycle=f"c{self.cycle:02d}", left_why=None)
        if inside:
            number = data.draw(st.sampled_from([row.obligation for row in inside]))
            propose = self.house.cycles.propose_correction
            key = self.made.keys["P1"]
            self._try(
                lambda: self.made.both(
                    propose(f"c{self.cycle:02d}", number, "error", "P1", key)
                )
            )

    def _step(self, *, wait: bool) -> None:
        """Take the next step; where it must wait, let time pass if told to."""
        name, house = f"c{self.cycle:02d}", self.house
        cycles, money, key = house.cycles, house.settlement, self.made.keys["P1"]
        shown = cycles.show(name)
        state = shown["state"]
        if wait:
            times = {"open": "cut_off_at", "correcting": "window_ends_at",
                     "instructed": "pay_in_deadline"}  # fmt: skip
            if state in times:
                until = datetime.datetime.fromisoformat(shown[times[state]])
                house.set_clock(max(house.now, until))
            self.made.import_list()
        if state == "open":
            self._try(cycles.cut_off, name)
        elif state == "entered":
            self._try(cycles.preliminary, name)
        elif state == "correcting":
            self._try(cycles.irrevocable, name)
        elif state == "irrevocable":
            self._try(lambda: self.made.both(cycles.propose_final(name, "P1", key)))
        elif state == "final":
            self.called = money.instruct(name)
        elif state == "instructed":
            if not self._try(money.plan, name):
                self._try(lambda: self.made.both(money.propose_recast(name, "P1", key)))
        elif state == "planned":
            self._try(money.settle, name)
        elif state == "settled":
            self._pay_out(name)
            self._try(cycles.close, name)

    def _pay_out(self, name: str) -> None:
        """Two people let go what is ready; the banks pay it."""
        money, key = self.house.settlement, self.made.keys["P1"]
        for side, currency in (("A", "EUR"), ("B", "INR")):
            self._try(
                lambda side=side, currency=currency: self.made.both(
                    money.propose_release(name, side, currency, "P1", key)
                )
            )
            with self.house.database.read() as unit:
                rows = find_all(unit, pay_out, order=["id"], side=side, state="released")
            for row in rows:
                money.sent(side, row.currency, row.id, bank_reference=f"out {row.id}")

    def _finish(self) -> None:
        """With a fresh list and time passing, a cycle always comes to its end."""
        for _ in range(40):
            if self._state() == "closed":
                return
            self._step(wait=True)
        raise AssertionError(f"the cycle is stuck in {self._state()}")

    # ---- what always holds -------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        """I1, I2, I5, I6, I7 and I8, looked at from outside after every step."""
        verdict_of_all = self.house.journal.verify(self.heads)
        assert verdict_of_all.ok, verdict_of_all.text()
        with self.house.database.read() as unit:
            self._obligations_add_up(unit)
            self._nothing_passed_the_gate_alone(unit)
            self._money_is_what_the_banks_say(unit)
            for row in find_all(unit, approval):
                assert row.maker != row.checker
        self._runs_check()

    def _obligations_add_up(self, unit: Any) -> None:
        """What is open is the amount less credit notes, set-off and settlement."""
        gone = dict[int, int]()
        planned = {row.run for row in find_all(unit, discharge)}
        settled = self._settled_runs(unit)
        for row in find_all(unit, discharge):
            gone[row.obligation] = gone.get(row.obligation, 0) + row.set_off_minor
            if row.run in settled:
                gone[row.obligation] += row.planned_minor
        assert settled <= planned or not planned
        credited = dict[int, int]()
        for row in find_all(unit, obligation_event, event=["credit", "credit_all"]):
            credited[row.obligation] = credited.get(row.obligation, 0) + (row.amount_minor or 0)
        for row in find_all(unit, obligation):
            assert 0 <= row.open_minor <= row.amount_minor
            rest = row.amount_minor - gone.get(row.number, 0) - row.open_minor
            assert rest == credited.get(row.number, 0), row

    def _settled_runs(self, unit: Any) -> set[int]:
        """The runs whose plan was settled: one a cycle at most."""
        from skontro.store.schema import cycle, cycle_step

        done = {row.cycle for row in find_all(unit, cycle_step, step="settle")}
        return {
            row.planned_run for row in find_all(unit, cycle) if row.id in done and row.planned_run
        }

    def _nothing_passed_the_gate_alone(self, unit: Any) -> None:
        """Every member of a run and every pay-out has a released verdict for its content."""
        for table, kind, number in ((cycle_member, "obligation", "obligation"),
                                    (pay_out, "pay_out", "id")):  # fmt: skip
            for row in find_all(unit, table):
                said = find_all(unit, verdict, id=row.verdict_id)[0]
                assert (said.outcome, said.subject_kind) == ("released", kind)
                assert said.subject == getattr(row, number)
                assert bytes(said.content_digest) == bytes(row.content_digest)

    def _money_is_what_the_banks_say(self, unit: Any) -> None:
        """Bank accounts of the journal are the sum of the banks' lines; none is overdrawn."""
        lines = dict[str, int]()
        for row in find_all(unit, money_line):
            code = f"bank:{row.side}:{row.currency}"
            lines[code] = lines.get(code, 0) + row.amount_minor
        booked = self.house.journal.balances("bank:")
        assert {code: minor for code, minor in booked.items() if minor} == {
            code: minor for code, minor in lines.items() if minor
        }
        assert all(minor >= 0 for minor in booked.values())
        if self._state() in ("closed", "open", "entered", "correcting", "irrevocable"):
            claims = self.house.journal.balances("payable:") | self.house.journal.balances(
                "receivable:"
            )
            assert not any(claims.values()), claims

    def _runs_check(self) -> None:
        """I3 and I10: each new run has a certificate that checks, and replays to its digest."""
        if not self.cycle:
            return
        name = f"c{self.cycle:02d}"
        ran = self.house.cycles.show(name)["runs"]
        new = [one for one in ran if one["folder"] + one["result_digest"] not in self.checked]
        for one in new:
            found = verify_folder(self.house.folder / one["folder"])
            assert found.ok, found.text()
            self.checked.add(one["folder"] + one["result_digest"])
        if new:
            assert all(one["agrees"] for one in self.house.cycles.replay(name))


def _drive(name: str, lives: int, steps: int, *, soak: bool) -> None:
    """Live a block of lives; in the long run one block after the other, each with its seed."""
    for block in rounds(f"house machine {name}", lives // BLOCK, soak=soak):
        run_state_machine_as_test(
            seed(block)(HouseMachine) if soak else HouseMachine,
            settings=settings(
                max_examples=BLOCK if soak else lives,
                stateful_step_count=steps,
                phases=(Phase.generate,),
            ),
        )


def test_a_house_driven_by_chance(monkeypatch: pytest.MonkeyPatch, soak: bool) -> None:
    """On the embedded database: a sample, or in the long run fifteen hundred lives."""
    monkeypatch.setattr(HouseMachine, "make_url", staticmethod(lambda: None))
    _drive("sqlite", 1500 if soak else 6, 30, soak=soak)


def test_a_house_driven_by_chance_on_postgresql(
    monkeypatch: pytest.MonkeyPatch, postgres_server: Any, soak: bool
) -> None:
    """The same on PostgreSQL, five hundred lives; each has a database of its own."""
    from tests import postgres

    names = list[str]()

    def make_url() -> str:
        while names:
            postgres.drop_database(postgres_server, names.pop())
        names.append(postgres.make_database(postgres_server))
        return str(postgres_server.url(names[-1], postgres.OWNER))

    monkeypatch.setattr(HouseMachine, "make_url", staticmethod(make_url))
    _drive("postgresql", 500 if soak else 2, 25, soak=soak)
    for name in names:
        postgres.drop_database(postgres_server, name)
