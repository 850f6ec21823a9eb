"""The preferences' page: how it looks, and what a shop's own looks may not do."""

from __future__ import annotations

from loyaltyloop.web.service import Service
from tests.integration.turn.stage import DAYTIME
from tests.integration.web.pages import Pages


def test_it_is_shown_of_customers_what_they_may_see(service: Service) -> None:
    """No name, no whole address: who got a message passed on learns neither."""
    with Pages(service, first_name="Zuleika", phone="+44 113 496 0000", birthday="1984-02-29") as pages:
        text = pages.web.get(pages.path("p")).text
        assert not {"Zuleika", "496", "1984", "ada@example.com"} & set(text.split())
        assert "Zuleika" not in text
        assert "a•••@example.com" in text


def test_hostile_looks_stay_within_their_place(service: Service) -> None:
    shop = DAYTIME.replace("shop: Sample shop", 'shop: "<script>alert(1)</script>"') + (
        'brand: {colour: "#7a3b2e", link: "red;}</style><script>", font: "x</style>", '
        'logo: "javascript:alert(1)", logo_width: "9999999999999"}\n'
    )
    with Pages(service, shop=shop) as pages:
        for path in (pages.path("u"), pages.path("p")):
            answer = pages.web.get(path)
            assert answer.status_code == 200
            assert "<script" not in answer.text
            assert answer.text.count("</style>") == 1
            assert "javascript:" not in answer.text
            assert "img-src 'none'" in answer.headers["content-security-policy"]


def test_a_logo_is_let_in_from_its_own_place_only(service: Service) -> None:
    shop = DAYTIME + "brand: {logo: 'https://pictures.shop.example:8443/a/logo.png?x=1;y', logo_width: 120}\n"
    with Pages(service, shop=shop) as pages:
        answer = pages.web.get(pages.path("p"))
        assert "img-src https://pictures.shop.example:8443; " in answer.headers["content-security-policy"]
        assert 'alt="Sample shop"' in answer.text
