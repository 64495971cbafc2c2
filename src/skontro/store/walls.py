# SPDX-License-Identifier: Apache-2.0
"""Row security: which rows of each table a unit of work sees and writes, by how far it reaches.

The second wall behind the flows, on PostgreSQL alone: SQLite has nothing like it. A unit tells the
database its :class:`~skontro.house.reach.Reach` for as long as it lasts; one that tells nothing
sees nothing. It holds for the owner of the tables as well (``FORCE``). What the wall cannot do is
stop somebody who runs statements of their own as the house's role: they could tell it any reach.

A table that is new is closed to all but the house's own work until it stands in :data:`WALLS`, or
in :data:`NOBODYS` if its rows are nobody's; a test names it until then.
"""

from __future__ import annotations

from typing import NamedTuple

from skontro.house.roles import GATE_ACTS
from skontro.store.guards import MAY_CHANGE, MAY_GO
from skontro.store.schema import metadata

ANYBODY = "firms sides look house gate office door whole"
"""Whoever is known."""


class Wall(NamedTuple):
    """Which rows of a table are seen and written.

    Attributes:
        reads: Words of a reach, any of which sees every row.
        writes: Words, any of which writes every row.
        own: The rows that firms and sides see besides.
        own_writes: The rows that firms write besides.
        gate: The rows that nobody sees, whatever their reach, but with the word ``gate``.
    """

    reads: str = "whole"
    writes: str = "whole"
    own: str = ""
    own_writes: str = ""
    gate: str = ""


_SEEN = "= ANY (ARRAY(SELECT skontro_seen()))"
_SPOKEN = "= ANY (ARRAY(SELECT skontro_spoken()))"
_FIRMS = "= ANY (ARRAY(SELECT skontro_said('skontro.firms')))"
_SIDES = "= ANY (ARRAY(SELECT skontro_said('skontro.sides')))"
_SPEAKS = "(SELECT skontro_reaches('firms'))"
_OF_OBLIGATION = "EXISTS (SELECT FROM obligation WHERE obligation.number = {}.obligation)"
_OF_WEBHOOK = "EXISTS (SELECT FROM webhook WHERE webhook.number = delivery.webhook)"
_GATE_KINDS = ", ".join(f"'{kind}'" for kind in sorted(GATE_ACTS))


def _firm(*columns: str, writes: bool = False) -> Wall:
    """Rows of the participants whose numbers stand in some columns."""
    own = " OR ".join(f"{column} {_SEEN}" for column in columns)
    spoken = " OR ".join(f"{column} {_SPOKEN}" for column in columns)
    return Wall("house look", "house", own, spoken if writes else "")


def _with_obligation(table: str, *, writes: bool = True) -> Wall:
    """Rows of what the row of the obligation they name is of."""
    own = _OF_OBLIGATION.format(table)
    return Wall("house look", "house", own, f"{_SPEAKS} AND {own}" if writes else "")


def _side(*columns: str) -> Wall:
    """Rows of the sides that stand in some columns."""
    return Wall("house look", "house", " OR ".join(f"{column} {_SIDES}" for column in columns))


_ALL_SEE = Wall(ANYBODY, "house")
_GATE = Wall("gate", "gate")
_HOUSE = Wall("house look", "house")

