# SPDX-License-Identifier: Apache-2.0
"""Pages of statements written down, and the lines an amended one does not have any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from skontro.core.digest import canonical_json
from skontro.house.bank import BankStatement
from skontro.house.bank_lines import (
    NONE_ALIKE,
    Line,
    Sheet,
    alike,
    newest,
    series,
    taken_back,
)
from skontro.store.database import Unit, insert_many
from skontro.store.reconciliation import Place, booked_keys, known_lines, sheets_of, told_lines
from skontro.store.rows import insert, next_numbers
from skontro.store.schema import bank_sheet, bank_sighting

if TYPE_CHECKING:
    from skontro.flow.house import House


def write_sheet(
    unit: Unit, file: int, place: Place, sheet: Sheet, numbers: Mapping[str, int],
    told: Mapping[str, Line],
) -> None:  # fmt: skip
    """Write down a page, and which lines stand on it.

    Args:
        unit: An exclusive unit of work.
        file: Number of the file it came in.
        place: Which account.
        sheet: The page.
        numbers: The lines' numbers by name.
        told: The lines by name, as the page tells them.
    """
    number = next_numbers(unit, bank_sheet)[0]
    insert(
        unit, bank_sheet, id=number, file=file, digest=sheet.digest, side=place[0],
        currency=place[1], kind=sheet.kind, name=_name(sheet.name), created_at=sheet.created_at,
        day=sheet.day, number=sheet.number, page=sheet.page, is_last=int(sheet.is_last),
        opening_minor=sheet.opening_minor, closing_minor=sheet.closing_minor,
        booked_minor=sheet.booked_minor,
    )  # fmt: skip
    if told:
        insert_many(
            unit, bank_sighting,
            {"sheet": number, "line": [numbers[name] for name in told],
             "is_booked": [int(bool(line.booked)) for line in told.values()]},
        )  # fmt: skip


def _name(name: Sequence[str]) -> str:
    return canonical_json(list(name)).decode()


def alike_elsewhere(unit: Unit, place: Place, statement: BankStatement) -> Mapping[str, int]:
    """Return how many lines without an id the other pages of a statement have, by day and amount.

    Args:
        unit: A unit of work.
        place: Which account.
        statement: The page.
    """
    if statement.page == 1 and statement.is_last:
        return NONE_ALIKE
    others = [
        one
        for one in newest(sheets_of(unit, place, [_name(series(statement))]))
        if one.kind == statement.kind and one.page != statement.page
    ]
    return alike(key for keys in booked_keys(unit, [one.digest for one in others]).values()
                 for key in keys)  # fmt: skip


def mark_taken_back(house: House, unit: Unit, place: Place, name: Sequence[str]) -> None:
    """Let lines wait that an amended statement does not have any more, or stand again.

    Args:
        house: The house.
        unit: An exclusive unit of work.
        place: Which account.
        name: Which statement: id, number and year.
    """
    versions = [one for one in sheets_of(unit, place, [_name(name)]) if one.kind == "camt.053"]
    if len(versions) == len({(one.name, one.page) for one in versions}):
        return
    keys = booked_keys(unit, [one.digest for one in versions])
    versions = [replace(one, keys=keys[one.digest]) for one in versions]
    gone = taken_back(versions)
    every = {key for one in versions for key in one.keys}
    if gone:
        # one that stands in another statement nobody amended stands
        others = [one for one in newest(sheets_of(unit, place))
                  if one.kind == "camt.053" and list(one.name) != list(name)]  # fmt: skip
        days = {key.split("/", 1)[0] for _, key in gone}
        near = [one.digest for one in others if {one.day[:4], one.created_at[:4]} & days]
        stand = {key for some in booked_keys(unit, near).values() for key in some}
        gone = {where: digests for where, digests in gone.items() if where[1] not in stand}
    digests = {key: found for (_, key), found in gone.items()}
    rows = known_lines(unit, place, sorted(every))
    changed = []
    lines = told_lines(unit, rows.values())
    for key, row in rows.items():
        line = lines.get(row.id)
        if line is not None and line.taken_back != digests.get(key, ()):
            changed.append((row.id, replace(line, taken_back=digests.get(key, ()))))
    house.reconciliation.rewrite(unit, place, changed)
