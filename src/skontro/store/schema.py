# SPDX-License-Identifier: Apache-2.0
"""Every table of a house, with what it holds and what it refuses.

Times are UTC text (``2026-01-31T12:00:00.000000Z``), days are text (``2026-01-31``), amounts are
integers of minor units, digests are SHA-256 in hexadecimal, but for the 32 bytes of tables with
a row per obligation. Names, accounts, owners and originals stand in ``register`` alone; all other
tables carry ids that the house gave.

The tables are made and changed by the migrations; a test compares these with what they make: run
``make schema`` (``python -m tests.migration_writer``) after a change here or of states. What may
change in a row once it is written, and how states follow each other, stands in ``guards.py``:
list a new column or table there if it may change; everything else never does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A whole number wide enough for every amount; SQLite counts rows only in its plain INTEGER.
Whole = BigInteger().with_variant(Integer(), "sqlite")

# Text compares and sorts by its bytes, on both databases and in every country.
String = sa.String().with_variant(sa.String(collation="C"), "postgresql")
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _one_of(column: str, *values: str) -> CheckConstraint:
    # Not as a list: SQLite makes a table of it for every row that is written.
    known = " OR ".join(f"{column} = '{value}'" for value in values)
    return CheckConstraint(known, name=f"{column}_known")


# ---- the house, its rules and its people -------------------------------------------------------

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
    _one_of("kind", "live", "demo"),
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
    _one_of("state", "active", "gone"),
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
    Column("signature", String, nullable=False, comment="the maker's, over the digest"),
    Column("state", String, nullable=False, comment="proposed, done, withdrawn or refused"),
    Column("outcome", Text, comment="what came of it, or why it was refused"),
    UniqueConstraint("id", "kind", "digest", "maker"),
    _one_of("state", "proposed", "done", "withdrawn", "refused"),
    comment="Sensitive acts as their makers proposed them.",
)

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


def _approved(column: str, *kinds: str, nullable: bool = False) -> list[Any]:
    """Columns and constraints that tie a row to an approved act of one kind, or one of some."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return [
        Column(column, Whole, nullable=nullable, comment="the approved act behind it"),
        Column(f"{column}_kind", String, nullable=nullable, server_default=None if nullable else
               kinds[0], comment=f"kind of the act: {' or '.join(kinds)}"),
        CheckConstraint(f"{column}_kind IN ({listed})", name=f"{column}_kind"),
        CheckConstraint(f"({column} IS NULL) = ({column}_kind IS NULL)", name=f"{column}_whole"),
        ForeignKeyConstraint([column, f"{column}_kind"], ["approval.act_id", "approval.kind"]),
    ]  # fmt: skip


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
    *_approved("erased_act", "register.erase", nullable=True),
    CheckConstraint(
        "content IS NOT NULL OR erased_act IS NOT NULL", name="erased_by_two"
    ),
    Index(None, "subject_kind", "subject", "what"),
    comment="The one place for names, accounts, owners and originals.",
)  # fmt: skip

# ---- participants ------------------------------------------------------------------------------

participant = Table(
    "participant",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("id", String, nullable=False, unique=True, comment="id the house gave"),
    Column("side", String, nullable=False, comment="its side"),
    Column("home_currency", String, nullable=False, comment="what it pays and is paid in"),
    Column("accepts_conversion", Integer, nullable=False, comment="1: at the fixing; 0: refuses"),
    Column("state", String, nullable=False, comment="admitted, suspended, defaulted or left"),
    Column("version", Integer, nullable=False, comment="counts every change of this row"),
    Column("since", String, nullable=False, comment="admitted when"),
    *_approved("admission_act", "participant.admit"),
    _one_of("state", "admitted", "suspended", "defaulted", "left"),
    comment="The firms admitted to the house.",
)

