# SPDX-License-Identifier: Apache-2.0
"""Sessions, cookies, forms and headers, at every address there is."""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.made_service import PASSWORD, URL, Desk, MadeService, worked_service

from skontro.api.shield import HEADERS
from skontro.console.app import MODULES
from skontro.core.errors import Forbidden
from skontro.flow.access import STEP_S
from skontro.flow.identity import Known
from skontro.house.roles import Grant
from skontro.ops.clock import SetClock

NEW = "the grey heron eats at noon"
OPEN_FORMS = {"/console/sign-in", "/console/enrol", "/console/sign-on/code"}
"""Forms of those who have no session yet: the browser says which page sent them."""
NO_SESSION = {"/session", "/enrolment"}
ENDS_SESSIONS = {"/session", "/sessions/end", "/console/sign-out", "/console/login/sign-out"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("sessions") / "house", sign_in_minute=10**6,
                           rate_minute=10**6)  # fmt: skip
    found.admit_all()
    return found


def addresses(made: MadeService) -> Iterator[tuple[str, str]]:
    """Every method and address there is, of API and console, with something in its blanks."""
    api = made.service.api.openapi()["paths"]
    found = [(method.upper(), path) for path, methods in api.items() for method in methods]
    for module in MODULES:
        for route in module.routes.routes:
            found += [(method, f"/console{route.path}") for method in route.methods]
    found += [("GET", path) for path in ("/", "/console", "/openapi.json", "/problems/Fault",
                                         "/nowhere", "/console/nowhere",
                                         "/console/static/console.css")]  # fmt: skip
    for method, path in sorted(found):
        filled = re.sub(r"\{number[^}]*\}", "1", path)
        filled = filled.replace("{cycle}", "2026-01").replace("{firm}", "A1")
        yield method, re.sub(r"\{[^}]*\}", "none", filled)


def test_there_are_as_many_as_there_are(made: MadeService) -> None:
    found = list(addresses(made))
    assert len([path for _, path in found if path.startswith("/console")]) > 60
    assert len([path for _, path in found if not path.startswith("/console")]) > 55


@pytest.mark.parametrize("who", ["", "P1"])
def test_every_answer_has_every_header(made: MadeService, who: str) -> None:
    """Every address, to nobody and to somebody, answered or refused: all headers that bind a
    browser, a type that says its letters, no name of the server, nothing another site may read,
    and never a cookie that was not asked for."""
    desk = Desk(made.service)
    desk = desk.sign_in(made.made, who) if who else desk
    for method, path in addresses(made):
        if path in ENDS_SESSIONS and method != "GET":
            continue
        answer = desk.browser.request(method, path, follow_redirects=False)
        headers = answer.headers
        for name, value in HEADERS.items():
            if name == "cache-control" and "/static/" in path:
                assert headers[name] == "no-cache"
                continue
            assert headers[name] == value, (method, path, name)
        assert "server" not in headers
        assert "x-powered-by" not in headers
        assert not [one for one in headers if one.startswith("access-control-")]
        kind = headers.get("content-type", "")
        if answer.content:
            assert kind, (method, path)
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind, (method, path)
        cookies = [one.split("=")[0] for one in headers.get_list("set-cookie")]
        assert set(cookies) <= {"skontro-sign-on"}, (method, path, cookies)
        assert answer.status_code < 500, (method, path, answer.text)


def test_pages_have_no_script_or_style_of_their_own(made: MadeService) -> None:
    """What the policy forbids is not there either: it could stand there unnoticed. On every page
    of somebody who is signed in one can sign out."""
    desk = made.desk("P1")
    seen = 0
    for method, path in addresses(made):
        if method != "GET":
            continue
        answer = desk.browser.get(path, follow_redirects=False)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen += 1
        assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text), path
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", answer.text), path
        assert not re.search(r"<style|\sstyle\s*=", answer.text), path
        for found in re.findall(r"(?:src|href|action)=\"([^\"]+)\"", answer.text):
            assert found.startswith(("/", "#", "?", "data:image/")), (path, found)
        if path.startswith("/console") and path not in ("/console/sign-in", "/console/enrol",
                                                        "/console/sign-on/back"):  # fmt: skip
            assert 'action="/console/sign-out"' in answer.text, path
            assert 'name="csrf"' in answer.text, path
    assert seen > 30


