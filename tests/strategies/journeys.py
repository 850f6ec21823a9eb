"""Random journey files: YAML text in the words of the language that the engine carries out."""

from __future__ import annotations

from io import StringIO
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.reference.models import DUE, NUMBERS
from tests.strategies.asking import (
    DURATIONS,
    EVENTS,
    LONG,
    TIMES,
    Data,
    Names,
    answered,
    did,
    joined,
    leaving,
    of_step,
    of_wait,
    rarely,
    states,
)

HOURS = st.one_of(TIMES, st.just("best"), st.just("best"))

# ── steps ──


@st.composite
def steps(draw: st.DrawFn, names: Names, depth: int, at_least: int = 0) -> list[Data]:
    """Steps one after another; only the last may leave."""
    made = [draw(step(names, depth)) for _ in range(draw(st.integers(at_least, 4 - depth)))]
    if depth and rarely(draw):
        made.append({"leave": draw(st.sampled_from(["done", "enough"]))})
    return made


@st.composite
def step(draw: st.DrawFn, names: Names, depth: int) -> Data:
    """Any one step."""
    verbs = ["send", "send", "ask", "wait", "wait", "set", "split", "call"]
    verbs += ["wait_for", "wait_for", "branch"] if depth < 2 else []
    verbs += ["start"] if names.other else []
    verbs += ["score"] if len(names.scores) < 2 else []
    verbs += ["give"] if depth == 0 and not names.gives else []
    made: Data = draw(_VERBS[draw(st.sampled_from(verbs))](names, depth))
    if rarely(draw):
        made["if"] = draw(of_step(names))
    names.gives |= "give" in made
    if sent := made.get("send") or made.get("ask"):
        names.sends = (*names.sends, sent)
    return made


@st.composite
def _send(draw: st.DrawFn, names: Names, depth: int) -> Data:
    shows = names.gives and draw(st.booleans())
    made: Data = {"send": names.new(), "template": "test/treat" if shows else "test/hello"}
    if rarely(draw):
        made["at"] = draw(HOURS)
    if rarely(draw):
        made["expires_after"] = draw(st.sampled_from(["2 hours", "10 hours", "1 day"]))
    if rarely(draw):
        made["channel"] = draw(st.sampled_from(["sms", "push", "best", "best"]))
    if rarely(draw):
        made["if_blocked"] = draw(st.sampled_from(["leave", "other_channel", "other_channel"]))
    if rarely(draw):
        made["purpose"] = draw(st.sampled_from(["service", "transactional"]))
    return made


@st.composite
def _ask(draw: st.DrawFn, names: Names, depth: int) -> Data:
    made: Data = draw(_send(names, depth))
    name, kind = made.pop("send"), draw(st.sampled_from(["answers", "scale"]))
    names.asks[name] = kind
    asked: Any = {"gift": "A gift", "myself": "For me"} if kind == "answers" else "0-10"
    return {"ask": name, "question": "What is it for?", kind: asked, **made}


@st.composite
def _wait(draw: st.DrawFn, names: Names, depth: int) -> Data:
    if rarely(draw):
        return draw(_until(names.new(), names))
    made: Data = {"wait": draw(DURATIONS)}
    if rarely(draw):
        made["reset_by"] = draw(did(within=False))
    if rarely(draw):
        made["at"] = draw(HOURS)
    if rarely(draw):
        made["on"] = draw(
            st.lists(st.sampled_from(["mon", "fri", "sun"]), min_size=1, max_size=2, unique=True)
        )
    return made


@st.composite
def _until(draw: st.DrawFn, name: str, names: Names) -> Data:
    ends = [f"{score}.due" for score, model in names.scores.items() if model == DUE]
    ends += ["treat.expires"] if names.gives else []
    what = draw(st.sampled_from(ends)) if draw(st.booleans()) and ends else "trigger.ship_on"
    made: Data = {"wait": name, "until": what}
    if rarely(draw):
        made["offset"] = draw(st.sampled_from(["-1 day", "5 hours"]))
    made["if_past"] = draw(st.sampled_from(["proceed", "skip", "leave"]))
    if rarely(draw):
        made["at"] = draw(HOURS)
    return made


@st.composite
def _wait_for(draw: st.DrawFn, names: Names, depth: int) -> Data:
    made: Data = {"wait_for": names.new(), "up_to": draw(DURATIONS)}
    if rarely(draw):
        made["since"] = draw(st.sampled_from(["entered", *names.sends]))
    if rarely(draw):
        made["reset_by"] = draw(did(within=False))
    made["paths"] = draw(_paths(names, depth, of_wait(names)))
    return made


@st.composite
def _branch(draw: st.DrawFn, names: Names, depth: int) -> Data:
    return {"branch": names.new(), "paths": draw(_paths(names, depth, of_step(names)))}


@st.composite
def _paths(draw: st.DrawFn, names: Names, depth: int, when: st.SearchStrategy[Data]) -> Data:
    before = names.sends
    made: Data = {}
    for number in range(draw(st.integers(1, 2))):
        made[f"p{number}"] = _path(draw(steps(names, depth + 1)), when=draw(when))
        names.sends = before
    made["rest"] = _path(draw(steps(names, depth + 1)))
    names.sends = before
    return made


