# SPDX-License-Identifier: Apache-2.0
"""The two-person rule over the network: whatever is tried is refused, and written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.made_service import Desk, MadeService, worked_service

from skontro.core.errors import Conflict, Forbidden
from skontro.house.acts import Draft, Given
from skontro.house.roles import Grant
from skontro.ops.keys import SigningKey

PAUSE = {"kind": "cycle.pause", "cycle": "2026-01", "reason": "a look at the books"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("two") / "house")
    found.admit("O3", "cycle.pause")
    found.give("O3", [Grant("operator")])
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def draft(desk: Desk, body: dict[str, Any] = PAUSE) -> dict[str, Any]:
    answer = desk.post("/acts", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def propose(made: MadeService, who: str = "P1") -> dict[str, Any]:
    """Draft and sign; return the act as it waits."""
    act = draft(made.desk(who))
    signature = made.sign(who, act["to_sign"]["maker"])
    answer = made.desk(who).post(f"/acts/{act['number']}/signature", {"signature": signature})
    assert answer.json()["state"] == "proposed", answer.text
    return act


def approve(made: MadeService, who: str, act: dict[str, Any], **changes: str) -> Any:
    body = {"digest": act["digest"], "signature": made.sign(who, act["to_sign"]["checker"])}
    return made.desk(who).post(f"/acts/{act['number']}/approval", body | changes)


def refusals(made: MadeService) -> int:
    return len(made.house.audit.entries(outcome="refused", most=1000))


def paused(made: MadeService) -> bool:
    return bool(made.house.cycles.show("2026-01")["paused"])


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "payment.release", "side": "B", "currency": "INR"},
        {"kind": "entry.reverse", "entry": 1, "reason": "r"},
        {"kind": "entry.reverse", "entry": 99_999, "reason": "r"},
        {"kind": "case.release", "case": 99_999, "reason": "r", "order": "o"},
        {"kind": "cycle.correct", "cycle": "2026-01", "obligation": 99_999,
         "reason": "error"},
        {"kind": "run.final", "cycle": "2026-01"}, {"kind": "run.final", "cycle": "none"},
    ],
)  # fmt: skip
def test_who_has_no_right_to_an_act_learns_nothing_by_drafting_it(
    made: MadeService, body: dict[str, Any]
) -> None:
    """That there is no such right comes before whether there is such a thing, or its time: O3 may
    draft acts, but none of these kinds."""
    answer = made.desk("O3").post("/acts", body)
    assert code(answer) == (403, "NotPermitted"), answer.text
    assert body["kind"] in answer.json()["detail"]
    if body["kind"] == "run.final":
        answer = made.desk("O3").post("/acts", body, Prefer="respond-async")
        assert code(answer) == (403, "NotPermitted"), answer.text


def test_an_act_goes_from_draft_to_done(made: MadeService) -> None:
    """Nothing happens by a draft or a proposal; the second signature does it, and it is logged."""
    act = draft(made.desk("P1"))
    assert act["state"] == "drafted"
    assert made.desk("P2").get(f"/acts/{act['number']}").status_code == 404
    signature = made.sign("P1", act["to_sign"]["maker"])
    made.desk("P1").post(f"/acts/{act['number']}/signature", {"signature": signature})
    assert not paused(made)
    shown = made.desk("P2").get(f"/acts/{act['number']}").json()
    assert (shown["digest"], shown["state"]) == (act["digest"], "proposed")
    done = approve(made, "P2", shown)
    assert (done.json()["state"], done.json()["checker"]) == ("done", "P2")
    assert paused(made)
    entries = made.house.audit.entries(outcome="done", most=1000)
    acts = [(one["what"], one["caller"]) for one in entries if one["what"] != "session"]
    assert acts[-3:] == [
        ("acts.make", "P1"), ("acts.make", "P1"), ("acts.check", "P2"),
    ]  # fmt: skip
    act = draft(made.desk("P1"), PAUSE | {"ends": True})
    signature = made.sign("P1", act["to_sign"]["maker"])
    made.desk("P1").post(f"/acts/{act['number']}/signature", {"signature": signature})
    assert approve(made, "P2", act).json()["state"] == "done"
    assert not paused(made)
    assert made.house.journal.verify().ok


def test_nobody_approves_their_own(made: MadeService) -> None:
    act, before = propose(made), refusals(made)
    assert code(approve(made, "P1", act)) == (403, "SecondApproverRequired")
    assert refusals(made) == before + 1
    assert not paused(made)


def test_a_second_account_of_one_person_is_refused(made: MadeService) -> None:
    """The same identity paper or the same key under another id is nobody new."""
    desk, before = made.desk("P1"), refusals(made)
    body = {"kind": "person.admit", "person": "P9", "name": "Person again",
            "identity": "passport NL O3", "public_key": "11" * 32, "rights": []}  # fmt: skip
    fresh = body | {"public_key": SigningKey.new().public_key}
    assert code(desk.post("/acts", fresh)) == (409, "DuplicatePerson")
    same_key = fresh | {"identity": "passport NL 9", "public_key": made.keys["O3"].public_key}
    assert code(desk.post("/acts", same_key)) == (409, "DuplicatePerson")
    assert refusals(made) == before + 2


def test_changed_content_is_not_approved(made: MadeService) -> None:
    """A digest that is not the act's, and an act whose row was changed: both are refused."""
    act, before = propose(made), refusals(made)
    other = propose(made)
    assert code(approve(made, "P2", act, digest=other["digest"])) == (409, "StaleApproval")
    assert code(approve(made, "P2", act, signature=made.sign(
        "P2", other["to_sign"]["checker"]
    ))) == (403, "WrongKey")  # fmt: skip
    assert refusals(made) == before + 2
    raw = made.house.database
    with raw.unit("attack") as unit:
        unit.run(sa.text("DROP TRIGGER act_is_kept"))
        unit.run(sa.text("UPDATE act SET content = replace(content, 'books', 'cooks') "
                         "WHERE id = :id"), {"id": act["number"]})  # fmt: skip
    assert code(approve(made, "P2", act)) == (409, "ActChanged")
    assert refusals(made) == before + 3
    assert not paused(made)


