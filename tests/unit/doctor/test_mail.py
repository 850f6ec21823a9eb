"""A test mail as it arrived: what its head lacks."""

from __future__ import annotations

import pytest

from loyaltyloop.doctor.mail import look

MAIL = """\
Authentication-Results: mx.mailbox.example; dkim=pass header.d=shop.example; spf=pass; dmarc=pass
DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=pm;
 h=From:To:Subject:Date:Message-ID:List-Unsubscribe:
 List-Unsubscribe-Post; bh=abc; b=def
From: Sample Shop <hello@shop.example>
To: ada@mailbox.example
Subject: Hello
Date: Mon, 02 Mar 2026 09:00:00 +0000
Message-ID: <1@shop.example>
List-Unsubscribe: <https://mail.shop.example/u/x>, <mailto:hello@shop.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello
"""


def wrong(text: str) -> list[str]:
    return [one.what for one in look(text.encode()) if one.level != "good"]


def test_a_good_mail() -> None:
    assert wrong(MAIL) == []
    assert wrong(MAIL.replace("\n", "\r\n")) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("List-Unsubscribe: <https", "X: <https", "it has 0 headers List-Unsubscribe"),
        ("<https://mail", "<http://mail", "List-Unsubscribe names no https address"),
        (
            "List-Unsubscribe-Post: List",
            "X: List",
            "it has no header List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ),
        (
            "List-Unsubscribe:\n List-Unsubscribe-Post;",
            "List-Unsubscribe;",
            "no signature covers list-unsubscribe-post (h=)",
        ),
        (
            "256; d=shop.example",
            "256; d=relay.example",
            "it is signed by relay.example, and is from shop.example",
        ),
        ("256; d=shop.example", "256; d=example", "it is signed by example, and is from shop.example"),
        ("DKIM-Signature", "X-Signature", "it is not signed (DKIM)"),
        ("dmarc=pass", "dmarc=fail", "its receiver says dmarc=fail"),
        ("spf=pass", "spf=none", "its receiver says spf=none"),
        ("From: Sample", "X: Sample", "it is not from one address"),
        ("<hello@shop.example>\nTo", "<hello@shop.example>, b@x.example\nTo", "it is not from one address"),
        ("Date: ", "X-Date: ", "it has 0 headers Date"),
    ],
)
def test_what_is_missing(old: str, new: str, told: str) -> None:
    assert old in MAIL
    assert wrong(MAIL.replace(old, new, 1)) == [told]


def test_a_subdomain_that_signs_is_aligned() -> None:
    assert wrong(MAIL.replace("256; d=shop", "256; d=mail.shop")) == []


@pytest.mark.parametrize("text", ["", "\n\n", "no mail", "From", ": :\n", "From: \x00<>\n\n", "a@b\n" * 50])
def test_what_is_no_mail(text: str) -> None:
    assert wrong(text) == ["it is not from one address"]
