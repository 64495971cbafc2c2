# SPDX-License-Identifier: Apache-2.0
"""Sessions, what surrounds a request, and the routes of the worked example."""

from __future__ import annotations

import datetime
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import pytest
from tests.made_service import PASSWORD, URL, Desk, MadeService, worked_service

from skontro.api.shield import POLICY
from skontro.flow.times import from_text
from skontro.house.states import FLAGS
from skontro.ops.clock import SetClock
from skontro.store.rows import find_all
from skontro.store.schema import metadata, program_key

NEW = {
    "sender": "B1", "reference": "n1", "debtor": "A1", "creditor": "B1", "amount": "5.00",
    "currency": "EUR",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("service") / "house")
    found.admit("CA")
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_what_takes_nobody_answers_anybody(made: MadeService) -> None:
    nobody = made.desk()
    assert nobody.get("/healthz").json() == {"status": "ok"}
    assert nobody.get("/readyz").json() == {"status": "ok"}
    assert code(nobody.get("/house")) == (401, "NotSignedIn")
    assert code(nobody.get("/nowhere")) == (404, "NoSuchPage")
    assert code(nobody.send("PUT", "/house")) == (405, "MethodNotAllowed")


def test_every_answer_binds_the_browser(made: MadeService) -> None:
    for path in ("/healthz", "/house", "/nowhere", "/openapi.json", "/problems/NotSignedIn"):
        headers = made.desk().get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
    assert "unsafe" not in POLICY
    assert "strict-transport-security" not in headers


def test_over_tls_cookies_travel_over_nothing_else(tmp_path: Path) -> None:
    made = worked_service(tmp_path / "house", url="https://clearing.example")
    desk = Desk(made.service)
    made.house.access.set_login("P1", PASSWORD)
    answer = desk.browser.post("/session", json={
        "person": "P1", "password": PASSWORD, "code": made.house.access.code_now("P1"),
    })  # fmt: skip
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-skontro=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_session_begins_and_ends(made: MadeService) -> None:
    desk = Desk(made.service).sign_in(made.made, "P2")
    me = desk.get("/session").json()
    assert me["id"] == "P2"
    assert [one["role"] for one in me["roles"]] == ["admin", "operator", "treasurer"]
    assert desk.get("/house").status_code == 200
    assert desk.send("DELETE", "/session").status_code == 200
    assert code(desk.get("/house")) == (401, "NotSignedIn")


def test_a_code_serves_once_and_wrong_tries_close_the_login(made: MadeService) -> None:
    """The same code again is refused; after five wrong tries the right one is as well, in the same
    words; set anew, the login is open."""
    access = made.house.access
    secret = access.set_login("CA", PASSWORD)["secret"]
    code_now = access.code_now("CA")
    ask = Desk(made.service).browser
    body = {"person": "CA", "password": PASSWORD, "code": code_now}
    assert ask.post("/session", json=body).status_code == 200
    assert code(ask.post("/session", json=body)) == (401, "NotSignedIn")
    for _ in range(4):
        assert code(ask.post("/session", json=body | {"password": "x" * 20})) == (
            401, "NotSignedIn",
        )  # fmt: skip
    new = access._code(secret, access._step())
    assert code(ask.post("/session", json=body | {"code": new})) == (401, "NotSignedIn")
    entries = made.house.audit.entries(caller="CA", outcome="refused", most=100)
    assert entries[-1]["code"] == "TooManyTries"
    access.set_login("CA", PASSWORD)
    new = access.code_now("CA")
    assert ask.post("/session", json=body | {"code": new}).status_code == 200


