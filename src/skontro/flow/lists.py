# SPDX-License-Identifier: Apache-2.0
"""Sanctions lists: they come into force, version after version, or are refused and noted."""

from __future__ import annotations

import datetime
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.people import handles
from skontro.flow.times import as_text, from_text
from skontro.gate.entries import ListEntry
from skontro.gate.lists import AUTHORITIES, OWN, ListRefused, ReadList, read_list
from skontro.gate.lists.force import Newcomer, Standing, check_newcomer
from skontro.gate.lists.kept import content_digest, entry_of, entry_text, text_digest
from skontro.gate.lists.own import own_columns, own_entries
from skontro.gate.lists.source import MOST_BYTES, refuse, too_large
from skontro.house.acts import Signer
from skontro.messages.bundles import BROKEN_ZIP
from skontro.messages.tables import read_table
from skontro.messages.texts import is_text, to_text
from skontro.store.database import Unit
from skontro.store.lists import (
    all_versions,
    content_of,
    entries_of,
    keep_contents,
    most_entries,
    newest_of,
    references_of,
    write_version,
)
from skontro.store.rows import find, find_all, insert, next_numbers
from skontro.store.schema import list_import, list_retired

if TYPE_CHECKING:
    from skontro.flow.house import House

COUNTED = ("entries", "names", "identifiers")
_TABLES = {".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet", ".pq": "parquet"}
_MOST_NAME = 60
_SMALLER, _RETIRE = "list.smaller", "list.retire"


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        number: Of the version in force now.
        name: Which list.
        dated: The time it is of.
        counts: Entries, names and identifiers it has.
        is_new: Whether it was not in force already.
        notes: What was noticed while reading it.
    """

    number: int
    name: str
    dated: datetime.datetime
    counts: Mapping[str, int]
    is_new: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ready:
    """A list that was read, with what is kept of it.

    Attributes:
        path: The file.
        name: What it was said to be called; may be empty.
        new: What it says of itself.
    """

    path: Path
    name: str
    new: Newcomer
    digest: str
    content: str
    references: list[str]
    digests: list[str]
    texts: list[str]
    notes: tuple[str, ...]

    def contents(self) -> dict[str, str]:
        """Return what is kept of the entries, by digest."""
        return dict(zip(self.digests, self.texts, strict=True))

    def kept(self, source: str) -> dict[str, Any]:
        """Return what is kept of the list itself, and its references."""
        return {
            "name": self.new.name, "format": self.new.format, "source": source,
            "dated": as_text(self.new.dated), "digest": self.digest,
            "invented": int(self.new.invented), "references": self.references,
            **{what: self.new.counts[what] for what in COUNTED},
        }  # fmt: skip

    def manifest(self, source: str) -> bytes:
        """Return all of the list as canonical JSON, its entries by their digests."""
        return canonical_json(self.kept(source) | {"digests": self.digests})


class Lists:
    """The lists of a house: each version is kept, the last of a name is in force."""

    def __init__(self, house: House) -> None:
        self.house = house

    def import_list(
        self,
        path: str | Path,
        *,
        source: str,
        dated: datetime.datetime | None = None,
        name: str = "",
    ) -> Imported:
        """Take a list into force; the same one twice is harmless.

        A refusal is noted in the journal, and the list in force stays.

        Args:
            path: The file, a zip or gzip of it, or the folder of OFAC's set.
            source: Where it came from.
            dated: The time the list is of, where the file itself does not say it.
            name: Which list, where the file does not say it: of a house's own, and of several of
                OpenSanctions. In a demo house a list of its own without a name stands in the
                place of the United Nations', marked as invented.

        Raises:
            ListRefused: It is not taken.
        """
        return self.take(self.read(path, dated=dated, name=name), source)

    def read(
        self, path: str | Path, *, dated: datetime.datetime | None = None, name: str = ""
    ) -> Ready:
        """Read a list, and let nothing come of it yet: for this takes long, and no unit of work.

        Args:
            path: As :meth:`import_list` takes it.
            dated: As :meth:`import_list` takes it.
            name: As :meth:`import_list` takes it.

        Raises:
            ListRefused: It is not taken.
        """
        with self._noting_refusal(path, name):
            return self._ready(path, dated, name)

    def take(self, ready: Ready, source: str) -> Imported:
        """Take a list that was read into force: the second half of :meth:`import_list`.

        Raises:
            ListRefused: It is not taken.
        """
        with (
            self._noting_refusal(ready.path, ready.name),
            self.house.database.unit("list.import", exclusive=True) as unit,
        ):
            self.house.check_writable(unit)
            return self._take(unit, ready, source)

    @contextmanager
    def _noting_refusal(self, path: str | Path, name: str) -> Iterator[None]:
        try:
            yield
        except ListRefused as refused:
            code = refused.code
            self.house.database.though_undone(lambda: self._note_refusal(path, name, code))
            raise

    def propose_smaller(
        self,
        path: str | Path,
        maker: str,
        signer: Signer,
        *,
        source: str,
        dated: datetime.datetime | None = None,
        name: str = "",
    ) -> int:
        """Propose that a list comes into force although it lost more than the house's share.

        What both people sign stands for exactly this list, in the place of the one now in force.

        Args:
            path: As :meth:`import_list` takes it.
            maker: Who proposes it.
            signer: Their key.
            source: Where it came from.
            dated: As :meth:`import_list` takes it.
            name: As :meth:`import_list` takes it.

        Raises:
            ListRefused: Nobody may let it in.
            Conflict: It comes into force without them.
        """
        return self.propose_ready(self._ready(path, dated, name), maker, signer, source=source)

    def propose_ready(self, ready: Ready, maker: str, signer: Signer, *, source: str) -> int:
        """Propose a list that was read: the second half of :meth:`propose_smaller`.

        Raises:
            ListRefused: Nobody may let it in.
            Conflict: It comes into force without them.
        """
        with self.house.database.unit(f"{_SMALLER}.propose", exclusive=True) as unit:
            standing, row = self._standing(unit, ready.new.name)
            self._check(ready.new, standing, by_two=True)
            if self._is_let_in(ready.new, standing):
                raise Conflict("this list comes into force without two people", code="NotNeeded",
                               next_step="import it: skontro gate lists import")  # fmt: skip
            manifest = ready.manifest(source)
            digest = text_digest(manifest)
            keep_contents(unit, {**ready.contents(), digest: manifest.decode()})
            content = {
                "list": ready.new.name, "manifest": digest, "after": row.id,
                "counts": dict(ready.new.counts),
                "before": {what: getattr(row, what) for what in COUNTED},
            }  # fmt: skip
            return self.house.people.propose_in(unit, _SMALLER, content, maker, signer)

    def propose_retirement(self, name: str, maker: str, signer: Signer) -> int:
        """Propose that a list of the house's own holds no more; a later version holds again.

        Args:
            name: Which one: ``own:NAME``.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act.

        Raises:
            Forbidden: The list is an authority's: no one may retire it.
            Conflict: It is not in force.
        """
        if not name.startswith(f"{OWN}:"):
            raise Forbidden(
                f"list {name} is not the house's own: nobody retires it", code="NotPermitted",
                next_step="lists of the house's own are called own:NAME",
            )  # fmt: skip
        with self.house.database.unit(f"{_RETIRE}.propose", exclusive=True) as unit:
            content = {"list": name, "version": self._retirable(unit, name).id}
            return self.house.people.propose_in(unit, _RETIRE, content, maker, signer)

    def _retirable(self, unit: Unit, name: str) -> Any:
        row = newest_of(unit, name)
        if row is None or find(unit, list_retired, list_id=row.id) is not None:
            raise Conflict(f"list {name} is not in force", code="AlreadyDone",
                           next_step="see what is with: skontro gate lists")  # fmt: skip
        return row

    def retire(self, unit: Unit, content: Mapping[str, Any], act_id: int) -> None:
        """Let a list of an approved act hold no more, and judge whatever it touches."""
        row = self._retirable(unit, content["list"])
        if row.id != content["version"]:
            raise Conflict(
                f"another version of {row.name} came into force since", code="StaleApproval",
                next_step="propose it anew if it is still wanted",
            )  # fmt: skip
        with self.house.gate.changing_lists(unit):
            insert(unit, list_retired, list_id=row.id, at=self.house.at, retire_act=act_id)
            self.house.note(
                unit, "list.retired", {"list": row.name, "version": row.id}, act_id=act_id
            )

    def versions(self) -> list[dict[str, Any]]:
        """Return every version of every list, oldest first."""
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in all_versions(unit)]

    def required(self) -> dict[str, list[str]]:
        """Return the lists that must be in force, each with who asks for it."""
        asked = {"un": ["every house"]}
        for side in self.house.rules.sides:
            for one in side.lists:
                asked.setdefault(one.name, []).append(f"side {side.id} ({one.opinion})")
        return dict(sorted(asked.items()))

    def table(self) -> list[dict[str, Any]]:
        """Return the lists in force and those that are missing, with how they stand.

        Each has ``name``, ``state`` (in force, stale or missing), who requires it, and what its
        version says.
        """
        newest = {row["name"]: row for row in self.versions()}
        with self.house.database.read() as unit:
            retired = {row.list_id for row in find_all(unit, list_retired)}
        required = self.required()
        limit = datetime.timedelta(days=self.house.rules.list_limit_days)
        found = []
        for name in sorted(newest.keys() | required.keys()):
            row = newest.get(name)
            if row is None:
                found.append({"name": name, "state": "missing", "required": required[name]})
                continue
            if row["id"] in retired:
                found.append(row | {"state": "retired", "required": required.get(name, [])})
                continue
            stale = self.house.now - from_text(row["dated"]) > limit
            found.append(
                row | {"state": "stale" if stale else "in force",
                       "required": required.get(name, [])}
            )  # fmt: skip
        return found

    def entries(self, unit: Unit, number: int) -> list[ListEntry]:
        """Return what stands on a version of a list, in its order.

        Raises:
            Conflict: It is not what was imported: somebody changed it.
        """
        row = find(unit, list_import, id=number)
        found = entries_of(unit, number)
        digests = [one.digest for one in found]
        whole = (
            row is not None
            and [one.position for one in found] == list(range(1, row.entries + 1))
            and content_digest(digests) == row.content_digest
            and all(text_digest(one.content.encode()) == one.digest for one in found)
        )
        if not whole:
            raise Conflict(f"list {number} is not what was imported", code="ListChanged",
                           next_step="import it again, and find out who changed it")  # fmt: skip
        return [entry_of(one.content) for one in found]

    # ---- reading -----------------------------------------------------------------------------

    def _ready(
        self, path: str | Path, dated: datetime.datetime | None, name: str
    ) -> Ready:
        """Read a list, and make what is kept of it."""
        found = read_any(path, dated=dated)
        texts = [entry_text(entry) for entry in found.entries]
        digests = [text_digest(text) for text in texts]
        called, invented = self._called(found, name)
        references = [entry.reference for entry in found.entries]
        new = Newcomer(
            called, found.format, found.dated, found.counts(), references, invented=invented
        )
        return Ready(
            Path(path), name, new, found.digest, content_digest(digests), references, digests,
            [text.decode() for text in texts], found.notes,
        )  # fmt: skip

    def _called(self, found: ReadList, name: str) -> tuple[str, bool]:
        """Return which list it is, and whether it is a demonstration's."""
        name = name.strip()
        if len(name) > _MOST_NAME or not name.isprintable():
            raise refuse("ListName", f"a list is called {name[:40]!a}", "give a shorter name")
        if found.authority == OWN:
            plain = name.removeprefix(f"{OWN}:")
            if self.house.kind == "demo" and (not name or name in AUTHORITIES):
                return name or "un", True
            if not plain or plain in AUTHORITIES or ":" in plain:
                raise refuse("ListName", "a list of the house's own needs a name of its own",
                             "give one with --name")  # fmt: skip
            return f"{OWN}:{plain}", False
        if found.authority == "opensanctions" and name not in ("", found.authority):
            return f"{found.authority}:{name.removeprefix('opensanctions:')}", False
        if name not in ("", found.authority):
            raise refuse("ListName", f"it is {found.authority}'s list, not {name}'s",
                         "leave --name out")  # fmt: skip
        return found.authority, False

    # ---- coming into force -------------------------------------------------------------------

    def _standing(self, unit: Unit, name: str) -> tuple[Standing | None, Any]:
        row = newest_of(unit, name)
        if row is None:
            return None, None
        counts = {what: getattr(row, what) for what in COUNTED}
        standing = Standing(
            name, from_text(row.dated), counts, most_entries(unit, name),
            references_of(unit, row.id),
        )  # fmt: skip
        return standing, row

    def _check(self, new: Newcomer, standing: Standing | None, *, by_two: bool) -> None:
        check_newcomer(
            new, self.house.now, standing, share=self.house.rules.smaller_share, by_two=by_two
        )

    def _is_let_in(self, new: Newcomer, standing: Standing | None) -> bool:
        try:
            self._check(new, standing, by_two=False)
        except ListRefused:
            return False
        return True

    def _take(self, unit: Unit, ready: Ready, source: str) -> Imported:
        """Put a list into force in a unit of work."""
        new = ready.new
        standing, row = self._standing(unit, new.name)
        if row is not None and (row.content_digest, row.dated) == (
            ready.content, as_text(new.dated),
        ):  # fmt: skip
            return Imported(row.id, new.name, new.dated, new.counts, False, ready.notes)
        self._check(new, standing, by_two=False)
        with self.house.gate.changing_lists(unit):
            keep_contents(unit, ready.contents())
            number = self.put_in_force(unit, ready.kept(source), ready.digests)
        return Imported(number, new.name, new.dated, new.counts, True, ready.notes)

    def let_in(self, unit: Unit, content: Mapping[str, Any], act_id: int) -> int:
        """Put the list of an approved act into force; return the number of its version."""
        row = newest_of(unit, content["list"])
        if row is None or row.id != content["after"]:
            raise Conflict(
                f"another list {content['list']} came into force since", code="StaleApproval",
                next_step="propose it anew if it is still wanted",
            )  # fmt: skip
        text = content_of(unit, content["manifest"])
        if text is None or text_digest(text.encode()) != content["manifest"]:
            raise Conflict("the list is not what was proposed", code="ListChanged")
        said = json.loads(text)
        digests = said.pop("digests")
        new = Newcomer(
            said["name"], said["format"], from_text(said["dated"]),
            {what: said[what] for what in COUNTED}, said["references"],
            invented=bool(said["invented"]),
        )  # fmt: skip
        self._check(new, self._standing(unit, new.name)[0], by_two=True)
        with self.house.gate.changing_lists(unit):
            return self.put_in_force(unit, said, digests, act_id)

    def put_in_force(
        self, unit: Unit, said: Mapping[str, Any], digests: list[str], act_id: int | None = None
    ) -> int:
        """Write a version of a list that may come into force; return its number."""
        number = next_numbers(unit, list_import)[0]
        values = {column: value for column, value in said.items() if column != "references"}
        values |= {
            "id": number, "imported_at": self.house.at, "content_digest": content_digest(digests),
            "smaller_act": act_id, "smaller_act_kind": None if act_id is None else _SMALLER,
        }  # fmt: skip
        write_version(unit, values, said["references"], digests)
        self.house.jobs.ask_in(unit, "gate.screen", f"list {number}", {"list": number})
        self.house.note(
            unit, "list.import",
            {"list": number, "content": values["content_digest"],
             **{what: values[what] for what in ("name", "dated", "digest", "invented", *COUNTED)}},
            act_id=act_id,
        )  # fmt: skip
        return number

    def _note_refusal(self, path: str | Path, name: str, code: str) -> None:
        """Write in the journal that a list was refused, and why."""
        with self.house.database.unit("list.refused", exclusive=True) as unit:
            self.house.check_writable(unit)
            self.house.note(
                unit, "list.refused",
                {"name": name, "code": code, "file": _file_digest(Path(path))},
            )  # fmt: skip


