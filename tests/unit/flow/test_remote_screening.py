# SPDX-License-Identifier: Apache-2.0
"""A screening service elsewhere: beside the house's own matcher, never instead of it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse, worked_house
from tests.made_screening_service import MadeService, remote_rules
from tests.unit.flow.test_cases import cases, decide
from tests.unit.flow.test_owner_layers import all_replay, owned, said

from skontro.core.errors import InvalidRules
from skontro.flow.remote import RemoteScreening
from skontro.gate.entries import Subject
from skontro.gate.parties import Compared
from skontro.gate.remote import Answer
from skontro.house.firms import Owner
from skontro.house.screening_service import ScreeningService
from skontro.ops.screening_client import ask
from skontro.store.database import Database
from skontro.store.rows import find_all
from skontro.store.schema import register, verdict

BAKUL = ("Bakul Mills", "")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[MadeService]:
    """A service; whoever asks it within a unit of work fails the test."""
    made, units, within = MadeService(), Database.unit, list[str]()
    asking = list[str]()

    @contextmanager
    def counted(self: Database, name: str, **more: bool) -> Iterator[Any]:
        with units(self, name, **more) as unit:
            within.append(name)
            try:
                yield unit
            finally:
                within.pop()

    def ask_outside(*given: Any, **more: Any) -> bytes:
        asking.extend(within)
        return ask(*given, **more)

    monkeypatch.setattr(Database, "unit", counted)
    monkeypatch.setattr("skontro.flow.remote.ask", ask_outside)
    yield made
    made.close()
    assert not asking, "asked within a unit of work: others wait for the house's row meanwhile"


def house_with(service: MadeService, folder: Path, **more: str | int) -> MadeHouse:
    return worked_house(folder / "house", changes=remote_rules(service.url, **more))


def later(made: MadeHouse, minutes: int = 61) -> None:
    made.until(made.house.now + datetime.timedelta(minutes=minutes))


def judged(made: MadeHouse, firm: str = "B1") -> str:
    """What comes of the records now: in a unit of work, and of what is asked after it."""
    with made.house.database.unit("judge", exclusive=True) as unit:
        number = made.house.participants.row(unit, firm).number
        made.house.gate.judge_participants(unit, [number], anew=True)
    with made.house.database.unit("look", exclusive=True) as unit:
        return made.house.gate.judge_participants(unit, [number])[number][0]


def test_what_it_finds_is_an_alert_like_any_other(service: MadeService, tmp_path: Path) -> None:
    """Goal: a service's alert holds, becomes a case, is decided by two people; and every verdict
    on the way is derived again while the service is gone."""
    made = house_with(service, tmp_path)
    assert judged(made) == "released"
    service.listed["Bakul Mills"] = ("world", "Q7", 812)
    assert judged(made) == "released", "the same answer for an hour"
    later(made)
    assert judged(made) == "held"
    (case,) = cases(made)
    shown = made.house.cases.show(case, "P1", made.keys["P1"])
    assert (shown["list"], shown["entry"], shown["score"]) == ("remote:watch", "world/Q7", 812)
    assert shown["evidence"]["entry"]["names"][0]["text"] == "Bakul Mills"
    decide(made, case, "not the same")
    assert judged(made) == "released"
    service.listed["Bakul Mills"] = ("world", "Q8", 812)
    later(made)
    assert judged(made) == "held", "another entry is another pair"
    decide(made, cases(made)[-1], "the same")
    assert judged(made) == "refused"
    service.listed.clear()
    later(made)
    assert judged(made) == "refused", "what the service forgets stays confirmed"
    asked = len(service.asked)
    service.close()
    assert all_replay(made)
    assert len(service.asked) == asked, "replay asks nobody"
    with made.house.database.read() as unit:
        rows = find_all(unit, verdict, subject_kind="participant", outcome="held")
    assert any("world" in json.dumps(json.loads(row.inputs)["remote"]) for row in rows)


def test_it_clears_nothing(service: MadeService, tmp_path: Path) -> None:
    made = house_with(service, tmp_path)
    made.import_list([BAKUL])
    assert said(made, "B1")[0] == "held"
    assert [one["list"] for one in said(made, "B1")[1]] == ["un"]
    service.listed["Bakul Mills"] = ("world", "Q7", 812)
    later(made)
    made.import_list([BAKUL])
    judged(made)
    assert [one["list"] for one in said(made, "B1")[1]] == ["remote:watch", "un"]
    assert all_replay(made)


@pytest.mark.parametrize(
    ("mode", "why"),
    [("status", "RemoteStatus"), ("redirect", "RemoteStatus"), ("slow", "RemoteTimeout"),
     ("drip", "RemoteTimeout"), ("long", "RemoteTooLong"), ("torn", "RemoteAnswer"),
     ("few", "RemoteAnswer"), ("gone", "RemoteAway")],
)  # fmt: skip
def test_no_answer_is_doubt(service: MadeService, tmp_path: Path, mode: str, why: str) -> None:
    """Whatever way it fails, everybody it was to be asked about is held; a minute later, when it
    answers again, they are let go. Meanwhile it is not asked over and over. Only who is slow by
    design has a second, so that a busy machine is not taken for a slow service."""
    late = 1 if why == "RemoteTimeout" else 30
    made = house_with(service, tmp_path, timeout_seconds=late, most_bytes=1 << 16)
    service.mode = mode
    if mode == "gone":
        service.close()
    later(made)
    assert [judged(made), judged(made)] == ["held", "held"]
    assert [(one["code"], one["fault"]) for one in said(made, "B1")[1]] == [("RemoteFault", why)]
    assert all_replay(made)
    if mode == "gone":
        return
    asked = len(service.asked)
    judged(made)
    assert len(service.asked) == asked
    service.mode = "well"
    made.until(made.house.now + datetime.timedelta(minutes=2))
    assert said(made, "B1")[0] == "released"
    assert all_replay(made)


def test_a_cut_off_without_an_answer_holds_all(service: MadeService, tmp_path: Path) -> None:
    made = house_with(service, tmp_path)
    service.mode = "torn"
    made.until(DATES.cut_off_at)
    assert made.house.cycles.cut_off(DATES.id)["held"] == 8
    assert all_replay(made)


def test_no_answer_is_noted_by_setting(service: MadeService, tmp_path: Path) -> None:
    """By setting a house goes on with its own matcher alone; the verdicts keep that there was no
    answer, and the settings in force say so."""
    made = house_with(service, tmp_path, on_fault="note")
    service.mode = "torn"
    later(made)
    assert judged(made) == "released"
    with made.house.database.read() as unit:
        last = find_all(unit, verdict, order=["-id"], limit=1)[0]
    assert "RemoteAnswer" in json.loads(last.inputs)["remote"].values()
    assert "besides, service watch (no answer: note)" in made.house.gate.settings()["words"]
    made.import_list([BAKUL])
    assert judged(made) == "held", "its own matcher holds on"
    assert all_replay(made)


def test_owners_and_their_owners_are_asked_about(service: MadeService, tmp_path: Path) -> None:
    made = house_with(service, tmp_path)
    owned(made, "A1", Owner("Vera Vandelay Quist", "100", "person", "1970", "NL"))
    owned(made, "B1", Owner("Alder Pharma", "60"), Owner("Someone Small", "40", "person"))
    service.listed["Vera Vandelay Quist"] = ("world", "Q9", 900)
    later(made)
    assert (judged(made, "A1"), said(made, "B1")[0]) == ("held", "held"), "what A1 owns too"
    asked = [one for each in service.asked for one in each if "Vera Vandelay Quist" in one["names"]]
    assert asked[0] == {
        "kind": "person", "names": ["Vera Vandelay Quist"], "identifiers": [], "dates": ["1970"],
        "countries": ["NL"],
    }  # fmt: skip
    assert all_replay(made)


def test_each_answer_is_on_whom_was_asked_about(
    service: MadeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: an alert stands on whom the service meant, and until it was asked nobody is let go.
    Method: a firm with five owners is asked about in questions of two; the fourth is listed. No
    answer would only be noted; that nobody was asked yet holds all the same."""
    monkeypatch.setattr("skontro.flow.remote.MOST_ASKED", 2)
    made = house_with(service, tmp_path, on_fault="note")
    names = ["Una Umber", "Dora Dun", "Tria Teal", "Vera Vandelay Quist", "Penny Puce"]
    owned(made, "B2", *(Owner(name, "20", "person") for name in names))
    service.listed[names[3]] = ("world", "Q9", 900)
    service.asked.clear()
    later(made)
    assert judged(made, "B2") == "held"
    with made.house.database.read() as unit:
        kept = {row.content.split("\n")[0]: f"owner {row.id}"
                for row in find_all(unit, register, what="owner") if row.content}  # fmt: skip
    assert {name for each in service.asked for one in each for name in one["names"]} >= {*names}
    assert {len(each) for each in service.asked} <= {1, 2}
    assert [one["about"] for one in said(made, "B2")[1]] == [kept[names[3]]]
    service.listed.clear()
    later(made)
    with made.house.database.unit("judge", exclusive=True) as unit:
        number = made.house.participants.row(unit, "B1").number
        made.house.gate.screening.remote._known.clear()
        outcome, _, why = made.house.gate.judge_participants(unit, [number], anew=True)[number]
    assert (outcome, {one["fault"] for one in why}) == ("held", {"NotAsked"})
    assert said(made, "B1")[0] == "released"
    assert all_replay(made)


