# SPDX-License-Identifier: Apache-2.0
"""Verdicts, and the rows they are about."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from skontro.store.database import Unit, insert_many
from skontro.store.schema import obligation, participant, verdict


def participant_rows(unit: Unit, numbers: Sequence[int] | None) -> list[tuple[int, str]]:
    """Return number and id of firms, all if none are named."""
    statement = sa.select(participant.c.number, participant.c.id).order_by(participant.c.number)
    if numbers is not None and len(numbers) <= 500:
        statement = statement.where(participant.c.number.in_(list(numbers)))
        return [(number, name) for number, name in unit.all(statement)]
    wanted = None if numbers is None else set(numbers)
    return [
        (number, name)
        for number, name in unit.all(statement)
        if wanted is None or number in wanted
    ]


def obligation_rows(unit: Unit) -> list[tuple[int, int, int, bytes]]:
    """Return number, debtor, creditor and content digest of obligations that wait for a cycle."""
    columns = obligation.c
    statement = sa.select(
        columns.number, columns.debtor, columns.creditor, columns.content_digest
    ).where(columns.state.in_(["registered", "confirmed", "disputed"]))
    return [tuple(row) for row in unit.all(statement)]


def write_verdicts(
    unit: Unit,
    kind: str,
    ids: Sequence[int],
    judged: Sequence[tuple[int, bytes, str, list[str]]],
    *,
    list_id: int | None,
    rules_version: str,
    at: str,
) -> None:
    """Write verdicts: subject, digest of what was judged, outcome and reasons of each."""
    if not judged:
        return
    subjects, digests, outcomes, reasons = zip(*judged, strict=True)
    insert_many(
        unit,
        verdict,
        {
            "id": list(ids),
            "subject_kind": kind,
            "subject": subjects,
            "content_digest": digests,
            "list_id": list_id,
            "rules_version": rules_version,
            "outcome": outcomes,
            "reasons": [json.dumps(why) if why else "[]" for why in reasons],
            "judged_at": at,
        },
    )
