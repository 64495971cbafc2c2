# SPDX-License-Identifier: Apache-2.0
"""Licences that authorities gave: entered, changed and ended by two people."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.flow.authorities import entry_of, licence_of
from skontro.flow.people import handles
from skontro.gate.licences import Licence, balances, left_minor
from skontro.house.acts import Signer
from skontro.store.authorities import licence_entries, licences_known
from skontro.store.database import Unit
from skontro.store.register import checked_record, commit_record
from skontro.store.rows import find, find_all, insert, next_numbers
from skontro.store.schema import licence, participant

if TYPE_CHECKING:
    from skontro.flow.house import House

_KEPT = (
    "licence", "side", "holder", "goods", "countries", "currency", "value_minor", "valid_from",
    "valid_until", "revoked", "record",
)  # fmt: skip


class Licences:
    """The licences of the firms of a house."""

    def __init__(self, house: House) -> None:
        self.house = house

    def propose(self, one: Licence, maker: str, signer: Signer, *, paper: str = "") -> int:
        """Propose to enter a licence, or to change the one of that number.

        Args:
            one: The licence; its holder by the id of the participant.
            maker: Who proposes it.
            signer: Their key.
            paper: Where its original lies; authority and paper go into the register alone.

        Returns:
            The number of the act.

        Raises:
            Rejected: It cannot be one, or the holder is not a firm of that side.
        """
        one.check()
        if not one.id.isprintable() or any(mark in one.id for mark in ",|") or (
            one.id != one.id.strip()
        ):  # fmt: skip
            raise Rejected("a licence's number has no comma and no bar in it",
                           code="InvalidLicence")  # fmt: skip
        house = self.house
        with house.database.unit("licence.propose", exclusive=True) as unit:
            house.check_writable(unit)
            firm = find(unit, participant, id=one.holder)
            if firm is None or firm.side != one.side:
                raise Rejected(
                    f"{one.holder!r} is no participant of side {one.side!r}",
                    code="UnknownParticipant",
                    next_step="see them with: skontro participants list",
                )
            said = canonical_json({"authority": one.authority, "paper": paper}).decode()
            record = commit_record(
                unit, "licence", one.id, "licence", said, purpose="what a licence allows",
                at=house.at, retain_until=house.keep_until("participant"),
            )  # fmt: skip
            content = {
                "licence": one.id, "side": one.side, "holder": firm.number,
                "goods": " ".join(one.goods), "countries": " ".join(one.countries),
                "currency": one.currency, "value_minor": one.value_minor,
                "valid_from": one.valid_from.isoformat(),
                "valid_until": one.valid_until.isoformat(), "revoked": 0,
                "record": record.as_json(), "after": _version(unit, one.id),
            }  # fmt: skip
            return house.people.propose_in(unit, "licence.enter", content, maker, signer)

    def propose_revocation(self, number: str, maker: str, signer: Signer) -> int:
        """Propose to end a licence that its authority took back.

        Args:
            number: Its number at the authority.
            maker: Who proposes it.
            signer: Their key.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.unit("licence.revoke.propose", exclusive=True) as unit:
            row = self._row(unit, number)
            if row.revoked:
                raise Conflict(f"licence {number} is revoked already", code="AlreadyDone")
            content = {"licence": number, "after": row.id}
            return self.house.people.propose_in(unit, "licence.revoke", content, maker, signer)

    def table(self) -> list[dict[str, Any]]:
        """Return the licences with what is reserved, used and left of each, by number."""
        with self.house.database.read() as unit:
            rows = licences_known(unit)
            known = balances(entry_of(row) for row in licence_entries(unit))
            firms = {one.number: one.id for one in find_all(unit, participant)}
        found = []
        for row in rows:
            one, balance = licence_of(row), known.get(row.licence)
            reserved = sum(balance.reserved.values()) if balance else 0
            used = sum(balance.used.values()) if balance else 0
            found.append({
                "licence": row.licence, "version": row.id, "side": row.side,
                "holder": firms[row.holder], "goods": list(one.goods),
                "countries": list(one.countries), "currency": row.currency,
                "value_minor": row.value_minor, "reserved_minor": reserved, "used_minor": used,
                "left_minor": left_minor(one, balance), "valid_from": row.valid_from,
                "valid_until": row.valid_until,
                "state": self._state(row), "act": row.licence_act,
            })  # fmt: skip
        return found

    def _state(self, row: Any) -> str:
        if row.revoked:
            return "revoked"
        today = self.house.today
        if today < row.valid_from:
            return "not yet"
        return "ended" if today > row.valid_until else "in force"

    def show(self, number: str, who: str, signer: Signer) -> dict[str, Any]:
        """Return a licence with who gave it, its versions and what obligations took of it.

        Raises:
            Forbidden: They may not see what the gate holds.
            NoSuchFile: There is none of that number.
        """
        lines = {one["licence"]: one for one in self.table()}
        with self.house.database.read() as unit:
            self.house.people.may_see(unit, who, signer)
            row = self._row(unit, number)
            versions = find_all(unit, licence, order=["id"], licence=number)
            entries = licence_entries(unit, [number])
            said = json.loads(self.house.record(unit, row.record) or "null")
        return lines[number] | {
            "said": said,
            "versions": [{name: getattr(one, name) for name in ("id", "since", "licence_act",
                          "value_minor", "valid_from", "valid_until", "revoked")}
                         for one in versions],
            "entries": [{name: getattr(one, name) for name in ("obligation", "kind",
                         "value_minor", "cycle", "at")} for one in entries],
        }  # fmt: skip

    def _row(self, unit: Unit, number: str) -> Any:
        rows = licences_known(unit, [number])
        if not rows:
            raise NoSuchFile(f"there is no licence {number}", code="NoSuchLicence",
                             next_step="list them with: skontro gate licences list")  # fmt: skip
        return rows[0]


