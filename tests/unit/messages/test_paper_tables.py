# SPDX-License-Identifier: Apache-2.0
"""Papers as CSV, Excel and camt.053: the same figures, and nothing that runs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook
from tests.unit.messages.made_papers import made_notice, made_statement, notice_row

from skontro.core.errors import Rejected
from skontro.messages.camt053 import NAMESPACE, camt053_of
from skontro.messages.languages import language
from skontro.messages.paper_tables import neutral, paper_csv, paper_xlsx

HARM = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_says_what_the_paper_says() -> None:
    paper = made_notice([notice_row(1), notice_row(2, currency="JPY", is_debtor=False)])
    rows = [row for row in rows_of(paper_csv(paper)) if row["table"] == "obligations"]
    said = {row["obligation"]: row for row in rows}
    assert said["1"]["before"] == "1000.02"
    assert said["1"]["role"] == "debtor"
    assert said["2"]["before"] == "100003"
    assert said["2"]["currency"] == "JPY"
    for row in rows:
        parts = sum(Decimal(row[name]) for name in ("set_off", "settled", "residual"))
        assert parts == Decimal(row["before"])


@pytest.mark.parametrize("text", HARM)
def test_no_text_in_a_table_is_a_formula(text: str) -> None:
    paper = made_notice([notice_row(1, document=text, own_reference=None)], {"B1": text})
    (row,) = [row for row in rows_of(paper_csv(paper)) if row["table"] == "obligations"]
    assert row["document"] == f"'{text}"
    book = CalamineWorkbook.from_filelike(io.BytesIO(paper_xlsx(paper, language())))
    cells = [cell for name in book.sheet_names for line in book.get_sheet_by_name(name).to_python()
             for cell in line]  # fmt: skip
    assert any(text.strip() in str(cell) for cell in cells)
    assert b"<f>" not in b"".join(_parts(paper_xlsx(paper, language())))


def _parts(data: bytes) -> list[bytes]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [packed.read(name) for name in packed.namelist()]


def test_numbers_stay_numbers_in_csv() -> None:
    paper = made_statement([-250])
    rows = [row for row in rows_of(paper_csv(paper)) if row["table"] == "movements"]
    assert [row["balance"] for row in rows] == ["0.00", "-2.50"]
    assert neutral("Alder") == "Alder"


def test_a_workbook_in_the_language_of_the_reader() -> None:
    paper = made_notice([notice_row(1)], demonstration=True)
    book = CalamineWorkbook.from_filelike(io.BytesIO(paper_xlsx(paper, language("de"))))
    lines = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert all(page[0][0] == "DEMONSTRATION" for page in lines)
    flat = [cell for page in lines for line in page for cell in line]
    assert "Aufrechnungsanzeige" in flat
    assert "noch geschuldet" in flat
    assert 1000.02 in flat
    assert paper_xlsx(paper, language("de")) == paper_xlsx(paper, language("de"))


def test_amounts_no_cell_holds_are_text() -> None:
    most = 4 * 10**18 + 1
    paper = made_notice([notice_row(1, before_minor=most, set_off_minor=0, settled_minor=0)])
    book = CalamineWorkbook.from_filelike(io.BytesIO(paper_xlsx(paper, language())))
    flat = [cell for name in book.sheet_names for line in book.get_sheet_by_name(name).to_python()
            for cell in line]  # fmt: skip
    assert "40000000000000000.01" in flat


def test_camt053_opens_moves_and_closes() -> None:
    paper = made_statement([-5_000, 1_234], opening=-7, demonstration=True, name="A\x00lder")
    root = etree.fromstring(camt053_of(paper))
    space = {"c": NAMESPACE}

    def texts(path: str) -> list[str]:
        return [one.text for one in root.iterfind(path, space)]

    assert texts(".//c:Bal/c:Amt") == ["0.07", "37.73"]
    assert texts(".//c:Bal/c:CdtDbtInd") == ["CRDT", "CRDT"]
    assert texts(".//c:Ntry/c:Amt") == ["50.00", "12.34"]
    assert texts(".//c:Ntry/c:CdtDbtInd") == ["CRDT", "DBIT"]
    assert texts(".//c:Ntry/c:AddtlNtryInf")[0] == "money came or went, cycle 2026-01"
    assert "DEMONSTRATION" in texts(".//c:GrpHdr/c:AddtlInf")[0]
    assert texts(".//c:Ownr/c:Nm") == ["A\ufffdlder"]
    assert camt053_of(paper) == camt053_of(paper)


def test_camt053_refuses_what_it_cannot_carry() -> None:
    with pytest.raises(Rejected, match="more than 18 digits"):
        camt053_of(made_statement([4 * 10**18]))
    with pytest.raises(Rejected, match=r"no camt\.053"):
        camt053_of(made_notice([]))
    with pytest.raises(Rejected, match="no account moved"):
        camt053_of(made_statement([1], currency="EUR/points"))
