"""docs/channels.md says what the code does, and its example is a provider that works."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loyaltyloop.channels.http.settings import HttpSettings
from loyaltyloop.channels.http.way import PATIENCE, HttpWay
from loyaltyloop.channels.mail import mail
from loyaltyloop.channels.mail.mime import assemble
from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.out import WayOut
from loyaltyloop.channels.phone import push, sms
from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.settings import Settings
from tests.integration.channels.provider import Asked, Provider, providing, told
from tests.unit.channels.providers import WAYS, Written

PAGE = Path("docs/channels.md").read_text()
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table behind a line, without its head."""
    table = PAGE.partition(heading)[2].partition("| --- ")[2].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def providers() -> list[type[HttpWay[Any]]]:
    """Each provider of the page's channels, by the registry of its way out."""
    ways = [
        way.__self__ for each in (mail, sms, push) for way in each.WAYS.values() if hasattr(way, "__self__")
    ]
    return [way for way in ways if issubclass(way, HttpWay)]


def test_every_channel_and_way_out_is_named() -> None:
    found = {words(name)[0]: (words(setting)[0], words(ways)) for name, setting, ways in rows("# Channels")}
    assert list(found) == list(CHANNELS)
    for name, known in (("email", mail.WAYS), ("sms", sms.WAYS), ("push", push.WAYS)):
        assert found[name][1] == list(known)
    for setting, _ in found.values():
        assert setting.removeprefix("LOOP_").lower() in Settings.model_fields


def test_what_is_promised_is_so() -> None:
    told = {words(row[0])[0]: row[1:] for row in rows("stop the channel's delivery")}
    assert list(told) == [name for name in mail.WAYS if name != "eml"]
    for name, (safely, together, rate, _) in told.items():
        way: WayOut = Smtp(Server("127.0.0.1", 25)) if name == "smtp" else WAYS[name]
        assert way.idempotent == safely.startswith("yes")
        if isinstance(way, HttpWay):
            assert f"{way.settings.rate:g}" == rate
            assert together.startswith(str(way.together) if way.together > 1 else "one")
    assert f"over {Settings.model_fields['smtp_connections'].default} connections" in told["smtp"][1]
    assert PATIENCE == 5


def test_every_setting_is_told() -> None:
    named = {word for row in rows("## Settings") for word in words(row[0])}
    own = {f"LOOP_{name.upper()}" for name in Settings.model_fields if name.startswith("smtp_")}
    for way in providers():
        prefix = way.kind.model_config["env_prefix"]
        own |= {
            f"{prefix}{name.upper()}" for name in set(way.kind.model_fields) - set(HttpSettings.model_fields)
        }
    assert named == own
    more = {f"LOOP_POSTMARK_{name.upper()}" for name in HttpSettings.model_fields}
    assert more <= set(words(PAGE.partition("Each provider has four more")[2]))


@pytest.fixture
def example() -> dict[str, Any]:
    """What the guide's file defines."""
    [source] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "pigeon"}
    exec(compile(source, "docs/channels.md", "exec", dont_inherit=True), names)  # noqa: S102
    return names


def test_the_example_sends(example: dict[str, Any]) -> None:
    def answer(asked: Asked) -> Any:
        if asked.document["to"] == "nobody@example.com":
            return told(422, {"code": "no_such_loft"})
        return told(200, {"id": "1"})

    with providing(Provider(answer)) as provider:
        settings = example["PigeonSettings"](url=provider.url, api_key="secret-1", _env_file=None)
        with closing(example["Pigeon"](settings, lambda: NOW)) as way:
            batch = [assemble(Written(key=to, to=to)) for to in ("ada@example.com", "nobody@example.com")]
            outcomes = list(way.hand_over(batch))
    assert [(one.state, one.reason) for one in outcomes] == [
        ("handed_over", ""),
        ("refused", "Pigeon refuses it (422 no_such_loft)"),
    ]
    [asked] = [asked for asked in provider.asked if asked.document["to"] == "ada@example.com"]
    assert (asked.path, asked.headers["authorization"]) == ("/messages", "Bearer secret-1")
    assert asked.headers["idempotency-key"] == asked.document["metadata"]["send_id"]
    assert asked.document["from"] == '"Sample shop" <hello@shop.example>'
    assert set(asked.document["headers"]) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
