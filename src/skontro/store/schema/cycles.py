# SPDX-License-Identifier: Apache-2.0
"""Cycles, their steps and members, and runs."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from skontro.store.schema.columns import String, Text, Whole, approved, metadata, one_of, released

cycle = Table(
    "cycle",
    metadata,
    Column("id", String, primary_key=True, comment="e.g. 2026-01"),
    Column("number", Integer, nullable=False, unique=True, comment="1, 2, ..."),
    Column("state", String, nullable=False, comment="see house/states.py"),
    Column("paused", Integer, nullable=False, server_default="0", comment="1 while paused"),
    Column("business_day", String, nullable=False, comment="value date of the set-off"),
    Column("opened_at", String, nullable=False, comment="when it was opened"),
    Column("cut_off_at", String, nullable=False, comment="closing time"),
    Column("window_ends_at", String, nullable=False, comment="end of the correction window"),
    Column("pay_in_deadline", String, nullable=False, comment="by when pay-ins must have arrived"),
    Column("rules_version", Integer, ForeignKey("house_rules.version"), nullable=False,
           comment="rules in force"),
    Column("frozen_digest", String, comment="of the set frozen at the cut-off"),
    Column("planned_run", Whole, comment="the run whose plan was placed: final or recast"),
    comment="The sessions of the house.",
)  # fmt: skip

cycle_step = Table(
    "cycle_step",
    metadata,
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="which cycle"),
    Column("step", String, nullable=False, comment="see house/states.py"),
    Column("number", Integer, nullable=False, server_default="1", comment="1, or the recast's"),
    Column("person", String, comment="who did it; none: the calendar"),
    Column("at", String, nullable=False, comment="when"),
    Column("detail", Text, nullable=False, comment="what came of it, canonical JSON"),
    PrimaryKeyConstraint("cycle", "step", "number"),
    comment="Steps done, each once.",
)

fixing = Table(
    "fixing",
    metadata,
    Column("cycle", String, ForeignKey("cycle.id"), primary_key=True, comment="which cycle"),
    Column("unit", String, nullable=False, comment="unit of account"),
    Column("rates", Text, nullable=False, comment="exact fractions by currency, canonical JSON"),
    Column("source", String, nullable=False, comment="where the rates come from"),
    Column("dated", String, nullable=False, comment="time the rates are of"),
    *approved("fixing_act", "fixing.declare"),
    comment="Declared exchange rates, one set a cycle.",
)

cycle_member = Table(
    "cycle_member",
    metadata,
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="which cycle"),
    Column("obligation", Whole, ForeignKey("obligation.number"), nullable=False, comment="what"),
    Column("open_minor", Whole, nullable=False, comment="open amount when frozen"),
    Column("left_why", String, comment="why it left in the correction window; none: it stays"),
    Column("left_act", Whole, ForeignKey("approval.act_id"), comment="the act behind its leaving"),
    *released("obligation"),
    PrimaryKeyConstraint("cycle", "obligation"),
    CheckConstraint("open_minor > 0", name="open_positive"),
    one_of("left_why", "consent", "error", "house review", "default"),
    comment="What was entered at the cut-off; only what the gate released.",
)

run = Table(
    "run",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the run"),
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="which cycle"),
    Column("kind", String, nullable=False, comment="preliminary, final or recast"),
    Column("number", Integer, nullable=False, comment="1, or the recast's"),
    Column("frozen_digest", String, nullable=False, comment="of the members it ran on"),
    Column("input_digest", String, nullable=False, comment="of everything it was made from"),
    Column("result_digest", String, nullable=False, comment="of what came out"),
    Column("manifest_digest", String, nullable=False, comment="of the archive's manifest"),
    Column("parameters", Text, nullable=False, comment="what was asked, canonical JSON"),
    Column("engine_version", String, nullable=False, comment="version that ran"),
    Column("folder", String, nullable=False, comment="its archive, under the house's folder"),
    Column("summary", Text, nullable=False, comment="totals, canonical JSON"),
    Column("ran_at", String, nullable=False, comment="when"),
    *approved("published_act", "run.final", "run.recast", nullable=True),
    UniqueConstraint("cycle", "kind", "number"),
    CheckConstraint("(kind = 'preliminary') = (published_act IS NULL)", name="published_by_two"),
    CheckConstraint("kind <> 'final' OR published_act_kind = 'run.final'", name="final_as_final"),
    CheckConstraint(
        "kind <> 'recast' OR published_act_kind = 'run.recast'", name="recast_as_recast"
    ),
    one_of("kind", "preliminary", "final", "recast"),
    comment="Executions of the clearing, each with its archive.",
)

discharge = Table(
    "discharge",
    metadata,
    Column("run", Whole, ForeignKey("run.id"), nullable=False, comment="final run or recast"),
    Column("obligation", Whole, ForeignKey("obligation.number"), nullable=False, comment="what"),
    Column("before_minor", Whole, nullable=False, comment="open before"),
    Column("set_off_minor", Whole, nullable=False, comment="set off; nought in a recast"),
    Column("planned_minor", Whole, nullable=False, comment="to be settled with money"),
    PrimaryKeyConstraint("run", "obligation"),
    CheckConstraint(
        "set_off_minor >= 0 AND planned_minor >= 0 AND "
        "set_off_minor + planned_minor <= before_minor",
        name="within",
    ),
    comment="What a run did to each obligation.",
)

preview = Table(
    "preview",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the preview"),
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="of which cycle"),
    Column("due_at", String, nullable=False, comment="the calendar's time for it"),
    Column("made_at", String, nullable=False, comment="when it was made: as of then"),
    Column("obligations", Integer, nullable=False, comment="how many were in it"),
    Column("rates_of", String, comment="the cycle whose fixing it goes by; none: no rates"),
    UniqueConstraint("cycle", "due_at"),
    comment="What would clear, looked at before the cut-off at the calendar's times, once each.",
)

preview_line = Table(
    "preview_line",
    metadata,
    Column("preview", Whole, ForeignKey("preview.id"), nullable=False, comment="which preview"),
    Column("obligation", Whole, ForeignKey("obligation.number"), nullable=False, comment="what"),
    Column("open_minor", Whole, nullable=False, comment="open amount then"),
    Column("set_off_minor", Whole, nullable=False,
           comment="what would be set off of it, down to a whole per cent"),
    PrimaryKeyConstraint("preview", "obligation"),
    CheckConstraint("set_off_minor >= 0 AND set_off_minor <= open_minor", name="within"),
    comment="Each obligation in a preview; those of an earlier one go when the next is made.",
)  # fmt: skip
