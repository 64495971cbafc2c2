# SPDX-License-Identifier: Apache-2.0
"""Processes that end with the one that started them, however that one ended."""

from __future__ import annotations

import os
import signal
import threading
import time

from skontro.ops.settings import PREFIX

PARENT = f"{PREFIX}PARENT"
"""Environment variable of the number of the process that started this one."""
LOOKED_S = 1
"""How often it is looked at, in seconds."""
ENDING_S = 30
"""How long a process that is told to end may take, in seconds; then it is killed."""


def end_with_parent() -> None:
    """End this process once the one that :data:`PARENT` names is gone; none is named: it stays.

    A server that was killed cannot tell its children: left to themselves they would hold its port.
    """
    named = os.environ.get(PARENT, "")
    if named.isdecimal():
        threading.Thread(target=_watch, args=(int(named),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKED_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDING_S)
    os._exit(1)
