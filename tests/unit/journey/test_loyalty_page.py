"""docs/loyalty.md says what is so: its example is read, and every word of it stands on the page."""

from __future__ import annotations

import re

import pytest

from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.journey.schema.loyalty import PointsFile, ReferralFile, TierFile
from loyaltyloop.store.loyalty import badges, points, referral_book, tier_book
from tests.unit.journey.projects import HERE, good

PAGE = (HERE.parents[2] / "docs" / "loyalty.md").read_text(encoding="utf-8")
WORDS = {name for model in (PointsFile, TierFile, ReferralFile) for name in model.model_fields}
NAMES = {*points.EVENTS, *referral_book.CLAIMS, badges.EARNED, tier_book.CHANGED}
NAMES |= {referral_book.CONVERTED, referral_book.REVERSED}


def test_the_example_is_read() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    shop = read_shop(good()["journeys/shop.yaml"].decode() + example)
    assert shop.points is not None and shop.referral is not None
    assert [tier.name for tier in shop.tiers] == ["silver", "gold"]
    assert [badge.name for badge in shop.badges] == ["regular", "saver", "founder"]


@pytest.mark.parametrize("word", sorted(WORDS | NAMES))
def test_every_word_and_event_stands_on_the_page(word: str) -> None:
    assert re.search(rf"\b{re.escape(word)}\b", PAGE)
