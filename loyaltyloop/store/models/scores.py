"""Fitted models, and what they say of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column


class FittedModel(SQLModel, table=True):
    """A model as it was fitted: `content` as scores/models/artifact.py packs it, `digest` its SHA-256.

    `state`: live, withdrawn (by `loop train --back`), or refused (as worse than the one that was live: of
    it only the card is kept). `as_of`: it knows of nothing from then on. `card`: what it was fitted on and
    how good it was. `judged`: its twin, fitted without the newest period, which it was judged by, and
    `judged_digest` that one's SHA-256. `broke`: the kind of error that it raised when it was asked; it is
    asked no more.
    """

    __tablename__ = "fitted_model"
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: str
    as_of: datetime
    fitted_at: datetime
    card: dict[str, Any] = json_column()
    digest: str
    judged_digest: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    judged: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    broke: str | None = None


class Prediction(SQLModel, table=True):
    """What a model says of a customer now, since when, and the version that said it.

    `as_of`: the start of a day; of who came during it, the turn that met them.
    """

    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    model: str = Field(primary_key=True)
    value: float
    as_of: datetime
    version: int


class PredictionDay(SQLModel, table=True):
    """As of which day (its start in UTC) a model was asked of all customers, and which version answered.

    `upto`: of those who ordered by events numbered so (`Event.seq`), or less, it was asked, too.
    """

    __tablename__ = "prediction_day"
    model: str = Field(primary_key=True)
    as_of: datetime
    version: int
    upto: int = big()
