# SPDX-License-Identifier: Apache-2.0
"""Customs declarations, as the authority has them, against what obligations say.

Declarations come from the authority through compliance, never from a participant. An obligation
names its declaration by reference; value, currency, quantity, goods, dates and parties must agree
within a tolerance set by rule. A declaration is used once: obligations may share it, and each
share is counted by value and quantity, so that together they never come to more than was
declared. A fictitious invoice is caught here: what it says is worth more than what was declared.

For the seat::

    told = reconcile(claims, declarations, uses, rules)
    told[obligation, reference].judged   # Judged: released, or held with reasons
    told[obligation, reference].uses     # what it uses of the declaration, to be written

``uses`` are those that stand, those of entered and final obligations first of all; the shell holds
a lock on the declarations, as it does for licences. Obligations with lower numbers go first.

Of a whole file, :func:`skontro.gate.customs_columns.agree_beyond_doubt` tells which obligations are
released at once; only the others need to be handed over here.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.money import LIMIT_MINOR, exponents
from skontro.gate.nomenclature import goods_fault
from skontro.gate.outcome import Judged, Reason, judged, reason
from skontro.house.reading import Section
from skontro.house.tolerances import BOUNDS, read_tolerances

RULES_VERSION = "customs/1"

GOODS_DIGITS = 6
"""How many digits of a code must agree: the rest is each country's own."""


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """One line of a declaration.

    Attributes:
        code: HS code.
        value_minor: Declared value, minor units.
        quantity_milli: Thousandths of the unit.
        unit: Code of the unit.
        weight_g: Net weight in grams; 0 if not said.
    """

    code: str
    value_minor: int
    quantity_milli: int = 0
    unit: str = ""
    weight_g: int = 0


@dataclass(frozen=True, slots=True)
class Declaration:
    """A customs declaration, as the authority gave it.

    Attributes:
        reference: Its number at the authority.
        authority: Who took it.
        exporter: Identifier of who sends, as the authority writes it.
        importer: Identifier of who receives.
        currency: ISO 4217.
        date: The day it was accepted.
        lines: Its lines.
        cancelled: Whether the authority took it back.
    """

    reference: str
    authority: str
    exporter: str
    importer: str
    currency: str
    date: datetime.date
    lines: tuple[DeclaredLine, ...]
    cancelled: bool = False

    def check(self) -> None:
        """Refuse what cannot be a declaration.

        Raises:
            Rejected: Naming what is wrong.

        Example:
            >>> Declaration("", "NL", "x", "y", "EUR", datetime.date(2026, 5, 1), ()).check()
            Traceback (most recent call last):
            skontro.core.errors.Rejected: declaration : reference, authority and parties must be \
given
        """
        fault = ""
        if not all([self.reference, self.authority, self.exporter, self.importer]):
            fault = "reference, authority and parties must be given"
        elif self.currency not in exponents():
            fault = f"{self.currency!r} is not a currency of ISO 4217"
        elif not self.lines:
            fault = "there is no line in it"
        for line in self.lines:
            wrong = goods_fault(line.code)
            if wrong:
                fault = fault or f"{line.code!r}: {wrong}"
            if not 0 < line.value_minor < LIMIT_MINOR or line.quantity_milli < 0:
                fault = fault or f"line {line.code}: value and quantity are above nought"
        if fault:
            raise Rejected(f"declaration {self.reference}: {fault}", code="InvalidDeclaration")


