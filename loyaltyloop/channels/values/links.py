"""Links of one message: each leads through us, says where it came from, and can be told from any other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.values.tokens import Maker

LONGEST = 4096
MOST = 1000
TRAP = 0xFFFF  # the number of the link that no person sees: no message holds so many
_OWN = ("mailto:", "tel:", "sms:")
_ADDRESS = re.compile(r"https?://[^\s<>()\"]*[^\s<>()\".,;:!?']")
# What most addresses look like: nothing in them needs a closer look.
_plain = re.compile(r"https://((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20})(/[A-Za-z0-9._~/-]{0,1000})?").fullmatch
_CONTROL = frozenset(map(chr, (*range(33), 127)))


def allowed(url: str) -> bool:
    """Is this an address that a message may hold: whole, http(s) or mailto, without blanks and controls?"""
    if len(url) > LONGEST or not _CONTROL.isdisjoint(url):
        return False
    scheme, colon, rest = url.partition(":")
    match scheme.lower():
        case "http" | "https":
            return _has_host(url)
        case "mailto":
            return bool(colon and rest) and "%0" not in rest
    return False


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and "\\" not in url and parts.username is None
    except ValueError:
        return False


@lru_cache(maxsize=65536)
def destination(url: str, shop_host: str, campaign: str, content: str, medium: str = "email") -> str:
    """Where a click leads: a page of the shop says whence people came, unless the address says it already.

    Empty for an address that needs no leading through (mailto). CannotRender for one that is not allowed.
    """
    if plain := _plain(url):
        if not _of_shop(plain[1], shop_host):
            return url
        query = "&".join([text for _, text in _ours(campaign, content, medium)])
        return f"{url}{'' if plain[2] else '/'}?{query}"
    if not allowed(url):
        raise CannotRender("link", f"{url[:80]!r} is no address that a message may hold")
    if url[:4].lower() != "http":
        return ""
    parts = urlsplit(url)
    if not _of_shop(parts.hostname or "", shop_host):
        return url
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} if parts.query else set()
    added = [text for name, text in _ours(campaign, content, medium) if name not in given]
    query = "&".join([*filter(None, [parts.query]), *added])
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))


def _of_shop(host: str, shop_host: str) -> bool:
    return bool(shop_host) and (host == shop_host or host.endswith(f".{shop_host}"))


@lru_cache(maxsize=1024)
def _ours(campaign: str, content: str, medium: str) -> list[tuple[str, str]]:
    """What is added to an address, by its name."""
    ours = {
        "utm_source": "loyaltyloop",
        "utm_medium": medium,
        "utm_campaign": campaign,
        "utm_content": content,
    }
    return [(name, f"{name}={quote(value, safe='')}") for name, value in ours.items() if value]


def host_of(url: str) -> str:
    """The host of a shop's address, without `www.`; empty where there is none."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


class Links:
    """The links of one message, numbered in the order in which they first appear; `key`: its 16 bytes.

    `unsubscribe`: where its reader does so with one click, whether the message shows it or not.
    """

    __slots__ = ("_click", "_follow", "_key", "_make", "_shown", "unsubscribe", "urls")

    def __init__(self, key: bytes, public_url: str, maker: Maker, follow: Callable[[str], str]) -> None:
        self.urls: list[str] = []
        self.unsubscribe = ""
        self._make = maker.make
        self._follow = follow
        self._key = b"c" + key
        self._click = public_url + "/c/"
        self._shown: dict[str, str] = {}

    def own(self, names: dict[str, str]) -> dict[str, str]:
        """Addresses of ours that must not be led through us again; the same mapping."""
        for url in names.values():
            self._shown[url] = url
        return names

    def click(self, url: str) -> str:
        """The address that leads through us to this one."""
        shown = self._shown.get(url)
        if shown is not None:
            return shown
        target = self._follow(url)
        if not target:
            self._shown[url] = url
            return url
        number = len(self.urls)
        if number >= MOST:
            raise CannotRender("bound", f"a message holds more than {MOST} links")
        self.urls.append(target)
        # Markup: base64url behind our own address holds nothing to escape.
        made = Markup(self._click + self._make(self._key + number.to_bytes(2, "big")))
        self._shown[url] = made
        return made

    def in_text(self, text: str) -> str:
        """A text written by hand, with every address in it led through us."""
        return _ADDRESS.sub(lambda found: self.click(found[0]), text)


@pass_context
def link(context: Context, url: Any) -> str:
    """Filter: an address in `href`."""
    return context.parent["_links"].click(url if type(url) is str else str(url))  # type: ignore[no-any-return]


def whole(parts: list[Any]) -> str:
    """Filter: an address that is written in parts, as one text."""
    return "".join([part if type(part) is str else str(part) for part in parts])


def picture(url: Any) -> str:
    """Filter: an address in `src`; CannotRender for one that is not allowed."""
    text = url if type(url) is str else str(url)
    if text[:8] != "https://" and not (allowed(text) and text[:4].lower() == "http"):
        raise CannotRender("link", f"{text[:80]!r} is no address of a picture")
    return text
