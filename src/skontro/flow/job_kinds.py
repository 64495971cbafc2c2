# SPDX-License-Identifier: Apache-2.0
"""What each kind of job does, through the same flows that people use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden
from skontro.flow.audit import LOGGED_CONFLICTS
from skontro.flow.jobs import Kind
from skontro.flow.paper_sets import make_set
from skontro.flow.verification import verify_cycle
from skontro.house.acts import Draft, Given
from skontro.house.roles import Actor
from skontro.store.database import Unit
from skontro.store.rows import find_all
from skontro.store.schema import act

if TYPE_CHECKING:
    from skontro.flow.house import House

Content = Mapping[str, Any]
Came = Mapping[str, Any]


def _step(house: House, content: Content) -> None:
    """Take a step of a cycle; one the calendar asked for only if it is still the next."""
    step, cycle = content["step"], content["cycle"]
    if content.get("by_calendar"):
        from skontro.flow.clockwork import due_step

        if due_step(house) != ("" if step == "open" else cycle, step):
            raise Conflict(f"{step} of {cycle} is not due any more", code="AlreadyDone")
        if step == "open":
            house.cycles.open(house.cycles.next_dates())
            return
        if step == "preview":
            house.previews.make(cycle)
            return
    getattr(house.cycles, step)(cycle, person=content.get("person"))


def _draft_final(house: House, content: Content) -> None:
    """Run on what is bound, and draft the act that two people sign."""
    signer = Draft(content["public_key"])
    house.cycles.propose_final(content["cycle"], content["maker"], signer)


def _draft_recast(house: House, content: Content) -> None:
    """Run again with the money that came, and draft the act that two people sign."""
    signer = Draft(content["public_key"])
    house.settlement.propose_recast(content["cycle"], content["maker"], signer)


def _approve(house: House, content: Content) -> None:
    """Do what a second person approved, over the signature they gave."""
    given = Given(content["public_key"], content["signature"])
    try:
        house.people.approve(content["act"], content["checker"], given, digest=content["digest"])
    except (Forbidden, Conflict) as error:
        if isinstance(error, Forbidden) or error.code in LOGGED_CONFLICTS:
            who = Actor(content["checker"], person=content["checker"])
            house.audit.refused(who, "acts.check", f"act {content['act']}", error.code)
        raise


def _verify(house: House, content: Content) -> Came:
    """Check the archive of a cycle's last run; what was found stays with the job."""
    return verify_cycle(house, content["cycle"], with_details=content["with_details"])


def _read(house: House, content: Content) -> Came:
    """Read e-invoices that were uploaded, for the firm that handed them in."""
    return house.uploads.read(content["upload"], content["firm"], content["person"])


def _screen(house: House, content: Content) -> None:
    """Judge every firm by the lists in force; what was judged by them already stays as it is."""
    house.gate.ask_ahead()
    with house.database.unit("gate.screen", exclusive=True) as unit:
        house.check_writable(unit)
        house.gate.judge_participants(unit)


def _papers(house: House, content: Content) -> None:
    """Write the papers of all firms of a cycle, and all of them into one file."""
    make_set(house, content["cycle"], content["papers"])


def _step_taken(_unit: Unit, content: Content) -> Came:
    return {"cycle": content["cycle"], "step": content["step"]}


def _drafted(unit: Unit, content: Content) -> Came:
    """The act that was drafted in this unit of work: the last of its maker."""
    row = find_all(unit, act, order=["-id"], limit=1, maker=content["maker"])[0]
    return {"cycle": content["cycle"], "act": row.id}


KINDS: dict[str, Kind] = {
    "cycle.step": Kind("takes a step of a cycle", _step, "cycles.read", "cycle.{step}",
                       _step_taken),
    "run.final.draft": Kind(
        "runs on what is bound, and drafts the final run for two people", _draft_final,
        "acts.read", "run.final.propose", _drafted,
    ),
    "run.recast.draft": Kind(
        "runs again with the money that came, and drafts it for two people", _draft_recast,
        "acts.read", "run.recast.propose", _drafted,
    ),
    "act.approve": Kind(
        "does what two people signed", _approve, "acts.read", "{kind}.approve",
        lambda _unit, content: {"act": content["act"], "cycle": content.get("cycle")},
    ),
    "documents.read": Kind("reads e-invoices that were uploaded", _read, "obligations.register"),
    "cycle.verify": Kind("checks the archive of a cycle", _verify, "runs.verify"),
    "papers.write": Kind(
        "writes the papers of all firms of a cycle", _papers, "papers.read",
        came=lambda _unit, content: {"cycle": content["cycle"], "papers": content["papers"]},
    ),
    "gate.screen": Kind(
        "judges every firm by the lists in force", _screen, "gate.read", "gate.screen"
    ),
}  # fmt: skip
"""Every kind of job."""
BESIDE = ("cycle.verify", "documents.read")
"""Kinds that nothing waits for: a worker does them in a thread of their own, so that a long one
holds up no step of a cycle."""
