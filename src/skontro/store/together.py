# SPDX-License-Identifier: Apache-2.0
"""What single registrations that arrive at the same time ask of the database, each thing once.

What is asked returns how its answer is read, so that several are asked in one go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from skontro.store.access import hold_request
from skontro.store.database import Unit
from skontro.store.obligations import (
    LOCK_SPACE,
    draw_numbers,
    find_firms,
    lock_keys,
    registered_before,
    same_document,
)
from skontro.store.rows import insert_rows

Row = tuple[sa.Table, Mapping[str, Any]]
Terms = tuple[int, int, str, int, str]
"""Debtor, creditor, document, amount and currency of an obligation."""


def hold_requests(unit: Unit, asked: Sequence[tuple[str, str]]) -> Callable[[], list[bool]]:
    """Hold the ids of requests until the unit ends.

    Args:
        unit: The unit of work.
        asked: Caller and id of each, none twice.

    Returns:
        What tells of each whether it is held and has had no effect: see :func:`hold_request`.
    """
    if unit.is_sqlite:
        found = [hold_request(unit, *one)[1] is None for one in asked]
        return lambda: found
    texts = [f"request\x1f{caller}\x1f{request}".encode() for caller, request in asked]
    keys = [
        int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True) for text in texts
    ]
    callers, requests = (list(one) for one in zip(*asked, strict=True))
    cursor = _driver(unit).execute(_HELD, [keys, callers, requests])

    def told() -> list[bool]:
        held = dict(cursor.fetchall())
        return [held[place] for place in range(1, len(asked) + 1)]

    return told


_HELD = (
    "SELECT asked.place, lock.held AND done.digest IS NULL "
    "FROM unnest(%s::bigint[], %s::text[], %s::text[]) "
    "WITH ORDINALITY AS asked (key, caller, request, place) "
    "CROSS JOIN LATERAL (SELECT pg_try_advisory_xact_lock(asked.key) AS held) AS lock "
    "LEFT JOIN LATERAL (SELECT digest FROM request_done WHERE caller = asked.caller "
    "AND request = asked.request LIMIT 1) AS done ON true"
)


class Firm(NamedTuple):
    """A firm as a party to a registration."""

    number: int
    id: str
    state: str


def firms_of(unit: Unit, ids: Iterable[str]) -> Callable[[], dict[str, Firm]]:
    """Ask what decides of firms whether they take part; what is returned tells it by their ids."""
    wanted = list(dict.fromkeys(ids))
    if unit.is_sqlite:
        rows = find_firms(unit, wanted).values()
        return lambda: {row.id: Firm(row.number, row.id, row.state) for row in rows}
    cursor = _driver(unit).execute(_FIRMS, [wanted])
    return lambda: {row[1]: Firm(*row) for row in cursor.fetchall()}


_FIRMS = "SELECT number, id, state FROM participant WHERE id = ANY(%s::text[])"


def lock_all_of(unit: Unit, texts: Iterable[str]) -> None:
    """Lock texts as singles do, in the one order all keep; SQLite has one writer."""
    if not unit.is_sqlite:
        _driver(unit).execute(_LOCKED, [lock_keys(set(texts))])


_LOCKED = (
    f"SELECT pg_advisory_xact_lock_shared({LOCK_SPACE}, 1) "
    "UNION ALL SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"
)


def are_new(
    unit: Unit, said: Sequence[tuple[int, str, Terms]]
) -> Callable[[], list[bool]]:
    """Ask which registrations meet nothing that is there.

    Args:
        unit: The unit of work, which holds the locks.
        said: Number of the sender, reference and terms of each.

    Returns:
        What tells of each whether its reference is unused, and there is nothing between the same
        firms on the same document and of the same amount that counts for matching or as a double.
    """
    if unit.is_sqlite:
        found = [_is_new(unit, *one) for one in said]
        return lambda: found
    senders, references, terms = zip(*said, strict=True)
    columns = [list(one) for one in (senders, references, *zip(*terms, strict=True))]
    cursor = _driver(unit).execute(_MET, columns)

    def told() -> list[bool]:
        met = {place for (place,) in cursor.fetchall()}
        return [place not in met for place in range(1, len(said) + 1)]

    return told


def _is_new(unit: Unit, sender: int, reference: str, terms: Terms) -> bool:
    debtor, creditor, document, amount_minor, currency = terms
    return registered_before(unit, sender, reference) is None and not any(
        (row.amount_minor, row.currency) == (amount_minor, currency)
        for row in same_document(unit, debtor, creditor, document)
    )


_MET = (
    "SELECT asked.place "
    "FROM unnest(%s::integer[], %s::text[], %s::integer[], %s::integer[], %s::text[], "
    "%s::bigint[], %s::text[]) WITH ORDINALITY "
    "AS asked (sender, reference, debtor, creditor, document, amount_minor, currency, place) "
    "WHERE EXISTS (SELECT FROM registration AS known WHERE known.sender = asked.sender "
    "AND known.reference = asked.reference) "
    "OR EXISTS (SELECT FROM obligation AS known WHERE known.debtor = asked.debtor "
    "AND known.creditor = asked.creditor AND known.document = asked.document "
    "AND known.amount_minor = asked.amount_minor AND known.currency = asked.currency "
    "AND known.state NOT IN ('withdrawn', 'expired', 'joined'))"
)


def draw_many(unit: Unit, many: int) -> Callable[[], list[tuple[int, int]]]:
    """Draw new numbers for so many filings and obligations; what is returned tells them."""
    if unit.is_sqlite:
        filing, number = draw_numbers(unit)
        return lambda: [(filing + place, number + place) for place in range(many)]
    cursor = _driver(unit).execute(_DRAWN, [many])
    return lambda: [tuple(row) for row in cursor.fetchall()]


_DRAWN = (
    "SELECT nextval('filing_id_seq'), nextval('obligation_number_seq') "
    "FROM generate_series(1, %s)"
)


def insert_groups(unit: Unit, rows: Sequence[Row]) -> None:
    """Write many rows of several tables in one go: see ``insert_rows``.

    Args:
        unit: The unit of work.
        rows: Table and values of each, tables in the order in which they are to be written; rows
            of a table have the same columns.
    """
    if unit.is_sqlite:
        for row in rows:
            insert_rows(unit, row)
        return
    groups = dict[tuple[sa.Table, tuple[str, ...]], list[dict[str, Any]]]()
    for table, values in rows:
        groups.setdefault((table, tuple(values)), []).append(
            {name: _in_json(value) for name, value in values.items()}
        )
    _driver(unit).execute(_insert_text(tuple(groups)), [_JSON(one) for one in groups.values()])


_JSON = json.JSONEncoder(separators=(",", ":")).encode
"""One text a table: an array a column takes the driver several times as long to write out."""


def _in_json(value: Any) -> Any:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


@lru_cache(maxsize=64)
def _insert_text(groups: tuple[tuple[sa.Table, tuple[str, ...]], ...]) -> str:
    """One statement that writes rows of each table, those of a table given as JSON."""
    parts = []
    for table, names in groups:
        columns = ", ".join(f'"{name}"' for name in names)
        kinds = ", ".join(f'"{name}" {_kind(table.c[name].type)}' for name in names)
        parts.append(
            f"INSERT INTO {table.name} ({columns}) "
            f"SELECT {columns} FROM json_to_recordset(%s::json) AS given ({kinds})"
        )
    *others, last = parts
    written = ", ".join(f"row_{place} AS ({part})" for place, part in enumerate(others))
    return f"WITH {written} {last}" if others else last


def _kind(type_: Any) -> str:
    if isinstance(type_, sa.LargeBinary):
        return "bytea"
    return "bigint" if isinstance(type_, sa.Integer) else "text"


def _driver(unit: Unit) -> Any:
    return unit.connection.connection.driver_connection
