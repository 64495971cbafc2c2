# SPDX-License-Identifier: Apache-2.0
"""The report in a real browser: it draws, it loads nothing, its numbers are the summary's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CHROMIUM_ARGS
from tests.unit.messages import made_result as made

import skontro
from skontro.lab.synthetic import generate
from skontro.messages.report import counted_tables, render_report

playwright = pytest.importorskip(
    "playwright.sync_api", reason="NO PLAYWRIGHT here: the report was not opened in a browser"
)
pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='taken'\"></script><b>"
DRAWN = "html[data-charts=drawn]"


@dataclass
class Seen:
    """What the browser did while a page was open."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with playwright.sync_playwright() as machinery:
        opened = machinery.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[tuple[Any, Seen]]:
    """A page in a browser that is offline, and what it asked for and complained of."""
    with browser.new_context(offline=True, viewport={"width": 1280, "height": 900}) as context:
        opened, seen = context.new_page(), Seen()
        opened.on("request", lambda request: seen.requests.append(request.url))
        opened.on("console", lambda line: seen.complaints.append(f"{line.type}: {line.text}"))
        opened.on("pageerror", lambda error: seen.complaints.append(str(error)))
        yield opened, seen


def write_report(folder: Path, summary: dict[str, Any], **tables: Any) -> str:
    """Write a report as a file and return its address."""
    data = counted_tables(
        summary,
        made.obligations(),
        tables.get("participants", made.participants()),
        made.rejections(),
    )
    path = folder / "report.html"
    path.write_text(render_report(summary, data, curve=made.curve()), encoding="utf-8")
    return path.as_uri()


def test_report_works_offline(page: tuple[Any, Seen], tmp_path: Path) -> None:
    """Goal: a person without a network sees every chart, and the numbers of summary.json.

    Method: open the file in a browser that is offline, wait for the charts, read every figure
    that has a name and compare it with the summary; count requests and complaints.
    """
    opened, seen = page
    summary = made.summary()
    address = write_report(tmp_path, summary)
    opened.goto(address)
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    assert seen.requests == [address]
    assert seen.complaints == []
    states = opened.eval_on_selector_all(
        "[data-chart]", "all => all.map(one => [one.dataset.chart, one.dataset.drawn])"
    )
    assert sorted(states) == [
        [f"{name}-0", "yes"] for name in ("amounts", "curve", "groups", "levels", "sides")
    ]
    marks = opened.eval_on_selector_all(
        "[data-chart]", "all => all.map(one => one.querySelectorAll('svg path, svg text').length)"
    )
    assert min(marks) > 5
    assert json.loads(opened.locator("#summary").text_content()) == summary
    figures = opened.eval_on_selector_all(
        "data[data-key]", "all => all.map(one => [one.dataset.key, one.value])"
    )
    assert len(figures) > 12
    for key, value in figures:
        assert value == str(summary[key]), key
    assert "55.45%" in opened.locator("h1").inner_text().replace("\n", "")


def test_amounts_of_a_small_country_fit_beside_each_other(
    page: tuple[Any, Seen], tmp_path: Path
) -> None:
    """No table is cut off at the width of an ordinary window."""
    opened, _ = page
    summary = made.summary()
    summary["parameters"] |= {"cash": "limits"}
    for row in summary["blocks"][0]["currencies"]:
        row |= {"obligations": 11_095, "gross_minor": 20_562_897_690,
                "set_off_minor": 10_042_751_540, "settled_minor": 2_944_850_920,
                "residual_minor": 7_575_295_230}  # fmt: skip
    opened.goto(write_report(tmp_path, summary))
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    cut = opened.eval_on_selector_all(
        ".scroll", "all => all.filter(o => o.scrollWidth > o.clientWidth).map(o => o.innerText)"
    )
    assert cut == []


WISHES = {
    "set-off at a fixing": (True, {}),
    "cash and limits": (True, {"cash": "unlimited"}),
    "combined": (True, {"cash": "unlimited", "combined": True}),
    "several currencies apart": (False, {}),
}


