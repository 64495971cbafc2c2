# SPDX-License-Identifier: Apache-2.0
"""The frozen set: hashed as its rows say, kept between steps, never an older one than stands."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_house import DATES, MadeHouse, worked_house

from skontro.flow import frozen
from skontro.flow.cycles import claim_lines
from skontro.flow.house import House
from skontro.store.cycles import Claims, Members, staying_members
from skontro.store.rows import count
from skontro.store.schema import verdict

ROWS = st.lists(
    st.tuples(st.integers(1, 2**62 - 1), st.integers(1, 2**62 - 1), st.binary(min_size=32,
                                                                             max_size=32)),
    max_size=8, unique_by=lambda row: row[0],
)  # fmt: skip


def members_of(rows: list[tuple[int, int, bytes]]) -> Members:
    nothing = np.zeros(len(rows), np.int64)
    return Members(
        np.array([row[0] for row in rows], np.int64), nothing, nothing,
        np.array([row[1] for row in rows], np.int64), pa.array([None] * len(rows), pa.int32()),
        pa.array([""] * len(rows)),
        np.frombuffer(b"".join(row[2] for row in rows), np.uint8).reshape(-1, 32),
    )  # fmt: skip


@given(rows=ROWS)
def test_the_digest_is_of_a_line_for_each_member(rows: list[tuple[int, int, bytes]]) -> None:
    lines = "".join(f"{number}\t{amount}\t{content.hex()}\n" for number, amount, content in rows)
    text = b"skontro.set/1\n" + lines.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frozen, "_AT_ONCE", 3)
        assert frozen.members_digest(members_of(rows)) == hashlib.sha256(text).hexdigest()


FIRM = st.integers(1, 4)


@given(
    st.lists(st.tuples(FIRM, FIRM, st.sampled_from(["EUR", "INR"]), st.integers(0, 2**58))),
    st.sampled_from([1, -1]),
)
def test_claims_add_up_by_account(rows: list[tuple[int, int, str, int]], sign: int) -> None:
    ids = {number: f"F{number}" for number in range(1, 5)}
    wanted = Counter[str]()
    for debtor, creditor, currency, amount in rows:
        wanted[f"receivable:F{creditor}:{currency}"] += sign * amount
        wanted[f"payable:F{debtor}:{currency}"] -= sign * amount
    claims = Claims(
        np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64),
        pa.array([row[2] for row in rows], pa.large_string()),
        np.array([row[3] for row in rows], np.int64),
    )  # fmt: skip
    lines = claim_lines(claims, ids, sign)
    assert len(dict(lines)) == len(lines)
    assert dict(lines) == {code: total for code, total in wanted.items() if total}


def cut_off(folder: Path) -> MadeHouse:
    made = worked_house(folder / "house")
    made.until(DATES.cut_off_at)
    made.house.cycles.cut_off(DATES.id)
    return made


def kept_and_read(house: House) -> list[list[Any]]:
    """Return the numbers of the set as the house keeps it and as it is read anew."""
    with house.database.read() as unit:
        kept, digest = house.cycles.sets.members(unit, DATES.id)
        read = staying_members(unit, DATES.id)
    assert digest == frozen.members_digest(read)
    return [kept.number.tolist(), read.number.tolist()]


def test_a_kept_set_is_the_one_that_stands(tmp_path: Path) -> None:
    made = cut_off(tmp_path)
    kept, read = kept_and_read(made.house)
    assert kept == read == sorted(made.number.values())
    made.house.cycles.preliminary(DATES.id)
    # Another process of the same house takes something out: this one must see it.
    other = House.open(tmp_path / "house")
    key = made.keys["P1"]
    act = other.cycles.propose_correction(DATES.id, made.number["o7"], "error", "P1", key)
    other.people.approve(act, "P2", made.keys["P2"])
    kept, read = kept_and_read(made.house)
    assert kept == read == sorted(set(made.number.values()) - {made.number["o7"]})
    made.until(DATES.window_ends_at)
    assert made.house.cycles.irrevocable(DATES.id)["members"] == len(kept)


def test_a_set_that_did_not_become_true_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = worked_house(tmp_path / "house")
    made.until(DATES.cut_off_at)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("ours")

    with monkeypatch.context() as patch:
        patch.setattr(made.house.cycles, "_end", fail)
        with pytest.raises(KeyError, match="ours"):
            made.house.cycles.cut_off(DATES.id)
    assert kept_and_read(made.house) == [[], []]
    made.house.obligations.dispute(made.number["o7"], "A3", "wrong goods")
    made.house.cycles.cut_off(DATES.id)
    kept, read = kept_and_read(made.house)
    assert kept == read == sorted(set(made.number.values()) - {made.number["o7"]})


@pytest.mark.parametrize("listed", [["Bakul Mills"], ["Bakul Mills", "Alder Pharma", "Banyan Tea",
                                                      "Brahmi Labs", "Arnica Devices"]])
def test_what_the_gate_no_longer_releases_leaves(tmp_path: Path, listed: list[str]) -> None:
    made = cut_off(tmp_path)
    made.house.cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    made.import_list([(name, "") for name in listed])
    done = made.house.cycles.irrevocable(DATES.id)
    left = {"o1", "o3"} if len(listed) == 1 else set(made.number)
    kept, read = kept_and_read(made.house)
    assert kept == read == sorted(made.number[one] for one in set(made.number) - left)
    assert (done["left"], done["members"]) == (len(left), len(kept))
    for one in left:
        shown = made.house.obligations.show(made.number[one])
        assert shown["state"] == "confirmed"
        assert [event["event"] for event in shown["events"]][-1] == "leave"
    if kept:
        made.both(made.house.cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
        assert made.house.cycles.show(DATES.id)["state"] == "final"


def test_a_cycle_reads_its_set_once_and_writes_no_verdict_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: what a million obligations make slow does not come back unseen.

    Method: from the cut-off to the published run in one process, the set may never be read from
    the tables; every obligation then has the one verdict it was registered with, for nothing about
    it changed. A list that names a party changes it, and a second verdict is written.
    """

    def never(*_: object) -> None:
        raise AssertionError("the set is read again")

    made = worked_house(tmp_path / "house")
    with monkeypatch.context() as patch:
        patch.setattr(frozen, "staying_members", never)
        made.run_to_final()
    with made.house.database.read() as unit:
        assert count(unit, verdict, subject_kind="obligation") == len(made.number)
    made.import_list([("Bakul Mills", "")])
    with made.house.database.unit("judge") as unit:
        kept, _ = made.house.cycles.sets.members(unit, DATES.id)
        judged = made.house.gate.judge_columns(
            unit, kept.number, kept.debtor, kept.creditor, kept.content_digest
        )
        held = kept.number[~judged.released].tolist()
        assert held == [made.number["o1"], made.number["o3"]]
        assert count(unit, verdict, subject_kind="obligation") == len(made.number) + 2
