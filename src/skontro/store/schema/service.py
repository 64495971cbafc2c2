# SPDX-License-Identifier: Apache-2.0
"""What the service does behind its requests: events, jobs, webhooks and their deliveries."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from skontro.store.schema.columns import String, Text, Whole, metadata, one_of

_LIVE = "state IN ('waiting', 'running')"

outbox = Table(
    "outbox",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("kind", String, nullable=False, comment="what happened, e.g. obligation.confirmed"),
    Column("content", Text, nullable=False, comment="to what, JSON: numbers and ids, no names"),
    Column("at", String, nullable=False, comment="when, by the machine's clock"),
    Column("handled_at", String, nullable=False, server_default="",
           comment="when its deliveries were written; empty: not yet"),
    Index("ix_outbox_waiting", "number", sqlite_where=text("handled_at = ''"),
          postgresql_where=text("handled_at = ''")),
    comment="Events, written in the same unit of work as what happened.",
)  # fmt: skip

job = Table(
    "job",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("kind", String, nullable=False, comment="what is to be done"),
    Column("subject", String, nullable=False, comment="to what: one job of a kind at a time"),
    Column("content", Text, nullable=False, comment="what it takes, JSON: no names"),
    Column("state", String, nullable=False, comment="waiting, running, done or failed"),
    Column("stage", String, nullable=False, server_default="", comment="what is done now"),
    Column("permille", Integer, nullable=False, server_default="0", comment="how far it is"),
    Column("asked_by", String, nullable=False, comment="person or key; empty: the calendar"),
    Column("asked_at", String, nullable=False, comment="when, by the machine's clock"),
    Column("due_at", String, nullable=False, comment="not before"),
    Column("began_at", String, nullable=False, server_default="", comment="its last attempt"),
    Column("ended_at", String, nullable=False, server_default="", comment="when it ended"),
    Column("taken_by", String, nullable=False, server_default="", comment="by which worker"),
    Column("lease_until", String, nullable=False, server_default="",
           comment="another worker may take it after this"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="how often tried"),
    Column("code", String, nullable=False, server_default="", comment="why it last failed"),
    Column("message", Text, nullable=False, server_default="", comment="and in a sentence"),
    Column("result", Text, nullable=False, server_default="", comment="what came of it, JSON"),
    one_of("state", "waiting", "running", "done", "failed"),
    CheckConstraint("permille BETWEEN 0 AND 1000", name="permille"),
    Index("ix_job_live", "due_at", sqlite_where=text(_LIVE), postgresql_where=text(_LIVE)),
    Index("uq_job_live", "kind", "subject", unique=True, sqlite_where=text(_LIVE),
          postgresql_where=text(_LIVE)),
    comment="Work that a worker takes: at least once tried, once effective.",
)  # fmt: skip

upload = Table(
    "upload",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("job", Whole, ForeignKey("job.number"), nullable=False, unique=True,
           comment="the job that reads it"),
    Column("firm", String, ForeignKey("participant.id"), nullable=False,
           comment="whose: the sender of what is in it"),
    Column("made_by", String, nullable=False, comment="person or key"),
    Column("made_at", String, nullable=False, comment="when, by the machine's clock"),
    Column("many", Integer, nullable=False, comment="how many files came"),
    Column("files", Text, nullable=False,
           comment="their names and bytes, JSON; empty once they are read"),
    Column("counts", String, nullable=False, server_default="",
           comment="how many documents came to what, JSON; empty: not read yet"),
    Column("report", Text, nullable=False, server_default="",
           comment="what came of each document, JSON"),
    Index(None, "firm"),
    comment="E-invoices that came over the network; deleted after a month.",
)  # fmt: skip

webhook = Table(
    "webhook",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("firm", String, ForeignKey("participant.id"), nullable=False, comment="whose"),
    Column("url", String, nullable=False, comment="where its events are sent"),
    Column("kinds", String, nullable=False, comment="which events, with commas"),
    Column("secret", Integer, nullable=False, server_default="1",
           comment="how often its secret was made anew; it follows from this"),
    Column("made_by", String, nullable=False, comment="person or key"),
    Column("made_at", String, nullable=False, comment="when"),
    Column("failing_since", String, nullable=False, server_default="",
           comment="when the first delivery failed since one arrived"),
    Column("paused_at", String, nullable=False, server_default="", comment="nothing is sent since"),
    Column("ended_at", String, nullable=False, server_default="", comment="taken away when"),
    Index(None, "firm"),
    comment="Where participants want to be told of what concerns them.",
)  # fmt: skip

delivery = Table(
    "delivery",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("webhook", Whole, ForeignKey("webhook.number"), nullable=False, comment="to where"),
    Column("event", String, nullable=False, comment="id of the event: the same when sent again"),
    Column("again", Integer, nullable=False, server_default="0", comment="how often asked again"),
    Column("kind", String, nullable=False, comment="what happened"),
    Column("body", Text, nullable=False, comment="exactly what is sent"),
    Column("state", String, nullable=False, comment="waiting, delivered or failed"),
    Column("made_at", String, nullable=False, comment="when it was written"),
    Column("due_at", String, nullable=False, comment="not tried before"),
    Column("taken_by", String, nullable=False, server_default="", comment="by which worker"),
    Column("lease_until", String, nullable=False, server_default="",
           comment="another worker may take it after this"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="how often tried"),
    Column("ended_at", String, nullable=False, server_default="", comment="when it ended"),
    UniqueConstraint("webhook", "event", "again"),
    one_of("state", "waiting", "delivered", "failed"),
    Index("ix_delivery_waiting", "due_at", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    comment="What is sent to webhooks.",
)  # fmt: skip

delivery_try = Table(
    "delivery_try",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("delivery", Whole, ForeignKey("delivery.number"), nullable=False, comment="of what"),
    Column("at", String, nullable=False, comment="when"),
    Column("status", Integer, nullable=False, comment="what was answered; 0: nothing"),
    Column("why", String, nullable=False, comment="why it did not arrive; empty: it did"),
    Column("took_ms", Integer, nullable=False, comment="milliseconds"),
    Index(None, "delivery"),
    comment="Each attempt at a delivery.",
)
