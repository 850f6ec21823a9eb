"""The layout that comes with the project, held to what mail clients and people need."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from loyaltyloop.channels.rendering.render import Rendered
from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.colours import contrast
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.channels.values.links import TRAP
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.errors import UserError
from tests.unit.channels.kitchen import KEY, PUBLIC, SECRET, SHOP, renderer
from tests.unit.channels.seen import NAMES, TEMPLATE, Element, Page, page_of, rendered


@pytest.fixture(scope="module")
def message() -> Rendered:
    return rendered()


@pytest.fixture(scope="module")
def seen(message: Rendered) -> Page:
    return page_of(message.html)


def test_language_direction_title_and_charset(seen: Page, message: Rendered) -> None:
    (html,) = seen.all("html")
    assert (html.attributes["lang"], html.attributes["dir"]) == ("en", "ltr")
    assert seen.all("title")[0].text == message.subject == "Hello Ada"
    metas = [meta.attributes for meta in seen.all("meta")]
    assert {"charset": "utf-8"} in metas
    named = {meta["name"]: meta["content"] for meta in metas if "name" in meta}
    assert named["color-scheme"] == named["supported-color-schemes"] == "light dark"
    assert "width=device-width" in named["viewport"]


def test_right_to_left() -> None:
    files = {"t/message.html": TEMPLATE, "t/message.ar.html": TEMPLATE}
    html = renderer(files).render("t/message", KEY, NAMES, "ar-EG").html
    assert '<html lang="ar" dir="rtl">' in html


def test_every_table_is_for_layout_only(seen: Page) -> None:
    assert seen.all("table")
    assert all(table.attributes["role"] == "presentation" for table in seen.all("table"))


def test_every_picture_says_what_it_shows_and_how_wide_it_is(seen: Page) -> None:
    assert seen.all("img")
    for image in seen.all("img"):
        assert "alt" in image.attributes
        assert image.attributes["width"].isdigit()
        assert image.attributes["src"].startswith("https://")


def test_headings_come_in_order(seen: Page) -> None:
    assert [heading.tag for heading in seen.all("h1", "h2", "h3")] == ["h1", "h2"]


def test_text_is_large_enough(seen: Page) -> None:
    shown = [one for one in seen.elements if one.text.strip("\u00a0 \n") and not one.hidden]
    assert len(shown) > 15
    small = [(one.tag, one.text) for one in shown if one.pixels("font-size") < 16]
    assert small == []


def test_links_that_stand_alone_are_large_enough_to_be_hit(seen: Page) -> None:
    """Links within a sentence cannot be."""
    alone = [link for link in seen.all("a") if link.style.get("display") == "inline-block"]
    assert len(alone) == 7
    for link in alone:
        vertical = float(link.style["padding"].split()[0].removesuffix("px"))
        assert link.pixels("line-height") + 2 * vertical >= 44


def test_links_have_words(seen: Page) -> None:
    words = {link.text for link in seen.all("a")}
    assert "" not in words
    assert not words & {"here", "click here", "more", "link"}


@pytest.mark.parametrize("purpose", ["marketing", "service", "transactional"])
def test_a_link_that_no_person_sees(purpose: str) -> None:
    made = rendered(purpose=purpose)
    [trap] = [link for link in page_of(made.html).all("a") if link.hidden]
    token = tokens.read(SECRET, trap.attributes["href"].removeprefix(f"{PUBLIC}/c/"))
    assert token == tokens.Token("c", KEY, TRAP)
    assert trap.attributes["tabindex"] == "-1"
    assert trap.parent is not None
    assert trap.parent.attributes["aria-hidden"] == "true"
    assert trap.text.strip("\u200c") == ""
    assert trap.attributes["href"] not in made.text


def _ground(element: Element) -> str:
    return next(one.style["background"] for one in element.chain if "background" in one.style)


def test_contrast_by_day(seen: Page) -> None:
    for one in seen.elements:
        if one.text.strip("\u00a0 \n") and not one.hidden:
            ink = one.inherited("color")
            assert ink is not None
            assert contrast(ink, _ground(one)) >= 4.5, (one.text, ink, _ground(one))


# What each kind of text stands on by night, as layout/base.css has it.
BY_NIGHT = {
    ".body": ".paper",
    ".shop": ".paper",
    ".body a": ".paper",
    ".body .button a": ".button td",
    ".why": ".paper",
    ".fine": ".ground",
    ".fine a": ".ground",
}


def _dark(html: str) -> dict[str, dict[str, str]]:
    """Selector → declarations, inside the media query for the dark."""
    found: dict[str, dict[str, str]] = {}
    block = html.partition("prefers-color-scheme: dark) {")[2].partition("</style>")[0]
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", block):
        for selector in selectors.split(","):
            own = dict(re.findall(r"([\w-]+): ([^;]+?) !important", body))
            found.setdefault(selector.strip(), {}).update(own)
    return found


@pytest.mark.parametrize(
    "colour", ["#1f5c4d", "#000000", "#ffffff", "#ffd400", "#0b5fff", "#7a7a7a", "#d3122a"]
)
def test_contrast_by_night_and_of_any_brand(colour: str) -> None:
    shop = replace(SHOP, extra=(("brand", {"colour": colour}),))
    html = rendered(shop).html
    dark = _dark(html)
    for text, ground in BY_NIGHT.items():
        assert contrast(dark[text]["color"], dark[ground]["background"]) >= 4.5, (text, ground)
    page = page_of(html)
    for link in page.all("a"):
        if not link.hidden:
            assert contrast(str(link.inherited("color")), _ground(link)) >= 4.5, link.text


def test_nothing_keeps_a_light_ground_by_night(seen: Page, message: Rendered) -> None:
    """Each class with a ground of its own has one for the dark too."""
    dark = _dark(message.html)
    for one in seen.elements:
        if "background" in one.style and one.tag not in ("body", "img"):
            names = {f".{name}" for own in one.chain for name in own.attributes.get("class", "").split()}
            assert any("background" in dark[key] for key in dark if key.split()[0] in names), one.style


def test_a_preheader_is_there_and_hidden(seen: Page, message: Rendered) -> None:
    (preheader,) = (one for one in seen.all("div") if one.text.startswith("Four picks"))
    assert preheader.hidden
    assert "Four picks" not in message.text


def test_it_is_small_enough_not_to_be_clipped(message: Rendered) -> None:
    assert len(message.html.encode()) < 102_000 / 4


def test_css_is_inlined_and_no_line_is_too_long(message: Rendered) -> None:
    style = message.html.partition("<style>")[2].partition("</style>")[0]
    assert "@media" in style
    assert max(map(len, message.html.splitlines())) < 990
    assert not re.search(r"(^|\})\s*\.(paper|head|fine)\s*\{", style.partition("@media")[0])
    assert "data-text" not in message.html


def test_it_stands_without_pictures(message: Rendered) -> None:
    bare = re.sub(r"<img[^>]*>", "", message.html)
    for words in ("Tea &amp; cake", "£4.50", "Look around", "Sample Shop", "Unsubscribe"):
        assert words in bare


def test_the_footer_of_marketing(message: Rendered) -> None:
    for words in (
        "because you agreed to hear from Sample Shop",
        "1 Sample Street, Sampletown",
        f"Unsubscribe: {PUBLIC}/u/",
        f"Preferences: {PUBLIC}/p/",
        f"View in browser: {PUBLIC}/v/",
    ):
        assert words in message.text


def test_the_footer_of_other_purposes() -> None:
    service, transactional = rendered(purpose="service"), rendered(purpose="transactional")
    assert "because you shopped with Sample Shop" in service.text
    assert "Unsubscribe" in service.text
    assert "it’s about your order or your account" in transactional.text
    assert "Unsubscribe" not in transactional.text
    assert "1 Sample Street" in transactional.text


def test_the_whole_text(message: Rendered) -> None:
    shown = re.sub(r"https://\S+/([a-z])/[\w-]+", r"<\1>", message.text)
    assert (
        shown
        == """\
