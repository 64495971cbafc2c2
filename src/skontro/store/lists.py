# SPDX-License-Identifier: Apache-2.0
"""Versions of sanctions lists: each entry's content once, each version's order of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit, insert_many
from skontro.store.rows import insert
from skontro.store.schema import list_entry, list_import, list_text

_FEW = 400


def newest_of(unit: Unit, name: str) -> Any:
    """Return the version of a list that is in force, or None."""
    statement = (
        sa.select(list_import)
        .where(list_import.c.name == name)
        .order_by(list_import.c.id.desc())
        .limit(1)
    )
    return unit.first(statement)


def all_versions(unit: Unit) -> Sequence[Any]:
    """Return every version of every list, oldest first."""
    return unit.all(sa.select(list_import).order_by(list_import.c.id))


def most_entries(unit: Unit, name: str) -> int:
    """Return the most entries a list ever had; nought if there never was one."""
    statement = sa.select(sa.func.max(list_import.c.entries)).where(list_import.c.name == name)
    return int(unit.value(statement) or 0)


def references_of(unit: Unit, list_id: int) -> list[str]:
    """Return the references on a version of a list, in its order."""
    columns = list_entry.c
    rows = unit.all(
        sa.select(columns.reference)
        .where(columns.list_id == list_id)
        .order_by(columns.position)
    )
    return [row[0] for row in rows]


def entries_of(unit: Unit, list_id: int) -> Sequence[Any]:
    """Return what stands on a version of a list: position, reference, digest, content."""
    columns = list_entry.c
    return unit.all(
        sa.select(columns.position, columns.reference, columns.digest, list_text.c.content)
        .join_from(list_entry, list_text, list_text.c.digest == columns.digest)
        .where(columns.list_id == list_id)
        .order_by(columns.position)
    )


def write_version(
    unit: Unit, values: dict[str, Any], references: Sequence[str], digests: Sequence[str]
) -> None:
    """Write a version of a list, whose contents are kept already.

    Args:
        unit: An exclusive unit of work.
        values: Of its row, by column.
        references: Of the entries, in order.
        digests: Of their contents, hexadecimal.
    """
    insert(unit, list_import, **values)
    insert_many(
        unit, list_entry,
        {"list_id": values["id"], "position": list(range(1, len(references) + 1)),
         "reference": list(references), "digest": list(digests)},
    )  # fmt: skip


def keep_contents(unit: Unit, contents: Mapping[str, str]) -> None:
    """Keep contents by their digests; what is kept already is not written again."""
    known = _known(unit, list(contents))
    fresh = {digest: text for digest, text in contents.items() if digest not in known}
    if fresh:
        insert_many(unit, list_text, {"digest": list(fresh), "content": list(fresh.values())})


def content_of(unit: Unit, digest: str) -> str | None:
    """Return the content with a digest, if it is kept."""
    row = unit.first(sa.select(list_text.c.content).where(list_text.c.digest == digest))
    return None if row is None else str(row[0])


def _known(unit: Unit, digests: Sequence[str]) -> set[str]:
    """Return the digests whose content is kept already."""
    if len(digests) > _FEW:
        return {row[0] for row in unit.all(sa.select(list_text.c.digest))}
    chosen = list_text.c.digest.in_(list(digests))
    return {row[0] for row in unit.all(sa.select(list_text.c.digest).where(chosen))}