def test_no_write_without_the_mark_of_its_session(made: MadeService) -> None:
    """Every write of API and console, in a session, without the mark, with another session's, and
    with the right one but sent by another site: refused as forged, or as a page that is none."""
    desk = Desk(made.service).sign_in(made.made, "O1")
    mark = desk.headers["X-CSRF-Token"]
    other = made.desk("T1").headers["X-CSRF-Token"]
    tried = 0
    for method, path in addresses(made):
        if method in ("GET", "HEAD", "OPTIONS") or path in NO_SESSION | OPEN_FORMS:
            continue
        tried += 1
        for given, headers in (("", {}), (other, {}), (mark, {"Sec-Fetch-Site": "cross-site"}),
                               (mark, {"Origin": "https://elsewhere.example"})):  # fmt: skip
            if path.startswith("/console"):
                sent: dict[str, Any] = {"data": {"csrf": given, "once": "x"}}
            else:
                sent = {"json": {}}
            answer = desk.browser.request(
                method, path, follow_redirects=False,
                headers={"X-CSRF-Token": given, "Idempotency-Key": "k"} | headers, **sent,
            )  # fmt: skip
            is_bad = answer.status_code in (400, 403, 404, 415, 422)
            assert is_bad, (method, path, given, headers, answer.status_code)
            if answer.status_code == 403:
                assert "this request does not come from a page" in answer.text, path
    assert tried > 45
    assert desk.get("/session").status_code == 200
    assert made.house.journal.verify().ok


def test_forms_of_those_without_a_session_come_from_here(made: MadeService) -> None:
    """Nobody is signed in as somebody else by a page elsewhere."""
    made.house.access.set_login("O1", PASSWORD)
    said = {"person": "O1", "password": PASSWORD, "code": made.house.access.code_now("O1")}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        desk = Desk(made.service)
        for path in ("/console/sign-in", "/console/enrol", "/console/sign-on/code"):
            answer = desk.browser.post(path, data=said, headers=headers, follow_redirects=False)
            assert answer.status_code == 403, path
        assert desk.browser.post("/session", json=said, headers=headers).status_code == 403
        assert not desk.browser.cookies
    assert desk.browser.post("/session", json=said).status_code == 200


def test_a_session_is_never_one_the_browser_brought(made: MadeService) -> None:
    """Fixation: a token set beforehand is no session, and signing in gives another one; signing in
    again gives yet another."""
    desk = Desk(made.service)
    desk.browser.cookies.set("skontro", "chosen-by-somebody-else")
    assert desk.get("/session").status_code == 401
    made.house.access.set_login("O1", PASSWORD)
    tokens = set()
    wall = made.house.wall
    moved = SetClock(wall.now())
    made.house.wall = moved
    try:
        for _ in range(2):
            moved.move(minutes=2)
            answer = desk.browser.post("/session", json={
                "person": "O1", "password": PASSWORD, "code": made.house.access.code_now("O1"),
            })  # fmt: skip
            tokens.add(answer.headers["set-cookie"].split(";")[0].partition("=")[2])
    finally:
        made.house.wall = wall
    assert len(tokens) == 2
    assert "chosen-by-somebody-else" not in tokens
    assert min(len(one) for one in tokens) >= 43
    assert not any(one in str(made.house.access.sessions(token)) for one in tokens
                   for token in tokens)  # fmt: skip


def test_signing_out_kills_the_session_on_both_ways(made: MadeService) -> None:
    """Whoever kept the cookie has nothing; the browser is told to forget it."""
    for is_console in (False, True):
        desk = Desk(made.service).sign_in(made.made, "O1")
        kept = dict(desk.browser.cookies.items())
        if is_console:
            answer = desk.browser.post("/console/sign-out", follow_redirects=False,
                                       data={"csrf": desk.headers["X-CSRF-Token"]})  # fmt: skip
        else:
            answer = desk.send("DELETE", "/session")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        thief = Desk(made.service)
        thief.browser.cookies.update(kept)
        assert thief.get("/session").status_code == 401
        page = thief.browser.get("/console/", follow_redirects=False)
        assert page.headers["location"] == "/console/sign-in"


