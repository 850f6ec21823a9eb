"""The schema of a database: made and brought up to date."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import SQLModel

from loyaltyloop.store import models as models


def create_schema(engine: Engine) -> None:
    """Bring the database to the newest schema; on one that has it, nothing happens."""
    SQLModel.metadata.create_all(engine)
