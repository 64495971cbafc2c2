# SPDX-License-Identifier: Apache-2.0
"""Row security alone: what PostgreSQL shows and lets be written once the flows check nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests import postgres
from tests.made_service import GRANTS, MadeService, worked_service
from tests.security.test_rights import cases

from skontro.core.errors import Forbidden
from skontro.house.reach import NOTHING, WHOLE, Reach, reach_of
from skontro.house.roles import PERMISSIONS, Actor, Scope
from skontro.store.database import insert_many
from skontro.store.rows import change, find_all, insert
from skontro.store.schema import metadata, obligation, outbox
from skontro.store.walls import NOBODYS, WALLS

CLERK = reach_of(Actor("CA", tuple(GRANTS["CA"])))


@pytest.fixture(scope="module")
def made(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MadeService]:
    """The worked example on PostgreSQL, with people in every role, and obligations that are held
    as nothing is said of their trade: one of A1, one of others."""
    name = postgres.make_house_database(postgres_server)
    found = worked_service(
        tmp_path_factory.mktemp("walls") / "house",
        database=postgres_server.url(name, postgres.APPLICATION), rate_minute=10**6,
    )
    found.admit_all()
    found.admit("G1")
    for sender, debtor in (("B1", "A1"), ("B1", "A2")):
        found.desk("P1").post("/obligations", {
            "sender": sender, "reference": f"held {debtor}", "debtor": debtor, "creditor": sender,
            "amount": "3.00", "currency": "EUR", "document": f"held {debtor}",
        })  # fmt: skip
    yield found
    found.house.close()
    postgres.drop_database(postgres_server, name)


def rows_seen(made: MadeService, reach: Reach) -> dict[str, set[str]]:
    """Every row of every table that is seen so far, as text."""
    database = made.house.database
    with database.reaching(reach), database.read() as unit:
        return {
            name: {str(row) for (row,) in unit.all(sa.text(f"SELECT {name}::text FROM {name}"))}
            for name in metadata.tables
        }


def test_every_table_has_its_wall_or_is_nobodys(made: MadeService) -> None:
    assert set(WALLS) & set(NOBODYS) == set()
    assert set(WALLS) | set(NOBODYS) == set(metadata.tables), "say whose its rows are"
    with made.house.database.read() as unit:
        walled = unit.all(sa.text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
        ))  # fmt: skip
        stands_above = unit.value(sa.text(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ))  # fmt: skip
    assert {name for (name,) in walled} == set(WALLS)
    assert stands_above is False


@pytest.mark.parametrize("role", [postgres.APPLICATION, postgres.OWNER])
def test_who_tells_nothing_sees_nothing(
    made: MadeService, postgres_server: postgres.Server, role: str
) -> None:
    """A plain connection of the house's role, or the owner's: no row of any walled table, and none
    can be written; with the whole reach each table that has rows shows them."""
    name = str(made.house.database.url.database)
    there = {table for table, rows in rows_seen(made, WHOLE).items() if rows}
    assert len(there) > 30
    with psycopg.connect(postgres_server.url(name, role), autocommit=True) as connection:
        for table in WALLS:
            found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            assert found == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                b"INSERT INTO outbox (kind, content, at) VALUES ('x', '{}', 'x')"
            )
        postgres.tell(connection)
        for table in there:
            found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            assert found is not None
            assert found[0] > 0, table


def test_who_watches_over_the_service_sees_how_old_what_waits_is(made: MadeService) -> None:
    """The outbox is read by the house's own work alone, but for its age."""
    with made.house.database.unit("test") as unit:
        insert(unit, outbox, number=0, kind="act.waiting", content="{}",
               at="2020-01-01T00:00:00Z")  # fmt: skip
    for who in ("O1", "P1"):
        lines = made.desk(who).get("/metrics").text.splitlines()
        ages = [float(one.split()[1]) for one in lines
                if one.startswith("skontro_outbox_age_seconds ")]  # fmt: skip
        assert len(ages) == 1
        assert ages[0] > 86400
    assert rows_seen(made, CLERK)["outbox"] == set()
    assert rows_seen(made, reach_of(Actor("O1", tuple(GRANTS["O1"]))))["outbox"] == set()


