"""Fitted models, and what they say of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column


class FittedModel(SQLModel, table=True):
    """A model as it was fitted: `content` as scores/artifact.py packs it, `digest` its SHA-256.

    `state`: live, former, or refused (kept on record, as worse than the one that was live).
    `as_of`: it knows of nothing from then on. `card`: what it was fitted on and how good it was.
    """

    __tablename__ = "fitted_model"
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: str
    as_of: datetime
    fitted_at: datetime
    card: dict[str, Any] = json_column()
    digest: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Prediction(SQLModel, table=True):
    """What a model says of a customer now, as of the start of a day, and the version that said it."""

    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    model: str = Field(primary_key=True)
    value: float
    as_of: datetime
    version: int
