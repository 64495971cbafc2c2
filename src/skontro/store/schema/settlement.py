# SPDX-License-Identifier: Apache-2.0
"""What is to be paid, what was, and what one side owes another."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from skontro.store.schema.columns import String, Whole, approved, metadata, one_of, released

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
    one_of("state", "called", "arrived", "missed", "closed"),
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

# What was stopped never left, and is made ready again under the same id.
_LEFT = "state IN ('released', 'paid', 'returned')"

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
    *released("pay_out"),
    *approved("release_act", "payment.release", "house.resume", nullable=True),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("(participant IS NULL) <> (payee IS NULL)", name="one_payee"),
    CheckConstraint(
        "state IN ('ready', 'stopped') OR release_act IS NOT NULL", name="release_needs_two"
    ),
    one_of("state", "ready", "released", "paid", "returned", "stopped"),
    one_of("purpose", "settlement", "return", "working", "pool", "revaluation", "capital"),
    Index(None, "cycle", "participant"),
    Index(None, "side", "currency", "state"),
    Index("uq_pay_out_left", "end_to_end", unique=True,
          sqlite_where=text(_LEFT), postgresql_where=text(_LEFT)),
    comment="What a side's account pays; only what the gate released and two people let go.",
)  # fmt: skip

payment_file = Table(
    "payment_file",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False, comment="number of the file"),
    Column("cycle", String, ForeignKey("cycle.id"), comment="which cycle, if for one"),
    Column("side", String, nullable=False, comment="whose account pays"),
    Column("currency", String, nullable=False, comment="in"),
    Column("message", String, nullable=False,
           comment="kind of message, such as pain.001.001.09; transparency: what stands behind"),
    Column("message_id", String, nullable=False, comment="id it carries; empty if none"),
    Column("digest", String, nullable=False, unique=True, comment="SHA-256 of its bytes"),
    Column("record", Whole, ForeignKey("register.id"), nullable=False,
           comment="its bytes, in the register"),
    Column("written_at", String, nullable=False, comment="when it was written"),
    Column("state", String, nullable=False, comment="written, released or sent"),
    *approved("release_act", "payment.release", nullable=True),
    CheckConstraint("state = 'written' OR release_act IS NOT NULL", name="release_needs_two"),
    one_of("state", "written", "released", "sent"),
    Index(None, "message_id"),
    comment="Files as they leave, byte for byte: payment orders, and what stands behind them.",
)  # fmt: skip

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
    one_of("state", "matched", "suspense", "returned", "reversed"),
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
    *approved("resume_act", "house.resume"),
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
    *approved("balance_act", "limits.change"),
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
    *approved("quota_act", "limits.change"),
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
    one_of("state", "planned", "booked"),
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
    Column("state", String, nullable=False, comment="ready, released, arrived, returned "
           "or stopped"),
    Column("sent_minor", Whole, nullable=False, server_default="0",
           comment="what the debtor side's bank paid"),
    Column("arrived_minor", Whole, nullable=False, server_default="0",
           comment="what the creditor side's bank received"),
    Column("instead_of", Whole, ForeignKey("border_payment.id"),
           comment="the payment a bank refused or gave back, for which this is due again"),
    *approved("release_act", "payment.release", "house.resume", nullable=True),
    CheckConstraint("amount_minor > 0 AND debtor_minor > 0 AND creditor_minor > 0",
                    name="amounts_positive"),
    CheckConstraint("sent_minor BETWEEN 0 AND debtor_minor", name="sent_within"),
    CheckConstraint("arrived_minor BETWEEN 0 AND creditor_minor", name="arrived_within"),
    CheckConstraint(
        "state IN ('ready', 'stopped') OR release_act IS NOT NULL", name="release_needs_two"
    ),
    one_of("state", "ready", "released", "arrived", "returned", "stopped"),
    Index(None, "cycle"),
    comment="Money across the border, settled hard, or between two accounts of one side.",
)  # fmt: skip
