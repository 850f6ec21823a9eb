"""The ways out over HTTP, made up, a message to give them, and what their descriptions object to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from loyaltyloop.channels.http.mailgun import Mailgun, MailgunSettings
from loyaltyloop.channels.http.postmark import Postmark, PostmarkSettings
from loyaltyloop.channels.http.resend import Resend, ResendSettings
from loyaltyloop.channels.http.sendgrid import SendGrid, SendGridSettings
from loyaltyloop.channels.http.ses import Ses, SesSettings
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.out import Outgoing
from tests.unit.channels.kitchen import KEY

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
DATA = Path(__file__).parents[2] / "data" / "providers"
URL = "https://t.example/u/token-1"


@dataclass(frozen=True)
class Written:
    key: str = KEY
    sender: str = "Sample shop <hello@shop.example>"
    to: str = "ada@example.com"
    subject: str = "Hello Ada"
    decided_at: datetime = NOW
    html: str = "<p>Hello</p>"
    text: str = "Hello"
    unsubscribe: str = URL


def settings(kind: Any, **own: Any) -> Any:
    return kind(_env_file=None, **own)


WAYS: dict[str, HttpWay[Any]] = {
    "postmark": Postmark(settings(PostmarkSettings, token="secret-1"), lambda: NOW),
    "sendgrid": SendGrid(settings(SendGridSettings, api_key="secret-1"), lambda: NOW),
    "mailgun": Mailgun(settings(MailgunSettings, api_key="secret-1", domain="mg.shop.example"), lambda: NOW),
    "resend": Resend(settings(ResendSettings, api_key="secret-1"), lambda: NOW),
    "ses": Ses(
        settings(SesSettings, region="eu-west-1", access_key="AKIDEXAMPLE", secret_key="secret-1",
                 configuration_set="events"), lambda: NOW),
}  # fmt: skip


def described(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def asked(name: str, *several: Outgoing) -> Request:
    return WAYS[name].pack(several)


def form(request: Request) -> dict[str, str]:
    """A form of parts, as Python reads MIME."""
    raw = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode() + request.content
    return {
        str(part.get_param("name", header="content-disposition")): cast(
            "bytes", part.get_payload(decode=True)
        ).decode()
        for part in message_from_bytes(raw).walk()
        if not part.is_multipart()
    }


def document(name: str, request: Request) -> Any:
    return form(request) if name == "mailgun" else json.loads(request.content)


def faults(name: str, request: Request) -> list[str]:
    """What the provider's description objects to."""
    found = document(name, request)
    if name == "ses":
        description = described("ses")
        shapes = {shape: schema(about) for shape, about in description["shapes"].items()}
        whole = {"$ref": "#/$defs/SendEmailRequest", "$defs": shapes}
    else:
        whole = described(name)["schema"]
    return [
        error.message
        for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(found)
    ]


def schema(shape: dict[str, Any]) -> dict[str, Any]:
    """A shape of AWS's service model as a JSON schema; members that it does not know are refused."""
    ref = "#/$defs/{}".format
    match shape["type"]:
        case "structure":
            members = {name: {"$ref": ref(one["shape"])} for name, one in shape["members"].items()}
            return {"type": "object", "required": shape.get("required", []), "properties": members,
                    "additionalProperties": False}  # fmt: skip
        case "list":
            return {"type": "array", "items": {"$ref": ref(shape["member"]["shape"])}}
        case "map":
            return {"type": "object", "additionalProperties": {"$ref": ref(shape["value"]["shape"])}}
        case "string":
            names = {"pattern": "pattern", "min": "minLength", "max": "maxLength", "enum": "enum"}
            return {"type": "string"} | {names[name]: shape[name] for name in names if name in shape}
        case kind:
            return {"type": {"boolean": "boolean", "blob": "string"}.get(kind, "number")}
