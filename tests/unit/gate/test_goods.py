# SPDX-License-Identifier: Apache-2.0
"""Goods of obligations: both sides' packs, the stricter wins; many judged as each alone."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gate.test_packs import HEAD, pack_of

from skontro.gate.goods import (
    LICENCE,
    STATEMENT,
    Case,
    JudgedCase,
    _renumbered,
    distinct_rows,
    judge_case,
    judge_goods,
    touched_cases,
)
from skontro.gate.outcome import Judged
from skontro.gate.packs import VERDICTS, PacksInForce, SidePacks, read_pack
from skontro.gate.trade import Line, Owed, Texts, Trade, TradeColumns, line_columns

DAY = datetime.date(2026, 6, 1)


def packs_of(west: str, east: str = '[[rule]]\nhs = ["31"]\nverdict = "allow"\n') -> PacksInForce:
    return PacksInForce({
        "W": SidePacks("NL", (read_pack(HEAD + west),)),
        "E": SidePacks("IN", (read_pack(HEAD + east),)),
        "D": SidePacks("DE", (read_pack(HEAD + west),)),
    })  # fmt: skip


ALLOW = '[[rule]]\nhs = ["31"]\nverdict = "allow"\n'


def case(
    code: str = "310100", kind: str = "cross_border_goods", *, debtor: str = "W",
    creditor: str = "E", origin: str = "IN", transit: str = "", destination: str = "NL",
    end_use: str = "",
) -> Case:  # fmt: skip
    return Case(debtor, creditor, kind, code, origin, transit, destination, end_use)


def codes(said: JudgedCase) -> list[object]:
    return sorted(str(why["code"]) for why in (*said.judged.reasons, *said.needed))


@pytest.mark.parametrize(("west", "east"), list(itertools.product(VERDICTS, VERDICTS)))
def test_the_stricter_side_wins(west: str, east: str) -> None:
    """Every pair of verdicts, both ways round: refused over held over needed over released."""
    packs = PacksInForce({
        "W": SidePacks("NL", (pack_of(("31", west)),)),
        "E": SidePacks("IN", (pack_of(("31", east)),)),
    })  # fmt: skip
    said = judge_case(case(), packs, DAY)
    both = {west, east}
    expected = "refused" if "deny" in both else "held" if "hold" in both else "released"
    assert said.judged.outcome == expected
    assert bool(said.needs & LICENCE) == ("needs_licence" in both)
    assert bool(said.needs & STATEMENT) == ("needs_end_user_statement" in both)
    assert bool(said.judged.reasons) == (expected != "released")
    assert bool(said.needed) == bool(said.needs)


def test_two_packs_of_one_side_both_apply() -> None:
    packs = PacksInForce(
        {"W": SidePacks("NL", (pack_of(("31", "allow")), pack_of(("3101", "deny"))))}
    )
    home = case(kind="domestic_goods", creditor="W", origin="", destination="")
    assert judge_case(home, packs, DAY).judged.outcome == "refused"


HELD = [
    (case(code=""), ["NoCode"]),
    (case(code="3101"), ["UnknownCode"]),
    (case(code="31010000000"), ["UnknownCode"]),
    (case(code="3101a0"), ["UnknownCode"]),
    (case(code="770100"), ["UnknownCode"]),
    (case(code="310000"), ["UnknownCode"]),
    (case(code="320100"), ["NoRule", "NoRule"]),
    (case(code="SC1"), ["UnknownCode"]),
    (case(kind="services"), ["UnknownCode"]),
    (case(debtor="X"), ["NoPack"]),
    (case(debtor=""), ["NoPack"]),
    (case(origin=""), ["NoOrigin"]),
    (case(destination=""), ["NoDestination"]),
    (case(origin="XX"), ["UnknownCountry"]),
    (case(destination="nl"), ["UnknownCountry"]),
    (case(transit="AE QQ"), ["UnknownCountry"]),
    (case(transit=" ".join(["AE"] * 17)), ["TooManyCountries"]),
    (case(end_use="secret"), ["UnknownEndUse"]),
    (case(end_use="nuclear"), ["MassDestruction"]),
    (case(end_use="chemical_weapons"), ["MassDestruction"]),
    (case(kind="domestic_goods"), ["NotDomestic"]),
    (case(kind="domestic_goods", creditor="W", destination="BE"), ["NotDomestic"]),
    (case(kind="union_goods"), ["NotInUnion"]),
    (case(kind="union_goods", creditor="D", destination="US"), ["NotInUnion"]),
    (case(kind="union_goods", creditor="D", transit="CH"), ["NotInUnion"]),
    (case(kind="union_goods", creditor="W"), ["NotInUnion"]),
]


@pytest.mark.parametrize(("one", "expected"), HELD)
def test_doubt_holds(one: Case, expected: list[str]) -> None:
    said = judge_case(one, packs_of(ALLOW), DAY)
    assert said.judged.outcome == "held"
    assert codes(said) == expected


RELEASED = [
    case(),
    case(code="3101000000"),
    case(kind="domestic_goods", creditor="W", origin="", destination=""),
    case(kind="domestic_goods", creditor="W", origin="CN", destination="NL"),
    case(kind="union_goods", creditor="D", origin="CN", destination="NL", transit="BE"),
    case(kind="advance", origin="", destination=""),
    case(transit="AE OM", end_use="civil"),
]


@pytest.mark.parametrize("one", RELEASED)
def test_what_is_in_order_is_released(one: Case) -> None:
    assert judge_case(one, packs_of(ALLOW), DAY) == JudgedCase(Judged())


def test_a_code_too_short_for_the_pack_is_held() -> None:
    west = ALLOW + '[[rule]]\nhs = ["31010010"]\nverdict = "deny"\nname = "the fine print"\n'
    assert codes(judge_case(case(), packs_of(west), DAY)) == ["CodeTooShort"]
    same = ALLOW + '[[rule]]\nhs = ["31010010"]\nverdict = "allow"\n'
    assert judge_case(case(), packs_of(same), DAY).judged.outcome == "released"
    assert judge_case(case(code="31010020"), packs_of(west), DAY).judged.outcome == "released"
    assert judge_case(case(code="31010010"), packs_of(west), DAY).judged.outcome == "refused"


@pytest.mark.parametrize("place", ["origin", "transit", "destination"])
def test_places(place: str) -> None:
    """A place bars whatever the code allows; only the places named, only the goods named."""
    rule = f'[[place]]\ncountries = ["IR", "AE"]\non = ["{place}"]\nverdict = "deny"\nname = "x"\n'
    packs = packs_of(ALLOW + rule)
    assert judge_case(case(**{place: "AE"}), packs, DAY).judged.outcome == "refused"
    for other in {"origin", "transit", "destination"} - {place}:
        assert judge_case(case(**{other: "AE"}), packs, DAY).judged.outcome == "released"
    for hs, outcome in (('["3101"]', "refused"), ('["310199"]', "released")):
        limited = packs_of(ALLOW + rule + f"hs = {hs}\n")
        assert judge_case(case(**{place: "AE"}), limited, DAY).judged.outcome == outcome


def test_end_uses_and_dual_use() -> None:
    rule = '[[end_use]]\nend_use = ["police"]\nverdict = "deny"\nname = "x"\n'
    said = judge_case(case(end_use="police"), packs_of(ALLOW + rule), DAY)
    assert said.judged.outcome == "refused"
    dual = '[[rule]]\nhs = ["31"]\nverdict = "needs_licence"\ndual_use = true\n'
    assert "NoEndUse" in codes(judge_case(case(), packs_of(dual), DAY))
    said = judge_case(case(end_use="civil"), packs_of(dual), DAY)
    assert (said.judged.outcome, said.needs) == ("released", LICENCE)
    said = judge_case(case(end_use="military"), packs_of(ALLOW), DAY)
    assert (said.judged.outcome, said.needs) == ("released", LICENCE)


@pytest.mark.parametrize("code", ["930200", "871000", "840110", "284410", "360200", "890610"])
def test_no_pack_lets_weapons_pass_without_a_licence(code: str) -> None:
    allow = f'[[rule]]\nhs = ["{code[:2]}"]\nverdict = "allow"\n'
    if code.startswith("93"):
        allow = '[[rule]]\nhs = ["93"]\nverdict = "needs_licence"\n'
    said = judge_case(case(code), packs_of(allow, allow), DAY)
    assert said.needs & LICENCE


def test_direction() -> None:
    """A rule for goods that go out speaks at the creditor's side alone."""
    west = ALLOW + '[[rule]]\nhs = ["31"]\nverdict = "deny"\ndirection = "export"\n'
    packs = packs_of(west)
    assert judge_case(case(), packs, DAY).judged.outcome == "released"
    out = case(debtor="E", creditor="W", origin="NL", destination="IN")
    assert judge_case(out, packs, DAY).judged.outcome == "refused"
    home = case(kind="domestic_goods", creditor="W", origin="", destination="")
    assert judge_case(home, packs, DAY).judged.outcome == "refused"


