"""The files of a template: one for each channel, and each language."""

from __future__ import annotations

import re
from collections.abc import Iterable

# How the templates of each channel end, behind their name and, if it is not the shop's own, their language.
ENDINGS = {"email": ".html", "sms": ".sms.txt", "push": ".push.txt"}
_LANGUAGE = re.compile(r"\.[a-z]{2}(-[a-z0-9]{2,8})*")


def language_of(file: str, template: str, ending: str) -> str | None:
    """A template's file's language (`hello.de.sms.txt`); empty: the shop's own. None: it is no file of it."""
    if not (file.startswith(template) and file.endswith(ending)):
        return None
    middle = file[len(template) : -len(ending)]
    return middle[1:] if not middle or _LANGUAGE.fullmatch(middle) else None


def written_for(template: str, files: Iterable[str]) -> tuple[str, ...]:
    """The channels for which the template `welcome/hello` is written."""
    own = [file for file in files if file.startswith(f"{template}.")]
    return tuple(
        channel
        for channel, ending in ENDINGS.items()
        if any(language_of(file, template, ending) is not None for file in own)
    )
