"""AWS's signatures, held to the vectors that AWS has published (aws4_testsuite)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyaltyloop.channels.http.sigv4 import Keys, signed

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "content", "headers", "signature"),
    [
        ("GET", b"", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-vanilla
        ("POST", b"", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),  # post-vanilla
        # post-x-www-form-urlencoded
        ("POST", b"Param1=value1", FORM, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ],
)
def test_published_vectors(method: str, content: bytes, headers: dict[str, str], signature: str) -> None:
    found = signed(
        KEYS, "us-east-1", "service", NOW, "https://example.amazonaws.com/", content, headers, method
    )
    assert found["authorization"].endswith(f"Signature={signature}")
    assert found["x-amz-date"] == "20150830T123600Z"


def test_with_credentials_that_are_lent() -> None:
    """As botocore 1.44.5 signs it."""
    keys = Keys(KEYS.access, KEYS.secret, "token-1")
    url = "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails"
    found = signed(
        keys, "eu-west-1", "ses", NOW, url, '{"a": "é"}'.encode(), {"content-type": "application/json"}
    )
    assert found["x-amz-security-token"] == "token-1"
    assert found["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/ses/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
        "Signature=7de9356b8b4833845ce26f99fac81e0e8ec0fc967444875572e59ece8018b580"
    )


def test_secrets_are_not_shown() -> None:
    assert "wJalr" not in repr(KEYS)
