# SPDX-License-Identifier: Apache-2.0
"""Obligations and what was said of them: found, written, moved; one by one and by the million."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.house.states import BY_BOTH, BY_CREDITOR, BY_DEBTOR
from skontro.store.bulk import (
    fetch_columns,
    fetch_rows,
    insert_columns,
    new_numbers,
    staged,
)
from skontro.store.database import Unit
from skontro.store.prepared import Prepared, several, some_of
from skontro.store.schema import (
    agency,
    agreement,
    cycle,
    cycle_member,
    filing,
    obligation,
    obligation_event,
    participant,
    registration,
)

Int64 = NDArray[np.int64]

UNANSWERED = ("registered", "duplicate")
"""States in which an obligation may wait for the other party's word."""

LOCK_SPACE = 0x534B
"""Advisory locks of PostgreSQL on obligations as a whole; single ones are locked by their text."""

_MOST_LOCKS = 100
"""Documents a unit locks one by one; where it needs more, it locks everything."""

# ---- locks -------------------------------------------------------------------------------------


def lock_texts(unit: Unit, *texts: str) -> None:
    """Let nobody else register what these texts stand for until the unit ends.

    Units that lock single texts run side by side; one that locks everything waits for them.
    SQLite has one writer anyhow.
    """
    if not unit.is_sqlite:
        driver: Any = unit.connection.connection.driver_connection
        driver.execute(f"SELECT {_locks(len(texts))}", lock_keys(texts))


def document_text(debtor: int, creditor: int, document: str) -> str:
    """Return what is locked while something of a document is registered, confirmed or moved."""
    return f"document\n{debtor}\n{creditor}\n{document}"


def lock_documents(unit: Unit, rows: Iterable[Any], *others: str) -> None:
    """Let nobody else register or move anything of the documents of some obligations.

    Args:
        unit: The unit of work.
        rows: The obligations; what is read here never changes. Where there are many, everything
            is locked.
        others: Texts to lock besides: see :func:`lock_texts`.
    """
    texts = {document_text(row.debtor, row.creditor, row.document) for row in rows}
    if len(texts) > _MOST_LOCKS:
        lock_all(unit)
    else:
        lock_texts(unit, *texts, *others)


def lock_and_draw(unit: Unit, *texts: str) -> tuple[int, int]:
    """Lock texts as :func:`lock_texts` does; return new numbers for a filing and an obligation."""
    if unit.is_sqlite:
        return draw_numbers(unit)
    driver: Any = unit.connection.connection.driver_connection
    drawn = driver.execute(f"SELECT {_locks(len(texts))}, {_DRAWN}", lock_keys(texts)).fetchone()
    return drawn[-2], drawn[-1]


def _locks(many: int) -> str:
    """What locks everything against a whole, and then so many texts each for itself."""
    single = ["pg_advisory_xact_lock(%s)"] * many
    return ", ".join([f"pg_advisory_xact_lock_shared({LOCK_SPACE}, 1)", *single])


def lock_keys(texts: Iterable[str]) -> list[int]:
    """What texts are locked by, in one order for all."""
    return sorted(
        int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
        for text in texts
    )


def lock_all(unit: Unit) -> None:
    """Let nobody else register or move obligations until the unit ends."""
    if not unit.is_sqlite:
        driver: Any = unit.connection.connection.driver_connection
        driver.execute(f"SELECT pg_advisory_xact_lock({LOCK_SPACE}, 1)")


def lock_some(unit: Unit) -> None:
    """Let nobody lock everything until the unit ends."""
    if not unit.is_sqlite:
        driver: Any = unit.connection.connection.driver_connection
        driver.execute(f"SELECT pg_advisory_xact_lock_shared({LOCK_SPACE}, 1)")


# ---- firms -------------------------------------------------------------------------------------


