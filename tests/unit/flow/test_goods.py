# SPDX-License-Identifier: Apache-2.0
"""Goods and papers of obligations: said, digested, judged by both sides' packs, held in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse, lawful
from tests.made_obligations import filed, said, states

from skontro.core.errors import Rejected
from skontro.house.trade import NOTHING, LineSaid, TradeSaid
from skontro.store.rows import find_all
from skontro.store.schema import obligation, obligation_line, obligation_trade, verdict

GOOD = lawful("A", "B", "1")
SEVERAL = replace(GOOD, code="", lines=(
    LineSaid(70_00, "300490", "7", "H87", "1.5"), LineSaid(20_00, "300410", origin="US"),
    LineSaid(10_00, "901890", "2", "H87"),
))  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.admit_firms()
    return made


def verdicts(made: MadeHouse) -> list[tuple[str, list[str]]]:
    """Outcome and codes of the reasons of each obligation's last verdict."""
    with made.house.database.read() as unit:
        rows = find_all(unit, verdict, order=["id"], subject_kind="obligation")
    last = {row.subject: row for row in rows}
    return [
        (row.outcome, [one["code"] for one in json.loads(row.reasons)])
        for _, row in sorted(last.items())
    ]


CASES: list[tuple[str, TradeSaid, str, list[str]]] = [
    ("lawful", GOOD, "released", []),
    ("lines", SEVERAL, "released", []),
    ("a line without a rule",
     replace(SEVERAL, lines=(*SEVERAL.lines[:2], LineSaid(1000, "870323"))), "held", ["NoRule"]),
    ("lines for less", replace(SEVERAL, lines=SEVERAL.lines[1:]), "held", ["AmountAboveLines"]),
    ("lines for more", replace(SEVERAL, lines=SEVERAL.lines * 2), "held", ["LinesAboveAmount"]),
    ("nothing said", NOTHING, "held", ["NoCode", "UnknownKind"]),
    ("no kind", replace(GOOD, kind=""), "held", ["UnknownKind"]),
    ("no paper", replace(GOOD, papers=()), "held", ["PaperMissing"]),
    ("no date", replace(GOOD, paper_date=""), "held", ["PaperMissing"]),
    ("no original", replace(GOOD, paper_digest=""), "held", ["PaperMissing"]),
    ("no rule", replace(GOOD, code="870323"), "held", ["NoRule"]),
    ("arms", replace(GOOD, code="930190"), "held", ["NeedsLicence", "NoLicence", "NoRule"]),
]  # fmt: skip


