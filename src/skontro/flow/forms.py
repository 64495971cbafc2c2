# SPDX-License-Identifier: Apache-2.0
"""How the tables of each sender are written: declared once, remembered, used for every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skontro.messages.table_forms import PLAIN, TableForm
from skontro.store.documents import last_form, write_form

if TYPE_CHECKING:
    from skontro.flow.house import House


class Forms:
    """How tables are written, by sender."""

    def __init__(self, house: House) -> None:
        self.house = house

    def of(self, sender: str) -> TableForm:
        """Return how a sender's tables are written; the plain form where it was never said.

        Args:
            sender: Id of a participant, or nothing for no sender in particular.

        Raises:
            Rejected: There is no such participant.
        """
        if not sender:
            return PLAIN
        with self.house.database.read() as unit:
            row = last_form(unit, self.house.participants.row(unit, sender).number)
        return PLAIN if row is None else TableForm.of_text(row.content)

    def remember(self, sender: str, form: TableForm, *, person: str | None = None) -> None:
        """Remember how a sender's tables are written from now on; what was before is kept.

        Saying the same again has no effect.

        Args:
            sender: Id of a participant.
            form: How.
            person: Who of the house wrote it down.

        Raises:
            InvalidOptions: It cannot be declared.
        """
        form.check()
        with self.house.database.unit("form.remember") as unit:
            self.house.check_writable(unit)
            number = self.house.participants.row(unit, sender).number
            unit.hold("form", number)
            known = last_form(unit, number)
            if known is None or known.content != form.as_text():
                write_form(unit, number, form.as_text(), person=person, at=self.house.at)
