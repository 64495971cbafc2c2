# SPDX-License-Identifier: Apache-2.0
"""Owners of an owner that is a participant are followed, through layers and round trips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse, worked_house
from tests.owner import as_owner
from tests.unit.flow.test_cases import cases, decide

from skontro.core.errors import Forbidden, Rejected
from skontro.flow.verdict_replay import replay_verdicts
from skontro.house.firms import Owner
from skontro.store.rows import count
from skontro.store.schema import verdict

VERA = ("Vera Vandelay Quist", "")
OTHER = ("Nobody At All", "")


def owned(made: MadeHouse, firm: str, *owners: str | Owner) -> None:
    act = made.house.participants.propose_change(
        firm, "P1", made.keys["P1"], records={"owners": owners}
    )
    made.both(act)


def said(made: MadeHouse, firm: str) -> tuple[str, list[dict[str, Any]]]:
    """What the gate says of a firm by the verdict that stands."""
    with made.house.database.unit("judge") as unit:
        number = made.house.participants.row(unit, firm).number
        outcome, _, reasons = made.house.gate.judge_participants(unit, [number])[number]
        return outcome, reasons


def all_replay(made: MadeHouse) -> bool:
    found = replay_verdicts(made.house)
    assert [one for one in found if not one.agrees] == []
    return bool(found)


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    """Vera owns most of A1, A1 most of B1, and B1, named by its id, most of B2."""
    made = worked_house(tmp_path / "house")
    owned(made, "B2", Owner("Bakul, as it was called once", "80", participant="B1"))
    owned(made, "B1", Owner("ALDER PHARMA B.V.", "60"), Owner("Someone Small", "40", "person"))
    owned(made, "A1", Owner("Vera Vandelay Quist", "70", "person"), Owner("Tom Tall", "30"))
    return made


def test_two_layers_up_and_back(made: MadeHouse) -> None:
    """An alert two layers up is doubt, a confirmed one refuses, with the path; an authority's word
    lets all of them go. Every verdict written on the way is derived again."""
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released"] * 3
    made.import_list([VERA, OTHER])
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["held"] * 3
    assert [one["code"] for one in said(made, "B2")[1]] == ["OwnersInDoubt"]
    (case,) = cases(made)
    decide(made, case, "the same")
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2", "B3")] == [
        "refused", "refused", "refused", "released",
    ]  # fmt: skip
    with made.house.database.read() as unit:
        a1, b1 = (made.house.participants.row(unit, firm).number for firm in ("A1", "B1"))
    (why,) = said(made, "B2")[1]
    assert why["code"] == "OwnedByListed"
    owns = [step for step in why["path"] if "undisclosed" not in step]
    assert owns[0].endswith(f"owns 7/10 of party {a1}")
    assert owns[1:] == [f"party {a1} owns 3/5 of party {b1}", f"party {b1} owns 4/5 of firm"]
    made.both(made.house.cases.propose_release(case, "x", "order 7", "P1", made.keys["P1"]))
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released"] * 3
    assert all_replay(made)


def test_not_the_same_lets_all_go(made: MadeHouse) -> None:
    made.import_list([VERA, OTHER])
    (case,) = cases(made)
    decide(made, case, "not the same")
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released"] * 3
    assert all_replay(made)


def test_what_an_owner_owns_is_held_at_the_cut_off(made: MadeHouse) -> None:
    """All that A1, B1 and B2 owe and are owed stays out: what is between A3 and B3 enters."""
    made.until(DATES.cut_off_at)
    made.import_list([VERA, OTHER])
    assert made.house.cycles.cut_off(DATES.id)["held"] == 6
    assert all_replay(made)


def test_new_owners_of_an_owner_judge_what_it_owns(made: MadeHouse) -> None:
    """A1's owners change: B1 and B2 have new verdicts at once, that rest on the new records."""
    made.import_list([VERA, OTHER])
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["held"] * 3
    with made.house.database.read() as unit:
        before = count(unit, verdict, subject_kind="participant")
    owned(made, "A1", Owner("Tom Tall", "100", "person"))
    with made.house.database.read() as unit:
        assert count(unit, verdict, subject_kind="participant") == before + 3
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released"] * 3
    assert all_replay(made)


def test_a_verdict_is_not_believed_where_an_owner_is_listed(made: MadeHouse) -> None:
    """Whoever owns the tables writes that B2 and all above it are released: the cut-off derives it
    from the owners two layers up, and holds."""
    made.until(DATES.cut_off_at)
    made.import_list([VERA, OTHER])
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            "UPDATE verdict SET outcome = 'released', reasons = '[]' "
            "WHERE subject_kind = 'participant'"
        )
    for number in range(1, 7):
        made.house.gate.forget(number)
    assert said(made, "B2")[0] == "released"
    assert made.house.cycles.cut_off(DATES.id)["held"] == 6


