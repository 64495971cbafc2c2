# SPDX-License-Identifier: Apache-2.0
"""How a command ends: exit codes, errors in one sentence, and the one way to stdout."""

from __future__ import annotations

import enum
import os
import re
import sys
from typing import TextIO

EFFECT_LINE = "effect: calculation, screened: false, nothing has been set off"
DEMONSTRATION = "DEMONSTRATION"
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
FAULT_STEP = (
    "this is a fault of ours: set SKONTRO_TRACEBACK=1, run it again and report what it prints"
)


class ExitCode(enum.IntEnum):
    """What the shell is told."""

    OK = 0
    CLAIM_FAILED = 1
    REFUSED = 2
    ROWS_REFUSED = 3
    OURS = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


def visible(text: str) -> str:
    """Return text from a file so that it cannot steer a terminal or turn a line round.

    Control characters but line ends and tabs, and the marks that change the direction of
    writing, are shown as what they are.

    Example:
        >>> visible("\\x1b[31mred"), visible("A\\u202eB"), visible("one\\ntwo")
        ('\\\\x1b[31mred', 'A\\\\u202eB', 'one\\ntwo')
    """
    return _STEERING.sub(lambda found: ascii(found.group())[1:-1], text)


def write_out(text: str) -> None:
    """Write the result to stdout; a reader who has gone away is not an error."""
    _write(sys.stdout, text if text.endswith("\n") else text + "\n")


def write_note(text: str) -> None:
    """Write a remark to stderr, where it cannot mix with the result."""
    text = visible(text)
    _write(sys.stderr, text if text.endswith("\n") else text + "\n")


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before we started
        return
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        silence(stream)


def silence(stream: TextIO) -> None:
    """Point a closed stream nowhere, so that the last flush at exit is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def end_with_error(error: BaseException) -> ExitCode:
    """Tell the person what happened and what to do next, and choose the exit code.

    Args:
        error: What a command raised. Errors of the library carry a code and a next step; a
            missing file, a full disk and too little memory get a sentence of their own; anything
            else is a fault of ours and says where to look.
    """
    from skontro.core.errors import InvariantViolation, SkontroError, Unavailable

    if isinstance(error, KeyboardInterrupt):
        write_note("interrupted: nothing was written that is not whole")
        return ExitCode.INTERRUPTED
    if isinstance(error, SkontroError):
        _tell(error.code, error.message, getattr(error, "next_step", ""))
        if isinstance(error, Unavailable):
            return ExitCode.UNAVAILABLE
        return ExitCode.OURS if isinstance(error, InvariantViolation) else ExitCode.REFUSED
    if isinstance(error, MemoryError):
        _tell(
            "out_of_memory",
            "there is not enough memory for this input on this machine",
            "close other programs, or use a machine with more memory; see: skontro doctor",
        )
        return ExitCode.REFUSED
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        _tell("system", f"{error.strerror or error}{where}", _next_step_for(error))
        return ExitCode.REFUSED
    _tell("fault", f"{type(error).__name__}: {error}", FAULT_STEP)
    return ExitCode.OURS


def _next_step_for(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "check the path"
    if isinstance(error, PermissionError):
        return "check who may read or write there"
    if isinstance(error, FileExistsError):
        return "choose another place, or use --force"
    return "check the disk: skontro doctor"


def _tell(code: str, message: str, next_step: str) -> None:
    sentence = message.strip()
    write_note(f"skontro: {sentence} [{code}]")
    if next_step:
        write_note(f"  next: {next_step}")
