"""Where calls go."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.addresses import fault_of
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found
from loyaltyloop.journey.schema.steps import CallFile


def _address(context: Context) -> Iterator[Found]:
    for source, path, url, near in _addresses(context):
        if fault := fault_of(url, near):
            yield found(source, path, *fault, "value")


def _addresses(context: Context) -> Iterator[tuple[Source, Path, str, bool]]:
    """Each with its place; those of shop.yaml's hooks may be near."""
    if context.shop is not None:
        for name, hook in (context.shop.file.hooks or {}).items():
            yield context.shop.source, ("hooks", name, "url"), hook.url, True
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, CallFile) and one.file.url is not None:
                yield seen.read.source, (*one.path, "url"), one.file.url, False


RULES = (Rule("hook-address", "error", "An address that no call may go to.", _address, alone=True),)
