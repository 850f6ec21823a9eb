"""docs/responses.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loyaltyloop.settings import Settings
from loyaltyloop.web.providers import mailgun, resend, sendgrid, ses
from loyaltyloop.web.providers.routes import HOOKS, LARGEST
from loyaltyloop.web.providers.routes import PATIENCE as FOR_PROVIDERS
from loyaltyloop.web.providers.told import NAMES
from loyaltyloop.web.responses.machines import AT_ONCE, HELD, REASONS, SHARE, SOON, WINDOW
from loyaltyloop.web.responses.recording import PATIENCE

PAGE = " ".join(Path("docs/responses.md").read_text().split())


def test_every_reason_is_told_in_its_order() -> None:
    table = PAGE.partition("`machine_reason` | when |")[2].partition("Others are told")[0]
    assert re.findall(r"\| `([^`]+)` \|", table) == [*(name for name, _ in REASONS), AT_ONCE]


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_every_hook_and_its_settings_are_told(hook: object) -> None:
    name, settings = hook.name, hook.settings  # type: ignore[attr-defined]
    [line] = re.findall(rf"\| `{name}` \| (.*?) \| ", PAGE)
    assert re.findall(r"`LOOP_(\w+)`", line) == [one.upper() for one in settings]
    assert set(settings) <= set(Settings.model_fields)


def test_every_event_is_told() -> None:
    for names in NAMES.values():
        for name in names.values():
            assert f"`{name}`" in PAGE


def test_the_figures_are_right() -> None:
    hours = [one.WITHIN.total_seconds() / 3600 for one in (sendgrid, mailgun, ses)]
    for words in (
        f"held for {HELD.seconds} seconds",
        f"arrive for the turns {HELD.seconds} seconds later",
        f"came within {WINDOW.seconds} seconds of it",
        f"within {SOON.seconds} seconds of the delivery",
        f"for the commit for {PATIENCE} seconds",
        f"within {FOR_PROVIDERS:.0f} seconds",
        f"larger than {LARGEST // 2**20} MiB",
        f"after {hours[0]:.0f} hours (SendGrid",
        f"{hours[1]:.0f} hours (Mailgun",
        f"{hours[2]:.0f} hours (SES",
        f"{resend.WITHIN.seconds // 60} minutes (Resend",
    ):
        assert words in PAGE, words
    assert SHARE == 0.75
    assert "three quarters" in PAGE
