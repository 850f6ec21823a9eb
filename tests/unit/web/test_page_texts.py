"""The pages' words: every language says everything, about the same things."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from loyaltyloop.store.consents.consent import CHANNELS, PURPOSES
from loyaltyloop.web.pages.calls import NO_MATTER
from loyaltyloop.web.pages.show import half
from loyaltyloop.web.pages.texts import FALLBACK, FOLDER, languages, texts_for

OTHERS = sorted(set(languages()) - {FALLBACK})
TEMPLATES = FOLDER.parent / "templates"


def said(language: str) -> dict[str, set[str]]:
    """Each place of the words, with its placeholders."""
    lines = languages()[language].lines
    return {
        f"{section}.{key}": {name for _, name, _, _ in Formatter().parse(text) if name}
        for section, words in lines.items()
        for key, text in words.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_the_same(language: str) -> None:
    assert said(language) == said(FALLBACK)
    assert all(text.strip() for words in languages()[language].lines.values() for text in words.values())


def test_german_is_there() -> None:
    assert "de" in OTHERS


def test_what_the_templates_print_is_there() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    named = set(re.findall(r'say\("([a-z_.]+)"\)', written))
    assert len(named) > 20
    assert named <= set(said(FALLBACK))
    consents = {f"consent.{channel}_{purpose}" for channel in CHANNELS for purpose in PURPOSES}
    assert consents | {f"{one}_about" for one in consents} <= set(said(FALLBACK))
    assert {f"best.{one}" for one in (*CHANNELS, NO_MATTER)} <= set(said(FALLBACK))


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["de-AT"], "de"),
        (["DE"], "de"),
        (["fr", "de"], "de"),
        ([None, "xx"], "en"),
        ([], "en"),
        (["../en"], "en"),
    ],
)
def test_the_first_language_that_there_is(wanted: list[str | None], language: str) -> None:
    assert texts_for(wanted).language == language


def test_a_name_with_braces_is_a_name() -> None:
    assert (
        texts_for(["en"]).about(shop="{address}").say("unsubscribe.heading") == "Unsubscribe from {address}?"
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ada@example.com", "a•••@example.com"), ("@x", "•••@x"), ("none", ""), ("", ""), (None, "")],
)
def test_an_address_is_shown_by_half(address: str | None, shown: str) -> None:
    assert half(address) == shown
