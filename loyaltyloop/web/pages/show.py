"""Pages as answers: templates filled, with the headers that keep them private and plain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from loyaltyloop.channels.values import formats
from loyaltyloop.channels.values.links import allowed
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.web.pages.choices import RHYTHMS, Form, Page
from loyaltyloop.web.pages.looks import looks_of
from loyaltyloop.web.pages.texts import Texts, languages, texts_for

# Whose page it is must not leak: into caches, search engines, or to where its links lead.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def texts_of(shop: Shop | None, recipient: Recipient | None, chosen: str | None = None) -> Texts:
    """The page's words: in the language of the form that was sent, else the reader's, else the shop's."""
    if recipient is None:
        return words(shop, None, None, chosen)
    return words(shop, recipient.locale, recipient.email, chosen)


def words(shop: Shop | None, locale: str | None, address: str | None, chosen: str | None = None) -> Texts:
    """The same, for somebody of whom no more than this is known."""
    own = None if shop is None else str(shop_names(shop)["language"])
    wanted = [chosen if chosen in languages() else None, locale, own]
    known = {"shop": shop.name, "sender": shop.sender.email} if shop else {"shop": "", "sender": ""}
    return texts_for(wanted).about(**known, address=half(address))


def half(address: str | None) -> str:
    """An address that its owner knows again, and nobody else learns: messages are passed on."""
    name, at, host = (address or "").rpartition("@")
    return f"{name[:1]}•••@{host}" if at else ""


def page(name: str, shop: Shop | None, texts: Texts, status: int = 200, **more: Any) -> Response:
    """The page of this template (`notice`, `unsubscribe`, ...)."""
    looks = looks_of(shop)
    home = shop.url if shop and allowed(shop.url) else ""
    html = (
        _templates()
        .get_template(f"{name}.html")
        .render(
            shop=shop,
            texts=texts,
            say=texts.say,
            looks=looks,
            home=home,
            address=texts.known.get("address"),
            **more,
        )
    )
    return HTMLResponse(html, status, PRIVATE | {"Content-Security-Policy": looks.policy})


def notice(about: str, shop: Shop | None, texts: Texts, status: int, **headers: str) -> Response:
    """A page on which there is nothing to choose; `about`: a section of the words."""
    answer = page("notice", shop, texts, status, about=about)
    answer.headers.update(headers)
    return answer


def letter(shop: Shop, language: str, brand: Any, told: Mapping[str, str]) -> str:
    """A letter's HTML."""
    font = str(brand["font"]).replace('"', "'")
    template = _templates().get_template("letter.html")
    return template.render(shop=shop, language=language, brand=brand, font=font, told=told)


def thanks(token: str, done: str) -> Response:
    """Back to the page, which then says thank you; relative, as a proxy may serve us below a path."""
    return RedirectResponse(f"{token}?done={done}", 303, PRIVATE)


def preferences(page_: Page, token: str, done: str, form: Form | None = None) -> Response:
    """The preferences' page; with a `form`, as it was filled in."""
    say, status = page_.texts.say, 422 if done == "wrong" else 200
    return page(
        "preferences",
        page_.shop,
        page_.texts,
        status,
        here=token,
        done=done,
        consents=[
            _box(
                f"consent.{channel}.{purpose}",
                given,
                form,
                say(f"consent.{channel}_{purpose}"),
                say(f"consent.{channel}_{purpose}_about"),
            )
            for channel, purpose, given in page_.consents()
        ],
        topics=[
            _box(
                f"topic.{topic.name}",
                topic.name not in page_.wishes.topics_off,
                form,
                topic.text(page_.texts.language),
            )
            for topic in page_.shop.topics
        ],
        rhythms=_rhythms(page_, form),
        shown_often=page_.often,
        channels=_channels(page_, form),
        shown_best=page_.best,
        has_birthday=page_.wishes.has_birthday,
        birthday="" if form is None else form.get("birthday", ""),
        forget=form is not None and "forget_birthday" in form,
        today=page_.today.isoformat(),
    )


def _box(field: str, shown: bool, form: Form | None, name: str, about: str = "") -> dict[str, object]:
    on = shown if form is None else field in form
    return {"field": field, "shown": shown, "on": on, "name": name, "about": about}


def _channels(page_: Page, form: Form | None) -> list[dict[str, object]]:
    chosen = page_.best if form is None else form.get("best")
    return [
        {"value": each, "on": each == chosen, "name": page_.texts.say(f"best.{each}")}
        for each in page_.channels()
    ]


def _rhythms(page_: Page, form: Form | None) -> list[dict[str, object]]:
    chosen = page_.often if form is None else form.get("often")
    places = {each: f"often.{each}" for each in RHYTHMS}
    day = ""
    if page_.paused:
        places["pause"] = "often.paused"
        day = formats.day(page_.paused, "long", page_.texts.language, page_.said.by.zone)
    return [
        {
            "value": each,
            "on": each == chosen,
            "name": page_.texts.say(place, date=day),
            "about": page_.texts.say(f"{place}_about"),
        }
        for each, place in places.items()
    ]
