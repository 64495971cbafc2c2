# SPDX-License-Identifier: Apache-2.0
"""Two sets of code for one tree: the house builds it, the checker opens it."""

from __future__ import annotations

import hashlib

import pytest

from skontro.messages.merkle import MerkleTree
from skontro.verify.merkle import root_from
from skontro.verify.verdict import ClaimFailed


def test_every_leaf_opens_and_no_other_does() -> None:
    for count in range(1, 40):
        leaves = [hashlib.sha256(bytes([k])).digest() for k in range(count)]
        tree = MerkleTree(leaves)
        for k, leaf in enumerate(leaves):
            path = tree.path(k)
            assert root_from(leaf, k, count, path) == tree.root
            assert _opens(bytes(32), k, count, path) != tree.root
            for other in range(count):
                if other != k:
                    assert _opens(leaf, other, count, path) != tree.root or count == 1
            assert _opens(leaf, k, count, [*path, bytes(32)]) != tree.root
            assert not path or _opens(leaf, k, count, path[:-1]) != tree.root


def _opens(leaf: bytes, index: int, leaves: int, path: list[bytes]) -> bytes | None:
    try:
        return root_from(leaf, index, leaves, path)
    except ClaimFailed:
        return None


def test_the_root_is_that_of_the_standard() -> None:
    """By the recursive definition: split at the largest power of two below the count."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        half = 1
        while 2 * half < len(leaves):
            half *= 2
        return hashlib.sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()

    for count in range(1, 70):
        leaves = [bytes([k]) * 32 for k in range(count)]
        assert MerkleTree(leaves).root == root(leaves)


@pytest.mark.parametrize(("index", "leaves"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_that_is_none_is_refused(index: int, leaves: int) -> None:
    with pytest.raises(ClaimFailed):
        root_from(bytes(32), index, leaves, [])
