# SPDX-License-Identifier: Apache-2.0
"""What a calculation came to: every obligation, every node, the totals and the proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.certificate import StageProof
from skontro.core.house import House, HouseNode
from skontro.core.money import exponent, format_minor
from skontro.core.network import Block
from skontro.core.parameters import Parameters
from skontro.core.standing import CALCULATION, Standing

if TYPE_CHECKING:
    import pyarrow as pa

    from skontro.core.intake import Intake

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

CERTIFICATE_FORMAT = "skontro.certificate/1"

BorderArc = tuple[HouseNode, HouseNode, str | None, str]
"""From, to, limit in points as text or None, flow in points as text."""


@njit(cache=True, nogil=True)
def node_sums(tail: Int32, head: Int32, value: Int64, nodes: int) -> tuple[Int64, Int64]:
    """Add up a value per pair by the node it leaves and by the node it enters."""
    out = np.zeros(nodes, np.int64)
    into = np.zeros(nodes, np.int64)
    for k in range(tail.shape[0]):
        out[tail[k]] += value[k]
        into[head[k]] += value[k]
    return out, into


@dataclass(frozen=True, eq=False)
class ClearedBlock:
    """One block after the clearing. Row arrays stand in the order of the block's rows.

    Attributes:
        block: The block.
        parameters: What was asked.
        set_off_points: Set off of each row before rounding, shape (m,).
        set_off_minor: Set off of each row, shape (m,).
        settled_points: Discharged by cash of each row before rounding, shape (m,).
        settled_minor: Discharged by cash of each row, shape (m,).
        residual_points: What set-off left of each row, as booked, in points, shape (m,).
        proofs: The stages with their levels, checked.
        house: The house's arcs, where there is cash.
        house_flow: Their flow.
    """

    block: Block
    parameters: Parameters
    set_off_points: Int64
    set_off_minor: Int64
    settled_points: Int64
    settled_minor: Int64
    residual_points: Int64
    proofs: tuple[StageProof, ...]
    house: House | None
    house_flow: Int64

    def _by_node(self, value: Int64) -> tuple[Int64, Int64]:
        block = self.block
        return node_sums(block.tail, block.head, block.per_pair(value), block.nodes.count)

    @cached_property
    def owed_and_due(self) -> tuple[Int64, Int64]:
        """What each node owes and is owed in points, gross, shape (n,) each."""
        return self._by_node(self.block.points)

    @cached_property
    def set_off_by_node(self) -> Int64:
        """What was set off of each node's payables in points; as much of its receivables."""
        return self._by_node(self.set_off_points)[0]

    @cached_property
    def settled_by_node(self) -> tuple[Int64, Int64]:
        """What cash discharged of each node's payables and receivables in points."""
        return self._by_node(self.settled_points)

    @cached_property
    def pay_in_and_out(self) -> tuple[Int64, Int64]:
        """Pay-in and pay-out of each node in points.

        With cash, what the house's arcs carry; else what it would take to settle all that is
        left.
        """
        nodes = self.block.nodes.count
        if self.house is None:
            out, into = self._by_node(self.residual_points)
            return np.maximum(out - into, 0), np.maximum(into - out, 0)
        pay_in = np.zeros(nodes, np.int64)
        pay_in[self.house.head[: self.house.pay_ins]] = self.house_flow[: self.house.pay_ins]
        return pay_in, self.house_flow[self.house.pay_ins : self.house.border_from]

    @cached_property
    def refusing_net_minor(self) -> Int64:
        """What a node that refuses conversion has left to pay, less what it is to get.

        In minor units of its currency, from its obligations as booked, so that its money closes
        its books exactly. What stands at nodes that accept conversion has no meaning.
        """
        open_minor = self.settled_minor
        if self.house is None:
            open_minor = self.block.amount_minor - self.set_off_minor - self.settled_minor
        out, into = self._by_node(open_minor)
        return out - into

    @cached_property
    def booked_difference(self) -> Int64:
        """What rounding moved each node's value by in the set-off, in points; sums to nought."""
        if self.block.grid.kind == "minor":
            return np.zeros(self.block.nodes.count, np.int64)
        block = self.block
        out, into = self._by_node(block.points_of(self.set_off_minor, block.currency_index))
        return out - into

    def level(self, stage: str) -> Int64 | None:
        """The levels of the nodes in one stage, or None if there was no such stage."""
        for proof in self.proofs:
            if proof.stage == stage:
                return proof.level[: self.block.nodes.count]
        return None

    @property
    def main_level(self) -> Int64:
        """The levels shown as ``level``: of ``set_off``, or of ``combined``."""
        return self.proofs[0].level[: self.block.nodes.count]

    def border_arcs(self) -> list[BorderArc]:
        """The arcs between the house's nodes."""
        if self.house is None:
            return []
        flows = self.house_flow[self.house.border_from :].tolist()
        return [
            (
                *self.house.arc_ends(arc, self.block.nodes.count),
                None if limit is None else str(limit),
                str(flow),
            )
            for arc, (limit, flow) in enumerate(zip(self.house.border_limit, flows, strict=True))
        ]

    def totals(self) -> dict[str, str]:
        """Exact totals in points, as text."""
        pay_in, pay_out = self.pay_in_and_out
        return {
            "unit": self.block.unit,
            "gross_points": str(int(self.block.points.sum())),
            "set_off_points": str(int(self.set_off_points.sum())),
            "settled_points": str(int(self.settled_points.sum())),
            "pay_in_points": str(int(pay_in.sum())),
            "pay_out_points": str(int(pay_out.sum())),
        }

    def certificate(self) -> dict[str, Any]:
        """Stages with their totals, levels of the house's nodes, and the border."""
        count = self.block.nodes.count
        nodes = self.house.nodes if self.house is not None else ()
        cash = [proof for proof in self.proofs if proof.group != "set-off"]
        return {
            "unit": self.block.unit,
            "stages": [
                {
                    "group": proof.group,
                    "stage": proof.stage,
                    "arcs": proof.arcs,
                    "total": str(proof.total),
                    "bound": str(proof.bound),
                    "levels": int(np.unique(proof.level).shape[0]),
                }
                for proof in self.proofs
            ],
            "house_nodes": [
                {
                    **node._asdict(),
                    "levels": {proof.stage: int(proof.level[count + place]) for proof in cash},
                }
                for place, node in enumerate(nodes)
            ],
            "border_arcs": [
                {"from": list(a), "to": list(b), "limit_points": limit, "flow_points": flow}
                for a, b, limit, flow in self.border_arcs()
            ],
        }


