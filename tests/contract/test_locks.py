# SPDX-License-Identifier: Apache-2.0
"""Who waits for whom on PostgreSQL while something of a document is said, confirmed or let go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.made_house import MadeHouse
from tests.made_obligations import said

from skontro.store import obligations as store
from skontro.store.obligations import document_text, lock_texts
from skontro.store.rows import find
from skontro.store.schema import obligation

WAIT_S = 0.6


@pytest.fixture
def made(postgres_url: str, tmp_path: Path) -> Iterator[MadeHouse]:
    """A house on PostgreSQL."""
    house = MadeHouse(tmp_path / "house", url=postgres_url)
    house.import_list()
    house.admit_firms()
    yield house
    house.house.close()


def waits(made: MadeHouse, number: int, act: Callable[[], object]) -> object:
    """See that an act waits while somebody else holds a document, and return what it returned."""
    outcome = list[object]()
    thread = threading.Thread(target=lambda: outcome.append(act()))
    with made.house.database.unit("test") as unit:
        row = find(unit, obligation, number=number)
        lock_texts(unit, document_text(row.debtor, row.creditor, row.document))
        thread.start()
        thread.join(WAIT_S)
        assert thread.is_alive(), "it did not wait"
    thread.join(60)
    assert outcome
    return outcome[0]


@pytest.mark.parametrize("most", [100, 0])
def test_nothing_moves_while_its_document_is_held(
    made: MadeHouse, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registering, confirming, and letting a suspected double go on: one lock for all of them.

    With many documents an act locks everything instead, and waits no less.
    """
    book, key = made.house.obligations, made.keys["P1"]
    first, _ = book.register(said("A1", "1"))
    double, state = book.register(said("A1", "2"))
    assert state == "duplicate"
    act = book.propose_clearing([double], "two deliveries", "P1", key)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_MOST_LOCKS", most)
        assert waits(made, first, lambda: made.both(act)) == {"cleared": [[double, "registered"]]}
    assert waits(made, first, lambda: book.confirm(first, "B1")) == "confirmed"
    assert waits(made, first, lambda: book.register(said("B1", "3"))) == (double, "duplicate")


def test_other_documents_go_on(made: MadeHouse) -> None:
    """What is of another document waits for nobody."""
    book = made.house.obligations
    first, _ = book.register(said("A1", "1"))
    with made.house.database.unit("test") as unit:
        row = find(unit, obligation, number=first)
        lock_texts(unit, document_text(row.debtor, row.creditor, row.document))
        other, state = book.register(said("A1", "2", document="INV-2"))
        assert (book.confirm(other, "B1"), state) == ("confirmed", "registered")
