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

# isort: off
# The order of the tables is theirs in the migrations and in docs/tables.md.
from skontro.store.schema.columns import metadata
from skontro.store.schema.people import (
    house,
    house_rules,
    house_key,
    person,
    person_right,
    act,
    approval,
    register,
)
from skontro.store.schema.participants import (
    participant,
    agreement,
    agency,
    bank_details,
    pay_in_limit,
    default_case,
)
from skontro.store.schema.gate import (
    list_import,
    list_retired,
    list_text,
    list_entry,
    pack,
    gate_setting,
    verdict,
    gate_case,
    case_event,
)
from skontro.store.schema.trade import (
    licence,
    licence_entry,
    customs_file,
    declaration,
    customs_use,
    flag_look,
)
from skontro.store.schema.obligations import (
    filing,
    obligation,
    registration,
    trade_terms,
    obligation_trade,
    obligation_event,
    obligation_line,
)
from skontro.store.schema.documents import document, document_tax, table_form
from skontro.store.schema.cycles import (
    cycle,
    cycle_step,
    fixing,
    cycle_member,
    run,
    discharge,
    preview,
    preview_line,
)
from skontro.store.schema.settlement import (
    plan_line,
    pay_in,
    pay_out_due,
    pay_out,
    payment_file,
    money_line,
    left_payment,
    working_balance,
    border_quota,
    border_leg,
    border_payment,
)
from skontro.store.schema.reconciliation import (
    bank_file,
    bank_sheet,
    bank_line,
    bank_sighting,
    bank_status,
)
from skontro.store.schema.journal import account, journal_entry, posting, balance_seal
from skontro.store.schema.access import (
    login,
    person_role,
    session,
    sign_on_link,
    program_key,
    request_done,
    audit_entry,
)
from skontro.store.schema.service import outbox, job, upload, webhook, delivery, delivery_try

__all__ = [
    "account",
    "act",
    "agency",
    "agreement",
    "approval",
    "audit_entry",
    "balance_seal",
    "bank_details",
    "bank_file",
    "bank_line",
    "bank_sheet",
    "bank_sighting",
    "bank_status",
    "border_leg",
    "border_payment",
    "border_quota",
    "case_event",
    "customs_file",
    "customs_use",
    "cycle",
    "cycle_member",
    "cycle_step",
    "declaration",
    "default_case",
    "delivery",
    "delivery_try",
    "discharge",
    "document",
    "document_tax",
    "filing",
    "fixing",
    "flag_look",
    "gate_case",
    "gate_setting",
    "house",
    "house_key",
    "house_rules",
    "job",
    "journal_entry",
    "left_payment",
    "licence",
    "licence_entry",
    "list_entry",
    "list_import",
    "list_retired",
    "list_text",
    "login",
    "metadata",
    "money_line",
    "obligation",
    "obligation_event",
    "obligation_line",
    "obligation_trade",
    "outbox",
    "pack",
    "participant",
    "pay_in",
    "pay_in_limit",
    "pay_out",
    "pay_out_due",
    "payment_file",
    "person",
    "person_right",
    "person_role",
    "plan_line",
    "posting",
    "preview",
    "preview_line",
    "program_key",
    "register",
    "registration",
    "request_done",
    "run",
    "session",
    "sign_on_link",
    "table_form",
    "trade_terms",
    "upload",
    "verdict",
    "webhook",
    "working_balance",
]
