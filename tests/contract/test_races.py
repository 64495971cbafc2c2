# SPDX-License-Identifier: Apache-2.0
"""Two operators take the same step at the same instant: one effect, one clear refusal.

Each operator is a process with connections of its own. A race begins from a copy of a house just
before the step; afterwards the house must be as if one operator had taken the step alone, entry
by entry and row by row.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests import postgres
from tests.made_house import DATES, FIRMS, MadeHouse, lawful
from tests.racer import Operator, at_the_same_instant
from tests.soaking import rounds

from skontro.flow.house import PLACE, House
from skontro.flow.obligations import Registration
from skontro.house.acts import ACTS
from skontro.ops.keys import SigningKey
from skontro.store.schema import metadata

ROUNDS = 100
NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}

Step = tuple[str, dict[str, Any]]
BOTH = "both may be served"


@dataclass(frozen=True)
class Race:
    """Two steps at the same instant.

    Attributes:
        stage: Where the house is before.
        steps: What the two operators do.
        refused: Codes of which one operator hears one; none: both are served.
        alone: What makes the same effect, one after another, by a single operator: each of these
            ways may be the one; either step alone if not given.
        same: Both are told the same.
    """

    stage: str
    steps: tuple[Step, Step]
    refused: frozenset[str] = frozenset()
    alone: tuple[tuple[Step, ...], ...] = ()
    same: bool = False


def twice(stage: str, action: str, *codes: str, **given: Any) -> Race:
    """The same step by two operators: one takes it, the other hears that it is done."""
    return Race(stage, ((action, given), (action, given)), frozenset(codes or ("AlreadyDone",)))


def approvals(stage: str, *acts: str, codes: tuple[str, ...] = ("StaleApproval",)) -> Race:
    """One act approved by two people, or two acts of which only one can be."""
    steps = [("approve", {"act": f"${act}", "who": who}) for act, who in zip(acts, ("P2", "P3"),
                                                                         strict=True)]  # fmt: skip
    return Race(stage, (steps[0], steps[1]), frozenset(codes))


SAID = {
    "sender": "A1", "reference": "new", "debtor": "A2", "creditor": "A1", "amount_minor": 900,
    "currency": "EUR", "due_date": "2026-01-20", "document": "invoice new",
}  # fmt: skip
PAID = {
    "side": "A", "currency": "EUR", "amount_minor": 5_000_000, "bank_reference": "in 1",
    "reference": "$reference", "payer": NAMES["A1"],
}  # fmt: skip

RACES: dict[str, Race] = {
    "open the same cycle": twice("admitted", "open"),
    "approve the same act": approvals("open", "$limits", "$limits"),
    "declare the rates twice": approvals("unrated", "$rates", "$other_rates",
                                         codes=("AlreadyDone",)),
    "register the same reference": Race(
        "open", (("register", SAID), ("register", SAID)), same=True
    ),
    "register another under the same reference": Race(
        "open", (("register", SAID), ("register", SAID | {"sender": "A1", "document": "other"})),
        frozenset({"IdempotencyMismatch"}),
    ),
    "both parties register the same": Race(
        "open", (("register", SAID), ("register", SAID | {"sender": "A2"})),
        alone=((("register", SAID), ("register", SAID | {"sender": "A2"})),
               (("register", SAID | {"sender": "A2"}), ("register", SAID))),
    ),
    "confirm the same obligation": twice(
        "open", "confirm", "WrongState", "AlreadyDone", "NotPermitted", number="$late", by="A2"
    ),
    "confirm the same under one request": Race(
        "open", (("confirm", {"number": "$late", "by": "A2", "request": "r"}),) * 2, same=True
    ),
    "cut off": twice("open", "cut_off"),
    "cut off and move the cut-off on": Race(
        "open", (("cut_off", {}), ("approve", {"act": "$extension", "who": "P2"})),
        frozenset({"TooEarly", "WrongState"}),
    ),
    "preliminary run": twice("entered", "preliminary"),
    "bind the set": twice("correcting", "irrevocable"),
    "propose the final run": Race(
        "irrevocable",
        (("propose_final", {"who": "P1"}), ("propose_final", {"who": "P2"})),
        alone=((("propose_final", {"who": "P1"}), ("propose_final", {"who": "P2"})),),
    ),
    "approve the final run": approvals("proposed", "$final", "$final"),
    "approve two final runs": approvals("proposed", "$final", "$other_final",
                                        codes=("AlreadyDone",)),
    "approve the final run and propose another": Race(
        "proposed",
        (("approve", {"act": "$final", "who": "P2"}), ("propose_final", {"who": "P3"})),
        frozenset({"AlreadyDone", BOTH}),
        alone=(
            (("approve", {"act": "$final", "who": "P2"}),),
            (("propose_final", {"who": "P3"}), ("approve", {"act": "$final", "who": "P2"})),
        ),
    ),
    "instruct": twice("final", "instruct"),
    "receive the same": Race("instructed", (("receive", PAID), ("receive", PAID)), same=True),
    "receive another under the same reference": Race(
        "instructed", (("receive", PAID), ("receive", PAID | {"amount_minor": 4_000_000})),
        frozenset({"IdempotencyMismatch"}),
    ),
    "receive two payments of one pay-in": Race(
        "instructed", (("receive", PAID), ("receive", PAID | {"bank_reference": "in 2"})),
        alone=((("receive", PAID), ("receive", PAID | {"bank_reference": "in 2"})),
               (("receive", PAID | {"bank_reference": "in 2"}), ("receive", PAID))),
    ),
    "propose a recast": Race(
        "missed",
        (("propose_recast", {"who": "P1"}), ("propose_recast", {"who": "P2"})),
        alone=((("propose_recast", {"who": "P1"}), ("propose_recast", {"who": "P2"})),),
    ),
    "approve a recast": approvals("recasting", "$recast", "$recast"),
    "approve two recasts": approvals("recasting", "$recast", "$other_recast",
                                     codes=("SetChanged",)),
    "approve a recast while money comes": Race(
        "recasting", (("approve", {"act": "$recast", "who": "P2"}), ("receive", PAID)),
        frozenset({"SetChanged", "AlreadyDone", BOTH}),
        alone=((("approve", {"act": "$recast", "who": "P2"}), ("receive", PAID)),
               (("receive", PAID),)),
    ),
    "plan": twice("paid", "plan"),
    "settle": twice("planned", "settle"),
    "release": approvals("releasing", "$release", "$release"),
    "release the same pay-outs by two acts": approvals("releasing", "$release", "$other_release"),
    "note the same payment": Race(
        "released", (("sent", {"pay_out": "$out", "reference": "out 1"}),) * 2, same=True
    ),
    "note one payment as two": Race(
        "released",
        (("sent", {"pay_out": "$out", "reference": "out 1"}),
         ("sent", {"pay_out": "$out", "reference": "out 2"})),
        frozenset({"NotReleased"}),
    ),
    "close": twice("left", "close"),
}  # fmt: skip

QUICK_ON_SQLITE = ("approve the same act", "register the same reference", "cut off",
                   "approve the final run", "receive the same", "close")  # fmt: skip


# ---- houses just before a step -----------------------------------------------------------------


@dataclass
class Stage:
    """A house as it lies: folder, database, and what the steps name."""

    folder: Path
    database: str | None
    named: dict[str, Any]


@dataclass
class Stages:
    """Houses at every stage, on one kind of database.

    Attributes:
        place: Where they lie.
        server: The PostgreSQL, if that is the kind.
        keys: Private keys of the three people.
        at: The stages by name.
    """

    place: Path
    server: postgres.Server | None
    keys: dict[str, SigningKey] = field(default_factory=dict)
    at: dict[str, Stage] = field(default_factory=dict)
    alone: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def copied(self, stage: Stage, name: str) -> Stage:
        """A copy of a house that nobody has open."""
        folder = self.place / name
        shutil.copytree(stage.folder, folder)
        if self.server is None:
            return Stage(folder, None, stage.named)
        assert stage.database is not None
        database = postgres.make_database(self.server, stage.database)
        url = self.server.url(database, postgres.APPLICATION)
        (folder / PLACE).write_text(json.dumps({"database": url}) + "\n")
        return Stage(folder, database, stage.named)

    def removed(self, stage: Stage) -> None:
        """Take a copy away."""
        shutil.rmtree(stage.folder)
        if self.server is not None and stage.database is not None:
            postgres.drop_database(self.server, stage.database)

    def private(self) -> dict[str, str]:
        """The people's keys as they are handed to an operator."""
        return {name: key._key.private_bytes_raw().hex() for name, key in self.keys.items()}


