# SPDX-License-Identifier: Apache-2.0
"""Licences: what each allows, what is left of it, and which obligation may use how much.

A licence is used up by value. An obligation that needs one *reserves* its value when it is
entered, *uses* it when the run is final, and *gives it back* when it drops out. Everything here
is pure: the shell keeps the entries, holds a lock on the licences it is about, asks
:func:`plan_reservations`, and writes what it says in the same unit of work; the entries it reads
then contain what everybody else wrote before, so two at once never use a licence twice. Entries
that say the same again (same licence, obligation, kind) change nothing.

For the seat::

    needing = np.flatnonzero(goods.needs & LICENCE)         # of judge_goods
    wanted = [wanted_of(number, owed, (debtor, creditor), currency, packs, day), ...]
    plan = plan_reservations(wanted, licences, entries, day)
    plan.judged[obligation]        # Judged: released, or held with reasons
    plan.entries                   # to be written

Values in another currency than the licence's are held: a licence is not stretched by a rate.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from skontro.core.errors import Conflict, Rejected
from skontro.core.money import LIMIT_MINOR, exponents
from skontro.gate.goods import Case, judge_case
from skontro.gate.nomenclature import prefix_fault
from skontro.gate.outcome import Judged, Reason, judged, of_lines, reason
from skontro.gate.packs import PacksInForce
from skontro.gate.trade import Line, Owed, is_country

RULES_VERSION = "licences/1"

RESERVE, USE, GIVE_BACK, RETURN = "reserve", "use", "give_back", "return"
ENTRIES = (RESERVE, USE, GIVE_BACK, RETURN)
"""What can be written about a licence and an obligation; give back ends a reservation, return
lowers what was used: by a credit note, or where a final set-off is made good."""


@dataclass(frozen=True)
class Licence:
    """A licence as an authority gave it.

    Attributes:
        id: Its number.
        authority: Who gave it.
        side: On which side it counts.
        holder: Id of the participant it was given to.
        goods: First digits of the HS codes, or classes of services, it is for.
        countries: Countries goods may come from or go to under it, ISO 3166 alpha-2.
        currency: ISO 4217.
        value_minor: How much in all, minor units.
        valid_from: From which day on.
        valid_until: To which day, that day too.
        revoked: Whether the authority took it back.

    Example:
        >>> Licence("L-1", "BAFA", "W", "W001", ("9022",), ("IN",), "EUR", 500,
        ...         datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)).covers("902221")
        True
    """

    id: str
    authority: str
    side: str
    holder: str
    goods: tuple[str, ...]
    countries: tuple[str, ...]
    currency: str
    value_minor: int
    valid_from: datetime.date
    valid_until: datetime.date
    revoked: bool = False

    def covers(self, code: str) -> bool:
        """Tell whether it is for goods under a code."""
        return any(code.startswith(one) for one in self.goods)

    def check(self) -> None:
        """Refuse what cannot be a licence.

        Raises:
            Rejected: Naming what is wrong.
        """
        fault = ""
        if not all([self.id, self.authority, self.side, self.holder]):
            fault = "number, authority, side and holder must be given"
        elif not self.goods or any(prefix_fault(one) for one in self.goods):
            fault = "it names goods by 2 to 10 digits of the HS, or classes of services"
        elif not self.countries or not all(is_country(one) for one in self.countries):
            fault = "it names countries by ISO 3166"
        elif self.currency not in exponents():
            fault = f"{self.currency!r} is not a currency of ISO 4217"
        elif not 0 < self.value_minor < LIMIT_MINOR:
            fault = "its value is above nought and below 2**62 minor units"
        elif self.valid_until < self.valid_from:
            fault = "it ends before it begins"
        if fault:
            raise Rejected(f"licence {self.id}: {fault}", code="InvalidLicence")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written about a licence and an obligation.

    Attributes:
        licence: Its id.
        obligation: Number of the obligation.
        kind: One of :data:`ENTRIES`.
        value_minor: How much, minor units of the licence's currency.
    """

    licence: str
    obligation: int
    kind: str
    value_minor: int


