"""A journey as a Mermaid flow chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loyaltyloop.journey.model import Journey, Step
from loyaltyloop.journey.showing.phrases import entrance, phrase, step_words

# The shape of each verb's box, as Mermaid draws it.
_SHAPES = {
    "wait": ('(["', '"])'),
    "wait_for": ('{{"', '"}}'),
    "branch": ('{"', '"}'),
    "split": ('{"', '"}'),
    "leave": ('(("', '"))'),
}
_BOX = ('["', '"]')
_LONGEST = 80


def mermaid(journey: Journey, counts: Mapping[str, int] | None = None) -> str:
    """The chart's text. `counts`: step → how many people stand there, shown where given."""
    ids = {step.name: f"s{number}" for number, step in enumerate(journey, 1)}
    lines = [f"%% {journey.name}: {_plain(journey.about)}", "flowchart TD"]
    lines.append(f'    enter(["{_text([f"enter: {entrance(journey.enter)}", *_condition(journey)])}"])')
    lines += [f"    {ids[step.name]}{_box(step, counts)}" for step in journey]
    lines.append('    finish(("end"))')
    lines.append(f"    enter --> {ids[journey.first]}")
    for step in journey:
        lines += [f"    {ids[step.name]} {line}" for line in _edges(step, ids)]
    lines += _leaving(journey)
    return "\n".join(lines) + "\n"


def _condition(journey: Journey) -> list[str]:
    return [] if journey.enter.condition is None else [f"if {phrase(journey.enter.condition)}"]


def _box(step: Step, counts: Mapping[str, int] | None) -> str:
    before, behind = _SHAPES.get(step.verb, _BOX)
    lines = step_words(step)
    if step.condition is not None:
        lines.append(f"if {phrase(step.condition)}")
    if counts is not None:
        lines.append(f"{counts.get(step.name, 0):,} here")
    return f"{before}{_text(lines)}{behind}"


def _edges(step: Step, ids: Mapping[str, str]) -> Iterator[str]:
    shares = {path.name: path.share for path in step.paths if path.share is not None}
    for path, target in step.edges:
        share = f" {shares[path] * 100:f}".rstrip("0").rstrip(".") + "%" if path in shares else ""
        label = f'|"{_text([path])}{share}"| ' if path else ""
        yield f"--> {label}{ids[target] if target else 'finish'}"
    if step.condition is not None:
        yield f'-.->|"passed over"| {ids[step.after] if step.after else "finish"}'


def _leaving(journey: Journey) -> Iterator[str]:
    for number, (reason, condition) in enumerate(journey.leave_when, 1):
        yield f'    leave{number}>"{_text([f"leaves at once: {reason}", phrase(condition)])}"]'
    if journey.at_end:
        ends = [line for step in journey.at_end for line in step_words(step)]
        yield f'    at_end>"{_text(["at the end, however it comes", *ends])}"]'


def _text(lines: list[str]) -> str:
    return "<br/>".join(_plain(line) for line in lines if line)


def _plain(line: str) -> str:
    short = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    signs = {"&": "&amp;", '"': "#quot;", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "}
    return "".join(signs.get(letter, letter) for letter in short)
