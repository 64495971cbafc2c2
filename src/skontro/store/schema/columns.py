# SPDX-License-Identifier: Apache-2.0
"""What the tables share: types, and columns that come with their constraints."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A whole number wide enough for every amount; SQLite counts rows only in its plain INTEGER.
Whole = BigInteger().with_variant(Integer(), "sqlite")

# Text compares and sorts by its bytes, on both databases and in every country.
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def one_of(column: str, *values: str) -> CheckConstraint:
    """A constraint that a column holds one of some words."""
    # Not as a list: SQLite makes a table of it for every row that is written.
    known = " OR ".join(f"{column} = '{value}'" for value in values)
    return CheckConstraint(known, name=f"{column}_known")


def approved(column: str, *kinds: str, nullable: bool = False) -> list[Any]:
    """Columns and constraints that tie a row to an approved act of one kind, or one of some."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return [
        Column(column, Whole, nullable=nullable, comment="the approved act behind it"),
        Column(f"{column}_kind", String, nullable=nullable, server_default=None if nullable else
               kinds[0], comment=f"kind of the act: {' or '.join(kinds)}"),
        CheckConstraint(f"{column}_kind IN ({listed})", name=f"{column}_kind"),
        CheckConstraint(f"({column} IS NULL) = ({column}_kind IS NULL)", name=f"{column}_whole"),
        ForeignKeyConstraint([column, f"{column}_kind"], ["approval.act_id", "approval.kind"]),
    ]  # fmt: skip


def released(kind: str) -> list[Any]:
    """Columns and constraints that tie a row to a released verdict for exactly its content."""
    table, subject = {
        "obligation": ("cycle_member", "obligation"), "pay_out": ("pay_out", "id"),
    }[kind]  # fmt: skip
    return [
        Column("content_digest", LargeBinary(32), nullable=False, comment="what was judged"),
        Column("verdict_id", Whole, nullable=False, comment="the verdict that released it"),
        Column("verdict_kind", String, nullable=False, server_default=kind,
               comment=f"always {kind}"),
        Column("verdict_outcome", String, nullable=False, server_default="released",
               comment="always released"),
        CheckConstraint(f"verdict_kind = '{kind}'", name="verdict_kind"),
        CheckConstraint("verdict_outcome = 'released'", name="released"),
        ForeignKeyConstraint(
            ["verdict_id", "verdict_kind", subject, "content_digest", "verdict_outcome"],
            ["verdict.id", "verdict.subject_kind", "verdict.subject", "verdict.content_digest",
             "verdict.outcome"],
            name=f"fk_{table}_verdict",
        ),
    ]  # fmt: skip
