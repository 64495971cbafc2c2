# SPDX-License-Identifier: Apache-2.0
"""``skontro init``: a house from its rules and its founders' keys; ``skontro upgrade``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skontro.cli.house.desk import HERE, HOUSE_PASSPHRASE, AsJson, Folder, examples

if TYPE_CHECKING:
    from skontro.flow.house import House

EXAMPLES = examples(
    "skontro init --example > house.toml",
    "skontro init house.toml --house h/ --key P1=keys/p1.pem --key P2=keys/p2.pem",
    "skontro init house.toml --house h/ --key P1=keys/p1.pem --key P2=keys/p2.pem "
    "--db postgresql://skontro@localhost/house",
)


def init(
    rules: Annotated[
        Path | None, typer.Argument(metavar="[house.toml]", help="The rules of the house.")
    ] = None,
    folder: Folder = HERE,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="PERSON=KEY",
            help="Each founder's key: a file made by skontro people key, or the public key itself.",
        ),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(
            "--db", metavar="URL", envvar="SKONTRO_DB",
            help="Its database, postgresql://...; else a file in the folder.",
        ),
    ] = None,
    house_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--house-passphrase-file", "--passphrase-file", metavar="FILE",
            help=f"File with the passphrase that is to lock the house's own key; else "
            f"{HOUSE_PASSPHRASE}, else it is asked for.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="What a demo house's clock shows.")
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print an example of house.toml, and do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a house from its rules, read from one file that a person can read too."""
    if example:
        _print_example()
        return
    if rules is None:
        raise typer.BadParameter("give the rules, or see an example with: skontro init --example")
    from skontro.cli.house.desk import instant, passphrase
    from skontro.flow.house import House
    from skontro.house.acts import RIGHTS
    from skontro.messages.house_files import read_rules
    from skontro.ops.clock import SetClock

    said = read_rules(rules, RIGHTS)
    if at is not None and said.kind != "demo":
        raise typer.BadParameter("--at is for a demo house: a live one has the machine's clock")
    keys = _public_keys(key or [])
    secret = passphrase(
        house_passphrase_file, HOUSE_PASSPHRASE, f"the key of house {said.id}", is_new=True
    )
    clock = None if at is None else SetClock(instant(at))
    with House.create(
        folder, said, keys, passphrase=secret, database_url=db, clock=clock
    ) as opened:
        _tell_opened(opened, keys, as_json=as_json)


def _print_example() -> None:
    from skontro.cli.outcome import write_out
    from skontro.house.rules_file import example_rules

    write_out(example_rules())


def _tell_opened(opened: House, keys: dict[str, str], *, as_json: bool) -> None:
    from skontro.cli.house.desk import tell
    from skontro.cli.house.shown import figures

    number, digest = opened.journal.head()
    where = "house.db in the folder"
    if not opened.database.is_sqlite:
        shown = opened.database.url.render_as_string(hide_password=True)
        where = shown.replace("postgresql+psycopg", "postgresql", 1)
    own = opened.statements.key_in_use()["public_key"]
    value = {
        "name": opened.name, "folder": str(opened.folder), "database": where, "people": keys,
        "house_key": own, "head": {"number": number, "hash": digest},
        "concerns": (concerns := opened.database.concerns()),
    }  # fmt: skip
    lines = {
        "folder": opened.folder, "database": where, "journal head": f"{number}:{digest}",
        "house's key": own,
    } | {f"key of {person}": text for person, text in keys.items()}

    def text() -> str:
        return (
            f"house {opened.id} is open: {opened.name}\n{figures(lines)}\n"
            + "".join(f"CAUTION: {concern}\n" for concern in concerns)
            + "keep the journal head elsewhere: it guards what is before it\n"
            f"next: export SKONTRO_HOUSE={opened.folder}, then: skontro gate lists import FILE"
        )

    tell(opened.id, opened.kind, value, text, as_json=as_json)


UPGRADE_EXAMPLES = examples(
    "skontro upgrade",
    "skontro upgrade --db postgresql://owner@localhost/house --role skontro",
)


def upgrade(
    folder: Folder = HERE,
    db: Annotated[
        str | None,
        typer.Option(
            "--db", metavar="URL", envvar="SKONTRO_DB",
            help="How the owner of the tables reaches the database, if it is another role.",
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(help="The role the house works with: it is given exactly what it needs."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a house's tables up to this release; make a backup first.

    It is safe to repeat, and to be killed half-way.
    """
    from skontro.cli.outcome import write_out
    from skontro.cli.shown import json_text
    from skontro.flow.house import House

    done = House.upgrade(folder, database_url=db, application=role)
    if as_json:
        write_out(json_text({"folder": str(folder), "put_in": done}))
    elif done:
        write_out(f"the tables were brought up to this release: {', '.join(done)} put in")
    else:
        write_out("the tables are those of this release: nothing to do")


def _public_keys(given: list[str]) -> dict[str, str]:
    keys = dict[str, str]()
    for person, text in map(_pair, given):
        if person in keys:
            raise typer.BadParameter(f"{person} has two keys here: give each founder one")
        keys[person] = public_key(text)
    return keys


def _pair(text: str) -> tuple[str, str]:
    person, equals, key = text.partition("=")
    if not equals or not person or not key:
        raise typer.BadParameter(f"{text!r} is not PERSON=KEY, as in P1=keys/p1.pem")
    return person, key


def public_key(text: str) -> str:
    """Return a public key that was given as itself, in a file, or with the locked key.

    Args:
        text: 64 hexadecimal digits; or a file with them; or a key file made by ``skontro people
            key``, beside which they lie in a file whose name ends in ``.pub``.

    Raises:
        Rejected: It is none of these.
    """
    from skontro.core.errors import NoSuchFile, UnreadableFile
    from skontro.house.acts import check_public_key

    found = text
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        path = Path(text)
        path = path.with_suffix(".pub") if path.suffix == ".pem" else path
        try:
            found = path.read_text("utf-8").strip()
        except OSError:
            raise NoSuchFile(
                f"{path}: no public key there",
                next_step="give the 64 digits that skontro people key printed, or its file",
            ) from None
        except UnicodeDecodeError:
            raise UnreadableFile(f"{path} holds no public key") from None
    check_public_key(found)
    return found
