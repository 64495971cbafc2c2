# SPDX-License-Identifier: Apache-2.0
"""A trade clearing house: the largest multilateral set-off of debts, with a proof.

    import skontro

    result = skontro.clear("obligations.csv")
    result.summary["share"]
    result.obligations          # an Arrow table: gross, set off, settled, residual
    result.verify()
    result.save("result")

What this package computes is a calculation: it has no legal effect, nothing has been set off and
nobody has been screened. See docs/lawful-use.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skontro.calculation import clear, curve, generate
    from skontro.core.arrays import ArrayResult, clear_arrays
    from skontro.core.errors import SkontroError
    from skontro.core.result import ClearingResult

__version__ = "0.1.0.dev0"

__all__ = [
    "ArrayResult",
    "ClearingResult",
    "SkontroError",
    "clear",
    "clear_arrays",
    "curve",
    "generate",
]

_HOMES = {
    "ArrayResult": "skontro.core.arrays",
    "ClearingResult": "skontro.core.result",
    "SkontroError": "skontro.core.errors",
    "clear": "skontro.calculation",
    "clear_arrays": "skontro.core.arrays",
    "curve": "skontro.calculation",
    "generate": "skontro.calculation",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for late, so that asking for help stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'skontro' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What may be used, for those who look round or press the tabulator."""
    return [*__all__, "__version__"]
