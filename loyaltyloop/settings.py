"""Settings of one project: from the environment, or `.env` in the project's folder."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from loyaltyloop.errors import UserError
from loyaltyloop.signing import read_secrets

PREFIX = "LOOP_"
G = TypeVar("G", bound=BaseSettings)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
# What may stand in a setting: told where something else does.
_REMEDIES = {
    "allowed_origins": (
        "Write what a browser shows before the path: LOOP_ALLOWED_ORIGINS=https://shop.example,https://m.shop.example."
    ),
    "database_url": "Write sqlite:///path/to/loop.db or postgresql://user:password@host/name.",
    "hooks": "Write LOOP_HOOKS=files for files in var/outbox, or LOOP_HOOKS=post to really call.",
    "public_url": (
        "Write where a browser finds the web service, for example LOOP_PUBLIC_URL=https://mail.shop.example."
    ),
    "log_format": "Write LOOP_LOG_FORMAT=json, text, or auto (text on a terminal, JSON elsewhere).",
    "log_level": "Write LOOP_LOG_LEVEL=info, warning or error.",
    "smtp_connections": "Write how many connections the mail server may get at once, from 1 to 64.",
    "smtp_host": "Write the mail server's name or address alone: LOOP_SMTP_HOST=mail.example.com.",
    "smtp_port": "Write a number from 1 to 65535, for example LOOP_SMTP_PORT=587.",
    "smtp_tls": "Write LOOP_SMTP_TLS=starttls, tls or none.",
    "trusted_proxies": "Write addresses or networks: LOOP_TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8.",
}


class Settings(BaseSettings):
    """What the environment says. Secrets print as stars."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    project: Path = Path()
    database_url: str = ""
    public_url: str = "http://127.0.0.1:8300"
    secret_key: SecretStr = SecretStr("")
    write_key: SecretStr = Field(default=SecretStr(""), description="who knows it may send events")
    public_key: SecretStr = Field(default=SecretStr(""), description="the same of browsers and apps")
    allowed_origins: str = Field(default="", description="whose pages may send events: CORS")
    shopify_secret: SecretStr = Field(default=SecretStr(""), description="signs what Shopify's hooks send")
    woocommerce_secret: SecretStr = Field(default=SecretStr(""), description="the same of WooCommerce's")
    email: str = Field(default="eml", description="the way out of e-mail: docs/channels.md")
    eml_folder: Path | None = Field(default=None, description="where .eml files go; else `outbox` in `var/`")
    hooks: str = Field(default="files", pattern="^(files|post)$", description="the way out of calls")
    sms: str = Field(default="files", description="the way out of texts: files, twilio")
    push: str = Field(default="files", description="the way out of pushes: files, fcm, onesignal")
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: str = Field(default="starttls", pattern="^(none|starttls|tls)$")
    smtp_connections: int = Field(default=4, ge=1, le=64, description="to the mail server, at once")
    # What the hooks of providers are known by; each is there when it is set.
    postmark_user: SecretStr = SecretStr("")
    postmark_password: SecretStr = SecretStr("")
    sendgrid_key: SecretStr = Field(
        default=SecretStr(""), description="public key of the signed event webhook"
    )
    mailgun_key: SecretStr = Field(default=SecretStr(""), description="HTTP webhook signing key")
    resend_secret: SecretStr = Field(default=SecretStr(""), description="whsec_...")
    ses_topic: SecretStr = Field(default=SecretStr(""), description="the ARN of the SNS topic")
    twilio_token: SecretStr = Field(default=SecretStr(""), description="auth token of the account")
    keep_messages_days: int = Field(
        default=400, ge=0, description="so long is kept what was written in a message; 0: for ever"
    )
    # How the web service works.
    connections: int = Field(default=1000, ge=1, description="that may be open at once")
    limit_links: float = Field(
        default=50, ge=0, allow_inf_nan=False, description="requests a second of one address; 0: no limit"
    )
    limit_pages: float = Field(
        default=10, ge=0, allow_inf_nan=False, description="the same of customers' pages and all else"
    )
    limit_hooks: float = Field(default=100, ge=0, allow_inf_nan=False, description="the same of each hook")
    limit_ingest: float = Field(
        default=2000, ge=0, allow_inf_nan=False, description="requests a second of a write key"
    )
    log_format: str = Field(default="auto", pattern="^(auto|json|text)$")
    log_level: str = Field(default="info", pattern="^(info|warning|error)$")
    metrics_token: SecretStr = Field(default=SecretStr(""), description="who knows it may read /metrics")
    trusted_proxies: str = Field(default="127.0.0.1,::1", description="whose X-Forwarded-For is believed")

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: str) -> str:
        if url and (wrong := _wrong_database(url)):
            raise ValueError(wrong)
        return url

    @field_validator("public_url")
    @classmethod
    def _can_be_opened(cls, url: str) -> str:
        if not _is_public(url):
            raise ValueError("no address that a browser can open")
        return url

    @field_validator("smtp_host")
    @classmethod
    def _names_a_host(cls, host: str, given: ValidationInfo) -> str:
        """Where nobody asks a mail server, its name may be anything."""
        if given.data.get("email") == "smtp" and not _is_host(host):
            raise ValueError("no name of a host")
        return host

    @field_validator("allowed_origins")
    @classmethod
    def _names_origins(cls, listed: str) -> str:
        for one in _listed(listed):
            if not _is_public(one) or one != "{0.scheme}://{0.netloc}".format(urlsplit(one)).lower():
                raise ValueError("not the origin of a web site")
        return listed

    @property
    def origins(self) -> list[str]:
        """The web sites whose pages may send events."""
        return _listed(self.allowed_origins)

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, listed: str) -> str:
        for one in _listed(listed):
            ip_network(one)  # ValueError for a typing mistake, which would be trusted as a name otherwise
        return listed

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of the proxies in front of the web service."""
        return _listed(self.trusted_proxies)

    @property
    def var(self) -> Path:
        """Where the project keeps what it makes: database, outbox, secret."""
        return self.project / "var"

    @property
    def outbox(self) -> Path:
        """Where the `.eml` way out puts messages."""
        return self.eml_folder or self.var / "outbox"

    @property
    def database(self) -> str:
        """The database's URL; by default SQLite in `var/`."""
        return self.database_url or f"sqlite:///{self.var / 'loop.db'}"

    def hook_secrets(self, name: str) -> list[bytes]:
        """The keys that calls are signed with, by the setting's name, such as LOOP_HOOK_HELP_DESK_SECRET.

        LookupError: it is not set; ValueError: it holds no secrets. Both say so in words, and show none.
        """
        # Hooks have names of the shop's own, so these are no fields: read as fields are, environment first.
        text = os.environ.get(name) or dotenv_values(self.project / ".env").get(name) or ""
        if not text.strip():
            raise LookupError(f"there is no secret to sign it with: set {name}")
        try:
            return read_secrets(text)
        except ValueError as error:
            raise ValueError(f"{name} cannot sign it: {error}") from None

    def group(self, kind: type[G]) -> G:
        """A group of settings with a prefix of its own, such as what one provider needs; read as these are.

        UserError names each that is missing or wrong, and what its field describes as the remedy.
        """
        return _load(kind, self.project / ".env")

    def secret(self) -> bytes:
        """The key that tokens are signed with; made once and kept in `var/` where none is set."""
        if given := self.secret_key.get_secret_value():
            return given.encode()
        path = self.var / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, secrets.token_hex(32).encode())
            os.close(handle)
        return path.read_bytes()


