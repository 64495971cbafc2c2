# SPDX-License-Identifier: Apache-2.0
"""What is asked before it is needed.

A screening service elsewhere is asked before a unit of work or after it, never within; the
database is asked at once for all that a unit of registrations needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from skontro.core.errors import SkontroError
from skontro.flow.screening import SCREENED
from skontro.gate.parties import Compared
from skontro.house.reach import WHOLE
from skontro.store.authorities import ask_marks
from skontro.store.database import Unit
from skontro.store.trades import ask_packs
from skontro.store.verdicts import ask_firms, ask_in_force

if TYPE_CHECKING:
    from skontro.flow.gate import Gate
    from skontro.flow.house import House
    from skontro.house.roles import Actor


RESTS_ON_IT = ("cycles.work", "settlement.work", "acts.check")
"""What may take a step that rests on everybody's verdicts."""


def ask_ahead(gate: Gate) -> None:
    """Ask about all firms and their owners of whom nothing was said for a while.

    Within several units that are run as one nobody is asked.
    """
    database, remote = gate.house.database, gate.screening.remote
    if not remote.is_due() or database.is_whole:
        return
    with database.reaching(WHOLE):
        with database.read() as unit:
            compared = gate.compared_now(unit)
        remote.ask(remote.missing(compared, soon=True))


def ahead_of(house: House, actor: Actor) -> None:
    """Ask ahead of what somebody asks for at the service, if they may take such a step."""
    if any(actor.may(one) for one in RESTS_ON_IT):
        house.gate.ask_ahead()


def ask_for_new(unit: Unit, firms: Mapping[int, str]) -> None:
    """Ask, in one go, for what judging new obligations of some firms needs, by number and id."""
    ask_in_force(unit)
    ask_firms(unit, firms, SCREENED)
    ask_packs(unit)
    ask_marks(unit)


def ask_after(
    gate: Gate, unit: Unit, compared: Sequence[Compared], again: Callable[[Unit], object] | None
) -> None:
    """Ask about parties as soon as a unit of work is over, whether it comes to something or not.

    Args:
        gate: The gate.
        unit: The unit, in which they are held because nobody asked yet.
        compared: The parties.
        again: Judges them again, in a unit of its own, if the first came to something.
    """
    house, remote = gate.house, gate.screening.remote

    def ask() -> None:
        remote.ask(remote.missing(compared))

    def go_on() -> None:
        try:
            ask()
            if again is not None:
                with (
                    house.database.reaching(WHOLE),
                    house.database.unit("gate.answered", exclusive=True) as later,
                ):
                    again(later)
        except SkontroError:
            # What is held meanwhile is judged again before anything rests on it.
            return

    # After whatever else the unit still leaves to be remembered.
    unit.after.append(lambda: unit.after.append(go_on))
    unit.otherwise.append(ask)
