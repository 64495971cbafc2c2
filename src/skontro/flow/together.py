# SPDX-License-Identifier: Apache-2.0
"""Single registrations that arrive at the same time: one unit of work, an effect and answer each.

They may be of several callers. Each is authorised as it would be alone, what they meet is looked
for as far as all of them reach, and the rows of each are written behind the wall of whoever asks
for them: nobody gets into another's rows by being written with them.

Only what is plain is written together: a new reference, on a document nothing else is known of,
said by a party itself. The gate judges each as it would alone. Whatever else there is to it, and
all of them where the unit comes to nothing, is registered alone, and refused there if it must be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from skontro.core.errors import SkontroError
from skontro.flow.filings import GONE
from skontro.flow.once import Answer
from skontro.flow.opening import Row, opened, parted
from skontro.flow.times import as_text
from skontro.house.obligations import Registration
from skontro.house.reach import Reach, joined, reach_of
from skontro.house.roles import Actor
from skontro.house.states import BY_CREDITOR, BY_DEBTOR
from skontro.store.database import Unit
from skontro.store.obligations import document_text
from skontro.store.schema import filing, obligation, registration, request_done, verdict
from skontro.store.together import (
    Terms,
    are_new,
    draw_many,
    firms_of,
    hold_requests,
    insert_groups,
    lock_all_of,
)

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST = 64
"""How many are written together at most."""
PERMISSION = "obligations.register"


class Asked(NamedTuple):
    """A registration that somebody asks for.

    Attributes:
        actor: Who asks: a program; what people do is written into the audit log, each by itself.
        request: The id they chose.
        digest: Of what they ask.
        said: What is to be registered.
    """

    actor: Actor
    request: str
    digest: str
    said: Registration


class _Plain(NamedTuple):
    """One that is written with others: its place, parties, side and terms."""

    place: int
    firms: tuple[int, int]
    side: int
    terms: Terms


class Together:
    """Registrations of a house that are written together."""

    def __init__(self, house: House) -> None:
        self.house = house

    def register(
        self, asked: Sequence[Asked], told: Callable[[int, str], str]
    ) -> list[Answer | None]:
        """Register what is plain among registrations, in one unit of work.

        Args:
            asked: The registrations, each with who asks for it.
            told: The answer to one, from number and state of the obligation.

        Returns:
            What came of each; None where it is to be registered alone.
        """
        answers: list[Answer | None] = [None] * len(asked)
        fit = [place for place, one in enumerate(asked) if _may_ask(one)]
        with self.house.once.held([(asked[at].actor.id, asked[at].request) for at in fit]) as held:
            fit = [place for place, is_held in zip(fit, held, strict=True) if is_held]
            if len(fit) < 2:
                return answers
            reach = joined([reach_of(one) for one in {asked[place].actor for place in fit}])
            database = self.house.database
            try:
                with database.reaching(reach), database.whole("request.together") as unit:
                    texts = self._register(unit, [asked[place] for place in fit], told)
            except SkontroError:
                return answers  # each alone says what is wrong with it, or does it again
        for place, text in zip(fit, texts, strict=True):
            answers[place] = None if text is None else Answer(201, text, False)
        return answers

    def _register(
        self, unit: Unit, asked: Sequence[Asked], told: Callable[[int, str], str]
    ) -> list[str | None]:
        """Write what is plain; return the answer of each, None for the others."""
        self.house.check_writable(unit)
        answers: list[str | None] = [None] * len(asked)
        plain = self._plain(unit, asked)
        if not plain:
            return answers
        numbers = draw_many(unit, len(plain))
        rows = opened(self.house, unit, [
            (number, one.firms, one.side, asked[one.place].said, "registered")
            for one, (_, number) in zip(plain, numbers, strict=True)
        ])  # fmt: skip
        at = as_text(self.house.wall.now())
        of_actor = dict[Actor, list[tuple[_Plain, int, list[Row]]]]()
        for one, (entry, number), mine in zip(plain, numbers, rows, strict=True):
            ask = asked[one.place]
            answer = answers[one.place] = told(number, "registered")
            of_actor.setdefault(ask.actor, []).append((one, entry, [
                *mine,
                (request_done, {
                    "caller": ask.actor.id, "request": ask.request, "digest": ask.digest,
                    "status": 201, "answer": answer, "at": at,
                }),
            ]))  # fmt: skip
        for actor, of_one in of_actor.items():
            with self._reaching(reach_of(actor), unit):
                self._write(unit, asked, of_one)
        return answers

    def _reaching(self, reach: Reach, unit: Unit) -> AbstractContextManager[None]:
        """Reach so far and no further; where the unit does so already, nothing is told again."""
        database = self.house.database
        return nullcontext() if reach == database.reach else database.reaching(reach, unit)

    def _write(
        self, unit: Unit, asked: Sequence[Asked], found: Sequence[tuple[_Plain, int, list[Row]]]
    ) -> None:
        """Write what is found of one actor: place, number of the filing, rows of each."""
        filed, said, every = list[Row](), list[Row](), list[Row]()
        for one, entry, rows in found:
            ask, sender = asked[one.place].said, one.firms[one.side - BY_DEBTOR]
            number = next(row["number"] for table, row in rows if table is obligation)
            filed.append((filing, {
                "id": entry, "sender": sender, "person": None, "source": "hand",
                "digest": ask.body_digest.hex(), "rows": 1, "refused": 0,
                "filed_at": self.house.at,
            }))  # fmt: skip
            said.append((registration, {
                "sender": sender, "reference": ask.reference, "obligation": number,
                "amount_minor": ask.amount_minor, "body_digest": ask.body_digest, "filing": entry,
            }))  # fmt: skip
            every += rows
        first = [row for table in (obligation, verdict) for row in every if row[0] is table]
        others = [row for row in every if row[0] not in (obligation, verdict)]
        others, trades = parted(self.house, self.house.events.joined(others))
        insert_groups(unit, [*filed, *first, *said, *others])
        if trades:
            insert_groups(unit, trades)

    def _plain(self, unit: Unit, asked: Sequence[Asked]) -> list[_Plain]:
        """Find what meets nothing that is there, and hold what it is registered under."""
        alone = len({one.actor for one in asked}) == 1
        with nullcontext() if alone else self.house.database.widened("together", unit):
            is_held = hold_requests(unit, [(one.actor.id, one.request) for one in asked])
        firms = firms_of(unit, {
            name for one in asked for name in (one.said.debtor, one.said.creditor)
        })  # fmt: skip
        found, texts = list[_Plain](), set[str]()
        for place, (_, _, _, said) in enumerate(asked):
            parties = [firms[name] for name in (said.debtor, said.creditor) if name in firms]
            if not is_held[place] or [one.state in GONE for one in parties] != [False, False]:
                continue
            debtor, creditor = (one.number for one in parties)
            side = BY_DEBTOR if said.sender == said.debtor else BY_CREDITOR
            sender = debtor if side == BY_DEBTOR else creditor
            document = document_text(debtor, creditor, said.document)
            locked = {f"reference\n{sender}\n{said.reference}", document}
            if texts.isdisjoint(locked):
                texts |= locked
                terms = (debtor, creditor, said.document, said.amount_minor, said.currency)
                found.append(_Plain(place, (debtor, creditor), side, terms))
        if not found:
            return found
        lock_all_of(unit, texts)
        is_new = are_new(unit, [
            (one.firms[one.side - BY_DEBTOR], asked[one.place].said.reference, one.terms)
            for one in found
        ])  # fmt: skip
        return [one for one, is_it in zip(found, is_new, strict=True) if is_it]


def _may_ask(asked: Asked) -> bool:
    """Whether a program says, for a party it speaks for, what can be an obligation."""
    said = asked.said
    if not asked.actor.is_program or said.sender not in (said.debtor, said.creditor):
        return False
    try:
        said.check()
        scope = asked.actor.scope(PERMISSION)
    except SkontroError:
        return False
    return scope.everything or said.sender in scope.firms
