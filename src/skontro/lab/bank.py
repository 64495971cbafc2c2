# SPDX-License-Identifier: Apache-2.0
"""A bank to talk to: the accounts of a demonstration house at an invented bank, through files.

    payment files -> to-bank/ -> the bank -> from-bank/ -> reconciliation

The bank is ``mock-bank``, in this process and without a port: it reads pain.001, and answers with
pain.002, camt.054, camt.053 and pacs.004. Its clock stands until it is moved, and what goes wrong
at a real bank goes wrong here on demand. It knows accounts by IBAN alone: where an account has
none, its files name the national number, as that side's bank would.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Rejected

if TYPE_CHECKING:
    from skontro.house.rules import HouseRules

TO_BANK, FROM_BANK, TAKEN = "to-bank", "from-bank", "taken"
_CLOCK = "clock.txt"


class LoopbackBank:
    """An invented bank that holds the sides' settlement accounts.

    Args:
        folder: Where its books and both boxes lie; it goes on from there.
        rules: Of the house: one account for each side and currency.
        now: The time, where the bank is new.
        opening: What stands on an account at the beginning, minor units, by side and currency.
    """

    def __init__(
        self, folder: Path, rules: HouseRules, now: datetime.datetime,
        opening: dict[tuple[str, str], int] | None = None,
    ) -> None:  # fmt: skip
        from mockbank.server import Config
        from mockbank.state import State

        self.folder = folder
        for name in (TO_BANK, FROM_BANK, "mailbox"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        clock = folder / _CLOCK
        is_new = not clock.exists()
        self._moment = now if is_new else datetime.datetime.fromisoformat(clock.read_text("utf-8"))
        self._state = State(Config(
            db_path=str(folder / "bank.db"), quiet=True, cutoff="23:59", drop_settle_ms=0,
            drop_dir=str(folder / TO_BANK), pickup_dir=str(folder / "mailbox"), keep_requests=0,
        ))  # fmt: skip
        self._state.clock.real = lambda: self._moment
        self._state.clock.offset = datetime.timedelta(0)
        self._state.statements_to = self._moment
        self._state.conn.execute("PRAGMA synchronous = OFF")
        self._national = dict[str, str]()
        self._ids = dict[tuple[str, str], str]()
        if is_new:
            self._state.conn.execute("DELETE FROM account")  # the accounts it comes with
            self._state.conn.commit()
        for side in rules.sides:
            for one in side.accounts:
                place = (side.id, one.currency)
                self._open(place, one.account, (opening or {}).get(place, 0), rules.name)
        self._keep_clock()

    def _open(self, place: tuple[str, str], account: Any, opening: int, holder: str) -> None:
        """Open a side's account, unless the bank has it."""
        from mockbank import accounts, db

        name = self._ids[place] = f"{place[0]}-{place[1]}"
        iban = account.iban or db.iban("NL", f"MOCK{account.bban[-10:]:>010}")
        if not account.iban:
            self._national[iban] = account.bban
        if accounts.get(self._state.conn, name) is None:
            accounts.create(self._state.conn, name, {
                "iban": iban, "bic": account.bic, "currency": place[1], "balance": opening,
                "name": holder, "account_number": account.bban,
            })  # fmt: skip

    def close(self) -> None:
        """Let go of the bank's books."""
        self._state.close()

    # ---- time --------------------------------------------------------------------------------

    @property
    def now(self) -> datetime.datetime:
        """The bank's time."""
        return self._moment

    def move(self, at: datetime.datetime) -> None:
        """Let time pass at the bank; what falls due is booked, each day past has its statement."""
        self._moment = max(at, self._moment)
        self._state.release()
        self._keep_clock()

    def _keep_clock(self) -> None:
        (self.folder / _CLOCK).write_text(self._moment.isoformat(), "utf-8")

    # ---- what goes in ------------------------------------------------------------------------

    def drop(self, path: Path) -> dict[str, Any]:
        """Put a payment file into the bank's box, and let the bank read it.

        Returns:
            The bank's own word: ``name``, ``status``, ``reason``, how many were accepted and
            rejected.
        """
        box = self._state.dropbox
        target = self.folder / TO_BANK / path.name
        if path.resolve() != target.resolve():
            shutil.copyfile(path, target)
        (read,) = [one for one in box.scan() if one.name == path.name]
        return {"name": read.name, "status": read.status, "reason": read.reason,
                "accepted": read.accepted, "rejected": read.rejected}  # fmt: skip

    def has(self, message_id: str) -> bool:
        """Whether the bank has had a payment file."""
        from mockbank import db

        row = db.one(self._state.conn, "SELECT 1 FROM file WHERE msg_id = ?", (message_id,))
        return row is not None

    def pay_in(
        self, place: tuple[str, str], amount_minor: int, *, key: str, payer: str,
        account: str = "", reference: str = "", note: str = "",
    ) -> None:  # fmt: skip
        """Somebody else pays money to a side's account.

        Args:
            place: Side and currency.
            amount_minor: How much, minor units.
            key: Id the payment carries; the same again has no effect.
            payer: Who pays.
            account: Their IBAN, if they have one.
            reference: A creditor reference.
            note: Free text.

        Raises:
            Rejected: The bank does not take it.
        """
        from mockbank import credits as incoming
        from mockbank import db

        if db.one(self._state.conn, "SELECT 1 FROM credit WHERE end_to_end_id = ?", (key,)):
            return
        said = {
            "account": self._ids[place], "amount": amount_minor, "end_to_end_id": key,
            "debtor": {"name": payer} | ({"iban": account} if account[:2].isalpha() else {}),
            "reference": reference, "note": [note] if note else [],
        }  # fmt: skip
        try:
            incoming.create(self._state.conn, self._state.clock, self._state.now(), said)
        except incoming.Refused as refused:
            raise Rejected(f"the bank: {refused}", code="BankRefuses") from None
        self._state.release()

    # ---- what comes out ----------------------------------------------------------------------

    def collect(self) -> list[Path]:
        """Empty the bank's mailbox; return the files in the order in which they were written."""
        found = []
        mailbox = self.folder / "mailbox"
        for path in sorted(mailbox.glob("*.xml"), key=_number):
            data = path.read_bytes()
            for iban, national in self._national.items():
                data = data.replace(f"<IBAN>{iban}</IBAN>".encode(),
                                    f"<Othr><Id>{national}</Id></Othr>".encode())  # fmt: skip
            target = self.folder / FROM_BANK / path.name
            target.write_bytes(data)
            path.unlink()
            found.append(target)
        return found

    def waiting(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of each file that the house has not taken yet."""
        self.collect()
        for path in sorted((self.folder / FROM_BANK).glob("*.xml"), key=_number):
            yield path.name, path.read_bytes()

    def taken(self, names: list[str]) -> None:
        """Put files aside that the house has taken."""
        aside = self.folder / FROM_BANK / TAKEN
        aside.mkdir(exist_ok=True)
        for name in names:
            (self.folder / FROM_BANK / name).replace(aside / name)

    def balance(self, place: tuple[str, str]) -> int:
        """Return what stands on a side's account by the bank's books, minor units."""
        from mockbank import accounts

        return int(accounts.require(self._state.conn, self._ids[place])["balance"])

    # ---- what goes wrong ---------------------------------------------------------------------

    def behave(self, place: tuple[str, str], behaviour: str = "accept", **parameters: Any) -> None:
        """Let something go wrong on a side's account from now on, or nothing any more.

        Args:
            place: Side and currency.
            behaviour: ``accept``, ``return-later``, ``statement-gap``, ``reject-file``, ``silent``
                or ``insufficient-funds``.
            parameters: Of ``return-later``: ``days``, ``reason``, ``end_to_end_id``.
        """
        from mockbank import accounts

        accounts.update(self._state.conn, self._ids[place],
                        {"behaviour": behaviour, "parameters": parameters})  # fmt: skip

    def close_account_of(self, name: str, iban: str, currency: str) -> None:
        """A payee's account is at this bank as well, and is closed: payments to it are rejected."""
        from mockbank import accounts

        accounts.create(self._state.conn, f"closed-{name}", {
            "iban": iban, "currency": currency, "name": name, "closed": True,
            "behaviour": "closed-account",
        })  # fmt: skip


def _number(path: Path) -> tuple[int, str]:
    """Files by the number the bank gave them."""
    digits = path.stem.rsplit("-", 1)[-1]
    return (int(digits) if digits.isdigit() else 0, path.name)
