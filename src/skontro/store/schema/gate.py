# SPDX-License-Identifier: Apache-2.0
"""Lists, packs, settings, verdicts and cases."""

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

list_import = Table(
    "list_import",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("name", String, nullable=False, comment="which list: un, ofac, ... or own:NAME"),
    Column("format", String, nullable=False, comment="what its file is"),
    Column("source", String, nullable=False, comment="where it came from"),
    Column("dated", String, nullable=False, comment="time the list itself is of"),
    Column("imported_at", String, nullable=False, comment="when it was imported"),
    Column("digest", String, nullable=False, comment="of the file, or of the files' digests"),
    Column("content_digest", String, nullable=False, comment="of the entries' digests, in order"),
    Column("entries", Integer, nullable=False, comment="how many entries it has"),
    Column("names", Integer, nullable=False, comment="how many names they have"),
    Column("identifiers", Integer, nullable=False, comment="how many identifiers they have"),
    Column("invented", Integer, nullable=False, comment="1: made up for a demonstration"),
    *approved("smaller_act", "list.smaller", nullable=True),
    UniqueConstraint("smaller_act"),
    comment="The lists parties are screened against, each version; the last of a name is in force.",
)

list_retired = Table(
    "list_retired",
    metadata,
    Column("list_id", Integer, ForeignKey("list_import.id"), primary_key=True,
           autoincrement=False, comment="the last version of a list of the house's own"),
    Column("at", String, nullable=False, comment="since when it holds no more"),
    *approved("retire_act", "list.retire"),
    UniqueConstraint("retire_act"),
    comment="Lists of the house's own that two people retired; a later version holds again.",
)  # fmt: skip

list_text = Table(
    "list_text",
    metadata,
    Column("digest", String, primary_key=True, comment="of the content"),
    Column("content", Text, nullable=False, comment="all an entry says, canonical JSON"),
    comment="Entries of lists, each once however many versions of a list have it.",
)

list_entry = Table(
    "list_entry",
    metadata,
    Column("list_id", Integer, ForeignKey("list_import.id"), nullable=False, comment="which list"),
    Column("position", Integer, nullable=False, comment="1, 2, ... in the order of the file"),
    Column("reference", String, nullable=False, comment="the list's own id of the entry"),
    Column("digest", String, ForeignKey("list_text.digest"), nullable=False, comment="its content"),
    PrimaryKeyConstraint("list_id", "position"),
    comment="What stands on a list.",
)

pack = Table(
    "pack",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("side", String, nullable=False, comment="whose law it is"),
    Column("pack", String, nullable=False, comment="what it calls itself"),
    Column("version", String, nullable=False, comment="which version of it"),
    Column("digest", String, nullable=False, comment="of its text"),
    Column("content", Text, nullable=False, comment="its text, as it was read"),
    Column("since", String, nullable=False, comment="in force since"),
    *approved("pack_act", "pack.adopt"),
    comment="What the law of each side says of goods; of one name the last counts, and all apply.",
)

gate_setting = Table(
    "gate_setting",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("content", Text, nullable=False,
           comment="lists, packs, matcher, weights, threshold, Unicode and rules, by version and "
           "digest, canonical JSON"),
    Column("digest", String, nullable=False, comment="of the content"),
    Column("holds_since", Integer, nullable=False,
           comment="verdicts by this setting and later ones still hold: all that changed since "
           "was compared with every firm"),
    Column("made_at", String, nullable=False, comment="when it came into force"),
    CheckConstraint("holds_since <= id", name="holds_backwards"),
    comment="What the gate judged by, each version; the last one is in force.",
)  # fmt: skip

# Written by the million: a guard sees that each is by the setting in force, not a foreign key.
verdict = Table(
    "verdict",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the verdict"),
    Column("subject_kind", String, nullable=False,
           comment="participant, obligation, pay_out or payer"),
    Column("subject", Whole, nullable=False, comment="number of the subject"),
    Column("content_digest", LargeBinary(32), nullable=False, comment="of exactly what was judged"),
    Column("setting", Integer, nullable=False, comment="what it was judged by"),
    Column("outcome", String, nullable=False, comment="released, held or refused"),
    Column("reasons", Text, nullable=False, comment="why, canonical JSON"),
    Column("inputs", Text, comment="what it rests on besides: of a participant the numbers of its "
           "records, those of each participant above it, the cases that speak of these, and a "
           "screening service's answers; of an obligation what it saw of licences, customs files "
           "and looks for flags; of who else is paid or pays, their record and such "
           "an answer"),
    Column("judged_at", String, nullable=False, comment="when"),
    UniqueConstraint("subject_kind", "subject", "id", "content_digest", "outcome"),
    one_of("outcome", "released", "held", "refused"),
    one_of("subject_kind", "participant", "obligation", "pay_out", "payer"),
    comment="What the gate said, of what, by which setting.",
)  # fmt: skip

gate_case = Table(
    "gate_case",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the case"),
    Column("subject_kind", String, nullable=False,
           comment="participant, applicant, payee or payer; obligation: of a flag"),
    Column("subject", Whole, nullable=False, comment="number of the participant or obligation, or "
           "of the register's record of who else it is"),
    Column("about", String, nullable=False,
           comment="firm, or the owner by number of the record, or the flag"),
    Column("subject_digest", String, nullable=False,
           comment="of the records compared, or of the obligation's content"),
    Column("list_name", String, nullable=False, comment="on which list, or red flags"),
    Column("entry", String, nullable=False, comment="which entry: the list's own id of it"),
    Column("entry_digest", String, nullable=False,
           comment="of all the entry says, or of what the flag is about"),
    Column("score", Integer, nullable=False, comment="how alike, in thousandths"),
    Column("evidence", Whole, ForeignKey("register.id"), nullable=False,
           comment="what was compared with what, point by point, in the register"),
    Column("opened_at", String, nullable=False, comment="when"),
    Column("state", String, nullable=False, comment="open, cleared, confirmed or released"),
    *approved("decision_act", "case.decide", "case.release", nullable=True),
    UniqueConstraint("subject_kind", "subject", "about", "subject_digest", "list_name", "entry",
                     "entry_digest", name="uq_gate_case_pair"),
    CheckConstraint("(state = 'open') = (decision_act IS NULL)", name="decided_by_two"),
    one_of("state", "open", "cleared", "confirmed", "released"),
    one_of("subject_kind", "participant", "applicant", "payee", "payer", "obligation"),
    Index(None, "state"),
    Index(None, "subject_digest"),
    Index(None, "decision_act"),
    comment="Alerts with what was decided on them by two people; open ones hold.",
)  # fmt: skip

case_event = Table(
    "case_event",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the event"),
    Column("gate_case", Whole, ForeignKey("gate_case.id"), nullable=False, comment="of which case"),
    Column("event", String, nullable=False,
           comment="opened, noted, cleared, confirmed, released, reversed or reported"),
    Column("person", String, comment="who did it, if one alone did"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="the act behind it, if any"),
    Column("detail", Whole, ForeignKey("register.id"), comment="what was said, in the register"),
    Column("digest", String, comment="of the report, or of the order's document, if there is one"),
    Column("at", String, nullable=False, comment="when"),
    Index(None, "gate_case"),
    one_of("event", "opened", "noted", "cleared", "confirmed", "released", "reversed",
           "reported"),
    comment="What happened to cases.",
)  # fmt: skip
