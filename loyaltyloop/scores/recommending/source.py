"""What a source of recommended products is, and for whom it is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.recommending.counting import Kind
from loyaltyloop.scores.recommending.figures import read_figures
from loyaltyloop.scores.recommending.places import place_name
from loyaltyloop.scores.recommending.wanted import COUNTED, Wanted


@dataclass(frozen=True, slots=True)
class Because:
    """The reason for a product. `text` names another product as `{name}` where `seed` is one."""

    text: str
    seed: str | None = None
    nameless: str = ""  # the text where the seed's name is not known


def bought_on(days: int) -> Because:
    """Of what they bought on so many days."""
    if days < 2:
        return Because("You have bought this before")
    return Because("You have bought this twice" if days == 2 else f"You have bought this {days} times")


def popular_in(country: str) -> Because:
    """Of what sells in a country (its ISO code)."""
    return Because(f"Popular in {place_name(country)} this season")


class Source(ABC):
    """Products for each of a cohort, best first. `model`: what ranked them."""

    model = COUNTED

    @abstractmethod
    def candidates(self, who: Wanted, /) -> Sequence[str]:
        """Ids of products, best first."""

    @abstractmethod
    def because(self, who: Wanted, product_id: str, /) -> Because:
        """Why this candidate."""

    def word(self, _who: Wanted, _product_id: str, asked: Word, /) -> Word:
        """What a candidate of the source that was `asked` is told by: itself, unless it mixes others."""
        return asked

    def score(self, _who: Wanted, _product_id: str, /) -> float | None:
        """The model's own figure of a candidate, if it has one."""
        return None


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
