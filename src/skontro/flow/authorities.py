# SPDX-License-Identifier: Apache-2.0
"""What authorities gave, against what obligations say: licences, and customs declarations.

An obligation that is entered reserves what it needs of its licences and uses its declaration;
those with lower numbers go first, and what is held for anything takes nothing. What is final uses
its licences up; what leaves a cycle, or is still owed in full when it ends, gives all back. A
verdict carries the numbers of the last licence, entry, file and use it could see, so that it is
derived again from just these.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.flow.asked import (
    CUSTOMS_PAPER,
    EPOCH,
    Asked,
    Look,
    Seen,
    Stated,
    numbers_of_paper,
)
from skontro.flow.cases import firms_named
from skontro.flow.customs_bulk import beyond_doubt, used_by
from skontro.flow.goods import tolerances_of
from skontro.gate.customs import (
    CustomsRules,
    Declaration,
    Declared,
    DeclaredLine,
    Reconciled,
    Use,
)
from skontro.gate.goods import LICENCE
from skontro.gate.licences import (
    GIVE_BACK,
    RESERVE,
    RETURN,
    USE,
    Entry,
    Licence,
    Reservations,
    balances,
)
from skontro.gate.outcome import Judged, JudgedMany, Reason, judged, reason
from skontro.gate.verdicts import RELEASED, read_reasons_text
from skontro.house.acts import Signer
from skontro.store.authorities import (
    credited_of,
    declarations_of,
    discharged_in,
    entries_of_cycle,
    entries_of_obligations,
    last_final,
    licence_entries,
    licences_after,
    licences_known,
    marks,
    obligations_by_number,
    references_after,
    sides_in_use,
    stated_of,
    still_in,
    uses_in_cycle,
    uses_of,
    waiting_numbers,
    write_uses,
)
from skontro.store.bulk import insert_columns
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import cycle_step, licence_entry, obligation, participant
from skontro.store.verdicts import (
    last_verdicts,
    participant_rows,
    record_contents,
    screened_records,
    sides_of,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
IDENTIFIERS = ("lei", "tax_number", "registration_number")
"""Records by which customs may know a firm, the last two with its country before them as well."""

WAITING = ("registered", "confirmed", "disputed", "duplicate")
MANY = 200
"""From how many claims on those beyond doubt are told together."""



_LOOKED_AT = 2000
"""How many obligations are looked at together for those that are held."""


def _held(last: Mapping[int, Any], firms: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return what is not released for what it is for, by number."""
    found = []
    for number, said in sorted(last.items()):
        if said.outcome == RELEASED:
            continue
        reasons = [one | {"text": firms_named(one["text"], firms)}
                   for one in read_reasons_text(said.reasons) if "party" not in one]  # fmt: skip
        if reasons:
            found.append({"obligation": number, "outcome": said.outcome, "verdict": said.id,
                          "reasons": reasons})  # fmt: skip
    return found


