# SPDX-License-Identifier: Apache-2.0
"""The rules a house is opened with: what ``house.toml`` says, checked once, as one value.

    HouseRules
    |- sides: Side               accounts, calendar, time zone, retention, balances, payments
    |- hub: Hub                  the house's own account, where border money meets
    |- cycle: CycleRules         when the sessions are, and their hours
    |- border_quotas, tranche_tables   what a side may owe, and how much of it in money
    |- missed_pay_in, bears      what happens when money does not come; who bears what
    |- matching, expiry, alarm   tolerances and ages
    `- founders: Founder         the people the house begins with

Shares are exact fractions, amounts are minor units. What a text of the rules cannot say exactly is
refused with the place it stands in. Founders' names and papers and the names of sponsors are
personal: :meth:`HouseRules.impersonal` leaves them out of what must be kept for ever.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from skontro.core.digest import canonical_json
from skontro.house.addresses import NOWHERE, PostalAddress
from skontro.house.border import Tranche as Tranche
from skontro.house.border import TrancheTable as TrancheTable
from skontro.house.identifiers import BankAccount
from skontro.house.screening_service import ScreeningService
from skontro.house.sign_on import SignOn
from skontro.house.tolerances import Said

KINDS = ("live", "demo")
SPLITS = ("oldest", "pro-rata")
PREFERENCES = ("none", "oldest", "smallest")
PAY_IN = ("full", "limits")
MISSED = ("queue", "pool", "recast")
BEYOND = ("refuse", "hard")
BEARERS = ("debtor-side", "creditor-side", "both-sides", "sponsor")
INTEREST_BEARERS = (*BEARERS, "nobody")
RECORD_KINDS = ("obligation", "participant", "payment", "person", "screening", "sponsor")
"""The kinds of record that have a retention of their own."""
PROFILES = ("plain", "sepa", "cbpr-2026")
"""The rails a side's bank may ask payment orders for, see ``messages/rails.toml``."""
BORDER_MESSAGES = ("pacs.009", "pacs.029")
"""A transfer between banks, or the request to settle several movements at once."""
PERIODS = ("month", "week", "day")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_RIGHT = "all"
"""Stands for every right there is."""
OPENS, CLOSES = datetime.time(9), datetime.time(17)
"""The business hours of a house that names none."""
PREVIEWS = (datetime.time(9), datetime.time(12), datetime.time(15))
"""When a house that names no times looks at what would clear."""
MOST_PREVIEWS = 6
"""The most previews a day: who could ask at will could find out what others owe."""
MOST_TOLERANCE = Fraction(1, 10)
"""Amounts that differ by a larger share are not of the same obligation."""
MOST_SMALLER_SHARE = Fraction(1, 10)
"""A list that lost a larger share takes two people in any house."""
MOST_LIST_LIMIT_DAYS = 31
"""A screening list older than that is stale in any house: the limit is no off switch."""


@dataclass(frozen=True)
class SideCalendar:
    """On which days a side works.

    Attributes:
        country: Whose public and bank holidays are kept, ISO 3166, half days as whole ones; empty
            where days are listed alone.
        subdivision: Part of the country, as the ``holidays`` library names it; or empty.
        market: Payment system whose days are kept as well: ``XECB``, ``XFED``; or empty.
        weekend: Days of the week without work, 0 for Monday; None for the country's own.
        closed_days: Days closed besides.
        open_days: Days open although the country's calendar says otherwise.
        listed_until: Last day for which the list is complete; none where a country is named.
    """

    country: str = ""
    subdivision: str = ""
    market: str = ""
    weekend: tuple[int, ...] | None = None
    closed_days: tuple[datetime.date, ...] = ()
    open_days: tuple[datetime.date, ...] = ()
    listed_until: datetime.date | None = None


@dataclass(frozen=True)
class SettlementAccount:
    """Where a side is paid in one currency, and pays from."""

    currency: str
    account: BankAccount


@dataclass(frozen=True)
class WorkingBalance:
    """Money a sponsor leaves with a side, so that pay-outs go before the border money comes.

    Attributes:
        currency: In which currency.
        limit_minor: How much of it may be drawn, minor units.
        sponsor: Who leaves it there.
        agreement: Under which agreement.
    """

    currency: str
    limit_minor: int
    sponsor: str
    agreement: str


@dataclass(frozen=True)
class Pool:
    """An amount in a currency: of a pool that covers pay-ins, or the most of a write-off."""

    currency: str
    amount_minor: int


@dataclass(frozen=True)
class RequiredList:
    """A list a side's law names, besides that of the United Nations, which holds everywhere.

    Attributes:
        name: Which: ``ofac``, ``eu``, ``uk``, ``opensanctions`` or ``own:NAME``.
        opinion: Under which legal opinion.
    """

    name: str
    opinion: str


