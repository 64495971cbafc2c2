# SPDX-License-Identifier: Apache-2.0
"""What belongs to another firm or another person is not there: not one word of it is told."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.made_service import GRANTS, Desk, MadeService, worked_service
from tests.security.test_auditor import close
from tests.security.test_rights import BODIES

PROGRAM = "KA"
"""A program of A1, with a clerk's rights."""
NONE = 99_999
"""A number that nothing has."""
MARKS = ("books-of-b1", "ledger of b1", "order-of-b1", "an-outage-of-a2", "bakul")
"""Words that stand in what belongs to others, and nowhere else."""
HOUSE = ("P1", "P2", "O1")
FIRST = ("CA", "SA", PROGRAM)
"""Who works for A1, a program among them."""


class Thing(NamedTuple):
    """Something that belongs to somebody.

    Attributes:
        route: Where routes about it begin.
        number: Its number, or the id of a key.
        owner: Whose it is: they see it.
        sees: Who else may see it.
        listed: Where it is listed.
    """

    route: str
    number: str
    owner: str
    sees: tuple[str, ...]
    listed: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeService]:
    """The worked example, run, paid and closed, so that there is a payment file."""
    found = worked_service(tmp_path_factory.mktemp("others") / "house", rate_minute=10**6)
    found.admit_all()
    found.made.run_to_final()
    close(found.made)
    yield found
    found.house.close()


@pytest.fixture(scope="module")
def desks(made: MadeService) -> dict[str, Desk]:
    found = {who: made.desk(who) for who in GRANTS}
    found[PROGRAM] = made.program("participant_clerk", "A1")
    return found


@pytest.fixture(scope="module")
def things(made: MadeService, desks: dict[str, Desk]) -> list[Thing]:
    """One of each kind: of firm B1, of the person P1, of compliance, of the house."""
    clerk, maker = desks["CB"], desks["P1"]
    hook = clerk.post("/webhooks", {"firm": "B1", "url": "http://127.0.0.1:9/books-of-b1",
                                    "events": ["cycle.final"]}).json()["number"]  # fmt: skip
    ends = made.house.wall.now() + datetime.timedelta(days=9)
    key = made.house.access.make_key("P1", "ledger of B1", "participant_clerk", "B1", ends)["id"]
    upload = clerk.post("/documents", {
        "files": [{"name": "order-of-b1.xml", "data": "PGEvPg=="}]
    }).json()["number"]  # fmt: skip
    (job,) = clerk.get("/jobs").json()["items"]
    draft = maker.post("/acts", {"kind": "participant.suspend", "participant": "A2",
                                 "reason": "an-outage-of-A2"}).json()["number"]  # fmt: skip
    file = maker.get("/bank/payment-files").json()["items"][0]["id"]
    made.made.import_list([("Bakul Mills", "")])
    while made.house.jobs.work_next("w", but=("documents.read",)):
        pass
    case = desks["M1"].get("/gate/cases").json()["items"][0]["case"]
    return [
        Thing("/webhooks/{number}", str(hook), "CB", (*HOUSE, "D1"), "/webhooks"),
        Thing("/keys/{key}", key, "P1", ("P2", "D1"), "/keys"),
        Thing("/documents/uploads/{number}", str(upload), "CB", HOUSE, "/documents/uploads"),
        Thing("/jobs/{number}", str(job["number"]), "CB", HOUSE, "/jobs"),
        Thing("/acts/{number}", str(draft), "P1", (), "/acts"),
        Thing("/gate/cases/{number}", str(case), "M1", ("K1",), "/gate/cases"),
        Thing("/bank/payment-files/{number}", str(file), "P1",
              (*HOUSE, "T1", "M1", "K1", "XA", "XX"), "/bank/payment-files"),
    ]  # fmt: skip


