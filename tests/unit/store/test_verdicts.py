# SPDX-License-Identifier: Apache-2.0
"""Which verdicts stand: the last of each subject, if it holds and says just this."""

from __future__ import annotations

import numpy as np
import pytest

from skontro.house.reach import WHOLE
from skontro.store import verdicts
from skontro.store.bulk import insert_columns
from skontro.store.database import Database
from skontro.store.migrations import make_tables
from skontro.store.schema import verdict
from skontro.store.verdicts import standing_verdicts

ONE, OTHER = bytes(range(32)), bytes(range(1, 33))
# subject, digest, setting, outcome, reasons: the verdicts there are, in order of their numbers
THERE = (
    (1, ONE, 5, "released", "[]"),
    (2, ONE, 5, "held", '["x"]'),
    (3, ONE, 2, "released", "[]"),
    (4, OTHER, 5, "released", "[]"),
    (5, ONE, 5, "released", "[]"),
    (5, ONE, 5, "held", '["x"]'),
    (6, ONE, 5, "held", '["x"]'),
    (6, ONE, 5, "released", "[]"),
)
SAID = {
    1: ("released", "[]", 1),
    2: ("held", '["x"]', 2),
    3: ("released", "[]", 0),  # by a setting that no longer holds
    4: ("released", "[]", 0),  # of other content
    5: ("released", "[]", 0),  # it was held since
    6: ("released", "[]", 8),
    7: ("released", "[]", 0),  # never judged
}


@pytest.mark.parametrize("few", [0, 200])
@pytest.mark.parametrize("order", [[1, 2, 3, 4, 5, 6, 7], [7, 5, 1, 6, 3, 2, 4], [2], []])
def test_the_last_verdict_stands_if_it_says_just_this(
    database_url: str, monkeypatch: pytest.MonkeyPatch, few: int, order: list[int]
) -> None:
    monkeypatch.setattr(verdicts, "_FEW", few)
    database = Database(database_url)
    database.standing = WHOLE
    make_tables(database)
    subject, digest, setting, outcome, reasons = map(list, zip(*THERE, strict=True))
    rows = {
        "id": np.arange(1, len(THERE) + 1), "subject_kind": "obligation", "subject": subject,
        "content_digest": digest, "setting": setting, "outcome": outcome, "reasons": reasons,
        "judged_at": "x",
    }  # fmt: skip
    with database.unit("write") as unit:
        insert_columns(unit, verdict, rows)
        insert_columns(
            unit, verdict,
            rows | {"id": rows["id"] + len(THERE), "subject_kind": "pay_out",
                    "outcome": "held"},
        )  # fmt: skip
        found = standing_verdicts(
            unit, "obligation", np.array(order, np.int64),
            np.frombuffer(ONE * len(order), np.uint8).reshape(-1, 32),
            [SAID[one][0] for one in order], [SAID[one][1] for one in order], 3,
        )  # fmt: skip
    assert found.tolist() == [SAID[one][2] for one in order]