def test_a_replayed_approval_does_nothing(made: MadeService) -> None:
    """The same approval again: with its key the same answer, without it a refusal."""
    act = propose(made)
    body = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    path = f"/acts/{act['number']}/approval"
    first = made.desk("P2").post(path, body, key="approve-once")
    entries = made.house.journal.head()
    again = made.desk("P2").post(path, body, key="approve-once")
    assert (first.status_code, again.text) == (200, first.text)
    before = refusals(made)
    assert code(made.desk("P2").post(path, body)) == (409, "StaleApproval")
    assert made.house.journal.head() == entries
    assert refusals(made) == before + 1
    act = draft(made.desk("P1"), PAUSE | {"ends": True})
    signature = made.sign("P1", act["to_sign"]["maker"])
    made.desk("P1").post(f"/acts/{act['number']}/signature", {"signature": signature})
    assert approve(made, "P2", act).status_code == 200


def test_the_makers_signature_is_not_the_checkers(made: MadeService) -> None:
    act = propose(made)
    wrong = made.sign("P2", act["to_sign"]["maker"])
    assert code(approve(made, "P2", act, signature=wrong)) == (403, "WrongKey")
    theirs = made.sign("P1", act["to_sign"]["checker"])
    assert code(approve(made, "P2", act, signature=theirs)) == (403, "WrongKey")
    assert not paused(made)


def test_a_draft_is_its_makers_alone(made: MadeService) -> None:
    act, before = draft(made.desk("P1")), refusals(made)
    path = f"/acts/{act['number']}/signature"
    theirs = made.sign("P2", act["to_sign"]["maker"])
    assert code(made.desk("P2").post(path, {"signature": theirs})) == (403, "NotPermitted")
    assert code(made.desk("P1").post(path, {"signature": theirs})) == (403, "WrongKey")
    assert code(approve(made, "P2", act)) == (403, "NotPermitted")
    assert refusals(made) == before + 3


