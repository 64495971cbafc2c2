# SPDX-License-Identifier: Apache-2.0
"""The house's arcs, built anew from limits and quotas: pay-ins, pay-outs, border, hub."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skontro.verify.certificate import NO_LIMIT
from skontro.verify.network import Block, Inputs
from skontro.verify.verdict import require

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Label = tuple[str, str, str]


@dataclass
class House:
    """House nodes and arcs of a block, numbered on from the block's nodes.

    Attributes:
        labels: Kind, side and currency of each house node.
        tail: Node each arc leaves: pay-ins, then pay-outs, then the border arcs, shape (a,).
        head: Node each arc enters, shape (a,).
        limit: Limit in points, 2**62 for none, shape (a,).
        paying: Nodes that may pay in; theirs are the first arcs.
        pay_in_limit: Limit of each node in points, -1 where none is given, shape (n,); None where
            no limits bind.
        border: (from, to, limit in points or None) of each border arc.
    """

    labels: list[Label]
    tail: Int32
    head: Int32
    limit: Int64
    paying: Int32
    pay_in_limit: Int64 | None
    border: list[tuple[Label, Label, int | None]]


def by_bytes(text: str) -> bytes:
    """The key by which texts are ordered everywhere."""
    return text.encode()


def settlement_currency(inputs: Inputs, block: Block) -> tuple[NDArray[np.int32], list[str]]:
    """The currency each node pays and is paid in: an index per node into codes, and these."""
    if block.kind == "minor":
        return np.zeros(block.nodes, np.int32), [block.unit]
    coded = inputs.participants.home.dictionary_encode()
    homes = [home or block.unit for home in coded.dictionary.to_pylist()]
    codes = sorted({*homes, *inputs.currencies, block.unit})
    place = {code: k for k, code in enumerate(codes)}
    of_home = np.array([place[home] for home in homes], np.int32)
    of_code = np.array([place[code] for code in inputs.currencies], np.int32)
    home = of_home[coded.indices.to_numpy(zero_copy_only=False)][block.participant]
    return np.where(block.currency >= 0, of_code[block.currency], home).astype(np.int32), codes


def points_of(minor: int, worth: Fraction) -> int:
    """One sum in points, a half rounded to even."""
    return round(minor * worth)


def build_house(inputs: Inputs, block: Block, unlimited: bool) -> House:
    """Build the house's arcs as the format says.

    Args:
        inputs: Where limits, quotas and sides come from.
        block: The block.
        unlimited: Whether everyone may pay in without limit, whatever the limits say.
    """
    n = block.nodes
    all_sides = inputs.participants.side.to_pylist()
    side = [all_sides[who] for who in block.participant.tolist()]
    index, codes = settlement_currency(inputs, block)
    settle = [codes[k] for k in index.tolist()]
    keys = sorted(set(zip(side, settle, strict=True)), key=lambda key: (by_bytes(key[0]), key[1]))
    sides = sorted(set(side), key=by_bytes)
    labels: list[Label] = [("house", *key) for key in keys]
    labels += [(kind, one, "") for one in sides for kind in ("out", "in")]
    labels.append(("hub", "", ""))
    number = {label: n + k for k, label in enumerate(labels)}
    place = {key: n + k for k, key in enumerate(keys)}
    house_of = np.array([place[key] for key in zip(side, settle, strict=True)], np.int32)
    everyone = np.arange(n, dtype=np.int32)
    if inputs.limits is None or unlimited:
        pay_in_limit, paying = None, everyone
        room = np.full(n, NO_LIMIT, np.int64)
    else:
        pay_in_limit = _pay_in_limits(inputs, block)
        paying = np.flatnonzero(pay_in_limit > 0).astype(np.int32)
        room = pay_in_limit[paying]
    border = _border(inputs, block, labels, sides)
    limits = [NO_LIMIT if limit is None else limit for _, _, limit in border]
    return House(
        labels=labels,
        tail=_join(house_of[paying], everyone, [number[start] for start, _, _ in border]),
        head=_join(paying, house_of, [number[end] for _, end, _ in border]),
        limit=np.concatenate([room, np.full(n, NO_LIMIT), np.array(limits, np.int64)]),
        paying=paying,
        pay_in_limit=pay_in_limit,
        border=border,
    )


def _join(a: Int32, b: Int32, c: list[int]) -> Int32:
    return np.concatenate([a, b, np.array(c, np.int32)])


def _pay_in_limits(inputs: Inputs, block: Block) -> Int64:
    number = {name: k for k, name in enumerate(inputs.participants.id.to_pylist())}
    index = {code: k for k, code in enumerate(inputs.currencies)}
    node = {
        key: v
        for v, key in enumerate(
            zip(block.participant.tolist(), block.currency.tolist(), strict=True)
        )
    }
    total: dict[int, int] = {}
    for who, code, minor in inputs.limits or []:
        k = number.get(who, -1)
        v = node.get((k, -1), node.get((k, index.get(code, -2)), -1))
        if v >= 0 and code in block.worth:
            total[v] = total.get(v, 0) + points_of(minor, block.worth[code])
    limit = np.full(block.nodes, -1, np.int64)
    for v, points in total.items():
        require(points < NO_LIMIT, "a pay-in limit comes to 2**62 points or more")
        limit[v] = points
    return limit


def _border(
    inputs: Inputs, block: Block, labels: list[Label], sides: list[str]
) -> list[tuple[Label, Label, int | None]]:
    hub: Label = ("hub", "", "")
    arcs: list[tuple[Label, Label, int | None]] = []
    for label in labels:
        if label[0] == "house":
            arcs.append((label, ("out", label[1], ""), None))
            arcs.append((("in", label[1], ""), label, None))
    if inputs.quotas is None:
        for one in sides if len(sides) > 1 else []:
            arcs.append((("out", one, ""), hub, None))
            arcs.append((hub, ("in", one, ""), None))
        return arcs
    for debtor, creditor, code, minor in inputs.quotas:
        known = all(one in sides for one in (debtor, creditor) if one)
        if code not in block.worth or not known:
            continue
        limit = points_of(minor, block.worth[code])
        require(limit < NO_LIMIT, "a border quota comes to 2**62 points or more")
        start: Label = ("out", creditor, "") if creditor else hub
        end: Label = ("in", debtor, "") if debtor else hub
        arcs.append((start, end, limit))
    return arcs


def border_positions(border: list[tuple[Label, Label, int | None]], flow: Int64) -> list[Any]:
    """What side owes which: (debtor side, creditor side, points), opposite flows netted."""
    net: dict[tuple[str, str], int] = {}
    for (start, end, _), points in zip(border, flow.tolist(), strict=True):
        if "house" in (start[0], end[0]):
            continue
        debtor, creditor = end[1], start[1]
        net[debtor, creditor] = net.get((debtor, creditor), 0) + points
    found = []
    for (debtor, creditor), points in net.items():
        rest = points - net.get((creditor, debtor), 0)
        if rest > 0:
            found.append((debtor, creditor, rest))
    return sorted(found, key=lambda row: (by_bytes(row[0]), by_bytes(row[1])))
