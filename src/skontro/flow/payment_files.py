# SPDX-License-Identifier: Apache-2.0
"""The files that leave: payment orders and what stands behind them, byte for byte.

What two people sign is the digest of exactly these bytes. They are kept in the register, where
they can be erased when they need not be kept any longer, and are written out from there as often
as wanted: always the same bytes, or nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.flow.behind import Behind
from skontro.flow.doubts import refuse_doubted
from skontro.house.identifiers import BankAccount
from skontro.house.rules import PaymentRules
from skontro.messages.aside import sync
from skontro.messages.orders import (
    DEMONSTRATION,
    OrderFile,
    Party,
    PaymentOrder,
    message_id,
)
from skontro.messages.rails import rails
from skontro.store.database import Unit
from skontro.store.register import checked_record, commit_record
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import border_payment, payment_file, register

if TYPE_CHECKING:
    from skontro.flow.house import House

TRANSPARENCY = "transparency"


@dataclass(frozen=True, slots=True)
class LeavingFile:
    """A file as it would leave.

    Attributes:
        message: Kind of message, or ``transparency``.
        message_id: The id it carries; empty for transparency.
        data: Its bytes.
    """

    message: str
    message_id: str
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def as_json(self) -> dict[str, str]:
        """What an act says of it."""
        return {"message": self.message, "message_id": self.message_id, "digest": self.digest}


class PaymentFiles:
    """What leaves, as files."""

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- written -----------------------------------------------------------------------------

    def prepare(self, unit: Unit, body: Mapping[str, Any], at: str) -> list[LeavingFile]:
        """Write the files of a release: of the same body and time always the same bytes.

        Args:
            unit: A unit of work.
            body: What is to leave: ``cycle, side, currency, payments, border``, as acts have it.
            at: The time that stands in them.

        Returns:
            The payment files, then the transparency file.

        Raises:
            Rejected: A payment breaks a rule of the side's rail.
            Conflict: Something that must stand behind a payment is missing.
        """
        behind = Behind(self.house, unit, body)
        rules = self.house.rules.payments(body["side"])
        by_bank = {rules.profile: self._payments(behind, body)}
        by_system = list[LeavingFile]()
        if rules.payment_system:
            by_system = self._by_system(behind, body, at, rules)
        else:
            rail = rails()[rules.profile].border or rules.profile
            by_bank.setdefault(rail, []).extend(self._border_orders(behind, body))
        files = [
            self._by_bank(body, at, profile, orders)
            for profile, orders in by_bank.items() if orders
        ] + by_system  # fmt: skip
        data = behind.transparency(at, [file.as_json() for file in files])
        return [*files, LeavingFile(TRANSPARENCY, "", data)]

    def _by_bank(
        self, body: Mapping[str, Any], at: str, profile: str, orders: Sequence[PaymentOrder]
    ) -> LeavingFile:
        """Payments that a bank makes, as its rail takes them."""
        from skontro.messages.pain001 import PAIN001, pain001

        file = self._file(body, at, "pain.001", orders)
        return LeavingFile(PAIN001, file.message_id, pain001(file, profile))

    def _file(
        self, body: Mapping[str, Any], at: str, what: str, orders: Sequence[PaymentOrder]
    ) -> OrderFile:
        house, side = self.house, body["side"]
        account = house.rules.account(side, body["currency"])
        if account is None:
            raise _hub_without_account(body["currency"])
        where = house.rules.payments(side).holder
        return OrderFile(
            message_id=message_id(house.id, what, [one.end_to_end for one in orders]),
            created_at=f"{at[:19]}Z", day=at[:10], house=house.name,
            payer=Party(house.name, where), account=account,
            currency=body["currency"], orders=orders, is_demonstration=house.kind == "demo",
        )  # fmt: skip

    def _words(self, text: str) -> str:
        return f"{DEMONSTRATION} {text}" if self.house.kind == "demo" else text

    def _payments(self, behind: Behind, body: Mapping[str, Any]) -> list[PaymentOrder]:
        """Payments to participants, and of money that goes back to others."""
        orders = []
        for said in body["payments"]:
            payee, account = behind.payee(said)
            debtor, creditor = behind.ultimate(said)
            row = behind.row(said)
            what = "settlement" if said["purpose"] == "settlement" else f"back: {said['purpose']}"
            words = " ".join(filter(None, (self.house.id, row.cycle, what)))
            orders.append(PaymentOrder(
                said["end_to_end"], said["amount_minor"], payee, account, self._words(words),
                ultimate_debtor=debtor, ultimate_creditor=creditor, group=said["purpose"],
            ))  # fmt: skip
        return orders

    def _border_orders(self, behind: Behind, body: Mapping[str, Any]) -> list[PaymentOrder]:
        """Border money as payments to the other sides' accounts, each under its reference."""
        return [
            PaymentOrder(
                one["reference"], one["amount_minor"],
                Party(self.house.name, self.house.rules.payments(one["creditor_side"]).holder),
                self._account_of(behind, one), reference=one["reference"], group="border",
            )
            for one in body["border"]
        ]  # fmt: skip

    def _account_of(self, behind: Behind, one: Mapping[str, Any]) -> BankAccount:
        row = find(behind.unit, border_payment, id=one["border_payment"])
        account = self.house.rules.account(row.creditor_side, row.creditor_currency)
        if account is None:
            raise _hub_without_account(row.creditor_currency)
        return account

    # ---- in a payment system -----------------------------------------------------------------

    def _by_system(
        self, behind: Behind, body: Mapping[str, Any], at: str, rules: PaymentRules
    ) -> list[LeavingFile]:
        """Border money where the side's account is in a payment system."""
        if not body["border"]:
            return []
        orders = self._border_orders(behind, body)
        if rules.border == "pacs.029":
            return [self._settlement_request(behind, body, at, rules, orders)]
        from skontro.messages.pacs009 import PACS009, pacs009

        lacks = [one.end_to_end for one in orders if not one.account.bic]
        if lacks:
            raise Rejected(
                f"nothing is written: {', '.join(lacks)}: the bank of the other side has no BIC",
                code="RailRefuses", next_step="give the BIC of its account in house.toml",
            )  # fmt: skip
        own = self._file(body, at, "pacs.009", orders)
        data = pacs009(own, rules.payment_system, rules.bic)
        return [LeavingFile(PACS009, own.message_id, data)]

    def _settlement_request(
        self, behind: Behind, body: Mapping[str, Any], at: str, rules: PaymentRules,
        orders: Sequence[PaymentOrder],
    ) -> LeavingFile:  # fmt: skip
        """All movements of a side's border money, settled at once."""
        from skontro.messages.pacs029 import PACS029, Movement, SettlementRequest, pacs029

        own, name = self._file(body, at, "pacs.029", orders), self.house.name
        movements = [Movement(-own.total_minor, f"{name}, {body['side']}", rules.bic, own.account,
                              own.message_id)]  # fmt: skip
        for said, order in zip(body["border"], orders, strict=True):
            row = find(behind.unit, border_payment, id=said["border_payment"])
            other = self.house.rules.payments(row.creditor_side)
            if other.payment_system != rules.payment_system or (
                row.creditor_currency != body["currency"]
            ):
                raise Rejected(
                    f"nothing is written: {order.end_to_end}: side {row.creditor_side!r} is not "
                    f"in {rules.payment_system} in {body['currency']}",
                    code="RailRefuses",
                    next_step='let border money go by pacs.009: border = "pacs.009" in house.toml',
                )
            movements.append(Movement(order.amount_minor, f"{name}, {row.creditor_side}",
                                      other.bic, order.account, order.reference))  # fmt: skip
        request = SettlementRequest(
            own.message_id, own.created_at, str(body["cycle"] or body["border"][0]["reference"]),
            rules.payment_system, body["currency"], movements, own.is_demonstration,
        )  # fmt: skip
        return LeavingFile(PACS029, own.message_id, pacs029(request))

    # ---- kept --------------------------------------------------------------------------------

    def keep(self, unit: Unit, body: Mapping[str, Any], files: Sequence[LeavingFile]) -> None:
        """Keep the bytes of files that are proposed; those that are kept already stay."""
        for file in files:
            if find(unit, payment_file, digest=file.digest) is not None:
                continue
            number = next_numbers(unit, payment_file)[0]
            record = commit_record(
                unit, "payment_file", str(number), "original", file.data.decode(),
                purpose="payment", at=self.house.at,
                retain_until=self.house.keep_until("payment", body["side"]),
            )  # fmt: skip
            insert(
                unit, payment_file, id=number, cycle=body["cycle"], side=body["side"],
                currency=body["currency"], message=file.message, message_id=file.message_id,
                digest=file.digest, record=record.id, written_at=self.house.at, state="written",
            )  # fmt: skip

    def release(self, unit: Unit, act_id: int, files: Sequence[LeavingFile]) -> list[int]:
        """Let files leave that two people approved, provided that they are kept as they were."""
        numbers = []
        for file in files:
            row = find(unit, payment_file, digest=file.digest)
            if row is None or row.state != "written" or self.bytes_of(unit, row) != file.data:
                raise Conflict(f"the file {file.digest[:16]} is not what was proposed",
                               code="StaleApproval", next_step="propose it anew")  # fmt: skip
            change(unit, payment_file, {"id": row.id}, state="released", release_act=act_id,
                   release_act_kind="payment.release")  # fmt: skip
            numbers.append(int(row.id))
        return numbers

    def bytes_of(self, unit: Unit, row: Any) -> bytes:
        """Return the bytes of a file, provided that they are what its digest says.

        Raises:
            Conflict: They were changed, or erased.
        """
        record = find(unit, register, id=row.record)
        text = checked_record(unit, row.record, record.commitment)
        if text is None:
            raise Conflict(f"file {row.id} was erased", code="Erased",
                           next_step="its digest is kept; the bank has what left")  # fmt: skip
        data = text.encode()
        if hashlib.sha256(data).hexdigest() != row.digest:
            raise Conflict(f"file {row.id} is not what was signed", code="RecordChanged",
                           next_step="find out who changed the database, and send nothing until "
                           "then")  # fmt: skip
        return data

    # ---- for the desk ------------------------------------------------------------------------

    def files(self, cycle_id: str | None = None) -> list[dict[str, Any]]:
        """Return the files, oldest first: kind, account, digest, state.

        Args:
            cycle_id: Of which cycle; None for all.
        """
        wanted: dict[str, Any] = {} if cycle_id is None else {"cycle": cycle_id}
        with self.house.database.read() as unit:
            rows = find_all(unit, payment_file, order=["id"], **wanted)
        return [dict(row._mapping) | {"name": self.name(row)} for row in rows]

    def name(self, row: Any) -> str:
        """Return the name a file is written under: the same each time."""
        mark = "DEMONSTRATION-" if self.house.kind == "demo" else ""
        ending = "json" if row.message == TRANSPARENCY else "xml"
        side = row.side or "hub"
        return f"{mark}{side}-{row.currency}-{row.id:06d}-{row.message}.{ending}"

    def read(self, number: int) -> bytes:
        """Return the bytes of a file as it was proposed or released.

        Raises:
            NoSuchFile: There is none of that number.
            Conflict: It was changed since, or erased.
        """
        with self.house.database.read() as unit:
            return self.bytes_of(unit, self._row(unit, number))

    def _row(self, unit: Unit, number: int) -> Any:
        row = find(unit, payment_file, id=number)
        if row is None:
            raise NoSuchFile(f"there is no file {number}",
                             next_step="list them: skontro messages files")  # fmt: skip
        return row

    def write(
        self, folder: str | Path, numbers: Sequence[int] | None = None, *, dry_run: bool = False
    ) -> list[dict[str, Any]]:
        """Write released files into a folder; what is there already must be the same.

        Args:
            folder: Where to.
            numbers: Which files; None for all that are released and not known to be sent.
            dry_run: Whether only to say what would be written.

        Returns:
            For each file its number, path, digest, and whether it was ``written`` or ``there``.

        Raises:
            Conflict: Two people have not released it, it was changed, another file is there, or a
                payment in it stands for one that the bank says it refused and paid.
        """
        place, told = Path(folder), []
        with self.house.database.read() as unit:
            rows = (
                find_all(unit, payment_file, order=["id"], state="released")
                if numbers is None
                else [self._row(unit, number) for number in numbers]
            )
            for row in rows:
                if row.state == "written":
                    raise Conflict(f"file {row.id} was not released", code="NotReleased",
                                   next_step="two people release it: skontro people approve "
                                   "ACT")  # fmt: skip
                if row.state == "released":
                    refuse_doubted(unit, row.release_act)
                data, path = self.bytes_of(unit, row), place / self.name(row)
                is_there = path.exists()
                if is_there and path.read_bytes() != data:
                    raise Conflict(f"{path} is there and is not what was released",
                                   code="AlteredFile",
                                   next_step="send nothing of it; move it away and look who "
                                   "changed it")  # fmt: skip
                if not is_there and not dry_run:
                    place.mkdir(parents=True, exist_ok=True)
                    _write_whole(path, data)
                told.append({"file": int(row.id), "path": str(path), "digest": row.digest,
                             "message": row.message, "message_id": row.message_id,
                             "is": "there" if is_there else "written"})  # fmt: skip
        return told

    def check(self, path: str | Path) -> dict[str, Any]:
        """Say whether a file is one that two people released, byte for byte.

        Returns:
            Its number, kind, state, cycle, account and digest.

        Raises:
            NoSuchFile: There is no such file.
            Conflict: It is none of the house's, was changed, or was not released.
        """
        place = Path(path)
        try:
            data = place.read_bytes()
        except OSError:
            raise NoSuchFile(f"{place} is not there, or is a folder") from None
        digest = hashlib.sha256(data).hexdigest()
        with self.house.database.read() as unit:
            row = find(unit, payment_file, digest=digest)
        if row is None:
            raise Conflict(f"{place.name} is no file of this house as it was released",
                           code="AlteredFile",
                           next_step="write it again: skontro messages write; send nothing "
                           "else")  # fmt: skip
        if row.state == "written":
            raise Conflict(f"{place.name}: two people have not released it", code="NotReleased",
                           next_step="see what waits: skontro people waiting")  # fmt: skip
        return {"file": int(row.id), "message": row.message, "message_id": row.message_id,
                "state": row.state, "cycle": row.cycle, "side": row.side,
                "currency": row.currency, "digest": digest, "act": row.release_act}  # fmt: skip

    def sent(self, number: int) -> None:
        """Note that a bank has a file: it is not written again unasked.

        Raises:
            Conflict: Two people have not released it.
        """
        with self.house.database.unit("payment_files.sent", exclusive=True) as unit:
            self.house.check_writable(unit)
            row = self._row(unit, number)
            if row.state == "written":
                raise Conflict(f"file {number} was not released", code="NotReleased",
                               next_step="two people release it")  # fmt: skip
            if row.state == "released":
                change(unit, payment_file, {"id": number}, state="sent")


def _hub_without_account(currency: str) -> Rejected:
    return Rejected(
        f"nothing is written: the hub has no account in {currency}", code="RailRefuses",
        next_step="two people give it one: [hub.account] in house.toml, and skontro house "
        "change-rules",
    )


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that is all there or not at all, and takes no other's place.

    Raises:
        Conflict: Another came there meanwhile.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        raise Conflict(f"{path} is there already", code="AlteredFile",
                       next_step="look what it is: skontro messages check") from None  # fmt: skip
    finally:
        os.unlink(name)
    sync(path.parent)
