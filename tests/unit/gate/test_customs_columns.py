# SPDX-License-Identifier: Apache-2.0
"""The first look at many declarations lets nothing pass that the exact one holds."""

from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.gate.customs import (
    Claim,
    ClaimedLine,
    CustomsRules,
    Declaration,
    DeclaredLine,
    Use,
    reconcile,
)
from skontro.gate.customs_columns import ClaimColumns, DeclaredColumns, agree_beyond_doubt
from skontro.gate.trade import Texts

EPOCH = datetime.date(1970, 1, 1)
FIRMS = ["", "IN1", "IN2", "NL1"]
UNITS = ["KGM", "TNE", "H87", ""]
CODES = ["100630", "1006301000", "902190"]

VALUES = st.sampled_from([0, 1, 90, 95, 100, 105, 106, 1000, 2**40, 2**61])
LINE = st.tuples(st.sampled_from(CODES), VALUES, VALUES, st.sampled_from(UNITS))
DECLARED = st.tuples(
    st.integers(1, 3), st.integers(1, 3), st.sampled_from(["EUR", "USD"]), st.integers(0, 200),
    st.booleans(), st.lists(LINE, min_size=1, max_size=3),
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Declaration], list[Claim], list[Use]]:
    """Some declarations; claims on them, most of which follow what was declared."""
    declarations, claims, uses = [], [], []
    for place, (seller, buyer, currency, day, is_off, lines) in enumerate(
        draw(st.lists(DECLARED, min_size=1, max_size=4))
    ):
        declarations.append(
            Declaration(
                f"D{place}", "customs", FIRMS[seller], FIRMS[buyer], currency,
                EPOCH + datetime.timedelta(days=day), tuple(DeclaredLine(*line) for line in lines),
                is_off and draw(st.booleans()),
            )
        )  # fmt: skip
    for number in range(draw(st.integers(1, 8))):
        one = draw(st.sampled_from(declarations))
        parts = draw(st.sampled_from([1, 1, 2, 3]))
        said = tuple(
            ClaimedLine(
                line.code, line.value_minor // parts, line.quantity_milli // parts, line.unit
            )
            for line in one.lines
            if draw(st.integers(0, 9)) > 1
        )
        if draw(st.integers(0, 9)) == 0:
            said = (*said, ClaimedLine(*draw(LINE)))
        claims.append(
            Claim(
                number, one.reference if draw(st.integers(0, 9)) else "none",
                (draw(st.sampled_from([one.exporter, one.exporter, "IN2"])),), (one.importer,),
                draw(st.sampled_from([one.currency, one.currency, "EUR"])),
                one.date + datetime.timedelta(days=draw(st.sampled_from([0, 0, 120, 121]))), said,
            )
        )  # fmt: skip
    if draw(st.booleans()):
        uses.append(Use("D0", 1000, "100630", "KGM", draw(VALUES), draw(VALUES)))
    return declarations, claims, uses


def columns(
    declarations: list[Declaration], claims: list[Claim], uses: list[Use]
) -> tuple[ClaimColumns, DeclaredColumns]:
    at = {one.reference: place for place, one in enumerate(declarations)}
    said = [(place, claim, line) for place, claim in enumerate(claims) for line in claim.lines]
    days = [(one.date - EPOCH).days for one in declarations]
    stated = [(place, line.code, line.unit, line.value_minor, line.quantity_milli)
              for place, one in enumerate(declarations) for line in one.lines]  # fmt: skip
    stated += [(at[use.reference], use.code, use.unit, -use.value_minor, -use.quantity_milli)
               for use in uses]  # fmt: skip

    def whole(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, np.int64)

    return ClaimColumns(
        whole([FIRMS.index(one.sellers[0]) for one in claims]),
        whole([FIRMS.index(one.buyers[0]) for one in claims]),
        Texts.of(one.currency for one in claims),
        whole([(one.date - EPOCH).days for one in claims]).astype(np.int32),
        whole([place for place, _, _ in said]),
        whole([at.get(claim.reference, -1) for _, claim, _ in said]),
        Texts.of(line.code for _, _, line in said), Texts.of(line.unit for _, _, line in said),
        whole([line.value_minor for _, _, line in said]),
        whole([line.quantity_milli for _, _, line in said]),
    ), DeclaredColumns(
        whole([FIRMS.index(one.exporter) for one in declarations]),
        whole([FIRMS.index(one.importer) for one in declarations]),
        Texts.of(one.currency for one in declarations), whole(days).astype(np.int32),
        np.array([one.cancelled for one in declarations], np.bool_),
        whole([row[0] for row in stated]), Texts.of(row[1] for row in stated),
        Texts.of(row[2] for row in stated), whole([row[3] for row in stated]),
        whole([row[4] for row in stated]),
    )  # fmt: skip


