"""What the settings lack for mails that leave, links that lead back, and calls that are signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

from loyaltyloop.channels.calls.hook_secrets import unsigned
from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.doctor.finding import Finding
from loyaltyloop.errors import UserError
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.settings import Settings

# Provider of e-mail → the settings by which its hook is known: without them nobody hears of bounces.
_HOOKS = {
    "postmark": ("postmark_user", "postmark_password"),
    "sendgrid": ("sendgrid_key",),
    "mailgun": ("mailgun_key",),
    "resend": ("resend_secret",),
    "ses": ("ses_topic",),
    "smtp": ("write_key",),
}
ABOUT = "settings"
_AWAY = "Is the address in the settings right, the service up, and does a firewall let you there?"


def look(settings: Settings, journeys: Iterable[Journey], shop: Shop | None) -> Iterator[Finding]:
    """The settings, and whether each way out can be reached, which is asked over the network."""
    yield _secret(settings)
    yield _public_url(settings)
    yield from _hook(settings)
    if shop is not None and settings.hooks != "files":  # what is written to files is not signed
        for missing in unsigned(settings, journeys, shop):
            yield Finding(ABOUT, "wrong", missing, "See docs/hooks.md.")
    yield from _ways(settings)


def _secret(settings: Settings) -> Finding:
    if settings.secret_key.get_secret_value():
        return Finding(ABOUT, "good", "links are signed with LOOP_SECRET_KEY")
    return Finding(
        ABOUT,
        "note",
        "links are signed with a key that was made here, var/secret_key",
        "Keep it with your backups, or set LOOP_SECRET_KEY: without it no link of an old mail works.",
    )


def _public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if settings.email == "eml":
        return Finding(
            ABOUT, "note", "mails are written to files, and none leaves", "LOOP_EMAIL names a way out."
        )
    if parts.scheme != "https" or is_local(parts.hostname or ""):
        return Finding(
            ABOUT,
            "wrong",
            f"mails leave, and their links lead to {settings.public_url}",
            "Set LOOP_PUBLIC_URL to the https address of `loop web`: one-click unsubscribing wants https.",
        )
    return Finding(ABOUT, "good", f"links lead to {settings.public_url}")


def _hook(settings: Settings) -> Iterator[Finding]:
    names = _HOOKS.get(settings.email, ())
    missing = [f"LOOP_{name.upper()}" for name in names if not getattr(settings, name).get_secret_value()]
    if missing:
        yield Finding(
            ABOUT,
            "wrong",
            f"nobody hears of bounces and complaints: {' and '.join(missing)} is not set",
            f"Set it, and let {settings.email} call /hooks/{settings.email}: docs/responses.md.",
        )


def _ways(settings: Settings) -> Iterator[Finding]:
    for name, channel in CHANNELS.items():
        try:
            with closing(channel.choose(settings)) as way:
                away = way.reach()
        except UserError as error:
            yield Finding(ABOUT, "wrong", f"{name}: {' '.join(str(error).split())}")
            continue
        if away:
            what = f"{name} by {way.name} cannot be reached: {away}"
            yield Finding(ABOUT, "wrong", what, _AWAY)
        else:
            yield Finding(ABOUT, "good", f"{name} leaves by {way.name}")
