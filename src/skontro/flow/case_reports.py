# SPDX-License-Identifier: Apache-2.0
"""What compliance hands to the authority: a case, or an obligation that the gate holds, with
everything in it; and what an alert reaches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict
from skontro.flow.case_facts import (
    MOST_OBLIGATIONS,
    obligation_facts,
    other_facts,
    party_facts,
    verdict_facts,
)
from skontro.flow.corrections import final_minor
from skontro.gate.verdicts import RELEASED, read_reasons_text
from skontro.house.acts import Signer
from skontro.messages.papers import Paper
from skontro.store.authorities import still_in
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit
from skontro.store.papers import obligations_of
from skontro.store.rows import find, find_all, insert
from skontro.store.schema import (
    act,
    approval,
    case_event,
    cycle_member,
    discharge,
    gate_setting,
    obligation,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    run,
)
from skontro.store.verdicts import last_verdicts

if TYPE_CHECKING:
    from skontro.flow.house import House

REPORT = "report to the authority"
"""Kind of the paper."""


def report_case(house: House, number: int, who: str, signer: Signer) -> Paper:
    """Make the report of a case to the authority: signed, with everything in it.

    Args:
        house: The house; its own key must be unlocked.
        number: The case.
        who: Who makes it; written down on the case.
        signer: Their key.

    Raises:
        Forbidden: They may not see the case, or the house's key is locked.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        content = _content(house, unit, number)
    paper, digest = _signed(house, content)
    with house.database.unit("case.report", exclusive=True) as unit:
        house.check_writable(unit)
        insert(unit, case_event, gate_case=number, event="reported", person=who, digest=digest,
               at=house.at)  # fmt: skip
        house.note(unit, "gate.case", {"case": number, "report": digest})
    return paper


def report_obligation(house: House, number: int, who: str, signer: Signer) -> Paper:
    """Make the report to the authority of an obligation that the gate holds: signed.

    What is held for its goods, papers, a licence or what customs know opens no case, and is
    reported so. Who made it and the file's digest are noted in the journal, for compliance alone.

    Args:
        house: The house; its own key must be unlocked.
        number: The obligation.
        who: Who makes it.
        signer: Their key.

    Raises:
        Forbidden: They may not see what the gate holds, or the house's key is locked.
        NoSuchFile: There is no such obligation.
        Conflict: The gate does not hold it.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        content = _head(house, unit, f"obligation/{number}") | {
            "case": None, "decisions": [],
        } | _of_obligation(house, unit, number)  # fmt: skip
        said = last_verdicts(unit, "obligation", [number]).get(number)
        if said is None or said.outcome == RELEASED:
            raise Conflict(f"the gate does not hold obligation {number}", code="NotHeld",
                           next_step="what it holds: skontro gate customs held; of an alert or a "
                           "flag report the case")  # fmt: skip
    paper, digest = _signed(house, content)
    with house.database.unit("case.report", exclusive=True) as unit:
        house.check_writable(unit)
        house.note(unit, "gate.case", {"obligation": number, "report": digest, "person": who})
    return paper


def _signed(house: House, content: dict[str, Any]) -> tuple[Paper, str]:
    """Return the paper that says so, and its digest."""
    paper = house.statements.sign(REPORT, _texts(content), {})
    return paper, hashlib.sha256(paper.as_bytes()).hexdigest()


def exposure(house: House, firm: str, who: str, signer: Signer) -> dict[str, Any]:
    """Return what a firm's alert reaches: what it owes and is owed, what is final, what was paid.

    Args:
        house: The house.
        firm: Its id.
        who: Who looks.
        signer: Their key.

    Raises:
        Forbidden: They may not.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        return exposure_of(unit, house.participants.row(unit, firm))