agreement = Table(
    "agreement",
    metadata,
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("agreement", String, nullable=False, comment="id of the set-off agreement"),
    Column("version", String, nullable=False, comment="its version"),
    Column("law", String, nullable=False, comment="the law it is under"),
    Column("opinion", String, nullable=False, comment="id of the legal opinion"),
    Column("signatories", Whole, ForeignKey("register.id"), nullable=False,
           comment="who signed, in the register"),
    Column("from_day", String, nullable=False, comment="in force from"),
    Column("until_day", String, comment="in force until; empty while it is"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), nullable=False, comment="by which act"),
    PrimaryKeyConstraint("participant", "agreement", "version", "from_day"),
    comment="Set-off agreements, in force and past.",
)  # fmt: skip

agency = Table(
    "agency",
    metadata,
    Column("agent", Integer, ForeignKey("participant.number"), nullable=False, comment="who files"),
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False,
           comment="for whom"),
    Column("from_day", String, nullable=False, comment="from"),
    Column("until_day", String, comment="until; empty while it may"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), nullable=False, comment="by which act"),
    PrimaryKeyConstraint("agent", "participant", "from_day"),
    comment="Who files for whom.",
)  # fmt: skip

bank_details = Table(
    "bank_details",
    metadata,
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("currency", String, nullable=False, comment="for payments in"),
    Column("account", Whole, ForeignKey("register.id"), nullable=False,
           comment="IBAN, or BBAN and BIC, in the register"),
    Column("usable_from", String, nullable=False, comment="after the cooling-off"),
    Column("call_back", Whole, ForeignKey("register.id"), comment="note of the call back"),
    *_approved("details_act", "bank_details.change", "participant.admit"),
    PrimaryKeyConstraint("participant", "currency", "details_act"),
    comment="Where each participant is paid, in force from when.",
)  # fmt: skip

pay_in_limit = Table(
    "pay_in_limit",
    metadata,
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("currency", String, nullable=False, comment="in which currency"),
    Column("limit_minor", Whole, nullable=False, comment="how much it can be asked to pay in"),
    *_approved("limit_act", "limits.change"),
    PrimaryKeyConstraint("participant", "currency", "limit_act"),
    CheckConstraint("limit_minor >= 0", name="not_negative"),
    comment="Pay-in limits; of a participant's in one currency the one of the last act counts.",
)

default_case = Table(
    "default_case",
    metadata,
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("reason", String, nullable=False, comment="default or insolvency"),
    Column("opened_at", String, nullable=False, comment="when it began, as the court or the rules "
           "say"),
    Column("known_at", String, nullable=False, comment="when the house knew"),
    Column("standing", Text, nullable=False,
           comment="what was entered, irrevocable and final at each time, canonical JSON"),
    *_approved("default_act", "participant.default"),
    *_approved("estate_act", "participant.estate", nullable=True),
    PrimaryKeyConstraint("participant", "default_act"),
    comment="Defaults and insolvencies, with what stood when.",
)  # fmt: skip

# ---- lists and verdicts ------------------------------------------------------------------------

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
    *_approved("smaller_act", "list.smaller", nullable=True),
    UniqueConstraint("smaller_act"),
    comment="The lists parties are screened against, each version; the last of a name is in force.",
)

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
    *_approved("pack_act", "pack.adopt"),
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
    Column("inputs", Text, comment="of a participant: numbers of the records judged"),
    Column("judged_at", String, nullable=False, comment="when"),
    UniqueConstraint("subject_kind", "subject", "id", "content_digest", "outcome"),
    _one_of("outcome", "released", "held", "refused"),
    _one_of("subject_kind", "participant", "obligation", "pay_out", "payer"),
    comment="What the gate said, of what, by which setting.",
)  # fmt: skip

