"""The claim: one transaction in which the gate judges messages and stores the bytes of those that leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, case, func, literal, update

from loyaltyloop.channels.claiming import turning
from loyaltyloop.channels.claiming.candidates import Group, load_groups
from loyaltyloop.channels.claiming.doubt import Repeats, in_doubt
from loyaltyloop.channels.claiming.gate import Moment, Verdict, judge
from loyaltyloop.channels.claiming.leases import LEASE, present
from loyaltyloop.channels.claiming.outbox import body, let_go, message
from loyaltyloop.channels.claiming.room import address_of, load_room
from loyaltyloop.channels.claiming.turning import Turned, turn
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.baskets import add_baskets
from loyaltyloop.channels.values.context import Names, names_for
from loyaltyloop.channels.values.gifts import Showing, add_gifts, check_gifts
from loyaltyloop.channels.values.offered import Offers
from loyaltyloop.channels.values.questions import add_asked
from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.journey import routes
from loyaltyloop.journey.model import CALLS, Shop
from loyaltyloop.store.bulk import fill_temporary, insert_rows
from loyaltyloop.store.consents import suppression
from loyaltyloop.store.consents.withdrawals import withdrawn_meanwhile
from loyaltyloop.store.inside.cohorts import end, ended_state
from loyaltyloop.store.live.versions import load_versions
from loyaltyloop.store.telling.stopped import stopped


@dataclass(frozen=True)
class Desk:
    """What a claim works with for one channel's messages.

    `via`: the name of the way out; `by`: of the delivery that claims; `repeats`: may it hand over once more
    what was first claimed for that way out so long ago? `clock`: tells the present; None: time is made up.
    """

    now: datetime
    shop: Shop
    renderer: Renderer
    channel: str
    via: str
    by: str
    recorded: int  # withdrawals by events newer than this one (an id) count, whenever they arrived
    repeats: Repeats = lambda *_: True
    clock: Callable[[], datetime] | None = None

    def uses_of(self, template: str) -> frozenset[str]:
        """The names that a template of this channel uses."""
        return CHANNELS[self.channel].uses(self.renderer, template)

    def shows_basket(self, template: str) -> bool:
        """Does the template name the customer's basket?"""
        return any(path.partition(".")[0] == "cart" for path in self.uses_of(template))


@dataclass
class Claimed:
    """What a claim decided: the keys of those that leave, and how many were held or refused."""

    keys: dict[str, list[str]] = field(default_factory=dict)  # by channel, in their order
    counts: dict[str, int] = field(default_factory=dict)


def claim(connection: Connection, desks: Mapping[str, Desk], keys: Sequence[str]) -> Claimed:
    """Judge these messages in their order, render what may leave, and store both. The caller commits.

    `desks`: by channel, all of one turn.
    """
    desk = next(iter(desks.values()))  # what they share

    def uses_of(channel: str, template: str) -> frozenset[str]:
        return desks[channel].uses_of(template)

    groups = load_groups(connection, desk.shop, desk.now, uses_of, keys)
    rows = _in_order(groups, keys)
    objections, leaving = _objections(groups)
    customers = {row.customer_id for row in rows}
    withdrawn = frozenset(withdrawn_meanwhile(connection, customers, desk.recorded))
    room = load_room(connection, desk.shop.caps, rows, desk.now)
    suppressed = suppression.stopped(connection, _addressed(connection, rows), desk.recorded)
    moment = Moment(
        *(desk.now, desk.shop, objections, desk.clock() if desk.clock else None),
        *(withdrawn, room, suppressed, stopped(connection)),
    )
    verdicts = {
        row.key: in_doubt(row, judge(row, moment), desk.now, desks[row.channel].repeats) for row in rows
    }
    turned = _turn(rows, verdicts, desk.now)
    letters = _store_bodies(connection, desks, groups, verdicts)
    _make_room(verdicts, desk.now)
    _store(connection, desks, rows, verdicts, letters)
    turning.write(connection, turned)
    for (name, reason), members in leaving.items():
        ended = ended_state(load_versions(connection, name)[-1].journey)
        end(connection, desk.now, reason, members, f"left at the hand-over: {reason}", ended)
    let_go(connection, [key for key, verdict in verdicts.items() if verdict.state in ("refused", "unknown")])
    return Claimed(_by_channel(rows, letters), _count(verdicts))