@dataclass(frozen=True)
class PaymentRules:
    """How a side's bank takes payment orders.

    Attributes:
        profile: The rail: one of :data:`PROFILES`.
        holder: Where the holder of the side's account is.
        payment_system: Code of the payment system the side's account is in (ISO 20022), such as
            ``TGT``; empty where it is at a bank.
        bic: As whom the side is known there.
        border: The message border money goes by there, one of :data:`BORDER_MESSAGES`.
    """

    profile: str = "plain"
    holder: PostalAddress = NOWHERE
    payment_system: str = ""
    bic: str = ""
    border: str = "pacs.009"


PLAIN_PAYMENTS = PaymentRules()


@dataclass(frozen=True)
class Side:
    """One jurisdiction of the house.

    Attributes:
        id: Its id, e.g. ``A``.
        name: Its name.
        jurisdiction: ISO 3166, two letters.
        currencies: What its participants may be paid in, sorted.
        accounts: One settlement account a currency, in that order.
        calendar: When it works.
        time_zone: Its time, by IANA name.
        retention_years: (kind of record, years), for each of :data:`RECORD_KINDS`.
        working_balances: At most one a currency.
        pools: At most one a currency.
        lists: What its law names, in the order of the lists' names.
        payments: How its bank takes payment orders.
        write_offs: The largest difference that two people may write off, at most one a currency.
    """

    id: str
    name: str
    jurisdiction: str
    currencies: tuple[str, ...]
    accounts: tuple[SettlementAccount, ...]
    calendar: SideCalendar
    time_zone: str
    retention_years: tuple[tuple[str, int], ...]
    working_balances: tuple[WorkingBalance, ...] = ()
    pools: tuple[Pool, ...] = ()
    lists: tuple[RequiredList, ...] = ()
    payments: PaymentRules = PLAIN_PAYMENTS
    write_offs: tuple[Pool, ...] = ()

    def account(self, currency: str) -> BankAccount | None:
        """Return the settlement account in a currency, if there is one."""
        return next((one.account for one in self.accounts if one.currency == currency), None)

    def working_balance(self, currency: str) -> WorkingBalance | None:
        """Return the working balance in a currency, if there is one."""
        return next((one for one in self.working_balances if one.currency == currency), None)

    def write_off_minor(self, currency: str) -> int:
        """Return how large a difference two people may write off, minor units; nought: none."""
        return sum(one.amount_minor for one in self.write_offs if one.currency == currency)

    def pool_minor(self, currency: str) -> int:
        """Return what the pool in a currency holds, minor units; nought without one."""
        return sum(one.amount_minor for one in self.pools if one.currency == currency)


@dataclass(frozen=True)
class Hub:
    """The house's own account, where sides meet: border money and the union's capital.

    Attributes:
        accounts: None, or one in the house's unit.
        payments: How its bank takes payment orders.
    """

    accounts: tuple[SettlementAccount, ...] = ()
    payments: PaymentRules = PLAIN_PAYMENTS


NO_HUB = Hub()


@dataclass(frozen=True)
class DayRule:
    """Which day of its period a cycle is cut off on.

    Attributes:
        kind: ``business-day`` (the n-th of the period, counted from its end if below nought),
            ``day-of-month``, ``weekday`` or ``every-business-day``.
        number: The n-th; the day of the month; 0 for Monday. Nought where every day is meant.
    """

    kind: str
    number: int = 0

    @property
    def text(self) -> str:
        """The rule as it stands in the file.

        Example:
            >>> DayRule("business-day", -1).text, DayRule("weekday", 4).text
            ('last business day', 'friday')
            >>> DayRule("business-day", 3).text, DayRule("business-day", -2).text
            ('3rd business day', '2nd last business day')
        """
        if self.kind == "weekday":
            return WEEKDAYS[self.number]
        if self.kind == "day-of-month":
            return str(self.number)
        if self.kind == "every-business-day":
            return "every business day"
        if abs(self.number) == 1:
            return f"{'first' if self.number > 0 else 'last'} business day"
        ending = {2: "nd", 3: "rd"}.get(abs(self.number), "th")
        return f"{abs(self.number)}{ending}{' last' if self.number < 0 else ''} business day"


@dataclass(frozen=True)
class CycleRules:
    """When the sessions of the house are.

    Attributes:
        every: ``month``, ``week`` or ``day``.
        day: Which day of it.
        time_zone: The zone all times of the cycle are of, by IANA name.
        cut_off: Time of day of the cut-off.
        window_hours: Length of the correction window.
        window_in_business_hours: Whether only hours between ``opens`` and ``closes`` of days on
            which all sides work count.
        opens: When such a day begins.
        closes: When it ends.
        pay_in_days: Business days of all sides from the end of the window to the pay-in deadline.
        pay_in_time: Time of day of the deadline.
        previews: Times of day at which a participant's preview is made while a cycle is open.
    """

    every: str
    day: DayRule
    time_zone: str
    cut_off: datetime.time
    window_hours: int
    window_in_business_hours: bool
    opens: datetime.time
    closes: datetime.time
    pay_in_days: int
    pay_in_time: datetime.time
    previews: tuple[datetime.time, ...] = PREVIEWS


