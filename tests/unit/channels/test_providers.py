"""What each e-mail provider is asked, held to its own description of its API (tests/data/providers).

What its codes mean, and that its events lead back to the message.
"""
# ruff: noqa: E501 - one line for each answer of a provider

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from loyaltyloop.channels.http.mailgun import Mailgun, MailgunSettings
from loyaltyloop.channels.http.postmark import Postmark, PostmarkSettings
from loyaltyloop.channels.http.resend import Resend, ResendSettings
from loyaltyloop.channels.http.sendgrid import SendGrid, SendGridSettings
from loyaltyloop.channels.http.ses import PATH, Ses, SesSettings
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mime import assemble
from loyaltyloop.channels.out import Outgoing
from loyaltyloop.web.providers.delivery import Delivery
from tests.unit.channels.kitchen import KEY
from tests.unit.web.telling import aws, mg, one, pm, rs, sg

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


MAILS = {
    "plain": Written(),
    "nothing to unsubscribe from": Written(unsubscribe=""),
    "signs of the world": Written(
        sender='Ünïcode "shop", the <best> \\ <hello@bücher.example>', to="ada@bücher.example",
        subject="\u4f60\u597d \U0001f600 & <b>", html="<p>\u00a35 \u4f60</p>\r\n--x\n", text="\u00a35\n\n--"
    ),
    "a long name": Written(sender=f"{'Größe ' * 20}<hello@shop.example>"),
}  # fmt: skip


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("name", WAYS)
def test_a_request_is_as_the_provider_describes_it(name: str, mail: str) -> None:
    request = asked(name, assemble(MAILS[mail]))
    assert faults(name, request) == []
    assert request.method == "POST"
    for header, value in request.headers.items():
        assert header == header.lower()
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize("name", WAYS)
def test_the_description_objects_to_what_is_wrong(name: str) -> None:
    request = asked(name, assemble(Written()))
    spoilt = request.content.replace(b'"to"', b'"tu"').replace(b'"To"', b'"Tu"').replace(b'"ToAdd', b'"TuAdd')
    assert faults(name, replace(request, content=spoilt))


