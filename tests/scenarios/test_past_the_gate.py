# SPDX-License-Identifier: Apache-2.0
"""Nothing enters a run and nothing is paid out past the gate, whichever way it is tried."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.made_authorities import declared, licensed, take_customs
from tests.made_house import DATES, MadeHouse, lawful, worked_house
from tests.made_obligations import filed, said
from tests.made_service import MadeService
from tests.owner import as_owner
from tests.scenarios.test_worked_house import BOTH_WAYS, left_without_a1, pay

from skontro.cli import main
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.authorities import Authorities
from skontro.flow.obligations import Registration
from skontro.flow.red_flags import RedFlags
from skontro.flow.verdict_replay import replay_verdicts
from skontro.gate.lists import ListRefused
from skontro.gate.matching import Matcher
from skontro.gate.weights import SCALE, built_in_weights
from skontro.house.roles import Grant
from skontro.house.trade import NOTHING, PAPERS
from skontro.lab.year import trade_columns
from skontro.store.rows import find_all
from skontro.store.schema import pay_out, verdict

ALL = 8


EVERYTHING = """\
[pack]
id = "starter"
version = "2"
dated = 2026-01-01
title = "everything"
valid_from = 2025-01-01

[[rule]]
hs = [""]
verdict = "allow"
name = "everything"
"""


def forged(made: MadeHouse, firm: str) -> int:
    """Write as the tables' owner that a firm is released; return the number of the verdict."""
    with made.house.database.unit("look") as unit:
        number = made.house.participants.row(unit, firm).number
        made.house.gate.judge_participants(unit, [number])
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO verdict (id, subject_kind, subject, content_digest, setting, outcome, "
            "reasons, inputs, judged_at) SELECT (SELECT max(id) + 1 FROM verdict), subject_kind, "
            "subject, content_digest, setting, 'released', '[]', inputs, judged_at FROM verdict "
            f"WHERE subject_kind = 'participant' AND subject = {number} ORDER BY id DESC LIMIT 1"
        )
    made.house.gate.forget(number)
    with made.house.database.read() as unit:
        return int(find_all(unit, verdict, order=["-id"], limit=1)[0].id)


def entered(made: MadeHouse) -> int:
    """How many obligations the cut-off enters now."""
    if made.house.now < DATES.cut_off_at:
        made.house.set_clock(DATES.cut_off_at)
    return int(made.house.cycles.cut_off(DATES.id)["entered"])


def fresh(made: MadeHouse, *rows: tuple[str, str]) -> None:
    made.house.set_clock(DATES.cut_off_at)
    made.import_list(rows or [("Nobody At All", "")])


def stale_list(made: MadeHouse) -> int:
    made.house.set_clock(DATES.cut_off_at)
    return 0


def failing_matcher(made: MadeHouse, patch: pytest.MonkeyPatch) -> int:
    def fail(*_: object, **__: object) -> Any:
        raise ZeroDivisionError

    patch.setattr(Matcher, "screen_many", fail)
    patch.setattr(Matcher, "screen_one", fail)
    fresh(made, ("Somebody New", ""))
    return 0


def failing_goods(made: MadeHouse, patch: pytest.MonkeyPatch) -> int:
    def fail(*_: object, **__: object) -> Any:
        raise ZeroDivisionError

    patch.setattr("skontro.flow.goods.judge_goods", fail)
    fresh(made)
    return 0


def listed_party(made: MadeHouse) -> int:
    fresh(made, ("Bakul Mills", ""))
    return ALL - 2


def pack_withdrawn(made: MadeHouse) -> int:
    """A pack that holds what the starter pack let pass, of the same name: the last counts."""
    from importlib.resources import files

    text = files("skontro.gate").joinpath("data/starter.toml").read_text("utf-8")
    stricter = text.replace('hs = ["30.03", "30.04"]\nverdict = "allow"',
                            'hs = ["30.03", "30.04"]\nverdict = "hold"')  # fmt: skip
    assert stricter != text
    act = made.house.goods.propose_pack("B", stricter.encode(), "P1", made.keys["P1"])
    made.both(act)
    fresh(made)
    return 1


