# SPDX-License-Identifier: Apache-2.0
"""What was asked of a calculation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skontro.core.errors import InvalidOptions

if TYPE_CHECKING:
    from skontro.core.intake import Intake

SPLITS = ("oldest", "pro-rata")
PREFERENCES = (None, "oldest", "smallest")
CASH = (None, "limits", "unlimited")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The wishes of one calculation, as they stand in its result.

    Attributes:
        split: How a pair's flow is divided over its obligations: ``oldest`` or ``pro-rata``.
        prefer: Which obligations go first where the volume is the same, or None.
        combined: Whether set-off and cash are placed together.
        cash: ``limits`` (those of the files), ``unlimited`` pay-ins, or None for no cash.
    """

    split: str = "oldest"
    prefer: str | None = None
    combined: bool = False
    cash: str | None = None

    def as_json(self) -> dict[str, str | bool | None]:
        """The parameters as they are written and hashed."""
        return {
            "split": self.split,
            "prefer": self.prefer,
            "combined": self.combined,
            "cash": self.cash,
        }


def choose_parameters(
    intake: Intake, *, split: str, prefer: str | None, combined: bool, cash: str | None
) -> Parameters:
    """Check the wishes against each other and against what the files give.

    Where pay-in limits or border quotas are given, cash is placed within them.

    Args:
        intake: What was read; only whether it has limits and quotas counts.
        split: As in :class:`Parameters`, and so are the others.
        prefer: Or None.
        combined: Needs cash.
        cash: None leaves it to the files whether there is any.

    Raises:
        InvalidOptions: A wish is unknown or cannot be had.
    """
    for name, wish, known in (
        ("split", split, SPLITS), ("prefer", prefer, PREFERENCES), ("cash", cash, CASH),
    ):  # fmt: skip
        if wish not in known:
            raise InvalidOptions(
                f"{name} cannot be {wish!r}",
                next_step=f"use one of: {', '.join(map(repr, known))}",
            )
    given = intake.pay_in_limits is not None or intake.border_quotas is not None
    if cash == "limits" and not given:
        raise InvalidOptions("cash within limits needs pay-in limits or border quotas")
    if cash is None and given:
        cash = "limits"
    if combined and cash is None:
        raise InvalidOptions(
            "combined places cash and set-off together, and there is no cash",
            next_step="give pay-in limits, border quotas or unlimited cash",
        )
    return Parameters(split=split, prefer=prefer, combined=combined, cash=cash)
