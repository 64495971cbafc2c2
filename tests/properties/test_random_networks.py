# SPDX-License-Identifier: Apache-2.0
"""Random networks against an independent exact-integer solver and against every promise."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.made_intakes import make_intake, tables_of
from tests.properties import reference
from tests.properties.reference import Arc, Duty, Node

from skontro.core.clearing import clear_intake
from skontro.core.errors import AmountOverflow, NoGridFits
from skontro.core.intake import Intake
from skontro.core.obligations import Obligations
from skontro.core.result import ClearedBlock, ClearingResult
from skontro.messages.folder import write_folder
from skontro.messages.tables import read_intake
from skontro.verify.folder import verify_folder

CASES = 5_000
IN_A_TEST = 50
SAMPLE = 300
VERIFIED = 6
"""Of the sample one in so many is also written and verified."""
RATES = {
    "EUR": ["1"], "INR": ["1/90", "0.0111", "7/643"], "AED": ["1/4", "0.2489317"],
    "JPY": ["1/163", "0.0061"], "BHD": ["2.4", "17/7"],
    # what no exact grid holds once sums are large
    "USD": ["0.923456789123457", "1000003/1000033"],
}  # fmt: skip


def random_intake(dice: random.Random) -> Intake:
    """Two to 300 firms, amounts up to 2**50, currencies, refusals, limits, quotas."""
    size = dice.choice([2, 3, 4, 6, 10, 20, 50, dice.randint(2, 300)])
    count = dice.randint(1, dice.choice([2, 3, 6]) * size)
    bits = dice.choice([3, 8, 20, 35, 50])
    fixed = dice.random() < 0.6
    codes = ["EUR", *dice.sample(sorted(RATES), dice.randint(0, 3))]
    codes = sorted(set(codes)) if dice.random() < 0.9 else ["JPY"]
    names = [f"{dice.choice('FfÖz')}{dice.getrandbits(40):x}-{k}" for k in range(size)]
    sides = dice.choice([[""], ["A", "B"], ["A", "B", "C", "Ä"]])
    refusal = dice.choice([0, 0, 0.2, 0.7])
    firms = {
        name: (dice.choice(sides), dice.choice([*codes, ""]), dice.random() >= refusal)
        for name in names
    }
    hubs = names[: max(2, size // 8)]
    rows = []
    for k in range(count):
        debtor = dice.choice(hubs if dice.random() < 0.3 else names)
        creditor = dice.choice(names)
        while creditor == debtor:
            creditor = dice.choice(names)
        amount = dice.randint(1, 2 ** dice.randint(1, bits))
        due = dice.choice([None, dice.randint(20000, 20030), dice.randint(0, 40000)])
        rows.append((f"o{dice.getrandbits(24):x}.{k}", debtor, creditor, amount,
                     dice.choice(codes), due))  # fmt: skip
        if dice.random() < 0.3:
            rows.append((f"r{k}", creditor, debtor, dice.randint(1, amount), rows[-1][4], due))
    limits = quotas = None
    if dice.random() < 0.5:
        limits = [
            (name, dice.choice(codes), dice.randint(0, 2 ** dice.randint(1, bits + 2)))
            for name in names if dice.random() < 0.6
        ]  # fmt: skip
    if dice.random() < 0.4:
        places = [*sides, ""]
        quotas = [
            (a, b, dice.choice(codes), dice.randint(0, 2 ** dice.randint(1, bits + 2)))
            for a in places for b in places
            if a != b and {a, b} <= {"", *(one[0] for one in firms.values())}
            and dice.random() < 0.6
        ]  # fmt: skip
    rates = {code: dice.choice(RATES[code]) for code in RATES} if fixed else None
    return make_intake(rows, firms=firms, rates=rates, limits=limits, quotas=quotas)


def random_wishes(dice: random.Random, intake: Intake) -> dict[str, Any]:
    wishes: dict[str, Any] = {"split": dice.choice(["oldest", "pro-rata"])}
    given = intake.pay_in_limits is not None or intake.border_quotas is not None
    if dice.random() < 0.2:
        wishes["cash"] = "unlimited"
    if (given or "cash" in wishes) and dice.random() < 0.3:
        wishes["combined"] = True
    largest = int(intake.obligations.amount_minor.max())
    most = 2**20 if given or "cash" in wishes else 2**36
    if dice.random() < 0.3 and largest < most:
        wishes["prefer"] = dice.choice(["oldest", "smallest"])
    return wishes


def shuffled(intake: Intake, dice: random.Random) -> Intake:
    """The same intake with its rows in another order."""
    book = intake.obligations
    order = np.array(dice.sample(range(len(book)), len(book)), np.int64)
    return Intake(
        **{
            **{name: getattr(intake, name) for name in Intake.__dataclass_fields__},
            "obligations": Obligations(
                row=book.row,
                id=book.id.take(pa.array(order)),
                debtor=book.debtor[order],
                creditor=book.creditor[order],
                amount_minor=book.amount_minor[order],
                currency_index=book.currency_index[order],
                currencies=book.currencies,
                due_day=book.due_day[order],
                carried=book.carried.take(pa.array(order)),
            ),
        }
    )


class Checked:
    """One cleared block against the reference."""

    def __init__(self, result: ClearingResult, one: ClearedBlock) -> None:
        self.intake, self.one, self.wishes = result.intake, one, result.parameters
        block = one.block
        self.worth = {code: block.grid.points_per_minor[code]
                      for code in block.grid.points_per_minor}  # fmt: skip
        currency = None if self.intake.fixing is not None else block.unit
        self.duties = reference.duties_of(self.intake, currency, self.worth)
        self.points = {duty.place: duty.points for duty in self.duties}
        rows = block.rows.tolist()
        self.set_off, self.set_off_minor, self.settled, self.settled_minor = (
            dict(zip(rows, getattr(one, name).tolist(), strict=True))
            for name in ("set_off_points", "set_off_minor", "settled_points", "settled_minor")
        )
        self.left_minor = {d.place: d.minor - self.set_off_minor[d.place] for d in self.duties}
        self.left = {
            d.place: round(self.left_minor[d.place] * self.worth[d.currency]) for d in self.duties
        }

        self.compared = not self.wishes["cash"]

    def nodes(self) -> list[Node]:
        block, firms = self.one.block, self.intake.participants
        return [
            (firms.id[firm], "" if code < 0 else block.currencies[code])
            for firm, code in zip(
                block.nodes.participant.tolist(), block.nodes.currency_index.tolist(), strict=True
            )
        ]

    def check(self) -> bool:
        """Check everything; return whether cash was compared with the reference."""
        if not self.wishes["combined"]:
            self.check_set_off()
        if self.wishes["cash"]:
            self.check_cash()
        for duty in self.duties:
            k = duty.place
            assert self.set_off_minor[k] >= 0
            assert 0 <= self.settled_minor[k] <= self.left_minor[k]
        return self.compared

    def check_set_off(self) -> None:
        volume = sum(self.set_off.values())
        prefer = self.wishes["prefer"]
        if prefer:
            best, liked = reference.most_preferred(self.duties, prefer)
            assert liked == sum(
                reference.preference(duty, self.duties, prefer) * self.set_off[duty.place]
                for duty in self.duties
            )
        else:
            found = reference.best(reference.pair_arcs(reference.pair_limits(self.duties)))
            assert found is not None
            best = found[0]
            self.check_split(self.points, self.set_off)
        assert volume == best
        self.check_forest(self.points, self.set_off, by_duty=bool(prefer), house=[])
        reference.shares_kept(
            self.duties, self.points, {d.place: d.minor for d in self.duties}, self.set_off,
            self.set_off_minor, refusing_conserve=True,
        )  # fmt: skip
        self.check_booked_difference()

    def check_booked_difference(self) -> None:
        """Booked differences sum to nought and stay under a minor unit of each currency held."""
        difference = dict(zip(self.nodes(), self.one.booked_difference.tolist(), strict=True))
        assert sum(difference.values()) == 0
        held: dict[Node, set[str]] = defaultdict(set)
        again: dict[Node, int] = defaultdict(int)
        for duty in self.duties:
            minor = round(self.set_off_minor[duty.place] * self.worth[duty.currency])
            for node, sign in ((duty.debtor, 1), (duty.creditor, -1)):
                held[node].add(duty.currency)
                again[node] += sign * minor
        exact = self.one.block.grid.kind != "fine"
        for node, value in difference.items():
            assert value == again[node]
            bound = sum(self.worth[code] for code in held[node])
            assert abs(value) < bound + (0 if exact else len(self.duties)) or value == 0

    def check_cash(self) -> None:
        combined = bool(self.wishes["combined"])
        points = self.points if combined else self.left
        open_minor = {d.place: d.minor for d in self.duties} if combined else self.left_minor
        house = reference.house_arcs(
            self.intake, self.nodes(), self.one.block.unit, self.worth, str(self.wishes["cash"])
        )
        prefer = self.wishes["prefer"]
        owed = reference.pair_arcs(reference.pair_limits(self.duties, points))
        if prefer:
            owed = reference.duty_arcs(self.duties, points, str(prefer))
        arcs = [*owed, *house]
        paid_in, paid_out = self.one.pay_in_and_out
        assert int(paid_in.sum()) == int(paid_out.sum())
        assert not np.any((paid_in > 0) & (paid_out > 0))
        found = reference.best(arcs)
        if found is not None:
            border = sum(
                int(flow) for a, _, _, flow in self.one.border_arcs() if a.kind == "house"
            )
            liked = sum(
                reference.preference(duty, self.duties, str(prefer)) * self.settled[duty.place]
                for duty in self.duties if prefer
            )  # fmt: skip
            volume = sum(self.settled.values())
            assert found == (volume, int(paid_in.sum()), border, liked)
            self.compared = True
        if not prefer:
            self.check_split(points, self.settled)
        self.check_forest(
            points, self.settled, by_duty=bool(prefer), house=self.house_flows()
        )  # fmt: skip
        reference.shares_kept(
            self.duties, points, open_minor, self.settled, self.settled_minor,
            refusing_conserve=False,
        )  # fmt: skip

    def house_flows(self) -> list[tuple[Arc, int]]:
        house, count = self.one.house, self.one.block.nodes.count
        assert house is not None
        nodes = [*self.nodes(), *((n.kind, n.side, n.currency) for n in house.nodes)]
        assert len(nodes) == count + len(house.nodes)
        return [
            (Arc(nodes[a], nodes[b], int(limit), 0, 0, 0), int(flow))
            for a, b, limit, flow in zip(
                house.tail, house.head, house.limit, self.one.house_flow, strict=True
            )
        ]

    def by_pair(self) -> Iterable[tuple[tuple[Node, Node], list[Duty]]]:
        pairs: dict[tuple[Node, Node], list[Duty]] = defaultdict(list)
        for duty in self.duties:
            pairs[duty.debtor, duty.creditor].append(duty)
        return pairs.items()

    def check_split(self, points: dict[int, int], flow: dict[int, int]) -> None:
        for _, duties in self.by_pair():
            parts = [flow[duty.place] for duty in duties]
            limits = [points[duty.place] for duty in duties]
            assert parts == reference.split(
                duties, limits, sum(parts), str(self.wishes["split"])
            )

    def check_forest(
        self, points: dict[int, int], flow: dict[int, int], *, by_duty: bool,
        house: list[tuple[Arc, int]],
    ) -> None:  # fmt: skip
        if by_duty:
            ends = [
                ((d.debtor, d.creditor), flow[d.place], points[d.place]) for d in self.duties
            ]
        else:
            ends = [
                (pair, sum(flow[d.place] for d in duties), sum(points[d.place] for d in duties))
                for pair, duties in self.by_pair()
            ]
        ends += [((arc.tail, arc.head), part, arc.limit or 0) for arc, part in house]
        assert not reference.closes_cycle(
            pair for pair, part, limit in ends if 0 < part < limit
        )


def check_money_closes_the_books(result: ClearingResult) -> None:
    """A node that refuses conversion pays, or is paid, to the minor unit what is settled.

    Without cash it is what is left: full settlement would then leave nothing.
    """
    settles = result.parameters["cash"] is not None
    left: dict[tuple[str, str], int] = defaultdict(int)
    book, firm = result.intake.obligations, result.intake.participants.id
    parts = result.obligations.column("settled_minor" if settles else "residual_minor").to_pylist()
    for row, part in enumerate(parts):
        code = book.currencies[book.currency_index[row]]
        left[firm[book.debtor[row]], code] += part
        left[firm[book.creditor[row]], code] -= part
    for node in result.participants.to_pylist():
        if node["currency"]:
            money = node["pay_in_minor"] - node["pay_out_minor"]
            assert money == left[node["participant"], node["currency"]]
            assert min(node["pay_in_minor"], node["pay_out_minor"]) == 0


def check_case(seed: int, folder: Path | None) -> bool:
    """Clear one random intake, compare it with the reference, and clear it in another order.

    With a folder it is also read from tables, written there, and verified.

    Returns whether it could be cleared and compared: of large sums in many currencies some fit
    no grid, others fill 64 bits in the reference.
    """
    dice = random.Random(seed)
    intake = random_intake(dice)
    wishes = random_wishes(dice, intake)
    try:
        result = clear_intake(intake, **wishes)
    except (AmountOverflow, NoGridFits):
        return False
    compared = [Checked(result, one).check() for one in result.blocks]
    check_money_closes_the_books(result)
    again = clear_intake(shuffled(intake, dice), **wishes)
    assert again.input_digest == result.input_digest
    assert again.result_digest == result.result_digest
    if folder is not None:
        read = clear_intake(read_intake(**tables_of(intake)), **wishes)
        assert read.result_digest == result.result_digest
        write_folder(read, folder / str(seed), "parquet" if seed % 2 else "csv")
        verdict = verify_folder(folder / str(seed))
        assert verdict.ok, [claim for claim in verdict.claims if not claim.ok]
        shutil.rmtree(folder / str(seed))
    return all(compared)


def check_cases(start: int, folder: Path, verified: int) -> None:
    """Check as many networks as a test has, on from ``start``; what was not compared, counts not.

    Args:
        start: The first network, in networks that count.
        folder: Where some are written and verified.
        verified: One in so many is.
    """
    compared = 0
    seeds = range(2 * start, 2 * (start + IN_A_TEST))
    for seed in seeds:
        if compared < IN_A_TEST:
            compared += check_case(seed, folder if seed % verified == 0 else None)
    assert compared == IN_A_TEST


@pytest.mark.parametrize("start", range(0, SAMPLE, IN_A_TEST))
def test_random_networks(start: int, tmp_path: Path) -> None:
    check_cases(start, tmp_path, VERIFIED)


@pytest.mark.soak
@pytest.mark.parametrize("start", range(0, CASES, IN_A_TEST))
def test_all_random_networks(start: int, tmp_path: Path) -> None:
    check_cases(start, tmp_path, 1)
