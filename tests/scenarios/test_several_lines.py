# SPDX-License-Identifier: Apache-2.0
"""Obligations of several lines: each passes the gate by itself, and the strictest counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest
import sqlalchemy as sa
from tests.made_authorities import (
    all_replay,
    cut_off,
    declared,
    entered_licence,
    licence,
    licensed,
    registered_house,
    said_of,
    take_customs,
    taken,
)
from tests.made_house import DATES, SIDE, MadeHouse, lawful
from tests.made_invoices import Made, MadeLine, admit_invoice_firms, make_cii, make_ubl, party_of

from skontro.core.errors import InexactColumn
from skontro.flow.obligations import Registration
from skontro.gate.customs import DeclaredLine
from skontro.gate.verdicts import read_reasons_text
from skontro.house.trade import LineSaid, TradeSaid
from skontro.messages.beside import read_beside
from skontro.store.verdicts import last_verdicts

MEDICINE = LineSaid(70_00, "300490", "7", "KGM", "7")
DEVICES = LineSaid(20_00, "901890", "2", "H87")
FOOD = LineSaid(10_00, "100630", "5", "KGM", "5")


def trade(name: str, lines: Sequence[LineSaid], debtor: str = "B1", creditor: str = "A1",
          papers: Sequence[tuple[str, str]] = ()) -> TradeSaid:  # fmt: skip
    """What an obligation of several lines is for."""
    said: TradeSaid = lawful(SIDE[debtor], SIDE[creditor], name)
    return replace(said, code="", lines=tuple(lines), papers=(*said.papers, *papers))


def registration(name: str, said: TradeSaid, amount: int = 100, sender: str = "A1") -> Registration:
    return Registration(
        sender=sender, reference=name, debtor="B1", creditor="A1", amount_minor=amount * 100,
        currency="EUR", due_date="2026-01-10", document=f"inv {name}",
        document_date="2025-12-10", trade=said,
    )  # fmt: skip


def owed(made: MadeHouse, name: str, said: TradeSaid, amount: int = 100) -> None:
    """Register an obligation that both parties stand by."""
    number, _ = made.house.obligations.register(registration(name, said, amount))
    made.house.obligations.confirm(number, "B1")
    made.number[name] = number


def texts_of(made: MadeHouse, name: str) -> list[str]:
    """Sentences of the last verdict on an obligation."""
    number = made.number[name]
    with made.house.database.read() as unit:
        last = last_verdicts(unit, "obligation", [number])[number]
    return [str(one["text"]) for one in read_reasons_text(last.reasons)]


def adopted(made: MadeHouse, side: str, rules: str) -> None:
    """Add rules to a side's pack."""
    from importlib.resources import files

    text = files("skontro.gate").joinpath("data/starter.toml").read_text("utf-8") + rules
    made.both(made.house.goods.propose_pack(side, text.encode(), "P1", made.keys["P1"]))


def test_a_line_that_is_denied_stops_the_whole(tmp_path: Path, database_url: str) -> None:
    """The second of three lines is denied; the reason names it, and nothing of the three clears."""
    made = registered_house(tmp_path / "house", url=database_url)
    adopted(made, "B", '\n[[rule]]\nhs = ["90.18.90"]\nverdict = "deny"\nname = "not these"\n')
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD]))
    owed(made, "m2", trade("m2", [MEDICINE, replace(DEVICES, code="901910"), FOOD]))
    assert said_of(made, "m1") == ("refused", ["Denied"])
    (text,) = texts_of(made, "m1")
    assert text.startswith("line 2: 901890")
    assert said_of(made, "m2") == ("released", [])
    assert cut_off(made)["entered"] == 1
    all_replay(made)


