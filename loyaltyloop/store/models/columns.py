"""Kinds of columns that several tables have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
RUNNING = text("ended_at IS NULL")
# SQLite numbers rows by themselves only in a column called INTEGER; it holds 64 bits there as well.
Big = BigInteger().with_variant(Integer, "sqlite")


def json_column(nullable: bool = False) -> Any:
    """A JSON document; JSONB on PostgreSQL."""
    return Field(default=None, sa_column=Column(Json, nullable=nullable))


def long_text() -> Any:
    """A text without a limit."""
    return Field(sa_column=Column(Text, nullable=False))


def big(**more: Any) -> Any:
    """Ids, numbers in the order of applying, and money: 64 bits."""
    return Field(sa_type=Big, **more)
