# SPDX-License-Identifier: Apache-2.0
"""What a verdict says, whatever was found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skontro.verify import verify_folder, verify_package
from skontro.verify.verdict import STATEMENT, Verdict, require


def test_every_verdict_says_that_nothing_has_been_set_off(tmp_path: Path) -> None:
    (tmp_path / "public.json").write_text("[]")
    verdicts = [verify_folder(tmp_path / "none"), verify_package(tmp_path / "none"),
                verify_folder(tmp_path), verify_package(tmp_path), Verdict()]
    for verdict in verdicts:
        assert verdict.text().splitlines()[-1] == STATEMENT
        assert "calculation" in STATEMENT
        assert "screened: false" in STATEMENT
        assert not verdict.ok


def test_whatever_a_test_raises_is_a_failed_claim() -> None:
    verdict = Verdict()

    def broken() -> str:
        raise ZeroDivisionError("x\x1b[31m\ny")

    assert verdict.check("a", lambda: "fine")
    assert not verdict.check("b", broken)
    assert not verdict.check("c", lambda: str(require(False, "why")))
    assert [claim.ok for claim in verdict.claims] == [True, False, False]
    assert "\x1b" not in verdict.text()
    assert "\n" not in verdict.claims[1].detail


def test_a_person_who_stops_it_is_not_a_claim() -> None:
    def stopped() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Verdict().check("a", stopped)


def test_the_checker_loads_nothing_else_of_the_package() -> None:
    """Run it apart: of this package only skontro itself and skontro.verify may be loaded."""
    code = (
        "import sys; from skontro.verify import verify_folder, verify_package; "
        "verify_folder('none'); "
        "print(sorted(n for n in sys.modules if n.startswith('skontro.') "
        "and not n.startswith('skontro.verify')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_folder_says_of_itself_cannot_steer_the_terminal() -> None:
    verdict = Verdict()
    assert verdict.check("standing", lambda: "the run of house \x1b[2J\nevery claim holds")
    assert verdict.claims[0].detail == "the run of house  [2J every claim holds"
