# SPDX-License-Identifier: Apache-2.0
"""Filings: files of what parties say, taken in, matched and confirmed by the million.

A filing is one unit of work: read, check row by row, leave out what is known, pair what both
parties say, hold what is said twice, write, judge. Refused rows do not stop it. The same file
again has no further effect.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.errors import Rejected
from skontro.core.obligations import NO_DUE_DAY
from skontro.flow.contents import changed_among, digests_with_trade
from skontro.flow.gate import digest_rows
from skontro.flow.times import day_text
from skontro.flow.waiting import (
    CONTESTED,
    Numbers,
    Pool,
    agreed_trades,
    confirm_many,
    days_column,
    join_to,
    like_detail,
    pair_up,
    ranks_of,
    same_terms,
    write_obligations,
)
from skontro.house.matching import Pairs, Said, Terms, agreed_terms, find_suspects
from skontro.house.obligations import SAID_HEADING, SAID_WITH_TRADE
from skontro.house.states import BY_BOTH, BY_CREDITOR, BY_DEBTOR, NOT_YET_DUE
from skontro.messages.raw import RawTable
from skontro.messages.registration_rows import (
    Faults,
    RegistrationRows,
    read_references,
    read_registrations,
)
from skontro.messages.table_forms import PLAIN, TableForm, read_formed
from skontro.messages.tables import TableLike, read_table
from skontro.messages.texts import encode
from skontro.messages.trade_rows import Trades
from skontro.store.bulk import insert_columns, new_numbers
from skontro.store.database import Unit
from skontro.store.obligations import (
    every_firm,
    files_for,
    known_of_documents,
    known_registrations,
    lock_all,
    registered_under,
    write_events,
)
from skontro.store.rows import insert, next_numbers
from skontro.store.schema import filing, obligation, registration

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.house.rules import Tolerance

Int64 = NDArray[np.int64]
Digests = NDArray[np.uint8]
Progress = Callable[[str], None]
"""Told, in a few words, what is done now."""

GONE = ("left", "defaulted")
MOST_PREVIEWED = 100
"""Rows that a dry run shows as they were understood."""


@dataclass(frozen=True)
class FilingReport:
    """What came of a filing.

    Attributes:
        filing: Its number; None where nothing in it was new.
        rows: Rows in it.
        taken: Rows that said something new.
        repeated: Rows that said what was known under the same reference, and changed nothing.
        rejections: Refused rows by number: row, field, value, code, message.
        opened: Obligations that are new.
        confirmed: Obligations that both parties stand by now.
        near: How many of these were matched within tolerance, not exactly.
        duplicates: Suspected duplicates: held until two people let them go on.
        held: Obligations that the gate holds.
        preview: Of a dry run: the first rows as they were understood, and what becomes of each.
        dry_run: Whether nothing was written: it is what would happen.
    """

    filing: int | None
    rows: int
    taken: int = 0
    repeated: int = 0
    rejections: pa.Table = field(default_factory=lambda: pa.table({}))
    opened: int = 0
    confirmed: int = 0
    near: int = 0
    duplicates: int = 0
    held: int = 0
    preview: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values, with the rejections as rows."""
        figures = {
            name: getattr(self, name)
            for name in ("filing", "rows", "taken", "repeated", "opened", "confirmed", "near",
                         "duplicates", "held")
        }  # fmt: skip
        if self.dry_run:
            figures |= {"dry_run": True, "preview": self.preview}
        return figures | {"refused": self.rejections.num_rows,
                          "rejections": self.rejections.to_pylist()}  # fmt: skip


# ---- who is who --------------------------------------------------------------------------------