def _version(unit: Unit, number: str) -> int:
    """Return the number of a licence's last version; nought if it is new."""
    rows = licences_known(unit, [number])
    return int(rows[0].id) if rows else 0


@handles("licence.enter")
def _enter(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Enter a licence, and judge anew what waits for it."""
    checked_record(unit, *content["record"])
    values = {name: content[name] for name in _KEPT} | {"record": content["record"][0]}
    return _written(house, unit, act_id, "licence.enter", content, values)


@handles("licence.revoke")
def _revoke(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """End a licence, and judge anew what counts on it."""
    row = find(unit, licence, id=content["after"])
    values = {name: getattr(row, name) for name in _KEPT} | {"revoked": 1}
    return _written(house, unit, act_id, "licence.revoke", content, values)


def _written(
    house: House, unit: Unit, act_id: int, kind: str, content: Mapping[str, Any],
    values: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Write the next version of a licence, and judge what it can touch."""
    number = content["licence"]
    if _version(unit, number) != content["after"]:
        raise Conflict(f"licence {number} changed since", code="StaleApproval",
                       next_step="look at it again and propose it anew")  # fmt: skip
    unit.hold("authorities")
    before = licences_known(unit, [number])
    if before and (before[0].side, before[0].holder, before[0].currency) != (
        values["side"], values["holder"], values["currency"]
    ):  # fmt: skip
        raise Rejected(f"licence {number} keeps its side, holder and currency",
                       code="InvalidLicence",
                       next_step="end it, and enter another under its own number")  # fmt: skip
    version = next_numbers(unit, licence)[0]
    insert(unit, licence, id=version, **values, since=house.at, licence_act=act_id,
           licence_act_kind=kind)  # fmt: skip
    house.note(unit, "gate.licence", {"licence": number, "version": version,
                                      "content": dict(content)}, act_id=act_id)  # fmt: skip
    judged = house.authorities.judge_waiting(unit, "licence", {number})
    return {"licence": number, "version": version, "judged": judged}


def licence_from(values: Mapping[str, str], value_minor: int) -> Licence:
    """Return a licence from texts, as a command line or a file gives them.

    Args:
        values: ``id, authority, side, holder, goods, countries, currency, valid_from`` and
            ``valid_until``; several goods or countries with blanks between them.
        value_minor: For how much, minor units.

    Raises:
        Rejected: A day is none.
    """
    try:
        days = [datetime.date.fromisoformat(values[name]) for name in ("valid_from", "valid_until")]
    except ValueError:
        raise Rejected("a licence is valid from one day to another, such as 2026-12-31",
                       code="InvalidDate") from None  # fmt: skip
    goods = tuple("".join(mark for mark in one if mark not in ".")
                  for one in values["goods"].split())  # fmt: skip
    return Licence(
        values["id"], values["authority"], values["side"], values["holder"], goods,
        tuple(values["countries"].upper().split()), values["currency"], value_minor, days[0],
        days[1],
    )  # fmt: skip
