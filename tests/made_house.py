# SPDX-License-Identifier: Apache-2.0
"""A demo house with the firms and obligations of the worked example, for tests."""

from __future__ import annotations

import csv
import datetime
import tomllib
from collections.abc import Iterable
from pathlib import Path

from schwifty import IBAN
from tests.made_lists import FILLER

from skontro.core.money import exponent, parse_decimal
from skontro.flow.house import House
from skontro.flow.obligations import Registration
from skontro.house.calendar import CycleDates
from skontro.house.firms import Agreement, Firm
from skontro.house.identifiers import bank_account
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.house.trade import TradeSaid
from skontro.ops.clock import SetClock
from skontro.ops.keys import SigningKey

UTC = datetime.UTC
OPENED = datetime.datetime(2026, 1, 2, 9, tzinfo=UTC)
PASSPHRASE = "for tests and for nothing else"

# Where each firm is paid: made-up accounts that stand every check.
ACCOUNTS = {
    "EUR": lambda number: bank_account(
        iban=IBAN.generate("NL", bank_code="ABNA", account_code=f"{417164300 + number:010d}")
    ),
    "INR": lambda number: bank_account(bban=f"{50100012345000 + number}", bic="HDFCINBB"),
}

FIRMS = (
    ("A1", "Alder Pharma", "A", "EUR"),
    ("A2", "Aster Foods", "A", "EUR"),
    ("A3", "Arnica Devices", "A", "EUR"),
    ("B1", "Bakul Mills", "B", "INR"),
    ("B2", "Banyan Tea", "B", "INR"),
    ("B3", "Brahmi Labs", "B", "INR"),
)

# The worked example of the design, row by row.
OBLIGATIONS = """\
id,debtor,creditor,amount,currency,due_date
o1,A1,B1,100000.00,EUR,2026-01-10
o2,A2,B2,5400000.00,INR,2026-01-12
o3,B1,A2,80000.00,EUR,2026-01-05
o4,B3,A3,300000.00,AED,2026-01-20
o5,B2,A1,2700000.00,INR,2026-01-15
o6,A3,B3,40000.00,EUR,2026-01-08
o7,A3,A1,20000.00,EUR,2026-01-30
o8,B2,B3,1800000.00,INR,2026-01-30
"""
RATES = {"EUR": "1", "INR": "1/90", "AED": "1/4"}

COUNTRY = {"A": "NL", "B": "IN"}
"""Countries of sides; of others AE."""

SIDE = {each: side for each, _, side, _ in FIRMS}


def lawful(debtor_side: str, creditor_side: str, number: str) -> TradeSaid:
    """Medicine from one side to the other, or within one, with the papers that go with it.

    It does not say how much: red flags of prices, weights and round trips have nothing to look at.

    Args:
        debtor_side: Side of who owes: the goods come in there.
        creditor_side: Of who is owed: they go out there.
        number: Of the paper.
    """
    here, there = COUNTRY.get(creditor_side, "AE"), COUNTRY.get(debtor_side, "AE")
    crosses = creditor_side != debtor_side
    return TradeSaid(
        "cross_border_goods" if crosses else "domestic_goods", "300490", "", "", "",
        here, "", there, "medical",
        ((("customs_declaration" if crosses else "tax_invoice"), f"P {number}"),),
        "2025-12-01", "customs office" if crosses else "the seller", "ab" * 32,
    )  # fmt: skip


DATES = CycleDates(
    id="2026-01",
    business_day=datetime.date(2026, 1, 30),
    cut_off_at=datetime.datetime(2026, 1, 30, 15, tzinfo=UTC),
    window_ends_at=datetime.datetime(2026, 2, 3, 15, tzinfo=UTC),
    pay_in_deadline=datetime.datetime(2026, 2, 5, 11, tzinfo=UTC),
)


def make_firms() -> list[Firm]:
    """The six firms of the example."""
    return [
        Firm(
            id=each,
            name=name,
            side=side,
            home_currency=currency,
            agreement=Agreement("SOA-1", "1", "NL", "LO-1", f"for {name}", "2026-01-01"),
            accounts={currency: ACCOUNTS[currency](number)},
        )
        for number, (each, name, side, currency) in enumerate(FIRMS)
    ]


