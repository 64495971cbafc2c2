# SPDX-License-Identifier: Apache-2.0
"""The firms: admitted, suspended, in default, gone; each act by two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.core.money import exponents
from skontro.flow.people import handles
from skontro.gate.exact import RELEASED
from skontro.house.acts import Signer
from skontro.house.firms import Firm
from skontro.store.database import Unit
from skontro.store.register import commit_record, current_records
from skontro.store.rows import find, find_all, insert, next_numbers
from skontro.store.schema import (
    agreement,
    bank_details,
    border_quota,
    participant,
    pay_in_limit,
    working_balance,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

KEPT_UNTIL = "9999-12-31"


class Participants:
    """The firms of the house."""

    def __init__(self, house: House) -> None:
        self.house = house

    def propose_admission(self, firms: Sequence[Firm], maker: str, signer: Signer) -> int:
        """Propose to admit firms; their names and accounts go into the register at once.

        Args:
            firms: Who.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act; a second person approves it.

        Raises:
            Rejected: A side or currency is not the house's, or an id is taken.
        """
        house = self.house
        sides = {side.id: side for side in house.rules.sides}
        with house.database.unit("participant.admit.propose", exclusive=True) as unit:
            taken = {row.id for row in find_all(unit, participant)}
            content = []
            for firm in firms:
                side = sides.get(firm.side)
                if side is None or firm.home_currency not in side.currencies:
                    raise Rejected(
                        f"participant {firm.id!r}: side {firm.side!r} with {firm.home_currency!r} "
                        "is not one of the house's",
                        code="UnknownSide",
                        next_step=f"sides: {', '.join(sides)}",
                    )
                if firm.id in taken:
                    raise Conflict(f"participant {firm.id!r} is admitted already",
                                   code="DuplicateParticipant")  # fmt: skip
                taken.add(firm.id)
                content.append(self._recorded(unit, firm))
            return house.people.propose_in(
                unit, "participant.admit", {"firms": content}, maker, signer
            )

    def _recorded(self, unit: Unit, firm: Firm) -> dict[str, Any]:
        """Write a firm's personal data into the register; return what the act says of it."""

        def record(what: str, text: str, purpose: str) -> list[int | str]:
            return commit_record(
                unit, "participant", firm.id, what, text, purpose=purpose, at=self.house.at,
                retain_until=KEPT_UNTIL,
            ).as_json()  # fmt: skip

        said: dict[str, Any] = {
            "id": firm.id, "side": firm.side, "home_currency": firm.home_currency,
            "accepts_conversion": firm.accepts_conversion,
            "name": record("name", firm.name, "notices and screening"),
            "owners": [record("owner", owner, "screening") for owner in firm.owners],
            "accounts": {
                currency: record("account", account, "payment")
                for currency, account in sorted(firm.accounts.items())
            },
            "agreement": {
                "id": firm.agreement.id, "version": firm.agreement.version,
                "law": firm.agreement.law, "opinion": firm.agreement.opinion,
                "from": firm.agreement.from_day,
                "signatories": record("signatories", firm.agreement.signatories, "agreement"),
            },
        }  # fmt: skip
        for what in ("lei", "tax_number", "address"):
            if getattr(firm, what):
                said[what] = record(what, getattr(firm, what), "screening and notices")
        return said

    def propose_limits(
        self,
        maker: str,
        signer: Signer,
        *,
        pay_in: Sequence[tuple[str, str, int]] = (),
        quotas: Sequence[tuple[str, str, int]] = (),
    ) -> int:
        """Propose pay-in limits (participant, currency, minor units) and border quotas (debtor
        side, creditor side, minor units of the house's unit)."""
        content = {
            "pay_in": [list(row) for row in pay_in],
            "quotas": [list(row) for row in quotas],
        }
        return self.house.people.propose("limits.change", content, maker, signer)

    def table(self, unit: Unit) -> list[Any]:
        """Return every firm, by number."""
        return list(find_all(unit, participant, order=["number"]))

    def names(self, unit: Unit) -> dict[str, str]:
        """Return the name of each firm by its id."""
        records = current_records(unit, "participant", "name")
        return {firm: said[-1][1] for firm, said in records.items()}


@handles("participant.admit")
def _admit(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Admit firms, provided the gate releases every one of them."""
    numbers = next_numbers(unit, participant, len(content["firms"]))
    for number, firm in zip(numbers, content["firms"], strict=True):
        if find(unit, participant, id=firm["id"]) is not None:
            raise Conflict(f"participant {firm['id']!r} is admitted already",
                           code="StaleApproval")  # fmt: skip
        insert(
            unit, participant, number=number, id=firm["id"], side=firm["side"],
            home_currency=firm["home_currency"],
            accepts_conversion=int(firm["accepts_conversion"]), state="admitted", version=1,
            since=house.at, admission_act=act_id, admission_act_kind="participant.admit",
        )  # fmt: skip
        signed = firm["agreement"]
        insert(
            unit, agreement, participant=number, agreement=signed["id"],
            version=signed["version"], law=signed["law"], opinion=signed["opinion"],
            signatories=signed["signatories"][0], from_day=signed["from"], act_id=act_id,
        )  # fmt: skip
        for currency, (record, _) in firm["accounts"].items():
            insert(
                unit, bank_details, participant=number, currency=currency, account=record,
                usable_from=house.at, details_act=act_id, details_act_kind="bank_details.change",
            )  # fmt: skip
    judged = house.gate.judge_participants(unit, numbers)
    held = [number for number in numbers if judged[number][0] != RELEASED]
    if held:
        raise Forbidden(
            "the gate holds a firm: nobody is admitted by this act",
            code="ScreeningHold",
            next_step="a list must be in force, fresh, and not name the firm, its owners or bank",
        )
    house.note(unit, "participant.change", {"admitted": content["firms"]}, act_id=act_id)
    return {"admitted": [firm["id"] for firm in content["firms"]]}


@handles("limits.change")
def _limit(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Put limits into force."""
    for firm, currency, minor in content.get("pay_in", []):
        row = find(unit, participant, id=firm)
        if row is None or currency not in exponents():
            raise Rejected(f"limit of {firm!r} in {currency!r}: no such firm or currency",
                           code="UnknownParticipant")  # fmt: skip
        insert(
            unit, pay_in_limit, participant=row.number, currency=currency, limit_minor=minor,
            limit_act=act_id, limit_act_kind="limits.change",
        )  # fmt: skip
    for debtor, creditor, minor in content.get("quotas", []):
        insert(
            unit, border_quota, debtor_side=debtor, creditor_side=creditor, quota_minor=minor,
            quota_act=act_id, quota_act_kind="limits.change",
        )  # fmt: skip
    for balance in content.get("working", []):
        insert(
            unit, working_balance, side=balance["side"], currency=balance["currency"],
            sponsor=balance["sponsor"][0], agreement=balance["agreement"],
            limit_minor=balance["limit_minor"], balance_act=act_id,
            balance_act_kind="limits.change",
        )  # fmt: skip
    house.note(unit, "limits.change", content, act_id=act_id)
    return {"changed": True}
