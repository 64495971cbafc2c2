# SPDX-License-Identifier: Apache-2.0
"""What the gate says of a party: from what was found on the lists and what people decided on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from skontro.gate.entries import ListEntry, Subject
from skontro.gate.layers import FIRM, Above, HeldBy, Standing, by_owners
from skontro.gate.lists.kept import entry_text, text_digest
from skontro.gate.ownership import held_by_owners
from skontro.gate.verdicts import HELD, REFUSED, RELEASED, Reason, because
from skontro.house.firms import Owner

__all__ = [
    "FIRM", "Alert", "Compared", "Decision", "Pair", "entry_digest", "judge_party", "standing_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One of those a party is judged by: itself, or an owner.

    Attributes:
        about: ``firm``, or ``owner`` and the number of the record.
        digest: Of the records it is made from, hexadecimal.
        subject: What is compared with the lists.
        faults: What about the records keeps them from being compared.
        owner: What is known of an owner; None for the party itself.
    """

    about: str
    digest: str
    subject: Subject
    faults: tuple[str, ...] = ()
    owner: Owner | None = None


class Pair(NamedTuple):
    """Somebody and an entry that may be the same, each as they are: what a decision is on."""

    about: str
    digest: str
    list_name: str
    entry: str
    entry_digest: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A possible match.

    Attributes:
        pair: Who with whom.
        score: How alike, in thousandths.
        points: What counted for and against, plain values.
    """

    pair: Pair
    score: int
    points: tuple[Any, ...]


class Decision(NamedTuple):
    """What two people decided on a pair: number of the case, and its state."""

    case: int
    state: str


_CODES = {"cleared": "Cleared", "released": "LetGo", "confirmed": "Confirmed"}
_TEXTS = {
    "Alert": "{about} may be entry {entry} of list {list}",
    "Cleared": "{about} is not entry {entry} of list {list}, two people decided",
    "LetGo": "{about} was taken for entry {entry} of list {list}, and let go",
    "Confirmed": "{about} is entry {entry} of list {list}, two people decided",
}


def entry_digest(entry: ListEntry) -> str:
    """Return the digest of all an entry says, hexadecimal."""
    return text_digest(entry_text(entry))


def judge_party(
    alerts: Sequence[Alert],
    faults: Sequence[Reason],
    decisions: Mapping[Pair, Decision],
    confirmed: Sequence[tuple[Pair, int, int]] = (),
    owners: Sequence[tuple[str, Owner]] = (),
    above: Above | None = None,
    held_by: HeldBy = held_by_owners,
) -> tuple[str, list[Reason]]:
    """Judge a party by its alerts and by what was decided on them.

    Args:
        alerts: What may be on a list.
        faults: What could not be compared, or is not what was committed to: it holds.
        decisions: What was decided, by pair.
        confirmed: Pairs of this party that are confirmed and not let go, with their scores and
            numbers of cases: they count though the entry or the record changed since.
        owners: Its owners, each with what alerts call it. Who is confirmed to be on a list counts
            by the 50 % rule: half or more refuses the party, a share that may be as much holds it.
        above: Participants among its owners, and among theirs, with what is known of them.
        held_by: The rules of ownership.

    Returns:
        ``released``, ``held`` or ``refused``, and why.

    Example:
        >>> pair = Pair("firm", "aa", "UN", "7", "bb")
        >>> judge_party([Alert(pair, 950, ())], [], {pair: Decision(3, "cleared")})[0]
        'released'
        >>> judge_party([Alert(pair, 950, ())], [], {})[0]
        'held'
    """
    reasons, outcome = list(faults), HELD if faults else RELEASED
    seen, listed = set[Pair](), list[str]()
    for alert in sorted(alerts, key=lambda one: one.pair):
        decision = decisions.get(alert.pair)
        seen.add(alert.pair)
        code = "Alert" if decision is None else _CODES.get(decision.state, "Alert")
        if code == "Alert":
            outcome = HELD if outcome == RELEASED else outcome
        elif code == "Confirmed":
            listed.append(alert.pair.about)
        reasons.append(_said(code, alert, None if code == "Alert" else decision))
    for pair, score, case in sorted(confirmed):
        if pair not in seen:
            listed.append(pair.about)
            reasons.append(
                _said("Confirmed", Alert(pair, score, ()), Decision(case, "confirmed"))
            )
    if FIRM in listed or (listed and not owners):
        return REFUSED, reasons
    if owners:
        found = by_owners(owners, listed, above, held_by)
        if found is not None:
            reasons += found[1]
            outcome = found[0]
    return outcome, reasons


def standing_of(
    alerts: Sequence[Alert],
    faults: Sequence[Reason],
    decisions: Mapping[Pair, Decision],
    confirmed: Sequence[tuple[Pair, int, int]],
    owners: Sequence[tuple[str, Owner]],
) -> tuple[Standing, list[tuple[int, str]]]:
    """Return what is known of a participant that owns others, and the cases that
    say so, each with what it says.

    Args:
        alerts: What may be on a list.
        faults: What could not be compared.
        decisions: What was decided, by pair.
        confirmed: Pairs that are confirmed and not let go, with scores and cases.
        owners: Its owners.
    """
    listed, doubted = set[str](), {FIRM} if faults else set[str]()
    cases = {(case, "confirmed") for _, _, case in confirmed}
    listed.update(pair.about for pair, _, _ in confirmed)
    for alert in alerts:
        decision = decisions.get(alert.pair)
        if decision is not None:
            cases.add((decision.case, decision.state))
        if decision is None or decision.state not in _CODES:
            doubted.add(alert.pair.about)
        elif decision.state == "confirmed":
            listed.add(alert.pair.about)
    return Standing(tuple(owners), sorted(listed), sorted(doubted)), sorted(cases)


def _said(code: str, alert: Alert, decision: Decision | None) -> dict[str, Any]:
    """Return why, without a name: the entry by its id, the subject by its digest."""
    pair = alert.pair
    about: dict[str, Any] = {
        "about": pair.about, "list": pair.list_name, "entry": pair.entry, "score": alert.score,
        "entry_digest": pair.entry_digest, "subject_digest": pair.digest,
    }  # fmt: skip
    if code == "Alert":
        about["points"] = list(alert.points)
    if decision is not None:
        about["case"] = decision.case
    return because(code, _TEXTS[code].format(**about), **about)
