# SPDX-License-Identifier: Apache-2.0
"""Networks of known shape, as arrays: for tests and benchmarks of what is hard for a solver.

Each maker returns debtor and creditor as node numbers from 0, the amount of each row, and how many
nodes there are. No node owes itself. The same arguments give the same arrays on any machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skontro.lab.walks import words

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

GREATEST_AMOUNT = 1_000_000
_ORDER, _AMOUNT, _ENDS, _LENGTH = range(4)


class Network(NamedTuple):
    """Rows of who owes whom.

    Attributes:
        debtor: Node numbers, shape (m,).
        creditor: Node numbers, shape (m,).
        amount: Integers above nought, shape (m,).
        nodes: How many nodes there are.
    """

    debtor: Int32
    creditor: Int32
    amount: Int64
    nodes: int


def ring(nodes: int, seed: int = 0) -> Network:
    """Everyone owes the next: one cycle of debt, of which the least amount clears all round.

    Example:
        >>> ring(3).creditor
        array([1, 2, 0], dtype=int32)
    """
    here = np.arange(nodes, dtype=np.int32)
    return Network(here, np.roll(here, -1), _amounts(nodes, seed), nodes)


def shuffled_ring(nodes: int, seed: int = 0) -> Network:
    """A ring whose nodes are numbered, and whose rows are listed, in random order."""
    return relabelled(ring(nodes, seed), seed)


def chorded_ring(nodes: int, chords: int, longest: int, seed: int = 0) -> Network:
    """A ring with chords back: a debt from a node to one up to ``longest`` places before it.

    Args:
        nodes: How many nodes, more than ``longest``.
        chords: How many chords, their debtors drawn at random.
        longest: Greatest number of places a chord goes back, at least one.
        seed: Any whole number from 0.
    """
    base = ring(nodes, seed)
    debtor = _below(words(seed, _ENDS, chords), nodes)
    back = 1 + _below(words(seed, _LENGTH, chords), longest)
    return Network(
        np.concatenate([base.debtor, debtor]),
        np.concatenate([base.creditor, (debtor - back) % nodes]),
        _amounts(nodes + chords, seed),
        nodes,
    )


def chain(nodes: int, cuts: int, longest: int, seed: int = 0) -> Network:
    """A long chain closed to a ring by one debt, with short cuts ahead.

    Args:
        nodes: How many nodes, more than ``longest``.
        cuts: How many short cuts: a debt from a node to one up to ``longest`` places after it.
        longest: Greatest number of places a short cut goes ahead, at least two.
        seed: Any whole number from 0.
    """
    debtor = _below(words(seed, _ENDS, cuts), nodes)
    ahead = 2 + _below(words(seed, _LENGTH, cuts), longest - 1)
    creditor = np.minimum(debtor + ahead, nodes - 1)
    kept = creditor > debtor
    base = ring(nodes, seed)
    network = Network(
        np.concatenate([base.debtor, debtor[kept]]),
        np.concatenate([base.creditor, creditor[kept]]),
        _amounts(nodes + int(kept.sum()), seed),
        nodes,
    )
    network.amount[nodes - 1] = GREATEST_AMOUNT * 4
    return network


def bipartite(payers: int, payees: int, rows: int, seed: int = 0) -> Network:
    """Payers owe payees and nobody else owes: nothing can be set off."""
    debtor = _below(words(seed, _ENDS, rows), payers)
    creditor = payers + _below(words(seed, _LENGTH, rows), payees)
    return Network(debtor, creditor, _amounts(rows, seed), payers + payees)


def complete(nodes: int, seed: int = 0) -> Network:
    """Everyone owes everyone else."""
    debtor, creditor = np.divmod(np.arange(nodes * nodes, dtype=np.int32), np.int32(nodes))
    kept = debtor != creditor
    return Network(debtor[kept], creditor[kept], _amounts(nodes * (nodes - 1), seed), nodes)


def hub_and_spoke(spokes: int, seed: int = 0) -> Network:
    """The hub owes every spoke and every spoke owes the hub: all cycles have two steps."""
    spoke = np.arange(1, spokes + 1, dtype=np.int32)
    hub = np.zeros(spokes, np.int32)
    return Network(
        np.concatenate([hub, spoke]),
        np.concatenate([spoke, hub]),
        _amounts(2 * spokes, seed),
        spokes + 1,
    )


def layered(layers: int, width: int, links: int, seed: int = 0) -> Network:
    """Layer owes layer, the last owes the first: all cycles have a multiple of ``layers`` steps.

    Args:
        layers: How many layers, at least two.
        width: Nodes of a layer.
        links: Debts of each node, to random nodes of the next layer.
        seed: Any whole number from 0.
    """
    nodes = layers * width
    debtor = np.repeat(np.arange(nodes, dtype=np.int32), links)
    place = _below(words(seed, _ENDS, nodes * links), width)
    creditor = (debtor // width + 1) % layers * width + place
    return Network(debtor, creditor.astype(np.int32), _amounts(nodes * links, seed), nodes)


def relabelled(network: Network, seed: int = 0) -> Network:
    """The same network with its nodes numbered and its rows listed in random order."""
    name = _permutation(network.nodes, seed)
    order = _permutation(network.debtor.shape[0], seed + 1)
    return Network(
        name[network.debtor[order]],
        name[network.creditor[order]],
        network.amount[order],
        network.nodes,
    )


def _permutation(count: int, seed: int) -> Int32:
    return np.argsort(words(seed, _ORDER, count), kind="stable").astype(np.int32)


def _below(drawn: NDArray[np.uint64], limit: int) -> Int32:
    """Turn raw words into whole numbers from 0 to below a limit of 31 bits."""
    return ((drawn >> np.uint64(32)) * np.uint64(limit) >> np.uint64(32)).astype(np.int32)


def _amounts(count: int, seed: int) -> Int64:
    return 1 + _below(words(seed, _AMOUNT, count), GREATEST_AMOUNT).astype(np.int64)
