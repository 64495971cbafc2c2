# SPDX-License-Identifier: Apache-2.0
"""Accounts, entries, postings and seals."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from skontro.store.schema.columns import String, Text, Whole, metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("code", String, nullable=False, unique=True, comment="e.g. payable:A1:EUR"),
    Column("currency", String, nullable=False, comment="what it counts in"),
    comment="The accounts of the journal.",
)

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False, comment="1, 2, ... no gap"),
    Column("kind", String, nullable=False, comment="see house/journal.py"),
    Column("cycle", String, comment="for which cycle, if any"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="the act behind it, if any"),
    Column("content", Text, nullable=False, comment="what happened, canonical JSON, ids only"),
    Column("business_day", String, nullable=False, comment="named day it belongs to"),
    Column("at", String, nullable=False, comment="when it was written"),
    Column("postings", Integer, nullable=False, comment="how many lines it has"),
    Column("postings_digest", String, nullable=False, comment="of the lines"),
    Column("previous_hash", String, nullable=False, comment="hash of the entry before"),
    Column("hash", String, nullable=False, comment="over all of the above"),
    Index(None, "cycle"),
    comment="What happened, in order, chained; never changed.",
)

posting = Table(
    "posting",
    metadata,
    Column("entry", Whole, ForeignKey("journal_entry.number"), nullable=False, comment="of what"),
    Column("line", Integer, nullable=False, comment="1, 2, ..."),
    Column("account", Integer, ForeignKey("account.id"), nullable=False, comment="on"),
    Column("amount_minor", Whole, nullable=False, comment="debit above nought, credit below"),
    PrimaryKeyConstraint("entry", "line"),
    CheckConstraint("amount_minor <> 0", name="some_amount"),
    Index("ix_posting_cover", "account", "entry", "amount_minor"),
    comment="The lines of the journal; those of an entry balance in each currency.",
)

balance_seal = Table(
    "balance_seal",
    metadata,
    Column("entry", Whole, ForeignKey("journal_entry.number"), nullable=False,
           comment="the sealing entry: all postings before it"),
    Column("account", Integer, ForeignKey("account.id"), nullable=False, comment="of"),
    Column("debit_minor", Text, nullable=False, comment="sum of debits, as text: no bound"),
    Column("credit_minor", Text, nullable=False, comment="sum of credits, as text"),
    PrimaryKeyConstraint("entry", "account"),
    comment="Balances sealed at the end of a period; the verifier adds them up again.",
)  # fmt: skip
