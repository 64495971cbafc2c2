# SPDX-License-Identifier: Apache-2.0
"""Made-up requests from the API's own description: no fault of ours, no answer it lacks."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.made_service import GRANTS, Desk, MadeService, worked_service
from tests.soaking import rounds

from skontro.house.roles import Grant

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
LEFT_OUT = {("DELETE", "/session")}
"""What would end the session."""
ROUNDS = int(os.environ.get("SKONTRO_FUZZ_ROUNDS", "20"))
AIMED, EACH_ROUND = 1_300, 1_000
"""20,000 requests in the long run, each round with its number as the seed; some routes have less
to make up than is asked for."""
WHO = ("P1", "P1", "P1", "M1", "SA", "XA", "program", "")
"""Who asks, in turn: one who may do nearly everything most often."""
KNOWN = {"firm": "A1", "cycle": "2026-01", "person": "CA"}
"""What is there; with a number it stands in the addresses of every other round."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("fuzz") / "house", rate_minute=10**7,
                           sign_in_minute=10**7)  # fmt: skip
    found.admit_all()
    found.give("P1", [*GRANTS["P1"], Grant("compliance_maker")])
    found.house.statements.unlock("for tests and for nothing else")
    return found


def modes_of(operation: Any) -> list[GenerationMode]:
    """What can be made up for a route: without input nothing fails to fit."""
    has_input = bool(operation.body) or bool(list(operation.iter_parameters()))
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if has_input else [])]


def ask(desk: Desk, operation: Any, number: int, each: int) -> Counter[int]:
    """Ask one route, half of it with what does not fit its description; count the answers."""
    answers: Counter[int] = Counter()

    def check(case: Any) -> None:
        cookies = dict(desk.browser.cookies.items())
        answer = case.call(headers=desk.headers, cookies=cookies)
        answers[answer.status_code] += 1
        assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text}"
        case.validate_response(answer, checks=CHECKS)

    named = {one.name for one in operation.path_parameters}
    there = KNOWN | {"number": 1 + number % 9}
    known = {name: there[name] for name in named & there.keys()} if number % 2 else {}
    for mode in modes_of(operation):
        made_up = operation.as_strategy(generation_mode=mode, path_parameters=(
            known if known and mode == GenerationMode.POSITIVE else None
        ))
        seed(number)(settings(
            max_examples=each, deadline=None, database=None, derandomize=False,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )(given(case=made_up)(check)))()  # fmt: skip
    return answers


def test_no_made_up_request_finds_a_fault(made: MadeService, soak: bool) -> None:
    """Schemathesis makes requests that fit the description and as many that do not; people of
    several roles ask, a program and nobody. In the long run 20,000 requests, in rounds that are
    gone on with, each with a seed of its own; else a few of each route. In the end the journal
    still fits, and requests were let through as well as refused."""
    desks = [
        made.program("operator") if who == "program" else made.desk(who) for who in WHO
    ]
    api = schemathesis.openapi.from_asgi("/openapi.json", made.service)
    api.config.generation.with_security_parameters = False  # who asks is known
    operations = [one.ok() for one in api.get_all_operations()]
    wanted = [one for one in operations if (one.method.upper(), one.path) not in LEFT_OUT]
    described = {
        (method.upper(), path)
        for path, methods in made.service.api.openapi()["paths"].items() for method in methods
    }
    assert {(one.method.upper(), one.path) for one in wanted} == described - LEFT_OUT
    each = -(-AIMED // sum(len(modes_of(one)) for one in wanted)) + 1 if soak else 1
    for number in rounds("api_fuzz", ROUNDS, soak=soak):
        answers: Counter[int] = Counter()
        for place, operation in enumerate(wanted):
            desk = desks[(number + place) % len(desks)] if soak else desks[0]
            answers += ask(desk, operation, number, each)
        told = f"round {number}: {sum(answers.values())} requests, {dict(answers)}"
        sys.stderr.write(f"{told}\n")
        assert answers[200] > 0, told
        assert answers[422] > 0, told
        assert sum(answers.values()) >= (EACH_ROUND if soak else len(wanted))
    assert made.house.journal.verify().ok
