"""Alembic's entrance: runs on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from loyaltyloop.store import models as models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table only by copying it
)
context.run_migrations()
