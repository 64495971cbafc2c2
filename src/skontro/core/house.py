# SPDX-License-Identifier: Apache-2.0
"""The house's own arcs: pay-ins, pay-outs, and the border between sides through one hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import AmountOverflow
from skontro.core.money import LIMIT_MINOR
from skontro.core.network import CONVERTS, Block
from skontro.core.wide import exact_sum
from skontro.kernel.circulation import UNLIMITED

if TYPE_CHECKING:
    from skontro.core.intake import Intake
    from skontro.core.participants import Participants

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class HouseNode(NamedTuple):
    """A node of the house: ``house``, ``out``, ``in`` or ``hub``, with side and currency."""

    kind: str
    side: str
    currency: str


BorderLimit = tuple[HouseNode, HouseNode, int | None]
"""From, to, limit in points or None."""


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """The arcs of the house in one block, in this order: pay-ins, pay-outs, border.

    Attributes:
        nodes: The house's nodes; they are numbered on from the block's.
        tail: Node each arc leaves, shape (a,).
        head: Node each arc enters, shape (a,).
        limit: Limit in points, ``UNLIMITED`` for none or for more than can ever flow, shape (a,).
        room: The same, more than ever need flow in place of ``UNLIMITED``, shape (a,).
        pay_ins: How many pay-in arcs there are; they come first.
        pay_outs: How many pay-out arcs follow, one for each node of the block.
        border_limit: Limit of each border arc as given, None for none.
        pay_in_limit: Pay-in limit of each node as given, in points, -1 where it is not named;
            None where pay-ins are not limited.
    """

    nodes: tuple[HouseNode, ...]
    tail: Int32
    head: Int32
    limit: Int64
    room: Int64
    pay_ins: int
    pay_outs: int
    border_limit: tuple[int | None, ...]
    pay_in_limit: Int64 | None

    @property
    def border_from(self) -> int:
        """Where the border arcs begin."""
        return self.pay_ins + self.pay_outs

    def pay_in_gain(self) -> Int32:
        """The gain of the ``pay_in`` stage: -1 on pay-ins."""
        gain = np.zeros(self.tail.shape[0], np.int32)
        gain[: self.pay_ins] = -1
        return gain

    def border_gain(self, nodes: int) -> Int32:
        """The gain of the ``border`` stage: -1 on arcs from a house node to its out-node."""
        kinds = np.array([node.kind == "house" for node in self.nodes])
        gain = np.zeros(self.tail.shape[0], np.int32)
        border = slice(self.border_from, None)
        gain[border] = np.where(kinds[self.tail[border] - nodes], -1, 0)
        return gain

    def arc_ends(self, arc: int, nodes: int) -> tuple[HouseNode, HouseNode]:
        """The two house nodes of a border arc, counted from the first border arc."""
        at = self.border_from + arc
        return self.nodes[self.tail[at] - nodes], self.nodes[self.head[at] - nodes]


def encode(texts: Sequence[str]) -> tuple[Int32, list[str]]:
    """Number texts by their bytes.

    Returns:
        The number of each text, shape (k,), and the different texts in the order of their bytes.

    Example:
        >>> numbers, names = encode(["b", "a", "b"])
        >>> numbers.tolist(), names
        ([1, 0, 1], ['a', 'b'])
    """
    names = sorted(set(texts), key=lambda text: text.encode())
    number = {name: place for place, name in enumerate(names)}
    return np.fromiter((number[text] for text in texts), np.int32, len(texts)), names


def settlement_currencies(block: Block, participants: Participants) -> list[str]:
    """Return for each node of a block the currency it pays and is paid in."""
    own = block.nodes.currency_index
    if own.shape[0] and np.all(own == own[0]) and own[0] != CONVERTS:
        return [block.currencies[own[0]]] * own.shape[0]
    home = participants.home_currency
    return [
        (home[participant] or block.unit) if currency == CONVERTS else block.currencies[currency]
        for participant, currency in zip(
            block.nodes.participant.tolist(), own.tolist(), strict=True
        )
    ]


def build_house(
    intake: Intake, block: Block, owed: Int64, due: Int64, *, unlimited: bool
) -> House:
    """Build the arcs of the house for one block.

    Args:
        intake: Pay-in limits and border quotas.
        block: The block.
        owed: What each node owes in points, shape (n,); no pay-in can be more.
        due: What each node is owed in points, shape (n,); no pay-out can be more.
        unlimited: Let everyone pay in without limit, whatever the pay-in limits say.

    Raises:
        AmountOverflow: A limit comes to 2**62 points.
    """
    count = block.nodes.count
    sides = intake.participants.side
    node_side = [sides[participant] for participant in block.nodes.participant.tolist()]
    currency = settlement_currencies(block, intake.participants)
    nodes = _house_nodes(node_side, currency)
    number = {node: count + place for place, node in enumerate(nodes)}
    house_of = np.fromiter(
        (number[HouseNode("house", *key)] for key in zip(node_side, currency, strict=True)),
        np.int32,
        count,
    )
    everyone = np.arange(count, dtype=np.int32)
    paying, pay_in_limit, given = everyone, None, np.full(count, UNLIMITED, np.int64)
    if intake.pay_in_limits is not None and not unlimited:
        pay_in_limit = _pay_in_limits(intake, block)
        paying = np.flatnonzero(pay_in_limit > 0).astype(np.int32)
        given = pay_in_limit[paying]
    border = _border_arcs(intake, block, nodes)
    ends = np.array([(number[a], number[b]) for a, b, _ in border], np.int32).reshape(-1, 2)
    gross = int(owed.sum())
    natural = np.concatenate([owed[paying], due, np.full(len(border), gross, np.int64)])
    limit = np.concatenate(
        [
            given,
            np.full(count, UNLIMITED, np.int64),
            np.array([UNLIMITED if limit is None else limit for _, _, limit in border], np.int64),
        ]
    )
    return House(
        nodes=nodes,
        tail=np.concatenate([house_of[paying], everyone, ends[:, 0]]),
        head=np.concatenate([paying, house_of, ends[:, 1]]),
        limit=np.where(limit > natural, UNLIMITED, limit),
        room=np.where(limit > natural, natural + _slack(natural, gross), limit),
        pay_ins=int(paying.shape[0]),
        pay_outs=count,
        border_limit=tuple(limit for _, _, limit in border),
        pay_in_limit=pay_in_limit,
    )


def _slack(natural: Int64, gross: int) -> int:
    """How much more than ever need flow all arcs can be given without any sum passing 2**62."""
    spare = (LIMIT_MINOR - exact_sum(natural)) // (len(natural) + 1)
    return max(1, min(gross, spare))


def _house_nodes(node_side: list[str], currency: list[str]) -> tuple[HouseNode, ...]:
    """House nodes by side and currency, then the out- and in-node of each side, then the hub."""
    keys = sorted(
        set(zip(node_side, currency, strict=True)), key=lambda key: (key[0].encode(), key[1])
    )
    sides = sorted({side for side, _ in keys}, key=lambda side: side.encode())
    gates = [HouseNode(kind, side, "") for side in sides for kind in ("out", "in")]
    return (*(HouseNode("house", *key) for key in keys), *gates, HouseNode("hub", "", ""))


def _pay_in_limits(intake: Intake, block: Block) -> Int64:
    """Add up the limits of each node in points; -1 where none is named."""
    number = {one: place for place, one in enumerate(intake.participants.id)}
    totals = dict[int, int]()
    nodes = block.nodes
    place_of = {code: index for index, code in enumerate(block.currencies)}
    converts = nodes.currency_index == CONVERTS
    own = {
        (int(nodes.participant[node]), int(nodes.currency_index[node])): int(node)
        for node in np.flatnonzero(~converts)
    }
    convert_node = {int(nodes.participant[node]): int(node) for node in np.flatnonzero(converts)}
    for participant, code, minor in intake.pay_in_limits or ():
        firm = number.get(participant, -1)
        node = convert_node.get(firm, own.get((firm, place_of.get(code, -2))))
        if node is None or code not in block.grid.points_per_minor:
            continue
        totals[node] = totals.get(node, 0) + block.grid.points(int(minor), code)
    limit = np.full(nodes.count, -1, np.int64)
    for node, total in totals.items():
        if total >= LIMIT_MINOR:
            raise AmountOverflow("a pay-in limit comes to 2**62 points or more")
        limit[node] = total
    return limit


def _border_arcs(
    intake: Intake, block: Block, nodes: tuple[HouseNode, ...]
) -> list[BorderLimit]:
    """Arcs between the house's nodes: (from, to, limit in points or None)."""
    arcs = list[BorderLimit]()
    for node in nodes:
        if node.kind == "house":
            arcs.append((node, HouseNode("out", node.side, ""), None))
            arcs.append((HouseNode("in", node.side, ""), node, None))
    sides = [node.side for node in nodes if node.kind == "out"]
    hub = nodes[-1]
    if intake.border_quotas is None:
        for side in sides if len(sides) > 1 else []:
            arcs.append((HouseNode("out", side, ""), hub, None))
            arcs.append((hub, HouseNode("in", side, ""), None))
        return arcs
    rows = sorted(
        intake.border_quotas, key=lambda row: (row[0].encode(), row[1].encode(), row[2], row[3])
    )
    for debtor_side, creditor_side, code, minor in rows:
        named = [side for side in (debtor_side, creditor_side) if side]
        if code not in block.grid.points_per_minor or any(side not in sides for side in named):
            continue
        limit = block.grid.points(int(minor), code)
        if limit >= LIMIT_MINOR:
            raise AmountOverflow("a border quota comes to 2**62 points or more")
        start = HouseNode("out", creditor_side, "") if creditor_side else hub
        end = HouseNode("in", debtor_side, "") if debtor_side else hub
        arcs.append((start, end, limit))
    return arcs
