# SPDX-License-Identifier: Apache-2.0
"""Goods and papers of obligations, judged by the packs of both sides; packs by two people.

A side without a pack holds whatever it has a part in. What nothing is said of, is held.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import Conflict, Rejected
from skontro.core.obligations import NO_DUE_DAY
from skontro.flow.people import handles
from skontro.gate import customs, goods, licences, papers, red_flags
from skontro.gate.customs import CustomsRules
from skontro.gate.goods import judge_goods
from skontro.gate.outcome import JudgedMany, all_together, judged
from skontro.gate.packs import PacksInForce, SidePacks, read_pack
from skontro.gate.papers import PaperRules, judge_papers
from skontro.gate.red_flags import FlagRules
from skontro.gate.trade import NO_DAY, LineColumns, PaperColumns, Texts, TradeColumns
from skontro.house.acts import Signer
from skontro.house.rules import HouseRules
from skontro.house.tolerances import Said
from skontro.house.trade import MOST_LINES, PAPERS
from skontro.messages.trade_rows import LineRows, Trades, places_in
from skontro.store.database import Unit
from skontro.store.rows import insert, next_numbers
from skontro.store.schema import obligation_line, obligation_trade, pack
from skontro.store.trades import (
    any_trade,
    contents_of_terms,
    line_columns,
    numbers_of_terms,
    pack_digests,
    packs_in_force,
    trade_columns,
    write_lines,
    write_trades,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
STARTER = "starter"
_TOLERANCES = {"papers": PaperRules, "customs": CustomsRules, "red_flags": FlagRules}


@dataclass(frozen=True)
class Tolerances:
    """How far things may be apart, by the rules of the house.

    Attributes:
        papers: What papers may be like.
        customs: How far invoice and declaration may be apart.
        flags: When a flag is raised.
    """

    papers: PaperRules
    customs: CustomsRules
    flags: FlagRules

    @classmethod
    def of(cls, said: Mapping[str, Mapping[str, object]]) -> Tolerances:
        """Return what rules, or a setting, say; what they leave out is as usual.

        Raises:
            InvalidRules: A value is out of bounds.
        """
        return cls(*(kind.from_mapping(said.get(table, {}))  # type: ignore[attr-defined]
                     for table, kind in _TOLERANCES.items()))  # fmt: skip

    def as_setting(self) -> dict[str, dict[str, int | str]]:
        """Return all of it as a setting has it."""
        return {"papers": self.papers.as_mapping(), "customs": self.customs.as_mapping(),
                "red_flags": self.flags.as_mapping()}  # fmt: skip


@lru_cache(maxsize=16)
def _tolerances(said: Said) -> Tolerances:
    return Tolerances.of({table: dict(rows) for table, rows in said})


def tolerances_of(rules: HouseRules) -> Tolerances:
    """Return how far things may be apart by the rules of a house."""
    return _tolerances(rules.tolerances)


def tolerances_in(content: Mapping[str, Any]) -> Tolerances:
    """Return the tolerances of a setting.

    Raises:
        Conflict: It rests on rules of another release.
    """
    found = Tolerances.of(content.get("tolerances", {}))
    if content["goods"] != _goods_rules(found):
        raise Conflict(f"rules of goods are of another release: {content['goods']}",
                       code="OtherRelease")  # fmt: skip
    return found


@dataclass(frozen=True)
class Traded:
    """Obligations and what they are for, shape (m,), as the gate judges them.

    Attributes:
        debtor_side: Place of the debtor's side in ``sides``.
        creditor_side: Of the creditor's.
        sides: Ids of sides.
        amount_minor: Minor units.
        trades: What they are for.
    """

    debtor_side: NDArray[np.int32]
    creditor_side: NDArray[np.int32]
    sides: list[str]
    amount_minor: Int64
    trades: Trades


@dataclass(frozen=True)
class JudgedTrade:
    """What is said of the goods and papers of many obligations, shape (m,).

    Attributes:
        judged: Outcome and reasons, licences and customs aside.
        needs: Bits of what the goods need.
        needed: Place in ``rules`` of why, shape (m,).
        rules: Reasons of what is needed.
        packs: What they were judged by.
        day: The day that counted.
    """

    judged: JudgedMany
    needs: NDArray[np.uint8]
    needed: NDArray[np.int32]
    rules: list[tuple[Any, ...]]
    packs: PacksInForce
    day: datetime.date

    def rules_of(self) -> list[tuple[Any, ...]]:
        """Return why each needs what it needs."""
        return [self.rules[place] for place in self.needed.tolist()]

    @classmethod
    def held(cls, count: int, why: Mapping[str, Any], day: datetime.date) -> JudgedTrade:
        """Return what is said where none could be judged.

        Args:
            count: How many they are.
            why: Why.
            day: The day that counts.
        """
        none = np.zeros(count, np.int64)
        said = JudgedMany.gathered(none, [judged([dict(why)])])
        return cls(said, none.astype(np.uint8), none.astype(np.int32), [()], PacksInForce({}), day)


_MOST_TERMS = 10_000
"""How many terms a house remembers the numbers of."""


class Goods:
    """Packs, and what they say of goods."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._known: tuple[object, PacksInForce] | None = None
        self._terms = dict[str, int]()

    # ---- packs -------------------------------------------------------------------------------

    def propose_pack(
        self, side: str, source: str | Path | bytes, maker: str, signer: Signer
    ) -> int:
        """Propose to put a rule pack of a side into force; of one name the last counts.

        Args:
            side: Whose law it is.
            source: A file, its text, or ``starter`` for the pack of the package.
            maker: Who proposes it.
            signer: Their key.

        Raises:
            Rejected: The side is none, or the pack allows what none may.
        """
        if side not in {one.id for one in self.house.rules.sides}:
            raise Rejected(f"the house has no side {side!r}", code="UnknownSide")
        if source == STARTER:
            from importlib.resources import files

            text = files("skontro.gate").joinpath("data/starter.toml").read_bytes()
        else:
            text = source if isinstance(source, bytes) else Path(source).read_bytes()
        found = read_pack(text)
        content = {
            "side": side, "pack": found.id, "version": found.version, "digest": found.digest,
            "text": text.decode("utf-8"),
        }  # fmt: skip
        return self.house.people.propose("pack.adopt", content, maker, signer)

    def packs(self) -> list[dict[str, Any]]:
        """Return the packs in force: side, name, version and digest of each."""
        with self.house.database.read() as unit:
            rows = packs_in_force(unit)
        return [
            {"side": row.side, "pack": row.pack, "version": row.version, "digest": row.digest}
            for row in rows
        ]  # fmt: skip

    def in_force(self, unit: Unit) -> PacksInForce:
        """Return the packs of every side that has one."""
        if self._known is not None and self._known[0] == (self._countries, pack_digests(unit)):
            return self._known[1]
        rows = packs_in_force(unit)
        return self.of_texts(
            tuple((row.side, row.digest, row.content) for row in rows)
        )

    @property
    def _countries(self) -> dict[str, str]:
        return {one.id: one.jurisdiction for one in self.house.rules.sides}

    def of_texts(self, rows: tuple[tuple[str, str, str], ...]) -> PacksInForce:
        """Return packs by side, digest and text, read once."""
        country = self._countries
        key = (country, tuple(row[:2] for row in rows))
        if self._known is None or self._known[0] != key:
            by_side = dict[str, list[Any]]()
            for side, digest, text in rows:
                if hashlib.sha256(text.encode()).hexdigest() != digest:
                    raise Conflict(f"a pack of side {side} is not what it was", code="PackChanged")
                by_side.setdefault(side, []).append(read_pack(text))
            found = PacksInForce({
                side: SidePacks(country[side], tuple(packs)) for side, packs in by_side.items()
            })
            self._known = (key, found)
        return self._known[1]

    # ---- judging -----------------------------------------------------------------------------

    def judge(
        self, packs: PacksInForce, traded: Traded, day: datetime.date,
        rules: PaperRules | None = None,
    ) -> JudgedTrade:  # fmt: skip
        """Judge goods and papers of many obligations; not licences, but which need one.

        Args:
            packs: The packs of every side.
            traded: The obligations.
            day: The day that counts.
            rules: What papers may be like; the house's if not given.
        """
        rules = rules or tolerances_of(self.house.rules).papers
        many = columns_of(traded)
        by_goods = judge_goods(many, packs, day)
        by_papers = judge_papers(many, rules, day, needs=by_goods.needs)
        return JudgedTrade(
            all_together(by_goods.judged, by_papers), by_goods.needs, by_goods.needed,
            by_goods.rules, packs, day,
        )  # fmt: skip

    # ---- what is said ------------------------------------------------------------------------

    def write(self, unit: Unit, numbers: Int64, trades: Trades) -> None:
        """Write what obligations are for."""
        rows = np.flatnonzero(trades.is_said)
        if not len(rows):
            return
        there = trades.take(rows)
        places = np.array(numbers_of_terms(unit, there.texts), np.int64)
        write_trades(unit, numbers[rows], {
            "terms": places[there.terms], "quantity_milli": there.quantity_milli,
            "weight_g": there.weight_g, "paper_day": there.paper_day, "numbers": there.numbers,
            "issuer": there.issuer, "digest": there.digest,
        })  # fmt: skip
        lines = there.lines
        write_lines(unit, numbers[rows][lines.row], {
            "line": lines.number, "terms": places[lines.terms],
            "quantity_milli": lines.quantity_milli, "weight_g": lines.weight_g,
            "value_minor": lines.value_minor,
        })  # fmt: skip

    def rows(
        self, unit: Unit, number: int, trades: Trades, row: int = 0
    ) -> list[tuple[Any, dict[str, Any]]]:
        """Return what is to be written of what one obligation is for; nothing if not said."""
        if not trades.is_said[row]:
            return []
        day = int(trades.paper_day[row])
        text = trades.texts[int(trades.terms[row])]
        return [(obligation_trade, {
            "obligation": number, "terms": self._number_of_terms(unit, text),
            "quantity_milli": int(trades.quantity_milli[row]),
            "weight_g": int(trades.weight_g[row]), "paper_day": None if day == NO_DUE_DAY else day,
            "numbers": trades.numbers[row].as_py(), "issuer": trades.issuer[row].as_py(),
            "originals": trades.digest[row].as_py(),
        }), *self._line_rows(unit, number, trades, row)]  # fmt: skip

    def _line_rows(
        self, unit: Unit, number: int, trades: Trades, row: int
    ) -> list[tuple[Any, dict[str, Any]]]:
        lines = trades.lines
        first, end = np.searchsorted(lines.row, [row, row + 1]).tolist()
        return [
            (obligation_line, {
                "obligation": number, "line": place - first + 1,
                "terms": self._number_of_terms(unit, trades.texts[int(lines.terms[place])]),
                "quantity_milli": int(lines.quantity_milli[place]),
                "weight_g": int(lines.weight_g[place]),
                "value_minor": int(lines.value_minor[place]),
            })
            for place in range(first, end)
        ]  # fmt: skip

    def _number_of_terms(self, unit: Unit, text: str) -> int:
        """Return the number of terms; those that are written down stay so, and are remembered."""
        known = self._terms.get(text)
        if known is not None:
            return known
        number = numbers_of_terms(unit, [text])[0]

        def remember() -> None:
            if len(self._terms) >= _MOST_TERMS:
                self._terms.clear()
            self._terms[text] = number

        unit.after.append(remember)
        return number

    def trades_of(self, unit: Unit, numbers: Sequence[int] | Int64) -> Trades:
        """Return what obligations are for, in the order of their numbers as given."""
        wanted = np.asarray(numbers, np.int64)
        if not len(wanted) or not any_trade(unit):
            return Trades.nothing(len(wanted))
        columns = trade_columns(unit, wanted)
        own = columns["obligation"]
        if not len(own):
            return Trades.nothing(len(wanted))
        terms, index = np.unique(columns["terms"], return_inverse=True)
        texts = [readable(text) for text in contents_of_terms(unit, terms)]
        number = np.array([place if text else 0 for place, text in enumerate(texts, 1)], np.int64)
        found = Trades(
            number[index], ["", *texts], columns["quantity_milli"], columns["weight_g"],
            columns["paper_day"], columns["numbers"], columns["issuer"], columns["originals"],
        )  # fmt: skip
        order = np.argsort(own)
        place = np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)
        there = own[order][place] == wanted
        return self._with_lines(unit, found, own).take(np.where(there, order[place], -1))

    def _with_lines(self, unit: Unit, found: Trades, own: Int64) -> Trades:
        """Return what obligations are for, those that have several lines with these.

        Lines that are missing, or too many, are no reason to stop: the digest of what was said
        counts them, and who judges compares it (see ``flow/contents.py``).

        Args:
            unit: The unit of work.
            found: What they are for.
            own: The number of each.
        """
        many = np.array(
            [json.loads(text).get("lines", 0) if text else 0 for text in found.texts], np.int64
        )[found.terms]
        rows = np.flatnonzero(many)
        if not len(rows):
            return found
        rows = rows[np.argsort(own[rows])]
        columns = line_columns(unit, own[rows])
        if not len(columns["obligation"]):
            return found
        of = np.searchsorted(own[rows], columns["obligation"])
        terms, index = np.unique(columns["terms"], return_inverse=True)
        texts = list(found.texts)
        said = [readable(text) for text in contents_of_terms(unit, terms)]
        places = np.array(places_in(texts, said), np.int64)
        order = np.argsort(rows[of], kind="stable")
        return replace(found, texts=texts, lines=LineRows(
            rows[of][order], places[index][order],
            *(columns[name][order] for name in ("quantity_milli", "weight_g", "value_minor")),
        ))  # fmt: skip


