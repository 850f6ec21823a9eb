"""What goes out: answers of each status, and who may ask."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

PROBLEM: Final = "#/components/schemas/Problem"
RETRY: Final[Json] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}}
SCHEMAS: Final[dict[str, Json]] = {
    "Problem": {
        "type": "object",
        "required": ["success", "error"],
        "properties": {"success": {"const": False}, "error": {"type": "string"}},
    },
    "Health": {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"enum": ["ok", "no database"]}},
    },
    "Answers": {
        "type": "object",
        "required": ["success", "items"],
        "properties": {
            "success": {"type": "boolean", "description": "was every call accepted?"},
            "items": {
                "type": "array",
                "description": "one for each call, in their order",
                "items": {
                    "type": "object",
                    "required": ["status"],
                    "properties": {
                        "status": {"enum": ["accepted", "rejected"]},
                        "messageId": {"type": "string"},
                        "reason": {"type": "string"},
                        "note": {"type": "string"},
                    },
                },
            },
        },
    },
    "Outcome": {
        "type": "object",
        "required": ["success", "outcome"],
        "properties": {"success": {"const": True}, "outcome": {"type": "string"}},
    },
    "Outcomes": {
        "type": "object",
        "required": ["success", "outcomes"],
        "properties": {
            "success": {"const": True},
            "outcomes": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    },
}


def _answer(about: str, kind: str, schema: Json, headers: Json | None = None) -> Json:
    made: Json = {"description": about, "content": {kind: {"schema": schema}}}
    return made | ({"headers": headers} if headers else {})


def told(about: str, name: str) -> Json:
    """JSON of a schema of ours."""
    return _answer(about, "application/json", {"$ref": f"#/components/schemas/{name}"})


def problem(about: str, again: bool = False) -> Json:
    """JSON that says what is wrong; `again`: and when to come again."""
    return _answer(about, "application/json", {"$ref": PROBLEM}, RETRY if again else None)


def page(about: str, again: bool = False) -> Json:
    """A page for people."""
    return _answer(about, "text/html", {"type": "string"}, RETRY if again else None)


def text(about: str, kind: str) -> Json:
    """Text of this kind."""
    return _answer(about, kind, {"type": "string"})


def led(about: str) -> Json:
    """To another address."""
    where = {"Location": {"description": "where to", "schema": {"type": "string"}}}
    return {"description": about, "headers": where}


PICTURE: Final[Json] = {"description": "One transparent pixel", "content": {"image/gif": {}}}
DOWNLOAD: Final = _answer(
    "All that is on record about them, as a file", "application/json", {"type": "object"}
)
DOCUMENT: Final = _answer("This document", "application/json", {"type": "object"})
DETAIL: Final = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
}


def refused(about: str) -> Json:
    """As the framework says no."""
    return _answer(about, "application/json", DETAIL)


def for_all(people: bool, with_body: bool) -> dict[int, Json]:
    """What any route may answer: by a page, where people come. `with_body`: those that read one, too."""
    say = page if people else problem
    made = {
        400: say("Not HTTP as it should be: the length of the body is told twice"),
        414: say("The address is longer than 8 KB"),
        429: say("Too many requests", True),
        431: say("The headers are larger than 16 KB"),
        500: say("A mistake of ours; it is in the log, under the id of `X-Request-Id`"),
    }
    if with_body:
        made[408] = say("The body took longer than 20 seconds to come")
        made[503] = say("Busy: come again", True)
    return made


SECURITY: Final[dict[str, Json]] = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "LOOP_WRITE_KEY or LOOP_PUBLIC_KEY as user; or `writeKey` of the body",
    },
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "LOOP_METRICS_TOKEN"},
    "postmarkUser": {
        "type": "http",
        "scheme": "basic",
        "description": "LOOP_POSTMARK_USER and LOOP_POSTMARK_PASSWORD",
    },
} | {
    name: {"type": "apiKey", "in": "header", "name": header, "description": about}
    for name, header, about in (
        ("shopify", "X-Shopify-Hmac-SHA256", "base64 of the body's HMAC-SHA256 by LOOP_SHOPIFY_SECRET"),
        ("woocommerce", "X-WC-Webhook-Signature", "the same by LOOP_WOOCOMMERCE_SECRET"),
        ("resend", "svix-signature", "HMAC of id, timestamp and body by LOOP_RESEND_SECRET (Svix)"),
        ("sendgrid", "X-Twilio-Email-Event-Webhook-Signature", "ECDSA, checked by LOOP_SENDGRID_KEY"),
        ("twilio", "X-Twilio-Signature", "HMAC of address and form by LOOP_TWILIO_TOKEN"),
    )
}
