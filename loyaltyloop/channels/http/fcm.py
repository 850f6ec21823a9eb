"""Firebase Cloud Messaging, HTTP v1: a push to one device, by a service account.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send, .../fcm/rest/v1/ErrorCode and
https://developers.google.com/identity/protocols/oauth2/service-account. It knows no idempotency: what is in
doubt is not repeated, and two of one key would lie one on the other (`collapseKey`, `tag`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import jwt
import orjson
from pydantic import Field, field_validator

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.journey.addresses import fault_of
from loyaltyloop.store.consents.suppression import BOUNCED

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
HOUR, SOON = timedelta(hours=1), timedelta(minutes=5)
GONE = ("UNREGISTERED", "SENDER_ID_MISMATCH")  # the device takes nothing of ours any more

OF_APPLE = "THIRD_PARTY_AUTH_ERROR"  # 401 as well, but says nothing of Google's token
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    """A service account: what its file says."""

    project: str
    email: str
    key: str
    key_id: str
    token_url: str

    @classmethod
    def read(cls, path: Path) -> Account:
        """ValueError, which says why, for what is no such file."""
        try:
            said = orjson.loads(path.read_bytes())
            names = ("project_id", "client_email", "private_key", "private_key_id", "token_uri")
            project, email, key, key_id, url = (str(said[name]) for name in names)
        except OSError as error:
            raise ValueError(f"it cannot be read ({error.strerror})") from None
        except (orjson.JSONDecodeError, LookupError, TypeError):
            raise ValueError("it is no service account's file") from None
        if fault_of(url, near=True) is not None or not project.replace("-", "").isalnum():
            raise ValueError("its project_id or token_uri is none")
        return cls(project, email, key, key_id, url)


class FcmSettings(HttpSettings):
    """What FCM needs: the file of a service account that may send messages."""

    model_config = prefixed("LOOP_FCM_")
    url: Url = Field(default="https://fcm.googleapis.com", description="Write https://fcm.googleapis.com.")
    rate: float = rate_of(100)
    account_file: Path = Field(description="Write LOOP_FCM_ACCOUNT_FILE=service-account.json.")

    @field_validator("account_file")
    @classmethod
    def _is_an_account(cls, file: Path) -> Path:
        Account.read(file)
        return file


class Fcm(HttpWay[FcmSettings]):
    """One request a push. It is let in by a token that Google gives for an hour."""

    name, title, kind = "fcm", "FCM", FcmSettings
    idempotent = False
    id_field = "name"
    meanings: ClassVar[Mapping[str, Meaning]] = {
        **dict.fromkeys(GONE, "refused"),
        "INVALID_ARGUMENT": "refused",
        "QUOTA_EXCEEDED": "later",
        "RESOURCE_EXHAUSTED": "later",
        "UNAVAILABLE": "later",
        OF_APPLE: "away",
        "UNAUTHENTICATED": "away",
        "PERMISSION_DENIED": "away",
    }

    def __init__(
        self, settings: FcmSettings, clock: Callable[[], datetime], context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(settings, clock, context)
        self._account = Account.read(settings.account_file)
        self._token, self._until = "", NEVER

    def open(self) -> str | None:
        away = super().open()
        if away is None and self._clock() + SOON >= self._until:
            away = self._let_in()
        return away

    def request(self, outgoing: Outgoing) -> Request:
        push = outgoing.content
        if not isinstance(push, PushText):
            raise ValueError("no push")
        url = f"{self.settings.url}/v1/projects/{self._account.project}/messages:send"
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token}"}
        return Request(url, orjson.dumps({"message": _message(outgoing, push)}), headers)

    def code(self, body: bytes) -> str:
        error = _error(body)
        details = error.get("details")
        codes = (one.get("errorCode") for one in details or () if isinstance(one, dict))
        return str(next(filter(None, codes), None) or error.get("status") or "")

    def read(self, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """A device that is gone is not written to again; the message may go to another of its customer's."""
        outcome = super().read(outgoing, status, headers, body)
        if self.code(body) in GONE or (status == 400 and _is_of_token(body)):
            return Outcome(outgoing.key, "try_again", "the device takes no pushes any more", lost=BOUNCED)
        if status == httpx.codes.UNAUTHORIZED and self.code(body) != OF_APPLE:
            self._until = NEVER  # whatever its hour says; the next delivery asks for another
        return outcome

    def _let_in(self) -> str | None:
        """Why Google gives no token; None if it does."""
        account, now = self._account, self._clock()
        claims = {
            "iss": account.email,
            "scope": SCOPE,
            "aud": account.token_url,
            "iat": now,
            "exp": now + HOUR,
        }
        try:
            signed = jwt.encode(claims, account.key, "RS256", {"kid": account.key_id})
            form = {"grant_type": GRANT, "assertion": signed}
            answer = httpx.post(account.token_url, data=form, timeout=self.settings.timeout, trust_env=False)
            said = answer.json()
            if answer.status_code != httpx.codes.OK:
                return f"Google gives no token ({answer.status_code})"
            token, seconds = str(said["access_token"]), int(said["expires_in"])
        except (ValueError, TypeError, LookupError, jwt.PyJWTError, httpx.HTTPError) as error:
            return f"Google gives no token ({type(error).__name__})"
        if not (token.isascii() and token.isprintable()):
            return "Google gives no token that can be used"
        self._token, self._until = token, now + timedelta(seconds=seconds)
        return None


def _message(outgoing: Outgoing, push: PushText) -> dict[str, Any]:
    shown = {"title": push.title} | ({"body": push.body} if push.body else {})
    data = {"send_id": outgoing.key} | ({"link": push.link} if push.link else {})
    web: dict[str, Any] = {"notification": {"tag": outgoing.key}}
    if push.link.startswith("https:"):  # browsers open no other
        web["fcmOptions"] = {"link": push.link}
    return {
        "token": outgoing.to,
        "notification": shown,
        "data": data,
        "android": {"collapseKey": outgoing.key, "notification": {"tag": outgoing.key}},
        "apns": {"headers": {"apns-collapse-id": outgoing.key}},
        "webpush": web,
    }


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _error(body: bytes) -> dict[str, Any]:
    found = _document(body).get("error")
    return found if isinstance(found, dict) else {}


def _is_of_token(body: bytes) -> bool:
    """Is it the token that is no token?"""
    details = [one for one in _error(body).get("details") or () if isinstance(one, dict)]
    fields = [one for each in details for one in each.get("fieldViolations") or () if isinstance(one, dict)]
    return any(one.get("field") == "message.token" for one in fields)
