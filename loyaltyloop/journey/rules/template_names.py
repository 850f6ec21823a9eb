"""Names in templates: those that there are, spelt right, with a default where a customer may lack them."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.conditions.condition import About, Condition, walk
from loyaltyloop.journey.conditions.demanding import demands
from loyaltyloop.journey.conditions.facts import CART, CUSTOMER, ORDER
from loyaltyloop.journey.listed import Part, listed_parts
from loyaltyloop.journey.model import (
    ByDate,
    BySchedule,
    ByState,
    Recommend,
    Score,
    Step,
    Until,
    Wait,
    WaitFor,
)
from loyaltyloop.journey.reading.mistakes import alike, did_you_mean
from loyaltyloop.journey.rules.entering import started
from loyaltyloop.journey.rules.fields import attributes
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.rules.template_files import Sent, at_line, sent_templates
from loyaltyloop.journey.schema.steps import AskFile, GiveFile, RecommendFile, ScoreFile
from loyaltyloop.journey.templates import Names, Use

# Names in every template, with their fields; None: whatever arrived.
_NAMES: dict[str, frozenset[str] | None] = {
    "customer": None,
    "trigger": None,
    "order": frozenset(ORDER) | {"ordered_at", "updated_at"},
    "cart": frozenset(CART),
    "shop": frozenset(("name", "url", "country", "currency", "timezone", "language", "sender", "brand")),
    "links": frozenset(("unsubscribe", "preferences", "view")),
    "message": frozenset(("key", "journey", "step", "purpose")),
    "language": None,
    "direction": None,
}
# What bodies of calls have instead: nobody follows links there.
_OF_CALLS: dict[str, frozenset[str] | None] = {
    **{name: fields for name, fields in _NAMES.items() if name not in ("links", "language", "direction")},
    "enrolment": frozenset(("journey", "step", "one_per", "entered_at", "decided_at")),
}
# Products as messages show them: of a `recommend` step also why they were chosen, of a basket how many.
_OF_PRODUCT = frozenset(
    ("product_id", "name", "category", "price", "currency", "url", "image_url", "in_stock")
)
_OF_PICK = _OF_PRODUCT | {"reason", "source", "model", "explores"}
_OF_LINE = _OF_PRODUCT | {"quantity", "variant"}
_OF_ANSWER = frozenset(("value", "text", "url"))
_OF_CUSTOMER = frozenset(CUSTOMER) | {"key", "zone", "often", "referral_link"}
_OF_GIVE = frozenset(("code", "value", "expires"))
_OF_ASK = frozenset(("links", "answers", "question", "low", "high", "answer", "answer_text", "comment"))
# Every customer has these; all else may be unknown.
_ALWAYS = frozenset(
    (
        "email",
        "orders",
        "lifetime_value",
        "points",
        "badges",
        "open_cases",
        "tags",
        "created_at",
        "key",
        "zone",
        "often",
    )
)


_UNSURE = ("url", "value")  # of a basket: where it is, and what a product costs, the shop need not tell

Results = dict[str, frozenset[str] | None]
Lists = dict[Names, tuple[str, frozenset[str]]]  # the path of a list: what each thing in it is, its fields


def _steps(sent: Sent) -> Results:
    """Steps of the journey whose results a template may name, with the fields of each."""
    found: Results = {}
    for one in sent.seen.placed:
        match one.file:
            case RecommendFile() | ScoreFile():
                found[one.name] = frozenset()
            case GiveFile():
                found[one.name] = _OF_GIVE
            case AskFile():
                found[one.name] = _OF_ASK
    return found


def _uses(context: Context) -> Iterator[tuple[Sent, Use, Results]]:
    """Each name in a message's template, once, with the results of steps that it may be."""
    told: set[tuple[str, int, tuple[str, ...], str]] = set()
    for sent in sent_templates(context):
        steps = _steps(sent)
        for use in sent.reached.uses:
            key = (use.file, use.line, use.path, f"{sent.seen.journey.name}.{sent.step}")
            if key not in told:
                told.add(key)
                yield sent, use, steps


