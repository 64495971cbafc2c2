# SPDX-License-Identifier: Apache-2.0
"""A year of bank files comes to one end state, however it arrives."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import SOAK
from tests.made_bank_year import Call, Order, Year, arrivals, made_year
from tests.made_settlement import MadeSettlement, made_rules
from tests.soaking import rounds

from skontro.flow.house import House
from skontro.house.bank import BankFile
from skontro.house.reconciliation import PAY_IN, PAY_OUT, EndState, Expected, reconcile
from skontro.messages.bank_files import read_bank_file
from skontro.ops.keys import SigningKey
from skontro.store.rows import find_all
from skontro.store.schema import pay_out, register

IBAN, PLACE = "NL91ABNA0417164300", ("A", "EUR")
CALLS = [Call(f"RF{n:02d}X{n}Y", 9_000 + 13 * n, f"Firm {n}", f"NL{n:02d}BANK{n:010d}")
         for n in range(14)]  # fmt: skip
ORDERS = [Order(f"2026-01/P{n}/EUR/1", 5_000 + 7 * n, f"Payee {n}") for n in range(15)]
BLOCK = 250
PERMUTATIONS = 10_000


def expected() -> list[Expected]:
    return [
        *(Expected(PAY_IN, n, PLACE, one.amount, one.reference, (one.name,), (one.account,))
          for n, one in enumerate(CALLS, 1)),
        *(Expected(PAY_OUT, n, PLACE, one.amount, one.end_to_end, (one.name,))
          for n, one in enumerate(ORDERS, 1)),
    ]  # fmt: skip


@cache
def year() -> Year:
    return made_year(IBAN, "EUR", CALLS, ORDERS)


@cache
def read(data: bytes) -> BankFile:
    return read_bank_file(data)


def end_state(files: list[bytes]) -> EndState:
    return reconcile((read(one) for one in files), {IBAN: PLACE}, expected())


@cache
def reference() -> EndState:
    from tests.made_bank import write_sheets

    return end_state([*(write_sheets([one]) for one in year().sheets), *year().others])


def test_what_the_year_comes_to() -> None:
    """The end state is the one the year was written for, payment by payment."""
    state = reference()
    ins = {n: state.standings[PAY_IN, n + 1] for n in range(len(CALLS))}
    assert {one.state for n, one in ins.items() if n % 4 in (0, 1, 3)} == {"done"}
    assert {(one.state, one.over_minor) for n, one in ins.items() if n % 4 == 2} == {
        ("too much", 700)
    }
    outs = {n: state.standings[PAY_OUT, n + 1].state for n in range(len(ORDERS))}
    assert {outs[n] for n in outs if n % 5 in (0, 4)} == {"done"}
    assert {outs[n] for n in outs if n % 5 == 1} == {"came back"}
    assert {outs[n] for n in outs if n % 5 == 2} == {"too much"}
    assert {outs[n] for n in outs if n % 5 == 3} == {"rejected"}
    counts = Counter((one.does, one.by) for one in state.matches)
    assert counts["waits", "taken back"] == 1
    assert counts["pay-in", "amount and party"] == 3
    assert counts["suspense", ""] == 3 + 1 + 1 + 2 + 1 + 2  # strangers, fee, gift, two alike, 2027
    (proof,) = state.proofs
    assert len(proof.faults) == 1
    assert "a statement is missing; fetch it" in proof.faults[0]
    names = [one.name for one in state.matches]
    assert len(set(names)) == len(names)
    assert {"2026/B/IN0", "2027/B/IN0", "2027/B/SUM#1", "2027/B/SUM#2"} <= set(names)


@pytest.mark.parametrize("block", range(PERMUTATIONS // BLOCK if SOAK else 1))
def test_any_arrival(block: int, soak: bool) -> None:
    """Goal: one digest for every order, repetition and splitting of a year's files.

    Method: each seed cuts statements into pages and notices into parts, copies, repeats, mixes and
    shuffles; the end state must be that of the plain year. Soak: 10,000 seeds, in blocks of 250.
    """
    wanted = reference().digest()
    name = f"bank-years-{block}"
    for _ in rounds(name, 1, soak=soak):
        for seed in range(block * BLOCK, block * BLOCK + (BLOCK if soak else 25)):
            files = arrivals(year(), seed)
            state = end_state(files)
            assert state.digest() == wanted, seed
        read.cache_clear()


# ---- through the database ------------------------------------------------------------------------


def called_house(folder: Path, url: str | None = None) -> tuple[MadeSettlement, Year]:
    """A house that has let pay-outs go and calls pay-ins, and a year of its bank about them."""
    rules = made_rules({"A": "EUR", "B": "INR"}, quotas=[("A", "B", "15000.00")])
    firms = [f"A{n}" for n in range(1, 9)]
    made = MadeSettlement(folder, rules, firms, url=url)
    for n in range(2, 9):
        made.owe("A1", f"A{n}", 5_000 + 10 * n, "EUR")
    made.run()
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    released = made.release("A")["payments"]
    orders = [Order(one["end_to_end"], one["amount_minor"]) for one in released]
    for n in range(1, 8):
        made.owe(f"A{n}", "A8", 3_000 + 100 * n, "EUR")
    made.run()
    with made.house.database.read() as unit:
        accounts = {row.subject: row.content.partition(" ")[0]
                    for row in find_all(unit, register, what="account",
                                        subject_kind="participant")}  # fmt: skip
    calls = [Call(one["reference"], one["due_minor"], f"Firm {firm}", accounts[firm])
             for firm, one in sorted(made.calls.items())]  # fmt: skip
    account = made.house.rules.side("A").account("EUR")
    assert account is not None
    return made, made_year(account.number, "EUR", calls, orders)


def arrive(house: House, year: Year, seed: int, keys: Keys) -> dict[str, object]:
    """Let the year's files arrive, some at once and some late; return the end state."""
    rng, files = random.Random(seed), arrivals(year, seed)
    while files:
        many = rng.randint(1, 12)
        now, files = files[:many], files[many:]
        told = house.reconciliation.import_files((f"f{n}.xml", one) for n, one in enumerate(now))
        assert not [one for one in told["files"] if "refused" in one]
        with house.database.read() as unit:
            house.settlement.accounts(unit)  # each holds what it must
    undo_what_is_in_doubt(house, keys)
    return house.reconciliation.end_state()


