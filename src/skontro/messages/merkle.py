# SPDX-License-Identifier: Apache-2.0
"""One root over many leaves, and the short path from each leaf to it (RFC 9162)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node.

    Example:
        >>> inner_hash(b"a", b"b").hex()[:8]
        '170404e0'
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """The tree over a sequence of leaf hashes; a node without a sibling moves up unchanged.

    Args:
        leaves: The hashes of the leaves, in order.

    Example:
        >>> tree = MerkleTree([b"a" * 32, b"b" * 32, b"c" * 32])
        >>> tree.root == inner_hash(inner_hash(b"a" * 32, b"b" * 32), b"c" * 32)
        True
        >>> len(tree.path(2)), len(tree.path(0))
        (1, 2)
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._rows: list[list[bytes]] = [list(leaves)]
        while len(self._rows[-1]) > 1:
            below = self._rows[-1]
            above = [
                inner_hash(left, right)
                for left, right in zip(below[::2], below[1::2], strict=False)
            ]
            if len(below) % 2:
                above.append(below[-1])
            self._rows.append(above)

    @property
    def root(self) -> bytes:
        """The hash at the top; that of nothing where there are no leaves."""
        top = self._rows[-1]
        return top[0] if top else hashlib.sha256(b"").digest()

    def path(self, index: int) -> list[bytes]:
        """Return the siblings on the way up from a leaf, from below."""
        found = []
        for row in self._rows[:-1]:
            sibling = index ^ 1
            if sibling < len(row):
                found.append(row[sibling])
            index >>= 1
        return found