gate_case = Table(
    "gate_case",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the case"),
    Column("subject_kind", String, nullable=False,
           comment="participant, applicant, payee or payer"),
    Column("subject", Whole, nullable=False, comment="number of the participant, or of the "
           "register's record of who else it is"),
    Column("about", String, nullable=False, comment="firm, or the owner by number of the record"),
    Column("subject_digest", String, nullable=False, comment="of the records compared"),
    Column("list_name", String, nullable=False, comment="on which list"),
    Column("entry", String, nullable=False, comment="which entry: the list's own id of it"),
    Column("entry_digest", String, nullable=False, comment="of all the entry says"),
    Column("score", Integer, nullable=False, comment="how alike, in thousandths"),
    Column("evidence", Whole, ForeignKey("register.id"), nullable=False,
           comment="what was compared with what, point by point, in the register"),
    Column("opened_at", String, nullable=False, comment="when"),
    Column("state", String, nullable=False, comment="open, cleared, confirmed or released"),
    *_approved("decision_act", "case.decide", "case.release", nullable=True),
    UniqueConstraint("subject_kind", "subject", "about", "subject_digest", "list_name", "entry",
                     "entry_digest", name="uq_gate_case_pair"),
    CheckConstraint("(state = 'open') = (decision_act IS NULL)", name="decided_by_two"),
    _one_of("state", "open", "cleared", "confirmed", "released"),
    _one_of("subject_kind", "participant", "applicant", "payee", "payer"),
    Index(None, "state"),
    Index(None, "subject_digest"),
    comment="Alerts with what was decided on them by two people; open ones hold.",
)  # fmt: skip

case_event = Table(
    "case_event",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the event"),
    Column("gate_case", Whole, ForeignKey("gate_case.id"), nullable=False, comment="of which case"),
    Column("event", String, nullable=False,
           comment="opened, noted, cleared, confirmed, released or reported"),
    Column("person", String, comment="who did it, if one alone did"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="the act behind it, if any"),
    Column("detail", Whole, ForeignKey("register.id"), comment="what was said, in the register"),
    Column("digest", String, comment="of the report, if one was made"),
    Column("at", String, nullable=False, comment="when"),
    Index(None, "gate_case"),
    _one_of("event", "opened", "noted", "cleared", "confirmed", "released", "reported"),
    comment="What happened to cases.",
)  # fmt: skip


def _released(kind: str) -> list[Any]:
    """Columns and constraints that tie a row to a released verdict for exactly its content."""
    table, subject = {
        "obligation": ("cycle_member", "obligation"), "pay_out": ("pay_out", "id"),
    }[kind]  # fmt: skip
    return [
        Column("content_digest", LargeBinary(32), nullable=False, comment="what was judged"),
        Column("verdict_id", Whole, nullable=False, comment="the verdict that released it"),
        Column("verdict_kind", String, nullable=False, server_default=kind,
               comment=f"always {kind}"),
        Column("verdict_outcome", String, nullable=False, server_default="released",
               comment="always released"),
        CheckConstraint(f"verdict_kind = '{kind}'", name="verdict_kind"),
        CheckConstraint("verdict_outcome = 'released'", name="released"),
        ForeignKeyConstraint(
            ["verdict_id", "verdict_kind", subject, "content_digest", "verdict_outcome"],
            ["verdict.id", "verdict.subject_kind", "verdict.subject", "verdict.content_digest",
             "verdict.outcome"],
            name=f"fk_{table}_verdict",
        ),
    ]  # fmt: skip


# ---- obligations -------------------------------------------------------------------------------
#
# Written by the million: whose an obligation is and of what a registration or an event is, guards
# check for all rows of a statement at once (see guards.py), not foreign keys row by row. Each
# obligation changes its state three times a cycle: on PostgreSQL half of a page is left free and
# no exact index has the state, so that a new version of a row stands beside the old one and no
# index is touched; a quarter of the work.

