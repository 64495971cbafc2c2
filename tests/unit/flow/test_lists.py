# SPDX-License-Identifier: Apache-2.0
"""Lists come into force, version after version, or are refused and noted."""

from __future__ import annotations

import datetime
import json
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests import made_lists as made
from tests.made_house import OPENED, PASSPHRASE, MadeHouse
from tests.owner import as_owner

from skontro.core.errors import Conflict, Forbidden, InvalidRules
from skontro.flow.house import House
from skontro.flow.lists import Imported, read_any
from skontro.gate.lists import ListRefused, read_list_bytes
from skontro.gate.lists import force as floors
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.messages.tables import write_table
from skontro.ops.clock import SetClock
from skontro.ops.keys import SigningKey

NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
real = pytest.mark.skipif(not made.REAL.is_dir(), reason="the published lists are not here")


@pytest.fixture
def demo(tmp_path: Path, database_url: str) -> Iterator[MadeHouse]:
    found = MadeHouse(tmp_path / "house", url=database_url)
    yield found
    found.house.close()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[House]:
    """A house that is no demonstration, on the day the made lists are of."""
    text = example_rules().replace('kind = "demo"', 'kind = "live"')
    rules = HouseRules.from_mapping(tomllib.loads(text))
    keys = {one.id: SigningKey.new() for one in rules.founders}
    house = House.create(
        tmp_path / "live", rules, {name: key.public_key for name, key in keys.items()},
        passphrase=PASSPHRASE, clock=SetClock(NOW),
    )  # fmt: skip
    yield house
    house.close()


def own(folder: Path, names: Sequence[str], title: str = "own.csv") -> Path:
    path = folder / title
    path.write_text("name,identifier\n" + "".join(f"{name},\n" for name in names), "utf-8")
    return path


def eu(folder: Path, many: int, title: str = "eu.csv") -> Path:
    """Write a list in the European Union's shape with so many parties."""
    rows = [
        {"fileGenerationDate": "20/11/2026", "Entity_LogicalId": str(number),
         "Entity_EU_ReferenceNumber": f"EU.{number}.1", "Entity_SubjectType": "P",
         "Entity_Regulation_Programme": "FBL", "NameAlias_WholeName": f"Wuzzle {number}"}
        for number in range(many)
    ]  # fmt: skip
    path = folder / title
    path.write_bytes(made.eu_csv(rows))
    return path


def refused(take: Callable[[], object]) -> str:
    with pytest.raises(ListRefused) as found:
        take()
    return found.value.code


def notes(house: House, kind: str) -> list[dict[str, object]]:
    with house.database.read() as unit:
        rows = unit.all(sa.text(
            f"SELECT content FROM journal_entry WHERE kind = '{kind}' ORDER BY number"
        ))  # fmt: skip
    return [json.loads(row[0]) for row in rows]


# ---- coming into force --------------------------------------------------------------------------


def test_a_list_comes_into_force_and_is_kept_whole(live: House, tmp_path: Path) -> None:
    """Every entry is read again as the file had it, and the journal has what stands for it."""
    path = eu(tmp_path, 1200)
    found = live.lists.import_list(path, source="the Union's site")
    assert (found.number, found.name, found.is_new) == (1, "eu", True)
    assert found.counts == {"entries": 1200, "names": 1200, "identifiers": 0}
    with live.database.read() as unit:
        assert tuple(live.lists.entries(unit, 1)) == read_any(path).entries
    [row] = live.lists.versions()
    assert (row["format"], row["invented"], row["smaller_act"]) == ("eu-csv", 0, None)
    [note] = notes(live, "list.import")
    assert note["content"] == row["content_digest"]
    assert note["digest"] == row["digest"] == read_list_bytes(path.read_bytes()).digest
    assert notes(live, "list.refused") == []


