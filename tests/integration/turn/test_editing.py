"""Random edits of a journey while people are inside: nobody is lost, stuck, or written to twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from loyaltyloop.errors import ApplyRefused
from loyaltyloop.journey.reading.reader import Reading, read_project
from loyaltyloop.store.database import read
from loyaltyloop.store.live import changes
from loyaltyloop.turn.runner import tick
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import ENROLMENT, MESSAGE, TEMPLATE, VISIT, empty, ingest, world
from tests.reference.state import Happening

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = 4
NAMES = [f"s{number}" for number in range(6)]


@dataclass(frozen=True)
class Part:
    """A step of a made-up journey; `days` of a wait, 0 is a message; `inside` a path of a branch."""

    name: str
    days: int
    was: tuple[str, ...] = ()
    inside: bool = False


def text(parts: Sequence[Part]) -> str:
    lines = ["journey: edited", "about: Made up.", "enter: {event: Signed Up}", "steps:"]
    for part in parts:
        shift = "  "
        if part.inside:
            lines += [f"  - branch: in_{part.name}", "    paths:", "      seldom:"]
            lines += ["        when: {customer: {country: GB}}", "      else:", "        steps:"]
            shift = " " * 10
        lines += _step(part, shift)
    return "\n".join(lines) + "\n"


def _step(part: Part, shift: str) -> list[str]:
    what = [f"- wait: {part.days} days", f"  name: {part.name}"]
    if not part.days:
        what = [f"- send: {part.name}", "  template: test/hello"]
    was = [f"  was: [{', '.join(part.was)}]"] if part.was else []
    return [shift + line for line in [*what, *was]]


def files(parts: Sequence[Part]) -> Reading:
    shop = SHOP_TEXT.replace('quiet_hours: {from: "21:00", to: "08:00"}', "")
    return read_project(
        {
            "journeys/shop.yaml": shop,
            "journeys/edited.yaml": text(parts),
            "templates/test/hello.html": TEMPLATE,
        }
    )


@st.composite
def journeys(draw: st.DrawFn) -> list[Part]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    return [Part(name, draw(st.sampled_from([0, 1, 3])), inside=draw(st.booleans())) for name in names]


@st.composite
def edited(draw: st.DrawFn, before: list[Part]) -> list[Part]:
    """Steps taken away, changed, renamed, put elsewhere, and new ones."""
    kept = [part for part in before if draw(st.integers(0, 4))]
    fresh = iter([f"new{number}" for number in range(10)])
    after = []
    for part in kept:
        match draw(st.sampled_from(["same", "same", "renamed", "length", "lost name"])):
            case "renamed":
                part = replace(part, name=next(fresh), was=(part.name, *part.was))
            case "length" if part.days:
                part = replace(part, days=4 - part.days)
            case "lost name":
                part = replace(part, name=next(fresh), was=())
        after.append(part)
    if draw(st.booleans()):
        after.insert(draw(st.integers(0, len(after))), Part(next(fresh), 0))
    if len(after) > 1 and not draw(st.integers(0, 3)):
        after.reverse()
    return after or before


# Before, after, after how many days, with --move, with --finish-old.
Story = tuple[list[Part], list[Part], int, bool, bool]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    before = draw(journeys())
    return before, draw(edited(before)), draw(st.integers(1, 5)), draw(st.booleans()), draw(st.booleans())


# Those at s1 would come to s0 a second time, so they finish: decided once, and not to be asked again.
ONCE_DECIDED: Story = (
    [Part("s0", 1), Part("s1", 1), Part("s2", 0)],
    [Part("new0", 1, was=("s1",)), Part("s0", 1)],
    2,
    False,
    True,
)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories())
@example(story=ONCE_DECIDED)
def test_people_come_through_an_edit(engine: Engine, story: Story) -> None:
    before, after, days, move, finish = story
    empty(engine)
    changes.apply(engine, files(before), START - timedelta(days=1))
    ingest(engine, [_happening(number, kind) for number in range(PEOPLE) for kind in range(3)])
    stage, half = world(engine), timedelta(hours=12)
    for turn in range(2 * days):
        tick(stage, START + turn * half)
    moving, finishing = (["edited"] if said else [] for said in (move, finish))
    now = START + 2 * days * half
    try:
        changes.apply(engine, files(after), now, move=moving, finish_old=finishing)
    except ApplyRefused as refused:
        assert not finish, refused  # with --finish-old there is always a way
        return
    with read(engine) as connection:
        assert changes.plan(connection, files(after)) == []
    for turn in range(20):
        tick(stage, now + turn * 2 * half)
    _all_have_ended(engine)


def _happening(number: int, kind: int) -> Happening:
    """Customer `number` becomes known, consents, signs up; one more each half day."""
    at = START + number * timedelta(hours=12) + timedelta(minutes=kind)
    name = ["", "Consent Granted", "Signed Up"][kind]
    properties = [{"email": f"c{number}@example.com"}, {"channel": "email"}, {}][kind]
    return Happening(
        number=number * 3 + kind,
        message_id=f"{number}-{kind}",
        type="track" if name else "identify",
        name=name,
        user_id=f"c{number}",
        at=at,
        arrived_at=at,
        properties=properties,
    )


def _all_have_ended(engine: Engine) -> None:
    with read(engine) as connection:
        ends = [row.end for row in connection.execute(select(ENROLMENT.c.end))]
        assert ends == ["completed"] * PEOPLE
        states = set(connection.execute(select(MESSAGE.c.state)).scalars())
        assert states <= {"handed_over"}
        # One visit a step, told in names that the person's own version has.
        sent = connection.execute(select(func.count()).select_from(MESSAGE)).scalar_one()
        visits = connection.execute(
            select(func.count())
            .select_from(VISIT.join(MESSAGE, VISIT.c.enrolment_id == MESSAGE.c.enrolment_id))
            .where(VISIT.c.step == MESSAGE.c.step)
        ).scalar_one()
        assert visits == sent
