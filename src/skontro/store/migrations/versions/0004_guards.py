# SPDX-License-Identifier: Apache-2.0
"""What the database itself refuses: see store/guards.py."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the triggers, as the file beside this has them, an empty line after each."""
    bind = op.get_bind()
    place = Path(__file__).with_name(f"0004_guards_{bind.dialect.name}.sql")
    text = place.read_text("utf-8")
    for statement in text.split("\n\n")[1:]:
        bind.exec_driver_sql(statement)