def test_an_owner_of_an_owner_sells(made: MadeHouse) -> None:
    """Half is enough and less is not: a smaller share one layer up frees everything below."""
    made.import_list([VERA, OTHER])
    owned(made, "B1", Owner("Alder Pharma", "49"), Owner("Someone Small", "51", "person"))
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["held", "released", "released"]
    with pytest.raises(Forbidden, match="house review"):
        owned(made, "B1", Owner("Alder Pharma", "50"), Owner("Someone Small", "50", "person"))
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["held", "released", "released"]
    assert all_replay(made)


def test_several_owners_at_once(made: MadeHouse) -> None:
    """Three participants own B3, two of them with owners of their own: all are looked at, and what
    the listed hold through each is added up."""
    pia = ("Pia Pirelli Quist", "")
    owned(made, "A2", Owner(pia[0], "100", "person"))
    owned(made, "B3", *(Owner(f"Firm {at}", share, participant=at)
                        for at, share in (("A1", "30"), ("A2", "30"), ("A3", "40"))))  # fmt: skip
    assert said(made, "B3") == ("released", [])
    made.import_list([VERA, OTHER])
    assert said(made, "B3") == ("released", [])
    made.import_list([VERA, pia])
    outcome, (why,) = said(made, "B3")
    assert (outcome, why["code"], why["share"]) == ("held", "OwnersInDoubt", "3/5")
    assert len(why["owners"]) == 2
    assert all_replay(made)


def test_a_round_trip_of_ownership(made: MadeHouse) -> None:
    """A1 and B1 own each other. Tom owns 40 % of A1: nothing follows. Someone Small owns 40 % of
    B1, which is not enough either; with 50 % the round trip carries it to A1, and both to B2."""
    owned(made, "A1", Owner("Bakul Mills", "60", "organisation"), Owner("Tom Tall", "40", "person"))
    small = ("Someone Small Indeed", "")
    owned(made, "B1", Owner("Alder Pharma", "60"), Owner(small[0], "40", "person"))
    made.import_list([small, OTHER])
    (case,) = cases(made)
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released", "held", "released"]
    decide(made, case, "the same")
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["released"] * 3
    made.import_list([OTHER])
    made.both(made.house.cases.propose_release(case, "x", "order 7", "P1", made.keys["P1"]))
    owned(made, "B1", Owner("Alder Pharma", "50"), Owner(small[0], "50", "person", "1970"))
    made.import_list([small, OTHER])
    decide(made, cases(made)[-1], "the same")
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["refused"] * 3
    assert all_replay(made)


@pytest.mark.parametrize(
    ("owner", "outcome"),
    [
        (Owner("Alder Pharma", "60", "organisation", country="NL"), "held"),
        (Owner("Alder Pharma", "60", country="IN"), "released"),
        (Owner("Alder Pharma", "60", "person"), "released"),
        (Owner("Alder Pharmacies", "60"), "released"),
        (Owner("Another name", "60", participant="A1"), "held"),
        (Owner("Alder Pharma", "60", participant="A2"), "released"),
    ],
)
def test_who_is_taken_for_a_participant(made: MadeHouse, owner: Owner, outcome: str) -> None:
    owned(made, "B1", owner, Owner("Someone Small", "40", "person"))
    made.import_list([VERA, OTHER])
    assert said(made, "B1")[0] == outcome
    assert all_replay(made)


def test_another_name_is_another_owner(made: MadeHouse) -> None:
    """A1 goes by another name: an owner that is named only is no longer taken for it, and what it
    was taken for is judged again at once; one that is named by id stays."""
    made.import_list([VERA, OTHER])
    made.import_list([OTHER])
    act = made.house.participants.propose_change(
        "A1", "P1", made.keys["P1"], records={"name": "Yew Remedies"}
    )
    made.both(act)
    made.import_list([VERA, OTHER])
    assert [said(made, firm)[0] for firm in ("A1", "B1", "B2")] == ["held", "released", "released"]
    with pytest.raises(Forbidden, match="house review"):
        owned(made, "B1", Owner("Alder", "60", participant="A1"),
              Owner("Someone Small", "40", "person"))  # fmt: skip


def test_an_owner_is_no_participant_that_is_none(made: MadeHouse) -> None:
    with pytest.raises(Rejected, match="'B9' is not a participant"):
        owned(made, "B1", Owner("Whoever", "60", participant="B9"))
