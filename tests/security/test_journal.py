# SPDX-License-Identifier: Apache-2.0
"""Whoever owns the database tampers with the journal; the check finds it and names the entry."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from tests.made_house import DATES, worked_house

from skontro.store.journal import read_acts, read_entries, read_postings, read_seals
from skontro.verify.journal import (
    ActRow,
    EntryRow,
    JournalVerdict,
    PostingRow,
    Seal,
    _hash_of,
    check_journal,
    seal_digest,
)


@dataclass
class Rows:
    """A journal's rows, to be tampered with."""

    entries: list[EntryRow]
    postings: list[PostingRow]
    acts: dict[int, ActRow]
    seals: dict[int, Seal]
    touched: int = field(default=0)

    def copy(self) -> Rows:
        seals = {number: dict(seal) for number, seal in self.seals.items()}
        return replace(self, entries=list(self.entries), postings=list(self.postings),
                       acts=dict(self.acts), seals=seals)  # fmt: skip

    def check(self, heads: dict[int, str]) -> JournalVerdict:
        return check_journal(self.entries, self.postings, heads=heads, acts=self.acts,
                             seals=self.seals)  # fmt: skip


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The journal of a whole cycle of the worked example."""
    made = worked_house(tmp_path_factory.mktemp("journal") / "house")
    made.run_to_final()
    house = made.house
    for call in house.settlement.instruct(DATES.id):
        name = {"A1": "Alder Pharma", "B3": "Brahmi Labs"}[call["participant"]]
        house.settlement.receive(
            call["participant"][0], call["currency"], call["due_minor"],
            bank_reference=call["reference"], reference=call["reference"], payer=name,
        )  # fmt: skip
    with house.database.unit("test", exclusive=True) as unit:
        house.journal.seal(unit)
    with house.database.read() as unit:
        return Rows(
            [EntryRow(*row) for row in read_entries(unit)],
            [PostingRow(*row) for row in read_postings(unit)],
            {row.id: ActRow(*row) for row in read_acts(unit)},
            read_seals(unit),
        )


def heads_of(rows: Rows) -> dict[int, str]:
    """One head kept elsewhere: that of the last entry."""
    return {rows.entries[-1].number: rows.entries[-1].hash}


def rehash(rows: Rows, first: int) -> None:
    """Make every hash anew from an entry on, as a liar would who owns the database."""
    previous = rows.entries[first - 1].hash if first else "0" * 64
    for place in range(first, len(rows.entries)):
        row = rows.entries[place]._replace(previous_hash=previous)
        lines = [one for one in rows.postings if one.entry == row.number]
        text = "".join(f"{one.account}\t{one.amount_minor}\n" for one in lines)
        row = row._replace(postings=len(lines),
                           postings_digest=hashlib.sha256(text.encode()).hexdigest())  # fmt: skip
        if row.number in rows.seals:
            content = json.loads(row.content) | {"balances": seal_digest(rows.seals[row.number])}
            row = row._replace(content=json.dumps(content, sort_keys=True, separators=(",", ":")))
        row = row._replace(hash=_hash_of(row))
        rows.entries[place], previous = row, row.hash


Tamper = Callable[[Rows, random.Random], bool]
"""Changes rows; says whether it could. ``rows.touched`` is the number of the first bad entry."""


def _pick(rows: Rows, rng: random.Random) -> int:
    place = rng.randrange(len(rows.entries))
    rows.touched = rows.entries[place].number
    return place


def edit_field(rows: Rows, rng: random.Random) -> bool:
    place = _pick(rows, rng)
    name = rng.choice(["kind", "content", "business_day", "at", "cycle", "act_id", "hash",
                       "previous_hash", "postings_digest"])  # fmt: skip
    value = getattr(rows.entries[place], name)
    changed = 999 if name == "act_id" else f"{value}x" if rng.random() < 0.5 else f"x{value}"
    rows.entries[place] = rows.entries[place]._replace(**{name: changed})
    return True


def edit_posting(rows: Rows, rng: random.Random) -> bool:
    place = rng.randrange(len(rows.postings))
    row = rows.postings[place]
    rows.touched = row.entry
    if rng.random() < 0.5:
        row = row._replace(amount_minor=row.amount_minor + rng.choice([-1, 1]))
    else:
        row = row._replace(account=row.account.replace(":", ":Z", 1))
    rows.postings[place] = row
    return True


def move_money_in_balance(rows: Rows, rng: random.Random) -> bool:
    """Both lines of an entry changed so that it still balances, hashes made anew."""
    place = rng.randrange(len(rows.postings) - 1)
    first, second = rows.postings[place], rows.postings[place + 1]
    same = first.account.rsplit(":")[-1] == second.account.rsplit(":")[-1]
    if first.entry != second.entry or not same:
        return False
    rows.postings[place] = first._replace(amount_minor=first.amount_minor + 1)
    rows.postings[place + 1] = second._replace(amount_minor=second.amount_minor - 1)
    rows.touched = first.entry
    rehash(rows, first.entry - 1)
    return True


def delete_entry(rows: Rows, rng: random.Random) -> bool:
    place = _pick(rows, rng)
    number = rows.entries[place].number
    del rows.entries[place]
    rows.postings = [one for one in rows.postings if one.entry != number]
    rows.seals.pop(number, None)
    return True


def delete_and_renumber(rows: Rows, rng: random.Random) -> bool:
    """An entry gone, all later ones moved up, every hash made anew."""
    place = _pick(rows, rng)
    number = rows.entries[place].number
    delete_entry_at(rows, place)
    rows.entries = [
        row if row.number < number else row._replace(number=row.number - 1) for row in rows.entries
    ]
    rows.postings = [
        row if row.entry < number else row._replace(entry=row.entry - 1) for row in rows.postings
    ]
    rows.seals = {(at if at < number else at - 1): seal for at, seal in rows.seals.items()}
    rehash(rows, place)
    return True


def delete_entry_at(rows: Rows, place: int) -> None:
    number = rows.entries[place].number
    del rows.entries[place]
    rows.postings = [one for one in rows.postings if one.entry != number]
    rows.seals.pop(number, None)


def delete_posting(rows: Rows, rng: random.Random) -> bool:
    place = rng.randrange(len(rows.postings))
    rows.touched = rows.postings[place].entry
    del rows.postings[place]
    return True


def swap_entries(rows: Rows, rng: random.Random) -> bool:
    """Two entries in each other's place, hashes left or made anew."""
    first = rng.randrange(len(rows.entries) - 1)
    second = rng.randrange(first + 1, len(rows.entries))
    a, b = rows.entries[first], rows.entries[second]
    if a.kind == b.kind and a.content == b.content:
        return False
    rows.entries[first] = b._replace(number=a.number)
    rows.entries[second] = a._replace(number=b.number)
    rows.touched = a.number
    if rng.random() < 0.5:
        rehash(rows, first)
    return True


