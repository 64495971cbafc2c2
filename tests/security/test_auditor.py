# SPDX-License-Identifier: Apache-2.0
"""The auditor: reads everything of the sides and the period it was put over, and writes nothing."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse
from tests.made_service import MadeService, worked_service
from tests.scenarios.test_worked_house import CURRENCIES, pay
from tests.unit.console.test_console import Window

from skontro.house.roles import Grant

AFTER = "2026-02-01"
"""A day after the business day of the cycle."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    """The worked example, settled and closed; auditors of a side, of all, of a later period."""
    found = worked_service(tmp_path_factory.mktemp("auditor") / "house", rate_minute=10**6)
    found.admit_all()
    found.admit("XP")
    found.give("XP", [Grant("auditor", from_day=AFTER)])
    found.admit("XQ")
    found.give("XQ", [Grant("auditor", "", ("A",), until_day=AFTER)])
    found.made.run_to_final()
    close(found.made)
    found.house.statements.unlock(PASSPHRASE)
    return found


def close(made: MadeHouse) -> None:
    """All pay, all are paid, and the cycle is closed."""
    money, key = made.house.settlement, made.keys["P1"]
    for call in money.instruct(DATES.id):
        pay(made, call, int(str(call["due_minor"])))
    money.plan(DATES.id)
    money.settle(DATES.id)
    for side in ("A", "B"):
        act = money.propose_release(DATES.id, side, CURRENCIES[side], "P1", key)
        released = made.house.people.find_act(act)["content"]["payments"]
        made.both(act)
        for one in released:
            money.sent(side, CURRENCIES[side], one["pay_out"],
                       bank_reference=f"out {one['pay_out']}")  # fmt: skip
    made.house.cycles.close(DATES.id)


def window_of(made: MadeService, who: str) -> Window:
    """Somebody's browser; a new login ends the session at their desk, so that begins anew."""
    made._desks.pop(who, None)
    return Window(made, who)


