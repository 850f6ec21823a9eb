"""A real Chromium: Debian's, or the one that LOOP_CHROMIUM names. Without one, what needs it is skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

# Where pictures of the pages are kept, to be looked at; nowhere, if it is not said.
PICTURES = os.environ.get("LOOP_PICTURES")
# WCAG 2.2, A and AA, and what the checker itself thinks well of.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HEIGHTS = {390: 844, 1200: 900}
Light = Literal["light", "dark"]


def chromium() -> str | None:
    """Where the browser is."""
    names = (os.environ.get("LOOP_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """The browser, for some tests."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium here: install Debian's package `chromium`, or set LOOP_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    url: str,
    *,
    width: int = 1200,
    light: Light = "light",
    scripts: bool = True,
    **words: Any,
) -> Iterator[Page]:
    """A page in a window of its own, on which nothing went wrong."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme=light,
        java_script_enabled=scripts,
        **words,
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    if complaints := [line for line in wrong if "status of" not in line]:
        raise AssertionError("\n".join(complaints))


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page: rule and place."""
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Is something wider than the window?"""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page, where that was asked for."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
