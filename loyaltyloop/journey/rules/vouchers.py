"""Vouchers that nobody is shown, that never run out where one waits for it, or of which there is no telling
what happens when there are none.
"""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Give, Pool, Until, Wait, WaitFor
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.rules.template_files import sent_templates
from loyaltyloop.journey.schema.steps import GiveFile, WaitFile, WaitForFile


def pool_of(context: Context, give: Give) -> Pool | None:
    """The pool of shop.yaml; None: it has none of that name, or the gift is no voucher."""
    pools = context.shop.shop.vouchers if context.shop else ()
    return next((pool for pool in pools if pool.name == give.voucher), None)


def valid_of(context: Context, give: Give) -> Duration | None:
    """How long the gift is valid, as the step or its pool says."""
    pool = pool_of(context, give)
    return give.valid or (pool.valid if pool else None)


def _gives(seen: Seen) -> Iterator[tuple[str, Give]]:
    for step in seen.journey:
        if isinstance(step.action, Give) and step.action.voucher is not None:
            yield step.name, step.action


def _showing(context: Context, seen: Seen, gift: str) -> set[str]:
    """The steps whose messages name it."""
    own = (sent for sent in sent_templates(context) if sent.seen is seen)
    return {sent.step for sent in own if any(use.path[0] == gift for use in sent.reached.uses)}


def _never_shown(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for name, _ in _gives(seen):
            if not _showing(context, seen, name):
                message = f"no message shows what '{name}' gives: its code goes back when the journey ends"
                remedy = f"Write {{{{ {name}.code }}}} in a template that is sent behind it."
                yield seen.found(seen.path_of[name], message, remedy)


def _no_end(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        gives = {step.name: step.action for step in seen.journey if isinstance(step.action, Give)}
        for step in seen.journey:
            match step.action:
                case Wait(until=Until(source=source)) | WaitFor(until=Until(source=source)):
                    gift = source.removesuffix(".expires")
                    if gift == source or gift not in gives:
                        continue
                    if gives[gift].voucher is None:
                        yield _no_code(seen, (*seen.path_of[step.name], "until"), gift, gives[gift])
                    else:
                        yield from _cannot_end(context, seen, step.name, gift, gives[gift])


def _no_code(seen: Seen, path: Path, gift: str, give: Give) -> Found:
    """Only codes run out for one who waits, and are redeemed: of points and badges nobody hears either."""
    what = "a badge" if give.badge is not None else "points"
    end = "runs out for a wait" if path[-1] == "until" else "is redeemed by an order"
    message = f"what '{gift}' gives is {what}: only a voucher {end}"
    return seen.found(path, message, "Name a 'give' step with a voucher, or ask for something else.")


def _never_redeemed(context: Context) -> Iterator[Found]:
    by_source = {id(seen.read.source): seen for seen in context.journeys}
    for source, _, place in context.conditions:
        seen, name = by_source.get(id(source)), place.condition.redeemed
        if seen is None or name not in seen.steps:
            continue
        action = seen.steps[name].action
        if isinstance(action, Give) and action.voucher is None:
            yield _no_code(seen, (*place.path, "redeemed"), name, action)


def _cannot_end(context: Context, seen: Seen, step: str, gift: str, give: Give) -> Iterator[Found]:
    pool = pool_of(context, give)
    path = (*seen.path_of[step], "until")
    if valid_of(context, give) is None and pool is not None and pool.pattern is not None:
        message = f"what '{gift}' gives never runs out"
        yield seen.found(path, message, f"Say how long it is valid: 'valid: 14 days' at '{gift}'.")
    elif not _showing(context, seen, gift) & seen.possibly_before.get(step, frozenset()):
        message = f"no message before '{step}' shows what '{gift}' gives: until then it has no end"
        yield seen.found(path, message, "Put the wait behind the message that shows it.")


def _end_unseen(context: Context) -> Iterator[Found]:
    """Its message may be refused: then nobody knows the end, and the wait for it is over at once."""
    for seen in context.journeys:
        vouchers = dict(_gives(seen))
        for one in seen.placed:
            if not isinstance(one.file, WaitFile | WaitForFile) or one.file.if_past is not None:
                continue
            gift, dot, word = (one.file.until or "").partition(".")
            if dot and word == "expires" and gift in vouchers:
                message = f"this ends at once for whoever was never shown what '{gift}' gives"
                remedy = (
                    "Say what becomes of them: 'if_past: leave' (the journey), 'skip' (the next step is "
                    "passed over, too) or 'proceed'."
                )
                yield seen.found((*one.path, "until"), message, remedy)


def _may_be_empty(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            give = one.file
            step = seen.steps.get(one.name)
            if not isinstance(give, GiveFile) or step is None or "if_empty" in give.model_fields_set:
                continue
            pool = pool_of(context, step.action) if isinstance(step.action, Give) else None
            if pool is not None and pool.pattern is None:
                message = (
                    f"the codes of '{pool.name}' come to an end, and nothing is said of what happens then"
                )
                remedy = (
                    "Write 'if_empty: skip' (messages that show it are passed over) or 'if_empty: leave'."
                )
                yield seen.found(one.path, message, remedy)


def _no_chance(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, GiveFile) and one.file.chance is not None and not 0 < one.file.chance < 1:
                who = "nobody" if one.file.chance == 0 else "everybody"
                message = f"with this chance {who} gets it"
                yield seen.found((*one.path, "chance"), message, "Write a share between, or leave it out.")


RULES = (
    Rule("gift-not-shown", "warning", "A voucher that no message shows.", _never_shown),
    Rule("gift-without-end", "error", "A wait for the end of what has none.", _no_end),
    Rule("end-unseen", "warning", "A wait for the end of what some were never shown.", _end_unseen),
    Rule("never-redeemed", "error", "Points or a badge that an order should redeem.", _never_redeemed),
    Rule(
        "empty-pool",
        "warning",
        "A pool of codes, and no word on what happens when it is empty.",
        _may_be_empty,
    ),
    Rule("no-chance", "error", "A chance of 0% or 100%.", _no_chance),
)
