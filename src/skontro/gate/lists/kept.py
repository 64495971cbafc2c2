# SPDX-License-Identifier: Apache-2.0
"""Entries as they are kept: canonical JSON, the same bytes for the same entry, for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from skontro.core.digest import canonical_json
from skontro.gate.entries import Identifier, ListedName, ListEntry


def entry_text(entry: ListEntry) -> bytes:
    """Return an entry as canonical JSON: all its fields by name.

    Example:
        >>> entry_text(ListEntry("7", "person", (ListedName("Ada"),)))[:58]
        b'{"countries":[],"dates":[],"identifiers":[],"kind":"person'
    """
    return canonical_json({
        "reference": entry.reference,
        "kind": entry.kind,
        "names": [
            {"text": one.text, "quality": one.quality, "parts": one.parts} for one in entry.names
        ],
        "identifiers": [
            {"kind": one.kind, "value": one.value, "country": one.country}
            for one in entry.identifiers
        ],
        "dates": entry.dates,
        "countries": entry.countries,
        "programmes": entry.programmes,
        "text": entry.text,
    })  # fmt: skip


def entry_of(text: str | bytes) -> ListEntry:
    """Return an entry from its canonical JSON.

    Example:
        >>> entry = ListEntry("7", "person", (ListedName("Ada", parts=(("given", "Ada"),)),))
        >>> entry_of(entry_text(entry)) == entry
        True
    """
    said: dict[str, Any] = json.loads(text)
    return ListEntry(
        said["reference"],
        said["kind"],
        tuple(
            ListedName(one["text"], one["quality"], tuple((what, of) for what, of in one["parts"]))
            for one in said["names"]
        ),
        tuple(Identifier(one["kind"], one["value"], one["country"])
              for one in said["identifiers"]),
        tuple(said["dates"]), tuple(said["countries"]), tuple(said["programmes"]), said["text"],
    )  # fmt: skip


def text_digest(text: bytes) -> str:
    """Return SHA-256 of an entry's canonical JSON, hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def content_digest(digests: Iterable[str]) -> str:
    """Return what stands for all entries of a list, in their order.

    Args:
        digests: Of each entry, hexadecimal.
    """
    whole = hashlib.sha256()
    for digest in digests:
        whole.update(bytes.fromhex(digest))
    return whole.hexdigest()
