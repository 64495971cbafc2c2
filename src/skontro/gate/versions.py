# SPDX-License-Identifier: Apache-2.0
"""What the gate's rules were under each of their numbers, so that old verdicts are derived by them.

A setting names what its verdicts rest on by number. What a number does never changes. Whatever
would judge otherwise takes the next number and enters its table beside the old one, which stays:
``gate replay`` takes each verdict by the rules of its own setting. A number that no table has was
never in this software, or rests on a Unicode that this Python does not have; then a verdict is said
to be of another release, and not derived.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from skontro.core.digest import canonical_json
from skontro.gate.entries import ListEntry, Subject
from skontro.gate.layers import Above, HeldBy
from skontro.gate.matching import Matcher, version_of
from skontro.gate.ownership import RULES_VERSION as OWNERSHIP_VERSION
from skontro.gate.ownership import USUAL, held_by_owners, rules_digest
from skontro.gate.parties import Alert, Decision, Pair, judge_party
from skontro.gate.screened import Screened
from skontro.gate.verdicts import RULES_VERSION, Reason
from skontro.gate.weights import Weights, built_in_weights
from skontro.house.firms import Owner


class Comparing(Protocol):
    """What compares parties with lists."""

    def screen_many(self, subjects: Iterable[Subject], *, processes: int = 1) -> list[Screened]:
        """Return what is found of each."""


MatcherOf = Callable[[Mapping[int, Sequence[ListEntry]]], Comparing]
"""From the entries of lists by number to what compares with them."""

Judge = Callable[
    [
        Sequence[Alert], Sequence[Reason], Mapping[Pair, Decision],
        Sequence[tuple[Pair, int, int]], Sequence[tuple[str, Owner]], Above | None, HeldBy,
    ],
    tuple[str, list[Reason]],
]  # fmt: skip
"""As :func:`skontro.gate.parties.judge_party`."""


@dataclass(frozen=True)
class KnownMatcher:
    """A matcher under its number.

    Attributes:
        content: Its version, threshold and digest of weights, as settings have them.
        made: How it is made.
    """

    content: Mapping[str, Any]
    made: MatcherOf


def matcher_content(weights: Weights) -> dict[str, Any]:
    """Return the versions of what compares: of the matcher, its weights and the threshold.

    Example:
        >>> sorted(matcher_content(built_in_weights()))
        ['threshold', 'version', 'weights']
    """
    text = canonical_json(json.loads(json.dumps(asdict(weights))))
    return {
        "version": version_of(weights), "threshold": weights.threshold,
        "weights": hashlib.sha256(text).hexdigest(),
    }  # fmt: skip


def _without_layers(
    alerts: Sequence[Alert],
    faults: Sequence[Reason],
    decisions: Mapping[Pair, Decision],
    confirmed: Sequence[tuple[Pair, int, int]] = (),
    owners: Sequence[tuple[str, Owner]] = (),
    above: Above | None = None,
    held_by: HeldBy = held_by_owners,
) -> tuple[str, list[Reason]]:
    """Judge as ``gate/1`` did: the owners of an owner that is a participant were not followed."""
    return judge_party(alerts, faults, decisions, confirmed, owners, None, held_by)


RULES: dict[str, Judge] = {"gate/1": _without_layers, RULES_VERSION: judge_party}
"""How a party is judged from what was found and decided, by number."""

OWNERSHIP: dict[tuple[str, ...], HeldBy] = {
    (OWNERSHIP_VERSION, rules_digest(USUAL)): held_by_owners,
}
"""Rules of ownership, by number and digest."""

MATCHERS: dict[str, KnownMatcher] = {
    version_of(built_in_weights()): KnownMatcher(matcher_content(built_in_weights()), Matcher),
}
"""What compares names, by number."""