@dataclass(frozen=True, slots=True)
class ClaimedLine:
    """What an obligation says of goods under one declaration.

    Attributes:
        code: HS code.
        value_minor: Minor units.
        quantity_milli: Thousandths of the unit; 0 if not said.
        unit: Code of the unit.
    """

    code: str
    value_minor: int
    quantity_milli: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an obligation says of one declaration.

    Attributes:
        obligation: Its number.
        reference: Number of the declaration.
        sellers: Identifiers of the creditor, any of which may stand in the declaration.
        buyers: Identifiers of the debtor.
        currency: ISO 4217.
        date: Date of the invoice.
        lines: Its lines.
    """

    obligation: int
    reference: str
    sellers: tuple[str, ...]
    buyers: tuple[str, ...]
    currency: str
    date: datetime.date
    lines: tuple[ClaimedLine, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """What an obligation uses of a declaration's goods.

    Attributes:
        reference: Number of the declaration.
        obligation: Number of the obligation.
        code: First six digits of the goods' code.
        unit: Code of the unit; mass is in kilograms.
        value_minor: Minor units of the declaration's currency.
        quantity_milli: Thousandths of the unit.
    """

    reference: str
    obligation: int
    code: str
    unit: str
    value_minor: int
    quantity_milli: int


@dataclass(frozen=True)
class CustomsRules:
    """How far invoice and declaration may be apart; bounded, so that no setting makes it nothing.

    Attributes:
        value_share: Share by which invoices may be above the declared value; up to 1/4.
        quantity_share: Share by which quantities may be above; up to 1/4.
        price_share: Share by which an invoice's price of a unit may be off the declared one, when
            it uses a part of a declaration; up to 1/2.
        days: Most days between invoice and declaration, either way; 1 to 365.

    Example:
        >>> CustomsRules.from_mapping({"value_share": "2 %"}).value_share
        Fraction(1, 50)
    """

    value_share: Fraction = Fraction(1, 20)
    quantity_share: Fraction = Fraction(1, 20)
    price_share: Fraction = Fraction(1, 10)
    days: int = 120

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> CustomsRules:
        """Read the rules; what is left out is as usual.

        Raises:
            InvalidRules: A value is out of bounds.
        """
        section = Section(mapping, "customs", BOUNDS["customs"])
        return replace(cls(), **read_tolerances(section, "customs"))  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int | str]:
        """Return the rules so that :meth:`from_mapping` reads them again."""
        return {key: value if isinstance(value, int) else str(value)
                for key, value in vars(self).items()}  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, hexadecimal: a verdict names it."""
        shares = [self.value_share, self.quantity_share, self.price_share]
        return hashlib.sha256(canonical_json([*map(str, shares), self.days])).hexdigest()


@dataclass(frozen=True)
class Reconciled:
    """What came of a claim.

    Attributes:
        judged: Outcome and reasons.
        uses: What it uses of the declaration; nothing where it is held.
    """

    judged: Judged
    uses: tuple[Use, ...] = ()


@dataclass
class _Goods:
    """Goods of one code and unit in a declaration: declared, and used so far."""

    value: int = 0
    quantity: int = 0
    used_value: int = 0
    used_quantity: int = 0


_Key = tuple[str, str]
"""First digits of the code, and unit."""


def in_unit(quantity_milli: int, unit: str) -> tuple[int, str]:
    """Return a quantity as it is compared: mass in kilograms, all else as it is.

    Args:
        quantity_milli: Thousandths of the unit.
        unit: Code of the unit.

    Example:
        >>> in_unit(2, "TNE"), in_unit(5000, "GRM"), in_unit(7, "H87")
        ((2000, 'KGM'), (5, 'KGM'), (7, 'H87'))
    """
    if unit == "TNE":
        return quantity_milli * 1000, "KGM"
    if unit == "GRM" and quantity_milli % 1000 == 0:
        return quantity_milli // 1000, "KGM"
    return quantity_milli, unit


def plain(text: str) -> str:
    """Return an identifier as it is compared: letters and digits alone, in capitals.

    Example:
        >>> plain("nl-00.12 b")
        'NL0012B'
    """
    return "".join(mark for mark in text.upper() if mark.isalnum())


