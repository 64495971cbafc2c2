# SPDX-License-Identifier: Apache-2.0
"""Lists, settings and verdicts of the gate, and the rows verdicts are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.store.bulk import (
    fetch_columns,
    fetch_rows,
    insert_columns,
    staged,
    stream_rows,
    uncollected,
)
from skontro.store.database import Unit
from skontro.store.prepared import Prepared, Sizes, several, some_of
from skontro.store.schema import (
    gate_case,
    gate_setting,
    list_import,
    list_retired,
    obligation,
    pack,
    participant,
    register,
    verdict,
)

Int64 = NDArray[np.int64]
Digests = NDArray[np.uint8]

_FEW = 200
_SOME = 50 * _FEW
"""So many are looked up, a few at a time, sooner than all rows are read."""


def _parts(values: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _FEW):
        yield list(values[start : start + _FEW])


class Screened(NamedTuple):
    """A record of the register that is compared with the lists.

    Attributes:
        id: Its number.
        commitment: What stands for its content everywhere else.
        what: ``name``, ``owner``, ``lei`` and so on.
    """

    id: int
    commitment: str
    what: str


class LastVerdict(NamedTuple):
    """The last thing the gate said of a subject."""

    id: int
    content_digest: bytes
    setting: int
    outcome: str
    reasons: str


_NEWEST_SETTING = sa.select(sa.func.max(gate_setting.c.id)).scalar_subquery()
_LAST_DECISION = sa.select(sa.func.max(gate_case.c.decision_act)).scalar_subquery()
_LAST_PACK = sa.select(sa.func.max(pack.c.id)).scalar_subquery()
_STATE = Prepared(
    sa.select(
        _NEWEST_SETTING.label("setting"), _LAST_DECISION.label("decided"),
        _LAST_PACK.label("newest_pack"),
    )
)  # fmt: skip
_IN_FORCE = Prepared(
    sa.select(
        list_import.c.id, list_import.c.name, list_import.c.dated,
        list_import.c.content_digest.label("digest"),
        list_import.c.entries,
    )
    .where(
        list_import.c.id.in_(sa.select(sa.func.max(list_import.c.id)).group_by(list_import.c.name)),
        list_import.c.id.not_in(sa.select(list_retired.c.list_id)),
    )
    .order_by(list_import.c.id)
)  # fmt: skip


def ask_in_force(unit: Unit) -> None:
    """Ask ahead for what :func:`gate_state` and :func:`lists_in_force` say."""
    _STATE.ask_ahead(unit)
    _IN_FORCE.ask_ahead(unit)


def gate_state(unit: Unit) -> tuple[int, int, int]:
    """Return the numbers of the newest setting, of the last decision's act and of the newest pack;
    nought for none."""
    setting, decided, newest = _STATE.rows(unit)[0]
    return setting or 0, decided or 0, newest or 0


def lists_in_force(unit: Unit) -> Sequence[Any]:
    """Return the newest import of each list by name: id, name, dated, digest, entries."""
    return _IN_FORCE.rows(unit)


def participant_rows(unit: Unit, numbers: Sequence[int] | None) -> list[tuple[int, str]]:
    """Return number and id of firms, all if none are named."""
    statement = sa.select(participant.c.number, participant.c.id).order_by(participant.c.number)
    if numbers is not None and len(numbers) <= _SOME:
        return [
            (number, name) for some in _parts(sorted(numbers))
            for number, name in unit.all(statement.where(participant.c.number.in_(some)))
        ]
    rows: list[Any] = fetch_rows(unit, statement)
    if numbers is None:
        return rows
    wanted = set(numbers)
    return [row for row in rows if row[0] in wanted]


_SCREENED_NOW = (
    sa.select(register.c.subject, register.c.id, register.c.commitment, register.c.what)
    .where(
        register.c.subject_kind == "participant",
        register.c.in_force == 1,
        register.c.replaced_by.is_(None),
        register.c.content.is_not(None),
    )
    .order_by(register.c.id)
)
_SCREENED = _SCREENED_NOW.where(register.c.what.in_(sa.bindparam("kinds", expanding=True)))
_SCREENED_OF = _SCREENED.where(register.c.subject.in_(sa.bindparam("firms", expanding=True)))
_MOST_KINDS = 8
_SCREENED_OF_SOME = Sizes(lambda many: _SCREENED_NOW.where(
    some_of(register.c.what, "kind", _MOST_KINDS), some_of(register.c.subject, "firm", many)
))  # fmt: skip
_SIDES_OF_SOME = Sizes(lambda many: sa.select(participant.c.number, participant.c.side).where(
    some_of(participant.c.number, "number", many)
))  # fmt: skip


def ask_firms(unit: Unit, firms: Mapping[int, str], kinds: Sequence[str]) -> None:
    """Ask ahead for what :func:`sides_of` and :func:`screened_records` say of some firms.

    Args:
        unit: The unit of work.
        firms: Numbers and ids.
        kinds: Kinds of records.
    """
    if _SIDES_OF_SOME.fits(len(firms)) and 0 < len(kinds) <= _MOST_KINDS:
        _SIDES_OF_SOME.of(len(firms)).ask_ahead(unit, **_some_numbers(firms))
        _SCREENED_OF_SOME.of(len(firms)).ask_ahead(
            unit, **several("kind", kinds, _MOST_KINDS), **_some_firms(firms.values())
        )


def _some_numbers(numbers: Iterable[int]) -> dict[str, Any]:
    listed = sorted(numbers)
    return several("number", listed, _SIDES_OF_SOME.size(len(listed)))


def _some_firms(firms: Iterable[str]) -> dict[str, Any]:
    listed = sorted(firms)
    return several("firm", listed, _SCREENED_OF_SOME.size(len(listed)))


def sides_of(unit: Unit, numbers: Sequence[int]) -> dict[int, str]:
    """Return the side of each of some firms; of every firm where they are many."""
    columns = participant.c
    if _SIDES_OF_SOME.fits(len(numbers)):
        return dict(_SIDES_OF_SOME.of(len(numbers)).rows(unit, **_some_numbers(numbers)))
    statement = sa.select(columns.number, columns.side)
    if len(numbers) <= _SOME:
        return {
            int(number): str(side) for some in _parts(numbers)
            for number, side in unit.all(statement.where(columns.number.in_(some)))
        }
    return dict(fetch_rows(unit, statement))


def screened_records(
    unit: Unit, firms: Sequence[str], kinds: Sequence[str]
) -> dict[str, list[Screened]]:
    """Return which records of firms are compared with the lists now, without their content.

    Args:
        unit: The unit of work.
        firms: Ids of firms.
        kinds: Kinds of records.

    Returns:
        Records by firm, in the order of their numbers.
    """
    found = dict[str, list[Screened]]()
    if _SCREENED_OF_SOME.fits(len(firms)) and 0 < len(kinds) <= _MOST_KINDS:
        rows: Iterable[Any] = _SCREENED_OF_SOME.of(len(firms)).rows(
            unit, **several("kind", kinds, _MOST_KINDS), **_some_firms(firms)
        )
    elif len(firms) <= _SOME:
        rows = (
            row for some in _parts(firms)
            for row in unit.all(_SCREENED_OF, {"kinds": list(kinds), "firms": some})
        )
    else:
        rows = fetch_rows(unit, _SCREENED, {"kinds": list(kinds)})
    with uncollected():
        for subject, number, commitment, what in rows:
            found.setdefault(subject, []).append(Screened(number, commitment, what))
    return found


def record_contents(unit: Unit, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return salt and content of records by their numbers; those that are erased are not there."""
    columns = register.c
    statement = sa.select(columns.id, columns.salt, columns.content).where(
        columns.content.is_not(None)
    )
    if len(numbers) <= _SOME:
        return {
            number: (salt, content) for some in _parts(numbers)
            for number, salt, content in unit.all(statement.where(columns.id.in_(some)))
        }
    wanted = set(numbers)
    return {
        number: (salt, content)
        for number, salt, content in unit.all(statement)
        if number in wanted
    }


