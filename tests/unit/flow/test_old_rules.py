# SPDX-License-Identifier: Apache-2.0
"""Rules keep their numbers: verdicts of an earlier release are derived by its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import MadeHouse, worked_house
from tests.unit.flow.test_owner_layers import OTHER, VERA, owned, said

from skontro.flow import gate as seat
from skontro.flow import screening
from skontro.flow.verdict_replay import replay_verdicts
from skontro.gate import versions
from skontro.gate.entries import ListEntry, Subject
from skontro.gate.screened import CLEAR, Match, Screened
from skontro.gate.verdicts import REFUSED
from skontro.house.firms import Owner

BAKUL = ("Bakul Mills", "")


def severe(*given: Any) -> tuple[str, list[Any]]:
    """An earlier rule: whatever is held is refused."""
    outcome, reasons = versions.RULES["gate/1"](*given)
    return (REFUSED if reasons else outcome), reasons


class Letters:
    """An earlier matcher: names are the same letter by letter, or not at all."""

    def __init__(self, lists: Mapping[int, Sequence[ListEntry]]) -> None:
        self.found = {
            name.text: Match(number, position, entry.reference, 777, ())
            for number, entries in lists.items() for position, entry in enumerate(entries, 1)
            for name in entry.names
        }  # fmt: skip

    def screen_many(self, subjects: Iterable[Subject], *, processes: int = 1) -> list[Screened]:
        return [
            Screened((), tuple(self.found[name] for name in one.names if name in self.found))
            if set(one.names) & self.found.keys() else CLEAR
            for one in subjects
        ]  # fmt: skip


LETTERS = versions.KnownMatcher(
    {"version": "letters/1", "threshold": 777, "weights": "00" * 32}, Letters
)


def wrong(made: MadeHouse) -> dict[str, int]:
    """Why verdicts are not derived, and of how many each is the reason."""
    found = dict[str, int]()
    for one in replay_verdicts(made.house):
        if not one.agrees:
            found[one.why] = found.get(one.why, 0) + 1
    return found


def test_a_rule_of_an_earlier_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: what a release judged by stays derivable once a later one judges otherwise. Method:
    a house works under a rule ``gate/0``, then under this release's; replay derives the earlier
    verdicts when the table has that rule, and says why not when it has not."""
    with monkeypatch.context() as earlier:
        earlier.setattr(screening, "RULES_VERSION", "gate/0")
        earlier.setattr(seat, "judge_party", severe)
        made = worked_house(tmp_path / "house")
        made.import_list([BAKUL, OTHER])
        assert said(made, "B1")[0] == "refused"
    made.house.gate.screening = screening.Screening(made.house)
    assert said(made, "B1")[0] == "held"
    assert list(wrong(made)) == ["rules gate/0 are of another release"]
    monkeypatch.setitem(versions.RULES, "gate/0", severe)
    assert wrong(made) == {}
    monkeypatch.setitem(versions.RULES, "gate/0", versions.RULES["gate/1"])
    assert wrong(made) == {"outcome": 1}, "another rule under the number is found"


def test_a_matcher_of_an_earlier_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(screening, "matcher_content", lambda _: dict(LETTERS.content))
        earlier.setattr(screening.Screening.__init__, "__defaults__", (Letters,))
        made = worked_house(tmp_path / "house")
        made.import_list([("BAKUL MILLS", ""), OTHER])
        assert said(made, "B1")[0] == "released", "capitals were other letters"
        made.import_list([BAKUL, OTHER])
        assert [one["score"] for one in said(made, "B1")[1]] == [777]
    made.house.gate.screening = screening.Screening(made.house)
    made.import_list([("BAKUL MILLS", ""), OTHER])
    assert said(made, "B1")[0] == "held"
    assert all(why.startswith("the matcher is of another release") for why in wrong(made))
    assert wrong(made)
    monkeypatch.setitem(versions.MATCHERS, "letters/1", LETTERS)
    assert wrong(made) == {}
    other = versions.KnownMatcher(LETTERS.content | {"threshold": 700}, Letters)
    monkeypatch.setitem(versions.MATCHERS, "letters/1", other)
    assert wrong(made), "a threshold is not moved under the number"


def test_before_owners_of_owners_were_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts of ``gate/1`` released a firm whose owner's owner was listed; they replay so, and
    the first look by today's rules refuses the firm."""
    with monkeypatch.context() as earlier:
        earlier.setattr(screening, "RULES_VERSION", "gate/1")
        earlier.setattr(seat, "judge_party", versions.RULES["gate/1"])
        earlier.setattr(seat.Gate, "firms_below", lambda *_: [])
        made = worked_house(tmp_path / "house")
        owned(made, "A1", Owner(VERA[0], "100", "person"))
        owned(made, "B1", Owner("Alder Pharma", "60"), Owner("Someone", "40", "person"))
        made.import_list([VERA, OTHER])
        case = made.house.cases.work_list("P1", made.keys["P1"])[0]["case"]
        made.both(made.house.cases.propose_decision(case, "the same", "x", "P1", made.keys["P1"]))
        assert [said(made, firm)[0] for firm in ("A1", "B1")] == ["refused", "released"]
    made.house.gate.screening = screening.Screening(made.house)
    assert [said(made, firm)[0] for firm in ("A1", "B1")] == ["refused", "refused"]
    assert wrong(made) == {}
