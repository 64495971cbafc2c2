# SPDX-License-Identifier: Apache-2.0
"""A demonstration house that lives through a year: every month a cycle, and what goes wrong in one.

Its sides' accounts are at an invented bank (``lab/bank.py``): the firms pay there, the house's
payment files go in there, and the house knows of money what the bank's files say. In one month a
payment comes back days later.

It can be stopped anywhere and goes on from there: each step is taken unless it was taken. While
it runs, the house can be looked at like any other.
"""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from skontro.core.errors import Conflict, NoSuchFile
from skontro.flow.house import DEMO_PASSPHRASE, House
from skontro.gate.trade import Paper, Trade
from skontro.house.acts import Signer
from skontro.house.calendar import CycleDates, cycle_dates
from skontro.house.rules import HouseRules
from skontro.house.states import CYCLE_STATES
from skontro.house.trade import PAPERS, TradeSaid
from skontro.lab.bank import LoopbackBank
from skontro.lab.goods import PACK, InventedGoods
from skontro.lab.scenes import Scenes
from skontro.lab.trade import RULES, SIDES, InventedTrade, Invoice, rates
from skontro.messages.several_lines import LINES, json_lines
from skontro.messages.trade_rows import TRADE_COLUMNS
from skontro.ops.clock import UTC, SetClock
from skontro.ops.keys import SigningKey
from skontro.store.rows import find_all
from skontro.store.schema import act, pay_out

Tell = Callable[..., None]
"""Told what is done now: ``tell(stage, done, total)``."""

LATE_MONTH, DEFAULT_MONTH, CORRECTED_MONTH, RETURNED_MONTH = 5, 8, 3, 6

_ORDER = list(CYCLE_STATES)