@dataclass(frozen=True, slots=True)
class Need:
    """A licence that one side asks for.

    Attributes:
        side: Which side.
        holders: Ids of the parties there: one of them must hold it.
        goods: Of each line that needs it: its code, and the countries the licence must cover.
        value_minor: Value of these lines, minor units.
        lines: Their numbers, where the obligation has several.
    """

    side: str
    holders: tuple[str, ...]
    goods: tuple[tuple[str, tuple[str, ...]], ...]
    value_minor: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An obligation that needs licences.

    Attributes:
        obligation: Its number.
        licences: Ids of the licences its papers name, in the order they are to be tried.
        needs: What each side asks for.
        currency: ISO 4217.
    """

    obligation: int
    licences: tuple[str, ...]
    needs: tuple[Need, ...]
    currency: str


def wanted_of(
    obligation: int,
    one: Owed,
    parties: tuple[str, str],
    currency: str,
    packs: PacksInForce,
    day: datetime.date,
) -> Wanted:
    """Return which licences an obligation needs, line by line, by the packs of both sides.

    Lines of the same goods, for the same countries, ask for one licence together; other lines may
    have another.

    Args:
        obligation: Its number.
        one: The obligation.
        parties: Ids of debtor and creditor.
        currency: ISO 4217.
        packs: The packs of every side.
        day: The day that counts.
    """
    debtor, creditor = parties
    found = dict[tuple[str, str, tuple[str, ...]], list[tuple[int, Line]]]()
    for number, line in enumerate(one.trade.lines, 1):
        said = judge_case(Case.of(one, line), packs, day)
        asking = {str(why.get("side", "")) for why in said.needed if why["code"] == "NeedsLicence"}
        if "" in asking:
            asking = {one.debtor_side, one.creditor_side}
        for side in asking:
            key = side, line.code, _countries(one, line, side)
            found.setdefault(key, []).append((number, line))
    needs = []
    several = len(one.trade.lines) > 1
    for side, code, countries in sorted(found, key=lambda key: (key[0], found[key][0][0])):
        lines = found[side, code, countries]
        at_home = [(one.debtor_side, debtor), (one.creditor_side, creditor)]
        needs.append(
            Need(
                side, tuple(party for home, party in at_home if home == side),
                ((code, countries),), sum(line.value_minor for _, line in lines),
                tuple(number for number, _ in lines) if several else (),
            )
        )  # fmt: skip
    licences = {paper.number: None for paper in one.trade.papers if paper.kind == "licence"}
    return Wanted(obligation, tuple(licences), tuple(needs), currency)


def _countries(one: Owed, line: Line, side: str) -> tuple[str, ...]:
    """Which countries a side's licence must cover: whence goods come, whither they go."""
    whence = (line.origin,) if side == one.debtor_side else ()
    whither = (*line.transit, line.destination) if side == one.creditor_side else ()
    return tuple(sorted({country for country in (*whence, *whither) if country}))


@dataclass
class Balance:
    """What became of a licence's value.

    Attributes:
        reserved: Value reserved by obligation.
        used: Value used by obligation.
    """

    reserved: dict[int, int] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)

    @property
    def taken_minor(self) -> int:
        """What is no longer free, minor units."""
        return sum(self.reserved.values()) + sum(self.used.values())


def balances(entries: Iterable[Entry]) -> dict[str, Balance]:
    """Return what became of each licence, from what was written in its order.

    Raises:
        Conflict: An entry cannot follow those before it: used or given back without a
            reservation, with another value, or written after it was used.

    Example:
        >>> balances([Entry("L", 7, "reserve", 50), Entry("L", 7, "use", 50)])["L"].taken_minor
        50
    """
    found = dict[str, Balance]()
    for one in entries:
        here = found.setdefault(one.licence, Balance())
        reserved, used = here.reserved.get(one.obligation), here.used.get(one.obligation)
        if one.kind == RETURN and one.value_minor <= (used or 0):
            here.used[one.obligation] = (used or 0) - one.value_minor
        elif reserved == one.value_minor and one.kind in (USE, GIVE_BACK):
            del here.reserved[one.obligation]
            if one.kind == USE:
                here.used[one.obligation] = one.value_minor
        elif one.kind == RESERVE and reserved is None and used is None:
            here.reserved[one.obligation] = one.value_minor
        elif not _repeats(one, reserved, used):
            raise Conflict(
                f"licence {one.licence}: {one.kind} of {one.value_minor} for obligation "
                f"{one.obligation} does not follow what was written before",
                code="LicenceEntry",
            )  # fmt: skip
    return found


