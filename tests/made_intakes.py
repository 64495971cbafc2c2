# SPDX-License-Identifier: Apache-2.0
"""Small intakes made by hand, without any file."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa

from skontro.core.fixing import Fixing
from skontro.core.intake import Intake, rejection_table
from skontro.core.money import exponent, format_minor
from skontro.core.obligations import NO_DUE_DAY, Obligations
from skontro.core.participants import Participants

Row = Sequence[object]
"""Id, debtor, creditor, minor units, currency, due day or date text (may be left out)."""


def make_intake(
    rows: Iterable[Row],
    *,
    firms: Mapping[str, tuple[str, str, bool]] | None = None,
    rates: Mapping[str, str] | None = None,
    unit: str = "EUR",
    limits: Iterable[tuple[str, str, int]] | None = None,
    quotas: Iterable[tuple[str, str, str, int]] | None = None,
) -> Intake:
    """Make an intake.

    Args:
        rows: The obligations.
        firms: Side, home currency and whether conversion is accepted, by id.
        rates: Rates by currency; with them there is a fixing.
        unit: Unit of account.
        limits: Participant, currency, minor units.
        quotas: Debtor side, creditor side, currency, minor units.
    """
    table = [tuple(row) for row in rows]
    known = dict(firms or {})
    ids = sorted({*known, *(str(row[1]) for row in table), *(str(row[2]) for row in table)},
                 key=str.encode)  # fmt: skip
    number = {firm: place for place, firm in enumerate(ids)}
    codes = tuple(sorted({str(row[4]) for row in table}))
    whole = [known.get(firm, ("", "", True)) for firm in ids]
    text = pa.array([str(row[0]) for row in table], pa.large_string())
    obligations = Obligations(
        row=np.arange(1, len(table) + 1),
        id=text,
        debtor=np.array([number[str(row[1])] for row in table], np.int32),
        creditor=np.array([number[str(row[2])] for row in table], np.int32),
        amount_minor=np.array([row[3] for row in table], np.int64),
        currency_index=np.array([codes.index(str(row[4])) for row in table], np.int16),
        currencies=codes,
        due_day=np.array([_day(row[5] if len(row) > 5 else None) for row in table], np.int32),
        carried=pa.table({"id": text}),
    )
    fixing = None
    if rates is not None:
        fixing = Fixing(unit, {code: Fraction(rate) for code, rate in sorted(rates.items())})
    return Intake(
        obligations=obligations,
        participants=Participants(
            id=ids,
            name=[""] * len(ids),
            side=[one[0] for one in whole],
            home_currency=[one[1] for one in whole],
            accepts=np.array([one[2] for one in whole], np.bool_),
        ),
        fixing=fixing,
        pay_in_limits=None if limits is None else sorted(limits),
        border_quotas=None if quotas is None else sorted(quotas),
        rejections=rejection_table([]),
        repeated=0,
        inputs=[],
    )


def _day(due: object) -> int:
    if due is None:
        return NO_DUE_DAY
    if isinstance(due, str):
        return (datetime.date.fromisoformat(due) - datetime.date(1970, 1, 1)).days
    return int(str(due))


WORKED_FIRMS = {
    "A1": ("A", "EUR", True), "A2": ("A", "EUR", True), "A3": ("A", "EUR", True),
    "B1": ("B", "INR", True), "B2": ("B", "INR", True), "B3": ("B", "INR", True),
}  # fmt: skip
WORKED_RATES = {"EUR": "1", "INR": "1/90", "AED": "1/4"}
WORKED_ROWS = [
    ("o1", "A1", "B1", 100_000_00, "EUR", "2026-01-10"),
    ("o2", "A2", "B2", 5_400_000_00, "INR", "2026-01-12"),
    ("o3", "B1", "A2", 80_000_00, "EUR", "2026-01-05"),
    ("o4", "B3", "A3", 300_000_00, "AED", "2026-01-20"),
    ("o5", "B2", "A1", 2_700_000_00, "INR", "2026-01-15"),
    ("o6", "A3", "B3", 40_000_00, "EUR", "2026-01-08"),
    ("o7", "A3", "A1", 20_000_00, "EUR", "2026-01-30"),
    ("o8", "B2", "B3", 1_800_000_00, "INR", "2026-01-30"),
]
"""Three firms on each of two sides at 1 EUR = 90 INR = 4 AED."""


def tables_of(intake: Intake) -> dict[str, pa.Table]:
    """The tables an intake would be read from, as keyword arguments of ``read_intake``."""
    book, firms = intake.obligations, intake.participants
    codes = [book.currencies[index] for index in book.currency_index]
    epoch = datetime.date(1970, 1, 1)
    due = [
        None if day == NO_DUE_DAY else (epoch + datetime.timedelta(days=day)).isoformat()
        for day in book.due_day.tolist()
    ]
    tables = {
        "obligations": pa.table(
            {
                "id": book.id,
                "debtor": [firms.id[firm] for firm in book.debtor],
                "creditor": [firms.id[firm] for firm in book.creditor],
                "amount": _decimals(book.amount_minor.tolist(), codes),
                "currency": codes,
                "due_date": pa.array(due, pa.string()),
            }
        ),
        "participants": pa.table(
            {
                "id": firms.id,
                "side": firms.side,
                "home_currency": firms.home_currency,
                "accepts_conversion": ["yes" if one else "no" for one in firms.accepts],
            }
        ),
    }
    if intake.fixing is not None:
        rates = intake.fixing.rates
        tables["fixing"] = pa.table(
            {
                "currency": list(rates),
                "unit_of_account": [intake.fixing.unit] * len(rates),
                "rate": [f"{rate.numerator}/{rate.denominator}" for rate in rates.values()],
            }
        )
    text = pa.string()
    if intake.pay_in_limits is not None:
        names, codes, minor = _columns(intake.pay_in_limits, 3)
        tables["pay_in_limits"] = pa.table(
            [pa.array(names, text), pa.array(_decimals(minor, codes), text), pa.array(codes, text)],
            names=["participant", "limit", "currency"],
        )
    if intake.border_quotas is not None:
        debtors, creditors, codes, minor = _columns(intake.border_quotas, 4)
        tables["border_quotas"] = pa.table(
            [pa.array(debtors, text), pa.array(creditors, text),
             pa.array(_decimals(minor, codes), text), pa.array(codes, text)],
            names=["debtor_side", "creditor_side", "quota", "currency"],
        )  # fmt: skip
    return tables


def _columns(rows: Sequence[Sequence[object]], count: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(count)]


def _decimals(minor: Sequence[int], codes: Sequence[str]) -> list[str]:
    return [format_minor(one, exponent(code)) for one, code in zip(minor, codes, strict=True)]
