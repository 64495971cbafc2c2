# SPDX-License-Identifier: Apache-2.0
"""Licence acts and the retiring of a list, drafted over HTTP and from forms; done by two people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import Window
from tests.unit.flow.test_case_orders import DOCUMENT

from skontro.flow.case_orders import final_of
from skontro.house.roles import Grant

LICENCE = {
    "kind": "licence.enter", "number": "BAFA-7", "authority": "BAFA", "side": "A", "holder": "A1",
    "goods": ["300490"], "countries": ["IN"], "value": "1000.00", "currency": "EUR",
    "valid_from": "2026-01-01", "valid_until": "2026-12-31",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    return worked_service(tmp_path_factory.mktemp("drafted") / "house")


def done(
    made: MadeService, act: dict[str, Any], maker: str = "P1", checker: str = "P2"
) -> Any:
    """Let one sign what was drafted, and another approve it."""
    number = act["number"]
    signed = made.desk(maker).post(f"/acts/{number}/signature", {
        "signature": made.sign(maker, act["to_sign"]["maker"])}, key=f"sign-{number}")  # fmt: skip
    assert signed.status_code == 200, signed.text
    return made.desk(checker).post(f"/acts/{number}/approval", {
        "digest": act["digest"], "signature": made.sign(checker, act["to_sign"]["checker"]),
    }, key=f"approve-{number}")  # fmt: skip


def test_a_licence_is_entered_and_ended_over_http(made: MadeService) -> None:
    """A draft does nothing, two people do it; a licence that is none cannot be ended."""
    desk = made.desk("P1")
    none = desk.post("/acts", {"kind": "licence.revoke", "number": "none"})
    assert none.status_code in (404, 409, 422), none.text
    act = desk.post("/acts", LICENCE)
    assert act.status_code == 201, act.text
    assert act.json()["state"] == "drafted"
    assert done(made, act.json()).json()["state"] == "done"
    ended = desk.post("/acts", {"kind": "licence.revoke", "number": "BAFA-7"})
    assert ended.status_code == 201, ended.text
    assert done(made, ended.json()).json()["state"] == "done"


def test_a_licence_is_drafted_from_its_form(made: MadeService) -> None:
    window, page = Window(made, "P1"), "/acts/new/licence.enter"
    said = {name: value for name, value in LICENCE.items() if isinstance(value, str)}
    answer = window.send(page, page, **said | {"number": "BAFA-8", "goods": "300490",
                                               "countries": "IN"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert "BAFA-8" in answer.text
    assert answer.url.path.startswith("/console/acts/")


def test_no_list_of_others_is_retired(made: MadeService) -> None:
    """Neither over HTTP nor from the form: the refusal is said in words, and nothing is drafted."""
    before = len(made.house.people.acts(["drafted", "proposed"]))
    made._desks.pop("P1", None)  # a window of P1's set the login anew, which ended the session
    answer = made.desk("P1").post("/acts", {"kind": "list.retire", "name": "un"})
    assert answer.status_code in (403, 409, 422), answer.text
    page = "/acts/new/list.retire"
    refused = Window(made, "P1").send(page, page, name="un")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert len(made.house.people.acts(["drafted", "proposed"])) == before


def test_a_list_of_ones_own_is_retired_over_http_and_from_its_form(made: MadeService) -> None:
    """A draft retires nothing; two people do; what is retired is not retired again."""
    path = made.house.folder.parent / "watch.csv"
    path.write_text("name\nNobody Here\n", "utf-8")
    made.house.gate.import_list(path, source="ours", dated=made.house.now, name="own:watch")

    def state() -> str:
        return str({one["name"]: one["state"] for one in made.house.lists.table()}["own:watch"])

    page = "/acts/new/list.retire"
    drafted = Window(made, "P1").send(page, page, name="own:watch")
    assert (drafted.status_code, state()) == (200, "in force")
    made._desks.clear()  # a window sets the login anew, which ends the session
    act = made.desk("P1").post("/acts", {"kind": "list.retire", "name": "own:watch"},
                               key="retire-1")  # fmt: skip
    assert (act.status_code, state()) == (201, "in force")
    assert done(made, act.json()).json()["state"] == "done"
    assert state() == "retired"
    again = made.desk("P1").post("/acts", {"kind": "list.retire", "name": "own:watch"},
                                 key="retire-2")  # fmt: skip
    assert (again.status_code, again.json()["code"]) == (409, "AlreadyDone")


def test_an_authoritys_order_is_drafted_by_compliance_alone(tmp_path: Path) -> None:
    """Goal: what was final of a confirmed party is made good by two people of compliance over HTTP
    and from the form; nobody else sees that there is such an act.

    Method: B1 turns up on a list after the final run and is confirmed; one obligation is made good
    over HTTP, another is drafted in the form; more than is final is refused in both.
    """
    made = worked_service(tmp_path / "house")
    rights = ("case.decide", "gate.read", "order.reverse")
    for who, role in (("M1", "compliance_maker"), ("K1", "compliance_checker")):
        made.admit(who, *rights)
        made.give(who, [Grant(role)])
    made.admit("O1", "order.reverse")
    made.give("O1", [Grant("operator")])
    made.made.run_to_final()
    made.made.import_list([("Bakul Mills", "")])
    by = ("M1", made.keys["M1"])
    (case,) = [one["case"] for one in made.house.cases.work_list(*by)]
    decided = made.house.cases.propose_decision(case, "the same", "we looked", *by)
    made.house.people.approve(decided, "K1", made.keys["K1"])
    (first, amount), (second, _), *_ = final_of(made.house, case, *by).items()
    currency = made.house.obligations.show(first)["currency"]
    said = {"kind": "order.reverse", "case": case, "order": "FIU 2026/17", "document": DOCUMENT,
            "reason": "proceeds to be returned"}  # fmt: skip

    def rows(number: int, text: str) -> list[dict[str, Any]]:
        return [{"obligation": number, "amount": text,
                 "currency": made.house.obligations.show(number)["currency"]}]  # fmt: skip

    much = f"{amount // 100 + 1}.00"
    desk = made.desk("M1")
    assert desk.post("/acts", said | {"obligations": rows(first, much)}).status_code == 422
    act = desk.post("/acts", said | {"obligations": rows(first, "1.00")})
    assert act.status_code == 201, act.text
    number = act.json()["number"]
    assert made.desk("O1").get(f"/acts/{number}").json()["code"] == "NoSuchAct"
    assert done(made, act.json(), "M1", "K1").json()["state"] == "done"
    outcome = made.house.people.find_act(number)["outcome"]
    ((of, opposite),) = json.loads(outcome)["opposites"]
    shown = made.house.obligations.show(opposite)
    assert (of, shown["amount_minor"], shown["currency"]) == (first, 100, currency)
    window, page = Window(made, "M1"), "/acts/new/order.reverse"
    fields = {name: str(value) for name, value in said.items() if name != "kind"}
    refused = window.send(page, page, **fields, obligations=json.dumps(rows(second, "9" * 12)))
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    drafted = window.send(page, page, **fields, obligations=json.dumps(rows(second, "1.00")))
    assert drafted.status_code == 200, drafted.text
    found = re.search(r"/acts/(\d+)", str(drafted.url))
    assert found
    assert made.house.people.find_act(int(found[1]))["state"] == "drafted"
    assert Window(made, "O1").get(f"/acts/{found[1]}").status_code == 404


def test_a_case_is_decided_over_the_service_by_two_people(tmp_path: Path) -> None:
    """Goal: what becomes of an alert is drafted over HTTP or in the console, signed by two people
    of compliance, and has its effect; nobody else sees that there is such an act.

    Method: two firms alert. One is the same, drafted over HTTP: it is frozen. The other is not,
    drafted in the form of its case: it is let go. Neither a draft nor one signature does anything.
    """
    made = worked_service(tmp_path / "house")
    for who, role in (("M1", "compliance_maker"), ("K1", "compliance_checker")):
        made.admit(who, "case.decide", "gate.read")
        made.give(who, [Grant(role)])
    made.admit("O1", "cycle.pause")
    made.give("O1", [Grant("operator")])
    made.made.import_list([("Bakul Mills", ""), ("Brahmi Labs", "")])
    found = made.house.cases.work_list("M1", made.keys["M1"])
    case = {one["whom"]: one["case"] for one in found}

    def state(firm: str) -> tuple[str, str]:
        shown = made.house.cases.show(case[firm], "M1", made.keys["M1"])
        with made.house.database.unit("judge") as unit:
            number = made.house.participants.row(unit, firm).number
            return shown["state"], made.house.gate.judge_participants(unit, [number])[number][0]

    said = {"kind": "case.decide", "case": case["B1"], "decision": "the same", "reason": "it is"}
    desk = made.desk("M1")
    for wrong in ({"case": [1, 2]}, {"case": "all"}, {"case": 99}, {"decision": "all"},
                  {"reason": " "}, {"cases": [1]}):  # fmt: skip
        assert desk.post("/acts", said | wrong).status_code in (404, 422), wrong
    act = desk.post("/acts", said)
    assert (act.status_code, act.json()["state"]) == (201, "drafted"), act.text
    assert state("B1") == ("open", "held")
    assert made.desk("O1").get(f"/acts/{act.json()['number']}").json()["code"] == "NoSuchAct"
    assert made.desk("O1").post("/acts", said).status_code == 403
    alone = done(made, act.json(), "M1", "M1")
    assert (alone.status_code, state("B1")) == (403, ("open", "held")), alone.text
    approved = made.desk("K1").post(f"/acts/{act.json()['number']}/approval", {
        "digest": act.json()["digest"],
        "signature": made.sign("K1", act.json()["to_sign"]["checker"]),
    })  # fmt: skip
    assert (approved.status_code, approved.json()["state"]) == (200, "done"), approved.text
    assert state("B1") == ("confirmed", "refused")

    page = f"/gate/cases/{case['B3']}"
    window = Window(made, "M1")
    refused = window.send(f"{page}/decision", page, decision="not the same", reason="")
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    drafted = window.send(f"{page}/decision", page, decision="not the same", reason="we looked")
    number = re.search(r"/acts/(\d+)", str(drafted.url))
    assert number, drafted.text
    assert state("B3") == ("open", "held")
    made._desks.clear()  # a window sets the login anew, which ends the session
    shown = made.desk("M1").get(f"/acts/{number[1]}").json()
    assert done(made, shown, "M1", "K1").json()["state"] == "done"
    assert state("B3") == ("cleared", "released")
    assert made.house.cases.work_list("M1", made.keys["M1"]) == []
