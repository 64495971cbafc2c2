# SPDX-License-Identifier: Apache-2.0
"""Signed papers made up for tests: notices and statements of any length, with any names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skontro.house.notices import (
    Grid,
    NoticeRow,
    bookings,
    counter_obligations,
    decimals_of,
    obligation_lines,
    sums_by_currency,
)
from skontro.messages.papers import Paper, sign_paper
from skontro.ops.keys import SigningKey

KEY = SigningKey.new()
HASH = "ab" * 32


def head(number: str, *, demonstration: bool = False, name: str = "A house") -> dict[str, Any]:
    return {
        "number": number, "house": "house-1", "house_name": name, "demonstration": demonstration,
        "journal": {"entry": 30, "hash": HASH},
    }  # fmt: skip


def notice_row(number: int, **changed: Any) -> NoticeRow:
    """An obligation of 1,000.01 and as many more cents as its number, a third of it set off."""
    before = 100_001 + number
    values: dict[str, Any] = {
        "number": number, "is_debtor": True, "counterparty": "B1", "own_reference": f"own {number}",
        "their_reference": None, "document": f"INV-{number}", "document_day": "2026-01-02",
        "due_day": "2026-01-20", "currency": "EUR", "before_minor": before,
        "set_off_minor": before // 3, "planned_minor": before // 4, "settled_minor": before // 4,
    }  # fmt: skip
    return NoticeRow(**(values | changed))


def made_notice(
    rows: Sequence[NoticeRow],
    names: Mapping[str, str | None] | None = None,
    *,
    demonstration: bool = False,
    stage: str = "settled",
    **changed: Any,
) -> Paper:
    """A set-off notice of firm A1, without a fixing."""
    grid = Grid("", 1, {"EUR": 1, "USD": 1, "JPY": 1}, {})  # type: ignore[dict-item]
    content = {
        **head(f"house-1/2026-01/A1/set-off/{stage}", demonstration=demonstration),
        "run": {
            "house": "house-1", "cycle": "2026-01", "kind": "final", "number": 1, "lists": [],
            "gate_rules": [],
        },
        "digests": dict.fromkeys(("set", "input", "result", "manifest"), HASH),
        "effect": "set-off", "stage": stage, "participant": "A1", "side": "A",
        "home_currency": "EUR", "accepts_conversion": True,
        "legal_basis": [{"agreement": "SOA-1", "version": "1", "law": "NL",
                         "in_force_from": "2026-01-01"}],
        "value_date": "2026-01-30", "published_at": "2026-02-03T15:00:00Z", "fixing": None,
        "grid": {"unit": None, "unit_minor_points": "1", "points_per_minor": {}},
        "decimals": decimals_of([row.currency for row in rows]),
        "obligations": obligation_lines(rows, grid),
        "sums": {name: sums_by_currency(rows, f"{name}_minor")
                 for name in ("before", "set_off", "planned", "settled")},
        "counter_obligations": counter_obligations(rows, grid),
        "bookings": bookings(rows, grid, "EUR"),
        "payments": [{"currency": "EUR", "pay_in_minor": "5000000", "pay_out_minor": "0"}],
        "left_out": [],
        **changed,
    }  # fmt: skip
    firms = {"A1", *(row.counterparty for row in rows)}
    known = {firm: f"Firm {firm}" for firm in firms} | dict(names or {})
    return sign_paper("set-off notice", content, known, KEY)


def made_statement(
    amounts: Sequence[int], *, currency: str = "EUR", opening: int = 0, name: str = "Alder",
    firm: str = "A1", demonstration: bool = False,
) -> Paper:  # fmt: skip
    """An account statement of one account with some movements."""
    movements = [
        {"entry": place, "kind": "money" if place % 2 else "set_off", "cycle": "2026-01",
         "business_day": f"2026-01-{1 + place % 28:02d}",
         "at": f"2026-01-{1 + place % 28:02d}T10:00:00.000000Z", "amount_minor": str(amount)}
        for place, amount in enumerate(amounts, 1)
    ]  # fmt: skip
    content = {
        **head(f"house-1/2026-01/{firm}/account/30", demonstration=demonstration),
        "cycle": "2026-01", "participant": firm, "side": "A", "home_currency": currency,
        "period": {"after_entry": 0, "to_entry": 30, "closed": True},
        "accounts": [{
            "account": "held", "shows": "pay-ins that arrived and have not settled anything yet "
            "(credit)", "currency": currency, "opening_minor": str(opening),
            "movements": movements, "closing_minor": str(opening + sum(amounts)),
        }],
        "pay_ins": [], "pay_outs": [],
    }  # fmt: skip
    return sign_paper("account statement", content, {firm: name}, KEY)
