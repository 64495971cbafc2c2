# SPDX-License-Identifier: Apache-2.0
"""Many obligations against many declarations at once: which agree beyond doubt.

A first look over columns, so that a file of a million obligations costs about a second. It
decides nothing in anybody's disfavour: where value, quantity or price come near a limit, or
anything is apart, the obligation is left to :func:`skontro.gate.customs.reconcile`, which is exact
and says why. What it lets pass, ``reconcile`` lets pass too.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from skontro.gate.customs import GOODS_DIGITS, CustomsRules, in_unit
from skontro.gate.goods import distinct_rows
from skontro.gate.trade import Flags, Int32, Int64, Texts

_SURE = 1e-9  # not money: how far from a limit a first look stays
_Wide = NDArray[np.float64]  # not money: a first look


@dataclass(frozen=True)
class ClaimColumns:
    """What obligations say of declarations; of obligations shape (m,), of lines shape (k,).

    Attributes:
        seller: Number of the creditor, (m,).
        buyer: Number of the debtor, (m,).
        currency: ISO 4217, (m,).
        day: Date of the invoice, days since 1970-01-01, (m,).
        owed: Place of the obligation of each line, (k,).
        declaration: Place of the declaration that each line is under, or -1, (k,).
        code: HS code, (k,).
        unit: Code of the unit, (k,).
        value_minor: Minor units, (k,).
        quantity_milli: Thousandths of the unit, (k,).
    """

    seller: Int64
    buyer: Int64
    currency: Texts
    day: Int32
    owed: Int64
    declaration: Int64
    code: Texts
    unit: Texts
    value_minor: Int64
    quantity_milli: Int64


@dataclass(frozen=True)
class DeclaredColumns:
    """Declarations, shape (d,), and their lines and what of them is used already, shape (l,).

    Attributes:
        exporter: Number of the participant that the exporter's identifier belongs to, or 0, (d,).
        importer: The importer's, (d,).
        currency: ISO 4217, (d,).
        day: When it was accepted, days since 1970-01-01, (d,).
        cancelled: Whether it was taken back, (d,).
        declaration: Place of the declaration of each line, (l,).
        code: HS code, (l,).
        unit: Code of the unit, (l,).
        value_minor: Declared, or used as a negative amount, minor units, (l,).
        quantity_milli: Declared, or used as a negative amount, (l,).
    """

    exporter: Int64
    importer: Int64
    currency: Texts
    day: Int32
    cancelled: Flags
    declaration: Int64
    code: Texts
    unit: Texts
    value_minor: Int64
    quantity_milli: Int64


def agree_beyond_doubt(
    claims: ClaimColumns, declared: DeclaredColumns, rules: CustomsRules | None = None
) -> Flags:
    """Tell which obligations agree with their declarations beyond doubt, shape (m,).

    An obligation without a line under a declaration does not. Where one of those that share a
    declaration does not, none of them does: ``reconcile`` looks at them together.

    Args:
        claims: What obligations say.
        declared: What was declared; what is used as lines of negative amounts.
        rules: How far apart they may be.

    Example:
        >>> one = np.array([1])
        >>> say = dict(code=Texts.of(["100630"]), unit=Texts.of(["KGM"]),
        ...            value_minor=np.array([900]), quantity_milli=np.array([900]))
        >>> claims = ClaimColumns(one, one + 1, Texts.of(["EUR"]), one, one - 1, one - 1, **say)
        >>> declared = DeclaredColumns(
        ...     one, one + 1, Texts.of(["EUR"]), one, one == 0, one - 1, **say)
        >>> agree_beyond_doubt(claims, declared).tolist()
        [True]
    """
    rules = rules or CustomsRules()
    count, many = len(declared.exporter), len(claims.seller)
    if not count or not len(claims.owed):
        return np.zeros(many, np.bool_)
    at = np.maximum(claims.declaration, 0)
    good = (claims.declaration >= 0) & _headings(claims, declared, at, rules)
    good &= _amounts(claims, declared, at, rules)
    is_off = np.zeros(count, np.bool_)
    is_off[at[~good & (claims.declaration >= 0)]] = True
    agrees = np.zeros(many, np.bool_)
    agrees[claims.owed] = True
    while True:
        off = ~good | is_off[at]
        agrees[claims.owed[off]] = False
        more = ~agrees[claims.owed] & (claims.declaration >= 0) & ~is_off[at]
        if not more.any():
            return agrees
        is_off[at[more]] = True


def _headings(
    claims: ClaimColumns, declared: DeclaredColumns, at: Int64, rules: CustomsRules
) -> Flags:
    """Tell where parties, currency and dates agree, line by line."""
    owed, codes = claims.owed, {text: n for n, text in enumerate(declared.currency.texts)}
    ours = np.array([codes.get(text, -1) for text in claims.currency.texts], np.int64)
    apart = np.abs(claims.day.astype(np.int64)[owed] - declared.day.astype(np.int64)[at])
    return np.asarray(
        (claims.seller[owed] == declared.exporter[at]) & (claims.seller[owed] > 0)
        & (claims.buyer[owed] == declared.importer[at]) & (claims.buyer[owed] > 0)
        & (ours[claims.currency.index[owed]] == declared.currency.index[at])
        & (apart <= rules.days) & ~declared.cancelled[at],
        np.bool_,
    )  # fmt: skip


def _amounts(
    claims: ClaimColumns, declared: DeclaredColumns, at: Int64, rules: CustomsRules
) -> Flags:
    """Tell where value, quantity and price stay within their limits, line by line."""
    names = dict[str, int]()
    units = dict[str, int]()
    lines = len(declared.declaration)
    code = np.concatenate([_numbers(one.code, names, GOODS_DIGITS) for one in (declared, claims)])
    unit = np.concatenate([_numbers(one.unit, units, None) for one in (declared, claims)])
    declaration = np.concatenate([declared.declaration, at])
    key, first = distinct_rows(
        [declaration, code, unit], [len(declared.exporter), len(names), len(units)]
    )
    theirs, ours, kinds = key[:lines], key[lines:], len(first)
    used = (declared.value_minor < 0) | (declared.quantity_milli < 0)
    stated = ~used
    value, quantity = (
        _sum(theirs[stated], column[stated], kinds)
        for column in (declared.value_minor, declared.quantity_milli)
    )
    said_value = _sum(ours, claims.value_minor, kinds) - _sum(
        theirs[used], declared.value_minor[used], kinds
    )
    said_quantity = _sum(ours, claims.quantity_milli, kinds) - _sum(
        theirs[used], declared.quantity_milli[used], kinds
    )
    fits = (value > 0) & _within(said_value, value, rules.value_share)
    fits &= _within(said_quantity, quantity, rules.quantity_share)
    fits &= (quantity > 0) | ((quantity == 0) & (said_quantity == 0))
    # Mass in other units is for the exact look, which brings it to kilograms.
    plain, plainly_declared = (
        one.unit.told([in_unit(1000, unit)[1] == unit for unit in one.unit.texts])
        for one in (claims, declared)
    )
    is_mixed = np.zeros(len(declared.exporter), np.bool_)
    is_mixed[declared.declaration[~plainly_declared]] = True
    plain &= ~is_mixed[at]
    priced = _price(claims, ours, value, quantity, rules)
    return fits[ours] & (claims.value_minor > 0) & plain & priced


def _price(
    claims: ClaimColumns, key: Int64, value: _Wide, quantity: _Wide, rules: CustomsRules
) -> Flags:
    """Tell where a unit costs about what was declared, or nothing is counted at all."""
    above = claims.value_minor * quantity[key]
    below = claims.quantity_milli * value[key]
    top, bottom = rules.price_share.as_integer_ratio()
    near = np.abs(above - below) * bottom <= below * top * (1 - _SURE)
    counted = claims.quantity_milli > 0
    none = (claims.quantity_milli == 0) & (quantity[key] == 0)
    return np.asarray((counted & near) | none, np.bool_)


def _within(said: _Wide, declared: _Wide, share: Fraction) -> Flags:
    """Tell where what is said surely stays within what was declared and a share on top. Sums
    below 2**52 are exact; the others stay away from the limit by more than they can be off."""
    exact = (said <= declared) & (declared < 2**52)
    top, bottom = (1 + share).as_integer_ratio()
    return np.asarray(exact | (said <= declared * top / bottom * (1 - _SURE) - 1), np.bool_)


def _sum(key: Int64, amounts: Int64, kinds: int) -> _Wide:
    sums = np.bincount(key, weights=amounts, minlength=kinds)
    return np.asarray(sums, np.float64)  # not money: a first look


def _numbers(column: Texts, names: dict[str, int], digits: int | None) -> Int64:
    """Return the number of the first digits of each text, new ones being numbered on."""
    places = [names.setdefault(text[:digits], len(names)) for text in column.texts]
    return np.array(places, np.int64)[column.index] if places else np.zeros(0, np.int64)
