# SPDX-License-Identifier: Apache-2.0
"""Two people behind each sensitive act: what is refused, and what is done."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.made_house import PASSPHRASE, MadeHouse
from tests.owner import as_owner

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.flow.house import House
from skontro.house.acts import ACTS, Act, signed_text
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.ops.keys import SigningKey
from skontro.store.rows import change, find
from skontro.store.schema import act, approval


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeHouse]:
    house = MadeHouse(tmp_path / "house")
    yield house
    house.house.close()


def propose_quota(made: MadeHouse, minor: int = 5) -> int:
    return made.house.participants.propose_limits("P1", made.keys["P1"], quotas=[("A", "B", minor)])


def test_nothing_happens_before_the_second_signature(made: MadeHouse) -> None:
    before = made.house.journal.head()
    number = propose_quota(made)
    assert made.house.journal.head() == before
    assert [one["id"] for one in made.house.people.waiting()] == [number]
    made.both(number)
    assert made.house.journal.head()[0] == before[0] + 1
    assert made.house.people.waiting() == []


def test_the_maker_cannot_check(made: MadeHouse) -> None:
    number = propose_quota(made)
    with pytest.raises(Forbidden, match="another person"):
        made.house.people.approve(number, "P1", made.keys["P1"])
    with pytest.raises(Forbidden, match="not P2's"):
        made.house.people.approve(number, "P2", made.keys["P1"])
    with pytest.raises(Forbidden, match="not P1's"):
        made.house.people.propose("limits.change", {}, "P1", made.keys["P2"])
    assert made.house.people.find_act(number)["state"] == "proposed"


def test_an_approval_counts_once(made: MadeHouse) -> None:
    number = propose_quota(made)
    made.both(number)
    with pytest.raises(Conflict, match="is done"):
        made.both(number)


def test_what_was_changed_after_signing_is_refused(made: MadeHouse) -> None:
    """The checker's program sees that content, digest and the maker's signature agree."""
    number = propose_quota(made)
    with as_owner(made.house.database) as unit:
        row = find(unit, act, id=number)
        changed = row.content.replace("5", "500")
        assert changed != row.content
        change(unit, act, {"id": number}, content=changed)
    with pytest.raises(Conflict, match="changed after"):
        made.both(number)


def test_a_changed_act_with_its_digest_made_anew_is_refused(made: MadeHouse) -> None:
    number = propose_quota(made)
    with as_owner(made.house.database) as unit:
        forged = Act(made.house.id, number, "limits.change", {"quotas": [["A", "B", 500]]})
        change(unit, act, {"id": number}, content='{"quotas":[["A","B",500]]}',
               digest=forged.digest)  # fmt: skip
    with pytest.raises(Conflict, match="changed after"):
        made.both(number)


def test_an_approval_of_something_else_than_was_shown_is_refused(made: MadeHouse) -> None:
    number = propose_quota(made)
    with pytest.raises(Conflict, match="not what was shown"):
        made.house.people.approve(number, "P2", made.keys["P2"], digest="00" * 32)
    shown = made.house.people.find_act(number)["digest"]
    made.house.people.approve(number, "P2", made.keys["P2"], digest=shown)


def test_a_maker_takes_back(made: MadeHouse) -> None:
    number = propose_quota(made)
    with pytest.raises(Forbidden):
        made.house.people.withdraw(number, "P2")
    made.house.people.withdraw(number, "P1")
    with pytest.raises(Conflict, match="is withdrawn"):
        made.both(number)
    with pytest.raises(NoSuchFile, match="no act 99"):
        made.both(99)


def test_a_signature_of_one_role_does_not_do_for_the_other(made: MadeHouse) -> None:
    """An approval written past the program with the maker's signature does not check."""
    number = propose_quota(made)
    with made.house.database.unit("test") as unit:
        row = find(unit, act, id=number)
        wrong = made.keys["P2"].sign(signed_text(row.digest, "maker"))
        unit.run(
            approval.insert().values(
                act_id=number, kind=row.kind, digest=row.digest, maker="P1", checker="P2",
                approved_at="x", signature=wrong,
            )
        )  # fmt: skip
        with pytest.raises(Forbidden, match="does not check"):
            made.house.people.approved(unit, number, "limits.change")


