# SPDX-License-Identifier: Apache-2.0
"""Who somebody is at the house's provider: linked by another person, in a form."""

from __future__ import annotations

import pytest
from tests.made_service import GRANTS, MadeService, go_by_rules, worked_service
from tests.unit.console.test_console import Window

from skontro.house.sign_on import SignOn


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("links") / "house")
    for who in ("D1", "O1", "CA"):
        found.admit(who)
        found.give(who, GRANTS[who])
    return found


def with_provider(made: MadeService, said: SignOn | None) -> None:
    go_by_rules(made.house, sign_on=said)


def test_linked_and_ended_in_a_form(made: MadeService) -> None:
    """Nobody links themselves; a subject is one person's; without a provider there is no form."""
    window = Window(made, "D1")
    with_provider(made, None)
    assert "name no provider" in window.get("/people/O1").text
    with_provider(made, SignOn("our provider", "https://provider.example", "skontro"))
    assert 'href="/console/people/O1"' in window.get("/people").text
    answer = window.send("/people/O1/links", "/people/O1", subject="s-1")
    assert ("Linked." in answer.text, "s-1" in answer.text) == (True, True)
    (link,) = made.house.access.sign_on.links("O1")
    assert (link["subject"], link["made_by"]) == ("s-1", "D1")
    taken = window.send("/people/CA/links", "/people/CA", subject="s-1")
    assert taken.status_code == 422
    assert ("somebody&#39;s already" in taken.text, 'value="s-1"' in taken.text) == (True, True)
    own = window.get("/people/D1").text
    assert "Nobody links themselves" in own
    assert 'name="subject"' not in own
    mine = window.send("/people/D1/links", "/people/O1", subject="s-2")
    assert "nobody links themselves" in mine.text
    assert made.house.access.sign_on.links("D1") == []
    ended = window.send("/people/O1/links/end", "/people/O1")
    assert ("The links are ended" in ended.text, "Not linked." in ended.text) == (True, True)
    entries = made.house.audit.entries(caller="D1", most=1000)
    assert ("person O1", "s-1") in [(one["subject"], one["after"] and "s-1") for one in entries
                                    if "s-1" in one["after"]]  # fmt: skip
    assert window.get("/people/nobody").status_code == 404


def test_who_may_not_link_sees_no_form(made: MadeService) -> None:
    for who in ("O1", "CA"):
        window = Window(made, who)
        assert window.get("/people/D1").status_code == 403
        answer = window.send("/people/D1/links", "/login", subject="x", once="o")
        assert "may not" in answer.text
    assert made.house.access.sign_on.links("D1") == []