class DemonstrationYear:
    """Twelve cycles of an invented house.

    Args:
        folder: Where house, keys and lists lie.
        firms: How many, over three sides.
        seed: Everything follows from it.
        tell: Told what is done now.
    """

    def __init__(
        self, folder: Path, *, firms: int = 300, seed: int = 7, tell: Tell | None = None
    ) -> None:
        self.folder = folder
        self.trade = InventedTrade(firms, seed)
        self.goods = InventedGoods(self.trade)
        self.tell = tell or _silent
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = {name: _key(folder / "keys" / f"{name}.pem") for name in ("P1", "P2")}
        self.house = self._opened()
        self.bank = LoopbackBank(
            folder / "bank", self.house.rules, self.house.now,
            {(side.id, balance.currency): balance.limit_minor
             for side in self.house.rules.sides for balance in side.working_balances},
        )  # fmt: skip
        self.scenes = Scenes(self)

    @property
    def maker(self) -> tuple[str, Signer]:
        """Who proposes: id and key."""
        return "P1", self.keys["P1"]

    def _opened(self) -> House:
        """The house, opened anew or found again."""
        try:
            return House.open(self.folder / "house")
        except NoSuchFile:
            rules = HouseRules.from_mapping(tomllib.loads(RULES))
            public = {name: key.public_key for name, key in self.keys.items()}
            start = datetime.datetime(2025, 12, 15, 9, tzinfo=UTC)
            return House.create(
                self.folder / "house", rules, public, passphrase=DEMO_PASSPHRASE,
                clock=SetClock(start),
            )  # fmt: skip

    def live(self, months: int = 12) -> list[dict[str, Any]]:
        """Live through the year's first months, from wherever the house is.

        Returns:
            For each month what came of it: gross, set off, settled, and the border positions.
        """
        self.tell("opening the house", 0, months)
        self.begin()
        after = datetime.date(2025, 12, 31)
        for month in range(1, months + 1):
            self.tell(f"month {month} of {months}", month - 1, months)
            dates = cycle_dates(self.house.rules, after)
            if self._state(dates.id) != "closed":
                self._month(month, dates)
            after = dates.business_day
        self.bank.move(self.house.now + datetime.timedelta(days=1))
        self._read_bank()
        self.tell("the year is over", months, months)
        return self.figures()

    # ---- once --------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take in the first list, the firms and the sponsors' money, as far as they are not."""
        house = self.house
        with house.database.read() as unit:
            known = {firm.id for firm in house.participants.table(unit)}
        missing = [firm for firm in self.trade.firms if firm.id not in known]
        if missing:
            self._until(house.now)
        adopted = {one["side"] for one in house.goods.packs()}
        for side in house.rules.sides:
            if side.id not in adopted:
                text = PACK.replace("{side}", side.id).encode()
                self.both(
                    "pack.adopt",
                    lambda side=side.id, text=text: house.goods.propose_pack(  # type: ignore[misc]
                        side, text, *self.maker
                    ),
                )
        if missing:
            self.both(
                "participant.admit",
                lambda: house.participants.propose_admission(missing, *self.maker),
            )
        for side in house.rules.sides:
            for balance in side.working_balances:
                house.settlement.fund(
                    side.id, balance.currency, balance.limit_minor,
                    bank_reference=f"sponsor of {side.id}",
                )  # fmt: skip

    # ---- every month -------------------------------------------------------------------------

    def _month(self, month: int, dates: CycleDates) -> None:
        """One cycle, from its first invoice to its close."""
        house, cycles, money = self.house, self.house.cycles, self.house.settlement
        first = datetime.datetime(dates.business_day.year, month, 1, 8, tzinfo=UTC)
        if self._before(dates.id, "open"):
            self._until(max(first, house.now))
            cycles.open(dates)
        if self._before(dates.id, "entered"):
            self._until(max(first, house.now))
            self.scenes.before_filing(month, self.trade.month(dates.business_day.year, month))
            self._file(month, dates)
            self._declare(month, dates.id)
            self.scenes.before_cut_off(month)
            self._until(dates.cut_off_at)
            cycles.cut_off(dates.id)
        if self._before(dates.id, "correcting"):
            cycles.preliminary(dates.id)
        if self._before(dates.id, "irrevocable"):
            if month == CORRECTED_MONTH:
                self._correct(dates.id)
            self._until(dates.window_ends_at)
            cycles.irrevocable(dates.id)
        if self._before(dates.id, "final"):
            self.both("run.final", lambda: cycles.propose_final(dates.id, *self.maker))
        if self._before(dates.id, "instructed"):
            money.instruct(dates.id)
        if self._before(dates.id, "planned"):
            self._pay(month, dates)
            money.plan(dates.id)
        if self._before(dates.id, "settled"):
            money.settle(dates.id)
        self._pay_out(month, dates.id)
        cycles.close(dates.id)

    def _file(self, month: int, dates: CycleDates) -> None:
        """Both parties hand in what they say of the month's invoices."""
        with self.house.database.read() as unit:
            working = {
                firm.id for firm in self.house.participants.table(unit) if firm.state == "admitted"
            }
        invoices = [
            one
            for one in self.trade.month(dates.business_day.year, month)
            if {one.debtor, one.creditor} <= working
        ]
        obligations = self.house.obligations
        obligations.import_file(_said(invoices, "creditor", self.goods))
        obligations.import_file(_said([one for one in invoices if one.fate in
                                       ("matched", "differs")], "debtor"))  # fmt: skip
        for one in invoices:
            if one.fate in ("matched", "differs", "silent"):
                continue
            number = obligations.find(one.creditor, one.document)
            request = f"{one.fate} {one.document}"
            if one.fate == "disputed":
                obligations.dispute(number, one.debtor, "short delivery", request=request)
                continue
            obligations.confirm(number, one.debtor, request=request)
            if one.fate == "credited":
                obligations.credit(
                    number, one.creditor, f"CN-{one.document}", one.amount_minor // 10
                )

    def _declare(self, month: int, cycle_id: str) -> None:
        if not self._done("fixing.declare", cycle_id):
            self.both(
                "fixing.declare",
                lambda: self.house.cycles.propose_fixing(
                    cycle_id, rates(month), "invented", *self.maker
                ),
            )

    def _correct(self, cycle_id: str) -> None:
        """Both parties of one obligation agree that it leaves."""
        if self._done("cycle.correct", cycle_id):
            return
        with self.house.database.read() as unit:
            from skontro.store.schema import cycle_member

            members = find_all(unit, cycle_member, order=["obligation"], limit=1, cycle=cycle_id)
        self.both(
            "cycle.correct",
            lambda: self.house.cycles.propose_correction(
                cycle_id, members[0].obligation, "error", *self.maker
            ),
        )

    def _pay(self, month: int, dates: CycleDates) -> None:
        """The firms pay what they were called for; one comes late, one not at all."""
        house, money = self.house, self.house.settlement
        calls = self._calls(dates.id)
        last = max(calls, key=lambda call: (call["due_minor"], call["participant"]), default=None)
        names = {firm.id: firm.name for firm in self.trade.firms}
        missing = []
        for call in calls:
            if call is last and month in (LATE_MONTH, DEFAULT_MONTH):
                missing.append(call)
                continue
            self._arrives(call, names[call["participant"]])
        self._read_bank()
        if not missing:
            return
        firm = missing[0]["participant"]
        if month == DEFAULT_MONTH and not self._done("participant.default", firm):
            self.both(
                "participant.default",
                lambda: house.defaults.propose(firm, "insolvency", house.now, *self.maker),
            )
        self._until(dates.pay_in_deadline)
        self._step(
            lambda: self.both("run.recast", lambda: money.propose_recast(dates.id, *self.maker))
        )
        if month == LATE_MONTH:
            self._arrives(missing[0], names[missing[0]["participant"]])
            self._read_bank()

    def _arrives(self, call: dict[str, Any], payer: str) -> None:
        """A firm pays at the bank, under the reference it was given."""
        firm = call["participant"]
        self.bank.pay_in(
            (firm[0], call["currency"]), call["due_minor"], key=call["reference"],
            payer=payer, reference=call["reference"],
        )  # fmt: skip

    def _read_bank(self) -> None:
        """Take in what the bank wrote since the last time."""
        files = list(self.bank.waiting())
        if files:
            self.house.reconciliation.import_files(files)
            self.bank.taken([name for name, _ in files])

    def _pay_out(self, month: int, cycle_id: str) -> None:
        """Two people let the payments go, side by side; the bank has the files, and pays."""
        for side, (currency, _) in SIDES.items():
            self._goes_wrong(month, cycle_id, (side, currency))
            self._release(cycle_id, side, currency)
        self._send()
        if month == RETURNED_MONTH:
            self._until(self.house.now + datetime.timedelta(days=4))
            for side, (currency, _) in SIDES.items():
                self.bank.behave((side, currency))
            self._both_again(cycle_id)

    def _goes_wrong(self, month: int, cycle_id: str, place: tuple[str, str]) -> None:
        """In one month one payment of a side comes back after two days."""
        if month != RETURNED_MONTH or place[0] != "W":
            return
        with self.house.database.read() as unit:
            rows = find_all(unit, pay_out, order=["id"], cycle=cycle_id, side=place[0])
        if rows:
            self.bank.behave(place, "return-later", days=2, reason="AC04",
                             end_to_end_id=rows[0].end_to_end)  # fmt: skip

    def _release(self, cycle_id: str, side: str, currency: str) -> None:
        """Let what is ready on an account leave, by two people; a release that waits is gone on
        with."""
        people, place = self.house.people, (cycle_id, side, currency)
        waiting = [
            one["id"] for one in people.waiting() if one["kind"] == "payment.release"
            and place == tuple(one["content"][name] for name in ("cycle", "side", "currency"))
        ]  # fmt: skip
        try:
            number = waiting[0] if waiting else self.house.settlement.propose_release(
                *place, *self.maker)  # fmt: skip
        except Conflict as refused:
            if refused.code != "NothingReady":
                raise
        else:
            people.approve(number, "P2", self.keys["P2"])

    def _both_again(self, cycle_id: str) -> None:
        """What came back is let go once more."""
        for side, (currency, _) in SIDES.items():
            self._release(cycle_id, side, currency)
        self._send()

    def _send(self) -> None:
        """Write what was released, put it into the bank's box once, and read the answers."""
        files = self.house.payment_files
        for one in files.write(self.folder / "payment-files"):
            if one["message"].startswith("pain.001") and not self.bank.has(one["message_id"]):
                self.bank.drop(Path(one["path"]))
            files.sent(one["file"])
        self.bank.move(self.house.now)
        self._read_bank()

    # ---- what is there already ---------------------------------------------------------------

    def _state(self, cycle_id: str) -> str:
        try:
            return str(self.house.cycles.show(cycle_id)["state"])
        except NoSuchFile:
            return ""

    def _before(self, cycle_id: str, state: str) -> bool:
        """Whether a cycle has not come to a state yet."""
        now = self._state(cycle_id)
        return not now or _ORDER.index(now) < _ORDER.index(state)

    def _calls(self, cycle_id: str) -> list[dict[str, Any]]:
        steps = self.house.cycles.show(cycle_id)["steps"]
        return next(one["detail"]["pay_ins"] for one in steps if one["step"] == "instruct")

    def _done(self, kind: str, subject: str) -> bool:
        """Whether an act of a kind about a subject is done."""
        with self.house.database.read() as unit:
            rows = find_all(unit, act, kind=kind, state="done")
        return any(subject in json.loads(row.content).values() for row in rows)

    def both(self, kind: str, propose: Callable[[], int]) -> None:
        """Have an act done by two people; one that waits is gone on with."""
        people = self.house.people
        waiting = [one["id"] for one in people.waiting() if one["kind"] == kind]
        people.approve(waiting[0] if waiting else propose(), "P2", self.keys["P2"])

    def _step(self, take: Callable[[], Any]) -> None:
        try:
            take()
        except Conflict as refused:
            if refused.code != "AlreadyDone":
                raise

    def _until(self, at: datetime.datetime) -> None:
        """Let time pass, and take the day's screening list in."""
        if self.house.now < at:
            self.house.set_clock(at)
        self.bank.move(self.house.now)
        self._read_bank()
        path = self.folder / "list.csv"
        path.write_text(self.scenes.list_text(), "utf-8")
        self.house.gate.import_list(path, source="invented", dated=self.house.now)

    # ---- at the end --------------------------------------------------------------------------

    def figures(self) -> list[dict[str, Any]]:
        """What came of each month so far: volumes in the house's unit, positions of the sides."""
        found = []
        for cycle_id in self.cycles():
            shown = self.house.cycles.show(cycle_id)
            ran = [one for one in shown["runs"] if one["kind"] == "final"]
            if not ran:
                continue
            summary = ran[0]["summary"]
            recast = [one for one in shown["runs"] if one["kind"] == "recast"]
            settled = (recast or ran)[-1]["summary"]["settled_minor"]
            found.append({
                "cycle": cycle_id, "state": shown["state"], "unit": summary["unit"],
                "obligations": summary["obligations"], "gross_minor": summary["gross_minor"],
                "set_off_minor": summary["set_off_minor"], "settled_minor": settled,
                "share": summary["share"], "recast": bool(recast),
            })  # fmt: skip
        return found

    def cycles(self) -> Sequence[str]:
        """Return the cycles that were opened so far, the first one first."""
        from skontro.store.schema import cycle

        with self.house.database.read() as unit:
            return [row.id for row in find_all(unit, cycle, order=["number"])]


