# SPDX-License-Identifier: Apache-2.0
"""E-invoices that came over the network: listed, and let go after a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import job, upload


def find_upload(unit: Unit, **wanted: int) -> Any:
    """Return the upload with these values, without its files; None if there is none."""
    columns = [one for one in upload.c if one.name != "files"]
    where = [upload.c[name] == value for name, value in wanted.items()]
    return unit.first(sa.select(*columns).where(*where))


def last_uploads(
    unit: Unit, firms: Sequence[str] | None, *, before: int, most: int
) -> Sequence[Any]:
    """Return uploads without their files and reports, the newest first.

    Args:
        unit: A reading.
        firms: Of these participants; of all if not given.
        before: With a lower number; 0: from the newest on.
        most: How many at most.
    """
    columns = [one for one in upload.c if one.name not in ("files", "report")]
    wanted: list[Any] = [] if firms is None else [upload.c.firm.in_(firms)]
    if before:
        wanted.append(upload.c.number < before)
    return unit.all(
        sa.select(*columns).where(*wanted).order_by(upload.c.number.desc()).limit(most)
    )


def drop_uploads(unit: Unit, before: str) -> int:
    """Delete uploads that came before a time and wait for nobody; return how many there were."""
    live = sa.select(job.c.number).where(job.c.state.in_(("waiting", "running")))
    return unit.run(
        sa.delete(upload).where(upload.c.made_at < before, upload.c.job.not_in(live))
    )