def _make_room(verdicts: dict[str, Verdict], now: datetime) -> None:
    """Who was behind a message that could not be written is looked at again by the next claim."""
    for key, verdict in verdicts.items():
        if any(one in verdicts and verdicts[one].state == "refused" for one in verdict.behind):
            verdicts[key] = Verdict("held", verdict.reason, now)


def _turn(rows: Sequence[Row[Any]], verdicts: dict[str, Verdict], now: datetime) -> Turned:
    """Messages that are refused for a reason that lies in their channel take the next of their routes."""
    found: Turned = {}
    for row in rows:
        verdict = verdicts[row.key]
        to = turn(row, verdict.reason) if verdict.by_channel and verdict.state == "refused" else None
        if to is not None:
            channel, told = found[row.id] = to
            over = Verdict("refused", routes.reasons(told))
            verdicts[row.key] = over if channel is None else Verdict("planned", "", now)
    return found


def _by_channel(rows: Sequence[Row[Any]], letters: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.key in letters:
            found.setdefault(row.channel, []).append(row.key)
    return found


def _addressed(connection: Connection, rows: Sequence[Row[Any]]) -> list[suppression.Waiting]:
    """The messages, with where they would go: a push has no address, and a call is made to no customer."""
    phones = suppression.phones(connection, {row.customer_id for row in rows if row.channel == "sms"})
    return [
        suppression.Waiting(
            row.key,
            row.customer_id,
            row.channel,
            row.purpose,
            row.email if row.channel == "email" else phones.get(row.customer_id),
        )
        for row in rows
        if row.channel in ("email", "sms") and row.zone is not None
    ]


def _count(verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for verdict in verdicts.values():
        if verdict.state not in ("claimed", "planned"):
            counts[verdict.state] = counts.get(verdict.state, 0) + 1
    return counts


def _in_order(groups: Sequence[Group], keys: Sequence[str]) -> list[Row[Any]]:
    found = {row.key: row for group in groups for row in group.rows}
    return [found[key] for key in keys if key in found]


Leaving = dict[tuple[str, str], list[int]]  # journey and reason → enrolments


def _objections(groups: Sequence[Group]) -> tuple[dict[str, str], Leaving]:
    """Messages whose journey's `leave_when`, or whose step's `if`, objects; and whose enrolments leave."""
    objections: dict[str, str] = {}
    leaving: Leaving = {}
    for group in groups:
        for row in group.rows:
            if row.objection is None or row.ended_at is not None or row.zone is None:
                continue
            objection = group.objections[row.objection]
            objections[row.key] = objection.why
            if objection.left is not None:
                leaving.setdefault((row.journey, objection.left), []).append(row.enrolment_id)
    return objections, leaving


_BODY = ("message_id", "html", "text", "links", "unsubscribe", "question")


class _Envelope(NamedTuple):
    """From whom and to whom a message leaves, its subject, and the `recommend` steps that it shows."""

    sender: str
    to: str
    subject: str
    offers: str | None


def _store_bodies(
    connection: Connection, desks: Mapping[str, Desk], groups: Sequence[Group], verdicts: dict[str, Verdict]
) -> dict[str, _Envelope]:
    """Write what may leave and store it; the envelopes by key. What cannot be written is refused.

    Each body is let go when it is stored: rendering them all first takes a third longer, as their memory is
    new each time.
    """
    envelopes: dict[str, _Envelope] = {}
    showing = Showing()
    waiting = []
    for group in groups:
        rows = [row for row in group.rows if verdicts[row.key].state == "claimed"]
        if rows:
            desk = desks[rows[0].channel]
            names = names_for(connection, rows, group.people, desk.shop, Offers(group.offers, desk.now))
            add_asked(connection, names, rows, group.questions)
            if desk.shows_basket(rows[0].template):
                calls = desk.channel == CALLS
                add_baskets(connection, names, rows, desk.shop, desk.now, whole=calls)
            CHANNELS[desk.channel].know(connection, rows, names)
            shown = add_gifts(connection, names, rows, group.gives, group.people, desk.shop, desk.now)
            showing.reserved.update(shown.reserved)
            waiting.append((desk, rows, group, names))

    def bodies() -> Iterator[tuple[Any, ...]]:
        for desk, rows, group, names in waiting:
            channel = CHANNELS[desk.channel]
            question = group.question.as_document() if group.question else None
            offers = " ".join(sorted(group.offers)) or None
            for row in rows:
                key, own = row.key, names.pop(row.key)
                try:
                    _check_offers(group, own)
                    _check_basket(desk, row.template, own)
                    check_gifts(own)
                    letter = channel.write(desk.renderer, desk.shop, group, row, own)
                except CannotRender as error:
                    verdicts[key] = in_doubt(row, Verdict("refused", str(error)), desk.now, desk.repeats)
                    continue
                envelopes[key] = _Envelope(letter.sender, letter.to, letter.subject, offers)
                if not letter.stored:
                    yield row.id, letter.html, letter.text, letter.links, letter.unsubscribe, question

    insert_rows(connection, body, _BODY, bodies())
    if showing.reserved:
        showing.commit(connection, envelopes, next(iter(desks.values())).now)
    return envelopes


def _check_offers(group: Group, names: Names) -> None:
    for step in group.offers:
        if step in names and names[step] is None:
            raise CannotRender("products", f"too few for {step}")


def _check_basket(desk: Desk, template: str, names: Names) -> None:
    if "cart" in names and names["cart"] is None and desk.renderer.needs(template, "cart", desk.channel):
        raise CannotRender("basket", "nothing in it can be had")


def _store(
    connection: Connection,
    desks: Mapping[str, Desk],
    rows: list[Row[Any]],
    verdicts: dict[str, Verdict],
    envelopes: dict[str, _Envelope],
) -> None:
    """Write what was decided, and on those that leave from whom, to whom and with which subject."""
    decided = [
        (
            *(row.id, desks[row.channel].via, row.zone, address_of(row)),
            *_decided(verdicts[row.key], envelopes.get(row.key)),
        )
        for row in rows
    ]
    types = {"id": int, "via": str, "zone": str, "address": str, "state": str, "reason": str}
    types |= {"due_at": datetime, "sender": str, "to": str, "subject": str, "offers": str}
    new = fill_temporary(connection, "verdict", types, decided)
    leaves = new.c.state == "claimed"
    desk = next(iter(desks.values()))
    # What is held with the bytes that it was tried with keeps the subject that goes with them.
    of_letter = ("via", "sender", "to", "subject", "offers", "zone", "address")
    leaving: dict[str, Any] = {name: new.c[name] for name in of_letter}
    first = case(
        (message.c.handed_over_at.is_not(None), message.c.claimed_at),
        else_=literal(desk.now, message.c.claimed_at.type),
    )
    leaving |= {"claimed_at": first, "handed_over_at": desk.now, "shop": desk.shop.digest}
    leaving |= {"claimed_by": desk.by, "leased_until": present(connection, LEASE)}
    for handed, extra in ((leaves, leaving), (~leaves, {})):
        connection.execute(
            update(message)
            .where(and_(message.c.id == new.c.id, handed))
            .values(
                state=new.c.state,
                reason=new.c.reason,
                due_at=func.coalesce(new.c.due_at, message.c.due_at),
                **extra,
            )
        )


def _decided(verdict: Verdict, envelope: _Envelope | None) -> tuple[str | datetime | None, ...]:
    return verdict.state, verdict.reason, verdict.until, *(envelope or (None,) * 4)
