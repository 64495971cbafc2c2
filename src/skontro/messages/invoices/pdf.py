# SPDX-License-Identifier: Apache-2.0
"""The XML inside a PDF of Factur-X or ZUGFeRD, taken out by a process that can be stopped.

A PDF from a stranger can make a reader run for ever or take all memory. So it is read in a process
of its own, which has so much memory and so many seconds; where it needs more, the file is refused.
"""

from __future__ import annotations

import threading

from skontro.core.errors import Rejected
from skontro.messages.invoices.worker import Worker, WorkerFailed

MOST_PDF = 24 * 2**20
"""Bytes of a PDF."""

PDF_SECONDS = 1.5  # not money: seconds
"""How long one may take, not counting the start of the process."""

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
"""Names, in small letters, under which an invoice lies in a PDF."""

_MOST_MEMORY = 160 * 2**20
_worker: Worker | None = None
_ALONE = threading.Lock()


def embedded_xml(data: bytes, *, name: str) -> bytes:
    """Return the e-invoice that a PDF carries.

    Raises:
        Rejected: It carries none or several, is locked, broken, or too much to read.
    """
    global _worker
    try:
        with _ALONE:
            if _worker is None:
                _worker = Worker("pdf", most_memory=_MOST_MEMORY)
            answer = _worker.ask(data, seconds=PDF_SECONDS)
    except WorkerFailed as failed:
        raise Rejected(
            f"{name}: the PDF {failed}", code="PdfTooMuch",
            next_step="ask the sender for the XML of the invoice, or for the PDF anew",
        ) from None  # fmt: skip
    if isinstance(answer, bytes):
        return answer
    code, reason = answer
    raise Rejected(f"{name}: {reason}", code=code,
                   next_step="ask the sender for the XML of the invoice")  # fmt: skip


def close() -> None:
    """End the process that reads PDFs, if one runs; the next PDF starts another."""
    global _worker
    if _worker is not None:
        _worker.close()
        _worker = None
