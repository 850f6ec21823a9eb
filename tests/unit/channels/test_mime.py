"""Messages as bytes, read back by the standard library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.mail.mime import assemble, sender_of
from loyaltyloop.channels.values import tokens
from loyaltyloop.journey.model import Sender
from tests.unit.channels.kitchen import KEY, PUBLIC, SECRET, SHOP

TOKEN = tokens.make(SECRET, "u", KEY)


@dataclass(frozen=True)
class Written:
    key: str = KEY
    sender: str = sender_of(SHOP)
    to: str = "ada@example.com"
    subject: str = "Hello Ada"
    decided_at: datetime = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    html: str = "<p>Hello £5</p>\n"
    text: str = "Hello £5\n"
    unsubscribe: str = f"{PUBLIC}/u/{TOKEN}"


def _raw(message: Written) -> bytes:
    return assemble(message).raw


def _from(name: str, address: str = "hello@shop.example") -> str:
    return sender_of(replace(SHOP, sender=Sender(name, address, "1 Sample Street")))


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.iter_parts()
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    return text.get_content(), html.get_content()


# What a database and a template can hold: no lone surrogates, no code that is no character. Any end of line.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=300)
LINES = st.lists(TEXTS | st.sampled_from([".", "..", ".x", "From x", "=20", "x " * 90, "é" * 200, " ", "\t"]))


@given(LINES, LINES)
def test_both_parts_are_read_as_they_were_written(text: list[str], html: list[str]) -> None:
    written = Written(text="\n".join(text), html="\n".join(map(escape, html)))
    found_text, found_html = _parts(_read(_raw(written)))
    assert _ends(found_text).rstrip("\n") == _ends(written.text).rstrip("\n")
    assert _ends(unescape(found_html)).rstrip("\n") == _ends(unescape(written.html)).rstrip("\n")


def _ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(LINES)
def test_every_line_is_ascii_short_and_ended_by_crlf(html: list[str]) -> None:
    raw = _raw(Written(html="\n".join(html)))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200)


@given(WORDS.map(lambda text: " ".join(text.split())).filter(bool))
def test_any_subject(subject: str) -> None:
    raw = _raw(Written(subject=subject))
    assert _read(raw)["Subject"] == subject
    assert raw.partition(b"\r\nMIME-Version")[0].isascii()


# One encoded word: Python 3.11 reads a blank between two of them in a name; by RFC 2047 there is none.
@given(WORDS.map(lambda text: " ".join(text.split())).filter(lambda text: 0 < len(text.encode()) <= 45))
def test_any_name_of_the_sender(name: str) -> None:
    found = _read(_raw(Written(sender=_from(name))))["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in found] == [(name, "hello@shop.example")]


def test_headers() -> None:
    message = _read(_raw(Written()))
    assert list(message.keys()) == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["From"] == "Sample Shop <hello@shop.example>"
    assert message["To"] == "ada@example.com"
    assert message["Date"] == "Sun, 29 Mar 2026 01:30:00 +0000"
    assert message["Message-ID"] == f"<{KEY}@shop.example>"
    assert message.get_boundary() == f"=_{KEY}"
    assert message.get_content_type() == "multipart/alternative"


def test_one_click_unsubscribe() -> None:
    message = _read(_raw(Written()))
    assert message["List-Unsubscribe"] == (
        f"<{PUBLIC}/u/{TOKEN}>, <mailto:hello@shop.example?subject=unsubscribe%20{TOKEN}>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_no_header_where_nobody_can_unsubscribe() -> None:
    message = _read(_raw(Written(unsubscribe="")))
    assert not message.get_all("List-Unsubscribe", [])
    assert not message.get_all("List-Unsubscribe-Post", [])


def test_the_same_message_is_the_same_bytes() -> None:
    assert _raw(Written()) == _raw(Written())
    east = Written().decided_at.astimezone(timezone(timedelta(hours=9)))
    assert _raw(Written(decided_at=east)) == _raw(Written())


@pytest.mark.parametrize(
    ("html", "encoding"), [("<p>£5</p>\n" * 99, "7bit"), ("x" * 999, "quoted-printable")]
)
def test_html_travels_as_it_is_unless_a_line_is_too_long(html: str, encoding: str) -> None:
    _, part = _read(_raw(Written(html=html))).iter_parts()
    assert part["Content-Transfer-Encoding"] == encoding
    assert unescape(part.get_content()).replace("\r\n", "\n").strip() == html.strip()


def test_another_key_is_another_message() -> None:
    other = Written(key=KEY.replace("1", "2"))
    assert _read(_raw(other))["Message-ID"] != _read(_raw(Written()))["Message-ID"]


@pytest.mark.parametrize("bad", ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\0b"])
def test_no_header_breaks_out_of_its_line(bad: str) -> None:
    for message in (
        Written(subject=bad),
        Written(to=f"{bad}@example.com"),
        Written(sender=_from(bad)),
        Written(sender=_from("Sample", f"{bad}@shop.example")),
        Written(unsubscribe=f"{PUBLIC}/u/{bad}"),
    ):
        with pytest.raises(ValueError, match="line break"):
            _raw(message)


@pytest.mark.parametrize("name", ["A <b>", " <", "a@b <c@d.example>", ""])
def test_a_name_that_looks_like_an_address(name: str) -> None:
    found = _read(_raw(Written(sender=_from(name))))["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in found] == [(name, "hello@shop.example")]


def test_domains_beyond_ascii() -> None:
    made = assemble(Written(to="ada@bücher.example"))
    assert made.to == "ada@xn--bcher-kva.example"
    assert _read(made.raw)["To"] == "ada@xn--bcher-kva.example"


def test_no_personal_data_but_the_address_is_in_the_headers() -> None:
    head = _raw(Written(subject="x", to="ada@example.com")).partition(b"\r\n\r\n")[0]
    assert head.count(b"ada") == 1
