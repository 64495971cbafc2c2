# SPDX-License-Identifier: Apache-2.0
"""The report as text: its figures, its escapes, its policy, its size."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.messages import made_result as made

from skontro.messages.report import counted_tables, json_in_page, render_report
from skontro.messages.report_data import PARTICIPANTS_SHOWN, amount_edges
from skontro.messages.report_text import hundredths_of, minor_of, percent, share_of, short

HOSTILE = "</script><img src=x onerror=alert(1)>&'\"\u2028"


class Page(HTMLParser):
    """The page as a browser's parser sees it: elements, figures, scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.figures: dict[str, set[str]] = {}
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._script: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag == "data" and given.get("data-key"):
            self.figures.setdefault(str(given["data-key"]), set()).add(str(given["value"]))
        self._script = given if tag == "script" else None
        if tag == "script":
            self.scripts.append((given, ""))

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            given, text = self.scripts[-1]
            self.scripts[-1] = (given, text + data)

    def handle_endtag(self, tag: str) -> None:
        self._script = None

    def json(self, name: str) -> Any:
        """What a script of data holds."""
        return json.loads(next(text for given, text in self.scripts if given.get("id") == name))


def render(summary: dict[str, Any] | None = None, **tables: Any) -> str:
    summary = summary or made.summary()
    data = counted_tables(
        summary,
        tables.get("obligations", made.obligations()),
        tables.get("participants", made.participants()),
        tables.get("rejections", made.rejections()),
    )
    return render_report(summary, data, curve=tables.get("curve", made.curve()))


def test_the_page_holds_the_summary_and_shows_its_figures() -> None:
    summary = made.summary()
    page = Page(render(summary))
    assert page.json("summary") == summary
    names = ("gross_minor", "set_off_minor", "residual_minor", "obligations", "participants",
             "fully_discharged", "partly_discharged", "untouched", "rejected", "levels", "share",
             "certificate")  # fmt: skip
    for name in names:
        assert page.figures[name] == {str(summary[name])}, name


def test_a_page_without_a_curve_says_how_to_have_it() -> None:
    assert "skontro curve" not in render()
    assert "skontro curve" in render(curve=None)
    assert "skontro curve" not in render(curve=[])


def test_each_figure_is_the_text_of_its_value() -> None:
    """What is read is what is meant: 610000 of EUR stands there as 6,100.00."""
    text = render()
    assert '<data value="610000" data-key="set_off_minor">6,100.00 EUR</data>' in text
    assert "1,100,000" not in text.replace('value="1100000"', "")
    assert '<data value="1100000" data-key="gross_minor">11,000.00 EUR</data>' in text


def test_what_is_paid_is_sorted_by_its_worth_and_names_a_currency_that_is_not_the_unit() -> None:
    """A1 pays 4,000 EUR in, B1 is paid as much in rupees: the same worth, not ninety times it."""
    lines = {line[: line.index("<")]: line for line in render().split('<td class="id">')[1:]}
    worth = 4_000_00 * made.POINTS["EUR"]
    assert f'<td class="n" data-sort="{worth}">4,000.00</td>' in lines["A1"]
    rupees = f'<td class="n" data-sort="{worth}">360,000.00<span class="sub">INR</span></td>'
    assert rupees in lines["B1"]


def test_the_policy_admits_exactly_the_scripts_in_the_page() -> None:
    page = Page(render())
    policy = next(
        str(given["content"])
        for tag, given in page.elements
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy"
    )
    run = [text for given, text in page.scripts if given.get("type") is None]
    assert len(run) == 2
    hashes = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in run]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in hashes]
    assert "unsafe" not in rules["script-src"]
    assert "connect-src" not in rules
    assert rules["img-src"] == "data:"


