"""Settings of one project: from the environment, or `.env` in the project's folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the environment says. Secrets print as stars."""

    model_config = SettingsConfigDict(env_prefix="LOOP_", env_file=".env", extra="ignore")

    project: Path = Path()
    database_url: str = ""
    public_url: str = "http://127.0.0.1:8300"
    secret_key: SecretStr = SecretStr("")
    write_key: SecretStr = SecretStr("")
    email: str = Field(default="eml", pattern="^(eml|smtp)$", description="the way out of e-mail")
    eml_folder: Path | None = Field(default=None, description="where .eml files go; else `outbox` in `var/`")
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: str = Field(default="starttls", pattern="^(none|starttls|tls)$")

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
    """The settings of the project in this folder; the environment wins over `.env`."""
    return Settings(project=project, _env_file=project / ".env")