def test_how_long_an_answer_is_good(service: MadeService) -> None:
    """For the minutes of the rules; everybody is asked about ahead once a quarter of them, of whom
    the answer is good for no longer than that. After a fault nobody is asked about for a minute,
    and another service begins anew. A clock that goes back makes nothing fresh."""
    start = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)
    rules = ScreeningService("watch", service.url, timeout_seconds=30)
    house: Any = SimpleNamespace(
        rules=SimpleNamespace(screening_service=rules), now=start, folder=Path()
    )
    remote = RemoteScreening(house)
    one, other = (Compared("firm", digest, Subject("organisation", ("Bakul Mills",)))
                  for digest in ("aa", "bb"))  # fmt: skip

    def at(minutes: int) -> tuple[bool, int, int]:
        """Whether it is time for everybody; how many are missing, now and soon."""
        house.now = start + datetime.timedelta(minutes=minutes)
        counted = [len(remote.missing([one, one], soon=soon)) for soon in (False, True)]
        return remote.is_due(), counted[0], counted[1]

    assert remote.answers([one]) == {"aa": Answer((), "NotAsked")}
    remote.ask([one])
    assert [at(minutes) for minutes in (0, 14, 15, 44, 45, 46, 60)] == [
        (True, 0, 0), (False, 0, 0), (True, 0, 0), (True, 0, 0), (False, 0, 1), (False, 0, 1),
        (True, 1, 1),
    ]  # fmt: skip
    assert [at(-1), at(5)] == [(True, 1, 0), (False, 0, 0)]
    service.mode = "torn"
    remote.ask([other])
    assert remote.answers([one, other]) == {"aa": Answer(), "bb": Answer((), "RemoteAnswer")}
    assert (remote.missing([other]), remote.is_due()) == ([], True)
    asked = len(service.asked)
    remote.ask([other])
    assert len(service.asked) == asked
    house.rules.screening_service = replace(rules, url=f"{service.url}/another")
    assert remote.answers([one, other]) == dict.fromkeys(("aa", "bb"), Answer((), "NotAsked"))
    assert remote.missing([one, other]) == [one, other]
    service.mode = "well"
    remote.ask([one, other])
    assert remote.answers([one, other]) == dict.fromkeys(("aa", "bb"), Answer())
    house.rules.screening_service = None
    assert (remote.answers([one]), remote.missing([one]), remote.is_due()) == ({}, [], False)


