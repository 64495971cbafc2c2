# SPDX-License-Identifier: Apache-2.0
"""Bodies that are files: written to the disk as they come."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path


async def kept(body: AsyncIterator[bytes], path: Path) -> bytes:
    """Write a body to the disk as it comes; return its digest."""
    digest = hashlib.sha256()
    with path.open("wb", buffering=1 << 20) as file:
        async for part in body:
            digest.update(part)
            file.write(part)
    return digest.digest()
