# SPDX-License-Identifier: Apache-2.0
"""What the invented firms trade in: goods with codes, quantities, papers, and what customs know.

Everything follows from the trade and its seed. Two things are out of the ordinary, and marked:
one good a month needs a licence (:attr:`InventedGoods.licence`), and one invoice a year is
fictitious: customs know it for a tenth of what it says (:attr:`InventedGoods.fictitious`).
"""

from __future__ import annotations

import datetime
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from skontro.gate.customs import Claim, ClaimedLine, Declaration, DeclaredLine
from skontro.gate.licences import Licence
from skontro.gate.packs import Pack, PacksInForce, SidePacks, read_pack
from skontro.gate.trade import Line, Owed, Paper, Trade
from skontro.lab.trade import PER_EURO, SIDES, InventedTrade, Invoice

LICENSED_CODE = "902221"
"""Apparatus with radioactive sources for medicine: needs a licence."""

FICTITIOUS_MONTH = 6

TAX_SHARE = (6, 5)
"""What a domestic invoice comes to, for its lines: a fifth of tax on top."""


@dataclass(frozen=True)
class Good:
    """A good or service that is traded.

    Attributes:
        code: HS code or class of services.
        unit: Code of the unit.
        cents: What a unit costs, euro cents.
        grams: What a unit weighs; 0 if nothing.
        end_use: What it is for.
    """

    code: str
    unit: str
    cents: int
    grams: int = 0
    end_use: str = ""


GOODS = {
    "Mills": (Good("110100", "KGM", 60, 1000, "food"), Good("100630", "KGM", 110, 1000, "food")),
    "Foods": (Good("090240", "KGM", 540, 1000, "food"), Good("200799", "KGM", 320, 1000, "food"),
              Good("190531", "KGM", 410, 1000, "food")),
    "Devices": (Good("901890", "H87", 24_000, 1800, "medical"),
                Good("902190", "H87", 61_000, 350, "medical")),
    "Tools": (Good("820559", "H87", 1450, 600, "civil"), Good("820411", "H87", 980, 420, "civil")),
    "Pharma": (Good("300490", "KGM", 18_500, 1000, "medical"),
               Good("294110", "KGM", 9200, 1000, "medical")),
    "Packing": (Good("481910", "KGM", 130, 1000, "civil"),
                Good("392330", "H87", 45, 60, "civil")),
    "Fibres": (Good("520512", "KGM", 340, 1000, "civil"),
               Good("530310", "KGM", 150, 1000, "civil")),
    "Optics": (Good("900150", "H87", 2100, 30, "medical"),),
    "Seeds": (Good("120190", "KGM", 55, 1000, "food"), Good("120400", "KGM", 95, 1000, "food")),
    "Textiles": (Good("630260", "KGM", 780, 1000, "civil"),
                 Good("620342", "H87", 1150, 550, "civil")),
    "Freight": (Good("SC1", "C62", 100_000), Good("SC3", "C62", 40_000)),
    "Laboratories": (Good("382219", "H87", 3300, 250, "medical"),
                     Good("300215", "H87", 7400, 40, "medical")),
}  # fmt: skip
"""What a firm sells, by the last word of its name."""

LICENSED = Good(LICENSED_CODE, "H87", 9_500_000, 420_000, "medical")

PACK = """\
# SPDX-License-Identifier: Apache-2.0
# The pack of the demonstration house: what its invented firms trade in, and little more.
[pack]
id = "demonstration-{side}"
version = "1"
dated = 2025-12-01
title = "What the demonstration trades in, side {side}"
valid_from = 2025-12-01

[[rule]]
hs = ["02", "03", "04", "07", "08", "09", "10", "11", "12.01", "12.04", "16", "17", "18", "19",
      "20"]
verdict = "allow"
name = "food"

[[rule]]
hs = ["29.41", "30.04", "3002.15", "3822.19"]
verdict = "allow"
name = "medicine"

[[rule]]
hs = ["9001.50", "90.18", "90.21"]
verdict = "allow"
name = "medical devices"

[[rule]]
hs = ["9022.21"]
verdict = "needs_licence"
dual_use = true
name = "apparatus with radioactive sources for medicine"

[[rule]]
hs = ["3923.30", "48.19", "52.05", "53.03", "62.03", "63.02", "82.04", "82.05"]
verdict = "allow"
name = "packing, yarn, clothing, hand tools"

[[rule]]
service = ["SC", "SF"]
verdict = "allow"
name = "transport, insurance"

[[end_use]]
end_use = ["military", "police"]
verdict = "deny"
name = "not what this house is for"
"""
"""The rule pack of each side of the demonstration, ``{side}`` in place of its id."""