def _repeats(one: Entry, reserved: int | None, used: int | None) -> bool:
    """Whether an entry says what stands already."""
    if one.kind == RETURN:
        return False
    if one.kind == GIVE_BACK:
        return reserved is None and used is None
    return one.value_minor in ((reserved, used) if one.kind == RESERVE else (used,))


def left_minor(licence: Licence, balance: Balance | None) -> int:
    """Return what is left of a licence, minor units; never below nought.

    Example:
        >>> licence = Licence("L", "a", "W", "h", ("90",), ("NL",), "EUR", 80,
        ...                   datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
        >>> left_minor(licence, Balance(reserved={7: 50})), left_minor(licence, None)
        (30, 80)
    """
    return max(0, licence.value_minor - (balance.taken_minor if balance else 0))


@dataclass(frozen=True)
class Plan:
    """What is possible for obligations that need licences.

    Attributes:
        judged: By number of the obligation.
        entries: What is to be written.
    """

    judged: dict[int, Judged]
    entries: tuple[Entry, ...]


def plan_reservations(
    wanted: Sequence[Wanted],
    licences: Mapping[str, Licence],
    entries: Iterable[Entry],
    day: datetime.date,
) -> Plan:
    """Say which obligations may reserve which licences; those with lower numbers go first.

    Each side that asks for a licence for some goods needs one, held by who trades there, that
    covers them and has their whole value left; what several goods take of one licence adds up. An
    obligation whose reservation stands keeps it and is judged by the licence as it is now.

    Args:
        wanted: Obligations that need licences.
        licences: All that are known, by id.
        entries: What was written so far, in its order.
        day: The day that counts.

    Raises:
        Conflict: The entries contradict each other.

    Example:
        >>> licence = Licence("L", "a", "W", "W001", ("90",), ("IN",), "EUR", 80,
        ...                   datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
        >>> need = Need("W", ("W001",), (("902221", ("IN",)),), 50)
        >>> ask = [Wanted(number, ("L",), (need,), "EUR") for number in (1, 2)]
        >>> plan = plan_reservations(ask, {"L": licence}, [], datetime.date(2026, 6, 1))
        >>> plan.judged[1].outcome, plan.judged[2].reasons[0]["text"]
        ('released', 'licence L has 30 left, 50 is needed')
    """
    book = Reservations(licences, entries, day)
    said, written = dict[int, Judged](), list[Entry]()
    for one in sorted(wanted, key=lambda one: one.obligation):
        said[one.obligation], takes = book.judge(one)
        book.take(takes)
        written += takes
    return Plan(said, tuple(written))


