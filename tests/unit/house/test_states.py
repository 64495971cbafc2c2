# SPDX-License-Identifier: Apache-2.0
"""The table of states: closed in itself, and the documentation word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from skontro.core.errors import Conflict
from skontro.house.states import (
    EVENTS,
    OBLIGATION_MOVES,
    OBLIGATION_STATES,
    next_obligation_state,
    obligation_tables,
)
from skontro.store.schema import obligation

BEGIN, END = "<!-- the tables of house/states.py -->\n", "<!-- end of the tables -->\n"


def test_moves_are_made_of_states_and_events() -> None:
    assert {state for state, _ in OBLIGATION_MOVES} <= set(OBLIGATION_STATES)
    assert set(OBLIGATION_MOVES.values()) <= set(OBLIGATION_STATES)
    assert {event for _, event in OBLIGATION_MOVES} == set(EVENTS)


def test_every_state_is_reached_and_the_database_knows_it() -> None:
    reached = {"registered"} | set(OBLIGATION_MOVES.values())
    assert reached == set(OBLIGATION_STATES)
    (known,) = [
        str(each.sqltext) for each in obligation.constraints
        if str(each.name).endswith("state_known")
    ]  # fmt: skip
    assert all(f"'{state}'" in known for state in OBLIGATION_STATES)
    assert known.count("'") == 2 * len(OBLIGATION_STATES)


@pytest.mark.parametrize("state", OBLIGATION_STATES)
def test_what_does_not_stand_there_is_refused_with_what_can_be(state: str) -> None:
    for event in EVENTS:
        after = OBLIGATION_MOVES.get((state, event))
        if after is not None:
            assert next_obligation_state(state, event) == after
            continue
        with pytest.raises(Conflict) as refused:
            next_obligation_state(state, event)
        possible = [name for before, name in OBLIGATION_MOVES if before == state]
        assert all(name in refused.value.next_step for name in possible)


def test_the_documentation_is_the_table(root: Path) -> None:
    text = (root / "docs/obligations.md").read_text("utf-8")
    _, _, rest = text.partition(BEGIN)
    tables, end, _ = rest.partition(END)
    assert end
    assert tables == obligation_tables(), "python -m tests.unit.house.test_states writes it"


def main() -> None:
    """Write the tables into the page."""
    path = Path(__file__).resolve().parents[3] / "docs/obligations.md"
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    path.write_text(before + begin + obligation_tables() + end + after, "utf-8")


if __name__ == "__main__":
    main()
