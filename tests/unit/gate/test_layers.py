# SPDX-License-Identifier: Apache-2.0
"""What layers of participants say is what one flat graph of everybody says."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
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


@pytest.mark.parametrize(
    ("kind", "links"),
    [("person", {}), ("organisation", {"owner 1": [7]}), ("unknown", {"owner 1": [7]})],
)
def test_kinds_of_owners_that_may_be_participants(kind: str, links: dict[str, list[int]]) -> None:
    """A participant is an organisation: no person is one by name, whoever else has it may be."""
    named = by_name([KnownFirm(7, "Alder", "NL")])
    for country, theirs in (("", links), ("NL", links), ("IN", {})):
        assert links_of([("owner 1", Owner("Alder", "60", kind, country=country))], named,
                        {}) == theirs  # fmt: skip


def test_no_two_without_a_name_are_one() -> None:
    """A firm above whose name cannot be compared is nobody's owner by name, and what has no such
    name owns nothing by it; by its id it is found."""
    nameless = ["x" * 10_000, "\u200b", "   "]
    firms = [KnownFirm(at, name, "") for at, name in enumerate(nameless)]
    owners = [(f"owner {at}", Owner(name, "60")) for at, name in enumerate(nameless)]
    assert by_name(firms) == {}
    assert links_of(owners, by_name(firms), {}) == {}
    assert links_of([("owner 1", Owner("\u200b", participant="A1"))], {}, {"A1": 1}) == {
        "owner 1": [1]
    }


ANN = ("owner 2", Owner("Ann", "40", "person"))
ALDER = ("owner 1", Owner("Alder", "60"))
LINK = {"owner 1": [7]}


def by_above(
    standing: Standing, *, owners: list[tuple[str, Owner]] | None = None
) -> tuple[str, Mapping[str, object]] | None:
    """What follows for a firm that Alder owns most of, from what is known of Alder: party 7."""
    found = by_owners(owners or [ALDER, ANN], [], Above(1, LINK, {7: standing}))
    return None if found is None else (found[0], found[1][0])


def test_where_a_chain_of_owners_ends() -> None:
    """What a firm above is said to be owned by must come to the whole, though whoever it owns says
    nothing of it; if it says nothing itself, it ends the chain, unless it is an organisation."""
    small = [("owner 9", Owner("Tom", "30", "person"))]
    whole = [*small, ("owner 8", Owner("Pia", "70", "person"))]
    assert by_above(Standing(whole)) is None
    found = by_above(Standing(small))
    assert found is not None
    assert (found[0], found[1]["path"]) == (
        "held", ["7/10 of party 7 is undisclosed", "party 7 owns 3/5 of firm"],
    )  # fmt: skip
    assert by_above(Standing()) is None
    must = [("owner 1", Owner("Alder", "60", "organisation")), ANN]
    found = by_above(Standing(), owners=must)
    assert found is not None
    assert found[0] == "held"
    # An organisation to the one, to the other of a kind nobody knows: it must say who owns it.
    beta = [("owner 1", Owner("Alder", "60", "organisation")), ("owner 3", Owner("Beta", "40"))]
    links = {"owner 1": [7], "owner 3": [8], "owner 5": [7]}
    round_about = {7: Standing(), 8: Standing([("owner 5", Owner("Alder", "100"))])}
    for own, outcome in ((beta, "held"), ([ALDER, beta[1]], "")):
        said = by_owners(own, [], Above(1, links, round_about))
        assert ("" if said is None else said[0]) == outcome
    # Of two of the name, the one that says who owns it leaves a part open, and the other nothing.
    for standings, outcome in (((Standing(), Standing()), ""), ((Standing(), Standing(small)),
                                                                "held")):  # fmt: skip
        two = Above(1, {"owner 1": [7, 8]}, dict(zip((7, 8), standings, strict=True)))
        several = by_owners([ALDER, ANN], [], two)
        assert ("" if several is None else several[0]) == outcome


@pytest.mark.parametrize("about", [FIRM, "owner 9"])
def test_doubt_and_certainty_of_a_firm_above(about: str) -> None:
    """Whether it is itself on a list or who owns it: the word and the path are of the firm above,
    never of the one below it."""
    own = [("owner 9", Owner("Tom", "100", "person"))]
    root = "party 7" if about == FIRM else about
    sure = by_above(Standing(own, [about]))
    doubt = by_above(Standing(own, (), [about]))
    both = by_above(Standing(own, [about], [about]))
    assert sure is not None
    assert doubt is not None
    assert both == sure
    assert (sure[0], sure[1]["code"], sure[1]["listed"]) == ("refused", "OwnedByListed", [root])
    assert doubt == ("held", {
        "code": "OwnersInDoubt",
        "text": "owners of whom nobody has decided yet whether they are listed "
                f"({root}) own, or may own, this party or those above it",
        **{name: sure[1][name] for name in ("party", "rule", "owners", "share", "listed", "path")},
    })  # fmt: skip


def test_an_owner_of_a_firm_above_that_nobody_named() -> None:
    """Tom owns all of somebody who owns a part of Alder, and Alder does not say who that is: the
    reason calls it by the firm above it, so that two of them are two."""
    own = [("owner 9", Owner("Tom", "100", "person", owns="Yew")),
           ("owner 8", Owner("Pia", "40", "person"))]  # fmt: skip
    found = by_above(Standing(own, ["owner 9"]))
    assert found is not None
    assert (found[0], found[1]["code"], found[1]["path"]) == ("held", "MayBeOwnedByListed", [
        "owner 9 owns 1 of an unnamed owner of party 7",
        "an unnamed owner of party 7 owns an unknown share of party 7",
        "party 7 owns 3/5 of firm",
    ])  # fmt: skip


def test_who_is_an_owner_and_a_participant_is_one() -> None:
    """An alert on an owner counts for the participant that it is, in whichever layer the alert
    stands, for whoever else that one owns."""
    links = {"owner 1": [7], "owner 3": [8], "owner 9": [8]}
    owners = [("owner 1", Owner("Alder", "30")), ("owner 3", Owner("Beta", "30")), ANN]
    own = [("owner 9", Owner("Beta", "100"))]
    for sure, doubt, mine, outcome in (
        (["owner 9"], [], [], "refused"), ([], ["owner 9"], [], "held"),
        ([], [], ["owner 3"], "refused"),
    ):  # fmt: skip
        above = Above(1, links, {7: Standing(own, sure, doubt), 8: Standing()})
        found = by_owners(owners, mine, above)
        assert found is not None
        assert (found[0], found[1][0]["listed"], found[1][0]["share"]) == (
            outcome, ["party 8"], "3/5",
        )  # fmt: skip
    # Tom owns a part of Alder by what the firm says, not by what Alder does.
    tom = ("owner 4", Owner("Tom", "60", "person", owns="Alder"))
    found = by_owners([ALDER, ANN, tom], ["owner 4"], Above(1, LINK, {7: Standing()}))
    assert found is not None
    assert (found[0], found[1][0]["path"]) == (
        "refused", ["owner 4 owns 3/5 of party 7", "party 7 owns 3/5 of firm"],
    )  # fmt: skip