Hello Ada,

Thank you. Here is our guide (<c>).

Look around: <c>

For you

Tea & cake
£4.50
Often bought together
Take a look: <c>

Jam
Take a look: <c>

2 × Jam £9.00
Total £9.00

---

Free delivery
Over £30.

Prices as of today.

- One

You’re receiving this email because you agreed to hear from Sample Shop.

Unsubscribe: <u>
Preferences: <p>
View in browser: <v>

Sample Shop
1 Sample Street, Sampletown
"""
    )


def test_no_products_no_block() -> None:
    assert "Take a look" not in rendered(picks=[]).html


def test_a_logo() -> None:
    brand = {
        "logo": "https://shop.example/logo.png",
        "logo_width": 120,
        "logo_dark": "https://shop.example/d.png",
    }
    page = page_of(rendered(replace(SHOP, extra=(("brand", brand),))).html)
    day, night, *_ = page.all("img")
    assert (day.attributes["alt"], day.attributes["width"]) == ("Sample Shop", "120")
    assert night.style["display"] == "none"
    assert day.parent is not None
    assert day.parent.tag == "a"


def test_a_colour_that_is_none() -> None:
    with pytest.raises(UserError, match="is no colour"):
        shop_names(replace(SHOP, extra=(("brand", {"colour": "red;}"}),)))


def test_of_a_long_order_the_first_lines_are_shown() -> None:
    lines = [{"name": f"Jam {number}", "quantity": 1, "price": 4.5} for number in range(1, 6)]
    template = TEMPLATE.replace("order.total)", "order.total, most=3)")
    made = renderer({"t/message.html": template})
    order = {"products": lines, "total": money_of(2250, "GBP")}
    text = made.render("t/message", KEY, {**NAMES, "order": order}).text
    assert "1 × Jam 3 £4.50\nand 2 more\nTotal £22.50\n" in text
    assert "Jam 4" not in text
    short = made.render("t/message", KEY, {**NAMES, "order": {**order, "products": lines[:3]}}).text
    assert "1 × Jam 3 £4.50\nTotal £22.50\n" in short