def waiting_obligations(unit: Unit) -> Sequence[Any]:
    """Return number, debtor, creditor and content digest of obligations that wait for a cycle."""
    columns = obligation.c
    return unit.all(
        sa.select(
            columns.number, columns.debtor, columns.creditor, columns.content_digest
        ).where(columns.state.in_(["registered", "confirmed", "disputed", "duplicate"]))
    )


def last_verdicts(unit: Unit, kind: str, subjects: Sequence[int]) -> dict[int, LastVerdict]:
    """Return the last verdict of each subject of a kind that has one."""
    rows: Iterable[Any]
    if 0 < len(subjects) <= 2:
        rows = _LAST_OF_TWO.rows(unit, kind=kind, **several("subject", subjects, 2))
    elif len(subjects) <= _FEW:
        rows = unit.all(_last_few(kind, subjects))
    else:
        with staged(unit, {"number": "bigint"}, {"number": list(subjects)}) as given:
            rows = fetch_rows(unit, _last_of(given, kind))
    with uncollected():
        return {
            subject: LastVerdict(number, bytes(digest), *rest)
            for subject, number, digest, *rest in rows
        }


def reasoned_verdicts(unit: Unit, kind: str) -> list[tuple[int, str]]:
    """Return each subject of a kind whose last verdict has reasons, with these."""
    later = verdict.alias("later")
    newer = sa.select(later.c.id).where(
        later.c.subject_kind == kind, later.c.subject == verdict.c.subject,
        later.c.id > verdict.c.id,
    )  # fmt: skip
    statement = sa.select(verdict.c.subject, verdict.c.reasons).where(
        verdict.c.subject_kind == kind, verdict.c.reasons != "[]", ~newer.exists()
    )
    return [(int(subject), str(reasons)) for subject, reasons in fetch_rows(unit, statement)]


