"""What comes in: Segment's calls, forms, and deliveries of shops and providers, as JSON Schema."""

from __future__ import annotations

from typing import Any, Final

from loyaltyloop.journey.question import COMMENT
from loyaltyloop.store.canonical import LONGEST_ID

Json = dict[str, Any]


def _text(about: str, **more: Any) -> Json:
    return {"type": "string", "description": about, **more}


def _instant(about: str) -> Json:
    return _text(f"{about}, ISO 8601", examples=["2026-01-31T10:00:00Z"])


def _object(about: str) -> Json:
    return {"type": "object", "description": about, "additionalProperties": True}


_ID: Final = {"anyOf": [{"type": "string", "maxLength": LONGEST_ID}, {"type": "integer"}]}
_SHARED: Final[Json] = {
    "messageId": _text("tells calls apart: the same one again adds nothing", maxLength=LONGEST_ID),
    "userId": {**_ID, "description": "the customer's id in the shop; this or `anonymousId` is required"},
    "anonymousId": {**_ID, "description": "an id of who is not known yet"},
    "timestamp": _instant("when it happened, corrected by the sender"),
    "originalTimestamp": _instant("when it happened, by the sender's clock"),
    "sentAt": _instant("when it was sent, by the sender's clock"),
    "context": _object("timezone, locale, campaign and page are kept"),
    "integrations": _object("of no meaning here"),
    "writeKey": _text("the write key, where it is not the user of Basic auth"),
}
_OWN: Final[dict[str, Json]] = {
    "identify": {"traits": _object("what is known of the customer")},
    "track": {
        "event": _text("the event's name", maxLength=LONGEST_ID, examples=["Order Completed"]),
        "properties": _object("what is known of the event"),
    },
    "page": {"name": _text("the page's name"), "properties": _object("what is known of the page")},
    "screen": {"name": _text("the screen's name"), "properties": _object("what is known of the screen")},
    "group": {
        "groupId": {**_ID, "description": "the group's id"},
        "traits": _object("what is known of the group"),
    },
    "alias": {"previousId": {**_ID, "description": "the old id; `userId` is the new one"}},
}
_REQUIRED: Final = {"track": ["event"], "alias": ["userId", "previousId"]}


def _call(kind: str) -> Json:
    made: Json = {"type": "object", "properties": {**_OWN[kind], **_SHARED}, "additionalProperties": True}
    return made | ({"required": _REQUIRED[kind]} if kind in _REQUIRED else {})


def _typed(kind: str) -> Json:
    call = _call(kind)
    properties = {"type": {"const": kind}, **call["properties"]}
    return {**call, "properties": properties, "required": ["type", *call.get("required", [])]}


CALLS: Final[dict[str, Json]] = {kind.capitalize(): _call(kind) for kind in _OWN}
BATCH: Final[Json] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": {"oneOf": [_typed(kind) for kind in _OWN]}},
        **{name: _SHARED[name] for name in ("context", "integrations", "sentAt", "writeKey")},
    },
    "additionalProperties": True,
}
SCHEMAS: Final = {**CALLS, "Batch": BATCH}


def _body(about: str, **kinds: Json) -> Json:
    content = {_KINDS[name]: {"schema": schema} for name, schema in kinds.items()}
    return {"description": about, "required": True, "content": content}


_KINDS: Final = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "parts": "multipart/form-data",
    "mail": "application/octet-stream",
    "text": "text/plain",
}
_ANY: Final[Json] = {"type": "object", "additionalProperties": True}
_LIST: Final[Json] = {"type": "array", "items": _ANY}
_FIELDS: Final[Json] = {"type": "object", "additionalProperties": {"type": "string"}}

ONE: Final = _body(
    "One call, at most 32 KB; gzip is taken.",
    json={"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in CALLS]},
)
MANY: Final = _body(
    "Calls of any kind, at most 500 KB; gzip is taken.", json={"$ref": "#/components/schemas/Batch"}
)
DELIVERY: Final = _body("What the shop sends, signed as it stands.", json=_ANY)
EVENT: Final = _body("One event, or a list of them.", json={"anyOf": [_ANY, _LIST]})
EVENTS: Final = _body("A list of events.", json=_LIST)
FORM: Final = _body("A form.", form=_FIELDS)
EVENT_OR_FORM: Final = _body("An event, or a mail as a form.", json=_ANY, form=_FIELDS, parts=_FIELDS)
MAIL: Final = _body("A mail that came back, as it stands.", mail={"type": "string"})
UNSUBSCRIBE: Final = {
    **_body(
        "RFC 8058: `List-Unsubscribe=One-Click`, or the page's form. Whatever it says, it is done.",
        form={
            "type": "object",
            "properties": {
                "List-Unsubscribe": {"type": "string"},
                "shown": {"type": "string"},
                "language": {"type": "string"},
            },
        },
        parts=_FIELDS,
    ),
    "required": False,
}
ANSWER: Final = _body(
    "The page's form: the number of the answer, from 0 on, and words beside it.",
    form={
        "type": "object",
        "required": ["answer"],
        "properties": {
            "answer": {"type": "string", "pattern": "^[0-9]+$"},
            "comment": {"type": "string", "maxLength": COMMENT},
            "language": {"type": "string"},
        },
        "additionalProperties": {"type": "string"},
    },
)
CHOICES: Final = _body(
    "The page's form.",
    form={
        "type": "object",
        "required": ["do"],
        "properties": {
            "do": {"enum": ["save", "stop", "data"]},
            "language": {"type": "string"},
            "birthday": {"type": "string"},
        },
        "additionalProperties": {"type": "string"},
    },
)
