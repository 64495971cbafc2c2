# SPDX-License-Identifier: Apache-2.0
"""What the tables say of an obligation and nobody said: it is held, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.made_authorities import all_replay, cut_off, registered_house, said_of
from tests.made_authorities import owed as owed_plain
from tests.made_house import DATES, MadeHouse, lawful
from tests.owner import as_owner
from tests.scenarios.test_several_lines import (
    DEVICES,
    FOOD,
    MEDICINE,
    adopted,
    owed,
    texts_of,
    trade,
)

from skontro.flow.obligations import Registration
from skontro.flow.verdict_replay import replay_verdicts
from skontro.house.obligations import content_digest
from skontro.house.trade import NOTHING
from skontro.store.database import Unit
from skontro.store.rows import find, find_all, insert
from skontro.store.schema import obligation, obligation_trade, registration, verdict

TOLERANT = {"amount_minor = 0 ": "amount_minor = 10 "}

OTHER_TERMS = (
    "SELECT terms FROM obligation_line WHERE obligation = {two} AND line = 2"
)  # fmt: skip
WRITTEN = [
    pytest.param(["UPDATE obligation_line SET value_minor = 1900 WHERE obligation = {one} AND "
                  "line = 2"], id="the value of a line"),
    pytest.param([f"UPDATE obligation_line SET terms = ({OTHER_TERMS}) WHERE obligation = {{one}} "
                  "AND line = 1"], id="where a line comes from"),
    pytest.param(["UPDATE obligation_line SET quantity_milli = 1 WHERE obligation = {one} AND "
                  "line = 3"], id="how much a line is"),
    pytest.param(["UPDATE obligation_line SET line = line + 3 WHERE obligation = {one} AND "
                  "line = 1"], id="the order of lines"),
    pytest.param(["UPDATE obligation_trade SET numbers = 'P 9' WHERE obligation = {one}"],
                 id="the number of a paper"),
    pytest.param(["UPDATE obligation SET currency = 'INR' WHERE number = {one}"],
                 id="the currency"),
    pytest.param(["UPDATE obligation SET amount_minor = 10001 WHERE number = {one}"],
                 id="the amount"),
    pytest.param(["UPDATE obligation SET document = 'inv 9' WHERE number = {one}"],
                 id="the invoice"),
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_what_the_owner_of_the_tables_wrote_is_not_entered(
    tmp_path: Path, written: list[str]
) -> None:
    """It was released for what both parties said; with one thing changed it is held, the one beside
    it is entered, and replay names both verdicts."""
    made = registered_house(tmp_path / "house")
    lines = [MEDICINE, DEVICES, FOOD]
    owed(made, "m1", trade("m1", lines))
    owed(made, "m2", trade("m2", [MEDICINE, replace(DEVICES, origin="US"), FOOD]))
    assert said_of(made, "m1") == said_of(made, "m2") == ("released", [])
    names = {"one": made.number["m1"], "two": made.number["m2"]}
    with as_owner(made.house.database) as unit:
        for text in written:
            changed = unit.connection.exec_driver_sql(text.format(**names))
            assert changed.rowcount == 1
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "m2") == ("released", [])
    outcome, codes = said_of(made, "m1")
    assert (outcome, "ContentChanged" in codes) == ("held", True)
    wrong = [one for one in replay_verdicts(made.house) if not one.agrees]
    with made.house.database.read() as unit:
        about = {row.id for row in find_all(unit, verdict, subject_kind="obligation",
                                            subject=made.number["m1"])}  # fmt: skip
    assert {one.id for one in wrong} == about


def test_what_neither_party_said_is_not_said_by_a_row(tmp_path: Path, database_url: str) -> None:
    """By the house's own connection, no guard dropped: rows for an obligation of which nothing was
    said, taken from one that passes. It stays held, under the same name, cycle after cycle."""
    made = registered_house(tmp_path / "house", url=database_url)
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD]))
    owed(made, "m2", NOTHING)
    assert said_of(made, "m2") == ("held", ["NoCode", "UnknownKind"])
    all_replay(made)
    one, two = made.number["m1"], made.number["m2"]
    with made.house.database.unit("test") as unit:
        for table, columns in (
            ("obligation_trade",
             "terms, quantity_milli, weight_g, paper_day, numbers, issuer, originals"),
            ("obligation_line", "line, terms, quantity_milli, weight_g, value_minor"),
        ):  # fmt: skip
            unit.connection.exec_driver_sql(
                f"INSERT INTO {table} (obligation, {columns}) SELECT {two}, {columns} FROM {table} "
                f"WHERE obligation = {one}"
            )
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "m2") == ("held", ["ContentChanged"])
    assert texts_of(made, "m2") == ["the tables do not say what was said of it"]
    assert made.house.obligations.why_not(two, "A1") == "not in this cycle: house review"


def test_one_with_other_lines_stops_nobody_else(tmp_path: Path, database_url: str) -> None:
    """Goal: what somebody wrote about the lines of one obligation holds that one alone. Method: by
    the house's own connection, lines too many, of terms that are not there, and of terms that
    nobody can read; by the owner of the tables, lines that are missing, one and all. Each is held
    and says so to compliance; the one beside them is entered."""
    made = registered_house(tmp_path / "house", url=database_url)
    for name in ("more", "nowhere", "unreadable", "fewer", "none", "whole"):
        owed(made, name, trade(name, [MEDICINE, DEVICES, FOOD]))
    of = dict(made.number)
    line = "INSERT INTO obligation_line VALUES"
    with made.house.database.unit("test") as unit:
        for text in (
            f"{line} ({of['more']}, 4, 1, 0, 0, 5)",
            f"{line} ({of['nowhere']}, 4, 999, 0, 0, {2**62 - 1})",
            "INSERT INTO trade_terms (id, content, digest) VALUES (998, '{\"code\": [', 'x')",
            f"{line} ({of['unreadable']}, 4, 998, 0, 0, 5)",
        ):
            unit.connection.exec_driver_sql(text)
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            f"DELETE FROM obligation_line WHERE obligation = {of['fewer']} AND line = 2 "
            f"OR obligation = {of['none']}"
        )
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "whole") == ("released", [])
    changed = [name for name in of if name != "whole"]
    assert [said_of(made, name) for name in changed] == [("held", ["ContentChanged"])] * 5
    (fault,) = made.house.gate.faults()
    assert (fault["fault"], fault["obligations"]) == (
        "ContentChanged", [of[name] for name in changed]
    )  # fmt: skip
    assert {made.house.obligations.why_not(of[name], "A1") for name in changed} == {
        "not in this cycle: house review"
    }
    assert made.house.journal.verify().ok


KINDS = ("hand", "file", "near", "near file")


def of_every_kind(made: MadeHouse) -> list[str]:
    """Two of each way in which two parties come to stand by an obligation, one to be forged."""
    house, near = made.house, list[Registration]()
    for kind, more in product(KINDS, ("", " forged")):
        name = kind + more
        by_creditor = Registration(
            "A1", name, "B1", "A1", 100_00, "EUR", "2026-01-10", f"inv {name}", "2025-12-10",
            lawful("B", "A", name),
        )  # fmt: skip
        by_debtor = replace(by_creditor, sender="B1")
        if "near" in kind:
            by_debtor = replace(by_debtor, amount_minor=99_95, due_date="2026-01-12",
                                document_date="2025-12-12", trade=NOTHING)  # fmt: skip
        if kind == "hand":
            house.obligations.confirm(house.obligations.register(by_creditor)[0], "B1")
        elif kind == "near":
            house.obligations.register(by_creditor)
            house.obligations.register(by_debtor)
        else:
            near += [by_creditor, by_debtor]
    house.obligations.import_file(pa.Table.from_pylist([as_row(one) for one in near]))
    assert house.obligations.match()["near"] == 2
    names = [kind + more for kind in KINDS for more in ("", " forged")]
    with house.database.read() as unit:
        rows = find_all(unit, obligation, state="confirmed")
    made.number |= {row.document.removeprefix("inv "): row.number for row in rows}
    assert sorted(made.number) == sorted(names)
    return names


def as_row(said: Registration) -> dict[str, object]:
    """A registration as a row of a table; what it is for is said by whoever is owed."""
    trade = said.trade
    return {
        "sender": said.sender, "reference": said.reference, "debtor": said.debtor,
        "creditor": said.creditor, "amount_minor": said.amount_minor, "currency": said.currency,
        "due_date": said.due_date, "document": said.document,
        "document_date": said.document_date, "kind": trade.kind, "code": trade.code,
        "origin": trade.origin, "destination": trade.destination, "end_use": trade.end_use,
        "paper_date": trade.paper_date, "paper_issuer": trade.paper_issuer,
        "paper_digest": trade.paper_digest,
        "customs_declaration": dict(trade.papers).get("customs_declaration", ""),
    }  # fmt: skip


def rewritten(made: MadeHouse, name: str, *, verdicts: bool, words: bool = False) -> None:
    """Let the owner of the tables write another amount and another paper, with every digest that
    stands with the obligation; with those of its verdicts too, and of its words, if asked to."""
    house, number = made.house, made.number[name]
    with as_owner(house.database) as unit:
        run = unit.connection.exec_driver_sql
        run(f"UPDATE obligation SET amount_minor = 9000, open_minor = 9000 WHERE number = {number}")
        run(f"UPDATE obligation_trade SET numbers = 'P 9' WHERE obligation = {number}")
        run(f"UPDATE registration SET amount_minor = 9000 WHERE obligation = {number}")
        digested(made, unit, number, verdicts=verdicts, words=words)


def digested(
    made: MadeHouse, unit: Unit, number: int, *, verdicts: bool, words: bool
) -> None:
    """Write every digest that stands with an obligation as its rows are now, as asked."""
    one = find(unit, obligation, number=number)
    digest = content_digest(
        number, one.debtor, one.creditor, one.amount_minor, one.currency, one.due_day,
        one.document, one.document_day, made.house.goods.trades_of(unit, [number]).digested(0),
    )  # fmt: skip
    tables = [(obligation, obligation.c.number == number)]
    if verdicts:
        mine = (verdict.c.subject_kind == "obligation") & (verdict.c.subject == number)
        tables.append((verdict, mine))
    for table, which in tables:
        assert unit.run(sa.update(table).where(which).values(content_digest=digest))
    if words:
        own = registration.c.obligation == number
        assert unit.run(sa.update(registration).where(own).values(body_digest=digest))


@pytest.mark.parametrize("verdicts", [False, True])
def test_a_content_rewritten_with_its_digest_is_not_entered(
    tmp_path: Path, database_url: str, verdicts: bool
) -> None:
    """Goal: rows and digests that agree with each other, and that nobody said, enter nothing.
    Method: the owner of the tables rewrites an obligation that one party said and the other
    confirmed, one that both said in a file, and two put together within tolerance, by hand and in a
    file; with the digests of their verdicts or without. One of each kind is left as it is, and then
    a credit note's opposite is rewritten too."""
    made = registered_house(tmp_path / "house", url=database_url, changes=TOLERANT)
    names = of_every_kind(made)
    for name in names:
        if name.endswith("forged"):
            rewritten(made, name, verdicts=verdicts)
    assert cut_off(made)["entered"] == len(names) // 2
    assert {name: said_of(made, name) for name in names} == {
        name: ("held", ["ContentChanged"]) if name.endswith("forged") else ("released", [])
        for name in names
    }
    (fault,) = made.house.gate.faults()
    assert fault["obligations"] == sorted(
        made.number[name] for name in names if name.endswith("forged")
    )
    credit = made.house.obligations.credit(made.number["hand"], "A1", "CN 1", 40_00)
    made.number["back"] = int(str(credit["opposite"]))
    judge_again(made, "back")
    assert said_of(made, "back") == ("released", [])
    rewritten(made, "back", verdicts=verdicts, words=verdicts)
    judge_again(made, "back")
    assert said_of(made, "back") == ("held", ["ContentChanged"])


