# SPDX-License-Identifier: Apache-2.0
"""Cycles: opened, cut off, run, corrected, bound, final, closed; each step once."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.core.errors import (
    Conflict,
    Forbidden,
    InvalidFixing,
    InvariantViolation,
    NoSuchFile,
    Rejected,
)
from skontro.core.fixing import parse_rate
from skontro.core.money import exponents
from skontro.flow import runs
from skontro.flow.contents import seen_contents
from skontro.flow.deriving import derive_again
from skontro.flow.events import OF_STEPS
from skontro.flow.frozen import FrozenSets, frozen_set
from skontro.flow.people import handles
from skontro.flow.reasons import can_be_paid
from skontro.flow.telling import tell
from skontro.flow.times import as_text, day_number, from_text
from skontro.gate.verdicts import RELEASED
from skontro.house.acts import Signer
from skontro.house.calendar import CycleDates, cycle_dates
from skontro.house.states import check_step, next_obligation_state
from skontro.messages.aside import clear_away
from skontro.store.cycles import (
    Claims,
    Members,
    apply_discharge,
    count_members,
    eligible_obligations,
    enter_members,
    firm_columns,
    firms_that_may_enter,
    last_run,
    release_members,
    unreleased_members,
    write_discharge,
    write_plan,
)
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import (
    cycle,
    cycle_member,
    cycle_step,
    fixing,
    house_rules,
    obligation,
    obligation_event,
    participant,
    run,
)
from skontro.store.settlement import leave_members

if TYPE_CHECKING:
    from skontro.flow.house import House


class Cycles:
    """The sessions of the house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sets = FrozenSets()
        """The set of the cycle under way."""

    # ---- opening and fixing ------------------------------------------------------------------

    def open(self, dates: CycleDates) -> str:
        """Open a cycle.

        Args:
            dates: Its id, business day, cut-off, end of the correction window and pay-in deadline.

        Returns:
            Its id.

        Raises:
            Conflict: The one before is not past its final run.
        """
        with self.house.database.unit("cycle.open", exclusive=True) as unit:
            self.house.check_writable(unit)
            if find(unit, cycle, id=dates.id) is not None:
                raise Conflict(f"cycle {dates.id} is open already", code="AlreadyDone")
            before = find_all(unit, cycle, order=["-number"], limit=1)
            if before and before[0].state in ("open", "entered", "correcting", "irrevocable"):
                raise Conflict(
                    f"cycle {before[0].id} is {before[0].state}", code="OutOfOrder",
                    next_step=f"first its final run: skontro cycle show {before[0].id}",
                )  # fmt: skip
            rules = find_all(unit, house_rules, order=["-version"], limit=1)[0]
            insert(
                unit, cycle, id=dates.id, number=before[0].number + 1 if before else 1,
                state="open", business_day=dates.business_day.isoformat(),
                opened_at=self.house.at, cut_off_at=as_text(dates.cut_off_at),
                window_ends_at=as_text(dates.window_ends_at),
                pay_in_deadline=as_text(dates.pay_in_deadline), rules_version=rules.version,
            )  # fmt: skip
            self.house.note(
                unit, "cycle.open",
                {"cycle": dates.id, "cut_off_at": as_text(dates.cut_off_at),
                 "business_day": dates.business_day.isoformat(), "rules": rules.digest},
                cycle=dates.id,
            )  # fmt: skip
            self.house.events.note(unit, "cycle.opened", cycle=dates.id)
        return str(dates.id)

    def next_dates(self, after: datetime.date | None = None) -> CycleDates:
        """Return when the next cycle is by the house's calendar.

        Args:
            after: The day before the search. If not given, the business day of the last cycle; in
                a house without one, the search is for the first cut-off still to come.

        Raises:
            NoBusinessDay: There is no such day, or a calendar does not reach that far.
        """
        house = self.house
        if after is None:
            with house.database.read() as unit:
                last = find_all(unit, cycle, order=["-number"], limit=1)
            if last:
                after = datetime.date.fromisoformat(last[0].business_day)
        if after is not None:
            return cycle_dates(house.rules, after)
        before = datetime.date.fromisoformat(house.today) - datetime.timedelta(days=2)
        dates = cycle_dates(house.rules, before)
        while dates.cut_off_at <= house.now:
            dates = cycle_dates(house.rules, dates.business_day)
        return dates

    def propose_fixing(
        self, cycle_id: str, rates: Mapping[str, str], source: str, maker: str, signer: Signer
    ) -> int:
        """Propose the exchange rates of a cycle.

        Args:
            cycle_id: The cycle.
            rates: Worth of one unit of each currency in the house's unit, as exact decimal text
                or a fraction, e.g. ``{"EUR": "1", "AED": "0.25", "INR": "1/90"}``.
            source: Where they come from.
            maker: Who proposes them.
            signer: Their key.

        Returns:
            The number of the act.

        Raises:
            InvalidFixing: A rate is none, or the unit itself is not worth one.
        """
        content = {
            "cycle": cycle_id, "unit": self.house.unit,
            "rates": exact_rates(rates, self.house.unit), "source": source, "dated": self.house.at,
        }  # fmt: skip
        return self.house.people.propose("fixing.declare", content, maker, signer)

    # ---- the steps ---------------------------------------------------------------------------

    def cut_off(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Freeze what may be entered, and hash it.

        What waits is matched a last time, what is too old leaves. Everything is judged against
        the list in force; what is held stays out.

        Returns:
            How many were entered, how many were held, and the digest of the set.

        Raises:
            Conflict: It is too early, paused, done already, or there is no fixing.
        """
        house = self.house
        house.gate.ask_ahead()
        with house.database.unit("cycle.cut_off", exclusive=True) as unit:
            row = self._begin(unit, cycle_id, "cut_off")
            if from_text(row.cut_off_at) > house.now:
                raise Conflict(f"the cut-off of {cycle_id} is at {row.cut_off_at}",
                               code="TooEarly", next_step="wait for it")  # fmt: skip
            declared = find(unit, fixing, cycle=cycle_id)
            if declared is None:
                raise Conflict(
                    f"cycle {cycle_id} has no fixing", code="OutOfOrder",
                    next_step="declare one by two people: skontro cycle fixing",
                )  # fmt: skip
            house.obligations.prepare(unit, house.settlement.rules_of(unit, cycle_id))
            rows = eligible_obligations(
                unit, day_number(row.business_day), list(json.loads(declared.rates))
            )
            rows = rows.take(self._may_enter(unit, row.business_day, rows))
            derive_again(house.gate, unit, _firms_of(rows))
            seen = seen_contents(house, unit, rows.number, rows.content_digest)
            look = house.red_flags.look(
                unit, cycle_id, rows.number, rows.content_digest, seen.trades
            )
            judged = house.gate.judge_columns(
                unit, rows.number, rows.debtor, rows.creditor, rows.content_digest,
                seen=seen, cycle_id=cycle_id,
            )  # fmt: skip
            members = rows.take(judged.released)
            enter_members(unit, cycle_id, members, judged.verdict[judged.released])
            _, digest = self.sets.keep(unit, cycle_id, members)
            detail = {
                "entered": len(members), "held": len(rows) - len(members), "set": digest,
                "gate": house.gate.in_force(unit).setting, "look": look.look,
                **house.authorities.seen(unit),
            }  # fmt: skip
            change(unit, cycle, {"id": cycle_id}, frozen_digest=digest)
            self._end(unit, row, "cut_off", detail, person=person)
        return detail

    def _may_enter(self, unit: Unit, day: str, rows: Members) -> NDArray[np.bool_]:
        """Return which obligations may be entered as far as their parties decide it.

        Both have a set-off agreement in force, and neither is one that refuses conversion and
        could neither pay in nor be paid in that currency.
        """
        firms = firms_that_may_enter(unit, day)
        may = np.isin(rows.debtor, firms) & np.isin(rows.creditor, firms)
        refusing = find_all(unit, participant, accepts_conversion=0)
        for code in pc.unique(rows.currency).to_pylist() if refusing else []:
            unpaid = [
                firm.number for firm in refusing if not can_be_paid(self.house, firm, code)
            ]
            touched = np.isin(rows.debtor, unpaid) | np.isin(rows.creditor, unpaid)
            may &= ~(touched & pc.equal(rows.currency, code).to_numpy(zero_copy_only=False))
        return np.asarray(may, np.bool_)

    def preliminary(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """Run on the frozen set and report; the correction window is open.

        Returns:
            The totals of the run.
        """
        house = self.house
        house.gate.ask_ahead()
        self._look_through(cycle_id, "preliminary")
        with house.database.read() as unit:
            self._begin(unit, cycle_id, "preliminary")
            frozen = frozen_set(house, unit, cycle_id)
            cash = house.settlement.cash(unit, cycle_id)
        result = runs.clear_set(frozen, cash)
        with (
            runs.archived(house, cycle_id, "preliminary", result) as archived,
            house.database.unit("cycle.preliminary", exclusive=True) as unit,
        ):
            row = self._begin(unit, cycle_id, "preliminary")
            self.check_members(unit, cycle_id, len(frozen))
            archived = runs.put_in_place(house, unit, archived)
            self._insert_run(unit, cycle_id, "preliminary", 1, frozen.digest, archived)
            detail = {"result": archived.result_digest, "set": frozen.digest}
            self._end(unit, row, "preliminary", detail, person=person)
        return archived.summary

    def propose_correction(
        self, cycle_id: str, number: int, reason: str, maker: str, signer: Signer
    ) -> int:
        """Propose to take an obligation out in the correction window.

        Args:
            cycle_id: The cycle.
            number: The obligation.
            reason: ``consent`` (of both parties), ``error`` or ``house review``.
            maker: Who proposes it.
            signer: Their key.
        """
        content = {"cycle": cycle_id, "obligation": number, "reason": reason}
        return self.house.people.propose("cycle.correct", content, maker, signer)

    def irrevocable(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """End the correction window: all that stayed is bound.

        What the gate no longer releases leaves first.
        """
        house = self.house
        house.gate.ask_ahead()
        with house.database.unit("cycle.irrevocable", exclusive=True) as unit:
            row = self._begin(unit, cycle_id, "irrevocable")
            if from_text(row.window_ends_at) > house.now:
                raise Conflict(f"the correction window of {cycle_id} ends at "
                               f"{row.window_ends_at}", code="TooEarly")  # fmt: skip
            left = self._review(unit, cycle_id, derive=False)
            members, digest = self.sets.members(unit, cycle_id)
            detail = {"members": len(members), "left": left, "set": digest,
                      "gate": house.gate.in_force(unit).setting}  # fmt: skip
            change(unit, cycle, {"id": cycle_id}, frozen_digest=digest)
            self._end(unit, row, "irrevocable", detail, person=person)
        return detail

    def propose_final(self, cycle_id: str, maker: str, signer: Signer) -> int:
        """Run on the irrevocable set and propose its result as final.

        The act names the result's digest: what the second person approves is exactly what is
        published.

        Returns:
            The number of the act.
        """
        house = self.house
        house.gate.ask_ahead()
        self._look_through(cycle_id, "final")
        with house.database.read() as unit:
            self._begin(unit, cycle_id, "final")
            frozen = frozen_set(house, unit, cycle_id)
            cash = house.settlement.cash(unit, cycle_id)
        result = runs.clear_set(frozen, cash)
        with (
            runs.archived(house, cycle_id, "final", result) as archived,
            house.database.unit("run.final.propose", exclusive=True) as unit,
        ):
            self._begin(unit, cycle_id, "final")
            archived = runs.put_in_place(house, unit, archived)
            content = runs.set_content(cycle_id, frozen, archived)
            return house.people.propose_in(unit, "run.final", content, maker, signer)

    def close(self, cycle_id: str, *, person: str | None = None) -> dict[str, Any]:
        """End a cycle: what is still owed rolls on."""
        house = self.house
        with house.database.unit("cycle.close", exclusive=True) as unit:
            row = self._begin(unit, cycle_id, "close")
            house.settlement.check_closed(unit, cycle_id)
            final = last_run(unit, cycle_id, ["final"])
            left = house.settlement.residual_lines(unit, cycle_id, final.id)
            house.note(unit, "rolled", {"cycle": cycle_id}, cycle=cycle_id, lines=left)
            house.authorities.close(unit, cycle_id)
            discharged, rolled = release_members(unit, cycle_id, house.at)
            unit.after.append(self.sets.forget)
            detail = {"discharged": discharged, "rolled": rolled}
            self._end(unit, row, "close", detail, person=person)
            house.journal.seal(unit, cycle_id)
        return detail

    # ---- looking -----------------------------------------------------------------------------

    def table(self) -> list[dict[str, Any]]:
        """Return every cycle, oldest first."""
        with self.house.database.read() as unit:
            return [dict(row._mapping) for row in find_all(unit, cycle, order=["number"])]

    def show(self, cycle_id: str) -> dict[str, Any]:
        """Return a cycle with its steps and runs.

        Raises:
            NoSuchFile: There is none of that id.
        """
        with self.house.database.read() as unit:
            row = self._row(unit, cycle_id)
            steps = find_all(unit, cycle_step, order=["at"], cycle=cycle_id)
            ran = find_all(unit, run, order=["id"], cycle=cycle_id)
        return dict(row._mapping) | {
            "steps": [dict(one._mapping) | {"detail": json.loads(one.detail)} for one in steps],
            "runs": [dict(one._mapping) | {"summary": json.loads(one.summary)} for one in ran],
        }

    def firms_of(self, cycle_id: str) -> list[tuple[int, str]]:
        """Return the firms that owe or are owed something in a cycle: number and id."""
        with self.house.database.read() as unit:
            self._row(unit, cycle_id)
            members, _ = self.sets.members(unit, cycle_id)
            firms = firm_columns(unit)
        there = np.isin(firms.number, np.concatenate([members.debtor, members.creditor]))
        ids = firms.id.filter(pa.array(there)).to_pylist()
        return list(zip(firms.number[there].tolist(), ids, strict=True))

    def replay(self, cycle_id: str) -> list[dict[str, Any]]:
        """Compute every run of a cycle again from its archive and compare the digests.

        Returns:
            For each run its kind, the digest it had, the one it has now, and whether they agree.
        """
        from skontro.flow.replay import replay_run

        with self.house.database.read() as unit:
            ran = find_all(unit, run, order=["id"], cycle=cycle_id)
        return [replay_run(self.house, one) for one in ran]

    # ---- within a unit of work ---------------------------------------------------------------

    def _row(self, unit: Unit, cycle_id: str, *, lock: bool = False) -> Any:
        row = find(unit, cycle, lock=lock, id=cycle_id)
        if row is None:
            raise NoSuchFile(f"there is no cycle {cycle_id}", code="NoSuchCycle",
                             next_step="list them with: skontro cycle list")  # fmt: skip
        return row

    def _begin(self, unit: Unit, cycle_id: str, step: str) -> Any:
        """Return a cycle's row, provided that the step can be taken now."""
        self.house.check_writable(unit)
        row = self._row(unit, cycle_id)
        check_step(cycle_id, row.state, step)
        if row.paused:
            raise Conflict(f"cycle {cycle_id} is paused", code="Paused",
                           next_step="skontro cycle resume")  # fmt: skip
        return row

    def _end(
        self,
        unit: Unit,
        row: Any,
        step: str,
        detail: Mapping[str, Any],
        *,
        person: str | None = None,
        act_id: int | None = None,
        number: int = 1,
    ) -> None:
        """Write down that a step was taken, and take it."""
        after = check_step(row.id, row.state, step)
        insert(
            unit, cycle_step, cycle=row.id, step=step, number=number, person=person,
            at=self.house.at, detail=canonical_json(dict(detail)).decode(),
        )  # fmt: skip
        change(unit, cycle, {"id": row.id}, state=after)
        if step in OF_STEPS:
            self.house.events.note(unit, OF_STEPS[step], cycle=row.id)
        self.house.note(
            unit, "cycle.step", {"step": step, **detail}, cycle=row.id, act_id=act_id
        )
        archive = self.house.folder / "archive" / str(row.id)
        unit.after.append(lambda: clear_away(archive))

    def check_members(self, unit: Unit, cycle_id: str, members: int) -> None:
        """Refuse what was computed on a set from which something left meanwhile.

        Raises:
            Conflict: It has another size now.
        """
        if count_members(unit, cycle_id) != members:
            raise Conflict(
                f"the set of {cycle_id} changed while the run was under way", code="SetChanged",
                next_step="run it again",
            )  # fmt: skip

    def _insert_run(
        self,
        unit: Unit,
        cycle_id: str,
        kind: str,
        number: int,
        set_digest: str,
        archived: runs.Archived,
        *,
        act_id: int | None = None,
    ) -> int:
        identity = next_numbers(unit, run)[0]
        from skontro import __version__

        insert(
            unit, run, id=identity, cycle=cycle_id, kind=kind, number=number,
            frozen_digest=set_digest, input_digest=archived.input_digest,
            result_digest=archived.result_digest, manifest_digest=archived.manifest_digest,
            parameters=canonical_json(archived.parameters).decode(), engine_version=__version__,
            folder=archived.folder, summary=runs.summary_text(archived.summary),
            ran_at=self.house.at, published_act=act_id,
            published_act_kind=None if act_id is None else f"run.{kind}",
        )  # fmt: skip
        return identity

    def _leave(self, unit: Unit, cycle_id: str, number: int, why: str, act: int | None) -> None:
        """Take an obligation out of a cycle."""
        row = find(unit, obligation, number=number)
        state = next_obligation_state(row.state, "leave")
        change(unit, obligation, {"number": number}, state=state)
        change(unit, cycle_member, {"cycle": cycle_id, "obligation": number}, left_why=why,
               left_act=act)  # fmt: skip
        insert(unit, obligation_event, obligation=number, event="leave", act_id=act,
               detail=canonical_json({"cycle": cycle_id}).decode(), at=self.house.at)  # fmt: skip
        self.house.authorities.give_back(unit, cycle_id, [number])

    def _look_through(self, cycle_id: str, step: str) -> None:
        """Let what the gate no longer releases leave before a run is made of the rest."""
        house = self.house
        tell("reading")
        with house.database.unit("cycle.review", exclusive=True) as unit:
            self._begin(unit, cycle_id, step)
            left = self._review(unit, cycle_id, derive=step == "final")
            if left:
                detail = {"step": "review", "left": left,
                          "gate": house.gate.in_force(unit).setting}  # fmt: skip
                house.note(unit, "cycle.step", detail, cycle=cycle_id)

    def _review(self, unit: Unit, cycle_id: str, *, derive: bool) -> int:
        """Judge the firms anew; what the gate no longer releases leaves. Return how many left.

        What the members themselves say was judged when they were entered and cannot change: it is
        judged again where packs, or the rules of goods, are others now, and where a licence or
        a declaration it rests on is another. ``derive``: no stored verdict on a firm is believed.
        """
        members, _ = self.sets.members(unit, cycle_id)
        firms = _firms_of(members)
        if derive:
            derive_again(self.house.gate, unit, firms)
        judged = self.house.gate.judge_participants(unit, firms)
        held = [number for number, found in judged.items() if found[0] != RELEASED]
        touched = np.isin(members.debtor, held) | np.isin(members.creditor, held)
        touched |= np.isin(members.number, unreleased_members(unit, cycle_id))
        touched |= np.isin(members.number, self.house.authorities.touched(unit, cycle_id))
        if self.house.gate.goods_changed(unit, cycle_id):
            touched = np.ones(len(members), np.bool_)
        if not touched.any():
            return 0
        asked = members.take(touched)
        said = self.house.gate.judge_columns(
            unit, asked.number, asked.debtor, asked.creditor, asked.content_digest,
            cycle_id=cycle_id,
        )  # fmt: skip
        gone = asked.take(~said.released)
        if not len(gone):
            return 0
        detail = canonical_json({"cycle": cycle_id}).decode()
        leave_members(unit, cycle_id, gone.number.tolist(), why="house review", act=None,
                      detail=detail, at=self.house.at)  # fmt: skip
        self.house.authorities.give_back(unit, cycle_id, gone.number.tolist())
        return len(gone)


def _firms_of(members: Members) -> list[int]:
    """Return the numbers of the firms that owe or are owed."""
    found: list[int] = np.unique(np.concatenate([members.debtor, members.creditor])).tolist()
    return found


def exact_rates(rates: Mapping[str, str], unit: str) -> dict[str, str]:
    """Return rates as fractions in lowest terms, read exactly or refused.

    Args:
        rates: Worth of one unit of each currency in the house's unit, as text.
        unit: The house's unit; its own rate is 1.

    Raises:
        InvalidFixing: A rate is none, or the unit itself is not worth one.

    Example:
        >>> exact_rates({"EUR": "1", "AED": "0.25"}, "EUR")
        {'AED': '1/4', 'EUR': '1/1'}
        >>> exact_rates({"EUR": "1", "AED": "1e3"}, "EUR")
        Traceback (most recent call last):
        skontro.core.errors.InvalidFixing: AED: '1e3' is not a rate
    """
    worth = {}
    for code, text in sorted(rates.items()):
        if code not in exponents():
            raise InvalidFixing(f"{code!r} is not a currency of ISO 4217",
                                next_step="write a code of three letters, such as EUR")  # fmt: skip
        try:
            rate = parse_rate(text if isinstance(text, str) else "")
        except InvalidFixing:
            raise InvalidFixing(
                f"{code}: {text!r} is not a rate",
                next_step="write exact decimals, such as 0.0111, or a fraction, such as 1/90, "
                "above nought",
            ) from None
        worth[code] = f"{rate.numerator}/{rate.denominator}"
    if worth.get(unit) != "1/1":
        raise InvalidFixing(f"{unit} is the house's unit: its rate is 1",
                            next_step=f"give {unit} the rate 1")  # fmt: skip
    return worth


@handles("fixing.declare")
def _declare(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Put the rates of a cycle into force."""
    row = find(unit, cycle, id=content["cycle"])
    if row is None or row.state != "open":
        raise Conflict(f"cycle {content['cycle']} is not open: its fixing stays as it is",
                       code="OutOfOrder")  # fmt: skip
    if find(unit, fixing, cycle=row.id) is not None:
        raise Conflict(f"cycle {row.id} has its fixing", code="AlreadyDone")
    paid_in = {code for side in house.rules.sides for code in side.currencies}
    if exact_rates(content["rates"], house.unit) != content["rates"]:
        raise InvalidFixing("the act's rates are not in lowest terms",
                            next_step="propose them anew: skontro cycle fixing")  # fmt: skip
    without = sorted(paid_in - set(content["rates"]))
    if without:
        raise Rejected(f"{', '.join(without)}: participants are paid in it, and it has no rate",
                       code="InvalidFixing", next_step="declare a rate for each")  # fmt: skip
    insert(
        unit, fixing, cycle=row.id, unit=content["unit"],
        rates=canonical_json(content["rates"]).decode(), source=content["source"],
        dated=content["dated"], fixing_act=act_id, fixing_act_kind="fixing.declare",
    )  # fmt: skip
    house.note(unit, "fixing", content, cycle=row.id, act_id=act_id)
    house.settlement.revalue(unit, row.id, act_id=act_id)
    return {"cycle": row.id, "rates": content["rates"]}


@handles("cycle.correct")
def _correct(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Take an obligation out in the correction window."""
    row = find(unit, cycle, id=content["cycle"])
    if row is None or row.state not in ("entered", "correcting"):
        raise Conflict(f"cycle {content['cycle']}: the correction window is not open",
                       code="OutOfOrder")  # fmt: skip
    if content["reason"] not in ("consent", "error", "house review"):
        raise Rejected(f"{content['reason']!r} is no reason", code="InvalidOptions")
    house.cycles._leave(unit, row.id, content["obligation"], content["reason"], act_id)
    house.note(unit, "correction", content, cycle=row.id, act_id=act_id)
    return {"left": content["obligation"]}


@handles("run.final")
def _publish(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Publish the final run: set-off is final, and posted."""
    cycles = house.cycles
    row = cycles._begin(unit, content["cycle"], "final")
    tell("judging")
    archived = runs.archived_run(house, content)
    cycles.check_members(unit, row.id, int(archived.summary["obligations"]))
    if cycles._review(unit, row.id, derive=True):
        raise Forbidden("house review of a member: the run is not published",
                        code="ScreeningHold", next_step="run again without it")  # fmt: skip
    house.settlement.check_borders(unit, row.id, archived.summary)
    tell("reading the archive")
    tables = runs.read_archive(house, archived)
    tell("writing what is set off")
    identity = cycles._insert_run(
        unit, row.id, "final", 1, content["set"], archived, act_id=act_id
    )
    write_discharge(unit, identity, tables.obligations)
    frozen = frozen_set(house, unit, row.id)
    numbers = {text: number for number, text in frozen.ids.items()}
    plan = [
        (numbers[node["participant"]], node["settlement_currency"], node["pay_in_minor"],
         node["pay_out_minor"])
        for node in tables.nodes
    ]  # fmt: skip
    write_plan(unit, identity, plan)
    apply_discharge(unit, identity, "set_off_minor")
    house.authorities.use_up(unit, row.id, identity)
    tell("posting")
    before, set_off = (
        claim_lines(_claims(frozen.members, tables, name), frozen.ids, sign)
        for name, sign in (("before_minor", 1), ("set_off_minor", -1))
    )
    house.note(unit, "entered", {"run": identity}, cycle=row.id, lines=before)
    house.note(
        unit, "set_off", {"run": identity, "result": archived.result_digest}, cycle=row.id,
        act_id=act_id, lines=set_off,
    )  # fmt: skip
    moved = difference_lines(tables.nodes, archived.summary)
    if moved:
        house.note(unit, "difference", {"run": identity}, cycle=row.id, lines=moved)
    detail = {"run": identity, "result": archived.result_digest,
              "gate": house.gate.in_force(unit).setting}  # fmt: skip
    cycles._end(unit, row, "final", detail, act_id=act_id)
    return detail


def _claims(members: Members, tables: runs.RunTables, name: str) -> Claims:
    """Return one amount of each obligation of a run with who owes it to whom."""
    place = members.at(tables.obligations["obligation"])
    return Claims(
        members.debtor[place], members.creditor[place], members.currency.take(pa.array(place)),
        tables.obligations[name],
    )  # fmt: skip


def claim_lines(claims: Claims, ids: Mapping[int, str], sign: int) -> list[tuple[str, int]]:
    """Return postings that bring claims in (sign 1) or take them out (-1), added up by account."""
    lines = []
    for code in pc.unique(claims.currency).to_pylist():
        mine = pc.equal(claims.currency, code).to_numpy(zero_copy_only=False)
        amount = claims.amount_minor[mine]
        for kind, firm, way in (
            ("receivable", claims.creditor, sign), ("payable", claims.debtor, -sign)
        ):  # fmt: skip
            number, place = np.unique(firm[mine], return_inverse=True)
            sums = np.zeros(len(number), np.int64)
            np.add.at(sums, place, amount)
            lines += [
                (f"{kind}:{ids[one]}:{code}", way * total)
                for one, total in zip(number.tolist(), sums.tolist(), strict=True)
                if total
            ]
    return lines


def difference_lines(
    nodes: list[dict[str, Any]], summary: Mapping[str, Any]
) -> list[tuple[str, int]]:
    """Return postings of what rounding moved in each firm's books, in points."""
    moved = [
        (node["participant"], int(node["booked_difference_points"]))
        for node in nodes
        if int(node["booked_difference_points"])
    ]
    if sum(amount for _, amount in moved):
        raise InvariantViolation("booked differences do not sum to nought")
    points = f"{summary['unit']}/{summary['unit_minor_points']}"
    return [(f"difference:{firm}:{points}", amount) for firm, amount in moved]
