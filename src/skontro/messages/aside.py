# SPDX-License-Identifier: Apache-2.0
"""Folders written aside, made durable, and given their name in one step when they are whole."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE
_SURELY_BEGUN_S = 60


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Make a new folder beside the target; it is gone afterwards unless it was renamed.

    It is locked while it is written. One that nobody has locked was left by a process that was
    killed, and is cleared away by the next one that writes to the same target.

    Args:
        target: The absolute path under which the folder shall stand; its parents are made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_away(target.parent, _literal(target.name))
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: nothing is cleared away there
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.chmod(folder, 0o777 & ~_umask())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def clear_away(folder: Path) -> None:
    """Clear away what killed processes left aside in a folder, under whatever target."""
    _clear_away(folder, "*")


def _clear_away(folder: Path, names: str) -> None:
    for place in folder.glob(f".{names}.????????.part"):
        try:
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            # one that is younger may not have been locked yet by who has just made it
            if time.time() - os.fstat(handle).st_mtime > _SURELY_BEGUN_S:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
        except OSError:
            pass  # somebody writes to it, or locks cannot be had here
        finally:
            os.close(handle)


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def exchange(one: Path, other: Path) -> bool:
    """Let two folders take each other's name in one step; tell whether the system could."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return int(rename(_HERE, names[0], _HERE, names[1], _EXCHANGE)) == 0


def sync(folder: Path) -> None:
    """Make a folder's list of names durable, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
