# SPDX-License-Identifier: Apache-2.0
"""Direct SQL against a house under way: nothing is rewritten, nothing is let go by one person,
nothing enters or leaves that the gate has not released for exactly its content.

The attacks are statements as anybody with the database's password types them: over a plain
connection, SQLite's foreign keys off as they are by default, PostgreSQL with the house's own role
and with the role that owns the tables.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests import postgres
from tests.made_house import DATES, MadeHouse, lawful, worked_house
from tests.owner import as_owner
from tests.scenarios.test_worked_house import pay

from skontro.core.errors import Conflict
from skontro.flow.obligations import Registration
from skontro.house.acts import ACTS
from skontro.house.calendar import CycleDates
from skontro.ops.keys import SigningKey
from skontro.store.rows import change, find_all
from skontro.store.schema import metadata

LATER = CycleDates(
    id="2026-02", business_day=DATES.business_day, cut_off_at=DATES.pay_in_deadline,
    window_ends_at=DATES.pay_in_deadline, pay_in_deadline=DATES.pay_in_deadline,
)  # fmt: skip

# Short for what the attacks name.
NAMES = {
    "{limits}": "(SELECT max(id) FROM act WHERE kind = 'limits.change' AND state = 'done')",
    "{proposed}": "(SELECT max(id) FROM act WHERE state = 'proposed')",
    "{withdrawn}": "(SELECT max(id) FROM act WHERE state = 'withdrawn')",
    "{out}": "(SELECT min(id) FROM pay_out WHERE side = 'A')",
    "{confirmed}": "(SELECT obligation FROM registration WHERE reference = 'confirmed')",
    "{registered}": "(SELECT obligation FROM registration WHERE reference = 'registered')",
    "{held}": "(SELECT obligation FROM registration WHERE reference = 'held')",
    "{old_release}": "(SELECT max(id) FROM act WHERE kind = 'payment.release')",
    "{old_final}": "(SELECT max(id) FROM act WHERE kind = 'run.final')",
    "{final}": "(SELECT id FROM run WHERE kind = 'final')",
}
MISSING = "WHERE state = 'suspense' AND amount_minor < 0"
MEMBER = (
    "INSERT INTO cycle_member (cycle, obligation, open_minor, content_digest, verdict_id, "
    "verdict_kind, verdict_outcome) SELECT {cycle}, o.number, {amount}, {digest}, v.id, "
    "'obligation', {outcome} FROM obligation o, verdict v WHERE v.subject_kind = 'obligation' "
    "AND v.subject = {of} AND v.outcome = {said} AND o.number = {what} "
    "ORDER BY v.id DESC LIMIT 1"
)


def member(**other: str) -> str:
    """Enter what is confirmed into the open cycle, but for what is named."""
    usual = {
        "cycle": "'2026-02'", "amount": "o.open_minor", "digest": "o.content_digest",
        "outcome": "'released'", "said": "'released'", "of": "o.number", "what": "{confirmed}",
    }  # fmt: skip
    return MEMBER.format(**(usual | other))


def another(table: str, where: str, **changes: str) -> str:
    """Another row like one that is there, but for what is named."""
    columns = [f'"{column.name}"' for column in metadata.tables[table].columns]
    values = [changes.get(column.strip('"'), column) for column in columns]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM {table} WHERE {where}"
    )


def made_up(table: str, **values: str) -> str:
    """A new row of what is named, and of anything where something must stand."""
    found = {}
    for column in metadata.tables[table].columns:
        if column.name in values:
            found[f'"{column.name}"'] = values[column.name]
        elif not column.nullable and column.server_default is None:
            found[f'"{column.name}"'] = "5" if isinstance(column.type, sa.Integer) else "'x'"
    return f"INSERT INTO {table} ({', '.join(found)}) VALUES ({', '.join(found.values())})"


def pay_out(**changes: str) -> str:
    """Another pay-out like the first, but for what is named."""
    return another("pay_out", "id = {out}", **({"id": "1000 + id", "state": "'ready'"} | changes))


def approval(checker: str, act: str = "{proposed}", maker: str = "a.maker") -> str:
    return (
        "INSERT INTO approval (act_id, kind, digest, maker, checker, approved_at, signature) "
        f"SELECT a.id, a.kind, a.digest, {maker}, {checker}, 'now', '' FROM act a "
        f"WHERE a.id = {act}"
    )


def another_run(act: str, act_kind: str) -> str:
    return another("run", "kind = 'final'", id="1000", number="9", published_act=act,
                   published_act_kind=act_kind)  # fmt: skip


def entry(number: str, previous: str) -> str:
    last = "number = (SELECT max(number) FROM journal_entry)"
    return another("journal_entry", last, number=number, previous_hash=previous)


ATTACKS: dict[str, str] = {
    # The journal.
    "an entry is rewritten": "UPDATE journal_entry SET content = '{}' WHERE number = 1",
    "an entry is deleted": "DELETE FROM journal_entry WHERE number = 1",
    "an entry is put in with a gap": entry("number + 2", "hash"),
    "an entry does not follow": entry("number + 1", "'0000'"),
    "a posting is rewritten": "UPDATE posting SET amount_minor = 2 * amount_minor",
    "a posting is deleted": "DELETE FROM posting",
    "a posting is added to an entry": "INSERT INTO posting (entry, line, account, amount_minor) "
    "SELECT entry, max(line) + 1, max(account), 5 FROM posting GROUP BY entry LIMIT 1",
    "an account is renamed": "UPDATE account SET code = code || 'x'",
    # Two people.
    "the maker approves": approval("a.maker"),
    "the maker approves as another's maker": approval("'P1'", maker="'P2'"),
    "nobody approves": approval("'P9'"),
    "somebody without the right approves": approval("'P3'"),
    "somebody without the right proposes": another(
        "act", "state = 'proposed'", id="1000", maker="'P3'"
    ),
    "somebody who left approves": approval("'P4'"),
    "a withdrawn act is approved": approval("'P2'", act="{withdrawn}"),
    "the checker is changed": "UPDATE approval SET checker = maker",
    "an act is changed": "UPDATE act SET content = '{}' WHERE state = 'proposed'",
    "an act gets another maker": "UPDATE act SET maker = 'P2' WHERE state = 'proposed'",
    "an act is done without approval": "UPDATE act SET state = 'done' WHERE state = 'proposed'",
    "an act is proposed again": "UPDATE act SET state = 'proposed' WHERE state = 'withdrawn'",
    "an act begins done": another("act", "id = 1", id="1000", state="'done'"),
    "a person gets another key": "UPDATE person SET public_key = 'x' WHERE id = 'P1'",
    "a person admits another": "INSERT INTO person (id, public_key, identity_digest, state, since) "
    "VALUES ('P9', 'x', 'x', 'active', 'now')",
    "a person comes by another act": "INSERT INTO person (id, public_key, identity_digest, state, "
    "since, act_id) VALUES ('P9', 'x', 'x', 'active', 'now', {limits})",
    "a right is taken": "INSERT INTO person_right (person, \"right\") VALUES ('P1', 'x')",
    "the rules are changed": "UPDATE house_rules SET content = '{}'",
    "new rules come alone": "INSERT INTO house_rules (version, content, digest, since) "
    "VALUES (2, '{}', 'x', 'now')",
    "new rules come by another act": "INSERT INTO house_rules (version, content, digest, since, "
    "act_id) VALUES (2, '{}', 'x', 'now', {limits})",
    "a demo becomes a live house": "UPDATE house SET kind = 'live', clock_at = NULL",
    "a second house": "INSERT INTO house (id, name, kind, unit, opened_at) "
    "VALUES ('x', 'x', 'live', 'EUR', 'now')",
    "a limit comes by an act of another kind": "INSERT INTO pay_in_limit (participant, currency, "
    "limit_minor, limit_act, limit_act_kind) SELECT 1, 'EUR', 5, id, 'limits.change' FROM act "
    "WHERE kind = 'participant.admit'",
    "a quota comes by an act that is only proposed": "INSERT INTO border_quota (debtor_side, "
    "creditor_side, quota_minor, quota_act, quota_act_kind) "
    "VALUES ('A', 'B', 5, {proposed}, 'limits.change')",
    "a quota comes by an act that is done": "INSERT INTO border_quota (debtor_side, "
    "creditor_side, quota_minor, quota_act, quota_act_kind) "
    "VALUES ('A', 'B', 5, {limits}, 'limits.change')",
    "a right is taken by an act that is done": "INSERT INTO person_right (person, \"right\", "
    "act_id) SELECT 'P3', 'run.final', id FROM act WHERE kind = 'person.admit' LIMIT 1",
    # Firms and the register.
    "a firm gets another id": "UPDATE participant SET id = 'A9' WHERE id = 'A1'",
    "a firm comes by another act": another(
        "participant", "id = 'A1'", number="99", id="'A9'", admission_act="{limits}"
    ),
    "an agreement is put in": another(
        "agreement", "participant = 1", agreement="'X'", act_id="{limits}"
    ),
    "a name is rewritten": "UPDATE register SET content = 'Somebody Else' WHERE what = 'name'",
    "a commitment is rewritten": "UPDATE register SET commitment = 'x'",
    "a name is erased by one": "UPDATE register SET content = NULL, salt = NULL",
    "a name is erased by an act without a kind": "UPDATE register SET content = NULL, "
    "salt = NULL, erased_act = {limits}",
    # The gate.
    "a verdict is turned": "UPDATE verdict SET outcome = 'released' WHERE outcome = 'held'",
    "a verdict is deleted": "DELETE FROM verdict WHERE outcome = 'held'",
    "a list is made fresh": "UPDATE list_import SET dated = '2099-01-01T00:00:00.000000Z'",
    "a name is taken off a list": "DELETE FROM list_entry",
    # Obligations.
    **{
        f"the {column} of an obligation is changed": f"UPDATE obligation SET {column} = {value}"
        for column, value in {
            "amount_minor": "amount_minor + 1", "debtor": "creditor", "creditor": "debtor",
            "currency": "'USD'", "due_day": "1", "document": "'other'", "number": "number + 1000",
            "content_digest": "(SELECT content_digest FROM verdict ORDER BY id DESC LIMIT 1)",
        }.items()
    },
    "what is open rises": "UPDATE obligation SET open_minor = amount_minor "
    "WHERE open_minor < amount_minor",
    "an obligation is deleted": "DELETE FROM obligation",
    "an obligation enters from nowhere": "UPDATE obligation SET state = 'entered', said = 3 "
    "WHERE number = {registered}",
    "an obligation is discharged unseen": "UPDATE obligation SET state = 'discharged' "
    "WHERE number = {confirmed}",
    "an obligation comes back": "UPDATE obligation SET state = 'registered' "
    "WHERE number = {confirmed}",
    "one party's word confirms": "UPDATE obligation SET state = 'confirmed' "
    "WHERE number = {registered}",
    "what was said is rewritten": "UPDATE registration SET amount_minor = 1",
    "what happened is rewritten": "UPDATE obligation_event SET event = 'confirm'",
    # Into a run.
    "the registered enters": member(what="{registered}"),
    "the held enters": member(what="{held}", said="'held'"),
    "the held enters, called released": member(what="{held}", said="'held'", outcome="'held'"),
    "it enters by another's verdict": member(of="{registered}"),
    "it enters with other content": member(digest="v.content_digest", of="{registered}"),
    "it enters for more": member(amount="o.open_minor - 1"),
    "it enters a cycle that is cut off": member(cycle="'2026-01'"),
    "a member is changed": "UPDATE cycle_member SET open_minor = 1",
    "a member gets other content": "UPDATE cycle_member SET content_digest = "
    "(SELECT content_digest FROM obligation WHERE number = {confirmed})",
    "a member is deleted": "DELETE FROM cycle_member",
    "a member leaves by one": "UPDATE cycle_member SET left_why = 'error'",
    "a member leaves after the final run": "UPDATE cycle_member SET left_why = 'house review'",
    "a cycle leaps": "UPDATE cycle SET state = 'final' WHERE state = 'open'",
    "a cycle goes back": "UPDATE cycle SET state = 'open' WHERE id = '2026-01'",
    "a bound set is changed": "UPDATE cycle SET frozen_digest = 'x' WHERE id = '2026-01'",
    "a step is deleted": "DELETE FROM cycle_step",
    "the rates are changed": "UPDATE fixing SET rates = '{}'",
    "a final run without two": another_run("NULL", "NULL"),
    "a recast by nobody": another(
        "run", "kind = 'final'", id="1000", kind="'recast'", published_act="NULL",
        published_act_kind="NULL",
    ),
    "a recast by the final run's act": another("run", "kind = 'final'", id="1000",
                                               kind="'recast'"),
    "a recast by an earlier act": another(
        "run", "kind = 'final'", id="1000", kind="'recast'", published_act="{old_final}",
        published_act_kind="'run.recast'",
    ),
    "a final run by another act": another_run("{limits}", "'run.final'"),
    "a final run by an act without a kind": another_run("{limits}", "NULL"),
    "a final run by an earlier act": another_run("{old_final}", "'run.final'"),
    "a cycle is final without a run": "UPDATE cycle SET state = 'final' WHERE id = '2026-02'",
    "a run gets another result": "UPDATE run SET result_digest = 'x'",
    "a run discharges more": "INSERT INTO discharge (run, obligation, before_minor, "
    "set_off_minor, planned_minor) VALUES ({final}, {confirmed}, 5, 5, 0)",
    "a discharge is changed": "UPDATE discharge SET planned_minor = 0",
    "a run plans more": "INSERT INTO plan_line (run, participant, currency, pay_in_minor, "
    "pay_out_minor) VALUES ({final}, 1, 'USD', 0, 500)",
    # Out of the house.
    "a pay-out without a verdict": pay_out(verdict_id="1000000"),
    "a pay-out by another's verdict": pay_out(),
    "a pay-out of other content": pay_out(
        id="id + 1000", content_digest="(SELECT content_digest FROM obligation LIMIT 1)"
    ),
    "a pay-out begins released": pay_out(state="'released'", release_act="{limits}",
                                         release_act_kind="'payment.release'"),
    "a pay-out is raised": "UPDATE pay_out SET amount_minor = 2 * amount_minor",
    "a pay-out goes to another": "UPDATE pay_out SET participant = 1",
    "a pay-out is released by nobody": "UPDATE pay_out SET state = 'released'",
    "a pay-out is released by another act": "UPDATE pay_out SET state = 'released', "
    "release_act = {limits}, release_act_kind = 'payment.release'",
    "a pay-out is released by an earlier act": "UPDATE pay_out SET state = 'released', "
    "release_act = {old_release}, release_act_kind = 'payment.release' WHERE id = {out}",
    "a file leaves by an earlier act": made_up(
        "payment_file", cycle="'2026-01'", state="'released'", release_act="{old_release}",
        release_act_kind="'payment.release'",
    ),
    "a pay-out is released by an act as it is": "UPDATE pay_out SET state = 'released', "
    "release_act = {limits}, release_act_kind = 'limits.change'",
    "a pay-out is released by an act without a kind": "UPDATE pay_out SET state = 'released', "
    "release_act = {limits}",
    "a pay-out is released by an act that is only proposed": "UPDATE pay_out "
    "SET state = 'released', release_act = {proposed}, release_act_kind = 'payment.release'",
    "a pay-out is paid unreleased": "UPDATE pay_out SET state = 'paid', "
    "release_act = {limits}, release_act_kind = 'payment.release'",
    "a pay-out is deleted": "DELETE FROM pay_out",
    "a file leaves by nobody": made_up("payment_file", cycle="'2026-01'", state="'released'"),
    "a file leaves by an act without a kind": made_up(
        "payment_file", cycle="'2026-01'", state="'released'", release_act="{limits}"
    ),
    "border money leaves by nobody": made_up(
        "border_payment", cycle="'2026-01'", state="'released'"
    ),
    "border money leaves by an earlier act": made_up(
        "border_payment", cycle="'2026-01'", state="'released'", release_act="{old_release}",
        release_act_kind="'payment.release'",
    ),
    "money is exchanged by nobody": made_up("border_payment", cycle="NULL", state="'released'"),
    "border money leaves by another act": made_up(
        "border_payment", cycle="'2026-01'", state="'ready'", release_act="{limits}",
        release_act_kind="'payment.release'",
    ),
    "a pay-in is lowered": "UPDATE pay_in SET due_minor = 1",
    "money that came is changed": "UPDATE money_line SET amount_minor = amount_minor + 1",
    "what is missing is changed": f"UPDATE money_line SET amount_minor = -1 {MISSING}",
    "what is missing is called whole": "UPDATE money_line SET state = 'matched', "
    f"matched_minor = -amount_minor {MISSING}",
    "some of what is missing is called back": "UPDATE money_line "
    f"SET matched_minor = matched_minor + 1 {MISSING}",
    "what is missing is undone by nobody": "UPDATE money_line SET state = 'reversed', "
    f"reversed_by = 1 {MISSING}",
    "what is missing is returned": f"UPDATE money_line SET state = 'returned' {MISSING}",
    "a line that is missing is deleted": f"DELETE FROM money_line {MISSING}",
}  # fmt: skip

# SQLite alone knows these.
REPLACED: dict[str, str] = {
    name: statement.replace("INSERT", "REPLACE", 1)
    for name, statement in {
        "an entry is replaced": entry("1", "'0'"),
        "a posting is replaced": another("posting", "line = 1", amount_minor="7"),
        "a person is replaced": another("person", "id = 'P1'", public_key="'x'"),
        "a person is replaced by a key": another("person", "id = 'P1'", id="'P9'"),
        "a verdict is replaced": another("verdict", "outcome = 'held'", outcome="'released'"),
        "an obligation is replaced": another("obligation", "number = {registered}", debtor="3"),
        "a record is replaced": another("register", "what = 'name'", content="'Somebody Else'"),
        "a pay-out is replaced": another("pay_out", "id = {out}", amount_minor="7"),
        "a payment that left is replaced": another(
            "pay_out", "state = 'released'", id="1000 + id", state="'paid'"
        ),
        "what was asked is replaced": another(
            "obligation_event", "request IS NOT NULL", id="1000000 + id", event="'withdraw'"
        ),
        "a firm is replaced": another("participant", "id = 'A1'", number="99"),
    }.items()
}

REFUSALS = (sqlite3.IntegrityError, psycopg.errors.IntegrityError,
            psycopg.errors.InsufficientPrivilege)  # fmt: skip
SEATS = ["sqlite", "house's role", "owner"]


@dataclass
class Seat:
    """A house under way, and where the attacker sits."""

    made: MadeHouse
    connection: Any

    @property
    def is_sqlite(self) -> bool:
        return isinstance(self.connection, sqlite3.Connection)

    def attack(self, statement: str) -> int:
        """Run a statement and take it back; return how many rows it changed."""
        for short, long in NAMES.items():
            statement = statement.replace(short, long)
        if self.is_sqlite:
            self.connection.execute("BEGIN")
        try:
            return int(self.connection.execute(statement).rowcount)
        finally:
            self.connection.rollback()


def under_way(made: MadeHouse) -> None:
    """Up to pay-outs that are ready, a second cycle open, and acts and obligations of all kinds."""
    house, key = made.house, made.keys["P1"]
    for name in ("P3", "P4"):
        rights = list(ACTS) if name == "P4" else ["cycle.pause"]
        made.both(
            house.people.propose_person(
                name, name, f"paper {name}", SigningKey.new().public_key, rights, "P1", key
            )
        )
    made.both(house.people.propose_leave("P4", "P1", key))
    made.run_to_final()
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    made.both(house.settlement.propose_release(DATES.id, "B", "INR", "P1", key))
    house.settlement.went("B", "INR", 7, bank_reference="charges", reference="charges")
    house.cycles.open(LATER)
    made.both(house.participants.propose_limits("P1", key, pay_in=[("A1", "EUR", 5)]))
    taken_back = house.participants.propose_limits("P1", key, pay_in=[("A1", "EUR", 6)])
    house.people.withdraw(taken_back, "P1")
    for reference in ("confirmed", "registered", "held"):
        said = Registration(
            sender="A1", reference=reference, debtor="A2", creditor="A1", amount_minor=700,
            currency="EUR", due_date="2026-02-01", document=reference,
            trade=lawful("A", "A", reference),
        )  # fmt: skip
        if reference == "held":
            made.import_list([("Aster Foods", "")])
        number, _ = house.obligations.register(said)
        if reference != "registered":
            house.obligations.confirm(number, "A2", request=f"yes to {reference}")
    house.participants.propose_limits("P1", key, pay_in=[("A1", "EUR", 7)])


@pytest.fixture(scope="module", params=SEATS)
def seat(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seat]:
    """A house under way, and a plain connection to its database."""
    folder = tmp_path_factory.mktemp("attacked")
    if request.param == "sqlite":
        made = worked_house(folder / "house")
        under_way(made)
        path = folder / "house" / "house.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield Seat(made, connection)
        made.house.close()
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = postgres.make_house_database(server)
    made = worked_house(folder / "house", url=server.url(name, postgres.APPLICATION))
    under_way(made)
    role = postgres.OWNER if request.param == "owner" else postgres.APPLICATION
    with psycopg.connect(server.url(name, role)) as connection:
        postgres.tell(connection)
        yield Seat(made, connection)
    made.house.close()
    postgres.drop_database(server, name)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses(seat: Seat, attack: str) -> None:
    with pytest.raises(REFUSALS):
        seat.attack(ATTACKS[attack])


@pytest.mark.parametrize("attack", REPLACED)
def test_nothing_is_replaced(seat: Seat, attack: str) -> None:
    if seat.is_sqlite:
        with pytest.raises(sqlite3.IntegrityError):
            seat.attack(REPLACED[attack])


def test_the_attacks_are_ones(seat: Seat) -> None:
    """With triggers and foreign keys off nearly every attack goes through and changes a row: it
    is the guards that refuse them, no slip of the pen. The rest stand against a CHECK, which
    holds even then, and say so."""
    attacks = ATTACKS | (REPLACED if seat.is_sqlite else {})
    held = {}
    for name, statement in attacks.items():
        for short, long in NAMES.items():
            statement = statement.replace(short, long)
        with contextlib.suppress(Undo), as_owner(seat.made.house.database) as unit:
            try:
                changed = unit.connection.exec_driver_sql(statement).rowcount
            except Exception as error:
                held[name] = str(getattr(error, "orig", error))
                raise Undo from None
            assert changed > 0, name
            raise Undo
    for name, said in held.items():
        assert "check constraint" in said.lower(), (name, said)
    assert len(held) < len(attacks) / 4, held


def test_no_two_payments_that_left_bear_one_id(seat: Seat) -> None:
    """The index holds by itself: without any guard, whoever owns the tables is refused as well."""
    first = "(SELECT min(id) FROM pay_out WHERE state = 'released')"
    ready = another("pay_out", f"id = {first}", id="1000 + id", state="'ready'")
    attacks = {
        "left": [another("pay_out", f"id = {first}", id="1000 + id")],
        "leaves": [ready, f"UPDATE pay_out SET state = 'released' WHERE id = 1000 + {first}"],
    }
    said = {}
    for name, statements in attacks.items():
        with contextlib.suppress(Undo), as_owner(seat.made.house.database) as unit:
            for statement in statements[:-1]:
                assert unit.connection.exec_driver_sql(statement).rowcount == 1
            try:
                unit.connection.exec_driver_sql(statements[-1])
            except sa.exc.IntegrityError as error:
                said[name] = str(error.orig)
            raise Undo
    assert said.keys() == attacks.keys()
    assert all("end_to_end" in one or "uq_pay_out_left" in one for one in said.values()), said


class Undo(Exception):
    """Take back what was just done."""


def test_what_the_house_does_is_not_refused(seat: Seat) -> None:
    """The house goes on: a release by two people, what the bank paid, the close."""
    made = seat.made
    seat.connection.rollback()
    made.import_list()
    made.both(
        made.house.settlement.propose_release(DATES.id, "A", "EUR", "P1", made.keys["P1"])
    )
    with made.house.database.read() as unit:
        released = find_all(unit, metadata.tables["pay_out"], state="released")
    for one in released:
        made.house.settlement.sent(one.side, one.currency, one.id, bank_reference=f"out {one.id}")
    made.house.cycles.close(DATES.id)
    with made.house.database.read() as unit:
        assert unit.connection.exec_driver_sql(
            "SELECT count(*) FROM cycle WHERE state = 'closed'"
        ).scalar() == 1


def test_a_restored_house_does_not_resume_by_itself(tmp_path: Path, database_url: str) -> None:
    """Made read-only it stays so, until two people let it resume."""
    made = MadeHouse(tmp_path / "house", url=database_url)
    house = metadata.tables["house"]
    with made.house.database.unit("restore") as unit:
        change(unit, house, {}, read_only=1)
    with (
        pytest.raises(Conflict, match="two people let it resume"),
        made.house.database.unit("attack") as unit,
    ):
        change(unit, house, {}, read_only=0)
