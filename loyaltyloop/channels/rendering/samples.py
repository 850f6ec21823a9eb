"""Values made up for a preview, where its customer has none: each is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from loyaltyloop.channels.rendering.body_samples import NOBODY
from loyaltyloop.channels.templates.used import Used
from loyaltyloop.channels.values.asked import QuestionIn
from loyaltyloop.channels.values.baskets import worth
from loyaltyloop.channels.values.context import Names, order, order_names, product, product_names
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.journey.model import Ask, Give, Journey, Recommend, Score, Shop, Step
from loyaltyloop.journey.money import exponent
from loyaltyloop.journey.question import Question
from loyaltyloop.journey.scoring import MODELS
from loyaltyloop.journey.templates import Names as Path

_WORDS = tuple(f"Sample product {word}" for word in ("one", "two", "three", "four"))
_DAY = "2030-12-31"
_NUMBERS = frozenset(
    ("total", "revenue", "subtotal", "price", "value", "tax", "shipping", "discount", "amount")
)


@dataclass
class Sampler:
    """Fills in what the template uses and this customer has no value for."""

    connection: Connection
    shop: Shop
    used: Used
    notes: list[str] = field(default_factory=list)

    def fill(self, names: Names, journey: Journey | None, person: Row[Any]) -> None:
        """Adds sample values to `names`, and a note for each."""
        if "trigger" in self.used.names:
            self._trigger(names, person.locale)
        if "order" in self.used.names and "order" not in names:
            self._order(names, person)
        if "cart" in self.used.names:
            self._cart(names, person.locale)
        for step in journey or ():
            unknown = step.name not in names or isinstance(step.action, Give)
            if step.name in self.used.names and unknown:
                names[step.name] = self._value(step, person.locale)
                self.notes.append(f"{step.name}: made up, as {_why_made(step)}")
            elif isinstance(asked := names.get(step.name), QuestionIn) and asked.answer is None:
                self._answer(step.name, asked, names)

    def _trigger(self, names: Names, locale: str | None) -> None:
        entered = "trigger" in names
        names["trigger"] = trigger = _copied(names.get("trigger"))
        missing = [path for path in self.used.needed("trigger") if _at(trigger, path[1:]) in (None, "")]
        why = "what they entered by has none" if entered else "the customer never entered this journey"
        for path in missing:
            if _put(trigger, path[1:], self._property(path, locale)):
                self.notes.append(f"{'.'.join(path)}: made up, as {why}")
        if not entered and not missing:
            self.notes.append(f"trigger: empty, as {why}")

    def _property(self, path: Path, locale: str | None) -> object:
        """A value that fits what the template does with it, else the name of the property."""
        name = path[-1]
        match self.used.kinds.get(path):
            case "number":
                return 12.5
            case "date":
                return _DAY
            case "list":
                return self._lines(2, locale)
        if name == "products":
            return self._lines(2, locale)
        if name in _NUMBERS:
            return 12.5
        if name.endswith(("_at", "date")):
            return _DAY
        if name.endswith("url"):
            return self._address
        known = {"currency": self.shop.currency, "order_id": "SAMPLE-1", "quantity": 1}
        return known.get(name, f"Sample {name.replace('_', ' ')}")

    def _order(self, names: Names, person: Row[Any]) -> None:
        newest = select(order).where(order.c.customer_id == person.id).order_by(order.c.ordered_at.desc())
        if found := self.connection.execute(newest.limit(1)).first():
            names["order"] = order_names(found, self.shop)
            self.notes.append("order: the customer's newest, as none belongs to this journey")
            return
        names["order"] = {
            "order_id": "SAMPLE-1",
            "status": "open",
            "currency": self.shop.currency,
            "products": self._lines(2, person.locale),
            "total": money_of(1250, self.shop.currency, person.locale),
        }
        self.notes.append("order: made up, as the customer has none")

    def _cart(self, names: Names, locale: str | None) -> None:
        own = names.get("cart")
        if not isinstance(own, dict):
            lines, currency = self._lines(2, locale), self.shop.currency
            value = worth(lines, currency, locale) or money_of(2500, currency, locale)
            own = {"products": lines, "value": value, "quantity": len(lines), "lines": len(lines)}
            own |= {"currency": currency, "url": self._address}
            self.notes.append("cart: made up, as the customer's basket is empty, or nothing in it can be had")
        elif own["url"] is None and ("cart", "url") in self.used.needed("cart"):
            own = own | {"url": self._address}
            self.notes.append("cart.url: made up, as the shop did not tell where the basket is")
        names["cart"] = own

    def _value(self, step: Step, locale: str | None) -> object:
        match step.action:
            case Recommend():
                return self._products(step.action.products, locale)
            case Score(model=model) if model in MODELS:
                return MODELS[model].sample
            case Give():
                return self._gift(step.action, locale)
            case Ask():
                return _answered(QuestionIn(NOBODY, Question.of(step.action)))
        return None

    def _gift(self, give: Give, locale: str | None) -> Names:
        """What it is worth is as shop.yaml says; no code is ever taken for a preview."""
        pool = next((one for one in self.shop.vouchers if one.name == give.voucher), None)
        value: object = "10%" if pool is None else pool.value
        if pool is not None and pool.amount is not None:
            minor = int(pool.amount.scaleb(exponent(self.shop.currency)))
            value = money_of(minor, self.shop.currency, locale)
        return {"code": "SAMPLE-CODE", "value": value, "expires": _DAY}

    def _answer(self, name: str, asked: QuestionIn, names: Names) -> None:
        """Where the message prints an answer that was not given, the first of them."""
        if {path[1] for path in self.used.needed(name)} & {"answer", "answer_text", "comment"}:
            names[name] = _answered(asked)
            self.notes.append(f"{name}: the answer is made up, as the customer has given none")

    def _lines(self, count: int, locale: str | None) -> list[Names]:
        return [{**one, "quantity": 1} for one in self._products(count, locale)]

    def _products(self, count: int, locale: str | None) -> list[Names]:
        chosen = select(product).where(product.c.in_stock)
        # Those with a picture first, to show the layout at its fullest.
        chosen = chosen.order_by(product.c.image_url.is_(None), product.c.product_id).limit(count)
        found = [product_names(row, self.shop, locale) for row in self.connection.execute(chosen)]
        made = [{"name": word, "url": self._address} for word in _WORDS]
        return [{**one, "reason": "A sample reason"} for one in (found or made[:count])]

    @property
    def _address(self) -> str:
        return self.shop.url or "https://shop.example"


def _why_made(step: Step) -> str:
    if isinstance(step.action, Give):
        return "a preview shows nobody's code"
    return "the customer has not passed that step"


def _answered(asked: QuestionIn) -> QuestionIn:
    return replace(asked, answer=asked.question.choices[0].value, comment="A sample comment")


def _copied(value: object) -> dict[str, Any]:
    """A mapping that may be written to, all the way down; empty for what is none."""
    if not isinstance(value, dict):
        return {}
    return {name: _copied(one) if isinstance(one, dict) else one for name, one in value.items()}


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _put(value: dict[str, Any], path: Path, made: object) -> bool:
    """Write it at the end of the path; False where something else is in the way."""
    *way, last = path
    for name in way:
        inner = value[name] = {} if value.get(name) in (None, "") else value[name]
        if not isinstance(inner, dict):
            return False
        value = inner
    value[last] = made
    return True
