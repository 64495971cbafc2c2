# SPDX-License-Identifier: Apache-2.0
"""Files of obligations: taken in, matched, held, refused row by row; confirmed in bulk."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.made_house import MadeHouse
from tests.made_obligations import TERMS, filed, reasons, said, states

from skontro.core.errors import EmptyTable, MissingColumns, Rejected
from skontro.messages.tables import write_table
from skontro.store.rows import count, find_all
from skontro.store.schema import filing, obligation, obligation_event, registration, verdict


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[MadeHouse]:
    house = MadeHouse(
        tmp_path / "house", url=database_url,
        changes={"amount_minor = 0  ": "amount_minor = 5  "},
    )  # fmt: skip
    house.import_list()
    house.admit_firms()
    yield house
    house.house.close()


def figures(report: Any) -> dict[str, int]:
    names = ("taken", "repeated", "opened", "confirmed", "near", "duplicates", "held")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def test_both_in_one_file_match_at_once(made: MadeHouse) -> None:
    """Exactly, within tolerance, or not at all; the lower amount and the later date hold."""
    book = made.house.obligations
    report = book.import_file(filed(
        said("A1", "1"), said("B1", "1"),
        said("A1", "2", document="near", amount_minor=10_004, due_date="2026-01-12"),
        said("B1", "2", document="near", document_date=""),
        said("A1", "3", document="far", amount_minor=10_006),
        said("B1", "3", document="far"),
        said("A1", "4", document="late", due_date="2026-01-14"),
        said("B1", "4", document="late"),
    ))  # fmt: skip
    assert figures(report) == {"taken": 8, "opened": 6, "confirmed": 2, "near": 1}
    assert states(made, "A1/1", "A1/2", "A1/3", "B1/3", "A1/4", "B1/4") == [
        "confirmed", "confirmed", "registered", "registered", "registered", "registered",
    ]  # fmt: skip
    near = book.show(book.find("B1", "2"))
    assert book.find("A1", "2") == book.find("B1", "2")
    assert (near["amount_minor"], near["open_minor"], near["due_day"]) == (10_000, 10_000, 20_465)
    assert near["document_day"] == 20_432
    assert [one["amount_minor"] for one in near["registrations"]] == [10_004, 10_000]


def test_the_same_file_twice_has_one_effect(made: MadeHouse, tmp_path: Path) -> None:
    """From CSV, Parquet and XLSX alike; a reference used for something else is refused by row."""
    rows = filed(*(said("B1", str(n), document=f"INV-{n}") for n in range(5)))
    book, whole = made.house.obligations, rows.drop_columns(["amount_minor"])
    whole = whole.append_column("amount", pa.array(["100.00"] * 5))
    write_table(whole, tmp_path / "a.csv")
    write_table(rows, tmp_path / "a.parquet")
    write_table(whole, tmp_path / "a.xlsx")
    first = book.import_file(tmp_path / "a.csv")
    assert figures(first) == {"taken": 5, "opened": 5}
    assert first.filing is not None
    for name in ("a.csv", "a.parquet", "a.xlsx"):
        again = book.import_file(tmp_path / name)
        assert figures(again) == {"repeated": 5}, name
        assert again.filing is None
    assert book.register(said("B1", "3", document="INV-3")) == (book.find("B1", "3"), "registered")
    other = book.import_file(filed(
        said("B1", "2", document="INV-2", amount_minor=1), said("B1", "9", document="INV-9"),
        said("B1", "4", document="INV-4"),
    ))  # fmt: skip
    assert figures(other) == {"taken": 1, "opened": 1, "repeated": 1}
    assert reasons(other.rejections) == [(1, "reference", "IdempotencyMismatch")]
    with made.house.database.read() as unit:
        assert count(unit, obligation) == 6
        assert count(unit, filing) == 2
        assert count(unit, verdict, subject_kind="obligation") == 6


def test_bad_rows_are_refused_with_row_field_and_reason(made: MadeHouse, tmp_path: Path) -> None:
    lines = """\
