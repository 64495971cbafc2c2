# SPDX-License-Identifier: Apache-2.0
"""The charts of the report as Vega-Lite, and the JavaScript that draws them.

Colours are tokens that the page replaces by those of its light or dark theme. A chart has only
as many marks as the counted data has groups; every figure in a tooltip is text made here from
the exact integers, and only lengths are divided.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.messages.report_text import (
    grouped,
    hundredths_of,
    minor_of,
    share_of,
    short,
    span_text,
)

if TYPE_CHECKING:
    import altair as alt

Spec = dict[str, Any]

ACCENT, SOFT, REST = "token:accent", "token:soft", "token:rest"
INK, MUTED, PAPER, FAINT = "token:ink", "token:muted", "token:paper", "token:faint"
Part = tuple[str, str, str]
"""A part of a debt: what it is called, the column of its points, its colour."""

SET_OFF: Part = ("set off", "set_off_points", ACCENT)
SETTLED: Part = ("settled with cash", "settled_points", SOFT)
DISCHARGED: Part = ("discharged", "settled_points", ACCENT)
STILL_OWED: Part = ("still owed", "left_points", REST)
PARTS: dict[str, tuple[Part, ...]] = {
    "set-off": (SET_OFF,),
    "cash": (SET_OFF, SETTLED),
    "combined": (DISCHARGED,),
}
"""The parts that are discharged, by what was asked: set-off, cash after it, or both as one."""
HEIGHT = 300


def chart_library() -> str:
    """The JavaScript of Vega, Vega-Lite and Vega-Embed out of the installed package.

    Bundling takes some seconds, so that the bundle is kept in the user's cache folder, under the
    version of the package and its own digest; a bundle that is not what its name says is not used.
    """
    import vl_convert

    version = metadata.version("vl-convert-python")
    folder = _cache_folder()
    for kept in sorted(folder.glob(f"charts-{version}-*.js")) if folder.is_dir() else ():
        text = kept.read_bytes()
        if kept.stem.endswith(hashlib.sha256(text).hexdigest()):
            return text.decode("utf-8")
    bundle = str(vl_convert.javascript_bundle(snippet="window.vegaEmbed = vegaEmbed;"))
    _keep(folder, version, bundle.encode("utf-8"))
    return bundle


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "skontro"


def _keep(folder: Path, version: str, bundle: bytes) -> None:
    """Keep the bundle; a cache that cannot be written to only costs time."""
    digest = hashlib.sha256(bundle).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f"aside-{os.getpid()}"
        aside.write_bytes(bundle)
        aside.replace(folder / f"charts-{version}-{digest}.js")
    except OSError:
        return


def _finished(chart: Any, *, height: int | None = HEIGHT) -> Spec:
    """The chart as wide as its place in the page, as plain values."""
    import altair as alt

    sized = chart.properties(
        width="container",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    if height is not None:
        sized = sized.properties(height=height)
    with alt.data_transformers.enable("default", max_rows=None):
        spec: Spec = sized.to_dict(validate=False)
    spec.pop("config", None)
    return spec


def _values(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """The few rows of a chart, put into it."""
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _colours(parts: Sequence[Part]) -> alt.Color:
    import altair as alt

    return alt.Color(
        "part:N",
        title=None,
        scale=alt.Scale(
            domain=[name for name, _, _ in parts], range=[colour for _, _, colour in parts]
        ),
        legend=alt.Legend(orient="top", symbolType="square"),
    )


def group_name(group: Mapping[str, Any]) -> str:
    """What a group of firms is called on its axis."""
    if group["groups"] == 1:
        return "all firms"
    if group["group"] == 1:
        return "smallest"
    if group["group"] == group["groups"]:
        return "largest"
    return str(group["group"])


def groups_chart(
    groups: Sequence[Mapping[str, Any]], unit: str, points_per_minor: int, *, mode: str
) -> Spec:
    """Who gains: of each group of firms by size, what share of its debts and claims goes."""
    import altair as alt

    parts = PARTS[mode]
    rows = []
    for group in groups:
        gross = group["gross_points"]
        for rank, (part, column, _) in enumerate(parts):
            points = group[column]
            minor = minor_of(points, points_per_minor)
            rows.append(
                {
                    "order": group["group"],
                    "group": group_name(group),
                    "part": part,
                    "rank": rank,
                    "share": hundredths_of(points, gross) / 100,
                    "amount": minor / 10 ** _places(unit),
                    "firms": f"{group['firms']:,}",
                    "share_text": share_of(points, gross),
                    "amount_text": f"{grouped(minor, unit)} {unit}",
                    "size_text": span_text(
                        minor_of(group["least_points"], points_per_minor),
                        minor_of(group["greatest_points"], points_per_minor),
                        unit,
                    ),
                }
            )
    hover = alt.selection_point(name="hover", on="pointerover", fields=["order"], empty=True)
    measure = alt.param(name="measure", value="share")
    bars = (
        alt.Chart(_values(rows))
        .transform_calculate(shown="measure == 'share' ? datum.share : datum.amount")
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "group:N",
                sort=[group_name(group) for group in groups],
                title="firms by size, smallest to largest",
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("shown:Q", title=None, axis=_measure_axis()),
            color=_colours(parts),
            order=alt.Order("rank:Q"),
            opacity=alt.condition(hover, alt.value(1), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("part:N", title="what"),
                alt.Tooltip("share_text:N", title="share"),
                alt.Tooltip("amount_text:N", title="amount"),
                alt.Tooltip("firms:N", title="firms"),
                alt.Tooltip("size_text:N", title=f"size, {unit}"),
            ],
        )
        .add_params(hover, measure)
    )
    return _finished(bars)


def _measure_axis() -> alt.Axis:
    import altair as alt

    return alt.Axis(
        labelExpr="measure == 'share' ? datum.value + ' %' : format(datum.value, '~s')",
        tickCount=5,
        domain=False,
        ticks=False,
    )


def _places(unit: str) -> int:
    from skontro.core.money import exponent

    return exponent(unit)


def size_name(size: Mapping[str, Any], unit: str) -> str:
    """What a size of obligations is called: its lower edge."""
    return short(size["from_minor"], unit)


def amounts_chart(
    amounts: Sequence[Mapping[str, Any]], unit: str, points_per_minor: int, *, mode: str
) -> Spec:
    """Obligations by size: what of them is discharged and what stays."""
    import altair as alt

    parts = (*PARTS[mode], STILL_OWED)
    rows = []
    for at, size in enumerate(amounts):
        gross = size["gross_points"]
        left = gross - size["set_off_points"] - size["settled_points"]
        sums = {**size, "left_points": left}
        count = size["untouched"] + size["partly"] + size["fully"]
        for rank, (part, column, _) in enumerate(parts):
            points = sums[column]
            minor = minor_of(points, points_per_minor)
            rows.append(
                {
                    "at": at,
                    "size": size_name(size, unit),
                    "part": part,
                    "rank": rank,
                    "share": hundredths_of(points, gross) / 100,
                    "amount": minor / 10 ** _places(unit),
                    "share_text": share_of(points, gross),
                    "amount_text": f"{grouped(minor, unit)} {unit}",
                    "range": span_text(size["from_minor"], size["to_minor"], unit),
                    "obligations": f"{count:,}",
                    "states": f"{size['fully']:,} fully, {size['partly']:,} partly, "
                    f"{size['untouched']:,} untouched",
                }
            )
    hover = alt.selection_point(name="hover", on="pointerover", fields=["at"], empty=True)
    measure = alt.param(name="measure", value="amount")
    bars = (
        alt.Chart(_values(rows))
        .transform_calculate(shown="measure == 'share' ? datum.share : datum.amount")
        .mark_bar()
        .encode(
            x=alt.X(
                "size:O",
                sort=[size_name(size, unit) for size in amounts],
                title=f"size of the obligation from, {unit}",
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
                scale=alt.Scale(paddingInner=0.12),
            ),
            y=alt.Y("shown:Q", title=None, axis=_measure_axis()),
            color=_colours(parts),
            order=alt.Order("rank:Q"),
            opacity=alt.condition(hover, alt.value(1), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("range:N", title=f"size, {unit}"),
                alt.Tooltip("part:N", title="what"),
                alt.Tooltip("amount_text:N", title="amount"),
                alt.Tooltip("share_text:N", title="share"),
                alt.Tooltip("obligations:N", title="obligations"),
                alt.Tooltip("states:N", title="of them"),
            ],
        )
        .add_params(hover, measure)
    )
    return _finished(bars)


def sides_chart(
    sides: Sequence[Mapping[str, Any]], unit: str, points_per_minor: int, *, mode: str
) -> Spec:
    """Debtor sides against creditor sides: the deeper the colour, the more of it goes."""
    import altair as alt

    rows = []
    most = max((cell["gross_points"] for cell in sides), default=0)
    for cell in sides:
        gross = cell["gross_points"]
        gone = cell["set_off_points"] + cell["settled_points"]
        rows.append(
            {
                "debtor": cell["debtor_side"],
                "creditor": cell["creditor_side"],
                "share": hundredths_of(gone, gross) / 100,
                "amount": hundredths_of(gross, most) / 100,
                "share_text": share_of(gone, gross),
                "gross_short": f"{short(minor_of(gross, points_per_minor), unit)} {unit}",
                "gross_text": f"{grouped(minor_of(gross, points_per_minor), unit)} {unit}",
                "gone_text": f"{grouped(minor_of(gone, points_per_minor), unit)} {unit}",
                "obligations": f"{cell['obligations']:,}",
            }
        )
    names = sorted({row["debtor"] for row in rows} | {row["creditor"] for row in rows})
    measure = alt.param(name="measure", value="share")
    base = (
        alt.Chart(_values(rows))
        .transform_calculate(
            shown="measure == 'share' ? datum.share : datum.amount",
            label="measure == 'share' ? datum.share_text : datum.gross_short",
        )
        .encode(
            x=alt.X("creditor:N", sort=names, title="owed to",
                    axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
            y=alt.Y("debtor:N", sort=names, title="owed by",
                    axis=alt.Axis(domain=False, ticks=False)),
            tooltip=[
                alt.Tooltip("debtor:N", title="owed by"),
                alt.Tooltip("creditor:N", title="owed to"),
                alt.Tooltip("gross_text:N", title="gross"),
                alt.Tooltip("gone_text:N", title="set off" if mode == "set-off" else "discharged"),
                alt.Tooltip("share_text:N", title="share"),
                alt.Tooltip("obligations:N", title="obligations"),
            ],
        )
    )  # fmt: skip
    cells = base.mark_rect(cornerRadius=4, stroke=PAPER, strokeWidth=3).encode(
        color=alt.Color(
            "shown:Q",
            legend=None,
            scale=alt.Scale(domain=[0, 50, 100], range=[FAINT, SOFT, ACCENT]),
        ),
    )
    labels = base.mark_text(fontSize=14 if len(names) < 6 else 10, fontWeight=600).encode(
        text="label:N",
        color=alt.condition("datum.shown > 70", alt.value(PAPER), alt.value(INK)),
    )
    height = max(150, min(420, 84 * len(names)))
    return _finished((cells + labels).add_params(measure), height=height)


def curve_chart(points: Sequence[Mapping[str, Any]]) -> Spec:
    """Discharged share against cash, both in per cent of gross."""
    import altair as alt

    base = alt.Chart(_values(points)).encode(
        x=alt.X("cash:Q", title="outside money admitted, % of the net debt of all firms",
                axis=alt.Axis(grid=False, tickCount=6)),
        y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(labelExpr="datum.value + ' %'", tickCount=5, domain=False,
                              ticks=False)),
    )  # fmt: skip
    area = base.mark_area(color=SOFT, opacity=0.35)
    line = base.mark_line(color=ACCENT, strokeWidth=2.5)
    dots = base.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(
        tooltip=[
            alt.Tooltip("cash_text:N", title="cash admitted"),
            alt.Tooltip("cash_share:N", title="of net debt"),
            alt.Tooltip("discharged_text:N", title="discharged"),
            alt.Tooltip("share_text:N", title="share"),
        ]
    )
    return _finished(area + line + dots)


def levels_chart(levels: Sequence[Mapping[str, Any]]) -> Spec:
    """How many nodes stand at each level of the certificate."""
    import altair as alt

    rows = [
        {"level": level_name(level), "nodes": level["nodes"], "nodes_text": f"{level['nodes']:,}"}
        for level in levels
    ]
    bars = (
        alt.Chart(_values(rows))
        .mark_bar(color=SOFT, cornerRadiusEnd=2)
        .encode(
            x=alt.X("level:N", sort=[row["level"] for row in rows], title="level",
                    axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            y=alt.Y("nodes:Q", title=None,
                    axis=alt.Axis(format="~s", tickCount=4, domain=False, ticks=False)),
            tooltip=[alt.Tooltip("level:N", title="level"),
                     alt.Tooltip("nodes_text:N", title="nodes")],
        )
    )  # fmt: skip
    return _finished(bars, height=180)


def level_name(level: Mapping[str, Any]) -> str:
    """A level, or a span of high ones."""
    if level["from_level"] == level["to_level"]:
        return str(level["from_level"])
    return f"{level['from_level']}–{level['to_level']}"
