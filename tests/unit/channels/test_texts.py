"""Templates of texts and pushes: languages, links, parts, and what loop check says of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.channels.phone.sms_text import parts
from loyaltyloop.channels.rendering.check import check_project
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.routes import Reader, present, reasons, refused, routes
from loyaltyloop.journey.written import written_for
from tests.reference.reading import SHOP as READ
from tests.unit.channels.kitchen import KEY
from tests.unit.channels.test_check import SHOP

FILES = {
    "welcome/hello.sms.txt": "Hello {{ customer.first_name }}! {{ shop.url }}/a, {{ links.unsubscribe }}\n",
    "welcome/hello.de.sms.txt": "Hallo {{ customer.first_name }}! {{ customer.lifetime_value }}",
    "welcome/hello.push.txt": "Hi\n\n{{ trigger.words }}\nhttps://elsewhere.example/x?a=1",
}
MESSAGE = {"key": KEY, "journey": "welcome", "step": "hello", "purpose": "marketing"}


def renderer(files: dict[str, str] = FILES) -> Renderer:
    return Renderer(files, READ, "https://t.example", b"secret")


def names(**customer: object) -> dict[str, object]:
    return {
        "customer": {"locale": "en", "zone": "Europe/London", **customer},
        "message": MESSAGE,
        "trigger": {},
    }


def test_a_text_in_the_readers_language_with_links_of_our_own() -> None:
    texts = renderer().texts["sms"]
    made = texts.render("welcome/hello", KEY, names(first_name="<Ada> & Bob"))
    assert made.text.startswith("Hello <Ada> & Bob! https://t.example/c/")
    assert ", https://t.example/u/" in made.text
    [link] = made.links
    assert (
        link
        == "https://shop.example/a?utm_source=loyaltyloop&utm_medium=sms&utm_campaign=welcome&utm_content=hello"
    )
    german = texts.render("welcome/hello", KEY, names(first_name="Ada", lifetime_value="5 €"), "de-AT")
    assert german.text == "Hallo Ada! 5 €"
    assert texts.uses_of("welcome/hello") >= {"customer.first_name", "customer.lifetime_value"}
    assert texts.uses_of("welcome/none") == frozenset()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ customer.first_name }}", "missing: customer.first_name"),
        ("{{ customer.__class__ }}", "template: "),
        ("{% for one in range(9999) %}x{% endfor %}", "bound: "),
        ("{{ trigger.words }}", "missing: trigger.words"),
    ],
)
def test_what_cannot_be_made_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CannotRender) as error:
        renderer({"a.sms.txt": text}).texts["sms"].render("a", KEY, names())
    assert str(error.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "title", "body", "link"),
    [
        ("Title", "Title", "", ""),
        ("Title\nhttps://a.example/x", "Title", "", "https://a.example/x"),
        ("Title\n\nOne\ntwo\n\nhttps://a.example/x\n", "Title", "One\ntwo", "https://a.example/x"),
        ("Title\nSee https://a.example/x", "Title", "See https://a.example/x", ""),
        ("Title\nhttps://a.example/x\nlast", "Title", "https://a.example/x\nlast", ""),
    ],
)
def test_what_is_in_a_push(text: str, title: str, body: str, link: str) -> None:
    push = PushText.of(text)
    assert (push.title, push.body, push.link) == (title, body, link)


@pytest.mark.parametrize("text", ["", " \n ", "t" * 251, "t\n" + "ü" * 1501])
def test_what_is_no_push(text: str) -> None:
    with pytest.raises(CannotRender):
        PushText.of(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("é" * 160, 1), ("ç" * 70, 1), ("ç" * 71, 2), ("\U0001f600" * 35, 1), ("\U0001f600" * 36, 2),
        ("\U0001f600" * 67, 3), ("[" * 76 + "a" * 2, 1), ("a" * 152 + "€" + "a" * 10, 2),
    ],
)  # fmt: skip
def test_how_many_parts_a_text_has(text: str, count: int) -> None:
    assert parts(text) == count


@given(st.text(max_size=400))
def test_parts_hold_the_whole_text(text: str) -> None:
    assert parts(text) <= parts(text + "x")
    assert parts(text) >= len(text.encode("utf-16-le")) / 2 / 160


JOURNEY = """\
journey: welcome
about: A text.
enter: {{event: Signed Up}}
leave_when: {{bought: {{did: Order Completed}}}}
goal: {{did: Order Completed}}
steps:
  - {{send: hello, template: welcome/hello, channel: {channel}}}
