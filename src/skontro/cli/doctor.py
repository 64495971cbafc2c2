# SPDX-License-Identifier: Apache-2.0
"""``skontro doctor``: is this machine fit, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

EXAMPLES = "Examples:\n\nskontro doctor\n\nskontro doctor --json"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at Python, libraries, caches, memory and disk, and clear a tiny network."""
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import json_text
    from skontro.ops.health import all_findings

    findings = all_findings()
    if as_json:
        write_out(json_text([finding.as_dict() for finding in findings]))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            mark = "OK  " if finding.ok else ("TODO" if finding.needed else "note")
            write_out(f"{mark}  {finding.name.ljust(width)}  {finding.detail}")
            if finding.next_step and not finding.ok:
                write_out(f"{' ' * (width + 8)}next: {finding.next_step}")
        needed = [finding for finding in findings if finding.needed and not finding.ok]
        write_out("all is well" if not needed else f"{len(needed)} to mend before use")
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(int(ExitCode.REFUSED))
