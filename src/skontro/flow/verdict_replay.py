# SPDX-License-Identifier: Apache-2.0
"""Any past verdict, derived again from what is stored, and compared byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from skontro.core.digest import canonical_json
from skontro.core.errors import SkontroError
from skontro.flow.asked import Asked, Stated
from skontro.flow.authorities import IDENTIFIERS, known_by
from skontro.flow.cases import pair_of
from skontro.flow.gate import party_digest
from skontro.flow.goods import JudgedTrade, Traded, tolerances_in
from skontro.flow.owners import Inputs, OfFirm
from skontro.flow.screening import (
    Answers,
    Listed,
    Screening,
    blocked_by,
    compared_of,
    compared_payee,
    owners_of,
)
from skontro.flow.times import from_text
from skontro.gate.layers import Above, KnownFirm, Standing, by_name, links_of
from skontro.gate.outcome import Judged, strictest
from skontro.gate.parties import Alert, Compared, Decision, Pair, standing_of
from skontro.gate.remote import Answer
from skontro.gate.verdicts import (
    HELD,
    RELEASED,
    Reason,
    of_parties,
    read_reasons_text,
    reasons_text,
)
from skontro.gate.versions import MATCHERS, OWNERSHIP, RULES
from skontro.house.screening_service import ScreeningService
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import (
    approval,
    case_event,
    cycle_member,
    gate_case,
    gate_setting,
    list_import,
    money_line,
    obligation,
    pack,
    participant,
    pay_out,
    register,
    verdict,
)
from skontro.store.verdicts import Screened, record_contents, verdict_before

if TYPE_CHECKING:
    from skontro.flow.house import House

CODES = {"Cleared": "cleared", "LetGo": "released", "Confirmed": "confirmed"}


@dataclass(frozen=True)
class Replayed:
    """A verdict, derived again.

    Attributes:
        id: Its number.
        subject_kind: Of whom or what.
        outcome: What it said.
        replayed: What it says now, or empty where it cannot be derived.
        agrees: Whether both say the same to the byte.
        why: Why it cannot be derived, or in what they differ.
    """

    id: int
    subject_kind: str
    outcome: str
    replayed: str
    agrees: bool
    why: str = ""


class CannotDerive(Exception):
    """What a verdict rests on is not there any more, or is not what it was."""


class VerdictReplay:
    """Derives verdicts again, those of one setting together.

    Args:
        house: The house.
        unit: A reading.
    """

    def __init__(self, house: House, unit: Unit) -> None:
        self.house, self.unit = house, unit
        self._screenings = dict[str, Screening]()
        self._setting: tuple[int, Mapping[str, Any], list[Listed]] | None = None

    def run(self, rows: Iterable[Any]) -> list[Replayed]:
        """Derive verdicts again; the answer is in the order of their numbers."""
        by_setting = sorted(rows, key=lambda row: (row.setting, row.id))
        return sorted((self.replay(row) for row in by_setting), key=lambda one: one.id)

    def replay(self, row: Any) -> Replayed:
        """Derive one verdict again."""
        derive: dict[str, Callable[[Any], tuple[bytes, str, Sequence[Reason]]]] = {
            "participant": self._participant, "obligation": self._obligation,
            "pay_out": self._pay_out, "payer": self._payer,
        }  # fmt: skip
        try:
            digest, outcome, reasons = derive[row.subject_kind](row)
        except (CannotDerive, SkontroError) as why:
            return Replayed(row.id, row.subject_kind, row.outcome, "", False, str(why))
        differs = [
            what
            for what, was, now in (
                ("content", bytes(row.content_digest), digest),
                ("outcome", row.outcome, outcome),
                ("reasons", row.reasons, reasons_text(reasons)),
            )
            if was != now
        ]
        return Replayed(row.id, row.subject_kind, row.outcome, outcome, not differs,
                        ", ".join(differs))  # fmt: skip

    # ---- what it rests on --------------------------------------------------------------------

    def _in_force(self, row: Any) -> tuple[Mapping[str, Any], list[Listed]]:
        """Return the setting of a verdict and its lists."""
        if self._setting is None or self._setting[0] != row.setting:
            kept = find(self.unit, gate_setting, id=row.setting)
            if kept is None or hashlib.sha256(kept.content.encode()).hexdigest() != kept.digest:
                raise CannotDerive(f"setting {row.setting} is not what it was")
            content = json.loads(kept.content)
            lists = []
            for number, name, digest, dated in content["lists"]:
                one = find(self.unit, list_import, id=number)
                if one is None or one.content_digest != digest:
                    raise CannotDerive(f"list {number} is not what it was")
                lists.append(Listed(number, name, dated, digest, one.entries))
            self._setting = (row.setting, content, lists)
        _, content, lists = self._setting
        if content["rules"] not in RULES:
            raise CannotDerive(f"rules {content['rules']} are of another release")
        return content, lists

    def _blocked(self, row: Any) -> list[dict[str, Any]]:
        content, lists = self._in_force(row)
        return blocked_by(lists, from_text(row.judged_at), content)

    def _said(
        self, row: Any, kind: str, number: int, compared: Sequence[Compared],
        faults: Sequence[Reason],
        decided: tuple[dict[Pair, Decision], list[tuple[Pair, int, int]]] | None = None,
        above: Above | None = None,
    ) -> tuple[str, list[Reason]]:  # fmt: skip
        """Return what is said of a party by the lists of a verdict's setting."""
        content, _ = self._in_force(row)
        alerts, every = self._found(row, compared, faults)
        held_by = OWNERSHIP.get(tuple(content["ownership"]))
        if held_by is None:
            raise CannotDerive(f"rules of ownership are of another release: {content['ownership']}")
        decided = self._decisions(row, kind, number) if decided is None else decided
        return RULES[content["rules"]](
            alerts, every, *decided, owners_of(compared), above, held_by
        )

    def _found(
        self, row: Any, compared: Sequence[Compared], faults: Sequence[Reason]
    ) -> tuple[list[Alert], list[Reason]]:
        """Return the alerts on a party and what could not be compared, by a verdict's lists."""
        content, lists = self._in_force(row)
        screening = self._screening_by(content["matcher"])
        found = screening.screen(self.unit, lists, compared, self._answers(row, content, compared))
        alerts = [one.alert for each in found for one in each.evidence]
        return alerts, [*faults, *(fault for each in found for fault in each.faults)]

    def _answers(
        self, row: Any, content: Mapping[str, Any], compared: Sequence[Compared]
    ) -> Answers:
        """Return what a screening service had said, as the verdict keeps it."""
        if "remote" not in content:
            return Answers(None, {})
        kept = Inputs.read(row.inputs).remote
        if any(one.digest not in kept for one in compared):
            raise CannotDerive("what the screening service said is not kept")
        said = {one.digest: Answer.from_json(kept[one.digest]) for one in compared}
        return Answers(ScreeningService(**content["remote"]), said)

    def _screening_by(self, version: Mapping[str, Any]) -> Screening:
        """Return what compares as a setting says it was compared."""
        matcher = MATCHERS.get(str(version["version"]))
        if matcher is None or matcher.content != version:
            raise CannotDerive(f"the matcher is of another release: {version}")
        if version["version"] not in self._screenings:
            self._screenings[version["version"]] = Screening(self.house, matcher.made)
        return self._screenings[version["version"]]

    def _decisions(
        self, row: Any, kind: str, number: int
    ) -> tuple[dict[Pair, Decision], list[tuple[Pair, int, int]]]:
        """Return the decisions a verdict names, each checked: two people signed just that."""
        decisions = dict[Pair, Decision]()
        confirmed = list[tuple[Pair, int, int]]()
        for said in read_reasons_text(row.reasons):
            state = CODES.get(said["code"])
            if state is None:
                continue
            pair = Pair(said["about"], said["subject_digest"], said["list"], said["entry"],
                        said["entry_digest"])  # fmt: skip
            case = find(self.unit, gate_case, id=said["case"])
            if case is None or pair != pair_of(case):
                raise CannotDerive(f"case {said['case']} does not say so")
            self._check_decided(row, case, state)
            decisions[pair] = Decision(case.id, state)
            if state == "confirmed" and (case.subject_kind, case.subject) == (kind, number):
                confirmed.append((pair, case.score, case.id))
        return decisions, confirmed

    # ---- of each kind ------------------------------------------------------------------------

    def _participant(self, row: Any) -> tuple[bytes, str, Sequence[Reason]]:
        firm = find(self.unit, participant, number=row.subject)
        inputs = Inputs.read(row.inputs)
        numbers = inputs.records
        kept = {one.id: one for one in find_all(self.unit, register, id=numbers)}
        records = [
            Screened(number, kept[number].commitment, kept[number].what)
            for number in numbers
            if number in kept
        ]
        digest = party_digest(firm.id, records)
        blocked = self._blocked(row)
        if blocked:
            return digest, HELD, blocked
        compared, faults = self._compared(firm, numbers)
        decided = self._decisions(row, "participant", firm.number)
        known = (
            self._above(row, firm, compared, inputs.above, inputs.cases) if inputs.above else None
        )
        outcome, reasons = self._said(
            row, "participant", firm.number, compared, faults, decided, known
        )
        return digest, outcome, reasons

    def _compared(self, firm: Any, numbers: Sequence[int]) -> OfFirm:
        """Return a firm as it was compared by records that a verdict names."""
        kept = {one.id: one for one in find_all(self.unit, register, id=list(numbers))}
        erased = [number for number in numbers if kept[number].content is None]
        if erased:
            raise CannotDerive(f"record {erased[0]} was erased")
        records = [Screened(number, kept[number].commitment, kept[number].what)
                   for number in numbers]  # fmt: skip
        return compared_of(records, record_contents(self.unit, numbers), self._country(firm))

    def _country(self, firm: Any) -> str:
        return next(one for one in self.house.rules.sides if one.id == firm.side).jurisdiction

    def _above(
        self, row: Any, firm: Any, compared: Sequence[Compared],
        records: Mapping[int, Sequence[int]], cases: Sequence[tuple[int, str]],
    ) -> Above | None:  # fmt: skip
        """Return what was known of the participants above a firm when a verdict was written."""
        rows = {one.number: one for one in find_all(
            self.unit, participant, number=[firm.number, *records]
        )}  # fmt: skip
        of_firm = {number: self._compared(rows[number], own) for number, own in records.items()}
        of_firm[firm.number] = (list(compared), [])
        named = by_name(
            KnownFirm(number, name, self._country(rows[number]))
            for number, (own, _) in of_firm.items() for name in own[0].subject.names
        )  # fmt: skip
        by_id = {rows[number].id: number for number in of_firm}
        links = dict[str, list[int]]()
        for own, _ in of_firm.values():
            links |= links_of(owners_of(own), named, by_id)
        firms = dict[int, Standing]()
        for number in records:
            own, faults = of_firm[number]
            decisions, confirmed = self._said_by_cases(row, number, own, cases)
            alerts, every = self._found(row, own, faults)
            firms[number], _ = standing_of(alerts, every, decisions, confirmed, owners_of(own))
        return Above(firm.number, links, firms)

    def _said_by_cases(
        self, row: Any, number: int, compared: Sequence[Compared],
        cases: Sequence[tuple[int, str]],
    ) -> tuple[dict[Pair, Decision], list[tuple[Pair, int, int]]]:  # fmt: skip
        """Return what cases that a verdict names had decided on a participant by then."""
        decisions = dict[Pair, Decision]()
        confirmed = list[tuple[Pair, int, int]]()
        digests = {one.digest for one in compared}
        states = dict(cases)
        for case in find_all(self.unit, gate_case, order=["id"], id=list(states)):
            mine = (case.subject_kind, case.subject) == ("participant", number)
            if not mine and case.subject_digest not in digests:
                continue
            self._check_decided(row, case, states[case.id])
            decisions[pair_of(case)] = Decision(case.id, states[case.id])
            if states[case.id] == "confirmed" and mine:
                confirmed.append((pair_of(case), case.score, case.id))
        return decisions, confirmed

    def _check_decided(self, row: Any, case: Any, state: str) -> None:
        """Refuse a case that two people had not decided so when a verdict was written."""
        events = find_all(self.unit, case_event, gate_case=case.id, event=state)
        acts = [one.act_id for one in events if one.at <= row.judged_at]
        if not acts:
            raise CannotDerive(f"case {case.id} does not say so")
        given = find(self.unit, approval, act_id=acts[-1])
        self.house.people.approved(self.unit, acts[-1], given.kind)

    def _parties(self, row: Any, firms: Iterable[int]) -> list[Reason]:
        """Return which parties were held or refused when a verdict was written."""
        held = {}
        for firm in firms:
            last = verdict_before(self.unit, "participant", firm, row.id)
            if last is None:
                raise CannotDerive(f"party {firm} has no verdict before it")
            if last.outcome != RELEASED:
                held[firm] = last.outcome
        return of_parties(firms, held)

    def _obligation(self, row: Any) -> tuple[bytes, str, Sequence[Reason]]:
        from skontro.house.obligations import content_digest

        one = find(self.unit, obligation, number=row.subject)
        trades = self.house.goods.trades_of(self.unit, [one.number])
        digest = content_digest(
            one.number, one.debtor, one.creditor, one.amount_minor, one.currency, one.due_day,
            one.document, one.document_day, trades.digested(0),
        )  # fmt: skip
        reasons = self._parties(row, (one.debtor, one.creditor))
        traded = self._traded(row, one, trades)
        goods = traded.judged.at(0)
        inputs = json.loads(row.inputs or "{}")
        if "look" in inputs:
            goods = strictest([goods, self._by_flags(row, one, inputs["look"])])
        if {"licences", "customs"} & set(inputs):
            goods = strictest([goods, self._by_authorities(row, one, trades, traded)])
        outcome = HELD if reasons and goods.outcome == RELEASED else goods.outcome
        return digest, outcome, [*reasons, *goods.reasons]

    def _by_flags(self, row: Any, one: Any, look: int) -> Judged:
        """Return what a look for flags said, with what two people had decided on each."""
        content, decided = bytes(one.content_digest), {}
        for said in read_reasons_text(row.reasons):
            if said["code"] != "FlagExplained":
                continue
            case = find(self.unit, gate_case, id=said["case"])
            key = (content.hex(), said["flag"], said["about"])
            events = find_all(self.unit, case_event, gate_case=said["case"], event=said["state"])
            acts = [each.act_id for each in events if each.at <= row.judged_at]
            if case is None or not acts or case.subject != one.number or key != (
                case.subject_digest, case.about, case.entry_digest
            ):  # fmt: skip
                raise CannotDerive(f"case {said['case']} does not say so")
            given = find(self.unit, approval, act_id=acts[-1])
            self.house.people.approved(self.unit, acts[-1], given.kind)
            decided[key] = (case.id, said["state"])
        return self.house.red_flags.again(self.unit, look, one.number, content, decided)

    def _by_authorities(self, row: Any, one: Any, trades: Trades, traded: JudgedTrade) -> Judged:
        """Return what licences and customs said, from what there was when a verdict was written."""
        inputs, ones = json.loads(row.inputs), np.ones(1, np.int64)
        known = {
            firm: self._known_by(row, firm) if "customs" in inputs else ()
            for firm in (one.debtor, one.creditor)
        }
        stated = Stated(one.amount_minor, one.currency, one.document_day,
                        credited=inputs.get("credited", 0))  # fmt: skip
        asked = Asked(
            ones * one.number, ones * one.debtor, ones * one.creditor, trades,
            np.zeros(1, np.bool_), traded.needs, traded.rules_of(), traded.packs, traded.day,
            [stated],
        )  # fmt: skip
        return self.house.authorities.judge_again(
            self.unit, asked, inputs, known, tolerances_in(self._in_force(row)[0]).customs
        )

    def _known_by(self, row: Any, number: int) -> tuple[str, ...]:
        """Return by what customs could know a party when a verdict was written."""
        before = verdict_before(self.unit, "participant", number, row.id)
        ids = Inputs.read(before.inputs).records
        kept = [one for one in find_all(self.unit, register, id=ids) if one.what in IDENTIFIERS]
        contents = record_contents(self.unit, [one.id for one in kept])
        if len(contents) < len(kept):
            raise CannotDerive("a record of a party was erased")
        firm = find(self.unit, participant, number=number)
        return known_by([(one.what, contents[one.id][1]) for one in kept], self._country(firm))

    def _traded(self, row: Any, one: Any, trades: Trades) -> JudgedTrade:
        """Return what is said of goods and papers by the packs of a verdict's setting."""
        content, _ = self._in_force(row)
        rules = tolerances_in(content)
        packs = []
        for side, name, version, digest in content["packs"]:
            kept = find_all(self.unit, pack, side=side, pack=name, version=version, digest=digest)
            if not kept:
                raise CannotDerive(f"pack {name}/{version} of side {side} is not there")
            packs.append((side, digest, kept[0].content))
        sides = [each.id for each in self.house.rules.sides]
        firms = {firm.number: firm.side for firm in find_all(
            self.unit, participant, number=[one.debtor, one.creditor]
        )}  # fmt: skip
        place = [np.array([sides.index(firms[firm])], np.int32)
                 for firm in (one.debtor, one.creditor)]  # fmt: skip
        amount = np.full(1, one.amount_minor, np.int64)
        traded = Traded(place[0], place[1], sides, amount, trades)
        zone = ZoneInfo(self.house.rules.sides[0].time_zone)
        day = from_text(row.judged_at).astimezone(zone).date()
        in_force = self.house.goods.of_texts(tuple(packs))
        return self.house.goods.judge(in_force, traded, day, rules.papers)

    def _pay_out(self, row: Any) -> tuple[bytes, str, Sequence[Reason]]:
        one = find(self.unit, pay_out, id=row.subject)
        if one is None:
            raise CannotDerive("the payment was not made ready after all")
        if one.participant is None:
            content = ["pay_out", one.id, ["record", one.payee], one.currency, one.amount_minor]
            digest = hashlib.sha256(canonical_json(content)).digest()
            return digest, *self._payee(row, "payee", one.payee)
        content = ["pay_out", one.id, one.participant, one.currency, one.amount_minor, one.account]
        digest = hashlib.sha256(canonical_json(content)).digest()
        reasons = self._parties(row, [one.participant])
        self._in_force(row)
        last = verdict_before(self.unit, "participant", one.participant, row.id)
        return digest, last.outcome, reasons

    def _payer(self, row: Any) -> tuple[bytes, str, Sequence[Reason]]:
        line = find(self.unit, money_line, id=row.subject)
        record = find(self.unit, register, id=line.payer)
        content = ["payer", line.id, record.id, record.commitment]
        digest = hashlib.sha256(canonical_json(content)).digest()
        return digest, *self._payee(row, "payer", record.id)

    def _payee(self, row: Any, kind: str, record: int) -> tuple[str, list[Reason]]:
        blocked = self._blocked(row)
        if blocked:
            return HELD, list(blocked)
        kept = find(self.unit, register, id=record)
        if kept.content is None:
            raise CannotDerive(f"record {record} was erased")
        name, _, account = kept.content.partition("\n")
        compared = compared_payee(name, account, kept.commitment)
        return self._said(row, kind, record, [compared], [])


def replay_verdicts(
    house: House, *, cycle: str = "", number: int = 0
) -> list[Replayed]:
    """Derive verdicts again and compare: one, those behind a cycle, or all.

    Args:
        house: The house.
        cycle: Those that released the members of a cycle, and the last of each party before.
        number: This one alone.
    """
    with house.database.read() as unit:
        if number:
            rows = list(find_all(unit, verdict, id=number))
        elif cycle:
            rows = _behind(unit, cycle)
        else:
            rows = list(find_all(unit, verdict, order=["id"]))
        return VerdictReplay(house, unit).run(rows)


def _behind(unit: Unit, cycle: str) -> list[Any]:
    """Return the verdicts that released a cycle's members, and those of their parties."""
    found = dict[int, Any]()
    for member in find_all(unit, cycle_member, order=["obligation"], cycle=cycle):
        row = find(unit, verdict, id=member.verdict_id)
        found[row.id] = row
        one = find(unit, obligation, number=member.obligation)
        for firm in (one.debtor, one.creditor):
            of_firm = verdict_before(unit, "participant", firm, row.id)
            if of_firm is not None:
                found[of_firm.id] = of_firm
    return list(found.values())