def _unknown_name(context: Context) -> Iterator[Found]:
    for sent, use, steps in _uses(context):
        name, names = use.path[0], _OF_CALLS if sent.call else _NAMES
        if name not in names and name not in steps:
            remedy = did_you_mean(name, [*names, *steps], "Names here")
            yield at_line(context, use.file, use.line, f"there is nothing called '{name}'", remedy, name)
            continue
        fields = names[name] if name in names else steps[name]
        if fields is not None and len(use.path) > 1 and use.path[1] not in fields and use.path[1][:1] != "_":
            remedy = (
                did_you_mean(use.path[1], fields, f"Fields of '{name}'") if fields else _whole(sent, name)
            )
            message = f"'{name}' has no '{use.path[1]}'"
            yield at_line(context, use.file, use.line, message, remedy, f"{name}.{use.path[1]}")


def _whole(sent: Sent, name: str) -> str:
    """How a result without fields is printed."""
    step = sent.seen.steps.get(name)
    if step is not None and isinstance(step.action, Recommend):
        loop = f"{{% for product in {name} %}}{{{{ product.name }}}}{{% endfor %}}"
        return f"'{name}' is a list of products: write {loop}."
    return f"'{name}' is a number: write {{{{ {name} }}}}."


def _unknown_part(context: Context) -> Iterator[Found]:
    """A field that no product of a list has, or no answer."""
    read: dict[str, list[Part]] = {}
    for sent in sent_templates(context):
        for file in sent.reached.files:
            if file not in read:
                read[file] = listed_parts(context.parsed, file)
        lists = _lists(sent)
        for part in (part for file in sent.reached.files for part in read[file]):
            what, fields = lists.get(part.of, ("", None))
            if fields is not None and part.field not in fields and part.field[:1] != "_":
                message = f"{what} of '{'.'.join(part.of)}' has no '{part.field}'"
                remedy = did_you_mean(part.field, fields, "Its fields are")
                yield at_line(context, part.file, part.line, message, remedy, part.field)


def _lists(sent: Sent) -> Lists:
    """The lists that a template may loop over."""
    found: Lists = {("cart", "products"): ("a product", _OF_LINE)}
    for one in sent.seen.placed:
        match one.file:
            case RecommendFile():
                found[(one.name,)] = ("a product", _OF_PICK)
            case AskFile():
                found[(one.name, "answers")] = ("an answer", _OF_ANSWER)
    return found


def _misspelt(context: Context) -> Iterator[Found]:
    for sent, use, _ in _uses(context):
        known = attributes(context) | _OF_CUSTOMER | ({"user_id"} if sent.call else set())
        field = use.path[1] if use.path[0] == "customer" and len(use.path) > 1 else ""
        if field and field not in known and (meant := alike(field, known)):
            message = f"'{field}' is no attribute that Loyalty Loop knows"
            remedy = f"Did you mean '{meant}'? It is right if your shop sends '{field}'."
            yield at_line(context, use.file, use.line, message, remedy, f"customer.{field}")


def _no_default(context: Context) -> Iterator[Found]:
    for sent, use, _ in _uses(context):
        if use.guarded or not use.printed:
            continue
        if len(use.path) < 2:
            yield from _no_score(context, sent, use)
            continue
        whole, field = use.path[:2]
        what = "would not be called for" if sent.call else "would not get this message"
        always = (_ALWAYS - {"email"}) | {"user_id"} if sent.call else _ALWAYS
        if whole == "customer" and field not in always and not _surely_known(context, sent, field):
            message = f"a customer without '{field}' {what}"
        elif whole == "trigger" and field != sent.seen.journey.enter.one_per:
            message = f"who enters without '{field}' (by `loop start`, say) {what}"
        elif whole == "cart" and field in _UNSURE:
            message = f"whose basket has no '{field}' {what}"
        else:
            continue
        remedy = f"Write {{{{ {whole}.{field} | default('...') }}}}, or an {{% if %}} around it."
        yield at_line(context, use.file, use.line, message, remedy, f"{whole}.{field}")


