# SPDX-License-Identifier: Apache-2.0
"""What every command at a house's desk shares: its folder, keys, passphrases, and its answer.

No passphrase is ever an argument: other people of the machine could read it there. It comes from
a file, from the environment, or from whoever sits at the terminal.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.ops.keys import SigningKey

HERE = Path()
HOUSE, PASSPHRASE, HOUSE_PASSPHRASE = "SKONTRO_HOUSE", "SKONTRO_PASSPHRASE", (
    "SKONTRO_HOUSE_PASSPHRASE"
)

Folder = Annotated[
    Path,
    typer.Option(
        "--house", envvar=HOUSE, metavar="DIR", show_default="the current folder",
        help="Folder of the house.",
    ),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Who = Annotated[
    str, typer.Option("--as", metavar="PERSON", envvar="SKONTRO_PERSON", help="Who signs.")
]
Signed = Annotated[
    Path,
    typer.Option("--key", metavar="FILE", envvar="SKONTRO_KEY", help="Key file of who signs."),
]
Step = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", envvar="SKONTRO_PERSON",
        help="Who takes the step, proved by --key; else nobody is written down for it.",
    ),
]  # fmt: skip
StepKey = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", envvar="SKONTRO_KEY", help="Key file of that person."),
]
Reader = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", envvar="SKONTRO_PERSON",
        help="Who looks, proved by --key: compliance and the authority see what the gate holds.",
    ),
]  # fmt: skip
ReaderKey = StepKey
Locked = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE",
        help=f"File with the key's passphrase; else {PASSPHRASE}, else it is asked for.",
    ),
]  # fmt: skip
HouseLocked = Annotated[
    Path | None,
    typer.Option(
        "--house-passphrase-file", metavar="FILE",
        help=f"File with the passphrase of the house's own key; else {HOUSE_PASSPHRASE}, else it "
        "is asked for.",
    ),
]  # fmt: skip
Shown = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="Progress on stderr.")
]


def group(words: str) -> typer.Typer:
    """Return an empty group of commands with the manners of all of them."""
    return typer.Typer(
        help=words,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def examples(*commands: str) -> str:
    """Return examples as they stand below a command's help.

    Example:
        >>> examples("skontro people list")
        'Examples:\\n\\nskontro people list'
    """
    return "Examples:\n\n" + "\n\n".join(commands)


class Desk:
    """A house with its doors open for one command.

    Attributes:
        house: The house.
    """

    house: House

    def __init__(
        self, folder: Path, as_json: bool = False, *, progress: bool | None = None
    ) -> None:
        self.folder = folder
        self.as_json = as_json
        self._progress = progress
        self._signers: dict[Path, SigningKey] = {}

    def __enter__(self) -> Desk:
        from skontro.flow.house import House

        self.house = House.open(self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.house.close()

    # ---- answering ---------------------------------------------------------------------------

    def tell(self, value: Mapping[str, Any], text: str | Callable[[], str]) -> None:
        """Print the answer: JSON for a program, else text for a person.

        A demo house says in both what it is.

        Args:
            value: The answer as plain values.
            text: The same in words, or what makes them.
        """
        tell(self.house.id, self.house.kind, value, text, as_json=self.as_json)

    def tell_act(self, number: int) -> None:
        """Print that an act was proposed, and what its checker runs next."""
        found = self.house.people.find_act(number)
        value = {name: found[name] for name in ("kind", "does", "digest", "maker", "state")}
        from skontro.house.roles import GATE_ACTS

        where = self.again()
        shown = " --as PERSON --key FILE" if found["kind"] in GATE_ACTS else ""
        self.tell(
            {"act": number} | value,
            f"act {number} is proposed: {found['does']}; nothing has happened yet\n"
            f"next, another person: skontro people show {number}{shown}{where}\n"
            f"                then: skontro people approve {number} --as PERSON --key FILE{where}",
        )

    def again(self) -> str:
        """Return how the house is named in a command that somebody runs next."""
        if self.folder == HERE or os.environ.get(HOUSE) == str(self.folder):
            return ""
        return f" --house {self.folder}"

    # ---- people ------------------------------------------------------------------------------

    def signer(self, key: Path, passphrase_file: Path | None) -> SigningKey:
        """Open a person's key file."""
        from skontro.ops.keys import SigningKey

        if key not in self._signers:
            said = passphrase(passphrase_file, PASSPHRASE, f"{key}")
            self._signers[key] = SigningKey.load(key, said)
        return self._signers[key]

    def sees_gate(
        self, who: str | None, key: Path | None, passphrase_file: Path | None, *rights: str
    ) -> bool:
        """Return whether who looks may see what the gate holds, and their key proves who it is.

        Of somebody who may not, no key is asked.

        Args:
            who: Who looks, if they say so.
            key: Their key file.
            passphrase_file: File with its passphrase.
            rights: Others that are as good.

        Raises:
            Forbidden: The key is another's.
        """
        from skontro.flow.people import SEES_GATE

        people = self.house.people
        if who is None or key is None:
            return False
        if not any(people.has_right(who, right) for right in (*SEES_GATE, *rights)):
            return False
        people.identify(who, self.signer(key, passphrase_file))
        return True

    def house_passphrase(self, file: Path | None) -> str:
        """Return the passphrase of the house's own key."""
        return passphrase(file, HOUSE_PASSPHRASE, f"the key of house {self.house.id}")

    def unlock(self, passphrase_file: Path | None) -> None:
        """Open the house's own key, so that it can sign papers."""
        self.house.statements.unlock(self.house_passphrase(passphrase_file))

    def step_taker(
        self, who: str | None, key: Path | None, passphrase_file: Path | None
    ) -> str | None:
        """Return who takes a step, if they say so and their key proves it."""
        if who is None:
            return None
        if key is None:
            raise typer.BadParameter(f"{who}'s key must prove it: give --key FILE as well")
        return self.house.people.identify(who, self.signer(key, passphrase_file))

    # ---- long work ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def working(self, stage: str) -> Iterator[Callable[..., None]]:
        """Say on stderr what is being done, while it is."""
        from skontro.ops.progress import CompilingNotice, Progress

        with Progress(shown=self._progress) as progress, CompilingNotice(progress):
            progress(stage)
            yield progress