def judge_again(made: MadeHouse, name: str) -> None:
    with made.house.database.unit("look", exclusive=True) as unit:
        made.house.authorities.judge_numbers(unit, [made.number[name]])


@pytest.mark.parametrize(
    ("columns", "words"),
    [({"document": "inv 9"}, False), ({"due_day": 20_500}, False),
     ({"debtor": "B2"}, True), ({"creditor": "A2"}, True), ({"currency": "INR"}, True),
     ({"amount_minor": 50_00, "open_minor": 50_00}, True)],
)  # fmt: skip
def test_what_makes_good_is_what_its_note_says(
    opposed: MadeHouse, columns: dict[str, object], words: bool
) -> None:
    """The owner of the tables rewrites the opposite of a credit note, with all digests that stand
    with it; those of its words too where its parties, its currency or its amount are others."""
    number, house = opposed.number["back"], opposed.house
    with as_owner(house.database) as unit:
        before = dict(find(unit, obligation, number=number)._mapping)
        firms = {name: house.participants.row(unit, name).number for name in ("A2", "B2")}
    columns = {name: firms.get(str(value), value) for name, value in columns.items()}
    for written, outcome in ((columns, "held"), ({name: before[name] for name in columns},
                                                 "released")):  # fmt: skip
        with as_owner(house.database) as unit:
            mine = obligation.c.number == number
            assert unit.run(sa.update(obligation).where(mine).values(**written))
            digested(opposed, unit, number, verdicts=True, words=words)
        judge_again(opposed, "back")
        assert said_of(opposed, "back")[0] == outcome


