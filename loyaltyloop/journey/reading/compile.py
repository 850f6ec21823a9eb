"""Nested steps of a file to one list in topological order, each with its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loyaltyloop.journey.model import Leave, Purpose, Step
from loyaltyloop.journey.reading.actions import action_of
from loyaltyloop.journey.reading.meaning import Names, condition_of
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.steps import (
    AskFile,
    BranchFile,
    CallFile,
    GiveFile,
    LeaveFile,
    RecommendFile,
    ScoreFile,
    SendFile,
    SetFile,
    SplitFile,
    StartFile,
    StepFile,
    WaitFile,
    WaitForFile,
)


@dataclass(frozen=True)
class Placed:
    """A step of a file: its name, whether the file itself gave it, and the way to it in the file."""

    name: str
    given: bool
    path: Path
    file: StepFile
    base: str  # what nameless steps behind it are named after


def placed_steps(journey: JourneyFile) -> list[Placed]:
    """Every step with its name, in the file's order; those of `at_end` last."""
    naming = _Naming()
    naming.walk(journey.steps, ("steps",), "enter")
    naming.walk(journey.at_end, ("at_end",), "at_end")
    return naming.placed


def own_name(file: StepFile) -> str | None:
    """The name that the file gives the step; None for a nameless one."""
    match file:
        case SendFile():
            return file.send
        case AskFile():
            return file.ask
        case WaitForFile():
            return file.wait_for
        case BranchFile():
            return file.branch
        case SplitFile():
            return file.split
        case RecommendFile():
            return file.recommend
        case ScoreFile():
            return file.score
        case GiveFile():
            return file.give
        case CallFile():
            return file.call
        case WaitFile():
            return file.wait if isinstance(file.wait, str) else file.name
        case SetFile() | StartFile() | LeaveFile():
            return file.name
        case _:
            raise TypeError(f"{type(file).__name__} is no step")


def verb_of(file: StepFile) -> str:
    """The step's verb."""
    return type(file).__name__.removesuffix("File").lower().replace("waitfor", "wait_for")


@dataclass
class _Naming:
    placed: list[Placed] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def walk(self, files: Sequence[StepFile], path: Path, base: str) -> None:
        for index, file in enumerate(files):
            name = own_name(file)
            given = name is not None
            name = name or self._free(f"{base}.{verb_of(file)}")
            base = name if given else base
            self.taken.add(name)
            here = (*path, index)
            self.placed.append(Placed(name, given, here, file, base))
            if isinstance(file, WaitForFile | BranchFile | SplitFile):
                for way, inner in file.paths.items():
                    self.walk(inner.steps, (*here, "paths", way, "steps"), f"{name}.{way}")

    def _free(self, wanted: str) -> str:
        number, name = 1, wanted
        while name in self.taken:
            number += 1
            name = f"{wanted}.{number}"
        return name


def compile_steps(journey: JourneyFile, source: Source, names: Names) -> tuple[Step, ...]:
    """The steps in topological order: the file's order, each before what it leads to."""
    compiler = _Compiler(placed_steps(journey), source, names, journey.purpose)
    compiler.walk(journey.steps, ("steps",), None, ())
    return tuple(compiler.steps)


def compile_end(journey: JourneyFile, source: Source, names: Names) -> tuple[Step, ...]:
    """The steps of `at_end`, one after the other."""
    compiler = _Compiler(placed_steps(journey), source, names, journey.purpose)
    compiler.walk(journey.at_end, ("at_end",), None, ())
    return tuple(compiler.steps)


class _Compiler:
    def __init__(self, placed: list[Placed], source: Source, names: Names, purpose: Purpose) -> None:
        self.names_at = {place.path: place.name for place in placed}
        self.source, self.names, self.purpose = source, names, purpose
        self.steps: list[Step] = []

    def walk(self, files: Sequence[StepFile], path: Path, after: str | None, within: tuple[str, ...]) -> None:
        for index, file in enumerate(files):
            behind = self.names_at.get((*path, index + 1), after)
            self._step(file, (*path, index), behind, within)

    def _step(self, file: StepFile, path: Path, after: str | None, within: tuple[str, ...]) -> None:
        name = self.names_at[path]
        was = file.was or ()
        action = action_of(file, self.purpose, self.names)
        paths = file.paths if isinstance(file, WaitForFile | BranchFile | SplitFile) else {}
        edges: tuple[tuple[str, str | None], ...] = () if isinstance(action, Leave) else (("", after),)
        if paths:
            edges = tuple((way, self.names_at.get((*path, "paths", way, "steps", 0), after)) for way in paths)
        condition = None if file.if_ is None else condition_of(file.if_, self.names)
        line = self.source.mark(path)[0]
        first_name = was[-1] if was else name
        self.steps.append(Step(name, action, edges, after, condition, first_name, was, line, within))
        for way, inner in paths.items():
            self.walk(inner.steps, (*path, "paths", way, "steps"), after, (*within, f"{name}.{way}"))
