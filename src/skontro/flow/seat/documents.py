# SPDX-License-Identifier: Apache-2.0
"""Documents as they came in, from a seat: those behind the obligations one sees."""

from __future__ import annotations

from typing import Any

from skontro.core.errors import NoSuchFile
from skontro.flow.seat import Part, picked
from skontro.house.roles import Scope
from skontro.store.documents import documents_of
from skontro.store.rows import find
from skontro.store.schema import document

SHOWN = ("id", "kind", "number", "syntax", "carrier", "content_digest", "original_digest",
         "original_bytes", "currency", "net_minor", "tax_minor", "payable_minor",
         "filed_at")  # fmt: skip
TYPES = {"xml": "application/xml", "pdf": "application/pdf"}


class DocumentSeat(Part):
    """E-invoices and credit notes within reach."""

    def of(self, number: int) -> list[dict[str, Any]]:
        """Return the documents an obligation came from, invoices first, without their bytes.

        Raises:
            NoSuchFile: There is no such obligation within what one may see.
        """
        scope = self.reading("documents.read", f"documents of obligation {number}")
        self.seat.obligations._check_seen(number, scope)
        with self.house.database.read() as unit:
            return [picked(one._mapping, *SHOWN) for one in
                    documents_of(unit, [number]).get(number, [])]  # fmt: skip

    def original(self, number: int) -> tuple[str, str, bytes]:
        """Return a document's file name, its media type and its bytes as they came in.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
            Rejected: Its bytes are erased.
        """
        scope = self.reading("documents.read", f"document {number}")
        with self.house.database.read() as unit:
            row = find(unit, document, id=number)
        if row is None or not self._is_seen(row.obligation, scope):
            raise NoSuchFile(f"there is no document {number}", code="NoSuchDocument",
                             next_step="see those of an obligation")  # fmt: skip
        with self.house.database.widened("papers"):  # of an obligation that was seen
            data = self.house.documents.original(number)
        return f"document-{number}.{row.carrier}", TYPES[row.carrier], data

    def _is_seen(self, number: int, scope: Scope) -> bool:
        try:
            self.seat.obligations._check_seen(number, scope)
        except NoSuchFile:
            return False
        return True