filing = Table(
    "filing",
    metadata,
    Column("id", Whole, primary_key=True, comment="number of the filing"),
    Column("sender", Integer, ForeignKey("participant.number"), comment="who filed; none: several"),
    Column("person", String, comment="who of the house took it in"),
    Column("source", String, nullable=False, comment="file, api or hand"),
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
    _one_of("state", "registered", "confirmed", "disputed", "duplicate", "joined", "entered",
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

# ---- cycles and runs ---------------------------------------------------------------------------

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
    *_approved("fixing_act", "fixing.declare"),
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
    *_released("obligation"),
    PrimaryKeyConstraint("cycle", "obligation"),
    CheckConstraint("open_minor > 0", name="open_positive"),
    _one_of("left_why", "consent", "error", "house review", "default"),
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
    *_approved("published_act", "run.final", "run.recast", nullable=True),
    UniqueConstraint("cycle", "kind", "number"),
    CheckConstraint("(kind = 'preliminary') = (published_act IS NULL)", name="published_by_two"),
    CheckConstraint("kind <> 'final' OR published_act_kind = 'run.final'", name="final_as_final"),
    CheckConstraint(
        "kind <> 'recast' OR published_act_kind = 'run.recast'", name="recast_as_recast"
    ),
    _one_of("kind", "preliminary", "final", "recast"),
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

# ---- settlement --------------------------------------------------------------------------------

plan_line = Table(
    "plan_line",
    metadata,
    Column("run", Whole, ForeignKey("run.id"), nullable=False, comment="final run or recast"),
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("currency", String, nullable=False, comment="pays and is paid in"),
    Column("pay_in_minor", Whole, nullable=False, comment="what it is to pay in"),
    Column("pay_out_minor", Whole, nullable=False, comment="what it is to be paid"),
    PrimaryKeyConstraint("run", "participant", "currency"),
    CheckConstraint("pay_in_minor >= 0 AND pay_out_minor >= 0", name="not_negative"),
    CheckConstraint("pay_in_minor = 0 OR pay_out_minor = 0", name="one_way"),
    comment="What money would have to move for what a run plans to settle.",
)

pay_in = Table(
    "pay_in",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the pay-in"),
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="which cycle"),
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("currency", String, nullable=False, comment="in"),
    Column("due_minor", Whole, nullable=False, comment="what was called"),
    Column("arrived_minor", Whole, nullable=False, comment="what arrived and was matched"),
    Column("covered_minor", Whole, nullable=False, server_default="0",
           comment="what the side's pool covers of what did not arrive"),
    Column("used_minor", Whole, nullable=False, server_default="0", comment="what settled"),
    Column("reference", String, nullable=False, unique=True, comment="ISO 11649"),
    Column("state", String, nullable=False, comment="called, arrived, missed or closed"),
    UniqueConstraint("cycle", "participant", "currency"),
    CheckConstraint(
        "due_minor > 0 AND arrived_minor >= 0 AND covered_minor >= 0 AND used_minor >= 0",
        name="amounts",
    ),
    CheckConstraint("used_minor <= arrived_minor + covered_minor", name="no_more_than_came"),
    CheckConstraint("arrived_minor + covered_minor <= due_minor", name="no_more_than_due"),
    _one_of("state", "called", "arrived", "missed", "closed"),
    comment="What net debtors pay their own side's account.",
)

pay_out_due = Table(
    "pay_out_due",
    metadata,
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="which cycle"),
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False,
           comment="to whom"),
    Column("currency", String, nullable=False, comment="in"),
    Column("amount_minor", Whole, nullable=False, comment="how much"),
    Column("waits_for", String, nullable=False, server_default="",
           comment="why it is not ready, see house/settlement.py; empty if it is"),
    PrimaryKeyConstraint("cycle", "participant", "currency"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    comment="What the sides' accounts came to owe net creditors when a cycle was settled.",
)  # fmt: skip

