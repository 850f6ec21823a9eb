"""The customers' pages in a real browser: by day and by night, on a phone, without scripts, for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer
from loyaltyloop.store.privacy import requests
from loyaltyloop.web.pages import letters
from loyaltyloop.web.service import Service
from tests.integration.web.browser import Light, browsing, opened, overflows, picture, violations
from tests.integration.web.pages import SHOP, Pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # what is shown hangs on neither
]
LOOKS = [(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark")]
NAMES = {
    "unsubscribe": "Unsubscribe",
    "unsubscribed": "You are unsubscribed",
    "preferences": "What you hear from us",
    "saved": "What you hear from us",
    "wrong": "What you hear from us",
    "forged": "This link does not work",
    "erased": "We know nothing about you any more",
    "asked_erase": "What you hear from us",
    "export": "Your data",
    "erase": "Erase your data for good?",
    "erased_now": "Your data is erased",
    "expired": "This link works no more",
    "letter": "Shall we erase your data?",
}

# Of these a phone by night and a desk by day are enough: their parts are those of the other pages.
FEW = ("asked_erase", "export", "erase", "erased_now", "expired", "letter")
SEEN = [(name, *look) for name in NAMES for look in LOOKS if name not in FEW or look in (LOOKS[1], LOOKS[2])]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def pages(service: Service) -> Iterator[Pages]:
    shop = SHOP + 'brand: {colour: "#7a3b2e"}\n'
    with Pages(service, shop=shop, birthday="1990-03-04", phone="+44 7400 123456") as pages:
        pages.stage.did("ada", "Consent Granted", "03-02 09:10", channel="sms")
        pages.stage.turn("03-02 09:20")
        yield pages


def path_to(pages: Pages, name: str) -> str:
    """Where this page is found."""
    match name:
        case "forged":
            return "/u/nothing"
        case "erased":
            with write(pages.service.engine) as connection:
                connection.execute(update(Customer).values(erased_at=pages.now))
            return pages.path("p")
        case "unsubscribe" | "unsubscribed":
            return pages.path("u")
        case "saved" | "asked_erase":
            return f"{pages.path('p')}?done={name}"
        case "export" | "erase" | "erased_now" | "expired" | "letter":
            return path_of_letter(pages, "export" if name == "export" else "erase", name)
    return pages.path("p")


def path_of_letter(pages: Pages, kind: Literal["export", "erase"], name: str) -> str:
    """Where the link of a letter leads, or, by its own address, the letter."""
    engine = pages.service.engine
    with write(engine) as connection:
        requests.ask(connection, kind, 1, pages.now)
    letters.send_waiting(engine, pages.service.settings, pages.now)
    [path] = pages.service.settings.outbox.glob("*.eml")
    if name == "expired":
        pages.at("03-20 10:00")
    if name == "letter":
        mail = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("html",))
        assert mail is not None
        html = path.with_suffix(".html")
        html.write_text(mail.get_content(), encoding="utf-8")
        return html.as_uri()
    token: Kind = "d" if kind == "export" else "e"
    return f"/{token}/{tokens.make(pages.service.secret, token, path.stem)}"


@pytest.mark.parametrize(("name", "width", "light"), SEEN)
def test_everybody_can_read_and_use_it(
    browser: Browser, pages: Pages, name: str, width: int, light: Light
) -> None:
    path = path_to(pages, name)
    with opened(browser, str(pages.web.base_url), width=width, light=light) as page:
        page.goto(path)
        if name in ("unsubscribed", "erased_now"):
            page.get_by_role("button").click()
        if name == "wrong":
            page.locator("form").first.evaluate("form => { form.noValidate = true }")  # an old browser
            page.get_by_label("Date of birth").fill("2030-01-01")
            page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES[name])
        picture(page, f"{name}-{width}-{light}")
        assert violations(page) == []
        assert not overflows(page)


@pytest.mark.parametrize("colour", ["#ffe600", "#0a0a2a", "#7f7f7f", "#ffffff"])
@pytest.mark.parametrize("light", ["light", "dark"])
def test_in_any_colour_of_a_shop(browser: Browser, service: Service, colour: str, light: Light) -> None:
    with (
        Pages(service, shop=f'{SHOP}brand: {{colour: "{colour}"}}\n') as pages,
        opened(browser, str(pages.web.base_url), width=390, light=light) as page,
    ):
        page.goto(pages.path("p"))
        picture(page, f"colour-{colour[1:]}-{light}")
        assert violations(page) == []


def test_a_long_name_in_german_fits_on_a_phone(browser: Browser, service: Service) -> None:
    shop = SHOP.replace("shop: Sample shop", "shop: Donaudampfschifffahrtsgesellschaftsbedarfshandel")
    with (
        Pages(service, shop=shop, locale="de", phone="+44 7400 123456") as pages,
        opened(browser, str(pages.web.base_url), width=390) as page,
    ):
        for path in (pages.path("u"), pages.path("p")):
            page.goto(path)
            picture(page, f"german-{path[1]}")
            assert not overflows(page)
            assert violations(page) == []


def test_choosing_without_scripts(browser: Browser, pages: Pages) -> None:
    with opened(browser, str(pages.web.base_url), scripts=False) as page:
        page.goto(pages.path("p"))
        page.get_by_label("News and offers by e-mail").uncheck()
        page.get_by_role("radio", name="By text message").check()
        page.get_by_label("Birthday wishes").uncheck()
        page.get_by_label("Pause for 30 days").check()
        page.get_by_label("Date of birth").fill("1991-05-06")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Thank you, your choice is saved.")
        expect(page.get_by_label("News and offers by e-mail")).not_to_be_checked()
        expect(page.get_by_role("radio", name="By text message")).to_be_checked()
        expect(page.get_by_label("Birthday wishes")).not_to_be_checked()
        expect(page.get_by_label(re.compile("Paused until 1 April 2026"))).to_be_checked()
        page.reload()  # nothing is sent a second time
    names = [name for name, _ in pages.said()]
    assert names == ["Consent Withdrawn", "Preference Updated", "identify", "identify"]


def test_unsubscribing_with_the_keyboard_alone(browser: Browser, pages: Pages) -> None:
    with opened(browser, str(pages.web.base_url), scripts=False) as page:
        page.goto(pages.path("u"))
        page.keyboard.press("Tab")
        expect(page.get_by_role("button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("no more news and offers")
        page.get_by_role("link", name="Choose what you hear from us").click()
        expect(page.get_by_label("News and offers by e-mail")).not_to_be_checked()
    assert [name for name, _ in pages.said()] == ["Unsubscribed"]


def test_the_policy_lets_no_script_in(browser: Browser, pages: Pages) -> None:
    script = "document.head.append(Object.assign(document.createElement('script'), {text: 'window.x = 1'}))"
    with pytest.raises(AssertionError, match="Content Security Policy"):  # noqa: SIM117
        with opened(browser, str(pages.web.base_url)) as page:
            page.goto(pages.path("u"))
            page.evaluate(script)
            assert page.evaluate("window.x") is None
