# SPDX-License-Identifier: Apache-2.0
"""What layers of participants say is what one flat graph of everybody says."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.gate.layers import (
    FIRM,
    Above,
    KnownFirm,
    Standing,
    by_name,
    by_owners,
    links_of,
    name_key,
)
from skontro.house.firms import Owner

FIRMS = 5


@st.composite
def networks(draw: st.DrawFn) -> tuple[dict[int, list[tuple[object, int]]], set[tuple[int, int]]]:
    """Owners of firms 0 to 4: another firm by number or a person, with whole shares of 100; and
    which persons are listed."""
    owners, listed = {}, set()
    for firm in range(FIRMS):
        left, own = 100, list[tuple[object, int]]()
        for place in range(draw(st.integers(1, 3))):
            share = draw(st.sampled_from([10, 25, 30, 50, 60])) if left else 0
            share = min(share, left)
            who = draw(st.one_of(st.none(), st.integers(0, FIRMS - 1)))
            if share:
                own.append((("person", place) if who is None else who, share))
                left -= share
                if who is None and draw(st.booleans()):
                    listed.add((firm, place))
        if left:
            own.append((("person", 9), left))
        owners[firm] = own
    return owners, listed


def slowly(owners: dict[int, list[tuple[object, int]]], listed: set[tuple[int, int]]) -> set[int]:
    """The firms that listed persons own a half of, firm by firm until nothing changes."""
    held = set[int]()
    for _ in range(FIRMS + 1):
        for firm, own in owners.items():
            share = sum(
                part for who, part in own
                if (who in held if isinstance(who, int) else (firm, who[1]) in listed)
            )  # fmt: skip
            if Fraction(share, 100) >= Fraction(1, 2):
                held.add(firm)
    return held


@settings(max_examples=300, deadline=None)
@given(networks())
def test_layers_agree_with_a_flat_graph(
    network: tuple[dict[int, list[tuple[object, int]]], set[tuple[int, int]]],
) -> None:
    """Goal: the verdict on a firm follows its owners' owners, by the 50 % rule, cycles included.
    Method: random firms that own each other; what is said of each with the others above it is
    compared with a slow, obvious closure; with nobody decided yet the same firms are in doubt."""
    owners, listed = network
    written = {
        firm: [
            (f"owner {firm * 10 + place}",
             Owner(f"Firm {'abcde'[who]}", str(share)) if isinstance(who, int)
             else Owner(f"person {firm} {who[1]}", str(share), "person"))
            for place, (who, share) in enumerate(own)
        ]
        for firm, own in owners.items()
    }  # fmt: skip
    named = by_name(KnownFirm(firm, f"Firm {'abcde'[firm]}", "") for firm in owners)
    links = {}
    for own in written.values():
        links |= links_of(own, named, {})
    bad = {
        firm: [about for (about, _), (who, _) in zip(written[firm], own, strict=True)
               if not isinstance(who, int) and (firm, who[1]) in listed]
        for firm, own in owners.items()
    }  # fmt: skip
    expected = slowly(owners, listed)
    for firm in owners:
        others = [one for one in owners if one != firm]
        sure = Above(firm, links, {one: Standing(written[one], bad[one]) for one in others})
        found = by_owners(written[firm], bad[firm], sure)
        assert (found is not None and found[0] == "refused") == (firm in expected), (firm, found)
        doubt = Above(firm, links, {one: Standing(written[one], (), bad[one]) for one in others})
        found = by_owners(written[firm], bad[firm], doubt)
        assert (found is not None) == (firm in expected), (firm, found)


def test_several_participants_of_one_name_are_doubt() -> None:
    """Either of two may be the owner: one of them listed is doubt, both are certain."""
    owners = [("owner 1", Owner("Alder", "60")), ("owner 2", Owner("Ann", "40", "person"))]
    links = links_of(owners, by_name([KnownFirm(7, "Alder", ""), KnownFirm(8, "ALDER BV", "")]), {})
    assert links == {"owner 1": [7, 8]}
    one = by_owners(owners, [], Above(1, links, {7: Standing((), [FIRM]), 8: Standing()}))
    assert one is not None
    assert one[0] == "held"
    neither = by_owners(owners, [], Above(1, links, {7: Standing(), 8: Standing()}))
    assert neither is None


def test_who_is_taken_for_no_participant() -> None:
    """A person of a participant's name; and who has a name that cannot be compared."""
    named = by_name([KnownFirm(7, "Alder", ""), KnownFirm(8, "x" * 10_000, "")])
    assert list(named) == ["alder"]
    assert (name_key("x" * 10_000), name_key("")) == ("", "")
    unnamed = [("owner 1", Owner("Alder", "60", "person")), ("owner 2", Owner("y" * 10_000, "40"))]
    assert links_of(unnamed, named, {}) == {}


def test_an_owner_that_cannot_be_compared_is_doubt() -> None:
    owners = [("owner 1", Owner("Alder", "60")), ("owner 2", Owner("Ann", "40", "person"))]
    above = Above(1, {"owner 1": [7]}, {7: Standing((), (), [FIRM])})
    found = by_owners(owners, [], above)
    assert found is not None
    assert (found[0], found[1][0]["code"]) == ("held", "OwnersInDoubt")