_FIRM = tuple(
    participant.c[name] for name in ("number", "id", "side", "state", "accepts_conversion")
)
_AT_ONCE = 3
_FIRMS_BY_ID = Prepared(sa.select(*_FIRM).where(some_of(participant.c.id, "id", _AT_ONCE)))
_FIRMS_BY_NUMBER = sa.select(*_FIRM).where(
    sa.or_(
        participant.c.number.in_(sa.bindparam("numbers", expanding=True)),
        participant.c.id == sa.bindparam("also"),
    )
)


def find_firms(unit: Unit, ids: Iterable[str]) -> dict[str, Any]:
    """Return what decides of firms whether they take part, by their ids."""
    wanted = list(dict.fromkeys(ids))
    return {
        row.id: row
        for start in range(0, len(wanted), _AT_ONCE)
        for row in _FIRMS_BY_ID.rows(
            unit, **several("id", wanted[start : start + _AT_ONCE], _AT_ONCE)
        )
    }


def every_firm(unit: Unit) -> list[tuple[Any, ...]]:
    """Return number, id and state of every firm, by number."""
    columns = participant.c
    return fetch_rows(
        unit, sa.select(columns.number, columns.id, columns.state).order_by(columns.number)
    )


def firms_by_number(unit: Unit, numbers: Iterable[int], also: str = "") -> Sequence[Any]:
    """Return what decides of firms whether they take part, by number, and of one more by id."""
    return unit.all(_FIRMS_BY_NUMBER, {"numbers": sorted(set(numbers)), "also": also})


def files_for(unit: Unit, day: str, agents: Collection[int] | None = None) -> set[tuple[int, int]]:
    """Return who files for whom on a day: agent and firm.

    Args:
        unit: The unit of work.
        day: Which day.
        agents: Only of these; of all if not given.
    """
    columns = agency.c
    statement = sa.select(columns.agent, columns.participant).where(
        columns.from_day <= day, sa.or_(columns.until_day.is_(None), columns.until_day > day)
    )
    if agents is not None:
        statement = statement.where(columns.agent.in_(list(agents)))
    return {(agent, firm) for agent, firm in unit.all(statement)}


def with_agreement(unit: Unit, day: str, numbers: Sequence[int]) -> set[int]:
    """Return which firms have a set-off agreement in force on a day."""
    columns = agreement.c
    statement = sa.select(columns.participant).where(
        columns.participant.in_(list(numbers)), columns.from_day <= day,
        sa.or_(columns.until_day.is_(None), columns.until_day >= day),
    )  # fmt: skip
    return {number for (number,) in unit.all(statement)}


# ---- single obligations ------------------------------------------------------------------------


_LAST = sa.select(
    *(sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
      for column in (filing.c.id, obligation.c.number))
)  # fmt: skip
_DRAWN = "nextval('filing_id_seq'), nextval('obligation_number_seq')"


def draw_numbers(unit: Unit) -> tuple[int, int]:
    """Return new numbers for a filing and an obligation, in one go."""
    first, second = unit.first(_LAST if unit.is_sqlite else sa.text(f"SELECT {_DRAWN}"))
    return first, second


TERMS = (
    "number", "debtor", "creditor", "currency", "document", "amount_minor", "due_day",
    "document_day", "said", "state", "open_minor", "flags",
)  # fmt: skip
"""What matching and the search for doubles need of an obligation."""


_SAME_DOCUMENT = Prepared(
    sa.select(*(obligation.c[name] for name in TERMS))
    .where(
        obligation.c.debtor == sa.bindparam("debtor"),
        obligation.c.creditor == sa.bindparam("creditor"),
        obligation.c.document == sa.bindparam("document"),
        *(obligation.c.state != state for state in ("withdrawn", "expired", "joined")),
    )
    .order_by(obligation.c.number)
)
_REGISTERED = Prepared(
    sa.select(registration.c.body_digest, obligation.c.number, obligation.c.state)
    .join(obligation, obligation.c.number == registration.c.obligation)
    .where(
        registration.c.sender == sa.bindparam("sender"),
        registration.c.reference == sa.bindparam("reference"),
    )
)


