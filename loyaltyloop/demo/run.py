"""The demo: a real shop's orders, the project's journeys, fifty virtual days, and what came of it."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from pydantic import SecretStr
from rich.console import Console
from rich.text import Text
from sqlalchemy import Engine, event

from loyaltyloop.demo import sample, showing
from loyaltyloop.demo.clicks import Clicks
from loyaltyloop.errors import FilesError, UserError
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import Reading, read_project
from loyaltyloop.settings import load_settings
from loyaltyloop.store.database import read
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.live import changes
from loyaltyloop.store.live.versions import live_journeys
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World

# Eleven in the morning and seven in the evening where most of the customers live: what journeys want to send
# in the morning or in the evening finds its turn soon after, and at night nobody is written to.
START = datetime(2010, 9, 13, 10, tzinfo=UTC)
TURNS_AT = (timedelta(0), timedelta(hours=8))  # after START, each day
# Nobody comes up for them in these weeks, or only who would fill a story of its own: they take no turns.
RESTING = ("vip_early_access", "referral_ask", "loyalty_milestone", "replenishment")
# Of a database that is thrown away at the next demo: with it every demo makes the same links. The project's
# own would sign them for its real customers, too, where they have the same numbers.
_SECRET = "demo-protects-nothing"

# Told what share of the walk is done (0 to 1) and the virtual moment.
Tell = Callable[[float, datetime], None]


@dataclass(frozen=True)
class Demo:
    """Where the demo works: the project's folder, and its own below `var/`; and what it works on."""

    project: Path
    console: Console
    source: Path = sample.YEAR
    days: int = 50
    learn: bool = True  # fit the models on what happened until then
    prefect: bool = True  # end with a turn as a flow run

    @property
    def end(self) -> datetime:
        """Where the walk ends: the first moment that it does not reach."""
        return START + timedelta(days=self.days)

    def moments(self) -> Iterator[datetime]:
        """When turns are taken (UTC)."""
        for day in range(self.days):
            yield from (START + timedelta(days=day) + at for at in TURNS_AT)

    @property
    def folder(self) -> Path:
        """Made anew by each demo."""
        return self.project / "var" / "demo"

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes every `loop` command work on the demo's database."""
        return {
            "LOOP_DATABASE_URL": f"sqlite:///{self.folder / 'loop.db'}",
            "LOOP_EML_FOLDER": str(self.folder / "outbox"),
            "LOOP_EMAIL": "eml",
            "LOOP_HOOKS": "files",
            "LOOP_SECRET_KEY": _SECRET,
        }

    def loop(self, *arguments: str) -> None:
        """Run a `loop` command as a user would, its output shown. UserError if it fails."""
        self.console.print(Text(f"$ loop {' '.join(arguments)}", style="bold"), soft_wrap=True)
        command = [sys.executable, "-m", "loyaltyloop", "--project", str(self.project), *arguments]
        done = subprocess.run(command, env={**os.environ, **self.environment}, check=False)
        if done.returncode:
            raise UserError(f"`loop {arguments[0]}` failed, so the demo ends here.")

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Say what comes, and how long it took."""
        start = perf_counter()
        self.console.rule(Text(title, style="bold"), align="left")
        yield
        self.console.print(Text(f"{perf_counter() - start:.0f} s", style="dim"))


def run_demo(demo: Demo, walking: Callable[[], Tell]) -> None:
    """The whole demo; `walking` opens the progress of the walk. UserError says what is wrong."""
    with collecting_seldom():
        _chapters(demo, walking)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Memory is plenty for minutes of this, and a tenth of the time would go into looking for garbage."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _chapters(demo: Demo, walking: Callable[[], Tell]) -> None:
    reading, shop = _read_files(demo.project)
    shutil.rmtree(demo.folder, ignore_errors=True)
    demo.folder.mkdir(parents=True)
    world = open_world(demo)
    try:
        _import(demo)
        _apply(demo, world, reading, shop)
        _walk(demo, world, walking)
        _show(demo, world)
        with read(world.engine) as connection:
            journey = showing.busiest_journey(connection)
        if demo.learn:
            _learn(demo, world)
        if demo.prefect:
            _run_in_prefect(demo, journey)
    finally:
        world.engine.dispose()
    later = demo.end + timedelta(hours=8)
    last_words = showing.where_to_look(demo.folder, demo.project, _SECRET, journey, later)
    demo.console.print(last_words, soft_wrap=True)


def open_world(demo: Demo) -> World:
    """The demo's own database and outbox, whatever the environment says."""
    own = {"database_url": demo.environment["LOOP_DATABASE_URL"], "eml_folder": demo.folder / "outbox"}
    own |= {"email": "eml", "hooks": "files", "secret_key": SecretStr(_SECRET)}
    world = World.open(load_settings(demo.project).model_copy(update=own))
    _hurry(world.engine)
    return world