pay_out = Table(
    "pay_out",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the pay-out"),
    Column("cycle", String, ForeignKey("cycle.id"), comment="which cycle, if for one"),
    Column("side", String, nullable=False, comment="whose account pays"),
    Column("currency", String, nullable=False, comment="in"),
    Column("amount_minor", Whole, nullable=False, comment="how much"),
    Column("participant", Integer, ForeignKey("participant.number"),
           comment="to whom, if a participant"),
    Column("payee", Whole, ForeignKey("register.id"), comment="to whom else, in the register"),
    Column("account", Whole, ForeignKey("register.id"),
           comment="where to, in the register; none: as the payee's record says"),
    Column("purpose", String, nullable=False,
           comment="settlement, return of money, or of a working balance, pool, revaluation or "
           "capital"),
    Column("source", String, nullable=False, comment="journal account it is paid from"),
    Column("line", Whole, comment="number of the money line it returns, if it does"),
    Column("end_to_end", String, nullable=False, comment="id it carries to the bank: the same for "
           "the same debt, whatever house computes it"),
    Column("state", String, nullable=False, comment="ready, released, paid, returned or stopped"),
    *_released("pay_out"),
    *_approved("release_act", "payment.release", "house.resume", nullable=True),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("(participant IS NULL) <> (payee IS NULL)", name="one_payee"),
    CheckConstraint(
        "state IN ('ready', 'stopped') OR release_act IS NOT NULL", name="release_needs_two"
    ),
    _one_of("state", "ready", "released", "paid", "returned", "stopped"),
    _one_of("purpose", "settlement", "return", "working", "pool", "revaluation", "capital"),
    Index(None, "cycle", "participant"),
    Index(None, "side", "currency", "state"),
    comment="What a side's account pays; only what the gate released and two people let go.",
)  # fmt: skip

payment_file = Table(
    "payment_file",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the file"),
    Column("cycle", String, ForeignKey("cycle.id"), comment="which cycle, if for one"),
    Column("side", String, nullable=False, comment="which side's bank"),
    Column("currency", String, nullable=False, comment="in"),
    Column("digest", String, nullable=False, unique=True, comment="of its bytes"),
    Column("content", Text, nullable=False, comment="what leaves"),
    Column("state", String, nullable=False, comment="written, released or sent"),
    *_approved("release_act", "payment.release", nullable=True),
    CheckConstraint("state = 'written' OR release_act IS NOT NULL", name="release_needs_two"),
    _one_of("state", "written", "released", "sent"),
    comment="Payment orders as they leave, byte for byte.",
)

money_line = Table(
    "money_line",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the line"),
    Column("side", String, nullable=False, comment="on which side's account; empty: the hub's"),
    Column("currency", String, nullable=False, comment="in"),
    Column("bank_reference", String, nullable=False, comment="the bank's id of the line"),
    Column("amount_minor", Whole, nullable=False, comment="in: above nought, out: below"),
    Column("value_day", String, nullable=False, comment="value date"),
    Column("payer", Whole, ForeignKey("register.id"), comment="the other party, in the register"),
    Column("reference", String, nullable=False, comment="what the payer wrote"),
    Column("body_digest", String, nullable=False, comment="of all the bank said"),
    Column("state", String, nullable=False, comment="matched, suspense, returned or reversed"),
    Column("pay_in", Whole, ForeignKey("pay_in.id"), comment="the pay-in it belongs to"),
    Column("pay_out", Whole, ForeignKey("pay_out.id"), comment="the pay-out it belongs to"),
    Column("border_payment", Whole, ForeignKey("border_payment.id"),
           comment="the border payment it belongs to"),
    Column("matched_minor", Whole, nullable=False, comment="how much of it is matched"),
    Column("noted_at", String, nullable=False, comment="when it was taken in"),
    Column("entry", Whole, nullable=False, comment="number of the entry that booked it"),
    Column("reversed_by", Whole, nullable=False, server_default="0",
           comment="the entry that undid it; nought while it stands"),
    UniqueConstraint("side", "currency", "bank_reference", "reversed_by"),
    CheckConstraint("amount_minor <> 0", name="some_amount"),
    CheckConstraint("(state = 'reversed') = (reversed_by > 0)", name="reversed_by_an_entry"),
    _one_of("state", "matched", "suspense", "returned", "reversed"),
    Index(None, "state"),
    Index(None, "pay_in"),
    comment="Money that came or went on the sides' accounts.",
)  # fmt: skip

