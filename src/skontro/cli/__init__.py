# SPDX-License-Identifier: Apache-2.0
"""The command line: reads arguments, calls the library, prints; no rule lives here."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``skontro`` and return its exit code.

    Args:
        arguments: What stands behind the program's name; the process' own if not given.

    Returns:
        0 done; 1 a claim does not hold; 2 usage or input refused; 3 rows were refused; 4 an
        invariant of ours failed; 5 not possible now, try again; 130 interrupted.
    """
    from skontro.cli.app import run

    return run(arguments)
