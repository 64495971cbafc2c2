# SPDX-License-Identifier: Apache-2.0
"""Webhooks: what happened is told once it is true, signed, to whom it concerns and nobody else."""

from __future__ import annotations

import base64
import datetime
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tests.made_house import DATES, MadeHouse, lawful, worked_house

from skontro.core.errors import Conflict, NoSuchFile, Rejected
from skontro.flow.events import EVENTS
from skontro.flow.obligations import Registration
from skontro.flow.webhooks import AT_ONCE, MOST_WEBHOOKS, OF_ONE, WAITS_S
from skontro.house.trade import TradeSaid
from skontro.ops.clock import SetClock
from skontro.store.events import take_deliveries
from skontro.store.jobs import Lease
from skontro.store.rows import count, find_all
from skontro.store.schema import delivery, outbox
from skontro.store.verdicts import last_verdicts

CYCLE = "2026-01"


class Receiver:
    """A participant's program that is told: keeps what came, answers as it is told to."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.came.append((dict(self.headers.items()), body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{outer.url}elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    found = worked_house(tmp_path / "house")
    while found.house.webhooks.spread():
        pass
    return found


def move_clock(made: MadeHouse, seconds: int) -> None:
    made.house.wall = SetClock(made.house.wall.now() + datetime.timedelta(seconds=seconds))


def register(made: MadeHouse, debtor: str, creditor: str, reference: str = "n") -> int:
    return made.house.obligations.register(Registration(
        sender=creditor, reference=reference, debtor=debtor, creditor=creditor,
        amount_minor=500, currency="EUR", document=f"invoice {reference}",
    ))[0]  # fmt: skip


def tell(made: MadeHouse) -> None:
    while made.house.webhooks.spread() + made.house.webhooks.deliver("w"):
        pass


def test_signed_after_standard_webhooks(made: MadeHouse, receiver: Receiver) -> None:
    """Checked with the library that others check with; one changed byte is found."""
    hook = made.house.webhooks.make("A1", receiver.url, ["obligation.registered"], "P1")
    number = register(made, "A1", "B1")
    tell(made)
    ((headers, body),) = receiver.came
    event = Webhook(hook["secret"]).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(body.replace(b"5.00", b"6.00"), headers)
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert headers["webhook-id"] == event["id"]
    assert {name: event[name] for name in ("specversion", "type", "source", "subject")} == {
        "specversion": "1.0", "type": "skontro.obligation.registered",
        "source": f"/houses/{made.house.id}", "subject": f"obligations/{number}",
    }  # fmt: skip
    assert event["data"] == {"is_demonstration": True, "obligations": [{
        "obligation": number, "debtor": "A1", "creditor": "B1", "currency": "EUR",
        "amount": "5.00",
    }]}  # fmt: skip
    renewed = made.house.webhooks.renew(hook["number"])
    register(made, "A1", "B1", "m")
    tell(made)
    assert Webhook(renewed["secret"]).verify(receiver.came[-1][1], receiver.came[-1][0])
    assert renewed["secret"] != hook["secret"]


def test_each_is_told_of_its_own_rows_alone(made: MadeHouse, receiver: Receiver) -> None:
    """A cycle of the worked example from registration to payment: who is told what.

    Every event of every webhook names only obligations its participant is a party to, and nothing
    of the gate but house review.
    """
    house = made.house
    hooks = {house.webhooks.make(firm, f"{receiver.url}{firm}", list(EVENTS), "P1")["number"]: firm
             for firm in ("A1", "B1", "B3")}  # fmt: skip
    held = register(made, "A1", "B1", "held")
    made.until(DATES.cut_off_at)
    house.cycles.cut_off(CYCLE)
    house.cycles.preliminary(CYCLE)
    made.until(DATES.window_ends_at)
    house.cycles.irrevocable(CYCLE)
    made.both(house.cycles.propose_final(CYCLE, "P1", made.keys["P1"]))
    house.settlement.instruct(CYCLE)
    tell(made)
    parties = {}
    with house.database.read() as unit:
        from skontro.store.schema import obligation, participant

        ids = {row.number: row.id for row in find_all(unit, participant)}
        for row in find_all(unit, obligation):
            parties[row.number] = (ids[row.debtor], ids[row.creditor])
        rows = find_all(unit, delivery, order=["number"])
    told = Counter[tuple[str, str]]()
    for row in rows:
        firm, event = hooks[row.webhook], json.loads(row.body)
        told[firm, row.kind] += 1
        assert event["type"] == f"skontro.{row.kind}"
        for one in event["data"].get("obligations", []):
            assert firm in parties[one["obligation"]]
        assert event["data"].get("participant", firm) == firm
        for word in ("gate", "licence", "sanction", "goods", "verdict", "suspi", "list"):
            assert word not in row.body.lower()
        if row.kind == "obligation.held":
            assert event["data"]["reason"] == "house review"
            assert set(event["data"]) == {"is_demonstration", "reason", "obligations"}
    assert len(rows) == len(receiver.came)
    for firm in ("A1", "B1", "B3"):
        for kind in ("cycle.cut_off", "cycle.preliminary", "cycle.irrevocable", "cycle.final"):
            assert told[firm, kind] == 1
        assert told[firm, "obligation.cleared"] == 1
        assert told[firm, "notice.ready"] == 1
    assert told["A1", "obligation.held"] == told["B1", "obligation.held"] >= 1
    assert {firm for firm, kind in told if kind == "payment.due"} <= set(hooks.values())
    assert [parties[held], told["B3", "obligation.registered"]] == [("A1", "B1"), 0]
    assert told["A1", "obligation.registered"] == told["B1", "obligation.registered"] == 1


def test_every_kind_of_hold_is_told_in_the_same_words(made: MadeHouse, receiver: Receiver) -> None:
    """Nothing said of the goods, papers missing, goods that a pack does not let pass, an alert on a
    party, a list that is stale (both say the party): what is told differs by the number alone."""
    house, whole = made.house, lawful("A", "B", "whole")
    house.webhooks.make("A1", receiver.url, ["obligation.held"], "P1")
    held = dict[str, int]()

    def hold(kind: str, trade: TradeSaid) -> None:
        held[kind] = house.obligations.register(Registration(
            sender="B1", reference=kind, debtor="A1", creditor="B1", amount_minor=500,
            currency="EUR", document=f"invoice {kind}", trade=trade,
        ))[0]  # fmt: skip

    hold("nothing said", TradeSaid())
    hold("no papers", replace(whole, papers=()))
    hold("goods", replace(whole, code="930690"))
    made.import_list([("Bakul Mills", "")])
    hold("alert", whole)
    made.import_list()
    house.set_clock(house.now + datetime.timedelta(days=30))
    hold("stale", whole)
    tell(made)
    with house.database.read() as unit:
        last = last_verdicts(unit, "obligation", list(held.values()))
    codes = {kind: {one["code"] for one in json.loads(last[number].reasons)}
             for kind, number in held.items()}  # fmt: skip
    assert all(last[number].outcome != "released" for number in held.values())
    assert len({frozenset(one) for one in codes.values()}) == len(held) - 1, codes
    words = dict[str, str]()
    for one in receiver.events():
        (row,) = one["data"].pop("obligations")
        assert one["data"] == {"is_demonstration": True, "reason": "house review"}
        kind = next(name for name, number in held.items() if number == row["obligation"])
        told = {name: text for name, text in row.items() if name != "obligation"}
        words[kind] = json.dumps([one["type"], sorted(one), told], sort_keys=True)
    assert set(words) == set(held)
    assert len(set(words.values())) == 1, words


def test_what_is_not_true_is_not_told(made: MadeHouse) -> None:
    """A unit of work that comes to nothing leaves no event."""
    with made.house.database.read() as unit:
        before = count(unit, outbox)

    def fails() -> None:
        with made.house.database.whole("test"):
            register(made, "A1", "B1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with made.house.database.read() as unit:
        assert count(unit, outbox) == before


def test_a_delivery_is_tried_for_a_day(made: MadeHouse, receiver: Receiver) -> None:
    """With growing waits; then it has failed, the webhook is paused, and a log tells why."""
    webhooks = made.house.webhooks
    hook = webhooks.make("A1", receiver.url, ["obligation.registered"], "P1")["number"]
    receiver.answers = [500, 302, *[503] * 30]
    register(made, "A1", "B1")
    webhooks.spread()
    assert webhooks.deliver("w") == 1
    for wait in WAITS_S:
        assert webhooks.deliver("w") == 0
        move_clock(made, wait - 1)
        assert webhooks.deliver("w") == 0
        move_clock(made, 2)
        assert webhooks.deliver("w") == 1
    (row,) = webhooks.deliveries(hook)
    assert (row["state"], row["attempts"]) == ("failed", len(WAITS_S) + 1)
    assert [one["why"] for one in row["tries"]][:3] == [
        "answered 500", "answered 302: nobody is followed elsewhere", "answered 503",
    ]  # fmt: skip
    assert len(receiver.came) == len(WAITS_S) + 1
    assert webhooks.show(hook)["paused_at"] > ""
    assert webhooks.figures()["deliveries"] == {"waiting": 0, "failed": 1}
    register(made, "A1", "B1", "later")
    receiver.answers = []
    tell(made)
    assert len(receiver.came) == len(WAITS_S) + 1
    webhooks.resume(hook)
    webhooks.send_again(hook, row["number"])
    tell(made)
    late, again = webhooks.deliveries(hook)[1], webhooks.deliveries(hook)[0]
    assert (late["state"], again["state"], again["is_again"]) == ("delivered", "delivered", True)
    assert again["event"] == row["event"]
    assert webhooks.show(hook)["failing_since"] == ""


def test_a_worker_that_dies_leaves_its_deliveries_to_another(
    made: MadeHouse, receiver: Receiver
) -> None:
    """Killed between sending and writing it down: it comes again, under the same id."""
    webhooks = made.house.webhooks
    hook = webhooks.make("A1", receiver.url, ["obligation.registered"], "P1")["number"]
    register(made, "A1", "B1")
    webhooks.spread()
    noted = webhooks._note
    webhooks._note = lambda *_: None  # type: ignore[method-assign]
    assert webhooks.deliver("dies") == 1
    webhooks._note = noted  # type: ignore[method-assign]
    assert webhooks.deliver("other") == 0
    move_clock(made, 61)
    assert webhooks.deliver("other") == 1
    first, second = receiver.came
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert webhooks.deliveries(hook)[0]["state"] == "delivered"


def test_a_firm_with_slow_programs_leaves_room_for_others(made: MadeHouse) -> None:
    """However many webhooks a firm has and however much waits for them: so many are under way, and
    those of another firm go out; whoever takes them, until they are over."""
    house = made.house
    hooks = {house.webhooks.make(firm, f"http://127.0.0.1:9/{number}", list(EVENTS), "P1")[
        "number"]: firm for number, firm in enumerate(["A1"] * 5 + ["B1"])}  # fmt: skip
    for number in range(6):
        register(made, "A1", "B1", f"n{number}")
    while house.webhooks.spread():
        pass
    now, until = house.webhooks._now(), house.jobs.after(60)
    taken = list[str]()
    for who in ("one", "two", "three"):
        with house.database.unit("a test") as unit:
            rows = take_deliveries(unit, Lease(who, now, until), AT_ONCE, OF_ONE)
        taken += [hooks[row.webhook] for row in rows]
    assert sorted(taken) == ["A1"] * OF_ONE + ["B1"] * OF_ONE
    move_clock(made, 61)
    with house.database.unit("a test") as unit:
        rows = take_deliveries(
            unit, Lease("four", house.webhooks._now(), house.jobs.after(60)), AT_ONCE, OF_ONE
        )
    assert sorted(hooks[row.webhook] for row in rows) == ["A1"] * OF_ONE + ["B1"] * OF_ONE


def test_events_are_spread_once(made: MadeHouse, receiver: Receiver) -> None:
    """By several workers at once; and a webhook knows nothing of before it was registered."""
    register(made, "A1", "B1", "before")
    made.house.webhooks.make("A1", receiver.url, ["obligation.registered"], "P1")
    for each in range(30):
        register(made, "A1", "B1", f"{each}")
    workers = [threading.Thread(target=tell, args=(made,)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    tell(made)
    told = Counter(event["id"] for event in receiver.events())
    assert len(told) == 30
    assert set(told.values()) == {1}
    assert made.house.webhooks.figures()["outbox_age_s"] == 0


def test_a_program_that_is_gone_is_told_no_more(made: MadeHouse, receiver: Receiver) -> None:
    hook = made.house.webhooks.make("A1", receiver.url, ["obligation.registered"], "P1")["number"]
    receiver.answers = [410]
    register(made, "A1", "B1")
    tell(made)
    assert made.house.webhooks.show(hook)["paused_at"] > ""


def test_old_events_go_once_they_are_handled(made: MadeHouse) -> None:
    register(made, "A1", "B1")
    assert made.house.webhooks.tidy() == 0
    move_clock(made, 31 * 86400)
    handled = made.house.webhooks.tidy()
    with made.house.database.read() as unit:
        (left,) = find_all(unit, outbox, kind="obligation.registered", handled_at="")
    assert handled > 0
    assert json.loads(left.content)["obligations"]


def test_what_cannot_be_registered(made: MadeHouse) -> None:
    webhooks, url = made.house.webhooks, "https://books.example/hook"
    with pytest.raises(Rejected, match="no event 'x'"):
        webhooks.make("A1", url, ["x"], "P1")
    with pytest.raises(Rejected, match="no event is chosen"):
        webhooks.make("A1", url, [], "P1")
    with pytest.raises(Rejected, match="not a participant"):
        webhooks.make("Z9", url, ["cycle.final"], "P1")
    for _ in range(MOST_WEBHOOKS):
        number = webhooks.make("A1", url, ["cycle.final"], "P1")["number"]
    with pytest.raises(Rejected, match="10 webhooks"):
        webhooks.make("A1", url, ["cycle.final"], "P1")
    webhooks.end(number)
    with pytest.raises(Conflict, match="was ended"):
        webhooks.resume(number)
    webhooks.make("A1", url, ["cycle.final"], "P1")
    with pytest.raises(NoSuchFile):
        webhooks.send_again(1, 99)


def test_a_receiver_checks_as_the_documentation_says(root: Path) -> None:
    """The example of docs/service.md, against what signs here."""
    page = (root / "docs/service.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    check, body = names["is_of_the_house"], '{"id":"h-1"}'
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()

    def headers(at: datetime.datetime) -> dict[str, str]:
        return {"webhook-id": "h-1", "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(secret).sign("h-1", at, body)}  # fmt: skip

    now = datetime.datetime.now(datetime.UTC)
    good = headers(now)
    assert check(secret, good, body.encode())
    assert check(secret, good | {"webhook-signature": "v1,AA== " + good["webhook-signature"]},
                 body.encode())  # fmt: skip
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert not check(other, good, body.encode())
    assert not check(secret, good, body.encode() + b" ")
    assert not check(secret, good | {"webhook-id": "h-2"}, body.encode())
    assert not check(secret, headers(now - datetime.timedelta(hours=1)), body.encode())
