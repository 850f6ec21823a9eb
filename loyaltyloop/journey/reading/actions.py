"""What one step of a file does: the schema's models to the actions of `model`, defaults filled in."""

from __future__ import annotations

from datetime import time
from typing import Literal, assert_never

from loyaltyloop.journey import model
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.reading.meaning import Names, condition_of, where_of
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.steps import (
    AskFile,
    BranchFile,
    CallFile,
    ExcludeFile,
    GiveFile,
    LeaveFile,
    MessageFile,
    PathFile,
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

MESSAGE_LIFE = Duration.of("3 days")
USUAL_EXCLUSIONS: tuple[model.Exclusion, ...] = ("bought", "cart", "returned", "shown")


def action_of(file: StepFile, purpose: model.Purpose, names: Names) -> model.Action:
    """The action; `purpose` is the journey's."""
    match file:
        case SendFile() | AskFile():
            return _message(file, purpose)
        case WaitFile():
            return _wait(file, names)
        case WaitForFile():
            reset = _maybe(file.reset_by, names)
            until = _until(file)
            return model.WaitFor(file.up_to, until, reset, file.since, _paths(file.paths, names))
        case BranchFile():
            return model.Branch(_paths(file.paths, names))
        case SplitFile():
            return model.Split(_paths(file.paths, names), file.choose, file.by)
        case RecommendFile():
            return _recommend(file)
        case GiveFile():
            return _give(file)
        case CallFile():
            return model.Call(file.hook, file.url, file.body, purpose)
        case _:
            return _small(file)


def _small(file: StepFile) -> model.Action:
    match file:
        case ScoreFile():
            return model.Score(file.model)
        case SetFile():
            return _set(file)
        case StartFile():
            return model.Start(file.start)
        case LeaveFile():
            return model.Leave(file.leave)
        case _:
            raise TypeError(f"{type(file).__name__} is no step")


def _maybe(file: ConditionFile | None, names: Names) -> Condition | None:
    return None if file is None else condition_of(file, names)


def _paths(files: dict[str, PathFile], names: Names) -> tuple[model.Path, ...]:
    return tuple(model.Path(name, _maybe(file.when, names), file.share) for name, file in files.items())


def _at(at: time | Literal["best"] | None, on: tuple[model.Weekday, ...] | None) -> model.At | None:
    if at is None and on is None:
        return None
    if at == "best":
        return model.At(None, on or (), best=True)
    return model.At(at, on or ())


def _message(file: SendFile | AskFile, purpose: model.Purpose) -> model.Action:
    send = _send(file, file.purpose or purpose)
    match file:
        case SendFile():
            return send
        case AskFile():
            low, _, high = (file.scale or "").partition("-")
            scale = (int(low), int(high)) if file.scale else None
            answers = tuple((name, text or "") for name, text in (file.answers or {}).items())
            ends = (file.ends[0], file.ends[1]) if file.ends else None
            return model.Ask(send, file.question, answers, scale, file.comment, ends)
        case other:
            assert_never(other)


def _send(file: MessageFile, purpose: model.Purpose) -> model.Send:
    life = file.expires_after or (None if purpose == "transactional" else MESSAGE_LIFE)
    return model.Send(file.template, file.channel, purpose, _at(file.at, file.on), life, file.if_blocked)


def _wait(file: WaitFile, names: Names) -> model.Wait:
    duration = file.wait if isinstance(file.wait, Duration) else None
    return model.Wait(duration, _until(file), _at(file.at, file.on), _maybe(file.reset_by, names))


def _until(file: WaitFile | WaitForFile) -> model.Until | None:
    if file.until is None:
        return None
    past = file.if_past or "proceed"
    if file.offset is None:
        return model.Until(file.until, if_past=past)
    return model.Until(file.until, file.offset.duration, file.offset.sign, past)


def _recommend(file: RecommendFile) -> model.Recommend:
    exclude: list[model.Exclusion] = []
    bought_within = model.Recommend().bought_within
    for item in file.exclude if file.exclude is not None else USUAL_EXCLUSIONS:
        if isinstance(item, ExcludeFile):
            exclude.append("bought")
            bought_within = item.bought.within if item.bought else bought_within
        else:
            exclude.append(item)
    return model.Recommend(
        file.products,
        file.at_least,
        tuple(file.from_ or ("best",)),
        tuple(exclude),
        bought_within,
        where_of(file.where or {}),
        tuple(file.fallback or ()),
        file.if_short,
    )


def _give(file: GiveFile) -> model.Give:
    per = file.budget.per if file.budget else None
    return model.Give(
        file.points,
        file.voucher,
        file.badge,
        file.valid,
        file.budget.count if file.budget else None,
        per if per in ("day", "week", "month") else None,  # type: ignore[arg-type]
        file.chance,
        file.if_empty,
    )


def _set(file: SetFile) -> model.Set:
    changes = file.set
    often, pause = changes.often or (None, None)
    return model.Set(
        tuple((changes.model_extra or {}).items()),
        tuple(changes.tags.add) if changes.tags else (),
        tuple(changes.tags.remove) if changes.tags else (),
        often,
        pause,
        tuple(changes.consent or ()),
    )
