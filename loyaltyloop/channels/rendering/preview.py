"""One message as one customer would get it: nothing is taken, sent, or written to the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.channels.phone.sms_text import parts
from loyaltyloop.channels.rendering.body_samples import NOBODY
from loyaltyloop.channels.rendering.render import Rendered, Renderer
from loyaltyloop.channels.rendering.samples import Sampler
from loyaltyloop.channels.templates.json_bodies import ENDING
from loyaltyloop.channels.templates.json_lines import NotJson
from loyaltyloop.channels.templates.used import Used
from loyaltyloop.channels.values.asked import QuestionIn, asked_in
from loyaltyloop.channels.values.baskets import baskets_of
from loyaltyloop.channels.values.context import (
    Names,
    customer,
    enrolment,
    load_names,
    names_of_customer,
)
from loyaltyloop.channels.values.questions import add_asked
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import CALLS, Ask, Call, Journey, Purpose, Send, Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.reader import Reading
from loyaltyloop.journey.templates import Templates
from loyaltyloop.journey.written import ENDINGS, written_for
from loyaltyloop.store.messages.addressees import user_ids
from loyaltyloop.store.people.lookup import find_customer

KEY = NOBODY
TEXTS = ("sms", "push")
MADE_UP = "2030-12-31T09:00:00Z"


@dataclass(frozen=True)
class Preview:
    """What the customer would get; `notes` say what of it is made up. `ending`: of the file that shows it."""

    rendered: Rendered
    notes: list[str]
    ending: str = ".html"


@dataclass(frozen=True)
class Sent:
    """The step that sends the template, as far as one does; `key` and `enrolment_id` are the preview's."""

    journey: str
    step: str
    purpose: Purpose
    enrolment_id: int = 0
    key: str = KEY
    channel: str = "email"


def preview(connection: Connection, reading: Reading, renderer: Renderer, template: str, who: str) -> Preview:
    """The template as the customer of this id or address would get it. UserError where nobody can tell."""
    if reading.shop is None:
        raise UserError("There is no journeys/shop.yaml that can be read: see loop check.")
    name, channel = named(reading.templates, template)
    person = _find(connection, who)
    journey, sent = next(_sending(reading, name), (None, Sent("", "", "marketing")))
    sampler = Sampler(connection, reading.shop, _used(reading.templates, name, channel))
    sent = _entered(connection, person, replace(sent, channel=channel))
    names = _names(connection, person, sent, reading.shop)
    _add_questions(connection, journey, sent, names)
    if own := baskets_of(connection, [person.id], reading.shop, None).get(person.id):
        names["cart"] = own
    sampler.fill(names, journey, person)
    if is_body(reading.templates, name):
        user_id = user_ids(connection, [person.id]).get(person.id) or person.key
        return _body(renderer, name, names, user_id, sampler.notes)
    try:
        if channel in renderer.texts:
            return _text(renderer, channel, (name, names, person.locale), sampler.notes)
        return Preview(renderer.render(name, KEY, names, person.locale), sampler.notes)
    except CannotRender as error:
        raise UserError(f"{who} would not get this message: {error.reason}.\n{_remedy(error)}") from None


def named(templates: Mapping[str, str], template: str) -> tuple[str, str]:
    """The template's name, and the channel that is meant: by its ending, else the first there is one for."""
    name = template.removeprefix("templates/")
    for channel, ending in ENDINGS.items():
        for said in (ending, ending.removesuffix(".txt")):  # hello.sms.txt is called hello.sms, too
            if name.endswith(said):
                return name.removesuffix(said), channel
    if name.endswith(ENDING) or is_body(templates, name):
        return name.removesuffix(ENDING), CALLS
    return name, next(iter(written_for(name, templates)), "email")


def must_be_there(templates: Mapping[str, str], name: str, channel: str) -> None:
    """UserError, with what was probably meant, if this template is not written for this channel."""
    file = f"{name}{ENDING if channel == CALLS else ENDINGS[channel]}"
    if file not in templates:
        own = {one.removesuffix(".html").removesuffix(".txt") for one in templates}
        own = {one for one in own if not one.startswith("layout/")}
        meant = did_you_mean(file.removesuffix(".html"), own, "The templates are")
        raise UserError(f"There is no template templates/{file}. {meant}")


def _used(templates: Mapping[str, str], name: str, channel: str) -> Used:
    read = Templates(templates)
    return Used.by_files(read, [f"{name}{ENDINGS[channel]}"]) if channel in TEXTS else Used.by(read, name)


