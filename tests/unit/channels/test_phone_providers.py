"""What Twilio, FCM and OneSignal are asked, held to their own descriptions, and what their answers mean."""
# ruff: noqa: E501 - one line for each answer of a provider

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from loyaltyloop.channels.http.fcm import GRANT, SCOPE, Fcm, FcmSettings
from loyaltyloop.channels.http.onesignal import OneSignalSettings
from loyaltyloop.channels.http.twilio import TwilioSettings
from loyaltyloop.channels.http.way import Request
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.errors import UserError
from loyaltyloop.settings import load_settings
from tests.integration.channels.provider import Asked, Provider, providing, told
from tests.unit.channels.kitchen import KEY
from tests.unit.channels.phones import (
    ACCOUNT,
    ADA,
    BACK,
    NOW,
    account_file,
    fcm,
    group,
    onesignal,
    private_key,
    push,
    text,
    twilio,
    way_of,
)
from tests.unit.web import signing as by
from tests.unit.web.telling import one

DATA = Path(__file__).parents[2] / "data" / "providers"


def document(name: str, request: Request) -> Any:
    if name == "twilio":
        return dict(parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True))
    return json.loads(request.content)


def faults(name: str, request: Request) -> list[str]:
    described = json.loads((DATA / f"{name}.json").read_text())
    checked = Draft202012Validator(described["schema"], format_checker=FormatChecker())
    return [error.message for error in checked.iter_errors(document(name, request))]


