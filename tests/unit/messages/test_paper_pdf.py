# SPDX-License-Identifier: Apache-2.0
"""Papers as PDF: what stands on the pages, what is embedded, and that no name can do harm."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from tests.unit.messages.made_papers import made_notice, made_statement, notice_row

from skontro.messages.languages import LANGUAGES, language
from skontro.messages.paper_pdf import paper_pdf, paper_pictures

NAMES = {
    "Latin": "Łódź Żeglarz Þórður & Söhne",
    "Greek": "Ελληνική Ναυτιλία Α.Ε.",
    "Cyrillic": "ООО Ромашка Щёлково",
    "Arabic": "شركة الخليج للتجارة",
}


def opened(data: bytes) -> Any:
    from pypdf import PdfReader

    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in opened(data).pages)


def figures(text: str) -> list[str]:
    return re.findall(r"−?[\d,]+\.\d\d(?!\d)", text)


def test_a_notice_shows_the_figures_of_its_data_and_carries_them() -> None:
    paper = made_notice([notice_row(1), notice_row(2, is_debtor=False, counterparty="B2")])
    data = paper_pdf(paper, language())
    text = text_of(data)
    for row in paper.content["obligations"]:
        for name in ("before", "set_off", "after", "settled", "residual"):
            minor = int(row[f"{name}_minor"])
            assert f"{minor // 100:,}.{minor % 100:02d}" in text
    assert "You pay in 50,000.00 EUR, one net sum." in text
    assert "DEMONSTRATION" not in text
    reader = opened(data)
    assert reader.attachments["paper.json"] == [paper.as_bytes()]
    assert b"pdfaid:part" in data
    assert paper_pdf(paper, language()) == data


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_sums_are_carried_from_page_to_page(rows: int) -> None:
    """Goal: whoever reads page 3 knows what the two before came to.

    Method: the figures at foot and head of every page are added up from the rows between.
    """
    paper = made_notice([notice_row(number) for number in range(1, rows + 1)])
    pages = [page.extract_text() for page in opened(paper_pdf(paper, language())).pages]
    total = f"Total {_money(sum(100_001 + n for n in range(1, rows + 1)))}"
    if not rows:
        assert "nothing in this cycle" in pages[0]
        assert len(pages) == 1
        return
    assert any(total in page for page in pages)
    seen, brought = 0, "0.00"
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        here = [int(one) for one in re.findall(r"INV-(\d+)", page)]
        found = re.search(r"Brought forward ([\d,.]+)", page)
        if found:
            assert found[1] == brought
        seen += sum(100_001 + one for one in here)
        carried = re.search(r"Carried forward ([\d,.]+)", page)
        if carried:
            brought = carried[1]
            assert brought == _money(seen)
    assert seen == sum(100_001 + one for one in range(1, rows + 1))
    assert rows < 200 or len(pages) > 6


def _money(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("code", LANGUAGES)
def test_names_of_every_script_in_every_language(script: str, code: str) -> None:
    name = NAMES[script]
    paper = made_notice([notice_row(1)], {"B1": name}, demonstration=True)
    text = text_of(paper_pdf(paper, language(code)))
    assert "DEMONSTRATION" in text
    assert language(code).say("Set-off notice") in text or script == "Arabic" or code == "ar"
    if script != "Arabic":
        assert name in text
    else:
        # pypdf gives right-to-left words back one by one
        assert all(word in text or word[::-1] in text for word in name.split())


@pytest.mark.parametrize("name", [
    "#panic(\"out\")", "$x$ #[a] *b* _c_ @d <e> `f` \\ // ~ = - + /", "a\x00b\x07c\x1bd\x7f",
    "\u202egnp.exe\u202c \u2066x\u2069", "x" * 10_000, "word " * 2_000, "中文公司 🙂 한국",
    "e\u0301\u0327\u0342", "\ufffe\ufeff\u2028\u2029", "<xml>&amp;]]>", "#" * 500, "",
])  # fmt: skip
def test_no_name_breaks_a_paper_or_gets_into_it(name: str) -> None:
    """Goal: a name is shown, all of it or with a mark, and is never markup."""
    paper = made_notice([notice_row(1, document=name, own_reference=name or None)], {"B1": name})
    data = paper_pdf(paper, language())
    text = text_of(data)
    assert opened(data).attachments["paper.json"] == [paper.as_bytes()]
    assert "1,000.02" in text
    if "panic" in name:
        assert 'panic("out")' in text.replace("”", '"').replace("“", '"')
    if name.startswith("中"):
        assert "[U+4E2D]" in text.replace("\n", "")
    if "\x07" in name:
        assert "[U+0007]" in text
    if "\u202e" in name:
        assert "[U+202E]" in text
    if len(name) > 1000:
        assert "(+9,840)" in text


@pytest.mark.parametrize("rows", [9, 12, 16])
def test_no_row_falls_off_a_page(rows: int) -> None:
    """Goal: tables of few rows with long texts leave nothing below the last line of a page.

    Method: names of many words, which take many lines; every number is read back, none is below
    the foot of its page.
    """
    paper = made_notice(
        [notice_row(number, document="long name " * 15) for number in range(1, rows + 1)],
        {"B1": "wide firm " * 15},
    )  # fmt: skip
    low: list[float] = []
    texts = []
    for page in opened(paper_pdf(paper, language())).pages:
        def look(text: str, turned: Any, matrix: Any, _f: Any, _s: Any) -> None:
            if text.strip():
                low.append(float(matrix[4] * turned[1] + matrix[5] * turned[3] + turned[5]))

        texts.append(page.extract_text(visitor_text=look))
    text = "\n".join(texts)
    assert all(_money(100_001 + number) in text for number in range(1, rows + 1))
    assert min(low) > 20


def test_a_demonstration_says_so_on_every_page() -> None:
    paper = made_notice([notice_row(number) for number in range(1, 80)], demonstration=True)
    pages = opened(paper_pdf(paper, language("de"))).pages
    assert len(pages) > 2
    for page in pages:
        assert "DEMONSTRATION · VORFÜHRUNG" in page.extract_text()


def test_pages_are_pictures_with_ink_on_them() -> None:
    """The same template makes PNG: one a page, none of them blank."""
    paper = made_statement([100, -250, 3], demonstration=True)
    (page,) = paper_pictures(paper, language("ar"), ppi=40)
    assert page.startswith(b"\x89PNG")
    assert len(page) > 4_000


def test_amounts_of_every_size_fit_and_are_exact() -> None:
    most = 4 * 10**18
    paper = made_notice([
        notice_row(1, before_minor=most, set_off_minor=1, planned_minor=2, settled_minor=2),
        notice_row(2, currency="JPY", before_minor=7, set_off_minor=3, settled_minor=0),
    ])  # fmt: skip
    text = text_of(paper_pdf(paper, language("de")))
    assert "40.000.000.000.000.000,00" in text
    assert "39.999.999.999.999.999,97" in text
