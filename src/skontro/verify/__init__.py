# SPDX-License-Identifier: Apache-2.0
"""Stand-alone checker of published results; it imports nothing else of this project.

Inside, whatever finds a folder wrong raises ``ClaimFailed`` with what was found; ``Verdict.check``
turns that, and anything else that a liar's folder makes raise, into a claim that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skontro.verify.folder import verify_folder
    from skontro.verify.notices import verify_paper
    from skontro.verify.package import verify_package
    from skontro.verify.verdict import Claim, Verdict

__all__ = ["Claim", "Verdict", "verify_folder", "verify_package", "verify_paper"]

_HOMES = {
    "verify_folder": "skontro.verify.folder",
    "verify_package": "skontro.verify.package",
    "verify_paper": "skontro.verify.notices",
    "Claim": "skontro.verify.verdict",
    "Verdict": "skontro.verify.verdict",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for late, so that asking for help stays fast."""
    if name not in _HOMES:
        raise AttributeError(name)
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