@dataclass(frozen=True)
class BorderQuota:
    """How much one side may owe another, or the hub.

    Attributes:
        debtor_side: Who may owe; empty for the hub.
        creditor_side: Whom; empty for the hub.
        quota_minor: How much, minor units of the house's unit.
        tranches: Name of the tranche table it is settled by.
    """

    debtor_side: str
    creditor_side: str
    quota_minor: int
    tranches: str


@dataclass(frozen=True)
class MissedPayIn:
    """What happens when a pay-in has not come by the deadline.

    Attributes:
        rule: ``queue`` (wait, then recast), ``pool`` (the side's pool covers it) or ``recast``.
        grace_days: Business days a queue waits; nought for the other rules.
    """

    rule: str
    grace_days: int = 0


@dataclass(frozen=True)
class Bearer:
    """Who bears something, and the sentence of the agreement that says so."""

    who: str
    text: str


@dataclass(frozen=True)
class Bears:
    """Who bears what of carried positions.

    Attributes:
        loss: A side that does not pay.
        interest: Interest while a position is carried.
        revaluation: What a new fixing changes.
    """

    loss: Bearer
    interest: Bearer
    revaluation: Bearer


@dataclass(frozen=True)
class Tolerance:
    """How far what two parties say of one obligation may differ and still match.

    Attributes:
        amount_minor: Amounts may differ by so many minor units, or
        amount_share: by so large a share of the larger one: the larger of the two counts.
        due_days: Due dates may differ by so many days.
    """

    amount_minor: int = 0
    amount_share: Fraction = Fraction(0)
    due_days: int = 0


@dataclass(frozen=True)
class Expiry:
    """When an obligation that does not clear leaves the house: one of the first two is nought.

    Attributes:
        cycles: After so many cut-offs since it was confirmed.
        days: After so many days since it was confirmed.
        limitation_days: So many days past its due date it is time-barred; nought for never.
    """

    cycles: int = 0
    days: int = 0
    limitation_days: int = 0


@dataclass(frozen=True)
class Alarm:
    """When an imbalance between sides is called structural.

    Attributes:
        cycles: A side is on the same side of nought for so many cycles, and
        quota_share: past this share of its quota.
    """

    cycles: int
    quota_share: Fraction


@dataclass(frozen=True)
class Founder:
    """One of the people the house begins with.

    Attributes:
        id: The id the house gives.
        name: Their name; empty where it is left out as personal.
        identity: The paper that proves who they are; empty where it is left out as personal.
        rights: What they may make and check, e.g. ``payments``; ``all`` for everything.
    """

    id: str
    name: str
    identity: str
    rights: tuple[str, ...]

    def holds(self, right: str) -> bool:
        """Return whether they hold a right.

        Example:
            >>> Founder("P1", "", "", ("all",)).holds("payments")
            True
        """
        return right in self.rights or EVERY_RIGHT in self.rights


