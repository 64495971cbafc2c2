# SPDX-License-Identifier: Apache-2.0
"""Licences and customs declarations, and what obligations took of them, as they stood at any time.

Rows are numbered and never change: what stood before a number is what has a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.store.bulk import fetch_columns, fetch_rows, insert_columns, staged
from skontro.store.database import Unit
from skontro.store.prepared import Prepared
from skontro.store.schema import (
    customs_file,
    customs_use,
    cycle_member,
    declaration,
    discharge,
    licence,
    licence_entry,
    obligation,
    obligation_event,
    run,
)

Int64 = NDArray[np.int64]
_FEW = 200
_AT_ONCE = 5000

_MARKS = Prepared(
    sa.select(
        sa.select(sa.func.max(licence.c.id)).scalar_subquery().label("licence"),
        sa.select(sa.func.max(licence_entry.c.id)).scalar_subquery().label("entry"),
        sa.select(sa.func.max(customs_file.c.id)).scalar_subquery().label("file"),
        sa.select(sa.func.max(customs_use.c.id)).scalar_subquery().label("use"),
    )
)  # fmt: skip


def ask_marks(unit: Unit) -> None:
    """Ask ahead for what :func:`marks` says."""
    _MARKS.ask_ahead(unit)


def marks(unit: Unit) -> tuple[int, int, int, int]:
    """Return the last numbers of licences, their entries, customs files and uses; or nought."""
    found = _MARKS.rows(unit)[0]
    return tuple(number or 0 for number in found)  # type: ignore[return-value]


def _parts(values: Iterable[Any]) -> Iterable[list[Any]]:
    listed = list(values)
    for first in range(0, len(listed), _AT_ONCE):
        yield listed[first : first + _AT_ONCE]


# ---- licences ----------------------------------------------------------------------------------


def licences_known(
    unit: Unit, numbers: Iterable[str] | None = None, until: int | None = None
) -> list[Any]:
    """Return the newest version of licences, by number.

    Args:
        unit: The unit of work.
        numbers: Of which; all if not given.
        until: The last version that counts; all if not given.
    """
    newest = sa.select(sa.func.max(licence.c.id))
    if until is not None:
        newest = newest.where(licence.c.id <= until)
    if numbers is not None:
        newest = newest.where(licence.c.licence.in_(sorted(numbers)))
    chosen = newest.group_by(licence.c.licence)
    rows = unit.all(sa.select(licence).where(licence.c.id.in_(chosen)))
    return sorted(rows, key=lambda row: str(row.licence))


def licences_after(unit: Unit, number: int) -> Sequence[Any]:
    """Return the versions of licences after one, in their order."""
    return unit.all(sa.select(licence).where(licence.c.id > number).order_by(licence.c.id))


def references_after(unit: Unit, number: int) -> set[str]:
    """Return the declarations that customs files after one are about."""
    columns = declaration.c
    return {row[0] for row in fetch_rows(
        unit, sa.select(columns.reference).where(columns.customs_file > number)
    )}  # fmt: skip


def obligations_by_number(unit: Unit, numbers: Iterable[int]) -> list[Any]:
    """Return number, debtor, creditor, content digest and state of obligations."""
    columns, found = obligation.c, list[Any]()
    for part in _parts(sorted(numbers)):
        found += unit.all(sa.select(
            columns.number, columns.debtor, columns.creditor, columns.content_digest, columns.state
        ).where(columns.number.in_(part)))  # fmt: skip
    return found


def licence_entries(
    unit: Unit, numbers: Iterable[str] | None = None, until: int | None = None
) -> Sequence[Any]:
    """Return what was written about licences, in its order; arguments as above."""
    columns = licence_entry.c
    statement = sa.select(licence_entry).order_by(columns.id)
    if until is not None:
        statement = statement.where(columns.id <= until)
    if numbers is not None:
        statement = statement.where(columns.licence.in_(sorted(numbers)))
    return unit.all(statement)


def entries_of_obligations(unit: Unit, obligations: Iterable[int]) -> list[Any]:
    """Return what was written about licences for some obligations, in its order."""
    columns, found = licence_entry.c, list[Any]()
    for part in _parts(sorted(obligations)):
        found += unit.all(sa.select(licence_entry).where(columns.obligation.in_(part)))
    return sorted(found, key=lambda row: int(row.id))


def entries_of_cycle(unit: Unit, cycle_id: str) -> Sequence[Any]:
    """Return what was written about licences in a cycle, in its order."""
    columns = licence_entry.c
    return unit.all(
        sa.select(licence_entry).where(columns.cycle == cycle_id).order_by(columns.id)
    )


# ---- declarations ------------------------------------------------------------------------------


def sides_in_use(unit: Unit, until: int | None = None) -> set[str]:
    """Return the sides whose customs gave a file."""
    statement = sa.select(customs_file.c.side).distinct()
    if until is not None:
        statement = statement.where(customs_file.c.id <= until)
    return {row[0] for row in unit.all(statement)}


def newest_file(unit: Unit, side: str) -> Any:
    """Return the last customs file of a side, or None."""
    columns = customs_file.c
    return unit.first(
        sa.select(customs_file).where(columns.side == side).order_by(columns.id.desc()).limit(1)
    )


_DECLARED = (
    "reference", "customs_file", "position", "exporter", "importer", "currency", "day",
    "cancelled", "lines",
)  # fmt: skip


def declarations_of(
    unit: Unit, references: Sequence[str], until: int | None = None
) -> list[tuple[Any, ...]]:
    """Return declarations by reference, of each the last file's, with the side of the file.

    Returns:
        Rows of reference, file, position, exporter, importer, currency, day, cancelled, lines,
        side.
    """
    columns = declaration.c
    read = sa.select(*(columns[name] for name in _DECLARED), customs_file.c.side)
    found = list[tuple[Any, ...]]()
    if len(references) <= _FEW:
        statement = read.join_from(
            declaration, customs_file, customs_file.c.id == columns.customs_file
        ).where(columns.reference.in_(list(references)))
        found = fetch_rows(unit, statement)
    else:
        with staged(unit, {"reference": "text"}, {"reference": list(references)}) as given:
            statement = read.join_from(
                given, declaration, columns.reference == given.c.reference
            ).join(customs_file, customs_file.c.id == columns.customs_file)
            found = fetch_rows(unit, statement)
    last = dict[str, tuple[Any, ...]]()
    for row in sorted(found, key=lambda row: row[1]):
        if until is None or row[1] <= until:
            last[row[0]] = row
    return [last[reference] for reference in sorted(last)]


def declarations_in(unit: Unit, number: int) -> list[tuple[Any, ...]]:
    """Return a file's declarations in its order: the columns of :func:`declarations_of`."""
    columns = declaration.c
    return fetch_rows(
        unit,
        sa.select(*(columns[name] for name in _DECLARED))
        .where(columns.customs_file == number)
        .order_by(columns.position),
    )


