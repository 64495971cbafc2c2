# SPDX-License-Identifier: Apache-2.0
"""Time, memory and versions of one piece of work, for ``run.json``; never a claim."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = (
    "numpy",
    "numba",
    "pyarrow",
    "altair",
    "vl-convert-python",
    "typer",
    "rich",
    "iso4217",
    "python-calamine",
    "xlsxwriter",
)


def peak_memory_bytes() -> int | None:
    """The most memory this process has held at once; none where the system does not say.

    Example:
        >>> peak = peak_memory_bytes()
        >>> peak is None or peak > 1_000_000
        True
    """
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_facts(seconds: Mapping[str, float]) -> dict[str, Any]:
    """Times, memory, machine and versions, for ``run.json``; nothing here is a claim.

    Args:
        seconds: How long each stage took.

    Example:
        >>> run_facts({"reading": 0.12345})["seconds"]
        {'reading': 0.123}
    """
    return {
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        "peak_memory_bytes": peak_memory_bytes(),
        "machine": machine(),
        "libraries": library_versions(),
    }


def memory_bytes() -> tuple[int, int] | None:
    """All memory of this machine and what of it is free; none where the system does not say."""
    table = Path("/proc/meminfo")
    if not table.exists():
        return None
    sizes: dict[str, int] = {}
    for line in table.read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        fields = rest.split()
        if len(fields) == 2 and fields[1] == "kB":
            sizes[name] = int(fields[0]) * 1024
    if "MemTotal" not in sizes or "MemAvailable" not in sizes:
        return None
    return sizes["MemTotal"], sizes["MemAvailable"]


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def library_versions() -> dict[str, str]:
    """The installed version of each library that a result can pass through."""
    versions: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "absent"
    return versions


def machine() -> dict[str, str | int]:
    """What a figure in ``run.json`` was measured on, without any name of the machine."""
    memory = memory_bytes()
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": cores(),
        "memory_bytes": memory[0] if memory else 0,
    }
