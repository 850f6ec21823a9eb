"""prefect.yaml from the journeys: one deployment a journey, and the housekeeping. Knows no Prefect.

Names of the housekeeping hold a space, so no journey can have one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.showing.phrases import entrance, phrase
from loyaltyloop.markdown import plain

POOL = "loop"
MARK = "loyalty-loop"  # the tag by which `loop deploy` knows its own deployments
WOKEN = "loyalty-loop.journey.woken"  # the event by which Prefect runs a journey's deployment at once
HEADER = """\
# Made by `loop deploy` from journeys/ and shop.yaml: edit those, not this.
# Where the project lies is for the worker's environment to say (LOOP_PROJECT; `loop up` sets it).
name: loyalty-loop

build: null
push: null
pull:
  - prefect.deployments.steps.set_working_directory:
      directory: "{{ $LOOP_PROJECT }}"

deployments:
"""
# One after another: a turn that is cancelled because another is at work would leave what arrived
# meanwhile to the next round, up to `turns.every` later. A turn that waited and finds nothing costs one task.
ONE_AT_A_TIME = ("concurrency_limit:", "  limit: 1", "  collision_strategy: ENQUEUE")


@dataclass(frozen=True)
class Chore:
    """A housekeeping flow: its deployment's name, where it is, what it does, when it runs."""

    name: str
    entrypoint: str
    about: str
    cron: str | None = None  # None: only when somebody presses Run


CHORES = (
    Chore(
        "deliver messages",
        "flows.deliver.deliver",
        "Hands over what is ready, of all journeys. Every turn does so too: for when the way out was away.",
    ),
    Chore(
        "daily report",
        "flows.report.daily_report",
        "One table for all journeys: who stands where, and what became of the messages.",
        cron="0 7 * * *",
    ),
    Chore(
        "train the scores",
        "flows.train.train_scores",
        "Fits what is foretold of customers (what to recommend, who is about to be lost) on what they did, "
        "judges it on the newest period, and uses it if it is not worse. The artifacts show how good it is.",
        cron="30 2 * * *",
    ),
    Chore(
        "tidy up",
        "flows.tidy.tidy_up",
        "Does what is due about people's data: requests of shops, letters that wait, files of who was "
        "erased, messages of long ago. Forgets the records of runs in which nothing happened, so that the "
        "others are found.",
        cron="30 3 * * *",
    ),
)


def prefect_yaml(journeys: Iterable[Journey], shop: Shop) -> str:
    """The whole text of prefect.yaml; the same journeys give the same text, in whatever order they come."""
    every = seconds(shop.turns_every)
    blocks = [_journey_block(journey, every) for journey in sorted(journeys, key=lambda one: one.name)]
    blocks += [_chore_block(chore, shop.timezone) for chore in CHORES]
    return HEADER + "\n".join(blocks)


def deployment_names(journeys: Iterable[Journey]) -> list[str]:
    """The names of all deployments that prefect.yaml then has."""
    return sorted(journey.name for journey in journeys) + [chore.name for chore in CHORES]


def seconds(duration: Duration) -> int:
    """A duration as a schedule can have it: in seconds, a day being 24 hours and a month 30 days."""
    return (duration.months * 30 + duration.days) * 86400 + duration.seconds


def describe(journey: Journey) -> str:
    """What a deployment's page says of a journey: Markdown, for people who do not read YAML."""
    lines = [
        journey.about.strip(),
        "",
        f"- **Who enters:** {plain(entrance(journey.enter))}",
        f"- **Steps:** {' → '.join(_steps(journey))}",
        f"- **Purpose:** {journey.purpose}, priority {journey.priority}",
    ]
    if journey.leave_when:
        reasons = (f"{name} ({phrase(condition)})" for name, condition in journey.leave_when)
        lines.append(f"- **Leaves early:** {plain(', '.join(reasons))}")
    lines += [
        "",
        f"One run is one turn for all its customers. The journey is written in journeys/{journey.name}.yaml.",
    ]
    return "\n".join(lines)


def resource_of(journey: str) -> str:
    """What Prefect calls a journey in its events."""
    return f"loyalty-loop.journey.{journey}"


def tags(journey: Journey) -> tuple[str, ...]:
    """What a deployment and its runs can be filtered by."""
    return (MARK, "journey", journey.purpose)


def _steps(journey: Journey) -> Iterator[str]:
    for step in journey.steps:
        if not step.within_paths:
            yield (
                f"{step.name} ({' or '.join(path.name for path in step.paths)})" if step.paths else step.name
            )


def _journey_block(journey: Journey, every: int) -> str:
    return _block(
        name=journey.name,
        entrypoint=f"flows.compiled.{journey.name}",
        description=describe(journey),
        tags=tags(journey),
        schedule=_interval(journey.name, every),
        trigger=_woken(journey.name),
    )


def _chore_block(chore: Chore, timezone: str) -> str:
    schedule = (f"- cron: {_quoted(chore.cron)}", f"  timezone: {_quoted(timezone)}", "  slug: daily")
    return _block(
        name=chore.name,
        entrypoint=chore.entrypoint,
        description=chore.about,
        tags=(MARK, "housekeeping"),
        schedule=schedule if chore.cron else (),
    )


def _interval(name: str, every: int) -> tuple[str, ...]:
    # Each at a second of its own within the interval, or all journeys would start processes at once.
    minute, second = divmod(crc32(name.encode()) % min(every, 3600), 60)
    return (
        f"- interval: {every}",
        f'  anchor_date: "2026-01-01T00:{minute:02}:{second:02}+00:00"',
        "  slug: safety-net",
    )


def _woken(name: str) -> tuple[str, ...]:
    # Each event has a run of its own: what comes in bursts was gathered by whoever told of it (Prefect's
    # `within` fires at the first and swallows the rest).
    return (
        f"- name: {_quoted(f'Wake {name}')}",
        '  description: "Something that the journey listens for has arrived."',
        f"  match: {{prefect.resource.id: {_quoted(resource_of(name))}}}",
        f"  expect: [{WOKEN}]",
        '  parameters: {woken_by: "{{ event.payload.by }}"}',
    )


def _block(
    *,
    name: str,
    entrypoint: str,
    description: str,
    tags: tuple[str, ...],
    schedule: tuple[str, ...],
    trigger: tuple[str, ...] = (),
) -> str:
    lines = [
        f"- name: {_quoted(name)}",
        f"  entrypoint: {entrypoint}",
        "  description: |-",
        *(f"    {line}".rstrip() for line in _plain(description).splitlines()),
        f"  tags: [{', '.join(tags)}]",
        "  work_pool:",
        f"    name: {POOL}",
        "  schedules:" if schedule else "  schedules: []",
        *(f"    {line}" for line in schedule),
        *(["  triggers:"] if trigger else []),
        *(f"    {line}" for line in trigger),
        *(f"  {line}" for line in ONE_AT_A_TIME),
    ]
    return "\n".join(f"  {line}".rstrip() for line in lines) + "\n"


def _plain(text: str) -> str:
    """Without leading blanks (they would end the block) and without what Prefect takes for a placeholder."""
    return (
        "\n".join(line.strip() for line in text.strip().splitlines())
        .replace("{{", "{ {")
        .replace("}}", "} }")
    )


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)
