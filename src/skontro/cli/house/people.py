# SPDX-License-Identifier: Apache-2.0
"""``skontro people``: keys, persons, rights, and the acts that two of them sign."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    PASSPHRASE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Reader,
    ReaderKey,
    Signed,
    Who,
    examples,
    group,
    many,
    money,
    passphrase,
    with_left_out,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

app = group("Who works in the house, and the acts two of them sign.")

Rights = Annotated[
    list[str],
    typer.Option("--right", metavar="RIGHT", help="One of their rights; all: every one."),
]
Act = Annotated[int, typer.Argument(metavar="ACT", help="Number of the act.")]


@app.command("key", epilog=examples("skontro people key --out keys/p1.pem"))
def key(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the locked key.")],
    passphrase_file: Locked = None,
    as_json: AsJson = False,
) -> None:
    """Make a signing key, locked with a passphrase, and print its public part.

    The public part is written beside it as well, in a file whose name ends in .pub. Each person
    makes their own key, on their own machine if they can, and never hands it on.
    """
    from skontro.cli.outcome import write_out
    from skontro.cli.shown import json_text
    from skontro.core.errors import Conflict
    from skontro.ops.keys import SigningKey

    beside = out.with_suffix(".pub")
    if beside == out:
        raise typer.BadParameter("the locked key needs a name that does not end in .pub")
    if beside.exists():
        raise Conflict(f"{beside} is there already", code="TargetTaken",
                       next_step="choose another name with --out")  # fmt: skip
    made = SigningKey.new()
    made.save(out, passphrase(passphrase_file, PASSPHRASE, f"{out}", is_new=True))
    beside.write_text(made.public_key + "\n", "utf-8")
    told = {"key": str(out), "public_key": made.public_key}
    write_out(json_text(told) if as_json else made.public_key)


@app.command("list", epilog=examples("skontro people list", "skontro people list --json"))
def list_people(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show who works in the house, and what each may make and check."""
    with Desk(folder, as_json) as desk:
        people = desk.house.people.table()
        desk.tell({"people": people}, lambda: _people_text(people))


def _people_text(people: list[dict[str, Any]]) -> str:
    from skontro.cli.house.shown import table_text
    from skontro.house.acts import RIGHTS

    rows = []
    for one in people:
        rights = one["rights"]
        words = "all" if len(rights) == len(RIGHTS) else ", ".join(rights)
        rows.append((one["id"], one["name"], one["state"], one["public_key"][:16], words))
    return table_text(("id", "name", "state", "key", "rights"), rows)


@app.command(
    "admit",
    epilog=examples(
        'skontro people admit P3 --name "Carla Cedar" --identity-file paper.txt '
        "--public-key keys/p3.pub --right fixing.declare --right run.final "
        "--as P1 --key keys/p1.pem",
    ),
)
def admit(
    person: Annotated[str, typer.Argument(help="Id the house gives them.")],
    name: Annotated[str, typer.Option(help="Their name, for the register.")],
    identity_file: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="File whose first line is kind, country and number of their identity paper. "
            "Only a keyed digest of it is kept: one person has one account.",
        ),
    ],
    public_key: Annotated[
        str, typer.Option(metavar="KEY", help="Their public key, or the file with it.")
    ],
    right: Rights,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to admit a person, with a key and rights; another person approves it."""
    from skontro.cli.house.init import public_key as read_public_key
    from skontro.core.errors import NoSuchFile

    try:
        lines = identity_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise NoSuchFile(f"{identity_file}: no text can be read there") from None
    if not lines or not lines[0].strip():
        raise typer.BadParameter(f"{identity_file}: its first line is empty")
    found = read_public_key(public_key)
    with Desk(folder, as_json) as desk:
        number = desk.house.people.propose_person(
            person, name, lines[0], found, _rights(right), who,
            desk.signer(key, passphrase_file),
        )  # fmt: skip
        desk.tell_act(number)


def _rights(given: list[str]) -> list[str]:
    from skontro.house.acts import RIGHTS

    return list(RIGHTS) if given == ["all"] else given


@app.command(
    "rights",
    epilog=examples("skontro people rights P3 --right run.final --as P1 --key keys/p1.pem"),
)
def rights(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    right: Rights,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose what a person may do from now on: all their rights, not the change alone."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.people.propose_rights(person, _rights(right), who, signer))


@app.command(
    "login",
    epilog=examples("skontro people login --password-file new.secret --as P1 --key keys/p1.pem"),
)
def login(
    who: Who,
    key: Signed,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the password; else it is asked for."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Set one's password for the service, and set up the codes that go with it; shown once.

    Whoever holds the person's key does it; their sessions end. Enter the address that is printed
    in an app that shows codes of six digits.
    """
    with Desk(folder, as_json) as desk:
        desk.house.people.identify(who, desk.signer(key, passphrase_file))
        given = passphrase(password_file, "SKONTRO_PASSWORD", "the service", is_new=True)
        made = desk.house.access.set_login(who, given)
        desk.tell(made, lambda: f"login of {who} is set\ncodes  {made['uri']}")


