# SPDX-License-Identifier: Apache-2.0
"""The register: the one place for names, accounts, owners and originals.

What is written here is committed to by a salted digest. Everything else refers to the record's
number and commitment, so that content and salt can be erased and no digest changes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from skontro.core.errors import Conflict
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all
from skontro.store.schema import register


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the register as others refer to it.

    Attributes:
        id: Its number.
        commitment: SHA-256 of salt and content, hexadecimal.
    """

    id: int
    commitment: str

    def as_json(self) -> list[int | str]:
        """Return number and commitment, as acts and entries carry them."""
        return [self.id, self.commitment]


def commitment_of(salt: str, content: str) -> str:
    """Return the digest that stands for a record everywhere else.

    Example:
        >>> commitment_of("00", "Alder")[:8]
        '16cf69ef'
    """
    return hashlib.sha256(f"skontro.record/1\n{salt}\n{content}".encode()).hexdigest()


def commit_record(
    unit: Unit,
    subject_kind: str,
    subject: str,
    what: str,
    content: str,
    *,
    purpose: str,
    at: str,
    retain_until: str,
    in_force: bool = True,
) -> Record:
    """Write a record.

    Args:
        unit: The unit of work.
        subject_kind: ``participant``, ``person``, ``obligation`` and so on.
        subject: Its id.
        what: ``name``, ``account``, ``owner``, ``lei``, ``original`` and so on.
        content: The personal data, as text.
        purpose: What it is kept for.
        at: When.
        retain_until: Day until which it must be kept.
        in_force: Whether it counts at once, or only once an act is approved.
    """
    salt = secrets.token_hex(16)
    commitment = commitment_of(salt, content)
    number = unit.value(
        sa.insert(register)
        .values(
            subject_kind=subject_kind, subject=subject, what=what, content=content, salt=salt,
            commitment=commitment, purpose=purpose, since=at, retain_until=retain_until,
            in_force=int(in_force),
        )
        .returning(register.c.id)
    )  # fmt: skip
    return Record(int(number), commitment)


def read_record(unit: Unit, number: int) -> str | None:
    """Return what a record says, or None once it is erased."""
    row = find(unit, register, id=number)
    return None if row is None else row.content


def checked_record(unit: Unit, number: int, commitment: str) -> str | None:
    """Return what a record says that others refer to, or None once it is erased.

    Raises:
        Conflict: It is not the record they committed to: somebody changed it.
    """
    row = find(unit, register, id=number)
    if row is not None and row.commitment == commitment:
        if row.content is None:
            return None
        if commitment_of(row.salt or "", row.content) == commitment:
            return str(row.content)
    raise Conflict(
        f"record {number} of the register is not what was committed to",
        code="RecordChanged",
        next_step="find out who changed the database, and sign nothing until then",
    )


def current_records(unit: Unit, subject_kind: str, what: str) -> dict[str, list[tuple[int, str]]]:
    """Return what the register says of every subject of a kind: number and content."""
    statement = sa.select(register.c.subject, register.c.id, register.c.content).where(
        register.c.subject_kind == subject_kind,
        register.c.what == what,
        register.c.in_force == 1,
        register.c.replaced_by.is_(None),
        register.c.content.is_not(None),
    )
    found = dict[str, list[tuple[int, str]]]()
    for subject, number, content in unit.all(statement.order_by(register.c.id)):
        found.setdefault(subject, []).append((number, content))
    return found


def records_of(unit: Unit, subject_kind: str, subject: str, what: str) -> list[tuple[int, str]]:
    """Return what the register says now of one subject: number and content."""
    rows = find_all(
        unit, register, order=["id"], subject_kind=subject_kind, subject=subject, what=what,
        in_force=1, replaced_by=None,
    )  # fmt: skip
    return [(row.id, row.content) for row in rows if row.content is not None]


def put_in_force(unit: Unit, numbers: Sequence[int]) -> None:
    """Let records count from now on, beside those that do already."""
    if numbers:
        change(unit, register, {"id": list(numbers)}, in_force=1)


def replace_records(
    unit: Unit, subject_kind: str, subject: str, what: str, numbers: Sequence[int]
) -> None:
    """Let new records take the place of those in force of a kind; the earlier ones are kept."""
    unit.run(
        sa.update(register)
        .where(
            register.c.subject_kind == subject_kind,
            register.c.subject == subject,
            register.c.what == what,
            register.c.in_force == 1,
            register.c.replaced_by.is_(None),
        )
        .values(replaced_by=numbers[0] if numbers else 0)
    )
    put_in_force(unit, numbers)


def erase_record(unit: Unit, number: int, act_id: int) -> None:
    """Erase what a record says; its commitment stays."""
    change(
        unit, register, {"id": number}, content=None, salt=None, erased_act=act_id,
        erased_act_kind="register.erase",
    )  # fmt: skip


