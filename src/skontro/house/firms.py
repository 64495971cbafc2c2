# SPDX-License-Identifier: Apache-2.0
"""What a firm brings when it is admitted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from skontro.core.digest import canonical_json
from skontro.core.errors import InvalidIdentifier, Rejected
from skontro.core.money import exponents
from skontro.core.participants import ID_REASONS, id_fault
from skontro.house.addresses import PostalAddress
from skontro.house.identifiers import (
    BankAccount,
    check_iban,
    check_lei,
    check_tax_number,
    knows_tax_numbers,
)


@dataclass(frozen=True)
class Agreement:
    """A set-off agreement in force.

    Attributes:
        id: Id of the agreement.
        version: Its version.
        law: The law it is under.
        opinion: Id of the legal opinion that it holds.
        signatories: Who signed.
        from_day: In force from, e.g. ``2026-01-01``.
    """

    id: str
    version: str
    law: str
    opinion: str
    signatories: str
    from_day: str


OWNER_KINDS = ("person", "organisation", "unknown")

_SHARE = re.compile(r"(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)", re.A)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.A)
_COUNTRY = re.compile(r"[A-Z]{2}", re.A)
_ENDPOINT = re.compile(r"[0-9A-Z]{2,4}:[!-9;-~]{1,100}", re.A)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owns a part of a firm, or of one of its owners.

    Attributes:
        name: Their name.
        share: How much, in percent with up to four decimals; empty if it is not known, which the
            gate takes for the most it could be.
        kind: ``person``, ``organisation`` or ``unknown``.
        born: Date of birth or founding, as precise as known: ``1970``, ``1970-05`` or a day.
        country: ISO 3166 alpha-2, or empty.
        owns: Name of the owner of which they own a part; empty: of the firm itself.
        participant: Id of the participant that the owner is; empty: none, or the one of its name.
    """

    name: str
    share: str = ""
    kind: str = "unknown"
    born: str = ""
    country: str = ""
    owns: str = ""
    participant: str = ""


def owner_text(owner: str | Owner) -> str:
    """Return an owner as the register keeps it: the name, and what else is known below it.

    Raises:
        Rejected: A share, a date or a country is none.

    Example:
        >>> owner_text(Owner("Ada Alder", "60"))
        'Ada Alder\\n{"share":"60"}'
    """
    if isinstance(owner, str):
        return owner
    more = {name: text for name, text in asdict(owner).items() if text and name != "name"}
    if owner.kind == "unknown":
        more.pop("kind", None)
    wrong = (
        "name" if not owner.name.strip() or "\n" in owner.name
        else "share" if owner.share and not _SHARE.fullmatch(owner.share)
        else "kind" if owner.kind not in OWNER_KINDS
        else "born" if owner.born and not _DATE.fullmatch(owner.born)
        else "country" if owner.country and not _COUNTRY.fullmatch(owner.country)
        else "participant" if owner.participant and id_fault(owner.participant)
        else ""
    )  # fmt: skip
    if wrong:
        raise Rejected(f"owner: {wrong} {getattr(owner, wrong)!r} cannot be one",
                       code="InvalidOwner",
                       next_step="a share is a percentage, such as 33.5")  # fmt: skip
    return f"{owner.name}\n{canonical_json(more).decode()}" if more else owner.name


_WITH_SHARE = re.compile(r"(.*\S)\s+(\d+(?:\.\d+)?)\s*%", re.A)


def said_owner(text: str) -> str | Owner:
    """Return an owner as a person writes it: the name, and the share behind it if it is known.

    Example:
        >>> said_owner("Ada Alder 33.5 %").share, said_owner("Ada Alder")
        ('33.5', 'Ada Alder')
    """
    found = _WITH_SHARE.fullmatch(text.strip())
    return text if found is None else Owner(found[1], found[2])


def owner_words(text: str) -> str:
    """Return an owner in words, from what the register keeps.

    Example:
        >>> owner_words('Ada Alder\\n{"share":"60"}')
        'Ada Alder, 60 %'
    """
    owner = read_owner(text)
    of = f" of {owner.owns}" if owner.owns else ""
    share = f"{owner.share} %{of}" if owner.share else ""
    parts = [owner.name, share, "" if owner.kind == "unknown" else owner.kind, owner.born,
             owner.country, owner.participant and f"participant {owner.participant}"]  # fmt: skip
    return ", ".join(part for part in parts if part)


def read_owner(text: str) -> Owner:
    """Return an owner from what the register keeps.

    Example:
        >>> read_owner('Ada Alder\\n{"share":"60"}').share
        '60'
    """
    name, _, more = text.partition("\n")
    return Owner(name, **(json.loads(more) if more else {}))