def test_its_key_is_in_no_rule(
    service: MadeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules say where the key is; where it is not, there is no answer, and doubt holds."""
    made = house_with(service, tmp_path / "env", key_env="SKONTRO_TEST_KEY", on_fault="note")
    assert set(service.keys) == set()
    monkeypatch.setenv("SKONTRO_TEST_KEY", "open sesame")
    later(made)
    judged(made)
    assert set(service.keys) == {"Bearer open sesame"}
    other = worked_house(
        tmp_path / "file" / "house",
        changes=remote_rules(service.url, key_file="screening.key", on_fault="note"),
    )
    (other.house.folder / "screening.key").write_text("from a file\n", "utf-8")
    later(other)
    judged(other)
    assert service.keys[-1] == "Bearer from a file"
    assert "sesame" not in json.dumps(made.house.rules.as_json())


@pytest.mark.parametrize(
    "more",
    [{"url": "http://screening.example/x"}, {"url": "https://me:secret@screening.example/x"},
     {"url": "ftp://screening.example/x"}, {"url": "https:///x"}, {"on_fault": "clear"},
     {"timeout_seconds": 31}, {"key_env": "a key itself"}, {"name": "Own List"},
     {"key_env": "A", "key_file": "b"}, {"instead": 1}],
)  # fmt: skip
def test_what_rules_may_not_say(tmp_path: Path, more: dict[str, str | int]) -> None:
    changes = remote_rules(**{"url": "https://screening.example"} | more)
    with pytest.raises(InvalidRules, match="screening"):
        MadeHouse(tmp_path / "house", changes=changes)
