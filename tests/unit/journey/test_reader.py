"""Whole projects, conditions, shop.yaml, and the JSON Schema of all of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from loyaltyloop.errors import FilesError
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    AllOf,
    Answered,
    AnyOf,
    Between,
    Compare,
    Consents,
    Did,
    Engaged,
    Has,
    Inside,
    Known,
    Not,
    OneOf,
    Reachable,
    Redeemed,
    Segment,
    Timed,
    Where,
)
from loyaltyloop.journey.reading.meaning import Names, condition_of
from loyaltyloop.journey.reading.reader import read_journey, read_project, read_shop
from loyaltyloop.journey.reading.source import read_source
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.document import schema_document
from tests.unit.journey.projects import check_files, good

SHOP = good()["journeys/shop.yaml"].decode()
EVERY_WORD = """
journey: everything
about: Every word of the language, once.
purpose: marketing
priority: 60
enter:
  event: [Order Completed, Checkout Started]
  where: {total: {over: 50.5}, products: {has: {category: Coffee}}}
  max_age: 2 days
  one_per: order_id
  again: after 30 days
  while_inside: restart
  at_most: 500 a day
  if: {all: [{customer: {country: {one_of: [GB, IE]}}}, {not: {inside: everything}}]}
leave_when:
  bought: {did: Order Completed, same: product_id, times: {at_least: 2}, where: {total: {between: [1, 2]}}}
goal: {did: Order Completed, within: 14 days}
holdout: 10%
steps:
  - {send: hello, template: welcome/hello, channel: best, purpose: service, at: best, on: mon,
     expires_after: 2 days, if_blocked: other_channel, was: [old, older], if: {reachable: push}}
  - {wait: 2 days, at: "09:00", on: [mon, tue], reset_by: {did: Product Viewed}}
  - {wait: party, until: birthday, offset: -3 days, if_past: skip}
  - wait_for: answer
    up_to: PT48H
    since: hello
    reset_by: {did: Cart Viewed}
    paths:
      clicked: {when: {clicked: hello}, steps: [{leave: done}]}
      elsewhere: {when: {any: [{received: everything.hello, within: 3 days}, {replied: hello}]}}
      silent: {}
  - branch: kind
    paths:
      many: {when: {order: {status: shipped, total: {at_least: 5, at_most: 9}}}, steps: [{start: everything}]}
      cart: {when: {cart: {value: {over: 40}}, predicted: {lapse: {over: 0.7}}}}
      rich: {when: {customer: {tags: {has: vip}, last_order_at: {before: 30 days ago}, tier: {known: true}}}}
      otherwise: {}
  - {split: test, choose: best, by: goal, paths: {a: {share: 50%}, b: {share: 50%, steps: []}}}
  - {recommend: picks, products: 4, at_least: 2, from: [repeat, cart],
     exclude: [{bought: {within: 60 days}}, shown],
     where: {price: {under: 60}}, fallback: bestsellers, if_short: skip}
  - {score: risk, model: lapse}
  - {ask: taste, template: welcome/hello, question: Why?, answers: {a: One, b: Two}, comment: true}
  - {ask: nps, template: welcome/hello, question: How?, scale: 0-10}
  - branch: answers
    paths:
      low: {when: {answered: {nps: {at_most: 6}}, scored: {risk: {over: 0.5}}, redeemed: thanks}}
      otherwise: {}
  - {give: thanks, voucher: spring, valid: 14 days, budget: 500 a month, chance: 10%, if_empty: leave}
  - {give: more, points: 50, budget: 500}
  - {set: {size: 4.5, colour: null, tags: {add: [a, b], remove: c}, often: pause 30 days,
     consent: {email: withdraw}}}
  - {call: desk, hook: helpdesk, body: welcome/hello}
  - {call: other, url: "https://www.shop.example/hook"}
  - {start: welcome, name: again_welcome}
  - {leave: done, if: {segment: regulars, consents: {sms: true}, trigger: {total: {not: 3}}}}
at_end:
  - set: {tags: {remove: [a]}}