sender,reference,debtor,creditor,amount,currency,due_date,document,document_date
B1,1,A1,B1,100.00,EUR,2026-01-10,I1,2025-12-10
B1,2,A1,B1,12.345,EUR,2026-01-10,I2,
B1,3,A1,B1,1e3,EUR,2026-01-10,I3,
B1,4,A1,B1,-5.00,EUR,,I4,
B1,5,A1,B1,5.00,XYZ,,I5,
B1,6,A1,A1,5.00,EUR,,I6,
B1,7,A1,X9,5.00,EUR,,I7,
A2,8,A1,B1,5.00,EUR,,I8,
B1,9,A1,B1,5.00,EUR,2026-13-01,I9,
B1,,A1,B1,5.00,EUR,,I10,
B1,11,A1,B1,5.00,EUR,,I11,2026-1-1
B1,12,A1,B1,5.00,EUR,,I12
B1,13,A1,B1,5.00,EUR,,I13,
B1,13,A1,B1,6.00,EUR,,I13,
B1,14,A1,B1,7.00,EUR,,I14,
B1,14,A1,B1,7.00,EUR,,I14,
B1,15,A1,B1,0,EUR,, I15,
"""
    path = tmp_path / "rows.csv"
    path.write_text(lines, "utf-8")
    report = made.house.obligations.import_file(path)
    assert report.rows == 17
    assert figures(report) == {"taken": 2, "repeated": 1, "opened": 2, "held": 2}
    assert reasons(report.rejections) == [
        (2, "amount", "TooManyDecimals"), (3, "amount", "ExponentNotation"),
        (4, "amount", "NegativeAmount"), (5, "currency", "UnknownCurrency"),
        (6, "creditor", "SelfObligation"), (7, "creditor", "UnknownParticipant"),
        (8, "sender", "NotPermitted"), (9, "due_date", "InvalidDate"),
        (10, "reference", "EmptyId"), (11, "document_date", "InvalidDate"),
        (12, "", "RaggedRow"), (13, "reference", "IdempotencyMismatch"),
        (14, "reference", "IdempotencyMismatch"), (17, "amount", "ZeroAmount"),
    ]  # fmt: skip
    with pytest.raises(MissingColumns, match="no column reference"):
        made.house.obligations.import_file(pa.table({"sender": ["A1"]}))
    with pytest.raises(EmptyTable):
        made.house.obligations.import_file(filed())


def test_a_file_answers_what_was_said_before(made: MadeHouse) -> None:
    """By a single registration or an earlier file; within tolerance what holds may be a third."""
    book = made.house.obligations
    book.register(said("A1", "1"))
    book.import_file(filed(
        said("A1", "2", document="two"),
        said("B1", "3", document="three", amount_minor=10_003),
        said("A1", "4", document="four", amount_minor=9_999, due_date="2026-01-09"),
    ))  # fmt: skip
    book.flag(book.find("A1", "4"), "factored", by="A1")
    report = book.import_file(filed(
        said("B1", "1"),
        said("B1", "2", document="two", amount_minor=10_001),
        said("A1", "3", document="three"),
        said("B1", "4", document="four"),
    ))  # fmt: skip
    assert figures(report) == {"taken": 4, "opened": 2, "confirmed": 4, "near": 3}
    assert states(made, "A1/1", "A1/2", "B1/3", "A1/3", "A1/4", "B1/4") == [
        "confirmed", "confirmed", "joined", "confirmed", "joined", "confirmed",
    ]  # fmt: skip
    assert book.find("A1", "1") == book.find("B1", "1")
    assert book.find("A1", "2") == book.find("B1", "2"), "what was said first is what holds"
    third = book.show(book.find("B1", "4"))
    assert (third["amount_minor"], third["due_day"]) == (9_999, 20_463)
    assert third["flag_names"] == ["factored"]
    old = book.show(book.find("A1", "4"))
    assert old["joined_to"] == third["number"]
    assert old["amount_minor"] == 9_999
    assert old["due_day"] == 20_462, "what was said stays as it was said"


def test_what_waits_is_matched_as_a_whole(made: MadeHouse) -> None:
    """Said one by one and near: it waits for the matching, which pairs it."""
    book = made.house.obligations
    book.register(said("A1", "1"))
    book.register(said("B1", "1", amount_minor=10_001))
    book.register(said("A1", "2", document="two", due_date="2026-01-09"))
    book.register(said("B1", "2", document="two", amount_minor=10_001))
    (line,) = [one for one in book.work_list("A1") if one["number"] == book.find("A1", "1")]
    assert line["will_match"] is True
    assert line["differences"] == ["amount: the debtor says 100.00 EUR, the creditor 100.01 EUR"]
    assert book.match() == {"matched": 2, "near": 2, "duplicates": 0}
    assert book.match() == {"matched": 0, "near": 0, "duplicates": 0}
    assert states(made, "A1/1", "B1/1", "A1/2", "B1/2") == [
        "confirmed", "joined", "joined", "joined",
    ]  # fmt: skip
    third = book.show(book.show(book.find("A1", "2"))["joined_to"])
    assert (third["state"], third["amount_minor"], third["due_day"]) == ("confirmed", 10_000, 20463)
    assert book.work_list() == []
    with made.house.database.read() as unit:
        released = {
            row.subject for row in find_all(unit, verdict, subject_kind="obligation",
                                            outcome="released")
        }  # fmt: skip
    assert third["number"] in released


def test_the_order_of_files_and_rows_makes_no_difference(tmp_path: Path) -> None:
    """The same words in any order, in one file or many, then matched: the same obligations."""
    words = [
        said("A1", "a", document="x"), said("B1", "b", document="x", amount_minor=10_001),
        said("B1", "c", document="x", due_date="2026-01-12"), said("A1", "d", document="y"),
        said("B1", "e", document="y"), said("B1", "f", document="y"),
    ]  # fmt: skip
    outcomes = dict[Any, list[int]]()
    orders = [[*words], [*reversed(words)], [words[i] for i in (2, 5, 0, 3, 1, 4)]]
    for number, (order, parts) in enumerate(itertools.product(orders, (1, 3))):
        made = MadeHouse(tmp_path / f"house{number}",
                         changes={"amount_minor = 0  ": "amount_minor = 5  "})  # fmt: skip
        made.import_list()
        made.admit_firms()
        book = made.house.obligations
        for start in range(parts):
            book.import_file(filed(*order[start::parts]), near=False)
        book.match()
        with made.house.database.read() as unit:
            rows = find_all(unit, obligation)
        outcome = sorted((row.document, row.amount_minor, row.due_day, row.state, row.said)
                         for row in rows)  # fmt: skip
        outcomes.setdefault(tuple(outcome), []).append(number)
        made.house.close()
    assert len(outcomes) == 1, outcomes


def test_doubles_in_a_file_are_held(made: MadeHouse) -> None:
    """Said twice in one file, or once more after both stood by it; what both said twice too."""
    book = made.house.obligations
    report = book.import_file(filed(
        said("B1", "1"), said("B1", "2"), said("A1", "1"), said("A1", "2"),
        said("B1", "3", document="alone"), said("B1", "4", document="alone", due_date=""),
        said("B1", "5", document="dated"),
        said("B1", "6", document="dated", document_date="2025-12-11"),
    ))  # fmt: skip
    assert figures(report) == {"taken": 8, "opened": 6, "confirmed": 1, "duplicates": 2}
    both = [book.show(book.find("B1", name)) for name in "12"]
    assert sorted(one["state"] for one in both) == ["confirmed", "duplicate"]
    assert [one["said"] for one in both] == [3, 3]
    assert sorted(states(made, "B1/3", "B1/4")) == ["duplicate", "registered"]
    assert states(made, "B1/5", "B1/6") == ["registered", "registered"]
    held = next(one for one in both if one["state"] == "duplicate")
    free = next(one for one in both if one["state"] == "confirmed")
    assert held["events"][0]["detail"] == {"like": free["number"]}
    due = "" if states(made, "B1/3") == ["duplicate"] else TERMS["due_date"]
    again = book.import_file(filed(
        said("A1", "7"), said("A1", "8", document="alone", due_date=due)
    ))  # fmt: skip
    assert figures(again) == {"taken": 2, "opened": 1, "confirmed": 1, "duplicates": 1}
    assert states(made, "A1/7", "A1/8") == ["duplicate", "confirmed"]


def test_an_agent_hands_a_file_in(made: MadeHouse) -> None:
    book, key = made.house.obligations, made.keys["P1"]
    made.both(made.house.participants.propose_agency("A2", "B1", "P1", key))
    table = filed(said("A2", "1"), said("B1", "2", document="2"), said("A1", "3", document="3"))
    report = book.import_file(table, agent="A2")
    assert reasons(report.rejections) == [(3, "sender", "AgentNotPermitted")]
    assert book.find("B1", "1") != book.find("B1", "2")
    with made.house.database.read() as unit:
        assert find_all(unit, filing)[0].sender == 2
    with pytest.raises(Rejected, match="not a participant"):
        book.import_file(table, agent="X9")
    made.both(made.house.participants.propose_agency("A2", "A1", "P1", key))
    for_both = book.import_file(filed(said("A2", "4", document="4")))
    assert (for_both.opened, reasons(for_both.rejections)) == (0, [(1, "sender", "NotPermitted")])
    word = pa.table({"sender": ["B1"], "reference": ["2"], "confirmed_by": ["A2"]})
    answer = book.confirm_file(word)
    assert (answer.confirmed, answer.rejections.column("code").to_pylist()) == (0, ["NotPermitted"])


def test_confirmed_all_of_a_counterparty(made: MadeHouse) -> None:
    book = made.house.obligations
    book.import_file(filed(
        said("B1", "1", document="1"), said("B1", "2", document="2"),
        said("B2", "3", document="3", creditor="B2"), said("A1", "4", document="4"),
        said("B1", "5", document="1", due_date="2026-02-01", document_date="2026-01-01"),
    ))  # fmt: skip
    assert book.confirm_all("A1", counterparty="B1") == {"confirmed": 3, "duplicates": 0}
    assert states(made, "B1/1", "B2/3", "A1/4") == ["confirmed", "registered", "registered"]
    assert book.confirm_all("A1") == {"confirmed": 1, "duplicates": 0}
    assert book.confirm_all("A1") == {"confirmed": 0, "duplicates": 0}
    with made.house.database.read() as unit:
        assert count(unit, obligation_event, event="confirm", by_participant=1) == 4
        assert count(unit, obligation, state="confirmed", said=3) == 4


def test_confirmed_by_a_file_of_references(made: MadeHouse) -> None:
    """Each bad row with its reason; what stood already is repeated; doubles are held."""
    book = made.house.obligations
    book.import_file(filed(
        said("B1", "1", document="1"), said("B1", "2", document="2"),
        said("A1", "3", document="3"), said("B1", "4", document="4"),
        said("A1", "5", document="5", due_date="2026-01-01", document_date=""),
        said("B1", "6", document="5", due_date="2026-02-28", document_date=""),
    ))  # fmt: skip
    book.dispute(book.find("B1", "4"), "A1", "never ordered")
    rows = [
        ("B1", "1", "A1"), ("B1", "2", "B1"), ("A1", "3", "B1"), ("B1", "9", "A1"),
        ("B1", "4", "A1"), ("X9", "1", "A1"), ("B1", "2", "A2"), ("B1", "1", "A1"),
    ]  # fmt: skip
    names = ("sender", "reference", "confirmed_by")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    report = book.confirm_file(table)
    assert (report.confirmed, report.repeated, report.duplicates) == (2, 1, 0)
    assert reasons(report.rejections) == [
        (2, "confirmed_by", "OwnRegistration"), (4, "reference", "UnknownReference"),
        (5, "reference", "WrongState"), (6, "sender", "UnknownParticipant"),
        (7, "sender", "NotPermitted"),
    ]  # fmt: skip
    again = book.confirm_file(table)
    assert (again.confirmed, again.repeated) == (0, 3)
    with pytest.raises(MissingColumns):
        book.confirm_file(table.drop_columns(["confirmed_by"]))
    one = pa.table({"sender": ["B1"], "reference": ["6"]})
    assert book.confirm_file(one, by="A1").confirmed == 1
    late = book.confirm_file(pa.table({"sender": ["A1"], "reference": ["5"]}), by="B1")
    assert (late.confirmed, late.duplicates) == (1, 0)
    assert states(made, "B1/1", "B1/2", "A1/3", "B1/4") == [
        "confirmed", "registered", "confirmed", "disputed",
    ]  # fmt: skip


def test_nothing_is_taken_in_halves(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filing that fails at its last step leaves nothing behind."""
    book = made.house.obligations

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(made.house.gate, "judge_columns", fail)
    with pytest.raises(RuntimeError):
        book.import_file(filed(said("B1", "1")))
    with made.house.database.read() as unit:
        assert [count(unit, each) for each in (obligation, registration, filing)] == [0, 0, 0]


def test_held_parties_hold_their_obligations(made: MadeHouse) -> None:
    made.import_list([("Bakul Mills", "")])
    report = made.house.obligations.import_file(filed(
        said("B1", "1"), said("B2", "2", creditor="B2", document="2"),
    ))  # fmt: skip
    assert figures(report) == {"taken": 2, "opened": 2, "held": 1}
    with made.house.database.read() as unit:
        found = find_all(unit, verdict, order=["subject"], subject_kind="obligation")
    assert [row.outcome for row in found] == ["held", "released"]
    assert json.loads(found[0].reasons) == [
        {"code": "PartyHeld", "party": 4, "text": "party 4 is held"}
    ]
