"""Random conditions for random journeys: each kind where the language allows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

EVENTS = ("Signed Up", "Order Completed", "Product Viewed", "Product Added")
PLANS = ("gold", "basic")
SHORT = ("20 minutes", "90 minutes", "5 hours")
LONG = ("1 day", "2 days", "P1DT2H")
DURATIONS = st.sampled_from(SHORT + LONG)
TIMES = st.sampled_from(("09:00", "02:30", "00:10", "22:00"))

Data = dict[str, Any]


@dataclass
class Names:
    """Names handed out in one journey, and the messages that everybody here has passed."""

    journey: str = ""
    given: int = 0
    sends: tuple[str, ...] = field(default=())
    asks: dict[str, str] = field(default_factory=dict)  # questions: answers or scale
    scores: dict[str, str] = field(default_factory=dict)  # steps that ask a model: which
    gives: bool = False  # has everybody here passed a `give`, called treat?
    other: str | None = None  # another journey, to be started from here

    def new(self) -> str:
        self.given += 1
        return f"s{self.given}"


def rarely(draw: st.DrawFn) -> bool:
    """True about once in five times."""
    return draw(st.sampled_from([False, False, False, False, True]))


@st.composite
def did(draw: st.DrawFn, since: tuple[str, ...] = (), within: bool = True, same: bool = False) -> Data:
    """Something done; `since`: what may be written there."""
    leaf: Data = {"did": draw(st.sampled_from(EVENTS))}
    if rarely(draw):
        leaf["times"] = {"at_least": 2}
    if rarely(draw):
        leaf["where"] = {"total": {"over": 50}}
    if same and rarely(draw):
        leaf["same"] = "order_id"
    lot = draw(st.integers(0, 3))
    if since and lot < 2:
        leaf["since"] = draw(st.sampled_from(since))
    elif within and lot < 3:
        leaf["within"] = draw(DURATIONS)
    elif since:
        leaf["since"] = since[0]
    return leaf


def states(set_by: tuple[str, ...] = ("alpha", "beta")) -> st.SearchStrategy[Data]:
    """What is so, at this moment; `set_by`: journeys that may have made it so."""
    plan = st.sampled_from(PLANS)
    moods = [{"customer": {f"{name}_mood": "glad"}} for name in set_by]
    tags = [{"customer": {"tags": {"has": name}}} for name in set_by]
    return st.one_of(
        st.fixed_dictionaries({"customer": st.fixed_dictionaries({"plan": plan})}),
        st.fixed_dictionaries({"customer": st.fixed_dictionaries({"plan": st.just({"known": False})})}),
        st.sampled_from([*moods, *tags]),
        st.just({"customer": {"orders": {"at_least": 2}}}),
        st.sampled_from(
            [{"customer": {"points": {"at_least": 5}}}, {"customer": {"badges": {"has": "fan"}}}]
        ),
        st.just({"consents": {"email": True}}),
        st.sampled_from(
            [{"predicted": {"lapse": test}} for test in ({"over": 0.6}, {"at_most": 0.5}, {"known": False})]
        ),
        st.sampled_from(
            [
                {"cart": {"value": {"over": 15}}},
                {"cart": {"products": {"has": {"category": "Coffee"}}}},
                {"cart": {"products": {"known": False}}},
                {"cart": {"quantity": {"at_least": 2}}},
            ]
        ),
    )


def trigger() -> st.SearchStrategy[Data]:
    """What was entered by."""
    return st.sampled_from([{"trigger": {"total": {"at_least": 50}}}, {"trigger": {"color": "red"}}])


def joined(leaf: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
    """A leaf, or two of them put together."""
    pair = st.lists(leaf, min_size=2, max_size=2)
    return st.one_of(
        leaf,
        leaf,
        pair.map(lambda parts: {"all": parts}),
        pair.map(lambda parts: {"any": parts}),
        leaf.map(lambda part: {"not": part}),
    )


def of_step(names: Names) -> st.SearchStrategy[Data]:
    """What a branch, or a step's `if`, asks."""
    inside = [st.just({"inside": names.other})] if names.other else []
    leaves = [*inside, did(since=("entered", "ever", "step", *names.sends), same=True), states(), trigger()]
    used = [st.just({"redeemed": "treat"})] if names.gives else []
    return joined(st.one_of(*leaves, *used, *_clicked(names), *_scored(names)))


def of_wait(names: Names) -> st.SearchStrategy[Data]:
    """What a path of `wait_for` waits for: mostly something done."""
    done = did(within=False, same=True)
    used = [st.just({"redeemed": "treat"})] if names.gives else []
    leaf = st.one_of(done, done, *used, *_clicked(names))
    pair = st.lists(leaf, min_size=2, max_size=2)
    both = st.tuples(leaf, st.one_of(states(), trigger()))
    return st.one_of(
        leaf,
        leaf,
        pair.map(lambda parts: {"any": parts}),
        pair.map(lambda parts: {"all": parts}),
        both.map(lambda parts: {"all": list(parts)}),
        states(),
    )


def _scored(names: Names) -> list[st.SearchStrategy[Data]]:
    tests: list[Any] = [{"over": 2}, {"at_most": 2}, {"known": True}, {"known": False}]
    asked = [{"scored": {name: test}} for name in names.scores for test in tests]
    return [st.sampled_from(asked)] if asked else []


def _clicked(names: Names) -> list[st.SearchStrategy[Data]]:
    if not names.sends:
        return []
    kinds = st.sampled_from(["clicked", "clicked", "opened", "received"])
    clicked = st.tuples(kinds, st.sampled_from(names.sends)).map(lambda pair: {pair[0]: pair[1]})
    asked = [name for name in names.sends if name in names.asks]
    return [clicked, *([answered(names, asked)] * 2 if asked else [])]


def answered(names: Names, asked: list[str]) -> st.SearchStrategy[Data]:
    """What was answered to one of these questions."""
    tests: dict[str, list[Any]] = {
        "answers": ["gift", "myself", {"not": "gift"}, {"one_of": ["gift", "myself"]}],
        "scale": [{"at_most": 6}, {"at_least": 9}, 9],
    }
    unknown: list[Any] = [{"known": True}, {"known": False}]
    return st.sampled_from(
        [{"answered": {name: test}} for name in asked for test in (*tests[names.asks[name]], *unknown)]
    )


def leaving(names: Names) -> st.SearchStrategy[Data]:
    """A rule of `leave_when`: seldom one that holds from the beginning; steps may set it."""
    so = states(("alpha", "beta"))
    done = did(within=False, same=True)
    both = st.tuples(done, so)
    return st.one_of(
        done,
        done,
        so,
        both.map(lambda parts: {"all": list(parts)}),
        both.map(lambda parts: {"all": [parts[0], {"not": parts[1]}]}),
    )