def test_another_password_ends_the_other_sessions(made: MadeService) -> None:
    """It takes the password so far and a new code; this session goes on, all others are over; a
    wrong password counts as a wrong try. Through the console as through the API."""
    access, wall = made.house.access, made.house.wall
    moved = SetClock(wall.now())
    made.house.wall = moved
    try:
        desk = Desk(made.service).sign_in(made.made, "T1")
        moved.move(minutes=1)
        other = Desk(made.service)
        assert other.browser.post("/session", json={
            "person": "T1", "password": PASSWORD, "code": access.code_now("T1"),
        }).status_code == 200  # fmt: skip
        assert len(desk.get("/sessions").json()["items"]) == 2
        moved.move(minutes=1)
        body = {"password": PASSWORD, "code": access.code_now("T1"), "new": NEW}
        for wrong, status in (({"password": "x" * 12}, 401), ({"code": "000000"}, 401),
                              ({"new": "password1234"}, 422), ({"new": "short"}, 422)):  # fmt: skip
            assert desk.post("/session/password", body | wrong).status_code == status, wrong
        assert other.get("/session").status_code == 200
        assert desk.post("/session/password", body).status_code == 200
        assert (desk.get("/session").status_code, other.get("/session").status_code) == (200, 401)
        moved.move(minutes=1)
        form = {"csrf": desk.headers["X-CSRF-Token"], "password": NEW, "new": PASSWORD,
                "code": access.code_now("T1")}  # fmt: skip
        answer = desk.browser.post("/console/login/password", data=form)
        assert "Your password is another one now" in answer.text
        assert [one["is_this"] for one in desk.get("/sessions").json()["items"]] == [True]
    finally:
        made.house.wall = wall
        made.house.access.set_login("T1", PASSWORD)


def test_sessions_end_at_once_for_whoever_is_out(made: MadeService) -> None:
    """Others' by who lets people in, not one's own so; and with the login set anew."""
    desk = Desk(made.service).sign_in(made.made, "O1")
    assert made.desk("T1").send("DELETE", "/people/O1/sessions").status_code in (401, 403)
    assert desk.get("/session").status_code == 200
    assert desk.send("DELETE", "/people/O1/sessions").status_code == 403
    assert made.desk("D1").send("DELETE", "/people/D1/sessions").status_code == 403
    assert made.desk("D1").send("DELETE", "/people/O1/sessions").status_code == 200
    assert desk.get("/session").status_code == 401
    desk = Desk(made.service).sign_in(made.made, "O1")
    made.house.access.set_login("O1", PASSWORD)
    assert desk.get("/session").status_code == 401


def two_sessions(made: MadeService, who: str, wall: SetClock) -> tuple[Desk, Desk]:
    first = Desk(made.service).sign_in(made.made, who)
    wall.move(minutes=1)
    second = Desk(made.service)
    said = {"person": who, "password": PASSWORD, "code": made.house.access.code_now(who)}
    second.headers = {"X-CSRF-Token": second.browser.post("/session", json=said).json()["csrf"]}
    return first, second


def test_one_ends_ones_own_sessions_with_the_password(made: MadeService) -> None:
    """One of them, or all; each takes the password, a wrong one counts as a wrong try, and nobody
    ends those of another. Through the console as through the API."""
    kept, moved = made.house.wall, SetClock(made.house.wall.now())
    made.house.wall = moved
    try:
        one, two = two_sessions(made, "O1", moved)
        ids = {row["is_this"]: row["id"] for row in one.get("/sessions").json()["items"]}
        mine = two.get("/sessions").json()["items"]
        assert ids == {row["is_this"] is False: row["id"] for row in mine}
        of_another = Desk(made.service).sign_in(made.made, "T1")
        for body, status in (
            ({}, 401), ({"session": ids[False]}, 401),
            ({"password": "x" * 20, "session": ids[False]}, 401),
            ({"password": PASSWORD, "session": "0" * 16}, 404),
        ):  # fmt: skip
            assert one.post("/sessions/end", body).status_code == status, body
        body = {"password": PASSWORD, "session": ids[False]}
        assert of_another.post("/sessions/end", body).status_code == 404
        assert [desk.get("/session").status_code for desk in (one, two, of_another)] == [200] * 3
        assert one.post("/sessions/end", body).json() == {"ended": 1}
        assert [desk.get("/session").status_code for desk in (one, two)] == [200, 401]
        assert one.post("/sessions/end", {"password": PASSWORD}).json() == {"ended": 1}
        assert one.get("/session").status_code == 401
        one, two = two_sessions(made, "O1", moved)
        form = {"csrf": two.headers["X-CSRF-Token"], "session": one.get("/sessions").json()[
            "items"][0]["id"]}  # fmt: skip
        assert two.browser.post("/console/login/sign-out", data=form).status_code == 403
        assert one.get("/session").status_code == 200
        form |= {"password": PASSWORD}
        answer = two.browser.post("/console/login/sign-out", data=form)
        assert "The session is over" in answer.text
        assert [desk.get("/session").status_code for desk in (one, two)] == [401, 200]
        answer = two.browser.post("/console/login/sign-out", data=form | {"session": ""})
        assert answer.url.path == "/console/sign-in"
        assert two.get("/session").status_code == 401
        assert of_another.get("/session").status_code == 200
    finally:
        made.house.wall = kept


