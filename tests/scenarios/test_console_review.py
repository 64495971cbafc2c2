# SPDX-License-Identifier: Apache-2.0
"""What the console shows of a held obligation, to every role, on every page a link leads to."""

from __future__ import annotations

import html
import re
from collections import deque

import pytest
from tests.made_house import DATES
from tests.made_service import MadeService
from tests.scenarios.test_house_review import REVIEW, held_house
from tests.scenarios.test_service_review import ASKED, TOLD, service_of
from tests.unit.console.test_console import Window

LINK = re.compile(r'href="/console(/[^"#]*)"')
PLAIN = re.compile(
    r'role="alert"|Cut off: freeze the set|frozen_digest|frozen digest|frozen set|'
    r"what is in a cycle is frozen|"
    r"see what the gate holds, and why; lists, packs, alerts|"
    r"make good what was final by opposite obligations, on an authority's order|Bakul Mills",
)
"""What stands on pages whether something is held or not."""
MOST = 120


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, MadeService]:
    kinds = ("alerted", "confirmed")
    return {kind: service_of(held_house(tmp_path_factory.mktemp("held"), kind)) for kind in kinds}


def walked(window: Window) -> dict[str, str]:
    """Every page that can be come to from the first one by its links."""
    waiting, seen = deque(["/"]), dict[str, str]()
    while waiting and len(seen) < MOST:
        path = waiting.popleft()
        if path in seen or path.startswith("/static/"):
            continue
        answer = window.get(path)
        assert answer.status_code < 500, (path, answer.text)
        seen[path] = answer.text
        waiting.extend(html.unescape(one) for one in LINK.findall(answer.text))
    return seen


def test_every_page_shows_house_review_and_nothing_more(
    services: dict[str, MadeService],
) -> None:
    """Goal: on no page does anybody but compliance learn more than that the house reviews
    something. Method: from the first page every link is followed in every role, and the pages of
    compliance are asked for by address; what is shown is searched for words.
    """
    served = services["alerted"]
    number = served.made.number["o1"]
    for who in ASKED:
        window = Window(served, who)
        pages = walked(window)
        assert len(pages) > 5, (who, list(pages))
        for path in ("/gate", "/gate/held", "/gate/lists", "/gate/licences", "/gate/customs",
                     "/gate/reach?firm=B1", "/gate/final", f"/gate/final?cycle={DATES.id}",
                     "/gate/without", "/gate/cases/1", "/jobs", "/webhooks",
                     f"/obligations/{number}/trail", f"/cycles/{DATES.id}/settlement",
                     "/acts/new/case.decide?case=1", f"/obligations/{number}"):  # fmt: skip
            answer = window.get(path)
            assert not path.startswith("/gate") or answer.status_code == 403, (who, path)
            pages[path] = answer.text
        for path, text in pages.items():
            found = TOLD.search(PLAIN.sub("", text))
            told = found and found.string[max(0, found.start() - 120) : found.end() + 40]
            assert found is None, (ASKED[who], path, told)
    assert REVIEW in Window(served, "CA").get(f"/obligations/{number}").text


def test_a_clerk_sees_the_same_page_for_every_kind_of_hold(
    services: dict[str, MadeService],
) -> None:
    for who in ("CA", "CB"):
        shown = {
            re.sub(r'value="[^"]*"', "", re.sub(r"<time>[^<]*</time>", "",
                   Window(served, who).get(f"/obligations/{served.made.number['o1']}").text))
            for served in services.values()
        }  # fmt: skip
        assert len(shown) == 1


def test_compliance_sees_both_sides_and_drafts_a_decision(services: dict[str, MadeService]) -> None:
    served = services["alerted"]
    window = Window(served, "M1")
    page = window.get("/gate/cases/1").text
    assert page.count("Bakul Mills") >= 2, "the party's name and the entry's stand side by side"
    assert re.search(r"for \+\d+", page)
    assert window.get("/gate/lists").text.count("in force") >= 1
    for path in ("/gate", "/gate/held", "/gate/licences", "/gate/customs", "/gate/without",
                 "/gate/final", f"/gate/final?cycle={DATES.id}",
                 "/gate/reach?firm=B1"):  # fmt: skip
        assert window.get(path).status_code == 200, path
    refused = window.send("/gate/cases/1/decision", "/gate/cases/1", decision="not the same",
                          reason=" ")  # fmt: skip
    assert (refused.status_code, "needs a reason" in refused.text) == (422, True)
    drafted = window.send("/gate/cases/1/decision", "/gate/cases/1", decision="not the same",
                          reason="another year of founding")  # fmt: skip
    assert drafted.url.path.startswith("/console/acts/")
    assert "another year of founding" in drafted.text
    number = int(drafted.url.path.rsplit("/", 1)[1])
    act = served.house.people.find_act(number)
    assert (act["kind"], act["state"], act["maker"]) == ("case.decide", "drafted", "M1")
    assert "open" in window.get("/gate/cases/1").text, "a draft decides nothing"
    mine = Window(served, "O1").get(drafted.url.path.removeprefix("/console"))
    assert mine.status_code == 404, "nobody else is told that there is a decision"
