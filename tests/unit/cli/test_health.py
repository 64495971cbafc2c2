# SPDX-License-Identifier: Apache-2.0
"""The doctor's checks: each says what it saw, and what to do where something is amiss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skontro.cli import main
from skontro.ops import health


def test_a_sound_machine_is_found_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert {"python", "libraries", "cores", "memory", "disk", "clearing"} <= findings.keys()
    assert all(finding["ok"] for finding in findings.values() if finding["needed"])
    assert "set off 180 of 240" in findings["clearing"]["detail"]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health.NEEDED_MODULES, "no_such_module", "no-such-package")
    finding = health.check_libraries()
    assert not finding.ok
    assert "no-such-package" in finding.detail
    assert finding.next_step


def test_a_wrong_solver_is_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A solver that sets off less than the optimum does not pass."""
    from skontro.kernel import circulation

    def lazy(*_: object) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(3, np.int64), np.zeros(3, np.int64)

    monkeypatch.setattr(circulation, "maximum_circulation", lazy)
    assert not health.check_clearing().ok
    assert main(["doctor"]) == 2
    assert "next: reinstall" in capsys.readouterr().out


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> health.Finding:
        raise RuntimeError("no such thing")

    broken.__name__ = "check_disk"
    monkeypatch.setattr(health, "check_disk", broken)
    findings = {finding.name: finding for finding in health.all_findings()}
    assert not findings["disk"].ok
    assert "no such thing" in findings["disk"].detail


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "not yet there"))
    finding = health.check_cache()
    assert finding.ok
    assert "not yet there" in finding.detail
