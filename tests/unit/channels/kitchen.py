"""A made-up shop and its templates, rendered for made-up customers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.rendering.render import Rendered, Renderer
from loyaltyloop.journey.model import Sender, Shop

SECRET = b"a secret of the tests"
PUBLIC = "https://mail.shop.example"
KEY = "00000000-0000-5000-8000-000000000001"
SHOP = Shop(
    name="Sample Shop",
    timezone="Europe/London",
    currency="GBP",
    country="GB",
    sender=Sender("Sample Shop", "hello@shop.example", "1 Sample Street, Sampletown"),
    url="https://shop.example",
)
LAYOUTS = {
    path.relative_to("templates").as_posix(): path.read_text()
    for path in sorted(Path("templates/layout").iterdir())
}
ADA = {"first_name": "Ada", "locale": "en-GB", "zone": "Europe/London"}
BARE = "<html><body>{% block body %}{% endblock %}</body></html>"


def renderer(files: Mapping[str, str], shop: Shop = SHOP) -> Renderer:
    """A renderer of these templates, beside the layouts that come with the project."""
    return Renderer({**LAYOUTS, "bare.html": BARE, **files}, shop, PUBLIC, SECRET)


def page(body: str, subject: str = "Hello") -> str:
    """A template with this body on a bare layout."""
    return f'{{% extends "bare.html" %}}{{% block subject %}}{subject}{{% endblock %}}' + (
        f"{{% block body %}}{body}{{% endblock %}}"
    )


def render(body: str, names: Mapping[str, object] | None = None, **files: str) -> Rendered:
    """A message with this body; `files` by name without `.html`."""
    more = {f"{name}.html": text for name, text in files.items()}
    made = renderer({"t/message.html": page(body), **more})
    return made.render("t/message", KEY, {"customer": ADA, **(names or {})})


def inside(body: str, names: Mapping[str, object] | None = None, **files: str) -> str:
    """The HTML between the body's tags, without the picture that tells of an opening."""
    html = render(body, names, **files).html
    return html.partition("<body>")[2].rpartition("<img")[0]


def refused(body: str, names: Mapping[str, object] | None = None) -> str:
    """Why this message cannot be made."""
    with pytest.raises(CannotRender) as caught:
        render(body, names)
    return caught.value.reason