def test_nothing_in_the_page_is_loaded() -> None:
    """No element names another place; a link leads within the page."""
    page = Page(render())
    for tag, given in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "action", "ping", "background"} & given.keys(), (tag, given)
        if "href" in given:
            assert str(given["href"]).startswith("#")
        assert not [name for name in given if name.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", render(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize("field", ["name", "participant", "side"])
def test_what_participants_call_themselves_is_text(field: str) -> None:
    table = made.participants()
    at = table.column_names.index(field)
    hostile = pa.array([f"{HOSTILE}{k}" for k in range(table.num_rows)])
    summary = made.summary()
    for cell in summary["blocks"][0]["sides"]:
        cell["debtor_side"] = HOSTILE + cell["debtor_side"]
    page = Page(render(summary, participants=table.set_column(at, field, hostile)))
    assert not [given for tag, given in page.elements if tag == "img"]
    assert len(page.scripts) == 4
    assert page.json("summary") == summary


def test_json_cannot_end_its_element() -> None:
    text = json_in_page({"name": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": HOSTILE}


def test_several_blocks_each_have_their_part() -> None:
    """Without a fixing each currency stands by itself and no sum runs across them."""
    summary = made.summary(unit=None, gross_minor=None, set_off_minor=None, residual_minor=None)
    template = summary["blocks"][0]
    sums = {"EUR": 795_000, "INR": 27_450_000}
    summary["blocks"] = [
        {**template, "unit": unit, "unit_minor_points": 1, "currencies": [], "gross_minor": gross,
         "set_off_minor": gross // 2, "residual_minor": gross - gross // 2, "pay_in_points": "0"}
        for unit, gross in sums.items()
    ]  # fmt: skip
    obligations = made.obligations().drop_columns(
        ["gross_points", "set_off_points", "settled_points"]
    )
    nodes = made.participants()
    units = pa.array(["EUR"] * 3 + ["INR"] * 3)
    nodes = nodes.set_column(nodes.column_names.index("unit"), "unit", units)
    text = render(summary, obligations=obligations, participants=nodes, curve=None)
    page = Page(text)
    assert page.figures["gross_minor"] == {str(gross) for gross in sums.values()}
    assert text.count('class="block-head"') == 2
    assert {"groups-0", "groups-1"} <= page.json("charts").keys()


def test_a_page_without_anything_still_says_so() -> None:
    summary = made.summary(obligations=0, gross_minor=0, set_off_minor=0, residual_minor=0)
    summary["blocks"][0] |= {"gross_minor": 0, "set_off_minor": 0, "residual_minor": 0,
                             "sides": [], "pay_in_points": "0"}  # fmt: skip
    text = render(
        summary,
        obligations=made.obligations().slice(0, 0),
        participants=made.participants().slice(0, 0),
        curve=None,
    )
    assert "nothing has been set off" in text
    assert Page(text).json("charts") == {}


def test_size_does_not_grow_with_the_network() -> None:
    """A hundred thousand firms make a page hardly larger than a hundred."""
    sizes = []
    for firms in (100, 100_000):
        nodes = many_nodes(firms)
        rows = many_rows(4 * firms)
        sizes.append(len(render(obligations=rows, participants=nodes)))
    assert sizes[1] < sizes[0] + 20_000


def many_nodes(firms: int) -> pa.Table:
    number = np.arange(firms, dtype=np.int64)
    owed = number * 977 % 100_003 + 1
    due = number * 571 % 90_001
    text = pa.array([f"F{k:07d}" for k in range(firms)])
    columns: dict[str, Any] = {
        "participant": text, "name": text, "side": pa.array(["A"] * firms),
        "currency": pa.array([""] * firms), "unit": pa.array(["EUR"] * firms),
        "owed_points": owed, "due_points": due, "owed_minor": owed, "due_minor": due,
        "set_off_points": np.minimum(owed, due), "set_off_minor": np.minimum(owed, due),
        "net_position_minor": due - owed, "level": number % 17,
        "pay_in_points": np.maximum(owed - due, 0), "pay_out_points": np.maximum(due - owed, 0),
    }  # fmt: skip
    return pa.table(columns)


def many_rows(count: int) -> pa.Table:
    gross = np.arange(count, dtype=np.int64) ** 2 % 7_919_000 + 1
    gone = gross * (np.arange(count) % 3) // 2
    return pa.table(
        {
            "currency": pa.array(["EUR"] * count),
            "gross_minor": gross,
            "set_off_minor": gone,
            "residual_minor": gross - gone,
            "settled_minor": gross * 0,
        }
    )


def test_counting_loses_nothing() -> None:
    """Groups, sizes and levels each add up to the whole, with sums near the guard."""
    big = 2**61 // 4
    gross = np.array([1, big, 7, big, 0x7FFF, big], np.int64)
    gone = np.array([0, big, 3, big - 1, 0x7FFF, 0], np.int64)
    rows = pa.table(
        {
            "currency": pa.array(["EUR"] * 6),
            "gross_minor": gross,
            "set_off_minor": gone,
            "residual_minor": gross - gone,
            "settled_minor": gross * 0,
        }
    )
    summary = made.summary()
    summary["blocks"][0]["unit_minor_points"] = 1
    nodes = many_nodes(37)
    block = counted_tables(summary, rows, nodes)["blocks"][0]
    assert sum(size["gross_points"] for size in block["amounts"]) == sum(gross.tolist())
    assert sum(size["set_off_points"] for size in block["amounts"]) == sum(gone.tolist())
    counts = [size["fully"] + size["partly"] + size["untouched"] for size in block["amounts"]]
    assert sum(counts) == 6
    assert sum(size["fully"] for size in block["amounts"]) == 2
    whole = sum(nodes["owed_points"].to_pylist()) + sum(nodes["due_points"].to_pylist())
    assert sum(group["gross_points"] for group in block["groups"]) == whole
    assert [group["firms"] for group in block["groups"]] == [3, 4, 4, 3, 4, 4, 3, 4, 4, 4]
    assert sum(level["nodes"] for level in block["levels"]) == 37
    assert len(block["largest"]) == PARTICIPANTS_SHOWN


def test_nodes_of_one_firm_count_as_one() -> None:
    nodes = many_nodes(4)
    same = pa.array(["F1", "F1", "F2", "F3"])
    block = counted_tables(made.summary(), many_rows(5), nodes.set_column(0, "participant", same))[
        "blocks"
    ][0]
    assert block["firms"] == 3


@pytest.mark.parametrize(
    ("least", "greatest", "grain"), [(1, 1, 1), (7, 9, 3), (1, 2**61, 1), (99, 100, 90)]
)
def test_edges_hold_every_amount(least: int, greatest: int, grain: int) -> None:
    edges = amount_edges(greatest, least, grain)
    assert edges == sorted(set(edges))
    assert edges[0] <= max(least, grain)
    assert edges[-1] > greatest
    assert len(edges) < 30


def test_a_demonstration_is_labelled() -> None:
    names = {firm: f"DEMONSTRATION {firm}" for firm in made.FIRMS}
    assert '<p class="banner">DEMONSTRATION data</p>' in render(
        participants=made.participants(names)
    )
    names["A1"] = "Alder"
    assert 'class="banner"' not in render(participants=made.participants(names))


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 3, "33.33 %"), (1, 80_000, "0.00 %"), (3, 80_000, "0.00 %"), (5, 10**5, "0.00 %"),
     (15, 10**5, "0.02 %"), (2**61, 2**62, "50.00 %"), (1, 0, "")],
)  # fmt: skip
def test_shares_are_rounded_half_even(part: int, whole: int, text: str) -> None:
    assert share_of(part, whole) == text


def test_texts_of_sums() -> None:
    assert percent("0.752941") == "75.29 %"
    assert percent("1") == "100.00 %"
    assert hundredths_of(1, 0) == 0
    assert [minor_of(points, 4) for points in (0, 1, 2, 3, 6, -2, -6)] == [0, 0, 0, 1, 2, 0, -2]
    assert short(99_999_950, "EUR") == "1 m"
    assert short(-123_456_00, "EUR") == "-123 k"
