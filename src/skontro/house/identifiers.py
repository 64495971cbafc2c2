# SPDX-License-Identifier: Apache-2.0
"""Numbers that name accounts, banks, firms and payments: checked once, kept in one form.

Each function takes what somebody wrote and returns the normal form, without spaces and in
capitals, or refuses it with field, value and reason. What a check digit cannot tell - whether the
account is the firm's, whether the firm exists - no function here says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from skontro.core.errors import InvalidIdentifier
from skontro.core.money import shorten

if TYPE_CHECKING:
    from stdnum.util import NumberValidationModule

_SEPARATORS = re.compile(r"[ \-./\u00a0\u2007\u2009\u202f]")
_PLAIN = re.compile(r"[A-Z0-9]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_REFERENCE = re.compile(r"RF([0-9]{2})([A-Z0-9]{1,21})")
_TAX_FORM = re.compile(r"[A-Z0-9]{4,20}")
_MOST_BBAN = 34

CLEARING_CODES: Mapping[str, str] = {
    "ATBLZ": r"[0-9]{5}",
    "AUBSB": r"[0-9]{6}",
    "CACPA": r"[0-9]{9}",
    "CHBCC": r"[0-9]{3,5}",
    "CHSIC": r"[0-9]{6}",
    "CNAPS": r"[0-9]{12}",
    "DEBLZ": r"[0-9]{8}",
    "ESNCC": r"[0-9]{8,9}",
    "GBDSC": r"[0-9]{6}",
    "GRBIC": r"[0-9]{7}",
    "HKNCC": r"[0-9]{3}",
    "IENCC": r"[0-9]{6}",
    "INFSC": r"[A-Z]{4}0[A-Z0-9]{6}",
    "ITNCC": r"[0-9]{10}",
    "JPZGN": r"[0-9]{7}",
    "NZNCC": r"[0-9]{6}",
    "PLKNR": r"[0-9]{8}",
    "PTNCC": r"[0-9]{8}",
    "RUCBC": r"[0-9]{9}",
    "SESBA": r"[0-9]{4}",
    "SGIBG": r"[0-9]{4}|[0-9]{7}",
    "THCBC": r"[0-9]{3}",
    "TWNCC": r"[0-9]{7}",
    "USABA": r"[0-9]{9}",
    "ZANCC": r"[0-9]{6}",
}
"""National clearing systems by their ISO 20022 code, and what a member's number looks like."""