def test_the_same_file_twice_is_harmless_and_a_later_day_renews_it(
    demo: MadeHouse, tmp_path: Path
) -> None:
    house, path = demo.house, own(tmp_path, ["Old Oak", "New Elm"])
    first = house.lists.import_list(path, source="s", dated=OPENED)
    again = house.lists.import_list(path, source="s", dated=OPENED)
    assert (again.number, again.is_new) == (first.number, False)
    assert len(notes(house, "list.import")) == 1
    house.set_clock(OPENED + DAY)
    renewed = house.lists.import_list(path, source="s", dated=OPENED + DAY)
    assert (renewed.number, renewed.is_new) == (2, True)
    with house.database.read() as unit:
        assert unit.value(sa.text("SELECT count(*) FROM list_text")) == 2
        assert house.lists.entries(unit, 1) == house.lists.entries(unit, 2)


def test_old_versions_stay_as_they_were(demo: MadeHouse, tmp_path: Path) -> None:
    house = demo.house
    names = list(made.FILLER)
    house.lists.import_list(own(tmp_path, names), source="s", dated=OPENED)
    house.lists.import_list(own(tmp_path, [*names[1:], "New Elm"]), source="s", dated=OPENED)
    with house.database.read() as unit:
        before, after = ([one.names[0].text for one in house.lists.entries(unit, number)]
                         for number in (1, 2))  # fmt: skip
    assert (before, after) == (names, [*names[1:], "New Elm"])


def change_and_read(house: House, sql: str) -> None:
    """Change a list without any guard and read it; what was done is undone."""
    with as_owner(house.database) as unit:
        assert unit.run(sa.text(sql))
        house.lists.entries(unit, 1)


def test_what_somebody_changed_is_no_list_any_more(demo: MadeHouse, tmp_path: Path) -> None:
    """Even whoever takes the guards off cannot change a list unnoticed."""
    house = demo.house
    house.lists.import_list(own(tmp_path, made.FILLER), source="s", dated=OPENED)
    for sql in (
        "UPDATE list_text SET content = replace(content, 'Number 1\"', 'Number 0\"')",
        "DELETE FROM list_entry WHERE position = 30",
        "UPDATE list_entry SET digest = (SELECT digest FROM list_entry WHERE position = 2) "
        "WHERE position = 1",
    ):  # fmt: skip
        with pytest.raises(Conflict, match="not what was imported"):
            change_and_read(house, sql)
    with house.database.read() as unit:
        assert len(house.lists.entries(unit, 1)) == 30


# ---- refused ------------------------------------------------------------------------------------


def test_a_refusal_is_noted_and_the_list_in_force_stays(live: House, tmp_path: Path) -> None:
    live.lists.import_list(eu(tmp_path, 1200), source="s")
    before = live.lists.versions()
    cut = tmp_path / "cut.csv"
    cut.write_bytes((tmp_path / "eu.csv").read_bytes()[:-40])
    bad = {
        "ListTruncated": cut,
        "ListEmpty": own(tmp_path, [], "empty.csv"),
        "ListFloor": eu(tmp_path, 1, "one.csv"),
        "ListUnknown": tmp_path / "not there.csv",
    }

    def take(path: Path) -> Imported:
        dated = NOW if path.name == "empty.csv" else None
        return live.lists.import_list(path, source="s", dated=dated)

    for code, path in bad.items():
        assert refused(partial(take, path)) == code
    assert live.lists.versions() == before
    assert [note["code"] for note in notes(live, "list.refused")] == list(bad)
    assert all(len(str(note["file"])) in (0, 64) for note in notes(live, "list.refused"))


def test_older_than_in_force_or_yet_to_come(demo: MadeHouse, tmp_path: Path) -> None:
    house, path = demo.house, own(tmp_path, ["Old Oak"])
    take = house.lists.import_list
    take(path, source="s", dated=OPENED)
    assert refused(lambda: take(path, source="s", dated=OPENED - DAY)) == "ListOlder"
    assert refused(lambda: take(path, source="s", dated=OPENED + 2 * DAY)) == "ListDate"
    assert len(house.lists.versions()) == 1