def sides_of_references(unit: Unit, references: Sequence[str]) -> dict[str, str]:
    """Return whose customs know some declarations already."""
    return {row[0]: row[-1] for row in declarations_of(unit, references)}


def write_declarations(unit: Unit, columns: Mapping[str, Any]) -> None:
    """Write the declarations of a file: its columns, arrays or lists."""
    insert_columns(unit, declaration, columns)


def uses_of(
    unit: Unit, references: Sequence[str], until: int | None = None
) -> list[tuple[Any, ...]]:
    """Return what stands of uses of declarations: what was given back is not there.

    Returns:
        Rows of reference, obligation, code, unit, value and quantity.
    """
    columns = customs_use.c
    read = sa.select(
        columns.reference, columns.obligation, columns.code, columns.unit, columns.value_minor,
        columns.quantity_milli, columns.kind, columns.id,
    )  # fmt: skip
    if len(references) <= _FEW:
        found = fetch_rows(unit, read.where(columns.reference.in_(list(references))))
    else:
        with staged(unit, {"reference": "text"}, {"reference": list(references)}) as given:
            found = fetch_rows(unit, read.join_from(
                given, customs_use, columns.reference == given.c.reference
            ))  # fmt: skip
    standing = dict[tuple[Any, ...], tuple[Any, ...]]()
    for row in sorted(found, key=lambda row: row[7]):
        if until is not None and row[7] > until:
            continue
        if row[6] == "use":
            standing[row[:4]] = row[:6]
        else:
            standing.pop(row[:4], None)
    return list(standing.values())


