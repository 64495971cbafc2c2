# SPDX-License-Identifier: Apache-2.0
"""One participant's view of a result: its own rows and nodes, its neighbours' levels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from skontro.verify.amounts import exponents
from skontro.verify.certificate import GREATEST_LEVEL, NO_LIMIT
from skontro.verify.nodes import column_names
from skontro.verify.stages import MOST_DAYS, Parameters
from skontro.verify.text import NO_DAY
from skontro.verify.verdict import ClaimFailed, require

Node = tuple[str, str, str]
CLAIMS_FORMAT = "skontro.claims/1"
_GROUP_OF_COLUMN = {"set-off": "set_off", "cash": "settled", "combined": "settled"}


@dataclass(frozen=True)
class OwnRow:
    """One obligation in which the participant is debtor or creditor."""

    id: str
    debtor: str
    creditor: str
    currency: str
    due: str | None
    amount_minor: int
    set_off_minor: int
    settled_minor: int
    set_off_points: int
    settled_points: int

    @property
    def day(self) -> int:
        """Days since 1970-01-01, a great number where there is no date."""
        if self.due is None:
            return NO_DAY
        return (date.fromisoformat(self.due) - date(1970, 1, 1)).days


def row_bytes(row: OwnRow) -> bytes:
    """The canonical bytes of a row, as its digest is taken over them."""
    found = b""
    for text in (row.id, row.debtor, row.creditor, row.currency):
        raw = text.encode()
        found += len(raw).to_bytes(4, "little") + raw
    found += row.day.to_bytes(4, "little", signed=True)
    for number in (row.amount_minor, row.set_off_minor, row.settled_minor, row.set_off_points,
                   row.settled_points):
        found += number.to_bytes(8, "little")
    return found


class OwnView:
    """The part of the network that one participant sees.

    Args:
        content: ``participant.json``.
        rows: Its rows.
        asked: The parameters.
        claims: ``claims.json``.
    """

    def __init__(
        self, content: dict[str, Any], rows: list[OwnRow], asked: Parameters, claims: Any
    ) -> None:
        self.me = content["participant"]
        self.rows = rows
        self.asked = asked
        self.claims = claims
        self.fixing = content["fixing"]
        self.blocks = {block["unit"]: block for block in content["blocks"]}
        self.worth = {
            unit: {code: _fraction(text) for code, text in block["points_per_minor"].items()}
            for unit, block in self.blocks.items()
        }
        self.own = {self._key(node): node for node in content["nodes"]}
        self.others = {self._key(node): node for node in content["counterparties"]}
        self._known = self.own.keys() | self.others.keys()
        self.house = {
            (node["unit"], node["side"], node["currency"]): node
            for node in content["house_nodes"]
        }
        for node in [*content["nodes"], *content["counterparties"], *content["house_nodes"]]:
            for level in node["levels"].values():
                require(type(level) is int and 0 <= level <= GREATEST_LEVEL, "no such level")

    def _key(self, node: Any) -> Node:
        return node["unit"], node["participant"], node["currency"]

    def unit(self, row: OwnRow) -> str:
        """The unit of the block a row is in."""
        return str(self.fixing["unit"]) if self.fixing else row.currency

    def node(self, row: OwnRow, who: str) -> Node:
        """The node a row touches on one of its sides."""
        unit = self.unit(row)
        for currency in ("", row.currency):
            if (unit, who, currency) in self._known:
                return unit, who, currency
        raise ClaimFailed(f"{who} has no node in {row.currency} here")

    def level(self, node: Node, stage: str) -> int:
        """The level of a node in a stage."""
        found = self.own.get(node) or self.others[node]
        require(stage in found["levels"], f"{node[1]} has no level in stage {stage}")
        return int(found["levels"][stage])

    def rows_of(self, node: Any) -> list[OwnRow]:
        """The rows of an own node, in their order."""
        key = self._key(node)
        return [row for row in self.rows if self.node(row, self.me) == key]

    def points(self, row: OwnRow, minor: int) -> int:
        """Minor units of a row's currency in points of its block."""
        worth = self.worth[self.unit(row)]
        require(row.currency in worth, f"{row.currency} has no worth in points")
        return round(minor * worth[row.currency])

    def check_rows(self) -> str:
        """Every row is the participant's own and adds up, in minor units and in points."""
        require(len({row.id for row in self.rows}) == len(self.rows), "an id stands twice")
        for unit, block in self.blocks.items():
            self._check_terms(unit, block)
        for row in self.rows:
            require((row.debtor == self.me) != (row.creditor == self.me), f"{row.id} is not ours")
            self.node(row, row.debtor)
            self.node(row, row.creditor)
            rest = row.amount_minor - row.set_off_minor
            require(row.amount_minor > 0 and 0 <= row.settled_minor <= rest, f"{row.id}: sums")
            gross = self.points(row, row.amount_minor)
            limit = gross if self.asked.combined else self.points(row, rest)
            require(0 <= row.set_off_points <= gross, f"{row.id}: more set off than owed")
            require(0 <= row.settled_points <= limit, f"{row.id}: more settled than left")
            if not self.fixing:
                same = row.set_off_points == row.set_off_minor
                require(same and row.settled_points == row.settled_minor, f"{row.id}: points")
            if self.asked.combined:
                require(row.set_off_minor == row.set_off_points == 0, f"{row.id}: set off")
            elif self.asked.cash is None:
                require(row.settled_minor == row.settled_points == 0, f"{row.id}: settled")
        return f"{len(self.rows)} rows: residual = gross - set off - settled"

    def _check_terms(self, unit: str, block: Any) -> None:
        """What a minor unit is worth in points goes with the fixing."""
        places = exponents()
        for code, worth in self.worth[unit].items():
            if not self.fixing:
                require(code == unit and worth == 1, "a point is a minor unit")
                continue
            rate = _fraction(self.fixing["rates"].get(code, "0/1"))
            scale = block["unit_minor_points"] * 10 ** places[unit]
            require(worth == rate * scale / 10 ** places[code], f"{code} is worth {worth} points")

    def flow(self, row: OwnRow, group: str) -> int:
        """What a group discharges of a row, in points."""
        return row.set_off_points if group == "set-off" else row.settled_points

    def limit(self, row: OwnRow, group: str) -> int:
        """What a group could discharge of a row, in points."""
        rest = row.amount_minor - (row.set_off_minor if group == "cash" else 0)
        return self.points(row, rest)

    def cash_of(self, node: Node) -> tuple[int, int, int | None]:
        """Pay-in, pay-out and pay-in limit of an own node in points, as claimed."""
        for claim in self.claims["nodes"]:
            if (claim["unit"], claim["participant"], claim["currency"]) == node:
                limit = claim["pay_in_limit_points"]
                numbers = (_whole(claim["pay_in_points"]), _whole(claim["pay_out_points"]))
                return *numbers, None if limit is None else _whole(limit)
        raise ClaimFailed(f"claims.json says nothing of the node {node}")

    def check_balance(self) -> str:
        """Set off out = in; settled out - in = pay-in - pay-out, of each own node."""
        for node in self.own:
            for group, _ in self.asked.groups():
                out = into = 0
                for row in self.rows:
                    if self.node(row, self.me) == node:
                        if row.debtor == self.me:
                            out += self.flow(row, group)
                        else:
                            into += self.flow(row, group)
                pay_in, pay_out, _ = self.cash_of(node) if group != "set-off" else (0, 0, None)
                require(out + pay_out == into + pay_in, f"{group}: {out} out, {into} in")
        return f"{len(self.own)} nodes"

    def pairs(self, group: str) -> dict[tuple[Node, Node], list[OwnRow]]:
        """The rows by pair of nodes; every row of such a pair is the participant's own."""
        found: dict[tuple[Node, Node], list[OwnRow]] = defaultdict(list)
        for row in self.rows:
            if self.limit(row, group) > 0:
                found[self.node(row, row.debtor), self.node(row, row.creditor)].append(row)
        return found

    def check_certificate(self) -> str:
        """Each own arc with c > 0 is full and with c < 0 empty, stage by stage."""
        arcs = 0
        for group, stages in self.asked.groups():
            for (debtor, creditor), rows in self.pairs(group).items():
                free = True
                for stage in stages:
                    if not free:
                        break
                    arcs += 1
                    free = self._check_pair(group, stage, debtor, creditor, rows)
            if group != "set-off":
                for node in self.own:
                    arcs += self._check_house_arcs(stages, node)
        return f"{arcs} arcs agree with the levels"

    def _check_pair(
        self, group: str, stage: str, debtor: Node, creditor: Node, rows: list[OwnRow]
    ) -> bool:
        slope = self.level(debtor, stage) - self.level(creditor, stage)
        if stage in ("prefer", "settled_prefer"):
            for row in rows:
                _obeys(slope + self._gain(row), self.flow(row, group), self.limit(row, group))
            return True
        c = slope + (1 if stage in ("set_off", "settled", "combined") else 0)
        flow = sum(self.flow(row, group) for row in rows)
        _obeys(c, flow, sum(self.limit(row, group) for row in rows))
        return c == 0

    def _gain(self, row: OwnRow) -> int:
        if self.asked.prefer == "smallest":
            return 63 - self.points(row, row.amount_minor).bit_length()
        latest = self.blocks[self.unit(row)]["latest_due_date"]
        if row.due is None:
            return 0
        require(isinstance(latest, str), "there is no latest due date")
        days = (date.fromisoformat(latest) - date.fromisoformat(row.due)).days
        require(days >= 0, f"{row.id} is due after the latest due date")
        return min(MOST_DAYS, days)

    def _check_house_arcs(self, stages: list[str], node: Node) -> int:
        settle = self.own[node]["settlement_currency"]
        house = [each for (unit, _, code), each in self.house.items()
                 if unit == node[0] and code == settle]
        require(len(house) == 1, f"the house node for {settle} is missing")
        pay_in, pay_out, limit = self.cash_of(node)
        unlimited = self.blocks[node[0]]["pay_ins_unlimited"]
        room = NO_LIMIT if unlimited else limit or 0
        require(pay_in <= room, f"a pay-in of {pay_in} is over its limit {room}")
        free_in, free_out = room > 0, True
        for stage in stages:
            slope = int(house[0]["levels"][stage]) - self.level(node, stage)
            if free_in:
                c = slope - (1 if stage == "pay_in" else 0)
                _obeys(c, pay_in, room)
                free_in = c == 0
            if free_out:
                _obeys(-slope, pay_out, NO_LIMIT)
                free_out = slope == 0
        return 2

    def check_split(self) -> str:
        """Within each own pair the flow lies on the rows as the parameters say."""
        checked = 0
        for group, _ in self.asked.groups():
            if self.asked.prefer:
                continue
            for rows in self.pairs(group).values():
                limits = [self.limit(row, group) for row in rows]
                wanted = split_of(
                    self.asked.split, sum(self.flow(row, group) for row in rows), rows, limits
                )
                for row, flow in zip(rows, wanted, strict=True):
                    require(self.flow(row, group) == flow, f"{row.id}: split gives {flow}")
                checked += 1
        return f"{checked} pairs"

    def check_rounding(self) -> str:
        """Minor units are floor or ceiling of shares, and so is each own node's net."""
        for group, _ in self.asked.groups():
            net: dict[tuple[Node, str], list[Any]] = defaultdict(lambda: [0, Fraction(0)])
            for row in self.rows:
                column = _GROUP_OF_COLUMN[group]
                minor = row.set_off_minor if column == "set_off" else row.settled_minor
                amount = row.amount_minor - (row.set_off_minor if group == "cash" else 0)
                limit = self.limit(row, group)
                share = Fraction(amount * self.flow(row, group), limit) if limit else Fraction(0)
                require(abs(minor - share) < 1, f"{row.id}: {minor} is no rounding of {share}")
                sign = 1 if row.debtor == self.me else -1
                sums = net[self.node(row, self.me), row.currency]
                sums[0] += sign * minor
                sums[1] += sign * share
            for (node, currency), (minor, share) in net.items():
                exact = group == "set-off" and not self.own[node]["accepts_conversion"]
                good = minor == 0 if exact else abs(minor - share) < 1
                require(good, f"{currency}: rounding leaves {minor}, exactly {share}")
        return "each share and each node's net is floor or ceiling"


