# SPDX-License-Identifier: Apache-2.0
"""What the database itself refuses, whoever asks: rows and columns that never change, states that
do not follow each other, and what takes two people or a released verdict.

Whatever is not named here as changeable is not: a new table never changes and a new column stays
as it was written until it is listed in :data:`MAY_CHANGE`. On PostgreSQL the house's own role has
no more rights than these lists give it (see :func:`grants`); triggers stand behind them. On SQLite
whoever can write the file owns it: there the triggers stop mistakes, and the chain of the journal
finds intent.

What guards new rows begins with the first journal entry: until then a house is not open, and a
backup is read into it. A trigger that looks at columns fires only for statements that name them,
so a million states are changed at the price of one comparison each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from skontro.house.reach import WHOLE
from skontro.house.states import CYCLE_STEPS, OBLIGATION_MOVES
from skontro.store.schema import metadata

MAY_CHANGE: dict[str, tuple[str, ...]] = {
    "house": ("clock_at", "read_only"),
    "house_key": ("until",),
    "person": ("state",),
    "person_right": (),
    "person_role": (),
    "login": ("password", "enrolment", "code_step", "failed", "locked_until", "since"),
    "session": ("seen_at", "ended_at"),
    "program_key": ("ended_at",),
    "sign_on_link": (),
    "act": ("state", "outcome", "made_at", "signature"),
    "register": (
        "content", "salt", "in_force", "replaced_by", "erased_act", "erased_act_kind",
    ),
    "participant": (
        "home_currency", "accepts_conversion", "language", "number_format", "side", "state",
        "version",
    ),
    "agreement": ("until_day",),
    "agency": ("until_day",),
    "obligation": ("open_minor", "state", "flags", "said", "confirmed_at", "joined_to"),
    "cycle": (
        "state", "paused", "business_day", "cut_off_at", "window_ends_at", "pay_in_deadline",
        "frozen_digest", "planned_run",
    ),
    "cycle_member": ("left_why", "left_act"),
    "default_case": ("estate_act", "estate_act_kind"),
    "gate_case": ("state", "decision_act", "decision_act_kind"),
    "pay_in": ("arrived_minor", "covered_minor", "used_minor", "state"),
    "pay_out_due": ("waits_for",),
    "pay_out": ("state", "release_act", "release_act_kind"),
    "payment_file": ("state", "release_act", "release_act_kind"),
    "money_line": ("state", "pay_in", "matched_minor", "reversed_by"),
    "bank_sheet": ("created_at",),
    "bank_line": ("amount_minor", "day", "telling", "digest", "outcome", "why"),
    "bank_status": ("outcome", "why"),
    "outbox": ("handled_at",),
    "job": (
        "state", "stage", "permille", "due_at", "began_at", "ended_at", "taken_by", "lease_until",
        "attempts", "code", "message", "result",
    ),
    "upload": ("files", "counts", "report"),
    "webhook": ("kinds", "secret", "failing_since", "paused_at", "ended_at"),
    "delivery": ("state", "due_at", "taken_by", "lease_until", "attempts", "ended_at"),
    "border_leg": ("state",),
    "border_payment": (
        "state", "sent_minor", "arrived_minor", "release_act", "release_act_kind",
    ),
}  # fmt: skip
"""The columns of each table that may change after a row is written; no others do, anywhere."""

MAY_GO = ("person_right", "person_role", "preview_line", "outbox", "sign_on_link", "upload")
"""The tables whose rows may be deleted."""

NEVER_CHANGED = tuple(sorted(name for name in metadata.tables if name not in MAY_CHANGE))
"""Tables whose rows are never updated or deleted."""

MOVES: dict[str, Sequence[tuple[str, str]]] = {
    "act": [
        ("drafted", "proposed"), ("drafted", "withdrawn"), ("proposed", "done"),
        ("proposed", "withdrawn"), ("proposed", "refused"),
    ],
    "border_leg": [("planned", "booked")],
    "border_payment": [
        ("ready", "released"), ("ready", "stopped"), ("released", "arrived"),
        ("arrived", "released"), ("released", "returned"), ("returned", "released"),
    ],
    "gate_case": [
        ("open", "cleared"), ("open", "confirmed"), ("cleared", "confirmed"),
        ("confirmed", "released"),
    ],
    "cycle": [(step.before, step.after) for step in CYCLE_STEPS.values()],
    "delivery": [("waiting", "delivered"), ("waiting", "failed")],
    "job": [
        ("waiting", "running"), ("running", "waiting"), ("running", "done"),
        ("running", "failed"), ("waiting", "failed"), ("failed", "waiting"),
    ],
    "money_line": [
        ("suspense", "matched"), ("suspense", "returned"), ("suspense", "reversed"),
        ("matched", "suspense"), ("matched", "reversed"), ("returned", "suspense"),
    ],
    "obligation": [(before, after) for (before, _), after in OBLIGATION_MOVES.items()],
    "participant": [
        ("admitted", "suspended"), ("admitted", "defaulted"), ("admitted", "left"),
        ("suspended", "admitted"), ("suspended", "defaulted"), ("suspended", "left"),
        ("defaulted", "left"),
    ],
    "pay_in": [
        ("called", "arrived"), ("called", "missed"), ("called", "closed"), ("missed", "arrived"),
        ("missed", "closed"), ("arrived", "closed"), ("arrived", "called"), ("arrived", "missed"),
    ],
    "pay_out": [
        ("ready", "released"), ("ready", "stopped"), ("released", "paid"), ("paid", "returned"),
        ("paid", "released"), ("returned", "paid"), ("released", "returned"),
        ("returned", "released"),
    ],
    "payment_file": [("written", "released"), ("released", "sent")],
    "person": [("active", "gone")],
}  # fmt: skip
"""How states follow each other; those of obligations and cycles come from house/states.py."""

FIRST: dict[str, tuple[str, ...]] = {
    "act": ("drafted", "proposed"),
    "border_payment": ("ready", "released"),
    "cycle": ("open",),
    "delivery": ("waiting",),
    "gate_case": ("open",),
    "job": ("waiting",),
    "obligation": ("registered", "confirmed", "duplicate"),
    "participant": ("admitted",),
    "pay_in": ("called", "missed"),
    "pay_out": ("ready", "paid"),
    "payment_file": ("written", "released"),
    "person": ("active",),
}
"""In which states rows begin."""


class Guard(NamedTuple):
    """One thing the database refuses.

    Attributes:
        name: Name of the trigger.
        table: On which table.
        event: ``INSERT``, ``DELETE``, ``UPDATE`` or ``UPDATE OF`` columns.
        when: The condition under which it is refused, of NEW and OLD; empty: always.
        says: What it says then.
        of_many: The condition again for PostgreSQL, of all new rows at once, the table ``fresh``;
            for tables of which a million rows are written together.
        once_open: It begins with the first journal entry.
    """

    name: str
    table: str
    event: str
    when: str
    says: str
    of_many: str = ""
    once_open: bool = False


def _approval(column: str, *kinds: str) -> str:
    """There is an approval of a kind, and what it lets happen is being done: no old one serves."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id "
        f"WHERE act.id = {column} AND act.kind IN ({listed}) AND act.state = 'proposed')"
    )