def _silent(*_: object) -> None:
    """Told, and says nothing."""


def _key(path: Path) -> SigningKey:
    """A person's key, made if there is none."""
    if not path.exists():
        SigningKey.new().save(path, DEMO_PASSPHRASE)
    return SigningKey.load(path, DEMO_PASSPHRASE)


def trade_said(trade: Trade) -> TradeSaid:
    """Return what an invoice of one line is for, as a file of registrations says it."""
    (line,), first = trade.lines, trade.papers[0]
    return TradeSaid(
        trade.kind, line.code, _thousandths(line.quantity_milli), line.unit,
        _thousandths(line.weight_g), line.origin, " ".join(line.transit), line.destination,
        line.end_use, _numbers(trade.papers), first.date,
        first.issuer, first.digest, trade.papers_due,
    )  # fmt: skip


def _numbers(papers: Sequence[Paper]) -> tuple[tuple[str, str], ...]:
    """Return the numbers of papers by kind; of several of a kind, with commas between them."""
    found = dict[str, str]()
    for one in papers:
        found[one.kind] = f"{found[one.kind]},{one.number}" if one.kind in found else one.number
    return tuple(found.items())


def trade_columns(said: Sequence[TradeSaid]) -> dict[str, list[str]]:
    """Return what obligations are for as columns of a file of registrations."""
    columns = {
        name: [
            dict(one.papers).get(name, "") if name in PAPERS else getattr(one, name)
            for one in said
        ]
        for name in TRADE_COLUMNS
    }
    if any(one.lines for one in said):
        columns[LINES] = [
            json_lines([{name: str(text) for name, text in asdict(line).items() if text}
                        for line in one.lines])
            for one in said
        ]  # fmt: skip
    return columns


def _thousandths(amount: int) -> str:
    whole, rest = divmod(amount, 1000)
    return f"{whole}.{rest:03}" if amount else ""


def _said(
    invoices: Sequence[Invoice], side: str, goods: InventedGoods | None = None
) -> pa.Table:
    """What one side hands in of some invoices; the books of some say another sum.

    Args:
        invoices: The invoices.
        side: ``creditor`` or ``debtor``.
        goods: What they are for, if that side says so.
    """
    traded = {}
    if goods is not None:
        traded = trade_columns([trade_said(goods.trade_of(one)) for one in invoices])
    return pa.table(traded | {
        "sender": [getattr(one, side) for one in invoices],
        "reference": [one.document for one in invoices],
        "debtor": [one.debtor for one in invoices],
        "creditor": [one.creditor for one in invoices],
        "amount_minor": pa.array(
            [one.amount_minor + (one.fate == "differs" and side == "debtor") * 5_000
             for one in invoices], pa.int64()
        ),
        "currency": [one.currency for one in invoices],
        "due_date": [one.due.isoformat() for one in invoices],
        "document": [one.document for one in invoices],
        "document_date": [one.issued.isoformat() for one in invoices],
    })  # fmt: skip


