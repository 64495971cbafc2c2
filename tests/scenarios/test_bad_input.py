# SPDX-License-Identifier: Apache-2.0
"""Every kind of bad input at the command line: a row is reported and the rest goes on, or the
whole is refused in a sentence and nothing is written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import xlsxwriter

from skontro.cli import main
from skontro.messages import workbooks
from skontro.verify import verify_folder

HEADER = "id,debtor,creditor,amount,currency\n"
GOOD = "g1,A,B,10.00,EUR\ng2,B,A,4.00,EUR\n"
FIXING = "currency,unit_of_account,rate\nEUR,EUR,1\nJPY,EUR,1/163\n"
MOST = 2**62


def clear(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Clear what lies here into ``result``."""
    capsys.readouterr()
    code = main(["clear", *words, "--out", "result"])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


ROWS = {
    "exponent": ("x,A,B,1e3,EUR", "amount", "1e3", "ExponentNotation"),
    "thousands": ("x,A,B,1 000.00,EUR", "amount", "1 000.00", "ThousandsSeparator"),
    "not a number": ("x,A,B,NaN,EUR", "amount", "NaN", "NotANumber"),
    "infinite": ("x,A,B,inf,EUR", "amount", "inf", "NotANumber"),
    "negative": ("x,A,B,-5.00,EUR", "amount", "-5.00", "NegativeAmount"),
    "nought": ("x,A,B,0.00,EUR", "amount", "0.00", "ZeroAmount"),
    "empty": ("x,A,B,,EUR", "amount", "", "EmptyAmount"),
    "decimals": ("x,A,B,1.005,EUR", "amount", "1.005", "TooManyDecimals"),
    "decimals of a yen": ("x,A,B,1.5,JPY", "amount", "1.5", "TooManyDecimals"),
    "too large": (f"x,A,B,{MOST // 100}.04,EUR", "amount", f"{MOST // 100}.04", "AmountTooLarge"),
    "owes itself": ("x,A,A,1.00,EUR", "creditor", "A", "SelfObligation"),
    "unknown currency": ("x,A,B,1.00,XAU", "currency", "XAU", "UnknownCurrency"),
    "no rate": ("x,A,B,1.00,USD", "currency", "USD", "NoRate"),
    "too few fields": ("x,A,B,1.00", "", "x,A,B,1.00", "RaggedRow"),
    "no id": (",A,B,1.00,EUR", "id", "", "EmptyId"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_reported_and_the_rest_is_cleared(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    row, field, value, reason = ROWS[name]
    (empty_folder / "o.csv").write_text(f"{HEADER}{row}\n{GOOD}", "utf-8")
    (empty_folder / "f.csv").write_text(FIXING, "utf-8")
    code, out, err = clear(capsys, "o.csv", "--fixing", "f.csv")
    assert code == 3
    assert "1 row was refused" in err
    assert "8.00" in out
    with (empty_folder / "result/rejections.csv").open(encoding="utf-8") as file:
        (found,) = csv.DictReader(file)
    shown = found["value"].removeprefix("'")
    assert (found["row"], found["field"], shown, found["code"]) == ("1", field, value, reason)
    assert found["message"]
    with (empty_folder / "result/obligations.csv").open(encoding="utf-8") as file:
        assert [row["set_off"] for row in csv.DictReader(file)] == ["4.00", "4.00"]
    assert verify_folder("result").ok
    assert main(["clear", "o.csv", "--fixing", "f.csv", "--allow-rejections"]) == 0


def test_an_id_used_twice(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With other content all rows of the id go; with the same content it counts once."""
    rows = "g1,A,B,10.0,EUR\nt,A,B,1.00,EUR\nt,A,B,2.00,EUR\nt,A,B,1.00,EUR\n"
    (empty_folder / "o.csv").write_text(HEADER + GOOD + rows, "utf-8")
    code, out, err = clear(capsys, "o.csv")
    assert code == 3
    assert "3 rows were refused" in err
    assert "1 repeated row counted once" in out
    with (empty_folder / "result/rejections.csv").open(encoding="utf-8") as file:
        found = [(row["row"], row["code"]) for row in csv.DictReader(file)]
    assert found == [(number, "DuplicateObligation") for number in ("4", "5", "6")]
    assert verify_folder("result").ok


def test_nothing_but_bad_rows(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A result in which nothing is owed is a result, and verifies."""
    (empty_folder / "o.csv").write_text(HEADER + "x,A,B,1e3,EUR\ny,A,A,1.00,EUR\n", "utf-8")
    code, out, err = clear(capsys, "o.csv")
    assert code == 3
    assert "2 rows were refused" in err
    assert "0 obligations of 0 participants" in out
    verdict = verify_folder("result")
    assert verdict.ok, verdict.text()


FILES = {
    "no such file": ({}, ["none.csv"], "none.csv"),
    "missing columns": ({"o.csv": "id,debtor,amount\n1,A,5\n"}, ["o.csv"], "creditor, currency"),
    "no rows": ({"o.csv": HEADER}, ["o.csv"], "no row"),
    "sum too large": (
        {"o.csv": HEADER + "".join(f"{k},A,B,{MOST // 2},JPY\n" for k in range(2))},
        ["o.csv"], "2**62",
    ),
    "rate of nought": (
        {"o.csv": HEADER + GOOD, "f.csv": FIXING.replace("1/163", "0")},
        ["o.csv", "--fixing", "f.csv"], "nought",
    ),
    "no unit of account fits": (
        {"o.csv": f"{HEADER}1,A,B,{MOST // 200},EUR\n2,B,A,10,VND\n",
         "f.csv": FIXING.replace("JPY", "VND").replace("1/163", "1/28000")},
        ["o.csv", "--fixing", "f.csv"], "no unit of account fits",
    ),
    "an unknown participant's limit": (
        {"o.csv": HEADER + GOOD, "l.csv": "participant,limit,currency\nZ,5.00,EUR\n"},
        ["o.csv", "--pay-in-limits", "l.csv"], "'Z' is not a participant",
    ),
    "not a table": ({"o.pdf": "x"}, ["o.pdf"], "o.pdf"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    files, words, says = FILES[name]
    for place, text in files.items():
        (empty_folder / place).write_text(text, "utf-8")
    code, out, err = clear(capsys, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert sorted(path.name for path in empty_folder.iterdir()) == sorted(files)


def test_a_sheet_longer_than_excel_allows(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an input it may have been cut off, as an output it would be; shown on a short sheet."""
    monkeypatch.setattr(workbooks, "MOST_SHEET_ROWS", 3)
    with xlsxwriter.Workbook("full.xlsx") as book:
        page = book.add_worksheet()
        for place, line in enumerate((HEADER + GOOD).splitlines()):
            page.write_row(place, 0, line.split(","))
    code, _, err = clear(capsys, "full.xlsx")
    assert code == 2
    assert "cut off" in err
    (empty_folder / "o.csv").write_text(HEADER + GOOD + "g3,A,B,1.00,EUR\n", "utf-8")
    code, _, err = clear(capsys, "o.csv", "--format", "xlsx")
    assert code == 2
    assert "rows" in err
    assert not (empty_folder / "result").exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_formula_like_text_is_no_formula_in_what_is_written(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """In CSV it gets an apostrophe, in a workbook it is written as text; rejections likewise."""
    rows = 'note\n=1+1,@A,B,5.00,EUR,=HYPERLINK("x")\ny,B,@A,-5.00,EUR,+1\n'
    (empty_folder / "o.csv").write_text(HEADER.strip() + "," + rows, "utf-8")
    assert clear(capsys, "o.csv", "--format", kind)[0] == 3
    assert verify_folder("result").ok
    written = [Path("result/rejections.csv").read_text("utf-8")]
    if kind == "csv":
        written += [Path(f"result/{stem}.csv").read_text("utf-8")
                    for stem in ("obligations", "participants")]  # fmt: skip
        assert "'=1+1" in written[1]
        assert "'=HYPERLINK" in written[1]
        assert "'@A" in written[2]
    else:
        from python_calamine import CalamineWorkbook

        for stem in ("obligations", "participants"):
            book = CalamineWorkbook.from_path(f"result/{stem}.xlsx")
            cells = book.get_sheet_by_index(0).to_python()
            assert ("=1+1" if stem == "obligations" else "@A") in cells[1]
    for text in written:
        for row in csv.reader(text.splitlines()):
            assert not any(cell[:1] in ("=", "+", "@") for cell in row), row