def live_through(made: MadeHouse, keep: Callable[..., None]) -> None:
    """Live the worked example, and keep the house at every stage."""
    house, key = made.house, made.keys["P1"]
    made.keys["P3"] = SigningKey.new()
    public = made.keys["P3"].public_key
    made.both(house.people.propose_person("P3", "Third", "paper 3", public, list(ACTS), "P1", key))
    made.import_list()
    made.admit_firms()
    made.fund_b()
    made.register_all()
    keep("admitted")
    house.cycles.open(DATES)
    rates = {"EUR": "1", "INR": "1/90", "AED": "1/4"}
    first = house.cycles.propose_fixing(DATES.id, rates, "one", "P1", key)
    second = house.cycles.propose_fixing(DATES.id, rates, "one", "P1", key)
    keep("unrated", rates=first, other_rates=second)
    made.both(first)
    late = Registration(
        sender="A1", reference="late", debtor="A2", creditor="A1", amount_minor=700,
        currency="EUR", due_date="2026-01-20", document="invoice late",
        trade=lawful("A", "A", "late"),
    )  # fmt: skip
    number, _ = house.obligations.register(late)
    limits = house.participants.propose_limits("P1", key, pay_in=[("A1", "EUR", 5_000_000)])
    extension = house.rule_book.propose_times(
        DATES.id, "P1", key, cut_off_at=DATES.cut_off_at + (DATES.window_ends_at -
                                                            DATES.cut_off_at) / 2
    )  # fmt: skip
    made.until(DATES.cut_off_at)
    keep("open", late=number, limits=limits, extension=extension)
    house.cycles.cut_off(DATES.id)
    keep("entered")
    house.cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    keep("correcting")
    house.cycles.irrevocable(DATES.id)
    keep("irrevocable")
    final = house.cycles.propose_final(DATES.id, "P1", key)
    other = house.cycles.propose_final(DATES.id, "P1", key)
    keep("proposed", final=final, other_final=other)
    made.both(final)
    keep("final")
    calls = {one["participant"]: one for one in house.settlement.instruct(DATES.id)}
    house.settlement.receive(
        "B", "INR", 135_000_000, bank_reference="in B3", reference=calls["B3"]["reference"],
        payer=NAMES["B3"],
    )  # fmt: skip
    keep("instructed", reference=calls["A1"]["reference"])
    settle_and_close(made, keep, str(calls["A1"]["reference"]))


