"""The document: each route with its docstring, what it takes and every status that it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from loyaltyloop.store.segment import TYPES
from loyaltyloop.web.openapi import answers, bodies
from loyaltyloop.web.openapi.answers import Json, page, problem, refused, text, told

TAGS: Final = {
    "ingest": "Events, as by Segment's HTTP API",
    "links": "Links of messages",
    "customers": "Customers' pages; the token says whose, and what they may do",
    "shops": "Web hooks of shops",
    "providers": "Web hooks of providers of e-mail and SMS",
    "operation": "How the service is",
}
PEOPLE: Final = ("links", "customers")  # what is answered by pages
_TOKEN: Final[Json] = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": "opaque, signed, from a link of a message",
    "schema": {"type": "string", "minLength": 1},
}
_KIND: Final[Json] = {
    "name": "kind",
    "in": "path",
    "required": True,
    "description": "the kind of call; its first letter will do",
    "schema": {"enum": [*TYPES, *sorted({kind[0] for kind in TYPES})]},
}
_DONE: Final[Json] = {
    "name": "done",
    "in": "query",
    "required": False,
    "description": "what the page says thank you for",
    "schema": {"type": "string"},
}


@dataclass(frozen=True)
class Told:
    """What a route answers by itself, and takes. `who`: the security scheme, if there is one."""

    answers: dict[int, Json]
    body: Json | None = None
    who: str = ""
    parameters: tuple[Json, ...] = field(default=())


_GONE: Final = {
    404: page("The link is forged, cut short or of another kind"),
    410: page("The message, or who it was for, is no longer there"),
    503: page("The database does not answer: try again", True),
}
_SHOWN: Final = {200: page("The page"), **_GONE}
_HOOK: Final = {
    400: problem("Signed, but not of the documented form"),
    401: problem("Not signed, wrongly signed, or signed too long ago"),
    404: problem("The hook is not set up; the answer says which setting is missing"),
    413: problem("Larger than 8 MiB"),
    503: problem("Not committed in time: send it again", True),
}
_TAKEN: Final = {200: told("Committed", "Outcomes"), **_HOOK}
_EVENTS: Final = {
    200: told("The accepted calls are committed; what became of each", "Answers"),
    400: problem("No JSON, or not a call or a batch"),
    401: problem("The write key is missing or wrong"),
    403: problem("The secret write key, from a browser"),
    413: problem("Larger than Segment's API allows"),
    415: problem("Packed otherwise than by gzip"),
    503: problem("Not committed: send it again", True),
}
ROUTES: Final[dict[tuple[str, str], Told]] = {
    ("GET", "/"): Told({200: text("What the service is", "text/plain")}),
    ("GET", "/healthz"): Told(
        {200: told("The database answers", "Health"), 503: told("It does not", "Health")}
    ),
    ("GET", "/metrics"): Told(
        {
            200: text("Prometheus' text format", "text/plain"),
            401: refused("The token is missing or wrong"),
            404: refused("No token is set, and it is not asked from this machine"),
        },
        who="metricsToken",
    ),
    ("GET", "/openapi.json"): Told({200: answers.DOCUMENT}),
    ("POST", "/v1/batch"): Told(_EVENTS, bodies.MANY, "writeKey"),
    ("POST", "/v1/{kind}"): Told(
        {**_EVENTS, 404: problem("There is no such kind of call")}, bodies.ONE, "writeKey", (_KIND,)
    ),
    ("POST", "/hooks/shopify"): Told(
        {200: told("Committed, or not to be taken", "Outcome"), **_HOOK}, bodies.DELIVERY, "shopify"
    ),
    ("POST", "/hooks/woocommerce"): Told(
        {200: told("Committed, or not to be taken", "Outcome"), **_HOOK}, bodies.DELIVERY, "woocommerce"
    ),
    ("POST", "/hooks/postmark"): Told(_TAKEN, bodies.EVENT, "postmarkUser"),
    ("POST", "/hooks/sendgrid"): Told(_TAKEN, bodies.EVENTS, "sendgrid"),
    ("POST", "/hooks/mailgun"): Told(_TAKEN, bodies.EVENT_OR_FORM),
    ("POST", "/hooks/resend"): Told(_TAKEN, bodies.EVENT, "resend"),
    ("POST", "/hooks/ses"): Told(_TAKEN, bodies.EVENT),
    ("POST", "/hooks/twilio"): Told({**_TAKEN, 200: text("TwiML", "text/xml")}, bodies.FORM, "twilio"),
    ("POST", "/hooks/smtp"): Told(_TAKEN, bodies.MAIL, "writeKey"),
    ("GET", "/c/{token}"): Told(
        {
            200: page("The link that no person sees"),
            302: answers.led("On to what the message contained there"),
            404: page("The link is forged, cut short, of another kind or not in the message"),
            503: page("The address cannot be looked up now", True),
        }
    ),
    ("GET", "/o/{token}.gif"): Told({200: answers.PICTURE, 404: page("Not a message of ours")}),
    ("GET", "/v/{token}"): Told(
        {200: page("The message"), 404: _GONE[404], 503: page("It cannot be looked up now", True)}
    ),
    ("GET", "/u/{token}"): Told(_SHOWN),
    ("POST", "/u/{token}"): Told(_SHOWN, bodies.UNSUBSCRIBE),
    ("GET", "/p/{token}"): Told(_SHOWN, parameters=(_DONE,)),
    ("POST", "/p/{token}"): Told(
        {
            303: answers.led("Done: back to the page"),
            400: page("Not the page's form"),
            422: page("The page once more: the birthday is none"),
            **_GONE,
        },
        bodies.CHOICES,
    ),
    ("GET", "/a/{token}"): Told(_SHOWN, parameters=(_DONE,)),
    ("POST", "/a/{token}"): Told(
        {
            303: answers.led("Done: back to the page"),
            400: page("Not the page's form"),
            422: page("The page once more: no answer is chosen, or the comment is too long"),
            429: page("The page once more: the answer was changed too often"),
            **_GONE,
        },
        bodies.ANSWER,
    ),
    ("GET", "/d/{token}"): Told(_SHOWN),
    ("POST", "/d/{token}"): Told({200: answers.DOWNLOAD, **_GONE}),
    ("GET", "/e/{token}"): Told(_SHOWN),
    ("POST", "/e/{token}"): Told(_SHOWN),
}


def document(routers: Iterable[APIRouter]) -> Json:
    """OpenAPI 3.1 of all routes of these."""
    paths: dict[str, Json] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                paths.setdefault(route.path_format, {}).update(_operations(route))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loyalty Loop", "version": "1", "description": "The web service `loop web`."},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**bodies.SCHEMAS, **answers.SCHEMAS},
            "securitySchemes": answers.SECURITY,
        },
    }


def _operations(route: APIRoute) -> Iterator[tuple[str, Json]]:
    for method in sorted(route.methods or ()):
        said = ROUTES.get(("GET" if method == "HEAD" else method, route.path_format))
        if said is not None:
            yield method.lower(), _operation(route, method, said)


def _operation(route: APIRoute, method: str, said: Told) -> Json:
    about = cleandoc(route.endpoint.__doc__ or "")
    tags = [str(tag) for tag in route.tags]
    given = {**answers.for_all(tags[0] in PEOPLE, said.body is not None), **said.answers}
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}_{route.path_format.strip('/').translate(_PLAIN)}",
        "summary": about.partition("\n")[0],
        "description": about,
        "tags": tags,
        "responses": {str(status): given[status] for status in sorted(given)},
    }
    parameters = [*([_TOKEN] if "{token}" in route.path_format else []), *said.parameters]
    made |= {"parameters": parameters} if parameters else {}
    made |= {"requestBody": said.body} if said.body is not None else {}
    return made | ({"security": [{said.who: []}]} if said.who else {})


_PLAIN: Final = str.maketrans({"/": "_", "{": "", "}": "", ".": "_"})