def one_entry_list(made: MadeHouse) -> int:
    """A list of a single entry judges like any other: its party is held, nobody else."""
    fresh(made, ("Alder Pharma", ""))
    held = {one["whom"] for one in made.house.cases.work_list("P1", made.keys["P1"])}
    assert held == {"A1"}
    rows = [made.house.obligations.show(number) for number in made.number.values()]
    return ALL - sum("A1" in (row["debtor"], row["creditor"]) for row in rows)


def threshold_above_the_scale(made: MadeHouse, patch: pytest.MonkeyPatch) -> int:
    """Somebody changed the file of the package: no score reaches the threshold, nobody alerts."""
    weights = replace(built_in_weights(), threshold=SCALE + 1)
    patch.setattr("skontro.gate.matching.built_in_weights", lambda: weights)
    patch.setattr("skontro.flow.screening.built_in_weights", lambda: weights)
    fresh(made, ("Bakul Mills", ""))
    return 0


def pack_that_allows_everything(made: MadeHouse) -> int:
    """It is refused; put in by the tables' owner all the same, nothing can be judged by it."""
    text = EVERYTHING.encode()
    with pytest.raises(Rejected):
        made.house.goods.propose_pack("B", text, "P1", made.keys["P1"])
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            "UPDATE pack SET content = ?, digest = ? WHERE side = 'B'",
            (EVERYTHING, hashlib.sha256(text).hexdigest()),
        )
    made.house.gate.__init__(made.house)  # type: ignore[misc]
    made.house.goods.__init__(made.house)  # type: ignore[misc]
    fresh(made)
    return 0


def licence_asked(made: MadeHouse) -> int:
    """Side A asks for a licence, and nobody has one: what A has no part in goes on."""
    licensed(made, "A")
    fresh(made)
    return 1


def customs_in_use(made: MadeHouse) -> int:
    """Customs of B know something else: what stays at home goes on."""
    take_customs(made, "B", declared("x", "B1", "A1", 5))
    fresh(made)
    return 2


def failing_authorities(made: MadeHouse, patch: pytest.MonkeyPatch) -> int:
    patch.setattr(Authorities, "judge", _fails)
    fresh(made)
    return 0


def forged_verdict(made: MadeHouse) -> int:
    """Whoever owns the tables writes that a listed party is released: at the cut-off its verdict
    is derived again, and compliance reads that somebody wrote it."""
    fresh(made, ("Bakul Mills", ""))
    forged(made, "B1")
    return ALL - 2


def failing_flags(made: MadeHouse, patch: pytest.MonkeyPatch) -> int:
    patch.setattr(RedFlags, "standing", _fails)
    fresh(made)
    return 0


def _fails(*_: object, **__: object) -> Any:
    raise ZeroDivisionError