@dataclass(eq=False, repr=False)
class ClearingResult:
    """The largest set-off, what cash does on top, and the proof of both.

    A calculation, which has no legal effect, unless a house made it in a run. Saving and
    verifying are the shell's work; ``skontro.clear`` hands its result a ``writer`` and a
    ``verifier``.

    Attributes:
        intake: What was cleared.
        parameters: What was asked.
        blocks: Each block after the clearing.
        input_digest: SHA-256 of the frozen set, hexadecimal.
        result_digest: SHA-256 of the result, hexadecimal.
        writer: Called as ``writer(result, directory, format=..., force=...)``.
        verifier: Called as ``verifier(result)``.
        standing: What it is; the house says so of its own runs, nobody else of anything.
    """

    intake: Intake
    parameters: dict[str, str | bool | None]
    blocks: tuple[ClearedBlock, ...]
    input_digest: str
    result_digest: str
    writer: Callable[..., object] | None = None
    verifier: Callable[..., object] | None = None
    standing: Standing = CALCULATION

    def __repr__(self) -> str:
        """What it came to in a line or two: a result of millions of rows is looked at too."""
        summary = self.summary
        lines = [
            f"{block['unit']}: gross {_readable(block, 'gross_minor')}, "
            f"set off {_readable(block, 'set_off_minor')}, "
            f"settled {_readable(block, 'settled_minor')}"
            for block in summary["blocks"]
        ]
        return (
            f"<{type(self).__name__}: {'; '.join(lines)}; {summary['obligations']} obligations of "
            f"{summary['participants']} participants, {summary['rejected']} rows refused; "
            f"effect: {summary['effect']}, {summary['notice']}>"
        )

    @cached_property
    def obligations(self) -> pa.Table:
        """Every accepted obligation in the caller's order: gross, set off, settled, residual."""
        from skontro.core.columns import obligation_table

        return obligation_table(self)

    @cached_property
    def participants(self) -> pa.Table:
        """Every node in its order: positions, set-off, levels, pay-in, pay-out."""
        from skontro.core.columns import node_table

        return node_table(self)

    @property
    def rejections(self) -> pa.Table:
        """Every refused row with its reason."""
        return self.intake.rejections

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The totals, as in ``summary.json``."""
        from skontro.core.summary import summarise

        return summarise(self)

    @cached_property
    def certificate(self) -> dict[str, Any]:
        """The proof, as in ``certificate.json``; the nodes' levels are among the participants."""
        return {
            "format": CERTIFICATE_FORMAT,
            "blocks": [one.certificate() for one in self.blocks],
        }

    def save(
        self,
        directory: str | Path,
        format: str = "csv",  # noqa: A002
        *,
        force: bool = False,
    ) -> None:
        """Write the result folder, all of it or nothing.

        Args:
            directory: The folder; it is made.
            format: Kind of the tables: ``csv``, ``parquet`` or ``xlsx``.
            force: Replace an earlier result in that place.

        Raises:
            Conflict: Something is in that place already.
            UnknownFormat: The kind of table is none of the three.
        """
        if self.writer is None:
            raise TypeError("this result has no writer; use skontro.clear or write_folder")
        self.writer(self, Path(directory), format=format, force=force)

    def verify(self) -> object:
        """Check every claim of this result with the stand-alone verifier.

        Returns:
            A :class:`skontro.verify.Verdict`: ``ok``, ``claims``, ``cannot``, ``text()``.
        """
        if self.verifier is None:
            raise TypeError("this result has no verifier; use skontro.clear or verify_folder")
        return self.verifier(self)


def _readable(block: dict[str, Any], name: str) -> str:
    """An amount of a block's summary in major units of the block's unit."""
    return format_minor(int(block[name]), exponent(block["unit"]))
