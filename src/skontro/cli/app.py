# SPDX-License-Identifier: Apache-2.0
"""The program ``skontro``: its commands, and what becomes of an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

EPILOG = (
    "Exit codes: 0 done; 1 a claim does not hold; 2 usage or input refused; 3 rows were refused; "
    "4 an invariant of ours failed; 130 interrupted."
)


class Commands(TyperGroup):
    """The group of commands, which turns every error into one sentence and an exit code."""

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


def _is_usage_error(error: BaseException) -> bool:
    """Whether the argument parser itself speaks, which it does well."""
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


app = typer.Typer(
    name="skontro",
    cls=Commands,
    help="Set off the largest possible part of a web of mutual debts, and prove that it is.\n\n"
    "Every command here is a calculation: it has no legal effect and nothing has been set off.",
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

    app.command("clear", epilog=clear.EXAMPLES)(clear.clear)
    app.command("verify", epilog=result.VERIFY_EXAMPLES)(result.verify)
    app.command("package", epilog=result.PACKAGE_EXAMPLES)(result.package)
    app.command("explain", epilog=result.EXPLAIN_EXAMPLES)(result.explain)
    app.command("curve", epilog=lab.CURVE_EXAMPLES)(lab.curve)
    app.command("generate", epilog=lab.GENERATE_EXAMPLES)(lab.generate)
    app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
    app.command("demo", epilog=demo.EXAMPLES)(demo.demo)


_register()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see :func:`skontro.cli.main`."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="skontro")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt as error:
        from skontro.cli.outcome import end_with_error

        return int(end_with_error(error))
    return 0
