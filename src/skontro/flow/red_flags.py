# SPDX-License-Identifier: Apache-2.0
"""Signs of laundering by trade, looked for at every cut-off; a case for each, decided by two.

A look is kept: what was looked at, against what, by which rules. What it says is the same
whenever it is asked, so a verdict that names its look is derived again. A flag that two people
explained lets its obligation go on until the obligation, the rules or what the flag is about
change.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, NoSuchFile
from skontro.core.money import exponents
from skontro.core.obligations import NO_DUE_DAY
from skontro.flow.cases import case_record
from skontro.flow.goods import Traded, columns_of, tolerances_of
from skontro.flow.traded import places_of_sides
from skontro.gate.outcome import HELD, RELEASED, Judged, JudgedMany, Reason, judged, reason
from skontro.gate.red_flags import (
    BUYS,
    RULES_VERSION,
    SELLS,
    Firm,
    FlagRules,
    History,
    Spread,
    Traffic,
    judge_flags,
    shipments_of,
    usual_goods,
)
from skontro.gate.trade import Texts
from skontro.house.acts import Signer
from skontro.messages.trade_rows import Trades
from skontro.store.cycles import eligible_obligations
from skontro.store.database import Unit
from skontro.store.flags import (
    cleared_in,
    finals_before,
    flag_cases,
    last_look,
    rates_of,
    records_named,
    traffic_columns,
    volumes_in,
)
from skontro.store.rows import find, insert, next_numbers
from skontro.store.schema import case_event, cycle, flag_look, gate_case
from skontro.store.verdicts import participant_rows

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
LIST = "red flags"
"""Under which name cases on flags stand, beside the names of lists."""

CYCLES = 12
"""How many final runs before a cycle say what volumes are usual."""

GOODS_CYCLES = 4
"""How many of them say what goods cost, and what may come back."""

_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Flagged:
    """What a look says of some obligations, shape (m,).

    Attributes:
        look: Its number.
        judged: Outcome and reasons of each.
        is_flagged: Which have a flag, explained or not.
    """

    look: int
    judged: JudgedMany
    is_flagged: NDArray[np.bool_]


@dataclass(frozen=True)
class Looked:
    """What a look came to, before decisions are counted.

    Attributes:
        look: Its number.
        numbers: What was looked at, rising, shape (m,).
        found: The flags of each.
        rules: By which rules.
    """

    look: int
    numbers: Int64
    found: JudgedMany
    rules: FlagRules


Key = tuple[str, str, str]
"""Digest of an obligation's content, code of a flag, digest of what it is about."""


def key_of(content: bytes, why: Mapping[str, Any], rules: FlagRules) -> Key:
    """Return what a decision on a flag is about: everything but the figures in its sentence.

    Args:
        content: Digest of the obligation's content.
        why: The flag.
        rules: By which it was raised.

    Example:
        >>> rules = FlagRules()
        >>> one = reason("PriceFarOff", "costs 900", goods="100630")
        >>> key_of(b"a", one, rules) == key_of(b"a", {**one, "text": "costs 901"}, rules)
        True
    """
    about = {name: value for name, value in why.items() if name != "text"}
    text = canonical_json([RULES_VERSION, rules.digest, about])
    return content.hex(), str(why["code"]), hashlib.sha256(text).hexdigest()


def with_decisions(
    whys: Iterable[Reason], content: bytes, decided: Mapping[Key, tuple[int, str]],
    rules: FlagRules,
) -> Judged:  # fmt: skip
    """Return what flags say of an obligation, some of them decided.

    Args:
        whys: The flags.
        content: Digest of the obligation's content.
        decided: Number and state of the case on each that has one.
        rules: By which they were raised.

    Example:
        >>> one, rules = reason("PriceFarOff", "costs 900", goods="100630"), FlagRules()
        >>> decided = {key_of(b"a", one, rules): (7, "cleared")}
        >>> with_decisions([one], b"a", decided, rules).outcome
        'released'
    """
    said, outcome = list[Reason](), RELEASED
    for why in whys:
        case, state = decided.get(key_of(content, why, rules), (0, "open"))
        if state in ("cleared", "released"):
            said.append(reason(
                "FlagExplained", f"flag {why['code']} is explained by case {case}",
                flag=why["code"], case=case, state=state, about=key_of(content, why, rules)[2],
            ))  # fmt: skip
            continue
        outcome = HELD
        said.append(dict(why))
    return Judged(outcome, judged(said).reasons)


