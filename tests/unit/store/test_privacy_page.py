"""docs/privacy.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.channels.people_data import KEPT
from loyaltyloop.settings import Settings
from loyaltyloop.store.privacy.parts import PARTS
from loyaltyloop.store.privacy.requests import APART, MOST, VALID, WITHIN
from loyaltyloop.store.privacy.tombstones import ACTS

PAGE = " ".join(Path("docs/privacy.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("name", [part.name for part in PARTS if part.name not in ("lines", "what_was_sent")])
def test_every_part_of_an_export_is_told(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_figures_are_right() -> None:
    days = Settings.model_fields["keep_messages_days"].default
    for words in (
        f"most {MOST} letters in {WITHIN.days * 24} hours, and none within an hour of the last",
        f"works for {VALID.days} days",
        f"deleted after {KEPT.days} days",
        f"`LOOP_KEEP_MESSAGES_DAYS` ({days}; 0: for ever)",
        " or ".join(f"`{name}`" for name in ACTS),
    ):
        assert words in PAGE, words
    assert APART.total_seconds() == 3600