class Authorities:
    """Licences and declarations against what obligations say.

    Who reads what is left of one and then takes of it must be alone until that is written. What
    takes (cut-off, reviews, final run, close) does so in an exclusive unit, which holds the house's
    row; a cut-off holds the documents and what may be entered besides, so that one of these locks
    alone may go and nothing is taken twice. A credit note returns what was used in a unit that is
    not exclusive: it and all the others hold the name ``authorities``, and for two notes on
    different documents nothing else does.
    """

    def __init__(self, house: House) -> None:
        self.house = house

    @property
    def _rules(self) -> CustomsRules:
        return tolerances_of(self.house.rules).customs

    # ---- judging -----------------------------------------------------------------------------

    def judge(
        self, unit: Unit, asked: Asked, cycle_id: str = ""
    ) -> tuple[JudgedMany, list[str | None]] | None:
        """Say which obligations authorities let pass; write what those entered take.

        Args:
            unit: The unit of work; an exclusive one if a cycle is given.
            asked: The obligations.
            cycle_id: The cycle they are entered into, or in; nothing is taken without one.

        Returns:
            What is said of each, and what each verdict rests on; None where nothing was asked.
        """
        if cycle_id:
            unit.hold("authorities")
        seen = Seen(*marks(unit))
        claims = self._claiming(unit, asked, sides_in_use(unit) if seen.file else set())
        needing = (asked.needs & LICENCE) > 0
        rows = np.flatnonzero(needing | claims)
        if not len(rows):
            return None
        stated = self._stated(unit, asked, rows)
        rows = np.array([row for row in rows.tolist() if not stated[row].is_opposite], np.int64)
        parties = np.unique(np.concatenate([asked.debtor[rows], asked.creditor[rows]]))
        look = Look(asked, stated, needing, claims, seen, sides_of(unit, parties.tolist()))
        return self._look(unit, look, rows, cycle_id)

    def _claiming(self, unit: Unit, asked: Asked, sides: set[str]) -> NDArray[np.bool_]:
        """Tell which obligations customs must know: goods over a border of a side with files."""
        if not sides:
            return np.zeros(len(asked.number), np.bool_)
        over = [
            (json.loads(text) if text else {}).get("kind") == "cross_border_goods"
            for text in asked.trades.texts
        ]
        firms = np.unique(np.concatenate([asked.debtor, asked.creditor])).tolist()
        with_files = [firm for firm, side in sides_of(unit, firms).items() if side in sides]
        theirs = np.isin(asked.debtor, with_files) | np.isin(asked.creditor, with_files)
        return np.asarray(np.array(over, np.bool_)[asked.trades.terms] & theirs, np.bool_)

    def _stated(self, unit: Unit, asked: Asked, rows: Int64) -> dict[int, Stated]:
        if asked.new is not None:
            return {row: asked.new[row] for row in rows.tolist()}
        numbers = asked.number[rows]
        found = stated_of(unit, numbers)
        needing = rows[(asked.needs[rows] & LICENCE) > 0]
        credited = credited_of(unit, asked.number[needing].tolist())
        places = dict(zip(numbers.tolist(), rows.tolist(), strict=True))
        columns = (
            found["number"].tolist(), found["amount_minor"].tolist(), found["currency"].to_pylist(),
            found["document_day"].to_pylist(), found["opposite_of"].to_pylist(),
        )  # fmt: skip
        return {
            places[number]: Stated(amount, currency, day, of is not None, credited.get(number, 0))
            for number, amount, currency, day, of in zip(*columns, strict=True)
        }

    def _look(
        self, unit: Unit, look: Look, rows: Int64, cycle_id: str
    ) -> tuple[JudgedMany, list[str | None]]:
        """Judge rows one after the other, by number; before them those beyond doubt, together."""
        asked = look.asked
        inputs: list[str | None] = [None] * len(asked.number)
        sure, many = self._beyond_doubt(unit, look, rows, cycle_id)
        for row, before in zip(sure.tolist(), many.tolist(), strict=True):
            inputs[row] = look.inputs(row, 0, before)
        rows, base = np.setdiff1d(rows, sure), int(asked.is_free[sure].sum()) if cycle_id else 0
        which = np.zeros(len(asked.number), np.int64)
        said = [Judged()]
        declared = self._declared(unit, look, rows, cycle_id)
        uses = list[Use]()
        reservations = self._reservations(unit, look, rows)
        entries = list[Entry]()
        for row in rows[np.argsort(asked.number[rows])].tolist():
            inputs[row] = look.inputs(row, len(entries), base + len(uses))
            found, takes, told = self._one(look, row, reservations, declared)
            if found.outcome != RELEASED:
                which[row] = len(said)
                said.append(found)
            elif cycle_id and asked.is_free[row]:
                reservations.take(takes)
                entries += takes
                if told is not None:
                    uses += declared.use(look.claims_of[row], told)
        if cycle_id:
            self._write_entries(unit, entries, cycle_id)
            self._write_uses(unit, uses, "use", cycle_id)
        return JudgedMany.gathered(which, said), inputs

    def _beyond_doubt(
        self, unit: Unit, look: Look, rows: Int64, cycle_id: str
    ) -> tuple[Int64, Int64]:
        """Find what agrees with its declaration beyond doubt, where there is much to look at.

        Returns:
            Their rows, by number of the obligation; and how many uses were written before each.
        """
        asked = look.asked
        rows = rows[look.claims[rows] & ~look.needing[rows] & ~asked.trades.has_lines[rows]]
        if len(rows) <= MANY:
            return rows[:0], rows[:0]
        rows = rows[np.argsort(asked.number[rows])]
        claimed = look.claimed(rows)
        names = sorted(set(claimed.reference.to_pylist()) - {""} - look.names_of_single())
        declared = declarations_of(unit, names, look.seen.file)
        if cycle_id:
            self.house.customs.check_whole(unit, sorted({row[1] for row in declared}))
        firms = np.unique(np.concatenate([claimed.debtor, claimed.creditor])).tolist()
        there = [row[0] for row in declared]
        agrees = beyond_doubt(
            claimed, declared, uses_of(unit, there, look.seen.use) if there else [],
            self.identifiers(unit, firms), self._rules,
        )  # fmt: skip
        sure = rows[agrees]
        takes = asked.is_free[sure] & bool(cycle_id)
        if takes.any():
            taking = sure[takes]
            columns = used_by(look.claimed(taking), asked.number[taking])
            first = look.seen.use + 1
            write_uses(unit, {
                "id": np.arange(first, first + len(taking)), **columns, "kind": "use",
                "cycle": cycle_id, "at": self.house.at,
            })  # fmt: skip
        return sure, np.cumsum(takes) - takes

    def _one(
        self, look: Look, row: int, reservations: Reservations, declared: Declared
    ) -> tuple[Judged, tuple[Entry, ...], Reconciled | None]:
        """Judge one obligation by its licences and its declaration."""
        held, takes = list[Reason](), tuple[Entry, ...]()
        told: Reconciled | None = None
        if look.needing[row]:
            by_licence, takes = reservations.judge(look.wanted(row))
            if by_licence.reasons:
                held += [*by_licence.reasons, *look.asked.rules[row]]
        if look.claims[row]:
            if row in look.claims_of:
                told = declared.judge(look.claims_of[row])
                held += look.name_lines(row, told.judged.reasons)
            else:
                held.append(reason("NoReference", "its papers do not name one declaration"))
        return judged(held), takes, told

    def _reservations(self, unit: Unit, look: Look, rows: Int64) -> Reservations:
        names = {
            name for row in rows.tolist() if look.needing[row] for name in look.wanted(row).licences
        }
        known = licences_known(unit, names, look.seen.licence) if names else []
        written = licence_entries(unit, names, look.seen.entry) if names else []
        return Reservations(
            {row.licence: licence_of(row) for row in known}, map(entry_of, written), look.asked.day
        )

    def _declared(self, unit: Unit, look: Look, rows: Int64, cycle_id: str) -> Declared:
        """Make the claims of rows, and return what they are held against."""
        wanted = rows[look.claims[rows]]
        firms = np.unique(
            np.concatenate([look.asked.debtor[wanted], look.asked.creditor[wanted]])
        ).tolist()
        known = self.identifiers(unit, firms) if firms else {}
        look.make_claims(wanted, known)
        names = sorted({one.reference for one in look.claims_of.values()})
        rows_of = declarations_of(unit, names, look.seen.file) if names else []
        uses = [Use(*row) for row in uses_of(unit, names, look.seen.use)] if names else []
        if cycle_id:
            self.house.customs.check_whole(unit, sorted({row[1] for row in rows_of}))
        found = {row[0]: declaration_of(row) for row in rows_of}
        return Declared(found, uses, self._rules)

    def identifiers(self, unit: Unit, firms: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return by what customs may know firms, given by number."""
        ids = dict(participant_rows(unit, firms))
        records = screened_records(unit, list(ids.values()), IDENTIFIERS)
        contents = record_contents(unit, [one.id for own in records.values() for one in own])
        countries = self.countries(unit, firms)
        return {
            number: known_by(
                [(one.what, contents[one.id][1]) for one in records.get(firm, ())
                 if one.id in contents], countries.get(number, ""),
            )
            for number, firm in ids.items()
        }  # fmt: skip

    def countries(self, unit: Unit, firms: Sequence[int]) -> dict[int, str]:
        """Return the country of each firm's side."""
        of_side = {side.id: side.jurisdiction for side in self.house.rules.sides}
        return {number: of_side.get(side, "") for number, side in sides_of(unit, firms).items()}

    # ---- what a change can touch ---------------------------------------------------------------

    def seen(self, unit: Unit) -> dict[str, int]:
        """Return the last version of a licence and the last customs file, as steps write it."""
        known = Seen(*marks(unit))
        return {"licences": known.licence, "customs": known.file}

    def touched(self, unit: Unit, cycle_id: str) -> list[int]:
        """Return what in a cycle rests on a licence or a declaration that is another, or ended."""
        return sorted({*self.changed(unit, cycle_id), *self._out_of_date(unit, cycle_id)})

    def changed(self, unit: Unit, cycle_id: str) -> list[int]:
        """Return what in a cycle rests on a licence or declaration changed since its cut-off."""
        (step,) = find_all(unit, cycle_step, cycle=cycle_id, step="cut_off")
        was, now = json.loads(step.detail), Seen(*marks(unit))
        found = set[int]()
        if now.licence > was.get("licences", 0):
            changed = {row.licence for row in licences_after(unit, was.get("licences", 0))}
            found |= {row.obligation for row in entries_of_cycle(unit, cycle_id)
                      if row.licence in changed}  # fmt: skip
        if now.file > was.get("customs", 0):
            references = references_after(unit, was.get("customs", 0))
            found |= set(self.naming(unit, still_in(unit, cycle_id), CUSTOMS_PAPER, references))
        return sorted(found)

    def _out_of_date(self, unit: Unit, cycle_id: str) -> set[int]:
        """Return what in a cycle rests on a licence that has ended since."""
        reserved = self._reserved(unit, cycle_id)
        names = {one.licence for one in reserved}
        ended = {
            row.licence for row in (licences_known(unit, names) if names else ())
            if row.valid_until < self.house.today
        }  # fmt: skip
        return {one.obligation for one in reserved if one.licence in ended}

    def naming(
        self, unit: Unit, numbers: Int64, kind: str, references: set[str]
    ) -> list[int]:
        """Return which obligations have a paper of a kind with one of some numbers.

        Args:
            unit: The unit of work.
            numbers: The obligations.
            kind: Kind of the paper.
            references: Numbers of papers.
        """
        trades = self.house.goods.trades_of(unit, numbers)
        there = np.array([kind in text for text in trades.texts], np.bool_)[trades.terms]
        rows = np.flatnonzero(there).tolist()
        return [
            int(numbers[row]) for row in rows
            if references & set(numbers_of_paper(
                trades.texts[int(trades.terms[row])], str(trades.numbers[row].as_py()), kind
            ))
        ]  # fmt: skip

    def judge_waiting(self, unit: Unit, kind: str, references: set[str] | None) -> int:
        """Judge anew what waits and names a paper that changed; return how many there were.

        Args:
            unit: An exclusive unit of work.
            kind: Kind of the paper.
            references: Numbers of the papers; whatever they are if not given.
        """
        numbers = waiting_numbers(unit)
        found = (numbers.tolist() if references is None
                 else self.naming(unit, numbers, kind, references))  # fmt: skip
        self.judge_numbers(unit, found)
        return len(found)

    def judge_numbers(self, unit: Unit, numbers: Sequence[int]) -> None:
        """Judge some obligations anew, those that wait for a cycle."""
        rows = [row for row in obligations_by_number(unit, numbers) if row.state in WAITING]
        if rows:
            self.house.gate.judge_obligations(unit, [tuple(row)[:4] for row in rows])

    def held(
        self, who: str, signer: Signer, *, after: int = 0, most: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what waits and is held for its goods, papers, licences, declaration or a flag.

        Args:
            who: Who looks: compliance or the authority.
            signer: Their key.
            after: From after this number of an obligation on.
            most: How many at most.

        Raises:
            Forbidden: They may not.
        """
        found = list[dict[str, Any]]()
        with self.house.database.read() as unit:
            self.house.people.may_see(unit, who, signer)
            waiting = waiting_numbers(unit)
            firms = {row.number: row.id for row in find_all(unit, participant)}
            numbers = waiting[waiting > after].tolist()
            at_once = len(numbers) if most is None else _LOOKED_AT
            for start in range(0, len(numbers), max(1, at_once)):
                last = last_verdicts(unit, "obligation", numbers[start : start + at_once])
                found += _held(last, firms)
                if most is not None and len(found) >= most:
                    break
        return found[:most]

    # ---- again -------------------------------------------------------------------------------

    def judge_again(
        self,
        unit: Unit,
        asked: Asked,
        inputs: Mapping[str, Any],
        known: Mapping[int, tuple[str, ...]],
        rules: CustomsRules,
    ) -> Judged:
        """Say of one obligation what was said of it, from what there was then.

        Args:
            unit: A reading.
            asked: The obligation, with what it says.
            inputs: What the verdict rests on.
            known: By what customs could know its parties.
            rules: How far invoice and declaration could be apart.
        """
        seen = Seen(*inputs.get("licences", (0, 0)), *inputs.get("customs", (0, 0)))
        needing = np.array(["licences" in inputs])
        look = Look(asked, {0: asked.new[0] if asked.new else Stated(0, "", None)}, needing,
                     np.array(["customs" in inputs]), seen,
                     sides_of(unit, [int(asked.debtor[0]), int(asked.creditor[0])]))  # fmt: skip
        row = np.array([0])
        look.make_claims(row if look.claims[0] else row[:0], known)
        names = [one.reference for one in look.claims_of.values()]
        declared = Declared(
            {one[0]: declaration_of(one) for one in declarations_of(unit, names, seen.file)},
            [Use(*one) for one in uses_of(unit, names, seen.use)], rules,
        )  # fmt: skip
        return self._one(look, 0, self._reservations(unit, look, row), declared)[0]

    # ---- what obligations take -----------------------------------------------------------------

    def use_up(self, unit: Unit, cycle_id: str, run_id: int) -> None:
        """Let what a final run discharges use up what it reserved.

        Args:
            unit: The unit of work.
            cycle_id: The cycle.
            run_id: Its final run.
        """
        unit.hold("authorities")
        reserved = self._reserved(unit, cycle_id)
        final = discharged_in(unit, run_id, {one.obligation for one in reserved})
        self._write_entries(
            unit,
            [Entry(one.licence, one.obligation, USE, one.value_minor)
             for one in reserved if one.obligation in final],
            cycle_id,
        )  # fmt: skip

    def give_back(self, unit: Unit, cycle_id: str, numbers: Iterable[int]) -> None:
        """Give back what obligations took that left a cycle before its final run.

        Args:
            unit: The unit of work.
            cycle_id: The cycle.
            numbers: The obligations.
        """
        unit.hold("authorities")
        self._end(unit, cycle_id, set(numbers))

    def close(self, unit: Unit, cycle_id: str) -> None:
        """Give back what obligations took of which the cycle discharged nothing."""
        unit.hold("authorities")
        reserved = {one.obligation for one in self._reserved(unit, cycle_id)}
        taken = reserved | {row.obligation for row in uses_in_cycle(unit, cycle_id)}
        final = last_final(unit, cycle_id)
        self._end(unit, cycle_id, taken - discharged_in(unit, final or 0, taken))

    def lower(self, unit: Unit, number: int, minor: int) -> None:
        """Return to licences what a credit note, or an obligation the other way, takes back.

        Args:
            unit: The unit of work.
            number: The obligation.
            minor: By how much, minor units.
        """
        if not entries_of_obligations(unit, [number]):
            return
        unit.hold("authorities")
        written = [entry_of(row) for row in entries_of_obligations(unit, [number])]
        used = {
            name: balance.used.get(number, 0) for name, balance in balances(written).items()
        }
        row = find(unit, obligation, number=number)
        several = bool(len(self.house.goods.trades_of(unit, [number]).lines))
        back = {
            name: min(value, _share_of(written, name, minor, row.amount_minor) if several
                      else minor)
            for name, value in used.items()
        }  # fmt: skip
        self._write_entries(
            unit,
            [Entry(name, number, RETURN, value) for name, value in sorted(back.items()) if value],
            None,
        )  # fmt: skip

    def _reserved(self, unit: Unit, cycle_id: str) -> list[Entry]:
        """Return the reservations of a cycle that stand."""
        found = balances(entry_of(row) for row in entries_of_cycle(unit, cycle_id))
        return [
            Entry(name, number, RESERVE, value)
            for name, balance in sorted(found.items())
            for number, value in sorted(balance.reserved.items())
        ]

    def _end(self, unit: Unit, cycle_id: str, numbers: set[int]) -> None:
        self._write_entries(
            unit,
            [Entry(one.licence, one.obligation, GIVE_BACK, one.value_minor)
             for one in self._reserved(unit, cycle_id) if one.obligation in numbers],
            cycle_id,
        )  # fmt: skip
        back = [
            Use(row.reference, row.obligation, row.code, row.unit, row.value_minor,
                row.quantity_milli)
            for row in uses_in_cycle(unit, cycle_id) if row.obligation in numbers
        ]  # fmt: skip
        self._write_uses(unit, back, "give_back", cycle_id)

    def _write_entries(self, unit: Unit, entries: Sequence[Entry], cycle_id: str | None) -> None:
        if not entries:
            return
        first = marks(unit)[1] + 1
        insert_columns(unit, licence_entry, {
            "id": list(range(first, first + len(entries))),
            "licence": [one.licence for one in entries],
            "obligation": [one.obligation for one in entries],
            "kind": [one.kind for one in entries],
            "value_minor": [one.value_minor for one in entries],
            "cycle": cycle_id, "at": self.house.at,
        })  # fmt: skip

    def _write_uses(self, unit: Unit, uses: Sequence[Use], kind: str, cycle_id: str) -> None:
        if not uses:
            return
        first = marks(unit)[3] + 1
        write_uses(unit, {
            "id": list(range(first, first + len(uses))),
            "reference": [one.reference for one in uses],
            "obligation": [one.obligation for one in uses], "code": [one.code for one in uses],
            "unit": [one.unit for one in uses], "value_minor": [one.value_minor for one in uses],
            "quantity_milli": [one.quantity_milli for one in uses], "kind": kind,
            "cycle": cycle_id, "at": self.house.at,
        })  # fmt: skip


def _share_of(written: Iterable[Entry], name: str, minor: int, amount: int) -> int:
    """Return what a licence gets back for its lines of an obligation, rounded down."""
    used = sum(one.value_minor for one in written if one.licence == name and one.kind == USE)
    return minor * used // amount


def licence_of(row: Any) -> Licence:
    """Return a licence as the gate judges by it; parties are numbers there."""
    day = datetime.date.fromisoformat
    return Licence(
        row.licence, f"record {row.record}", row.side, str(row.holder), tuple(row.goods.split()),
        tuple(row.countries.split()), row.currency, row.value_minor, day(row.valid_from),
        day(row.valid_until), bool(row.revoked),
    )  # fmt: skip


def entry_of(row: Any) -> Entry:
    """Return what was written about a licence and an obligation."""
    return Entry(row.licence, row.obligation, row.kind, row.value_minor)


def declaration_of(row: Sequence[Any]) -> Declaration:
    """Return a declaration from its row: see ``declarations_of``."""
    reference, _, _, exporter, importer, currency, day, cancelled, lines, *_ = row
    return Declaration(
        reference, "customs", exporter, importer, currency, EPOCH + datetime.timedelta(days=day),
        tuple(DeclaredLine(*line) for line in json.loads(lines)), bool(cancelled),
    )  # fmt: skip


def known_by(records: Iterable[tuple[str, str]], country: str) -> tuple[str, ...]:
    """Return by what customs may know a firm, from its records.

    Args:
        records: Kind and text of each.
        country: Of its side.

    Example:
        >>> known_by([("tax_number", "0012B"), ("lei", "L")], "NL")
        ('0012B', 'NL0012B', 'L')
    """
    found = list[str]()
    for what, text in records:
        found.append(text)
        if what != "lei":
            found.append(f"{country}{text}")
    return tuple(found)
