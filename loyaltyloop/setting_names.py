"""Settings that nobody reads: words in .env or the environment that begin like a setting and are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from dotenv import dotenv_values
from pydantic_settings import BaseSettings

from loyaltyloop.journey.reading.mistakes import alike
from loyaltyloop.settings import PREFIX, Settings

# Hooks have names of the shop's own (shop.yaml), and so have their secrets.
_CHANNELS = Path(__file__).parent / "channels"
_GROUP = re.compile(r"^class \w+\(\w*Settings\):", re.MULTILINE)
_OF_HOOKS = re.compile(r"LOOP_HOOK_(?:[A-Z0-9_]+_)?SECRET")


def unread(file: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """What is told of each, in order; no value is shown.

    In `file`, the project's own, every one is told. The environment is everybody's: there only what looks
    like a misspelt setting.
    """
    common = frozenset(_names(Settings))
    written = _strange(dotenv_values(file) if file.is_file() else (), common)
    beside = _strange(environ, common)
    known = known_settings() if written or beside else common
    for name in _strange(written, known):
        meant = _meant(name, known)
        hint = f"Did you mean {meant}?" if meant else "README.md lists the settings."
        yield f"{file}: nothing reads {name}. {hint}"
    for name in _strange(beside, known):
        if meant := _meant(name, known):
            yield f"the environment: nothing reads {name}. Did you mean {meant}?"


def known_settings() -> frozenset[str]:
    """The names of all settings, those of every way out too."""
    for file in sorted(_CHANNELS.rglob("*.py")):
        if _GROUP.search(file.read_text(encoding="utf-8")):  # the others need not be imported
            way = file.relative_to(_CHANNELS).with_suffix("")
            import_module(".".join(("loyaltyloop.channels", *way.parts)))
    return frozenset(_names(BaseSettings))


def _names(kind: type[BaseSettings]) -> Iterator[str]:
    prefix = str(kind.model_config.get("env_prefix") or "")
    if prefix.startswith(PREFIX):
        yield from (f"{prefix}{name}".upper() for name in kind.model_fields)
    for below in kind.__subclasses__():
        yield from _names(below)


def _strange(names: Iterable[str], known: frozenset[str]) -> list[str]:
    """Those that begin as settings do and are none of these, nor a hook's secret."""
    ours = (name for name in sorted(names) if name.upper().startswith(PREFIX))
    return [name for name in ours if name.upper() not in known and not _OF_HOOKS.fullmatch(name.upper())]


def _meant(name: str, known: frozenset[str]) -> str | None:
    found = alike(name[len(PREFIX) :], (one.removeprefix(PREFIX).lower() for one in known))
    return f"{PREFIX}{found.upper()}" if found else None
