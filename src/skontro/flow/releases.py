# SPDX-License-Identifier: Apache-2.0
"""What leaves the sides' accounts: released by two people over exactly the bytes that go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden
from skontro.flow.after_final import unpayable
from skontro.flow.doubts import differs, doubted_borders, doubted_claims, is_held
from skontro.flow.funds import Funds
from skontro.flow.people import handles
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all
from skontro.store.schema import (
    border_payment,
    money_line,
    participant,
    pay_out,
    register,
)
from skontro.store.settlement import change_many, chunks, pay_out_sums

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.payment_files import LeavingFile


class Releases(Funds):
    """What two people let go."""

    # ---- released ----------------------------------------------------------------------------

    def propose_release(
        self, cycle_id: str | None, side: str, currency: str, maker: str, signer: Signer,
        *, without: Sequence[int] = (),
    ) -> int:  # fmt: skip
        """Propose to let what is ready on a side's account leave, as files that are written now.

        The act names the digest of each file, byte for byte: the payment orders, and what stands
        behind them.

        Args:
            cycle_id: Of which cycle; None for whatever is ready.
            side: Whose account pays; empty for the hub's.
            currency: In which currency.
            maker: Who proposes it.
            signer: Their key.
            without: Numbers of pay-outs that are left out this time.

        Returns:
            The number of the act.

        Raises:
            Conflict: There is nothing to let go, or what must stand behind a payment is missing.
            Rejected: A payment breaks a rule of the side's rail; the message says which.
        """
        with self.house.database.unit("payment.look", exclusive=True) as unit:
            self.house.check_writable(unit)
            self._stop_held(unit, side, currency)
            self.stop_uncovered(unit)
            self.look_again(unit)
        with self.house.database.unit("payment.release.propose", exclusive=True) as unit:
            body = self._to_leave(unit, cycle_id, side, currency, without)
            at = self.house.at
            files = self.house.payment_files.prepare(unit, body, at)
            self.house.payment_files.keep(unit, body, files)
            content = body | {"at": at, "files": [file.as_json() for file in files]}
            return self.house.people.propose_in(unit, "payment.release", content, maker, signer)

    def what_would_leave(
        self, cycle_id: str | None, side: str, currency: str, *, without: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Return what a release proposed now would let leave; nothing is written down.

        Raises:
            Conflict, Rejected: As of :meth:`propose_release`.
        """
        with self.house.database.read() as unit:
            body = self._to_leave(unit, cycle_id, side, currency, without)
            files = self.house.payment_files.prepare(unit, body, self.house.at)
        leaving = [*body["payments"], *body["border"]]
        return {
            "cycle": cycle_id, "side": side, "currency": currency, "payments": len(leaving),
            "total_minor": sum(one["amount_minor"] for one in leaving),
            "files": [file.as_json() | {"bytes": len(file.data)} for file in files],
        }  # fmt: skip

    def _to_leave(
        self, unit: Unit, cycle_id: str | None, side: str, currency: str, without: Sequence[int]
    ) -> dict[str, Any]:
        """Return what is ready on a side's account, as acts have it."""
        of_cycle: dict[str, Any] = {} if cycle_id is None else {"cycle": cycle_id}
        ready = find_all(unit, pay_out, order=["id"], side=side, currency=currency,
                         state="ready", **of_cycle)  # fmt: skip
        claims = doubted_claims(unit)
        held = {row.id for row in ready if is_held(row, claims)} if claims else set()
        payments = self._payments(unit, [row for row in ready if row.id not in held
                                         and row.id not in without])  # fmt: skip
        hard = find_all(unit, border_payment, order=["id"], debtor_side=side,
                        debtor_currency=currency, state="ready", **of_cycle)  # fmt: skip
        doubted = doubted_borders(unit)
        borders = _borders([row for row in hard if row.id not in doubted])
        if (held or (hard and not borders)) and not payments and not borders:
            raise differs(f"{len(held) + len(hard)} payments stand for such as the bank says it "
                          "refused and paid")  # fmt: skip
        if not payments and not borders:
            raise Conflict(
                f"nothing is ready on side {side} in {currency}", code="NothingReady",
                next_step="see what waits, and why: skontro settlement board",
            )  # fmt: skip
        return {"cycle": cycle_id, "side": side, "currency": currency, "payments": payments,
                "border": borders}  # fmt: skip

    def _payments(self, unit: Unit, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Payments as an act and a file say them: ids and records, no names."""
        firms = {firm.number: firm.id for firm in find_all(unit, participant)}
        wanted = sorted({one for row in rows for one in (row.payee, row.account) if one})
        commitments = dict[int, str]()
        for part in chunks(wanted):
            commitments |= {one.id: one.commitment
                            for one in find_all(unit, register, id=list(part))}  # fmt: skip
        found = []
        for row in rows:
            said: dict[str, Any] = {
                "pay_out": row.id, "amount_minor": row.amount_minor, "purpose": row.purpose,
                "end_to_end": row.end_to_end,
            }  # fmt: skip
            if row.participant is not None:
                said["participant"] = firms[row.participant]
            for name in ("payee", "account"):
                record = getattr(row, name)
                if record is not None:
                    said[name] = [record, commitments[record]]
            found.append(said)
        return found

    def _stop_held(self, unit: Unit, side: str, currency: str) -> None:
        """Stop ready payments that could not be let go: one of them would hold all the others.

        Those to payees the gate holds now, to participants in default, and to accounts that were
        changed since.
        """
        ready = find_all(unit, pay_out, side=side, currency=currency, state="ready")
        rows = [row for row in ready if row.participant is not None]
        why = self._why_not(unit, [row.participant for row in rows])
        accounts = self._usable_accounts(unit, {row.participant for row in rows})
        stop = [
            row.id
            for row in rows
            if row.participant in why or accounts.get((row.participant, currency)) != row.account
        ]
        stop += [row.id for row in self._unpayable(unit, rows) if row.id not in stop]
        doubted = doubted_claims(unit)
        stop += [row.id for row in rows
                 if row.id not in stop and row.cycle is not None and is_held(row, doubted)]
        for row in ready:
            if row.payee is not None and not self._may_be_paid(unit, row):
                stop.append(row.id)
                if row.line is not None:
                    change(unit, money_line, {"id": row.line}, state="suspense")
        change_many(unit, pay_out, "id", stop, state="stopped")

    def _unpayable(self, unit: Unit, rows: Sequence[Any]) -> list[Any]:
        """Return the payments for what the gate holds since it was final."""
        mine = [row for row in rows if row.purpose == "settlement" and row.participant is not None]
        held = unpayable(self.house, unit, [row.cycle for row in mine])
        return [row for row in mine if (row.cycle, row.participant) in held]

    def _may_be_paid(self, unit: Unit, row: Any) -> bool:
        """Whether the gate releases who is paid that is no participant."""
        record = (row.payee, self.house.record(unit, row.payee))
        judged = self.house.gate.judge_payee(unit, row.id, record, row.currency, row.amount_minor)
        return bool(judged[0] == RELEASED)

    def check_cover(self, unit: Unit, side: str, currency: str) -> None:
        """Refuse what would leave an account with less than belongs to others.

        Raises:
            Conflict: More was let go than there is cover for.
        """
        place = (side, currency)
        account = self.account(unit, side, currency)
        borders = sum(
            row.debtor_minor - row.sent_minor
            for row in find_all(unit, border_payment, debtor_side=side, debtor_currency=currency,
                                state=["released", "arrived"])
        )  # fmt: skip
        gains = find_all(unit, pay_out, purpose="revaluation", side=side, currency=currency,
                         state="released")  # fmt: skip
        borders += sum(row.amount_minor for row in gains)
        leaving = self.promised(unit, ["released"]).get(place, 0) + borders
        all_leaving = borders + sum(
            amount
            for (where, code, _, why, _), amount in pay_out_sums(unit, state="released").items()
            if (where, code) == place and why != "revaluation"
        )
        if leaving > account.cover or all_leaving > account.bank:
            raise Conflict(
                f"side {side} has cover for {min(account.cover, account.bank)} minor units of "
                f"{currency}, and {max(leaving, all_leaving)} would leave",
                code="CoverMissing", next_step="border money or a working balance must come first",
            )  # fmt: skip

    def _why_not(self, unit: Unit, firms: Iterable[int]) -> dict[int, str]:
        """Return which participants may not be paid now, and why."""
        claims = self._claims(unit, {(firm, ""): 1 for firm in sorted(set(firms))}, "settlement")
        why = {one.participant: one.waits_for for one in claims if one.waits_for}
        held = self._held_by_gate(unit, [one for one in claims if not one.waits_for])
        return why | dict.fromkeys(held, "house review")


def _borders(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Border payments as an act and a file say them."""
    return [
        {"border_payment": row.id, "creditor_side": row.creditor_side,
         "amount_minor": row.debtor_minor, "reference": row.reference}
        for row in rows
    ]  # fmt: skip


@handles("payment.release")
def _release(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let payments leave, provided the money is there and the gate still releases them."""
    money = house.settlement
    side, currency = content["side"], content["currency"]
    outs, borders = content["payments"], content["border"]
    rows, files = _check_as_proposed(money, unit, content)
    firms = {row.participant for row in rows if row.participant is not None}
    doubted = doubted_claims(unit)
    if any(is_held(row, doubted) for row in rows) or doubted_borders(unit) & {
        one["border_payment"] for one in borders
    }:  # fmt: skip
        raise differs("a payment stands for one that the bank says it refused and paid")
    why = money._why_not(unit, firms)
    if why:
        raise Forbidden(
            f"{len(why)} payees may not be paid now: {', '.join(sorted(set(why.values())))}",
            code="ScreeningHold", next_step="propose it anew: what is held stays out",
        )  # fmt: skip
    for row in money._unpayable(unit, rows):
        raise Forbidden(f"house review of pay-out {row.id}", code="ScreeningHold",
                        next_step="propose it anew: what is held stays out")  # fmt: skip
    accounts = money._usable_accounts(unit, firms)
    for row in rows:
        if row.payee is not None:
            if not money._may_be_paid(unit, row):
                raise Forbidden(f"house review of pay-out {row.id}", code="ScreeningHold",
                                next_step="propose it anew: what is held stays out")  # fmt: skip
        elif accounts.get((row.participant, row.currency)) != row.account:
            raise Conflict(f"pay-out {row.id}: the account was changed since",
                           code="StaleApproval", next_step="propose it anew")  # fmt: skip
    act: dict[str, Any] = {"release_act": act_id, "release_act_kind": "payment.release"}
    change_many(unit, pay_out, "id", [row.id for row in rows], state="released", **act)
    for one in borders:
        change(unit, border_payment, {"id": one["border_payment"]}, state="released", **act)
    money.check_cover(unit, side, currency)
    numbers = house.payment_files.release(unit, act_id, files)
    total = sum(one["amount_minor"] for one in [*outs, *borders])
    house.note(
        unit, "cycle.step",
        {"step": "release", "files": content["files"], "total_minor": total},
        cycle=content["cycle"], act_id=act_id,
    )  # fmt: skip
    return {"files": numbers, "payments": len(outs), "border": len(borders), "total_minor": total}


def _body_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What of an act the file says."""
    return {name: content[name] for name in ("cycle", "side", "currency", "payments", "border")}


def _check_as_proposed(
    money: Releases, unit: Unit, content: Mapping[str, Any]
) -> tuple[list[Any], list[LeavingFile]]:
    """Return the pay-outs and files of an act, provided that all it says is so, to the last byte.

    The files are written anew from what stands: each payment once, each account as it is.

    Raises:
        Conflict: Something was let go or stopped since, or the act says something else.
    """
    side, currency, cycle_id = content["side"], content["currency"], content["cycle"]
    outs = [one["pay_out"] for one in content["payments"]]
    hard = [one["border_payment"] for one in content["border"]]
    found = dict[int, Any]()
    for part in chunks(outs):
        found |= {row.id: row for row in find_all(unit, pay_out, id=list(part))}
    rows = [found[number] for number in outs if number in found]
    borders = [row for row in (find(unit, border_payment, id=number) for number in hard)
               if row is not None]  # fmt: skip
    for row in [*rows, *borders]:
        if row.state != "ready":
            what = "border payment" if row in borders else "pay-out"
            raise Conflict(f"{what} {row.id} is {row.state}", code="StaleApproval",
                           next_step="propose it anew")  # fmt: skip
    places = {(row.side, row.currency) for row in rows}
    places |= {(row.debtor_side, row.debtor_currency) for row in borders}
    cycles = set() if cycle_id is None else {row.cycle for row in [*rows, *borders]}
    said = _body_of(content) | {"payments": money._payments(unit, rows),
                                "border": _borders(borders)}  # fmt: skip
    other = Conflict("the act does not say what is to leave as it stands", code="StaleApproval",
                     next_step="propose it anew")  # fmt: skip
    if (
        _body_of(content) != said or len({*outs}) < len(outs) or len({*hard}) < len(hard)
        or places != {(side, currency)} or cycles - {cycle_id}
        or not {"at", "files"} <= content.keys()
    ):  # fmt: skip
        raise other
    files = money.house.payment_files.prepare(unit, said, str(content["at"]))
    if [file.as_json() for file in files] != content["files"]:
        raise other
    return rows, files
