# SPDX-License-Identifier: Apache-2.0
"""A file, a folder or a zip file of bank files: each as name and bytes, or why it cannot be had."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from skontro.core.errors import NoSuchFile, Rejected, SkontroError
from skontro.core.money import shorten
from skontro.messages.xml_reading import MOST_STREAMED

MOST_FILES = 10_000
MOST_IN_ZIP = 128 * 2**20
"""Bytes one file in a zip file may have."""
MOST_OF_ZIP = 512 * 2**20
"""Bytes all files in a zip file may have together."""
MOST_GROWTH = 200
"""How many times larger than the zip file all in it may be, beyond the first 16 MiB."""

Parcel = tuple[str, bytes | SkontroError]


def bank_files_in(path: Path) -> Iterator[Parcel]:
    """Yield the name and bytes of each file, in the order of their names.

    Of a folder those that end in ``.xml`` or ``.zip``, whatever the case, in it and below it.

    Args:
        path: A file, a zip file or a folder.

    Raises:
        NoSuchFile: There is nothing of that name.
    """
    if path.is_dir():
        found = sorted(one for one in path.rglob("*")
                       if one.suffix.lower() in (".xml", ".zip") and one.is_file())  # fmt: skip
        if not found:
            raise NoSuchFile(f"{path}: no file that ends in .xml or .zip",
                             next_step="give the folder the bank's files lie in")  # fmt: skip
        for one in found:
            yield from _file(one, one.relative_to(path).as_posix())
        return
    yield from _file(path, path.name)


def _file(path: Path, name: str) -> Iterator[Parcel]:
    try:
        known = path.stat()
        if not stat.S_ISREG(known.st_mode):
            raise NoSuchFile(f"{name!r} is no file")
        if known.st_size > MOST_STREAMED:
            raise _refuse(name, "XmlTooLarge", f"it has more than {MOST_STREAMED:,} bytes",
                          "ask the bank for it in several files")  # fmt: skip
        with path.open("rb") as file:
            if file.read(4) == b"PK\3\4":
                file.seek(0)
                yield from _zip(file, name, known.st_size)
                return
            file.seek(0)
            yield name, file.read(MOST_STREAMED + 1)
    except OSError:
        yield name, NoSuchFile(f"there is no file {name!r} that can be read")
    except SkontroError as error:
        yield name, error


def _zip(file: IO[bytes], name: str, size: int) -> Iterator[Parcel]:
    try:
        with zipfile.ZipFile(file) as packed:
            inside = sorted((one for one in packed.infolist() if not one.is_dir()),
                            key=lambda one: one.filename)  # fmt: skip
            _check(name, inside, size)
            for one in inside:
                yield f"{name}/{shorten(one.filename, 100)}", _unpacked(packed, one, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        yield name, _refuse(name, "UnreadableFile", "the zip file is damaged",
                            "fetch it anew")  # fmt: skip


def _check(name: str, inside: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a zip file that holds too much."""
    total = sum(one.file_size for one in inside)
    if len(inside) > MOST_FILES or total > max(16 * 2**20, min(MOST_OF_ZIP, size * MOST_GROWTH)):
        raise _refuse(name, "ZipTooLarge", f"it holds {len(inside):,} files of {total:,} bytes",
                      "unpack it where it came from, and send what is needed")  # fmt: skip


def _unpacked(packed: zipfile.ZipFile, one: zipfile.ZipInfo, name: str) -> bytes | SkontroError:
    inside = f"{name}/{shorten(one.filename, 100)}"
    place = PurePosixPath(one.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        return _refuse(inside, "PathClimbsOut", "its name points out of the zip file",
                       "ask who sent it what it is")  # fmt: skip
    if one.flag_bits & 1:
        return _refuse(inside, "ZipLocked", "it is locked with a password", "unlock it first")
    if one.file_size > MOST_IN_ZIP:
        return _refuse(inside, "ZipTooLarge", f"it has more than {MOST_IN_ZIP:,} bytes",
                       "send that file by itself")  # fmt: skip
    try:
        with packed.open(one) as file:
            data = file.read(one.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError,
            ValueError):  # fmt: skip
        return _refuse(inside, "UnreadableFile", "it is damaged", "fetch the zip file anew")
    if len(data) != one.file_size:
        return _refuse(inside, "UnreadableFile", "it is larger than the zip file says",
                       "fetch the zip file anew")  # fmt: skip
    if data[:4] == b"PK\3\4":
        return _refuse(inside, "ZipInZip", "it is a zip file in a zip file", "unpack it first")
    return data


def _refuse(name: str, code: str, reason: str, next_step: str) -> Rejected:
    return Rejected(f"{name}: {reason}", code=code, next_step=next_step,
                    details={"file": name, "reason": reason})  # fmt: skip
