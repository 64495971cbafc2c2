# SPDX-License-Identifier: Apache-2.0
"""The inputs of a folder, read again from scratch: what was accepted, what was refused, and why."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.verify.amounts import exponents, read_sum, why_no_id
from skontro.verify.files import Folder
from skontro.verify.network import Inputs, Participants
from skontro.verify.rows import Reading
from skontro.verify.tables import BrokenText, Table, open_table, small_table
from skontro.verify.verdict import ClaimFailed, require

Int64 = NDArray[np.int64]
_TRUE = {"", "yes", "true", "1"}
_FALSE = {"no", "false", "0"}
_RATE = re.compile(r"(?a:([0-9]{1,40})(?:\.([0-9]{1,40})|/([0-9]{1,40}))?)")
Firm = tuple[str, str, str, bool]


def read_fixing(path: Path, sheet: str | None) -> tuple[str, dict[str, Fraction]]:
    """Unit and exact rates of a fixing."""
    units, rates = set(), {}
    for row in small_table(path, sheet, ("currency", "unit_of_account", "rate"), 3):
        code, unit, text = row["currency"], row["unit_of_account"], row["rate"]
        require(code in exponents() and unit in exponents(), f"no such currency: {code}, {unit}")
        require(code not in rates, f"{code} has two rates")
        found = _RATE.fullmatch(text)
        require(found, f"{text!r} is not a rate")
        if found is None:
            continue
        whole, part, below = found.groups()
        scale = int(below) if below else 10 ** len(part or "")
        require(scale > 0, f"{text!r} is not a rate")
        rates[code] = Fraction(int(whole + (part or "")), scale)
        require(rates[code] > 0, f"the rate of {code} is nought")
        units.add(unit)
    require(len(units) == 1, "a fixing has one unit of account")
    unit = units.pop()
    require(rates.setdefault(unit, Fraction(1)) == 1, f"the rate of {unit} must be 1")
    return unit, dict(sorted(rates.items()))


def read_firms(path: Path, sheet: str | None, rates: dict[str, Fraction] | None) -> dict[str, Firm]:
    """Name, side, home currency and whether it accepts conversion, of each participant."""
    names = ("id", "name", "side", "home_currency", "accepts_conversion")
    firms: dict[str, Firm] = {}
    for row in small_table(path, sheet, names, 1):
        name, home, answer = row["id"], row["home_currency"], row["accepts_conversion"].lower()
        require(not why_no_id(name), f"participant {name!r} has no proper id")
        require(name not in firms, f"participant {name!r} stands twice")
        require(answer in _TRUE | _FALSE, f"{answer!r} is neither yes nor no")
        accepts = answer in _TRUE
        require(not home or home in exponents(), f"no such home currency: {home}")
        known = rates is None or not accepts or not home or home in rates
        require(known, f"home currency {home} has no rate")
        firms[name] = row["name"], row["side"], home, accepts
    return firms


def _sum(text: str, code: str, rates: dict[str, Fraction] | None) -> int:
    places = exponents().get(code)
    require(places is not None and (rates is None or code in rates), f"no such currency: {code}")
    minor = read_sum(text, places or 0)
    require(minor is not None, f"{text!r} is not a sum in {code}")
    return minor or 0


def read_limits(
    path: Path, sheet: str | None, rates: dict[str, Fraction] | None, accepts: dict[str, bool],
    known: set[str],
) -> list[tuple[str, str, int]]:
    """Pay-in limits, sorted; one per participant, or per currency where it does not convert."""
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for row in small_table(path, sheet, ("participant", "limit", "currency"), 3):
        name, code = row["participant"], row["currency"]
        require(name in known, f"limit of {name!r}, who is no participant")
        key = (name, "" if rates is not None and accepts.get(name, True) else code)
        require(key not in found, f"{name!r} has two limits")
        found[key] = name, code, _sum(row["limit"], code, rates)
    return sorted(found.values())


def read_quotas(
    path: Path, sheet: str | None, rates: dict[str, Fraction] | None, sides: set[str]
) -> list[tuple[str, str, str, int]]:
    """Border quotas, sorted; an empty side is the hub."""
    found: dict[tuple[str, str, str], tuple[str, str, str, int]] = {}
    names = ("debtor_side", "creditor_side", "quota", "currency")
    for row in small_table(path, sheet, names, 4):
        debtor, creditor, code = row["debtor_side"], row["creditor_side"], row["currency"]
        require(debtor != creditor, "a quota of a side against itself")
        require({debtor, creditor} - {""} <= sides, "a quota of a side nobody is on")
        key = (debtor, creditor, "" if rates is not None else code)
        require(key not in found, "a pair of sides has two quotas")
        found[key] = debtor, creditor, code, _sum(row["quota"], code, rates)
    return sorted(found.values())


def _maybe(folder: Folder, role: str, read: Any, *more: Any) -> Any:
    entry = folder.input_path(role)
    return None if entry is None else read(*entry, *more)


def read_inputs(folder: Folder, claimed: pa.Array) -> tuple[Inputs, Table]:
    """Read every input of a folder.

    Args:
        folder: The folder, its manifest read.
        claimed: Ids of participants as the folder lists them; a hint that saves time and that
            nothing relies on.

    Returns:
        What was accepted and refused, and the obligations' table as it came.
    """
    fixing = _maybe(folder, "fixing", read_fixing)
    rates = fixing[1] if fixing else None
    firms = _maybe(folder, "participants", read_firms, rates)
    entry = folder.input_path("obligations")
    if entry is None:
        raise ClaimFailed("there are no obligations")
    try:
        table = open_table(*entry, whole=False)
        reading = _read_rows(table, firms, rates, claimed)
    except BrokenText:
        table = open_table(*entry, whole=True)
        reading = _read_rows(table, firms, rates, claimed)
    people = _participants(reading, firms)
    known = set(people.id.to_pylist())
    accepts = dict(zip(people.id.to_pylist(), people.accepts.tolist(), strict=True))
    if folder.input_path("pay_in_limits") is not None:
        known |= set(reading.firm_names())
    limits = _maybe(folder, "pay_in_limits", read_limits, rates, accepts, known)
    sides = set(people.side.to_pylist()) - {""}
    quotas = _maybe(folder, "border_quotas", read_quotas, rates, sides)
    return reading.finish(people, fixing, limits, quotas), table


def _read_rows(
    table: Table, firms: dict[str, Firm] | None, rates: dict[str, Fraction] | None,
    claimed: pa.Array,
) -> Reading:
    if firms is not None:
        names = sorted(firms, key=lambda name: name.encode())
        base = pa.array(names, pa.large_string())
    else:
        # texts are told apart by their bytes up to the first NUL byte, so none may have one
        base = pc.unique(claimed.filter(pc.invert(pc.match_substring(claimed, "\0"))))
    reading = Reading(table, base, len(base) if firms is not None else -1)
    with ThreadPoolExecutor(1) as pool:
        ids = table.column("id")
        repeats = pool.submit(reading.read_ids, ids)
        reading.read_firms()
        repeats.result()
    reading.read_currencies(rates)
    reading.read_amounts()
    reading.read_due_days()
    reading.find_repeats()
    for name in table.names:
        table.check_text(name)
    return reading


def _participants(reading: Reading, firms: dict[str, Firm] | None) -> Participants:
    """The participants in the order of their ids' bytes; renumbers the rows' firms."""
    if firms is not None:
        names = sorted(firms, key=lambda name: name.encode())
        reading.number = np.arange(len(reading.firms), dtype=np.int32)
        rows = [firms[name] for name in names]
        return Participants(
            pa.array(names, pa.large_string()),
            pa.array([row[0] for row in rows], pa.large_string()),
            pa.array([row[1] for row in rows], pa.large_string()),
            pa.array([row[2] for row in rows], pa.large_string()),
            np.array([row[3] for row in rows], np.bool_),
        )
    used = reading.used_firms()
    texts = reading.firms.take(pa.array(used))
    order = pc.sort_indices(texts.cast(pa.large_binary())).to_numpy()
    reading.number = np.full(len(reading.firms), -1, np.int32)
    reading.number[used[order]] = np.arange(len(used), dtype=np.int32)
    nothing = pa.array([""] * len(used), pa.large_string())
    return Participants(
        texts.take(pa.array(order)), nothing, nothing, nothing, np.ones(len(used), np.bool_)
    )
