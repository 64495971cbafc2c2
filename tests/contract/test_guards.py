# SPDX-License-Identifier: Apache-2.0
"""The database knows the tables of states: it lets pass what they allow, and nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tests import postgres
from tests.made_house import MadeHouse, worked_house
from tests.owner import as_owner

from skontro.core.errors import Conflict
from skontro.house.reach import WHOLE
from skontro.house.states import CYCLE_STATES, CYCLE_STEPS, OBLIGATION_MOVES, OBLIGATION_STATES
from skontro.store.database import Database
from skontro.store.guards import FIRST, MAY_CHANGE, MAY_GO, NEVER_CHANGED
from skontro.store.migrations import make_tables
from skontro.store.rows import change, count, find, insert, remove
from skontro.store.schema import cycle, metadata, obligation


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> MadeHouse:
    return worked_house(tmp_path / "house", url=database_url)


def is_let_pass(made: MadeHouse, before: str, after: str) -> bool:
    """Whether an obligation may go from one state to another."""

    def values(state: str) -> dict[str, object]:
        return {"state": state, "joined_to": 1 if state == "joined" else None}

    with as_owner(made.house.database) as unit:
        change(unit, obligation, {"number": 2}, **values(before), said=3)
    try:
        with made.house.database.unit("move") as unit:
            change(unit, obligation, {"number": 2}, **values(after))
    except Conflict as refused:
        if "its state does not move so" not in refused.message:
            raise
        return False
    return True


def test_obligations_move_as_their_table_says(made: MadeHouse) -> None:
    allowed = {(before, after) for (before, _), after in OBLIGATION_MOVES.items()}
    for before, after in itertools.permutations(OBLIGATION_STATES, 2):
        assert is_let_pass(made, before, after) is ((before, after) in allowed), (before, after)


def test_cycles_move_as_their_table_says(made: MadeHouse) -> None:
    """Every leap and every way back is refused; to the next state it goes, but to final only with
    a final run."""
    allowed = {(step.before, step.after) for step in CYCLE_STEPS.values()}
    for before, after in itertools.permutations(CYCLE_STATES, 2):
        with as_owner(made.house.database) as unit:
            change(unit, cycle, {}, state=before)
        if (before, after) in allowed and after != "final":
            with made.house.database.unit("move") as unit:
                change(unit, cycle, {}, state=after)
            continue
        said = "there is no final run" if (before, after) in allowed else "does not move so"
        said = f"{said}|there is no final run" if after == "final" else said
        with pytest.raises(Conflict, match=said), made.house.database.unit("move") as unit:
            change(unit, cycle, {}, state=after)


def test_obligations_begin_as_they_may(made: MadeHouse) -> None:
    with made.house.database.read() as unit:
        known = dict(find(unit, obligation, number=1)._mapping)

    def begin(state: str, number: int) -> None:
        row = known | {"number": number, "state": state, "said": 3, "document": state}
        row["joined_to"] = 1 if state == "joined" else None
        with made.house.database.unit("begin") as unit:
            insert(unit, obligation, **row)

    for number, state in enumerate(OBLIGATION_STATES, 1000):
        if state in FIRST["obligation"]:
            begin(state, number)
            continue
        with pytest.raises(Conflict, match="no row begins in this state"):
            begin(state, number)


def test_a_house_before_its_first_entry_takes_any_rows(tmp_path: Path, database_url: str) -> None:
    """A backup is read into a house that is not open yet: its rows are in whatever state they
    were. What never changes does not change then either."""
    act, person = metadata.tables["act"], metadata.tables["person"]
    database = Database(database_url)
    database.standing = WHOLE
    make_tables(database)
    with database.unit("restore") as unit:
        insert(unit, person, id="P1", public_key="k", identity_digest="i", state="gone", since="x")
        insert(unit, act, id=1, kind="limits.change", content="{}", digest="d", maker="P1",
               made_at="x", signature="s", state="done")  # fmt: skip
    with (
        pytest.raises(Conflict, match="only state, outcome, made_at, signature may change"),
        owner_of_tables(database_url).unit("attack") as unit,
    ):
        change(unit, act, {}, content="")


def owner_of_tables(url: str) -> Database:
    """The database as somebody works with it whom rights do not hold back, but guards do."""
    database = Database(url.replace(f"{postgres.APPLICATION}@", f"{postgres.OWNER}@"))
    database.standing = WHOLE
    return database


def test_the_lists_are_of_every_table() -> None:
    """A table changes in the columns that are listed, or never; nothing is forgotten."""
    assert set(NEVER_CHANGED) | set(MAY_CHANGE) == set(metadata.tables)
    assert set(NEVER_CHANGED) & set(MAY_CHANGE) == set()
    assert MAY_GO == (
        "person_right", "person_role", "preview_line", "outbox", "sign_on_link", "upload",
    )  # fmt: skip
    for name in ("journal_entry", "posting", "approval", "verdict", "discharge", "run"):
        assert name in NEVER_CHANGED


def test_nothing_is_deleted_but_what_may_go(made: MadeHouse, database_url: str) -> None:
    """Not by the owner of the tables either, wherever there is a row."""
    owner, tried = owner_of_tables(database_url), 0
    for name in sorted(set(metadata.tables) - set(MAY_GO)):
        with made.house.database.read() as unit:
            if count(unit, metadata.tables[name]) == 0:
                continue
        tried += 1
        with (
            pytest.raises(Conflict, match=f"{name}: rows are never deleted"),
            owner.unit("attack") as unit,
        ):
            remove(unit, metadata.tables[name])
    assert tried > 15
    owner.close()