@pytest.mark.parametrize(("trade", "outcome", "codes"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_one_by_one_and_by_file_alike(
    made: MadeHouse, trade: TradeSaid, outcome: str, codes: Sequence[str]
) -> None:
    """The same verdict, digest and rows, whether it is said by hand or in a file."""
    one = said("B1", "1", trade=trade)
    made.house.obligations.register(one)
    made.house.obligations.import_file(filed(replace(one, reference="2", document="INV-2")))
    assert {(outcome, tuple(sorted(set(codes)))) } == {
        (was, tuple(sorted(set(why)))) for was, why in verdicts(made)
    }  # fmt: skip
    with made.house.database.read() as unit:
        rows = [tuple(row)[1:] for row in find_all(unit, obligation_trade)]
        lines = [tuple(row)[1:] for row in find_all(unit, obligation_line, order=["line"])]
    assert len(rows) == 2 * trade.is_said
    assert len(set(rows)) <= 1
    assert len(lines) == 2 * len(trade.lines)
    assert len(set(lines)) == len(trade.lines)


def test_the_same_file_again_has_no_effect(made: MadeHouse) -> None:
    table = filed(said("B1", "1", trade=GOOD), said("B1", "2", document="2", trade=NOTHING))
    first = made.house.obligations.import_file(table)
    assert (first.opened, first.held) == (2, 1)
    assert made.house.obligations.import_file(table).repeated == 2
    other = filed(said("B1", "1", trade=replace(GOOD, quantity="11")))
    assert made.house.obligations.import_file(other).rejections.num_rows == 1
    assert made.house.obligations.register(said("B1", "1", trade=GOOD))[1] == "registered"


def test_many_are_read_as_few_are(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any order, of some of them, and of what nothing is said or nobody knows."""
    trades = [GOOD, SEVERAL, NOTHING, replace(GOOD, kind=""), GOOD, replace(GOOD, paper_date=""),
              replace(SEVERAL, lines=SEVERAL.lines[::-1])]  # fmt: skip
    made.house.obligations.import_file(filed(*(
        said("B1", str(place), document=str(place), trade=one)
        for place, one in enumerate(trades)
    )))  # fmt: skip
    with made.house.database.read() as unit:
        known = {row.number: row.document for row in find_all(unit, obligation)}
    wanted = [*sorted(known, reverse=True), 999]
    for few in (200, 0):
        monkeypatch.setattr("skontro.store.trades._FEW", few)
        with made.house.database.read() as unit:
            found = made.house.goods.trades_of(unit, wanted)
        assert [found.digested(place) for place in range(len(wanted))] == [
            trades[int(known[number])].digested if number in known else () for number in wanted
        ]  # fmt: skip


def test_it_is_part_of_the_content(made: MadeHouse) -> None:
    """Every single thing said changes the digest of what the gate judges."""
    changes: list[dict[str, Any]] = [
        {"kind": "services"}, {"code": "300410"}, {"quantity": "11"}, {"unit": "H87"},
        {"weight": "1"}, {"origin": "US"}, {"transit": "TR"}, {"destination": "DE"},
        {"end_use": "food"}, {"papers": (("customs_declaration", "other"),)},
        {"papers": (("tax_invoice", "P 1"),)}, {"paper_date": "2025-12-02"},
        {"paper_issuer": "x"}, {"paper_digest": "cd" * 32}, {"papers_due": "2026-05-01"},
    ]  # fmt: skip
    lines = [
        SEVERAL.lines[::-1], SEVERAL.lines[:2],
        *((SEVERAL.lines[0], replace(SEVERAL.lines[1], **one)) for one in (
            {"value_minor": 1}, {"code": "300420"}, {"quantity": "1"}, {"unit": "H87"},
            {"weight": "1"}, {"origin": "DE"}, {"transit": "TR"}, {"destination": "DE"},
            {"end_use": "food"},
        )),
    ]  # fmt: skip
    trades = [GOOD, *(replace(GOOD, **one) for one in changes), SEVERAL,
              *(replace(SEVERAL, lines=one) for one in lines)]  # fmt: skip
    made.house.obligations.import_file(filed(*(
        said("B1", str(place), document=str(place), trade=trade)
        for place, trade in enumerate(trades)
    )))  # fmt: skip
    bodies = {said("B1", "1", trade=trade).body_digest for trade in trades}
    assert len(bodies) == len(trades)
    from skontro.house.obligations import content_digest

    with made.house.database.read() as unit:
        rows = find_all(unit, obligation, order=["number"])
        for row in rows:
            digested = made.house.goods.trades_of(unit, [row.number]).digested(0)
            assert bytes(row.content_digest) == content_digest(
                row.number, row.debtor, row.creditor, row.amount_minor, row.currency,
                row.due_day, row.document, row.document_day, digested,
            )  # fmt: skip
    assert len(rows) == len(trades)


def test_two_parties_say_what_it_is_for(made: MadeHouse) -> None:
    """One's word is enough; where they differ, it is held; the answer that says more counts."""
    book = made.house.obligations
    for name in "1234":
        trade = GOOD if name in "13" else NOTHING
        book.register(said("A1", name, document=name, trade=trade))
    book.import_file(filed(
        said("B1", "1", document="1", trade=NOTHING), said("B1", "2", document="2", trade=GOOD),
        said("B1", "3", document="3", trade=replace(GOOD, code="870323")),
    ))  # fmt: skip
    book.register(said("B1", "4", document="4", trade=GOOD))
    book.match()
    assert states(made, *(f"B1/{name}" for name in "1234"))[:3] == ["confirmed"] * 3
    with made.house.database.read() as unit:
        found = {
            row.document: row.number
            for row in find_all(unit, obligation, order=["number"], state="confirmed")
        }
        rows = find_all(unit, verdict, order=["id"], subject_kind="obligation")
    outcome = {row.subject: row.outcome for row in rows}
    assert {document: outcome[number] for document, number in found.items()} == {
        "1": "released", "2": "released", "3": "held", "4": "released",
    }  # fmt: skip


def test_a_side_without_a_pack_holds(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.adopt_packs("A")
    made.admit_firms()
    made.house.obligations.register(said("B1", "1", trade=GOOD))
    ((outcome, codes),) = verdicts(made)
    assert (outcome, "NoPack" in codes) == ("held", True)
    made.adopt_packs("B")
    made.house.obligations.confirm(1, "A1")
    made.open_cycle()
    made.until(DATES.cut_off_at)
    assert made.house.cycles.cut_off(DATES.id)["entered"] == 1


def test_a_pack_that_allows_everything_is_refused(made: MadeHouse) -> None:
    text = b"""[pack]
id = "all"
version = "1"
dated = 2026-01-01
title = "everything"
valid_from = 2000-01-01

[[rule]]
hs = [""]
verdict = "allow"
name = "everything"
"""
    with pytest.raises(Rejected):
        made.house.goods.propose_pack("A", text, "P1", made.keys["P1"])
    with pytest.raises(Rejected):
        made.house.goods.propose_pack("A", text.replace(b'[""]', b'["3"]'), "P1", made.keys["P1"])
