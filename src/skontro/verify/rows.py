# SPDX-License-Identifier: Apache-2.0
"""Rows of obligations, millions at a time: which are accepted, which refused, which repeat."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.verify.amounts import (
    exponents,
    odd_ids,
    read_amounts,
    read_days,
    shown,
    why_no_amount,
    why_no_id,
)
from skontro.verify.network import Inputs, Participants
from skontro.verify.tables import Table, bits, coded_text, is_text, text_of
from skontro.verify.text import NO_DAY, Text, TextIndex, as_text, first_of_each, make_text
from skontro.verify.verdict import ClaimFailed, require

Int64 = NDArray[np.int64]
AMOUNTS = ("amount", "amount_minor")
NO_DATE = -(2**31)
YEAR_1 = -719162
YEAR_10000 = 2932897


class Reading:
    """The obligations being read; each row keeps the first fault found in it.

    Args:
        table: The rows as they came.
        base: Ids of firms, distinct.
        known: How many of these are the only ones there may be, -1 if any may.
    """

    def __init__(self, table: Table, base: pa.Array, known: int) -> None:
        self.table = table
        self.firms = base
        self.known = known
        self.fault: dict[int, tuple[str, str]] = {}
        self.bad = np.zeros(table.rows, np.bool_)
        self.id = pa.array([], pa.large_string())
        self.id_text = Text(np.zeros(1, np.int64), np.zeros(0, np.uint8))
        self.debtor = np.zeros(0, np.int32)
        self.creditor = np.zeros(0, np.int32)
        self.minor = np.zeros(0, np.int64)
        self.due_day = np.zeros(0, np.int32)
        self.currency = np.zeros(0, np.int32)
        self.codes: list[str] = []
        self.number = np.zeros(0, np.int32)
        self.repeated = np.zeros(0, np.int64)
        self._base = len(base)
        self._first = np.zeros(0, np.int32)
        self._present = np.zeros(0, np.bool_)
        self._odd_ids: dict[int, str] = {}
        for name in ("id", "debtor", "creditor", "currency"):
            require(name in table.names, f"the obligations have no column {name}")
        require(any(name in table.names for name in AMOUNTS), "there is no column amount")

    def mark(self, places: Any, field: str, code: str) -> None:
        """Refuse rows, unless they are refused already."""
        for k in places:
            self.fault.setdefault(int(k), (field, code))
            self.bad[k] = True

    def read_ids(self, column: pa.ChunkedArray) -> None:
        """Read the ids and find which stand more than once."""
        self.id = text_of(column)
        self.id_text = as_text(self.id)
        for k in odd_ids(self.id_text).tolist():
            code = why_no_id(self.id_text.value(k))
            if code:
                self._odd_ids[k] = code
        self._first = first_of_each(self.id_text)

    def read_firms(self) -> None:
        """Number debtors and creditors by the firms known, learning new ones as they come."""
        index = TextIndex(as_text(self.firms))
        found = []
        for name in ("debtor", "creditor"):
            text = text_of(self.table.column(name))
            number = index.find(as_text(text))
            if number.size and int(number.min()) < 0:
                number = self._learn(text, number)
            found.append(number)
        self.debtor, self.creditor = found

    def _learn(self, text: pa.Array, number: NDArray[np.int32]) -> NDArray[np.int32]:
        missing = np.flatnonzero(number < 0)
        strange = text.take(pa.array(missing))
        fresh = pc.unique(strange)
        old = len(self.firms)
        # a text learnt from the first column may come again in the second
        learnt = self.firms.slice(self._base, old - self._base)
        seen = pc.index_in(fresh, learnt)
        new = fresh.filter(pc.is_null(seen))
        self.firms = pa.concat_arrays([self.firms, new])
        place = pc.index_in(strange, self.firms).to_numpy(zero_copy_only=False)
        number[missing] = place.astype(np.int32)
        return number

    def check_firms(self) -> None:
        """Ids first, then firms: their form, a firm owing itself, firms nobody knows."""
        for k in sorted(self._odd_ids):
            self.mark([k], "id", self._odd_ids[k])
        odd = odd_ids(as_text(self.firms)).tolist()
        faults = {f: why_no_id(self.firms[f].as_py()) for f in odd}
        faults = {f: code for f, code in faults.items() if code}
        for name, who in (("debtor", self.debtor), ("creditor", self.creditor)):
            if faults:
                for k in np.flatnonzero(np.isin(who, list(faults))).tolist():
                    self.mark([k], name, faults[int(who[k])])
        self.mark(np.flatnonzero(self.debtor == self.creditor), "creditor", "SelfObligation")
        if self.known >= 0 and len(self.firms) > self.known:
            self.mark(np.flatnonzero(self.debtor >= self.known), "debtor", "UnknownParticipant")
            self.mark(
                np.flatnonzero(self.creditor >= self.known), "creditor", "UnknownParticipant"
            )

    def read_currencies(self, rates: dict[str, Fraction] | None) -> None:
        """Currencies: of ISO 4217, and with a rate where there is a fixing."""
        self.check_firms()
        index, texts = coded_text(self.table.column("currency"))
        self.codes = sorted(set(texts))
        place = {code: k for k, code in enumerate(self.codes)}
        self.currency = np.array([place[text] for text in texts], np.int32)[index]
        self._present = np.bincount(self.currency, minlength=len(self.codes)) > 0
        for known, code in ((exponents(), "UnknownCurrency"), (rates, "NoRate")):
            which = [
                k for k, text in enumerate(self.codes)
                if self._present[k] and known is not None and text not in known
            ]
            if which:
                self.mark(np.flatnonzero(np.isin(self.currency, which)), "currency", code)

    def read_amounts(self) -> None:
        """Amounts in minor units; where both columns stand they must agree."""
        places = np.array([exponents().get(code, 0) for code in self.codes], np.int8)
        first = True
        for name in AMOUNTS:
            if name not in self.table.names:
                continue
            width = places if name == "amount" else np.zeros_like(places)
            minor = self._amounts(name, width[self.currency])
            if first:
                self.minor = minor
                first = False
            else:
                self.mark(np.flatnonzero(minor != self.minor), name, "AmountsDisagree")

    def _amounts(self, name: str, places: NDArray[np.int8]) -> Int64:
        column = self.table.column(name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_decimal(kind):
            texts, empty = _decimal_texts(column), "EmptyAmount"
        elif pa.types.is_integer(kind):
            if name == "amount_minor" and column.null_count == 0 and kind == pa.int64():
                return self._plain_integers(column, name)
            texts, empty = text_of(column), "EmptyAmount"
        else:
            texts, empty = text_of(column), ""
        text = as_text(texts)
        minor = read_amounts(text, places)
        for k in np.flatnonzero(minor < 0).tolist():
            value = text.value(k)
            code = (why_no_amount(value, int(places[k])) if value or not empty else empty)
            if empty:
                code = _typed_code(value, int(places[k]), code)
            if code:
                self.mark([k], name, code)
                minor[k] = 0
            else:
                whole, _, part = value.partition(".")
                minor[k] = int(whole + part.ljust(int(places[k]), "0"))
        return minor

    def _plain_integers(self, column: pa.ChunkedArray, name: str) -> Int64:
        minor = column.to_numpy()
        wrong = np.flatnonzero((minor <= 0) | (minor >= 2**62))
        if wrong.size:
            minor = minor.copy()
            for k in wrong.tolist():
                value = int(minor[k])
                code = "AmountTooLarge" if value > 0 else "NegativeAmount"
                self.mark([k], name, code if value else "ZeroAmount")
                minor[k] = 0
        return np.asarray(minor, np.int64)

    def read_due_days(self) -> None:
        """Due dates; what is no date refuses the row."""
        if "due_date" not in self.table.names:
            self.due_day = np.full(self.table.rows, NO_DAY, np.int32)
            return
        column = self.table.column("due_date")
        kind = column.type
        if pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
            days = column.cast(pa.date32(), safe=False).cast(pa.int32())
            self.due_day = pc.fill_null(days, NO_DAY).to_numpy().astype(np.int32)
            given = self.due_day[~column.is_null().to_numpy()]
            if given.size and (given.min() < YEAR_1 or given.max() >= YEAR_10000):
                strange = (self.due_day < YEAR_1) | (self.due_day >= YEAR_10000)
                strange &= ~column.is_null().to_numpy()
                self.mark(np.flatnonzero(strange), "due_date", "InvalidDueDate")
                self.due_day[strange] = -1
            return
        if not is_text(kind) and not pa.types.is_null(kind):
            raise ClaimFailed("the due dates are of a type that holds none")
        index, texts = coded_text(column)
        days = read_days(make_text(texts))[index]
        wrong = np.flatnonzero(days == NO_DATE)
        self.mark(wrong, "due_date", "InvalidDueDate")
        if wrong.size:
            days[wrong] = -1
        self.due_day = days

    def find_repeats(self) -> None:
        """An id that stands again with the same content counts once; with another, not at all."""
        again = np.flatnonzero(self._first != np.arange(len(self._first)))
        if not again.size:
            return
        first = self._first[again]
        differs = np.zeros(len(again), np.bool_)
        valid = ~self.bad
        for column in (self.debtor, self.creditor, self.currency, self.due_day):
            differs |= column[again] != column[first]
        amount = np.where(valid, self.minor, -1)
        differs |= amount[again] != amount[first]
        known = {"id", "debtor", "creditor", "currency", "due_date", *AMOUNTS}
        for name in self.table.names:
            if name not in known:
                column = self.table.column(name)
                a, b = column.take(pa.array(again)), column.take(pa.array(first))
                if pa.types.is_dictionary(a.type):
                    a, b = pc.cast(a, a.type.value_type), pc.cast(b, b.type.value_type)
                if pa.types.is_floating(a.type):  # not money: not-a-number is itself here
                    a, b = bits(a), bits(b)
                same = pc.or_kleene(pc.equal(a, b), pc.and_(pc.is_null(a), pc.is_null(b)))
                differs |= ~pc.fill_null(same, False).to_numpy(zero_copy_only=False)
        conflict = np.zeros(len(self._first), np.bool_)
        conflict[first[differs]] = True
        marked = conflict[self._first]
        self.mark(np.flatnonzero(marked), "id", "DuplicateObligation")
        self.repeated = again[~self.bad[again]]

    def kept(self) -> NDArray[np.bool_]:
        """Which rows are accepted."""
        keep = ~self.bad
        keep[self.repeated] = False
        return keep

    def used_firms(self) -> Int64:
        """Places of the firms of accepted rows."""
        keep = self.kept()
        used = np.zeros(len(self.firms), np.bool_)
        used[self.debtor if keep.all() else self.debtor[keep]] = True
        used[self.creditor if keep.all() else self.creditor[keep]] = True
        return np.flatnonzero(used)

    def firm_names(self) -> list[str]:
        """Every id that stands as debtor or creditor, in accepted rows or not."""
        used = np.unique(np.concatenate([self.debtor, self.creditor]))
        names: list[str] = self.firms.take(pa.array(used)).to_pylist()
        return names

    def rejections(self) -> list[tuple[int, str, str, str]]:
        """Row, field, value and code of every refused row, by row."""
        found = list(self.table.refused)
        columns: dict[str, pa.ChunkedArray] = {}
        for k, (field, code) in self.fault.items():
            if field not in columns:
                columns[field] = self.table.column(field)
            value = text_of(columns[field].slice(k, 1))[0].as_py()
            found.append((int(self.table.number[k]), field, shown(value or ""), code))
        return sorted(found)

    def finish(
        self,
        people: Participants,
        fixing: tuple[str, dict[str, Fraction]] | None,
        limits: list[tuple[str, str, int]] | None,
        quotas: list[tuple[str, str, str, int]] | None,
    ) -> Inputs:
        """The accepted rows, firms and currencies numbered anew."""
        keep = self.kept()
        everything = bool(keep.all())

        def cut(values: NDArray[Any]) -> NDArray[Any]:
            return values if everything else values[keep]

        currency = cut(self.currency)
        used = np.flatnonzero(np.bincount(currency, minlength=len(self.codes)))
        place = np.zeros(len(self.codes) + 1, np.int16)
        place[used] = np.arange(len(used))
        ids = self.id if everything else self.id.filter(pa.array(keep))
        number = self.number
        same = number.size and bool((number == np.arange(number.size)).all())
        return Inputs(
            id=ids,
            id_text=self.id_text if everything else as_text(ids),
            row=cut(self.table.number),
            debtor=cut(self.debtor) if same else number[cut(self.debtor)],
            creditor=cut(self.creditor) if same else number[cut(self.creditor)],
            amount_minor=cut(self.minor),
            currency_index=place[currency],
            currencies=tuple(self.codes[k] for k in used),
            due_day=cut(self.due_day),
            participants=people,
            fixing=fixing,
            limits=limits,
            quotas=quotas,
            rejections=self.rejections(),
            repeated=len(self.repeated),
            carried=self.table.names,
        )


def _decimal_texts(column: pa.ChunkedArray) -> pa.Array:
    """Exact decimals as text, without the noughts that say nothing."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    texts = []
    for value in column.to_pylist():
        text = "" if value is None else format(value, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        texts.append(text)
    return pa.array(texts, pa.large_string())


def _typed_code(text: str, places: int, code: str) -> str:
    """What a number of an exact type is refused for: it has no form that could be wrong."""
    if text.startswith("-"):
        return "NegativeAmount" if text.strip("-0.") else "ZeroAmount"
    return code
