# SPDX-License-Identifier: Apache-2.0
"""What is seen of a held obligation: the same words for every kind of hold, on every surface there
is, for parties and operators; the reasons for compliance alone."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_authorities import declared, take_customs
from tests.made_house import DATES, OBLIGATIONS, PASSPHRASE, SIDE, MadeHouse, worked_house
from tests.scenarios.test_worked_house import pay

from skontro.cli import main
from skontro.cli.house.desk import LEFT_OUT
from skontro.cli.outcome import ExitCode
from skontro.core.errors import Forbidden
from skontro.core.money import exponent, parse_decimal
from skontro.flow.red_flags import Flagged
from skontro.gate.customs import DeclaredLine
from skontro.gate.outcome import Judged, JudgedMany, judged, reason
from skontro.house.roles import GATE_ACTS, OF_GATE
from skontro.ops.keys import SigningKey

REVIEW = "not in this cycle: house review"
NONE = int(ExitCode.REFUSED)
"""Exit of a number that nothing has."""
KINDS = ["alerted", "owner alerted", "confirmed", "cannot be compared", "not declared", "flagged"]
TELLING = re.compile(
    r"sanction|alert|frozen|freeze|suspicio|confirmed: |refused by|\bscore\b|listed\b", re.I
)
"""Words that would tell a party more than that the house reviews something."""


def held_house(folder: Path, kind: str) -> MadeHouse:
    """A house in which whatever B1 is a party to is held, for one reason or another."""
    made = worked_house(folder / "house")
    house, key = made.house, made.keys["P1"]
    if kind == "not declared":
        _declare_the_others(made)
    if kind == "flagged":
        _raise_flags(made)
    listed = ("Zzyzx Trading", "")
    if kind == "owner alerted":
        owners = {"owners": ["Otto Owner"]}
        made.both(house.participants.propose_change("B1", "P1", key, records=owners))
        listed = ("Otto Owner", "")
    if kind in ("alerted", "confirmed"):
        listed = ("Bakul Mills", "")
    house.set_clock(DATES.cut_off_at)
    made.import_list([listed])
    if kind == "cannot be compared":
        _spoil_the_matcher(made)
    if kind == "confirmed":
        (case,) = house.cases.work_list("P1", key)
        made.both(house.cases.propose_decision(case["case"], "the same", "it is", "P1", key))
    house.cycles.cut_off(DATES.id)
    house.cycles.preliminary(DATES.id)
    house.set_clock(DATES.window_ends_at)
    made.import_list([listed])
    house.cycles.irrevocable(DATES.id)
    made.both(house.cycles.propose_final(DATES.id, "P1", key))
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    house.statements.unlock(PASSPHRASE)
    return made


def _spoil_the_matcher(made: MadeHouse) -> None:
    """Let the comparison of B1 find a fault of its name."""
    screening = made.house.gate.screening
    screen = screening.screen

    def fault(unit: Any, lists: Any, compared: Any) -> Any:
        found = screen(unit, lists, compared)
        for one, each in zip(compared, found, strict=True):
            if "Bakul Mills" in one.subject.names:
                each.faults.append({"code": "CannotCompare", "text": "too long"})
        return found

    screening.screen = fault
    made.house.gate._last.clear()
    with made.house.database.unit("judge") as unit:
        made.house.gate.judge_participants(unit, anew=True)


def _declare_the_others(made: MadeHouse) -> None:
    """Let customs know every obligation over the border, but for those of B1."""
    found = []
    for row in csv.DictReader(OBLIGATIONS.splitlines()):
        seller, buyer = row["creditor"], row["debtor"]
        if "B1" not in (seller, buyer) and SIDE[seller] != SIDE[buyer]:
            amount = parse_decimal(row["amount"], exponent(row["currency"]))
            found.append(declared(
                row["id"], seller, buyer, 1, currency=row["currency"],
                lines=(DeclaredLine("300490", amount),),
            ))  # fmt: skip
    for firm in SIDE:
        made.both(made.house.participants.propose_change(
            firm, "P1", made.keys["P1"], records={"registration_number": f"R {firm}"}
        ))  # fmt: skip
    take_customs(made, "B", *found)


def _raise_flags(made: MadeHouse) -> None:
    """Let every look find a flag of what B1 has a part in."""
    flags, mine = made.house.red_flags, [made.number["o1"], made.number["o3"]]
    standing = flags.standing

    def raised(unit: Any, numbers: Any, content: Any) -> Any:
        known = standing(unit, numbers, content)
        is_flagged = np.isin(numbers, mine)
        why = judged([reason("SuddenVolume", "party 4 sells for more")])
        said = JudgedMany.gathered(is_flagged.astype(np.int64), [Judged(), why])
        return known and Flagged(known.look, said, is_flagged)

    flags.standing = raised  # type: ignore[method-assign]


def party_surfaces(made: MadeHouse, party: str) -> dict[str, Any]:
    """What a party sees: answers, lists, notices and statements."""
    house, papers = made.house, made.house.statements
    number = made.number["o1"]
    of = house.obligations.of(party)
    return {
        "why": house.obligations.why_not(number, party),
        "list": [(one["number"], one["why_not"], one["state"]) for one in of],
        "shown": {name: value for name, value in house.obligations.show(number).items()
                  if name in ("state", "flags", "events")},
        "notice": papers.set_off_notice(DATES.id, party).content["left_out"],
        "notice text": papers.set_off_notice(DATES.id, party).as_text().split("Journal")[0],
        "statement": papers.account_statement(DATES.id, party).content,
    }  # fmt: skip


def _plain(value: Any) -> str:
    """A surface without what differs from house to house: digests and keys."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return re.sub(r"[0-9a-f]{16,}", "#", text)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, MadeHouse]:
    return {kind: held_house(tmp_path_factory.mktemp("held"), kind) for kind in KINDS}


