"""What a sender's domain must say of itself, against a name server of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from loyaltyloop.doctor.sender import look, told
from loyaltyloop.settings import Settings

GOOD: Mapping[tuple[str, str], list[str]] = {
    ("shop.example", "TXT"): ["site-verification=x", "v=spf1 include:spf.mtasv.net ~all"],
    ("pm._domainkey.shop.example", "TXT"): ["v=DKIM1; k=rsa; p=MIGf"],
    ("_dmarc.shop.example", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@shop.example"],
    ("shop.example", "MX"): ["10 mx.shop.example."],
}


def found(changed: Mapping[tuple[str, str], list[str]], email: str = "postmark") -> list[str]:
    def ask(name: str, kind: str) -> Sequence[str]:
        return {**GOOD, **changed}.get((name, kind), [])

    settings = Settings(email=email, _env_file=None)
    return [f"{one.level}: {one.what}" for one in look(settings, "hello@Shop.example", ["pm"], ask)]


def test_a_good_domain() -> None:
    assert found({}) == [
        "good: shop.example has an SPF record",
        "good: shop.example has a DKIM key (pm)",
        "good: shop.example has a DMARC record, p=none",
        "good: shop.example takes mail",
    ]


@pytest.mark.parametrize(
    ("place", "texts", "told"),
    [
        (("shop.example", "TXT"), [], "wrong: shop.example has no SPF record"),
        (("shop.example", "TXT"), ["v=spf10 a"], "wrong: shop.example has no SPF record"),
        (
            ("shop.example", "TXT"),
            ["v=spf1 a ~all", "v=spf1 mx ~all"],
            "wrong: shop.example has 2 SPF records: then none counts",
        ),
        (
            ("shop.example", "TXT"),
            ["v=spf1 include:spf.mtasv.net +all"],
            "wrong: SPF of shop.example ends in +all: anybody may send",
        ),
        (("shop.example", "TXT"), ["v=spf1 mx -all"], "note: SPF of shop.example does not name postmark"),
        (("pm._domainkey.shop.example", "TXT"), [], "wrong: no DKIM key at pm._domainkey.shop.example"),
        (
            ("pm._domainkey.shop.example", "TXT"),
            ["v=DKIM1; p="],
            "wrong: no DKIM key at pm._domainkey.shop.example",
        ),
        (("_dmarc.shop.example", "TXT"), [], "wrong: shop.example has no DMARC record"),
        (("_dmarc.shop.example", "TXT"), ["v=DMARC1; p=no"], "wrong: DMARC of shop.example says no policy"),
        (("shop.example", "MX"), [], "wrong: shop.example takes no mail"),
    ],
)
def test_what_is_missing(place: tuple[str, str], texts: list[str], told: str) -> None:
    told_of = found({place: texts})
    assert told in told_of
    assert sum(not one.startswith("good") for one in told_of) == 1


def test_nobody_answers() -> None:
    def ask(name: str, kind: str) -> Sequence[str]:
        raise OSError(f"Timeout of {kind}")

    [one] = look(Settings(_env_file=None), "a@shop.example", [], ask)
    assert (one.level, one.what) == ("wrong", "DNS cannot be asked about shop.example: Timeout of TXT")


def test_the_records_to_make_are_told_exactly() -> None:
    settings = Settings(email="smtp", smtp_host="mail.relay.example", _env_file=None)
    assert [one.what for one in told(settings, "hello@shop.example")] == [
        "shop.example  TXT  v=spf1 a:mail.relay.example ~all",
        "<selector>._domainkey.shop.example  TXT  v=DKIM1; p=<key>",
        "_dmarc.shop.example  TXT  v=DMARC1; p=none; rua=mailto:hello@shop.example",
        "shop.example  MX  <where mail arrives>",
    ]


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "a:<your mail server>"),
        ("localhost", "a:<your mail server>"),
        ("192.0.2.7", "ip4:192.0.2.7"),
        ("2001:db8::7", "ip6:2001:db8::7"),
    ],
)
def test_a_mail_server_is_named_as_spf_names_it(host: str, named: str) -> None:
    settings = Settings(email="smtp", smtp_host=host, _env_file=None)
    assert next(told(settings, "hello@shop.example")).what == f"shop.example  TXT  v=spf1 {named} ~all"
