# SPDX-License-Identifier: Apache-2.0
"""What the house says in writing: its key, the statement of publication, packages, notices.

Papers are made on demand from the archive and the rows of the house; the same state gives the same
bytes, as long as the same key signs. A participant's paper reads that participant's rows alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, Rejected
from skontro.flow import accounts, reports
from skontro.flow.notices import set_off_content
from skontro.flow.people import handles
from skontro.flow.runs import published_root, read_archived_result
from skontro.house.acts import Signer, check_public_key, is_signed, key_id_of
from skontro.messages.package import package_participant, package_public
from skontro.messages.papers import PUBLICATION, STATEMENT_FILE, Paper, sign_paper
from skontro.ops.keys import SigningKey
from skontro.store.cycles import last_run
from skontro.store.database import Unit
from skontro.store.papers import entry_of_act, names_of
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import (
    act,
    approval,
    cycle,
    default_case,
    house_key,
    participant,
    person,
    run,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

KEYS = "keys"
FIRST_KEY = "house.pem"
KEY_REASONS = ("roll-over", "lost", "compromised")
ENDORSEMENT = "skontro.key/1"
"""What the old key signs when a new one takes its place: this, the house and the new key."""


class Statements:
    """The papers of a house.

    They are signed with the house's key, which must be unlocked first.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._signer: Signer | None = None
        self._secret = ""

    # ---- the house's key ---------------------------------------------------------------------

    def unlock(self, passphrase: str) -> str:
        """Open the house's key, so that papers can be signed until the house is let go.

        Returns:
            The id of the key.

        Raises:
            Forbidden: The passphrase is wrong, or the key in the folder is not the one in use.
        """
        self._signer = self._load(passphrase)
        self._secret = passphrase
        return key_id_of(self._signer.public_key)

    def lock(self) -> None:
        """Forget the house's key and its passphrase."""
        self._signer, self._secret = None, ""

    def secret(self) -> str:
        """Return the passphrase of the house's keys, for the signing certificate beside them.

        Raises:
            Forbidden: The house's key is locked.
        """
        self._unlocked()
        return self._secret

    def sign_bytes(self, message: bytes) -> str:
        """Sign bytes with the house's key; the signature is hexadecimal.

        Raises:
            Forbidden: The house's key is locked.
        """
        return self._unlocked().sign(message)

    def new_key(self, passphrase: str) -> str:
        """Make the key that is to come into use next; it signs nothing before two people say so.

        Returns:
            Its public key, hexadecimal, for :meth:`propose_key`.
        """
        key = SigningKey.new()
        key.save(self._key_path(key.public_key), passphrase)
        return key.public_key

    def propose_key(
        self, public_key: str, maker: str, signer: Signer, *, reason: str = "roll-over"
    ) -> int:
        """Propose that a new key takes the place of the one in use.

        In a roll-over the key in use, which must be unlocked, endorses the new one, so that
        whoever knows the old key can trust the new; a lost or a compromised one endorses nothing.

        Args:
            public_key: The new key, from :meth:`new_key`.
            maker: Who proposes it.
            signer: Their key.
            reason: ``roll-over``, ``lost`` or ``compromised``.

        Returns:
            The number of the act.

        Raises:
            Rejected: It is no key, or no such reason.
            Forbidden: The key in use is locked.
        """
        check_public_key(public_key)
        if reason not in KEY_REASONS:
            raise Rejected(f"{reason!r} is none of {', '.join(KEY_REASONS)}",
                           code="InvalidOptions")  # fmt: skip
        endorsement = None
        if reason == "roll-over":
            endorsement = self._unlocked().sign(_endorsed(self.house.id, public_key))
        content = {
            "public_key": public_key, "key_id": key_id_of(public_key),
            "replaces": self.key_in_use()["id"], "reason": reason, "endorsement": endorsement,
        }  # fmt: skip
        return self.house.people.propose("house.key", content, maker, signer)

    def key_in_use(self) -> dict[str, Any]:
        """Return the key that signs now: id, public key, since when."""
        with self.house.database.read() as unit:
            row = find(unit, house_key, until=None)
        return dict(row._mapping)

    def keys(self) -> Paper:
        """Return every key the house ever signed with, signed with the one in use.

        Whoever knows one of them can follow the endorsements to the one in use.
        """
        with self.house.database.read() as unit:
            rows = find_all(unit, house_key, order=["since", "id"])
            endorsed = _endorsements(unit)
        content = {
            "number": f"{self.house.id}/keys/{len(rows)}", "house": self.house.id,
            "demonstration": self.house.kind == "demo",
            "keys": [
                {"key_id": row.id, "public_key": row.public_key, "since": row.since,
                 "until": row.until, "endorsement": endorsed.get(row.id)}
                for row in rows
            ],
        }  # fmt: skip
        return self._signed("house keys", content, {})

    def _load(self, passphrase: str) -> SigningKey:
        used = self.key_in_use()
        path = self._key_path(used["public_key"])
        if not path.exists():
            path = self.house.folder / KEYS / FIRST_KEY
        key = SigningKey.load(path, passphrase)
        if key.public_key != used["public_key"]:
            raise Forbidden(
                f"{path.name} is not the key in use, {used['id']}", code="WrongKey",
                next_step="put the key file that was made for it back into the folder",
            )  # fmt: skip
        return key

    def _key_path(self, public_key: str) -> Path:
        return self.house.folder / KEYS / f"house-{key_id_of(public_key)}.pem"

    def sign(
        self, kind: str, content: Mapping[str, Any], names: Mapping[str, str | None]
    ) -> Paper:
        """Sign a paper that another part of the house made."""
        return self._signed(kind, content, names)

    def _signed(
        self, kind: str, content: Mapping[str, Any], names: Mapping[str, str | None]
    ) -> Paper:
        """Sign a paper with the key in use."""
        return sign_paper(kind, content, names, self._unlocked())

    def _unlocked(self) -> Signer:
        """Return the key in use, provided that it is unlocked."""
        if self._signer is None:
            raise Forbidden(
                "the house's key is locked", code="KeyLocked",
                next_step="give its passphrase: house.statements.unlock(...)",
            )  # fmt: skip
        if self._signer.public_key != self.key_in_use()["public_key"]:
            raise Forbidden("another key is in use by now", code="WrongKey",
                            next_step="unlock that one")  # fmt: skip
        return self._signer

    # ---- the statement of publication --------------------------------------------------------

    def publication(self, cycle_id: str, *, recast: int | None = None) -> Paper:
        """Return the statement of publication of a cycle's final run, or of a recast.

        Only together with it a final run sets off, and money goes by a recast: it carries what
        two people signed, their keys, and the journal's head right after.

        Args:
            cycle_id: The cycle.
            recast: Number of a recast; the final run if not given.

        Raises:
            Conflict: The run is not published.
        """
        with self.house.database.read() as unit:
            content = self._publication(unit, cycle_id, recast)
        return self._signed(PUBLICATION, content, {})

    def _publication(self, unit: Unit, cycle_id: str, recast: int | None) -> dict[str, Any]:
        row, ran = self.published(unit, cycle_id)
        if recast is not None:
            ran = self._recast(unit, cycle_id, recast)
        made = find(unit, act, id=ran.published_act)
        given = find(unit, approval, act_id=ran.published_act)
        self.house.people.approved(unit, made.id, f"run.{ran.kind}")
        head = entry_of_act(unit, made.id)
        root, leaves = published_root(self.house, ran)
        people = {
            role: {
                "person": who, "public_key": find(unit, person, id=who).public_key,
                "signature": signature,
            }
            for role, who, signature in (
                ("maker", made.maker, made.signature), ("checker", given.checker, given.signature)
            )
        }  # fmt: skip
        return {
            "number": f"{self.house.id}/{cycle_id}/"
            + ("publication" if recast is None else f"recast/{recast}"),
            **reports.head_of_run(self.house, ran),
            "effect": "set-off" if recast is None else "settlement", "screened": True,
            "root": root, "leaves": leaves,
            "act": {"number": made.id, "kind": made.kind, "digest": made.digest,
                    "content": json.loads(made.content)},
            **people,
            "value_date": row.business_day, "published_at": given.approved_at,
            "journal": {"entry": head.number, "hash": head.hash},
        }  # fmt: skip

    def published(self, unit: Unit, cycle_id: str) -> tuple[Any, Any]:
        """Return a cycle and its final run.

        Raises:
            NoSuchFile: There is no such cycle.
            Conflict: Its final run is not published.
        """
        row, final = find(unit, cycle, id=cycle_id), last_run(unit, cycle_id, ["final"])
        if row is None:
            raise NoSuchFile(f"there is no cycle {cycle_id}", code="NoSuchCycle",
                             next_step="list them with: skontro cycle list")  # fmt: skip
        if final is None:
            raise Conflict(
                f"cycle {cycle_id} is {row.state}: its final run is not published",
                code="NotPublished", next_step="papers leave with the final run, not before",
            )  # fmt: skip
        return row, final

    def _recast(self, unit: Unit, cycle_id: str, number: int) -> Any:
        found = find(unit, run, cycle=cycle_id, kind="recast", number=number)
        if found is None:
            raise Conflict(
                f"cycle {cycle_id} has no recast {number}", code="NotPublished",
                next_step=f"see its runs: skontro cycle show {cycle_id}",
            )  # fmt: skip
        return found

    # ---- packages ----------------------------------------------------------------------------

    def save_packages(
        self, cycle_id: str, out: str | Path, participants: Iterable[str] | None = None
    ) -> list[Path]:
        """Write the packages of a published run, each with the statement of publication.

        Args:
            cycle_id: The cycle.
            out: A folder; the public package becomes ``public`` in it, the house's own
                ``house``, and each participant's ``participants/NUMBER`` by its number.
            participants: Whose packages; all who have a node in the run if not given.

        Returns:
            The packages.
        """
        statement = self.publication(cycle_id)
        with self.house.database.read() as unit:
            _, final = self.published(unit, cycle_id)
            numbers = {firm.id: firm.number for firm in find_all(unit, participant)}
        place = Path(out)
        place.mkdir(parents=True, exist_ok=True)
        beside = place / STATEMENT_FILE
        statement.save(beside)
        result = read_archived_result(self.house, final)
        wanted = result.firms() if participants is None else list(participants)
        written = [place / "public"]
        package_public(result, written[0], statement=beside)
        for firm in wanted:
            target = place / "participants" / str(numbers.get(firm, firm))
            target.parent.mkdir(exist_ok=True)
            package_participant(result, firm, target, statement=beside)
            written.append(target)
        return written

    def save_house_package(
        self, cycle_id: str, out: str | Path, *, recast: int | None = None
    ) -> Path:
        """Write the house's own package of a published run: all of it, for house and auditor.

        Args:
            cycle_id: The cycle.
            out: Where to; a new name.
            recast: Number of a recast; the final run if not given.
        """
        from skontro.messages.package import package_house

        statement = self.publication(cycle_id, recast=recast)
        with self.house.database.read() as unit:
            _, ran = self.published(unit, cycle_id)
            if recast is not None:
                ran = self._recast(unit, cycle_id, recast)
        package_house(self.house.folder / ran.folder, out, statement)
        return Path(out)

    # ---- notices and statements --------------------------------------------------------------

    def set_off_notice(
        self, cycle_id: str, participant_id: str, *, stage: str | None = None
    ) -> Paper:
        """Return a participant's set-off notice of a cycle.

        Args:
            cycle_id: The cycle.
            participant_id: Whose.
            stage: ``final``, or ``settled`` once money has settled what it could; the later one
                that is reached if not given.

        Raises:
            Conflict: The final run is not published, or the settlement has not come that far.
            NoSuchFile: There is no such cycle or participant.
        """
        with self.house.database.read() as unit:
            row, final = self.published(unit, cycle_id)
            firm = self._firm(unit, participant_id)
            content = set_off_content(self.house, unit, row, final, firm, stage)
            parties = {participant_id, *(one["counterparty"] for one in content["obligations"]),
                       *(one["counterparty"] for one in content["left_out"])}  # fmt: skip
            names = names_of(unit, sorted(parties))
        return self._signed("set-off notice", content, names)

    def account_statement(self, cycle_id: str, participant_id: str) -> Paper:
        """Return a participant's account statement: from the close of the cycle before on.

        Up to the close of this cycle, or to its last entry while it is not closed.

        Raises:
            NoSuchFile: There is no such cycle or participant.
        """
        with self.house.database.read() as unit:
            row = find(unit, cycle, id=cycle_id)
            if row is None:
                raise NoSuchFile(f"there is no cycle {cycle_id}", code="NoSuchCycle",
                                 next_step="list them with: skontro cycle list")  # fmt: skip
            firm = self._firm(unit, participant_id)
            content = accounts.statement_content(self.house, unit, row, firm)
            names = names_of(unit, [participant_id])
        return self._signed("account statement", content, names)

    def default_notice(self, participant_id: str) -> Paper:
        """Return the notice of a participant's default or insolvency.

        Raises:
            NoSuchFile: There was none, or there is no such participant.
        """
        with self.house.database.read() as unit:
            firm = self._firm(unit, participant_id)
            cases = find_all(unit, default_case, order=["-default_act"], limit=1,
                             participant=firm.number)  # fmt: skip
            if not cases:
                raise NoSuchFile(f"{participant_id} is not in default", code="NoDefault")
            content = reports.default_content(self.house, unit, firm, cases[0])
            names = names_of(unit, [participant_id])
        return self._signed("default notice", content, names)

    def house_report(self, cycle_id: str) -> Paper:
        """Return the house's report of a cycle.

        Raises:
            Conflict: The final run is not published.
        """
        with self.house.database.read() as unit:
            row, final = self.published(unit, cycle_id)
            content = reports.report_content(self.house, unit, row, final)
        return self._signed("house report", content, {})

    def trade_report(self, cycle_id: str, side: str) -> Paper:
        """Return what a side's authority is told of a cycle: all that crossed its border.

        Raises:
            Conflict: The final run is not published.
        """
        from skontro.flow.trade_report import TRADE_REPORT, trade_report_content

        with self.house.database.read() as unit:
            row, final = self.published(unit, cycle_id)
            content = trade_report_content(self.house, unit, row, final, side)
        return self._signed(TRADE_REPORT, content, {})

    def _firm(self, unit: Unit, participant_id: str) -> Any:
        firm = find(unit, participant, id=participant_id)
        if firm is None:
            raise NoSuchFile(f"there is no participant {participant_id}", code="NoSuchParticipant")
        return firm


