# SPDX-License-Identifier: Apache-2.0
"""The clearing model once more, slowly and apart: plain Python, and OR-Tools for the optimum.

Everything is built from the intake again, by the words of docs/result-format.md, with fractions and
Python integers; nothing of the clearing itself is used but its grid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow

from skontro.core.intake import Intake
from skontro.core.obligations import NO_DUE_DAY

Node = tuple[str, ...]
"""(participant, currency), currency empty where conversion is accepted; or a node of the house."""


class Duty(NamedTuple):
    """An obligation of a block: its place in the intake, nodes, currency, amount, points, due."""

    place: int
    id: str
    debtor: Node
    creditor: Node
    currency: str
    minor: int
    points: int
    due_day: int


class Arc(NamedTuple):
    """From, to, limit (None for none), and what a unit of flow counts.

    Volume, pay-in, border money, and how much the obligation is preferred.
    """

    tail: Node
    head: Node
    limit: int | None
    volume: int
    pay_in: int
    border: int
    liked: int = 0


def duties_of(
    intake: Intake, currency: str | None, worth: dict[str, Fraction]
) -> list[Duty]:
    """The obligations of one block; all of them with a fixing."""
    book = intake.obligations
    firms = intake.participants
    duties = []
    for place, name in enumerate(book.id.to_pylist()):
        code = book.currencies[book.currency_index[place]]
        if currency is not None and code != currency:
            continue
        ends = []
        for number in (book.debtor[place], book.creditor[place]):
            converts = intake.fixing is not None and bool(firms.accepts[number])
            ends.append((firms.id[number], "" if converts else code))
        minor = int(book.amount_minor[place])
        duties.append(
            Duty(
                place, name, *ends, code, minor, round(minor * worth[code]),
                int(book.due_day[place]),
            )
        )
    return duties


def pair_limits(duties: Iterable[Duty], points: dict[int, int] | None = None) -> dict:
    """Sum of points by (debtor node, creditor node)."""
    limits: dict[tuple[Node, Node], int] = defaultdict(int)
    for duty in duties:
        limits[duty.debtor, duty.creditor] += (
            duty.points if points is None else points[duty.place]
        )
    return limits


def pair_arcs(limits: dict[tuple[Node, Node], int]) -> list[Arc]:
    """An arc for each pair."""
    return [Arc(a, b, limit, 1, 0, 0) for (a, b), limit in limits.items() if limit]


def duty_arcs(duties: list[Duty], points: dict[int, int], prefer: str) -> list[Arc]:
    """An arc for each obligation, with its preference."""
    return [
        Arc(d.debtor, d.creditor, points[d.place], 1, 0, 0, preference(d, duties, prefer))
        for d in duties
        if points[d.place]
    ]


def house_arcs(
    intake: Intake, nodes: Iterable[Node], unit: str, worth: dict[str, Fraction], cash: str
) -> list[Arc]:
    """Pay-ins, pay-outs and the border, as the format says."""
    firms = intake.participants
    number = {name: place for place, name in enumerate(firms.id)}
    arcs, houses = [], set()
    for name, code in nodes:
        side, home = firms.side[number[name]], firms.home_currency[number[name]]
        house = ("house", side, code or home or unit)
        houses.add(house)
        limit: int | None = None
        if intake.pay_in_limits is not None and cash != "unlimited":
            limit = sum(
                round(minor * worth[currency])
                for firm, currency, minor in intake.pay_in_limits
                if firm == name and currency in worth and code in ("", currency)
            )
        if limit != 0:
            arcs.append(Arc(house, (name, code), limit, 0, 1, 0))
        arcs.append(Arc((name, code), house, None, 0, 0, 0))
    sides = sorted({side for _, side, _ in houses})
    for house in sorted(houses):
        arcs.append(Arc(house, ("out", house[1]), None, 0, 0, 1))
        arcs.append(Arc(("in", house[1]), house, None, 0, 0, 0))
    if intake.border_quotas is None:
        for side in sides if len(sides) > 1 else []:
            arcs.append(Arc(("out", side), ("hub",), None, 0, 0, 0))
            arcs.append(Arc(("hub",), ("in", side), None, 0, 0, 0))
        return arcs
    for debtor, creditor, currency, minor in intake.border_quotas:
        named = [side for side in (debtor, creditor) if side]
        if currency in worth and all(side in sides for side in named):
            tail = ("out", creditor) if creditor else ("hub",)
            head = ("in", debtor) if debtor else ("hub",)
            arcs.append(Arc(tail, head, round(minor * worth[currency]), 0, 0, 0))
    return arcs


def best(arcs: list[Arc]) -> tuple[int, int, int, int] | None:
    """Most volume, then least pay-in, then least border money, then most preferred, by OR-Tools.

    A change along a simple cycle takes each house node at most once, so weights a little above
    the number of house nodes keep the first three wishes apart; the preference of a cycle is at
    most that of one arc for each node. No arc of the house need carry more
    than is owed; with these bounds sums keep to 64 bits, but for the largest amounts, and then
    there is no answer.
    """
    if not arcs:
        return 0, 0, 0, 0
    number: dict[Node, int] = {}
    for arc in arcs:
        for node in (arc.tail, arc.head):
            number.setdefault(node, len(number))
    bounds = _bounds(arcs)
    weight = sum(node[0] == "house" for node in number) + 2
    above = max(arc.liked for arc in arcs) * (len(number) + 1) + 1
    gain = [
        above * (arc.volume * weight**2 - arc.pay_in * weight - arc.border) + arc.liked
        for arc in arcs
    ]
    most = sum(abs(one) * bound for one, bound in zip(gain, bounds, strict=True))
    if sum(bounds) >= 2**62 or (above > 1 and most * (len(number) + 1) >= 2**62):
        return None
    flow = solve(
        [(number[a.tail], number[a.head], b) for a, b in zip(arcs, bounds, strict=True)], gain,
        len(number),
    )
    return tuple(
        sum(int(f) * getattr(arc, wish) for f, arc in zip(flow, arcs, strict=True))
        for wish in ("volume", "pay_in", "border", "liked")
    )  # type: ignore[return-value]


def _bounds(arcs: list[Arc]) -> list[int]:
    """The limit of each arc; an arc of the house need carry no more than the firm owes or is due.

    Across the border all that is owed may pass, on its way to a third side.
    """
    due: dict[Node, int] = defaultdict(int)
    owed: dict[Node, int] = defaultdict(int)
    for arc in arcs:
        if arc.volume:
            owed[arc.tail] += arc.limit or 0
            due[arc.head] += arc.limit or 0
    bounds = []
    for arc in arcs:
        most = sum(owed.values())
        if arc.pay_in:
            most = owed[arc.head]
        elif arc.head[0] == "house" and arc.tail[0] != "in":
            most = due[arc.tail]
        bounds.append(most if arc.limit is None else min(arc.limit, most))
    return bounds


def solve(arcs: list[tuple[int, int, int]], gain: list[int], nodes: int) -> list[int]:
    """The flow of most gain that changes no balance, by OR-Tools."""
    solver = min_cost_flow.SimpleMinCostFlow()
    chosen = solver.add_arcs_with_capacity_and_unit_cost(
        np.array([arc[0] for arc in arcs]),
        np.array([arc[1] for arc in arcs]),
        np.array([arc[2] for arc in arcs]),
        -np.array(gain),
    )
    solver.set_nodes_supplies(np.arange(nodes), np.zeros(nodes, np.int64))
    status = solver.solve()
    assert status == solver.OPTIMAL, status
    return [int(f) for f in solver.flows(chosen)]


def most_preferred(duties: list[Duty], prefer: str) -> tuple[int, int]:
    """Most volume, then most preference, by OR-Tools."""
    number: dict[Node, int] = {}
    for duty in duties:
        for node in (duty.debtor, duty.creditor):
            number.setdefault(node, len(number))
    wish = [preference(duty, duties, prefer) for duty in duties]
    weight = (max(wish) + 1) * (len(number) + 1)
    flow = solve(
        [(number[d.debtor], number[d.creditor], d.points) for d in duties],
        [weight + one for one in wish],
        len(number),
    )
    return sum(flow), sum(f * one for f, one in zip(flow, wish, strict=True))


def preference(duty: Duty, duties: list[Duty], prefer: str) -> int:
    """How much an obligation is preferred."""
    if prefer == "smallest":
        return 63 - duty.points.bit_length()
    dated = [one.due_day for one in duties if one.due_day != NO_DUE_DAY]
    return 0 if duty.due_day == NO_DUE_DAY else min(4095, max(dated) - duty.due_day)


def split(duties: list[Duty], points: list[int], flow: int, how: str) -> list[int]:
    """Divide the flow of a pair over its obligations."""
    order = sorted(range(len(duties)), key=lambda k: duties[k].id.encode())
    part = [0] * len(duties)
    if how == "oldest":
        for k in sorted(order, key=lambda k: duties[k].due_day):
            part[k] = min(flow, points[k])
            flow -= part[k]
        return part
    whole = sum(points)
    for k in order:
        part[k] = flow * points[k] // whole if whole else 0
    left = flow - sum(part)
    by_rest = sorted(order, key=lambda k: -(flow * points[k] % whole) if whole else 0)
    for k in by_rest[:left]:
        part[k] += 1
    return part


def closes_cycle(partial: Iterable[tuple[Node, Node]]) -> bool:
    """Whether undirected edges contain a cycle."""
    tree: dict[Node, Node] = {}

    def root(node: Node) -> Node:
        while tree.setdefault(node, node) != node:
            node = tree[node]
        return node

    for a, b in partial:
        a, b = root(a), root(b)
        if a == b:
            return True
        tree[a] = b
    return False


def within_one(value: int, exact: Fraction) -> bool:
    """Whether an integer is the floor or the ceiling of a fraction."""
    return exact.__floor__() <= value <= exact.__ceil__()


def shares_kept(
    duties: list[Duty], points: dict[int, int], open_minor: dict[int, int],
    flow: dict[int, int], minor: dict[int, int], *, refusing_conserve: bool,
) -> None:
    """Assert what rounding promises: floor or ceiling, full, nought, and every node's net."""
    net: dict[tuple[Node, str], Fraction] = defaultdict(Fraction)
    rounded: dict[tuple[Node, str], int] = defaultdict(int)
    for duty in duties:
        k = duty.place
        if points[k] == 0:
            assert minor[k] == 0
            continue
        share = Fraction(open_minor[k] * flow[k], points[k])
        assert within_one(minor[k], share)
        for node, sign in ((duty.debtor, 1), (duty.creditor, -1)):
            net[node, duty.currency] += sign * share
            rounded[node, duty.currency] += sign * minor[k]
    for (node, currency), value in rounded.items():
        if node[1] and refusing_conserve:
            assert value == 0, node
        else:
            assert within_one(value, net[node, currency]), node