_MEMBER_FITS = (
    "EXISTS (SELECT 1 FROM obligation JOIN cycle ON cycle.id = {new}.cycle "
    "WHERE obligation.number = {new}.obligation "
    "AND obligation.content_digest = {new}.content_digest "
    "AND obligation.open_minor = {new}.open_minor AND obligation.state = 'confirmed' "
    "AND cycle.state = 'open')"
)
_RUN_UNDER_WAY = (
    "EXISTS (SELECT 1 FROM run JOIN cycle ON cycle.id = run.cycle WHERE run.id = {new}.run "
    "AND (run.kind = 'final' AND cycle.state = 'irrevocable' "
    "OR run.kind = 'recast' AND cycle.state = 'instructed' "
    "OR run.kind = 'preliminary' AND cycle.state IN ('entered', 'correcting')))"
)
_LIST_BEFORE = (
    "(SELECT coalesce(max(entries), 0) FROM list_import "
    "WHERE id = (SELECT max(id) FROM list_import WHERE name = NEW.name))"
)
_ENTRY_FITS = (
    "EXISTS (SELECT 1 FROM list_import WHERE id = {new}.list_id "
    "AND id = (SELECT max(id) FROM list_import) AND {new}.position BETWEEN 1 AND entries)"
)
_OF_FIRMS = (
    "EXISTS (SELECT 1 FROM participant WHERE number = {new}.debtor) "
    "AND EXISTS (SELECT 1 FROM participant WHERE number = {new}.creditor)"
)
_OF_OBLIGATION = "EXISTS (SELECT 1 FROM obligation WHERE number = {new}.obligation)"
_LINE_FITS = (
    "EXISTS (SELECT 1 FROM journal_entry WHERE number = {new}.entry "
    "AND {new}.line BETWEEN 1 AND postings)"
)


