# SPDX-License-Identifier: Apache-2.0
"""``skontro serve``: the house over the network, on this machine's own address."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from skontro.cli.house.desk import HERE, HOUSE, Folder, examples

APPLICATION = "skontro.console.app:from_environment"
EXAMPLES = examples(
    "skontro serve --house h/",
    "skontro serve --house h/ --port 8400 --workers 2",
)
WORKER_EXAMPLES = examples("skontro worker --house h/")
SILENT_S = 30
"""A process that answers, but not even this one for so long, in seconds, is killed and started
again. A loaded machine takes a while to start one, and a large file to be read."""
REST_S = 1
"""How long a worker that ended rests before it is started again."""


def serve(
    folder: Folder = HERE,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; a loopback one: TLS is a proxy's work.")
    ] = "127.0.0.1",
    workers: Annotated[
        int,
        typer.Option(min=1, max=64, help="Processes that answer; more than one on PostgreSQL "
                     "alone, and then another works in the background."),
    ] = 1,
) -> None:
    """Serve a house: its console for people, and its REST API, described at /openapi.json.

    It listens on the machine's own address alone. Set SKONTRO_SERVICE_URL to the address people
    use behind a proxy that speaks TLS: cookies then travel over nothing else. People sign in with
    a login (skontro people login), programs with keys.
    """
    from skontro.core.errors import Rejected
    from skontro.flow.house import House

    if host != "localhost" and not _is_loopback(host):
        raise Rejected(f"{host}: the service listens on a loopback address alone",
                       code="InvalidOptions",
                       next_step="put a proxy that speaks TLS before it")  # fmt: skip
    with House.open(folder, waits=_say_it_waits) as house:
        if workers > 1 and house.database.is_sqlite:
            raise Rejected("a house on SQLite is served by one process", code="InvalidOptions",
                           next_step="leave --workers out, or move to PostgreSQL")  # fmt: skip
        house.access.derive("start")
        typer.echo(f"{house.name}: http://{host}:{port}  (Ctrl-C ends it)", err=True)
    run_server(folder, host, port, workers)


def run_server(folder: Path, host: str, port: int, workers: int = 1) -> None:
    """Serve a house until somebody ends it.

    Args:
        folder: Of the house.
        host: A loopback address.
        port: Where to listen.
        workers: How many processes. One that dies is started again; all end with this one.

    Raises:
        Unavailable: One of several could not even start (``StartFailed``).
    """
    import uvicorn

    from skontro.core.errors import Unavailable
    from skontro.ops.parents import ENDING_S, PARENT
    from skontro.ops.settings import PREFIX, Settings

    os.environ[HOUSE] = str(folder)
    os.environ.setdefault(f"{PREFIX}URL", f"http://{host}:{port}")
    if workers > 1:
        os.environ[f"{PREFIX}WORKER"] = "0"
        os.environ.update(Settings.read().each_of(workers))
    how: dict[str, Any] = {
        "factory": True, "host": host, "port": port, "log_level": "warning", "access_log": False,
        "server_header": False, "http": "httptools", "date_header": True, "proxy_headers": False,
        "timeout_keep_alive": 30, "timeout_graceful_shutdown": ENDING_S,
        "timeout_worker_healthcheck": SILENT_S,
    }  # fmt: skip
    if workers == 1:
        uvicorn.run(APPLICATION, **how)
        return
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    os.environ[PARENT] = str(os.getpid())
    config = uvicorn.Config(APPLICATION, workers=workers, **how)
    listening = config.bind_socket()
    # asyncio does so with sockets of its own, but not with one that processes share: there head
    # and body of every answer would wait for each other, 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with _worker_beside(folder):
        those_that_answer = Multiprocess(config, sockets=[listening])
        those_that_answer.run()
    if any(one.exitcode == STARTUP_FAILURE for one in those_that_answer.processes):
        raise Unavailable("a process that answers did not start", code="StartFailed",
                          next_step="see the log above")  # fmt: skip


def worker(folder: Folder = HERE) -> None:
    """Work in the background of a house: runs, screening, webhooks, and its calendar.

    skontro serve does this by itself; on PostgreSQL more workers may work beside it, on this
    machine or on another one that has the house's folder. SKONTRO_SERVICE_CALENDAR=0 leaves the
    steps of cycles to people.
    """
    from skontro.api.app import HOUSE_PASSPHRASE, tell_work
    from skontro.flow.house import House
    from skontro.flow.worker import Worker
    from skontro.ops.parents import end_with_parent
    from skontro.ops.settings import Settings

    end_with_parent()
    with House.open(folder, waits=_say_it_waits) as house:
        passphrase = os.environ.pop(HOUSE_PASSPHRASE, "")
        if passphrase:
            house.statements.unlock(passphrase)
        settings = Settings.read()
        works = Worker(
            house, tell_work, calendar=bool(settings.calendar), lease_s=settings.lease_s
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: works.end())
        works.run()


@contextmanager
def _worker_beside(folder: Path) -> Iterator[None]:
    """Keep a worker in a process of its own beside those that answer, until this is left."""
    over = threading.Event()
    words = [sys.executable, "-m", "skontro", "worker", "--house", str(folder)]

    def keep() -> None:
        while not over.is_set():
            process = subprocess.Popen(words)
            while process.poll() is None and not over.wait(0.2):
                pass
            if process.poll() is None:
                _end(process)
            over.wait(REST_S)

    thread = threading.Thread(target=keep, name="keeps worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _say_it_waits(error: Exception) -> None:
    typer.echo(f"{error}; waiting for it", err=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a worker after the job under way; one that takes too long is killed, and another takes
    its job when the lease is over."""
    from skontro.ops.parents import ENDING_S

    process.terminate()
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
