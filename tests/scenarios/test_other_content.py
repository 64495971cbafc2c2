# SPDX-License-Identifier: Apache-2.0
"""What the tables say of an obligation and nobody said: it is held, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_authorities import all_replay, cut_off, registered_house, said_of
from tests.made_house import DATES
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

from skontro.flow.verdict_replay import replay_verdicts
from skontro.house.trade import NOTHING
from skontro.store.rows import find_all
from skontro.store.schema import verdict

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
