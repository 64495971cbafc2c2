# SPDX-License-Identifier: Apache-2.0
"""Settlement and journal; who comes in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
LongText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("code", name=op.f("uq_account_code")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", Whole, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.Column("caller", Words, nullable=False),
        sa.Column("roles", Words, nullable=False),
        sa.Column("what", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("code", Words, nullable=False, server_default=""),
        sa.Column("before", LongText, nullable=False, server_default=""),
        sa.Column("after", LongText, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
        sa.CheckConstraint(
            "outcome = 'done' OR outcome = 'read' OR outcome = 'refused'",
            name=op.f("ck_audit_entry_outcome_known"),
        ),
    )
    op.create_index(op.f("ix_audit_entry_caller"), "audit_entry", ["caller"])
    op.create_table(
        "job",
        sa.Column("number", Whole, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("stage", Words, nullable=False, server_default=""),
        sa.Column("permille", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asked_by", Words, nullable=False),
        sa.Column("asked_at", Words, nullable=False),
        sa.Column("due_at", Words, nullable=False),
        sa.Column("began_at", Words, nullable=False, server_default=""),
        sa.Column("ended_at", Words, nullable=False, server_default=""),
        sa.Column("taken_by", Words, nullable=False, server_default=""),
        sa.Column("lease_until", Words, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("code", Words, nullable=False, server_default=""),
        sa.Column("message", LongText, nullable=False, server_default=""),
        sa.Column("result", LongText, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_job")),
        sa.CheckConstraint("permille BETWEEN 0 AND 1000", name=op.f("ck_job_permille")),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'running' OR state = 'done' OR state = 'failed'",
            name=op.f("ck_job_state_known"),
        ),
    )
    op.create_index(
        op.f("ix_job_live"), "job", ["due_at"],
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_index(
        op.f("uq_job_live"), "job", ["kind", "subject"], unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_table(
        "outbox",
        sa.Column("number", Whole, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.Column("handled_at", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
    )
    op.create_index(
        op.f("ix_outbox_waiting"), "outbox", ["number"], sqlite_where=sa.text("handled_at = ''"),
        postgresql_where=sa.text("handled_at = ''"),
    )
    op.create_table(
        "request_done",
        sa.Column("caller", Words, nullable=False),
        sa.Column("request", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", LongText, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("caller", "request", name=op.f("pk_request_done")),
    )
    op.create_table(
        "login",
        sa.Column("person", Words, nullable=False),
        sa.Column("password", Words, nullable=False),
        sa.Column("enrolment", sa.Integer(), nullable=False),
        sa.Column("code_step", Whole, nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("locked_until", Words, nullable=False, server_default=""),
        sa.Column("since", Words, nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_login")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_login_person")),
    )
    op.create_table(
        "program_key",
        sa.Column("id", Words, nullable=False),
        sa.Column("secret", Words, nullable=False),
        sa.Column("label", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("firm", Words, nullable=False, server_default=""),
        sa.Column("made_by", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("ends_at", Words, nullable=False),
        sa.Column("ended_at", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_key")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_program_key_made_by")),
        sa.CheckConstraint(
            "role = 'operator' OR role = 'treasurer' OR role = 'compliance_maker' OR role = "
                "'compliance_checker' OR role = 'participant_clerk' OR role = "
                "'participant_signatory' OR role = 'auditor' OR role = 'admin'",
            name=op.f("ck_program_key_role_known"),
        ),
    )
    op.create_index(op.f("ix_program_key_firm"), "program_key", ["firm"])
    op.create_table(
        "session",
        sa.Column("token", Words, nullable=False),
        sa.Column("person", Words, nullable=False),
        sa.Column("began_at", Words, nullable=False),
        sa.Column("seen_at", Words, nullable=False),
        sa.Column("ends_at", Words, nullable=False),
        sa.Column("ended_at", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_session")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_session_person")),
    )
    op.create_index(op.f("ix_session_person"), "session", ["person"])
    op.create_table(
        "sign_on_link",
        sa.Column("issuer", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("person", Words, nullable=False),
        sa.Column("made_by", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_sign_on_link")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_sign_on_link_person")),
    )
    op.create_index(op.f("ix_sign_on_link_person"), "sign_on_link", ["person"])
    op.create_table(
        "border_quota",
        sa.Column("debtor_side", Words, nullable=False),
        sa.Column("creditor_side", Words, nullable=False),
        sa.Column("quota_minor", Whole, nullable=False),
        sa.Column("quota_act", Whole, nullable=False),
        sa.Column("quota_act_kind", Words, nullable=False, server_default="limits.change"),
        sa.PrimaryKeyConstraint(
            "debtor_side", "creditor_side", "quota_act", name=op.f("pk_border_quota"),
        ),
        sa.ForeignKeyConstraint(
            ["quota_act", "quota_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_border_quota_quota_act_quota_act_kind"),
        ),
        sa.CheckConstraint("quota_minor >= 0", name=op.f("ck_border_quota_not_negative")),
        sa.CheckConstraint(
            "quota_act_kind IN ('limits.change')", name=op.f("ck_border_quota_quota_act_kind"),
        ),
        sa.CheckConstraint(
            "(quota_act IS NULL) = (quota_act_kind IS NULL)",
            name=op.f("ck_border_quota_quota_act_whole"),
        ),
    )
    op.create_table(
        "journal_entry",
        sa.Column("number", Whole, autoincrement=False, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("cycle", Words, nullable=True),
        sa.Column("act_id", Whole, nullable=True),
        sa.Column("content", LongText, nullable=False),
        sa.Column("business_day", Words, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.Column("postings", sa.Integer(), nullable=False),
        sa.Column("postings_digest", Words, nullable=False),
        sa.Column("previous_hash", Words, nullable=False),
        sa.Column("hash", Words, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_entry")),
        sa.ForeignKeyConstraint(
            ["act_id"], ["approval.act_id"], name=op.f("fk_journal_entry_act_id"),
        ),
    )
    op.create_index(op.f("ix_journal_entry_cycle"), "journal_entry", ["cycle"])
    op.create_table(
        "left_payment",
        sa.Column("end_to_end", Words, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("bank_reference", Words, nullable=False),
        sa.Column("resume_act", Whole, nullable=False),
        sa.Column("resume_act_kind", Words, nullable=False, server_default="house.resume"),
        sa.PrimaryKeyConstraint("end_to_end", name=op.f("pk_left_payment")),
        sa.ForeignKeyConstraint(
            ["resume_act", "resume_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_left_payment_resume_act_resume_act_kind"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_left_payment_amount_positive")),
        sa.CheckConstraint(
            "resume_act_kind IN ('house.resume')", name=op.f("ck_left_payment_resume_act_kind"),
        ),
        sa.CheckConstraint(
            "(resume_act IS NULL) = (resume_act_kind IS NULL)",
            name=op.f("ck_left_payment_resume_act_whole"),
        ),
    )
    op.create_table(
        "person_role",
        sa.Column("person", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("firm", Words, nullable=False, server_default=""),
        sa.Column("sides", Words, nullable=False, server_default=""),
        sa.Column("from_day", Words, nullable=False, server_default=""),
        sa.Column("until_day", Words, nullable=False, server_default=""),
        sa.Column("role_act", Whole, nullable=False),
        sa.Column("role_act_kind", Words, nullable=False, server_default="person.access"),
        sa.PrimaryKeyConstraint("person", "role", "firm", name=op.f("pk_person_role")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_role_person")),
        sa.ForeignKeyConstraint(
            ["role_act", "role_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_person_role_role_act_role_act_kind"),
        ),
        sa.CheckConstraint(
            "(firm = '') = (role NOT LIKE 'participant%')",
            name=op.f("ck_person_role_firm_of_participants"),
        ),
        sa.CheckConstraint(
            "role_act_kind IN ('person.access')", name=op.f("ck_person_role_role_act_kind"),
        ),
        sa.CheckConstraint(
            "(role_act IS NULL) = (role_act_kind IS NULL)",
            name=op.f("ck_person_role_role_act_whole"),
        ),
        sa.CheckConstraint(
            "role = 'operator' OR role = 'treasurer' OR role = 'compliance_maker' OR role = "
                "'compliance_checker' OR role = 'participant_clerk' OR role = "
                "'participant_signatory' OR role = 'auditor' OR role = 'admin'",
            name=op.f("ck_person_role_role_known"),
        ),
    )
    op.create_table(
        "balance_seal",
        sa.Column("entry", Whole, nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("debit_minor", LongText, nullable=False),
        sa.Column("credit_minor", LongText, nullable=False),
        sa.PrimaryKeyConstraint("entry", "account", name=op.f("pk_balance_seal")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_balance_seal_account")),
        sa.ForeignKeyConstraint(
            ["entry"], ["journal_entry.number"], name=op.f("fk_balance_seal_entry"),
        ),
    )
    op.create_table(
        "bank_file",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("original", Whole, nullable=False),
        sa.Column("taken_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("digest", name=op.f("uq_bank_file_digest")),
        sa.ForeignKeyConstraint(["original"], ["register.id"], name=op.f("fk_bank_file_original")),
    )
    op.create_table(
        "bank_line",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("day", Words, nullable=False),
        sa.Column("telling", Whole, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("why", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint(
            "side", "currency", "name", name=op.f("uq_bank_line_side_currency_name"),
        ),
        sa.ForeignKeyConstraint(["telling"], ["register.id"], name=op.f("fk_bank_line_telling")),
        sa.CheckConstraint(
            "outcome = 'new' OR outcome = 'waits' OR outcome = 'matched' OR outcome = "
                "'suspense' OR outcome = 'refused'",
            name=op.f("ck_bank_line_outcome_known"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_bank_line_some_amount")),
    )
    op.create_index(op.f("ix_bank_line_outcome"), "bank_line", ["outcome"])
    op.create_table(
        "posting",
        sa.Column("entry", Whole, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("entry", "line", name=op.f("pk_posting")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_posting_account")),
        sa.ForeignKeyConstraint(["entry"], ["journal_entry.number"], name=op.f("fk_posting_entry")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_posting_some_amount")),
    )
    op.create_index(op.f("ix_posting_cover"), "posting", ["account", "entry", "amount_minor"])
    op.create_table(
        "upload",
        sa.Column("number", Whole, nullable=False),
        sa.Column("job", Whole, nullable=False),
        sa.Column("firm", Words, nullable=False),
        sa.Column("made_by", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("many", sa.Integer(), nullable=False),
        sa.Column("files", LongText, nullable=False),
        sa.Column("counts", Words, nullable=False, server_default=""),
        sa.Column("report", LongText, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_upload")),
        sa.UniqueConstraint("job", name=op.f("uq_upload_job")),
        sa.ForeignKeyConstraint(["firm"], ["participant.id"], name=op.f("fk_upload_firm")),
        sa.ForeignKeyConstraint(["job"], ["job.number"], name=op.f("fk_upload_job")),
    )
    op.create_index(op.f("ix_upload_firm"), "upload", ["firm"])
    op.create_table(
        "webhook",
        sa.Column("number", Whole, nullable=False),
        sa.Column("firm", Words, nullable=False),
        sa.Column("url", Words, nullable=False),
        sa.Column("kinds", Words, nullable=False),
        sa.Column("secret", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("made_by", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("failing_since", Words, nullable=False, server_default=""),
        sa.Column("paused_at", Words, nullable=False, server_default=""),
        sa.Column("ended_at", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook")),
        sa.ForeignKeyConstraint(["firm"], ["participant.id"], name=op.f("fk_webhook_firm")),
    )
    op.create_index(op.f("ix_webhook_firm"), "webhook", ["firm"])
    op.create_table(
        "working_balance",
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("sponsor", Whole, nullable=False),
        sa.Column("agreement", Words, nullable=False),
        sa.Column("limit_minor", Whole, nullable=False),
        sa.Column("balance_act", Whole, nullable=False),
        sa.Column("balance_act_kind", Words, nullable=False, server_default="limits.change"),
        sa.PrimaryKeyConstraint("side", "currency", "balance_act", name=op.f("pk_working_balance")),
        sa.ForeignKeyConstraint(
            ["balance_act", "balance_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_working_balance_balance_act_balance_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["sponsor"], ["register.id"], name=op.f("fk_working_balance_sponsor"),
        ),
        sa.CheckConstraint(
            "balance_act_kind IN ('limits.change')",
            name=op.f("ck_working_balance_balance_act_kind"),
        ),
        sa.CheckConstraint(
            "(balance_act IS NULL) = (balance_act_kind IS NULL)",
            name=op.f("ck_working_balance_balance_act_whole"),
        ),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_working_balance_not_negative")),
    )
    op.create_table(
        "bank_sheet",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("file", Whole, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("created_at", Words, nullable=False),
        sa.Column("day", Words, nullable=False),
        sa.Column("number", Words, nullable=False),
        sa.Column("page", Whole, nullable=False),
        sa.Column("is_last", sa.Integer(), nullable=False),
        sa.Column("opening_minor", Whole, nullable=True),
        sa.Column("closing_minor", Whole, nullable=True),
        sa.Column("booked_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_sheet")),
        sa.UniqueConstraint("digest", name=op.f("uq_bank_sheet_digest")),
        sa.ForeignKeyConstraint(["file"], ["bank_file.id"], name=op.f("fk_bank_sheet_file")),
    )
    op.create_index(op.f("ix_bank_sheet_side_currency"), "bank_sheet", ["side", "currency"])
    op.create_table(
        "bank_status",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("file", Whole, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("end_to_end", Words, nullable=False),
        sa.Column("batch", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("code", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("why", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_status")),
        sa.ForeignKeyConstraint(["file"], ["bank_file.id"], name=op.f("fk_bank_status_file")),
        sa.CheckConstraint(
            "outcome = 'new' OR outcome = 'noted' OR outcome = 'done' OR outcome = 'doubt' "
                "OR outcome = 'settled'",
            name=op.f("ck_bank_status_outcome_known"),
        ),
    )
    op.create_index(op.f("ix_bank_status_end_to_end"), "bank_status", ["end_to_end"])
    op.create_index(op.f("ix_bank_status_outcome"), "bank_status", ["outcome"])
    op.create_table(
        "border_leg",
        sa.Column("number", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("other_side", Words, nullable=False),
        sa.Column("before_minor", Whole, nullable=False),
        sa.Column("flow_minor", Whole, nullable=False),
        sa.Column("position_minor", Whole, nullable=False),
        sa.Column("quota_owing_minor", Whole, nullable=False),
        sa.Column("quota_owed_minor", Whole, nullable=False),
        sa.Column("hard_minor", Whole, nullable=False),
        sa.Column("carried_minor", Whole, nullable=False),
        sa.Column("hard_other_minor", Whole, nullable=False),
        sa.Column("carried_other_minor", Whole, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_border_leg")),
        sa.UniqueConstraint(
            "cycle", "side", "other_side", name=op.f("uq_border_leg_cycle_side_other_side"),
        ),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_border_leg_cycle")),
        sa.CheckConstraint(
            "position_minor = before_minor + flow_minor", name=op.f("ck_border_leg_adds_up"),
        ),
        sa.CheckConstraint(
            "state = 'planned' OR state = 'booked'", name=op.f("ck_border_leg_state_known"),
        ),
    )
    op.create_table(
        "border_payment",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=True),
        sa.Column("debtor_side", Words, nullable=False),
        sa.Column("creditor_side", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("debtor_currency", Words, nullable=False),
        sa.Column("debtor_minor", Whole, nullable=False),
        sa.Column("creditor_currency", Words, nullable=False),
        sa.Column("creditor_minor", Whole, nullable=False),
        sa.Column("reference", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("sent_minor", Whole, nullable=False, server_default="0"),
        sa.Column("arrived_minor", Whole, nullable=False, server_default="0"),
        sa.Column("instead_of", Whole, nullable=True),
        sa.Column("release_act", Whole, nullable=True),
        sa.Column("release_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_border_payment")),
        sa.UniqueConstraint("reference", name=op.f("uq_border_payment_reference")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_border_payment_cycle")),
        sa.ForeignKeyConstraint(
            ["instead_of"], ["border_payment.id"], name=op.f("fk_border_payment_instead_of"),
        ),
        sa.ForeignKeyConstraint(
            ["release_act", "release_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_border_payment_release_act_release_act_kind"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND debtor_minor > 0 AND creditor_minor > 0",
            name=op.f("ck_border_payment_amounts_positive"),
        ),
        sa.CheckConstraint(
            "arrived_minor BETWEEN 0 AND creditor_minor",
            name=op.f("ck_border_payment_arrived_within"),
        ),
        sa.CheckConstraint(
            "release_act_kind IN ('payment.release', 'house.resume')",
            name=op.f("ck_border_payment_release_act_kind"),
        ),
        sa.CheckConstraint(
            "(release_act IS NULL) = (release_act_kind IS NULL)",
            name=op.f("ck_border_payment_release_act_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('ready', 'stopped') OR release_act IS NOT NULL",
            name=op.f("ck_border_payment_release_needs_two"),
        ),
        sa.CheckConstraint(
            "sent_minor BETWEEN 0 AND debtor_minor", name=op.f("ck_border_payment_sent_within"),
        ),
        sa.CheckConstraint(
            "state = 'ready' OR state = 'released' OR state = 'arrived' OR state = "
                "'returned' OR state = 'stopped'",
            name=op.f("ck_border_payment_state_known"),
        ),
    )
    op.create_index(op.f("ix_border_payment_cycle"), "border_payment", ["cycle"])
    op.create_table(
        "delivery",
        sa.Column("number", Whole, nullable=False),
        sa.Column("webhook", Whole, nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("again", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("kind", Words, nullable=False),
        sa.Column("body", LongText, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("due_at", Words, nullable=False),
        sa.Column("taken_by", Words, nullable=False, server_default=""),
        sa.Column("lease_until", Words, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ended_at", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "webhook", "event", "again", name=op.f("uq_delivery_webhook_event_again"),
        ),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.number"], name=op.f("fk_delivery_webhook")),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'delivered' OR state = 'failed'",
            name=op.f("ck_delivery_state_known"),
        ),
    )
    op.create_index(
        op.f("ix_delivery_waiting"), "delivery", ["due_at"],
        sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "pay_in",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("due_minor", Whole, nullable=False),
        sa.Column("arrived_minor", Whole, nullable=False),
        sa.Column("covered_minor", Whole, nullable=False, server_default="0"),
        sa.Column("used_minor", Whole, nullable=False, server_default="0"),
        sa.Column("reference", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_in")),
        sa.UniqueConstraint(
            "cycle", "participant", "currency", name=op.f("uq_pay_in_cycle_participant_currency"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_pay_in_reference")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_pay_in_cycle")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_pay_in_participant"),
        ),
        sa.CheckConstraint(
            "due_minor > 0 AND arrived_minor >= 0 AND covered_minor >= 0 AND used_minor >= "
                "0",
            name=op.f("ck_pay_in_amounts"),
        ),
        sa.CheckConstraint(
            "used_minor <= arrived_minor + covered_minor", name=op.f("ck_pay_in_no_more_than_came"),
        ),
        sa.CheckConstraint(
            "arrived_minor + covered_minor <= due_minor", name=op.f("ck_pay_in_no_more_than_due"),
        ),
        sa.CheckConstraint(
            "state = 'called' OR state = 'arrived' OR state = 'missed' OR state = 'closed'",
            name=op.f("ck_pay_in_state_known"),
        ),
    )
    op.create_table(
        "pay_out",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=True),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("participant", sa.Integer(), nullable=True),
        sa.Column("payee", Whole, nullable=True),
        sa.Column("account", Whole, nullable=True),
        sa.Column("purpose", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("line", Whole, nullable=True),
        sa.Column("end_to_end", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("verdict_id", Whole, nullable=False),
        sa.Column("verdict_kind", Words, nullable=False, server_default="pay_out"),
        sa.Column("verdict_outcome", Words, nullable=False, server_default="released"),
        sa.Column("release_act", Whole, nullable=True),
        sa.Column("release_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_out")),
        sa.ForeignKeyConstraint(["account"], ["register.id"], name=op.f("fk_pay_out_account")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_pay_out_cycle")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_pay_out_participant"),
        ),
        sa.ForeignKeyConstraint(["payee"], ["register.id"], name=op.f("fk_pay_out_payee")),
        sa.ForeignKeyConstraint(
            ["release_act", "release_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_pay_out_release_act_release_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id", "verdict_kind", "id", "content_digest", "verdict_outcome"],
            [
                "verdict.id", "verdict.subject_kind", "verdict.subject", "verdict.content_digest",
                "verdict.outcome",
            ],
            name=op.f("fk_pay_out_verdict"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_out_amount_positive")),
        sa.CheckConstraint(
            "(participant IS NULL) <> (payee IS NULL)", name=op.f("ck_pay_out_one_payee"),
        ),
        sa.CheckConstraint(
            "purpose = 'settlement' OR purpose = 'return' OR purpose = 'working' OR purpose "
                "= 'pool' OR purpose = 'revaluation' OR purpose = 'capital'",
            name=op.f("ck_pay_out_purpose_known"),
        ),
        sa.CheckConstraint(
            "release_act_kind IN ('payment.release', 'house.resume')",
            name=op.f("ck_pay_out_release_act_kind"),
        ),
        sa.CheckConstraint(
            "(release_act IS NULL) = (release_act_kind IS NULL)",
            name=op.f("ck_pay_out_release_act_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('ready', 'stopped') OR release_act IS NOT NULL",
            name=op.f("ck_pay_out_release_needs_two"),
        ),
        sa.CheckConstraint("verdict_outcome = 'released'", name=op.f("ck_pay_out_released")),
        sa.CheckConstraint(
            "state = 'ready' OR state = 'released' OR state = 'paid' OR state = 'returned' "
                "OR state = 'stopped'",
            name=op.f("ck_pay_out_state_known"),
        ),
        sa.CheckConstraint("verdict_kind = 'pay_out'", name=op.f("ck_pay_out_verdict_kind")),
    )
    op.create_index(op.f("ix_pay_out_cycle_participant"), "pay_out", ["cycle", "participant"])
    op.create_index(
        op.f("ix_pay_out_side_currency_state"), "pay_out", ["side", "currency", "state"],
    )
    op.create_index(
        op.f("uq_pay_out_left"), "pay_out", ["end_to_end"], unique=True,
        sqlite_where=sa.text("state IN ('released', 'paid', 'returned')"),
        postgresql_where=sa.text("state IN ('released', 'paid', 'returned')"),
    )
    op.create_table(
        "pay_out_due",
        sa.Column("cycle", Words, nullable=False),
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("waits_for", Words, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("cycle", "participant", "currency", name=op.f("pk_pay_out_due")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_pay_out_due_cycle")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_pay_out_due_participant"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_out_due_amount_positive")),
    )
    op.create_table(
        "payment_file",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=True),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("message", Words, nullable=False),
        sa.Column("message_id", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("record", Whole, nullable=False),
        sa.Column("written_at", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("release_act", Whole, nullable=True),
        sa.Column("release_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_file")),
        sa.UniqueConstraint("digest", name=op.f("uq_payment_file_digest")),
        sa.ForeignKeyConstraint(["cycle"], ["cycle.id"], name=op.f("fk_payment_file_cycle")),
        sa.ForeignKeyConstraint(["record"], ["register.id"], name=op.f("fk_payment_file_record")),
        sa.ForeignKeyConstraint(
            ["release_act", "release_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_payment_file_release_act_release_act_kind"),
        ),
        sa.CheckConstraint(
            "release_act_kind IN ('payment.release')",
            name=op.f("ck_payment_file_release_act_kind"),
        ),
        sa.CheckConstraint(
            "(release_act IS NULL) = (release_act_kind IS NULL)",
            name=op.f("ck_payment_file_release_act_whole"),
        ),
        sa.CheckConstraint(
            "state = 'written' OR release_act IS NOT NULL",
            name=op.f("ck_payment_file_release_needs_two"),
        ),
        sa.CheckConstraint(
            "state = 'written' OR state = 'released' OR state = 'sent'",
            name=op.f("ck_payment_file_state_known"),
        ),
    )
    op.create_index(op.f("ix_payment_file_message_id"), "payment_file", ["message_id"])
    op.create_table(
        "bank_sighting",
        sa.Column("sheet", Whole, nullable=False),
        sa.Column("line", Whole, nullable=False),
        sa.Column("is_booked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sheet", "line", name=op.f("pk_bank_sighting")),
        sa.ForeignKeyConstraint(["line"], ["bank_line.id"], name=op.f("fk_bank_sighting_line")),
        sa.ForeignKeyConstraint(["sheet"], ["bank_sheet.id"], name=op.f("fk_bank_sighting_sheet")),
    )
    op.create_index(op.f("ix_bank_sighting_line"), "bank_sighting", ["line"])
    op.create_table(
        "delivery_try",
        sa.Column("number", Whole, nullable=False),
        sa.Column("delivery", Whole, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("why", Words, nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_delivery_try")),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.number"], name=op.f("fk_delivery_try_delivery"),
        ),
    )
    op.create_index(op.f("ix_delivery_try_delivery"), "delivery_try", ["delivery"])
    op.create_table(
        "money_line",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("bank_reference", Words, nullable=False),
        sa.Column("amount_minor", Whole, nullable=False),
        sa.Column("value_day", Words, nullable=False),
        sa.Column("payer", Whole, nullable=True),
        sa.Column("reference", Words, nullable=False),
        sa.Column("body_digest", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("pay_in", Whole, nullable=True),
        sa.Column("pay_out", Whole, nullable=True),
        sa.Column("border_payment", Whole, nullable=True),
        sa.Column("matched_minor", Whole, nullable=False),
        sa.Column("noted_at", Words, nullable=False),
        sa.Column("entry", Whole, nullable=False),
        sa.Column("reversed_by", Whole, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_line")),
        sa.UniqueConstraint(
            "side", "currency", "bank_reference", "reversed_by",
            name=op.f("uq_money_line_side_currency_bank_reference_reversed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["border_payment"], ["border_payment.id"], name=op.f("fk_money_line_border_payment"),
        ),
        sa.ForeignKeyConstraint(["pay_in"], ["pay_in.id"], name=op.f("fk_money_line_pay_in")),
        sa.ForeignKeyConstraint(["pay_out"], ["pay_out.id"], name=op.f("fk_money_line_pay_out")),
        sa.ForeignKeyConstraint(["payer"], ["register.id"], name=op.f("fk_money_line_payer")),
        sa.CheckConstraint(
            "(state = 'reversed') = (reversed_by > 0)",
            name=op.f("ck_money_line_reversed_by_an_entry"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_money_line_some_amount")),
        sa.CheckConstraint(
            "state = 'matched' OR state = 'suspense' OR state = 'returned' OR state = "
                "'reversed'",
            name=op.f("ck_money_line_state_known"),
        ),
    )
    op.create_index(op.f("ix_money_line_pay_in"), "money_line", ["pay_in"])
    op.create_index(op.f("ix_money_line_state"), "money_line", ["state"])
    op.create_table(
        "plan_line",
        sa.Column("run", Whole, nullable=False),
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("pay_in_minor", Whole, nullable=False),
        sa.Column("pay_out_minor", Whole, nullable=False),
        sa.PrimaryKeyConstraint("run", "participant", "currency", name=op.f("pk_plan_line")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_plan_line_participant"),
        ),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_plan_line_run")),
        sa.CheckConstraint(
            "pay_in_minor >= 0 AND pay_out_minor >= 0", name=op.f("ck_plan_line_not_negative"),
        ),
        sa.CheckConstraint(
            "pay_in_minor = 0 OR pay_out_minor = 0", name=op.f("ck_plan_line_one_way"),
        ),
    )