def test_who_has_no_password_ends_sessions_of_a_fresh_one(made: MadeService) -> None:
    """Who signs on at a provider shows again who they are by signing on: within five minutes."""
    access, kept = made.house.access, made.house.wall
    made.admit("S1")
    moved = SetClock(kept.now())
    made.house.wall = moved
    try:
        old = access.begin(Known("S1", True, "sign-on"))
        moved.move(minutes=6)
        with pytest.raises(Forbidden, match="did not begin just now"):
            access.end_own(old, "")
        assert access.of_session(old) is not None
        new = access.begin(Known("S1", True, "sign-on"))
        assert access.end_own(new, "") == 2
        assert access.of_session(old) is access.of_session(new) is None
        with pytest.raises(Forbidden):
            access.end_own(new, "")
    finally:
        made.house.wall = kept


def test_a_code_serves_once_though_many_come_at_once(made: MadeService) -> None:
    made.house.access.set_login("O1", PASSWORD)
    said = {"person": "O1", "password": PASSWORD,
            "code": made.house.access.code_now("O1", least_s=8)}  # fmt: skip
    asked = [Desk(made.service).browser for _ in range(5)]
    with ThreadPoolExecutor(len(asked)) as pool:
        came = list(pool.map(lambda one: one.post("/session", json=said).status_code, asked))
    assert sorted(came) == [200, 401, 401, 401, 401]


def test_a_code_is_good_for_thirty_seconds(made: MadeService) -> None:
    """From the first moment of its half minute to the last; neither before nor after."""
    access, kept = made.house.access, made.house.wall
    start = datetime.datetime.fromtimestamp(access._step() * STEP_S + 3600, datetime.UTC)
    moved = SetClock(start)
    made.house.wall = moved
    try:
        for shift, status in ((-1, 401), (0, 200), (29, 200), (30, 401)):
            access.set_login("O1", PASSWORD)
            moved.set(start)
            said = {"person": "O1", "password": PASSWORD, "code": access.code_now("O1")}
            moved.move(seconds=shift)
            answer = Desk(made.service).browser.post("/session", json=said)
            assert answer.status_code == status, shift
            access.set_login("O1", PASSWORD)
    finally:
        made.house.wall = kept


def test_a_change_of_roles_counts_at_once(made: MadeService) -> None:
    """The session goes on in the new roles, with the next request."""
    made.admit("R1")
    made.give("R1", [Grant("treasurer")])
    desk = Desk(made.service).sign_in(made.made, "R1")
    assert desk.get("/suspense").status_code == 200
    made.give("R1", [Grant("participant_clerk", "A1")])
    assert desk.get("/suspense").status_code in (200, 403)
    assert desk.get("/journal").status_code == 403


def test_tries_are_counted_by_person_and_by_address(tmp_path_factory: Any) -> None:
    """Five wrong passwords close one login, whoever else signs in from there goes on; and an
    address that tries too often waits, whomever it tries, at each of the ways in."""
    made = worked_service(tmp_path_factory.mktemp("rates") / "house", sign_in_minute=12)
    made.house.access.set_login("P1", PASSWORD)
    made.house.access.set_login("P2", PASSWORD)
    browser = Desk(made.service).browser
    wrong = {"person": "P1", "password": "x" * 20, "code": "000000"}
    for _ in range(5):
        assert browser.post("/session", json=wrong).status_code == 401
    right = {"person": "P1", "password": PASSWORD, "code": made.house.access.code_now("P1")}
    assert browser.post("/session", json=right).status_code == 401
    other = {"person": "P2", "password": PASSWORD, "code": made.house.access.code_now("P2")}
    assert browser.post("/session", json=other).status_code == 200
    browser.cookies.clear()
    for _ in range(5):
        browser.post("/session", json=wrong | {"person": "nobody"})
    for path, body in (("/session", other), ("/enrolment", {"invitation": "x", "password": "y"})):
        answer = browser.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (429, "TooManyRequests"), path
    for path in ("/console/sign-in", "/console/enrol", "/console/sign-on/code"):
        assert browser.post(path, data=other).status_code == 429, path
    entries = made.house.audit.entries(outcome="refused", most=1000)
    assert len([one for one in entries if one["what"] == "session"]) == 11


