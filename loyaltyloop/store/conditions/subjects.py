"""What is known of a customer, a trigger, an order and decisions, as SQL: the conditions on state."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Table,
    and_,
    cast,
    exists,
    false,
    not_,
    or_,
    true,
)

from loyaltyloop.journey.conditions import facts
from loyaltyloop.journey.conditions.comparisons import passes_unknown
from loyaltyloop.journey.conditions.condition import About, Consents, Inside, Reachable, Test, Where
from loyaltyloop.store.conditions.comparisons import passes
from loyaltyloop.store.conditions.documents import UNKNOWN, Value, fact, field
from loyaltyloop.store.conditions.scope import Scope
from loyaltyloop.store.models import Basket, Consent, Enrolment, Gift, Kept, Order, Prediction
from loyaltyloop.store.orders.basket_book import is_present
from loyaltyloop.store.people.devices import has_device

Bool = ColumnElement[bool]
BASKET: Table = Basket.__table__  # type: ignore[attr-defined]
CONSENT: Table = Consent.__table__  # type: ignore[attr-defined]
ENROLMENT: Table = Enrolment.__table__  # type: ignore[attr-defined]
GIFT: Table = Gift.__table__  # type: ignore[attr-defined]
KEPT: Table = Kept.__table__  # type: ignore[attr-defined]
ORDER: Table = Order.__table__  # type: ignore[attr-defined]
PREDICTION: Table = Prediction.__table__  # type: ignore[attr-defined]
# One of each for all, as in deeds.py.
_BASKET, _CONSENT, _ENROLMENT, _GIFT = BASKET.alias(), CONSENT.alias(), ENROLMENT.alias(), GIFT.alias()
_KEPT, _ORDER, _PREDICTION = KEPT.alias(), ORDER.alias(), PREDICTION.alias()


def about(condition: About, scope: Scope) -> Bool:
    """Do the fields of what is asked about pass?"""
    where = condition.where
    match condition.subject:
        case "customer":
            return _fields(where, lambda name: _of_customer(name, scope), scope)
        case "trigger":
            return _fields(where, lambda name: _of_trigger(name, scope), scope)
        case "order":
            return _of_order(where, scope)
        case "scored":
            return and_(true(), *(_decided(step, test, scope) for step, test in where.fields))
        case "cart":
            return _of_cart(where, scope)
        case "predicted":
            return and_(true(), *(_predicted(model, test, scope) for model, test in where.fields))


def consents(condition: Consents, scope: Scope) -> Bool:
    """Is consent to marketing by this channel on record, or is it not?"""
    consent = _CONSENT
    given = _exists(
        consent,
        consent.c.customer_id == scope.customer.c.id,
        consent.c.channel == condition.channel,
        consent.c.purpose == "marketing",
        consent.c.given.is_(True),
    )
    return given if condition.given else not_(given)


def reachable(condition: Reachable, scope: Scope) -> Bool:
    """Is there an address for this channel: a number that takes texts, a device that takes pushes?"""
    match condition.channel:
        case "email":
            address: ColumnElement[str] = scope.customer.c.email
        case "sms":
            address = scope.customer.c.sms_number
        case "push":
            return has_device(scope.customer)
    return address.is_not(None)


def inside(condition: Inside, scope: Scope) -> Bool:
    """Is there a running enrolment in this journey, other than held out?"""
    enrolment = _ENROLMENT
    return _exists(
        enrolment,
        enrolment.c.customer_id == scope.customer.c.id,
        enrolment.c.journey == condition.journey,
        enrolment.c.ended_at.is_(None),
        enrolment.c.held_out.is_(False),
    )


def redeemed(step: str, scope: Scope) -> Bool:
    """Has an order used the code that this step gave, in this enrolment?"""
    enrolment_id = scope.own("id")
    if enrolment_id is None:
        return false()
    gift = _GIFT
    used = gift.c.redeemed_at.is_not(None)
    return _exists(gift, gift.c.enrolment_id == enrolment_id, gift.c.step == step, used)


def _exists(table: FromClause, *parts: Bool) -> Bool:
    return exists().select_from(table).where(*parts).correlate_except(table)


def _fields(where: Where, value: Callable[[str], Value], scope: Scope) -> Bool:
    tests = (passes(test, value(name), scope.instant, scope.postgres) for name, test in where.fields)
    return and_(true(), *tests)


def _unknown(where: Where) -> Bool:
    """The fields pass though nothing is known of them."""
    return true() if all(passes_unknown(test) for _, test in where.fields) else false()


def _of_customer(name: str, scope: Scope) -> Value:
    if name in facts.CUSTOMER:
        return fact(scope.customer.c[name], facts.CUSTOMER[name], scope.exponent, scope.postgres)
    return field(scope.customer.c.attributes, name, scope.postgres)


def _of_trigger(name: str, scope: Scope) -> Value:
    trigger = scope.own("trigger")
    return UNKNOWN if trigger is None else field(trigger, name, scope.postgres)


def _of_order(where: Where, scope: Scope) -> Bool:
    """The customer's own order that the trigger names; without it, all its fields are unknown."""
    order_id = scope.own("order_id")
    if order_id is None:
        return _unknown(where)
    order = _ORDER

    def held(name: str) -> Value:
        if name not in facts.ORDER:
            return UNKNOWN
        return fact(order.c[name], facts.ORDER[name], scope.exponent, scope.postgres)

    # Whoever knows a customer's id may send events that name an order: of others nothing is told.
    theirs = and_(order.c.order_id == order_id, order.c.customer_id == scope.customer.c.id)
    found = _exists(order, theirs, _fields(where, held, scope))
    return or_(found, and_(_unknown(where), not_(_exists(order, theirs))))


def _of_cart(where: Where, scope: Scope) -> Bool:
    """The customer's basket; without one, all its fields are unknown."""
    basket = _BASKET
    mine = and_(basket.c.customer_id == scope.customer.c.id, is_present(basket, scope.now))

    def held(name: str) -> Value:
        if name not in facts.CART:
            return UNKNOWN
        return fact(basket.c[name], facts.CART[name], scope.exponent, scope.postgres)

    found = _exists(basket, mine, _fields(where, held, scope))
    return or_(found, and_(_unknown(where), not_(_exists(basket, mine))))


def _decided(step: str, test: Test, scope: Scope) -> Bool:
    """The number that a `score` of this enrolment has kept."""
    unknown = true() if passes_unknown(test) else false()
    enrolment_id = scope.own("id")
    if enrolment_id is None:
        return unknown
    kept = _KEPT
    mine = and_(kept.c.enrolment_id == enrolment_id, kept.c.step == step)
    value = field(kept.c.value, "number", scope.postgres)
    found = _exists(kept, mine, passes(test, value, scope.instant, scope.postgres))
    return or_(found, and_(unknown, not_(_exists(kept, mine))))


def _predicted(model: str, test: Test, scope: Scope) -> Bool:
    """What this model says of the customer now; without a prediction it is unknown."""
    said = _PREDICTION
    mine = and_(said.c.customer_id == scope.customer.c.id, said.c.model == model)
    value = predicted_value(said.c.value, scope.postgres)
    found = _exists(said, mine, passes(test, value, scope.instant, scope.postgres))
    unknown = true() if passes_unknown(test) else false()
    return or_(found, and_(unknown, not_(_exists(said, mine))))


def predicted_value(number: ColumnElement[float], postgres: bool) -> Value:
    """A prediction as conditions compare it."""
    # PostgreSQL would compare as floats, and no float is as great as a number in a file may be.
    return fact(cast(number, Numeric()) if postgres else number, "number", 0, postgres)
