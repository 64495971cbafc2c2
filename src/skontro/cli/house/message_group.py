# SPDX-License-Identifier: Apache-2.0
"""The group ``skontro messages``, which modules of their own add commands to."""

from __future__ import annotations

from skontro.cli.house.desk import group

app = group("Formats of others: e-invoices and tables in, payment orders and notices out.")