def settle_and_close(made: MadeHouse, keep: Callable[..., None], reference: str) -> None:
    house, key = made.house, made.keys["P1"]
    house.settlement.receive(
        "A", "EUR", 5_000_000, bank_reference="in A1", reference=reference, payer=NAMES["A1"]
    )
    keep("paid")
    house.settlement.plan(DATES.id)
    keep("planned")
    house.settlement.settle(DATES.id)
    made.both(house.settlement.propose_release(DATES.id, "B", "INR", "P1", key))
    acts = [house.settlement.propose_release(DATES.id, "A", "EUR", "P1", key) for _ in range(2)]
    keep("releasing", release=acts[0], other_release=acts[1])
    made.both(acts[0])
    outs = {
        side: [one["pay_out"] for one in house.people.find_act(act)["content"]["payments"]]
        for side, act in (("A", acts[0]), ("B", acts[0] - 1))
    }
    keep("released", out=outs["A"][0])
    for side, currency in (("A", "EUR"), ("B", "INR")):
        for out in outs[side]:
            house.settlement.sent(side, currency, out, bank_reference=f"out {out}")
    keep("left")


@pytest.fixture(scope="module")
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """Houses at every stage."""
    place = tmp_path_factory.mktemp("stages")
    server: postgres.Server | None = None
    database = url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        database = postgres.make_house_database(server)
        url = server.url(database, postgres.APPLICATION)
    found = Stages(place, server)
    made = MadeHouse(place / "house", url=url)
    own = Stage(place / "house", database, {})

    def keep(name: str, **named: Any) -> None:
        made.house.close()
        found.at[name] = found.copied(own, f"at {name}")
        found.at[name].named = named

    live_through(made, keep)
    found.at["missed"] = missed(found)
    found.keys = made.keys
    found.at["recasting"] = recasting(found)
    yield found
    made.house.close()
    for stage in (own, *found.at.values()):
        found.removed(stage)