def exposure_of_goods(house: House, cycle: str, who: str, signer: Signer) -> dict[str, Any]:
    """Return what the gate no longer releases of what is final in a cycle, and what it reaches.

    A licence was revoked, a declaration taken back, a party listed since. Of each obligation: what
    was set off, which stays; what the plan settles with money; and what became of the payments to
    its creditor. Of each creditor a net sum is paid, which cannot be cut along obligations.

    Args:
        house: The house.
        cycle: The cycle, its final run published.
        who: Who looks.
        signer: Their key.

    Raises:
        Forbidden: They may not.
        Conflict: No run of it is published.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        house.cycles._row(unit, cycle)
        plan = chosen_run(unit, cycle)
        if plan is None:
            raise Conflict(f"no run of {cycle} is published", code="NotPublished",
                           next_step="before that, see: skontro gate customs held")  # fmt: skip
        ids = {one.number: one.id for one in find_all(unit, participant)}
        numbers = still_in(unit, cycle).tolist()
        last = last_verdicts(unit, "obligation", numbers) if numbers else {}
        held = {number: said for number, said in last.items() if said.outcome != RELEASED}
        rows = [find(unit, obligation, number=number) for number in sorted(held)]
        found = list[dict[str, Any]]()
        sums = dict[str, dict[str, int]]()
        for row in rows:
            one = find(unit, discharge, run=plan.id, obligation=row.number)
            set_off = 0 if one is None else one.set_off_minor
            planned = 0 if one is None else one.planned_minor
            found.append({
                "obligation": row.number, "debtor": ids[row.debtor], "creditor": ids[row.creditor],
                "currency": row.currency, "amount_minor": row.amount_minor,
                "set_off_minor": set_off, "planned_minor": planned,
                "outcome": held[row.number].outcome, "verdict": held[row.number].id,
                "codes": sorted({one["code"] for one in
                                 read_reasons_text(held[row.number].reasons)}),
            })  # fmt: skip
            of = sums.setdefault(row.currency, {"set_off_minor": 0, "planned_minor": 0})
            of["set_off_minor"] += set_off
            of["planned_minor"] += planned
        creditors = sorted({row.creditor for row in rows})
        outs = find_all(unit, pay_out, order=["id"], cycle=cycle, participant=creditors)
        dues = find_all(unit, pay_out_due, order=["participant", "currency"], cycle=cycle,
                        participant=creditors)  # fmt: skip
    return {
        "cycle": cycle, "sums": sums, "obligations": found,
        "owed": [
            {"participant": ids[one.participant], "currency": one.currency,
             "amount_minor": one.amount_minor, "waits_for": one.waits_for}
            for one in dues
        ],
        "pay_outs": [
            {"pay_out": row.id, "participant": ids[row.participant], "currency": row.currency,
             "amount_minor": row.amount_minor, "purpose": row.purpose, "state": row.state}
            for row in outs
        ],
    }  # fmt: skip


def _head(house: House, unit: Unit, of: str) -> dict[str, Any]:
    return {
        "number": f"{house.id}/{of}", "house": house.id, "house_name": house.name,
        "demonstration": house.kind == "demo", "made_at": house.at, "setting": _setting(unit),
        "party": None, "parties": [], "exposure": None, "obligations": [],
        "obligations_left_out": 0,
    }  # fmt: skip


def _content(house: House, unit: Unit, number: int) -> dict[str, Any]:
    """Return what is reported of a case: itself, and all there is of whom or what it is about."""
    row = house.cases.row(unit, number)
    shown = house.cases.shown(unit, number)
    said = _head(house, unit, f"case/{number}") | {
        "case": shown, "decisions": _decisions(unit, shown["events"]),
    }  # fmt: skip
    if row.subject_kind == "participant":
        return said | _of_participant(house, unit, row.subject)
    if row.subject_kind == "obligation":
        return said | _of_obligation(house, unit, row.subject)
    found = other_facts(unit, row.subject_kind, row.subject)
    return said | {"verdicts": found.pop("verdicts"), "party": found}


def _of_participant(house: House, unit: Unit, number: int) -> dict[str, Any]:
    """Return what is reported of a participant: records, verdicts, all it reaches, its trade."""
    firm = find(unit, participant, number=number)
    reached = exposure_of(unit, firm)
    own = sorted(one["obligation"] for one in reached["obligations"])
    last = own[-MOST_OBLIGATIONS:]
    return {
        "party": party_facts(unit, firm),
        "verdicts": verdict_facts(unit, "participant", [number]),
        "exposure": reached,
        "obligations": [obligation_facts(house, unit, one) for one in last],
        "obligations_left_out": len(own) - len(last),
    }  # fmt: skip


def _of_obligation(house: House, unit: Unit, number: int) -> dict[str, Any]:
    """Return what is reported of an obligation: all of it, and both its parties."""
    found = obligation_facts(house, unit, number)
    firms = [house.participants.row(unit, found[who]) for who in ("debtor", "creditor")]
    return {
        "parties": [
            party_facts(unit, firm)
            | {"verdicts": verdict_facts(unit, "participant", [firm.number])}
            for firm in firms
        ],
        "verdicts": found["verdicts"], "obligations": [found],
    }  # fmt: skip


def _setting(unit: Unit) -> str:
    rows = find_all(unit, gate_setting, order=["-id"], limit=1)
    return str(rows[0].content) if rows else ""


def _decisions(unit: Unit, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the acts behind a case, with both signatures."""
    found = []
    for number in [one["act"] for one in events if one["act"] is not None]:
        made, given = find(unit, act, id=number), find(unit, approval, act_id=number)
        found.append({
            "act": number, "kind": made.kind, "content": made.content, "digest": made.digest,
            "maker": made.maker, "made_at": made.made_at, "maker_signature": made.signature,
            "checker": given.checker, "approved_at": given.approved_at,
            "checker_signature": given.signature,
        })  # fmt: skip
    return found


