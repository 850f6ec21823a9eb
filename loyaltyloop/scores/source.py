"""What a source of recommended products is, and for whom it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import Connection

from loyaltyloop.scores.counting import Kind
from loyaltyloop.scores.figures import read_figures
from loyaltyloop.scores.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Because:
    """The reason for a product. `text` names another product as `{name}` where `seed` is one."""

    text: str
    seed: str | None = None
    nameless: str = ""  # the text where the seed's name is not known


class Source(Protocol):
    """Products for each of a cohort, best first."""

    def candidates(self, who: Wanted, /) -> Sequence[str]:
        """Ids of products, best first."""
        ...

    def because(self, who: Wanted, product_id: str, /) -> Because:
        """Why this candidate."""
        ...


@dataclass(frozen=True)
class Cohort:
    """For whom a source is asked, and as of when."""

    connection: Connection
    people: Sequence[Wanted]
    now: datetime

    @cached_property
    def ids(self) -> list[int]:
        """The customers, each once."""
        return sorted({who.customer_id for who in self.people})

    def figures(self, kind: Kind, keys: Sequence[str] = ("",)) -> dict[str, Any]:
        """Lists that are counted once a day or week."""
        return read_figures(self.connection, kind, self.now, keys)