def missed(found: Stages) -> Stage:
    """The house in which A1 has not paid by the deadline."""
    stage = found.copied(found.at["instructed"], "at missed")
    stage.named = found.at["instructed"].named
    with House.open(stage.folder) as house:
        house.set_clock(DATES.pay_in_deadline)
        path = house.folder / "list.csv"
        house.gate.import_list(path, source="a test", dated=house.now)
    return stage


def recasting(found: Stages) -> Stage:
    """The house in which two recasts of that wait for a second person."""
    stage = found.copied(found.at["missed"], "at recasting")
    with House.open(stage.folder) as house:
        key = found.keys["P1"]
        acts = [house.settlement.propose_recast(DATES.id, "P1", key) for _ in range(2)]
    stage.named = found.at["missed"].named | {"recast": acts[0], "other_recast": acts[1]}
    return stage


@pytest.fixture(scope="module")
def operators(root: Path) -> Iterator[list[Operator]]:
    """Two operators, each a process."""
    both = [Operator(root), Operator(root)]
    yield both
    for one in both:
        one.leave()


# ---- the races ---------------------------------------------------------------------------------


def told(step: Step, named: dict[str, Any]) -> Step:
    """A step with what the stage names put in."""
    action, given = step
    return action, {
        name: named[value.strip("$")] if isinstance(value, str) and value.startswith("$") else value
        for name, value in given.items()
    }


# What differs from one house to the next: salts, numbers, and what is made of them.
NOT_COMPARED = {
    "account", "act_id", "body_digest", "checker", "commitment", "content", "content_digest",
    "digest", "end_to_end", "entry", "filing", "fixing_act", "folder", "hash", "id", "line",
    "manifest_digest", "number", "obligation", "outcome", "payer", "postings_digest",
    "previous_hash", "published_act", "reference", "release_act", "salt", "signature", "subject",
    "summary", "verdict_id",
}  # fmt: skip


def written(folder: Path, *, replays: bool) -> dict[str, Any]:
    """What a house holds, but for what chance made; its journal checks, its runs replay."""
    with House.open(folder) as house:
        assert house.journal.verify().ok
        with house.database.read() as unit:
            found: dict[str, Any] = {}
            for name, table in metadata.tables.items():
                columns = [one for one in table.columns if one.name not in NOT_COMPARED]
                what = columns or [sa.func.count()]
                rows = unit.all(sa.select(*what).select_from(table))
                found[name] = sorted(map(repr, rows))
            sent = metadata.tables["outbox"]  # its times are the machine's
            found["outbox"] = sorted(map(str, unit.all(sa.select(sent.c.kind))))
            log = metadata.tables["audit_entry"]
            noted = unit.all(sa.select(log.c.what, log.c.code))
            found["audit_entry"] = [tuple(one) for one in noted]
            runs = unit.all(sa.select(metadata.tables["run"].c.cycle))
        found["balances"] = house.journal.balances()
        if replays and runs:
            assert all(one["agrees"] for one in house.cycles.replay(DATES.id))
    return found


