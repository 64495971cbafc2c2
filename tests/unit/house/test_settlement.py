# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import Unbalanced
from skontro.house.journal import ACCOUNTS, ENTRY_KINDS, check_balanced, netted
from skontro.house.rules import MissedPayIn
from skontro.house.settlement import (
    BACK,
    FUNDS,
    LEAVES,
    REVERSIBLE,
    SCHEMES,
    SideAccount,
    Wish,
    after_deadline,
    choose_covered,
    draw_pool,
    end_to_end_id,
    place_arrival,
    post,
    post_payment,
    shave,
    source_account,
    use_pay_in,
)

WHOSE = {"side": "A", "firm": "A1", "debtor": "A1", "creditor": "A2"}
MINOR = st.integers(0, 10**6)


# ---- posting schemes ---------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_balances_and_is_known(scheme: str) -> None:
    said = SCHEMES[scheme]
    lines = post(scheme, 7, "EUR", **WHOSE)
    check_balanced(lines)
    assert [amount for _, amount in lines] == [7, -7]
    assert {code.partition(":")[0] for code, _ in lines} <= set(ACCOUNTS)
    assert said.entry in ENTRY_KINDS
    assert post(scheme, 0, "EUR", **WHOSE) == []
    with pytest.raises(Unbalanced):
        post(scheme, -1, "EUR", **WHOSE)


def test_the_schemes_are_documented(root: Path) -> None:
    """docs/settlement.md has each scheme once: what happens, entry, debit, credit."""
    text = (root / "docs/settlement.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", text, re.MULTILINE)
    assert rows == [tuple(scheme) for scheme in SCHEMES.values()]


def test_what_a_pool_covers_is_not_called_twice() -> None:
    """Money that comes for a pay-in its pool covers wholly repays the pool, and no more."""
    placed = place_arrival(70, due=100, arrived=40, covered=60, is_open=True)
    assert (placed.repaid, placed.held, placed.over) == (60, 0, 10)


def test_what_leaves_can_come_back() -> None:
    """A payment and its coming back undo each other, whatever it is paid from."""
    purposes = {"settlement": "due", "return": "held", **{one: one for one in FUNDS}}
    assert set(LEAVES) == {*purposes.values(), "suspense"}
    sources = [source_account(one, "EUR", side="A", firm="A1") for one in purposes]
    came = post("unclaimed", 9, "EUR", side="A")
    for source in [*sources, source_account("return", "EUR", side="A")]:
        out = post_payment(LEAVES, source, 9, "A")
        assert out == [(source, 9), ("bank:A:EUR", -9)]
        assert netted([*out, *came, *post_payment(BACK, source, 9, "A")]) == []
        assert SCHEMES[LEAVES[source.partition(":")[0]]].entry in REVERSIBLE


def test_the_same_debt_has_the_same_id() -> None:
    assert end_to_end_id("2026-01", "Ä1", "EUR", "1") == end_to_end_id("2026-01", "Ä1", "EUR", "1")
    assert end_to_end_id("2026-01", "Ä1", "EUR", "1") != end_to_end_id("2026-01", "Ä1", "EUR", "2")
    for firm in ("Ä1", "A" * 40, "A1"):
        assert re.fullmatch(r"[A-Za-z0-9/:().,'+ -]{1,35}", end_to_end_id("2026-01", firm, "1"))


# ---- pay-ins -----------------------------------------------------------------------------------


@given(due=st.integers(1, 10**6), parts=st.data())
def test_nothing_that_comes_is_lost(due: int, parts: st.DataObject) -> None:
    """However it comes, what is placed adds up, the pool first, never more than is due."""
    arrived = parts.draw(st.integers(0, due))
    covered = parts.draw(st.integers(0, due - arrived))
    amount = parts.draw(st.integers(1, 2 * 10**6))
    is_open = parts.draw(st.booleans())
    found = place_arrival(amount, due=due, arrived=arrived, covered=covered, is_open=is_open)
    assert sum(found) == amount
    assert min(found) >= 0
    assert found.repaid == min(amount, covered)
    assert arrived + covered + found.held <= due
    if is_open:
        assert found.over == 0 or arrived + covered + found.held == due
    else:
        assert found.held == 0


@given(amounts=st.lists(st.integers(1, 100), min_size=1, max_size=6), data=st.data())
def test_the_order_of_parts_makes_no_difference(amounts: list[int], data: st.DataObject) -> None:
    due = data.draw(st.integers(1, 300))
    covered = data.draw(st.integers(0, due))

    def end(parts: list[int]) -> tuple[int, int, int]:
        arrived, left, over = 0, covered, 0
        for part in parts:
            found = place_arrival(part, due=due, arrived=arrived, covered=left, is_open=True)
            arrived += found.repaid + found.held
            left -= found.repaid
            over += found.over
        return arrived, left, over

    assert end(amounts) == end(data.draw(st.permutations(amounts)))


@given(arrived=MINOR, covered=MINOR, data=st.data())
def test_what_is_not_needed_goes_back_to_the_pool_first(
    arrived: int, covered: int, data: st.DataObject
) -> None:
    used = data.draw(st.integers(0, arrived + covered))
    spare = use_pay_in(arrived, covered, used)
    assert used + spare.uncovered + spare.left == arrived + covered
    assert spare.left == 0 or spare.uncovered == covered


def test_no_more_is_used_than_came() -> None:
    with pytest.raises(Unbalanced):
        use_pay_in(10, 5, 16)