def same_document(unit: Unit, debtor: int, creditor: int, document: str) -> Sequence[Any]:
    """Return obligations of two firms on one document that count for matching or as doubles.

    Returns:
        Rows of number, debtor, creditor, currency, document, amount, days, who said it, state,
        open amount and flags, by number.
    """
    return _SAME_DOCUMENT.rows(unit, debtor=debtor, creditor=creditor, document=document)


def registered_before(unit: Unit, sender: int, reference: str) -> Any:
    """Return what a firm registered under a reference: digest of what it said, number and state of
    the obligation; None if it did not."""
    return _REGISTERED.first(unit, sender=sender, reference=reference)


def with_firms(unit: Unit, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return obligations with the ids of their parties, by number."""
    debtor, creditor = participant.alias("debtor"), participant.alias("creditor")
    columns = [one for one in obligation.c if one.name not in ("debtor", "creditor")]
    statement = (
        sa.select(*columns, debtor.c.id.label("debtor"), creditor.c.id.label("creditor"))
        .join(debtor, debtor.c.number == obligation.c.debtor)
        .join(creditor, creditor.c.number == obligation.c.creditor)
        .where(obligation.c.number.in_(list(numbers)))
        .order_by(obligation.c.number)
    )
    return [dict(row._mapping) for row in unit.all(statement)]


def of_firm(
    unit: Unit, firm: int, *, states: Sequence[str], after: int, most: int
) -> list[int]:
    """Return numbers of a firm's obligations, owed or owing, in some states."""
    columns = obligation.c
    statement = (
        sa.select(columns.number)
        .where(
            sa.or_(columns.debtor == firm, columns.creditor == firm),
            columns.state.in_(list(states)), columns.number > after,
        )
        .order_by(columns.number)
        .limit(most)
    )  # fmt: skip
    return [number for (number,) in unit.all(statement)]


def said_of(unit: Unit, number: int) -> Sequence[Any]:
    """Return the registrations an obligation is made of: id of the sender, reference, amount."""
    statement = (
        sa.select(
            participant.c.id.label("sender"), registration.c.reference,
            registration.c.amount_minor, registration.c.filing,
        )
        .join(participant, participant.c.number == registration.c.sender)
        .where(registration.c.obligation == number)
        .order_by(registration.c.filing, participant.c.id)
    )  # fmt: skip
    return unit.all(statement)


def credited_minor(unit: Unit, number: int) -> int:
    """Return by how much credit notes lowered what is open of an obligation."""
    return _sum_of_events(unit, number, "credit", "credit_all")


def opposed_minor(unit: Unit, number: int) -> int:
    """Return what of an obligation opposite obligations make good."""
    return _sum_of_events(unit, number, "oppose")


def _sum_of_events(unit: Unit, number: int, *events: str) -> int:
    columns = obligation_event.c
    total = sa.func.coalesce(sa.func.sum(columns.amount_minor), 0)
    return int(
        unit.value(
            sa.select(total).where(columns.obligation == number, columns.event.in_(events))
        )
    )


def rolled_over(unit: Unit, numbers: Sequence[int]) -> dict[int, int]:
    """Return how often obligations rolled: cycles that ended with something of them still owed."""
    columns = cycle_member.c
    statement = (
        sa.select(columns.obligation, sa.func.count())
        .join(cycle, cycle.c.id == columns.cycle)
        .join(obligation, obligation.c.number == columns.obligation)
        .where(
            columns.obligation.in_(list(numbers)), columns.left_why.is_(None),
            cycle.c.state == "closed", obligation.c.state != "discharged",
        )
        .group_by(columns.obligation)
    )  # fmt: skip
    return {int(number): int(times) for number, times in unit.all(statement)}


def members_of(unit: Unit, numbers: Sequence[int]) -> dict[int, str]:
    """Return the last cycle each obligation was entered in and did not leave."""
    columns = cycle_member.c
    statement = (
        sa.select(columns.obligation, columns.cycle)
        .join(cycle, cycle.c.id == columns.cycle)
        .where(columns.obligation.in_(list(numbers)), columns.left_why.is_(None))
        .order_by(cycle.c.number)
    )
    return {int(number): str(name) for number, name in unit.all(statement)}


def last_disputes(unit: Unit, numbers: Sequence[int]) -> dict[int, int]:
    """Return who disputed each obligation last."""
    columns = obligation_event.c
    statement = (
        sa.select(columns.obligation, columns.by_participant)
        .where(columns.obligation.in_(list(numbers)), columns.event == "dispute")
        .order_by(columns.id)
    )
    return {int(number): int(firm) for number, firm in unit.all(statement)}


# ---- many at once ------------------------------------------------------------------------------


_FEW = 200
"""So many are asked for by number."""

_CONTENT = {
    "number": "number", "debtor": "number", "creditor": "number", "amount_minor": "number",
    "currency": "text", "due_day": "day", "document": "text", "document_day": "day",
}  # fmt: skip
CONTENT = tuple(_CONTENT)
_WITH_DIGEST = _CONTENT | {"content_digest": "digest"}
NUMBERS = tuple(name for name, kind in _CONTENT.items() if kind == "number")


def content_columns(unit: Unit, numbers: Int64) -> dict[str, Any]:
    """Return what the digest of the content of obligations is over, what they are for aside.

    Args:
        unit: The unit of work.
        numbers: Which; their order does not count.

    Returns:
        ``number, debtor, creditor, amount_minor, currency, due_day, document, document_day``, and
        the ``content_digest`` that stands with them, in the order of numbers.
    """
    columns = obligation.c
    read = sa.select(*(columns[name] for name in _WITH_DIGEST)).order_by(columns.number)
    if len(numbers) <= _FEW:
        return fetch_columns(unit, read.where(columns.number.in_(numbers.tolist())), _WITH_DIGEST)
    with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
        return fetch_columns(
            unit, read.join_from(given, obligation, given.c.given == columns.number), _WITH_DIGEST
        )


_WORDS = {"obligation": "number", "sender": "number", "reference": "text",
          "amount_minor": "number", "body_digest": "digest"}  # fmt: skip


def words_of(unit: Unit, numbers: Int64) -> dict[str, Any]:
    """Return what was registered of obligations: ``obligation, sender, reference, amount_minor``
    and ``body_digest``.

    Args:
        unit: The unit of work.
        numbers: The obligations, rising.
    """
    columns = registration.c
    read = sa.select(*(columns[name] for name in _WORDS))
    if len(numbers) <= _FEW:
        return fetch_columns(unit, read.where(columns.obligation.in_(numbers.tolist())), _WORDS)
    first, last = int(numbers[0]), int(numbers[-1])
    if last - first < 2 * len(numbers):
        near = read.where(columns.obligation >= first, columns.obligation <= last)
        found = fetch_columns(unit, near, _WORDS)
        asked = np.flatnonzero(np.isin(found["obligation"], numbers, kind="table"))
        return {
            name: column[asked] if isinstance(column, np.ndarray) else column.take(pa.array(asked))
            for name, column in found.items()
        }
    with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
        joined = read.join_from(given, registration, given.c.given == columns.obligation)
        return fetch_columns(unit, joined, _WORDS)


def joined_words(unit: Unit, numbers: Int64) -> list[tuple[int, int, str, int, bytes]]:
    """Return what was registered of what is part of some obligations: the obligation, sender,
    reference, amount and digest of each."""
    whole, part, columns = obligation.alias("whole"), obligation.alias("part"), registration.c
    statement = (
        sa.select(whole.c.number, columns.sender, columns.reference, columns.amount_minor,
                  columns.body_digest)
        .join_from(whole, part, sa.and_(
            part.c.debtor == whole.c.debtor, part.c.creditor == whole.c.creditor,
            part.c.document == whole.c.document, part.c.joined_to == whole.c.number,
        ))
        .join(registration, columns.obligation == part.c.number)
    )  # fmt: skip
    if len(numbers) <= _FEW:
        rows = fetch_rows(unit, statement.where(whole.c.number.in_(numbers.tolist())))
    else:
        with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
            rows = fetch_rows(unit, statement.join(given, given.c.given == whole.c.number))
    return [(*row[:4], bytes(row[4])) for row in rows]


def opposites_among(unit: Unit, numbers: Int64) -> dict[int, int]:
    """Return which of some obligations make good an earlier one, and which."""
    columns = obligation.c
    read = sa.select(columns.number, columns.opposite_of).where(columns.opposite_of.is_not(None))
    if len(numbers) <= _FEW:
        return dict(fetch_rows(unit, read.where(columns.number.in_(numbers.tolist()))))
    with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
        joined = read.join_from(given, obligation, given.c.given == columns.number)
        return dict(fetch_rows(unit, joined))


def text_digests(heading: bytes, *columns: Any) -> NDArray[np.uint8]:
    """Return the digest of each row: the heading, then each column's text on a line of its own.

    Args:
        heading: Of what, with a line's end.
        columns: Arrow arrays of text without line ends, or of whole numbers; null is empty.

    Returns:
        32 bytes a row, shape (m, 32).
    """
    texts = [pc.fill_null(pc.cast(column, pa.large_string()), "") for column in columns]
    bodies = pc.binary_join_element_wise(*texts, pa.scalar("\n", pa.large_string()))
    start = hashlib.sha256(heading)
    digests = bytearray()
    for body in pc.cast(bodies, pa.large_binary()).to_pylist():
        one = start.copy()
        one.update(body)
        digests += one.digest()
    return np.frombuffer(bytes(digests), np.uint8).reshape(-1, 32)


def known_registrations(
    unit: Unit, sender: Int64, reference: pa.Array
) -> tuple[Int64, Int64, list[bytes]]:
    """Find which references were used before.

    Args:
        unit: The unit of work.
        sender: Number of each sender, shape (m,).
        reference: Reference of each, m texts.

    Returns:
        Place of each that was, the obligation it belongs to, digest of what was said.
    """
    if not unit.value(sa.select(registration.c.sender).limit(1)):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), []
    columns = {"place": np.arange(len(sender)), "sender": sender, "reference": reference}
    kinds = {"place": "bigint", "sender": "bigint", "reference": "text"}
    with staged(unit, kinds, columns) as given:
        rows = fetch_rows(
            unit,
            sa.select(given.c.place, registration.c.obligation, registration.c.body_digest)
            .join_from(
                given, registration,
                sa.and_(registration.c.sender == given.c.sender,
                        registration.c.reference == given.c.reference),
            ).order_by(given.c.place),
        )  # fmt: skip
    places, numbers, digests = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(places, np.int64), np.array(numbers, np.int64), [bytes(one) for one in digests]


