# SPDX-License-Identifier: Apache-2.0
"""The two digests of a result, computed again from what was read."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.verify.files import canonical_json
from skontro.verify.network import Inputs
from skontro.verify.stages import BlockFlows, Parameters
from skontro.verify.text import as_text, take_text
from skontro.verify.totals import block_totals, border_rows

CHUNK = 1 << 21


class Sections:
    """SHA-256 over sections: length of the name, name, length of the body, body."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def _open(self, name: str, size: int) -> None:
        self._hash.update(bytes([len(name)]) + name.encode("ascii") + size.to_bytes(8, "little"))

    def add(self, name: str, body: bytes) -> None:
        """Add a section of bytes."""
        self._open(name, len(body))
        self._hash.update(body)

    def add_ordered(self, name: str, values: NDArray[Any], order: NDArray[Any], kind: str) -> None:
        """Add a section of integers, taken in an order."""
        self._open(name, len(order) * np.dtype(kind).itemsize)
        for at in range(0, len(order), CHUNK):
            part = np.ascontiguousarray(values[order[at : at + CHUNK]], kind)
            self._hash.update(part.data)

    def add_array(self, name: str, values: NDArray[Any], kind: str) -> None:
        """Add a section of integers as they stand."""
        self.add(name, np.ascontiguousarray(values, kind).tobytes())

    def add_texts(self, name: str, array: pa.Array) -> None:
        """Add a section of texts as they stand."""
        text = as_text(array)
        length, data = take_text(text, np.arange(len(text)))
        self.add(name, length.astype("<u4").tobytes() + data.tobytes())

    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


def input_digest(inputs: Inputs, order: NDArray[np.int32]) -> str:
    """Digest of the frozen set: participants, obligations, fixing, limits, quotas."""
    sections = Sections()
    sections.add("format", b"skontro.input/1")
    fixing: Any = None
    if inputs.fixing is not None:
        unit, rates = inputs.fixing
        written = {code: f"{rate.numerator}/{rate.denominator}" for code, rate in rates.items()}
        fixing = {"unit": unit, "rates": written}
    sections.add("fixing", canonical_json(fixing))
    people = inputs.participants
    sections.add_texts("participants.id", people.id)
    sections.add_texts("participants.side", people.side)
    sections.add_texts("participants.home_currency", people.home)
    sections.add_array("participants.accepts", people.accepts, "u1")
    length, data = take_text(inputs.id_text, order)
    sections.add("obligations.id", length.astype("<u4").tobytes() + data.tobytes())
    del length, data
    sections.add_ordered("obligations.debtor", inputs.debtor, order, "<i4")
    sections.add_ordered("obligations.creditor", inputs.creditor, order, "<i4")
    sections.add_texts("obligations.currency", pa.array(inputs.currencies, pa.large_string()))
    sections.add_ordered("obligations.currency_index", inputs.currency_index, order, "<i2")
    sections.add_ordered("obligations.amount_minor", inputs.amount_minor, order, "<i8")
    sections.add_ordered("obligations.due_day", inputs.due_day, order, "<i4")
    for name, rows in (("limits", inputs.limits), ("quotas", inputs.quotas)):
        listed = None if rows is None else [list(row) for row in rows]
        sections.add(name, canonical_json(listed))
    return sections.hex()


def result_digest(
    frozen: str,
    parameters: dict[str, Any],
    asked: Parameters,
    discharged: Any,
    order: NDArray[np.int32],
    flows: list[BlockFlows],
) -> str:
    """Digest of the result: what was asked, what was discharged, and the proof.

    Args:
        frozen: The input digest.
        parameters: As the manifest has them.
        asked: The same, understood.
        discharged: Set off and settled of each row, in the caller's order.
        order: The order of the obligations.
        flows: The blocks.
    """
    sections = Sections()
    sections.add("format", b"skontro.result/1")
    sections.add("input_digest", bytes.fromhex(frozen))
    sections.add("parameters", canonical_json(parameters))
    sections.add("totals", canonical_json([block_totals(one) for one in flows]))
    for name in ("set_off_minor", "settled_minor", "set_off_points", "settled_points"):
        sections.add_ordered(name, getattr(discharged, name), order, "<i8")
    for one in flows:
        for group, stages in asked.groups():
            for stage in stages:
                sections.add_array(f"levels.{stage}", one.levels[stage], "<i8")
                if group != "set-off" and one.house is not None:
                    levels = one.house_levels[stage].tolist()
                    rows = [
                        [*label, level]
                        for label, level in zip(one.house.labels, levels, strict=True)
                    ]
                    sections.add(f"house.{stage}", canonical_json(rows))
        sections.add("border", canonical_json(border_rows(one)))
    return sections.hex()
