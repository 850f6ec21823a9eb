"""The story of a customer, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyaltyloop.cli.story import story
from loyaltyloop.journey.reading.reader import read_journey
from loyaltyloop.store.inside.answers import Answered
from loyaltyloop.store.people.noted import Noted
from loyaltyloop.store.telling.history import History, NotEntered, Seen, Sent, Way, Who
from loyaltyloop.store.telling.others import Other

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FILE = read_journey(
    """\
journey: welcome
about: Made up.
enter: {event: Signed Up, where: {plan: gold}}
steps:
  - send: hello
    template: welcome/hello
  - wait_for: answer
    up_to: 3 days
    paths:
      clicked:
        when: {clicked: hello}
      silent:
        steps:
          - send: reminder
            template: welcome/hello
"""
)
WHO = Who("ada", None, "", "Europe/London", "shop", None)


def message(**values: Any) -> Sent:
    words = {
        "key": "k",
        "journey": "welcome",
        "step": "hello",
        "channel": "email",
        "template": "welcome/hello",
    }
    times = {"decided_at": AT, "due_at": AT + DAY, "handed_over_at": None}
    return Sent(**{**words, **times, "to": "ada@example.com", "subject": None, "reason": "", **values})


def way(**values: Any) -> Way:
    given: dict[str, Any] = {
        "journey": "welcome",
        "version": 1,
        "key": "k",
        "entered_at": AT,
        "enrolled_at": AT,
        "cause": "Signed Up",
        "trigger": {},
        "state": "ready",
        "reason": None,
        "held_out": False,
        "step": "hello",
        "arrived_at": AT,
        "due_at": None,
        "until_at": None,
        "ended_at": None,
        "goal_at": None,
        "paused": False,
        "visits": (),
        "messages": (),
        "kept": {},
        "names": {},
        "file": FILE,
    }
    return Way(**given | values)


def told(one: Way) -> list[str]:
    """What is said below the first line of a way."""
    return [line.strip() for line in story(History(WHO, (one,)))][4:]


def test_somebody_to_whom_nothing_happened() -> None:
    assert list(story(History(WHO, others=(Other(FILE),)))) == [
        "ada",
        "Times: Europe/London (of the shop)",
        "",
        "Has not come up for:",
        "  welcome: Signed Up",
    ]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (
            "waits",
            "Signed Up of Mon 2 Mar 2026 09:00 is not looked at yet: the next turn does that",
        ),
        ("aside", "Signed Up of Mon 2 Mar 2026 09:00 could not be applied, and stands aside"),
        ("earlier", "Signed Up of Mon 2 Mar 2026 09:00 came before the journey was live"),
        ("passed", "Signed Up of Mon 2 Mar 2026 09:00 is not what enters: its `where` does not hold"),
    ],
)
def test_why_an_event_let_nobody_in(why: Any, said: str) -> None:
    *_, line = story(History(WHO, others=(Other(FILE, "Signed Up", AT, why),)))
    assert line == f"  welcome: {said}"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (message(state="planned"), "message planned; not before Tue 3 Mar 2026 09:00"),
        (
            message(state="held", reason="quiet hours"),
            "message held: quiet hours; not before Tue 3 Mar 2026 09:00",
        ),
    ],
)
def test_a_message_on_its_way(sent: Sent, said: str) -> None:
    expected = [f"now at hello: {said}; then answer"]
    assert told(way(state="sending", messages=(sent,))) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"state": "refused", "reason": "no consent"}, "message not sent: no consent"),
        ({"state": "bounced", "subject": "Hi"}, "message to ada@example.com bounced: “Hi”"),
        ({"state": "handed_over", "handed_over_at": AT}, "message handed over to ada@example.com"),
        (
            {"state": "handed_over", "handed_over_at": AT + DAY, "reason": "quiet hours"},
            "message handed over to ada@example.com (held 24 hours: quiet hours)",
        ),
        (
            {"state": "unknown", "reason": "the process died"},
            "message handed over, its outcome is not known: the process died",
        ),
    ],
)
def test_what_became_of_a_message(words: dict[str, Any], said: str) -> None:
    seen = (Seen("hello", AT, AT, "", "handed over"),)
    gone = way(
        step=None, state="ended", ended_at=AT, reason="completed", visits=seen, messages=(message(**words),)
    )
    assert told(gone) == [f"Mon 2 Mar 2026 09:00   hello: {said}", "Mon 2 Mar 2026 09:00   ended: completed"]


def test_waiting_for_an_answer_in_a_journey_that_stands_still() -> None:
    waits = way(state="waiting", step="answer", until_at=AT + DAY, due_at=AT + 2 * DAY, paused=True)
    assert told(waits) == [
        "now at answer: waits for clicked until Tue 3 Mar 2026 09:00; then 'silent': reminder; "
        "the journey is paused"
    ]


def test_a_path_its_reason_and_what_was_kept() -> None:
    seen = (Seen("answer", AT, AT, "clicked", "clicked hello"),)
    products = [{"product_id": "1", "reason": "Popular here"}, {"product_id": "2"}]
    gone = way(step=None, state="ended", ended_at=AT, reason="bought", visits=seen, kept={"answer": products})
    gone = way(**{**gone.__dict__, "names": {"1": "Tea"}, "goal_at": AT + DAY})
    assert told(gone) == [
        "Mon 2 Mar 2026 09:00   answer: took 'clicked'; clicked hello; chose Tea (Popular here), 2",
        "Mon 2 Mar 2026 09:00   left: bought",
        "Tue 3 Mar 2026 09:00   reached the goal",
    ]


def test_all_is_told_in_the_order_of_time() -> None:
    seen = (Seen("hello", AT, AT, "", "handed over"), Seen("answer", AT, AT + 2 * DAY, "silent", "no answer"))
    gone = way(step=None, state="ended", ended_at=AT + 3 * DAY, reason="completed", visits=seen)
    gone = way(**{**gone.__dict__, "goal_at": AT + DAY})
    assert told(gone) == [
        "Mon 2 Mar 2026 09:00   hello: handed over",
        "Tue 3 Mar 2026 09:00   reached the goal",
        "Wed 4 Mar 2026 09:00   answer: took 'silent'; no answer",
        "Thu 5 Mar 2026 09:00   ended: completed",
    ]


@pytest.mark.parametrize("why", ["left: bought", "left at the hand-over: bought"])
def test_leaving_is_told_once(why: str) -> None:
    seen = (Seen("hello", AT, AT, "", why),)
    gone = way(step=None, state="ended", ended_at=AT, reason="bought", visits=seen)
    assert told(gone) == [f"Mon 2 Mar 2026 09:00   hello: {why}"]


def test_there_is_one_clock_the_customers() -> None:
    new_york = Who("ada", None, "", "America/New_York", "own", None)
    why = "answered at 2026-03-02 14:57:00 UTC; an answer of 2026-03-02 15:10 UTC came too late"
    gone = way(visits=(Seen("answer", AT, AT + DAY, "clicked", why),))
    *_, line, _ = story(History(new_york, (gone,)))
    assert line == (
        "  Tue 3 Mar 2026 04:00   answer: took 'clicked'; answered at Mon 2 Mar 2026 09:57; "
        "an answer of Mon 2 Mar 2026 10:10 came too late"
    )


def test_held_out_and_not_entered() -> None:
    out = way(step=None, state="ended", ended_at=AT, reason="held out", held_out=True)
    others = (
        NotEntered("winback", AT, "hand", "queued", ""),
        NotEntered("winback", AT, "state", "refused", "no"),
    )
    assert list(story(History(WHO, (out,), others)))[3:] == [
        "welcome, version 1: entered Mon 2 Mar 2026 09:00 by Signed Up",
        "  Mon 2 Mar 2026 09:00   held out on purpose, to compare with those who got messages",
        "",
        "Did not enter:",
        "  Mon 2 Mar 2026 09:00   winback, by hand: waits to enter",
        "  Mon 2 Mar 2026 09:00   winback, by state: refused: no",
    ]


def test_consent_unsubscribing_and_other_ids_in_their_order() -> None:
    noted = (
        Noted(AT - 9 * DAY, "same", "browser-1", True, "identify"),
        Noted(AT - 2 * DAY, "consent", "marketing by email", True, "Consent Granted", "Yes, send me letters"),
        Noted(AT + DAY, "choice", "topic tea", False, "Preference Updated"),
        Noted(AT + 2 * DAY, "consent", "marketing by email", False, "Unsubscribed"),
        Noted(AT + 9 * DAY, "consent", "marketing by sms", False, "Consent Withdrawn"),
    )
    passed = way(state="ended", step=None, reason="no consent", ended_at=AT + 3 * DAY)
    assert list(story(History(WHO, (passed,), noted=noted)))[2:] == [
        "",
        "Beside the journeys:",
        "  Sat 21 Feb 2026 09:00  is known as browser-1, too (identify)",
        "  Sat 28 Feb 2026 09:00  agreed to marketing by email (Consent Granted): “Yes, send me letters”",
        "  Wed 11 Mar 2026 09:00  wants no more marketing by sms (Consent Withdrawn)",
        "",
        "welcome, version 1: entered Mon 2 Mar 2026 09:00 by Signed Up",
        "  Tue 3 Mar 2026 09:00   chose topic tea: no (Preference Updated)",
        "  Wed 4 Mar 2026 09:00   unsubscribed: no more marketing by email",
        "  Thu 5 Mar 2026 09:00   left: no consent",
    ]


def test_when_somebody_was_erased() -> None:
    gone = Who("erased:1", None, "", "UTC", "shop", AT)
    assert list(story(History(gone)))[-1] == "This customer was erased on Mon 2 Mar 2026 09:00."


def test_what_a_customer_wrote_in_lines_keeps_its_place() -> None:
    answer = Answered("taste", AT, "gift", "A present", "For mum.\r\nShe likes tea\x1b[2J\nand jam.")
    lines = list(story(History(WHO, (way(answers=(answer,)),))))
    assert [line for line in lines if "mum" in line] == [
        "  Mon 2 Mar 2026 09:00   answered taste: A present: “For mum.\n"
        "                         She likes tea [2J\n"
        "                         and jam.”"
    ]


def test_what_a_loyal_customer_has() -> None:
    loyal = replace(WHO, points=1250, tier="gold", referral_code="ADA-7K2M")
    assert list(story(History(loyal)))[2] == "Has: 1,250 points, tier gold, code for friends ADA-7K2M"
    assert list(story(History(replace(WHO, points=0))))[2:] == []


@pytest.mark.parametrize(
    ("gift", "told"),
    [
        ({"kind": "badge", "what": "founder", "value": "With us"}, "badge founder, With us"),
        ({"kind": "points", "value": "50 points"}, "50 points"),
        ({"kind": "voucher", "what": "spring", "code": "S-1", "value": "5"}, "voucher spring S-1, worth 5"),
    ],
)
def test_each_kind_of_gift_is_told_in_words_of_its_own(gift: dict[str, Any], told: str) -> None:
    visits = (Seen("bonus", AT, AT, "", ""),)
    lines = list(
        story(History(WHO, (way(visits=visits, kept={"bonus": {"gift": gift | {"state": "given"}}}),)))
    )
    assert [line.partition("bonus: ")[2] for line in lines if "bonus: " in line] == [told]