AT = [datetime.datetime(2026, 2, day, tzinfo=datetime.UTC) for day in range(1, 10)]


@pytest.mark.parametrize(
    ("rule", "day", "only_defaults", "wanted"),
    [
        ("recast", 4, False, "wait"),
        ("recast", 5, False, "recast"),
        ("recast", 1, True, "recast"),
        ("pool", 4, False, "wait"),
        ("pool", 5, False, "pool"),
        ("pool", 1, True, "pool"),
        ("queue", 5, False, "wait"),
        ("queue", 7, False, "wait"),
        ("queue", 8, False, "recast"),
        ("queue", 1, True, "recast"),
    ],
)
def test_the_rule_decides(rule: str, day: int, only_defaults: bool, wanted: str) -> None:
    """The deadline is day 5; a queue waits until day 8; nobody waits for a default."""
    found = after_deadline(
        MissedPayIn(rule, 3 if rule == "queue" else 0), AT[day], AT[5], AT[8],
        only_defaults=only_defaults,
    )  # fmt: skip
    assert found == wanted


@given(missing=st.dictionaries(st.integers(1, 20), st.integers(1, 100)), free=st.integers(0, 500))
def test_a_pool_covers_as_many_as_it_can(missing: dict[int, int], free: int) -> None:
    drawn = draw_pool(missing, free)
    assert sum(drawn.values()) == min(free, sum(missing.values()))
    whole = [number for number, part in drawn.items() if part == missing[number]]
    assert len(drawn) - len(whole) <= 1
    # No more of them could be whole: the smallest ones are.
    assert sorted(missing.values())[: len(whole)] == sorted(missing[one] for one in whole)


# ---- cover -------------------------------------------------------------------------------------


def test_what_an_account_may_pay() -> None:
    """B3 has paid in 150, 300 is due, B is owed 150 by others: a working balance makes it up."""
    bare = SideAccount(bank=150, due=300, border=-150)
    bare.check()
    assert (bare.short, bare.cover, bare.drawn, bare.room) == (150, 150, 0, 0)
    backed = SideAccount(bank=300, due=300, border=-150, working=150, limit=200)
    backed.check()
    assert (backed.short, backed.cover, backed.drawn, backed.room) == (0, 300, 150, 0)
    leaving = SideAccount(bank=300, due=300, border=-150, working=150, limit=200, leaving=50)
    assert (leaving.short, leaving.cover, leaving.drawable) == (50, 250, 100)
    # What is held, in suspense or a pool's covers nothing.
    other = SideAccount(bank=600, held=100, suspense=50, pool=300, due=300, border=-150)
    other.check()
    assert other.cover == 150


def test_an_account_that_holds_other_money_is_found() -> None:
    with pytest.raises(Unbalanced):
        SideAccount(bank=151, due=300, border=-150).check()


def test_border_money_is_others_unless_it_must_leave() -> None:
    """A keeps 150 for others, 50 of it to be paid hard: that is covered, and the rest stays."""
    account = SideAccount(bank=250, due=100, border=150, hard_out=50)
    account.check()
    assert (account.cover, account.short, account.room) == (150, 0, 100)
    lost = SideAccount(bank=130, due=100, border=150, revaluation=-120, hard_out=50)
    lost.check()
    assert (lost.border_money, lost.short, lost.cover) == (30, 20, 130)


@given(
    held=MINOR, suspense=MINOR, pool=MINOR, working=MINOR, limit=MINOR,
    border=st.integers(-(10**6), 10**6), due=MINOR, hard=MINOR,
)  # fmt: skip
def test_paying_all_that_cover_allows_leaves_everybody_elses_money(
    held: int, suspense: int, pool: int, working: int, limit: int, border: int, due: int,
    hard: int,
) -> None:  # fmt: skip
    """Cover is never negative, and what is left on the bank account is never less than others'."""
    bank = held + suspense + pool + working + border + due
    account = SideAccount(bank, held, due, suspense, pool, working, border, 0, limit, 0, hard)
    account.check()
    assert account.cover >= 0
    assert account.drawn <= account.drawable <= limit
    if account.short <= due + hard:
        left = bank - account.cover
        assert left >= held + suspense + pool + max(0, working - limit)
    assert account.room == 0 or account.short == 0


@given(amounts=st.lists(st.integers(1, 100), max_size=8), cover=st.integers(0, 400))
def test_the_smallest_go_first(amounts: list[int], cover: int) -> None:
    wishes = [Wish(number, amount) for number, amount in enumerate(amounts)]
    go, wait = choose_covered(wishes, cover)
    assert sorted([*go, *wait]) == wishes
    assert sum(one.amount for one in go) <= cover
    # As many go as ever could.
    assert len(go) == next(
        (many for many in range(len(amounts), -1, -1) if sum(sorted(amounts)[:many]) <= cover), 0
    )


@given(amounts=st.lists(st.integers(1, 50), min_size=1, max_size=8), data=st.data())
def test_shaving_is_even(amounts: list[int], data: st.DataObject) -> None:
    short = data.draw(st.integers(0, sum(amounts)))
    lowered = shave(dict(enumerate(amounts)), short)
    assert sum(amounts) - sum(lowered.values()) == short
    assert min(lowered.values()) >= 0
    if short <= len(amounts):
        assert max(before - lowered[one] for one, before in enumerate(amounts)) <= 1


def test_no_more_is_shaved_than_there_is() -> None:
    with pytest.raises(Unbalanced):
        shave({1: 2}, 3)
