# SPDX-License-Identifier: Apache-2.0
"""Backups, and what it takes before a restored house writes again.

A backup is a folder of one instant: every table, every archived run, the keys as they are locked,
and a manifest with digests and the journal's head. It is the same for both kinds of database, so
a house can be moved from one to the other.

After a backup was taken payments may have left that the restored house knows nothing of. So it is
read-only, says what may have left, and resumes only by two people who sign what the bank says:
every line since the backup, and the balance each account has now. What left is never paid again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro import __version__
from skontro.core.errors import Conflict, InvariantViolation, NoSuchFile, UnreadableFile
from skontro.flow.house import House
from skontro.flow.people import handles
from skontro.flow.times import as_text
from skontro.house.acts import Signer
from skontro.house.reach import WHOLE
from skontro.store.backup import read_tables, write_tables
from skontro.store.database import Database, Unit
from skontro.store.journal import balances, head
from skontro.store.migrations import make_tables
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import (
    act,
    border_payment,
    left_payment,
    money_line,
    pay_out,
    payment_file,
    run,
)
from skontro.store.schema import house as house_table

if TYPE_CHECKING:
    from skontro.ops.clock import Clock

BACKUP_FORMAT = "skontro.backup/1"
MANIFEST = "backup.json"


@dataclass(frozen=True)
class BankLine:
    """A line of a bank's statement since the backup.

    Attributes:
        side: On which side's account.
        currency: In which currency.
        amount_minor: In: above nought; out: below.
        bank_reference: The bank's id of it.
        end_to_end: For money that left, the id the payment carried.
    """

    side: str
    currency: str
    amount_minor: int
    bank_reference: str
    end_to_end: str = ""


def back_up(house: House, target: str | Path) -> dict[str, Any]:
    """Write a backup of a house as it is now, while it goes on working.

    Args:
        house: The house.
        target: A new folder; all of it is there at the end, or nothing.

    Returns:
        The manifest.

    Raises:
        Conflict: Something is there already.
    """
    place = Path(target).absolute()
    if place.exists():
        raise Conflict(f"{place} is there already", code="TargetTaken",
                       next_step="give another name")  # fmt: skip
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    try:
        (aside / "tables").mkdir()
        with house.database.read() as unit:
            number, last = head(unit)
            counts = write_tables(unit, aside / "tables")
            folders = sorted({row.folder for row in find_all(unit, run)})
        for folder in folders:
            shutil.copytree(house.folder / folder, aside / folder)
        shutil.copytree(house.folder / "keys", aside / "keys")
        manifest = {
            "format": BACKUP_FORMAT, "version": __version__, "house": house.id,
            "kind": house.kind, "demonstration": house.kind == "demo", "at": house.at,
            "head": [number, last], "rows": counts, "files": _digests(aside),
        }  # fmt: skip
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        _make_durable(aside)
        os.rename(aside, place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _make_durable(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def restore(
    backup: str | Path,
    target: str | Path,
    *,
    database_url: str | None = None,
    clock: Clock | None = None,
) -> tuple[House, dict[str, Any]]:
    """Make a house again from a backup; it is read-only until two people let it resume.

    Args:
        backup: The backup's folder.
        target: Where the house is to lie; new or empty.
        database_url: Where its database is to be, of either kind; in the folder if not given.
        clock: What tells it the time.

    Returns:
        The house, and a report: when the backup was taken, and what may have left since.

    Raises:
        UnreadableFile: The backup is not whole, or was changed.
        InvariantViolation: What was restored does not check.
    """
    source, place = Path(backup), Path(target)
    manifest = _checked_manifest(source)
    if place.exists() and any(place.iterdir()):
        raise Conflict(f"{place} is not empty", code="TargetTaken", next_step="give a new folder")
    place.mkdir(parents=True, exist_ok=True)
    for name in ("archive", "keys"):
        if (source / name).exists():
            shutil.copytree(source / name, place / name)
        (place / name).mkdir(exist_ok=True)
    url = database_url or f"sqlite:///{place.absolute() / 'house.db'}"
    database = Database(url)
    database.standing = WHOLE
    make_tables(database)
    with database.unit("house.restore", exclusive=True) as unit:
        counts = read_tables(unit, source / "tables")
        if counts != manifest["rows"]:
            raise InvariantViolation("the restored house has not as many rows as the backup")
        change(unit, house_table, {"id": manifest["house"]}, read_only=1)
    where = place / "house.json"
    where.write_text(json.dumps({"database": database_url}) + "\n", "utf-8")
    where.chmod(0o600)
    house = House(place, database, clock)
    number, last = manifest["head"]
    verdict = house.journal.verify({number: last})
    if not verdict.ok or verdict.head != (number, last):
        raise InvariantViolation(f"the restored journal does not check:\n{verdict.text()}")
    faults = house.register.faults()
    if faults:
        raise InvariantViolation(f"the restored register does not check: {faults[0]}")
    return house, {"at": manifest["at"], "head": manifest["head"], **what_may_have_left(house)}


def _checked_manifest(source: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text("utf-8"))
        files = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NoSuchFile(f"{source} is no backup: there is no {MANIFEST} in it") from None
    if manifest.get("format") != BACKUP_FORMAT:
        raise UnreadableFile(f"{source}: {manifest.get('format')!r} is not known")
    found = {name: digest for name, digest in _digests(source).items() if name != MANIFEST}
    names = sorted(found.keys() | files.keys())
    wrong = [name for name in names if found.get(name) != files.get(name)]
    if wrong:
        raise UnreadableFile(f"{source}: {wrong[0]} is not what the manifest says",
                             next_step="use another copy of the backup")  # fmt: skip
    return manifest


def what_may_have_left(house: House) -> dict[str, Any]:
    """Return what a restored house must ask the bank about before it writes again.

    Payments ready or released when the backup was taken may have left since; of what was made
    ready later it knows nothing at all.
    """
    with house.database.read() as unit:
        outs = find_all(unit, pay_out, order=["id"], state=["ready", "released"])
        hard = [one for one in find_all(unit, border_payment, order=["id"],
                                        state=["ready", "released"])
                if one.sent_minor < one.debtor_minor]  # fmt: skip
        files = find_all(unit, payment_file, order=["id"])
        waiting = find_all(unit, act, order=["id"], state="proposed")
        money = balances(unit, "bank:")
    return {
        "pay_outs": [
            {"pay_out": one.id, "cycle": one.cycle, "currency": one.currency,
             "amount_minor": one.amount_minor, "state": one.state}
            for one in outs
        ],
        "border_payments": [
            {"border_payment": one.id, "cycle": one.cycle, "side": one.debtor_side,
             "currency": one.debtor_currency, "amount_minor": one.debtor_minor - one.sent_minor,
             "reference": one.reference, "state": one.state}
            for one in hard
        ],
        "payment_files": [
            {"file": one.id, "digest": one.digest, "state": one.state} for one in files
        ],
        "acts": [one.id for one in waiting],
        "bank": {code.removeprefix("bank:"): minor for code, minor in money.items()},
    }  # fmt: skip


def propose_resume(
    house: House,
    lines: Sequence[BankLine],
    bank_balances: Mapping[str, int],
    maker: str,
    signer: Signer,
) -> int:
    """Propose that a restored house writes again, on what the bank says.

    Args:
        house: The restored house.
        lines: Every line of the bank's statements since the backup.
        bank_balances: What each account has now by the bank's word, minor units, by side and
            currency, e.g. ``{"A:EUR": 0}``; every account the house has must be there.
        maker: Who proposes it.
        signer: Their key.

    Raises:
        Conflict: Lines and balances do not come to what the bank says: a line is missing.
    """
    content = {
        "lines": [
            {"side": line.side, "currency": line.currency, "amount_minor": line.amount_minor,
             "bank_reference": line.bank_reference, "end_to_end": line.end_to_end}
            for line in lines
        ],
        "balances": dict(sorted(bank_balances.items())), "at": house.at,
    }  # fmt: skip
    with house.database.unit("house.resume.propose", exclusive=True) as unit:
        _check_bank(unit, content)
        return house.people.propose_in(unit, "house.resume", content, maker, signer)


def _check_bank(unit: Unit, content: Mapping[str, Any]) -> None:
    """Refuse to resume while the bank's lines do not explain its balances."""
    expected = {
        code.removeprefix("bank:"): minor for code, minor in balances(unit, "bank:").items()
    }
    for line in content["lines"]:
        key = f"{line['side']}:{line['currency']}"
        expected[key] = expected.get(key, 0) + line["amount_minor"]
        if line["amount_minor"] < 0 and not line["end_to_end"]:
            raise Conflict(
                f"{line['bank_reference']}: money left without the id of a payment",
                code="UnexplainedPayment", next_step="ask the bank which payment it was",
            )  # fmt: skip
    said = content["balances"]
    wrong = sorted(
        key for key in expected.keys() | said.keys() if expected.get(key, 0) != said.get(key)
    )
    if wrong:
        key = wrong[0]
        raise Conflict(
            f"{key}: with these lines it has {expected.get(key, 0)}, the bank says "
            f"{said.get(key, 'nothing')}",
            code="BankDiffers",
            next_step="a line is missing, or stands twice: get the whole statement",
        )


