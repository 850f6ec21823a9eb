"""What is logged: one line for each request, and a line for what went wrong; never whom it was about.

Nothing that a sender wrote reaches a line: no address, agent, token, query or body. Of an error its type and
place are told, not its text, which may quote the row that failed.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import orjson

from loyaltyloop.settings import Settings


class Noted:
    """The request at work: its id, and what its line in the log shall say beside how it was answered."""

    __slots__ = ("id", "said")

    def __init__(self, number: str) -> None:
        self.id = number
        self.said: dict[str, str | int] = {}


REQUEST: ContextVar[Noted | None] = ContextVar("request", default=None)
requests = logging.getLogger("loop.requests")
_PACKAGE = str(Path(__file__).parents[1])
_OURS = ("loyaltyloop", "loop")
_SERVERS = ("uvicorn", "uvicorn.error")


def note(**said: str | int) -> None:
    """Let the line of the request at work say this, too: numbers and words of ours."""
    if request := REQUEST.get():
        request.said |= said


def said(record: logging.LogRecord) -> dict[str, Any]:
    """A record as a mapping: what a line of the log says, in its order."""
    at = datetime.fromtimestamp(record.created, UTC)
    line: dict[str, Any] = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": _event(record),
    }
    if request := REQUEST.get():
        line["request"] = request.id
    line |= record.__dict__.get("said", {})
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = list(_types(record.exc_info[1]))
        line["place"] = _place(record.exc_info[1].__traceback__)
    return line


def _event(record: logging.LogRecord) -> str:
    """Our own words; of others' the pattern, without what would be filled in, as that may be anything."""
    if record.name.partition(".")[0] in _OURS:
        return record.getMessage()
    if record.name.startswith("uvicorn"):
        return str(record.msg).strip()
    return f"{record.name}: {Path(record.pathname).name}:{record.lineno}"


def _types(error: BaseException | None) -> Iterator[str]:
    """The error's type, and those of what caused it."""
    while error is not None:
        yield type(error).__qualname__
        error = error.__cause__ or error.__context__


def _place(trace: TracebackType | None) -> str:
    """Where it was raised: the innermost place of ours, and the innermost of all."""
    places = [(each.tb_frame.f_code, each.tb_lineno) for each in _frames(trace)]
    ours = [place for place in places if place[0].co_filename.startswith(_PACKAGE)]
    shown = dict.fromkeys([*ours[-1:], *places[-1:]])
    return " < ".join(f"{Path(code.co_filename).name}:{line} {code.co_name}" for code, line in shown)


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


class Json(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return orjson.dumps(said(record), default=str).decode()


class Text(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = said(record)
        time, level, event = line.pop("time")[11:19], line.pop("level"), line.pop("event")
        line.pop("request", None)
        rest = "  ".join(f"{name}={value}" for name, value in line.items())
        return f"{time} {level:<7} {event}  {rest}".rstrip()


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """From now on this process logs as the settings say, on `stream` (stderr), and nothing else is logged."""
    stream = stream or sys.stderr
    readable = settings.log_format == "text" or (settings.log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Text() if readable else Json())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    level = settings.log_level.upper()
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in _SERVERS:  # whoever set them up before
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.captureWarnings(True)
    threading.excepthook = _died


def _died(told: threading.ExceptHookArgs) -> None:
    """A thread has died: logged as any error is, where Python would print the error's text."""
    if told.exc_value is not None:
        error = (told.exc_type, told.exc_value, told.exc_traceback)
        logging.getLogger(__name__).error("a thread has died", exc_info=error)
