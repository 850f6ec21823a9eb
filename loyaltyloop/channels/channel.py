"""A channel: how its messages are written at the claim, put together as bytes, and which way they leave."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.claiming.candidates import Group
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import Names
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its claim stores it: from whom and to whom, and what is in it.

    `stored`: its body is stored since an earlier claim, and stays as it is.
    """

    sender: str
    to: str
    subject: str = ""
    html: str = ""
    text: str = ""
    links: list[str] = field(default_factory=list)
    unsubscribe: str = ""
    stored: bool = False


class Channel(ABC):
    """One channel. The next is a file with one of these, and a line in `CHANNELS` (ways_out.py)."""

    name: str

    @abstractmethod
    def choose(self, settings: Settings) -> WayOut:
        """The way out that the settings name."""

    @abstractmethod
    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        """The names that a template of this channel uses, in any of its languages."""

    @abstractmethod
    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """Add to these messages' names, by their keys, what this channel's templates may print beside."""

    @abstractmethod
    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        """One message of a group. CannotRender says why it cannot be made."""

    @abstractmethod
    def assemble(self, message: Any, now: datetime) -> Outgoing:
        """A claimed message, ready to leave, from nothing but what its claim stored.

        ValueError for one whose bytes would say something else.
        """