def load_settings(project: Path) -> Settings:
    """The settings of the project in this folder; the environment wins over `.env`.

    UserError names each that is wrong, and shows no password.
    """
    return _load(Settings, project / ".env", project=project)


def _load(kind: type[G], file: Path, **known: Any) -> G:
    try:
        return kind(_env_file=file, **known)
    except UnicodeDecodeError:
        raise UserError(f"{file} is no text in UTF-8: save it as UTF-8.") from None
    except ValidationError as error:
        raise UserError("\n\n".join(_mistakes(kind, error, file))) from None


def _mistakes(kind: type[BaseSettings], error: ValidationError, file: Path) -> Iterator[str]:
    """Each wrong setting: where it stands, what it says, and what to write instead."""
    prefix = kind.model_config["env_prefix"]
    for each in error.errors():
        name = str(each["loc"][0]).lower().removeprefix(prefix.lower())
        field, setting = kind.model_fields[name], f"{prefix}{name.upper()}"
        where = "the environment" if setting in os.environ else file
        wrong = f"{setting} cannot be {re.sub('//[^/]*@', '//***@', str(each['input']))!r}"
        if each["type"] == "missing":
            wrong = f"{setting} is not set"
        elif name == "database_url":  # it may hold a password anywhere
            wrong = f"{setting} cannot be used: {each['ctx']['error']}"
        elif field.annotation is SecretStr:
            wrong = f"{setting} cannot be used"
        remedy = _REMEDIES.get(name) if kind is Settings else field.description
        yield f"{where}: {wrong}.\n    {remedy or _number(setting, field) or each['msg']}"


def _number(setting: str, field: FieldInfo) -> str:
    """What to write where a number is wanted; empty where none is."""
    if field.annotation not in (int, float):
        return ""
    low, high = (
        next((getattr(one, bound) for one in field.metadata if hasattr(one, bound)), None)
        for bound in ("ge", "le")
    )
    which = "a number" if field.annotation is float else "a whole number"
    bounds = f" from {low}" if low is not None else ""
    bounds += f" to {high}" if high is not None else " on" if bounds else ""
    return f"Write {which}{bounds}, for example {setting}={field.default:g}."


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[,\s]+", text) if one]


def _wrong_database(url: str) -> str:
    """Why there can be no database of this URL, told without the URL; empty if there can."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        return "it is no address of a database"
    if read.drivername in ("sqlite", "sqlite+pysqlite"):
        return "it names no file" if read.database in (None, "", ":memory:") else ""
    if read.get_backend_name() != "postgresql":
        return f"{read.drivername!r} is no kind of database that is known here"
    return ""


def _is_public(url: str) -> bool:
    """May links in messages begin with this?"""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    whole = parts.scheme in ("http", "https") and parts.hostname and port != 0
    return bool(whole) and not (parts.query or parts.fragment or parts.username or re.search(r"\s", url))


def _is_host(host: str) -> bool:
    """Could there be a host of this name, or with this address?"""
    with suppress(ValueError):
        return bool(ip_address(host))
    try:
        labels = host.encode("idna").decode().removesuffix(".").split(".")
    except UnicodeError:
        return False
    return all(map(_LABEL.fullmatch, labels))
