# SPDX-License-Identifier: Apache-2.0
"""Figures of how a house is doing, for whoever watches over the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skontro.flow.times import from_text
from skontro.store.books import waiting_counts

if TYPE_CHECKING:
    from skontro.flow.house import House


def house_figures(house: House) -> dict[str, Any]:
    """Return figures without a name and without a word of what the gate holds.

    Returns:
        ``waiting``: obligations for the other party's word, money lines for a payer, acts for a
        second person; ``unbalanced``: currencies in which the journal does not balance, nought
        always; ``cycle_s``: seconds from cut-off to the final run of the last cycle that has one;
        ``set_off_points``: what that run set off, by unit; ``jobs`` and ``deliveries`` by state;
        ``outbox_age_s``: how old the oldest event is that waits to be told, in seconds.
    """
    with house.database.read() as unit:
        waiting = waiting_counts(unit)
    figures: dict[str, Any] = {
        "waiting": waiting, "unbalanced": unbalanced(house), "cycle_s": None,
        "set_off_points": {}, "jobs": house.jobs.counts(), **house.webhooks.figures(),
    }  # fmt: skip
    for row in reversed(house.cycles.table()):
        shown = house.cycles.show(row["id"])
        final = next((one for one in shown["runs"] if one["kind"] == "final"), None)
        if final is None:
            continue
        at = {one["step"]: from_text(one["at"]) for one in shown["steps"]}
        if "cut_off" in at and "final" in at:
            figures["cycle_s"] = int((at["final"] - at["cut_off"]).total_seconds())
        figures["set_off_points"] = {
            block["unit"]: int(block["set_off_points"])
            for block in final["summary"]["blocks"] if "set_off_points" in block
        }  # fmt: skip
        break
    return figures


def unbalanced(house: House) -> int:
    """Return in how many currencies the journal does not balance: nought, always."""
    sums = dict[str, int]()
    for code, (debits, credits_) in house.journal.trial_balance().items():
        currency = code.rsplit(":", 1)[1]
        sums[currency] = sums.get(currency, 0) + debits - credits_
    return sum(1 for total in sums.values() if total)