def _of_rows(name: str, table: str, fits: str, says: str) -> Guard:
    """A guard of new rows: each for itself on SQLite, all of a statement on PostgreSQL."""
    return Guard(
        name, table, "INSERT", f"NOT ({fits.format(new='NEW')})", f"{table}: {says}",
        f"SELECT 1 FROM fresh WHERE NOT ({fits.format(new='fresh')})", table != "posting",
    )  # fmt: skip


def _by_two(table: str, says: str, *kinds: str) -> Guard:
    """A guard of rows that an approved act of some kinds must stand behind."""
    when = f"NOT {_approval('NEW.act_id', *kinds)}"
    return Guard(f"{table}_by_two", table, "INSERT", when, f"{table}: {says}", once_open=True)


def _may(table: str, who: str) -> Guard:
    """A guard of signatures: those of people who work here and hold the right of that name."""
    return Guard(
        f"{table}_by_right", table, "INSERT",
        "NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id "
        f"WHERE person.id = NEW.{who} AND person.state = 'active' "
        "AND person_right.\"right\" = NEW.kind)",
        f"{table}: the {who} has no right to it", once_open=True,
    )  # fmt: skip


_TAKEN = (
    "(SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'use' THEN 0 "
    "ELSE -value_minor END), 0) FROM licence_entry WHERE licence = NEW.licence)"
)
_LICENCE_NOW = (
    "(SELECT CASE revoked WHEN 1 THEN 0 ELSE value_minor END FROM licence "
    "WHERE id = (SELECT max(id) FROM licence WHERE licence = NEW.licence))"
)
_OF_ONE = (
    "FROM licence_entry WHERE licence = NEW.licence AND obligation = NEW.obligation)"
)
_RESERVED = (
    "(SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'return' THEN 0 "
    f"ELSE -value_minor END), 0) {_OF_ONE}"
)
_USED = (
    "(SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor WHEN 'return' THEN -value_minor "
    f"ELSE 0 END), 0) {_OF_ONE}"
)
_DECLARED_FITS = (
    "EXISTS (SELECT 1 FROM customs_file WHERE id = {new}.customs_file "
    "AND id = (SELECT max(id) FROM customs_file) AND {new}.position BETWEEN 1 AND declarations)"
)
_DECLARED_NOW = (
    "(SELECT CASE cancelled WHEN 1 THEN 0 ELSE value_minor END FROM declaration "
    "WHERE reference = NEW.reference AND customs_file = "
    "(SELECT max(customs_file) FROM declaration WHERE reference = NEW.reference))"
)
_USED_OF = (
    "(SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) "
    "FROM customs_use WHERE reference = NEW.reference)"
)
_USED_BY = (
    "(SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) "
    "FROM customs_use WHERE reference = NEW.reference AND obligation = NEW.obligation)"
)

_SETTING_IN_FORCE = (
    "{new}.setting = (SELECT max(id) FROM gate_setting) AND {new}.judged_at >= "
    "(SELECT made_at FROM gate_setting WHERE id = {new}.setting)"
)

SETTING_CHANGED = "it is by the setting in force, and never of an earlier time"
"""What a verdict is refused with where another unit changed the setting: it is made anew."""

