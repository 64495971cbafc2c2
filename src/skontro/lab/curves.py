# SPDX-License-Identifier: Apache-2.0
"""How much debt would be discharged with how much money: planning figures, a flow per point.

The money is liquidity from outside. Money and set-off are placed together. A total cash budget is
one arc out of a common house node, with borders free; a border budget is one arc through the hub,
with pay-ins limited per participant. Each is a single flow, so each point is exact; both at once
are not, and are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.certificate import check_flow, check_stage
from skontro.core.errors import InvalidOptions, Rejected
from skontro.core.house import House, build_house
from skontro.core.money import exponent, parse_decimal, round_half_even
from skontro.core.network import Block, build_blocks
from skontro.core.readable import share_text
from skontro.core.wide import exact_sum
from skontro.kernel.circulation import UNLIMITED, optimal_flow

if TYPE_CHECKING:
    import pyarrow as pa

    from skontro.core.intake import Intake

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

CASH = ("0", "1%", "5%", "10%", "20%")
CHEAP = ("0", "2%", "5%", "10%", "20%", "40%", "70%", "100%")
CHEAP_UP_TO = 50_000
"""So many obligations have a curve in their report without its being asked for."""

EFFECT = "calculation"


@dataclass(frozen=True, slots=True, eq=False)
class _Planned:
    """A block with the arcs of its house; the last arc carries the budget.

    Attributes:
        tail: Node each arc leaves, shape (a,).
        head: Node each arc enters, shape (a,).
        limit: Limit in points, ``UNLIMITED`` for none, shape (a,): what is proved upon.
        room: The same, more than ever need flow in place of ``UNLIMITED``: what is solved upon.
        nodes: How many nodes there are.
    """

    tail: Int32
    head: Int32
    limit: Int64
    room: Int64
    nodes: int


def curve(
    intake: Intake,
    *,
    cash: Sequence[str] | None = None,
    border: Sequence[str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> pa.Table:
    """Show how much would be discharged with each budget of cash, or of money across borders.

    A planning figure without legal effect: set-off and money are placed together, whereas a house
    sets off first. Pay-in limits that came with the intake hold. Its border quotas do not: with
    a cash budget borders are free, and a border budget takes the quotas' place.

    Args:
        intake: What was accepted of the files.
        cash: Budgets: shares of the net internal debt (``5%``), or amounts in the unit of
            account (``250000.00``). Without any budget: 0, 1, 5, 10 and 20 %.
        border: The same for money that crosses from one side to another, instead of ``cash``.
        progress: Told the stage, the points done and the points in all.

    Returns:
        A row per block and budget: ``unit``, ``kind``, ``budget`` (as given), ``budget_minor``,
        ``net_internal_debt_minor``, ``gross_minor``, ``discharged_minor``, ``share`` and
        ``budget_share`` (of gross, text), ``worth`` (debt discharged by one more unit of
        budget), ``effect``.

    Raises:
        InvalidOptions: Both budgets were given; a budget is malformed or below nought; or an
            amount is given where several currencies clear by themselves.
    """
    import pyarrow as pa

    if cash is not None and border is not None:
        raise InvalidOptions(
            "a total cash budget and a total border budget cannot be had at once: together they "
            "are no flow, and fractions would come out",
            next_step="ask for one of them",
        )
    kind = "border" if border is not None else "cash"
    given = border if kind == "border" else cash
    budgets = [text.strip() for text in (CASH if given is None else given)]
    if not budgets:
        raise InvalidOptions("a curve needs at least one budget", next_step="give one, such as 5%")
    blocks = build_blocks(intake)
    if len(blocks) > 1 and any(not text.endswith("%") and text != "0" for text in budgets):
        raise InvalidOptions(
            "an amount as budget needs one unit of account, and several currencies clear apart",
            next_step="give a fixing, or the budgets as shares",
        )
    rows = list[dict[str, object]]()
    for block in blocks:
        net = _net_positions(block)
        debt = exact_sum(net[net > 0])
        planned = _plan(intake, block, kind)
        for text in budgets:
            rows.append(_point(block, planned, kind, text, debt))
            if progress is not None:
                progress("drawing the curve", len(rows), len(blocks) * len(budgets))
    schema = pa.schema(
        [(name, pa.string()) for name in ("unit", "kind", "budget")]
        + [(f"{name}_minor", pa.int64()) for name in _SUMS]
        + [("share", pa.string()), ("budget_share", pa.string())]
        + [("worth", pa.int64()), ("effect", pa.string())]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def cheap_curve(intake: Intake) -> list[dict[str, Any]] | None:
    """A few points for a report, or None where they would take longer than the clearing.

    Args:
        intake: What was accepted of the files.

    Returns:
        The rows of :func:`curve` for budgets of cash.
    """
    if not 0 < len(intake.obligations) <= CHEAP_UP_TO:
        return None
    points: list[dict[str, Any]] = curve(intake, cash=CHEAP).to_pylist()
    return points


_SUMS = ("budget", "net_internal_debt", "gross", "discharged")


def _net_positions(block: Block) -> Int64:
    net = np.zeros(block.nodes.count, np.int64)
    np.add.at(net, block.head, block.limit)
    np.subtract.at(net, block.tail, block.limit)
    return net


def _point(
    block: Block, planned: _Planned, kind: str, text: str, debt_points: int
) -> dict[str, object]:
    """Solve for one budget; flow, balances and levels are checked on all arcs."""
    per_minor = block.grid.unit_minor_points
    budget = budget_points(text, debt_points, block.unit, per_minor)
    gross = exact_sum(block.limit)
    limit, room = planned.limit.copy(), planned.room.copy()
    limit[-1] = room[-1] = min(budget, gross)
    gain = np.zeros(limit.shape[0], np.int32)
    gain[: block.limit.shape[0]] = 1
    flow, level = optimal_flow(planned.tail, planned.head, room, gain, planned.nodes)
    ends = (planned.tail, planned.head)
    check_flow(*ends, limit, flow, planned.nodes)
    free = np.ones(limit.shape[0], np.bool_)
    discharged, _ = check_stage(*ends, limit, flow, gain, level, free)
    worth = int(level[planned.tail[-1]]) - int(level[planned.head[-1]])
    sums = (budget, debt_points, gross, discharged)
    return {
        "unit": block.unit,
        "kind": kind,
        "budget": text,
        **{
            f"{name}_minor": round_half_even(Fraction(points, per_minor))
            for name, points in zip(_SUMS, sums, strict=True)
        },
        "share": share_text(discharged, gross),
        "budget_share": share_text(budget, gross),
        "worth": max(0, worth),
        "effect": EFFECT,
    }


def budget_points(text: str, debt_points: int, unit: str, points_per_minor: int) -> int:
    """Read a budget: a share of the net internal debt, rounded down, or an amount in the unit.

    Raises:
        InvalidOptions: It is neither, or below nought.

    Example:
        >>> budget_points("2.5%", 1000, "EUR", 1), budget_points("12.50", 1000, "EUR", 1)
        (25, 1250)
    """
    if text.endswith("%"):
        try:
            share = Decimal(text[:-1])
        except InvalidOperation:
            raise _no_budget(text) from None
        if not share.is_finite() or share < 0:
            raise _no_budget(text)
        return int(Fraction(share) * debt_points / 100)
    try:
        return parse_decimal(text, exponent(unit)) * points_per_minor
    except Rejected:
        raise _no_budget(text) from None


def _no_budget(text: str) -> InvalidOptions:
    return InvalidOptions(
        f"{text!r} is no budget",
        next_step="give a share of the net internal debt such as 5%, or an amount such as 2500.00",
        details={"budget": text},
    )


def _plan(intake: Intake, block: Block, kind: str) -> _Planned:
    """Lay the house's arcs for one kind of budget; the budget's arc comes last."""
    owed = np.zeros(block.nodes.count, np.int64)
    due = np.zeros(block.nodes.count, np.int64)
    np.add.at(owed, block.tail, block.limit)
    np.add.at(due, block.head, block.limit)
    house = build_house(intake, block, owed, due, unlimited=False)
    if kind == "cash":
        return _plan_cash(block, house)
    return _plan_border(block, house)


def _plan_cash(block: Block, house: House) -> _Planned:
    """Everyone is paid by one common node; what it may give out again goes through one arc."""
    count = block.nodes.count
    common, purse = count, count + 1
    everyone = np.arange(count, dtype=np.int32)
    own = slice(0, house.border_from)
    paying = house.head[: house.pay_ins]
    budget = np.zeros(1, np.int64)
    return _Planned(
        tail=np.concatenate([block.tail, _same(purse, paying), everyone, _same(common, [0])]),
        head=np.concatenate([block.head, paying, _same(common, everyone), _same(purse, [0])]),
        limit=np.concatenate([block.limit, house.limit[own], budget]),
        room=np.concatenate([block.limit, house.room[own], budget]),
        nodes=count + 2,
    )


def _plan_border(block: Block, house: House) -> _Planned:
    """What leaves a side passes one arc from one half of the hub to the other."""
    count = block.nodes.count
    first_half = count + len(house.nodes) - 1
    second_half = first_half + 1
    own = slice(0, house.border_from)
    tails, heads = list[int](), list[int]()
    for place, node in enumerate(house.nodes, count):
        if node.kind == "house":
            tails += [place, second_half]
            heads += [first_half, place]
    gates = np.full(len(tails), exact_sum(block.limit) + 1, np.int64)
    budget = np.zeros(1, np.int64)
    return _Planned(
        tail=np.concatenate(
            [block.tail, house.tail[own], np.array(tails, np.int32), _same(first_half, [0])]
        ),
        head=np.concatenate(
            [block.head, house.head[own], np.array(heads, np.int32), _same(second_half, [0])]
        ),
        limit=np.concatenate(
            [block.limit, house.limit[own], np.full_like(gates, UNLIMITED), budget]
        ),
        room=np.concatenate([block.limit, house.room[own], gates, budget]),
        nodes=second_half + 1,
    )


def _same(node: int, like: Int32 | list[int]) -> Int32:
    return np.full(len(like), node, np.int32)
