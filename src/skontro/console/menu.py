# SPDX-License-Identifier: Apache-2.0
"""What stands in the menu: the pages somebody has a permission for."""

from __future__ import annotations

from typing import NamedTuple

from skontro.house.roles import Actor


class Item(NamedTuple):
    """A line of the menu.

    Attributes:
        path: Where it leads.
        name: What it says.
        permission: What one needs to see it.
    """

    path: str
    name: str
    permission: str


ITEMS = (
    Item("/console/", "Today", "house.read"),
    Item("/console/obligations", "Obligations", "obligations.read"),
    Item("/console/intake", "Intake", "obligations.register"),
    Item("/console/documents", "E-invoices", "obligations.register"),
    Item("/console/cycles", "Cycles", "cycles.read"),
    Item("/console/bank", "Bank", "settlement.work"),
    Item("/console/money", "Money of the sides", "settlement.work"),
    Item("/console/acts", "Signatures", "acts.read"),
    Item("/console/jobs", "Work", "jobs.read"),
    Item("/console/webhooks", "Webhooks", "webhooks.read"),
    Item("/console/firms", "Participants", "participants.list"),
    Item("/console/gate", "The gate", "gate.read"),
    Item("/console/journal", "Journal", "journal.read"),
    Item("/console/people", "People", "people.read"),
    Item("/console/audit", "Audit log", "audit.read"),
)
"""All there is; a page checks again, through its seat."""


MINE = Item("/console/mine", "My firm", "papers.read")
"""For the people of a participant."""


def menu_of(actor: Actor) -> list[Item]:
    """Return the lines somebody sees."""
    found = [one for one in ITEMS if actor.may(one.permission)]
    return [*found[:1], MINE, *found[1:]] if any(one.firm for one in actor.grants) else found