def test_where_one_line_was_made_stops_the_whole(tmp_path: Path) -> None:
    """A place is denied as origin alone: the line made there is named; the same country as
    destination of the others, and as origin of none, stops nothing."""
    made = registered_house(tmp_path / "house")
    adopted(made, "B", '\n[[place]]\non = ["origin"]\ncountries = ["OM"]\nverdict = "deny"\n'
                       'name = "not from there"\n')  # fmt: skip
    owed(made, "m1", trade("m1", [MEDICINE, replace(DEVICES, origin="OM"), FOOD]))
    owed(made, "m2", trade("m2", [MEDICINE, replace(DEVICES, destination="OM"), FOOD]))
    assert said_of(made, "m1") == ("refused", ["Denied"])
    assert texts_of(made, "m1")[0].startswith("line 2: origin OM")
    assert "Denied" not in said_of(made, "m2")[1]


def test_each_line_uses_its_own_licence(tmp_path: Path, database_url: str) -> None:
    """Medicine and devices have a licence each: what lines of the same goods take adds up, a line
    that none covers is named, and a credit note returns to each its share."""
    made = registered_house(tmp_path / "house", url=database_url)
    licensed(made, "A")
    adopted(made, "A", '\n[[rule]]\nhs = ["90.18.90"]\nverdict = "needs_licence"\nname = "dev"\n'
                       '[[rule]]\nhs = ["3004.90"]\nverdict = "needs_licence"\nname = "med"\n')
    both = [("licence", "L-1,L-2")]
    lines = [replace(MEDICINE, value_minor=40_00), DEVICES, FOOD,
             replace(MEDICINE, value_minor=30_00)]  # fmt: skip
    owed(made, "m1", trade("m1", lines, papers=both))
    entered_licence(made, licence("A1", 75))
    outcome, codes = said_of(made, "m1")
    assert (outcome, set(codes)) == ("held", {"LicenceNotUsable", "NeedsLicence"})
    assert {text for text in texts_of(made, "m1") if "licence L-1" in text} == {
        "line 2: licence L-1 does not cover 901890",
    }  # fmt: skip
    entered_licence(made, licence("A1", 500, "L-2", goods=("9018",)))
    assert said_of(made, "m1") == ("released", [])
    owed(made, "m2", trade("m2", lines, papers=both))
    assert cut_off(made)["entered"] == 1
    assert taken(made) == [("m1", "reserve", 70), ("m1", "reserve", 20)]
    assert "lines 1, 4: licence L-1 has 500 left, 7000 is needed" in texts_of(made, "m2")
    cycles = made.house.cycles
    cycles.preliminary(DATES.id)
    all_replay(made)


def test_a_credit_note_returns_to_each_licence_its_share(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    adopted(made, "A", '\n[[rule]]\nhs = ["90.18.90"]\nverdict = "needs_licence"\nname = "dev"\n'
                       '[[rule]]\nhs = ["3004.90"]\nverdict = "needs_licence"\nname = "med"\n')
    for number, code in (("L-1", "3004"), ("L-2", "9018")):
        entered_licence(made, licence("A1", 500, number, goods=(code,)))
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD], papers=[("licence", "L-1,L-2")]))
    grain = replace(FOOD, quantity="8", weight="8")
    back = replace(registration("m0", trade("m0", [grain, grain], "A1", "B1"), 20, "B1"),
                   debtor="A1", creditor="B1")  # fmt: skip
    returned, _ = made.house.obligations.register(back)
    made.house.obligations.confirm(returned, "A1")
    made.number["m0"] = returned
    assert cut_off(made)["entered"] == 2
    cycles = made.house.cycles
    cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
    assert taken(made)[2:] == [("m1", "use", 70), ("m1", "use", 20)]
    found = made.house.obligations.credit(made.number["m1"], "A1", "note 1", 10_00)
    assert found["opposite"] is not None
    left = {one["licence"]: one["used_minor"] for one in made.house.licences.table()}
    assert left == {"L-1": 63_00, "L-2": 18_00}
    made.number["back"] = found["opposite"]
    with made.house.database.read() as unit:
        trades = made.house.goods.trades_of(unit, [found["opposite"]])
    assert trades.lines.value_minor.tolist() == [7_00, 2_00, 1_00]
    all_replay(made)


