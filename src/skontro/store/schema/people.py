# SPDX-License-Identifier: Apache-2.0
"""The house, its rules, its people, and the register of names."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from skontro.store.schema.columns import String, Text, Whole, approved, metadata, one_of

house = Table(
    "house",
    metadata,
    Column("id", String, primary_key=True, comment="the house's id; one row"),
    Column("name", String, nullable=False, comment="its name"),
    Column("kind", String, nullable=False, comment="live, or demo for ever"),
    Column("unit", String, nullable=False, comment="currency border positions are kept in"),
    Column("opened_at", String, nullable=False, comment="when it was opened"),
    Column("clock_at", String, comment="what a demo house's clock shows; empty in a live one"),
    Column("read_only", Integer, nullable=False, server_default="0", comment="1 after a restore"),
    CheckConstraint("kind = 'demo' OR clock_at IS NULL", name="clock_only_in_demo"),
    one_of("kind", "live", "demo"),
    comment="What this house is.",
)

house_rules = Table(
    "house_rules",
    metadata,
    Column("version", Integer, primary_key=True, comment="1, 2, ..."),
    Column("content", Text, nullable=False, comment="the rules as canonical JSON"),
    Column("digest", String, nullable=False, comment="of the content"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="none for the first"),
    Column("since", String, nullable=False, comment="in force since"),
    CheckConstraint("version = 1 OR act_id IS NOT NULL", name="change_needs_two"),
    comment="The house's rules, each version of them.",
)

house_key = Table(
    "house_key",
    metadata,
    Column("id", String, primary_key=True, comment="key id: first 16 digits of the key's SHA-256"),
    Column("public_key", String, nullable=False, comment="Ed25519, hexadecimal"),
    Column("since", String, nullable=False, comment="signs since"),
    Column("until", String, comment="signed until; empty for the one in use"),
    comment="The keys the house signs with, in turn.",
)

person = Table(
    "person",
    metadata,
    Column("id", String, primary_key=True, comment="id the house gave"),
    Column("public_key", String, nullable=False, unique=True, comment="Ed25519, hexadecimal"),
    Column("identity_digest", String, nullable=False, unique=True,
           comment="keyed digest of the identity paper: one person, one row"),
    Column("state", String, nullable=False, comment="active or gone"),
    Column("act_id", Whole, comment="who admitted them; none for the founders"),
    Column("since", String, nullable=False, comment="when they came"),
    one_of("state", "active", "gone"),
    comment="The people who work in the house.",
)  # fmt: skip

person_right = Table(
    "person_right",
    metadata,
    Column("person", String, ForeignKey("person.id"), nullable=False, comment="who"),
    Column("right", String, nullable=False, comment="which: see house/acts.py"),
    Column("act_id", Whole, comment="by which act; none for the founders"),
    PrimaryKeyConstraint("person", "right"),
    comment="Who may make or check which acts.",
)

act = Table(
    "act",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the act"),
    Column("kind", String, nullable=False, comment="see house/acts.py"),
    Column("content", Text, nullable=False, comment="exactly what happens, canonical JSON"),
    Column("digest", String, nullable=False, comment="of house, number, kind and content"),
    Column("maker", String, ForeignKey("person.id"), nullable=False, comment="who proposes it"),
    Column("made_at", String, nullable=False, comment="when"),
    Column("signature", String, nullable=False,
           comment="the maker's, over the digest; empty while drafted"),
    Column("state", String, nullable=False,
           comment="drafted, proposed, done, withdrawn or refused"),
    Column("outcome", Text, comment="what came of it, or why it was refused"),
    UniqueConstraint("id", "kind", "digest", "maker"),
    one_of("state", "drafted", "proposed", "done", "withdrawn", "refused"),
    CheckConstraint(
        "signature <> '' OR state = 'drafted' OR state = 'withdrawn'", name="proposed_by_signature"
    ),
    comment="Sensitive acts as their makers drafted or proposed them.",
)  # fmt: skip

approval = Table(
    "approval",
    metadata,
    Column("act_id", Whole, primary_key=True, autoincrement=False, comment="the act"),
    Column("kind", String, nullable=False, comment="its kind"),
    Column("digest", String, nullable=False, comment="what was approved"),
    Column("maker", String, nullable=False, comment="who proposed it"),
    Column("checker", String, ForeignKey("person.id"), nullable=False, comment="who approved it"),
    Column("approved_at", String, nullable=False, comment="when"),
    Column("signature", String, nullable=False, comment="the checker's, over the digest"),
    ForeignKeyConstraint(
        ["act_id", "kind", "digest", "maker"], ["act.id", "act.kind", "act.digest", "act.maker"]
    ),
    UniqueConstraint("act_id", "kind"),
    CheckConstraint("maker <> checker", name="two_people"),
    comment="The second signature under an act.",
)

register = Table(
    "register",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the record"),
    Column("subject_kind", String, nullable=False, comment="participant, person, obligation, ..."),
    Column("subject", String, nullable=False, comment="id of the subject"),
    Column("what", String, nullable=False,
           comment="name, account, owner, lei, tax_number, original, note, ..."),
    Column("content", Text, comment="the personal data; empty once erased"),
    Column("salt", String, comment="hexadecimal; erased with the content"),
    Column("commitment", String, nullable=False, comment="SHA-256 of salt and content; stays"),
    Column("purpose", String, nullable=False, comment="what it is kept for"),
    Column("since", String, nullable=False, comment="when it was written"),
    Column("retain_until", String, nullable=False, comment="day until which it must be kept"),
    Column("in_force", Integer, nullable=False,
           comment="0 while the act that brings it is only proposed"),
    Column("replaced_by", Whole, comment="the record that took its place"),
    *approved("erased_act", "register.erase", nullable=True),
    CheckConstraint(
        "content IS NOT NULL OR erased_act IS NOT NULL", name="erased_by_two"
    ),
    Index(None, "subject_kind", "subject", "what"),
    comment="The one place for names, accounts, owners and originals.",
)  # fmt: skip
