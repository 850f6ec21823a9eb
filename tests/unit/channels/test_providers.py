"""What each e-mail provider is asked, held to its own description of its API (tests/data/providers).

And that its events lead back to the message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from email.headerregistry import Address
from typing import Any

import pytest

from loyaltyloop.channels.http.ses import PATH
from loyaltyloop.channels.mail.mime import assemble
from loyaltyloop.web.providers.delivery import Delivery
from tests.unit.channels.kitchen import KEY
from tests.unit.channels.providers import (
    URL,
    WAYS,
    Written,
    asked,
    document,
    faults,
)
from tests.unit.web.telling import aws, mg, one, pm, rs, sg

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
