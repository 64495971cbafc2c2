# SPDX-License-Identifier: Apache-2.0
"""Sensitive acts, from a seat: drafted, signed where the key is, approved by another person.

No private key reaches the house. A draft fixes the content and says exactly which text is to be
signed; the maker's signature proposes it, the checker's does it.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Forbidden, Rejected
from skontro.flow.people import ACT_STATES, no_such_act
from skontro.flow.seat import Part, picked
from skontro.house.acts import ACTS, Draft, Given, Signer, signed_text
from skontro.house.firms import Agreement, Firm, Owner
from skontro.house.identifiers import bank_account
from skontro.house.roles import GATE_ACTS, Grant, Scope
from skontro.house.rules import HouseRules

if TYPE_CHECKING:
    from skontro.flow.house import House

Drafter = Callable[["House", Mapping[str, Any], str, "Signer"], int]


class ActSeat(Part):
    """Acts: to draft, to sign, to look at, to approve."""

    # ---- looking -----------------------------------------------------------------------------

    def table(
        self, *, states: Sequence[str] = (), after: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return acts by number, without what they say.

        Args:
            states: In these states; in all if there are none.
            after: From after this number on.
            most: How many at most.
        """
        scope = self.reading("acts.read")
        found = [
            _shown(one)
            for one in self.house.people.acts(list(states) or ACT_STATES)
            if one["id"] > after and self._sees(one, scope)
        ]
        return found[:most]

    def show(self, number: int) -> dict[str, Any]:
        """Return an act with exactly what it would do, and the texts its two people sign.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("acts.read", f"act {number}")
        found = self.house.people.find_act(number)
        if not self._sees(found, scope):
            raise no_such_act(number)
        return self._told(found)

    def _told(self, found: Mapping[str, Any]) -> dict[str, Any]:
        sees_names = self.actor.may("participants.read") and (
            self.actor.scope("participants.read").everything
        )
        content = found["content"]
        told = content
        if sees_names:
            told = self.house.register.told(content, sees_gate=self._sees_gate(found["kind"]))
        return _shown(found) | {
            "content": told,
            "to_sign": {
                role: signed_text(found["digest"], role).decode() for role in ("maker", "checker")
            },
        }

    def _sees_gate(self, kind: str) -> bool:
        """Whether an act is of the gate, and one may read the cases it decides."""
        if kind not in GATE_ACTS or not self.actor.may("gate.read") or not self.actor.person:
            return False
        try:
            self.house.cases.check_reader(self.actor.person, Draft(self.actor.public_key))
        except Forbidden:
            return False
        return True

    def _sees(self, found: Mapping[str, Any], scope: Scope) -> bool:
        """Whether an act is within what one may see: those of the gate are for compliance alone.

        An act belongs to no side: who looks at some sides only sees none.
        """
        if found["kind"] in GATE_ACTS and not self.actor.may("gate.read"):
            return False
        if found["state"] == "drafted" and found["maker"] != self.actor.person:
            return False
        return not scope.sides and scope.covers_day(found["made_at"])

    # ---- doing -------------------------------------------------------------------------------

    def draft(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Draft an act: its content is fixed, and nothing happens before two people signed.

        Args:
            kind: One of :data:`DRAFTS`.
            given: What it takes, by the names of that kind.

        Returns:
            The act, with its digest and the text its maker signs.

        Raises:
            Forbidden: The actor is no person, or has no right to acts of that kind.
            Rejected: It cannot be drafted so.
        """
        with self.doing("acts.make", f"draft {kind}") as doing:
            person = self._person()
            if kind not in DRAFTS:
                raise Rejected(f"{kind!r} cannot be drafted here", code="UnknownAct",
                               next_step=f"one of: {', '.join(DRAFTS)}")  # fmt: skip
            self.house.people.check_right(person, _RIGHT.get(kind, kind))
            number = DRAFTS[kind](self.house, given, person, Draft(self.actor.public_key))
            found = self.house.people.find_act(number)
            doing.after = picked(found, "id", "kind", "digest", "state")
            return self._told(found)

    def may_make(self, kind: str) -> bool:
        """Whether the actor is a person who may draft acts of a kind."""
        if not self.actor.person or not self.actor.may("acts.make"):
            return False
        with self.widened("acts.make"):
            return self.house.people.has_right(self.actor.person, kind)

    def sign(self, number: int, signature: str) -> dict[str, Any]:
        """Sign what one drafted: it is proposed, and waits for a second person."""
        return self._signed("acts.make", number, lambda person: self.house.people.sign_draft(
            number, person, Given(self.actor.public_key, signature),
        ))  # fmt: skip

    def approve(self, number: int, digest: str, signature: str) -> dict[str, Any]:
        """Approve an act as its second person: with that it is done.

        Args:
            number: The act.
            digest: Of what was seen; any other is refused.
            signature: Over the checker's text.
        """
        return self._signed("acts.check", number, lambda person: self.house.people.approve(
            number, person, Given(self.actor.public_key, signature), digest=digest,
        ))  # fmt: skip

    def withdraw(self, number: int) -> dict[str, Any]:
        """Take back what one drafted or proposed."""
        return self._signed("acts.make", number, lambda person: self.house.people.withdraw(
            number, person
        ))  # fmt: skip

    def _signed(
        self, permission: str, number: int, act: Callable[[str], object]
    ) -> dict[str, Any]:
        with self.doing(permission, f"act {number}") as doing:
            person = self._person()
            before = self.house.people.find_act(number)
            if before["kind"] in GATE_ACTS and not self.actor.may("gate.read"):
                raise no_such_act(number)
            doing.before = picked(before, "kind", "state", "digest")
            act(person)
            found = self.house.people.find_act(number)
            doing.after = picked(found, "kind", "state", "digest")
            return self._told(found)

    def _person(self) -> str:
        if not self.actor.person:
            raise Forbidden("acts are signed by people, not by programs", code="BeyondRights")
        return self.actor.person


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "state", "maker", "made_at", "checker", "approved_at", "digest")
    return {"number": found["id"], "does": ACTS[found["kind"]]} | picked(found, *names)