def truncate(rows: Rows, rng: random.Random) -> bool:
    place = rng.randrange(1, len(rows.entries))
    last = rows.entries[place - 1].number
    rows.entries = rows.entries[:place]
    rows.postings = [one for one in rows.postings if one.entry <= last]
    rows.seals = {at: seal for at, seal in rows.seals.items() if at <= last}
    rows.touched = last + 1
    return True


def rewrite(rows: Rows, rng: random.Random) -> bool:
    """Content changed and every hash made anew."""
    place = _pick(rows, rng)
    content = json.loads(rows.entries[place].content) | {"forged": rng.random()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    rows.entries[place] = rows.entries[place]._replace(content=text)
    rehash(rows, place)
    return True


def edit_seal(rows: Rows, rng: random.Random) -> bool:
    number, seal = rng.choice(sorted(rows.seals.items()))
    code = rng.choice(sorted(seal))
    seal[code] = (seal[code][0] + 1, seal[code][1] + 1)
    rows.touched = number
    if rng.random() < 0.5:
        rehash(rows, number - 1)
    return True


def edit_act(rows: Rows, rng: random.Random) -> bool:
    """An act behind an entry changed in one of its parts."""
    behind = {row.act_id: row.number for row in reversed(rows.entries) if row.act_id is not None}
    number = rng.choice(sorted(behind))
    one = rows.acts[number]
    name = rng.choice(["content", "digest", "maker", "checker", "maker_signature",
                       "checker_signature", "kind"])  # fmt: skip
    swapped = {"maker": "P2" if one.maker == "P1" else "P1", "checker": one.maker,
               "content": one.content.replace("}", ',"z":1}', 1)}  # fmt: skip
    rows.acts[number] = one._replace(**{name: swapped.get(name, f"00{getattr(one, name)[2:]}")})
    rows.touched = behind[number]
    return rows.acts[number] != one


TAMPERINGS: list[Tamper] = [
    edit_field, edit_posting, move_money_in_balance, delete_entry, delete_and_renumber,
    delete_posting, swap_entries, truncate, rewrite, edit_seal, edit_act,
]  # fmt: skip
REHASHED = {move_money_in_balance, delete_and_renumber, rewrite}


def test_an_honest_journal_holds(honest: Rows) -> None:
    verdict = honest.check(heads_of(honest))
    assert verdict.ok, verdict.text()
    assert verdict.heads == 1
    assert verdict.acts >= 3
    assert verdict.entries == len(honest.entries)


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda one: one.__name__)
def test_tampering_is_found(honest: Rows, tamper: Tamper, soak: bool) -> None:
    """Every change is found with one head; the first bad entry is named.

    Where the liar made every hash anew, one head at the end tells that something up to it was
    changed; the act's signatures or the entry's own sums may name it sooner.
    """
    done, tries = 0, 400 if soak else 40
    for seed in range(tries):
        rows = honest.copy()
        if not tamper(rows, random.Random(f"{tamper.__name__} {seed}")):
            continue
        done += 1
        verdict = rows.check(heads_of(honest))
        assert not verdict.ok, (tamper.__name__, seed)
        first = verdict.first_fault
        assert first is not None
        if tamper in REHASHED or (tamper is swap_entries or tamper is edit_seal):
            assert first.entry >= rows.touched
        else:
            assert first.entry in (rows.touched, rows.touched + 1), (tamper.__name__, seed, first)
    assert done * 20 >= tries


