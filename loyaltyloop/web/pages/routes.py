"""`/u/<token>`: unsubscribe, also with one click (RFC 8058). `/p/<token>`: preferences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.consents.consent import answers
from loyaltyloop.store.consents.preferences import Wishes, wishes_of
from loyaltyloop.store.consents.ways import Ways, ways_of
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.segment import Call
from loyaltyloop.web.pages import choices, letters, show
from loyaltyloop.web.pages.calls import ONE_CLICK, SOURCE, Said
from loyaltyloop.web.pages.choices import Form, Page
from loyaltyloop.web.pages.serving import Nobody, commit, find_reader, kindly, read_form
from loyaltyloop.web.service import Service, service_of

router = APIRouter(tags=["customers"], include_in_schema=False)
DONE = ("saved", "same", "stopped", "asked", "asked_erase", "unreachable")
# What the buttons about data are called → what is asked for.
ASKS: dict[str, Literal["export", "erase"]] = {"data": "export", "erase": "erase"}


@dataclass(frozen=True)
class Reader:
    """Who opened a link: the shop, and whom the message was made for; `wishes` and `ways` where they are
    shown.
    """

    shop: Shop
    recipient: Recipient
    wishes: Wishes
    ways: Ways


@router.api_route("/u/{token:path}", methods=["GET", "HEAD"])
@kindly
async def ask(request: Request, token: str) -> Response:
    """A page with one button; none where there is nothing left to unsubscribe from."""
    reader = await _reader(request, "u", token)
    return _unsubscribing(
        request, reader, "unsubscribed" if _is_done(request, reader) else "unsubscribe", None
    )


@router.post("/u/{token:path}")
@kindly
async def unsubscribe(request: Request, token: str) -> Response:
    """Done, whatever the body says: a mail client's one click comes with no context that could be asked for.

    The body tells no more than which words its reader saw.
    """
    reader = await _reader(request, "u", token, erased_is_done=True)
    form = await read_form(request) or {}
    shown = form.get("shown") == "page"
    texts = show.texts_of(reader.shop, reader.recipient, form.get("language"))
    wording = f"{texts.say(f'unsubscribe.{_kind(reader)}')} [{texts.say('unsubscribe.button')}]"
    service = service_of(request)
    said = Said(reader.recipient, service.clock())
    await commit(service, _unsubscribed(said, wording if shown else ONE_CLICK))
    service.counts["page", "u", "one click" if not shown else "unsubscribed"] += 1
    return _unsubscribing(request, reader, "unsubscribed", form.get("language"))


@router.api_route("/p/{token:path}", methods=["GET", "HEAD"])
@kindly
async def preferences(request: Request, token: str) -> Response:
    """What they want as things stand."""
    reader = await _reader(request, "p", token)
    done = request.query_params.get("done", "")
    return show.preferences(_page(request, reader, None), token, done if done in DONE else "")


@router.post("/p/{token:path}")
@kindly
async def choose(request: Request, token: str) -> Response:
    """Record what was chosen, and show the page again."""
    reader = await _reader(request, "p", token)
    form = await read_form(request)
    if form is None or form.get("do") not in ("save", "stop", *ASKS):
        raise Nobody("unreadable", 400, reader.shop)
    page = _page(request, reader, form.get("language"))
    try:
        done, calls = _chosen(page, form)
    except choices.WrongBirthday:
        return show.preferences(page, token, "wrong", form)
    service = service_of(request)
    await commit(service, calls)
    service.counts["page", "p", done] += 1
    answer = show.thanks(token, done)
    if done in ("asked", "asked_erase"):
        await run_in_threadpool(_ask, service, ASKS[form["do"]], page)
        # Not awaited: a mail server may take its time, and the page says the same whatever comes of it.
        answer.background = BackgroundTask(
            letters.send_waiting, service.engine, service.settings, page.said.at
        )
    return answer


def _ask(service: Service, kind: Literal["export", "erase"], page: Page) -> None:
    with write_shop(service.engine) as connection:
        requests.ask(connection, kind, page.said.by.customer_id, page.said.at)


def _chosen(page: Page, form: Form) -> tuple[str, Sequence[Call]]:
    match form["do"]:
        case "stop":
            return "stopped", choices.stopped(page)
        case "data" | "erase" as button:
            done = "asked_erase" if button == "erase" else "asked"
            return (done if page.said.by.email else "unreachable"), [page.said.asks(ASKS[button])]
        case _:
            calls = choices.calls(page, form)
            return ("saved" if calls else "same"), calls


def _page(request: Request, reader: Reader, language: str | None) -> Page:
    texts = show.texts_of(reader.shop, reader.recipient, language)
    said = Said(reader.recipient, service_of(request).clock())
    return Page(reader.shop, texts, reader.wishes, said, reader.ways)


def _is_done(request: Request, reader: Reader) -> bool:
    """Would the button withdraw nothing that is not withdrawn already?"""
    calls = _unsubscribed(Said(reader.recipient, service_of(request).clock()), "")
    stopped = [answer for call in calls for answer in answers(call)]
    return all(reader.wishes.consents.get((one.channel, one.purpose)) is False for one in stopped)


def _unsubscribing(request: Request, reader: Reader, name: str, language: str | None) -> Response:
    texts = show.texts_of(reader.shop, reader.recipient, language)
    token = tokens.make(service_of(request).secret, "p", reader.recipient.key)
    return show.page(name, reader.shop, texts, kind=_kind(reader), preferences=f"../p/{token}")


def _kind(reader: Reader) -> str:
    """Which words it is told in: by the purpose of the message, and its channel."""
    kind = "service" if reader.recipient.purpose == "service" else "marketing"
    return kind if reader.recipient.channel not in ("sms", "push") else f"{kind}_{reader.recipient.channel}"


def _unsubscribed(said: Said, wording: str) -> list[Call]:
    """No more messages like this one: by its channel alone."""
    channel, purpose = said.by.channel, said.by.purpose
    if channel not in ("sms", "push"):
        return [said.unsubscribed(wording)]
    purposes = ("marketing", "service") if purpose == "service" else ("marketing",)
    return [said.consent(channel, each, False, wording) for each in purposes]


async def _reader(request: Request, kind: Kind, token: str, erased_is_done: bool = False) -> Reader:
    return await run_in_threadpool(_find, service_of(request), kind, token, erased_is_done)


def _find(service: Service, kind: Kind, token: str, erased_is_done: bool) -> Reader:
    with read(service.engine) as connection:
        opened = find_reader(connection, service, kind, token, erased_is_done)
        ways = ways_of(connection, opened.recipient.customer_id) if kind == "p" else Ways()
        wishes = wishes_of(connection, opened.recipient, SOURCE)
        return Reader(opened.shop, opened.recipient, wishes, ways)