def _digest(text: str) -> str:
    """Digest of the original that a paper would have."""
    return hashlib.sha256(text.encode()).hexdigest()


def demonstration_packs() -> PacksInForce:
    """Return the packs of the demonstration house.

    Example:
        >>> sorted(demonstration_packs().sides)
        ['E', 'G', 'W']
    """
    return PacksInForce({
        side: SidePacks(country, (_pack(side),)) for side, (_, country) in SIDES.items()
    })  # fmt: skip


def _pack(side: str) -> Pack:
    return read_pack(PACK.replace("{side}", side), f"demonstration-{side}")


class InventedGoods:
    """What the invoices of an invented trade are for.

    Args:
        trade: Firms and invoices.

    Example:
        >>> goods = InventedGoods(InventedTrade(30, 7))
        >>> invoice = goods.trade.month(2026, 1)[0]
        >>> told = goods.trade_of(invoice)
        >>> told.kind, len(told.lines), [paper.kind for paper in told.papers]
        ('cross_border_goods', 1, ['customs_declaration', 'transport_document'])
    """

    def __init__(self, trade: InventedTrade) -> None:
        self.trade = trade
        self._sides = {firm.id: firm.side for firm in trade.firms}
        self._trades = {firm.id: firm.name.split()[-1] for firm in trade.firms}

    def side(self, firm: str) -> str:
        """Return the side of a firm."""
        return self._sides[firm]

    def customs_number(self, firm: str) -> str:
        """Return the number under which customs know a firm.

        Example:
            >>> InventedGoods(InventedTrade(30, 7)).customs_number("W001")
            'NL000W001'
        """
        return f"{SIDES[self.side(firm)][1]}000{firm}"

    @cached_property
    def _licensed_pair(self) -> tuple[str, str, str]:
        """Who sells the good that needs a licence, to whom, in which currency: the pair over a
        border that bills most often, of a seller of devices."""
        often = dict[tuple[str, str, str], int]()
        for month in range(1, 13):
            for one in self.trade.month(2026, month):
                sells = self._trades[one.creditor] in ("Devices", "Laboratories")
                if sells and self.side(one.creditor) != self.side(one.debtor):
                    pair = (one.creditor, one.debtor, one.currency)
                    often[pair] = often.get(pair, 0) + 1
        return max(sorted(often), key=lambda pair: often[pair]) if often else ("", "", "")

    @cached_property
    def fictitious(self) -> str:
        """Number of the invoice whose goods never were what it says."""
        found = [
            (one.amount_minor // PER_EURO[one.currency], one.document)
            for one in self.trade.month(2026, FICTITIOUS_MONTH)
            if self.kind(one) == "cross_border_goods" and one.fate == "matched"
            and not self.is_licensed(one)
        ]  # fmt: skip
        return max(found)[1] if found else ""

    def is_licensed(self, invoice: Invoice) -> bool:
        """Tell whether an invoice is for the good that needs a licence."""
        return (invoice.creditor, invoice.debtor, invoice.currency) == self._licensed_pair

    def kind(self, invoice: Invoice) -> str:
        """Return the kind of trade of an invoice: over a border, at home, services, or ahead."""
        if self._trades[invoice.creditor] == "Freight":
            return "services"
        if self._random(invoice).random() < 0.02 and not self.is_licensed(invoice):
            return "advance"
        at_home = self.side(invoice.creditor) == self.side(invoice.debtor)
        return "domestic_goods" if at_home else "cross_border_goods"

    def _random(self, invoice: Invoice) -> random.Random:
        return random.Random(f"goods {self.trade.seed} {invoice.document}")

    def good(self, invoice: Invoice) -> Good:
        """Return what an invoice is for: a pair of firms keeps to its good."""
        if self.is_licensed(invoice):
            return LICENSED
        goods = GOODS[self._trades[invoice.creditor]]
        return goods[sum(f"{invoice.creditor}{invoice.debtor}".encode()) % len(goods)]

    def trade_of(self, invoice: Invoice) -> Trade:
        """Return what an invoice is for, with its papers."""
        kind, good, rng = self.kind(invoice), self.good(invoice), self._random(invoice)
        rng.random()
        value = invoice.amount_minor
        if kind == "domestic_goods":
            value = max(1, value * TAX_SHARE[1] // TAX_SHARE[0])
        price = good.cents * PER_EURO[invoice.currency] * rng.randrange(92, 109)
        quantity = max(1, value * 100_000 // price)
        home, away = (SIDES[self.side(firm)][1] for firm in (invoice.creditor, invoice.debtor))
        line = Line(good.code, value, quantity, good.unit, quantity * good.grams // 1000,
                    end_use=good.end_use)  # fmt: skip
        if kind in ("cross_border_goods", "domestic_goods"):
            transit = ("OM",) if {home, away} == {"IN", "AE"} and rng.random() < 0.1 else ()
            line = replace(line, origin=home, transit=transit, destination=away)
        due = ""
        if kind == "advance":
            due = (invoice.issued + datetime.timedelta(days=90)).isoformat()
        return Trade(kind, (line,), self._papers(invoice, kind), due)

    def _papers(self, invoice: Invoice, kind: str) -> tuple[Paper, ...]:
        kinds = {
            "cross_border_goods": ("customs_declaration", "transport_document"),
            "domestic_goods": ("tax_invoice",),
            "services": ("contract",),
            "advance": ("contract",),
        }[kind]
        papers = [(kind, f"{kind[:3].upper()}-{invoice.document}", invoice.creditor)
                  for kind in kinds]  # fmt: skip
        if kind == "cross_border_goods":
            papers[0] = (kinds[0], self.reference(invoice), "customs")
        if self.is_licensed(invoice):
            papers += [
                ("licence", self.licence_id(SIDES[self.side(firm)][1]), "licensing office")
                for firm in (invoice.creditor, invoice.debtor)
            ]
        day = invoice.issued.replace(day=1).isoformat()
        return tuple(
            Paper(what, number, day, issuer, _digest(f"{what} {number}"))
            for what, number, issuer in papers
        )

    def owed(self, invoice: Invoice) -> Owed:
        """Return an invoice as goods and papers are judged for it."""
        return Owed(
            self.side(invoice.debtor), self.side(invoice.creditor), invoice.amount_minor,
            self.trade_of(invoice),
        )  # fmt: skip

    # ---- what the authorities know ---------------------------------------------------------------

    @staticmethod
    def reference(invoice: Invoice) -> str:
        """Return the number of an invoice's customs declaration."""
        return f"CD-{invoice.document}"

    @staticmethod
    def licence_id(country: str) -> str:
        """Return the number of the licence of a country.

        Example:
            >>> InventedGoods.licence_id("NL")
            'LIC-NL-1'
        """
        return f"LIC-{country}-1"

    def declarations(self, invoices: Sequence[Invoice]) -> list[Declaration]:
        """Return what customs know of invoices: of goods over a border alone; of the fictitious one
        a tenth."""
        found = []
        for one in invoices:
            told = self.trade_of(one)
            if told.kind != "cross_border_goods":
                continue
            line = told.lines[0]
            part = 10 if one.document == self.fictitious else 1
            declared = DeclaredLine(
                line.code, max(1, line.value_minor // part), max(1, line.quantity_milli // part),
                line.unit, line.weight_g // part,
            )  # fmt: skip
            found.append(
                Declaration(
                    self.reference(one), "customs", self.customs_number(one.creditor),
                    self.customs_number(one.debtor), one.currency, one.issued.replace(day=1),
                    (declared,),
                )
            )  # fmt: skip
        return found

    def claim(self, number: int, invoice: Invoice) -> Claim:
        """Return what an obligation of a number says of its declaration."""
        return Claim(
            number, self.reference(invoice), (self.customs_number(invoice.creditor),),
            (self.customs_number(invoice.debtor),), invoice.currency, invoice.issued,
            tuple(
                ClaimedLine(line.code, line.value_minor, line.quantity_milli, line.unit)
                for line in self.trade_of(invoice).lines
            ),
        )  # fmt: skip

    def licences(self, value_minor: int) -> list[Licence]:
        """Return the licences for the good that needs one: of the seller's side and the buyer's.

        Args:
            value_minor: Value of each, minor units of the currency the pair bills in.
        """
        seller, buyer, currency = self._licensed_pair
        if not seller:
            return []
        countries = tuple(sorted(country for _, country in SIDES.values()))
        return [
            Licence(
                self.licence_id(SIDES[self.side(firm)][1]), "licensing office", self.side(firm),
                firm, (LICENSED_CODE,), (*countries, "OM"), currency, value_minor,
                datetime.date(2026, 1, 1), datetime.date(2026, 12, 31),
            )
            for firm in (seller, buyer)
        ]  # fmt: skip
