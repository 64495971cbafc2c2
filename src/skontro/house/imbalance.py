# SPDX-License-Identifier: Apache-2.0
"""How one-sided a side's trade is, seen before its quota is full.

A clearing union dies of its structural creditors: their surplus never comes back as trade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from skontro.core.errors import AmountOverflow, InvalidOptions
from skontro.core.money import LIMIT_MINOR
from skontro.core.stages import Face
from skontro.house.border import BothWays, Quota, both_ways


@dataclass(frozen=True, slots=True)
class Imbalance:
    """How one-sided a side's trade has become.

    Attributes:
        position: Where the side stands after the last cycle.
        share: That as a share of its quota, negative where it is owed; None where it has a
            position and no quota.
        speed: How much the position moves in a cycle, on average over the cycles looked at.
        same_side: For how many cycles it has stood on this side of nought without a break.
        cycles_left: In how many cycles it comes to its quota at this speed; None if never.
        alarm: Whether it has stood there long enough and is past the share of its quota.
    """

    position: int
    share: Fraction | None
    speed: Fraction
    same_side: int
    cycles_left: int | None
    alarm: bool


def structural_imbalance(
    history: Sequence[tuple[int, Quota]], *, cycles: int, share: Fraction
) -> Imbalance:
    """Tell whether a side has become a structural debtor or creditor.

    Args:
        history: The side's position and quota after each cycle, oldest first.
        cycles: For how many cycles it must have stood on the same side of nought; also how many
            the speed is taken over.
        share: Past which share of its quota it must stand.

    Raises:
        InvalidOptions: There is no cycle to look at, or the share is negative.

    Example:
        >>> months = [(-20, 100), (-40, 100), (-55, 100)]
        >>> seen = structural_imbalance(months, cycles=3, share=Fraction(1, 2))
        >>> seen.alarm, seen.share, seen.speed, seen.cycles_left
        (True, Fraction(-11, 20), Fraction(-35, 2), 3)
    """
    if not history or cycles < 1 or share < 0:
        raise InvalidOptions("the alarm needs a history, one cycle or more and a share from nought")
    positions = [position for position, _ in history]
    last = positions[-1]
    ways = both_ways(history[-1][1])
    quota = ways.owing if last >= 0 else ways.owed
    seen = positions[-cycles - 1 :]
    speed = Fraction(seen[-1] - seen[0], len(seen) - 1) if len(seen) > 1 else Fraction(0)
    same_side = 0
    for position in reversed(positions):
        if position * last <= 0:
            break
        same_side += 1
    return Imbalance(
        position=last,
        share=Fraction(last, quota) if quota else None if last else Fraction(0),
        speed=speed,
        same_side=same_side,
        cycles_left=_cycles_left(last, speed, ways),
        alarm=same_side >= cycles and abs(last) > share * quota,
    )


def _cycles_left(position: int, speed: Fraction, quota: BothWays[int]) -> int | None:
    if speed == 0:
        return None
    way = quota.owing - position if speed > 0 else quota.owed + position
    return max(0, ceil(way / abs(speed)))


def compensable(trade: Mapping[tuple[str, str], int]) -> int:
    """Return how much of the trade between sides could ever be set off against other such trade.

    The largest circulation among the sides, as if every firm of a side were one: no clearing of
    single firms can do more without money across a border, however long it waits.

    Args:
        trade: What sides came to owe, minor units, by debtor and creditor side, two different
            ones.

    Raises:
        AmountOverflow: It comes to 2**62 minor units or more.

    Example:
        >>> compensable({("A", "B"): 100, ("B", "A"): 30, ("B", "C"): 20, ("C", "A"): 20})
        120
    """
    pairs = {ends: amount for ends, amount in trade.items() if amount}
    if sum(pairs.values()) >= LIMIT_MINOR:
        raise AmountOverflow("the trade between sides comes to 2**62 minor units or more")
    if not pairs:
        return 0
    sides = sorted({side for ends in pairs for side in ends}, key=str.encode)
    place = {side: number for number, side in enumerate(sides)}
    ordered = sorted((place[a], place[b], amount) for (a, b), amount in pairs.items())
    tail, head, limit = (np.array(column) for column in zip(*ordered, strict=True))
    face = Face(
        tail.astype(np.int32), head.astype(np.int32), limit.astype(np.int64), len(sides)
    )
    face.place_most()
    return int(face.flow.sum())
