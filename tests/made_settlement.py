# SPDX-License-Identifier: Apache-2.0
"""A house of any sides and firms that lives through cycles, with banks that keep their own books.

Every line the banks pass goes through one of the methods here, so that after each step the house's
money accounts can be held against what the banks would say.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.made_house import ACCOUNTS, OPENED, PASSPHRASE, lawful
from tests.made_lists import FILLER

from skontro.core.errors import Conflict
from skontro.flow.house import House
from skontro.flow.obligations import Registration
from skontro.house.calendar import cycle_dates
from skontro.house.firms import Agreement, Firm
from skontro.house.identifiers import bank_account
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.house.settlement import SCHEMES
from skontro.house.trade import LineSaid
from skontro.ops.clock import SetClock
from skontro.ops.keys import SigningKey
from skontro.store.journal import read_entries, read_postings
from skontro.store.rows import find_all
from skontro.store.schema import cycle, left_payment, money_line, pay_out

Place = tuple[str, str]

LISTED = {"weekend": ["saturday", "sunday"], "closed_days": [], "listed_until":
          datetime.date(2027, 12, 31)}  # fmt: skip
HALF = {"step": [{"width": "1", "debtor_hard": "1/2", "creditor_hard": "1/2"}], "beyond": "hard"}
UNION_1950 = {
    "beyond": "hard", "capital_account": "union capital",
    "step": [
        {"width": "1/5", "debtor_hard": f"{hard}/5", "creditor_hard": "0" if hard == 0 else "1/2"}
        for hard in range(5)
    ],
}  # fmt: skip
STRANGER = ACCOUNTS["EUR"](1700).number
CURRENCIES = {"A": "EUR", "B": "INR", "C": "AED"}
RATES = {"EUR": "1", "INR": "1/90", "AED": "1/4"}


def made_rules(
    sides: Mapping[str, str],
    *,
    quotas: Sequence[tuple[str, str, str]] = (),
    table: str = "carried",
    tables: Mapping[str, Any] = {},
    working: Mapping[str, str] = {},
    pools: Mapping[str, str] = {},
    missed: tuple[str, int] = ("recast", 0),
    pay_in: str = "full",
    alarm: tuple[int, str] = (6, "60 %"),
    more: Mapping[str, Sequence[str]] = {},
) -> HouseRules:
    """Rules of a house in which every side has one currency and works from Monday to Friday.

    Args:
        sides: Currency of each side.
        quotas: Debtor side, creditor side, quota in EUR; an empty side is the hub.
        table: Tranche table of every quota.
        tables: Tranche tables besides ``carried``, ``half`` and ``union``.
        working: Limit of the working balance of sides that have one.
        pools: Size of the pool of sides that have one.
        missed: What happens to missing pay-ins, and how many days a queue waits.
        pay_in: ``full`` or ``limits``.
        alarm: Cycles, and share of the quota.
        more: Other currencies that sides keep.
    """
    said: dict[str, Any] = tomllib.loads(example_rules())
    kept = said["side"]["A"]["retention_years"]
    said["side"] = {}
    for number, (side, code) in enumerate(sides.items()):
        codes = [code, *more.get(side, ())]
        accounts = {
            one: ACCOUNTS.get(one, ACCOUNTS["INR"])(900 + 10 * number + place).as_json()
            for place, one in enumerate(codes)
        }
        said["side"][side] = {
            "name": f"Side {side}", "jurisdiction": {"A": "NL", "B": "IN"}.get(side, "AE"),
            "currencies": codes, "time_zone": "UTC", "account": accounts,
            "calendar": LISTED, "retention_years": kept,
            "write_off": dict.fromkeys(codes, "1"),
        }  # fmt: skip
        if side in working:
            said["side"][side]["working_balance"] = {
                code: {"limit": working[side], "sponsor": f"Sponsor of {side}",
                       "agreement": f"WB-{side}"}
            }  # fmt: skip
        if side in pools:
            said["side"][side]["pool"] = {code: pools[side]}
    said["tranche_table"] |= {"half": HALF, "union": UNION_1950, **tables}
    said["border_quota"] = [
        {"debtor_side": debtor, "creditor_side": creditor, "quota": quota, "tranche_table": table}
        for debtor, creditor, quota in quotas
    ]
    said["hub"] = {"account": {"EUR": ACCOUNTS["EUR"](1900).as_json() | {"bic": "ABNANL2A"}}}
    said["settlement"] = {"pay_in": pay_in, "missed_pay_in": missed[0]}
    if missed[1]:
        said["settlement"]["grace_business_days"] = missed[1]
    said["cycle"]["time_zone"] = "UTC"
    said["alarm"] = {"cycles": alarm[0], "quota_share": alarm[1]}
    return HouseRules.from_mapping(said)


class MadeSettlement:
    """A house, its two people, and its banks.

    Attributes:
        house: The house.
        bank: What stands on each side's account by the bank's own books.
        cycle: Id of the cycle under way.
        calls: The pay-ins called in it, by participant.
    """

    def __init__(
        self, folder: Path, rules: HouseRules, firms: Sequence[str], *, url: str | None = None,
        home: Mapping[str, str] = {}, accounts: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.keys = {"P1": SigningKey.new(), "P2": SigningKey.new()}
        self.house = House.create(
            folder, rules, {name: key.public_key for name, key in self.keys.items()},
            passphrase=PASSPHRASE, database_url=url, clock=SetClock(OPENED),
        )  # fmt: skip
        self.money = self.house.settlement
        self.bank = dict[Place, int]()
        self.currency = {side.id: (side.working_balances or side.accounts)[0].currency
                         for side in rules.sides}  # fmt: skip
        self.side = {firm: firm[0] for firm in firms}
        self.cycle = ""
        self.calls = dict[str, dict[str, Any]]()
        self._lines = self._seen = 0
        self._day = OPENED.date()
        self.import_list()
        for side in rules.sides:
            self.both(self.house.goods.propose_pack(side.id, "starter", *self.p1))
        self.admit(firms, home, firms if accounts is None else accounts)

    # ---- people and firms --------------------------------------------------------------------

    def both(self, act: int) -> Any:
        """Let P2 approve what P1 proposed."""
        return self.house.people.approve(act, "P2", self.keys["P2"])

    @property
    def p1(self) -> tuple[str, SigningKey]:
        """P1 and their key."""
        return "P1", self.keys["P1"]

    def until(self, at: datetime.datetime) -> None:
        """Let time pass, and take the day's screening list in."""
        self.house.set_clock(at)
        self.import_list()

    def import_list(self, *names: str) -> None:
        """Take a screening list of now into force."""
        path = self.house.folder / "list.csv"
        rows = "".join(f"{name},\n" for name in (*FILLER, "Nobody At All", *names))
        path.write_text(f"name,identifier\n{rows}", "utf-8")
        self.house.gate.import_list(path, source="a test", dated=self.house.now)

    def admit(
        self, firms: Sequence[str], home: Mapping[str, str], accounts: Sequence[str]
    ) -> None:
        """Admit firms; the first letter of each is its side. Some may have no account yet."""
        asked = []
        for number, firm in enumerate(firms):
            code = home.get(firm, self.currency[firm[0]])
            make = ACCOUNTS.get(code)
            account = make(number) if make else bank_account(
                bban=f"{60100012345000 + number}", bic="HDFCINBB"
            )  # fmt: skip
            asked.append(
                Firm(
                    id=firm, name=f"Firm {firm}", side=firm[0], home_currency=code,
                    agreement=Agreement("SOA", "1", "NL", "LO", f"for {firm}", "2026-01-01"),
                    accounts={code: account} if firm in accounts else {},
                )
            )  # fmt: skip
        self.both(self.house.participants.propose_admission(asked, *self.p1))

    def owe(
        self, debtor: str, creditor: str, amount: int, currency: str,
        lines: Sequence[LineSaid] = (),
    ) -> int:
        """Register and confirm that one firm owes another so many minor units."""
        self._lines += 1
        trade = lawful(self.side[debtor], self.side[creditor], str(self._lines))
        said = Registration(
            sender=creditor, reference=f"r{self._lines}", debtor=debtor, creditor=creditor,
            amount_minor=amount, currency=currency, due_date="2026-01-05",
            document=f"invoice {self._lines}",
            trade=replace(trade, code="", lines=tuple(lines)) if lines else trade,
        )  # fmt: skip
        number, _ = self.house.obligations.register(said)
        self.house.obligations.confirm(number, debtor)
        return number

    # ---- a cycle -----------------------------------------------------------------------------

    def open(self, rates: Mapping[str, str] = RATES) -> str:
        """Open the next cycle and declare its fixing."""
        dates = cycle_dates(self.house.rules, self._day)
        self._day = dates.business_day
        self.cycle = self.house.cycles.open(dates)
        self.both(
            self.house.cycles.propose_fixing(self.cycle, dict(rates), "a test", *self.p1)
        )
        return self.cycle

    @property
    def row(self) -> Any:
        """The row of the cycle under way."""
        with self.house.database.read() as unit:
            return find_all(unit, cycle, id=self.cycle)[0]

    def at(self, name: str) -> None:
        """Let time pass until one of the cycle's times."""
        when = datetime.datetime.fromisoformat(getattr(self.row, name))
        if when > self.house.now:
            self.until(when)
        else:
            self.import_list()

    def to_final(self) -> dict[str, Any]:
        """From the cut-off to the published final run; return its totals."""
        cycles = self.house.cycles
        self.at("cut_off_at")
        cycles.cut_off(self.cycle)
        cycles.preliminary(self.cycle)
        self.at("window_ends_at")
        cycles.irrevocable(self.cycle)
        self.both(cycles.propose_final(self.cycle, *self.p1))
        return dict(cycles.show(self.cycle)["runs"][-1]["summary"])

    def call(self) -> dict[str, dict[str, Any]]:
        """Call the pay-ins."""
        self.calls = {one["participant"]: one for one in self.money.instruct(self.cycle)}
        return self.calls

    def recast(self) -> dict[str, Any]:
        """Two people recast; what came of it."""
        return dict(self.both(self.money.propose_recast(self.cycle, *self.p1)))

    def missed(self) -> dict[str, Any]:
        """Do what the rules say about what is missing: what pools covered, and the recast."""
        done = self.money.missed(self.cycle)
        return done | {"recast": self.recast() if done["recast"] else None}

    def run(self, rates: Mapping[str, str] = RATES) -> dict[str, dict[str, Any]]:
        """Open a cycle, run it to final and call the pay-ins."""
        self.open(rates)
        self.to_final()
        return self.call()

    # ---- what the banks pass -----------------------------------------------------------------

    def _line(self, place: Place, amount: int, reference: str | None = None) -> str:
        """Book a line at the bank, unless it was; return its id."""
        if reference is None:
            self._lines += 1
            reference = f"line {self._lines}"
            self.bank[place] = self.bank.get(place, 0) + amount
        return reference

    def pay(self, firm: str, amount: int | None = None, **said: Any) -> dict[str, Any]:
        """A firm pays its pay-in, all of it if no amount is said."""
        call = self.calls[firm]
        amount = call["due_minor"] if amount is None else amount
        place = (self.side[firm], call["currency"])
        line = self._line(place, amount, said.pop("line", None))
        return self.money.receive(
            *place, amount, bank_reference=line,
            **{"reference": call["reference"], "payer": f"Firm {firm}", **said},
        )  # fmt: skip

    def stray(
        self, side: str, amount: int, reference: str = "for whom", payer: str = "Somebody",
        account: str = STRANGER,
    ) -> dict[str, Any]:  # fmt: skip
        """Money comes that nobody called."""
        place = (side, self.currency[side])
        return self.money.receive(
            *place, amount, bank_reference=self._line(place, amount), reference=reference,
            payer=payer, payer_account=account,
        )  # fmt: skip

    def fund(self, side: str, amount: int, purpose: str = "working", payer: str = "") -> str:
        """A sponsor leaves money with a side."""
        place = (side, self.currency.get(side, self.house.unit))
        line = self._line(place, amount)
        self.money.fund(*place, amount, bank_reference=line, purpose=purpose,
                        payer=payer or f"Sponsor of {side or 'the hub'}",
                        payer_account=ACCOUNTS["EUR"](1800).number)  # fmt: skip
        return line

    def release(
        self, side: str, cycle_id: str | None = "", currency: str = ""
    ) -> dict[str, Any]:
        """Let what is ready on a side's account go; return the act's content."""
        which = self.cycle if cycle_id == "" else cycle_id
        place = (side, currency or self.currency.get(side, self.house.unit))
        act = self.money.propose_release(which, *place, *self.p1)
        self.both(act)
        return dict(self.house.people.find_act(act)["content"])

    def send(self, content: Mapping[str, Any]) -> dict[str, int]:
        """The bank pays what was released; return what each participant got."""
        place = (content["side"], content["currency"])
        paid = dict[str, int]()
        for one in content["payments"]:
            line = self._line(place, -one["amount_minor"])
            self.money.sent(*place, one["pay_out"], bank_reference=line)
            firm = one.get("participant", "")
            paid[firm] = paid.get(firm, 0) + one["amount_minor"]
        for one in content["border"]:
            line = self._line(place, -one["amount_minor"])
            self.money.border_sent(one["border_payment"], bank_reference=line)
        return paid

    def pay_all(self, side: str) -> dict[str, int]:
        """Release and send what is ready on a side."""
        return self.send(self.release(side))

    def pay_what_is_ready(self) -> dict[str, int]:
        """Release and send what is ready on every side, and nothing where nothing is."""
        paid = dict[str, int]()
        for side in self.currency:
            try:
                paid |= self.pay_all(side)
            except Conflict as refused:
                if refused.code != "NothingReady":
                    raise
            self.check()
        return paid

    def give_back(self, pay_out_id: int) -> None:
        """The bank gives a pay-out back."""
        with self.house.database.read() as unit:
            row = find_all(unit, pay_out, id=pay_out_id)[0]
        place = (row.side, row.currency)
        line = self._line(place, row.amount_minor)
        self.money.returned(*place, pay_out_id, bank_reference=line)

    def border_comes(self, payment: Mapping[str, Any], amount: int | None = None) -> None:
        """Hard border money comes to the creditor side, all of it if no amount is said."""
        place = (payment["creditor_side"], payment["creditor_currency"])
        amount = payment["creditor_minor"] if amount is None else amount
        self.money.border_arrived(payment["id"], amount, bank_reference=self._line(place, amount))

    # ---- what must hold ----------------------------------------------------------------------

    def left(self, number: int) -> int:
        """What is still owed of an obligation."""
        return int(self.house.obligations.show(number)["open_minor"])

    def books(self) -> dict[str, int]:
        """Every account that is not empty."""
        return {code: minor for code, minor in self.house.journal.balances().items() if minor}

    def hard(self) -> list[dict[str, Any]]:
        """The hard border payments of the cycle."""
        return list(self.money.board(self.cycle)["border"]["hard"])

    def waits(self, side: str) -> dict[str, tuple[int, str]]:
        """What waits on a side: amount and reason of each participant."""
        board = self.money.board(self.cycle)
        found = [one for one in board["sides"] if one["side"] == side]
        return {
            row["participant"]: (row["amount_minor"], row["why"])
            for one in found
            for row in one["pay_outs"]["waiting"]
        }

    def check_schemes(self) -> None:
        """Every entry with postings is booked as one of the schemes says, on whose accounts."""
        allowed = dict[str, tuple[set[str], set[str]]]()
        for scheme in SCHEMES.values():
            debit, credit = allowed.setdefault(scheme.entry, (set(), set()))
            debit.add(scheme.debit)
            credit.add(scheme.credit)
        sides = {*self.currency, ""}
        with self.house.database.read() as unit:
            kinds = {row.number: row.kind for row in read_entries(unit, first=self._seen + 1)}
            for number, _, code, amount in read_postings(unit, first=self._seen + 1):
                if kinds[number] in ("reversal", "difference", "house.resume"):
                    continue
                kind, _, rest = code.partition(":")
                owner = rest.rpartition(":")[0]
                ours = allowed[kinds[number]][amount < 0]
                whose = {one.partition(":")[2] for one in ours if one.partition(":")[0] == kind}
                assert whose, f"{kinds[number]}: {code} {amount}"
                assert (whose == {"SIDE"}) is (owner in sides), code
        self._seen = max(kinds, default=self._seen)

    def check(self) -> None:
        """Whatever happened: the books are the banks', nothing is counted twice, cover holds."""
        with self.house.database.read() as unit:
            accounts = self.money.accounts(unit)
            lines = find_all(unit, money_line, reversed_by=0)
            left = find_all(unit, left_payment)
            released = self.money.promised(unit, ["released"])
            promised = self.money.promised(unit)
            open_cycles = [row for row in find_all(unit, cycle) if row.state != "closed"]
        for place, account in accounts.items():
            assert account.bank == self.bank.get(place, 0), place
            assert account.bank == sum(
                row.amount_minor for row in lines if (row.side, row.currency) == place
            ) - sum(row.amount_minor for row in left if (row.side, row.currency) == place), place
            assert account.bank >= 0, place
            assert account.held >= 0, place
            assert account.pool >= 0, place
            cover = account.cover + account.missing  # nothing is let go on what is missing
            assert cover >= promised.get(place, 0) >= released.get(place, 0), place
            # What pay-outs took beyond what came is drawn, and never more than may be drawn.
            owned = account.held + account.suspense - account.missing
            assert account.bank + account.drawable >= owned, place
        self.check_schemes()
        books = self.house.journal.balances()
        sums = dict[str, int]()
        for code, minor in books.items():
            sums[code.rsplit(":", 1)[1]] = sums.get(code.rsplit(":", 1)[1], 0) + minor
        assert not any(sums.values()), sums
        if not [row for row in open_cycles if row.state not in ("open", "entered", "correcting",
                                                                "irrevocable")]:  # fmt: skip
            memo = {code: minor for code, minor in books.items()
                    if minor and code.startswith(("payable:", "receivable:"))}  # fmt: skip
            assert memo == {}
