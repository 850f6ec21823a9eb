"""A journey: one list of steps in order, with their edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model.entering import Enter
from loyaltyloop.journey.model.steps import VERBS, Action, Branch, Path, Split, Until, Wait, WaitFor
from loyaltyloop.journey.model.words import Purpose, Used

_VERB_OF = {action: verb for verb, action in VERBS.items()}


@dataclass(frozen=True)
class Step:
    """One step and where it leads.

    `edges`: path name → the next step's name, or None for the journey's end. A step without paths has
    one edge, named "". `leave` has none. `first_name` is the oldest name through all `was`: keys and
    dice hang on it.
    """

    name: str
    action: Action
    edges: tuple[tuple[str, str | None], ...]
    after: str | None = None  # behind the step and all its paths: where one goes whose `if` does not hold
    condition: Condition | None = None
    first_name: str = ""
    was: tuple[str, ...] = ()
    line: int = 0
    within_paths: tuple[str, ...] = ()  # "first_answer.clicked", outermost first: for maps and reports

    @property
    def verb(self) -> str:
        """The word in the file."""
        return _VERB_OF[type(self.action)]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The ways out of a step that decides; empty for the others."""
        match self.action:
            case WaitFor() | Branch() | Split():
                return self.action.paths
            case _:
                return ()

    @property
    def may_skip(self) -> bool:
        """Is the next step of the same list passed over, too, where this one's date is past or unknown?"""
        match self.action:
            case Wait(until=Until(if_past="skip")) | WaitFor(until=Until(if_past="skip")):
                return True
            case _:
                return False

    def target(self, path: str) -> str | None:
        """The step that a path leads to; None is the end."""
        return dict(self.edges)[path]


@dataclass(frozen=True)
class Journey:
    """A journey file, compiled."""

    name: str
    about: str
    enter: Enter
    steps: tuple[Step, ...]
    purpose: Purpose = "marketing"
    priority: int = 50
    leave_when: tuple[tuple[str, Condition], ...] = ()
    goal: Condition | None = None
    goal_within: Duration | None = None
    holdout: Decimal = Decimal(0)
    at_end: tuple[Step, ...] = ()
    uses: tuple[Used, ...] = ()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def step(self, name: str) -> Step:
        """The step of that name; KeyError if there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def beside(self, step: Step) -> Step | None:
        """The next step of the same list; None of the last there."""
        following = self.step(step.after) if step.after else None
        return following if following and following.within_paths == step.within_paths else None

    def behind_next(self, step: Step) -> str | None:
        """What comes behind the next step of the same list (None: the end); of the last, behind itself."""
        following = self.beside(step)
        return following.after if following else step.after

    @property
    def first(self) -> str:
        """Where whoever enters stands first."""
        return self.steps[0].name