@handles(_SMALLER)
def _let_in(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Put a list into force that lost more than the house's share."""
    return {"list": content["list"], "version": house.lists.let_in(unit, content, act_id)}


@handles(_RETIRE)
def _retire(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Retire a list of the house's own."""
    house.lists.retire(unit, content, act_id)
    return {"list": content["list"]}


def read_any(path: str | Path, *, dated: datetime.datetime | None = None) -> ReadList:
    """Read a list of any format, tables of other programs included.

    Args:
        path: Where it is.
        dated: The time it is of, where the file does not say it.

    Raises:
        ListRefused: It is not taken.
    """
    path = Path(path)
    if not _is_table(path):
        return read_list(path, dated=dated)
    if dated is None:
        raise refuse("ListNotDated", "the file does not say of what day it is",
                     "give the day it is of, with --dated")  # fmt: skip
    if path.suffix.lower() not in _TABLES:
        raise refuse("ListUnknown", f"{path.name} is a table, and not called so",
                     "let its name end in .xlsx or .parquet")  # fmt: skip
    try:
        raw = read_table("list", path)
        raw.whole()
        columns = [_texts(raw.table.column(place)) for place in range(raw.table.num_columns)]
        header = raw.table.column_names
    except ListRefused:
        raise
    except Rejected as refused:
        raise refuse("ListUnreadable", refused.message.removeprefix("list: "),
                     refused.next_step) from refused  # fmt: skip
    names = own_columns(header)
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    entries = own_entries(rows)
    kind = _TABLES[path.suffix.lower()]
    at = dated.astimezone(datetime.UTC)
    return ReadList(OWN, f"own-{kind}", at, tuple(entries), _file_digest(path))


def _is_table(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PAR1":
        return True
    if start != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN_ZIP:
        return False
    if not any(one.filename == "xl/workbook.xml" for one in members):
        return False
    if sum(one.file_size for one in members) > MOST_BYTES:
        raise too_large(f"{path.name} unpacked")
    return True


def _texts(column: Any) -> Sequence[str]:
    if not is_text(column.type):
        if pa.types.is_floating(column.type):
            raise refuse("ListUnreadable", "numbers with a point where texts should be",
                         "let the whole column be text")  # fmt: skip
        column = to_text(column)
    return [text or "" for text in column.to_pylist()]


def _file_digest(path: Path) -> str:
    """Return SHA-256 of a file; nothing where it is none."""
    whole = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                whole.update(chunk)
    except OSError:
        return ""
    return whole.hexdigest()
