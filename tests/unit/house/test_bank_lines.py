# SPDX-License-Identifier: Apache-2.0
"""Tellings of a line join the same way in any order; doubts, pages and balances by themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.house.bank import Balance, BankDetail, BankEntry, BankStatement, Party
from skontro.house.bank_lines import Line, gather, lines_of, merge, prove
from skontro.house.reconciliation import PAY_IN, Book, Expected, match_line

DAY, IBAN, PLACE = "2026-01-05", "NL1", ("A", "EUR")
DETAILS = st.builds(
    BankDetail, st.sampled_from([0, 50, 100]), st.sampled_from(["", "e1", "e2"]),
    debtor=st.sampled_from([Party(), Party("Alder", "NL2")]),
)  # fmt: skip
ENTRIES = st.builds(
    BankEntry, st.sampled_from([100, 90]), st.just("EUR"), st.sampled_from(["BOOK", "PDNG", "X"]),
    st.just(DAY), details=st.lists(DETAILS, max_size=2).map(tuple),
)  # fmt: skip
DIGESTS = st.lists(st.sampled_from("abc"), unique=True).map(lambda some: tuple(sorted(some)))
LINES = st.builds(
    Line, st.just(IBAN), st.just("2026/B/X"), ENTRIES,
    st.sampled_from([(), (90,), (100,), (90, 100)]),
    st.sampled_from([(), ((("e1", 100),),), ((("e2", 100),),)]), DIGESTS, DIGESTS,
)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merging(lines: list[Line], chance) -> None:  # type: ignore[no-untyped-def]
    """Any order, grouping and repetition of tellings gives one line; nothing told is lost."""
    whole = reduce(merge, lines)
    again = [*lines, *lines]
    chance.shuffle(again)
    cut = chance.randint(0, len(lines))
    grouped = [reduce(merge, part) for part in (again[:cut], again[cut:]) if part]
    assert reduce(merge, grouped) == whole
    for one in lines:
        assert merge(whole, one) == whole
        for name in ("booked", "payments", "statements", "taken_back"):
            assert {*getattr(one, name)} <= {*getattr(whole, name)}


SURE = BankEntry(100, "EUR", "BOOK", DAY, details=(BankDetail(100, "e"),))
TWO = (BankDetail(60, "a"), BankDetail(40, "b"))


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        (Line(IBAN, "k", SURE, (100,)), ""),
        (Line(IBAN, "k", SURE, (90, 100)), "amount"),
        (Line(IBAN, "k", SURE, (100,), ((("a", 1),), (("b", 1),))), "payments"),
        (Line(IBAN, "k", SURE, (100,), taken_back=("d",)), "taken back"),
        (Line(IBAN, "k", replace(SURE, state="PDNG")), "kept open"),
        (Line(IBAN, "k", replace(SURE, state="INFO")), "state"),
        (Line(IBAN, "k", replace(SURE, details=(), batch="P"), (100,)), "details"),
        (Line(IBAN, "k", replace(SURE, details=(), payments=2), (100,)), "details"),
        (Line(IBAN, "k", replace(SURE, details=TWO, payments=2), (100,)), ""),
        (Line(IBAN, "k", replace(SURE, details=TWO, payments=3), (100,)), "sum"),
        (Line(IBAN, "k", replace(SURE, details=TWO), (101,)), "sum"),
        (Line(IBAN, "k", replace(SURE, details=TWO[:1]), (100,)), "sum"),
    ],
)
def test_doubts(line: Line, doubt: str) -> None:
    assert line.doubt == doubt


def statement(*amounts: int, opening: int, closing: int, number: str, **more: object
              ) -> BankStatement:  # fmt: skip
    day = f"2026-01-{int(number):02d}"
    balances = (Balance("OPBD", opening, "EUR", day), Balance("CLBD", closing, "EUR", day))
    entries = tuple(BankEntry(one, "EUR", "BOOK", day, bank_reference=f"{number}-{n}")
                    for n, one in enumerate(amounts))  # fmt: skip
    return replace(BankStatement("camt.053", f"S{number}", IBAN, "EUR", number, balances=balances,
                                 entries=entries), **more)  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        ([statement(5, opening=0, closing=5, number="1"),
          statement(-2, opening=5, closing=3, number="2")], ""),
        ([statement(5, opening=0, closing=5, number="1"),
          statement(-2, opening=6, closing=4, number="2")], "begins with 6, and the one before"),
        ([statement(5, opening=0, closing=7, number="1")], "2 minor units are missing"),
        ([statement(5, opening=0, closing=5, number="1", page=2)], "pages are missing"),
        ([statement(5, opening=0, closing=5, number="1", is_last=False)], "pages are missing"),
        ([statement(5, opening=0, closing=5, number="1", balances=())], "no opening or no closing"),
    ],
)  # fmt: skip
def test_balances(statements: list[BankStatement], fault: str) -> None:
    _, sheets = gather(statements)
    faults = prove(IBAN, sheets).faults
    assert len(faults) == bool(fault)
    assert fault in "".join(faults)


def test_alike_without_an_id() -> None:
    """Two lines alike on one page, or on two, are two; told again they are still two."""
    entry = BankEntry(55, "EUR", "BOOK", DAY)
    one = BankStatement("camt.053", "S1", IBAN, "EUR", "1", entries=(entry, entry))
    first = replace(one, page=1, is_last=False, entries=(entry,))
    second = replace(one, page=2, entries=(entry,))
    for told in ([one], [one, one], [first, second], [second, first, second]):
        assert len(gather(told)[0]) == 2
    assert len(list(lines_of(one, "d"))) == 2


def test_by_party_only_if_sure() -> None:
    """By amount and party alone only the one payment that fits; the name of another's account is
    no proof; two that fit are for people to tell apart."""
    book = [Expected(PAY_IN, n, PLACE, 100, f"RF{n}", ("Alder",), ("NL2",)) for n in (1, 2)]
    entry = BankEntry(100, "EUR", "BOOK", DAY, details=(BankDetail(debtor=Party("Alder", "NL2")),))
    line = Line(IBAN, "k", entry, (100,))
    (sure,) = match_line(line, PLACE, Book(book[:1]))
    assert (sure.does, sure.by) == ("pay-in", "amount and party")
    (unsure,) = match_line(line, PLACE, Book(book))
    assert (unsure.does, len(unsure.partners)) == ("suspense", 3)
    other = replace(entry, details=(BankDetail(debtor=Party("Alder", "NL3")),))
    (false,) = match_line(replace(line, entry=other), PLACE, Book(book[:1]))
    assert false.does == "suspense"


def test_references() -> None:
    """The longest reference that stands in a text, in pieces too; several, each its part."""
    book = Book([Expected(PAY_IN, 1, PLACE, 100, "RF18A1", ("Alder",)),
                 Expected(PAY_IN, 2, PLACE, 50, "RF18A12", ("Alder",))])  # fmt: skip

    def parts(text: str, amount: int = 150) -> list[tuple[int, int]]:
        detail = BankDetail(text=text, debtor=Party("Alder"))
        line = Line(IBAN, "k", BankEntry(amount, "EUR", "BOOK", DAY, details=(detail,)), (amount,))
        return [tuple(part) for part in match_line(line, PLACE, book)[0].parts]

    assert parts("pay RF18 A12 now") == [(2, 150)]
    assert parts("rf18a1/RF18A12") == [(1, 100), (2, 50)]
    assert parts("RF18A12,RF18A1", 160) == [(2, 50), (1, 110)]
    assert parts("RF18A123", 151) == []
