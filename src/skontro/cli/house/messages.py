# SPDX-License-Identifier: Apache-2.0
"""``skontro messages``: every command of the group, loaded from where each lives."""

from __future__ import annotations

from skontro.cli.house import documents_in as documents_in
from skontro.cli.house import orders_out as orders_out
from skontro.cli.house import tables_in as tables_in
from skontro.cli.house.message_group import app as app
