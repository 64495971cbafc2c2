# SPDX-License-Identifier: Apache-2.0
"""The two digests of a result, computed again from what was read."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.verify.files import canonical_json
from skontro.verify.network import Inputs, Rows
from skontro.verify.stages import BlockFlows, Parameters
from skontro.verify.text import as_text, take_text
from skontro.verify.totals import block_totals, border_rows


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

    def add_array(self, name: str, kind: str, *parts: NDArray[Any]) -> None:
        """Add a section of integers, part after part."""
        self._open(name, sum(len(part) for part in parts) * np.dtype(kind).itemsize)
        for part in parts:
            self._hash.update(np.ascontiguousarray(part, kind).data)

    def add_texts(self, name: str, array: pa.Array) -> None:
        """Add a section of texts as they stand."""
        text = as_text(array)
        length, data = take_text(text, np.arange(len(text)))
        self.add_text_parts(name, length, data)

    def add_text_parts(self, name: str, length: NDArray[Any], data: NDArray[Any]) -> None:
        """Add a section of texts: their lengths, then their bytes."""
        self._open(name, 4 * len(length) + len(data))
        self._hash.update(np.ascontiguousarray(length, "<u4").data)
        self._hash.update(data.data)

    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


def input_digest(inputs: Inputs, rows: Rows) -> str:
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
    sections.add_array("participants.accepts", "u1", people.accepts)
    sections.add_text_parts("obligations.id", *take_text(inputs.id_text, rows.order))
    sections.add_array("obligations.debtor", "<i4", rows.debtor)
    sections.add_array("obligations.creditor", "<i4", rows.creditor)
    sections.add_texts("obligations.currency", pa.array(inputs.currencies, pa.large_string()))
    sections.add_array("obligations.currency_index", "<i2", rows.currency_index)
    sections.add_array("obligations.amount_minor", "<i8", rows.amount_minor)
    sections.add_array("obligations.due_day", "<i4", rows.due_day)
    given: Any
    for name, given in (("limits", inputs.limits), ("quotas", inputs.quotas)):
        listed = None if given is None else [list(row) for row in given]
        sections.add(name, canonical_json(listed))
    return sections.hex()


def result_digest(
    frozen: str,
    parameters: dict[str, Any],
    asked: Parameters,
    rows: Rows,
    flows: list[BlockFlows],
) -> str:
    """Digest of the result: what was asked, what was discharged, and the proof.

    Args:
        frozen: The input digest.
        parameters: As the manifest has them.
        asked: The same, understood.
        rows: The rows in the order of the digests.
        flows: The blocks.
    """
    sections = Sections()
    sections.add("format", b"skontro.result/1")
    sections.add("input_digest", bytes.fromhex(frozen))
    sections.add("parameters", canonical_json(parameters))
    sections.add("totals", canonical_json([block_totals(one) for one in flows]))
    for name in ("set_off_minor", "settled_minor", "set_off_points", "settled_points"):
        parts = [getattr(one, name) for one in flows]
        if not all(one.block.is_canonical for one in flows):
            values = np.zeros(len(rows.order), np.int64)
            for one, part in zip(flows, parts, strict=True):
                values[one.block.rows.order] = part
            parts = [values[rows.order]]
        sections.add_array(name, "<i8", *parts)
    for one in flows:
        for group, stages in asked.groups():
            for stage in stages:
                sections.add_array(f"levels.{stage}", "<i8", one.levels[stage])
                if group != "set-off" and one.house is not None:
                    levels = one.house_levels[stage].tolist()
                    listed = [
                        [*label, level]
                        for label, level in zip(one.house.labels, levels, strict=True)
                    ]
                    sections.add(f"house.{stage}", canonical_json(listed))
        sections.add("border", canonical_json(border_rows(one)))
    return sections.hex()
