# SPDX-License-Identifier: Apache-2.0
"""Every route x role x own or other firm x side, from the API's own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests import postgres
from tests.made_service import GRANTS, MadeService, worked_service

from skontro.house.roles import HOUSE, OWN, PERMISSIONS, ROLES

SIDE = {"A1": "A", "A2": "A", "A3": "A", "B1": "B", "B2": "B", "B3": "B"}


class Subject(NamedTuple):
    """What a request is about: firms, or the house as a whole."""

    firms: tuple[str, ...] = ()


WHOLE = Subject()
OBLIGATIONS = {"o7": Subject(("A3", "A1")), "o8": Subject(("B2", "B3")),
               "o1": Subject(("A1", "B1"))}  # fmt: skip


def said(sender: str, debtor: str, creditor: str) -> tuple[dict[str, Any], Subject]:
    body = {"sender": sender, "reference": f"m-{sender}-{debtor}", "debtor": debtor,
            "creditor": creditor, "amount": "1.00", "currency": "EUR"}  # fmt: skip
    return body, Subject((sender,))


BODIES: dict[str, list[tuple[Any, Subject]]] = {
    "/obligations": [said("A1", "A1", "A2"), said("B1", "A2", "B1"), said("A2", "A2", "B2")],
    "/confirmations": [({"by": firm}, Subject((firm,))) for firm in ("A1", "B1", "A2")],
    "/matchings": [(None, WHOLE)],
    "/documents": [
        ({"firm": firm, "files": [{"name": "m.xml", "data": "PGEvPg=="}]}, Subject((firm,)))
        for firm in ("A1", "B1", "A2")
    ],
    "/cycles": [({}, WHOLE)],
    "/cycles/{cycle}/verification": [(None, WHOLE)],
    "/cycles/{cycle}/previews": [(None, WHOLE)],
    "/cycles/{cycle}/paper-files": [({"kind": "report", "form": "json"}, WHOLE)],
    "/cycles/{cycle}/steps": [({"step": "cut_off"}, WHOLE)],
    "/settlement/moves": [({"kind": "stop", "payment": 9999}, WHOLE)],
    "/bank/files": [({"name": "m", "data": "PERvY3VtZW50Lz4="}, WHOLE)],
    "/cycles/{cycle}/settlement/steps": [({"step": "plan"}, WHOLE)],
    "/journal/verification": [(None, WHOLE)],
    "/acts": [({"kind": "cycle.pause", "cycle": "2026-01", "reason": "x"}, WHOLE)],
    "/acts/{number}/signature": [({"signature": "0" * 128}, WHOLE)],
    "/acts/{number}/approval": [({"signature": "0" * 128, "digest": "0" * 64}, WHOLE)],
    "/acts/{number}/withdrawal": [(None, WHOLE)],
    "/gate/cases/{number}/notes": [({"text": "a note"}, WHOLE)],
    "/gate/lists": [(None, WHOLE)],
    "/gate/lists/smaller": [(None, WHOLE)],
    "/gate/customs": [(None, WHOLE)],
    "/people/{person}/invitation": [(None, WHOLE)],
    "/people/{person}/links": [({"subject": "s"}, WHOLE)],
    "/jobs/{number}/retry": [(None, WHOLE)],
    "/webhooks": [
        ({"firm": firm, "url": "https://books.example/m", "events": ["cycle.final"]},
         Subject((firm,)))
        for firm in ("A1", "B1")
    ],
    "/webhooks/{number}/secret": [(None, WHOLE)],
    "/webhooks/{number}/pause": [(None, WHOLE)],
    "/webhooks/{number}/resumption": [(None, WHOLE)],
    "/webhooks/{number}/test": [(None, WHOLE)],
    "/webhooks/{number}/deliveries/{delivery}/again": [(None, WHOLE)],
    "/keys": [
        ({"label": "m", "role": "participant_clerk", "firm": firm,
          "ends_at": "2027-01-01T00:00:00Z"}, Subject((firm,)))
        for firm in ("A1", "B1")
    ],
}  # fmt: skip
"""What writes bring, and whom it is about."""

ANSWERS: dict[str, Any] = {
    "confirm": {}, "withdraw": {}, "consent": {}, "end-consent": {},
    "dispute": {"reason": "x"}, "credit": {"reference": "n", "amount": "0.01"},
    "flag": {"flag": "attached"},
}  # fmt: skip


WORK = ("/session", "/sessions", "/sessions/end", "/session/password", "/enrolment", "/healthz",
        "/readyz")  # fmt: skip
"""Routes that answer before anybody is known, or end who is: tests/unit/api/ and test_sessions.py
have them, and bulk."""


class Case(NamedTuple):
    """One request of the matrix."""

    method: str
    route: str
    path: str
    body: Any
    subject: Subject
    permission: str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MadeService]:
    url, server = None, None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = postgres.make_house_database(server)
        url = server.url(name, postgres.APPLICATION)
    found = worked_service(
        tmp_path_factory.mktemp("rights") / "house", database=url, rate_minute=10**6
    )
    found.admit_all()
    found.admit("G1")  # whom requests are about, and who asks for nothing
    yield found
    if server is not None:
        found.house.close()
        postgres.drop_database(server, name)


def cases(made: MadeService) -> Iterator[Case]:
    for route, methods in made.service.api.openapi()["paths"].items():
        if route in (*WORK, "/obligations/bulk"):
            continue
        for method, described in methods.items():
            permission = described["x-permission"]
            for path, subject in filled(route, made):
                for body, about in bodies(method, route, subject):
                    yield Case(method.upper(), route, path, body, about, permission)


def filled(route: str, made: MadeService) -> Iterator[tuple[str, Subject]]:
    path = route.replace("{delivery}", "1").replace("{key}", "none")
    path = path.replace("{cycle}", "2026-01").replace("{person}", "G1")
    path = path.replace("{papers}", "notices-pdf").replace("{licence}", "none")
    path += {"/gate/customs": "?side=A"}.get(route, "")
    for kind, value in (("participants/{firm}/papers/{kind}", "account-statement"),
                        ("papers/{kind}", "report")):  # fmt: skip
        if kind in path:
            path = path.replace("{kind}", value)
    if "{firm}" in path:
        for firm in ("A1", "B1", "A2", "B3"):
            yield path.replace("{firm}", firm), Subject((firm,))
    elif path.startswith("/obligations/{number}"):
        for name, subject in OBLIGATIONS.items():
            yield path.replace("{number}", str(made.made.number[name])), subject
    else:
        yield path.replace("{number}", "9999"), WHOLE


def bodies(method: str, route: str, subject: Subject) -> list[tuple[Any, Subject]]:
    if method in ("get", "delete"):
        return [(None, subject)]
    last = route.rsplit("/", 1)[1]
    if route.startswith("/obligations/{number}/"):
        return [(ANSWERS[last], subject)]
    return BODIES[route]  # a route that is new must say here what it takes


def reaches(who: str, permission: str, subject: Subject) -> bool:
    """What the table of rights says, read here once more and on its own."""
    if permission in ("", "-"):
        return True
    for one in GRANTS[who]:
        for name in permission.split():
            how = ROLES[one.role].get(name)
            if how is None:
                continue
            if how == HOUSE or not subject.firms:
                return True
            if how == OWN and one.firm in subject.firms:
                return True
            if how != OWN and (not one.sides or {SIDE[f] for f in subject.firms} & set(one.sides)):
                return True
    return False


ALL_SIDES_ONLY = {"/cycles/{cycle}/papers/{kind}", "/cycles/{cycle}/settlement", "/bank",
                  "/bank/work", "/settlement/funds", "/bank/payment-files",
                  "/bank/payment-files/{number}", "/cycles/{cycle}/changes",
                  "/cycles/{cycle}/paper-files",
                  "/cycles/{cycle}/paper-files/{papers}"}  # fmt: skip
"""Of the house as a whole: one's own firm is not enough; papers, nor some of the sides."""


