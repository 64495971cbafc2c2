# SPDX-License-Identifier: Apache-2.0
"""The tables, the summary and the digests of a result, to the letter of the format."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.made_intakes import WORKED_FIRMS, WORKED_RATES, WORKED_ROWS, make_intake

from skontro.core.clearing import clear_intake
from skontro.core.readable import minor_of, minor_of_sum, readable, share_text
from skontro.core.result import ClearingResult


@pytest.fixture
def worked_result() -> ClearingResult:
    """The worked example with limits and a quota, so that every stage is there."""
    return clear_intake(
        make_intake(
            WORKED_ROWS, firms=WORKED_FIRMS, rates=WORKED_RATES,
            limits=[("A1", "EUR", 50_000_00)], quotas=[("A", "B", "EUR", 10_000_00)],
        )
    )  # fmt: skip


OWN = ["row", "gross_minor", "set_off_minor", "settled_minor", "residual_minor",
       "gross", "set_off", "settled", "residual"]  # fmt: skip
POINTS = ["gross_points", "set_off_points", "settled_points"]


def test_columns_of_the_obligations(worked_result: ClearingResult) -> None:
    assert worked_result.obligations.column_names == ["id", *OWN, *POINTS]
    plain = clear_intake(make_intake(WORKED_ROWS))
    assert plain.obligations.column_names == ["id", *OWN]
    table = worked_result.obligations
    for row in table.to_pylist():
        assert row["residual_minor"] == (
            row["gross_minor"] - row["set_off_minor"] - row["settled_minor"]
        )
    assert table.schema.field("set_off_minor").type == pa.int64()


def test_an_input_column_of_our_name_gives_way() -> None:
    intake = make_intake([("1", "A", "B", 5, "JPY"), ("2", "B", "A", 500, "BHD")])
    carried = pa.table({"id": ["1", "2"], "row": ["x", "y"], "input_row": ["p", "q"]})
    intake = replace(intake, obligations=replace(intake.obligations, carried=carried))
    table = clear_intake(intake).obligations
    assert table.column_names[:4] == ["id", "input_input_row", "input_row", "row"]
    assert table["input_input_row"].to_pylist() == ["x", "y"]
    assert table["gross"].to_pylist() == ["5", "0.500"]


def test_columns_of_the_participants(worked_result: ClearingResult) -> None:
    table = worked_result.participants
    assert table.column_names == [
        "participant", "currency", "name", "side", "home_currency", "accepts_conversion", "unit",
        "owed_points", "due_points", "net_position_points", "set_off_points",
        "settled_out_points", "settled_in_points",
        "level", "level_settled", "level_pay_in", "level_border", "pay_in_limit_points",
        "pay_in_points", "pay_out_points", "booked_difference_points",
        "owed_minor", "due_minor", "net_position_minor", "set_off_minor",
        "booked_difference_minor", "pay_in_minor", "pay_out_minor", "settlement_currency",
        "net_position", "set_off", "pay_in", "pay_out", "booked_difference",
    ]  # fmt: skip
    assert table["pay_in_limit_points"].null_count == 5
    empty = clear_intake(make_intake([], limits=[], rates=WORKED_RATES)).participants
    assert set(empty.column_names) == set(table.column_names)


def test_summary_of_several_blocks() -> None:
    rows = [("1", "A", "B", 5, "EUR"), ("2", "B", "A", 5, "EUR"), ("3", "B", "C", 9, "JPY")]
    summary = clear_intake(make_intake(rows)).summary
    assert {name: summary[name] for name in ("unit", "gross_minor", "share", "pay_in_points")} == {
        "unit": None, "gross_minor": None, "share": None, "pay_in_points": None,
    }  # fmt: skip
    assert (summary["obligations"], summary["participants"]) == (3, 3)
    counts = ("fully_discharged", "partly_discharged", "untouched")
    assert [summary[name] for name in counts] == [2, 0, 1]
    assert summary["effect"] == "calculation"
    assert summary["screened"] is False
    yen = summary["blocks"][1]
    assert (yen["unit"], yen["net_internal_debt_minor"], yen["pay_in_points"]) == ("JPY", 9, "9")


def test_summary_counts_sides_and_currencies(worked_result: ClearingResult) -> None:
    block = worked_result.summary["blocks"][0]
    assert [row["currency"] for row in block["currencies"]] == ["AED", "EUR", "INR"]
    assert sum(row["obligations"] for row in block["sides"]) == 8
    assert sum(int(row["gross_points"]) for row in block["sides"]) == int(block["gross_points"])
    aed = block["currencies"][0]
    assert aed["gross_minor"] == aed["set_off_minor"] + aed["settled_minor"] + aed["residual_minor"]
    assert aed["points_per_minor"] == "45"


class Sections:
    """The digests' sections once more, straight from the format's words."""

    def __init__(self) -> None:
        self.data = b""

    def add(self, name: str, body: bytes) -> None:
        self.data += bytes([len(name)]) + name.encode() + struct.pack("<Q", len(body)) + body

    def numbers(self, name: str, kind: str, values: list[int]) -> None:
        self.add(name, b"".join(struct.pack("<" + kind, value) for value in values))

    def texts(self, name: str, values: list[str]) -> None:
        coded = [value.encode() for value in values]
        lengths = b"".join(struct.pack("<I", len(one)) for one in coded)
        self.add(name, lengths + b"".join(coded))

    def json(self, name: str, value: Any) -> None:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.add(name, text.encode())

    def hex(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def test_digests_are_those_of_the_format(worked_result: ClearingResult) -> None:
    """Goal: both digests, byte by byte, for the worked example with limits and a quota."""
    firms = sorted(WORKED_FIRMS)
    codes = ["AED", "EUR", "INR"]
    order = sorted(WORKED_ROWS, key=lambda r: (r[4], firms.index(r[1]), firms.index(r[2]), r[0]))
    book = worked_result.intake.obligations
    due = dict(zip(book.id.to_pylist(), book.due_day.tolist(), strict=True))
    one = Sections()
    one.add("format", b"skontro.input/1")
    one.json("fixing", {"unit": "EUR", "rates": {"EUR": "1/1", "INR": "1/90", "AED": "1/4"}})
    one.texts("participants.id", firms)
    one.texts("participants.side", [WORKED_FIRMS[firm][0] for firm in firms])
    one.texts("participants.home_currency", [WORKED_FIRMS[firm][1] for firm in firms])
    one.add("participants.accepts", b"\1" * 6)
    one.texts("obligations.id", [row[0] for row in order])
    one.numbers("obligations.debtor", "i", [firms.index(row[1]) for row in order])
    one.numbers("obligations.creditor", "i", [firms.index(row[2]) for row in order])
    one.texts("obligations.currency", codes)
    one.numbers("obligations.currency_index", "h", [codes.index(row[4]) for row in order])
    one.numbers("obligations.amount_minor", "q", [row[3] for row in order])
    one.numbers("obligations.due_day", "i", [due[row[0]] for row in order])
    one.json("limits", [["A1", "EUR", 50_000_00]])
    one.json("quotas", [["A", "B", "EUR", 10_000_00]])
    assert one.hex() == worked_result.input_digest

    two = Sections()
    two.add("format", b"skontro.result/1")
    two.add("input_digest", bytes.fromhex(worked_result.input_digest))
    two.json("parameters", worked_result.parameters)
    names = ("unit", "gross_points", "set_off_points", "settled_points", "pay_in_points",
             "pay_out_points")  # fmt: skip
    block = worked_result.summary["blocks"][0]
    two.json("totals", [{name: block[name] for name in names}])
    rows = {row["id"]: row for row in worked_result.obligations.to_pylist()}
    for name in ("set_off_minor", "settled_minor", "set_off_points", "settled_points"):
        two.numbers(name, "q", [rows[row[0]][name] for row in order])
    table = worked_result.participants
    proof = worked_result.certificate["blocks"][0]
    for stage in ("set_off", "settled", "pay_in", "border"):
        column = "level" if stage == "set_off" else f"level_{stage}"
        two.numbers(f"levels.{stage}", "q", table[column].to_pylist())
        if stage != "set_off":
            two.json(f"house.{stage}", [
                [node["kind"], node["side"], node["currency"], node["levels"][stage]]
                for node in proof["house_nodes"]
            ])  # fmt: skip
    two.json("border", [
        [arc["from"], arc["to"], arc["limit_points"], arc["flow_points"]]
        for arc in proof["border_arcs"]
    ])  # fmt: skip
    assert two.hex() == worked_result.result_digest


def test_saving_and_verifying_are_the_shell_s(worked_result: ClearingResult) -> None:
    with pytest.raises(TypeError):
        worked_result.save("nowhere")
    with pytest.raises(TypeError):
        worked_result.verify()
    calls = list[Any]()
    worked_result.writer = lambda result, place, **options: calls.append((place, options))
    worked_result.verifier = lambda result: "verdict"
    worked_result.save("here", format="parquet", force=True)
    assert calls == [(Path("here"), {"format": "parquet", "force": True})]
    assert worked_result.verify() == "verdict"


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [
        (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (123456, 2, "1234.56"),
        (7, 0, "7"), (-7, 0, "-7"), (7, 3, "0.007"), (2**62, 2, "46116860184273879.04"),
    ],
)  # fmt: skip
def test_readable(minor: int, decimals: int, text: str) -> None:
    assert readable(np.array([minor, 1]), decimals)[0].as_py() == text
    each = np.array([decimals, 2], np.int8)
    assert readable(np.array([minor, 1]), each).to_pylist() == [text, "0.01"]


@pytest.mark.parametrize("worth", [Fraction(1), Fraction(2), Fraction(3), Fraction(10, 7)])
def test_minor_of_rounds_half_to_even(worth: Fraction) -> None:
    points = np.arange(-50, 50)
    exact = [round(Fraction(value) / worth) for value in points.tolist()]
    assert minor_of(points, worth).tolist() == exact
    assert [minor_of_sum(value, worth) for value in points.tolist()] == exact
    large = np.array([2**62 - 1, -(2**62) + 1])
    assert minor_of(large, worth).tolist() == [round(Fraction(int(v)) / worth) for v in large]


def test_share_text() -> None:
    assert [share_text(1, 3), share_text(1, 1), share_text(1, 2_000_000)] == [
        "0.333333", "1.000000", "0.000000",
    ]  # fmt: skip
