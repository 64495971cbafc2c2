# SPDX-License-Identifier: Apache-2.0
"""The audit log over the network: all that auditors read, all that operators do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.made_house import DATES
from tests.made_service import MadeService, worked_service
from tests.security.test_rights import WORK, filled

NEW = {"sender": "B1", "reference": "n1", "debtor": "A1", "creditor": "B1", "amount": "5.00",
       "currency": "EUR"}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("audit") / "house", rate_minute=10**6)
    found.admit_all()
    found.admit("G1")
    return found


def entries(made: MadeService, who: str, outcome: str) -> list[dict[str, Any]]:
    return made.house.audit.entries(caller=who, outcome=outcome, most=5000)


@pytest.mark.parametrize("who", ["XX", "XA"])
def test_what_an_auditor_reads_is_logged(made: MadeService, who: str) -> None:
    """Every route of the description that reads and answers an auditor leaves an entry: who, when,
    with which permission; what is refused leaves one as well, of what was refused."""
    desk, read, refused = made.desk(who), 0, 0
    for route, methods in made.service.api.openapi()["paths"].items():
        permission = methods.get("get", {}).get("x-permission", "-")
        if permission in ("", "-") or route in WORK:
            continue
        path, _ = next(filled(route, made))
        before = {name: len(entries(made, who, name)) for name in ("read", "refused")}
        answer = desk.get(path)
        logged = {name: entries(made, who, name)[many:] for name, many in before.items()}
        if answer.status_code == 200:
            whats = [one["what"] for one in logged["read"]]
            assert set(permission.split()) & set(whats), (path, whats)
            assert {one["roles"] for one in logged["read"]} == {"auditor"}
            read += 1
        elif answer.json()["code"] == "BeyondRights":
            assert [one["code"] for one in logged["refused"]] == ["BeyondRights"], path
            refused += 1
    assert (read > 15, refused > 5) == (True, True), (read, refused)
    desk.get("/participants/A1")
    assert entries(made, who, "read")[-1]["subject"].endswith("A1")


def test_what_an_operator_does_is_logged_with_before_and_after(made: MadeService) -> None:
    """Goal: each act of an operator is one entry that says how it was and how it is now.

    Method: acts of many kinds over the network; of each the entry it left, its permission, and
    what changed. What is new had no before; what was there has one.
    """
    desk, second, number = made.desk("P1"), made.desk("P2"), made.made.number

    def one(method: str, path: str, body: Any = None, *, by: Any = desk) -> dict[str, Any]:
        who = "P1" if by is desk else "P2"
        many = len(entries(made, who, "done"))
        answer = by.send(method, path, body)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        (entry,) = made.desk("D1").get(f"/audit?caller={who}&outcome=done&limit=500").json()[
            "items"][many:]  # fmt: skip
        assert entry["caller"] == who
        assert "operator" in entry["roles"]
        return dict(entry) | {"answer": answer.json()}

    def states(entry: dict[str, Any]) -> tuple[str, Any, Any]:
        before, after = entry["before"], entry["after"]
        return (entry["what"], before and before["state"], after["state"])

    new = one("POST", "/obligations", NEW)
    assert states(new) == ("obligations.register", None, "registered")
    place = f"/obligations/{new['after']['number']}"
    answer = "obligations.answer"
    disputed = one("POST", f"{place}/dispute", {"by": "A1", "reason": "x"})
    assert states(disputed) == (answer, "registered", "disputed")
    assert disputed["subject"] == f"obligation {new['after']['number']}"
    o7 = f"/obligations/{number['o7']}"
    lower = one("POST", f"{o7}/credit", {"by": "A1", "reference": "c", "amount": "1.00"})
    assert lower["before"]["open_minor"] - lower["after"]["open_minor"] == 100
    assert one("POST", "/matchings")["after"] == {"matched": 0, "near": 0, "duplicates": 0}

    drafted = one("POST", "/acts", {"kind": "cycle.pause", "cycle": DATES.id, "reason": "x"})
    assert states(drafted) == ("acts.make", None, "drafted")
    act = drafted["answer"]
    place = f"/acts/{act['number']}"
    signed = {"signature": made.sign("P1", act["to_sign"]["maker"])}
    assert states(one("POST", f"{place}/signature", signed)) == (
        "acts.make", "drafted", "proposed",
    )  # fmt: skip
    yes = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    assert states(one("POST", f"{place}/approval", yes, by=second)) == (
        "acts.check", "proposed", "done",
    )  # fmt: skip
    act = one("POST", "/acts", {"kind": "cycle.pause", "cycle": DATES.id, "reason": "x",
                                "ends": True})["answer"]  # fmt: skip
    assert states(one("POST", f"/acts/{act['number']}/withdrawal")) == (
        "acts.make", "drafted", "withdrawn",
    )  # fmt: skip

    key = one("POST", "/keys", {"label": "books", "role": "operator",
                                "ends_at": "2027-01-01T00:00:00Z"})  # fmt: skip
    assert (key["before"], key["after"]["role"]) == (None, "operator")
    ended = one("DELETE", f"/keys/{key['answer']['id']}")
    assert (ended["before"]["ended_at"], ended["after"]["ended_at"] > "2") == ("", True)
    assert one("POST", "/people/G1/invitation")["after"] == {"invited": "G1"}
    assert one("DELETE", "/people/G1/sessions")["after"] == {"signed out": "G1"}
    unlinked = one("DELETE", "/people/G1/links")
    assert (unlinked["before"], unlinked["after"]) == ({"links": 0}, {"links": 0})

    moved = one("POST", "/settlement/moves", {
        "kind": "fund", "side": "B", "currency": "INR", "amount": "500.00", "payer": "A Sponsor",
        "bank_reference": "hand-1",
    })  # fmt: skip
    assert (moved["what"], moved["after"]["amount_minor"]) == ("settlement.work", 500_00)
    failed = made.house.jobs.ask("cycle.step", "x", {"cycle": DATES.id, "step": "cut_off"}, by="P1")
    while made.house.jobs.work_next("w"):
        pass
    assert states(one("POST", f"/jobs/{failed}/retry")) == ("jobs.work", "failed", "waiting")
