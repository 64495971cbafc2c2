# SPDX-License-Identifier: Apache-2.0
"""Uploads: e-invoices that come over the network, kept until a worker has read them.

Who sends them is the firm of whoever hands them in, whatever a file says of itself. Nothing is
taken of a document to which that firm is no party, and nothing said of who its parties are. Each
file is judged in a process of its own that can be stopped. What came of each stays for a month.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.core.money import exponent, format_minor, shorten
from skontro.flow.documents import DocumentOutcome
from skontro.flow.telling import tell_share
from skontro.flow.times import as_text
from skontro.messages.bundles import Source, open_sources
from skontro.store.database import Unit
from skontro.store.rows import change, count, find, find_all, insert, next_numbers
from skontro.store.schema import job, upload
from skontro.store.uploads import drop_uploads, find_upload, last_uploads

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST_FILES = 200
"""Files of one upload."""
MOST_DOCUMENTS = 500
"""Documents of one upload, those in its zip files counted."""
MOST_UNPACKED = 2**28
"""Bytes of all of them, unpacked."""
MOST_WAITING = 20
"""Uploads of one firm that wait to be read."""
KEPT = datetime.timedelta(days=30)
"""How long it stays what came of each document."""
_ODD = re.compile(r"[^\w .()+,=@-]")
_COUNTED = ("taken", "credited", "repeated", "refused")


class Uploads:
    """E-invoices that came over the network."""

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- coming in ---------------------------------------------------------------------------

    def ask_in(
        self, unit: Unit, firm: str, files: Sequence[tuple[str, bytes]], *, by: str,
        person: str | None,
    ) -> int:  # fmt: skip
        """Keep files, and ask for the job that reads them; within a unit of work that does more.

        Args:
            unit: The unit of work.
            firm: The participant that hands them in.
            files: Name and bytes of each: XML, PDF, or zip files of these.
            by: Person or key.
            person: The person, if it is one.

        Returns:
            Number of the upload; where the same waits already, that is the one.

        Raises:
            Rejected: There are too many files, or none.
            Conflict: Too much of the firm's waits already.
        """
        if not 0 < len(files) <= MOST_FILES:
            raise Rejected(f"an upload has 1 to {MOST_FILES} files", code="InvalidOptions",
                           next_step="hand them in in parts, or packed as one zip")  # fmt: skip
        self.house.check_writable(unit)
        unit.hold("uploads", firm)
        if count(unit, upload, firm=firm, counts="") >= MOST_WAITING:
            raise Conflict(f"{MOST_WAITING} uploads of {firm} wait to be read",
                           code="TooManyUploads", next_step="wait until they are read")  # fmt: skip
        said = canonical_json([
            {"name": plain_name(name), "data": base64.b64encode(data).decode()}
            for name, data in files
        ]).decode()  # fmt: skip
        digest = hashlib.sha256(said.encode()).hexdigest()
        number = next_numbers(unit, upload)[0]
        content = {"upload": number, "firm": firm, "person": person}
        subject = f"{firm}: {digest[:16]} of {by}"
        reads = self.house.jobs.ask_in(unit, "documents.read", subject, content, by=by)
        known = find_upload(unit, job=reads)
        if known is not None:
            return int(known.number)
        insert(unit, upload, number=number, job=reads, firm=firm, made_by=by, many=len(files),
               files=said, made_at=self.house.jobs.now())  # fmt: skip
        return number

    # ---- reading -----------------------------------------------------------------------------

    def read(self, number: int, firm: str, person: str | None) -> dict[str, Any]:
        """Read what came in an upload, note what came of each document, and let the bytes go.

        What was read before is not read again; each document has its effect once.

        Returns:
            How many documents came to what.
        """
        with self.house.database.read() as unit:
            row = find(unit, upload, number=number)
        if row is None:
            raise NoSuchFile(f"there is no upload {number}", code="NoSuchUpload")
        if row.report:
            return _counted(number, json.loads(row.report))
        with tempfile.TemporaryDirectory(prefix="skontro-upload-") as name:
            folder = Path(name)
            paths = [_written(folder, place, one) for place, one in
                     enumerate(json.loads(row.files), 1)]  # fmt: skip
            total = sum(1 for _ in open_sources(paths))
            told = self.house.documents.read_sources(
                _bounded(open_sources(paths), total), sender=firm, person=person, few=0
            )
            found = [_told(one, f"{folder}/") for one in told.files]
        with self.house.database.unit("upload.read") as unit:
            change(unit, upload, {"number": number}, files="",
                   report=canonical_json(found).decode(),
                   counts=canonical_json(counted := _counted(number, found)).decode())  # fmt: skip
        return counted

    # ---- looking -----------------------------------------------------------------------------

    def show(self, number: int) -> dict[str, Any]:
        """Return an upload, how far it is, and what came of each document.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            row = find_upload(unit, number=number)
            reads = None if row is None else find(unit, job, number=row.job)
        if row is None:
            raise NoSuchFile(f"there is no upload {number}", code="NoSuchUpload",
                             next_step="it is kept for a month")  # fmt: skip
        return _shown(row, reads) | {"report": json.loads(row.report or "[]")}

    def table(
        self, firms: Sequence[str] | None = None, *, before: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return uploads of some participants, or of all, the newest first."""
        with self.house.database.read() as unit:
            rows = last_uploads(unit, firms, before=before, most=most)
            reads = find_all(unit, job, number=[row.job for row in rows]) if rows else []
        jobs = {one.number: one for one in reads}
        return [_shown(row, jobs.get(row.job)) for row in rows]

    def tidy(self) -> int:
        """Delete what came more than :data:`KEPT` ago; return how much there was."""
        with self.house.database.unit("upload.tidy") as unit:
            return drop_uploads(unit, as_text(self.house.wall.now() - KEPT))


def plain_name(name: str) -> str:
    """Return a file's name as it is kept: no path, no odd letters, not long.

    Example:
        >>> plain_name("C:/in/../Rechnung <7>.xml"), plain_name("..")
        ('Rechnung _7_.xml', 'document')
    """
    last = re.split(r"[/\\]", name)[-1]
    return _ODD.sub("_", last)[-60:].lstrip(".") or "document"


def _written(folder: Path, place: int, one: Mapping[str, str]) -> Path:
    """Write a file where it is read: each in a folder of its own, so that names may be alike."""
    path = folder / str(place) / one["name"]
    path.parent.mkdir()
    path.write_bytes(base64.b64decode(one["data"]))
    return path


def _bounded(sources: Iterator[Source], total: int) -> Iterator[Source]:
    """Yield documents to be judged, and say how far it is; refuse those beyond what is taken."""
    left = MOST_UNPACKED

    def reader(one: Source) -> bytes:
        nonlocal left
        if left <= 0:
            raise _too_much(one.name)
        data = one.read()
        left -= len(data)
        return data

    for place, one in enumerate(sources):
        if place >= MOST_DOCUMENTS:
            yield Source(one.name, lambda one=one: _refuse(one.name))  # type: ignore[misc]
            return
        tell_share("reading the documents", place, total)
        yield Source(one.name, lambda one=one: reader(one))  # type: ignore[misc]


def _refuse(name: str) -> bytes:
    raise _too_much(name)


def _too_much(name: str) -> Rejected:
    return Rejected(
        f"{name}: an upload has {MOST_DOCUMENTS} documents and {MOST_UNPACKED >> 20} MiB at most; "
        "from here on nothing was read", code="TooManyDocuments",
        next_step="hand in the rest by itself",
    )  # fmt: skip


def _told(one: DocumentOutcome, folder: str) -> dict[str, Any]:
    """Return what came of a document as plain values, with the names the files came under."""
    place = re.compile(re.escape(folder) + r"[0-9]+/")

    def plain(text: str, most: int = 300) -> str:
        return shorten(place.sub("", text), most)

    amount = format_minor(one.amount_minor, exponent(one.currency)) if one.currency else ""
    refusal = None if one.refusal is None else {
        name: plain(value.removeprefix(f"{one.name}: "))
        for name, value in asdict(one.refusal).items()
    }
    return {
        "name": plain(one.name, 120), "outcome": one.outcome, "kind": one.kind,
        "number": shorten(one.number, 100), "seller": one.seller, "buyer": one.buyer,
        "amount": amount, "currency": one.currency, "due": one.due, "obligation": one.obligation,
        "broken": list(one.broken[:20]), "refusal": refusal,
    }  # fmt: skip


def _counted(number: int, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"upload": number, "documents": len(found)} | {
        name: sum(one["outcome"] == name for one in found) for name in _COUNTED
    }


def _shown(row: Any, reads: Any) -> dict[str, Any]:
    """Return an upload as it is shown; of a job that is not seen, only whether it has ended."""
    state = "done" if row.counts else "waiting" if reads is None else reads.state
    counts = json.loads(row.counts or "{}")
    return {
        "number": row.number, "firm": row.firm, "made_by": row.made_by, "made_at": row.made_at,
        "files": row.many, "state": state, "job": row.job,
        "permille": 1000 if row.counts else 0 if reads is None else min(reads.permille, 999),
        "stage": "" if row.counts or reads is None else reads.stage,
        "why": "" if row.counts or reads is None else reads.message,
    } | {name: counts.get(name, 0) for name in ("documents", *_COUNTED)}  # fmt: skip
