# SPDX-License-Identifier: Apache-2.0
"""``report.html``: one file that works offline, loads nothing, and shows a whole calculation."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

from skontro.core.standing import DEMONSTRATION, Standing
from skontro.messages.report_charts import (
    Spec,
    amounts_chart,
    chart_library,
    curve_chart,
    groups_chart,
    levels_chart,
    sides_chart,
)
from skontro.messages.report_data import counted_tables, report_data
from skontro.messages.report_sections import (
    block_sections,
    closing_sections,
    curve_points,
    hero,
    mode_of,
    no_curve,
    what_it_is,
)

__all__ = ["counted_tables", "render_report", "report_data"]


def render_report(
    summary: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    curve: Sequence[Mapping[str, Any]] | None = None,
) -> str:
    """Lay out the report of a calculation as one HTML file.

    The page holds ``summary`` as JSON, its figures are made from it, its charts are drawn by
    JavaScript that stands in the page, and its policy forbids it to load or send anything.

    Args:
        summary: The summary of the calculation, as in ``summary.json``.
        data: What :func:`report_data` counted.
        curve: Discharged share against cash, as :func:`skontro.lab.curves.curve` gives it;
            without it the page says how to have it drawn.

    Returns:
        The page as text; write it as UTF-8.
    """
    charts: dict[str, Spec] = {}
    parts = [hero(summary, data)]
    for number, counted in enumerate(data["blocks"]):
        if not counted["in_full"]:
            continue
        points = curve_points(curve, str(counted["unit"]))
        drawn = _block_charts(number, summary, counted, points)
        charts.update(drawn)
        parts.append(block_sections(number, summary, counted, points, set(drawn)))
    if curve is None and data["blocks"]:
        parts.append(no_curve())
    parts.append(closing_sections(summary, data))
    label = str(data.get("label") or "")
    if Standing.from_json(summary).is_demonstration:
        label = label or DEMONSTRATION
    return _page(summary, "\n".join(parts), charts, label)


def _block_charts(
    number: int,
    summary: Mapping[str, Any],
    counted: Mapping[str, Any],
    points: Sequence[Mapping[str, Any]],
) -> dict[str, Spec]:
    """The charts of one block, by the names its sections use; none for what is empty."""
    block, mode = summary["blocks"][number], mode_of(summary)
    unit, grain = str(block["unit"]), int(block["unit_minor_points"])
    charts: dict[str, Spec] = {}
    if counted["groups"]:
        charts[f"groups-{number}"] = groups_chart(counted["groups"], unit, grain, mode=mode)
    if counted["amounts"]:
        charts[f"amounts-{number}"] = amounts_chart(counted["amounts"], unit, grain, mode=mode)
    if len(counted["sides"]) > 1:
        charts[f"sides-{number}"] = sides_chart(counted["sides"], unit, grain, mode=mode)
    if points:
        charts[f"curve-{number}"] = curve_chart(points)
    if len(counted["levels"]) > 1:
        charts[f"levels-{number}"] = levels_chart(counted["levels"])
    return charts


def _page(summary: Mapping[str, Any], body: str, charts: Mapping[str, Spec], label: str) -> str:
    library = chart_library() if charts else ""
    program = _file("report.js")
    for script in (library, program):
        if "</script" in script.lower():
            raise ValueError("a script that would end its own element cannot be embedded")
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src " + " ".join(_source_hash(script) for script in (library, program)),
            "style-src 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    banner = f'<p class="banner">{escape(label)}</p>' if label else ""
    return Template(_file("report.html")).substitute(
        policy=policy,
        title=f"{what_it_is(summary)} {escape(str(summary['result_digest'])[:12])}",
        effect=escape(Standing.from_json(summary).line),
        style=_file("report.css"),
        banner=banner,
        body=body,
        summary=json_in_page(summary),
        charts=json_in_page(charts),
        library=library,
        program=program,
    )


def _file(name: str) -> str:
    folder = resources.files("skontro.messages") / "report_files"
    return (folder / name).read_text(encoding="utf-8")


def _source_hash(script: str) -> str:
    """The name by which the page's policy admits exactly this script."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def json_in_page(value: Any) -> str:
    """The value as JSON that cannot end the element it stands in.

    Example:
        >>> json_in_page({"name": "</script>"})
        '{"name": "\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