def expected(who: str, case: Case) -> bool:
    lets = reaches(who, case.permission, case.subject)
    if case.route in ALL_SIDES_ONLY:
        grants = GRANTS[who]
        lets = lets and not any(one.firm for one in grants)
        if case.route.endswith(("{kind}", "/changes", "/paper-files", "{papers}")):
            lets = lets and not any(one.sides for one in grants)
    return lets


def is_refused(answer: Any) -> bool:
    code = answer.json().get("code", "") if "problem" in answer.headers["content-type"] else ""
    beyond = ("NoSuchObligation", "NoSuchParticipant", "NoSuchPage")
    return (answer.status_code, code) == (403, "BeyondRights") or code in beyond




def test_every_route_as_the_table_says(made: MadeService) -> None:
    """Each request of the matrix from each person; nobody is a person too, without a session."""
    wrong, tried = [], 0
    for case in cases(made):
        nobody = made.desk().send(case.method, case.path, case.body)
        if (nobody.status_code == 401) != (case.permission != "-"):
            wrong.append(("nobody", case.method, case.path, nobody.status_code))
        for who in GRANTS:
            answer = made.desk(who).send(case.method, case.path, case.body)
            tried += 1
            is_fault = answer.status_code >= 500
            if is_fault or is_refused(answer) == expected(who, case):
                wrong.append((who, case.method, case.path, answer.status_code, answer.text[:120]))
    assert wrong == []
    assert tried > 900