def known_of_documents(
    unit: Unit, debtor: Int64, creditor: Int64, document: pa.Array
) -> list[tuple[Any, ...]]:
    """Return what is known of documents, each given once: as :func:`same_document`, with the
    digest of a registration of it.

    Args:
        unit: The unit of work.
        debtor: Number of each debtor, shape (m,).
        creditor: Number of each creditor, shape (m,).
        document: Document of each, m texts.
    """
    if not unit.value(sa.select(obligation.c.number).limit(1)):
        return []
    kinds = {"debtor": "bigint", "creditor": "bigint", "document": "text"}
    with staged(
        unit, kinds, {"debtor": debtor, "creditor": creditor, "document": document}
    ) as given:
        columns = obligation.c
        return fetch_rows(
            unit,
            sa.select(*(columns[each] for each in TERMS), _one(registration.c.body_digest))
            .join_from(
                given, obligation,
                sa.and_(columns.debtor == given.c.debtor, columns.creditor == given.c.creditor,
                        columns.document == given.c.document),
            )
            .where(columns.state.not_in(["withdrawn", "expired", "joined"])),
        )  # fmt: skip


def unanswered(unit: Unit) -> list[tuple[Any, ...]]:
    """Return what one party has said and the other not answered: as :func:`known_of_documents`."""
    columns = obligation.c
    return fetch_rows(
        unit,
        sa.select(*(columns[each] for each in TERMS), _one(registration.c.body_digest)).where(
            columns.state.in_(UNANSWERED), columns.said != BY_BOTH
        ),
    )