def uses_in_cycle(unit: Unit, cycle_id: str) -> list[Any]:
    """Return what was used of declarations in a cycle and not given back."""
    rows = unit.all(
        sa.select(customs_use).where(customs_use.c.cycle == cycle_id).order_by(customs_use.c.id)
    )
    back = {
        (row.reference, row.obligation, row.code, row.unit) for row in rows if row.kind != "use"
    }
    return [
        row for row in rows
        if row.kind == "use" and (row.reference, row.obligation, row.code, row.unit) not in back
    ]  # fmt: skip


def write_uses(unit: Unit, columns: Mapping[str, Any]) -> None:
    """Write uses of declarations: their columns, arrays or lists."""
    insert_columns(unit, customs_use, columns)


# ---- obligations -------------------------------------------------------------------------------

_STATED = {"number": "number", "amount_minor": "number", "currency": "text",
           "document_day": "day", "opposite_of": "day", "state": "text"}  # fmt: skip


def stated_of(unit: Unit, numbers: Int64) -> dict[str, Any]:
    """Return what obligations say that customs and licences ask for, in the order of numbers."""
    columns = obligation.c
    read = sa.select(*(columns[name] for name in _STATED)).order_by(columns.number)
    if len(numbers) <= _FEW:
        return fetch_columns(unit, read.where(columns.number.in_(numbers.tolist())), _STATED)
    with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
        return fetch_columns(
            unit, read.join_from(given, obligation, given.c.given == columns.number), _STATED
        )


def credited_of(unit: Unit, numbers: Iterable[int]) -> dict[int, int]:
    """Return by how much credit notes lowered some obligations, minor units."""
    columns, found = obligation_event.c, dict[int, int]()
    for part in _parts(numbers):
        rows = unit.all(
            sa.select(columns.obligation, sa.func.sum(columns.amount_minor))
            .where(columns.obligation.in_(part), columns.event.in_(["credit", "credit_all"]))
            .group_by(columns.obligation)
        )
        found |= {int(number): int(total) for number, total in rows if total}
    return found


def discharged_in(unit: Unit, run_id: int, numbers: Iterable[int]) -> set[int]:
    """Return which of some obligations a run sets off or settles, if only in part."""
    columns, found = discharge.c, set[int]()
    for part in _parts(numbers):
        rows = unit.all(
            sa.select(columns.obligation).where(
                columns.run == run_id, columns.obligation.in_(part),
                sa.or_(columns.set_off_minor > 0, columns.planned_minor > 0),
            )
        )  # fmt: skip
        found |= {int(row[0]) for row in rows}
    return found


def paid_creditors(unit: Unit, run_id: int, numbers: Iterable[int]) -> set[int]:
    """Return the creditors of those of some obligations that a run settles with money."""
    found = set[int]()
    for part in _parts(numbers):
        rows = unit.all(
            sa.select(obligation.c.creditor)
            .join_from(discharge, obligation, obligation.c.number == discharge.c.obligation)
            .where(
                discharge.c.run == run_id, discharge.c.obligation.in_(part),
                discharge.c.planned_minor > 0,
            )
        )  # fmt: skip
        found |= {int(row[0]) for row in rows}
    return found


def still_in(unit: Unit, cycle_id: str) -> Int64:
    """Return the obligations that are in a cycle and have not left."""
    rows = fetch_rows(unit, sa.select(cycle_member.c.obligation).where(
        cycle_member.c.cycle == cycle_id, cycle_member.c.left_why.is_(None)
    ))  # fmt: skip
    return np.array([row[0] for row in rows], np.int64)


def waiting_numbers(unit: Unit) -> Int64:
    """Return the obligations that wait for a cycle, by number."""
    columns = obligation.c
    rows = fetch_rows(unit, sa.select(columns.number).where(
        columns.state.in_(["registered", "confirmed", "disputed", "duplicate"])
    ).order_by(columns.number))  # fmt: skip
    return np.array([row[0] for row in rows], np.int64)


def last_final(unit: Unit, cycle_id: str) -> int | None:
    """Return the number of a cycle's final run, or None."""
    found = unit.value(
        sa.select(sa.func.max(run.c.id)).where(run.c.cycle == cycle_id, run.c.kind == "final")
    )
    return None if found is None else int(found)