@dataclass(frozen=True)
class HouseRules:
    """Everything a house decides before it opens.

    Made by :meth:`from_mapping` or :meth:`from_json`, which check it.

    Attributes:
        id: The house's id.
        name: Its name.
        kind: ``live``, or ``demo`` for ever.
        unit: Currency border positions are kept in.
        sides: In the order of their ids' bytes.
        cycle: When its sessions are.
        border_quotas: In the order of debtor's and creditor's side; each pair once.
        tranche_tables: In the order of their names' bytes.
        split: How a pair's set-off is divided: ``oldest`` or ``pro-rata``.
        prefer: Which obligations go first: None, ``oldest`` or ``smallest``.
        pay_in: ``full`` (everyone may be asked for all it owes) or ``limits`` (only within its
            pay-in limit).
        missed_pay_in: What happens when a pay-in does not come.
        bears: Who bears loss, interest and revaluation.
        list_limit_days: Age in days past which a screening list is stale and holds everything.
        smaller_share: The share a new version of a list may have lost without two people.
        matching: How far two parties' words may differ.
        cooling_off_hours: How long new bank details wait before they are used.
        expiry: When an obligation that does not clear leaves.
        alarm: When an imbalance is called structural.
        founders: In the order of their ids' bytes; two or more.
        tolerances: What the gate may let be apart where it is not as usual, by table of ``[gate]``.
        screening_service: A service elsewhere that is asked beside the house's own matcher.
        hub: The house's own account, if it has one.
        sign_on: The provider people may sign on at; None if there is none.
    """

    id: str
    name: str
    kind: str
    unit: str
    sides: tuple[Side, ...]
    cycle: CycleRules
    border_quotas: tuple[BorderQuota, ...]
    tranche_tables: tuple[TrancheTable, ...]
    split: str
    prefer: str | None
    pay_in: str
    missed_pay_in: MissedPayIn
    bears: Bears
    list_limit_days: int
    smaller_share: Fraction
    matching: Tolerance
    cooling_off_hours: int
    expiry: Expiry
    alarm: Alarm
    founders: tuple[Founder, ...]
    tolerances: Said = ()
    screening_service: ScreeningService | None = None
    hub: Hub = NO_HUB
    sign_on: SignOn | None = None

    @property
    def required_lists(self) -> tuple[str, ...]:
        """The lists that must be in force: the United Nations', and what the sides' laws name."""
        return tuple(sorted({"un", *(one.name for side in self.sides for one in side.lists)}))

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], *, rights: Collection[str] = ()
    ) -> HouseRules:
        """Read the rules of a house as ``tomllib`` gives them.

        Args:
            mapping: The tables of ``house.toml``; :func:`skontro.house.rules_file.example_rules`
                shows all of them.
            rights: Every right there is. If given, no founder holds another one, and each of
                these is held by two.

        Raises:
            InvalidRules: Naming the place and what is wrong there; so is an unknown key, with
                the known one that is most like it.

        Example:
            >>> import tomllib
            >>> from skontro.house.rules_file import example_rules
            >>> rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
            >>> rules.unit, [side.id for side in rules.sides]
            ('EUR', ['A', 'B'])
        """
        from skontro.house.rules_file import read_rules

        return read_rules(mapping, rights=rights)

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> HouseRules:
        """Return the rules that :meth:`as_json` wrote, personal data left out or not.

        Raises:
            InvalidRules: It is not what it wrote.
        """
        from skontro.house.rules_file import read_rules

        return read_rules(content, impersonal=True)

    def as_json(self) -> dict[str, object]:
        """The rules as they are written and hashed: plain values, amounts and shares as text.

        Two files that say the same give the same; :meth:`from_json` gives back an equal value.
        """
        from skontro.house.rules_file import write_rules

        return write_rules(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes of :meth:`as_json`, hexadecimal."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()

    def impersonal(self) -> HouseRules:
        """Return the rules without founders' names and papers and without sponsors' names.

        What is left may be kept for ever; what was left out belongs in the register, where it
        can be erased.
        """
        sides = (
            replace(side, working_balances=tuple(
                replace(balance, sponsor="") for balance in side.working_balances
            ))
            for side in self.sides
        )  # fmt: skip
        founders = (replace(one, name="", identity="") for one in self.founders)
        return replace(self, sides=tuple(sides), founders=tuple(founders))

    def side(self, side: str) -> Side | None:
        """Return a side by its id, if there is one."""
        return next((one for one in self.sides if one.id == side), None)

    def accounts(self) -> tuple[tuple[str, SettlementAccount], ...]:
        """Return every account of the house: whose (empty for the hub's), and which."""
        sides = [(side.id, one) for side in self.sides for one in side.accounts]
        return (*sides, *(("", one) for one in self.hub.accounts))

    def account(self, side: str, currency: str) -> BankAccount | None:
        """Return an account of the house, if there is one.

        Args:
            side: Whose; empty for the hub's.
            currency: In which currency.
        """
        found = (one.account for owner, one in self.accounts()
                 if (owner, one.currency) == (side, currency))  # fmt: skip
        return next(found, None)

    def payments(self, side: str) -> PaymentRules:
        """Return how the bank of a side takes payment orders; of the hub if it is empty."""
        found = self.side(side)
        return self.hub.payments if found is None else found.payments

    def tranche_table(self, name: str) -> TrancheTable | None:
        """Return a tranche table by its name, if there is one."""
        return next((table for table in self.tranche_tables if table.name == name), None)

    def border_quota(self, debtor_side: str, creditor_side: str) -> BorderQuota | None:
        """Return what one side may owe another, if the rules name the pair.

        Args:
            debtor_side: Who would owe; empty for the hub.
            creditor_side: Whom; empty for the hub.
        """
        pair = (debtor_side, creditor_side)
        return next(
            (one for one in self.border_quotas if (one.debtor_side, one.creditor_side) == pair),
            None,
        )

    def retention_years(self, kind: str, side: str = "") -> int:
        """Return how long records of a kind are kept, in years.

        Args:
            kind: One of :data:`RECORD_KINDS`.
            side: Of which side; empty for what belongs to the house: the longest of all sides.
        """
        years = [
            years
            for one in self.sides
            if side in ("", one.id)
            for record_kind, years in one.retention_years
            if record_kind == kind
        ]
        return max(years)
