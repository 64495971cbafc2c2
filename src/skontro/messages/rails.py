# SPDX-License-Identifier: Apache-2.0
"""What a rail asks of payment orders: looked at before a file is written, payment by payment.

The profiles are data, see ``rails.toml``. A file with one payment that breaks a rule is not
written at all; the refusal names each such payment, the rule, and what to do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from skontro.core.errors import Rejected
from skontro.core.money import exponents, parse_decimal, shorten
from skontro.house.addresses import PostalAddress
from skontro.messages.orders import OrderFile, Party, PaymentOrder

PLAIN = "plain"
_SHOWN = 5
_MOST_ID = 35
_SIZES = (("street", 70), ("building", 16), ("postcode", 16), ("town", 35), ("region", 35))
_ID = re.compile(r"[A-Za-z0-9:().,'+ -](?:[A-Za-z0-9:().,'+ -]|/(?!/))*(?<!/)")


@dataclass(frozen=True, slots=True)
class Rail:
    """A profile; see ``rails.toml`` for what each word means."""

    name: str
    says: str
    account: str
    address: str
    town: bool
    address_lines: int
    text_name: int
    remittance: int
    convert: bool
    uetr: bool
    instead: tuple[tuple[str, str], ...] = ()
    currencies: tuple[str, ...] = ()
    characters: str = ""
    most: str = ""
    charges: str = ""
    service: str = ""
    bank: bool = False
    payer_iban: bool = False
    border: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a payment breaks.

    Attributes:
        payment: Its end-to-end id, or ``the file``.
        rule: Profile and rule, such as ``sepa.account``.
        what: What is wrong.
        next_step: What to do about it.
    """

    payment: str
    rule: str
    what: str
    next_step: str

    @property
    def words(self) -> str:
        """The breach as a sentence."""
        return f"{self.payment}: {self.what} ({self.rule})"


@cache
def rails() -> Mapping[str, Rail]:
    """Return the profiles by name.

    Example:
        >>> sorted(rails())
        ['cbpr-2026', 'plain', 'sepa']
    """
    text = resources.files("skontro.messages").joinpath("rails.toml").read_text("utf-8")
    found = dict[str, Rail]()
    for name, said in tomllib.loads(text).items():
        values: dict[str, Any] = dict(said)
        values["currencies"] = tuple(values.get("currencies", ()))
        values["instead"] = tuple(values.get("instead", {}).items())
        values["text_name"] = values.pop("name")
        found[name] = Rail(name=name, **values)
    return found


def fitted(file: OrderFile, profile: str) -> OrderFile:
    """Return a file as a rail takes it, provided that every payment keeps its rules.

    Texts are written in the letters the rail knows, if its profile says so; nothing is cut off.

    Args:
        file: What is to leave.
        profile: Name of the rail.

    Raises:
        Rejected: A payment breaks a rule. ``details["breaches"]`` has all of them.
    """
    rail = rails()[profile]
    if rail.convert:
        file = _converted(file, rail)
    breaches = list(_breaches(file, rail))
    if breaches:
        shown = "; ".join(one.words for one in breaches[:_SHOWN])
        more = f"; and {len(breaches) - _SHOWN} more" if len(breaches) > _SHOWN else ""
        raise Rejected(
            f"nothing is written; {profile} does not take {shown}{more}",
            code="RailRefuses", next_step=breaches[0].next_step,
            details={"profile": profile, "breaches": [
                {"payment": one.payment, "rule": one.rule, "what": one.what,
                 "next_step": one.next_step}
                for one in breaches
            ]},
        )  # fmt: skip
    return file


# ---- letters -----------------------------------------------------------------------------------


def _converted(file: OrderFile, rail: Rail) -> OrderFile:
    plain = re.compile(f"[{rail.characters}]*")

    def text(said: str) -> str:
        if plain.fullmatch(said):
            return said
        from anyascii import anyascii

        plainer = " ".join(str(anyascii(said)).split())
        for mark, other in rail.instead:
            plainer = plainer.replace(mark, other)
        return plainer

    def address(said: PostalAddress) -> PostalAddress:
        return PostalAddress(text(said.street), text(said.building), text(said.postcode),
                             text(said.town), text(said.region), said.country,
                             tuple(map(text, said.lines)))  # fmt: skip

    def party(said: Party) -> Party:
        where = said.address
        if plain.fullmatch(said.name) and (not where.words or plain.fullmatch("".join(
            (where.street, where.building, where.postcode, where.town, where.region, *where.lines)
        ))):  # fmt: skip
            return said
        return Party(text(said.name), address(said.address), said.lei)

    def maybe(said: Party | None) -> Party | None:
        return None if said is None else party(said)

    def order(one: PaymentOrder) -> PaymentOrder:
        said = (one.payee, one.remittance, one.ultimate_debtor, one.ultimate_creditor)
        now = (party(said[0]), text(said[1]), maybe(said[2]), maybe(said[3]))
        if now == said:
            return one
        return replace(one, payee=now[0], remittance=now[1], ultimate_debtor=now[2],
                       ultimate_creditor=now[3])  # fmt: skip

    orders = list(map(order, file.orders))
    return replace(file, house=text(file.house), payer=party(file.payer), orders=orders)


# ---- rules -------------------------------------------------------------------------------------


