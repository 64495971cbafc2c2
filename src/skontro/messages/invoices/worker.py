# SPDX-License-Identifier: Apache-2.0
"""Processes that read for this one and can be stopped: ``python -m ...worker KIND``.

A request goes down a pipe as its length and its bytes; the answer comes back the same way, pickled
by our own process. One that takes too long or too much memory is ended, and the next request
starts another.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import struct
import subprocess
import sys
import time
import weakref
from typing import Any

_HEAD = struct.Struct("<Q")
_PIECE = 1 << 16
START_SECONDS = 60
_HELLO = "ready"

Instant = float  # not money: seconds of the monotonic clock


class WorkerFailed(Exception):
    """The process took too long, or came to its end without an answer."""


class Worker:
    """A process that answers one request after the other.

    Args:
        kind: ``pdf`` or ``check``: see :func:`main`.
        most_memory: Bytes it may take above what it has when it is ready; no bound if nought.
    """

    def __init__(self, kind: str, *, most_memory: int = 0) -> None:
        self.kind = kind
        self.most_memory = most_memory
        self._process: subprocess.Popen[bytes] | None = None
        self._left = bytearray()
        weakref.finalize(self, _end, holder := list[subprocess.Popen[bytes]]())
        self._holder = holder

    def start(self) -> None:
        """Start the process, without waiting for it; nothing where it runs already."""
        if self._process is not None:
            return
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, self.kind, str(self.most_memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, start_new_session=True,
        )  # fmt: skip
        self._holder.append(self._process)
        self._left = bytearray()
        self._greeted = False

    def send(self, data: bytes) -> None:
        """Send a request."""
        self.start()
        process = self._process
        if process is None or process.stdin is None:
            raise WorkerFailed("could not be read")
        if not self._greeted:
            self.receive(time.monotonic() + START_SECONDS, is_hello=True)
        try:
            process.stdin.write(_HEAD.pack(len(data)) + data)
            process.stdin.flush()
        except OSError:
            self.close()
            raise WorkerFailed("takes more memory than it may") from None

    def receive(self, until: Instant, *, is_hello: bool = False) -> Any:
        """Return the answer to the request that was sent.

        Args:
            until: When to give up, by the monotonic clock.
            is_hello: Whether it is the word that says that the process is ready.

        Raises:
            WorkerFailed: There is none; the process is gone.
        """
        head = self._take(_HEAD.size, until)
        (length,) = _HEAD.unpack(head)
        answer = pickle.loads(self._take(length, until))  # from our own process
        if is_hello:
            self._greeted = True
        return answer

    def _take(self, count: int, until: Instant) -> bytes:
        process = self._process
        if process is None or process.stdout is None:
            raise WorkerFailed("could not be read")
        handle = process.stdout.fileno()
        while len(self._left) < count:
            ready, _, _ = select.select([handle], [], [], max(until - time.monotonic(), 0))
            piece = os.read(handle, _PIECE) if ready else b""
            if not piece:
                self.close()
                raise WorkerFailed(
                    "takes more memory than it may" if ready else "takes longer than it may"
                )
            self._left += piece
        taken = bytes(self._left[:count])
        del self._left[:count]
        return taken

    def ask(self, data: bytes, *, seconds: Instant) -> Any:
        """Send a request and return the answer, which must come within so many seconds."""
        self.send(data)
        return self.receive(time.monotonic() + seconds)

    def fileno(self) -> int:
        """Return what to wait on for the answer."""
        if self._process is None or self._process.stdout is None:
            raise WorkerFailed("could not be read")
        return self._process.stdout.fileno()

    def close(self) -> None:
        """End the process."""
        _end(self._holder)
        self._process = None


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    while processes:
        process = processes.pop()
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()


# ---- within the process ------------------------------------------------------------------------


def main() -> None:
    """Answer requests until the pipe closes."""
    kind, most_memory = sys.argv[1], int(sys.argv[2])
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything else prints is no answer
    answer = _answer_pdf if kind == "pdf" else _answer_check
    _prepare(kind)
    if most_memory:
        _bound_memory(most_memory)
    _give(answers, _HELLO)
    while head := given.read(_HEAD.size):
        (length,) = _HEAD.unpack(head)
        _give(answers, answer(given.read(length)))


def _give(stream: Any, value: Any) -> None:
    data = pickle.dumps(value)
    stream.write(_HEAD.pack(len(data)) + data)
    stream.flush()


def _prepare(kind: str) -> None:
    """Load what every request needs, so that none pays for it."""
    if kind == "pdf":
        import pypdf.filters  # noqa: F401
    else:
        import skontro.messages.invoices.checking  # noqa: F401


def _bound_memory(most: int) -> None:
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + most, now + most))


def _answer_check(data: bytes) -> Any:
    from skontro.messages.invoices.checking import check_invoice

    name, body = pickle.loads(data)  # from our own process
    return check_invoice(body, name=name)


def _answer_pdf(data: bytes) -> bytes | tuple[str, str]:
    """Return the e-invoice in a PDF, or why there is none: code and reason."""
    import io
    import logging

    import pypdf

    from skontro.messages.invoices.checking import MOST_XML
    from skontro.messages.invoices.pdf import NAMES

    logging.disable(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            return "PdfLocked", "the PDF is locked with a password"
        attached = reader.attachments
        found = [name for name in attached if name.lower() in NAMES]
        files = [one for name in found for one in attached[name]]
    except MemoryError:
        os._exit(1)
    except RecursionError:
        return "PdfBroken", "the PDF is nested too deep"
    except Exception as error:
        return "PdfBroken", f"the PDF cannot be read: {type(error).__name__}"
    if not files:
        return "PdfWithoutInvoice", f"there is no e-invoice in the PDF ({' or '.join(NAMES)})"
    if len(files) > 1:
        return "PdfAmbiguous", f"there are {len(files)} e-invoices in the PDF"
    if len(files[0]) > MOST_XML:
        return "XmlTooLarge", "the e-invoice in the PDF is too large"
    return bytes(files[0])


if __name__ == "__main__":
    main()