class _Firms:
    """The firms of the house and who files for whom, as a filing needs them."""

    def __init__(self, unit: Unit, day: str) -> None:
        rows = every_firm(unit)
        self.number: dict[str, int] = {name: number for number, name, _ in rows}
        self.gone = np.array([number for number, _, state in rows if state in GONE], np.int64)
        most = max(self.number.values(), default=0)
        ids = [""] * (most + 1)
        for number, name, _ in rows:
            ids[number] = name
        self.ids = pa.array(ids, pa.large_string())
        self._wide = most + 1
        pairs = files_for(unit, day)
        self._agencies = np.array([agent * self._wide + firm for agent, firm in pairs], np.int64)

    def numbers(self, ids: pa.Array) -> Int64:
        """Return the number of each firm by its id, 0 where there is none."""
        return np.array([self.number.get(each, 0) for each in ids.to_pylist()], np.int64)

    def files_for(self, agent: Int64 | int, firm: Int64) -> NDArray[np.bool_]:
        """Tell for which firms an agent files, row by row."""
        return np.isin(agent * self._wide + firm, self._agencies)

    def parties(
        self, faults: Faults, sender: Int64, debtor: Int64, creditor: Int64
    ) -> Int64:
        """Return whose word each row is: the sender's, or that of the one firm it files for."""
        other = (sender != debtor) & (sender != creditor)
        if not other.any():
            return sender
        debtors, creditors = self.files_for(sender, debtor), self.files_for(sender, creditor)
        faults.mark(other & (debtors == creditors), "sender", "NotPermitted")
        return np.where(~other, sender, np.where(debtors, debtor, creditor))

    def check_agent(self, faults: Faults, agent: str, sender: Int64) -> int | None:
        """Refuse rows that the agent may not file; return the agent's number."""
        if not agent:
            return None
        if agent not in self.number:
            raise Rejected(f"{agent!r} is not a participant", code="UnknownParticipant")
        number: int = self.number[agent]
        allowed = (sender == number) | self.files_for(number, sender)
        faults.mark(~allowed, "sender", "AgentNotPermitted")
        return number


# ---- taking a file in --------------------------------------------------------------------------


@dataclass
class _New:
    """Rows that say something new, as columns of shape (m,)."""

    sender: Int64
    reference: pa.Array
    body: Digests
    document: pa.Array
    numbers: Numbers
    said: Said
    trades: Trades


