"""What docs/ingest.md shows is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import segment.analytics
from segment.analytics import request

from loyaltyloop.store.models import Event
from loyaltyloop.web.public_calls import SEEN
from loyaltyloop.web.segment import LATENESS
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.conftest import WRITE_KEY

PAGE = (Path(__file__).parents[3] / "docs/ingest.md").read_text()
HERE = "https://links.shop.example"


def block(language: str) -> str:
    """The only block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(found, str)
    return found


def _kept(service: Service) -> list[tuple[Any, ...]]:
    return [(row.type, row.name, row.user_id) for row in rows(service.engine, Event, "id")]


def test_by_hand(service: Service, web: httpx.Client) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    command = block("console").removeprefix("$ ").replace(HERE, str(web.base_url).rstrip("/"))
    environment = os.environ | {"LOOP_WRITE_KEY": WRITE_KEY}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=True)
    assert b'"success":true' in done.stdout
    assert _kept(service) == [("track", "Order Completed", "42")]


def test_python(service: Service, web: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOP_WRITE_KEY", WRITE_KEY)
    monkeypatch.setattr(segment.analytics, "default_client", None)
    exec(block("python").replace(HERE, str(web.base_url).rstrip("/")), {})  # noqa: S102 - our own page
    request._session.close()
    assert _kept(service) == [("identify", "", "42"), ("track", "Product Viewed", "42")]


def test_an_answer(web: httpx.Client) -> None:
    calls = [
        {"type": "track", "event": "A", "userId": "1", "messageId": "o-1001"},
        {"type": "track", "userId": "1"},
    ]
    answer = web.post("/v1/batch", json={"batch": calls}, auth=(WRITE_KEY, ""))
    assert re.sub(r"\s", "", block("json")) == re.sub(r"\s", "", answer.text)


def test_what_else_is_told() -> None:
    assert str(LATENESS) in PAGE
    assert {"Products Searched", "Checkout Started", "Signed Up"} <= SEEN
