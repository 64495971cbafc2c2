# SPDX-License-Identifier: Apache-2.0
"""The house's report of a cycle, and what papers of a run have in common."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from skontro.core.readable import share_text
from skontro.core.standing import Standing
from skontro.flow.runs import check_archived_file
from skontro.house.notices import Grid
from skontro.house.report import (
    FirmFigures,
    block_totals,
    by_side,
    by_size,
    currency_rows,
    fairness,
    side_pairs,
)
from skontro.store.cycles import chosen_run, last_run, settled_by_currency
from skontro.store.database import Unit
from skontro.store.papers import cycles_before, entry_of, entry_of_act, left_counts
from skontro.store.rows import find, find_all
from skontro.store.schema import (
    approval,
    border_leg,
    fixing,
    house_rules,
    participant,
    pay_in,
    pay_out,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

PAST_SETTLEMENT = ("settled", "closed")
_FIRM_COLUMNS = (
    "participant", "unit", "side", "owed_points", "due_points", "net_position_points",
    "set_off_points", "settled_out_points", "settled_in_points",
)  # fmt: skip


def head_of_run(house: House, final: Any) -> dict[str, Any]:
    """Return what every paper of a run begins with: the house, the run, its digests."""
    summary = json.loads(final.summary)
    run = Standing.from_json(summary).run
    return {
        "house": house.id, "house_name": house.name, "demonstration": house.kind == "demo",
        "run": None if run is None else run.as_json(),
        "digests": {
            "set": final.frozen_digest, "input": final.input_digest,
            "result": final.result_digest, "manifest": final.manifest_digest,
        },
    }  # fmt: skip


def fixing_of(unit: Unit, cycle_id: str) -> dict[str, Any] | None:
    """Return the fixing of a cycle as papers carry it, or None."""
    row = find(unit, fixing, cycle=cycle_id)
    if row is None:
        return None
    return {
        "unit": row.unit, "rates": json.loads(row.rates), "source": row.source,
        "dated": row.dated,
    }  # fmt: skip


def report_content(house: House, unit: Unit, cycle: Any, final: Any) -> dict[str, Any]:
    """Return what the house's report of a cycle says.

    Args:
        house: The house.
        unit: A reading.
        cycle: The cycle.
        final: Its final run.
    """
    summary = json.loads(final.summary)
    declared = fixing_of(unit, cycle.id)
    grid = Grid.of(summary, None if declared is None else declared["rates"])
    is_settled = cycle.state in PAST_SETTLEMENT
    settled = _settled_points(unit, cycle.id, summary, grid) if is_settled else {}
    firms = _firms(house, final)
    step = "settle" if is_settled else "final"
    entry = entry_of(unit, cycle.id, "cycle.step", holds=f'"step":"{step}"')
    given = find(unit, approval, act_id=final.published_act)
    blocks = []
    for block in summary["blocks"]:
        mine = firms[block["unit"]]
        blocks.append({
            **block_totals(block, settled.get(block["unit"], 0)),
            "currencies": currency_rows(block), "side_pairs": side_pairs(block),
            "sides": by_side(mine), "sizes": by_size(mine), "fairness": fairness(mine),
        })  # fmt: skip
    return {
        "number": f"{house.id}/{cycle.id}/report/{step}",
        **head_of_run(house, final),
        "stage": "settled" if is_settled else "final",
        "value_date": cycle.business_day, "published_at": given.approved_at,
        "blocks": blocks,
        "border": _border(unit, cycle.id, summary),
        "money": _money(unit, cycle.id) if is_settled else [],
        "left_out": left_counts(unit, cycle.id) | _held(unit, cycle.id),
        "settings": _settings(house, unit, cycle, final, declared),
        "earlier": _earlier(unit, cycle.number),
        "journal": {"entry": entry.number, "hash": entry.hash},
    }  # fmt: skip


def _settled_points(unit: Unit, cycle_id: str, summary: Any, grid: Grid) -> dict[str, int]:
    """Return what money settled, in points of each block."""
    found = defaultdict[str, int](int)
    for currency, minor in settled_by_currency(unit, chosen_run(unit, cycle_id).id).items():
        found[grid.unit or currency] += grid.points(minor, currency)
    return found


def _firms(house: House, final: Any) -> dict[str, list[FirmFigures]]:
    """Return what the final run came to for each firm, by block, from the archive."""
    path = check_archived_file(house, final, "participants.parquet")
    table = pq.read_table(path, columns=list(_FIRM_COLUMNS))
    sums: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    columns = [table.column(name).to_pylist() for name in _FIRM_COLUMNS]
    for firm, unit, side, owed, due, net, off, out, into in zip(*columns, strict=True):
        found = sums[unit].setdefault(firm, [side, 0, 0, 0, 0])
        for place, value in enumerate((owed + due, 2 * off, out + into, net), 1):
            found[place] += value
    return defaultdict(list, {
        unit: [FirmFigures(firm, *values) for firm, values in firms.items()]
        for unit, firms in sums.items()
    })  # fmt: skip


def _border(unit: Unit, cycle_id: str, summary: Any) -> list[dict[str, Any]]:
    """Return what each side came to owe, and its position once that is booked."""
    legs = find_all(unit, border_leg, order=["side", "other_side"], cycle=cycle_id)
    if legs:
        return [_leg(leg) for leg in legs]
    return [
        {"debtor_side": leg["debtor_side"], "creditor_side": leg["creditor_side"],
         "flow_minor": str(leg["amount_minor"]), "before_minor": None, "hard_minor": None,
         "carried_minor": None, "state": "planned"}
        for block in summary["blocks"]
        for leg in block["border"]
    ]  # fmt: skip


def _leg(leg: Any) -> dict[str, Any]:
    """A position as the side sees it that came to owe more."""
    turned = leg.flow_minor < 0
    ends = (leg.other_side, leg.side) if turned else (leg.side, leg.other_side)
    figures = {
        "flow_minor": leg.flow_minor, "before_minor": leg.before_minor,
        "hard_minor": leg.hard_other_minor if turned else leg.hard_minor,
        "carried_minor": leg.carried_other_minor if turned else leg.carried_minor,
    }  # fmt: skip
    return {
        "debtor_side": ends[0], "creditor_side": ends[1], "state": leg.state,
        **{name: str(-minor if turned else minor) for name, minor in figures.items()},
    }  # fmt: skip


def _money(unit: Unit, cycle_id: str) -> list[dict[str, Any]]:
    """Return pay-ins and pay-outs by side and currency."""
    sides = {firm.number: firm.side for firm in find_all(unit, participant)}
    names = ("called", "arrived", "covered", "used", "pay_outs")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(names))
    for row in find_all(unit, pay_in, cycle=cycle_id):
        found = sums[sides[row.participant], row.currency]
        amounts = (row.due_minor, row.arrived_minor, covered_by_pool(row), row.used_minor)
        for place, value in enumerate(amounts):
            found[place] += value
    for row in find_all(unit, pay_out, cycle=cycle_id, purpose="settlement",
                        state=["ready", "released", "paid"]):  # fmt: skip
        sums[sides[row.participant], row.currency][-1] += row.amount_minor
    return [
        {"side": side, "currency": currency,
         **{f"{name}_minor": str(value) for name, value in zip(names, found, strict=True)}}
        for (side, currency), found in sorted(sums.items())
    ]  # fmt: skip


def covered_by_pool(row: Any) -> int:
    """Return what a side's pool covers of a pay-in that did not arrive."""
    return int(row.covered_minor)