RULES: tuple[Guard, ...] = (
    Guard(
        "house_is_one", "house", "INSERT", "EXISTS (SELECT 1 FROM house)",
        "house: there is one here already",
    ),
    _by_two("person", "two people admit a person", "person.admit"),
    _by_two("person_right", "two people give a right", "person.admit", "person.rights"),
    _by_two("house_rules", "two people change the rules", "rules.change"),
    _by_two("agreement", "two people take an agreement in", "participant.admit",
            "participant.change"),
    _by_two("agency", "two people let an agent file", "agency.change"),
    Guard(
        "approval_in_time", "approval", "INSERT",
        "NOT EXISTS (SELECT 1 FROM act WHERE id = NEW.act_id AND state = 'proposed')",
        "approval: the act is not proposed", once_open=True,
    ),
    _may("act", "maker"),
    _may("approval", "checker"),
    Guard(
        "act_signed_once", "act", "UPDATE OF signature, made_at",
        "OLD.state <> 'drafted' OR NEW.state <> 'proposed'",
        "act: what is signed stays as it was signed",
    ),
    Guard(
        "session_ends_once", "session", "UPDATE OF ended_at", "OLD.ended_at <> ''",
        "session: it has ended",
    ),
    Guard(
        "program_key_ends_once", "program_key", "UPDATE OF ended_at", "OLD.ended_at <> ''",
        "program_key: it has ended",
    ),
    Guard(
        "act_done_by_two", "act", "UPDATE OF state",
        "NEW.state = 'done' AND NOT EXISTS (SELECT 1 FROM approval WHERE act_id = NEW.id)",
        "act: it is not approved",
    ),
    Guard(
        "house_resumes_by_two", "house", "UPDATE OF read_only",
        "NEW.read_only < OLD.read_only AND NOT EXISTS (SELECT 1 FROM approval JOIN act "
        "ON act.id = approval.act_id WHERE act.kind = 'house.resume' AND act.state = 'proposed')",
        "house: two people let it resume",
    ),
    Guard(
        "list_import_follows", "list_import", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM list_import) OR EXISTS "
        "(SELECT 1 FROM list_import WHERE name = NEW.name AND dated > NEW.dated)",
        "list_import: one follows the other, and none is older than the one in force",
        once_open=True,
    ),
    Guard(
        "list_import_smaller_by_two", "list_import", "INSERT",
        f"10 * NEW.entries < 9 * {_LIST_BEFORE} AND (NEW.smaller_act IS NULL "
        f"OR NOT {_approval('NEW.smaller_act', 'list.smaller')})",
        "list_import: two people let in a list that lost more than a tenth", once_open=True,
    ),
    Guard(
        "list_import_un_floor", "list_import", "INSERT",
        "NEW.name = 'un' AND 2 * NEW.entries < "
        "(SELECT coalesce(max(entries), 0) FROM list_import WHERE name = 'un')",
        "list_import: the list of the United Nations never falls below half of what it was",
        once_open=True,
    ),
    Guard(
        "list_retired_own", "list_retired", "INSERT",
        "NOT EXISTS (SELECT 1 FROM list_import WHERE id = NEW.list_id "
        "AND substr(name, 1, 4) = 'own:' AND id = (SELECT max(later.id) FROM list_import later "
        "WHERE later.name = list_import.name))",
        "list_retired: own lists may be retired while they hold, and nothing else",
        once_open=True,
    ),
    _of_rows("list_entry_of_the_last", "list_entry", _ENTRY_FITS,
             "a list has the entries it came with"),
    Guard(
        "cycle_is_final_by_its_run", "cycle", "UPDATE OF state",
        "NEW.state = 'final' AND NOT EXISTS (SELECT 1 FROM run WHERE cycle = NEW.id "
        "AND kind = 'final')",
        "cycle: there is no final run",
    ),
    Guard(
        "register_is_erased", "register", "UPDATE OF content, salt",
        "NEW.content IS NOT NULL OR NEW.salt IS NOT NULL",
        "register: what was written is erased or stays as it is",
    ),
    _of_rows("obligation_of_firms", "obligation", _OF_FIRMS,
             "debtor and creditor are firms of the house"),
    _of_rows("registration_of_one", "registration", _OF_OBLIGATION,
             "it is of an obligation that is there"),
    _of_rows("obligation_event_of_one", "obligation_event", _OF_OBLIGATION,
             "it is of an obligation that is there"),
    Guard(
        "obligation_falls", "obligation", "UPDATE OF open_minor", "NEW.open_minor > OLD.open_minor",
        "obligation: what is open never rises",
    ),
    Guard(
        "cycle_is_frozen", "cycle", "UPDATE OF frozen_digest",
        "OLD.state NOT IN ('open', 'entered', 'correcting')",
        "cycle: its set is bound",
    ),
    _of_rows("cycle_member_enters", "cycle_member", _MEMBER_FITS,
             "only what is confirmed, as it stands, enters a cycle that is open"),
    Guard(
        "cycle_member_leaves", "cycle_member", "UPDATE OF left_why, left_act",
        "OLD.left_why IS NOT NULL OR NEW.left_why IS NULL OR (NEW.left_why <> 'house review' "
        f"AND NOT {_approval('NEW.left_act', 'cycle.correct', 'participant.default')}) "
        "OR NOT EXISTS (SELECT 1 FROM cycle WHERE id = NEW.cycle "
        "AND state IN ('entered', 'correcting', 'irrevocable'))",
        "cycle_member: it leaves by two people or the gate, before the final run, once",
    ),
    _of_rows("discharge_by_its_run", "discharge", _RUN_UNDER_WAY,
             "a run that is published stays as it is"),
    _of_rows("plan_line_by_its_run", "plan_line", _RUN_UNDER_WAY,
             "a run that is published stays as it is"),
    _of_rows("obligation_trade_of_one", "obligation_trade", _OF_OBLIGATION,
             "it is of an obligation that is there"),
    _of_rows("obligation_line_of_one", "obligation_line", _OF_OBLIGATION,
             "it is of an obligation that is there"),
    _of_rows("verdict_by_the_setting", "verdict", _SETTING_IN_FORCE,
             SETTING_CHANGED),
    Guard(
        "licence_follows", "licence", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence)",
        "licence: one follows the other", once_open=True,
    ),
    Guard(
        "licence_by_two", "licence", "INSERT",
        f"NOT {_approval('NEW.licence_act', 'licence.enter', 'licence.revoke')}",
        "licence: two people enter, change or end one", once_open=True,
    ),
    Guard(
        "licence_entry_fits", "licence_entry", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence_entry) "
        f"OR (NEW.kind = 'reserve' AND {_TAKEN} + NEW.value_minor > "
        f"coalesce({_LICENCE_NOW}, 0)) "
        f"OR ((NEW.kind = 'use' OR NEW.kind = 'give_back') AND {_RESERVED} < NEW.value_minor) "
        f"OR (NEW.kind = 'return' AND {_USED} < NEW.value_minor)",
        "licence_entry: no more is taken of a licence than is left, or given back than was taken",
        once_open=True,
    ),
    Guard(
        "customs_file_follows", "customs_file", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_file) OR EXISTS "
        "(SELECT 1 FROM customs_file WHERE side = NEW.side AND dated > NEW.dated)",
        "customs_file: one follows the other, and none is older than the last", once_open=True,
    ),
    Guard(
        "customs_file_by_compliance", "customs_file", "INSERT",
        "NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id "
        "WHERE person.id = NEW.imported_by AND person.state = 'active' "
        "AND person_right.\"right\" = 'case.decide')",
        "customs_file: it comes in through compliance", once_open=True,
    ),
    _of_rows("declaration_of_the_last", "declaration", _DECLARED_FITS,
             "a customs file has the declarations it came with"),
    Guard(
        "customs_use_fits", "customs_use", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_use) "
        f"OR (NEW.kind = 'use' AND 4 * ({_USED_OF} + NEW.value_minor) > "
        f"5 * coalesce({_DECLARED_NOW}, 0)) "
        f"OR (NEW.kind = 'give_back' AND {_USED_BY} < NEW.value_minor)",
        "customs_use: a declaration is used once, and for no more than was declared",
        once_open=True,
    ),
    Guard(
        "flag_look_follows", "flag_look", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM flag_look)",
        "flag_look: one follows the other", once_open=True,
    ),
    Guard(
        "gate_setting_follows", "gate_setting", "INSERT",
        "NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM gate_setting)",
        "gate_setting: one follows the other",
    ),
    Guard(
        "money_line_missing_by_two", "money_line", "UPDATE OF state, matched_minor",
        "OLD.amount_minor < 0 AND OLD.state = 'suspense' AND (NEW.state <> OLD.state "
        "OR NEW.matched_minor <> OLD.matched_minor) AND NOT EXISTS (SELECT 1 FROM approval "
        "JOIN act ON act.id = approval.act_id WHERE act.state = 'proposed' "
        "AND act.kind IN ('suspense.assign', 'entry.reverse'))",
        "money_line: two people settle what is missing",
    ),
    Guard(
        "bank_status_settled_by_two", "bank_status", "UPDATE OF outcome",
        "OLD.outcome <> NEW.outcome AND (OLD.outcome = 'doubt' OR NEW.outcome = 'settled') "
        "AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id "
        "WHERE act.state = 'proposed' AND act.kind = 'doubt.settle')",
        "bank_status: two people say which answer of a bank is right",
    ),
    Guard(
        "gate_case_decided_anew", "gate_case", "UPDATE OF state",
        "NEW.state <> OLD.state AND OLD.decision_act = NEW.decision_act",
        "gate_case: each decision takes an act of its own",
    ),
    Guard(
        "journal_entry_follows", "journal_entry", "INSERT",
        "NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM journal_entry) "
        "OR (NEW.number > 1 AND NEW.previous_hash <> "
        "(SELECT hash FROM journal_entry WHERE number = NEW.number - 1))",
        "journal_entry: entries follow each other",
    ),
    _of_rows("posting_in_its_entry", "posting", _LINE_FITS,
             "an entry has the lines it was written with"),
)  # fmt: skip
"""What else is refused, on both databases."""

