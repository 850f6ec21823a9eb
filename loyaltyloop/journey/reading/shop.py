"""shop.yaml's models to the record of `model`; segments that name each other are resolved."""

from __future__ import annotations

from loyaltyloop.errors import Problem
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Cap, Hook, Market, QuietHours, Sender, Shop, Topic
from loyaltyloop.journey.reading.deferred import used_in_shop
from loyaltyloop.journey.reading.loyalty import badges_of, points_of, referral_of, tiers_of
from loyaltyloop.journey.reading.meaning import Names, condition_of
from loyaltyloop.journey.reading.places import conditions_in
from loyaltyloop.journey.reading.tree import Source
from loyaltyloop.journey.schema.breaking import breaking_of
from loyaltyloop.journey.schema.recommending import recommending_of
from loyaltyloop.journey.schema.shop import ShopFile
from loyaltyloop.journey.schema.vouchers import pool_of


def shop_of(file: ShopFile, source: Source) -> tuple[Shop, list[Problem]]:
    """The shop, and segments that go round in a circle."""
    segments, problems = _segments(file, source)
    turns = (
        {}
        if file.turns is None
        else {"turns_every": file.turns.every, "turns_at_least_apart": file.turns.at_least_apart}
    )
    given = {"lateness": file.lateness, "holdout": file.holdout, **turns}
    shop = Shop(
        name=file.shop,
        timezone=file.timezone,
        currency=file.currency,
        country=file.country,
        sender=Sender(file.sender.name, file.sender.email, file.sender.postal_address),
        url=file.url or "",
        quiet_hours=tuple(
            QuietHours(
                quiet.from_,
                quiet.to,
                tuple(quiet.channels),
                tuple(quiet.purposes),
                tuple(quiet.countries),
                quiet.days or (),
            )
            for quiet in file.quiet_hours
        ),
        segments=tuple(segments.items()),
        markets=tuple(
            (name, Market(one.currency, one.language, one.rate, tuple(one.countries)))
            for name, one in file.markets.items()
        ),
        topics=tuple(_topic(name, texts) for name, texts in file.topics.items()),
        hold_while=tuple(
            (purpose, condition_of(condition, Names(segments=segments)))
            for purpose, condition in (file.hold_while or {}).items()
        ),
        caps=tuple(Cap.of(one.at_most, tuple(one.channels), tuple(one.purposes)) for one in file.caps or []),
        hooks=tuple(
            Hook(name, one.url, one.secret or secret_name(name)) for name, one in (file.hooks or {}).items()
        ),
        vouchers=tuple(pool_of(name, one) for name, one in (file.vouchers or {}).items()),
        points=points_of(file.points),
        tiers=tiers_of(file.tiers or {}),
        badges=badges_of(file.badges or {}, segments),
        referral=referral_of(file.referral, file.url),
        breaker=breaking_of(file.breaker),
        recommending=recommending_of(file.recommendations),
        alerts=file.alerts.hook if file.alerts else None,
        uses=used_in_shop(file, source),
        extra=_extra(file),
        **{word: value for word, value in given.items() if value is not None},  # type: ignore[arg-type]
    )
    return shop, problems


def secret_name(hook: str) -> str:
    """The environment's name of the secret that signs calls of this hook, unless shop.yaml names another."""
    return f"LOOP_HOOK_{hook.upper()}_SECRET"


def _topic(name: str, texts: str | dict[str, str]) -> Topic:
    return Topic(name, tuple(texts.items()) if isinstance(texts, dict) else (("", texts),))


def _extra(file: ShopFile) -> tuple[tuple[str, object], ...]:
    extra: list[tuple[str, object]] = []
    if file.brand:
        extra.append(("brand", file.brand))
    if file.language:
        extra.append(("language", file.language))
    return tuple(extra)


def _segments(file: ShopFile, source: Source) -> tuple[dict[str, Condition], list[Problem]]:
    """Segments in an order in which each stands behind those that it names."""
    needs = {
        name: {one.condition.segment for one in conditions_in(condition, ())} & set(file.segments)
        for name, condition in file.segments.items()
    }
    ready: dict[str, Condition] = {}
    while due := [name for name in file.segments if name not in ready and needs[name] <= set(ready)]:
        for name in due:
            ready[name] = condition_of(file.segments[name], Names(segments=ready))
    problems = [
        source.problem(
            ("segments", name),
            "segment-circle",
            "error",
            f"the segment '{name}' is made of itself",
            "Write out what it should mean, without naming a segment that names it.",
        )
        for name in file.segments
        if name not in ready
    ]
    return {name: ready[name] for name in file.segments if name in ready}, problems
