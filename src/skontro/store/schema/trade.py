# SPDX-License-Identifier: Apache-2.0
"""Licences, what customs know, and what looked like laundering: what the gate asks of trade.

What a verdict rests on is never changed: a licence that changes is a new row, and so is whatever
is taken of it or given back. As each row has a number, what was there before any of them can be
told for ever.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from skontro.store.schema.columns import String, Text, Whole, approved, metadata, one_of

licence = Table(
    "licence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("licence", String, nullable=False, comment="its number at the authority"),
    Column("side", String, nullable=False, comment="on which side it counts"),
    Column("holder", Integer, ForeignKey("participant.number"), nullable=False,
           comment="to whom it was given"),
    Column("goods", Text, nullable=False,
           comment="first digits of codes, or classes of services, with a blank between two"),
    Column("countries", Text, nullable=False, comment="ISO 3166, with a blank between two"),
    Column("currency", String, nullable=False, comment="ISO 4217"),
    Column("value_minor", Whole, nullable=False, comment="for how much in all, minor units"),
    Column("valid_from", String, nullable=False, comment="from which day on"),
    Column("valid_until", String, nullable=False, comment="to which day, that day too"),
    Column("revoked", Integer, nullable=False, comment="1: the authority took it back"),
    Column("record", Whole, ForeignKey("register.id"), nullable=False,
           comment="who gave it, and its paper, in the register"),
    Column("since", String, nullable=False, comment="known since"),
    *approved("licence_act", "licence.enter", "licence.revoke"),
    CheckConstraint("value_minor > 0", name="value_positive"),
    CheckConstraint("valid_from <= valid_until", name="ends_later"),
    CheckConstraint("revoked = 0 OR revoked = 1", name="revoked_known"),
    Index(None, "licence"),
    comment="Licences as authorities gave them, each version; the last of a number counts.",
)  # fmt: skip

licence_entry = Table(
    "licence_entry",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("licence", String, nullable=False, comment="number of the licence"),
    Column("obligation", Whole, nullable=False, comment="for what"),
    Column("kind", String, nullable=False, comment="reserve, use, give_back or return"),
    Column("value_minor", Whole, nullable=False, comment="minor units of its currency"),
    Column("cycle", String, comment="in which cycle"),
    Column("at", String, nullable=False, comment="when"),
    CheckConstraint("value_minor > 0", name="value_positive"),
    one_of("kind", "reserve", "use", "give_back", "return"),
    Index(None, "licence"),
    Index(None, "obligation"),
    comment="What obligations took of licences and gave back.",
)

customs_file = Table(
    "customs_file",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("side", String, nullable=False, comment="whose customs know it"),
    Column("source", String, nullable=False, comment="where it came from"),
    Column("dated", String, nullable=False, comment="time the file is of"),
    Column("imported_at", String, nullable=False, comment="when it was imported"),
    Column("imported_by", String, ForeignKey("person.id"), nullable=False, comment="by whom"),
    Column("digest", String, nullable=False, comment="of the file"),
    Column("content_digest", String, nullable=False, comment="of its declarations, in order"),
    Column("declarations", Integer, nullable=False, comment="how many it has"),
    Column("lines", Integer, nullable=False, comment="how many lines they have"),
    UniqueConstraint("side", "digest"),
    CheckConstraint("declarations > 0", name="not_empty"),
    comment="Files of declarations as customs gave them, never a participant.",
)

declaration = Table(
    "declaration",
    metadata,
    Column("customs_file", Integer, ForeignKey("customs_file.id"), nullable=False,
           comment="in which file"),
    Column("position", Integer, nullable=False, comment="1, 2, ... in the order of the file"),
    Column("reference", String, nullable=False, comment="its number at the authority"),
    Column("exporter", String, nullable=False, comment="identifier of who sends"),
    Column("importer", String, nullable=False, comment="identifier of who receives"),
    Column("currency", String, nullable=False, comment="ISO 4217"),
    Column("day", Integer, nullable=False, comment="accepted, days since 1970-01-01"),
    Column("cancelled", Integer, nullable=False, comment="1: the authority took it back"),
    Column("value_minor", Whole, nullable=False, comment="of all its lines, minor units"),
    Column("lines", Text, nullable=False,
           comment="code, value, quantity, unit and weight of each line, canonical JSON"),
    PrimaryKeyConstraint("customs_file", "position"),
    Index(None, "reference"),
    comment="What was declared; of one number the last file's counts.",
)  # fmt: skip

customs_use = Table(
    "customs_use",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("reference", String, nullable=False, comment="of which declaration"),
    Column("obligation", Whole, nullable=False, comment="by what"),
    Column("code", String, nullable=False, comment="first six digits of the goods' code"),
    Column("unit", String, nullable=False, comment="unit of the quantity"),
    Column("value_minor", Whole, nullable=False, comment="minor units of its currency"),
    Column("quantity_milli", Whole, nullable=False, comment="thousandths of the unit"),
    Column("kind", String, nullable=False, comment="use or give_back"),
    Column("cycle", String, nullable=False, comment="in which cycle"),
    Column("at", String, nullable=False, comment="when"),
    UniqueConstraint("reference", "obligation", "code", "unit", "cycle", "kind",
                     name="uq_customs_use_once"),
    CheckConstraint("value_minor > 0 AND quantity_milli >= 0", name="amounts_known"),
    one_of("kind", "use", "give_back"),
    Index(None, "obligation"),
    comment="What obligations used of declarations and gave back: none is used twice.",
)  # fmt: skip

flag_look = Table(
    "flag_look",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("cycle", String, nullable=False, comment="before or at the cut-off of which cycle"),
    Column("rules", Text, nullable=False, comment="when a flag is raised, canonical JSON"),
    Column("obligations", LargeBinary, nullable=False,
           comment="numbers of what was looked at, packed"),
    Column("earlier", LargeBinary, nullable=False,
           comment="numbers of what was cleared shortly before, packed"),
    Column("usual", LargeBinary, nullable=False,
           comment="what was usual for goods and firms, canonical JSON, packed"),
    Column("digest", String, nullable=False, comment="of all of it"),
    Column("raised", Integer, nullable=False, comment="how many obligations have a flag"),
    Column("looked_at", String, nullable=False, comment="when"),
    Index(None, "cycle"),
    comment="When signs of laundering by trade were looked for, in what, and against what.",
)  # fmt: skip