def test_customs_are_compared_line_by_line(tmp_path: Path, database_url: str) -> None:
    """The third line is worth more than was declared; the others agree and are not named."""
    made = registered_house(tmp_path / "house", url=database_url)
    lines = (
        DeclaredLine("300490", 70_00, 7_000, "KGM"), DeclaredLine("901890", 20_00, 2_000, "H87"),
        DeclaredLine("100630", 4_00, 5_000, "KGM"),
    )  # fmt: skip
    right = (*lines[:2], DeclaredLine("100630", 10_00, 5_000, "KGM"))
    take_customs(
        made, "B", declared("m1", "A1", "B1", 0, lines=lines),
        declared("m2", "A1", "B1", 0, lines=right),
    )  # fmt: skip
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD]))
    owed(made, "m2", trade("m2", [MEDICINE, DEVICES, FOOD]))
    assert said_of(made, "m1") == ("held", ["PriceOff", "ValueAboveDeclared"])
    assert all(text.startswith("line 3: declaration P m1, goods 100630") for text in
               texts_of(made, "m1"))  # fmt: skip
    assert said_of(made, "m2") == ("released", [])
    assert cut_off(made)["entered"] == 1
    with made.house.database.read() as unit:
        from skontro.store.authorities import uses_in_cycle

        uses = [(row.code, row.value_minor) for row in uses_in_cycle(unit, DATES.id)]
    assert sorted(uses) == [("100630", 10_00), ("300490", 70_00), ("901890", 20_00)]
    all_replay(made)


def test_two_parties_agree_line_by_line(tmp_path: Path, database_url: str) -> None:
    """What both say is compared line by line: the same in any form is confirmed; one line that
    differs is held; one party's silence leaves the other's word."""
    made = registered_house(tmp_path / "house", url=database_url)
    book = made.house.obligations
    said = trade("m", [MEDICINE, DEVICES, FOOD])
    other = replace(said, lines=(*said.lines[:2], replace(FOOD, origin="IN")))
    for name in ("m1", "m2", "m3"):
        made.number[name], _ = book.register(registration(name, said))
    for name, theirs in (("m1", said), ("m2", other), ("m3", TradeSaid())):
        number, state = book.register(registration(name, theirs, sender="B1"))
        if name == "m1":
            assert (number, state) == (made.number["m1"], "confirmed")
    book.match()
    assert said_of(made, "m1") == ("released", [])
    assert said_of(made, "m3") == ("released", [])
    assert cut_off(made)["entered"] == 2
    all_replay(made)


