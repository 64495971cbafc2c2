# SPDX-License-Identifier: Apache-2.0
"""Two sets of code for one tree: the house builds it, the checker opens it."""

from __future__ import annotations

import hashlib
import random

import pytest

from skontro.messages.merkle import EMPTY, MerkleTree
from skontro.verify.merkle import root_from
from skontro.verify.verdict import ClaimFailed


def _digests(count: int, of: str) -> list[bytes]:
    return [hashlib.sha256(f"{of} {k}".encode()).digest() for k in range(count)]


def _place(bits: str) -> bytes:
    return int(bits.ljust(256, "0"), 2).to_bytes(32)


def test_every_leaf_opens_at_its_place_and_no_other_does() -> None:
    for count in range(1, 40):
        places, leaves = _digests(count, "place"), _digests(count, "leaf")
        tree = MerkleTree(places, leaves)
        for place, leaf in zip(places, leaves, strict=True):
            path = tree.path(place)
            assert root_from(leaf, place, path) == tree.root
            assert root_from(bytes(32), place, path) != tree.root
            assert root_from(leaf, place, [*path, EMPTY]) != tree.root
            assert root_from(leaf, place, [EMPTY, *path]) != tree.root
            assert not path or root_from(leaf, place, path[1:]) != tree.root
            for other, its_leaf in zip(places, leaves, strict=True):
                if other != place:
                    assert root_from(leaf, place, tree.path(other)) != tree.root
                    assert root_from(its_leaf, place, tree.path(other)) != tree.root


def test_the_root_is_that_of_the_definition() -> None:
    """A part without leaves is noughts, with one its hash, else the hash of both halves."""

    def root(leaves: dict[str, bytes]) -> bytes:
        if len(leaves) < 2:
            return next(iter(leaves.values()), bytes(32))
        halves = [
            root({bits[1:]: leaf for bits, leaf in leaves.items() if bits[0] == way})
            for way in "01"
        ]
        return hashlib.sha256(b"\x01" + halves[0] + halves[1]).digest()

    rng = random.Random(1)
    for count in range(12):
        # short places with the same beginnings, so that ways part late and parts are empty
        bits = rng.sample([format(k, "06b") for k in range(64)], count)
        leaves = _digests(count, "leaf")
        tree = MerkleTree([_place(each) for each in bits], leaves)
        padded = [each.ljust(256, "0") for each in bits]
        assert tree.root == root(dict(zip(padded, leaves, strict=True)))
        for each, leaf in zip(bits, leaves, strict=True):
            assert root_from(leaf, _place(each), tree.path(_place(each))) == tree.root


def test_ways_that_part_at_the_last_bit_are_told_apart() -> None:
    one, two = bytes(32), bytes(31) + b"\x01"
    tree = MerkleTree([two, one], [b"b" * 32, b"a" * 32])
    assert len(tree.path(one)) == 256
    assert root_from(b"a" * 32, one, tree.path(one)) == tree.root
    with pytest.raises(ClaimFailed):
        root_from(b"a" * 32, one, [*tree.path(one), EMPTY])
