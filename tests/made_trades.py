# SPDX-License-Identifier: Apache-2.0
"""What the obligations of the worked example are for: goods, papers, and what customs know."""

from __future__ import annotations

import csv
import datetime

from tests.made_house import FIRMS, OBLIGATIONS

from skontro.core.money import exponent, parse_decimal
from skontro.gate.customs import Claim, ClaimedLine, Declaration, DeclaredLine
from skontro.gate.packs import PacksInForce, SidePacks, starter_pack
from skontro.gate.trade import Line, Owed, Paper, Trade

DAY = datetime.date(2026, 1, 2)
COUNTRIES = {"A": "NL", "B": "IN"}
SIDES = {each: side for each, _, side, _ in FIRMS}

# What each firm sells: code, unit, grams of a unit, end use, and how much for 100 of amount.
SOLD = {
    "A1": ("300490", "KGM", 1000, "medical"),
    "A2": ("190531", "KGM", 1000, "food"),
    "A3": ("901890", "H87", 1800, "medical"),
    "B1": ("110100", "KGM", 1000, "food"),
    "B2": ("090240", "KGM", 1000, "food"),
    "B3": ("382219", "H87", 250, "medical"),
}


def rows() -> list[dict[str, str]]:
    """The obligations as the example has them."""
    return list(csv.DictReader(OBLIGATIONS.splitlines()))


def _amount(row: dict[str, str]) -> int:
    return parse_decimal(row["amount"], exponent(row["currency"]))


def trade_of(row: dict[str, str]) -> Trade:
    """What an obligation of the example is for; o7 and o8 stay at home."""
    debtor, creditor = SIDES[row["debtor"]], SIDES[row["creditor"]]
    code, unit, grams, end_use = SOLD[row["creditor"]]
    value, at_home = _amount(row), debtor == creditor
    if at_home:
        value = value * 5 // 6
    quantity = value // 2
    line = Line(
        code, value, quantity, unit, quantity * grams // 1000, COUNTRIES[creditor], (),
        COUNTRIES[debtor], end_use,
    )  # fmt: skip
    kinds = ("tax_invoice",) if at_home else ("customs_declaration", "transport_document")
    papers = tuple(
        Paper(kind, f"{kind[:2].upper()}-{row['id']}", "2025-12-20", "issuer", f"{place:064x}")
        for place, kind in enumerate(kinds, 1)
    )
    return Trade("domestic_goods" if at_home else "cross_border_goods", (line,), papers)


def owed_of(row: dict[str, str]) -> Owed:
    """An obligation of the example as goods and papers are judged for it."""
    return Owed(SIDES[row["debtor"]], SIDES[row["creditor"]], _amount(row), trade_of(row))


def worked_packs() -> PacksInForce:
    """Both sides have the starter pack."""
    return PacksInForce({
        side: SidePacks(country, (starter_pack(),)) for side, country in COUNTRIES.items()
    })  # fmt: skip


def customs_number(firm: str) -> str:
    return f"{COUNTRIES[SIDES[firm]]}{firm}"


def declaration_of(row: dict[str, str]) -> Declaration:
    """What customs know of an obligation over the border."""
    lines = tuple(
        DeclaredLine(line.code, line.value_minor, line.quantity_milli, line.unit, line.weight_g)
        for line in trade_of(row).lines
    )
    return Declaration(
        f"CU-{row['id']}", "customs", customs_number(row["creditor"]),
        customs_number(row["debtor"]), row["currency"], datetime.date(2025, 12, 20), lines,
    )  # fmt: skip


def claim_of(number: int, row: dict[str, str]) -> Claim:
    """What an obligation says of its declaration."""
    lines = tuple(
        ClaimedLine(line.code, line.value_minor, line.quantity_milli, line.unit)
        for line in trade_of(row).lines
    )
    return Claim(
        number, f"CU-{row['id']}", (customs_number(row["creditor"]),),
        (customs_number(row["debtor"]),), row["currency"], datetime.date(2025, 12, 22), lines,
    )  # fmt: skip