def _obeys(c: int, flow: int, limit: int) -> None:
    if c > 0:
        require(flow == limit and limit < NO_LIMIT, f"c = {c}, but {flow} of {limit} flows")
    if c < 0:
        require(flow == 0, f"c = {c}, but {flow} of {limit} flows")


def split_of(mode: str, flow: int, rows: list[OwnRow], limits: list[int]) -> list[int]:
    """How a flow lies on the rows of a pair."""
    total = sum(limits)
    found = [0] * len(rows)
    places = range(len(rows))
    if mode == "oldest":
        for k in sorted(places, key=lambda k: (rows[k].day, rows[k].id.encode())):
            found[k] = min(flow, limits[k])
            flow -= found[k]
        return found
    rest = []
    for k in places:
        found[k], left = divmod(flow * limits[k], total)
        rest.append((-left, rows[k].id.encode(), k))
    for _, _, k in sorted(rest)[: flow - sum(found)]:
        found[k] += 1
    return found


def check_claims(view: OwnView, claims: Any) -> str:
    """The totals the participant was told are those of its rows."""
    require(set(claims) == {"format", "participant", "nodes"}, "claims.json has another form")
    require(claims["format"] == CLAIMS_FORMAT, f"the format is not {CLAIMS_FORMAT}")
    require(claims["participant"] == view.me, "the claims are another's")
    require(len(claims["nodes"]) == len(view.own), "the claims do not cover the nodes")
    for claim in claims["nodes"]:
        node = (claim["unit"], claim["participant"], claim["currency"])
        require(node in view.own, f"a claim for a node {node} that is not here")
        wanted = set(column_names(view.asked))
        wanted -= {name for name in wanted if name.startswith("level")}
        require(set(claim) == wanted, f"a claim must have exactly {sorted(wanted)}")
        _check_claim(view, node, claim)
    return f"{len(claims['nodes'])} nodes: owed, due, set off, settled, pay-in, pay-out, rounding"


