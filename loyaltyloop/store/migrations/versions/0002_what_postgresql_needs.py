"""What PostgreSQL needs: a function that SQLite gets from Python, and cheap compression of bodies."""

from __future__ import annotations

from alembic import op

from loyaltyloop.store.migrations.postgres import LOOP_INSTANT, compress

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(LOOP_INSTANT)
        compress(op.get_bind(), "body", "html")
        compress(op.get_bind(), "body", "text")