"""


def condition(**value: Any) -> object:
    """What a condition means in a journey with a step `hello`."""
    names = Names(frozenset({"hello"}), dict(read_shop(SHOP).segments))
    return condition_of(ConditionFile.model_validate(value), names)


MEANT: list[tuple[dict[str, Any], object]] = [
    ({"did": "A"}, Did(("A",))),
    (
        {"did": ["A", "B"], "within": "30 days", "since": "entered", "times": 2, "same": "order_id"},
        Did(("A", "B"), Duration.of("30 days"), "entered", (Compare("is", 2),), Where(), "order_id"),
    ),
    ({"did": "A", "where": {"x": {"over": 5}}}, Did(("A",), where=Where((("x", (Compare("over", 5),)),)))),
    ({"clicked": "hello"}, Engaged("clicked", "hello")),
    ({"clicked": "trip"}, Engaged("clicked", None, "trip")),
    ({"opened": "trip.b", "within": "2 days"}, Engaged("opened", "b", "trip", Duration.of("2 days"))),
    ({"redeemed": "gift"}, Redeemed("gift")),
    ({"answered": {"nps": {"at_most": 6}}}, Answered("nps", (Compare("at_most", 6),))),
    ({"reachable": "push"}, Reachable("push")),
    ({"inside": "trip"}, Inside("trip")),
    ({"consents": {"sms": True, "email": False}}, AllOf((Consents("sms", True), Consents("email", False)))),
    ({"not": {"did": "A"}}, Not(Did(("A",)))),
    ({"any": [{"did": "A"}, {"did": "B"}]}, AnyOf((Did(("A",)), Did(("B",))))),
    ({"all": [{"did": "A"}], "inside": "x"}, AllOf((AllOf((Did(("A",)),)), Inside("x")))),
    (
        {"customer": {"a": "x", "b": {"over": 1, "under": 2}}},
        About(
            "customer",
            Where((("a", (Compare("is", "x"),)), ("b", (Compare("over", 1), Compare("under", 2))))),
        ),
    ),
]
TESTS: list[tuple[Any, object]] = [
    ("x", Compare("is", "x")),
    (True, Compare("is", True)),
    (Decimal("1.5"), Compare("is", Decimal("1.5"))),
    ({"is": False}, Compare("is", False)),
    ({"not": 0}, Compare("not", 0)),
    ({"contains": "x"}, Compare("contains", "x")),
    ({"between": [1, 3]}, Between(1, 3)),
    ({"one_of": ["a", 1]}, OneOf(("a", 1))),
    ({"has": "vip"}, Has("vip")),
    ({"has": {"a": 1}}, Has(Where((("a", (Compare("is", 1),)),)))),
    ({"before": "2026-01-31"}, Timed("before", date(2026, 1, 31))),
    ({"after": "2026-01-31T10:00:00+02:00"}, Timed("after", datetime(2026, 1, 31, 8, tzinfo=UTC))),
    ({"before": "30 days ago"}, Timed("before", Ago(Duration.of("30 days"), -1))),
    ({"after": "in 2 weeks"}, Timed("after", Ago(Duration.of("14 days"), 1))),
    ({"known": False}, Known(False)),
]


@pytest.mark.parametrize(("written", "meant"), MEANT)
def test_conditions(written: dict[str, Any], meant: object) -> None:
    assert condition(**written) == meant


@pytest.mark.parametrize(("written", "meant"), TESTS)
def test_comparisons(written: Any, meant: object) -> None:
    read = condition(customer={"a": written})
    assert isinstance(read, About) and dict(read.where.fields)["a"] == (meant,)


def test_a_segment_is_resolved() -> None:
    found = condition(segment="regulars")
    assert isinstance(found, Segment)
    assert found.condition == About("customer", Where((("orders", (Compare("at_least", 3),)),)))


def test_segments_may_name_each_other_in_any_order() -> None:
    shop = read_shop(
        SHOP.replace("segments:\n", "segments:\n  best: {segment: regulars, reachable: email}\n")
    )
    best = dict(shop.segments)["best"]
    assert isinstance(best, AllOf) and any(isinstance(part, Segment) for part in best.parts)


# ── shop.yaml ───────────────────────────────────────────────────────────────


def test_shop() -> None:
    extra = (
        'lateness: 5 minutes\nturns: {every: 1 hour}\nholdout: 5%\nbrand: {colour: "#123456"}\n'
        "caps: {at_most: 3 a week}\n"
    )
    shop = read_shop(SHOP + extra)
    assert (shop.name, shop.timezone, shop.currency, shop.country) == (
        "Sample Shop",
        "Europe/London",
        "GBP",
        "GB",
    )
    assert [(str(one), one.purposes) for one in shop.quiet_hours] == [
        ("21:00 to 08:00", ("marketing", "service"))
    ]
    assert (shop.lateness, shop.turns_every) == (Duration.of("5 minutes"), Duration.of("1 hour"))
    assert shop.turns_at_least_apart == Duration.of("1 minute")
    assert shop.holdout == Decimal("0.05")
    assert dict(shop.extra) == {"brand": {"colour": "#123456"}}
    assert [str(cap) for cap in shop.caps] == ["3 a week"]
    assert shop.uses == ()
    assert dict(shop.markets)["ireland"].rate == Decimal("0.85")


# ── projects ────────────────────────────────────────────────────────────────


def test_a_good_project() -> None:
    reading = read_project(good())
    assert reading.problems == []
    assert list(reading.journeys) == ["welcome"]
    assert reading.shop is not None and reading.shop.name == "Sample Shop"
    assert "welcome/hello.html" in reading.templates
    assert reading.names == {"welcome"}


def test_every_word_is_read() -> None:
    journey = read_journey(EVERY_WORD, read_shop(SHOP))
    assert {step.verb for step in journey} == {
        "send", "ask", "wait", "wait_for", "branch", "split", "recommend", "score", "give", "set", "call",
        "start", "leave",
    }  # fmt: skip


def test_a_broken_journey_leaves_the_others() -> None:
    reading = read_project(good() | {"journeys/broken.yaml": b"journey: broken\nabout: [\n"})
    assert list(reading.journeys) == ["welcome"]
    assert reading.names == {"welcome", "broken"}
    assert {problem.file for problem in reading.problems} == {"journeys/broken.yaml"}


def test_no_shop() -> None:
    files = good()
    del files["journeys/shop.yaml"]
    [problem] = [one for one in check_files(files) if one.rule == "no-shop"]
    assert problem.text() == (
        "journeys/shop.yaml:1:1: error: there is no shop.yaml [no-shop]\n"
        "    Write journeys/shop.yaml with shop, timezone, currency, country and sender."
    )


def test_a_template_in_latin_1() -> None:
    files = good() | {"templates/welcome/hello.html": b"<p>\ncaf\xe9</p>"}
    [problem] = [one for one in check_files(files) if one.rule == "template-encoding"]
    assert problem.text() == (
        "templates/welcome/hello.html:2:1: error: byte 0xe9 is not UTF-8 [template-encoding]\n"
        "    Save the file as UTF-8; it was probably saved as Latin-1 or Windows-1252."
    )


# ── JSON Schema ─────────────────────────────────────────────────────────────


def plain(text: str) -> Any:
    source, problems = read_source("a.yaml", text)
    assert source and not problems
    return source.plain()


def test_the_schemas_are_schemas() -> None:
    kinds: tuple[Literal["journey", "shop"], ...] = ("journey", "shop")
    for of in kinds:
        schema = schema_document(of)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(schema)


def test_the_schema_takes_every_word() -> None:
    journeys = [EVERY_WORD, good()["journeys/welcome.yaml"].decode()]
    for text in journeys:
        Draft202012Validator(schema_document("journey")).validate(plain(text))
    Draft202012Validator(schema_document("shop")).validate(plain(SHOP))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("about:", "abut:"),
        ("max_age:", "maxage:"),
        ("up_to:", "upto:"),
        ("products: 4", "product: 4"),
        ("scale:", "scal:"),
        ("{did: Cart Viewed}", "{did: Cart Viewed, foo: 1}"),
        ("{at_least: 5, at_most: 9}", "{at_least: 5, atmost: 9}"),
        ("if_short: skip", "if_short: skp"),
        ("priority: 60", "priority: high"),
        ("share: 50%}", "share: half}"),
        ("goal: {did: Order Completed, within: 14 days}", "goal:"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(old: str, new: str) -> None:
    text = EVERY_WORD.replace(old, new, 1)
    assert text != EVERY_WORD
    assert list(Draft202012Validator(schema_document("journey")).iter_errors(plain(text)))
    with pytest.raises(FilesError):
        read_journey(text, read_shop(SHOP))
