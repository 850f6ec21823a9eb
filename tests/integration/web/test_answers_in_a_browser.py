"""The page behind an answer in a real browser: by day and by night, on a phone, without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from loyaltyloop.web.service import Service
from tests.integration.web.browser import Light, browsing, opened, overflows, picture, violations
from tests.integration.web.pages import SHOP
from tests.integration.web.surveys import ASKS, Surveys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # what is shown hangs on neither
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


def looks_well(page: Page, name: str) -> None:
    picture(page, name)
    assert violations(page) == []
    assert not overflows(page)


# Pictures of all four were looked at; what can be measured hangs on the width or on the light.
@pytest.mark.parametrize(("width", "light"), [(390, "dark"), (1200, "light")])
def test_everybody_can_read_and_use_it(browser: Browser, service: Service, width: int, light: Light) -> None:
    shop = SHOP + 'brand: {colour: "#7a3b2e"}\n'
    with (
        Surveys(service, shop=shop) as surveys,
        opened(browser, str(surveys.web.base_url), width=width, light=light) as page,
    ):
        for step, number in (("taste", 1), ("nps", 7), ("tea", 3)):
            page.goto(surveys.link(number, step))
            looks_well(page, f"answer-{step}-{width}-{light}")
        page.locator("form").evaluate("form => { form.noValidate = true }")  # an old browser
        page.locator("textarea").evaluate("area => { area.maxLength = 9999; area.value = 'a'.repeat(2001) }")
        page.get_by_role("button").click()
        expect(page.get_by_role("alert")).to_contain_text("2001 characters")
        looks_well(page, f"answer-wrong-{width}-{light}")
        page.locator("textarea").fill("Lovely")
        page.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your answer")
        looks_well(page, f"answered-{width}-{light}")
        page.get_by_role("link", name="Change my answer").click()
        expect(page.get_by_role("status")).to_contain_text("You have answered already")
        looks_well(page, f"answer-again-{width}-{light}")


def test_without_scripts_and_by_keyboard(browser: Browser, service: Service) -> None:
    with (
        Surveys(service) as surveys,
        opened(browser, str(surveys.web.base_url), width=390, scripts=False) as page,
    ):
        page.goto(surveys.link(0))
        expect(page.get_by_label("A present for someone")).to_be_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Something for me")).to_be_checked()
        page.keyboard.press("Tab")
        page.keyboard.type("for <b>me</b>")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Something for me")
        page.reload()  # nothing is sent a second time
        page.go_back()
        page.get_by_label("Just looking").check()
        page.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("Just looking")
    assert [(one["answer"], one.get("comment")) for one in surveys.answers()] == [
        ("myself", "for <b>me</b>"),
        ("looking", "for <b>me</b>"),
    ]


def test_a_button_pressed_twice_is_one_answer(browser: Browser, service: Service) -> None:
    with Surveys(service) as surveys, opened(browser, str(surveys.web.base_url)) as page:
        page.goto(surveys.link(9, "nps"))
        page.get_by_role("button").dblclick()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your answer")
    assert [one["answer"] for one in surveys.answers()] == [9]


def test_long_words_in_german_fit_on_a_phone(browser: Browser, service: Service) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
    asks = ASKS.replace("Something for me", f"{long} {long}").replace("What <brings> you here?", long)
    with (
        Surveys(service, asks, locale="de") as surveys,
        opened(browser, str(surveys.web.base_url), width=390) as page,
    ):
        page.goto(surveys.link(1))
        looks_well(page, "answer-german")
        page.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Danke für Ihre Antwort")
        looks_well(page, "answered-german")