def _one(column: Any) -> Any:
    """A column of one of an obligation's registrations."""
    return (
        sa.select(column)
        .where(registration.c.obligation == obligation.c.number)
        .order_by(registration.c.reference)
        .limit(1)
        .correlate(obligation)
        .scalar_subquery()
    )


def standing_like(unit: Unit, numbers: Int64) -> list[tuple[Any, ...]]:
    """Return what stands between the same firms, on the same document and for the same amount.

    Args:
        unit: The unit of work.
        numbers: Obligations about to be confirmed.

    Returns:
        As :func:`same_document`, of obligations that both parties stand by.
    """
    with staged(unit, {"number": "bigint"}, {"number": numbers}) as given:
        mine, columns = obligation.alias("mine"), obligation.c
        return fetch_rows(
            unit,
            sa.select(*(columns[each] for each in TERMS))
            .distinct()
            .join_from(given, mine, mine.c.number == given.c.number)
            .join(
                obligation,
                sa.and_(
                    columns.debtor == mine.c.debtor, columns.creditor == mine.c.creditor,
                    columns.document == mine.c.document, columns.number != mine.c.number,
                    columns.amount_minor == mine.c.amount_minor,
                    columns.currency == mine.c.currency,
                ),
            )
            .where(
                columns.said == BY_BOTH,
                columns.state.in_(["confirmed", "entered", "discharged", "duplicate"]),
            ),
        )  # fmt: skip


