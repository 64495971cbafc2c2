# SPDX-License-Identifier: Apache-2.0
"""The gate, for compliance alone: cases, what it judges by, what an alert reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Conflict, Forbidden, Rejected, SkontroError
from skontro.flow.times import from_text

routes = APIRouter()

PAGE, FLAGS = 100, 50

STATES = ("open", "cleared", "confirmed", "released")
PARTS = (
    ("/console/gate", "Cases"), ("/console/gate/held", "Held"),
    ("/console/gate/lists", "Lists and packs"), ("/console/gate/licences", "Licences"),
    ("/console/gate/customs", "Customs"), ("/console/gate/reach", "What an alert reaches"),
    ("/console/gate/final", "Held of what is final"),
    ("/console/gate/without", "What a freeze did"),
)  # fmt: skip
"""The pages of the gate."""
OF_PARTY = (("not the same", "They are not the same: let the firm go on"),
            ("the same", "They are the same: freeze"))  # fmt: skip
OF_FLAG = (("explained", "Explained: let it go on"), ("upheld", "Upheld: it stays out"))
SIDES = (
    ("names", "Names"), ("kind", "Kind"), ("identifiers", "Identifiers"), ("dates", "Dates"),
    ("countries", "Countries"), ("programmes", "Programmes"), ("text", "What the list says"),
)  # fmt: skip
"""What is told of a party and of an entry, in this order."""


class SideBySide(NamedTuple):
    """One line of a case: what is said of the party, and what the list says.

    Attributes:
        what: What it is.
        ours: Of the party, a text a line.
        theirs: Of the entry.
    """

    what: str
    ours: list[str]
    theirs: list[str]


def side_by_side(evidence: Mapping[str, Any]) -> list[SideBySide]:
    """Return the lines of a case that say something on either side.

    Example:
        >>> side_by_side({"subject": {"names": ["Old Oak"]}, "entry": {"countries": ["NL"]}})[0]
        SideBySide(what='Names', ours=['Old Oak'], theirs=[])
    """
    ours, theirs = evidence.get("subject") or {}, evidence.get("entry") or {}
    lines = [SideBySide(says, _texts(ours.get(name)), _texts(theirs.get(name)))
             for name, says in SIDES]  # fmt: skip
    return [one for one in lines if one.ours or one.theirs]


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        name = value.get("text") or value.get("value") or ""
        more = [value.get(one) for one in ("quality", "kind", "country")]
        said = ", ".join(str(one) for one in more if one and one != "primary")
        return [f"{name} ({said})" if said else str(name)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return [str(value)]


@routes.get("/gate")
def table(visit: Visitor, state: str = "open", after: int = 0) -> Response:
    """Show the cases."""
    seat, why = visit.seat.gate, None
    state = state if state in STATES else "open"
    lists = seat.lists()
    try:
        cases = seat.cases([state], after=max(0, after), most=PAGE)
    except SkontroError as error:
        cases, why = [], error
    return visit.page("gate", lists=lists, cases=cases, why=why, state=state, states=STATES,
                      parts_of=PARTS,
                      next=cases[-1]["case"] if len(cases) == PAGE else None)  # fmt: skip


@routes.get("/gate/lists")
def lists(visit: Visitor) -> Response:
    """Show the lists and rule packs in force, with their age."""
    return _lists(visit)


def _lists(visit: Visit, *, told: Any = None, error: SkontroError | None = None) -> Response:
    seat, now = visit.seat.gate, visit.house.now
    rows = [one | {"age": (now - from_text(one["dated"])).days if one.get("dated") else None}
            for one in seat.lists()]  # fmt: skip
    return visit.page(
        "gate-lists", status=200 if error is None else 422, rows=rows, packs=seat.packs(),
        parts_of=PARTS, limit=visit.house.rules.list_limit_days, told=told, error=error,
        given={name: visit.text(name, 200) for name in ("source", "dated", "name")},
        may_draft=visit.seat.acts.may_make("list.smaller"),
        most=visit.settings.list_bytes >> 20,
    )  # fmt: skip


@routes.post("/gate/lists")
def take_list(visit: Visitor) -> Response:
    """Take a list into force, or draft the act that lets a smaller one in."""
    seat, source = visit.seat.gate, visit.text("source", 200)
    try:
        with _chosen(visit, "list") as path:
            ready = seat.read_list(path, dated=visit.text("dated", 40), name=visit.text("name", 60))
            if visit.text("two", 5) == "yes":
                made = visit.work(lambda: {"number": seat.draft_smaller(ready, source)["number"]})
                return visit.go(f"/acts/{made['number']}", "drafted")
            told = visit.work(lambda: seat.take_list(ready, source))
    except Forbidden:
        raise
    except SkontroError as error:
        return _lists(visit, error=error)
    return _lists(visit, told=told)


@contextmanager
def _chosen(visit: Visit, name: str) -> Iterator[Path]:
    """Yield a file of a form, where it may be read.

    Raises:
        Rejected: None was chosen.
    """
    given = visit.form.get(name)
    called = str(getattr(given, "filename", "") or "")[:200]
    with visit.seat.gate.handed_in(called) as path:
        if not called or given is None or isinstance(given, str):
            raise Rejected("no file was chosen", code="InvalidOptions",
                           next_step="choose one")  # fmt: skip
        with path.open("wb") as file:
            while part := given.file.read(1 << 20):
                file.write(part)
        yield path


@routes.get("/gate/held")
def held(visit: Visitor, after: int = 0, flag: int = 0) -> Response:
    """Show what is held for what it is for, and the flags that wait."""
    rows = visit.seat.gate.held(after=max(0, after), most=PAGE)
    flags = visit.seat.gate.flags(after=max(0, flag), most=FLAGS)
    return visit.page("gate-held", rows=rows, flags=flags, parts_of=PARTS, after=after, flag=flag,
                      next=rows[-1]["obligation"] if len(rows) == PAGE else None,
                      next_flag=flags[-1]["case"] if len(flags) == FLAGS else None)  # fmt: skip


@routes.get("/gate/licences")
def licences(visit: Visitor) -> Response:
    """Show the licences."""
    return visit.page("gate-licences", rows=visit.seat.gate.licences(), one=None, parts_of=PARTS)


@routes.get("/gate/licences/{number}")
def licence(visit: Visitor, number: str) -> Response:
    """Show a licence, and what was taken of it."""
    return visit.page("gate-licences", rows=[], one=visit.seat.gate.licence(number),
                      parts_of=PARTS)  # fmt: skip


@routes.get("/gate/customs")
def customs(visit: Visitor) -> Response:
    """Show the files of customs."""
    return _customs(visit)


def _customs(visit: Visit, *, told: Any = None, error: SkontroError | None = None) -> Response:
    return visit.page(
        "gate-customs", status=200 if error is None else 422, rows=visit.seat.gate.customs(),
        parts_of=PARTS, told=told, error=error, sides=[one.id for one in visit.house.rules.sides],
        given={name: visit.text(name, 200) for name in ("side", "source", "dated")},
        most=visit.settings.list_bytes >> 20,
    )  # fmt: skip


@routes.post("/gate/customs")
def take_customs(visit: Visitor) -> Response:
    """Take a file of a side's customs into force."""
    seat = visit.seat.gate
    try:
        with _chosen(visit, "declarations") as path:
            told = visit.work(lambda: seat.take_customs(
                path, visit.text("side", 64), source=visit.text("source", 200),
                dated=visit.text("dated", 40),
            ))  # fmt: skip
    except Forbidden:
        raise
    except SkontroError as error:
        return _customs(visit, error=error)
    return _customs(visit, told=told)