def test_a_direct_call_is_refused_as_well(made: MadeService) -> None:
    """Past the service, at the flow itself: no role, no right, no signature is made up for."""
    act, before = propose(made), refusals(made)
    people = made.house.people
    key, signed = made.keys["O3"].public_key, made.sign("O3", act["to_sign"]["checker"])
    with pytest.raises(Forbidden, match="this key is not"):
        people.approve(act["number"], "P2", Given(key, signed))
    with pytest.raises(Forbidden):
        people.approve(act["number"], "P1", made.keys["P1"])
    with pytest.raises(Forbidden, match="none was given"):
        people.approve(act["number"], "P2", Draft(made.keys["P2"].public_key))
    people.approve(act["number"], "P2", made.keys["P2"])
    with pytest.raises(Conflict):
        people.approve(act["number"], "O3", made.keys["O3"])
    assert refusals(made) == before + 4
    both = people.propose("cycle.pause", {"cycle": "2026-01", "paused": False, "reason": "on"},
                          "P1", made.keys["P1"])  # fmt: skip
    people.approve(both, "O3", made.keys["O3"])


def test_past_the_console_the_same_is_refused(made: MadeService) -> None:
    """The API is asked directly with the console's cookie: one's own act, another's signature and
    another digest are refused and written down; without the mark of the session nothing is done."""
    act, before = propose(made), refusals(made)
    path = f"/acts/{act['number']}/approval"
    own = {"digest": act["digest"], "signature": made.sign("P1", act["to_sign"]["checker"])}
    assert code(made.desk("P1").post(path, own)) == (403, "SecondApproverRequired")
    assert code(made.desk("P2").post(path, own)) == (403, "WrongKey")
    theirs = own | {"signature": made.sign("P2", act["to_sign"]["checker"])}
    assert code(made.desk("P2").post(path, theirs | {"digest": "0" * 64})) == (409, "StaleApproval")
    assert refusals(made) == before + 3
    forged = made.desk("P2").post(path, theirs, **{"X-CSRF-Token": ""})
    assert code(forged) == (403, "ForgedRequest")
    assert made.house.people.find_act(act["number"])["state"] == "proposed"
    assert not paused(made)


def test_who_has_the_role_but_no_right_signs_nothing(made: MadeService) -> None:
    """A role lets somebody in; each kind of act takes the right of its name besides."""
    before = refusals(made)
    body = {"kind": "fixing.declare", "cycle": "2026-01", "rates": {"EUR": "1"}, "source": "x"}
    assert code(made.desk("O3").post("/acts", body)) == (403, "NotPermitted")
    assert refusals(made) == before + 1


def test_a_program_signs_nothing(made: MadeService) -> None:
    act, before = propose(made), refusals(made)
    program = made.program("operator")
    assert code(program.post("/acts", PAUSE)) == (403, "BeyondRights")
    body = {"digest": act["digest"], "signature": made.sign("P2", act["to_sign"]["checker"])}
    path = f"/acts/{act['number']}/approval"
    assert code(program.post(path, body)) == (403, "BeyondRights")
    assert refusals(made) == before + 2


def test_what_is_signed_stays_so_in_the_database(tmp_path: Path) -> None:
    """Not even plain SQL puts a signature under what is proposed, or signs a draft backwards."""
    made = worked_service(tmp_path / "house")
    act = propose(made)
    for change in (
        "UPDATE act SET signature = 'ff' WHERE id = :id",
        "UPDATE act SET state = 'drafted' WHERE id = :id",
        "UPDATE act SET made_at = '2020' WHERE id = :id",
    ):
        with pytest.raises(Conflict), made.house.database.unit("attack") as unit:
            unit.run(sa.text(change), {"id": act["number"]})
    act = draft(made.desk("P1"))
    with pytest.raises(Conflict), made.house.database.unit("attack") as unit:
        unit.run(sa.text("UPDATE act SET state = 'proposed' WHERE id = :id"),
                 {"id": act["number"]})  # fmt: skip
