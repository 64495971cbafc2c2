# SPDX-License-Identifier: Apache-2.0
"""Money of the sides over the network and on the treasurer's pages: ready, back, noted once."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES
from tests.made_service import MadeService, worked_service
from tests.unit.console.test_console import Window

from skontro.console.pages.money import MOVES
from skontro.house.roles import Grant

IBAN = "NL91ABNA0417164300"
MOVE = "/settlement/moves"


@pytest.fixture
def made(tmp_path: Path) -> MadeService:
    found = worked_service(tmp_path / "house")
    found.admit("T1")
    found.give("T1", [Grant("treasurer")])
    return found


def fund(made: MadeService, **other: Any) -> Any:
    said = {"kind": "fund", "side": "B", "currency": "INR", "amount": "500.00",
            "payer": "Banyan Development Bank", "payer_account": IBAN,
            "bank_reference": "hand-1"}  # fmt: skip
    return made.desk("T1").post(MOVE, said | other)


def there(made: MadeService, side: str = "B") -> str:
    rows = made.desk("T1").get("/settlement/funds").json()["funds"]
    return str(next(one for one in rows if one["side"] == side)["there"])


def test_a_bank_word_by_hand_is_noted_once(made: MadeService) -> None:
    """Twice under one id of the bank: once; another word under that id is refused."""
    before = there(made)
    assert fund(made).status_code == 200
    first = there(made)
    assert Decimal(first) == Decimal(before) + 500
    assert fund(made).status_code == 200
    assert there(made) == first
    other = fund(made, amount="501.00")
    assert other.status_code == 409, other.text
    assert there(made) == first


def test_a_withdrawal_is_ready_then_taken_back(made: MadeService) -> None:
    """What is made ready is in the list, more than is free is refused, and what was taken back is
    not taken back again; names and accounts stay out of the audit log."""
    fund(made)
    desk = made.desk("T1")
    taken = {"kind": "withdraw", "side": "B", "currency": "INR", "amount": "100.00"}
    ready = desk.post(MOVE, taken)
    assert ready.status_code == 200, ready.text
    number = ready.json()["number"]
    assert [(one["id"], one["amount"], one["state"])
            for one in desk.get("/settlement/funds").json()["withdrawals"]] == [
        (number, "100.00", "ready")
    ]  # fmt: skip
    much = desk.post(MOVE, taken | {"amount": "99999999.00"})
    assert (much.status_code, much.json()["code"]) == (409, "CoverMissing")
    stopped = {"kind": "stop", "payment": number}
    assert desk.post(MOVE, stopped).status_code == 200
    assert desk.post(MOVE, stopped).json()["code"] == "NotReady"
    audit = made.desk("P1").get("/audit?limit=500").text
    assert "withdraw" in audit
    assert IBAN not in audit


def test_what_cannot_be_is_refused_in_words(made: MadeService) -> None:
    desk = made.desk("T1")
    for said, status in (
        ({"kind": "exchange", "side": "B", "sells": "EUR", "sell_amount": "1.00", "buys": "EUR",
          "buy_amount": "1.00"}, 422),
        ({"kind": "border_returned", "payment": 999, "bank_reference": "x"}, 409),
        ({"kind": "border_sent", "payment": 999, "amount": "1.00", "bank_reference": "x"}, 422),
        ({"kind": "returned", "side": "B", "currency": "INR", "pay_out": 999,
          "bank_reference": "x"}, 409),
        ({"kind": "sent", "side": "B", "currency": "INR", "pay_out": 999,
          "bank_reference": "x"}, 409),
        ({"kind": "border_arrived", "payment": 999, "currency": "INR", "amount": "1.00",
          "bank_reference": "x"}, 409),
    ):  # fmt: skip
        answer = desk.post(MOVE, said)
        assert answer.status_code == status, (said, answer.text)
        assert answer.json()["detail"]


def test_the_treasurers_pages(made: MadeService) -> None:
    """Every move has a form; one sent shows what came of it, one refused keeps what was written."""
    window = Window(made, "T1")
    for kind in MOVES:
        assert window.get(f"/money/new/{kind}").status_code == 200, kind
    said = {"side": "B", "currency": "INR", "amount": "321.00", "purpose": "working",
            "payer": "Banyan Development Bank", "payer_account": IBAN,
            "bank_reference": "page-1"}  # fmt: skip
    answer = window.send("/money/new/fund", "/money/new/fund", **said)
    assert answer.status_code == 200
    assert answer.url.path == "/console/money"
    refused = window.send("/money/new/withdraw", "/money/new/withdraw", side="B", currency="INR",
                          amount="99999999.00", purpose="working")  # fmt: skip
    assert refused.status_code == 422
    assert 'value="99999999.00"' in refused.text
    answer = window.send("/money/new/withdraw", "/money/new/withdraw", side="B", currency="INR",
                         amount="21.00", purpose="working")  # fmt: skip
    assert "21.00" in answer.text
    assert "/money/new/stop?payment=" in answer.text


def test_each_line_of_the_bank_says_what_can_be_done(made: MadeService) -> None:
    """Money of nobody may be returned, and its form is filled in."""
    came = {"kind": "receive", "side": "B", "currency": "INR", "amount": "12.34",
            "payer": "Somebody Else", "bank_reference": "stray-1"}  # fmt: skip
    answer = made.desk("T1").post(MOVE, came)
    assert answer.status_code == 200, answer.text
    assert answer.json()["line"]["state"] == "suspense"
    (line,) = made.house.settlement.suspense()
    page = Window(made, "T1").get(f"/cycles/{DATES.id}/settlement")
    assert page.status_code == 200, page.text
    assert f'href="/console/acts/new/suspense.assign?line={line["id"]}"' in page.text


def test_a_late_pay_in_leads_to_a_default(tmp_path: Path) -> None:
    """For whoever may declare one, once the deadline passed; the form is filled in and drafts."""
    made = worked_service(tmp_path / "house")
    for who, rights in (("T1", ()), ("T2", ("participant.default",))):
        made.admit(who, *rights)
        made.give(who, [Grant("treasurer")])
    made.made.run_to_final()
    made.house.settlement.instruct(DATES.id)
    page = f"/cycles/{DATES.id}/settlement"
    link = 'href="(/console/acts/new/participant.default[^"]*)'
    allowed = Window(made, "T2")
    assert re.search(link, allowed.get(page).text) is None
    made.made.until(DATES.pay_in_deadline)
    made.house.set_clock(made.house.now + datetime.timedelta(minutes=1))
    made.house.settlement.missed(DATES.id)
    found = re.search(link, allowed.get(page).text)
    assert found
    assert re.search(link, Window(made, "T1").get(page).text) is None
    address = found[1].replace("&amp;", "&").removeprefix("/console")
    form = allowed.get(address).text
    said = {name: re.search(f'name="{name}"[^>]*value="([^"]*)"', form)[1]  # type: ignore[index]
            for name in ("participant", "opened_at")}  # fmt: skip
    assert '<option value="default" selected' in form
    assert said["participant"] in ("A1", "B3")
    drafted = allowed.send("/acts/new/participant.default", address, reason="default",
                           **said)  # fmt: skip
    assert (drafted.status_code, said["participant"] in drafted.text) == (200, True)
    assert [one["kind"] for one in made.house.people.acts(["drafted"])] == ["participant.default"]
