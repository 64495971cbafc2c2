# SPDX-License-Identifier: Apache-2.0
"""The network of a cycle before and after, as a picture made here: ends in a circle, arcs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from skontro.console.frame import Visitor

routes = APIRouter()

SIZE, MARGIN = 520, 70
MOST_ARCS = 240
"""The most arcs a picture draws, the largest first; the table beside it has as many."""
THINNEST, THICKEST = 0.8, 9.0
MOST_LEVEL = 30
"""The most ends whose names have room beside each other."""
COLOURS = 6
"""Colours of sides there are; a side's name always stands beside it."""


@routes.get("/cycles/{cycle}/network")
def network(visit: Visitor, cycle: str, of: str = "firms", end: str = "") -> Response:
    """Show who owed whom, and what is left of it."""
    of = of if of in ("firms", "sides") else "firms"
    found = visit.seat.runs.network(cycle, of=of, chosen=end[:64])
    pictures = [] if found is None else [drawn(found, name) for name in ("gross", "after")]
    edges = [] if found is None else [one for one in found["edges"] if not end
                                      or end in (one["debtor"], one["creditor"])]  # fmt: skip
    return visit.page("network", cycle=cycle, found=found, of=of, end=end, pictures=pictures,
                      edges=edges[:MOST_ARCS], more=max(0, len(edges) - MOST_ARCS))  # fmt: skip


def drawn(found: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a picture: where ends stand and which arcs join them.

    Args:
        found: The network, as the seat gives it.
        what: ``gross``: before; ``after``: after set-off.

    Returns:
        ``what``; ``size``; ``total_minor``; ``ends`` and ``arcs`` with their places as text.
    """
    ends, chosen = found["ends"], found["chosen"]
    ordered = sorted(ends, key=lambda one: (one["side"], one["id"]))
    places = _circle([one["id"] for one in ordered])
    sides = {side: n % COLOURS for n, side in enumerate(dict.fromkeys(
        one["side"] for one in ordered))}  # fmt: skip
    edges = [one for one in found["edges"] if one[f"{what}_minor"]
             and (not chosen or chosen in (one["debtor"], one["creditor"]))]  # fmt: skip
    most = max((one["gross_minor"] for one in found["edges"]), default=1) or 1
    heaviest = max((max(one["owes_minor"], one["owed_minor"]) for one in ends), default=1) or 1
    after = "" if what == "gross" else "_after"
    return {
        "what": what, "size": SIZE,
        "total_minor": found[f"{what}_minor"] if not chosen
        else sum(one[f"{what}_minor"] for one in edges),
        "arcs": [_arc(one, one[f"{what}_minor"], places, most, sides, ordered)
                 for one in edges[:MOST_ARCS]],
        "ends": [
            one | _end(places[one["id"]], one, after, heaviest, len(ordered) > MOST_LEVEL)
            | {"colour": sides[one["side"]], "is_chosen": one["id"] == chosen}
            for one in ordered
        ],
        "sides": [{"side": side, "colour": colour} for side, colour in sides.items()],
    }  # fmt: skip


def _circle(ids: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Return x, y and angle of each end, the first at the top, clockwise.

    Example:
        >>> [(round(x), round(y)) for x, y, _ in _circle(["A", "B"]).values()]
        [(260, 70), (260, 450)]
    """
    centre, radius = SIZE / 2, SIZE / 2 - MARGIN
    found = {}
    for place, each in enumerate(ids):
        angle = 2 * math.pi * place / len(ids) - math.pi / 2
        found[each] = (centre + radius * math.cos(angle), centre + radius * math.sin(angle), angle)
    return found


def _end(
    place: tuple[float, float, float], one: Mapping[str, Any], after: str, heaviest: int,
    is_crowded: bool,
) -> dict[str, Any]:  # fmt: skip
    """Where an end stands and its name: outside of it, and where there are many, along its ray."""
    x, y, angle = place
    weight = max(one[f"owes{after}_minor"], one[f"owed{after}_minor"])
    radius = 4 + 13 * math.sqrt(weight / heaviest)
    out = radius + 8
    across = math.cos(angle)
    if is_crowded:
        text_x, text_y = x + out * across, y + out * math.sin(angle)
        turn = math.degrees(angle) + (180 if across < 0 else 0)
        turned = f"rotate({turn:.1f} {text_x:.1f} {text_y:.1f}) translate(0 4)"
        return {"x": f"{x:.1f}", "y": f"{y:.1f}", "r": f"{radius:.1f}", "text_x": f"{text_x:.1f}",
                "text_y": f"{text_y:.1f}", "anchor": "end" if across < 0 else "start",
                "turned": turned}  # fmt: skip
    return {
        "x": f"{x:.1f}", "y": f"{y:.1f}", "r": f"{radius:.1f}",
        "text_x": f"{x + out * across:.1f}", "text_y": f"{y + out * math.sin(angle) + 4:.1f}",
        "turned": "", "anchor": "middle" if abs(across) < 0.3 else "start" if across > 0 else "end",
    }  # fmt: skip


def _arc(
    one: Mapping[str, Any], minor: int, places: Mapping[str, tuple[float, float, float]],
    most: int, sides: Mapping[str, int], ends: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """An arc from who owes to who is owed, bent inwards to the left of its way."""
    x1, y1, angle = places[one["debtor"]]
    x2, y2, _ = places[one["creditor"]]
    centre = SIZE / 2
    if one["debtor"] == one["creditor"]:
        spread, far = 0.35, SIZE / 2 - MARGIN + 55
        outs = [(centre + far * math.cos(angle + turn), centre + far * math.sin(angle + turn))
                for turn in (-spread, spread)]  # fmt: skip
        path = (f"M{x1:.1f} {y1:.1f}C{outs[0][0]:.1f} {outs[0][1]:.1f} "
                f"{outs[1][0]:.1f} {outs[1][1]:.1f} {x2:.1f} {y2:.1f}")  # fmt: skip
    else:
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
        bent_x = middle_x + (centre - middle_x) * 0.35 - (y2 - y1) * 0.12
        bent_y = middle_y + (centre - middle_y) * 0.35 + (x2 - x1) * 0.12
        path = f"M{x1:.1f} {y1:.1f}Q{bent_x:.1f} {bent_y:.1f} {x2:.1f} {y2:.1f}"
    side = next(end["side"] for end in ends if end["id"] == one["debtor"])
    width = THINNEST + (THICKEST - THINNEST) * math.sqrt(minor / most)
    return {"path": path, "width": f"{width:.1f}", "colour": sides[side], "minor": minor,
            "debtor": one["debtor"], "creditor": one["creditor"], "many": one["many"]}  # fmt: skip
