# SPDX-License-Identifier: Apache-2.0
"""Progress goes to stderr, only where it is wanted, and leaves nothing behind."""

from __future__ import annotations

import io

import numpy as np
import pytest

from skontro.ops.measuring import library_versions, machine, peak_memory_bytes
from skontro.ops.progress import CompilingNotice, Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screen(text: str) -> str:
    """What a terminal shows on its last line after all returns."""
    shown = ""
    for piece in text.rsplit("\n", 1)[-1].split("\r"):
        shown = piece + shown[len(piece) :]
    return shown.rstrip()


def test_it_is_silent_where_nobody_looks() -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        progress("reading")
        progress("clearing", 1, 2)
    assert stream.getvalue() == ""


def test_it_says_each_stage_once_in_a_file() -> None:
    stream = io.StringIO()
    with Progress(shown=True, stream=stream) as progress:
        progress("reading")
        progress("reading", 5, 10)
        progress("clearing", 0, 10)
    assert stream.getvalue() == "reading ...\nclearing   0 %\n"


def test_a_terminal_is_left_clean() -> None:
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress("a long stage of the work")
        assert screen(stream.getvalue()) == "a long stage of the work ..."
        progress("short")
        assert screen(stream.getvalue()) == "short ..."
    assert screen(stream.getvalue()) == ""


def test_a_remark_stays() -> None:
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress("clearing")
        progress.note("compiling")
    assert "compiling\n" in stream.getvalue()


def test_times_are_kept() -> None:
    progress = Progress(shown=False)
    with progress:
        for stage in ("a", "b", "a"):
            progress(stage)
    assert list(progress.seconds) == ["a", "b"]
    assert all(seconds >= 0 for seconds in progress.seconds.values())


def test_a_compilation_is_announced_once_and_only_when_it_happens() -> None:
    numba = pytest.importorskip("numba")

    def double(x):  # type: ignore[no-untyped-def]
        return x + x

    compiled = numba.njit(double)
    stream = io.StringIO()
    progress = Progress(shown=False, stream=stream)
    with CompilingNotice(progress):
        compiled(1)
        compiled(1)
        compiled(np.float32(1))
    assert stream.getvalue().count("compiling for this machine what was not needed before") == 1
    silent = io.StringIO()
    with CompilingNotice(Progress(shown=False, stream=silent)):
        compiled(2)
    assert silent.getvalue() == ""


def test_what_is_measured_names_no_machine() -> None:
    facts = machine()
    assert set(facts) == {"python", "system", "processor", "cores", "memory_bytes"}
    assert int(facts["cores"]) >= 1
    assert (peak_memory_bytes() or 1) > 0
    assert library_versions()["numpy"][0].isdigit()
