# SPDX-License-Identifier: Apache-2.0
"""Pages by key: a cursor says after which row to go on, signed, and good for one question."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from skontro.core.errors import Rejected

MOST = 500
"""The most rows of a page."""
_MARK = 16


def etag_of(text: str) -> str:
    """Return the tag of an answer: it changes with the answer.

    Example:
        >>> etag_of("{}")
        '"44136fa355b3678a"'
    """
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


class Pages:
    """The cursors of one question of one caller.

    Args:
        key: A secret of the house for this caller.
        path: What is asked.
        query: With which filters; ``cursor`` and ``limit`` are no part of the question.

    Example:
        >>> pages = Pages(b"secret", "/x", [("state", "open")])
        >>> pages.after(pages.cursor(41))
        41
        >>> Pages(b"secret", "/x", []).after(pages.cursor(41))
        Traceback (most recent call last):
        skontro.core.errors.Rejected: this cursor is not of this question
    """

    def __init__(self, key: bytes, path: str, query: Sequence[tuple[str, str]]) -> None:
        kept = sorted(one for one in query if one[0] not in ("cursor", "limit"))
        self._key = hmac.new(key, repr((path, kept)).encode(), hashlib.sha256).digest()

    def cursor(self, last: int) -> str:
        """Return the cursor that goes on after a row.

        Args:
            last: Number of the last row of the page.
        """
        body = last.to_bytes(8, "big")
        return base64.urlsafe_b64encode(body + self._mark(body)).decode()

    def after(self, cursor: str | None) -> int:
        """Return after which number to go on; nought without a cursor.

        Raises:
            Rejected: The cursor is none of this question, or not this caller's.
        """
        if not cursor:
            return 0
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        body, mark = raw[:8], raw[8:]
        if len(raw) != 8 + _MARK or not hmac.compare_digest(mark, self._mark(body)):
            raise Rejected("this cursor is not of this question", code="BadCursor",
                           next_step="begin at the first page")  # fmt: skip
        return int.from_bytes(body, "big")

    def next_of(self, rows: Sequence[object], last: int, limit: int) -> str | None:
        """Return the cursor of the next page, or None where this one is the last."""
        return self.cursor(last) if len(rows) == limit and rows else None

    def _mark(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_MARK]
