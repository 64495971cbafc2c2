# SPDX-License-Identifier: Apache-2.0
"""How far a long test has come, kept in ``.soak/`` so that a later run goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@cache
def sources_digest() -> str:
    """Digest of the package: what was tested of another one does not count."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def rounds(name: str, many: int, *, soak: bool) -> Iterator[int]:
    """Give the rounds that are still to be done: one without soak, else up to so many.

    A round counts once the next one is asked for, so one that fails is done again.
    """
    if not soak:
        yield 0
        return
    path = ROOT / ".soak" / "rounds" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    if path.exists():
        kept = json.loads(path.read_text())
        done = kept["done"] if kept["sources"] == sources_digest() else 0
    for number in range(done, many):
        yield number
        aside = path.with_suffix(".part")
        aside.write_text(json.dumps({"sources": sources_digest(), "done": number + 1}))
        aside.replace(path)
