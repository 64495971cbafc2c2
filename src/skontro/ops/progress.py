# SPDX-License-Identifier: Apache-2.0
"""Progress of long work, on stderr: one line that is rewritten, or none at all."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

REDRAW_S = 0.1


class Progress:
    """Say which stage the work is in and how far it has come.

    It is called by the library as ``progress(stage, done, total)``; ``done`` and ``total`` may be
    left out. It writes nothing unless it is switched on, and never to stdout. The times of the
    stages stay in ``seconds``.

    Example:
        >>> progress = Progress(shown=False)
        >>> progress("reading")
        >>> progress("clearing", 3, 10)
        >>> list(progress.seconds)
        ['reading', 'clearing']
    """

    def __init__(self, *, shown: bool | None = None, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._shown = self._stream.isatty() if shown is None else shown
        self._rewrites = self._shown and self._stream.isatty()
        self._stage = ""
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._width = 0
        self._said = set[str]()
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is done now, and how much of it."""
        now = time.monotonic()
        new_stage = stage != self._stage
        if new_stage:
            self._close_stage(now)
            self._stage, self._begun = stage, now
            self.seconds.setdefault(stage, 0.0)
        if not self._shown or (not new_stage and not self._rewrites):
            return
        if new_stage or now - self._drawn >= REDRAW_S:
            self._drawn = now
            self._draw(_line(stage, done, total, now - self._begun))

    def note(self, text: str) -> None:
        """Write a remark that stays, even where progress is not shown."""
        self._wipe()
        self._stream.write(text + "\n")
        self._stream.flush()

    def note_once(self, text: str) -> None:
        """Write a remark that stays, the first time only."""
        if text not in self._said:
            self._said.add(text)
            self.note(text)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_stage(time.monotonic())
        self._stage = ""
        self._wipe()

    def _close_stage(self, now: float) -> None:
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._begun

    def _draw(self, line: str) -> None:
        if self._rewrites:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def _wipe(self) -> None:
        if self._rewrites and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


def _line(stage: str, done: int | None, total: int | None, seconds: float) -> str:
    line = f"{stage} ..."
    if done is not None and total is not None and total > 1:
        line = f"{stage} {done * 100 // total:3d} %"
    elif done:
        line = f"{stage} {done:,}"
    return line if seconds < 1 else f"{line}  {seconds:.0f} s"


class CompilingNotice:
    """Announce on stderr, once, that something is being compiled for this machine.

    It listens to the compiler itself, so that it speaks only when something is really compiled,
    not when the machine code comes from the cache.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._listener: Any = None

    def __enter__(self) -> CompilingNotice:
        from numba.core import event

        notice = self

        class Listener(event.Listener):
            """Hears when a compilation starts."""

            def on_start(self, _event: event.Event) -> None:
                notice.announce()

            def on_end(self, _event: event.Event) -> None:
                """The end is of no interest: the next may follow at once."""

        self._listener = Listener()
        event.register("numba:compile", self._listener)  # type: ignore[no-untyped-call]
        return self

    def announce(self) -> None:
        """Say it, the first time only."""
        what = "what was not needed before"
        self._progress.note_once(f"compiling for this machine {what}: up to 20 s ...")

    def __exit__(self, *_: object) -> None:
        from numba.core import event

        event.unregister("numba:compile", self._listener)  # type: ignore[no-untyped-call]