OPEN = {"participant", "cycle", "cycle_step", "fixing", "preview", *NOBODYS}
"""What everybody who is known may know."""

OWN = {
    "obligation": "{a} IN (debtor, creditor)",
    "registration": "obligation IN (SELECT number FROM obligation WHERE {a} IN (debtor, creditor))",
    "obligation_trade": "obligation IN (SELECT number FROM obligation "
    "WHERE {a} IN (debtor, creditor))",
    "obligation_event": "obligation IN (SELECT number FROM obligation "
    "WHERE {a} IN (debtor, creditor))",
    "filing": "sender = {a}",
    "agreement": "participant = {a}",
    "bank_details": "participant = {a}",
    "register": "subject_kind = 'participant' AND subject = 'A1'",
    "program_key": "firm = 'A1'",
    "request_done": "caller = 'CA'",
    "job": "asked_by = 'CA'",
    "upload": "firm = 'A1'",
}
"""Of each table, said here once more and on its own: the rows of A1; of all others none."""


def test_a_firms_reach_sees_its_rows_and_no_others(made: MadeService) -> None:
    """Every table, behind the reach of A1's clerk, has exactly the rows that are A1's."""
    seen, number = rows_seen(made, CLERK), "(SELECT number FROM participant WHERE id = 'A1')"
    for name in set(metadata.tables) - OPEN:
        where = OWN.get(name, "false").format(a=number)
        with made.house.database.read() as unit:
            due = unit.all(sa.text(f"SELECT {name}::text FROM {name} WHERE {where}"))
        assert seen[name] == {str(row) for (row,) in due}, name
    for name in ("obligation", "registration", "obligation_trade", "agreement", "register"):
        assert seen[name], name


def test_a_firms_reach_writes_its_rows_and_no_others(made: MadeService) -> None:
    """Through the house's own functions, one row and many; nothing of a refused unit stays."""
    database = made.house.database
    with database.read() as unit:
        others = next(
            row for row in find_all(unit, obligation) if 1 not in (row.debtor, row.creditor)
        )
    values = {name: value for name, value in others._mapping.items() if name != "number"}
    with database.reaching(CLERK):
        for many in (1, 100):
            with pytest.raises(Forbidden, match="keeps this"), database.unit("attack") as unit:
                insert_many(unit, obligation, values | {"number": [10**6 + at for at in
                                                                   range(many)]})  # fmt: skip
        with database.unit("attack") as unit:
            assert unit.run(sa.text("UPDATE obligation SET open_minor = 0 WHERE number = :n"),
                            {"n": others.number}) == 0  # fmt: skip
        with database.unit("nobody") as unit, database.reaching(NOTHING, unit):
            assert unit.value(sa.text("SELECT count(*) FROM obligation")) == 0


# ---- the flows check nothing -------------------------------------------------------------------

SUSPECT = ("suspic", "alert", "sanction", "screening", "no_trade", "not_said", '"outcome":"held"')
MARKS = {
    "CA": ("invoice o2", "invoice o3", "invoice o4", "invoice o6", "invoice o8", "held A2",
           "Aster Foods", "Arnica Devices", "Bakul Mills", "Banyan Tea", "Brahmi Labs", *SUSPECT),
    "SA": ("invoice o2", "held A2", "Aster Foods", "Bakul Mills", *SUSPECT),
    "CB": ("invoice o2", "invoice o4", "invoice o5", "invoice o6", "invoice o7", "invoice o8",
           "Alder Pharma", "Aster Foods", "Arnica Devices", "Banyan Tea", "Brahmi Labs", *SUSPECT),
    "XA": ("invoice o8", "Bakul Mills", "Banyan Tea", "Brahmi Labs", *SUSPECT),
    "N1": ("invoice o", "held A", "Alder Pharma", "Aster Foods", "Bakul Mills", *SUSPECT),
    "D1": ("invoice o", *SUSPECT),
    "O1": SUSPECT,
    "T1": SUSPECT,
    "XX": SUSPECT,
}
"""What no answer to each may say, whatever they ask: rows of others, names, the gate's reasons."""