def exposure_of(unit: Unit, firm: Any) -> dict[str, Any]:
    """Return what a firm owes and is owed, what is final and what was paid, minor units."""
    own = obligations_of(unit, firm.number)
    ids = {one.number: one.id for one in find_all(unit, participant)}
    discharged = dict[int, list[dict[str, Any]]]()
    for chosen in find_all(unit, run, order=["id"], kind=["final", "recast"]):
        for row in find_all(unit, discharge, run=chosen.id, obligation=list(own)) if own else ():
            discharged.setdefault(row.obligation, []).append({
                "cycle": chosen.cycle, "run": chosen.kind, "before_minor": row.before_minor,
                "set_off_minor": row.set_off_minor, "planned_minor": row.planned_minor,
            })  # fmt: skip
    cycles = dict[int, list[str]]()
    for member in find_all(unit, cycle_member, obligation=list(own)) if own else ():
        cycles.setdefault(member.obligation, []).append(
            member.cycle if member.left_why is None else f"{member.cycle}, left: {member.left_why}"
        )
    outs = find_all(unit, pay_out, order=["id"], participant=firm.number)
    ins = find_all(unit, pay_in, order=["id"], participant=firm.number)
    return {
        "firm": firm.id,
        "sums": _sums(unit, firm.number, own, outs, ins),
        "obligations": [
            {"obligation": number, "debtor": ids[row.debtor], "creditor": ids[row.creditor],
             "currency": row.currency, "amount_minor": row.amount_minor,
             "open_minor": row.open_minor, "state": row.state,
             "final_minor": final_minor(unit, row),
             "cycles": cycles.get(number, []), "discharged": discharged.get(number, [])}
            for number, row in sorted(own.items())
        ],
        "pay_outs": [
            {"pay_out": row.id, "cycle": row.cycle, "currency": row.currency,
             "amount_minor": row.amount_minor, "purpose": row.purpose, "state": row.state}
            for row in outs
        ],
        "pay_ins": [
            {"pay_in": row.id, "cycle": row.cycle, "currency": row.currency,
             "due_minor": row.due_minor, "arrived_minor": row.arrived_minor, "state": row.state}
            for row in ins
        ],
    }  # fmt: skip


WAYS = {"paid": "paid_out_minor", "released": "on_the_way_minor"}
"""Of a payment to a party: it left, by the bank's word; it was released, and the bank is at it."""


def _sums(
    unit: Unit, firm: int, own: Mapping[int, Any], outs: Sequence[Any], ins: Sequence[Any]
) -> dict[str, dict[str, int]]:
    """Return by currency what is final, what came, what was paid, is on its way and waits."""
    names = ("owes_final_minor", "is_owed_final_minor", "open_minor", "paid_in_minor",
             *WAYS.values(), "waits_minor")  # fmt: skip
    found = dict[str, dict[str, int]]()

    def add(currency: str, name: str, amount: int) -> None:
        found.setdefault(currency, dict.fromkeys(names, 0))[name] += amount

    for row in own.values():
        add(row.currency, "owes_final_minor" if row.debtor == firm else "is_owed_final_minor",
            final_minor(unit, row))  # fmt: skip
        add(row.currency, "open_minor", row.open_minor)
    for row in ins:
        add(row.currency, "paid_in_minor", row.arrived_minor)
    for row in outs:
        add(row.currency, WAYS.get(row.state, "waits_minor"), row.amount_minor)
    return found


def _texts(value: Any) -> Any:
    """Return plain values with whole numbers as text, as papers have them."""
    if isinstance(value, dict):
        return {name: _texts(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