@pytest.mark.parametrize("make", [make_ubl, make_cii], ids=["UBL", "CII"])
def test_all_lines_of_an_e_invoice_are_taken(
    tmp_path: Path, make: Callable[[Made], bytes]
) -> None:
    """Code, quantity, unit and value come from the invoice; what it does not say of a line comes
    beside it, as does what there is to say of the whole; without a code a line is held by name."""
    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.adopt_packs()
    admit_invoice_firms(made)
    lines = [MadeLine(70_00, quantity=7, category="G", rate=0, hs="3004 90"),
             MadeLine(20_00, quantity=2, unit="H87", category="G", rate=0),
             MadeLine(10_00, quantity=5, category="G", rate=0, hs="1006.30")]  # fmt: skip
    for number in ("R-1", "R-2"):
        one = Made(number, party_of("A1"), party_of("B1"), lines, due="2026-01-10",
                   issued="2025-12-10")  # fmt: skip
        (tmp_path / f"{number}.xml").write_bytes(make(one))
    columns = ("document,line,accepted_by,kind,code,weight,origin,destination,end_use,"
               "customs_declaration,paper_date,paper_issuer,paper_digest\n")  # fmt: skip
    whole = f"cross_border_goods,,,NL,IN,medical,P 1,2025-12-01,customs office,{'ab' * 32}"
    (tmp_path / "beside.csv").write_text(
        columns + f"R-1,,B1,{whole}\nR-2,,B1,{whole}\n" + "R-1,2,,,901890,,US,,,,,,\n"
    )
    report = made.house.documents.read(
        [tmp_path / "R-1.xml", tmp_path / "R-2.xml"], beside=read_beside(tmp_path / "beside.csv")
    )
    assert [one.outcome for one in report.files] == ["taken", "taken"], report.files
    made.number = {one.number: int(one.obligation or 0) for one in report.files}
    with made.house.database.read() as unit:
        trades = made.house.goods.trades_of(unit, [made.number["R-1"]])
    lines_kept = trades.lines
    said = [json.loads(trades.texts[place]) for place in lines_kept.terms.tolist()]
    assert [(one["code"], one["unit"], one["origin"]) for one in said] == [
        ("300490", "KGM", "NL"), ("901890", "H87", "US"), ("100630", "KGM", "NL"),
    ]  # fmt: skip
    assert lines_kept.value_minor.tolist() == [70_00, 20_00, 10_00]
    assert lines_kept.quantity_milli.tolist() == [7_000, 2_000, 5_000]
    assert said_of(made, "R-1") == ("released", [])
    assert said_of(made, "R-2") == ("held", ["NoCode"])
    assert texts_of(made, "R-2") == ["line 2: a line has no HS code or class of services"]
    all_replay(made)


def test_each_chapter_crosses_with_its_part(tmp_path: Path) -> None:
    """The authority's report divides an obligation among the chapters of its lines, to the last
    minor unit, and counts it once in all; what stands behind payments shows every line."""
    from skontro.flow.trade_report import trade_report_content
    from skontro.store.orders import goods_of

    made = registered_house(tmp_path / "house")
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, replace(FOOD, value_minor=10_01)]))
    assert cut_off(made)["entered"] == 1
    cycles = made.house.cycles
    cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", made.keys["P1"]))
    with made.house.database.read() as unit:
        published = made.house.statements.published(unit, DATES.id)
        content = trade_report_content(made.house, unit, *published, "A")
    rows = {row["chapter"]: int(row["gross_minor"]) for row in content["rows"]}
    assert rows == {"30": 70_00, "90": 20_00, "10": 10_00}
    (whole,) = content["totals"]
    assert (whole["obligations"], whole["gross_minor"]) == (1, "10000")
    with made.house.database.read() as unit:
        goods = goods_of(unit, [made.number["m1"]])[made.number["m1"]]
    assert [line["code"] for line in goods["lines"]] == ["300490", "901890", "100630"]


# ---- files -------------------------------------------------------------------------------------


def rows_of(*said: Registration) -> list[dict[str, str]]:
    """Registrations as a file with a row a line has them."""
    rows = []
    for one in said:
        head = {
            "sender": one.sender, "reference": one.reference, "debtor": one.debtor,
            "creditor": one.creditor, "amount": f"{one.amount_minor // 100}.00",
            "currency": one.currency, "due_date": one.due_date, "document": one.document,
            "document_date": one.document_date, "kind": one.trade.kind,
            "paper_date": one.trade.paper_date, "paper_issuer": one.trade.paper_issuer,
            "paper_digest": one.trade.paper_digest, **dict(one.trade.papers),
        }  # fmt: skip
        for place, line in enumerate(one.trade.whole_lines, 1):
            value = f"{line.value_minor // 100}.{line.value_minor % 100:02}"
            rows.append(head | {
                "line": str(place), "value": value,
                **{name: getattr(line, name) for name in (
                    "code", "quantity", "unit", "weight", "origin", "destination", "end_use",
                )},
            })  # fmt: skip
    return rows


