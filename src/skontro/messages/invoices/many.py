# SPDX-License-Identifier: Apache-2.0
"""Many e-invoices judged side by side, each by a process that can be stopped."""

from __future__ import annotations

import hashlib
import pickle
import select
import time
from collections.abc import Iterable, Iterator

from skontro.core.errors import Rejected, SkontroError
from skontro.messages.bundles import Source
from skontro.messages.invoices.checking import CheckedInvoice, Refusal, check_invoice
from skontro.messages.invoices.worker import Instant, Worker, WorkerFailed

WORKERS = 2
FEW = 24
"""So many files and fewer are judged here, without processes of their own."""

MOST_SECONDS = 30
"""How long one may take."""

_AHEAD = 32


def check_many(
    sources: Iterable[Source], *, workers: int = WORKERS, few: int = FEW
) -> Iterator[tuple[bytes, CheckedInvoice]]:
    """Judge files in their order; one that is bad stops no other.

    Args:
        sources: The files.
        workers: How many processes judge; none where there are few files.
        few: Fewer than so many are judged here, without processes of their own.

    Yields:
        The bytes of each and what came of it; no bytes where they could not be read.
    """
    given = iter(sources)
    first = [one for _, one in zip(range(few), given, strict=False)]
    if len(first) < few or workers < 1:
        for source in (*first, *given):
            data, found = _read(source)
            yield data, found or check_invoice(data, name=source.name)
        return
    pool = _Pool(workers)
    try:
        yield from pool.run(_chained(first, given))
    finally:
        pool.close()


def _chained(first: Iterable[Source], rest: Iterable[Source]) -> Iterator[Source]:
    yield from first
    yield from rest


def _read(source: Source) -> tuple[bytes, CheckedInvoice | None]:
    try:
        return source.read(), None
    except SkontroError as error:
        return b"", _refused(source.name, b"", error)


def _refused(name: str, data: bytes, error: SkontroError) -> CheckedInvoice:
    digest = hashlib.sha256(data).hexdigest() if data else ""
    return CheckedInvoice(name, digest, len(data), refusal=Refusal.of(error))


class _Pool:
    """Processes, each with one file at a time."""

    def __init__(self, count: int) -> None:
        self.free = [Worker("check") for _ in range(count)]
        for worker in self.free:
            worker.start()
        self.busy = dict[int, tuple[Worker, int, str, bytes, Instant]]()
        self.done = dict[int, tuple[bytes, CheckedInvoice]]()

    def run(self, sources: Iterator[Source]) -> Iterator[tuple[bytes, CheckedInvoice]]:
        """Yield what came of each file, in their order."""
        number, wanted, ended = 0, 0, False
        while True:
            while wanted in self.done:
                yield self.done.pop(wanted)
                wanted += 1
            while self.free and not ended and number - wanted < _AHEAD:
                source = next(sources, None)
                if source is None:
                    ended = True
                    break
                self._hand_out(number, source)
                number += 1
            if self.busy:
                self._collect()
            elif ended and not self.done:
                return

    def _hand_out(self, number: int, source: Source) -> None:
        data, found = _read(source)
        if found is not None:
            self.done[number] = (data, found)
            return
        worker = self.free.pop()
        try:
            worker.send(pickle.dumps((source.name, data)))
        except WorkerFailed as failed:
            self._fail(worker, number, source.name, data, failed)
            return
        until = time.monotonic() + MOST_SECONDS
        self.busy[worker.fileno()] = (worker, number, source.name, data, until)

    def _collect(self) -> None:
        """Take at least one answer, or give one up."""
        until = min(one[4] for one in self.busy.values())
        ready, _, _ = select.select(list(self.busy), [], [], max(until - time.monotonic(), 0))
        now = time.monotonic()
        for handle in ready or [key for key, one in self.busy.items() if one[4] <= now]:
            worker, number, name, data, until = self.busy.pop(handle)
            try:
                self.done[number] = (data, worker.receive(until))
                self.free.append(worker)
            except WorkerFailed as failed:
                self._fail(worker, number, name, data, failed)

    def _fail(
        self, worker: Worker, number: int, name: str, data: bytes, failed: WorkerFailed
    ) -> None:
        error = Rejected(f"{name}: to judge it {failed}", code="TooMuch",
                         next_step="ask the sender for a smaller invoice")  # fmt: skip
        self.done[number] = (data, _refused(name, data, error))
        worker.close()
        self.free.append(worker)

    def close(self) -> None:
        """End the processes."""
        for worker in [*self.free, *(one[0] for one in self.busy.values())]:
            worker.close()
