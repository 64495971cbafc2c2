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
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from skontro.core.errors import SkontroError
from skontro.flow.asking import ask_for_new
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
from skontro.store.prepared import ask_read_only
from skontro.store.schema import filing, obligation, registration, request_done, verdict
from skontro.store.together import (
    Firm,
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
    """One that may be written with others: its place, parties, and which of them says what."""

    place: int
    debtor: Firm
    creditor: Firm
    side: int
    said: Registration

    @property
    def sender(self) -> Firm:
        """The party whose word it is."""
        return self.debtor if self.side == BY_DEBTOR else self.creditor

    @property
    def terms(self) -> Terms:
        """What must not be there yet."""
        said = self.said
        return (self.debtor.number, self.creditor.number, said.document, said.amount_minor,
                said.currency)  # fmt: skip

    @property
    def locked(self) -> set[str]:
        """What it is registered under, so that others wait: its reference and its document."""
        return {
            f"reference\n{self.sender.number}\n{self.said.reference}",
            document_text(self.debtor.number, self.creditor.number, self.said.document),
        }


class _Written(NamedTuple):
    """One that is being written: numbers of its filing and obligation, rows, and its answer."""

    plain: _Plain
    filing: int
    number: int
    rows: list[Row]
    answer: str


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
        answers: list[str | None] = [None] * len(asked)
        found = self._fit(unit, asked)
        if not found:
            return answers
        with ExitStack() as judging:
            numbered = self._numbered(unit, found, judging)
            if not numbered:
                return answers
            rows = opened(self.house, unit, [
                (number, (one.debtor.number, one.creditor.number), one.side,
                 asked[one.place].said, "registered")
                for one, (_, number) in numbered
            ])  # fmt: skip
            of_actor = self._by_actor(asked, numbered, rows, told)
            with unit.in_one_go():
                judging.close()
                for actor, of_one in of_actor.items():
                    with self._reaching(reach_of(actor), unit):
                        self._write(unit, asked, of_one)
        for one in chain.from_iterable(of_actor.values()):
            answers[one.plain.place] = one.answer
        return answers

    def _by_actor(
        self, asked: Sequence[Asked], numbered: Sequence[tuple[_Plain, tuple[int, int]]],
        rows: Sequence[list[Row]], told: Callable[[int, str], str],
    ) -> dict[Actor, list[_Written]]:  # fmt: skip
        """Return what is written for each actor."""
        at = as_text(self.house.wall.now())
        of_actor = dict[Actor, list[_Written]]()
        for (one, (entry, number)), mine in zip(numbered, rows, strict=True):
            ask, answer = asked[one.place], told(number, "registered")
            done = (request_done, {
                "caller": ask.actor.id, "request": ask.request, "digest": ask.digest,
                "status": 201, "answer": answer, "at": at,
            })  # fmt: skip
            written = _Written(one, entry, number, [*mine, done], answer)
            of_actor.setdefault(ask.actor, []).append(written)
        return of_actor

    def _reaching(self, reach: Reach, unit: Unit) -> AbstractContextManager[None]:
        """Reach so far and no further; where the unit does so already, nothing is told again."""
        database = self.house.database
        return nullcontext() if reach == database.reach else database.reaching(reach, unit)

    def _write(self, unit: Unit, asked: Sequence[Asked], found: Sequence[_Written]) -> None:
        """Write what is found of one actor."""
        filed, said, every = list[Row](), list[Row](), list[Row]()
        for one in found:
            ask, sender = asked[one.plain.place].said, one.plain.sender.number
            filed.append((filing, {
                "id": one.filing, "sender": sender, "person": None, "source": "hand",
                "digest": ask.body_digest.hex(), "rows": 1, "refused": 0,
                "filed_at": self.house.at,
            }))  # fmt: skip
            said.append((registration, {
                "sender": sender, "reference": ask.reference, "obligation": one.number,
                "amount_minor": ask.amount_minor, "body_digest": ask.body_digest,
                "filing": one.filing,
            }))  # fmt: skip
            every += one.rows
        first = [row for table in (obligation, verdict) for row in every if row[0] is table]
        others = [row for row in every if row[0] not in (obligation, verdict)]
        others, trades = parted(self.house, self.house.events.joined(others))
        insert_groups(unit, [*filed, *first, *said, *others])
        if trades:
            insert_groups(unit, trades)

    def _fit(self, unit: Unit, asked: Sequence[Asked]) -> list[_Plain]:
        """Find what may be plain by its parties and its request, and hold that."""
        alone = len({one.actor for one in asked}) == 1
        with unit.in_one_go():
            ask_read_only(unit)
            with nullcontext() if alone else self.house.database.widened("together", unit):
                held = hold_requests(unit, [(one.actor.id, one.request) for one in asked])
            named = firms_of(unit, {
                name for one in asked for name in (one.said.debtor, one.said.creditor)
            })  # fmt: skip
        self.house.check_writable(unit)
        found, texts, firms = list[_Plain](), set[str](), named()
        for place, (is_held, ask) in enumerate(zip(held(), asked, strict=True)):
            said = ask.said
            parties = [firms[name] for name in (said.debtor, said.creditor) if name in firms]
            if not is_held or [one.state in GONE for one in parties] != [False, False]:
                continue
            side = BY_DEBTOR if said.sender == said.debtor else BY_CREDITOR
            one = _Plain(place, parties[0], parties[1], side, said)
            if texts.isdisjoint(one.locked):
                texts |= one.locked
                found.append(one)
        return found

    def _numbered(
        self, unit: Unit, found: Sequence[_Plain], judging: ExitStack
    ) -> list[tuple[_Plain, tuple[int, int]]]:
        """Number what meets nothing that is there, and ask for what judging it takes.

        Args:
            unit: The unit of work.
            found: What may be plain.
            judging: How far the gate reaches is told in it, and ends with it.
        """
        with unit.in_one_go():
            lock_all_of(unit, {text for one in found for text in one.locked})
            new = are_new(unit, [
                (one.sender.number, one.said.reference, one.terms) for one in found
            ])  # fmt: skip
            drawn = draw_many(unit, len(found))
            judging.enter_context(self.house.database.widened("judging", unit))
            ask_for_new(unit, {
                firm.number: firm.id for one in found for firm in (one.debtor, one.creditor)
            })  # fmt: skip
        plain = [one for one, is_new in zip(found, new(), strict=True) if is_new]
        return list(zip(plain, drawn(), strict=False))  # what was drawn for others is left out


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
