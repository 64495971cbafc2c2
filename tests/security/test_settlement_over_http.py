# SPDX-License-Identifier: Apache-2.0
"""Money of a whole cycle over the network alone, on SQLite and behind row security; and attacks.

The worked example from its final run to its close: calls, money in, plan, settlement, releases by
two people, what the banks paid. On PostgreSQL the service works as the role that does not own the
tables. Then the same routes are asked twice at once, again with another body, by others than
treasurers, and with an order that changed after it was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from tests import postgres
from tests.made_house import DATES, FIRMS
from tests.made_service import Desk, MadeService, worked_service

NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}
MOVE = "/settlement/moves"
BOARD = f"/cycles/{DATES.id}/settlement"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MadeService]:
    place = tmp_path_factory.mktemp("money") / "house"
    if request.param == "sqlite":
        found = worked_service(place, rate_minute=10**6)
        found.admit_all()
        yield found
        found.house.close()
        return
    server = request.getfixturevalue("postgres_server")
    name = postgres.make_house_database(server)
    found = worked_service(place, database=server.url(name, postgres.APPLICATION),
                           rate_minute=10**6)  # fmt: skip
    found.admit_all()
    yield found
    found.house.close()
    postgres.drop_database(server, name)


def good(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def drafted(made: MadeService, body: dict[str, Any]) -> dict[str, Any]:
    """Draft and sign as P1."""
    act = good(made.desk("P1").post("/acts", body))
    signature = made.sign("P1", act["to_sign"]["maker"])
    return dict(good(made.desk("P1").post(f"/acts/{act['number']}/signature",
                                          {"signature": signature})))  # fmt: skip


def approval(made: MadeService, act: dict[str, Any]) -> Any:
    shown = good(made.desk("P2").get(f"/acts/{act['number']}"))
    signature = made.sign("P2", shown["to_sign"]["checker"])
    return made.desk("P2").post(f"/acts/{act['number']}/approval",
                                {"digest": act["digest"], "signature": signature})  # fmt: skip


def step(made: MadeService, name: str) -> Any:
    return good(made.desk("P1").post(f"{BOARD}/steps", {"step": name}))


def there(made: MadeService) -> list[tuple[str, str, str]]:
    rows = good(made.desk("T1").get("/settlement/funds"))["funds"]
    return sorted((one["side"], one["currency"], one["there"]) for one in rows)


def at_once(*works: Any) -> list[Any]:
    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result() for one in [pool.submit(work) for work in works]]


def test_money_of_a_cycle_over_http_alone(made: MadeService) -> None:
    made.made.run_to_final()
    desk, _ = made.desk("T1"), made.desk("P2")
    step(made, "instruct")
    calls = {
        firm: good(made.desk(clerk).get(f"/cycles/{DATES.id}/participants/{firm}/money"))
        for clerk, firm in (("CA", "A1"), ("P1", "B3"))
    }
    for firm, said in calls.items():
        for call in said["pay_ins"]:
            body = {"kind": "receive", "side": SIDES[firm], "currency": call["currency"],
                    "amount": call["due"], "reference": call["reference"],
                    "payer": NAMES[firm], "bank_reference": f"in {firm}"}  # fmt: skip
            twice = at_once(*(lambda body=body: desk.post(MOVE, body) for _ in range(2)))
            assert {one.status_code for one in twice} <= {200, 409}, [one.text for one in twice]
            assert 200 in {one.status_code for one in twice}
    step(made, "plan")
    step(made, "settle")
    assert set(made.made.left().values()) == {0}
    for side, currency in (("A", "EUR"), ("B", "INR")):
        act = drafted(made, {"kind": "payment.release", "cycle": DATES.id, "side": side,
                             "currency": currency})  # fmt: skip
        assert refused(desk.post(MOVE, {
            "kind": "sent", "side": side, "currency": currency, "bank_reference": f"early {side}",
            "pay_out": act["content"]["payments"][0]["pay_out"],
        }))[0] == 409  # fmt: skip
        answers = at_once(*(lambda act=act: approval(made, act) for _ in range(2)))
        assert sorted(one.status_code for one in answers) in ([200, 409], [200, 200])
        assert refused(approval(made, act))[0] == 409
        for one in act["content"]["payments"]:
            said = {"kind": "sent", "side": side, "currency": currency,
                    "pay_out": one["pay_out"], "bank_reference": f"out {one['pay_out']}"}
            good(desk.post(MOVE, said))
    good(made.desk("P1").post(f"/cycles/{DATES.id}/steps", {"step": "close"}))
    assert good(made.desk("P1").post("/journal/verification"))["ok"]
    left = {code: amount for code, amount in made.house.journal.balances().items() if amount}
    assert left == {
        "bank:A:EUR": 1_500_000, "border:A:EUR": -1_500_000,
        "border:B:INR": 135_000_000, "working:B:INR": -135_000_000,
    }  # fmt: skip


FUND = {"kind": "fund", "side": "B", "currency": "INR", "amount": "500.00",
        "payer": "Banyan Development Bank", "payer_account": "NL91ABNA0417164300"}  # fmt: skip
TAKE = {"kind": "withdraw", "side": "B", "currency": "INR", "amount": "300.00"}


def test_a_move_has_one_effect_whoever_asks_again(made: MadeService) -> None:
    """Under one key, at once and later: one effect. Under that key with another body: refused.
    Under other keys with the bank's own id: one effect."""
    desk, body = made.desk("T1"), FUND | {"bank_reference": "once"}
    before = there(made)
    answers = at_once(*(lambda: desk.post(MOVE, body, key="one-key") for _ in range(4)))
    assert {one.status_code for one in answers} <= {200, 409}
    assert [refused(one)[1] for one in answers if one.status_code == 409].count(
        "RequestInFlight") == len([one for one in answers if one.status_code == 409])  # fmt: skip
    good(desk.post(MOVE, body, key="one-key"))
    after = there(made)
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1
    for other in (body | {"amount": "5000.00"}, body | {"bank_reference": "twice"}):
        assert refused(desk.post(MOVE, other, key="one-key")) == (422, "RequestReused")
    at_once(*(lambda: desk.post(MOVE, body) for _ in range(4)))
    assert there(made) == after