@pytest.fixture(scope="module")
def opposed(tmp_path_factory: pytest.TempPathFactory) -> MadeHouse:
    """B1 owes A1 100; a credit note of 40 after the cut-off is made good by an opposite."""
    made = registered_house(tmp_path_factory.mktemp("opposed") / "house")
    owed_plain(made, "m1", "B1", "A1", 100)
    assert cut_off(made)["entered"] == 1
    credit = made.house.obligations.credit(made.number["m1"], "A1", "CN 1", 40_00)
    made.number["back"] = int(str(credit["opposite"]))
    judge_again(made, "back")
    assert said_of(made, "back") == ("released", [])
    return made


def test_a_row_that_no_registration_stands_behind_is_not_entered(
    tmp_path: Path, database_url: str
) -> None:
    """A whole obligation that nobody ever said, with the verdict and the goods of one that passes,
    written by the owner of the tables; and nothing is made of words that were rewritten."""
    made = registered_house(tmp_path / "house", url=database_url, changes=TOLERANT)
    owed_plain(made, "m1", "A1", "B1", 100)
    number = made.number["m1"]
    with as_owner(made.house.database) as unit:
        one = dict(find(unit, obligation, number=number)._mapping)
        own = dict(find(unit, verdict, subject_kind="obligation", subject=number)._mapping)
        goods = dict(find(unit, obligation_trade, obligation=number)._mapping)
        content = content_digest(
            900, one["debtor"], one["creditor"], 77_00, "EUR", one["due_day"], "inv 9",
            one["document_day"], made.house.goods.trades_of(unit, [number]).digested(0),
        )  # fmt: skip
        insert(unit, obligation, **one | {"number": 900, "document": "inv 9", "open_minor": 77_00,
                                          "amount_minor": 77_00, "content_digest": content})
        insert(unit, verdict, **own | {"id": 0, "subject": 900, "content_digest": content})
        insert(unit, obligation_trade, **goods | {"obligation": 900})
    made.number["made up"] = 900
    said = Registration("B1", "w", "A1", "B1", 50_00, "EUR", "2026-01-10", "inv w", "2025-12-10",
                        lawful("A", "B", "w"))  # fmt: skip
    made.number["w"] = made.house.obligations.register(said)[0]
    rewritten(made, "w", verdicts=True)
    other = made.house.obligations.register(replace(
        said, sender="A1", amount_minor=90_05, trade=NOTHING
    ))[0]
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "made up") == ("held", ["ContentChanged"])
    show = made.house.obligations.show
    assert [show(each)["state"] for each in (made.number["w"], other)] == ["registered"] * 2


def test_a_change_after_the_cut_off_takes_it_out(tmp_path: Path) -> None:
    """Goods are looked at again before the preliminary run, for a pack that changed: what has other
    rows by then leaves, and what has not goes on."""
    made = registered_house(tmp_path / "house")
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD]))
    owed(made, "m2", trade("m2", [MEDICINE, DEVICES, FOOD]))
    assert cut_off(made)["entered"] == 2
    with as_owner(made.house.database) as unit:
        unit.connection.exec_driver_sql(
            f"UPDATE obligation_line SET weight_g = 8 WHERE obligation = {made.number['m1']}"
        )
    adopted(made, "A", '\n[[rule]]\nhs = ["01"]\nverdict = "allow"\nname = "live animals"\n')
    made.house.cycles.preliminary(DATES.id)
    book = made.house.obligations
    assert [book.show(made.number[name])["state"] for name in ("m1", "m2")] == [
        "confirmed", "entered",
    ]  # fmt: skip
    assert said_of(made, "m1") == ("held", ["ContentChanged"])
