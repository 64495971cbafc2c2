# SPDX-License-Identifier: Apache-2.0
"""Documents as they came in: what they say, their tax by rate, how a sender's tables are read.

The bytes themselves stand in the register, where they can be erased; their digest stays here.
"""

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

from skontro.store.schema.columns import String, Text, Whole, metadata, one_of

document = Table(
    "document",
    metadata,
    Column("id", Whole, primary_key=True, comment="1, 2, ..."),
    Column("seller", Integer, ForeignKey("participant.number"), nullable=False,
           comment="whose document it is"),
    Column("kind", String, nullable=False, comment="invoice or credit_note"),
    Column("number", String, nullable=False, comment="the seller's number of it"),
    Column("obligation", Whole, nullable=False,
           comment="what it became, or what the credit note lowers"),
    Column("syntax", String, nullable=False, comment="ubl or cii"),
    Column("carrier", String, nullable=False, comment="xml or pdf"),
    Column("profile", String, nullable=False, comment="what it says it follows"),
    Column("content_digest", String, nullable=False, comment="of what it says, however written"),
    Column("original_digest", String, nullable=False, comment="SHA-256 of its bytes"),
    Column("original_bytes", Whole, nullable=False, comment="how many there are"),
    Column("original", Whole, ForeignKey("register.id"), nullable=False,
           comment="the bytes, in the register"),
    Column("currency", String, nullable=False, comment="ISO 4217"),
    Column("net_minor", Whole, nullable=False, comment="without tax"),
    Column("tax_minor", Whole, nullable=False, comment="tax"),
    Column("prepaid_minor", Whole, nullable=False, comment="paid before"),
    Column("rounding_minor", Whole, nullable=False, comment="rounding of what is payable"),
    Column("payable_minor", Whole, nullable=False, comment="net and tax less prepaid, rounded"),
    Column("hs_codes", Text, nullable=False, comment="HS codes of its lines, a blank between two"),
    Column("person", String, comment="who of the house took it in"),
    Column("filed_at", String, nullable=False, comment="when"),
    UniqueConstraint("seller", "kind", "number"),
    one_of("kind", "invoice", "credit_note"),
    one_of("syntax", "ubl", "cii"),
    one_of("carrier", "xml", "pdf"),
    CheckConstraint("payable_minor = net_minor + tax_minor - prepaid_minor + rounding_minor",
                    name="sums_agree"),
    Index(None, "obligation"),
    comment="E-invoices and credit notes as they came in.",
)  # fmt: skip

document_tax = Table(
    "document_tax",
    metadata,
    Column("document", Whole, ForeignKey("document.id"), nullable=False, comment="of which"),
    Column("place", Integer, nullable=False, comment="1, 2, ... as it says them"),
    Column("category", String, nullable=False, comment="code of UNTDID 5305, such as S"),
    Column("rate", String, nullable=False, comment="percent, exact decimal text; or empty"),
    Column("net_minor", Whole, nullable=False, comment="what the tax is taken of"),
    Column("tax_minor", Whole, nullable=False, comment="the tax"),
    Column("reason", Text, nullable=False, comment="why there is none, or empty"),
    PrimaryKeyConstraint("document", "place"),
    comment="Net and tax of documents by rate, for notices of partial discharge.",
)

table_form = Table(
    "table_form",
    metadata,
    Column("id", Whole, primary_key=True, comment="1, 2, ...; of a sender's the last counts"),
    Column("sender", Integer, ForeignKey("participant.number"), nullable=False, comment="whose"),
    Column("content", Text, nullable=False,
           comment="columns, delimiter, encoding, decimal mark, form of days; canonical JSON"),
    Column("person", String, comment="who of the house wrote it down"),
    Column("at", String, nullable=False, comment="when"),
    Index(None, "sender"),
    comment="How the tables of a sender are read.",
)