def test_no_more_leaves_than_is_there_though_two_ask_at_once(made: MadeService) -> None:
    """Each asks for what is there once: one is told that it is not."""
    desk = made.desk("T1")
    good(desk.post(MOVE, FUND | {"bank_reference": f"more {id(made)}"}))
    most = f"{Decimal(made.house.journal.balances()['bank:B:INR']) / 100:.2f}"
    answers = at_once(*(lambda: desk.post(MOVE, TAKE | {"amount": most}) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    number = next(one.json()["number"] for one in answers if one.status_code == 200)
    good(desk.post(MOVE, {"kind": "stop", "payment": number}))


def test_an_order_that_was_taken_back_is_not_let_go(made: MadeService) -> None:
    """Two signed for what was ready; one payment is taken back in between, and another made ready
    in its place: the approval fits no more, and nothing leaves."""
    desk = made.desk("T1")
    good(desk.post(MOVE, FUND | {"bank_reference": f"order {id(made)}"}))
    first = good(desk.post(MOVE, TAKE))["number"]
    act = drafted(made, {"kind": "payment.release", "side": "B", "currency": "INR"})
    good(desk.post(MOVE, {"kind": "stop", "payment": first}))
    second = good(desk.post(MOVE, TAKE | {"amount": "400.00"}))["number"]
    status, _ = refused(approval(made, act))
    assert status == 409
    rows = {one["id"]: one["state"] for one in
            good(desk.get("/settlement/funds"))["withdrawals"]}  # fmt: skip
    assert (rows.get(first, "stopped"), rows[second]) == ("stopped", "ready")
    good(desk.post(MOVE, {"kind": "stop", "payment": second}))


@pytest.mark.parametrize("who", ["CA", "SA", "CB", "XA", "XX", "D1", "N1", "M1"])
def test_who_moves_no_money(made: MadeService, who: str) -> None:
    """Neither over the moves nor by an act, and a firm sees neither funds nor the board."""
    before, desk = there(made), made.desk(who)
    for body in (FUND | {"bank_reference": "theirs"}, TAKE, {"kind": "stop", "payment": 1}):
        assert desk.post(MOVE, body).status_code == 403
    assert desk.post("/acts", {"kind": "payment.release", "side": "B",
                               "currency": "INR"}).status_code == 403  # fmt: skip
    if who in ("CA", "SA", "CB", "D1", "N1"):
        assert desk.get("/settlement/funds").status_code in (403, 404)
        assert desk.get(BOARD).status_code in (403, 404)
    assert there(made) == before


def test_an_order_of_a_program(made: MadeService) -> None:
    """A treasurer's program makes ready; it neither signs nor approves."""
    desk: Desk = made.program("treasurer")
    good(desk.post(MOVE, FUND | {"bank_reference": f"program {id(made)}"}))
    number = good(desk.post(MOVE, TAKE))["number"]
    assert desk.post("/acts", {"kind": "payment.release", "side": "B",
                               "currency": "INR"}).status_code == 403  # fmt: skip
    good(desk.post(MOVE, {"kind": "stop", "payment": number}))
    assert made.house.journal.verify().ok
