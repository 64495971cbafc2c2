# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest

from skontro.core.errors import InvalidParticipants
from skontro.core.fixing import Fixing
from skontro.core.participants import Participants, id_fault


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A1", ""),
        ("Ä ö-7/β", ""),
        ("a" * 256, ""),
        ("ä" * 128, ""),
        ("", "EmptyId"),
        ("a" * 257, "IdTooLong"),
        ("ä" * 129, "IdTooLong"),
        ("a\nb", "ControlCharacter"),
        ("a\x7fb", "ControlCharacter"),
        ("a\x85b", "ControlCharacter"),
        ("\ta", "ControlCharacter"),
        (" a", "SurroundingSpace"),
        ("a ", "SurroundingSpace"),
        ("a\u00a0", "SurroundingSpace"),
        ("\u3000a", "SurroundingSpace"),
        ("a\u2028", "SurroundingSpace"),
        ("a\u200db", ""),
    ],
)
def test_ids(text: str, code: str) -> None:
    assert id_fault(text) == code


def test_participants_are_numbered_by_the_bytes_of_their_ids() -> None:
    """Not by how a language sorts: capitals first, then small letters, then the rest of Unicode.

    U+FF5E comes before U+1F600 in bytes, though not in UTF-16.
    """
    ids = ["b", "a", "Z", "é", "10", "9", "\U0001f600", "\uff5e"]
    read = Participants.from_table(pa.table({"id": ids, "name": [f"n{text}" for text in ids]}))
    assert read.id == sorted(ids, key=lambda text: text.encode())
    assert read.id.index("\uff5e") < read.id.index("\U0001f600")
    assert read.name == [f"n{text}" for text in read.id]
    assert read.accepts.all()
    assert len(read) == 8


@pytest.mark.parametrize(
    ("text", "accepts"),
    [("yes", True), ("no", False), ("TRUE", True), ("False", False), ("1", True), ("0", False),
     ("", True), (None, True)],
)  # fmt: skip
def test_accepts_conversion_is_yes_or_no_and_yes_by_default(
    text: str | None, accepts: bool
) -> None:
    column = pa.array([text], pa.string())
    table = pa.table({"id": ["A"], "accepts_conversion": column})
    assert Participants.from_table(table).accepts.tolist() == [accepts]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ["A", "B", "A"]}, "row 3: 'A' stands in row 1 already"),
        ({"id": ["A", ""]}, "row 2: id '': the id is empty"),
        ({"id": ["A", "B\n"]}, "row 2: id 'B.n': an id holds no control"),
        ({"id": ["A"], "accepts_conversion": ["maybe"]}, "row 1: accepts_conversion 'maybe'"),
        ({"id": ["A"], "accepts_conversion": [" yes"]}, "row 1: accepts_conversion ' yes'"),
        ({"id": ["A"], "home_currency": ["XAU"]}, "row 1: home_currency 'XAU' is not a currency"),
    ],
)
def test_a_file_that_is_not_right_is_refused_by_row(
    columns: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(InvalidParticipants, match=message):
        Participants.from_table(pa.table(columns))


def test_a_firm_that_accepts_conversion_needs_a_rate_for_its_home_currency() -> None:
    fixing = Fixing("EUR", {"EUR": Fraction(1)})
    columns = {"id": ["A", "B"], "home_currency": ["EUR", "INR"]}
    with pytest.raises(InvalidParticipants, match="row 2: home_currency INR has no rate"):
        Participants.from_table(pa.table(columns), fixing=fixing)
    refuses = pa.table({**columns, "accepts_conversion": ["yes", "no"]})
    assert Participants.from_table(refuses, fixing=fixing).accepts.tolist() == [True, False]
    assert len(Participants.from_table(pa.table(columns))) == 2
