# SPDX-License-Identifier: Apache-2.0
"""Signing on at a provider on PostgreSQL, as the role that does not own the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import postgres
from tests.made_provider import SECRET
from tests.made_service import GRANTS, MadeService, worked_service
from tests.security.test_sign_on import made as made
from tests.security.test_sign_on import provider as provider
from tests.security.test_sign_on import (
    test_a_code_is_asked_for_where_it_took_one_factor,  # noqa: F401
)
from tests.security.test_sign_on import (
    test_an_answer_serves_once_and_in_its_browser as test_an_answer_serves_once_and_in_its_browser,
)
from tests.security.test_sign_on import (
    test_links_are_made_by_another_person as test_links_are_made_by_another_person,
)
from tests.security.test_sign_on import test_nobody_is_provided_for as test_nobody_is_provided_for
from tests.security.test_sign_on import (
    test_whoever_is_linked_comes_in as test_whoever_is_linked_comes_in,
)

from skontro.flow.identity import SECRET_FILE


@pytest.fixture(scope="module")
def house(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MadeService]:
    name = postgres.make_house_database(postgres_server)
    found = worked_service(
        tmp_path_factory.mktemp("sign-on") / "house", sign_in_minute=10**6,
        database=postgres_server.url(name, postgres.APPLICATION),
    )  # fmt: skip
    found.admit("O1")
    found.give("O1", GRANTS["O1"])
    found.admit("N2")
    (found.house.folder / SECRET_FILE).write_text(f"{SECRET}\n")
    yield found
    found.house.close()
    postgres.drop_database(postgres_server, name)
