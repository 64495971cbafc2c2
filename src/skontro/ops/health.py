# SPDX-License-Identifier: Apache-2.0
"""The checks of ``skontro doctor``: each looks at one thing and says what to do about it."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skontro.ops import measuring

GIB = 1 << 30
LEAST_PYTHON = (3, 11)
NEEDED_MODULES = {
    "numpy": "numpy", "numba": "numba", "pyarrow": "pyarrow", "altair": "altair",
    "vl_convert": "vl-convert-python", "iso4217": "iso4217",
    "python_calamine": "python-calamine", "xlsxwriter": "xlsxwriter",
}  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """What one check saw.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        detail: What was seen.
        next_step: What to do where it is not as it should be.
        needed: Whether Skontro cannot be used without it.
    """

    name: str
    ok: bool
    detail: str
    next_step: str = ""
    needed: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain values."""
        return asdict(self)


def all_findings() -> list[Finding]:
    """Every check in turn; a check that breaks is a finding too."""
    checks: tuple[Callable[[], Finding], ...] = (
        check_python, check_libraries, check_cache, check_cores, check_memory, check_disk,
        check_browser, check_clearing,
    )  # fmt: skip
    findings = []
    for check in checks:
        try:
            findings.append(check())
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            findings.append(
                Finding(name, False, f"{type(error).__name__}: {error}", "report this to us")
            )
    return findings


def check_python() -> Finding:
    """Python is new enough."""
    seen = ".".join(str(part) for part in sys.version_info[:3])
    least = ".".join(str(part) for part in LEAST_PYTHON)
    return Finding(
        "python", sys.version_info[:2] >= LEAST_PYTHON, seen, f"install Python {least} or newer"
    )


def check_libraries() -> Finding:
    """Every library can be loaded."""
    missing = []
    for module, package in NEEDED_MODULES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            missing.append(package)
    versions = measuring.library_versions()
    if missing:
        return Finding(
            "libraries", False, "missing: " + ", ".join(missing), "pip install skontro, afresh"
        )
    seen = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Finding("libraries", True, seen)


def kernel_cache_folder() -> Path:
    """Where the machine code of the solver is kept."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    if own:
        return Path(own)
    import skontro.kernel as kernel

    place = kernel.__file__
    return Path(place).parent / "__pycache__" if place else Path(tempfile.gettempdir())


def check_cache() -> Finding:
    """The solver's machine code can be kept, so that it is compiled only once."""
    folder = kernel_cache_folder()
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    kept = len(list(folder.rglob("*.nbc"))) if folder.exists() else 0
    detail = f"{folder}, {kept} compiled parts kept"
    return Finding(
        "solver cache", os.access(nearest, os.W_OK), detail,
        "set NUMBA_CACHE_DIR to a folder you may write to; else each start compiles anew",
        needed=False,
    )  # fmt: skip


def check_cores() -> Finding:
    """How many cores there are; one is enough."""
    from skontro.kernel.threads import MOST_THREADS

    return Finding("cores", True, f"{measuring.cores()}; up to {MOST_THREADS} are used")


def check_memory() -> Finding:
    """Memory for a large network: about 6 GiB for 16 million obligations."""
    seen = measuring.memory_bytes()
    if seen is None:
        return Finding("memory", True, "this system does not say how much there is")
    whole, free = seen
    detail = f"{free / GIB:.1f} GiB free of {whole / GIB:.1f} GiB"
    return Finding(
        "memory", free >= GIB, detail, "free some memory: a million obligations take about 1 GiB",
        needed=False,
    )  # fmt: skip


def check_disk() -> Finding:
    """Room where the result would be written."""
    here = Path.cwd()
    free = shutil.disk_usage(here).free
    detail = f"{free / GIB:.1f} GiB free in {here}"
    if not os.access(here, os.W_OK):
        return Finding("disk", False, f"{here} cannot be written to", "use --out elsewhere",
                       needed=False)  # fmt: skip
    return Finding("disk", free >= GIB, detail, "make room, or use --out elsewhere", needed=False)


def find_browser() -> Path | None:
    """The browser that the tests of the report open, if there is one."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def check_browser() -> Finding:
    """A browser for the tests of the report; reading a report needs only your own."""
    found = find_browser()
    return Finding(
        "chromium", found is not None, str(found) if found else "none: only our tests want it",
        "apt-get install chromium, to run the browser tests", needed=False,
    )  # fmt: skip


def check_clearing() -> Finding:
    """Three firms in a circle of debt: the optimum is known, the certificate is checked here."""
    import numpy as np

    from skontro.kernel.circulation import maximum_circulation
    from skontro.ops.progress import CompilingNotice, Progress

    tail = np.array([0, 1, 2], np.int32)
    head = np.array([1, 2, 0], np.int32)
    limit = np.array([100, 80, 60], np.int64)
    begun = time.monotonic()
    with CompilingNotice(Progress(shown=False)):
        flow, level = maximum_circulation(tail, head, limit, 3)
    seconds = time.monotonic() - begun
    spare = 1 + level[tail] - level[head]
    bound = sum(int(u) * max(0, int(c)) for u, c in zip(limit, spare, strict=True))
    volume = int(flow.sum())
    ok = flow.tolist() == [60, 60, 60] and bound == volume
    detail = f"three firms set off {volume} of 240, certificate says {bound}, {seconds:.1f} s"
    return Finding("clearing", ok, detail, "reinstall skontro, and run its tests")
