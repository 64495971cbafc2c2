# SPDX-License-Identifier: Apache-2.0
"""What decides whether obligations are in a cycle, read together for the sentence a party gets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchFile
from skontro.flow.times import day_number, day_text
from skontro.gate.verdicts import RELEASED
from skontro.house.reasons import Standing, why_not
from skontro.house.states import BY_DEBTOR
from skontro.store.database import Unit
from skontro.store.obligations import (
    firms_by_number,
    last_disputes,
    members_of,
    with_agreement,
)
from skontro.store.rows import find, find_all
from skontro.store.schema import cycle, fixing, obligation
from skontro.store.verdicts import last_verdicts

if TYPE_CHECKING:
    from skontro.flow.house import House


def read_reasons(
    house: House, unit: Unit, numbers: Sequence[int], cycle_id: str = ""
) -> dict[int, str]:
    """Say of obligations why they are not in a cycle.

    Args:
        house: The house.
        unit: A reading.
        numbers: Which obligations.
        cycle_id: Which cycle; the newest if not given.

    Returns:
        A sentence each; an empty text where it is in the cycle or nothing stands against it.

    Raises:
        NoSuchFile: There is no such cycle.
    """
    if not numbers:
        return {}
    session = _session(unit, cycle_id)
    day = None if session is None else day_number(session.business_day)
    name = "" if session is None else session.id
    declared = find(unit, fixing, cycle=name)
    rates = None if declared is None else frozenset(json.loads(declared.rates))
    rows = find_all(unit, obligation, order=["number"], number=list(numbers))
    firms = {
        one.number: one
        for one in firms_by_number(unit, {firm for row in rows for firm in _parties(row)})
    }
    signed = set[int]()
    with house.database.widened("reasons", unit):
        if session is not None:
            signed = with_agreement(unit, session.business_day, sorted(firms))
        released = _released(house, unit, rows)
    inside, disputes = members_of(unit, numbers), last_disputes(unit, numbers)
    reasons = {}
    for row in rows:
        silent = row.creditor if row.said == BY_DEBTOR else row.debtor
        disputed_by = disputes.get(row.number)
        standing = Standing(
            row.state, row.flags, row.due_day,
            "" if row.due_day is None else day_text(row.due_day), row.currency, row.open_minor,
            silent=firms[silent].id,
            disputed_by="" if disputed_by is None else firms[disputed_by].id,
            joined_to=row.joined_to,
            absent=_first(firms[one].id for one in _parties(row) if firms[one].state != "admitted"),
            unsigned=_first(firms[one].id for one in _parties(row) if one not in signed),
            unpaid=_first(
                firms[one].id for one in _parties(row)
                if not can_be_paid(house, firms[one], row.currency)
            ),
            is_released=row.number in released, cycle=inside.get(row.number, ""),
        )  # fmt: skip
        reasons[row.number] = why_not(standing, cycle=name, business_day=day, currencies=rates)
    return reasons


def can_be_paid(house: House, firm: Any, currency: str) -> bool:
    """Whether a firm's side can take in and pay out what the firm has in a currency.

    A firm that refuses conversion pays and is paid in each currency for itself.
    """
    if firm.accepts_conversion:
        return True
    side = house.rules.side(firm.side)
    return side is not None and currency in side.currencies


def _session(unit: Unit, cycle_id: str) -> Any:
    """Return the cycle that is asked about, or None where none was ever opened."""
    if not cycle_id:
        newest = find_all(unit, cycle, order=["-number"], limit=1)
        return newest[0] if newest else None
    found = find(unit, cycle, id=cycle_id)
    if found is None:
        raise NoSuchFile(f"there is no cycle {cycle_id}", code="NoSuchCycle",
                         next_step="list them with: skontro cycle list")  # fmt: skip
    return found


def _parties(row: Any) -> tuple[int, int]:
    return row.debtor, row.creditor


def _first(names: Any) -> str:
    return next(iter(names), "")


def released_numbers(
    house: House, unit: Unit, number: Any, debtor: Any, creditor: Any, digests: Any
) -> set[int]:
    """Return which obligations the gate released as they are, against the lists in force.

    Args:
        house: The house.
        unit: A reading.
        number: Number of each.
        debtor: Number of each debtor.
        creditor: Number of each creditor.
        digests: Digest of each content.
    """
    now = house.gate.in_force(unit)
    if now.blocked or not now.setting:
        return set()

    def released(said: Any) -> bool:
        return (
            said is not None and said.outcome == RELEASED and said.setting >= now.holds_since
        )

    pairs = [(int(one), int(other)) for one, other in zip(debtor, creditor, strict=True)]
    parties = last_verdicts(unit, "participant", sorted({one for pair in pairs for one in pair}))
    names = [int(one) for one in number]
    last = last_verdicts(unit, "obligation", names)
    return {
        name
        for name, pair, digest in zip(names, pairs, digests, strict=True)
        if released(last.get(name))
        and last[name].content_digest == bytes(digest)
        and all(released(parties.get(one)) for one in pair)
    }


def _released(house: House, unit: Unit, rows: Sequence[Any]) -> set[int]:
    return released_numbers(
        house, unit, [row.number for row in rows], [row.debtor for row in rows],
        [row.creditor for row in rows], [row.content_digest for row in rows],
    )  # fmt: skip