WALLS: dict[str, Wall] = {
    # Who there is, and the sessions of the house: everybody who is known may know.
    "participant": _ALL_SEE,
    "cycle": _ALL_SEE,
    "cycle_step": _ALL_SEE,
    "fixing": _ALL_SEE,
    # People of the house, and who comes in.
    "person": Wall("house gate look sides office door", "house office"),
    "person_right": Wall("house gate look sides office door", "house office"),
    "person_role": Wall("office door", "office"),
    "login": Wall("office door", "door"),
    "session": Wall("office door", "office door"),
    "sign_on_link": Wall("office door", "office"),
    "program_key": Wall("office door", "office", f"firm {_FIRMS}", f"firm {_FIRMS}"),
    "request_done": Wall(
        "door whole", "door whole",
        "caller = (SELECT skontro_caller())", "caller = (SELECT skontro_caller())",
    ),
    "audit_entry": Wall(
        "office whole", "door whole", own_writes="caller = (SELECT skontro_caller())",
        gate="starts_with(what, 'gate.') OR "
        + " OR ".join(f"strpos(subject || before || after, {kind}) > 0"
                      for kind in _GATE_KINDS.split(", ")),
    ),
    "act": Wall("house look office", "house office", gate=f"kind IN ({_GATE_KINDS})"),
    "approval": Wall("house look office", "house office", gate=f"kind IN ({_GATE_KINDS})"),
    # What the service does behind its requests.
    "outbox": Wall("whole", ANYBODY),
    "job": Wall("house look office", "house office", "asked_by = (SELECT skontro_caller())",
                "asked_by = (SELECT skontro_caller())"),
    "upload": Wall("house", "house", f"firm {_FIRMS}", f"firm {_FIRMS}"),
    "webhook": Wall("house look office", "house office", f"firm {_FIRMS}", f"firm {_FIRMS}"),
    "delivery": Wall("house look office", "house office", _OF_WEBHOOK,
                     f"{_SPEAKS} AND {_OF_WEBHOOK}"),
    "delivery_try": Wall(
        "house look office", "house office",
        "EXISTS (SELECT FROM delivery WHERE delivery.number = delivery_try.delivery)",
    ),
    # Firms.
    "register": Wall(
        "house look", "house",
        "CASE subject_kind WHEN 'person' THEN (SELECT skontro_reaches('office door')) "
        "WHEN 'participant' THEN subject = ANY (ARRAY(SELECT id FROM participant "
        f"WHERE number {_SEEN})) WHEN 'obligation' THEN EXISTS (SELECT FROM obligation "
        "WHERE number = CASE WHEN subject_kind = 'obligation' THEN subject::bigint END) "
        "ELSE false END",
        f"{_SPEAKS} AND subject_kind = 'obligation' AND EXISTS (SELECT FROM obligation "
        "WHERE number = CASE WHEN subject_kind = 'obligation' THEN subject::bigint END)",
        gate="subject_kind IN ('case', 'licence')",
    ),
    "agreement": _firm("participant"),
    "agency": Wall("house look", "house",
                   "agent = ANY (ARRAY(SELECT skontro_own())) OR "
                   "participant = ANY (ARRAY(SELECT skontro_own()))"),
    "bank_details": _firm("participant"),
    "pay_in_limit": _firm("participant"),
    "default_case": _firm("participant"),
    # Compliance.
    "list_import": _GATE,
    "list_retired": _GATE,
    "list_text": _GATE,
    "list_entry": _GATE,
    "pack": _GATE,
    "gate_setting": _GATE,
    "verdict": _GATE._replace(
        own_writes="subject_kind = 'obligation' AND (SELECT skontro_reaches('firms house'))"
    ),
    "gate_case": _GATE,
    "case_event": _GATE,
    "licence": _GATE,
    "licence_entry": _GATE,
    "customs_file": _GATE,
    "declaration": _GATE,
    "customs_use": _GATE,
    "flag_look": _GATE,
    # What is owed.
    "filing": _firm("sender")._replace(
        own_writes=f"{_SPEAKS} AND (sender IS NULL OR sender {_SPOKEN})"
    ),
    "obligation": _firm("debtor", "creditor", writes=True),
    "registration": Wall("house look", "house",
                         f"sender {_SEEN} OR {_OF_OBLIGATION.format('registration')}",
                         f"sender {_SPOKEN}"),
    "obligation_trade": _with_obligation("obligation_trade"),
    "obligation_line": _with_obligation("obligation_line"),
    "obligation_event": _with_obligation("obligation_event"),
    "document": Wall("house look", "house",
                     f"seller {_SEEN} OR {_OF_OBLIGATION.format('document')}",
                     f"seller {_SPOKEN}"),
    "document_tax": Wall(
        "house look", "house", "EXISTS (SELECT FROM document WHERE id = document_tax.document)",
        f"{_SPEAKS} AND EXISTS (SELECT FROM document WHERE id = document_tax.document)",
    ),
    "table_form": _firm("sender", writes=True),
    "cycle_member": _with_obligation("cycle_member", writes=False),
    "run": _HOUSE,
    "discharge": _with_obligation("discharge", writes=False),
    "preview": _ALL_SEE,
    "preview_line": _with_obligation("preview_line", writes=False),
    # Money.
    "plan_line": _firm("participant"),
    "pay_in": _firm("participant"),
    "pay_out_due": _firm("participant"),
    "pay_out": Wall("house look", "house", f"participant {_SEEN} OR side {_SIDES}"),
    "payment_file": _side("side"),
    "money_line": _side("side"),
    "left_payment": _side("side"),
    "working_balance": _side("side"),
    "border_quota": _side("debtor_side", "creditor_side"),
    "border_leg": _side("side", "other_side"),
    "border_payment": _side("debtor_side", "creditor_side"),
    "bank_file": Wall("house look sides", "house"),
    "bank_sheet": _side("side"),
    "bank_line": _side("side"),
    "bank_sighting": Wall("house look", "house",
                          "EXISTS (SELECT FROM bank_line WHERE id = bank_sighting.line)"),
    "bank_status": _HOUSE,
    # The journal.
    "account": Wall("house look", "house",
                    f"split_part(code, ':', 2) {_SIDES} OR split_part(code, ':', 2) = ANY "
                    f"(ARRAY(SELECT id FROM participant WHERE number {_SEEN}))"),
    "journal_entry": Wall(
        "house look sides", "house",
        gate="kind = 'order' OR kind IN ('gate.case', 'gate.fault', 'gate.payment', "
             "'list.refused')",
    ),
    "posting": Wall("house look", "house", "account = ANY (ARRAY(SELECT id FROM account))"),
    "balance_seal": Wall("house look", "house", "account = ANY (ARRAY(SELECT id FROM account))"),
}  # fmt: skip
"""The wall of each table."""

