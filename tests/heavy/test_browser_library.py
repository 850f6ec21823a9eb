"""Segment's own library for browsers, in a real one, on a page of another origin than the service."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Event
from tests.heavy.libraries import installed
from tests.integration.web.browser import browsing
from tests.integration.web.serving import serving

EVENT: Table = Event.__table__  # type: ignore[attr-defined]
KEY = "a public key for tests"
PAGE = (Path(__file__).parents[2] / "docs/ingest.md").read_text()
MORE = """<script>
  analytics.identify("42", { email: "ada@example.com" });
  analytics.track("Order Completed", { order_id: "1" });
  analytics.track("Product Added", { product_id: "7", cart_id: "c" });
</script>"""

pytestmark = [pytest.mark.heavy, pytest.mark.browser]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The shop's web site, made of these files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_page_tells(engine: Engine, database_url: str, tmp_path: Path) -> None:
    strangers: list[str] = []
    folder = installed(tmp_path)
    with site(folder) as shop:
        settings = {"LOOP_PUBLIC_KEY": KEY, "LOOP_ALLOWED_ORIGINS": shop}
        with serving(database_url, tmp_path, settings) as web, browsing() as browser:
            page = browser.new_page()
            page.on("request", lambda one: strangers.append(one.url) if "127.0.0.1" not in one.url else None)
            (folder / "page.html").write_text(_page(urlsplit(web.url).netloc))
            page.goto(f"{shop}/page.html")
            found = _wait_for(engine, 5)
            page.close()
    assert sorted((row.type, row.name, row.source) for row in found) == [
        ("identify", "", "public"),
        ("identify", "", "public"),
        ("page", "", "public"),
        ("track", "Product Added", "public"),
        ("track", "Product Viewed", "public"),
    ]
    assert len({row.anonymous_id for row in found if row.type != "identify"}) == 1
    who = {(row.user_id, row.anonymous_id, str(row.properties)) for row in found if row.type == "identify"}
    assert who == {("42", None, "{}")}
    assert not strangers


def _page(service: str) -> str:
    """What the docs show, and a little more, for a service without TLS."""
    (shown,) = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)
    for told, here in {
        "/js/analytics-next/umd/": "node_modules/@segment/analytics-next/dist/umd/",
        "your LOOP_PUBLIC_KEY": KEY,
        '"links.shop.example/v1"': f'"{service}/v1", protocol: "http"',
    }.items():
        assert told in shown
        shown = shown.replace(told, here)
    return f"<!doctype html><title>A page of the shop</title>{shown}{MORE}"


def _wait_for(engine: Engine, count: int) -> list[Any]:
    for _ in range(300):
        with read(engine) as connection:
            found = list(connection.execute(select(EVENT)))
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"only {len(found)} of {count} arrived")