@handles("house.resume")
def _resume(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let a restored house write again; what left since is never paid again."""
    _check_bank(unit, content)
    left = [line for line in content["lines"] if line["amount_minor"] < 0]
    postings = []
    for line in left:
        insert(
            unit, left_payment, end_to_end=line["end_to_end"], side=line["side"],
            currency=line["currency"], amount_minor=-line["amount_minor"],
            bank_reference=line["bank_reference"], resume_act=act_id,
            resume_act_kind="house.resume",
        )  # fmt: skip
        account = f"{line['side']}:{line['currency']}"
        postings.append((f"bank:{account}", line["amount_minor"]))
        postings.append((f"suspense:{account}", -line["amount_minor"]))
    stale = find_all(unit, act, state="proposed")
    for row in stale:
        if row.id != act_id:
            change(unit, act, {"id": row.id}, state="withdrawn",
                   outcome="proposed before the house was restored")  # fmt: skip
    change(unit, house_table, {"id": house.id}, read_only=0)
    house.note(
        unit, "house.resume", {"left": left, "at": as_text(house.now)}, act_id=act_id,
        lines=postings,
    )  # fmt: skip
    for line in left:
        _settle_left(house, unit, act_id, line)
    return {"left": len(left), "withdrawn": len(stale) - 1}


def _settle_left(house: House, unit: Unit, act_id: int, line: dict[str, Any]) -> None:
    """Where the backup knows a payment that left since, it is paid; else that shows later.

    A payment of another amount under the same id is stopped: whoever looks at it asks the bank.
    """
    money, amount = house.settlement, -line["amount_minor"]
    left = find(unit, left_payment, end_to_end=line["end_to_end"])
    place = {"side": line["side"], "currency": line["currency"]}
    row = find(unit, pay_out, end_to_end=left.end_to_end, state=["ready", "released"], **place)
    hard = find(
        unit, border_payment, reference=left.end_to_end, debtor_side=line["side"],
        debtor_currency=line["currency"], state=["ready", "released"],
    )  # fmt: skip
    if hard is not None and hard.sent_minor == hard.debtor_minor:
        hard = None
    act: dict[str, Any] = {"release_act": act_id, "release_act_kind": "house.resume"}
    if row is not None and row.amount_minor != amount:
        if row.state == "ready":
            change(unit, pay_out, {"id": row.id}, state="stopped")
            if row.line is not None:
                change(unit, money_line, {"id": row.line}, state="suspense")
    elif row is not None:
        for state in (*{"ready": ["released"], "released": []}[row.state], "paid"):
            change(unit, pay_out, {"id": row.id}, state=state, **act)
        money._note_left(unit, row.id, left)
    elif hard is not None and hard.debtor_minor - hard.sent_minor == amount:
        change(unit, border_payment, {"id": hard.id}, state="released",
               sent_minor=hard.debtor_minor, **act)  # fmt: skip
        money.note_border_left(unit, hard.id, left)
    elif hard is not None and hard.state == "ready":
        change(unit, border_payment, {"id": hard.id}, state="stopped")