def _path(inside: list[Data], **words: Any) -> Data:
    return {**words, "steps": inside} if inside else words


@st.composite
def _split(draw: st.DrawFn, names: Names, depth: int) -> Data:
    before, share = names.sends, draw(st.sampled_from([10, 50, 90]))
    name = names.new()
    one = _path(draw(steps(names, depth + 1)) if depth < 2 else [], share=f"{share}%")
    names.sends = before
    return {"split": name, "paths": {"a": one, "b": {"share": f"{100 - share}%"}}}


@st.composite
def _set(draw: st.DrawFn, names: Names, depth: int) -> Data:
    name = names.journey
    tags = [{"tags": {"add": [name]}}, {"tags": {"remove": [name]}}]
    moods = [{f"{name}_mood": "glad"}, {f"{name}_mood": "calm"}]
    # Of two journeys' words at one instant either may be the last.
    rhythms = [{"often": "less"}, {"often": "pause 2 days"}] if name == "alpha" else []
    return {"set": draw(st.sampled_from([*tags, *moods, *rhythms]))}


@st.composite
def _give(draw: st.DrawFn, names: Names, depth: int) -> Data:
    made: Data = {"give": "treat", "voucher": draw(st.sampled_from(["few", "few", "made"]))}
    if rarely(draw):
        made["valid"] = draw(DURATIONS)
    if rarely(draw):
        made["chance"] = "50%"
    if rarely(draw):
        made["budget"] = draw(st.sampled_from([1, 2, "1 a day", "2 a week"]))
    if rarely(draw):
        made["if_empty"] = "leave"
    return made


@st.composite
def _score(draw: st.DrawFn, names: Names, depth: int) -> Data:
    name, model = names.new(), draw(st.sampled_from(sorted(NUMBERS)))
    names.scores[name] = model
    return {"score": name, "model": model}


def _call(names: Names, depth: int) -> st.SearchStrategy[Data]:
    return st.just({"call": names.new(), "url": "https://desk.example/in"})


def _start(names: Names, depth: int) -> st.SearchStrategy[Data]:
    return st.just({"start": names.other})


_VERBS = {
    "start": _start,
    "call": _call,
    "give": _give,
    "score": _score,
    "send": _send,
    "ask": _ask,
    "wait": _wait,
    "wait_for": _wait_for,
    "branch": _branch,
    "split": _split,
    "set": _set,
}


# ── a whole file ──


@st.composite
def _by_state(draw: st.DrawFn) -> Data:
    made: Data = {"when": draw(joined(st.one_of(states(), did())))}
    made["check"] = draw(st.sampled_from(["hourly", "daily"]))
    return made | draw(st.sampled_from([{}, {"again": "after 1 day"}, {"again": "always"}]))


@st.composite
def entrance(draw: st.DrawFn) -> Data:
    """How customers come in."""
    if rarely(draw):
        return draw(_by_state())
    if rarely(draw):
        return {"date": "birthday", "at": draw(TIMES), "feb29": "feb28", "catch_up": "2 days"}
    made: Data = {"event": draw(st.sampled_from([list(EVENTS), list(EVENTS[:2]), *EVENTS]))}
    if rarely(draw):
        made["where"] = {"total": {"under": 80}}
    if rarely(draw):
        made["one_per"] = "order_id"
    made |= draw(
        st.sampled_from([{}, {}, {"again": "always"}, {"again": "after 5 hours"}, {"again": "after 2 days"}])
    )
    if "again" in made:
        made["while_inside"] = draw(st.sampled_from(["ignore", "restart", "alongside"]))
    if rarely(draw):
        made["if"] = draw(joined(st.one_of(did(), states())))
    return made


@st.composite
def journey(draw: st.DrawFn, name: str, other: str | None = None) -> str:
    """The text of a journey file; `other`: a journey that may be started from it."""
    names = Names(name, other=other)
    made: Data = {"journey": name, "about": "A made journey."}
    made["purpose"] = draw(st.sampled_from(["marketing", "marketing", "service"]))
    made["priority"] = draw(st.sampled_from([40, 50, 60]))
    made["enter"] = draw(entrance())
    if draw(st.booleans()):
        made["leave_when"] = {"away": draw(leaving(names))}
    if draw(st.booleans()):
        made["goal"] = {"did": "Order Completed", "within": draw(st.sampled_from(LONG))}
    if made["purpose"] == "marketing" and rarely(draw):
        made["holdout"] = "40%"
    made["steps"] = draw(steps(names, 0, at_least=2))
    if names.asks and rarely(draw):
        told = draw(answered(names, sorted(names.asks)))
        made["leave_when"] = {**made.get("leave_when", {}), "told": told}
    if rarely(draw):
        made["at_end"] = [{"set": {f"{name}_mood": "calm"}}, {"set": {"tags": {"add": ["seen"]}}}]
        if draw(st.booleans()):
            made["at_end"].append({"call": "over", "url": "https://desk.example/out"})
    return as_yaml(made)


def as_yaml(data: Data) -> str:
    """The text of a YAML file."""
    text = StringIO()
    YAML().dump(data, text)
    return text.getvalue()