def reconcile(
    claims: Sequence[Claim],
    declarations: Mapping[str, Declaration],
    uses: Iterable[Use] = (),
    rules: CustomsRules | None = None,
) -> dict[tuple[int, str], Reconciled]:
    """Compare what obligations say with what was declared; those with lower numbers go first.

    Args:
        claims: What obligations say; one for each declaration they name.
        declarations: By reference, as the authority gave them.
        uses: What stands; a claim whose own use stands is judged as if it came first.
        rules: How far apart they may be.

    Returns:
        By number of the obligation and reference.

    Example:
        >>> day = datetime.date(2026, 5, 1)
        >>> lines = (DeclaredLine("100630", 1000, 5000, "KGM"),)
        >>> known = {"D": Declaration("D", "NL", "IN7", "NL5", "EUR", day, lines)}
        >>> true = Claim(1, "D", ("IN7",), ("NL5",), "EUR", day,
        ...              (ClaimedLine("100630", 600, 3000, "KGM"),))
        >>> false = Claim(2, "D", ("IN7",), ("NL5",), "EUR", day,
        ...               (ClaimedLine("100630", 9000, 2000, "KGM"),))
        >>> told = reconcile([true, false], known)
        >>> told[1, "D"].judged.outcome, [why["code"] for why in told[2, "D"].judged.reasons]
        ('released', ['PriceOff', 'ValueAboveDeclared'])
    """
    book = Declared(declarations, uses, rules)
    found = dict[tuple[int, str], Reconciled]()
    for claim in sorted(claims, key=lambda one: (one.obligation, one.reference)):
        found[claim.obligation, claim.reference] = told = book.judge(claim)
        book.use(claim, told)
    return found


class Declared:
    """What is left of declarations, while one obligation after the other is judged.

    Args:
        declarations: By reference, as the authority gave them.
        uses: What stands.
        rules: How far invoice and declaration may be apart.
    """

    def __init__(
        self,
        declarations: Mapping[str, Declaration],
        uses: Iterable[Use] = (),
        rules: CustomsRules | None = None,
    ) -> None:
        self._declarations, self._rules = declarations, rules or CustomsRules()
        self._standing = dict[tuple[str, int], list[Use]]()
        self._goods = dict[str, dict[_Key, _Goods]]()
        for use in uses:
            self._standing.setdefault((use.reference, use.obligation), []).append(use)
            if use.reference in declarations:
                _book(self._of(use.reference), [use], 1)

    def _of(self, reference: str) -> dict[_Key, _Goods]:
        if reference not in self._goods:
            here = self._goods.setdefault(reference, {})
            for key, value, quantity in _by_goods(self._declarations[reference].lines):
                one = here.setdefault(key, _Goods())
                one.value += value
                one.quantity += quantity
        return self._goods[reference]

    def own(self, claim: Claim) -> list[Use]:
        """Return what stands of a claim already."""
        return self._standing.get((claim.reference, claim.obligation), [])

    def judge(self, claim: Claim) -> Reconciled:
        """Compare a claim with its declaration; its own use, if one stands, is not in its way."""
        declaration = self._declarations.get(claim.reference)
        if declaration is None:
            text = f"no declaration {claim.reference} has come from an authority"
            held = [reason("NotDeclared", text, reference=claim.reference)]
            return Reconciled(judged(held))
        here, own = self._of(claim.reference), self.own(claim)
        _book(here, own, -1)
        told = _one(claim, declaration, here, self._rules)
        _book(here, own, 1)
        return told

    def use(self, claim: Claim, told: Reconciled) -> tuple[Use, ...]:
        """Count what a claim uses, and return what is to be written: nothing if it stands."""
        own = self.own(claim)
        if own or not told.uses:
            return ()
        _book(self._of(claim.reference), told.uses, 1)
        self._standing[claim.reference, claim.obligation] = list(told.uses)
        return told.uses


def _by_goods(
    lines: Sequence[DeclaredLine] | Sequence[ClaimedLine],
) -> list[tuple[_Key, int, int]]:
    """Return value and quantity of lines by goods and unit, in order."""
    found = dict[_Key, list[int]]()
    for line in lines:
        quantity, unit = in_unit(line.quantity_milli, line.unit)
        sums = found.setdefault((line.code[:GOODS_DIGITS], unit), [0, 0])
        sums[0] += line.value_minor
        sums[1] += quantity
    return [(key, *found[key]) for key in sorted(found)]  # type: ignore[misc]


def _book(goods: Mapping[_Key, _Goods], uses: Iterable[Use], sign: int) -> None:
    for use in uses:
        one = goods.get((use.code, use.unit))
        if one is not None:
            one.used_value += sign * use.value_minor
            one.used_quantity += sign * use.quantity_milli


