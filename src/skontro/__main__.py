# SPDX-License-Identifier: Apache-2.0
"""``python -m skontro`` is the command ``skontro``."""

from __future__ import annotations

import sys

from skontro.cli import main

if __name__ == "__main__":
    sys.exit(main())