def test_whoever_is_tried_is_not_told(made: MadeService) -> None:
    """Somebody who is there and somebody who is not: the same answer, also once five wrong tries
    have closed the login of the one who is, with whichever password."""
    made.house.access.set_login("O1", PASSWORD)
    browser = Desk(made.service).browser
    said = [
        browser.post("/session", json={"person": who, "password": password, "code": "000000"})
        for who in ("O1", "nobody", "N1")
        for password in ("x" * 20,) * 6 + (PASSWORD,)
    ]
    assert len({(one.status_code, one.text) for one in said}) == 1
    entries = made.house.audit.entries(caller="O1", outcome="refused", most=1000)
    assert entries[-1]["code"] == "TooManyTries"
    made.house.access.set_login("O1", PASSWORD)


def test_other_hosts_and_forwarded_headers_change_nothing(made: MadeService) -> None:
    """Headers a proxy might set are not believed: no other address is told, none is counted."""
    desk = made.desk("P1")
    answer = desk.browser.get("/console/", headers={
        "X-Forwarded-For": "10.9.9.9", "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example", "Host": "evil.example",
        "X-HTTP-Method-Override": "DELETE",
    })  # fmt: skip
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert URL.startswith("http://127.0.0.1")


def test_password_fields_hide_and_let_paste(made: MadeService, root: Path) -> None:
    """Every field of a password hides it and says what it is to managers of passwords; no script
    of the console looks at pasting."""
    desk = made.desk("P1")
    now, new = "current-password", "new-password"
    for path, kinds in (("sign-in", [now]), ("enrol", [new]), ("login", [now, now, new])):
        text = desk.browser.get(f"/console/{path}").text
        fields = [one for one in re.findall(r"<input[^>]*>", text) if "password" in one]
        assert len(fields) == len(kinds), path
        for field, kind in zip(fields, kinds, strict=True):
            assert 'type="password"' in field
            assert f'autocomplete="{kind}"' in field
            assert "maxlength" not in field
    scripts = "".join(one.read_text() for one in (root / "src/skontro/console/static").glob("*.js"))
    assert "paste" not in scripts


def test_a_password_counts_as_it_was_typed(made: MadeService) -> None:
    """Spaces around it, case, letters of any alphabet and 200 characters count, on both ways in;
    and a year later it is still good."""
    access, wall = made.house.access, made.house.wall
    password = "  Der Käse liegt im Фонарь 灯 " + "und so weiter wie der Fluss " * 6
    moved = SetClock(wall.now())
    made.house.wall = moved
    try:
        access.set_login("O1", password)
        moved.move(minutes=60 * 24 * 365)
        for is_console in (False, True):
            for given, is_good in ((password.strip(), False), (password.lower(), False),
                                   (password[:72], False), (password, True)):  # fmt: skip
                moved.move(minutes=3)
                said = {"person": "O1", "password": given, "code": access.code_now("O1")}
                browser = Desk(made.service).browser
                if is_console:
                    answer = browser.post("/console/sign-in", data=said, follow_redirects=False)
                    assert (answer.status_code == 303) == is_good, given
                else:
                    assert (browser.post("/session", json=said).status_code == 200) == is_good
    finally:
        made.house.wall = wall
        access.set_login("O1", PASSWORD)


def test_seeds_of_codes_are_each_their_own(made: MadeService) -> None:
    """Another for each person and each setting up, of 160 bits."""
    access = made.house.access
    seeds = [access.set_login(who, PASSWORD)["secret"] for who in ("O1", "T1", "O1", "T1")]
    assert len(set(seeds)) == 4
    assert all(len(base64.b32decode(one)) == 20 for one in seeds)


def test_who_left_has_no_session(made: MadeService) -> None:
    """Two people end somebody's work here; their session is over with the next request."""
    made.admit("L1")
    made.give("L1", [Grant("operator")])
    desk = Desk(made.service).sign_in(made.made, "L1")
    assert desk.get("/house").status_code == 200
    people = made.house.people
    made.made.both(people.propose("person.leave", {"id": "L1"}, "P1", made.keys["P1"]))
    assert desk.get("/house").status_code == 401
    code = made.house.access.code_now("L1")
    said = {"person": "L1", "password": PASSWORD, "code": code}
    assert desk.browser.post("/session", json=said).status_code == 401
