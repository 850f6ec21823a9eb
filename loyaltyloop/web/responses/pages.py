"""The few pages that a link may lead to instead, and the headers of all that is answered here."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from starlette.responses import Response

# 1 x 1, transparent.
GIF: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
# A token tells who somebody is: it must reach neither search engines nor other sites, nor stay in a cache.
_ALWAYS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
# Pictures and styles are all that a message needs; its links may open in a window of their own.
POLICY = (
    "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 15vh auto; padding: 0 24px; max-width: 34em; font: 18px/1.6 system-ui, sans-serif; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
</body>
</html>
"""


def redirect(url: str) -> Response:
    """To this address, and no other."""
    return Response(status_code=302, headers={**_ALWAYS, "Location": location(url)})


def location(url: str) -> str:
    """An address as a header holds it: as it stands, or its host by IDNA and the rest in UTF-8."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = parts.netloc
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = quote(host, safe=":")
    return quote(urlunsplit(parts._replace(netloc=host)), safe=_ASCII)


_ASCII = "".join(map(chr, range(33, 127)))


def picture() -> Response:
    """The picture that tells of an opening."""
    return Response(GIF, headers=_ALWAYS, media_type="image/gif")


def letter(html: str) -> Response:
    """A message, as it was sent: it may run nothing, and send nothing anywhere."""
    return Response(html, headers={**_ALWAYS, "Content-Security-Policy": POLICY}, media_type="text/html")


def gone() -> Response:
    """The same for whatever is wrong with a link."""
    return _page(
        404, "This link does not work", "It was cut short or changed on its way, or it is no longer there."
    )


def trap() -> Response:
    """What stands behind the link that no person sees."""
    return _page(200, "Nothing to see here", "This link tells people and programs apart. It leads nowhere.")


def busy() -> Response:
    """When not even the address can be looked up."""
    return _page(503, "One moment, please", "We cannot look this up just now. Please try again.", "5")


def declined(status: int, retry: str) -> Response:
    """When a request is not even looked at: it came too early, or was too large."""
    return _page(status, "One moment, please", "This did not work just now. Please try again.", retry)


def _page(status: int, title: str, text: str, retry: str = "") -> Response:
    headers = {**_ALWAYS, "Content-Security-Policy": POLICY} | ({"Retry-After": retry} if retry else {})
    html = _PAGE.format(title=escape(title), text=escape(text))
    return Response(html, status, headers, media_type="text/html")
