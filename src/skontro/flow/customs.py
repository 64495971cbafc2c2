# SPDX-License-Identifier: Apache-2.0
"""What customs know: files of declarations, taken from an authority by compliance, whole or not."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.asked import CUSTOMS_PAPER
from skontro.flow.authorities import declaration_of
from skontro.flow.times import as_text
from skontro.gate.customs_files import (
    MOST_BYTES,
    CustomsRefused,
    ReadCustoms,
    content_digest,
    declaration_text,
    lines_of,
    read_customs,
    refuse,
)
from skontro.house.acts import Signer
from skontro.store.authorities import (
    declarations_in,
    newest_file,
    sides_of_references,
    write_declarations,
)
from skontro.store.database import Unit
from skontro.store.rows import find, find_all, insert, next_numbers
from skontro.store.schema import customs_file, cycle_step, person_right

if TYPE_CHECKING:
    from skontro.flow.house import House

_EPOCH = datetime.date(1970, 1, 1)
_LATE = datetime.timedelta(hours=1)


class Customs:
    """The customs files of a house: each is kept, of a declaration the last one counts."""

    def __init__(self, house: House) -> None:
        self.house = house

    def import_file(
        self,
        given: str | Path | bytes,
        side: str,
        who: str,
        signer: Signer,
        *,
        source: str,
        dated: datetime.datetime | None = None,
    ) -> dict[str, Any]:
        """Take a file of declarations into force; the same one twice is harmless.

        From the first file on, goods over a border of that side's need a declaration that agrees.
        What waits and names one of the file's declarations is judged anew.

        Args:
            given: The file, or its bytes: see :mod:`skontro.gate.customs_files`.
            side: Whose customs made it.
            who: The compliance officer who takes it in: whoever may decide cases.
            signer: Their key.
            source: Where it came from.
            dated: The time it is of; now if not given.

        Returns:
            ``file`` (its number), ``is_new``, ``declarations``, ``lines``, and how many obligations
            were ``judged`` anew.

        Raises:
            CustomsRefused: It is not taken; what was in force stays.
            Forbidden: They are not of compliance.
        """
        house = self.house
        if side not in {one.id for one in house.rules.sides}:
            raise Rejected(f"the house has no side {side!r}", code="UnknownSide")
        at = house.now if dated is None else dated.astimezone(datetime.UTC)
        with house.database.read() as unit:
            self._check_person(unit, who, signer)
        content = given if isinstance(given, bytes) else _bytes_of(Path(given))
        try:
            found = read_customs(content, side)
            with house.database.unit("customs.import", exclusive=True) as unit:
                house.check_writable(unit)
                self._check_person(unit, who, signer)
                return self._take(unit, found, side, who, source, at)
        except CustomsRefused as refused:
            code = refused.code
            house.database.though_undone(lambda: self._note_refusal(side, content, code))
            raise

    def table(self) -> list[dict[str, Any]]:
        """Return every file, oldest first: who brought it, when, and how much is in it."""
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in find_all(unit, customs_file, order=["id"])]

    def words(self, unit: Unit, cycle_id: str) -> list[str]:
        """Return what reports say of customs: which sides' files a cycle was held against.

        Args:
            unit: A reading.
            cycle_id: The cycle, cut off or later.
        """
        (step,) = find_all(unit, cycle_step, cycle=cycle_id, step="cut_off")
        last = json.loads(step.detail).get("customs", 0)
        there = {
            row.side: row for row in find_all(unit, customs_file, order=["id"]) if row.id <= last
        }
        return [
            f"customs of {one.id}: files to {there[one.id].dated[:10]}" if one.id in there
            else f"customs of {one.id}: no files, no declaration is compared"
            for one in self.house.rules.sides
        ]  # fmt: skip

    def check_whole(self, unit: Unit, numbers: Sequence[int]) -> None:
        """Refuse to judge by files that are not what was imported.

        Args:
            unit: The unit of work.
            numbers: Of the files.

        Raises:
            Conflict: Somebody changed one.
        """
        for number in numbers:
            row = find(unit, customs_file, id=number)
            texts = [declaration_text(declaration_of(one)) for one in declarations_in(unit, number)]
            if row is None or content_digest(texts) != row.content_digest:
                raise Conflict(
                    f"customs file {number} is not what was imported", code="CustomsChanged",
                    next_step="ask the authority for it again, and find out who changed it",
                )  # fmt: skip

    # ---- within a unit of work ---------------------------------------------------------------

    def _check_person(self, unit: Unit, who: str, signer: Signer) -> None:
        self.house.people.may_see(unit, who, signer)
        if find(unit, person_right, person=who, right="case.decide") is None:
            raise Forbidden("customs files come in through compliance", code="NotPermitted",
                            next_step="ask a compliance officer of the house")  # fmt: skip

    def _take(
        self, unit: Unit, found: ReadCustoms, side: str, who: str, source: str,
        at: datetime.datetime,
    ) -> dict[str, Any]:  # fmt: skip
        house = self.house
        said: dict[str, Any] = {
            "declarations": len(found.declarations), "lines": found.lines,
        }  # fmt: skip
        known = find(unit, customs_file, side=side, digest=found.digest)
        if known is not None:
            return {"file": known.id, "is_new": False, **said, "judged": 0}
        last = newest_file(unit, side)
        if at > house.now + _LATE:
            raise refuse("CustomsDate", "it is of a time to come")
        if last is not None and as_text(at) < last.dated:
            raise refuse("CustomsDate", f"it is older than file {last.id}, of {last.dated[:10]}")
        references = [one.reference for one in found.declarations]
        others = {name for name, whose in sides_of_references(unit, references).items()
                  if whose != side}  # fmt: skip
        if others:
            raise refuse("CustomsOtherSide", f"{min(others)} is known from another side's customs")
        unit.hold("authorities")
        number = next_numbers(unit, customs_file)[0]
        insert(
            unit, customs_file, id=number, side=side, source=source, dated=as_text(at),
            imported_at=house.at, imported_by=who, digest=found.digest,
            content_digest=found.content_digest, **said,
        )  # fmt: skip
        write_declarations(unit, _columns(number, found))
        house.note(unit, "customs.import", {
            "file": number, "side": side, "digest": found.digest,
            "content": found.content_digest, "by": who, **said,
        })  # fmt: skip
        first = last is None
        judged = house.authorities.judge_waiting(
            unit, CUSTOMS_PAPER, None if first else set(references)
        )
        return {"file": number, "is_new": True, **said, "judged": judged}

    def _note_refusal(self, side: str, content: bytes, code: str) -> None:
        """Write in the journal that a file was refused, and why."""
        with self.house.database.unit("customs.refused", exclusive=True) as unit:
            self.house.check_writable(unit)
            digest = hashlib.sha256(content).hexdigest()
            said = {"side": side, "code": code, "file": digest}
            self.house.note(unit, "customs.refused", said)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse("CustomsTooLarge", f"it has over {MOST_BYTES} bytes")
        return path.read_bytes()
    except OSError:
        from skontro.core.errors import NoSuchFile

        raise NoSuchFile(f"{path}: there is no such file") from None


def _columns(number: int, found: ReadCustoms) -> dict[str, Any]:
    """Return the declarations of a file as columns of the table."""
    every = found.declarations
    return {
        "customs_file": number, "position": list(range(1, len(every) + 1)),
        "reference": [one.reference for one in every], "exporter": [one.exporter for one in every],
        "importer": [one.importer for one in every], "currency": [one.currency for one in every],
        "day": [(one.date - _EPOCH).days for one in every],
        "cancelled": [int(one.cancelled) for one in every],
        "value_minor": [sum(line.value_minor for line in one.lines) for one in every],
        "lines": [canonical_json(lines_of(one)).decode() for one in every],
    }  # fmt: skip

