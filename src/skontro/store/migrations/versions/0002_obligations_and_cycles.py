# SPDX-License-Identifier: Apache-2.0
"""Obligations, cycles and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
LongText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "obligation",
        sa.Column("number", Whole, nullable=False),
        sa.Column("debtor", sa.Integer(), nullable=False),
        sa.Column("creditor", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("open_minor", Whole, nullable=False),
        sa.Column("due_day", sa.Integer(), nullable=True),
        sa.Column("document", Words, nullable=False),
        sa.Column("document_day", sa.Integer(), nullable=True),
        sa.Column("state", Words, nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("registered_at", Words, nullable=False),
        sa.Column("confirmed_at", Words, nullable=True),
        sa.Column("joined_to", Whole, nullable=True),
        sa.Column("opposite_of", Whole, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_obligation")),
        sa.ForeignKeyConstraint(
            ["joined_to"], ["obligation.number"], name=op.f("fk_obligation_joined_to"),
        ),
        sa.ForeignKeyConstraint(
            ["opposite_of"], ["obligation.number"], name=op.f("fk_obligation_opposite_of"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_obligation_amount_positive")),
        sa.CheckConstraint(
            "state <> 'confirmed' AND state <> 'entered' OR said = 3 OR opposite_of IS NOT "
                "NULL",
            name=op.f("ck_obligation_confirmed_by_both"),
        ),
        sa.CheckConstraint(
            "(state = 'joined') = (joined_to IS NOT NULL)",
            name=op.f("ck_obligation_joined_to_one"),
        ),
        sa.CheckConstraint(
            "open_minor >= 0 AND open_minor <= amount_minor",
            name=op.f("ck_obligation_open_within"),
        ),
        sa.CheckConstraint("said BETWEEN 1 AND 3", name=op.f("ck_obligation_said_known")),
        sa.CheckConstraint(
            "state = 'registered' OR state = 'confirmed' OR state = 'disputed' OR state = "
                "'duplicate' OR state = 'joined' OR state = 'entered' OR state = 'discharged' "
                "OR state = 'withdrawn' OR state = 'credited' OR state = 'expired'",
            name=op.f("ck_obligation_state_known"),
        ),
        sa.CheckConstraint("debtor <> creditor", name=op.f("ck_obligation_two_firms")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("ix_obligation_creditor"), "obligation", ["creditor"])
    op.create_index(
        op.f("ix_obligation_debtor_creditor_document"), "obligation",
        ["debtor", "creditor", "document"],
    )
    op.create_index(op.f("ix_obligation_state"), "obligation", ["state"], postgresql_using="brin")
    op.create_table(
        "obligation_line",
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", Whole, nullable=False),
        sa.Column("weight_g", Whole, nullable=False),
        sa.Column("value_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("obligation", "line", name=op.f("pk_obligation_line")),
        sa.CheckConstraint("line BETWEEN 1 AND 999", name=op.f("ck_obligation_line_line_within")),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_obligation_line_value_positive")),
    )
    op.create_table(
        "obligation_trade",
        sa.Column("obligation", Whole, autoincrement=False, nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", Whole, nullable=False),
        sa.Column("weight_g", Whole, nullable=False),
        sa.Column("paper_day", sa.Integer(), nullable=True),
        sa.Column("numbers", LongText, nullable=False),
        sa.Column("issuer", LongText, nullable=False),
        sa.Column("originals", Words, nullable=False),
        sa.PrimaryKeyConstraint("obligation", name=op.f("pk_obligation_trade")),
    )
    op.create_table(
        "registration",
        sa.Column("sender", sa.Integer(), nullable=False),
        sa.Column("reference", Words, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("body_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("filing", Whole, nullable=False),
        sa.PrimaryKeyConstraint("sender", "reference", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_obligation"), "registration", ["obligation"])
    op.create_table(
        "trade_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_terms")),
        sa.UniqueConstraint("digest", name=op.f("uq_trade_terms_digest")),
    )
    op.create_table(
        "obligation_event",
        sa.Column("id", Whole, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("by_participant", sa.Integer(), nullable=True),
        sa.Column("person", Words, nullable=True),
        sa.Column("act_id", Whole, nullable=True),
        sa.Column("amount_minor", Whole, nullable=True),
        sa.Column("detail", LongText, nullable=False, server_default="{}"),
        sa.Column("request", Words, nullable=True),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation_event")),
        sa.ForeignKeyConstraint(
            ["act_id"], ["approval.act_id"], name=op.f("fk_obligation_event_act_id"),
        ),
    )
    op.create_index(op.f("ix_obligation_event_obligation"), "obligation_event", ["obligation"])
    op.create_index(
        op.f("uq_obligation_event_request"), "obligation_event", ["request"], unique=True,
        sqlite_where=sa.text("request IS NOT NULL"),
        postgresql_where=sa.text("request IS NOT NULL"),
    )
    op.create_table(
        "cycle",
        sa.Column("id", Words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("paused", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("business_day", Words, nullable=False),
        sa.Column("opened_at", Words, nullable=False),
        sa.Column("cut_off_at", Words, nullable=False),
        sa.Column("window_ends_at", Words, nullable=False),
        sa.Column("pay_in_deadline", Words, nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("frozen_digest", Words, nullable=True),
        sa.Column("planned_run", Whole, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
        sa.UniqueConstraint("number", name=op.f("uq_cycle_number")),
        sa.ForeignKeyConstraint(
            ["rules_version"], ["house_rules.version"], name=op.f("fk_cycle_rules_version"),
        ),
    )
    op.create_table(
        "document",
        sa.Column("id", Whole, nullable=False),
        sa.Column("seller", sa.Integer(), nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("number", Words, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("syntax", Words, nullable=False),
        sa.Column("carrier", Words, nullable=False),
        sa.Column("profile", Words, nullable=False),
        sa.Column("content_digest", Words, nullable=False),
        sa.Column("original_digest", Words, nullable=False),
        sa.Column("original_bytes", Whole, nullable=False),
        sa.Column("original", Whole, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("net_minor", Whole, nullable=False),
        sa.Column("tax_minor", Whole, nullable=False),
        sa.Column("prepaid_minor", Whole, nullable=False),
        sa.Column("rounding_minor", Whole, nullable=False),
        sa.Column("payable_minor", Whole, nullable=False),
        sa.Column("hs_codes", LongText, nullable=False),
        sa.Column("person", Words, nullable=True),
        sa.Column("filed_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "seller", "kind", "number", name=op.f("uq_document_seller_kind_number"),
        ),
        sa.ForeignKeyConstraint(["original"], ["register.id"], name=op.f("fk_document_original")),
        sa.ForeignKeyConstraint(
            ["seller"], ["participant.number"], name=op.f("fk_document_seller"),
        ),
        sa.CheckConstraint(
            "carrier = 'xml' OR carrier = 'pdf'", name=op.f("ck_document_carrier_known"),
        ),
        sa.CheckConstraint(
            "kind = 'invoice' OR kind = 'credit_note'", name=op.f("ck_document_kind_known"),
        ),
        sa.CheckConstraint(
            "payable_minor = net_minor + tax_minor - prepaid_minor + rounding_minor",
            name=op.f("ck_document_sums_agree"),
        ),
        sa.CheckConstraint(
            "syntax = 'ubl' OR syntax = 'cii'", name=op.f("ck_document_syntax_known"),
        ),
    )
    op.create_index(op.f("ix_document_obligation"), "document", ["obligation"])
    op.create_table(
        "filing",
        sa.Column("id", Whole, nullable=False),
        sa.Column("sender", sa.Integer(), nullable=True),
        sa.Column("person", Words, nullable=True),
        sa.Column("source", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("filed_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sa.ForeignKeyConstraint(["sender"], ["participant.number"], name=op.f("fk_filing_sender")),
    )
    op.create_table(
        "table_form",
        sa.Column("id", Whole, nullable=False),
        sa.Column("sender", sa.Integer(), nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("person", Words, nullable=True),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_form")),
        sa.ForeignKeyConstraint(
            ["sender"], ["participant.number"], name=op.f("fk_table_form_sender"),
        ),
    )
    op.create_index(op.f("ix_table_form_sender"), "table_form", ["sender"])
    op.create_table(
        "cycle_member",
        sa.Column("cycle", Words, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("open_minor", Whole, nullable=False),
        sa.Column("left_why", Words, nullable=True),
        sa.Column("left_act", Whole, nullable=True),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("verdict_id", Whole, nullable=False),
        sa.Column("verdict_kind", Words, nullable=False, server_default="obligation"),
        sa.Column("verdict_outcome", Words, nullable=False, server_default="released"),
        sa.PrimaryKeyConstraint("cycle", "obligation", name=op.f("pk_cycle_member")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_cycle_member_cycle")),
        sa.ForeignKeyConstraint(
            ["left_act"], ["approval.act_id"], name=op.f("fk_cycle_member_left_act"),
        ),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligation.number"], name=op.f("fk_cycle_member_obligation"),
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id", "verdict_kind", "obligation", "content_digest", "verdict_outcome"],
            [
                "verdict.id", "verdict.subject_kind", "verdict.subject", "verdict.content_digest",
                "verdict.outcome",
            ],
            name=op.f("fk_cycle_member_verdict"),
        ),
        sa.CheckConstraint(
            "left_why = 'consent' OR left_why = 'error' OR left_why = 'house review' OR "
                "left_why = 'default'",
            name=op.f("ck_cycle_member_left_why_known"),
        ),
        sa.CheckConstraint("open_minor > 0", name=op.f("ck_cycle_member_open_positive")),
        sa.CheckConstraint("verdict_outcome = 'released'", name=op.f("ck_cycle_member_released")),
        sa.CheckConstraint(
            "verdict_kind = 'obligation'", name=op.f("ck_cycle_member_verdict_kind"),
        ),
    )
    op.create_table(
        "cycle_step",
        sa.Column("cycle", Words, nullable=False),
        sa.Column("step", Words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("person", Words, nullable=True),
        sa.Column("at", Words, nullable=False),
        sa.Column("detail", LongText, nullable=False),
        sa.PrimaryKeyConstraint("cycle", "step", "number", name=op.f("pk_cycle_step")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_cycle_step_cycle")),
    )
    op.create_table(
        "document_tax",
        sa.Column("document", Whole, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("category", Words, nullable=False),
        sa.Column("rate", Words, nullable=False),
        sa.Column("net_minor", Whole, nullable=False),
        sa.Column("tax_minor", Whole, nullable=False),
        sa.Column("reason", LongText, nullable=False),
        sa.PrimaryKeyConstraint("document", "place", name=op.f("pk_document_tax")),
        sa.ForeignKeyConstraint(
            ["document"], ["document.id"], name=op.f("fk_document_tax_document"),
        ),
    )
    op.create_table(
        "fixing",
        sa.Column("cycle", Words, nullable=False),
        sa.Column("unit", Words, nullable=False),
        sa.Column("rates", LongText, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("dated", Words, nullable=False),
        sa.Column("fixing_act", Whole, nullable=False),
        sa.Column("fixing_act_kind", Words, nullable=False, server_default="fixing.declare"),
        sa.PrimaryKeyConstraint("cycle", name=op.f("pk_fixing")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_fixing_cycle")),
        sa.ForeignKeyConstraint(
            ["fixing_act", "fixing_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_fixing_fixing_act_fixing_act_kind"),
        ),
        sa.CheckConstraint(
            "fixing_act_kind IN ('fixing.declare')", name=op.f("ck_fixing_fixing_act_kind"),
        ),
        sa.CheckConstraint(
            "(fixing_act IS NULL) = (fixing_act_kind IS NULL)",
            name=op.f("ck_fixing_fixing_act_whole"),
        ),
    )
    op.create_table(
        "preview",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("due_at", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("obligations", sa.Integer(), nullable=False),
        sa.Column("rates_of", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview")),
        sa.UniqueConstraint("cycle", "due_at", name=op.f("uq_preview_cycle_due_at")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_preview_cycle")),
    )
    op.create_table(
        "run",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frozen_digest", Words, nullable=False),
        sa.Column("input_digest", Words, nullable=False),
        sa.Column("result_digest", Words, nullable=False),
        sa.Column("manifest_digest", Words, nullable=False),
        sa.Column("parameters", LongText, nullable=False),
        sa.Column("engine_version", Words, nullable=False),
        sa.Column("folder", Words, nullable=False),
        sa.Column("summary", LongText, nullable=False),
        sa.Column("ran_at", Words, nullable=False),
        sa.Column("published_act", Whole, nullable=True),
        sa.Column("published_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("cycle", "kind", "number", name=op.f("uq_run_cycle_kind_number")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_run_cycle")),
        sa.ForeignKeyConstraint(
            ["published_act", "published_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_run_published_act_published_act_kind"),
        ),
        sa.CheckConstraint(
            "kind <> 'final' OR published_act_kind = 'run.final'",
            name=op.f("ck_run_final_as_final"),
        ),
        sa.CheckConstraint(
            "kind = 'preliminary' OR kind = 'final' OR kind = 'recast'",
            name=op.f("ck_run_kind_known"),
        ),
        sa.CheckConstraint(
            "published_act_kind IN ('run.final', 'run.recast')",
            name=op.f("ck_run_published_act_kind"),
        ),
        sa.CheckConstraint(
            "(published_act IS NULL) = (published_act_kind IS NULL)",
            name=op.f("ck_run_published_act_whole"),
        ),
        sa.CheckConstraint(
            "(kind = 'preliminary') = (published_act IS NULL)",
            name=op.f("ck_run_published_by_two"),
        ),
        sa.CheckConstraint(
            "kind <> 'recast' OR published_act_kind = 'run.recast'",
            name=op.f("ck_run_recast_as_recast"),
        ),
    )
    op.create_table(
        "discharge",
        sa.Column("run", Whole, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("before_minor", Whole, nullable=False),
        sa.Column("set_off_minor", Whole, nullable=False),
        sa.Column("planned_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("run", "obligation", name=op.f("pk_discharge")),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligation.number"], name=op.f("fk_discharge_obligation"),
        ),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_discharge_run")),
        sa.CheckConstraint(
            "set_off_minor >= 0 AND planned_minor >= 0 AND set_off_minor + planned_minor <= "
                "before_minor",
            name=op.f("ck_discharge_within"),
        ),
    )
    op.create_table(
        "preview_line",
        sa.Column("preview", Whole, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("open_minor", Whole, nullable=False),
        sa.Column("set_off_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("preview", "obligation", name=op.f("pk_preview_line")),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligation.number"], name=op.f("fk_preview_line_obligation"),
        ),
        sa.ForeignKeyConstraint(["preview"], ["preview.id"], name=op.f("fk_preview_line_preview")),
        sa.CheckConstraint(
            "set_off_minor >= 0 AND set_off_minor <= open_minor",
            name=op.f("ck_preview_line_within"),
        ),
    )