class MadeHouse:
    """A house with its two founders' keys at hand.

    Attributes:
        house: The house.
        keys: The founders' keys, P1 and P2.
        number: Number of each obligation by its id in the example.
    """

    def __init__(
        self, folder: Path, *, url: str | None = None, changes: dict[str, str] | None = None
    ) -> None:
        text = example_rules()
        for old, new in (changes or {}).items():
            assert old in text, old
            text = text.replace(old, new)
        rules = HouseRules.from_mapping(tomllib.loads(text))
        self.keys = {"P1": SigningKey.new(), "P2": SigningKey.new()}
        self.clock = SetClock(OPENED)
        self.house = House.create(
            folder,
            rules,
            {name: key.public_key for name, key in self.keys.items()},
            passphrase=PASSPHRASE,
            database_url=url,
            clock=self.clock,
        )
        self.number = dict[str, int]()

    def both(self, act: int) -> dict[str, object]:
        """Let P2 approve what P1 proposed."""
        return self.house.people.approve(act, "P2", self.keys["P2"])

    def until(self, at: datetime.datetime) -> None:
        """Let time pass, and take the day's screening list in."""
        self.house.set_clock(at)
        self.import_list()

    def import_list(self, rows: Iterable[tuple[str, str]] = (("Nobody At All", ""),)) -> None:
        """Take a screening list of today into force."""
        path = self.house.folder / "list.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "identifier"])
            writer.writerows([*((name, "") for name in FILLER), *rows])
        self.house.gate.import_list(path, source="a test", dated=self.house.now)

    def admit_firms(self) -> None:
        """Admit the six firms of the example; both sides have a pack."""
        if not self.house.goods.packs():
            self.adopt_packs()
        key = self.keys["P1"]
        self.both(self.house.participants.propose_admission(make_firms(), "P1", key))

    def adopt_packs(self, *sides: str) -> None:
        """Put the starter pack into force on both sides, or on some."""
        for side in sides or ("A", "B"):
            self.both(self.house.goods.propose_pack(side, "starter", "P1", self.keys["P1"]))

    def fund_b(self) -> None:
        """Let B's sponsor leave the working balance that is agreed in the rules."""
        self.house.settlement.fund(
            "B", "INR", 135_000_000, bank_reference="sponsor 1", payer="Banyan Development Bank"
        )

    def fund_a(self) -> None:
        """Let a sponsor agree on a working balance with side A, and leave it there."""
        self.both(self.house.settlement.propose_working_balance(
            "A", "EUR", 1_500_000, "P1", self.keys["P1"], sponsor="Alder Bank", agreement="WB-2",
        ))  # fmt: skip
        self.house.settlement.fund("A", "EUR", 1_500_000, bank_reference="sponsor 2")

    def register_all(self, *, without: str = "") -> None:
        """Register the example's obligations by their creditors; the debtors confirm."""
        for row in csv.DictReader(OBLIGATIONS.splitlines()):
            said = Registration(
                sender=row["creditor"],
                reference=row["id"],
                debtor=row["debtor"],
                creditor=row["creditor"],
                amount_minor=parse_decimal(row["amount"], exponent(row["currency"])),
                currency=row["currency"],
                due_date=row["due_date"],
                document=f"invoice {row['id']}",
                trade=lawful(SIDE[row["debtor"]], SIDE[row["creditor"]], row["id"]),
            )
            number, _ = self.house.obligations.register(said)
            self.number[row["id"]] = number
            if without not in (row["debtor"], row["creditor"]):
                self.house.obligations.confirm(number, row["debtor"])

    def open_cycle(self) -> None:
        """Open the January cycle and declare its fixing."""
        self.house.cycles.open(DATES)
        self.both(
            self.house.cycles.propose_fixing(DATES.id, RATES, "the example", "P1", self.keys["P1"])
        )

    def run_to_final(self) -> None:
        """From the cut-off to the published final run."""
        cycles = self.house.cycles
        self.until(DATES.cut_off_at)
        cycles.cut_off(DATES.id)
        cycles.preliminary(DATES.id)
        self.until(DATES.window_ends_at)
        cycles.irrevocable(DATES.id)
        self.both(cycles.propose_final(DATES.id, "P1", self.keys["P1"]))

    def left(self) -> dict[str, int]:
        """What is still owed of each obligation of the example, in units of its currency."""
        return {
            name: self.house.obligations.show(number)["open_minor"] // 100
            for name, number in self.number.items()
        }


def worked_house(folder: Path, *, funded: bool = True, **options: object) -> MadeHouse:
    """A house with the worked example registered, and its cycle open.

    Args:
        folder: Where it is to lie.
        funded: Whether side B has its working balance.
        options: As :class:`MadeHouse` takes them.
    """
    made = MadeHouse(folder, **options)  # type: ignore[arg-type]
    made.import_list()
    made.admit_firms()
    made.register_all()
    made.open_cycle()
    if funded:
        made.fund_b()
    return made
