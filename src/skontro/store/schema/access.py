# SPDX-License-Identifier: Apache-2.0
"""Who comes in over the network: logins, roles, sessions, keys of programs; what they did."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from skontro.store.schema.columns import String, Text, Whole, approved, metadata, one_of

ROLE_NAMES = (
    "operator", "treasurer", "compliance_maker", "compliance_checker", "participant_clerk",
    "participant_signatory", "auditor", "admin",
)  # fmt: skip

login = Table(
    "login",
    metadata,
    Column("person", String, ForeignKey("person.id"), primary_key=True, comment="whose"),
    Column("password", String, nullable=False, comment="argon2id, with its salt and its cost"),
    Column("enrolment", Integer, nullable=False,
           comment="how often codes were set up anew; the secret follows from it"),
    Column("code_step", Whole, nullable=False, server_default="0",
           comment="the last code that was used: none serves twice"),
    Column("failed", Integer, nullable=False, server_default="0", comment="wrong tries in a row"),
    Column("locked_until", String, nullable=False, server_default="", comment="closed till then"),
    Column("since", String, nullable=False, comment="when it was set up last"),
    comment="How a person is known over the network; no secret stands here in clear.",
)  # fmt: skip

person_role = Table(
    "person_role",
    metadata,
    Column("person", String, ForeignKey("person.id"), nullable=False, comment="who"),
    Column("role", String, nullable=False, comment="see house/roles.py"),
    Column("firm", String, nullable=False, server_default="",
           comment="id of the participant they work for; empty: the house"),
    Column("sides", String, nullable=False, server_default="",
           comment="of an auditor: which sides, with commas; empty: all"),
    Column("from_day", String, nullable=False, server_default="",
           comment="of an auditor: the first day they may look at"),
    Column("until_day", String, nullable=False, server_default="", comment="and the last"),
    *approved("role_act", "person.access"),
    PrimaryKeyConstraint("person", "role", "firm"),
    one_of("role", *ROLE_NAMES),
    CheckConstraint("(firm = '') = (role NOT LIKE 'participant%')", name="firm_of_participants"),
    comment="In which roles people come in over the network.",
)  # fmt: skip

session = Table(
    "session",
    metadata,
    Column("token", String, primary_key=True, comment="SHA-256 of what the browser holds"),
    Column("person", String, ForeignKey("person.id"), nullable=False, comment="whose"),
    Column("began_at", String, nullable=False, comment="when"),
    Column("seen_at", String, nullable=False, comment="last used, to the minute"),
    Column("ends_at", String, nullable=False, comment="at the latest"),
    Column("ended_at", String, nullable=False, server_default="", comment="when it was ended"),
    Index(None, "person"),
    comment="Sessions of people in a browser.",
)

sign_on_link = Table(
    "sign_on_link",
    metadata,
    Column("issuer", String, nullable=False, comment="the provider"),
    Column("subject", String, nullable=False, comment="whom the provider calls so"),
    Column("person", String, ForeignKey("person.id"), nullable=False, comment="is this person"),
    Column("made_by", String, nullable=False, comment="who said so"),
    Column("made_at", String, nullable=False, comment="when"),
    PrimaryKeyConstraint("issuer", "subject"),
    Index(None, "person"),
    comment="Which person somebody is who signs on at a provider.",
)

program_key = Table(
    "program_key",
    metadata,
    Column("id", String, primary_key=True, comment="its public part"),
    Column("secret", String, nullable=False, comment="SHA-256 of the part that was shown once"),
    Column("label", String, nullable=False, comment="what it is for"),
    Column("role", String, nullable=False, comment="see house/roles.py"),
    Column("firm", String, nullable=False, server_default="", comment="for which participant"),
    Column("made_by", String, ForeignKey("person.id"), nullable=False, comment="who made it"),
    Column("made_at", String, nullable=False, comment="when"),
    Column("ends_at", String, nullable=False, comment="good until"),
    Column("ended_at", String, nullable=False, server_default="", comment="taken back when"),
    Index(None, "firm"),
    one_of("role", *ROLE_NAMES),
    comment="Keys of programs, each in one role.",
)

request_done = Table(
    "request_done",
    metadata,
    Column("caller", String, nullable=False, comment="person or key"),
    Column("request", String, nullable=False, comment="the Idempotency-Key they chose"),
    Column("digest", String, nullable=False, comment="of what was asked"),
    Column("status", Integer, nullable=False, comment="of the answer"),
    Column("answer", Text, nullable=False, comment="the answer, JSON"),
    Column("at", String, nullable=False, comment="when"),
    PrimaryKeyConstraint("caller", "request"),
    comment="Requests that had their effect, written in the same unit of work.",
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("number", Whole, primary_key=True, comment="1, 2, ..."),
    Column("at", String, nullable=False, comment="when, by the machine's clock"),
    Column("caller", String, nullable=False, comment="person or key; empty: nobody known"),
    Column("roles", String, nullable=False, comment="in which roles, with commas"),
    Column("what", String, nullable=False, comment="the permission it took: see house/roles.py"),
    Column("subject", String, nullable=False, comment="what it was done to"),
    Column("outcome", String, nullable=False, comment="done, read or refused"),
    Column("code", String, nullable=False, server_default="", comment="why it was refused"),
    Column("before", Text, nullable=False, server_default="", comment="as it was, JSON"),
    Column("after", Text, nullable=False, server_default="", comment="as it is, JSON"),
    Index(None, "caller"),
    one_of("outcome", "done", "read", "refused"),
    comment="What people of the house did, what was refused to anybody, what auditors read.",
)
