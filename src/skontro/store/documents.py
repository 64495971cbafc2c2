# SPDX-License-Identifier: Apache-2.0
"""Documents and their tax by rate, found and written; how each sender's tables are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.rows import find, find_all, insert, next_numbers
from skontro.store.schema import document, document_tax, obligation, participant, table_form


def find_document(unit: Unit, seller: int, kind: str, number: str) -> Any:
    """Return a seller's document by its number, or None."""
    return find(unit, document, seller=seller, kind=kind, number=number)


def write_document(
    unit: Unit, values: Mapping[str, Any], taxes: Sequence[Mapping[str, Any]]
) -> None:
    """Write a document with its tax by rate."""
    insert(unit, document, **values)
    for place, tax in enumerate(taxes, 1):
        insert(unit, document_tax, document=values["id"], place=place, **tax)


def documents_of(unit: Unit, numbers: Sequence[int]) -> dict[int, list[Any]]:
    """Return the documents behind obligations, by the obligation that stands now.

    An obligation that is part of another brings its documents along.

    Args:
        unit: The unit of work.
        numbers: Obligations.

    Returns:
        Rows of ``document``, invoices first; nothing for an obligation without one.
    """
    stands = {number: number for number in numbers}
    parts = list(numbers)
    while parts:
        rows = find_all(unit, obligation, joined_to=parts)
        parts = [row.number for row in rows if row.number not in stands]
        stands |= {row.number: stands[row.joined_to] for row in rows if row.number in parts}
    found = dict[int, list[Any]]()
    for row in find_all(unit, document, order=["-kind", "id"], obligation=list(stands)):
        found.setdefault(stands[row.obligation], []).append(row)
    return found


def taxes_of(
    unit: Unit, numbers: Sequence[int], *, until: str | None = None
) -> dict[int, list[dict[str, Any]]]:
    """Return net and tax by rate of what obligations came from.

    Credit notes count below nought, so that what is returned of an obligation adds up to net and
    tax of its documents as they stand.

    Args:
        unit: The unit of work.
        numbers: Obligations.
        until: Only of documents that came in until then, UTC text.

    Returns:
        Of each obligation that has a document, rows of ``category``, ``rate`` (percent, exact
        text), ``net_minor``, ``tax_minor`` and ``reason``, in the order of categories and rates.
    """
    found = documents_of(unit, numbers)
    of_document = {
        row.id: (number, row.kind)
        for number, rows in found.items() for row in rows
        if until is None or row.filed_at <= until
    }  # fmt: skip
    sums = dict[int, dict[tuple[str, str], dict[str, Any]]]()
    for tax in find_all(unit, document_tax, order=["document", "place"],
                        document=list(of_document)):  # fmt: skip
        number, kind = of_document[tax.document]
        sign = 1 if kind == "invoice" else -1
        row = sums.setdefault(number, {}).setdefault(
            (tax.category, tax.rate),
            {"category": tax.category, "rate": tax.rate, "net_minor": 0, "tax_minor": 0,
             "reason": tax.reason},
        )  # fmt: skip
        row["net_minor"] += sign * tax.net_minor
        row["tax_minor"] += sign * tax.tax_minor
    return {number: [rows[key] for key in sorted(rows)] for number, rows in sums.items()}


def with_seller(unit: Unit, number: int) -> dict[str, Any] | None:
    """Return a document with the id of its seller, or None."""
    statement = (
        sa.select(document, participant.c.id.label("seller_id"))
        .join(participant, participant.c.number == document.c.seller)
        .where(document.c.id == number)
    )
    row = unit.first(statement)
    return None if row is None else dict(row._mapping)


def listed_documents(unit: Unit, after: int, most: int) -> list[dict[str, Any]]:
    """Return documents from after a number on, each with the id of its seller."""
    statement = (
        sa.select(document, participant.c.id.label("seller_id"))
        .join(participant, participant.c.number == document.c.seller)
        .where(document.c.id > after)
        .order_by(document.c.id)
        .limit(most)
    )
    return [dict(row._mapping) for row in unit.all(statement)]


def last_form(unit: Unit, sender: int) -> Any:
    """Return how a sender's tables are read, or None where that was never said."""
    rows = find_all(unit, table_form, order=["-id"], limit=1, sender=sender)
    return rows[0] if rows else None


def write_form(unit: Unit, sender: int, content: str, *, person: str | None, at: str) -> int:
    """Write down how a sender's tables are read from now on; return the number of the row."""
    (number,) = next_numbers(unit, table_form)
    insert(unit, table_form, id=number, sender=sender, content=content, person=person, at=at)
    return number
