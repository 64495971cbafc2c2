# SPDX-License-Identifier: Apache-2.0
"""Registrations for tests: rows of a file, single ones, and what became of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from tests.made_house import MadeHouse, lawful

from skontro.flow.obligations import Registration
from skontro.lab.year import trade_columns

TERMS = {
    "debtor": "A1", "creditor": "B1", "amount_minor": 10_000, "currency": "EUR",
    "due_date": "2026-01-10", "document": "INV-1", "document_date": "2025-12-10",
}  # fmt: skip


def said(sender: str, reference: str, **changes: Any) -> Registration:
    """A registration of the usual obligation, A1 owing B1, but for the changes.

    What it is for is lawful, and the same for every obligation between the same firms.
    """
    terms = TERMS | changes
    if "trade" not in terms:
        debtor, creditor = (str(terms[name])[:1] for name in ("debtor", "creditor"))
        terms["trade"] = lawful(debtor, creditor, "1")
    return Registration(sender, reference, **terms)


def filed(*rows: Registration) -> pa.Table:
    """Registrations as a file has them."""
    names = ("sender", "reference", *TERMS)
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    return pa.table(columns | trade_columns([row.trade for row in rows]))


def states(made: MadeHouse, *senders_and_references: str) -> list[str]:
    """The states of what was registered under ``sender/reference``."""
    found = []
    for each in senders_and_references:
        sender, reference = each.split("/")
        shown = made.house.obligations.show(made.house.obligations.find(sender, reference))
        found.append(shown["state"])
    return found


def reasons(rejections: pa.Table) -> list[tuple[int, str, str]]:
    """Row, field and code of refused rows."""
    return [(one["row"], one["field"], one["code"]) for one in rejections.to_pylist()]