IS_THERE = "is there already"


def guards(*, sqlite: bool) -> list[Guard]:
    """Return everything a database refuses by a trigger, in order of the tables' names."""
    found = []
    for name, table in sorted(metadata.tables.items()):
        found += _kept(table, sqlite=sqlite)
        found += [*_moved(name), *_in_time(table)]
        if sqlite:
            found += [_not_replaced(table), *_tied(table)]
        found += [rule for rule in RULES if rule.table == name]
    return found


def _kept(table: Table, *, sqlite: bool) -> list[Guard]:
    """Rows and columns that never change."""
    name = table.name
    found = []
    if name not in MAY_GO:
        event = "DELETE" if sqlite else "DELETE OR TRUNCATE"
        found.append(Guard(f"{name}_stays", name, event, "", f"{name}: rows are never deleted"))
    changeable = MAY_CHANGE.get(name, ())
    fixed = [column.name for column in table.columns if column.name not in changeable]
    if not changeable:
        says = f"{name}: rows are never changed"
        return [*found, Guard(f"{name}_is_kept", name, "UPDATE", "", says)]
    says = f"{name}: only {', '.join(changeable)} may change"
    columns = ", ".join(f'"{column}"' for column in fixed)
    return [*found, Guard(f"{name}_is_kept", name, f"UPDATE OF {columns}", "", says)]


