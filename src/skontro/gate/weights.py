# SPDX-License-Identifier: Apache-2.0
"""Threshold and weights of the matcher: data with a version, read from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from skontro.core.errors import Rejected


@dataclass(frozen=True)
class Weights:
    """A threshold, and how much counts for and against.

    Attributes:
        version: Version of the set.
        threshold: From this score on there is an alert.
        words: How alike words are, by what they have in common, in thousandths.
        names: What names lose by what does not meet.
        evidence: What dates, countries and kinds count.
    """

    version: str
    threshold: int
    words: Mapping[str, int]
    names: Mapping[str, int]
    evidence: Mapping[str, int]


SCALE = 1000
"""The highest score."""


GROUPS = ("words", "names", "evidence")


def weights_from_text(text: str) -> Weights:
    """Read a set of weights; whether it is good enough to be used is another question.

    Raises:
        Rejected: It is no TOML, or a weight is missing, not known, or no whole number between
            nought and the scale.

    Example:
        >>> built_in_weights().threshold <= SCALE
        True
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise _refused(f"the weights cannot be read: {wrong}") from wrong
    version, threshold = data.get("version"), data.get("threshold")
    if type(threshold) is not int:
        raise _refused("the weights have no whole number for threshold")
    if not isinstance(version, str) or not version or len(version) > 40:
        raise _refused("the weights have no version")
    wanted = _built_in()
    groups = list[dict[str, int]]()
    for group in GROUPS:
        given = data.get(group)
        if not isinstance(given, dict) or given.keys() != wanted[group].keys():
            names = ", ".join(sorted(wanted[group]))
            raise _refused(f"the weights under {group} must be these and no others: {names}")
        for name, value in given.items():
            if type(value) is not int or not 0 <= value <= SCALE:
                raise _refused(f"{group}.{name} is no whole number from 0 to {SCALE}")
        groups.append(dict(given))
    return Weights(version, threshold, *groups)


def _refused(message: str) -> Rejected:
    return Rejected(message, code="InvalidWeights", next_step="start from the package's weights")


@cache
def _built_in() -> dict[str, Any]:
    text = files("skontro.gate").joinpath("data", "weights.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def built_in_weights() -> Weights:
    """Return the weights of the package."""
    data = _built_in()
    return Weights(data["version"], data["threshold"], *(data[group] for group in GROUPS))