def import_filing(
    house: House,
    given: TableLike,
    *,
    agent: str = "",
    person: str | None = None,
    sheet: str | None = None,
    near: bool = True,
    form: TableForm = PLAIN,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> FilingReport:
    """Take in a table of registrations: see :meth:`Obligations.import_file`."""
    say = progress or (lambda _: None)
    say("reading")
    raw = read_formed("registrations", given, form, sheet=sheet or "")
    rows = read_registrations(raw)
    try:
        return _import_rows(house, given, raw, rows, agent, person, near, dry_run, say)
    except _Undone as undone:
        return undone.report


class _Undone(Exception):
    """Raised at the end of a dry run, so that nothing of it becomes true.

    Attributes:
        report: What would have happened.
    """

    def __init__(self, report: FilingReport) -> None:
        super().__init__()
        self.report = report


def _import_rows(
    house: House, given: TableLike, raw: RawTable, rows: RegistrationRows, agent: str,
    person: str | None, near: bool, dry_run: bool, say: Progress,
) -> FilingReport:  # fmt: skip
    """Take rows in, in one unit of work."""
    with house.database.unit("obligation.import") as unit:
        house.check_writable(unit)
        lock_all(unit)
        say("checking")
        firms = _Firms(unit, house.today)
        sender, agent_number = _check_firms(rows, firms, agent)
        body = _body_digests(rows, firms, sender)
        keep, repeated = _new_rows(unit, rows, sender, body)
        new = _numbered(rows, keep, sender, body, firms)
        digest = _filing_digest(given, body)
        rejections = rows.faults.rejections()
        count = len(rows) + raw.refused.num_rows
        preview = _preview(raw, rows, keep) if dry_run else []
        if not len(new.said):
            return FilingReport(None, count, repeated=repeated, rejections=rejections,
                                preview=preview, dry_run=dry_run)  # fmt: skip
        entry = next_numbers(unit, filing)[0]
        insert(
            unit, filing, id=entry, sender=agent_number or _only(new.sender), person=person,
            source="file", digest=digest, rows=count, refused=rejections.num_rows,
            filed_at=house.at,
        )  # fmt: skip
        say("matching")
        taken = _Taking(house, unit, new, entry)
        figures = taken.run(house.rules.matching if near else None, say)
        report = FilingReport(
            entry, count, len(new.said), repeated, rejections, **figures, preview=preview,
            dry_run=dry_run,
        )  # fmt: skip
        if dry_run:
            raise _Undone(report)
    return report


def _preview(raw: RawTable, rows: RegistrationRows, keep: Int64) -> list[dict[str, Any]]:
    """Return the first rows as they were understood, with what would become of each."""
    is_new = set(keep.tolist())
    found = []
    for place in range(min(len(rows), MOST_PREVIEWED)):
        good = bool(rows.faults.good[place])
        outcome = "new" if place in is_new else "repeated" if good else "refused"
        days = (int(rows.due_day[place]), int(rows.document_day[place]))
        due, dated = (None if day == NO_DUE_DAY else day_text(day) for day in days)
        found.append({
            "row": int(raw.row[place]), "outcome": outcome,
            **{name: rows.firms[int(getattr(rows, name)[place])].as_py()
               for name in ("sender", "debtor", "creditor")},
            "reference": rows.reference[place].as_py(),
            "amount_minor": int(rows.amount_minor[place]),
            "currency": rows.currencies[int(rows.currency[place])],
            "due_date": due, "document": rows.document[place].as_py(), "document_date": dated,
        })  # fmt: skip
    return found


def _only(senders: Int64) -> int | None:
    """Return the one sender, or None where there are several."""
    first = int(senders[0])
    return first if bool((senders == first).all()) else None


def _filing_digest(given: TableLike, body: Digests) -> str:
    """Digest of what was handed in: of the file's bytes, or of what a table in memory says."""
    if isinstance(given, str | os.PathLike):
        with Path(given).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(body.tobytes()).hexdigest()


def _check_firms(
    rows: RegistrationRows, firms: _Firms, agent: str
) -> tuple[Int64, int | None]:
    """Refuse rows of firms that are not here; return whose word each row is, and the agent."""
    faults, known = rows.faults, firms.numbers(rows.firms)
    columns = {name: known[getattr(rows, name)] for name in ("sender", "debtor", "creditor")}
    for name, column in columns.items():
        faults.mark(column == 0, name, "UnknownParticipant")
        faults.mark(np.isin(column, firms.gone), name, "ParticipantGone")
    sender = firms.parties(faults, columns["sender"], columns["debtor"], columns["creditor"])
    return sender, firms.check_agent(faults, agent, sender)


def _body_digests(rows: RegistrationRows, firms: _Firms, sender: Int64) -> Digests:
    """Return the digest of all that each row says, as :class:`Registration` makes it."""
    texts = rows.firms
    return digests_with_trade(
        (SAID_HEADING, SAID_WITH_TRADE), rows.trades,
        firms.ids.take(pa.array(sender)), rows.reference,
        texts.take(pa.array(rows.debtor)), texts.take(pa.array(rows.creditor)),
        pa.array(rows.amount_minor),
        pa.array(rows.currencies, pa.large_string()).take(pa.array(rows.currency)),
        days_column(rows.due_day).cast(pa.date32()), rows.document,
        days_column(rows.document_day).cast(pa.date32()),
    )  # fmt: skip


def _new_rows(
    unit: Unit, rows: RegistrationRows, sender: Int64, body: Digests
) -> tuple[Int64, int]:
    """Return rows that say something new, and how many repeat what is known.

    A reference that stands more than once, or was used before, counts once where the content is
    the same; where it is not, it is refused.
    """
    good = np.flatnonzero(rows.faults.good)
    index, texts = encode(pa.chunked_array([rows.reference]))
    key = sender[good] * len(texts) + index[good]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    is_again = first[inverse] != np.arange(len(good))
    again = np.flatnonzero(is_again)
    differs = (body[good[again]] != body[good[first[inverse[again]]]]).any(axis=1)
    is_refused = np.isin(inverse, inverse[again[differs]])
    _refuse(rows.faults, good[is_refused])
    repeated = int((is_again & ~is_refused).sum())
    candidates = good[~is_again & ~is_refused]
    places, _, digests = known_registrations(
        unit, sender[candidates], rows.reference.take(pa.array(candidates))
    )
    if len(places):
        same = (body[candidates[places]] == digest_rows(digests)).all(axis=1)
        _refuse(rows.faults, candidates[places[~same]])
        repeated += int(same.sum())
        candidates = np.delete(candidates, places)
    return candidates, repeated


def _refuse(faults: Faults, places: Int64) -> None:
    refused = np.zeros(len(faults.fault), np.bool_)
    refused[places] = True
    faults.mark(refused, "reference", "IdempotencyMismatch")


def _numbered(
    rows: RegistrationRows, keep: Int64, sender: Int64, body: Digests, firms: _Firms
) -> _New:
    """Return the rows that are new, with everything numbered."""
    known, numbers = firms.numbers(rows.firms), Numbers()
    document = rows.document.take(pa.array(keep))
    debtor, creditor = known[rows.debtor[keep]], known[rows.creditor[keep]]
    said = Said(
        debtor, creditor, numbers.currencies(rows.currencies)[rows.currency[keep]],
        numbers.documents(document), rows.amount_minor[keep],
        rows.due_day[keep].astype(np.int64), rows.document_day[keep].astype(np.int64),
        np.where(sender[keep] == debtor, BY_DEBTOR, BY_CREDITOR), ranks_of(body[keep], 1),
    )  # fmt: skip
    reference = rows.reference.take(pa.array(keep))
    trades = rows.trades.take(keep)
    return _New(sender[keep], reference, body[keep], document, numbers, said, trades)


# ---- what is known -----------------------------------------------------------------------------


def _known(unit: Unit, new: _New) -> Pool:
    """Return what is known of the documents that the new rows are about."""
    said = new.said
    order = np.lexsort((said.document, said.creditor, said.debtor))
    differs = np.ones(len(order), np.bool_)
    for column in (said.document, said.creditor, said.debtor):
        ordered = column[order]
        differs[1:] &= ordered[1:] == ordered[:-1]
    differs[1:] = ~differs[1:]
    once = order[differs]
    rows = known_of_documents(
        unit, said.debtor[once], said.creditor[once], new.document.take(pa.array(once))
    )
    return Pool.of_rows(rows, new.numbers)


# ---- pairing and writing -----------------------------------------------------------------------


@dataclass
class _Opened:
    """Obligations that are new, in the order they are numbered.

    Attributes:
        said: What is said of each, n rows.
        document: Number of the document of each.
        number: Their numbers, shape (n,).
        state: Their states, shape (n,).
        flags: Their flags, shape (n,).
        like: The obligation each looks like; nought for none, shape (n,).
        of_row: The obligation of each new row of the filing, nought where a known one stands.
        trades: What each is for.
    """

    said: Said
    document: pa.Array
    number: Int64
    state: NDArray[np.object_]
    flags: Int64
    like: Int64
    of_row: Int64
    trades: Trades


class _Taking:
    """One filing's new rows on their way into the tables."""

    def __init__(self, house: House, unit: Unit, new: _New, entry: int) -> None:
        self.house, self.unit, self.new, self.entry = house, unit, new, entry
        self.pool = _known(unit, new)

    def run(self, tolerance: Tolerance | None, say: Progress) -> dict[str, int]:
        """Pair, write and judge; return the figures of the report."""
        new, pool, known = self.new, self.pool, len(self.pool.number)
        said = Said.joined([pool.said, new.said])
        ours = np.ones(len(new.said), np.bool_)
        pairs, near = pair_up(
            said, np.concatenate([pool.may_match, ours]),
            np.concatenate([pool.may_match_near, ours]), tolerance,
        )  # fmt: skip
        is_near = np.arange(len(pairs)) >= len(pairs) - near
        has_new = np.maximum(pairs.debtor, pairs.creditor) >= known
        pairs, is_near = pairs.take(has_new), is_near[has_new]
        terms = agreed_terms(said, pairs)
        low = np.minimum(pairs.debtor, pairs.creditor)
        answers = low < known
        high = np.where(answers, np.maximum(pairs.debtor, pairs.creditor), pairs.creditor)
        low = np.where(answers, low, pairs.debtor)
        stands = answers.copy()
        stands[answers] = same_terms(pool.said.take(low[answers]), terms.take(answers))
        agreed = self._agreed_trades(low, high - known, stands)
        overtaken = answers & ~stands
        if overtaken.any():
            whole = ~overtaken
            whole[overtaken] = ~changed_among(
                self.house, self.unit, pool.number[low[overtaken]]
            )
            low, high = low[whole], high[whole]
            answers, stands, is_near = answers[whole], stands[whole], is_near[whole]
            terms, agreed = terms.take(whole), agreed.take(np.flatnonzero(whole))
        opened = self._open(Pairs(low, high - known), terms, answers, stands, agreed)
        number = opened.of_row
        number[high[stands] - known] = pool.number[low[stands]]
        overtaken = answers & ~stands
        say("writing")
        digest = self._write(opened)
        join_to(self.house, self.unit, pool.number[low[overtaken]],
                number[high[overtaken] - known])  # fmt: skip
        suspects = confirm_many(
            self.house, self.unit, pool.take(low[stands]), new.numbers,
            new.sender[high[stands] - known],
        )  # fmt: skip
        say("judging")
        with self.house.database.widened("judging", self.unit):
            judged = self.house.gate.judge_columns(
                self.unit, opened.number, opened.said.debtor, opened.said.creditor, digest,
                trades=opened.trades,
            )  # fmt: skip
        doubles = int((opened.state == "duplicate").sum())
        confirmed = int((opened.state == "confirmed").sum()) + int(stands.sum())
        return {
            "opened": len(opened.number), "confirmed": confirmed - suspects,
            "near": int(is_near.sum()), "duplicates": doubles + suspects,
            "held": int((~judged.released).sum()),
        }  # fmt: skip

    def _agreed_trades(self, low: Int64, high: Int64, stands: NDArray[np.bool_]) -> Trades:
        """Return what each pair is for; a known row whose answer says more does not stand.

        Args:
            low: Place of each pair's first row among the known and the new.
            high: Place of the second among the new: what answers it, or the creditor's.
            stands: Of which of these the known row stands; changed here.
        """
        ours = self.new.trades.take(high)
        known = self.house.goods.trades_of(self.unit, self.pool.number)
        theirs = Trades.joined([known, self.new.trades]).take(low)
        agreed = agreed_trades(ours, theirs)
        stands &= agreed.same_as(theirs)
        return agreed

    def _open(
        self, pairs: Pairs, terms: Terms, answers: NDArray[np.bool_], stands: NDArray[np.bool_],
        trades: Trades,
    ) -> _Opened:  # fmt: skip
        """Number the obligations that are new.

        Args:
            pairs: What says the same: a known row, or the debtor's new row; and the new row that
                answers it, or the creditor's.
            terms: What holds of each pair.
            answers: Which of them have a known row.
            stands: Of which of these the known row stands as it is.
            trades: What each pair is for.
        """
        new, pool, rows = self.new, self.pool, len(self.new.said)
        known = len(pool.number)
        lonely = np.ones(rows, np.bool_)
        lonely[pairs.creditor] = False
        lonely[pairs.debtor[~answers] - known] = False
        alone, paired = np.flatnonzero(lonely), np.flatnonzero(~stands)
        agreed = terms.take(paired)
        both = replace(
            new.said.take(pairs.creditor[paired]), amount_minor=agreed.amount_minor,
            due_day=agreed.due_day, document_day=agreed.document_day,
            said=np.full(len(paired), BY_BOTH),
            rank=new.said.rank[pairs.creditor[paired]] - (1 << 60),
        )  # fmt: skip
        flags = np.zeros(len(paired) + len(alone), np.int64)
        old = np.flatnonzero(answers[paired])
        flags[old] = pool.flags[pairs.debtor[paired[old]]] & ~NOT_YET_DUE
        said = Said.joined([both, new.said.take(alone)])
        order = np.lexsort((said.rank, said.creditor, said.debtor))
        said = said.take(order)
        source = np.concatenate([pairs.creditor[paired], alone])[order]
        like = self._suspects(said, pairs.debtor[answers], stands[answers])
        state = np.where(said.said == BY_BOTH, "confirmed", "registered").astype(object)
        state[like >= 0] = "duplicate"
        number = new_numbers(self.unit, obligation, len(said))
        every = np.concatenate([pool.number, number])
        of_row = np.zeros(rows, np.int64)
        of_row[source] = number
        twins = np.flatnonzero(~answers)
        of_row[pairs.debtor[twins] - known] = of_row[pairs.creditor[twins]]
        return _Opened(
            said, new.document.take(pa.array(source)), number, state, flags[order],
            np.where(like >= 0, every[like], 0), of_row,
            Trades.joined([trades.take(paired), new.trades.take(alone)]).take(order),
        )  # fmt: skip

    def _suspects(self, said: Said, target: Int64, stands: NDArray[np.bool_]) -> Int64:
        """Return what each new obligation looks like among the known and the new, or -1.

        Args:
            said: The new obligations.
            target: Known rows that are answered.
            stands: Which of these stand; the others are part of a new one.
        """
        pool = self.pool
        spoken = np.where(np.isin(pool.state, CONTESTED), BY_BOTH, pool.said.said)
        spoken[target] = np.where(stands, BY_BOTH, 0)
        before = replace(pool.said, said=spoken.astype(np.int64), rank=pool.number - (1 << 62))
        is_new = np.concatenate([np.zeros(len(before), np.bool_), np.ones(len(said), np.bool_)])
        return find_suspects(Said.joined([before, said]), is_new)[len(before) :]

    def _write(self, opened: _Opened) -> Digests:
        """Write obligations and registrations; return the obligations' digests."""
        unit, new = self.unit, self.new
        currency = new.numbers.codes.take(pa.array(opened.said.currency))
        digest = write_obligations(
            self.house, unit, opened.number, opened.said, (opened.document, currency),
            pa.array(opened.state, pa.string()), opened.flags, trades=opened.trades,
        )  # fmt: skip
        index, _ = encode(pa.chunked_array([new.reference]))
        order = np.lexsort((index, new.sender))
        insert_columns(
            unit, registration,
            {"sender": new.sender[order], "reference": new.reference.take(pa.array(order)),
             "obligation": opened.of_row[order], "amount_minor": new.said.amount_minor[order],
             "body_digest": new.body[order], "filing": self.entry},
        )  # fmt: skip
        events, confirmed = self.house.events, opened.state == "confirmed"
        events.of_obligations(unit, "obligation.registered", opened.number)
        events.of_obligations(unit, "obligation.confirmed", opened.number[confirmed])
        doubles = np.flatnonzero(opened.state == "duplicate")
        write_events(
            unit, opened.number[doubles], "suspect", self.house.at,
            detail=[like_detail(one) for one in opened.like[doubles].tolist()],
        )  # fmt: skip
        return digest


# ---- confirmations by file ---------------------------------------------------------------------


@dataclass(frozen=True)
class ConfirmationReport:
    """What came of a file of confirmations.

    Attributes:
        rows: Rows in it.
        confirmed: Obligations that both parties stand by now.
        repeated: Rows that said what was so already.
        duplicates: Confirmed, and held as suspected doubles.
        rejections: Refused rows by number.
    """

    rows: int
    confirmed: int
    repeated: int
    duplicates: int
    rejections: pa.Table

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values, with the rejections as rows."""
        return {
            "rows": self.rows, "confirmed": self.confirmed, "repeated": self.repeated,
            "duplicates": self.duplicates, "refused": self.rejections.num_rows,
            "rejections": self.rejections.to_pylist(),
        }  # fmt: skip


def confirm_filing(
    house: House,
    given: TableLike,
    *,
    by: str = "",
    agent: str = "",
    sheet: str | None = None,
    person: str | None = None,
) -> ConfirmationReport:
    """Confirm what a table names by reference: see :meth:`Obligations.confirm_file`."""
    raw = read_table("confirmations", given, sheet=sheet)
    rows = read_references(raw)
    if rows.confirmed_by is None and not by:
        raw.need("confirmed_by")
    faults = rows.faults
    with house.database.unit("obligation.confirm_file") as unit:
        house.check_writable(unit)
        lock_all(unit)
        firms = _Firms(unit, house.today)
        known = firms.numbers(rows.firms)
        sender = known[rows.sender]
        if by:
            who = np.full(len(sender), firms.number.get(by, 0))
            column = "sender"
        else:
            who, column = known[rows.confirmed_by], "confirmed_by"
        faults.mark(sender == 0, "sender", "UnknownParticipant")
        faults.mark(who == 0, column, "UnknownParticipant")
        firms.check_agent(faults, agent, who)
        good = np.flatnonzero(faults.good)
        found = registered_under(unit, sender[good], rows.reference.take(pa.array(good)))
        numbers = Numbers()
        pool = Pool.of_rows([row[1:] for row in found], numbers)
        place = np.array([row[0] for row in found], np.int64)
        chosen, yes, repeated = _answered(faults, good[place], pool, who, column, firms)
        suspects = confirm_many(
            house, unit, pool.take(chosen), numbers, yes, person=person
        )
    count = len(sender) + raw.refused.num_rows
    return ConfirmationReport(
        count, len(chosen) - suspects, repeated, suspects, faults.rejections()
    )


def _answered(
    faults: Faults, row: Int64, pool: Pool, who: Int64, column: str, firms: _Firms
) -> tuple[Int64, Int64, int]:
    """Refuse rows that cannot be confirmed by whoever says so.

    Args:
        faults: Of the file.
        row: The row of the file that names each obligation, shape (n,).
        pool: The obligations, n rows.
        who: Who confirms, row by row of the file.
        column: Which column says so.
        firms: The firms of the house.

    Returns:
        Which of the obligations are confirmed, each once, by whom, and how many rows repeat.
    """
    said, state = pool.said, pool.state

    def mark(rows: Int64, name: str, code: str) -> None:
        refused = np.zeros(len(faults.fault), np.bool_)
        refused[rows] = True
        faults.mark(refused, name, code)

    mark(np.setdiff1d(np.flatnonzero(faults.good), row), "reference", "UnknownReference")
    party = firms.parties(faults, who, *_of_rows(len(who), row, said.debtor, said.creditor))[row]
    side = np.where(party == said.debtor, BY_DEBTOR, BY_CREDITOR)
    stands = np.isin(state, ["confirmed", "entered", "discharged"]) | (
        (state == "duplicate") & (said.said == BY_BOTH)
    )
    mark(row[pool.may_match & (said.said == side)], column, "OwnRegistration")
    mark(row[~pool.may_match & ~stands], "reference", "WrongState")
    fine = faults.good[row]
    waits = np.flatnonzero(fine & pool.may_match)
    _, first = np.unique(pool.number[waits], return_index=True)
    repeated = int((fine & stands).sum()) + len(waits) - len(first)
    return waits[first], party[waits[first]], repeated


def _of_rows(many: int, row: Int64, *columns: Int64) -> list[Int64]:
    """Spread columns over all rows; where there is nothing, nought."""
    spread = []
    for column in columns:
        whole = np.zeros(many, np.int64)
        whole[row] = column
        spread.append(whole)
    return spread