left_payment = Table(
    "left_payment",
    metadata,
    Column("end_to_end", String, primary_key=True, comment="id the payment carries to the bank"),
    Column("side", String, nullable=False, comment="from which side's account"),
    Column("currency", String, nullable=False, comment="in"),
    Column("amount_minor", Whole, nullable=False, comment="how much, above nought"),
    Column("bank_reference", String, nullable=False, comment="the bank's id of the line"),
    *_approved("resume_act", "house.resume"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    comment="What left after a backup was taken, by the bank's word: never paid again.",
)

working_balance = Table(
    "working_balance",
    metadata,
    Column("side", String, nullable=False, comment="left with which side"),
    Column("currency", String, nullable=False, comment="in"),
    Column("sponsor", Whole, ForeignKey("register.id"), nullable=False, comment="by whom"),
    Column("agreement", String, nullable=False, comment="under which agreement"),
    Column("limit_minor", Whole, nullable=False, comment="how much may be drawn"),
    *_approved("balance_act", "limits.change"),
    PrimaryKeyConstraint("side", "currency", "balance_act"),
    CheckConstraint("limit_minor >= 0", name="not_negative"),
    comment="Money of sponsors with a side; the one of the last act counts.",
)

border_quota = Table(
    "border_quota",
    metadata,
    Column("debtor_side", String, nullable=False, comment="who may owe; empty: the hub"),
    Column("creditor_side", String, nullable=False, comment="whom; empty: the hub"),
    Column("quota_minor", Whole, nullable=False, comment="how much, in the house's unit"),
    *_approved("quota_act", "limits.change"),
    PrimaryKeyConstraint("debtor_side", "creditor_side", "quota_act"),
    CheckConstraint("quota_minor >= 0", name="not_negative"),
    comment="Limits of border positions; of two sides' the one of the last act counts.",
)

border_leg = Table(
    "border_leg",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False, comment="1, 2, ... in order"),
    Column("cycle", String, ForeignKey("cycle.id"), nullable=False, comment="after which cycle"),
    Column("side", String, nullable=False, comment="whose position; the figures are as it sees it"),
    Column("other_side", String, nullable=False, comment="towards whom; empty: the hub"),
    Column("before_minor", Whole, nullable=False, comment="position before, in the house's unit; "
           "above nought the side owes"),
    Column("flow_minor", Whole, nullable=False, comment="what the cycle added to it"),
    Column("position_minor", Whole, nullable=False, comment="where it stands after"),
    Column("quota_owing_minor", Whole, nullable=False, comment="how far it may owe"),
    Column("quota_owed_minor", Whole, nullable=False, comment="how far it may be owed"),
    Column("hard_minor", Whole, nullable=False, comment="paid hard; below nought: received"),
    Column("carried_minor", Whole, nullable=False, comment="what it still owes after that"),
    Column("hard_other_minor", Whole, nullable=False, comment="what the other side receives hard"),
    Column("carried_other_minor", Whole, nullable=False, comment="what the other side is still "
           "owed; differs by what the capital account holds"),
    Column("state", String, nullable=False, comment="planned, or booked when the cycle is settled"),
    UniqueConstraint("cycle", "side", "other_side"),
    CheckConstraint("position_minor = before_minor + flow_minor", name="adds_up"),
    _one_of("state", "planned", "booked"),
    comment="Border positions, cycle by cycle.",
)  # fmt: skip

