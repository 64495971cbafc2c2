# SPDX-License-Identifier: Apache-2.0
"""Bulk registrations: CSV and lines of JSON, row by row refused, with one effect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.made_service import Desk, MadeService, worked_service

from skontro.api.routes import bulk
from skontro.house.roles import Grant

HEAD = "sender,reference,debtor,creditor,currency,amount\n"
ROWS = [("B1", "b1", "A1", "B1", "EUR", "11.00"), ("B1", "b2", "A2", "B1", "EUR", "0012.50"),
        ("A3", "b3", "A3", "B3", "AED", "7.25")]  # fmt: skip
NAMES = HEAD.strip().split(",")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    return worked_service(tmp_path_factory.mktemp("bulk") / "house", bulk_bytes=5_000_000)


def csv_of(rows: list[tuple[str, ...]]) -> bytes:
    return (HEAD + "".join(",".join(row) + "\n" for row in rows)).encode()


def lines_of(rows: list[tuple[str, ...]]) -> bytes:
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows).encode()


def send(desk: Desk, content: bytes, kind: str = "text/csv", key: str = "", query: str = "") -> Any:
    headers = desk.headers | {"Content-Type": kind, "Idempotency-Key": key or repr(content)[:99]}
    headers["Idempotency-Key"] = headers["Idempotency-Key"].replace(" ", "")
    return desk.browser.post(f"/obligations/bulk{query}", content=content, headers=headers)


def test_csv_and_lines_of_json_say_the_same(made: MadeService) -> None:
    """The same rows as JSON after CSV change nothing: all are known."""
    desk = made.desk("P1")
    first = send(desk, csv_of(ROWS), key="csv").json()
    assert (first["rows"], first["taken"], first["opened"], first["refused"]) == (3, 3, 3, 0)
    again = send(desk, lines_of(ROWS), "application/x-ndjson", key="lines").json()
    assert (again["rows"], again["taken"], again["repeated"]) == (3, 0, 3)
    assert made.house.obligations.show(made.house.obligations.find("B1", "b2"))[
        "amount_minor"
    ] == 1250  # fmt: skip


def test_one_effect_under_one_key(made: MadeService) -> None:
    desk, content = made.desk("P1"), csv_of([("B2", "c1", "A1", "B2", "INR", "9.00")])
    first = send(desk, content, key="bulk-once")
    again = send(desk, content, key="bulk-once")
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    other = send(desk, content + b"\n", key="bulk-once")
    assert other.json()["code"] == "RequestReused"


def test_rows_that_cannot_be_taken_are_told_one_by_one(made: MadeService) -> None:
    rows = [("B1", "d1", "A1", "B1", "EUR", "1.234"), ("B1", "d2", "A1", "B1", "EUR", "4.00"),
            ("B1", "d3", "Z9", "B1", "EUR", "4.00")]  # fmt: skip
    found = send(made.desk("P1"), csv_of(rows)).json()
    assert (found["taken"], found["refused"]) == (1, 2)
    assert [(one["row"], one["code"]) for one in found["rejections"]] == [
        (1, "TooManyDecimals"), (3, "UnknownParticipant"),
    ]  # fmt: skip


def test_a_participant_files_for_itself_alone(made: MadeService) -> None:
    program = made.program("participant_clerk", "A1")
    rows = [("A1", "e1", "A1", "B1", "EUR", "21.00"), ("B1", "e2", "A1", "B1", "EUR", "22.00")]
    found = send(program, csv_of(rows)).json()
    assert (found["taken"], found["refused"]) == (1, 1)
    assert found["rejections"][0]["row"] == 2
    for agent in ("B1", "A2"):
        answer = send(program, csv_of(rows), key=f"agent-{agent}", query=f"?agent={agent}")
        assert (answer.status_code, answer.json()["code"]) == (403, "BeyondRights")


@pytest.mark.parametrize(("content", "kind", "status"), [
    (b"{}", "application/json", 415), (b"", "text/csv", 422), (b"{", "application/x-ndjson", 422),
    (b'{"amount": 5}\n', "application/x-ndjson", 422), (b"\xff\xfe\x00", "text/csv", 422),
    (b"x" * 5_000_001, "text/csv", 413), (b"[1]\n", "application/x-ndjson", 422),
    (b"null\n", "application/x-ndjson", 422), (b"\n", "application/x-ndjson", 422),
])  # fmt: skip
def test_what_is_no_file_is_refused(
    made: MadeService, content: bytes, kind: str, status: int
) -> None:
    answer = send(made.desk("P1"), content, kind, key=f"no-{status}-{len(content)}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_brings_a_file(made: MadeService) -> None:
    assert send(made.desk(), csv_of(ROWS)).status_code == 401


def test_lines_one_by_one_and_in_bulk_are_the_same(made: MadeService) -> None:
    """An obligation of three lines over HTTP, alone and in bulk, as a row a line and as lists: one
    effect, and the lines as they were said."""
    desk = made.desk("P1")
    head = {"sender": "B1", "reference": "lines-1", "debtor": "A1", "creditor": "B1",
            "amount": "100.00", "currency": "EUR", "document": "lines-1"}  # fmt: skip
    beside = {"kind": "cross_border_goods", "origin": "IN", "destination": "NL"}
    lines = [{"value": "70.00", "code": "300490", "quantity": "7", "unit": "KGM"},
             {"value": "20.00", "code": "901890"},
             {"value": "10.00", "code": "100630"}]  # fmt: skip
    alone = desk.post("/obligations", head | {"trade": beside | {"lines": lines}})
    assert alone.status_code == 201, alone.text
    row = json.dumps(head | beside | {"lines": lines}).encode()
    assert send(desk, row, "application/x-ndjson", key="lists").json()["repeated"] == 1
    names = [*head, *beside, "line", "value", "code", "quantity", "unit"]
    rows = [head | beside | {"line": str(place)} | one for place, one in enumerate(lines, 1)]
    table = "".join(",".join(one.get(name, "") for name in names) + "\n" for one in rows)
    content = (",".join(names) + "\n" + table).encode()
    assert send(desk, content, key="rows").json()["repeated"] == 1
    with made.house.database.read() as unit:
        trades = made.house.goods.trades_of(unit, [alone.json()["number"]])
    assert trades.lines.value_minor.tolist() == [70_00, 20_00, 10_00]
    assert trades.lines.quantity_milli.tolist() == [7_000, 0, 0]
    for wrong in ({"code": "300490"}, {"value": "-1.00"}, {"value": "1.00", "colour": "red"}):
        given = head | {"reference": "lines-2", "trade": beside | {"lines": [*lines, wrong]}}
        assert desk.post("/obligations", given).status_code == 422
        bad = json.dumps(head | beside | {"reference": "lines-2", "lines": [*lines, wrong]})
        answer = send(desk, bad.encode(), "application/x-ndjson", key=f"bad {wrong}")
        assert answer.status_code == 422 or answer.json()["refused"] == 1


def test_a_body_of_somebody_who_may_not_is_not_taken(
    made: MadeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not register is refused before a byte of theirs is on the disk, and in the log."""
    made.admit("D9")
    made.give("D9", [Grant("admin")])
    taken = list[Any]()
    monkeypatch.setattr(bulk, "kept", lambda *given: taken.append(given))
    answer = send(made.desk("D9"), csv_of(ROWS), key="may-not")
    assert (answer.status_code, taken) == (403, [])
    entries = made.house.audit.entries(caller="D9", outcome="refused", most=10)
    assert entries[-1]["what"] == "obligations.register"