@pytest.mark.parametrize("name", WISHES)
def test_the_report_in_a_result_folder_says_what_its_summary_says(
    page: tuple[Any, Seen], tmp_path: Path, name: str
) -> None:
    """Goal: every number on the page of a real result is that of ``summary.json`` beside it.

    Method: clear a made-up network of two sides and currencies, one row refused, into a folder;
    open the folder's own report offline; compare each named figure, and the text a person reads.
    """
    opened, seen = page
    has_fixing, wishes = WISHES[name]
    generate("community", 200, 2_000, 7, tmp_path / "n.csv", currencies=("EUR", "INR"), sides=2)
    with (tmp_path / "n.csv").open("a", encoding="utf-8") as file:
        file.write("bad,F0000001,F0000002,1e3,EUR,\n")
    fixing = tmp_path / "n-fixing.csv" if has_fixing else None
    result = skontro.clear(
        tmp_path / "n.csv", tmp_path / "n-participants.csv", fixing, **wishes
    )  # type: ignore[arg-type]
    result.save(tmp_path / "result")
    summary = json.loads((tmp_path / "result/summary.json").read_text("utf-8"))
    address = (tmp_path / "result/report.html").as_uri()
    opened.goto(address)
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    assert seen.requests == [address]
    assert seen.complaints == []
    assert json.loads(opened.locator("#summary").text_content()) == summary
    figures = opened.eval_on_selector_all(
        "data[data-key]",
        "all => all.map(one => [one.dataset.key, one.value, one.innerText,"
        " one.closest('[data-block]')?.dataset.block ?? null])",
    )
    assert len({key for key, *_ in figures}) > (9 if has_fixing else 5)
    for key, value, text, block in figures:
        figure = (summary if block is None else summary["blocks"][int(block)])[key]
        assert value == str(figure), key
        if isinstance(figure, int):
            digits = "".join(letter for letter in text if letter.isdigit())
            assert digits.lstrip("0") == value.lstrip("0"), (key, text)
    drawn = opened.eval_on_selector_all(
        "[data-chart]", "all => all.map(one => [one.dataset.chart, one.dataset.drawn])"
    )
    for number, block in enumerate(summary["blocks"]):
        wanted = {"groups", "sides", "amounts", "curve"}
        if block["levels"] > 1:
            wanted.add("levels")
        mine = {chart.rsplit("-", 1)[0] for chart, done in drawn
                if chart.endswith(f"-{number}") and done == "yes"}  # fmt: skip
        assert mine == wanted, number
    text = opened.locator("body").inner_text()
    assert summary["result_digest"] in text
    assert "ExponentNotation" in text
    assert "Nothing has been set off" in text


def test_measures_can_be_switched(page: tuple[Any, Seen], tmp_path: Path) -> None:
    opened, seen = page
    opened.goto(write_report(tmp_path, made.summary()))
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    chart = opened.locator("[data-chart=groups-0] svg")
    assert "60 %" in chart.text_content()
    opened.locator("[data-for=groups-0] button", has_text="Amount").click()
    opened.wait_for_selector("[data-chart=groups-0] svg text:text-is('2k')", state="attached")
    assert "60 %" not in chart.text_content()
    assert seen.complaints == []


def test_participants_can_be_sorted_and_found(page: tuple[Any, Seen], tmp_path: Path) -> None:
    opened, _ = page
    opened.goto(write_report(tmp_path, made.summary()))
    first = opened.locator("#largest-0 tbody tr:visible td.id").first
    head = opened.locator("#largest-0 thead button", has_text="net position")
    head.click()
    assert first.inner_text().startswith("B1")
    head.click()
    assert first.inner_text().startswith("A1")
    opened.locator("input.find").fill("banyan")
    assert opened.locator("#largest-0 tbody tr:visible").count() == 1


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_follows_the_scheme_and_can_be_told(
    browser: Any, tmp_path: Path, scheme: str, dark: bool
) -> None:
    address = write_report(tmp_path, made.summary())
    with browser.new_context(color_scheme=scheme, offline=True) as context:
        opened = context.new_page()
        opened.goto(address)
        opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
        assert is_dark(opened) is dark
        opened.locator("#theme").click()
        assert is_dark(opened) is not dark


def is_dark(opened: Any) -> bool:
    """Whether the page's paper is dark."""
    text = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in text.removeprefix("rgb(").removesuffix(")").split(",")) < 384


def test_it_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    address = write_report(tmp_path, made.summary())
    with browser.new_context(viewport={"width": 360, "height": 740}, offline=True) as context:
        opened = context.new_page()
        opened.goto(address)
        opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360


def test_names_are_never_markup(page: tuple[Any, Seen], tmp_path: Path) -> None:
    """A firm and a side that call themselves markup are shown as they call themselves."""
    opened, seen = page
    summary = made.summary()
    for cell in summary["blocks"][0]["sides"]:
        cell["debtor_side"] = HOSTILE + cell["debtor_side"]
    names = dict.fromkeys(made.FIRMS, HOSTILE)
    opened.goto(write_report(tmp_path, summary, participants=made.participants(names)))
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    assert opened.locator("img").count() == 0
    assert opened.title().startswith("Skontro")
    assert HOSTILE in opened.locator("#largest-0").inner_text()
    assert "<img src=x onerror" in opened.locator("[data-chart=sides-0] svg").text_content()
    opened.locator("[data-chart=sides-0] svg [aria-roledescription='text mark']").first.hover()
    opened.wait_for_selector("#vg-tooltip-element.visible")
    assert HOSTILE in opened.locator("#vg-tooltip-element").inner_text()
    assert opened.locator("img").count() == 0
    assert seen.complaints == []


def test_a_foreign_script_would_not_run(page: tuple[Any, Seen], tmp_path: Path) -> None:
    """The policy of the page itself refuses a script that somebody adds to the file."""
    opened, seen = page
    address = write_report(tmp_path, made.summary())
    path = tmp_path / "report.html"
    added = "<script>document.title = 'taken'</script></body>"
    path.write_text(path.read_text("utf-8").replace("</body>", added), encoding="utf-8")
    opened.goto(address)
    opened.wait_for_selector(DRAWN, state="attached", timeout=30_000)
    assert opened.title() != "taken"
    assert any("Content Security Policy" in line for line in seen.complaints)