@pytest.mark.parametrize("text", ["", "x{}", "[]", "null", "7", '{"people":7}', "[" * 100_000])
def test_an_entry_that_holds_no_object_is_named_whatever_its_kind(
    honest: Rows, text: str
) -> None:
    """The check says which entry it is; it never breaks off."""
    kinds = {row.kind: place for place, row in enumerate(honest.entries)}
    for place in [0, *kinds.values()]:
        rows = honest.copy()
        rows.entries[place] = rows.entries[place]._replace(content=text)
        verdict = rows.check(heads_of(honest))
        first = verdict.first_fault
        assert first is not None
        assert first.entry == rows.entries[place].number


def test_heads_in_between_narrow_it_down(honest: Rows) -> None:
    """With the heads of earlier notices a rewritten journal is caught at the first of them."""
    heads = {row.number: row.hash for row in honest.entries}
    for seed in range(20):
        rows = honest.copy()
        rewrite(rows, random.Random(seed))
        first = rows.check(heads).first_fault
        assert first is not None
        assert first.entry == rows.touched


def test_without_a_head_a_journal_written_anew_passes_and_the_text_says_so(honest: Rows) -> None:
    rows = honest.copy()
    place = next(k for k, row in enumerate(rows.entries) if row.kind == "money")
    content = json.loads(rows.entries[place].content) | {"forged": 1}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    rows.entries[place] = rows.entries[place]._replace(content=text)
    rehash(rows, place)
    verdict = rows.check({})
    assert verdict.ok
    assert "a journal rewritten whole would pass" in verdict.text()