class Held(NamedTuple):
    """A record of the register that is compared with the lists, with what it says.

    Attributes:
        subject: Id of the firm.
        id: Its number.
        commitment: What stands for its content everywhere else.
        what: ``name``, ``owner``, ``lei`` and so on.
        salt: What its commitment is salted with.
        content: What it says.
    """

    subject: str
    id: int
    commitment: str
    what: str
    salt: str
    content: str


def all_screened(unit: Unit, kinds: Sequence[str], most: int) -> Iterator[list[Any]]:
    """Yield the records of every firm that are compared with the lists, as :class:`Held` has them,
    in portions; those of one firm stand in one portion, side by side.

    Args:
        unit: The unit of work.
        kinds: Kinds of records.
        most: About how many records a portion has.
    """
    columns = register.c
    statement = (
        sa.select(columns.subject, columns.id, columns.commitment, columns.what, columns.salt,
                  columns.content)
        .where(columns.subject_kind == "participant", columns.in_force == 1,
               columns.replaced_by.is_(None), columns.content.is_not(None),
               columns.what.in_(list(kinds)))
        .order_by(columns.subject)
    )  # fmt: skip
    portion = list[Any]()
    for rows in stream_rows(unit, statement):
        portion += map(tuple, rows)
        if len(portion) >= most:
            # The last firm's records may go on in the next rows.
            cut, last = len(portion), portion[-1][0]
            while cut and portion[cut - 1][0] == last:
                cut -= 1
            if cut:
                yield portion[:cut]
                portion = portion[cut:]
    if portion:
        yield portion


def sides_of_all(unit: Unit) -> dict[str, tuple[int, str]]:
    """Return number and side of every firm by its id."""
    statement = sa.select(participant.c.id, participant.c.number, participant.c.side)
    return {name: (number, side) for name, number, side in fetch_rows(unit, statement)}


def verdict_before(unit: Unit, kind: str, subject: int, before: int) -> Any:
    """Return the last verdict of a subject before another verdict, or None."""
    columns = verdict.c
    return unit.first(
        sa.select(verdict)
        .where(columns.subject_kind == kind, columns.subject == subject, columns.id < before)
        .order_by(columns.id.desc())
        .limit(1)
    )


def judged_otherwise(unit: Unit, number: Int64) -> Int64:
    """Return which obligations have a verdict on another content than the one that stands with
    them: a content never changes, so somebody wrote one of the two.

    Args:
        unit: The unit of work.
        number: The obligations.
    """
    said, own = verdict.c, obligation.c
    if not len(number):
        return number
    statement = (
        sa.select(said.subject)
        .distinct()
        .join_from(verdict, obligation, own.number == said.subject)
        .where(said.subject_kind == "obligation", said.content_digest != own.content_digest)
    )
    if len(number) <= _FEW:
        statement = statement.where(said.subject.in_(number.tolist()))
    else:
        low, high = int(number.min()), int(number.max())
        statement = statement.where(said.subject >= low, said.subject <= high)
    return np.asarray(fetch_columns(unit, statement, {"number": "number"})["number"], np.int64)


