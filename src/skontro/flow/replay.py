# SPDX-License-Identifier: Apache-2.0
"""Any past run, computed again from what its archive keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from skontro.core.clearing import clear_intake
from skontro.messages.tables import read_intake

if TYPE_CHECKING:
    from skontro.flow.house import House


def replay_run(house: House, row: Any) -> dict[str, Any]:
    """Compute a run again from its archived inputs and compare the digests.

    Args:
        house: Whose archive.
        row: The run.

    Returns:
        Its kind and number, both digests, and whether they agree.
    """
    place = house.folder / row.folder
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    inputs = {one["role"]: place / one["name"] for one in manifest["inputs"]}
    intake = read_intake(**inputs, may_be_empty=True)
    asked = json.loads(row.parameters)
    cash = asked["cash"] if asked["cash"] == "unlimited" else None
    result = clear_intake(
        intake, split=asked["split"], prefer=asked["prefer"], combined=asked["combined"], cash=cash
    )
    return {
        "kind": row.kind, "number": row.number, "engine_version": row.engine_version,
        "result_digest": row.result_digest, "replayed_digest": result.result_digest,
        "agrees": result.result_digest == row.result_digest
        and result.input_digest == row.input_digest,
    }  # fmt: skip