@app.command("code", epilog=examples("skontro people code P1 --house demo/year/house"))
def code(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the code that signs somebody in now; in a demo house alone, and each code once."""
    with Desk(folder, as_json) as desk:
        now = desk.house.access.code_now(person, least_s=10)
        desk.tell({"person": person, "code": now}, now)


@app.command(
    "roles",
    epilog=examples(
        "skontro people roles P3 --role operator --as P1 --key keys/p1.pem",
        "skontro people roles C1 --role participant_clerk:A1 --as P1 --key keys/p1.pem",
        "skontro people roles X1 --role auditor:A --from 2026-01-01 --as P1 --key keys/p1.pem",
    ),
)
def roles(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    role: Annotated[
        list[str],
        typer.Option(
            "--role", metavar="ROLE[:WHERE]",
            help="One of their roles: all of them, not the change alone. WHERE is the firm of a "
            "participant's role, and an auditor's sides with commas between them.",
        ),
    ],
    who: Who,
    key: Signed,
    from_day: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First day an auditor looks at.")
    ] = "",
    until_day: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Last day an auditor looks at.")
    ] = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose in which roles a person comes in over the network; another person approves it."""
    from skontro.house.roles import Grant

    grants = []
    for given in role:
        name, _, where = given.partition(":")
        if name == "auditor":
            sides = tuple(sorted(where.split(","))) if where else ()
            grants.append(Grant(name, "", sides, from_day, until_day))
        else:
            grants.append(Grant(name, where))
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.access.propose_roles(person, grants, who, signer))


