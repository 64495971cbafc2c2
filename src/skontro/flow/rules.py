# SPDX-License-Identifier: Apache-2.0
"""Changes of the house's rules and calendar, and of a cycle's times; each by two people."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Rejected
from skontro.flow.people import handles
from skontro.flow.times import as_text, from_text
from skontro.house.acts import Signer
from skontro.house.rules import HouseRules
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import cycle, house_rules

if TYPE_CHECKING:
    from skontro.flow.house import House

TIMES = {
    "cut_off_at": ("open",),
    "window_ends_at": ("open", "entered", "correcting"),
    "pay_in_deadline": ("open", "entered", "correcting", "irrevocable", "final", "instructed"),
}
"""Times of a cycle that may be moved, and the states in which they may."""


class Rules:
    """The rules in force, those before them, and what is proposed instead."""

    def __init__(self, house: House) -> None:
        self.house = house

    def versions(self) -> list[dict[str, Any]]:
        """Return every version of the rules: number, digest, since when, by which act."""
        with self.house.database.read() as unit:
            rows = find_all(unit, house_rules, order=["version"])
        return [
            {"version": row.version, "digest": row.digest, "since": row.since,
             "act_id": row.act_id}
            for row in rows
        ]  # fmt: skip

    def propose(self, rules: HouseRules, maker: str, signer: Signer) -> int:
        """Propose new rules; they hold for cycles opened after they are approved.

        Args:
            rules: All of them, not the change alone.
            maker: Who proposes it.
            signer: Their key.

        Raises:
            Rejected: They would make another house of it.
        """
        now = self.house
        if (rules.id, rules.kind, rules.unit) != (now.id, now.kind, now.unit):
            raise Rejected("id, kind and unit of a house never change", code="InvalidRules")
        content = {
            "rules": rules.impersonal().as_json(), "after": self.versions()[-1]["version"],
        }  # fmt: skip
        return now.people.propose("rules.change", content, maker, signer)

    def propose_times(
        self, cycle_id: str, maker: str, signer: Signer, **times: datetime.datetime
    ) -> int:
        """Propose to move times of a cycle on, never back.

        Args:
            cycle_id: The cycle.
            maker: Who proposes it.
            signer: Their key.
            times: ``cut_off_at``, ``window_ends_at`` or ``pay_in_deadline``.
        """
        unknown = set(times) - set(TIMES)
        if unknown or not times:
            raise Rejected(f"times are {', '.join(TIMES)}", code="InvalidOptions")
        content = {
            "cycle": cycle_id, "times": {name: as_text(at) for name, at in sorted(times.items())},
        }  # fmt: skip
        return self.house.people.propose("cycle.extend", content, maker, signer)

    def propose_pause(
        self, cycle_id: str, reason: str, maker: str, signer: Signer, *, ends: bool = False
    ) -> int:
        """Propose to pause a cycle, so that no step is taken, or to let it go on."""
        content = {"cycle": cycle_id, "paused": not ends, "reason": reason}
        return self.house.people.propose("cycle.pause", content, maker, signer)


@handles("rules.change")
def _change(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Put new rules into force."""
    last = find_all(unit, house_rules, order=["-version"], limit=1)[0]
    if last.version != content["after"]:
        raise Conflict("the rules were changed since", code="StaleApproval")
    rules = HouseRules.from_json(content["rules"])
    version = last.version + 1
    insert(
        unit, house_rules, version=version, digest=rules.digest, act_id=act_id, since=house.at,
        content=canonical_json(rules.as_json()).decode(),
    )  # fmt: skip
    house.note(unit, "rules.change", {"version": version, "rules": rules.digest}, act_id=act_id)
    return {"version": version, "digest": rules.digest}


@handles("cycle.extend")
def _extend(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Move times of a cycle on."""
    row = find(unit, cycle, id=content["cycle"])
    if row is None:
        raise Rejected(f"there is no cycle {content['cycle']}", code="NoSuchCycle")
    times = {name: getattr(row, name) for name in TIMES} | content["times"]
    for name, at in content["times"].items():
        if row.state not in TIMES[name]:
            raise Conflict(f"cycle {row.id} is {row.state}: {name} is past", code="WrongState")
        if from_text(at) < from_text(getattr(row, name)):
            raise Conflict(f"{name} is moved on, never back", code="TimeBack")
    if not times["cut_off_at"] < times["window_ends_at"] < times["pay_in_deadline"]:
        raise Rejected("cut-off, end of the window and deadline follow each other",
                       code="InvalidOptions")  # fmt: skip
    change(unit, cycle, {"id": row.id}, **content["times"])
    house.note(unit, "cycle.step", {"step": "extend", **content}, cycle=row.id, act_id=act_id)
    return content


@handles("cycle.pause")
def _pause(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Pause a cycle, or let it go on."""
    row = find(unit, cycle, id=content["cycle"])
    if row is None or row.state == "closed":
        raise Conflict(f"cycle {content['cycle']} is not under way", code="WrongState")
    if bool(row.paused) is content["paused"]:
        said = "is paused already" if row.paused else "is not paused"
        raise Conflict(f"cycle {row.id} {said}", code="AlreadyDone")
    change(unit, cycle, {"id": row.id}, paused=int(content["paused"]))
    house.note(unit, "cycle.step", {"step": "pause", **content}, cycle=row.id, act_id=act_id)
    return content
