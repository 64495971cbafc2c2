# SPDX-License-Identifier: Apache-2.0
"""What a result says it is, and what a check may therefore say: calculation, run, set-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STATEMENT = "effect: calculation, screened: false, nothing has been set off"
CALCULATION = {
    "effect": "calculation",
    "screened": False,
    "notice": "nothing has been set off",
}
RUN_NOTICE = "it sets off only together with the house's signed statement of publication"
DEMONSTRATION = "DEMONSTRATION"
SETTING_OFF = ("publication", "set-off notice")
NAMES = ("effect", "screened", "notice", "run")
RUN_KINDS = ("preliminary", "final", "recast")
_RUN = {
    "house": str, "cycle": str, "kind": str, "number": int, "demonstration": bool,
    "lists": list, "gate_rules": list,
}  # fmt: skip
_LIST = {"number": int, "name": str, "digest": str, "dated": str}


@dataclass
class Standing:
    """What a result is.

    Attributes:
        run: The house's run it says it is; nothing for a calculation.
        key: Id of the key under the statement of publication that fits it, or under the paper;
            empty without one.
        compared: Whether that key was compared with one that a person says is the house's.
        paper: Kind of the signed paper it is, if it is one.
        house: Whose paper it is.
        demonstration: Whether that house is there for demonstration only.
    """

    run: dict[str, Any] | None = None
    key: str = ""
    compared: bool = False
    paper: str = ""
    house: str = ""
    demonstration: bool = False

    @property
    def effect(self) -> str:
        """What the run brings about once it is published: a recast sets nothing off."""
        return "settlement" if (self.run or {}).get("kind") == "recast" else "set-off"

    @property
    def signed(self) -> str:
        """With which key, and whether anybody compared it."""
        doubt = "" if self.compared else ", which was not compared with the house's"
        return f"signed with key {self.key}{doubt}"

    @property
    def words(self) -> str:
        """Which run it says it is."""
        run = self.run or {}
        which = f"{run.get('kind')} run"
        if run.get("kind") == "recast":
            which = f"recast {run.get('number')}"
        return f"{which} of cycle {run.get('cycle')} of house {run.get('house')}"

    def line(self, ok: bool) -> str:
        """What may be said in one line.

        Args:
            ok: Whether every claim holds.

        Example:
            >>> Standing().line(True) == STATEMENT
            True
        """
        if self.paper:
            return self._line_of_paper(ok)
        if self.run is None:
            return STATEMENT
        mark = f"{DEMONSTRATION}: " if self.run["demonstration"] else ""
        if not self.key:
            words = f"effect: run, not published: it says it is the {self.words}, and {RUN_NOTICE}"
        elif ok:
            words = f"effect: {self.effect}, screened: true, {self.words}, {self.signed}"
        else:
            words = f"effect: none established: a claim of the {self.words} does not hold"
        return mark + words

    def _line_of_paper(self, ok: bool) -> str:
        """What may be said of a signed paper."""
        mark = f"{DEMONSTRATION}: " if self.demonstration else ""
        if not ok:
            return f"{mark}effect: none established: a claim of the {self.paper} does not hold"
        if self.run is not None and self.paper in SETTING_OFF:
            words = f"effect: {self.effect}, screened: true, {self.paper} of the {self.words}"
        else:
            words = f"effect: none by itself, {self.paper} of house {self.house}"
        return f"{mark}{words}, {self.signed}"

    def as_json(self, ok: bool) -> dict[str, Any]:
        """The same as plain values.

        Args:
            ok: Whether every claim holds.
        """
        if self.paper:
            binds = ok and self.run is not None and self.paper in SETTING_OFF
            return {
                "effect": self.effect if binds else "none", "screened": binds,
                "notice": self.line(ok), "paper": self.paper, "run": self.run,
                "key_id": self.key or None, "key_compared": self.compared,
            }  # fmt: skip
        if self.run is None:
            return dict(CALCULATION)
        published = bool(self.key) and ok
        return {
            "effect": self.effect if published else "run",
            "screened": published,
            "notice": self.line(ok),
            "run": self.run,
            "key_id": self.key or None,
            "key_compared": self.compared,
        }

    def said(self) -> dict[str, Any]:
        """What a file of such a result says of itself."""
        if self.run is None:
            return dict(CALCULATION)
        mark = f"{DEMONSTRATION}: " if self.run["demonstration"] else ""
        return {"effect": "run", "screened": True, "notice": mark + RUN_NOTICE, "run": self.run}


def read_standing(content: dict[str, Any]) -> Standing:
    """Read what a file says of itself, and refuse what contradicts itself.

    A calculation says that it is one, that nobody was screened and that nothing was set off; a
    run names its house, its cycle and the lists. There is nothing between.

    Args:
        content: A summary or a package.
    """
    from skontro.verify.verdict import require

    found = Standing()
    if content.get("effect") == "run":
        run = content.get("run")
        require(_has(run, _RUN), f"a run must have exactly {sorted(_RUN)}")
        found = Standing(dict(run or {}))
        require(found.said()["run"]["kind"] in RUN_KINDS, "no such kind of run")
        require(run and run["house"] and run["cycle"] and run["number"] >= 1, "no such run")
        lists = run["lists"] if run else []
        require(all(_has(one, _LIST) for one in lists), f"a list must have {sorted(_LIST)}")
        rules = run["gate_rules"] if run else []
        require(all(isinstance(one, str) and one for one in rules), "rules of the gate are named")
        require(bool(lists) == bool(rules), "lists and rules of the gate go together")
    said = {name: content[name] for name in NAMES if name in content}
    require(
        said == found.said() and type(content.get("screened")) is bool,
        "it does not say consistently whether it is a calculation, not screened, with nothing "
        "set off, or the run of a house",
    )
    return found


def _has(value: Any, kinds: dict[str, type]) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(kinds)
        and all(type(value[name]) is kind for name, kind in kinds.items())
    )