class Reservations:
    """What is left of licences, while one obligation after the other is judged.

    Args:
        licences: All that are known, by id.
        entries: What was written so far, in its order.
        day: The day that counts.
    """

    def __init__(
        self, licences: Mapping[str, Licence], entries: Iterable[Entry], day: datetime.date
    ) -> None:
        self._licences, self._day = licences, day
        self._known = balances(entries)

    def judge(self, one: Wanted) -> tuple[Judged, tuple[Entry, ...]]:
        """Say whether an obligation may reserve what it needs, and what is to be written then.

        Args:
            one: The obligation.

        Returns:
            Released, or held with reasons; and what is not reserved or used for it already.
        """
        held, wanted = list[Reason](), dict[str, int]()
        for need in one.needs:
            faults = list[Reason]()
            chosen = self._chosen(one, need, wanted, faults)
            if chosen is None:
                held += [of_lines(why, need.lines) for why in faults]
                continue
            wanted[chosen] = wanted.get(chosen, 0) + need.value_minor
        takes = []
        for name, value in wanted.items():
            balance = self._known.get(name, Balance())
            if one.obligation not in balance.reserved and one.obligation not in balance.used:
                takes.append(Entry(name, one.obligation, RESERVE, value))
        return judged(held), () if held else tuple(takes)

    def take(self, entries: Iterable[Entry]) -> None:
        """Count entries as written."""
        for one in entries:
            balance = self._known.setdefault(one.licence, Balance())
            balance.reserved[one.obligation] = one.value_minor

    def _chosen(
        self, one: Wanted, need: Need, wanted: Mapping[str, int], faults: list[Reason]
    ) -> str | None:
        """Return the first licence that will do for some goods; say why none does.

        Args:
            one: The obligation.
            need: What a side asks for.
            wanted: What its other goods take of each licence.
            faults: Told why a licence will not do.
        """
        for name in one.licences:
            licence = self._licences.get(name)
            if licence is not None and licence.side != need.side:
                continue
            fault = _fault(need, licence, one.currency, self._day)
            whole = need.value_minor + wanted.get(name, 0)
            fault = fault or _value_fault(
                one.obligation, whole, self._licences[name], self._known.get(name)
            )
            if not fault:
                return name
            text = f"licence {name} {fault}"
            faults.append(reason("LicenceNotUsable", text, side=need.side, licence=name))
        if not faults:
            text = f"side {need.side} asks for a licence, and the papers name none of that side"
            faults.append(reason("NoLicence", text, side=need.side))
        return None


def _fault(need: Need, licence: Licence | None, currency: str, day: datetime.date) -> str:
    """Say why a licence will not do, whatever is left of it; empty where it will."""
    if licence is None:
        return "is not known to the house"
    if licence.revoked:
        return "was revoked"
    if not licence.valid_from <= day <= licence.valid_until:
        return f"is valid from {licence.valid_from} to {licence.valid_until}, not on {day}"
    if licence.holder not in need.holders:
        return "was given to somebody else"
    for code, countries in need.goods:
        if not licence.covers(code):
            return f"does not cover {code}"
        for country in countries:
            if country not in licence.countries:
                return f"does not cover {country}"
    if licence.currency != currency:
        return f"is in {licence.currency}, the obligation in {currency}"
    if need.value_minor <= 0:
        return "cannot cover a value that is not above nought"
    return ""


def _value_fault(obligation: int, value: int, licence: Licence, balance: Balance | None) -> str:
    balance = balance or Balance()
    standing = balance.reserved.get(obligation, balance.used.get(obligation))
    if standing is not None and standing < value:
        return f"stands for {standing} of this obligation, {value} is needed"
    left = licence.value_minor - balance.taken_minor + (standing or 0)
    if left < value:
        return f"has {max(0, left)} left, {value} is needed"
    return ""


def used_up(entries: Iterable[Entry], obligations: Iterable[int]) -> tuple[Entry, ...]:
    """Return what is written when obligations are final: their reservations are used.

    Args:
        entries: What was written so far.
        obligations: Which became final.

    Example:
        >>> used_up([Entry("L", 7, "reserve", 50)], [7, 8])
        (Entry(licence='L', obligation=7, kind='use', value_minor=50),)
    """
    return _ending(entries, obligations, USE)


def given_back(entries: Iterable[Entry], obligations: Iterable[int]) -> tuple[Entry, ...]:
    """Return what is written when obligations drop out: their reservations end.

    What is used stays used: a final run is never undone.

    Args:
        entries: What was written so far.
        obligations: Which dropped out.
    """
    return _ending(entries, obligations, GIVE_BACK)


def _ending(entries: Iterable[Entry], obligations: Iterable[int], kind: str) -> tuple[Entry, ...]:
    which = set(obligations)
    return tuple(
        Entry(licence, obligation, kind, value)
        for licence, balance in sorted(balances(entries).items())
        for obligation, value in sorted(balance.reserved.items())
        if obligation in which
    )
