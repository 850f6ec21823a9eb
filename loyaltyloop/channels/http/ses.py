"""Amazon SES, API v2: a signed request for each message.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html. It knows no idempotency keys. Its
events come only where a configuration set publishes them. Mail to success@simulator.amazonses.com and its
fellows goes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import Field, SecretStr, StringConstraints, model_validator

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, prefixed, rate_of
from loyaltyloop.channels.http.sigv4 import Keys, signed
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.mime import parts_of
from loyaltyloop.channels.out import Outcome, Outgoing

PATH = "/v2/email/outbound-emails"
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]


class SesSettings(HttpSettings):
    """What SES needs. Without a `url` it is asked at its region's own."""

    model_config = prefixed("LOOP_SES_")
    rate: float = rate_of(14, "Write the account's maximum send rate; 0: no limit.")
    region: Region = Field(description="Write a region, such as LOOP_SES_REGION=eu-west-1.")
    access_key: Secret = Field(description="Write LOOP_SES_ACCESS_KEY=AKIA..., which may ses:SendEmail.")
    secret_key: Secret = Field(description="Write LOOP_SES_SECRET_KEY=..., the access key's secret.")
    session_token: SecretStr = Field(
        default=SecretStr(""), description="Write the token of credentials that are lent; else nothing."
    )
    configuration_set: str = Field(
        default="", description="Write the configuration set that publishes events to your SNS topic."
    )

    @model_validator(mode="after")
    def _at_its_region(self) -> SesSettings:
        if not self.url:
            self.url = f"https://email.{self.region}.amazonaws.com"
        return self


class Ses(HttpWay[SesSettings]):
    """By SendEmail with simple content."""

    name, title, kind = "ses", "SES", SesSettings
    idempotent = False
    id_field = "MessageId"
    meanings: ClassVar[Mapping[str, Meaning]] = {
        "TooManyRequestsException": "later",
        "ThrottlingException": "later",
        "LimitExceededException": "away",  # the day's quota
        "AccountSuspendedException": "away",
        "SendingPausedException": "away",
        "MailFromDomainNotVerifiedException": "away",
        "NotFoundException": "away",  # no such configuration set
        "NotVerified": "away",
    }

    def request(self, outgoing: Outgoing) -> Request:
        parts = parts_of(outgoing)
        own = parts.unsubscribing()
        document: dict[str, Any] = {
            "FromEmailAddress": parts.from_header().replace("\r\n ", " "),
            "Destination": {"ToAddresses": [parts.to]},
            "Content": {
                "Simple": {
                    "Subject": _text(parts.subject),
                    "Body": {"Text": _text(parts.text), "Html": _text(parts.html)},
                    "Headers": [{"Name": name, "Value": value} for name, value in own.items()],
                }
            },
            "EmailTags": [{"Name": "send_id", "Value": parts.key}],
        }
        if self.settings.configuration_set:
            document["ConfigurationSetName"] = self.settings.configuration_set
        url, content = f"{self.settings.url}{PATH}", orjson.dumps(document)
        headers = {"content-type": "application/json"}
        keys, region = self._keys(), self.settings.region
        return Request(url, content, signed(keys, region, "ses", self._clock(), url, content, headers))

    def read(self, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Its codes stand in a header; one of them has two meanings."""
        code = headers.get("x-amzn-errortype", "").partition(":")[0]
        if code == "MessageRejected" and b"not verified" in body:  # a sender of ours, not the message
            code = "NotVerified"
        if status < 300:
            return super().read(outgoing, status, headers, body)
        return self.judged(outgoing, status, code, self.wait(headers))

    def _keys(self) -> Keys:
        own = self.settings
        secrets = (own.access_key, own.secret_key, own.session_token)
        return Keys(*(secret.get_secret_value() for secret in secrets))


def _text(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