RULES = [
    CustomsRules(), CustomsRules(Fraction(0), Fraction(0), Fraction(0)),
    CustomsRules(Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)),
]  # fmt: skip


@settings(max_examples=400)
@given(worlds(), st.sampled_from(RULES))
def test_beyond_doubt_is_released(
    world: tuple[list[Declaration], list[Claim], list[Use]], rules: CustomsRules
) -> None:
    declarations, claims, uses = world
    sure = agree_beyond_doubt(*columns(*world), rules)
    exact = reconcile(claims, {one.reference: one for one in declarations}, uses, rules)
    for place, claim in enumerate(claims):
        if sure[place]:
            assert exact[claim.obligation, claim.reference].judged.outcome == "released"
    for one in declarations:
        of_it = {bool(sure[at]) for at, claim in enumerate(claims)
                 if claim.reference == one.reference and claim.lines}  # fmt: skip
        assert len(of_it) < 2


def test_what_agrees_is_told_at_once() -> None:
    """Invoices that say just what was declared, alone or in halves, need no second look."""
    day = datetime.date(2026, 5, 1)
    lines = (DeclaredLine("100630", 1000, 5000, "KGM"), DeclaredLine("902190", 10, 0, ""))
    declarations = [
        Declaration(f"D{place}", "c", "IN1", "NL1", "EUR", day, lines) for place in range(50)
    ]
    claims = [
        Claim(number, f"D{number // 2}", ("IN1",), ("NL1",), "EUR", day,
              (ClaimedLine("100630", 500, 2500, "KGM"), ClaimedLine("902190", 5, 0, "")))
        for number in range(100)
    ]  # fmt: skip
    assert agree_beyond_doubt(*columns(declarations, claims, [])).all()
    used = [Use("D7", 1000, "100630", "KGM", 100, 500)]
    assert np.flatnonzero(~agree_beyond_doubt(*columns(declarations, claims, used))).tolist() == [
        14, 15,
    ]  # fmt: skip


def test_a_declared_line_without_value_or_in_another_unit_of_mass_leaves_doubt() -> None:
    """What is declared counts whole: its quantity, and its tonnes beside its kilograms."""
    day = datetime.date(2026, 5, 1)
    claim = Claim(0, "D0", ("IN1",), ("NL1",), "EUR", day, (ClaimedLine("100630", 1, 0, "KGM"),))
    plain = DeclaredLine("100630", 1, 0, "KGM")
    for more, agrees in (
        ((), True),
        ((DeclaredLine("100630", 0, 1, "KGM"),), False),
        ((DeclaredLine("100630", 0, 1, "TNE"),), False),
    ):
        one = Declaration("D0", "c", "IN1", "NL1", "EUR", day, (plain, *more))
        assert agree_beyond_doubt(*columns([one], [claim], [])).tolist() == [agrees]
        exact = reconcile([claim], {"D0": one}, [])[0, "D0"].judged.outcome
        assert (exact == "released") is agrees