def taken_alone(stages: Stages, operator: Operator, name: str) -> list[dict[str, Any]]:
    """The house after the step was taken by one operator, in each way that may be."""
    race = RACES[name]
    if name not in stages.alone:
        stages.alone[name] = []
        for way in race.alone or [(step,) for step in race.steps]:
            copy = stages.copied(stages.at[race.stage], "alone")
            for step in way:
                operator.get_ready(copy.folder, stages.private(), told(step, copy.named))
                (outcome,) = at_the_same_instant([operator])
                assert "done" in outcome, outcome
            stages.alone[name].append(written(copy.folder, replays=True))
            stages.removed(copy)
    return stages.alone[name]


CASES = [
    pytest.param(
        kind, name, id=f"{kind}-{name}",
        marks=[] if kind == "postgresql" or name in QUICK_ON_SQLITE else pytest.mark.soak,
    )
    for kind in ("postgresql", "sqlite")
    for name in RACES
]  # fmt: skip


@pytest.mark.parametrize(("stages", "name"), CASES, indirect=["stages"])
def test_one_effect_and_one_refusal(
    stages: Stages, operators: list[Operator], name: str, soak: bool
) -> None:
    """One race, from a copy of the same house each time; 100 times in the long run.

    Exactly one operator is refused, with a code of the race and a sentence on what to do; or,
    where a repeat is harmless, both hear the same. The house is then what it is when one alone
    took the step: every row of every table, but for numbers and salts, and every balance.
    """
    race = RACES[name]
    kind = "sqlite" if stages.server is None else "postgresql"
    expected = taken_alone(stages, operators[0], name)
    for number in rounds(f"races-{kind}-{name.replace(' ', '-')}", ROUNDS, soak=soak):
        copy = stages.copied(stages.at[race.stage], f"race {number}")
        for operator, step in zip(operators, race.steps, strict=True):
            operator.get_ready(copy.folder, stages.private(), told(step, copy.named))
        outcomes = at_the_same_instant(operators)
        check(race, outcomes)
        found = written(copy.folder, replays=number % 10 == 0)
        check_log(found, expected[0], outcomes, always=name == "approve the same act")
        assert found in expected, (outcomes, differences(found, expected[0]))
        stages.removed(copy)


def differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Where a house is not what it should be."""
    return {
        name: (found[name], expected[name]) for name in found if found[name] != expected[name]
    }  # fmt: skip


def check_log(
    found: dict[str, Any], alone: dict[str, Any], outcomes: list[dict[str, Any]], *, always: bool
) -> None:
    """An approval that was refused stands in the log, and nothing else does; then set it aside."""
    log, found["audit_entry"] = found["audit_entry"], alone["audit_entry"]
    refused = [("acts.check", one["refused"]) for one in outcomes if "refused" in one]
    assert log == alone["audit_entry"] + refused or (not always and log == alone["audit_entry"])


def check(race: Race, outcomes: list[dict[str, Any]]) -> None:
    """One served and one refused, or both served, as the race has it."""
    assert not any("failed" in one for one in outcomes), outcomes
    done = [one["done"] for one in outcomes if "done" in one]
    refused = [one for one in outcomes if "refused" in one]
    if race.same:
        assert done[0] == done[1], outcomes
    if not race.refused:
        assert len(done) == 2, outcomes
        return
    assert len(done) == 1 or BOTH in race.refused, outcomes
    for one in refused:
        assert one["refused"] in race.refused, one
        assert one["said"]
        assert one["next"]
