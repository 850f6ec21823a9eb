"""Mailgun: a form for each message.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages. It knows no idempotency
keys.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.mime import parts_of
from loyaltyloop.channels.out import Outgoing

Domain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]


class MailgunSettings(HttpSettings):
    """What Mailgun needs."""

    model_config = prefixed("LOOP_MAILGUN_")
    url: Url = Field(
        default="https://api.mailgun.net",
        description="Write https://api.mailgun.net, or https://api.eu.mailgun.net for a domain in the EU.",
    )
    rate: float = rate_of(25)
    api_key: Secret = Field(description="Write LOOP_MAILGUN_API_KEY=..., a sending key of the domain.")
    domain: Domain = Field(description="Write the domain that Mailgun sends for: mg.shop.example.")
    sandbox: bool = Field(
        default=False, description="Write true to have messages taken and not sent, or false."
    )


class Mailgun(HttpWay[MailgunSettings]):
    """By the parts of a message, from which Mailgun makes its own MIME."""

    name, title, kind = "mailgun", "Mailgun", MailgunSettings
    idempotent = False
    id_field = "id"
    meanings: ClassVar[Mapping[str, Meaning]] = {"not-allowed": "away", "420": "later"}

    def request(self, outgoing: Outgoing) -> Request:
        parts = parts_of(outgoing)
        fields = {
            "from": parts.from_text(),
            "to": parts.to,
            "subject": parts.subject,
            "text": parts.text,
            "html": parts.html,
            "h:Message-Id": parts.message_id,
            "v:send_id": parts.key,
            "o:tracking-clicks": "no",  # links lead to us already
        }
        fields |= {f"h:{name}": value for name, value in parts.unsubscribing().items()}
        if self.settings.sandbox:
            fields["o:testmode"] = "yes"
        credentials = base64.b64encode(f"api:{self.settings.api_key.get_secret_value()}".encode()).decode()
        headers = {
            "content-type": f"multipart/form-data; boundary=form-{parts.key}",
            "authorization": f"Basic {credentials}",
        }
        url = f"{self.settings.url}/v3/{self.settings.domain}/messages"
        return Request(url, _form(fields, f"form-{parts.key}"), headers)

    def code(self, body: bytes) -> str:
        """It has no codes; its words are looked at for the one thing that concerns all messages."""
        return "not-allowed" if b"is not allowed to send" in body else ""


def _form(fields: Mapping[str, str], boundary: str) -> bytes:
    """Fields as multipart/form-data (RFC 7578): as a plain form, HTML is three times as long."""
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{''.join(parts)}--{boundary}--\r\n".encode()
