"""Tokens: their form, and that nobody else can make one."""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.values import tokens

SECRET = b"a secret of the tests"
KEY = "7f9c2ba4-e88f-5827-a045-3759ac0f1e21"
KINDS = st.sampled_from(["u", "p", "v", "o"])


def test_a_click_is_kind_key_number_and_half_an_hmac() -> None:
    said = b"c" + UUID(KEY).bytes + b"\x00\x07"
    signed = said + hmac.digest(SECRET, said, "sha256")[:16]
    assert tokens.make(SECRET, "c", KEY, 7) == base64.urlsafe_b64encode(signed).decode().rstrip("=")


@given(kind=KINDS, key=st.uuids())
def test_what_was_made_is_read(kind: tokens.Kind, key: UUID) -> None:
    made = tokens.make(SECRET, kind, str(key))
    assert tokens.read(SECRET, made) == tokens.Token(kind, str(key), None)
    assert made.isascii() and "=" not in made


@given(key=st.uuids(), number=st.integers(0, 65535))
def test_a_click_carries_its_number(key: UUID, number: int) -> None:
    assert tokens.read(SECRET, tokens.make(SECRET, "c", str(key), number)).number == number


@given(secret=st.binary(min_size=1, max_size=100))
def test_any_length_of_secret_signs_as_the_standard_library_does(secret: bytes) -> None:
    made = tokens.Maker(secret).make(b"said")
    raw = base64.urlsafe_b64decode(made + "=" * (-len(made) % 4))
    assert raw == b"said" + hmac.digest(secret, b"said", "sha256")[:16]


@given(kind=KINDS, position=st.integers(0, 43), other=st.characters(codec="ascii"))
def test_no_other_spelling_is_read(kind: tokens.Kind, position: int, other: str) -> None:
    made = tokens.make(SECRET, kind, KEY)
    changed = made[:position] + other + made[position + 1 :]
    if changed != made:
        with pytest.raises(tokens.TokenError):
            tokens.read(SECRET, changed)


@pytest.mark.parametrize("text", ["", "u", "ä", "u" * 44, "=" * 44, "../../etc/passwd", "A" * 10_000])
def test_other_texts_are_refused_with_a_word(text: str) -> None:
    with pytest.raises(tokens.TokenError, match="not one of ours"):
        tokens.read(SECRET, text)


def test_another_secret_reads_nothing() -> None:
    with pytest.raises(tokens.TokenError):
        tokens.read(b"another", tokens.make(SECRET, "u", KEY))


@pytest.mark.parametrize(("kind", "number"), [("u", 1), ("c", None), ("x", None)])
def test_tokens_that_cannot_be_are_not_made(kind: tokens.Kind, number: int | None) -> None:
    with pytest.raises(ValueError, match="no token"):
        tokens.make(SECRET, kind, KEY, number)
