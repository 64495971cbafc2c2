# SPDX-License-Identifier: Apache-2.0
"""Licences, customs and flags, past the people who decide on them: by SQL, and as an owner."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_authorities import (
    all_replay,
    cut_off,
    declared,
    entered_licence,
    licence,
    licensed,
    owed,
    registered_house,
    said_of,
    take_customs,
    taken,
)
from tests.made_house import DATES, MadeHouse
from tests.owner import as_owner

from skontro.core.errors import Conflict, SkontroError
from skontro.store.schema import metadata

LICENCE = [("licence", "L-1")]


def another(table: str, **changes: str) -> str:
    """The last row of a table once more, but for what is named."""
    key = next(column.name for column in metadata.tables[table].primary_key.columns)
    columns = [column.name for column in metadata.tables[table].columns]
    values = [changes.get(name, f'"{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} "
        f'ORDER BY "{key}" DESC LIMIT 1'
    )


FORGED = {
    "a licence nobody approved": another("licence", id="id + 1", licence="'L-9'"),
    "a licence for more": another("licence", id="id + 1", value_minor="999999"),
    "a licence that is changed": "UPDATE licence SET value_minor = 999999",
    "more than is left": another(
        "licence_entry", id="id + 1", obligation="99", value_minor="50001", kind="'reserve'"
    ),
    "of a licence that is not there": another(
        "licence_entry", id="id + 1", obligation="99", licence="'L-9'"
    ),
    "given back twice": another("licence_entry", id="id + 1", kind="'give_back'",
                                value_minor="10001"),
    "used without being reserved": another("licence_entry", id="id + 1", kind="'use'",
                                           obligation="99"),
    "returned without being used": another("licence_entry", id="id + 1", kind="'return'"),
    "an entry taken out": "DELETE FROM licence_entry",
    "a file by nobody of compliance": another("customs_file", id="id + 1", digest="'x'",
                                              imported_by="'P9'"),
    "an older file": another("customs_file", id="id + 1", digest="'x'",
                             dated="'2020-01-01T00:00:00.000000Z'"),
    "one more declaration in a file": another("declaration", position="99", reference="'P new'"),
    "a declaration that is changed": "UPDATE declaration SET value_minor = 999999",
    "a declaration used twice": another("customs_use", id="id + 1", obligation="99",
                                        value_minor="2501"),
    "used again by the same": another("customs_use", id="id + 1"),
    "a use taken out": "DELETE FROM customs_use",
    "a look that is changed": "UPDATE flag_look SET raised = 0",
    "a look out of its order": another("flag_look", id="id + 2"),
    "a flag's case decided by nobody": "UPDATE gate_case SET state = 'cleared'",
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> MadeHouse:
    """A licence of 600 with 100 reserved; a declaration of 100, used; and a flag."""
    made = registered_house(tmp_path / "house", url=database_url)
    licensed(made, "A")
    entered_licence(made, licence("A1", 600))
    owed(made, "m1", "B1", "A1", 100, LICENCE)
    take_customs(made, "B", declared("m1", "A1", "B1", 100))
    owed(made, "m2", "A2", "A3", 100, weight="15")
    assert cut_off(made)["entered"] == 1
    assert taken(made) == [("m1", "reserve", 100)]
    return made


def test_nothing_is_forged_by_sql(made: MadeHouse) -> None:
    """Each statement is refused: who types it has what the house's own role has."""
    for name, statement in FORGED.items():
        try:
            with made.house.database.unit("an attack") as unit:
                unit.connection.exec_driver_sql(statement)
        except SkontroError:
            continue
        pytest.fail(name)
    all_replay(made)


def test_what_an_owner_changes_holds_and_does_not_replay(made: MadeHouse) -> None:
    """An owner raises what was declared, and lifts a flag from the look: both are noticed."""
    take_customs(made, "A", declared("m3", "A1", "B1", 10))
    from skontro.flow.verdict_replay import replay_verdicts

    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql("UPDATE flag_look SET obligations = earlier")
    fresh = type(made.house)(made.house.folder, made.house.database, made.clock)
    differ = [one for one in replay_verdicts(fresh) if not one.agrees]
    assert {one.why for one in differ} == {"look 1 for flags is not what it was"}
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            "UPDATE declaration SET lines = replace(lines, '10000', '90000'), "
            "value_minor = 90000 WHERE reference = 'P m1'"
        )
    with fresh.database.unit("a look", exclusive=True) as unit, pytest.raises(Conflict):
        fresh.customs.check_whole(unit, [1])


def test_nobody_puts_a_member_in_without_its_licence(made: MadeHouse) -> None:
    """Entered by an owner without a reservation, it is looked through again with the rest."""
    number = owed(made, "m4", "B1", "A1", 550, LICENCE, quantity="55", weight="55")
    assert said_of(made, "m4")[0] == "held"
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO cycle_member (cycle, obligation, open_minor, content_digest, verdict_id, "
            "verdict_kind, verdict_outcome) SELECT '2026-01', o.number, o.open_minor, "
            "o.content_digest, v.id, 'obligation', 'released' FROM obligation o JOIN verdict v "
            f"ON v.subject = o.number WHERE o.number = {number} "
            "AND v.subject_kind = 'obligation'"
        )
        unit.connection.exec_driver_sql(
            f"UPDATE obligation SET state = 'entered' WHERE number = {number}"
        )
    assert made.house.cycles.preliminary(DATES.id)["obligations"] == 1
