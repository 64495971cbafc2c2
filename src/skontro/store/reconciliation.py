# SPDX-License-Identifier: Apache-2.0
"""The rows of what banks said: files, pages, lines and the registers' tellings, by the thousand."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.house.bank_lines import Line, Sheet
from skontro.store.database import Unit, insert_many
from skontro.store.register import commitment_of
from skontro.store.rows import find_all, next_numbers
from skontro.store.schema import bank_line, bank_sheet, bank_sighting, register
from skontro.store.settlement import chunks

Place = tuple[str, str]


def known_lines(unit: Unit, place: Place, names: Sequence[str]) -> dict[str, Any]:
    """Return the rows of an account's lines by name, as far as there are any."""
    found = dict[str, Any]()
    for part in chunks(list(names)):
        rows = find_all(unit, bank_line, side=place[0], currency=place[1], name=list(part))
        found |= {row.name: row for row in rows}
    return found


def told_lines(unit: Unit, rows: Iterable[Any]) -> dict[int, Line]:
    """Return all that is known of some lines, by number; what was erased is left out."""
    by_record = {row.telling: row.id for row in rows}
    found = dict[int, Line]()
    for part in chunks(sorted(by_record)):
        for record in find_all(unit, register, id=list(part)):
            if record.content is not None:
                found[by_record[record.id]] = Line.from_json(json.loads(record.content))
    return found


def write_records(
    unit: Unit, kind: str, what: str, said: Mapping[str, str], *, at: str, retain_until: str
) -> dict[str, int]:
    """Write records of the register for many subjects of a kind; return their numbers.

    Args:
        unit: The unit of work.
        kind: Kind of subject.
        what: What is said of each.
        said: Content by subject.
        at: When.
        retain_until: Day until which they must be kept.
    """
    if not said:
        return {}
    numbers = next_numbers(unit, register, len(said))
    salts = [secrets.token_hex(16) for _ in said]
    insert_many(
        unit, register,
        {
            "id": numbers, "subject_kind": kind, "subject": list(said), "what": what,
            "content": list(said.values()), "salt": salts,
            "commitment": [commitment_of(salt, text)
                           for salt, text in zip(salts, said.values(), strict=True)],
            "purpose": "reconciliation", "since": at, "retain_until": retain_until, "in_force": 1,
        },
    )  # fmt: skip
    return dict(zip(said, numbers, strict=True))


def change_lines(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change lines: each row gives its ``number`` and new values of the same columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != "number"]
    unit.run(
        sa.update(bank_line)
        .where(bank_line.c.id == sa.bindparam("number"))
        .values({name: sa.bindparam(f"new_{name}") for name in columns}),
        [{"number": row["number"]} | {f"new_{name}": row[name] for name in columns}
         for row in rows],
    )  # fmt: skip


def sheets_of(unit: Unit, place: Place, names: Iterable[str] | None = None) -> list[Sheet]:
    """Return the pages of an account, those of some statements or all; without their lines.

    Args:
        unit: A unit of work or a reading.
        place: Which account.
        names: Names of statements, as the table has them; None for all.
    """
    wanted: dict[str, Any] = {} if names is None else {"name": sorted(names)}
    rows = find_all(unit, bank_sheet, order=["id"], side=place[0], currency=place[1], **wanted)
    return [
        Sheet(
            f"{row.side}/{row.currency}", row.kind, tuple(json.loads(row.name)), row.digest,
            row.created_at, row.day, row.number, row.page, bool(row.is_last), row.opening_minor,
            row.closing_minor, row.booked_minor, (),
        )
        for row in rows
    ]  # fmt: skip


def booked_keys(unit: Unit, digests: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the names of the booked lines of some pages, by the pages' digests."""
    found: dict[str, list[str]] = {digest: [] for digest in digests}
    for part in chunks(list(digests)):
        statement = (
            sa.select(bank_sheet.c.digest, bank_line.c.name)
            .join(bank_sighting, bank_sighting.c.sheet == bank_sheet.c.id)
            .join(bank_line, bank_line.c.id == bank_sighting.c.line)
            .where(bank_sheet.c.digest.in_(list(part)), bank_sighting.c.is_booked == 1)
        )
        for digest, name in unit.all(statement):
            found[digest].append(name)
    return {digest: tuple(sorted(names)) for digest, names in found.items()}


def booked_sums(unit: Unit) -> dict[tuple[str, str, str], int]:
    """Return what lines add up to, by side, currency and outcome."""
    statement = sa.select(
        bank_line.c.side, bank_line.c.currency, bank_line.c.outcome,
        sa.func.sum(bank_line.c.amount_minor),
    ).group_by(bank_line.c.side, bank_line.c.currency, bank_line.c.outcome)  # fmt: skip
    return {(side, code, outcome): int(total) for side, code, outcome, total in unit.all(statement)}
