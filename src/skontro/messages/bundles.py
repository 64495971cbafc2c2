# SPDX-License-Identifier: Apache-2.0
"""Files one by one, out of folders and zip files, however they are packed; nothing is unpacked to
the disk.

A zip file that lies about itself is refused as a whole: one whose names climb out of it, with a
name twice, with too many files or too much in them. What in it is packed again or locked is
refused for itself.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from skontro.core.errors import NoSuchFile, Rejected, SkontroError
from skontro.core.money import shorten

MOST_FILE = 32 * 2**20
"""Bytes of one file."""

MOST_MEMBERS = 20_000
"""Files in a zip file."""

MOST_UNPACKED = 2**30
"""Bytes of all files in a zip file, as it says itself: none gives more than it says."""

MOST_RATIO = 200
"""How many times larger than packed a file in a zip file may be, once it is larger than 1 MiB."""

_ZIP_ENDS = (".zip",)
_PACKED_ENDS = (".zip", ".gz", ".7z", ".rar", ".tar", ".bz2", ".xz", ".zst")
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_LOCKED = 0x1
_MOST_END, _MOST_LISTED = 1 << 17, 400 * MOST_MEMBERS

BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, LookupError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What Python's own reader of zip files raises where one is damaged, or made to be."""


@dataclass(frozen=True)
class Source:
    """One file, read when it is its turn.

    Attributes:
        name: What messages call it: its path, or that of the zip file and its name in it.
        read: Returns its bytes.
    """

    name: str
    read: Callable[[], bytes]


def open_sources(
    paths: Sequence[str | os.PathLike[str]], *, most: int = MOST_FILE
) -> Iterator[Source]:
    """Yield every file that is named, lies in a folder that is named, or is packed in one of them.

    A file that cannot be read says so when its turn comes; links in folders are not followed.

    Args:
        paths: Files, folders and zip files.
        most: How many bytes a file may have.

    Example:
        >>> [one.name for one in open_sources(["nothing/there"])]
        ['nothing/there']
    """
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from _folder(path, most)
        else:
            yield from _file(path, str(given), most)


def _folder(folder: Path, most: int) -> Iterator[Source]:
    for where, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(files):
            path = Path(where) / name
            if not name.startswith("."):
                yield from _file(path, str(path), most, follow=False)


def _file(path: Path, name: str, most: int, *, follow: bool = True) -> Iterator[Source]:
    if path.suffix.lower() in _ZIP_ENDS and (follow or not path.is_symlink()):
        yield from _packed(path, name, most)
    else:
        yield Source(name, lambda: read_file(path, name, most=most, follow=follow))


def read_file(path: Path, name: str, *, most: int = MOST_FILE, follow: bool = True) -> bytes:
    """Return the bytes of a file.

    Raises:
        NoSuchFile: There is none, or it is no plain file.
        Rejected: It is too large.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError):
        raise NoSuchFile(f"{name}: it cannot be read, or is a link in a folder") from None
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise NoSuchFile(f"{name}: it is no file")
        data = file.read(most + 1) if state.st_size <= most else b"."
        if state.st_size > most or len(data) > most:
            raise Rejected(f"{name}: it has more than {most:,} bytes", code="FileTooLarge",
                           next_step="hand over what is smaller")  # fmt: skip
    return data


def _failing(name: str, error: SkontroError) -> Source:
    def read() -> bytes:
        raise error

    return Source(name, read)


def _packed(path: Path, name: str, most: int) -> Iterator[Source]:
    """Yield what is in a zip file; one that is refused as a whole is one file that fails."""
    try:
        _check_directory(path)
        packed = zipfile.ZipFile(path)
    except BROKEN_ZIP as error:
        yield _failing(name, NoSuchFile(
            f"{name}: it cannot be read as a zip file: {error}", code="ZipBroken",
            next_step="pack it anew",
        ))  # fmt: skip
        return
    with packed:
        members = packed.infolist()
        code, reason = _fault(members)
        if code:
            yield _failing(name, Rejected(
                f"{name}: {reason}; nothing in it was taken", code=code,
                next_step="ask the sender for a plain zip file, or unpack and look at it",
            ))  # fmt: skip
            return
        for one in members:
            if not one.is_dir():
                yield _member(packed, one, f"{name}/{one.filename}", most)


def _check_directory(path: Path) -> None:
    """Refuse a zip file whose list of files is too long to be read at all."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _MOST_END, 0))
        end = file.read(_MOST_END)
    at = end.rfind(b"PK\x05\x06")
    listed = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    if listed > _MOST_LISTED:
        raise zipfile.BadZipFile("its list of files is too long")


def _fault(members: list[zipfile.ZipInfo]) -> tuple[str, str]:
    """Return why nothing of a zip file is taken: code and reason; or nothing."""
    names = [one.filename for one in members]
    if len(members) > MOST_MEMBERS:
        return "ZipTooLarge", f"it has more than {MOST_MEMBERS:,} files"
    for one in members:
        path = one.filename.replace("\\", "/")
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in one.orig_filename:
            return "ZipClimbsOut", f"{shorten(one.filename, 80)!r} in it climbs out of its folder"
        if stat.S_ISLNK(one.external_attr >> 16):
            return "ZipClimbsOut", f"{shorten(one.filename, 80)!r} in it is a link"
    twice, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        return "ZipTwice", f"{shorten(twice, 80)!r} stands in it more than once"
    if sum(one.file_size for one in members) > MOST_UNPACKED:
        return "ZipBomb", f"it unpacks to more than {MOST_UNPACKED >> 20:,} MiB"
    for one in members:
        if one.file_size > 2**20 and one.file_size > MOST_RATIO * max(one.compress_size, 1):
            return "ZipBomb", (f"{shorten(one.filename, 80)!r} in it unpacks to more than "
                               f"{MOST_RATIO} times its size")  # fmt: skip
    places = sorted((one.header_offset, one.compress_size) for one in members)
    for (before, size), (after, _) in pairwise(places):
        if before + size > after:
            return "ZipBomb", "files in it lie on top of each other"
    return "", ""


def _member(packed: zipfile.ZipFile, one: zipfile.ZipInfo, name: str, most: int) -> Source:
    def read() -> bytes:
        if one.flag_bits & _LOCKED:
            raise Rejected(f"{name}: it is locked with a password", code="ZipLocked",
                           next_step="unpack it and hand over what is in it")  # fmt: skip
        if one.file_size > most:
            raise Rejected(f"{name}: it has more than {most:,} bytes", code="FileTooLarge",
                           next_step="hand over what is smaller")  # fmt: skip
        try:
            with packed.open(one) as stream:
                data = stream.read(most + 1)
        except BROKEN_ZIP as error:
            raise Rejected(f"{name}: it cannot be unpacked: {error}", code="ZipBroken",
                           next_step="pack it anew") from None  # fmt: skip
        if data.startswith(_ZIP_STARTS) or one.filename.lower().endswith(_PACKED_ENDS):
            raise Rejected(f"{name}: it is packed once more", code="ZipInZip",
                           next_step="unpack it and hand over what is in it")  # fmt: skip
        return data

    return Source(name, read)
