# SPDX-License-Identifier: Apache-2.0
"""Columns in, columns out, on either database: no row is lost where portions meet."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa

from skontro.house.reach import WHOLE
from skontro.store import bulk
from skontro.store.bulk import fetch_columns, insert_columns
from skontro.store.database import Database
from skontro.store.migrations import make_tables
from skontro.store.schema import obligation

KINDS = {"number": "number", "due_day": "day", "document": "text", "content_digest": "digest"}
READ = sa.select(*(obligation.c[name] for name in KINDS)).order_by(obligation.c.number)


@pytest.mark.parametrize("many", [0, 1, 6, 7, 8, 15])
def test_what_is_written_is_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(bulk, "_ROWS", 7)
    number = np.arange(1, many + 1)
    digest = np.arange(32 * many, dtype=np.int64).astype(np.uint8).reshape(-1, 32)
    due = pa.array([None if one % 3 == 0 else int(one) for one in number], pa.int32())
    texts = pa.array([f"invoice {one} 'ä'" for one in number], pa.large_string())
    database = Database(database_url)
    database.standing = WHOLE
    make_tables(database)
    with database.unit("write") as unit:
        insert_columns(
            unit, obligation,
            {"number": number, "debtor": 1, "creditor": 2, "currency": "EUR", "amount_minor": 5,
             "open_minor": 5, "due_day": due, "document": texts, "state": "registered", "said": 1,
             "content_digest": digest, "registered_at": "x"},
        )  # fmt: skip
    with database.read() as unit:
        found = fetch_columns(unit, READ, KINDS)
    assert found["number"].tolist() == number.tolist()
    assert found["due_day"] == due
    assert found["document"] == texts
    assert found["content_digest"].tolist() == digest.tolist()
    assert found["content_digest"].shape == (many, 32)
