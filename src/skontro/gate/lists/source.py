# SPDX-License-Identifier: Apache-2.0
"""Where a list's bytes come from: files, folders, zip and gzip, all bounded, all hashed."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from skontro.core.errors import Rejected

MOST_BYTES = 1 << 30
"""The longest list that is read, unpacked; the largest published ones have a third of it."""

MOST_ENTRIES = 1_000_000
MOST_FIELD = 1 << 17
"""Characters of one field, name or remark."""

MOST_OF_ONE = 1 << 23
"""Bytes of one entry."""

MOST_DEPTH = 32
MOST_PARTS = 100
MOST_RATIO = 200
"""How many times its packed size a file may unpack to, once it is past a few megabytes."""

_HEAD = 1 << 16
_CHUNK = 1 << 16
_FREE_BYTES = 1 << 24
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class ListRefused(Rejected):
    """A list is refused as a whole; the one in force stays.

    Its codes: ``ListEmpty``, ``ListTruncated``, ``ListHeaderChanged``, ``ListEncoding``,
    ``ListXml`` (a DTD, an entity), ``ListTooLarge``, ``ListUnreadable``, ``ListUnknown``,
    ``ListNotDated``, ``ListDate``, ``ListSet``, ``ListCount``.
    """

    default_next_step = "fetch the file again from its authority; the list in force stays"


def refuse(code: str, message: str, next_step: str | None = None) -> ListRefused:
    """Return a refusal, to be raised.

    Example:
        >>> refuse("ListEmpty", "list: nothing stands on it").code
        'ListEmpty'
    """
    return ListRefused(f"list: {message}", code=code, next_step=next_step)


def too_large(what: str) -> ListRefused:
    """Return the refusal of what is past a bound."""
    return refuse("ListTooLarge", f"{what}: more than any list has")


@dataclass(frozen=True)
class Part:
    """One file of a list, unpacked where it is packed.

    Attributes:
        name: Its name without folders.
        start: Opens it from the beginning.
    """

    name: str
    start: Callable[[], BinaryIO]

    def head(self) -> bytes:
        """Return its first bytes.

        Raises:
            ListRefused: It is packed in a way that cannot be read.
        """
        with contextlib.closing(self.start()) as stream:
            return stream.read(_HEAD)


class Reading:
    """The bytes of one part, as they pass by: counted, bounded, hashed.

    Example:
        >>> reading = Reading(Part("a", lambda: io.BytesIO(b"abc")))
        >>> list(reading.chunks()), reading.digest()[:8]
        ([b'abc'], 'ba7816bf')
    """

    def __init__(self, part: Part) -> None:
        self.name = part.name
        self._part = part
        self._hash = hashlib.sha256()
        self._ended = False

    def chunks(self) -> Iterator[bytes]:
        """Yield everything, piece by piece.

        Raises:
            ListRefused: There is more of it than :data:`MOST_BYTES`.
        """
        count = 0
        with contextlib.closing(self._part.start()) as stream:
            while chunk := stream.read(_CHUNK):
                count += len(chunk)
                if count > MOST_BYTES:
                    raise too_large(f"{self.name} has over {MOST_BYTES} bytes")
                self._hash.update(chunk)
                yield chunk
        self._ended = True

    def lines(self) -> Iterator[bytes]:
        """Yield lines with their ends; the last one may have none.

        Raises:
            ListRefused: A line is longer than :data:`MOST_OF_ONE`.
        """
        rest = b""
        for chunk in self.chunks():
            pieces = (rest + chunk).split(b"\n")
            rest = pieces.pop()
            for piece in pieces:
                yield piece + b"\n"
            if len(rest) > MOST_OF_ONE:
                raise too_large(f"a line of {self.name}")
        if rest:
            yield rest

    def digest(self) -> str:
        """Return SHA-256 of everything that was read.

        Raises:
            ValueError: It was not read to its end.
        """
        if not self._ended:
            raise ValueError("it was not read to its end")
        return self._hash.hexdigest()


def parts_of(path: Path) -> list[Part]:
    """Return the files a path stands for: one, those of a folder, or those in a zip.

    Args:
        path: A file, packed or not, or a folder.

    Raises:
        ListRefused: Nothing is there, or it is a zip that cannot be read.
    """
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.is_file())
        if len(files) > MOST_PARTS:
            raise refuse("ListSet", f"{path.name} has {len(files)} files",
                         "give a folder with the files of one list alone")  # fmt: skip
        return [_of_file(one) for one in files]
    if not path.is_file():
        raise refuse("ListUnknown", f"{path} is not there", "check the name and the folder")
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(_ZIP):
        return _of_zip(path)
    return [_of_file(path)]


def beside(path: Path) -> list[Part]:
    """Return the files beside a file, itself included."""
    try:
        files = sorted(one for one in path.parent.iterdir() if one.is_file())
    except OSError:
        return []
    return [_of_file(one) for one in files[: MOST_PARTS * 10]]


def part_of_bytes(name: str, content: bytes) -> Part:
    """Return bytes as a part, unpacked where they are gzip."""
    if content.startswith(_GZIP):
        return Part(name, lambda: _unpacked(io.BytesIO(content), len(content)))
    return Part(name, lambda: io.BytesIO(content))


def _of_file(path: Path) -> Part:
    def start() -> BinaryIO:
        stream = path.open("rb")
        if stream.read(2) != _GZIP:
            stream.seek(0)
            return stream
        stream.seek(0)
        return _unpacked(stream, path.stat().st_size)

    return Part(path.name, start)


def _of_zip(path: Path) -> list[Part]:
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > MOST_PARTS:
        raise too_large(f"{path.name} has {len(members)} files")
    if not members:
        raise refuse("ListEmpty", f"{path.name} has no file in it")

    def of_member(member: zipfile.ZipInfo) -> Part:
        def start() -> BinaryIO:
            archive = zipfile.ZipFile(path)
            stream = archive.open(member.filename)
            limit = max(_FREE_BYTES, MOST_RATIO * member.compress_size)
            return _Bounded(stream, limit, archive)  # type: ignore[return-value]

        return Part(PurePosixPath(member.filename).name, start)

    return [of_member(member) for member in members]


def _unpacked(stream: BinaryIO, packed: int) -> BinaryIO:
    limit = max(_FREE_BYTES, MOST_RATIO * packed)
    unpacking = gzip.GzipFile(fileobj=stream)
    return _Bounded(unpacking, limit, stream)  # type: ignore[return-value]


class _Bounded:
    """A stream that unpacks, refused once it gives more than it may."""

    def __init__(self, stream: object, limit: int, below: object) -> None:
        self._stream, self._limit, self._below, self._count = stream, limit, below, 0

    def read(self, count: int) -> bytes:
        chunk: bytes = self._stream.read(count)  # type: ignore[attr-defined]
        self._count += len(chunk)
        if self._count > self._limit:
            raise too_large(f"it unpacks to over {MOST_RATIO} times its size")
        return chunk

    def close(self) -> None:
        self._stream.close()  # type: ignore[attr-defined]
        self._below.close()  # type: ignore[attr-defined]


UNREADABLE = (
    OSError, EOFError, UnicodeError, ValueError, RecursionError, MemoryError, OverflowError,
    NotImplementedError, RuntimeError, LookupError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading damaged bytes may raise."""
