# SPDX-License-Identifier: Apache-2.0
"""What is held after the final run is not paid, whatever is typed into the database.

A declaration is taken back when the run is final and a payment is ready. Over a
plain connection to SQLite the tables refuse what would undo it; as the owner of the tables
all of it can be written, and the payment does not leave all the same: it is judged where it goes.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import pytest
from tests.made_authorities import cut_off, declared, owed, registered_house, take_customs
from tests.made_house import DATES, MadeHouse
from tests.owner import as_owner
from tests.scenarios.test_after_final import final, pay, release, take_back
from tests.scenarios.test_past_the_gate import EVERYTHING

from skontro.core.errors import Conflict, Forbidden
from skontro.store.rows import find_all
from skontro.store.schema import pay_out, payment_file

VERDICT = (
    "INSERT INTO verdict (id, subject_kind, subject, content_digest, setting, outcome, reasons, "
    "inputs, judged_at) SELECT (SELECT max(id) + 1 FROM verdict), subject_kind, subject, "
    "content_digest, setting, 'released', '[]', inputs, judged_at FROM verdict "
    "WHERE subject_kind = '{}' ORDER BY id DESC LIMIT 1"
)
EVERYTHINGS = hashlib.sha256(EVERYTHING.encode()).hexdigest()
PACK = f"UPDATE pack SET content = '{EVERYTHING}', digest = '{EVERYTHINGS}'"
READY = "UPDATE pay_out SET state = 'ready' WHERE state = 'stopped'"
BY_OWNER = {
    "nothing": [],
    "what it waits for is wiped": ["UPDATE pay_out_due SET waits_for = ''"],
    "a verdict on the obligation is written": [VERDICT.format("obligation")],
    "verdicts of all kinds are written": [
        VERDICT.format(kind) for kind in ("obligation", "pay_out", "participant")
    ],
    "the payment is made ready again": [READY],
    "a pack that allows everything": [PACK, READY],
    "all of it": [
        "UPDATE pay_out_due SET waits_for = ''", VERDICT.format("obligation"),
        VERDICT.format("pay_out"), READY,
    ],
}  # fmt: skip


def held_after_final(folder: Path, url: str | None = None) -> MadeHouse:
    """A1 owes B1 100 and paid; the payment to B1 is ready, and the declaration taken back."""
    made = registered_house(folder / "house", url=url)
    made.fund_b()
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("x", "B1", "A1", 1))
    owed(made, "c1", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 1
    pay(made, final(made)["A1"])
    made.house.settlement.plan(DATES.id)
    assert made.house.settlement.settle(DATES.id)["ready"] == 1
    return made


def nothing_left(made: MadeHouse) -> bool:
    with made.house.database.read() as unit:
        states = {row.state for row in find_all(unit, pay_out)}
        files = {row.state for row in find_all(unit, payment_file)}
    return states <= {"ready", "stopped"} and "released" not in files


@pytest.mark.parametrize("what", BY_OWNER)
def test_the_owner_of_the_tables_pays_nobody(
    tmp_path: Path, what: str, database_url: str
) -> None:
    """Each is written before a release is proposed, and again between its two signatures."""
    made = held_after_final(tmp_path, database_url)
    proposed = release(made)
    take_back(made, "c1")
    with as_owner(made.house.database) as unit:
        for statement in BY_OWNER[what]:
            unit.connection.exec_driver_sql(statement)
    with pytest.raises((Forbidden, Conflict)):
        made.both(proposed)
    with as_owner(made.house.database) as unit:
        for statement in BY_OWNER[what]:
            unit.connection.exec_driver_sql(statement)
    with pytest.raises((Forbidden, Conflict)):
        made.both(release(made))
    assert nothing_left(made)


ATTACKS = {
    "the payment is let go": "UPDATE pay_out SET state = 'released'",
    "the payment is let go by the act that admitted the firms": "UPDATE pay_out SET "
    "state = 'released', release_act_kind = 'payment.release', release_act = "
    "(SELECT min(id) FROM act)",
    "the payment is let go by the act that waits": "UPDATE pay_out SET state = 'released', "
    "release_act_kind = 'payment.release', release_act = (SELECT max(id) FROM act)",
    "the payment is called paid": "UPDATE pay_out SET state = 'paid'",
    "the payment is another's": "UPDATE pay_out SET participant = participant + 1",
    "the act is called done": "UPDATE act SET state = 'done' WHERE state = 'proposed'",
    "the verdict is rewritten": "UPDATE verdict SET outcome = 'released', reasons = '[]' "
    "WHERE outcome = 'held'",
    "the verdict is deleted": "DELETE FROM verdict WHERE outcome = 'held'",
    "the file of customs is deleted": "DELETE FROM customs_file",
    "the declaration is deleted": "DELETE FROM declaration",
    "the declaration is rewritten": "UPDATE declaration SET cancelled = 0",
    "its use is deleted": "DELETE FROM customs_use",
    "the discharge is another's": "UPDATE discharge SET planned_minor = 0",
}


def test_the_tables_refuse_what_would_undo_it(tmp_path: Path) -> None:
    """Over a plain connection, as anybody with the file in their hands types it."""
    made = held_after_final(tmp_path)
    release(made)
    take_back(made, "c1")
    with made.house.database.unit("look", exclusive=True) as unit:
        assert made.house.settlement.make_ready(unit, DATES.id)["ready"] == 0
    passed = []
    with contextlib.closing(sqlite3.connect(made.house.folder / "house.db")) as connection:
        for what, statement in ATTACKS.items():
            try:
                changed = connection.execute(statement).rowcount
            except sqlite3.IntegrityError:
                continue
            finally:
                connection.rollback()
            if changed:
                passed.append(what)
    assert passed == []
    assert nothing_left(made)
