"""What may happen to points: orders, what is given back of them, what is spent, who turns out to be whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.reference.points import Doing

START = datetime(2026, 5, 1, tzinfo=UTC)
WHO = ("ada", "ben")
MOST = 26  # days


def _instants() -> st.SearchStrategy[datetime]:
    return st.integers(0, MOST * 24).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def doings(draw: st.DrawFn) -> list[Doing]:
    """Some days of two customers, who may be one."""
    found: list[Doing] = []
    for number in range(draw(st.integers(1, 4))):
        who, when = draw(st.sampled_from(WHO)), draw(_instants())
        name, amount = f"o{number}", draw(st.integers(0, 6000))
        found.append(Doing("order", who, when, amount, name))
        for kind in draw(st.lists(st.sampled_from(["refund", "cancel", "Redeemed"]), max_size=2)):
            found.append(_after(draw, kind, who, when, name, amount))
    for kind in draw(st.lists(st.sampled_from(["Earned", "Redeemed", "Expired"]), max_size=4)):
        who = draw(st.sampled_from(WHO))
        found.append(Doing(kind, who, draw(_instants()), draw(st.integers(1, 90))))
    if draw(st.booleans()):
        found.append(Doing("alias", WHO[0], draw(_instants()), order=WHO[1]))
    return found


def _after(draw: st.DrawFn, kind: str, who: str, when: datetime, name: str, amount: int) -> Doing:
    at = when + timedelta(minutes=draw(st.integers(1, 6000)))
    match kind:
        case "refund":
            return Doing(kind, who, at, draw(st.none() | st.integers(1, max(amount, 1))), name)
        case "cancel":
            return Doing(kind, who, at, order=name)
        case _:
            return Doing(kind, who, at, draw(st.integers(1, 90)), name)