def readable(text: str) -> str:
    """Return the content of terms, or nothing where it is none that the house wrote.

    Example:
        >>> readable('{"code":"300490"}'), readable("[1]"), readable("{"), readable('{"lines":"3"}')
        ('{"code":"300490"}', '', '', '')
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    lines, papers = said.get("lines", 0), said.get("papers", [])
    others = [value for name, value in said.items() if name not in ("lines", "papers")]
    is_good = (
        type(lines) is int and 0 <= lines <= MOST_LINES and isinstance(papers, list)
        and all(isinstance(value, str) for value in (*papers, *others))
    )  # fmt: skip
    return text if is_good else ""


def setting_of(packs: Sequence[Any], by: Tolerances) -> dict[str, Any]:
    """Return what a setting says of goods: the packs, and the rules they are read by."""
    return {
        "packs": [[row.side, row.pack, row.version, row.digest] for row in packs],
        "goods": _goods_rules(by),
        "tolerances": by.as_setting(),
    }


def _goods_rules(by: Tolerances) -> list[str]:
    return [
        goods.RULES_VERSION, papers.RULES_VERSION, by.papers.digest, licences.RULES_VERSION,
        customs.RULES_VERSION, by.customs.digest, red_flags.RULES_VERSION, by.flags.digest,
    ]


def columns_of(traded: Traded) -> TradeColumns:
    """Return obligations as the pure gate takes them."""
    trades = traded.trades
    said = [json.loads(text) if text else {} for text in trades.texts]
    index = trades.terms.astype(np.int32)

    def texts(name: str) -> Texts:
        return Texts(index, [str(one.get(name, "")) for one in said])

    count = len(trades)
    lines = _lines_of(traded, said)
    has_digest = pc.greater(pc.binary_length(trades.digest), 0).to_numpy(zero_copy_only=False)
    day = np.where(trades.paper_day == NO_DUE_DAY, NO_DAY, trades.paper_day).astype(np.int32)
    owed, kinds = list[Int64](), list[NDArray[np.int32]]()
    for place, kind in enumerate(PAPERS):
        with_kind = np.array([kind in one.get("papers", ()) for one in said], np.bool_)
        rows = np.flatnonzero(with_kind[trades.terms])
        owed.append(rows)
        kinds.append(np.full(len(rows), place, np.int32))
    of = np.concatenate(owed)
    issued = pc.greater(pc.binary_length(trades.issuer), 0).to_numpy(zero_copy_only=False)
    paper_columns = PaperColumns(
        of, Texts(np.concatenate(kinds), list(PAPERS)), day[of],
        np.ones(len(of), np.bool_), np.asarray(issued, np.bool_)[of],
        np.asarray(has_digest, np.bool_)[of],
    )  # fmt: skip
    due = np.array([_day(str(one.get("papers_due", ""))) for one in said], np.int32)
    return TradeColumns(
        Texts(traded.debtor_side, traded.sides), Texts(traded.creditor_side, traded.sides),
        traded.amount_minor, texts("kind"), due[trades.terms] if count else due[:0], lines,
        paper_columns,
    )  # fmt: skip


def _lines_of(traded: Traded, said: Sequence[Mapping[str, Any]]) -> LineColumns:
    """Return the lines of obligations; of one that says a single one, that.

    Args:
        traded: The obligations.
        said: The contents of their terms.
    """
    trades = traded.trades
    several, owed = trades.lines, None
    terms, value = trades.terms, traded.amount_minor
    quantity, weight = trades.quantity_milli, trades.weight_g
    if len(several):
        single = np.flatnonzero(~trades.has_lines)
        owed = np.concatenate([single, several.row])
        order = np.argsort(owed, kind="stable")
        owed = owed[order]
        terms, value, quantity, weight = (
            np.concatenate([one[single], many])[order]
            for one, many in (
                (terms, several.terms), (value, several.value_minor),
                (quantity, several.quantity_milli), (weight, several.weight_g),
            )
        )  # fmt: skip
    index = terms.astype(np.int32)

    def texts(name: str) -> Texts:
        return Texts(index, [str(one.get(name, "")) for one in said])

    return LineColumns(
        owed, texts("code"), value, quantity, texts("unit"), weight, texts("origin"),
        texts("transit"), texts("destination"), texts("end_use"),
    )  # fmt: skip


def _day(text: str) -> int:
    from skontro.gate.trade import day_number

    return day_number(text)


@handles("pack.adopt")
def _adopt(house: House, unit: Unit, act_id: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """Put a side's pack into force, and judge by it from now on."""
    text = content["text"]
    found = read_pack(text.encode())
    if (found.id, found.version, found.digest) != (
        content["pack"], content["version"], content["digest"]
    ):  # fmt: skip
        raise Conflict("the pack is not what the act says", code="StaleApproval")
    before = house.gate.in_force(unit)
    insert(
        unit, pack, id=next_numbers(unit, pack)[0], side=content["side"], pack=found.id,
        version=found.version, digest=found.digest, content=text, since=house.at,
        pack_act=act_id, pack_act_kind="pack.adopt",
    )  # fmt: skip
    said = {name: content[name] for name in ("side", "pack", "version", "digest")}
    house.note(unit, "gate.pack", said, act_id=act_id)
    house.gate.take_over(unit, before)
    return said


