# SPDX-License-Identifier: Apache-2.0
"""Logins, sessions, keys and enrolment on PostgreSQL, as the role that does not own the tables.

The same tests as on SQLite, behind row security: a write that the wall lets nobody do is no error
there, it changes no row. (It was so for one's own sessions, which did not end.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa
from tests import postgres
from tests.made_service import GRANTS, PASSWORD, Desk, MadeService, worked_service
from tests.security.test_sessions import (
    test_a_change_of_roles_counts_at_once as test_a_change_of_roles_counts_at_once,
)
from tests.security.test_sessions import (
    test_another_password_ends_the_other_sessions as test_another_password_ends_the_other_sessions,
)
from tests.security.test_sessions import (
    test_sessions_end_at_once_for_whoever_is_out as test_sessions_end_at_once_for_whoever_is_out,
)
from tests.security.test_sessions import (
    test_signing_out_kills_the_session_on_both_ways,  # noqa: F401
)
from tests.security.test_sessions import (
    test_who_left_has_no_session as test_who_left_has_no_session,
)
from tests.security.test_sessions import (
    test_whoever_is_tried_is_not_told as test_whoever_is_tried_is_not_told,
)
from tests.unit.api.test_service import (
    test_a_code_serves_once_and_wrong_tries_close_the_login,  # noqa: F401
)
from tests.unit.api.test_service import (
    test_a_session_left_idle_or_too_long_ends as test_a_session_left_idle_or_too_long_ends,
)
from tests.unit.api.test_service import (
    test_an_invitation_serves_once as test_an_invitation_serves_once,
)
from tests.unit.api.test_service import test_keys_of_programs as test_keys_of_programs
from tests.unit.console.test_console import PAGES, Window

from skontro.core.errors import SkontroError
from skontro.ops.keys import SigningKey
from skontro.store.walls import WALLS


@pytest.fixture(scope="module")
def made(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MadeService]:
    """The worked example on PostgreSQL; nothing reaches further than whoever asks."""
    name = postgres.make_house_database(postgres_server)
    found = worked_service(
        tmp_path_factory.mktemp("door") / "house",
        database=postgres_server.url(name, postgres.APPLICATION),
        rate_minute=10**6,
        sign_in_minute=10**6,
    )
    found.admit_all()
    yield found
    found.house.close()
    postgres.drop_database(postgres_server, name)


@pytest.mark.parametrize("who", GRANTS)
def test_everybody_ends_their_own_sessions(made: MadeService, who: str) -> None:
    """In whichever role: signing out of all, and of the one."""
    for method, path in (("POST", "/sessions/end"), ("DELETE", "/session")):
        desk = Desk(made.service).sign_in(made.made, who)
        assert len(desk.get("/sessions").json()["items"]) >= 1
        body = {"password": PASSWORD} if method == "POST" else None
        assert desk.send(method, path, body).status_code in (200, 204), path
        assert desk.get("/session").status_code == 401, path


def test_ones_own_name_counts_for_little_in_a_password(made: MadeService) -> None:
    """Names stand in the register; at the door they are read, whoever comes in."""
    key = SigningKey.new().public_key
    made.made.both(made.house.people.propose_person(
        "Z9", "Wilhelmina Quackenbush", "passport NL Z9", key, [], "P1", made.made.keys["P1"],
    ))  # fmt: skip
    body = {"invitation": made.house.access.invite("Z9"), "password": "wilhelmina quackenbush"}
    answer = made.desk().post("/enrolment", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "WeakPassword")
    assert made.desk().post("/enrolment", body | {"password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("who", [one for one in GRANTS if one != "N1"])
def test_every_page_answers_or_refuses_in_words(made: MadeService, who: str) -> None:
    window = Window(made, who)
    for page in PAGES:
        answer = window.get(page)
        assert answer.status_code in (200, 403, 404), (page, answer.text)
        assert "</html>" in answer.text


def test_no_reach_is_left_on_a_connection(made: MadeService) -> None:
    """After units that ended well, that failed in Python and that the database refused: a plain
    statement on each connection of the pool sees no row."""
    database = made.house.database

    def work(statement: str) -> None:
        with database.whole("test") as unit, database.widened("acts", unit):
            unit.all(sa.text(statement))
            if statement.endswith("-- fails"):
                raise ZeroDivisionError

    for statement in ("SELECT 1", "SELECT 1 -- fails", "SELECT 1/0"):
        with suppress(ZeroDivisionError, SkontroError, sa.exc.SQLAlchemyError):
            work(statement)
        connections = [database.engine.connect() for _ in range(4)]
        try:
            for connection in connections:
                for name in WALLS:
                    found = connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar()
                    assert found == 0, (statement, name)
        finally:
            for connection in connections:
                connection.close()
