# SPDX-License-Identifier: Apache-2.0
"""What a result is: a calculation, which binds nobody, or a run of a house.

Whatever is written of a result says which. A calculation says so without any option, and can
never say anything else. A run says whose it is and what it was screened against; it sets off only
together with the house's signed statement of publication, since its files are written before the
second person approves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from skontro.core.errors import Rejected

NOTICE = "nothing has been set off"
RUN_NOTICE = "it sets off only together with the house's signed statement of publication"
DEMONSTRATION = "DEMONSTRATION"
RUN_KINDS = ("preliminary", "final", "recast")


@dataclass(frozen=True, slots=True)
class ListUsed:
    """A screening list that a run's members were released against.

    Attributes:
        number: Number of its import in the house.
        name: Which list.
        digest: SHA-256 of its file, hexadecimal.
        dated: The time the list is of.
    """

    number: int
    name: str
    digest: str
    dated: str


@dataclass(frozen=True, slots=True)
class HouseRun:
    """A run of a house.

    Attributes:
        house: Id of the house.
        cycle: Id of the cycle.
        kind: ``preliminary``, ``final`` or ``recast``.
        number: 1, or the recast's.
        demonstration: Whether the house is there for demonstration only.
        lists: What its members were released against.
        gate_rules: Versions of the gate's rules they were released by.
    """

    house: str
    cycle: str
    kind: str
    number: int
    demonstration: bool
    lists: tuple[ListUsed, ...]
    gate_rules: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.kind not in RUN_KINDS or not self.house or not self.cycle or self.number < 1:
            raise Rejected(f"{self.kind!r} of {self.cycle!r}: no run of a house",
                           code="ContradictoryStanding")  # fmt: skip

    @property
    def words(self) -> str:
        """Which run it is.

        Example:
            >>> HouseRun("h", "2026-01", "recast", 2, False, (), ()).words
            'recast 2 of cycle 2026-01 of house h'
        """
        which = f"recast {self.number}" if self.kind == "recast" else f"{self.kind} run"
        return f"{which} of cycle {self.cycle} of house {self.house}"

    def as_json(self) -> dict[str, Any]:
        """The run as plain values."""
        return asdict(self) | {
            "lists": [asdict(one) for one in self.lists],
            "gate_rules": list(self.gate_rules),
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What a result is.

    Attributes:
        run: The house's run that it is; None for a calculation.
    """

    run: HouseRun | None = None

    @property
    def is_demonstration(self) -> bool:
        """Whether it comes from a house that is there for demonstration only."""
        return self.run is not None and self.run.demonstration

    @property
    def line(self) -> str:
        """What it is, in one line.

        Example:
            >>> CALCULATION.line
            'effect: calculation, screened: false, nothing has been set off'
        """
        if self.run is None:
            return f"effect: calculation, screened: false, {NOTICE}"
        mark = f"{DEMONSTRATION}: " if self.is_demonstration else ""
        return f"{mark}effect: run, screened: true, {self.run.words}; {RUN_NOTICE}"

    def as_json(self) -> dict[str, Any]:
        """What every file of a result says of itself.

        Example:
            >>> CALCULATION.as_json()
            {'effect': 'calculation', 'screened': False, 'notice': 'nothing has been set off'}
        """
        if self.run is None:
            return {"effect": "calculation", "screened": False, "notice": NOTICE}
        mark = f"{DEMONSTRATION}: " if self.is_demonstration else ""
        return {
            "effect": "run", "screened": True, "notice": mark + RUN_NOTICE,
            "run": self.run.as_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Standing:
        """Read what a file says of itself.

        Args:
            content: A summary or a package, with its other entries.

        Raises:
            Rejected: It contradicts itself.

        Example:
            >>> Standing.from_json(CALCULATION.as_json()) == CALCULATION
            True
        """
        found = CALCULATION
        try:
            if content.get("effect") == "run":
                said = content["run"]
                lists = tuple(ListUsed(**one) for one in said["lists"])
                rules = tuple(said["gate_rules"])
                found = cls(HouseRun(**{**said, "lists": lists, "gate_rules": rules}))
        except (KeyError, TypeError):
            raise _contradicts() from None
        names = ("effect", "screened", "notice", "run")
        if {name: content[name] for name in names if name in content} != found.as_json():
            raise _contradicts()
        return found


def _contradicts() -> Rejected:
    return Rejected(
        "the result contradicts itself on whether it is a calculation or a run",
        code="ContradictoryStanding",
        next_step="make it anew, or ask who gave it to you",
    )


CALCULATION = Standing()
