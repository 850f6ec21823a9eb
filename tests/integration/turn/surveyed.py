"""Two journeys that ask, their templates, and what Ada answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from loyaltyloop.store.models import Body, Message, Visit
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage

SURVEY = """
    journey: survey
    about: Asks what somebody came for, and goes by it.
    enter: {event: Signed Up}
    steps:
      - ask: taste
        template: test/taste
        question: What brings you here?
        answers: {gift: A present, myself: For me}
        comment: true
      - wait_for: told
        up_to: 2 days
        paths:
          gift: {when: {answered: {taste: gift}}}
          myself: {when: {answered: {taste: myself}}}
          silent: {}
      - send: thanks
        template: test/thanks
"""
SCORE = """
    journey: score
    about: Asks how likely somebody is to come again.
    enter: {event: Signed Up}
    leave_when: {unhappy: {answered: {nps: {at_most: 3}}}}
    goal: {answered: {nps: {at_least: 9}}, within: 3 days}
    steps:
      - {ask: nps, template: test/nps, question: How likely?, scale: 0-10}
      - wait: 1 day
      - branch: how
        paths:
          low: {when: {answered: {nps: {at_most: 6}}}}
          high: {when: {answered: {nps: {between: [7, 10]}}}}
          unknown: {when: {answered: {nps: {known: false}}}}
          rest: {}
      - {send: more, template: test/hello, if: {answered: {nps: {over: 8}}}}
"""
HEAD = "{% block subject %}A question{% endblock %}"
FOOT = '<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>'


def page(body: str) -> str:
    return f"{HEAD}{{% block body %}}<html><body>{body}{FOOT}</body></html>{{% endblock %}}"


TEMPLATES = {
    "test/taste.html": page(
        '<p>{{ taste.question }}</p><p><a href="{{ taste.links.myself }}">Me</a></p>'
        '{% for one in taste.answers %}<p><a href="{{ one.url }}">{{ one.value }}: {{ one.text }}</a></p>'
        '{% endfor %}<p><a href="https://shop.example/tea">Tea</a></p>'
    ),
    "test/thanks.html": page(
        "<p>You said {{ taste.answer | default('nothing') }}, {{ taste.answer_text | default('no') }}, "
        "{{ taste.comment | default('-') }}.</p>"
        '<p><a href="{{ taste.links.gift }}">Say again</a></p>'
    ),
    "test/nps.html": page(
        '{% for one in nps.answers %}<a href="{{ one.url }}">{{ one.text }}</a>{% endfor %}'
    ),
}


def staged(engine: Engine, journey: str = SURVEY, **words: Any) -> Stage:
    stage = Stage(engine, journey, templates=TEMPLATES, **words)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:00")
    return stage


def key(stage: Stage, step: str) -> str:
    [found] = [row.key for row in rows(stage.engine, Message) if row.step == step]
    return str(found)


def answers(stage: Stage, value: object, at: str, step: str = "taste", **more: Any) -> None:
    stage.did("ada", "Survey Answered", at, email_id=key(stage, step), answer=value, **more)


def paths(stage: Stage) -> dict[str, str]:
    """By which path Ada left each step."""
    return {row.step: row.path for row in rows(stage.engine, Visit, "arrived_at")}


def body(stage: Stage, step: str) -> Any:
    [number] = [row.id for row in rows(stage.engine, Message) if row.step == step]
    [found] = [row for row in rows(stage.engine, Body, "message_id") if row.message_id == number]
    return found
