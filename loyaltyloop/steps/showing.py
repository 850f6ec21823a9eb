"""Codes that wait to be shown: where no message to come shows one any more, it is free for others."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select

from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.journey.model import CALLS, Ask, Call, Give, Send, Step
from loyaltyloop.journey.showing.graph import behind
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.inside.cohorts import PEOPLE, cohort
from loyaltyloop.store.vouchers.gifts import gift, release


def keep_what_is_shown(stand: Stand, blocked: ColumnElement[bool]) -> None:
    """Of members of the cohort whose message was refused: what nothing behind this step shows goes back."""
    if not any(isinstance(step.action, Give) and step.action.voucher for step in stand.journey):
        return
    who = select(cohort.c.id).select_from(PEOPLE).where(blocked)
    if stand.connection.execute(who.limit(1)).first() is None:
        return
    named = {path.partition(".")[0] for path in _used_behind(stand)}
    release(stand.connection, gift.c.enrolment_id.in_(who) & gift.c.step.not_in(sorted(named)))


def _used_behind(stand: Stand) -> Iterator[str]:
    """The names that messages and calls to come use, those of `at_end` included."""
    names = behind(stand.journey, stand.step.name)
    ahead = [step for step in stand.journey if step.name in names]
    for step in (*ahead, *stand.journey.at_end):
        for channel, template in _written(step):
            yield from stand.uses_of(channel, template)


def _written(step: Step) -> Iterator[tuple[str, str]]:
    """The templates of a step's message, each with a channel by which it may leave."""
    match step.action:
        case (Send() as send) | Ask(send=send):
            anyhow = send.channel == "best" or send.if_blocked == "other_channel"
            for channel in CHANNELS.keys() - {CALLS} if anyhow else (send.channel,):
                yield channel, send.template
        case Call(body=str(body)):
            yield CALLS, body
