# SPDX-License-Identifier: Apache-2.0
"""What stands behind the payments of a file: released with it, for whoever has to know.

For each payment who is paid, why, and each obligation behind it: both parties with their
countries, the invoice, the goods, the gross sum, what was set off and what is paid, the verdicts.
Where anything of that is missing nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from skontro.core.errors import Conflict

TRANSPARENCY_FORMAT = "skontro.transparency/1"
NEEDED = ("debtor", "creditor", "invoice", "goods", "gross", "currency", "verdict")
OF_PARTY = ("id", "name", "country")
WITHOUT = ("return", "working", "pool", "revaluation", "capital", "exchange")
"""Purposes of payments that no obligation stands behind: somebody's own money goes back."""
_SHOWN = 5


def transparency(
    head: Mapping[str, Any], payments: Sequence[Mapping[str, Any]]
) -> bytes:
    """Return a transparency file.

    Args:
        head: The house, the account, and the payment files it goes with.
        payments: For each payment its id, amount, purpose, payee and ``obligations``.

    Raises:
        Conflict: Something is missing; nothing is written.

    Example:
        >>> transparency({}, [{"end_to_end": "e", "purpose": "settlement", "obligations": []}])
        Traceback (most recent call last):
        skontro.core.errors.Conflict: nothing is written: e: no obligation stands behind it
    """
    missing = [text for payment in payments for text in _missing(payment)]
    if missing:
        more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise Conflict(
            f"nothing is written: {'; '.join(missing[:_SHOWN])}{more}",
            code="TransparencyMissing", next_step="see the obligation: skontro obligations show",
            details={"missing": missing},
        )  # fmt: skip
    said = {"format": TRANSPARENCY_FORMAT, **head, "payments": list(payments)}
    return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _missing(payment: Mapping[str, Any]) -> list[str]:
    """What is missing behind a payment, in words."""
    name = payment["end_to_end"]
    found = list[str]()
    if payment["purpose"] not in WITHOUT and not payment["obligations"]:
        found.append(f"{name}: no obligation stands behind it")
    for one in payment["obligations"]:
        lacks = [word for word in NEEDED if not one.get(word)]
        lacks += [
            f"{party}'s {word}"
            for party in ("debtor", "creditor")
            for word in OF_PARTY
            if not one.get(party, {}).get(word)
        ]
        if lacks:
            found.append(f"{name}: obligation {one['obligation']} has no {', '.join(lacks)}")
    return found