@routes.get("/gate/reach")
def reach(visit: Visitor, firm: str = "") -> Response:
    """Show what an alert on a firm reaches."""
    found = visit.seat.gate.exposure(firm[:64]) if firm else None
    _ = visit.actor.scope("gate.read")
    return visit.page("gate-reach", firm=firm, found=found, parts_of=PARTS)


@routes.get("/gate/final")
def held_of_final(visit: Visitor, cycle: str = "") -> Response:
    """Show what the gate no longer releases of what is final in a cycle."""
    _ = visit.actor.scope("gate.read")
    found: Any = None
    why: SkontroError | None = None
    if cycle:
        try:
            found = visit.seat.gate.exposure_of_goods(cycle[:64])
        except (Conflict, Rejected) as error:
            why = error
    cycles = [one["id"] for one in visit.seat.cycles.table()]
    return visit.page("gate-final", cycle=cycle, found=found, why=why, cycles=cycles[::-1],
                      parts_of=PARTS)  # fmt: skip


@routes.get("/gate/without")
def without(visit: Visitor, cycle: str = "", firm: str = "") -> Response:
    """Show a published run beside the one with a party's held obligations."""
    _ = visit.actor.scope("gate.read")
    found: Any = None
    why: SkontroError | None = None
    if cycle and firm:
        try:
            found = visit.seat.gate.counterfactual(cycle[:64], firm[:64])
        except Rejected as error:
            why = error
    cycles = [one["id"] for one in visit.seat.cycles.table()]
    return visit.page("gate-without", cycle=cycle, firm=firm, found=found, why=why,
                      cycles=cycles[::-1], unit=visit.house.unit, parts_of=PARTS)  # fmt: skip


