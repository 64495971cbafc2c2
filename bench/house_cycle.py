# SPDX-License-Identifier: Apache-2.0
"""What a house does with what it took in: ``python -m bench.house_cycle WHAT ...`` prints JSON."""

from __future__ import annotations

import datetime
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.house import PASSPHRASE, make_house, place_of, write_files
from bench.measure import SOLVING, Stages, forget_peak, peak_mib

UTC = datetime.UTC


def _both(house: Any, keys: dict[str, Any], propose: Callable[..., int]) -> None:
    """Have an act done by the two founders."""
    first, second = sorted(keys)[:2]
    house.people.approve(propose(first, keys[first]), second, keys[second])


def cycle(kind: str, firms: str, obligations: str) -> dict[str, Any]:
    """From the cut-off of a cycle to its final run, published, posted and sealed.

    The final run's archive is written before the approval, as a user has it. Papers are made on
    demand: the notice of the firm with most obligations and the statement of publication are timed
    apart, afterwards. The solver's share is measured by clearing the archived set again. The peak
    of memory is that of the cycle, with what stands from the import before it.
    """
    from skontro.house.calendar import CycleDates

    with place_of(kind) as (folder, url):
        house, keys = make_house(folder, url, int(firms), with_keys=True)
        filed, confirmed, _ = write_files(folder, int(firms), int(obligations))
        house.obligations.import_file(filed)
        house.obligations.confirm_file(confirmed)
        day = datetime.datetime(2026, 1, 2, 10, tzinfo=UTC)
        dates = CycleDates("2026-01", datetime.date(2026, 1, 31), day, day.replace(hour=11),
                           day.replace(hour=12))  # fmt: skip
        house.cycles.open(dates)
        _both(house, keys, lambda who, key: house.cycles.propose_fixing(
            "2026-01", {"EUR": "1", "INR": "1/90"}, "invented", who, key))  # fmt: skip
        _warm_up()
        forget_peak()
        seconds = dict[str, float]()
        begun = last = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal last
            now = time.perf_counter()
            seconds[name], last = round(now - last, 2), now

        house.set_clock(dates.cut_off_at)
        house.cycles.cut_off("2026-01")
        lap("cut-off")
        house.cycles.preliminary("2026-01")
        lap("preliminary run")
        house.set_clock(dates.window_ends_at)
        house.cycles.irrevocable("2026-01")
        lap("end of the window")
        first, second = sorted(keys)[:2]
        act = house.cycles.propose_final("2026-01", first, keys[first])
        lap("final run, archived")
        house.people.approve(act, second, keys[second])
        lap("published and posted")
        with house.database.unit("bench.seal", exclusive=True) as unit:
            house.journal.seal(unit)
        lap("sealed")
        taken = time.perf_counter() - begun
        peak = peak_mib()
        house.statements.unlock(PASSPHRASE)
        largest = _largest_firm(house)
        lap("")
        house.statements.set_off_notice("2026-01", largest)
        lap("afterwards: the notice of the largest firm")
        house.statements.publication("2026-01")
        lap("afterwards: the statement of publication")
        del seconds[""]
        shown = house.cycles.show("2026-01")
        verdict = house.journal.verify(dict([house.journal.head()]))
        solver = _solver_seconds(house, shown["runs"][-1])
        house.close()
    fault = "" if verdict.ok and shown["state"] == "final" else verdict.text()
    return {
        "seconds": round(taken, 2), "stages": seconds, "solver_seconds": round(solver, 2),
        "peak_mib": peak, "fault": fault,
    }  # fmt: skip


def _largest_firm(house: Any) -> str:
    """Return the firm that has most obligations in the cycle."""
    with house.database.read() as unit:
        members, _ = house.cycles.sets.members(unit, "2026-01")
    return f"F{np.bincount(np.concatenate([members.debtor, members.creditor])).argmax()}"


def _warm_up() -> None:
    """Have all of the solver compiled before the clock starts; the first call is measured apart."""
    import pyarrow as pa

    import skontro

    rows = {"id": ["1", "2", "3"], "debtor": ["A", "B", "A"], "creditor": ["B", "A", "C"],
            "amount": ["5", "3", "2"], "currency": ["EUR", "EUR", "INR"]}  # fmt: skip
    rates = {"currency": ["EUR", "INR"], "unit_of_account": ["EUR"] * 2, "rate": ["1", "1/90"]}
    skontro.clear(pa.table(rows), fixing=pa.table(rates), cash="unlimited")