def _read_files(project: Path) -> tuple[Reading, Shop]:
    reading = read_project(collect_files(project))
    if errors := [problem for problem in reading.problems if problem.severity == "error"]:
        raise FilesError(errors)
    if not reading.journeys or reading.shop is None:
        raise UserError(f"There are no journeys in {project}: the demo runs those of the project it is in.")
    return reading, reading.shop


def _hurry(engine: Engine) -> None:
    """The demo's database is thrown away at the next one: it need not survive a power cut."""
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    engine.dispose()


def _import(demo: Demo) -> None:
    with demo.chapter("1. A real shop's year"):
        demo.console.print(showing.ABOUT_THE_DATA)
        paths = sample.write_files(demo.folder / "files", demo.end + timedelta(days=1), demo.source)
        demo.loop("import", *(showing.shortened(path) for path in paths))


def _apply(demo: Demo, world: World, reading: Reading, shop: Shop) -> None:
    with demo.chapter("2. The journeys"):
        # The past first, so that the journeys begin with today's events instead of refusing last year's.
        apply_events(world.engine, START, shop)
        changes.apply(world.engine, reading, START)
        demo.console.print(showing.journeys_table(reading))


def _walk(demo: Demo, world: World, walking: Callable[[], Tell]) -> None:
    days = f"{START:%-d %B} to {demo.end:%-d %B %Y}"
    with demo.chapter(f"3. {demo.days} virtual days, {days}, a turn each morning and each evening"):
        clicks, tell = Clicks(world.engine, START - timedelta(days=1)), walking()

        with read(world.engine) as connection:
            names = [row.name for row in live_journeys(connection) if row.name not in RESTING]
        for now in demo.moments():
            tick(world, now, names)
            clicks.follow(now)
            tell((now - START) / (demo.end - START), now)
        tell(1, demo.end)
        demo.console.print(
            f"{clicks.made:,} clicks, answers, reviews and unsubscriptions were made on the way."
        )


def _show(demo: Demo, world: World) -> None:
    with demo.chapter("4. Who went where"), read(world.engine) as connection:
        demo.console.print(showing.steps_table(connection))
        demo.console.print(showing.ABOUT_NOT_SENT)
    with demo.chapter("5. Messages, and one customer's story"):
        with read(world.engine) as connection:
            for line in showing.messages_to_open(connection, demo.folder / "outbox"):
                demo.console.print(line, soft_wrap=True)
            customer = showing.interesting_customer(connection)
        demo.loop("explain", customer)


def _learn(demo: Demo, world: World) -> None:
    """At the end, not at the start: each day of the walk would ask the models anew."""
    with demo.chapter("6. What is learned from it, and what one customer would be shown"):
        with read(world.engine) as connection:
            customer = showing.interesting_customer(connection)
        now = f"{demo.end:%Y-%m-%dT%H:%M:%SZ}"
        demo.loop("train", "--model", "recommend", "--model", "lapse", "--now", now)
        demo.loop("recommend", customer, "--now", now)


def _run_in_prefect(demo: Demo, journey: str) -> None:
    with demo.chapter("7. The next turn, as a flow run of Prefect"):
        later = demo.end + timedelta(hours=2)  # when messages of the day are due
        demo.loop("run", journey, "--now", f"{later:%Y-%m-%dT%H:%M:%SZ}")
