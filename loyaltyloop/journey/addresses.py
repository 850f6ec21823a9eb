"""Addresses of web hooks as files write them: those that may be called. Nothing is looked up."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_WRITTEN = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # RFC 3986: visible ASCII but " < > \ ^ ` { | }
LONGEST = 2000


def is_local(host: str) -> bool:
    """Does every machine mean itself by this name or address?"""
    try:
        address = ip_address(host)
    except ValueError:
        name = host.casefold().removesuffix(".")
        return name in ("", "localhost") or name.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def fault_of(url: str, near: bool) -> tuple[str, str] | None:
    """What is wrong with an address that a call goes to, and the remedy; None if it may be called.

    `near`: may it lead to this machine or into a private network, as hooks of shop.yaml may?
    """
    host = _host(url)
    if host is None:
        return "this is no address of a hook", "Write the whole address: https://desk.example/hooks/shop."
    if not url.lower().startswith("https://") and not (near and is_local(host)):
        return "a call's address begins with https://", "Write https:, as the body is about a customer."
    if not near and (is_local(host) or _is_private(host)):
        return (
            "a 'url' leads to the internet, and this one into a private network",
            "Make it a hook of shop.yaml and write 'hook: NAME'.",
        )
    return None


def _host(url: str) -> str | None:
    """The host of a whole address without user, password and fragment; None for anything else."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return None
    fits = _WRITTEN.fullmatch(url) and len(url) <= LONGEST and not parts.fragment
    return parts.hostname if whole and fits else None


def _is_private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False  # what a name stands for is looked at before it is called
    return not (getattr(address, "ipv4_mapped", None) or address).is_global