def _one(
    claim: Claim, declaration: Declaration, goods: Mapping[_Key, _Goods], rules: CustomsRules
) -> Reconciled:
    """Compare one claim with its declaration."""
    held = _headings(claim, declaration, rules)
    wanted, uses = _by_goods(claim.lines), []
    if not wanted:
        held.append(reason("NoLine", "there is no line to compare with the declaration"))
    for (code, unit), value, quantity in wanted:
        about = {"reference": claim.reference, "goods": code}
        if (code, unit) in goods:
            said = (code, value, quantity)
            held += _amounts(claim, said, goods[code, unit], rules)
            uses.append(Use(claim.reference, claim.obligation, code, unit, value, quantity))
            continue
        units = sorted(other for one, other in goods if one == code)
        if units:
            counts = " and ".join(one or "no unit" for one in units)
            text = f"declaration {claim.reference}, goods {code}: the invoice counts in " \
                   f"{unit or 'no unit'}, declared is {counts}"  # fmt: skip
            held.append(reason("OtherUnit", text, **about))
        else:
            text = f"declaration {claim.reference} has no goods under {code}"
            held.append(reason("OtherGoods", text, **about))
    return Reconciled(judged(held), () if held else tuple(uses))


def _headings(claim: Claim, declaration: Declaration, rules: CustomsRules) -> list[Reason]:
    """Compare parties, currency and dates."""
    held, name = list[Reason](), f"declaration {claim.reference}"
    about = {"reference": claim.reference}
    if declaration.cancelled:
        held.append(reason("Cancelled", f"{name} was taken back by the authority", **about))
    for whom, stands, ours in (
        ("exporter", declaration.exporter, claim.sellers),
        ("importer", declaration.importer, claim.buyers),
    ):
        if not plain(stands) or plain(stands) not in {plain(one) for one in ours}:
            party = "creditor" if whom == "exporter" else "debtor"
            text = f"the {whom} in {name} is not the {party}"
            held.append(reason("OtherParty", text, party=party, **about))
    if declaration.currency != claim.currency:
        text = f"{name} is in {declaration.currency}, the obligation in {claim.currency}"
        held.append(reason("OtherCurrency", text, **about))
    apart = abs((claim.date - declaration.date).days)
    if apart > rules.days:
        text = f"invoice and {name} are {apart} days apart, more than {rules.days}"
        held.append(reason("DatesApart", text, **about))
    return held


def _amounts(
    claim: Claim, said: tuple[str, int, int], goods: _Goods, rules: CustomsRules
) -> list[Reason]:
    """Compare value, quantity and price of goods under one code."""
    code, value, quantity = said
    held, about = list[Reason](), {"reference": claim.reference, "goods": code}
    where = f"declaration {claim.reference}, goods {code}"
    used = f", of which {goods.used_value} is used" if goods.used_value else ""
    if value <= 0:
        held.append(reason("NoValue", f"{where}: the invoice says no value", **about))
    elif value + goods.used_value > _most(goods.value, rules.value_share):
        text = f"{where}: the invoice says {value}, declared is {goods.value}{used}"
        held.append(reason("ValueAboveDeclared", text, **about))
    if not goods.quantity and not quantity:
        return held
    used = f", of which {goods.used_quantity} is used" if goods.used_quantity else ""
    if quantity <= 0:
        held.append(reason("NoQuantity", f"{where}: the invoice says no quantity", **about))
    elif quantity + goods.used_quantity > _most(goods.quantity, rules.quantity_share):
        text = f"{where}: the invoice says {quantity} thousandths of a unit, declared is " \
               f"{goods.quantity}{used}"  # fmt: skip
        held.append(reason("QuantityAboveDeclared", text, **about))
    ours, theirs = value * goods.quantity, goods.value * quantity
    if quantity > 0 and abs(ours - theirs) > theirs * rules.price_share:
        text = f"{where}: a unit costs {_times(ours, theirs)} of what was declared"
        held.append(reason("PriceOff", text, **about))
    return held


def _most(declared: int, share: Fraction) -> int:
    return declared + int(declared * share)


def _times(ours: int, theirs: int) -> str:
    """Write a ratio in whole per cent; of nothing it is beyond counting."""
    return f"{100 * ours // theirs} %" if theirs else "many times"