@app.command("leave", epilog=examples("skontro people leave P3 --as P1 --key keys/p1.pem"))
def leave(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to end a person's work in the house; what they signed stays signed."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.people.propose_leave(person, who, signer))


@app.command(
    "erase", epilog=examples("skontro people erase P3 --as P1 --key keys/p1.pem")
)
def erase(
    person: Annotated[str, typer.Argument(help="Id of a person who left.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to erase what the register holds of a person and need not keep any longer."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.register.propose_erasure("person", person, who, signer))


@app.command("records", epilog=examples("skontro people records P1"))
def records(
    person: Annotated[str, typer.Argument(help="Id of the person.")],
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show all that the register holds of a person, with its purpose and how long it is kept."""
    with Desk(folder, as_json) as desk:
        found = desk.house.register.records("person", person)

        def text() -> str:
            from skontro.cli.house.shown import records_text

            return records_text(found)

        names = ("id", "what", "content", "purpose", "since", "retain_until", "in_force",
                 "replaced_by")  # fmt: skip
        desk.tell({"records": [{name: one[name] for name in names} for one in found]}, text)


# ---- acts --------------------------------------------------------------------------------------


@app.command(
    "acts",
    epilog=examples(
        "skontro people acts", "skontro people acts --done", "skontro people acts --all --json",
        "skontro people acts --as P1 --key keys/p1.pem",
    ),
)
def acts(
    every: Annotated[bool, typer.Option("--all", help="Every act, whatever became of it.")] = False,
    done: Annotated[
        bool, typer.Option("--done", help="Those that were approved, with who did so and when.")
    ] = False,
    who: Reader = None,
    key: ReaderKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the acts that wait for a second person, oldest first; or those done, or all.

    Acts of the gate show to compliance and the authority alone, proved by their key.
    """
    from skontro.flow.people import ACT_STATES
    from skontro.house.acts import ACTS
    from skontro.house.roles import GATE_ACTS

    if every and done:
        raise typer.BadParameter("choose one: --all or --done")
    states = list(ACT_STATES) if every else ["done"] if done else ["proposed"]
    with Desk(folder, as_json) as desk:
        sees = desk.sees_gate(who, key, passphrase_file)
        found = [one for one in desk.house.people.acts(states)
                 if sees or one["kind"] not in GATE_ACTS]  # fmt: skip

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [
                (one["id"], one["kind"], ACTS[one["kind"]], one["maker"], at(one["made_at"]),
                 one["state"], one["checker"] or "", at(one["approved_at"] or ""))
                for one in found
            ]  # fmt: skip
            heads = ["act", "kind", "what it does", "maker", "made", "state", "checker",
                     "approved"]  # fmt: skip
            shown = 5 if states == ["proposed"] else len(heads)
            none = "no act waits" if states == ["proposed"] else "there is no such act"
            cells = [row[:shown] for row in rows]
            return with_left_out(
                table_text(heads[:shown], cells, right=("act",), none=none), sees
            )

        names = ("id", "kind", "maker", "made_at", "state", "checker", "approved_at", "digest")
        told = [{name: one[name] for name in names} for one in found]
        desk.tell({"acts": told, "shows_gate": sees}, text)


@app.command("show", epilog=examples(
    "skontro people show 3", "skontro people show 3 --as P2 --key keys/p2.pem",
))  # fmt: skip
def show(
    act: Act,
    who: Reader = None,
    key: ReaderKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show exactly what an act would do, or did, with the digest that is signed.

    What it refers to in the register is read, and checked against what the maker signed. An act
    of the gate shows to compliance and the authority alone, proved by their key.
    """
    with Desk(folder, as_json) as desk:
        found = _told(desk, act, who, key, passphrase_file)
        desk.tell({"act": found}, lambda: _act_text(desk, found))


def _told(
    desk: Desk, number: int, who: str | None, key: Path | None, passphrase_file: Path | None
) -> dict[str, Any]:
    """Return an act with its references read; one of the gate is none to who may not see it."""
    from skontro.flow.people import no_such_act
    from skontro.house.roles import GATE_ACTS

    found = desk.house.people.find_act(number)
    sees = False
    if found["kind"] in GATE_ACTS:
        if not desk.sees_gate(who, key, passphrase_file, found["kind"]):
            raise no_such_act(number)
        sees = desk.sees_gate(who, key, passphrase_file)
    told = desk.house.register.told(found["content"], sees_gate=sees)
    return {name: value for name, value in found.items() if name != "signature"} | {
        "content": told
    }


def _run_of(desk: Desk, found: Mapping[str, Any]) -> str:
    """Return what the run comes to that an act publishes, from the archive it names."""
    from skontro.cli.house.shown import run_text
    from skontro.flow.runs import archived_run

    return run_text(archived_run(desk.house, found["content"]).summary)


def _payments_of(desk: Desk, found: Mapping[str, Any]) -> str:
    """Return who is paid how much on which account by an act, with names and sums."""
    from skontro.cli.house.shown import table_text

    content = found["content"]
    code, names = content["currency"], {
        one["id"]: one["name"] for one in desk.house.participants.firms()
    }  # fmt: skip
    rows = [
        (one["pay_out"], names.get(one.get("participant"), ""), _says(one.get("account")),
         _says(one.get("payee")), money(one["amount_minor"], code), one["end_to_end"])
        for one in content["payments"]
    ]  # fmt: skip
    rows += [
        (one["border_payment"], f"side {one['creditor_side'] or 'hub'}", "", "border money",
         money(one["amount_minor"], code), one["reference"])
        for one in content["border"]
    ]  # fmt: skip
    total = sum(one["amount_minor"] for one in [*content["payments"], *content["border"]])
    heads = ("payment", "to", "account", "goes back to", "amount", "end to end")
    return (
        f"{table_text(heads, rows, right=('payment', 'amount'))}\n"
        f"{many(len(rows), 'payment', 'payments')} from side {content['side'] or 'hub'}, "
        f"{money(total, code)}"
    )


def _says(read: Mapping[str, Any] | None) -> str:
    return "" if read is None else str(read["says"] or "(erased)").strip().replace("\n", ", ")


def _act_text(desk: Desk, found: Mapping[str, Any]) -> str:
    from skontro.cli.house.shown import at, figures, tree

    number = found["id"]
    lines = {
        "act": f"{number}, {found['state']}", "kind": found["kind"], "does": found["does"],
        "maker": f"{found['maker']}, {at(found['made_at'])}",
        "checker": f"{found['checker']}, {at(found['approved_at'])}" if found["checker"] else None,
        "digest": found["digest"],
        "outcome": found["outcome"],
    }  # fmt: skip
    text = f"{figures(lines)}\n\n{tree(found['content'])}"
    shows = {"run.final": _run_of, "run.recast": _run_of, "payment.release": _payments_of}
    more = shows.get(found["kind"])
    if more is not None:
        text += f"\n\n{more(desk, found)}"
    if found["state"] == "proposed":
        text += (
            f"\n\nto approve exactly this, as another person than {found['maker']}:\n"
            f"skontro people approve {number} --as PERSON --key FILE --digest {found['digest']}"
            f"{desk.again()}"
        )
    return text


@app.command(
    "approve",
    epilog=examples(
        "skontro people approve 3 --as P2 --key keys/p2.pem",
        "skontro people approve 3 --as P2 --key keys/p2.pem --digest 5f0c...",
    ),
)
def approve(
    act: Act,
    who: Who,
    key: Signed,
    digest: Annotated[
        str | None,
        typer.Option(help="The digest that was seen: another act is refused."),
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Sign an act as its second person; with that it is done.

    At a terminal and without --digest the act is shown first, and a question asked.
    """
    from skontro.cli.outcome import ExitCode, write_note

    with Desk(folder, as_json) as desk:
        found = _told(desk, act, who, key, passphrase_file)
        if digest is None and found["state"] == "proposed" and sys.stdin.isatty():
            typer.echo(_act_text(desk, found), err=True)
            if not typer.confirm("sign it?", err=True):
                write_note("not signed: the act still waits")
                raise typer.Exit(int(ExitCode.REFUSED))
        signer = desk.signer(key, passphrase_file)
        with desk.working(found["does"]):
            outcome = desk.house.people.approve(
                act, who, signer, digest=digest or found["digest"]
            )
        value = {"act": act, "kind": found["kind"], "outcome": outcome}

        def text() -> str:
            from skontro.cli.house.shown import tree

            told = tree(outcome)
            if found["kind"] == "payment.release":
                leaves = many(outcome["payments"] + outcome["border"], "payment", "payments")
                total = money(outcome["total_minor"], found["content"]["currency"])
                files = outcome["files"]
                named = many(len(files), "file", "files").partition(" ")[2]
                told = f"{named} {', '.join(str(one) for one in files)}: {leaves}, {total}"
            return f"act {act} is done: {found['does']}\n{told}"

        desk.tell(value, text)


@app.command("withdraw", epilog=examples("skontro people withdraw 3 --as P1 --key keys/p1.pem"))
def withdraw(
    act: Act,
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take back an act of one's own that is not approved yet."""
    with Desk(folder, as_json) as desk:
        maker = desk.house.people.identify(who, desk.signer(key, passphrase_file))
        desk.house.people.withdraw(act, maker)
        desk.tell({"act": act, "state": "withdrawn"}, f"act {act} is withdrawn")