def _check_claim(view: OwnView, node: Node, claim: Any) -> None:
    sums: dict[str, int] = defaultdict(int)
    for row in view.rows_of(view.own[node]):
        out = row.debtor == view.me
        sums["owed" if out else "due"] += view.points(row, row.amount_minor)
        sums["settled_out" if out else "settled_in"] += row.settled_points
        sums["set_off"] += row.set_off_points if out else 0
        booked = view.points(row, row.set_off_minor)
        sums["booked_difference"] += booked if out else -booked
        rest = row.amount_minor - row.set_off_minor
        residual = view.points(row, rest)
        sums["residual"] += residual if out else -residual
        booked_money = rest if view.asked.cash is None else row.settled_minor
        sums["money"] += booked_money if out else -booked_money
    sums["net_position"] = sums["due"] - sums["owed"]
    residual = sums["residual"]
    pay_in, pay_out, _ = view.cash_of(node)
    if view.asked.cash is None:
        require((pay_in, pay_out) == (max(residual, 0), max(-residual, 0)), "pay-in or pay-out")
    if not view.fixing:
        sums["booked_difference"] = 0
    sums["pay_in"], sums["pay_out"] = pay_in, pay_out
    settle = _settlement_currency(view, node, claim)
    unit = Fraction(view.blocks[node[0]]["unit_minor_points"])
    for name in ("owed", "due", "net_position", "set_off", "settled_out", "settled_in", "pay_in",
                 "pay_out", "booked_difference"):
        require(claim[f"{name}_points"] == str(sums[name]), f"{name}: {sums[name]} points")
        if f"{name}_minor" not in claim:
            continue
        cash = name.startswith("pay_")
        worth = view.worth[node[0]][settle] if cash else unit
        minor = round(Fraction(sums[name]) / worth)
        if cash and node[2]:
            # a firm that does not convert: its money closes its books to the minor unit
            minor = max(sums["money"] if name == "pay_in" else -sums["money"], 0)
        require(claim[f"{name}_minor"] == minor, f"{name}: {minor} minor units")
        if name in claim:
            written = _written(minor, exponents()[settle if cash else node[0]])
            require(claim[name] == written, f"{name} is written {written}")


def _settlement_currency(view: OwnView, node: Node, claim: Any) -> str:
    """The node's own currency, or the home currency of a firm that converts, or the unit."""
    own = view.own[node]
    require(own["accepts_conversion"] == (node[2] == ""), "a node converts that has a currency")
    settle = str(own["settlement_currency"])
    wanted = node[2] or claim["home_currency"] or node[0]
    require(settle == claim["settlement_currency"] == wanted, "another settlement currency")
    return settle


def _written(minor: int, places: int) -> str:
    digits = str(abs(minor)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if minor < 0 else text


def _fraction(text: Any) -> Fraction:
    above, _, below = text.partition("/")
    good = above.isascii() and above.isdigit() and below.isascii() and below.isdigit()
    require(good and int(below) > 0, f"{text!r} is no fraction")
    return Fraction(int(above), int(below))


def _whole(text: Any) -> int:
    require(isinstance(text, str) and text.isascii() and text.isdigit(), f"{text!r}: no number")
    return int(text)
