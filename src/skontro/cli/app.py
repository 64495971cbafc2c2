# SPDX-License-Identifier: Apache-2.0
"""The program ``skontro``: its commands, and what becomes of an error."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

EPILOG = (
    "Exit codes: 0 done; 1 a claim does not hold; 2 usage or input refused; 3 rows were refused; "
    "4 an invariant of ours failed; 5 not possible now, try again; 130 interrupted."
)
CALCULATIONS, HOUSE = "Calculations, without legal effect", "A house"
GROUPS = {
    "people": "Who works in the house, and the acts two of them sign.",
    "participants": "The firms: admit, change, suspend, let go; their accounts and limits.",
    "gate": "The gate: which lists hold, and what it says.",
    "obligations": "What is owed: register, confirm, dispute, credit, take back.",
    "messages": "Formats of others: e-invoices and tables in, payment orders and notices out.",
    "cycle": "The sessions: open, cut off, run, correct, make final, close.",
    "settlement": "The money: call pay-ins, take them in, place them, let pay-outs go.",
    "reconcile": "Bank files in: take them, see what each line is, and what somebody must look at.",
    "journal": "The journal: entries, balances, head and check.",
    "statement": "Signed papers: notices, account statements, reports; the house's key.",
    "house": "The house itself: what it is, its rules, a demo's clock.",
}
"""Groups of commands and what they are for; each is a module of ``cli.house``."""


class Commands(TyperGroup):
    """The group of commands, which turns every error into one sentence and an exit code.

    The commands of a house are loaded when one of their group is given, not before: there are
    many, and ``skontro --help`` is to be quick.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, and load its group."""
        if args and args[0] in GROUPS:
            self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> Any:
        """Return a group of the house's commands, loaded."""
        module = importlib.import_module(f"skontro.cli.house.{name}")
        loaded = typer.main.get_group(module.app)
        loaded.name = name
        self.commands[name] = loaded
        return loaded

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error of ours ends in a sentence and its exit code."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except BrokenPipeError as error:
            from skontro.cli.outcome import silence

            silence(sys.stdout)
            raise typer.Exit(0) from error
        except (Exception, KeyboardInterrupt) as error:
            if _is_usage_error(error):
                raise
            if os.environ.get("SKONTRO_TRACEBACK"):
                import traceback

                traceback.print_exc(file=sys.stderr)
            from skontro.cli.outcome import end_with_error

            raise typer.Exit(int(end_with_error(error))) from error


def open_closed_streams() -> None:
    """Point streams that were closed before the start nowhere.

    Else the next file opened would get the number of one, and what is written to the stream by a
    library would stand in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _is_usage_error(error: BaseException) -> bool:
    """Whether the argument parser itself speaks, which it does well."""
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


app = typer.Typer(
    name="skontro",
    cls=Commands,
    help="Set off the largest possible part of a web of mutual debts, and prove that it is.\n\n"
    "A calculation has no legal effect: nothing has been set off. Only the cycle of a house sets "
    "off.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        from skontro.cli.outcome import write_out

        try:
            version = metadata.version("skontro")
        except metadata.PackageNotFoundError:
            version = "not installed"
        write_out(f"skontro {version}")
        raise typer.Exit(0)


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Set off the largest possible part of a web of mutual debts, and prove that it is."""


def _register() -> None:
    from skontro.cli import clear, demo, doctor, lab, result
    from skontro.cli.house import backup, init, replay, serve

    def add(panel: str, name: str, command: Any, epilog: str) -> None:
        app.command(name, epilog=epilog, rich_help_panel=panel)(command)

    add(CALCULATIONS, "clear", clear.clear, clear.EXAMPLES)
    add(CALCULATIONS, "verify", result.verify, result.VERIFY_EXAMPLES)
    add(CALCULATIONS, "package", result.package, result.PACKAGE_EXAMPLES)
    add(CALCULATIONS, "explain", result.explain, result.EXPLAIN_EXAMPLES)
    add(CALCULATIONS, "curve", lab.curve, lab.CURVE_EXAMPLES)
    add(CALCULATIONS, "generate", lab.generate, lab.GENERATE_EXAMPLES)
    add(CALCULATIONS, "doctor", doctor.doctor, doctor.EXAMPLES)
    add(CALCULATIONS, "demo", demo.demo, demo.EXAMPLES)
    add(HOUSE, "init", init.init, init.EXAMPLES)
    for name, words in GROUPS.items():
        empty = typer.Typer(help=words, no_args_is_help=True)
        app.add_typer(empty, name=name, rich_help_panel=HOUSE)
    add(HOUSE, "serve", serve.serve, serve.EXAMPLES)
    add(HOUSE, "worker", serve.worker, serve.WORKER_EXAMPLES)
    add(HOUSE, "replay", replay.replay, replay.EXAMPLES)
    add(HOUSE, "backup", backup.backup, backup.BACKUP_EXAMPLES)
    add(HOUSE, "restore", backup.restore, backup.RESTORE_EXAMPLES)
    add(HOUSE, "upgrade", init.upgrade, init.UPGRADE_EXAMPLES)


_register()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see :func:`skontro.cli.main`."""
    open_closed_streams()
    try:
        "\n".join(sys.argv if arguments is None else arguments).encode()
    except UnicodeEncodeError:
        from skontro.cli.outcome import end_with_error
        from skontro.core.errors import WrongEncoding

        wrong = WrongEncoding("an argument is not UTF-8", next_step="write it in UTF-8")
        return int(end_with_error(wrong))
    try:
        app(args=None if arguments is None else list(arguments), prog_name="skontro")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt as error:
        from skontro.cli.outcome import end_with_error

        return int(end_with_error(error))
    return 0
