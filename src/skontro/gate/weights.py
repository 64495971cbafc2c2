# SPDX-License-Identifier: Apache-2.0
"""Threshold and weights of the matcher: data with a version, read from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


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


def weights_from_text(text: str) -> Weights:
    """Read a set of weights.

    Example:
        >>> built_in_weights().threshold <= SCALE
        True
    """
    data = tomllib.loads(text)
    return Weights(
        data["version"], data["threshold"], data["words"], data["names"], data["evidence"]
    )


@cache
def built_in_weights() -> Weights:
    """Return the weights of the package."""
    return weights_from_text(
        files("skontro.gate").joinpath("data", "weights.toml").read_text("utf-8")
    )