def _solver_seconds(house: Any, run: dict[str, Any]) -> float:
    """The seconds the solver takes of one run, worked out again from its archive."""
    from skontro.core.clearing import clear_intake
    from skontro.messages.tables import read_intake

    place = house.folder / run["folder"]
    inputs = json.loads((place / "manifest.json").read_text("utf-8"))["inputs"]
    intake = read_intake(**{one["role"]: place / one["name"] for one in inputs})
    stages = Stages()
    clear_intake(intake, cash="unlimited", progress=stages)
    stages("end")
    return sum(taken for name, taken in stages.seconds.items() if name in SOLVING)


def journal(kind: str, entries: str, lines: str, seals: str) -> dict[str, Any]:
    """A trial balance over so many postings, and the check of the whole journal.

    The entries are written straight into the tables, chained as the house chains them, with the
    balances sealed at the end of each period but the last.
    """
    from skontro.store.journal import head

    per = int(lines) // int(entries)
    with place_of(kind) as (folder, url):
        house = make_house(folder, url, 2)
        rng = random.Random(7)
        for period in range(int(seals)):
            with house.database.unit("bench.journal", exclusive=True) as unit:
                _write_entries(house, unit, head(unit), int(entries) // int(seals), per, rng)
                if period < int(seals) - 1:
                    house.journal.seal(unit)
        begun = time.perf_counter()
        sums = house.journal.trial_balance()
        trial = time.perf_counter() - begun
        kept = dict([house.journal.head()])
        begun = time.perf_counter()
        verdict = house.journal.verify(kept)
        checked = time.perf_counter() - begun
        house.close()
    total = sum(debit - credit for debit, credit in sums.values())
    return {
        "seconds": round(trial, 2), "verify_seconds": round(checked, 2),
        "entries": verdict.entries, "postings": verdict.postings, "peak_mib": peak_mib(),
        "fault": "" if verdict.ok and total == 0 else verdict.text(),
    }  # fmt: skip


ACCOUNTS = 1000


def _write_entries(
    house: Any, unit: Any, last: tuple[int, str], many: int, per: int, rng: random.Random
) -> None:
    """Append entries with so many lines each, chained to the last one."""
    from skontro.house.journal import Entry, content_text, postings_digest
    from skontro.store.database import insert_many
    from skontro.store.rows import count
    from skontro.store.schema import account, journal_entry, posting

    codes = sorted(f"held:F{number}:EUR" for number in range(ACCOUNTS))
    if not count(unit, account):
        insert_many(unit, account, {"id": list(range(1, ACCOUNTS + 1)), "code": codes,
                                    "currency": "EUR"})  # fmt: skip
    number, previous = last
    rows, lines = list[tuple[Any, ...]](), list[tuple[int, int, int, int]]()
    for _ in range(many):
        number += 1
        places = sorted(rng.sample(range(ACCOUNTS), per))
        amounts = [rng.randrange(1, 10**7) for _ in places[1:]]
        amounts.append(-sum(amounts))
        said = [(codes[place], amount) for place, amount in zip(places, amounts, strict=True)]
        entry = Entry(number, "money", None, None, content_text({"line": number}), house.today,
                      house.at, per, postings_digest(said))  # fmt: skip
        digest = entry.hash_after(previous)
        rows.append((number, "money", entry.content, house.today, house.at, per,
                     entry.postings_digest, previous, digest))  # fmt: skip
        lines += [
            (number, line, place + 1, amount)
            for line, (place, amount) in enumerate(zip(places, amounts, strict=True), 1)
        ]
        previous = digest
    names = ("number", "kind", "content", "business_day", "at", "postings", "postings_digest",
             "previous_hash", "hash")  # fmt: skip
    insert_many(unit, journal_entry, dict(zip(names, map(list, zip(*rows, strict=True)),
                                              strict=True)))  # fmt: skip
    names = ("entry", "line", "account", "amount_minor")
    insert_many(unit, posting, dict(zip(names, map(list, zip(*lines, strict=True)), strict=True)))


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {"cycle": cycle, "journal": journal}


def main() -> None:
    """Run the measurement named on the command line."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