# ---- what each kind takes ----------------------------------------------------------------------


def _agreement(given: Mapping[str, Any]) -> Agreement:
    return Agreement(given["id"], given["version"], given["law"], given["opinion"],
                     given["signatories"], given["from_day"])  # fmt: skip


def _admit(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    firms = [
        Firm(
            id=one["id"], name=one["name"], side=one["side"],
            home_currency=one["home_currency"], agreement=_agreement(one["agreement"]),
            accounts={code: bank_account(**where) for code, where in one["accounts"].items()},
            owners=tuple(Owner(**owner) for owner in one["owners"]),
            accepts_conversion=one["accepts_conversion"],
            **{name: one[name] for name in _OF_FIRM if one.get(name)},
        )
        for one in given["firms"]
    ]  # fmt: skip
    return house.participants.propose_admission(firms, maker, signer)


_OF_FIRM = ("lei", "tax_number", "address", "founded", "registration_number")


def _change_firm(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    signed = given.get("agreement")
    return house.participants.propose_change(
        given["participant"], maker, signer, records=given.get("records") or {},
        signed=None if signed is None else _agreement(signed),
        accepts_conversion=given.get("accepts_conversion"),
        home_currency=given.get("home_currency"),
    )  # fmt: skip


def _accounts(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.participants.propose_bank_details(
        given["participant"], given["currency"], bank_account(**given["account"]),
        given["call_back"], maker, signer,
    )  # fmt: skip


def _firm_state(state: str) -> Drafter:
    def draft(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
        wanted = "admitted" if given.get("ends") else state
        return house.participants.propose_state(
            given["participant"], wanted, given["reason"], maker, signer
        )

    return draft


def _agency(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.participants.propose_agency(
        given["agent"], given["participant"], maker, signer, ends=given["ends"]
    )


def _limits(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    def rows(name: str, first: str) -> list[tuple[str, str, int]]:
        return [(one[first], one["currency" if first != "side" else "other"],
                 one["limit_minor"]) for one in given[name]]  # fmt: skip

    return house.participants.propose_limits(
        maker, signer, pay_in=rows("pay_in", "participant"), quotas=rows("quotas", "side")
    )


def _fixing(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.cycles.propose_fixing(
        given["cycle"], given["rates"], given["source"], maker, signer
    )


def _times(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    times = {name: datetime.datetime.fromisoformat(given[name]) for name in
             ("cut_off_at", "window_ends_at", "pay_in_deadline") if given.get(name)}  # fmt: skip
    return house.rule_book.propose_times(given["cycle"], maker, signer, **times)


def _rules(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    try:
        rules = HouseRules.from_mapping(tomllib.loads(given["rules"]))
    except tomllib.TOMLDecodeError as error:
        raise Rejected(f"the rules are no TOML: {error}", code="InvalidRules") from None
    return house.rule_book.propose(rules, maker, signer)


def _person(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.people.propose_person(
        given["person"], given["name"], given["identity"], given["public_key"], given["rights"],
        maker, signer,
    )  # fmt: skip


def _roles(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    grants = [
        Grant(one["role"], one["firm"], tuple(one["sides"]), one["from_day"], one["until_day"])
        for one in given["roles"]
    ]
    return house.access.propose_roles(given["person"], grants, maker, signer)


def _default(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    known = given.get("known_at")
    return house.defaults.propose(
        given["participant"], given["reason"],
        datetime.datetime.fromisoformat(given["opened_at"]), maker, signer,
        known_at=None if known is None else datetime.datetime.fromisoformat(known),
    )  # fmt: skip


def _working_balance(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.settlement.propose_working_balance(
        given["side"], given["currency"], given["limit_minor"], maker, signer,
        sponsor=given["sponsor"], agreement=given["agreement"], account=given.get("account", ""),
    )  # fmt: skip


def _opposite(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    return house.obligations.propose_opposite(
        given["obligation"], given["amount_minor"], given["reason"], maker, signer,
        evidence=given["evidence"],
    )  # fmt: skip


def _order(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    from skontro.flow.case_orders import propose_order

    return propose_order(
        house, given["case"], given["amounts"], order=given["order"],
        document=given["document"], reason=given["reason"], maker=maker, signer=signer,
    )  # fmt: skip


def _licence(house: House, given: Mapping[str, Any], maker: str, signer: Signer) -> int:
    from skontro.flow.licences import licence_from

    said = {name: given[name] for name in ("authority", "side", "holder", "currency",
                                           "valid_from", "valid_until")}  # fmt: skip
    one = licence_from(
        said | {"id": given["number"], "goods": " ".join(given["goods"]),
                "countries": " ".join(given["countries"])}, given["value_minor"],
    )  # fmt: skip
    return house.licences.propose(one, maker, signer, paper=given["paper"])


def _back_of(given: Mapping[str, Any]) -> tuple[str, int] | None:
    for what in ("border_payment", "pay_out"):
        number = given.get("back_of_" + what.removesuffix("_payment"))
        if number is not None:
            return what, number
    return None


DRAFTS: dict[str, Drafter] = {
    "person.admit": _person,
    "person.rights": lambda house, given, maker, signer: house.people.propose_rights(
        given["person"], given["rights"], maker, signer
    ),
    "person.access": _roles,
    "person.leave": lambda house, given, maker, signer: house.people.propose_leave(
        given["person"], maker, signer
    ),
    "participant.admit": _admit,
    "participant.change": _change_firm,
    "participant.suspend": _firm_state("suspended"),
    "participant.leave": _firm_state("left"),
    "participant.default": _default,
    "participant.estate": lambda house, given, maker, signer: house.defaults.propose_estate(
        given["participant"], maker, signer
    ),
    "agency.change": _agency,
    "bank_details.change": _accounts,
    "limits.change": _limits,
    "working_balance.change": _working_balance,
    "rules.change": _rules,
    "fixing.declare": _fixing,
    "cycle.extend": _times,
    "cycle.pause": lambda house, given, maker, signer: house.rule_book.propose_pause(
        given["cycle"], given["reason"], maker, signer, ends=given["ends"]
    ),
    "cycle.correct": lambda house, given, maker, signer: house.cycles.propose_correction(
        given["cycle"], given["obligation"], given["reason"], maker, signer
    ),
    "duplicate.clear": lambda house, given, maker, signer: house.obligations.propose_clearing(
        given["obligations"], given["reason"], maker, signer
    ),
    "obligation.oppose": _opposite,
    "run.final": lambda house, given, maker, signer: house.cycles.propose_final(
        given["cycle"], maker, signer
    ),
    "run.recast": lambda house, given, maker, signer: house.settlement.propose_recast(
        given["cycle"], maker, signer
    ),
    "payment.release": lambda house, given, maker, signer: house.settlement.propose_release(
        given.get("cycle"), given["side"], given["currency"], maker, signer
    ),
    "suspense.assign": lambda house, given, maker, signer: house.settlement.propose_assignment(
        given["line"], maker, signer, to=given.get("to"), missing=given.get("missing"),
        as_what=given.get("as_what") or "", back_of=_back_of(given),
    ),
    "doubt.settle": lambda house, given, maker, signer: house.reconciliation.propose_settling(
        given["answer"], maker, signer, paid=given["paid"]
    ),
    "house.certificate": lambda house, given, maker, signer: (
        house.paper_files.propose_certificate(maker, signer)
    ),
    "entry.reverse": lambda house, given, maker, signer: house.settlement.propose_reversal(
        given["entry"], given["reason"], maker, signer
    ),
    "pack.adopt": lambda house, given, maker, signer: house.goods.propose_pack(
        given["side"], given["pack"].encode() if given.get("pack") else "starter", maker, signer
    ),
    "case.decide": lambda house, given, maker, signer: house.cases.propose_decision(
        given["case"], given["decision"], given["reason"], maker, signer
    ),
    "case.release": lambda house, given, maker, signer: house.cases.propose_release(
        given["case"], given["reason"], given["order"], maker, signer
    ),
    "order.reverse": _order,
    "licence.enter": _licence,
    "licence.revoke": lambda house, given, maker, signer: house.licences.propose_revocation(
        given["number"], maker, signer
    ),
    "list.retire": lambda house, given, maker, signer: house.lists.propose_retirement(
        given["name"], maker, signer
    ),
    "register.erase": lambda house, given, maker, signer: house.register.propose_erasure(
        given["subject_kind"], given["subject"], maker, signer
    ),
}
"""How each kind of act is drafted; ``working_balance.change`` is a limit, and an act of that kind.

What takes a file of the house's own (a smaller list, a new signing key, resuming after a restore)
is proposed at the command line.
"""
_RIGHT = {"working_balance.change": "limits.change"}
"""The right of acts that are drafted under another name."""