def written(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        pa_csv.write_csv(pa.Table.from_pylist(list(rows)), path)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def as_objects(said: Sequence[Registration]) -> list[dict[str, Any]]:
    """Registrations as JSON lines have them."""
    found = []
    for one, head in ((one, rows_of(one)[0]) for one in said):
        own = ("line", "value", "code", "quantity", "unit", "weight", "origin", "destination",
               "end_use")  # fmt: skip
        lines = [{name: row[name] for name in own[1:]} for row in rows_of(one)]
        found.append({name: text for name, text in head.items() if name not in own}
                     | {"lines": lines})  # fmt: skip
    return found


def test_files_say_lines_as_python_does(tmp_path: Path, database_url: str) -> None:
    """CSV with a row a line, in any order; JSON lines with lists; and registered one by one: the
    same bodies, so a second file of them has no effect, and the same verdicts."""
    made = registered_house(tmp_path / "house", url=database_url)
    lines = trade("m", [MEDICINE, DEVICES, FOOD]).whole_lines
    said = [
        registration(name, replace(trade("m", lines[: 3 - (name == "m2")]), origin="",
                                   destination="", end_use=""),
                     100 if name == "m1" else 90)
        for name in ("m1", "m2")
    ]  # fmt: skip
    book = made.house.obligations
    rows = rows_of(*said)
    report = book.import_file(written(tmp_path / "a.csv", rows[::-1]))
    assert (report.opened, report.held, report.rejections.num_rows) == (2, 0, 0)
    assert book.import_file(written(tmp_path / "b.jsonl", as_objects(said))).repeated == 2
    for one in said:
        assert book.register(one) == (book.find("A1", one.reference), "registered")
    with made.house.database.read() as unit:
        trades = made.house.goods.trades_of(unit, [book.find("A1", "m1")])
    assert trades.digested(0) == said[0].trade.digested
    assert trades.lines.value_minor.tolist() == [70_00, 20_00, 10_00]
    all_replay(made)


def test_a_list_is_text_in_a_table(tmp_path: Path) -> None:
    """A table may hold lines as JSON in a text; a column of lists is refused whole, with what to
    do: no line of it is taken for nothing said."""
    made = registered_house(tmp_path / "house")
    (row,) = as_objects([registration("m1", trade("m1", [MEDICINE, DEVICES, FOOD]))])
    book = made.house.obligations
    path = tmp_path / "lists.parquet"
    pa_parquet.write_table(pa.Table.from_pylist([row]), path)
    for given in (path, pa.Table.from_pylist([row | {"lines": ["300490"]}])):
        with pytest.raises(InexactColumn, match="'lines' holds values of several parts"):
            book.import_file(given)
    pa_parquet.write_table(
        pa.Table.from_pylist([row | {"lines": json.dumps(row["lines"])}]), path
    )
    report = book.import_file(path)
    assert (report.opened, report.held) == (1, 0)
    with made.house.database.read() as unit:
        trades = made.house.goods.trades_of(unit, [book.find("A1", "m1")])
    assert trades.lines.value_minor.tolist() == [70_00, 20_00, 10_00]


@pytest.mark.parametrize(
    ("lines", "code"),
    [("x", "InvalidLine"), (5, "InvalidLine"), (True, "InvalidLine"), ({"code": "300490"},
     "NestedValue"), ([5], "NestedValue"), ([[]], "NestedValue"), ([None], "NestedValue"),
     ([{"code": {"a": "1"}}], "NestedValue"), ([{"value": "0.10"}] * 1000, "InvalidLine")],
    ids=range(9),
)  # fmt: skip
def test_lines_that_are_no_list_of_lines(tmp_path: Path, lines: Any, code: str) -> None:
    """The row is refused; the one beside it, of 999 lines, is taken whole."""
    made = registered_house(tmp_path / "house")
    (row,) = as_objects([registration("m1", trade("m1", [MEDICINE, DEVICES, FOOD]))])
    most = [row["lines"][0] | {"value": "0.10", "quantity": "0.01", "weight": "0.01"}] * 999
    path = written(tmp_path / "a.jsonl", [row | {"lines": lines},
                                          row | {"reference": "m2", "lines": most}])  # fmt: skip
    report = made.house.obligations.import_file(path)
    assert [(one["row"], one["code"]) for one in report.rejections.to_pylist()] == [(1, code)]
    assert (report.opened, report.held) == (1, 0)


def _without(row: int, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [one for place, one in enumerate(rows) if place != row]


def _with(row: int, rows: list[dict[str, str]], **changes: str) -> list[dict[str, str]]:
    return [one | changes if place == row else one for place, one in enumerate(rows)]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        (lambda rows: _without(1, rows), [(1, "line", "LinesOutOfOrder"),
                                          (2, "line", "LinesOutOfOrder")]),
        (lambda rows: _with(1, rows, line="3"), [(row, "line", "LinesOutOfOrder")
                                                 for row in (1, 2, 3)]),
        (lambda rows: _with(1, rows, line="x"), [(row, "line", "LinesOutOfOrder")
                                                 for row in (1, 2, 3)]),
        (lambda rows: _with(2, rows, amount="99.00"), [(row, "amount", "LinesDiffer")
                                                       for row in (1, 2, 3)]),
        (lambda rows: _with(2, rows, value=""), [(1, "line 3, value: each of several lines has "
                                                  "one, above nought", "InvalidLine")]),
        (lambda rows: _with(1, rows, value="1,5"), [(1, "line 2, value", "InvalidLine")]),
        (lambda rows: _with(1, rows, value="0.00"), [(1, "line 2, value: each of several lines has "
                                                      "one, above nought", "InvalidLine")]),
        (lambda rows: _with(1, rows, quantity="lots"), [(1, "line 2, quantity", "InvalidLine")]),
    ],
)  # fmt: skip
def test_lines_that_do_not_go_together_are_refused(
    tmp_path: Path, changed: Any, refused: list[tuple[int, str, str]]
) -> None:
    """All rows of that obligation are, and no row of another."""
    made = registered_house(tmp_path / "house")
    whole = trade("m", [MEDICINE, DEVICES, FOOD])
    rows = changed(rows_of(registration("m1", whole))) + rows_of(registration("m2", whole))
    report = made.house.obligations.import_file(written(tmp_path / "a.csv", rows))
    found = [(one["row"], one["field"], one["code"]) for one in report.rejections.to_pylist()]
    assert found == refused
    assert report.opened == 1


