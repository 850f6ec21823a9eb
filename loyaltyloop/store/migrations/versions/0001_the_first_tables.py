"""The first tables."""

from __future__ import annotations

from alembic import op
from sqlmodel import SQLModel

from loyaltyloop.store import models as models
from loyaltyloop.store.migrations.postgres import LOOP_INSTANT, compress

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    SQLModel.metadata.create_all(op.get_bind())
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(LOOP_INSTANT)
        compress(op.get_bind(), "body", "html")
