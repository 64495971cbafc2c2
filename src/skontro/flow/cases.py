# SPDX-License-Identifier: Apache-2.0
"""Cases: what becomes of an alert; decided by two people, for compliance and the authority alone.

An alert is on a pair: somebody as the records say, and an entry as its list says. What two people
decide on a pair, its disposition, stands until either side changes. Nothing decides many pairs at
once, and nothing exempts a participant. What cases say lies in the register; acts and journal carry
their numbers and commitments only, so that whoever reads those learns nothing of whom.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.flow.people import handles
from skontro.flow.register import CASE
from skontro.gate.parties import Decision, Pair
from skontro.gate.verdicts import Reason
from skontro.house.acts import Signer
from skontro.store.database import Unit
from skontro.store.listing import cases_in_turn
from skontro.store.register import checked_record, commit_record
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import case_event, gate_case, participant, register

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.screening import Evidence

DECISIONS = {"not the same": "cleared", "the same": "confirmed", "explained": "cleared",
             "upheld": "confirmed"}
"""What can be decided on a pair, or on a flag, and the state of the case then."""

ON_FLAGS = ("explained", "upheld")
"""What can be decided on a flag."""

_FEW = 200
_PARTY = re.compile(r"\bparty (\d+)\b")


@dataclass(frozen=True)
class Decided:
    """What two people decided.

    Attributes:
        pairs: Decisions by pair.
        confirmed: Pairs that are confirmed and not let go, with scores and numbers of cases, by
            kind and number of whom they are about.
    """

    pairs: dict[Pair, Decision]
    confirmed: dict[tuple[str, int], list[tuple[Pair, int, int]]]


def decisions_on(unit: Unit, kind: str, subjects: Mapping[int, Sequence[str]]) -> Decided:
    """Return what was decided on some.

    A decision is on a pair: it holds for whoever has just these records, though they were an
    applicant when it was taken.

    Args:
        unit: The unit of work.
        kind: Of whom.
        subjects: Their numbers, each with the digests of the records they are compared by.
    """
    digests = sorted({digest for own in subjects.values() for digest in own})
    few = len(digests) <= _FEW
    states = ["cleared", "confirmed", "released"]
    rows = find_all(unit, gate_case, order=["id"], state=states,
                    **_only(subject_digest=digests if few else None))  # fmt: skip
    wanted = set(digests)
    pairs = {
        pair_of(row): Decision(row.id, row.state) for row in rows if row.subject_digest in wanted
    }
    confirmed = dict[tuple[str, int], list[tuple[Pair, int, int]]]()
    for row in find_all(unit, gate_case, order=["id"], state="confirmed", subject_kind=kind,
                        **_only(subject=list(subjects) if few else None)):  # fmt: skip
        if row.subject in subjects:
            found = confirmed.setdefault((kind, row.subject), [])
            found.append((pair_of(row), row.score, row.id))
    return Decided(pairs, confirmed)


def _only(**given: Any) -> dict[str, Any]:
    """Return what was given."""
    return {name: value for name, value in given.items() if value is not None}


def pair_of(row: Any) -> Pair:
    """Return the pair that a case is about."""
    return Pair(row.about, row.subject_digest, row.list_name, row.entry, row.entry_digest)


def open_cases(
    house: House, unit: Unit, kind: str, subject: int, reasons: Iterable[Reason],
    evidence: Iterable[Evidence],
) -> list[int]:  # fmt: skip
    """Open a case for each alert that has none; return their numbers.

    Args:
        house: The house.
        unit: The unit of work.
        kind: ``participant``, ``applicant``, ``payee`` or ``payer``.
        subject: Number of the participant, or of the register's record.
        reasons: Those of the verdict: only what they call an alert takes a case.
        evidence: Of the alerts.
    """
    alerts = {
        (one["about"], one["subject_digest"], one["list"], one["entry"], one["entry_digest"])
        for one in reasons
        if one.get("code") == "Alert"
    }
    opened = []
    for one in evidence:
        pair = one.alert.pair
        if tuple(pair) not in alerts:
            continue
        about: dict[str, Any] = {"subject_kind": kind, "subject": subject, "about": pair.about,
                 "subject_digest": pair.digest, "list_name": pair.list_name, "entry": pair.entry,
                 "entry_digest": pair.entry_digest}  # fmt: skip
        if find(unit, gate_case, **about) is not None:
            continue
        number = next_numbers(unit, gate_case)[0]
        record = case_record(house, unit, number, "evidence", {
            "subject": asdict(one.subject), "entry": asdict(one.entry),
            "list": {"import": one.listed.id, "name": one.listed.name,
                     "digest": one.listed.digest, "dated": one.listed.dated},
            "score": one.alert.score, "points": [_plain(point) for point in one.points],
        })  # fmt: skip
        insert(unit, gate_case, id=number, **about, score=one.alert.score, evidence=record[0],
               opened_at=house.at, state="open")  # fmt: skip
        insert(unit, case_event, gate_case=number, event="opened", at=house.at)
        opened.append(number)
    return opened


def _plain(point: Any) -> Any:
    return asdict(point) if hasattr(point, "__dataclass_fields__") else point


def case_record(
    house: House, unit: Unit, number: int, what: str, said: Mapping[str, Any]
) -> list[int | str]:
    """Write what a case says into the register; return how others refer to it."""
    return commit_record(
        unit, CASE, str(number), what, canonical_json(dict(said)).decode(),
        purpose="screening", at=house.at, retain_until=house.keep_until("participant"),
    ).as_json()  # fmt: skip


def firms_named(text: str, firms: Mapping[int, str]) -> str:
    """Return a reason with the ids of firms where it has their numbers.

    Args:
        text: The reason: verdicts say numbers, which stay when a firm is renamed.
        firms: Ids by number.

    Example:
        >>> firms_named("300215 goes round: party 17 to party 40", {17: "E006"})
        '300215 goes round: E006 to party 40'
    """
    return _PARTY.sub(lambda found: firms.get(int(found[1]), found[0]), text)


def _flag_text(evidence: Mapping[str, Any] | None) -> str:
    return str(((evidence or {}).get("flag") or {}).get("text", ""))


class Cases:
    """The cases of the house.

    Whoever looks must show that they may: a person with the right to decide cases or to read
    them, proved by their key. To everybody else there is house review, and nothing more.
    """

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- looking -----------------------------------------------------------------------------

    def work_list(
        self, who: str, signer: Signer, *, states: Sequence[str] = ("open",), on_list: str = "",
        after: int = 0, most: int | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return the cases in some states, the oldest first, with their age in days.

        Args:
            who: Who looks.
            signer: Their key.
            states: ``open``, ``cleared``, ``confirmed`` or ``released``.
            on_list: Those of one list alone.
            after: From after this number on.
            most: How many at most.

        Raises:
            Forbidden: They may not.
        """
        with self.house.database.read() as unit:
            self.house.people.may_see(unit, who, signer)
            rows = cases_in_turn(unit, states, on_list=on_list, after=after, most=most)
            firms = {one.number: one.id for one in find_all(unit, participant)}
        return [self._line(row, firms) for row in rows]

    def _line(self, row: Any, firms: Mapping[int, str]) -> dict[str, Any]:
        from skontro.flow.times import from_text

        age = (self.house.now - from_text(row.opened_at)).days
        whom = firms[row.subject] if row.subject_kind == "participant" else (
            f"{'obligation' if row.subject_kind == 'obligation' else 'record'} {row.subject}"
        )  # fmt: skip
        return {
            "case": row.id, "state": row.state, "whom": whom, "subject_kind": row.subject_kind,
            "about": row.about, "list": row.list_name, "entry": row.entry, "score": row.score,
            "opened_at": row.opened_at, "age_days": age, "decision_act": row.decision_act,
        }  # fmt: skip

    def check_reader(self, who: str, signer: Signer) -> None:
        """Refuse whoever may not see what the gate holds.

        Raises:
            Forbidden: They may not.
        """
        with self.house.database.read() as unit:
            self.house.people.may_see(unit, who, signer)

    def show(self, number: int, who: str, signer: Signer) -> dict[str, Any]:
        """Return a case with its evidence, its history, and acts on it that wait.

        Raises:
            Forbidden: They may not see it.
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            self.house.people.may_see(unit, who, signer)
            return self.shown(unit, number)

    def shown(self, unit: Unit, number: int) -> dict[str, Any]:
        """Return a case as :meth:`show` does, within a reading."""
        row = self.row(unit, number)
        firms = {one.number: one.id for one in find_all(unit, participant)}
        evidence = _said(unit, row.evidence)
        events = [
            {"event": one.event, "person": one.person, "act": one.act_id, "at": one.at,
             "digest": one.digest, "said": _said(unit, one.detail)}
            for one in find_all(unit, case_event, order=["id"], gate_case=number)
        ]  # fmt: skip
        return self._line(row, firms) | {
            "subject_digest": row.subject_digest, "entry_digest": row.entry_digest,
            "evidence": evidence, "says": firms_named(_flag_text(evidence), firms),
            "events": events, "waiting": _waiting(unit, number),
        }  # fmt: skip

    def row(self, unit: Unit, number: int) -> Any:
        """Return a case's row.

        Raises:
            NoSuchFile: There is none of that number.
        """
        row = find(unit, gate_case, id=number)
        if row is None:
            raise NoSuchFile(f"there is no case {number}", code="NoSuchCase",
                             next_step="list them with: skontro gate cases list")  # fmt: skip
        return row

    # ---- deciding ----------------------------------------------------------------------------

    def note(self, number: int, text: str, who: str, signer: Signer) -> None:
        """Write something down on a case.

        Args:
            number: The case.
            text: What.
            who: Who says it.
            signer: Their key.
        """
        house = self.house
        if not text.strip():
            raise Rejected("there is nothing to note", code="NoReason")
        with house.database.unit("case.note", exclusive=True) as unit:
            house.check_writable(unit)
            house.people.may_see(unit, who, signer)
            self.row(unit, number)
            record = case_record(house, unit, number, "note", {"text": text})
            insert(unit, case_event, gate_case=number, event="noted", person=who,
                   detail=record[0], at=house.at)  # fmt: skip

    def propose_decision(
        self, number: int, decision: str, reason: str, maker: str, signer: Signer
    ) -> int:
        """Propose what to decide on a pair; another person confirms it.

        Both sign the digest of exactly this: the records compared, the entry as it is, the
        evidence and the decision.

        Args:
            number: The case.
            decision: ``not the same`` or ``the same``; of a flag ``explained`` or ``upheld``.
            reason: Why.
            maker: Who proposes it.
            signer: Their key.

        Returns:
            The number of the act.

        Raises:
            Rejected: There is no such decision, or no reason.
            Conflict: The case is decided.
        """
        if decision not in DECISIONS:
            raise Rejected(f"{decision!r} is no decision", code="InvalidOptions",
                           next_step=f"one of: {', '.join(DECISIONS)}")  # fmt: skip
        return self._propose("case.decide", number, decision, reason, "", maker, signer)

    def propose_release(
        self, number: int, reason: str, order: str, maker: str, signer: Signer
    ) -> int:
        """Propose to let go a party that was confirmed.

        Args:
            number: The case.
            reason: Why.
            order: Reference of the authority's word that lets it go.
            maker: Who proposes it.
            signer: Their key.
        """
        if not order.strip():
            raise Rejected(
                "a party that was confirmed is let go on an authority's word", code="OrderMissing",
                next_step="give the reference of its order or licence",
            )  # fmt: skip
        return self._propose("case.release", number, "let go", reason, order, maker, signer)

    def _propose(
        self, kind: str, number: int, decision: str, reason: str, order: str, maker: str,
        signer: Signer,
    ) -> int:  # fmt: skip
        house = self.house
        if not reason.strip():
            raise Rejected("a decision needs a reason", code="NoReason")
        with house.database.unit(f"{kind}.propose", exclusive=True) as unit:
            row = self.row(unit, number)
            _check_state(row, decision)
            evidence = find(unit, register, id=row.evidence)
            record = case_record(house, unit, number, "decision", {
                "case": number, "decision": decision, "reason": reason, "order": order,
                "pair": list(pair_of(row)), "score": row.score,
                "subject": [row.subject_kind, row.subject],
                "evidence": [evidence.id, evidence.commitment],
            })  # fmt: skip
            return house.people.propose_in(
                unit, kind, {"case": number, "decided": record}, maker, signer
            )


def _check_state(row: Any, decision: str) -> None:
    before = {"not the same": ("open",), "the same": ("open", "cleared"), "let go": ("confirmed",),
              "explained": ("open",), "upheld": ("open", "cleared")}  # fmt: skip
    if decision != "let go" and (decision in ON_FLAGS) != (row.subject_kind == "obligation"):
        raise Rejected(f"case {row.id} is not decided so", code="InvalidOptions",
                       next_step="explained or upheld for a flag; else not the same or the "
                       "same")  # fmt: skip
    if row.state not in before[decision]:
        raise Conflict(f"case {row.id} is {row.state}", code="AlreadyDone",
                       next_step=f"see it with: skontro gate cases show {row.id}")  # fmt: skip


def _said(unit: Unit, number: int | None) -> Any:
    """Return what a record of a case says; None where there is none, or it is erased."""
    row = None if number is None else find(unit, register, id=number)
    if row is None or row.content is None:
        return None
    return json.loads(checked_record(unit, row.id, row.commitment) or "null")


def _waiting(unit: Unit, number: int) -> list[dict[str, Any]]:
    """Return the acts on a case that wait for a second person."""
    from skontro.store.schema import act

    found = []
    kinds = ["case.decide", "case.release", "order.reverse"]
    for row in find_all(unit, act, order=["id"], kind=kinds, state="proposed"):
        content = json.loads(row.content)
        if content["case"] == number:
            said = content["order"] if row.kind == "order.reverse" else content["decided"]
            found.append({"act": row.id, "kind": row.kind, "maker": row.maker,
                          "digest": row.digest, "decided": _said(unit, said[0])})  # fmt: skip
    return found


@handles("case.decide")
@handles("case.release")
def _decide(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Decide a case, and judge anew whom it is about."""
    number, (record, commitment) = content["case"], content["decided"]
    said = json.loads(checked_record(unit, record, commitment) or "null")
    row = house.cases.row(unit, number)
    if said is None or (said["case"], Pair(*said["pair"])) != (number, pair_of(row)):
        raise Conflict(f"act {act_id} is not about case {number} as it is", code="StaleApproval")
    if house.people.approved(unit, act_id, _kind_of(said)) != content:
        raise Conflict(f"act {act_id} decides something else", code="StaleApproval")
    _check_state(row, said["decision"])
    state = DECISIONS.get(said["decision"], "released")
    change(unit, gate_case, {"id": number}, state=state, decision_act=act_id,
           decision_act_kind=_kind_of(said))  # fmt: skip
    insert(unit, case_event, gate_case=number, event=state, act_id=act_id, detail=record,
           at=house.at)  # fmt: skip
    house.note(unit, "gate.case", content, act_id=act_id)
    if row.subject_kind == "participant":
        house.gate.judge_participants(unit, [row.subject], anew=True)
        house.gate.judge_below(unit, [row.subject])
    if row.subject_kind == "obligation":
        house.authorities.judge_numbers(unit, [row.subject])
    return {"case": number}


def _kind_of(said: Mapping[str, Any]) -> str:
    return "case.decide" if said["decision"] in DECISIONS else "case.release"
