"""What the answers of each e-mail provider mean, and what the settings change."""
# ruff: noqa: E501 - one line for each answer of a provider

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loyaltyloop.channels.http.mailgun import Mailgun, MailgunSettings
from loyaltyloop.channels.http.postmark import Postmark, PostmarkSettings
from loyaltyloop.channels.http.sendgrid import SendGrid, SendGridSettings
from loyaltyloop.channels.mail.mime import assemble
from loyaltyloop.channels.out import Outgoing
from tests.unit.channels.providers import (
    NOW,
    WAYS,
    Written,
    asked,
    described,
    faults,
    form,
    settings,
)

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
