"""Does a channel stand still: what its way out did not take, why, since when, and when it is tried again?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection

from loyaltyloop.channels.stopping.breaker import Circuit
from loyaltyloop.channels.stopping.breakers import circuits
from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.model import CALLS
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.messages.untaken import Untaken, has_left_since, untaken

ABOUT = "work"
LONG = timedelta(days=1)  # what waits longer is wrong, though others leave
SHOWN = 3  # reasons of one channel
_UTC = "%Y-%m-%d %H:%M UTC"


def look(connection: Connection, now: datetime) -> Iterator[Finding]:
    """As of now (UTC). What is put off while others leave is for people to know, a day long; else wrong.

    It says how many of each channel wait for which reason, and nothing of whom they are for.
    """
    stopped = {name: one for name, one in circuits(connection).items() if one.state == "open"}
    for channel, group in groupby(untaken(connection), key=lambda one: one.channel):
        waiting, circuit = list(group), stopped.pop(channel, None)
        tried = max(one.tried for one in waiting)
        stands = circuit is not None or not has_left_since(connection, channel, tried)
        remedy = _remedy(channel, circuit, min(one.again for one in waiting))
        for one in waiting[:SHOWN]:
            late = now - one.oldest > LONG
            yield Finding(ABOUT, "wrong" if stands or late else "note", _held(one, stands), remedy)
    for channel, circuit in sorted(stopped.items()):
        since = f" since {circuit.opened_at:{_UTC}}" if circuit.opened_at else ""
        what = f"{channel} stands still{since}: {circuit.why}"
        yield Finding(ABOUT, "wrong", what, _remedy(channel, circuit, now))


def _held(one: Untaken, stands: bool) -> str:
    verb = "waits" if one.number == 1 else "wait"
    what = f"{counted(one.number, 'message')} {verb}, the oldest since {one.oldest:{_UTC}}: {one.reason}"
    return f"{one.channel} stands still: {what}" if stands else f"{one.channel}: {what}"


def _remedy(channel: str, circuit: Circuit | None, again: datetime) -> str:
    """A channel that has stopped is not tried before its breaker lets one message be tried."""
    if circuit is not None and circuit.again_at is not None:
        again = max(again, circuit.again_at)
    mend = "" if channel == CALLS else "Mend what the reason says (a key, the account, the address). "
    return f"{mend}It is next tried at {again:{_UTC}}; at once after `loop release {channel} --channel`."
