"""What all stages of one turn share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, select, true

from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.scores.models.predictions import Foretold
from loyaltyloop.scores.recommending.once import Once, Rows
from loyaltyloop.store.database import read, write_beside, write_shop
from loyaltyloop.store.inside.cohorts import enrolment
from loyaltyloop.store.live.versions import Live
from loyaltyloop.store.models import Identity, LiveJourney
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.world import World

identity: Table = Identity.__table__  # type: ignore[attr-defined]
journey_table: Table = LiveJourney.__table__  # type: ignore[attr-defined]


# (version, step, state) where somebody is to be looked at.
Busy = tuple[int, str, str]


@dataclass(frozen=True)
class Transactions:
    """Where stages get their transactions: new ones, or (dry run) parts of one that is rolled back."""

    engine: Engine
    dry: Connection | None = None

    @classmethod
    @contextmanager
    def of(cls, engine: Engine, dry_run: bool) -> Iterator[Transactions]:
        """Real transactions; or one around all that happens here, rolled back at the end."""
        if not dry_run:
            yield cls(engine)
            return
        with engine.connect() as connection:
            outer = connection.begin()
            try:
                yield cls(engine, connection)
            finally:
                outer.rollback()

    def write(self) -> AbstractContextManager[Connection]:
        """Beside other turns, but while nobody applies events, merges customers or claims messages."""
        return self._part() if self.dry else write_beside(self.engine)

    def write_shop(self) -> AbstractContextManager[Connection]:
        """Under the shop-wide lock."""
        return self._part() if self.dry else write_shop(self.engine)

    def read(self) -> AbstractContextManager[Connection]:
        return self._part() if self.dry else read(self.engine)

    @contextmanager
    def _part(self) -> Iterator[Connection]:
        assert self.dry is not None
        with self.dry.begin_nested():
            yield self.dry


@dataclass(frozen=True)
class Limits:
    """What a turn is restricted to: customers by user id, and how many of each cohort."""

    customers: tuple[str, ...] = ()
    limit: int | None = None

    @property
    def all(self) -> bool:
        """No restriction: only such a turn moves cursors."""
        return not self.customers and self.limit is None

    def who(self) -> ColumnElement[bool]:
        """Enrolments of the customers it is restricted to."""
        return enrolment.c.customer_id.in_(self.customer_ids()) if self.customers else true()

    def customer_ids(self) -> Select[tuple[int]]:
        """A select of the ids of the customers it is restricted to."""
        known = identity.c.kind == "user"
        return select(identity.c.customer_id).where(known, identity.c.value.in_(self.customers))


@dataclass(frozen=True)
class LeftOver:
    """Messages that could have left and wait: why, and when a turn is to go on with them (UTC)."""

    why: str
    again: datetime


@dataclass
class Frame:
    """One turn's record. What is below the line fills as the turn proceeds."""

    world: World
    transactions: Transactions
    journey: Journey  # the newest version
    versions: tuple[Live, ...]  # oldest first
    shop: Shop
    templates: dict[str, str]
    now: datetime
    state: str
    limits: Limits
    # Withdrawals by events newer than this one (an id) count at the claim, whenever they arrived: at the
    # present by all of them, in a time that is made up by those that came since the turn was opened.
    recorded: int
    # ──
    foretold: Mapping[str, Foretold] = field(default_factory=dict)  # by model, before a dry run began
    counted: Mapping[Once, Rows] = field(default_factory=dict)  # likewise, of all customers
    upto: int = 0  # events and touches up to this number are this turn's
    answered: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # (version, step) → enrolments
    busy: set[Busy] = field(default_factory=set)
    passed: dict[str, Counts] = field(default_factory=dict)  # by stage: what moved behind the delivery
    # By channel: its delivery ended early, and is not begun again in this turn.
    left_over: dict[str, LeftOver] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)  # journey → why its marketing has stopped

    def pass_on(self, stage: str, counts: Counts) -> None:
        """Note what moved at a stage after its own task was over."""
        self.passed[stage] = Counts.sum([self.passed.get(stage, Counts()), counts])

    @property
    def messages_wait(self) -> str:
        """Why messages that could have left did not; empty where none waits so."""
        stopped = [f"the marketing of {name} has stopped: {why}" for name, why in self.stopped.items()]
        return "; ".join(dict.fromkeys([*(one.why for one in self.left_over.values()), *stopped]))

    def uses_of(self, channel: str, template: str) -> frozenset[str]:
        """The names that a channel's template uses, in any of its languages."""
        renderer = self.world.renderers.of(self.templates, self.shop)
        return CHANNELS[channel].uses(renderer, template)

    def version(self, number: int | None) -> Live:
        """The version of that number."""
        return next(live for live in self.versions if live.number == number)
