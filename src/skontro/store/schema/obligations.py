# SPDX-License-Identifier: Apache-2.0
"""Obligations, what was said of them, what they are for, and what happened to them.

Written by the million: whose an obligation is and of what a registration or an event is, guards
check for all rows of a statement at once (see guards.py), not foreign keys row by row. Each
obligation changes its state three times a cycle: on PostgreSQL half of a page is left free and
no exact index has the state, so that a new version of a row stands beside the old one and no
index is touched; a quarter of the work.
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
    text,
)

from skontro.store.schema.columns import String, Text, Whole, metadata, one_of

filing = Table(
    "filing",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the filing"),
    Column("sender", Integer, ForeignKey("participant.number"), comment="who filed; none: several"),
    Column("person", String, comment="who of the house took it in"),
    Column("source", String, nullable=False, comment="file, api, e-invoice or hand"),
    Column("digest", String, nullable=False, comment="of what was filed"),
    Column("rows", Integer, nullable=False, comment="rows in it"),
    Column("refused", Integer, nullable=False, comment="rows refused"),
    Column("filed_at", String, nullable=False, comment="when"),
    comment="What was handed in at once: a file, a single registration.",
)

obligation = Table(
    "obligation",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("debtor", Integer, nullable=False, comment="who owes"),
    Column("creditor", Integer, nullable=False, comment="who is owed"),
    Column("currency", String, nullable=False, comment="ISO 4217"),
    Column("amount_minor", Whole, nullable=False, comment="as agreed"),
    Column("open_minor", Whole, nullable=False, comment="still owed: less credit notes, less what "
           "was discharged"),
    Column("due_day", Integer, comment="days since 1970-01-01; none if not given"),
    Column("document", String, nullable=False, comment="number of the invoice; empty if not given"),
    Column("document_day", Integer, comment="its date, days since 1970-01-01"),
    Column("state", String, nullable=False, comment="see house/states.py"),
    Column("flags", Integer, nullable=False, server_default="0",
           comment="1 attached, 2 factored, 4 not yet due by consent of both"),
    Column("said", Integer, nullable=False,
           comment="who stands by it: 1 the debtor, 2 the creditor, 3 both"),
    Column("content_digest", LargeBinary(32), nullable=False, comment="of what the gate judges"),
    Column("registered_at", String, nullable=False, comment="when it was first registered"),
    Column("confirmed_at", String, comment="when both stood by it"),
    Column("joined_to", Whole, ForeignKey("obligation.number"),
           comment="the obligation it is part of, where the other party said the same"),
    Column("opposite_of", Whole, ForeignKey("obligation.number"),
           comment="the obligation it makes good, where that was final"),
    CheckConstraint("debtor <> creditor", name="two_firms"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("open_minor >= 0 AND open_minor <= amount_minor", name="open_within"),
    CheckConstraint("said BETWEEN 1 AND 3", name="said_known"),
    CheckConstraint(
        "state <> 'confirmed' AND state <> 'entered' OR said = 3 OR opposite_of IS NOT NULL",
        name="confirmed_by_both",
    ),
    CheckConstraint("(state = 'joined') = (joined_to IS NOT NULL)", name="joined_to_one"),
    one_of("state", "registered", "confirmed", "disputed", "duplicate", "joined", "entered",
            "discharged", "withdrawn", "credited", "expired"),
    Index(None, "state", postgresql_using="brin"),
    Index(None, "debtor", "creditor", "document"),
    Index(None, "creditor"),
    postgresql_with={"fillfactor": 50},
    comment="Duties to pay, as registered and as they stand.",
)  # fmt: skip

registration = Table(
    "registration",
    metadata,
    Column("sender", Integer, nullable=False,
           comment="for whom it was filed: the obligation's debtor or creditor"),
    Column("reference", String, nullable=False, comment="id the sender chose"),
    Column("obligation", Whole, nullable=False, comment="what it became part of"),
    Column("amount_minor", Whole, nullable=False, comment="as this sender says"),
    Column("body_digest", LargeBinary(32), nullable=False, comment="of all the sender said"),
    Column("filing", Whole, nullable=False, comment="number of the filing it was handed in with"),
    PrimaryKeyConstraint("sender", "reference"),
    Index(None, "obligation"),
    comment="What debtor and creditor each said of an obligation; same id, same body.",
)  # fmt: skip

trade_terms = Table(
    "trade_terms",
    metadata,
    Column("id", Integer, primary_key=True, comment="1, 2, ..."),
    Column("content", Text, nullable=False,
           comment="kind of trade, code, unit, countries, end use, kinds of papers; canonical "
           "JSON"),
    Column("digest", String, nullable=False, unique=True, comment="of the content"),
    comment="What many obligations share of what they are for.",
)  # fmt: skip

obligation_trade = Table(
    "obligation_trade",
    metadata,
    Column("obligation", Whole, primary_key=True, autoincrement=False, comment="of what"),
    Column("terms", Integer, nullable=False, comment="what it shares with others"),
    Column("quantity_milli", Whole, nullable=False, comment="thousandths of the unit; 0: not said"),
    Column("weight_g", Whole, nullable=False, comment="net weight in grams; 0: not said"),
    Column("paper_day", Integer, comment="date of the papers, days since 1970-01-01"),
    Column("numbers", Text, nullable=False, comment="numbers of the papers, in the order of kinds"),
    Column("issuer", Text, nullable=False, comment="who gave the papers out, or empty"),
    Column("originals", String, nullable=False, comment="SHA-256 of the originals, or empty"),
    comment="What obligations are for, as it was said; part of what the gate judges.",
)

obligation_line = Table(
    "obligation_line",
    metadata,
    Column("obligation", Whole, nullable=False, comment="of what"),
    Column("line", Integer, nullable=False, comment="1, 2, ... as they were said"),
    Column("terms", Integer, nullable=False,
           comment="what it shares with others: code, unit, countries, end use"),
    Column("quantity_milli", Whole, nullable=False, comment="thousandths of the unit; 0: not said"),
    Column("weight_g", Whole, nullable=False, comment="net weight in grams; 0: not said"),
    Column("value_minor", Whole, nullable=False,
           comment="without tax, minor units of the obligation's currency"),
    PrimaryKeyConstraint("obligation", "line"),
    CheckConstraint("line BETWEEN 1 AND 999", name="line_within"),
    CheckConstraint("value_minor >= 0", name="value_positive"),
    comment="Lines of those obligations that have several; of the others obligation_trade says "
    "it all.",
)  # fmt: skip

obligation_event = Table(
    "obligation_event",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the event"),
    Column("obligation", Whole, nullable=False, comment="of what"),
    Column("event", String, nullable=False, comment="see house/states.py"),
    Column("by_participant", Integer, comment="whose will it was; none: the house"),
    Column("person", String, comment="who of the house did it"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="the act behind it, if any"),
    Column("amount_minor", Whole, comment="of a credit note"),
    Column("detail", Text, nullable=False, server_default="{}",
           comment="reason and evidence as ids, canonical JSON"),
    Column("request", String, comment="whose and which id the caller chose; once only"),
    Column("at", String, nullable=False, comment="when"),
    Index(None, "obligation"),
    Index("uq_obligation_event_request", "request", unique=True,
          sqlite_where=text("request IS NOT NULL"), postgresql_where=text("request IS NOT NULL")),
    comment="What happened to single obligations.",
)  # fmt: skip
