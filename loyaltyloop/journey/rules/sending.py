"""When messages leave, what they ask, and gifts that run out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loyaltyloop.journey.clock.times import WEEKDAYS, Duration
from loyaltyloop.journey.model import Ask, At, Give, Send, Step, Wait
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.rules.template_files import sent_templates
from loyaltyloop.journey.rules.vouchers import valid_of
from loyaltyloop.journey.schema.steps import AskFile, MessageFile
from loyaltyloop.journey.showing.graph import least_days

_ORDERED = ("Order Completed", "Checkout Started", "Payment Info Entered", "Order Updated")


def _expires_first(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for step in seen.journey:
            send = step.action.send if isinstance(step.action, Ask) else step.action
            match send:
                case Send(at=At() as at, expires_after=Duration() as life):
                    days = _longest_gap(at.days) if at.days else 1
                    if life.at_most_days() < days:
                        wait = f"up to {days} days pass" if days > 1 else "up to a day passes"
                        moment = "day" if at.days else "time"
                        yield seen.found(
                            (*seen.path_of[step.name], "on" if at.days else "at"),
                            f"{wait} until such a {moment}, and the message expires after {life}",
                            f"Write 'expires_after: {days + 1} days', or more days.",
                        )


def _longest_gap(days: tuple[str, ...]) -> int:
    marked = sorted(WEEKDAYS.index(day) for day in set(days))
    pairs = zip(marked, [*marked[1:], marked[0] + 7], strict=True)
    return max(later - earlier for earlier, later in pairs)


def _best_twice(context: Context) -> Iterator[Found]:
    """The turn that lets them go comes at their good hour or later: the next such hour is tomorrow's."""
    for seen in context.journeys:
        for step in seen.journey:
            match step.action:
                case Wait(at=At(best=True)) if step.after and _sent_at_best(seen.steps[step.after]):
                    yield seen.found(
                        (*seen.path_of[step.after], "at"),
                        f"the wait before it ('{step.name}') ends at the good hour: this waits for the next",
                        "Delete 'at: best' here, or there.",
                    )


def _sent_at_best(step: Step) -> bool:
    send = step.action.send if isinstance(step.action, Ask) else step.action
    return isinstance(send, Send) and send.at is not None and send.at.best


def _answers(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, AskFile):
                for name, text in (one.file.answers or {}).items():
                    if text is None or not text.strip():
                        yield seen.found(
                            (*one.path, "answers", name),
                            f"the answer '{name}' has no text",
                            'Write it behind the colon. A text with a comma needs quotes: "Yes, please".',
                        )


# ── vouchers ────────────────────────────────────────────────────────────────


def _outlives_voucher(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for step in seen.journey:
            match step.action:
                case Give() as give if (valid := valid_of(context, give)) is not None:
                    yield from _long_waits(seen, step.name, valid.at_most_days())
                    yield from _late_messages(context, seen, step.name, valid.at_most_days())


def _long_waits(seen: Seen, gift: str, life: float) -> Iterator[Found]:
    for step in seen.journey:
        match step.action:
            case Wait(duration=Duration() as wait) if gift in seen.possibly_before.get(step.name, ()):
                if wait.at_most_days() > life:
                    message = f"this wait is longer than what '{gift}' gives is valid"
                    yield seen.found(
                        seen.path_of[step.name], message, "Wait less, or give it a longer 'valid'."
                    )


def _late_messages(context: Context, seen: Seen, gift: str, life: float) -> Iterator[Found]:
    """It is valid from the first message that shows it; a later one may show what has run out."""
    shown = {
        sent.step
        for sent in sent_templates(context)
        if sent.seen is seen and any(use.path[0] == gift for use in sent.reached.uses)
    }
    for first in sorted(shown):
        for step, days in least_days(seen.journey, first).items():
            if step in shown and days > life:
                message = f"when '{step}' comes, what '{gift}' gave with '{first}' has run out"
                yield seen.found(seen.path_of[step], message, "Send it sooner, or give it a longer 'valid'.")


def _early_review(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        events = seen.file.enter.event or ()
        if not set(events) & set(_ORDERED) or _knows_delivery(seen):
            continue
        for one in seen.placed:
            if isinstance(one.file, MessageFile) and _about_review(one.name, one.file.template):
                yield seen.found(
                    one.path,
                    "this asks for a review, and nothing here waits until the order was delivered",
                    "Enter by 'event: Order Delivered', or 'wait_for' it: "
                    "'when: {order: {status: delivered}}'.",
                )
                break


def _about_review(name: str, template: str) -> bool:
    return any(word in ("review", "reviews") for word in re.split(r"[^a-z]+", f"{name} {template}".lower()))


def _knows_delivery(seen: Seen) -> bool:
    text = "\n".join(seen.read.source.lines).lower()
    return "delivered" in text or "fulfilled" in text


RULES = (
    Rule(
        "expires-first", "warning", "A message that may expire before its day or hour comes.", _expires_first
    ),
    Rule("best-twice", "warning", "A good hour that is waited for twice.", _best_twice),
    Rule("answer-text", "error", "An answer without a text.", _answers, alone=True),
    Rule("outlives-voucher", "warning", "A wait longer than a voucher's life.", _outlives_voucher),
    Rule("early-review", "warning", "A request for a review before the order was delivered.", _early_review),
)