STATES: dict[str, Callable[..., int]] = {
    "a stale list": stale_list, "a matcher that fails": failing_matcher,
    "goods that cannot be judged": failing_goods, "a party on a list": listed_party,
    "a one-entry list": one_entry_list,
    "a threshold above the scale": threshold_above_the_scale,
    "a pack that allows everything": pack_that_allows_everything,
    "a verdict that somebody wrote": forged_verdict,
    "a stricter pack": pack_withdrawn, "a licence asked for": licence_asked,
    "customs that know another": customs_in_use,
    "licences that cannot be judged": failing_authorities,
    "flags that cannot be judged": failing_flags,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_the_cut_off_enters_what_is_released_and_nothing_else(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = worked_house(tmp_path / "house")
    more = (monkeypatch,) if "patch" in STATES[state].__annotations__ else ()
    expected = STATES[state](made, *more)
    assert entered(made) == expected


def over_http(made: MadeHouse, way: str, rows: list[Registration]) -> None:
    """Say what is owed over HTTP, one by one or all in bulk."""
    service = MadeService(made)
    service.give("P1", [Grant("operator")])
    desk, lines = service.desk("P1"), list[str]()
    for one in rows:
        body: dict[str, Any] = {"sender": one.sender, "reference": one.reference,
                "debtor": one.debtor, "creditor": one.creditor, "amount": "100.00",
                "currency": one.currency, "due_date": one.due_date,
                "document": one.document}  # fmt: skip
        trade = {name: text for name, (text,) in trade_columns([one.trade]).items() if text}
        lines.append(json.dumps(body | trade))
        if way == "http" and trade:
            papers = {name: trade.pop(name) for name in PAPERS if name in trade}
            body |= {"trade": trade | {"papers": papers}}
        answer = None if way == "bulk" else desk.post("/obligations", body)
        assert answer is None or answer.status_code == 201, answer.text
    if way == "bulk":
        headers = desk.headers | {"Content-Type": "application/x-ndjson", "Idempotency-Key": "in"}
        answer = desk.browser.post(
            "/obligations/bulk", content="\n".join(lines).encode(), headers=headers
        )
        assert answer.json()["taken"] == len(rows), answer.text


@pytest.mark.parametrize("way", ["python", "file", "command line", "http", "bulk"])
def test_every_way_in_is_judged(tmp_path: Path, way: str) -> None:
    """What nothing is said of, and what a listed party says, is held whichever way it came."""
    made = worked_house(tmp_path / "house")
    made.import_list([("Bakul Mills", "")])
    rows = [said("A1", "n1", debtor="A2", creditor="A1", document="n1", trade=NOTHING),
            said("B1", "n2", debtor="A2", creditor="B1", document="n2",
                 trade=lawful("A", "B", "9"))]  # fmt: skip
    book = made.house.obligations
    if way in ("http", "bulk"):
        over_http(made, way, rows)
    for one in rows:
        if way == "python":
            book.register(one)
        elif way == "file":
            book.import_file(filed(one))
        elif way == "command line":
            assert main([
                "obligations", "register", "--by", one.sender, "--reference", one.reference,
                "--debtor", one.debtor, "--creditor", one.creditor, "--amount", "100.00",
                "--currency", "EUR", "--due", one.due_date, "--document", one.document,
                "--house", str(made.house.folder),
            ]) == 0  # fmt: skip
    numbers = [book.find(one.sender, one.reference) for one in rows]
    for number in numbers:
        book.confirm(number, "A2")
    fresh(made, ("Bakul Mills", ""))
    assert entered(made) == ALL - 2
    assert [book.show(number)["state"] for number in numbers] == ["confirmed"] * 2
    assert [book.why_not(number, "A2") for number in numbers] == [
        "not in this cycle: house review"
    ] * 2


def test_a_hit_leaves_before_every_run(tmp_path: Path) -> None:
    """After the cut-off before the preliminary run, and after the window before the final one."""
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    fresh(made)
    assert entered(made) == ALL
    made.import_list([("Bakul Mills", "")])
    assert house.cycles.preliminary(DATES.id)["obligations"] == ALL - 2
    house.set_clock(DATES.window_ends_at)
    made.import_list([("Bakul Mills", "")])
    house.cycles.irrevocable(DATES.id)
    made.import_list([("Bakul Mills", ""), ("Alder Pharma", "")])
    act = house.cycles.propose_final(DATES.id, "P1", key)
    made.import_list([("Bakul Mills", ""), ("Alder Pharma", ""), ("Brahmi Labs", "")])
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    made.both(house.cycles.propose_final(DATES.id, "P1", key))
    final = house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert final["obligations"] == 1


def test_a_hit_after_finality_blocks_pay_outs(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    made.run_to_final()
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    act = house.settlement.propose_release(DATES.id, "B", "INR", "P1", key)
    made.import_list([("Bakul Mills", "")])
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    made.both(house.settlement.propose_release(DATES.id, "B", "INR", "P1", key))
    waiting = [row for side in house.settlement.board(DATES.id)["sides"]
               for row in side["pay_outs"]["waiting"]]  # fmt: skip
    assert {row["participant"]: row["why"] for row in waiting} == {"B1": "house review"}


def test_a_member_put_in_by_sql_does_not_last(tmp_path: Path) -> None:
    """Whoever owns the tables may enter what the gate holds; before any run it leaves again."""
    made = worked_house(tmp_path / "house")
    fresh(made, ("Bakul Mills", ""))
    assert entered(made) == ALL - 2
    with as_owner(made.house.database) as unit:
        changed = unit.connection.exec_driver_sql(
            "INSERT INTO cycle_member (cycle, obligation, open_minor, content_digest, verdict_id, "
            "verdict_kind, verdict_outcome) SELECT '2026-01', o.number, o.open_minor, "
            "o.content_digest, v.id, 'obligation', 'released' FROM obligation o JOIN verdict v "
            f"ON v.subject = o.number AND v.outcome = 'released' WHERE o.number = "
            f"{made.number['o1']} AND v.subject_kind = 'obligation'"
        ).rowcount
        unit.connection.exec_driver_sql(
            f"UPDATE obligation SET state = 'entered' WHERE number = {made.number['o1']}"
        )
    assert changed == 1
    assert made.house.cycles.preliminary(DATES.id)["obligations"] == ALL - 2


def test_a_forged_verdict_is_found_by_replay(tmp_path: Path) -> None:
    """Replay derives each verdict again: the one that somebody wrote is the one that differs; and
    it is noted where it would have counted: at the cut-off, at the final run, before money goes."""
    made = worked_house(tmp_path / "house")
    fresh(made, ("Bakul Mills", ""))
    number = forged(made, "B1")
    assert [one.id for one in replay_verdicts(made.house) if not one.agrees] == [number]
    assert entered(made) == ALL - 2
    (fault,) = made.house.gate.faults()
    assert fault["where"].startswith(f"verdict {number} ")
    assert [one.id for one in replay_verdicts(made.house) if not one.agrees] == [number]


def test_a_forged_verdict_pays_nobody(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    made.run_to_final()
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    made.import_list([("Bakul Mills", "")])
    forged(made, "B1")
    made.both(house.settlement.propose_release(DATES.id, "B", "INR", "P1", key))
    with house.database.read() as unit:
        number = house.participants.row(unit, "B1").number
        rows = find_all(unit, pay_out, participant=number)
    assert {row.state for row in rows} == {"stopped"}
    assert len(house.gate.faults()) == 1


def test_a_hit_before_the_final_run_that_somebody_wrote_away(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    fresh(made)
    assert entered(made) == ALL
    house.cycles.preliminary(DATES.id)
    house.set_clock(DATES.window_ends_at)
    fresh_at_window = [("Nobody At All", "")]
    made.import_list(fresh_at_window)
    house.cycles.irrevocable(DATES.id)
    act = house.cycles.propose_final(DATES.id, "P1", key)
    made.import_list([*fresh_at_window, ("Bakul Mills", "")])
    forged(made, "B1")
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)


def test_verdicts_are_never_of_an_earlier_time(tmp_path: Path) -> None:
    from skontro.core.errors import Conflict, Unavailable

    made = worked_house(tmp_path / "house")
    fresh(made, ("Bakul Mills", ""))
    early = (DATES.cut_off_at - datetime.timedelta(days=20)).isoformat()
    columns = ("subject_kind, subject, content_digest, setting, outcome, reasons, judged_at")
    for setting, at in (("setting - 1", "judged_at"), ("setting", f"'{early}'")):
        with (
            pytest.raises((Conflict, Unavailable), match=r"the setting in force|in the way"),
            made.house.database.unit("an attack") as unit,
        ):
            unit.connection.exec_driver_sql(
                f"INSERT INTO verdict ({columns}) SELECT subject_kind, subject, content_digest, "
                f"{setting}, 'released', '[]', {at} FROM verdict ORDER BY id DESC LIMIT 1"
            )


def test_other_content_is_not_released(tmp_path: Path) -> None:
    """A verdict is for exactly the content it judged: with other papers it is another content."""
    made = worked_house(tmp_path / "house")
    book = made.house.obligations
    book.register(said("B1", "x", document="x"))
    other = replace(lawful("A", "B", "1"), code="870323")
    number, _ = book.register(said("B1", "y", document="y", trade=other))
    book.confirm(number, "A1")
    fresh(made)
    made.house.cycles.cut_off(DATES.id)
    assert book.show(number)["state"] == "confirmed"
    assert book.why_not(number, "A1") == "not in this cycle: house review"


def test_money_of_a_listed_payer_stays_where_it_is(tmp_path: Path) -> None:
    """Somebody else pays for A1: it waits; once the payer is on a list nobody can assign it."""
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    made.run_to_final()
    call = next(one for one in house.settlement.instruct(DATES.id) if one["participant"] == "A1")
    line = house.settlement.receive(
        "A", "EUR", 5_000_000, bank_reference="x", reference=str(call["reference"]),
        payer="Somebody Else",
    )  # fmt: skip
    assert line["state"] == "suspense"
    act = house.settlement.propose_assignment(line["line"], "P1", key, to=call["pay_in"])
    made.import_list([("Somebody Else", "")])
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    made.import_list([("Nobody At All", "")])
    assert made.both(act)["left_minor"] == 0


def matcher_fails(made: MadeHouse, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Matcher, "screen_many", _fails)
    patch.setattr(Matcher, "screen_one", _fails)
    made.import_list([("Somebody New", "")])


def threshold_is_above_the_scale(made: MadeHouse, patch: pytest.MonkeyPatch) -> None:
    weights = replace(built_in_weights(), threshold=SCALE + 1)
    patch.setattr("skontro.gate.matching.built_in_weights", lambda: weights)
    patch.setattr("skontro.flow.screening.built_in_weights", lambda: weights)
    made.import_list([("Bakul Mills", "")])


def list_is_stale(made: MadeHouse) -> None:
    made.house.set_clock(made.house.now + datetime.timedelta(days=3))


AFTER_FINAL: dict[str, Callable[..., None]] = {
    "a stale list": list_is_stale,
    "a matcher that fails": matcher_fails,
    "a threshold above the scale": threshold_is_above_the_scale,
}


def breaks(made: MadeHouse, state: str, patch: pytest.MonkeyPatch) -> None:
    """Let the gate break in one of the ways of :data:`AFTER_FINAL`."""
    break_it = AFTER_FINAL[state]
    break_it(made, *((patch,) if "patch" in break_it.__annotations__ else ()))


@pytest.mark.parametrize("state", AFTER_FINAL)
def test_nothing_is_paid_past_a_broken_gate(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks when the money came and a release is proposed: that is refused, a new one pays
    nobody. A pack that allows everything: tests/security/test_held_by_sql.py."""
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    made.run_to_final()
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    act = house.settlement.propose_release(DATES.id, "B", "INR", "P1", key)
    breaks(made, state, monkeypatch)
    with pytest.raises((Forbidden, Conflict)):
        made.both(act)
    with contextlib.suppress(Forbidden, Conflict):
        made.both(house.settlement.propose_release(DATES.id, "B", "INR", "P1", key))
    with house.database.read() as unit:
        assert {row.state for row in find_all(unit, pay_out)} <= {"ready", "stopped"}


@pytest.mark.parametrize("state", AFTER_FINAL)
def test_no_payer_is_taken_past_a_broken_gate(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else paid for A1: while nobody can say who they are, nobody assigns the money."""
    made = worked_house(tmp_path / "house")
    house, key = made.house, made.keys["P1"]
    made.run_to_final()
    call = next(one for one in house.settlement.instruct(DATES.id) if one["participant"] == "A1")
    line = house.settlement.receive(
        "A", "EUR", call["due_minor"], bank_reference="x", reference=str(call["reference"]),
        payer="Somebody Else",
    )  # fmt: skip
    act = house.settlement.propose_assignment(line["line"], "P1", key, to=call["pay_in"])
    breaks(made, state, monkeypatch)
    with pytest.raises((Forbidden, Conflict)):
        made.both(act)


@pytest.mark.parametrize("state", AFTER_FINAL)
def test_nothing_is_recast_past_a_broken_gate(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: a recast places no money on anybody while nobody can be judged. Method: B3 pays, A1
    does not; the gate breaks between the two signatures, which is refused. One proposed anew is
    refused too where the lists are stale; else it leaves all members out."""
    made = worked_house(tmp_path / "house", changes=BOTH_WAYS)
    made.fund_a()
    left_without_a1(made)
    money, key = made.house.settlement, made.keys["P1"]
    before = made.left()
    act = money.propose_recast(DATES.id, "P1", key)
    assert "held" not in made.house.people.find_act(act)["content"]
    breaks(made, state, monkeypatch)
    with pytest.raises((Forbidden, Conflict), match=r"house review|says otherwise"):
        made.both(act)
    if state == "a stale list":
        with pytest.raises(Forbidden, match="house review"):
            money.propose_recast(DATES.id, "P1", key)
    else:
        anew = money.propose_recast(DATES.id, "P1", key)
        assert len(made.house.people.find_act(anew)["content"]["held"]) == ALL
    assert made.left() == before
    with made.house.database.read() as unit:
        assert {row.state for row in find_all(unit, pay_out)} <= {"waiting", "stopped"}


def test_a_list_of_one_entry_judges_a_release(tmp_path: Path) -> None:
    """Goal: a list of one entry lets nobody go whom it should hold. Method: that of the United
    Nations is refused by whoever brings it; one of the house's own comes in between the signatures
    of a release: that is refused, one proposed anew pays the others and not the one that is on it;
    nor is a payer on it taken."""
    made = worked_house(tmp_path / "house")
    house, by = made.house, ("P1", made.keys["P1"])
    made.run_to_final()
    calls = house.settlement.instruct(DATES.id)
    for call in calls:
        pay(made, call, call["due_minor"])
    line = house.settlement.receive(
        "A", "EUR", 5_000, bank_reference="x", reference="nobody knows", payer="Bakul Mills"
    )
    assigned = house.settlement.propose_assignment(line["line"], *by, to=calls[0]["pay_in"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    act = house.settlement.propose_release(DATES.id, "B", "INR", *by)
    house.set_clock(house.now + datetime.timedelta(hours=1))
    one = tmp_path / "one.csv"
    one.write_text("name,identifier\nBakul Mills,\n", "utf-8")
    with pytest.raises(ListRefused):
        house.gate.import_list(one, source="a test", dated=house.now)
    with pytest.raises(ListRefused, match="by nobody's word"):
        house.lists.propose_smaller(one, *by, source="a test", dated=house.now)
    house.gate.import_list(one, source="ours", dated=house.now, name="own:watch")
    assert [row["entries"] for row in house.gate.lists()][-1] == 1
    for waits in (act, assigned):
        with pytest.raises(Forbidden, match="house review"):
            made.both(waits)
    made.both(house.settlement.propose_release(DATES.id, "B", "INR", *by))
    with house.database.read() as unit:
        number = house.participants.row(unit, "B1").number
        rows = find_all(unit, pay_out, side="B", purpose="settlement")
    assert {(row.participant == number, row.state) for row in rows} == {
        (True, "stopped"), (False, "released"),
    }  # fmt: skip
