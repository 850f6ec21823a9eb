"""What the settings of every provider over HTTP have in common; each has a group of its own beside it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from loyaltyloop.journey.addresses import is_local


def prefixed(prefix: str) -> SettingsConfigDict:
    """The `model_config` of a group whose settings begin so, such as LOOP_POSTMARK_."""
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", extra="ignore", env_ignore_empty=True)


def _visible(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable() and text == text.strip() and text):
        raise ValueError("it goes into a header, and has a space or a sign that cannot stand there")
    return secret


def _secure(url: str) -> str:
    """Ends without a slash. ValueError for what would send keys and addresses in the clear.

    Empty where it hangs on another setting.
    """
    if not url:
        return url
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port  # ValueError for one that is none
    if not host or port == 0 or parts.query or parts.fragment or "@" in parts.netloc or not url.isprintable():
        raise ValueError("no address of a service")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local(host)):
        raise ValueError("no address that begins with https://")
    return url.rstrip("/")


# A key or a token: never shown, and fit for a header.
Secret = Annotated[SecretStr, AfterValidator(_visible)]
# Where the provider's service is: by https, unless it is on this machine (as in tests).
Url = Annotated[str, AfterValidator(_secure)]


def rate_of(usual: float, remedy: str = "Write requests a second; 0 for no limit.") -> Any:
    """The field `rate` of a provider that is asked so often a second, unless its settings say otherwise."""
    return Field(default=usual, ge=0, allow_inf_nan=False, description=remedy)


class HttpSettings(BaseSettings):
    """A provider's address, how fast it may be asked, and how long for an answer. Secrets print as stars.

    A field's description is the remedy that is told when it is wrong. A subclass says its prefix
    (`model_config = prefixed("LOOP_NAME_")`), its `url` and its `rate`.
    """

    url: Url = Field(
        default="", description="Write where the service is: https://..., without a path behind."
    )
    rate: float = rate_of(10)
    at_once: int = Field(
        default=16, ge=1, le=256, description="Write how many requests are under way at once."
    )
    timeout: float = Field(
        default=30, gt=0, le=600, description="Write for how many seconds an answer is waited for."
    )