def _held(unit: Unit, cycle_id: str) -> dict[str, int]:
    """Return how many the gate kept out at the cut-off."""
    cut = entry_of(unit, cycle_id, "cycle.step", holds='"step":"cut_off"')
    said = json.loads(cut.content)
    return {"held at the cut-off": int(said.get("held", 0))}


def _settings(
    house: House, unit: Unit, cycle: Any, final: Any, declared: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what was in force: rules, fixing, parameters, quotas, versions."""
    rules = find(unit, house_rules, version=cycle.rules_version)
    said = json.loads(rules.content)
    return {
        "rules_version": rules.version, "rules_digest": rules.digest,
        "parameters": json.loads(final.parameters), "engine_version": final.engine_version,
        "fixing": declared, "rules": said,
    }  # fmt: skip


def _earlier(unit: Unit, number: int) -> list[dict[str, Any]]:
    """Return the same totals of earlier cycles, oldest first."""
    found = []
    for cycle in cycles_before(unit, number):
        final = last_run(unit, cycle.id, ["final"])
        if final is None:
            continue
        summary = json.loads(final.summary)
        for block in summary["blocks"]:
            gross, debt = int(block["gross_minor"]), int(block["net_internal_debt_minor"])
            found.append({
                "cycle": cycle.id, "unit": block["unit"], "obligations": block["obligations"],
                "participants": block["participants"], "gross_minor": str(gross),
                "compensable_minor": str(gross - debt),
                "set_off_minor": str(block["set_off_minor"]),
                "planned_minor": str(block["settled_minor"]),
                "set_off_share": share_text(
                    int(block["set_off_points"]), int(block["gross_points"])
                ),
            })  # fmt: skip
    return found


def _amounts_as_text(value: Any, *, inside: bool = False) -> Any:
    """Plain values with the amounts in them, which stand by currency, as text."""
    if isinstance(value, dict):
        return {
            key: _amounts_as_text(one, inside=key in ("owed", "due")) for key, one in value.items()
        } if not inside else {key: str(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_amounts_as_text(one) for one in value]
    return value


def default_content(house: House, unit: Unit, firm: Any, case: Any) -> dict[str, Any]:
    """Return what the notice of a default says: what was entered, irrevocable, final, and when.

    Args:
        house: The house.
        unit: A reading.
        firm: The participant.
        case: The case.
    """
    entry = entry_of_act(unit, case.default_act)
    given = find(unit, approval, act_id=case.default_act)
    return {
        "number": f"{house.id}/{firm.id}/default/{case.default_act}",
        "house": house.id, "house_name": house.name, "demonstration": house.kind == "demo",
        "participant": firm.id, "side": firm.side, "reason": case.reason,
        "opened_at": case.opened_at, "known_at": case.known_at,
        "standing": _amounts_as_text(json.loads(case.standing)),
        "follows": [
            "what is final stays: set-off is not undone",
            "what is not final is recast without its missing money",
            "its open amounts are not in the next cycle",
        ],
        "act": {"number": case.default_act, "digest": given.digest, "maker": given.maker,
                "checker": given.checker, "approved_at": given.approved_at},
        "journal": {"entry": entry.number, "hash": entry.hash},
    }  # fmt: skip
