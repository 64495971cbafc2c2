# SPDX-License-Identifier: Apache-2.0
"""The house, its people, its firms and their verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
LongText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "customs_use",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("reference", Words, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("code", Words, nullable=False),
        sa.Column("unit", Words, nullable=False),
        sa.Column("value_minor", Whole, nullable=False),
        sa.Column("quantity_milli", Whole, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customs_use")),
        sa.UniqueConstraint(
            "reference", "obligation", "code", "unit", "cycle", "kind",
            name=op.f("uq_customs_use_once"),
        ),
        sa.CheckConstraint(
            "value_minor > 0 AND quantity_milli >= 0", name=op.f("ck_customs_use_amounts_known"),
        ),
        sa.CheckConstraint(
            "kind = 'use' OR kind = 'give_back'", name=op.f("ck_customs_use_kind_known"),
        ),
    )
    op.create_index(op.f("ix_customs_use_obligation"), "customs_use", ["obligation"])
    op.create_table(
        "flag_look",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("rules", LongText, nullable=False),
        sa.Column("obligations", sa.LargeBinary(None), nullable=False),
        sa.Column("earlier", sa.LargeBinary(None), nullable=False),
        sa.Column("usual", sa.LargeBinary(None), nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.Column("looked_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag_look")),
    )
    op.create_index(op.f("ix_flag_look_cycle"), "flag_look", ["cycle"])
    op.create_table(
        "gate_setting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("holds_since", sa.Integer(), nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_setting")),
        sa.CheckConstraint("holds_since <= id", name=op.f("ck_gate_setting_holds_backwards")),
    )
    op.create_table(
        "house",
        sa.Column("id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("unit", Words, nullable=False),
        sa.Column("opened_at", Words, nullable=False),
        sa.Column("clock_at", Words, nullable=True),
        sa.Column("read_only", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house")),
        sa.CheckConstraint(
            "kind = 'demo' OR clock_at IS NULL", name=op.f("ck_house_clock_only_in_demo"),
        ),
        sa.CheckConstraint("kind = 'live' OR kind = 'demo'", name=op.f("ck_house_kind_known")),
    )
    op.create_table(
        "house_key",
        sa.Column("id", Words, nullable=False),
        sa.Column("public_key", Words, nullable=False),
        sa.Column("since", Words, nullable=False),
        sa.Column("until", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_key")),
    )
    op.create_table(
        "licence_entry",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("licence", Words, nullable=False),
        sa.Column("obligation", Whole, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("value_minor", Whole, nullable=False),
        sa.Column("cycle", Words, nullable=True),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_entry")),
        sa.CheckConstraint(
            "kind = 'reserve' OR kind = 'use' OR kind = 'give_back' OR kind = 'return'",
            name=op.f("ck_licence_entry_kind_known"),
        ),
        sa.CheckConstraint("value_minor > 0", name=op.f("ck_licence_entry_value_positive")),
    )
    op.create_index(op.f("ix_licence_entry_licence"), "licence_entry", ["licence"])
    op.create_index(op.f("ix_licence_entry_obligation"), "licence_entry", ["obligation"])
    op.create_table(
        "list_text",
        sa.Column("digest", Words, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_list_text")),
    )
    op.create_table(
        "person",
        sa.Column("id", Words, nullable=False),
        sa.Column("public_key", Words, nullable=False),
        sa.Column("identity_digest", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("act_id", Whole, nullable=True),
        sa.Column("since", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("identity_digest", name=op.f("uq_person_identity_digest")),
        sa.UniqueConstraint("public_key", name=op.f("uq_person_public_key")),
        sa.CheckConstraint(
            "state = 'active' OR state = 'gone'", name=op.f("ck_person_state_known"),
        ),
    )
    op.create_table(
        "verdict",
        sa.Column("id", Whole, nullable=False),
        sa.Column("subject_kind", Words, nullable=False),
        sa.Column("subject", Whole, nullable=False),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("setting", sa.Integer(), nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("reasons", LongText, nullable=False),
        sa.Column("inputs", LongText, nullable=True),
        sa.Column("judged_at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint(
            "subject_kind", "subject", "id", "content_digest", "outcome",
            name=op.f("uq_verdict_subject_kind_subject_id_content_digest_outcome"),
        ),
        sa.CheckConstraint(
            "outcome = 'released' OR outcome = 'held' OR outcome = 'refused'",
            name=op.f("ck_verdict_outcome_known"),
        ),
        sa.CheckConstraint(
            "subject_kind = 'participant' OR subject_kind = 'obligation' OR subject_kind = "
                "'pay_out' OR subject_kind = 'payer'",
            name=op.f("ck_verdict_subject_kind_known"),
        ),
    )
    op.create_table(
        "act",
        sa.Column("id", Whole, autoincrement=False, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("maker", Words, nullable=False),
        sa.Column("made_at", Words, nullable=False),
        sa.Column("signature", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("outcome", LongText, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sa.UniqueConstraint(
            "id", "kind", "digest", "maker", name=op.f("uq_act_id_kind_digest_maker"),
        ),
        sa.ForeignKeyConstraint(["maker"], ["person.id"], name=op.f("fk_act_maker")),
        sa.CheckConstraint(
            "signature <> '' OR state = 'drafted' OR state = 'withdrawn'",
            name=op.f("ck_act_proposed_by_signature"),
        ),
        sa.CheckConstraint(
            "state = 'drafted' OR state = 'proposed' OR state = 'done' OR state = "
                "'withdrawn' OR state = 'refused'",
            name=op.f("ck_act_state_known"),
        ),
    )
    op.create_table(
        "customs_file",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("dated", Words, nullable=False),
        sa.Column("imported_at", Words, nullable=False),
        sa.Column("imported_by", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("content_digest", Words, nullable=False),
        sa.Column("declarations", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customs_file")),
        sa.UniqueConstraint("side", "digest", name=op.f("uq_customs_file_side_digest")),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["person.id"], name=op.f("fk_customs_file_imported_by"),
        ),
        sa.CheckConstraint("declarations > 0", name=op.f("ck_customs_file_not_empty")),
    )
    op.create_table(
        "person_right",
        sa.Column("person", Words, nullable=False),
        sa.Column("right", Words, nullable=False),
        sa.Column("act_id", Whole, nullable=True),
        sa.PrimaryKeyConstraint("person", "right", name=op.f("pk_person_right")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_right_person")),
    )
    op.create_table(
        "approval",
        sa.Column("act_id", Whole, autoincrement=False, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("maker", Words, nullable=False),
        sa.Column("checker", Words, nullable=False),
        sa.Column("approved_at", Words, nullable=False),
        sa.Column("signature", Words, nullable=False),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_approval")),
        sa.UniqueConstraint("act_id", "kind", name=op.f("uq_approval_act_id_kind")),
        sa.ForeignKeyConstraint(
            ["act_id", "kind", "digest", "maker"],
            ["act.id", "act.kind", "act.digest", "act.maker"],
            name=op.f("fk_approval_act_id_kind_digest_maker"),
        ),
        sa.ForeignKeyConstraint(["checker"], ["person.id"], name=op.f("fk_approval_checker")),
        sa.CheckConstraint("maker <> checker", name=op.f("ck_approval_two_people")),
    )
    op.create_table(
        "declaration",
        sa.Column("customs_file", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reference", Words, nullable=False),
        sa.Column("exporter", Words, nullable=False),
        sa.Column("importer", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("value_minor", Whole, nullable=False),
        sa.Column("lines", LongText, nullable=False),
        sa.PrimaryKeyConstraint("customs_file", "position", name=op.f("pk_declaration")),
        sa.ForeignKeyConstraint(
            ["customs_file"], ["customs_file.id"], name=op.f("fk_declaration_customs_file"),
        ),
    )
    op.create_index(op.f("ix_declaration_reference"), "declaration", ["reference"])
    op.create_table(
        "house_rules",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("act_id", Whole, nullable=True),
        sa.Column("since", Words, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_house_rules")),
        sa.ForeignKeyConstraint(
            ["act_id"], ["approval.act_id"], name=op.f("fk_house_rules_act_id"),
        ),
        sa.CheckConstraint(
            "version = 1 OR act_id IS NOT NULL", name=op.f("ck_house_rules_change_needs_two"),
        ),
    )
    op.create_table(
        "list_import",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("format", Words, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("dated", Words, nullable=False),
        sa.Column("imported_at", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("content_digest", Words, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("identifiers", sa.Integer(), nullable=False),
        sa.Column("invented", sa.Integer(), nullable=False),
        sa.Column("smaller_act", Whole, nullable=True),
        sa.Column("smaller_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_import")),
        sa.UniqueConstraint("smaller_act", name=op.f("uq_list_import_smaller_act")),
        sa.ForeignKeyConstraint(
            ["smaller_act", "smaller_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_list_import_smaller_act_smaller_act_kind"),
        ),
        sa.CheckConstraint(
            "smaller_act_kind IN ('list.smaller')", name=op.f("ck_list_import_smaller_act_kind"),
        ),
        sa.CheckConstraint(
            "(smaller_act IS NULL) = (smaller_act_kind IS NULL)",
            name=op.f("ck_list_import_smaller_act_whole"),
        ),
    )
    op.create_table(
        "pack",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("pack", Words, nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("content", LongText, nullable=False),
        sa.Column("since", Words, nullable=False),
        sa.Column("pack_act", Whole, nullable=False),
        sa.Column("pack_act_kind", Words, nullable=False, server_default="pack.adopt"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
        sa.ForeignKeyConstraint(
            ["pack_act", "pack_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_pack_pack_act_pack_act_kind"),
        ),
        sa.CheckConstraint("pack_act_kind IN ('pack.adopt')", name=op.f("ck_pack_pack_act_kind")),
        sa.CheckConstraint(
            "(pack_act IS NULL) = (pack_act_kind IS NULL)", name=op.f("ck_pack_pack_act_whole"),
        ),
    )
    op.create_table(
        "participant",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", Words, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("home_currency", Words, nullable=False),
        sa.Column("accepts_conversion", sa.Integer(), nullable=False),
        sa.Column("language", Words, nullable=False, server_default="en"),
        sa.Column("number_format", Words, nullable=False, server_default=""),
        sa.Column("state", Words, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", Words, nullable=False),
        sa.Column("admission_act", Whole, nullable=False),
        sa.Column("admission_act_kind", Words, nullable=False, server_default="participant.admit"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_participant")),
        sa.UniqueConstraint("id", name=op.f("uq_participant_id")),
        sa.ForeignKeyConstraint(
            ["admission_act", "admission_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_participant_admission_act_admission_act_kind"),
        ),
        sa.CheckConstraint(
            "admission_act_kind IN ('participant.admit')",
            name=op.f("ck_participant_admission_act_kind"),
        ),
        sa.CheckConstraint(
            "(admission_act IS NULL) = (admission_act_kind IS NULL)",
            name=op.f("ck_participant_admission_act_whole"),
        ),
        sa.CheckConstraint(
            "state = 'admitted' OR state = 'suspended' OR state = 'defaulted' OR state = "
                "'left'",
            name=op.f("ck_participant_state_known"),
        ),
    )
    op.create_table(
        "register",
        sa.Column("id", Whole, nullable=False),
        sa.Column("subject_kind", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("what", Words, nullable=False),
        sa.Column("content", LongText, nullable=True),
        sa.Column("salt", Words, nullable=True),
        sa.Column("commitment", Words, nullable=False),
        sa.Column("purpose", Words, nullable=False),
        sa.Column("since", Words, nullable=False),
        sa.Column("retain_until", Words, nullable=False),
        sa.Column("in_force", sa.Integer(), nullable=False),
        sa.Column("replaced_by", Whole, nullable=True),
        sa.Column("erased_act", Whole, nullable=True),
        sa.Column("erased_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
        sa.ForeignKeyConstraint(
            ["erased_act", "erased_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_register_erased_act_erased_act_kind"),
        ),
        sa.CheckConstraint(
            "erased_act_kind IN ('register.erase')", name=op.f("ck_register_erased_act_kind"),
        ),
        sa.CheckConstraint(
            "(erased_act IS NULL) = (erased_act_kind IS NULL)",
            name=op.f("ck_register_erased_act_whole"),
        ),
        sa.CheckConstraint(
            "content IS NOT NULL OR erased_act IS NOT NULL", name=op.f("ck_register_erased_by_two"),
        ),
    )
    op.create_index(
        op.f("ix_register_subject_kind_subject_what"), "register",
        ["subject_kind", "subject", "what"],
    )
    op.create_table(
        "agency",
        sa.Column("agent", sa.Integer(), nullable=False),
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("from_day", Words, nullable=False),
        sa.Column("until_day", Words, nullable=True),
        sa.Column("act_id", Whole, nullable=False),
        sa.PrimaryKeyConstraint("agent", "participant", "from_day", name=op.f("pk_agency")),
        sa.ForeignKeyConstraint(["act_id"], ["approval.act_id"], name=op.f("fk_agency_act_id")),
        sa.ForeignKeyConstraint(["agent"], ["participant.number"], name=op.f("fk_agency_agent")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_agency_participant"),
        ),
    )
    op.create_table(
        "agreement",
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("agreement", Words, nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("law", Words, nullable=False),
        sa.Column("opinion", Words, nullable=False),
        sa.Column("signatories", Whole, nullable=False),
        sa.Column("from_day", Words, nullable=False),
        sa.Column("until_day", Words, nullable=True),
        sa.Column("act_id", Whole, nullable=False),
        sa.PrimaryKeyConstraint(
            "participant", "agreement", "version", "from_day", name=op.f("pk_agreement"),
        ),
        sa.ForeignKeyConstraint(["act_id"], ["approval.act_id"], name=op.f("fk_agreement_act_id")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_agreement_participant"),
        ),
        sa.ForeignKeyConstraint(
            ["signatories"], ["register.id"], name=op.f("fk_agreement_signatories"),
        ),
    )
    op.create_table(
        "bank_details",
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("account", Whole, nullable=False),
        sa.Column("usable_from", Words, nullable=False),
        sa.Column("call_back", Whole, nullable=True),
        sa.Column("details_act", Whole, nullable=False),
        sa.Column("details_act_kind", Words, nullable=False, server_default="bank_details.change"),
        sa.PrimaryKeyConstraint(
            "participant", "currency", "details_act", name=op.f("pk_bank_details"),
        ),
        sa.ForeignKeyConstraint(["account"], ["register.id"], name=op.f("fk_bank_details_account")),
        sa.ForeignKeyConstraint(
            ["call_back"], ["register.id"], name=op.f("fk_bank_details_call_back"),
        ),
        sa.ForeignKeyConstraint(
            ["details_act", "details_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_bank_details_details_act_details_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_bank_details_participant"),
        ),
        sa.CheckConstraint(
            "details_act_kind IN ('bank_details.change', 'participant.admit')",
            name=op.f("ck_bank_details_details_act_kind"),
        ),
        sa.CheckConstraint(
            "(details_act IS NULL) = (details_act_kind IS NULL)",
            name=op.f("ck_bank_details_details_act_whole"),
        ),
    )
    op.create_table(
        "default_case",
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("opened_at", Words, nullable=False),
        sa.Column("known_at", Words, nullable=False),
        sa.Column("standing", LongText, nullable=False),
        sa.Column("default_act", Whole, nullable=False),
        sa.Column("default_act_kind", Words, nullable=False, server_default="participant.default"),
        sa.Column("estate_act", Whole, nullable=True),
        sa.Column("estate_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("participant", "default_act", name=op.f("pk_default_case")),
        sa.ForeignKeyConstraint(
            ["default_act", "default_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_default_case_default_act_default_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["estate_act", "estate_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_default_case_estate_act_estate_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_default_case_participant"),
        ),
        sa.CheckConstraint(
            "default_act_kind IN ('participant.default')",
            name=op.f("ck_default_case_default_act_kind"),
        ),
        sa.CheckConstraint(
            "(default_act IS NULL) = (default_act_kind IS NULL)",
            name=op.f("ck_default_case_default_act_whole"),
        ),
        sa.CheckConstraint(
            "estate_act_kind IN ('participant.estate')",
            name=op.f("ck_default_case_estate_act_kind"),
        ),
        sa.CheckConstraint(
            "(estate_act IS NULL) = (estate_act_kind IS NULL)",
            name=op.f("ck_default_case_estate_act_whole"),
        ),
    )
    op.create_table(
        "gate_case",
        sa.Column("id", Whole, nullable=False),
        sa.Column("subject_kind", Words, nullable=False),
        sa.Column("subject", Whole, nullable=False),
        sa.Column("about", Words, nullable=False),
        sa.Column("subject_digest", Words, nullable=False),
        sa.Column("list_name", Words, nullable=False),
        sa.Column("entry", Words, nullable=False),
        sa.Column("entry_digest", Words, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", Whole, nullable=False),
        sa.Column("opened_at", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("decision_act", Whole, nullable=True),
        sa.Column("decision_act_kind", Words, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_case")),
        sa.UniqueConstraint(
            "subject_kind", "subject", "about", "subject_digest", "list_name", "entry",
            "entry_digest", name=op.f("uq_gate_case_pair"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_act", "decision_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_gate_case_decision_act_decision_act_kind"),
        ),
        sa.ForeignKeyConstraint(["evidence"], ["register.id"], name=op.f("fk_gate_case_evidence")),
        sa.CheckConstraint(
            "(state = 'open') = (decision_act IS NULL)", name=op.f("ck_gate_case_decided_by_two"),
        ),
        sa.CheckConstraint(
            "decision_act_kind IN ('case.decide', 'case.release')",
            name=op.f("ck_gate_case_decision_act_kind"),
        ),
        sa.CheckConstraint(
            "(decision_act IS NULL) = (decision_act_kind IS NULL)",
            name=op.f("ck_gate_case_decision_act_whole"),
        ),
        sa.CheckConstraint(
            "state = 'open' OR state = 'cleared' OR state = 'confirmed' OR state = "
                "'released'",
            name=op.f("ck_gate_case_state_known"),
        ),
        sa.CheckConstraint(
            "subject_kind = 'participant' OR subject_kind = 'applicant' OR subject_kind = "
                "'payee' OR subject_kind = 'payer' OR subject_kind = 'obligation'",
            name=op.f("ck_gate_case_subject_kind_known"),
        ),
    )
    op.create_index(op.f("ix_gate_case_decision_act"), "gate_case", ["decision_act"])
    op.create_index(op.f("ix_gate_case_state"), "gate_case", ["state"])
    op.create_index(op.f("ix_gate_case_subject_digest"), "gate_case", ["subject_digest"])
    op.create_table(
        "licence",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("licence", Words, nullable=False),
        sa.Column("side", Words, nullable=False),
        sa.Column("holder", sa.Integer(), nullable=False),
        sa.Column("goods", LongText, nullable=False),
        sa.Column("countries", LongText, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("value_minor", Whole, nullable=False),
        sa.Column("valid_from", Words, nullable=False),
        sa.Column("valid_until", Words, nullable=False),
        sa.Column("revoked", sa.Integer(), nullable=False),
        sa.Column("record", Whole, nullable=False),
        sa.Column("since", Words, nullable=False),
        sa.Column("licence_act", Whole, nullable=False),
        sa.Column("licence_act_kind", Words, nullable=False, server_default="licence.enter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.ForeignKeyConstraint(["holder"], ["participant.number"], name=op.f("fk_licence_holder")),
        sa.ForeignKeyConstraint(
            ["licence_act", "licence_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_licence_licence_act_licence_act_kind"),
        ),
        sa.ForeignKeyConstraint(["record"], ["register.id"], name=op.f("fk_licence_record")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_licence_ends_later")),
        sa.CheckConstraint(
            "licence_act_kind IN ('licence.enter', 'licence.revoke')",
            name=op.f("ck_licence_licence_act_kind"),
        ),
        sa.CheckConstraint(
            "(licence_act IS NULL) = (licence_act_kind IS NULL)",
            name=op.f("ck_licence_licence_act_whole"),
        ),
        sa.CheckConstraint("revoked = 0 OR revoked = 1", name=op.f("ck_licence_revoked_known")),
        sa.CheckConstraint("value_minor > 0", name=op.f("ck_licence_value_positive")),
    )
    op.create_index(op.f("ix_licence_licence"), "licence", ["licence"])
    op.create_table(
        "list_entry",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reference", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "position", name=op.f("pk_list_entry")),
        sa.ForeignKeyConstraint(
            ["digest"], ["list_text.digest"], name=op.f("fk_list_entry_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["list_import.id"], name=op.f("fk_list_entry_list_id"),
        ),
    )
    op.create_table(
        "list_retired",
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Words, nullable=False),
        sa.Column("retire_act", Whole, nullable=False),
        sa.Column("retire_act_kind", Words, nullable=False, server_default="list.retire"),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_list_retired")),
        sa.UniqueConstraint("retire_act", name=op.f("uq_list_retired_retire_act")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["list_import.id"], name=op.f("fk_list_retired_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["retire_act", "retire_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_list_retired_retire_act_retire_act_kind"),
        ),
        sa.CheckConstraint(
            "retire_act_kind IN ('list.retire')", name=op.f("ck_list_retired_retire_act_kind"),
        ),
        sa.CheckConstraint(
            "(retire_act IS NULL) = (retire_act_kind IS NULL)",
            name=op.f("ck_list_retired_retire_act_whole"),
        ),
    )
    op.create_table(
        "pay_in_limit",
        sa.Column("participant", sa.Integer(), nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("limit_minor", Whole, nullable=False),
        sa.Column("limit_act", Whole, nullable=False),
        sa.Column("limit_act_kind", Words, nullable=False, server_default="limits.change"),
        sa.PrimaryKeyConstraint(
            "participant", "currency", "limit_act", name=op.f("pk_pay_in_limit"),
        ),
        sa.ForeignKeyConstraint(
            ["limit_act", "limit_act_kind"], ["approval.act_id", "approval.kind"],
            name=op.f("fk_pay_in_limit_limit_act_limit_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.number"], name=op.f("fk_pay_in_limit_participant"),
        ),
        sa.CheckConstraint(
            "limit_act_kind IN ('limits.change')", name=op.f("ck_pay_in_limit_limit_act_kind"),
        ),
        sa.CheckConstraint(
            "(limit_act IS NULL) = (limit_act_kind IS NULL)",
            name=op.f("ck_pay_in_limit_limit_act_whole"),
        ),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_pay_in_limit_not_negative")),
    )
    op.create_table(
        "case_event",
        sa.Column("id", Whole, nullable=False),
        sa.Column("gate_case", Whole, nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("person", Words, nullable=True),
        sa.Column("act_id", Whole, nullable=True),
        sa.Column("detail", Whole, nullable=True),
        sa.Column("digest", Words, nullable=True),
        sa.Column("at", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
        sa.ForeignKeyConstraint(["act_id"], ["approval.act_id"], name=op.f("fk_case_event_act_id")),
        sa.ForeignKeyConstraint(["detail"], ["register.id"], name=op.f("fk_case_event_detail")),
        sa.ForeignKeyConstraint(
            ["gate_case"], ["gate_case.id"], name=op.f("fk_case_event_gate_case"),
        ),
        sa.CheckConstraint(
            "event = 'opened' OR event = 'noted' OR event = 'cleared' OR event = "
                "'confirmed' OR event = 'released' OR event = 'reversed' OR event = 'reported'",
            name=op.f("ck_case_event_event_known"),
        ),
    )
    op.create_index(op.f("ix_case_event_gate_case"), "case_event", ["gate_case"])
