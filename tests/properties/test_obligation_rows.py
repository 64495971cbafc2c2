# SPDX-License-Identifier: Apache-2.0
"""Rows of obligations against a plain reading of the same rules, one row at a time."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.fixing import Fixing
from skontro.core.money import amount_fault, exponents, parse_decimal
from skontro.core.obligations import NO_DUE_DAY
from skontro.core.participants import Participants, id_fault
from skontro.messages import obligation_rows, scanning
from skontro.messages.obligation_rows import read_obligations
from skontro.messages.tables import read_table

NAMES = ("id", "debtor", "creditor", "amount", "currency", "due_date", "note")
FIRMS = ["A", "B", "long-name-of-C", "D"]
FIXING = Fixing("EUR", {"EUR": Fraction(1), "JPY": Fraction(1, 160)})

Row = tuple[str, ...]
ROW = st.tuples(
    st.sampled_from(["o1", "o2", "o3", "o4", "order-number-5", "order-number-6", "", "x "]),
    st.sampled_from([*FIRMS, "", "unknown"]),
    st.sampled_from([*FIRMS, "B\n"]),
    st.sampled_from(["1", "1.0", "1.00", "2.5", "0", "-1", "1e3", "1,5", "7", "0.001"]),
    st.sampled_from(["EUR", "JPY", "USD", "XAU", "eur"]),
    st.sampled_from(["", "2026-01-10", "2026-13-01", "1969-12-31"]),
    st.sampled_from(["", "n"]),
)


def plain_fault(row: Row, firms: set[str] | None, rates: set[str] | None) -> tuple[str, str] | None:
    """Return field and code of the first fault of a row taken alone."""
    _, debtor, creditor, amount, currency, due, _ = row
    for name, text in zip(NAMES, row[:3], strict=False):
        if id_fault(text):
            return name, id_fault(text)
    if debtor == creditor:
        return "creditor", "SelfObligation"
    for name, text in (("debtor", debtor), ("creditor", creditor)):
        if firms is not None and text not in firms:
            return name, "UnknownParticipant"
    if currency not in exponents():
        return "currency", "UnknownCurrency"
    if rates is not None and currency not in rates:
        return "currency", "NoRate"
    fault = amount_fault(amount, exponents()[currency])
    if fault or parse_decimal(amount, exponents()[currency]) == 0:
        return "amount", fault or "ZeroAmount"
    try:
        if due:
            datetime.date.fromisoformat(due)
    except ValueError:
        return "due_date", "InvalidDueDate"
    return None


def plain_reading(
    rows: list[Row], firms: set[str] | None, rates: set[str] | None
) -> tuple[list[int], list[tuple[int, str, str]], int]:
    """Return rows kept, rejections, and how many repeat, all by row number from 1."""
    faults = [plain_fault(row, firms, rates) for row in rows]

    def content(place: int) -> Any:
        _, debtor, creditor, amount, currency, due, note = rows[place]
        valid = faults[place] is None
        minor = parse_decimal(amount, exponents()[currency]) if valid else -1
        return debtor, creditor, minor, currency, due, note

    by_id: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if not id_fault(row[0]):
            by_id.setdefault(row[0], []).append(place)
    repeats = set()
    for places in by_id.values():
        contents = [content(place) for place in places]
        if any(item != contents[0] for item in contents):
            for place in places:
                faults[place] = faults[place] or ("id", "DuplicateObligation")
        else:
            repeats |= {place for place in places[1:] if faults[place] is None}
    kept = [n for n, fault in enumerate(faults) if fault is None and n not in repeats]
    refused = [(n + 1, *fault) for n, fault in enumerate(faults) if fault is not None]
    return [n + 1 for n in kept], refused, len(repeats)


@given(
    st.lists(ROW, min_size=1, max_size=40), st.booleans(), st.booleans(), st.booleans(),
    st.integers(0, 40),
)  # fmt: skip
def test_rows_are_read_as_the_rules_say_one_by_one(
    rows: list[Row], with_firms: bool, with_fixing: bool, same_hash: bool, cut: int
) -> None:
    """With every id hashed alike half the time: the hash may only make it faster."""
    table = pa.table({n: pa.array(c) for n, c in zip(NAMES, zip(*rows, strict=True), strict=True)})
    table = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    firms = Participants.plain(FIRMS) if with_firms else None
    fixing = FIXING if with_fixing else None
    with pytest.MonkeyPatch.context() as patch:
        if same_hash:
            patch.setattr(scanning, "hash_texts", lambda _o, _d, result: result.fill(7))
        patch.setattr(obligation_rows, "_FEW_GONE", 3)
        found = read_obligations(read_table("obligations", table), firms, fixing)
    kept, refused, repeated = plain_reading(
        rows, set(FIRMS) if with_firms else None, set(FIXING.rates) if with_fixing else None
    )
    obligations = found.obligations
    assert obligations.row.tolist() == kept
    assert found.repeated == repeated
    assert [(r["row"], r["field"], r["code"]) for r in found.rejections.to_pylist()] == refused
    ids = found.participants.id
    seen = {rows[n - 1][place] for n in kept for place in (1, 2)}
    assert ids == (FIRMS if with_firms else sorted(seen, key=str.encode))
    for at, n in enumerate(kept):
        row = dict(zip(NAMES, rows[n - 1], strict=True))
        code = obligations.currencies[obligations.currency_index[at]]
        assert obligations.id[at].as_py() == row["id"]
        assert (ids[obligations.debtor[at]], ids[obligations.creditor[at]]) == rows[n - 1][1:3]
        assert code == row["currency"]
        assert obligations.amount_minor[at] == parse_decimal(row["amount"], exponents()[code])
        day = obligations.due_day[at]
        epoch = np.datetime64("1970-01-01")
        shown = "" if day == NO_DUE_DAY else str(epoch + int(day))
        assert shown == row["due_date"]
    assert obligations.carried.to_pylist() == [
        dict(zip(NAMES, rows[n - 1], strict=True)) for n in kept
    ]
