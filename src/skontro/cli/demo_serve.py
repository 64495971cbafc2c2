# SPDX-License-Identifier: Apache-2.0
"""``skontro demo --serve``: the demonstration house behind its console while its year goes on."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skontro.lab.people import Players

HOST = "127.0.0.1"
LOG = "service.log"
"""File of the demonstration's folder that takes the service's log: the terminal stays readable."""


def is_watched() -> bool:
    """Whether somebody sits at a terminal: no pipe, and no run of a machine."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def serve_year(out: Path, months: int, firms: int, port: int) -> None:
    """Open the demonstration house, let its year begin in the background, and serve it.

    Args:
        out: Folder of the demonstration.
        months: How many it lives through.
        firms: How many it has.
        port: Where to listen; another one if it is taken.
    """
    from skontro.cli.house.desk import HOUSE_PASSPHRASE
    from skontro.cli.house.serve import run_server
    from skontro.cli.outcome import DEMONSTRATION, write_out
    from skontro.flow.house import DEMO_PASSPHRASE
    from skontro.lab.people import Players
    from skontro.lab.year import DemonstrationYear
    from skontro.ops.logs import send_to
    from skontro.ops.progress import Progress
    from skontro.ops.settings import PREFIX

    out.mkdir(parents=True, exist_ok=True)
    write_out(f"{DEMONSTRATION} house: {months} months of trade between three sides\n")
    with Progress() as progress:
        progress("opening the house")
        year = DemonstrationYear(out / "year", firms=firms, tell=progress)
        players = Players(year)
        progress("letting people in")
        players.admit()
        players.open_logins()
    found = free_port(port)
    write_out(logins_text(players, f"http://{HOST}:{found}", out / LOG))
    year.house.close()
    send_to(out / LOG)
    lives = multiprocessing.get_context("spawn").Process(
        target=live_on, args=(out, months, firms), daemon=True
    )
    lives.start()
    os.environ[HOUSE_PASSPHRASE] = DEMO_PASSPHRASE
    os.environ[f"{PREFIX}CALENDAR"] = "0"  # its steps are those of the year
    try:
        run_server(out / "year" / "house", HOST, found)
    finally:
        lives.terminate()
        lives.join(10)


def live_on(out: Path, months: int, firms: int) -> None:
    """Live through the year, then clear the network beside it; in a process of its own."""
    from skontro.cli.demo import clear_network, live_through
    from skontro.cli.outcome import write_out
    from skontro.lab.people import Players
    from skontro.lab.year import DemonstrationYear

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(5)  # whoever looks at a page goes first
    year = DemonstrationYear(out / "year", firms=firms)
    year.begin()
    Players(year).admit()
    year.house.close()
    if months:
        live_through(out, months, firms)
    clear_network(out)
    write_out("\nthe house is still served; Ctrl-C ends it")


def free_port(wanted: int) -> int:
    """Return the port, or a free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as tried:
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    return wanted


def logins_text(players: Players, address: str, log: Path) -> str:
    """Return the address, and who may sign in there with what."""
    from skontro.cli.demo import program_name
    from skontro.cli.house.shown import table_text
    from skontro.flow.house import DEMO_PASSPHRASE
    from skontro.lab.people import DEMO_PASSWORD, FIRM, PLAYERS

    house = players.year.house
    rows = [(one.id, one.does.replace(FIRM, players.firm), house.access.code_now(one.id))
            for one in PLAYERS]  # fmt: skip
    return (
        f"look at it: {address}/console/\n\n"
        f"{table_text(('sign in as', 'who is', 'code now'), rows)}\n\n"
        f"password of all: {DEMO_PASSWORD}\n"
        f"the next code:   {program_name()} people code P1 --house {house.folder}\n"
        f"keys that sign:  {players.key_path('P1').parent}, passphrase: {DEMO_PASSPHRASE}\n"
        f"log of requests: {log}\n\n"
        "The year goes on in the background, month after month. Ctrl-C ends both; the same command "
        "goes on.\n"
    )