@dataclass(frozen=True)
class Firm:
    """A firm that asks to be admitted.

    Attributes:
        id: Id the house gives it.
        name: Its name.
        side: The side it belongs to.
        home_currency: What it pays and is paid in.
        agreement: Its set-off agreement.
        accounts: Where it is paid, by currency.
        accepts_conversion: Whether it accepts the fixing.
        lei: Legal entity identifier, if any.
        tax_number: Tax number, if any.
        tax_country: Country of the tax number, ISO 3166; that of its side if empty.
        owners: Its owners: names, or :class:`Owner` with shares.
        address: Where it is: a text, or better its parts.
        founded: When it was founded, as precise as known.
        registration_number: In the register of firms of its country.
        endpoint: Where it receives e-invoices, such as ``0088:5790000435975``.
        language: Of its papers, by ISO 639; English if empty.
        number_format: Of its papers; the language's own if empty.
    """

    id: str
    name: str
    side: str
    home_currency: str
    agreement: Agreement
    accounts: Mapping[str, BankAccount] = field(default_factory=dict)
    accepts_conversion: bool = True
    lei: str = ""
    tax_number: str = ""
    tax_country: str = ""
    owners: tuple[str | Owner, ...] = ()
    address: str | PostalAddress = ""
    founded: str = ""
    registration_number: str = ""
    endpoint: str = ""
    language: str = ""
    number_format: str = ""


def check_endpoint(text: str) -> str:
    """Return where a firm receives e-invoices: scheme, colon and identifier.

    Raises:
        Rejected: It is not written so.

    Example:
        >>> check_endpoint("0088:5790000435975")
        '0088:5790000435975'
    """
    if not _ENDPOINT.fullmatch(text):
        raise Rejected(f"endpoint {text[:60]!r} is not scheme, colon and identifier",
                       code="InvalidIdentifier",
                       next_step="write it as 0088:5790000435975")  # fmt: skip
    return text


def checked_firm(firm: Firm, *, country: str) -> Firm:
    """Return a firm whose identifiers are in their normal form.

    Args:
        firm: As it was given.
        country: Jurisdiction of its side, for a tax number without a country.

    Raises:
        Rejected: An id, a name, an agreement or an identifier is none; the message says which.

    Example:
        >>> signed = Agreement("SOA-1", "1", "NL", "LO-1", "for Alder", "2026-01-01")
        >>> alder = Firm("A1", "Alder", "A", "EUR", signed, lei="5493001kjtiigc8y1r12")
        >>> checked_firm(alder, country="NL").lei
        '5493001KJTIIGC8Y1R12'
    """
    fault = id_fault(firm.id)
    if fault or ":" in firm.id:
        reason = ID_REASONS[fault] if fault else "an id holds no colon"
        raise Rejected(f"participant {firm.id!r}: {reason}", code="InvalidIdentifier")
    if not firm.name.strip():
        raise Rejected(f"participant {firm.id!r}: no name", code="InvalidIdentifier")
    missing = [
        what
        for what in ("id", "version", "law", "opinion", "signatories", "from_day")
        if not str(getattr(firm.agreement, what)).strip()
    ]
    if missing:
        raise Rejected(
            f"participant {firm.id!r}: the set-off agreement has no {', '.join(missing)}",
            code="AgreementIncomplete",
            next_step="nothing is set off without an agreement in force",
        )
    for currency in firm.accounts:
        if currency not in exponents():
            raise Rejected(f"participant {firm.id!r}: {currency!r} is not a currency of ISO 4217",
                           code="UnknownCurrency")  # fmt: skip
    lei = check_lei(firm.lei) if firm.lei else ""
    tax_country = (firm.tax_country or country).upper()
    tax_number = firm.tax_number
    if tax_number and knows_tax_numbers(tax_country):
        tax_number = check_tax_number(tax_number, tax_country)
    if firm.endpoint:
        check_endpoint(firm.endpoint)
    return replace(firm, lei=lei, tax_number=tax_number, tax_country=tax_country)


def account_text(account: BankAccount) -> str:
    """Return an account as the register keeps it: number, then bank.

    Example:
        >>> account_text(BankAccount(bban="50100012345678", bic="HDFCINBB"))
        '50100012345678 HDFCINBB'
    """
    return " ".join(part for part in (account.number, account.bic, account.clearing_code) if part)


def read_account(text: str) -> BankAccount:
    """Return an account from what the register keeps.

    Example:
        >>> read_account("50100012345678 HDFCINBB").bic
        'HDFCINBB'
        >>> read_account("NL91ABNA0417164300").iban
        'NL91ABNA0417164300'
    """
    number, *bank = text.split(" ")
    is_iban = len(number) > 4 and number[:2].isalpha() and not bank
    if not is_iban:
        try:
            is_iban = check_iban(number) == number
        except InvalidIdentifier:
            is_iban = False
    return BankAccount(
        iban=number if is_iban else "",
        bban="" if is_iban else number,
        bic=next((one for one in bank if ":" not in one), ""),
        clearing_code=next((one for one in bank if ":" in one), ""),
    )


def account_number(text: str) -> str:
    """Return the number of an account as the register keeps it, without spaces.

    Example:
        >>> account_number("50100012345678 HDFCINBB")
        '50100012345678'
    """
    return text.split(" ", 1)[0]
