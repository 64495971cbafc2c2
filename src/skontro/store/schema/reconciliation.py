# SPDX-License-Identifier: Apache-2.0
"""What the banks said, file by file and line by line, and what became of each line."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from skontro.store.schema.columns import String, Whole, metadata, one_of

bank_file = Table(
    "bank_file",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the file"),
    Column("digest", String, nullable=False, unique=True, comment="of its bytes"),
    Column("kind", String, nullable=False, comment="message and version: camt.053.001.08"),
    Column("original", Whole, ForeignKey("register.id"), nullable=False,
           comment="its name and bytes, in the register"),
    Column("taken_at", String, nullable=False, comment="when it was taken in"),
    comment="Files of banks that were read: each is taken once.",
)  # fmt: skip

bank_sheet = Table(
    "bank_sheet",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the page"),
    Column("file", Whole, ForeignKey("bank_file.id"), nullable=False, comment="in which file"),
    Column("digest", String, nullable=False, unique=True, comment="of what it says"),
    Column("side", String, nullable=False, comment="of which side's account; empty: the hub's"),
    Column("currency", String, nullable=False, comment="in"),
    Column("kind", String, nullable=False, comment="camt.052, camt.053 or camt.054"),
    Column("name", String, nullable=False, comment="the bank's id of it, its number and year"),
    Column("created_at", String, nullable=False, comment="when the bank wrote it, last"),
    Column("day", String, nullable=False, comment="the day it ends with"),
    Column("number", String, nullable=False, comment="its number, or empty"),
    Column("page", Whole, nullable=False, comment="which page of it"),
    Column("is_last", Integer, nullable=False, comment="whether no page follows: 0 or 1"),
    Column("opening_minor", Whole, comment="what stood there before, if it says"),
    Column("closing_minor", Whole, comment="what stood there after, if it says"),
    Column("booked_minor", Whole, nullable=False, comment="what its booked lines add up to"),
    Index(None, "side", "currency"),
    comment="Pages of statements, reports and notices; of one that was amended each version.",
)  # fmt: skip

bank_line = Table(
    "bank_line",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the line"),
    Column("side", String, nullable=False, comment="of which side's account; empty: the hub's"),
    Column("currency", String, nullable=False, comment="in"),
    Column("name", String, nullable=False, comment="which line: year and the bank's id of it"),
    Column("amount_minor", Whole, nullable=False, comment="in: above nought, out: below"),
    Column("day", String, nullable=False, comment="when it was booked"),
    Column("telling", Whole, ForeignKey("register.id"), nullable=False,
           comment="all the bank says of it, in the register"),
    Column("digest", String, nullable=False, comment="of that"),
    Column("outcome", String, nullable=False, comment="new, waits, matched, suspense or refused"),
    Column("why", String, nullable=False, comment="why it waits or was refused; by what matched"),
    UniqueConstraint("side", "currency", "name"),
    CheckConstraint("amount_minor <> 0", name="some_amount"),
    one_of("outcome", "new", "waits", "matched", "suspense", "refused"),
    Index(None, "outcome"),
    comment="Lines of accounts by the banks' word, each once however often it is told.",
)  # fmt: skip

bank_sighting = Table(
    "bank_sighting",
    metadata,
    Column("sheet", Whole, ForeignKey("bank_sheet.id"), nullable=False, comment="on which page"),
    Column("line", Whole, ForeignKey("bank_line.id"), nullable=False, comment="which line stands"),
    Column("is_booked", Integer, nullable=False, comment="whether as booked: 0 or 1"),
    PrimaryKeyConstraint("sheet", "line"),
    Index(None, "line"),
    comment="Which page tells of which line.",
)

bank_status = Table(
    "bank_status",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the word"),
    Column("file", Whole, ForeignKey("bank_file.id"), nullable=False, comment="in which file"),
    Column("kind", String, nullable=False, comment="pain.002, pacs.002 or pacs.004"),
    Column("end_to_end", String, nullable=False, comment="of which payment; empty: of a group"),
    Column("batch", String, nullable=False, comment="of which group of payments, or order"),
    Column("status", String, nullable=False, comment="ACCP, ACSC, RJCT and so on; or RETURNED"),
    Column("code", String, nullable=False, comment="why, by the bank's code; or empty"),
    Column("outcome", String, nullable=False, comment="new, noted, done, doubt, or settled by two"),
    Column("why", String, nullable=False, comment="why there is doubt"),
    one_of("outcome", "new", "noted", "done", "doubt", "settled"),
    Index(None, "end_to_end"),
    Index(None, "outcome"),
    comment="What banks say became of payments, besides what they booked.",
)
