"""docs/hooks.md: what it tells receivers to write verifies what is sent, and its body is made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loyaltyloop.channels.templates.json_bodies import Bodies
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.signing import headers, read_secrets
from tests.reference.reading import SHOP

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text(encoding="utf-8")
OURS, THEIRS = "whsec_" + "A" * 44, "whsec_" + "B" * 44
AT = 1_772_445_600


@pytest.fixture
def is_ours() -> Callable[..., bool]:
    """The receiver's function, as the page has it."""
    [snippet] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict[str, Any] = {}
    exec(snippet, found)  # noqa: S102
    return found["is_ours"]  # type: ignore[no-any-return]


def test_the_snippet_takes_what_is_sent_and_nothing_else(is_ours: Callable[..., bool]) -> None:
    body = b'{"a": 1}'
    told = headers(read_secrets(OURS), "key", AT, body)
    assert is_ours(told, body, OURS, now=AT + 200)
    assert not is_ours(told, body, OURS, now=AT + 400)
    assert not is_ours(told, body, THEIRS, now=AT)
    assert not is_ours(told, body + b" ", OURS, now=AT)
    assert not is_ours(told | {"webhook-id": "other"}, body, OURS, now=AT)
    assert not is_ours(told | {"webhook-timestamp": str(AT + 1)}, body, OURS, now=AT)
    both = headers(read_secrets(f"{THEIRS} {OURS}"), "key", AT, body)
    assert is_ours(both, body, OURS, now=AT)
    assert is_ours(both, body, THEIRS, now=AT)


def test_the_command_of_the_page_makes_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    [command] = re.findall(r'python -c "(.*)"', PAGE)
    exec(command)  # noqa: S102
    [key] = read_secrets(capsys.readouterr().out)
    assert len(key) == 32


def test_the_body_that_is_shown_is_that_of_a_call_without_one() -> None:
    [shown] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    names = {
        "customer": {"key": "12347", "user_id": "12347"},
        "trigger": {"score": 3},
        "enrolment": {
            "journey": "unhappy", "step": "tell_the_desk",
            "entered_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
            "decided_at": datetime(2026, 3, 2, 10, tzinfo=UTC),
        },
    }  # fmt: skip
    assert json.loads(Bodies({}, shop_names(SHOP), SHOP).render("", names)) == json.loads(shown)