class RedFlags:
    """Signs of laundering by trade."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._known: Looked | None = None

    @property
    def _rules(self) -> FlagRules:
        return tolerances_of(self.house.rules).flags

    # ---- looking -----------------------------------------------------------------------------

    def look_ahead(self, cycle_id: str, who: str, signer: Signer) -> dict[str, Any]:
        """Look for flags in what would be entered into a cycle now, so that cases can be decided.

        Args:
            cycle_id: A cycle that is open and has its fixing.
            who: A compliance officer.
            signer: Their key.

        Returns:
            ``look``, how many were ``looked`` at and have a flag (``raised``), and ``cases``.

        Raises:
            Forbidden: They may not see what the gate holds.
            Conflict: The cycle is not open, or has no fixing.
        """
        house = self.house
        with house.database.unit("flags.look", exclusive=True) as unit:
            house.check_writable(unit)
            house.people.may_see(unit, who, signer)
            row = find(unit, cycle, id=cycle_id)
            if row is None:
                raise NoSuchFile(f"there is no cycle {cycle_id}", code="NoSuchCycle")
            rates = json.loads(rates_of(unit, cycle_id))
            if row.state != "open" or not rates:
                raise Conflict(f"cycle {cycle_id} is not open, or has no fixing",
                               code="OutOfOrder")  # fmt: skip
            day = (datetime.date.fromisoformat(row.business_day) - _EPOCH).days
            rows = eligible_obligations(unit, day, list(rates), lock=False)
            look = self.look(unit, cycle_id, rows.number, rows.content_digest)
            raised = rows.number[look.is_flagged].tolist()
            house.note(unit, "gate.flags", {"look": look.look, "digest": self._digest(unit)},
                       cycle=cycle_id)  # fmt: skip
            return {
                "look": look.look, "looked": len(rows), "raised": len(raised),
                "cases": sorted(row.id for row in flag_cases(unit, raised) if row.state == "open"),
            }  # fmt: skip

    def table(
        self, who: str, signer: Signer, *, after: int = 0, most: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the flags that wait for a decision, the oldest first, with their reasons.

        Args:
            who: A compliance officer, or the authority.
            signer: Their key.
            after: Those of cases from after this number on.
            most: How many at most.

        Raises:
            Forbidden: They may not see what the gate holds.
        """
        cases = self.house.cases
        waiting = cases.work_list(who, signer, on_list=LIST, after=after, most=most)
        with self.house.database.read() as unit:
            shown = [cases.shown(unit, one["case"]) for one in waiting]
        return [
            {"case": one["case"], "obligation": (one["evidence"] or {}).get("obligation"),
             "flag": one["about"], "text": one["says"],
             "age_days": one["age_days"]}
            for one in shown
        ]  # fmt: skip

    def _digest(self, unit: Unit) -> str:
        return str(last_look(unit).digest)

    def look(
        self,
        unit: Unit,
        cycle_id: str,
        numbers: Int64,
        content: NDArray[np.uint8],
        trades: Trades | None = None,
    ) -> Flagged:
        """Look for flags, keep the look, and open a case for each flag that has none.

        Args:
            unit: An exclusive unit of work.
            cycle_id: The cycle they are entered into.
            numbers: The obligations, rising, shape (m,).
            content: Digests of their content, shape (m, 32).
            trades: What they are for, m rows; read from the tables if not given.

        Returns:
            What is said of each.
        """
        rates, rules = rates_of(unit, cycle_id), self._rules
        traffic = self._traffic(unit, numbers, rates, trades)
        earlier, history = self._history(unit, cycle_id, traffic)
        found = judge_flags(traffic, history, rules)
        number = next_numbers(unit, flag_look)[0]
        packed = [_packed(numbers.astype("<i8")), _packed(earlier.astype("<i8"))]
        usual = zlib.compress(canonical_json(_usual(history)))
        digest = hashlib.sha256(b"".join(
            hashlib.sha256(part).digest() for part in (*packed, usual, rates.encode())
        )).hexdigest()  # fmt: skip
        insert(
            unit, flag_look, id=number, cycle=cycle_id,
            rules=canonical_json(
                [RULES_VERSION, rules.digest, rates, rules.as_mapping()]
            ).decode(),
            obligations=packed[0], earlier=packed[1], usual=usual, digest=digest,
            raised=int((~found.released).sum()), looked_at=self.house.at,
        )  # fmt: skip
        known = Looked(number, traffic.number, found, rules)
        unit.after.append(lambda: self._remember(known))
        self._open_cases(unit, number, known, numbers, content)
        return self._said(unit, known, numbers, content)

    def _remember(self, known: Looked) -> None:
        self._known = known

    def standing(
        self, unit: Unit, numbers: Int64, content: NDArray[np.uint8]
    ) -> Flagged | None:
        """Return what the last look says of obligations; None where there was none.

        Args:
            unit: The unit of work.
            numbers: The obligations, shape (m,).
            content: Digests of their content, shape (m, 32).
        """
        row = last_look(unit)
        return None if row is None else self._said(unit, self._again(unit, row), numbers, content)

    def _again(self, unit: Unit, row: Any) -> Looked:
        """Return what a look says, derived again from what was kept of it."""
        if self._known is None or self._known.look != row.id:
            parts = [bytes(row.obligations), bytes(row.earlier), bytes(row.usual)]
            version, digest, rates, *said = json.loads(row.rules)
            whole = hashlib.sha256(b"".join(
                hashlib.sha256(part).digest() for part in (*parts, rates.encode())
            )).hexdigest()  # fmt: skip
            if whole != row.digest:
                raise Conflict(f"look {row.id} for flags is not what it was", code="LookChanged")
            rules = FlagRules.from_mapping(said[0] if said else {})
            if (version, digest) != (RULES_VERSION, rules.digest):
                raise Conflict(f"look {row.id} is by rules of another release", code="LookChanged")
            numbers, earlier = (_unpacked(part) for part in parts[:2])
            traffic = self._traffic(unit, numbers, rates)
            before = self._traffic(unit, earlier, rates)
            history = _history_of(json.loads(zlib.decompress(parts[2])), before)
            found = judge_flags(traffic, history, rules)
            self._known = Looked(row.id, traffic.number, found, rules)
        return self._known

    def _said(
        self, unit: Unit, known: Looked, numbers: Int64,
        content: NDArray[np.uint8],
    ) -> Flagged:  # fmt: skip
        """Return what a look says of some obligations, decisions counted."""
        looked, found = known.numbers, known.found
        flagged = looked[~found.released]
        is_flagged = np.isin(numbers, flagged)
        rows = np.flatnonzero(is_flagged).tolist()
        decided = {
            (row.subject_digest, row.about, row.entry_digest): (row.id, row.state)
            for row in flag_cases(unit, numbers[is_flagged].tolist())
        }
        which, said = np.zeros(len(numbers), np.int64), [Judged()]
        for row, place in zip(rows, np.searchsorted(looked, numbers[is_flagged]), strict=True):
            which[row] = len(said)
            whys = found.at(int(place)).reasons
            said.append(with_decisions(whys, content[row].tobytes(), decided, known.rules))
        return Flagged(known.look, JudgedMany.gathered(which, said), is_flagged)

    def again(
        self, unit: Unit, look: int, number: int, content: bytes,
        decided: Mapping[Key, tuple[int, str]],
    ) -> Judged:  # fmt: skip
        """Return what a look said of one obligation.

        Args:
            unit: A reading.
            look: Number of the look.
            number: The obligation.
            content: Digest of its content.
            decided: What was decided then.

        Raises:
            Conflict: The look is not what it was.
        """
        row = find(unit, flag_look, id=look)
        if row is None:
            raise Conflict(f"there is no look {look}", code="LookChanged")
        known = self._again(unit, row)
        place = int(np.searchsorted(known.numbers, number))
        if place >= len(known.numbers) or known.numbers[place] != number:
            return Judged()
        return with_decisions(known.found.at(place).reasons, content, decided, known.rules)

    # ---- what is looked at -------------------------------------------------------------------

    def _traffic(
        self, unit: Unit, numbers: Int64, rates: str, trades: Trades | None = None
    ) -> Traffic:
        """Return obligations as flags look at them; what makes good an earlier one is left out."""
        columns = traffic_columns(unit, numbers)
        kept = columns["opposite_of"] == 0
        number, debtor, creditor, amount, day = (
            columns[name][kept]
            for name in ("number", "debtor", "creditor", "amount_minor", "document_day")
        )
        currency = columns["currency"].filter(pa.array(kept)).dictionary_encode()
        if trades is None:
            trades = self.house.goods.trades_of(unit, number)
        elif not kept.all():
            trades = trades.take(np.flatnonzero(kept))
        place, sides = places_of_sides(self.house, unit, [debtor, creditor])
        traded = Traded(place[0], place[1], sides, amount, trades)
        paper_day = np.where(trades.paper_day == NO_DUE_DAY, 0, trades.paper_day)
        codes = currency.dictionary.to_pylist()
        index = np.asarray(currency.indices.to_numpy(zero_copy_only=False), np.int32)
        return Traffic(
            columns_of(traded), number, debtor, creditor, Texts(index, codes),
            self._worth(amount, index, codes, json.loads(rates)),
            np.where(day > 0, day, paper_day).astype(np.int32),
        )  # fmt: skip

    def _worth(
        self, amount: Int64, index: NDArray[np.int32], codes: Sequence[str],
        rates: Mapping[str, str],
    ) -> Int64:  # fmt: skip
        """Return amounts at a fixing, minor units of the house's unit, rounded down."""
        worth = np.zeros(len(amount), np.int64)
        for place, code in enumerate(codes):
            rows = np.flatnonzero(index == place)
            above, below = self._rate(code, rates)
            worth[rows] = [min(one * above // below, 2**62) for one in amount[rows].tolist()]
        return worth

    def _rate(self, code: str, rates: Mapping[str, str]) -> tuple[int, int]:
        """Return a rate between minor units; nought for a currency without one."""
        above, _, below = rates.get(code, "0/1").partition("/")
        decimals = exponents()
        mine, ours = decimals.get(self.house.unit, 2), decimals[code]
        return int(above) * 10**mine, int(below) * 10**ours

    def _history(self, unit: Unit, cycle_id: str, traffic: Traffic) -> tuple[Int64, History]:
        """Return what was before: numbers of what cleared lately, and what was usual."""
        finals = finals_before(unit, cycle_id, CYCLES)
        lately = [number for number, _ in finals[:GOODS_CYCLES]]
        cleared = cleared_in(unit, lately) if lately else np.zeros(0, np.int64)
        before = self._traffic(unit, cleared, rates_of(unit, cycle_id))
        prices, weights = usual_goods(before)
        first = int(traffic.day.min(initial=2**30)) - self._rules.round_trips.days
        earlier = before.number[before.day >= first]
        if len(earlier) < len(before):
            before = self._traffic(unit, earlier, rates_of(unit, cycle_id))
        volumes, many = self._volumes(unit, finals)
        spreads = {key: spread_of_volumes(values) for key, values in volumes.items()}
        is_young = len(finals) < self._rules.least_cycles
        firms = {} if is_young else self._firms(unit, traffic, many)
        return earlier, History(
            prices, weights, spreads, {}, firms, shipments_of(before) if len(before) else
            History().shipments,
        )  # fmt: skip

    def _volumes(
        self, unit: Unit, finals: Sequence[tuple[int, str]]
    ) -> tuple[dict[tuple[int, str], list[int]], dict[int, int]]:
        """Return what firms sold and bought in each of some final runs, and how many there were."""
        found, many = dict[tuple[int, str], list[int]](), dict[int, int]()
        for run, name in finals:
            rates = json.loads(rates_of(unit, name))
            here = dict[tuple[int, str], int]()
            for debtor, creditor, code, total, number in volumes_in(unit, run):
                above, below = self._rate(code, rates)
                worth = total * above // below
                for key in ((creditor, SELLS), (debtor, BUYS)):
                    here[key] = here.get(key, 0) + worth
                    many[key[0]] = many.get(key[0], 0) + number
            for key, total in here.items():
                found.setdefault(key, []).append(min(total, 2**62))
        return found, many

    def _firms(self, unit: Unit, traffic: Traffic, many: Mapping[int, int]) -> dict[int, Firm]:
        """Return what is known of firms with large sums; others cannot look like shells."""
        large = set[int]()
        for parties in (traffic.creditor, traffic.debtor):
            numbers, index = np.unique(parties, return_inverse=True)
            sums = np.zeros(len(numbers), np.int64)
            np.add.at(sums, index, np.minimum(traffic.worth_minor, 2**40))
            large |= set(numbers[sums >= self._rules.large_minor].tolist())
        ids = dict(participant_rows(unit, sorted(large)))
        today = datetime.date.fromisoformat(self.house.today)
        founded, shared = dict[str, int | None](), dict[tuple[str, str], set[str]]()
        for firm, what, content in records_named(unit, ("founded", "address", "owner")):
            if what == "founded":
                founded[firm] = _age(content, today)
            else:
                shared.setdefault((what, content), set()).add(firm)
        others = dict[str, set[str]]()
        for firms in shared.values():
            for firm in firms if len(firms) > 1 else ():
                others.setdefault(firm, set()).update(firms - {firm})
        return {
            number: Firm(founded.get(firm), many.get(number, 0), len(others.get(firm, ())))
            for number, firm in ids.items()
        }

    # ---- cases -------------------------------------------------------------------------------

    def _open_cases(
        self, unit: Unit, look: int, known: Looked, numbers: Int64,
        content: NDArray[np.uint8],
    ) -> None:  # fmt: skip
        looked, found = known.numbers, known.found
        flagged = np.flatnonzero(~found.released)
        there = {
            (row.subject, row.subject_digest, row.about, row.entry_digest)
            for row in flag_cases(unit, looked[flagged].tolist())
        }
        for place in flagged.tolist():
            number = int(looked[place])
            digest = content[int(np.searchsorted(numbers, number))].tobytes()
            for why in found.at(place).reasons:
                key = key_of(digest, why, known.rules)
                if (number, *key) not in there:
                    self._open(unit, look, number, key, why)
                    there.add((number, *key))

    def _open(self, unit: Unit, look: int, number: int, key: Key, why: Reason) -> None:
        """Open a case on a flag; what it says lies in the register."""
        case = next_numbers(unit, gate_case)[0]
        record = case_record(self.house, unit, case, "evidence", {
            "obligation": number, "look": look, "flag": dict(why),
            "subject": {}, "entry": {"text": why["text"]}, "points": [],
        })  # fmt: skip
        insert(
            unit, gate_case, id=case, subject_kind="obligation", subject=number,
            subject_digest=key[0], about=key[1], list_name=LIST, entry=key[1],
            entry_digest=key[2], score=0, evidence=record[0], opened_at=self.house.at,
            state="open",
        )  # fmt: skip
        insert(unit, case_event, gate_case=case, event="opened", at=self.house.at)


def _packed(numbers: NDArray[Any]) -> bytes:
    """Return rising numbers in few bytes."""
    steps = np.diff(numbers, prepend=np.zeros(1, numbers.dtype))
    return zlib.compress(steps.astype("<i8").tobytes())


def _unpacked(packed: bytes) -> Int64:
    return np.cumsum(np.frombuffer(zlib.decompress(packed), "<i8")).astype(np.int64)


def _usual(history: History) -> dict[str, Any]:
    """Return what was usual as plain values; shipments are kept by number."""
    return {
        "prices": [[*key, one.count, one.middle, one.off]
                   for key, one in sorted(history.prices.items())],
        "weights": [[*key, one.count, one.middle, one.off]
                    for key, one in sorted(history.weights.items())],
        "volumes": [[*key, one.count, one.middle, one.off]
                    for key, one in sorted(history.volumes.items())],
        "firms": [[number, one.age_days, one.cleared, one.shared_with]
                  for number, one in sorted(history.firms.items())],
    }  # fmt: skip


def _history_of(usual: Mapping[str, Any], before: Traffic) -> History:
    goods = {
        name: {tuple(key): Spread(*last) for *key, last in (
            (*row[:3], row[3:]) for row in usual[name]
        )}
        for name in ("prices", "weights")
    }  # fmt: skip
    volumes = {(row[0], row[1]): Spread(*row[2:]) for row in usual["volumes"]}
    firms = {number: Firm(*about) for number, *about in usual["firms"]}
    shipments = shipments_of(before) if len(before) else History().shipments
    return History(goods["prices"], goods["weights"], volumes, {}, firms, shipments)


def _spread(values: Sequence[int]) -> Spread:
    """Return what is usual of a few values: their lower median, and how far they lie from it."""
    middle = sorted(values)[(len(values) - 1) // 2]
    offs = sorted(abs(value - middle) for value in values)
    return Spread(len(values), middle, offs[(len(offs) - 1) // 2])


def spread_of_volumes(values: Sequence[int]) -> Spread:
    """Return what is usual of a firm's volumes: their lower median, and how far above it they went.

    Firms trade in fits and starts: the median of the distances says next to nothing of one that
    sells much every third cycle. The farthest it ever went above its middle is what a sudden volume
    has to leave several times behind; of a steady firm that is little, and its middle counts.

    Example:
        >>> spread_of_volumes([100, 110, 95]), spread_of_volumes([10, 20, 300])
        (Spread(count=3, middle=100, off=10), Spread(count=3, middle=20, off=280))
    """
    middle = sorted(values)[(len(values) - 1) // 2]
    return Spread(len(values), middle, max(values) - middle)


def _age(founded: str, today: datetime.date) -> int | None:
    try:
        return max(0, (today - datetime.date.fromisoformat(founded)).days)
    except ValueError:
        return None