border_payment = Table(
    "border_payment",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the payment"),
    Column("cycle", String, ForeignKey("cycle.id"), comment="for which cycle; none: an exchange"),
    Column("debtor_side", String, nullable=False, comment="whose account pays; empty: the hub's"),
    Column("creditor_side", String, nullable=False, comment="who is paid; empty: the hub's"),
    Column("amount_minor", Whole, nullable=False, comment="in the house's unit; of an exchange, as "
           "its debtor currency says"),
    Column("debtor_currency", String, nullable=False, comment="what the debtor side pays in"),
    Column("debtor_minor", Whole, nullable=False, comment="how much that is at the fixing"),
    Column("creditor_currency", String, nullable=False, comment="what the creditor side gets"),
    Column("creditor_minor", Whole, nullable=False, comment="how much that is at the fixing"),
    Column("reference", String, nullable=False, unique=True, comment="ISO 11649"),
    Column("state", String, nullable=False, comment="ready, released, arrived or stopped"),
    Column("sent_minor", Whole, nullable=False, server_default="0",
           comment="what the debtor side's bank paid"),
    Column("arrived_minor", Whole, nullable=False, server_default="0",
           comment="what the creditor side's bank received"),
    *_approved("release_act", "payment.release", "house.resume", nullable=True),
    CheckConstraint("amount_minor > 0 AND debtor_minor > 0 AND creditor_minor > 0",
                    name="amounts_positive"),
    CheckConstraint("sent_minor IN (0, debtor_minor)", name="sent_once"),
    CheckConstraint("arrived_minor BETWEEN 0 AND creditor_minor", name="arrived_within"),
    CheckConstraint(
        "state IN ('ready', 'stopped') OR release_act IS NOT NULL", name="release_needs_two"
    ),
    _one_of("state", "ready", "released", "arrived", "stopped"),
    Index(None, "cycle"),
    comment="Money across the border, settled hard, or between two accounts of one side.",
)  # fmt: skip

# ---- journal -----------------------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("code", String, nullable=False, unique=True, comment="e.g. payable:A1:EUR"),
    Column("currency", String, nullable=False, comment="what it counts in"),
    comment="The accounts of the journal.",
)

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False, comment="1, 2, ... no gap"),
    Column("kind", String, nullable=False, comment="see house/journal.py"),
    Column("cycle", String, comment="for which cycle, if any"),
    Column("act_id", Whole, ForeignKey("approval.act_id"), comment="the act behind it, if any"),
    Column("content", Text, nullable=False, comment="what happened, canonical JSON, ids only"),
    Column("business_day", String, nullable=False, comment="named day it belongs to"),
    Column("at", String, nullable=False, comment="when it was written"),
    Column("postings", Integer, nullable=False, comment="how many lines it has"),
    Column("postings_digest", String, nullable=False, comment="of the lines"),
    Column("previous_hash", String, nullable=False, comment="hash of the entry before"),
    Column("hash", String, nullable=False, comment="over all of the above"),
    Index(None, "cycle"),
    comment="What happened, in order, chained; never changed.",
)

posting = Table(
    "posting",
    metadata,
    Column("entry", Whole, ForeignKey("journal_entry.number"), nullable=False, comment="of what"),
    Column("line", Integer, nullable=False, comment="1, 2, ..."),
    Column("account", Integer, ForeignKey("account.id"), nullable=False, comment="on"),
    Column("amount_minor", Whole, nullable=False, comment="debit above nought, credit below"),
    PrimaryKeyConstraint("entry", "line"),
    CheckConstraint("amount_minor <> 0", name="some_amount"),
    Index("ix_posting_cover", "account", "entry", "amount_minor"),
    comment="The lines of the journal; those of an entry balance in each currency.",
)

balance_seal = Table(
    "balance_seal",
    metadata,
    Column("entry", Whole, ForeignKey("journal_entry.number"), nullable=False,
           comment="the sealing entry: all postings before it"),
    Column("account", Integer, ForeignKey("account.id"), nullable=False, comment="of"),
    Column("debit_minor", Text, nullable=False, comment="sum of debits, as text: no bound"),
    Column("credit_minor", Text, nullable=False, comment="sum of credits, as text"),
    PrimaryKeyConstraint("entry", "account"),
    comment="Balances sealed at the end of a period; the verifier adds them up again.",
)  # fmt: skip
