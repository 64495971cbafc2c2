# SPDX-License-Identifier: Apache-2.0
"""Participants, their agreements, accounts and limits, and cases of default."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table

from skontro.store.schema.columns import String, Text, Whole, approved, metadata, one_of

participant = Table(
    "participant",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1, 2, ..."),
    Column("id", String, nullable=False, unique=True, comment="id the house gave"),
    Column("side", String, nullable=False, comment="its side"),
    Column("home_currency", String, nullable=False, comment="what it pays and is paid in"),
    Column("accepts_conversion", Integer, nullable=False, comment="1: at the fixing; 0: refuses"),
    Column("language", String, nullable=False, server_default="en", comment="of its papers"),
    Column("number_format", String, nullable=False, server_default="",
           comment="of its papers; empty: the language's own"),
    Column("state", String, nullable=False, comment="admitted, suspended, defaulted or left"),
    Column("version", Integer, nullable=False, comment="counts every change of this row"),
    Column("since", String, nullable=False, comment="admitted when"),
    *approved("admission_act", "participant.admit"),
    one_of("state", "admitted", "suspended", "defaulted", "left"),
    comment="The firms admitted to the house.",
)  # fmt: skip

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
    *approved("details_act", "bank_details.change", "participant.admit"),
    PrimaryKeyConstraint("participant", "currency", "details_act"),
    comment="Where each participant is paid, in force from when.",
)  # fmt: skip

pay_in_limit = Table(
    "pay_in_limit",
    metadata,
    Column("participant", Integer, ForeignKey("participant.number"), nullable=False, comment="who"),
    Column("currency", String, nullable=False, comment="in which currency"),
    Column("limit_minor", Whole, nullable=False, comment="how much it can be asked to pay in"),
    *approved("limit_act", "limits.change"),
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
    *approved("default_act", "participant.default"),
    *approved("estate_act", "participant.estate", nullable=True),
    PrimaryKeyConstraint("participant", "default_act"),
    comment="Defaults and insolvencies, with what stood when.",
)  # fmt: skip