NOBODYS = {
    "house": "what this house is; units that are exclusive hold its row",
    "house_rules": "the rules, which everybody may read",
    "house_key": "the keys the house signs with, which are public",
    "trade_terms": "what many obligations share of what they are for; no firm stands there",
}
"""Tables whose rows are nobody's, each with why."""

CLOSED = Wall()
"""Of a table that stands in neither: for the house's own work alone."""


class Widening(NamedTuple):
    """A place where a unit of work reaches further than whoever it is for.

    Attributes:
        given: Words, any of which a reach must have; with none of them nothing is widened.
        adds: Words it has in that place.
        why: What is done there.
    """

    given: str
    adds: str
    why: str


WIDENINGS: dict[str, Widening] = {
    "coming in": Widening("", "door", "who it is that asks is found out: access"),
    "judging": Widening("firms house", "gate house",
                        "the gate judges what is new, and writes its verdict"),
    "together": Widening("firms house", "whole",
                         "whether requests of several callers had their effect is found out, "
                         "before the rows of each are written as far as they reach"),
    "reasons": Widening("firms sides look house", "gate look",
                        "why an obligation is not in a cycle, in a sentence that names no reason "
                        "of the gate"),
    "papers": Widening("firms sides look house", "gate house whole office",
                       "a paper is made for a firm that was seen, or for the house"),
    "board": Widening("sides", "look", "one board is made of all sides, and parted by the reach"),
    "acts": Widening("house office", "house office gate whole door",
                     "what two people sign is done by the house"),
    "lists": Widening("gate", "house office gate whole",
                      "a list or a file of customs comes into force, and all it touches is judged"),
    "cycles": Widening("house", "house office gate whole",
                       "cut-off, runs and matching go by all there is"),
    "settlement": Widening("house", "house office gate whole",
                           "money is placed by all there is, and payees are screened"),
    "checking": Widening("house look sides", "house gate look",
                         "the journal is checked as a whole; nothing of it is shown"),
    "figures": Widening("house office", "look whole",
                        "how the service is doing, counted, and how old what waits is"),
}
"""Every place where it is so, and nothing more: see ``Database.widened``."""

_FUNCTIONS = """\
CREATE FUNCTION skontro_said(name text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
  SELECT unnest(string_to_array(current_setting(name, true), E'\\n'))
$$

CREATE FUNCTION skontro_reaches(words text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT coalesce(string_to_array(current_setting('skontro.reach', true), ',')
    && string_to_array(words, ' '), false)
$$

CREATE FUNCTION skontro_caller() RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('skontro.caller', true), '')
$$

CREATE FUNCTION skontro_own() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT number FROM participant
    WHERE id = ANY (string_to_array(current_setting('skontro.firms', true), E'\\n'))
    AND skontro_reaches('firms');
END $$

CREATE FUNCTION skontro_spoken() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT skontro_own()
    UNION SELECT participant FROM agency
    WHERE agent = ANY (ARRAY(SELECT skontro_own())) AND until_day IS NULL;
END $$

CREATE FUNCTION skontro_seen() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT skontro_spoken()
    UNION SELECT number FROM participant
    WHERE side = ANY (string_to_array(current_setting('skontro.sides', true), E'\\n'))
    AND skontro_reaches('sides');
END $$"""


def wall_of(table: str) -> Wall | None:
    """Return the wall of a table; None where its rows are nobody's."""
    return None if table in NOBODYS else WALLS.get(table, CLOSED)


def wall_statements() -> list[str]:
    """Return the statements that put every wall up, on PostgreSQL."""
    found = _FUNCTIONS.split("\n\n")
    for name in sorted(metadata.tables):
        wall = wall_of(name)
        if wall is not None:
            found += _wall_statements(name, wall)
    return found


def _wall_statements(table: str, wall: Wall) -> list[str]:
    reads = _or_own(wall.reads, wall.own)
    writes = _or_own(wall.writes, wall.own_writes)
    if wall.gate:
        reads = f"({reads})\nAND ((SELECT skontro_reaches('gate')) OR NOT ({wall.gate}))"
    found = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_reads ON {table} FOR SELECT\nUSING ({reads})",
        f"CREATE POLICY {table}_adds ON {table} FOR INSERT\nWITH CHECK ({writes})",
    ]
    if table in MAY_CHANGE:
        found.append(f"CREATE POLICY {table}_changes ON {table} FOR UPDATE\nUSING ({writes})")
    if table in MAY_GO:
        found.append(f"CREATE POLICY {table}_removes ON {table} FOR DELETE\nUSING ({writes})")
    return found


def _or_own(words: str, own: str) -> str:
    """All rows for a reach with one of the words, else one's own; the first is asked once."""
    everything = f"(SELECT skontro_reaches('{words}'))"
    return f"{everything} OR {own}" if own else everything
