# SPDX-License-Identifier: Apache-2.0
"""Whether a leaf belongs under a root: the inclusion proof of RFC 9162, in code of its own."""

from __future__ import annotations

import hashlib
from typing import Any

from skontro.verify.files import canonical_json, is_digest
from skontro.verify.verdict import require

NO_ROWS = bytes(32)


def hash_leaf(salt: bytes, name: list[str], levels: dict[str, int], rows: bytes) -> bytes:
    """The hash of a leaf: its salt, who it is with its levels, the digest of its rows."""
    return hashlib.sha256(b"\x00" + salt + canonical_json([*name, levels]) + rows).digest()


def root_from(leaf: bytes, index: int, leaves: int, path: list[bytes]) -> bytes:
    """The root that a leaf at a place among so many and the siblings on its way up give.

    Example:
        >>> a, b = bytes(32), b"b" * 32
        >>> root_from(a, 0, 2, [b]) == hashlib.sha256(b"\\x01" + a + b).digest()
        True
    """
    require(0 <= index < leaves, f"there is no leaf {index} among {leaves}")
    place, last = index, leaves - 1
    found = leaf
    for sibling in path:
        require(last > 0, "the path to the root is too long")
        if place & 1 or place == last:
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        place >>= 1
        last >>= 1
    require(last == 0, "the path to the root is too short")
    return found


def check_opening(entry: Any, name: list[str], rows: bytes, root: str, leaves: int) -> None:
    """A leaf with its salt, levels and path gives the root.

    Args:
        entry: ``index``, ``levels``, ``salt`` and ``path``, as in a package.
        name: What the leaf's text begins with.
        rows: Digest of the leaf's rows.
        root: The root, hexadecimal.
        leaves: How many leaves there are.
    """
    levels, path = entry["levels"], entry["path"]
    require(
        isinstance(levels, dict) and all(type(level) is int for level in levels.values()),
        "levels are integers by stage",
    )
    require(is_digest(entry["salt"]), "a salt has 32 bytes")
    require(isinstance(path, list) and all(map(is_digest, path)), "a path is a list of digests")
    require(type(entry["index"]) is int, "a place is an integer")
    leaf = hash_leaf(bytes.fromhex(entry["salt"]), name, levels, rows)
    found = root_from(leaf, entry["index"], leaves, [bytes.fromhex(step) for step in path])
    require(found.hex() == root, f"the leaf of {' '.join(name)} does not open under the root")