def _surely_known(context: Context, sent: Sent, field: str) -> bool:
    """Does nobody come to this message of whom this is unknown: do they enter by it, or are asked for it?"""
    enter = sent.seen.journey.enter
    asked = [enter.condition]
    match enter.by:
        case ByDate(attribute) if attribute == field:
            return True
        # Whom another journey starts is asked for no more than `if`.
        case ByState(condition) | BySchedule(_, condition) if sent.seen.journey.name not in started(context):
            asked.append(condition)
    step = sent.seen.steps.get(sent.step)
    if step is not None:
        asked += [step.condition, *(_when(sent.seen, way) for way in step.within_paths)]
    return any(demands(one, "customer", field) for one in asked if one is not None)


def _no_score(context: Context, sent: Sent, use: Use) -> Iterator[Found]:
    """A score of somebody of whom nothing is known; where a way asks for it, those behind it have one."""
    name = use.path[0]
    step = sent.seen.steps.get(name)
    if step is not None and isinstance(step.action, Score) and not _asked_for(sent, name):
        what = "would not be called for" if sent.call else "would not get this message"
        message = f"a customer of whom nothing is known has no '{name}' and {what}"
        remedy = f"Write {{{{ {name} | default('...') }}}}, or an {{% if %}} around it."
        yield at_line(context, use.file, use.line, message, remedy, name)


def _asked_for(sent: Sent, score: str) -> bool:
    """Is the score known to whoever gets this far: asked for by a condition, or waited until?"""
    step = sent.seen.steps.get(sent.step)
    if step is None:
        return False
    if any(_stops(sent.seen, name, step, score) for name in sent.seen.surely_before.get(sent.step, ())):
        return True
    whens = [_when(sent.seen, way) for way in step.within_paths]
    return any(_asks(one, score) for one in (step.condition, *whens) if one is not None)


def _stops(seen: Seen, before: str, step: Step, score: str) -> bool:
    """Does nobody whose score is unknown come from this wait, which is for its time, to the step?"""
    match seen.steps[before].action:
        case Wait(until=Until() as until) | WaitFor(until=Until() as until):
            beside = seen.journey.beside(seen.steps[before])
            inside = beside is not None and beside.name in {step.name, *_around(step)}
            passed = until.if_past == "leave" or (until.if_past == "skip" and inside)
            return until.source == f"{score}.due" and passed
        case _:
            return False


def _around(step: Step) -> Iterator[str]:
    """The steps whose paths the step stands in."""
    return (way.partition(".")[0] for way in step.within_paths)


def _when(seen: Seen, way: str) -> Condition | None:
    """What must hold for a way, as `first_answer.clicked`, to be taken."""
    name, _, taken = way.rpartition(".")
    paths = seen.steps[name].paths
    return next((path.when for path in paths if path.name == taken), None)


def _asks(condition: Condition, score: str) -> bool:
    return any(
        isinstance(part, About) and part.subject == "scored" and score in dict(part.where.fields)
        for part in walk(condition)
    )


def _not_passed(context: Context) -> Iterator[Found]:
    for sent, use, steps in _uses(context):
        name, seen = use.path[0], sent.seen
        if name not in steps or sent.step not in seen.reachable or name == sent.step:
            continue
        if name in seen.surely_before[sent.step] or _same_if(seen, name, sent.step):
            continue
        if name not in seen.possibly_before[sent.step]:
            message = f"'{name}' comes after the message '{sent.step}', or on another way"
        elif use.guarded or not use.printed:
            continue
        else:
            message = f"not everybody who gets '{sent.step}' has passed '{name}'"
        remedy = (
            f"Move '{name}' before '{sent.step}', or put {{% if {name} %}} around it where it may be missing."
        )
        yield at_line(context, use.file, use.line, message, remedy, name)


def _same_if(seen: Seen, name: str, message: str) -> bool:
    """Both are passed over for the same people, and nothing else parts them."""
    condition = seen.steps[name].condition
    together = seen.steps[name].within_paths == seen.steps[message].within_paths
    return condition is not None and condition == seen.steps[message].condition and together


RULES = (
    Rule("unknown-name", "error", "A name that templates do not have.", _unknown_name),
    Rule("unknown-part", "error", "A field that products in a list do not have.", _unknown_part),
    Rule("misspelt-name", "warning", "An attribute of the customer that is nearly a known one.", _misspelt),
    Rule("no-default", "warning", "A value that some customers lack, without a default.", _no_default),
    Rule("step-not-passed", "error", "A message that names a step not everybody passed.", _not_passed),
)