def test_every_permission_stands_at_a_route_or_is_of_the_acts(made: MadeService) -> None:
    described = {
        name
        for methods in made.service.api.openapi()["paths"].values()
        for one in methods.values()
        for name in one["x-permission"].split()
    }
    assert described - {"-"} <= PERMISSIONS.keys()
    assert PERMISSIONS.keys() - described == set()


def test_lists_hold_own_rows_alone(made: MadeService) -> None:
    """Each list from each person has exactly the rows that the table lets them see."""
    number = made.made.number
    parties = {number[name]: made.house.obligations.show(number[name]) for name in number}
    for who in GRANTS:
        answer = made.desk(who).get("/obligations?limit=500")
        if answer.status_code != 200:
            assert not reaches(who, "obligations.read", Subject(("A1",)))
            continue
        seen = {one["number"] for one in answer.json()["items"]} & parties.keys()
        due = {
            key for key, one in parties.items()
            if reaches(who, "obligations.read", Subject((one["debtor"], one["creditor"])))
        }  # fmt: skip
        assert seen == due, who
        firms = made.desk(who).get("/participants").json()["items"]
        for firm in firms:
            shows = reaches(who, "participants.read", Subject((firm["id"],)))
            assert (firm["name"] is not None) == shows, (who, firm["id"])
    sides = {line["account"].split(":")[1] for entry in
             made.desk("XA").get("/journal?limit=500").json()["items"]
             for line in entry["postings"]}  # fmt: skip
    assert sides <= {"A", "A1", "A2", "A3"}


def test_what_each_sees_of_what_the_gate_holds(made: MadeService) -> None:
    """An obligation is held: parties and operators read house review, compliance its reasons, and
    nobody else a word of why: in no route, no header, no entry of the log."""
    desk = made.desk("P1")
    body = {"sender": "B1", "reference": "held", "debtor": "A1", "creditor": "B1",
            "amount": "3.00", "currency": "EUR"}  # fmt: skip
    held = desk.post("/obligations", body).json()["number"]
    made.desk("CA").post(f"/obligations/{held}/confirm", {})
    for who in ("P1", "O1", "T1", "M1", "CA", "CB", "XX", "XA"):
        found = made.desk(who).get(f"/obligations/{held}").json()
        assert (found["state"], "house review" in found["why_not"]) == ("confirmed", True), who
    told = {
        who: [made.desk(who).get(path).text for path in
              (f"/obligations/{held}", "/obligations?limit=500", "/acts", "/audit?limit=500",
               "/journal?limit=500")]
        for who in ("P1", "O1", "T1", "D1", "CA", "CB", "XX", "XA")
    }  # fmt: skip
    words = ("suspic", "alert", "sanction", "screening", '"kind":"case', "verdict", "no_trade")
    for who, texts in told.items():
        for text in texts:
            assert [word for word in words if word in text.lower()] == [], who