def tell(
    house: str,
    kind: str,
    value: Mapping[str, Any],
    text: str | Callable[[], str],
    *,
    as_json: bool,
) -> None:
    """Print an answer of a house: see :meth:`Desk.tell`."""
    from skontro.cli.outcome import DEMONSTRATION, write_out
    from skontro.cli.shown import json_text

    demo = kind == "demo"
    if as_json:
        write_out(json_text({"house": house, "demonstration": demo} | dict(value)))
        return
    words = text if isinstance(text, str) else text()
    write_out(f"{words}\n{DEMONSTRATION}" if demo else words)


def passphrase(file: Path | None, variable: str, what: str, *, is_new: bool = False) -> str:
    """Return a passphrase from a file, the environment, or the person at the terminal.

    Args:
        file: Its first line is the passphrase; None to look further.
        variable: Where in the environment it may stand.
        what: What it opens, for the question.
        is_new: Ask twice, for it locks something new.

    Raises:
        Forbidden: There is none anywhere.
    """
    from skontro.cli.outcome import write_note
    from skontro.core.errors import Forbidden, NoSuchFile

    if file is not None:
        try:
            said = file.read_text("utf-8").splitlines()
            open_to_others = bool(file.stat().st_mode & 0o077)
        except (OSError, UnicodeDecodeError):
            raise NoSuchFile(f"{file}: no passphrase can be read there") from None
        if open_to_others:
            write_note(f"note: others can read {file}; chmod 600 {file}")
        if said and said[0]:
            return said[0]
        raise Forbidden(f"{file}: its first line is empty", code="PassphraseMissing",
                        next_step="write the passphrase on the first line")  # fmt: skip
    kept = os.environ.get(variable)
    if kept:
        return kept
    if not sys.stdin.isatty():
        raise Forbidden(
            f"no passphrase for {what}", code="PassphraseMissing",
            next_step=f"give a file with it, or set {variable}, or run this at a terminal",
        )  # fmt: skip
    return _asked(what, is_new=is_new)


def _asked(what: str, *, is_new: bool) -> str:
    from getpass import getpass

    from skontro.core.errors import Forbidden

    given = getpass(f"passphrase of {what}: ")
    if is_new and getpass("the same again: ") != given:
        raise Forbidden("that was not the same twice", code="PassphraseDiffers",
                        next_step="run it again")  # fmt: skip
    return given


LEFT_OUT = "left out: what is for compliance and the authority alone (--as PERSON --key FILE)"
"""Said whenever who looks did not show a key of theirs, whether there is anything or not."""


def with_left_out(text: str, sees_gate: bool) -> str:
    """Return an answer in words, and whether anything may be missing in it.

    Example:
        >>> with_left_out("no act waits", True)
        'no act waits'
    """
    return text if sees_gate else f"{text}\n{LEFT_OUT}"


# ---- reading arguments -------------------------------------------------------------------------


def instant(text: str) -> datetime.datetime:
    """Read an instant with its offset, or a day as its beginning in UTC.

    Example:
        >>> instant("2026-01-30T16:00+01:00").isoformat()
        '2026-01-30T15:00:00+00:00'
        >>> instant("2026-01-30").isoformat()
        '2026-01-30T00:00:00+00:00'
    """
    step = "write it with its offset, as 2026-01-30T16:00+01:00 or 2026-01-30T15:00Z"
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {step}") from None
    if at.tzinfo is None and len(text) == len("2026-01-30"):
        return at.replace(tzinfo=datetime.UTC)
    if at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} does not say in which zone: {step}")
    return at.astimezone(datetime.UTC)


def day(text: str) -> str:
    """Read a day such as ``2026-01-30``.

    Example:
        >>> day("2026-01-30")
        '2026-01-30'
    """
    try:
        if datetime.date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is not a day: write it as 2026-01-30")


def minor(text: str, currency: str) -> int:
    """Read an exact amount as minor units of a currency.

    Raises:
        Rejected: It is none, or the currency is not of ISO 4217.

    Example:
        >>> minor("15000.00", "EUR")
        1500000
    """
    from skontro.core.money import exponent, parse_decimal

    return parse_decimal(text, exponent(currency))


def many(number: int, one: str, more: str) -> str:
    """Return a number with its noun.

    Example:
        >>> many(1, "row", "rows"), many(1200, "row", "rows")
        ('1 row', '1,200 rows')
    """
    return f"{number:,} {one if number == 1 else more}"


def signed_minor(text: str, currency: str) -> int:
    """Read an exact amount that may be below nought.

    Example:
        >>> signed_minor("-0.05", "EUR")
        -5
    """
    return -minor(text[1:], currency) if text.startswith("-") else minor(text, currency)


def money(amount_minor: int, currency: str) -> str:
    """Return an amount as a person reads it.

    Example:
        >>> money(135000000, "INR")
        '1,350,000.00 INR'
    """
    from skontro.messages.report_text import grouped

    return f"{grouped(amount_minor, currency)} {currency}"