def test_a_pack_out_of_force_does_not_speak() -> None:
    packs = packs_of(ALLOW)
    assert codes(judge_case(case(), packs, datetime.date(2025, 12, 31))) == ["NoPack", "NoPack"]


LINES = st.builds(
    Line,
    code=st.sampled_from(["310100", "310200", "310290", "320100", "930200", "", "x", "SC"]),
    value_minor=st.just(1),
    origin=st.sampled_from(["IN", "CN", ""]),
    transit=st.sampled_from([(), ("AE",)]),
    destination=st.sampled_from(["NL", "DE"]),
    end_use=st.sampled_from(["", "civil", "nuclear"]),
)
OWED = st.builds(
    Owed,
    debtor_side=st.sampled_from(["W", "E", "X"]),
    creditor_side=st.sampled_from(["W", "E", "D"]),
    amount_minor=st.just(1),
    trade=st.builds(
        Trade,
        kind=st.sampled_from(["cross_border_goods", "domestic_goods", "services", "barter"]),
        lines=st.lists(LINES, max_size=4).map(tuple),
    ),
)
WEST = (
    ALLOW + '[[rule]]\nhs = ["3102"]\nverdict = "needs_licence"\ndual_use = true\n'
    '[[rule]]\nhs = ["310290"]\nverdict = "deny"\n'
    '[[place]]\ncountries = ["AE"]\nverdict = "needs_end_user_statement"\nname = "far"\n'
    '[[place]]\ncountries = ["DE"]\nhs = ["3102"]\nverdict = "deny"\nname = "near"\n'
)