def asked(made: MadeService, thing: Thing) -> Iterator[tuple[str, str, Any]]:
    """Yield every request of the description about something: method, path, body."""
    for route, methods in made.service.api.openapi()["paths"].items():
        if not route.startswith(thing.route):
            continue
        for method in methods:
            body = BODIES[route][0][0] if method == "post" else None
            path = route.replace("{delivery}", "1")
            yield method.upper(), path, body


def at(path: str, number: object) -> str:
    return re.sub(r"\{\w+\}", str(number), path)


def told(answer: Any, number: object) -> tuple[int, str]:
    """An answer without the number that was asked for."""
    return answer.status_code, re.sub(rf"(?<!\w){number}(?!\w)", "#", answer.text)


def test_each_is_there_for_its_owner(desks: dict[str, Desk], things: list[Thing]) -> None:
    """So that what follows does not speak of what is not there."""
    for thing in things:
        listed = desks[thing.owner].get(thing.listed)
        assert listed.status_code == 200, thing
        names = [str(one.get(name)) for one in listed.json()["items"]
                 for name in ("number", "id", "case")]  # fmt: skip
        assert thing.number in names, thing
    own = " ".join(desks[who].get(path).text.lower() for who, path in (
        ("CB", "/webhooks"), ("P1", "/keys"), ("P1", at("/acts/{number}", things[4].number)),
        ("M1", at("/gate/cases/{number}", things[5].number)),
    ))  # fmt: skip
    assert [one for one in MARKS if one not in own] == ["order-of-b1"]  # told once it is read


def test_of_others_not_a_word_is_told(
    made: MadeService, desks: dict[str, Desk], things: list[Thing]
) -> None:
    """Goal: whoever may not see something gets 403 or 404 at each of its routes, and nothing of it.

    Method: every route of the description that begins with it, from everybody who may not see it:
    the answer is, but for the number, that of a number that nothing has, so that one does not even
    learn that it is there. Only of an act, whose numbers are one after the other, is that told
    apart. Lists do not have it. It then is what it was.
    """
    tried = 0
    for thing in things:
        before = desks[thing.owner].get(thing.listed).text
        others = [who for who in desks if who != thing.owner and who not in thing.sees]
        assert len(others) > 4, thing
        for method, path, body in asked(made, thing):
            for who in others:
                answer = desks[who].send(method, at(path, thing.number), body)
                seen = (who, method, path, answer.status_code, answer.text[:200])
                assert answer.status_code in (403, 404), seen
                assert [one for one in MARKS if one in answer.text.lower()] == [], seen
                none = desks[who].send(method, at(path, NONE), body)
                if not path.startswith("/acts/"):
                    assert told(answer, thing.number) == told(none, NONE), seen
                tried += 1
        for who in others:
            listed = desks[who].get(thing.listed)
            assert listed.status_code in (200, 403, 404), (who, thing)
            assert [one for one in MARKS if one in listed.text.lower()] == [], (who, thing)
        assert desks[thing.owner].get(thing.listed).text == before, thing
    assert tried > 150


def test_a_signatory_works_on_keys_of_the_own_firm_alone(
    made: MadeService, desks: dict[str, Desk], things: list[Thing]
) -> None:
    other = things[1].number
    refused = desks["SA"].send("DELETE", f"/keys/{other}")
    assert (refused.status_code, refused.json()["code"]) == (404, "NoSuchKey")
    assert other not in desks["SA"].get("/keys").text
    wanted = {"label": "own", "role": "participant_clerk", "ends_at": "2027-01-01T00:00:00Z"}
    own = desks["SA"].post("/keys", wanted | {"firm": "A1"})
    assert own.status_code == 201, own.text
    assert desks["SA"].post("/keys", wanted | {"firm": "B1"}).status_code == 403
    assert desks["SA"].send("DELETE", f"/keys/{own.json()['id']}").status_code == 200
    keys = made.house.access.keys(["A1", "B1"])
    ended = {one["id"]: bool(one["ended_at"]) for one in keys}
    assert (ended[own.json()["id"]], ended[other]) == (True, False)