@pytest.mark.parametrize("party", ["A1", "B1"])
def test_a_party_reads_the_same_for_every_kind_of_hold(
    houses: dict[str, MadeHouse], party: str
) -> None:
    seen = {kind: party_surfaces(made, party) for kind, made in houses.items()}
    for surface, first in seen["alerted"].items():
        if surface == "statement":
            continue
        for kind in KINDS[1:]:
            assert _plain(seen[kind][surface]) == _plain(first), (surface, kind)
    assert seen["alerted"]["why"] == REVIEW
    assert REVIEW in [one["why"] for one in seen["alerted"]["notice"]]
    for kind, surfaces in seen.items():
        for surface, value in surfaces.items():
            found = TELLING.search(re.sub("bakul mills", "", _plain(value), flags=re.I))
            assert found is None, (kind, surface, found)


def operator_surfaces(made: MadeHouse, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What an operator reads at the command line, without a key that shows more."""
    number, place = made.number["o1"], str(made.house.folder)
    acts = [one["id"] for one in made.house.people.acts() if one["kind"] not in GATE_ACTS]
    commands: list[list[object]] = [
        ["obligations", "show", number], ["obligations", "list", "B1"],
        ["cycle", "show", DATES.id], ["journal", "show"], ["participants", "show", "B1"],
        ["participants", "list"], ["settlement", "board", DATES.id], ["people", "acts"],
        ["house", "show"], ["gate", "settings"], ["gate", "lists", "show"],
        ["people", "acts", "--all"], *(["people", "show", act] for act in acts),
    ]  # fmt: skip
    found = {}
    for command in commands:
        for more in ([], ["--json"]):
            words = [str(one) for one in [*command, "--house", place, *more]]
            capsys.readouterr()
            code = main(words)
            printed = capsys.readouterr()
            assert code == 0, (words, printed.err)
            found[" ".join(words)] = printed.out
    return found


OF_OPERATORS = re.compile(
    r"Zzyzx|Otto Owner.*list|\balerts?\b|\bfrozen\b|suspici|\"score\"|\"entry\": \"1\"|"
    + "|".join(re.escape(one) for one in sorted({*GATE_ACTS, *OF_GATE} - {"order"})), re.I,
)  # fmt: skip
"""What an operator must not read: among it the names of acts and entries of the gate."""


@pytest.mark.parametrize("kind", KINDS)
def test_an_operator_reads_house_review_and_nothing_more(
    houses: dict[str, MadeHouse], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command about the house, in words and as JSON: none says which party is on a list.

    Nothing is cut out of what is printed before it is searched; ``frozen_digest`` is one word.
    """
    for command, printed in operator_surfaces(houses[kind], capsys).items():
        found = OF_OPERATORS.search(printed)
        assert found is None, (command, printed[max(0, found.start() - 80) : found.end()])


def test_acts_and_entries_of_the_gate_show_to_compliance_alone(
    houses: dict[str, MadeHouse], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a key, with one of a person without the right, and with one of compliance: the acts
    and the entries are there for the last alone, a line says so, and the sums are of all."""
    made = houses["confirmed"]
    for who in ("P1", "P3"):
        made.keys.setdefault(who, SigningKey.new()).save(tmp_path / f"{who}.pem", PASSPHRASE)
    made.both(made.house.people.propose_person(
        "P3", "Third", "paper 3", made.keys["P3"].public_key, ["cycle.pause"], "P1",
        made.keys["P1"],
    ))  # fmt: skip
    (tmp_path / "secret").write_text(PASSPHRASE, "utf-8")
    (tmp_path / "secret").chmod(0o600)

    def printed(*words: object, who: str = "", code: int = 0) -> str:
        key = ["--as", who, "--key", tmp_path / f"{who}.pem", "--passphrase-file",
               tmp_path / "secret"] if who else []  # fmt: skip
        capsys.readouterr()
        assert main([str(one) for one in [*words, "--house", made.house.folder, *key]]) == code
        found = capsys.readouterr()
        return found.out + found.err

    (act,) = [one["id"] for one in made.house.people.acts() if one["kind"] == "case.decide"]
    for who in ("", "P3"):
        for words, kind in ((("people", "acts", "--all"), "case.decide"),
                            (("journal", "show", "--most", 1000), "gate.case")):  # fmt: skip
            assert kind not in printed(*words, who=who)
            assert LEFT_OUT in printed(*words, who=who)
            assert kind in printed(*words, who="P1")
            assert LEFT_OUT not in printed(*words, who="P1")
        assert f"there is no act {act}" in printed("people", "show", act, who=who, code=NONE)
    assert "the same" in printed("people", "show", act, who="P1")
    number, digest = made.house.journal.head()
    assert printed("journal", "head").strip() == f"{number}:{digest}"
    assert made.house.journal.verify().entries == number
    printed("journal", "verify")
    printed("journal", "trial")


@pytest.mark.parametrize("kind", KINDS[:3])
def test_compliance_reads_why(houses: dict[str, MadeHouse], kind: str) -> None:
    made = houses[kind]
    states = ["confirmed"] if kind == "confirmed" else ["open"]
    (case,) = made.house.cases.work_list("P1", made.keys["P1"], states=states)
    shown = made.house.cases.show(case["case"], "P1", made.keys["P1"])
    assert shown["whom"] == "B1"
    assert shown["evidence"]["points"]


LOOKS: dict[str, Callable[[MadeHouse, SigningKey], object]] = {
    "list": lambda made, key: made.house.cases.work_list("P9", key),
    "show": lambda made, key: made.house.cases.show(1, "P9", key),
    "note": lambda made, key: made.house.cases.note(1, "x", "P9", key),
    "reader": lambda made, key: made.house.cases.check_reader("P9", key),
    "held": lambda made, key: made.house.authorities.held("P9", key),
    "flags": lambda made, key: made.house.red_flags.table("P9", key),
    "look": lambda made, key: made.house.red_flags.look_ahead(DATES.id, "P9", key),
    "customs": lambda made, key: made.house.customs.import_file(b"", "A", "P9", key, source="x"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_else_reads_why(houses: dict[str, MadeHouse], look: str) -> None:
    with pytest.raises(Forbidden, match="compliance and the authority"):
        LOOKS[look](houses["alerted"], SigningKey.new())