def admit(made: MadeHouse, name: str, paper: str, rights: list[str]) -> SigningKey:
    key = SigningKey.new()
    made.both(
        made.house.people.propose_person(
            name, "Some Body", paper, key.public_key, rights, "P1", made.keys["P1"]
        )
    )
    return key


def test_a_third_person_comes_and_goes(made: MadeHouse) -> None:
    key = admit(made, "P3", "passport NL 3", ["limits.change"])
    number = made.house.participants.propose_limits("P3", key, quotas=[("A", "B", 7)])
    made.both(number)
    with pytest.raises(Forbidden, match=r"no right 'participant.admit'"):
        made.house.people.propose("participant.admit", {"firms": []}, "P3", key)
    made.both(made.house.people.propose_leave("P3", "P1", made.keys["P1"]))
    with pytest.raises(Forbidden, match="does not work here"):
        made.house.participants.propose_limits("P3", key, quotas=[("A", "B", 7)])
    assert [one["state"] for one in made.house.people.table()] == ["active", "active", "gone"]


def test_one_person_has_one_account(made: MadeHouse) -> None:
    admit(made, "P3", "passport NL 3", [])
    for name, paper, key, why in (
        ("P4", "Passport  nl 3", SigningKey.new().public_key, "identity paper is that of P3"),
        ("P3", "passport NL 4", SigningKey.new().public_key, "this id"),
        ("P4", "passport NL 4", made.keys["P1"].public_key, "this key"),
    ):
        with pytest.raises(Conflict, match=why):
            made.house.people.propose_person(name, "N", paper, key, [], "P1", made.keys["P1"])
    with pytest.raises(Rejected, match="64 hexadecimal"):
        made.house.people.propose_person("P5", "N", "p", "zz", [], "P1", made.keys["P1"])


def test_two_people_hold_each_right_at_all_times(made: MadeHouse) -> None:
    with pytest.raises(Conflict, match="fewer than two"):
        made.both(made.house.people.propose_leave("P2", "P1", made.keys["P1"]))
    with pytest.raises(Conflict, match="fewer than two"):
        made.both(made.house.people.propose_rights("P2", ["run.final"], "P1", made.keys["P1"]))
    admit(made, "P3", "passport NL 3", list(ACTS))
    key = made.keys["P1"]
    made.both(made.house.people.propose_rights("P1", ["run.final"], "P1", key))
    assert made.house.people.table()[0]["rights"] == ["run.final"]
    with pytest.raises(Rejected, match="no right 'nothing'"):
        made.house.people.propose_rights("P2", ["nothing"], "P1", key)


def test_a_key_says_who_somebody_is(made: MadeHouse) -> None:
    people = made.house.people
    assert people.identify("P1", made.keys["P1"]) == "P1"
    with pytest.raises(Forbidden, match="this key is not P1's"):
        people.identify("P1", made.keys["P2"])
    with pytest.raises(Forbidden, match="P3 does not work here"):
        people.identify("P3", made.keys["P1"])


@pytest.mark.parametrize("key", ["00" * 32, "01" + "00" * 31, "01" + "00" * 30 + "80", "zz" * 32])
def test_no_house_opens_with_a_founder_anybody_can_sign_for(tmp_path: Path, key: str) -> None:
    """Nothing is left behind that would keep the house from being opened with a good key."""
    rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
    keys = {"P1": SigningKey.new().public_key, "P2": key}
    with pytest.raises(Rejected, match="public key"):
        House.create(tmp_path / "house", rules, keys, passphrase=PASSPHRASE)
    assert not (tmp_path / "house").exists()
    good = {**keys, "P2": SigningKey.new().public_key}
    House.create(tmp_path / "house", rules, good, passphrase=PASSPHRASE).close()
