"""What can go wrong, and whose it is to mend.

LoopError
├── UserError          the user's files or data are at fault: exit 1
│   ├── FilesError     problems in journeys, templates or shop.yaml, each with its place
│   ├── DataError      a file of customers, products or events is not what it says it is
│   ├── ApplyRefused   the change cannot be made live as it stands
│   ├── TurnRefused    this turn must not run: an earlier `now`, a journey never applied
│   │   └── TurnPutOff nothing is wrong, a later turn will do it: the journey is paused
│   │       └── TurnAtWork  or another turn of it is at work
│   └── TrainingAtWork another training of the same model is at work
└── UsageError         wrong usage, or something that is not there yet: exit 2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where (1-based line and column), what, and how to mend it."""

    file: str
    line: int
    column: int
    rule: str
    severity: Severity
    message: str
    remedy: str
    source: str = ""  # the text of the line, for the caret

    def text(self) -> str:
        """`file:line:column`, the line, a caret, and what to write instead."""
        head = f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.rule}]"
        shown = f"\n    {self.source}\n    {' ' * (self.column - 1)}^" if self.source else ""
        return f"{head}{shown}\n    {self.remedy}" if self.remedy else f"{head}{shown}"


class LoopError(Exception):
    """Anything that Loyalty Loop raises on purpose; its text is made for people."""

    exit_code = 1


class UserError(LoopError):
    """The user's files or data are at fault; the text says how to mend it."""


class FilesError(UserError):
    """Problems in journeys, templates or shop.yaml: all of them at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n\n".join(problem.text() for problem in self.problems))


class DataError(UserError):
    """A file of customers, products or events is not what it says it is."""


class ApplyRefused(UserError):
    """The change cannot be made live as it stands; nothing was changed."""


class TurnRefused(UserError):
    """This turn must not run; nothing was done."""


class TurnPutOff(TurnRefused):
    """Nothing is wrong, and a later turn will do it: another turn is at work, or the journey is paused."""


class TurnAtWork(TurnPutOff):
    """Another turn of the journey is at work."""


class TrainingAtWork(UserError):
    """Another training of the same model is at work, or what was live was taken back during this one."""


class UsageError(LoopError):
    """Wrong usage, or a word whose machinery is not there yet."""

    exit_code = 2