MAY_BE_WRITTEN = {
    "verdict", "audit_entry", "request_done", "outbox", "trade_terms", "session", "filing",
    "obligation_event", "job",
}  # fmt: skip
"""Where rows come of what somebody does that they do not see themselves."""


@pytest.fixture
def unchecked(made: MadeService, monkeypatch: pytest.MonkeyPatch) -> MadeService:
    """The service, with everybody let do everything, of every firm and side."""
    for who in MARKS:
        made.desk(who)
    monkeypatch.setattr(Actor, "scope", lambda self, permission: Scope(everything=True))
    monkeypatch.setattr(Actor, "may", lambda self, permission: permission in PERMISSIONS)
    monkeypatch.setattr(Scope, "reaches", lambda self, firm, side: True)
    return made


@pytest.mark.parametrize("who", MARKS)
def test_the_wall_holds_where_the_flows_check_nothing(unchecked: MadeService, who: str) -> None:
    """Every request of the matrix of rights, from one who may nothing of it: no answer says what
    is another's, and whatever changed in the database is theirs or the house's note of it."""
    made, leaks, tried = unchecked, list[Any](), 0
    reach = reach_of(Actor(who, tuple(GRANTS[who])))
    before = rows_seen(made, WHOLE)
    for case in cases(made):
        answer = made.desk(who).send(case.method, case.path, case.body)
        tried += 1
        asked = f"{case.path} {case.body}"
        leaks += [
            (case.method, case.path, answer.status_code, mark) for mark in MARKS[who]
            if mark.lower() in answer.text.lower() and mark not in asked
        ]  # fmt: skip
    assert leaks[:5] == []
    assert tried > 70
    if "house" in reach.words:
        return
    after, seen = rows_seen(made, WHOLE), rows_seen(made, reach)
    changed = {
        name: rows - before[name] - seen[name] for name, rows in after.items()
        if rows - before[name] - seen[name]
    }  # fmt: skip
    assert changed.keys() <= MAY_BE_WRITTEN, changed


def test_the_wall_takes_nothing_from_who_may(
    made: MadeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a run is final, each answer to everybody is the same behind the wall as without it."""
    made.made.run_to_final()
    take, differ, tried = type(made.house.database).take_reach, list[Any](), 0
    for who in GRANTS:
        desk = made.desk(who)
        for case in cases(made):
            if case.method != "GET" or case.route in ("/audit", "/metrics"):
                continue
            walled = desk.get(case.path)
            with monkeypatch.context() as patch:
                patch.setattr(type(made.house.database), "take_reach",
                              lambda self, _reach: take(self, WHOLE))  # fmt: skip
                free = desk.get(case.path)
            tried += 1
            is_zip = "zip" in walled.headers["content-type"]  # its files bear the time they are of
            if walled.status_code != free.status_code or not (is_zip or walled.text == free.text):
                differ.append((who, case.path, walled.text[:200], free.text[:200]))
    assert differ[:3] == []
    assert tried > 700


def test_a_change_the_wall_keeps_back_is_no_silence(made: MadeService) -> None:
    """A firm's reach changes its own obligation, and is told that it does not change another's."""
    database, number = made.house.database, "SELECT number FROM obligation WHERE "
    with database.read() as unit:
        a1 = unit.value(sa.text("SELECT number FROM participant WHERE id = 'A1'"))
        own = unit.value(sa.text(f"{number} {a1} IN (debtor, creditor)"))
        others = unit.value(sa.text(f"{number} {a1} NOT IN (debtor, creditor)"))
    with database.reaching(CLERK), database.unit("test") as unit:
        assert change(unit, obligation, {"number": own}, flags=0) == 1
        assert change(unit, obligation, {"number": others}, or_none=True, flags=0) == 0
        with pytest.raises(Forbidden) as refused:
            change(unit, obligation, {"number": others}, flags=0)
    assert refused.value.code == "BeyondRights"
