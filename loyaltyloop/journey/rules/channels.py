"""Channels that a message may take, and the templates for them."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.rules.rule import Context, Found, Rule
from loyaltyloop.journey.schema.steps import MessageFile
from loyaltyloop.journey.written import ENDINGS, written_for


def _one_channel(context: Context) -> Iterator[Found]:
    """Where the channel is open, there are templates for at least two."""
    for seen in context.journeys:
        for one in seen.placed:
            file = one.file
            if not isinstance(file, MessageFile):
                continue
            best, others = file.channel == "best", file.if_blocked == "other_channel"
            written = written_for(file.template, context.templates)
            if not (best or others) or len(written) > 1 or not written:
                continue
            missing = [
                f"templates/{file.template}{end}" for name, end in ENDINGS.items() if name not in written
            ]
            word = "channel" if best else "if_blocked"
            alone = f"'{file.template}' is written for {written[0]} alone"
            message = f"there is no other channel to go by: {alone}"
            remedy = f"Write {' or '.join(missing)} too, or take '{word}' out."
            yield seen.found((*one.path, word), message, remedy, "value")


RULES = (
    Rule(
        "one-channel",
        "error",
        "A channel that is left open, and a template for one channel alone.",
        _one_channel,
    ),
)