def _moved(name: str) -> list[Guard]:
    """States that do not follow each other; compared one by one, which is cheap in a trigger."""
    found = []
    if name in FIRST:
        other = " AND ".join(f"NEW.state <> '{state}'" for state in FIRST[name])
        found.append(
            Guard(f"{name}_begins", name, "INSERT", other,
                  f"{name}: no row begins in this state", once_open=True)
        )  # fmt: skip
    if name in MOVES:
        after = dict[str, list[str]]()
        for before, state in sorted({(a, b) for a, b in MOVES[name] if a != b}):
            after.setdefault(before, []).append(f"NEW.state = '{state}'")
        cases = "\n".join(
            f"WHEN '{before}' THEN {' OR '.join(states)}" for before, states in after.items()
        )
        found.append(
            Guard(f"{name}_moves", name, "UPDATE OF state",
                  f"NEW.state <> OLD.state AND NOT CASE OLD.state\n{cases}\nELSE 1 = 0 END",
                  f"{name}: its state does not move so")
        )  # fmt: skip
    return found


_LEFT = {
    table: f" AND NOT EXISTS (SELECT 1 FROM left_payment WHERE end_to_end = NEW.{name} "
    f"AND amount_minor = NEW.{amount} AND resume_act = NEW.release_act)"
    for table, name, amount in (
        ("pay_out", "end_to_end", "amount_minor"), ("border_payment", "reference", "debtor_minor"),
    )
}  # fmt: skip
"""What left before a restore is written down as released after the act of the resuming."""


