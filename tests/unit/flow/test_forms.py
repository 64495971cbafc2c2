# SPDX-License-Identifier: Apache-2.0
"""How a sender writes tables is remembered; a dry run shows what would happen, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_house import MadeHouse

from skontro.core.errors import InvalidOptions, SkontroError
from skontro.messages.table_forms import PLAIN, TableForm
from skontro.store.rows import count
from skontro.store.schema import filing, obligation, registration, table_form, verdict

FORM = TableForm(columns={"amount": "Betrag"}, constants={"currency": "EUR"}, decimal=",")


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> MadeHouse:
    house = MadeHouse(tmp_path / "house", url=database_url)
    house.import_list()
    house.admit_firms()
    return house


def test_the_last_form_of_each_sender_counts(made: MadeHouse) -> None:
    forms = made.house.forms
    assert forms.of("A1") == forms.of("") == PLAIN
    forms.remember("A1", FORM, person="P1")
    forms.remember("A1", FORM)
    assert (forms.of("A1"), forms.of("A2")) == (FORM, PLAIN)
    forms.remember("A1", PLAIN)
    assert forms.of("A1") == PLAIN
    with made.house.database.read() as unit:
        assert count(unit, table_form) == 2
    with pytest.raises(InvalidOptions):
        forms.remember("A1", TableForm(decimal="x"))
    with pytest.raises(SkontroError):
        forms.remember("Z9", FORM)


def test_a_dry_run_of_a_table_is_exactly_what_happens(made: MadeHouse, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "sender;reference;debtor;creditor;Betrag;document\n"
        "A1;1;A2;A1;100,50;R1\nA2;2;A2;A1;100,50;R1\nA1;3;A2;A1;7.5;R3\nA1;1;A2;A1;100,50;R1\n"
        "A1;4;A2;Z9;1,00;R4\n"
    )
    tables = (filing, obligation, registration, verdict)

    def rows() -> list[int]:
        with made.house.database.read() as unit:
            return [count(unit, table) for table in tables]

    before = rows()
    dry = made.house.obligations.import_file(path, form=FORM, dry_run=True)
    assert rows() == before
    told = dry.as_json()
    assert [(one["row"], one["outcome"], one["amount_minor"]) for one in told["preview"]] == [
        (1, "new", 10_050), (2, "new", 10_050), (4, "repeated", 10_050), (5, "refused", 100),
    ]  # fmt: skip
    real = made.house.obligations.import_file(path, form=FORM).as_json()
    numbers = ("rows", "taken", "repeated", "opened", "confirmed", "refused", "rejections", "held")
    assert {name: told[name] for name in numbers} == {name: real[name] for name in numbers}
    assert (real["taken"], real["confirmed"], real["refused"]) == (2, 1, 2)
    assert "preview" not in real
    again = made.house.obligations.import_file(path, form=FORM, dry_run=True)
    assert (again.taken, again.repeated) == (0, 3)
