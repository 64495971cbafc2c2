# SPDX-License-Identifier: Apache-2.0
"""Whether a leaf lies under a root, at the one place that its name has."""

from __future__ import annotations

import hashlib
from typing import Any

from skontro.verify.files import canonical_json, is_digest
from skontro.verify.verdict import require

NO_ROWS = bytes(32)
MOST_STEPS = 256


def hash_leaf(salt: bytes, name: list[str], levels: dict[str, int], rows: bytes) -> bytes:
    """The hash of a leaf: its salt, who it is with its levels, the digest of its rows."""
    return hashlib.sha256(b"\x00" + salt + canonical_json([*name, levels]) + rows).digest()


def place_of(unit: str, name: list[str]) -> bytes:
    """The place of a leaf: the bits that lead from the root to it.

    Example:
        >>> len(place_of("EUR", ["Alder", "EUR"]))
        32
    """
    return hashlib.sha256(b"\x02" + canonical_json([unit, *name])).digest()


def root_from(leaf: bytes, place: bytes, path: list[bytes]) -> bytes:
    """The root that a leaf at a place and what stands beside its way up give.

    The path has as many steps as the leaf lies deep; another leaf of the same place would lie on
    the same way, where there is room for one.

    Args:
        leaf: The hash of the leaf.
        place: Its place.
        path: Hashes beside the way, from below.

    Example:
        >>> a, b = bytes(32), b"b" * 32
        >>> root_from(a, bytes(32), [b]) == hashlib.sha256(b"\x01" + a + b).digest()
        True
    """
    require(len(path) <= MOST_STEPS, "the path to the root is too long")
    found = leaf
    for depth, beside in zip(range(len(path) - 1, -1, -1), path, strict=True):
        goes_right = place[depth // 8] >> (7 - depth % 8) & 1
        pair = beside + found if goes_right else found + beside
        found = hashlib.sha256(b"\x01" + pair).digest()
    return found


def check_opening(entry: Any, name: list[str], rows: bytes, root: str) -> None:
    """A leaf with its salt, levels and path gives the root.

    Args:
        entry: ``unit``, ``levels``, ``salt`` and ``path``, as in a package.
        name: What the leaf's text begins with.
        rows: Digest of the leaf's rows.
        root: The root, hexadecimal.
    """
    levels, path = entry["levels"], entry["path"]
    require(
        isinstance(levels, dict) and all(type(level) is int for level in levels.values()),
        "levels are integers by stage",
    )
    require(is_digest(entry["salt"]), "a salt has 32 bytes")
    require(isinstance(path, list) and all(map(is_digest, path)), "a path is a list of digests")
    leaf = hash_leaf(bytes.fromhex(entry["salt"]), name, levels, rows)
    place = place_of(entry["unit"], name)
    found = root_from(leaf, place, [bytes.fromhex(step) for step in path])
    require(found.hex() == root, f"the leaf of {' '.join(name)} does not open under the root")