def _in_time(table: Table) -> list[Guard]:
    """What an approved act brings is written while the act is being done: no old one serves.

    What a restored house finds to have left by the bank's word is due only later.
    """
    found = []
    for tie in _ties(table):
        if tie.elements[0].column.table.name != "approval" or len(tie.column_keys) < 2:
            continue
        column = f'NEW."{tie.column_keys[0]}"'
        when = (
            f"{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = {column} "
            "AND act.state = 'proposed')"
        )
        says = f"{table.name}: the act behind it is not being done"
        name = f"{table.name}_{tie.column_keys[0]}"
        left = _LEFT.get(table.name, "")
        found.append(
            Guard(f"{name}_in_time", table.name, "INSERT", when + left, says, once_open=True)
        )
        if tie.column_keys[0] in MAY_CHANGE.get(table.name, ()):
            event = f'UPDATE OF "{tie.column_keys[0]}"'
            found.append(Guard(f"{name}_put_in_time", table.name, event, when, says))
    return found


def _ties(table: Table) -> list[ForeignKeyConstraint]:
    """The foreign keys of a table, in the order of their columns."""
    ties = [each for each in table.constraints if isinstance(each, ForeignKeyConstraint)]
    return sorted(ties, key=lambda each: list(each.column_keys))


def _not_replaced(table: Table) -> Guard:
    """SQLite deletes without a word what ``INSERT OR REPLACE`` replaces: refuse it."""
    keys = [[column.name for column in table.primary_key.columns]]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            key = [column.name for column in constraint.columns]
            if not set(keys[0]) <= set(key):
                keys.append(key)
    same = sorted(" AND ".join(f'"{name}" = NEW."{name}"' for name in key) for key in keys)
    found = " OR ".join(f"EXISTS (SELECT 1 FROM {table.name} WHERE {each})" for each in same)
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        where = index.dialect_options["sqlite"]["where"]
        if index.unique and where is not None:  # the condition begins with a column's name
            each = " AND ".join(f'"{one.name}" = NEW."{one.name}"' for one in index.columns)
            there = f"EXISTS (SELECT 1 FROM {table.name} WHERE {each} AND {where})"
            found += f" OR (NEW.{where} AND {there})"
    return Guard(
        f"{table.name}_is_not_replaced", table.name, "INSERT", found, f"{table.name}: it {IS_THERE}"
    )


_BEHIND = {
    "act": "the act", "approval": "two people", "person": "a person",
    "verdict": "a released verdict",
}  # fmt: skip


def _tied(table: Table) -> list[Guard]:
    """Foreign keys to acts, approvals and verdicts, kept though SQLite may be told not to."""
    found = []
    for tie in _ties(table):
        target = tie.elements[0].column.table.name
        if target not in _BEHIND:
            continue
        given = [f'NEW."{name}"' for name in tie.column_keys]
        there = " AND ".join(
            f'"{element.column.name}" = {value}'
            for element, value in zip(tie.elements, given, strict=True)
        )
        when = f"{given[0]} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target} WHERE {there})"
        says = f"{table.name}: {_BEHIND[target]} must stand behind it"
        name = f"{table.name}_{tie.column_keys[0]}"
        found.append(Guard(f"{name}_is_tied", table.name, "INSERT", when, says))
        if set(tie.column_keys) & set(MAY_CHANGE.get(table.name, ())):
            columns = ", ".join(f'"{column}"' for column in tie.column_keys)
            event = f"UPDATE OF {columns}"
            found.append(Guard(f"{name}_stays_tied", table.name, event, when, says))
    return found


# ---- as SQL ------------------------------------------------------------------------------------


