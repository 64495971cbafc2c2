# SPDX-License-Identifier: Apache-2.0
"""The gate's seat: lists come in, verdicts are written; without a fresh list everything is held.

A verdict that still holds is not written again: it does while its subject, and whatever it rests
on, are what they were. What a new list changes is compared with every firm when it comes in.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.flow.asked import Stated
from skontro.flow.asking import ask_after, ask_ahead
from skontro.flow.cases import decisions_on, open_cases
from skontro.flow.contents import Seen, seen_contents
from skontro.flow.deriving import (
    derive_again,
    gate_fault,
    note_changed,
    note_fault,
    note_uncompared,
)
from skontro.flow.owners import Inputs, OfFirm, above, below, layers_of
from skontro.flow.screening import (
    SCREENED,
    Evidence,
    InForce,
    Screening,
    answers_text,
    compared_of,
    compared_payee,
    not_asked,
    owners_of,
    setting_content,
    setting_words,
)
from skontro.flow.touched import touched_by
from skontro.flow.traded import Said, judge_traded
from skontro.gate.outcome import OUTCOMES
from skontro.gate.parties import Compared, judge_party
from skontro.gate.verdicts import (
    HELD,
    RELEASED,
    Reason,
    because,
    is_of_everybody,
    of_parties,
    read_reasons_text,
    reasons_text,
)
from skontro.messages.trade_rows import Trades
from skontro.store.bulk import new_numbers, uncollected
from skontro.store.database import Unit
from skontro.store.register import commitment_of
from skontro.store.rows import find, find_all
from skontro.store.schema import cycle_step, gate_setting, journal_entry, register, verdict
from skontro.store.verdicts import (
    LastVerdict,
    Screened,
    last_verdicts,
    participant_rows,
    record_contents,
    screened_records,
    sides_of,
    standing_verdicts,
    waiting_obligations,
    write_verdicts,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
Judged = tuple[str, int, list[dict[str, Any]]]
"""Outcome, number of the verdict, reasons."""


class SaidOfFirm(NamedTuple):
    """What the gate says of a firm.

    Attributes:
        outcome: ``released``, ``held`` or ``refused``.
        reasons: Why.
        evidence: The alerts on the firm and its owners.
        inputs: What else it rests on, as the verdict keeps it; empty: on its records alone.
    """

    outcome: str
    reasons: list[Reason]
    evidence: list[Evidence]
    inputs: str = ""


@dataclass(frozen=True)
class JudgedColumns:
    """What the gate says of many obligations, shape (m,).

    Attributes:
        released: Which ones it released.
        verdict: Number of the verdict of each.
    """

    released: NDArray[np.bool_]
    verdict: Int64


class Gate:
    """Lists and verdicts.

    Between units of work it remembers the lists in force and the last verdict of each firm. In
    each unit it asks whether these are still what was judged by, so that nothing that changed is
    overlooked; only what became true is remembered.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.screening = Screening(house)
        self._last = dict[int, LastVerdict]()
        self._decided = 0

    def import_list(
        self,
        path: str | Path,
        *,
        source: str,
        dated: datetime.datetime | None = None,
        name: str = "",
    ) -> int:
        """Take a list into force; return the number of its version: see ``Lists.import_list``."""
        return self.house.lists.import_list(path, source=source, dated=dated, name=name).number

    @contextmanager
    def changing_lists(self, unit: Unit) -> Iterator[None]:
        """Enclose what changes the lists in force, and judge whatever it touches."""
        before = self.in_force(unit)
        yield
        self.take_over(unit, before)

    def lists(self) -> list[dict[str, Any]]:
        """Return every version of every list, oldest first; the last of a name is in force."""
        return self.house.lists.versions()

    def settings(self) -> dict[str, Any]:
        """Return the setting in force: number, digest, content, and the same in words."""
        with self.house.database.read() as unit:
            rows = find_all(unit, gate_setting, order=["-id"], limit=1)
        if not rows:
            content = setting_content((), self.house.rules)
            return {"setting": 0, "digest": "", "made_at": "", "content": content,
                    "words": setting_words(content)}  # fmt: skip
        content = json.loads(rows[0].content)
        return {"setting": rows[0].id, "digest": rows[0].digest, "made_at": rows[0].made_at,
                "content": content, "words": setting_words(content)}  # fmt: skip

    def forget(self, firm: int) -> None:
        """Forget the last verdict of a firm: it is read again."""
        self._last.pop(firm, None)

    def in_force(self, unit: Unit) -> InForce:
        """Return what the gate judges by now."""
        now = self.screening.in_force(unit)
        if now.decided != self._decided:
            self._last.clear()
            self._decided = now.decided
        return now

    # ---- changes of what is in force ---------------------------------------------------------

    def take_over(self, unit: Unit, before: InForce) -> list[int]:
        """Put a change of the lists into force, and judge whatever it can touch.

        What was added or changed is compared with every firm; what went is looked for among the
        reasons of their last verdicts. All other verdicts hold on. If that fails, none does.

        Args:
            unit: An exclusive unit of work, in which the lists are changed already.
            before: What was in force before.

        Returns:
            The firms that were judged anew.
        """
        screening = self.screening
        lists = screening.listed(unit)
        content = screening.content(unit, lists)
        if not before.setting or not _same_but_lists(before.content, content):
            screening.in_force(unit)
            return []
        try:
            touched = touched_by(self, unit, before, lists)
        except Exception as fault:
            note_fault(self.house, unit, "change of the lists", fault)
            screening.in_force(unit)
            return []
        screening.write(unit, content, since=before.holds_since)
        screening.forget_lists([one.id for one in (*lists, *before.lists)])
        firms = dict(participant_rows(unit, sorted(touched)))
        records = screened_records(unit, list(firms.values()), SCREENED)
        now = self.in_force(unit)
        known = self.judge_anew(
            unit,
            {number: (party_digest(firm, records.get(firm, [])), records.get(firm, []))
             for number, firm in firms.items()},
            now,
        )  # fmt: skip
        unit.after.append(lambda: self._last.update(known))
        return sorted(touched)

    def faults(self, most: int = 20) -> list[dict[str, Any]]:
        """Return the last faults of the gate's own, the newest first: when, where, of what kind."""
        with self.house.database.read() as unit:
            rows = find_all(unit, journal_entry, order=["-number"], kind="gate.fault", limit=most)
        return [{"entry": row.number, "at": row.at} | json.loads(row.content) for row in rows]

    def countries(self, unit: Unit, numbers: Sequence[int]) -> dict[int, str]:
        """Return the country of each firm's side."""
        of_side = {side.id: side.jurisdiction for side in self.house.rules.sides}
        return {
            number: of_side.get(side, "") for number, side in sides_of(unit, numbers).items()
        }

    # ---- firms -------------------------------------------------------------------------------

    def judge_participants(
        self, unit: Unit, numbers: Sequence[int] | None = None, *, anew: bool = False
    ) -> dict[int, Judged]:
        """Judge firms by what the register says of them now; write the verdicts that are new.

        Args:
            unit: The unit of work.
            numbers: Which; all if not given.
            anew: Judge them whatever was said before.

        Returns:
            Outcome, number of the verdict and reasons of each.
        """
        firms = dict(participant_rows(unit, numbers))
        return self._judge_firms(unit, firms, self.in_force(unit), anew=anew)

    def _judge_firms(
        self, unit: Unit, firms: Mapping[int, str], now: InForce, *, anew: bool = False
    ) -> dict[int, Judged]:
        """Judge firms, given by number and id."""
        records = screened_records(unit, list(firms.values()), SCREENED)
        with uncollected():
            digests = {
                number: party_digest(firm, records.get(firm, [])) for number, firm in firms.items()
            }
        blocked = [dict(one) for one in now.blocked]

        def still_holds(number: int, last: LastVerdict | None) -> bool:
            if anew or last is None or last.content_digest != digests[number]:
                return False
            if last.setting < now.holds_since:
                return False
            if last.reasons == "[]":
                return not blocked
            reasons = read_reasons_text(last.reasons)
            return reasons == blocked if blocked else not is_of_everybody(reasons)

        known = {number: self._last[number] for number in firms if number in self._last}
        unsure = [number for number in firms if not still_holds(number, known.get(number))]
        known |= last_verdicts(unit, "participant", unsure) if unsure and not anew else {}
        again = [number for number in unsure if not still_holds(number, known.get(number))]
        known |= self.judge_anew(
            unit, {number: (digests[number], records.get(firms[number], [])) for number in again},
            now,
        )  # fmt: skip
        if unsure:
            found = {number: known[number] for number in unsure}
            unit.after.append(lambda: self._last.update(found))
        with uncollected():
            return {
                number: (known[number].outcome, known[number].id,
                         read_reasons_text(known[number].reasons))
                for number in firms
            }  # fmt: skip

    def judge_anew(
        self,
        unit: Unit,
        firms: Mapping[int, tuple[bytes, Sequence[Screened]]],
        now: InForce,
    ) -> dict[int, LastVerdict]:
        """Judge firms by the content of their records, and write verdicts and cases."""
        if not firms:
            return {}
        said = self.say_of_firms(unit, firms, now)
        outcomes = [said[number][0] for number in firms]
        reasons = [reasons_text(said[number][1]) for number in firms]
        digests = [digest for digest, _ in firms.values()]
        ids = self._write(
            unit, "participant", np.fromiter(firms, np.int64), digests, outcomes, reasons,
            now.setting,
            inputs=[
                said[number].inputs or Inputs([one.id for one in own]).text()
                for number, (_, own) in firms.items()
            ],
        )  # fmt: skip
        for number in firms:
            open_cases(self.house, unit, "participant", number, said[number][1], said[number][2])
        return {
            number: LastVerdict(int(at), digest, now.setting, outcome, why)
            for number, at, digest, outcome, why in zip(
                firms, ids, digests, outcomes, reasons, strict=True
            )
        }

    def say_of_firms(
        self,
        unit: Unit,
        firms: Mapping[int, tuple[bytes, Sequence[Screened]]],
        now: InForce,
    ) -> dict[int, SaidOfFirm]:
        """Return what is said of each firm; what fails is held."""
        if now.blocked:
            return {number: SaidOfFirm(HELD, list(now.blocked), []) for number in firms}
        try:
            return self._compare_firms(unit, firms, now)
        except Exception as fault:
            unit.outlive(fault)
            if len(firms) > 1:
                return {number: self.say_of_firms(unit, {number: firm}, now)[number]
                        for number, firm in firms.items()}  # fmt: skip
            return dict.fromkeys(firms, SaidOfFirm(HELD, [gate_fault(fault)], []))

    def _compare_firms(
        self,
        unit: Unit,
        firms: Mapping[int, tuple[bytes, Sequence[Screened]]],
        now: InForce,
    ) -> dict[int, SaidOfFirm]:
        contents = record_contents(unit, [one.id for _, own in firms.values() for one in own])
        countries = self.countries(unit, list(firms))
        of_firm: dict[int, OfFirm] = {
            number: compared_of(own, contents, countries.get(number, ""))
            for number, (_, own) in firms.items()
        }
        layers = layers_of(self, unit, of_firm)
        of_firm |= layers.of_firm
        records = {number: own for number, (_, own) in firms.items()} | layers.records
        every = [one for compared, _ in of_firm.values() for one in compared]
        screened = iter(self.screening.screen(unit, now.lists, every))
        found = {number: [next(screened) for _ in own] for number, (own, _) in of_firm.items()}
        decided = decisions_on(
            unit, "participant",
            {number: [one.digest for one in own] for number, (own, _) in of_firm.items()},
        )  # fmt: skip
        said = {}
        waiting = [number for number, each in found.items() if not_asked(each)]
        if waiting:
            again = [
                number for number in firms if {number, *layers.numbers_above(number)} & {*waiting}
            ]
            ask_after(self, unit, every, lambda unit: self.answered(unit, again))
        for number in firms:
            compared, faults = of_firm[number]
            evidence = [one for each in found[number] for one in each.evidence]
            every_fault = [*faults, *(fault for each in found[number] for fault in each.faults)]
            known, cases = above(number, layers, of_firm, found, decided)
            outcome, reasons = judge_party(
                [one.alert for one in evidence], every_fault, decided.pairs,
                decided.confirmed.get(("participant", number), ()), owners_of(compared), known,
            )  # fmt: skip
            theirs = {} if known is None else {
                one: [record.id for record in records[one]] for one in known.firms
            }  # fmt: skip
            own = [one.id for one in records[number]]
            remote = dict[str, Any]()
            for one in (number, *theirs):
                remote |= answers_text(zip(of_firm[one][0], found[one], strict=True))
            inputs = Inputs(own, theirs, cases, remote).text()
            said[number] = SaidOfFirm(outcome, reasons, evidence, inputs)
        return said

    def answered(self, unit: Unit, numbers: Sequence[int]) -> None:
        """Judge firms again, and those they own a part of, once a service answered about them."""
        self.judge_participants(unit, numbers, anew=True)
        self.judge_below(unit, numbers)

    def ask_ahead(self) -> None:
        """Ask the screening service, if any, about all firms and owners of whom it said nothing for
        a while: before a step that rests on it, outside its unit."""
        ask_ahead(self)

    def compared_now(self, unit: Unit) -> list[Compared]:
        """Return every firm and every owner as they are compared."""
        firms = dict(participant_rows(unit, None))
        records = screened_records(unit, list(firms.values()), SCREENED)
        contents = record_contents(unit, [one.id for own in records.values() for one in own])
        countries = self.countries(unit, list(firms))
        return [
            one for number, firm in firms.items()
            for one in compared_of(records.get(firm, ()), contents, countries.get(number, ""))[0]
        ]

    def judge_below(self, unit: Unit, numbers: Iterable[int]) -> list[int]:
        """Judge anew the firms that participants own a part of; return which.

        Args:
            unit: An exclusive unit of work, in which what is known of the participants changed.
            numbers: The participants.
        """
        found = self.firms_below(unit, numbers)
        if found:
            self.judge_participants(unit, found, anew=True)
        return found

    def firms_below(self, unit: Unit, numbers: Iterable[int]) -> list[int]:
        """Return the firms that participants own a part of, through all layers."""
        try:
            return below(self, unit, numbers)
        except Exception as fault:
            # What is owned is judged again before anything rests on it.
            note_fault(self.house, unit, "firms that participants own", fault)
            return []

    def look_ahead(
        self, unit: Unit, kind: str, subject: int, records: Sequence[int], side: str
    ) -> None:
        """Open cases for what an act would bring, so that they can be decided before it is done.

        Args:
            unit: The unit of work.
            kind: ``participant``, or ``applicant`` for who is none yet.
            subject: Number of the participant, or of an applicant's name in the register.
            records: What the register would say.
            side: Of the firm.
        """
        now = self.in_force(unit)
        if now.blocked:
            return
        own = [
            Screened(row.id, row.commitment, row.what)
            for row in sorted(find_all(unit, register, id=list(records)), key=lambda row: row.id)
            if row.what in SCREENED
        ]
        country = next(one.jurisdiction for one in self.house.rules.sides if one.id == side)
        try:
            contents = record_contents(unit, [one.id for one in own])
            compared, _ = compared_of(own, contents, country)
            found = self.screening.screen(unit, now.lists, compared)
            note_uncompared(self.house, unit, f"{kind} {subject}", found)
            if not_asked(found):
                ask_after(
                    self, unit, compared,
                    lambda later: self.look_ahead(later, kind, subject, records, side),
                )  # fmt: skip
        except Exception as fault:
            # What cannot be compared is held when the act is done.
            note_fault(self.house, unit, f"look ahead at {kind} {subject}", fault)
            return
        evidence = [one for each in found for one in each.evidence]
        decided = decisions_on(unit, kind, {subject: [one.digest for one in compared]})
        _, reasons = judge_party([one.alert for one in evidence], [], decided.pairs)
        open_cases(self.house, unit, kind, subject, reasons, evidence)

    # ---- obligations and pay-outs ------------------------------------------------------------

    def judge_obligations(
        self, unit: Unit, rows: Sequence[Any] | None = None
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge obligations by their parties and content; write the verdicts that are new.

        Args:
            unit: The unit of work.
            rows: Which: number, debtor, creditor, content digest; those that wait if not given.

        Returns:
            Outcome, number of the verdict and digest of what was judged of each.
        """
        rows = waiting_obligations(unit) if rows is None else rows
        if not rows:
            return {}
        numbers, debtors, creditors, digests = zip(*rows, strict=True)
        said = self.judge_columns(
            unit, np.array(numbers, np.int64), np.array(debtors, np.int64),
            np.array(creditors, np.int64), digest_rows(digests),
        )  # fmt: skip
        outcomes = np.where(said.released, RELEASED, HELD).tolist()
        found = zip(outcomes, said.verdict.tolist(), map(bytes, digests), strict=True)
        return dict(zip(numbers, found, strict=True))

    def judge_columns(
        self,
        unit: Unit,
        number: Int64,
        debtor: Int64,
        creditor: Int64,
        digest: NDArray[np.uint8],
        *,
        trades: Trades | None = None,
        seen: Seen | None = None,
        cycle_id: str = "",
    ) -> JudgedColumns:
        """Judge many obligations by their parties and content; write the verdicts that are new.

        Args:
            unit: The unit of work.
            number: Number of each, shape (m,).
            debtor: Number of each debtor, shape (m,).
            creditor: Number of each creditor, shape (m,).
            digest: Digest of what is judged, shape (m, 32).
            trades: What they are for, m rows, where they are new: none of them was judged before,
                and the digest was made of what is being written.
            seen: What the tables say of the others; read if not given.
            cycle_id: The cycle they are entered into, or in: what is released reserves its
                licences and uses its declaration. In an exclusive unit.
        """
        firms = np.unique(np.concatenate([debtor, creditor])).tolist()
        parties = self.judge_participants(unit, firms)
        held = {firm: said[0] for firm, said in parties.items() if said[0] != RELEASED}
        is_held = np.isin(debtor, list(held)) | np.isin(creditor, list(held))
        are_new = trades is not None
        if trades is None:
            seen = seen or seen_contents(self.house, unit, number, digest)
            trades = seen.trades
            if seen.changed.any():
                note_changed(self.house, unit, number[seen.changed].tolist())
        said = Said(number, debtor, creditor, digest, trades, is_held, are_new, seen)
        goods, inputs = judge_traded(self.house, unit, said, cycle_id)
        codes = np.maximum(goods.outcome, is_held * 1)
        reasons = np.array(goods.texts(), object)[goods.why].tolist()
        for place in np.flatnonzero(is_held).tolist():
            both = (int(debtor[place]), int(creditor[place]))
            why = goods.reasons[goods.why[place]]
            reasons[place] = reasons_text([*of_parties(both, held), *why])
        outcomes = np.array(OUTCOMES, object)[codes].tolist()
        ids = self._say(
            unit, "obligation", number, digest, outcomes, reasons, are_new=are_new, inputs=inputs
        )
        if codes.any():
            self.house.events.of_obligations(unit, "obligation.held", number[codes != 0])
        return JudgedColumns(np.asarray(codes == 0, np.bool_), ids)

    def goods_changed(self, unit: Unit, cycle_id: str) -> bool:
        """Tell whether goods are judged otherwise now than when a cycle was last looked through."""
        steps = find_all(unit, cycle_step, cycle=cycle_id)
        looked = [json.loads(one.detail).get("gate") or 0 for one in steps]
        kept = find(unit, gate_setting, id=max(looked, default=0))
        now = self.in_force(unit).content
        was = {} if kept is None else json.loads(kept.content)
        return any(was.get(name) != now.get(name) for name in ("packs", "goods"))

    def judge_new(
        self,
        unit: Unit,
        number: int,
        firms: Mapping[int, str],
        digest: bytes,
        trades: Trades,
        stated: Stated,
    ) -> dict[str, Any]:
        """Judge one obligation that is new: see :meth:`judge_all_new`."""
        return self.judge_all_new(unit, [(number, firms, digest)], trades, [stated])[0]

    def judge_all_new(
        self,
        unit: Unit,
        rows: Sequence[tuple[int, Mapping[int, str], bytes]],
        trades: Trades,
        stated: Sequence[Stated],
    ) -> list[dict[str, Any]]:
        """Judge obligations that are new.

        Args:
            unit: The unit of work.
            rows: Number, debtor and creditor (numbers and ids), and digest of the content of each.
            trades: What they are for.
            stated: What else each says.

        Returns:
            The verdicts, to be written with the obligations.
        """
        now = self.in_force(unit)
        parties = self._judge_firms(
            unit, {number: name for _, firms, _ in rows for number, name in firms.items()}, now
        )
        held = {firm: said[0] for firm, said in parties.items() if said[0] != RELEASED}
        pairs = [tuple(firms) for _, firms, _ in rows]
        debtor, creditor = (np.array(each, np.int64) for each in zip(*pairs, strict=True))
        is_held = np.array([not held.keys().isdisjoint(pair) for pair in pairs])
        every = Said(
            np.array([number for number, _, _ in rows], np.int64), debtor, creditor,
            digest_rows([digest for _, _, digest in rows]), trades, is_held, True,
            stated=stated,
        )  # fmt: skip
        found, inputs = judge_traded(self.house, unit, every)
        verdicts = []
        for place, (number, firms, digest) in enumerate(rows):
            goods = found.at(place)
            why = [*of_parties(firms, held), *goods.reasons]
            is_released = goods.outcome == RELEASED
            verdicts.append({
                "subject_kind": "obligation", "subject": number, "content_digest": digest,
                "setting": now.setting,
                "outcome": HELD if is_held[place] and is_released else goods.outcome,
                "reasons": reasons_text(why), "inputs": inputs[place] if inputs else None,
                "judged_at": self.house.at,
            })  # fmt: skip
        return verdicts

    def judge_pay_outs(
        self, unit: Unit, rows: Sequence[tuple[int, int, str, int, int]]
    ) -> dict[int, tuple[str, int, bytes]]:
        """Judge payments to participants by who is to get them; write the verdicts that are new.

        Args:
            unit: The unit of work.
            rows: Number of the payment, participant, currency, minor units and record of the
                account of each.

        Returns:
            Outcome, number of the verdict and digest of what was judged of each.
        """
        if not rows:
            return {}
        derive_again(self, unit, sorted({row[1] for row in rows}))
        parties = self.judge_participants(unit, sorted({row[1] for row in rows}))
        numbers, digests, outcomes, reasons = list[int](), list[bytes](), list[str](), list[str]()
        for number, firm, *what in rows:
            outcome = parties[firm][0]
            content = canonical_json(["pay_out", number, firm, *what])
            numbers.append(number)
            digests.append(hashlib.sha256(content).digest())
            outcomes.append(outcome)
            held = {} if outcome == RELEASED else {firm: outcome}
            reasons.append(reasons_text(of_parties([firm], held)))
        ids = self._say(
            unit, "pay_out", np.array(numbers, np.int64), digest_rows(digests), outcomes, reasons
        )
        found = zip(outcomes, ids.tolist(), digests, strict=True)
        return dict(zip(numbers, found, strict=True))

    def judge_payee(
        self, unit: Unit, number: int, record: tuple[int, str | None], currency: str, amount: int
    ) -> tuple[str, int, bytes]:
        """Judge a payment to somebody who is no participant; write the verdict if it is new.

        Args:
            unit: The unit of work.
            number: The payment.
            record: Their record in the register: its number, and what it says: the name, and the
                account on a second line if it is known.
            currency: In which currency.
            amount: How much, minor units.

        Returns:
            Outcome, number of the verdict and digest of what was judged.
        """
        now = self.in_force(unit)
        number_of, text = record
        outcome, why, evidence, inputs = self._say_of_payee(unit, "payee", number_of, text, now)
        content = canonical_json(["pay_out", number, ["record", number_of], currency, amount])
        digest = hashlib.sha256(content).digest()
        ids = self._say(
            unit, "pay_out", np.array([number], np.int64), digest_rows([digest]), [outcome],
            [reasons_text(why)], inputs=[inputs] if inputs else None,
        )  # fmt: skip
        open_cases(self.house, unit, "payee", number_of, why, evidence)
        return outcome, int(ids[0]), digest

    def judge_payer(self, unit: Unit, line: int, record: int) -> tuple[str, int]:
        """Judge who paid money that is somebody else's; write the verdict if it is new.

        Args:
            unit: The unit of work.
            line: Number of the line of the bank.
            record: The payer's record in the register.

        Returns:
            Outcome and number of the verdict.
        """
        now, row = self.in_force(unit), find(unit, register, id=record)
        outcome, why, evidence, inputs = self._say_of_payee(
            unit, "payer", record, row.content, now
        )
        digest = hashlib.sha256(canonical_json(["payer", line, record, row.commitment])).digest()
        ids = self._say(
            unit, "payer", np.array([line], np.int64), digest_rows([digest]), [outcome],
            [reasons_text(why)], inputs=[inputs] if inputs else None,
        )  # fmt: skip
        open_cases(self.house, unit, "payer", record, why, evidence)
        return outcome, int(ids[0])

    def _say_of_payee(
        self, unit: Unit, kind: str, record: int, text: str | None, now: InForce
    ) -> SaidOfFirm:
        """Return what is said of somebody who is no participant."""
        if now.blocked:
            return SaidOfFirm(HELD, list(now.blocked), [])
        try:
            row = find(unit, register, id=record)
            if text is None or row is None or row.content != text:
                why = because("RecordChanged", "the record is not there")
                return SaidOfFirm(HELD, [why], [])
            if commitment_of(row.salt or "", text) != row.commitment:
                why = because("RecordChanged", "a record is not what was committed to",
                              record=record)  # fmt: skip
                return SaidOfFirm(HELD, [why], [])
            name, _, account = text.partition("\n")
            compared = compared_payee(name, account, row.commitment)
            (found,) = self.screening.screen(unit, now.lists, [compared])
            if not_asked([found]):
                ask_after(self, unit, [compared], None)
            decided = decisions_on(unit, kind, {record: [compared.digest]})
            outcome, reasons = judge_party(
                [one.alert for one in found.evidence], found.faults, decided.pairs,
                decided.confirmed.get((kind, record), ()),
            )  # fmt: skip
        except Exception as fault:
            unit.outlive(fault)
            return SaidOfFirm(HELD, [gate_fault(fault)], [])
        remote = answers_text([(compared, found)])
        inputs = Inputs([record], remote=remote).text() if remote else ""
        return SaidOfFirm(outcome, reasons, found.evidence, inputs)

    def _say(
        self,
        unit: Unit,
        kind: str,
        number: Int64,
        digest: NDArray[np.uint8],
        outcomes: list[str],
        reasons: list[str],
        *,
        are_new: bool = False,
        inputs: list[str | None] | None = None,
    ) -> Int64:
        """Return the verdicts that say so: the last ones if they do, else new ones.

        What rests on more than its content is always said anew: what it rests on may be more now.
        """
        now = self.in_force(unit)
        ids = np.zeros(len(number), np.int64)
        if not are_new:
            ids = standing_verdicts(
                unit, kind, number, digest, outcomes, reasons, now.holds_since
            )
        if inputs is not None:
            ids[np.array([text is not None for text in inputs], np.bool_)] = 0
        anew = np.flatnonzero(ids == 0)
        if len(anew):
            more: dict[str, Any] = {}
            if inputs is not None:
                more["inputs"] = [inputs[place] for place in anew]
            ids[anew] = self._write(
                unit, kind, number[anew], digest[anew], [outcomes[place] for place in anew],
                [reasons[place] for place in anew], now.setting, **more,
            )  # fmt: skip
        return ids

    def _write(
        self,
        unit: Unit,
        kind: str,
        subject: Int64,
        digest: Any,
        outcomes: list[str],
        reasons: list[str],
        setting: int,
        **more: Any,
    ) -> Int64:
        ids = new_numbers(unit, verdict, len(subject))
        write_verdicts(
            unit, kind,
            {"id": ids, "subject": subject, "content_digest": digest, "outcome": outcomes,
             "reasons": reasons, "setting": setting, "judged_at": self.house.at, **more},
        )  # fmt: skip
        return ids


ALIKE = ("rules", "matcher", "unicode", "ownership", "remote")
"""What of a setting must be the same for a verdict on a party to hold on."""


def digest_rows(digests: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return digests as an array of 32 bytes a row."""
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


def _same_but_lists(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two settings compare alike: all that differs is lists, their age and packs."""
    return all(before.get(name) == after.get(name) for name in ALIKE)


def party_digest(firm: str, records: Sequence[Screened]) -> bytes:
    """Digest of what is judged of a firm: its id and its records, by what they commit to."""
    content = [firm, [[record.id, record.commitment] for record in records]]
    return hashlib.sha256(canonical_json(content)).digest()