def terms_of(unit: Unit, numbers: Int64) -> list[tuple[Any, ...]]:
    """Return obligations by their numbers: as :func:`same_document`, by number."""
    with staged(unit, {"number": "bigint"}, {"number": numbers}) as given:
        columns = obligation.c
        return fetch_rows(
            unit,
            sa.select(*(columns[each] for each in TERMS))
            .join_from(given, obligation, columns.number == given.c.number)
            .order_by(columns.number),
        )


def move_many(unit: Unit, numbers: Int64, values: Mapping[str, Any]) -> None:
    """Change many obligations at once, each the same way.

    Args:
        unit: The unit of work.
        numbers: Which.
        values: New values by column.
    """
    if len(numbers) == 0:
        return
    with staged(unit, {"number": "bigint"}, {"number": np.sort(numbers)}) as given:
        unit.run(
            sa.update(obligation).where(obligation.c.number == given.c.number).values(**values)
        )


def rewrite_many(unit: Unit, columns: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Change many obligations at once, each its own way.

    Args:
        unit: The unit of work.
        columns: ``number`` and new values by column, arrays of one length.
        kinds: Type of each column: ``bigint``, ``text`` or ``bytea``.
    """
    if len(columns["number"]) == 0:
        return
    with staged(unit, kinds, columns) as given:
        unit.run(
            sa.update(obligation)
            .where(obligation.c.number == given.c.number)
            .values({each: given.c[each] for each in kinds if each != "number"})
        )


def write_events(unit: Unit, numbers: Any, event: Any, at: str, **columns: Any) -> None:
    """Write what happened to many obligations.

    Args:
        unit: The unit of work.
        numbers: Which.
        event: What happened: one event, or one of each.
        at: When.
        columns: ``by_participant``, ``person``, ``act_id`` or ``detail``.
    """
    if len(numbers):
        columns = {name: value for name, value in columns.items() if value is not None}
        insert_columns(
            unit, obligation_event,
            {"id": new_numbers(unit, obligation_event, len(numbers)), "obligation": numbers,
             "event": event, "at": at, **columns},
        )  # fmt: skip


def waiting_for(unit: Unit, firm: int, other: int | None) -> list[tuple[Any, ...]]:
    """Return what waits for a firm's word, in all or from one counterparty.

    Returns:
        As :func:`same_document`, by number.
    """
    columns = obligation.c
    owes = [columns.debtor == firm, columns.said == BY_CREDITOR]
    is_owed = [columns.creditor == firm, columns.said == BY_DEBTOR]
    if other is not None:
        owes.append(columns.creditor == other)
        is_owed.append(columns.debtor == other)
    parts = [
        sa.select(*(columns[each] for each in TERMS)).where(columns.state.in_(UNANSWERED), *mine)
        for mine in (owes, is_owed)
    ]
    return sorted(fetch_rows(unit, parts[0]) + fetch_rows(unit, parts[1]))


def registered_under(
    unit: Unit, sender: Int64, reference: pa.Array
) -> list[tuple[Any, ...]]:
    """Return what was registered under references.

    Returns:
        Place of the reference, then as :func:`same_document`.
    """
    kinds = {"place": "bigint", "sender": "bigint", "reference": "text"}
    columns = {"place": np.arange(len(sender)), "sender": sender, "reference": reference}
    with staged(unit, kinds, columns) as given:
        found = obligation.c
        return fetch_rows(
            unit,
            sa.select(given.c.place, *(found[each] for each in TERMS))
            .join_from(
                given, registration,
                sa.and_(registration.c.sender == given.c.sender,
                        registration.c.reference == given.c.reference),
            ).join(obligation, found.number == registration.c.obligation),
        )  # fmt: skip


def expire_where(unit: Unit, at: str, before: str | None, due_before: int | None) -> int:
    """Let obligations leave that were unused for too long or are time-barred.

    Args:
        unit: The unit of work.
        at: When.
        before: Those that stood so since before this time; none of them if not given.
        due_before: Those due before this day, days since 1970-01-01; none if not given.

    Returns:
        How many left.
    """
    columns = obligation.c
    reasons = []
    if before is not None:
        reasons.append(sa.func.coalesce(columns.confirmed_at, columns.registered_at) < before)
    if due_before is not None:
        reasons.append(columns.due_day < due_before)
    if not reasons:
        return 0
    states = ["registered", "confirmed", "disputed", "duplicate"]
    rows = fetch_rows(
        unit, sa.select(columns.number).where(columns.state.in_(states), sa.or_(*reasons))
    )
    numbers = np.array(sorted(number for (number,) in rows), np.int64)
    move_many(unit, numbers, {"state": "expired"})
    write_events(unit, numbers, "expire", at, detail="{}")
    return len(numbers)


def cut_offs(unit: Unit, most: int) -> list[str]:
    """Return the closing times of the last cycles that were cut off, newest first."""
    statement = (
        sa.select(cycle.c.cut_off_at)
        .where(cycle.c.state != "open")
        .order_by(cycle.c.number.desc())
        .limit(most)
    )
    return [at for (at,) in unit.all(statement)]


def _reference() -> Any:
    return _one(registration.c.reference).label("reference")


def waiting_in_turn(
    unit: Unit, firm: int | None, after: int, most: int
) -> Sequence[Any]:
    """Return unanswered obligations, with the reference each was registered under.

    Args:
        unit: The unit of work.
        firm: Only those this firm is a party to; all if not given.
        after: From after this number on.
        most: How many at most.
    """
    columns = obligation.c
    statement = sa.select(*(columns[each] for each in TERMS), _reference()).where(
        columns.state == "registered", columns.number > after
    )
    if firm is not None:
        statement = statement.where(sa.or_(columns.debtor == firm, columns.creditor == firm))
    return unit.all(statement.order_by(columns.number).limit(most))


def waiting_between(unit: Unit, pairs: Collection[tuple[int, int]]) -> Sequence[Any]:
    """Return unanswered obligations between pairs of debtor and creditor, as
    :func:`waiting_in_turn`."""
    columns = obligation.c
    statement = sa.select(*(columns[each] for each in TERMS), _reference()).where(
        columns.state == "registered",
        sa.tuple_(columns.debtor, columns.creditor).in_(sorted(pairs)),
    )
    return unit.all(statement.order_by(columns.number))