def test_a_house_sees_lines_that_somebody_changed(tmp_path: Path) -> None:
    """A line that was added beside the house: what the house makes of it is no more than was said,
    and the verdict that was written does not come out again. How it is held at the cut-off:
    test_other_content.py."""
    from skontro.flow.verdict_replay import replay_verdicts

    made = registered_house(tmp_path / "house")
    owed(made, "m1", trade("m1", [MEDICINE, DEVICES, FOOD]))
    assert said_of(made, "m1") == ("released", [])
    number = made.number["m1"]
    for text in (
        "UPDATE obligation_line SET value_minor = 1 WHERE line = 2",
        "DELETE FROM obligation_line WHERE line = 2",
        "INSERT INTO obligation_line VALUES (999, 1, 1, 0, 0, 5)",
        f"INSERT INTO obligation_line VALUES ({number}, 1000, 1, 0, 0, 5)",
    ):
        with pytest.raises(Exception, match=r"obligation_line|line_within"):
            _said(made, text)
    _said(made, f"INSERT INTO obligation_line VALUES ({number}, 4, 1, 0, 0, 5)")
    assert not all(one.agrees for one in replay_verdicts(made.house))


def _said(made: MadeHouse, text: str) -> None:
    with made.house.database.unit("test") as unit:
        unit.run(sa.text(text))
