# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key on every write of the description: missing, used otherwise, in flight."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.made_service import GRANTS, Desk, MadeService, worked_service
from tests.security.test_rights import BODIES, bodies, filled

from skontro.house.roles import ROLES
from skontro.store.rows import count
from skontro.store.schema import act, obligation, program_key, request_done, webhook

COMING_AND_GOING = {
    ("post", "/session"), ("delete", "/session"), ("post", "/session/password"),
    ("post", "/sessions/end"), ("post", "/enrolment"),
}  # fmt: skip
"""Writes of one's own session and login: the only ones without a key."""
BULK = "/obligations/bulk"
ROWS = b"sender,reference,debtor,creditor,currency,amount\nB1,bulk,A1,B1,EUR,2.00\n"
TABLES = (act, obligation, program_key, request_done, webhook)
TO_A1 = {"sender": "B1", "reference": "k1", "debtor": "A1", "creditor": "B1", "amount": "5.00",
         "currency": "EUR"}  # fmt: skip
KEY = {"label": "books", "role": "operator", "ends_at": "2027-01-01T00:00:00Z"}
HOOK = {"firm": "A1", "url": "https://books.example/m", "events": ["cycle.final"]}
PAUSE = {"kind": "cycle.pause", "cycle": "2026-01", "reason": "x"}
FUND = {"kind": "fund", "side": "B", "currency": "INR", "amount": "500.00", "payer": "A Sponsor",
        "bank_reference": "hand-1"}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("keys") / "house", rate_minute=10**6)
    found.admit_all()
    found.admit("G1")
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def there(made: MadeService) -> list[int]:
    """How many rows of each kind there are, and where the journal ends."""
    with made.house.database.read() as unit:
        return [*(count(unit, table) for table in TABLES), made.house.journal.head()[0]]


def who_may(permission: str) -> str:
    """Somebody whose role lets them do it."""
    return next(
        who for who in ("P1", "M1", "CA", "XX") for grant in GRANTS[who]
        if any(name in ROLES[grant.role] for name in permission.split())
    )  # fmt: skip


def test_no_write_is_taken_without_a_key(made: MadeService) -> None:
    """Goal: every write of the description refuses a request without a good key, and does nothing.

    Method: each with a body that is good, from somebody who may; without a key, with an empty one,
    one of two words, one that is too long. What takes no key is told one by one.
    """
    unkeyed, tried = set(), 0
    program = made.program("participant_clerk", "B1")  # many of these go into one unit of work
    before = there(made)
    for route, methods in made.service.api.openapi()["paths"].items():
        for method, described in methods.items():
            if method == "get":
                continue
            if described["tags"] == ["house"]:
                unkeyed.add((method, route))
                continue
            (said,) = (one for one in described["parameters"] if one["in"] == "header"
                       and one["name"] == "Idempotency-Key")  # fmt: skip
            assert said["required"], route
            desk = made.desk(who_may(described["x-permission"]))
            path, subject = next(filled(route, made))
            body: dict[str, Any] = {"content": ROWS}
            if route != BULK:
                body = {"json": bodies(method, route, subject)[0][0]}
            kind = {"Content-Type": "text/csv"} if route == BULK else {}
            for key in ({}, *({"Idempotency-Key": one} for one in ("", "two words", "k" * 201))):
                answer = desk.browser.request(
                    method.upper(), path, headers=desk.headers | kind | key, **body
                )
                assert code(answer) == (400, "RequestKeyMissing"), (method, path, answer.text)
                tried += 1
    assert unkeyed == COMING_AND_GOING
    assert tried >= 4 * len(BODIES)
    bare = program.browser.post("/obligations", json=TO_A1, headers=program.headers)
    assert code(bare) == (400, "RequestKeyMissing")
    assert there(made) == before


@pytest.mark.parametrize(
    ("who", "path", "first", "other"),
    [
        ("P1", "/obligations", TO_A1, TO_A1 | {"amount": "6.00"}),
        ("P1", "/keys", KEY, KEY | {"label": "other books"}),
        ("P1", "/acts", PAUSE, PAUSE | {"reason": "y"}),
        ("P1", "/settlement/moves", FUND, FUND | {"amount": "501.00"}),
        ("CA", "/webhooks", HOOK, HOOK | {"url": "https://books.example/n"}),
        ("CA", "/documents", {"files": [{"name": "m.xml", "data": "PGEvPg=="}]},
         {"files": [{"name": "m.xml", "data": "PGIvPg=="}]}),
    ],
)  # fmt: skip
def test_a_key_serves_one_request(
    made: MadeService, who: str, path: str, first: dict[str, Any], other: dict[str, Any]
) -> None:
    """Another body under the same key is refused, and so is another route; neither has an effect,
    and the first answer is still there."""
    desk, key = made.desk(who), f"one of {who} at {path}".replace(" ", "-")
    answer = desk.post(path, first, key=key)
    assert answer.status_code in (200, 201, 202), answer.text
    before = there(made)
    assert code(desk.post(path, other, key=key)) == (422, "RequestReused")
    elsewhere = desk.send("DELETE", "/webhooks/1" if who == "CA" else "/keys/none", key=key)
    assert code(elsewhere) == (422, "RequestReused")
    again = desk.post(path, first, key=key)
    assert again.status_code == answer.status_code
    assert again.headers["idempotent-replayed"] == "true"
    assert there(made) == before


@pytest.mark.parametrize(
    ("noun", "name", "who", "path", "body", "table"),
    [
        ("access", "make_key", "P1", "/keys", KEY, program_key),
        ("webhooks", "make", "CA", "/webhooks", HOOK, webhook),
        ("obligations", "register", "P2", "/obligations",
         TO_A1 | {"reference": "slow", "amount": "9.00"}, obligation),
    ],
)  # fmt: skip
def test_what_is_under_way_is_not_begun_again(
    made: MadeService, monkeypatch: pytest.MonkeyPatch, noun: str, name: str, who: str, path: str,
    body: dict[str, Any], table: Any,
) -> None:  # fmt: skip
    """One thread is held within the effect; the same key from another hears that it is under way,
    whatever it asks for. The first one then comes to its end, once."""
    inside, go_on = threading.Event(), threading.Event()
    one = getattr(made.house, noun)
    works = getattr(one, name)

    def held(*given: Any, **named: Any) -> Any:
        inside.set()
        assert go_on.wait(30)
        return works(*given, **named)

    monkeypatch.setattr(one, name, held)
    first, second = made.desk(who), Desk(made.service)
    second.headers = first.headers
    second.browser.cookies.update(first.browser.cookies)
    with made.house.database.read() as unit:
        before = count(unit, table)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(first.post, path, body, key="slow")
        try:
            assert inside.wait(30)
            for said in (body, {**body, "reference": "another"} if "reference" in body else body):
                meanwhile = second.post(path, said, key="slow")
                assert code(meanwhile) == (409, "RequestInFlight")
        finally:
            go_on.set()
        answer = asked.result(30)
    assert answer.status_code == 201, answer.text
    again = second.post(path, body, key="slow")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    with made.house.database.read() as unit:
        assert count(unit, table) == before + 1
