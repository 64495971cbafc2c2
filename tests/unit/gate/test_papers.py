# SPDX-License-Identifier: Apache-2.0
"""Papers by kind of trade: what each kind needs, when a paper counts, many judged as each alone."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.core.errors import InvalidRules
from skontro.gate.goods import STATEMENT
from skontro.gate.outcome import Judged
from skontro.gate.papers import NEEDED, PaperRules, judge_papers
from skontro.gate.trade import KINDS, PAPERS, Line, Owed, Paper, Trade, TradeColumns

DAY = datetime.date(2026, 6, 1)
RULES = PaperRules()


def paper(kind: str, **changed: str) -> Paper:
    good = Paper(kind, "N-1", "2026-05-30", "Issuer", "ab" * 32)
    return replace(good, **changed)


def owed(
    kind: str, *papers: Paper, code: str = "100630", amount: int = 100, due: str = ""
) -> Owed:
    return Owed("W", "E", amount, Trade(kind, (Line(code, 100),), papers, due))


def judge(one: Owed, needs: int = 0) -> Judged:
    return judge_papers(
        TradeColumns.of([one]), RULES, DAY, needs=np.array([needs], np.uint8)
    ).at(0)


def codes(said: Judged) -> list[object]:
    return [why["code"] for why in said.reasons]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given_paper", PAPERS)
def test_each_kind_needs_its_papers(kind: str, given_paper: str) -> None:
    code = "SC1" if kind == "services" else "100630"
    due = "2026-08-01" if kind == "advance" else ""
    said = judge(owed(kind, paper(given_paper), code=code, due=due))
    is_enough = all(given_paper in group for group in NEEDED[kind])
    assert codes(said) == ([] if is_enough else ["PaperMissing"])
    assert codes(judge(owed(kind, code=code, due=due))) == ["PaperMissing"]


@pytest.mark.parametrize("kind", ["", "barter", "Services", "goods"])
def test_unknown_kind_is_held(kind: str) -> None:
    papers = [paper(one) for one in PAPERS]
    assert codes(judge(owed(kind, *papers))) == ["UnknownKind"]


FAULTY = [
    ({"number": " "}, "no number"), ({"date": ""}, "no date"), ({"date": "2026-13-01"}, "no date"),
    ({"date": "2026-06-02"}, "a date ahead"), ({"date": "2024-05-31"}, "a date too far back"),
    ({"issuer": ""}, "no issuer"), ({"digest": ""}, "no digest of its original"),
    ({"digest": "AB" * 32}, "no digest of its original"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "fault"), FAULTY)
def test_a_paper_that_does_not_count(changed: dict[str, str], fault: str) -> None:
    """It is as if it were missing, and the reason says what is wrong with it; a good one beside it
    is enough."""
    bad = paper("tax_invoice", **changed)
    said = judge(owed("domestic_goods", bad))
    assert codes(said) == ["PaperMissing"]
    assert said.reasons[0]["faults"] == [f"tax invoice has {fault}"]
    assert judge(owed("domestic_goods", bad, paper("tax_invoice"))).outcome == "released"


@pytest.mark.parametrize("date", ["2026-06-01", "2024-06-01"])
def test_dates_count_with_their_first_and_last_day(date: str) -> None:
    assert judge(owed("domestic_goods", paper("tax_invoice", date=date))).outcome == "released"


def test_unknown_paper_is_held() -> None:
    said = judge(owed("domestic_goods", paper("tax_invoice"), paper("napkin")))
    assert codes(said) == ["UnknownPaper"]


def test_end_user_statement() -> None:
    bill = paper("tax_invoice")
    assert codes(judge(owed("domestic_goods", bill), STATEMENT)) == ["PaperMissing"]
    both = owed("domestic_goods", bill, paper("end_user_statement"))
    assert judge(both, STATEMENT).outcome == "released"


@pytest.mark.parametrize(
    ("due", "expected"),
    [("", ["NoPapersDue"]), ("soon", ["NoPapersDue"]), ("2026-05-31", ["PapersOverdue"]),
     ("2026-06-01", []), ("2027-06-01", []), ("2027-06-02", ["PapersTooLate"])],
)  # fmt: skip
def test_an_advance_says_when_its_papers_come(due: str, expected: list[str]) -> None:
    assert codes(judge(owed("advance", paper("contract"), due=due))) == expected


def test_services_need_a_class_on_every_line() -> None:
    contract = paper("contract")
    assert codes(judge(owed("services", contract, code="100630"))) == ["NoServiceClass"]
    mixed = Trade("services", (Line("SC1", 50), Line("", 50)), (contract,))
    assert codes(judge(Owed("W", "E", 100, mixed))) == ["NoServiceClass"]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(98, ["LinesAboveAmount"]), (99, ["LinesAboveAmount"]), (100, []), (130, []),
     (131, ["AmountAboveLines"])],
)  # fmt: skip
def test_lines_come_to_the_amount(amount: int, expected: list[str]) -> None:
    assert codes(judge(owed("domestic_goods", paper("tax_invoice"), amount=amount))) == expected


@pytest.mark.parametrize("value", [0, -1, 2**62])
def test_values_of_lines_are_amounts(value: int) -> None:
    trade = Trade("domestic_goods", (Line("100630", value), Line("100630", 100)),
                  (paper("tax_invoice"),))  # fmt: skip
    assert codes(judge(Owed("W", "W", 100, trade))) == ["LineValue"]


@given(
    st.lists(st.integers(1, 2**62 - 1), min_size=1, max_size=6), st.integers(1, 2**62 - 1),
    st.fractions(0, Fraction(1, 2), max_denominator=10**6),
    st.fractions(0, Fraction(1, 10), max_denominator=10**6),
)  # fmt: skip
def test_sums_are_exact_at_any_size(
    values: list[int], amount: int, above: Fraction, below: Fraction
) -> None:
    """Against whole numbers of any size."""
    rules = PaperRules(amount_above=above, amount_below=below)
    trade = Trade("domestic_goods", tuple(Line("100630", value) for value in values),
                  (paper("tax_invoice"),))  # fmt: skip
    said = judge_papers(TradeColumns.of([Owed("W", "W", amount, trade)]), rules, DAY).at(0)
    total = sum(values)
    if total >= 2**62:
        expected = ["LineValue"]
    elif total > amount:
        expected = ["LinesAboveAmount"] if total - amount > amount * below // 1 else []
    else:
        expected = ["AmountAboveLines"] if amount - total > total * above // 1 else []
    assert codes(said) == expected


def test_rules_are_bounded() -> None:
    for bad in ({"oldest_days": 0}, {"oldest_days": 4000}, {"advance_days": 2000},
                {"amount_above": "0.6"}, {"amount_below": "1/3"}, {"amount_above": "0.1234567"},
                {"oldest": 1}, {"amount_above": 0.1}):  # fmt: skip
        with pytest.raises(InvalidRules):
            PaperRules.from_mapping(bad)
    assert PaperRules.from_mapping({}) == PaperRules()
    assert PaperRules(oldest_days=1).digest != PaperRules().digest


PAPER = st.builds(
    Paper,
    kind=st.sampled_from([*PAPERS, "napkin"]),
    number=st.sampled_from(["N", ""]),
    date=st.sampled_from(["2026-05-30", "2026-07-01", "2020-01-01", ""]),
    issuer=st.sampled_from(["I", ""]),
    digest=st.sampled_from(["0" * 64, ""]),
)
OWED = st.builds(
    Owed,
    debtor_side=st.just("W"),
    creditor_side=st.just("E"),
    amount_minor=st.sampled_from([90, 100, 200]),
    trade=st.builds(
        Trade,
        kind=st.sampled_from([*KINDS, "barter"]),
        lines=st.lists(
            st.builds(Line, code=st.sampled_from(["100630", "SC1"]), value_minor=st.just(50)),
            max_size=3,
        ).map(tuple),
        papers=st.lists(PAPER, max_size=4).map(tuple),
        papers_due=st.sampled_from(["", "2026-07-01", "2026-01-01"]),
    ),
)


@settings(max_examples=200)
@given(st.lists(st.tuples(OWED, st.integers(0, 3)), max_size=12))
def test_many_are_judged_as_each_alone(many: list[tuple[Owed, int]]) -> None:
    columns = TradeColumns.of([one for one, _ in many])
    needs = np.array([bits for _, bits in many], np.uint8)
    told = judge_papers(columns, RULES, DAY, needs=needs)
    assert [told.at(place) for place in range(len(many))] == [judge(*pair) for pair in many]


@settings(max_examples=200)
@given(OWED)
def test_released_has_what_it_needs(one: Owed) -> None:
    """What is released has, by the obvious way of looking, one good paper of each group."""
    if judge(one).outcome != "released":
        return
    good = {
        each.kind
        for each in one.trade.papers
        if each.number and each.issuer and each.digest and each.date == "2026-05-30"
    }
    assert all(good & set(group) for group in NEEDED[one.trade.kind])