@routes.get("/gate/cases/{number}")
def one(visit: Visitor, number: int) -> Response:
    """Show a case: both sides of it, and why it is one."""
    return _case(visit, number, None)


def _case(visit: Visit, number: int, error: SkontroError | None) -> Response:
    found = visit.seat.gate.case(number)
    is_flag = found["subject_kind"] == "obligation"
    evidence = found["evidence"] or {}
    given = {name: visit.text(name) for name in ("reason", "order", "decision")}
    return visit.page(
        "case", status=200 if error is None else 422, one=found, is_flag=is_flag,
        lines=side_by_side(evidence), points=evidence.get("points") or [],
        flag=evidence.get("flag") or {}, listed=evidence.get("list") or {},
        choices=OF_FLAG if is_flag else OF_PARTY, error=error, given=given, parts_of=PARTS,
    )  # fmt: skip


@routes.post("/gate/cases/{number}/note")
def note(visit: Visitor, number: int) -> Response:
    """Write something down on a case."""
    visit.work(lambda: bool(visit.seat.gate.note(number, visit.text("text"))))
    return visit.go(f"/gate/cases/{number}", "noted")


@routes.post("/gate/cases/{number}/report")
def report(visit: Visitor, number: int) -> Response:
    """Give the report of a case to the authority: a form, for that it is made is written down."""
    paper = visit.seat.gate.report(number)
    return Response(paper.as_bytes(), 200, {
        "Content-Disposition": f'attachment; filename="case-{number}.json"'
    }, "application/json")  # fmt: skip


@routes.post("/gate/cases/{number}/decision")
def decide(visit: Visitor, number: int) -> Response:
    """Draft a decision on a case; nothing happens before two people signed it."""
    given: dict[str, Any] = {"case": number, "reason": visit.text("reason")}
    kind = "case.decide"
    if visit.text("decision", 40) == "let go":
        kind, given["order"] = "case.release", visit.text("order")
    else:
        given["decision"] = visit.text("decision", 40)
    try:
        made = visit.work(lambda: {"number": visit.seat.acts.draft(kind, given)["number"]})
    except SkontroError as error:
        return _case(visit, number, error)
    return visit.go(f"/acts/{made['number']}", "drafted")
