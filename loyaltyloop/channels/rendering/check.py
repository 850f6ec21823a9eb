"""What `loop check` says of templates beyond their names: what no message may hold or no client shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.rendering.body_samples import sample_names
from loyaltyloop.channels.rendering.check_texts import faults_of_text, renderer_of
from loyaltyloop.channels.templates.addresses import lead_through
from loyaltyloop.channels.templates.json_bodies import ENDING, Bodies
from loyaltyloop.channels.templates.json_lines import NotJson
from loyaltyloop.channels.templates.together import Together, languages_of
from loyaltyloop.channels.templates.used import Used
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.errors import FilesError, Problem, UserError
from loyaltyloop.journey.check import check_reading
from loyaltyloop.journey.model import Ask, Call, Journey, Send
from loyaltyloop.journey.reading.reader import SHOP_FILE, Reading, read_project
from loyaltyloop.journey.written import written_for


def check_project(files: Mapping[str, str | bytes]) -> list[Problem]:
    """All problems of these files, by file and line; of a file, what the rules find comes first."""
    reading = read_project(files)
    found = check_reading(reading)
    broken = {problem.file for problem in found if problem.severity == "error"}
    return sorted([*found, *(one for one in check_templates(reading) if one.file not in broken)])


def check_templates(reading: Reading) -> list[Problem]:
    """Mistakes in the templates that messages are made from. Nothing is rendered."""
    if reading.shop is None:
        return []
    try:
        shop = shop_names(reading.shop)
    except UserError as error:
        return [Problem(SHOP_FILE, 1, 1, "brand", "error", str(error), "")]
    together = Together(reading.templates, {"shop": shop})
    found: set[Problem] = set()
    for name in sorted({name for channel, name in _sent(reading) if channel == "email"}):
        own = (f"{name}.html", str(shop["language"]))
        for file, language in (own, *languages_of(reading.templates, name)):
            if file in reading.templates:
                found |= set(_faults(together, file, language))
    read, renderer = reading.parsed, renderer_of(reading.templates, reading.shop)
    for channel, name in sorted({(channel, name) for channel, name in _sent(reading) if channel != "email"}):
        found |= set(faults_of_text(renderer, read, channel, name))
    bodies = Bodies(reading.templates, shop, reading.shop)
    for name in sorted(set(_called(reading))):
        found |= set(_faults_of_body(reading, bodies, name))
    return sorted(found)


def _called(reading: Reading) -> Iterator[str]:
    """Bodies that calls name and that there are."""
    for journey in _journeys(reading):
        for step in (*journey, *journey.at_end):
            if isinstance(step.action, Call) and f"{step.action.body}{ENDING}" in reading.templates:
                yield str(step.action.body)


def _faults_of_body(reading: Reading, bodies: Bodies, name: str) -> Iterator[Problem]:
    """What keeps a body from being compiled; or from being JSON, made with values that are made up."""
    try:
        bodies.compile(name)
    except FilesError as error:
        yield from error.problems
        return
    for names in sample_names(Used.by(reading.parsed, name)):
        try:
            bodies.render(name, names)
        except NotJson as error:
            yield from bodies.fault(name, names, error, f"{_MADE}: {error.reason}", NOT_JSON).problems
            return
        except CannotRender:
            continue  # these values are made up: others may do


_MADE = "made with sample values, it cannot be posted"
NOT_JSON = "Look for a comma too many or too few: `loop preview` shows the body as it is made."


def _journeys(reading: Reading) -> Iterator[Journey]:
    """All of them, and what can be read of the broken ones."""
    yield from reading.journeys.values()
    yield from (rest.journey for rest in reading.rest.journeys)


def _sent(reading: Reading) -> Iterator[tuple[str, str]]:
    """(Channel, template) of every message, by each channel that it may take."""
    for journey in _journeys(reading):
        for step in journey:
            send = step.action.send if isinstance(step.action, Ask) else step.action
            if not isinstance(send, Send):
                continue
            if send.channel == "best" or send.if_blocked == "other_channel":
                written = written_for(send.template, reading.templates)
                yield from ((channel, send.template) for channel in written)
            else:
                yield send.channel, send.template


def _faults(together: Together, file: str, language: str) -> list[Problem]:
    try:
        flat = together.flat(file, language)
        lead_through(flat.document, flat.sources)
    except FilesError as error:
        return error.problems
    return []
