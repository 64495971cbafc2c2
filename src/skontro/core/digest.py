# SPDX-License-Identifier: Apache-2.0
"""The digests of what went in and of what came out, over canonical bytes.

A digest is SHA-256 over sections: length of the name (1 byte), name, length of the body (8 bytes),
body. Obligations stand in one order whatever order they came in: currency, debtor, creditor, id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from skontro.core.network import Block
from skontro.core.ordering import gather_text, text_buffers
from skontro.core.workers import workers

if TYPE_CHECKING:
    from skontro.core.intake import Intake
    from skontro.core.parameters import Parameters
    from skontro.core.result import ClearedBlock

Int64 = NDArray[np.int64]

INPUT_FORMAT = "skontro.input/1"
RESULT_FORMAT = "skontro.result/1"


def canonical_json(value: object) -> bytes:
    """Return JSON with sorted keys and no spaces, as UTF-8.

    Example:
        >>> canonical_json({"b": 1, "a": None})
        b'{"a":null,"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


class Sections:
    """A SHA-256 over named sections; the hashing goes on while the next section is made."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._hashing = workers(1)

    def add(self, name: str, *parts: Any) -> None:
        """Add one section, its body being the parts one after the other.

        Args:
            name: ASCII name of the section.
            parts: Bytes, or contiguous little-endian arrays that do not change any more.
        """
        views = [memoryview(part).cast("B") for part in parts if len(part)]
        size = sum(len(view) for view in views)
        head = len(name).to_bytes(1, "little") + name.encode("ascii") + size.to_bytes(8, "little")
        for view in (head, *views):
            self._hashing.submit(self._hash.update, cast("bytes", view))

    def add_array(self, name: str, parts: Iterable[NDArray[Any]], kind: str) -> None:
        """Add one section of integers of one little-endian kind, e.g. ``<i8``."""
        self.add(name, *(np.ascontiguousarray(part, kind) for part in parts))

    def add_texts(self, name: str, texts: Sequence[str]) -> None:
        """Add one section of texts: their byte lengths, then their bytes."""
        offsets, data = text_buffers(texts)
        lengths = np.diff(offsets).astype("<u4")
        self.add(name, lengths, data[offsets[0] : offsets[-1]])

    def digest(self) -> bytes:
        """Return the 32 bytes; nothing can be added afterwards."""
        self._hashing.shutdown(wait=True)
        return self._hash.digest()


class _Order:
    """The rows of a block by (currency, debtor, creditor, id).

    They stand by (debtor node, creditor node, id); inside one currency that is the order by
    participants.
    """

    def __init__(self, intake: Intake, block: Block) -> None:
        self._place: Int64 | None = None
        if intake.fixing is not None and len(block.currencies) > 1:
            self._place = np.argsort(block.currency_index, kind="stable")

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self._place is None else values[self._place]


def input_digest(intake: Intake, blocks: Sequence[Block]) -> bytes:
    """Return the digest of the frozen set: obligations, participants, fixing, limits, quotas."""
    obligations, participants, fixing = intake.obligations, intake.participants, intake.fixing
    sections = Sections()
    sections.add("format", INPUT_FORMAT.encode())
    declared = None
    if fixing is not None:
        rates = {
            code: f"{rate.numerator}/{rate.denominator}" for code, rate in fixing.rates.items()
        }
        declared = {"unit": fixing.unit, "rates": rates}
    sections.add("fixing", canonical_json(declared))
    sections.add_texts("participants.id", participants.id)
    sections.add_texts("participants.side", participants.side)
    sections.add_texts("participants.home_currency", participants.home_currency)
    sections.add_array("participants.accepts", [participants.accepts], "u1")
    ordered = [(block, _Order(intake, block)) for block in blocks]
    offsets, data = text_buffers(obligations.id)
    texts = [gather_text(order(block.rows), offsets, data) for block, order in ordered]
    lengths = [part for one, _ in texts for part in one]
    sections.add("obligations.id", *lengths, *(part for _, held in texts for part in held))
    del texts
    for name, end in (("debtor", "tail"), ("creditor", "head")):
        firms = (
            order(block.per_row(block.nodes.participant[getattr(block, end)]))
            for block, order in ordered
        )
        sections.add_array(f"obligations.{name}", firms, "<i4")
    sections.add_texts("obligations.currency", obligations.currencies)
    columns: tuple[tuple[str, Callable[[Block], NDArray[Any]], str], ...] = (
        ("currency_index", lambda block: block.currency_index, "<i2"),
        ("amount_minor", lambda block: block.amount_minor, "<i8"),
        ("due_day", lambda block: obligations.due_day[block.rows], "<i4"),
    )
    for name, value_of, kind in columns:
        values = (order(value_of(block)) for block, order in ordered)
        sections.add_array(f"obligations.{name}", values, kind)
    sections.add("limits", canonical_json(_rows(intake.pay_in_limits)))
    sections.add("quotas", canonical_json(_rows(intake.border_quotas)))
    return sections.digest()


def _rows(values: Sequence[tuple[Any, ...]] | None) -> list[list[str | int]] | None:
    return None if values is None else [list(value) for value in sorted(values)]


def result_digest(
    frozen: bytes, wishes: Parameters, intake: Intake, cleared: Sequence[ClearedBlock]
) -> bytes:
    """Return the digest of a result: what was asked, what was discharged, and the proof.

    Args:
        frozen: The input digest, 32 bytes.
        wishes: What was asked.
        intake: What was cleared; it gives the order of the obligations.
        cleared: Every block after the clearing, in its order.

    Returns:
        SHA-256 over the sections that docs/result-format.md lists, 32 bytes.
    """
    sections = Sections()
    sections.add("format", RESULT_FORMAT.encode())
    sections.add("input_digest", frozen)
    sections.add("parameters", canonical_json(wishes.as_json()))
    sections.add("totals", canonical_json([block.totals() for block in cleared]))
    ordered = [(one, _Order(intake, one.block)) for one in cleared]
    for name in ("set_off_minor", "settled_minor", "set_off_points", "settled_points"):
        parts = (order(getattr(one, name)) for one, order in ordered)
        sections.add_array(name, parts, "<i8")
    for one in cleared:
        for name, body in _proof_sections(one):
            sections.add(name, body)
    return sections.digest()


def _proof_sections(one: ClearedBlock) -> Iterator[tuple[str, Any]]:
    """The levels of each stage, of the house's nodes where it has any, and the border."""
    count = one.block.nodes.count
    for proof in one.proofs:
        yield f"levels.{proof.stage}", np.ascontiguousarray(proof.level[:count], "<i8")
        if one.house is not None and proof.group != "set-off":
            levels = proof.level[count:].tolist()
            rows = [[*node, level] for node, level in zip(one.house.nodes, levels, strict=True)]
            yield f"house.{proof.stage}", canonical_json(rows)
    yield "border", canonical_json(
        [[list(a), list(b), limit, flow] for a, b, limit, flow in one.border_arcs()]
    )