"""


def problems(channel: str, **files: str) -> list[tuple[str, str, str]]:
    project: dict[str, str | bytes] = {
        "journeys/shop.yaml": SHOP,
        "journeys/welcome.yaml": JOURNEY.format(channel=channel),
    }
    project |= {f"templates/welcome/hello.{name.replace('_', '.')}": text for name, text in files.items()}
    return [(one.file.rpartition("/")[2], one.severity, one.message) for one in check_project(project)]


def test_a_long_text_is_told_of_with_its_parts() -> None:
    long = "Hello {{ customer.first_name | default('you') }}, STOP to end. " + "a" * 460
    assert problems("sms", sms_txt=long) == [
        ("hello.sms.txt", "warning", "made with sample values, this text has 4 parts, and each is paid for")
    ]
    strange = "Hello! ç STOP to end. " + "a" * 190
    assert "has 4 parts" in problems("sms", sms_txt=strange, de_sms_txt="Hallo, STOP beendet")[0][2]
    assert problems("sms", sms_txt="Hello! STOP to end") == []


def test_what_is_no_push_and_no_template_is_told_of() -> None:
    assert problems("push", push_txt="\n\n") == [
        ("hello.push.txt", "error", "this is no push (missing: a title)")
    ]
    assert problems("push", push_txt="{{ customer.first_name")[0][1] == "error"
    assert problems("push", sms_txt="STOP")[0][2] == "there is no template templates/welcome/hello.push.txt"
    assert problems("best")[0][2] == "there is no template templates/welcome/hello.html"
    assert problems("best", sms_txt="Hello! STOP to end", push_txt="Hello") == []


def test_for_which_channels_a_template_is_written() -> None:
    files = ["a/b.html", "a/b.txt", "a/b.de.sms.txt", "a/bc.push.txt", "a/c.sms.txt", "a/b.json"]
    assert written_for("a/b", files) == ("email", "sms")
    assert written_for("a/c", files) == ("sms",)
    assert written_for("a", files) == ()


@given(
    st.sampled_from(["best", "email", "sms", "push"]),
    st.booleans(),
    st.sets(st.sampled_from(["email", "sms", "push"]), min_size=1),
    st.sets(st.sampled_from(["email", "sms", "push"])),
    st.sampled_from([None, "sms", "fax", 5]),
    st.dictionaries(st.sampled_from(["email", "sms", "push", "hook"]), st.integers(1, 3)),
)
def test_each_channel_is_tried_once_and_open_ones_first(
    channel: str, others: bool, written: set[str], open_: set[str], preferred: object, clicks: dict[str, int]
) -> None:
    told = routes(channel, others, sorted(written), Reader(open_, preferred, clicks))
    tried = [route["channel"] for route in told]
    assert len(tried) == len(set(tried)) >= 1
    assert set(tried) <= written | {channel}
    if not others:
        assert len(tried) == 1
    if channel == "best" and others:
        assert [one in open_ for one in tried] == sorted((one in open_ for one in tried), reverse=True)
    if channel == "best" and (reached := written & open_):
        most = max(clicks.get(one, 0) for one in reached)
        assert tried[0] == preferred if preferred in reached else clicks.get(tried[0], 0) == most
    for place, one in enumerate(tried):
        assert present(told) == one
        told = refused(told, f"why {place}")
    assert present(told) is None
    assert reasons(told).count("why") == len(tried)


def test_our_own_journeys_could_go_by_any_channel() -> None:
    """Each of their messages with a text and a push beside it, and its channel left open."""
    files: dict[str, str | bytes] = {**collect_files(Path(__file__).parents[3])}
    for name in [name for name in files if name.startswith("journeys/") and not name.endswith("shop.yaml")]:
        asked, lines = "", []
        for line in str(files[name], "utf-8").splitlines():  # type: ignore[arg-type]
            lines.append(line)
            if found := re.match(r"\s*- (send|ask): (\w+)$", line):
                asked = found[2] if found[1] == "ask" else ""
            if found := re.match(r"(\s*)template: (\S+)$", line):
                lines += [f"{found[1]}channel: best", f"{found[1]}if_blocked: other_channel"]
                shown = (
                    f"{{% for one in {asked}.answers %}}{{{{ one.text }}}}: {{{{ one.url }}}} {{% endfor %}}"
                )
                text = f"Hello from {{{{ shop.name }}}}. {shown if asked else ''}STOP to end"
                for channel in ("sms", "push"):
                    files[f"templates/{found[2]}.{channel}.txt"] = text
        files[name] = "\n".join(lines)
    found_wrong = [one for one in check_project(files) if one.severity == "error"]
    assert [(one.file, one.rule, one.message) for one in found_wrong] == []
