# SPDX-License-Identifier: Apache-2.0
"""The 50 % rule: against an obvious implementation on random graphs, and cases worked by hand."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from skontro.core.errors import InvalidRules
from skontro.gate.ownership import (
    ABOVE_HALF,
    HALF_ADDED_UP,
    USUAL,
    Holding,
    Ownership,
    OwnershipRule,
    held_by_owners,
    rules_of,
)

# ---- the obvious implementation ----------------------------------------------------------------
# Shares are whole sixths. A graph is a dict: (owner, owned) -> (least, most, controls).

SIXTHS = 6
Graph = dict[tuple[str, str], tuple[int, int, bool]]


def enough(sixths: int, rule: OwnershipRule) -> bool:
    whole = rule.threshold * SIXTHS
    return sixths > whole or (sixths == whole and not rule.above)


def is_surely_held(graph: Graph, party: str, held: frozenset[str], rule: OwnershipRule) -> bool:
    mine = [(owner, share) for (owner, owned), share in graph.items() if owned == party]
    shares = [share[0] for owner, share in mine if owner in held]
    if rule.control and any(share[2] for owner, share in mine if owner in held):
        return True
    return enough(sum(shares) if rule.adds_up else max(shares, default=0), rule)


def slow_sure(
    graph: Graph, parties: list[str], listed: set[str], rules: list[OwnershipRule]
) -> set[str]:
    """The smallest set that has the listed in it and leaves nobody out whom it owns: of all sets
    of parties, those that are like that, and what they have in common."""
    common = set(parties)
    for size in range(len(parties) + 1):
        for chosen in itertools.combinations(parties, size):
            held = frozenset(chosen)
            left_out = [one for one in parties if one not in held]
            if listed <= held and not any(
                is_surely_held(graph, one, held, rule) for one in left_out for rule in rules
            ):
                common &= held
    return common


def may_be_held(
    graph: Graph, party: str, held: set[str], rule: OwnershipRule, ends: set[str]
) -> bool:
    """Try every way the shares can be, and every size of what nobody has disclosed."""
    mine = [(owner, share) for (owner, owned), share in graph.items() if owned == party]
    if sum(share[0] for _, share in mine) > SIXTHS:
        return True
    if rule.control and any(share[2] for owner, share in mine if owner in held):
        return True
    hidden = max(0, SIXTHS - sum(share[1] for _, share in mine)) if party not in ends else 0
    for sizes in itertools.product(*(range(share[0], share[1] + 1) for _, share in mine)):
        rest = min(hidden, SIXTHS - sum(sizes))
        if rest < 0:
            continue
        of_held = [size for (owner, _), size in zip(mine, sizes, strict=True) if owner in held]
        counted = sum(of_held) if rule.adds_up else max(of_held, default=0)
        if enough(counted + rest, rule):
            return True
    return False


def slow_doubt(
    graph: Graph, parties: list[str], listed: set[str], rules: list[OwnershipRule], ends: set[str]
) -> set[str]:
    held = set(listed)
    while True:
        new = {
            one
            for one in parties
            if one not in held and any(may_be_held(graph, one, held, rule, ends) for rule in rules)
        }
        if not new:
            return held
        held |= new


def random_case(
    seed: int,
) -> tuple[Graph, list[str], set[str], list[OwnershipRule], set[str]]:
    """A graph of two to six parties, cycles welcome; mostly shares that are known and fit."""
    rng = random.Random(seed)
    parties = [f"p{number}" for number in range(rng.randrange(2, 7))]
    graph = Graph()
    for owned in parties:
        room = SIXTHS if rng.random() < 0.9 else 2 * SIXTHS
        for owner in rng.sample(parties, rng.randrange(0, min(3, len(parties)) + 1)):
            least = rng.randrange(0, min(room, SIXTHS) + 1)
            most = least if rng.random() < 0.7 else rng.randrange(least, SIXTHS + 1)
            graph[owner, owned] = (least, most, rng.random() < 0.1)
            room -= least
    listed = set(rng.sample(parties, rng.randrange(0, 3)))
    rule = OwnershipRule(
        "own", Fraction(rng.randrange(1, 4), SIXTHS), rng.random() < 0.5, rng.random() < 0.5,
        rng.random() < 0.5,
    )  # fmt: skip
    rules = [HALF_ADDED_UP, *rng.choice([[], [ABOVE_HALF], [rule], [rule, ABOVE_HALF]])]
    ends = {one for one in parties if rng.random() < 0.7}
    return graph, parties, listed, rules, ends


def test_random_graphs_agree_with_the_obvious_way(soak: bool) -> None:
    """10,000 graphs (300 without SKONTRO_SOAK=1), each by both implementations: the same parties
    surely held, the same in doubt."""
    surely = perhaps = cycles = 0
    for seed in range(10_000 if soak else 300):
        graph, parties, listed, rules, ends = random_case(seed)
        holdings = [
            Holding(owner, owned, Fraction(least, SIXTHS), Fraction(most, SIXTHS), controls)
            for (owner, owned), (least, most, controls) in graph.items()
        ]
        told = held_by_owners(Ownership(holdings, ends=ends, known=parties), listed, rules)
        sure = slow_sure(graph, parties, listed, rules)
        doubt = slow_doubt(graph, parties, listed, rules, ends)
        assert {one for one, held in told.items() if held.sure} == sure - listed, seed
        assert {one for one, held in told.items() if not held.sure} == doubt - sure - listed, seed
        surely += len(sure - listed)
        perhaps += len(doubt - sure - listed)
        cycles += any((owned, owner) in graph for owner, owned in graph)
    assert min(surely, perhaps, cycles) > 50


# ---- cases worked by hand ----------------------------------------------------------------------


def own(owner: str, owned: str, per_cent: int | tuple[int, int], **more: bool) -> Holding:
    least, most = per_cent if isinstance(per_cent, tuple) else (per_cent, per_cent)
    return Holding(owner, owned, Fraction(least, 100), Fraction(most, 100), **more)


def held(*holdings: Holding, listed: str = "L M", ends: str = "L M C D") -> dict[str, bool]:
    graph = Ownership(holdings, ends=ends.split())
    return {one: told.sure for one, told in held_by_owners(graph, listed.split()).items()}


CASES = [
    ("half is enough", [own("L", "P", 50), own("C", "P", 50)], {"P": True}),
    ("less is not", [own("L", "P", 49), own("C", "P", 51)], {}),
    ("two add up", [own("L", "P", 25), own("M", "P", 25), own("C", "P", 50)], {"P": True}),
    ("whole share in the next layer",
     [own("L", "Q", 50), own("C", "Q", 50), own("Q", "P", 50), own("D", "P", 50)],
     {"P": True, "Q": True}),
    ("a minority upstream counts for nothing",
     [own("L", "Q", 49), own("C", "Q", 51), own("Q", "P", 100)], {}),
    ("layers and direct shares add up",
     [own("L", "Q", 60), own("C", "Q", 40), own("Q", "P", 25), own("M", "P", 25),
      own("C", "P", 50)], {"P": True, "Q": True}),
    ("a cycle of the unlisted is nobody's",
     [own("Q", "P", 60), own("P", "Q", 60), own("C", "P", 40), own("C", "Q", 40)], {}),
    ("a cycle passes it on",
     [own("L", "P", 50), own("Q", "P", 50), own("P", "Q", 60), own("C", "Q", 40)],
     {"P": True, "Q": True}),
    ("a range that may reach half is doubt", [own("L", "P", (40, 60)), own("C", "P", 40)],
     {"P": False}),
    ("unless the others leave less", [own("L", "P", (40, 60)), own("C", "P", 51)], {}),
    ("an unknown share is doubt", [own("L", "P", (0, 100)), own("C", "P", (0, 100))],
     {"P": False}),
    ("an unknown share of the unlisted is not", [own("C", "P", (0, 100))], {}),
    ("half undisclosed is doubt", [own("C", "P", 50)], {"P": False}),
    ("a little listed and much undisclosed is doubt", [own("L", "P", 10), own("C", "P", 50)],
     {"P": False}),
    ("a little less is not", [own("L", "P", 10), own("C", "P", 51)], {}),
    ("more than the whole is doubt", [own("C", "P", 60), own("D", "P", 60)], {"P": False}),
    ("control without shares", [own("L", "P", 0, controls=True), own("C", "P", 100)],
     {"P": True}),
    ("two holdings of one owner", [own("L", "P", 30), own("L", "P", 20), own("C", "P", 50)],
     {"P": True}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "holdings", "expected"), CASES, ids=[one[0] for one in CASES])
def test_by_hand(name: str, holdings: list[Holding], expected: dict[str, bool]) -> None:
    assert held(*holdings) == expected, name


def test_a_firm_in_between_whose_owners_nobody_knows_is_doubt() -> None:
    assert held(own("Q", "P", 100)) == {"P": False, "Q": False}
    assert held(own("Q", "P", 100), ends="Q") == {}


def test_the_path_is_shown_from_the_list_on() -> None:
    graph = Ownership(
        [own("L", "Q", 50), own("C", "Q", 50), own("Q", "R", 100), own("R", "P", 30),
         own("M", "P", 20), own("C", "P", 50)],
        ends=["L", "M", "C"],
    )  # fmt: skip
    told = held_by_owners(graph, ["L", "M"])["P"].reasons[0]
    assert told["path"] == [
        "L owns 1/2 of Q", "Q owns 1 of R", "M owns 1/5 of P", "R owns 3/10 of P",
    ]  # fmt: skip
    assert told["listed"] == ["L", "M"]
    assert told["share"] == "1/2"
    assert told["text"].startswith("listed parties (L, M) own 1/2 of it")


def test_the_order_of_holdings_changes_no_reason() -> None:
    for seed in range(50):
        graph, parties, listed, rules, ends = random_case(seed)
        holdings = [
            Holding(owner, owned, Fraction(least, SIXTHS), Fraction(most, SIXTHS), controls)
            for (owner, owned), (least, most, controls) in graph.items()
        ]
        first = held_by_owners(Ownership(holdings, ends=ends, known=parties), listed, rules)
        random.Random(seed).shuffle(holdings)
        again = held_by_owners(Ownership(holdings, ends=ends, known=parties), listed, rules[::-1])
        assert list(first.items()) == list(again.items())


def test_a_long_chain_and_a_wide_one() -> None:
    chain = [own(f"p{place}", f"p{place + 1}", 100) for place in range(3000)]
    told = held_by_owners(Ownership(chain), ["p0"])
    assert len(told) == 3000
    path = told["p3000"].reasons[0]["path"]
    assert (path[0], path[-1]) == ("more steps before these", "p2999 owns 1 of p3000")
    assert told["p3000"].reasons[0]["listed"] == ["p0"]
    wide = [Holding(f"o{n}", "P", Fraction(1, 500), Fraction(1, 500)) for n in range(500)]
    listed = [f"o{n}" for n in range(250)]
    ends = [f"o{n}" for n in range(500)]
    assert held_by_owners(Ownership(wide, ends=ends), listed)["P"].sure
    assert held_by_owners(Ownership(wide, ends=ends), listed[1:]) == {}


def test_no_rule_is_milder_than_half() -> None:
    for threshold in ("51 %", "1", "0"):
        with pytest.raises(InvalidRules):
            OwnershipRule.from_mapping({"name": "x", "threshold": threshold})
    with pytest.raises(InvalidRules):
        OwnershipRule.from_mapping({"name": "x", "adds_up": "no"})
    assert HALF_ADDED_UP in rules_of([])
    assert set(USUAL) == set(rules_of([ABOVE_HALF]))
    strict = OwnershipRule.from_mapping({"name": "E", "threshold": "25 %"})
    graph = Ownership([own("L", "P", 25), own("C", "P", 75)], ends=["L", "C"])
    assert list(held_by_owners(graph, ["L"], [strict])) == ["P"]
    assert held_by_owners(graph, ["L"]) == {}
    half = Ownership([own("L", "P", 50), own("C", "P", 50)], ends=["L", "C"])
    assert list(held_by_owners(half, ["L"], [ABOVE_HALF])) == ["P"]


@pytest.mark.parametrize(("least", "most"), [(-1, 1), (1, 0), (0, 2)])
def test_shares_are_shares(least: int, most: int) -> None:
    with pytest.raises(InvalidRules):
        Holding("O", "P", Fraction(least), Fraction(most))
