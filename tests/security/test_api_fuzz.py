# SPDX-License-Identifier: Apache-2.0
"""Made-up requests from the API's own description: no fault of ours, no answer it lacks."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.made_service import GRANTS, MadeService, worked_service

from skontro.house.roles import Grant

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
LEFT_OUT = {("DELETE", "/session"), ("POST", "/session"), ("POST", "/obligations/bulk")}
"""What would end the session; tests of their own have these."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("fuzz") / "house", rate_minute=10**7,
                           sign_in_minute=10**7)  # fmt: skip
    found.give("P1", [*GRANTS["P1"], Grant("compliance_maker")])
    found.house.statements.unlock("for tests and for nothing else")
    return found


def test_no_made_up_request_finds_a_fault(made: MadeService, soak: bool) -> None:
    """Schemathesis makes requests that fit the description and some that do not; whoever asks may
    do nearly everything. In the long run 20,000 requests, else a few of each route."""
    desk = made.desk("P1")
    api = schemathesis.openapi.from_asgi("/openapi.json", made.service)
    operations = [one.ok() for one in api.get_all_operations()]
    wanted = [one for one in operations if (one.method.upper(), one.path) not in LEFT_OUT]
    assert len(wanted) > 45
    each = 20_000 // len(wanted) + 1 if soak else 3
    asked = 0

    def check(case: Any) -> None:
        nonlocal asked
        asked += 1
        cookies = dict(desk.browser.cookies.items())
        answer = case.call(headers=desk.headers, cookies=cookies)
        assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text}"
        case.validate_response(answer, checks=CHECKS)

    for operation in wanted:
        settings(
            max_examples=each, deadline=None, database=None, derandomize=not soak,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )(given(case=operation.as_strategy())(check))()  # fmt: skip
    assert asked >= len(wanted)
    assert made.house.journal.verify().ok
