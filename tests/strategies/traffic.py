"""A year of traffic: a shop's caps and quiet hours, and what few customers all over the world do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.reference.reading import SHOP_TEXT

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Home:
    """Where somebody lives, and their address."""

    zone: str
    country: str
    email: str


# The first two share a mailbox, which each writes in another way.
HOMES = {
    "p1": Home("Europe/London", "GB", "home@example.com"),
    "p2": Home("Europe/London", "GB", "Home@Example.com"),
    "p3": Home("America/New_York", "US", "p3@example.com"),
    "p4": Home("Australia/Lord_Howe", "AU", "p4@example.com"),
    "p5": Home("Europe/Berlin", "DE", "p5@example.com"),
    "p6": Home("Pacific/Auckland", "NZ", "home@example.com"),
}
CAPS = (
    "{at_most: 2 a week}",
    "[{at_most: 1 a day}, {at_most: 4 in 160 hours}]",
    "[{at_most: 2 in 7 days}, {at_most: 5 a month, purposes: [marketing, service]}]",
    "[{at_most: 1 an hour}, {at_most: 1 in 30 hours, purposes: service}, {at_most: 3 in 1 month}]",
)
QUIET = (
    '{from: "21:00", to: "08:00"}',
    '[{from: "22:00", to: "07:00"}, {days: [sun, holidays], countries: [DE, GB]}, '
    '{from: "11:30", to: "14:00", purposes: marketing}]',
)
JOURNEYS = (
    ("offers", "Asked", "marketing", "  - send: deal\n    template: test/hello\n    expires_after: 9 days\n"),
    (
        "news",
        "Looked",
        "marketing",
        "  - send: first\n    template: test/hello\n    expires_after: 20 days\n  - wait: 2 days\n"
        "  - send: second\n    template: test/hello\n    expires_after: 3 days\n    if_blocked: leave\n",
    ),
    (
        "orders",
        "Bought",
        "service",
        "  - send: thanks\n    template: test/hello\n    expires_after: 5 days\n",
    ),
    ("bills", "Bought", "transactional", "  - send: bill\n    template: test/hello\n"),
)
_ASKS = ["Asked"] * 6 + ["Looked"] * 4 + ["Bought"] * 4
_SAYS = ["Consent Withdrawn"] * 4 + ["Consent Granted"] * 3 + ["Email Bounced", "Email Marked as Spam"]


@dataclass(frozen=True)
class Deed:
    """Some of them do the same at once."""

    at: datetime
    name: str  # an event's, or `erased`
    who: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Traffic:
    """The shop, its journeys, and all that happens in the year, in order."""

    shop: str
    journeys: tuple[str, ...]
    deeds: tuple[Deed, ...]

    def __repr__(self) -> str:
        """Short enough to read where it is printed as a failing example."""
        deeds = (f"{deed.at:%m-%d %H:%M} {deed.name} {', '.join(deed.who)}" for deed in self.deeds)
        return "\n".join(["", self.shop, *self.journeys, *deeds])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def _deeds(draw: st.DrawFn) -> Deed:
    at = START + timedelta(
        hours=draw(st.integers(1, 364)) * 24 + draw(st.sampled_from([0, 5, 9, 12, 17, 23]))
    )
    name = draw(st.sampled_from([*_ASKS, *_SAYS, "erased"]))
    if name in _SAYS or name == "erased":
        return Deed(at, name, (draw(st.sampled_from(sorted(HOMES))),))
    return Deed(
        at, name, tuple(sorted(draw(st.sets(st.sampled_from(sorted(HOMES)), min_size=2, max_size=6))))
    )


@st.composite
def traffic(draw: st.DrawFn) -> Traffic:
    """A whole year. Some of what is asked for comes day after day, so that caps are reached."""
    shop = SHOP_TEXT.replace('{from: "21:00", to: "08:00"}', draw(st.sampled_from(QUIET)))
    shop += f"caps: {draw(st.sampled_from(CAPS))}\n"
    priorities = draw(st.permutations([10, 50, 50, 90]))
    journeys = [
        f"journey: {name}\nabout: For whoever {event}.\npurpose: {purpose}\npriority: {priority}\n"
        f"enter: {{event: {event}, again: always, while_inside: alongside}}\nsteps:\n{steps}"
        for (name, event, purpose, steps), priority in zip(JOURNEYS, priorities, strict=True)
    ]
    deeds = draw(st.lists(_deeds(), min_size=25, max_size=40))
    days = draw(st.lists(st.integers(0, 3), min_size=len(deeds), max_size=len(deeds)))
    again = [
        Deed(deed.at + timedelta(days=day), deed.name, deed.who)
        for deed, more in zip(deeds, days, strict=True)
        if deed.name in _ASKS
        for day in range(1, more + 1)
    ]
    return Traffic(shop, tuple(journeys), tuple(sorted([*deeds, *again], key=lambda one: (one.at, one.name))))
