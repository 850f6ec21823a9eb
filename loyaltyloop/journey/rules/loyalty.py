"""Points, tiers, badges and friends of shop.yaml, and who names them."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found
from loyaltyloop.journey.schema.conditions import Comparison, Test
from loyaltyloop.journey.schema.loyalty import measure_of
from loyaltyloop.journey.schema.steps import GiveFile


def _order(context: Context) -> Iterator[Found]:
    """Tiers that count the same rise from one to the next, and none is harder to keep than to enter."""
    if (shop := context.shop) is None:
        return
    last: dict[tuple[str, object], tuple[str, object]] = {}
    for name, tier in (shop.file.tiers or {}).items():
        word, least = measure_of(tier)
        known = last.get((word, tier.within))
        if known is not None and least <= known[1]:
            message = f"the tier '{name}' begins no higher than '{known[0]}', which stands before it"
            yield found(shop.source, ("tiers", name, word), message, "Write the lowest tier first.", "value")
        last[word, tier.within] = (name, least)
        if tier.keep_at is not None and tier.keep_at > least:
            message = f"the tier '{name}' would be lost by who has just entered it"
            remedy = f"Write at most {least}: what is wanted to keep the tier."
            yield found(shop.source, ("tiers", name, "keep_at"), message, remedy, "value")


def _no_points(context: Context) -> Iterator[Found]:
    shop = context.shop
    if shop is None or shop.file.points is not None:
        return
    message, remedy = "there are no points in shop.yaml", "Write 'points: {earn: 1, for_each: 1}' there."
    for name, tier in (shop.file.tiers or {}).items():
        if tier.points is not None:
            yield found(shop.source, ("tiers", name, "points"), message, remedy)
    if shop.file.referral is not None and shop.file.referral.points is not None:
        yield found(shop.source, ("referral", "points"), message, remedy)
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, GiveFile) and one.file.points is not None:
                yield seen.found((*one.path, "points"), message, remedy)


def _said(context: Context, field: str) -> Iterator[tuple[Source, Path, Test]]:
    """What conditions compare this field of customers with."""
    for source, _, place in context.conditions:
        if (test := (place.condition.customer or {}).get(field)) is not None:
            yield source, (*place.path, "customer", field), test


def _unknown_badge(context: Context) -> Iterator[Found]:
    if context.shop is None:  # what it names is not known
        return
    known = set(context.shop.file.badges or {})
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, GiveFile) and one.file.badge is not None and one.file.badge not in known:
                remedy = did_you_mean(one.file.badge, known, "Name it under 'badges' of shop.yaml. There are")
                yield seen.found(
                    (*one.path, "badge"), f"there is no badge '{one.file.badge}'", remedy, "value"
                )
    for source, path, test in _said(context, "badges"):
        named = test.has if isinstance(test, Comparison) else None
        if isinstance(named, str) and named not in known:
            remedy = did_you_mean(named, known, "Name it under 'badges' of shop.yaml. There are")
            yield found(source, path, f"there is no badge '{named}'", remedy, "value")


def _unknown_tier(context: Context) -> Iterator[Found]:
    """Without any tiers of its own, nobody has one."""
    if context.shop is None:
        return
    known = set(context.shop.file.tiers or {})
    for source, path, test in _said(context, "tier"):
        values = [test.is_, test.not_, *(test.one_of or ())] if isinstance(test, Comparison) else [test]
        for value in values:
            if isinstance(value, str) and value not in known:
                remedy = did_you_mean(value, known, "Name it under 'tiers' of shop.yaml. There are")
                yield found(source, path, f"there is no tier '{value}'", remedy, "value")


def _link(context: Context) -> Iterator[Found]:
    shop = context.shop
    if shop is None or (referral := shop.file.referral) is None:
        return
    remedy = "Write where a code is put behind: link: https://www.shop.example/?ref="
    if referral.link is None and shop.file.url is None:
        yield found(shop.source, ("referral",), "there is no address that friends could come by", remedy)
    elif referral.link is not None and not referral.link.startswith("https://"):
        yield found(shop.source, ("referral", "link"), f"'{referral.link}' is no address", remedy, "value")


RULES = (
    Rule(
        "tier-order",
        "error",
        "Tiers that do not rise, or are harder to keep than to enter.",
        _order,
        alone=True,
    ),
    Rule("no-points", "error", "Points are given or counted, and the shop has none.", _no_points),
    Rule("unknown-badge", "error", "A badge that shop.yaml does not name.", _unknown_badge),
    Rule("unknown-tier", "error", "A tier that shop.yaml does not name.", _unknown_tier),
    Rule("referral-link", "error", "Friends who are brought have no address to come by.", _link),
)
