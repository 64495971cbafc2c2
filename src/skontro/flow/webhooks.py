# SPDX-License-Identifier: Apache-2.0
"""Webhooks: programs of participants are told what happens to what is theirs.

Each event is told as a CloudEvent in JSON, signed after Standard Webhooks, at least once; who is
told knows one that comes again by its id. A delivery that fails is tried for a day; a webhook that
has failed for so long is paused until somebody looks at it.
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.core.money import exponent, format_minor
from skontro.flow.events import EVENTS
from skontro.flow.jobs import LEASE_S
from skontro.flow.times import as_text, from_text
from skontro.ops.outgoing import Sent, check_url, send
from skontro.store.cycles import last_run
from skontro.store.database import Unit
from skontro.store.events import (
    called_of,
    deliveries_by_state,
    deliveries_left,
    discharged_of,
    drop_events,
    firms_in,
    is_delivery_due,
    is_event_waiting,
    last_deliveries,
    live_webhooks,
    mark_handled,
    obligations_of,
    oldest_event,
    take_deliveries,
    waiting_events,
)
from skontro.store.jobs import Lease
from skontro.store.prepared import is_read_only
from skontro.store.rows import change, find, find_all, insert, insert_rows, next_numbers
from skontro.store.schema import cycle, delivery, delivery_try, participant, pay_out, webhook

if TYPE_CHECKING:
    from skontro.flow.house import House

WAITS_S = (5, 30, 300, 1800, 7200, 18000, 28800, 36000)
"""How long after each attempt that failed the next is made, in seconds: a day and a few hours."""
PAUSED_AFTER = datetime.timedelta(hours=24)
"""A webhook to which nothing has arrived for so long is paused."""
KEPT = datetime.timedelta(days=30)
"""How long events are kept once their deliveries are written."""
AT_ONCE, OF_ONE = 8, 4
"""How many deliveries one turn takes, and how many are under way to the webhooks of one firm."""
MOST_WEBHOOKS = 10
"""How many a participant has at most."""
MOST_ROWS = 100
"""How many rows one delivery tells."""
BATCH = 50
"""How many events are made into deliveries in one unit of work."""
TEST = "webhook.test"
"""What a test is told as: nothing happened, it is sent because somebody asked for it."""
GONE = 410
"""What a program answers that wants to be told no more."""


class Told(NamedTuple):
    """What one participant is told of an event.

    Attributes:
        kind: What happened.
        part: Which part of the event, for its id.
        subject: What it is about.
        data: Plain values.
    """

    kind: str
    part: str
    subject: str
    data: dict[str, Any]


class Webhooks:
    """The webhooks of a house and what is sent to them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.lease_s = LEASE_S

    @property
    def _loopback(self) -> bool:
        """Whether this machine's own addresses may be told: in a demonstration."""
        return self.house.kind == "demo"

    def _now(self) -> str:
        return as_text(self.house.wall.now())

    # ---- webhooks ----------------------------------------------------------------------------

    def make(self, firm: str, url: str, kinds: Sequence[str], by: str) -> dict[str, Any]:
        """Register a webhook of a participant.

        Args:
            firm: Id of the participant.
            url: Where to tell it: https and outside, or this machine's own in a demonstration.
            kinds: Some of :data:`skontro.flow.events.EVENTS`.
            by: Person or key who registers it.

        Returns:
            ``number`` and ``secret``; the secret is shown once.

        Raises:
            Rejected: The address or a kind is none, or there are too many.
        """
        check_url(url, loopback=self._loopback)
        unknown = sorted(set(kinds) - EVENTS.keys())
        if unknown or not kinds:
            what = f"there is no event {unknown[0]!r}" if unknown else "no event is chosen"
            raise Rejected(what, code="UnknownEvent", next_step=f"one of: {', '.join(EVENTS)}")
        with self.house.database.unit("webhook.make") as unit:
            self.house.check_writable(unit)
            unit.hold("webhooks", firm)
            if find(unit, participant, id=firm) is None:
                raise Rejected(f"{firm!r} is not a participant", code="UnknownParticipant")
            if len(find_all(unit, webhook, firm=firm, ended_at="")) >= MOST_WEBHOOKS:
                raise Rejected(f"{firm} has {MOST_WEBHOOKS} webhooks", code="TooManyWebhooks",
                               next_step="end one first")  # fmt: skip
            number, now = next_numbers(unit, webhook)[0], self._now()
            insert(unit, webhook, number=number, firm=firm, url=url, made_by=by, made_at=now,
                   kinds=",".join(sorted(set(kinds))))  # fmt: skip
        return {"number": number, "secret": self.secret(number, 1, now)}

    def secret(self, number: int, made: int, at: str) -> str:
        """Return the secret of a webhook, as Standard Webhooks writes it: it is kept nowhere.

        Args:
            number: The webhook.
            made: How often its secret was made anew.
            at: When the webhook was made.
        """
        key = self.house.access.derive("webhook", number, made, at)
        return "whsec_" + base64.b64encode(key).decode()

    def renew(self, number: int) -> dict[str, Any]:
        """Make the secret of a webhook anew; the one before signs nothing any more."""
        with self.house.database.unit("webhook.renew") as unit:
            row = self._live(unit, number)
            change(unit, webhook, {"number": number}, secret=row.secret + 1)
        return {"number": number, "secret": self.secret(number, row.secret + 1, row.made_at)}

    def end(self, number: int) -> None:
        """End a webhook: nothing is sent to it any more."""
        with self.house.database.unit("webhook.end") as unit:
            self._live(unit, number)
            change(unit, webhook, {"number": number}, ended_at=self._now())

    def pause(self, number: int) -> None:
        """Send nothing to a webhook until it is resumed; what happens meanwhile waits."""
        with self.house.database.unit("webhook.pause") as unit:
            self._live(unit, number)
            change(unit, webhook, {"number": number}, paused_at=self._now())

    def resume(self, number: int) -> None:
        """Send to a webhook again: what waited, and what comes."""
        with self.house.database.unit("webhook.resume") as unit:
            self._live(unit, number)
            change(unit, webhook, {"number": number}, paused_at="", failing_since="")

    def table(self, firms: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return webhooks without their secrets: of some participants, or of all."""
        wanted: dict[str, Any] = {} if firms is None else {"firm": list(firms)}
        with self.house.database.read() as unit:
            return [_hook(row) for row in find_all(unit, webhook, order=["number"], **wanted)]

    def show(self, number: int) -> dict[str, Any]:
        """Return a webhook.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            return _hook(self._row(unit, number))

    def _row(self, unit: Unit, number: int) -> Any:
        row = find(unit, webhook, number=number)
        if row is None:
            raise NoSuchFile(f"there is no webhook {number}", code="NoSuchWebhook")
        return row

    def _live(self, unit: Unit, number: int) -> Any:
        row = self._row(unit, number)
        if row.ended_at:
            raise Conflict(f"webhook {number} was ended", code="WebhookEnded")
        return row

    # ---- deliveries --------------------------------------------------------------------------

    def deliveries(
        self, number: int, *, before: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return what was or will be sent to a webhook, the newest first, each with its attempts.

        Args:
            number: The webhook.
            before: Only those with a lower number; nought: from the newest on.
            most: How many at most.
        """
        with self.house.database.read() as unit:
            rows = last_deliveries(unit, number, before=before, most=most)
            tries = find_all(unit, delivery_try, order=["number"],
                             delivery=[row.number for row in rows]) if rows else []  # fmt: skip
        return [
            {name: getattr(row, name) for name in ("number", "event", "kind", "state", "made_at",
                                                   "due_at", "attempts", "ended_at")}
            | {"body": json.loads(row.body), "is_again": bool(row.again),
               "tries": [{"at": one.at, "status": one.status, "why": one.why,
                          "took_ms": one.took_ms} for one in tries if one.delivery == row.number]}
            for row in rows
        ]  # fmt: skip

    def send_again(self, number: int, which: int) -> int:
        """Send a delivery of a webhook again, under the id it had.

        Args:
            number: The webhook.
            which: Number of the delivery.

        Returns:
            The number of the new delivery.
        """
        with self.house.database.unit("delivery.again") as unit:
            self._live(unit, number)
            unit.hold("webhook", number)
            row = find(unit, delivery, number=which, webhook=number)
            if row is None:
                raise NoSuchFile(f"there is no delivery {which}", code="NoSuchDelivery")
            last = find_all(unit, delivery, order=["-again"], limit=1, webhook=number,
                            event=row.event)[0]  # fmt: skip
            found, now = next_numbers(unit, delivery)[0], self._now()
            insert(unit, delivery, number=found, webhook=number, event=row.event,
                   again=last.again + 1, kind=row.kind, body=row.body, state="waiting",
                   made_at=now, due_at=now)  # fmt: skip
        return found

    def send_test(self, number: int) -> int:
        """Have a test sent to a webhook, signed and tried as what happens is.

        Returns:
            The number of its delivery; where a test waits already, that is the one.
        """
        with self.house.database.unit("delivery.test") as unit:
            self._live(unit, number)
            unit.hold("webhook", number)
            waits = find(unit, delivery, webhook=number, kind=TEST, state="waiting")
            if waits is not None:
                return int(waits.number)
            found, now = next_numbers(unit, delivery)[0], self._now()
            event = f"{self.house.id}-test-{found}"
            told = Told(TEST, "", f"webhooks/{number}", {"webhook": number})
            insert(unit, delivery, number=found, webhook=number, event=event, kind=TEST,
                   body=self._body(event, now, told), state="waiting", made_at=now,
                   due_at=now)  # fmt: skip
        return found

    def left(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return of some webhooks how many deliveries wait and failed, and when the next is due."""
        found = {one: {"waiting": 0, "failed": 0, "due_at": ""} for one in numbers}
        with self.house.database.read() as unit:
            for row in deliveries_left(unit, numbers) if numbers else []:
                found[row.webhook][row.state] = int(row.many)
                if row.state == "waiting":
                    found[row.webhook]["due_at"] = row.due_at
        return found

    def figures(self) -> dict[str, Any]:
        """Return how old the oldest event is that waits, in seconds, and deliveries by state."""
        with self.house.database.read() as unit:
            oldest, states = oldest_event(unit), deliveries_by_state(unit)
        age = 0
        if oldest:
            age = max(0, int((self.house.wall.now() - from_text(oldest)).total_seconds()))
        counted = {name: states.get(name, 0) for name in ("waiting", "failed")}
        return {"outbox_age_s": age, "deliveries": counted}

    # ---- from events to deliveries -----------------------------------------------------------

    def spread(self) -> int:
        """Write the deliveries of the oldest events that wait; return how many events these were.

        Their deliveries and that they are written become true together: each event is told to
        each webhook under one id.
        """
        database = self.house.database
        with database.read() as unit:
            if not is_event_waiting(unit) or is_read_only(unit):
                return 0
        with database.unit("outbox.spread") as unit:
            rows = waiting_events(unit, BATCH)
            hooks = live_webhooks(unit) if rows else []
            for row in rows:
                for hook, told in self._tellings(unit, row, hooks):
                    self._write(unit, row, hook, told)
            if rows:
                mark_handled(unit, [row.number for row in rows], self._now())
        return len(rows)

    def tidy(self) -> int:
        """Delete events handled more than :data:`KEPT` ago; return how many there were."""
        with self.house.database.unit("outbox.tidy") as unit:
            return drop_events(unit, as_text(self.house.wall.now() - KEPT))

    def _write(self, unit: Unit, row: Any, hook: Any, told: Told) -> None:
        event = f"{self.house.id}-{row.number}{f'-{told.part}' if told.part else ''}"
        insert_rows(unit, (delivery, {
            "webhook": hook.number, "event": event, "kind": told.kind,
            "body": self._body(event, row.at, told), "state": "waiting",
            "made_at": self._now(), "due_at": self._now(),
        }))  # fmt: skip

    def _body(self, event: str, at: str, told: Told) -> str:
        """Return a CloudEvent in JSON."""
        return canonical_json({
            "specversion": "1.0", "id": event, "source": f"/houses/{self.house.id}",
            "type": f"skontro.{told.kind}", "time": at, "subject": told.subject,
            "datacontenttype": "application/json",
            "data": {"is_demonstration": self.house.kind == "demo"} | told.data,
        }).decode()  # fmt: skip

    def _tellings(
        self, unit: Unit, row: Any, hooks: Sequence[Any]
    ) -> Iterator[tuple[Any, Told]]:
        """Yield what each webhook is told of an event; what it did not choose is left out."""
        kinds = {row.kind, *(("obligation.cleared", "notice.ready") if row.kind == "cycle.final"
                             else ())}  # fmt: skip
        asked = {hook.number: kinds & set(hook.kinds.split(",")) for hook in hooks
                 if hook.made_at <= row.at}  # fmt: skip
        wanted = [hook for hook in hooks if asked.get(hook.number)]
        if not wanted:
            return
        content = json.loads(row.content)
        told_of = dict[int, list[Told]]()
        ids = {firm.number: firm.id for firm in find_all(unit, participant)}
        for firm in sorted({hook.firm_number for hook in wanted}):
            told_of[firm] = list(self._told(unit, row.kind, content, firm, ids))
        for hook in wanted:
            for told in told_of[hook.firm_number]:
                if told.kind in asked[hook.number]:
                    yield hook, told

    def _told(
        self, unit: Unit, kind: str, content: Mapping[str, Any], firm: int, ids: Mapping[int, str]
    ) -> Iterator[Told]:
        """Yield what a participant is told of an event: its own rows alone."""
        if "obligations" in content:
            rows = obligations_of(unit, content["obligations"], [firm])
            yield from _parts(kind, {}, [_owed(row, ids) for row in rows])
            return
        cycle_id = content.get("cycle", "")
        if kind == "payment.due":
            for one in called_of(unit, cycle_id, [firm]):
                yield Told(kind, str(one.id), f"cycles/{cycle_id}", {
                    "cycle": cycle_id, "participant": ids[firm], "reference": one.reference,
                    "currency": one.currency, "amount": _amount(one.due_minor, one.currency),
                    "deadline": find(unit, cycle, id=cycle_id).pay_in_deadline,
                })  # fmt: skip
        elif kind == "payment.paid":
            one = find(unit, pay_out, id=content["pay_out"])
            if one is not None and one.participant == firm:
                yield Told(kind, "", f"cycles/{one.cycle}" if one.cycle else "payments", {
                    "cycle": one.cycle, "participant": ids[firm], "currency": one.currency,
                    "amount": _amount(one.amount_minor, one.currency),
                    "reference": one.end_to_end,
                })  # fmt: skip
        elif kind.startswith("cycle."):
            yield Told(kind, "", f"cycles/{cycle_id}", {"cycle": cycle_id})
            if kind == "cycle.final":
                yield from self._final(unit, cycle_id, firm, ids)

    def _final(
        self, unit: Unit, cycle_id: str, firm: int, ids: Mapping[int, str]
    ) -> Iterator[Told]:
        """Yield what a final run cleared of a participant's obligations, and that its notice is
        ready."""
        final = last_run(unit, cycle_id, ["final"])
        rows = [
            _owed(row, ids) | {
                "set_off": _amount(row.set_off_minor, row.currency),
                "left": _amount(row.before_minor - row.set_off_minor, row.currency),
            }
            for row in discharged_of(unit, final.id, [firm])
        ]  # fmt: skip
        yield from _parts("obligation.cleared", {"cycle": cycle_id}, rows)
        if firms_in(unit, cycle_id, [firm]):
            yield Told("notice.ready", "notice", f"cycles/{cycle_id}", {
                "cycle": cycle_id, "participant": ids[firm], "paper": "set-off notice",
            })  # fmt: skip

    # ---- sending -----------------------------------------------------------------------------

    def deliver(self, who: str) -> int:
        """Try some deliveries that are due, several at a time; return how many.

        Args:
            who: Which worker this is.
        """
        database, now = self.house.database, self._now()
        with database.read() as unit:
            if not is_delivery_due(unit, now) or is_read_only(unit):
                return 0
        with database.unit("delivery.take") as unit:
            until = self.house.jobs.after(self.lease_s)
            rows = take_deliveries(unit, Lease(who, now, until), AT_ONCE, OF_ONE)
        if rows:
            with ThreadPoolExecutor(len(rows), "delivery") as pool:
                sent = list(pool.map(self._send, rows))
            for row, came in zip(rows, sent, strict=True):
                self._note(row, who, came)
        return len(rows)

    def _send(self, row: Any) -> Sent:
        """Send a delivery once, signed after Standard Webhooks."""
        from standardwebhooks.webhooks import Webhook

        at = self.house.wall.now()
        signer = Webhook(self.secret(row.webhook, row.secret, row.hook_at))
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": row.event, "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signer.sign(row.event, at, row.body),
        }  # fmt: skip
        return send(row.url, row.body.encode(), headers, loopback=self._loopback)

    def _note(self, row: Any, who: str, came: Sent) -> None:
        """Write down what came of an attempt, and when the next one is."""
        moment = self.house.wall.now()
        now = as_text(moment)
        is_last = bool(came.why) and row.attempts > len(WAITS_S)
        state = "waiting" if came.why and not is_last else "failed" if came.why else "delivered"
        wait = WAITS_S[min(row.attempts, len(WAITS_S)) - 1]
        with self.house.database.unit("delivery.end") as unit:
            insert_rows(unit, (delivery_try, {
                "delivery": row.number, "at": now, "status": came.status, "why": came.why[:200],
                "took_ms": came.took_ms,
            }))  # fmt: skip
            change(
                unit, delivery,
                {"number": row.number, "taken_by": who, "attempts": row.attempts,
                 "state": "waiting"},
                or_none=True,  # it was held too long, and another took it
                state=state, lease_until="", ended_at="" if state == "waiting" else now,
                due_at=as_text(moment + datetime.timedelta(seconds=wait)),
            )  # fmt: skip
            hook = find(unit, webhook, lock=True, number=row.webhook)
            if not came.why:
                if hook.failing_since:
                    change(unit, webhook, {"number": hook.number}, failing_since="")
                return
            since = hook.failing_since or now
            is_long = moment - from_text(since) >= PAUSED_AFTER or came.status == GONE
            change(unit, webhook, {"number": hook.number}, failing_since=since,
                   paused_at=now if is_long and not hook.paused_at else hook.paused_at)  # fmt: skip


def _hook(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (
        "number", "firm", "url", "made_by", "made_at", "failing_since", "paused_at", "ended_at",
    )} | {"kinds": row.kinds.split(",")}  # fmt: skip


def _amount(minor: int, currency: str) -> str:
    return format_minor(minor, exponent(currency))


def _owed(row: Any, ids: Mapping[int, str]) -> dict[str, Any]:
    return {"obligation": row.number, "debtor": ids[row.debtor], "creditor": ids[row.creditor],
            "currency": row.currency,
            "amount": _amount(row.amount_minor, row.currency)}  # fmt: skip


def _parts(
    kind: str, head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Iterator[Told]:
    """Yield rows in parts of at most :data:`MOST_ROWS`; of what is held it says house review."""
    why = {"reason": "house review"} if kind == "obligation.held" else {}
    for start in range(0, len(rows), MOST_ROWS):
        some = list(rows[start : start + MOST_ROWS])
        subject = f"obligations/{some[0]['obligation']}" if len(some) == 1 else "obligations"
        name = kind.rpartition(".")[2]
        yield Told(kind, f"{name}-{some[0]['obligation']}", subject,
                   {**head, **why, "obligations": some})  # fmt: skip
