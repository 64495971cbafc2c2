# SPDX-License-Identifier: Apache-2.0
"""Previews in the database: one headline each, and the lines of the last one of a cycle."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.store.bulk import insert_columns
from skontro.store.database import Unit
from skontro.store.rows import insert, next_numbers
from skontro.store.schema import obligation, participant, preview, preview_line

Int64 = NDArray[np.int64]


def write_preview(
    unit: Unit, number: Int64, open_minor: Int64, set_off_minor: Int64, **headline: Any
) -> int:
    """Write a preview; the lines of those before it go.

    Args:
        unit: An exclusive unit of work.
        number: The obligations in it, shape (m,).
        open_minor: Open amount of each, shape (m,).
        set_off_minor: What is told of each, shape (m,).
        headline: Columns of its row.

    Returns:
        Its number.
    """
    unit.run(sa.delete(preview_line))
    identity = next_numbers(unit, preview)[0]
    insert(unit, preview, id=identity, obligations=len(number), **headline)
    insert_columns(unit, preview_line, {
        "preview": identity, "obligation": number, "open_minor": open_minor,
        "set_off_minor": set_off_minor,
    })  # fmt: skip
    return identity


def preview_lines(unit: Unit, identity: int, firm: str, most: int) -> list[Any]:
    """Return the lines of a preview that a firm owes or is owed, by number.

    Args:
        unit: A reading.
        identity: The preview.
        firm: Id of the firm.
        most: How many at most, the largest first.
    """
    owes, owed = participant.alias("owes"), participant.alias("owed")
    return list(unit.all(
        sa.select(
            obligation.c.number, owes.c.id.label("debtor"), owed.c.id.label("creditor"),
            obligation.c.currency, preview_line.c.open_minor, preview_line.c.set_off_minor,
        )
        .join_from(preview_line, obligation, preview_line.c.obligation == obligation.c.number)
        .join(owes, owes.c.number == obligation.c.debtor)
        .join(owed, owed.c.number == obligation.c.creditor)
        .where(preview_line.c.preview == identity, sa.or_(owes.c.id == firm, owed.c.id == firm))
        .order_by(preview_line.c.open_minor.desc(), obligation.c.number)
        .limit(most)
    ))  # fmt: skip


def preview_sums(unit: Unit, identity: int, firm: str) -> list[Any]:
    """Return what a preview says of a firm in each currency: owed to it or by it, and set off."""
    owes, owed = participant.alias("owes"), participant.alias("owed")
    is_debtor = (owes.c.id == firm).label("is_debtor")
    return list(unit.all(
        sa.select(
            obligation.c.currency, is_debtor, sa.func.count().label("many"),
            sa.func.sum(preview_line.c.open_minor).label("open_minor"),
            sa.func.sum(preview_line.c.set_off_minor).label("set_off_minor"),
        )
        .join_from(preview_line, obligation, preview_line.c.obligation == obligation.c.number)
        .join(owes, owes.c.number == obligation.c.debtor)
        .join(owed, owed.c.number == obligation.c.creditor)
        .where(preview_line.c.preview == identity, sa.or_(owes.c.id == firm, owed.c.id == firm))
        .group_by(obligation.c.currency, is_debtor)
        .order_by(obligation.c.currency)
    ))  # fmt: skip
