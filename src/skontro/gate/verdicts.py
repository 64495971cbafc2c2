# SPDX-License-Identifier: Apache-2.0
"""How a verdict says why: small objects of plain values, the same each time for the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skontro.core.digest import canonical_json
from skontro.gate.outcome import HELD, REFUSED, RELEASED

__all__ = ["HELD", "REFUSED", "RELEASED"]

RULES_VERSION = "gate/2"
"""Of how verdicts are made from what the parts of the gate find. What a version does never
changes: whatever would judge otherwise takes the next number, and the old one stays beside it."""

Reason = Mapping[str, Any]
"""Why: ``code``, one word, and ``text``, a sentence; further keys name what it is about."""

OF_EVERYBODY = (
    "NoList", "ListMissing", "ListEmpty", "ListStale", "GateFault", "RemoteFault",
)  # fmt: skip
"""Codes of reasons that are about the lists or the gate itself, and so hold everybody."""


def because(code: str, text: str, **about: Any) -> dict[str, Any]:
    """Return a reason.

    Args:
        code: One word, stable between releases.
        text: A sentence, without names.
        about: What it is about: plain values.

    Example:
        >>> because("ListEmpty", "list 1 is empty", list=1)
        {'code': 'ListEmpty', 'text': 'list 1 is empty', 'list': 1}
    """
    return {"code": code, "text": text, **about}


def is_of_everybody(reasons: Iterable[Reason]) -> bool:
    """Tell whether reasons are about the lists or the gate itself.

    Example:
        >>> is_of_everybody([because("ListEmpty", "list 1 is empty")])
        True
    """
    return any(one.get("code") in OF_EVERYBODY for one in reasons)


def reasons_text(reasons: Sequence[Reason]) -> str:
    """Return reasons as verdicts keep them: canonical JSON.

    Example:
        >>> reasons_text([]), reasons_text([because("PartyHeld", "party 1 is held")])
        ('[]', '[{"code":"PartyHeld","text":"party 1 is held"}]')
    """
    return canonical_json([dict(one) for one in reasons]).decode() if reasons else "[]"


def read_reasons_text(text: str) -> list[dict[str, Any]]:
    """Return reasons from what verdicts keep."""
    return [] if text == "[]" else list(json.loads(text))


def of_parties(firms: Iterable[int], held: Mapping[int, str]) -> list[Reason]:
    """Return which of an obligation's parties are held or refused.

    Args:
        firms: Their numbers.
        held: Outcomes of those that are.
    """
    return [
        because("PartyHeld", f"party {firm} is {held[firm]}", party=firm)
        for firm in firms
        if firm in held
    ]
