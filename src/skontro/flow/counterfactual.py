# SPDX-License-Identifier: Apache-2.0
"""What a freeze did to a cycle: the run with and without a party, for compliance and the authority.

The run without the party is the one that was published. That nothing of the party is in it is read
from the published archive itself, every file of which is checked against the manifest that two
people signed. The run with it is computed anew and kept nowhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from skontro.core.errors import Rejected
from skontro.flow import runs
from skontro.flow.frozen import FrozenSet, frozen_set
from skontro.flow.times import day_number
from skontro.house.acts import Signer
from skontro.store.cycles import Members, eligible_obligations
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import cycle_member, fixing, obligation, pay_out

if TYPE_CHECKING:
    from skontro.flow.house import House

Sums = dict[tuple[str, str], int]
"""Minor units by firm and currency: as debtor and as creditor together."""


def counterfactual(
    house: House, cycle_id: str, without: str, who: str, signer: Signer
) -> dict[str, Any]:
    """Show a published run beside the one that a party's held obligations would have made.

    Args:
        house: The house.
        cycle_id: The cycle; its final run is published.
        without: Id of the party that was kept out.
        who: Who looks.
        signer: Their key.

    Returns:
        ``proof``: what of the party is in the published archive, the set and the pay-outs, each
        nought if it was kept out; ``kept_out``: its obligations that would have been entered;
        ``published`` and ``with_it``: totals of both runs; ``lost``: what each other firm would
        have had set off in addition, or less, by currency in minor units.

    Raises:
        Forbidden: They may not.
        Rejected: The party is none, or it was not kept out.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        row, final = house.statements.published(unit, cycle_id)
        firm = house.participants.row(unit, without)
        proof = _proof(house, unit, cycle_id, final, firm)
        if any(proof[name] for name in ("in_run", "in_set")):
            raise Rejected(
                f"obligations of {without} are in the run of {cycle_id}: it was not kept out",
                code="NotKeptOut", next_step="see who was: skontro gate cases list",
            )  # fmt: skip
        frozen = frozen_set(house, unit, cycle_id)
        more = _kept_out(house, unit, row, firm.number, frozen)
        cash = runs.archived_cash(house, final)
    published = runs.clear_set(frozen, cash)
    with_it = runs.clear_set(replace(frozen, members=_joined(frozen.members, more)), cash)
    ours, theirs = _sums(published), _sums(with_it)
    lost = [
        {"participant": who_lost, "currency": code, "lost_minor": amount}
        for who_lost, code in sorted(ours.keys() | theirs.keys())
        if (amount := theirs.get((who_lost, code), 0) - ours.get((who_lost, code), 0))
        and who_lost != without
    ]
    return {
        "cycle": cycle_id, "without": without, "proof": proof,
        "agrees": published.result_digest == final.result_digest,
        "kept_out": [
            {"obligation": int(number), "open_minor": int(amount), "currency": code}
            for number, amount, code in zip(
                more.number, more.open_minor, more.currency.to_pylist(), strict=True
            )
        ],
        "published": _totals(published.summary), "with_it": _totals(with_it.summary),
        "lost": lost,
    }  # fmt: skip


def _proof(house: House, unit: Unit, cycle_id: str, final: Any, firm: Any) -> dict[str, Any]:
    """Return what of a party is in a published archive, in the frozen set and in the pay-outs."""
    obligations = runs.check_archived_file(house, final, "obligations.parquet")
    table = pq.read_table(obligations, columns=["debtor", "creditor"])
    in_run = pc.sum(pc.or_(pc.equal(table["debtor"].cast(pa.string()), firm.id),
                           pc.equal(table["creditor"].cast(pa.string()), firm.id)))  # fmt: skip
    nodes = pq.read_table(runs.check_archived_file(house, final, "participants.parquet"))
    planned = sum(
        int(node["pay_in_minor"]) + int(node["pay_out_minor"])
        for node in nodes.to_pylist() if node["participant"] == firm.id
    )  # fmt: skip
    own = {one.number for one in _own(unit, firm.number)}
    members = find_all(unit, cycle_member, cycle=cycle_id, left_why=None)
    outs = find_all(unit, pay_out, cycle=cycle_id, participant=firm.number)
    return {
        "manifest": final.manifest_digest, "result": final.result_digest,
        "in_run": int(in_run.as_py() or 0), "planned_minor": planned,
        "in_set": sum(one.obligation in own for one in members),
        "pay_outs": len(outs), "paid_minor": sum(one.amount_minor for one in outs),
    }  # fmt: skip


def _own(unit: Unit, number: int) -> Iterable[Any]:
    yield from find_all(unit, obligation, debtor=number)
    yield from find_all(unit, obligation, creditor=number)


def _kept_out(house: House, unit: Unit, row: Any, number: int, frozen: FrozenSet) -> Members:
    """Return a party's obligations that would have been entered but for the gate."""
    declared = find(unit, fixing, cycle=row.id)
    rates = list(json.loads(declared.rates))
    all_of = eligible_obligations(unit, day_number(row.business_day), rates, lock=False)
    own = (all_of.debtor == number) | (all_of.creditor == number)
    found = all_of.take(np.asarray(own & ~np.isin(all_of.number, frozen.members.number), np.bool_))
    found = found.take(_stood_at(unit, row.cut_off_at, found))
    return found.take(house.cycles._may_enter(unit, row.business_day, found))


def _stood_at(unit: Unit, at: str, members: Members) -> NDArray[np.bool_]:
    """Tell which obligations both parties stood by at a time."""
    rows = find_all(unit, obligation, number=members.number.tolist()) if len(members) else ()
    stood = [one.number for one in rows if one.confirmed_at and one.confirmed_at <= at]
    return np.isin(members.number, stood)


def _joined(first: Members, second: Members) -> Members:
    """Return the members of two sets, by number."""
    order = np.argsort(np.concatenate([first.number, second.number]), kind="stable")
    joined = {}
    for one in fields(Members):
        ours, theirs = getattr(first, one.name), getattr(second, one.name)
        if isinstance(ours, np.ndarray):
            joined[one.name] = np.concatenate([ours, theirs])[order]
        else:
            whole = pa.chunked_array([ours, theirs.cast(ours.type)]).combine_chunks()
            joined[one.name] = whole.take(pa.array(order))
    return Members(**joined)


def _sums(result: Any) -> Sums:
    """Return what was set off of each firm, as debtor and as creditor, by currency."""
    table = result.obligations.select(["debtor", "creditor", "currency", "set_off_minor"])
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in table.to_pylist():
        for party in (one["debtor"], one["creditor"]):
            found[party, one["currency"]] += int(one["set_off_minor"])
    return dict(found)


def _totals(summary: Mapping[str, Any]) -> dict[str, Any]:
    names = ("obligations", "unit", "gross_minor", "set_off_minor", "settled_minor")
    return {name: summary.get(name) for name in names}
