"""The pages' words, by language: one file each in texts/. They all have the same keys and placeholders."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
FALLBACK = "en"
Lines = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Texts:
    """The words in one language, with what is known of the placeholders."""

    language: str
    lines: Lines
    known: Mapping[str, str] = field(default_factory=dict)

    def say(self, place: str, **more: str) -> str:
        """The words of `section.key`. LookupError for a place, or a placeholder, that is not known."""
        section, _, key = place.partition(".")
        return self.lines[section][key].format_map({**self.known, **more})

    def about(self, **known: str) -> Texts:
        """The same words, about this shop and this reader."""
        return replace(self, known={**self.known, **known})


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Texts]:
    """Every language that there are words in."""
    files = sorted(FOLDER.glob("*.toml"))
    return {path.stem: Texts(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in files}


def texts_for(wanted: Iterable[str | None]) -> Texts:
    """The words in the first of these languages (`de`, `de-AT`) that there are any in, else in English."""
    for each in wanted:
        language = (each or "").replace("_", "-").partition("-")[0].lower()
        if language in languages():
            return languages()[language]
    return languages()[FALLBACK]