MESSAGES = {
    "twilio": [text(), text("Größe: 5 € & more+ =\n\U0001f600"), text("x" * 1600)],
    "fcm": [push(), push("A title alone"), push("T\nhttp://localhost/c/1"), push("\U0001f600\n\nÜ\n\nb")],
    "onesignal": [push(), push("A title alone"), push("\U0001f600\n\nÜ\n\nb")],
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_request_is_as_the_provider_describes_it(name: str, tmp_path: Path) -> None:
    for outgoing in MESSAGES[name]:
        request = way_of(name, tmp_path).request(outgoing)
        assert faults(name, request) == []
        assert all(value.isascii() and value.isprintable() for value in request.headers.values())
        assert faults(name, replace(request, content=request.content.replace(b"o", b"0")))


def test_where_things_stand(tmp_path: Path) -> None:
    request = twilio().request(text("Größe & more"))
    assert request.url == f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert request.headers["authorization"].startswith("Basic ")
    assert document("twilio", request) == {
        "To": ADA, "From": "+15005550006", "Body": "Größe & more", "StatusCallback": f"{BACK}?send_id={KEY}",
    }  # fmt: skip
    service = twilio(sender="", service="MG" + "1" * 32).request(text())
    assert document("twilio", service)["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in document("twilio", service)
    request = fcm(tmp_path).request(push())
    assert request.url == "https://fcm.googleapis.com/v1/projects/shop-1/messages:send"
    message = document("fcm", request)["message"]
    assert (message["token"], message["notification"]) == ("device-1", {"title": "Title", "body": "Words"})
    assert message["webpush"]["fcmOptions"] == {"link": "https://t.example/c/1"}
    assert message["android"] == {"collapseKey": KEY, "notification": {"tag": KEY}}
    request = onesignal().request(push("A title alone"))
    assert (request.url, request.headers["authorization"]) == (
        "https://api.onesignal.com/notifications",
        "Key secret-1",
    )
    asked = document("onesignal", request)
    assert (asked["contents"], asked["idempotency_key"], "headings" in asked) == (
        {"en": "A title alone"},
        KEY,
        False,
    )


@pytest.mark.parametrize(("name", "wrong"), [("twilio", push()), ("fcm", text()), ("onesignal", text())])
def test_what_is_of_another_channel_is_not_asked(name: str, wrong: Outgoing, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no "):
        way_of(name, tmp_path).request(wrong)


def fcm_error(status: int, name: str, code: str = "", field: str = "") -> tuple[int, Any]:
    details: list[Any] = (
        [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    )
    if field:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": "no"}],
            }
        )
    return status, {"error": {"code": status, "status": name, "message": "words", "details": details}}


def twilio_error(status: int, code: int) -> tuple[int, Any]:
    return status, {
        "code": code,
        "message": f"words about {ADA}",
        "more_info": "https://www.twilio.com",
        "status": status,
    }


GONE = {"state": "try_again", "reason": "the device takes no pushes any more", "lost": "hard bounce"}
# Provider, answer → what it means.
ANSWERS: dict[str, tuple[str, tuple[int, Any], dict[str, Any]]] = {
    "queued": ("twilio", (201, {"sid": "SM1", "status": "queued"}), {"state": "handed_over", "provider_id": "SM1"}),
    "no number": ("twilio", twilio_error(400, 21211), {"state": "refused", "lost": "hard bounce", "reason": "Twilio refuses it (400 21211)"}),
    "a landline": ("twilio", twilio_error(400, 21614), {"state": "refused", "lost": "hard bounce", "reason": "Twilio refuses it (400 21614)"}),
    "has said STOP": ("twilio", twilio_error(400, 21610), {"state": "refused", "lost": "stop", "reason": "the number has said STOP"}),
    "no such country": ("twilio", twilio_error(400, 21408), {"state": "refused", "reason": "Twilio refuses it (400 21408)"}),
    "wrong token": ("twilio", twilio_error(401, 20003), {"state": "try_again", "away": True, "reason": "Twilio takes nothing from us (401 20003)"}),
    "too many": ("twilio", twilio_error(429, 20429), {"state": "try_again", "reason": "Twilio does not take it now (429 20429)"}),
    "breaks": ("twilio", (500, None), {"state": "unknown", "reason": "Twilio may have it or not (500)"}),
    "another's page": ("twilio", (200, "<html>hello"), {"state": "unknown", "reason": "Twilio may have it or not (200, and an answer that cannot be read)"}),
    "another's answer": ("fcm", (200, {}), {"state": "unknown", "reason": "FCM may have it or not (200, and an answer that cannot be read)"}),
    "sent": ("fcm", (200, {"name": "projects/shop-1/messages/1"}), {"state": "handed_over", "provider_id": "projects/shop-1/messages/1"}),
    "unregistered": ("fcm", fcm_error(404, "NOT_FOUND", "UNREGISTERED"), GONE),
    "of another app": ("fcm", fcm_error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), GONE),
    "no token": ("fcm", fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"), GONE),
    "no push": ("fcm", fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data"), {"state": "refused", "reason": "FCM refuses it (400 INVALID_ARGUMENT)"}),
    "not let in": ("fcm", fcm_error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), {"state": "try_again", "away": True, "reason": "FCM takes nothing from us (401 THIRD_PARTY_AUTH_ERROR)"}),
    "a quota": ("fcm", fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), {"state": "try_again", "reason": "FCM does not take it now (429 QUOTA_EXCEEDED)"}),
    "internal": ("fcm", fcm_error(500, "INTERNAL", "INTERNAL"), {"state": "unknown", "reason": "FCM may have it or not (500 INTERNAL)"}),
    "no json": ("fcm", (404, "words"), {"state": "try_again", "away": True, "reason": "FCM takes nothing from us (404)"}),
    "taken": ("onesignal", (200, {"id": "n-1", "external_id": None}), {"state": "handed_over", "provider_id": "n-1"}),
    "nobody there": ("onesignal", (200, {"id": "", "errors": ["All included players are not subscribed"]}), GONE),
    "no such id": ("onesignal", (200, {"id": "", "errors": {"invalid_player_ids": ["device-1"]}}), GONE),
    "nothing said": ("onesignal", (200, {}), {"state": "try_again", "reason": "OneSignal may have it; it is told again (200, and an answer that cannot be read)", "doubt": True}),
    "refused": ("onesignal", (400, {"errors": ["words"]}), {"state": "refused", "reason": "OneSignal refuses it (400)"}),
    "in doubt": ("onesignal", (500, {}), {"state": "try_again", "reason": "OneSignal may have it; it is told again (500)", "doubt": True}),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_its_answers_mean(answer: str, tmp_path: Path) -> None:
    name, (status, said), meant = ANSWERS[answer]
    outgoing = text() if name == "twilio" else push()
    way = way_of(name, tmp_path)
    [outcome] = way._read([outgoing], status, {}, json.dumps(said).encode())
    assert outcome == Outcome(outgoing.key, **meant)


def test_a_text_over_a_real_connection() -> None:
    provider = Provider(lambda asked: told(201, {"sid": "SM1", "status": "queued"}))
    with providing(provider):
        way = twilio(provider.url)
        assert way.open() is None
        outcomes = list(way.hand_over([replace(text(), key=f"{number:036}") for number in range(20)]))
        way.close()
    assert [outcome.state for outcome in outcomes] == ["handed_over"] * 20
    keys = {
        dict(parse_qsl(asked.body.decode()))["StatusCallback"].rpartition("=")[2] for asked in provider.asked
    }
    assert len(keys) == 20


def test_google_lets_in_by_a_signed_assertion_and_is_asked_again_before_it_ends(tmp_path: Path) -> None:
    given: list[str] = []

    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            form = dict(parse_qsl(asked.body.decode()))
            assert form["grant_type"] == GRANT
            given.append(form["assertion"])
            return told(
                200, {"access_token": f"token-{len(given)}", "expires_in": 3599, "token_type": "Bearer"}
            )
        return told(200, {"name": "projects/shop-1/messages/1"})

    with providing(Provider(answer)) as provider:
        clock = [NOW]
        file = account_file(tmp_path, f"{provider.url}/token")
        settings = group(FcmSettings, url=provider.url, account_file=file)
        way = Fcm(settings, lambda: clock[0])
        for later in (timedelta(), timedelta(minutes=50), timedelta(minutes=56)):
            clock[0] = NOW + later
            assert way.open() is None
            assert [one.state for one in way.hand_over([push()])] == ["handed_over"]
        way.close()
    public = serialization.load_pem_private_key(private_key().encode(), None).public_key()
    claims = jwt.decode(
        given[0], public, ["RS256"], audience=f"{provider.url}/token",  # type: ignore[arg-type]
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert (claims["iss"], claims["scope"]) == ("push@shop-1.example", SCOPE)
    assert claims["exp"] - claims["iat"] == 3600
    used = [asked.headers["authorization"] for asked in provider.asked if asked.path != "/token"]
    assert used == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(("code", "tokens"), [("", 2), ("THIRD_PARTY_AUTH_ERROR", 1)])
def test_a_token_that_is_not_taken_is_forgotten(code: str, tokens: int, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            return told(200, {"access_token": "token", "expires_in": 3599, "token_type": "Bearer"})
        return told(*fcm_error(401, "UNAUTHENTICATED", code))

    with providing(provider := Provider(answer)):
        way = fcm(tmp_path, provider.url, f"{provider.url}/token")
        for _ in range(2):
            assert way.open() is None
            assert [one.away for one in way.hand_over([push()])] == [True]
            way.close()
    assert len([asked for asked in provider.asked if asked.path == "/token"]) == tokens


@pytest.mark.parametrize(
    "answer",
    [
        told(400, {"error": "invalid_grant"}),
        told(200, {}),
        told(200, {"access_token": "a\nb", "expires_in": 1}),
        (200, {}, b"no"),
    ],
)
def test_where_google_gives_no_token_nothing_is_claimed(answer: Any, tmp_path: Path) -> None:
    with providing(Provider(lambda _: answer)) as provider:
        way = fcm(tmp_path, provider.url, f"{provider.url}/token")
        assert str(way.open()).startswith("Google gives no token")


def test_what_the_settings_lack_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOP_TWILIO_ACCOUNT", "AC/../x")
    monkeypatch.setenv("LOOP_FCM_ACCOUNT_FILE", str(tmp_path / "none.json"))
    settings = load_settings(tmp_path)
    for kind, words in (
        (TwilioSettings, ("LOOP_TWILIO_ACCOUNT", "LOOP_TWILIO_TOKEN")),
        (FcmSettings, ("LOOP_FCM_ACCOUNT_FILE",)),
        (OneSignalSettings, ("LOOP_ONESIGNAL_APP", "LOOP_ONESIGNAL_API_KEY")),
    ):
        with pytest.raises(UserError) as error:
            settings.group(kind)
        assert all(word in str(error.value) for word in words)
    monkeypatch.setenv("LOOP_TWILIO_ACCOUNT", ACCOUNT)
    monkeypatch.setenv("LOOP_TWILIO_TOKEN", "t")
    with pytest.raises(UserError, match="LOOP_TWILIO_S"):
        settings.group(TwilioSettings)


def test_what_twilio_tells_leads_back_to_the_message() -> None:
    asked = document("twilio", twilio().request(text()))["StatusCallback"]
    told_later = one(
        by.twilio({"MessageSid": "SM1", "MessageStatus": "delivered", "To": ADA}, f"?{urlsplit(asked).query}")
    )
    assert (told_later.what, told_later.key, told_later.channel) == ("delivered", KEY, "sms")
