# SPDX-License-Identifier: Apache-2.0
"""What a house pays and is paid at: ``python -m bench.money flow COUNT`` prints JSON."""

from __future__ import annotations

import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import house as bench_house
from bench.house import make_house, place_of, write_files
from bench.house_cycle import _both
from bench.measure import forget_peak, peak_mib
from bench.messages import resident_mib

UTC = datetime.UTC
CYCLE = "2026-01"
DAY = "2026-01-02"


def _write_accounts(house: Any, unit: Any, firms: int, act: int) -> None:
    """Give every firm an account: an IBAN made up."""
    from skontro.store.bulk import insert_columns
    from skontro.store.register import commitment_of
    from skontro.store.schema import bank_details, register

    numbers = list(range(2, firms + 1))
    contents = [iban(number) for number in numbers]
    records = [10 * number + 3 for number in numbers]
    insert_columns(
        unit, register,
        {"id": records, "subject_kind": "participant", "subject": [f"F{one}" for one in numbers],
         "what": "account", "content": contents, "salt": "00",
         "commitment": [commitment_of("00", content) for content in contents],
         "purpose": "payment", "since": house.at, "retain_until": "2036-01-01", "in_force": 1},
    )  # fmt: skip
    insert_columns(
        unit, bank_details,
        {"participant": numbers, "currency": "EUR", "account": records, "usable_from": house.at,
         "details_act": act, "details_act_kind": "participant.admit"},
    )  # fmt: skip


def iban(number: int) -> str:
    """Return a Dutch IBAN of a number."""
    bban = f"INGB{number:010d}"
    digits = "".join(str(int(mark, 36)) for mark in bban + "NL00")
    return f"NL{98 - int(digits) % 97:02d}{bban}"


def _settled_by_file(folder: Path, url: str | None, count: int) -> tuple[Any, Any, Any]:
    """A house in which so many firms owe one other firm each, up to the pay-ins that are called."""
    from skontro.house.calendar import CycleDates

    write = bench_house._write_firms

    def both(house: Any, unit: Any, firms: int, act: int) -> None:
        write(house, unit, firms, act)
        _write_accounts(house, unit, firms, act)

    bench_house._write_firms = both
    try:
        house, keys = make_house(folder, url, 2 * count + 1, with_keys=True)
    finally:
        bench_house._write_firms = write
    debtor = np.arange(1, count + 1)
    network = (debtor, debtor + count, 100_00 + np.arange(count, dtype=np.int64))
    filed, confirmed, _ = write_files(folder, 2 * count + 1, count, network)
    house.obligations.import_file(filed)
    house.obligations.confirm_file(confirmed)
    day = datetime.datetime(2026, 1, 2, 10, tzinfo=UTC)
    house.cycles.open(CycleDates(CYCLE, datetime.date(2026, 1, 31), day, day.replace(hour=11),
                                 day.replace(hour=12)))  # fmt: skip
    _both(house, keys, lambda who, key: house.cycles.propose_fixing(
        CYCLE, {"EUR": "1", "INR": "1/90"}, "invented", who, key))  # fmt: skip
    house.set_clock(day)
    house.cycles.cut_off(CYCLE)
    house.cycles.preliminary(CYCLE)
    house.set_clock(day.replace(hour=11))
    house.cycles.irrevocable(CYCLE)
    _both(house, keys, lambda who, key: house.cycles.propose_final(CYCLE, who, key))
    return house, keys, house.settlement.instruct(CYCLE)


def _statement(path: Path, account: str, number: int, opening: int, lines: Any) -> None:
    from tests.made_bank import Sheet

    path.write_bytes(Sheet(account, "EUR", f"ST{number}", DAY, tuple(lines), opening=opening,
                           number=number).bytes())  # fmt: skip


def flow(kind: str, count: str) -> dict[str, Any]:
    """So many pay-ins come by a camt.053, the cycle settles, so many pay-outs are released as a
    file and leave by another camt.053; the bank's balance is the journal's at the end."""
    from tests.made_bank import Booked, Paid

    many = int(count)
    with place_of(kind) as (folder, url):
        house, keys, calls = _settled_by_file(folder, url, many)
        account = house.rules.side("A").account("EUR").number
        paths = [folder.parent / f"{folder.name}-{n}.xml" for n in (1, 2)]
        _statement(paths[0], account, 1, 0, [
            Booked(one["due_minor"], DAY, f"I{n}", (
                Paid(one["due_minor"], reference=one["reference"],
                     name=f"Firm {one['participant'][1:]}",
                     account=iban(int(one["participant"][1:]))),
            )) for n, one in enumerate(calls)
        ])  # fmt: skip
        opening = sum(one["due_minor"] for one in calls)
        seconds, above, peaks = dict[str, float](), dict[str, int](), list[int]()

        def measured(name: str, work: Any) -> Any:
            forget_peak()
            rest, begun = resident_mib(), time.perf_counter()
            found = work()
            seconds[name] = round(time.perf_counter() - begun, 2)
            above[name] = peak_mib() - rest
            peaks.append(peak_mib())
            sys.stderr.write(f"{name}: {seconds[name]} s, {above[name]} MiB\n")
            return found

        told = measured("camt.053 of pay-ins", lambda: house.reconciliation.import_paths(paths[:1]))
        came = told["done"]["matched"]
        measured("planned", lambda: house.settlement.plan(CYCLE))
        measured("settled", lambda: house.settlement.settle(CYCLE))
        first, second = sorted(keys)[:2]
        act = measured("release proposed", lambda: house.settlement.propose_release(
            CYCLE, "A", "EUR", first, keys[first]))  # fmt: skip
        measured("release approved", lambda: house.people.approve(act, second, keys[second]))
        payments = house.people.find_act(act)["content"]["payments"]
        _statement(paths[1], account, 2, opening, [
            Booked(-one["amount_minor"], DAY, f"O{n}", (Paid(one["amount_minor"],
                   end_to_end=one["end_to_end"]),)) for n, one in enumerate(payments)
        ])  # fmt: skip
        told = measured("camt.053 of pay-outs",
                        lambda: house.reconciliation.import_paths(paths[1:]))  # fmt: skip
        left = told["done"]["matched"]
        accounts = house.reconciliation.show()["accounts"]
        for path in paths:
            path.unlink()
        house.close()
    good = came == left == len(payments) == many and all(
        not one["difference_minor"] and not one["faults"] for one in accounts
    )
    return {
        "seconds": round(sum(seconds.values()), 2), "count": many, "stages": seconds,
        "peak_mib": max(peaks), "above_rest_mib": max(above.values()), "above": above,
        "fault": "" if good else f"{came} came, {left} of {len(payments)} left: {accounts}",
    }  # fmt: skip


def main() -> None:
    """Measure, and print the figures as JSON."""
    print(json.dumps(flow(*sys.argv[2:])))


if __name__ == "__main__":
    main()
