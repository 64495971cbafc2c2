# SPDX-License-Identifier: Apache-2.0
"""What the service shows of a held obligation, to every role, at every address that can be read."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse
from tests.made_service import GRANTS, MadeService
from tests.scenarios.test_house_review import KINDS, REVIEW, held_house
from tests.unit.console.test_console import Window

from skontro.flow.events import EVENTS
from skontro.store.rows import find_all
from skontro.store.schema import act, gate_case, job, verdict, webhook

OF_NUMBERS = {"/gate/cases": gate_case, "/webhooks": webhook, "/jobs": job}
"""What a number in an address is of; else of an obligation."""
COMPLIANCE = "gate.read"
TOLD = re.compile(
    r'Zzyzx|Otto Owner.{0,80}list|alert|frozen|freeze|suspici|"score"|"entry": ?"|CannotCompare',
    re.I,
)
"""Words that would tell more than that the house reviews something."""

PLAIN = re.compile(r"frozen_digest|frozen_set|\bset is frozen\b", re.I)
ASKED = {"O1": "an operator", "T1": "a treasurer", "XX": "an auditor", "D1": "an admin",
         "CA": "a clerk of A1", "CB": "a clerk of B1"}  # fmt: skip


def service_of(made: MadeHouse) -> MadeService:
    """The service of a house, with somebody in each role."""
    found = MadeService(made)
    for who in ("P1", "P2"):
        found.give(who, GRANTS[who])
    for who in (*ASKED, "M1"):
        role = GRANTS[who][0].role
        rights = ["case.decide", "gate.read"] if role.startswith("compliance") else ["cycle.pause"]
        found.admit(who, *rights)
        found.give(who, GRANTS[who])
    return found


def busied(served: MadeService) -> MadeService:
    """The same with a webhook of each firm, told what is held by a new event, jobs that are done,
    and a document: the newest surfaces have something to show."""
    hooks = {
        firm: served.desk(clerk).post("/webhooks", {
            "firm": firm, "url": "http://127.0.0.1:9/hook", "events": sorted(EVENTS),
        }).json()["number"]
        for firm, clerk in (("A1", "CA"), ("B1", "CB"))
    }  # fmt: skip
    said = {"reference": "newest", "debtor": "A1", "creditor": "B1", "amount": "7.00",
            "currency": "EUR", "document": "newest"}  # fmt: skip
    for sender, clerk in (("A1", "CA"), ("B1", "CB")):
        answer = served.desk(clerk).post("/obligations", said | {"sender": sender})
        assert answer.status_code == 201, answer.text
    for kind, subject in (("gate.screen", ""), ("cycle.step", DATES.id)):
        content = {"cycle": DATES.id, "step": "close", "person": "P1"} if subject else {}
        served.house.jobs.ask(kind, subject, content)
    while served.house.jobs.work_next("a worker"):
        pass
    while served.house.webhooks.spread():
        pass
    while served.house.webhooks.deliver("a worker"):
        pass
    told = served.desk("CB").get(f"/webhooks/{hooks['B1']}/deliveries").json()["items"]
    assert "obligation.held" in {one["kind"] for one in told}, told
    return served


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, MadeService]:
    kinds = ("alerted", "confirmed", "cannot be compared")
    assert set(kinds) <= set(KINDS)
    return {
        kind: busied(service_of(held_house(tmp_path_factory.mktemp("held"), kind)))
        for kind in kinds
    }


def addresses(served: MadeService) -> list[str]:
    """Every address that can be read, for each value its parts can have."""
    paths = served.desk("P1").get("/openapi.json").json()["paths"]
    acts = [str(one["id"]) for one in _acts(served)]
    values = {
        "cycle": [DATES.id], "firm": ["A1", "B1"],
        "kind": ["set-off-notice", "account-statement", "publication", "participant", "public"],
        "run": ["final", "preliminary"], "name": ["report"],
    }  # fmt: skip
    found = []
    for path, methods in paths.items():
        if "get" not in methods:
            continue
        names = re.findall(r"\{(\w+)\}", path)
        numbers = acts if path.startswith("/acts") else [
            str(served.made.number[name]) for name in ("o1", "o2")
        ]  # fmt: skip
        for start, kept in OF_NUMBERS.items():
            if path.startswith(start):
                with served.house.database.read() as unit:
                    (column,) = kept.primary_key.columns.keys()
                    numbers = [str(getattr(one, column)) for one in find_all(unit, kept)]
        choices = [values.get(name, numbers) for name in names]
        for chosen in itertools.product(*choices):
            found.append(path.format(**dict(zip(names, chosen, strict=True))))
    return found


def _acts(served: MadeService) -> list[Any]:
    with served.house.database.read() as unit:
        return [dict(one._mapping) for one in find_all(unit, act)]


def words_of_the_hold(served: MadeService) -> list[str]:
    """What the house knows of the hold on B1 and nobody but compliance may read: of the case its
    entry and digests, of the verdicts each text and code of their reasons."""
    with served.house.database.read() as unit:
        case = find_all(unit, gate_case)[0]
        firm = served.house.participants.row(unit, "B1").number
        reasons = [
            reason for row in find_all(unit, verdict, subject_kind="participant", subject=firm)
            for reason in json.loads(row.reasons)
        ]
    found = {case.entry, case.entry_digest, f'"case":{case.id}', f'"case": {case.id}',
             f'"score":{case.score}', f'"score": {case.score}', f"list {case.list_name}"}
    found |= {reason[name] for reason in reasons for name in ("text", "code") if name in reason}
    return sorted(one for one in found if len(one) > 4)


@pytest.mark.parametrize("kind", ["alerted", "confirmed"])
def test_what_the_house_knows_of_a_hold_is_read_by_compliance_alone(
    services: dict[str, MadeService], kind: str
) -> None:
    """Goal: no route that a role without compliance may read says a word of the hold. Method: the
    words are taken from the case and the verdicts themselves; every route is drawn from the
    description, by the permission it names there; the newest surfaces answer with something.
    """
    served = services[kind]
    words = words_of_the_hold(served)
    assert len(words) > 4, words
    described = served.service.api.openapi()["paths"]
    for who in ASKED:
        answered = set[str]()
        for path in addresses(served):
            answer = served.desk(who).get(path)
            if answer.status_code == 200:
                found = [one for one in words if one in answer.text]
                assert not found, (ASKED[who], path, found)
                answered.add("/" + path.split("/")[1].partition("?")[0])
        if who == "O1":
            assert {"/webhooks", "/jobs", "/obligations", "/settlement"} <= answered, answered
    read = served.desk("M1").get("/gate/cases/1").text
    assert [one for one in words if one in read], "compliance reads them"
    of_compliance = {
        path for path, methods in described.items()
        if methods.get("get", {}).get("x-permission") == COMPLIANCE
    }
    assert {"/gate/exposure/cycles/{cycle}", "/gate/exposure/firms/{firm}"} <= of_compliance
    for path in of_compliance:
        filled = path.format(number="1", firm="B1", cycle=DATES.id, licence="none")
        for who in ASKED:
            assert served.desk(who).get(filled).status_code == 403, (who, filled)
    for one in ("firms/B1", f"cycles/{DATES.id}"):
        answer = served.desk("M1").get(f"/gate/exposure/{one}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["exposure"]


@pytest.mark.parametrize("kind", ["alerted", "confirmed"])
def test_every_address_reads_house_review_and_nothing_more(
    services: dict[str, MadeService], kind: str
) -> None:
    """Goal: nobody but compliance learns more than that the house reviews something. Method: every
    address the service describes is read in every role; what is answered is searched for words.
    """
    served = services[kind]
    asked = addresses(served)
    assert len(asked) > 40
    answered = dict.fromkeys(ASKED, 0)
    for who, path in itertools.product(ASKED, asked):
        answer = served.desk(who).get(path)
        assert answer.status_code < 500, (who, path, answer.text)
        if answer.status_code != 200:
            continue
        answered[who] += 1
        found = TOLD.search(PLAIN.sub("", answer.text.replace("Bakul Mills", "")))
        told = found and answer.text[max(0, found.start() - 120) : found.end() + 40]
        assert found is None, (ASKED[who], path, told)
    assert min(answered.values()) > 5, answered


def test_a_clerk_reads_the_same_for_every_kind_of_hold(services: dict[str, MadeService]) -> None:
    for who in ("CA", "CB"):
        seen = {
            kind: served.desk(who).get(f"/obligations/{served.made.number['o1']}").json()
            for kind, served in services.items()
        }
        assert {one["why_not"] for one in seen.values()} == {REVIEW}
        first, *others = [
            {name: value for name, value in one.items() if "digest" not in name}
            for one in seen.values()
        ]
        assert all(one == first for one in others)


@pytest.mark.parametrize("kind", ["alerted", "confirmed"])
def test_compliance_reads_why_and_nobody_else(
    services: dict[str, MadeService], kind: str
) -> None:
    served = services[kind]
    state = "confirmed" if kind == "confirmed" else "open"
    (case,) = served.desk("M1").get(f"/gate/cases?state={state}").json()["items"]
    assert case["whom"] == "B1"
    shown = served.desk("M1").get(f"/gate/cases/{case['case']}").json()["case"]
    assert shown["evidence"]["points"]
    for who in ASKED:
        for path in (f"/gate/cases?state={state}", f"/gate/cases/{case['case']}"):
            assert served.desk(who).get(path).status_code in (403, 404), (who, path)



@pytest.mark.parametrize("kind", ["alerted", "confirmed"])
def test_every_page_reads_house_review_and_nothing_more(
    services: dict[str, MadeService], kind: str
) -> None:
    """The pages for people, in every role; a clerk reads that its obligation is in review."""
    served = services[kind]
    number = served.made.number["o1"]
    pages = ["/", "/obligations", f"/obligations/{number}", "/cycles", f"/cycles/{DATES.id}",
             "/acts", "/firms", "/firms/A1", "/firms/B1", f"/cycles/{DATES.id}/settlement",
             "/gate", "/gate/cases/1", "/journal", "/people", "/audit"]  # fmt: skip
    pages += [f"/acts/{one['id']}" for one in _acts(served)]
    for who in ASKED:
        window, shown = Window(served, who), ""
        for page in pages:
            answer = window.get(page)
            assert answer.status_code < 500, (who, page)
            if answer.status_code == 200:
                text = re.sub(r'role="alert"|class="alert"|Bakul Mills', "", answer.text)
                found = TOLD.search(PLAIN.sub("", text))
                told = found and text[max(0, found.start() - 120) : found.end() + 40]
                assert found is None, (ASKED[who], page, told)
                shown += answer.text
        if who in ("CA", "CB"):
            assert REVIEW.removeprefix("not in this cycle: ") in shown
