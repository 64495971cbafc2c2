# SPDX-License-Identifier: Apache-2.0
"""One root over many named leaves, each name with one place, and the path from it to the root."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence

EMPTY = bytes(32)
"""What stands for a part of the tree in which there is no leaf."""

_BITS = 256


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node.

    Example:
        >>> inner_hash(b"a", b"b").hex()[:8]
        '170404e0'
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """The tree over leaves that lie where the bits of their keys lead, from the first bit on.

    A leaf lies as high as it is alone. So each key has one place, and a tree cannot hold two
    leaves of one key: nobody can be shown another leaf of the same name under the same root.

    Args:
        keys: 32 bytes for each leaf, no two the same.
        leaves: The hashes of the leaves, in the same order.

    Example:
        >>> tree = MerkleTree([bytes(32), bytes([255] * 32)], [b"a" * 32, b"b" * 32])
        >>> tree.root == inner_hash(b"a" * 32, b"b" * 32)
        True
        >>> tree.path(bytes(32)) == [b"b" * 32]
        True
    """

    def __init__(self, keys: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [int.from_bytes(keys[place]) for place in order]
        self._leaves = [leaves[place] for place in order]
        self._inner = dict[tuple[int, int], bytes]()
        self.root = self._hash(0, len(order), 0)

    def _middle(self, low: int, high: int, depth: int) -> int:
        """Where the leaves of a part whose next bit is set begin."""
        below = _BITS - 1 - depth
        first = (self._keys[low] >> below | 1) << below
        return bisect_left(self._keys, first, low, high)

    def _hash(self, low: int, high: int, depth: int) -> bytes:
        """The hash of the part of the tree that holds some leaves, side by side."""
        if high - low < 2:
            return self._leaves[low] if high > low else EMPTY
        middle = self._middle(low, high, depth)
        left, right = self._hash(low, middle, depth + 1), self._hash(middle, high, depth + 1)
        found = inner_hash(left, right)
        if low < middle < high:
            self._inner[low, high] = found
        return found

    def _kept(self, low: int, high: int, depth: int) -> bytes:
        """The same, of a part that was hashed before."""
        if high - low < 2:
            return self._hash(low, high, depth)
        middle = self._middle(low, high, depth)
        if low < middle < high:
            return self._inner[low, high]
        left, right = self._kept(low, middle, depth + 1), self._kept(middle, high, depth + 1)
        return inner_hash(left, right)

    def path(self, key: bytes) -> list[bytes]:
        """Return what stands beside the way from a key's leaf to the root, from below."""
        low, high, depth = 0, len(self._keys), 0
        number = int.from_bytes(key)
        beside = []
        while high - low > 1:
            middle = self._middle(low, high, depth)
            depth += 1
            if number >> (_BITS - depth) & 1:
                beside.append(self._kept(low, middle, depth))
                low = middle
            else:
                beside.append(self._kept(middle, high, depth))
                high = middle
        return beside[::-1]
