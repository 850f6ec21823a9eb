"""Ways through a journey that nobody can take, or that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.rules.rule import Context, Found, Rule
from loyaltyloop.journey.schema.steps import BranchFile, SplitFile, WaitFile, WaitForFile


def _unreachable(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        lost = [one for one in seen.placed if one.path[0] == "steps" and one.name not in seen.reachable]
        for one in lost:
            if not any(one.path[: len(other.path)] == other.path for other in lost if other is not one):
                message = f"nobody comes to '{one.name}': every way before it has left"
                yield seen.found(one.path, message, "Delete it, or move it before the 'leave'.")


def _path_never_taken(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, WaitForFile | BranchFile):
                said: list[tuple[str, object]] = []
                for name, path in one.file.paths.items():
                    same = next((other for other, when in said if when == path.when), None)
                    if path.when is not None and same is not None:
                        message = (
                            f"nobody takes the path '{name}': '{same}' stands before it with the same 'when'"
                        )
                        yield seen.found(
                            (*one.path, "paths", name), message, "Change one 'when', or delete the path."
                        )
                    said.append((name, path.when))
            elif isinstance(one.file, SplitFile):
                for name, path in one.file.paths.items():
                    if path.share == 0:
                        message = f"nobody takes the path '{name}': its share is 0%"
                        yield seen.found(
                            (*one.path, "paths", name, "share"),
                            message,
                            "Delete the path, or give it a share.",
                        )


def _nothing_follows(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            file = one.file
            if isinstance(file, BranchFile | SplitFile) and not any(
                path.steps for path in file.paths.values()
            ):
                message = f"'{one.name}' changes nothing: all its paths are empty"
                yield seen.found(one.path, message, "Write steps in a path, or delete the step.")


def _waits_for_nothing(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in () if seen.file.at_end else seen.placed:  # what `at_end` does, it does after the wait
            if isinstance(one.file, WaitFile) and one.name in seen.steps:
                step = seen.steps[one.name]
                if all(target is None for _, target in step.edges):
                    message = "nothing comes after this wait"
                    remedy = "Delete it, or write what should happen then."
                    yield seen.found(one.path, message, remedy)


def _skips_nothing(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            step = seen.steps.get(one.name)
            if step is not None and step.may_skip and seen.journey.beside(step) is None:
                message = f"'{one.name}' has no next step to pass over: it is the last of its list"
                remedy = "Write 'proceed' or 'leave', or put it in front of the step that is not to be done."
                yield seen.found((*one.path, "if_past"), message, remedy)


RULES = (
    Rule("unreachable-step", "error", "A step that nobody can come to.", _unreachable),
    Rule("path-never-taken", "error", "A path that nobody can take.", _path_never_taken),
    Rule("nothing-follows", "warning", "A decision all of whose paths are empty.", _nothing_follows),
    Rule("waits-for-nothing", "warning", "A wait at the journey's end.", _waits_for_nothing),
    Rule("skips-nothing", "error", "`if_past: skip` with no step behind it in its list.", _skips_nothing),
)