def trail(made: MadeService, who: str, name: str) -> dict[str, Any]:
    answer = made.desk(who).get(f"/obligations/{made.made.number[name]}/trail")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_obligation_is_followed_from_document_to_posting(made: MadeService) -> None:
    """Every figure of o1 (A1 owes B1, over the border): what was said, judged, run, paid, posted,
    sealed; and the leaf of each party leads to the root that was published."""
    found = trail(made, "XX", "o1")
    assert (found["obligation"]["debtor"], found["obligation"]["creditor"]) == ("A1", "B1")
    assert next((one["event"], one["by"]) for one in found["events"]) == ("confirm", "A1")
    assert [one["sender"] for one in found["registrations"]] == ["B1"]
    assert {one["said"] for one in found["verdicts"]} == {"released"}
    assert [(one["cycle"], one["state"]) for one in found["cycles"]] == [(DATES.id, "closed")]
    (ran,) = found["runs"]
    assert (ran["before"], ran["set_off"], ran["planned"], ran["left"]) == (
        "100000.00", "50000.00", "50000.00", "0.00",
    )  # fmt: skip
    assert (ran["maker"], ran["checker"]) == ("P1", "P2")
    assert {one["participant"] for one in found["money"]} == {"A1", "B1"}
    assert {(one["side"], one["flow"]) for one in found["borders"]} >= {("A", "15000.00")}
    kinds = [one["kind"] for one in found["entries"]]
    assert {"entered", "set_off"} <= set(kinds)
    accounts = {line["account"] for one in found["entries"] for line in one["postings"]}
    assert accounts == {"payable:A1:EUR", "receivable:B1:EUR"}
    assert len(found["seals"]) == 1
    assert len(found["papers"]) == 6

    number = made.made.number["o1"]
    shown = made.desk("XX").get(f"/obligations/{number}/trail/{DATES.id}").json()
    assert shown["root"] == ran["root"]
    assert {one["participant"] for one in shown["paths"]} == {"A1", "B1"}
    for one in shown["paths"]:
        place, at = bytes.fromhex(one["place"]), bytes.fromhex(one["leaf"])
        for depth, beside in zip(range(len(one["path"]) - 1, -1, -1), one["path"], strict=True):
            goes_right = place[depth // 8] >> (7 - depth % 8) & 1
            other = bytes.fromhex(beside)
            at = hashlib.sha256(b"\x01" + (other + at if goes_right else at + other)).digest()
        assert at.hex() == shown["root"]


def test_of_the_other_side_an_auditor_of_one_sees_no_money(made: MadeService) -> None:
    found = trail(made, "XA", "o1")
    assert {one["participant"] for one in found["money"]} == {"A1"}
    assert {one["participant"] for one in found["papers"]} == {"A1"}
    assert {one["side"] for one in found["borders"]} == {"A"}
    accounts = {line["account"] for one in found["entries"] for line in one["postings"]}
    assert accounts == {"payable:A1:EUR"}
    number = made.made.number["o1"]
    shown = made.desk("XA").get(f"/obligations/{number}/trail/{DATES.id}").json()
    assert [one["participant"] for one in shown["paths"]] == ["A1"]
    assert made.desk("XA").get(f"/obligations/{made.made.number['o8']}/trail").status_code == 404
    for who in ("CA", "SA", "D1"):
        assert made.desk(who).get(f"/obligations/{number}/trail").status_code == 403, who


PERIODIC = (
    "/cycles/{cycle}/results", "/cycles/{cycle}/settlement",
    "/cycles/{cycle}/participants/A1/money", "/cycles/{cycle}/participants/A1/preview",
    "/cycles/{cycle}/participants/A1/papers/set-off-notice",
    "/cycles/{cycle}/participants/A1/papers/account-statement",
    "/cycles/{cycle}/participants/A1/package",
)  # fmt: skip
WHOLE = ("/cycles/{cycle}/papers/report", "/cycles/{cycle}/papers/publication")


def test_a_period_bounds_results_settlement_and_papers(made: MadeService) -> None:
    """Whoever looks from February on sees nothing of January's cycle; who looks until then does."""
    for path in (*PERIODIC, *WHOLE):
        where = path.format(cycle=DATES.id)
        assert made.desk("XX").get(where).status_code == 200, path
        beyond = made.desk("XP").get(where)
        assert (beyond.status_code, beyond.json()["code"]) == (404, "NoSuchCycle"), path
    for path in PERIODIC:
        assert made.desk("XQ").get(path.format(cycle=DATES.id)).status_code == 200, path
    later, until = made.desk("XP"), made.desk("XQ")
    assert later.get(f"/cycles/{DATES.id}").json()["runs"] is None
    assert later.get("/obligations").json()["items"] == []
    for row in later.get("/bank").json()["lines"]:
        assert row["day"] >= AFTER
    assert later.get("/journal?limit=500").json()["items"] != []
    assert {one["business_day"] >= AFTER for one in
            later.get("/journal?limit=500").json()["items"]} == {True}  # fmt: skip
    assert {one["side"] for one in until.get(f"/cycles/{DATES.id}/settlement").json()["sides"]} == {
        "A"}  # fmt: skip
    window = window_of(made, "XP")
    for page in ("network", "settlement"):
        assert window.get(f"/cycles/{DATES.id}/{page}").status_code == 404, page
    page = window.get(f"/cycles/{DATES.id}")
    assert (page.status_code, "Result digest" in page.text) == (200, False)


READS = {"/journal/verification", "/cycles/{cycle}/verification"}
"""What an auditor may post: it looks, and changes nothing."""


OWN = ("/login", "/sign-", "/enrol", "/looks")
"""Forms of one's own login, session and looks."""


def test_nothing_is_writable_for_the_auditor(made: MadeService) -> None:
    """Goal: whatever an auditor sends has no effect: every route that writes, every form.

    Method: all of the description's writes, and every form of the console's pages with whatever is
    hidden in it, from three auditors; the journal's head and all acts stay what they were.
    """
    before = made.house.journal.head(), made.house.people.acts(["drafted", "proposed", "done"])
    described = made.service.api.openapi()["paths"]
    writes = [(path, method) for path, methods in described.items() for method in methods
              if method != "get" and path not in READS
              and permission(methods[method]) not in ("", "-")]  # one's own session and login
    assert len(writes) > 20
    for who in ("XX", "XA", "XP"):
        desk = made.desk(who)
        for path, method in writes:
            where = (
                path.replace("{cycle}", DATES.id).replace("{person}", "N1").replace("{key}", "none")
                .replace("{delivery}", "1").replace("{number}", "1").replace("{firm}", "A1")
            )  # fmt: skip
            assert "{" not in where, path
            answer = desk.send(method.upper(), where, {})
            assert answer.status_code in (400, 403, 404, 405, 409, 415, 422), (who, where)
            if answer.status_code == 422:  # the body was not even of its form: ask with the right
                assert permission(described[path][method]) not in ALLOWED, (who, where)
    forms, window = set[str](), window_of(made, "XX")
    number = made.made.number["o1"]
    pages = ["/", "/obligations", f"/obligations/{number}", f"/obligations/{number}/trail",
             "/cycles", f"/cycles/{DATES.id}", f"/cycles/{DATES.id}/settlement",
             f"/cycles/{DATES.id}/network", "/acts", "/acts/1", "/firms", "/firms/A1", "/journal",
             "/audit"]  # fmt: skip
    for page in pages:
        answer = window.get(page)
        assert answer.status_code == 200, page
        forms |= set(re.findall(r'<form method="post"[^>]*action="([^"]+)"', answer.text))
        assert '<form method="post">' not in answer.text.replace(" ", " ") or page == "/journal"
    assert forms <= {"/console/sign-out", "/console/looks", "/console/journal",
                     f"/console/cycles/{DATES.id}/verification"}, forms  # fmt: skip
    posts = {
        route.path
        for module in console_modules() for route in module.routes.routes
        if "POST" in route.methods
    }  # fmt: skip
    assert len(posts) > 12
    for path in sorted(posts):
        if path in READS | {"/journal"} or path.startswith(OWN):
            continue
        where = re.sub(r"\{number\}", str(number), path).replace("{cycle}", DATES.id)
        where = where.replace("{person}", "N1").replace("{kind}", "cycle.pause")
        where = where.replace("{step}", "close").replace("{what}", "confirm")
        answer = window.send(where, f"/cycles/{DATES.id}", number=str(number), by="A1", dry="yes")
        assert answer.status_code in (403, 404, 409, 422), (path, answer.status_code)
    after = made.house.journal.head(), made.house.people.acts(["drafted", "proposed", "done"])
    assert after == before


def permission(route: dict[str, Any]) -> str:
    return str(route["x-permission"])


def console_modules() -> tuple[Any, ...]:
    from skontro.console.app import MODULES

    return MODULES


def _allowed() -> set[str]:
    from skontro.house.roles import ROLES

    return set(ROLES["auditor"]) | {""}


ALLOWED = _allowed()


def test_a_cycle_is_verified_from_the_page(made: MadeService) -> None:
    """The stand-alone verifier's own words, with the statement of publication; a changed byte of
    the archive is found; who sees one side is told whether, not what was found of the whole."""
    page = window_of(made, "XX").send(f"/cycles/{DATES.id}/verification", f"/cycles/{DATES.id}")
    assert page.status_code == 200
    assert "Every claim holds" in page.text
    assert "effect: set-off, screened: true" in page.text
    told = made.desk("XA").post(f"/cycles/{DATES.id}/verification").json()
    assert told["ok"] is True
    assert {one["detail"] for one in told["claims"]} == {""}
    archive = made.house.folder / "archive" / DATES.id / "final" / "summary.json"
    kept = archive.read_bytes()
    archive.write_bytes(kept.replace(b'"gross_minor"', b'"gr0ss_minor"', 1))
    try:
        found = made.desk("XX").post(f"/cycles/{DATES.id}/verification").json()
    finally:
        archive.write_bytes(kept)
    assert found["ok"] is False
