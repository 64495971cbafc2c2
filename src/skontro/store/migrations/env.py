# SPDX-License-Identifier: Apache-2.0
"""Alembic's way in: runs the steps on the connection that :func:`..upgrade` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from skontro.store.schema import metadata


def run() -> None:
    """Run the pending steps, all of them in the unit of work under way."""
    attributes = context.config.attributes

    # Named as Alembic calls them.
    def put_in(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        attributes["put_in"](step.up_revision_id)

    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        on_version_apply=put_in,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):
    run()
