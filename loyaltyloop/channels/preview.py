"""One message as one customer would get it: nothing is taken, sent, or written to the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, Row, select

from loyaltyloop.channels.context import (
    Names,
    customer,
    enrolment,
    identity,
    load_names,
    names_of_customer,
    order,
    order_names,
    product,
    product_names,
)
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.formats import money_of
from loyaltyloop.channels.render import Rendered, Renderer
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Ask, Give, Journey, Purpose, Recommend, Score, Send, Shop, Step
from loyaltyloop.journey.reader import Reading
from loyaltyloop.journey.templates import Templates

# A key that no message has: a preview's links lead nowhere.
KEY = str(uuid5(NAMESPACE_URL, "loyaltyloop:preview"))
_WORDS = tuple(f"Sample product {word}" for word in ("one", "two", "three", "four"))


@dataclass(frozen=True)
class Preview:
    """What the customer would get; `notes` say what of it is made up."""

    rendered: Rendered
    notes: list[str]


@dataclass(frozen=True)
class Sent:
    """The step that sends the template, as far as one does; `key` and `enrolment_id` are the preview's."""

    journey: str
    step: str
    purpose: Purpose
    enrolment_id: int = 0
    key: str = KEY


@dataclass
class _Sampler:
    """Fills in the names that the template uses and this customer has no value for."""

    connection: Connection
    shop: Shop
    used: set[str]
    notes: list[str] = field(default_factory=list)

    def fill(self, names: Names, journey: Journey | None, person: Row[Any]) -> None:
        """Adds sample values to `names`, and a note for each."""
        if "trigger" in self.used and not names.get("trigger"):
            names["trigger"] = {}
            self.notes.append("trigger: the customer never entered this journey, so it is empty")
        if "order" in self.used and "order" not in names:
            self._order(names, person)
        for step in journey or ():
            if step.name in self.used and step.name not in names:
                names[step.name] = self._value(step, person.locale)
                self.notes.append(f"{step.name}: made up, as the customer has not passed that step")

    def _order(self, names: Names, person: Row[Any]) -> None:
        newest = select(order).where(order.c.customer_id == person.id).order_by(order.c.ordered_at.desc())
        if found := self.connection.execute(newest.limit(1)).first():
            names["order"] = order_names(found, self.shop)
            self.notes.append("order: the customer's newest, as none belongs to this journey")
            return
        lines = [{**one, "quantity": 1} for one in self._products(2, person.locale)]
        names["order"] = {
            "order_id": "SAMPLE-1",
            "status": "open",
            "currency": self.shop.currency,
            "products": lines,
            "total": money_of(1250, self.shop.currency, person.locale),
        }
        self.notes.append("order: made up, as the customer has none")

    def _value(self, step: Step, locale: str | None) -> object:
        match step.action:
            case Recommend():
                return self._products(step.action.products, locale)
            case Score():
                return 0.5
            case Give():
                return {"code": "SAMPLE-CODE", "value": "10%", "expires": "2030-12-31"}
            case Ask():
                links = {name: self.shop.url or "https://shop.example" for name, _ in step.action.answers}
                return {"links": links, "answer": "", "comment": ""}
        return None

    def _products(self, count: int, locale: str | None) -> list[Names]:
        chosen = select(product).where(product.c.in_stock)
        # Those with a picture first, to show the layout at its fullest.
        chosen = chosen.order_by(product.c.image_url.is_(None), product.c.product_id).limit(count)
        found = [product_names(row, self.shop, locale) for row in self.connection.execute(chosen)]
        made = [{"name": word, "url": self.shop.url or "https://shop.example"} for word in _WORDS]
        return [{**one, "reason": "A sample reason"} for one in (found or made[:count])]


def preview(connection: Connection, reading: Reading, renderer: Renderer, template: str, who: str) -> Preview:
    """The template as the customer with this id would get it. UserError where that cannot be told."""
    if reading.shop is None:
        raise UserError("There is no journeys/shop.yaml that can be read: see loop check.")
    name = template.removeprefix("templates/").removesuffix(".html")
    person = _find(connection, who)
    journey, sent = next(_sending(reading, name), (None, Sent("", "", "marketing")))
    sampler = _Sampler(connection, reading.shop, _used(reading, f"{name}.html"))
    names = _names(connection, person, sent, reading.shop)
    sampler.fill(names, journey, person)
    try:
        return Preview(renderer.render(name, KEY, names, person.locale), sampler.notes)
    except CannotRender as error:
        raise UserError(f"{who} would not get this message: {error.reason}.\n{_remedy(error)}") from None


def _remedy(error: CannotRender) -> str:
    if error.cause == "missing":
        return "Give it a default ({{ name | default('...') }}), or put {% if name %} around it."
    return "See loop check, and docs/templates.md."


def _find(connection: Connection, who: str) -> Row[Any]:
    known = select(identity.c.customer_id).where(identity.c.kind == "user", identity.c.value == who)
    chosen = select(customer).where(customer.c.id.in_(known) | (customer.c.key == who))
    found = connection.execute(chosen.order_by(customer.c.id)).first()
    if found is None or found.erased_at is not None:
        raise UserError(f"There is no customer {who!r}: use the user_id of customers.csv or of your events.")
    return found


def _sending(reading: Reading, name: str) -> Iterator[tuple[Journey, Sent]]:
    for journey in reading.journeys.values():
        for step in journey:
            send = step.action.send if isinstance(step.action, Ask) else step.action
            if isinstance(send, Send) and send.template == name:
                yield journey, Sent(journey.name, step.name, send.purpose)


def _used(reading: Reading, name: str) -> set[str]:
    return {use.path[0] for use in Templates(reading.templates).reach(name).uses}


def _names(connection: Connection, person: Row[Any], sent: Sent, shop: Shop) -> Names:
    """What is known of the customer's newest enrolment in the journey, or of the customer alone."""
    mine = select(enrolment.c.id).where(
        enrolment.c.customer_id == person.id, enrolment.c.journey == sent.journey
    )
    newest = connection.execute(mine.order_by(enrolment.c.entered_at.desc(), enrolment.c.id.desc()).limit(1))
    entered = newest.scalar()
    if entered is not None:
        own = Sent(sent.journey, sent.step, sent.purpose, entered)
        return load_names(connection, [own], shop)[KEY]
    message = {"key": KEY, "journey": sent.journey, "step": sent.step, "purpose": sent.purpose}
    return {"customer": names_of_customer(person, shop), "message": message}
