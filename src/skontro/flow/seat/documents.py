# SPDX-License-Identifier: Apache-2.0
"""Documents as they came in, from a seat: those behind the obligations one sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skontro.core.errors import NoSuchFile
from skontro.flow.seat import Part, picked
from skontro.flow.seat.firms import no_such_firm
from skontro.house.roles import Scope
from skontro.store.documents import documents_of
from skontro.store.obligations import find_firms
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

    # ---- uploads -----------------------------------------------------------------------------

    def hand_in(self, files: Sequence[tuple[str, bytes]], firm: str = "") -> dict[str, Any]:
        """Hand in e-invoices; a worker reads them. Whose they are is never told by a file.

        Args:
            files: Name and bytes of each.
            firm: For whom; one's own firm if empty.

        Returns:
            The upload, as :meth:`show_upload`.

        Raises:
            Forbidden: One does not work for that firm.
            Rejected: It must be said for which firm.
        """
        seat = self.seat.obligations
        with self.doing("obligations.register", f"{len(files)} documents") as doing:
            firm = firm or seat._own(doing.scope)
            seat._check_speaks(doing.scope, firm)
            with self.house.database.read() as unit:
                if firm not in find_firms(unit, [firm]):
                    raise no_such_firm(firm)
            number = self.house.uploads.ask_in(doing.unit, firm, files, by=self.actor.id,
                                               person=self.person)  # fmt: skip
            doing.after = {"upload": number, "firm": firm}
        return self.house.uploads.show(number)

    def uploads(self, *, before: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """Return uploads of the firms one speaks for, the newest first."""
        scope = self.reading("obligations.register", "uploads")
        firms = None if scope.everything else sorted(scope.firms)
        return self.house.uploads.table(firms, before=before, most=most)

    def show_upload(self, number: int) -> dict[str, Any]:
        """Return an upload, how far it is, and under ``report`` what came of each document.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("obligations.register", f"upload {number}")
        found = self.house.uploads.show(number)
        if not scope.everything and found["firm"] not in scope.firms:
            raise NoSuchFile(f"there is no upload {number}", code="NoSuchUpload",
                             next_step="it is kept for a month")  # fmt: skip
        return found

    def _is_seen(self, number: int, scope: Scope) -> bool:
        try:
            self.seat.obligations._check_seen(number, scope)
        except NoSuchFile:
            return False
        return True
