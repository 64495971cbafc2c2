# SPDX-License-Identifier: Apache-2.0
"""Names that nobody can compare: as a firm, as an owner and as a payer, held with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.made_house import PASSPHRASE, MadeHouse, make_firms

from skontro.cli import main
from skontro.core.errors import Forbidden, Rejected
from skontro.house.firms import Firm, Owner
from skontro.ops.keys import SigningKey
from skontro.store.rows import find_all
from skontro.store.schema import verdict

NAMES = {
    "10,000 characters": ("x" * 10_000, "longer than 400"),
    "10,000 characters in words": ("Alder " * 1667, "longer than 400"),
    "right to left": ("Alder\u202eamrahP", "U+202E"),
    "a mark of direction": ("\u200fAlder Pharma", "U+200F"),
    "no width": ("Al\u200bder Phar\u200dma", "U+200B, U+200D"),
    "a byte order mark": ("\ufeffAlder Pharma", "U+FEFF"),
    "a control": ("Alder\x07 Pharma", "U+0007"),
    "a line break": ("Alder\nBakul Mills", "U+000A|U+FFFD"),
    "another line break": ("Alder\u2028Bakul Mills", "U+2028"),
    "signs alone": ("--- (...) ---", "nothing to compare"),
    "unseen alone": ("\u200b\u200b", "nothing to compare"),
}
"""A name, and what of the reason there must be."""

ADA = replace(make_firms()[0], accounts={})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeHouse:
    found = MadeHouse(tmp_path_factory.mktemp("names") / "house")
    found.import_list([("Bakul Mills", "")])
    found.adopt_packs()
    return found


def said(reasons: list[dict[str, Any]], wanted: str) -> bool:
    texts = [one["text"] for one in reasons if one["code"] == "CannotCompare"]
    return any(part in text for text in texts for part in wanted.split("|"))


def not_admitted(made: MadeHouse, firm: Firm, wanted: str) -> None:
    """The second signature is refused; compliance reads why, and the name stands nowhere."""
    by = ("P1", made.keys["P1"])
    before = len(made.house.gate.faults(most=1000))
    act = made.house.participants.propose_admission([firm], *by)
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    noted = made.house.gate.faults(most=1000)[: -before or None]
    assert [one["fault"] for one in noted] == ["CannotCompare"]
    assert any(part in noted[0]["where"] for part in wanted.split("|"))
    assert "Alder" not in noted[0]["where"]
    with made.house.database.read() as unit:
        assert firm.id not in {one.id for one in made.house.participants.table(unit)}


@pytest.mark.parametrize("kind", NAMES)
def test_a_firm_is_not_admitted(made: MadeHouse, kind: str) -> None:
    name, wanted = NAMES[kind]
    not_admitted(made, replace(ADA, id="N1", name=name), wanted)


@pytest.mark.parametrize("kind", NAMES)
def test_a_firm_of_such_an_owner_is_not_admitted(made: MadeHouse, kind: str) -> None:
    name, wanted = NAMES[kind]
    firm = replace(ADA, id="N2", name="Nightjar Foods", owners=(Owner(name, "60", "person"),))
    if "\n" in name:
        with pytest.raises(Rejected, match="owner: name"):
            made.house.participants.propose_admission([firm], "P1", made.keys["P1"])
        return
    not_admitted(made, firm, wanted)


@pytest.mark.parametrize("kind", NAMES)
def test_a_payer_is_held(made: MadeHouse, kind: str) -> None:
    """Money that came is taken in whatever its payer is called: it waits, and why is written."""
    name, wanted = NAMES[kind]
    line = made.house.settlement.receive(
        "A", "EUR", 5_000, bank_reference=kind, reference="nobody knows", payer=name
    )
    assert line["state"] == "suspense"
    with made.house.database.read() as unit:
        (row,) = find_all(unit, verdict, subject_kind="payer", subject=line["line"])
    assert row.outcome == "held"
    assert said(json.loads(row.reasons), wanted), row.reasons


def test_a_payer_without_a_name_is_held(made: MadeHouse) -> None:
    for name in ("", "  ", "\0"):
        line = made.house.settlement.receive(
            "A", "EUR", 5_000, bank_reference=f"none {name!r}", reference="nobody", payer=name
        )
        with made.house.database.read() as unit:
            (row,) = find_all(unit, verdict, subject_kind="payer", subject=line["line"])
        assert row.outcome == "held"


def test_compliance_reads_why_at_the_command_line(
    made: MadeHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence says that a name cannot be compared, not that the gate failed."""
    name = "Alder\u202eamrahP"
    not_admitted(made, replace(ADA, id="N3", name=name), "U+202E")
    key = made.house.folder.parent / "P1.pem"
    made.keys["P1"].save(key, PASSPHRASE)
    assert SigningKey.load(key, PASSPHRASE).public_key == made.keys["P1"].public_key
    (made.house.folder.parent / "words").write_text(PASSPHRASE, "utf-8")
    assert main([
        "gate", "cases", "list", "--as", "P1", "--key", str(key), "--passphrase-file",
        str(made.house.folder.parent / "words"), "--house", str(made.house.folder),
    ]) == 0  # fmt: skip
    text = capsys.readouterr().out
    assert "a name cannot be compared, journal entry" in text
    assert "U+202E" in text
    assert "gate itself failed" not in text
