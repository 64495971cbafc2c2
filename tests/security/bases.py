# SPDX-License-Identifier: Apache-2.0
"""Honest results of all kinds, from which a liar starts."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from skontro.core.clearing import clear_intake
from skontro.core.result import ClearingResult
from skontro.messages import folder as folders
from skontro.messages.folder import write_folder
from skontro.messages.tables import read_intake

EXPONENTS = {"EUR": 2, "INR": 2, "AED": 2, "JPY": 0, "KWD": 3}
RATES = {"EUR": "1", "INR": "1/90", "AED": "1/4", "JPY": "0.0061", "KWD": "3.01"}


@dataclass(frozen=True)
class Base:
    """How to make an honest result.

    Attributes:
        name: What it is called in a failing test.
        currencies: Currencies of its obligations.
        rates: Rates of its fixing, if it has one.
        firms: How many participants there are.
        rows: How many obligations.
        top: Greatest amount in minor units.
        refusing: How many participants in ten refuse conversion.
        limits: Whether there are pay-in limits; likewise quotas.
        kind: Kind of the output tables.
        bad_rows: Whether some rows must be refused and some repeat.
        options: What is asked of the clearing.
    """

    name: str
    currencies: tuple[str, ...] = ("EUR",)
    rates: dict[str, str] | None = None
    firms: int = 10
    rows: int = 60
    top: int = 20
    refusing: int = 0
    limits: bool = False
    quotas: bool = False
    kind: str = "csv"
    bad_rows: bool = False
    options: tuple[tuple[str, Any], ...] = ()


THREE = ("EUR", "INR", "AED")
BASES = [
    Base("one currency", rows=70, top=4),
    Base("no fixing", THREE, kind="parquet", rows=80),
    Base("refusing", THREE, RATES, refusing=4, rows=70, top=900),
    Base("limits", THREE, RATES, limits=True, rows=40, top=5000, kind="parquet"),
    Base("quotas", THREE, RATES, limits=True, quotas=True, rows=40, top=5000, refusing=2),
    Base("combined", THREE, RATES, limits=True, quotas=True, rows=40,
         options=(("combined", True),)),
    Base("oldest", firms=6, rows=90, top=9, options=(("prefer", "oldest"),), bad_rows=True),
    Base("smallest", THREE, RATES, firms=5, rows=70, top=900, options=(("prefer", "smallest"),)),
    Base("pro rata", firms=6, rows=80, top=60, kind="xlsx",
         options=(("split", "pro-rata"), ("cash", "unlimited"))),
    Base("fine", tuple(EXPONENTS), RATES | {"INR": "0.011123456789", "JPY": "1/163"}, rows=50,
         firms=7, top=2**44, refusing=2),
    Base("bad rows", THREE, bad_rows=True, limits=True, rows=60),
    Base("oldest with cash", THREE, RATES, firms=5, rows=60, top=900, limits=True, quotas=True,
         refusing=1, options=(("prefer", "oldest"),)),
    Base("smallest combined", firms=6, rows=50, top=50, limits=True, kind="parquet",
         options=(("prefer", "smallest"), ("combined", True))),
    Base("large", firms=30, rows=150, top=2**50, kind="parquet", options=(("split", "pro-rata"),)),
]  # fmt: skip


def decimal_text(minor: int, currency: str) -> str:
    """An amount of minor units as decimal text."""
    places = EXPONENTS[currency]
    digits = str(minor).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _obligations(base: Base, rng: random.Random, names: list[str]) -> str:
    lines = ["id,debtor,creditor,amount,currency,due_date,note"]
    for k in range(base.rows):
        debtor, creditor = rng.sample(names, 2)
        currency = rng.choice(base.currencies)
        amount = decimal_text(rng.randint(1, base.top), currency)
        due = rng.choice(["", f"2026-0{rng.randint(1, 9)}-{rng.randint(1, 28):02d}"])
        line = f"o{k},{debtor},{creditor},{amount},{currency},{due},{rng.choice(['', '=x', 'n'])}"
        lines.append(line)
        if base.bad_rows and k % 10 == 3:
            lines.append(line)
        if base.bad_rows and k % 10 == 5:
            broken = rng.choice(["1e3", "", "-5", "0", "12.34567", " 5"])
            lines.append(f"x{k},{debtor},{creditor},{broken},{currency},{due},")
    return "\n".join(lines) + "\n"


def write_inputs(base: Base, folder: Path, seed: int) -> dict[str, Path]:
    """Write the input files of a base; returns them by role."""
    rng = random.Random(f"{base.name} {seed}")
    names = [f"F{k}" for k in range(base.firms)]
    texts = {"obligations": _obligations(base, rng, names)}
    lines = ["id,name,side,home_currency,accepts_conversion"]
    for k, name in enumerate(names):
        accepts = "no" if rng.randint(1, 10) <= base.refusing else "yes"
        lines.append(f"{name},Firm {name},{'ABC'[k % 3]},{rng.choice(base.currencies)},{accepts}")
    texts["participants"] = "\n".join(lines) + "\n"
    if base.rates is not None:
        lines = [f"{code},EUR,{base.rates[code]}" for code in base.currencies]
        texts["fixing"] = "currency,unit_of_account,rate\n" + "\n".join(lines) + "\n"
    if base.limits:
        lines = ["participant,limit,currency"]
        for name in names[: base.firms * 2 // 3]:
            currency = rng.choice(base.currencies)
            limit = decimal_text(rng.randint(0, 2 * base.top), currency)
            lines.append(f"{name},{limit},{currency}")
        texts["pay_in_limits"] = "\n".join(lines) + "\n"
    if base.quotas:
        lines = ["debtor_side,creditor_side,quota,currency"]
        for debtor, creditor in (("A", "B"), ("B", "A"), ("C", ""), ("", "C"), ("A", "C")):
            lines.append(f"{debtor},{creditor},{decimal_text(2 * base.top, 'EUR')},EUR")
        texts["border_quotas"] = "\n".join(lines) + "\n"
    folder.mkdir(parents=True)
    for role, text in texts.items():
        (folder / f"{role}.csv").write_text(text, encoding="utf-8")
    return {role: folder / f"{role}.csv" for role in texts}


def clear_base(base: Base, folder: Path, seed: int = 0) -> ClearingResult:
    """Clear a base honestly."""
    files = write_inputs(base, folder, seed)
    return clear_intake(read_intake(**files), **dict(base.options))


def plain_report(summary: Any, *_: Any, **__: Any) -> str:
    """A report without charts, which take most of the time and are no claim."""
    text = json.dumps(summary, sort_keys=True, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="summary">{text}</script>\n'


def save(result: ClearingResult, folder: Path, kind: str) -> Path:
    """Write a result folder with a report without charts."""
    with (
        mock.patch.object(folders, "render_report", plain_report),
        mock.patch.object(folders, "report_data", return_value={}),
    ):
        write_folder(result, folder, kind, run={"seconds": "1"})
    return folder
