# SPDX-License-Identifier: Apache-2.0
"""Customs declarations against obligations: every difference is seen, a declaration used once."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.core.errors import InvalidRules, Rejected
from skontro.gate.customs import (
    Claim,
    ClaimedLine,
    CustomsRules,
    Declaration,
    DeclaredLine,
    Use,
    reconcile,
)

DAY = datetime.date(2026, 5, 1)
DECLARED = Declaration(
    "D", "customs", "IN-77 x", "nl 5", "EUR", DAY,
    (DeclaredLine("10063098", 600, 3000, "KGM"), DeclaredLine("100630", 400, 2, "TNE"),
     DeclaredLine("902190", 1000, 10_000, "H87")),
)  # fmt: skip
RICE = ClaimedLine("100630", 1000, 5000, "KGM")
CLAIM = Claim(1, "D", ("IN77X",), ("NL5",), "EUR", DAY, (RICE,))


def codes(claim: Claim, declared: Declaration = DECLARED) -> list[object]:
    told = reconcile([claim], {declared.reference: declared})[claim.obligation, claim.reference]
    assert bool(told.uses) == (told.judged.outcome == "released")
    return [why["code"] for why in told.judged.reasons]


def rice(value: int, quantity: int, unit: str = "KGM", code: str = "100630") -> Claim:
    return replace(CLAIM, lines=(ClaimedLine(code, value, quantity, unit),))


CASES = [
    (CLAIM, []),
    (rice(1050, 5000), []),
    (rice(1051, 5000), ["ValueAboveDeclared"]),
    (rice(5000, 5000), ["PriceOff", "ValueAboveDeclared"]),
    (rice(1000, 5250), []),
    (rice(1000, 5251), ["QuantityAboveDeclared"]),
    (rice(500, 2500), []),
    (rice(550, 2500), []),
    (rice(551, 2500), ["PriceOff"]),
    (rice(449, 2500), ["PriceOff"]),
    (rice(1000, 5, "TNE"), []),
    (rice(1000, 5_000_000, "GRM"), []),
    (rice(1000, 5000, "H87"), ["OtherUnit"]),
    (rice(1000, 5000, ""), ["OtherUnit"]),
    (rice(1000, 0), ["NoQuantity"]),
    (rice(0, 5000), ["NoValue", "PriceOff"]),
    (rice(1000, 5000, code="1006300000"), []),
    (rice(1000, 5000, code="100620"), ["OtherGoods"]),
    (replace(CLAIM, lines=()), ["NoLine"]),
    (replace(CLAIM, reference="E"), ["NotDeclared"]),
    (replace(CLAIM, currency="USD"), ["OtherCurrency"]),
    (replace(CLAIM, sellers=("IN78",)), ["OtherParty"]),
    (replace(CLAIM, sellers=("IN78", "in 77-x")), []),
    (replace(CLAIM, sellers=()), ["OtherParty"]),
    (replace(CLAIM, sellers=("NL5",), buyers=("IN77X",)), ["OtherParty", "OtherParty"]),
    (replace(CLAIM, date=DAY + datetime.timedelta(days=120)), []),
    (replace(CLAIM, date=DAY + datetime.timedelta(days=121)), ["DatesApart"]),
    (replace(CLAIM, date=DAY - datetime.timedelta(days=121)), ["DatesApart"]),
    (replace(CLAIM, lines=(RICE, ClaimedLine("902190", 1000, 10_000, "H87"))), []),
    (replace(CLAIM, lines=(RICE, ClaimedLine("902190", 2000, 10_000, "H87"))),
     ["PriceOff", "ValueAboveDeclared"]),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "expected"), CASES)
def test_differences(claim: Claim, expected: list[str]) -> None:
    assert codes(claim) == expected


def test_a_declaration_taken_back() -> None:
    assert codes(CLAIM, replace(DECLARED, cancelled=True)) == ["Cancelled"]


def test_reasons_say_what_is_apart() -> None:
    told = reconcile([rice(5000, 5000)], {"D": DECLARED})[1, "D"].judged.reasons
    assert [why["text"] for why in told] == [
        "declaration D, goods 100630: a unit costs 500 % of what was declared",
        "declaration D, goods 100630: the invoice says 5000, declared is 1000",
    ]


def test_a_declaration_is_used_once() -> None:
    """The same invoice under two numbers: the first passes, the second finds it used; whose use
    stands is judged as before, and held claims use nothing."""
    two = replace(CLAIM, obligation=2)
    told = reconcile([two, CLAIM], {"D": DECLARED})
    assert told[1, "D"].judged.outcome == "released"
    assert [why["code"] for why in told[2, "D"].judged.reasons] == [
        "QuantityAboveDeclared", "ValueAboveDeclared",
    ]  # fmt: skip
    assert "of which 1000 is used" in str(told[2, "D"].judged.reasons[1]["text"])
    again = reconcile([two], {"D": DECLARED}, told[1, "D"].uses)
    assert again[2, "D"] == told[2, "D"]
    assert reconcile([CLAIM], {"D": DECLARED}, told[1, "D"].uses)[1, "D"] == told[1, "D"]
    wrong = replace(CLAIM, currency="USD")
    assert reconcile([wrong, two], {"D": DECLARED})[2, "D"].judged.outcome == "released"


def test_shares_of_one_declaration() -> None:
    parts = [replace(rice(250, 1250), obligation=number) for number in range(1, 6)]
    told = reconcile(parts, {"D": DECLARED})
    outcomes = [told[number, "D"].judged.outcome for number in range(1, 6)]
    assert outcomes == ["released"] * 4 + ["held"]


CLAIMS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 700), st.integers(1, 4000), st.booleans()),
    max_size=14,
    unique_by=lambda one: one[0],
)


@settings(max_examples=300)
@given(CLAIMS, st.integers(0, 3))
def test_never_more_than_was_declared(
    rows: list[tuple[int, int, int, bool]], standing: int
) -> None:
    """What stands and what is released together never pass declared value and quantity with their
    tolerance, in whatever order they come; taking them one at a time gives the same."""
    uses = [Use("D", 100 + place, "100630", "KGM", 200, 1000) for place in range(standing)]
    claims = [
        replace(rice(value, quantity), obligation=number, currency="EUR" if is_right else "USD")
        for number, value, quantity, is_right in rows
    ]
    told = reconcile(claims, {"D": DECLARED}, uses)
    all_uses = [*uses, *(use for one in told.values() for use in one.uses)]
    assert sum(use.value_minor for use in all_uses) <= 1050
    assert sum(use.quantity_milli for use in all_uses) <= 5250
    assert told == reconcile(claims[::-1], {"D": DECLARED}, uses[::-1])
    one_by_one = list(uses)
    for claim in sorted(claims, key=lambda one: one.obligation):
        alone = reconcile([claim], {"D": DECLARED}, one_by_one)[claim.obligation, "D"]
        assert alone == told[claim.obligation, "D"]
        one_by_one += alone.uses


def test_rules_are_bounded() -> None:
    for bad in ({"value_share": "26 %"}, {"quantity_share": "1/3"}, {"price_share": "51 %"},
                {"days": 0}, {"days": 366}, {"value": "1 %"}):  # fmt: skip
        with pytest.raises(InvalidRules):
            CustomsRules.from_mapping(bad)
    assert CustomsRules.from_mapping({}) == CustomsRules()
    strict = CustomsRules(value_share=Fraction(0))
    assert strict.digest != CustomsRules().digest
    told = reconcile([rice(1001, 5000)], {"D": DECLARED}, rules=strict)[1, "D"]
    assert [why["code"] for why in told.judged.reasons] == ["ValueAboveDeclared"]


@pytest.mark.parametrize(
    "changed",
    [{"reference": ""}, {"exporter": ""}, {"currency": "EURO"}, {"lines": ()},
     {"lines": (DeclaredLine("77", 5),)}, {"lines": (DeclaredLine("100630", 0),)}],
)  # fmt: skip
def test_what_cannot_be_a_declaration(changed: dict[str, object]) -> None:
    DECLARED.check()
    with pytest.raises(Rejected):
        replace(DECLARED, **changed).check()  # type: ignore[arg-type]
