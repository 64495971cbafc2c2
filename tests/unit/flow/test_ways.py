# SPDX-License-Identifier: Apache-2.0
"""Every way in which two people may deal with money in suspense is offered, and can be drafted."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter
from tests.made_bank import Booked
from tests.made_settlement import MadeSettlement
from tests.scenarios.test_bank_files import AtTheBank
from tests.unit.flow.test_border_back import Border, short

from skontro.api.act_bodies import Assign, DraftBody, given_of
from skontro.cli.house.settlement import assign as command
from skontro.flow.seat import Seat
from skontro.flow.seat.acts import DRAFTS
from skontro.flow.settlement import Settlement
from skontro.house.acts import Draft
from skontro.house.roles import Actor, Grant
from skontro.house.suspense_ways import BY_NAME, WAYS

BODY: TypeAdapter[Any] = TypeAdapter(DraftBody)
SAID = {(one.field, one.value): one.name for one in WAYS}


def test_every_surface_has_every_way() -> None:
    """The flow does each, the act's body and its form have a field for it, the command an option;
    and none of them has one that is not in the table."""
    assert set(Settlement.BY_WAY) == set(BY_NAME)
    fields = {name for name in Assign.model_fields if name not in ("kind", "line")}
    assert {one.field for one in WAYS if one.field} == fields
    words = get_args(get_args(Assign.model_fields["as_what"].annotation)[0])
    assert {one.value for one in WAYS if one.value} == set(words)
    options = set(inspect.signature(command).parameters) - {
        "line", "who", "key", "passphrase_file", "folder", "as_json"
    }
    assert {"return" if one == "give_back" else one for one in options} == set(BY_NAME)


def offered(made: MadeSettlement) -> dict[int, dict[str, dict[str, Any]]]:
    """What the pages offer for each line in suspense: by way, what the form is filled with."""
    bank = Seat(made.house, Actor("T1", (Grant("treasurer"),), "T1")).bank
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in bank.suspense():
        for one in row["ways"]:
            assert one["kind"] == "suspense.assign"
            takes = dict(one["takes"])
            assert takes.pop("line") == row["id"]
            (field, value), = takes.items() if takes else (("", ""),)
            name = SAID[field, value if isinstance(value, str) else ""]
            assert one["says"] == BY_NAME[name].says
            found.setdefault(row["id"], {}).setdefault(name, one["takes"])
    return found


def draft(made: MadeSettlement, takes: dict[str, Any]) -> dict[str, Any]:
    """Let the first of two people draft what a link fills in, as the form gives it."""
    body = BODY.validate_python({"kind": "suspense.assign"} | takes)
    key = Draft(made.house.people.table()[0]["public_key"])
    number = DRAFTS["suspense.assign"](made.house, given_of(body), made.p1[0], key)
    return dict(made.house.people.find_act(number)["content"])


def test_each_way_is_offered_where_it_is_open(tmp_path: Path) -> None:
    """Goal: every way of the table is offered for some line, and its link can be drafted.

    Method: a charge and a stranger's 0.40 while a pay-in is open; the same once pay-outs left; and
    hard border money that comes back short. What is no way there is not offered.
    """
    at = AtTheBank(tmp_path / "bank")
    at.called()
    at.day([Booked(-50, "2026-02-04", "C1", text="keeping"), at.came(40, "S1", name="Nobody")])
    charge, stray = (one["id"] for one in sorted(at.made.money.suspense(),
                                                 key=lambda one: one["open_minor"]))  # fmt: skip
    first = offered(at.made)
    assert set(first[charge]) == {"charge", "difference"}
    assert set(first[stray]) == {"to", "return", "missing", "difference"}
    assert first[stray]["missing"] == {"line": stray, "missing": charge}
    at.day([at.came(10000, "S2", reference=at.reference("A1"))])
    at.made.money.plan(at.made.cycle)
    at.made.money.settle(at.made.cycle)
    for one in at.made.release("A")["payments"][:1]:
        at.day([at.went(one, "W1")])
    then = offered(at.made)
    assert set(then[stray]) == {"return", "missing", "back_of_pay_out", "difference"}
    border = Border(tmp_path / "border")
    line = short(border, payer="A Bank")
    hard = offered(border.made)
    assert hard[line]["back_of_border"]["back_of_border"] == border.said["border_payment"]
    seen = {name for one in (first, then, hard) for ways in one.values() for name in ways}
    assert seen == set(BY_NAME)
    for made, ways in ((at.made, then), (border.made, hard)):
        for each in (one for line in ways.values() for one in line.values()):
            assert draft(made, each)["line"] == each["line"]


def test_what_is_missing_of_a_payment_that_came_back_may_be_a_charge(tmp_path: Path) -> None:
    border = Border(tmp_path)
    told = border.made.both(border.made.money.propose_assignment(
        short(border), *border.made.p1, back_of=("border_payment", border.said["border_payment"])
    ))
    assert "charge" in offered(border.made)[told["missing_line"]]