def test_a_list_that_lost_more_than_a_tenth_takes_two_people(
    demo: MadeHouse, tmp_path: Path
) -> None:
    """Both sign exactly this list in the place of exactly that one."""
    house, key = demo.house, demo.keys["P1"]
    names = [f"Wuzzle {number}" for number in range(100)]

    def take(path: Path) -> Imported:
        return house.lists.import_list(path, source="s", dated=OPENED, name="watch")

    def propose(path: Path) -> int:
        return house.lists.propose_smaller(
            path, "P1", key, source="s", dated=OPENED, name="watch"
        )

    take(own(tmp_path, names))
    nine_tenths, fewer = own(tmp_path, names[10:], "a.csv"), own(tmp_path, names[11:], "b.csv")
    assert refused(lambda: take(fewer)) == "ListSmaller"
    with pytest.raises(Conflict, match="without two people"):
        propose(nine_tenths)
    act = propose(fewer)
    assert refused(lambda: take(fewer)) == "ListSmaller"
    with pytest.raises(Forbidden):
        house.people.approve(act, "P1", key)
    assert len(house.lists.versions()) == 1
    assert demo.both(act) == {"list": "own:watch", "version": 2}
    row = house.lists.versions()[-1]
    assert (row["entries"], row["smaller_act"], row["source"]) == (89, act, "s")
    with house.database.read() as unit:
        assert tuple(house.lists.entries(unit, 2)) == read_any(fewer, dated=OPENED).entries
    # and once only
    take(own(tmp_path, names))
    assert refused(lambda: take(fewer)) == "ListSmaller"


def test_an_approval_of_what_is_not_in_force_any_more(demo: MadeHouse, tmp_path: Path) -> None:
    house, key = demo.house, demo.keys["P1"]
    names = [f"Wuzzle {number}" for number in range(50)]
    house.lists.import_list(own(tmp_path, names), source="s", dated=OPENED)
    act = house.lists.propose_smaller(
        own(tmp_path, names[:30], "b.csv"), "P1", key, source="s", dated=OPENED
    )
    house.lists.import_list(own(tmp_path, [*names, "New Elm"]), source="s", dated=OPENED)
    with pytest.raises(Conflict, match="came into force since"):
        demo.both(act)


def test_the_list_of_the_united_nations_has_a_floor_below_which_nobody_gets(
    demo: MadeHouse, tmp_path: Path
) -> None:
    house, key = demo.house, demo.keys["P1"]
    names = [f"Wuzzle {number}" for number in range(100)]
    house.lists.import_list(own(tmp_path, names), source="s", dated=OPENED)

    def propose(many: int) -> int:
        path = own(tmp_path, names[:many], f"{many}.csv")
        return house.lists.propose_smaller(path, "P1", key, source="s", dated=OPENED)

    assert refused(lambda: propose(49)) == "ListFloor"
    demo.both(propose(50))
    # what it was counts, not what was left of it: a second half is not half of the first
    assert refused(lambda: propose(30)) == "ListFloor"


def test_no_row_of_a_list_gets_past_the_floors(demo: MadeHouse, tmp_path: Path) -> None:
    """Whoever writes to the tables themselves is refused by the database."""
    house = demo.house
    names = [f"Wuzzle {number}" for number in range(100)]
    house.lists.import_list(own(tmp_path, names), source="s", dated=OPENED)
    columns = ", ".join(house.lists.versions()[0])
    values = columns.replace("id,", "2,", 1)
    for what, value in (("entries", "89"), ("dated", "'2025-01-01T00:00:00.000000Z'"),
                        ("2", "3")):  # fmt: skip
        changed = values.replace(f"{what},", f"{value},", 1)
        assert changed != values
        with pytest.raises(Conflict), house.database.unit("attack") as unit:
            unit.run(sa.text(
                f"INSERT INTO list_import ({columns}) SELECT {changed} FROM list_import"
            ))  # fmt: skip
    for position in (0, 1, 101):
        with pytest.raises(Conflict), house.database.unit("attack") as unit:
            unit.run(sa.text(
                "INSERT INTO list_entry SELECT list_id, :at, reference, digest FROM list_entry "
                "WHERE position = 1"
            ), {"at": position})  # fmt: skip