# Where each is, how it is told who asks, and where things stand in what it is asked.
PLACES: dict[str, tuple[str, Mapping[str, str], Callable[[Any], Mapping[str, Any]]]] = {
    "postmark": (
        "https://api.postmarkapp.com/email/batch",
        {"x-postmark-server-token": "secret-1"},
        lambda one: {
            "from": one[0]["From"], "to": one[0]["To"], "subject": one[0]["Subject"],
            "html": one[0]["HtmlBody"], "text": one[0]["TextBody"],
            "headers": {each["Name"]: each["Value"] for each in one[0]["Headers"]},
        },
    ),
    "sendgrid": (
        "https://api.sendgrid.com/v3/mail/send",
        {"authorization": "Bearer secret-1"},
        lambda one: {
            "from": f'"{one["from"]["name"]}" <{one["from"]["email"]}>',
            "to": one["personalizations"][0]["to"][0]["email"], "subject": one["subject"],
            "html": one["content"][1]["value"], "text": one["content"][0]["value"],
            "headers": one["headers"],
        },
    ),
    "mailgun": (
        "https://api.mailgun.net/v3/mg.shop.example/messages",
        {"authorization": "Basic YXBpOnNlY3JldC0x"},
        lambda one: {name: one[name] for name in ("from", "to", "subject", "html", "text")}
        | {"headers": {name[2:]: value for name, value in one.items() if name.startswith("h:")}},
    ),
    "resend": (
        "https://api.resend.com/emails",
        {"authorization": "Bearer secret-1", "idempotency-key": KEY},
        lambda one: one | {"to": one["to"][0]},
    ),
    "ses": (
        f"https://email.eu-west-1.amazonaws.com{PATH}",
        {"x-amz-date": "20150830T123600Z"},
        lambda one: {
            "from": one["FromEmailAddress"].replace("Sample shop", '"Sample shop"'),
            "to": one["Destination"]["ToAddresses"][0],
            "subject": one["Content"]["Simple"]["Subject"]["Data"],
            "html": one["Content"]["Simple"]["Body"]["Html"]["Data"],
            "text": one["Content"]["Simple"]["Body"]["Text"]["Data"],
            "headers": {each["Name"]: each["Value"] for each in one["Content"]["Simple"]["Headers"]},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_everything_stands_in_its_place(name: str) -> None:
    url, headers, places = PLACES[name]
    request = asked(name, assemble(Written()))
    assert request.url == url
    assert {**request.headers, **headers} == request.headers
    found = places(document(name, request))
    assert {part: found[part] for part in ("from", "to", "subject", "html", "text")} == {
        "from": '"Sample shop" <hello@shop.example>', "to": "ada@example.com",
        "subject": "Hello Ada", "html": "<p>Hello</p>", "text": "Hello",
    }  # fmt: skip
    assert found["headers"]["List-Unsubscribe"] == (
        f"<{URL}>, <mailto:hello@shop.example?subject=unsubscribe%20token-1>"
    )
    assert found["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    own = {name.lower(): value for name, value in found["headers"].items()}.get("message-id")
    assert own == (None if name in ("resend", "ses") else f"<{KEY}@shop.example>")


@pytest.mark.parametrize("name", WAYS)
def test_names_beyond_ascii_are_read_as_they_were_written(name: str) -> None:
    sender = 'Ünïcode "shop", \\o/ <hello@shop.example>'
    found = PLACES[name][2](document(name, asked(name, assemble(Written(sender=sender)))))["from"]
    if name == "sendgrid":
        assert found == '"Ünïcode "shop", \\o/" <hello@shop.example>'
    elif name == "ses":
        assert found.isascii()
    else:
        assert found == '"Ünïcode \\"shop\\", \\\\o/" <hello@shop.example>'
        assert found == str(Address('Ünïcode "shop", \\o/', "hello", "shop.example"))


# An event about the message, with what the provider was given with it.
EVENTS: dict[str, Callable[[Any], Delivery]] = {
    "postmark": lambda asked: pm("Delivery", Metadata=asked[0]["Metadata"]),
    "sendgrid": lambda asked: sg(
        "delivered", **{"send_id": None} | asked["personalizations"][0]["custom_args"]
    ),
    "mailgun": lambda asked: mg(
        "delivered",
        **{"user-variables": {name[2:]: value for name, value in asked.items() if name[:2] == "v:"}},
    ),
    "resend": lambda asked: rs("email.delivered", tags={tag["name"]: tag["value"] for tag in asked["tags"]}),
    "ses": lambda asked: aws(
        "Delivery", "delivery", mail={"tags": {tag["Name"]: [tag["Value"]] for tag in asked["EmailTags"]}}
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_its_events_lead_back_to_the_message(name: str) -> None:
    other = "0f5f6c1e-7d5d-5a8e-9a3e-2b1f0c9d8e7a"
    told = one(EVENTS[name](document(name, asked(name, assemble(Written(key=other))))))
    assert (told.what, told.key) == ("delivered", other)


@pytest.mark.parametrize("name", WAYS)
def test_nothing_of_the_customer_but_the_address_is_in_metadata(name: str) -> None:
    content = asked(name, assemble(Written())).content.decode()
    assert content.count("ada@example.com") == 1
    assert "secret-1" not in content


# ── codes ───────────────────────────────────────────────────────────────────

OUTGOING = assemble(Written())
ERRORS: list[tuple[str, int, dict[str, str], Any, str]] = [
    ("postmark", 200, {}, [{"ErrorCode": 0, "Message": "OK"}], "handed_over"),
    ("postmark", 200, {}, [{"ErrorCode": 406, "Message": "inactive: ada@example.com"}], "refused 422 error-406"),
    ("postmark", 200, {}, [{"ErrorCode": 300, "Message": "invalid"}], "refused 422 error-300"),
    ("postmark", 200, {}, [{"ErrorCode": 401, "Message": "not confirmed"}], "away 422 error-401"),
    ("postmark", 401, {}, {"ErrorCode": 10, "Message": "no token"}, "away 401 error-10"),
    ("postmark", 422, {}, {"ErrorCode": 405, "Message": "no credits"}, "away 422 error-405"),
    ("postmark", 422, {}, {"ErrorCode": 402, "Message": "JSON"}, "refused 422 error-402"),
    ("postmark", 429, {}, {"ErrorCode": 429, "Message": "slow"}, "try_again 429 error-429"),
    ("postmark", 500, {}, None, "unknown 500"),
    ("postmark", 503, {}, {"ErrorCode": 100, "Message": "maintenance"}, "try_again 503 error-100"),
    ("sendgrid", 202, {}, None, "handed_over"),
    ("sendgrid", 200, {}, None, "handed_over"),  # in the sandbox
    ("sendgrid", 400, {}, {"errors": [{"message": "x", "field": "personalizations.0.to.0.email"}]}, "refused 400 personalizations.0.to.0.email"),
    ("sendgrid", 400, {}, {"errors": [{"message": "x", "field": "null"}]}, "refused 400"),
    ("sendgrid", 400, {}, {"errors": [{"message": "x", "field": "from.email"}]}, "away 400 from.email"),
    ("sendgrid", 403, {}, {"errors": [{"message": "not a verified sender", "field": "from"}]}, "away 403 from"),
    ("sendgrid", 413, {}, {"errors": []}, "refused 413"),
    ("sendgrid", 500, {}, "no object", "unknown 500"),
    ("mailgun", 200, {}, {"id": "<x@mg.shop.example>", "message": "Queued. Thank you."}, "handed_over"),
    ("mailgun", 200, {}, {"message": "Queued"}, "unknown 200, and an answer that cannot be read"),
    ("mailgun", 400, {}, {"message": "to parameter is not a valid address"}, "refused 400"),
    ("mailgun", 400, {}, {"message": "Domain mg.shop.example is not allowed to send: free accounts"}, "away 400 not-allowed"),
    ("mailgun", 401, {}, "Forbidden", "away 401"),
    ("mailgun", 404, {}, {"message": "Domain not found"}, "away 404"),
    ("mailgun", 420, {}, {"message": "too many this hour"}, "try_again 420"),
    ("mailgun", 500, {}, {"message": "Internal Server Error"}, "unknown 500"),
    ("resend", 200, {}, {"id": "re_1"}, "handed_over"),
    ("resend", 200, {}, "<html>hello", "try_again 200, and an answer that cannot be read"),
    ("resend", 200, {}, {"id": None}, "try_again 200, and an answer that cannot be read"),
    ("resend", 202, {}, None, "try_again 202, and an answer that cannot be read"),
    ("resend", 422, {}, {"name": "validation_error"}, "refused 422 validation_error"),
    ("resend", 403, {}, {"name": "validation_error"}, "away 403 validation_error"),
    ("resend", 401, {}, {"name": "missing_api_key"}, "away 401 missing_api_key"),
    ("resend", 422, {}, {"name": "invalid_from_address"}, "away 422 invalid_from_address"),
    ("resend", 409, {}, {"name": "concurrent_idempotent_requests"}, "try_again 409 concurrent_idempotent_requests"),
    ("resend", 409, {}, {"name": "invalid_idempotent_request"}, "unknown 409 invalid_idempotent_request"),
    ("resend", 429, {}, {"name": "daily_quota_exceeded"}, "away 429 daily_quota_exceeded"),
    ("resend", 429, {}, {"name": "rate_limit_exceeded"}, "try_again 429 rate_limit_exceeded"),
    ("resend", 500, {}, {"name": "application_error"}, "try_again 500 application_error"),
    ("ses", 200, {}, {"MessageId": "1"}, "handed_over"),
    ("ses", 200, {}, "<html>hello", "unknown 200, and an answer that cannot be read"),
    ("ses", 400, {"x-amzn-errortype": "MessageRejected"}, {"message": "virus"}, "refused 400 MessageRejected"),
    ("ses", 400, {"x-amzn-errortype": "MessageRejected:http://x/"}, {"message": "Email address is not verified. hello@"}, "away 400 NotVerified"),
    ("ses", 429, {"x-amzn-errortype": "TooManyRequestsException"}, {}, "try_again 429 TooManyRequestsException"),
    ("ses", 403, {"x-amzn-errortype": "InvalidSignatureException"}, {}, "away 403 InvalidSignatureException"),
    ("ses", 500, {"x-amzn-errortype": "InternalFailure"}, {}, "unknown 500 InternalFailure"),
    ("ses", 503, {}, None, "try_again 503"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "headers", "body", "means"), ERRORS, ids=range(len(ERRORS)))
def test_what_its_answers_mean(
    name: str, status: int, headers: dict[str, str], body: Any, means: str
) -> None:
    [outcome] = WAYS[name].unpack([OUTGOING], status, headers, json.dumps(body).encode() if body else b"")
    state, _, said = means.partition(" ")
    assert (outcome.state, outcome.away) == ("try_again" if state == "away" else state, state == "away")
    assert outcome.reason.endswith(f"({said})") == bool(said)
    assert "ada" not in outcome.reason


def test_every_error_of_ses_has_a_meaning_of_its_own() -> None:
    for error in described("ses")["operation"]["errors"]:
        [outcome] = WAYS["ses"].unpack([OUTGOING], 400, {"x-amzn-errortype": error["shape"]}, b"{}")
        refused = error["shape"] in ("MessageRejected", "BadRequestException")
        assert (outcome.state == "refused") == refused
        assert outcome.away == (not refused and error["shape"] != "TooManyRequestsException")


def test_postmark_tells_of_each_message_and_of_as_many_as_it_was_asked_for() -> None:
    several = [assemble(replace(Written(), key=f"key-{number}")) for number in range(3)]
    said = [{"ErrorCode": 0}, {"ErrorCode": 406}, {"ErrorCode": 0}]
    assert faults("postmark", asked("postmark", *several)) == []
    outcomes = WAYS["postmark"].unpack(several, 200, {}, json.dumps(said).encode())
    assert [(one.key, one.state) for one in outcomes] == [
        ("key-0", "handed_over"), ("key-1", "refused"), ("key-2", "handed_over"),
    ]  # fmt: skip
    wrongs: list[Any] = [said[:2], {}, "x"]
    for wrong in wrongs:
        with pytest.raises((ValueError, LookupError, TypeError)):
            WAYS["postmark"].unpack(several, 200, {}, json.dumps(wrong).encode())


# ── what the settings change ────────────────────────────────────────────────


def test_marketing_has_a_stream_of_its_own_at_postmark() -> None:
    way = Postmark(settings(PostmarkSettings, token="x", marketing_stream="broadcasts"), lambda: NOW)
    for mail, stream in ((Written(), "broadcasts"), (Written(unsubscribe=""), "outbound")):
        assert json.loads(way.request(assemble(mail)).content)[0]["MessageStream"] == stream


def test_in_the_sandbox_nothing_really_leaves() -> None:
    sendgrid = SendGrid(settings(SendGridSettings, api_key="x", sandbox=True), lambda: NOW)
    request = sendgrid.request(OUTGOING)
    assert json.loads(request.content)["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert faults("sendgrid", request) == []
    mailgun = Mailgun(settings(MailgunSettings, api_key="x", domain="a.example", sandbox=True), lambda: NOW)
    assert form(mailgun.request(OUTGOING))["o:testmode"] == "yes"
    assert faults("mailgun", mailgun.request(OUTGOING)) == []


def test_sendgrid_says_in_a_header_of_its_own_when_a_pause_is_over() -> None:
    stamp = str(int((NOW + timedelta(seconds=90)).timestamp()))
    wait = WAYS["sendgrid"].wait
    assert wait({"x-ratelimit-reset": stamp}) == timedelta(seconds=90)
    assert wait({"x-ratelimit-reset": "1"}) == timedelta()
    assert wait({"x-ratelimit-reset": "soon", "retry-after": "7"}) == timedelta(seconds=7)


def test_only_resend_is_repeated() -> None:
    assert [name for name, way in WAYS.items() if way.idempotent] == ["resend"]
    assert [name for name, way in WAYS.items() if way.keeps] == ["resend"]


def test_what_is_no_mail_is_refused() -> None:
    for way in WAYS.values():
        with pytest.raises(ValueError, match="no e-mail"):
            way.pack([Outgoing("key", "a@shop.example", "b@example.com", b"bytes")])