def standing_verdicts(
    unit: Unit,
    kind: str,
    number: Int64,
    digest: Digests,
    outcome: Sequence[str],
    reasons: Sequence[str],
    holds_since: int,
) -> Int64:
    """Return the last verdict of each subject where it holds and says just this; else nought.

    Args:
        unit: The unit of work.
        kind: Kind of the subjects.
        number: The subjects, each once, shape (m,).
        digest: Digest of what is judged, shape (m, 32).
        outcome: What is said of each.
        reasons: Why, as verdicts keep it.
        holds_since: The earliest setting whose verdicts hold.
    """
    ids = np.zeros(len(number), np.int64)
    if not len(number):
        return ids
    kinds = {"subject": "number", "id": "number", "content_digest": "digest", "setting": "number",
             "outcome": "text", "reasons": "text"}  # fmt: skip
    if len(number) <= _FEW:
        found = fetch_columns(unit, _last_few(kind, number.tolist()), kinds)
    else:
        with staged(unit, {"number": "bigint"}, {"number": number}) as given:
            found = fetch_columns(unit, _last_of(given, kind), kinds)
    order = np.argsort(number)
    place = order[np.searchsorted(number, found["subject"], sorter=order)]
    holds = found["setting"] >= holds_since
    holds &= (found["content_digest"] == digest[place]).all(axis=1)
    for name, said in (("outcome", outcome), ("reasons", reasons)):
        given_texts = pa.array(said, pa.large_string()).take(pa.array(place))
        holds &= pc.equal(found[name], given_texts).to_numpy(zero_copy_only=False)
    ids[place[holds]] = found["id"][holds]
    return ids


def _said() -> list[Any]:
    columns = verdict.c
    return [
        columns.id, columns.content_digest, columns.setting, columns.outcome, columns.reasons,
    ]  # fmt: skip


def _last_few(kind: str, subjects: Sequence[int]) -> Any:
    """The last verdict of each of a few subjects."""
    newest = verdict.alias("newest")
    chosen = (
        sa.select(sa.func.max(newest.c.id))
        .where(newest.c.subject_kind == kind, newest.c.subject.in_(list(subjects)))
        .group_by(newest.c.subject)
    )
    return sa.select(verdict.c.subject, *_said()).where(verdict.c.id.in_(chosen))


_EARLIER = verdict.alias("newest")
_LAST_OF_TWO = Prepared(
    sa.select(verdict.c.subject, *_said()).where(
        verdict.c.id.in_(
            sa.select(sa.func.max(_EARLIER.c.id))
            .where(_EARLIER.c.subject_kind == sa.bindparam("kind"),
                   some_of(_EARLIER.c.subject, "subject", 2))
            .group_by(_EARLIER.c.subject)
        )
    )
)  # fmt: skip


def _last_of(wanted: Any, kind: str) -> Any:
    """The last verdict of each subject that is staged."""
    newest = verdict.alias("newest")
    last = (
        sa.select(sa.func.max(newest.c.id))
        .where(newest.c.subject_kind == kind, newest.c.subject == wanted.c.number)
        .scalar_subquery()
    )
    return sa.select(verdict.c.subject, *_said()).join_from(
        wanted, verdict, verdict.c.id == last
    )


def write_verdicts(unit: Unit, kind: str, columns: dict[str, Any]) -> None:
    """Write verdicts of a kind.

    Args:
        unit: The unit of work.
        kind: ``participant``, ``obligation``, ``pay_out`` or ``payer``.
        columns: ``id, subject, content_digest, outcome, reasons`` (arrays or lists), and
            ``setting, judged_at``, the same in every row.
    """
    count = len(columns["id"])
    if count > _FEW:
        insert_columns(unit, verdict, {"subject_kind": kind, **columns})
        return
    rows = []
    for place in range(count):
        row: dict[str, Any] = {"subject_kind": kind}
        for name, value in columns.items():
            if name == "content_digest":
                row[name] = bytes(value[place])
            elif isinstance(value, list | np.ndarray):
                row[name] = value[place] if isinstance(value, list) else value[place].item()
            else:
                row[name] = value
        rows.append(row)
    if rows:
        unit.run(sa.insert(verdict), rows)