def _endorsed(house: str, public_key: str) -> bytes:
    """Return what an old key signs of the new one."""
    return f"{ENDORSEMENT} {house} {public_key}".encode()


def _endorsements(unit: Unit) -> dict[str, str | None]:
    """Return what the key before signed of each key that took its place."""
    return {
        said["key_id"]: said["endorsement"]
        for row in find_all(unit, act, order=["id"], kind="house.key", state="done")
        for said in [json.loads(row.content)]
    }


@handles("house.key")
def _take_key(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Take a new signing key into use; what the old one signed stays checkable."""
    used = find(unit, house_key, until=None)
    if used.id != content["replaces"] or find(unit, house_key, id=content["key_id"]) is not None:
        raise Conflict(f"key {used.id} is in use by now", code="StaleApproval",
                       next_step="propose it anew")  # fmt: skip
    public_key = content["public_key"]
    if content["key_id"] != key_id_of(public_key):
        raise Forbidden("the key id is not the key's", code="WrongKey")
    said = content["endorsement"]
    if said is not None and not is_signed(used.public_key, _endorsed(house.id, public_key), said):
        raise Forbidden("the endorsement is not the old key's", code="WrongKey")
    change(unit, house_key, {"id": used.id}, until=house.at)
    insert(unit, house_key, id=content["key_id"], public_key=public_key, since=house.at)
    house.note(unit, "house.key", content, act_id=act_id)
    return {"key_id": content["key_id"], "replaces": used.id}
