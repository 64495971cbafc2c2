# SPDX-License-Identifier: Apache-2.0
"""``skontro cycle``: a session of the house, step by step."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    HouseLocked,
    Locked,
    Shown,
    Signed,
    Step,
    StepKey,
    Who,
    day,
    examples,
    group,
    instant,
    many,
)

app = group("The sessions: open, cut off, run, correct, make final, close.")

Cycle = Annotated[str, typer.Argument(metavar="CYCLE", help="Id of the cycle, such as 2026-01.")]
BY = "--as P1 --key keys/p1.pem"


class Reason(enum.StrEnum):
    """Why an obligation is taken out in the correction window."""

    CONSENT = "consent"
    ERROR = "error"
    REVIEW = "house-review"


@app.command("open", epilog=examples("skontro cycle open"))
def open_cycle(
    after: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="The first one after this day; else after the last one."),
    ] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Open the next cycle, with the times that the house's calendar gives it."""
    from_day = None if after is None else datetime.date.fromisoformat(day(after))
    with Desk(folder, as_json) as desk:
        dates = desk.house.cycles.next_dates(from_day)
        desk.house.cycles.open(dates)
        _tell_cycle(desk, dates.id)


@app.command("list", epilog=examples("skontro cycle list"))
def list_cycles(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every cycle, oldest first."""
    with Desk(folder, as_json) as desk:
        found = desk.house.cycles.table()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            heads = ("cycle", "state", "business day", "cut-off", "window ends", "pay-ins by")
            rows = [
                (one["id"], _state(one), one["business_day"], at(one["cut_off_at"]),
                 at(one["window_ends_at"]), at(one["pay_in_deadline"]))
                for one in found
            ]  # fmt: skip
            return table_text(heads, rows, none="no cycle was opened yet: skontro cycle open")

        desk.tell({"cycles": found}, text)


def _state(cycle: Mapping[str, Any]) -> str:
    return f"{cycle['state']}, paused" if cycle["paused"] else str(cycle["state"])


@app.command("show", epilog=examples("skontro cycle show 2026-01"))
def show(cycle: Cycle, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show a cycle: its times, the steps taken, the runs, and what can be done next."""
    with Desk(folder, as_json) as desk:
        _tell_cycle(desk, cycle)


def _tell_cycle(desk: Desk, cycle: str) -> None:
    from skontro.house.states import CYCLE_STATES, CYCLE_STEPS

    found = desk.house.cycles.show(cycle)
    found["steps"].sort(key=lambda one: (list(CYCLE_STEPS).index(one["step"]), one["number"]))
    steps = [command_of(name, cycle) for name, one in CYCLE_STEPS.items()
             if one.before == found["state"] and name != "recast"]  # fmt: skip

    def text() -> str:
        from skontro.cli.house.shown import at, figures, table_text

        lines = {
            "cycle": found["id"], "state": f"{_state(found)}: {CYCLE_STATES[found['state']]}",
            "business day": found["business_day"], "cut-off": at(found["cut_off_at"]),
            "window ends": at(found["window_ends_at"]),
            "pay-ins by": at(found["pay_in_deadline"]), "next": ", or ".join(steps) or "nothing",
        }  # fmt: skip
        parts = [figures(lines)]
        if found["steps"]:
            rows = [(one["step"].replace("_", "-"), at(one["at"]), one["person"])
                    for one in found["steps"]]  # fmt: skip
            parts.append(table_text(("step", "taken", "by"), rows))
        if found["runs"]:
            parts.append(_runs_text(found["runs"]))
        return "\n\n".join(parts)

    desk.tell({"cycle": found, "next": steps}, text)


OF_MONEY = {"instruct": "instruct", "pool": "missed", "recast": "recast", "plan": "plan",
            "settle": "settle"}  # fmt: skip
"""Steps of a cycle that are commands of ``skontro settlement``, and which."""


def command_of(step: str, cycle: str) -> str:
    """Return the command that takes a step of a cycle.

    Example:
        >>> command_of("cut_off", "2026-01"), command_of("plan", "2026-01")
        ('skontro cycle cut-off 2026-01', 'skontro settlement plan 2026-01')
    """
    if step in OF_MONEY:
        return f"skontro settlement {OF_MONEY[step]} {cycle}"
    return f"skontro cycle {step.replace('_', '-')} {cycle}"


def _runs_text(runs: list[dict[str, Any]]) -> str:
    from skontro.cli.house.shown import figures_of, table_text

    rows = [
        (one["kind"], block["unit"], *figures_of(block), one["result_digest"][:16])
        for one in runs
        for block in one["summary"]["blocks"]
    ]
    heads = ("run", "unit", "gross", "set off", "with cash", "left", "result")
    return table_text(heads, rows, right=heads[2:6])


# ---- acts --------------------------------------------------------------------------------------


@app.command(
    "fixing",
    epilog=examples(
        f'skontro cycle fixing 2026-01 fixing.csv --source "central bank, 30 Jan 2026" {BY}'
    ),
)
def fixing(
    cycle: Cycle,
    file: Annotated[
        Path,
        typer.Argument(
            help="Columns currency and rate: what one unit of it is worth in the house's unit, "
            "as an exact decimal or a fraction such as 1/90."
        ),
    ],
    source: Annotated[str, typer.Option(help="Where the rates come from, and of when.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose the exchange rates of a cycle."""
    from skontro.messages.house_files import read_fixing

    with Desk(folder, as_json) as desk:
        rates = read_fixing(file, desk.house.unit)
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.cycles.propose_fixing(cycle, rates, source, who, signer))


@app.command(
    "correct", epilog=examples(f"skontro cycle correct 2026-01 17 --reason consent {BY}")
)
def correct(
    cycle: Cycle,
    obligation: Annotated[int, typer.Argument(help="Number of the obligation.")],
    reason: Annotated[
        Reason, typer.Option(help="consent: of both parties; error: upheld by two people.")
    ],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to take an obligation out while the correction window is open."""
    with Desk(folder, as_json) as desk:
        number = desk.house.cycles.propose_correction(
            cycle, obligation, reason.value.replace("-", " "), who,
            desk.signer(key, passphrase_file),
        )  # fmt: skip
        desk.tell_act(number)


@app.command("final", epilog=examples(f"skontro cycle final 2026-01 {BY}"))
def final(
    cycle: Cycle,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Run on the irrevocable set and propose its result as final.

    The act names the digest of the result: what the second person approves is exactly what is
    published, and then the set-off is final.
    """
    with Desk(folder, as_json, progress=progress) as desk:
        signer = desk.signer(key, passphrase_file)
        with desk.working("running"):
            number = desk.house.cycles.propose_final(cycle, who, signer)
        desk.tell_act(number)


@app.command(
    "extend",
    epilog=examples(f"skontro cycle extend 2026-01 --cut-off 2026-01-30T18:00+01:00 {BY}"),
)
def extend(
    cycle: Cycle,
    who: Who,
    key: Signed,
    cut_off: Annotated[str | None, typer.Option(metavar="TIME", help="New cut-off.")] = None,
    window_ends: Annotated[
        str | None, typer.Option(metavar="TIME", help="New end of the correction window.")
    ] = None,
    pay_in_deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="New time by which pay-ins must arrive.")
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to move times of a cycle on; they are never moved back."""
    given = {
        "cut_off_at": cut_off, "window_ends_at": window_ends, "pay_in_deadline": pay_in_deadline,
    }  # fmt: skip
    times = {name: instant(text) for name, text in given.items() if text is not None}
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.rule_book.propose_times(cycle, who, signer, **times))


@app.command("pause", epilog=examples(f'skontro cycle pause 2026-01 --reason "bank down" {BY}'))
def pause(
    cycle: Cycle,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; no names.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to pause a cycle, so that no step of it is taken."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.rule_book.propose_pause(cycle, reason, who, signer))


@app.command("resume", epilog=examples(f'skontro cycle resume 2026-01 --reason "bank up" {BY}'))
def resume(
    cycle: Cycle,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; no names.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let a paused cycle go on."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.rule_book.propose_pause(cycle, reason, who, signer, ends=True))


# ---- steps -------------------------------------------------------------------------------------


@app.command("cut-off", epilog=examples("skontro cycle cut-off 2026-01"))
def cut_off(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Freeze what may be entered, and hash it; the gate judges all of it first."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("cutting off"):
            found = desk.house.cycles.cut_off(cycle, person=person)
        _tell_step(
            desk, cycle, found,
            lambda: f"cycle {cycle} is cut off: {found['entered']:,} entered, "
            f"{found['held']:,} not in this cycle: house review\nset: {found['set']}",
        )  # fmt: skip


@app.command("preliminary", epilog=examples("skontro cycle preliminary 2026-01"))
def preliminary(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Run on the frozen set and report; the correction window is open."""
    from skontro.cli.house.shown import run_text

    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("running"):
            found = desk.house.cycles.preliminary(cycle, person=person)
        _tell_step(
            desk, cycle, {"summary": found},
            lambda: f"preliminary run of {cycle}: nothing is final yet\n{run_text(found)}",
        )  # fmt: skip


@app.command("irrevocable", epilog=examples("skontro cycle irrevocable 2026-01"))
def irrevocable(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """End the correction window: all that stayed is bound."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("judging"):
            found = desk.house.cycles.irrevocable(cycle, person=person)
        _tell_step(
            desk, cycle, found,
            lambda: f"cycle {cycle} is irrevocable: {found['members']:,} bound, "
            f"{found['left']:,} let out: house review\nset: {found['set']}",
        )  # fmt: skip


@app.command("close", epilog=examples("skontro cycle close 2026-01"))
def close(
    cycle: Cycle,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """End a cycle: what is still owed rolls on to the next."""
    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        with desk.working("closing"):
            found = desk.house.cycles.close(cycle, person=person)
        _tell_step(
            desk, cycle, found,
            lambda: f"cycle {cycle} is closed: obligations discharged: {found['discharged']:,}, "
            f"rolled on: {found['rolled']:,}",
        )  # fmt: skip


def _tell_step(
    desk: Desk, cycle: str, found: Mapping[str, Any], text: Callable[[], str]
) -> None:
    desk.tell({"cycle": cycle} | dict(found), text)


@app.command(
    "package",
    epilog=examples(
        "skontro cycle package 2026-01 --out packages/",
        "skontro cycle package 2026-01 --participant A1 --out a1/",
        "skontro cycle package 2026-01 --house-package --out all/",
    ),
)
def package(
    cycle: Cycle,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder.")],
    participant: Annotated[
        list[str] | None, typer.Option(help="Whose packages alone; else everybody's.")
    ] = None,
    house_package: Annotated[
        bool,
        typer.Option("--house-package", help="The house's own instead: all of it, for auditors."),
    ] = False,
    recast: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="The house's own of a recast.")
    ] = None,
    house_passphrase_file: HouseLocked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Write the packages of a published run, each with the signed statement of publication.

    The public package is in public/, a participant's in participants/NUMBER/.
    """
    if house_package and participant:
        raise typer.BadParameter("choose one: --participant or --house-package")
    if recast is not None and not house_package:
        raise typer.BadParameter("levels of a recast stay in the house: give --house-package")
    with Desk(folder, as_json, progress=progress) as desk:
        desk.unlock(house_passphrase_file)
        papers = desk.house.statements
        with desk.working("writing packages"):
            if house_package:
                written = [papers.save_house_package(cycle, out, recast=recast)]
            else:
                written = papers.save_packages(cycle, out, participant or None)
        desk.tell(
            {"cycle": cycle, "packages": [str(place) for place in written]},
            f"{many(len(written), 'package', 'packages')}: {out}\n"
            f"check one with: skontro verify {written[-1]}"
            + ("" if house_package else f" --public {written[0]}"),
        )
