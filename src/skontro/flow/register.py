# SPDX-License-Identifier: Apache-2.0
"""Personal data: what the register holds of somebody, and its erasure by two people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Rejected
from skontro.flow.people import handles
from skontro.house.acts import Signer
from skontro.store.database import Unit
from skontro.store.register import checked_record, commitment_of, erase_record
from skontro.store.rows import find, find_all
from skontro.store.schema import participant, person, register

if TYPE_CHECKING:
    from skontro.flow.house import House

CASE = "case"
"""Kind of subject under which the register keeps what cases of the gate say."""

HOUSE_REVIEW = "house review"
"""What everybody reads of them but compliance and the authority."""

_COMMITMENT = re.compile("[0-9a-f]{64}")


class Register:
    """Names, accounts, owners and originals: the one place where they are."""

    def __init__(self, house: House) -> None:
        self.house = house

    def records(self, subject_kind: str, subject: str) -> list[dict[str, Any]]:
        """Return what the register holds of somebody, with purpose and retention.

        Args:
            subject_kind: ``participant``, ``person`` and so on; what cases say is not shown
                here: see :class:`skontro.flow.cases.Cases`.
            subject: Its id.
        """
        if subject_kind == CASE:
            return []
        with self.house.database.read() as unit:
            rows = find_all(unit, register, order=["id"], subject_kind=subject_kind,
                            subject=subject)  # fmt: skip
        return [dict(row._mapping) for row in rows]

    def told(self, content: Any, *, sees_gate: bool = False) -> Any:
        """Return what an act says with its references read: what a checker has to see.

        Args:
            content: Of an act. ``[number, commitment]`` becomes a mapping with ``record``,
                ``commitment`` and ``says``: the text, or None once it is erased.
            sees_gate: Whether who looks was found to be of compliance: what is said of a case is
                told as well, in plain values. To everybody else it is house review.

        Raises:
            Conflict: A record is not what the act committed to.
        """
        with self.house.database.read() as unit:
            return read_references(unit, content, sees_gate=sees_gate)

    def propose_erasure(
        self, subject_kind: str, subject: str, maker: str, signer: Signer
    ) -> int:
        """Propose to erase what is held of somebody and need not be kept any longer.

        Returns:
            The number of the act.

        Raises:
            Conflict: All of it must still be kept; the message says until when.
        """
        today = self.house.today
        held = [row for row in self.records(subject_kind, subject) if row["content"] is not None]
        due = [row for row in held if row["retain_until"] < today]
        if not due:
            until = max((row["retain_until"] for row in held), default="")
            raise Conflict(
                f"nothing of {subject_kind} {subject!r} may be erased today",
                code="MustBeKept",
                next_step=f"it must be kept until {until}" if until else "nothing is held",
            )
        content = {
            "subject_kind": subject_kind, "subject": subject,
            "records": [[row["id"], row["commitment"]] for row in due],
        }  # fmt: skip
        return self.house.people.propose("register.erase", content, maker, signer)

    def faults(self) -> list[str]:
        """Return what in the register is not what it was when it was written."""
        with self.house.database.read() as unit:
            rows = find_all(unit, register, order=["id"])
        return [
            f"record {row.id} was changed"
            for row in rows
            if row.content is not None
            and commitment_of(row.salt or "", row.content) != row.commitment
        ]


def read_references(unit: Unit, content: Any, *, sees_gate: bool = False) -> Any:
    """Return plain values in which each reference to the register is read: see ``told``."""
    if isinstance(content, dict):
        return {name: read_references(unit, value, sees_gate=sees_gate)
                for name, value in content.items()}  # fmt: skip
    if not isinstance(content, list):
        return content
    if len(content) == 2 and type(content[0]) is int and _COMMITMENT.fullmatch(str(content[1])):
        number, commitment = content
        says = checked_record(unit, number, commitment)
        if find(unit, register, id=number).subject_kind == CASE:
            says = json.loads(says or "null") if sees_gate else HOUSE_REVIEW
        return {"record": number, "commitment": commitment, "says": says}
    return [read_references(unit, value, sees_gate=sees_gate) for value in content]


@handles("register.erase")
def _erase(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Erase records: content and salt go, commitments stay."""
    kind, subject = content["subject_kind"], content["subject"]
    tables = {"participant": participant, "person": person}
    if kind in tables:
        row = find(unit, tables[kind], id=subject)
        if row is not None and row.state in ("admitted", "suspended", "active"):
            raise Conflict(f"{kind} {subject!r} is {row.state}: its data are in use",
                           code="MustBeKept")  # fmt: skip
    for number, commitment in content["records"]:
        row = find(unit, register, id=number)
        if row is None or (row.subject_kind, row.subject) != (kind, subject):
            raise Rejected(f"record {number} is not of {kind} {subject!r}", code="InvalidOptions")
        if row.commitment != commitment or row.retain_until >= house.today:
            raise Conflict(f"record {number} must be kept until {row.retain_until}",
                           code="MustBeKept")  # fmt: skip
        erase_record(unit, number, act_id)
    house.note(unit, "register.erase", content, act_id=act_id)
    return {"erased": len(content["records"])}