def test_aliases_that_are_gone_count_too(demo: MadeHouse, tmp_path: Path) -> None:
    """A format whose aliases are called otherwise has as many entries, and far fewer names."""
    text = "name,aliases\n" + "".join(f"Wuzzle {n},Wozzle {n};Wizzle {n}\n" for n in range(20))
    path = tmp_path / "own.csv"
    path.write_text(text)
    demo.house.lists.import_list(path, source="s", dated=OPENED)
    path.write_text("name\n" + "".join(f"Wuzzle {number}\n" for number in range(20)))
    take = demo.house.lists.import_list
    assert refused(lambda: take(path, source="s", dated=OPENED)) == "ListSmaller"


def test_a_list_that_ends_where_the_last_goes_on_looks_cut_off(
    live: House, tmp_path: Path
) -> None:
    """Where rows stand alone a file cut between two of them is whole: then its end is missing."""
    live.lists.import_list(eu(tmp_path, 1200), source="s")
    take = live.lists.import_list
    assert refused(lambda: take(eu(tmp_path, 1199, "b.csv"), source="s")) == "ListSmaller"
    lines = (tmp_path / "eu.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "c.csv").write_bytes(b"".join(lines[:500] + lines[501:]))
    assert take(tmp_path / "c.csv", source="s").counts["entries"] == 1199


def test_a_list_with_fewer_entries_than_any_such_list_has(live: House, tmp_path: Path) -> None:
    un = tmp_path / "un.xml"
    un.write_text(made.UN_XML, "utf-8")
    place = made.ofac_csv(tmp_path / "set")
    assert refused(lambda: live.lists.import_list(un, source="s")) == "ListFloor"
    assert refused(lambda: live.lists.import_list(place, source="s", dated=NOW)) == "ListFloor"


def test_which_list_it_is_is_not_for_the_caller_to_say(live: House, tmp_path: Path) -> None:
    path = own(tmp_path, made.FILLER)
    take = live.lists.import_list
    for name in ("", "un", "own:un", "own:", "a:b", "x" * 61, "own:\u202ename"):
        assert refused(partial(take, path, source="s", dated=NOW, name=name)) == "ListName"
    assert refused(lambda: take(eu(tmp_path, 1200), source="s", name="un")) == "ListName"
    assert take(path, source="s", dated=NOW, name="watch").name == "own:watch"
    nested = tmp_path / "nested.json"
    nested.write_bytes(made.nested_json())
    assert take(nested, source="s", name="peps").name == "opensanctions:peps"
    assert take(nested, source="s").name == "opensanctions"


def test_an_invented_list_is_marked_and_only_a_demo_takes_it(
    demo: MadeHouse, tmp_path: Path
) -> None:
    found = demo.house.lists.import_list(own(tmp_path, ["Old Oak"]), source="s", dated=OPENED)
    assert found.name == "un"
    assert demo.house.lists.versions()[0]["invented"] == 1


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_an_own_list_as_a_table(demo: MadeHouse, tmp_path: Path, ending: str) -> None:
    table = pa.table({"name": ["Old Oak", "New Elm"], "identifier": ["X1", None],
                      "identifier_kind": ["tax_number", None]})  # fmt: skip
    path = tmp_path / f"own.{ending}"
    write_table(table, path)
    found = demo.house.lists.import_list(path, source="s", dated=OPENED, name="watch")
    assert found.counts == {"entries": 2, "names": 2, "identifiers": 1}
    csv = tmp_path / "own.csv"
    csv.write_text("name,identifier,identifier_kind\nOld Oak,X1,tax_number\nNew Elm,,\n")
    assert read_any(path, dated=OPENED).entries == read_any(csv, dated=OPENED).entries
    assert refused(lambda: read_any(path)) == "ListNotDated"
    (tmp_path / "own.dat").write_bytes(path.read_bytes())
    assert refused(lambda: read_any(tmp_path / "own.dat", dated=OPENED)) == "ListUnknown"
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(lambda: read_any(path, dated=OPENED)) in ("ListUnreadable", "ListUnknown")


# ---- which must be in force ---------------------------------------------------------------------


def test_without_the_united_nations_everything_is_held(demo: MadeHouse, tmp_path: Path) -> None:
    """Own lists only add: one alone, however long, lets nothing pass."""
    house = demo.house
    house.lists.import_list(own(tmp_path, made.FILLER), source="s", dated=OPENED, name="watch")
    assert [(row["name"], row["state"]) for row in house.lists.table()] == [
        ("own:watch", "in force"), ("un", "missing"),
    ]  # fmt: skip
    with pytest.raises(Forbidden, match="house review"):
        demo.admit_firms()
    house.lists.import_list(own(tmp_path, made.FILLER), source="s", dated=OPENED)
    demo.admit_firms()
    assert set(outcomes(demo)) == {"released"}


def outcomes(made_house: MadeHouse) -> list[str]:
    with made_house.house.database.unit("look", exclusive=True) as unit:
        judged = made_house.house.gate.judge_participants(unit)
    return [outcome for outcome, *_ in judged.values()]


def test_a_side_names_lists_and_they_must_be_in_force(demo: MadeHouse, tmp_path: Path) -> None:
    """By two people, under a legal opinion; until the list is there everything is held."""
    house = demo.house
    demo.import_list()
    demo.admit_firms()
    assert set(outcomes(demo)) == {"released"}
    text = example_rules() + '\n[side.A.list.eu]\nopinion = "LO-1"\n'
    rules = HouseRules.from_mapping(tomllib.loads(text))
    demo.both(house.rule_book.propose(rules, "P1", demo.keys["P1"]))
    assert house.lists.required() == {"eu": ["side A (LO-1)"], "un": ["every house"]}
    assert set(outcomes(demo)) == {"held"}
    house.set_clock(NOW)
    demo.import_list()
    assert set(outcomes(demo)) == {"held"}
    house.lists.import_list(eu(tmp_path, 1200), source="s")
    assert set(outcomes(demo)) == {"released"}


def test_rules_can_be_stricter_than_the_floor_and_never_below() -> None:
    text = example_rules()
    assert HouseRules.from_mapping(tomllib.loads(text)).smaller_share == Fraction(1, 10)
    strict = text.replace('smaller_share = "10 %"', 'smaller_share = "1 %"')
    assert HouseRules.from_mapping(tomllib.loads(strict)).smaller_share == Fraction(1, 100)
    for bad in ("11 %", "100 %"):
        with pytest.raises(InvalidRules, match="smaller_share"):
            HouseRules.from_mapping(tomllib.loads(text.replace('"10 %"', f'"{bad}"')))
    for bad in ("\n[side.A.list.atlantis]\nopinion = 'LO-1'\n", "\n[side.A.list.eu]\n"):
        with pytest.raises(InvalidRules):
            HouseRules.from_mapping(tomllib.loads(text + bad))
    whole = HouseRules.from_mapping(tomllib.loads(text + "\n[side.A.list.eu]\nopinion = 'L'\n"))
    assert HouseRules.from_json(json.loads(json.dumps(whole.as_json()))) == whole


def test_the_united_nations_are_never_left_out() -> None:
    assert floors.missing_lists([], []) == ["un"]
    assert floors.missing_lists(["eu"], ["eu", "uk"]) == ["uk", "un"]


def test_a_share_above_the_floor_counts_as_the_floor() -> None:
    counts = {"entries": 100, "names": 100, "identifiers": 0}
    standing = floors.Standing("own:x", NOW, counts, 100)
    new = floors.Newcomer("own:x", "own-csv", NOW, counts | {"entries": 89}, [])
    assert refused(
        lambda: floors.check_newcomer(new, NOW, standing, share=Fraction(9, 10))
    ) == "ListSmaller"  # fmt: skip


# ---- as really published ------------------------------------------------------------------------


@real
def test_the_published_lists_come_into_force(live: House) -> None:
    """Seven thousand parties within seconds; a demonstration is not needed for them."""
    began = time.monotonic()
    found: Imported = live.lists.import_list(made.REAL / "sdn.csv", source="OFAC", dated=NOW)
    took = time.monotonic() - began
    assert found.counts["entries"] == 7379
    assert took < 30
    assert live.lists.import_list(made.REAL / "UN_consolidated.xml", source="UN").name == "un"
    states = {row["name"]: row["state"] for row in live.lists.table()}
    assert states == {"ofac": "in force", "un": "stale"}
