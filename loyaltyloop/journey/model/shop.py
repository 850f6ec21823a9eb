"""shop.yaml, read."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model.breaking import Breaking
from loyaltyloop.journey.model.caps import Cap
from loyaltyloop.journey.model.loyalty import Badge, Points, Referral, Tier
from loyaltyloop.journey.model.quiet import QuietHours
from loyaltyloop.journey.model.recommending import Recommending
from loyaltyloop.journey.model.vouchers import Pool
from loyaltyloop.journey.model.words import Purpose, Used


@dataclass(frozen=True)
class Sender:
    """Whom messages are from, and the address by which the law wants to know them."""

    name: str
    email: str
    postal_address: str


@dataclass(frozen=True)
class Market:
    """Countries in which the shop sells in one currency and language."""

    currency: str
    language: str | None = None
    rate: Decimal | None = None  # one unit of `currency` in units of the shop's
    countries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """What messages may be about, in the words that customers read, by language (empty: all others)."""

    name: str
    texts: tuple[tuple[str, str], ...]

    def text(self, *languages: str) -> str:
        """The words in the first of these languages that there are any in, else the first words there are."""
        known = dict(self.texts)
        return next((known[one] for one in (*languages, "") if one in known), self.texts[0][1])


@dataclass(frozen=True)
class Hook:
    """Where a `call` goes, and the name in the environment of the secret that signs it."""

    name: str
    url: str
    secret: str


@dataclass(frozen=True)
class Shop:
    """shop.yaml, read. `digest`: how the hash of its text begins, of one that is live."""

    name: str
    timezone: str
    currency: str
    country: str
    sender: Sender
    url: str = ""
    quiet_hours: tuple[QuietHours, ...] = ()
    holdout: Decimal = Decimal(0)
    segments: tuple[tuple[str, Condition], ...] = ()
    markets: tuple[tuple[str, Market], ...] = ()
    lateness: Duration = field(default_factory=lambda: Duration.of("10 minutes"))
    turns_every: Duration = field(default_factory=lambda: Duration.of("15 minutes"))
    turns_at_least_apart: Duration = field(default_factory=lambda: Duration.of("1 minute"))
    topics: tuple[Topic, ...] = ()
    hold_while: tuple[tuple[Purpose, Condition], ...] = ()
    caps: tuple[Cap, ...] = ()
    hooks: tuple[Hook, ...] = ()
    vouchers: tuple[Pool, ...] = ()
    points: Points | None = None
    tiers: tuple[Tier, ...] = ()  # lowest first
    badges: tuple[Badge, ...] = ()
    referral: Referral | None = None
    breaker: Breaking = field(default_factory=Breaking)
    recommending: Recommending = field(default_factory=Recommending)
    alerts: str | None = None  # the hook that is called when something has stopped
    uses: tuple[Used, ...] = ()
    digest: str = field(default="", compare=False)
    extra: tuple[tuple[str, object], ...] = ()  # logo, brand colours and the like, for templates

    @property
    def loyal(self) -> bool:
        """Has it points, tiers, badges or friends to be brought?"""
        return bool(self.points or self.tiers or self.badges or self.referral)