def _breaches(file: OrderFile, rail: Rail) -> Iterator[Breach]:
    def broken(payment: str, rule: str, what: str, step: str) -> Breach:
        return Breach(payment, f"{rail.name}.{rule}", what, step)

    if rail.currencies and file.currency not in rail.currencies:
        yield broken("the file", "currencies", f"it is in {file.currency}",
                     "give the side another profile in house.toml")  # fmt: skip
    if rail.payer_iban and not file.account.iban:
        yield broken("the file", "payer_iban", "the account that pays is no IBAN",
                     "give the side another profile in house.toml")  # fmt: skip
    most = parse_decimal(rail.most, exponents()[file.currency]) if rail.most else 0
    plain = re.compile(f"[{rail.characters}]*") if rail.characters else None
    seen = set[str]()
    for rule, what in _of_party(file.payer, "the holder of the account", rail, plain,
                                is_payer=True):  # fmt: skip
        yield broken("the file", rule, what, "give the holder's address in house.toml, under "
                     "[side.X.payments]")  # fmt: skip
    for one in file.orders:
        for rule, what, step in _of_order(one, rail, plain):
            yield broken(one.end_to_end, rule, what, step)
        if one.end_to_end in seen:
            yield broken(one.end_to_end, "once", "it stands twice in the file",
                         "report this: a payment has an id of its own")  # fmt: skip
        seen.add(one.end_to_end)
        if most and one.amount_minor > most:
            yield broken(one.end_to_end, "most", f"it is more than {rail.most}",
                         "pay it on another rail")  # fmt: skip


_AGAIN = "; undo the line (skontro settlement reverse) and note it again with it"
_GIVES = {
    "": "two people give its account: skontro participants bank-details",
    "return": "ask the bank from which account it came" + _AGAIN,
    "working": "two people agree on the sponsor's account: skontro settlement working-balance "
    "--account",
    "capital": "ask the bank from which account the capital came" + _AGAIN,
    "revaluation": "take it back (skontro settlement stop) and name the account: skontro "
    "settlement withdraw --payee-account",
}
"""How the account of who is paid comes to be known, by the kind of payment."""


def _of_order(
    one: PaymentOrder, rail: Rail, plain: re.Pattern[str] | None
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a payment: rule, what, and what to do."""
    account, who = one.account, shorten(one.payee.name, 60) or "the payee"
    details = _GIVES.get(one.group, _GIVES[""])
    if len(one.end_to_end) > _MOST_ID or not _ID.fullmatch(one.end_to_end):
        yield "id", f"{one.end_to_end!r} is no id a bank takes", "report this"
    if one.amount_minor <= 0:
        yield "amount", "there is nothing to pay", "report this"
    if rail.account == "iban" and not account.iban:
        yield "account", f"the account of {who} is no IBAN", details
    elif rail.account == "known" and not account.number:
        yield "account", f"the account of {who} is not known", details
    if rail.bank and not account.bic:
        yield "bank", "the payee's bank has no BIC here", details
    change = "give its parts: skontro participants change --address 'town=..., country=...'"
    for rule, what in _of_party(one.payee, "the payee", rail, plain):
        yield rule, what, change
    for who, party in (("the ultimate debtor", one.ultimate_debtor),
                       ("the ultimate creditor", one.ultimate_creditor)):  # fmt: skip
        if party is not None:
            for rule, what in _of_party(party, who, replace(rail, address="if known"), plain):
                yield rule, what, change
    if len(one.remittance) > rail.remittance:
        yield "remittance", f"its text is longer than {rail.remittance}", "report this"
    text = one.remittance
    if not (text.isprintable() if plain is None else plain.fullmatch(text)):
        yield "characters", f"its text has marks the rail does not know: {one.remittance!r}", (
            "report this"
        )


def _of_party(
    party: Party, who: str, rail: Rail, plain: re.Pattern[str] | None, *, is_payer: bool = False
) -> Iterator[tuple[str, str]]:
    """What is wrong with a party: rule and what."""
    where = party.address
    known = bool(where.words)
    if not party.name.strip():
        yield "name", f"{who} has no name"
    if len(party.name) > rail.text_name:
        yield "name", f"the name of {who} is longer than {rail.text_name}"
    if not known and rail.address == "needed":
        yield "address", f"{who} has no address"
    if known and rail.town and not where.is_structured:
        if is_payer or rail.address == "needed":
            yield "town", f"the address of {who} has no town and country of their own"
        return
    if known and len(where.lines) > rail.address_lines:
        yield "address_lines", f"the address of {who} has {len(where.lines)} lines not taken apart"
    for name, most in _SIZES:
        if len(getattr(where, name)) > most:
            yield "size", f"the {name} of {who} is longer than {most}"
    texts = "".join((party.name, where.street, where.building, where.postcode, where.town,
                     where.region, *where.lines))  # fmt: skip
    if not (texts.isprintable() if plain is None else plain.fullmatch(texts)):
        yield "characters", f"name or address of {who} has marks the rail does not know"


def sent_address(party: Party, profile: str) -> PostalAddress | None:
    """Return the address of a party as it is written on a rail; None where it is left out.

    Where a rail wants town and country but no address, one that was never taken apart is left out.
    """
    rail = rails()[profile]
    if rail.address == "none" or not party.address.words:
        return None
    if rail.town and not party.address.is_structured:
        return None
    return party.address