@settings(max_examples=200)
@given(st.lists(OWED, max_size=12))
def test_many_are_judged_as_each_alone(many: list[Owed]) -> None:
    """Against the obvious way: every line of every obligation for itself, then put together."""
    packs = packs_of(WEST)
    told = judge_goods(TradeColumns.of(many), packs, DAY)
    for place, one in enumerate(many):
        alone = judge_goods(TradeColumns.of([one]), packs, DAY)
        assert told.judged.at(place) == alone.judged.at(0)
        assert told.needs[place] == alone.needs[0]
        assert told.rules[told.needed[place]] == alone.rules[alone.needed[0]]
        cases = [judge_case(Case.of(one, line), packs, DAY) for line in one.trade.lines]
        order = ["released", "held", "refused"]
        outcome = max((order.index(said.judged.outcome) for said in cases), default=1)
        assert told.judged.at(place).outcome == order[outcome]
        wanted = {
            f"line {number}: {why['text']}" if len(cases) > 1 else str(why["text"])
            for number, said in enumerate(cases, 1) for why in said.judged.reasons
        }
        wanted = wanted or ({"there is no line that says what it is for"} if not cases else set())
        assert {str(why["text"]) for why in told.judged.at(place).reasons} == wanted
        needs = 0
        for said in cases:
            needs |= said.needs
        assert told.needs[place] == needs


@given(st.lists(st.tuples(OWED, LINES), max_size=8))
def test_one_line_each_needs_no_places(pairs: list[tuple[Owed, Line]]) -> None:
    many = [replace(one, trade=replace(one.trade, lines=(line,))) for one, line in pairs]
    columns = TradeColumns.of(many)
    lines = line_columns([(place, one.trade.lines[0]) for place, one in enumerate(many)])
    with_none = judge_goods(
        columns.with_lines(replace(lines, owed=None)), packs_of(WEST), DAY
    )
    told = judge_goods(columns, packs_of(WEST), DAY)
    assert [told.judged.at(k) for k in range(len(many))] == [
        with_none.judged.at(k) for k in range(len(many))
    ]


@given(st.lists(st.tuples(OWED, LINES), min_size=1, max_size=8))
def test_texts_may_stand_twice(pairs: list[tuple[Owed, Line]]) -> None:
    """Columns whose texts are not kept once each are judged as those whose are."""
    many = [replace(one, trade=replace(one.trade, lines=(line,))) for one, line in pairs]
    columns = TradeColumns.of(many)
    places = np.arange(len(many), dtype=np.int32)

    def loose(texts: Texts) -> Texts:
        return Texts(places, [texts[place] for place in places.tolist()])

    lines = columns.lines
    names = ("code", "unit", "origin", "transit", "destination", "end_use")
    columns_loose = replace(
        columns, debtor_side=loose(columns.debtor_side), kind=loose(columns.kind),
        creditor_side=loose(columns.creditor_side),
        lines=replace(lines, **{name: loose(getattr(lines, name)) for name in names}),
    )  # fmt: skip
    one, two = (judge_goods(each, packs_of(WEST), DAY) for each in (columns, columns_loose))
    assert [one.judged.at(at) for at in range(len(many))] == [
        two.judged.at(at) for at in range(len(many))
    ]
    assert one.needs.tolist() == two.needs.tolist()


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=40), st.booleans())
def test_distinct_rows(rows: list[tuple[int, int, int]], is_wide: bool) -> None:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    sizes = [2**21, 2**22, 2**23] if is_wide else [7, 7, 7]
    number, first = distinct_rows(columns, sizes)
    assert [rows[first[one]] for one in number.tolist()] == rows
    assert len(first) == len(set(rows))


def test_what_a_change_of_packs_touches() -> None:
    before, after = packs_of(ALLOW), packs_of(WEST)
    one, two, three = case(), case("310200", end_use="civil"), case("310290")
    assert touched_cases([one, two, three], before, after, DAY) == [two, three]


def test_keys_are_numbered_alike_with_and_without_a_table() -> None:
    """Few keys are sorted, many are looked up in a table: the numbers are the same."""
    key = np.random.default_rng(3).integers(0, 900, 2_000)
    plain = {int(one): place for place, one in enumerate(np.unique(key))}
    for many, room in ((2_000, 900), (2_000, 1 << 40), (5, 900)):
        numbers, found = _renumbered(key[:many], room)
        assert found == len(np.unique(key[:many]))
        if many == len(key):
            assert numbers.tolist() == [plain[int(one)] for one in key]
        else:
            assert sorted(set(numbers.tolist())) == list(range(found))
