# SPDX-License-Identifier: Apache-2.0
"""What a firm brings when it is admitted."""

from __future__ import annotations

from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Firm:
    """A firm that asks to be admitted.

    Attributes:
        id: Id the house gives it.
        name: Its name.
        side: The side it belongs to.
        home_currency: What it pays and is paid in.
        agreement: Its set-off agreement.
        accounts: Where it is paid, by currency: IBAN, or ``BBAN BIC``.
        accepts_conversion: Whether it accepts the fixing.
        lei: Legal entity identifier, if any.
        tax_number: Tax number, if any.
        owners: Names of its owners.
        address: Where it is.
    """

    id: str
    name: str
    side: str
    home_currency: str
    agreement: Agreement
    accounts: dict[str, str] = field(default_factory=dict)
    accepts_conversion: bool = True
    lei: str = ""
    tax_number: str = ""
    owners: tuple[str, ...] = ()
    address: str = ""