def test_a_session_left_idle_or_too_long_ends(made: MadeService) -> None:
    desk = Desk(made.service).sign_in(made.made, "P2")
    wall = made.house.wall
    moved = SetClock(wall.now())
    made.house.wall = moved
    try:
        for _ in range(25):
            moved.move(minutes=29)
            found = desk.get("/session")
            if found.status_code != 200:
                break
        assert 12 * 60 <= (moved.now() - wall.now()).total_seconds() / 60 < 12 * 60 + 31
        other = Desk(made.service).sign_in(made.made, "P2")
        moved.move(minutes=31)
        assert code(other.get("/session")) == (401, "NotSignedIn")
    finally:
        made.house.wall = wall


def test_a_page_elsewhere_changes_nothing(made: MadeService) -> None:
    desk = made.desk("P1")
    for headers in (
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 40},
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = desk.post("/obligations", NEW | {"reference": "forged"}, **headers)
        assert code(answer) == (403, "ForgedRequest"), headers
    answer = desk.post("/matchings", Origin=URL, **{"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200


def test_a_day_or_a_time_that_is_none_is_refused(made: MadeService) -> None:
    """Found by made-up requests: of the right form, and in no calendar."""
    desk = made.desk("P1")
    body = {"kind": "participant.default", "participant": "A1", "reason": "default",
            "opened_at": "7068-54-01T02749+00:00"}  # fmt: skip
    assert code(desk.post("/acts", body)) == (422, "InvalidRequest")
    assert code(desk.post("/obligations", NEW | {"due_date": "2026-02-30"})) == (
        422, "InvalidRequest",
    )  # fmt: skip
    assert code(desk.get("/obligations?due_from=2026-13-01")) == (422, "InvalidRequest")


def test_an_invitation_serves_once(made: MadeService) -> None:
    made.admit("I1")
    assert code(made.desk("P1").post("/people/P1/invitation")) == (403, "NotPermitted")
    answer = made.desk("P1").post("/people/I1/invitation", key="invite-1")
    invitation = answer.json()["invitation"]
    again = made.desk("P1").post("/people/I1/invitation", key="invite-1")
    assert again.json()["invitation"] == "(shown once)"
    nobody = made.desk()
    body = {"invitation": invitation, "password": PASSWORD}
    assert code(nobody.post("/enrolment", body | {"password": "short"})) == (422, "WeakPassword")
    assert nobody.post("/enrolment", body).json()["uri"].startswith("otpauth://totp/")
    assert code(nobody.post("/enrolment", body)) == (403, "BadInvitation")
    assert code(nobody.post("/enrolment", body | {"invitation": invitation[:-6] + "AAAAAA"})) == (
        403, "BadInvitation",
    )  # fmt: skip


def test_one_request_one_effect(made: MadeService) -> None:
    desk = made.desk("P1")
    first = desk.post("/obligations", NEW, key="once")
    assert first.status_code == 201
    again = desk.post("/obligations", NEW, key="once")
    assert (again.status_code, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    other = desk.post("/obligations", NEW | {"amount": "6.00"}, key="once")
    assert code(other) == (422, "RequestReused")
    bare = desk.browser.post("/obligations", json=NEW, headers=desk.headers)
    assert code(bare) == (400, "RequestKeyMissing")
    # Another caller's keys are their own.
    assert made.desk("P2").post("/obligations", NEW | {"reference": "n2"}, key="once").json()[
        "number"
    ] == first.json()["number"] + 1


def test_what_was_refused_can_be_asked_again(made: MadeService) -> None:
    desk = made.desk("P1")
    wrong = desk.post("/obligations", NEW | {"debtor": "nobody"}, key="mended")
    assert code(wrong) == (422, "UnknownParticipant")
    body = NEW | {"reference": "mended"}
    assert desk.post("/obligations", body, key="mended").status_code == 201


def test_pages_go_on_where_they_ended(made: MadeService) -> None:
    desk = made.desk("P1")
    numbers, path = [], "/obligations?limit=3&state=confirmed"
    while True:
        page = desk.get(path).json()
        numbers += [one["number"] for one in page["items"]]
        if page["next"] is None:
            break
        path = f"/obligations?limit=3&state=confirmed&cursor={page['next']}"
    assert numbers == sorted(made.made.number.values())
    cursor = path.rsplit("=", 1)[1]
    assert code(desk.get(f"/obligations?limit=3&cursor={cursor}")) == (400, "BadCursor")
    other = made.desk("P2").get(f"/obligations?limit=3&state=confirmed&cursor={cursor}")
    assert code(other) == (400, "BadCursor")
    assert code(desk.get(f"/obligations?state=confirmed&cursor=A{cursor[1:-1]}B")) == (
        400, "BadCursor",
    )  # fmt: skip


def test_filters(made: MadeService) -> None:
    def ids(query: str) -> set[int]:
        found = made.desk("P1").get(f"/obligations?{query}").json()["items"]
        return {one["number"] for one in found if one["document"]}

    number = made.made.number
    assert ids("currency=AED") == {number["o4"]}
    assert ids("debtor=A3&currency=EUR") == {number["o6"], number["o7"]}
    assert ids("party=B3") == {number["o4"], number["o6"], number["o8"]}
    assert ids("due_from=2026-01-12&due_until=2026-01-20") == {
        number["o2"], number["o4"], number["o5"],
    }  # fmt: skip
    assert code(made.desk("P1").get("/obligations?state=none")) == (422, "InvalidOptions")
    assert code(made.desk("P1").get("/obligations?due_from=2026-02-30")) == (422, "InvalidRequest")


def test_tags_say_whether_something_changed(made: MadeService) -> None:
    """An answer that has not changed is not sent again; a change of what changed is refused."""
    desk = made.desk("P1")
    body = NEW | {"reference": "tagged", "amount": "7.00"}
    number = desk.post("/obligations", body).json()["number"]
    path = f"/obligations/{number}"
    tag = desk.get(path).headers["etag"]
    assert desk.get(path, **{"If-None-Match": tag}).status_code == 304
    reason = {"by": "A1", "reason": "not delivered"}
    stale = desk.post(f"{path}/dispute", reason, **{"If-Match": '"0123456789abcdef"'})
    assert code(stale) == (412, "PreconditionFailed")
    assert desk.get(path).json()["state"] == "registered"
    done = desk.post(f"{path}/dispute", reason, **{"If-Match": tag})
    assert (done.status_code, done.json()["state"]) == (200, "disputed")
    assert desk.get(path, **{"If-None-Match": tag}).status_code == 200
    assert desk.get(path).json()["events"][-1]["event"] == "dispute"


def test_a_party_or_the_house_keeps_one_out(made: MadeService) -> None:
    """Whoever set a flag clears it: a firm's own, or the house's where no party is named."""
    house, firm = made.desk("P1"), made.program("participant_clerk", "A1")
    told = house.post("/obligations", NEW | {"reference": "flagged"}).json()
    path = f"/obligations/{told['number']}/flag"
    said = {"reason": "as the court says", "is_set": True}
    assert firm.post(path, said | {"flag": "factored"}).json()["flags"] == FLAGS["factored"]
    assert house.post(path, said | {"flag": "attached"}).json()["flags"] == sum(FLAGS.values())
    over = {"reason": "over", "is_set": False}
    assert code(house.post(path, over | {"flag": "factored"})) == (403, "NotPermitted")
    assert firm.post(path, over | {"flag": "factored"}).json()["flags"] == FLAGS["attached"]
    assert house.post(path, over | {"flag": "attached"}).json()["flags"] == 0


def test_amounts_are_text_and_exact(made: MadeService) -> None:
    desk = made.desk("P1")
    for amount, why in (("5.001", "TooManyDecimals"), ("0.00", "NonPositiveAmount")):
        answer = desk.post("/obligations", NEW | {"reference": "exact", "amount": amount})
        assert code(answer) == (422, why)
    for amount in (5, 5.0, "1e3", "-5", "1,000.00", "٥"):
        answer = desk.post("/obligations", NEW | {"reference": "exact", "amount": amount})
        assert code(answer) == (422, "InvalidRequest"), amount
    large = "46116860184273879.03"
    answer = desk.post("/obligations", NEW | {"reference": "large", "amount": large})
    found = desk.get(f"/obligations/{answer.json()['number']}").json()
    assert (found["amount"], found["open"]) == (large, large)


def test_every_problem_has_a_page(made: MadeService) -> None:
    problem = made.desk("P1").get("/obligations/999").json()
    assert problem["type"] == "/problems/NoSuchObligation"
    page = made.desk().get(problem["type"])
    assert page.headers["content-type"].startswith("text/html")
    assert "NoSuchObligation" in page.text
    assert "next_step" in made.desk().get("/problems/NewInThisRelease").text
    assert made.desk().get("/problems/nonsense").status_code == 404


SAID = re.compile(
    r'(?:code(?:: str)? ?= ?|(?:refuse|refuse_xml|_fail)\(|_Bad\()\s*\(?\s*"([A-Z]\w+)"'
    r'|return "((?:Zip|Pdf)\w+)"|code="\w+" if [^,]+ else "(\w+)"'
    r'|mark\([^"\n]+, "\w+", "([A-Z]\w+)"\)'
)
"""Where the source says a code: to an error, to what makes one, of a file and of a row."""
OF_THE_GATE = {"Alert"}
"""A reason of a verdict, for compliance alone: no request is refused with it."""


def test_every_code_has_a_page_that_says_what_it_means(root: Path, made: MadeService) -> None:
    """The whole source is read; no code is left with the page that says where to look."""
    from skontro.api.codes import CODES

    texts = [path.read_text("utf-8") for path in (root / "src/skontro").rglob("*.py")]
    used = {name for text in texts for found in SAID.findall(text) for name in found if name}
    assert len(used) > 250
    assert {"AmountTooLarge", "TooManyDecimals", "InvalidOptions"} <= set(CODES)
    assert used - CODES.keys() - OF_THE_GATE == set(), "say in api/codes.py what they mean"
    for name in sorted(CODES):
        page = made.desk().get(f"/problems/{name}").text
        assert html.escape(CODES[name]) in page, name
        assert "next_step" not in page


def test_a_request_that_is_too_large_or_no_json_is_refused(made: MadeService) -> None:
    desk = made.desk("P1")
    headers = desk.headers | {"Idempotency-Key": "x", "Content-Type": "application/json"}
    large = desk.browser.post("/obligations", content=b" " * (1 << 20) + b"{}", headers=headers)
    assert code(large) == (413, "TooLarge")
    for content in (b"{", b'{"sender": "\\ud800"}', b"\xff", b"[]", b"null"):
        answer = desk.browser.post("/obligations", content=content, headers=headers)
        assert answer.status_code in (400, 422), content
        assert answer.headers["content-type"] == "application/problem+json"
    assert "input" not in answer.text


def test_one_who_asks_too_often_is_told_to_wait(tmp_path: Path) -> None:
    made = worked_service(tmp_path / "house", rate_minute=5, sign_in_minute=3)
    program = made.program("participant_clerk", "A1")
    found = [program.get("/house").status_code for _ in range(7)]
    assert found == [200] * 5 + [429] * 2
    assert program.get("/house").headers["retry-after"]
    body = {"person": "P1", "password": "x" * 20, "code": "000000"}
    tries = [made.desk().browser.post("/session", json=body).status_code for _ in range(4)]
    assert tries == [401] * 3 + [429]


def test_a_cycle_goes_step_by_step(tmp_path: Path) -> None:
    """The worked example's cycle to its preliminary run; each step is in the audit log."""
    from tests.made_house import DATES

    made = worked_service(tmp_path / "house")
    desk = made.desk("P1")
    early = desk.post("/cycles/2026-01/steps", {"step": "cut_off"})
    assert code(early) == (409, "TooEarly")
    made.made.until(DATES.cut_off_at)
    assert desk.post("/cycles/2026-01/steps", {"step": "cut_off"}).json()["state"] == "entered"
    assert desk.post("/cycles/2026-01/steps", {"step": "preliminary"}).status_code == 200
    shown = desk.get("/cycles/2026-01").json()
    assert [one["step"] for one in shown["steps"]] == ["cut_off", "preliminary"]
    assert [one["kind"] for one in shown["runs"]] == ["preliminary"]
    log = desk.get("/audit?caller=P1&outcome=done").json()["items"]
    step = next(one for one in log if one["subject"] == "cycle 2026-01: cut_off")
    assert (step["before"]["state"], step["after"]["state"]) == ("open", "entered")
    assert from_text(step["at"]) <= made.house.wall.now()
    nxt = desk.post("/cycles", {"after": "2026-01-30"})
    assert nxt.status_code == 409  # one is under way


def test_keys_of_programs(made: MadeService) -> None:
    """A key is shown once, works for its firm alone, and is refused once it is taken back."""
    desk = made.desk("P1")
    wanted = {"label": "books", "role": "participant_clerk", "firm": "A1",
              "ends_at": "2027-01-01T00:00:00Z"}  # fmt: skip
    made_key = desk.post("/keys", wanted, key="key-1")
    assert made_key.status_code == 201, made_key.text
    assert desk.post("/keys", wanted, key="key-1").json()["key"] == "(shown once)"
    program = Desk(made.service, key=made_key.json()["key"])
    assert program.get("/session").json()["roles"][0]["firm"] == "A1"
    own = NEW | {"sender": "A1", "reference": "p1", "amount": "8.00"}
    assert program.post("/obligations", own).status_code == 201
    assert code(program.post("/obligations", NEW | {"reference": "p2"})) == (403, "BeyondRights")
    assert code(program.post("/acts", {"kind": "person.leave", "person": "P2"})) == (
        403, "BeyondRights",
    )  # fmt: skip
    listed = desk.get("/keys").json()["items"]
    assert made_key.json()["key"].rsplit("_", 1)[1] not in str(listed)
    assert desk.send("DELETE", f"/keys/{made_key.json()['id']}").status_code == 200
    assert code(program.get("/session")) == (401, "NotSignedIn")
    for role in ("admin", "participant_signatory", "compliance_maker"):
        answer = desk.post("/keys", wanted | {"role": role, "firm": ""})
        assert code(answer) == (422, "UnknownRole"), role


def test_a_key_ends_by_itself(made: MadeService) -> None:
    """Good until its end, by the machine's clock, and not a moment longer; the database keeps a
    digest of its secret, and the key itself stands in no table."""
    ends = made.house.wall.now() + datetime.timedelta(days=1)
    text = made.house.access.make_key("P1", "books", "operator", "", ends)["key"]
    _, number, secret = text.split("_", 2)
    program, wall = Desk(made.service, key=text), made.house.wall
    made.house.wall = moved = SetClock(ends - datetime.timedelta(seconds=1))
    try:
        assert program.get("/session").status_code == 200
        moved.set(ends)
        assert code(program.get("/session")) == (401, "NotSignedIn")
        moved.move(days=400)
        assert code(program.get("/session")) == (401, "NotSignedIn")
    finally:
        made.house.wall = wall
    assert program.get("/session").status_code == 200
    with made.house.database.read() as unit:
        (row,) = find_all(unit, program_key, id=number)
        tables = [str(dict(one._mapping)) for table in metadata.sorted_tables
                  for one in find_all(unit, table)]  # fmt: skip
    assert row.secret == hashlib.sha256(secret.encode()).hexdigest()
    assert sum(row.secret in one for one in tables) == 1
    assert [one for one in tables if secret in one] == []