# Where the library has more kinds than the one it calls the country's VAT number, in this order.
_TAX_KINDS: Mapping[str, tuple[str, ...]] = {
    "AU": ("abn", "acn"),
    "CH": ("vat", "uid"),
    "DE": ("vat", "stnr"),
    "FI": ("alv", "ytunnus"),
    "FR": ("tva", "siren"),
    "GB": ("vat", "utr"),
    "IN": ("gstin", "pan"),
    "MD": ("idno",),
    "NO": ("mva", "orgnr"),
    "RU": ("inn", "ogrn"),
    "SE": ("vat", "orgnr"),
    "TH": ("moa", "tin"),
    "UA": ("edrpou",),
    "US": ("ein",),
    "ZA": ("tin",),
}
# Countries the library does not have, whose numbers have a known form without a check digit.
_TAX_FORMS: Mapping[str, re.Pattern[str]] = {
    "AE": re.compile(r"[0-9]{15}"),
    "SA": re.compile(r"3[0-9]{13}3"),
}


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account at a bank: an IBAN, or a national number with the bank's code.

    Made by :func:`bank_account`, which checks it.

    Attributes:
        iban: International number; empty where the country has none.
        bban: National number; empty where there is an IBAN.
        bic: The bank by ISO 9362; may be empty beside an IBAN or a clearing code.
        clearing_code: The bank in its national clearing system, e.g. ``INFSC:HDFC0000123``.
    """

    iban: str = ""
    bban: str = ""
    bic: str = ""
    clearing_code: str = ""

    @property
    def number(self) -> str:
        """The IBAN, or the national number where there is none."""
        return self.iban or self.bban

    def as_json(self) -> dict[str, str]:
        """The account as it is written and hashed: what is there, by name.

        Example:
            >>> BankAccount(bban="50100012345678", bic="HDFCINBB").as_json()
            {'bban': '50100012345678', 'bic': 'HDFCINBB'}
        """
        parts = {"iban": self.iban, "bban": self.bban, "bic": self.bic}
        parts["clearing_code"] = self.clearing_code
        return {name: text for name, text in parts.items() if text}


def bank_account(
    *,
    iban: str = "",
    bban: str = "",
    bic: str = "",
    clearing_code: str = "",
    field: str = "account",
) -> BankAccount:
    """Return an account whose parts are checked, each in its normal form.

    Args:
        iban: International number, or nothing.
        bban: National number, where the country has no IBAN; needs one of the next two.
        bic: The bank by ISO 9362, or nothing.
        clearing_code: The bank by its national clearing system, or nothing.
        field: What the account is called in a refusal.

    Raises:
        InvalidIdentifier: A part is malformed, both numbers or neither are given, or the bank of
            a national number is not named.

    Example:
        >>> bank_account(bban="5010 0012 3456 78", clearing_code="INFSC:HDFC0000123")
        BankAccount(iban='', bban='50100012345678', bic='', clearing_code='INFSC:HDFC0000123')
    """
    if iban and bban:
        raise _refused(field, iban, "an IBAN holds the national number; give one of the two")
    if not iban and not bban:
        raise _refused(field, "", "there is neither an IBAN nor a national number (BBAN)")
    if bban and not (bic or clearing_code):
        raise _refused(field, bban, "a national number needs the bank: a BIC or a clearing code")
    return BankAccount(
        check_iban(iban, field=f"{field}: iban") if iban else "",
        check_bban(bban, field=f"{field}: bban") if bban else "",
        check_bic(bic, field=f"{field}: bic") if bic else "",
        check_clearing_code(clearing_code, field=f"{field}: clearing_code")
        if clearing_code
        else "",
    )


def check_iban(text: str, *, field: str = "iban") -> str:
    """Return an IBAN in its electronic form (ISO 13616).

    Country, length, structure and check digits are looked at; national check digits inside are
    not, because not every bank keeps to them.

    Args:
        text: As written, with or without spaces.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none.

    Example:
        >>> check_iban("nl91 ABNA 0417 1643 00")
        'NL91ABNA0417164300'
    """
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    compact = _compact(text, field)
    if not _IBAN.fullmatch(compact):
        raise _refused(field, text, "an IBAN is a country, two check digits, 11 to 30 characters")
    try:
        return str(IBAN(compact))
    except SchwiftyException as error:
        raise _refused(field, text, f"no valid IBAN: {error}") from None


def check_bban(text: str, *, field: str = "bban") -> str:
    """Return a national account number: capitals and digits, at most 34 (ISO 20022).

    Args:
        text: As written, with or without spaces.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is malformed, or it is an IBAN.

    Example:
        >>> check_bban("5010 0012 3456 78")
        '50100012345678'
    """
    compact = _compact(text, field)
    if len(compact) > _MOST_BBAN:
        raise _refused(field, text, f"a national number has at most {_MOST_BBAN} characters")
    if _IBAN.fullmatch(compact):
        try:
            check_iban(compact)
        except InvalidIdentifier:
            return compact
        raise _refused(field, text, "this is an IBAN; give it as iban")
    return compact


def check_bic(text: str, *, field: str = "bic") -> str:
    """Return a BIC (ISO 9362) of 8 characters, or of 11 where it names a branch.

    Args:
        text: As written; the ending ``XXX`` of a head office is dropped.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none.

    Example:
        >>> check_bic("deutdeffxxx"), check_bic("DEUTDEFF500")
        ('DEUTDEFF', 'DEUTDEFF500')
    """
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    compact = _compact(text, field)
    try:
        checked = str(BIC(compact))
    except SchwiftyException as error:
        raise _refused(field, text, f"no valid BIC: {error}") from None
    return checked[:8] if checked.endswith("XXX") and len(checked) == 11 else checked


def check_clearing_code(text: str, *, field: str = "clearing_code") -> str:
    """Return a bank's number in its national clearing system, as ``SYSTEM:NUMBER``.

    Args:
        text: The ISO 20022 code of the system (:data:`CLEARING_CODES`), a colon, the number.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: The system is unknown, or the number has not its form.

    Example:
        >>> check_clearing_code("infsc:hdfc0000123")
        'INFSC:HDFC0000123'
    """
    system, colon, number = text.strip().partition(":")
    system = system.strip().upper()
    if not colon or system not in CLEARING_CODES:
        raise _refused(
            field, text, f"write one of {', '.join(CLEARING_CODES)}, a colon and the number"
        )
    compact = _compact(number, field)
    if not re.fullmatch(CLEARING_CODES[system], compact):
        raise _refused(field, text, f"a number of {system} looks like {CLEARING_CODES[system]}")
    if system == "USABA" and _routing_sum(compact) % 10:
        raise _refused(field, text, "the check digit does not fit")
    return f"{system}:{compact}"


def _routing_sum(digits: str) -> int:
    return sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(digits))


def check_lei(text: str, *, field: str = "lei") -> str:
    """Return a legal entity identifier (ISO 17442).

    Args:
        text: As written, with or without spaces.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none.

    Example:
        >>> check_lei("2138 00KU D8LA JWSQ 9D15")
        '213800KUD8LAJWSQ9D15'
    """
    from stdnum.iso7064 import mod_97_10

    compact = _compact(text, field)
    if not _LEI.fullmatch(compact):
        raise _refused(field, text, "an LEI has 18 characters and two check digits")
    if mod_97_10.calc_check_digits(compact[:18]) != compact[18:]:
        raise _refused(field, text, "the check digits do not fit")
    return compact


def check_country(text: str, *, field: str = "country") -> str:
    """Return a country by the two capitals of ISO 3166-1.

    Args:
        text: As written.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none.

    Example:
        >>> check_country("in")
        'IN'
    """
    compact = _compact(text, field)
    if compact not in _countries():
        raise _refused(field, text, "not a country of ISO 3166; use its two letters, e.g. IN")
    return compact


@cache
def _countries() -> frozenset[str]:
    import pycountry

    return frozenset(str(country.alpha_2) for country in pycountry.countries)


def check_tax_number(text: str, country: str, *, field: str = "tax_number") -> str:
    """Return a firm's tax or VAT number, by the rules of its country.

    Where the rules are not known only the form is looked at: see :func:`knows_tax_numbers`.

    Args:
        text: As written, with or without the country before it.
        country: Two letters of ISO 3166-1.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none of that country.

    Example:
        >>> check_tax_number("27AAPFU0939F1ZV", "IN"), check_tax_number("DE136695976", "DE")
        ('27AAPFU0939F1ZV', '136695976')
    """
    from stdnum.exceptions import ValidationError

    nation = check_country(country, field=f"{field}: country")
    compact = _compact(text, field)
    kinds = _tax_modules(nation)
    for kind in kinds:
        try:
            return str(kind.validate(compact))
        except ValidationError:
            continue
    form = _TAX_FORMS.get(nation, _TAX_FORM)
    if kinds or not form.fullmatch(compact):
        raise _refused(field, text, f"not a tax number of {nation}")
    return compact


def knows_tax_numbers(country: str) -> bool:
    """Return whether tax numbers of a country are checked by more than their length.

    Args:
        country: Two capitals of ISO 3166-1.

    Example:
        >>> knows_tax_numbers("IN"), knows_tax_numbers("AE"), knows_tax_numbers("QA")
        (True, True, False)
    """
    return bool(_tax_modules(country)) or country in _TAX_FORMS


def _tax_modules(country: str) -> list[NumberValidationModule]:
    from stdnum import get_cc_module

    found = [get_cc_module(country, kind) for kind in _TAX_KINDS.get(country, ("vat",))]
    return [module for module in found if module is not None]


def make_creditor_reference(body: str, *, field: str = "reference") -> str:
    """Make the reference a payer quotes, with its check digits (ISO 11649).

    Args:
        body: What it says: at most 21 letters and digits.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: The body is empty, too long, or has other characters.

    Example:
        >>> make_creditor_reference("539007547034")
        'RF18539007547034'
    """
    from stdnum.iso7064 import mod_97_10

    compact = _compact(body, field)
    if len(compact) > 21:
        raise _refused(field, body, "a creditor reference holds at most 21 characters")
    return f"RF{mod_97_10.calc_check_digits(compact + 'RF')}{compact}"


def check_creditor_reference(text: str, *, field: str = "reference") -> str:
    """Return a creditor reference (ISO 11649) as it was made.

    Args:
        text: As a payer or a bank wrote it: spaces and small letters are no fault.
        field: What it is called in a refusal.

    Raises:
        InvalidIdentifier: It is none.

    Example:
        >>> check_creditor_reference("rf18 5390 0754 7034")
        'RF18539007547034'
    """
    compact = _compact(text, field)
    match = _REFERENCE.fullmatch(compact)
    if match is None:
        raise _refused(field, text, "not RF, two check digits and 1 to 21 characters")
    if make_creditor_reference(match.group(2)) != compact:
        raise _refused(field, text, "the check digits do not fit")
    return compact


def _compact(text: str, field: str) -> str:
    """Capitals without separators; refuses what is not ASCII letters and digits."""
    bare = _SEPARATORS.sub("", text.strip())
    if not bare:
        raise _refused(field, text, "it is empty")
    capitals = bare.upper() if bare.isascii() else bare
    if not _PLAIN.fullmatch(capitals):
        raise _refused(field, text, "only letters A to Z and digits")
    return capitals


def _refused(field: str, value: str, reason: str) -> InvalidIdentifier:
    shown = f"{shorten(value, 60)!r}: " if value else ""
    return InvalidIdentifier(
        f"{field}: {shown}{reason}",
        details={"field": field, "value": shorten(value), "reason": reason},
    )
