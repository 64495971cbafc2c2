# SPDX-License-Identifier: Apache-2.0
"""An invented trade between three sides: firms, and what they owe each other month by month.

Everything follows from a seed. In the first half of the year West buys more from East than it
sells there, in the second half trade turns round: a quota fills, and empties again.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass
from functools import cached_property

from skontro.house.firms import Agreement, Firm
from skontro.house.identifiers import bank_account

SIDES = {"W": ("EUR", "NL"), "E": ("INR", "IN"), "G": ("AED", "AE")}
"""Sides of the invented house: currency and jurisdiction."""

PER_EURO = {"EUR": 1, "INR": 90, "AED": 4}
PLANTS = (
    "Acacia", "Alder", "Almond", "Anise", "Apple", "Aspen", "Bamboo", "Banyan", "Barley", "Basil",
    "Beech", "Birch", "Bramble", "Cardamom", "Cedar", "Cherry", "Clover", "Coconut", "Coriander",
    "Cotton", "Cumin", "Cypress", "Dahlia", "Date", "Elder", "Fennel", "Fern", "Fig", "Flax",
    "Ginger", "Hazel", "Heather", "Henna", "Hibiscus", "Holly", "Indigo", "Iris", "Ivy", "Jasmine",
    "Juniper", "Jute", "Larch", "Laurel", "Lavender", "Lemon", "Lentil", "Lily", "Linden", "Lotus",
    "Mango", "Maple", "Marigold", "Millet", "Mint", "Mulberry", "Mustard", "Myrtle", "Neem",
    "Nettle", "Nutmeg", "Oak", "Olive", "Orchid", "Palm", "Papaya", "Pepper", "Pine", "Poplar",
    "Poppy", "Quince", "Reed", "Rice", "Rose", "Rowan", "Rush", "Saffron", "Sage", "Sandal",
    "Senna", "Sesame", "Sorrel", "Spruce", "Sumac", "Tamarind", "Tea", "Teak", "Thistle", "Thyme",
    "Tulip", "Turmeric", "Vanilla", "Vetch", "Walnut", "Wheat", "Willow", "Yarrow", "Yew", "Zinnia",
)  # fmt: skip
TRADES = ("Mills", "Foods", "Devices", "Tools", "Pharma", "Packing", "Fibres", "Optics", "Seeds",
          "Textiles", "Freight", "Laboratories")  # fmt: skip


@dataclass(frozen=True)
class Invoice:
    """What one firm bills another.

    Attributes:
        document: Its number.
        debtor: Id of who owes.
        creditor: Id of who is owed.
        amount_minor: How much, minor units.
        currency: In which currency.
        issued: Its date.
        due: When it is due.
        fate: What becomes of it: ``matched`` (both register it), ``confirmed``, ``disputed``,
            ``differs`` (the debtor's books say another sum), ``silent`` or ``credited``.
    """

    document: str
    debtor: str
    creditor: str
    amount_minor: int
    currency: str
    issued: datetime.date
    due: datetime.date
    fate: str


@dataclass(frozen=True)
class _Relation:
    """One firm that buys from another again and again."""

    debtor: int
    creditor: int
    currency: str
    size_minor: int


class InventedTrade:
    """Firms and their invoices.

    Args:
        firms: How many, over all sides.
        seed: Everything follows from it.

    Example:
        >>> trade = InventedTrade(30, 7)
        >>> len(trade.firms), trade.firms[0].side, len(trade.month(2026, 1)) > 50
        (30, 'W', True)
    """

    def __init__(self, firms: int, seed: int) -> None:
        self.count = firms
        self.seed = seed

    def _side(self, firm: int) -> str:
        return "WEG"[firm % 3]

    @cached_property
    def firms(self) -> list[Firm]:
        """The firms, a third on each side."""
        rng = random.Random(f"firms {self.seed}")
        names = [f"{plant} {trade}" for plant in PLANTS for trade in TRADES]
        chosen = rng.sample(names, self.count)
        return [self._firm(number, name, rng) for number, name in enumerate(chosen)]

    def _firm(self, number: int, name: str, rng: random.Random) -> Firm:
        side = self._side(number)
        currency, country = SIDES[side]
        digits = f"{rng.randrange(10**9):09d}"
        if country == "IN":
            account = bank_account(bban=f"501{digits}", clearing_code="INFSC:HDFC0000123")
        else:
            account = bank_account(iban=_iban(country, digits))
        own_id = f"{side}{number // 3 + 1:03d}"
        agreement = Agreement("SOA-1", "1", country, "LO-1", f"for {name}", "2025-12-01")
        return Firm(
            id=own_id, name=name, side=side, home_currency=currency,
            agreement=agreement, accounts={currency: account}, owners=(f"Owner of {name}",),
            accepts_conversion=number % 25 != 24, address=f"{number + 1} Trade Street",
            registration_number=f"000{own_id}",
        )  # fmt: skip

    @cached_property
    def _relations(self) -> list[_Relation]:
        """Who buys from whom: six sellers a firm, a few firms with many."""
        rng = random.Random(f"relations {self.seed}")
        weight = [1 / (1 + number // 3) ** 0.7 for number in range(self.count)]
        order = list(range(self.count))
        rng.shuffle(order)
        relations = []
        for debtor in range(self.count):
            for _ in range(6):
                creditor = order[rng.choices(range(self.count), weight)[0]]
                if creditor == debtor:
                    continue
                billed = debtor if rng.random() < 0.5 else creditor
                currency = SIDES[self._side(billed)][0]
                euros = int(200 * rng.paretovariate(1.1))
                size = min(euros, 400_000) * 100 * PER_EURO[currency]
                relations.append(_Relation(debtor, creditor, currency, size))
                if rng.random() < 0.2:
                    back = size * rng.randrange(40, 120) // 100
                    relations.append(_Relation(creditor, debtor, currency, back))
        return relations

    def month(self, year: int, month: int) -> list[Invoice]:
        """Return the invoices of a month.

        Args:
            year: The year.
            month: 1 to 12; in the first six West buys more from East, then less.
        """
        rng = random.Random(f"month {self.seed} {year} {month}")
        invoices = []
        for place, relation in enumerate(self._relations):
            if rng.random() > self._likelihood(relation, month):
                continue
            issued = datetime.date(year, month, rng.randrange(1, 12))
            late = rng.random() < 0.05
            due = issued + datetime.timedelta(days=45 if late else rng.randrange(5, 14))
            amount = max(100, int(relation.size_minor * rng.uniform(0.5, 1.6)))
            fates = ("matched", "confirmed", "disputed", "differs", "silent", "credited")
            fate = rng.choices(fates, (88, 4, 2, 2, 2, 2))[0]
            invoices.append(
                Invoice(
                    f"{year}-{month:02d}-{place:05d}", self.firms[relation.debtor].id,
                    self.firms[relation.creditor].id, amount, relation.currency, issued, due, fate,
                )
            )  # fmt: skip
        return invoices

    def _likelihood(self, relation: _Relation, month: int) -> float:
        """How likely a relation bills in a month: the tide between West and East."""
        sides = self._side(relation.debtor) + self._side(relation.creditor)
        rising = month <= 6
        if sides == "WE":
            return 0.9 if rising else 0.3
        if sides == "EW":
            return 0.3 if rising else 0.9
        return {"GE": 0.25, "EG": 0.8}.get(sides, 0.55)


def _iban(country: str, digits: str) -> str:
    """Make an IBAN with its check digits (ISO 13616)."""
    body = f"ABNA0{digits}" if country == "NL" else f"0330{digits:0>15}"
    letters = "".join(str(int(mark, 36)) for mark in f"{body}{country}00")
    return f"{country}{98 - int(letters) % 97:02d}{body}"


def rates(month: int) -> dict[str, str]:
    """Return the exchange rates of a month: they drift a little, exactly.

    Example:
        >>> rates(1)["INR"], rates(2)["INR"]
        ('1/90', '10/903')
    """
    return {
        "EUR": "1",
        "INR": _ratio(10, 900 + 3 * (month - 1)),
        "AED": _ratio(100, 400 - month + 1),
    }


def _ratio(above: int, below: int) -> str:
    from fractions import Fraction

    rate = Fraction(above, below)
    return f"{rate.numerator}/{rate.denominator}"


RULES = """\
[house]
id = "demo-house"
name = "Demonstration Clearing House"
kind = "demo"
unit = "EUR"

[side.W]
name = "West"
jurisdiction = "NL"
currencies = ["EUR"]
time_zone = "Europe/Amsterdam"
[side.W.account]
EUR = { iban = "NL91ABNA0417164300", bic = "ABNANL2A" }
[side.W.calendar]
country = "NL"
market = "XECB"
[side.W.retention_years]
obligation = 7
participant = 7
payment = 7
person = 7
screening = 7
sponsor = 7
[side.W.working_balance.EUR]
limit = "5000000.00"
sponsor = "West Development Bank"
agreement = "WB-W"

[side.E]
name = "East"
jurisdiction = "IN"
currencies = ["INR"]
time_zone = "Asia/Kolkata"
[side.E.account]
INR = { bban = "50100012345678", bic = "HDFCINBB", clearing_code = "INFSC:HDFC0000123" }
[side.E.calendar]
country = "IN"
subdivision = "MH"
[side.E.retention_years]
obligation = 8
participant = 8
payment = 8
person = 8
screening = 8
sponsor = 8
[side.E.working_balance.INR]
limit = "450000000.00"
sponsor = "East Development Bank"
agreement = "WB-E"

[side.G]
name = "Gulf"
jurisdiction = "AE"
currencies = ["AED"]
time_zone = "Asia/Dubai"
[side.G.account]
AED = { iban = "AE070331234567890123456", bic = "BOMLAEAD" }
[side.G.calendar]
weekend = ["saturday", "sunday"]
closed_days = [2026-01-01, 2026-12-02, 2026-12-03]
listed_until = 2027-12-31
[side.G.retention_years]
obligation = 7
participant = 7
payment = 7
person = 7
screening = 7
sponsor = 7
[side.G.working_balance.AED]
limit = "20000000.00"
sponsor = "Gulf Development Bank"
agreement = "WB-G"

[cycle]
every = "month"
day = "last business day"
time_zone = "Europe/Amsterdam"
cut_off = 16:00:00
correction_window = { business_hours = 16 }
opens = 09:00:00
closes = 17:00:00
pay_in_deadline = { business_days = 2, time = 12:00:00 }

[[border_quota]]
debtor_side = "W"
creditor_side = ""
quota = "1500000.00"
tranche_table = "carried"
[[border_quota]]
debtor_side = ""
creditor_side = "W"
quota = "1500000.00"
tranche_table = "carried"
[[border_quota]]
debtor_side = "E"
creditor_side = ""
quota = "1500000.00"
tranche_table = "carried"
[[border_quota]]
debtor_side = ""
creditor_side = "E"
quota = "1500000.00"
tranche_table = "carried"
[[border_quota]]
debtor_side = "G"
creditor_side = ""
quota = "1500000.00"
tranche_table = "carried"
[[border_quota]]
debtor_side = ""
creditor_side = "G"
quota = "1500000.00"
tranche_table = "carried"

[tranche_table.carried]
beyond = "refuse"
step = [{ width = "1", debtor_hard = "0", creditor_hard = "0" }]

[bears]
loss = { who = "sponsor", text = "Article 9.1" }
interest = { who = "debtor-side", text = "Article 9.2" }
revaluation = { who = "debtor-side", text = "Article 9.3" }

[clearing]
split = "oldest"
prefer = "none"

[settlement]
pay_in = "full"
missed_pay_in = "recast"

[screening]
list_limit_days = 7

[matching]
amount_minor = 100
amount_share = "0"
due_days = 3

[bank_details]
cooling_off_hours = 48

[expiry]
cycles = 12

[alarm]
cycles = 4
quota_share = "50 %"

[founder.P1]
name = "Demo Operator"
identity = "demonstration paper 1"
rights = ["all"]

[founder.P2]
name = "Demo Checker"
identity = "demonstration paper 2"
rights = ["all"]
"""
"""The rules of the demonstration house, as ``house.toml`` would say them."""