def guard_statements(*, sqlite: bool) -> list[str]:
    """Return the statements that make every guard of a database.

    Args:
        sqlite: For SQLite, else for PostgreSQL.
    """
    if sqlite:
        return [_sqlite_trigger(guard) for guard in guards(sqlite=True)]
    found = _REFUSE.split("\n\n")
    for guard in guards(sqlite=False):
        found += _postgresql_trigger(guard)
    return found


_IS_OPEN = "EXISTS (SELECT 1 FROM journal_entry)"
_TOLD = "DECLARE told text := current_setting('skontro.reach', true);"
_EVERYTHING = ",".join(sorted(WHOLE.words))
_LOOKS = f"  PERFORM set_config('skontro.reach', '{_EVERYTHING}', true);"
_LOOKED = "  PERFORM set_config('skontro.reach', coalesce(told, ''), true);"
"""What a guard reads, it reads behind every wall: see store/walls.py."""


def _sqlite_trigger(guard: Guard) -> str:
    when = f"({guard.when})\nAND {_IS_OPEN}" if guard.once_open else guard.when
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table}"
        f"{f'{chr(10)}WHEN {when}' if when else ''}\n"
        f"BEGIN SELECT RAISE(ABORT, '{guard.says}'); END"
    )


_REFUSE = f"""\
CREATE FUNCTION skontro_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$

CREATE FUNCTION skontro_refuse_once_open() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
{_TOLD}
BEGIN
{_LOOKS}
  IF {_IS_OPEN} THEN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
  END IF;
{_LOOKED}
  RETURN NEW;
END $$"""


def _postgresql_trigger(guard: Guard) -> list[str]:
    """Statements for one guard; what reads other tables takes a function of its own.

    The function looks for tables where the house's are, never among temporary ones. What looks
    at a new row alone comes after it: a million rows are copied in larger portions then.
    """
    plain = guard.event == "INSERT" and not guard.of_many and "SELECT" not in guard.when
    when = "AFTER" if plain and guard.when else "BEFORE"
    head = f"CREATE TRIGGER {guard.name} {when} {guard.event} ON {guard.table}\n"
    function = "skontro_refuse_once_open" if guard.once_open else "skontro_refuse"
    refuse = f"EXECUTE FUNCTION {function}('{guard.says}')"
    if not guard.when:
        return [f"{head}FOR EACH STATEMENT {refuse}"]
    if not guard.of_many and "SELECT" not in guard.when:
        return [f"{head}FOR EACH ROW WHEN ({guard.when})\n{refuse}"]
    condition = f"EXISTS ({guard.of_many})" if guard.of_many else f"({guard.when})"
    if guard.once_open:
        condition = f"{_IS_OPEN}\n    AND {condition}"
    made = (
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql\n"
        f"SET search_path FROM CURRENT AS $$\n{_TOLD}\nBEGIN\n{_LOOKS}\n"
        f"  IF {condition} THEN\n"
        f"    RAISE EXCEPTION '{guard.says}' USING ERRCODE = 'integrity_constraint_violation';\n"
        f"  END IF;\n{_LOOKED}\n"
        f"  RETURN {'NULL' if guard.of_many else 'NEW'};\n"
        "END $$"
    )
    if guard.of_many:
        head = (
            f"CREATE TRIGGER {guard.name} AFTER {guard.event} ON {guard.table}\n"
            "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
        )
    else:
        head += "FOR EACH ROW "
    return [made, f"{head}EXECUTE FUNCTION {guard.name}()"]


def grants(tables: Iterable[str], role: str) -> list[str]:
    """Return the statements that give the house's own role what it needs, and nothing else.

    Args:
        tables: The tables there are.
        role: Name of the role, quoted where need be.
    """
    found = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {{schema}} FROM {role}",
        f"GRANT USAGE ON SCHEMA {{schema}} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {{schema}} TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
    ]
    for name in sorted(tables):
        found.append(f"GRANT SELECT, INSERT ON {name} TO {role}")
        if MAY_CHANGE.get(name):
            columns = ", ".join(f'"{column}"' for column in MAY_CHANGE[name])
            found.append(f"GRANT UPDATE ({columns}) ON {name} TO {role}")
        if name in MAY_GO:
            found.append(f"GRANT DELETE ON {name} TO {role}")
    return found
