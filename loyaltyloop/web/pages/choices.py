"""What the preferences' page offers, and what a form of it said.

A choice is what differs from what was shown. A form may be sent that was opened long ago: what its reader
left as it was must not undo what they said elsewhere since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from loyaltyloop.journey.clock.times import Duration, to_local
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.consents.consent import CHANNELS, PURPOSES
from loyaltyloop.store.consents.preferences import Wishes
from loyaltyloop.store.consents.ways import Ways
from loyaltyloop.store.people.customers import read_birthday
from loyaltyloop.store.segment import Call
from loyaltyloop.web.pages.calls import NO_MATTER, Choice, Said
from loyaltyloop.web.pages.texts import Texts

PAUSE = Duration.of("30 days")
RHYTHMS = ("normal", "less", "pause")
Form = Mapping[str, str]


class WrongBirthday(Exception):
    """What was written cannot be a date of birth."""


@dataclass(frozen=True)
class Page:
    """What a page is made for: the shop, its reader's words, wishes and channels, the present instant."""

    shop: Shop
    texts: Texts
    wishes: Wishes
    said: Said
    ways: Ways = field(default_factory=Ways)

    @property
    def today(self) -> date:
        """The day where the reader lives."""
        return to_local(self.said.at, self.said.by.zone).date()

    @property
    def paused(self) -> datetime | None:
        """When their pause ends, while there is one."""
        until = self.wishes.paused_until
        return until if until is not None and until > self.said.at else None

    @property
    def often(self) -> str:
        """How often they want to hear as things stand: a pause that has ended is none."""
        if self.paused:
            return "pause"
        return "normal" if self.wishes.often == "pause" else self.wishes.often

    def consents(self) -> Iterator[tuple[str, str, bool]]:
        """Each channel and purpose that is offered, and whether it is given; as the gate asks for it.

        E-mail always; another channel to whoever has answered about it before, or can be reached by it where
        journeys send such messages.
        """
        for channel in CHANNELS:
            for purpose in PURPOSES:
                answer = self.wishes.consents.get((channel, purpose))
                sent = channel in self.ways.reached and (channel, purpose) in self.ways.sent
                if channel == "email" or answer is not None or sent:
                    yield channel, purpose, purpose == "service" if answer is None else answer

    @property
    def best(self) -> str:
        """By which channel they like to hear best, or that it does not matter."""
        return self.wishes.channel or NO_MATTER

    def channels(self) -> tuple[str, ...]:
        """What can be liked best; nothing, where there is only one channel.

        Those by which journeys send or the reader can be reached, and the one that they have named before.
        """
        known = {channel for channel, _ in self.ways.sent} | self.ways.reached | {self.best}
        found = tuple(channel for channel in CHANNELS if channel in known)
        return (NO_MATTER, *found) if len(found) > 1 else ()

    def wording(self, channel: str, purpose: str) -> str:
        """All that is shown beside a consent's box."""
        place = f"consent.{channel}_{purpose}"
        return f"{self.texts.say(place)}. {self.texts.say(f'{place}_about')}"


def calls(page: Page, form: Form) -> list[Call]:
    """What the form changes: nothing, where it says what was shown. WrongBirthday: nothing at all."""
    birthday = _birthday(page, form)
    chosen = [*_topics(page, form), *_rhythm(page, form)]
    preferred = [page.said.prefers(chosen, **_wishes(page, chosen))] if chosen else []
    return [*_answers(page, form), *preferred, *_best(page, form), *birthday]


def stopped(page: Page) -> list[Call]:
    """No e-mail any more but what orders and accounts need."""
    wording = f"{page.texts.say('stop.about')} [{page.texts.say('stop.button')}]"
    return [page.said.consent("email", purpose, False, wording) for purpose in PURPOSES]


def _answers(page: Page, form: Form) -> Iterator[Call]:
    for channel, purpose, _ in page.consents():
        if (given := _changed(form, f"consent.{channel}.{purpose}")) is not None:
            yield page.said.consent(channel, purpose, given, page.wording(channel, purpose))


def _changed(form: Form, field: str) -> bool | None:
    """What a box says now; None if it is as it was shown, or was not shown."""
    shown, now = form.get(f"shown.{field}"), field in form
    return None if shown not in ("yes", "no") or (shown == "yes") is now else now


def _topics(page: Page, form: Form) -> Iterator[Choice]:
    legend, about = page.texts.say("topics.legend"), page.texts.say("topics.about")
    for topic in page.shop.topics:
        if (on := _changed(form, f"topic.{topic.name}")) is not None:
            text = topic.text(page.texts.language)
            yield Choice("topic", topic.name, on, f"{legend}: {text}. {about}")


def _rhythm(page: Page, form: Form) -> Iterator[Choice]:
    often = form.get("often")
    if often in RHYTHMS and often != form.get("shown.often"):
        legend, name, about = (
            page.texts.say(f"often.{each}") for each in ("legend", often, f"{often}_about")
        )
        yield Choice("often", often, True, f"{legend}: {name}. {about}")


def _best(page: Page, form: Form) -> Iterator[Call]:
    channel = form.get("best")
    if channel in page.channels() and form.get("shown.best") not in (None, channel):
        legend, name, about = (page.texts.say(f"best.{each}") for each in ("legend", channel, "about"))
        yield page.said.likes(None if channel == NO_MATTER else channel, f"{legend} {name}. {about}")


def _wishes(page: Page, chosen: Sequence[Choice]) -> dict[str, object]:
    """What was chosen, as `Preference Updated` says it."""
    found: dict[str, object] = {}
    topics = {one.which: one.chosen for one in chosen if one.about == "topic"}
    if topics:
        off = (page.wishes.topics_off | set(topics)) - {name for name, on in topics.items() if on}
        found["topics_off"] = sorted(off)
    for one in chosen:
        if one.about == "often":
            until = pause_end(page).isoformat() if one.which == "pause" else None
            found |= {"often": one.which, "paused_until": until}
    return found


def pause_end(page: Page) -> datetime:
    """When a pause that begins now ends: by their own calendar."""
    return PAUSE.after(page.said.at, page.said.by.zone)


def _birthday(page: Page, form: Form) -> list[Call]:
    written = form.get("birthday", "").strip()
    if not written:
        forget = page.texts.say("birthday.forget")
        return [page.said.born(None, forget)] if "forget_birthday" in form else []
    day = read_birthday(written, page.today - timedelta(days=1))
    if day is None:
        raise WrongBirthday
    about = page.texts.say("birthday.known" if page.wishes.has_birthday else "birthday.unknown")
    return [page.said.born(day, f"{page.texts.say('birthday.label')}. {about}")]
