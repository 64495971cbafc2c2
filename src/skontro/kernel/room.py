# SPDX-License-Identifier: Apache-2.0
"""Room for large arrays that are about to be written.

Compiled code takes it in small pages. NumPy asks the system for huge ones, and a system that has
to look for them first takes longer over that than the solver over filling them.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def room32(count):
    """An array of 32-bit integers, not yet written."""
    return np.empty(count, np.int32)


@njit(cache=True)
def room64(count):
    """An array of 64-bit integers, not yet written."""
    return np.empty(count, np.int64)
