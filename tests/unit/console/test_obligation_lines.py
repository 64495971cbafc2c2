# SPDX-License-Identifier: Apache-2.0
"""Several lines of goods in the form of an obligation, without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.made_service import GRANTS, MadeService, worked_service
from tests.unit.console.test_console import Window

from skontro.console.pages.obligations import MOST_LINES
from skontro.store.rows import find_all
from skontro.store.schema import obligation_line

NEW = "/obligations/new"
SAID = {
    "sender": "B1", "reference": "two lines", "debtor": "A1", "creditor": "B1",
    "amount": "120.00", "currency": "EUR", "document": "invoice 2", "due_date": "2026-01-10",
    "trade.kind": "cross_border_goods", "trade.origin": "IN", "trade.destination": "NL",
    "trade.unit": "KGM", "trade.end_use": "medical",
}  # fmt: skip


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> tuple[MadeService, Window]:
    made = worked_service(tmp_path_factory.mktemp("lines") / "house")
    made.admit("CB")
    made.give("CB", GRANTS["CB"])
    return made, Window(made, "CB")


def fields(text: str) -> dict[str, Any]:
    """What stands in the form of an answer, as a browser would send it back."""
    found = dict(re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', text))
    found.pop("lines", None)
    found["trade.kind"] = re.findall(r'value="([^"]*)" selected', text)[0]
    return found


def test_a_line_more_a_line_less_and_registered(window: tuple[MadeService, Window]) -> None:
    """Goal: two lines from one form. Method: the buttons send the form back with a line more, or
    without one; what was written stays; then it is registered as the API would."""
    made, seen = window
    answer = seen.send(NEW, NEW, **SAID, lines="add")
    for _ in range(2):
        assert answer.status_code == 200
        answer = seen.browser.post(f"/console{NEW}", data=fields(answer.text) | {"lines": "add"})
    assert answer.text.count("<legend>Line") == 3
    assert answer.text.count("autofocus") == 1
    given = fields(answer.text) | {
        "line.1.value": "70.00", "line.1.code": "300490", "line.1.quantity": "10",
        "line.1.weight": "10", "line.2.value": "1", "line.3.value": "50.00",
        "line.3.code": "300410", "line.3.quantity": "5", "line.3.weight": "5",
        "line.3.origin": "CN",
    }  # fmt: skip
    answer = seen.browser.post(f"/console{NEW}", data=given | {"lines": "remove-2"})
    given = fields(answer.text)
    assert (given["line.2.value"], given["line.2.origin"]) == ("50.00", "CN")
    assert (given["amount"], given["trade.kind"]) == ("120.00", "cross_border_goods")
    assert "line.3.value" not in given
    answer = seen.browser.post(f"/console{NEW}", data=given)
    number = int(answer.url.path.rsplit("/", 1)[1])
    with made.house.database.read() as unit:
        rows = find_all(unit, obligation_line, order=["line"], obligation=number)
    assert [(one.value_minor, one.quantity_milli) for one in rows] == [
        (7000, 10_000), (5000, 5_000),
    ]  # fmt: skip


def test_what_is_wrong_in_a_line_is_named(window: tuple[MadeService, Window]) -> None:
    _, seen = window
    answer = seen.send(NEW, NEW, **SAID, **{"line.1.value": "x", "line.1.code": "300490"})
    assert answer.status_code == 422
    assert "trade.lines.1.value" in answer.text
    assert fields(answer.text)["line.1.code"] == "300490"


def test_there_is_an_end_to_lines(window: tuple[MadeService, Window]) -> None:
    _, seen = window
    many = {f"line.{number}.code": "300490" for number in range(1, MOST_LINES + 1)}
    answer = seen.send(NEW, NEW, **SAID, **many, lines="add")
    assert answer.text.count("<legend>Line") == MOST_LINES
    assert 'value="add"' not in answer.text
    assert len(answer.content) < 200_000
    for odd in ("remove-", "remove-x", "remove-999", "other"):
        assert seen.send(NEW, NEW, **SAID, lines=odd).status_code == 200