Keys = dict[str, SigningKey]


def undo_what_is_in_doubt(house: House, keys: Keys) -> None:
    """Two people undo what had its effect before the bank took it back, as the work list says."""
    for one in house.reconciliation.work_list()["lines"]:
        if one["undo_entry"] is not None:
            assert "settlement reverse" in one["why"]
            act = house.settlement.propose_reversal(one["undo_entry"], "the bank took it back",
                                                    "P1", keys["P1"])  # fmt: skip
            house.people.approve(act, "P2", keys["P2"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Year, Keys]:
    folder = tmp_path_factory.mktemp("year") / "house"
    made, year = called_house(folder)
    made.house.close()
    return folder, year, made.keys


@pytest.mark.parametrize("block", range(20 if SOAK else 1))
def test_any_arrival_through_the_database(
    kept: tuple[Path, Year, Keys], tmp_path: Path, block: int, soak: bool
) -> None:
    """Goal: one end state in the house as well, whatever has had its effect when the rest came.

    Method: copies of one house let the year arrive by different seeds, in batches that each have
    their effect at once; accounts, pay-ins, pay-outs and books must be the same at the end, and
    each account holds what it must at each step. What had its effect before an amended statement
    took it back is undone by two people, as the work list says. Soak: 200 seeds.
    """
    folder, year, keys = kept
    wanted = None
    for _ in rounds(f"bank-houses-{block}", 1, soak=soak):
        for seed in [0, *range(1 + block * 10, 11 + block * 10)] if soak else (0, 2):
            copy = tmp_path / f"house-{seed}"
            shutil.copytree(folder, copy)
            with House.open(copy) as house:
                state = arrive(house, year, seed, keys)
            wanted = wanted or state
            assert state == wanted, seed
            shutil.rmtree(copy)
    if wanted is not None:
        assert wanted["pay_ins"]


def test_both_databases(tmp_path: Path, database_url: str, kept: tuple[Path, Year, Keys]) -> None:
    """On either database the year comes to the same as on a copy of another house."""
    shutil.copytree(kept[0], tmp_path / "copy")
    with House.open(tmp_path / "copy") as house:
        other = arrive(house, kept[1], 3, kept[2])
    made, year = called_house(tmp_path / "house", database_url)
    state = arrive(made.house, year, 2, made.keys)
    assert state["digest"] == other["digest"]
    with made.house.database.read() as unit:
        states = Counter(row.state for row in find_all(unit, pay_out))
    assert states["released"] == 0
