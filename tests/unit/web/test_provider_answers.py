"""What people write back, as each provider forwards it; and payloads of any shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from loyaltyloop.web.providers.delivery import Delivery, NotReadable
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY, NOW
from tests.unit.web.telling import ADA, ANSWER, LONG, READ, URL, aws, bounce, inbound, mg, one, pm, rs, sg


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        (ANSWER, "replied"),
        (LONG, "replied"),
        (ANSWER | {"Auto-Submitted": "no"}, "replied"),
        (ANSWER | {"Auto-Submitted": "auto-replied"}, "autoresponded"),
        (ANSWER | {"auto-submitted": "auto-generated; owner=x"}, "autoresponded"),
        (ANSWER | {"Precedence": "bulk"}, "autoresponded"),
        (ANSWER | {"X-Autoreply": "yes"}, "autoresponded"),
        ({"From": ADA, "Subject": "Hello"}, "unknown"),
        ({"In-Reply-To": "<somebody@else.example>"}, "unknown"),
    ],
)
def test_answers(headers: dict[str, str], what: str) -> None:
    for said in inbound(headers):
        told = one(said)
        assert (told.what, told.key) == (what, KEY if what != "unknown" else ""), said.url
        assert told.id


STOPS = [
    ({"Body": "STOP"}, "unsubscribed"),
    ({"Body": " stop \n"}, "unsubscribed"),
    ({"Body": "Unsubscribe"}, "unsubscribed"),
    ({"Body": "please stop"}, "replied"),
    ({"Body": "BASTA", "OptOutType": "STOP"}, "unsubscribed"),
    ({"Body": "START", "OptOutType": "START"}, "subscribed"),
    ({"Body": " unstop "}, "subscribed"),
    ({"Body": "YES"}, "replied"),
    ({"Body": "HELP", "OptOutType": "HELP"}, "unknown"),
    ({"Body": "Thank you", "SmsStatus": "received"}, "replied"),
    ({"Body": ""}, "replied"),
]


@pytest.mark.parametrize(("fields", "what"), STOPS)
def test_what_people_write_by_sms(fields: dict[str, str], what: str) -> None:
    told = one(by.twilio({"MessageSid": "SM9", "From": "+447700900123", "To": "+441234567890", **fields}))
    assert (told.what, told.channel, told.address, told.key) == (what, "sms", "+447700900123", "")


# ── hostile payloads ────────────────────────────────────────────────────────

ODD: list[Any] = [
    None, True, 7, -1, 1.5, "", "x" * 5000, "\0", "é\u2028", [], [None], [[]], {}, {"": None}, [KEY],
    {"send_id": {}},
]  # fmt: skip
SHAPES = [pm("Bounce", Type="HardBounce", Details="5.1.1"), pm("Open"), sg("click", url=URL, smtp_id="x"),
          sg("bounce", type="bounce", status="5.1.1"), mg("failed", reason="bounce"), mg("clicked", url=URL),
          rs("email.bounced", bounce={"type": "Permanent"}), rs("email.clicked", click={"link": URL}),
          bounce("Permanent", "General", "5.1.1"), aws("Click", "click", {"link": URL}),
          *inbound(ANSWER)[:1], inbound(ANSWER)[4], inbound(ANSWER)[5]]  # fmt: skip


def mutants(value: Any, odd: Any) -> Iterable[Any]:
    """The same with each of its parts replaced by this, one at a time."""
    yield odd
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in mutants(inner, odd))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in mutants(inner, odd))


@pytest.mark.parametrize("said", SHAPES, ids=lambda said: said.url.rpartition("/")[2])
def test_payloads_of_any_shape_are_told_or_refused(said: Delivery) -> None:
    provider = said.url.rpartition("/")[2]
    payload = orjson.loads(said.body)
    if provider == "ses":
        payload = orjson.loads(payload["Message"])
    for odd in ODD:
        for mutant in mutants(payload, odd):
            whole = {"Type": "Notification", "MessageId": "m", "Message": orjson.dumps(mutant).decode()}
            body = orjson.dumps(whole if provider == "ses" else mutant)
            try:
                for told in READ[provider](replace(said, body=body)):
                    list(told.events())
            except NotReadable:
                assert not isinstance(mutant, dict if provider != "sendgrid" else list)


def test_the_present_is_the_requests() -> None:
    assert by.postmark({}).received == NOW