def _text(renderer: Renderer, channel: str, what: tuple[str, Names, str | None], notes: list[str]) -> Preview:
    """A text, with how many parts it has; or a push, whose title is the subject."""
    name, names, locale = what
    made = renderer.texts[channel].render(name, KEY, names, locale)
    if channel == "push":
        push = PushText.of(made.text)
        words = "\n\n".join(filter(None, [push.body, push.link]))
        return Preview(
            Rendered(push.title, "", f"{words}\n", made.links, made.unsubscribe), notes, ENDINGS[channel]
        )
    count = counted(parts(made.text), "part")
    rendered = Rendered("", "", f"{made.text}\n", made.links, made.unsubscribe)
    told = [*notes, f"the text has {count}: {len(made.text)} letters"]
    return Preview(rendered, told, ENDINGS[channel])


def is_body(templates: Mapping[str, str], name: str) -> bool:
    """Is this template the body of calls, and no message?"""
    return f"{name}{ENDING}" in templates and f"{name}.html" not in templates


def _body(renderer: Renderer, name: str, names: Names, user_id: str, notes: list[str]) -> Preview:
    """The body of a call for this customer, as text."""
    about, customer = names["message"], names["customer"]
    assert isinstance(about, dict)
    assert isinstance(customer, dict)
    times = {"entered_at": MADE_UP, "decided_at": MADE_UP}
    own = {"journey": about["journey"], "step": about["step"], "one_per": None, **times}
    whole = {**names, "customer": {**customer, "user_id": user_id}, "enrolment": own}
    try:
        text = renderer.bodies.render(name, whole)
    except NotJson as error:
        told = renderer.bodies.fault(name, whole, error, error.reason, "This is the body as it is made:")
        raise UserError(f"{told}\n\n{error.text}\n\n{user_id} would not be called for.") from None
    except CannotRender as error:
        raise UserError(f"{user_id} would not be called for: {error.reason}.\n{_remedy(error)}") from None
    return Preview(Rendered("", "", text, [], ""), [*notes, "the times of the enrolment are made up"], ENDING)


def _remedy(error: CannotRender) -> str:
    if error.cause == "missing":
        return "Give it a default ({{ name | default('...') }}), or put {% if name %} around it."
    return "See loop check, and docs/templates.md."


def _find(connection: Connection, who: str) -> Row[Any]:
    chosen = select(customer).where(customer.c.id == find_customer(connection, who))
    found = connection.execute(chosen).one()
    if found.erased_at is not None:
        raise UserError(f"The customer {who!r} was erased: nobody writes to them any more.")
    return found


def _sending(reading: Reading, name: str) -> Iterator[tuple[Journey, Sent]]:
    for journey in reading.journeys.values():
        for step in journey:
            send = step.action.send if isinstance(step.action, Ask) else step.action
            if isinstance(send, Send) and send.template == name:
                yield journey, Sent(journey.name, step.name, send.purpose)
        for step in (*journey, *journey.at_end):
            if isinstance(step.action, Call) and step.action.body == name:
                yield journey, Sent(journey.name, step.name, step.action.purpose)


def _entered(connection: Connection, person: Row[Any], sent: Sent) -> Sent:
    """The same, of the customer's newest enrolment in the journey, if there is one."""
    mine = select(enrolment.c.id).where(
        enrolment.c.customer_id == person.id, enrolment.c.journey == sent.journey
    )
    newest = connection.execute(mine.order_by(enrolment.c.entered_at.desc(), enrolment.c.id.desc()).limit(1))
    return replace(sent, enrolment_id=newest.scalar() or 0)


def _names(connection: Connection, person: Row[Any], sent: Sent, shop: Shop) -> Names:
    """What is known of the enrolment, or of the customer alone."""
    if sent.enrolment_id:
        return load_names(connection, [sent], shop)[KEY]
    message = {"key": KEY, "journey": sent.journey, "step": sent.step, "purpose": sent.purpose}
    return {"customer": names_of_customer(person, shop), "message": message}


def _add_questions(connection: Connection, journey: Journey | None, sent: Sent, names: Names) -> None:
    """Those of the journey, with the customer's answers; the links of none of them lead anywhere."""
    add_asked(connection, {KEY: names}, [sent], asked_in(journey) if journey else {})
    for step, asked in names.items():
        if isinstance(asked, QuestionIn):
            names[step] = replace(asked, key=KEY)
