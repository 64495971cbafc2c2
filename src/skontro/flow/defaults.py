# SPDX-License-Identifier: Apache-2.0
"""Defaults and insolvencies: what stood when, what stays, what is recast; each by two people."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Rejected
from skontro.flow.people import handles
from skontro.flow.times import as_text
from skontro.house.acts import Signer
from skontro.house.standing import Membership, Times, standing_at
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import cycle, cycle_step, default_case, participant, pay_in, pay_out
from skontro.store.settlement import change_many, firm_members, leave_members

if TYPE_CHECKING:
    from skontro.flow.house import House

BEFORE_FINAL = ("entered", "correcting", "irrevocable")
"""States of a cycle that a firm in default still leaves."""


class Defaults:
    """Firms that did not pay, or cannot."""

    def __init__(self, house: House) -> None:
        self.house = house

    def propose(
        self,
        firm: str,
        reason: str,
        opened_at: datetime.datetime,
        maker: str,
        signer: Signer,
        *,
        known_at: datetime.datetime | None = None,
    ) -> int:
        """Propose to declare that a firm is in default or insolvent.

        Args:
            firm: Id of the firm.
            reason: ``default`` or ``insolvency``.
            opened_at: When it began, as the court or the rules say.
            maker: Who proposes it.
            signer: Their key.
            known_at: When the house knew; now if not given.

        Returns:
            The number of the act.

        Raises:
            Rejected: The times cannot be, or there is no such firm.
        """
        known = self.house.now if known_at is None else known_at
        if reason not in ("default", "insolvency") or not opened_at <= known <= self.house.now:
            raise Rejected(
                "a default or an insolvency begins before the house knows, which is not later "
                "than now",
                code="InvalidOptions",
            )
        with self.house.database.read() as unit:
            row = self.house.participants.row(unit, firm)
        content = {
            "id": firm, "version": row.version, "reason": reason, "opened_at": as_text(opened_at),
            "known_at": as_text(known),
        }  # fmt: skip
        return self.house.people.propose("participant.default", content, maker, signer)

    def propose_estate(self, firm: str, maker: str, signer: Signer) -> int:
        """Propose that the estate of a firm in default is paid what is due to the firm.

        Where it is paid stands in the firm's bank details, which two people change as always.
        """
        return self.house.people.propose("participant.estate", {"id": firm}, maker, signer)

    def cases(self) -> list[dict[str, Any]]:
        """Return every default and insolvency with what stood when, oldest first."""
        with self.house.database.read() as unit:
            ids = {row.number: row.id for row in find_all(unit, participant)}
            rows = find_all(unit, default_case, order=["default_act"])
        return [
            dict(row._mapping) | {"id": ids[row.participant], "standing": json.loads(row.standing)}
            for row in rows
        ]

    # ---- within a unit of work ---------------------------------------------------------------

    def standing(self, unit: Unit, firm: int, times: Iterable[str]) -> list[dict[str, Any]]:
        """Return what of a firm's obligations was entered, irrevocable and final at each time."""
        reached = dict[str, dict[str, str]]()
        for step in find_all(unit, cycle_step, step=["cut_off", "irrevocable", "final"]):
            reached.setdefault(step.cycle, {})[step.step] = step.at
        cycles = {
            name: Times(at["cut_off"], at.get("irrevocable"), at.get("final"))
            for name, at in reached.items()
        }
        members = [
            Membership(row.cycle, row.obligation, row.debtor == firm, row.currency,
                       row.open_minor, row.left_why is None)
            for row in firm_members(unit, firm)
        ]  # fmt: skip
        return [standing_at(at, cycles, members) for at in times]

    def leave_cycles(self, unit: Unit, firm: int, act_id: int) -> dict[str, int]:
        """Take a firm's obligations out of every cycle that is not final; return how many."""
        found = dict[str, list[int]]()
        for row in firm_members(unit, firm):
            if row.left_why is None:
                found.setdefault(row.cycle, []).append(row.obligation)
        left = dict[str, int]()
        for name, numbers in sorted(found.items()):
            if find(unit, cycle, id=name).state not in BEFORE_FINAL:
                continue
            detail = canonical_json({"cycle": name, "default": firm}).decode()
            leave_members(unit, name, numbers, why="default", act=act_id, detail=detail,
                          at=self.house.at)  # fmt: skip
            self.house.authorities.give_back(unit, name, numbers)
            self.house.note(
                unit, "correction",
                {"cycle": name, "default": firm, "left": len(numbers),
                 "obligations": _numbers_digest(numbers),
                 "set": self.house.cycles.sets.members(unit, name)[1]},
                cycle=name, act_id=act_id,
            )  # fmt: skip
            left[name] = len(numbers)
        return left

    def stop_money(self, unit: Unit, firm: int) -> dict[str, int]:
        """Let a firm's open pay-ins count as missed, and stop what is ready to be paid to it."""
        open_pay_ins = [
            row for row in find_all(unit, pay_in, participant=firm, state=["called", "arrived"])
            if row.arrived_minor + row.covered_minor < row.due_minor
        ]  # fmt: skip
        change_many(unit, pay_in, "id", [row.id for row in open_pay_ins], state="missed")
        ready = [row.id for row in find_all(unit, pay_out, participant=firm, state="ready")]
        change_many(unit, pay_out, "id", ready, state="stopped")
        for name in sorted({row.cycle for row in find_all(unit, pay_out, participant=firm)
                            if row.cycle is not None}):  # fmt: skip
            self.house.settlement.make_ready(unit, name)
        return {"missed": len(open_pay_ins), "stopped": len(ready)}


@handles("participant.default")
def _default(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Declare a default: what is final stays; what is not leaves, or is recast."""
    row = house.participants.row(unit, content["id"])
    if row.version != content["version"]:
        raise Conflict(f"{row.id} was changed since", code="StaleApproval",
                       next_step="look at it again and propose it anew")  # fmt: skip
    if row.state == "defaulted":
        raise Conflict(f"{row.id} is in default already", code="AlreadyDone")
    opened, known = house.defaults.standing(
        unit, row.number, [content["opened_at"], content["known_at"]]
    )
    standing = canonical_json({"opened": opened, "known": known}).decode()
    insert(
        unit, default_case, participant=row.number, reason=content["reason"],
        opened_at=content["opened_at"], known_at=content["known_at"], standing=standing,
        default_act=act_id, default_act_kind="participant.default",
    )  # fmt: skip
    change(unit, participant, {"number": row.number}, state="defaulted", version=row.version + 1)
    house.note(
        unit, "participant.change",
        content | {"state": "defaulted", "standing": hashlib.sha256(standing.encode()).hexdigest()},
        act_id=act_id,
    )  # fmt: skip
    left = house.defaults.leave_cycles(unit, row.number, act_id)
    return {"id": row.id, "left": left} | house.defaults.stop_money(unit, row.number)


@handles("participant.estate")
def _estate(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let a firm's estate be paid."""
    row = house.participants.row(unit, content["id"])
    done = change(unit, default_case, {"participant": row.number, "estate_act": None},
                  estate_act=act_id, estate_act_kind="participant.estate",
                  or_none=True)  # fmt: skip
    if not done:
        raise Conflict(f"{row.id} is not in default, or its estate is paid already",
                       code="WrongState")  # fmt: skip
    house.note(unit, "participant.change", content | {"estate": True}, act_id=act_id)
    house.settlement.look_again(unit)
    return {"id": row.id}


def _numbers_digest(numbers: Sequence[int]) -> str:
    return hashlib.sha256(canonical_json(sorted(numbers))).hexdigest()


